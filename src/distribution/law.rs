//! Shapes made ready to compute with, before and after truncation.

use super::InvalidDistribution;
use super::metalog::Metalog;
use super::mixture::Mixture;
use super::shape::Shape;
use super::steps::Steps;
use crate::math::{exp, exp_in_row, exp_m1, ln, ln_1p, pow};
use crate::special::{
    Probability, beta_cdf, beta_quantile, beta_with_power, gamma_cdf, gamma_quantile, gamma_with_power, normal_cdf,
    normal_density, normal_quantile,
};
use std::sync::Arc;

/// A distribution before truncation. Its parameters were checked.
#[derive(Clone, Debug)]
pub(super) enum Law {
    Constant(f64),
    Uniform {
        min: f64,
        max: f64,
    },
    Triangular {
        min: f64,
        mode: f64,
        max: f64,
    },
    /// On `low` to `low + width`: beta and PERT.
    Beta {
        alpha: f64,
        beta: f64,
        low: f64,
        width: f64,
    },
    Normal {
        mean: f64,
        sd: f64,
    },
    LogNormal {
        mu: f64,
        sigma: f64,
    },
    Gamma {
        shape: f64,
        scale: f64,
    },
    Exponential {
        mean: f64,
    },
    Weibull {
        shape: f64,
        scale: f64,
    },
    /// Discrete and empirical.
    Steps(Arc<Steps>),
    Metalog(Metalog),
    Mixture(Arc<Mixture>),
}

const NOTHING: Probability = Probability { below: 0.0, above: 1.0 };
const ALL: Probability = Probability { below: 1.0, above: 0.0 };

impl Law {
    pub fn new(shape: &Shape) -> Result<Law, InvalidDistribution> {
        Ok(match *shape {
            // As in `Steps::new`: no law draws a minus zero.
            Shape::Constant(value) => Law::Constant(value + 0.0),
            Shape::Uniform { min, max } => Law::Uniform { min, max },
            Shape::Triangular { min, mode, max } => Law::Triangular { min, mode, max },
            Shape::Pert { min, mode, max } => {
                let width = max - min;
                let (alpha, beta) = (1.0 + 4.0 * (mode - min) / width, 1.0 + 4.0 * (max - mode) / width);
                Law::Beta { alpha, beta, low: min, width }
            }
            Shape::Normal { mean, sd } => Law::Normal { mean, sd },
            Shape::LogNormal { mu, sigma } => Law::LogNormal { mu, sigma },
            Shape::Beta { alpha, beta } => Law::Beta { alpha, beta, low: 0.0, width: 1.0 },
            Shape::Gamma { shape, scale } => Law::Gamma { shape, scale },
            Shape::Exponential { mean } => Law::Exponential { mean },
            Shape::Weibull { shape, scale } => Law::Weibull { shape, scale },
            Shape::Discrete { ref values, ref weights } => {
                Law::Steps(Arc::new(Steps::new(values.iter().copied().zip(weights.iter().copied()).collect())))
            }
            Shape::Empirical { ref values } => {
                Law::Steps(Arc::new(Steps::new(values.iter().map(|value| (*value, 1.0)).collect())))
            }
            Shape::Elicited { ref quantiles, lower, upper } => Law::Metalog(Metalog::new(quantiles, lower, upper)?),
            Shape::Mixture { ref parts } => Law::Mixture(Arc::new(Mixture::new(parts)?)),
        })
    }

    /// `P(X <= x)` and `P(X > x)`.
    pub fn up_to(&self, x: f64) -> Probability {
        match self {
            Law::Constant(value) => {
                if x < *value {
                    NOTHING
                } else {
                    ALL
                }
            }
            Law::Uniform { min, max } => {
                inside(x, *min, *max, || Probability { below: (x - min) / (max - min), above: (max - x) / (max - min) })
            }
            Law::Triangular { min, mode, max } => inside(x, *min, *max, || triangular(*min, *mode, *max, x)),
            Law::Beta { alpha, beta, low, width } => {
                inside(x, *low, low + width, || beta_cdf(*alpha, *beta, (x - low) / width, (width - (x - low)) / width))
            }
            Law::Normal { mean, sd } => normal_cdf((x - mean) / sd),
            Law::LogNormal { mu, sigma } => inside(x, 0.0, f64::INFINITY, || normal_cdf((ln(x) - mu) / sigma)),
            Law::Gamma { shape, scale } => inside(x, 0.0, f64::INFINITY, || gamma_cdf(*shape, x / scale)),
            Law::Exponential { mean } => inside(x, 0.0, f64::INFINITY, || survival(x / mean)),
            Law::Weibull { shape, scale } => inside(x, 0.0, f64::INFINITY, || survival(pow(x / scale, *shape))),
            Law::Steps(steps) => steps.up_to(x),
            Law::Metalog(metalog) => {
                let (low, high) = metalog.support();
                inside(x, low, high, || metalog.cdf(x))
            }
            Law::Mixture(mixture) => mixture.blend(|part| part.law.up_to(x)),
        }
    }

    /// `P(X < x)` and `P(X >= x)`.
    pub fn before(&self, x: f64) -> Probability {
        match self {
            Law::Constant(value) => {
                if x <= *value {
                    NOTHING
                } else {
                    ALL
                }
            }
            Law::Steps(steps) => steps.before(x),
            Law::Mixture(mixture) => mixture.blend(|part| part.law.before(x)),
            _ => self.up_to(x),
        }
    }

    /// Density at `x`; for a mixture that of its continuous parts.
    pub fn density(&self, x: f64) -> f64 {
        let (low, high) = self.support();
        if !(x > low && x < high) {
            return 0.0;
        }
        match self {
            Law::Constant(_) | Law::Steps(_) => 0.0,
            Law::Uniform { min, max } => 1.0 / (max - min),
            Law::Triangular { min, mode, max } => {
                let rising = x < *mode;
                2.0 / (max - min) * if rising { (x - min) / (mode - min) } else { (max - x) / (max - mode) }
            }
            Law::Beta { alpha, beta, low, width } => {
                let (x, y) = ((x - low) / width, (width - (x - low)) / width);
                beta_with_power(*alpha, *beta, x, y).1 / (x * y * width)
            }
            Law::Normal { mean, sd } => normal_density((x - mean) / sd) / sd,
            Law::LogNormal { mu, sigma } => normal_density((ln(x) - mu) / sigma) / (sigma * x),
            Law::Gamma { shape, scale } => gamma_with_power(*shape, x / scale).1 / x,
            Law::Exponential { mean } => exp(-x / mean) / mean,
            Law::Weibull { shape, scale } => {
                let power = pow(x / scale, *shape);
                shape * power * exp(-power) / x
            }
            Law::Metalog(metalog) => metalog.density(x),
            Law::Mixture(mixture) => mixture.parts.iter().map(|(share, part)| share * part.law.density(x)).sum(),
        }
    }

    /// The smallest `x` with `P(X <= x) >= p`.
    pub fn quantile(&self, p: Probability) -> f64 {
        match self {
            Law::Constant(value) => *value,
            // From the nearer end, so that neither end is missed by a rounding.
            Law::Uniform { min, max } => {
                if p.below < 0.5 {
                    min + p.below * (max - min)
                } else {
                    max - p.above * (max - min)
                }
            }
            Law::Triangular { min, mode, max } => {
                let width = max - min;
                if p.below * width < mode - min {
                    min + (p.below * width * (mode - min)).sqrt()
                } else {
                    max - (p.above * width * (max - mode)).sqrt()
                }
            }
            Law::Beta { alpha, beta, low, width } => {
                let (x, y) = beta_quantile(*alpha, *beta, p);
                if x < 0.5 { low + width * x } else { (low + width) - width * y }
            }
            Law::Normal { mean, sd } => mean + sd * normal_quantile(p),
            Law::LogNormal { mu, sigma } => exp_in_row(mu + sigma * normal_quantile(p)),
            Law::Gamma { shape, scale } => scale * gamma_quantile(*shape, p),
            Law::Exponential { mean } => mean * minus_ln_above(p),
            Law::Weibull { shape, scale } => scale * pow(minus_ln_above(p), 1.0 / shape),
            Law::Steps(steps) => steps.quantile(p),
            Law::Metalog(metalog) => metalog.quantile(p),
            Law::Mixture(mixture) => mixture.quantile(p),
        }
    }

    /// Smallest and largest possible value.
    pub fn support(&self) -> (f64, f64) {
        match self {
            Law::Constant(value) => (*value, *value),
            Law::Uniform { min, max } | Law::Triangular { min, max, .. } => (*min, *max),
            Law::Beta { low, width, .. } => (*low, low + width),
            Law::Normal { .. } => (f64::NEG_INFINITY, f64::INFINITY),
            Law::LogNormal { .. } | Law::Gamma { .. } | Law::Exponential { .. } | Law::Weibull { .. } => {
                (0.0, f64::INFINITY)
            }
            Law::Steps(steps) => steps.support(),
            Law::Metalog(metalog) => metalog.support(),
            Law::Mixture(mixture) => mixture.support(),
        }
    }

    /// Values that have a probability of their own.
    pub fn atoms(&self) -> Vec<f64> {
        match self {
            Law::Constant(value) => vec![*value],
            Law::Steps(steps) => steps.values.clone(),
            Law::Mixture(mixture) => mixture.atoms(),
            _ => Vec::new(),
        }
    }
}

/// `x` at the ends of the support needs no formula, and beyond them must not meet one.
fn inside(x: f64, low: f64, high: f64, formula: impl FnOnce() -> Probability) -> Probability {
    if !(x > low) {
        NOTHING
    } else if !(x < high) {
        ALL
    } else {
        formula()
    }
}

fn triangular(min: f64, mode: f64, max: f64, x: f64) -> Probability {
    let width = max - min;
    if x < mode {
        let below = (x - min) / width * ((x - min) / (mode - min));
        Probability { below, above: 1.0 - below }
    } else {
        let above = (max - x) / width * ((max - x) / (max - mode));
        Probability { below: 1.0 - above, above }
    }
}

/// Survival `e^-x` and its complement.
fn survival(x: f64) -> Probability {
    Probability { below: -exp_m1(-x), above: exp(-x) }
}

fn minus_ln_above(p: Probability) -> f64 {
    if p.below < 0.5 { -ln_1p(-p.below) } else { -ln(p.above) }
}

/// The probabilities of a law that a truncation keeps.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// At `min`: what is cut off below, and the rest.
    start: Probability,
    /// At `max`: the rest, and what is cut off above.
    end: Probability,
    /// What is kept.
    kept: f64,
}

/// A law given that it lies between two values.
#[derive(Clone, Debug)]
pub(super) struct Truncated {
    pub law: Law,
    window: Option<Window>,
    /// Smallest possible value.
    pub low: f64,
    /// Largest possible value.
    pub high: f64,
}

impl Truncated {
    /// With the probability kept. `None` if nothing is.
    pub fn new(law: Law, min: Option<f64>, max: Option<f64>) -> Option<(Truncated, f64)> {
        let (min, max) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
        let (low, high) = law.support();
        if min <= low && max >= high {
            return Some((Truncated { law, window: None, low, high }, 1.0));
        }
        if let Law::Steps(steps) = &law {
            // Fewer steps are again steps.
            let (steps, kept) = steps.within(min, max)?;
            let (low, high) = steps.support();
            return Some((Truncated { law: Law::Steps(Arc::new(steps)), window: None, low, high }, kept));
        }
        let (low, high) = match &law {
            Law::Mixture(mixture) => mixture.support_within(min, max)?,
            _ => (low.max(min), high.min(max)),
        };
        let (start, end) = (law.before(min), law.up_to(max));
        // The difference of the two small numbers, not of the two large ones.
        let kept = if start.below > 0.5 { start.above - end.above } else { end.below - start.below };
        let kept = if start.below <= 0.5 && end.above <= 0.5 { 1.0 - start.below - end.above } else { kept };
        let window = Some(Window { start, end, kept });
        (kept > 0.0 && low <= high).then_some((Truncated { law, window, low, high }, kept))
    }

    /// The same cut further, to values from `low` to `high` that are within its bounds, and how much of it that keeps.
    pub fn cut_again(&self, low: f64, high: f64) -> Option<(Truncated, f64)> {
        let (law, kept) = Truncated::new(self.law.clone(), Some(low), Some(high))?;
        Some((law, kept / self.window.map_or(1.0, |window| window.kept)))
    }

    /// `P(X <= x)` and `P(X > x)`.
    pub fn up_to(&self, x: f64) -> Probability {
        self.seen(self.law.up_to(x), !(x < self.high), x < self.low)
    }

    /// `P(X < x)` and `P(X >= x)`.
    pub fn before(&self, x: f64) -> Probability {
        self.seen(self.law.before(x), x > self.high, !(x > self.low))
    }

    fn seen(&self, p: Probability, all: bool, nothing: bool) -> Probability {
        match self.window {
            None => p,
            Some(_) if all => ALL,
            Some(_) if nothing => NOTHING,
            Some(Window { start, end, kept }) => Probability {
                below: ((p.below - start.below) / kept).clamp(0.0, 1.0),
                above: ((p.above - end.above) / kept).clamp(0.0, 1.0),
            },
        }
    }

    pub fn density(&self, x: f64) -> f64 {
        if !(x >= self.low && x <= self.high) {
            return 0.0;
        }
        self.law.density(x) / self.window.map_or(1.0, |window| window.kept)
    }

    /// The smallest `x` with `P(X <= x) >= p`, by closed form or exact solution: finite and within the bounds.
    #[inline]
    pub fn quantile(&self, p: Probability) -> f64 {
        let p = match self.window {
            None => p,
            Some(Window { start, end, kept }) => {
                Probability { below: start.below + p.below * kept, above: end.above + p.above * kept }
            }
        };
        let x = self.law.quantile(p);
        x.max(self.low.max(f64::MIN)).min(self.high.min(f64::MAX))
    }

    /// Smallest and largest possible value from `min` to `max`; `None` if there is none.
    pub fn support_within(&self, min: f64, max: f64) -> Option<(f64, f64)> {
        let (min, max) = (min.max(self.low), max.min(self.high));
        match &self.law {
            Law::Steps(steps) => steps.within(min, max).map(|(steps, _)| steps.support()),
            Law::Mixture(mixture) => mixture.support_within(min, max),
            _ => (min <= max).then_some((min, max)),
        }
    }

    /// Parts that are no mixtures: one, unless this is a mixture.
    pub fn leaves(&self) -> usize {
        match &self.law {
            Law::Mixture(mixture) => mixture.leaves(),
            _ => 1,
        }
    }

    /// Is any probability cut off?
    pub fn is_cut(&self) -> bool {
        self.window.is_some()
    }

    /// Values that have a probability of their own.
    pub fn atoms(&self) -> Vec<f64> {
        let mut atoms = self.law.atoms();
        atoms.retain(|x| *x >= self.low && *x <= self.high);
        atoms
    }

    /// Has the quantile function no closed form?
    pub fn needs_table(&self) -> bool {
        matches!(self.law, Law::Beta { .. } | Law::Gamma { .. } | Law::Mixture(_)) && self.low < self.high
    }

    /// Weights for a direct pick, where that is possible.
    pub fn weights(&self) -> Option<Vec<f64>> {
        match &self.law {
            Law::Steps(steps) => Some(steps.weights()),
            Law::Mixture(mixture) if !self.is_cut() => Some(mixture.parts.iter().map(|(share, _)| *share).collect()),
            _ => None,
        }
    }

    /// Truncation may heal what this refuses: a tail so heavy that there is no mean.
    pub fn check_mean(&self) -> Result<(), InvalidDistribution> {
        match &self.law {
            Law::Metalog(metalog) => metalog.check_mean(self.low, self.high),
            _ => Ok(()),
        }
    }
}
