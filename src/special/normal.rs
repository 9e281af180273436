//! The normal distribution: function, density, quantile.

use std::f64::consts::{PI, SQRT_2};

use super::Probability;
use crate::math::{erfc, exp, ln, ln_in_row};

/// Standard normal distribution function at `x`.
pub fn normal_cdf(x: f64) -> Probability {
    Probability { below: 0.5 * erfc(-x / SQRT_2), above: 0.5 * erfc(x / SQRT_2) }
}

/// Standard normal density at `x`.
pub fn normal_density(x: f64) -> f64 {
    exp(-0.5 * x * x) / (2.0 * PI).sqrt()
}

/// Standard normal quantile: algorithm AS 241 (PPND16) of Wichura (1988), relative error about 1e-16.
#[inline]
pub fn normal_quantile(p: Probability) -> f64 {
    let q = p.below - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r);
    }
    let tail = if q < 0.0 { p.below } else { p.above };
    let r = (-ln(tail)).sqrt();
    let z = if r <= 5.0 {
        polynomial(&MIDDLE.0, r - 1.6) / polynomial(&MIDDLE.1, r - 1.6)
    } else {
        polynomial(&FAR.0, r - 5.0) / polynomial(&FAR.1, r - 5.0)
    };
    if q < 0.0 { -z } else { z }
}

/// How many numbers of a row are looked at together.
const TOGETHER: usize = 8;

/// Turns a row of uniform numbers in (0, 1) into their standard normal quantiles: the same formulas as
/// [`normal_quantile`], both regions computed for all and one chosen, with an error of about 1e-15.
#[inline(always)]
pub fn normal_quantiles(row: &mut [f64]) {
    for part in row.chunks_mut(TOGETHER) {
        let mut p = [0.5; TOGETHER];
        p[..part.len()].copy_from_slice(part);
        let mut found = [0.0; TOGETHER];
        for (found, &p) in found.iter_mut().zip(&p) {
            let q = p - 0.5;
            let r = 0.180625 - q * q;
            let centre = q * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r);
            let tail = if q < 0.0 { p } else { 1.0 - p };
            let r = (-ln_in_row(tail)).sqrt() - 1.6;
            let z = polynomial(&MIDDLE.0, r) / polynomial(&MIDDLE.1, r);
            let z = if q < 0.0 { -z } else { z };
            *found = if q.abs() <= 0.425 { centre } else { z };
        }
        part.copy_from_slice(&found[..part.len()]);
        // Farther out than exp(-25) the formula is another; one in 36 thousand million. The others keep their bits.
        let far = |p: f64| p < 1.4e-11 || 1.0 - p < 1.4e-11;
        if p.iter().any(|p| far(*p)) {
            for (value, p) in part.iter_mut().zip(p).filter(|(_, p)| far(*p)) {
                *value = normal_quantile(Probability::of(p));
            }
        }
    }
}

/// Numerator and denominator, by rising powers.
type Rational = ([f64; 8], [f64; 8]);

const CENTRE: Rational = (
    [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_545e3,
    ],
);
const MIDDLE: Rational = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);
const FAR: Rational = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

/// Value of the polynomial with these coefficients, by rising powers.
#[inline(always)]
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}
