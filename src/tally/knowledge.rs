//! The same inputs again and again, each time with other events: what the futures add up to.
//!
//! Everything is a whole number, so that adding up in any order, on any number of threads, gives the same.

use super::scale;
use crate::model::{ClaimTest, Model};
use crate::statistics::Nested;

/// Courses of events that are played on each draw of the inputs.
///
/// Few of many draws tell more than many of few: the variance of an estimated share is least near `1 + 1 / share` courses
/// (Donner & Koval, "Design considerations in the estimation of intraclass correlation", Annals of Human Genetics 46, 1982).
pub const EVENTS: usize = 8;

/// Groups over which intervals are jackknifed.
const GROUPS: usize = 32;

/// Fixed-point values are kept within this magnitude: squares of sums still add up over all draws that are allowed.
const LARGEST: f64 = (1u64 << 46) as f64;

/// A number that each future gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked {
    /// Value of the outcome with this index, which is never "never".
    Value(usize),
    /// Whether the outcome with this index, a date, comes within the horizon.
    Comes(usize),
    /// Whether the claim with this index holds, which is about the outcome beside it.
    Holds(usize, usize),
}

/// What the futures of several draws of the inputs add up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Knowledge {
    /// Draws of the inputs.
    pub draws: u64,
    /// What is asked of each future, and the scale of its whole numbers.
    asked: Vec<(Asked, f64)>,
    /// By what is asked: the draws by group.
    groups: Vec<[Nested; GROUPS]>,
    /// By milestone: index of its date among the outcomes.
    dates: Vec<usize>,
    /// By milestone and month, from 0 to the horizon: futures that have reached it, summed up, and their squares by draw.
    by_month: Vec<(u64, u64)>,
    months: usize,
    tests: Vec<ClaimTest>,
}

impl Knowledge {
    /// Empty, for the outcomes and claims of `model`.
    pub fn new(model: &Model) -> Self {
        let dates: Vec<usize> = (0..model.milestones.len()).map(|index| model.date_of(index)).collect();
        let outcomes = model.outcomes.iter().enumerate().map(|(index, spec)| match spec.can_be_never() {
            true => (Asked::Comes(index), 1.0),
            false => (Asked::Value(index), scale(spec.row().unit, model.tonne_exponent)),
        });
        let claims = model.claims.iter().enumerate();
        let claims = claims.map(|(index, claim)| (Asked::Holds(index, dates[claim.milestone]), 1.0));
        let asked: Vec<(Asked, f64)> = outcomes.chain(claims).collect();
        Knowledge {
            draws: 0,
            groups: vec![[Nested::default(); GROUPS]; asked.len()],
            asked,
            by_month: vec![(0, 0); dates.len() * (model.months + 1)],
            dates,
            months: model.months,
            tests: model.claims.iter().map(|claim| claim.test).collect(),
        }
    }

    /// Notes the futures of draw number `draw`: by outcome, its value in each.
    pub fn record(&mut self, draw: u64, outcomes: &[[f64; EVENTS]]) {
        for ((asked, scale), groups) in self.asked.iter().zip(&mut self.groups) {
            let values = match *asked {
                Asked::Value(index) => {
                    outcomes[index].map(|value| (value * scale).clamp(-LARGEST, LARGEST).round() as i64)
                }
                Asked::Comes(index) => outcomes[index].map(|date| i64::from(date.is_finite())),
                Asked::Holds(claim, index) => outcomes[index].map(|date| i64::from(self.tests[claim].holds(date))),
            };
            groups[(draw % GROUPS as u64) as usize].add(&values);
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
    }

    /// Adds what another thread noted.
    pub fn merge(&mut self, other: &Knowledge) {
        for (groups, others) in self.groups.iter_mut().zip(&other.groups) {
            groups.iter_mut().zip(others).for_each(|(group, other)| group.merge(other));
        }
        for (own, (sum, square)) in self.by_month.iter_mut().zip(&other.by_month) {
            *own = (own.0 + sum, own.1 + square);
        }
        self.draws += other.draws;
    }

    /// What was asked, with the draws by group.
    pub fn asked(&self) -> impl Iterator<Item = (Asked, &[Nested])> {
        self.asked.iter().zip(&self.groups).map(|((asked, _), groups)| (*asked, &groups[..]))
    }

    /// Draws of a milestone by month, from 0 to the horizon: whether it is reached by then.
    pub fn by_month(&self, milestone: usize) -> impl Iterator<Item = Nested> {
        let row = &self.by_month[milestone * (self.months + 1)..(milestone + 1) * (self.months + 1)];
        row.iter().map(|&(sum, square)| Nested {
            draws: self.draws,
            each: EVENTS as u64,
            sum: i128::from(sum),
            squared_sums: i128::from(square),
            squares: i128::from(sum), // of noughts and ones
        })
    }
}
