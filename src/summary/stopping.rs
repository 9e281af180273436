//! What a run that looks again and again says of its looks, and whether it may stop.

use serde::Serialize;

use super::estimate::{Estimate, Estimator};
use super::expectations::measure;
use super::{ExpectationResult, ScenarioResult, Verdict};
use crate::model::Statistic;
use crate::study::{Study, Until, looks};
use crate::tally::Tally;

/// The looks of a run, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stopped {
    /// The rule, as written.
    pub until: String,
    /// Looks so far.
    pub looks: usize,
    /// Looks allowed.
    pub most_looks: usize,
    /// Whether what the run waits for has come.
    pub reached: bool,
    /// Half the interval of the statistic over its estimate, if the run waits for a precision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_half_width: Option<f64>,
    /// Why it stops here though it has not reached what it waits for: no number of trials would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<String>,
}

impl Stopped {
    /// Whether the run has no reason to go on.
    pub fn is_final(&self) -> bool {
        self.reached || self.unreachable.is_some()
    }
}

/// A run that was interrupted: it has trials `0..trials` all the same, each scenario, and they are those of the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Partial {
    /// True.
    partial: bool,
    /// Trials that it would have had; at the next look, where it looks more than once. As many as it has, if it was interrupted
    /// after them, before their inputs were simulated again.
    pub planned_trials: u64,
}

impl Partial {
    /// Of so many.
    pub fn of(planned_trials: u64) -> Self {
        Partial { partial: true, planned_trials }
    }
}

/// Confidence of each verdict: where a run looks again and again until all is decided, every look has its part of the error.
pub(super) fn of_verdicts(study: &Study, confidence: f64) -> f64 {
    match study.until {
        Some(Until::Verdict) => 1.0 - (1.0 - confidence) / looks(&study.config).len().max(1) as f64,
        _ => confidence,
    }
}

/// Where a run with a rule stands after these trials; none without a rule.
pub(super) fn stopped(
    study: &Study,
    tallies: &[Tally],
    estimator: &Estimator,
    cases: &[ScenarioResult],
    expectations: &[ExpectationResult],
) -> Option<Stopped> {
    let rule = study.until.as_ref()?;
    let looks = looks(&study.config);
    let (reached, relative_half_width, unreachable) = match rule {
        Until::Verdict => {
            let claims = cases.iter().flat_map(|case| &case.claims).map(|claim| claim.verdict);
            let mut verdicts = claims.chain(expectations.iter().map(|expected| expected.verdict));
            (verdicts.all(|verdict| verdict != Verdict::Undecided), None, None)
        }
        Until::Precision { text, relative } => {
            let (case, tally) = (study.scenarios.first()?, tallies.first()?);
            let statistic = Statistic::parse(text, &case.model, &Vec::new(), &mut Vec::new())?;
            let measured = measure(statistic, case, tally, estimator);
            let value = measured.estimate.value.map_or(f64::NAN, f64::abs);
            let width = 0.5 * (measured.high - measured.low) / value;
            // Written positively: nothing over nothing is not precise.
            let reached = width <= *relative;
            let unreachable = (measured.is_settled && !reached).then(|| why_unreachable(&measured.estimate, width));
            (reached, width.is_finite().then_some(width), unreachable)
        }
    };
    Some(Stopped {
        until: study.config.run.until.clone().unwrap_or_default(),
        looks: looks.iter().filter(|look| **look <= estimator.trials).count(),
        most_looks: looks.len(),
        reached,
        relative_half_width,
        unreachable,
    })
}

/// Why no number of trials brings an estimate that will not change nearer than `width`, half its interval as a share of it.
fn why_unreachable(estimate: &Estimate, width: f64) -> String {
    match estimate.value {
        None => format!("it is {}, which no share can be taken of", estimate.note),
        Some(0.0) => "it is 0, which no share can be taken of".into(),
        Some(_) => {
            format!("no number of trials tells more than +- {:.2} %, half a cell of the histogram", 100.0 * width)
        }
    }
}
