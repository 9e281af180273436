//! How much of the spread comes from the inputs, and how much from the events.
//!
//! *Inputs* are what we do not know and is drawn once for the whole trial: every quantity of the config with a
//! distribution, whether a project succeeds, how late it comes, when it closes. *Events* are what would go differently
//! another time even if all of that were known: when disruptions strike, how long and how hard, and the monthly noise of
//! demand. The inputs of the first trials are simulated again, each with [`EVENT_SAMPLES`] samples of other events, so that a
//! probability is known for each draw of the inputs, if roughly; how it spreads over them is estimated without bias
//! ([`Nested::variance_between`]).

use serde::Serialize;

use super::Summary;
use super::estimate::{Estimate, TOO_LARGE};
use crate::model::Model;
use crate::statistics::{Interval, Nested, beta_band, mean_interval, share_interval};
use crate::study::Study;
use crate::tally::{EVENT_SAMPLES, NestedSampling, Recorded};

/// The band of a probability holds so much of its spread over the inputs.
pub const BAND: f64 = 0.9;

/// What is recorded of an outcome that always has a value.
const VALUE: &str = "value";

/// How much of the spread of the results comes from the inputs, in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputUncertainty {
    /// Draws of the inputs.
    pub draws: u64,
    /// Samples of events simulated for each.
    pub samples: usize,
    /// Outcomes in the order of the model, then claims.
    pub shares: Vec<VarianceShare>,
    /// By milestone in the order of the model: that it is reached by month `m`, for `m` from 0 to the horizon.
    #[serde(skip)]
    pub by_month: Vec<Vec<ConditionalProbability>>,
}

/// A number that each trial gives, and how much of its variance comes from the inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VarianceShare {
    /// Name of the outcome, or `claim.ID`.
    pub name: String,
    /// Which number of the trial it is.
    pub what: &'static str,
    /// Share of its variance that better knowledge of the inputs could remove.
    pub share: Estimate,
    /// Where it is a yes or no: its probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<ConditionalProbability>,
}

/// A probability, and how it spreads over what the inputs may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConditionalProbability {
    /// Over all inputs and events.
    pub overall: Estimate,
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
    /// Adds what nested sampling found, one [`NestedSampling`] a case.
    pub fn add_input_uncertainty(&mut self, study: &Study, found: &[NestedSampling]) {
        let confidence = self.confidence;
        for ((case, own), found) in self.scenarios.iter_mut().zip(&study.scenarios).zip(found) {
            case.input_uncertainty = Some(of_case(&own.model, found, confidence));
        }
    }
}

fn of_case(model: &Model, found: &NestedSampling, confidence: f64) -> InputUncertainty {
    let shares = found.recorded().map(|(recorded, groups)| {
        let (name, what) = match recorded {
            Recorded::Value(outcome) => (model.outcomes[outcome].name.clone(), VALUE),
            Recorded::Comes(outcome) => (model.outcomes[outcome].name.clone(), "comes within the horizon"),
            Recorded::Holds(claim, _) => (format!("claim.{}", model.claims[claim].id), "holds"),
        };
        match groups {
            Some(groups) => variance_share(name, what, groups, confidence),
            None => VarianceShare { name, what, share: Estimate::unknown(TOO_LARGE), probability: None },
        }
    });
    let by_month = (0..model.milestones.len()).map(|index| {
        let months = found.by_month(index);
        months.map(|nested| conditional(&nested, &share(&nested, &[], confidence), confidence)).collect()
    });
    InputUncertainty {
        draws: found.draws,
        samples: EVENT_SAMPLES,
        shares: shares.collect(),
        by_month: by_month.collect(),
    }
}

fn variance_share(name: String, what: &'static str, groups: &[Nested], confidence: f64) -> VarianceShare {
    let mut all = Nested::default();
    groups.iter().for_each(|group| all.merge(group));
    let share = share(&all, groups, confidence);
    let probability = (what != VALUE).then(|| conditional(&all, &share, confidence));
    VarianceShare { name, what, share, probability }
}

fn conditional(all: &Nested, share: &Estimate, confidence: f64) -> ConditionalProbability {
    let mean = all.mean();
    let interval = all.variance_of_means().and_then(|v| mean_interval(mean, v, all.draws, confidence));
    let Interval { low, high } = beta_band(mean, share.value.unwrap_or(0.0), BAND);
    let cut = |end: f64| end.clamp(0.0, 1.0);
    ConditionalProbability {
        overall: Estimate {
            value: Some(mean),
            low: interval.map(|interval| cut(interval.low)),
            high: interval.map(|interval| cut(interval.high)),
            ..Estimate::default()
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
        (None, _) => return Estimate::unknown("the same in all trials"),
        (Some(1.0), None) => "the events made no difference",
        (Some(_), None) if groups.len() > 1 => "too few trials differ for an interval",
        _ => "",
    };
    let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
    Estimate { value, low, high, note: note.into(), ..Estimate::default() }
}
