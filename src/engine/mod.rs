//! One trial: a pure function of model and trial number.
//!
//! The engine knows no files, clocks, threads, terminals or formats. [`trial`] lists what happens in order; the rooms:
//!
//! | room | what it does |
//! |---|---|
//! | [`inputs`](self) | draws what we do not know, once |
//! | `disruptions` | draws the episodes, and averages their effects over the months |
//! | `projects` | when each project starts, and what it adds |
//! | `capacity` | standing capacity after outages |
//! | `demand` | final demand |
//! | `sharing` | what several models draw alike |
//! | `controls` | by how much export controls cut which flows |
//! | `lanes` | several trials in step, in memory |
//! | `wide` | several trials in step, in the processor: what the rooms below compute with |
//! | `places` | who is where |
//! | `stage` | a product: what holds for all months, and how the month stands |
//! | `month` | **the month loop**: production, trade, allocation, stocks, thrift |
//! | `trade` | the market of one product in a month |
//! | `series` | the monthly series that were asked for |
//! | `outcomes` | the numbers of the trial |
//! | `tilt` | the weight of a future whose rates or chances were tilted |

mod capacity;
mod controls;
mod demand;
mod disruptions;
mod inputs;
mod lanes;
mod month;
mod outcomes;
mod parameters;
mod places;
mod projects;
mod series;
mod sharing;
mod stage;
mod sum;
mod tilt;
mod trade;
mod wide;

use crate::model::Model;
pub use disruptions::Episode;
pub use lanes::{LANES, Lanes, Rows};
pub use sharing::{Shared, Sharing, sharing};

/// Days of a month, at 365 days a year.
pub const DAYS_PER_MONTH: f64 = 365.0 / 12.0;

/// What the trials in step draw, and what follows from it before markets meet.
///
/// A *place* is a stage and a market: number `stage * markets + market`.
#[derive(Clone, Debug)]
pub struct Draws {
    /// Inputs by slot, those that were needed.
    pub inputs: Vec<Lanes>,
    /// By correlation: what its inputs have in common.
    common: Vec<Lanes>,
    /// Episodes by disruption and trial, in order of time.
    pub episodes: Vec<[Vec<Episode>; LANES]>,
    /// By project: in which trials it passes its gates.
    passed: Vec<inputs::Wanted>,
    /// By project: in which trials it starts within the horizon.
    builds: Vec<inputs::Wanted>,
    /// Start of each project, months; infinite if never.
    pub starts: Vec<Lanes>,
    /// Closure of each project, months; infinite if never.
    pub closures: Vec<Lanes>,
    /// By disruption, month by month: its effect on the trials in step, averaged over the month.
    effects: Vec<Lanes>,
    /// Which disruptions have any effect on any of them.
    disrupted: Vec<bool>,
}

/// Everything trials compute. Made once and used for trial after trial, which allocate next to nothing.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Draws of the last trial.
    pub draws: Draws,
    /// Series of the last trial that [`trial`] simulated, a row of months each, in the order of the model.
    pub series_rows: Vec<f64>,
    /// Outcomes of that trial, in the order of the model; infinite for "never".
    pub outcomes: Vec<f64>,
    /// By lane, where the model has tilts: logarithm of how much likelier the future is by itself than in the tilted model.
    pub log_ratios: [f64; LANES],
    /// Inputs that every trial needs, and those that these trials ask for besides.
    at_first: inputs::Asked,
    asked: inputs::Asked,
    gates: projects::Gates,
    /// Disruptions that raise each other's rates.
    families: Vec<Vec<usize>>,
    sharing: Sharing,
    places: places::Places,
    controls: controls::Controls,
    groups: Vec<capacity::Group>,
    /// By group: projects that produce.
    plants: Vec<Vec<projects::Plant>>,
    scratch: capacity::Scratch,
    /// Steps of the random walk of a demand, month by month.
    walk: Vec<Lanes>,
    given: month::Given,
    parameters: parameters::Parameters,
    /// Markets without which a coverage is asked for.
    left_out: Vec<usize>,
    series: Rows,
    noted: outcomes::Noted,
    outcome_lanes: Vec<Lanes>,
}

impl Workspace {
    /// Room for the trials of `model`.
    pub fn new(model: &Model) -> Self {
        let (months, places) = (model.months, model.stages.len() * model.markets.len());
        let countries = model.stages.len() * model.countries.len();
        let controls = controls::Controls::new(model);
        let who = places::Places::new(model);
        let groups = capacity::groups(model);
        Workspace {
            draws: Draws {
                inputs: vec![Lanes::ZERO; model.inputs.drawn.len()],
                common: vec![Lanes::ZERO; model.inputs.factors.len()],
                episodes: vec![Default::default(); model.disruptions.len()],
                passed: vec![inputs::NONE; model.projects.len()],
                builds: vec![inputs::NONE; model.projects.len()],
                starts: vec![Lanes::ZERO; model.projects.len()],
                closures: vec![Lanes::ZERO; model.projects.len()],
                effects: vec![Lanes::ZERO; model.disruptions.len() * months],
                disrupted: vec![false; model.disruptions.len()],
            },
            series_rows: vec![0.0; model.series.len() * months],
            outcomes: vec![0.0; model.outcomes.len()],
            log_ratios: [0.0; LANES],
            at_first: inputs::Asked::at_first(model),
            asked: inputs::Asked::default(),
            gates: projects::Gates::new(model),
            families: disruptions::families(model),
            sharing: Sharing::default(),
            given: month::Given {
                capacity: Rows::new(months, places),
                country_capacity: Rows::new(months, countries),
                demand: Rows::new(months, model.demands.len()),
                factors: Rows::new(months, controls.rows.len()),
            },
            controls,
            plants: vec![Vec::new(); groups.len()],
            groups,
            scratch: capacity::Scratch::new(months),
            walk: Vec::new(),
            parameters: parameters::Parameters::new(model),
            left_out: series::left_out(model),
            series: Rows::new(months, model.series.len()),
            noted: outcomes::Noted::new(model, &who),
            outcome_lanes: vec![Lanes::ZERO; model.outcomes.len()],
            places: who,
        }
    }

    /// The same, sharing draws with other models (see [`sharing`]).
    pub fn sharing(model: &Model, sharing: Sharing) -> Self {
        Workspace { sharing, ..Workspace::new(model) }
    }

    /// Series of the trial that [`trial`] simulated last.
    pub fn series_row(&self, model: &Model, series: usize) -> &[f64] {
        &self.series_rows[series * model.months..(series + 1) * model.months]
    }

    /// Series of the trials that [`trials`] simulated last: by month, the values of all series.
    pub fn series(&self) -> &Rows {
        &self.series
    }

    /// Outcomes of the trials that [`trials`] simulated last.
    pub fn outcome_lanes(&self) -> &[Lanes] {
        &self.outcome_lanes
    }
}

/// The numbers that decide a future. An ordinary trial takes its own number for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Of the inputs: what we do not know, drawn once for the whole future.
    pub inputs: u64,
    /// Of the events: episodes of disruptions and the monthly noise of demand, which would go differently another time.
    pub events: u64,
}

impl Numbers {
    /// Those of an ordinary trial.
    pub fn of(trial: u64) -> Self {
        Numbers { inputs: trial, events: trial }
    }

    /// The inputs of an ordinary trial with course number `course` of other events, out of `courses`; no other future has
    /// these events. There are fewer ordinary trials, and draws times courses, than the `2^40` that lie between.
    pub fn again(trial: u64, course: u64, courses: u64) -> Self {
        Numbers { inputs: trial, events: (1 << 40) + trial * courses + course }
    }
}

/// Simulates `count` trials from number `first` on, at most [`LANES`], in step.
pub fn trials(model: &Model, first: u64, count: usize, space: &mut Workspace) {
    futures(model, &ordinary(first)[..count.min(LANES)], space);
}

/// The same of a block of trials, in which `place` is that of the first one. Models that share draws leave and find them in
/// `shared`: each must be given the same trials at the same places, in their order.
pub fn trials_of_block(
    model: &Model,
    first: u64,
    count: usize,
    space: &mut Workspace,
    shared: &mut Shared,
    place: usize,
) {
    play(model, &ordinary(first)[..count.min(LANES)], space, shared, place);
}

/// The numbers of ordinary trials from `first` on.
fn ordinary(first: u64) -> [Numbers; LANES] {
    std::array::from_fn(|lane| Numbers::of(first + lane as u64))
}

/// Simulates the futures of these numbers, at most [`LANES`], in step: all go through the months together. What a future
/// gives does not depend on the others.
pub fn futures(model: &Model, numbers: &[Numbers], space: &mut Workspace) {
    debug_assert!(space.sharing.families.is_empty(), "shared draws belong to blocks");
    play(model, &numbers[..numbers.len().min(LANES)], space, &mut Shared::default(), 0);
}

fn play(model: &Model, numbers: &[Numbers], space: &mut Workspace, shared: &mut Shared, place: usize) {
    let inputs = in_step(numbers, |numbers| numbers.inputs);
    draw_projects(model, &inputs, space);
    projects::list(model, &space.groups, &mut space.draws, &mut space.plants);
    space.parameters.put(model, &space.draws.inputs);
    let events = in_step(numbers, |numbers| numbers.events);
    let (count, draws) = (numbers.len(), &mut space.draws);
    let sharing = (&space.sharing.families[..], &mut *shared, place);
    disruptions::draw_episodes(model, &space.families, &events, count, draws, sharing);
    disruptions::clear_effects(model, draws);
    for (lane, inputs) in inputs.iter().enumerate().take(count) {
        disruptions::average_effects(model, lane, draws);
        space.log_ratios[lane] = tilt::log_ratio(model, lane, *inputs, draws);
        outcomes::put(model, draws, lane, &mut space.outcome_lanes);
    }
    capacity::fill(model, space);
    demand::fill(model, &events, space, shared, place);
    controls::fill(model, space);
    let processor = pulp::Arch::new();
    processor.dispatch(month::Months { model, space });
    processor.dispatch(outcomes::Outcomes { model, space });
}

/// One number of each future; those that are not there take after the first.
fn in_step(numbers: &[Numbers], one: fn(&Numbers) -> u64) -> [u64; LANES] {
    std::array::from_fn(|lane| numbers.get(lane).or(numbers.first()).map_or(0, one))
}

/// Draws the inputs of trials, and when their projects start.
fn draw_projects(model: &Model, trials: &[u64; LANES], space: &mut Workspace) {
    let Workspace { draws, at_first, asked, gates, .. } = space;
    inputs::draw_common(model, trials, draws);
    inputs::draw(model, trials, at_first, draws);
    projects::pass_gates(model, trials, gates, draws);
    projects::draw_starts(model, trials, asked, draws);
}

/// Draws all inputs of a trial, those too that it had no need of; for whoever wants to see them.
pub fn draw_all_inputs(model: &Model, trial: u64, space: &mut Workspace) {
    inputs::draw(model, &[trial; LANES], &inputs::Asked::all(model), &mut space.draws);
}

/// Draws when the projects of [`LANES`] trials from `first` on start, and no more. Into `finished`: when each is at full
/// output; infinite if it closes before, or never starts.
pub fn schedule(model: &Model, first: u64, space: &mut Workspace, finished: &mut Vec<Lanes>) {
    let trials = std::array::from_fn(|lane| first + lane as u64);
    draw_projects(model, &trials, space);
    let Workspace { draws, asked, .. } = space;
    projects::list(model, &space.groups, draws, &mut space.plants);
    // Of those too that start after the horizon.
    asked.clear();
    for (project, start) in model.projects.iter().zip(&draws.starts) {
        asked.add(project.ramp_months, start.0.map(f64::is_finite));
    }
    inputs::draw(model, &trials, asked, draws);
    finished.clear();
    for (index, project) in model.projects.iter().enumerate() {
        let (start, closure, ramp) =
            (draws.starts[index], draws.closures[index], project.ramp_months.of(&draws.inputs));
        finished.push(Lanes(std::array::from_fn(|lane| {
            let full = start.0[lane] + ramp.0[lane];
            if full <= closure.0[lane] { full } else { f64::INFINITY }
        })));
    }
}

/// Simulates one trial alone, and lays out its series and outcomes.
pub fn trial(model: &Model, trial: u64, space: &mut Workspace) {
    trials(model, trial, 1, space);
    for index in 0..model.series.len() {
        let row = &mut space.series_rows[index * model.months..(index + 1) * model.months];
        for (value, lanes) in row.iter_mut().zip(space.series.column(index)) {
            *value = lanes.0[0];
        }
    }
    for (value, lanes) in space.outcomes.iter_mut().zip(&space.outcome_lanes) {
        *value = lanes.0[0];
    }
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod random_models;

#[cfg(test)]
mod tests {
    use pulp::Simd;

    use super::*;
    use crate::study::Study;

    const TEXT: &str = r#"
        title = "test"
        start = "2026-01"
        horizon_years = 4
        markets.a.countries = ["A"]
        markets.b.countries = ["B"]
        markets.c.countries = ["C"]
        stages.ore = {}
        stages.metal.feeds.ore = 1.5
        capacities.mine = { country = "A", stage = "ore", tonnes_per_year = { uniform = [100, 200] } }
        capacities.works = { country = "A", stage = "metal", tonnes_per_year = 100 }
        projects.new = { country = "B", stage = "metal", tonnes_per_year = 60, lead_months = { uniform = [1, 60] } }
        demands.a = { market = "a", stage = "metal", tonnes_per_year = 30, volatility_per_year = 0.2 }
        demands.b = { market = "b", stage = "metal", tonnes_per_year = 40, volatility_per_year = 0.2 }
        demands.c = { market = "c", stage = "metal", tonnes_per_year = 20 }
        stockpiles.b = { market = "b", stage = "metal", target_days = 60 }
        response.b = { thrift_per_year = 0.1, max = 0.3, relapse_per_year = 0.1 }
        output.series = ["shortage.*.metal", "stock_days.b.metal", "coverage_without.a.*", "share.A.metal", "production.*.*"]
        [disruptions.ban]
        kind = "export-control"
        from = ["a"]
        to = ["b"]
        rate_per_year = 1.0
        duration_months = { exponential = { mean = 4 } }
        severity = { uniform = [0.2, 1] }
        [disruptions.fire]
        kind = "outage"
        hits = ["works", "new"]
        rate_per_year = 0.5
        duration_months = { exponential = { mean = 3 } }
    "#;

    fn bits(values: impl Iterator<Item = f64>) -> Vec<u64> {
        values.map(f64::to_bits).collect()
    }

    #[test]
    fn the_lane_of_a_trial_does_not_matter() {
        let study = Study::from_text(TEXT).unwrap();
        same_in_any_lane(&study.cases[0].model, 0..40);
    }

    /// A trial has the same bits in any lane, whatever goes beside it.
    pub fn same_in_any_lane(model: &Model, numbers: std::ops::Range<u64>) {
        let (mut alone, mut together) = (Workspace::new(model), Workspace::new(model));
        for number in numbers {
            trial(model, number, &mut alone);
            for lane in 0..LANES {
                let Some(first) = number.checked_sub(lane as u64) else { continue };
                trials(model, first, LANES, &mut together);
                let of_lane = |lanes: &Lanes| lanes.0[lane];
                let outcomes = bits(together.outcome_lanes().iter().map(of_lane));
                assert_eq!(outcomes, bits(alone.outcomes.iter().copied()), "trial {number} in lane {lane}");
                for index in 0..model.series.len() {
                    let row = bits(together.series().column(index).map(of_lane));
                    assert_eq!(
                        row,
                        bits(alone.series_row(model, index).iter().copied()),
                        "{}",
                        model.series[index].name
                    );
                }
            }
        }
    }

    fn assert_same<S: Simd>(simd: S, model: &Model, space: &mut Workspace, wide: &Workspace) {
        simd.vectorize(month::Months { model, space });
        simd.vectorize(outcomes::Outcomes { model, space });
        let all = |space: &Workspace| {
            let series = (0..model.months).flat_map(|month| space.series.month(month));
            bits(series.chain(&space.outcome_lanes).flat_map(|lanes| lanes.0))
        };
        assert!(all(wide) == all(space), "{}", std::any::type_name::<S>());
    }

    /// The instructions of this processor and those of any give the same bits, in every scenario of rich models too.
    #[test]
    fn wide_instructions_change_no_bit() {
        for text in [TEXT, include_str!("../../configs/smoke.toml"), include_str!("../../configs/quickstart.toml")] {
            for case in Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}")).cases {
                same_on_any_processor(&case.model, 80);
            }
        }
    }

    /// Every processor gives the same bits in the first `count` trials.
    pub fn same_on_any_processor(model: &Model, count: u64) {
        let (mut wide, mut plain) = (Workspace::new(model), Workspace::new(model));
        for first in (0..count).step_by(LANES) {
            trials(model, first, LANES, &mut wide);
            trials(model, first, LANES, &mut plain);
            assert_same(pulp::Scalar, model, &mut plain, &wide);
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = pulp::x86::V3::try_new() {
                assert_same(avx2, model, &mut plain, &wide);
            }
        }
    }
}
