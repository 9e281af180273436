//! Names: what they may look like, and how they are looked up.

use super::unit::UnitName;
use crate::config::fault::Fault;
use crate::config::set::{self, Path};
use crate::text::number;

/// A path from its keys.
pub fn path(keys: &[&str]) -> Path {
    keys.iter().map(|key| key.to_string()).collect()
}

/// Ids become parts of paths, file names and columns: letters, digits, `-` and `_`.
pub fn is_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    plain && text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.len() <= 64
}

/// Tables whose entries have a title beside their id.
const TITLED: [&str; 9] =
    ["markets", "stages", "projects", "disruptions", "milestones", "claims", "scenarios", "investment", "measures"];

/// Whether the last key of a path is an id.
pub fn check_id(path: Path, faults: &mut Vec<Fault>) {
    if path.last().is_some_and(|id| !is_id(id)) {
        let has_title = path.first().is_some_and(|table| TITLED.contains(&table.as_str()));
        let fault =
            Fault::new(path, "an id is a letter followed by letters, digits, `-` or `_`, at most 64 in all").at_key();
        faults.push(if has_title { fault.help("put the name to print into `title`") } else { fault });
    }
}

/// Longest text that is printed in one line, letters; longer ones may have several.
const LONGEST_LINE: usize = 200;

/// Text to print: no control characters, not without end. A title or a name is one line: another could pass for a line of ours.
pub fn check_text(path: Path, text: &str, longest: usize, faults: &mut Vec<Fault>) {
    let length = text.chars().count();
    if length > longest {
        faults.push(
            Fault::new(path, format!("this text may have at most {longest} characters"))
                .label(format!("it has {length}")),
        );
    } else if text.chars().any(|letter| letter.is_control() && (letter != '\n' || longest <= LONGEST_LINE)) {
        let fault = Fault::new(path, "a text to print holds no control characters");
        faults.push(if text.contains('\n') && longest <= LONGEST_LINE {
            fault.help("write it in one line")
        } else {
            fault
        });
    }
}

/// The limits `at_least` and `at_most` of what is called `what`: one of them at least, and with room between them.
pub fn check_limits(entry: Path, what: &str, limits: [Option<f64>; 2], faults: &mut Vec<Fault>) {
    match limits {
        [None, None] => faults.push(Fault::new(entry, format!("{what} needs `at_most` or `at_least`")).at_key()),
        [Some(low), Some(high)] if low > high => {
            let here = [entry, vec!["at_most".into()]].concat();
            let fault = Fault::new(here, "`at_most` lies below `at_least`: nothing can fulfil this");
            faults.push(fault.label(format!("`at_least` is {}", number(low))));
        }
        _ => {}
    }
}

/// The name of a unit, unless none is given or it is the `usual` one.
pub fn check_unit(path: Path, name: &Option<String>, usual: &str, faults: &mut Vec<Fault>) -> Option<UnitName> {
    let name = name.as_deref().filter(|name| *name != usual)?;
    let is_plain = |letter: char| !letter.is_control() && !"|*_`<>[]\\#".contains(letter);
    let is_short = name.chars().count() <= UnitName::LONGEST;
    if name.is_empty() || name.trim() != name || !is_short || !name.chars().all(is_plain) {
        let message = format!("the name of a unit has 1 to {} letters, as in `{usual}`", UnitName::LONGEST);
        faults.push(Fault::new(path, message).help("leave out spaces at its ends and any of | * _ ` < > [ ] \\ #"));
        return None;
    }
    UnitName::new(name)
}

/// Index of `name` among `names`, or a fault at `path`.
pub fn find(kind: &str, name: &str, names: &[String], path: Path, faults: &mut Vec<Fault>) -> Option<usize> {
    let found = names.iter().position(|known| known == name);
    if found.is_none() {
        let fault = Fault::new(path, format!("there is no {kind} `{name}`"));
        let fault = fault.unknown(name, names.iter().map(String::as_str), faults);
        faults.push(if kind.starts_with("outcome") { fault.listed() } else { fault });
    }
    found
}

/// Indices of the `names` that any of `patterns` matches (all of them if there is no pattern), or faults below `path`.
pub fn find_all(kind: &str, patterns: &[String], names: &[String], path: &Path, faults: &mut Vec<Fault>) -> Vec<usize> {
    if patterns.is_empty() {
        return (0..names.len()).collect();
    }
    let mut found = vec![false; names.len()];
    for (position, pattern) in patterns.iter().enumerate() {
        let mut any = false;
        for (index, _) in names.iter().enumerate().filter(|(_, name)| set::matches(pattern, name)) {
            found[index] = true;
            any = true;
        }
        if !any {
            let here = path.iter().cloned().chain([position.to_string()]).collect();
            let fault = Fault::new(here, format!("there is no {kind} `{pattern}`"));
            faults.push(fault.unknown(pattern, names.iter().map(String::as_str), faults));
        }
    }
    (0..names.len()).filter(|&index| found[index]).collect()
}
