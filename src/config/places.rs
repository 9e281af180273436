//! Where the keys and values of a config stand in its text.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::set::Path;

/// Where a key and its value stand, and what stands within the value.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub key: Range<u32>,
    pub value: Range<u32>,
    within: Within,
}

#[derive(Clone, Debug, Default)]
enum Within {
    #[default]
    Nothing,
    Table(BTreeMap<String, Place>),
    List(Vec<Place>),
}

impl Place {
    /// The whole text.
    pub fn of_text(table: &DeTable<'_>) -> Place {
        Place { within: of_table(table), ..Place::default() }
    }

    fn new(key: Range<usize>, value: &Spanned<DeValue<'_>>) -> Place {
        let within = match value.get_ref() {
            DeValue::Table(table) => of_table(table),
            DeValue::Array(items) => Within::List(items.iter().map(|item| Place::new(item.span(), item)).collect()),
            _ => Within::Nothing,
        };
        Place { key: short(key), value: short(value.span()), within }
    }

    /// The place of the longest part of `path` that has one, and how long that is.
    pub fn nearest(&self, path: &[String]) -> (usize, &Place) {
        let (mut length, mut place) = (0, self);
        for key in path {
            let next = match &place.within {
                Within::Table(table) => table.get(key),
                Within::List(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
                Within::Nothing => None,
            };
            let Some(next) = next else { break };
            (length, place) = (length + 1, next);
        }
        (length, place)
    }

    /// Shows every place below this one to `visit`, with its path.
    pub fn each(&self, here: &mut Path, visit: &mut dyn FnMut(&Path, &Place)) {
        let mut one = |key: String, place: &Place| {
            here.push(key);
            visit(here, place);
            place.each(here, visit);
            here.pop();
        };
        match &self.within {
            Within::Table(table) => table.iter().for_each(|(key, place)| one(key.clone(), place)),
            Within::List(items) => items.iter().enumerate().for_each(|(index, place)| one(index.to_string(), place)),
            Within::Nothing => {}
        }
    }
}

fn of_table(table: &DeTable<'_>) -> Within {
    Within::Table(table.iter().map(|(key, value)| (key.get_ref().to_string(), Place::new(key.span(), value))).collect())
}

/// A config has far fewer bytes than this holds.
fn short(span: Range<usize>) -> Range<u32> {
    let [start, end] = [span.start, span.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
    start..end
}
