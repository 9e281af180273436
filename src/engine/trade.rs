//! Trade between markets: one product in one month.

use pulp::Simd;

use super::lanes::Lanes;
use super::sum::{Sum, sum};
use super::wide::{Mask, Part, Wide};
use crate::model::MAX_MARKETS;

/// The number of markets. Unless it is the largest number there may be, `M` is that number: as it is known while compiling,
/// loops over markets are unrolled.
#[derive(Clone, Copy, Debug)]
pub struct Markets<const M: usize>(pub usize);

impl<const M: usize> Markets<M> {
    #[inline(always)]
    pub fn count(self) -> usize {
        if M < MAX_MARKETS { M } else { self.0 }
    }
}

/// Something of every market: of `M` places those that the model has markets.
pub type ByMarket<S, const M: usize> = [Wide<S>; M];

/// What controls leave of trade: flow factors by seller and buyer, and in which trials any is in force.
#[derive(Clone, Copy, Debug)]
pub struct Cut<S: Simd, const M: usize> {
    pub factors: [ByMarket<S, M>; M],
    pub in_force: Mask<S>,
}

impl<S: Simd, const M: usize> Cut<S, M> {
    /// No control.
    #[inline(always)]
    pub fn none(one: Wide<S>) -> Self {
        Cut { factors: [[one; M]; M], in_force: one.above(one) }
    }

    /// Sets the flow factors of these (from, to, row); itself, if a control is in force in any trial.
    #[inline(always)]
    pub fn set(&mut self, part: Part<S>, pairs: &[(usize, usize, usize)], rows: &[Lanes]) -> Option<&Self> {
        if pairs.is_empty() {
            return None;
        }
        let one = part.all(1.0);
        let mut free = one.equals(one);
        for &(from, to, row) in pairs {
            let factor = part.load(&rows[row]);
            self.factors[from][to] = factor;
            free = free.and(factor.equals(one));
        }
        self.in_force = free.not();
        self.in_force.any().then_some(self)
    }
}

/// What trade comes to.
#[derive(Clone, Copy, Debug)]
pub struct Traded<S: Simd, const M: usize> {
    /// What each market gets: its own and what it bought.
    pub got: ByMarket<S, M>,
    /// What nobody bought.
    pub unsold: ByMarket<S, M>,
}

/// Own use first; then what is left is traded in proportion to supply and need.
///
/// Free flow from `i` to `j` is `f = a b / max(sum a, sum b)` of the supplies `a` and needs `b` that are left. Where a
/// control is in force the flow is `k f` with the flow factors `k`; what that leaves goes a second time round, over the
/// pairs no control touches.
#[inline(always)]
pub fn trade<S: Simd, const M: usize>(
    markets: Markets<M>,
    made: &ByMarket<S, M>,
    wanted: &ByMarket<S, M>,
    cut: Option<&Cut<S, M>>,
) -> Traded<S, M> {
    let zero = made[0].all(0.0);
    let own: ByMarket<S, M> = each(markets, zero, |market| made[market].min(wanted[market]));
    let unsold: ByMarket<S, M> = each(markets, zero, |market| made[market] - own[market]);
    let need: ByMarket<S, M> = each(markets, zero, |market| wanted[market] - own[market]);
    let at_home = Traded { got: own, unsold };
    let supply = sum(zero, &unsold[..markets.count()]);
    let needed = sum(zero, &need[..markets.count()]);
    let trading = supply.positive().and(needed.positive());
    if !trading.any() {
        return at_home;
    }
    let free = trade_freely(markets, &at_home, &need, [supply, needed], trading);
    let Some(cut) = cut else { return free };
    let anyway = trade_anyway(markets, &at_home, &need, supply.max(needed), &cut.factors);
    let in_force = cut.in_force.and(trading);
    Traded {
        got: each(markets, zero, |market| anyway.got[market].or(in_force, free.got[market])),
        unsold: each(markets, zero, |market| anyway.unsold[market].or(in_force, free.unsold[market])),
    }
}

/// Trade without any control: the scarcer side is served in full, to the last bit.
#[inline(always)]
fn trade_freely<S: Simd, const M: usize>(
    markets: Markets<M>,
    at_home: &Traded<S, M>,
    need: &ByMarket<S, M>,
    [supply, needed]: [Wide<S>; 2],
    trading: Mask<S>,
) -> Traded<S, M> {
    let (zero, one) = (supply.all(0.0), supply.all(1.0));
    let plenty = supply.at_least(needed);
    let part = supply.min(needed) / supply.max(needed);
    let sold = part.or(plenty, one).only(trading);
    let served = one.or(plenty, part).only(trading);
    Traded {
        got: each(markets, zero, |market| at_home.got[market] + need[market] * served),
        unsold: each(markets, zero, |market| at_home.unsold[market] - at_home.unsold[market] * sold),
    }
}

/// Trade under controls: a cut first round, and a second one over the pairs that no control touches, where
/// `y = a b / max(what the buyer may buy, what the seller may sell)` of what is left.
#[inline(always)]
fn trade_anyway<S: Simd, const M: usize>(
    markets: Markets<M>,
    at_home: &Traded<S, M>,
    need: &ByMarket<S, M>,
    larger: Wide<S>,
    factors: &[ByMarket<S, M>; M],
) -> Traded<S, M> {
    let zero = larger.all(0.0);
    let part: ByMarket<S, M> = each(markets, zero, |to| need[to] / larger);
    let flow = |from: usize, to: usize| at_home.unsold[from] * part[to] * factors[from][to];
    let (bought, sold) = totals::<S, M>(markets, zero, flow);
    let first = Traded {
        got: each(markets, zero, |market| at_home.got[market] + bought[market].min(need[market])),
        unsold: each(markets, zero, |market| (at_home.unsold[market] - sold[market]).max(zero)),
    };
    let left: ByMarket<S, M> = each(markets, zero, |market| (need[market] - bought[market]).max(zero));
    let one = zero.all(1.0);
    let free = |from: usize, to: usize| factors[from][to].equals(one);
    let (may_buy, _) = totals::<S, M>(markets, zero, |from, to| first.unsold[from].only(free(from, to)));
    let mut again = may_buy[0].positive().and(left[0].positive());
    for to in 1..markets.count() {
        again = again.or(may_buy[to].positive().and(left[to].positive()));
    }
    if !again.any() {
        return first; // nobody has what anybody lacks and may buy
    }
    let (_, may_sell) = totals::<S, M>(markets, zero, |from, to| left[to].only(free(from, to)));
    let (bought, sold) = totals::<S, M>(markets, zero, |from, to| {
        let larger = may_buy[to].max(may_sell[from]);
        (first.unsold[from] * left[to] / larger).only(free(from, to).and(larger.positive()))
    });
    Traded {
        got: each(markets, zero, |market| first.got[market] + bought[market].min(left[market])),
        unsold: each(markets, zero, |market| (first.unsold[market] - sold[market]).max(zero)),
    }
}

/// Something of each market.
#[inline(always)]
fn each<S: Simd, const M: usize>(markets: Markets<M>, zero: Wide<S>, of: impl Fn(usize) -> Wide<S>) -> ByMarket<S, M> {
    let mut all = [zero; M];
    for (market, value) in all.iter_mut().enumerate().take(markets.count()) {
        *value = of(market);
    }
    all
}

/// By buyer and by seller: the sum over all whom they may trade with.
#[inline(always)]
fn totals<S: Simd, const M: usize>(
    markets: Markets<M>,
    zero: Wide<S>,
    of: impl Fn(usize, usize) -> Wide<S>,
) -> (ByMarket<S, M>, ByMarket<S, M>) {
    let (mut by_buyer, mut by_seller) = ([Sum::new(zero); M], [Sum::new(zero); M]);
    for (from, sold) in by_seller.iter_mut().enumerate().take(markets.count()) {
        for (to, bought) in by_buyer.iter_mut().enumerate().take(markets.count()) {
            if from != to {
                let value = of(from, to);
                bought.add(value);
                sold.add(value);
            }
        }
    }
    (each(markets, zero, |market| by_buyer[market].value()), each(markets, zero, |market| by_seller[market].value()))
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::*;

    fn part() -> Part<Scalar> {
        Part::all_of(Scalar).next().unwrap()
    }

    fn numbers<const M: usize>(values: ByMarket<Scalar, M>) -> [f64; M] {
        values.map(|value| {
            let mut lanes = Lanes::ZERO;
            part().store(&mut lanes, value);
            lanes.0[0]
        })
    }

    /// What markets get and what is left unsold, with these flow factors (from, to, factor) in force.
    fn traded<const M: usize>(
        made: [f64; M],
        wanted: [f64; M],
        controls: &[(usize, usize, f64)],
    ) -> ([f64; M], [f64; M]) {
        let wide = |values: [f64; M]| values.map(|value| part().all(value));
        let mut cut = Cut { in_force: part().all(1.0).positive(), ..Cut::none(part().all(1.0)) };
        for &(from, to, factor) in controls {
            cut.factors[from][to] = part().all(factor);
        }
        let cut = (!controls.is_empty()).then_some(&cut);
        let traded = trade(Markets(M), &wide(made), &wide(wanted), cut);
        (numbers(traded.got), numbers(traded.unsold))
    }

    #[test]
    fn without_a_control_the_scarcer_side_is_served_in_full() {
        let plenty = traded([100.0, 0.0, 10.0], [20.0, 40.0, 10.0], &[]);
        assert_eq!(plenty, ([20.0, 40.0, 10.0], [40.0, 0.0, 0.0]));
        let (got, _) = traded([40.0, 0.0, 0.0], [20.0, 30.0, 10.0], &[]);
        assert_eq!(got, [20.0, 15.0, 5.0]);
    }

    /// Market 0 makes 100 and wants 20; a control halves what goes to market 1. Market 2 buys freely.
    #[test]
    fn a_control_cuts_and_the_rest_goes_round_again() {
        // Supply 80, need 100: free flows 40 and 40; the control leaves 20 and 40; 20 are left, of which market 2 takes 10.
        let (got, unsold) = traded([100.0, 0.0, 0.0], [20.0, 50.0, 50.0], &[(0, 1, 0.5)]);
        assert!((got[1] - 20.0).abs() < 1e-12);
        assert!((got[2] - 50.0).abs() < 1e-12);
        assert!((unsold[0] - 10.0).abs() < 1e-12);
    }

    /// Two sellers (60 and 40), two buyers (50 and 80): the first seller may send a quarter to the first buyer. What is left
    /// over goes to the second buyer, and the second seller has nothing left for the first.
    #[test]
    fn the_second_round_keeps_to_free_pairs() {
        let (got, unsold) = traded([60.0, 40.0, 0.0, 0.0], [0.0, 0.0, 50.0, 80.0], &[(0, 2, 0.25)]);
        let flow = |supply: f64, need: f64| supply * need / 130.0;
        let cut = 0.75 * flow(60.0, 50.0);
        assert!((got[2] - (0.25 * flow(60.0, 50.0) + flow(40.0, 50.0))).abs() < 1e-12);
        // The second buyer lacks 80 - 100 * 80 / 130 = 18.46 and takes all 17.31 that were refused.
        assert!((got[3] - (flow(100.0, 80.0) + cut)).abs() < 1e-12);
        assert!(unsold.iter().all(|unsold| unsold.abs() < 1e-12));
    }

    /// One seller with 30 left and two free buyers that lack 40 and 20, after a third was cut off entirely.
    #[test]
    fn the_second_round_is_in_proportion() {
        let (got, _) = traded([90.0, 0.0, 0.0, 0.0], [0.0, 60.0, 80.0, 40.0], &[(0, 1, 0.0)]);
        // First 90 * 80 / 180 = 40 and 20; then 30 more in the proportion of 40 to 20.
        for (found, wanted) in got.iter().zip([0.0, 0.0, 60.0, 30.0]) {
            assert!((found - wanted).abs() < 1e-12, "{got:?}");
        }
    }

    #[test]
    fn factors_of_one_are_no_control() {
        let (made, wanted) = ([100.0, 5.0, 0.0], [20.0, 40.0, 10.0]);
        let (controlled, free) = (traded(made, wanted, &[(0, 1, 1.0)]), traded(made, wanted, &[]));
        for place in 0..3 {
            assert!((controlled.0[place] - free.0[place]).abs() < 1e-12);
        }
    }
}
