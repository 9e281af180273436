//! What a scenario may lose: every market, country, project and capacity, one after the other; and the models without them.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::Study;
use crate::config::fault::Fault;
use crate::config::{Config, Disruption, Output, ScheduledEpisode};
use crate::model::{Distributions, LeftOut, Model, called, compile};

/// What kind of thing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// All plants of a market, as a supplier: its users stay.
    Market,
    /// All plants of a country.
    Country,
    /// One capacity.
    Capacity,
    /// One project, with its copies.
    Project,
    /// Whatever a pattern means.
    Pattern,
}

impl TargetKind {
    /// As printed.
    pub fn word(self) -> &'static str {
        match self {
            TargetKind::Market => "market",
            TargetKind::Country => "country",
            TargetKind::Capacity => "capacity",
            TargetKind::Project => "project",
            TargetKind::Pattern => "pattern",
        }
    }
}

/// The name of something that may be lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetName {
    /// What it is.
    pub kind: TargetKind,
    /// Its id, its name if it is a country, or the pattern.
    pub id: String,
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.id)
    }
}

/// Something that may be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its names: a country with a single plant is lost together with that plant.
    pub names: Vec<TargetName>,
    /// What an outage of it hits.
    hits: String,
}

impl Target {
    /// Whether it is a single plant: a capacity or a project.
    pub fn is_plant(&self) -> bool {
        self.names.iter().any(|name| matches!(name.kind, TargetKind::Capacity | TargetKind::Project))
    }
}

/// The series that are looked at when nothing is left to chance.
const SERIES: [&str; 3] = ["capacity.*.*", "demand.*.*", "shortage.*.*"];

/// A scenario, and what it may lose.
#[derive(Clone, Debug)]
pub struct Losses {
    /// Id of the scenario.
    pub scenario: String,
    /// What may be lost, without what has no plants.
    pub targets: Vec<Target>,
    /// The config of the scenario, with nothing that is only reported.
    config: Config,
}

impl Losses {
    /// All markets, countries, capacities and projects of a scenario, and what each of `patterns` means together: ids of
    /// capacities or projects, countries, markets or stages, as the `hits` of an outage.
    ///
    /// # Errors
    /// What is wrong with the patterns, that nothing is finally used that could be lacking, or that there is no room for another
    /// disruption.
    pub fn new(study: &Study, scenario: &str, patterns: &[String]) -> Result<Losses, Vec<String>> {
        let config = reduced(study, scenario);
        if config.demands.values().all(|demand| demand.embedded_from.is_some()) {
            return Err(vec!["there is no final demand that a loss could leave unmet: add one to `demands`".into()]);
        }
        let mut losses = Losses { scenario: scenario.into(), targets: Vec::new(), config };
        losses.targets = targets(&losses.config, patterns);
        let mut faults = Vec::new();
        // One of the others stands for all: what could be wrong is that there are as many disruptions as there may be.
        let first = losses.targets.first().map(|target| target.hits.clone());
        for hits in patterns.iter().chain(&first) {
            faults.extend(losses.compiled(Some(hits), &[], &mut Distributions::default()).err());
        }
        if faults.is_empty() { Ok(losses) } else { Err(faults) }
    }

    /// The model at its medians, and what was left out of it; without the target of this index, if there is one, and then as
    /// many of it as there are `spans`, lost from the start for so many months each.
    pub fn at_medians(&self, target: Option<usize>, spans: &[f64], kept: &mut Distributions) -> (Vec<Model>, LeftOut) {
        let (models, left_out): (Vec<Model>, Vec<LeftOut>) =
            self.models(target, &SERIES, spans, kept).iter().map(Model::at_medians).unzip();
        (models, left_out.into_iter().next().unwrap_or_default())
    }

    /// The same with all that is uncertain in the config.
    pub fn uncertain(&self, target: Option<usize>, spans: &[f64], kept: &mut Distributions) -> Vec<Model> {
        self.models(target, &[], spans, kept)
    }

    fn models(&self, target: Option<usize>, series: &[&str], spans: &[f64], kept: &mut Distributions) -> Vec<Model> {
        let hits = target.map(|target| self.targets[target].hits.as_str());
        let model = self.compiled(hits, series, kept).expect("every target was found in a sound config");
        let Some(id) = hits.map(|_| free_id(&self.config)) else { return vec![model] };
        let lost_for = |months: &f64| {
            let mut model = model.clone();
            let outage = model.disruptions.iter_mut().find(|disruption| disruption.id == id).expect("it was added");
            for (_, length, _) in &mut outage.scheduled {
                *length = crate::model::constant(*months);
            }
            model
        };
        spans.iter().map(lost_for).collect()
    }

    /// The model with these series, and with an outage of what is hit, if anything is.
    fn compiled(&self, hits: Option<&str>, series: &[&str], kept: &mut Distributions) -> Result<Model, String> {
        let mut config = self.config.clone();
        config.output.series = Some(series.iter().map(|pattern| pattern.to_string()).collect());
        if let Some(hits) = hits {
            let outage = Disruption {
                hits: vec![hits.into()],
                scheduled: Some(vec![ScheduledEpisode::new(config.start, 1.0)]),
                ..Disruption::outage()
            };
            config.disruptions.insert(free_id(&config), outage);
        }
        let compiled = compile(&config, kept);
        let told = |fault: &Fault| match &fault.help {
            Some(help) => format!("{}: {help}", fault.message),
            None => fault.message.clone(),
        };
        compiled.model.ok_or_else(|| compiled.faults.first().map(told).unwrap_or_default())
    }
}

/// The config of a scenario without what is only reported: fewer series and outcomes take less time.
pub(super) fn reduced(study: &Study, scenario: &str) -> Config {
    let mut config = study.config_of(scenario);
    config.milestones.clear();
    config.claims.clear();
    config.expect.clear();
    config.scenarios.clear();
    config.charts.clear();
    config.output = Output::default();
    config
}

/// All that may be lost. What is lost together has several names.
fn targets(config: &Config, patterns: &[String]) -> Vec<Target> {
    let markets = config.markets.keys().map(|id| (TargetKind::Market, "markets.", id));
    let countries = config.markets.values().flat_map(|market| &market.countries);
    let countries = countries.map(|name| (TargetKind::Country, "countries.", name));
    let capacities = config.capacities.keys().map(|id| (TargetKind::Capacity, "capacities.", id));
    let projects = config.projects.keys().map(|id| (TargetKind::Project, "projects.", id));
    let patterns = patterns.iter().map(|pattern| (TargetKind::Pattern, "", pattern));
    let mut targets: Vec<(BTreeSet<[&str; 3]>, Target)> = Vec::new();
    for (kind, table, id) in markets.chain(countries).chain(capacities).chain(projects).chain(patterns) {
        let hits = format!("{table}{id}");
        let mut plants = called(config, &hits);
        plants.retain(|[table, id, _]| *table != "projects" || config.projects[*id].copies > 0);
        let name = TargetName { kind, id: id.clone() };
        match targets.iter_mut().find(|(known, _)| *known == plants) {
            _ if plants.is_empty() => {}
            Some((_, target)) => target.names.push(name),
            None => targets.push((plants, Target { names: vec![name], hits })),
        }
    }
    targets.into_iter().map(|(_, target)| target).collect()
}

/// An id that no disruption has.
fn free_id(config: &Config) -> String {
    let mut ids = (1..).map(|number| format!("loss-{number}"));
    ids.find(|id| !config.disruptions.contains_key(id)).expect("there are more numbers than disruptions")
}
