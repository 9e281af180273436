//! Weighted counts of events, from sums of floats that are the same in any order.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::engine::Batch;

/// Sums over the weights of some trials, kept apart by the weights' power of two.
///
/// Within a power of two a sum of floats is one of whole numbers, their mantissas: it is exact, so that neither threads nor
/// their order affect a result. Squares are those of the first 31 bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// By exponent `e`: the weights from `2^e` to below `2^(e + 1)`.
    pub(super) bands: BTreeMap<i32, Band>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Band {
    pub count: u64,
    /// Sum of the mantissas, whole numbers of 53 bits.
    pub sum: u128,
    /// Sum of the squares of their first 31 bits.
    pub squares: u128,
    pub largest: f64,
}

/// Bits of a mantissa behind the point, and those of them that squares leave out.
const FRACTION: u32 = 52;
const LEFT_OUT: u32 = 22;

/// The exponents of floats that are not negative: of 0 and the smallest ones, whose mantissa counts as 0, and of the largest.
pub(super) const EXPONENTS: RangeInclusive<i32> = -1023..=1023;

impl Weights {
    /// Adds a trial. A weight too small to be a normal float counts as 0.
    pub fn add(&mut self, weight: f64) {
        debug_assert!(weight >= 0.0);
        let bits = weight.to_bits();
        let mantissa = if weight.is_normal() { (bits & ((1 << FRACTION) - 1)) | (1 << FRACTION) } else { 0 };
        let band = self.bands.entry(exponent_of(weight)).or_default();
        band.count += 1;
        band.sum += u128::from(mantissa);
        band.squares += u128::from((mantissa >> LEFT_OUT) * (mantissa >> LEFT_OUT));
        band.largest = band.largest.max(weight);
    }

    /// Adds the trials of another sum.
    pub fn merge(&mut self, other: &Weights) {
        for (exponent, more) in &other.bands {
            let band = self.bands.entry(*exponent).or_default();
            band.count += more.count;
            band.sum += more.sum;
            band.squares += more.squares;
            band.largest = band.largest.max(more.largest);
        }
    }

    /// Number of trials.
    pub fn count(&self) -> u64 {
        self.bands.values().map(|band| band.count).sum()
    }

    /// Sum of their weights.
    pub fn sum(&self) -> f64 {
        let unit = power_of_two(-(FRACTION as i32));
        self.add_up(|exponent, band| band.sum as f64 * unit * power_of_two(exponent))
    }

    /// Sum of the squares of their weights.
    pub fn squares(&self) -> f64 {
        let unit = power_of_two(-2 * (FRACTION - LEFT_OUT) as i32);
        let square = |exponent: i32| power_of_two(exponent) * power_of_two(exponent);
        self.add_up(|exponent, band| band.squares as f64 * unit * square(exponent))
    }

    fn add_up(&self, part: impl Fn(i32, &Band) -> f64) -> f64 {
        // Not `sum`, whose sum of nothing is -0.
        self.bands.iter().fold(0.0, |sum, (exponent, band)| sum + part(*exponent, band))
    }

    /// The largest weight; 0 without any.
    pub fn largest(&self) -> f64 {
        self.bands.values().next_back().map_or(0.0, |band| band.largest)
    }

    /// Effective sample size: the number of trials of equal weight that would be as precise (Kish, Survey Sampling, 1965,
    /// section 11.7); 0 for none.
    pub fn effective(&self) -> f64 {
        let (sum, squares) = (self.sum(), self.squares());
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }

    /// The powers of two, from the largest down, just below which there are weights: `1` if some lie from `0.5` to below `1`.
    pub fn ceilings(&self) -> impl Iterator<Item = f64> {
        self.bands.keys().rev().map(|exponent| power_of_two(exponent + 1))
    }

    /// The trials of a weight below a power of two, and the others.
    pub fn split(mut self, ceiling: f64) -> [Weights; 2] {
        let upper = self.bands.split_off(&exponent_of(ceiling));
        [self, Weights { bands: upper }]
    }
}

/// The exponent of a float that is not negative; that of 0 and of the smallest floats is -1023.
pub(super) fn exponent_of(value: f64) -> i32 {
    (value.to_bits() >> FRACTION) as i32 - 1023
}

/// 2 to the power of the exponent of a float; 0 for that of 0.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << FRACTION)
}

/// An event: an outcome exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exceedance {
    /// Index of the outcome.
    pub outcome: usize,
    /// The limit; "never" exceeds any.
    pub limit: f64,
}

/// Weighted counts of events: of the trials in which each happens, and of those in which it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// The events.
    pub events: Vec<Exceedance>,
    /// Share of the trials that were not tilted.
    pub untilted: f64,
    /// By event: weights of the trials in which it happens, and of the others.
    pub sides: Vec<[Weights; 2]>,
    /// Weights of all trials.
    pub all: Weights,
}

impl Weighted {
    /// Nothing yet.
    pub fn new(events: &[Exceedance], untilted: f64) -> Self {
        Weighted {
            events: events.into(),
            untilted,
            sides: vec![Default::default(); events.len()],
            all: Weights::default(),
        }
    }

    /// Adds the first trials of a batch, with the weight of each.
    pub fn record(&mut self, batch: &Batch, weights: &[f64]) {
        for (lane, &weight) in weights.iter().enumerate() {
            self.all.add(weight);
            for (event, sides) in self.events.iter().zip(&mut self.sides) {
                let happens = batch.outcomes[event.outcome].0[lane] > event.limit;
                sides[usize::from(!happens)].add(weight);
            }
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &Weighted) {
        self.all.merge(&other.all);
        for (own, other) in self.sides.iter_mut().flatten().zip(other.sides.iter().flatten()) {
            own.merge(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(weights: &[f64]) -> Weights {
        let mut sums = Weights::default();
        weights.iter().for_each(|weight| sums.add(*weight));
        sums
    }

    #[test]
    fn sums_are_exact_in_any_order() {
        let values = [1e-150, 3.0, 1e150, 0.1, 7e-9, 1.0 / 3.0, 2f64.next_down(), 1e-9, 0.0];
        let forward = of(&values);
        let mut parts = [Weights::default(), Weights::default()];
        values.iter().rev().enumerate().for_each(|(index, value)| parts[index % 2].add(*value));
        let [mut merged, other] = parts;
        merged.merge(&other);
        assert_eq!(merged, forward);
        assert_eq!((forward.count(), forward.largest()), (9, 1e150));
        let tenths = of(&[0.1; 1_000_000]);
        assert!((tenths.sum() - 100_000.0).abs() < 1e-9, "{}", tenths.sum());
        assert!((tenths.squares() - 10_000.0).abs() < 1e-4, "{}", tenths.squares());
        for value in [1.5e-150, 1e150, 0.1, 1.0, 2f64.next_down(), f64::MIN_POSITIVE] {
            assert_eq!(of(&[value]).sum(), value);
        }
        let none = of(&[0.0, 1e-310]);
        assert_eq!((none.count(), none.sum(), none.effective()), (2, 0.0, 0.0));
    }

    #[test]
    fn equal_weights_count_in_full() {
        assert_eq!(Weights::default().effective(), 0.0);
        assert!(Weights::default().sum().is_sign_positive());
        let mut weights = of(&[0.3; 10]);
        assert!((weights.effective() - 10.0).abs() < 1e-7);
        weights.add(1e6);
        assert!(weights.effective() < 1.001);
    }

    #[test]
    fn weights_are_split_at_a_power_of_two() {
        let weights = of(&[0.1, 0.2, 0.25, 0.3, 3.0]);
        assert_eq!(weights.ceilings().collect::<Vec<_>>(), [4.0, 0.5, 0.25, 0.125]);
        let [lower, upper] = weights.clone().split(0.25);
        assert_eq!((lower.count(), upper.count()), (2, 3));
        assert!((lower.sum() - 0.3).abs() < 1e-15 && (upper.sum() - 3.55).abs() < 1e-15);
        assert_eq!((lower.largest(), upper.largest()), (0.2, 3.0));
        let [all, none] = weights.clone().split(4.0);
        assert!(all == weights && none == Weights::default());
    }
}
