//! Final demand before thrift.

use super::Workspace;
use super::capacity::monthly;
use super::sum::Sum;
use crate::math;
use crate::model::{Demand, Model};
use crate::random;
use crate::special::{Probability, normal_quantile};

/// Fills the demand rows: growth, random walk, surges; and adds them up by place.
pub fn walk(model: &Model, trial: u64, space: &mut Workspace) {
    let months = model.months;
    for (index, demand) in model.demands.iter().enumerate() {
        let row = &mut space.demand[index * months..(index + 1) * months];
        fill(demand, trial, &space.inputs, row);
        for &surge in demand.surges.iter().filter(|&&surge| space.disrupted[surge]) {
            for (cell, effect) in row.iter_mut().zip(&space.effects[surge * months..(surge + 1) * months]) {
                *cell *= 1.0 + effect;
            }
        }
    }
    space.final_demand.fill(0.0);
    for (place, demands) in &space.flows.demands {
        let total = &mut space.final_demand[place * months..(place + 1) * months];
        if let [only] = demands[..] {
            total.copy_from_slice(&space.demand[only * months..(only + 1) * months]);
            continue;
        }
        for (month, cell) in total.iter_mut().enumerate() {
            let mut sum = Sum::default();
            demands.iter().for_each(|demand| sum.add(space.demand[demand * months + month]));
            *cell = sum.value();
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
