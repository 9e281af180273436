//! Limits on sizes: a run that would take forever or all memory is refused before it starts.

use super::context::Context;
use super::names::path;
use crate::config::fault::Fault;

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
    /// Episodes of all disruptions that are expected in a trial. Forty bytes each, for a thousand trials at a time.
    pub episodes: Limit,
    /// The same in the trial in which every rate is at its highest.
    pub episodes_at_most: Limit,
    /// Milestones, and claims.
    pub milestones: Limit,
    /// Scenarios.
    pub scenarios: Limit,
    /// Charts.
    pub charts: Limit,
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
    stages: Limit { what: "stages", most: 32 },
    capacities: Limit { what: "capacities", most: 2000 },
    projects: Limit { what: "projects (copies included)", most: 2000 },
    decisions: Limit { what: "decisions of investments in a trial (`at_most` of all added up)", most: 2000 },
    copies: Limit { what: "copies", most: 200 },
    dates: Limit { what: "dates of a path", most: 1200 },
    demands: Limit { what: "demands", most: 500 },
    stockpiles: Limit { what: "stockpiles", most: 200 },
    disruptions: Limit { what: "disruptions", most: 300 },
    episodes: Limit { what: "episodes a trial (of all disruptions, on average)", most: 10_000 },
    episodes_at_most: Limit { what: "episodes a trial (of all disruptions, at their highest rates)", most: 1_000_000 },
    milestones: Limit { what: "milestones, claims, expectations", most: 100 },
    scenarios: Limit { what: "scenarios", most: 50 },
    charts: Limit { what: "charts", most: 50 },
    cells: Limit { what: "histogram cells of recorded series (in all scenarios and months)", most: 250_000_000 },
};

/// Faults of what is too large.
pub fn check_sizes(context: &mut Context<'_>) {
    let config = context.config;
    for (key, limit, asked) in [
        ("markets", LIMITS.markets, config.markets.len()),
        ("stages", LIMITS.stages, config.stages.len()),
        ("capacities", LIMITS.capacities, config.capacities.len()),
        ("projects", LIMITS.projects, config.projects.values().map(|project| project.copies.max(1) as usize).sum()),
        (
            "investment",
            LIMITS.decisions,
            config.investment.values().map(|investment| investment.at_most as usize).sum(),
        ),
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
