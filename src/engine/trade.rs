//! Trade between markets.

use super::lanes::{Lanes, Mask};
use super::sum::{Sum, sum};
use crate::model::MAX_MARKETS;

/// One product in one month, by market: of [`MAX_MARKETS`] those that the model has.
#[derive(Clone, Debug)]
pub struct Market {
    /// What is made there.
    pub made: [Lanes; MAX_MARKETS],
    /// What is wanted there.
    pub wanted: [Lanes; MAX_MARKETS],
    /// What it gets.
    pub got: [Lanes; MAX_MARKETS],
    /// What nobody bought.
    pub unsold: [Lanes; MAX_MARKETS],
    /// Flow factors, for a stage with a control in force; those from a market lie in one piece.
    pub factors: [Lanes; MAX_MARKETS * MAX_MARKETS],
    /// What it still needs while trade goes on.
    need: [Lanes; MAX_MARKETS],
    /// What a control leaves of `got` and `unsold`.
    got_anyway: [Lanes; MAX_MARKETS],
    unsold_anyway: [Lanes; MAX_MARKETS],
    /// What it needs after the first round, and what it may still buy and sell then.
    left: [Lanes; MAX_MARKETS],
    may_buy: [Lanes; MAX_MARKETS],
    may_sell: [Lanes; MAX_MARKETS],
    /// Sums over the pairs of a round.
    sold: [Sum; MAX_MARKETS],
    bought: [Sum; MAX_MARKETS],
}

impl Market {
    /// Nothing made, nothing wanted.
    pub fn new() -> Self {
        let zero = [Lanes::ZERO; MAX_MARKETS];
        Market {
            made: zero,
            wanted: zero,
            got: zero,
            unsold: zero,
            factors: [Lanes::ONE; MAX_MARKETS * MAX_MARKETS],
            need: zero,
            got_anyway: zero,
            unsold_anyway: zero,
            left: zero,
            may_buy: zero,
            may_sell: zero,
            sold: [Sum::ZERO; MAX_MARKETS],
            bought: [Sum::ZERO; MAX_MARKETS],
        }
    }

    /// Own use first; then what is left is traded in proportion to supply and need.
    ///
    /// Free flow from `i` to `j` is `f = a b / max(sum a, sum b)` of the supplies `a` and needs `b` that are left. Where
    /// `cut` says so the flow is `k f` with the flow factors `k`; what that leaves goes a second time round, over the pairs
    /// no control touches.
    #[inline(always)]
    pub fn trade(&mut self, markets: usize, cut: Option<Mask>) {
        for market in 0..markets {
            let (made, wanted) = (self.made[market], self.wanted[market]);
            let own = made.min(wanted);
            self.got[market] = own;
            self.unsold[market] = made - own;
            self.need[market] = wanted - own;
        }
        let supply = sum(self.unsold[..markets].iter().copied());
        let need = sum(self.need[..markets].iter().copied());
        let trading = supply.above(Lanes::ZERO).and(need.above(Lanes::ZERO));
        if !trading.any() {
            return;
        }
        if let Some(cut) = cut {
            self.trade_anyway(markets, supply.max(need));
            self.trade_freely(markets, supply, need, trading);
            let cut = cut.and(trading);
            for market in 0..markets {
                self.got[market] = self.got_anyway[market].or(cut, self.got[market]);
                self.unsold[market] = self.unsold_anyway[market].or(cut, self.unsold[market]);
            }
        } else {
            self.trade_freely(markets, supply, need, trading);
        }
    }

    /// Trade without any control: the scarcer side is served in full, to the last bit.
    #[inline(always)]
    fn trade_freely(&mut self, markets: usize, supply: Lanes, need: Lanes, trading: Mask) {
        let plenty = supply.at_least(need);
        let sold = (need / supply).or(plenty, Lanes::ONE).only(trading);
        let served = Lanes::ONE.or(plenty, supply / need).only(trading);
        for market in 0..markets {
            self.got[market] = self.got[market] + self.need[market] * served;
            self.unsold[market] = self.unsold[market] - self.unsold[market] * sold;
        }
    }

    /// Trade under controls: a cut first round, and a second one over the pairs that no control touches, where
    /// `y = a b / max(what the buyer may buy, what the seller may sell)` of what is left.
    #[inline(always)]
    fn trade_anyway(&mut self, markets: usize, larger: Lanes) {
        self.start_round(markets);
        for to in 0..markets {
            let part = self.need[to] / larger;
            for from in (0..markets).filter(|from| *from != to) {
                let flow = self.unsold[from] * part * self.factors[from * MAX_MARKETS + to];
                self.sold[from].add(flow);
                self.bought[to].add(flow);
            }
        }
        for market in 0..markets {
            let bought = self.bought[market].value();
            self.got_anyway[market] = self.got[market] + bought.min(self.need[market]);
            self.unsold_anyway[market] = (self.unsold[market] - self.sold[market].value()).max(Lanes::ZERO);
            self.left[market] = (self.need[market] - bought).max(Lanes::ZERO);
        }
        self.second_round(markets);
    }

    #[inline(always)]
    fn second_round(&mut self, markets: usize) {
        self.start_round(markets);
        for to in 0..markets {
            for from in (0..markets).filter(|from| *from != to) {
                let free = self.factors[from * MAX_MARKETS + to].equals(Lanes::ONE);
                self.bought[to].add(self.unsold_anyway[from].only(free));
                self.sold[from].add(self.left[to].only(free));
            }
        }
        let mut any = false;
        for market in 0..markets {
            self.may_buy[market] = self.bought[market].value();
            self.may_sell[market] = self.sold[market].value();
            any |= self.may_buy[market].above(Lanes::ZERO).and(self.left[market].above(Lanes::ZERO)).any();
        }
        if !any {
            return; // nobody has what anybody lacks and may buy
        }
        self.start_round(markets);
        for to in 0..markets {
            for from in (0..markets).filter(|from| *from != to) {
                let larger = self.may_buy[to].max(self.may_sell[from]);
                let free = self.factors[from * MAX_MARKETS + to].equals(Lanes::ONE).and(larger.above(Lanes::ZERO));
                let flow = (self.unsold_anyway[from] * self.left[to] / larger).only(free);
                self.sold[from].add(flow);
                self.bought[to].add(flow);
            }
        }
        for market in 0..markets {
            let bought = self.bought[market].value().min(self.left[market]);
            self.got_anyway[market] = self.got_anyway[market] + bought;
            let left = self.unsold_anyway[market] - self.sold[market].value();
            self.unsold_anyway[market] = left.max(Lanes::ZERO);
        }
    }

    #[inline(always)]
    fn start_round(&mut self, markets: usize) {
        self.sold[..markets].fill(Sum::ZERO);
        self.bought[..markets].fill(Sum::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market(made: [f64; 3], wanted: [f64; 3]) -> Market {
        let mut market = Market::new();
        market.made[..3].copy_from_slice(&made.map(Lanes::all));
        market.wanted[..3].copy_from_slice(&wanted.map(Lanes::all));
        market
    }

    fn first(values: &[Lanes]) -> Vec<f64> {
        values.iter().map(|value| value.0[0]).collect()
    }

    /// Lanes in which a control is in force.
    fn all() -> Option<Mask> {
        Some(Lanes::ONE.above(Lanes::ZERO))
    }

    #[test]
    fn without_a_control_the_scarcer_side_is_served_in_full() {
        let mut plenty = market([100.0, 0.0, 10.0], [20.0, 40.0, 10.0]);
        plenty.trade(3, None);
        assert_eq!(first(&plenty.got)[..3], [20.0, 40.0, 10.0]);
        assert_eq!(first(&plenty.unsold)[..3], [40.0, 0.0, 0.0]);
        let mut scarce = market([40.0, 0.0, 0.0], [20.0, 30.0, 10.0]);
        scarce.trade(3, None);
        assert_eq!(first(&scarce.got)[..3], [20.0, 15.0, 5.0]);
    }

    /// Market 0 makes 100 and wants 20; a control halves what goes to market 1. Market 2 buys freely.
    #[test]
    fn a_control_cuts_and_the_rest_goes_round_again() {
        let mut market = market([100.0, 0.0, 0.0], [20.0, 50.0, 50.0]);
        market.factors[1] = Lanes::all(0.5);
        // Supply 80, need 100: free flows 40 and 40; the control leaves 20 and 40; 20 are left, of which market 2 takes 10.
        market.trade(3, all());
        assert!((market.got[1].0[0] - 20.0).abs() < 1e-12);
        assert!((market.got[2].0[0] - 50.0).abs() < 1e-12);
        assert!((market.unsold[0].0[0] - 10.0).abs() < 1e-12);
    }

    /// Two sellers (60 and 40), two buyers (50 and 80): the first seller may send a quarter to the first buyer. What is left
    /// over goes to the second buyer, and the second seller has nothing left for the first.
    #[test]
    fn the_second_round_keeps_to_free_pairs() {
        let mut market = Market::new();
        market.made[..4].copy_from_slice(&[60.0, 40.0, 0.0, 0.0].map(Lanes::all));
        market.wanted[..4].copy_from_slice(&[0.0, 0.0, 50.0, 80.0].map(Lanes::all));
        market.factors[2] = Lanes::all(0.25);
        market.trade(4, all());
        let flow = |supply: f64, need: f64| supply * need / 130.0;
        let cut = 0.75 * flow(60.0, 50.0);
        let got = first(&market.got);
        assert!((got[2] - (0.25 * flow(60.0, 50.0) + flow(40.0, 50.0))).abs() < 1e-12);
        // The second buyer lacks 80 - 100 * 80 / 130 = 18.46 and takes all 17.31 that were refused.
        assert!((got[3] - (flow(100.0, 80.0) + cut)).abs() < 1e-12);
        assert!(first(&market.unsold).iter().all(|unsold| unsold.abs() < 1e-12));
    }

    /// One seller with 30 left and two free buyers that lack 40 and 20, after a third was cut off entirely.
    #[test]
    fn the_second_round_is_in_proportion() {
        let mut market = Market::new();
        market.made[..4].copy_from_slice(&[90.0, 0.0, 0.0, 0.0].map(Lanes::all));
        market.wanted[..4].copy_from_slice(&[0.0, 60.0, 80.0, 40.0].map(Lanes::all));
        market.factors[1] = Lanes::ZERO;
        market.trade(4, all());
        // First 90 * 80 / 180 = 40 and 20; then 30 more in the proportion of 40 to 20.
        let got = first(&market.got);
        for (found, wanted) in got.iter().zip([0.0, 0.0, 60.0, 30.0]) {
            assert!((found - wanted).abs() < 1e-12, "{got:?}");
        }
    }

    #[test]
    fn factors_of_one_are_no_control() {
        let mut controlled = market([100.0, 5.0, 0.0], [20.0, 40.0, 10.0]);
        let mut free = controlled.clone();
        controlled.trade(3, all());
        free.trade(3, None);
        for place in 0..3 {
            assert!((controlled.got[place].0[0] - free.got[place].0[0]).abs() < 1e-12);
        }
    }
}
