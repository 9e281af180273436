//! The month loop: first what is wanted is planned, then it is made, stage by stage.
//!
//! | in `month/` | what it does |
//! |---|---|
//! | `plan` | what each market wants of each product, and what its plants are to make |
//! | `make` | production, trade, and who gets what |
//! | `stocks` | release, fill, and the stock that would have been needed |
//! | `normal` | normal wants, by which days of stock are counted |
//!
//! It is written for any [`Number`], so that one line stands for one step of the model and for the widest instruction the
//! processor has. What differs between trials is chosen by masks; what is the same for all, such as whether a market has a
//! stockpile, by plain branches.

mod make;
mod normal;
mod plan;
mod stocks;

use super::investment::Investing;
use super::outcomes::OutcomeRecorder;
use super::parameters::Parameters;
use super::stage::{self, Flows, Stage};
use super::state::{MonthState, MonthlyInputs, NormalWants};
use super::sum::Sum;
use super::trade::{Cut, Markets};
use super::{Draws, Engine, investment, series};
use crate::simd::{LaneGroup, Lanes, Number, Rows};

/// Differences smaller than this fraction of what is compared are rounding, not shortage.
const RELATIVE_EPSILON: f64 = 1e-12;

/// Users who lack more than this fraction of their demand learn to save.
const RESPONSE_THRESHOLD: f64 = 0.01;

/// Runs all months of a group of trials, and records what series and outcomes need.
///
/// Before each month, investors decide, by what earlier months showed them ([`investment::begin_month`]).
///
/// A month has one step or more ([`Model::steps_per_month`]). In each step, what is wanted is planned from the last stages to
/// the first ([`MonthState::plan`]):
///
/// 1. what each market wants of a product: final demand after thrift, and the feed for what its later stages plan to make;
/// 2. what each market plans to make of it: what its capacity would sell if feed were no matter.
///
/// Then it is made, from the first stages to the last ([`MonthState::make`]):
///
/// 3. feeds that a market cannot use, since another one is missing, go to markets that can;
/// 4. plants make what capacity and feed allow;
/// 5. markets trade: own use first, the rest in proportion;
/// 6. what a market got goes to final demand, then to its later stages; stocks are released against what is missing;
/// 7. where nothing was missing, stocks are filled from what nobody bought;
/// 8. what is still unsold goes to plants that the plan left idle.
///
/// Wants are planned output and not nameplate: with nameplate, plants without customers would take ore from busy ones
/// elsewhere, and burn a reserve of it within months into metal that nobody buys. Spare capacity must not hurt.
///
/// At the end of the month users who went short learn to save, from the next month on.
#[inline(always)]
pub fn run<N: Number, const M: usize>(
    engine: &Engine<'_>,
    monthly: &mut MonthlyInputs,
    parameters: &Parameters,
    group: LaneGroup<N>,
    (draws, investing): (&mut Draws, &mut Investing),
    recorder: &mut OutcomeRecorder,
    rows: &mut Rows,
) {
    let MonthlyInputs { capacity, demand, factors, normal_demand, .. } = monthly;
    let Engine { model, network, controls, excluded, .. } = engine;
    let mut state = MonthState::<N, M> {
        markets: Markets(model.markets.len()),
        group,
        network,
        stages: stage::all(group, network, parameters),
        month_sums: vec![Flows::new(group.zero()); if model.steps_per_month > 1 { model.stages.len() } else { 0 }],
        normal: vec![NormalWants::new(group.zero()); network.wants_normally.len()],
        received: vec![[group.zero(); M]; network.feeds.len()],
        embedded: vec![group.zero(); network.embedded.len()],
        unserved: vec![group.zero(); model.demands.len()],
        demand: &[],
    };
    let mut pooled = series::Chains::new(model.stages.len(), excluded, group.zero());
    // By stage. Only the factors of pairs that some control can cut ever change.
    let mut cuts = vec![Cut::<N, M>::none(group.splat(1.0)); model.stages.len()];
    let steps = model.steps_per_month;
    for month in 0..model.months {
        investment::begin_month(engine, group, month, rows, draws, investing, capacity);
        state.count_days_of_stock(&capacity.normal, normal_demand, month);
        for step in 0..steps {
            let row = month * steps + step;
            let factors = factors.month(row);
            for (cut, pairs) in cuts.iter_mut().zip(&controls.pairs) {
                cut.set(group, pairs, factors);
            }
            state.begin(capacity.by_node.month(row), demand.month(row));
            state.plan(&cuts);
            state.make(&cuts);
            state.serve_by_priority(step);
            state.add_embedded(step);
            state.add_up(step, steps);
        }
        state.learn_to_save();
        pooled.fill(&state);
        let by_country = &capacity.by_country;
        let view = series::MonthView { model, parameters, state: &state, pooled: &pooled, by_country, month };
        series::fill(&view, rows.month_mut(month));
        recorder.record(&state, month);
    }
}

impl<'a, N: Number, const M: usize> MonthState<'a, N, M> {
    /// The step's capacity and final demand before thrift.
    #[inline(always)]
    fn begin(&mut self, capacity: &[Lanes], demand: &'a [Lanes]) {
        self.demand = demand;
        let markets = self.markets.count();
        for (number, stage) in self.stages.iter_mut().enumerate() {
            for (market, lanes) in capacity[number * markets..][..markets].iter().enumerate() {
                stage.now.capacity[market] = self.group.load(lanes);
            }
        }
        for node in &self.network.finals {
            let all = total(self.group, demand, node.demands.iter().flatten());
            self.stages[node.stage].now.demand[node.market] = all;
        }
    }

    /// Adds up the use of a step inside goods.
    #[inline(always)]
    fn add_embedded(&mut self, step: usize) {
        for (sum, used) in self.embedded.iter_mut().zip(&self.network.embedded) {
            let now = self.group.load(&self.demand[used.demand]);
            *sum = if step == 0 { now } else { *sum + now };
        }
    }

    /// Adds up the flows of a step: step number `step` of the `steps` of a month, from 0. After the last one, the flows are
    /// those of the month.
    #[inline(always)]
    fn add_up(&mut self, step: usize, steps: usize) {
        let markets = self.markets.count();
        for (stage, sums) in self.stages.iter_mut().zip(&mut self.month_sums) {
            if step == 0 {
                *sums = stage.now;
            } else {
                sums.add(&stage.now, markets);
            }
            if step + 1 == steps {
                stage.now = *sums;
            }
        }
    }

    /// Users who lack more than one hundredth of their demand learn to save; others forget.
    #[inline(always)]
    fn learn_to_save(&mut self) {
        let (group, markets) = (self.group, self.markets.count());
        for Stage { now, carried, responses, .. } in self.stages.iter_mut().filter(|stage| stage.is_final) {
            for (market, response) in responses.iter().enumerate().take(markets) {
                let Some(response) = response else { continue };
                let (demand, saved) = (now.demand[market], carried.saved[market]);
                let felt = now.shortage[market].above(group.splat(RESPONSE_THRESHOLD) * demand) & demand.positive();
                let learnt = (saved + response.learn).min(response.max);
                let forgot = (saved - response.forget).max(group.zero());
                carried.saved[market] = learnt.select(felt, forgot);
            }
        }
    }

    /// Splits the shortage of every node among its demands: the last in the order of service go short first, those of
    /// the same priority in proportion to what they want.
    #[inline(always)]
    fn serve_by_priority(&mut self, step: usize) {
        if !self.network.unserved_wanted {
            return;
        }
        let group = self.group;
        if step == 0 {
            self.unserved.fill(group.zero());
        }
        for node in &self.network.finals {
            let now = &self.stages[node.stage].now;
            let mut missing = now.shortage[node.market];
            if let [only] = &node.demands[..]
                && let [only] = only[..]
            {
                self.unserved[only] = self.unserved[only] + missing;
                continue;
            }
            let kept = now.wanted[node.market].over(now.demand[node.market]);
            for equals in node.demands.iter().rev() {
                let wanted = kept * total(group, self.demand, equals);
                let short = missing.min(wanted);
                for &index in equals {
                    let share = short * (kept * group.load(&self.demand[index])) / wanted;
                    self.unserved[index] = self.unserved[index] + share.masked(wanted.positive());
                }
                // What rounding leaves is nobody's shortage.
                missing = clean(missing - short, now.wanted[node.market]);
            }
        }
    }
}

/// What some demands want together.
#[inline(always)]
fn total<'d, N: Number>(group: LaneGroup<N>, demand: &[Lanes], indices: impl IntoIterator<Item = &'d usize>) -> N {
    let mut all = Sum::new(group.zero());
    for &index in indices {
        all.add(group.load(&demand[index]));
    }
    all.value()
}

/// Zero, where `difference` is no more than rounding of `of`.
#[inline(always)]
fn clean<N: Number>(difference: N, of: N) -> N {
    difference.masked(difference.above(of.splat(RELATIVE_EPSILON) * of))
}
