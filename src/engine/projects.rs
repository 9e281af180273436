//! When projects start, and what they add to capacity.

use super::Draws;
use super::capacity::{add_row, dampen};
use super::inputs::{draw_one, happens};
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
                start + 12.0 * -math::ln(chance) / rate
            }
            _ => f64::INFINITY,
        };
    }
}

/// First product: after all lead times and everything it requires; never, if a gate fails.
fn start(model: &Model, trial: u64, project: &Project, draws: &mut Draws) -> f64 {
    for &(chance, probability) in &project.gates {
        let probability = draw_one(model, trial, draws, probability);
        if !happens(model, trial, draws, chance, probability) {
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

/// Adds the output of all projects to the capacity rows.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn add_output(model: &Model, trial: u64, draws: &mut Draws) {
    let months = model.months;
    for (index, project) in model.projects.iter().enumerate() {
        let (start, closure) = (draws.starts[index], draws.closures[index]);
        if !(start < months as f64) {
            continue;
        }
        // Month `m` is judged at its middle, `m + 1/2`: it counts from the first middle at or after the start, and no
        // longer once the closure lies before its middle.
        let (first, end) = (middles_before(start, months), middles_before_or_at(closure, months));
        if first >= end {
            continue;
        }
        let tonnes = draw_one(model, trial, draws, project.tonnes_per_year) / 12.0;
        let full = tonnes * draw_one(model, trial, draws, project.utilisation);
        let length = draw_one(model, trial, draws, project.ramp_months);
        let pick = draw_one(model, trial, draws, project.curve_pick);
        let curve = project.curves.iter().find(|(_, cumulative)| pick < *cumulative).or(project.curves.last());
        let curve = &model.curves[curve.map_or(0, |(curve, _)| *curve)];
        let Draws { scratch, middles, effects, capacity, country_capacity, .. } = draws;
        let row = &mut scratch[first..end];
        ramp(curve, start, length, full, &middles[first..end], row);
        for &outage in project.outages.iter().filter(|&&outage| draws.disrupted[outage]) {
            dampen(row, &effects[outage * months + first..outage * months + end]);
        }
        let place = project.stage * model.markets.len() + project.market;
        add_row(&mut capacity[place * months + first..place * months + end], row);
        if let Some(country) = project.country {
            let at = (project.stage * model.countries.len() + country) * months;
            add_row(&mut country_capacity[at + first..at + end], row);
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

/// Output at the middles of months that lie after the start: `full` times the height of the curve.
#[inline(always)]
fn ramp(curve: &Curve, start: f64, length: f64, full: f64, middles: &[f64], row: &mut [f64]) {
    let first = middles[0] - 0.5;
    // Row cells before the curve has come to `x`.
    let reach = |x: f64| ceil_within(start + x * length - 0.5 - first, middles.len());
    let done = reach(1.0);
    row[done..].fill(full);
    let (row, middles) = (&mut row[..done], &middles[..done]);
    match curve {
        Curve::Linear => line(((0.0, 0.0), (1.0, 1.0)), start, length, full, middles, row),
        Curve::Points(points) => {
            let mut from = 0;
            for pair in points.windows(2) {
                let to = reach(pair[1].0).clamp(from, done);
                line((pair[0], pair[1]), start, length, full, &middles[from..to], &mut row[from..to]);
                from = to;
            }
        }
        Curve::Exponential => {
            for (value, middle) in row.iter_mut().zip(middles) {
                let x = (middle - start) / length;
                *value = full * ((1.0 - math::exp(-3.0 * x)) / (1.0 - math::exp(-3.0)));
            }
        }
        Curve::S => {
            for (value, middle) in row.iter_mut().zip(middles) {
                let x = (middle - start) / length;
                *value = full * (x * x * (3.0 - 2.0 * x));
            }
        }
    }
}

/// Output along a straight piece of a curve.
#[inline(always)]
fn line(
    ((x0, y0), (x1, y1)): ((f64, f64), (f64, f64)),
    start: f64,
    length: f64,
    full: f64,
    middles: &[f64],
    row: &mut [f64],
) {
    if row.is_empty() {
        return;
    }
    let slope = (y1 - y0) / (x1 - x0);
    let (base, step, begin) = (full * y0, full * slope / length, start + x0 * length);
    for (value, middle) in row.iter_mut().zip(middles) {
        *value = base + step * (middle - begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(curve: &Curve, start: f64, length: f64, months: usize) -> Vec<f64> {
        let middles: Vec<f64> = (0..months).map(|month| month as f64 + 0.5).collect();
        let first = middles_before(start, months);
        let mut row = vec![0.0; months];
        ramp(curve, start, length, 2.0, &middles[first..], &mut row[first..]);
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
