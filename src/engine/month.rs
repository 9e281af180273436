//! The month loop: what is made, traded, allocated, released, filled and saved, stage after stage.
//!
//! It is written for [`Lanes`], several trials in step, so that one line stands for one step of the model and for the
//! widest instruction the processor has. What differs between trials is chosen by masks; what is the same for all, such as
//! whether a market has a stockpile, by plain branches.

use super::lanes::{Lanes, Mask, Rows};
use super::parameters::Parameters;
use super::sum::sum;
use super::trade::Market;
use super::{Workspace, series};
use crate::model::{MAX_MARKETS, Model};

/// Differences smaller than this fraction of what is compared are rounding, not shortage.
const DUST: f64 = 1e-12;

/// Users who lack more than this fraction of their demand learn to save.
const FELT: f64 = 0.01;

/// Who is where: what the month loop looks up, the same in all trials.
#[derive(Clone, Debug)]
pub struct Places {
    /// By place: the demands there, in groups of equal priority in the order of service.
    pub demands: Vec<Vec<Vec<usize>>>,
    /// Places with final demand.
    pub finals: Vec<usize>,
    /// By place: its stockpiles, a range of the model's.
    pub stockpiles: Vec<std::ops::Range<usize>>,
    /// By stage: (later stage, number of the feed there).
    pub consumers: Vec<Vec<(usize, usize)>>,
    /// Whether the shortage of single demands is wanted.
    pub unserved_wanted: bool,
}

impl Places {
    /// Of `model`.
    pub fn new(model: &Model) -> Self {
        let markets = model.markets.len();
        let places = model.stages.len() * markets;
        let mut demands = vec![Vec::new(); places];
        for ((stage, market), served) in model.demands_by_place() {
            let groups = served.chunk_by(|a, b| model.demands[*a].priority == model.demands[*b].priority);
            demands[stage * markets + market] = groups.map(<[usize]>::to_vec).collect();
        }
        let mut consumers = vec![Vec::new(); model.stages.len()];
        for (stage, later) in model.stages.iter().enumerate() {
            for (number, (feed, _)) in later.feeds.iter().enumerate() {
                consumers[*feed].push((stage, number));
            }
        }
        let before = |place: usize| {
            model.stockpiles.partition_point(|stockpile| stockpile.stage * markets + stockpile.market < place)
        };
        Places {
            finals: (0..places).filter(|place| !demands[*place].is_empty()).collect(),
            demands,
            stockpiles: (0..places).map(|place| before(place)..before(place + 1)).collect(),
            consumers,
            unserved_wanted: model.demands.len() > 1 || model.demands.iter().any(|demand| demand.loss.is_some()),
        }
    }
}

/// A month as it stands, and what is carried from month to month. By place, unless said otherwise; t/month.
#[derive(Clone, Debug)]
pub struct Now {
    /// Final demand before thrift.
    pub demand: Vec<Lanes>,
    /// Final demand after thrift.
    pub wanted: Vec<Lanes>,
    /// Feed that later stages could use.
    pub feed_wanted: Vec<Lanes>,
    /// Output.
    pub production: Vec<Lanes>,
    /// What is missing after stocks: of final demand, or of feed where nobody finally uses the product.
    pub shortage: Vec<Lanes>,
    /// The same before stocks.
    pub before_stock: Vec<Lanes>,
    /// What a stockpile that is never full could have filled.
    pub refill: Vec<Lanes>,
    /// Stock at the end of the month, tonnes.
    pub stocks: Vec<Lanes>,
    /// By demand: what it did not get.
    pub unserved: Vec<Lanes>,
    /// By stockpile: stock, tonnes.
    stock: Vec<Lanes>,
    /// Share of demand that users have learnt to save.
    saved: Vec<Lanes>,
    /// By stage and number of its feed: feed received, by market.
    received: Vec<Vec<Vec<Lanes>>>,
    /// The product that is traded.
    market: Market,
    /// By market: whether nothing was lacking before stocks.
    fulfilled: Vec<Mask>,
    /// By market: what its stockpiles want to fill, and what they would if none were ever full.
    fill: Vec<Lanes>,
    fill_if_never_full: Vec<Lanes>,
}

impl Now {
    /// For `model`.
    pub fn new(model: &Model) -> Self {
        let markets = model.markets.len();
        let by_market = vec![Lanes::ZERO; markets];
        let by_place = vec![Lanes::ZERO; model.stages.len() * markets];
        Now {
            demand: by_place.clone(),
            wanted: by_place.clone(),
            feed_wanted: by_place.clone(),
            production: by_place.clone(),
            shortage: by_place.clone(),
            before_stock: by_place.clone(),
            refill: by_place.clone(),
            stocks: by_place.clone(),
            unserved: vec![Lanes::ZERO; model.demands.len()],
            stock: vec![Lanes::ZERO; model.stockpiles.len()],
            saved: by_place,
            received: model.stages.iter().map(|stage| vec![by_market.clone(); stage.feeds.len()]).collect(),
            market: Market::new(),
            fulfilled: vec![Lanes::ZERO.equals(Lanes::ZERO); markets],
            fill: by_market.clone(),
            fill_if_never_full: by_market,
        }
    }
}

/// What a month is made of, for all trials in step: rows by month.
#[derive(Clone, Debug)]
pub struct Given {
    /// By place: capacity that outages leave.
    pub capacity: Rows,
    /// By stage and country asked for: the same.
    pub country_capacity: Rows,
    /// By demand: before thrift.
    pub demand: Rows,
    /// By row of the controls: flow factors.
    pub factors: Rows,
}

/// Runs all months of the trials in step, and notes what series and outcomes need.
///
/// Within a month, stage after stage from the mines on: (1) what is wanted, (2) what is made, (3) trade, (4) allocation
/// to final demand, then to later stages, with stocks released against what is missing, (5) filling of stocks from what
/// nobody bought, (6) thrift, which counts from the next month.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn run(model: &Model, space: &mut Workspace) {
    run_here(model, space);
}

/// The same in whatever instructions the caller may use.
#[inline(always)]
pub fn run_here(model: &Model, space: &mut Workspace) {
    // The loops over markets are unrolled where their number is known while compiling.
    match model.markets.len() {
        2 => run_markets(model, space, 2),
        3 => run_markets(model, space, 3),
        4 => run_markets(model, space, 4),
        more => run_markets(model, space, more),
    }
}

#[inline(always)]
fn run_markets(model: &Model, space: &mut Workspace, markets: usize) {
    let Workspace { places, controls, given, parameters, now, pooled, series, noted, .. } = space;
    now.saved.fill(Lanes::ZERO);
    let mut step = Step { markets, places, parameters, now, capacity: &[] };
    for month in 0..model.months {
        step.capacity = given.capacity.month(month);
        step.add_up_demand(given.demand.month(month));
        for stage in 0..model.stages.len() {
            step.want(stage, month == 0);
            step.make(stage);
            let cut = step.cut(&controls.pairs[stage], given.factors.month(month));
            step.now.market.trade(markets, cut);
            step.allocate(stage);
            step.fill_stocks(stage, cut.is_some());
            step.save(stage);
        }
        step.serve_by_priority(given.demand.month(month));
        pooled.fill(model, places, parameters, step.capacity, &step.now.demand);
        let country_capacity = given.country_capacity.month(month);
        let seen = series::Seen { model, parameters, now: step.now, pooled, capacity: step.capacity, country_capacity };
        series::fill(&seen, series.month_mut(month));
        noted.take(places, step.now, month);
    }
}

/// What a step of a month works on.
struct Step<'a> {
    /// Number of markets.
    markets: usize,
    places: &'a Places,
    parameters: &'a Parameters,
    now: &'a mut Now,
    /// The month's capacity by place.
    capacity: &'a [Lanes],
}

impl Step<'_> {
    /// Final demand of each place, before thrift.
    #[inline(always)]
    fn add_up_demand(&mut self, demand: &[Lanes]) {
        for &place in &self.places.finals {
            self.now.demand[place] = sum(self.places.demands[place].iter().flatten().map(|&index| demand[index]));
        }
    }

    /// What each market wants of the product: its final demand after thrift, and what its later stages could use.
    #[inline(always)]
    fn want(&mut self, stage: usize, first_month: bool) {
        let markets = self.markets;
        let now = &mut *self.now;
        for market in 0..markets {
            let place = stage * markets + market;
            now.wanted[place] = now.demand[place] * (Lanes::ONE - now.saved[place]);
            now.feed_wanted[place] = sum(self.places.consumers[stage].iter().map(|&(later, number)| {
                self.capacity[later * markets + market] * self.parameters.ratios[later][number]
            }));
            let requirement = now.wanted[place] + now.feed_wanted[place];
            now.market.wanted[market] = requirement;
            if first_month {
                for index in self.places.stockpiles[place].clone() {
                    now.stock[index] = self.parameters.initial_months[index] * requirement;
                }
            }
        }
    }

    /// What each market makes: its capacity, or less where feed is missing.
    #[inline(always)]
    fn make(&mut self, stage: usize) {
        let markets = self.markets;
        for market in 0..markets {
            let mut made = self.capacity[stage * markets + market];
            for (received, ratio) in self.now.received[stage].iter().zip(&self.parameters.ratios[stage]) {
                made = made.min(received[market] / *ratio);
            }
            self.now.market.made[market] = made;
            self.now.production[stage * markets + market] = made;
        }
    }

    /// Sets the flow factors of the stage; tells in which trials a control is in force, if in any.
    #[inline(always)]
    fn cut(&mut self, pairs: &[(usize, usize, usize)], factors: &[Lanes]) -> Option<Mask> {
        let markets = self.markets;
        let free = pairs.iter().map(|&(_, _, row)| factors[row].equals(Lanes::ONE)).reduce(Mask::and)?;
        let cut = free.not();
        if !cut.any() {
            return None;
        }
        let all = &mut self.now.market.factors;
        all[..markets * MAX_MARKETS].fill(Lanes::ONE);
        for &(from, to, row) in pairs {
            all[from * MAX_MARKETS + to] = factors[row];
        }
        Some(cut)
    }

    /// Shares out what each market got: final demand first, then later stages by what they could use. Stocks fill gaps.
    #[inline(always)]
    fn allocate(&mut self, stage: usize) {
        let markets = self.markets;
        let now = &mut *self.now;
        for market in 0..markets {
            let place = stage * markets + market;
            let (wanted, feed_wanted) = (now.wanted[place], now.feed_wanted[place]);
            let got = now.market.got[market];
            let met = got.min(wanted);
            let mut short = clean(wanted - met, wanted);
            let mut feed = got - met;
            let mut feed_short = clean(feed_wanted - feed, feed_wanted);
            let is_final = now.demand[place].above(Lanes::ZERO);
            now.before_stock[place] = short.or(is_final, feed_short);
            now.fulfilled[market] = (short + feed_short).equals(Lanes::ZERO);
            for index in self.places.stockpiles[place].clone() {
                let limit = self.parameters.release[index];
                // One after the other, so that no rounding takes a stock below zero.
                let to_users = now.stock[index].min(short).min(limit);
                now.stock[index] = now.stock[index] - to_users;
                let to_stages = now.stock[index].min(feed_short).min(limit - to_users);
                now.stock[index] = now.stock[index] - to_stages;
                short = short - to_users;
                feed_short = feed_short - to_stages;
                feed = feed + to_stages;
            }
            now.shortage[place] = clean(short, wanted).or(is_final, clean(feed_short, feed_wanted));
            if let [(later, number)] = self.places.consumers[stage][..] {
                now.received[later][number][market] = feed.only(feed_wanted.above(Lanes::ZERO));
                continue;
            }
            for &(later, number) in &self.places.consumers[stage] {
                let wanted = self.capacity[later * markets + market] * self.parameters.ratios[later][number];
                let share = (wanted / feed_wanted).only(feed_wanted.above(Lanes::ZERO));
                now.received[later][number][market] = feed * share;
            }
        }
    }

    /// Fills stocks from what nobody bought, where nothing is lacking; a control into the market cuts that too.
    #[inline(always)]
    fn fill_stocks(&mut self, stage: usize, cut: bool) {
        let markets = self.markets;
        let stockpiles =
            self.places.stockpiles[stage * markets].start..self.places.stockpiles[stage * markets + markets - 1].end;
        if stockpiles.is_empty() {
            return;
        }
        let unsold = sum(self.now.market.unsold[..markets].iter().copied());
        for market in 0..markets {
            let place = stage * markets + market;
            let (mut fill, mut fill_if_never_full) = (Lanes::ZERO, Lanes::ZERO);
            for index in self.places.stockpiles[place].clone() {
                fill = fill + self.room(index, market).only(self.now.fulfilled[market]);
                let most = self.parameters.fill[index].min(unsold);
                fill_if_never_full = fill_if_never_full + most.only(self.now.fulfilled[market]);
            }
            self.now.fill[market] = fill;
            self.now.fill_if_never_full[market] = fill_if_never_full;
        }
        let wanted = sum(self.now.fill.iter().copied());
        let wanted_if_never_full = sum(self.now.fill_if_never_full.iter().copied());
        for market in 0..markets {
            let place = stage * markets + market;
            if self.places.stockpiles[place].is_empty() {
                continue;
            }
            let offered = if cut { self.offered(market) } else { unsold };
            let part = |of: Lanes, all: Lanes| of.min(offered * of / all).only(all.above(Lanes::ZERO));
            self.now.refill[place] = part(self.now.fill_if_never_full[market], wanted_if_never_full);
            let mut taken = part(self.now.fill[market], wanted);
            let mut stocks = Lanes::ZERO;
            for index in self.places.stockpiles[place].clone() {
                let filled = self.room(index, market).min(taken);
                self.now.stock[index] = self.now.stock[index] + filled;
                taken = taken - filled;
                stocks = stocks + self.now.stock[index];
            }
            self.now.stocks[place] = stocks;
        }
    }

    /// What a stockpile lacks to its target, as far as it can be filled in a month.
    #[inline(always)]
    fn room(&self, index: usize, market: usize) -> Lanes {
        let target = self.parameters.target_months[index] * self.now.market.wanted[market];
        (target - self.now.stock[index]).max(Lanes::ZERO).min(self.parameters.fill[index])
    }

    /// What is left unsold that a market may buy.
    #[inline(always)]
    fn offered(&self, market: usize) -> Lanes {
        let trade = &self.now.market;
        sum((0..self.markets).map(|from| {
            let own = from == market;
            if own { trade.unsold[from] } else { trade.factors[from * MAX_MARKETS + market] * trade.unsold[from] }
        }))
    }

    /// Users who lack more than one hundredth of their demand learn to save; others forget.
    #[inline(always)]
    fn save(&mut self, stage: usize) {
        let markets = self.markets;
        for market in 0..markets {
            let place = stage * markets + market;
            let Some(response) = &self.parameters.responses[market] else { continue };
            if self.places.demands[place].is_empty() {
                continue;
            }
            let (demand, saved) = (self.now.demand[place], self.now.saved[place]);
            let felt = self.now.shortage[place].above(Lanes::all(FELT) * demand).and(demand.above(Lanes::ZERO));
            let learnt = (saved + response.learn).min(response.max);
            let forgot = (saved - response.forget).max(Lanes::ZERO);
            self.now.saved[place] = learnt.or(felt, forgot);
        }
    }

    /// Splits the shortage of every place among its demands: the last in the order of service go short first, those of
    /// the same priority in proportion to what they want.
    #[inline(always)]
    fn serve_by_priority(&mut self, demand: &[Lanes]) {
        if !self.places.unserved_wanted {
            return;
        }
        for &place in &self.places.finals {
            let groups = &self.places.demands[place];
            let mut missing = self.now.shortage[place];
            if let [only] = &groups[..]
                && let [only] = only[..]
            {
                self.now.unserved[only] = missing;
                continue;
            }
            let kept =
                (self.now.wanted[place] / self.now.demand[place]).only(self.now.demand[place].above(Lanes::ZERO));
            for group in groups.iter().rev() {
                let wanted = kept * sum(group.iter().map(|&index| demand[index]));
                let short = missing.min(wanted);
                for &index in group {
                    let part = (short * (kept * demand[index]) / wanted).only(wanted.above(Lanes::ZERO));
                    self.now.unserved[index] = part;
                }
                missing = missing - short;
            }
        }
    }
}

/// Zero, where `difference` is no more than rounding of `of`.
#[inline(always)]
fn clean(difference: Lanes, of: Lanes) -> Lanes {
    difference.only(difference.above(Lanes::all(DUST) * of))
}
