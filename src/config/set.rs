//! Paths into a config, and the changes that a scenario or the command line makes along them.
//!
//! A path is the keys from the top, joined by dots: `projects.nolans.slip_months`. In a list the key is the position,
//! from 0. A `*` inside a key stands for any letters, so that `projects.*.slip_months` is every project's slip.

use toml::{Table, Value};

/// Keys from the top of a config to a value.
pub type Path = Vec<String>;

/// Splits a path at its dots.
pub fn split(path: &str) -> Path {
    path.split('.').map(|key| key.trim().to_string()).collect()
}

/// Whether `name` is matched by `pattern`, in which `*` stands for any letters, none included.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    while let Some((part, after)) = rest.split_once('*') {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
        rest = after;
    }
    name.ends_with(rest)
}

/// Order in which several changes are made: paths with more `*` first, then those with fewer letters beside them, so that
/// the more particular one wins.
pub fn order(path: &str) -> (std::cmp::Reverse<usize>, usize, String) {
    let stars = path.matches('*').count();
    (std::cmp::Reverse(stars), path.len() - stars, path.to_string())
}

/// Puts `value` at every path that `path` matches, and lists them; empty if there is none.
///
/// All keys but the last must be there. The last may be new, unless it holds a `*`.
pub fn apply(table: &mut Table, path: &[String], value: &Value) -> Vec<Path> {
    let mut changed = Vec::new();
    descend_table(table, path, value, &mut Vec::new(), &mut changed);
    changed
}

fn descend_table(table: &mut Table, path: &[String], value: &Value, here: &mut Path, changed: &mut Vec<Path>) {
    let Some((key, rest)) = path.split_first() else { return };
    let names: Vec<String> = if rest.is_empty() && !key.contains('*') {
        vec![key.clone()]
    } else {
        table.keys().filter(|name| matches(key, name)).cloned().collect()
    };
    for name in names {
        here.push(name.clone());
        if rest.is_empty() {
            table.insert(name, value.clone());
            changed.push(here.clone());
        } else if let Some(inner) = table.get_mut(&name) {
            descend_value(inner, rest, value, here, changed);
        }
        here.pop();
    }
}

fn descend_value(inner: &mut Value, path: &[String], value: &Value, here: &mut Path, changed: &mut Vec<Path>) {
    match inner {
        Value::Table(table) => descend_table(table, path, value, here, changed),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate().filter(|(index, _)| matches(&path[0], &index.to_string()))
            {
                here.push(index.to_string());
                if path.len() == 1 {
                    *item = value.clone();
                    changed.push(here.clone());
                } else {
                    descend_value(item, &path[1..], value, here, changed);
                }
                here.pop();
            }
        }
        _ => {}
    }
}

/// What stands at `path` (no `*`).
pub fn find<'a>(table: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(first)?, |at, key| match at {
        Value::Table(table) => table.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Takes away what stands at `path` (no `*`), and says whether there was anything.
pub fn remove(table: &mut Table, path: &[String]) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let Some((first, parents)) = parents.split_first() else { return table.remove(last).is_some() };
    let mut at = match table.get_mut(first) {
        Some(value) => value,
        None => return false,
    };
    for key in parents {
        let next = match at {
            Value::Table(table) => table.get_mut(key),
            Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            _ => None,
        };
        match next {
            Some(value) => at = value,
            None => return false,
        }
    }
    match at {
        Value::Table(table) => table.remove(last).is_some(),
        // Taking an item out of a list would shift its neighbours: the list goes as a whole.
        Value::Array(_) => remove(table, &path[..path.len() - 1]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*", "nolans", true),
            ("no*", "nolans", true),
            ("*s", "nolans", true),
            ("n*l*s", "nolans", true),
            ("follow-on-*", "nolans", false),
            ("nolans", "nolan", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_change_reaches_all_matches_and_may_add_a_key() {
        let mut table: Table = "[projects.a]\nslip = 1\n[projects.b]\nx = [{ y = 1 }]".parse().unwrap();
        assert_eq!(apply(&mut table, &split("projects.*.slip"), &Value::Integer(5)).len(), 2);
        assert_eq!(table["projects"]["b"]["slip"], Value::Integer(5));
        assert_eq!(apply(&mut table, &split("projects.b.x.0.y"), &Value::Integer(7)).len(), 1);
        assert_eq!(table["projects"]["b"]["x"][0]["y"], Value::Integer(7));
        assert!(apply(&mut table, &split("projects.c.slip"), &Value::Integer(5)).is_empty());
        assert!(remove(&mut table, &split("projects.b.x.0")));
        assert!(table["projects"]["b"].get("x").is_none());
    }
}
