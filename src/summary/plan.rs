//! How many trials a run needs for what it is to wait for, as told by a pilot: a few trials of the same run.
//!
//! # Method
//!
//! Half an interval shrinks with the square root of the number of trials, so that a pilot of `m` trials with half an interval
//! of `h` needs `m (h / goal)^2`. How far that may be off is told by how well the pilot knows the spread:
//!
//! - **A percentile**: the distance of the two order statistics that bound its interval estimates its standard error (Bloch &
//!   Gastwirth, "On a simple estimate of the reciprocal of the density function", Annals of Mathematical Statistics 39, 1968).
//!   It is a sum of as many spacings as the ranks differ by, nearly independent and exponential, hence nearly a gamma
//!   variable, whose quantiles are those of Wilson & Hilferty, "The distribution of chi-square", PNAS 17 (1931). Of the width
//!   of a cell of the histogram, half at each end, nothing shrinks.
//! - **A mean**: the logarithm of the squared coefficient of variation is nearly normal; its variance is that of the delta
//!   method, `(kurtosis - 1 - 4 skewness cv + 4 cv^2) / m`. With heavy tails a pilot has not seen what it needs.
//! - **A probability**: the number of trials with which the interval of Clopper and Pearson is narrow enough, at the share of
//!   the pilot and at both ends of its interval.
//! - **A verdict**: the number that decides by the normal approximation, at the same three shares. Where the limit lies within
//!   the interval there may be no such number.

use serde::Serialize;

use super::expectations::measure;
use super::stopping::of_verdicts;
use super::{Estimator, hits_of, summarise};
use crate::math::exp;
use crate::model::{LIMITS, Statistic};
use crate::special::{Probability, normal_quantile};
use crate::statistics::{clopper_pearson, percentile_ranks, smallest_n_for_percentile, trials_to_decide};
use crate::study::{ExpectationRule, Study, Until, looks};
use crate::tally::{Histogram, Tally};

/// A number of trials that is needed, with its interval at the confidence of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Needed {
    /// About so many; none if the pilot does not tell.
    pub value: Option<u64>,
    /// At least so many.
    pub low: u64,
    /// At most so many; none if there may be no number that does.
    pub high: Option<u64>,
    /// What to know of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The trials of a run that is planned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trials {
    /// What the run waits for, as written; none if its number of trials was given.
    pub until: Option<String>,
    /// Trials of the pilot, the first of the run.
    pub pilot: u64,
    /// How many are needed; none if the number was given.
    pub needed: Option<Needed>,
    /// How many are planned: where they can be told, as many as will do even if the pilot was lucky.
    pub planned: u64,
    /// At which look a run with this rule is expected to stop; none without a rule, or if that is not known.
    pub stops_at: Option<u64>,
    /// Why no more are planned than there are: the largest number that a run may have.
    pub capped: Option<u64>,
}

/// The note where no verdict is left to be decided.
pub const DECIDED: &str = "the pilot decides all";

/// Larger numbers are not told: intervals are not exact beyond.
const MOST: f64 = 1e10;

impl Needed {
    fn unknown(low: u64, note: impl Into<String>) -> Self {
        Needed { value: None, low, high: None, note: note.into() }
    }

    /// Of numbers in any order; what is beyond all that is told is none.
    fn of(value: f64, ends: [f64; 2]) -> Self {
        let told = |number: f64| (number <= MOST).then(|| number.ceil().max(1.0) as u64);
        let low = ends[0].min(ends[1]).min(value).min(MOST);
        Needed {
            value: told(value),
            low: low.ceil().max(1.0) as u64,
            high: told(ends[0].max(ends[1]).max(value)),
            note: String::new(),
        }
    }
}

/// What a run needs, by the first trials of it.
pub fn trials(study: &Study, pilot: &[Tally]) -> Trials {
    let (run, done) = (&study.config.run, pilot.first().map_or(0, Tally::trials));
    let needed = study.until.as_ref().map(|rule| match rule {
        Until::Precision { text, relative } => of_precision(study, pilot, text, *relative),
        Until::Verdict => of_verdict(study, pilot),
    });
    let looks = looks(&study.config);
    let most = run.max_trials.unwrap_or(LIMITS.trials.most);
    let enough = match &needed {
        None => run.trials,
        Some(needed) => rounded_up(needed.high.or(needed.value).unwrap_or(needed.low).max(needed.low)),
    };
    let value = needed.as_ref().and_then(|needed| needed.value);
    Trials {
        until: run.until.clone(),
        pilot: done,
        planned: enough.min(most),
        stops_at: value.and_then(|value| looks.into_iter().find(|look| *look >= value)),
        capped: (enough > most).then_some(most),
        needed,
    }
}

/// Up to the next number of two digits.
fn rounded_up(trials: u64) -> u64 {
    let mut step = 1;
    while trials / step >= 100 {
        step *= 10;
    }
    trials.div_ceil(step) * step
}

fn of_precision(study: &Study, pilot: &[Tally], text: &str, relative: f64) -> Needed {
    let (Some(case), Some(tally)) = (study.scenarios.first(), pilot.first()) else {
        return Needed::unknown(1, "there is no scenario");
    };
    let Some(statistic) = Statistic::parse(text, &case.model, &Vec::new(), &mut Vec::new()) else {
        return Needed::unknown(1, "there is no such statistic");
    };
    let (confidence, n) = (study.config.run.confidence, tally.trials());
    let share = |hits: u64| of_share(hits, n, confidence, relative);
    match statistic {
        Statistic::Percentile(outcome, percent) => {
            of_percentile(&tally.outcome(outcome), percent / 100.0, confidence, relative)
        }
        Statistic::Mean(outcome) => of_mean(&tally.outcome(outcome), confidence, |mean| relative * mean.abs()),
        Statistic::Zero(outcome) => share(tally.outcome(outcome).zero()),
        Statistic::Never(outcome) => share(tally.outcome(outcome).never()),
        Statistic::Claim(claim) => share(hits_of(&case.model, &case.model.claims[claim], tally)),
    }
}

/// Standard errors to either side of an interval.
fn width(confidence: f64) -> f64 {
    -normal_quantile(Probability::of(0.5 * (1.0 - confidence)))
}

const NO_SHARE: &str = "in the pilot it is 0 or has no value, which no share can be taken of";

fn of_percentile(histogram: &Histogram<'_>, p: f64, confidence: f64, relative: f64) -> Needed {
    let (n, least) = (histogram.trials, smallest_n_for_percentile(p, confidence));
    let Some((first, last)) = percentile_ranks(n, p, confidence) else {
        return Needed::unknown(least, format!("a pilot tells more from {least} trials on"));
    };
    let ranked = histogram.ranked();
    let rank = ((n as f64 * p - 1e-9).ceil() as u64).clamp(1, n);
    let [low, at, high] = [first, rank, last].map(ranked);
    let value = 0.5 * (at.low + at.high).abs();
    if at.beyond.is_some() || value == 0.0 {
        return Needed::unknown(n, NO_SHARE);
    }
    if low.beyond.is_some() || high.beyond.is_some() {
        return Needed::unknown(n, "its interval is not bounded after the pilot");
    }
    let (half, cell) = (0.5 * (high.high - low.low), 0.5 * (at.high - at.low));
    let goal = relative * value - cell;
    if goal <= 0.0 {
        return Needed::unknown(n, "it is asked for more precisely than a cell of the histogram");
    }
    let ratio = (half - cell).max(0.0) / goal;
    let spacings = (last - first) as f64;
    // Wilson and Hilferty: quantiles of a gamma variable over its mean.
    let gamma = |z: f64| {
        let root = (1.0 - 1.0 / (9.0 * spacings) + z / (3.0 * spacings.sqrt())).max(0.1);
        root * root * root
    };
    let z = width(confidence);
    let trials = |off: f64| (n as f64 * (ratio / off) * (ratio / off)).max(least as f64);
    Needed::of(trials(1.0), [trials(gamma(z)), trials(gamma(-z))])
}

/// A mean that is to be known to within what `goal` says of it.
fn of_mean(histogram: &Histogram<'_>, confidence: f64, goal: impl Fn(f64) -> f64) -> Needed {
    let (n, finite) = (histogram.trials as f64, histogram.finite() as f64);
    let Some((mean, variance)) = histogram.mean().zip(histogram.variance()) else {
        return Needed::unknown(histogram.trials, "in the pilot it has no value");
    };
    let goal = goal(mean);
    if goal == 0.0 {
        return Needed::unknown(histogram.trials, NO_SHARE);
    }
    let z = width(confidence);
    let value = (z * variance.sqrt() / goal) * (z * variance.sqrt() / goal) * n / finite;
    let spread = exp(z * (log_variance(histogram, mean, variance) / finite).max(0.0).sqrt());
    let heavy = super::heavy(histogram).map(|share| {
        format!("the largest trial of the pilot carries {:.0} % of the mean: it may take many more", 100.0 * share)
    });
    Needed { note: heavy.unwrap_or_default(), ..Needed::of(value.max(2.0), [value / spread, value * spread]) }
}

/// Of one trial, the variance of the logarithm of the squared coefficient of variation.
fn log_variance(histogram: &Histogram<'_>, mean: f64, variance: f64) -> f64 {
    if variance == 0.0 {
        return 0.0;
    }
    let cells = histogram.bars().into_iter().map(|(low, high, count)| (0.5 * (low + high), count));
    let (mut third, mut fourth) = (0.0, 0.0);
    for (value, count) in cells.chain([(0.0, histogram.zero())]) {
        let off = (value - mean) / variance.sqrt();
        third += count as f64 * off * off * off;
        fourth += count as f64 * off * off * off * off;
    }
    let (finite, relative) = (histogram.finite() as f64, variance.sqrt() / mean);
    fourth / finite - 1.0 - 4.0 * third / finite * relative + 4.0 * relative * relative
}

/// A probability that is to be known to within a share of it.
fn of_share(hits: u64, n: u64, confidence: f64, relative: f64) -> Needed {
    let trials = |share: f64| {
        let is_enough = |n: f64| {
            let found = clopper_pearson((share * n).round() as u64, n as u64, confidence);
            0.5 * (found.high - found.low) <= relative * share
        };
        smallest(is_enough).unwrap_or(f64::INFINITY)
    };
    let ends = clopper_pearson(hits, n, confidence);
    if hits == 0 {
        let low = trials(ends.high).min(MOST) as u64;
        return Needed::unknown(low, "it was met in no trial of the pilot; `shortfall rare` estimates rare events");
    }
    Needed::of(trials(hits as f64 / n as f64), [trials(ends.low), trials(ends.high)])
}

/// The smallest number of trials that is enough.
fn smallest(is_enough: impl Fn(f64) -> bool) -> Option<f64> {
    let mut high = 1.0;
    while !is_enough(high) {
        high *= 2.0;
        if high > MOST {
            return None;
        }
    }
    let mut low = high / 2.0;
    while high - low > 1.0 {
        let middle = (0.5 * (low + high)).floor();
        if is_enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// As many as decide every claim and expectation.
fn of_verdict(study: &Study, pilot: &[Tally]) -> Needed {
    let n = pilot.first().map_or(0, Tally::trials);
    let summary = summarise(study, pilot);
    let confidence = of_verdicts(study, study.config.run.confidence);
    let miss = (1.0 - confidence) / (2 * summary.claims_family.max(1)) as f64;
    let undecided = |verdict| verdict == super::Verdict::Undecided;
    let claims = summary.scenarios.iter().flat_map(|case| &case.claims).filter(|claim| undecided(claim.verdict));
    let mut all: Vec<Needed> = claims.map(|claim| to_decide(claim.hits, n, claim.threshold, miss)).collect();
    let expected = study.expectations.iter().zip(&summary.expectations);
    let expected = expected.filter(|(_, result)| undecided(result.verdict));
    all.extend(expected.flat_map(|(rule, _)| of_expectation(study, pilot, rule, confidence)));
    if all.is_empty() {
        return Needed { value: Some(n), low: 1, high: Some(n), note: DECIDED.into() };
    }
    let most = |one: fn(&Needed) -> Option<u64>| all.iter().map(one).collect::<Option<Vec<u64>>>()?.into_iter().max();
    let mut notes: Vec<&str> = all.iter().map(|one| one.note.as_str()).filter(|note| !note.is_empty()).collect();
    notes.dedup();
    Needed {
        value: most(|one| one.value),
        low: all.iter().map(|one| one.low).max().unwrap_or(1),
        high: most(|one| one.high),
        note: notes.join("; "),
    }
}

/// On which side of a limit a probability lies.
fn to_decide(hits: u64, n: u64, limit: f64, miss: f64) -> Needed {
    let trials = |hits: u64| trials_to_decide(hits, n, limit, miss).map_or(f64::INFINITY, |more| (n + more) as f64);
    let ends = clopper_pearson(hits, n, 1.0 - 2.0 * miss);
    let [low, high] = [ends.low, ends.high].map(|share| trials((share * n as f64).round() as u64));
    if (ends.low..=ends.high).contains(&limit) {
        let at_least = low.min(high).min(MOST) as u64;
        return Needed { low: at_least, high: None, ..Needed::of(trials(hits), [low, high]) };
    }
    Needed::of(trials(hits), [low, high])
}

/// An expectation that the pilot leaves undecided, limit by limit.
fn of_expectation(study: &Study, pilot: &[Tally], rule: &ExpectationRule, confidence: f64) -> Vec<Needed> {
    let Some(index) = study.scenarios.iter().position(|case| case.id == rule.scenario) else {
        return vec![Needed::unknown(1, format!("scenario {} of {} is not part of the run", rule.scenario, rule.id))];
    };
    let (case, tally) = (&study.scenarios[index], &pilot[index]);
    let (n, miss) = (tally.trials(), 0.5 * (1.0 - confidence));
    let estimator = Estimator::new(n, confidence, &[]);
    let found = measure(rule.statistic, case, tally, &estimator);
    let one = |limit: f64| match rule.statistic {
        // A percentile lies above a limit if fewer than that share of the trials are up to it.
        Statistic::Percentile(outcome, percent) => {
            to_decide(tally.outcome(outcome).at_most(limit), n, percent / 100.0, miss)
        }
        Statistic::Mean(outcome) => {
            let needed = of_mean(&tally.outcome(outcome), confidence, |mean| (mean - limit).abs());
            Needed { high: None, ..needed }
        }
        Statistic::Zero(outcome) => to_decide(tally.outcome(outcome).zero(), n, limit, miss),
        Statistic::Never(outcome) => to_decide(tally.outcome(outcome).never(), n, limit, miss),
        Statistic::Claim(claim) => to_decide(hits_of(&case.model, &case.model.claims[claim], tally), n, limit, miss),
    };
    // A limit that the interval does not reach is decided.
    let limits = [rule.at_least, rule.at_most].into_iter().flatten();
    limits.filter(|limit| (found.low..=found.high).contains(limit)).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bins;
    use crate::tally::histogram::tests::told_in;

    /// Of these values, in cells of width 1.
    fn told<T>(values: &[f64], ask: impl Fn(&Histogram<'_>) -> T) -> T {
        told_in(Bins::Linear { exponent: 0, cells: 128 }, values, ask)
    }

    /// Of the trials 0, 0, 0 and 1 mean and variance are 1/4, and of the distances from the mean, in standard deviations, the
    /// mean third power 3/4, the mean fourth power 21/16.
    #[test]
    fn a_mean_takes_the_trials_of_the_normal_interval() {
        let of_values = |values: &[f64]| {
            told(values, |histogram| {
                let (mean, variance) = histogram.mean().zip(histogram.variance()).unwrap();
                (log_variance(histogram, mean, variance), of_mean(histogram, 0.95, |mean| 0.1 * mean))
            })
        };
        let z: f64 = 1.959_963_984_540_054;
        let (log_variance, needed) = of_values(&[0.0, 0.0, 0.0, 1.0]);
        assert!((log_variance - (21.0 / 16.0 - 1.0 - 6.0 + 16.0)).abs() < 1e-6, "{log_variance}");
        let (value, spread) = (z * z * 400.0, exp(z * (10.3125_f64 / 4.0).sqrt()));
        let told = |needed: &Needed| (needed.value, needed.low, needed.high);
        let as_reckoned = |value: f64| {
            (Some(value.ceil() as u64), (value / spread).ceil() as u64, Some((value * spread).ceil() as u64))
        };
        assert_eq!(told(&needed), as_reckoned(value));
        assert!(needed.note.contains("carries 100 % of the mean"), "{}", needed.note);
        // Trials without a value do not tell, but have to be run.
        assert_eq!(told(&of_values(&[0.0, 0.0, 0.0, 1.0, f64::INFINITY]).1), as_reckoned(value * 5.0 / 4.0));
        // No spread, none to be known: the least that a variance takes.
        let (none, needed) = of_values(&[3.0; 5]);
        assert_eq!((none, told(&needed), needed.note.as_str()), (0.0, (Some(2), 1, Some(2)), ""));
    }

    /// The median of 1 to 100 lies between ranks 40 and 61, hence, by the cells, between 40 and 62: of the half of 11 and of the
    /// goal of 5.05 half a cell does not shrink. The distance is of 21 spacings.
    #[test]
    fn a_percentile_takes_as_many_as_its_ranks_tell() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let needed = told(&values, |histogram| of_percentile(histogram, 0.5, 0.95, 0.1));
        assert_eq!((needed.value, needed.low, needed.high), (Some(533), 247, Some(1391)));
        let narrow = told(&values, |histogram| of_percentile(histogram, 0.5, 0.95, 0.009));
        assert!(narrow.value.is_none() && narrow.note.contains("than a cell"), "{narrow:?}");
    }

    #[test]
    fn numbers_are_rounded_up_to_two_digits() {
        for (trials, rounded) in [(7, 7), (99, 99), (100, 100), (101, 110), (41_234, 42_000), (999_999, 1_000_000)] {
            assert_eq!(rounded_up(trials), rounded);
        }
    }

    /// With as many trials the interval is as narrow as asked, with one fewer it is not; and the usual formula is near.
    #[test]
    fn a_probability_takes_the_trials_that_its_interval_does() {
        for (hits, relative) in [(200, 0.1), (2000, 0.01), (3990, 0.01)] {
            let share = hits as f64 / 4000.0;
            let needed = of_share(hits, 4000, 0.95, relative);
            let n = needed.value.unwrap();
            let half = |n: u64| {
                let found = clopper_pearson((share * n as f64).round() as u64, n, 0.95);
                0.5 * (found.high - found.low) / share
            };
            assert!(half(n) <= relative && half(n - 1) > relative, "{hits}: {} {}", half(n), half(n - 1));
            let formula = 1.96 * 1.96 * (1.0 - share) / share / (relative * relative);
            assert!(hits > 3000 || (n as f64 / formula - 1.0).abs() < 0.05, "{n} {formula}");
            assert!(needed.low < n && needed.high.is_some_and(|high| high > n), "{needed:?}");
        }
        let none = of_share(0, 4000, 0.95, 0.1);
        assert!(none.value.is_none() && none.high.is_none() && none.low > 400_000, "{none:?}");
    }

    #[test]
    fn a_verdict_may_take_any_number() {
        let far = to_decide(3000, 4000, 0.5, 0.025);
        assert!(far.value.is_some_and(|n| n <= 4001) && far.high.is_some(), "{far:?}");
        let near = to_decide(2010, 4000, 0.5, 0.025);
        assert!(near.high.is_none() && near.value.is_some_and(|n| n > 100_000) && near.low < 20_000, "{near:?}");
        assert_eq!(to_decide(2000, 4000, 0.5, 0.025).value, None);
    }
}
