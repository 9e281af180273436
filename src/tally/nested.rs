//! Nested sampling: each draw of the inputs simulated several times, each time with other events.
//!
//! Everything is a whole number, so that adding up in any order, on any number of threads, gives the same.

use super::fixed::{Fixed, NO_VALUES};
use crate::model::{ClaimTest, Model};
use crate::statistics::Nested;

/// Samples of events that are simulated for each draw of the inputs.
///
/// Few of many draws tell more than many of few: the variance of an estimated share is least near `1 + 1 / share` samples
/// (Donner & Koval, "Design considerations in the estimation of intraclass correlation", Annals of Human Genetics 46, 1982).
pub const EVENT_SAMPLES: usize = 8;

/// Groups over which intervals are jackknifed.
pub(super) const GROUPS: usize = 32;

/// A number that is recorded of each trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recorded {
    /// Value of the outcome with this index, which is never "never".
    Value(usize),
    /// Whether the outcome with this index, a date, comes within the horizon.
    Comes(usize),
    /// Whether the claim with this index holds, which is about the outcome beside it.
    Holds(usize, usize),
}

/// One recorded number over all trials.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    recorded: Recorded,
    fixed: Fixed,
    /// The draws by group: their number's remainder.
    pub groups: [Nested; GROUPS],
    /// Range of the values, which tells whether all of them could be added up.
    pub range: (f64, f64),
}

/// The trials of several draws of the inputs, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedSampling {
    /// Draws of the inputs.
    pub draws: u64,
    pub(super) columns: Vec<Column>,
    /// By milestone: index of its date among the outcomes.
    dates: Vec<usize>,
    /// By milestone and month, from 0 to the horizon: trials that have reached it, summed up, and their squares by draw.
    pub(super) by_month: Vec<(u64, u64)>,
    months: usize,
    tests: Vec<ClaimTest>,
}

impl NestedSampling {
    /// Empty, for the outcomes and claims of `model`.
    pub fn new(model: &Model) -> Self {
        let dates: Vec<usize> = (0..model.milestones.len()).map(|index| model.date_of(index)).collect();
        let outcomes = model.outcomes.iter().enumerate().map(|(index, spec)| match spec.can_be_never() {
            true => (Recorded::Comes(index), Fixed::WHOLE),
            false => (Recorded::Value(index), Fixed::new(spec.bins(model.months), spec.ceiling)),
        });
        let claims = model.claims.iter().enumerate();
        let claims = claims.map(|(index, claim)| (Recorded::Holds(index, dates[claim.milestone]), Fixed::WHOLE));
        let column = |(recorded, fixed): (Recorded, Fixed)| Column {
            recorded,
            fixed,
            groups: [Nested::default(); GROUPS],
            range: NO_VALUES,
        };
        NestedSampling {
            draws: 0,
            columns: outcomes.chain(claims).map(column).collect(),
            by_month: vec![(0, 0); dates.len() * (model.months + 1)],
            dates,
            months: model.months,
            tests: model.claims.iter().map(|claim| claim.test).collect(),
        }
    }

    /// Records the trials of draw number `draw`: by outcome, its value in each. Returns whether all values are numbers, or
    /// "never" where that may be.
    pub fn record(&mut self, draw: u64, outcomes: &[[f64; EVENT_SAMPLES]]) -> bool {
        let mut sound = true;
        for Column { recorded, fixed, groups, range } in &mut self.columns {
            let whole = match *recorded {
                Recorded::Value(index) => {
                    let values = outcomes[index];
                    sound &= values.iter().all(|value| value.is_finite());
                    values.iter().for_each(|value| *range = (range.0.min(*value), range.1.max(*value)));
                    values.map(|value| fixed.whole(value) as i64)
                }
                Recorded::Comes(index) => {
                    sound &= !outcomes[index].iter().any(|date| date.is_nan());
                    outcomes[index].map(|date| i64::from(date.is_finite()))
                }
                Recorded::Holds(claim, index) => outcomes[index].map(|date| i64::from(self.tests[claim].holds(date))),
            };
            groups[(draw % GROUPS as u64) as usize].add(&whole);
        }
        for (row, &date) in self.by_month.chunks_exact_mut(self.months + 1).zip(&self.dates) {
            let mut dates = outcomes[date];
            dates.sort_by(f64::total_cmp);
            for (month, (sum, square)) in row.iter_mut().enumerate() {
                let reached = dates.partition_point(|date| *date <= month as f64) as u64;
                *sum += reached;
                *square += reached * reached;
            }
        }
        self.draws += 1;
        sound
    }

    /// Adds what another thread recorded.
    pub fn merge(&mut self, other: &NestedSampling) {
        for (own, other) in self.columns.iter_mut().zip(&other.columns) {
            own.groups.iter_mut().zip(&other.groups).for_each(|(group, other)| group.merge(other));
            own.range = (own.range.0.min(other.range.0), own.range.1.max(other.range.1));
        }
        for (own, (sum, square)) in self.by_month.iter_mut().zip(&other.by_month) {
            *own = (own.0 + sum, own.1 + square);
        }
        self.draws += other.draws;
    }

    /// What was recorded, with the draws by group; no draws where some values are too large to be added up.
    pub fn recorded(&self) -> impl Iterator<Item = (Recorded, Option<&[Nested]>)> {
        self.columns.iter().map(|column| {
            let holds = column.fixed.holds(column.range);
            (column.recorded, holds.then_some(&column.groups[..]))
        })
    }

    /// Draws of a milestone by month, from 0 to the horizon: whether it is reached by then.
    pub fn by_month(&self, milestone: usize) -> impl Iterator<Item = Nested> {
        let row = &self.by_month[milestone * (self.months + 1)..(milestone + 1) * (self.months + 1)];
        row.iter().map(|&(sum, square)| Nested {
            draws: self.draws,
            each: EVENT_SAMPLES as u64,
            sum: i128::from(sum),
            squared_sums: i128::from(square),
            squares: i128::from(sum), // of zeros and ones
        })
    }
}
