//! The JSON Schema of configs: for editors, and for `structure`, which holds every config against it before it is read.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::Config;
use super::tables::{TABLED, TableFile};

/// The JSON Schema of a config, of what types and their documentation say.
///
/// It is stricter than what is derived: TOML has no null, whole numbers have a largest one, and a distribution has one kind.
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = Value::from(schemars::schema_for!(Config));
        add_tables(&mut schema);
        tighten(&mut schema);
        let distribution = &mut schema["$defs"]["DistributionSpec"];
        let keys = distribution["properties"].as_object().into_iter().flat_map(Map::keys);
        let kinds = keys.filter(|key| !["min", "max", "fit"].contains(&key.as_str()));
        distribution["oneOf"] = kinds.map(|kind| json!({ "required": [kind] })).collect();
        schema
    })
}

/// Of entries that may stand in tables, `table` names the files; an entry of that name stays one.
fn add_tables(schema: &mut Value) {
    let mut file = Value::from(schemars::schema_for!(TableFile));
    if let Some(keys) = file.as_object_mut() {
        keys.remove("$schema");
        keys.remove("title");
    }
    schema["$defs"]["TableFile"] = file;
    let one = [json!({ "type": "string" }), json!({ "$ref": "#/$defs/TableFile" })];
    for kind in TABLED {
        let entries = &mut schema["properties"][kind];
        let list = json!({ "type": "array", "items": { "anyOf": one } });
        let forms = [&one[..], &[list, entries["additionalProperties"].clone()]].concat();
        let description =
            "The file of a table with more of these entries, CSV, XLSX or ODS; or several files in a list.";
        entries["properties"] = json!({ "table": { "description": description, "anyOf": forms } });
    }
}

/// In all of a schema: no null, largest whole numbers, descriptions in one line.
fn tighten(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            without_null(keys);
            let largest = match keys.get("format").and_then(Value::as_str) {
                Some("uint32") => Some(u64::from(u32::MAX)),
                // TOML has no larger ones.
                Some("uint64") => Some(i64::MAX as u64),
                _ => None,
            };
            if let Some(largest) = largest {
                keys.insert("maximum".into(), largest.into());
            }
            if let Some(Value::String(text)) = keys.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            keys.values_mut().for_each(tighten);
        }
        Value::Array(items) => items.iter_mut().for_each(tighten),
        _ => {}
    }
}

/// What may be left out is derived as "this or null".
fn without_null(keys: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = keys.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            keys.insert("type".into(), one);
        }
    }
    let Some(Value::Array(forms)) = keys.get_mut("anyOf") else { return };
    forms.retain(|form| form["type"] != "null");
    if let [Value::Object(only)] = &forms[..] {
        let only = only.clone();
        keys.remove("anyOf");
        for (key, value) in only {
            keys.entry(key).or_insert(value);
        }
    }
}
