//! Final demand before thrift.

use super::Draws;
use super::capacity::monthly;
use crate::math;
use crate::model::{Demand, Model};
use crate::random;
use crate::special::{Probability, normal_quantile};

/// Fills the demand rows: growth, random walk, surges.
pub fn walk(model: &Model, trial: u64, draws: &mut Draws) {
    let months = model.months;
    for (index, demand) in model.demands.iter().enumerate() {
        let row = &mut draws.demand[index * months..(index + 1) * months];
        fill(demand, trial, &draws.inputs, row);
        for &surge in demand.surges.iter().filter(|&&surge| draws.disrupted[surge]) {
            for (cell, effect) in row.iter_mut().zip(&draws.effects[surge * months..(surge + 1) * months]) {
                *cell *= 1.0 + effect;
            }
        }
    }
}

/// Geometric Brownian motion in monthly steps, with mean one at all times: the step has mean `-sigma^2 / 2`.
fn fill(demand: &Demand, trial: u64, inputs: &[f64], row: &mut [f64]) {
    let mut value = demand.tonnes_per_year.of(inputs) / 12.0;
    let factor = monthly(demand.growth.of(inputs));
    let volatility = demand.volatility.of(inputs);
    if volatility == 0.0 {
        for cell in row {
            *cell = value;
            value *= factor;
        }
        return;
    }
    let step = volatility / 12f64.sqrt();
    let drift = -0.5 * step * step;
    let mut stream = demand.walk.stream(trial);
    for cell in row {
        *cell = value;
        value *= factor * math::exp(drift + step * normal_quantile(Probability::of(random::uniform(&mut stream))));
    }
}
