//! The inputs that are drawn once per trial: what we do not know.

use super::Draws;
use crate::model::Model;
use crate::special::{Probability, normal_cdf, normal_quantile};

/// A uniform number keeps this distance from 0 and 1.
const EDGE: f64 = 1.0 / (1u64 << 53) as f64;

/// Draws every uncertain input, each by the inverse distribution function of one uniform number.
///
/// Correlated inputs share the normal factor `Z` of their correlation (one-factor Gaussian copula, Vasicek 1987):
/// `u = Phi(sqrt(rho) Z + sqrt(1 - rho) e)`.
pub fn draw(model: &Model, trial: u64, draws: &mut Draws) {
    for (value, input) in draws.inputs.iter_mut().zip(&model.inputs.drawn) {
        let mut uniform = input.key.uniform(trial);
        if let Some(factor) = input.factor {
            let factor = &model.inputs.factors[factor];
            let common = normal_quantile(Probability::of(factor.key.uniform(trial)));
            let mixed = factor.common * common + factor.own * normal_quantile(Probability::of(uniform));
            uniform = normal_cdf(mixed).below.clamp(EDGE, 1.0 - EDGE);
        }
        *value = match &input.distribution {
            Some(distribution) => distribution.quantile(uniform),
            None => uniform,
        };
    }
}
