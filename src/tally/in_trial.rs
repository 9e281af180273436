//! A statistic as the mean of a number of each trial.

use crate::engine::Batch;
use crate::model::{Model, Statistic};

/// The number in one of the trials whose mean over all of them is the statistic: 1 or 0 of a probability. Of a date that is "never"
/// within the horizon it is the horizon, as in the differences of [`super::Pair`]. A percentile has none: not a number.
pub fn in_trial(statistic: Statistic, model: &Model, batch: &Batch, lane: usize) -> f64 {
    let value = |outcome: usize| batch.outcomes[outcome].0[lane];
    let yes = |is_so: bool| if is_so { 1.0 } else { 0.0 };
    match statistic {
        Statistic::Mean(outcome) if value(outcome) == f64::INFINITY => model.months as f64,
        Statistic::Mean(outcome) => value(outcome),
        Statistic::Percentile(..) => f64::NAN,
        Statistic::Zero(outcome) => yes(value(outcome) == 0.0),
        Statistic::Never(outcome) => yes(value(outcome) == f64::INFINITY),
        Statistic::Claim(claim) => {
            let claim = &model.claims[claim];
            yes(claim.test.holds(value(model.date_of(claim.milestone))))
        }
    }
}
