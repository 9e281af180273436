//! When projects start, and what they add to capacity.

use std::ops::Range;

use super::Draws;
use super::capacity::Group;
use super::inputs::{draw_one, opens};
use super::lanes::Lanes;
use crate::math;
use crate::model::{Curve, Model, Project};

/// Draws when each project starts and closes.
pub fn draw_starts(model: &Model, trial: u64, draws: &mut Draws) {
    for (index, project) in model.projects.iter().enumerate() {
        let start = start(model, trial, project, draws);
        draws.starts[index] = start;
        draws.closures[index] = match project.closure {
            Some((rate, chance)) if start < model.months as f64 => {
                let (chance, rate) = (draw_one(model, trial, draws, chance), draw_one(model, trial, draws, rate));
                // A rate of zero gives an infinite time: the logarithm is below zero, never zero.
                start + 12.0 * -math::ln_in_row(chance) / rate
            }
            _ => f64::INFINITY,
        };
    }
}

/// First product: after all lead times and everything it requires; never, if a gate fails.
fn start(model: &Model, trial: u64, project: &Project, draws: &mut Draws) -> f64 {
    for gate in &project.gates {
        if !opens(model, trial, draws, gate) {
            return f64::INFINITY;
        }
    }
    let required = project.requires.iter().map(|&required| draws.starts[required]).fold(f64::NEG_INFINITY, f64::max);
    if required == f64::INFINITY {
        return f64::INFINITY;
    }
    let own: f64 = project.lead.iter().map(|months| draw_one(model, trial, draws, *months)).sum();
    own.max(required)
}

/// A project that produces in one of the trials in step.
#[derive(Clone, Debug)]
pub struct Plant {
    /// The trial.
    pub lane: usize,
    /// Index of the ramp-up curve.
    curve: usize,
    /// First product and months of ramp-up.
    start: f64,
    length: f64,
    /// Full output, t/month.
    pub full: f64,
    /// Month `m` is judged at its middle, `m + 1/2`. It counts from the first middle at or after the start, at full output
    /// from the first at or after the end of the ramp, and no longer once the closure lies before its middle.
    months: Range<usize>,
    full_from: usize,
}

/// Lists the projects of a trial that produce within the horizon, by group.
pub fn list(model: &Model, trial: u64, groups: &[Group], draws: &mut Draws, plants: &mut [Vec<Plant>]) {
    let months = model.months;
    for (group, plants) in groups.iter().zip(plants) {
        for &index in &group.projects {
            let (start, closure) = (draws.starts[index], draws.closures[index]);
            if !(start < months as f64) {
                continue;
            }
            let (first, end) = (middles_before(start, months), middles_before_or_at(closure, months));
            if first >= end {
                continue;
            }
            let project = &model.projects[index];
            let tonnes = draw_one(model, trial, draws, project.tonnes_per_year) / 12.0;
            let full = tonnes * draw_one(model, trial, draws, project.utilisation);
            let length = draw_one(model, trial, draws, project.ramp_months);
            let pick = draw_one(model, trial, draws, project.curve_pick);
            let curve = project.curves.iter().find(|(_, cumulative)| pick < *cumulative).or(project.curves.last());
            let curve = curve.map_or(0, |(curve, _)| *curve);
            let full_from = middles_before(start + length, months).clamp(first, end);
            plants.push(Plant { lane: draws.lane, curve, start, length, full, months: first..end, full_from });
        }
    }
}

impl Plant {
    /// Adds its ramp to the rows of the trials, and its full output, in steps, to where that begins and ends.
    #[inline(always)]
    pub fn add(&self, model: &Model, full: f64, scratch: &mut [f64], ramps: &mut [Lanes], steps: &mut [Lanes]) {
        if self.full_from < self.months.end {
            steps[self.full_from].0[self.lane] += full;
            if self.months.end < model.months {
                steps[self.months.end].0[self.lane] -= full;
            }
        }
        let months = self.months.start..self.full_from;
        let row = &mut scratch[..months.len()];
        ramp(&model.curves[self.curve], self.start, self.length, self.full, months.start, row);
        for (lanes, value) in ramps[months].iter_mut().zip(row) {
            lanes.0[self.lane] += *value;
        }
    }
}

/// How many middles of months, `m + 1/2`, lie before `time`.
#[inline(always)]
fn middles_before(time: f64, months: usize) -> usize {
    ceil_within(time - 0.5, months)
}

/// How many lie before it or at it.
#[inline(always)]
fn middles_before_or_at(time: f64, months: usize) -> usize {
    let before = middles_before(time, months);
    if before < months && before as f64 + 0.5 == time { before + 1 } else { before }
}

/// The next whole number at or above `x`, within 0 and `most`. Without a call to the system's `ceil`.
#[inline(always)]
fn ceil_within(x: f64, most: usize) -> usize {
    if !(x < most as f64) {
        return most;
    }
    let whole = if x > 0.0 { x as usize } else { 0 };
    whole + usize::from((whole as f64) < x)
}

/// Output at the middles of the months from `first` on, all of them within the ramp: `full` times the height of the curve.
#[inline(always)]
fn ramp(curve: &Curve, start: f64, length: f64, full: f64, first: usize, row: &mut [f64]) {
    let middle = |cell: usize| (first + cell) as f64 + 0.5;
    match curve {
        Curve::Linear => line(((0.0, 0.0), (1.0, 1.0)), start, length, full, middle(0), row),
        Curve::Points(points) => {
            let mut from = 0;
            for pair in points.windows(2) {
                // Cells before the curve has come to the end of this piece.
                let to = ceil_within(start + pair[1].0 * length - middle(0), row.len()).max(from);
                line((pair[0], pair[1]), start, length, full, middle(from), &mut row[from..to]);
                from = to;
            }
        }
        Curve::Exponential => {
            let whole = 1.0 - math::exp_in_row(-3.0);
            for (cell, value) in row.iter_mut().enumerate() {
                let x = (middle(cell) - start) / length;
                *value = full * ((1.0 - math::exp_in_row(-3.0 * x)) / whole);
            }
        }
        Curve::S => {
            for (cell, value) in row.iter_mut().enumerate() {
                let x = (middle(cell) - start) / length;
                *value = full * (x * x * (3.0 - 2.0 * x));
            }
        }
    }
}

/// Output along a straight piece of a curve, from the middle of a month on.
#[inline(always)]
fn line(
    ((x0, y0), (x1, y1)): ((f64, f64), (f64, f64)),
    start: f64,
    length: f64,
    full: f64,
    middle: f64,
    row: &mut [f64],
) {
    let slope = (y1 - y0) / (x1 - x0);
    let (base, step, begin) = (full * y0, full * slope / length, start + x0 * length);
    for (cell, value) in row.iter_mut().enumerate() {
        *value = base + step * (middle + cell as f64 - begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Output of a plant of two tonnes a month that never closes.
    fn heights(curve: &Curve, start: f64, length: f64, months: usize) -> Vec<f64> {
        let (first, full_from) = (middles_before(start, months), middles_before(start + length, months));
        let mut row = vec![0.0; first];
        row.resize(months, 2.0);
        ramp(curve, start, length, 2.0, first, &mut row[first..full_from]);
        row
    }

    fn close(found: &[f64], wanted: &[f64]) {
        let near = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12);
        assert!(near && found.len() == wanted.len(), "{found:?} {wanted:?}");
    }

    #[test]
    fn curves_are_taken_at_the_middle_of_months() {
        close(&heights(&Curve::Linear, 1.0, 2.0, 5), &[0.0, 0.5, 1.5, 2.0, 2.0]);
        close(&heights(&Curve::Linear, 1.6, 0.0, 4), &[0.0, 0.0, 2.0, 2.0]);
        close(&heights(&Curve::S, 0.0, 2.0, 3), &[2.0 * 0.15625, 2.0 * 0.84375, 2.0]);
        let points = Curve::Points(vec![(0.0, 0.1), (0.5, 0.2), (1.0, 1.0)]);
        close(&heights(&points, -0.5, 4.0, 4), &[0.3, 2.0 * 0.2, 2.0 * 0.6, 2.0]);
        let exponential = |x: f64| 2.0 * (1.0 - math::exp(-3.0 * x)) / (1.0 - math::exp(-3.0));
        close(&heights(&Curve::Exponential, 0.0, 2.0, 3), &[exponential(0.25), exponential(0.75), 2.0]);
    }

    #[test]
    fn months_are_counted_by_their_middle() {
        for (time, before, or_at) in [(-3.0, 0, 0), (0.5, 0, 1), (0.6, 1, 1), (2.5, 2, 3), (1e9, 7, 7)] {
            assert_eq!((middles_before(time, 7), middles_before_or_at(time, 7)), (before, or_at), "{time}");
        }
        assert_eq!(middles_before(f64::INFINITY, 7), 7);
    }
}
