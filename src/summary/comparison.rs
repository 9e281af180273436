//! Two scenarios on the same futures: what the differences, trial by trial, say.
//!
//! Both meet the same trial numbers, so that luck which strikes both alike cancels in the difference: common random numbers
//! (Glasserman & Yao, "Some guidelines and guarantees for common random numbers", Management Science 38, 1992). How much
//! that gains is the variance-reduction factor.

use serde::Serialize;

use super::{Estimate, Estimator, Percentile, finite, middle};
use crate::model::{Model, OutcomeSpec};
use crate::statistics::{mean_interval, percentile_ranks, smallest_n_for_percentile};
use crate::tally::{Pair, Pairs};

/// The percentiles told of a difference.
pub const DIFFERENCE_PERCENTILES: [f64; 3] = [5.0, 50.0, 95.0];

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Name of the config file.
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
    pub unit: &'static str,
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
    /// Percentiles of the differences: so much or less does b add to a in so many percent of the futures.
    pub percentiles_of_difference: Vec<Percentile>,
    /// Differences of the percentiles: how far the percentile of b lies from that of a, whichever futures they belong to.
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

/// Two scenarios on the same futures.
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
    /// Outcomes that both have.
    pub differences: Vec<Difference>,
    /// Outcomes that only a has.
    pub only_in_a: Vec<String>,
    /// Outcomes that only b has.
    pub only_in_b: Vec<String>,
}

/// The estimates of a comparison.
pub fn compare(models: [&Model; 2], pairs: &Pairs, [a, b]: [Side; 2], confidence: f64) -> Comparison {
    let estimator = estimator(pairs.trials, confidence);
    // Two percentiles, each missed with half of what the difference may miss: together they hold, whatever binds them.
    let halved = estimator_of_halves(pairs.trials, confidence);
    let differences = (pairs.outcomes.iter())
        .map(|pair| difference(&models[0].outcomes[pair.indices[0]], pair, &estimator, &halved))
        .collect();
    let only = |side: usize| {
        let other = |spec: &&OutcomeSpec| !models[1 - side].outcomes.iter().any(|other| other.name == spec.name);
        models[side].outcomes.iter().filter(other).map(|spec| spec.name.clone()).collect()
    };
    let (only_in_a, only_in_b) = (only(0), only(1));
    Comparison { trials: pairs.trials, confidence, a, b, differences, only_in_a, only_in_b }
}

fn estimator(trials: u64, confidence: f64) -> Estimator {
    let ranks = DIFFERENCE_PERCENTILES.map(|p| (p, percentile_ranks(trials, p / 100.0, confidence)));
    Estimator { trials, confidence, ranks: ranks.into() }
}

fn estimator_of_halves(trials: u64, confidence: f64) -> Estimator {
    estimator(trials, 0.5 * (1.0 + confidence))
}

fn difference(spec: &OutcomeSpec, pair: &Pair, estimator: &Estimator, halved: &Estimator) -> Difference {
    let mean = |(value, variance): (f64, Option<f64>)| {
        let interval =
            variance.and_then(|variance| mean_interval(value, variance, estimator.trials, estimator.confidence));
        let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
        let note = if spec.can_be_never() { "never taken as the horizon" } else { "" };
        Estimate { value: finite(value), low, high, note: note.into() }
    };
    let spread = pair.difference().1.zip(pair.moments(0).1.zip(pair.moments(1).1));
    let [less, same, more] = pair.order().map(|count| estimator.probability(count));
    let [never_both, never_a, never_b] = pair.never().map(|count| estimator.probability(count));
    Difference {
        name: spec.name.clone(),
        unit: spec.row().unit,
        meaning: spec.row().meaning,
        can_be_never: spec.can_be_never(),
        mean_a: mean(pair.moments(0)),
        mean_b: mean(pair.moments(1)),
        mean_difference: mean(pair.difference()),
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

/// Percentiles of the differences, with the outer edges of the cells at the ranks of their intervals.
fn of_differences(pair: &Pair, estimator: &Estimator) -> Vec<Percentile> {
    let cells = pair.cells();
    let mut sum = 0;
    let cumulative: Vec<u64> = (cells.iter())
        .map(|(_, _, count)| {
            sum += count;
            sum
        })
        .collect();
    let edges = |rank: u64| {
        let (low, high, _) = cells[cumulative.partition_point(|&below| below < rank).min(cells.len() - 1)];
        (low, high)
    };
    let one = |&(percent, ranks): &(f64, Option<(u64, u64)>)| {
        let rank = estimator.rank(percent);
        let note = match ranks {
            Some(_) => String::new(),
            None => {
                format!("interval needs n >= {}", smallest_n_for_percentile(percent / 100.0, estimator.confidence))
            }
        };
        let estimate = Estimate {
            value: finite(middle(edges(rank))),
            low: ranks.and_then(|(low, _)| finite(edges(low).0)),
            high: ranks.and_then(|(_, high)| finite(edges(high).1)),
            note,
        };
        Percentile { percent, estimate }
    };
    estimator.ranks.iter().map(one).collect()
}

/// Differences of the percentiles of both sides.
fn of_percentiles(pair: &Pair, halved: &Estimator) -> Vec<Percentile> {
    let [a, b] = [0, 1].map(|side| halved.percentiles(&pair.side(side)));
    let minus = |b: Option<f64>, a: Option<f64>| b.zip(a).map(|(b, a)| b - a);
    let one = |(a, b): (Percentile, Percentile)| {
        let (percent, a, b) = (a.percent, a.estimate, b.estimate);
        let note = if a.note == b.note { a.note.clone() } else { format!("a: {}; b: {}", said(&a), said(&b)) };
        let (low, high) = (minus(b.low, a.high), minus(b.high, a.low));
        Percentile { percent, estimate: Estimate { value: minus(b.value, a.value), low, high, note } }
    };
    a.into_iter().zip(b).map(one).collect()
}

fn said(estimate: &Estimate) -> &str {
    if estimate.note.is_empty() { "known" } else { &estimate.note }
}
