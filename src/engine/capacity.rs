//! Standing capacity after outages.

use super::Draws;
use crate::math;
use crate::model::{CapacityGroup, Model};

/// Fills the capacity rows with what stands, less outages.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn standing(model: &Model, draws: &mut Draws) {
    let months = model.months;
    draws.capacity.fill(0.0);
    draws.country_capacity.fill(0.0);
    for group in &model.capacities {
        let place = group.stage * model.markets.len() + group.market;
        let hit = group.outages.iter().any(|&outage| draws.disrupted[outage]);
        let row = &mut draws.capacity[place * months..(place + 1) * months];
        if !hit && group.uncertain.is_empty() && group.country.is_none() {
            add_row(row, &group.known);
            continue;
        }
        fill(group, &draws.inputs, &mut draws.scratch);
        for &outage in group.outages.iter().filter(|&&outage| draws.disrupted[outage]) {
            dampen(&mut draws.scratch, &draws.effects[outage * months..(outage + 1) * months]);
        }
        add_row(row, &draws.scratch);
        if let Some(country) = group.country {
            let at = (group.stage * model.countries.len() + country) * months;
            add_row(&mut draws.country_capacity[at..at + months], &draws.scratch);
        }
    }
}

/// Capacity of a group before outages.
#[inline(always)]
fn fill(group: &CapacityGroup, inputs: &[f64], row: &mut [f64]) {
    if group.known.is_empty() {
        row.fill(0.0)
    } else {
        row.copy_from_slice(&group.known)
    }
    for (tonnes, growth) in &group.uncertain {
        add_growing(row, tonnes.of(inputs) / 12.0, growth.of(inputs));
    }
}

/// Adds `first (1 + growth_per_year)^(month / 12)`.
#[inline(always)]
pub fn add_growing(row: &mut [f64], first: f64, growth_per_year: f64) {
    if growth_per_year == 0.0 {
        row.iter_mut().for_each(|cell| *cell += first);
        return;
    }
    // Eight months go in step, each by the growth of eight: a wide instruction where one after another would wait.
    let factor = math::pow(1.0 + growth_per_year, 1.0 / 12.0);
    let mut values = [first; 8];
    for month in 1..8 {
        values[month] = values[month - 1] * factor;
    }
    let four = (factor * factor) * (factor * factor);
    let eight = four * four;
    for part in row.chunks_mut(8) {
        for (cell, value) in part.iter_mut().zip(&values) {
            *cell += value;
        }
        values = std::array::from_fn(|month| values[month] * eight);
    }
}

/// Adds one row to another.
#[inline(always)]
pub fn add_row(row: &mut [f64], other: &[f64]) {
    for (cell, value) in row.iter_mut().zip(other) {
        *cell += value;
    }
}

/// Takes the effect of an outage off a row.
#[inline(always)]
pub fn dampen(row: &mut [f64], effect: &[f64]) {
    for (cell, effect) in row.iter_mut().zip(effect) {
        *cell *= 1.0 - effect;
    }
}
