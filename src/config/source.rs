//! A config as text: parsing, where everything stands, and the way to a [`Config`] with all faults at once.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::Config;
use super::fault::{self, Diagnostic, Diagnostics, Fault, Location};
use super::set::{self, Path};

/// Largest config that is read, in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// What the command line is called in messages.
const COMMAND_LINE: &str = "command line";

/// What a config that was built in code is called in messages.
const BUILT: &str = "config built in code";

/// More faults than this are not looked for.
const MAX_FAULTS: usize = 100;

/// Where a key and its value stand in the text.
#[derive(Clone, Debug)]
struct Entry {
    key: Range<usize>,
    value: Range<usize>,
}

/// Who put a value where it is.
#[derive(Clone, Debug)]
enum Origin {
    /// The value of this path of the file (a scenario's `set`).
    File(Path),
    /// An argument of the command line, by its position.
    Argument(usize),
}

/// A config as text, with the changes made to it since.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    /// None of a config that was built in code.
    text: Option<String>,
    table: Table,
    entries: BTreeMap<Path, Entry>,
    arguments: Vec<String>,
    origins: BTreeMap<Path, Origin>,
}

/// What could be read of a config, and what could not.
#[derive(Debug)]
pub struct Reading {
    /// The config, without the values at fault; `None` if not even that could be read.
    pub config: Option<Config>,
    /// The faults.
    pub faults: Vec<Fault>,
    /// Paths of the values that were left out because of a fault; faults that follow from that are not worth telling.
    pub pruned: Vec<Path>,
}

impl Document {
    /// Parses `text`; `name` is what to call it in messages. All errors of syntax at once.
    ///
    /// # Errors
    /// If `text` is not TOML.
    pub fn parse(name: &str, text: &str) -> Result<Document, Diagnostics> {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let mut faults = Diagnostics::default();
        let mut refuse = |message: &str, span: Option<Range<usize>>| {
            let location = Location { source: name.into(), text: text.into(), span: span.unwrap_or(0..0) };
            faults.push(Fault::new(Vec::new(), format!("this is not valid TOML: {message}")), location);
        };
        errors.iter().take(MAX_FAULTS).for_each(|error| refuse(error.message(), error.span()));
        // The tree keeps positions and borrows the text; what is edited and read afterwards is a plain table. Its parser
        // finds what the tree leaves open, such as whole numbers that are too large.
        let table = if errors.is_empty() { text.parse::<Table>() } else { Ok(Table::new()) };
        let table = table.unwrap_or_else(|error| {
            refuse(error.message(), error.span());
            Table::new()
        });
        faults.into_result()?;
        let mut entries = BTreeMap::new();
        record_table(tree.get_ref(), &mut Vec::new(), &mut entries);
        let (arguments, origins) = (Vec::new(), BTreeMap::new());
        Ok(Document { name: name.into(), text: Some(text.into()), table, entries, arguments, origins })
    }

    /// A config that was built in code. Its faults are located by their path, there being no text.
    ///
    /// # Errors
    /// If no file could say the same.
    pub fn built(config: &Config) -> Result<Document, Diagnostics> {
        let (entries, arguments, origins) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let (name, table) = (BUILT.to_string(), Table::new());
        let mut document = Document { name, text: None, table, entries, arguments, origins };
        let mut faults = Diagnostics::default();
        let mut refuse = |path: &[&str], message: String| {
            let fault = Fault::new(path.iter().map(|key| key.to_string()).collect(), message);
            let location = document.locate(&fault);
            faults.push(fault, location);
        };
        let run = &config.run;
        let numbers = [("trials", Some(run.trials)), ("seed", Some(run.seed)), ("max_trials", run.max_trials)];
        for (key, number) in numbers.into_iter().chain([("input_uncertainty", run.input_uncertainty)]) {
            if number.is_some_and(|number| i64::try_from(number).is_err()) {
                refuse(&["run", key], format!("`{key}` lies between 0 and {}", i64::MAX));
            }
        }
        faults.into_result()?;
        match Table::try_from(config) {
            Ok(table) => document.table = table,
            Err(error) => {
                let fault = Fault::new(Vec::new(), format!("this config cannot be written as TOML: {error}"));
                let location = document.locate(&fault);
                return Err(Diagnostic { fault, location }.into());
            }
        }
        Ok(document)
    }

    /// Makes a change given as `path=value`, as on the command line.
    ///
    /// # Errors
    /// If it is not written so, its value is not TOML, or nothing has that path.
    pub fn edit(&mut self, argument: &str) -> Result<(), Diagnostics> {
        let refuse = |fault: Fault, span: Range<usize>| {
            let location = Location { source: COMMAND_LINE.into(), text: argument.into(), span };
            Err(Diagnostic { fault, location }.into())
        };
        let Some((path, value)) = argument.split_once('=') else {
            let fault = Fault::new(Vec::new(), "a change is written `path=value`").help(
                "as in `projects.nolans.slip_months=24` or `'disruptions.*.rate_per_year={ uniform = [0.1, 0.3] }'`",
            );
            return refuse(fault, 0..argument.len());
        };
        let value_span = path.len() + 1..argument.len();
        let parsed = format!("value = {value}").parse::<Table>().ok().filter(|table| table.len() == 1);
        let Some(parsed) = parsed.and_then(|mut table| table.remove("value")) else {
            let fault = Fault::new(Vec::new(), "the value of this change is not valid TOML")
                .help("text needs quotes, as in `title='\"New title\"'`");
            return refuse(fault, value_span);
        };
        let keys = set::split(path);
        // These two tables are always there, whether the file has them or not.
        if ["run", "output"].contains(&keys[0].as_str()) && keys.len() > 1 {
            self.table.entry(&keys[0]).or_insert_with(|| Value::Table(Table::new()));
        }
        let changed = set::apply(&mut self.table, &keys, &parsed);
        if changed.is_empty() {
            return refuse(self.no_match(path), 0..path.len());
        }
        self.arguments.push(argument.to_string());
        self.remember(changed, &Origin::Argument(self.arguments.len() - 1));
        Ok(())
    }

    /// This config with the changes of the scenario `id` made to it.
    pub fn scenario(&self, id: &str) -> Result<Document, Vec<Fault>> {
        let mut document = self.clone();
        let mut faults = Vec::new();
        let changes = self.table.get("scenarios").and_then(|all| all.get(id)).and_then(|one| one.get("set"));
        let mut changes: Vec<(&String, &Value)> = changes.and_then(Value::as_table).into_iter().flatten().collect();
        changes.sort_by_key(|(path, _)| set::order(path));
        for (path, value) in changes {
            let origin = vec!["scenarios".to_string(), id.to_string(), "set".to_string(), path.clone()];
            let keys = set::split(path);
            let reported = ["scenarios", "expect", "run", "output", "charts", "history", "title"];
            let measured = ["start", "horizon_years", "steps_per_month", "currency"];
            if reported.iter().chain(&measured).any(|fixed| keys[0] == *fixed) {
                let fault = Fault::new(origin, format!("a scenario cannot change `{}`", keys[0])).at_key();
                faults.push(fault.help(
                    "it is the same for all scenarios of a run; change it with `--set`, or in a config of its own",
                ));
                continue;
            }
            let changed = set::apply(&mut document.table, &keys, value);
            if changed.is_empty() {
                let fault = Fault { path: origin, ..self.no_match(path) };
                faults.push(fault.at_key());
            } else {
                document.remember(changed, &Origin::File(origin));
            }
        }
        if faults.is_empty() { Ok(document) } else { Err(faults) }
    }

    /// The observed points as they stand, to put those of files in their place.
    pub fn history(&mut self) -> Option<&mut Table> {
        self.table.get_mut("history")?.as_table_mut()
    }

    /// Reads the config as it stands now, leaving out what is at fault.
    pub fn read(&self) -> Reading {
        let mut table = self.table.clone();
        let mut reading = Reading { config: None, faults: Vec::new(), pruned: Vec::new() };
        for (key, value) in table.iter_mut() {
            check_numbers(value, &mut vec![key.clone()], &mut reading);
        }
        for path in &reading.pruned {
            set::remove(&mut table, path);
        }
        while reading.faults.len() < MAX_FAULTS {
            match serde_path_to_error::deserialize::<_, Config>(Value::Table(table.clone())) {
                Ok(config) => {
                    reading.config = Some(config);
                    break;
                }
                Err(error) => {
                    let path: Path = error.path().iter().filter_map(segment).collect();
                    if !prune(&mut table, path, error.inner().message(), &mut reading) {
                        break;
                    }
                }
            }
        }
        reading
    }

    /// The text as it is now: the file with the changes of the command line.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What the file says beside its values: the comment at the end of the line, by path; empty where there is none. Paths
    /// that are not among them have their default.
    pub fn notes(&self) -> BTreeMap<Path, String> {
        let note = |(path, entry): (&Path, &Entry)| {
            let changed = self.origins.iter().find(|(changed, _)| path.starts_with(changed));
            let note = match changed {
                Some((_, Origin::Argument(_))) => "given on the command line".into(),
                _ => self.text.as_ref().map_or(String::new(), |text| trailing_comment(&text[entry.value.end..])),
            };
            (path.clone(), note)
        };
        let changed = self.origins.keys().map(|path| (path.clone(), "given on the command line".to_string()));
        changed.chain(self.entries.iter().map(note)).collect()
    }

    /// Where the value (or the key) of a fault stands.
    pub fn locate(&self, fault: &Fault) -> Location {
        for length in (1..=fault.path.len()).rev() {
            match self.origins.get(&fault.path[..length]) {
                Some(Origin::Argument(index)) => {
                    let text = self.arguments[*index].clone();
                    let value = text.find('=').map_or(0, |at| at + 1);
                    return Location { source: COMMAND_LINE.into(), span: value..text.len(), text };
                }
                Some(Origin::File(path)) => {
                    let path: Path = path.iter().chain(&fault.path[length..]).cloned().collect();
                    return self.locate_in_file(&path, fault.at_key);
                }
                None => {}
            }
        }
        self.locate_in_file(&fault.path, fault.at_key)
    }

    /// Where `path` stands in the file, or the nearest thing around it.
    fn locate_in_file(&self, path: &[String], at_key: bool) -> Location {
        let Some(text) = &self.text else { return self.spell_out(path, at_key) };
        let found = (1..=path.len()).rev().find_map(|length| Some((length, self.entries.get(&path[..length])?)));
        let span = match found {
            Some((length, entry)) if at_key || length < path.len() => entry.key.clone(),
            Some((_, entry)) => entry.value.clone(),
            None => 0..0,
        };
        Location { source: self.name.clone(), text: text.clone(), span }
    }

    /// The path and its value as a file could have them, where there is no file.
    fn spell_out(&self, path: &[String], at_key: bool) -> Location {
        let is_bare = |key: &String| key.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter));
        let keys: Vec<String> =
            path.iter().map(|key| if is_bare(key) { key.clone() } else { format!("{key:?}") }).collect();
        let key = keys.join(".");
        let value = set::find(&self.table, path).filter(|value| !at_key && !value.is_table());
        let (text, span) = match value {
            Some(value) => {
                let text = format!("{key} = {value}");
                (text.clone(), key.len() + 3..text.len())
            }
            None => (key.clone(), 0..key.len()),
        };
        Location { source: self.name.clone(), text, span }
    }

    fn remember(&mut self, changed: Vec<Path>, origin: &Origin) {
        for changed in changed {
            self.origins.retain(|path, _| !path.starts_with(&changed));
            self.origins.insert(changed, origin.clone());
        }
    }

    /// The fault of a path that matches nothing, with the first key that is not there.
    fn no_match(&self, path: &str) -> Fault {
        let keys = set::split(path);
        let mut table = Some(&self.table);
        let mut help = None;
        for key in &keys {
            let Some(names) = table else { break };
            if !names.keys().any(|name| set::matches(key, name)) {
                help = Some(fault::help_for_name(key, names.keys().map(String::as_str)));
                break;
            }
            table = names.get(key).and_then(Value::as_table);
        }
        let fault = Fault::new(Vec::new(), format!("`{path}` is not in this config"));
        match help {
            Some(help) => fault.help(help),
            None => fault,
        }
    }
}

/// The comment on the rest of a line, if there is one.
fn trailing_comment(rest: &str) -> String {
    let line = rest.lines().next().unwrap_or_default();
    let mut quote = None;
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') => return line[at + 1..].trim().into(),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    String::new()
}

fn segment(segment: &serde_path_to_error::Segment) -> Option<String> {
    match segment {
        serde_path_to_error::Segment::Seq { index } => Some(index.to_string()),
        serde_path_to_error::Segment::Map { key } => Some(key.clone()),
        serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => None,
    }
}

fn record_table(table: &DeTable<'_>, here: &mut Path, entries: &mut BTreeMap<Path, Entry>) {
    for (key, value) in table.iter() {
        here.push(key.get_ref().to_string());
        entries.insert(here.clone(), Entry { key: key.span(), value: value.span() });
        record_value(value, here, entries);
        here.pop();
    }
}

fn record_value(value: &Spanned<DeValue<'_>>, here: &mut Path, entries: &mut BTreeMap<Path, Entry>) {
    match value.get_ref() {
        DeValue::Table(table) => record_table(table, here, entries),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                here.push(index.to_string());
                entries.insert(here.clone(), Entry { key: item.span(), value: item.span() });
                record_value(item, here, entries);
                here.pop();
            }
        }
        _ => {}
    }
}

/// TOML has `nan` and `inf`, which no input of a model is, and `-0.0`, which is taken for the 0 that it equals: a rate of
/// minus zero would be one over minus infinity. Every number of a config comes through here.
fn check_numbers(value: &mut Value, here: &mut Path, reading: &mut Reading) {
    match value {
        Value::Float(number) if !number.is_finite() => {
            let fault = Fault::new(here.clone(), "a number must be finite").label(format!("{number} is not"));
            reading.faults.push(fault.help("leave a limit out where there is none"));
            reading.pruned.push(here.clone());
        }
        Value::Float(number) => *number += 0.0,
        Value::Table(table) => {
            for (key, value) in table.iter_mut() {
                here.push(key.clone());
                check_numbers(value, here, reading);
                here.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                here.push(index.to_string());
                check_numbers(item, here, reading);
                here.pop();
            }
        }
        _ => {}
    }
}

/// Turns an error of serde into a fault and takes the value at fault out of `table`, so that reading can go on.
/// Returns whether it can.
fn prune(table: &mut Table, path: Path, message: &str, reading: &mut Reading) -> bool {
    if let Some((name, allowed)) = listed_name(message, "unknown field `") {
        let in_path = path.last().is_some_and(|key| *key == name);
        let full: Path = if in_path { path } else { path.into_iter().chain([name.clone()]).collect() };
        let fault = Fault::new(full.clone(), format!("there is no key `{name}` here")).at_key();
        reading.faults.push(fault.help(fault::help_for_name(&name, allowed.iter().map(String::as_str))));
        reading.pruned.push(full.clone());
        return set::remove(table, &full);
    }
    if let Some((name, allowed)) = listed_name(message, "unknown variant `") {
        let fault = Fault::new(path.clone(), format!("there is no `{name}` to choose here"));
        reading.faults.push(fault.help(fault::help_for_name(&name, allowed.iter().map(String::as_str))));
        reading.pruned.push(path.clone());
        return set::remove(table, &path);
    }
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let full: Path = path.iter().cloned().chain([name.to_string()]).collect();
        if !reading.pruned.contains(&full) {
            reading.faults.push(Fault::new(path.clone(), format!("the key `{name}` is missing here")).at_key());
        }
        if let Some(value) = placeholder(&full) {
            return !set::apply(table, &full, &value).is_empty();
        }
        reading.pruned.push(path.clone());
        return set::remove(table, &path);
    }
    reading.faults.push(Fault::new(path.clone(), message.trim().to_string()));
    reading.pruned.push(path.clone());
    set::remove(table, &path)
}

/// The name and the allowed names of serde's messages that begin so: "unknown field", "unknown variant".
fn listed_name(message: &str, beginning: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix(beginning)?;
    let (name, rest) = rest.split_once('`')?;
    let allowed = rest.split('`').skip(1).step_by(2).map(String::from).collect();
    Some((name.into(), allowed))
}

/// Stands in for a missing key at the top or in a list, so that the rest of the file or of the list is checked too.
fn placeholder(path: &[String]) -> Option<Value> {
    match path {
        [key] => match key.as_str() {
            "title" => Some(Value::String("untitled".into())),
            "start" => Some(Value::String("2000-01".into())),
            "horizon_years" => Some(Value::Integer(1)),
            "markets" | "stages" => Some(Value::Table(Table::new())),
            _ => None,
        },
        [list, _, key] if list == "charts" && key == "kind" => Some(Value::String("fan".into())),
        _ => None,
    }
}
