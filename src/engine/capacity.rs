//! Capacity after outages: what stands, and what projects add.

use super::network::CapacityGroup;
use super::parameters::Parameters;
use super::plants::{Plant, PlantOutput};
use super::state::CapacityRows;
use super::{Draws, Engine};
use crate::model::Model;
use crate::simd::{Kernel, LaneGroup, LaneGroups, Lanes, Number, kernel};

/// Fills the capacity of the trials, group after group.
pub fn fill(
    engine: &Engine<'_>,
    draws: &Draws,
    parameters: &Parameters,
    plants: &[Vec<Plant>],
    output: &mut PlantOutput,
    capacity: &mut CapacityRows,
) {
    let model = engine.model;
    capacity.by_country.clear();
    for (group, plants) in engine.capacity_groups.iter().zip(plants) {
        engine.instructions.dispatch(AddPlants { model, plants, output });
        let uncertain = group.standing.map_or(&[][..], |index| &parameters.standing[index]);
        let adding = AddGroup { model, group, has_plants: !plants.is_empty(), uncertain, draws, output, capacity };
        engine.instructions.dispatch(adding);
    }
}

kernel! {
    AddPlants<'a> { model: &'a Model, plants: &'a [Plant], output: &'a mut PlantOutput }
    calls add_plants
}

/// Puts down what the projects of a group make.
#[inline(always)]
fn add_plants(model: &Model, plants: &[Plant], output: &mut PlantOutput) {
    let mut total = Lanes::ZERO;
    for plant in plants {
        total.0[plant.lane] += plant.full;
    }
    let round = total.0.map(PlantOutput::rounding);
    for plant in plants {
        plant.add(model, round[plant.lane], output);
    }
    // What lies beyond the horizon is of no use.
    let months = output.varying.len();
    output.bends[months..].fill(Lanes::ZERO);
}

/// Adds the capacity of a group, less outages, to its node, and empties the output of its projects. The first group of a
/// node overwrites what earlier trials left there.
struct AddGroup<'a> {
    model: &'a Model,
    group: &'a CapacityGroup,
    has_plants: bool,
    /// Standing capacities: in the first month, and the factor from month to month.
    uncertain: &'a [(Lanes, Lanes)],
    draws: &'a Draws,
    output: &'a mut PlantOutput,
    capacity: &'a mut CapacityRows,
}

impl Kernel for AddGroup<'_> {
    #[inline(always)]
    fn run<N: Number>(mut self, groups: LaneGroups<N>) {
        for lanes in groups.iter() {
            self.add(lanes);
        }
    }
}

impl AddGroup<'_> {
    #[inline(always)]
    fn add<N: Number>(&mut self, lanes: LaneGroup<N>) {
        let AddGroup { model, group, has_plants, uncertain, draws, output, capacity: rows } = self;
        let (months, zero) = (model.months, lanes.zero());
        let standing = group.standing.map(|index| &model.capacities[index]);
        let known = standing.map_or(&[][..], |standing| &standing.known);
        let paths = standing.map_or(&[][..], |standing| &standing.paths);
        let mut uncertain: Vec<_> =
            uncertain.iter().map(|(first, factor)| (lanes.load(first), lanes.load(factor))).collect();
        let effects: Vec<&[Lanes]> = effects(model, group, draws).collect();
        let is_curved = group.is_curved && *has_plants;
        let bends = &mut output.bends[..months];
        let (mut slope, mut steady) = (zero, zero);
        for (month, bend) in bends.iter_mut().enumerate() {
            let mut capacity = zero;
            if is_curved {
                capacity = lanes.load(&output.varying[month]);
                lanes.store(&mut output.varying[month], zero);
            }
            for (value, factor) in &mut uncertain {
                capacity = capacity + *value;
                *value = *value * *factor;
            }
            for path in paths {
                capacity = capacity + path.in_month(lanes, month, &draws.inputs);
            }
            if *has_plants {
                slope = slope + lanes.load(bend);
                steady = steady + slope;
                capacity = capacity + steady;
                lanes.store(bend, zero);
            }
            if let Some(known) = known.get(month) {
                capacity = capacity + lanes.splat(*known);
            }
            put(model.steps_per_month, group, lanes, month, capacity, effects.iter().copied(), group.is_first, rows);
        }
    }
}

/// By outage that hits a group in any of the trials: its effects, step by step.
#[inline(always)]
fn effects<'a>(model: &Model, group: &'a CapacityGroup, draws: &'a Draws) -> impl Iterator<Item = &'a [Lanes]> + Clone {
    let rows = model.months * model.steps_per_month;
    let hit = group.outages.iter().filter(|&&outage| draws.disrupted[outage]);
    hit.map(move |&outage| &draws.effects[outage * rows..][..rows])
}

/// Adds what a group makes besides in a month, before outages.
#[inline(always)]
pub fn put_month<N: Number>(
    model: &Model,
    group: &CapacityGroup,
    lanes: LaneGroup<N>,
    month: usize,
    added: N,
    draws: &Draws,
    rows: &mut CapacityRows,
) {
    put(model.steps_per_month, group, lanes, month, added, effects(model, group, draws), false, rows);
}

/// Puts the capacity of a group in a month, t/month, into the rows of its steps, less outages.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn put<'a, N: Number>(
    steps: usize,
    group: &CapacityGroup,
    lanes: LaneGroup<N>,
    month: usize,
    capacity: N,
    effects: impl Iterator<Item = &'a [Lanes]> + Clone,
    overwrite: bool,
    rows: &mut CapacityRows,
) {
    if rows.normal.months() > 0 {
        add_to(lanes, rows.normal.cell_mut(month, group.node), capacity, overwrite);
    }
    let capacity = if steps > 1 { capacity / lanes.splat(steps as f64) } else { capacity };
    for row in month * steps..(month + 1) * steps {
        let mut capacity = capacity;
        for effect in effects.clone() {
            capacity = capacity * (lanes.splat(1.0) - lanes.load(&effect[row]));
        }
        if let Some(country) = group.country {
            add_to(lanes, rows.by_country.cell_mut(row, country), capacity, false);
        }
        add_to(lanes, rows.by_node.cell_mut(row, group.node), capacity, overwrite);
    }
}

/// Adds to a cell, or overwrites what earlier trials left there.
#[inline(always)]
fn add_to<N: Number>(lanes: LaneGroup<N>, cell: &mut Lanes, added: N, overwrite: bool) {
    let sum = if overwrite { added } else { lanes.load(cell) + added };
    lanes.store(cell, sum);
}
