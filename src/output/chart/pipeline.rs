//! The pipeline: when each project has its first product and its full output, against the date announced.
//!
//! Projects are not tallied in a run: the first trials are drawn again, the projects alone, which is quick. What investors decide
//! on depends on the market: where there is any, these trials are simulated again.

use super::axis::{Axis, time_ticks};
use super::canvas::{Anchor, Canvas, Figures, Label, Rect};
use super::font::{self, Face};
use super::frame::{self, Frame};
use super::plants::{Row, chosen, rows, share, spread};
use super::subject::{self, View, quoted};
use super::{number, style};
use crate::model::{Model, Unit};
use crate::statistics::clopper_pearson;
use crate::summary::Estimate;

/// Most trials that are drawn again.
const PILOT: u64 = 2000;
/// Right end of the names.
const NAMES: f64 = 330.0;
/// Height of a row, and of the name of a stage above its rows.
const ROW: f64 = 34.0;
const HEAD: f64 = 28.0;
/// Room right of the plot: for the size, and for how many are built.
const SIZES: f64 = 90.0;
const BUILT: f64 = 96.0;

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
    let shown = chosen(&all, main);
    let confidence = results.summary.confidence;
    let title = title(&all, trials, confidence);
    let more = all.len() - shown.len();
    let more = if more > 0 { format!(" ({more} smaller ones are not shown)") } else { String::new() };
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
    let stages = 1 + shown.windows(2).filter(|pair| pair[0].stage != pair[1].stage).count();
    let rows = ROW * shown.len() as f64 + HEAD * stages as f64;
    let Frame { mut canvas, top, .. } = frame::frame(results, 210.0 + rows, &title, &subtitle);
    let upper = top + 56.0;
    let right = style::WIDTH - style::MARGIN;
    let plot = Rect::new(NAMES + 20.0, upper, right - BUILT - SIZES, upper + rows);
    let x = Axis::new(0.0, model.months as f64, plot.left, plot.right);
    let ticks = time_ticks(model.start, model.months, ((plot.right - plot.left) / 72.0) as usize);
    for (value, _) in &ticks {
        let x = x.at(*value);
        canvas.line(vec![(x, plot.top), (x, plot.bottom)], style::GRID, style::GRID_WIDTH);
    }
    frame::bottom_axis(&mut canvas, &plot, &x, &ticks);
    draw_rows(&mut canvas, model, (&all, &shown), (&x, &plot), (trials, confidence));
    draw_key(&mut canvas, plot.left, top + 28.0, shown.iter().any(|row| row.announced.is_some()));
    canvas.figures = Some(figures(model, &all, trials));
    Some(canvas)
}

/// The rows below the names of their stages, with sizes and how many are built.
fn draw_rows(
    canvas: &mut Canvas,
    model: &Model,
    (all, shown): (&[Row<'_>], &[&Row<'_>]),
    (x, plot): (&Axis, &Rect),
    (trials, confidence): (u64, f64),
) {
    let right = style::WIDTH - style::MARGIN;
    for (x, lines) in [(right, ["Ever", "built"]), (right - BUILT, ["Size,", "a year"])] {
        for (line, text) in lines.into_iter().enumerate() {
            let at = (x, plot.top - 27.0 + 18.0 * line as f64);
            canvas.put(Label::new(text, at, Anchor::End).colour(style::MUTED));
        }
    }
    let (mut stage, mut y) = (None, plot.top);
    for row in shown {
        if stage != Some(row.stage) {
            draw_stage(canvas, model, all, row.stage, y);
            y += HEAD;
        }
        let middle = y + 0.5 * ROW;
        draw_name(canvas, row, middle);
        draw_row(canvas, x, plot, row, middle);
        let put = |canvas: &mut Canvas, text: String, x: f64, face: Face| {
            let label = Label::new(text, (x, middle + 0.36 * style::LABEL), Anchor::End);
            canvas.put(label.face(face).colour(style::INK));
        };
        put(
            canvas,
            scale_of(model, all, row.stage).figure(unit_of(model, row.stage), row.size),
            right - BUILT,
            Face::Regular,
        );
        put(canvas, ever_built(row, trials, confidence), right, Face::Bold);
        (stage, y) = (Some(row.stage), y + ROW);
        canvas.line(vec![(style::MARGIN, y), (right, y)], style::GRID, style::GRID_WIDTH);
    }
}

/// Unit of what a stage makes.
fn unit_of(model: &Model, stage: usize) -> Unit {
    model.stages[stage].unit.map_or(Unit::Tonnes, Unit::Amount)
}

/// The scale of the sizes below a stage.
fn scale_of(model: &Model, rows: &[Row<'_>], stage: usize) -> number::Scale {
    let sizes = rows.iter().filter(|row| row.stage == stage).map(|row| row.size);
    number::scale(unit_of(model, stage), sizes.fold(0.0, f64::max))
}

/// The name of a stage above its rows, and what its sizes are measured in.
fn draw_stage(canvas: &mut Canvas, model: &Model, rows: &[Row<'_>], stage: usize, y: f64) {
    let right = style::WIDTH - style::MARGIN;
    canvas.bar(Rect::new(style::MARGIN, y, right, y + HEAD), style::PANEL);
    let words = scale_of(model, rows, stage).words;
    let unit = Label::new(words, (right - BUILT, y + 19.0), Anchor::End).size(style::SMALL).colour(style::TEXT);
    let name = Label::new(&model.stages[stage].title, (style::MARGIN + 4.0, y + 19.0), Anchor::Start);
    let room = unit.bounds().left - style::MARGIN - 20.0;
    canvas.put(unit);
    canvas.put(name.face(Face::Bold).size(style::SMALL).colour(style::INK).within(room));
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
        let size = format!("{} a year", number::quantity(unit_of(model, row.stage), row.size));
        let mut cells = vec![row.title.into(), size, row.announced.map_or("none".into(), date)];
        cells.extend(row.first.iter().chain(&row.full).map(|months| date(*months)));
        let plants = row.plants.map(|plants| format!("{plants:.1} plants a trial"));
        cells.push(plants.unwrap_or_else(|| number::share(share(row, trials))));
        cells
    };
    let header = [
        "Project",
        "Size",
        "Announced",
        "First product P10",
        "P50",
        "P90",
        "Full output P10",
        "P50",
        "P90",
        "Ever built",
    ];
    Figures { header: header.map(String::from).into(), rows: rows.iter().map(row).collect() }
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

/// The name of a row: on two lines in smaller letters, before any of it is left out.
fn draw_name(canvas: &mut Canvas, row: &Row<'_>, y: f64) {
    let room = NAMES - style::MARGIN;
    let name = match row.plants {
        Some(_) => format!("{} (not announced)", row.title),
        None if row.copies > 1 => format!("{} (one of {})", row.title, row.copies),
        None => row.title.into(),
    };
    let fits = font::width(&name, Face::Regular, style::LABEL) <= room;
    let (size, step) = if fits { (style::LABEL, 0.0) } else { (style::SOURCE, 14.0) };
    let lines = font::wrap(&name, Face::Regular, size, room, 2);
    let first = y + 0.36 * size - 0.5 * step * lines.len().saturating_sub(1) as f64;
    for (line, text) in lines.into_iter().enumerate() {
        let label = Label::new(text, (style::MARGIN, first + step * line as f64), Anchor::Start);
        canvas.put(label.size(size).colour(style::INK));
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
    canvas.area(corners(2.5), style::WHITE);
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
