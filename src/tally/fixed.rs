//! Numbers as whole numbers of a fixed size, so that they add up to the same in any order.
//!
//! Each quantity has its own size, a power of two: `2^-46` of a bound that its values do not reach in its model (see
//! `model/bounds.rs`). That is the resolution of a mean: every value is off by at most half of it, and so is the mean. A
//! value beyond the bound has no whole number. It shows in the range of the values, which is kept as floats: the sum then
//! has no meaning, and [`Fixed::holds`] says so.
//!
//! No sum overflows. In a float, 64 values of at most `2^46` add up exactly (`2^52`). In 64 bits, the 1024 of a block come to
//! at most `2^56`. In 128 bits, `10^9 < 2^30` trials come to `2^76`, and their squares, each at most `2^92`, to `2^122`.

use crate::math;
use crate::model::Bins;
use crate::statistics::squared_deviations;

use super::bins::power_of_two;

/// Binary digits of the largest whole number.
const DIGITS: i32 = 46;

/// The largest whole number.
const LARGEST: f64 = (1u64 << DIGITS) as f64;

/// So many whole numbers add up exactly in a float.
pub(super) const EXACT: usize = 64;

/// The range of no values: the smallest of them and the largest.
pub(super) const NO_VALUES: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);

/// The size of the whole numbers of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fixed {
    scale: f64,
    /// Whether the values are whole numbers themselves, so that nothing is rounded.
    is_exact: bool,
}

impl Fixed {
    /// For values below `2^ceiling`. What is whole anyway is kept as it is.
    pub fn new(bins: Bins, ceiling: i32) -> Self {
        match bins {
            Bins::Whole(_) | Bins::Mixed { exponent: 0, .. } => Fixed::WHOLE,
            _ => Fixed { scale: power_of_two(DIGITS - ceiling), is_exact: false },
        }
    }

    /// For whole numbers.
    pub const WHOLE: Fixed = Fixed { scale: 1.0, is_exact: true };

    /// A value as a whole number; 0 for "never", which counts nothing, and the largest one for what is beyond it.
    #[inline(always)]
    pub fn whole(self, value: f64) -> f64 {
        let scaled = value * self.scale;
        let scaled = if scaled < LARGEST { scaled } else { LARGEST };
        if value < f64::INFINITY { math::nearest(scaled) } else { 0.0 }
    }

    /// The value of a whole number, or of a mean of some.
    pub fn value(self, whole: f64) -> f64 {
        whole / self.scale
    }

    /// How far a value, or a mean, may be off at the most.
    pub fn rounding(self) -> f64 {
        if self.is_exact { 0.0 } else { self.value(0.5) }
    }

    /// The largest value that has a whole number.
    pub fn most(self) -> f64 {
        self.value(LARGEST)
    }

    /// Whether all values of this range have a whole number.
    pub fn holds(self, (lowest, highest): (f64, f64)) -> bool {
        !(lowest < -self.most() || highest > self.most())
    }
}

/// Sums of whole numbers and of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub sum: i128,
    pub square: i128,
}

impl Sums {
    /// Adds a whole number.
    pub fn add(&mut self, whole: i64) {
        self.sum += i128::from(whole);
        self.square += i128::from(whole) * i128::from(whole);
    }

    /// Adds what was summed up elsewhere.
    pub fn merge(&mut self, other: Sums) {
        self.sum += other.sum;
        self.square += other.square;
    }

    /// Mean of so many values; none of none.
    pub fn mean(self, count: u64, fixed: Fixed) -> Option<f64> {
        (count > 0).then(|| fixed.value(self.sum as f64 / count as f64))
    }

    /// Sample variance of so many values; none below two.
    pub fn variance(self, count: u64, fixed: Fixed) -> Option<f64> {
        let deviations = squared_deviations(count, self.sum, self.square);
        (count > 1).then(|| fixed.value(fixed.value(deviations / (count - 1) as f64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMOUNT: Bins = Bins::Log { lowest: 0, highest: 44, bits: 8 };

    #[test]
    fn values_are_rounded_to_the_nearest_and_kept_below_the_bound() {
        let fixed = Fixed::new(AMOUNT, 10);
        assert_eq!((fixed.rounding(), fixed.most()), (power_of_two(-37), 1024.0));
        for value in [0.0, 1.0 / 3.0, 7.7, 1_023.999_999, 1024.0] {
            assert!((fixed.value(fixed.whole(value)) - value).abs() <= fixed.rounding(), "{value}");
        }
        assert_eq!(fixed.value(fixed.whole(5000.0)), 1024.0);
        assert_eq!(fixed.whole(f64::INFINITY), 0.0);
        assert!(fixed.holds((0.0, 1024.0)) && !fixed.holds((0.0, 1024.1)) && !fixed.holds((-1025.0, 0.0)));
        assert!(fixed.holds((f64::INFINITY, f64::NEG_INFINITY)), "the range of nothing");
    }

    #[test]
    fn whole_numbers_are_kept_as_they_are() {
        let fixed = Fixed::new(Bins::Whole(120), 7);
        assert_eq!((fixed, fixed.whole(70_000.0), fixed.rounding()), (Fixed::WHOLE, 70_000.0, 0.0));
    }

    #[test]
    fn twice_the_values_are_twice_the_sums() {
        let (once, twice) = (Fixed::new(AMOUNT, 10), Fixed::new(AMOUNT, 11));
        for value in [0.1, 1.0 / 3.0, 999.9] {
            assert_eq!(once.whole(value), twice.whole(2.0 * value));
        }
    }

    #[test]
    fn moments_are_those_by_hand() {
        let fixed = Fixed { scale: 4.0, is_exact: false };
        let mut sums = Sums::default();
        [4, 12, 20].iter().for_each(|whole| sums.add(*whole)); // 1, 3, 5
        assert_eq!((sums.mean(3, fixed), sums.variance(3, fixed)), (Some(3.0), Some(4.0)));
        assert_eq!((Sums::default().mean(0, fixed), sums.variance(1, fixed)), (None, None));
    }
}
