//! One trial: a pure function of model and trial number.
//!
//! The engine knows no files, clocks, threads, terminals or formats. [`trial`] lists what happens in order; the rooms:
//!
//! | room | what it does |
//! |---|---|
//! | [`inputs`](self) | draws what we do not know, once |
//! | `disruptions` | draws the episodes, and averages their effects over the months |
//! | `projects` | when each project starts, and what it adds |
//! | `capacity` | standing capacity after outages |
//! | `demand` | final demand |
//! | `month` | **the month loop**: production, trade, allocation, stocks, thrift |
//! | `series` | the monthly series that were asked for |
//! | `outcomes` | the numbers of the trial |

mod capacity;
mod demand;
mod disruptions;
mod inputs;
mod month;
mod outcomes;
mod projects;
mod series;
mod sum;
mod trade;

use crate::model::Model;
pub use disruptions::Episode;

/// Days of a month, at 365 days a year.
pub const DAYS_PER_MONTH: f64 = 365.0 / 12.0;

/// Everything a trial computes. Made once and used for trial after trial: a trial allocates nothing.
///
/// Rows are months long. A *place* is a stage and a market: its row is number `stage * markets + market`.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Inputs of the trial, by slot.
    pub inputs: Vec<f64>,
    /// Episodes by disruption, in order of time.
    pub episodes: Vec<Vec<Episode>>,
    /// Start of each project, months; infinite if never.
    pub starts: Vec<f64>,
    /// Closure of each project, months; infinite if never.
    pub closures: Vec<f64>,
    /// Effect of each disruption, averaged over the month.
    effects: Vec<f64>,
    /// Which disruptions have any effect.
    disrupted: Vec<bool>,
    /// Available capacity by place.
    capacity: Vec<f64>,
    /// Available capacity by stage and country asked for.
    country_capacity: Vec<f64>,
    /// Demand rows by demand, before thrift.
    demand: Vec<f64>,
    /// Final demand by place, before thrift.
    final_demand: Vec<f64>,
    /// Flow factor of controlled (stage, from, to).
    controls: trade::Controls,
    /// What the month loop leaves behind.
    flows: month::Flows,
    /// A row for passing use, and the chain of the pooled others.
    scratch: Vec<f64>,
    pooled: series::Pooled,
    /// Series rows, in the order of the model.
    pub series: Vec<f64>,
    /// Outcomes, in the order of the model; infinite for "never".
    pub outcomes: Vec<f64>,
}

impl Workspace {
    /// Room for the trials of `model`.
    pub fn new(model: &Model) -> Self {
        let (months, places) = (model.months, model.stages.len() * model.markets.len());
        Workspace {
            inputs: vec![0.0; model.inputs.drawn.len()],
            episodes: vec![Vec::new(); model.disruptions.len()],
            starts: vec![0.0; model.projects.len()],
            closures: vec![0.0; model.projects.len()],
            effects: vec![0.0; model.disruptions.len() * months],
            disrupted: vec![false; model.disruptions.len()],
            capacity: vec![0.0; places * months],
            country_capacity: vec![0.0; model.stages.len() * model.countries.len() * months],
            demand: vec![0.0; model.demands.len() * months],
            final_demand: vec![0.0; places * months],
            controls: trade::Controls::new(model),
            flows: month::Flows::new(model),
            scratch: vec![0.0; months],
            pooled: series::Pooled::new(model),
            series: vec![0.0; model.series.len() * months],
            outcomes: vec![0.0; model.outcomes.len()],
        }
    }

    /// The row of a series.
    pub fn series_row(&self, model: &Model, series: usize) -> &[f64] {
        &self.series[series * model.months..(series + 1) * model.months]
    }
}

/// Simulates trial number `trial` of `model` into `space`.
pub fn trial(model: &Model, trial: u64, space: &mut Workspace) {
    inputs::draw(model, trial, space);
    disruptions::draw_episodes(model, trial, space);
    disruptions::average_effects(model, space);
    projects::draw_starts(model, space);
    capacity::standing(model, space);
    projects::add_output(model, space);
    demand::walk(model, trial, space);
    trade::control(model, space);
    month::run(model, space);
    series::fill(model, space);
    outcomes::fill(model, space);
}

#[cfg(test)]
mod tests;
