//! What was left out of a config because it is at fault, and which other faults may only be there because of that.

use std::collections::BTreeSet;

use toml::Value;

use super::fault::{Fault, Needs};
use super::set::Path;

/// What was left out.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    paths: BTreeSet<Path>,
    /// Names of what was left out, and names within: other entries may speak of them.
    names: BTreeSet<String>,
    /// A whole table is gone: any name may be missing because of that.
    any_table: bool,
    /// Start or horizon is gone: whatever is about time may look wrong because of that.
    time: bool,
}

impl LeftOut {
    /// Adds the value at `path`; without a value, one that was missing.
    pub fn add(&mut self, path: &[String], value: Option<&Value>) {
        let entry = &path[..path.len().min(2)];
        self.names.extend(entry.last().cloned());
        match path {
            [key] if ["start", "horizon_years"].contains(&key.as_str()) => self.time = true,
            // Without all of its names, it is open whether one is among them.
            [_, _, list] if list == "countries" => self.any_table = true,
            [key] if key != "title" => self.any_table |= value.is_none_or(|value| !matches!(value, Value::String(_))),
            _ => {}
        }
        if let (1..=2, Some(value)) = (path.len(), value) {
            self.add_names(value);
        }
        self.paths.insert(path.to_vec());
    }

    fn add_names(&mut self, value: &Value) {
        match value {
            Value::String(name) => drop(self.names.insert(name.clone())),
            Value::Array(items) => items.iter().for_each(|item| self.add_names(item)),
            Value::Table(table) => {
                self.names.extend(table.keys().cloned());
                table.values().for_each(|value| self.add_names(value));
            }
            _ => {}
        }
    }

    /// Whether the value of `key` in the table at `path` was left out.
    pub fn has(&self, path: &[String], key: &str) -> bool {
        !self.paths.is_empty() && self.paths.contains(&[path, &[key.to_string()]].concat())
    }

    /// Whether anything in the table at `path` was left out.
    pub fn below(&self, path: &[String]) -> bool {
        let next = self.paths.range(path.to_vec()..).find(|found| *found != path);
        next.is_some_and(|found| found.starts_with(path))
    }

    /// Whether a fault may only be there because of what was left out: it misses something, is about the same entry, about a
    /// name that is gone, or about a time that is not the one meant.
    pub fn explains(&self, fault: &Fault) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let same_entry = |length: usize| {
            let entry = fault.path.get(..length);
            entry.is_some_and(|entry| self.paths.contains(entry) || length == 2 && self.below(entry))
        };
        let is_of_what_is_gone = match fault.needs {
            Needs::Everything => true,
            Needs::Name => self.any_table,
            Needs::Itself => self.time,
        };
        let mut names = fault.message.split('`').skip(1).step_by(2);
        is_of_what_is_gone || same_entry(1) || same_entry(2) || names.any(|name| self.names.contains(name))
    }
}
