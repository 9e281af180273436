//! The numbers of a trial.

use super::{Workspace, series};
use crate::model::{Model, OutcomeKind, OutcomeSpec};

/// Fills all outcomes; infinite stands for "never within the horizon". To add a kind of outcome, add an arm.
pub fn fill(model: &Model, space: &mut Workspace) {
    for (index, spec) in model.outcomes.iter().enumerate() {
        space.outcomes[index] = value(model, space, spec);
    }
}

fn value(model: &Model, space: &Workspace, spec: &OutcomeSpec) -> f64 {
    let months = model.months;
    let place = spec.stage * model.markets.len() + spec.market;
    let of_place = |rows: &'_ [f64]| -> std::ops::Range<usize> {
        debug_assert!(rows.len() >= (place + 1) * months);
        place * months..(place + 1) * months
    };
    let shortage = &space.flows.shortage[of_place(&space.flows.shortage)];
    match spec.kind {
        OutcomeKind::TotalShortage => shortage.iter().sum(),
        OutcomeKind::WorstMonth => {
            let fraction = |month: usize| {
                let wanted = series::wanted(space, place * months + month);
                if wanted > 0.0 { shortage[month] / wanted } else { 0.0 }
            };
            (0..months).map(fraction).fold(0.0, f64::max)
        }
        OutcomeKind::FirstShortage => {
            shortage.iter().position(|short| *short > 0.0).map_or(f64::INFINITY, |month| month as f64)
        }
        OutcomeKind::LongestShortage => longest(shortage.iter().map(|short| *short > 0.0)) as f64,
        OutcomeKind::WorstYear => worst_year(shortage),
        OutcomeKind::StockNeeded => stock_needed(
            &space.flows.before_stock[of_place(&space.flows.before_stock)],
            &space.flows.refill[of_place(&space.flows.refill)],
        ),
        OutcomeKind::TotalLoss => (0..months).map(|month| series::loss(model, space, place, month)).sum(),
        OutcomeKind::TotalUnserved => space.flows.unserved[spec.index * months..(spec.index + 1) * months].iter().sum(),
        OutcomeKind::Milestone => milestone(model, space, spec.index),
        OutcomeKind::Episodes => {
            let touching = |episode: &&super::Episode| episode.end > 0.0;
            space.episodes[spec.index].iter().filter(touching).count() as f64
        }
        OutcomeKind::DisruptedMonths => {
            let overlap = |episode: &super::Episode| (episode.end.min(months as f64) - episode.begin.max(0.0)).max(0.0);
            space.episodes[spec.index].iter().map(overlap).sum()
        }
    }
}

/// Longest run of `true`.
fn longest(flags: impl Iterator<Item = bool>) -> usize {
    let (mut longest, mut run) = (0, 0);
    for flag in flags {
        run = if flag { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Largest sum of twelve months in a row (of all, if there are fewer).
fn worst_year(shortage: &[f64]) -> f64 {
    let length = shortage.len().min(12);
    shortage.windows(length).map(|year| year.iter().sum()).fold(0.0, f64::max)
}

/// Lindley's recursion: the deficit of a stock that starts full, `D <- max(0, D + shortage - refill)`; its maximum is the
/// smallest stock that is never empty.
fn stock_needed(shortage: &[f64], refill: &[f64]) -> f64 {
    let (mut deficit, mut largest) = (0.0f64, 0.0f64);
    for (short, refill) in shortage.iter().zip(refill) {
        deficit = (deficit + short - refill).max(0.0);
        largest = largest.max(deficit);
    }
    largest
}

/// Start of the first spell that lasts long enough, if it completes within the horizon.
fn milestone(model: &Model, space: &Workspace, index: usize) -> f64 {
    let milestone = &model.milestones[index];
    let mut run = 0;
    for (month, value) in space.series_row(model, milestone.series).iter().enumerate() {
        run = if *value >= milestone.at_least && *value <= milestone.at_most { run + 1 } else { 0 };
        if run == milestone.for_months {
            return (month + 1 - run) as f64;
        }
    }
    f64::INFINITY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_years_and_stocks() {
        assert_eq!(longest([true, false, true, true, false].into_iter()), 2);
        let mut shortage = vec![0.0; 30];
        shortage[3] = 5.0;
        shortage[14] = 4.0;
        shortage[16] = 3.0;
        assert_eq!(worst_year(&shortage), 9.0);
        assert_eq!(worst_year(&[1.0, 2.0]), 3.0);
        assert_eq!(stock_needed(&[0.0, 5.0, 0.0, 4.0, 0.0], &[1.0, 0.0, 2.0, 0.0, 9.0]), 7.0);
    }
}
