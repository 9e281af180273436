//! Capacity after outages: what stands, and what projects add.

use std::collections::BTreeMap;

use super::month::MonthlyInputs;
use super::parameters::Parameters;
use super::projects::Plant;
use super::{Draws, Engine};
use crate::model::{Curve, Model};
use crate::simd::{Kernel, LaneGroup, LaneGroups, Lanes, Number, kernel};

/// Capacities that the same outages hit at the same node: they are added up first.
#[derive(Clone, Debug)]
pub struct Group {
    /// Stage and market, as a number.
    pub node: usize,
    /// Whether no group before it is at that node.
    pub is_first: bool,
    /// Its row of capacity by country: see [`country_row`].
    pub country: Option<usize>,
    /// Outages, by index of the disruption.
    pub outages: Vec<usize>,
    /// What stands: index into [`Model::capacities`].
    pub standing: Option<usize>,
    /// Projects.
    pub projects: Vec<usize>,
    /// Whether any of them may ramp up along a curve that is not made of lines.
    pub is_curved: bool,
}

/// Stage and country, as a number, if the share of that country is asked for and others share the market's capacity.
pub fn country_row(model: &Model, stage: usize, market: usize, country: Option<usize>) -> Option<usize> {
    let here = |other: (usize, usize)| other == (stage, market);
    let mut capacities = model.capacities.iter().filter(|group| here((group.stage, group.market)));
    let mut projects = model.projects.iter().filter(|project| here((project.stage, project.market)));
    let alone = capacities.all(|group| group.country == country) && projects.all(|project| project.country == country);
    country.filter(|_| !alone).map(|country| stage * model.countries.len() + country)
}

/// The groups of `model`.
pub fn groups(model: &Model) -> Vec<Group> {
    let node = |stage: usize, market: usize| stage * model.markets.len() + market;
    let new = |node: usize, country: Option<usize>, outages: &[usize], standing: Option<usize>| Group {
        node,
        is_first: true,
        country,
        outages: outages.to_vec(),
        standing,
        projects: Vec::new(),
        is_curved: false,
    };
    let mut groups = Vec::new();
    let mut known = BTreeMap::new();
    for (index, group) in model.capacities.iter().enumerate() {
        let country = country_row(model, group.stage, group.market, group.country);
        let node = node(group.stage, group.market);
        known.insert((node, country, group.outages.clone()), groups.len());
        groups.push(new(node, country, &group.outages, Some(index)));
    }
    for (index, project) in model.projects.iter().enumerate() {
        let country = country_row(model, project.stage, project.market, project.country);
        let node = node(project.stage, project.market);
        let number = *known.entry((node, country, project.outages.clone())).or_insert_with(|| {
            groups.push(new(node, country, &project.outages, None));
            groups.len() - 1
        });
        groups[number].projects.push(index);
        let curves = project.curves.iter().map(|(curve, _)| &model.curves[*curve]);
        groups[number].is_curved |= curves.into_iter().any(|curve| matches!(curve, Curve::Exponential | Curve::S));
    }
    for number in 1..groups.len() {
        groups[number].is_first = groups[..number].iter().all(|other| other.node != groups[number].node);
    }
    groups
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

/// Fills the capacity of the trials, group after group.
pub fn fill(
    engine: &Engine<'_>,
    draws: &Draws,
    parameters: &Parameters,
    plants: &[Vec<Plant>],
    output: &mut PlantOutput,
    monthly: &mut MonthlyInputs,
) {
    let model = engine.model;
    monthly.country_capacity.clear();
    for (group, plants) in engine.capacity_groups.iter().zip(plants) {
        engine.instructions.dispatch(AddPlants { model, plants, output });
        let uncertain = group.standing.map_or(&[][..], |index| &parameters.standing[index]);
        let adding = AddGroup { model, group, has_plants: !plants.is_empty(), uncertain, draws, output, monthly };
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
    // To multiples of 2^-49 of a power of two above the sum of all: whatever begins and ends in a month adds up exactly.
    let mut total = Lanes::ZERO;
    for plant in plants {
        total.0[plant.lane] += plant.full;
    }
    let round = total.0.map(|total| 1.5 * f64::from_bits((8.0 * total).to_bits() & (0x7ff << 52)));
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
    group: &'a Group,
    has_plants: bool,
    /// Standing capacities: in the first month, and the factor from month to month.
    uncertain: &'a [(Lanes, Lanes)],
    draws: &'a Draws,
    output: &'a mut PlantOutput,
    monthly: &'a mut MonthlyInputs,
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
        let AddGroup { model, group, has_plants, uncertain, draws, output, monthly } = self;
        let (months, zero) = (model.months, lanes.zero());
        let standing = group.standing.map(|index| &model.capacities[index]);
        let known = standing.map_or(&[][..], |standing| &standing.known);
        let mut uncertain: Vec<_> =
            uncertain.iter().map(|(first, factor)| (lanes.load(first), lanes.load(factor))).collect();
        let hit = group.outages.iter().filter(|&&outage| draws.disrupted[outage]);
        let effects: Vec<&[Lanes]> = hit.map(|&outage| &draws.effects[outage * months..][..months]).collect();
        let is_curved = group.is_curved && *has_plants;
        let bends = &mut output.bends[..months];
        let (mut slope, mut steady) = (zero, zero);
        for month in 0..months {
            let mut capacity = zero;
            if is_curved {
                capacity = lanes.load(&output.varying[month]);
                lanes.store(&mut output.varying[month], zero);
            }
            for (value, factor) in &mut uncertain {
                capacity = capacity + *value;
                *value = *value * *factor;
            }
            if *has_plants {
                slope = slope + lanes.load(&bends[month]);
                steady = steady + slope;
                capacity = capacity + steady;
                lanes.store(&mut bends[month], zero);
            }
            if let Some(known) = known.get(month) {
                capacity = capacity + lanes.splat(*known);
            }
            for effect in &effects {
                capacity = capacity * (lanes.splat(1.0) - lanes.load(&effect[month]));
            }
            if let Some(country) = group.country {
                let own = monthly.country_capacity.cell_mut(month, country);
                lanes.store(own, lanes.load(own) + capacity);
            }
            let node = monthly.capacity.cell_mut(month, group.node);
            if !group.is_first {
                capacity = lanes.load(node) + capacity;
            }
            lanes.store(node, capacity);
        }
    }
}
