//! Outputs of plants computed by hand.

use super::*;
use crate::study::Study;

/// Output of a plant of two tonnes a month that never closes.
fn heights(curve: &Curve, start: f64, length: f64, months: usize) -> Vec<f64> {
    let text = format!(
        "title = \"t\"\nstart = \"2026-01\"\nhorizon_years = {}\nmarkets.m.countries = [\"C\"]\nstages.s = {{}}\n\
         capacities.c = {{ country = \"C\", stage = \"s\", tonnes_per_year = 1 }}\n",
        months as f64 / 12.0
    );
    let mut model = Study::from_text(&text).unwrap().scenarios.remove(0).model;
    model.curves.push(curve.clone());
    let [first, full_from] = middles_before([start, start + length], months as f64).map(|count| count as usize);
    let curve = model.curves.len() - 1;
    let plant = Plant { lane: 3, curve, start, length, full: 2.0, months: first..months, full_from };
    let mut rows = PlantOutput::new(months);
    plant.add(&model, 6.0, &mut rows);
    let (mut slope, mut steady) = (0.0, 0.0);
    (0..months)
        .map(|month| {
            slope += rows.bends[month].0[3];
            steady += slope;
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
    let linear = Curve::through(&[(0.0, 0.0), (1.0, 1.0)]);
    close(&heights(&linear, 1.0, 2.0, 5), &[0.0, 0.5, 1.5, 2.0, 2.0]);
    close(&heights(&linear, 1.6, 0.0, 4), &[0.0, 0.0, 2.0, 2.0]);
    close(&heights(&Curve::S, 0.0, 2.0, 3), &[2.0 * 0.15625, 2.0 * 0.84375, 2.0]);
    let points = Curve::through(&[(0.0, 0.1), (0.5, 0.2), (1.0, 1.0)]);
    close(&heights(&points, -0.5, 4.0, 4), &[0.3, 2.0 * 0.2, 2.0 * 0.6, 2.0]);
    let exponential = |x: f64| 2.0 * (1.0 - math::exp(-3.0 * x)) / (1.0 - math::exp(-3.0));
    close(&heights(&Curve::Exponential, 0.0, 2.0, 3), &[exponential(0.25), exponential(0.75), 2.0]);
}

#[test]
fn months_are_counted_by_their_middle() {
    for (time, before, or_at) in [(-3.0, 0.0, 0.0), (0.5, 0.0, 1.0), (0.6, 1.0, 1.0), (2.5, 2.0, 3.0), (1e9, 7.0, 7.0)]
    {
        assert_eq!((middles_before([time], 7.0), middles_before_or_at([time], 7.0)), ([before], [or_at]), "{time}");
    }
    assert_eq!(middles_before([f64::INFINITY], 7.0), [7.0]);
}
