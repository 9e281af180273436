//! What is left of a region's coverage without its largest single element, year by year.

use std::collections::BTreeMap;

use serde::Serialize;

use super::look::Look;
use crate::study::stress::{TargetKind, TargetName};

/// What a market could make of a product, or all markets together, over what final demand there takes of it: with all plants,
/// and without the largest one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NMinusOne {
    /// Id of the stage.
    pub product: String,
    /// Id of the market; none for all of them together.
    pub market: Option<String>,
    /// At the start, and so many years later.
    pub years: Vec<YearWithout>,
}

/// The same in the first month of a year of the simulation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct YearWithout {
    /// The month.
    pub date: String,
    /// Capacity over need; none where nothing is needed.
    pub coverage: Option<f64>,
    /// The same without the largest plant.
    pub without_largest: Option<f64>,
    /// Name of that plant, a capacity or a project with its copies; none where there is no plant.
    pub largest: Option<String>,
}

/// What a loss takes away: year, stage, market, capacity of a month.
pub type Missing = Vec<(usize, usize, usize, f64)>;

/// Less than this part of the capacity of a market is rounding.
const ROUNDING: f64 = 1e-9;

/// First months of the years.
fn firsts(look: &Look<'_>) -> impl Iterator<Item = usize> {
    (0..look.model.months).step_by(12)
}

/// The capacity that one look has and the other has not.
pub fn missing(with: &Look<'_>, without: &Look<'_>) -> Missing {
    let mut missing = Missing::new();
    for (year, month) in firsts(with).enumerate() {
        for stage in 0..with.model.stages.len() {
            for market in 0..with.model.markets.len() {
                let [all, left] = [with, without].map(|look| look.capacity(stage, Some(market), month));
                if all - left > ROUNDING * all {
                    missing.push((year, stage, market, all - left));
                }
            }
        }
    }
    missing
}

/// For every stage, of each market and of all, as far as there is a need and a plant; `plants` by name, each with what its loss
/// takes away.
pub fn n_minus_one(base: &Look<'_>, plants: &[(&Vec<TargetName>, &Missing)]) -> Vec<NMinusOne> {
    let (model, largest) = (base.model, largest(plants));
    let mut found = Vec::new();
    for stage in 0..model.stages.len() {
        let all = (model.markets.len() > 1).then_some(None);
        for market in (0..model.markets.len()).map(Some).chain(all) {
            let one = |(year, month): (usize, usize)| {
                let need = base.needs(market, month)[stage];
                let capacity = base.capacity(stage, market, month);
                let largest = largest.get(&(year, stage, market));
                let over = |capacity: f64| (need > 0.0).then(|| capacity.max(0.0) / need);
                YearWithout {
                    date: model.start.plus(month as i32).to_string(),
                    coverage: over(capacity),
                    without_largest: over(capacity - largest.map_or(0.0, |(size, _)| *size)),
                    largest: largest.map(|(_, name)| name.to_string()),
                }
            };
            let years: Vec<YearWithout> = firsts(base).enumerate().map(one).collect();
            if years.iter().any(|year| year.coverage.is_some() && year.largest.is_some()) {
                let market = market.map(|market| model.markets[market].id.clone());
                found.push(NMinusOne { product: model.stages[stage].id.clone(), market, years });
            }
        }
    }
    found
}

/// Capacity and name of the largest plant by year, stage and market, and of all markets; the first of equals.
type Largest<'a> = BTreeMap<(usize, usize, Option<usize>), (f64, &'a TargetName)>;

fn largest<'a>(plants: &[(&'a Vec<TargetName>, &Missing)]) -> Largest<'a> {
    let mut largest = Largest::new();
    let is_plant = |name: &&TargetName| matches!(name.kind, TargetKind::Capacity | TargetKind::Project);
    for (names, missing) in plants {
        let Some(name) = names.iter().find(is_plant) else { continue };
        // A plant stands in one market.
        for &(year, stage, market, size) in *missing {
            for region in [Some(market), None] {
                let known = largest.entry((year, stage, region)).or_insert((size, name));
                if size > known.0 {
                    *known = (size, name);
                }
            }
        }
    }
    largest
}
