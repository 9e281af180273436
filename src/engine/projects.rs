//! When projects start, and what they add to capacity.

use std::ops::Range;

use super::Draws;
use super::inputs::{self, Requests, TOGETHER};
use super::network::CapacityGroup;
use crate::math;
use crate::model::{Curve, Input, Model, Project};
use crate::random::Key;
use crate::simd::{ALL, InstructionSet, LANES, Lanes, NONE, kernel};
use crate::special::normal_quantiles;

/// What decides whether projects pass their gates.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    /// Each gate: its project, the stream of its chance, and its limit.
    gates: Vec<(usize, Key, usize)>,
    /// The different limits: those of the same probability and correlation are the same.
    limits: Vec<Limit>,
    /// Projects with a gate that never opens.
    shut: Vec<usize>,
}

/// A gate opens if its uniform number is below the probability; in a correlation, if its normal number
/// `c + w e` is below the quantile of the probability. The limit is what the uniform number, or `e`, must be below.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    probability: Input,
    factor: Option<usize>,
}

impl Gates {
    /// The gates of `model`.
    pub fn new(model: &Model) -> Self {
        let mut gates = Gates::default();
        for (index, project) in model.projects.iter().enumerate() {
            for gate in &project.gates {
                let Input::Drawn(slot) = gate.chance else {
                    // Certain: its chance was never made an input.
                    gates.shut.extend((!gate.probability.is(1.0)).then_some(index));
                    continue;
                };
                let drawn = &model.inputs.drawn[slot];
                let limit = Limit { probability: gate.probability, factor: drawn.factor };
                let known = gates.limits.iter().position(|known| *known == limit);
                let number = known.unwrap_or_else(|| {
                    gates.limits.push(limit);
                    gates.limits.len() - 1
                });
                gates.gates.push((index, drawn.key, number));
            }
        }
        gates
    }

    /// Room for the limits in the trials of a batch.
    pub fn limits(&self) -> Vec<Lanes> {
        vec![Lanes::ZERO; self.limits.len()]
    }
}

/// Decides which projects pass their gates.
pub fn pass_gates(
    set: InstructionSet,
    model: &Model,
    trials: &[u64; LANES],
    gates: &Gates,
    limits: &mut [Lanes],
    draws: &mut Draws,
) {
    set.dispatch(PassGates { model, trials, gates, limits, draws });
}

kernel! {
    PassGates<'a> {
        model: &'a Model,
        trials: &'a [u64; LANES],
        gates: &'a Gates,
        limits: &'a mut [Lanes],
        draws: &'a mut Draws,
    }
    calls pass_all_gates
}

#[inline(always)]
fn pass_all_gates(model: &Model, trials: &[u64; LANES], gates: &Gates, limits: &mut [Lanes], draws: &mut Draws) {
    for (now, limit) in limits.iter_mut().zip(&gates.limits) {
        let probability = limit.probability.of(&draws.inputs).0;
        let mut below = probability;
        if let Some(index) = limit.factor {
            let (factor, common) = (&model.inputs.factors[index], &draws.common[index].0);
            normal_quantiles(&mut below);
            for lane in 0..LANES {
                below[lane] = (below[lane] - common[lane]) / factor.own;
                let certain = if probability[lane] > 0.0 { f64::INFINITY } else { f64::NEG_INFINITY };
                below[lane] = if probability[lane] > 0.0 && probability[lane] < 1.0 { below[lane] } else { certain };
            }
        }
        *now = Lanes(below);
    }
    draws.passed.fill(ALL);
    for some in gates.gates.chunks(TOGETHER) {
        let is_correlated = |(_, _, limit): &(usize, Key, usize)| gates.limits[*limit].factor.is_some();
        let uniform = inputs::uniforms(some.iter().map(|(_, key, _)| key), trials);
        let normal = if some.iter().any(is_correlated) { inputs::normals(&uniform) } else { uniform };
        for (position, gate) in some.iter().enumerate() {
            let numbers = if is_correlated(gate) { &normal[position] } else { &uniform[position] };
            let (below, passed) = (&limits[gate.2].0, &mut draws.passed[gate.0]);
            for lane in 0..LANES {
                passed[lane] &= numbers[lane] < below[lane];
            }
        }
    }
    for &project in &gates.shut {
        draws.passed[project] = NONE;
    }
}

/// Draws when each project starts and closes, and what it makes if it starts within the horizon.
pub fn draw_starts(
    set: InstructionSet,
    model: &Model,
    trials: &[u64; LANES],
    requests: &mut Requests,
    draws: &mut Draws,
) {
    requests.clear();
    for (project, passed) in model.projects.iter().zip(&draws.passed) {
        if *passed != NONE {
            project.lead.iter().for_each(|months| requests.add(*months, *passed));
        }
    }
    inputs::draw(set, model, trials, requests, draws);
    set.dispatch(AddLeads { model, draws });
    requests.clear();
    // Inputs of a kind one after another: they mostly have the same shape.
    let kinds: [fn(&Project) -> Option<Input>; 7] = [
        |project| project.life,
        |project| project.closure.map(|(rate, _)| rate),
        |project| project.closure.map(|(_, chance)| chance),
        |project| Some(project.tonnes_per_year),
        |project| Some(project.utilisation),
        |project| Some(project.ramp_months),
        |project| Some(project.curve_pick),
    ];
    for kind in kinds {
        for (project, builds) in model.projects.iter().zip(&draws.builds) {
            if let Some(input @ Input::Drawn(_)) = kind(project)
                && *builds != NONE
            {
                requests.add(input, *builds);
            }
        }
    }
    inputs::draw(set, model, trials, requests, draws);
}

kernel! {
    AddLeads<'a> { model: &'a Model, draws: &'a mut Draws }
    calls add_leads
}

/// Adds up the lead times of projects, and finds out which start within the horizon.
#[inline(always)]
fn add_leads(model: &Model, draws: &mut Draws) {
    for (index, project) in model.projects.iter().enumerate() {
        let passed = draws.passed[index];
        let mut start = [0.0; LANES];
        for months in &project.lead {
            for (start, months) in start.iter_mut().zip(months.of(&draws.inputs).0) {
                *start += months;
            }
        }
        for &required in &project.requires {
            for (start, required) in start.iter_mut().zip(draws.starts[required].0) {
                *start = if *start > required { *start } else { required };
            }
        }
        for (start, passed) in start.iter_mut().zip(passed) {
            *start = if passed { *start } else { f64::INFINITY };
        }
        draws.starts[index] = Lanes(start);
        draws.builds[index] = start.map(|start| start < model.months as f64);
    }
}

/// What the projects of a group make before outages, a month in each cell; emptied once it is added up.
#[derive(Clone, Debug)]
pub struct PlantOutput {
    /// What is known month by month.
    pub varying: Vec<Lanes>,
    /// By how much the growth of the rest from month to month changes; with room for two months beyond the horizon.
    pub bends: Vec<Lanes>,
}

impl PlantOutput {
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

/// Decides when projects that start close, and lists those that produce within the horizon, by group.
pub fn list(
    set: InstructionSet,
    model: &Model,
    groups: &[CapacityGroup],
    draws: &mut Draws,
    plants: &mut [Vec<Plant>],
) {
    set.dispatch(List { model, groups, draws, plants });
}

kernel! {
    List<'a> { model: &'a Model, groups: &'a [CapacityGroup], draws: &'a mut Draws, plants: &'a mut [Vec<Plant>] }
    calls list_all
}

#[inline(always)]
fn list_all(model: &Model, groups: &[CapacityGroup], draws: &mut Draws, plants: &mut [Vec<Plant>]) {
    for (group, plants) in groups.iter().zip(plants) {
        plants.clear();
        for &index in &group.projects {
            let (project, starts) = (&model.projects[index], draws.starts[index]);
            let mut closures = Lanes::all(f64::INFINITY);
            if draws.builds[index] == NONE {
                draws.closures[index] = closures;
                continue;
            }
            let of = |input: Input| input.of(&draws.inputs).0;
            let months = model.months as f64;
            if let Some((rate, chance)) = project.closure {
                let (rate, chance) = (of(rate), of(chance));
                for (lane, closed) in closures.0.iter_mut().enumerate() {
                    // A rate of zero gives an infinite time: the logarithm is below zero, never zero.
                    let closure = starts.0[lane] + 12.0 * -math::ln_in_row(chance[lane]) / rate[lane];
                    *closed = if starts.0[lane] < months { closure } else { f64::INFINITY };
                }
            }
            if let Some(life) = project.life {
                for ((closed, start), years) in closures.0.iter_mut().zip(starts.0).zip(of(life)) {
                    let end = start + 12.0 * years;
                    *closed = if start < months && end < *closed { end } else { *closed };
                }
            }
            draws.closures[index] = closures;
            let [tonnes, utilisation] = [of(project.tonnes_per_year), of(project.utilisation)];
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

/// When a project starts and is at full output in the trials of a batch, months.
#[derive(Clone, Copy, Debug)]
pub struct ProjectDates {
    /// First product; infinite if never.
    pub start: Lanes,
    /// Full output; infinite if it closes before, or never starts.
    pub full: Lanes,
}

/// The dates of all projects whose starts are drawn, those too that start after the horizon.
pub fn dates(
    set: InstructionSet,
    model: &Model,
    trials: &[u64; LANES],
    requests: &mut Requests,
    draws: &mut Draws,
) -> Vec<ProjectDates> {
    requests.clear();
    for (project, start) in model.projects.iter().zip(&draws.starts) {
        requests.add(project.ramp_months, start.0.map(f64::is_finite));
    }
    inputs::draw(set, model, trials, requests, draws);
    let one = |(index, project): (usize, &Project)| {
        let (start, closure, ramp) =
            (draws.starts[index], draws.closures[index], project.ramp_months.of(&draws.inputs));
        let full = std::array::from_fn(|lane| {
            let full = start.0[lane] + ramp.0[lane];
            if full <= closure.0[lane] { full } else { f64::INFINITY }
        });
        ProjectDates { start, full: Lanes(full) }
    };
    model.projects.iter().enumerate().map(one).collect()
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
