//! A config and its scenarios, checked and compiled: what a run works on.

mod beside;
pub mod choose;
mod drivers;
mod events;
mod expectations;
#[doc(hidden)]
pub mod file;
mod history;
#[doc(hidden)]
pub mod read;
pub mod require;
pub mod size;
pub mod stress;
mod tables;
mod until;

pub(crate) use drivers::number_name;
#[doc(hidden)]
pub use drivers::{LEAST_FOR_DRIVERS, number_named};
#[doc(hidden)]
pub use expectations::ExpectationRule;
#[doc(hidden)]
pub use until::{Until, looks};

use std::collections::BTreeMap;
use std::path;

use crate::config::fault::{Diagnostics, Fault};
use crate::config::observed::Fitted;
use crate::config::set::Path;
use crate::config::source::Document;
use crate::config::tables::TABLE;
use crate::config::{Config, Scenario, Stage};
use crate::error::{Error, UnknownName, find_named};
use crate::model::{Distributions, LIMITS, Limit, Model, compile};
use crate::tally;

/// One scenario, ready to simulate.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct ScenarioModel {
    /// Id; `base` if the config declares no scenarios.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// What it assumes.
    pub description: String,
    /// The model with its changes made.
    pub model: Model,
}

/// A config that was checked and compiled with its scenarios: what can be simulated.
#[derive(Clone, Debug)]
pub struct Study {
    /// The config as read, before any scenario.
    #[doc(hidden)]
    pub config: Config,
    /// The scenarios in the order of the file, the main one put first.
    #[doc(hidden)]
    pub scenarios: Vec<ScenarioModel>,
    /// What statistics are expected to be.
    #[doc(hidden)]
    pub expectations: Vec<ExpectationRule>,
    /// What the run waits for, if it looks more than once.
    #[doc(hidden)]
    pub until: Option<Until>,
    /// What the file says beside its values, by path.
    #[doc(hidden)]
    pub notes: BTreeMap<Path, String>,
    /// What was worked out of observations, each with its path.
    #[doc(hidden)]
    pub fitted: Vec<String>,
    /// SHA-256 of the files beside the config that were read, by name as the config has it.
    #[doc(hidden)]
    pub files: BTreeMap<String, String>,
}

impl Study {
    /// Of a config that was built in code.
    ///
    /// # Errors
    /// All that is wrong with the config and with any of its scenarios, each fault with its path.
    pub fn from_config(config: Config) -> Result<Study, Diagnostics> {
        Study::new(&Document::built(&config)?)
    }

    /// Of a config given as text.
    ///
    /// # Errors
    /// All that is wrong with the config and with any of its scenarios, each fault with its line.
    pub fn from_text(text: &str) -> Result<Study, Diagnostics> {
        Study::new(&Document::parse("config", text)?)
    }

    /// Of a config file, and of the tables and other files that it names in its folder.
    ///
    /// # Errors
    /// If the file cannot be read; else as [`Study::from_text`].
    pub fn from_file(path: impl AsRef<path::Path>) -> Result<Study, Error> {
        Ok(Study::new(&read::document(path.as_ref(), &[], false)?)?)
    }

    /// The config, before any scenario.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Ids of the scenarios, the one that comes first put first: `base` alone, if the config declares none.
    pub fn scenario_ids(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|case| case.id.as_str())
    }

    /// One scenario.
    ///
    /// # Errors
    /// If there is none with this id.
    #[doc(hidden)]
    pub fn scenario(&self, id: &str) -> Result<&ScenarioModel, UnknownName> {
        find_named("scenario", id, self.scenarios.iter(), |case| &case.id)
    }

    /// Of a document.
    ///
    /// # Errors
    /// All that is wrong with the config and with any of its scenarios.
    #[doc(hidden)]
    pub fn new(document: &Document) -> Result<Study, Diagnostics> {
        let mut faults = document.beside().faults().clone();
        for kind in document.unread_tables() {
            let path = vec![kind.to_string(), TABLE.to_string()];
            let fault = Fault::new(path, "only a config that is a file has files beside it");
            add(vec![fault.help("give the entries themselves")], document, &mut faults);
        }
        let mut kept = Distributions::default();
        let base = check(document, &mut kept, &mut faults);
        let Some(config) = base.0.filter(|_| !faults.is_enough()) else { return Err(faults) };
        let too_much = too_many_changes(document, &config);
        if !too_much.is_empty() {
            add(too_much, document, &mut faults);
            return Err(faults);
        }
        let mut scenarios = Vec::new();
        for (id, scenario) in &config.scenarios {
            if faults.is_enough() {
                break;
            }
            let changed = match document.scenario(id) {
                Ok(changed) => changed,
                Err(found) => {
                    add(found, document, &mut faults);
                    continue;
                }
            };
            let (read, model) = check(&changed, &mut kept, &mut faults);
            add(read.map_or(Vec::new(), |changed| other_units(&config, &changed, "scenario")), &changed, &mut faults);
            scenarios.extend(model.map(|model| case(id, scenario, model)));
        }
        check_measures(document, &config, &mut kept, &mut faults);
        if config.scenarios.is_empty() {
            scenarios.extend(base.1.map(|model| ScenarioModel {
                id: "base".into(),
                title: config.title.clone(),
                description: String::new(),
                model,
            }));
        }
        let cells = scenarios.iter().map(|case| tally::cells(&case.model)).sum();
        add(too_many_cells(cells, config.output.years), document, &mut faults);
        let mut unmeant = Vec::new();
        let expectations = expectations::expectations(&config, &scenarios, &mut unmeant);
        let until = until::until(&config, &scenarios, &mut unmeant);
        add(unmeant, document, &mut faults);
        faults.into_result()?;
        if let Some(first) = &config.output.scenario {
            scenarios.sort_by_key(|case| case.id != *first); // stable: the others stay in order
        }
        let (notes, fitted) = notes(document);
        let files = document.beside().digests().clone();
        Ok(Study { config, scenarios, expectations, until, notes, fitted, files })
    }

    /// The config with the changes of a scenario made to it; as it is, where there is no such scenario.
    fn config_of(&self, scenario: &str) -> Config {
        let changed = Document::built(&self.config).ok().and_then(|document| document.scenario(scenario).ok());
        let changed = changed.and_then(|document| document.read().config);
        changed.unwrap_or_else(|| self.config.clone())
    }

    /// The milestone that charts and summary put first: the one the config names, else that of the first claim, else the
    /// first.
    pub(crate) fn main_milestone(&self) -> Option<&str> {
        let config = &self.config;
        let claimed = config.claims.values().next().map(|claim| claim.milestone.as_str());
        let first = config.milestones.keys().next().map(String::as_str);
        config.output.milestone.as_deref().or(claimed).or(first)
    }

    /// The models of all scenarios, to simulate together.
    #[doc(hidden)]
    pub fn models(&self) -> Vec<&Model> {
        self.scenarios.iter().map(|case| &case.model).collect()
    }
}

/// What stands beside values, what was worked out of observations among it; and that alone, each with its path.
fn notes(document: &Document) -> (BTreeMap<Path, String>, Vec<String>) {
    let (mut notes, mut told) = (document.notes(), Vec::new());
    for Fitted { path, words } in document.fitted() {
        told.push(format!("{}: {words}", path.join(".")));
        let note = notes.entry(path).or_default();
        *note = if note.is_empty() { words } else { format!("{note}; {words}") };
    }
    (notes, told)
}

fn case(id: &str, scenario: &Scenario, model: Model) -> ScenarioModel {
    ScenarioModel {
        id: id.into(),
        title: scenario.title.clone().unwrap_or_else(|| id.into()),
        description: scenario.description.clone().unwrap_or_default(),
        model,
    }
}

/// Reads and compiles the config with each measure taken by itself, in the scenario that comes first, and adds the faults.
fn check_measures(document: &Document, config: &Config, kept: &mut Distributions, faults: &mut Diagnostics) {
    let first = config.output.scenario.as_ref().or(config.scenarios.keys().next());
    // What is wrong with the scenario has been told.
    let Some(base) = first.map_or(Some(document.clone()), |id| document.scenario(id).ok()) else { return };
    for id in config.measures.keys() {
        if faults.is_enough() {
            return;
        }
        match base.measure(id) {
            Ok(changed) => {
                let (read, _) = check(&changed, kept, faults);
                let units = read.map_or(Vec::new(), |changed| other_units(config, &changed, "measure"));
                add(units, &changed, faults);
            }
            Err(found) => add(found, document, faults),
        }
    }
}

/// All values that scenarios and measures change are looked up, and each of them is compiled.
fn too_many_changes(document: &Document, config: &Config) -> Vec<Fault> {
    let changes = |changed: Result<Document, Vec<Fault>>| changed.map_or(0, |changed| changed.changes());
    let of_scenarios = config.scenarios.keys().map(|id| changes(document.scenario(id))).sum();
    let of_measures = config.measures.keys().map(|id| changes(document.measure(id))).sum();
    let asked = [("scenarios", of_scenarios), ("measures", of_measures)];
    asked.into_iter().filter_map(|(key, asked)| LIMITS.changed.check(vec![key.into()], asked)).collect()
}

/// A product has the same unit in all scenarios: their figures stand side by side.
fn other_units(config: &Config, changed: &Config, what: &str) -> Vec<Fault> {
    let other = |(id, stage): (&String, &Stage)| {
        let usual = config.stages.get(id)?;
        let path = vec!["stages".to_string(), id.clone(), "unit".to_string()];
        let fault = Fault::new(path, format!("a {what} cannot change the unit of `{id}`"));
        let help = "it is the same for all scenarios of a run; change it with `--set`, or in a config of its own";
        (usual.unit != stage.unit).then(|| fault.help(help))
    };
    changed.stages.iter().filter_map(other).collect()
}

/// What is recorded must fit into memory.
fn too_many_cells(cells: u64, yearly: bool) -> Vec<Fault> {
    let Limit { what, most } = LIMITS.cells;
    if cells <= most {
        return Vec::new();
    }
    let path = ["output", "series"].map(String::from).into();
    let fault = Fault::new(path, format!("too many {what}: at most {most} are allowed"));
    let yearly = if yearly { "leave out `output.years`, " } else { "" };
    let help = format!("{yearly}name fewer series, or shorten the horizon");
    vec![fault.label(format!("{cells} are asked for")).help(help)]
}

/// Reads and compiles one document, and adds its faults to those found before. There is no config if it is too large to be
/// looked at any further.
fn check(document: &Document, kept: &mut Distributions, faults: &mut Diagnostics) -> (Option<Config>, Option<Model>) {
    let reading = document.read();
    let unread = !reading.faults.is_empty();
    add(reading.faults, document, faults);
    let Some(config) = reading.config else { return (None, None) };
    let compiled = compile(&config, kept);
    let stands_alone = |fault: &Fault| !reading.left_out.explains(fault);
    add(compiled.faults.into_iter().filter(stands_alone).collect(), document, faults);
    ((!compiled.is_too_large).then_some(config), if unread { None } else { compiled.model })
}

fn add(found: Vec<Fault>, document: &Document, faults: &mut Diagnostics) {
    for fault in found {
        let location = document.locate(&fault);
        faults.push(fault, location);
    }
}
