//! The monthly series that a model asks for.

use std::array::from_fn;

use super::DAYS_PER_MONTH;
use super::lanes::Lanes;
use super::month::{Now, Places};
use super::parameters::Parameters;
use super::sum::sum;
use crate::math;
use crate::model::{Model, SeriesKind, SeriesSpec};

/// A month, as far as series look at it.
pub struct Seen<'a> {
    /// The model.
    pub model: &'a Model,
    /// Numbers that hold for all months.
    pub parameters: &'a Parameters,
    /// What the month loop left behind.
    pub now: &'a Now,
    /// The chains without a market.
    pub pooled: &'a Pooled,
    /// Capacity by place.
    pub capacity: &'a [Lanes],
    /// Capacity by stage and country asked for.
    pub country_capacity: &'a [Lanes],
}

/// Fills the month's value of every series.
#[inline(always)]
pub fn fill(seen: &Seen<'_>, out: &mut [Lanes]) {
    for (spec, out) in seen.model.series.iter().zip(out) {
        *out = value(seen, spec);
    }
}

/// The value of a series this month. To add a kind of series, add an arm.
#[inline(always)]
fn value(seen: &Seen<'_>, spec: &SeriesSpec) -> Lanes {
    let Seen { model, now, .. } = seen;
    let markets = model.markets.len();
    let place = spec.stage * markets + spec.market;
    let stage = spec.stage * markets..(spec.stage + 1) * markets;
    match spec.kind {
        SeriesKind::Production => now.production[place],
        SeriesKind::Capacity => seen.capacity[place],
        SeriesKind::Requirement => now.wanted[place] + now.feed_wanted[place],
        SeriesKind::Demand => now.demand[place],
        SeriesKind::Shortage => now.shortage[place],
        SeriesKind::ShortageFraction => ratio(now.shortage[place], wanted(now, place)),
        SeriesKind::Share => ratio(production_of(seen, spec, place), sum(now.production[stage].iter().copied())),
        SeriesKind::ProductionOutside => sum(stage.filter(|other| *other != place).map(|other| now.production[other])),
        SeriesKind::StockDays => {
            ratio(now.stocks[place], now.wanted[place] + now.feed_wanted[place]) * Lanes::all(DAYS_PER_MONTH)
        }
        SeriesKind::CoverageWithout => seen.pooled.coverage(spec.market, spec.stage),
        SeriesKind::PriceMultiple => price(seen, spec, place),
        SeriesKind::LossUsd => {
            sum(demands(seen, place).map(|demand| now.unserved[demand] * seen.parameters.loss[demand]))
        }
        SeriesKind::Unserved => now.unserved[spec.demand],
    }
}

/// `part / whole`, and 0 of nothing.
#[inline(always)]
pub fn ratio(part: Lanes, whole: Lanes) -> Lanes {
    (part / whole).only(whole.above(Lanes::ZERO))
}

/// What a shortage is a fraction of: final demand after thrift, or the feed wanted where there is no final demand.
#[inline(always)]
pub fn wanted(now: &Now, place: usize) -> Lanes {
    now.wanted[place].or(now.wanted[place].above(Lanes::ZERO), now.feed_wanted[place])
}

/// The demands of a place.
#[inline(always)]
fn demands<'a>(seen: &'a Seen<'_>, place: usize) -> impl Iterator<Item = usize> + 'a {
    let markets = seen.model.markets.len();
    let here = move |(_, demand): &(usize, &crate::model::Demand)| demand.stage * markets + demand.market == place;
    seen.model.demands.iter().enumerate().filter(here).map(|(index, _)| index)
}

/// Production of a market, or of a country: its part of the market's capacity makes the same part of its production.
#[inline(always)]
fn production_of(seen: &Seen<'_>, spec: &SeriesSpec, place: usize) -> Lanes {
    let production = seen.now.production[place];
    match spec.country {
        None => production,
        Some(country) => {
            let own = seen.country_capacity[spec.stage * seen.model.countries.len() + country];
            production * ratio(own, seen.capacity[place])
        }
    }
}

/// `(supply / requirement)^(-1 / (demand elasticity + supply elasticity))`, at most the stated multiple; 1 without
/// elasticities.
#[inline(always)]
fn price(seen: &Seen<'_>, spec: &SeriesSpec, place: usize) -> Lanes {
    let Some((_, _, max)) = seen.model.stages[spec.stage].price else { return Lanes::ONE };
    let requirement = seen.now.wanted[place] + seen.now.feed_wanted[place];
    let shortage = seen.now.shortage[place];
    let elasticity = seen.parameters.elasticity[spec.stage];
    Lanes(from_fn(|lane| {
        let (requirement, elasticity) = (requirement.0[lane], elasticity.0[lane]);
        if !(requirement > 0.0) {
            return 1.0;
        }
        let supplied = 1.0 - shortage.0[lane] / requirement;
        if !(supplied > 0.0 && elasticity > 0.0) {
            return if supplied < 1.0 { max } else { 1.0 };
        }
        math::pow(supplied, -1.0 / elasticity).min(max)
    }))
}

/// The chain of all markets but one, pooled as one: the serial bottleneck `min(capacity, feeds)`, and what the others' final
/// demand, before thrift, needs of every stage through the feed ratios.
#[derive(Clone, Debug)]
pub struct Pooled {
    /// The market left out, and by stage: capacity, final demand, what could be made, what is needed.
    chains: Vec<(usize, Vec<Link>)>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    capacity: Lanes,
    demand: Lanes,
    made: Lanes,
    needed: Lanes,
}

impl Pooled {
    /// For the coverages that `model` asks for.
    pub fn new(model: &Model) -> Self {
        let asked = model.series.iter().filter(|spec| spec.kind == SeriesKind::CoverageWithout);
        let mut without: Vec<usize> = asked.map(|spec| spec.market).collect();
        without.sort_unstable();
        without.dedup();
        let link = Link { capacity: Lanes::ZERO, demand: Lanes::ZERO, made: Lanes::ZERO, needed: Lanes::ZERO };
        Pooled { chains: without.into_iter().map(|market| (market, vec![link; model.stages.len()])).collect() }
    }

    /// What the others could make of a stage's product over what they need; infinite where they need none.
    #[inline(always)]
    fn coverage(&self, without: usize, stage: usize) -> Lanes {
        let chain = self.chains.iter().find(|(market, _)| *market == without);
        let Some(link) = chain.map(|(_, links)| links[stage]) else { return Lanes::ZERO };
        (link.made / link.needed).or(link.needed.above(Lanes::ZERO), Lanes::all(f64::INFINITY))
    }

    /// Fills the chains for a month, from capacity and demand by place.
    #[inline(always)]
    pub fn fill(
        &mut self,
        model: &Model,
        places: &Places,
        parameters: &Parameters,
        capacity: &[Lanes],
        demand: &[Lanes],
    ) {
        let markets = model.markets.len();
        for (without, links) in &mut self.chains {
            for (stage, link) in links.iter_mut().enumerate() {
                let others = (0..markets).filter(|market| market != without).map(|market| stage * markets + market);
                link.capacity = sum(others.clone().map(|place| capacity[place]));
                link.demand = sum(others.map(|place| demand[place]));
                link.made = link.capacity;
                link.needed = link.demand;
            }
            for stage in 0..links.len() {
                // The stages before this one are final.
                for (number, (feed, _)) in model.stages[stage].feeds.iter().enumerate() {
                    let ratio = parameters.ratios[stage][number];
                    let offered = links[*feed].made - links[*feed].demand.min(links[*feed].made);
                    let mut part = offered;
                    if places.consumers[*feed].len() > 1 {
                        // Several stages take it: in proportion to what they could use.
                        let all = sum(places.consumers[*feed]
                            .iter()
                            .map(|&(later, number)| links[later].capacity * parameters.ratios[later][number]));
                        part = (offered * (links[stage].capacity * ratio / all)).only(all.above(Lanes::ZERO));
                    }
                    links[stage].made = links[stage].made.min(part / ratio);
                }
            }
            for stage in (0..links.len()).rev() {
                for (number, (feed, _)) in model.stages[stage].feeds.iter().enumerate() {
                    links[*feed].needed = links[*feed].needed + links[stage].needed * parameters.ratios[stage][number];
                }
            }
        }
    }
}
