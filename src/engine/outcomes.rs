//! The numbers of a trial.

use super::lanes::{Lanes, Mask, Rows};
use super::month::{Now, Places};
use super::{Draws, Workspace, series};
use crate::model::{Model, OutcomeKind, OutcomeSpec};

const NEVER: Lanes = Lanes([f64::INFINITY; super::LANES]);

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
    pub fn take(&mut self, places: &Places, now: &Now, month: usize) {
        for (index, &place) in places.finals.iter().enumerate() {
            self.shortage.month_mut(month)[index] = now.shortage[place];
            self.before_stock.month_mut(month)[index] = now.before_stock[place];
            self.refill.month_mut(month)[index] = now.refill[place];
            self.wanted.month_mut(month)[index] = series::wanted(now, place);
        }
        for (noted, unserved) in self.unserved.month_mut(month).iter_mut().zip(&now.unserved) {
            *noted = *unserved;
        }
    }
}

/// Fills all outcomes; infinite stands for "never within the horizon".
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn fill(model: &Model, space: &mut Workspace) {
    fill_here(model, space);
}

/// The same in whatever instructions the caller may use.
#[inline(always)]
pub fn fill_here(model: &Model, space: &mut Workspace) {
    for (index, spec) in model.outcomes.iter().enumerate() {
        if let Some(lanes) = value(model, space, spec) {
            space.outcome_lanes[index] = lanes;
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
fn value(model: &Model, space: &Workspace, spec: &OutcomeSpec) -> Option<Lanes> {
    let noted = &space.noted;
    let place = spec.stage * model.markets.len() + spec.market;
    let column = space.places.finals.iter().position(|other| *other == place).unwrap_or(0);
    let shortage = || noted.shortage.column(column);
    Some(match spec.kind {
        OutcomeKind::TotalShortage => shortage().fold(Lanes::ZERO, |sum, short| sum + short),
        OutcomeKind::WorstMonth => {
            let fractions = shortage().zip(noted.wanted.column(column)).map(|(short, of)| series::ratio(short, of));
            fractions.fold(Lanes::ZERO, Lanes::max)
        }
        OutcomeKind::FirstShortage => first(shortage().map(|short| short.above(Lanes::ZERO))),
        OutcomeKind::LongestShortage => longest(shortage().map(|short| short.above(Lanes::ZERO))),
        OutcomeKind::WorstYear => worst_year(shortage()),
        OutcomeKind::StockNeeded => stock_needed(noted.before_stock.column(column).zip(noted.refill.column(column))),
        OutcomeKind::TotalLoss => {
            let here = |demand: &crate::model::Demand| (demand.stage, demand.market) == (spec.stage, spec.market);
            let demands = model.demands.iter().enumerate().filter(|(_, demand)| here(demand) && demand.loss.is_some());
            demands.fold(Lanes::ZERO, |sum, (index, _)| {
                let unserved = noted.unserved.column(index).fold(Lanes::ZERO, |sum, short| sum + short);
                sum + unserved * space.parameters.loss[index]
            })
        }
        OutcomeKind::TotalUnserved => noted.unserved.column(spec.index).fold(Lanes::ZERO, |sum, short| sum + short),
        OutcomeKind::Milestone => milestone(model, &space.series, spec.index),
        OutcomeKind::Episodes | OutcomeKind::DisruptedMonths => return None,
    })
}

/// The first month of which it is true.
#[inline(always)]
fn first(flags: impl Iterator<Item = Mask>) -> Lanes {
    flags.enumerate().fold(NEVER, |first, (month, flag)| {
        let here = flag.and(first.equals(NEVER));
        Lanes::all(month as f64).or(here, first)
    })
}

/// Longest run of months of which it is true.
#[inline(always)]
fn longest(flags: impl Iterator<Item = Mask>) -> Lanes {
    let (mut longest, mut run) = (Lanes::ZERO, Lanes::ZERO);
    for flag in flags {
        run = (run + Lanes::ONE).only(flag);
        longest = longest.max(run);
    }
    longest
}

/// Largest sum of twelve months in a row (of all, if there are fewer).
#[inline(always)]
fn worst_year(shortage: impl Iterator<Item = Lanes>) -> Lanes {
    let mut year = [Lanes::ZERO; 12];
    let mut worst = Lanes::ZERO;
    for (month, short) in shortage.enumerate() {
        year[month % 12] = short;
        worst = worst.max(year.iter().fold(Lanes::ZERO, |sum, short| sum + *short));
    }
    worst
}

/// Lindley's recursion: the deficit of a stock that starts full, `D <- max(0, D + shortage - refill)`; its maximum is the
/// smallest stock that is never empty.
#[inline(always)]
fn stock_needed(months: impl Iterator<Item = (Lanes, Lanes)>) -> Lanes {
    let (mut deficit, mut largest) = (Lanes::ZERO, Lanes::ZERO);
    for (short, refill) in months {
        deficit = (deficit + short - refill).max(Lanes::ZERO);
        largest = largest.max(deficit);
    }
    largest
}

/// Start of the first spell that lasts long enough, if it completes within the horizon.
#[inline(always)]
fn milestone(model: &Model, series: &Rows, index: usize) -> Lanes {
    let milestone = &model.milestones[index];
    let (low, high) = (Lanes::all(milestone.at_least), Lanes::all(milestone.at_most));
    let length = Lanes::all(milestone.for_months as f64);
    let (mut run, mut date) = (Lanes::ZERO, NEVER);
    for (month, value) in series.column(milestone.series).enumerate() {
        run = (run + Lanes::ONE).only(value.at_least(low).and(high.at_least(value)));
        let reached = run.equals(length).and(date.equals(NEVER));
        date = Lanes::all((month + 1) as f64 - milestone.for_months as f64).or(reached, date);
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(flags: &[bool]) -> impl Iterator<Item = Mask> {
        flags.iter().map(|flag| Lanes::all(f64::from(u8::from(*flag))).above(Lanes::ZERO))
    }

    #[test]
    fn runs_years_and_stocks() {
        assert_eq!(longest(flags(&[true, false, true, true, false])), Lanes::all(2.0));
        assert_eq!(first(flags(&[false, false, true, false, true])), Lanes::all(2.0));
        assert_eq!(first(flags(&[false])), NEVER);
        let mut shortage = vec![0.0; 30];
        shortage[3] = 5.0;
        shortage[14] = 4.0;
        shortage[16] = 3.0;
        assert_eq!(worst_year(shortage.into_iter().map(Lanes::all)), Lanes::all(9.0));
        assert_eq!(worst_year([1.0, 2.0].into_iter().map(Lanes::all)), Lanes::all(3.0));
        let months = [0.0, 5.0, 0.0, 4.0, 0.0].into_iter().zip([1.0, 0.0, 2.0, 0.0, 9.0]);
        assert_eq!(
            stock_needed(months.map(|(short, refill)| (Lanes::all(short), Lanes::all(refill)))),
            Lanes::all(7.0)
        );
    }
}
