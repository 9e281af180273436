//! Production, trade, and who gets what.

use crate::engine::month::clean;
use crate::engine::stage::{Feed, Stage};
use crate::engine::state::MonthState;
use crate::engine::sum::Sum;
use crate::engine::trade::{Cut, trade};
use crate::simd::{Mask, Number};

impl<N: Number, const M: usize> MonthState<'_, N, M> {
    /// Makes what was planned, as far as feed goes, from the first stages to the last.
    #[inline(always)]
    pub(super) fn make(&mut self, cuts: &[Cut<N, M>]) {
        for stage in 0..self.stages.len() {
            let cut = cuts[stage].in_force();
            if self.stages[stage].feeds.len() > 1 {
                self.match_feeds(stage, cuts);
            }
            let made = self.produce(stage);
            let traded = trade(self.markets, &made, &self.stages[stage].now.requirement, cut);
            let fulfilled = self.allocate(stage, &traded.got);
            let mut unsold = traded.unsold;
            let claims = self.fill_stocks(stage, &mut unsold, cut, fulfilled);
            self.size_stocks(stage, &made, &traded, cut, &claims);
            self.sell_surplus(stage, &mut unsold, cut);
            self.stages[stage].now.unsold = unsold;
        }
        self.return_unused();
    }

    /// Before a stage with several feeds runs: what a market holds of a feed beyond what its capacity and its other feeds can
    /// use goes, by the rule of trade, to markets that could use more; feed after feed.
    #[inline(always)]
    fn match_feeds(&mut self, stage: usize, cuts: &[Cut<N, M>]) {
        let (zero, markets) = (self.group.zero(), self.markets);
        let Stage { feeds, now, .. } = &self.stages[stage];
        for feed in feeds {
            let (mut beyond, mut lacking) = ([zero; M], [zero; M]);
            for market in 0..markets.count() {
                let mut makes = now.capacity[market];
                for other in feeds.iter().filter(|other| other.number != feed.number) {
                    makes = makes.min(other.makes(self.received[other.number][market]));
                }
                let (usable, held) = (makes * feed.ratio, self.received[feed.number][market]);
                beyond[market] = clean(held - usable, held);
                lacking[market] = clean(usable - held, usable);
            }
            if !(markets.sum(&beyond).positive() & markets.sum(&lacking).positive()).any() {
                continue;
            }
            let traded = trade(markets, &beyond, &lacking, cuts[feed.from].in_force());
            let received = &mut self.received[feed.number];
            for market in 0..markets.count() {
                received[market] = received[market] - (beyond[market] - traded.unsold[market]) + traded.got[market];
            }
        }
    }

    /// What each market makes: its capacity, or less where feed is missing.
    #[inline(always)]
    fn produce(&mut self, stage: usize) -> [N; M] {
        let Stage { feeds, now, .. } = &mut self.stages[stage];
        let mut made = now.capacity;
        for feed in &*feeds {
            let received = &self.received[feed.number];
            for market in 0..self.markets.count() {
                made[market] = made[market].min(feed.makes(received[market]));
            }
        }
        now.production = made;
        made
    }

    /// Shares out what each market got: final demand first, then later stages by what they plan. Stocks fill gaps. Tells where
    /// nothing was lacking before them.
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
            fulfilled[market] = (short + feed_short).equals(zero);
            for stockpile in &mut stockpiles[market] {
                let (to_users, to_stages) = stockpile.let_out(short, feed_short);
                short = short - to_users;
                feed_short = feed_short - to_stages;
                feed = feed + to_stages;
            }
            now.unmet_feed[market] = clean(feed_short, feed_wanted);
            let has_users = now.demand[market].positive();
            now.shortage[market] = clean(short, wanted).select(has_users, now.unmet_feed[market]);
            feeds[market] = feed;
        }
        self.hand_on(stage, &feeds);
        fulfilled
    }

    /// Hands feed to the later stages, in proportion to what they plan.
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
                    let wanted = self.stages[feed.to].now.planned[market] * feed.ratio;
                    feeds[market] * wanted.over(now.feed_wanted[market])
                };
            }
            self.received[feed.number] = received;
        }
    }

    /// Sells what nobody bought to plants of the later stages that the plan left idle.
    #[inline(always)]
    fn sell_surplus(&mut self, stage: usize, unsold: &mut [N; M], cut: Option<&Cut<N, M>>) {
        let (zero, markets) = (self.group.zero(), self.markets);
        if self.stages[stage].uses.is_empty() || !markets.sum(unsold).positive().any() {
            return;
        }
        let mut need = [zero; M];
        for (market, need) in need.iter_mut().enumerate().take(markets.count()) {
            let mut all = Sum::new(zero);
            for feed in &self.stages[stage].uses {
                all.add(self.idle(feed, market));
            }
            *need = all.value();
        }
        if !markets.sum(&need).positive().any() {
            return;
        }
        let traded = trade(markets, unsold, &need, cut);
        let uses = &self.stages[stage].uses;
        for feed in uses {
            for (market, need) in need.iter().enumerate().take(markets.count()) {
                let mut share = traded.got[market];
                if uses.len() > 1 {
                    share = share * self.idle(feed, market).over(*need);
                }
                let received = &mut self.received[feed.number][market];
                *received = *received + share;
            }
        }
        *unsold = traded.unsold;
    }

    /// Feed for the capacity that the plan left idle.
    #[inline(always)]
    fn idle(&self, feed: &Feed<N>, market: usize) -> N {
        let now = &self.stages[feed.to].now;
        clean(now.capacity[market] - now.planned[market], now.capacity[market]) * feed.ratio
    }

    /// Feed that could not be used, since another one was missing: what was released from stocks returns to them.
    #[inline(always)]
    fn return_unused(&mut self) {
        if !self.network.joins_feeds {
            return;
        }
        let zero = self.group.zero();
        for number in 0..self.stages.len() {
            for market in 0..self.markets.count() {
                let mut unused = Sum::new(zero);
                for feed in &self.stages[number].uses {
                    let held = self.received[feed.number][market];
                    unused.add(clean(held - self.stages[feed.to].now.production[market] * feed.ratio, held));
                }
                let mut unused = unused.value();
                let Stage { now, stockpiles, carried, .. } = &mut self.stages[number];
                for stockpile in stockpiles[market].iter_mut().rev() {
                    let returned = stockpile.released_as_feed.min(unused);
                    stockpile.stock = stockpile.stock + returned;
                    carried.stocks[market] = carried.stocks[market] + returned;
                    unused = unused - returned;
                }
                now.unused[market] = unused;
            }
        }
    }
}
