//! The pipeline: when each project has its first product and its full output, against the date announced.
//!
//! Projects are not tallied in a run: the first trials are drawn again, the projects alone, which is quick. What investors decide
//! on depends on the market: where there is any, these trials are simulated again.

use super::axis::{Axis, time_ticks};
use super::canvas::{Anchor, Canvas, Figures, Label, Rect};
use super::font::{self, Face};
use super::frame::{self, Frame};
use super::subject::{self, View, quoted};
use super::{number, style};
use crate::engine::Engine;
use crate::model::{Input, Model, Output, Project};
use crate::simd::LANES;
use crate::statistics::clopper_pearson;
use crate::summary::Estimate;

/// Most trials that are drawn again.
const PILOT: u64 = 2000;
/// Most rows.
const MOST: usize = 26;
/// Right end of the names.
const NAMES: f64 = 330.0;
/// Height of a row.
const ROW: f64 = 34.0;

/// Dates of a project over the trials in which it is built: 10th, 50th and 90th percentile, months from the start. Or of all
/// plants of an investment.
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    announced: Option<f64>,
    /// The stage under which it stands.
    stage: usize,
    /// How many are alike.
    copies: usize,
    /// Trials in which there is a first product at all.
    built: u64,
    /// Of an investment: plants that are built in a trial, on average.
    plants: Option<f64>,
    first: [f64; 3],
    /// The same of full output, infinite if it never comes in so many trials.
    full: [f64; 3],
}

/// The chart; none without projects.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let cases = subject::cases(results);
    let case = cases.first()?;
    let model = case.model;
    let trials = PILOT.min(results.summary.trials.max(1));
    let main = subject::outcome(results, case).map(|(_, spec)| spec.stage);
    let asked = results.asked.stage.as_ref();
    let mut all = rows(model, trials, asked.and_then(|stage| model.stage(stage)).or(main));
    if let Some(stage) = asked {
        all.retain(|row| model.stages[row.stage].id == *stage);
    }
    if all.is_empty() || model.months == 0 {
        return None;
    }
    let shown = &all[..all.len().min(MOST)];
    let confidence = results.summary.confidence;
    let title = title(&all, trials, confidence);
    let more = all.len() - shown.len();
    let more = if more > 0 { format!(" ({more} more are not shown)") } else { String::new() };
    let scenario = if cases.len() > 1 { format!(". Scenario: {}", quoted(&case.summary.title)) } else { String::new() };
    let unannounced = if shown.iter().any(|row| row.plants.is_some()) {
        ". Not announced: all plants that investors decide on; \u{d7}: how many a trial has on average"
    } else {
        ""
    };
    let subtitle = format!(
        "First product (dark) and full output (light) of each project{more}: 10th to 90th percentile and median of the \
         trials in which it is built; from the first {} trials{scenario}{unannounced}",
        number::grouped(trials)
    );
    let height = 210.0 + ROW * shown.len() as f64;
    let Frame { mut canvas, top, .. } = frame::frame(results, height, &title, &subtitle);
    let upper = top + 56.0;
    let plot = Rect::new(NAMES + 20.0, upper, style::WIDTH - style::MARGIN - 96.0, upper + ROW * shown.len() as f64);
    let x = Axis::new(0.0, model.months as f64, plot.left, plot.right);
    let ticks = time_ticks(model.start, model.months, ((plot.right - plot.left) / 72.0) as usize);
    for (value, _) in &ticks {
        let x = x.at(*value);
        canvas.line(vec![(x, plot.top), (x, plot.bottom)], style::GRID, style::GRID_WIDTH);
    }
    frame::bottom_axis(&mut canvas, &plot, &x, &ticks);
    for (line, text) in ["Ever", "built"].into_iter().enumerate() {
        let at = (style::WIDTH - style::MARGIN, plot.top - 27.0 + 18.0 * line as f64);
        canvas.put(Label::new(text, at, Anchor::End).colour(style::MUTED));
    }
    let mut stage = None;
    for (index, row) in shown.iter().enumerate() {
        let y = plot.top + ROW * (index as f64 + 0.5);
        let name = (stage != Some(row.stage)).then(|| model.stages[row.stage].title.as_str());
        if index > 0 {
            let colour = if name.is_some() { style::MUTED } else { style::GRID };
            let y = plot.top + ROW * index as f64;
            canvas.line(vec![(style::MARGIN, y), (style::WIDTH - style::MARGIN, y)], colour, style::GRID_WIDTH);
        }
        stage = Some(row.stage);
        draw_name(&mut canvas, row, y, name);
        draw_row(&mut canvas, &x, &plot, row, y);
        let whole = Rect::new(style::MARGIN, y - 0.5 * ROW, style::WIDTH - style::MARGIN, y + 0.5 * ROW);
        canvas.spots.push((whole, row.title.into()));
        let at = (style::WIDTH - style::MARGIN, y + 0.36 * style::LABEL);
        let label = Label::new(ever_built(row, trials, confidence), at, Anchor::End);
        canvas.put(label.face(Face::Bold).colour(style::INK));
    }
    draw_key(&mut canvas, plot.left, top + 28.0, shown.iter().any(|row| row.announced.is_some()));
    canvas.figures = Some(figures(model, &all, trials));
    Some(canvas)
}

/// In what share of trials it is built; of an investment, how many plants a trial has on average.
fn ever_built(row: &Row<'_>, trials: u64, confidence: f64) -> String {
    if let Some(plants) = row.plants {
        return format!("{plants:.1}\u{d7}");
    }
    let interval = clopper_pearson(row.built, trials, confidence);
    let (low, high) = (Some(interval.low), Some(interval.high));
    number::probability(&Estimate { value: Some(share(row, trials)), low, high, ..Default::default() })
}

/// Dates of all projects.
fn figures(model: &Model, rows: &[Row<'_>], trials: u64) -> Figures {
    let date = |months: f64| {
        let seen = months < model.months as f64;
        if seen { number::month(model.start.plus(months.floor() as i32)) } else { "beyond".into() }
    };
    let row = |row: &Row<'_>| {
        let mut cells = vec![row.title.into(), row.announced.map_or("none".into(), date)];
        cells.extend(row.first.iter().chain(&row.full).map(|months| date(*months)));
        let plants = row.plants.map(|plants| format!("{plants:.1} plants a trial"));
        cells.push(plants.unwrap_or_else(|| number::share(share(row, trials))));
        cells
    };
    let header =
        ["Project", "Announced", "First product P10", "P50", "P90", "Full output P10", "P50", "P90", "Ever built"];
    Figures { header: header.map(String::from).into(), rows: rows.iter().map(row).collect() }
}

/// All projects and investments, those of the main stage first, then by stage and date; copies that are alike share a row.
fn rows(model: &Model, trials: u64, main: Option<usize>) -> Vec<Row<'_>> {
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
        rows.push(Row {
            id: &project.id,
            title: &project.title,
            announced: project.announced,
            stage: stage_of(&project.outputs, main),
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
    rows.map(|((investment, Dates { mut first, mut full }), built)| Row {
        id: &investment.id,
        title: &investment.title,
        announced: None,
        stage: stage_of(&model.decisions[investment.decisions.start].outputs, main),
        copies: 1,
        built,
        plants: Some(first.len() as f64 / trials as f64),
        first: spread(&mut first),
        full: spread(&mut full),
    })
    .collect()
}

/// 10th, 50th and 90th percentile: the value not exceeded by so many; infinite of none.
fn spread(values: &mut [f64]) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.1, 0.5, 0.9].map(|share| {
        let rank = ((values.len() as f64 * share - 1e-9).ceil() as usize).max(1) - 1;
        values.get(rank).copied().unwrap_or(f64::INFINITY)
    })
}

/// How late projects come where they come, and how many are less likely than not to come.
fn title(rows: &[Row<'_>], trials: u64, confidence: f64) -> String {
    let rows: Vec<&Row<'_>> = rows.iter().filter(|row| row.plants.is_none()).collect();
    let late = |row: &&Row<'_>| Some(row.first[1] - row.announced?).filter(|late| late.is_finite());
    let mut delays: Vec<f64> = rows.iter().filter_map(late).collect();
    let is_unlikely = |row: &&&Row<'_>| clopper_pearson(row.built, trials, confidence).high < 0.5;
    let (unlikely, count) = (rows.iter().filter(is_unlikely).count(), rows.len());
    if count == 0 {
        return "When plants come that nobody has announced yet".into();
    }
    let built = match unlikely {
        _ if count == 1 => {
            format!("{} is built in {} of trials", quoted(rows[0].title), number::share(share(rows[0], trials)))
        }
        0 => format!("none of {count} projects is less likely than not to be built"),
        unlikely => format!("{unlikely} of {count} projects are less likely than not to be built"),
    };
    if delays.is_empty() {
        return subject::capital_after_quote(&built);
    }
    let middle = spread(&mut delays)[1].round();
    let months = number::duration(middle.abs() as u64);
    let when = match middle {
        0.0 => "on the announced date".to_string(),
        late if late > 0.0 => format!("{months} after the announced date"),
        _ => format!("{months} before the announced date"),
    };
    format!("Where it is built, the typical project comes {when}; {built}")
}

/// Share of trials in which a project is built.
fn share(row: &Row<'_>, trials: u64) -> f64 {
    row.built as f64 / trials as f64
}

fn draw_name(canvas: &mut Canvas, row: &Row<'_>, y: f64, stage: Option<&str>) {
    let room = NAMES - style::MARGIN;
    let copies = match row.plants {
        Some(_) => " (not announced)".into(),
        None if row.copies > 1 => format!(" (one of {})", row.copies),
        None => String::new(),
    };
    let wide = |size: f64| font::width(&copies, Face::Regular, size);
    // A long name in smaller letters, before any of it is left out.
    let small = font::width(row.title, Face::Regular, style::LABEL) > room - wide(style::LABEL);
    let size = if small { style::SOURCE } else { style::LABEL };
    let down = if stage.is_some() { 12.5 } else { 0.36 * size };
    let name = font::shorten(row.title, Face::Regular, size, room - wide(size));
    let label = Label::new(format!("{name}{copies}"), (style::MARGIN, y + down), Anchor::Start);
    canvas.put(label.size(size).colour(style::INK));
    if let Some(stage) = stage {
        let label = Label::new(stage, (style::MARGIN, y - 4.5), Anchor::Start).face(Face::Bold).size(style::SOURCE);
        canvas.put(label.colour(style::MUTED).within(room));
    }
}

fn draw_row(canvas: &mut Canvas, x: &Axis, plot: &Rect, row: &Row<'_>, y: f64) {
    if row.built == 0 {
        let text = Label::new("never built", (plot.left + 8.0, y + 5.0), Anchor::Start);
        canvas.put(text.face(Face::Italic).size(style::SMALL));
        return;
    }
    let range = |canvas: &mut Canvas, [low, _, high]: [f64; 3], y: f64, half: f64, colour: style::Colour| {
        if low >= x.high {
            // All beyond the horizon.
            canvas
                .area(vec![(plot.right, y - half - 2.0), (plot.right + 8.0, y), (plot.right, y + half + 2.0)], colour);
            return;
        }
        canvas.bar(Rect::new(x.at(low), y - half, x.at(high).max(x.at(low) + 2.0), y + half), colour);
        if high > x.high {
            canvas
                .area(vec![(plot.right, y - half - 2.0), (plot.right + 8.0, y), (plot.right, y + half + 2.0)], colour);
        }
    };
    let (first, full) = (y - 5.0, y + 7.0);
    range(canvas, row.full, full, 3.0, style::BANDS[1]);
    range(canvas, row.first, first, 4.0, style::BANDS[2]);
    if row.full[1] < x.high {
        let at = x.at(row.full[1]);
        canvas.bar(Rect::new(at - 1.5, full - 5.0, at + 1.5, full + 5.0), style::BAR);
    }
    if row.first[1] < x.high {
        canvas.dot((x.at(row.first[1]), first), style::MEDIAN);
    }
    if let Some(announced) = row.announced.filter(|date| (0.0..=x.high).contains(date)) {
        let at = x.at(announced);
        diamond(canvas, (at, first));
    }
}

fn diamond(canvas: &mut Canvas, (x, y): (f64, f64)) {
    let corners = |size: f64| vec![(x, y - size), (x + size, y), (x, y + size), (x - size, y)];
    canvas.area(corners(8.0), style::WHITE);
    canvas.area(corners(6.0), style::ANNOUNCED);
}

fn draw_key(canvas: &mut Canvas, left: f64, baseline: f64, announced: bool) {
    let (mut x, y) = (left, baseline - 5.0);
    let mut put = |canvas: &mut Canvas, mark: &dyn Fn(&mut Canvas, f64), wide: f64, text: &str| {
        mark(canvas, x);
        let label = Label::new(text, (x + wide + 8.0, baseline), Anchor::Start);
        x = label.bounds().right + 26.0;
        canvas.put(label);
    };
    if announced {
        put(canvas, &|canvas, x| diamond(canvas, (x + 6.0, y)), 12.0, "announced");
    }
    let bar = |canvas: &mut Canvas, x: f64, half: f64, colour| {
        canvas.bar(Rect::new(x, y - half, x + 30.0, y + half), colour);
    };
    put(
        canvas,
        &|canvas, x| {
            bar(canvas, x, 4.0, style::BANDS[2]);
            canvas.dot((x + 15.0, y), style::MEDIAN);
        },
        30.0,
        "first product",
    );
    put(
        canvas,
        &|canvas, x| {
            bar(canvas, x, 3.0, style::BANDS[1]);
            canvas.bar(Rect::new(x + 13.5, y - 5.0, x + 16.5, y + 5.0), style::BAR);
        },
        30.0,
        "full output",
    );
}
