//! Calendar years of the horizon, by number from 0. The first and the last may be there in part only.

use std::ops::Range;

use super::Model;

/// How many calendar years the horizon touches.
pub fn count(model: &Model) -> usize {
    (before(model) + model.months).div_ceil(12)
}

/// The year of the calendar.
pub fn year(model: &Model, index: usize) -> i32 {
    model.start.plus(12 * index as i32).year()
}

/// Its months within the horizon.
pub fn months(model: &Model, index: usize) -> Range<usize> {
    let begin = |index: usize| (12 * index).saturating_sub(before(model)).min(model.months);
    begin(index)..begin(index + 1)
}

/// Months of the first calendar year that have passed at the start.
fn before(model: &Model) -> usize {
    model.start.month() as usize - 1
}
