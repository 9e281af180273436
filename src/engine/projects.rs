//! Whether and when projects start and close: those of the config, and the plants that investors decide on.

use super::batch::{Draws, Fates};
use super::inputs::{self, Requests, TOGETHER};
use crate::math;
use crate::model::{Input, Model, Project};
use crate::random::Key;
use crate::simd::{ALL, InstructionSet, LANES, LaneFlags, Lanes, NONE, kernel};
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
    /// The gates of some projects of `model`.
    pub fn new(model: &Model, projects: &[Project]) -> Self {
        let mut gates = Gates::default();
        for (index, project) in projects.iter().enumerate() {
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

    /// How many different limits there are.
    pub fn count(&self) -> usize {
        self.limits.len()
    }
}

/// Decides which projects pass their gates.
pub fn pass_gates(
    set: InstructionSet,
    model: &Model,
    trials: &[u64; LANES],
    gates: &Gates,
    limits: &mut [Lanes],
    [inputs, common]: [&[Lanes]; 2],
    passed: &mut [LaneFlags],
) {
    set.dispatch(PassGates { model, trials, gates, limits, inputs, common, passed });
}

kernel! {
    PassGates<'a> {
        model: &'a Model,
        trials: &'a [u64; LANES],
        gates: &'a Gates,
        limits: &'a mut [Lanes],
        inputs: &'a [Lanes],
        common: &'a [Lanes],
        passed: &'a mut [LaneFlags],
    }
    calls pass_all_gates
}

#[inline(always)]
fn pass_all_gates(
    model: &Model,
    trials: &[u64; LANES],
    gates: &Gates,
    limits: &mut [Lanes],
    inputs: &[Lanes],
    common: &[Lanes],
    passed: &mut [LaneFlags],
) {
    for (now, limit) in limits.iter_mut().zip(&gates.limits) {
        let probability = limit.probability.of(inputs).0;
        let mut below = probability;
        if let Some(index) = limit.factor {
            let (factor, common) = (&model.inputs.factors[index], &common[index].0);
            normal_quantiles(&mut below);
            for lane in 0..LANES {
                below[lane] = (below[lane] - common[lane]) / factor.own;
                let certain = if probability[lane] > 0.0 { f64::INFINITY } else { f64::NEG_INFINITY };
                below[lane] = if probability[lane] > 0.0 && probability[lane] < 1.0 { below[lane] } else { certain };
            }
        }
        *now = Lanes(below);
    }
    passed.fill(ALL);
    for some in gates.gates.chunks(TOGETHER) {
        let is_correlated = |(_, _, limit): &(usize, Key, usize)| gates.limits[*limit].factor.is_some();
        let uniform = inputs::uniforms(some.iter().map(|(_, key, _)| key), trials);
        let normal = if some.iter().any(is_correlated) { inputs::normals(&uniform) } else { uniform };
        for (position, gate) in some.iter().enumerate() {
            let numbers = if is_correlated(gate) { &normal[position] } else { &uniform[position] };
            let (below, passed) = (&limits[gate.2].0, &mut passed[gate.0]);
            for lane in 0..LANES {
                passed[lane] &= numbers[lane] < below[lane];
            }
        }
    }
    for &project in &gates.shut {
        passed[project] = NONE;
    }
}

/// Draws when each of the `projects` that pass their gates starts and closes, and what it makes if it starts within the horizon.
/// Times of a plant that investors decide on count from the decision, which comes at `earliest`; others have none.
#[allow(clippy::too_many_arguments)]
pub fn draw_starts(
    set: InstructionSet,
    model: &Model,
    projects: &[Project],
    earliest: &[Lanes],
    trials: &[u64; LANES],
    requests: &mut Requests,
    [inputs, common]: [&mut [Lanes]; 2],
    fates: &mut Fates,
) {
    requests.clear();
    for (project, passed) in projects.iter().zip(&fates.passed) {
        if *passed != NONE {
            project.lead.iter().for_each(|months| requests.add(*months, *passed));
        }
    }
    inputs::draw(set, model, trials, requests, common, inputs);
    set.dispatch(AddLeads { months: model.months as f64, projects, earliest, inputs, fates });
    requests.clear();
    // Inputs of a kind one after another: they mostly have the same shape.
    let kinds: [fn(&Project) -> Option<Input>; 6] = [
        |project| project.life,
        |project| project.closure.map(|(rate, _)| rate),
        |project| project.closure.map(|(_, chance)| chance),
        |project| Some(project.utilisation),
        |project| Some(project.ramp_months),
        |project| Some(project.curve_pick),
    ];
    let built = || projects.iter().zip(&fates.builds).filter(|(_, builds)| **builds != NONE);
    for kind in kinds {
        for (project, builds) in built() {
            kind(project).into_iter().for_each(|input| requests.add(input, *builds));
        }
    }
    for (project, builds) in built() {
        project.outputs.iter().for_each(|output| requests.add(output.tonnes_per_year, *builds));
    }
    inputs::draw(set, model, trials, requests, common, inputs);
    set.dispatch(Close { months: model.months as f64, projects, inputs, fates });
}

kernel! {
    AddLeads<'a> {
        months: f64,
        projects: &'a [Project],
        earliest: &'a [Lanes],
        inputs: &'a [Lanes],
        fates: &'a mut Fates,
    }
    calls add_leads
}

/// Adds up the lead times of projects, and finds out which start within the horizon.
#[inline(always)]
fn add_leads(months: f64, projects: &[Project], earliest: &[Lanes], inputs: &[Lanes], fates: &mut Fates) {
    for (index, project) in projects.iter().enumerate() {
        let passed = fates.passed[index];
        let mut start = [0.0; LANES];
        for months in &project.lead {
            for (start, months) in start.iter_mut().zip(months.of(inputs).0) {
                *start += months;
            }
        }
        if project.sooner != 0.0 {
            for start in &mut start {
                let moved = *start - project.sooner;
                let moved = if moved > 0.0 { moved } else { 0.0 };
                *start = if *start > 0.0 { moved } else { *start };
            }
        }
        for &required in &project.requires {
            for (start, required) in start.iter_mut().zip(fates.starts[required].0) {
                *start = if *start > required { *start } else { required };
            }
        }
        for (start, passed) in start.iter_mut().zip(passed) {
            *start = if passed { *start } else { f64::INFINITY };
        }
        fates.starts[index] = Lanes(start);
        let earliest = earliest.get(index).unwrap_or(&Lanes::ZERO).0;
        fates.builds[index] = std::array::from_fn(|lane| earliest[lane] + start[lane] < months);
    }
}

kernel! {
    Close<'a> { months: f64, projects: &'a [Project], inputs: &'a [Lanes], fates: &'a mut Fates }
    calls close
}

/// Decides when projects that start close.
#[inline(always)]
fn close(months: f64, projects: &[Project], inputs: &[Lanes], fates: &mut Fates) {
    for (index, project) in projects.iter().enumerate() {
        let mut closures = Lanes::all(f64::INFINITY);
        let starts = fates.starts[index].0;
        if fates.builds[index] != NONE {
            let of = |input: Input| input.of(inputs).0;
            if let Some((rate, chance)) = project.closure {
                let (rate, chance) = (of(rate), of(chance));
                for (lane, closed) in closures.0.iter_mut().enumerate() {
                    // A rate of zero gives an infinite time: the logarithm is below zero, never zero.
                    let closure = starts[lane] + 12.0 * -math::ln_in_row(chance[lane]) / rate[lane];
                    *closed = if starts[lane] < months { closure } else { f64::INFINITY };
                }
            }
            if let Some(life) = project.life {
                for ((closed, start), years) in closures.0.iter_mut().zip(starts).zip(of(life)) {
                    let end = start + 12.0 * years;
                    *closed = if start < months && end < *closed { end } else { *closed };
                }
            }
        }
        fates.closures[index] = closures;
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
    for (project, start) in model.projects.iter().zip(&draws.projects.starts) {
        requests.add(project.ramp_months, start.0.map(f64::is_finite));
    }
    inputs::draw(set, model, trials, requests, &draws.common, &mut draws.inputs);
    let one = |(index, project): (usize, &Project)| {
        let Fates { starts, closures, .. } = &draws.projects;
        let (start, closure, ramp) = (starts[index], closures[index], project.ramp_months.of(&draws.inputs));
        let full = std::array::from_fn(|lane| {
            let full = start.0[lane] + ramp.0[lane];
            if full <= closure.0[lane] { full } else { f64::INFINITY }
        });
        ProjectDates { start, full: Lanes(full) }
    };
    model.projects.iter().enumerate().map(one).collect()
}
