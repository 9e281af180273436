//! The steps of a trial, in order.

use super::controls::FillFactors;
use super::sharing::BlockSlot;
use super::{Batch, Draws, Engine, Scratch, StreamIndices};
use super::{capacity, demand, disruptions, inputs, investment, month, outcomes, plants, projects, tilt};
use crate::model::MAX_MARKETS;
use crate::simd::{Kernel, LANES, LaneGroups, Number};

/// Simulates trials with these streams together. Draws come first, since none depends on what markets do:
///
/// 1. inputs, and when projects start and close ([`draw_inputs`]);
/// 2. the episodes of disruptions, and their effect in each month ([`draw_events`]); what investors may decide on
///    ([`investment::draw`]);
///
/// then what follows from them month by month:
///
/// 3. capacity after outages;
/// 4. demand;
/// 5. flow factors of export controls;
///
/// and then, for as many trials at once as fit into a register,
///
/// 6. the months one after another, with the decisions of investors and the series of each ([`month::run`]);
/// 7. the outcomes ([`outcomes::fill`]).
pub fn simulate(engine: &Engine<'_>, indices: &[StreamIndices], scratch: &mut Scratch, mut slot: BlockSlot<'_>) {
    let set = engine.instructions;
    let inputs = by_lane(indices, |indices| indices.inputs);
    let events = by_lane(indices, |indices| indices.events);
    scratch.batch.count = indices.len();
    draw_inputs(engine, &inputs, scratch);
    draw_events(engine, [&inputs, &events], &mut scratch.batch, &mut slot);
    let Scratch { batch: Batch { draws, .. }, requests, gate_limits, plants, plant_output, investing, .. } = scratch;
    investment::draw(engine, &events, requests, gate_limits, draws, investing);
    let (monthly, parameters) = (&mut scratch.monthly, &scratch.parameters);
    capacity::fill(engine, draws, parameters, plants, plant_output, &mut monthly.capacity);
    demand::fill(engine, &events, draws, &parameters.walks, &mut slot, monthly);
    set.dispatch(FillFactors { engine, draws, passed: &parameters.passed, factors: &mut monthly.factors });
    match engine.model.markets.len() {
        1 => set.dispatch(RunMonths::<1> { engine, scratch }),
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

/// Draws what is drawn once for a trial: the inputs that every trial needs; which projects pass their gates, and when these
/// start; the inputs of those that start within the horizon, and when they close.
pub fn draw_inputs(engine: &Engine<'_>, trials: &[u64; LANES], scratch: &mut Scratch) {
    let Scratch { batch: Batch { draws, .. }, requests, gate_limits, plants: listed, parameters, .. } = scratch;
    let (set, model) = (engine.instructions, engine.model);
    inputs::draw_common(model, trials, draws);
    let Draws { inputs, common, projects: fates, .. } = draws;
    inputs::draw(set, model, trials, &engine.common_inputs, common, inputs);
    let limits = &mut gate_limits[..engine.gates.count()];
    projects::pass_gates(set, model, trials, &engine.gates, limits, [inputs, common], &mut fates.passed);
    projects::draw_starts(set, model, &model.projects, &[], trials, requests, [inputs, common], fates);
    plants::list(set, model, &engine.capacity_groups, draws, listed);
    parameters.put(model, &draws.inputs);
}

/// Draws what may happen in a trial; `trials` select the streams of inputs and of events.
fn draw_events(engine: &Engine<'_>, [inputs, events]: [&[u64; LANES]; 2], batch: &mut Batch, slot: &mut BlockSlot<'_>) {
    let Batch { count, draws, outcomes, log_ratios, .. } = batch;
    let model = engine.model;
    disruptions::draw_episodes(engine, events, *count, draws, slot);
    disruptions::clear_effects(model, draws);
    for (lane, trial) in inputs.iter().enumerate().take(*count) {
        disruptions::average_effects(model, lane, draws);
        log_ratios[lane] = tilt::log_ratio(model, lane, *trial, draws);
        outcomes::put(model, draws, lane, outcomes);
    }
}

/// Runs the months for each group of trials. Compiled by itself for each number of markets: compilers do better on a few
/// large functions than on one that is huge.
struct RunMonths<'a, 'm, const M: usize> {
    engine: &'a Engine<'m>,
    scratch: &'a mut Scratch,
}

impl<const M: usize> Kernel for RunMonths<'_, '_, M> {
    #[inline(always)]
    fn run<N: Number>(self, groups: LaneGroups<N>) {
        let RunMonths { engine, scratch } = self;
        let Scratch { batch: Batch { draws, series, .. }, monthly, parameters, recorder, investing, .. } = scratch;
        for group in groups.iter() {
            let deciding = (&mut *draws, &mut *investing);
            month::run::<N, M>(engine, monthly, parameters, group, deciding, recorder, series);
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
            let Batch { draws, series, outcomes, .. } = &mut *batch;
            outcomes::fill(engine, parameters, group, recorder, (series, draws), outcomes);
        }
    }
}
