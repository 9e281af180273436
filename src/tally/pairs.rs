//! Two scenarios trial by trial: what the difference of each outcome adds up to, and how it is spread.
//!
//! Everything is a whole number, so that adding up in any order, on any number of threads, gives the same.

use super::fixed::{Fixed, NO_VALUES, Sums};
use super::{Beyond, Histogram, Located};
use crate::engine::Batch;
use crate::model::{Bins, Model, OutcomeSpec};

/// An outcome that both scenarios have.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Index of the outcome in each model.
    pub indices: [usize; 2],
    bins: Bins,
    fixed: Fixed,
    /// What counts for "never" in a difference: the longer horizon, months.
    horizon: f64,
    /// Whether the outcome may be "never".
    can_be_never: bool,
    pub(super) sides: [Side; 2],
    pub(super) difference: Sums,
    /// Counts of `b - a` by the cell of its size: where b is less, where it is the same or more.
    pub(super) less: Vec<u32>,
    pub(super) more: Vec<u32>,
    /// Range of `b - a`.
    pub(super) range: (f64, f64),
    pub(super) trials: u64,
    /// Trials in which neither has a value.
    pub(super) never_both: u64,
}

/// One scenario's values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Side {
    pub counts: Vec<u32>,
    pub sums: Sums,
    pub range: (f64, f64),
}

/// Two scenarios trial by trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// Number of trials.
    pub trials: u64,
    /// Outcomes that both have.
    pub outcomes: Vec<Pair>,
}

pub(super) fn widen(range: &mut (f64, f64), (low, high): (f64, f64)) {
    *range = (range.0.min(low), range.1.max(high));
}

impl Pair {
    fn of(models: [&Model; 2], indices: [usize; 2]) -> Self {
        let months = models[0].months.max(models[1].months);
        let [a, b] = [0, 1].map(|side| &models[side].outcomes[indices[side]]);
        // What one of them can be at the most, the other may be too.
        let spec = OutcomeSpec { ceiling: a.ceiling.max(b.ceiling), ..a.clone() };
        let bins = spec.bins(months);
        let pair = Pair::new(indices, bins, Fixed::new(bins, spec.ceiling), months as f64);
        Pair { can_be_never: spec.can_be_never(), ..pair }
    }

    fn new(indices: [usize; 2], bins: Bins, fixed: Fixed, horizon: f64) -> Self {
        let side = Side { counts: vec![0; bins.len()], sums: Sums::default(), range: NO_VALUES };
        Pair {
            indices,
            bins,
            fixed,
            horizon,
            can_be_never: true,
            sides: [side.clone(), side],
            difference: Sums::default(),
            less: vec![0; bins.len()],
            more: vec![0; bins.len()],
            range: NO_VALUES,
            trials: 0,
            never_both: 0,
        }
    }

    /// Records the values of one trial. Returns whether they are numbers, or "never" where that may be.
    pub fn record(&mut self, values: [f64; 2]) -> bool {
        self.trials += 1;
        self.never_both += u64::from(values.iter().all(|value| !value.is_finite()));
        let mut whole = [0i64; 2];
        for ((side, value), whole) in self.sides.iter_mut().zip(values).zip(&mut whole) {
            side.counts[self.bins.cell(value)] += 1;
            if value.is_finite() {
                widen(&mut side.range, (value, value));
            }
            *whole = self.fixed.whole(if value.is_finite() { value } else { self.horizon }) as i64;
            side.sums.add(*whole);
        }
        let difference = whole[1] - whole[0];
        self.difference.add(difference);
        let value = self.fixed.value(difference as f64);
        widen(&mut self.range, (value, value));
        let counts = if difference < 0 { &mut self.less } else { &mut self.more };
        counts[self.bins.cell(value.abs())] += 1;
        values.iter().all(|value| value.is_finite() || (self.can_be_never && *value == f64::INFINITY))
    }

    fn merge(&mut self, other: &Pair) {
        let add = |to: &mut Vec<u32>, from: &Vec<u32>| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        for (side, from) in self.sides.iter_mut().zip(&other.sides) {
            add(&mut side.counts, &from.counts);
            side.sums.merge(from.sums);
            widen(&mut side.range, from.range);
        }
        self.difference.merge(other.difference);
        add(&mut self.less, &other.less);
        add(&mut self.more, &other.more);
        widen(&mut self.range, other.range);
        self.trials += other.trials;
        self.never_both += other.never_both;
    }

    /// The largest value that can be added up, where this side has larger ones: it has no mean then, nor has the difference.
    pub fn saturated(&self, side: usize) -> Option<f64> {
        (!self.fixed.holds(self.sides[side].range)).then(|| self.fixed.most())
    }

    /// Mean and variance of one side, "never" taken as the horizon.
    pub fn moments(&self, side: usize) -> Option<(f64, Option<f64>)> {
        self.moments_of(self.sides[side].sums).filter(|_| self.saturated(side).is_none())
    }

    /// Mean and variance of the difference of b from a, "never" taken as the horizon.
    pub fn difference(&self) -> Option<(f64, Option<f64>)> {
        self.moments_of(self.difference).filter(|_| self.saturated(0).or(self.saturated(1)).is_none())
    }

    fn moments_of(&self, sums: Sums) -> Option<(f64, Option<f64>)> {
        Some((sums.mean(self.trials, self.fixed)?, sums.variance(self.trials, self.fixed)))
    }

    /// Trials in which b is less than a, the same, more.
    pub fn order(&self) -> [u64; 3] {
        let less = self.less.iter().map(|&count| u64::from(count)).sum();
        let same = u64::from(self.more[0]);
        [less, same, self.trials - less - same]
    }

    /// The cell of what has no value.
    pub(super) fn never_cell(&self) -> usize {
        self.bins.never()
    }

    /// Trials without a value in both, in a only, in b only.
    pub fn never(&self) -> [u64; 3] {
        let never = |side: usize| u64::from(self.sides[side].counts[self.bins.never()]) - self.never_both;
        [self.never_both, never(0), never(1)]
    }

    /// Histogram of one side, for its percentiles. (Its sums take "never" as the horizon.)
    pub fn side(&self, side: usize) -> Histogram<'_> {
        let Side { counts, sums, range } = &self.sides[side];
        Histogram { bins: self.bins, counts, trials: self.trials, range: *range, sums: *sums, fixed: self.fixed }
    }

    /// Cells of the difference from the least to the greatest, with their trials; empty ones left out.
    pub fn cells(&self) -> Vec<(Located, u64)> {
        let half = |counts: &Vec<u32>| -> Vec<(Located, u64)> {
            let sums = Sums::default();
            let range = (0.0, self.range.1.max(-self.range.0).max(0.0));
            let side = Histogram { bins: self.bins, counts, trials: self.trials, range, sums, fixed: self.fixed };
            let cells = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            cells.map(|(cell, count)| (side.locate(cell), u64::from(*count))).collect()
        };
        let turned = |(at, count): (Located, u64)| {
            let beyond = at.beyond.map(|beyond| match beyond {
                Beyond::Above(limit) => Beyond::Below(-limit),
                Beyond::Below(limit) => Beyond::Above(-limit),
                other => other,
            });
            (Located { low: 0.0 - at.high, high: 0.0 - at.low, beyond }, count)
        };
        let within = |(at, count): (Located, u64)| {
            (Located { low: at.low.max(self.range.0), high: at.high.min(self.range.1), ..at }, count)
        };
        let less = half(&self.less).into_iter().rev().map(turned);
        less.chain(half(&self.more)).map(within).collect()
    }
}

impl Pairs {
    /// Empty, for the outcomes that both models have by name and in the same unit.
    pub fn new(models: [&Model; 2]) -> Self {
        let pairs = models[0].outcomes.iter().enumerate().filter_map(|(index, spec)| {
            let other = models[1].outcomes.iter().position(|other| other.name == spec.name)?;
            let unit = [(0, spec), (1, &models[1].outcomes[other])].map(|(side, spec)| models[side].outcome_unit(spec));
            (unit[0] == unit[1]).then(|| Pair::of(models, [index, other]))
        });
        Pairs { trials: 0, outcomes: pairs.collect() }
    }

    /// Records the same trials of both models. Returns the first that gave a value which is not a number: a fault of the
    /// program.
    pub fn record(&mut self, batches: [&Batch; 2]) -> Option<usize> {
        let count = batches[0].count;
        let mut faulty = None;
        for pair in &mut self.outcomes {
            let [a, b] = [0, 1].map(|side| batches[side].outcomes[pair.indices[side]]);
            for lane in 0..count {
                if !pair.record([a.0[lane], b.0[lane]]) {
                    faulty = Some(faulty.map_or(lane, |first: usize| first.min(lane)));
                }
            }
        }
        self.trials += count as u64;
        faulty
    }

    /// Adds what another thread recorded.
    pub fn merge(&mut self, other: &Pairs) {
        self.outcomes.iter_mut().zip(&other.outcomes).for_each(|(pair, other)| pair.merge(other));
        self.trials += other.trials;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        Pair::new([0, 0], Bins::Whole(121), Fixed::WHOLE, 120.0)
    }

    #[test]
    fn differences_are_counted_by_sign_and_never_is_the_horizon() {
        let values = [[3.0, 5.0], [5.0, 3.0], [4.0, 4.0], [f64::INFINITY, 20.0], [f64::INFINITY, f64::INFINITY]];
        let mut whole = pair();
        values.iter().for_each(|values| assert!(whole.record(*values)));
        assert_eq!(whole.order(), [2, 2, 1]);
        assert_eq!(whole.never(), [1, 1, 0]);
        let cells = [(-100.0, -100.0, 1), (-2.0, -2.0, 1), (0.0, 0.0, 2), (2.0, 2.0, 1)];
        assert_eq!(whole.cells(), cells.map(|(low, high, count)| (Located { low, high, beyond: None }, count)));
        let (mean, variance) = whole.difference().expect("nothing is too large");
        assert_eq!(mean, -20.0);
        assert_eq!(variance, Some((22.0f64 * 22.0 + 18.0 * 18.0 + 2.0 * 400.0 + 6400.0) / 4.0));
        let mut parts = [pair(), pair()];
        values.iter().enumerate().for_each(|(index, values)| assert!(parts[index % 2].record(*values)));
        let [mut merged, other] = parts;
        merged.merge(&other);
        assert_eq!(merged, whole);
    }

    #[test]
    fn the_same_difference_in_every_trial_has_no_variance() {
        let bins = Bins::Log { lowest: -37, highest: 7, bits: 8 };
        let mut pair = Pair::new([0, 0], bins, Fixed::new(bins, 7), 0.0);
        (0..100).for_each(|trial| assert!(pair.record([f64::from(trial) / 3.0, f64::from(trial) / 3.0 + 7.0])));
        assert_eq!(pair.difference(), Some((7.0, Some(0.0))));
        assert!(pair.moments(0).expect("it is there").1.expect("100 trials") > 90.0);
    }

    #[test]
    fn where_a_value_is_too_large_there_is_no_difference() {
        let bins = Bins::Log { lowest: -37, highest: 7, bits: 8 };
        let mut pair = Pair::new([0, 0], bins, Fixed::new(bins, 7), 0.0);
        assert!(pair.record([1.0, 2.0]) && pair.difference().is_some());
        assert!(pair.record([1.0, 200.0]));
        assert_eq!((pair.difference(), pair.moments(1), pair.saturated(1)), (None, None, Some(128.0)));
        assert_eq!((pair.moments(0), pair.saturated(0)), (Some((1.0, Some(0.0))), None));
        assert!(!pair.record([1.0, f64::NAN]));
    }
}
