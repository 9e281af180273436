//! What each market wants of each product, and what its plants are to make.

use crate::engine::state::MonthState;
use crate::engine::sum::Sum;
use crate::engine::trade::{Cut, Markets, trade};
use crate::simd::Number;

impl<N: Number, const M: usize> MonthState<'_, N, M> {
    /// Plans the step, from the last stages to the first.
    #[inline(always)]
    pub(super) fn plan(&mut self, cuts: &[Cut<N, M>]) {
        for stage in (0..self.stages.len()).rev() {
            self.want(stage);
            // Nobody asks what a stage without feeds plans to make.
            if !self.stages[stage].feeds.is_empty() {
                let now = &mut self.stages[stage].now;
                now.planned = planned_output(self.markets, &now.capacity, &now.requirement, cuts[stage].in_force());
            }
        }
    }

    /// What each market wants of the product: its final demand after thrift, and feed for what its later stages plan to make.
    #[inline(always)]
    fn want(&mut self, stage: usize) {
        let (group, markets) = (self.group, self.markets.count());
        let mut feed_wanted = [group.zero(); M];
        for (market, feed_wanted) in feed_wanted.iter_mut().enumerate().take(markets) {
            let mut all = Sum::new(group.zero());
            for feed in &self.stages[stage].uses {
                all.add(self.stages[feed.to].now.planned[market] * feed.ratio);
            }
            *feed_wanted = all.value();
        }
        let stage = &mut self.stages[stage];
        let now = &mut stage.now;
        (now.feed_wanted, now.requirement) = (feed_wanted, feed_wanted);
        if stage.is_final {
            for market in 0..markets {
                now.wanted[market] = now.demand[market] * (group.splat(1.0) - stage.carried.saved[market]);
                now.requirement[market] = now.wanted[market] + now.feed_wanted[market];
            }
        }
    }
}

/// What each market plans to make: what its capacity would sell of what is wanted, if feed were no matter.
#[inline(always)]
pub(super) fn planned_output<N: Number, const M: usize>(
    markets: Markets<M>,
    capacity: &[N; M],
    wants: &[N; M],
    cut: Option<&Cut<N, M>>,
) -> [N; M] {
    let unsold = trade(markets, capacity, wants, cut).unsold;
    let mut planned = *capacity;
    for market in 0..markets.count() {
        planned[market] = capacity[market] - unsold[market];
    }
    planned
}
