//! Ignorance and chance apart: what better knowledge of the inputs could change, and what would stay a matter of luck.
//!
//! *Inputs* are what we do not know and is drawn once for the whole future: every quantity of the config with a
//! distribution, whether a project succeeds, how late it comes, when it closes. *Events* are what would go differently
//! another time even if all of that were known: when disruptions strike, how long and how hard, and the monthly noise of
//! demand. The inputs of the first trials are played again, each with [`EVENTS`] other courses of events, so that a
//! probability is known for each draw of the inputs, if roughly; how it spreads over them is estimated without bias
//! ([`Nested::variance_between`]).

use serde::Serialize;

use super::{Estimate, Summary};
use crate::model::Model;
use crate::statistics::{Interval, Nested, beta_band, mean_interval, share_interval};
use crate::study::Study;
use crate::tally::{self, Asked, EVENTS};

/// The band of a probability holds so much of its spread over the inputs.
pub const BAND: f64 = 0.9;

/// What is asked of an outcome that always has a value.
const VALUE: &str = "value";

/// What better knowledge of the inputs could change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Knowledge {
    /// Draws of the inputs.
    pub draws: u64,
    /// Courses of events played on each.
    pub courses: usize,
    /// Outcomes in the order of the model, then claims.
    pub asked: Vec<Knowable>,
    /// By milestone in the order of the model: that it is reached by month `m`, for `m` from 0 to the horizon.
    #[serde(skip)]
    pub by_month: Vec<Vec<Chance>>,
}

/// A number that each future gives, and how much of its spread is ignorance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Knowable {
    /// Name of the outcome, or `claim.ID`.
    pub name: String,
    /// Which number of the future it is.
    pub what: &'static str,
    /// Share of its variance that better knowledge of the inputs could remove.
    pub share: Estimate,
    /// Where it is a yes or no: its probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chance: Option<Chance>,
}

/// A probability, and how it spreads over what the inputs may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chance {
    /// Over all inputs and events.
    pub probability: Estimate,
    /// Standard deviation, over the inputs, of the probability that it has given them.
    pub spread: f64,
    /// Middle [`BAND`] of a beta distribution with this mean and standard deviation.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Whether the spread can be told from none.
    pub spreads: bool,
}

impl Summary {
    /// Adds what the futures with the same inputs say, one [`tally::Knowledge`] a case.
    pub fn know(&mut self, study: &Study, found: &[tally::Knowledge]) {
        let confidence = self.confidence;
        for ((case, own), found) in self.scenarios.iter_mut().zip(&study.cases).zip(found) {
            case.knowledge = Some(knowledge(&own.model, found, confidence));
        }
    }
}

fn knowledge(model: &Model, found: &tally::Knowledge, confidence: f64) -> Knowledge {
    let asked = found.asked().map(|(asked, groups)| {
        let (name, what) = match asked {
            Asked::Value(outcome) => (model.outcomes[outcome].name.clone(), VALUE),
            Asked::Comes(outcome) => (model.outcomes[outcome].name.clone(), "comes within the horizon"),
            Asked::Holds(claim, _) => (format!("claim.{}", model.claims[claim].id), "holds"),
        };
        knowable(name, what, groups, confidence)
    });
    let by_month = (0..model.milestones.len()).map(|index| {
        let months = found.by_month(index);
        months.map(|nested| chance(&nested, &share(&nested, &[], confidence), confidence)).collect()
    });
    Knowledge { draws: found.draws, courses: EVENTS, asked: asked.collect(), by_month: by_month.collect() }
}

fn knowable(name: String, what: &'static str, groups: &[Nested], confidence: f64) -> Knowable {
    let mut all = Nested::default();
    groups.iter().for_each(|group| all.merge(group));
    let share = share(&all, groups, confidence);
    let chance = (what != VALUE).then(|| chance(&all, &share, confidence));
    Knowable { name, what, share, chance }
}

fn chance(all: &Nested, share: &Estimate, confidence: f64) -> Chance {
    let mean = all.mean();
    let interval = all.variance_of_means().and_then(|v| mean_interval(mean, v, all.draws, confidence));
    let Interval { low, high } = beta_band(mean, share.value.unwrap_or(0.0), BAND);
    let cut = |end: f64| end.clamp(0.0, 1.0);
    Chance {
        probability: Estimate {
            value: Some(mean),
            low: interval.map(|interval| cut(interval.low)),
            high: interval.map(|interval| cut(interval.high)),
            note: String::new(),
        },
        spread: all.variance_between().unwrap_or(0.0).max(0.0).sqrt(),
        low,
        high,
        spreads: share.value == Some(1.0) || share.low.is_some_and(|low| low > 0.0),
    }
}

fn share(all: &Nested, groups: &[Nested], confidence: f64) -> Estimate {
    let value = all.share();
    let interval = share_interval(groups, confidence);
    let note = match (value, interval) {
        (None, _) => "the same in all futures",
        (Some(1.0), None) => "the events made no difference",
        (Some(_), None) if groups.len() > 1 => "too few futures differ for an interval",
        _ => "",
    };
    let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
    Estimate { value, low, high, note: note.into() }
}
