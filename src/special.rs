//! Normal, incomplete gamma and incomplete beta functions and their inverses, to about 1e-13.
//!
//! Probabilities travel as a pair ([`Probability`]): what lies below and what lies above. Far out in a tail one of the
//! two is tiny, and `1 - p` would have lost it.
//!
//! Sources: NIST Digital Library of Mathematical Functions, 8.11 (incomplete gamma) and 8.17 (incomplete beta);
//! continued fractions by the method of Lentz as modified by Thompson and Barnett (1986); powers over gamma functions
//! in the saddle-point form of Loader (2000), which keeps all digits when parameters are in the thousands or more.

mod normal;

pub use normal::{normal_cdf, normal_density, normal_probabilities, normal_quantile, normal_quantiles};

use crate::math::{exp, ln, ln_1p, ln_gamma, pow};
use std::f64::consts::PI;

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
