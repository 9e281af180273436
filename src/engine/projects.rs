//! When projects start, and what they add to capacity.

use std::ops::Range;

use super::Draws;
use super::capacity::{Group, Scratch};
use super::inputs::{draw_one, opens};
use super::lanes::LANES;
use crate::math;
use crate::model::{Curve, Model, Project};

/// Decides which projects pass their gates, in all trials in step: project after project, as most come no further.
pub fn pass_gates(model: &Model, trials: &[u64], draws: &mut Draws) {
    for (index, project) in model.projects.iter().enumerate() {
        draws.passed[index] = [false; LANES];
        for (lane, trial) in trials.iter().enumerate() {
            draws.lane = lane;
            draws.passed[index][lane] = project.gates.iter().all(|gate| opens(model, *trial, draws, gate));
        }
    }
}

/// Draws when each project starts and closes.
pub fn draw_starts(model: &Model, trial: u64, draws: &mut Draws) {
    for (index, project) in model.projects.iter().enumerate() {
        let start = if draws.passed[index][draws.lane] { start(model, trial, project, draws) } else { f64::INFINITY };
        draws.starts[index] = start;
        draws.closures[index] = f64::INFINITY;
        if start < model.months as f64
            && let Some((rate, chance)) = project.closure
        {
            let (chance, rate) = (draw_one(model, trial, draws, chance), draw_one(model, trial, draws, rate));
            // A rate of zero gives an infinite time: the logarithm is below zero, never zero.
            draws.closures[index] = start + 12.0 * -math::ln_in_row(chance) / rate;
        }
    }
}

/// First product: after all lead times and everything it requires.
fn start(model: &Model, trial: u64, project: &Project, draws: &mut Draws) -> f64 {
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
    /// Adds its output. Numbers are rounded by adding `round` and taking it away: so chosen that sums of them are exact, and
    /// what opens and closes leaves nothing behind.
    #[inline(always)]
    pub fn add(&self, model: &Model, round: f64, rows: &mut Scratch) {
        let ramp = self.months.start..self.full_from;
        match &model.curves[self.curve] {
            Curve::Linear => self.add_line(((0.0, 0.0), (1.0, 1.0)), ramp, round, rows),
            Curve::Points(points) => {
                let mut from = ramp.start;
                for pair in points.windows(2) {
                    let end = middles_before(self.start + pair[1].0 * self.length, ramp.end).max(from);
                    self.add_line((pair[0], pair[1]), from..end, round, rows);
                    from = end;
                }
            }
            Curve::Exponential => {
                let whole = 1.0 - math::exp_in_row(-3.0);
                self.add_curve(|x| (1.0 - math::exp_in_row(-3.0 * x)) / whole, ramp, rows);
            }
            Curve::S => self.add_curve(|x| x * x * (3.0 - 2.0 * x), ramp, rows),
        }
        rows.add_line(self.lane, self.full_from..self.months.end, (self.full + round) - round, 0.0);
    }

    /// Adds a straight piece of the curve, which these months are on.
    #[inline(always)]
    fn add_line(&self, ((x0, y0), (x1, y1)): Piece, months: Range<usize>, round: f64, rows: &mut Scratch) {
        if months.is_empty() {
            return;
        }
        let slope = self.full * ((y1 - y0) / (x1 - x0)) / self.length;
        let first = self.full * y0 + slope * (months.start as f64 + 0.5 - (self.start + x0 * self.length));
        // A month alone needs no slope, which may be very steep.
        let slope = if months.len() > 1 { (slope + round) - round } else { 0.0 };
        rows.add_line(self.lane, months, (first + round) - round, slope);
    }

    /// Adds the curve of these heights, month by month.
    #[inline(always)]
    fn add_curve(&self, height: impl Fn(f64) -> f64, months: Range<usize>, rows: &mut Scratch) {
        for month in months {
            let x = (month as f64 + 0.5 - self.start) / self.length;
            rows.varying[month].0[self.lane] += self.full * height(x);
        }
    }
}

/// From a point of a curve to the next.
type Piece = ((f64, f64), (f64, f64));

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Study;

    /// Output of a plant of two tonnes a month that never closes.
    fn heights(curve: &Curve, start: f64, length: f64, months: usize) -> Vec<f64> {
        let text = format!(
            "title = \"t\"\nstart = \"2026-01\"\nhorizon_years = {}\nmarkets.m.countries = [\"C\"]\nstages.s = {{}}\n\
             capacities.c = {{ country = \"C\", stage = \"s\", tonnes_per_year = 1 }}\n",
            months as f64 / 12.0
        );
        let mut model = Study::from_text(&text).unwrap().cases.remove(0).model;
        model.curves.push(curve.clone());
        let (first, full_from) = (middles_before(start, months), middles_before(start + length, months));
        let curve = model.curves.len() - 1;
        let plant = Plant { lane: 3, curve, start, length, full: 2.0, months: first..months, full_from };
        let mut rows = Scratch::new(months);
        plant.add(&model, 6.0, &mut rows);
        let (mut slope, mut steady) = (0.0, 0.0);
        (0..months)
            .map(|month| {
                slope += rows.slopes[month].0[3];
                steady += slope + rows.steps[month].0[3];
                steady + rows.varying[month].0[3]
            })
            .collect()
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
