//! The inputs that are drawn once per trial: what we do not know.

use super::Draws;
use super::lanes::{LANES, Lanes};
use crate::model::{DrawnInput, Gate, Input, Model};
use crate::random::Key;
use crate::special::{Probability, normal_cdf, normal_quantile, normal_quantiles};

/// A uniform number keeps this distance from 0 and 1.
const EDGE: f64 = 1.0 / (1u64 << 53) as f64;

/// Draws what correlated inputs hold of the normal distribution, for all trials in step at once.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn draw_normals(model: &Model, trials: &[u64; LANES], draws: &mut Draws) {
    for (common, factor) in draws.common.iter_mut().zip(&model.inputs.factors) {
        *common = normals(&factor.key, trials);
    }
    for (normal, input) in draws.normals.iter_mut().zip(&model.inputs.drawn) {
        let Some(index) = input.factor else { continue };
        let factor = &model.inputs.factors[index];
        let (own, common) = (normals(&input.key, trials), &draws.common[index]);
        for lane in 0..LANES {
            normal.0[lane] = factor.common * common.0[lane] + factor.own * own.0[lane];
        }
    }
}

/// A standard normal number of each trial.
#[inline(always)]
fn normals(key: &Key, trials: &[u64; LANES]) -> Lanes {
    let mut numbers = Lanes::ZERO;
    for (number, trial) in numbers.0.iter_mut().zip(trials) {
        *number = key.uniform(*trial);
    }
    normal_quantiles(&mut numbers.0);
    numbers
}

/// Draws every uncertain input but those of projects: a project that is never built needs none of the others, and as every
/// input has a stream of its own, nobody notices.
pub fn draw(model: &Model, trial: u64, draws: &mut Draws) {
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
    let value = match (normal(draws, drawn, slot), &drawn.distribution) {
        (None, Some(distribution)) => distribution.quantile(drawn.key.uniform(trial)),
        (None, None) => drawn.key.uniform(trial),
        (Some(normal), Some(distribution)) => distribution.quantile_at_normal(normal),
        (Some(normal), None) => normal_cdf(normal).below.clamp(EDGE, 1.0 - EDGE),
    };
    draws.inputs[slot] = value;
    value
}

/// Whether a gate opens, as its uniform number decides.
pub fn opens(model: &Model, trial: u64, draws: &mut Draws, gate: &Gate) -> bool {
    let probability = draw_one(model, trial, draws, gate.probability);
    if !(probability > 0.0 && probability < 1.0) {
        return probability > 0.0;
    }
    let slot = match gate.chance {
        Input::Known(value) => return value < probability,
        Input::Drawn(slot) => slot,
    };
    let drawn = &model.inputs.drawn[slot];
    match normal(draws, drawn, slot) {
        None => drawn.key.uniform(trial) < probability,
        Some(normal) => normal < gate.normal.unwrap_or_else(|| normal_quantile(Probability::of(probability))),
    }
}

/// The normal number of an input that belongs to a correlation (one-factor Gaussian copula, Vasicek 1987):
/// `sqrt(rho) Z + sqrt(1 - rho) e` with the `Z` of the correlation. Its uniform number is the distribution function of it.
#[inline]
fn normal(draws: &Draws, input: &DrawnInput, slot: usize) -> Option<f64> {
    input.factor.map(|_| draws.normals[slot].0[draws.lane])
}
