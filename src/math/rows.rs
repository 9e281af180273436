//! Exponential and logarithm without a branch or a call, so that a loop over a row becomes wide instructions. Only
//! `+ - * /` and the bits of floats: the same on every machine.

/// `ln 2` in two parts: the first has so few bits that its products with exponents are exact.
const LN_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);

/// Adding `1.5 * 2^52` leaves the nearest whole number in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `e^x`, to a relative error of 4e-16, for `x` from -700 to 700; beyond, that of the nearer end.
#[inline(always)]
pub fn exp_in_row(x: f64) -> f64 {
    let x = if x < 700.0 { x } else { 700.0 };
    let x = if x > -700.0 { x } else { -700.0 };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (x - whole * LN_2.0) - whole * LN_2.1;
    // Taylor's series: |r| is at most ln(2) / 2, where the first term left out is 4e-18.
    const SERIES: [f64; 14] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
    ];
    let value = polynomial(&SERIES, r);
    let power = (shifted.to_bits() << 52).wrapping_add(1023 << 52);
    value * f64::from_bits(power)
}

/// `ln x`, to an error of 3e-16 of the larger of itself and one, for normal numbers above zero.
#[inline(always)]
pub fn ln_in_row(x: f64) -> f64 {
    let bits = x.to_bits();
    // The exponent as a float, by way of its bits: processors convert floats more readily than long integers.
    let exponent = f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000) - 4_503_599_627_370_496.0 - 1023.0;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    let large = mantissa > std::f64::consts::SQRT_2;
    let mantissa = if large { 0.5 * mantissa } else { mantissa };
    let exponent = if large { exponent + 1.0 } else { exponent };
    // ln(1 + f) = 2 artanh(s), with s of at most 0.172.
    let f = mantissa - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    const SERIES: [f64; 10] = [
        2.0 / 3.0,
        2.0 / 5.0,
        2.0 / 7.0,
        2.0 / 9.0,
        2.0 / 11.0,
        2.0 / 13.0,
        2.0 / 15.0,
        2.0 / 17.0,
        2.0 / 19.0,
        2.0 / 21.0,
    ];
    let series = polynomial(&SERIES, z);
    exponent * LN_2.0 + (2.0 * s + (s * z * series + exponent * LN_2.1))
}

/// Value of the polynomial with these coefficients (an even number of them), by rising powers: even and odd powers by
/// themselves, so that half as many steps wait for each other.
#[inline(always)]
pub fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let square = x * x;
    let (mut even, mut odd) = (coefficients[N - 2], coefficients[N - 1]);
    for pair in coefficients[..N - 2].chunks_exact(2).rev() {
        even = even * square + pair[0];
        odd = odd * square + pair[1];
    }
    even + x * odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_meet_single_values() {
        for step in -70_000..=70_000 {
            let x = f64::from(step) * 0.01;
            let (found, wanted) = (exp_in_row(x), crate::math::exp(x));
            assert!((found - wanted).abs() <= 5e-16 * wanted, "exp {x}: {found:e} {wanted:e}");
            let (found, wanted) = (ln_in_row(wanted), crate::math::ln(wanted));
            assert!((found - wanted).abs() <= 3e-16 * wanted.abs().max(1.0), "ln of exp {x}: {found:e} {wanted:e}");
        }
        assert_eq!((exp_in_row(0.0), ln_in_row(1.0)), (1.0, 0.0));
        assert!(exp_in_row(-1e9) > 0.0 && exp_in_row(1e9).is_finite());
    }
}
