//! Limits on sizes: a run that would take forever or all memory is refused before it starts.

use super::names::path;
use crate::config::fault::Fault;
use crate::config::set::Path;
use crate::config::{Config, CorrelatedInputs, Ramp, RampShapeChoice};

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
    /// Countries of all markets.
    pub countries: Limit,
    /// Stages.
    pub stages: Limit,
    /// Standing capacities.
    pub capacities: Limit,
    /// Projects, copies included.
    pub projects: Limit,
    /// Projects that one requires.
    pub requires: Limit,
    /// Phases of a project or investment.
    pub phases: Limit,
    /// Ramp shapes.
    pub ramp_shapes: Limit,
    /// Ramp shapes of which one is drawn.
    pub weights: Limit,
    /// Investments.
    pub investments: Limit,
    /// Points of the answer of an investment to its signal.
    pub response: Limit,
    /// Decisions of all investments in a trial.
    pub decisions: Limit,
    /// Copies of one project.
    pub copies: Limit,
    /// Dates of one path.
    pub dates: Limit,
    /// Demands.
    pub demands: Limit,
    /// Stockpiles.
    pub stockpiles: Limit,
    /// Disruptions.
    pub disruptions: Limit,
    /// Names in the lists of all disruptions. Each is compared with every plant.
    pub names: Limit,
    /// Scheduled episodes of all disruptions, those that come again counted each time.
    pub scheduled: Limit,
    /// Correlations.
    pub correlations: Limit,
    /// Names in all correlations. Each is compared with every input.
    pub correlated: Limit,
    /// Episodes of all disruptions that are expected in a trial. Forty bytes each, for a thousand trials at a time.
    pub episodes: Limit,
    /// The same in the trial in which every rate is at its highest.
    pub episodes_at_most: Limit,
    /// Milestones, and claims.
    pub milestones: Limit,
    /// Scenarios.
    pub scenarios: Limit,
    /// Measures.
    pub measures: Limit,
    /// Paths that one scenario or measure changes, as written.
    pub changes: Limit,
    /// Values that all scenarios and measures change together, those that a `*` stands for counted each.
    pub changed: Limit,
    /// Charts.
    pub charts: Limit,
    /// Names of series to record, as written.
    pub patterns: Limit,
    /// Series.
    pub series: Limit,
    /// Letters of a name in a list.
    pub letters: Limit,
    /// Different distributions without a closed form, and parts of mixtures. Each takes a table, some milliseconds.
    pub tables: Limit,
    /// Cells of all histograms: every recorded series has one a month, every outcome has one, in every scenario. Four bytes
    /// each.
    pub cells: Limit,
}

/// The limits in force.
pub const LIMITS: Limits = Limits {
    trials: Limit { what: "trials", most: 1_000_000_000 },
    draws: Limit { what: "draws of the inputs", most: 100_000_000 },
    months: Limit { what: "months", most: 1200 },
    markets: Limit { what: "markets", most: super::MAX_MARKETS as u64 },
    countries: Limit { what: "countries (of all markets)", most: 300 },
    stages: Limit { what: "stages", most: 32 },
    capacities: Limit { what: "capacities", most: 2000 },
    projects: Limit { what: "projects (copies included)", most: 2000 },
    requires: Limit { what: "required projects", most: 50 },
    phases: Limit { what: "phases", most: 30 },
    ramp_shapes: Limit { what: "ramp shapes", most: 200 },
    weights: Limit { what: "ramp shapes to draw from", most: 50 },
    investments: Limit { what: "investments", most: 200 },
    response: Limit { what: "points of a response", most: 100 },
    decisions: Limit { what: "decisions of investments in a trial (`at_most` of all added up)", most: 2000 },
    copies: Limit { what: "copies", most: 200 },
    dates: Limit { what: "dates of a path", most: 1200 },
    demands: Limit { what: "demands", most: 500 },
    stockpiles: Limit { what: "stockpiles", most: 200 },
    disruptions: Limit { what: "disruptions", most: 300 },
    names: Limit {
        what: "names in disruptions (`hits`, `from`, `to`, `markets`, `stages` of all added up)",
        most: 1000,
    },
    scheduled: Limit { what: "scheduled episodes (of all disruptions, each time counted)", most: 100_000 },
    correlations: Limit { what: "correlations", most: 200 },
    correlated: Limit { what: "`inputs` of correlations (of all added up)", most: 300 },
    episodes: Limit { what: "episodes a trial (of all disruptions, on average)", most: 10_000 },
    episodes_at_most: Limit { what: "episodes a trial (of all disruptions, at their highest rates)", most: 1_000_000 },
    milestones: Limit { what: "milestones, claims, expectations", most: 100 },
    scenarios: Limit { what: "scenarios", most: 50 },
    measures: Limit { what: "measures", most: 50 },
    changes: Limit { what: "changes of a scenario or measure", most: 200 },
    changed: Limit {
        what: "changed values (in all scenarios and measures, every match of a `*` counted)",
        most: 200_000,
    },
    charts: Limit { what: "charts", most: 50 },
    patterns: Limit { what: "names of series", most: 1_000 },
    series: Limit { what: "series (every match of a `*` counted)", most: 10_000 },
    letters: Limit { what: "letters of a name", most: 100 },
    tables: Limit {
        what: "different distributions without a closed form (beta, PERT, gamma, quantiles, mixtures and their parts)",
        most: 200,
    },
    cells: Limit { what: "histogram cells of recorded series (in all scenarios and months)", most: 250_000_000 },
};

impl Limit {
    /// The fault of asking for more at `path`, if that is so.
    pub fn check(self, path: Path, asked: usize) -> Option<Fault> {
        (asked as u64 > self.most).then(|| {
            let fault = Fault::new(path, format!("too many {}: at most {} are allowed", self.what, self.most));
            fault.at_key().label(format!("{asked} are asked for"))
        })
    }
}

/// Faults of what is too large: looked for before anything is done whose work grows with it.
pub fn check_sizes(config: &Config) -> Vec<Fault> {
    let sizes = of_tables(config).into_iter().map(|(key, limit, asked)| (path(&[key]), limit, asked));
    let lists = of_plants(config).into_iter().chain(of_events(config));
    sizes.chain(lists).filter_map(|(path, limit, asked)| limit.check(path, asked)).collect()
}

/// The tables at the top, and what is counted over all entries of one.
fn of_tables(config: &Config) -> Vec<(&'static str, Limit, usize)> {
    let correlated = config.correlations.values().map(|one| match &one.inputs {
        CorrelatedInputs::Alike(paths) => paths.len(),
        CorrelatedInputs::Loadings(loadings) => loadings.len(),
    });
    let names = config.disruptions.values().flat_map(|one| [&one.hits, &one.from, &one.to, &one.markets, &one.stages]);
    let scheduled = config.disruptions.values().flat_map(|one| one.scheduled.iter().flatten());
    let months = (12.0 * config.horizon_years).clamp(0.0, LIMITS.months.most as f64) as usize;
    vec![
        ("markets", LIMITS.markets, config.markets.len()),
        ("markets", LIMITS.countries, config.markets.values().map(|market| market.countries.len()).sum()),
        ("stages", LIMITS.stages, config.stages.len()),
        ("capacities", LIMITS.capacities, config.capacities.len()),
        ("projects", LIMITS.projects, config.projects.values().map(|project| project.copies.max(1) as usize).sum()),
        ("ramp_shapes", LIMITS.ramp_shapes, config.ramp_shapes.len()),
        ("investment", LIMITS.investments, config.investment.len()),
        ("investment", LIMITS.decisions, config.investment.values().map(|one| one.at_most as usize).sum()),
        ("demands", LIMITS.demands, config.demands.len()),
        ("response", LIMITS.markets, config.response.len()),
        ("stockpiles", LIMITS.stockpiles, config.stockpiles.len()),
        ("disruptions", LIMITS.disruptions, config.disruptions.len()),
        ("disruptions", LIMITS.names, names.map(Vec::len).sum()),
        (
            "disruptions",
            LIMITS.scheduled,
            scheduled.map(|one| 1 + one.every_months.map_or(0, |every| months / (every.max(1) as usize))).sum(),
        ),
        ("correlations", LIMITS.correlations, config.correlations.len()),
        ("correlations", LIMITS.correlated, correlated.sum()),
        ("milestones", LIMITS.milestones, config.milestones.len()),
        ("claims", LIMITS.milestones, config.claims.len()),
        ("expect", LIMITS.milestones, config.expect.len()),
        ("scenarios", LIMITS.scenarios, config.scenarios.len()),
        ("measures", LIMITS.measures, config.measures.len()),
        ("charts", LIMITS.charts, config.charts.len()),
    ]
}

/// Lists of stages, projects and investments.
fn of_plants(config: &Config) -> Vec<(Path, Limit, usize)> {
    let mut sizes = Vec::new();
    let weights = |ramp: &Option<Ramp>| match ramp.as_ref().map(|ramp| &ramp.shape) {
        Some(RampShapeChoice::Weighted(weights)) => weights.len(),
        _ => 0,
    };
    sizes
        .extend(config.stages.iter().map(|(id, one)| (path(&["stages", id, "feeds"]), LIMITS.stages, one.feeds.len())));
    for (id, one) in &config.projects {
        let here = |key: &str| path(&["projects", id, key]);
        sizes.push((here("yields"), LIMITS.stages, one.yields.len()));
        sizes.push((here("requires"), LIMITS.requires, one.requires.len()));
        sizes.push((here("phases"), LIMITS.phases, one.phases.len()));
        sizes.push((here("ramp"), LIMITS.weights, weights(&one.ramp)));
    }
    for (id, one) in &config.investment {
        let here = |key: &str| path(&["investment", id, key]);
        sizes.push((here("yields"), LIMITS.stages, one.yields.len()));
        sizes.push((here("response"), LIMITS.response, one.response.len()));
        sizes.push((here("phases"), LIMITS.phases, one.phases.len()));
        sizes.push((here("ramp"), LIMITS.weights, weights(&one.ramp)));
    }
    sizes
}

/// Lists of disruptions, scenarios, charts and output; names in lists that are compared with many.
fn of_events(config: &Config) -> Vec<(Path, Limit, usize)> {
    let mut sizes = Vec::new();
    let mut longest = |here: &dyn Fn(&str) -> Path, key: &str, names: &[String]| {
        let long = |name: &&String| name.len() as u64 > LIMITS.letters.most;
        sizes.extend(names.iter().find(long).map(|name| (here(key), LIMITS.letters, name.chars().count())));
    };
    for (id, one) in &config.disruptions {
        let here = |key: &str| path(&["disruptions", id, key]);
        let lists = [("hits", &one.hits), ("from", &one.from), ("to", &one.to), ("markets", &one.markets)];
        lists.into_iter().chain([("stages", &one.stages)]).for_each(|(key, names)| longest(&here, key, names));
    }
    for (id, one) in &config.correlations {
        let here = |key: &str| path(&["correlations", id, key]);
        match &one.inputs {
            CorrelatedInputs::Alike(paths) => longest(&here, "inputs", paths),
            CorrelatedInputs::Loadings(loadings) => {
                longest(&here, "inputs", &loadings.keys().cloned().collect::<Vec<_>>());
            }
        }
    }
    for (id, one) in &config.disruptions {
        sizes.push((path(&["disruptions", id, "raises"]), LIMITS.disruptions, one.raises.len()));
    }
    for (id, one) in &config.scenarios {
        sizes.push((path(&["scenarios", id, "set"]), LIMITS.changes, one.set.len()));
    }
    for (id, one) in &config.measures {
        sizes.push((path(&["measures", id, "set"]), LIMITS.changes, one.set.len()));
    }
    for (position, one) in config.charts.iter().enumerate() {
        let here = path(&["charts", &position.to_string(), "scenarios"]);
        sizes.push((here, LIMITS.scenarios, one.scenarios.len()));
    }
    let patterns = config.output.series.as_ref().map_or(0, Vec::len);
    sizes.push((path(&["output", "series"]), LIMITS.patterns, patterns));
    sizes
}
