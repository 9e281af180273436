//! What a disruption reaches: the plants, the trade or the demand that it is about. One that reaches nothing is a fault.

use super::super::context::{Context, applies, means};
use super::super::names::{find_all, path};
use crate::config::fault::Fault;
use crate::config::{self, DisruptionKind};

/// The (from, to, stage) that an export control cuts, empty for the other kinds; and all faults of what is named.
pub fn reach(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) -> Vec<(usize, usize, usize)> {
    let stages = context.stage_ids.clone();
    let before = context.faults.len();
    let of_stages =
        find_all("stage", &disruption.stages, &stages, &path(&["disruptions", id, "stages"]), &mut context.faults);
    match disruption.kind {
        DisruptionKind::Outage => outage(context, id, disruption, context.faults.len() > before),
        DisruptionKind::ExportControl => return control(context, id, disruption, &of_stages),
        DisruptionKind::DemandSurge => surge(context, id, disruption),
    }
    Vec::new()
}

/// Every one of `hits` is a name that there is, of capacities or projects of the disruption's stages.
fn outage(context: &mut Context<'_>, id: &str, disruption: &config::Disruption, any_stage: bool) {
    let config = context.config;
    let plants = &context.plants;
    let mut names: Vec<(&str, &str)> = plants.iter().map(|plant| (plant.table, plant.id)).collect();
    names.extend(config.stages.keys().map(|id| ("stages", id.as_str())));
    names.extend(config.markets.keys().map(|id| ("markets", id.as_str())));
    let countries = config.markets.values().flat_map(|market| &market.countries);
    names.extend(countries.map(|country| ("countries", country.as_str())));
    for (position, pattern) in disruption.hits.iter().enumerate() {
        let here = path(&["disruptions", id, "hits", &position.to_string()]);
        if !names.iter().any(|(table, name)| means(pattern, table, name)) {
            let fault = Fault::new(here, format!("`{pattern}` is no capacity, project, country, market or stage"));
            let full: Vec<String> = names.iter().map(|(table, name)| format!("{table}.{name}")).collect();
            let fault = match pattern.contains('.') {
                true => fault.unknown(pattern, full.iter().map(String::as_str), &context.faults),
                false => fault.unknown(pattern, names.iter().map(|(_, name)| *name), &context.faults),
            };
            context.faults.push(fault);
            continue;
        }
        let mut called = plants.iter().filter(|plant| plant.is_called(pattern)).peekable();
        if called.peek().is_none() {
            let fault =
                Fault::new(here, format!("`{pattern}` has no capacity and no project that an outage could hit"));
            context.faults.push(fault.help("leave it out of `hits`").of_absence());
        } else if !any_stage && !called.any(|plant| applies(&disruption.stages, plant.stage)) {
            let fault = Fault::new(here, format!("nothing of `{pattern}` belongs to the `stages` of this outage"));
            context.faults.push(fault.help("leave it out of `hits`, or widen `stages`").of_absence());
        }
    }
}

/// The trade that a control cuts, some of which there may be.
fn control(
    context: &mut Context<'_>,
    id: &str,
    disruption: &config::Disruption,
    of_stages: &[usize],
) -> Vec<(usize, usize, usize)> {
    let here = |key: &str| path(&["disruptions", id, key]);
    let markets = context.market_ids.clone();
    let from = find_all("market", &disruption.from, &markets, &here("from"), &mut context.faults);
    let to = find_all("market", &disruption.to, &markets, &here("to"), &mut context.faults);
    let mut cuts = Vec::new();
    for &stage in of_stages {
        let pairs = from.iter().flat_map(|&from| to.iter().map(move |&to| (from, to)));
        cuts.extend(pairs.filter(|(from, to)| from != to).map(|(from, to)| (from, to, stage)));
    }
    if from.is_empty() || to.is_empty() || of_stages.is_empty() {
        return cuts; // of which a fault tells already
    }
    if cuts.is_empty() {
        let fault = Fault::new(here("to"), "a control from a market to itself cuts nothing");
        context.faults.push(fault.help("name other markets: `*` is every other"));
        return cuts;
    }
    let is_traded = |&(from, to, stage): &(usize, usize, usize)| {
        let stage = context.stage_ids[stage].as_str();
        context.sold.contains(&(markets[from].as_str(), stage))
            && context.bought.contains(&(markets[to].as_str(), stage))
    };
    if !cuts.iter().any(is_traded) {
        let fault = Fault::new(path(&["disruptions", id]), "this control cuts nothing that could be traded").at_key();
        let help = "a market of `from` must make or buy one of the `stages`, and one of `to` have a use for it: a demand, \
                    a stockpile, or a plant that takes it as feed";
        context.faults.push(fault.help(help).of_absence());
    }
    cuts
}

/// There is a demand that a surge lifts.
fn surge(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) {
    let (markets, before) = (context.market_ids.clone(), context.faults.len());
    find_all("market", &disruption.markets, &markets, &path(&["disruptions", id, "markets"]), &mut context.faults);
    let lifts = |demand: &config::Demand| {
        applies(&disruption.stages, &demand.stage) && applies(&disruption.markets, &demand.market)
    };
    if context.faults.len() == before && !context.config.demands.values().any(lifts) {
        let fault =
            Fault::new(path(&["disruptions", id]), "there is no final demand that this surge could lift").at_key();
        context.faults.push(fault.help("widen its `markets` or `stages`, or add a demand").of_absence());
    }
}
