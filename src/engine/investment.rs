//! Plants that investors decide on as the months go.
//!
//! Decisions come where the integral of their rate passes sums of unit exponentials (a Poisson process with a rate that changes,
//! by inversion of the integrated hazard: Çinlar 1975). The factor of a month looks at earlier months alone, so it is known
//! before the month begins. What a decision brings is drawn beforehand, in the streams of its number; a better market brings the
//! same plants sooner.

use super::batch::{Draws, Fates};
use super::inputs::{self, Requests};
use super::network::CapacityGroup;
use super::plants::{Plant, PlantOutput};
use super::projects;
use super::state::CapacityRows;
use super::{Engine, capacity};
use crate::math;
use crate::model::{Investment, Model, SignalResponse};
use crate::simd::{ALL, LANES, LaneGroup, Lanes, Mask, NONE, Number, Rows, kernel};

/// A decision is drawn in full if it may bring something within the horizon; within so many months more, so that no rounding
/// of its date matters.
const SLACK: f64 = 1e-3;

/// Where investors stand, and what the plants make that they have decided on so far.
#[derive(Clone, Debug)]
pub struct Investing {
    /// By decision: the integrated rate at which it comes.
    hazards: Vec<Lanes>,
    /// By decision: months from there to first product, and to the end; infinite if never.
    leads: Vec<Lanes>,
    ends: Vec<Lanes>,
    /// By investment: decisions per month at a factor of one.
    rates: Vec<Lanes>,
    /// By investment: the integrated rate so far.
    integrals: Vec<Lanes>,
    /// By group of capacity with decisions.
    groups: Vec<Group>,
}

/// What decided plants add to a group of capacity.
#[derive(Clone, Debug)]
struct Group {
    /// Number of the group.
    number: usize,
    output: PlantOutput,
    /// Output of the steady plants, and by how much it grew since the month before.
    steady: Lanes,
    slope: Lanes,
    /// Outputs are rounded to multiples of a power of two, so that sums of them are exact: see [`Plant::add`].
    round: Lanes,
}

impl Investing {
    /// Nothing yet, for `model`.
    pub fn new(model: &Model, groups: &[CapacityGroup]) -> Self {
        let decisions = model.decisions.len();
        let new = |number: usize| Group {
            number,
            output: PlantOutput::new(model.months),
            steady: Lanes::ZERO,
            slope: Lanes::ZERO,
            round: Lanes::ZERO,
        };
        let with_decisions = (0..groups.len()).filter(|number| !groups[*number].decisions.is_empty());
        Investing {
            hazards: vec![Lanes::ZERO; decisions],
            leads: vec![Lanes::ZERO; decisions],
            ends: vec![Lanes::ZERO; decisions],
            rates: vec![Lanes::ZERO; model.investments.len()],
            integrals: vec![Lanes::ZERO; model.investments.len()],
            groups: with_decisions.map(new).collect(),
        }
    }
}

/// Draws what each decision brings that may come within the horizon, and at which integrated rate it comes. `trials` select the
/// streams of events.
pub fn draw(
    engine: &Engine<'_>,
    trials: &[u64; LANES],
    requests: &mut Requests,
    gate_limits: &mut [Lanes],
    draws: &mut Draws,
    investing: &mut Investing,
) {
    let (set, model) = (engine.instructions, engine.model);
    if model.investments.is_empty() {
        return;
    }
    set.dispatch(Wait { model, trials, inputs: &draws.inputs, investing, earliest: &mut draws.decided });
    requests.clear();
    for gate in model.decisions.iter().flat_map(|decision| &decision.gates) {
        requests.add(gate.probability, ALL);
    }
    let Draws { inputs, common, decisions: fates, decided, .. } = draws;
    inputs::draw(set, model, trials, requests, common, inputs);
    let (gates, limits) = (&engine.decision_gates, &mut gate_limits[..engine.decision_gates.count()]);
    projects::pass_gates(set, model, trials, gates, limits, [inputs, common], &mut fates.passed);
    projects::draw_starts(set, model, &model.decisions, decided, trials, requests, [inputs, common], fates);
    set.dispatch(Prepare { engine, draws, investing });
}

kernel! {
    Wait<'a> {
        model: &'a Model,
        trials: &'a [u64; LANES],
        inputs: &'a [Lanes],
        investing: &'a mut Investing,
        earliest: &'a mut [Lanes],
    }
    calls wait
}

/// Adds up the unit exponentials of each investment, and finds out when each decision comes if the rate is always at its highest.
#[inline(always)]
fn wait(model: &Model, trials: &[u64; LANES], inputs: &[Lanes], investing: &mut Investing, earliest: &mut [Lanes]) {
    for (investment, rate) in model.investments.iter().zip(&mut investing.rates) {
        let mut streams = investment.waiting.streams(trials);
        *rate = Lanes(investment.rate.of(inputs).0.map(|rate| rate / 12.0));
        let highest = rate.0.map(|rate| rate * investment.largest_factor());
        let mut sum = [0.0; LANES];
        for decision in investment.decisions.clone() {
            let uniforms = streams.uniforms();
            for lane in 0..LANES {
                sum[lane] -= math::ln_in_row(uniforms[lane]);
                // Infinite at a rate of zero.
                earliest[decision].0[lane] = sum[lane] / highest[lane] - SLACK;
            }
            investing.hazards[decision] = Lanes(sum);
        }
    }
}

kernel! {
    Prepare<'a> { engine: &'a Engine<'a>, draws: &'a mut Draws, investing: &'a mut Investing }
    calls prepare
}

/// Sets all investors to the start, and puts by what their decisions would bring.
#[inline(always)]
fn prepare(engine: &Engine<'_>, draws: &mut Draws, investing: &mut Investing) {
    let model = engine.model;
    let Fates { builds, starts, closures, .. } = &mut draws.decisions;
    for (decision, (start, closure)) in starts.iter_mut().zip(closures).enumerate() {
        // Until a decision is made, it brings nothing.
        investing.leads[decision] = std::mem::replace(start, Lanes::all(f64::INFINITY));
        investing.ends[decision] = std::mem::replace(closure, Lanes::all(f64::INFINITY));
    }
    draws.decided.fill(Lanes::all(f64::INFINITY));
    draws.decision_counts.fill(Lanes::ZERO);
    investing.integrals.fill(Lanes::ZERO);
    for group in &mut investing.groups {
        (group.steady, group.slope) = (Lanes::ZERO, Lanes::ZERO);
        let mut total = [0.0; LANES];
        for &(decision, output) in &engine.capacity_groups[group.number].decisions {
            if builds[decision] == NONE {
                continue;
            }
            let project = &model.decisions[decision];
            let tonnes = project.outputs[output].tonnes_per_year.of(&draws.inputs).0;
            let utilisation = project.utilisation.of(&draws.inputs).0;
            for lane in 0..LANES {
                let full = tonnes[lane] / 12.0 * utilisation[lane];
                total[lane] += if builds[decision][lane] { full } else { 0.0 };
            }
        }
        group.round = Lanes(total.map(PlantOutput::rounding));
    }
}

/// Lets investors decide in a month, and adds what the plants make that they have decided on. `series` are the rows of all months
/// so far.
#[inline(always)]
pub fn begin_month<N: Number>(
    engine: &Engine<'_>,
    group: LaneGroup<N>,
    month: usize,
    series: &Rows,
    draws: &mut Draws,
    investing: &mut Investing,
    capacity: &mut CapacityRows,
) {
    if investing.groups.is_empty() {
        return;
    }
    for (index, investment) in engine.model.investments.iter().enumerate() {
        let rate = group.load(&investing.rates[index]);
        let rate = match &investment.response {
            Some(response) if month > 0 => rate * factor(group, response, month, series),
            _ => rate,
        };
        let before = group.load(&investing.integrals[index]);
        let after = before + rate;
        group.store(&mut investing.integrals[index], after);
        let mut passed = Lanes::ZERO;
        group.store(&mut passed, after);
        let mut begins = Lanes::ZERO;
        group.store(&mut begins, before);
        for lane in group.lanes() {
            let made = draws.decision_counts[index].0[lane] as usize;
            let next = investment.decisions.start + made;
            if next < investment.decisions.end && investing.hazards[next].0[lane] < passed.0[lane] {
                decide(engine, investment, index, month, [begins.0[lane], passed.0[lane]], lane, draws, investing);
            }
        }
    }
    for plants in &mut investing.groups {
        add(engine, group, month, plants, draws, capacity);
    }
}

/// The factor on the rate of decisions: the mean of the signal over the months before this one, answered.
#[inline(always)]
fn factor<N: Number>(group: LaneGroup<N>, response: &SignalResponse, month: usize, series: &Rows) -> N {
    let first = month.saturating_sub(response.memory);
    let mut sum = group.zero();
    for earlier in first..month {
        sum = sum + group.load(&series.month(earlier)[response.signal]);
    }
    let signal = sum / group.splat((month - first) as f64);
    let mut factor = group.splat(response.factors.first().map_or(1.0, |(_, factor)| *factor));
    for pair in response.factors.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        let slope = (high - low) / (to - from);
        let within = signal.min(group.splat(to)) - group.splat(from);
        let here = group.splat(low) + within * group.splat(slope);
        factor = here.select(signal.above(group.splat(from)), factor);
    }
    factor
}

/// Makes the decisions of a month in one trial, in which the integrated rate goes from `begin` to `end`.
#[inline(never)]
#[allow(clippy::too_many_arguments)]
fn decide(
    engine: &Engine<'_>,
    investment: &Investment,
    index: usize,
    month: usize,
    [begin, end]: [f64; 2],
    lane: usize,
    draws: &mut Draws,
    investing: &mut Investing,
) {
    let model = engine.model;
    loop {
        let decision = investment.decisions.start + draws.decision_counts[index].0[lane] as usize;
        if decision >= investment.decisions.end || !(investing.hazards[decision].0[lane] < end) {
            return;
        }
        draws.decision_counts[index].0[lane] += 1.0;
        let at = month as f64 + (investing.hazards[decision].0[lane] - begin) / (end - begin);
        draws.decided[decision].0[lane] = at;
        if !draws.decisions.builds[decision][lane] {
            continue;
        }
        let start = at + investing.leads[decision].0[lane];
        let closure = at + investing.ends[decision].0[lane];
        draws.decisions.starts[decision].0[lane] = start;
        draws.decisions.closures[decision].0[lane] = closure;
        let project = &model.decisions[decision];
        let of = |input: crate::model::Input| input.at(&draws.inputs, lane);
        for &(group, output) in &engine.groups_of_decisions[decision] {
            let full = of(project.outputs[output].tonnes_per_year) / 12.0 * of(project.utilisation);
            let (length, pick) = (of(project.ramp_months), of(project.curve_pick));
            let plant = Plant::new(lane, &project.curves, pick, [start, closure], [length, full], model.months as f64);
            let group = &mut investing.groups[group];
            if let Some(plant) = plant {
                plant.add(model, group.round.0[lane], &mut group.output);
            }
        }
    }
}

/// Adds what the plants of a group make in a month to its capacity, less outages.
#[inline(always)]
fn add<N: Number>(
    engine: &Engine<'_>,
    lanes: LaneGroup<N>,
    month: usize,
    plants: &mut Group,
    draws: &Draws,
    capacity: &mut CapacityRows,
) {
    let Group { number, output, steady, slope, .. } = plants;
    let group = &engine.capacity_groups[*number];
    let grows = lanes.load(slope) + lanes.load(&output.bends[month]);
    let now = lanes.load(steady) + grows;
    lanes.store(slope, grows);
    lanes.store(steady, now);
    lanes.store(&mut output.bends[month], lanes.zero());
    let mut made = now;
    if group.is_curved {
        made = made + lanes.load(&output.varying[month]);
        lanes.store(&mut output.varying[month], lanes.zero());
    }
    if month + 1 == engine.model.months {
        // What lies beyond the horizon is of no use.
        for beyond in &mut output.bends[month + 1..] {
            lanes.store(beyond, lanes.zero());
        }
    }
    if made.positive().any() {
        capacity::put_month(engine.model, group, lanes, month, made, draws, capacity);
    }
}
