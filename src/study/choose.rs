//! Measures of a config: which may be taken together within a budget, and the model with a set of them taken.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::Study;
use crate::config::fault::Fault;
use crate::config::set::{self, Path};
use crate::config::source::Document;
use crate::config::{Config, Output};
use crate::model::{Distributions, Model, compile};

/// A set of measures, as bits in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeasureSet(u64);

impl MeasureSet {
    /// Nothing is done.
    pub const NONE: MeasureSet = MeasureSet(0);

    /// With one measure more.
    pub fn with(self, measure: usize) -> Self {
        MeasureSet(self.0 | 1 << measure)
    }

    /// Whether it holds a measure.
    pub fn holds(self, measure: usize) -> bool {
        self.0 >> measure & 1 == 1
    }

    /// Its measures.
    pub fn members(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |&measure| self.holds(measure))
    }
}

/// Something that may be done.
#[derive(Clone, Debug)]
pub struct MeasureChange {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Cost, in the unit that the config states.
    pub cost: f64,
    /// The values that it changes.
    changes: BTreeMap<Path, Value>,
}

/// What may be done in a scenario.
#[derive(Clone)]
pub struct Measures {
    /// Id of the scenario.
    pub scenario: String,
    /// The measures, in the order of the file.
    pub all: Vec<MeasureChange>,
    /// Pairs that change the same value differently, and are never taken together.
    pub conflicts: Vec<[usize; 2]>,
    /// The config of the scenario, with nothing that is only reported.
    table: Table,
    /// Distributions of the models with one measure each.
    kept: Distributions,
}

/// Sums of costs differ from a budget by rounding.
const ROUNDING: f64 = 1e-9;

impl Measures {
    /// Those of a config, in one of its scenarios, to be judged by `statistic`.
    ///
    /// # Errors
    /// That there are none, with an example, or what is wrong with one in this scenario.
    pub fn new(study: &Study, scenario: &str, statistic: &str) -> Result<Measures, Vec<String>> {
        let told = |faults: Vec<Fault>| faults.iter().map(told).collect::<Vec<_>>();
        let built = Document::built(&study.config).map_err(|_| vec!["this config cannot be written as TOML".into()])?;
        let document = match study.config.scenarios.contains_key(scenario) {
            true => built.scenario(scenario).map_err(told)?,
            false => built,
        };
        let base = Document::of_table(document.table().clone());
        let mut all = Vec::new();
        for (id, measure) in &study.config.measures {
            let changed = base.measure(id).map_err(told)?;
            let values = changed.changed_values().filter_map(|(path, value)| Some((path.clone(), value?.clone())));
            let title = measure.title.clone().unwrap_or_else(|| id.clone());
            all.push(MeasureChange { id: id.clone(), title, cost: measure.cost, changes: values.collect() });
        }
        if all.is_empty() {
            return Err(vec![NO_MEASURES.into()]);
        }
        let pairs = (0..all.len()).flat_map(|a| (a + 1..all.len()).map(move |b| [a, b]));
        let conflicts = pairs.filter(|pair| conflict(pair.map(|index| &all[index].changes))).collect();
        let table = reduced(document, statistic)?;
        let mut found = Measures { scenario: scenario.into(), all, conflicts, table, kept: Distributions::default() };
        let mut kept = Distributions::default();
        let alone = (0..found.all.len()).map(|measure| MeasureSet::NONE.with(measure));
        let compiled = alone.chain([MeasureSet::NONE]).map(|set| found.compiled(set, &mut kept));
        let faults: Vec<String> = compiled.filter_map(Result::err).collect();
        found.kept = kept;
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// What a set costs.
    pub fn cost(&self, set: MeasureSet) -> f64 {
        set.members().map(|index| self.all[index].cost).sum()
    }

    /// Ids of the measures of a set.
    pub fn ids(&self, set: MeasureSet) -> Vec<String> {
        set.members().map(|index| self.all[index].id.clone()).collect()
    }

    /// Whether one measure more may be taken: it is not taken yet, in conflict with none that is, and within the budget.
    pub fn may_join(&self, set: MeasureSet, measure: usize, budget: f64) -> bool {
        let excludes = |pair: &[usize; 2]| {
            (pair[0] == measure && set.holds(pair[1])) || (pair[1] == measure && set.holds(pair[0]))
        };
        let cost = self.cost(set.with(measure));
        !set.holds(measure) && !self.conflicts.iter().any(excludes) && cost <= budget + ROUNDING * budget.abs()
    }

    /// All sets within the budget, that of no measure first; none if there are more than `most`.
    pub fn sets(&self, budget: f64, most: usize) -> Option<Vec<MeasureSet>> {
        let mut sets = vec![MeasureSet::NONE];
        for measure in 0..self.all.len() {
            for index in 0..sets.len() {
                if self.may_join(sets[index], measure, budget) {
                    sets.push(sets[index].with(measure));
                }
                if sets.len() > most {
                    return None;
                }
            }
        }
        Some(sets)
    }

    /// The values that a set changes, in words: sets that change the same are the same model.
    pub fn signature(&self, set: MeasureSet) -> Vec<(Path, String)> {
        let changes: BTreeMap<&Path, &Value> = set.members().flat_map(|index| &self.all[index].changes).collect();
        let as_it_is = |path: &Path| set::find(&self.table, path).map(written);
        let written = changes.into_iter().map(|(path, value)| (path.clone(), written(value)));
        written.filter(|(path, value)| as_it_is(path).as_ref() != Some(value)).collect()
    }

    /// The model with a set of measures taken.
    ///
    /// # Errors
    /// Why these measures cannot be taken together.
    pub fn model(&self, set: MeasureSet) -> Result<Model, String> {
        self.compiled(set, &mut self.kept.clone())
    }

    fn compiled(&self, set: MeasureSet, kept: &mut Distributions) -> Result<Model, String> {
        let mut document = Document::of_table(self.table.clone());
        let changes = set.members().flat_map(|index| &self.all[index].changes);
        document.put(changes.map(|(path, value)| (path.clone(), value.clone())));
        let reading = document.read();
        let refused = |fault: Option<&Fault>| {
            let together = self.ids(set).join(" + ");
            let why = fault.map_or("it cannot be compiled".into(), told);
            format!("measures {together} in scenario {}: {why}", self.scenario)
        };
        let (Some(config), true) = (reading.config, reading.faults.is_empty()) else {
            return Err(refused(reading.faults.first()));
        };
        let compiled = compile(&config, kept);
        compiled.model.ok_or_else(|| refused(compiled.faults.first()))
    }
}

const NO_MEASURES: &str = "this config has no measures to choose from: add some, as in `[measures.reserve]` with \
    `title = \"Reserve of three months\"`, `cost = 120` and `set = { \"stockpiles.reserve.target_days\" = 90 }`";

fn told(fault: &Fault) -> String {
    match &fault.help {
        Some(help) => format!("{}: {help}", fault.message),
        None => fault.message.clone(),
    }
}

/// A value in words in which a whole number is the same with and without a decimal point.
fn written(value: &Value) -> String {
    match value {
        Value::Integer(number) => format!("{:?}", *number as f64),
        Value::Float(number) => format!("{number:?}"),
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let pairs = table.iter().map(|(key, value)| format!("{key:?} = {}", written(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether two measures change the same value differently, or one of them a part of what the other replaces.
fn conflict([a, b]: [&BTreeMap<Path, Value>; 2]) -> bool {
    let clash = |(path, value): (&Path, &Value)| {
        b.iter().any(|(other, theirs)| match path == other {
            true => written(value) != written(theirs),
            false => path.starts_with(other) || other.starts_with(path),
        })
    };
    a.iter().any(clash)
}

/// The config of a scenario without what is only reported: fewer series and outcomes take less time.
fn reduced(document: Document, statistic: &str) -> Result<Table, Vec<String>> {
    let config = document.read().config.ok_or_else(|| vec!["this scenario cannot be read".to_string()])?;
    let mut config = Config {
        output: Output { series: Some(Vec::new()), years: config.output.years, ..Output::default() },
        ..config
    };
    config.expect.clear();
    config.scenarios.clear();
    config.measures.clear();
    config.choose = Default::default();
    config.charts.clear();
    config.history.clear();
    config.run.until = None;
    if !statistic.contains("milestone.") && !statistic.contains("claim.") {
        config.claims.clear();
        config.milestones.clear();
    }
    let built = Document::built(&config).map_err(|_| vec!["this scenario cannot be written as TOML".to_string()])?;
    Ok(built.table().clone())
}
