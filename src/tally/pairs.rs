//! Two scenarios trial by trial: what the difference of each outcome adds up to, and how it is spread.
//!
//! Everything is a whole number, so that adding up in any order, on any number of threads, gives the same.

use super::{Histogram, scale};
use crate::engine::Batch;
use crate::model::{Bins, Model, OutcomeSpec};

/// Fixed-point values are kept within this magnitude: a billion squares of differences still fit.
const LARGEST: f64 = (1u64 << 46) as f64;

/// Fixed-point sums of values and their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    sum: i128,
    square: i128,
}

impl Sums {
    fn add(&mut self, value: i64) {
        self.sum += i128::from(value);
        self.square += i128::from(value) * i128::from(value);
    }

    fn merge(&mut self, other: Sums) {
        self.sum += other.sum;
        self.square += other.square;
    }

    /// Mean and sample variance in the unit of the outcome; no variance below two trials.
    fn moments(self, trials: u64, scale: f64) -> (f64, Option<f64>) {
        let n = trials as f64;
        let mean = self.sum as f64 / n;
        // Exact where it fits: a difference that is the same in every trial has no variance at all.
        let exact = i128::from(trials).checked_mul(self.square).zip(self.sum.checked_mul(self.sum));
        let scaled = match exact {
            Some((squares, square)) => (squares - square) as f64 / n,
            None => (self.square as f64 - mean * self.sum as f64).max(0.0),
        };
        (mean / scale, (trials > 1).then(|| scaled / (n - 1.0) / scale / scale))
    }
}

/// An outcome that both scenarios have.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Index of the outcome in each model.
    pub indices: [usize; 2],
    bins: Bins,
    scale: f64,
    /// What counts for "never" in a difference: the longer horizon, months.
    horizon: f64,
    sides: [Side; 2],
    difference: Sums,
    /// Counts of `b - a` by the cell of its size: where b is less, where it is more.
    less: Vec<u32>,
    more: Vec<u32>,
    /// Range of `b - a`.
    range: (f64, f64),
    trials: u64,
    /// Trials in which neither has a value.
    never_both: u64,
}

/// One scenario's values.
#[derive(Clone, Debug, PartialEq)]
struct Side {
    counts: Vec<u32>,
    sums: Sums,
    range: (f64, f64),
}

/// Two scenarios trial by trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// Number of trials.
    pub trials: u64,
    /// Outcomes that both have.
    pub outcomes: Vec<Pair>,
}

const EMPTY: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);

fn widen(range: &mut (f64, f64), (low, high): (f64, f64)) {
    *range = (range.0.min(low), range.1.max(high));
}

impl Pair {
    fn of(models: [&Model; 2], indices: [usize; 2], spec: &OutcomeSpec) -> Self {
        let months = models[0].months.max(models[1].months);
        let scale = scale(spec.row().unit, models[0].tonne_exponent);
        Pair::new(indices, spec.bins(months), scale, months as f64)
    }

    fn new(indices: [usize; 2], bins: Bins, scale: f64, horizon: f64) -> Self {
        let side = Side { counts: vec![0; bins.len()], sums: Sums::default(), range: EMPTY };
        Pair {
            indices,
            bins,
            scale,
            horizon,
            sides: [side.clone(), side],
            difference: Sums::default(),
            less: vec![0; bins.len()],
            more: vec![0; bins.len()],
            range: EMPTY,
            trials: 0,
            never_both: 0,
        }
    }

    /// Notes the values of one trial.
    pub fn record(&mut self, values: [f64; 2]) {
        self.trials += 1;
        self.never_both += u64::from(values.iter().all(|value| !value.is_finite()));
        let mut fixed = [0i64; 2];
        for ((side, value), fixed) in self.sides.iter_mut().zip(values).zip(&mut fixed) {
            side.counts[self.bins.cell(value)] += 1;
            if value.is_finite() {
                widen(&mut side.range, (value, value));
            }
            let value = if value.is_finite() { value } else { self.horizon };
            *fixed = (value * self.scale).clamp(-LARGEST, LARGEST).round() as i64;
            side.sums.add(*fixed);
        }
        let difference = fixed[1] - fixed[0];
        self.difference.add(difference);
        let value = difference as f64 / self.scale;
        widen(&mut self.range, (value, value));
        let counts = if difference < 0 { &mut self.less } else { &mut self.more };
        counts[self.bins.cell(value.abs())] += 1;
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

    /// Mean and variance of one side, "never" taken as the horizon.
    pub fn moments(&self, side: usize) -> (f64, Option<f64>) {
        self.sides[side].sums.moments(self.trials, self.scale)
    }

    /// Mean and variance of the difference of b from a, "never" taken as the horizon.
    pub fn difference(&self) -> (f64, Option<f64>) {
        self.difference.moments(self.trials, self.scale)
    }

    /// Trials in which b is less than a, the same, more.
    pub fn order(&self) -> [u64; 3] {
        let less = self.less.iter().map(|&count| u64::from(count)).sum();
        let same = u64::from(self.more[0]);
        [less, same, self.trials - less - same]
    }

    /// Trials without a value in both, in a only, in b only.
    pub fn never(&self) -> [u64; 3] {
        let never = |side: usize| u64::from(self.sides[side].counts[self.bins.never()]) - self.never_both;
        [self.never_both, never(0), never(1)]
    }

    /// Histogram of one side, for its percentiles. (Its sums take "never" as the horizon.)
    pub fn side(&self, side: usize) -> Histogram<'_> {
        let Side { counts, sums, range } = &self.sides[side];
        let Sums { sum, square } = *sums;
        let range = *range;
        Histogram { bins: self.bins, counts, trials: self.trials, range, sum, square, scale: self.scale }
    }

    /// Cells of the difference from the least to the greatest, with their trials; empty ones left out.
    pub fn cells(&self) -> Vec<(f64, f64, u64)> {
        let cell = |(cell, &count): (usize, &u32)| {
            let (low, high) = self.bins.edges(cell);
            (low, high, u64::from(count))
        };
        let less =
            self.less.iter().enumerate().map(cell).rev().map(|(low, high, count)| (0.0 - high, 0.0 - low, count));
        let all = less.chain(self.more.iter().enumerate().map(cell)).filter(|(_, _, count)| *count > 0);
        all.map(|(low, high, count)| (low.max(self.range.0), high.min(self.range.1), count)).collect()
    }
}

impl Pairs {
    /// Empty, for the outcomes that both models have by name.
    pub fn new(models: [&Model; 2]) -> Self {
        let pairs = models[0].outcomes.iter().enumerate().filter_map(|(index, spec)| {
            let other = models[1].outcomes.iter().position(|other| other.name == spec.name)?;
            Some(Pair::of(models, [index, other], spec))
        });
        Pairs { trials: 0, outcomes: pairs.collect() }
    }

    /// Records the same trials of both models.
    pub fn record(&mut self, batches: [&Batch; 2]) {
        let count = batches[0].count;
        for pair in &mut self.outcomes {
            let [a, b] = [0, 1].map(|side| batches[side].outcomes[pair.indices[side]]);
            for lane in 0..count {
                pair.record([a.0[lane], b.0[lane]]);
            }
        }
        self.trials += count as u64;
    }

    /// Adds what another thread noted.
    pub fn merge(&mut self, other: &Pairs) {
        self.outcomes.iter_mut().zip(&other.outcomes).for_each(|(pair, other)| pair.merge(other));
        self.trials += other.trials;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        Pair::new([0, 0], Bins::Whole(121), super::super::bins::power_of_two(30), 120.0)
    }

    #[test]
    fn differences_are_counted_by_sign_and_never_is_the_horizon() {
        let values = [[3.0, 5.0], [5.0, 3.0], [4.0, 4.0], [f64::INFINITY, 20.0], [f64::INFINITY, f64::INFINITY]];
        let mut whole = pair();
        values.iter().for_each(|values| whole.record(*values));
        assert_eq!(whole.order(), [2, 2, 1]);
        assert_eq!(whole.never(), [1, 1, 0]);
        assert_eq!(whole.cells(), [(-100.0, -100.0, 1), (-2.0, -2.0, 1), (0.0, 0.0, 2), (2.0, 2.0, 1)]);
        let (mean, variance) = whole.difference();
        assert_eq!(mean, -20.0);
        assert_eq!(variance, Some((22.0f64 * 22.0 + 18.0 * 18.0 + 2.0 * 400.0 + 6400.0) / 4.0));
        let mut parts = [pair(), pair()];
        values.iter().enumerate().for_each(|(index, values)| parts[index % 2].record(*values));
        let [mut merged, other] = parts;
        merged.merge(&other);
        assert_eq!(merged, whole);
    }

    #[test]
    fn the_same_difference_in_every_trial_has_no_variance() {
        let mut pair = pair();
        (0..100).for_each(|trial| pair.record([f64::from(trial) / 3.0, f64::from(trial) / 3.0 + 7.0]));
        assert_eq!(pair.difference(), (7.0, Some(0.0)));
        assert!(pair.moments(0).1.unwrap() > 90.0);
    }
}
