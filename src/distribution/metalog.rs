//! The metalog distribution through elicited quantiles.
//!
//! Keelin (2016), "The metalog distributions", Decision Analysis 13(4): a quantile function `A(c) + L B(c)` of
//! `L = ln(y / (1 - y))` and `c = y - 1/2` with polynomials `A` and `B`. As many terms as quantiles, so it meets each of
//! them. With a lower bound the logarithm of the distance to it is metalog, with two bounds the logit.

use super::shape::{MOST_QUANTILES, finite, open_unit};
use super::solve::{Height, rise_to};
use super::{InvalidDistribution, refuse};
use crate::math::{exp, ln};
use crate::special::Probability;
use crate::text::number;

/// Powers of `c` in either polynomial, enough for ten terms.
const POWERS: usize = 5;

#[derive(Clone, Debug)]
pub(super) struct Metalog {
    /// `A`, by rising powers.
    location: [f64; POWERS],
    /// `B`, by rising powers.
    scale: [f64; POWERS],
    lower: Option<f64>,
    upper: Option<f64>,
}

/// Of which polynomial and power the terms are, in Keelin's order.
fn term(k: usize) -> (bool, usize) {
    match k {
        0 => (false, 0),
        1 => (true, 0),
        2 => (true, 1),
        3 => (false, 1),
        // From here on the odd ones, counted from one, are plain and the even ones carry L.
        _ => (k % 2 == 1, k / 2),
    }
}

impl Metalog {
    pub fn new(
        quantiles: &[(f64, f64)],
        lower: Option<f64>,
        upper: Option<f64>,
    ) -> Result<Metalog, InvalidDistribution> {
        let mut quantiles = quantiles.to_vec();
        quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
        check(&quantiles, lower, upper)?;
        let mut metalog = Metalog { location: [0.0; POWERS], scale: [0.0; POWERS], lower, upper };
        let rows: Vec<Vec<f64>> = quantiles
            .iter()
            .map(|&(p, x)| {
                let (logit, c) = (logit(Probability::of(p)), p - 0.5);
                let mut row: Vec<f64> = (0..quantiles.len())
                    .map(|k| {
                        let (scaled, power) = term(k);
                        (0..power).fold(if scaled { logit } else { 1.0 }, |product, _| product * c)
                    })
                    .collect();
                row.push(metalog.unbounded(x));
                row
            })
            .collect();
        let Some(solution) = solve_linear(rows) else {
            return refuse("the probabilities of the quantiles are too close to each other");
        };
        for (k, coefficient) in solution.into_iter().enumerate() {
            let (scaled, power) = term(k);
            if scaled { metalog.scale[power] = coefficient } else { metalog.location[power] = coefficient }
        }
        metalog.check_rises()?;
        for &(p, x) in &quantiles {
            let found = metalog.quantile(Probability::of(p));
            let spread = quantiles[quantiles.len() - 1].1 - quantiles[0].1;
            if !((found - x).abs() <= 1e-8 * spread) {
                return refuse("the probabilities of the quantiles are too close to each other");
            }
        }
        Ok(metalog)
    }

    /// The value on the scale on which the law is metalog.
    fn unbounded(&self, x: f64) -> f64 {
        match (self.lower, self.upper) {
            (None, None) => x,
            (Some(lower), None) => ln(x - lower),
            (None, Some(upper)) => -ln(upper - x),
            (Some(lower), Some(upper)) => ln((x - lower) / (upper - x)),
        }
    }

    /// Value and slope by `L` on that scale.
    fn at(&self, p: Probability, logit: f64) -> (f64, f64) {
        let c = 0.5 * (p.below - p.above);
        let (a, a_slope) = polynomial(&self.location, c);
        let (b, b_slope) = polynomial(&self.scale, c);
        (a + logit * b, b + (a_slope + logit * b_slope) * p.below * p.above)
    }

    /// The quantile function must rise: looked at in 4001 places out to probabilities of 1e-17, and where both tails end.
    fn check_rises(&self) -> Result<(), InvalidDistribution> {
        let ends = [-0.5, 0.5].map(|c| polynomial(&self.scale, c).0);
        let falls = (-2000..=2000).map(|i| f64::from(i) / 50.0).find(|&logit| {
            let (m, slope) = self.at(from_logit(logit), logit);
            !(slope > 0.0 && m.is_finite())
        });
        let place = match (falls, ends) {
            (Some(logit), _) => format!("near probability {:.2e}", from_logit(logit).below),
            (None, [low, _]) if !(low >= 0.0) => "in the far lower tail".to_owned(),
            (None, [_, high]) if !(high >= 0.0) => "in the far upper tail".to_owned(),
            _ => return Ok(()),
        };
        refuse(format!(
            "no smooth distribution passes through these quantiles: the metalog falls {place}. Use fewer quantiles (three \
             are often enough), make them less lopsided, or give a lower or upper bound"
        ))
    }

    #[inline]
    pub fn quantile(&self, p: Probability) -> f64 {
        let (m, _) = self.at(p, logit(p));
        match (self.lower, self.upper) {
            (None, None) => m,
            (Some(lower), None) => lower + exp(m),
            (None, Some(upper)) => upper - exp(-m),
            (Some(lower), Some(upper)) if m < 0.0 => lower + (upper - lower) * (exp(m) / (1.0 + exp(m))),
            (Some(lower), Some(upper)) => upper - (upper - lower) * (exp(-m) / (1.0 + exp(-m))),
        }
    }

    /// The logit of the probability up to `x`, which is inside the support.
    fn logit_at(&self, x: f64) -> f64 {
        let wanted = self.unbounded(x);
        let start = (wanted - self.location[0]) / self.scale[0];
        rise_to(-690.0, 690.0, if start.abs() < 20.0 { start } else { 0.0 }, 0.0, |logit| {
            let (m, slope) = self.at(from_logit(logit), logit);
            Height { excess: m - wanted, slope }
        })
    }

    pub fn cdf(&self, x: f64) -> Probability {
        from_logit(self.logit_at(x))
    }

    pub fn density(&self, x: f64) -> f64 {
        let logit = self.logit_at(x);
        let p = from_logit(logit);
        let stretch = match (self.lower, self.upper) {
            (None, None) => 1.0,
            (Some(lower), None) => x - lower,
            (None, Some(upper)) => upper - x,
            (Some(lower), Some(upper)) => (x - lower) * ((upper - x) / (upper - lower)),
        };
        p.below * p.above / (self.at(p, logit).1 * stretch)
    }

    pub fn support(&self) -> (f64, f64) {
        (self.lower.unwrap_or(f64::NEG_INFINITY), self.upper.unwrap_or(f64::INFINITY))
    }

    /// The mean is infinite if the open tail of a log metalog, cut at `low` and `high`, falls no faster than `1 / x`.
    pub fn check_mean(&self, low: f64, high: f64) -> Result<(), InvalidDistribution> {
        let end = |c| polynomial(&self.scale, c).0;
        let above = self.lower.is_some() && high == f64::INFINITY && !(end(0.5) < 1.0);
        let below = self.upper.is_some() && low == f64::NEG_INFINITY && !(end(-0.5) < 1.0);
        let missing = if above { "an upper bound or a max" } else { "a lower bound or a min" };
        if above || below {
            return refuse(format!(
                "the tail through these quantiles is so heavy that the mean is infinite: give {missing}"
            ));
        }
        Ok(())
    }
}

fn check(quantiles: &[(f64, f64)], lower: Option<f64>, upper: Option<f64>) -> Result<(), InvalidDistribution> {
    let count = quantiles.len();
    if !(2..=MOST_QUANTILES).contains(&count) {
        return refuse(format!("there are {count} elicited quantiles; there must be from 2 to {MOST_QUANTILES}"));
    }
    for &(p, x) in quantiles {
        open_unit("the probability of a quantile", p)?;
        finite("a quantile", x)?;
        if !(1e-6..=1.0 - 1e-6).contains(&p) {
            let p = number(p);
            return refuse(format!("the probability of a quantile is {p}; it must be from 0.000001 to 0.999999"));
        }
    }
    for (name, bound) in [("lower", lower), ("upper", upper)] {
        bound.map_or(Ok(()), |x| finite(name, x))?;
    }
    for pair in quantiles.windows(2) {
        let ((p, x), (q, y)) = (pair[0], pair[1]);
        if !(p < q && x < y) {
            let [x, p, y, q] = [x, p, y, q].map(number);
            return refuse(format!(
                "the quantiles are {x} at probability {p} and {y} at probability {q}; both must rise from one to the next"
            ));
        }
    }
    let (first, last) = (quantiles[0].1, quantiles[count - 1].1);
    if let Some(lower) = lower
        && !(lower < first)
    {
        let [lower, first] = [lower, first].map(number);
        return refuse(format!("lower is {lower}; it must be below the smallest quantile, {first}"));
    }
    if let Some(upper) = upper
        && !(upper > last)
    {
        let [upper, last] = [upper, last].map(number);
        return refuse(format!("upper is {upper}; it must be above the largest quantile, {last}"));
    }
    Ok(())
}

#[inline]
fn logit(p: Probability) -> f64 {
    ln(p.below / p.above)
}

fn from_logit(logit: f64) -> Probability {
    // The exponential of a negative number never overflows.
    let small = exp(-logit.abs());
    let p = Probability { below: small / (1.0 + small), above: 1.0 / (1.0 + small) };
    if logit < 0.0 { p } else { p.swapped() }
}

/// Value and slope.
#[inline]
fn polynomial(coefficients: &[f64; POWERS], c: f64) -> (f64, f64) {
    coefficients.iter().rev().fold((0.0, 0.0), |(value, slope), k| (value * c + k, slope * c + value))
}

/// Gaussian elimination with the largest pivot of each column; the right-hand side is the last column.
fn solve_linear(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let n = rows.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&i, &j| rows[i][column].abs().total_cmp(&rows[j][column].abs()))?;
        rows.swap(column, pivot);
        let lead = rows[column].clone();
        if !(lead[column].abs() > 1e-14) {
            return None;
        }
        for row in &mut rows[column + 1..] {
            let factor = row[column] / lead[column];
            row.iter_mut().zip(&lead).skip(column).for_each(|(entry, above)| *entry -= factor * above);
        }
    }
    let mut solution = vec![0.0; n];
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| rows[i][j] * solution[j]).sum();
        solution[i] = (rows[i][n] - known) / rows[i][i];
    }
    Some(solution)
}
