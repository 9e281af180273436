//! The monthly series that a model asks for.

use super::DAYS_PER_MONTH;
use super::parameters::Parameters;
use super::state::MonthState;
use super::sum::{Sum, sum};
use super::trade::Markets;
use crate::math;
use crate::model::{Model, SeriesKind, SeriesSpec};
use crate::simd::{Lanes, Mask, Number, Rows};

/// A month, as far as series look at it.
pub struct MonthView<'a, N: Number, const M: usize> {
    /// The model.
    pub model: &'a Model,
    /// Numbers that hold for all months.
    pub parameters: &'a Parameters,
    /// What the month loop left behind.
    pub state: &'a MonthState<'a, N, M>,
    /// The chains without a market.
    pub pooled: &'a Chains<'a, N>,
    /// Capacity by stage and country asked for.
    pub by_country: &'a Rows,
    /// Its number.
    pub month: usize,
}

/// Fills the month's value of every series.
#[inline(always)]
pub fn fill<N: Number, const M: usize>(view: &MonthView<'_, N, M>, out: &mut [Lanes]) {
    for ((spec, country_row), out) in view.model.series.iter().zip(&view.state.network.country_rows).zip(out) {
        view.state.group.store(out, value(view, spec, *country_row));
    }
}

/// The value of a series this month. To add a kind of series, add an arm.
#[inline(always)]
fn value<N: Number, const M: usize>(view: &MonthView<'_, N, M>, spec: &SeriesSpec, country_row: Option<usize>) -> N {
    let MonthState { group, markets, stages, unserved, .. } = view.state;
    let SeriesSpec { stage, market, .. } = *spec;
    let (now, carried) = (&stages[stage].now, &stages[stage].carried);
    match spec.kind {
        SeriesKind::Production => now.production[market],
        SeriesKind::Capacity => now.capacity[market],
        SeriesKind::Requirement => now.requirement[market],
        SeriesKind::Demand => now.demand[market],
        SeriesKind::Thrift => (now.demand[market] - now.wanted[market]).over(now.demand[market]),
        SeriesKind::Shortage => now.shortage[market],
        SeriesKind::ShortageFraction => now.missing(market),
        SeriesKind::Share => {
            let all = sum(group.zero(), &now.production[..markets.count()]);
            production_of(view, spec, country_row).over(all)
        }
        SeriesKind::ProductionOutside => but_one(*markets, market, &now.production),
        SeriesKind::UnmetFeed => now.unmet_feed[market],
        SeriesKind::Unsold => now.unsold[market],
        SeriesKind::Unused => now.unused[market],
        SeriesKind::Stock => carried.stocks[market],
        SeriesKind::StockDays => {
            // Where nobody normally wants any, there is no number of days.
            let (stock, by) = (carried.stocks[market], carried.normal[market]);
            (stock / by * group.splat(DAYS_PER_MONTH)).select(by.positive(), group.splat(f64::INFINITY))
        }
        SeriesKind::CoverageWithout => view.pooled.coverage(Excluded { market, in_use: false }, stage),
        SeriesKind::CoverageInUseWithout => view.pooled.coverage(Excluded { market, in_use: true }, stage),
        SeriesKind::PriceMultiple => price(view, spec),
        SeriesKind::LossUsd => {
            let mut loss = Sum::new(group.zero());
            if let Some(number) = view.state.network.final_at(stage, market) {
                for &demand in view.state.network.finals[number].demands.iter().flatten() {
                    loss.add(unserved[demand] * group.load(&view.parameters.loss[demand]));
                }
            }
            loss.value()
        }
        SeriesKind::Unserved => unserved[spec.demand],
    }
}

/// Production of a market, or of a country: its group of the market's capacity makes the same group of its production.
#[inline(always)]
fn production_of<N: Number, const M: usize>(
    view: &MonthView<'_, N, M>,
    spec: &SeriesSpec,
    country_row: Option<usize>,
) -> N {
    let production = view.state.stages[spec.stage].now.production[spec.market];
    match country_row {
        None => production,
        Some(row) => {
            let steps = view.model.steps_per_month;
            let mut own = view.state.group.load(&view.by_country.month(view.month * steps)[row]);
            for step in 1..steps {
                let rows = view.by_country.month(view.month * steps + step);
                own = own + view.state.group.load(&rows[row]);
            }
            production * own.over(view.state.stages[spec.stage].now.capacity[spec.market])
        }
    }
}

/// The sum over all markets but one.
#[inline(always)]
fn but_one<N: Number, const M: usize>(markets: Markets<M>, without: usize, of: &[N; M]) -> N {
    let mut others = Sum::new(of[0].splat(0.0));
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
fn price<N: Number, const M: usize>(view: &MonthView<'_, N, M>, spec: &SeriesSpec) -> N {
    let group = view.state.group;
    let now = &view.state.stages[spec.stage].now;
    let Some((_, _, max)) = view.model.stages[spec.stage].price else { return group.splat(1.0) };
    let shortage = now.shortage[spec.market];
    if !shortage.positive().any() {
        return group.splat(1.0);
    }
    let mut supplied = Lanes::ZERO;
    group.store(&mut supplied, group.splat(1.0) - shortage.over(now.requirement[spec.market]));
    let elasticity = view.parameters.elasticity[spec.stage].0;
    for (value, elasticity) in supplied.0.iter_mut().zip(&elasticity) {
        *value = multiple(*value, *elasticity, max);
    }
    group.load(&supplied)
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

/// A market without which a coverage is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excluded {
    pub market: usize,
    /// Whether use inside its goods counts as need.
    pub in_use: bool,
}

/// Markets without which a coverage is asked for.
pub fn excluded(model: &Model) -> Vec<Excluded> {
    let asked = model.series.iter().filter_map(|spec| match spec.kind {
        SeriesKind::CoverageWithout => Some(Excluded { market: spec.market, in_use: false }),
        SeriesKind::CoverageInUseWithout => Some(Excluded { market: spec.market, in_use: true }),
        _ => None,
    });
    let mut excluded: Vec<Excluded> = asked.collect();
    excluded.sort_unstable();
    excluded.dedup();
    excluded
}

/// All markets but one, pooled as one: the capacity of every stage, and what the others' final demands, before thrift, need
/// of it through the feed ratios.
#[derive(Clone, Debug)]
pub struct Chains<'a, N: Number> {
    /// By chain: the market left out.
    excluded: &'a [Excluded],
    /// By chain and stage.
    links: Vec<Link<N>>,
    stages: usize,
}

#[derive(Clone, Copy, Debug)]
struct Link<N: Number> {
    needed: N,
    /// The smallest ratio of capacity to need, over this stage and all that it is made from.
    coverage: N,
}

impl<'a, N: Number> Chains<'a, N> {
    /// Chains without each of these markets.
    pub fn new(stages: usize, excluded: &'a [Excluded], zero: N) -> Self {
        let link = Link { needed: zero, coverage: zero };
        Chains { excluded, links: vec![link; excluded.len() * stages], stages }
    }

    /// What the others could make of a stage's product over what they need; infinite where they need none.
    #[inline(always)]
    fn coverage(&self, excluded: Excluded, stage: usize) -> N {
        let chain = self.excluded.iter().position(|other| *other == excluded).unwrap_or(0);
        self.links[chain * self.stages + stage].coverage
    }

    /// Fills the chains for a month.
    ///
    /// The need of a stage is taken from final demand and not from the capacity of later stages, so that a feed which several
    /// products share is divided by need: an idle plant claims nothing.
    #[inline(always)]
    pub fn fill<const M: usize>(&mut self, state: &MonthState<'_, N, M>) {
        let zero = state.group.zero();
        for (excluded, links) in self.excluded.iter().zip(self.links.chunks_exact_mut(self.stages)) {
            for (number, (link, stage)) in links.iter_mut().zip(&state.stages).enumerate() {
                link.needed = zero;
                if stage.is_final {
                    link.needed = but_one(state.markets, excluded.market, &stage.now.demand);
                }
                if excluded.in_use {
                    let mut embedded = Sum::new(zero);
                    for (index, use_of) in state.network.embedded.iter().enumerate() {
                        if use_of.stage == number && use_of.from == excluded.market {
                            embedded.add(state.embedded[index]);
                        }
                    }
                    link.needed = link.needed + embedded.value();
                }
            }
            for (number, stage) in state.stages.iter().enumerate().rev() {
                for feed in &stage.feeds {
                    links[feed.from].needed = links[feed.from].needed + links[number].needed * feed.ratio;
                }
            }
            for (number, stage) in state.stages.iter().enumerate() {
                let needed = links[number].needed;
                let capacity = but_one(state.markets, excluded.market, &stage.now.capacity);
                let mut coverage = (capacity / needed).select(needed.positive(), zero.splat(f64::INFINITY));
                for feed in &stage.feeds {
                    coverage = coverage.min(links[feed.from].coverage);
                }
                links[number].coverage = coverage;
            }
        }
    }
}
