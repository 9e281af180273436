//! Final demand before thrift.

use super::Draws;
use super::capacity::add_growing;
use crate::math;
use crate::model::{Demand, Model};
use crate::random;
use crate::special::normal_quantiles;

/// Fills the demand rows: growth, random walk, surges.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
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
#[inline(always)]
fn fill(demand: &Demand, trial: u64, inputs: &[f64], row: &mut [f64]) {
    let tonnes = demand.tonnes_per_year.of(inputs) / 12.0;
    let growth = demand.growth.of(inputs);
    let volatility = demand.volatility.of(inputs);
    if volatility == 0.0 {
        row.fill(0.0);
        add_growing(row, tonnes, growth);
        return;
    }
    let step = volatility / 12f64.sqrt();
    let drift = -0.5 * step * step + math::ln_1p(growth) / 12.0;
    let mut stream = demand.walk.stream(trial);
    row.iter_mut().for_each(|cell| *cell = random::uniform(&mut stream));
    normal_quantiles(row);
    for cell in row.iter_mut() {
        *cell = math::exp_in_row(drift + step * *cell);
    }
    // What was drawn for a month moves the next.
    let mut value = tonnes;
    for cell in row {
        let now = value;
        value *= *cell;
        *cell = now;
    }
}
