//! The month loop: what is made, traded, allocated, released, filled and saved, stage after stage.
//!
//! It is written for [`Wide`], several trials at once, so that one line stands for one step of the model and for the
//! widest instruction the processor has. What differs between trials is chosen by masks; what is the same for all, such as
//! whether a market has a stockpile, by plain branches.

use pulp::{Simd, WithSimd};

use super::lanes::{Lanes, Rows};
use super::places::Places;
use super::stage::{self, Stage};
use super::sum::{Sum, sum};
use super::trade::{ByMarket, Cut, Markets, trade};
use super::wide::{Mask, Part, Wide};
use super::{Workspace, series};
use crate::model::{MAX_MARKETS, Model};

/// Differences smaller than this fraction of what is compared are rounding, not shortage.
const DUST: f64 = 1e-12;

/// Users who lack more than this fraction of their demand learn to save.
const FELT: f64 = 0.01;

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
pub struct Months<'a> {
    pub model: &'a Model,
    pub space: &'a mut Workspace,
}

impl WithSimd for Months<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Months { model, space } = self;
        for part in Part::all_of(simd) {
            match model.markets.len() {
                2 => run::<S, 2>(model, space, part, 2),
                3 => run::<S, 3>(model, space, part, 3),
                4 => run::<S, 4>(model, space, part, 4),
                others => run::<S, MAX_MARKETS>(model, space, part, others),
            }
        }
    }
}

#[inline(always)]
fn run<S: Simd, const M: usize>(model: &Model, space: &mut Workspace, part: Part<S>, markets: usize) {
    let markets = Markets::<M>(markets);
    let Workspace { places, controls, given, parameters, left_out, series, noted, .. } = space;
    let mut step = Step {
        markets,
        part,
        places,
        stages: stage::all(part, places, parameters),
        received: vec![[part.zero(); M]; places.feeds.len()],
        unserved: vec![part.zero(); model.demands.len()],
        capacity: &[],
        demand: &[],
    };
    let mut pooled = series::Chains::new(model.stages.len(), left_out, part.zero());
    // By stage. Only the factors of pairs that some control can cut ever change.
    let mut cuts = vec![Cut::<S, M>::none(part.all(1.0)); model.stages.len()];
    for month in 0..model.months {
        step.begin(given.capacity.month(month), given.demand.month(month));
        let factors = given.factors.month(month);
        for (stage, (cut, pairs)) in cuts.iter_mut().zip(&controls.pairs).enumerate() {
            step.want(stage);
            if month == 0 {
                step.found_stocks(stage);
            }
            let made = step.make(stage);
            let cut = cut.set(part, pairs, factors);
            let traded = trade(markets, &made, &step.stages[stage].now.requirement, cut);
            let fulfilled = step.allocate(stage, &traded.got);
            step.fill_stocks(stage, &traded.unsold, cut, fulfilled);
            step.save(stage);
        }
        step.serve_by_priority();
        pooled.fill(&step);
        let seen = series::Seen {
            model,
            parameters,
            step: &step,
            pooled: &pooled,
            country_capacity: given.country_capacity.month(month),
        };
        series::fill(&seen, series.month_mut(month));
        noted.take(&step, month);
    }
}

/// A month as it stands, and what is carried from month to month, with room for `M` markets.
pub struct Step<'a, S: Simd, const M: usize> {
    pub markets: Markets<M>,
    pub part: Part<S>,
    /// Who is where.
    pub places: &'a Places,
    pub stages: Vec<Stage<S, M>>,
    /// By demand: what it did not get.
    pub unserved: Vec<Wide<S>>,
    /// By feed: what each market received.
    received: Vec<ByMarket<S, M>>,
    /// By place: capacity that outages leave.
    capacity: &'a [Lanes],
    /// By demand: before thrift.
    demand: &'a [Lanes],
}

impl<'a, S: Simd, const M: usize> Step<'a, S, M> {
    /// The capacity of a stage that outages leave.
    #[inline(always)]
    pub fn capacity(&self, stage: usize) -> ByMarket<S, M> {
        let markets = self.markets.count();
        let mut capacity = [self.part.zero(); M];
        for (capacity, lanes) in capacity.iter_mut().zip(&self.capacity[stage * markets..][..markets]) {
            *capacity = self.part.load(lanes);
        }
        capacity
    }

    /// The capacity of a place that outages leave.
    #[inline(always)]
    pub fn capacity_at(&self, stage: usize, market: usize) -> Wide<S> {
        self.part.load(&self.capacity[stage * self.markets.count() + market])
    }

    /// The month's capacity and final demand before thrift.
    #[inline(always)]
    fn begin(&mut self, capacity: &'a [Lanes], demand: &'a [Lanes]) {
        (self.capacity, self.demand) = (capacity, demand);
        for place in &self.places.finals {
            let mut all = Sum::new(self.part.zero());
            for &index in place.demands.iter().flatten() {
                all.add(self.part.load(&demand[index]));
            }
            self.stages[place.stage].now.demand[place.market] = all.value();
        }
    }

    /// What each market wants of the product: its final demand after thrift, and what its later stages could use.
    #[inline(always)]
    fn want(&mut self, stage: usize) {
        let (part, markets) = (self.part, self.markets.count());
        let mut feed_wanted = [part.zero(); M];
        for (market, feed_wanted) in feed_wanted.iter_mut().enumerate().take(markets) {
            let mut all = Sum::new(part.zero());
            for feed in &self.stages[stage].uses {
                all.add(self.capacity_at(feed.to, market) * feed.ratio);
            }
            *feed_wanted = all.value();
        }
        let Stage { now, is_final, .. } = &mut self.stages[stage];
        (now.feed_wanted, now.requirement) = (feed_wanted, feed_wanted);
        if *is_final {
            for market in 0..markets {
                now.wanted[market] = now.demand[market] * (part.all(1.0) - now.saved[market]);
                now.requirement[market] = now.wanted[market] + now.feed_wanted[market];
            }
        }
    }

    /// Stocks at the start of the first month.
    #[inline(always)]
    fn found_stocks(&mut self, stage: usize) {
        let Stage { now, stockpiles, .. } = &mut self.stages[stage];
        for (stockpiles, requirement) in stockpiles.iter_mut().zip(&now.requirement) {
            for stockpile in stockpiles {
                stockpile.stock = stockpile.initial_months * *requirement;
            }
        }
    }

    /// What each market makes: its capacity, or less where feed is missing.
    #[inline(always)]
    fn make(&mut self, stage: usize) -> ByMarket<S, M> {
        let mut made = self.capacity(stage);
        for feed in &self.stages[stage].feeds {
            let received = &self.received[feed.number];
            for market in 0..self.markets.count() {
                made[market] = made[market].min(feed.makes(received[market]));
            }
        }
        self.stages[stage].now.production = made;
        made
    }

    /// Shares out what each market got: final demand first, then later stages by what they could use. Stocks fill gaps.
    /// Tells where nothing was lacking before them.
    #[inline(always)]
    fn allocate(&mut self, stage: usize, got: &ByMarket<S, M>) -> [Mask<S>; M] {
        let zero = self.part.zero();
        let Stage { now, stockpiles, is_final, .. } = &mut self.stages[stage];
        let mut fulfilled = [zero.equals(zero); M];
        let mut feeds = [zero; M];
        for market in 0..self.markets.count() {
            let (wanted, feed_wanted) = (now.wanted[market], now.feed_wanted[market]);
            let met = if *is_final { got[market].min(wanted) } else { zero };
            let mut feed = got[market] - met;
            let mut short = if *is_final { clean(wanted - met, wanted) } else { zero };
            let mut feed_short = clean(feed_wanted - feed, feed_wanted);
            let has_users = now.demand[market].positive();
            if *is_final {
                now.before_stock[market] = short.or(has_users, feed_short);
            }
            fulfilled[market] = (short + feed_short).equals(zero);
            for stockpile in &mut stockpiles[market] {
                // One after the other, so that no rounding takes a stock below zero.
                let to_users = stockpile.stock.min(short).min(stockpile.release);
                let left = stockpile.stock - to_users;
                let to_stages = left.min(feed_short).min(stockpile.release - to_users);
                stockpile.stock = left - to_stages;
                short = short - to_users;
                feed_short = feed_short - to_stages;
                feed = feed + to_stages;
            }
            now.shortage[market] = clean(short, wanted).or(has_users, clean(feed_short, feed_wanted));
            if *is_final {
                let of = wanted.or(wanted.positive(), feed_wanted);
                now.missing[market] = series::ratio(now.shortage[market], of);
            }
            feeds[market] = feed;
        }
        self.hand_on(stage, &feeds);
        fulfilled
    }

    /// Hands feed to the later stages, in proportion to what they could use.
    #[inline(always)]
    fn hand_on(&mut self, stage: usize, feeds: &ByMarket<S, M>) {
        let Stage { now, uses, .. } = &self.stages[stage];
        for feed in uses {
            let mut received = [self.part.zero(); M];
            for market in 0..self.markets.count() {
                let used = now.feed_wanted[market].positive();
                received[market] = if uses.len() == 1 {
                    feeds[market].only(used)
                } else {
                    let wanted = self.capacity_at(feed.to, market) * feed.ratio;
                    feeds[market] * (wanted / now.feed_wanted[market]).only(used)
                };
            }
            self.received[feed.number] = received;
        }
    }

    /// Fills stocks from what nobody bought, where nothing is lacking; a control into the market cuts that too.
    #[inline(always)]
    fn fill_stocks(&mut self, stage: usize, left: &ByMarket<S, M>, cut: Option<&Cut<S, M>>, fulfilled: [Mask<S>; M]) {
        let (zero, markets) = (self.part.zero(), self.markets);
        let Stage { now, stockpiles, is_final, is_stocked, .. } = &mut self.stages[stage];
        if !*is_stocked {
            return;
        }
        let unsold = sum(zero, &left[..markets.count()]);
        let (mut fill, mut fill_if_never_full) = ([zero; M], [zero; M]);
        for market in 0..markets.count() {
            for stockpile in &mut stockpiles[market] {
                let lacking = stockpile.target_months * now.requirement[market] - stockpile.stock;
                stockpile.room = lacking.max(zero).min(stockpile.fill);
                fill[market] = fill[market] + stockpile.room.only(fulfilled[market]);
                if *is_final {
                    let most = stockpile.fill.min(unsold);
                    fill_if_never_full[market] = fill_if_never_full[market] + most.only(fulfilled[market]);
                }
            }
        }
        let wanted = sum(zero, &fill[..markets.count()]);
        let wanted_if_never_full = sum(zero, &fill_if_never_full[..markets.count()]);
        for market in 0..markets.count() {
            if stockpiles[market].is_empty() {
                continue;
            }
            let offered = cut.map_or(unsold, |cut| offered(markets, market, left, cut));
            if *is_final {
                now.refill[market] = share(offered, fill_if_never_full[market], wanted_if_never_full);
            }
            let mut taken = share(offered, fill[market], wanted);
            let mut stocks = zero;
            for stockpile in &mut stockpiles[market] {
                let filled = stockpile.room.min(taken);
                stockpile.stock = stockpile.stock + filled;
                taken = taken - filled;
                stocks = stocks + stockpile.stock;
            }
            now.stocks[market] = stocks;
        }
    }

    /// Users who lack more than one hundredth of their demand learn to save; others forget.
    #[inline(always)]
    fn save(&mut self, stage: usize) {
        let part = self.part;
        let Stage { now, responses, is_final, .. } = &mut self.stages[stage];
        if !*is_final {
            return;
        }
        for (market, response) in responses.iter().enumerate().take(self.markets.count()) {
            let Some(response) = response else { continue };
            let (demand, saved) = (now.demand[market], now.saved[market]);
            let felt = now.shortage[market].above(part.all(FELT) * demand).and(demand.positive());
            let learnt = (saved + response.learn).min(response.max);
            let forgot = (saved - response.forget).max(part.zero());
            now.saved[market] = learnt.or(felt, forgot);
        }
    }

    /// Splits the shortage of every place among its demands: the last in the order of service go short first, those of
    /// the same priority in proportion to what they want.
    #[inline(always)]
    fn serve_by_priority(&mut self) {
        if !self.places.unserved_wanted {
            return;
        }
        let part = self.part;
        for place in &self.places.finals {
            let now = &self.stages[place.stage].now;
            let mut missing = now.shortage[place.market];
            if let [only] = &place.demands[..]
                && let [only] = only[..]
            {
                self.unserved[only] = missing;
                continue;
            }
            let (wanted, demand) = (now.wanted[place.market], now.demand[place.market]);
            let kept = (wanted / demand).only(demand.positive());
            for group in place.demands.iter().rev() {
                let mut all = Sum::new(part.zero());
                for &index in group {
                    all.add(part.load(&self.demand[index]));
                }
                let wanted = kept * all.value();
                let short = missing.min(wanted);
                for &index in group {
                    let share = short * (kept * part.load(&self.demand[index])) / wanted;
                    self.unserved[index] = share.only(wanted.positive());
                }
                missing = missing - short;
            }
        }
    }
}

/// A market's share of what is offered: in proportion to what it wants of what all want, and no more than it wants.
#[inline(always)]
fn share<S: Simd>(offered: Wide<S>, wanted: Wide<S>, by_all: Wide<S>) -> Wide<S> {
    wanted.min(offered * wanted / by_all).only(by_all.positive())
}

/// What is left unsold that a market may buy.
#[inline(always)]
fn offered<S: Simd, const M: usize>(
    markets: Markets<M>,
    market: usize,
    left: &ByMarket<S, M>,
    cut: &Cut<S, M>,
) -> Wide<S> {
    let mut offered = *left;
    for (from, offered) in offered.iter_mut().enumerate().take(markets.count()) {
        if from != market {
            *offered = cut.factors[from][market] * *offered;
        }
    }
    sum(left[0].all(0.0), &offered[..markets.count()])
}

/// Zero, where `difference` is no more than rounding of `of`.
#[inline(always)]
fn clean<S: Simd>(difference: Wide<S>, of: Wide<S>) -> Wide<S> {
    difference.only(difference.above(of.all(DUST) * of))
}
