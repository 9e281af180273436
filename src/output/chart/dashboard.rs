//! One page, A4 across: key figures, the main series, the main milestone by date, the main outcome, the scenarios.

use super::axis::{Axis, time_ticks};
use super::canvas::{Anchor, Canvas, Label, Rect};
use super::course;
use super::distribution::curve_in;
use super::dodge::dodge;
use super::driven::{driven_name, headline};
use super::font::{self, Face};
use super::frame::{self, Frame, claims_by_date};
use super::histogram;
use super::milestone::reached;
use super::multiples;
use super::shares::{self, Shares};
use super::subject::{self, ScenarioView, View, quoted, quoted_capital};
use super::{number, style, title, tornado};
use crate::summary::{ClaimResult, Estimate, MilestoneResult, Outcome};

/// Height that makes the page as wide as A4 across: the width over the root of two.
const HEIGHT: f64 = 848.0;
/// Most scenarios in a panel; the other charts have all.
const MOST: usize = 8;
/// Height of a key figure.
const CARD: f64 = 92.0;
/// Width of the scenarios' names beside a plot: two lines hold forty letters and a figure.
const NAMES: f64 = 212.0;
/// What such names may reach above and below the plot, together.
const SPARE: f64 = 46.0;
/// Size of a panel's heading.
const HEADING: f64 = 16.0;

/// What the page is about.
struct Page<'a> {
    scenarios: Vec<ScenarioView<'a>>,
    milestone: &'a MilestoneResult,
    outcome: &'a Outcome,
    outcome_name: String,
    claims: Vec<(u32, Vec<&'a ClaimResult>)>,
    months: usize,
}

/// The chart; none unless there is a series, a milestone and an outcome that is not always zero.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let cases = subject::cases(results);
    let case = *cases.first()?;
    let (series, spec) = subject::series(results, &case)?;
    let milestone = &case.summary.milestones[subject::milestone(results, &case)?];
    let (outcome, outcome_spec) = subject::outcome(results, &case)?;
    let bars = histogram::bars(outcome, results.summary.trials.max(1))?;
    let months = milestone.by_month.len().checked_sub(1).filter(|_| !series.percentiles.is_empty())?;
    let claims = claims_by_date(&case.summary.claims, &milestone.id, months);
    let flat: Vec<&ClaimResult> = claims.iter().flat_map(|(_, group)| group.iter().copied()).collect();
    let outcome_name = subject::outcome_name(case.model, outcome_spec);
    let headline = title::milestone(milestone, &flat, results.study.config.start);
    let page = Page { scenarios: cases, milestone, outcome, outcome_name, claims, months };
    let (mut canvas, top, bottom) = paper(results, &headline, &subtitle(results, &page));
    draw_cards(&mut canvas, results, &page, top + 14.0);
    let (first, middle) = (top + 14.0 + CARD + 12.0, style::WIDTH * 0.5);
    let height = (bottom - 8.0 - first) * 0.5;
    let cell = |column: usize, row: usize| {
        let left = if column == 0 { style::MARGIN } else { middle + 20.0 };
        let right = if column == 0 { middle - 20.0 } else { style::WIDTH - style::MARGIN };
        Rect::new(left, first + row as f64 * height, right, first + (row + 1) as f64 * height)
    };
    let name = subject::series_name(case.model, spec);
    let threshold = course::thresholds(&case.model.milestones[subject::milestone(results, &case)?]);
    let start = results.study.config.start;
    let finding = course::fan(&name, threshold.first().copied(), series, start, results.summary.trials);
    let values = series.percentiles.iter().flatten().map(Estimate::nearest).filter(|value| value.is_finite());
    let scale = number::scale(series.unit, values.fold(0.0, f64::max));
    let what = format!("{}, {}{}: median, 50\u{a0}% and 90\u{a0}% ranges", name.long, scale.words, name.of);
    let plot = draw_heading(&mut canvas, &cell(0, 0), &[finding], &what);
    multiples::draw_alone(&mut canvas, results, case, series, plot);
    draw_dates(&mut canvas, results, &page, &cell(1, 0));
    draw_exceedance(&mut canvas, results, &page, &cell(0, 1), bars.high());
    if page.scenarios.len() > 1 || !draw_drivers(&mut canvas, &page, &cell(1, 1)) {
        draw_scenarios(&mut canvas, &page, &cell(1, 1));
    }
    Some(canvas)
}

/// A frame of the height of the page, however many lines its title has.
fn paper(results: &View<'_>, title: &str, subtitle: &str) -> (Canvas, f64, f64) {
    let extra = frame::frame(results, HEIGHT, title, subtitle).canvas.height - HEIGHT;
    let Frame { canvas, top, bottom } = frame::frame(results, HEIGHT - extra, title, subtitle);
    (canvas, top, bottom)
}

fn subtitle(results: &View<'_>, page: &Page<'_>) -> String {
    let scenario = match results.study.scenarios.len() {
        1 => String::new(),
        _ => format!(" Key figures and left panels: scenario {}", quoted(&page.scenarios[0].summary.title)),
    };
    let horizon = number::duration(page.months as u64);
    let driver = page.scenarios.first().and_then(main_driver).map_or(String::new(), |driver| format!(" {driver}"));
    let scenario = if scenario.is_empty() || driver.is_empty() { scenario } else { scenario + "." };
    format!("One page of {} futures over {horizon}.{scenario}{driver}", number::grouped(results.summary.trials))
}

/// The input that explains most of the number told first.
fn main_driver(case: &ScenarioView<'_>) -> Option<String> {
    let found = headline(case.summary.drivers.as_ref()?)?;
    let (driver, what) = (found.drivers.first()?, driven_name(case.model, found.driven));
    let share = number::share(driver.share.value?);
    Some(format!("Main driver of {what}: {} ({share} of the variance)", tornado::readable(driver)))
}

/// The inputs that move a result most, where there are no other scenarios to show; false if there are none.
fn draw_drivers(canvas: &mut Canvas, page: &Page<'_>, cell: &Rect) -> bool {
    let Some(case) = page.scenarios.first() else { return false };
    let Some(found) = case.summary.drivers.as_ref().and_then(headline) else { return false };
    let what = subject::capital(&driven_name(case.model, found.driven));
    let room =
        draw_heading(canvas, cell, &[], &format!("{what}: mean where an input is in its lowest or highest tenth"));
    tornado::panel(canvas, found, room, NAMES)
}

/// Key figures: claims, the median date, the main outcome.
fn draw_cards(canvas: &mut Canvas, results: &View<'_>, page: &Page<'_>, top: f64) {
    let start = results.study.config.start;
    let mut cards: Vec<(style::Colour, String, String, String)> = Vec::new();
    for (rank, (_, group)) in page.claims.iter().enumerate().take(2) {
        let claim = group[0];
        let below = match number::interval(&claim.probability) {
            Some(interval) => format!("of futures ({interval}): {}", claim.verdict.word()),
            None => format!("of futures: {}", claim.verdict.word()),
        };
        let value = number::probability(&claim.probability);
        cards.push((style::claim(rank), quoted_capital(&claim.title), value, below));
    }
    let date = reached(page.milestone, 0.5);
    let value = date.map_or("not reached".into(), |(_, early, late)| number::date_between(start, early, late));
    let by_end = page.milestone.by_month.last().map_or(String::new(), number::probability);
    let end = number::month(start.last_of(page.months));
    let name = format!("Even odds of {}", quoted(&page.milestone.title));
    cards.push((style::MEDIAN, name, value, format!("{by_end} of futures by {end}")));
    let at = |percent: f64| page.outcome.percentile(percent);
    if let Some(median) = at(50.0) {
        let amount = |estimate: &Estimate| number::amount(page.outcome.unit, estimate);
        let range = at(5.0).zip(at(95.0)).map_or(String::new(), |(low, high)| {
            format!("median; 90\u{a0}% of futures: {} to {}", amount(&low.estimate), amount(&high.estimate))
        });
        cards.push((style::MEDIAN, subject::capital(&page.outcome_name), amount(&median.estimate), range));
    }
    let gap = 14.0;
    let width = (style::WIDTH - 2.0 * style::MARGIN - gap * (cards.len() - 1) as f64) / cards.len() as f64;
    for (index, (colour, name, value, below)) in cards.into_iter().enumerate() {
        let left = style::MARGIN + index as f64 * (width + gap);
        canvas.bar(Rect::new(left, top, left + width, top + CARD), style::PANEL);
        canvas.bar(Rect::new(left, top, left + 4.0, top + CARD), colour);
        let put = |canvas: &mut Canvas, text: String, down: f64, size: f64, face: Face, colour: style::Colour| {
            let label = Label::new(text, (left + 16.0, top + down), Anchor::Start).size(size).face(face);
            canvas.put(label.colour(colour).within(width - 24.0));
        };
        let lines = font::wrap(&name, Face::Regular, style::SOURCE, width - 24.0, 2);
        let first = if lines.len() > 1 { 17.0 } else { 25.0 };
        for (line, text) in lines.into_iter().enumerate() {
            put(canvas, text, first + 15.0 * line as f64, style::SOURCE, Face::Regular, style::TEXT);
        }
        put(canvas, value, 60.0, style::KEY, Face::Bold, colour);
        put(canvas, below, 81.0, style::SMALL, Face::Regular, style::TEXT);
    }
}

/// The finding of a panel, the first that fits on two lines, and below it what is shown; what is left of its cell for the
/// plot. Where none fits, what is shown takes its place.
fn draw_heading(canvas: &mut Canvas, cell: &Rect, findings: &[String], what: &str) -> Rect {
    let room = cell.right - cell.left;
    let wrapped = |text: &str, size: f64| font::wrap(text, Face::Bold, size, room, 2);
    let is_whole = |lines: &Vec<String>| !lines.iter().any(|line| line.ends_with('\u{2026}'));
    // A little smaller, before it gives way.
    let sizes = [HEADING, 0.9 * HEADING];
    let mut all = findings.iter().flat_map(|finding| sizes.map(|size| (size, wrapped(finding, size))));
    let found = all.find(|(_, lines)| is_whole(lines));
    let (size, lines) = found.clone().unwrap_or_else(|| (HEADING, wrapped(what, HEADING)));
    let below = cell.top + 17.0 + 19.0 * lines.len() as f64;
    for (line, text) in lines.into_iter().enumerate() {
        let at = (cell.left, cell.top + 18.0 + 19.0 * line as f64);
        canvas.put(Label::new(text, at, Anchor::Start).face(Face::Bold).size(size).colour(style::INK));
    }
    if found.is_some() {
        // A little smaller, before any of it is left out.
        let wide = font::width(what, Face::Regular, style::SOURCE);
        let shown = Label::new(what, (cell.left, below), Anchor::Start);
        canvas.put(shown.size(style::SOURCE * (room / wide).clamp(0.85, 1.0)).within(room));
    }
    panel(cell)
}

/// The part of a cell below its heading and above the figures of its axis.
fn panel(cell: &Rect) -> Rect {
    Rect::new(cell.left, cell.top + 76.0, cell.right, cell.bottom - 30.0)
}

/// The probability of the milestone by date, in all scenarios.
fn draw_dates(canvas: &mut Canvas, results: &View<'_>, page: &Page<'_>, cell: &Rect) {
    let name = quoted(&page.milestone.title);
    // As many scenarios as there is room for names of two lines.
    let most = MOST.min(((panel(cell).height() + SPARE) / 29.0) as usize);
    let which = if page.scenarios.len() > most { format!(" (first {most})") } else { String::new() };
    let found = |case: &ScenarioView<'_>| case.summary.milestones.iter().position(|one| one.id == page.milestone.id);
    let lines: Vec<(usize, &ScenarioView<'_>, &MilestoneResult)> = (page.scenarios.iter().take(most).enumerate())
        .filter_map(|(index, case)| Some((index, case, &case.summary.milestones[found(case)?])))
        .collect();
    let end = |line: &MilestoneResult| line.by_month.last().and_then(|last| last.value).unwrap_or(0.0);
    let ends: Vec<(String, Estimate)> = page
        .scenarios
        .iter()
        .filter_map(|case| {
            let last = case.summary.milestones[found(case)?].by_month.last()?;
            Some((case.summary.title.clone(), last.clone()))
        })
        .collect();
    let finding = title::milestone_ends(&page.milestone.title, &ends, results.study.config.start.last_of(page.months));
    let room = draw_heading(canvas, cell, &[finding], &format!("Probability of {name} by date, by scenario{which}"));
    let highest = lines.iter().map(|(_, _, line)| end(line)).fold(0.0, f64::max);
    let panels = shares::shares(canvas, &Rect { right: room.right - NAMES, ..room }, highest);
    let Some(Shares { plot, .. }) = panels.last() else { return };
    let x = Axis::new(0.0, page.months as f64, plot.left, plot.right);
    time_axis(canvas, results, plot, &x, page.months);
    for Shares { plot, y } in &panels {
        for (rank, (month, _)) in page.claims.iter().enumerate() {
            let at = x.at(f64::from(*month));
            canvas.line(vec![(at, plot.top), (at, plot.bottom)], style::claim(rank), style::CLAIM_WIDTH);
        }
        for (index, _, line) in lines.iter().rev() {
            let point =
                |(month, estimate): (usize, &Estimate)| (x.at(month as f64), y.at(estimate.value.unwrap_or(0.0)));
            canvas.scenario(line.by_month.iter().enumerate().map(point).collect(), *index);
        }
    }
    draw_names(canvas, &lines, &panels);
}

/// Names of the scenarios at the ends of their lines.
fn draw_names(canvas: &mut Canvas, lines: &[(usize, &ScenarioView<'_>, &MilestoneResult)], panels: &[Shares]) {
    let Some((Shares { plot, y }, first)) = panels.last().zip(panels.first()) else { return };
    let end = |line: &MilestoneResult| line.by_month.last().and_then(|last| last.value).unwrap_or(0.0);
    let height = plot.bottom - first.plot.top;
    let wanted: Vec<f64> = lines.iter().map(|(_, _, line)| y.at(end(line))).collect();
    let roomy = 33.0 * lines.len() as f64 <= height + SPARE;
    let (size, step) = if roomy { (style::SMALL, 33.0) } else { (style::SOURCE, 29.0) };
    let low = first.plot.top - 16.0;
    let places = dodge(&wanted, &vec![step; lines.len()], low, low + height + SPARE);
    for (((index, case, line), y), centre) in lines.iter().zip(wanted).zip(places) {
        let colour = style::scenario(*index);
        let share = line.by_month.last().map_or(String::new(), number::probability);
        let leader = vec![(plot.right + 3.0, y), (plot.right + 12.0, centre), (plot.right + 15.0, centre)];
        canvas.line(leader, colour, style::GRID_WIDTH);
        let face = if *index == 0 { Face::Bold } else { Face::Regular };
        let text = format!("{share} {}", case.summary.title);
        let words = font::wrap(&text, face, size, NAMES - 20.0, 2);
        let first = centre + 0.36 * size - 0.58 * size * (words.len().max(1) - 1) as f64;
        for (word, text) in words.into_iter().enumerate() {
            let label = Label::new(text, (plot.right + 18.0, first + 1.17 * size * word as f64), Anchor::Start);
            canvas.put(label.size(size).face(face).colour(colour));
        }
    }
}

fn time_axis(canvas: &mut Canvas, results: &View<'_>, plot: &Rect, x: &Axis, months: usize) {
    let most = ((plot.right - plot.left) / 76.0).clamp(2.0, 8.0) as usize;
    let half = |text: &str| 0.5 * font::width(text, Face::Regular, style::AXIS);
    let mut ticks = time_ticks(results.study.config.start, months, most);
    ticks
        .retain(|(at, text)| x.at(*at) + half(text) <= plot.right + 13.0 && x.at(*at) - half(text) >= plot.left - 13.0);
    frame::bottom_axis(canvas, plot, x, &ticks);
}

/// The probability that the main outcome exceeds a value.
fn draw_exceedance(canvas: &mut Canvas, results: &View<'_>, page: &Page<'_>, cell: &Rect, high: f64) {
    let (outcome, trials) = (page.outcome, results.summary.trials.max(1));
    let scale = number::scale(outcome.unit, high);
    let unit = &scale.words;
    let name = &page.outcome_name;
    let exceeded = |value: f64| histogram::exceeded(outcome, trials, value);
    let finding = title::distribution(name, outcome, &exceeded, results.summary.trials);
    let room = draw_heading(canvas, cell, &[finding], &format!("Chance of more: {name}, {unit}"));
    let curve = histogram::exceedance(outcome, trials, 0.0);
    let highest = curve.first().map_or(0.0, |point| point.1);
    let panels = shares::shares(canvas, &Rect { right: room.right - 10.0, ..room }, highest);
    let Some(Shares { plot, y }) = panels.last() else { return };
    let x = Axis::new(0.0, high, plot.left, plot.right);
    for panel in &panels {
        let mut points = curve_in(panel, &curve, &x);
        points.push((plot.right, panel.y.at(exceeded(x.high))));
        let mut area = points.clone();
        area.extend([(plot.right, panel.plot.bottom), (plot.left, panel.plot.bottom)]);
        canvas.area(area, style::BANDS[0]);
        canvas.curve(points, style::MEDIAN, style::MEDIAN_WIDTH);
    }
    frame::bottom_axis(canvas, plot, &x, &x.ticks(7, scale.one));
    for percent in [50.0, 90.0] {
        let found = outcome.percentile(percent);
        let Some(estimate) = found.map(|found| &found.estimate) else { continue };
        let Some(value) = estimate.value.filter(|&value| value > 0.0 && value <= x.high) else { continue };
        let share = exceeded(value);
        let at = (x.at(value), y.at(share));
        canvas.dot(at, style::MEDIAN);
        let text = format!("{} exceed {}", number::share(share), number::amount(outcome.unit, estimate));
        let label = |row: i32| {
            let at = (at.0 + 13.0, at.1 - 6.0 - 8.0 * f64::from(row));
            vec![Label::new(&text, at, Anchor::Start).face(Face::Bold).colour(style::MEDIAN).plate()]
        };
        let inside =
            |group: &Vec<Label>| group[0].bounds().right <= plot.right && group[0].bounds().top >= plot.top - 6.0;
        canvas.place((0..14).map(label).filter(inside).collect());
    }
}

/// The main outcome by scenario: median, and from the 10th to the 90th percentile.
fn draw_scenarios(canvas: &mut Canvas, page: &Page<'_>, cell: &Rect) {
    let values = |case: &ScenarioView<'_>| {
        let outcome = subject::outcome_named(case, &page.outcome.name)?;
        let at = |percent: f64| outcome.percentile(percent);
        let [low, median, high] = [at(10.0)?, at(50.0)?, at(90.0)?].map(|known| known.estimate.clone());
        Some([low, median, high])
    };
    // A row is as high as a name of two lines.
    let most = (panel(cell).height() / 27.0).max(1.0) as usize;
    let rows: Vec<(&ScenarioView<'_>, [Estimate; 3])> =
        page.scenarios.iter().take(most.min(MOST)).filter_map(|case| Some((case, values(case)?))).collect();
    if rows.is_empty() {
        return;
    }
    let shown = rows.iter().flat_map(|(_, values)| values).map(Estimate::nearest);
    let largest = shown.filter(|value| value.is_finite()).fold(0.0, f64::max);
    let scale = number::scale(page.outcome.unit, largest);
    let unit = &scale.words;
    let name = subject::capital(&page.outcome_name);
    let shown = page.scenarios.len().min(most.min(MOST));
    let which = if page.scenarios.len() > shown { format!(" (first {shown})") } else { String::new() };
    let every = page.scenarios.iter().filter_map(|case| Some((case.summary.title.clone(), values(case)?[1].clone())));
    let finding = title::outcomes(&name, page.outcome.unit, &every.collect::<Vec<_>>());
    // What may be cut off stands last.
    let what = format!("Median, 10th\u{2013}90th percentile, {unit}: {name}{which}");
    // The name stands in what is shown.
    let short = finding.split_once(": median").map(|(_, rest)| format!("Median{rest}"));
    let findings: Vec<String> = std::iter::once(finding.clone()).chain(short).collect();
    let room = draw_heading(canvas, cell, &findings, &what);
    let plot = Rect::new(room.left + NAMES + 4.0, room.top, room.right - 16.0, room.bottom);
    let x = Axis::rounded(0.0, largest, plot.left, plot.right, 5);
    let ticks = x.ticks(5, scale.one);
    for (value, _) in &ticks {
        let x = x.at(*value);
        canvas.line(vec![(x, plot.top), (x, plot.bottom)], style::GRID, style::GRID_WIDTH);
    }
    frame::bottom_axis(canvas, &plot, &x, &ticks);
    let step = plot.height() / rows.len() as f64;
    for (index, (case, [low, median, high])) in rows.iter().enumerate() {
        let y = plot.top + step * (index as f64 + 0.5);
        let size = if step >= 34.0 { style::SMALL } else { 0.87 * style::SOURCE };
        let face = if index == 0 { Face::Bold } else { Face::Regular };
        let lines = font::wrap(&case.summary.title, face, size, NAMES - 12.0, 2);
        let first = y + 0.36 * size - 0.6 * size * (lines.len().max(1) - 1) as f64;
        for (line, text) in lines.into_iter().enumerate() {
            let label = Label::new(text, (room.left, first + 1.2 * size * line as f64), Anchor::Start).size(size);
            canvas.put(label.face(face).colour(style::INK));
        }
        let at = |estimate: &Estimate| x.at(estimate.nearest().min(x.high));
        canvas.bar(Rect::new(at(low) - 1.0, y - 3.5, at(high) + 1.0, y + 3.5), style::BAR_LIGHT);
        if median.nearest().is_finite() {
            canvas.dot((at(median), y), style::MEDIAN);
            let text = number::amount_among(page.outcome.unit, median, largest);
            let label = |x: f64, y: f64, anchor: Anchor| {
                let label = Label::new(&text, (x, y), anchor).size(style::SMALL).face(Face::Bold);
                vec![label.colour(style::MEDIAN).plate()]
            };
            let (x, above) = (at(median), y - 11.0);
            let beside = at(high) + 8.0;
            canvas.place(vec![
                label(x, above, Anchor::Middle),
                label(x - 4.0, above, Anchor::Start),
                label(beside, y + 0.36 * style::SMALL, Anchor::Start),
            ]);
        }
    }
}
