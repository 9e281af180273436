//! The steps of a trial, in order.

use super::sharing::BlockSlot;
use super::{Batch, Engine, Scratch, StreamIndices};
use super::{capacity, controls, demand, disruptions, inputs, month, outcomes, projects, tilt};
use crate::model::MAX_MARKETS;
use crate::simd::{Kernel, LANES, LaneGroups, Number};

/// Simulates trials with these streams together. Draws first, since none depends on what markets do:
///
/// 1. inputs and projects ([`DrawInputs`]);
/// 2. disruptions, and what follows month by month ([`DrawEvents`]);
/// 3. the months, one after another, with the series of each ([`RunMonths`]);
/// 4. the outcomes ([`FillOutcomes`]).
///
/// Each is compiled by itself: compilers do better on a few large functions than on one that is huge.
pub fn simulate(engine: &Engine<'_>, indices: &[StreamIndices], scratch: &mut Scratch, slot: BlockSlot<'_>) {
    let set = engine.instructions;
    scratch.batch.count = indices.len();
    let inputs = &by_lane(indices, |indices| indices.inputs);
    let events = &by_lane(indices, |indices| indices.events);
    set.dispatch(DrawInputs { engine, trials: inputs, scratch });
    set.dispatch(DrawEvents { engine, inputs, events, scratch, slot });
    match engine.model.markets.len() {
        2 => set.dispatch(RunMonths::<2> { engine, scratch }),
        3 => set.dispatch(RunMonths::<3> { engine, scratch }),
        4 => set.dispatch(RunMonths::<4> { engine, scratch }),
        _ => set.dispatch(RunMonths::<MAX_MARKETS> { engine, scratch }),
    }
    set.dispatch(FillOutcomes { engine, scratch });
}

/// One number of each trial; lanes without a trial take after the first.
fn by_lane(indices: &[StreamIndices], one: fn(&StreamIndices) -> u64) -> [u64; LANES] {
    std::array::from_fn(|lane| indices.get(lane).or(indices.first()).map_or(0, one))
}

/// Draws what is drawn once for a trial:
///
/// 1. the inputs that every trial needs;
/// 2. which projects pass their gates, and when these start;
/// 3. the inputs of those that start within the horizon, and when they close.
pub struct DrawInputs<'a, 'm> {
    pub engine: &'a Engine<'m>,
    pub trials: &'a [u64; LANES],
    pub scratch: &'a mut Scratch,
}

impl Kernel for DrawInputs<'_, '_> {
    #[inline(always)]
    fn run<N: Number>(self, _: LaneGroups<N>) {
        let DrawInputs { engine, trials, scratch } = self;
        let Scratch { batch: Batch { draws, .. }, requests, gate_limits, plants, parameters, .. } = scratch;
        let model = engine.model;
        inputs::draw_common(model, trials, draws);
        inputs::draw(model, trials, &engine.common_inputs, draws);
        projects::pass_gates(model, trials, &engine.gates, gate_limits, draws);
        projects::draw_starts(model, trials, requests, draws);
        projects::list(model, &engine.capacity_groups, draws, plants);
        parameters.put(model, &draws.inputs);
    }
}

/// Draws what may happen in a trial, and lays out the months:
///
/// 1. the episodes of disruptions, and their effect in each month;
/// 2. capacity after outages;
/// 3. demand;
/// 4. flow factors of export controls.
struct DrawEvents<'a, 'm> {
    engine: &'a Engine<'m>,
    inputs: &'a [u64; LANES],
    events: &'a [u64; LANES],
    scratch: &'a mut Scratch,
    slot: BlockSlot<'a>,
}

impl Kernel for DrawEvents<'_, '_> {
    #[inline(always)]
    fn run<N: Number>(self, groups: LaneGroups<N>) {
        let DrawEvents { engine, inputs, events, scratch, mut slot } = self;
        let Scratch { batch, plants, plant_output, monthly, parameters, .. } = scratch;
        let Batch { count, draws, outcomes, log_ratios, .. } = batch;
        let model = engine.model;
        disruptions::draw_episodes(engine, events, *count, draws, &mut slot);
        disruptions::clear_effects(model, draws);
        for (lane, inputs) in inputs.iter().enumerate().take(*count) {
            disruptions::average_effects(model, lane, draws);
            log_ratios[lane] = tilt::log_ratio(model, lane, *inputs, draws);
            outcomes::put(model, draws, lane, outcomes);
        }
        capacity::fill(groups, engine, draws, parameters, plants, plant_output, monthly);
        demand::fill(groups, engine, events, draws, &parameters.walks, &mut slot, monthly);
        controls::fill(groups, engine, draws, &parameters.passed, &mut monthly.factors);
    }
}

/// Runs the months ([`month`]) for as many trials at once as fit into a register.
struct RunMonths<'a, 'm, const M: usize> {
    engine: &'a Engine<'m>,
    scratch: &'a mut Scratch,
}

impl<const M: usize> Kernel for RunMonths<'_, '_, M> {
    #[inline(always)]
    fn run<N: Number>(self, groups: LaneGroups<N>) {
        let RunMonths { engine, scratch } = self;
        let Scratch { batch, monthly, parameters, recorder, .. } = scratch;
        for group in groups.iter() {
            month::run::<N, M>(engine, monthly, parameters, group, recorder, &mut batch.series);
        }
    }
}

/// Fills the outcomes of the months.
struct FillOutcomes<'a, 'm> {
    engine: &'a Engine<'m>,
    scratch: &'a mut Scratch,
}

impl Kernel for FillOutcomes<'_, '_> {
    #[inline(always)]
    fn run<N: Number>(self, groups: LaneGroups<N>) {
        let FillOutcomes { engine, scratch } = self;
        let Scratch { batch, parameters, recorder, .. } = scratch;
        for group in groups.iter() {
            outcomes::fill(engine, parameters, group, recorder, &batch.series, &mut batch.outcomes);
        }
    }
}
