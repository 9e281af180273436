//! Trials: pure functions of model and trial number.
//!
//! The engine knows no files, clocks, threads, terminals or formats. An [`Engine`] is what a model looks like to it, made
//! once; [`Engine::run`] simulates a few trials together, and [`Engine::trial`] one by itself. The modules:
//!
//! | module | what it does |
//! |---|---|
//! | `trial` | **the steps of a trial, in order** |
//! | `batch` | what trials give: draws, series, outcomes |
//! | `inputs` | draws what we do not know, once |
//! | `disruptions` | draws the episodes, and averages their effects over the months |
//! | `projects` | whether and when each project starts and closes |
//! | `plants` | what they add to capacity |
//! | `investment` | plants that investors decide on as the months go |
//! | `capacity` | standing capacity after outages |
//! | `demand` | final demand |
//! | `sharing` | draws that several models have in common |
//! | `controls` | by how much export controls cut which flows |
//! | `network` | which markets and stages there are, and what is where |
//! | `parameters` | inputs that the month loop needs |
//! | `month` | **the month loop**: production, trade, allocation, stocks, thrift |
//! | `state` | what the months begin with, and what is carried from month to month |
//! | `stage` | the state of a product in the month loop |
//! | `trade` | the market of one product in a month |
//! | `series` | the monthly series that were asked for |
//! | `outcomes` | the numbers of the trial |
//! | `tilt` | likelihood ratios, where rates or chances are tilted |

mod batch;
mod capacity;
mod controls;
mod demand;
mod disruptions;
mod inputs;
mod investment;
mod month;
mod network;
mod outcomes;
mod parameters;
mod plants;
mod projects;
mod series;
mod sharing;
mod stage;
mod state;
mod sum;
mod tilt;
mod trade;
mod trial;

use std::ops::Range;

pub use batch::{Batch, Decided, Draws, Episode, Trial};
pub use projects::ProjectDates;
pub use sharing::SharedDraws;

use crate::model::Model;
use crate::simd::{InstructionSet, LANES, Lanes};
use sharing::DrawSources;

/// Days of a month, at 365 days a year.
pub const DAYS_PER_MONTH: f64 = 365.0 / 12.0;

/// A model as the engine sees it: everything that is the same in all trials, found out once.
///
/// A *node* is a stage in a market: number `stage * markets + market`.
#[derive(Clone, Debug)]
pub struct Engine<'m> {
    model: &'m Model,
    instructions: InstructionSet,
    network: network::Network,
    controls: controls::Controls,
    capacity_groups: Vec<network::CapacityGroup>,
    gates: projects::Gates,
    /// Of what investors may decide on.
    decision_gates: projects::Gates,
    /// See [`network::groups_of_decisions`].
    groups_of_decisions: Vec<Vec<(usize, usize)>>,
    /// Inputs that every trial needs.
    common_inputs: inputs::Requests,
    /// Disruptions that raise each other's rates.
    coupled_groups: Vec<Vec<usize>>,
    sources: DrawSources,
    /// Markets without which a coverage is asked for.
    excluded: Vec<series::Excluded>,
}

/// Room for a batch of trials: made once, and used again and again, so that trials allocate next to nothing.
#[derive(Clone, Debug)]
pub struct Scratch {
    batch: Batch,
    /// Inputs that these trials ask for.
    requests: inputs::Requests,
    /// By limit of the gates: what it is in these trials; for passing use.
    gate_limits: Vec<Lanes>,
    /// By capacity group: projects that produce.
    plants: Vec<Vec<plants::Plant>>,
    plant_output: plants::PlantOutput,
    investing: investment::Investing,
    monthly: state::MonthlyInputs,
    parameters: parameters::Parameters,
    recorder: outcomes::OutcomeRecorder,
}

/// The numbers that select the random streams of a trial. An ordinary trial takes its own number for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamIndices {
    /// Of the inputs: what we do not know, drawn once for the whole trial.
    pub inputs: u64,
    /// Of the events: episodes of disruptions and the monthly noise of demand, which would go differently another time.
    pub events: u64,
}

impl StreamIndices {
    /// Those of an ordinary trial.
    pub fn of(trial: u64) -> Self {
        StreamIndices { inputs: trial, events: trial }
    }

    /// The inputs of an ordinary trial with course number `course` of other events, out of `courses`; no other trial has
    /// these events. There are fewer ordinary trials, and draws times courses, than the `2^40` that lie between.
    pub fn again(trial: u64, course: u64, courses: u64) -> Self {
        StreamIndices { inputs: trial, events: (1 << 40) + trial * courses + course }
    }
}

impl Scratch {
    /// The trials that were simulated last.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }
}

impl<'m> Engine<'m> {
    /// Of one model.
    pub fn new(model: &'m Model) -> Self {
        let capacity_groups = network::capacity_groups(model);
        Engine {
            model,
            instructions: InstructionSet::default(),
            network: network::Network::new(model),
            controls: controls::Controls::new(model),
            gates: projects::Gates::new(model, &model.projects),
            decision_gates: projects::Gates::new(model, &model.decisions),
            groups_of_decisions: network::groups_of_decisions(model, &capacity_groups),
            capacity_groups,
            common_inputs: inputs::Requests::of_every_trial(model),
            coupled_groups: sharing::coupled_groups(model),
            sources: DrawSources::default(),
            excluded: series::excluded(model),
        }
    }

    /// Of several models that share the draws on which they agree: see [`Engine::run_in_block`].
    pub fn sharing(models: &[&'m Model]) -> Vec<Self> {
        let sources = sharing::draw_sources(models);
        models.iter().zip(sources).map(|(model, sources)| Engine { sources, ..Engine::new(model) }).collect()
    }

    /// The same with other instructions; no bit of a result depends on them.
    pub fn with_instructions(self, instructions: InstructionSet) -> Self {
        Engine { instructions, ..self }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// Room for its trials.
    pub fn scratch(&self) -> Scratch {
        let model = self.model;
        Scratch {
            batch: Batch::new(model),
            requests: inputs::Requests::default(),
            gate_limits: vec![Lanes::ZERO; self.gates.count().max(self.decision_gates.count())],
            plants: vec![Vec::new(); self.capacity_groups.len()],
            plant_output: plants::PlantOutput::new(model.months),
            investing: investment::Investing::new(model, &self.capacity_groups),
            monthly: state::MonthlyInputs::new(model, &self.network, self.controls.rows.len()),
            parameters: parameters::Parameters::new(model),
            recorder: outcomes::OutcomeRecorder::new(model, &self.network),
        }
    }

    /// Bytes of [`Engine::scratch`], but for what does not grow with the months.
    pub fn scratch_bytes(&self) -> u64 {
        let Model { months, steps_per_month, stages, markets, countries, demands, disruptions, series, .. } =
            self.model;
        let steps = months * steps_per_month;
        let of_a_step = disruptions.len()
            + stages.len() * (markets.len() + countries.len())
            + demands.len()
            + self.controls.rows.len();
        let of_a_month =
            series.len() + outcomes::width(self.model, &self.network) + stages.len() * markets.len() + demands.len();
        ((steps * of_a_step + months * of_a_month) * size_of::<Lanes>()) as u64
    }

    /// Simulates trials, at most [`LANES`], together.
    pub fn run<'s>(&self, trials: Range<u64>, scratch: &'s mut Scratch) -> &'s Batch {
        let (indices, count) = ordinary(trials);
        self.simulate(&indices[..count], scratch)
    }

    /// The same as part of a block of trials, of which the first of these is number `offset`. Models that share draws leave
    /// and find them in `shared`: each must be given the same trials at the same offsets, in their order.
    pub fn run_in_block<'s>(
        &self,
        trials: Range<u64>,
        scratch: &'s mut Scratch,
        shared: &mut SharedDraws,
        offset: usize,
    ) -> &'s Batch {
        let (indices, count) = ordinary(trials);
        self.simulate_batch(&indices[..count], scratch, shared, offset)
    }

    /// Simulates trials with these streams, at most [`LANES`], together: all go through the months side by side. What a
    /// trial gives does not depend on the others.
    pub fn simulate<'s>(&self, indices: &[StreamIndices], scratch: &'s mut Scratch) -> &'s Batch {
        debug_assert!(self.sources.coupled_groups.is_empty(), "shared draws belong to blocks");
        self.simulate_batch(&indices[..indices.len().min(LANES)], scratch, &mut SharedDraws::default(), 0)
    }

    fn simulate_batch<'s>(
        &self,
        indices: &[StreamIndices],
        scratch: &'s mut Scratch,
        shared: &mut SharedDraws,
        offset: usize,
    ) -> &'s Batch {
        let slot = sharing::BlockSlot { shared, offset };
        trial::simulate(self, indices, scratch, slot);
        &scratch.batch
    }

    /// Simulates one trial by itself, and draws all its inputs, those too that it had no need of.
    pub fn trial(&self, number: u64) -> Trial {
        let mut scratch = self.scratch();
        self.run(number..number + 1, &mut scratch);
        self.with_all_inputs(number, &mut scratch).trial(0)
    }

    /// The trials that were simulated last with this room, of which `first` is the first, with all their inputs drawn, those too
    /// that they had no need of.
    pub fn with_all_inputs<'s>(&self, first: u64, scratch: &'s mut Scratch) -> &'s Batch {
        let all = inputs::Requests::all(self.model);
        let trials = std::array::from_fn(|lane| first + lane as u64);
        let Draws { common, inputs, .. } = &mut scratch.batch.draws;
        inputs::draw(self.instructions, self.model, &trials, &all, common, inputs);
        &scratch.batch
    }

    /// Draws when the projects of [`LANES`] trials from `first` on start and are at full output, and no more.
    pub fn project_dates(&self, first: u64, scratch: &mut Scratch) -> Vec<ProjectDates> {
        let trials = std::array::from_fn(|lane| first + lane as u64);
        trial::draw_inputs(self, &trials, scratch);
        let Scratch { batch: Batch { draws, .. }, requests, .. } = scratch;
        projects::dates(self.instructions, self.model, &trials, requests, draws)
    }
}

/// The streams of ordinary trials, and how many there are.
fn ordinary(trials: Range<u64>) -> ([StreamIndices; LANES], usize) {
    let count = (trials.end.saturating_sub(trials.start)).min(LANES as u64) as usize;
    (std::array::from_fn(|lane| StreamIndices::of(trials.start + lane as u64)), count)
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod random_models;
#[cfg(test)]
mod same_bits;
