//! Variances from sums of whole numbers: exact up to one rounding, however large the mean.

/// Sum of the squared deviations of `n` whole numbers from their mean, given their sum and the sum of their squares:
/// `squares - sum^2 / n`, whose terms may agree in all digits that a float has. They are subtracted as whole numbers of 256
/// bits, so that numbers which are all the same deviate by exactly 0, and no digit of others is lost.
///
/// 0 for no numbers, and for sums that no numbers have.
pub fn squared_deviations(n: u64, sum: i128, squares: i128) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let total = product(u128::from(n), squares.unsigned_abs());
    let square = product(sum.unsigned_abs(), sum.unsigned_abs());
    if total <= square {
        return 0.0;
    }
    let (low, borrow) = total.1.overflowing_sub(square.1);
    let high = total.0 - square.0 - u128::from(borrow);
    (high as f64 * TWO_128 + low as f64) / n as f64
}

/// `2^128`.
const TWO_128: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

/// The product of two whole numbers, its upper and its lower 128 bits.
fn product(a: u128, b: u128) -> (u128, u128) {
    let halves = |number: u128| (number >> 64, number & u128::from(u64::MAX));
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    let low = a_low * b_low;
    // At most (2^64 - 1)^2 + 2^64 - 1, which fits.
    let middle = a_high * b_low + (low >> 64);
    let (middle, carry) = middle.overflowing_add(a_low * b_high);
    let high = a_high * b_high + (middle >> 64) + (u128::from(carry) << 64);
    (high, (middle << 64) | (low & u128::from(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[i64]) -> f64 {
        let sum = values.iter().map(|value| i128::from(*value)).sum();
        let squares = values.iter().map(|value| i128::from(*value) * i128::from(*value)).sum();
        squared_deviations(values.len() as u64, sum, squares)
    }

    #[test]
    fn deviations_are_those_by_hand() {
        assert_eq!(of(&[1, 3, 5, 7, 6, 8]), 34.0);
        assert_eq!(of(&[-4, 4]), 32.0);
        assert_eq!(of(&[9; 7]), 0.0);
        assert_eq!((of(&[]), of(&[5])), (0.0, 0.0));
    }

    /// Values that differ in their last bit alone, so many that neither floats nor 128 bits could tell.
    #[test]
    fn no_digit_is_lost() {
        let (large, n) = (1i128 << 46, 1u64 << 30);
        let half = i128::from(n / 2);
        let (sum, squares) =
            (half * large + half * (large - 1), half * large * large + half * (large - 1) * (large - 1));
        assert_eq!(squared_deviations(n, sum, squares), 0.25 * n as f64);
        assert_eq!(squared_deviations(n, i128::from(n) * large, i128::from(n) * large * large), 0.0);
    }

    #[test]
    fn products_have_all_their_bits() {
        assert_eq!(product(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(product(u128::MAX, 2), (1, u128::MAX - 1));
        assert_eq!(product(1 << 100, 1 << 100), (1 << 72, 0));
        assert_eq!(product(12_345, 67_890), (0, 12_345 * 67_890));
    }
}
