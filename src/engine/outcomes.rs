//! The numbers of a trial.

use pulp::{Simd, WithSimd};

use super::lanes::{Lanes, Rows};
use super::month::Now;
use super::places::Places;
use super::wide::{Mask, Part, Wide};
use super::{Draws, Workspace, series};
use crate::model::{Model, OutcomeKind, OutcomeSpec};

/// What outcomes look back on: rows by month.
#[derive(Clone, Debug)]
pub struct Noted {
    /// By place with final demand: shortage after and before stocks, refill, demand after thrift.
    shortage: Rows,
    before_stock: Rows,
    refill: Rows,
    wanted: Rows,
    /// By demand: what it did not get.
    unserved: Rows,
}

impl Noted {
    /// Room for `model`.
    pub fn new(model: &Model, places: &Places) -> Self {
        let rows = Rows::new(model.months, places.finals.len());
        let demands = if places.unserved_wanted { model.demands.len() } else { 0 };
        Noted {
            shortage: rows.clone(),
            before_stock: rows.clone(),
            refill: rows.clone(),
            wanted: rows,
            unserved: Rows::new(model.months, demands),
        }
    }

    /// Notes a month.
    #[inline(always)]
    pub fn take<S: Simd>(&mut self, who: &Places, part: Part<S>, now: &Now<S>, month: usize) {
        for (index, &number) in who.finals.iter().enumerate() {
            let place = &now.places[number];
            part.store(&mut self.shortage.month_mut(month)[index], place.shortage);
            part.store(&mut self.before_stock.month_mut(month)[index], place.before_stock);
            part.store(&mut self.refill.month_mut(month)[index], place.refill);
            part.store(&mut self.wanted.month_mut(month)[index], series::wanted(place));
        }
        for (noted, unserved) in self.unserved.month_mut(month).iter_mut().zip(&now.unserved) {
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
        if let Some(value) = of_episodes(model, draws, spec) {
            lanes.0[lane] = value;
        }
    }
}

fn of_episodes(model: &Model, draws: &Draws, spec: &OutcomeSpec) -> Option<f64> {
    let months = model.months as f64;
    let overlap = |episode: &super::Episode| (episode.end.min(months) - episode.begin.max(0.0)).max(0.0);
    match spec.kind {
        OutcomeKind::Episodes => {
            Some(draws.episodes[spec.index].iter().filter(|episode| episode.end > 0.0).count() as f64)
        }
        OutcomeKind::DisruptedMonths => Some(draws.episodes[spec.index].iter().map(overlap).sum()),
        _ => None,
    }
}

/// An outcome of the months; `None` for those that [`put`] fills. To add a kind of outcome, add an arm.
#[inline(always)]
fn value<S: Simd>(model: &Model, space: &Workspace, part: Part<S>, spec: &OutcomeSpec) -> Option<Wide<S>> {
    let noted = &space.noted;
    let place = spec.stage * model.markets.len() + spec.market;
    let column = space.places.finals.iter().position(|other| *other == place).unwrap_or(0);
    let total = |rows: &Rows, column: usize| look(part, rows, column).fold(part.zero(), |sum, short| sum + short);
    let shortage = look(part, &noted.shortage, column);
    Some(match spec.kind {
        OutcomeKind::TotalShortage => total(&noted.shortage, column),
        OutcomeKind::WorstMonth => {
            let fractions = shortage.zip(look(part, &noted.wanted, column)).map(|(short, of)| series::ratio(short, of));
            fractions.fold(part.zero(), Wide::max)
        }
        OutcomeKind::FirstShortage => first(part, shortage.map(Wide::positive)),
        OutcomeKind::LongestShortage => longest(part, shortage.map(Wide::positive)),
        OutcomeKind::WorstYear => worst_year(part, shortage),
        OutcomeKind::StockNeeded => {
            stock_needed(part, look(part, &noted.before_stock, column).zip(look(part, &noted.refill, column)))
        }
        OutcomeKind::TotalLoss => {
            let here = |demand: &crate::model::Demand| (demand.stage, demand.market) == (spec.stage, spec.market);
            let demands = model.demands.iter().enumerate().filter(|(_, demand)| here(demand) && demand.loss.is_some());
            demands.fold(part.zero(), |sum, (index, _)| {
                sum + total(&noted.unserved, index) * part.load(&space.parameters.loss[index])
            })
        }
        OutcomeKind::TotalUnserved => total(&noted.unserved, spec.index),
        OutcomeKind::Milestone => milestone(model, part, &space.series, spec.index),
        OutcomeKind::Episodes | OutcomeKind::DisruptedMonths => return None,
    })
}

/// One thing, month by month.
#[inline(always)]
fn look<S: Simd>(part: Part<S>, rows: &Rows, column: usize) -> impl Iterator<Item = Wide<S>> {
    rows.column(column).map(move |lanes| part.load(lanes))
}

/// The first month of which it is true.
#[inline(always)]
fn first<S: Simd>(part: Part<S>, flags: impl Iterator<Item = Mask<S>>) -> Wide<S> {
    let never = part.all(f64::INFINITY);
    flags.enumerate().fold(never, |first, (month, flag)| part.all(month as f64).min(first).or(flag, first))
}

/// Longest run of months of which it is true.
#[inline(always)]
fn longest<S: Simd>(part: Part<S>, flags: impl Iterator<Item = Mask<S>>) -> Wide<S> {
    let (mut longest, mut run) = (part.zero(), part.zero());
    for flag in flags {
        run = (run + part.all(1.0)).only(flag);
        longest = longest.max(run);
    }
    longest
}

/// Largest sum of twelve months in a row (of all, if there are fewer).
#[inline(always)]
fn worst_year<S: Simd>(part: Part<S>, shortage: impl Iterator<Item = Wide<S>>) -> Wide<S> {
    let mut year = [part.zero(); 12];
    let mut worst = part.zero();
    for (month, short) in shortage.enumerate() {
        year[month % 12] = short;
        worst = worst.max(year.iter().fold(part.zero(), |sum, short| sum + *short));
    }
    worst
}

/// Lindley's recursion: the deficit of a stock that starts full, `D <- max(0, D + shortage - refill)`; its maximum is the
/// smallest stock that is never empty.
#[inline(always)]
fn stock_needed<S: Simd>(part: Part<S>, months: impl Iterator<Item = (Wide<S>, Wide<S>)>) -> Wide<S> {
    let (mut deficit, mut largest) = (part.zero(), part.zero());
    for (short, refill) in months {
        deficit = (deficit + short - refill).max(part.zero());
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

    fn months(values: &[f64]) -> impl Iterator<Item = Wide<Scalar>> {
        values.iter().map(|value| part().all(*value))
    }

    fn flags(flags: &[bool]) -> impl Iterator<Item = Mask<Scalar>> {
        flags.iter().map(|flag| part().all(f64::from(u8::from(*flag))).positive())
    }

    #[test]
    fn runs_years_and_stocks() {
        assert_eq!(number(longest(part(), flags(&[true, false, true, true, false]))), 2.0);
        assert_eq!(number(first(part(), flags(&[false, false, true, false, true]))), 2.0);
        assert_eq!(number(first(part(), flags(&[false]))), f64::INFINITY);
        let mut shortage = vec![0.0; 30];
        shortage[3] = 5.0;
        shortage[14] = 4.0;
        shortage[16] = 3.0;
        assert_eq!(number(worst_year(part(), months(&shortage))), 9.0);
        assert_eq!(number(worst_year(part(), months(&[1.0, 2.0]))), 3.0);
        let stock = months(&[0.0, 5.0, 0.0, 4.0, 0.0]).zip(months(&[1.0, 0.0, 2.0, 0.0, 9.0]));
        assert_eq!(number(stock_needed(part(), stock)), 7.0);
    }
}
