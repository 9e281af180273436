//! Observed points that stand in a file beside the config.

use std::path::{Component, Path};

use toml::{Table, Value};

use super::file::read_at_most;
use crate::config::Month;
use crate::config::fault::{Diagnostic, Diagnostics, Fault};
use crate::config::source::{Document, MAX_BYTES};

/// Puts the points of every `history.<series>.file` in the place of the file, so that the config says all by itself.
/// `folder` is that of the config.
///
/// # Errors
/// Every file that cannot be read, leads out of the folder, or is not such a table.
pub fn inline(document: &mut Document, folder: &Path) -> Result<(), Diagnostics> {
    let mut faults = Vec::new();
    for (series, entry) in document.history().into_iter().flatten() {
        let Some(entry) = entry.as_table_mut() else { continue };
        let Some(file) = entry.get("file").and_then(Value::as_str).map(String::from) else { continue };
        match points(folder, &file) {
            Ok(found) => {
                entry.remove("file");
                // What is no list is told where the config is read.
                let points = entry.entry("points").or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(points) = points {
                    points.extend(found);
                }
            }
            Err(fault) => {
                let path = ["history", series, "file"].map(String::from).into();
                faults.push(Fault { path, ..fault });
            }
        }
    }
    let mut found = Diagnostics::default();
    for fault in faults {
        let location = document.locate(&fault);
        found.extend(Diagnostic { fault, location }.into());
    }
    found.into_result()
}

/// The points of a file, as a config writes them.
fn points(folder: &Path, file: &str) -> Result<Vec<Value>, Fault> {
    let refuse = |message: String, help: &str| Err(Fault::new(Vec::new(), message).help(help));
    if file.is_empty() || !Path::new(file).components().all(|part| matches!(part, Component::Normal(_))) {
        let help = "give its path from there, as in `data/history.csv`";
        return refuse(format!("`{file}` does not lie in the folder of the config"), help);
    }
    let bytes = match read_at_most(&folder.join(file), MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            return refuse(format!("`{file}` cannot be read: {error}"), "paths count from the folder of the config");
        }
    };
    if bytes.len() as u64 > MAX_BYTES {
        return refuse(format!("`{file}` is larger than {MAX_BYTES} bytes"), "keep the months that are to be drawn");
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(&bytes[..]);
    let columns = "it begins with the line `month,value,source`; the source may be missing";
    let Ok(header) = reader.headers().cloned() else { return refuse(format!("`{file}` is not a table"), columns) };
    let column = |name: &str| header.iter().position(|known| known == name);
    let (Some(month), Some(value)) = (column("month"), column("value")) else {
        return refuse(format!("`{file}` lacks the columns `month` and `value`"), columns);
    };
    let mut found = Vec::new();
    for (position, row) in reader.into_records().enumerate() {
        let line = position + 2;
        let row = match row {
            Ok(row) => row,
            Err(error) => return refuse(format!("line {line} of `{file}`: {error}"), columns),
        };
        let cell = |column: usize| row.get(column).unwrap_or_default();
        let number = cell(value).parse::<f64>().ok().filter(|number| number.is_finite());
        let (Ok(_), Some(number)) = (cell(month).parse::<Month>(), number) else {
            let message =
                format!("line {line} of `{file}`: `{},{}` is not a month and a number", cell(month), cell(value));
            return refuse(message, "as in `2024-06,0.21`");
        };
        let mut point = Table::new();
        point.insert("month".into(), Value::String(cell(month).into()));
        point.insert("value".into(), Value::Float(number));
        if let Some(source) = column("source").map(cell).filter(|source| !source.is_empty()) {
            point.insert("source".into(), Value::String(source.into()));
        }
        found.push(Value::Table(point));
    }
    Ok(found)
}
