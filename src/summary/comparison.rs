//! Two scenarios on the same random numbers: differences trial by trial.
//!
//! Both meet the same trial numbers, so that chance which strikes both alike cancels in the difference: common random numbers
//! (Glasserman & Yao, "Some guidelines and guarantees for common random numbers", Management Science 38, 1992). How much
//! that gains is the variance-reduction factor.

use serde::Serialize;

use super::MainOutcome;
use super::estimate::{Estimate, Estimator, Percentile, TOO_LARGE, saturated};
use super::main_outcome::main_outcome;
use crate::error::UnknownName;
use crate::model::{Model, OutcomeSpec, Unit};
use crate::statistics::mean_interval;
use crate::tally::{Beyond, Located, Pair, Pairs};

/// The percentiles told of a difference.
pub const DIFFERENCE_PERCENTILES: [f64; 3] = [5.0, 50.0, 95.0];

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Name of the config file, or title of the study.
    pub config: String,
    /// Id of the scenario.
    pub scenario: String,
}

/// Differences of one outcome, b minus a. Where an outcome is a date, "never" counts as the horizon in them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Name of the outcome.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// What it says.
    pub meaning: &'static str,
    /// Whether it may be "never".
    pub can_be_never: bool,
    /// Mean in a.
    pub mean_a: Estimate,
    /// Mean in b.
    pub mean_b: Estimate,
    /// Mean of the differences.
    pub mean_difference: Estimate,
    /// Percentiles of the differences: so much or less does b add to a in so many percent of the trials.
    pub percentiles_of_difference: Vec<Percentile>,
    /// Differences of the percentiles: how far the percentile of b lies from that of a, whichever trials they belong to.
    pub difference_of_percentiles: Vec<Percentile>,
    /// Probability that b is less than a.
    pub b_less: Estimate,
    /// Probability that both are the same.
    pub same: Estimate,
    /// Probability that b is more than a.
    pub b_more: Estimate,
    /// Probability that it is "never" in both.
    pub never_both: Estimate,
    /// Probability that it is "never" in a only.
    pub never_a: Estimate,
    /// Probability that it is "never" in b only.
    pub never_b: Estimate,
    /// So many times as many trials would independent runs need for the same interval of the mean difference; none if the
    /// difference is the same in every trial.
    pub variance_reduction: Option<f64>,
}

/// Two scenarios on the same random numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Number of trials of each.
    pub trials: u64,
    /// Confidence of every interval.
    pub confidence: f64,
    /// What is compared with.
    pub a: Side,
    /// What is compared.
    pub b: Side,
    /// The outcome that is shown first, of those that both have.
    pub main_outcome: Option<MainOutcome>,
    /// Outcomes that both have.
    pub differences: Vec<Difference>,
    /// Outcomes that only a has.
    pub only_in_a: Vec<String>,
    /// Outcomes that only b has.
    pub only_in_b: Vec<String>,
}

impl Comparison {
    /// The difference of an outcome that both scenarios have.
    ///
    /// # Errors
    /// If there is none with this name.
    pub fn outcome(&self, name: &str) -> Result<&Difference, UnknownName> {
        let unknown =
            || UnknownName::new("outcome of both", name, self.differences.iter().map(|one| one.name.as_str()));
        self.differences.iter().find(|one| one.name == name).ok_or_else(unknown)
    }
}

/// The estimates of a comparison. `named` is the outcome to show first, if one is named.
pub fn compare(
    models: [&Model; 2],
    pairs: &Pairs,
    [a, b]: [Side; 2],
    named: Option<&str>,
    confidence: f64,
) -> Comparison {
    let estimator = Estimator::new(pairs.trials, confidence, &DIFFERENCE_PERCENTILES);
    // Two percentiles, each missed with half of what the difference may miss: together they hold, whatever binds them.
    let halved = Estimator::new(pairs.trials, 0.5 * (1.0 + confidence), &DIFFERENCE_PERCENTILES);
    let differences = (pairs.outcomes.iter())
        .map(|pair| {
            let specs = [0, 1].map(|side| &models[side].outcomes[pair.indices[side]]);
            let [a, b] = [0, 1].map(|side| models[side].outcome_meaning(specs[side]));
            let meaning = if a == b { a } else { specs[0].row().meaning };
            Difference { meaning, ..difference(models[0], pair, &estimator, &halved) }
        })
        .collect();
    let only = |side: usize| {
        let [here, there] = [models[side], models[1 - side]];
        let named = |spec: &OutcomeSpec| match there.outcomes.iter().find(|other| other.name == spec.name) {
            // Amounts in different units have no difference.
            Some(other) if there.outcome_unit(other) != here.outcome_unit(spec) => {
                Some(format!("{} in {}", spec.name, here.outcome_unit(spec)))
            }
            Some(_) => None,
            None => Some(spec.name.clone()),
        };
        here.outcomes.iter().filter_map(named).collect()
    };
    let (only_in_a, only_in_b) = (only(0), only(1));
    let main_outcome = main_outcome(models[0], named, &|outcome| {
        let pair = pairs.outcomes.iter().find(|pair| pair.indices[0] == outcome);
        pair.map_or(Vec::new(), |pair| [0, 1].map(|side| pair.side(side)).into())
    });
    Comparison { trials: pairs.trials, confidence, a, b, main_outcome, differences, only_in_a, only_in_b }
}

fn difference(model: &Model, pair: &Pair, estimator: &Estimator, halved: &Estimator) -> Difference {
    let spec = &model.outcomes[pair.indices[0]];
    let mean = |moments: Option<(f64, Option<f64>)>, most: Option<f64>| match (moments, most) {
        (Some((value, variance)), _) => {
            let interval =
                variance.and_then(|variance| mean_interval(value, variance, estimator.trials, estimator.confidence));
            let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
            let note = if spec.can_be_never() { "never taken as the horizon" } else { "" };
            Estimate { value: Some(value), low, high, note: note.into(), ..Estimate::default() }
        }
        (None, Some(most)) => saturated(most),
        (None, None) => Estimate::unknown("no trials"),
    };
    let variance = |moments: Option<(f64, Option<f64>)>| moments.and_then(|(_, variance)| variance);
    let spread = variance(pair.difference()).zip(variance(pair.moments(0)).zip(variance(pair.moments(1))));
    // Values too large to be added up have no difference that could be counted.
    let most = pair.saturated(0).or(pair.saturated(1));
    let [less, same, more] = pair.order().map(|count| match most {
        None => estimator.probability(count),
        Some(_) => Estimate::unknown(TOO_LARGE),
    });
    let [never_both, never_a, never_b] = pair.never().map(|count| estimator.probability(count));
    Difference {
        name: spec.name.clone(),
        unit: model.outcome_unit(spec),
        meaning: model.outcome_meaning(spec),
        can_be_never: spec.can_be_never(),
        mean_a: mean(pair.moments(0), pair.saturated(0)),
        mean_b: mean(pair.moments(1), pair.saturated(1)),
        mean_difference: mean(pair.difference(), most),
        percentiles_of_difference: of_differences(pair, estimator),
        difference_of_percentiles: of_percentiles(pair, halved),
        b_less: less,
        same,
        b_more: more,
        never_both,
        never_a,
        never_b,
        variance_reduction: spread.filter(|(of, _)| *of > 0.0).map(|(of, (a, b))| (a + b) / of),
    }
}

/// Percentiles of the differences.
fn of_differences(pair: &Pair, estimator: &Estimator) -> Vec<Percentile> {
    if pair.saturated(0).or(pair.saturated(1)).is_some() {
        let unknown = |&percent: &f64| Percentile { percent, estimate: Estimate::unknown(TOO_LARGE) };
        return DIFFERENCE_PERCENTILES.iter().map(unknown).collect();
    }
    let cells = pair.cells();
    let mut sum = 0;
    let cumulative: Vec<u64> = (cells.iter())
        .map(|(_, count)| {
            sum += count;
            sum
        })
        .collect();
    let ranked = |rank: u64| -> Located {
        let cell = cells.get(cumulative.partition_point(|&below| below < rank)).or(cells.last());
        cell.map_or(Located { low: 0.0, high: 0.0, beyond: Some(Beyond::Unknown) }, |(located, _)| *located)
    };
    estimator.percentiles(&ranked)
}

/// Differences of the percentiles of both sides.
fn of_percentiles(pair: &Pair, halved: &Estimator) -> Vec<Percentile> {
    let [a, b] = [0, 1].map(|side| halved.percentiles(&pair.side(side).ranked()));
    let minus = |b: Option<f64>, a: Option<f64>| b.zip(a).map(|(b, a)| b - a);
    let one = |(a, b): (Percentile, Percentile)| {
        let (percent, a, b) = (a.percent, a.estimate, b.estimate);
        let note = if a.note == b.note { a.note.clone() } else { format!("a: {}; b: {}", said(&a), said(&b)) };
        let (low, high) = (minus(b.low, a.high), minus(b.high, a.low));
        let value = minus(b.value, a.value);
        // Two that are never, or lie beyond the same end, have no difference that is known.
        let beyond = if value.is_none() { Beyond::Unknown } else { Beyond::default() };
        Percentile { percent, estimate: Estimate { value, low, high, beyond, note } }
    };
    a.into_iter().zip(b).map(one).collect()
}

fn said(estimate: &Estimate) -> &str {
    if estimate.note.is_empty() { "known" } else { &estimate.note }
}
