//! What may be moved to see what would have to be true for a claim: inputs, settings of the config, and the three changes that
//! everybody thinks of first, more plants, sooner plants, less demand.

mod deciding;
mod plants;

use crate::config::fault::{Diagnostics, nearest};
use crate::config::source::Document;
use crate::config::{self, Config, Output};
use crate::model::{Gate, Input, InputGroup, InputStream, Model};
use crate::random::Key;
use crate::study::Study;
use deciding::{deciding, told};
use plants::More;

/// Where the range of an input without a bound ends: its 1st and its 99th percentile.
const TAILS: (f64, f64) = (0.01, 0.99);

/// The same of what correlated inputs have in common.
const COMMON: (f64, f64) = (0.01, 0.99);

/// A claim, and the smallest model that decides it.
#[derive(Clone, Debug)]
pub struct Required {
    /// Id of the scenario.
    pub scenario: String,
    /// Id of the claim.
    pub id: String,
    /// What it says.
    pub claim: config::Claim,
    /// The scenario with this claim alone, number 0, and not longer than that needs.
    pub model: Model,
    config: Config,
    more: Result<More, String>,
}

/// A change that applies to everything of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// More plants like those that are announced; the share of them, -1 to 2.
    Plants,
    /// Plants that come sooner, months.
    Sooner,
    /// Less final demand, as a fraction.
    Demand,
}

impl Change {
    /// All of them.
    pub const ALL: [Change; 3] = [Change::Plants, Change::Sooner, Change::Demand];

    /// How far it is tried: the other way, and this way.
    pub fn range(self) -> (f64, f64) {
        match self {
            Change::Plants => (-1.0, 2.0),
            Change::Sooner => (-60.0, 60.0),
            Change::Demand => (-0.5, 0.5),
        }
    }
}

/// What a lever moves.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Inputs, to their quantile of the same probability.
    Inputs(Vec<usize>),
    /// Whether gates open: never at 0, for certain at 1.
    Chances(Vec<usize>),
    /// What correlated inputs have in common, to its quantile.
    Common(Key),
    /// A number of the config, by its path.
    Setting(String),
    /// Changes, each so many times what the lever is moved.
    Changes(Vec<(Change, f64)>),
}

/// Something that is moved while everything else stays as ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Lever {
    /// What it is called.
    pub name: String,
    /// How many inputs it moves; none of a setting or a change.
    pub inputs: usize,
    /// What it moves.
    pub moves: Move,
    /// How far.
    pub range: (f64, f64),
    /// Whether to whole numbers only.
    pub whole: bool,
}

impl Required {
    /// What decides a claim in a scenario.
    ///
    /// # Errors
    /// If there is no such claim, with the nearest that there is.
    pub fn new(study: &Study, scenario: &str, claim: &str) -> Result<Required, String> {
        let mut config = study.config_of(scenario);
        let Some(stated) = config.claims.get(claim).cloned() else {
            let near = nearest(claim, config.claims.keys().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let none = if config.claims.is_empty() { ": the config has no claims" } else { "" };
            return Err(format!("there is no claim `{claim}`{none}{near}"));
        };
        config.claims.retain(|id, _| id == claim);
        config.milestones.retain(|id, _| *id == stated.milestone);
        config.expect.clear();
        config.scenarios.clear();
        config.charts.clear();
        config.history.clear();
        config.run.until = None;
        config.output = Output { series: Some(Vec::new()), ..Output::default() };
        let model = deciding(&config)?;
        let more = More::new(&config, &model);
        let (scenario, id) = (scenario.to_string(), claim.to_string());
        Ok(Required { scenario, id, claim: stated, model, config, more })
    }

    /// The model with a lever moved.
    ///
    /// # Errors
    /// What is wrong with the config, where a setting is moved.
    pub fn with(&self, lever: &Lever, at: f64) -> Result<Model, String> {
        match &lever.moves {
            Move::Inputs(slots) => Ok(self.model.with_inputs_at(slots, at)),
            Move::Chances(slots) => {
                let one = |model: Model, slot: &usize| model.with_chance(*slot, at > 0.5);
                Ok(slots.iter().fold(self.model.clone(), one))
            }
            Move::Common(key) => Ok(self.model.with_common_at(*key, at)),
            Move::Setting(path) => self.set(path, &number(at, lever.whole)),
            Move::Changes(changes) => Ok(self.changed(changes, at)),
        }
    }

    fn set(&self, path: &str, value: &str) -> Result<Model, String> {
        let first = |faults: Diagnostics| faults.iter().next().map_or(String::new(), |one| told(&one.fault));
        let mut document = Document::built(&self.config).map_err(first)?;
        document.edit(&format!("{path}={value}")).map_err(first)?;
        let reading = document.read();
        match (reading.config, reading.faults.first()) {
            (Some(config), None) => deciding(&config),
            (_, fault) => Err(fault.map_or("it cannot be read".into(), told)),
        }
    }

    fn changed(&self, changes: &[(Change, f64)], times: f64) -> Model {
        let amount = |change: Change| {
            let found = changes.iter().find(|(known, _)| *known == change);
            found.map(|(_, scale)| scale * times).filter(|amount| *amount != 0.0)
        };
        let mut model = match (amount(Change::Plants), &self.more) {
            (Some(share), Ok(more)) => more.with(&self.model, share),
            _ => self.model.clone(),
        };
        if let Some(months) = amount(Change::Sooner) {
            model = model.sooner(months);
        }
        if let Some(less) = amount(Change::Demand) {
            model = model.with_demand_times(1.0 - less);
        }
        model
    }

    /// How many plants a share of those announced is.
    pub fn plants(&self, share: f64) -> f64 {
        self.more.as_ref().map_or(0.0, |more| share * more.plants as f64)
    }

    /// How many plants are announced that do not stand yet.
    pub fn announced(&self) -> u64 {
        self.more.as_ref().map_or(0, |more| more.plants)
    }

    /// The changes that there is something for, and why there is none of the others.
    pub fn changes(&self) -> (Vec<Change>, Vec<String>) {
        let mut missing = Vec::new();
        let model = &self.model;
        let can_come = !model.decisions.is_empty() || (0..model.projects.len()).any(|project| !model.stands(project));
        let is_there = |change: &Change| match (change, &self.more) {
            (Change::Plants, Err(reason)) => {
                missing.push(format!("More plants are not looked at: {reason}."));
                false
            }
            (Change::Plants, Ok(_)) => true,
            (Change::Sooner, _) if !can_come => {
                missing.push("Sooner plants are not looked at: no project and no investment is to come.".into());
                false
            }
            (Change::Demand, _) if model.demands.is_empty() => {
                missing.push("Less demand is not looked at: there is none.".into());
                false
            }
            _ => true,
        };
        (Change::ALL.into_iter().filter(is_there).collect(), missing)
    }

    /// The lever of changes.
    pub fn lever_of(&self, changes: Vec<(Change, f64)>, range: (f64, f64)) -> Lever {
        Lever { name: String::new(), inputs: 0, moves: Move::Changes(changes), range, whole: false }
    }

    /// The lever of a group of inputs: of correlated ones, the stream that explains most.
    pub fn lever_of_group(&self, group: &InputGroup, stream: &InputStream) -> Lever {
        if let [slot] = group.slots[..] {
            return self.lever_of_inputs(group.name.clone(), vec![slot]);
        }
        let name = match stream.slot {
            Some(slot) => self.model.inputs.drawn[slot].name.clone(),
            None => group.name.clone(),
        };
        Lever { name, inputs: group.slots.len(), moves: Move::Common(stream.key), range: COMMON, whole: false }
    }

    fn lever_of_inputs(&self, name: String, slots: Vec<usize>) -> Lever {
        let is_gate = |slot: &&usize| {
            let gates = self.model.projects.iter().flat_map(|project| &project.gates);
            gates.into_iter().any(|gate: &Gate| gate.chance == Input::Drawn(**slot))
        };
        let inputs = slots.len();
        if slots.iter().filter(is_gate).count() == slots.len() {
            return Lever { name, inputs, moves: Move::Chances(slots), range: (0.0, 1.0), whole: true };
        }
        let slots: Vec<usize> = slots.into_iter().filter(|slot| !is_gate(&slot)).collect();
        let bounds = slots.iter().map(|slot| self.model.inputs.bounds(Input::Drawn(*slot)));
        let (low, high) =
            bounds.fold((true, true), |(low, high), (from, to)| (low && from.is_finite(), high && to.is_finite()));
        let range = (if low { 0.0 } else { TAILS.0 }, if high { 1.0 } else { TAILS.1 });
        Lever { name, inputs: slots.len(), moves: Move::Inputs(slots), range, whole: false }
    }

    /// The lever of all inputs that a pattern matches, each by itself and all at the same percentile; of a correlation by its
    /// name, all that belong to it.
    ///
    /// # Errors
    /// If there are none.
    pub fn lever_of_pattern(&self, pattern: &str) -> Result<Lever, String> {
        let model = &self.model;
        let slots = 0..model.inputs.of_decisions.start;
        let mut matched: Vec<usize> = slots.filter(|slot| model.input_matches(*slot, pattern)).collect();
        let streams = model.input_streams();
        if let (true, Some(group)) = (matched.is_empty(), streams.groups.iter().find(|group| group.name == pattern)) {
            matched = group.slots.clone();
        }
        if matched.is_empty() {
            return Err(format!(
                "--input `{pattern}` matches no uncertain input; `shortfall list` with the config lists them"
            ));
        }
        let name = if let [slot] = matched[..] { model.inputs.drawn[slot].name.clone() } else { pattern.to_string() };
        Ok(self.lever_of_inputs(name, matched))
    }

    /// The lever of a number of the config, written `PATH=FROM..TO`.
    ///
    /// # Errors
    /// If it is not written so, or the config does not take the numbers.
    pub fn lever_of_setting(&self, text: &str) -> Result<Lever, String> {
        let malformed =
            || format!("--lever `{text}` is not written PATH=FROM..TO, as in `stockpiles.*.target_days=0..180`");
        let (path, range) = text.split_once('=').ok_or_else(malformed)?;
        let (from, to) = range.split_once("..").ok_or_else(malformed)?;
        let parse = |end: &str| end.trim().parse::<f64>().ok().filter(|end| end.is_finite()).ok_or_else(malformed);
        let range = (parse(from)?, parse(to)?);
        if range.0 == range.1 {
            return Err(format!("--lever `{text}`: both ends are the same"));
        }
        let (name, moves) = (path.trim().to_string(), Move::Setting(path.trim().to_string()));
        let lever = Lever { name, inputs: 0, moves, range, whole: false };
        // What takes whole numbers takes 1.0 as well: a number between tells the difference.
        let between = range.0 + 0.382 * (range.1 - range.0);
        let fits = |lever: &Lever| {
            let between = if lever.whole { between.round() } else { between };
            [range.0, range.1, between].into_iter().try_for_each(|at| self.with(lever, at).map(|_| ()))
        };
        let is_whole = range.0.fract() == 0.0 && range.1.fract() == 0.0;
        match fits(&lever) {
            Ok(()) => Ok(lever),
            Err(_) if is_whole && fits(&Lever { whole: true, ..lever.clone() }).is_ok() => {
                Ok(Lever { whole: true, ..lever })
            }
            Err(fault) => Err(format!("--lever `{text}`: {fault}")),
        }
    }
}

/// A number as the config has it.
fn number(value: f64, whole: bool) -> String {
    if whole { format!("{}", value as i64) } else { format!("{value:?}") }
}
