//! Weighted counts of events: sums of floats that come out the same in any order.

use super::bins::power_of_two;
use crate::engine::Batch;

/// An exact sum of floats that are not negative: each is added, whole, to the words that hold its power of two (Kulisch's
/// long accumulator, cut into overlapping words). Nothing is rounded before [`ExactSum::value`], so that neither threads nor
/// their order reach a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactSum([i128; WORDS]);

/// Bits from one word to the next.
const STEP: i32 = 32;
/// Values lie between `2^-512` and `2^512`; those below count as nothing, those above as the largest.
const LOWEST: i32 = -512 - 52;
const WORDS: usize = 34;

impl ExactSum {
    const ZERO: ExactSum = ExactSum([0; WORDS]);

    fn add(&mut self, value: f64) {
        if !(value >= power_of_two(-512)) {
            return;
        }
        let bits = value.min(power_of_two(512)).to_bits();
        let (mantissa, exponent) = ((bits & ((1 << 52) - 1)) | (1 << 52), (bits >> 52) as i32 - 1023 - 52);
        let place = exponent - LOWEST;
        // 53 bits, moved by less than 32: 2^42 of them fit.
        self.0[(place / STEP) as usize] += i128::from(mantissa) << (place % STEP);
    }

    fn merge(&mut self, other: &ExactSum) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own += other);
    }

    /// The sum, to within a few roundings.
    pub fn value(&self) -> f64 {
        let words = self.0.iter().enumerate().rev();
        words.map(|(index, word)| *word as f64 * power_of_two(STEP * index as i32 + LOWEST)).sum()
    }
}

/// What the weights of some futures add up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Number of futures.
    pub count: u64,
    /// Sum of their weights.
    pub sum: ExactSum,
    /// Sum of their squares.
    pub squares: ExactSum,
    /// The largest.
    pub largest: f64,
}

impl Weights {
    /// Of no futures.
    pub const NONE: Weights = Weights { count: 0, sum: ExactSum::ZERO, squares: ExactSum::ZERO, largest: 0.0 };

    /// Adds a future.
    pub fn add(&mut self, weight: f64) {
        self.count += 1;
        self.sum.add(weight);
        self.squares.add(weight * weight);
        self.largest = self.largest.max(weight);
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Weights) {
        self.count += other.count;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        self.largest = self.largest.max(other.largest);
    }

    /// So many futures of equal weight would tell as much (Kish, Survey Sampling, 1965, section 11.7); 0 for none.
    pub fn effective(&self) -> f64 {
        let (sum, squares) = (self.sum.value(), self.squares.value());
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }
}

/// An event: that an outcome lies above a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Above {
    /// Index of the outcome.
    pub outcome: usize,
    /// The limit; "never" lies above any.
    pub limit: f64,
}

/// Weighted counts of events: futures in which each happens, and in which it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// The events.
    pub events: Vec<Above>,
    /// By event: weights of the futures where it happens, and of the others.
    pub weights: Vec<[Weights; 2]>,
    /// Weights of all futures.
    pub all: Weights,
}

impl Weighted {
    /// Nothing yet.
    pub fn new(events: &[Above]) -> Self {
        let weights = vec![[Weights::NONE, Weights::NONE]; events.len()];
        Weighted { events: events.into(), weights, all: Weights::NONE }
    }

    /// Notes the first futures of those that went in step, with the weight of each.
    pub fn record(&mut self, batch: &Batch, weights: &[f64]) {
        for (lane, &weight) in weights.iter().enumerate() {
            self.all.add(weight);
            for (event, sides) in self.events.iter().zip(&mut self.weights) {
                let happens = batch.outcomes[event.outcome].0[lane] > event.limit;
                sides[usize::from(!happens)].add(weight);
            }
        }
    }

    /// Adds what another thread noted.
    pub fn merge(&mut self, other: &Weighted) {
        self.all.merge(&other.all);
        for (own, other) in self.weights.iter_mut().zip(&other.weights) {
            own.iter_mut().zip(other).for_each(|(own, other)| own.merge(other));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_in_any_order() {
        let values = [1e-150, 3.0, 1e150, 0.1, 7e-9, 1.0 / 3.0, 2f64.next_down(), 1e-9, 0.0];
        let mut forward = ExactSum::ZERO;
        values.iter().for_each(|value| forward.add(*value));
        let mut parts = [ExactSum::ZERO, ExactSum::ZERO];
        values.iter().rev().enumerate().for_each(|(index, value)| parts[index % 2].add(*value));
        let [mut merged, other] = parts;
        merged.merge(&other);
        assert_eq!(merged, forward);
        let mut tenths = ExactSum::ZERO;
        (0..1_000_000).for_each(|_| tenths.add(0.1));
        assert!((tenths.value() - 100_000.0).abs() < 1e-9, "{}", tenths.value());
        for value in [1.5e-150, 1e150, 0.1, 1.0, power_of_two(-512), power_of_two(512), 2f64.next_down()] {
            let mut one = ExactSum::ZERO;
            one.add(value);
            assert_eq!(one.value(), value);
        }
        let mut odd = ExactSum::ZERO;
        [0.0, -1.0, f64::NAN, 1e-300].iter().for_each(|value| odd.add(*value));
        assert_eq!(odd.value(), 0.0);
    }

    #[test]
    fn equal_weights_count_in_full() {
        let mut weights = Weights::NONE;
        assert_eq!(weights.effective(), 0.0);
        (0..10).for_each(|_| weights.add(0.3));
        assert!((weights.effective() - 10.0).abs() < 1e-12);
        weights.add(1e6);
        assert!(weights.effective() < 1.001 && weights.largest == 1e6);
    }
}
