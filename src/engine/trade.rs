//! Trade between markets, and the export controls that bend it.

use super::Workspace;
use super::sum::{Sum, sum};
use crate::config::DisruptionKind;
use crate::model::Model;

/// Flow factors: 1 where trade is free, less where a control cuts it.
#[derive(Clone, Debug)]
pub struct Controls {
    months: usize,
    markets: usize,
    /// By stage: the (from, to, row) that some control can cut.
    pairs: Vec<Vec<(usize, usize, usize)>>,
    /// Factor by row and month.
    factors: Vec<f64>,
    /// By stage and month: whether any factor is not 1.
    active: Vec<bool>,
    /// Whether anything was cut since the rows were last cleared.
    touched: bool,
}

impl Controls {
    /// For the controls of `model`.
    pub fn new(model: &Model) -> Self {
        let mut pairs: Vec<Vec<(usize, usize, usize)>> = vec![Vec::new(); model.stages.len()];
        let mut rows = 0;
        for &(from, to, stage) in model.disruptions.iter().flat_map(|disruption| &disruption.cuts) {
            if !pairs[stage].iter().any(|&(f, t, _)| (f, t) == (from, to)) {
                pairs[stage].push((from, to, rows));
                rows += 1;
            }
        }
        Controls {
            months: model.months,
            markets: model.markets.len(),
            pairs,
            factors: vec![1.0; rows * model.months],
            active: vec![false; model.stages.len() * model.months],
            touched: false,
        }
    }

    /// Fills `factors` (from, to) of a stage in a month; `false` if trade is free.
    #[inline]
    pub fn fill(&self, stage: usize, month: usize, factors: &mut [f64]) -> bool {
        if !self.active[stage * self.months + month] {
            return false;
        }
        factors.fill(1.0);
        for &(from, to, row) in &self.pairs[stage] {
            factors[from * self.markets + to] = self.factors[row * self.months + month];
        }
        true
    }
}

/// Fills the flow factors: the product of `1 - effect (1 - leakage)` over all controls of a pair.
pub fn control(model: &Model, space: &mut Workspace) {
    let months = model.months;
    let controls = &mut space.controls;
    if std::mem::replace(&mut controls.touched, false) {
        controls.factors.fill(1.0);
        controls.active.fill(false);
    }
    for (index, disruption) in model.disruptions.iter().enumerate() {
        if disruption.kind != DisruptionKind::ExportControl || !space.disrupted[index] {
            continue;
        }
        controls.touched = true;
        let bite = 1.0 - disruption.leakage.of(&space.inputs);
        let effects = &space.effects[index * months..(index + 1) * months];
        for &(from, to, stage) in &disruption.cuts {
            let pair = controls.pairs[stage].iter().find(|&&(f, t, _)| (f, t) == (from, to));
            let Some(&(_, _, row)) = pair else { continue };
            let active = &mut controls.active[stage * months..(stage + 1) * months];
            let row = &mut controls.factors[row * months..(row + 1) * months];
            for ((factor, active), effect) in row.iter_mut().zip(active).zip(effects) {
                *factor *= 1.0 - effect * bite;
                *active |= *factor != 1.0;
            }
        }
    }
}

/// One product in one month, by market.
#[derive(Clone, Debug)]
pub struct Market {
    /// What is made there.
    pub made: Vec<f64>,
    /// What is wanted there.
    pub wanted: Vec<f64>,
    /// What it gets.
    pub got: Vec<f64>,
    /// What nobody bought.
    pub unsold: Vec<f64>,
    /// What it still needs while trade goes on.
    need: Vec<f64>,
}

impl Market {
    /// For so many markets.
    pub fn new(markets: usize) -> Self {
        let zero = vec![0.0; markets];
        Market { made: zero.clone(), wanted: zero.clone(), got: zero.clone(), unsold: zero.clone(), need: zero }
    }

    /// Own use first; then what is left is traded in proportion to supply and need.
    ///
    /// `factors` (from, to) are the flow factors if a control is in force. Free flow is
    /// `f_ij = a_i b_j / max(sum a, sum b)`, controlled flow `x_ij = k_ij f_ij`. What a control left over goes a second
    /// time round, over the pairs it does not touch.
    pub fn trade(&mut self, factors: Option<&[f64]>) {
        for market in 0..self.made.len() {
            let (made, wanted) = (self.made[market], self.wanted[market]);
            self.got[market] = made.min(wanted);
            self.unsold[market] = made - self.got[market];
            self.need[market] = wanted - self.got[market];
        }
        let supply = sum(self.unsold.iter().copied());
        let need = sum(self.need.iter().copied());
        if !(supply > 0.0 && need > 0.0) {
            return;
        }
        match factors {
            None => self.free(supply, need),
            Some(factors) => {
                self.round(supply.max(need), factors);
                self.reroute(factors);
            }
        }
    }

    /// Trade without any control: the scarcer side is served in full.
    fn free(&mut self, supply: f64, need: f64) {
        if supply >= need {
            let sold = need / supply;
            for (got, need) in self.got.iter_mut().zip(&self.need) {
                *got += need;
            }
            self.unsold.iter_mut().for_each(|unsold| *unsold -= *unsold * sold);
        } else {
            let served = supply / need;
            for (got, need) in self.got.iter_mut().zip(&self.need) {
                *got += need * served;
            }
            self.unsold.fill(0.0);
        }
    }

    /// The first round: free flow times the flow factors.
    fn round(&mut self, larger: f64, factors: &[f64]) {
        let markets = self.made.len();
        let mut sold = [0.0; crate::model::MAX_MARKETS];
        for to in 0..markets {
            let mut bought = Sum::default();
            if self.need[to] > 0.0 {
                for from in 0..markets {
                    bought.add(self.unsold[from] * self.need[to] / larger * factors[from * markets + to]);
                }
            }
            sold[to] = bought.value();
        }
        let bought = sold;
        for from in 0..markets {
            let mut sum = Sum::default();
            if self.unsold[from] > 0.0 {
                for to in 0..markets {
                    sum.add(self.unsold[from] * self.need[to] / larger * factors[from * markets + to]);
                }
            }
            sold[from] = sum.value();
        }
        for market in 0..markets {
            self.got[market] += bought[market].min(self.need[market]);
            self.need[market] = (self.need[market] - bought[market]).max(0.0);
            self.unsold[market] = (self.unsold[market] - sold[market]).max(0.0);
        }
    }

    /// The second round: what is left, over the pairs that no control touches:
    /// `y_ij = a'_i b'_j / max(sum of a' that j may buy, sum of b' that i may sell)`.
    fn reroute(&mut self, factors: &[f64]) {
        let markets = self.made.len();
        let free = |from: usize, to: usize| from != to && factors[from * markets + to] == 1.0;
        let mut offered = [0.0; crate::model::MAX_MARKETS];
        let mut asked = [0.0; crate::model::MAX_MARKETS];
        for market in 0..markets {
            offered[market] = sum((0..markets).filter(|&from| free(from, market)).map(|from| self.unsold[from]));
            asked[market] = sum((0..markets).filter(|&to| free(market, to)).map(|to| self.need[to]));
        }
        let flow = |from: usize, to: usize, unsold: &[f64], need: &[f64]| {
            let larger = offered[to].max(asked[from]);
            if free(from, to) && larger > 0.0 { unsold[from] * need[to] / larger } else { 0.0 }
        };
        let mut bought = [0.0; crate::model::MAX_MARKETS];
        let mut sold = [0.0; crate::model::MAX_MARKETS];
        for market in 0..markets {
            bought[market] = sum((0..markets).map(|from| flow(from, market, &self.unsold, &self.need)));
            sold[market] = sum((0..markets).map(|to| flow(market, to, &self.unsold, &self.need)));
        }
        for market in 0..markets {
            self.got[market] += bought[market].min(self.need[market]);
            self.unsold[market] = (self.unsold[market] - sold[market]).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market(made: [f64; 3], wanted: [f64; 3]) -> Market {
        let mut market = Market::new(3);
        market.made = made.to_vec();
        market.wanted = wanted.to_vec();
        market
    }

    #[test]
    fn without_a_control_the_scarcer_side_is_served_in_full() {
        let mut plenty = market([100.0, 0.0, 10.0], [20.0, 40.0, 10.0]);
        plenty.trade(None);
        assert_eq!(plenty.got, [20.0, 40.0, 10.0]);
        assert_eq!(plenty.unsold, [40.0, 0.0, 0.0]);
        let mut scarce = market([40.0, 0.0, 0.0], [20.0, 30.0, 10.0]);
        scarce.trade(None);
        assert_eq!(scarce.got, [20.0, 15.0, 5.0]);
    }

    /// Market 0 makes 100 and wants 20; a control halves what goes to market 1. Market 2 buys freely.
    #[test]
    fn a_control_cuts_and_the_rest_goes_round_again() {
        let mut factors = [1.0; 9];
        factors[1] = 0.5;
        let mut market = market([100.0, 0.0, 0.0], [20.0, 50.0, 50.0]);
        // Supply 80, need 100: free flows 40 and 40; the control leaves 20 and 40; 20 are left, of which market 2 takes 10.
        market.trade(Some(&factors));
        assert!((market.got[1] - 20.0).abs() < 1e-12);
        assert!((market.got[2] - 50.0).abs() < 1e-12);
        assert!((market.unsold[0] - 10.0).abs() < 1e-12);
    }

    /// Two sellers (60 and 40), two buyers (50 and 80): the first seller may send a quarter to the first buyer. What is left
    /// over goes to the second buyer, and the second seller has nothing left for the first.
    #[test]
    fn the_second_round_keeps_to_free_pairs() {
        let mut market = Market::new(4);
        market.made = vec![60.0, 40.0, 0.0, 0.0];
        market.wanted = vec![0.0, 0.0, 50.0, 80.0];
        let mut factors = [1.0; 16];
        factors[2] = 0.25;
        market.trade(Some(&factors));
        let flow = |supply: f64, need: f64| supply * need / 130.0;
        let cut = 0.75 * flow(60.0, 50.0);
        assert!((market.got[2] - (0.25 * flow(60.0, 50.0) + flow(40.0, 50.0))).abs() < 1e-12);
        // The second buyer lacks 80 - 100 * 80 / 130 = 18.46 and takes all 17.31 that were refused.
        assert!((market.got[3] - (flow(100.0, 80.0) + cut)).abs() < 1e-12);
        assert!(market.unsold.iter().all(|unsold| unsold.abs() < 1e-12));
    }

    /// One seller with 30 left and two free buyers that lack 40 and 20, after a third was cut off entirely.
    #[test]
    fn the_second_round_is_in_proportion() {
        let mut market = Market::new(4);
        market.made = vec![90.0, 0.0, 0.0, 0.0];
        market.wanted = vec![0.0, 60.0, 80.0, 40.0];
        let mut factors = [1.0; 16];
        factors[1] = 0.0;
        market.trade(Some(&factors));
        // First 90 * 80 / 180 = 40 and 20; then 30 more in the proportion of 40 to 20.
        for (found, wanted) in market.got.iter().zip([0.0, 0.0, 60.0, 30.0]) {
            assert!((found - wanted).abs() < 1e-12, "{:?}", market.got);
        }
    }

    #[test]
    fn factors_of_one_are_no_control() {
        let mut controlled = market([100.0, 5.0, 0.0], [20.0, 40.0, 10.0]);
        let mut free = controlled.clone();
        controlled.trade(Some(&[1.0; 9]));
        free.trade(None);
        for place in 0..3 {
            assert!((controlled.got[place] - free.got[place]).abs() < 1e-12);
        }
    }
}
