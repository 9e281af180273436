//! The inputs that are drawn once per trial: what we do not know. All trials in step are drawn at once.

use super::Draws;
use crate::model::{DatedPath, Input, Inputs, Model, Tilt};
use crate::random::Key;
use crate::simd::{ALL, InstructionSet, LANES, LaneFlags, LaneGroup, Lanes, Number, kernel};
use crate::special::{Probability, normal_cdf, normal_probabilities, normal_quantile, normal_quantiles};

/// A uniform number keeps this distance from 0 and 1.
const EDGE: f64 = 1.0 / (1u64 << 53) as f64;

/// Inputs to draw: slot, and the trials that need it; the others get anything. A project that is never built needs no input
/// but its chance, and as every input has a stream of its own, nobody notices.
#[derive(Clone, Debug, Default)]
pub struct Requests(Vec<(usize, LaneFlags)>);

impl Requests {
    /// All inputs but those of projects and of plants that investors decide on, and those that decide whether projects are built.
    pub fn of_every_trial(model: &Model) -> Self {
        let mut requests = Requests::default();
        let Inputs { drawn, of_projects, of_decisions, .. } = &model.inputs;
        for slot in (0..drawn.len()).filter(|slot| !of_projects.contains(slot) && !of_decisions.contains(slot)) {
            requests.add(Input::Drawn(slot), ALL);
        }
        for gate in model.projects.iter().flat_map(|project| &project.gates) {
            requests.add(gate.probability, ALL);
        }
        for tilt in &model.tilts {
            let (Tilt::Rate { natural, .. } | Tilt::Success { natural, .. }) = tilt;
            requests.add(*natural, ALL);
        }
        requests
    }

    /// All there are.
    pub fn all(model: &Model) -> Self {
        Requests((0..model.inputs.drawn.len()).map(|slot| (slot, ALL)).collect())
    }

    /// Asks for an input, unless it is known.
    pub fn add(&mut self, input: Input, wanted: LaneFlags) {
        if let Input::Drawn(slot) = input {
            self.0.push((slot, wanted));
        }
    }

    /// Asks for nothing.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Input {
    /// The number in each of the trials whose inputs are `values`.
    #[inline]
    pub fn of(self, values: &[Lanes]) -> Lanes {
        match self {
            Input::Known(value) => Lanes::all(value),
            Input::Drawn(slot) => values[slot],
        }
    }

    /// The number in the trial whose inputs are `values`.
    pub fn value(self, values: &[f64]) -> f64 {
        match self {
            Input::Known(value) => value,
            Input::Drawn(slot) => values[slot],
        }
    }

    /// The number in one of them.
    #[inline]
    pub fn at(self, values: &[Lanes], lane: usize) -> f64 {
        match self {
            Input::Known(value) => value,
            Input::Drawn(slot) => values[slot].0[lane],
        }
    }
}

impl DatedPath {
    /// Its value in a month, t/month, in trials whose inputs are `values`.
    #[inline(always)]
    pub fn in_month<N: Number>(&self, lanes: LaneGroup<N>, month: usize, values: &[Lanes]) -> N {
        let mut numbers = [lanes.zero(); 4];
        for (number, input) in numbers.iter_mut().zip(self.around(month)) {
            *number = match input {
                Input::Known(value) => lanes.splat(value),
                Input::Drawn(slot) => lanes.load(&values[slot]),
            };
        }
        DatedPath::value(numbers) / lanes.splat(12.0)
    }
}

/// Draws what correlated inputs have in common.
pub fn draw_common(model: &Model, trials: &[u64; LANES], draws: &mut Draws) {
    for (common, factor) in draws.common.iter_mut().zip(&model.inputs.factors) {
        *common = Lanes::all(factor.known);
        for (key, weight) in &factor.terms {
            let mut numbers = key.uniforms(trials);
            normal_quantiles(&mut numbers);
            for (common, number) in common.0.iter_mut().zip(&numbers) {
                *common += weight * number;
            }
        }
    }
}

/// Draws inputs by the inverse distribution function of one uniform number each, and keeps them.
///
/// An input that belongs to a correlation has the normal number `c + w e`, with what it has in common with others and its own
/// normal number (Gaussian copula; with one factor Vasicek 1987): see [`Factor`]. Its uniform number is the distribution
/// function of that.
pub fn draw(
    set: InstructionSet,
    model: &Model,
    trials: &[u64; LANES],
    requests: &Requests,
    common: &[Lanes],
    inputs: &mut [Lanes],
) {
    set.dispatch(Draw { model, trials, requests, common, inputs });
}

kernel! {
    Draw<'a> {
        model: &'a Model,
        trials: &'a [u64; LANES],
        requests: &'a Requests,
        common: &'a [Lanes],
        inputs: &'a mut [Lanes],
    }
    calls draw_requested
}

#[inline(always)]
fn draw_requested(model: &Model, trials: &[u64; LANES], requests: &Requests, common: &[Lanes], inputs: &mut [Lanes]) {
    for requested in requests.0.chunks(TOGETHER) {
        let is_correlated = |(slot, _): &(usize, LaneFlags)| model.inputs.drawn[*slot].factor.is_some();
        let uniform = uniforms(requested.iter().map(|(slot, _)| &model.inputs.drawn[*slot].key), trials);
        let normal = if requested.iter().any(is_correlated) { normals(&uniform) } else { uniform };
        for (position, (slot, wanted)) in requested.iter().enumerate() {
            let input = &model.inputs.drawn[*slot];
            let mut numbers = uniform[position];
            if let Some(index) = input.factor {
                let (factor, common) = (&model.inputs.factors[index], &common[index].0);
                for lane in 0..LANES {
                    numbers[lane] = common[lane] + factor.own * normal[position][lane];
                }
                match &input.distribution {
                    Some(distribution) => distribution.quantiles_at_normals(&mut numbers, wanted),
                    None => {
                        normal_probabilities(&mut numbers);
                        numbers = numbers.map(|number| number.clamp(EDGE, 1.0 - EDGE));
                    }
                }
            } else if let Some(distribution) = &input.distribution {
                distribution.quantiles(&mut numbers, wanted);
            }
            inputs[*slot] = Lanes(numbers);
        }
    }
}

/// Streams that are drawn from together, so that one need not wait for the other.
pub const TOGETHER: usize = 4;

/// The uniform numbers of a few streams in the trials in step.
#[inline(always)]
pub fn uniforms<'a>(keys: impl Iterator<Item = &'a Key>, trials: &[u64; LANES]) -> [[f64; LANES]; TOGETHER] {
    let mut numbers = [[0.5; LANES]; TOGETHER];
    for (numbers, key) in numbers.iter_mut().zip(keys) {
        *numbers = key.uniforms(trials);
    }
    numbers
}

/// Their standard normal quantiles.
#[inline(always)]
pub fn normals(uniforms: &[[f64; LANES]; TOGETHER]) -> [[f64; LANES]; TOGETHER] {
    let mut all = [0.0; TOGETHER * LANES];
    all.copy_from_slice(uniforms.as_flattened());
    normal_quantiles(&mut all);
    let mut numbers = *uniforms;
    numbers.as_flattened_mut().copy_from_slice(&all);
    numbers
}

/// Probability that `chance` stays below `probability`, given what that input has in common with others.
pub fn given_common(model: &Model, draws: &Draws, lane: usize, chance: Input, probability: f64) -> Probability {
    let unconditional = Probability { below: probability, above: 1.0 - probability };
    let Input::Drawn(slot) = chance else { return unconditional };
    let Some(index) = model.inputs.drawn[slot].factor.filter(|_| probability > 0.0 && probability < 1.0) else {
        return unconditional;
    };
    let factor = &model.inputs.factors[index];
    let limit = normal_quantile(Probability::of(probability)) - draws.common[index].0[lane];
    if factor.own == 0.0 {
        let sure = if limit > 0.0 { 1.0 } else { 0.0 };
        return Probability { below: sure, above: 1.0 - sure };
    }
    normal_cdf(limit / factor.own)
}
