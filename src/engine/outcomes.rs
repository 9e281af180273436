//! The numbers of a trial.

use pulp::{Simd, WithSimd};

use super::lanes::{Lanes, Rows};
use super::month::Step;
use super::places::Places;
use super::wide::{Part, Wide};
use super::{Draws, Workspace};
use crate::model::{Model, OutcomeKind, OutcomeSpec};

/// What outcomes look back on, month by month: of every place with final demand as much as there are kinds of [`Look`], and
/// then what each demand did not get.
#[derive(Clone, Debug)]
pub struct Noted(Rows);

/// What is noted of a place.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// Shortage after stocks, and before them.
    Shortage,
    BeforeStock,
    /// What a stockpile that is never full could have filled.
    Refill,
    /// Shortage as a fraction of what is wanted.
    Missing,
}

/// Kinds of them.
const LOOKS: usize = 4;

impl Noted {
    /// Room for `model`.
    pub fn new(model: &Model, places: &Places) -> Self {
        let demands = if places.unserved_wanted { model.demands.len() } else { 0 };
        Noted(Rows::new(model.months, LOOKS * places.finals.len() + demands))
    }

    /// Notes a month.
    #[inline(always)]
    pub fn take<S: Simd, const M: usize>(&mut self, step: &Step<'_, S, M>, month: usize) {
        let (part, finals) = (step.part, &step.places.finals);
        let (of_places, of_demands) = self.0.month_mut(month).split_at_mut(LOOKS * finals.len());
        let (of_places, _) = of_places.as_chunks_mut::<LOOKS>();
        for (noted, place) in of_places.iter_mut().zip(finals) {
            let (now, market) = (&step.stages[place.stage].now, place.market);
            part.store(&mut noted[Look::Shortage as usize], now.shortage[market]);
            part.store(&mut noted[Look::BeforeStock as usize], now.before_stock[market]);
            part.store(&mut noted[Look::Refill as usize], now.refill[market]);
            part.store(&mut noted[Look::Missing as usize], now.missing[market]);
        }
        for (noted, unserved) in of_demands.iter_mut().zip(&step.unserved) {
            part.store(noted, *unserved);
        }
    }
}

/// Fills all outcomes of the months; infinite stands for "never within the horizon".
pub struct Outcomes<'a> {
    pub model: &'a Model,
    pub space: &'a mut Workspace,
}

impl WithSimd for Outcomes<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Outcomes { model, space } = self;
        for (index, spec) in model.outcomes.iter().enumerate() {
            for part in Part::all_of(simd) {
                if let Some(value) = value(model, space, part, spec) {
                    part.store(&mut space.outcome_lanes[index], value);
                }
            }
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
fn value<S: Simd>(model: &Model, space: &Workspace, part: Part<S>, spec: &OutcomeSpec) -> Option<Wide<S>> {
    let noted = &space.noted.0;
    let place = space.places.final_at(spec.stage, spec.market).unwrap_or(0);
    let of = |look: Look| LOOKS * place + look as usize;
    let unserved = |demand: usize| LOOKS * space.places.finals.len() + demand;
    Some(match spec.kind {
        OutcomeKind::TotalShortage => total(part, noted, of(Look::Shortage)),
        OutcomeKind::WorstMonth => worst_month(part, noted, of(Look::Missing)),
        OutcomeKind::FirstShortage => first(part, noted, of(Look::Shortage)),
        OutcomeKind::LongestShortage => longest(part, noted, of(Look::Shortage)),
        OutcomeKind::WorstYear => worst_year(part, noted, of(Look::Shortage)),
        OutcomeKind::StockNeeded => stock_needed(part, noted, [of(Look::BeforeStock), of(Look::Refill)]),
        OutcomeKind::TotalLoss => {
            let mut loss = part.zero();
            for (index, demand) in model.demands.iter().enumerate() {
                if (demand.stage, demand.market) == (spec.stage, spec.market) && demand.loss.is_some() {
                    loss = loss + total(part, noted, unserved(index)) * part.load(&space.parameters.loss[index]);
                }
            }
            loss
        }
        OutcomeKind::TotalUnserved => total(part, noted, unserved(spec.index)),
        OutcomeKind::Milestone => milestone(model, part, &space.series, spec.index),
        OutcomeKind::Episodes | OutcomeKind::DisruptedMonths => return None,
    })
}

/// Sum over all months.
#[inline(always)]
fn total<S: Simd>(part: Part<S>, rows: &Rows, column: usize) -> Wide<S> {
    let mut total = part.zero();
    for month in rows.column(column) {
        total = total + part.load(month);
    }
    total
}

/// Largest fraction of what is wanted that is missing.
#[inline(always)]
fn worst_month<S: Simd>(part: Part<S>, missing: &Rows, column: usize) -> Wide<S> {
    let mut worst = part.zero();
    for month in missing.column(column) {
        worst = worst.max(part.load(month));
    }
    worst
}

/// The first month with a shortage.
#[inline(always)]
fn first<S: Simd>(part: Part<S>, shortage: &Rows, column: usize) -> Wide<S> {
    let mut first = part.all(f64::INFINITY);
    for (month, short) in shortage.column(column).enumerate() {
        first = part.all(month as f64).min(first).or(part.load(short).positive(), first);
    }
    first
}

/// Longest run of months with a shortage.
#[inline(always)]
fn longest<S: Simd>(part: Part<S>, shortage: &Rows, column: usize) -> Wide<S> {
    let (mut longest, mut run) = (part.zero(), part.zero());
    for short in shortage.column(column) {
        run = (run + part.all(1.0)).only(part.load(short).positive());
        longest = longest.max(run);
    }
    longest
}

/// Largest sum of twelve months in a row (of all, if there are fewer).
#[inline(always)]
fn worst_year<S: Simd>(part: Part<S>, shortage: &Rows, column: usize) -> Wide<S> {
    let mut year = [part.zero(); 12];
    let mut worst = part.zero();
    for (month, short) in shortage.column(column).enumerate() {
        year[month % 12] = part.load(short);
        let mut sum = year[0];
        for short in &year[1..] {
            sum = sum + *short;
        }
        worst = worst.max(sum);
    }
    worst
}

/// Lindley's recursion: the deficit of a stock that starts full, `D <- max(0, D + shortage - refill)`; its maximum is the
/// smallest stock that is never empty.
#[inline(always)]
fn stock_needed<S: Simd>(part: Part<S>, rows: &Rows, [shortage, refill]: [usize; 2]) -> Wide<S> {
    let (mut deficit, mut largest) = (part.zero(), part.zero());
    for (short, refill) in rows.column(shortage).zip(rows.column(refill)) {
        deficit = (deficit + part.load(short) - part.load(refill)).max(part.zero());
        largest = largest.max(deficit);
    }
    largest
}

/// Start of the first spell that lasts long enough, if it completes within the horizon.
#[inline(always)]
fn milestone<S: Simd>(model: &Model, part: Part<S>, series: &Rows, index: usize) -> Wide<S> {
    let milestone = &model.milestones[index];
    let (low, high) = (part.all(milestone.at_least), part.all(milestone.at_most));
    let length = part.all(milestone.for_months as f64);
    let (mut run, mut date) = (part.zero(), part.all(f64::INFINITY));
    for (month, lanes) in series.column(milestone.series).enumerate() {
        let value = part.load(lanes);
        run = (run + part.all(1.0)).only(value.at_least(low).and(high.at_least(value)));
        let start = part.all((month + 1) as f64 - milestone.for_months as f64);
        date = start.min(date).or(run.equals(length), date);
    }
    date
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::*;

    fn part() -> Part<Scalar> {
        Part::all_of(Scalar).next().unwrap()
    }

    fn number(value: Wide<Scalar>) -> f64 {
        let mut lanes = Lanes::ZERO;
        part().store(&mut lanes, value);
        lanes.0[0]
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
    fn runs_years_and_stocks() {
        let short = rows(&[0.0, 0.0, 2.0, 0.0, 0.1, 3.0, 0.0]);
        assert_eq!(number(longest(part(), &short, 0)), 2.0);
        assert_eq!(number(first(part(), &short, 0)), 2.0);
        assert_eq!(number(first(part(), &rows(&[0.0]), 0)), f64::INFINITY);
        assert_eq!(number(total(part(), &short, 0)), 5.1);
        assert_eq!(number(worst_month(part(), &rows(&[0.0, 0.1, 0.25, 0.0]), 0)), 0.25);
        let mut shortage = vec![0.0; 30];
        shortage[3] = 5.0;
        shortage[14] = 4.0;
        shortage[16] = 3.0;
        assert_eq!(number(worst_year(part(), &rows(&shortage), 0)), 9.0);
        assert_eq!(number(worst_year(part(), &rows(&[1.0, 2.0]), 0)), 3.0);
        let mut both = Rows::new(5, 2);
        for (month, row) in [[0.0, 1.0], [5.0, 0.0], [0.0, 2.0], [4.0, 0.0], [0.0, 9.0]].into_iter().enumerate() {
            both.month_mut(month).copy_from_slice(&row.map(Lanes::all));
        }
        assert_eq!(number(stock_needed(part(), &both, [0, 1])), 7.0);
    }
}
