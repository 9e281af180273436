//! Entries in tables beside a config: which may stand there, and how a config names the files.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::{Table, Value};

/// The entries that may stand in tables. Each of them is a table itself: a text or a list in place of one names files.
pub const TABLED: [&str; 5] = ["capacities", "projects", "demands", "stockpiles", "disruptions"];

/// The key that names the files.
pub const TABLE: &str = "table";

/// A sheet of a workbook, or the only table of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableFile {
    /// The file: `.csv`, `.xlsx` or `.ods`, by its path from the folder of the config, which it does not leave.
    pub file: String,
    /// The sheet of a workbook, by its name. Without it: the only one.
    #[serde(default)]
    pub sheet: Option<String>,
}

/// What the value of `table` names, in its order; none if it is an entry of that name, or is not spelt as a file is.
pub fn files(value: &Value) -> Option<Vec<TableFile>> {
    match value {
        Value::String(file) => Some(vec![TableFile { file: file.clone(), sheet: None }]),
        Value::Table(table) if table.contains_key("file") => Some(vec![TableFile::deserialize(value.clone()).ok()?]),
        Value::Array(several) => {
            let one = |value: &Value| files(value).filter(|_| !value.is_array());
            Some(several.iter().map(one).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// Takes the names of files out of a config, and lists them by the kind of their entries; what is not spelt as it should be stays.
pub fn take(config: &mut Table) -> Vec<(&'static str, Vec<TableFile>)> {
    let mut taken = Vec::new();
    for kind in TABLED {
        let Some(entries) = config.get_mut(kind).and_then(Value::as_table_mut) else { continue };
        if let Some(files) = entries.get(TABLE).and_then(files) {
            entries.remove(TABLE);
            taken.push((kind, files));
        }
    }
    taken
}
