//! The month loop: what is made, traded, allocated, released, filled and saved, stage after stage.

use super::trade::Market;
use super::{DAYS_PER_MONTH, Workspace};
use crate::model::Model;

/// Differences smaller than this fraction of what is compared are rounding, not shortage.
const DUST: f64 = 1e-12;

/// What the month loop keeps from month to month, and what it leaves behind.
#[derive(Clone, Debug)]
pub struct Flows {
    /// By place: the demands there, in the order of service. Only places with final demand.
    pub demands: Vec<(usize, Vec<usize>)>,
    /// By place: its stockpiles, a range of the model's.
    stockpiles: Vec<std::ops::Range<usize>>,
    /// By stage: (later stage, number of the feed there).
    pub consumers: Vec<Vec<(usize, usize)>>,
    /// By stage and number of its feed: tonnes per tonne in this trial.
    pub ratios: Vec<Vec<f64>>,
    /// By stage, number of its feed and market: feed received this month.
    received: Vec<Vec<f64>>,
    /// By stockpile: stock, tonnes.
    stock: Vec<f64>,
    /// By place: share of demand that users have learnt to save.
    saved: Vec<f64>,
    /// One product's market.
    market: Market,
    /// Flow factors of a stage.
    factors: Vec<f64>,
    /// What the users of a place and its later stages lack, and what its stockpiles want.
    lacking: Vec<Lack>,
    /// Whether the shortage of single demands is wanted.
    pub unserved_wanted: bool,
    /// Rows by place: share of demand that thrift leaves.
    pub kept: Vec<f64>,
    /// Rows by place: production, t/month.
    pub production: Vec<f64>,
    /// Rows by place: requirement, t/month.
    pub requirement: Vec<f64>,
    /// Rows by place: shortage after stocks, t/month.
    pub shortage: Vec<f64>,
    /// Rows by place: shortage before stocks, t/month.
    pub before_stock: Vec<f64>,
    /// Rows by place: what a stockpile that is never full could have filled, t/month.
    pub refill: Vec<f64>,
    /// Rows by place: stock at the end of the month, tonnes.
    pub stocks: Vec<f64>,
    /// Rows by demand: what it did not get, t/month.
    pub unserved: Vec<f64>,
}

/// What a place lacks in a month.
#[derive(Clone, Copy, Debug, Default)]
struct Lack {
    /// Final demand after thrift.
    wanted: f64,
    /// Final demand not met before stocks.
    short: f64,
    /// Feed that later stages could use.
    feed_wanted: f64,
    /// Feed not received before stocks.
    feed_short: f64,
    /// What its stockpiles want to fill, and what they would if none were ever full.
    fill: f64,
    fill_if_never_full: f64,
}

impl Flows {
    /// For `model`.
    pub fn new(model: &Model) -> Self {
        let (markets, stages, months) = (model.markets.len(), model.stages.len(), model.months);
        let places = stages * markets;
        let by_place = model.demands_by_place();
        let mut consumers = vec![Vec::new(); stages];
        for (stage, later) in model.stages.iter().enumerate() {
            for (number, (feed, _)) in later.feeds.iter().enumerate() {
                consumers[*feed].push((stage, number));
            }
        }
        let of_place = |place: usize| {
            let first =
                model.stockpiles.partition_point(|stockpile| stockpile.stage * markets + stockpile.market < place);
            let last =
                model.stockpiles.partition_point(|stockpile| stockpile.stage * markets + stockpile.market <= place);
            first..last
        };
        let rows = || vec![0.0; places * months];
        Flows {
            demands: by_place
                .into_iter()
                .map(|((stage, market), demands)| (stage * markets + market, demands))
                .collect(),
            stockpiles: (0..places).map(of_place).collect(),
            consumers,
            ratios: model.stages.iter().map(|stage| vec![0.0; stage.feeds.len()]).collect(),
            received: model.stages.iter().map(|stage| vec![0.0; stage.feeds.len() * markets]).collect(),
            stock: vec![0.0; model.stockpiles.len()],
            saved: vec![0.0; places],
            market: Market::new(markets),
            factors: vec![1.0; markets * markets],
            lacking: vec![Lack::default(); markets],
            unserved_wanted: model.demands.len() > 1 || model.demands.iter().any(|demand| demand.loss.is_some()),
            kept: rows(),
            production: rows(),
            requirement: rows(),
            shortage: rows(),
            before_stock: rows(),
            refill: rows(),
            stocks: rows(),
            unserved: vec![0.0; model.demands.len() * months],
        }
    }
}

/// Runs all months of a trial.
///
/// Within a month, stage after stage from the mines on: (1) what is wanted, (2) what is made, (3) trade, (4) allocation
/// to final demand, then to later stages, with stocks released against what is missing, (5) filling of stocks from what
/// nobody bought, (6) thrift, which counts from the next month.
pub fn run(model: &Model, space: &mut Workspace) {
    space.flows.saved.fill(0.0);
    for (stage, ratios) in model.stages.iter().zip(&mut space.flows.ratios) {
        for ((_, ratio), value) in stage.feeds.iter().zip(ratios) {
            *value = ratio.of(&space.inputs);
        }
    }
    for month in 0..model.months {
        for stage in 0..model.stages.len() {
            want(model, space, stage, month);
            make(model, space, stage, month);
            let controlled = space.controls.fill(stage, month, &mut space.flows.factors);
            let flows = &mut space.flows;
            flows.market.trade(controlled.then_some(&flows.factors[..]));
            allocate(model, space, stage, month);
            fill_stocks(model, space, stage, month, controlled);
            save(model, space, stage, month);
        }
    }
    serve_by_priority(model, space);
}

/// What each market wants of the product: its final demand after thrift, and what its later stages could use.
fn want(model: &Model, space: &mut Workspace, stage: usize, month: usize) {
    let (markets, months) = (model.markets.len(), model.months);
    let flows = &mut space.flows;
    for market in 0..markets {
        let place = stage * markets + market;
        let row = place * months + month;
        flows.kept[row] = 1.0 - flows.saved[place];
        let wanted = space.final_demand[row] * flows.kept[row];
        let feed_wanted = super::sum::sum(flows.consumers[stage].iter().map(|&(later, number)| {
            space.capacity[(later * markets + market) * months + month] * flows.ratios[later][number]
        }));
        flows.lacking[market] = Lack { wanted, feed_wanted, ..Lack::default() };
        flows.market.wanted[market] = wanted + feed_wanted;
        flows.requirement[row] = wanted + feed_wanted;
        if month == 0 {
            for index in flows.stockpiles[place].clone() {
                let days = model.stockpiles[index].initial_days.of(&space.inputs);
                flows.stock[index] = days / DAYS_PER_MONTH * (wanted + feed_wanted);
            }
        }
    }
}

/// What each market makes: its capacity, or less where feed is missing.
fn make(model: &Model, space: &mut Workspace, stage: usize, month: usize) {
    let (markets, months) = (model.markets.len(), model.months);
    let flows = &mut space.flows;
    for market in 0..markets {
        let row = (stage * markets + market) * months + month;
        let mut made = space.capacity[row];
        for (number, ratio) in flows.ratios[stage].iter().enumerate() {
            made = made.min(flows.received[stage][number * markets + market] / ratio);
        }
        flows.market.made[market] = made;
        flows.production[row] = made;
    }
}

/// Shares out what each market got: final demand first, then later stages by what they could use. Stocks fill the gaps.
fn allocate(model: &Model, space: &mut Workspace, stage: usize, month: usize) {
    let (markets, months) = (model.markets.len(), model.months);
    let flows = &mut space.flows;
    for market in 0..markets {
        let place = stage * markets + market;
        let lack = &mut flows.lacking[market];
        let got = flows.market.got[market];
        let met = got.min(lack.wanted);
        lack.short = clean(lack.wanted - met, lack.wanted);
        let mut feed = got - met;
        lack.feed_short = clean(lack.feed_wanted - feed, lack.feed_wanted);
        let (mut short, mut feed_short) = (lack.short, lack.feed_short);
        for index in flows.stockpiles[place].clone() {
            let limit = model.stockpiles[index].release.of(&space.inputs);
            // One after the other, so that no rounding takes a stock below zero.
            let to_users = flows.stock[index].min(short).min(limit);
            flows.stock[index] -= to_users;
            let to_stages = flows.stock[index].min(feed_short).min(limit - to_users);
            flows.stock[index] -= to_stages;
            short -= to_users;
            feed_short -= to_stages;
            feed += to_stages;
        }
        let row = place * months + month;
        let final_product = lack.wanted > 0.0 || space.final_demand[row] > 0.0;
        flows.before_stock[row] = if final_product { lack.short } else { lack.feed_short };
        flows.shortage[row] =
            if final_product { clean(short, lack.wanted) } else { clean(feed_short, lack.feed_wanted) };
        for &(later, number) in &flows.consumers[stage] {
            let wanted = space.capacity[(later * markets + market) * months + month] * flows.ratios[later][number];
            let share = if lack.feed_wanted > 0.0 { wanted / lack.feed_wanted } else { 0.0 };
            flows.received[later][number * markets + market] = feed * share;
        }
    }
}

/// Fills stocks from what nobody bought, where nothing is lacking; a control into the market cuts that too.
fn fill_stocks(model: &Model, space: &mut Workspace, stage: usize, month: usize, controlled: bool) {
    let (markets, months) = (model.markets.len(), model.months);
    let flows = &mut space.flows;
    let first = flows.stockpiles[stage * markets].start;
    let last = flows.stockpiles[stage * markets + markets - 1].end;
    if first == last {
        return;
    }
    let unsold = super::sum::sum(flows.market.unsold.iter().copied());
    for market in 0..markets {
        let place = stage * markets + market;
        let requirement = flows.market.wanted[market];
        let lack = &mut flows.lacking[market];
        let fulfilled = lack.short == 0.0 && lack.feed_short == 0.0;
        for index in flows.stockpiles[place].clone().filter(|_| fulfilled) {
            let limit = model.stockpiles[index].fill.of(&space.inputs);
            let target = model.stockpiles[index].target_days.of(&space.inputs) / DAYS_PER_MONTH * requirement;
            lack.fill += (target - flows.stock[index]).max(0.0).min(limit);
            lack.fill_if_never_full += limit.min(unsold);
        }
    }
    let wanted = super::sum::sum(flows.lacking.iter().map(|lack| lack.fill));
    let wanted_if_never_full = super::sum::sum(flows.lacking.iter().map(|lack| lack.fill_if_never_full));
    for market in 0..markets {
        let place = stage * markets + market;
        let lack = flows.lacking[market];
        let mut offered = super::sum::Sum::default();
        for from in 0..markets {
            let factor = if controlled && from != market { flows.factors[from * markets + market] } else { 1.0 };
            offered.add(factor * flows.market.unsold[from]);
        }
        let offered = offered.value();
        let part = |of: f64, all: f64| if all > 0.0 { of.min(offered * of / all) } else { 0.0 };
        flows.refill[place * months + month] = part(lack.fill_if_never_full, wanted_if_never_full);
        let mut taken = part(lack.fill, wanted);
        for index in flows.stockpiles[place].clone() {
            let limit = model.stockpiles[index].fill.of(&space.inputs);
            let target =
                model.stockpiles[index].target_days.of(&space.inputs) / DAYS_PER_MONTH * flows.market.wanted[market];
            let filled = (target - flows.stock[index]).max(0.0).min(limit).min(taken);
            flows.stock[index] += filled;
            taken -= filled;
        }
    }
    for market in 0..markets {
        let place = stage * markets + market;
        let stock: f64 = flows.stock[flows.stockpiles[place].clone()].iter().sum();
        flows.stocks[place * months + month] = stock;
    }
}

/// Users who lack more than one hundredth of their demand learn to save; others forget.
fn save(model: &Model, space: &mut Workspace, stage: usize, month: usize) {
    let (markets, months) = (model.markets.len(), model.months);
    for (market, response) in model.responses.iter().enumerate() {
        let Some(response) = response else { continue };
        let place = stage * markets + market;
        let row = place * months + month;
        let demand = space.final_demand[row];
        let saved = &mut space.flows.saved[place];
        *saved = if demand > 0.0 && space.flows.shortage[row] > 0.01 * demand {
            let step = response.thrift.of(&space.inputs) / 12.0;
            (*saved + step).min(response.max.of(&space.inputs))
        } else {
            (*saved - response.relapse.of(&space.inputs) / 12.0).max(0.0)
        };
    }
}

/// Splits the shortage of every place among its demands: the last in the order of service go short first, those of the
/// same priority in proportion to what they want.
fn serve_by_priority(model: &Model, space: &mut Workspace) {
    let months = model.months;
    let flows = &mut space.flows;
    if !flows.unserved_wanted {
        return;
    }
    for (place, demands) in &flows.demands {
        for month in 0..months {
            let row = place * months + month;
            let kept = flows.kept[row];
            let mut missing = flows.shortage[row];
            for group in demands.chunk_by(|a, b| model.demands[*a].priority == model.demands[*b].priority).rev() {
                let wanted = kept * super::sum::sum(group.iter().map(|demand| space.demand[demand * months + month]));
                let short = missing.min(wanted);
                for demand in group {
                    let own = kept * space.demand[demand * months + month];
                    flows.unserved[demand * months + month] = if wanted > 0.0 { short * own / wanted } else { 0.0 };
                }
                missing -= short;
            }
        }
    }
}

/// Zero, where `difference` is no more than rounding of `of`.
#[inline]
fn clean(difference: f64, of: f64) -> f64 {
    if difference > DUST * of { difference } else { 0.0 }
}
