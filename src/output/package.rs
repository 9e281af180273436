//! `datapackage.json`: what stands in the tables of a folder, for programs that read Frictionless Data Packages.

use serde_json::{Value, json};

use super::column::schema;
use super::json::{bytes_of, tool};
use super::trials::TrialsFile;
use super::{Rendered, described};
use crate::study::Study;

pub use described::TABLES;

/// Name of the file.
pub const FILE: &str = "datapackage.json";

/// The description of the tables among these files, and of the files of trials; none if there are no tables.
pub fn of(study: &Study, files: &[Rendered], trials: &[TrialsFile]) -> Option<Rendered> {
    let known = files.iter().filter_map(|(file, _)| TABLES.iter().find(|table| table.name == file));
    let tables = known.map(|table| {
        let says = format!("a row for {}", table.rows);
        resource(table.name, &says, &schema(&(table.columns)()))
    });
    let of_trials = trials.iter().map(|file| {
        let mut resource = resource(&file.name, file.says, &schema(&file.columns));
        if !file.has_header {
            resource["dialect"] = json!({ "header": false });
        }
        resource
    });
    let resources: Vec<Value> = tables.chain(of_trials).collect();
    if resources.is_empty() {
        return None;
    }
    let package = json!({
        "profile": "data-package",
        "name": "shortfall",
        "title": study.config.title,
        "description": format!("Tables that {} has written. Fractions and probabilities go from 0 to 1.", tool()),
        "resources": resources,
    });
    Some((FILE.into(), bytes_of(&package)))
}

/// The description of a file.
fn resource(file: &str, says: &str, schema: &Value) -> Value {
    let (stem, format) = file.rsplit_once('.').unwrap_or((file, ""));
    let media_type = if format == "csv" { "text/csv" } else { "application/vnd.apache.parquet" };
    let mut resource = json!({
        "name": stem.to_lowercase().replace('_', "-"),
        "path": file,
        "format": format,
        "mediatype": media_type,
        "description": says,
        "schema": schema,
    });
    if format == "csv" {
        resource["profile"] = json!("tabular-data-resource");
        resource["encoding"] = json!("utf-8");
    }
    resource
}
