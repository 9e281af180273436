//! What the user wrote: the shapes, their checks, and other ways to name their parameters.

use super::{Distribution, InvalidDistribution, refuse};
use crate::math::{ln, ln_1p};
use crate::special::{Probability, normal_quantile};
use crate::text::number;

/// Values and parameters lie between minus and plus this.
pub const LARGEST: f64 = 1e15;
/// Most values of a discrete or empirical distribution, and of all discrete parts of a mixture together.
pub const MOST_VALUES: usize = 10_000;
/// Most parts of a mixture, those of nested mixtures included. Each has its own table, and all are asked at every step.
pub const MOST_PARTS: usize = 100;
/// Most elicited quantiles.
pub const MOST_QUANTILES: usize = 10;

/// What the user wrote, already in numbers. Values are in the unit of the input.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Always this value.
    Constant(f64),
    /// Equally likely everywhere between two values.
    Uniform {
        /// Smallest value.
        min: f64,
        /// Largest value, above `min`.
        max: f64,
    },
    /// Density rising in a straight line to the mode and falling in another.
    Triangular {
        /// Smallest value.
        min: f64,
        /// Most likely value.
        mode: f64,
        /// Largest value, above `min`.
        max: f64,
    },
    /// Beta distribution between `min` and `max` with mean `(min + 4 mode + max) / 6` (Malcolm and others, 1959).
    Pert {
        /// Smallest value.
        min: f64,
        /// Most likely value.
        mode: f64,
        /// Largest value, above `min`.
        max: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, above 0.
        sd: f64,
    },
    /// The logarithm is normal.
    LogNormal {
        /// Mean of the natural logarithm.
        mu: f64,
        /// Standard deviation of the natural logarithm, above 0 and at most 20.
        sigma: f64,
    },
    /// Beta on 0 to 1.
    Beta {
        /// First parameter, from 0.001 to 1 000 000.
        alpha: f64,
        /// Second parameter, from 0.001 to 1 000 000.
        beta: f64,
    },
    /// Gamma, with mean `shape * scale`.
    Gamma {
        /// Shape, from 0.001 to 1 000 000.
        shape: f64,
        /// Scale in the unit of the value, above 0.
        scale: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean, above 0.
        mean: f64,
    },
    /// Weibull: `P(X > x) = exp(-(x / scale)^shape)`.
    Weibull {
        /// Shape, from 0.05 to 1 000 000.
        shape: f64,
        /// Scale in the unit of the value, above 0.
        scale: f64,
    },
    /// One of some values.
    Discrete {
        /// The values, in any order; equal ones count together.
        values: Vec<f64>,
        /// How likely each is, in any common unit; not negative, not all zero.
        weights: Vec<f64>,
    },
    /// One of the values, each as likely as the others: the inverse of their step function.
    Empirical {
        /// The values, in any order; equal ones count as often as they occur.
        values: Vec<f64>,
    },
    /// The metalog through these quantiles, its log form with one bound and its logit form with two (Keelin 2016, "The
    /// metalog distributions", Decision Analysis 13).
    Elicited {
        /// `(probability, value)`, two to ten, in any order.
        quantiles: Vec<(f64, f64)>,
        /// No value is below this.
        lower: Option<f64>,
        /// No value is above this.
        upper: Option<f64>,
    },
    /// One of some distributions.
    Mixture {
        /// `(weight, part)`; weights in any common unit, not negative, not all zero.
        parts: Vec<(f64, Distribution)>,
    },
}

impl Shape {
    /// Lognormal with this median and standard deviation `sigma` of the natural logarithm.
    ///
    /// # Errors
    /// Unless both are above 0 and finite.
    pub fn lognormal_from_median(median: f64, sigma: f64) -> Result<Shape, InvalidDistribution> {
        positive("the median", median)?;
        within("sigma", sigma, 0.0, 20.0)?;
        Ok(Shape::LogNormal { mu: ln(median), sigma })
    }

    /// Lognormal with this mean and standard deviation of the value itself.
    ///
    /// # Errors
    /// Unless both are above 0 and finite.
    pub fn lognormal_from_mean(mean: f64, sd: f64) -> Result<Shape, InvalidDistribution> {
        positive("the mean", mean)?;
        positive("the standard deviation", sd)?;
        let variance = ln_1p((sd / mean) * (sd / mean));
        Ok(Shape::LogNormal { mu: ln(mean) - 0.5 * variance, sigma: variance.sqrt() })
    }

    /// Lognormal with `P(X <= x1) = p1` and `P(X <= x2) = p2`, such as 0.1, 7, 0.9, 20.
    ///
    /// # Errors
    /// Unless the values are above 0, the probabilities within (0, 1), and the larger value has the larger probability.
    pub fn lognormal_from_quantiles(p1: f64, x1: f64, p2: f64, x2: f64) -> Result<Shape, InvalidDistribution> {
        for (p, x) in [(p1, x1), (p2, x2)] {
            positive("a quantile of a lognormal", x)?;
            open_unit("the probability of a quantile", p)?;
        }
        let z = normal_quantile(Probability::of(p2)) - normal_quantile(Probability::of(p1));
        let sigma = (ln(x2) - ln(x1)) / z;
        if !(sigma > 0.0) {
            let [x1, p1, x2, p2] = [x1, p1, x2, p2].map(number);
            return refuse(format!(
                "the quantiles {x1} at probability {p1} and {x2} at probability {p2} do not rise together: of two \
                 different values the larger must have the larger probability"
            ));
        }
        within("sigma", sigma, 0.0, 20.0)?;
        Ok(Shape::LogNormal { mu: ln(x1) - sigma * normal_quantile(Probability::of(p1)), sigma })
    }

    /// Beta on 0 to 1 with this mean and standard deviation.
    ///
    /// # Errors
    /// Unless the mean is within (0, 1) and `sd` is above 0 and below `sqrt(mean (1 - mean))`.
    pub fn beta_from_mean(mean: f64, sd: f64) -> Result<Shape, InvalidDistribution> {
        open_unit("the mean of a beta distribution", mean)?;
        positive("the standard deviation", sd)?;
        let most = mean * (1.0 - mean);
        if !(sd * sd < most) {
            let [mean, sd, most] = [mean, sd, most.sqrt()].map(number);
            return refuse(format!(
                "the standard deviation of a beta distribution with mean {mean} is {sd}; it must be below {most}"
            ));
        }
        let size = most / (sd * sd) - 1.0;
        let (alpha, beta) = (mean * size, (1.0 - mean) * size);
        for parameter in [alpha, beta] {
            within("a parameter", parameter, 1e-3, 1e6).or_else(|_| {
                let [mean, sd, alpha, beta] = [mean, sd, alpha, beta].map(number);
                refuse(format!(
                    "a beta distribution with mean {mean} and standard deviation {sd} has the parameters alpha {alpha} \
                     and beta {beta}; each must be from 0.001 to 1000000"
                ))
            })?;
        }
        Ok(Shape::Beta { alpha, beta })
    }

    /// Gamma with this mean and standard deviation.
    ///
    /// # Errors
    /// Unless both are above 0, and `sd` is from 0.001 to 31 times the mean.
    pub fn gamma_from_mean(mean: f64, sd: f64) -> Result<Shape, InvalidDistribution> {
        positive("the mean of a gamma distribution", mean)?;
        positive("the standard deviation", sd)?;
        let shape = (mean / sd) * (mean / sd);
        within("shape", shape, 1e-3, 1e6).or_else(|_| {
            let [mean, sd] = [mean, sd].map(number);
            refuse(format!(
                "the standard deviation {sd} of a gamma distribution must be from 0.001 to 31 times its mean {mean}"
            ))
        })?;
        Ok(Shape::Gamma { shape, scale: mean / shape })
    }

    /// Everything that can be said of the parameters alone.
    pub(super) fn check(&self) -> Result<(), InvalidDistribution> {
        match self {
            Shape::Constant(value) => finite("the value", *value),
            Shape::Uniform { min, max } => ordered(*min, *max),
            Shape::Triangular { min, mode, max } | Shape::Pert { min, mode, max } => {
                ordered(*min, *max)?;
                finite("mode", *mode)?;
                if !(mode >= min && mode <= max) {
                    let [min, mode, max] = [min, mode, max].map(|x| number(*x));
                    return refuse(format!("mode is {mode}; it must lie from min {min} to max {max}"));
                }
                Ok(())
            }
            Shape::Normal { mean, sd } => finite("mean", *mean).and_then(|()| positive("sd", *sd)),
            Shape::LogNormal { mu, sigma } => {
                if !(mu.abs() <= 100.0) {
                    return refuse(format!(
                        "mu is {}; it is the logarithm of the median and must be from -100 to 100",
                        number(*mu)
                    ));
                }
                within("sigma", *sigma, 0.0, 20.0)
            }
            Shape::Beta { alpha, beta } => {
                within("alpha", *alpha, 1e-3, 1e6).and_then(|()| within("beta", *beta, 1e-3, 1e6))
            }
            Shape::Gamma { shape, scale } => {
                within("shape", *shape, 1e-3, 1e6).and_then(|()| positive("scale", *scale))
            }
            Shape::Exponential { mean } => positive("mean", *mean),
            Shape::Weibull { shape, scale } => {
                within("shape", *shape, 0.05, 1e6).and_then(|()| positive("scale", *scale))
            }
            Shape::Discrete { values, weights } => check_values(values).and_then(|()| {
                if values.len() != weights.len() {
                    return refuse(format!("there are {} values and {} weights", values.len(), weights.len()));
                }
                check_weights(weights.iter().copied())
            }),
            Shape::Empirical { values } => check_values(values),
            // The fit looks at its quantiles itself.
            Shape::Elicited { .. } => Ok(()),
            Shape::Mixture { parts } => check_count("parts", parts.len(), MOST_PARTS)
                .and_then(|()| check_weights(parts.iter().map(|(weight, _)| *weight))),
        }
    }
}

/// The size of the number is within what the program computes with.
pub(super) fn finite(name: &str, x: f64) -> Result<(), InvalidDistribution> {
    if !(x.abs() < LARGEST) {
        return refuse(format!("{name} is {}; it must be a number between -1e15 and 1e15", number(x)));
    }
    Ok(())
}

fn positive(name: &str, x: f64) -> Result<(), InvalidDistribution> {
    if !(1e-15..LARGEST).contains(&x) {
        return refuse(format!(
            "{name} is {}; it must be a number above 0 (from 1e-15 to 1e15); for a fixed value write the number itself",
            number(x)
        ));
    }
    Ok(())
}

/// Above `low` if that is zero, else from it; up to `high`.
fn within(name: &str, x: f64, low: f64, high: f64) -> Result<(), InvalidDistribution> {
    if !(x > 0.0 && x >= low && x <= high) {
        let from = if low > 0.0 { format!("from {low}") } else { "above 0, up".to_owned() };
        return refuse(format!("{name} is {}; it must be a number {from} to {high}", number(x)));
    }
    Ok(())
}

pub(super) fn open_unit(name: &str, x: f64) -> Result<(), InvalidDistribution> {
    if !(x > 0.0 && x < 1.0) {
        return refuse(format!("{name} is {}; it must be above 0 and below 1", number(x)));
    }
    Ok(())
}

fn ordered(min: f64, max: f64) -> Result<(), InvalidDistribution> {
    finite("min", min)?;
    finite("max", max)?;
    if !(min < max) {
        return refuse(format!(
            "min is {} and max is {}; min must be below max; for a fixed value write the number itself",
            number(min),
            number(max)
        ));
    }
    Ok(())
}

pub(super) fn check_count(what: &str, count: usize, most: usize) -> Result<(), InvalidDistribution> {
    if count == 0 || count > most {
        return refuse(format!("there are {count} {what}; there must be from 1 to {most}"));
    }
    Ok(())
}

fn check_values(values: &[f64]) -> Result<(), InvalidDistribution> {
    check_count("values", values.len(), MOST_VALUES)?;
    values.iter().try_for_each(|value| finite("a value", *value))
}

fn check_weights(mut weights: impl Iterator<Item = f64> + Clone) -> Result<(), InvalidDistribution> {
    if let Some(wrong) = weights.clone().find(|weight| !(*weight >= 0.0 && *weight < LARGEST)) {
        return refuse(format!("a weight is {}; weights must be numbers from 0 to 1e15", number(wrong)));
    }
    if !weights.any(|weight| weight >= 1e-15) {
        return refuse("all weights are zero; at least one must be above 0");
    }
    Ok(())
}
