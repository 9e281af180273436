//! Observed points that stand in a file beside the config.

use toml::{Table, Value};

use super::beside::{Folder, Refused, refuse};
use crate::config::Month;
use crate::config::source::Document;

/// Puts the points of every `history.<series>.file` in the place of the file, so that the config says all by itself. A file that
/// cannot be read, leads out of the folder, or is not such a table, is a fault of the document.
pub fn inline(document: &mut Document, folder: &mut Folder) {
    let file = |(series, entry): (&String, &Value)| Some((series.clone(), entry.get("file")?.as_str()?.to_string()));
    let files: Vec<(String, String)> =
        document.entries("history").into_iter().flat_map(|all| all.iter()).filter_map(file).collect();
    for (series, file) in files {
        let found = folder.read(&file, document).and_then(|bytes| points(&file, &bytes));
        let Some(entry) = document.entries("history").and_then(|all| all.get_mut(&series)?.as_table_mut()) else {
            continue;
        };
        match found {
            Ok(found) => {
                entry.remove("file");
                // What is no list is told where the config is read.
                let points = entry.entry("points").or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(points) = points {
                    points.extend(found);
                }
            }
            Err(refused) => document.refuse(refused.at(&["history", &series, "file"])),
        }
    }
}

/// The points of a file, as a config writes them.
fn points(file: &str, bytes: &[u8]) -> Result<Vec<Value>, Refused> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
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
