//! The numbers of a trial.

use std::ops::Range;

use super::network::Network;
use super::parameters::Parameters;
use super::state::MonthState;
use super::{Draws, Engine};
use crate::model::{Model, OutcomeKind, OutcomeSpec, years};
use crate::simd::{LaneGroup, Lanes, Number, Rows};

/// What outcomes look back on, month by month: every [`Quantity`] of each node with final demand, and then what each demand
/// did not get.
#[derive(Clone, Debug)]
pub struct OutcomeRecorder(Rows);

/// What is recorded of a node.
#[derive(Clone, Copy, Debug)]
enum Quantity {
    /// Shortage after stocks.
    Shortage,
    /// The smallest stock that would have left no shortage so far.
    StockNeeded,
    /// Shortage as a fraction of what is wanted.
    ShortageFraction,
    /// Final demand after thrift.
    Wanted,
}

/// How many there are.
const QUANTITIES: usize = 4;

/// How many numbers a month has.
pub fn width(model: &Model, network: &Network) -> usize {
    QUANTITIES * network.finals.len() + if network.unserved_wanted { model.demands.len() } else { 0 }
}

impl OutcomeRecorder {
    /// Room for `model`.
    pub fn new(model: &Model, network: &Network) -> Self {
        OutcomeRecorder(Rows::new(model.months, width(model, network)))
    }

    /// Records a month.
    #[inline(always)]
    pub fn record<N: Number, const M: usize>(&mut self, state: &MonthState<'_, N, M>, month: usize) {
        let (group, finals) = (state.group, &state.network.finals);
        let (of_nodes, of_demands) = self.0.month_mut(month).split_at_mut(QUANTITIES * finals.len());
        let (of_nodes, _) = of_nodes.as_chunks_mut::<QUANTITIES>();
        for (recorded, node) in of_nodes.iter_mut().zip(finals) {
            let (now, market) = (&state.stages[node.stage].now, node.market);
            let carried = &state.stages[node.stage].carried;
            group.store(&mut recorded[Quantity::Shortage as usize], now.shortage[market]);
            group.store(&mut recorded[Quantity::Wanted as usize], now.wanted[market]);
            group.store(&mut recorded[Quantity::StockNeeded as usize], carried.stock_needed[market]);
            group.store(&mut recorded[Quantity::ShortageFraction as usize], now.missing(market));
        }
        for (recorded, unserved) in of_demands.iter_mut().zip(&state.unserved) {
            group.store(recorded, *unserved);
        }
    }
}

/// Fills all outcomes of the months of a group of trials; infinite stands for "never within the horizon".
#[inline(always)]
pub fn fill<N: Number>(
    engine: &Engine<'_>,
    parameters: &Parameters,
    group: LaneGroup<N>,
    recorder: &OutcomeRecorder,
    (series, draws): (&Rows, &Draws),
    outcomes: &mut [Lanes],
) {
    for (spec, lanes) in engine.model.outcomes.iter().zip(outcomes) {
        if let Some(value) = value(engine, parameters, group, recorder, (series, draws), spec) {
            group.store(lanes, value);
        }
    }
}

/// Fills the outcomes of one trial that its draws alone decide.
pub fn put(model: &Model, draws: &Draws, lane: usize, outcomes: &mut [Lanes]) {
    for (spec, lanes) in model.outcomes.iter().zip(outcomes) {
        if let Some(value) = of_episodes(model, draws, lane, spec) {
            lanes.0[lane] = value;
        }
    }
}

fn of_episodes(model: &Model, draws: &Draws, lane: usize, spec: &OutcomeSpec) -> Option<f64> {
    let months = model.months as f64;
    let overlap = |episode: &super::Episode| (episode.end.min(months) - episode.begin.max(0.0)).max(0.0);
    match spec.kind {
        OutcomeKind::Episodes => {
            Some(draws.episodes[spec.index][lane].iter().filter(|episode| episode.end > 0.0).count() as f64)
        }
        OutcomeKind::DisruptedMonths => {
            Some(draws.episodes[spec.index][lane].iter().map(overlap).fold(0.0, |sum, months| sum + months))
        }
        _ => None,
    }
}

/// An outcome of the months; `None` for those that [`put`] fills. To add a kind of outcome, add an arm.
#[inline(always)]
fn value<N: Number>(
    engine: &Engine<'_>,
    parameters: &Parameters,
    group: LaneGroup<N>,
    recorder: &OutcomeRecorder,
    (series, draws): (&Rows, &Draws),
    spec: &OutcomeSpec,
) -> Option<N> {
    let (model, rows) = (engine.model, &recorder.0);
    let node = engine.network.final_at(spec.stage, spec.market).unwrap_or(0);
    let of = |quantity: Quantity| QUANTITIES * node + quantity as usize;
    let unserved = |demand: usize| QUANTITIES * engine.network.finals.len() + demand;
    Some(match spec.kind {
        OutcomeKind::TotalShortage => total(group, rows, of(Quantity::Shortage)),
        OutcomeKind::WorstMonth => largest(group, rows, of(Quantity::ShortageFraction)),
        OutcomeKind::FirstShortage => first(group, rows, of(Quantity::Shortage)),
        OutcomeKind::LongestShortage => longest(group, rows, of(Quantity::Shortage)),
        OutcomeKind::MonthsShort => months_short(group, rows, of(Quantity::Shortage)),
        OutcomeKind::FillRate => {
            let (short, wanted) =
                (total(group, rows, of(Quantity::Shortage)), total(group, rows, of(Quantity::Wanted)));
            group.splat(1.0) - short.over(wanted)
        }
        OutcomeKind::WorstYear => worst_year(group, rows, of(Quantity::Shortage)),
        OutcomeKind::ShortageIn => total_of(group, rows, of(Quantity::Shortage), years::months(model, spec.year)),
        OutcomeKind::StockNeeded => largest(group, rows, of(Quantity::StockNeeded)),
        OutcomeKind::TotalLoss => {
            let mut loss = group.zero();
            for (index, demand) in model.demands.iter().enumerate() {
                if (demand.stage, demand.market) == (spec.stage, spec.market) && demand.loss.is_some() {
                    loss = loss + total(group, rows, unserved(index)) * group.load(&parameters.loss[index]);
                }
            }
            loss
        }
        OutcomeKind::TotalUnserved => total(group, rows, unserved(spec.index)),
        OutcomeKind::Milestone => milestone(model, group, series, spec.index),
        OutcomeKind::Decisions => group.load(&draws.decision_counts[spec.index]),
        OutcomeKind::DecisionsIn => decisions_in(
            group,
            &draws.decided[model.investments[spec.index].decisions.clone()],
            years::months(model, spec.year),
        ),
        OutcomeKind::Episodes | OutcomeKind::DisruptedMonths => return None,
    })
}

/// How many of these times lie within some months.
#[inline(always)]
fn decisions_in<N: Number>(group: LaneGroup<N>, decided: &[Lanes], months: Range<usize>) -> N {
    let [begin, end] = [months.start, months.end].map(|month| group.splat(month as f64));
    let mut count = group.zero();
    for at in decided.iter().map(|at| group.load(at)) {
        count = count + group.splat(1.0).masked(at.at_least(begin) & end.above(at));
    }
    count
}

/// Sum over all months.
#[inline(always)]
fn total<N: Number>(group: LaneGroup<N>, rows: &Rows, column: usize) -> N {
    total_of(group, rows, column, 0..rows.months())
}

/// Sum over some months.
#[inline(always)]
fn total_of<N: Number>(group: LaneGroup<N>, rows: &Rows, column: usize, months: Range<usize>) -> N {
    let mut total = group.zero();
    for month in months {
        total = total + group.load(&rows.month(month)[column]);
    }
    total
}

/// Largest value of all months.
#[inline(always)]
fn largest<N: Number>(group: LaneGroup<N>, rows: &Rows, column: usize) -> N {
    let mut largest = group.zero();
    for month in rows.column(column) {
        largest = largest.max(group.load(month));
    }
    largest
}

/// The first month with a shortage.
#[inline(always)]
fn first<N: Number>(group: LaneGroup<N>, shortage: &Rows, column: usize) -> N {
    let mut first = group.splat(f64::INFINITY);
    for (month, short) in shortage.column(column).enumerate() {
        first = group.splat(month as f64).min(first).select(group.load(short).positive(), first);
    }
    first
}

/// Number of months with a shortage.
#[inline(always)]
fn months_short<N: Number>(group: LaneGroup<N>, shortage: &Rows, column: usize) -> N {
    let mut count = group.zero();
    for short in shortage.column(column) {
        count = count + group.splat(1.0).masked(group.load(short).positive());
    }
    count
}

/// Longest run of months with a shortage.
#[inline(always)]
fn longest<N: Number>(group: LaneGroup<N>, shortage: &Rows, column: usize) -> N {
    let (mut longest, mut run) = (group.zero(), group.zero());
    for short in shortage.column(column) {
        run = (run + group.splat(1.0)).masked(group.load(short).positive());
        longest = longest.max(run);
    }
    longest
}

/// Largest sum of twelve months in a row (of all, if there are fewer).
#[inline(always)]
fn worst_year<N: Number>(group: LaneGroup<N>, shortage: &Rows, column: usize) -> N {
    let mut year = [group.zero(); 12];
    let mut worst = group.zero();
    for (month, short) in shortage.column(column).enumerate() {
        year[month % 12] = group.load(short);
        let mut sum = year[0];
        for short in &year[1..] {
            sum = sum + *short;
        }
        worst = worst.max(sum);
    }
    worst
}

/// Start of the first spell that lasts long enough, if it completes within the horizon.
#[inline(always)]
fn milestone<N: Number>(model: &Model, group: LaneGroup<N>, series: &Rows, index: usize) -> N {
    let milestone = &model.milestones[index];
    let (low, high) = (group.splat(milestone.at_least), group.splat(milestone.at_most));
    let length = group.splat(milestone.for_months as f64);
    let (mut run, mut date) = (group.zero(), group.splat(f64::INFINITY));
    for (month, lanes) in series.column(milestone.series).enumerate() {
        let value = group.load(lanes);
        run = (run + group.splat(1.0)).masked(value.at_least(low) & high.at_least(value));
        let start = group.splat((month + 1) as f64 - milestone.for_months as f64);
        date = start.min(date).select(run.equals(length), date);
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::LaneGroups;

    /// The group of the first trial.
    fn group() -> LaneGroup<f64> {
        LaneGroups::new(0.0).iter().next().unwrap()
    }

    /// One thing, month by month.
    fn rows(values: &[f64]) -> Rows {
        let mut rows = Rows::new(values.len(), 1);
        for (month, value) in values.iter().enumerate() {
            rows.month_mut(month)[0] = Lanes::all(*value);
        }
        rows
    }

    #[test]
    fn runs_and_years() {
        let short = rows(&[0.0, 0.0, 2.0, 0.0, 0.1, 3.0, 0.0]);
        assert_eq!(longest(group(), &short, 0), 2.0);
        assert_eq!(first(group(), &short, 0), 2.0);
        assert_eq!(first(group(), &rows(&[0.0]), 0), f64::INFINITY);
        assert_eq!(total(group(), &short, 0), 5.1);
        assert_eq!(largest(group(), &rows(&[0.0, 0.1, 0.25, 0.0]), 0), 0.25);
        let mut shortage = vec![0.0; 30];
        shortage[3] = 5.0;
        shortage[14] = 4.0;
        shortage[16] = 3.0;
        assert_eq!(worst_year(group(), &rows(&shortage), 0), 9.0);
        assert_eq!(worst_year(group(), &rows(&[1.0, 2.0]), 0), 3.0);
    }
}
