//! Expectations against what was found.

use serde::Serialize;

use super::estimate::{Estimate, Estimator};
use super::{Verdict, hits_of};
use crate::model::{Statistic, Unit};
use crate::statistics::percentile_ranks;
use crate::study::{self, Study};
use crate::tally::Tally;

/// An expectation and what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectationResult {
    /// Id.
    pub id: String,
    /// The statistic, as written in the config.
    pub statistic: String,
    /// Unit of its values.
    pub unit: Unit,
    /// Id of the scenario.
    pub scenario: String,
    /// It is expected to be at least this.
    pub at_least: Option<f64>,
    /// It is expected to be at most this.
    pub at_most: Option<f64>,
    /// What was found; none if its scenario is not part of the run.
    pub found: Option<Estimate>,
    /// The verdict: supported is "met".
    #[serde(serialize_with = "as_met")]
    pub verdict: Verdict,
}

fn as_met<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(met(*verdict))
}

/// The verdict on an expectation, as printed.
pub fn met(verdict: Verdict) -> &'static str {
    if verdict == Verdict::Supported { "met" } else { verdict.word() }
}

/// A statistic with the ends of its interval as they are compared: "never" is infinite, what is not known is everything.
pub(super) struct Measured {
    pub estimate: Estimate,
    pub low: f64,
    pub high: f64,
    /// Whether more trials would tell no more: the whole interval lies in one cell of the histogram.
    pub is_settled: bool,
}

/// A statistic of a case.
pub(super) fn measure(
    statistic: Statistic,
    case: &study::ScenarioModel,
    tally: &Tally,
    estimator: &Estimator,
) -> Measured {
    let plain = |estimate: Estimate| {
        let (low, high) = (estimate.low.unwrap_or(f64::NEG_INFINITY), estimate.high.unwrap_or(f64::INFINITY));
        Measured { estimate, low, high, is_settled: false }
    };
    match statistic {
        Statistic::Mean(outcome) => {
            let histogram = tally.outcome(outcome);
            Measured { is_settled: histogram.saturated().is_some(), ..plain(estimator.mean(&histogram)) }
        }
        Statistic::Zero(outcome) => plain(estimator.probability(tally.outcome(outcome).zero())),
        Statistic::Never(outcome) => plain(estimator.probability(tally.outcome(outcome).never())),
        Statistic::Claim(claim) => {
            let claim = &case.model.claims[claim];
            plain(estimator.probability(hits_of(&case.model, claim, tally)))
        }
        Statistic::Percentile(outcome, percent) => {
            let ranks = percentile_ranks(estimator.trials, percent / 100.0, estimator.confidence);
            let one = Estimator::new(estimator.trials, estimator.confidence, &[percent]);
            let histogram = tally.outcome(outcome);
            let ranked = histogram.ranked();
            let mut measured = plain(one.percentiles(&ranked).remove(0).estimate);
            measured.is_settled = ranks.is_some_and(|(low, high)| ranked(low) == ranked(high));
            if ranks.is_some() && measured.estimate.low.is_none() {
                measured.low = f64::INFINITY; // even the lower end is "never"
            }
            measured
        }
    }
}

/// All expectations of a study. Each verdict has the error of its own interval: one of twenty that are at their limits is
/// wrong at 95 %.
pub(super) fn expectations(study: &Study, tallies: &[Tally], estimator: &Estimator) -> Vec<ExpectationResult> {
    let one = |expected: &study::ExpectationRule| {
        let place = study.scenarios.iter().position(|case| case.id == expected.scenario);
        let measured = place.and_then(|index| {
            let tally = tallies.get(index)?;
            Some(measure(expected.statistic, &study.scenarios[index], tally, estimator))
        });
        let verdict = measured.as_ref().map_or(Verdict::Undecided, |measured| {
            judge(measured.low, measured.high, expected.at_least, expected.at_most)
        });
        ExpectationResult {
            id: expected.id.clone(),
            statistic: expected.text.clone(),
            unit: expected.unit,
            scenario: expected.scenario.clone(),
            at_least: expected.at_least,
            at_most: expected.at_most,
            found: measured.map(|measured| measured.estimate),
            verdict,
        }
    };
    study.expectations.iter().map(one).collect()
}

/// Met if the whole interval lies on the right side of every limit, refuted if it lies on the wrong side of one.
fn judge(low: f64, high: f64, at_least: Option<f64>, at_most: Option<f64>) -> Verdict {
    let (floor, ceiling) = (at_least.unwrap_or(f64::NEG_INFINITY), at_most.unwrap_or(f64::INFINITY));
    if high < floor || low > ceiling {
        Verdict::Refuted
    } else if low >= floor && (high <= ceiling || at_most.is_none()) {
        Verdict::Supported
    } else {
        Verdict::Undecided
    }
}

/// Exit code for these expectations: 10 if one is refuted, else 11 if one is undecided, else 0.
pub(super) fn exit_code(expectations: &[ExpectationResult]) -> u8 {
    let any = |verdict| expectations.iter().any(|expected| expected.verdict == verdict);
    match (any(Verdict::Refuted), any(Verdict::Undecided)) {
        (true, _) => 10,
        (false, true) => 11,
        (false, false) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_interval_decides() {
        use Verdict::{Refuted, Supported, Undecided};
        for (low, high, at_least, at_most, verdict) in [
            (1.0, 2.0, None, Some(2.0), Supported),
            (1.0, 2.0, None, Some(1.5), Undecided),
            (1.0, 2.0, None, Some(0.9), Refuted),
            (1.0, 2.0, Some(1.0), None, Supported),
            (1.0, 2.0, Some(2.5), None, Refuted),
            (1.0, 2.0, Some(0.5), Some(1.5), Undecided),
            (1.0, f64::INFINITY, None, Some(1e300), Undecided),
            (f64::INFINITY, f64::INFINITY, None, Some(1e300), Refuted),
            (f64::INFINITY, f64::INFINITY, Some(5.0), None, Supported),
            (f64::NEG_INFINITY, f64::INFINITY, Some(5.0), None, Undecided),
        ] {
            assert_eq!(judge(low, high, at_least, at_most), verdict, "{low} {high} {at_least:?} {at_most:?}");
        }
    }
}
