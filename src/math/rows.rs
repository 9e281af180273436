//! Exponential and logarithm without a branch or a call, so that a loop over a row becomes wide instructions. Only
//! `+ - * /` and the bits of floats: the same on every machine.

/// `ln 2` in two parts: the first has so few bits that its products with exponents are exact.
const LN_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);

/// Adding `1.5 * 2^52` leaves the nearest whole number in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// The nearest whole number of one below `2^51` in size, on every machine and without a call.
#[inline(always)]
pub fn nearest(x: f64) -> f64 {
    (x + ROUND) - ROUND
}

/// `e^x`, to a relative error of 4e-16, for `x` from -700 to 700; beyond, that of the nearer end.
#[inline(always)]
pub fn exp_in_row(x: f64) -> f64 {
    let x = if x < 700.0 { x } else { 700.0 };
    let x = if x > -700.0 { x } else { -700.0 };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (x - whole * LN_2.0) - whole * LN_2.1;
    // |r| is at most ln(2) / 2. Taylor's first two terms, then those that make the largest relative error smallest: 4e-18.
    const SERIES: [f64; 12] = [
        1.0,
        1.0,
        0.500_000_000_000_001_1,
        0.166_666_666_666_664_13,
        0.041_666_666_666_530_267,
        0.008_333_333_333_494_335,
        0.001_388_888_894_359_745_3,
        1.984_126_950_677_196_3e-4,
        2.480_149_313_639_628e-5,
        2.755_758_627_519_230_2e-6,
        2.763_023_385_923_063_3e-7,
        2.500_006_904_482_206_3e-8,
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
    // Instead of 2/3, 2/5, 2/7, ...: eight terms for which the largest error is smallest, 2e-20.
    const SERIES: [f64; 8] = [
        0.666_666_666_666_666_6,
        0.400_000_000_000_062_1,
        0.285_714_285_690_953_75,
        0.222_222_226_445_777_27,
        0.181_817_757_514_470_8,
        0.153_870_873_703_031_99,
        0.132_501_881_562_916_53,
        0.132_507_377_506_837_44,
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
