//! The monthly series that a model asks for, each computed as a row.

use super::sum::sum;
use super::{DAYS_PER_MONTH, Workspace};
use crate::math;
use crate::model::{Model, SeriesKind, SeriesSpec};

/// The chain of all markets but one, pooled as one: rows by stage.
#[derive(Clone, Debug)]
pub struct Pooled {
    /// What could be made.
    made: Vec<f64>,
    /// What final demand needs, through the feed ratios.
    needed: Vec<f64>,
}

impl Pooled {
    /// For `model`.
    pub fn new(model: &Model) -> Self {
        let rows = vec![0.0; model.stages.len() * model.months];
        Pooled { made: rows.clone(), needed: rows }
    }
}

/// Fills all series rows. To add a kind of series, add an arm.
pub fn fill(model: &Model, space: &mut Workspace) {
    let months = model.months;
    let mut pooled_without = None;
    for (index, spec) in model.series.iter().enumerate() {
        if spec.kind == SeriesKind::CoverageWithout && pooled_without != Some(spec.market) {
            pool(model, space, spec.market);
            pooled_without = Some(spec.market);
        }
        let mut out = std::mem::take(&mut space.series);
        fill_row(model, space, spec, &mut out[index * months..(index + 1) * months]);
        space.series = out;
    }
}

fn fill_row(model: &Model, space: &Workspace, spec: &SeriesSpec, out: &mut [f64]) {
    let (markets, months) = (model.markets.len(), model.months);
    let at = (spec.stage * markets + spec.market) * months;
    let flows = &space.flows;
    let row = |rows: &[f64], month: usize| rows[at + month];
    let world = |month: usize| {
        sum((0..markets).map(|market| flows.production[(spec.stage * markets + market) * months + month]))
    };
    for (month, out) in out.iter_mut().enumerate() {
        *out = match spec.kind {
            SeriesKind::Production => row(&flows.production, month),
            SeriesKind::Capacity => row(&space.capacity, month),
            SeriesKind::Requirement => row(&flows.requirement, month),
            SeriesKind::Demand => row(&space.final_demand, month),
            SeriesKind::Shortage => row(&flows.shortage, month),
            SeriesKind::ShortageFraction => ratio(row(&flows.shortage, month), wanted(space, at + month)),
            SeriesKind::Share => ratio(production_of(model, space, spec, month), world(month)),
            SeriesKind::ProductionOutside => sum((0..markets)
                .filter(|market| *market != spec.market)
                .map(|market| flows.production[(spec.stage * markets + market) * months + month])),
            SeriesKind::StockDays => ratio(row(&flows.stocks, month), row(&flows.requirement, month)) * DAYS_PER_MONTH,
            SeriesKind::CoverageWithout => {
                let cell = spec.stage * months + month;
                let needed = space.pooled.needed[cell];
                if needed > 0.0 { space.pooled.made[cell] / needed } else { f64::INFINITY }
            }
            SeriesKind::PriceMultiple => price(model, space, spec, at + month),
            SeriesKind::LossUsd => loss(model, space, at / months, month),
            SeriesKind::Unserved => flows.unserved[spec.demand * months + month],
        };
    }
}

/// `part / whole`, and 0 of nothing.
#[inline]
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// What a shortage is a fraction of: final demand after thrift, or the feed wanted where there is no final demand.
pub fn wanted(space: &Workspace, row: usize) -> f64 {
    let demand = space.final_demand[row] * space.flows.kept[row];
    if demand > 0.0 { demand } else { space.flows.requirement[row] }
}

/// Production of a market, or of a country: its part of the market's capacity makes the same part of its production.
fn production_of(model: &Model, space: &Workspace, spec: &SeriesSpec, month: usize) -> f64 {
    let row = (spec.stage * model.markets.len() + spec.market) * model.months + month;
    let production = space.flows.production[row];
    match spec.country {
        None => production,
        Some(country) => {
            let own = space.country_capacity[(spec.stage * model.countries.len() + country) * model.months + month];
            production * ratio(own, space.capacity[row])
        }
    }
}

/// `(supply / requirement)^(-1 / (demand elasticity + supply elasticity))`, at most the stated multiple; 1 without elasticities.
fn price(model: &Model, space: &Workspace, spec: &SeriesSpec, row: usize) -> f64 {
    let Some((demand, supply, max)) = model.stages[spec.stage].price else { return 1.0 };
    let requirement = space.flows.requirement[row];
    if !(requirement > 0.0) {
        return 1.0;
    }
    let elasticity = demand.of(&space.inputs) + supply.of(&space.inputs);
    let supplied = 1.0 - space.flows.shortage[row] / requirement;
    if !(supplied > 0.0 && elasticity > 0.0) {
        return if supplied < 1.0 { max } else { 1.0 };
    }
    math::pow(supplied, -1.0 / elasticity).min(max)
}

/// Unserved demand of a place times its loss per tonne.
pub fn loss(model: &Model, space: &Workspace, place: usize, month: usize) -> f64 {
    let demands = space.flows.demands.iter().find(|(at, _)| *at == place).map_or(&[][..], |(_, demands)| demands);
    sum(demands.iter().filter_map(|&demand| {
        let per_tonne = model.demands[demand].loss?;
        Some(space.flows.unserved[demand * model.months + month] * per_tonne.of(&space.inputs))
    }))
}

/// Fills the pooled chain of all markets but `without`: the serial bottleneck `min(capacity, feeds)`, and what the others'
/// final demand, before thrift, needs of every stage through the feed ratios.
fn pool(model: &Model, space: &mut Workspace, without: usize) {
    let (markets, months) = (model.markets.len(), model.months);
    let others = |rows: &[f64], stage: usize, month: usize| {
        sum((0..markets)
            .filter(|market| *market != without)
            .map(|market| rows[(stage * markets + market) * months + month]))
    };
    let (made, needed) = (&mut space.pooled.made, &mut space.pooled.needed);
    for month in 0..months {
        let at = |stage: usize| stage * months + month;
        for stage in 0..model.stages.len() {
            made[at(stage)] = others(&space.capacity, stage, month);
            needed[at(stage)] = others(&space.final_demand, stage, month);
        }
        for stage in 0..model.stages.len() {
            // The stages before this one are final; what it could use itself is still its capacity.
            let capacity = made[at(stage)];
            for (number, (feed, _)) in model.stages[stage].feeds.iter().enumerate() {
                let ratio = space.flows.ratios[stage][number];
                let consumers = &space.flows.consumers[*feed];
                let own_final = others(&space.final_demand, *feed, month);
                let offered = made[at(*feed)] - own_final.min(made[at(*feed)]);
                let share = if consumers.len() == 1 {
                    1.0
                } else {
                    let could_use = |&(later, number): &(usize, usize)| {
                        others(&space.capacity, later, month) * space.flows.ratios[later][number]
                    };
                    let all = sum(consumers.iter().map(could_use));
                    if all > 0.0 { capacity * ratio / all } else { 0.0 }
                };
                made[at(stage)] = made[at(stage)].min(offered * share / ratio);
            }
        }
        for stage in (0..model.stages.len()).rev() {
            for (number, (feed, _)) in model.stages[stage].feeds.iter().enumerate() {
                needed[at(*feed)] += needed[at(stage)] * space.flows.ratios[stage][number];
            }
        }
    }
}
