//! Means: closed forms, and the integral of the quantile function for what truncation leaves.

use super::law::{Law, Truncated};
use crate::math::{exp, gamma};
use crate::special::Probability;
use std::f64::consts::PI;

impl Truncated {
    /// Mean. Finite and within the bounds.
    pub fn mean(&self) -> f64 {
        let mean = match (&self.law, self.is_cut()) {
            (Law::Steps(steps), _) => steps.mean(),
            (Law::Constant(value), _) => *value,
            (Law::Uniform { .. }, _) => self.low + 0.5 * (self.high - self.low),
            (Law::Triangular { min, mode, max }, false) => (min + mode + max) / 3.0,
            (Law::Beta { alpha, beta, low, width }, false) => low + width * (alpha / (alpha + beta)),
            (Law::Normal { mean, .. } | Law::Exponential { mean }, false) => *mean,
            (Law::LogNormal { mu, sigma }, false) => exp(mu + 0.5 * sigma * sigma),
            (Law::Gamma { shape, scale }, false) => shape * scale,
            (Law::Weibull { shape, scale }, false) => scale * gamma(1.0 + 1.0 / shape),
            (Law::Mixture(mixture), false) => mixture.parts.iter().map(|(share, part)| share * part.mean()).sum(),
            (Law::Mixture(_), true) => self.mean_of_parts(),
            // The density has a corner at the mode, and quadrature wants smooth pieces.
            (Law::Triangular { mode, .. }, true) if *mode > self.low && *mode < self.high => {
                self.integral(Some(self.up_to(*mode)))
            }
            (Law::Triangular { .. } | Law::Metalog(_), _) | (_, true) => self.integral(None),
        };
        mean.max(self.low.max(f64::MIN)).min(self.high.min(f64::MAX))
    }

    /// A cut mixture is the mixture of its cut parts, each weighing what is left of it.
    fn mean_of_parts(&self) -> f64 {
        let Law::Mixture(mixture) = &self.law else { return f64::NAN };
        let (mut sum, mut weight) = (0.0, 0.0);
        for (share, part) in &mixture.parts {
            let (low, high) = (self.low.max(part.law.low), self.high.min(part.law.high));
            if !(low <= high) {
                continue;
            }
            if let Some((piece, kept)) = part.law.cut_again(low, high) {
                sum += share * kept * piece.mean();
                weight += share * kept;
            }
        }
        sum / weight
    }

    /// Integral of the quantile function over (0, 1) by the double exponential rule (Takahasi and Mori 1974), in two
    /// pieces if there is a `corner` inside. Ends where the function goes to infinity do no harm.
    fn integral(&self, corner: Option<Probability>) -> f64 {
        let piece = |start: Probability, share: f64, end_above: f64| {
            // Steps of 1/32 from -5.5 to 5.5: at the ends a probability of 1e-167.
            (-176..=176).map(f64::from).fold(0.0, |sum, i| {
                let t = i / 32.0;
                let (grow, shrink) = (exp(t), exp(-t));
                let s = exp(-0.5 * PI * (grow - shrink).abs());
                let (small, large) = (s / (1.0 + s), 1.0 / (1.0 + s));
                let (below, above) = if t < 0.0 { (small, large) } else { (large, small) };
                let weight = 0.5 * PI * (grow + shrink) * small * large / 32.0;
                let p = Probability { below: start.below + share * below, above: end_above + share * above };
                sum + share * weight * self.quantile(p)
            })
        };
        match corner {
            None => piece(Probability { below: 0.0, above: 1.0 }, 1.0, 0.0),
            Some(at) => piece(Probability { below: 0.0, above: 1.0 }, at.below, at.above) + piece(at, at.above, 0.0),
        }
    }
}
