//! Markets, stages, standing capacity, demand, answers to a shortage, stockpiles.

use std::collections::BTreeMap;

use super::context::Context;
use super::names::{check_id, check_text, check_unit, find, path};
use super::quantities::{FRACTION, NOT_NEGATIVE, POSITIVE};
use super::trend::{self, DatedPath, Trend};
use super::{CapacityGroup, Demand, Input, Level, Market, Model, Response, Stage, Stockpile};
use crate::config::fault::Fault;
use crate::config::{self, Capacity, Quantity};
use crate::math;
use crate::random::Key;

/// Markets by name, and every country with its market.
pub fn markets(context: &mut Context<'_>) -> Vec<Market> {
    let mut markets = Vec::new();
    for (id, market) in &context.config.markets {
        check_id(path(&["markets", id]), &mut context.faults);
        let title = market.title.clone().unwrap_or_else(|| id.clone());
        check_text(path(&["markets", id, "title"]), &title, 80, &mut context.faults);
        for (position, country) in market.countries.iter().enumerate() {
            let here = path(&["markets", id, "countries", &position.to_string()]);
            check_text(here.clone(), country, 64, &mut context.faults);
            if country.is_empty() || country.contains(['.', '*']) {
                context
                    .faults
                    .push(Fault::new(here.clone(), "the name of a country holds no `.` and no `*`, and is not empty"));
            }
            match context.countries.iter().find(|(known, _)| known == country) {
                Some((_, other)) => {
                    let label = format!("it is in `{}` already", context.market_ids[*other]);
                    context.faults.push(Fault::new(here, "a country belongs to one market").label(label));
                }
                None => context.countries.push((country.clone(), markets.len())),
            }
        }
        markets.push(Market { id: id.clone(), title });
    }
    if markets.is_empty() {
        context.faults.push(Fault::new(path(&["markets"]), "a model has at least one market").of_absence());
    }
    markets
}

/// Stage ids in topological order: feeds first, by name where nothing else decides. Loops are a fault.
pub fn stage_order(context: &mut Context<'_>) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let ids: Vec<String> = context.config.stages.keys().cloned().collect();
    for id in &ids {
        visit_stage(context, id, &mut open, &mut order);
    }
    if ids.is_empty() {
        context.faults.push(Fault::new(path(&["stages"]), "a model has at least one stage").of_absence());
    }
    order
}

fn visit_stage(context: &mut Context<'_>, id: &str, open: &mut Vec<String>, order: &mut Vec<String>) {
    if order.iter().any(|done| done == id) {
        return;
    }
    open.push(id.into());
    for feed in context.config.stages[id].feeds.keys() {
        let here = path(&["stages", id, "feeds", feed]);
        if open.contains(feed) {
            let label = format!("{} -> {feed}", open.join(" -> "));
            context
                .faults
                .push(Fault::new(here, "a stage cannot feed itself, not even by way of others").at_key().label(label));
        } else if context.config.stages.contains_key(feed) {
            visit_stage(context, feed, open, order);
        }
    }
    open.pop();
    order.push(id.into());
}

/// Stages in the order of `context.stage_ids`.
pub fn stages(context: &mut Context<'_>) -> Vec<Stage> {
    let ids = context.stage_ids.clone();
    let mut stages = Vec::new();
    for id in &ids {
        let stage = &context.config.stages[id];
        check_id(path(&["stages", id]), &mut context.faults);
        let title = stage.title.clone().unwrap_or_else(|| id.clone());
        check_text(path(&["stages", id, "title"]), &title, 80, &mut context.faults);
        let unit = check_unit(path(&["stages", id, "unit"]), &stage.unit, "t", &mut context.faults);
        let mut feeds = Vec::new();
        for (feed, ratio) in &stage.feeds {
            let here = path(&["stages", id, "feeds", feed]);
            let ratio = context.input(&format!("stages.{id}.feeds.{feed}"), &here, ratio, POSITIVE);
            if let Some(feed) = find("stage", feed, &ids, here, &mut context.faults) {
                feeds.push((feed, ratio));
            }
        }
        let price = stage.price.as_ref().map(|stated| price(context, id, stated));
        stages.push(Stage { id: id.clone(), title, unit, feeds, price });
    }
    stages
}

/// Elasticities and the largest multiple. The price is a power of one over the sum of both.
fn price(context: &mut Context<'_>, id: &str, price: &config::Price) -> (Input, Input, f64) {
    let mut elasticity = |key: &str, quantity| {
        let here = path(&["stages", id, "price", key]);
        context.input(&format!("stages.{id}.price.{key}"), &here, quantity, NOT_NEGATIVE)
    };
    let demand = elasticity("demand_elasticity", &price.demand_elasticity);
    let supply = elasticity("supply_elasticity", &price.supply_elasticity);
    if !(context.quantities.lowest(demand) + context.quantities.lowest(supply) > 0.0) {
        let fault =
            Fault::new(path(&["stages", id, "price"]), "one of the elasticities must be above 0 in every trial");
        context.faults.push(fault.help("if it is a distribution, add a `min` above 0"));
    }
    if !(price.max_multiple >= 1.0 && price.max_multiple <= 1000.0) {
        let here = path(&["stages", id, "price", "max_multiple"]);
        context.faults.push(Fault::new(here, "`max_multiple` lies between 1 and 1000"));
    }
    (demand, supply, price.max_multiple)
}

/// A product that plants take as feed is made somewhere, or held in stock; else they never run.
pub fn check_feeds(context: &mut Context<'_>) {
    let config = context.config;
    let plants = &context.plants;
    let is_made = |stage: &str| plants.iter().any(|plant| plant.stage == stage);
    let is_held = |stage: &str| config.stockpiles.values().any(|stockpile| stockpile.stage == stage);
    if plants.iter().any(|plant| !config.stages.contains_key(plant.stage)) {
        return; // the plant that makes it may be the one whose stage is misspelt
    }
    for (id, stage) in config.stages.iter().filter(|(id, _)| is_made(id)) {
        for feed in stage.feeds.keys().filter(|feed| config.stages.contains_key(*feed)) {
            if !is_made(feed) && !is_held(feed) {
                let here = path(&["stages", id, "feeds", feed]);
                let fault = Fault::new(here, format!("nobody makes `{feed}`, and nobody can buy it")).at_key();
                let help = format!("add a capacity or project with `stage = \"{feed}\"`, or leave the feed out");
                context.faults.push(fault.help(help).of_absence());
            }
        }
    }
}

/// What decides which capacities can be added up once and for all: market, stage, country if asked for, outages.
type GroupKey = (usize, usize, Option<usize>, Vec<usize>);

/// Standing capacity, grouped.
pub fn capacities(context: &mut Context<'_>) -> Vec<CapacityGroup> {
    let mut standing: BTreeMap<GroupKey, Standing> = BTreeMap::new();
    let config = context.config;
    for (id, capacity) in &config.capacities {
        check_id(path(&["capacities", id]), &mut context.faults);
        let Some(key) = group_key(context, id, capacity) else { continue };
        let trend = trend::read(context, ["capacities", id], &capacity.tonnes_per_year, &capacity.growth_per_year);
        standing.entry(key).or_default().add(trend);
    }
    let mut groups: Vec<CapacityGroup> = (standing.into_iter())
        .map(|((market, stage, country, outages), standing)| {
            let known = standing.known_row(context.months);
            let Standing { uncertain, paths, .. } = standing;
            CapacityGroup { market, stage, country, outages, known, uncertain, paths }
        })
        .collect();
    groups.sort_by(|a, b| {
        let first = |group: &CapacityGroup| group.known.first().copied().unwrap_or(0.0);
        (a.stage, a.market)
            .cmp(&(b.stage, b.market))
            .then(a.outages.cmp(&b.outages))
            .then(first(a).total_cmp(&first(b)))
    });
    groups
}

fn group_key(context: &mut Context<'_>, id: &str, capacity: &Capacity) -> Option<GroupKey> {
    let market = context.country("capacities", id, &capacity.country);
    let stage = context.stage("capacities", id, &capacity.stage);
    let country = context.asked.iter().position(|(name, _)| *name == capacity.country);
    let outages = context.outages_on(["capacities", id], &capacity.country, market, &capacity.stage);
    Some((market?, stage?, country, outages))
}

/// The capacities of a group.
#[derive(Default)]
struct Standing {
    /// Known: tonnes per year and growth per year.
    growing: Vec<(f64, f64)>,
    /// Known, along a path: t/month by month.
    rows: Vec<Vec<f64>>,
    uncertain: Vec<(Input, Input)>,
    paths: Vec<DatedPath>,
}

impl Standing {
    fn add(&mut self, trend: Trend) {
        match trend {
            Trend::Growing { tonnes_per_year: Input::Known(tonnes), growth: Input::Known(growth) } => {
                self.growing.push((tonnes, growth));
            }
            Trend::Growing { tonnes_per_year, growth } => self.uncertain.push((tonnes_per_year, growth)),
            Trend::Path(path) => match path.known() {
                Some(row) => self.rows.push(row),
                None => self.paths.push(path),
            },
        }
    }

    /// Sum by month of `tonnes / 12 (1 + growth)^(month / 12)` and of the known paths; empty if nothing is known.
    fn known_row(&self, months: usize) -> Vec<f64> {
        if self.growing.is_empty() && self.rows.is_empty() {
            return Vec::new();
        }
        // By content: a new name or another place in the file must not change the last bit of the sum.
        let (mut growing, mut rows) = (self.growing.clone(), self.rows.clone());
        growing.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let sum = |month: usize| {
            let at = |&(tonnes, growth): &(f64, f64)| tonnes / 12.0 * math::pow(1.0 + growth, month as f64 / 12.0);
            rows.sort_by(|a, b| a[month].total_cmp(&b[month]));
            growing.iter().map(at).chain(rows.iter().map(|row| row[month])).sum()
        };
        (0..months).map(sum).collect()
    }
}

/// Final demand, by name.
pub fn demands(context: &mut Context<'_>) -> Vec<Demand> {
    let mut demands = Vec::new();
    let config = context.config;
    for (id, demand) in &config.demands {
        check_id(path(&["demands", id]), &mut context.faults);
        let market = context.market("demands", id, &demand.market);
        let stage = context.stage("demands", id, &demand.stage);
        let surges = context.surges_on(&demand.market, &demand.stage);
        let seed = context.seed();
        let trend = trend::read(context, ["demands", id], &demand.tonnes_per_year, &demand.growth_per_year);
        let seasonal = demand.seasonal.as_ref().map_or(Vec::new(), |factors| trend::seasonal(context, id, factors));
        let mut input = |name: &str, quantity, domain| {
            context.input(&format!("demands.{id}.{name}"), &path(&["demands", id, name]), quantity, domain)
        };
        let volatility = input("volatility_per_year", &demand.volatility_per_year, FRACTION);
        let loss = demand.loss_usd_per_tonne.as_ref().map(|loss| input("loss_usd_per_tonne", loss, NOT_NEGATIVE));
        let embedded_from = demand.embedded_from.as_ref().and_then(|from| {
            find("market", from, &context.market_ids, path(&["demands", id, "embedded_from"]), &mut context.faults)
        });
        if demand.embedded_from.as_ref() == Some(&demand.market) {
            let fault = Fault::new(path(&["demands", id, "embedded_from"]), "the goods come from another market");
            context.faults.push(fault.help("name the market that makes them"));
        }
        let (Some(market), Some(stage)) = (market, stage) else { continue };
        let walk = Key::new(seed, &format!("demands.{id}.walk"));
        let priority = demand.priority;
        demands.push(Demand {
            id: id.clone(),
            market,
            stage,
            trend,
            seasonal,
            volatility,
            walk,
            priority,
            loss,
            surges,
            embedded_from,
        });
    }
    demands
}

/// Answers to a shortage, by market.
pub fn responses(context: &mut Context<'_>) -> Vec<Option<Response>> {
    let mut responses = vec![None; context.market_ids.len()];
    let config = context.config;
    for (id, response) in &config.response {
        let market = find("market", id, &context.market_ids, path(&["response", id]), &mut context.faults);
        let mut input = |name: &str, quantity, domain| {
            context.input(&format!("response.{id}.{name}"), &path(&["response", id, name]), quantity, domain)
        };
        let thrift = input("thrift_per_year", &response.thrift_per_year, NOT_NEGATIVE);
        let max = input("max", &response.max, FRACTION);
        let relapse = input("relapse_per_year", &response.relapse_per_year, NOT_NEGATIVE);
        if let Some(market) = market {
            responses[market] = Some(Response { thrift, max, relapse });
        }
    }
    responses
}

/// Stockpiles in the order of use within a market and stage.
pub fn stockpiles(context: &mut Context<'_>) -> Vec<Stockpile> {
    let mut stockpiles: Vec<(u32, Stockpile)> = Vec::new();
    let config = context.config;
    for (id, stockpile) in &config.stockpiles {
        check_id(path(&["stockpiles", id]), &mut context.faults);
        let market = context.market("stockpiles", id, &stockpile.market);
        let stage = context.stage("stockpiles", id, &stockpile.stage);
        let mut input = |name: &str, quantity: &Quantity| {
            context.input(&format!("stockpiles.{id}.{name}"), &path(&["stockpiles", id, name]), quantity, NOT_NEGATIVE)
        };
        let given = [
            ("target", &stockpile.target_tonnes, &stockpile.target_days),
            ("initial", &stockpile.initial_tonnes, &stockpile.initial_days),
        ];
        let mut levels = given.map(|(what, tonnes, days)| {
            let tonnes = tonnes.as_ref().map(|tonnes| input(&format!("{what}_tonnes"), tonnes));
            let days = days.as_ref().map(|days| input(&format!("{what}_days"), days));
            (tonnes, days)
        });
        if matches!(levels[1], (None, None)) {
            levels[1] = levels[0];
        }
        let zero = Input::Known(0.0);
        let [target, initial] =
            levels.map(|(tonnes, days)| Level { tonnes: tonnes.unwrap_or(zero), days: days.unwrap_or(zero) });
        let mut limit = |name: &str, quantity: &Option<Quantity>| match quantity {
            Some(quantity) => input(name, quantity),
            None => Input::Known(f64::INFINITY),
        };
        let fill = limit("fill_tonnes_per_month", &stockpile.fill_tonnes_per_month);
        let release = limit("release_tonnes_per_month", &stockpile.release_tonnes_per_month);
        let (Some(market), Some(stage)) = (market, stage) else { continue };
        check_levels(context, id, stockpile);
        let twin = stockpiles.iter().find(|(priority, other)| {
            *priority == stockpile.priority && (other.market, other.stage) == (market, stage)
        });
        if let Some((_, other)) = twin {
            let message = format!("`{}` has the same market, stage and priority", other.id);
            let fault = Fault::new(path(&["stockpiles", id]), message).at_key();
            context.faults.push(fault.help("give one of them another `priority`: 1 is used first"));
        }
        stockpiles
            .push((stockpile.priority, Stockpile { id: id.clone(), market, stage, target, initial, fill, release }));
    }
    stockpiles.sort_by_key(|(priority, stockpile)| (stockpile.stage, stockpile.market, *priority));
    stockpiles.into_iter().map(|(_, stockpile)| stockpile).collect()
}

/// A stockpile has a target, in tonnes or in days, and at most one stock at the start.
fn check_levels(context: &mut Context<'_>, id: &str, stockpile: &config::Stockpile) {
    let given = |tonnes: &Option<Quantity>, days: &Option<Quantity>| [tonnes.is_some(), days.is_some()];
    let target = given(&stockpile.target_tonnes, &stockpile.target_days);
    if target == [false, false] {
        let fault = Fault::new(path(&["stockpiles", id]), "this stockpile has no target").at_key();
        context.faults.push(fault.help("give `target_tonnes` or `target_days`"));
    }
    let initial = given(&stockpile.initial_tonnes, &stockpile.initial_days);
    for (what, given) in [("target", target), ("initial", initial)] {
        if given == [true, true] {
            let here = path(&["stockpiles", id, &format!("{what}_days")]);
            let message = format!("give `{what}_tonnes` or `{what}_days`, not both");
            context.faults.push(Fault::new(here, message).at_key());
        }
    }
}

/// Puts the feeds of every stage into the order in which they are matched across markets: those of which less is needed
/// first, then those of which less can be made at the start. Names have no say in it, and neither has a scale.
pub fn order_feeds(model: &mut Model) {
    let Model { stages, capacities, inputs, .. } = model;
    let at_start = |stage: usize| {
        let mut standing = Vec::new();
        for group in capacities.iter().filter(|group| group.stage == stage) {
            standing.extend(group.known.first());
            standing.extend(group.uncertain.iter().map(|(tonnes, _)| inputs.mean(*tonnes) / 12.0));
            standing.extend(group.paths.iter().map(|path| path.mean_at_start(inputs) / 12.0));
        }
        standing.sort_by(f64::total_cmp);
        standing.iter().sum::<f64>()
    };
    let standing: Vec<f64> = (0..stages.len()).map(at_start).collect();
    for stage in stages {
        stage.feeds.sort_by(|a, b| {
            let ratios = inputs.mean(a.1).total_cmp(&inputs.mean(b.1));
            ratios.then(standing[a.0].total_cmp(&standing[b.0]))
        });
    }
}
