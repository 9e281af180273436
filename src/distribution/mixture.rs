//! One of some distributions.

use super::shape::{MOST_PARTS, MOST_VALUES, check_count};
use super::solve::{Height, rise_to};
use super::{Distribution, InvalidDistribution, refuse};
use crate::special::Probability;

/// Parts and their probabilities, none of them zero.
#[derive(Clone, Debug)]
pub(super) struct Mixture {
    pub parts: Vec<(f64, Distribution)>,
    /// Values with a probability of their own, rising. Between them the distribution function has no jumps.
    jumps: Vec<Jump>,
}

#[derive(Clone, Debug)]
struct Jump {
    value: f64,
    before: Probability,
    up_to: Probability,
}

impl Mixture {
    /// From weights that were checked.
    pub fn new(parts: &[(f64, Distribution)]) -> Result<Mixture, InvalidDistribution> {
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let parts: Vec<(f64, Distribution)> = parts
            .iter()
            .filter(|(weight, _)| *weight > 0.0)
            .map(|(weight, part)| (weight / total, part.clone()))
            .filter(|(share, _)| *share > 0.0)
            .collect();
        let mut mixture = Mixture { parts, jumps: Vec::new() };
        check_count("parts, those of nested mixtures included,", mixture.leaves(), MOST_PARTS)?;
        let mut values: Vec<f64> = mixture.parts.iter().flat_map(|(_, part)| part.law.atoms()).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        if values.len() > MOST_VALUES {
            let count = values.len();
            return refuse(format!("the parts of a mixture have {count} values; there must be at most {MOST_VALUES}"));
        }
        mixture.jumps = values
            .into_iter()
            .map(|value| Jump {
                value,
                before: mixture.blend(|part| part.law.before(value)),
                up_to: mixture.blend(|part| part.law.up_to(value)),
            })
            .collect();
        Ok(mixture)
    }

    /// Parts that are no mixtures.
    pub fn leaves(&self) -> usize {
        self.parts.iter().map(|(_, part)| part.law.leaves()).sum()
    }

    pub fn atoms(&self) -> Vec<f64> {
        self.jumps.iter().map(|jump| jump.value).collect()
    }

    /// The probability that the parts have together.
    pub fn blend(&self, of: impl Fn(&Distribution) -> Probability) -> Probability {
        let (mut below, mut above) = (0.0, 0.0);
        for (share, part) in &self.parts {
            let p = of(part);
            below += share * p.below;
            above += share * p.above;
        }
        // Shares sum to one up to a rounding; the ends must be exact.
        match (below > 0.0, above > 0.0) {
            (false, _) => Probability { below: 0.0, above: 1.0 },
            (_, false) => Probability { below: 1.0, above: 0.0 },
            _ => Probability { below: below.min(1.0), above: above.min(1.0) },
        }
    }

    pub fn support(&self) -> (f64, f64) {
        self.parts.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, part)| {
            (low.min(part.law.low), high.max(part.law.high))
        })
    }

    /// Smallest and largest possible value from `min` to `max`; `None` if there is none.
    pub fn support_within(&self, min: f64, max: f64) -> Option<(f64, f64)> {
        let mut found: Option<(f64, f64)> = None;
        for (_, part) in &self.parts {
            let Some((low, high)) = part.law.support_within(min, max) else { continue };
            found = Some(found.map_or((low, high), |(a, b)| (a.min(low), b.max(high))));
        }
        found
    }

    /// The smallest `x` with `P(X <= x) >= p`.
    pub fn quantile(&self, p: Probability) -> f64 {
        let lower = p.below <= p.above;
        let reached = |at: &Probability| if lower { at.below >= p.below } else { at.above <= p.above };
        let i = self.jumps.partition_point(|jump| !reached(&jump.up_to));
        let next = self.jumps.get(i);
        if let Some(jump) = next
            && !reached(&jump.before)
        {
            return jump.value;
        }
        // No part reaches p before the first does, and all have when the last does.
        let (mut low, mut high, mut centre) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
        for (share, part) in &self.parts {
            let x = part.law.quantile(p);
            low = low.min(x);
            high = high.max(x);
            centre += share * x;
        }
        if i > 0 {
            low = low.max(self.jumps[i - 1].value);
        }
        if let Some(jump) = next {
            high = high.min(jump.value);
        }
        if !(low < high) {
            return high;
        }
        let wanted = p.below.min(p.above);
        rise_to(low, high, centre, 4e-16 * wanted, |x| {
            let at = self.blend(|part| part.law.up_to(x));
            let excess = if lower { at.below - p.below } else { p.above - at.above };
            Height { excess, slope: self.parts.iter().map(|(share, part)| share * part.law.density(x)).sum() }
        })
    }
}
