//! The month loop: what is made, traded, allocated, released, filled and saved, stage after stage.
//!
//! It is written for any [`Number`], so that one line stands for one step of the model and for the widest instruction the
//! processor has. What differs between trials is chosen by masks; what is the same for all, such as whether a market has a
//! stockpile, by plain branches.

use super::outcomes::OutcomeRecorder;
use super::parameters::Parameters;
use super::stage::{self, Stage};
use super::state::{MonthState, MonthlyInputs};
use super::sum::Sum;
use super::trade::{Cut, Markets, Traded, trade};
use super::{Engine, series};
use crate::simd::{LaneGroup, Lanes, Mask, Number, Rows};

/// Differences smaller than this fraction of what is compared are rounding, not shortage.
const RELATIVE_EPSILON: f64 = 1e-12;

/// Users who lack more than this fraction of their demand learn to save.
const RESPONSE_THRESHOLD: f64 = 0.01;

/// Runs all months of a group of trials, and records what series and outcomes need.
///
/// Within a month, stage after stage from the mines on: (1) what is wanted, (2) what is made, (3) trade, (4) allocation
/// to final demand, then to later stages, with stocks released against what is missing, (5) filling of stocks from what
/// nobody bought, (6) thrift, which counts from the next month.
#[inline(always)]
pub fn run<N: Number, const M: usize>(
    engine: &Engine<'_>,
    monthly: &MonthlyInputs,
    parameters: &Parameters,
    group: LaneGroup<N>,
    recorder: &mut OutcomeRecorder,
    rows: &mut Rows,
) {
    let Engine { model, network, controls, excluded, .. } = engine;
    let mut state = MonthState::<N, M> {
        markets: Markets(model.markets.len()),
        group,
        network,
        stages: stage::all(group, network, parameters),
        received: vec![[group.zero(); M]; network.feeds.len()],
        unserved: vec![group.zero(); model.demands.len()],
        capacity: &[],
        demand: &[],
    };
    let mut pooled = series::Chains::new(model.stages.len(), excluded, group.zero());
    // By stage. Only the factors of pairs that some control can cut ever change.
    let mut cuts = vec![Cut::<N, M>::none(group.splat(1.0)); model.stages.len()];
    for month in 0..model.months {
        state.begin(monthly.capacity.month(month), monthly.demand.month(month));
        let factors = monthly.factors.month(month);
        for (stage, (cut, pairs)) in cuts.iter_mut().zip(&controls.pairs).enumerate() {
            state.want(stage);
            if month == 0 {
                state.found_stocks(stage);
            }
            let made = state.make(stage);
            let cut = cut.set(group, pairs, factors);
            let traded = trade(state.markets, &made, &state.stages[stage].now.requirement, cut);
            let fulfilled = state.allocate(stage, &traded.got);
            let claims = state.fill_stocks(stage, &traded.unsold, cut, fulfilled);
            state.size_stocks(stage, &made, &traded, cut, &claims);
            state.save(stage);
        }
        state.serve_by_priority();
        pooled.fill(&state);
        let country_capacity = monthly.country_capacity.month(month);
        let view = series::MonthView { model, parameters, state: &state, pooled: &pooled, country_capacity };
        series::fill(&view, rows.month_mut(month));
        recorder.record(&state, month);
    }
}

impl<'a, N: Number, const M: usize> MonthState<'a, N, M> {
    /// The month's capacity and final demand before thrift.
    #[inline(always)]
    fn begin(&mut self, capacity: &'a [Lanes], demand: &'a [Lanes]) {
        (self.capacity, self.demand) = (capacity, demand);
        for node in &self.network.finals {
            let mut all = Sum::new(self.group.zero());
            for &index in node.demands.iter().flatten() {
                all.add(self.group.load(&demand[index]));
            }
            self.stages[node.stage].now.demand[node.market] = all.value();
        }
    }

    /// What each market wants of the product: its final demand after thrift, and what its later stages could use.
    #[inline(always)]
    fn want(&mut self, stage: usize) {
        let (group, markets) = (self.group, self.markets.count());
        let mut feed_wanted = [group.zero(); M];
        for (market, feed_wanted) in feed_wanted.iter_mut().enumerate().take(markets) {
            let mut all = Sum::new(group.zero());
            for feed in &self.stages[stage].uses {
                all.add(self.capacity_at(feed.to, market) * feed.ratio);
            }
            *feed_wanted = all.value();
        }
        let Stage { now, is_final, .. } = &mut self.stages[stage];
        (now.feed_wanted, now.requirement) = (feed_wanted, feed_wanted);
        if *is_final {
            for market in 0..markets {
                now.wanted[market] = now.demand[market] * (group.splat(1.0) - now.saved[market]);
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
    fn make(&mut self, stage: usize) -> [N; M] {
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
    fn allocate(&mut self, stage: usize, got: &[N; M]) -> [N::Mask; M] {
        let zero = self.group.zero();
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
            now.shortage[market] = clean(short, wanted).select(has_users, clean(feed_short, feed_wanted));
            if *is_final {
                let of = wanted.select(wanted.positive(), feed_wanted);
                now.missing[market] = now.shortage[market].over(of);
            }
            feeds[market] = feed;
        }
        self.hand_on(stage, &feeds);
        fulfilled
    }

    /// Hands feed to the later stages, in proportion to what they could use.
    #[inline(always)]
    fn hand_on(&mut self, stage: usize, feeds: &[N; M]) {
        let Stage { now, uses, .. } = &self.stages[stage];
        for feed in uses {
            let mut received = [self.group.zero(); M];
            for market in 0..self.markets.count() {
                let used = now.feed_wanted[market].positive();
                received[market] = if uses.len() == 1 {
                    feeds[market].masked(used)
                } else {
                    let wanted = self.capacity_at(feed.to, market) * feed.ratio;
                    feeds[market] * (wanted / now.feed_wanted[market]).masked(used)
                };
            }
            self.received[feed.number] = received;
        }
    }

    /// Fills stocks from what nobody bought, where nothing is lacking; a control into the market cuts that too. Tells what
    /// each market wants to fill.
    #[inline(always)]
    fn fill_stocks(&mut self, stage: usize, left: &[N; M], cut: Option<&Cut<N, M>>, fulfilled: [N::Mask; M]) -> [N; M] {
        let (zero, markets) = (self.group.zero(), self.markets);
        let Stage { now, stockpiles, is_stocked, .. } = &mut self.stages[stage];
        let mut fill = [zero; M];
        if !*is_stocked {
            return fill;
        }
        let unsold = markets.sum(left);
        for market in 0..markets.count() {
            for stockpile in &mut stockpiles[market] {
                let lacking = stockpile.target_months * now.requirement[market] - stockpile.stock;
                stockpile.room = lacking.max(zero).min(stockpile.fill);
                fill[market] = fill[market] + stockpile.room.masked(fulfilled[market]);
            }
        }
        let wanted = markets.sum(&fill);
        for market in 0..markets.count() {
            if stockpiles[market].is_empty() {
                continue;
            }
            let offered = cut.map_or(unsold, |cut| offered(markets, market, left, cut));
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
        fill
    }

    /// The deficit of a stock in each market that was full at the start, that serves all shortage before thrift, and that is
    /// refilled by the rule of [`MonthState::fill_stocks`] (Lindley's recursion, 1952): `D + shortage - refill`, not below
    /// zero. Its largest value is the smallest stock that would have left no shortage.
    ///
    /// With that stock users would never have learnt to save. Where they have, the month is traded again with the demand of
    /// that market before thrift, all else as it was. `claims` is what each market really wants to fill.
    #[inline(always)]
    fn size_stocks(
        &mut self,
        stage: usize,
        made: &[N; M],
        traded: &Traded<N, M>,
        cut: Option<&Cut<N, M>>,
        claims: &[N; M],
    ) {
        let (group, markets) = (self.group, self.markets);
        let Stage { now, stockpiles, is_stocked, .. } = &mut self.stages[stage];
        for node in self.network.finals.iter().filter(|node| node.stage == stage) {
            let market = node.market;
            let (demand, feed_wanted) = (now.demand[market], now.feed_wanted[market]);
            let mut traded = *traded;
            if now.saved[market].positive().any() {
                let mut wanted = now.requirement;
                wanted[market] = demand + feed_wanted;
                traded = trade(markets, made, &wanted, cut);
            }
            let met = traded.got[market].min(demand);
            let short = clean(demand - met, demand);
            if !(short.positive() | now.deficit[market].positive()).any() {
                continue;
            }
            let feed_short = clean(feed_wanted - (traded.got[market] - met), feed_wanted);
            let fulfilled = (short + feed_short).equals(group.zero());
            let mut want = now.deficit[market];
            if !stockpiles[market].is_empty() {
                let fastest = stockpiles[market].iter().fold(group.zero(), |sum, stockpile| sum + stockpile.fill);
                want = want.min(fastest);
            }
            let want = want.masked(fulfilled);
            let mut by_all = want;
            if *is_stocked {
                let mut claims = *claims;
                claims[market] = want;
                by_all = markets.sum(&claims);
            }
            let offered =
                cut.map_or_else(|| markets.sum(&traded.unsold), |cut| offered(markets, market, &traded.unsold, cut));
            let deficit = now.deficit[market] + short - share(offered, want, by_all);
            now.deficit[market] = deficit.max(group.zero());
            now.stock_needed[market] = now.stock_needed[market].max(now.deficit[market]);
        }
    }

    /// Users who lack more than one hundredth of their demand learn to save; others forget.
    #[inline(always)]
    fn save(&mut self, stage: usize) {
        let group = self.group;
        let Stage { now, responses, is_final, .. } = &mut self.stages[stage];
        if !*is_final {
            return;
        }
        for (market, response) in responses.iter().enumerate().take(self.markets.count()) {
            let Some(response) = response else { continue };
            let (demand, saved) = (now.demand[market], now.saved[market]);
            let felt = now.shortage[market].above(group.splat(RESPONSE_THRESHOLD) * demand) & demand.positive();
            let learnt = (saved + response.learn).min(response.max);
            let forgot = (saved - response.forget).max(group.zero());
            now.saved[market] = learnt.select(felt, forgot);
        }
    }

    /// Splits the shortage of every node among its demands: the last in the order of service go short first, those of
    /// the same priority in proportion to what they want.
    #[inline(always)]
    fn serve_by_priority(&mut self) {
        if !self.network.unserved_wanted {
            return;
        }
        let group = self.group;
        for node in &self.network.finals {
            let now = &self.stages[node.stage].now;
            let mut missing = now.shortage[node.market];
            if let [only] = &node.demands[..]
                && let [only] = only[..]
            {
                self.unserved[only] = missing;
                continue;
            }
            let (wanted, demand) = (now.wanted[node.market], now.demand[node.market]);
            let kept = wanted.over(demand);
            for equals in node.demands.iter().rev() {
                let mut all = Sum::new(group.zero());
                for &index in equals {
                    all.add(group.load(&self.demand[index]));
                }
                let wanted = kept * all.value();
                let short = missing.min(wanted);
                for &index in equals {
                    let share = short * (kept * group.load(&self.demand[index])) / wanted;
                    self.unserved[index] = share.masked(wanted.positive());
                }
                missing = missing - short;
            }
        }
    }
}

/// A market's share of what is offered: in proportion to what it wants of what all want, and no more than it wants.
#[inline(always)]
fn share<N: Number>(offered: N, wanted: N, by_all: N) -> N {
    wanted.min(offered * wanted / by_all).masked(by_all.positive())
}

/// What is left unsold that a market may buy.
#[inline(always)]
fn offered<N: Number, const M: usize>(markets: Markets<M>, market: usize, left: &[N; M], cut: &Cut<N, M>) -> N {
    let mut offered = *left;
    for (from, offered) in offered.iter_mut().enumerate().take(markets.count()) {
        if from != market {
            *offered = cut.factors[from][market] * *offered;
        }
    }
    markets.sum(&offered)
}

/// Zero, where `difference` is no more than rounding of `of`.
#[inline(always)]
fn clean<N: Number>(difference: N, of: N) -> N {
    difference.masked(difference.above(of.splat(RELATIVE_EPSILON) * of))
}
