//! Quantiles of several trials at once: wide instructions for the shapes that projects use most, one by one for the rest.

use super::Distribution;
use super::law::{Law, Truncated};
use crate::math::exp_in_row;
use crate::special::{normal_probabilities, normal_quantiles};

impl Distribution {
    /// Turns uniform numbers in (0, 1) into quantiles, as [`Distribution::quantile`] does up to rounding; those that are not
    /// `wanted` into anything.
    #[inline(always)]
    pub fn quantiles<const N: usize>(&self, row: &mut [f64; N], wanted: &[bool; N]) {
        let known = self.table.is_none() && self.law.quantiles(row);
        if !known {
            for (value, _) in row.iter_mut().zip(wanted).filter(|(_, wanted)| **wanted) {
                *value = self.quantile(*value);
            }
        }
    }

    /// Turns standard normal numbers into the quantiles at their probabilities; those that are not `wanted` into anything.
    /// Where the distribution is itself normal or lognormal, no probability needs to be computed.
    #[inline(always)]
    pub fn quantiles_at_normals<const N: usize>(&self, row: &mut [f64; N], wanted: &[bool; N]) {
        if !self.law.at_normals(row) {
            normal_probabilities(row);
            self.quantiles(row, wanted);
        }
    }
}

impl Truncated {
    /// Quantiles of uniform numbers, where a formula suits a row; else it says no and leaves them as they are.
    #[inline(always)]
    fn quantiles<const N: usize>(&self, row: &mut [f64; N]) -> bool {
        if self.is_cut() {
            return false;
        }
        match self.law {
            Law::Uniform { min, max } => {
                for value in row.iter_mut() {
                    let (below, above) = (min + *value * (max - min), max - (1.0 - *value) * (max - min));
                    *value = if *value < 0.5 { below } else { above };
                }
            }
            Law::Triangular { min, mode, max } => {
                // Step by step and both sides of the mode, so that nothing branches.
                let width = max - min;
                let (mut left, mut right, mut side) = ([0.0; N], [0.0; N], [0.0; N]);
                for lane in 0..N {
                    left[lane] = row[lane] * width * (mode - min);
                    right[lane] = (1.0 - row[lane]) * width * (max - mode);
                }
                for lane in 0..N {
                    side[lane] = if row[lane] * width < mode - min { left[lane] } else { right[lane] };
                }
                for side in &mut side {
                    *side = side.sqrt();
                }
                for lane in 0..N {
                    left[lane] = min + side[lane];
                    right[lane] = max - side[lane];
                }
                for lane in 0..N {
                    row[lane] = if row[lane] * width < mode - min { left[lane] } else { right[lane] };
                }
            }
            Law::Normal { .. } | Law::LogNormal { .. } => {
                normal_quantiles(row);
                return self.at_normals(row);
            }
            _ => return false,
        }
        self.keep_within(row);
        true
    }

    /// Quantiles at the probabilities of standard normal numbers, likewise.
    #[inline(always)]
    fn at_normals<const N: usize>(&self, row: &mut [f64; N]) -> bool {
        if self.is_cut() {
            return false;
        }
        match self.law {
            Law::Normal { mean, sd } => {
                for value in row.iter_mut() {
                    *value = mean + sd * *value;
                }
            }
            Law::LogNormal { mu, sigma } => {
                for value in row.iter_mut() {
                    *value = exp_in_row(mu + sigma * *value);
                }
            }
            _ => return false,
        }
        self.keep_within(row);
        true
    }

    /// Roundings must not leave the bounds.
    #[inline(always)]
    fn keep_within<const N: usize>(&self, row: &mut [f64; N]) {
        let (low, high) = (self.low.max(f64::MIN), self.high.min(f64::MAX));
        for value in row.iter_mut() {
            *value = if *value > low { *value } else { low };
            *value = if *value < high { *value } else { high };
        }
    }
}
