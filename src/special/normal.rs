//! The normal distribution: function, density, quantile.

use std::f64::consts::{PI, SQRT_2};

use super::Probability;
use crate::math::{erfc, exp, exp_in_row, ln, ln_in_row, polynomial};

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
        return q * rational(&CENTRE, r);
    }
    let tail = if q < 0.0 { p.below } else { p.above };
    let r = (-ln(tail)).sqrt();
    let z = if r <= 5.0 { rational(&MIDDLE, r - 1.6) } else { rational(&FAR, r - 5.0) };
    if q < 0.0 { -z } else { z }
}

/// Turns uniform numbers in (0, 1) into their standard normal quantiles, with an error of about 1e-15 and, but for the
/// outermost thousandth, without a branch: a polynomial in `ln(4 p (1 - p))` (Giles, "Approximating the erfinv function",
/// GPU Computing Gems 2, 2010). Farther out it is [`normal_quantile`], one by one: the others keep their bits.
#[inline(always)]
pub fn normal_quantiles<const N: usize>(row: &mut [f64; N]) {
    let uniform = *row;
    let mut depth = [0.0; N];
    for lane in 0..N {
        let p = uniform[lane];
        depth[lane] = -ln_in_row(4.0 * p * (1.0 - p));
        row[lane] = SQRT_2 * (2.0 * p - 1.0) * polynomial(&NEAR, depth[lane] - 0.5 * FAR_OUT);
    }
    let mut far = false;
    for depth in depth {
        far |= depth > FAR_OUT;
    }
    if far {
        mend(row, &uniform, &depth);
    }
}

/// Those farther out, which are few.
#[cold]
#[inline(never)]
fn mend(row: &mut [f64], uniform: &[f64], depth: &[f64]) {
    for ((value, uniform), _) in row.iter_mut().zip(uniform).zip(depth).filter(|(_, depth)| **depth > FAR_OUT) {
        *value = normal_quantile(Probability::of(*uniform));
    }
}

/// Turns standard normal numbers into the probabilities up to them, without a branch and with an error below 1e-15: Hart's
/// rational function 5666 (West, "Better approximations to cumulative normal functions", Wilmott Magazine 2005).
#[inline(always)]
pub fn normal_probabilities<const N: usize>(row: &mut [f64; N]) {
    for x in row.iter_mut() {
        let z = x.abs();
        let tail = exp_in_row(-0.5 * z * z) * (polynomial(&HART.0, z) / polynomial(&HART.1, z));
        *x = if *x > 0.0 { 1.0 - tail } else { tail };
    }
}

/// Its numerator and denominator, by rising powers.
const HART: Rational = (
    [
        220.206_867_912_376,
        221.213_596_169_931,
        112.079_291_497_871,
        33.912_866_078_383,
        6.373_962_203_531_65,
        7.003_830_644_436_88e-1,
        3.526_249_659_989_11e-2,
        0.0,
    ],
    [
        440.413_735_824_752,
        793.826_512_519_948,
        637.333_633_378_831,
        296.564_248_779_674,
        86.780_732_202_946_1,
        16.064_177_579_207,
        1.755_667_163_182_64,
        8.838_834_764_831_84e-2,
    ],
);

/// Where the polynomial ends.
const FAR_OUT: f64 = 6.25;

/// Its coefficients, by rising powers.
const NEAR: [f64; 24] = [
    1.653_654_562_683_102_7,
    0.240_158_182_425_589_62,
    -0.006_033_670_871_430_149,
    -0.000_740_702_534_166_267,
    0.000_186_734_208_034_057_14,
    -1.388_252_336_278_646_9e-5,
    -1.365_469_200_083_467_9e-6,
    4.234_787_782_793_240_3e-7,
    -2.907_036_995_788_200_5e-8,
    -4.112_633_980_346_984e-9,
    1.051_212_273_321_532_2e-9,
    -5.415_412_054_294_628e-11,
    -1.297_513_325_345_353_2e-11,
    2.633_509_315_308_232e-12,
    -8.151_934_197_605_472e-14,
    -4.054_566_272_975_207e-14,
    6.637_638_134_358_324e-15,
    2.097_276_787_596_856e-17,
    -1.333_171_662_854_621e-16,
    1.115_787_767_802_518e-17,
    1.285_848_071_525_64e-18,
    -1.685_059_138_182_016_6e-19,
    -3.644_412_064_017_82e-21,
    0.0,
];

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

/// The quotient of the two polynomials, by Horner's rule.
fn rational(of: &Rational, x: f64) -> f64 {
    let value = |coefficients: &[f64; 8]| coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c);
    value(&of.0) / value(&of.1)
}
