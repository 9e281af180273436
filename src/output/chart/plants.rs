//! Dates and sizes of all projects and investments, over the first trials: what the pipeline draws.

use crate::engine::Engine;
use crate::model::{Input, Investment, Model, Output, Project};
use crate::simd::LANES;

/// Most rows.
const MOST: usize = 26;

/// Dates of a project over the trials in which it is built: 10th, 50th and 90th percentile, months from the start. Or of all
/// plants of an investment.
pub struct Row<'a> {
    /// Id.
    pub id: &'a str,
    /// Name to print.
    pub title: &'a str,
    /// Announced date.
    pub announced: Option<f64>,
    /// The stage under which it stands.
    pub stage: usize,
    /// Mean nameplate of each, of the product under which it stands, in its unit a year.
    pub size: f64,
    /// How many are alike.
    pub copies: usize,
    /// Trials in which there is a first product at all.
    pub built: u64,
    /// Of an investment: plants that are built in a trial, on average.
    pub plants: Option<f64>,
    /// First product.
    pub first: [f64; 3],
    /// The same of full output, infinite if it never comes in so many trials.
    pub full: [f64; 3],
}

/// The rows to show: of those of the main stage and then of the others the largest, held against all of their stage.
pub fn chosen<'a, 'b>(all: &'b [Row<'a>], main: Option<usize>) -> Vec<&'b Row<'a>> {
    let total = |stage: usize| all.iter().filter(|row| row.stage == stage).map(|row| row.size).sum::<f64>();
    let mut ranked: Vec<(bool, f64, usize)> = all
        .iter()
        .enumerate()
        .map(|(index, row)| (Some(row.stage) != main, -row.size / total(row.stage), index))
        .collect();
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut kept: Vec<usize> = ranked.into_iter().take(MOST).map(|(.., index)| index).collect();
    kept.sort();
    kept.into_iter().map(|index| &all[index]).collect()
}

/// All projects and investments, those of the main stage first, then by stage and date; copies that are alike share a row.
pub fn rows(model: &Model, trials: u64, main: Option<usize>) -> Vec<Row<'_>> {
    let engine = Engine::new(model);
    let mut scratch = engine.scratch();
    let count = model.projects.len();
    let mut dates: Vec<Dates> = vec![Dates::default(); count];
    for trial in (0..trials).step_by(LANES) {
        for (dates, drawn) in dates.iter_mut().zip(engine.project_dates(trial, &mut scratch)) {
            let starts = &drawn.start.0;
            for lane in (0..LANES.min((trials - trial) as usize)).filter(|&lane| starts[lane].is_finite()) {
                dates.first.push(starts[lane]);
                dates.full.push(drawn.full.0[lane]);
            }
        }
    }
    let base = |project: &Project| project.id.split('#').next().unwrap_or_default().to_string();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (project, dates) in model.projects.iter().zip(dates).filter(|(project, _)| !project.id.contains('#')) {
        let copies = model.projects.iter().filter(|other| base(other) == project.id).count();
        let Dates { mut first, mut full } = dates;
        let stage = stage_of(&project.outputs, main);
        rows.push(Row {
            id: &project.id,
            title: &project.title,
            announced: project.announced,
            stage,
            size: size_of(model, &project.outputs, stage),
            copies,
            built: first.len() as u64,
            plants: None,
            first: spread(&mut first),
            full: spread(&mut full),
        });
    }
    rows.extend(investments(model, trials, main));
    rows.sort_by(|a, b| {
        let stage = |row: &Row<'_>| (Some(row.stage) != main, row.stage);
        stage(a).cmp(&stage(b)).then(a.first[1].total_cmp(&b.first[1])).then(a.id.cmp(b.id))
    });
    rows
}

/// First product and full output, months from the start, where they come.
#[derive(Clone, Debug, Default)]
struct Dates {
    first: Vec<f64>,
    full: Vec<f64>,
}

/// The main stage, where something of it is made, or the first in the chain.
fn stage_of(outputs: &[Output], main: Option<usize>) -> usize {
    let of_main = outputs.iter().find(|output| Some(output.stage) == main);
    of_main.or(outputs.first()).map_or(0, |output| output.stage)
}

/// Mean nameplate of a product.
fn size_of(model: &Model, outputs: &[Output], stage: usize) -> f64 {
    let own = outputs.iter().find(|output| output.stage == stage);
    own.map_or(0.0, |output| model.inputs.mean(output.tonnes_per_year))
}

/// A row for each investment: the plants of all trials.
fn investments(model: &Model, trials: u64, main: Option<usize>) -> Vec<Row<'_>> {
    if model.investments.is_empty() {
        return Vec::new();
    }
    let engine = Engine::new(model);
    let mut scratch = engine.scratch();
    let (mut dates, mut built) = (vec![Dates::default(); model.investments.len()], vec![0; model.investments.len()]);
    for trial in (0..trials).step_by(LANES) {
        let batch = engine.run(trial..(trial + LANES as u64).min(trials), &mut scratch);
        for lane in 0..batch.count {
            let decisions = batch.draws.decisions_of(lane);
            for ((investment, dates), built) in model.investments.iter().zip(&mut dates).zip(&mut built) {
                let before = dates.first.len();
                let own = decisions.iter().filter(|made| investment.decisions.contains(&made.index));
                for made in own.filter(|made| made.start < model.months as f64) {
                    let ramp: Input = model.decisions[made.index].ramp_months;
                    let full = made.start + ramp.at(&batch.draws.inputs, lane);
                    dates.first.push(made.start);
                    dates.full.push(if full <= made.closure { full } else { f64::INFINITY });
                }
                *built += u64::from(dates.first.len() > before);
            }
        }
    }
    let rows = model.investments.iter().zip(dates).zip(built);
    let stage = |investment: &Investment| stage_of(&model.decisions[investment.decisions.start].outputs, main);
    rows.map(|((investment, Dates { mut first, mut full }), built)| Row {
        id: &investment.id,
        title: &investment.title,
        announced: None,
        stage: stage(investment),
        size: size_of(model, &model.decisions[investment.decisions.start].outputs, stage(investment)),
        copies: 1,
        built,
        plants: Some(first.len() as f64 / trials as f64),
        first: spread(&mut first),
        full: spread(&mut full),
    })
    .collect()
}

/// 10th, 50th and 90th percentile: the value not exceeded by so many; infinite of none.
pub fn spread(values: &mut [f64]) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.1, 0.5, 0.9].map(|share| {
        let rank = ((values.len() as f64 * share - 1e-9).ceil() as usize).max(1) - 1;
        values.get(rank).copied().unwrap_or(f64::INFINITY)
    })
}

/// Share of trials in which a project is built.
pub fn share(row: &Row<'_>, trials: u64) -> f64 {
    row.built as f64 / trials as f64
}
