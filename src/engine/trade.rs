//! Trade between markets: one product in one month.

use super::sum::{Sum, sum};
use crate::model::MAX_MARKETS;
use crate::simd::{LaneGroup, Lanes, Mask, Number, Outlined};

/// The number of markets. Unless it is the largest number there may be, `M` is that number: as it is known while compiling,
/// loops over markets are unrolled.
#[derive(Clone, Copy, Debug)]
pub struct Markets<const M: usize>(pub usize);

impl<const M: usize> Markets<M> {
    #[inline(always)]
    pub fn count(self) -> usize {
        if M < MAX_MARKETS { M } else { self.0 }
    }

    /// A value of each market, out of `M` places.
    #[inline(always)]
    pub fn each<N: Number>(self, zero: N, of: impl Fn(usize) -> N) -> [N; M] {
        let mut all = [zero; M];
        for (market, value) in all.iter_mut().enumerate().take(self.count()) {
            *value = of(market);
        }
        all
    }

    /// The sum over all markets.
    #[inline(always)]
    pub fn sum<N: Number>(self, values: &[N; M]) -> N {
        sum(values[0].splat(0.0), &values[..self.count()])
    }
}

/// What controls leave of trade: flow factors by seller and buyer.
#[derive(Clone, Copy, Debug)]
pub struct Cut<N: Number, const M: usize> {
    pub factors: [[N; M]; M],
    /// In which trials any control is in force.
    controlled: N::Mask,
    /// Whether that is so in any of them.
    any: bool,
}

impl<N: Number, const M: usize> Cut<N, M> {
    /// No control.
    #[inline(always)]
    pub fn none(one: N) -> Self {
        Cut { factors: [[one; M]; M], controlled: one.above(one), any: false }
    }

    /// Sets the flow factors of these (from, to, row).
    #[inline(always)]
    pub fn set(&mut self, group: LaneGroup<N>, pairs: &[(usize, usize, usize)], rows: &[Lanes]) {
        let one = group.splat(1.0);
        let mut free = one.equals(one);
        for &(from, to, row) in pairs {
            let factor = group.load(&rows[row]);
            self.factors[from][to] = factor;
            free = free & factor.equals(one);
        }
        self.controlled = !free;
        self.any = !pairs.is_empty() && self.controlled.any();
    }

    /// Itself, if a control is in force in any trial.
    #[inline(always)]
    pub fn in_force(&self) -> Option<&Self> {
        self.any.then_some(self)
    }
}

/// What trade comes to.
#[derive(Clone, Copy, Debug)]
pub struct Traded<N: Number, const M: usize> {
    /// What each market gets: its own and what it bought.
    pub got: [N; M],
    /// What nobody bought.
    pub unsold: [N; M],
}

/// Trade of a product: see [`trade`].
struct Trade<'a, N: Number, const M: usize> {
    markets: Markets<M>,
    made: &'a [N; M],
    wanted: &'a [N; M],
    cut: Option<&'a Cut<N, M>>,
}

impl<N: Number, const M: usize> Outlined for Trade<'_, N, M> {
    type Output = Traded<N, M>;

    #[inline(always)]
    fn call(self) -> Traded<N, M> {
        trade_here(self.markets, self.made, self.wanted, self.cut)
    }
}

/// Own use first; then what is left is traded in proportion to supply and need.
///
/// Free flow from `i` to `j` is `f = a b / max(sum a, sum b)` of the supplies `a` and needs `b` that are left. Where a
/// control is in force the flow is `k f` with the flow factors `k`; what that leaves is traded a second time, over the
/// pairs no control touches.
#[inline(always)]
pub fn trade<N: Number, const M: usize>(
    markets: Markets<M>,
    made: &[N; M],
    wanted: &[N; M],
    cut: Option<&Cut<N, M>>,
) -> Traded<N, M> {
    made[0].outline(Trade { markets, made, wanted, cut })
}

#[inline(always)]
fn trade_here<N: Number, const M: usize>(
    markets: Markets<M>,
    made: &[N; M],
    wanted: &[N; M],
    cut: Option<&Cut<N, M>>,
) -> Traded<N, M> {
    let zero = made[0].splat(0.0);
    let own: [N; M] = markets.each(zero, |market| made[market].min(wanted[market]));
    let unsold: [N; M] = markets.each(zero, |market| made[market] - own[market]);
    let need: [N; M] = markets.each(zero, |market| wanted[market] - own[market]);
    let at_home = Traded { got: own, unsold };
    let (supply, needed) = (markets.sum(&unsold), markets.sum(&need));
    let trading = supply.positive() & needed.positive();
    if !trading.any() {
        return at_home;
    }
    // Divisions take long: one serves all. Finite for the smallest amounts too.
    let by_larger = (zero.splat(1.0) / supply.max(needed)).min(zero.splat(f64::MAX));
    let free = trade_freely(markets, &at_home, &need, [supply, needed], by_larger, trading);
    let Some(cut) = cut else { return free };
    let controlled = trade_under_controls(markets, &at_home, &need, by_larger, &cut.factors);
    let in_force = cut.controlled & trading;
    Traded {
        got: markets.each(zero, |market| controlled.got[market].select(in_force, free.got[market])),
        unsold: markets.each(zero, |market| controlled.unsold[market].select(in_force, free.unsold[market])),
    }
}

/// Trade without any control: the scarcer side is served in full, to the last bit.
#[inline(always)]
fn trade_freely<N: Number, const M: usize>(
    markets: Markets<M>,
    at_home: &Traded<N, M>,
    need: &[N; M],
    [supply, needed]: [N; 2],
    by_larger: N,
    trading: N::Mask,
) -> Traded<N, M> {
    let (zero, one) = (supply.splat(0.0), supply.splat(1.0));
    let plenty = supply.at_least(needed);
    let share = supply.min(needed) * by_larger;
    let sold = share.select(plenty, one).masked(trading);
    let served = one.select(plenty, share).masked(trading);
    Traded {
        got: markets.each(zero, |market| at_home.got[market] + need[market] * served),
        unsold: markets.each(zero, |market| at_home.unsold[market] - at_home.unsold[market] * sold),
    }
}

/// Trade under controls: a first round that they cut, and a second one over the pairs that no control touches, where
/// `y = a b / max(what the buyer may buy, what the seller may sell)` of what is left.
#[inline(always)]
fn trade_under_controls<N: Number, const M: usize>(
    markets: Markets<M>,
    at_home: &Traded<N, M>,
    need: &[N; M],
    by_larger: N,
    factors: &[[N; M]; M],
) -> Traded<N, M> {
    let zero = by_larger.splat(0.0);
    let share: [N; M] = markets.each(zero, |to| need[to] * by_larger);
    let flow = |from: usize, to: usize| at_home.unsold[from] * share[to] * factors[from][to];
    let (bought, sold) = totals::<N, M>(markets, zero, flow);
    let first = Traded {
        got: markets.each(zero, |market| at_home.got[market] + bought[market].min(need[market])),
        unsold: markets.each(zero, |market| (at_home.unsold[market] - sold[market]).max(zero)),
    };
    let left: [N; M] = markets.each(zero, |market| (need[market] - bought[market]).max(zero));
    let (may_buy, _) = totals::<N, M>(markets, zero, |from, to| first.unsold[from].masked(is_free(factors[from][to])));
    let mut again = may_buy[0].positive() & left[0].positive();
    for to in 1..markets.count() {
        again = again | (may_buy[to].positive() & left[to].positive());
    }
    if !again.any() {
        return first; // nobody has what anybody lacks and may buy
    }
    let (_, may_sell) = totals::<N, M>(markets, zero, |from, to| left[to].masked(is_free(factors[from][to])));
    let (bought, sold) = totals::<N, M>(markets, zero, |from, to| {
        let larger = may_buy[to].max(may_sell[from]);
        (first.unsold[from] * left[to] / larger).masked(is_free(factors[from][to]) & larger.positive())
    });
    Traded {
        got: markets.each(zero, |market| first.got[market] + bought[market].min(left[market])),
        unsold: markets.each(zero, |market| (first.unsold[market] - sold[market]).max(zero)),
    }
}

/// Where a flow factor says that no control is in force.
#[inline(always)]
fn is_free<N: Number>(factor: N) -> N::Mask {
    factor.equals(factor.splat(1.0))
}

/// By buyer and by seller: the sum over all whom they may trade with.
#[inline(always)]
fn totals<N: Number, const M: usize>(markets: Markets<M>, zero: N, of: impl Fn(usize, usize) -> N) -> ([N; M], [N; M]) {
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
    (markets.each(zero, |market| by_buyer[market].value()), markets.each(zero, |market| by_seller[market].value()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What markets get and what is left unsold, with these flow factors (from, to, factor) in force.
    fn traded<const M: usize>(
        made: [f64; M],
        wanted: [f64; M],
        controls: &[(usize, usize, f64)],
    ) -> ([f64; M], [f64; M]) {
        let mut cut = Cut { controlled: true, any: true, ..Cut::none(1.0) };
        for &(from, to, factor) in controls {
            cut.factors[from][to] = factor;
        }
        let cut = (!controls.is_empty()).then_some(&cut);
        let Traded { got, unsold } = trade(Markets(M), &made, &wanted, cut);
        (got, unsold)
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
    fn a_control_cuts_and_the_rest_is_traded_again() {
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
        for market in 0..3 {
            assert!((controlled.0[market] - free.0[market]).abs() < 1e-12);
        }
    }

    /// Where no control is in force, others of the batch may be under one: trade is free to the last bit.
    #[test]
    fn a_control_elsewhere_changes_no_bit() {
        let elsewhere = Cut { controlled: false, any: true, ..Cut::none(1.0) };
        for number in 1..200 {
            let part = f64::from(number) / 7.0;
            let (made, wanted) = ([100.0 / part, 3.0, 0.0], [part, 20.0 / 3.0, part * part]);
            let free = trade(Markets(3), &made, &wanted, None);
            let found = trade(Markets(3), &made, &wanted, Some(&elsewhere));
            assert_eq!((found.got, found.unsold), (free.got, free.unsold), "{part}");
        }
    }
}
