//! When projects start, and what they add to capacity.

use super::Draws;
use super::capacity::{add_row, dampen};
use crate::math;
use crate::model::{Curve, Model, Project};

/// Draws when each project starts and closes.
pub fn draw_starts(model: &Model, draws: &mut Draws) {
    for index in 0..model.projects.len() {
        let project = &model.projects[index];
        let start = start(project, &draws.inputs, &draws.starts);
        draws.starts[index] = start;
        draws.closures[index] = match project.closure {
            Some((rate, chance)) => {
                // A rate of zero gives an infinite time: the logarithm is below zero, never zero.
                start + 12.0 * -math::ln(chance.of(&draws.inputs)) / rate.of(&draws.inputs)
            }
            None => f64::INFINITY,
        };
    }
}

/// First product: after all lead times and everything it requires; never, if a gate fails.
fn start(project: &Project, inputs: &[f64], starts: &[f64]) -> f64 {
    if project.gates.iter().any(|(chance, probability)| !(chance.of(inputs) < probability.of(inputs))) {
        return f64::INFINITY;
    }
    let own: f64 = project.lead.iter().map(|months| months.of(inputs)).sum();
    project.requires.iter().map(|&required| starts[required]).fold(own, f64::max)
}

/// Adds the output of all projects to the capacity rows.
pub fn add_output(model: &Model, draws: &mut Draws) {
    let months = model.months;
    for (index, project) in model.projects.iter().enumerate() {
        let (start, closure) = (draws.starts[index], draws.closures[index]);
        // Month `m` is judged at its middle, `m + 1/2`.
        let first = if start <= 0.5 { 0 } else { (start - 0.5).ceil() as usize };
        let end =
            if closure.is_finite() { ((closure - 0.5).max(-1.0).floor() + 1.0) as usize } else { months }.min(months);
        if !(start < months as f64) || first >= end {
            continue;
        }
        let full = project.tonnes_per_year.of(&draws.inputs) / 12.0 * project.utilisation.of(&draws.inputs);
        let row = &mut draws.scratch[first..end];
        ramp(model, project, &draws.inputs, start, first, row);
        for value in row.iter_mut() {
            *value *= full;
        }
        for &outage in project.outages.iter().filter(|&&outage| draws.disrupted[outage]) {
            dampen(&mut draws.scratch[first..end], &draws.effects[outage * months + first..outage * months + end]);
        }
        let row = &draws.scratch[first..end];
        let place = project.stage * model.markets.len() + project.market;
        add_row(&mut draws.capacity[place * months + first..place * months + end], row);
        if let Some(country) = project.country {
            let at = (project.stage * model.countries.len() + country) * months;
            add_row(&mut draws.country_capacity[at + first..at + end], row);
        }
    }
}

/// Fraction of full output at the middle of each month from `first` on.
fn ramp(model: &Model, project: &Project, inputs: &[f64], start: f64, first: usize, row: &mut [f64]) {
    let length = project.ramp_months.of(inputs);
    let pick = project.curve_pick.of(inputs);
    let curve = project.curves.iter().find(|(_, cumulative)| pick < *cumulative).or(project.curves.last());
    let curve = &model.curves[curve.map_or(0, |(curve, _)| *curve)];
    let ramping = ((start + length - 0.5 - first as f64).ceil().max(0.0) as usize).min(row.len());
    row[ramping..].fill(1.0);
    let mut segment = 0;
    for (offset, value) in row[..ramping].iter_mut().enumerate() {
        let x = ((first + offset) as f64 + 0.5 - start) / length;
        *value = height(curve, x, &mut segment);
    }
}

/// Height of a curve at `x` in 0 to 1. `segment` remembers where among the points the last `x`, which was lower, lay.
fn height(curve: &Curve, x: f64, segment: &mut usize) -> f64 {
    match curve {
        Curve::Linear => x,
        Curve::Exponential => (1.0 - math::exp(-3.0 * x)) / (1.0 - math::exp(-3.0)),
        Curve::S => x * x * (3.0 - 2.0 * x),
        Curve::Points(points) => {
            while *segment + 2 < points.len() && points[*segment + 1].0 <= x {
                *segment += 1;
            }
            let ((x0, y0), (x1, y1)) = (points[*segment], points[*segment + 1]);
            y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_reach_one() {
        for curve in
            [Curve::Linear, Curve::Exponential, Curve::S, Curve::Points(vec![(0.0, 0.1), (0.5, 0.2), (1.0, 1.0)])]
        {
            assert!((height(&curve, 1.0, &mut 0) - 1.0).abs() < 1e-12);
        }
        let points = Curve::Points(vec![(0.0, 0.1), (0.5, 0.2), (1.0, 1.0)]);
        assert!((height(&points, 0.25, &mut 0) - 0.15).abs() < 1e-12);
        assert!((height(&points, 0.75, &mut 0) - 0.6).abs() < 1e-12);
    }
}
