//! What trials give: draws, series, outcomes.

use crate::model::Model;
use crate::simd::{LANES, LaneFlags, Lanes, NONE, Rows};

/// One episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// Begin, months from the start (a scheduled one may begin before it).
    pub begin: f64,
    /// End: begin plus duration, unless a scheduled episode cuts it short.
    pub end: f64,
    /// Drawn duration, months; the pace of a linear recovery.
    pub duration: f64,
    /// What it takes away at first.
    pub severity: f64,
    /// Whether it was scheduled.
    pub scheduled: bool,
}

impl Episode {
    /// One that came by chance.
    pub(super) fn new(begin: f64, duration: f64, severity: f64) -> Self {
        Episode { begin, end: begin + duration, duration, severity, scheduled: false }
    }
}

/// What the trials of a batch draw, and what follows from it before markets meet.
#[derive(Clone, Debug)]
pub struct Draws {
    /// Inputs by slot, those that were needed.
    pub inputs: Vec<Lanes>,
    /// By correlation: what its inputs have in common.
    pub(super) common: Vec<Lanes>,
    /// Episodes by disruption and trial, in order of time.
    pub episodes: Vec<[Vec<Episode>; LANES]>,
    /// What becomes of projects.
    pub projects: Fates,
    /// What becomes of the plants that investors decide on.
    pub decisions: Fates,
    /// When each of these decisions is made, months; infinite if never.
    pub decided: Vec<Lanes>,
    /// By investment: number of decisions.
    pub(super) decision_counts: Vec<Lanes>,
    /// By disruption, step by step: its effect on the trials, averaged over the step.
    pub(super) effects: Vec<Lanes>,
    /// Which disruptions have any effect on any of them.
    pub(super) disrupted: Vec<bool>,
}

/// What becomes of projects, one after another.
#[derive(Clone, Debug)]
pub struct Fates {
    /// In which trials it passes its gates.
    pub(super) passed: Vec<LaneFlags>,
    /// In which trials it starts within the horizon (of a decision: may start, if it comes as early as it can).
    pub(super) builds: Vec<LaneFlags>,
    /// First product, months from the start; infinite if never.
    pub starts: Vec<Lanes>,
    /// Closure, likewise.
    pub closures: Vec<Lanes>,
}

impl Fates {
    /// Room for so many projects.
    fn new(projects: usize) -> Self {
        Fates {
            passed: vec![NONE; projects],
            builds: vec![NONE; projects],
            starts: vec![Lanes::ZERO; projects],
            closures: vec![Lanes::ZERO; projects],
        }
    }
}

/// The results of trials that were simulated together.
#[derive(Clone, Debug)]
pub struct Batch {
    /// How many there are, at most [`LANES`]; lanes beyond hold anything.
    pub count: usize,
    /// What they drew.
    pub draws: Draws,
    /// By month, the values of all series, in the order of the model.
    pub series: Rows,
    /// Outcomes, in the order of the model; infinite for "never".
    pub outcomes: Vec<Lanes>,
    /// By lane, where the model has tilts: logarithm of the likelihood ratio of the trial, by itself over tilted.
    pub log_ratios: [f64; LANES],
}

/// One trial: what was drawn and what came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Inputs by slot.
    pub inputs: Vec<f64>,
    /// Episodes by disruption, in order of time.
    pub episodes: Vec<Vec<Episode>>,
    /// Start of each project, months; infinite if never.
    pub starts: Vec<f64>,
    /// Closure of each project, months; infinite if never.
    pub closures: Vec<f64>,
    /// Decisions of investors that were made, by index of the decision and in order of time within an investment.
    pub decisions: Vec<Decided>,
    /// By series, in the order of the model: its value in each month.
    pub series: Vec<Vec<f64>>,
    /// Outcomes, in the order of the model; infinite for "never".
    pub outcomes: Vec<f64>,
}

impl Draws {
    /// The decisions that were made in one of the trials.
    pub fn decisions_of(&self, lane: usize) -> Vec<Decided> {
        let Fates { starts, closures, .. } = &self.decisions;
        let one = |(index, at): (usize, &Lanes)| Decided {
            index,
            at: at.0[lane],
            start: starts[index].0[lane],
            closure: closures[index].0[lane],
        };
        self.decided.iter().enumerate().map(one).filter(|decided| decided.at.is_finite()).collect()
    }
}

/// A decision of an investor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decided {
    /// Index into [`Model::decisions`].
    pub index: usize,
    /// When, months from the start.
    pub at: f64,
    /// First product of what it brings; infinite if never.
    pub start: f64,
    /// Closure of that; infinite if never.
    pub closure: f64,
}

impl Batch {
    /// Room for the trials of `model`.
    pub(super) fn new(model: &Model) -> Self {
        let draws = Draws {
            inputs: vec![Lanes::ZERO; model.inputs.drawn.len()],
            common: vec![Lanes::ZERO; model.inputs.factors.len()],
            episodes: vec![Default::default(); model.disruptions.len()],
            projects: Fates::new(model.projects.len()),
            decisions: Fates::new(model.decisions.len()),
            decided: vec![Lanes::ZERO; model.decisions.len()],
            decision_counts: vec![Lanes::ZERO; model.investments.len()],
            effects: vec![Lanes::ZERO; model.disruptions.len() * model.months * model.steps_per_month],
            disrupted: vec![false; model.disruptions.len()],
        };
        Batch {
            count: 0,
            draws,
            series: Rows::new(model.months, model.series.len()),
            outcomes: vec![Lanes::ZERO; model.outcomes.len()],
            log_ratios: [0.0; LANES],
        }
    }

    /// One of the trials. Its inputs are those that were needed.
    pub fn trial(&self, lane: usize) -> Trial {
        let of = |all: &[Lanes]| all.iter().map(|lanes| lanes.0[lane]).collect();
        let Draws { inputs, episodes, projects, .. } = &self.draws;
        let series =
            (0..self.series.width()).map(|index| self.series.column(index).map(|lanes| lanes.0[lane]).collect());
        Trial {
            inputs: of(inputs),
            episodes: episodes.iter().map(|by_lane| by_lane[lane].clone()).collect(),
            starts: of(&projects.starts),
            closures: of(&projects.closures),
            decisions: self.draws.decisions_of(lane),
            series: series.collect(),
            outcomes: of(&self.outcomes),
        }
    }
}
