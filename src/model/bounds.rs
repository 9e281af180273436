//! How large the numbers of a model can be.
//!
//! Sums are kept in whole numbers of a fixed size, and histograms have a first and a last cell. Both are placed by an upper
//! bound of what a quantity can be in this model, product by product and market by market, so that a product of one tonne
//! keeps its digits beside one of a billion. A bound is generous, as it costs little: a factor of a thousand is ten of the 46
//! bits of a number, and ten of the 40 doublings of a histogram. A value above it is told apart all the same, and not counted
//! as something else.
//!
//! A bound is a power of two. It is found from sums over entries from the smallest to the largest, so that neither their
//! order nor their names reach it, and doubles with all tonnages.

use super::bins::DAYS_SLACK;
use super::{Demand, Input, Level, Model, OutcomeKind, OutcomeSpec, SeriesKind, SeriesSpec, Trend, years};
use crate::distribution::Distribution;
use crate::math::{exp, pow};

/// No draw is expected above this probability: one in 10^12.
const EXTREME: f64 = 1.0 - 1.0 / (1u64 << 40) as f64;

/// Standard deviations that a random walk stays within, with the same probability.
const EXTREME_DEVIATION: f64 = 7.0;

/// Coverages are added up below `2^20`.
const COVERAGE: i32 = 20;

/// Fractions are at most 1, but for rounding.
const FRACTION: i32 = 1;

/// The largest price multiple allowed is 1000.
const MULTIPLE: i32 = 10;

/// Exponents beyond these are no use: numbers and their squares stay within what a float can hold.
const EXPONENTS: std::ops::RangeInclusive<i32> = -400..=400;

/// Puts the bounds of all series and outcomes into a model that is complete but for them.
pub(super) fn put(model: &mut Model) {
    let bounds = Bounds::new(model);
    let series: Vec<i32> = model.series.iter().map(|spec| bounds.series(spec)).collect();
    let outcomes: Vec<i32> = model.outcomes.iter().map(|spec| bounds.outcome(spec)).collect();
    model.series.iter_mut().zip(series).for_each(|(spec, ceiling)| spec.ceiling = ceiling);
    model.outcomes.iter_mut().zip(outcomes).for_each(|(spec, ceiling)| spec.ceiling = ceiling);
}

/// Upper bounds by node (`stage * markets + market`) and by demand; t/month.
struct Bounds<'a> {
    model: &'a Model,
    /// By node: largest capacity.
    capacity: Vec<f64>,
    /// By node: largest final demand.
    demand: Vec<f64>,
    /// By node: the largest amounts of feed that its later stages can use.
    feed: Vec<f64>,
    /// By demand.
    demands: Vec<f64>,
    /// All capacity and demand: for what is zero.
    all: f64,
}

impl<'a> Bounds<'a> {
    fn new(model: &'a Model) -> Self {
        let nodes = model.stages.len() * model.markets.len();
        let demands: Vec<f64> = model.demands.iter().map(|demand| largest_demand(model, demand)).collect();
        let capacity = capacities(model);
        let of_place = |node: usize| {
            let here = |demand: &Demand| demand.stage * model.markets.len() + demand.market == node;
            sum(model.demands.iter().zip(&demands).filter(|(demand, _)| here(demand)).map(|(_, largest)| *largest))
        };
        let demand: Vec<f64> = (0..nodes).map(of_place).collect();
        let feed = |node: usize| {
            let (stage, market) = (node / model.markets.len(), node % model.markets.len());
            let users = model.stages.iter().enumerate().flat_map(|(user, spec)| {
                spec.feeds.iter().filter(|(feed, _)| *feed == stage).map(move |(_, ratio)| (user, *ratio))
            });
            sum(users.map(|(user, ratio)| largest(model, ratio) * capacity[user * model.markets.len() + market]))
        };
        let feed = (0..nodes).map(feed).collect();
        let all = sum(capacity.iter().chain(&demand).copied());
        Bounds { model, capacity, demand, feed, demands, all }
    }

    fn node(&self, stage: usize, market: usize) -> usize {
        stage * self.model.markets.len() + market
    }

    /// Largest shortage in a month: of final demand, or of feed while there is none.
    fn shortage(&self, node: usize) -> f64 {
        self.demand[node].max(self.feed[node])
    }

    /// Largest loss in a month, USD.
    fn loss(&self, stage: usize, market: usize) -> f64 {
        let here = |demand: &Demand| (demand.stage, demand.market) == (stage, market);
        let demands = self.model.demands.iter().zip(&self.demands).filter(|(demand, _)| here(demand));
        sum(demands.map(|(demand, tonnes)| tonnes * demand.loss.map_or(0.0, |loss| largest(self.model, loss))))
    }

    /// The exponent for amounts up to `bound`; where that is zero, for what is at the node, or in the model.
    fn amount(&self, bound: f64, node: usize) -> i32 {
        let at_place = self.capacity[node].max(self.shortage(node));
        let bound = [bound, at_place, self.all].into_iter().find(|bound| *bound > 0.0).unwrap_or(1.0);
        exponent_above(bound)
    }

    fn series(&self, spec: &SeriesSpec) -> i32 {
        let node = self.node(spec.stage, spec.market);
        let bound = match spec.kind {
            SeriesKind::Production | SeriesKind::Capacity | SeriesKind::Unsold => self.capacity[node],
            SeriesKind::UnmetFeed => self.feed[node],
            // Feed may come from anywhere, and stay unused.
            SeriesKind::Unused => {
                sum((0..self.model.markets.len()).map(|market| self.capacity[self.node(spec.stage, market)]))
            }
            SeriesKind::Stock => self.stock(spec),
            SeriesKind::Requirement => self.demand[node] + self.feed[node],
            SeriesKind::Demand => self.demand[node],
            SeriesKind::Shortage => self.shortage(node),
            SeriesKind::ProductionOutside => {
                let others = (0..self.model.markets.len()).filter(|market| *market != spec.market);
                sum(others.map(|market| self.capacity[self.node(spec.stage, market)]))
            }
            SeriesKind::LossUsd => self.loss(spec.stage, spec.market),
            SeriesKind::Unserved => {
                let demand = &self.model.demands[spec.demand];
                return self.amount(self.demands[spec.demand], self.node(demand.stage, demand.market));
            }
            SeriesKind::ShortageFraction | SeriesKind::Share | SeriesKind::Thrift => return FRACTION,
            SeriesKind::StockDays => return exponent_above(self.stock_days(spec).max(1.0)) + DAYS_SLACK,
            SeriesKind::CoverageWithout | SeriesKind::CoverageInUseWithout => return COVERAGE,
            SeriesKind::PriceMultiple => return MULTIPLE,
        };
        self.amount(bound, node)
    }

    fn outcome(&self, spec: &OutcomeSpec) -> i32 {
        let months = self.model.months as f64;
        let node = self.node(spec.stage, spec.market);
        let bound = match spec.kind {
            OutcomeKind::TotalShortage | OutcomeKind::StockNeeded => months * self.shortage(node),
            OutcomeKind::WorstYear => months.min(12.0) * self.shortage(node),
            OutcomeKind::ShortageIn => years::months(self.model, spec.year).len() as f64 * self.shortage(node),
            OutcomeKind::TotalLoss => months * self.loss(spec.stage, spec.market),
            OutcomeKind::TotalUnserved => months * self.demands[spec.index],
            OutcomeKind::WorstMonth | OutcomeKind::FillRate => return FRACTION,
            OutcomeKind::FirstShortage
            | OutcomeKind::LongestShortage
            | OutcomeKind::MonthsShort
            | OutcomeKind::Milestone
            | OutcomeKind::DisruptedMonths => return exponent_above(months),
            OutcomeKind::Decisions | OutcomeKind::DecisionsIn => {
                return exponent_above(self.model.investments[spec.index].decisions.len() as f64);
            }
            OutcomeKind::Episodes => return exponent_above(episodes(self.model, spec.index)),
        };
        self.amount(bound, node)
    }

    /// Stock that is planned at a node, tonnes.
    fn stock(&self, spec: &SeriesSpec) -> f64 {
        let here = self.model.stockpiles.iter().filter(|pile| (pile.stage, pile.market) == (spec.stage, spec.market));
        let wants = self.shortage(self.node(spec.stage, spec.market));
        let tonnes =
            |level: Level| largest(self.model, level.tonnes) + largest(self.model, level.days) * wants * 12.0 / 365.0;
        sum(here.map(|pile| tonnes(pile.target).max(tonnes(pile.initial))))
    }

    /// Days of stock that are planned at a node.
    fn stock_days(&self, spec: &SeriesSpec) -> f64 {
        let here = self.model.stockpiles.iter().filter(|pile| (pile.stage, pile.market) == (spec.stage, spec.market));
        let wants = self.shortage(self.node(spec.stage, spec.market));
        let days = |level: Level| {
            let tonnes = largest(self.model, level.tonnes);
            largest(self.model, level.days) + if wants > 0.0 { tonnes / wants * 365.0 / 12.0 } else { 0.0 }
        };
        sum(here.map(|pile| days(pile.target).max(days(pile.initial))))
    }
}

/// The smallest exponent with `2^exponent` above a positive number.
fn exponent_above(bound: f64) -> i32 {
    let exponent = ((bound.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    (exponent + 1).clamp(*EXPONENTS.start(), *EXPONENTS.end())
}

/// A sum from the smallest to the largest: the same in any order of the terms.
fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let mut terms: Vec<f64> = terms.collect();
    terms.sort_by(f64::total_cmp);
    terms.iter().sum()
}

/// The largest value of a quantity that is drawn anew again and again.
fn largest_draw(distribution: &Distribution) -> f64 {
    distribution.quantile(EXTREME)
}

/// The largest value of an input.
fn largest(model: &Model, input: Input) -> f64 {
    match input {
        Input::Known(value) => value,
        Input::Drawn(slot) => model.inputs.drawn[slot].distribution.as_ref().map_or(1.0, |law| largest_draw(law)),
    }
}

/// The largest factor by which something grows within the horizon.
fn largest_growth(model: &Model, growth: Input) -> f64 {
    pow(1.0 + largest(model, growth).max(0.0), model.months as f64 / 12.0)
}

/// The largest final demand of a month: growth or path, season, random walk and all surges at their extremes.
fn largest_demand(model: &Model, demand: &Demand) -> f64 {
    let years = model.months as f64 / 12.0;
    // The walk has the exponent `z s - s^2 / 2` after a time for which its standard deviation is `s`: largest for `s = z`.
    let spread = (largest(model, demand.volatility) * years.sqrt()).min(EXTREME_DEVIATION);
    let walk = exp(EXTREME_DEVIATION * spread - 0.5 * spread * spread);
    let surge = |index: &usize| {
        let disruption = &model.disruptions[*index];
        let windows = disruption.scheduled.iter().map(|(_, _, severity)| severity);
        1.0 + windows.chain([&disruption.severity]).map(|severity| largest_draw(severity)).fold(0.0, f64::max)
    };
    let mut surges: Vec<f64> = demand.surges.iter().map(surge).collect();
    surges.sort_by(f64::total_cmp);
    let (most, growth) = match &demand.trend {
        Trend::Growing { tonnes_per_year, growth } => {
            (largest(model, *tonnes_per_year), largest_growth(model, *growth))
        }
        Trend::Path(path) => (path.largest(|input| largest(model, input)), 1.0),
    };
    let factor = surges.iter().fold(walk * growth, |factor, surge| factor * surge);
    let season = demand.seasonal.iter().copied().reduce(f64::max).unwrap_or(1.0);
    most / 12.0 * season * factor
}

/// By node: the largest capacity of a month, everything built and running.
fn capacities(model: &Model) -> Vec<f64> {
    let node = |stage: usize, market: usize| stage * model.markets.len() + market;
    let mut terms: Vec<Vec<f64>> = vec![Vec::new(); model.stages.len() * model.markets.len()];
    for group in &model.capacities {
        let terms = &mut terms[node(group.stage, group.market)];
        terms.extend(group.known.iter().copied().reduce(f64::max));
        let uncertain = group.uncertain.iter();
        terms.extend(uncertain.map(|&(tonnes, growth)| largest(model, tonnes) / 12.0 * largest_growth(model, growth)));
        terms.extend(group.paths.iter().map(|path| path.largest(|input| largest(model, input)) / 12.0));
    }
    for project in model.projects.iter().chain(&model.decisions) {
        for output in &project.outputs {
            let most = largest(model, output.tonnes_per_year) / 12.0 * largest(model, project.utilisation);
            terms[node(output.stage, project.market)].push(most);
        }
    }
    terms.into_iter().map(|terms| sum(terms.into_iter())).collect()
}

/// A number of episodes that a disruption does not exceed: eight standard deviations above what is expected at most.
fn episodes(model: &Model, index: usize) -> f64 {
    let disruption = &model.disruptions[index];
    let mut raised: Vec<f64> =
        disruption.raised_by.iter().map(|(_, factor)| largest(model, *factor).max(1.0)).collect();
    raised.sort_by(f64::total_cmp);
    let expected = largest(model, disruption.rate) * model.months as f64 / 12.0 * raised.iter().product::<f64>();
    expected + 8.0 * expected.sqrt() + 16.0 + disruption.scheduled.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Study;

    fn model(more: &str) -> Model {
        let text = format!(
            "title = \"t\"\nstart = \"2026-01\"\nhorizon_years = 10\nmarkets.m.countries = [\"C\"]\nmarkets.n.countries = [\"D\"]\n\
             output.series = [\"*.*.*\"]\nstages.ore = {{}}\nstages.metal.feeds.ore = 2\n{more}"
        );
        let text = text.replace(
            "[\"*.*.*\"]",
            "[\"production.*.*\", \"requirement.*.*\", \"shortage.*.*\", \"demand.*.*\", \"production_outside.*.*\"]",
        );
        Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}\n{text}")).scenarios.remove(0).model
    }

    fn ceiling(model: &Model, name: &str) -> i32 {
        let series = model.series.iter().find(|spec| spec.name == name).map(|spec| spec.ceiling);
        let outcome = model.outcomes.iter().find(|spec| spec.name == name).map(|spec| spec.ceiling);
        series.or(outcome).unwrap_or_else(|| panic!("no {name}"))
    }

    /// 1200 t/year of ore, as much metal as 360 t take, and 240 t/year of demand that grows by a tenth: by months 100, 30,
    /// 60, 20, 20 x 1.1^10 = 51.9.
    const PLAIN: &str = "capacities.mine = { country = \"C\", stage = \"ore\", tonnes_per_year = 1200 }\n\
                         capacities.works = { country = \"C\", stage = \"metal\", tonnes_per_year = 360 }\n\
                         demands.d = { market = \"m\", stage = \"metal\", tonnes_per_year = 240, growth_per_year = 0.1 }\n";

    #[test]
    fn bounds_are_the_next_powers_of_two() {
        let model = model(PLAIN);
        for (name, exponent) in [
            ("production.m.ore", 7),         // 100
            ("production.m.metal", 5),       // 30
            ("requirement.m.ore", 6),        // 60
            ("requirement.m.metal", 6),      // 51.9
            ("shortage.m.ore", 6),           // 60
            ("demand.m.metal", 6),           // 51.9
            ("production_outside.n.ore", 7), // 100
            ("total_shortage.m.metal", 13),  // 120 x 51.9
            ("worst_12_months.m.metal", 10), // 12 x 51.9
            ("longest_shortage.m.metal", 7), // 120
        ] {
            assert_eq!(ceiling(&model, name), exponent, "{name}");
        }
    }

    #[test]
    fn what_is_drawn_counts_at_its_extreme() {
        let uncertain = |law: &str| model(&PLAIN.replace("tonnes_per_year = 240", &format!("tonnes_per_year = {law}")));
        for (law, exponent) in [
            ("{ uniform = [0, 480] }", 7),                                   // 40 x 2.59
            ("{ lognormal = { median = 240, sigma = 1 } }", 16),             // 20 x exp(7.04) x 2.59 = 2^15.9
            ("{ discrete = { values = [0, 2400], weights = [1, 1] } }", 10), // 200 x 2.59
        ] {
            assert_eq!(ceiling(&uncertain(law), "demand.m.metal"), exponent, "{law}");
        }
        // A path at its largest, whenever that is: 40 x 1.5; half of it known.
        let path = "{ by_date = { 2020-01 = 480, 2090-01 = { uniform = [0, 240] } }, times = { uniform = [0, 1.5] } }";
        let along = PLAIN.replace("tonnes_per_year = 240, growth_per_year = 0.1", &format!("tonnes_per_year = {path}"));
        assert_eq!(ceiling(&model(&along), "demand.m.metal"), 6);
        let along = PLAIN.replace("tonnes_per_year = 1200", &format!("tonnes_per_year = {path}"));
        assert_eq!(ceiling(&model(&along), "production.m.ore"), 6);
        let known =
            PLAIN.replace("tonnes_per_year = 1200", "tonnes_per_year = { by_date = { 2020-01 = 1, 2030-01 = 960 } }");
        assert_eq!(ceiling(&model(&known), "production.m.ore"), 7); // 80, on its way
        let seasonal = "growth_per_year = 0.1, seasonal = [6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]";
        assert_eq!(ceiling(&model(&PLAIN.replace("growth_per_year = 0.1", seasonal)), "demand.m.metal"), 9); // 51.9 x 6
        let surge = "[disruptions.boom]\nkind = \"demand-surge\"\nrate_per_year = 1\nduration_months = 3\n\
                     severity = { uniform = [0, 3] }\n";
        assert_eq!(ceiling(&model(&format!("{PLAIN}{surge}")), "demand.m.metal"), 8); // 51.9 x 4
        // Over ten years a walk of 30 % a year may reach exp(7 s - s^2 / 2) with s = 0.3 sqrt(10): 488 times.
        let walk = PLAIN.replace("growth_per_year = 0.1", "growth_per_year = 0.1, volatility_per_year = 0.3");
        assert_eq!(ceiling(&model(&walk), "demand.m.metal"), 15);
    }

    /// A tenth, nine tenths and eleven tonnes a year are a tonne a month or a little less, as they are added up: an octave more
    /// or less.
    #[test]
    fn neither_names_nor_order_move_a_bound() {
        let tonnes = [0.1, 0.9, 11.0];
        let (mut sums, mut found) = (Vec::new(), Vec::new());
        for [a, b, c] in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut text = PLAIN.to_string();
            for (id, node) in [("a", a), ("b", b), ("c", c)] {
                text += &format!(
                    "capacities.{id} = {{ country = \"D\", stage = \"ore\", tonnes_per_year = {}, growth_per_year = {{ uniform = \
                     [-0.2, -0.1] }} }}\n",
                    tonnes[node]
                );
            }
            sums.push((tonnes[a] / 12.0 + tonnes[b] / 12.0) + tonnes[c] / 12.0);
            found.push(ceiling(&model(&text), "production.n.ore"));
        }
        assert!(sums.iter().any(|sum| *sum < 1.0) && sums.iter().any(|sum| *sum >= 1.0), "{sums:?}");
        found.dedup();
        assert_eq!(found.len(), 1, "{found:?}");
    }

    /// A node without anything takes the size of the model; so does a model with nothing at all take some.
    #[test]
    fn nothing_has_a_bound_too() {
        let model = model(PLAIN);
        assert_eq!(ceiling(&model, "production.n.ore"), 8); // 100 + 30 + 51.9
        assert_eq!(exponent_above(f64::INFINITY), 400);
        assert_eq!((exponent_above(1.0), exponent_above(0.999), exponent_above(1e-300)), (1, 0, -400));
    }
}
