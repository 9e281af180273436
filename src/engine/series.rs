//! The monthly series that a model asks for.

use pulp::Simd;

use super::DAYS_PER_MONTH;
use super::lanes::Lanes;
use super::month::{Now, Place};
use super::parameters::Parameters;
use super::places::Places;
use super::sum::sum;
use super::wide::{Part, Wide};
use crate::math;
use crate::model::{Model, SeriesKind, SeriesSpec};

/// A month, as far as series look at it.
pub struct Seen<'a, S: Simd> {
    /// The model.
    pub model: &'a Model,
    /// Who is where.
    pub places: &'a Places,
    /// Numbers that hold for all months.
    pub parameters: &'a Parameters,
    /// The trials looked at.
    pub part: Part<S>,
    /// What the month loop left behind.
    pub now: &'a Now<S>,
    /// The chains without a market.
    pub pooled: &'a Chains<'a, S>,
    /// Capacity by stage and country asked for.
    pub country_capacity: &'a [Lanes],
}

/// Fills the month's value of every series.
#[inline(always)]
pub fn fill<S: Simd>(seen: &Seen<'_, S>, out: &mut [Lanes]) {
    for (spec, out) in seen.model.series.iter().zip(out) {
        seen.part.store(out, value(seen, spec));
    }
}

/// The value of a series this month. To add a kind of series, add an arm.
#[inline(always)]
fn value<S: Simd>(seen: &Seen<'_, S>, spec: &SeriesSpec) -> Wide<S> {
    let Seen { model, part, now, .. } = seen;
    let markets = model.markets.len();
    let number = spec.stage * markets + spec.market;
    let place = &now.places[number];
    let stage = &now.places[spec.stage * markets..(spec.stage + 1) * markets];
    let made = |place: &Place<S>| place.production;
    match spec.kind {
        SeriesKind::Production => place.production,
        SeriesKind::Capacity => place.capacity,
        SeriesKind::Requirement => requirement(place),
        SeriesKind::Demand => place.demand,
        SeriesKind::Shortage => place.shortage,
        SeriesKind::ShortageFraction => ratio(place.shortage, wanted(place)),
        SeriesKind::Share => ratio(production_of(seen, spec, place), sum(part.zero(), stage.iter().map(made))),
        SeriesKind::ProductionOutside => {
            let others = stage.iter().enumerate().filter(|(market, _)| *market != spec.market);
            sum(part.zero(), others.map(|(_, place)| place.production))
        }
        SeriesKind::StockDays => ratio(place.stocks, requirement(place)) * part.all(DAYS_PER_MONTH),
        SeriesKind::CoverageWithout => seen.pooled.coverage(spec.market, spec.stage),
        SeriesKind::PriceMultiple => price(seen, spec, place),
        SeriesKind::LossUsd => {
            let demands = seen.places.demands[number].iter().flatten();
            let loss = |&demand: &usize| now.unserved[demand] * part.load(&seen.parameters.loss[demand]);
            sum(part.zero(), demands.map(loss))
        }
        SeriesKind::Unserved => now.unserved[spec.demand],
    }
}

/// `part / whole`, and 0 of nothing.
#[inline(always)]
pub fn ratio<S: Simd>(part: Wide<S>, whole: Wide<S>) -> Wide<S> {
    (part / whole).only(whole.positive())
}

/// All that a place wants: for final demand after thrift, and for later stages.
#[inline(always)]
fn requirement<S: Simd>(place: &Place<S>) -> Wide<S> {
    place.wanted + place.feed_wanted
}

/// What a shortage is a fraction of: final demand after thrift, or the feed wanted where there is no final demand.
#[inline(always)]
pub fn wanted<S: Simd>(place: &Place<S>) -> Wide<S> {
    place.wanted.or(place.wanted.positive(), place.feed_wanted)
}

/// Production of a market, or of a country: its part of the market's capacity makes the same part of its production.
#[inline(always)]
fn production_of<S: Simd>(seen: &Seen<'_, S>, spec: &SeriesSpec, place: &Place<S>) -> Wide<S> {
    match spec.country {
        None => place.production,
        Some(country) => {
            let own = &seen.country_capacity[spec.stage * seen.model.countries.len() + country];
            place.production * ratio(seen.part.load(own), place.capacity)
        }
    }
}

/// `(supply / requirement)^(-1 / (demand elasticity + supply elasticity))`, at most the stated multiple; 1 without
/// elasticities.
#[inline(always)]
fn price<S: Simd>(seen: &Seen<'_, S>, spec: &SeriesSpec, place: &Place<S>) -> Wide<S> {
    let part = seen.part;
    let Some((_, _, max)) = seen.model.stages[spec.stage].price else { return part.all(1.0) };
    if !place.shortage.positive().any() {
        return part.all(1.0);
    }
    let mut supplied = Lanes::ZERO;
    part.store(&mut supplied, part.all(1.0) - ratio(place.shortage, requirement(place)));
    let elasticity = seen.parameters.elasticity[spec.stage].0;
    for (value, elasticity) in supplied.0.iter_mut().zip(&elasticity) {
        *value = multiple(*value, *elasticity, max);
    }
    part.load(&supplied)
}

/// Price multiple at which supply and demand meet when this share of the requirement is supplied. Without a branch, so
/// that a loop over trials becomes wide instructions.
#[inline(always)]
fn multiple(supplied: f64, elasticity: f64, max: f64) -> f64 {
    let answers = supplied > 0.0 && elasticity > 0.0;
    let (share, by) = if answers { (supplied, elasticity) } else { (1.0, 1.0) };
    let multiple = math::exp_in_row(-math::ln_in_row(share) / by);
    let multiple = if answers && multiple < max { multiple } else { max };
    if supplied < 1.0 { multiple } else { 1.0 }
}

/// The chain of all markets but one, pooled as one: the serial bottleneck `min(capacity, feeds)`, and what the others' final
/// demand, before thrift, needs of every stage through the feed ratios.
#[derive(Clone, Debug)]
pub struct Chains<'a, S: Simd> {
    /// By chain: the market left out.
    without: &'a [usize],
    /// By chain and stage.
    links: Vec<Link<S>>,
    stages: usize,
}

#[derive(Clone, Copy, Debug)]
struct Link<S: Simd> {
    capacity: Wide<S>,
    demand: Wide<S>,
    made: Wide<S>,
    needed: Wide<S>,
}

/// Markets without which a coverage is asked for.
pub fn left_out(model: &Model) -> Vec<usize> {
    let asked = model.series.iter().filter(|spec| spec.kind == SeriesKind::CoverageWithout);
    let mut without: Vec<usize> = asked.map(|spec| spec.market).collect();
    without.sort_unstable();
    without.dedup();
    without
}

impl<'a, S: Simd> Chains<'a, S> {
    /// Chains without each of these markets.
    pub fn new(model: &Model, without: &'a [usize], zero: Wide<S>) -> Self {
        let link = Link { capacity: zero, demand: zero, made: zero, needed: zero };
        let stages = model.stages.len();
        Chains { without, links: vec![link; without.len() * stages], stages }
    }

    /// What the others could make of a stage's product over what they need; infinite where they need none.
    #[inline(always)]
    fn coverage(&self, without: usize, stage: usize) -> Wide<S> {
        let chain = self.without.iter().position(|market| *market == without).unwrap_or(0);
        let link = &self.links[chain * self.stages + stage];
        (link.made / link.needed).or(link.needed.positive(), link.made.all(f64::INFINITY))
    }

    /// Fills the chains for a month, from capacity and demand by place.
    #[inline(always)]
    pub fn fill(&mut self, model: &Model, who: &Places, parameters: &Parameters, part: Part<S>, places: &[Place<S>]) {
        let markets = model.markets.len();
        for (&without, links) in self.without.iter().zip(self.links.chunks_exact_mut(self.stages)) {
            for (link, places) in links.iter_mut().zip(places.chunks_exact(markets)) {
                let others = places.iter().enumerate().filter(|(market, _)| *market != without);
                let others = others.map(|(_, place)| place);
                link.capacity = sum(part.zero(), others.clone().map(|place| place.capacity));
                link.demand = sum(part.zero(), others.map(|place| place.demand));
                link.made = link.capacity;
                link.needed = link.demand;
            }
            for stage in 0..links.len() {
                // The stages before this one are final.
                for (number, (feed, _)) in who.feeds[stage].clone().zip(&model.stages[stage].feeds) {
                    let ratio = part.load(&parameters.ratios[number]);
                    let before = &links[*feed];
                    let mut offered = before.made - before.demand.min(before.made);
                    if who.consumers[*feed].len() > 1 {
                        // Several stages take it: in proportion to what they could use.
                        let uses = who.consumers[*feed]
                            .iter()
                            .map(|&(later, number)| links[later].capacity * part.load(&parameters.ratios[number]));
                        let all = sum(part.zero(), uses);
                        offered = (offered * (links[stage].capacity * ratio / all)).only(all.positive());
                    }
                    links[stage].made = links[stage].made.min(offered / ratio);
                }
            }
            for stage in (0..links.len()).rev() {
                for (number, (feed, _)) in who.feeds[stage].clone().zip(&model.stages[stage].feeds) {
                    let uses = links[stage].needed * part.load(&parameters.ratios[number]);
                    links[*feed].needed = links[*feed].needed + uses;
                }
            }
        }
    }
}
