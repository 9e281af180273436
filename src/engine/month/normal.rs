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
        if self.network.counts_days {
            let wants = self.normal_wants(capacity, demand, month);
            for ((stage, last_wants), wants) in self.stages.iter_mut().zip(&mut self.last_wants).zip(wants) {
                let carried = &mut stage.carried;
                if month == 0 {
                    (carried.normal, *last_wants) = (wants, [wants; 12]);
                    continue;
                }
                for market in 0..self.markets.count() {
                    let mut sum = self.group.zero();
                    for wants in &*last_wants {
                        sum = sum + wants[market];
                    }
                    carried.normal[market] = sum / self.group.splat(12.0);
                }
                last_wants[month % 12] = wants;
            }
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

    /// By stage: what each market would want this month, if nothing were disrupted; t/month.
    #[inline(always)]
    fn normal_wants(&self, capacity: &Rows, demand: &Rows, month: usize) -> Vec<[N; M]> {
        let (group, markets) = (self.group, self.markets);
        let demand = demand.month(month);
        let mut wants = vec![[group.zero(); M]; self.stages.len()];
        for node in &self.network.finals {
            wants[node.stage][node.market] = total(group, demand, node.demands.iter().flatten());
        }
        if !self.network.plans_normal {
            return wants;
        }
        let capacity = capacity.month(month);
        let mut planned = vec![[group.zero(); M]; self.stages.len()];
        for (number, stage) in self.stages.iter().enumerate().rev() {
            for market in 0..markets.count() {
                let mut feed = Sum::new(group.zero());
                for used in &stage.uses {
                    feed.add(planned[used.to][market] * used.ratio);
                }
                wants[number][market] = wants[number][market] + feed.value();
            }
            if !stage.feeds.is_empty() {
                let capacity =
                    markets.each(group.zero(), |market| group.load(&capacity[number * markets.count() + market]));
                planned[number] = planned_output(markets, &capacity, &wants[number], None);
            }
        }
        wants
    }
}
