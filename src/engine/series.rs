//! The monthly series that a model asks for.

use pulp::Simd;

use super::DAYS_PER_MONTH;
use super::lanes::Lanes;
use super::month::Step;
use super::parameters::Parameters;
use super::stage::{Feed, Stage};
use super::sum::{Sum, sum};
use super::trade::{ByMarket, Markets};
use super::wide::Wide;
use crate::math;
use crate::model::{Model, SeriesKind, SeriesSpec};

/// A month, as far as series look at it.
pub struct Seen<'a, S: Simd, const M: usize> {
    /// The model.
    pub model: &'a Model,
    /// Numbers that hold for all months.
    pub parameters: &'a Parameters,
    /// What the month loop left behind.
    pub step: &'a Step<'a, S, M>,
    /// The chains without a market.
    pub pooled: &'a Chains<'a, S>,
    /// Capacity by stage and country asked for.
    pub country_capacity: &'a [Lanes],
}

/// Fills the month's value of every series.
#[inline(always)]
pub fn fill<S: Simd, const M: usize>(seen: &Seen<'_, S, M>, out: &mut [Lanes]) {
    for ((spec, country_row), out) in seen.model.series.iter().zip(&seen.step.places.country_rows).zip(out) {
        seen.step.part.store(out, value(seen, spec, *country_row));
    }
}

/// The value of a series this month. To add a kind of series, add an arm.
#[inline(always)]
fn value<S: Simd, const M: usize>(seen: &Seen<'_, S, M>, spec: &SeriesSpec, country_row: Option<usize>) -> Wide<S> {
    let Step { part, markets, stages, unserved, .. } = seen.step;
    let SeriesSpec { stage, market, .. } = *spec;
    let now = &stages[stage].now;
    match spec.kind {
        SeriesKind::Production => now.production[market],
        SeriesKind::Capacity => seen.step.capacity_at(stage, market),
        SeriesKind::Requirement => now.requirement[market],
        SeriesKind::Demand => now.demand[market],
        SeriesKind::Shortage => now.shortage[market],
        SeriesKind::ShortageFraction if stages[stage].is_final => now.missing[market],
        SeriesKind::ShortageFraction => ratio(now.shortage[market], now.feed_wanted[market]),
        SeriesKind::Share => {
            let all = sum(part.zero(), &now.production[..markets.count()]);
            ratio(production_of(seen, spec, country_row), all)
        }
        SeriesKind::ProductionOutside => but_one(*markets, market, &now.production),
        SeriesKind::StockDays => ratio(now.stocks[market], now.requirement[market]) * part.all(DAYS_PER_MONTH),
        SeriesKind::CoverageWithout => seen.pooled.coverage(market, stage),
        SeriesKind::PriceMultiple => price(seen, spec),
        SeriesKind::LossUsd => {
            let mut loss = Sum::new(part.zero());
            if let Some(number) = seen.step.places.final_at(stage, market) {
                for &demand in seen.step.places.finals[number].demands.iter().flatten() {
                    loss.add(unserved[demand] * part.load(&seen.parameters.loss[demand]));
                }
            }
            loss.value()
        }
        SeriesKind::Unserved => unserved[spec.demand],
    }
}

/// `part / whole`, and 0 of nothing.
#[inline(always)]
pub fn ratio<S: Simd>(part: Wide<S>, whole: Wide<S>) -> Wide<S> {
    (part / whole).only(whole.positive())
}

/// Production of a market, or of a country: its part of the market's capacity makes the same part of its production.
#[inline(always)]
fn production_of<S: Simd, const M: usize>(
    seen: &Seen<'_, S, M>,
    spec: &SeriesSpec,
    country_row: Option<usize>,
) -> Wide<S> {
    let production = seen.step.stages[spec.stage].now.production[spec.market];
    match country_row {
        None => production,
        Some(row) => {
            let own = seen.step.part.load(&seen.country_capacity[row]);
            production * ratio(own, seen.step.capacity_at(spec.stage, spec.market))
        }
    }
}

/// The sum over all markets but one.
#[inline(always)]
fn but_one<S: Simd, const M: usize>(markets: Markets<M>, without: usize, of: &ByMarket<S, M>) -> Wide<S> {
    let mut others = Sum::new(of[0].all(0.0));
    for number in 1..markets.count() {
        // Counted like this, it is plain how many there are.
        let market = if number <= without { number - 1 } else { number };
        others.add(of[market]);
    }
    others.value()
}

/// `(supply / requirement)^(-1 / (demand elasticity + supply elasticity))`, at most the stated multiple; 1 without
/// elasticities.
#[inline(always)]
fn price<S: Simd, const M: usize>(seen: &Seen<'_, S, M>, spec: &SeriesSpec) -> Wide<S> {
    let part = seen.step.part;
    let now = &seen.step.stages[spec.stage].now;
    let Some((_, _, max)) = seen.model.stages[spec.stage].price else { return part.all(1.0) };
    let shortage = now.shortage[spec.market];
    if !shortage.positive().any() {
        return part.all(1.0);
    }
    let mut supplied = Lanes::ZERO;
    part.store(&mut supplied, part.all(1.0) - ratio(shortage, now.requirement[spec.market]));
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
    pub fn new(stages: usize, without: &'a [usize], zero: Wide<S>) -> Self {
        let link = Link { capacity: zero, demand: zero, made: zero, needed: zero };
        Chains { without, links: vec![link; without.len() * stages], stages }
    }

    /// What the others could make of a stage's product over what they need; infinite where they need none.
    #[inline(always)]
    fn coverage(&self, without: usize, stage: usize) -> Wide<S> {
        let chain = self.without.iter().position(|market| *market == without).unwrap_or(0);
        let link = &self.links[chain * self.stages + stage];
        (link.made / link.needed).or(link.needed.positive(), link.made.all(f64::INFINITY))
    }

    /// Fills the chains for a month.
    #[inline(always)]
    pub fn fill<const M: usize>(&mut self, step: &Step<'_, S, M>) {
        let zero = step.part.zero();
        for (&without, links) in self.without.iter().zip(self.links.chunks_exact_mut(self.stages)) {
            for (number, (link, stage)) in links.iter_mut().zip(&step.stages).enumerate() {
                link.capacity = but_one(step.markets, without, &step.capacity(number));
                link.demand = zero;
                if stage.is_final {
                    link.demand = but_one(step.markets, without, &stage.now.demand);
                }
                link.made = link.capacity;
                link.needed = link.demand;
            }
            for (number, stage) in step.stages.iter().enumerate() {
                // The stages before this one are final.
                for feed in &stage.feeds {
                    let offered = offered(&step.stages, links, feed);
                    links[number].made = links[number].made.min(feed.makes(offered));
                }
            }
            for (number, stage) in step.stages.iter().enumerate().rev() {
                for feed in &stage.feeds {
                    links[feed.from].needed = links[feed.from].needed + links[number].needed * feed.ratio;
                }
            }
        }
    }
}

/// What a chain offers of a feed: what final users leave of it, and if several stages take it, their share in proportion to
/// what they could use.
#[inline(always)]
fn offered<S: Simd, const M: usize>(stages: &[Stage<S, M>], links: &[Link<S>], feed: &Feed<S>) -> Wide<S> {
    let Link { made, demand, .. } = links[feed.from];
    let left = made - demand.min(made);
    let uses = &stages[feed.from].uses;
    if uses.len() == 1 {
        return left;
    }
    let mut all = Sum::new(made.all(0.0));
    for other in uses {
        all.add(links[other.to].capacity * other.ratio);
    }
    let all = all.value();
    (left * (links[feed.to].capacity * feed.ratio / all)).only(all.positive())
}
