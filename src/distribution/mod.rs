//! Uncertain inputs: shapes, exact truncation, quantile functions, means.
//!
//! A [`Shape`] is what the user wrote; a [`Distribution`] is a shape that makes sense, with `min` and `max` applied. One
//! uniform number becomes one value by [`Distribution::quantile`], so that a larger uniform is never a smaller value:
//! scenarios stay comparable draw by draw, and inputs can be correlated through their uniforms. Truncation maps the
//! uniform into the probabilities that remain, `Q(F(min) + u (F(max) - F(min)))`; nothing is clipped or drawn again.
//!
//! To add a distribution: a variant of [`Shape`] with its checks, and the same in `law.rs`.

mod law;
mod mean;
mod metalog;
mod mixture;
mod rows;
mod shape;
mod solve;
mod steps;
mod table;

pub use shape::{LARGEST, MOST_PARTS, MOST_QUANTILES, MOST_VALUES, Shape};

use crate::random::{Stream, uniform};
use crate::special::Probability;
use crate::text::number;
use law::{Law, Truncated};
use rand_distr::Distribution as _;
use rand_distr::weighted::WeightedAliasIndex;
use std::fmt;
use std::sync::Arc;
use table::{Found, Table};

/// Less kept probability than this is refused: so narrow a truncation is a mistake in the numbers.
const LEAST_KEPT: f64 = 1e-9;

/// Why numbers make no distribution: what was found and what is allowed, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDistribution(String);

impl fmt::Display for InvalidDistribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidDistribution {}

pub(crate) fn refuse<T>(message: impl Into<String>) -> Result<T, InvalidDistribution> {
    Err(InvalidDistribution(message.into()))
}

/// A validated distribution, possibly truncated. Cheap to clone apart from its shape: clones share tables.
#[derive(Clone, Debug)]
pub struct Distribution {
    shape: Shape,
    min: Option<f64>,
    max: Option<f64>,
    law: Truncated,
    /// The quantile function where it has no closed form.
    table: Option<Arc<Table>>,
    /// Picks a value or part in one step. Its arithmetic is `+ - * /` on `f64` with `u32` indices, the same everywhere.
    alias: Option<Arc<WeightedAliasIndex<f64>>>,
}

/// Two distributions are equal if they were made of equal numbers; all else follows from these.
impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        self.min == other.min && self.max == other.max && self.shape == other.shape
    }
}

impl Distribution {
    /// The distribution of this shape, given that it lies from `min` to `max`.
    ///
    /// # Errors
    /// A parameter out of range or not a number, a `min` above `max`, a truncation that keeps a probability below 1e-9,
    /// elicited quantiles through which no metalog rises.
    pub fn new(shape: Shape, min: Option<f64>, max: Option<f64>) -> Result<Distribution, InvalidDistribution> {
        shape.check()?;
        // Zero has one sign: a rate of minus zero would be one over minus infinity.
        let [min, max] = [min, max].map(|bound| bound.map(|x| x + 0.0));
        for (name, bound) in [("min", min), ("max", max)] {
            bound.map_or(Ok(()), |x| shape::finite(name, x))?;
        }
        if let (Some(min), Some(max)) = (min, max)
            && !(min <= max)
        {
            let [min, max] = [min, max].map(number);
            return refuse(format!("min is {min} and max is {max}; min must not be above max"));
        }
        let law = Law::new(&shape)?;
        let Some((law, kept)) = Truncated::new(law, min, max) else {
            return refuse(too_little_kept(0.0));
        };
        if !(kept >= LEAST_KEPT) {
            return refuse(too_little_kept(kept));
        }
        law.check_mean()?;
        let table = law.needs_table().then(|| Arc::new(Table::new(&law)));
        let alias = match law.weights() {
            Some(weights) => match WeightedAliasIndex::new(weights) {
                Ok(index) => Some(Arc::new(index)),
                Err(_) => return refuse("the weights cannot be used"),
            },
            None => None,
        };
        Ok(Distribution { shape, min, max, law, table, alias })
    }

    /// What it was made of, without the truncation.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The value below which a draw falls with probability `u`, for `u` in (0, 1): non-decreasing in `u`, within
    /// [`Distribution::bounds`], always finite. A `u` outside, or not a number, counts as the nearest one inside.
    ///
    /// Closed forms where there are; else cubic pieces in `u` with a relative error below 1e-6, and the exact solution of
    /// `cdf(x) = u` for `u` within 2^-16 of 0 or 1 and wherever the function is not smooth.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        let u = if u > 1e-300 { u.min(1.0 - f64::EPSILON / 2.0) } else { 1e-300 };
        match &self.table {
            None => self.law.quantile(Probability::of(u)),
            Some(table) => match table.look_up(u) {
                Found::Value(x) => x.clamp(self.law.low, self.law.high),
                // What is solved keeps within its cell, so that the whole is monotone.
                Found::Between(low, high) => self.law.quantile(Probability::of(u)).max(low).min(high),
            },
        }
    }

    /// One fresh draw: the quantile of a uniform number, or a direct pick for values with weights and for mixtures.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match (&self.alias, &self.law.law) {
            (Some(alias), Law::Steps(steps)) => steps.values[alias.sample(stream)],
            (Some(alias), Law::Mixture(mixture)) => mixture.parts[alias.sample(stream)].1.sample(stream),
            _ => {
                // By the same formulas as several at once, so that a disruption draws the same either way.
                let mut row = [uniform(stream)];
                self.quantiles(&mut row, &[true]);
                row[0]
            }
        }
    }

    /// Whether [`Distribution::sample`] takes one number, and gives its quantile.
    pub fn takes_one(&self) -> bool {
        self.alias.is_none()
    }

    /// Passes over the numbers that [`Distribution::sample`] would take.
    #[inline]
    pub fn pass_over(&self, stream: &mut Stream) {
        if self.takes_one() {
            uniform(stream);
        } else {
            self.sample(stream);
        }
    }

    /// Mean: a closed form where the shape has one, else the integral of the quantile function, to about 1e-10.
    pub fn mean(&self) -> f64 {
        self.law.mean()
    }

    /// Mean of a draw or `most`, whichever is smaller.
    pub fn mean_up_to(&self, most: f64) -> f64 {
        let (low, high) = self.bounds();
        if high <= most {
            return self.mean();
        }
        match self.law.cut_again(low, most).filter(|_| low < most) {
            Some((below, share)) => share * below.mean() + (1.0 - share) * most,
            None => most,
        }
    }

    /// Smallest and largest possible value; infinite for a tail that never ends.
    pub fn bounds(&self) -> (f64, f64) {
        (self.law.low, self.law.high)
    }

    /// The value, if only one is possible.
    pub fn constant(&self) -> Option<f64> {
        (self.law.low == self.law.high).then_some(self.law.low)
    }

    /// Probability of a value up to `x`; not a number if `x` is none.
    pub fn cdf(&self, x: f64) -> f64 {
        if x.is_nan() { f64::NAN } else { self.law.up_to(x).below }
    }
}

fn too_little_kept(kept: f64) -> String {
    format!(
        "min and max keep a probability of {} of this distribution; at least {LEAST_KEPT:e} is needed: widen them or \
         correct the parameters",
        number(kept)
    )
}

#[cfg(test)]
mod tests;
