//! Release and fill of stocks, and the stock that would have been needed.

use crate::engine::month::clean;
use crate::engine::stage::{Stage, Stockpile};
use crate::engine::state::MonthState;
use crate::engine::trade::{Cut, Markets, Traded, trade};
use crate::simd::{Mask, Number};

impl<N: Number> Stockpile<N> {
    /// Releases what final users and later stages lack, as far as it goes; what either gets.
    #[inline(always)]
    pub(super) fn let_out(&mut self, short: N, feed_short: N) -> (N, N) {
        // One after the other, so that no rounding takes a stock below zero.
        let to_users = self.stock.min(short).min(self.release);
        let left = self.stock - to_users;
        let to_stages = left.min(feed_short).min(self.release - to_users);
        self.stock = left - to_stages;
        self.released_as_feed = to_stages;
        (to_users, to_stages)
    }
}

impl<N: Number, const M: usize> MonthState<'_, N, M> {
    /// Fills stocks from what nobody bought, where nothing is lacking; a control into the market cuts that too. It is taken from
    /// sellers in proportion to what each may sell. Tells what each market wants to fill.
    #[inline(always)]
    pub(super) fn fill_stocks(
        &mut self,
        stage: usize,
        unsold: &mut [N; M],
        cut: Option<&Cut<N, M>>,
        fulfilled: [N::Mask; M],
    ) -> [N; M] {
        let (zero, markets) = (self.group.zero(), self.markets);
        let Stage { stockpiles, is_stocked, carried, .. } = &mut self.stages[stage];
        let mut claims = [zero; M];
        if !*is_stocked {
            return claims;
        }
        for market in 0..markets.count() {
            for stockpile in &mut stockpiles[market] {
                let target = stockpile.target[0] + stockpile.target[1] * carried.normal[market];
                stockpile.room = (target - stockpile.stock).max(zero).min(stockpile.fill);
                claims[market] = claims[market] + stockpile.room.masked(fulfilled[market]);
            }
        }
        let by_all = markets.sum(&claims);
        let left = *unsold;
        for market in 0..markets.count() {
            if stockpiles[market].is_empty() {
                continue;
            }
            let offered = offered(markets, market, &left, cut);
            let filled = share(markets.sum(&offered), claims[market], by_all);
            let of_offered = filled.over(markets.sum(&offered));
            for seller in 0..markets.count() {
                unsold[seller] = (unsold[seller] - offered[seller] * of_offered).max(zero);
            }
            let (mut rest, mut stocks) = (filled, zero);
            for stockpile in &mut stockpiles[market] {
                let taken = stockpile.room.min(rest);
                stockpile.stock = stockpile.stock + taken;
                rest = rest - taken;
                stocks = stocks + stockpile.stock;
            }
            carried.stocks[market] = stocks;
        }
        claims
    }

    /// The deficit of a stock in each market that was full at the start, that serves all shortage before thrift, and that is
    /// refilled by the rule of [`MonthState::fill_stocks`] (Lindley's recursion, 1952): `D + shortage - refill`, not below
    /// zero. Its largest value is the smallest stock that would have left no shortage.
    ///
    /// With that stock users would never have learnt to save. Where they have, the step is traded again with the demand of
    /// that market before thrift, all else as it was. `claims` is what each market really wants to fill.
    #[inline(always)]
    pub(super) fn size_stocks(
        &mut self,
        stage: usize,
        made: &[N; M],
        traded: &Traded<N, M>,
        cut: Option<&Cut<N, M>>,
        claims: &[N; M],
    ) {
        let (group, markets) = (self.group, self.markets);
        let Stage { now, carried, stockpiles, is_stocked, .. } = &mut self.stages[stage];
        for node in self.network.finals.iter().filter(|node| node.stage == stage) {
            let market = node.market;
            let (demand, feed_wanted) = (now.demand[market], now.feed_wanted[market]);
            let mut traded = *traded;
            if carried.saved[market].positive().any() {
                let mut wanted = now.requirement;
                wanted[market] = demand + feed_wanted;
                traded = trade(markets, made, &wanted, cut);
            }
            let met = traded.got[market].min(demand);
            let short = clean(demand - met, demand);
            if !(short.positive() | carried.deficit[market].positive()).any() {
                continue;
            }
            let feed_short = clean(feed_wanted - (traded.got[market] - met), feed_wanted);
            let fulfilled = (short + feed_short).equals(group.zero());
            let mut want = carried.deficit[market];
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
            let offered = markets.sum(&offered(markets, market, &traded.unsold, cut));
            let deficit = carried.deficit[market] + short - share(offered, want, by_all);
            carried.deficit[market] = deficit.max(group.zero());
            carried.stock_needed[market] = carried.stock_needed[market].max(carried.deficit[market]);
        }
    }
}

/// A market's share of what is offered: in proportion to what it wants of what all want, and no more than it wants.
#[inline(always)]
fn share<N: Number>(offered: N, wanted: N, by_all: N) -> N {
    wanted.min(offered * wanted / by_all).masked(by_all.positive())
}

/// What each seller has left that a market may buy.
#[inline(always)]
fn offered<N: Number, const M: usize>(
    markets: Markets<M>,
    market: usize,
    left: &[N; M],
    cut: Option<&Cut<N, M>>,
) -> [N; M] {
    let mut offered = *left;
    if let Some(cut) = cut {
        for (from, offered) in offered.iter_mut().enumerate().take(markets.count()) {
            if from != market {
                *offered = cut.factors[from][market] * *offered;
            }
        }
    }
    offered
}
