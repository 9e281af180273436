//! Capacity after outages: what stands, and what projects add.

use std::collections::BTreeMap;

use pulp::{Simd, WithSimd};

use super::lanes::{Lanes, Rows};
use super::parameters::Parameters;
use super::projects::Plant;
use super::wide::Part;
use super::{Draws, Workspace};
use crate::model::{Curve, Model};

/// Capacities that the same outages hit at the same place: they are added up first.
#[derive(Clone, Debug)]
pub struct Group {
    /// Stage and market, as a number.
    pub place: usize,
    /// Whether no group before it is at that place.
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
    let place = |stage: usize, market: usize| stage * model.markets.len() + market;
    let new = |place: usize, country: Option<usize>, outages: &[usize], standing: Option<usize>| Group {
        place,
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
        let place = place(group.stage, group.market);
        known.insert((place, country, group.outages.clone()), groups.len());
        groups.push(new(place, country, &group.outages, Some(index)));
    }
    for (index, project) in model.projects.iter().enumerate() {
        let country = country_row(model, project.stage, project.market, project.country);
        let place = place(project.stage, project.market);
        let number = *known.entry((place, country, project.outages.clone())).or_insert_with(|| {
            groups.push(new(place, country, &project.outages, None));
            groups.len() - 1
        });
        groups[number].projects.push(index);
        let curves = project.curves.iter().map(|(curve, _)| &model.curves[*curve]);
        groups[number].is_curved |= curves.into_iter().any(|curve| matches!(curve, Curve::Exponential | Curve::S));
    }
    for number in 1..groups.len() {
        groups[number].is_first = groups[..number].iter().all(|other| other.place != groups[number].place);
    }
    groups
}

/// Rows for passing use, a month in each cell: what a group makes before outages.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// What is known month by month.
    pub varying: Vec<Lanes>,
    /// By how much the growth of the rest from month to month changes; with room for two months beyond the horizon.
    pub bends: Vec<Lanes>,
}

impl Scratch {
    /// For so many months.
    pub fn new(months: usize) -> Self {
        Scratch { varying: vec![Lanes::ZERO; months], bends: vec![Lanes::ZERO; months + 2] }
    }
}

/// Fills the capacity of the trials in step, group after group.
pub fn fill(model: &Model, space: &mut Workspace) {
    let processor = pulp::Arch::new();
    space.given.country_capacity.clear();
    for (number, plants) in space.plants.iter().enumerate() {
        add_plants(model, plants, &mut space.scratch);
        processor.dispatch(AddGroup {
            model,
            group: &space.groups[number],
            has_plants: !plants.is_empty(),
            parameters: &space.parameters,
            draws: &space.draws,
            scratch: &mut space.scratch,
            capacity: &mut space.given.capacity,
            country_capacity: &mut space.given.country_capacity,
        });
    }
}

/// Puts what the projects of a group add into the rows for passing use.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn add_plants(model: &Model, plants: &[Plant], scratch: &mut Scratch) {
    // To multiples of 2^-49 of a power of two above the sum of all: whatever begins and ends in a month adds up exactly.
    let mut total = Lanes::ZERO;
    for plant in plants {
        total.0[plant.lane] += plant.full;
    }
    let round = total.0.map(|total| 1.5 * f64::from_bits((8.0 * total).to_bits() & (0x7ff << 52)));
    for plant in plants {
        plant.add(model, round[plant.lane], scratch);
    }
    // What lies beyond the horizon is of no use.
    let months = scratch.varying.len();
    scratch.bends[months..].fill(Lanes::ZERO);
}

/// Adds the capacity of a group, less outages, to its place, and empties the rows for passing use. The first group of a
/// place overwrites what earlier trials left there.
struct AddGroup<'a> {
    model: &'a Model,
    group: &'a Group,
    has_plants: bool,
    parameters: &'a Parameters,
    draws: &'a Draws,
    scratch: &'a mut Scratch,
    capacity: &'a mut Rows,
    country_capacity: &'a mut Rows,
}

impl WithSimd for AddGroup<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for part in Part::all_of(simd) {
            self.add(part);
        }
    }
}

impl AddGroup<'_> {
    #[inline(always)]
    fn add<S: Simd>(&mut self, part: Part<S>) {
        let AddGroup { model, group, parameters, draws, scratch, has_plants, .. } = self;
        let (months, zero) = (model.months, part.zero());
        let standing = group.standing.map(|index| &model.capacities[index]);
        let known = standing.map_or(&[][..], |standing| &standing.known);
        let uncertain = group.standing.map_or(&[][..], |index| &parameters.standing[index]);
        let mut uncertain: Vec<_> =
            uncertain.iter().map(|(first, factor)| (part.load(first), part.load(factor))).collect();
        let hit = group.outages.iter().filter(|&&outage| draws.disrupted[outage]);
        let effects: Vec<&[Lanes]> = hit.map(|&outage| &draws.effects[outage * months..][..months]).collect();
        let is_curved = group.is_curved && *has_plants;
        let bends = &mut scratch.bends[..months];
        let (mut slope, mut steady) = (zero, zero);
        for month in 0..months {
            let mut capacity = zero;
            if is_curved {
                capacity = part.load(&scratch.varying[month]);
                part.store(&mut scratch.varying[month], zero);
            }
            for (value, factor) in &mut uncertain {
                capacity = capacity + *value;
                *value = *value * *factor;
            }
            if *has_plants {
                slope = slope + part.load(&bends[month]);
                steady = steady + slope;
                capacity = capacity + steady;
                part.store(&mut bends[month], zero);
            }
            if let Some(known) = known.get(month) {
                capacity = capacity + part.all(*known);
            }
            for effect in &effects {
                capacity = capacity * (part.all(1.0) - part.load(&effect[month]));
            }
            if let Some(country) = group.country {
                let own = self.country_capacity.cell_mut(month, country);
                part.store(own, part.load(own) + capacity);
            }
            let place = self.capacity.cell_mut(month, group.place);
            if !group.is_first {
                capacity = part.load(place) + capacity;
            }
            part.store(place, capacity);
        }
    }
}
