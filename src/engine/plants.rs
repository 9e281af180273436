//! What plants add to capacity: their ramp-up and end, month by month.

use std::ops::Range;

use super::batch::{Draws, Fates};
use super::network::CapacityGroup;
use crate::math;
use crate::model::{Curve, Input, Model};
use crate::simd::{InstructionSet, LANES, Lanes, NONE, kernel};

/// What the projects of a group make before outages, a month in each cell; emptied once it is added up.
#[derive(Clone, Debug)]
pub struct PlantOutput {
    /// What is known month by month.
    pub varying: Vec<Lanes>,
    /// By how much the growth of the rest from month to month changes; with room for two months beyond the horizon.
    pub bends: Vec<Lanes>,
}

impl PlantOutput {
    /// What to round the outputs of plants by that are `total` together (see [`Plant::add`]): to multiples of 2^-49 of a power of
    /// two above that, so that whatever begins and ends in a month adds up exactly.
    #[inline(always)]
    pub fn rounding(total: f64) -> f64 {
        1.5 * f64::from_bits((8.0 * total).to_bits() & (0x7ff << 52))
    }

    /// For so many months.
    pub fn new(months: usize) -> Self {
        PlantOutput { varying: vec![Lanes::ZERO; months], bends: vec![Lanes::ZERO; months + 2] }
    }
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

/// Lists the projects that produce within the horizon, by group.
pub fn list(set: InstructionSet, model: &Model, groups: &[CapacityGroup], draws: &Draws, plants: &mut [Vec<Plant>]) {
    set.dispatch(List { model, groups, draws, plants });
}

kernel! {
    List<'a> { model: &'a Model, groups: &'a [CapacityGroup], draws: &'a Draws, plants: &'a mut [Vec<Plant>] }
    calls list_all
}

#[inline(always)]
fn list_all(model: &Model, groups: &[CapacityGroup], draws: &Draws, plants: &mut [Vec<Plant>]) {
    let Fates { builds, starts, closures, .. } = &draws.projects;
    for (group, plants) in groups.iter().zip(plants) {
        plants.clear();
        for &(index, output) in &group.projects {
            if builds[index] == NONE {
                continue;
            }
            let (project, starts, closures) = (&model.projects[index], starts[index], closures[index]);
            let of = |input: Input| input.of(&draws.inputs).0;
            let months = model.months as f64;
            let [tonnes, utilisation] = [of(project.outputs[output].tonnes_per_year), of(project.utilisation)];
            let [lengths, picks] = [of(project.ramp_months), of(project.curve_pick)];
            let first = middles_before(starts.0, months);
            let end = middles_before_or_at(closures.0, months);
            let mut full_from = [0.0; LANES];
            for lane in 0..LANES {
                full_from[lane] = starts.0[lane] + lengths[lane];
            }
            let mut full_from = middles_before(full_from, months);
            let mut full = [0.0; LANES];
            let mut producing = 0u32;
            for lane in 0..LANES {
                full[lane] = tonnes[lane] / 12.0 * utilisation[lane];
                full_from[lane] = full_from[lane].max(first[lane]).min(end[lane]);
                producing |= u32::from(first[lane] < end[lane]) << lane;
            }
            // Bit by bit: whether a trial has the project cannot be foretold.
            while producing != 0 {
                let lane = producing.trailing_zeros() as usize;
                producing &= producing - 1;
                plants.push(Plant {
                    lane,
                    curve: pick_curve(&project.curves, picks[lane]),
                    start: starts.0[lane],
                    length: lengths[lane],
                    full: full[lane],
                    months: first[lane] as usize..end[lane] as usize,
                    full_from: full_from[lane] as usize,
                });
            }
        }
    }
}

/// The curve that a uniform number picks.
#[inline(always)]
fn pick_curve(curves: &[(usize, f64)], pick: f64) -> usize {
    match curves {
        [] => 0,
        [(only, _)] => *only,
        [.., (last, _)] => curves.iter().find(|(_, cumulative)| pick < *cumulative).map_or(*last, |(curve, _)| *curve),
    }
}

impl Plant {
    /// One plant of the trial `lane`, by itself: `[start, closure]` and `[length, full]` as above, with the number that picks its
    /// curve; none where it does not produce within the horizon.
    pub fn new(
        lane: usize,
        curves: &[(usize, f64)],
        pick: f64,
        [start, closure]: [f64; 2],
        [length, full]: [f64; 2],
        months: f64,
    ) -> Option<Self> {
        let [first, full_from] = middles_before([start, start + length], months);
        let [end] = middles_before_or_at([closure], months);
        let full_from = full_from.max(first).min(end) as usize;
        let months = first as usize..end as usize;
        (first < end).then(|| Plant { lane, curve: pick_curve(curves, pick), start, length, full, months, full_from })
    }

    /// Adds its output. Numbers are rounded by adding `round` and taking it away: so chosen that sums of them are exact, and
    /// what opens and closes leaves nothing behind.
    #[inline(always)]
    pub fn add(&self, model: &Model, round: f64, rows: &mut PlantOutput) {
        let ramp = self.months.start..self.full_from;
        let mut track = Track { lane: self.lane, height: 0.0, growth: 0.0 };
        match &model.curves[self.curve] {
            Curve::Lines(lines) => {
                let (mut from, pace) = (ramp.start, self.full / self.length);
                for line in lines {
                    let [end] = middles_before([self.start + line.to * self.length], ramp.end as f64);
                    let end = (end as usize).max(from);
                    if from < end {
                        let slope = pace * line.slope;
                        let since = from as f64 + 0.5 - (self.start + line.x * self.length);
                        let first = (self.full * line.y + slope * since + round) - round;
                        // A month alone needs no slope, which may be very steep.
                        let slope = if end - from > 1 { (slope + round) - round } else { 0.0 };
                        track.go(from..end, first, slope, rows);
                    }
                    from = end;
                }
            }
            Curve::Exponential => {
                let whole = 1.0 - math::exp_in_row(-3.0);
                self.add_curve(|x| (1.0 - math::exp_in_row(-3.0 * x)) / whole, ramp, rows);
            }
            Curve::S => self.add_curve(|x| x * x * (3.0 - 2.0 * x), ramp, rows),
        }
        if self.full_from < self.months.end {
            track.go(self.full_from..self.months.end, (self.full + round) - round, 0.0, rows);
        }
        // Nothing from then on: two months are enough to say so.
        track.go(self.months.end..self.months.end + 2, 0.0, 0.0, rows);
    }

    /// Adds the curve of these heights, month by month.
    #[inline(always)]
    fn add_curve(&self, height: impl Fn(f64) -> f64, months: Range<usize>, rows: &mut PlantOutput) {
        for month in months {
            let x = (month as f64 + 0.5 - self.start) / self.length;
            rows.varying[month].0[self.lane] += self.full * height(x);
        }
    }
}

/// The way of a plant's output through straight pieces, one after another.
struct Track {
    /// The trial.
    lane: usize,
    /// Output in the last month.
    height: f64,
    /// And how much more that was than in the month before.
    growth: f64,
}

impl Track {
    /// Goes on along a straight line over the next months, of which there is at least one.
    #[inline(always)]
    fn go(&mut self, months: Range<usize>, first: f64, slope: f64, rows: &mut PlantOutput) {
        let step = first - self.height;
        rows.bends[months.start].0[self.lane] += step - self.growth;
        (self.height, self.growth) = (first, step);
        if months.len() > 1 {
            rows.bends[months.start + 1].0[self.lane] += slope - step;
            (self.height, self.growth) = (first + slope * (months.len() - 1) as f64, slope);
        }
    }
}

/// How many middles of months, `m + 1/2`, lie before each time.
#[inline(always)]
fn middles_before<const N: usize>(times: [f64; N], months: f64) -> [f64; N] {
    let mut counts = [0.0; N];
    for (count, time) in counts.iter_mut().zip(times) {
        let time = time - 0.5;
        let time = if time < months { time } else { months };
        let time = if time > 0.0 { time } else { 0.0 };
        let near = math::nearest(time);
        *count = if near < time { near + 1.0 } else { near };
    }
    counts
}

/// How many lie before it or at it.
#[inline(always)]
fn middles_before_or_at<const N: usize>(times: [f64; N], months: f64) -> [f64; N] {
    let mut counts = middles_before(times, months);
    for (count, time) in counts.iter_mut().zip(times) {
        *count = if *count < months && *count + 0.5 == time { *count + 1.0 } else { *count };
    }
    counts
}

#[cfg(test)]
mod tests;
