//! The inputs that are drawn once per trial: what we do not know.

use super::Draws;
use crate::model::{DrawnInput, Input, Model};
use crate::special::{Probability, normal_cdf, normal_quantile};

/// A uniform number keeps this distance from 0 and 1.
const EDGE: f64 = 1.0 / (1u64 << 53) as f64;

/// Draws what is common to correlated inputs, and every uncertain input but those of projects: a project that is never
/// built needs none of the others, and as every input has a stream of its own, nobody notices.
pub fn draw(model: &Model, trial: u64, draws: &mut Draws) {
    for (common, factor) in draws.common.iter_mut().zip(&model.inputs.factors) {
        *common = normal_quantile(Probability::of(factor.key.uniform(trial)));
    }
    for slot in (0..model.inputs.drawn.len()).filter(|slot| !model.inputs.of_projects.contains(slot)) {
        draw_one(model, trial, draws, Input::Drawn(slot));
    }
}

/// Draws an input by the inverse distribution function of one uniform number, and keeps it.
pub fn draw_one(model: &Model, trial: u64, draws: &mut Draws, input: Input) -> f64 {
    let slot = match input {
        Input::Known(value) => return value,
        Input::Drawn(slot) => slot,
    };
    let drawn = &model.inputs.drawn[slot];
    let value = match (normal(model, trial, draws, drawn), &drawn.distribution) {
        (None, Some(distribution)) => distribution.quantile(drawn.key.uniform(trial)),
        (None, None) => drawn.key.uniform(trial),
        (Some(normal), Some(distribution)) => distribution.quantile_at_normal(normal),
        (Some(normal), None) => normal_cdf(normal).below.clamp(EDGE, 1.0 - EDGE),
    };
    draws.inputs[slot] = value;
    value
}

/// Whether something of this probability happens, as the uniform number `chance` decides.
pub fn happens(model: &Model, trial: u64, draws: &Draws, chance: Input, probability: f64) -> bool {
    if !(probability > 0.0 && probability < 1.0) {
        return probability > 0.0;
    }
    let slot = match chance {
        Input::Known(value) => return value < probability,
        Input::Drawn(slot) => slot,
    };
    let drawn = &model.inputs.drawn[slot];
    match normal(model, trial, draws, drawn) {
        None => drawn.key.uniform(trial) < probability,
        Some(normal) => normal < normal_quantile(Probability::of(probability)),
    }
}

/// The normal number of an input that belongs to a correlation (one-factor Gaussian copula, Vasicek 1987):
/// `sqrt(rho) Z + sqrt(1 - rho) e` with the `Z` of the correlation. Its uniform number is the distribution function of it.
#[inline]
fn normal(model: &Model, trial: u64, draws: &Draws, input: &DrawnInput) -> Option<f64> {
    let index = input.factor?;
    let factor = &model.inputs.factors[index];
    let own = normal_quantile(Probability::of(input.key.uniform(trial)));
    Some(factor.common * draws.common[index] + factor.own * own)
}
