//! A config as text: parsing, where everything stands, and the way to a [`Config`] with all faults at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::de::DeTable;
use toml::{Table, Value};

use super::Config;
use super::beside::Beside;
use super::fault::{Diagnostic, Diagnostics, Fault};
use super::left_out::LeftOut;
use super::location::{Location, Source};
use super::observed::{self, Fitted};
use super::places::Place;
use super::rows;
use super::set::{self, Path};
use super::sheet::Sheet;
use super::structure;
use super::tables::{self, TableFile};

/// Largest config that is read, in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// What the command line is called in messages.
const COMMAND_LINE: &str = "command line";

/// What a config that was built in code is called in messages.
const BUILT: &str = "config built in code";

/// Tables that say what is done with a model and its results: no change of the model is one of them.
const REPORTED: [&str; 9] =
    ["scenarios", "measures", "choose", "expect", "run", "output", "charts", "history", "title"];

/// What all trials are measured by.
const MEASURED: [&str; 4] = ["start", "horizon_years", "steps_per_month", "currency"];

/// More errors of syntax than this are not told.
const MAX_SYNTAX: usize = 100;

/// Who put a value where it is.
#[derive(Clone, Debug)]
enum Origin {
    /// The value of this path of the file (a scenario's `set`).
    File(Arc<Path>),
    /// An argument of the command line, by its position.
    Argument(usize),
}

/// A config as text, with the changes made to it since.
#[derive(Clone, Debug)]
pub struct Document {
    /// None of a config that was built in code.
    file: Option<Arc<(Source, Place)>>,
    table: Table,
    arguments: Vec<String>,
    origins: BTreeMap<Path, Origin>,
    /// What stands in files beside it; the same for every scenario.
    beside: Arc<Beside>,
}

/// What could be read of a config, and what could not.
#[derive(Debug)]
pub struct Reading {
    /// The config, without the values at fault; `None` if not even that could be read.
    pub config: Option<Config>,
    /// The faults.
    pub faults: Vec<Fault>,
    /// What was left out because of a fault; faults that follow from that are not worth telling.
    pub left_out: LeftOut,
}

impl Document {
    /// Parses `text`; `name` is what to call it in messages. All errors of syntax at once.
    ///
    /// # Errors
    /// If `text` is not TOML.
    pub fn parse(name: &str, text: &str) -> Result<Document, Diagnostics> {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let source = Source::new(name, text);
        let mut faults = Diagnostics::default();
        let mut refuse = |message: &str, span: Option<Range<usize>>| {
            // The parser names the types of its own.
            let is_size = message.contains("value was too") || message.contains("as i128");
            let message = if is_size { "whole numbers lie between -2^63 and 2^63 - 1" } else { message };
            let fault = Fault::new(Vec::new(), format!("this is not valid TOML: {message}"));
            faults.push(fault, source.locate(span.unwrap_or(0..0)));
        };
        errors.iter().take(MAX_SYNTAX).for_each(|error| refuse(error.message(), error.span()));
        // The tree keeps positions and borrows the text; what is edited and read afterwards is a plain table. Its parser
        // finds what the tree leaves open, such as whole numbers that are too large.
        let table = if errors.is_empty() { text.parse::<Table>() } else { Ok(Table::new()) };
        let table = table.unwrap_or_else(|error| {
            refuse(error.message(), error.span());
            Table::new()
        });
        faults.into_result()?;
        let place = Place::of_text(tree.get_ref());
        Ok(Document { file: Some(Arc::new((source, place))), ..Document::of_table(table) })
    }

    /// A config that was built in code. Its faults are located by their path, there being no text.
    ///
    /// # Errors
    /// If no file could say the same.
    pub fn built(config: &Config) -> Result<Document, Diagnostics> {
        let mut document = Document::of_table(Table::new());
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

    /// Of a table that no text says.
    pub fn of_table(table: Table) -> Document {
        let (arguments, origins) = (Vec::new(), BTreeMap::new());
        Document { file: None, table, arguments, origins, beside: Arc::default() }
    }

    /// Makes a change given as `path=value`, as on the command line.
    ///
    /// # Errors
    /// If it is not written so, its value is not TOML, or nothing has that path.
    pub fn edit(&mut self, argument: &str) -> Result<(), Diagnostics> {
        let refuse = |fault: Fault, span: Range<usize>| {
            let location = Source::new(COMMAND_LINE, argument).locate(span);
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
            return refuse(self.no_match(path, &[]), 0..path.len());
        }
        self.arguments.push(argument.to_string());
        self.remember(changed, Origin::Argument(self.arguments.len() - 1));
        Ok(())
    }

    /// This config with the changes of the scenario `id` made to it.
    ///
    /// # Errors
    /// What it cannot change, or what is not there.
    pub fn scenario(&self, id: &str) -> Result<Document, Vec<Fault>> {
        let help = "it is the same for all scenarios of a run; change it with `--set`, or in a config of its own";
        self.changed(["scenarios", id], "a scenario", &[], help)
    }

    /// This config with the changes of the measure `id` made to it.
    ///
    /// # Errors
    /// What it cannot change, or what is not there.
    pub fn measure(&self, id: &str) -> Result<Document, Vec<Fault>> {
        let yardsticks = ["milestones", "claims"];
        let help =
            "a measure changes the world, not how it is looked at; change it with `--set`, or in a config of its own";
        self.changed(["measures", id], "a measure", &yardsticks, help)
    }

    /// This config with the changes made to it that an entry has in its `set`.
    fn changed(&self, entry: [&str; 2], what: &str, fixed: &[&str], help: &str) -> Result<Document, Vec<Fault>> {
        let mut document = self.clone();
        let mut faults = Vec::new();
        let changes = entry.iter().try_fold(&self.table, |table, key| table.get(*key)?.as_table());
        let changes = changes.and_then(|entry| entry.get("set"));
        let mut changes: Vec<(&String, &Value)> = changes.and_then(Value::as_table).into_iter().flatten().collect();
        changes.sort_by_key(|(path, _)| set::order(path));
        for (path, value) in changes {
            let origin = [entry[0], entry[1], "set", path].map(String::from).to_vec();
            let keys = set::split(path);
            let is_fixed = |key: &&str| *key == keys[0];
            if REPORTED.iter().chain(&MEASURED).chain(fixed).any(is_fixed) {
                let fault = Fault::new(origin, format!("{what} cannot change `{}`", keys[0])).at_key();
                faults.push(fault.help(help));
                continue;
            }
            let changed = set::apply(&mut document.table, &keys, value);
            if changed.is_empty() {
                let fault = Fault { path: origin, ..self.no_match(path, &faults) };
                faults.push(fault.at_key());
            } else {
                document.remember(changed, Origin::File(Arc::new(origin)));
            }
        }
        if faults.is_empty() { Ok(document) } else { Err(faults) }
    }

    /// The values that were changed since, by path.
    pub fn changed_values(&self) -> impl Iterator<Item = (&Path, Option<&Value>)> {
        self.origins.keys().map(|path| (path, set::find(&self.table, path)))
    }

    /// Puts these values where they belong, as [`Document::changed_values`] has them.
    pub fn put(&mut self, values: impl IntoIterator<Item = (Path, Value)>) {
        for (path, value) in values {
            set::apply(&mut self.table, &path, &value);
        }
    }

    /// The entries of a kind as they stand, to put in the place of a file what it says.
    pub fn entries(&mut self, kind: &str) -> Option<&mut Table> {
        self.table.get_mut(kind)?.as_table_mut()
    }

    /// What was worked out of observations.
    pub fn fitted(&self) -> Vec<Fitted> {
        [self.beside.fitted(), &observed::freeze(&mut self.table.clone()).0].concat()
    }

    /// What was read from files beside the config.
    pub fn beside(&self) -> &Beside {
        &self.beside
    }

    /// The same, to add to.
    pub fn beside_mut(&mut self) -> &mut Beside {
        Arc::make_mut(&mut self.beside)
    }

    /// Takes the names of the files out in which entries stand, and lists them by the kind of the entries.
    pub fn take_tables(&mut self) -> Vec<(&'static str, Vec<TableFile>)> {
        tables::take(&mut self.table)
    }

    /// Kinds of entries whose files were not read.
    pub fn unread_tables(&self) -> Vec<&'static str> {
        tables::take(&mut self.table.clone()).into_iter().map(|(kind, _)| kind).collect()
    }

    /// Adds the rows of a sheet to the entries of a kind.
    pub fn enter(&mut self, kind: &str, sheet: Sheet) {
        let number = self.beside_mut().add_sheet(sheet);
        // What is no table is told where the config is read.
        let Some(mut entries) = self.entries(kind).map(std::mem::take) else { return };
        let mut beside = std::mem::take(&mut self.beside);
        rows::enter(kind, number, &mut entries, Arc::make_mut(&mut beside), |path| self.locate_in_file(path, true));
        self.beside = beside;
        self.entries(kind).into_iter().for_each(|place| *place = std::mem::take(&mut entries));
    }

    /// Adds a fault of a file beside the config, which stands where the config names it.
    pub fn refuse(&mut self, fault: Fault) {
        let location = self.locate(&fault);
        self.beside_mut().refuse(fault, location);
    }

    /// Reads the config as it stands now, leaving out what is at fault.
    pub fn read(&self) -> Reading {
        let mut table = self.table.clone();
        let (mut faults, mut left_out) = structure::check(&mut table, self.beside.left_out().clone());
        for (kind, _) in tables::take(&mut table) {
            left_out.add(&[kind.into()], None);
        }
        for fault in observed::freeze(&mut table).1 {
            left_out.add(&fault.path, set::find(&self.table, &fault.path));
            set::remove(&mut table, &fault.path);
            faults.push(fault);
        }
        let config = Config::deserialize(table).map_err(|error| {
            faults.push(Fault::new(Vec::new(), format!("this config cannot be read: {}", error.message())));
        });
        Reading { config: config.ok(), faults, left_out }
    }

    /// The text as it is now: the file with the changes of the command line.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What the file says beside its values: the comment at the end of the line, by path; empty where there is none. Paths
    /// that are not among them have their default.
    pub fn notes(&self) -> BTreeMap<Path, String> {
        let given = || "given on the command line".to_string();
        let mut notes: BTreeMap<Path, String> = self.origins.keys().map(|path| (path.clone(), given())).collect();
        let not_changed = |(path, _): &(&Path, &String)| !matches!(self.origin(path), Some((_, Origin::Argument(_))));
        notes.extend(self.beside.notes().iter().filter(not_changed).map(|(path, note)| (path.clone(), note.clone())));
        let Some((source, places)) = self.file.as_deref() else { return notes };
        places.each(&mut Vec::new(), &mut |path, place| {
            let note = match self.origin(path) {
                Some((_, Origin::Argument(_))) => given(),
                _ => trailing_comment(&source.text()[place.value.end as usize..]),
            };
            notes.insert(path.clone(), note);
        });
        notes
    }

    /// Who put there what stands at `path`, and how much of the path that is; none if it stands as the file has it.
    fn origin(&self, path: &[String]) -> Option<(usize, &Origin)> {
        if self.origins.is_empty() {
            return None;
        }
        (1..=path.len()).rev().find_map(|length| Some((length, self.origins.get(&path[..length])?)))
    }

    /// Number of values that were changed since.
    pub fn changes(&self) -> usize {
        self.origins.len()
    }

    /// Where the value (or the key) of a fault stands.
    pub fn locate(&self, fault: &Fault) -> Location {
        match self.origin(&fault.path) {
            Some((_, Origin::Argument(index))) => {
                let text = &self.arguments[*index];
                let value = text.find('=').map_or(0, |at| at + 1);
                Source::new(COMMAND_LINE, text).locate(value..text.len())
            }
            Some((length, Origin::File(path))) => {
                let path: Path = path.iter().chain(&fault.path[length..]).cloned().collect();
                self.locate_in_file(&path, fault.at_key)
            }
            None => {
                let in_table = self.beside.locate(&fault.path);
                in_table.unwrap_or_else(|| self.locate_in_file(&fault.path, fault.at_key))
            }
        }
    }

    /// Where `path` stands in the file, or the nearest thing around it.
    fn locate_in_file(&self, path: &[String], at_key: bool) -> Location {
        let Some((source, places)) = self.file.as_deref() else { return self.spell_out(path, at_key) };
        let (length, place) = places.nearest(path);
        let span = if at_key || length < path.len() { &place.key } else { &place.value };
        source.locate(span.start as usize..span.end as usize)
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
        Source::new(BUILT, &text).locate(span)
    }

    fn remember(&mut self, changed: Vec<Path>, origin: Origin) {
        for changed in changed {
            // Paths within this one follow it in order.
            let within = self.origins.range(changed.clone()..).take_while(|(path, _)| path.starts_with(&changed));
            let within: Vec<Path> = within.map(|(path, _)| path.clone()).collect();
            within.iter().for_each(|path| drop(self.origins.remove(path)));
            self.origins.insert(changed, origin.clone());
        }
    }

    /// The fault of a path that matches nothing, with the first key that is not there; `faults` are those so far.
    fn no_match(&self, path: &str, faults: &[Fault]) -> Fault {
        let keys = set::split(path);
        let fault = Fault::new(Vec::new(), format!("`{path}` is not in this config"));
        let mut table = Some(&self.table);
        for key in &keys {
            let Some(names) = table else { break };
            if !names.keys().any(|name| set::matches(key, name)) {
                return fault.unknown(key, names.keys().map(String::as_str), faults).listed();
            }
            table = names.get(key).and_then(Value::as_table);
        }
        fault
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
