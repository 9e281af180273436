//! Normal, incomplete gamma and incomplete beta functions and their inverses, to about 1e-13.
//!
//! Probabilities travel as a pair ([`Probability`]): what lies below and what lies above. Far out in a tail one of the
//! two is tiny, and `1 - p` would have lost it.
//!
//! Sources: NIST Digital Library of Mathematical Functions, 8.11 (incomplete gamma) and 8.17 (incomplete beta);
//! continued fractions by the method of Lentz as modified by Thompson and Barnett (1986); powers over gamma functions
//! in the saddle-point form of Loader (2000), which keeps all digits when parameters are in the thousands or more.

use crate::math::{erfc, exp, ln, ln_1p, ln_gamma, ln_in_row, pow};
use std::f64::consts::{PI, SQRT_2};

/// From this parameter on Stirling's series has all digits.
const STIRLING: f64 = 10.0;
/// Stands for zero in a continued fraction, so that nothing is divided by zero.
const TINY: f64 = 1e-300;

/// A probability and its complement, each with full relative accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probability {
    /// Probability of a value up to the point.
    pub below: f64,
    /// Probability of a value above the point.
    pub above: f64,
}

impl Probability {
    /// The pair of `u`. Exact on both sides for a `u` of which `1 - u` is exact, as it is from one half upwards.
    #[inline]
    pub fn of(u: f64) -> Self {
        Probability { below: u, above: 1.0 - u }
    }

    /// The other way round.
    #[inline]
    pub fn swapped(self) -> Self {
        Probability { below: self.above, above: self.below }
    }
}

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
        // Farther out than exp(-25) the formula is another; one in 36 thousand million.
        if p.iter().any(|p| *p < 1.4e-11 || 1.0 - *p < 1.4e-11) {
            for (value, p) in part.iter_mut().zip(p) {
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

/// Regularised incomplete gamma functions: `below` is `P(a, x)`, `above` is `Q(a, x)`. For `a` up to about 1e8.
pub fn gamma_cdf(a: f64, x: f64) -> Probability {
    gamma_with_power(a, x).0
}

/// The same, and `x^a e^-x / Gamma(a)`, which is `x` times the density.
pub(crate) fn gamma_with_power(a: f64, x: f64) -> (Probability, f64) {
    if !(x > 0.0) {
        return (Probability { below: 0.0, above: 1.0 }, 0.0);
    }
    let power = gamma_power(a, x);
    if power == 0.0 {
        let below = if x < a { 0.0 } else { 1.0 };
        return (Probability { below, above: 1.0 - below }, 0.0);
    }
    if x < a + 1.0 {
        let below = (power * gamma_series(a, x)).min(1.0);
        (Probability { below, above: 1.0 - below }, power)
    } else {
        let above = (power * gamma_fraction(a, x)).min(1.0);
        (Probability { below: 1.0 - above, above }, power)
    }
}

/// `x^a e^-x / Gamma(a)`.
fn gamma_power(a: f64, x: f64) -> f64 {
    if a < STIRLING {
        return exp(a * ln(x) - x - ln_gamma(a));
    }
    (a / (2.0 * PI)).sqrt() * exp(a * ln_1p_less((x - a) / a) - stirling(a))
}

/// DLMF 8.11.4 without the leading power: the sum of `x^k / (a (a + 1) .. (a + k))`.
fn gamma_series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for k in 1..=terms(a) {
        term *= x / (a + k as f64);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// DLMF 8.9.2 without the leading power.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for k in 1..=terms(a) {
        let k = k as f64;
        let numerator = -k * (k - a);
        b += 2.0;
        d = 1.0 / away_from_zero(numerator * d + b);
        c = away_from_zero(b + numerator / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// How many terms a sum or fraction may take: they grow with the square root of the largest parameter.
fn terms(largest: f64) -> u32 {
    (200.0 + 20.0 * largest.max(0.0).sqrt()).min(4e6) as u32
}

#[inline]
fn away_from_zero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// Regularised incomplete beta function `I_x(a, b)` (below) and its complement (above), with `y = 1 - x` given apart so
/// that an `x` near one keeps its digits. For parameters up to about 1e10.
pub fn beta_cdf(a: f64, b: f64, x: f64, y: f64) -> Probability {
    beta_with_power(a, b, x, y).0
}

/// The same, and `x^a y^b / B(a, b)`, which is `x y` times the density.
pub(crate) fn beta_with_power(a: f64, b: f64, x: f64, y: f64) -> (Probability, f64) {
    if !(x > 0.0) {
        return (Probability { below: 0.0, above: 1.0 }, 0.0);
    }
    if !(y > 0.0) {
        return (Probability { below: 1.0, above: 0.0 }, 0.0);
    }
    let power = beta_power(a, b, x, y);
    let left = a * y >= b * x;
    let fraction = match (power == 0.0, left) {
        (true, _) => 0.0,
        (false, true) => beta_fraction(a, b, x, y),
        (false, false) => beta_fraction(b, a, y, x),
    };
    let direct = (power * fraction).min(1.0);
    let lower = Probability { below: direct, above: 1.0 - direct };
    (if left { lower } else { lower.swapped() }, power)
}

/// `x^a y^b / B(a, b)`.
fn beta_power(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if a > b {
        return beta_power(b, a, y, x);
    }
    let sum = a + b;
    if a >= STIRLING {
        let off = x * b - y * a;
        let exponent = a * ln_1p_less(off / a) + b * ln_1p_less(-off / b);
        return (a / (2.0 * PI) * (b / sum)).sqrt() * exp(exponent + stirling(sum) - stirling(a) - stirling(b));
    }
    // ln(1 - x) from whichever of the two is the small one.
    let ln_y = if x < 0.5 { ln_1p(-x) } else { ln(y) };
    if b >= STIRLING {
        // Gamma(a + b) / Gamma(b) by Stirling: the difference of two huge logarithms would keep no digits.
        let ratio = (b - 0.5) * ln_1p(a / b) - a + stirling(sum) - stirling(b);
        return exp(a * (ln(sum) + ln(x)) + b * ln_y + ratio - ln_gamma(a));
    }
    exp(a * ln(x) + b * ln_y + ln_gamma(sum) - ln_gamma(a) - ln_gamma(b))
}

/// The continued fraction of DLMF 8.17.22 in the contracted form of Didonato and Morris (1992, TOMS 708), for `x` below
/// the mean. It takes `a y - b x` as a whole, where the uncontracted form loses digits if one parameter is huge.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let centre = 1.0 + (a * y - b * x);
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / away_from_zero(a * centre / (a + 1.0));
    let mut fraction = d;
    for n in 1..=terms(a.max(b)) {
        let n = n as f64;
        let step = a + 2.0 * n - 1.0;
        let ahead = n * (b - n) * x;
        let numerator = ((a + n - 1.0) / step) * ((a + b + n - 1.0) / step) * ahead * x;
        let denominator = n + ahead / step + (a + n) / (step + 2.0) * (centre + n * (1.0 + y));
        d = 1.0 / away_from_zero(denominator + numerator * d);
        c = away_from_zero(denominator + numerator / c);
        let factor = c * d;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// `ln(1 + d) - d`, with no cancellation for small `d`.
fn ln_1p_less(d: f64) -> f64 {
    if d.abs() > 0.4 {
        return ln_1p(d) - d;
    }
    // ln(1 + d) = 2 artanh(r), and 2 r - d = -d r.
    let r = d / (2.0 + d);
    let square = r * r;
    let series = (0..16).rev().fold(0.0, |sum, k| sum * square + 1.0 / (2 * k + 3) as f64);
    -d * r + 2.0 * r * square * series
}

/// What Stirling's formula for `ln Gamma(a + 1)` leaves out (DLMF 5.11.1), for `a >= 10`.
fn stirling(a: f64) -> f64 {
    const SERIES: [f64; 7] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    let square = 1.0 / (a * a);
    SERIES.iter().rev().fold(0.0, |sum, c| sum * square + c) / a
}

/// Quantile of the gamma distribution with this shape and scale 1.
pub fn gamma_quantile(a: f64, p: Probability) -> f64 {
    // P(a, x) <= x^a / Gamma(a + 1), so this is never too large, and nearly exact in the lower tail.
    let least = exp((ln(p.below) + ln_gamma(a + 1.0)) / a);
    let start = if a > 1.0 {
        // Wilson and Hilferty (1931): the cube root is nearly normal.
        let root = 1.0 - 1.0 / (9.0 * a) + normal_quantile(p) / (3.0 * a.sqrt());
        least.max(a * root * root * root)
    } else {
        let knee = 1.0 - a * (0.253 + a * 0.12);
        if p.below < knee { least } else { least.max(1.0 - ln(p.above / (1.0 - knee))) }
    };
    invert(p, start, f64::INFINITY, |x| {
        let (at, density) = gamma_with_power(a, x);
        Local { at, density, bend: a - 1.0 - x }
    })
}

/// Quantile of the beta distribution as `(x, 1 - x)`, each with full relative accuracy.
pub fn beta_quantile(a: f64, b: f64, p: Probability) -> (f64, f64) {
    // Solve for whichever of x and 1 - x is at most one half.
    let half = beta_cdf(a, b, 0.5, 0.5);
    let left = if p.below <= p.above { half.below >= p.below } else { half.above <= p.above };
    if left {
        let x = beta_quantile_left(a, b, p);
        (x, 1.0 - x)
    } else {
        let y = beta_quantile_left(b, a, p.swapped());
        (1.0 - y, y)
    }
}

/// A beta quantile known to be at most one half.
fn beta_quantile_left(a: f64, b: f64, p: Probability) -> f64 {
    let start = if a >= 1.0 && b >= 1.0 {
        // Abramowitz and Stegun 26.5.22.
        let z = -normal_quantile(p);
        let (u, v) = (1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0));
        let (lambda, h) = ((z * z - 3.0) / 6.0, 2.0 / (u + v));
        let w = z * (lambda + h).sqrt() / h - (v - u) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
        a / (a + b * exp(2.0 * w))
    } else {
        // The two power laws of the ends, joined.
        let left = exp(a * ln(a / (a + b))) / a;
        let whole = left + exp(b * ln(b / (a + b))) / b;
        if p.below < left / whole { pow(a * whole * p.below, 1.0 / a) } else { 1.0 - pow(b * whole * p.above, 1.0 / b) }
    };
    invert(p, start, 0.5, |x| {
        let y = 1.0 - x;
        let (at, power) = beta_with_power(a, b, x, y);
        Local { at, density: power / y, bend: a - 1.0 - (b - 1.0) * x / y }
    })
}

/// What a step of [`invert`] needs to know of a law at `x > 0`.
struct Local {
    /// Probability below and above `x`.
    at: Probability,
    /// `x f(x)`.
    density: f64,
    /// `x f'(x) / f(x)`.
    bend: f64,
}

/// The `x` in `(0, high]` with this probability: Halley's iteration for the logarithm of the smaller tail as a function of
/// `ln x` (a straight line wherever the law is a power law), kept inside a shrinking bracket. Two or three evaluations.
fn invert(target: Probability, start: f64, high: f64, law: impl Fn(f64) -> Local) -> f64 {
    // Below this a quantile is zero for every purpose, and logarithms lose their footing.
    if !(start > 1e-290) && target.below < 0.5 {
        return start.max(0.0);
    }
    let lower = target.below <= target.above;
    let (mut low, mut high) = (0.0, high);
    let mut x = if start > 0.0 && start < high { start } else { between(low, high) };
    for round in 0..200 {
        let here = law(x);
        let (tail, wanted, sign) =
            if lower { (here.at.below, target.below, 1.0) } else { (here.at.above, target.above, -1.0) };
        if sign * (tail - wanted) > 0.0 {
            high = x
        } else {
            low = x
        }
        let miss = ln(tail / wanted);
        let slope = sign * here.density / tail;
        let newton = miss / slope;
        let halley = newton / (1.0 - 0.5 * newton * (1.0 + here.bend - slope)).clamp(0.5, 2.0);
        let next = x * exp(-halley);
        let inside = next >= low && next <= high && round < 50;
        // The error after a step is of the order of the cube of the error before it.
        if inside && miss.abs() < 1e-5 || next == x {
            return next;
        }
        let next = if inside { next } else { between(low, high) };
        if (next - x).abs() <= 1e-16 * x {
            return next;
        }
        x = next;
    }
    x
}

/// A point between two positive numbers, far apart or near: the geometric mean; with an open end, a step towards it.
fn between(low: f64, high: f64) -> f64 {
    match (low > 0.0, high < f64::INFINITY) {
        (true, true) => low.sqrt() * high.sqrt(),
        (true, false) => 2.0 * low,
        (false, true) => high / 1024.0,
        (false, false) => 1.0,
    }
}

#[cfg(test)]
mod tests;
