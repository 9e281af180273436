//! Normal wants: what days of stock are counted by.
//!
//! Normal is what a market would want of a product in a plan without disruptions: no outage, no control, no surge, and so no
//! thrift; the mean of the twelve months before this one (months before the start count as the first), so that no episode
//! moves a target.

use crate::engine::month::plan::planned_output;
use crate::engine::month::total;
use crate::engine::state::MonthState;
use crate::engine::sum::Sum;
use crate::simd::{Number, Rows};

impl<N: Number, const M: usize> MonthState<'_, N, M> {
    /// Sets the normal wants of the month, and in the first one the stocks at the start: from capacity without outages (where feed
    /// is stocked) and demand without surges, by month.
    #[inline(always)]
    pub(super) fn count_days_of_stock(&mut self, capacity: &Rows, demand: &Rows, month: usize) {
        self.want_normally(capacity, demand, month);
        for ((stage, normal), counts) in self.stages.iter_mut().zip(&mut self.normal).zip(&self.network.counts_days) {
            let carried = &mut stage.carried;
            if !counts {
                continue;
            }
            if month == 0 {
                (carried.normal, normal.last_wants) = (normal.wants, [normal.wants; 12]);
                continue;
            }
            for market in 0..self.markets.count() {
                let mut sum = self.group.zero();
                for wants in &normal.last_wants {
                    sum = sum + wants[market];
                }
                carried.normal[market] = sum / self.group.splat(12.0);
            }
            normal.last_wants[month % 12] = normal.wants;
        }
        if month == 0 {
            for stage in self.stages.iter_mut().filter(|stage| stage.is_stocked) {
                for (market, stockpiles) in stage.stockpiles.iter_mut().enumerate() {
                    for stockpile in stockpiles {
                        stockpile.stock = stockpile.initial[0] + stockpile.initial[1] * stage.carried.normal[market];
                    }
                }
            }
        }
    }

    /// What each market would want this month, if nothing were disrupted, of the products for which that is asked; t/month.
    #[inline(always)]
    fn want_normally(&mut self, capacity: &Rows, demand: &Rows, month: usize) {
        let (group, markets, network) = (self.group, self.markets, self.network);
        for number in (0..self.normal.len()).rev().filter(|&number| network.wants_normally[number]) {
            let mut wants = [group.zero(); M];
            for node in network.finals.iter().filter(|node| node.stage == number) {
                wants[node.market] = total(group, demand.month(month), node.demands.iter().flatten());
            }
            let stage = &self.stages[number];
            if !stage.uses.is_empty() {
                for (market, wants) in wants.iter_mut().enumerate().take(markets.count()) {
                    let mut feed = Sum::new(group.zero());
                    for used in &stage.uses {
                        feed.add(self.normal[used.to].planned[market] * used.ratio);
                    }
                    *wants = *wants + feed.value();
                }
            }
            if network.plans_normal && !stage.feeds.is_empty() {
                let capacity = &capacity.month(month)[number * markets.count()..];
                let capacity = markets.each(group.zero(), |market| group.load(&capacity[market]));
                self.normal[number].planned = planned_output(markets, &capacity, &wants, None);
            }
            self.normal[number].wants = wants;
        }
    }
}
