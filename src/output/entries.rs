//! Entries of a config as a table that a config can name in their place.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use toml::{Table, Value};

use crate::config::cells;
use crate::config::schema::schema;
use crate::config::set::Path;
use crate::config::source::Document;
use crate::config::tables::TABLE;

/// Longest list of tables that gets columns of its own, such as `phases.0.months`; a longer one is written into a cell.
const MOST_PLACES: usize = 3;

/// An entry: its id, what it says by path below it, and where that comes from.
struct Entry<'a> {
    id: &'a str,
    values: IndexMap<Path, &'a Value>,
}

/// The entries of a kind as comma-separated values, as the config has them; none if it has none.
pub fn csv(document: &Document, kind: &str) -> Option<Vec<u8>> {
    let entries = document.table().get(kind)?.as_table()?;
    let tables = entries.iter().filter_map(|(id, entry)| Some((id.as_str(), entry.as_table()?)));
    let tables: Vec<(&str, &Table)> = tables.filter(|(id, _)| *id != TABLE || entries[*id].is_table()).collect();
    if tables.is_empty() {
        return None;
    }
    let entries: Vec<Entry<'_>> = tables
        .iter()
        .map(|(id, table)| {
            let mut values = IndexMap::new();
            split(kind, table, &mut Path::new(), &mut values);
            Entry { id, values }
        })
        .collect();
    let keys = in_order(&entries);
    let (notes, keys) = (Notes { kind, notes: document.notes() }, with_sources(kind, &entries, &keys, document));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = keys.iter().map(|(key, is_source)| key.join(".") + if *is_source { " source" } else { "" });
    writer.write_record(std::iter::once("id".to_string()).chain(header)).expect("memory takes all");
    for entry in &entries {
        let cell = |(key, is_source): &(Path, bool)| match entry.values.get(key) {
            _ if *is_source => notes.of(entry, key),
            Some(value) => cells::write(&cells::sites(kind, key), value),
            None => String::new(),
        };
        writer
            .write_record(std::iter::once(entry.id.to_string()).chain(keys.iter().map(cell)))
            .expect("memory takes all");
    }
    writer.into_inner().ok()
}

/// What stands beside values.
struct Notes<'a> {
    kind: &'a str,
    notes: BTreeMap<Path, String>,
}

impl Notes<'_> {
    /// Beside the first value of an entry whose path begins so.
    fn of(&self, entry: &Entry<'_>, key: &Path) -> String {
        let first = entry.values.keys().find(|path| path.starts_with(key));
        first.map_or(String::new(), |path| self.at(entry.id, path))
    }

    fn at(&self, id: &str, key: &[String]) -> String {
        let path: Path = [self.kind, id].into_iter().map(String::from).chain(key.iter().cloned()).collect();
        (3..=path.len()).rev().find_map(|length| self.notes.get(&path[..length])).cloned().unwrap_or_default()
    }
}

/// The values of an entry by path: the parts of what the schema has names for, and of short lists of them.
fn split<'a>(kind: &str, table: &'a Table, here: &mut Path, values: &mut IndexMap<Path, &'a Value>) {
    for (key, value) in table {
        here.push(key.clone());
        // A key with a dot could not be told from two.
        match value {
            _ if key.contains('.') => drop(values.insert(here.clone(), value)),
            Value::Table(inner) if has_parts(kind, here, inner) => split(kind, inner, here, values),
            Value::Array(items)
                if items.len() <= MOST_PLACES && !items.is_empty() && items.iter().all(Value::is_table) =>
            {
                for (position, item) in items.iter().enumerate() {
                    here.push(position.to_string());
                    item.as_table().into_iter().for_each(|item| split(kind, item, here, values));
                    here.pop();
                }
            }
            _ => drop(values.insert(here.clone(), value)),
        }
        here.pop();
    }
}

/// Whether a table is neither a distribution nor weights, which are one value, and its keys can be names of columns.
fn has_parts(kind: &str, path: &[String], table: &Table) -> bool {
    let names_a_distribution = |key: &String| schema()["$defs"]["DistributionSpec"]["properties"].get(key).is_some();
    let is_value = |site: &serde_json::Value| site["$ref"] == "#/$defs/RampShapeChoice";
    !(table.is_empty()
        || table.keys().any(|key| names_a_distribution(key) || key.contains('.') || key == "by_date")
        || cells::sites(kind, path).iter().any(|site| is_value(site)))
}

/// The keys that any of the entries has, in the order of the config: one that only later entries have stands behind the key that
/// it follows there, and parts of the same stand together.
fn in_order(entries: &[Entry<'_>]) -> Vec<Path> {
    let mut keys: Vec<Path> = Vec::new();
    for entry in entries {
        let mut at = 0;
        for key in entry.values.keys() {
            let known = keys.iter().position(|known| known == key);
            let beside = || keys.iter().rposition(|known| known[0] == key[0]).map(|last| last + 1);
            match known.ok_or_else(|| beside().unwrap_or(at)) {
                Ok(known) => at = known + 1,
                Err(place) => {
                    keys.insert(place, key.clone());
                    at = place + 1;
                }
            }
        }
    }
    keys
}

/// The keys, each with whether it is that of a column of sources: behind a value, or behind all parts of one that have the same.
fn with_sources(kind: &str, entries: &[Entry<'_>], keys: &[Path], document: &Document) -> Vec<(Path, bool)> {
    let notes = Notes { kind, notes: document.notes() };
    let differs = |top: &String| {
        entries.iter().any(|entry| {
            let mut of = entry.values.keys().filter(|key| key[0] == *top).map(|key| notes.at(entry.id, key));
            of.next().is_some_and(|first| of.any(|other| other != first))
        })
    };
    let any = |key: &Path| entries.iter().any(|entry| !notes.of(entry, key).is_empty());
    let mut columns = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        columns.push((key.clone(), false));
        let is_last = keys.get(index + 1).is_none_or(|next| next[0] != key[0]);
        let of = if differs(&key[0]) { key.clone() } else { vec![key[0].clone()] };
        if (of == *key || is_last) && any(&of) {
            columns.push((of, true));
        }
    }
    columns
}
