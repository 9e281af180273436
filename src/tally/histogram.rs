//! One histogram of a tally: what it says of the values it counts.

use super::fixed::{Fixed, Sums};
use crate::model::Bins;
use serde::Serialize;

/// What is known of a value that no number stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Beyond {
    /// It is "never within the horizon".
    #[default]
    Never,
    /// It lies above this, where a histogram ends.
    Above(f64),
    /// It lies below this, where a histogram begins.
    Below(f64),
    /// Nothing.
    Unknown,
}

/// Where a value lies of which its cell is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Located {
    /// Lower edge of the cell, or the smallest value of all if that is larger.
    pub low: f64,
    /// Upper edge, or the largest value of all.
    pub high: f64,
    /// Where it lies instead, if no number between these stands for it.
    pub beyond: Option<Beyond>,
}

/// One histogram of a tally, with its sums.
#[derive(Clone, Copy, Debug)]
pub struct Histogram<'a> {
    /// Its cells.
    pub bins: Bins,
    /// Counts by cell.
    pub counts: &'a [u32],
    /// Number of trials.
    pub trials: u64,
    /// Smallest and largest finite value.
    pub range: (f64, f64),
    pub(super) sums: Sums,
    pub(super) fixed: Fixed,
}

impl Histogram<'_> {
    /// Trials in which the value is "never".
    pub fn never(&self) -> u64 {
        u64::from(self.counts[self.bins.never()])
    }

    /// Trials in which the value is exactly zero.
    pub fn zero(&self) -> u64 {
        u64::from(self.counts[0])
    }

    /// Number of finite values.
    pub fn finite(&self) -> u64 {
        self.trials - self.never()
    }

    /// The largest value that can be added up, where there are larger ones: there is no mean then.
    pub fn saturated(&self) -> Option<f64> {
        (!self.fixed.holds(self.range)).then(|| self.fixed.most())
    }

    /// Mean of the finite values; `None` if there are none, or if some are too large to be added up.
    pub fn mean(&self) -> Option<f64> {
        let mean = self.sums.mean(self.finite(), self.fixed).filter(|_| self.saturated().is_none())?;
        // Rounding must not take it out of the range of the values: where they are all the same, it is that value.
        Some(mean.clamp(self.range.0, self.range.1))
    }

    /// How far the mean may be off, as values are rounded to be added up; 0 where they are all the same.
    pub fn rounding(&self) -> f64 {
        if self.range.0 < self.range.1 { self.fixed.rounding() } else { 0.0 }
    }

    /// Share of the sum of the finite values that the largest of them makes up; none if the sum is not positive.
    pub fn largest_share(&self) -> Option<f64> {
        let sum = self.mean()? * self.finite() as f64;
        (sum > 0.0 && self.range.1 > 0.0).then(|| (self.range.1 / sum).min(1.0))
    }

    /// Sample variance of the finite values of an outcome (not kept for series); `None` below two of them, or if some are too
    /// large to be added up.
    pub fn variance(&self) -> Option<f64> {
        let variance = self.sums.variance(self.finite(), self.fixed).filter(|_| self.saturated().is_none())?;
        Some(if self.range.0 < self.range.1 { variance } else { 0.0 })
    }

    /// Where the values of a cell lie.
    pub fn locate(&self, cell: usize) -> Located {
        let cell = cell.min(self.bins.never());
        let (low, high) = self.bins.edges(cell);
        if cell == self.bins.never() {
            return Located { low, high, beyond: Some(Beyond::Never) };
        }
        let (first, last) = (2, self.bins.never() - 2);
        let (low, high) = (low.max(self.range.0), high.min(self.range.1));
        let narrow = |neighbour: usize| high - low <= self.bins.edges(neighbour).1 - self.bins.edges(neighbour).0;
        let beyond = match cell {
            1 if !narrow(first) => Some(Beyond::Below(self.bins.edges(1).1)),
            cell if cell > last && !narrow(last) => Some(Beyond::Above(self.bins.edges(cell).0)),
            _ => None,
        };
        Located { low, high, beyond }
    }

    /// Where the value of this rank lies, counted from 1: of the smallest, the second smallest, and so on.
    pub fn ranked(&self) -> impl Fn(u64) -> Located {
        let mut sum = 0;
        let cumulative: Vec<u64> = (self.counts.iter())
            .map(|&count| {
                sum += u64::from(count);
                sum
            })
            .collect();
        move |rank| self.locate(cumulative.partition_point(|&below| below < rank))
    }

    /// Lower edge, upper edge and count of all cells with a count; without zero and never.
    pub fn bars(&self) -> Vec<(f64, f64, u64)> {
        let cells = self.counts.iter().enumerate().skip(1).take(self.counts.len() - 2);
        let filled = cells.filter(|(_, count)| **count > 0);
        let bar = |(cell, count): (usize, &u32)| {
            let Located { low, high, .. } = self.locate(cell);
            (low, high, u64::from(*count))
        };
        filled.map(bar).collect()
    }

    /// Trials whose value is at most `limit`; exact for whole numbers. Other cells hold their lower edge and not their
    /// upper: where `limit` is an edge, these are the trials below it.
    pub fn at_most(&self, limit: f64) -> u64 {
        let cells = self.counts.iter().enumerate();
        cells.take_while(|(cell, _)| self.bins.edges(*cell).1 <= limit).map(|(_, &count)| u64::from(count)).sum()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Half by half from 0 to 2: zero, below, four cells, above, never.
    const BINS: Bins = Bins::Linear { exponent: -1, cells: 4 };

    /// From 1 to 4 in halves of octaves.
    const OCTAVES: Bins = Bins::Log { lowest: 0, highest: 2, bits: 1 };

    fn told<T>(values: &[f64], ask: impl Fn(&Histogram<'_>) -> T) -> T {
        told_in(BINS, values, ask)
    }

    /// Asks the histogram of these values, "never" among them.
    pub(crate) fn told_in<T>(bins: Bins, values: &[f64], ask: impl Fn(&Histogram<'_>) -> T) -> T {
        let fixed = Fixed::new(bins, 10);
        let (mut counts, mut sums) = (vec![0; bins.len()], Sums::default());
        let mut range = super::super::fixed::NO_VALUES;
        for &value in values {
            counts[bins.cell(value)] += 1;
            sums.add(fixed.whole(value) as i64);
            if value.is_finite() {
                range = (range.0.min(value), range.1.max(value));
            }
        }
        ask(&Histogram { bins, counts: &counts, trials: values.len() as u64, range, sums, fixed })
    }

    const VALUES: [f64; 7] = [0.0, 0.0, 0.625, 0.75, 1.5, 9.0, f64::INFINITY];

    #[test]
    fn values_are_counted_as_by_hand() {
        assert_eq!(told(&VALUES, |all| (all.zero(), all.finite(), all.never())), (2, 6, 1));
        assert_eq!(told(&VALUES, |all| all.bars()), [(0.5, 1.0, 2), (1.5, 2.0, 1), (2.0, 9.0, 1)]);
        for (limit, count) in [(0.0, 2), (0.5, 2), (0.9, 2), (1.0, 4), (1.9, 4), (2.0, 5), (f64::INFINITY, 7)] {
            assert_eq!(told(&VALUES, |all| all.at_most(limit)), count, "{limit}");
        }
        for (rank, low, high) in
            [(1, 0.0, 0.0), (2, 0.0, 0.0), (3, 0.5, 1.0), (4, 0.5, 1.0), (5, 1.5, 2.0), (6, 2.0, 9.0)]
        {
            let found = told(&VALUES, |all| all.ranked()(rank));
            assert_eq!((found.low, found.high), (low, high), "rank {rank}");
        }
        assert_eq!(told(&VALUES, |all| all.ranked()(7).beyond), Some(Beyond::Never));
    }

    #[test]
    fn means_and_shares_are_those_by_hand() {
        assert_eq!(told(&VALUES, |all| all.mean()), Some(11.875 / 6.0));
        assert_eq!(told(&VALUES, |all| all.largest_share()), Some(9.0 / (11.875 / 6.0 * 6.0)));
        assert_eq!(told(&[0.0, 0.0], |all| all.largest_share()), None);
        assert_eq!(told(&[f64::INFINITY], |all| all.mean()), None);
        assert_eq!(told(&[0.5, 1.5], |all| all.variance()), Some(0.5));
        assert_eq!(told(&[1.5], |all| all.variance()), None);
    }

    /// A cell without an end is as wide as what lies in it: where that is no more than its neighbour, it says where a value is.
    #[test]
    fn what_lies_far_above_is_only_known_to_do_so() {
        let above = |largest: f64| told(&[1.0, largest], |all| all.locate(BINS.cell(largest)));
        assert_eq!(above(2.25), Located { low: 2.0, high: 2.25, beyond: None });
        assert_eq!(above(2.5), Located { low: 2.0, high: 2.5, beyond: None });
        assert_eq!(above(2.75), Located { low: 2.0, high: 2.75, beyond: Some(Beyond::Above(2.0)) });
        let below = |smallest: f64| told_in(OCTAVES, &[smallest, 3.0], |all| all.locate(OCTAVES.cell(smallest)));
        assert_eq!(below(0.5), Located { low: 0.5, high: 1.0, beyond: None });
        assert_eq!(below(0.25), Located { low: 0.25, high: 1.0, beyond: Some(Beyond::Below(1.0)) });
    }
}
