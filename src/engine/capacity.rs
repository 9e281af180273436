//! Capacity after outages: what stands, and what projects add.

use std::collections::BTreeMap;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::lanes::{Lanes, Rows};
use super::parameters::Parameters;
use super::projects::Plant;
use super::wide::Part;
use super::{Draws, Workspace};
use crate::model::Model;

/// Capacities that the same outages hit at the same place: they are added up first.
#[derive(Clone, Debug)]
pub struct Group {
    /// Stage and market, as a number.
    pub place: usize,
    /// Stage and country, as a number, if the share of that country is asked for.
    pub country: Option<usize>,
    /// Outages, by index of the disruption.
    pub outages: Vec<usize>,
    /// What stands: index into [`Model::capacities`].
    pub standing: Option<usize>,
    /// Projects.
    pub projects: Vec<usize>,
}

/// The groups of `model`.
pub fn groups(model: &Model) -> Vec<Group> {
    let place = |stage: usize, market: usize| stage * model.markets.len() + market;
    let country = |stage: usize, country: Option<usize>| country.map(|index| stage * model.countries.len() + index);
    let mut groups = Vec::new();
    let mut known = BTreeMap::new();
    for (index, group) in model.capacities.iter().enumerate() {
        let (place, country) = (place(group.stage, group.market), country(group.stage, group.country));
        known.insert((place, country, group.outages.clone()), groups.len());
        let outages = group.outages.clone();
        groups.push(Group { place, country, outages, standing: Some(index), projects: Vec::new() });
    }
    for (index, project) in model.projects.iter().enumerate() {
        let (place, country) = (place(project.stage, project.market), country(project.stage, project.country));
        let number = *known.entry((place, country, project.outages.clone())).or_insert_with(|| {
            let outages = project.outages.clone();
            groups.push(Group { place, country, outages, standing: None, projects: Vec::new() });
            groups.len() - 1
        });
        groups[number].projects.push(index);
    }
    groups
}

/// Rows for passing use, a month in each cell: what a group makes before outages.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// What is known month by month.
    pub varying: Vec<Lanes>,
    /// By how much the rest changes at the start of the month.
    pub steps: Vec<Lanes>,
    /// By how much its growth from month to month changes.
    pub slopes: Vec<Lanes>,
}

impl Scratch {
    /// For so many months.
    pub fn new(months: usize) -> Self {
        let zeros = vec![Lanes::ZERO; months];
        Scratch { varying: zeros.clone(), steps: zeros.clone(), slopes: zeros }
    }

    /// Adds a straight line over these months.
    #[inline(always)]
    pub fn add_line(&mut self, lane: usize, months: Range<usize>, first: f64, slope: f64) {
        if months.is_empty() {
            return;
        }
        self.steps[months.start].0[lane] += first;
        if slope != 0.0 {
            self.slopes[months.start + 1].0[lane] += slope;
        }
        if months.end < self.steps.len() {
            self.slopes[months.end].0[lane] -= slope;
            self.steps[months.end].0[lane] -= first + slope * (months.len() - 1) as f64;
        }
    }
}

/// Fills the capacity of the trials in step, group after group.
pub fn fill(model: &Model, space: &mut Workspace) {
    let processor = pulp::Arch::new();
    space.given.capacity.clear();
    space.given.country_capacity.clear();
    for (number, plants) in space.plants.iter().enumerate() {
        add_plants(model, plants, &mut space.scratch);
        processor.dispatch(AddGroup {
            model,
            group: &space.groups[number],
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
    // To multiples of 2^-51 of a power of two above the sum of all.
    let mut total = Lanes::ZERO;
    for plant in plants {
        total.0[plant.lane] += plant.full;
    }
    let round = total.0.map(|total| 1.5 * f64::from_bits((2.0 * total).to_bits() & (0x7ff << 52)));
    for plant in plants {
        plant.add(model, round[plant.lane], scratch);
    }
}

/// Adds the capacity of a group, less outages, to its place, and empties the rows for passing use.
struct AddGroup<'a> {
    model: &'a Model,
    group: &'a Group,
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
        let AddGroup { model, group, parameters, draws, scratch, .. } = self;
        let months = model.months;
        let standing = group.standing.map(|index| &model.capacities[index]);
        let known = standing.map_or(&[][..], |standing| &standing.known);
        for &(first, factor) in group.standing.map_or(&[][..], |index| &parameters.standing[index]) {
            let (mut value, factor) = (part.load(&first), part.load(&factor));
            for varying in &mut scratch.varying {
                part.store(varying, part.load(varying) + value);
                value = value * factor;
            }
        }
        let hit = group.outages.iter().filter(|&&outage| draws.disrupted[outage]);
        let effects: Vec<&[Lanes]> = hit.map(|&outage| &draws.effects[outage * months..][..months]).collect();
        let (mut slope, mut steady) = (part.zero(), part.zero());
        for month in 0..months {
            slope = slope + part.load(&scratch.slopes[month]);
            steady = steady + (slope + part.load(&scratch.steps[month]));
            let mut capacity = part.load(&scratch.varying[month]) + steady;
            for row in [&mut scratch.slopes, &mut scratch.steps, &mut scratch.varying] {
                part.store(&mut row[month], part.zero());
            }
            if let Some(known) = known.get(month) {
                capacity = capacity + part.all(*known);
            }
            for effect in &effects {
                capacity = capacity * (part.all(1.0) - part.load(&effect[month]));
            }
            let place = &mut self.capacity.month_mut(month)[group.place];
            part.store(place, part.load(place) + capacity);
            if let Some(country) = group.country {
                let own = &mut self.country_capacity.month_mut(month)[country];
                part.store(own, part.load(own) + capacity);
            }
        }
    }
}
