//! From a config to a model, with all faults at once.

use super::names::{check_text, find, path};
use super::quantities::{Distributions, Domain, Quantities};
use super::{Input, Model, bounds, chain, charts, claims, disruptions, outcomes, projects};
use crate::config::fault::Fault;
use crate::config::set::{Path, matches};
use crate::config::{Config, DisruptionKind, Quantity};

/// A documented limit on the size of a model.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// The largest number allowed.
    pub most: u64,
}

/// All limits: a run that would take forever or all memory is refused before it starts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Trials of a run.
    pub trials: Limit,
    /// Draws of the inputs that are simulated again.
    pub draws: Limit,
    /// Months simulated.
    pub months: Limit,
    /// Markets.
    pub markets: Limit,
    /// Stages.
    pub stages: Limit,
    /// Standing capacities.
    pub capacities: Limit,
    /// Projects, copies included.
    pub projects: Limit,
    /// Copies of one project.
    pub copies: Limit,
    /// Demands.
    pub demands: Limit,
    /// Stockpiles.
    pub stockpiles: Limit,
    /// Disruptions.
    pub disruptions: Limit,
    /// Milestones, and claims.
    pub milestones: Limit,
    /// Scenarios.
    pub scenarios: Limit,
    /// Charts.
    pub charts: Limit,
    /// Cells of all histograms: every recorded series has one a month, in every scenario. Four bytes each.
    pub cells: Limit,
}

/// The limits in force.
pub const LIMITS: Limits = Limits {
    trials: Limit { what: "trials", most: 1_000_000_000 },
    draws: Limit { what: "draws of the inputs", most: 100_000_000 },
    months: Limit { what: "months", most: 1200 },
    markets: Limit { what: "markets", most: super::MAX_MARKETS as u64 },
    stages: Limit { what: "stages", most: 32 },
    capacities: Limit { what: "capacities", most: 2000 },
    projects: Limit { what: "projects (copies included)", most: 2000 },
    copies: Limit { what: "copies", most: 200 },
    demands: Limit { what: "demands", most: 500 },
    stockpiles: Limit { what: "stockpiles", most: 200 },
    disruptions: Limit { what: "disruptions", most: 300 },
    milestones: Limit { what: "milestones, claims, expectations", most: 100 },
    scenarios: Limit { what: "scenarios", most: 50 },
    charts: Limit { what: "charts", most: 50 },
    cells: Limit { what: "histogram cells of recorded series (in all scenarios and months)", most: 250_000_000 },
};

/// Fewer draws of the inputs tell nothing of how they spread.
const LEAST_DRAWS: u64 = 100;

/// A model, or why there is none.
#[derive(Debug)]
pub struct Compiled {
    /// The model, if there are no faults.
    pub model: Option<Model>,
    /// All faults.
    pub faults: Vec<Fault>,
}

/// What is known while a config is compiled.
pub(super) struct Context<'a> {
    pub config: &'a Config,
    pub faults: Vec<Fault>,
    pub quantities: Quantities,
    pub months: usize,
    pub market_ids: Vec<String>,
    pub stage_ids: Vec<String>,
    /// Every country and its market.
    pub countries: Vec<(String, usize)>,
    /// Countries whose share is asked for.
    pub asked: Vec<(String, usize)>,
}

impl Context<'_> {
    /// Seed of the run.
    pub fn seed(&self) -> u64 {
        self.quantities.seed()
    }

    /// An input drawn once per trial.
    pub fn input(&mut self, name: &str, here: &Path, quantity: &Quantity, domain: Domain) -> Input {
        self.quantities.input(name, here, quantity, domain, &mut self.faults)
    }

    /// Market of the `country` of an entry.
    pub fn country(&mut self, table: &str, id: &str, country: &str) -> Option<usize> {
        let names: Vec<String> = self.countries.iter().map(|(name, _)| name.clone()).collect();
        let index = find("country in any market", country, &names, path(&[table, id, "country"]), &mut self.faults)?;
        Some(self.countries[index].1)
    }

    /// The `market` of an entry.
    pub fn market(&mut self, table: &str, id: &str, market: &str) -> Option<usize> {
        find("market", market, &self.market_ids, path(&[table, id, "market"]), &mut self.faults)
    }

    /// The `stage` of an entry.
    pub fn stage(&mut self, table: &str, id: &str, stage: &str) -> Option<usize> {
        find("stage", stage, &self.stage_ids, path(&[table, id, "stage"]), &mut self.faults)
    }

    /// Outages that hit a capacity or project, by index.
    pub fn outages_on(&self, id: &str, country: &str, stage: &str) -> Vec<usize> {
        let market = self
            .countries
            .iter()
            .find(|(name, _)| name == country)
            .map_or("", |(_, market)| self.market_ids[*market].as_str());
        let hit = |disruption: &crate::config::Disruption| {
            disruption.kind == DisruptionKind::Outage
                && applies(&disruption.stages, stage)
                && disruption
                    .hits
                    .iter()
                    .any(|pattern| [id, country, market, stage].iter().any(|name| matches(pattern, name)))
        };
        indices(self.config.disruptions.values().map(hit))
    }

    /// Surges that lift a demand, by index.
    pub fn surges_on(&self, market: &str, stage: &str) -> Vec<usize> {
        let hit = |disruption: &crate::config::Disruption| {
            disruption.kind == DisruptionKind::DemandSurge
                && applies(&disruption.stages, stage)
                && applies(&disruption.markets, market)
        };
        indices(self.config.disruptions.values().map(hit))
    }
}

fn applies(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, name))
}

fn indices(hits: impl Iterator<Item = bool>) -> Vec<usize> {
    hits.enumerate().filter(|(_, hit)| *hit).map(|(index, _)| index).collect()
}

/// Compiles `config`, finding all faults. `kept` are the distributions of models compiled before; those of this one join.
pub fn compile(config: &Config, kept: &mut Distributions) -> Compiled {
    let mut context = Context {
        config,
        faults: Vec::new(),
        quantities: Quantities::new(config.run.seed, std::mem::take(kept)),
        months: months(config),
        market_ids: config.markets.keys().cloned().collect(),
        stage_ids: Vec::new(),
        countries: Vec::new(),
        asked: Vec::new(),
    };
    check_run(&mut context);
    let before = context.faults.len();
    check_sizes(&mut context);
    if context.faults.len() > before {
        // Compiling what is too large could take all memory.
        *kept = context.quantities.take_kept();
        return Compiled { model: None, faults: context.faults };
    }
    let markets = chain::markets(&mut context);
    context.stage_ids = chain::stage_order(&mut context);
    let stages = chain::stages(&mut context);
    let series = claims::series(&mut context);
    let milestones = claims::milestones(&mut context, &series);
    let claims = claims::claims(&mut context, &milestones);
    let (curve_names, curves) = projects::curves(&mut context);
    let first = context.quantities.slots();
    let projects = projects::projects(&mut context, &curve_names);
    let of_projects = first..context.quantities.slots();
    let mut model = Model {
        seed: config.run.seed,
        start: config.start,
        months: context.months,
        markets,
        stages,
        inputs: super::Inputs::default(),
        capacities: chain::capacities(&mut context),
        projects,
        curves,
        demands: chain::demands(&mut context),
        responses: chain::responses(&mut context),
        stockpiles: chain::stockpiles(&mut context),
        disruptions: disruptions::disruptions(&mut context),
        series,
        outcomes: Vec::new(),
        milestones,
        claims,
        countries: context.asked.clone(),
        tilts: Vec::new(),
    };
    model.outcomes = outcomes::list(&model);
    check_output(&mut context, &model);
    charts::check(&mut context, &model);
    check_projects(&mut context, &model);
    *kept = context.quantities.take_kept();
    model.inputs = context.quantities.finish(of_projects, &config.correlations, &mut context.faults);
    let faults = context.faults;
    let model = faults.is_empty().then(|| {
        bounds::put(&mut model);
        model
    });
    Compiled { model, faults }
}

fn months(config: &Config) -> usize {
    let months = 12.0 * config.horizon_years;
    if months >= 1.0 && months <= LIMITS.months.most as f64 { months.round() as usize } else { 1 }
}

fn check_sizes(context: &mut Context<'_>) {
    let config = context.config;
    for (key, limit, asked) in [
        ("markets", LIMITS.markets, config.markets.len()),
        ("stages", LIMITS.stages, config.stages.len()),
        ("capacities", LIMITS.capacities, config.capacities.len()),
        ("projects", LIMITS.projects, config.projects.values().map(|project| project.copies.max(1) as usize).sum()),
        ("demands", LIMITS.demands, config.demands.len()),
        ("stockpiles", LIMITS.stockpiles, config.stockpiles.len()),
        ("disruptions", LIMITS.disruptions, config.disruptions.len()),
        ("milestones", LIMITS.milestones, config.milestones.len()),
        ("claims", LIMITS.milestones, config.claims.len()),
        ("expect", LIMITS.milestones, config.expect.len()),
        ("scenarios", LIMITS.scenarios, config.scenarios.len()),
        ("charts", LIMITS.charts, config.charts.len()),
    ] {
        if asked as u64 > limit.most {
            let fault =
                Fault::new(path(&[key]), format!("too many {}: at most {} are allowed", limit.what, limit.most))
                    .at_key();
            context.faults.push(fault.label(format!("{asked} are asked for")));
        }
    }
}

fn check_run(context: &mut Context<'_>) {
    let config = context.config;
    let run = &config.run;
    check_text(path(&["title"]), &config.title, 200, &mut context.faults);
    check_text(path(&["description"]), config.description.as_deref().unwrap_or(""), 5000, &mut context.faults);
    for (id, scenario) in &config.scenarios {
        super::names::check_id(path(&["scenarios", id]), &mut context.faults);
        for (key, text, longest) in [("title", &scenario.title, 80), ("description", &scenario.description, 2000)] {
            check_text(path(&["scenarios", id, key]), text.as_deref().unwrap_or(""), longest, &mut context.faults);
        }
    }
    let mut require = |good: bool, here: &[&str], message: String, found: String| {
        if !good {
            context.faults.push(Fault::new(path(here), message).label(found));
        }
    };
    let months = 12.0 * config.horizon_years;
    let whole = (months - months.round()).abs() < 1e-6;
    let most = LIMITS.months.most as f64 / 12.0;
    let good = whole && months >= 1.0 && months <= LIMITS.months.most as f64;
    require(
        good,
        &["horizon_years"],
        format!("the horizon is a whole number of months, at most {most} years"),
        format!("{} years", config.horizon_years),
    );
    let most = LIMITS.trials.most;
    require(
        run.trials >= 1 && run.trials <= most,
        &["run", "trials"],
        format!("`trials` lies between 1 and {most}"),
        format!("{} are asked for", run.trials),
    );
    require(
        run.max_trials.is_none_or(|trials| trials <= most),
        &["run", "max_trials"],
        format!("`max_trials` is at most {most}"),
        String::new(),
    );
    let most = LIMITS.draws.most;
    require(
        run.input_uncertainty.is_none_or(|draws| (LEAST_DRAWS..=most).contains(&draws)),
        &["run", "input_uncertainty"],
        format!("`input_uncertainty` lies between {LEAST_DRAWS} and {most}"),
        format!("{} draws of the inputs are asked for", run.input_uncertainty.unwrap_or(0)),
    );
    require(
        run.seed <= i64::MAX as u64,
        &["run", "seed"],
        format!("`seed` lies between 0 and {}", i64::MAX),
        String::new(),
    );
    let good = run.confidence >= 0.5 && run.confidence <= 0.9999;
    require(
        good,
        &["run", "confidence"],
        "`confidence` lies between 0.5 and 0.9999".into(),
        format!("{}", run.confidence),
    );
    let good = !run.percentiles.is_empty()
        && run.percentiles.len() <= 50
        && run.percentiles.iter().all(|p| *p > 0.0 && *p < 100.0);
    require(good, &["run", "percentiles"], "1 to 50 `percentiles`, each above 0 and below 100".into(), String::new());
}

/// The names in `output`.
fn check_output(context: &mut Context<'_>, model: &Model) {
    let output = &context.config.output;
    let scenarios: Vec<String> = context.config.scenarios.keys().cloned().collect();
    let milestones: Vec<String> = model.milestones.iter().map(|milestone| milestone.id.clone()).collect();
    let outcomes: Vec<String> = model.outcomes.iter().map(|outcome| outcome.name.clone()).collect();
    for (kind, name, names) in [
        ("scenario", &output.scenario, scenarios),
        ("milestone", &output.milestone, milestones),
        ("outcome", &output.outcome, outcomes),
    ] {
        if let Some(name) = name {
            find(kind, name, &names, path(&["output", kind]), &mut context.faults);
        }
    }
    check_text(path(&["output", "source_line"]), output.source_line.as_deref().unwrap_or(""), 140, &mut context.faults);
}

fn check_projects(context: &mut Context<'_>, model: &Model) {
    if model.projects.len() as u64 > LIMITS.projects.most {
        let message = format!("too many {}: at most {} are allowed", LIMITS.projects.what, LIMITS.projects.most);
        context.faults.push(Fault::new(path(&["projects"]), message).at_key());
    }
}
