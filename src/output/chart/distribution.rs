//! The distribution of an outcome: a histogram, and below it the probability that a value is exceeded.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Point, Rect};
use super::font::Face;
use super::frame::{self, Frame};
use super::histogram::{self, Bars};
use super::shares::{self, Shares};
use super::subject::{self, ScenarioView, View, quoted};
use super::{number, style, title};
use crate::summary::{Estimate, Outcome, Percentile};

/// Width of a column that stands apart from the scale, and the room it takes.
const APART: (f64, f64) = (46.0, 92.0);

/// Percentiles that are marked on the exceedance curve, if the run reports them.
const MARKS: [f64; 3] = [50.0, 90.0, 95.0];

struct Panels<'a> {
    outcome: &'a Outcome,
    trials: u64,
    bars: Option<Bars>,
    x: Axis,
    /// Histogram.
    upper: Rect,
    /// Exceedance.
    lower: Rect,
}

/// The chart; none if the model has no outcome.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let cases = subject::cases(results);
    let case = cases.first()?;
    let (outcome, spec) = subject::outcome(results, case)?;
    let name = subject::outcome_name(case.model, spec);
    let trials = results.summary.trials.max(1);
    let exceeded = |value: f64| histogram::exceeded(outcome, trials, value);
    let title = title::distribution(&name, outcome, &exceeded, trials);
    let bars = histogram::bars(outcome, trials);
    let (low, high) = bars.as_ref().map_or((0.0, 1.0), |bars| (bars.low, bars.high()));
    let scale = number::scale(outcome.unit, high);
    // A small chance is drawn twice.
    let exceeds = 1.0 - outcome.zero.value.unwrap_or(0.0);
    let extra = if shares::are_small(exceeds) { 130.0 } else { 0.0 };
    let Frame { mut canvas, top, bottom } =
        frame::frame(results, 760.0 + extra, &title, &subtitle(results, case, outcome, &scale.words));

    let some = |estimate: &Estimate| estimate.value.is_some_and(|value| value > 0.0);
    let left = style::MARGIN + 48.0 + if some(&outcome.zero) { APART.1 } else { 0.0 };
    let right = style::WIDTH - style::MARGIN - if some(&outcome.never) { APART.1 } else { 0.0 };
    let middle = top + 0.44 * (bottom - top - extra);
    let x = Axis::new(low, high, left, right);
    let upper = Rect::new(left, top + 106.0, right, middle - 16.0);
    let lower = Rect::new(left, middle + 48.0, right, bottom - 62.0);
    let panels = Panels { outcome, trials, bars, x, upper, lower };
    draw_histogram(&mut canvas, &panels);
    draw_exceedance(&mut canvas, &panels);
    let ticks = if panels.bars.is_some() { x.ticks(12, scale.one) } else { vec![(0.0, "0".into())] };
    frame::bottom_axis(&mut canvas, &panels.lower, &x, &ticks);
    let unit = &scale.words;
    let below = Label::new(format!("{name}, {unit}"), (right, lower.bottom + 43.0), Anchor::End).size(style::AXIS);
    canvas.put(below.colour(style::MUTED).within(right - left));
    Some(canvas)
}

fn subtitle(results: &View<'_>, case: &ScenarioView<'_>, outcome: &Outcome, unit: &str) -> String {
    let (low, high) = middle_range(outcome).map_or((None, None), |(low, high)| (Some(low), Some(high)));
    let shading = match (low, high) {
        (Some(low), Some(high)) if !outcome.bars.is_empty() => {
            format!(". Dark bars: the middle {} of the trials", number::share((high.percent - low.percent) / 100.0))
        }
        _ => String::new(),
    };
    let horizon = number::duration(results.study.scenarios.first().map_or(0, |case| case.model.months as u64));
    let several = results.study.scenarios.len() > 1;
    let scenario = if several { format!(". Scenario: {}", quoted(&case.summary.title)) } else { String::new() };
    let confidence = number::significant(100.0 * results.summary.confidence, 4);
    let is_marked = |percentile: &Percentile| {
        let estimate = &percentile.estimate;
        MARKS.contains(&percentile.percent)
            && estimate.value > Some(0.0)
            && estimate.low.is_some()
            && estimate.high.is_some()
    };
    let marked = outcome.percentiles.iter().any(is_marked);
    let intervals = if marked { format!(". Whiskers: {confidence}\u{a0}% intervals") } else { String::new() };
    let unit = subject::capital(unit);
    format!("{unit} over {horizon}{shading}{intervals}{scenario}")
}

/// The percentiles between which the bars are dark: the outermost two that lie as far from either end.
fn middle_range(outcome: &Outcome) -> Option<(&Percentile, &Percentile)> {
    let (low, high) = (outcome.percentiles.first()?, outcome.percentiles.last()?);
    let even = (low.percent + high.percent - 100.0).abs() < 1e-9 && low.percent < 50.0;
    let finite = low.estimate.value.is_some() && high.estimate.value.is_some();
    (even && finite).then_some((low, high))
}

fn draw_histogram(canvas: &mut Canvas, panels: &Panels<'_>) {
    let (plot, outcome) = (&panels.upper, panels.outcome);
    canvas.put(Label::new("Share of trials", (style::MARGIN, plot.top - 76.0), Anchor::Start));
    let shares = panels.bars.as_ref().map_or(&[][..], |bars| &bars.shares);
    let highest = shares.iter().copied().fold(0.0, f64::max);
    // A column apart may be higher than all bars; beyond one and a half times their height it is cut.
    let apart = [&outcome.zero, &outcome.never].map(|estimate| estimate.value.unwrap_or(0.0));
    let top =
        if highest > 0.0 { apart.iter().fold(highest, |top, &share| top.max(share.min(1.5 * highest))) } else { 1.0 };
    let y = Axis::new(0.0, top.max(1e-12), plot.bottom, plot.top);
    if let Some(bars) = &panels.bars {
        draw_bars(canvas, panels, bars, &y);
    }
    let axis = style::AXIS_WIDTH;
    canvas.line(vec![(plot.left, plot.bottom), (plot.right, plot.bottom)], style::TEXT, axis);
    if apart[0] > 0.0 {
        draw_apart(canvas, plot, &y, plot.left - APART.1 + 14.0, &outcome.zero, "none");
    }
    if apart[1] > 0.0 {
        draw_apart(canvas, plot, &y, plot.right + APART.1 - APART.0, &outcome.never, "never");
    }
    draw_percentiles(canvas, panels);
    if let Some(bars) = &panels.bars {
        name_highest(canvas, panels, bars, &y);
    }
}

/// Says how high the highest bar is, which makes a scale unnecessary.
fn name_highest(canvas: &mut Canvas, panels: &Panels<'_>, bars: &Bars, y: &Axis) {
    let highest = bars.shares.iter().copied().fold(0.0, f64::max);
    let Some(index) = bars.shares.iter().position(|&share| share == highest) else { return };
    let x = panels.x.at(bars.low + bars.width * (index as f64 + 0.5));
    let label = |shift: f64| {
        let at = (x + shift, y.at(highest) - 6.0);
        vec![Label::new(number::share(highest), at, Anchor::Middle).size(style::SMALL)]
    };
    canvas.place([0.0, 8.0, -8.0, 16.0, -16.0].map(label).to_vec());
}

fn draw_bars(canvas: &mut Canvas, panels: &Panels<'_>, bars: &Bars, y: &Axis) {
    let range = middle_range(panels.outcome);
    let ends = range.and_then(|(low, high)| low.estimate.value.zip(high.estimate.value));
    let bottom = panels.upper.bottom;
    for (index, &share) in bars.shares.iter().enumerate() {
        let (from, to) = (bars.low + bars.width * index as f64, bars.low + bars.width * (index + 1) as f64);
        let centre = 0.5 * (from + to);
        let dark = ends.is_none_or(|(low, high)| (low..=high).contains(&centre) || (from <= low && high <= to));
        let colour = if dark { style::BAR } else { style::BAR_LIGHT };
        if share > 0.0 {
            // At least a hair, so that what happened is seen.
            let top = y.at(share).min(bottom - 0.8);
            canvas.bar(Rect::new(panels.x.at(from) + 0.6, top, panels.x.at(to) - 0.6, bottom), colour);
            canvas.keep(Rect::new(panels.x.at(from), top, panels.x.at(to), bottom));
        }
    }
    if bars.collects {
        let share = bars.shares.last().copied().unwrap_or(0.0);
        let from = bars.low + bars.width * (bars.shares.len() - 1) as f64;
        let text = format!("{} or more", number::quantity(panels.outcome.unit, from));
        let top = y.at(share) - 8.0;
        let at = |up: f64| vec![Label::new(&text, (panels.upper.right, top - up), Anchor::End).size(style::SMALL)];
        canvas.place((0..12).map(|row| at(12.0 * f64::from(row))).collect());
    }
}

/// A column of trials that are not a part of the scale, with their share; cut where it is far higher than the bars.
fn draw_apart(canvas: &mut Canvas, plot: &Rect, y: &Axis, left: f64, share: &Estimate, name: &str) {
    let value = share.value.unwrap_or(0.0);
    let column = Rect::new(left, y.at(value).min(plot.bottom - 0.8), left + APART.0, plot.bottom);
    canvas.bar(column, style::APART);
    if value > 1.001 * y.high {
        let cut = plot.top + 0.25 * plot.height();
        let (right, slope) = (column.right + 3.0, 8.0);
        let gap = vec![(left - 3.0, cut + slope), (right, cut), (right, cut + 6.0), (left - 3.0, cut + slope + 6.0)];
        canvas.area(gap, style::WHITE);
    }
    let centre = left + 0.5 * APART.0;
    canvas.line(vec![(left - 6.0, plot.bottom), (column.right + 6.0, plot.bottom)], style::TEXT, style::AXIS_WIDTH);
    canvas.put(Label::new(name, (centre, plot.bottom + 17.0), Anchor::Middle));
    let text = Label::new(number::share(value), (centre, column.top - 7.0), Anchor::Middle);
    canvas.put(text.face(Face::Bold).colour(style::INK));
    canvas.keep(column);
}

/// Lines at the outermost percentiles and the median, with their values.
fn draw_percentiles(canvas: &mut Canvas, panels: &Panels<'_>) {
    let outcome = panels.outcome;
    let median = outcome.percentiles.iter().find(|percentile| percentile.percent == 50.0);
    let range = middle_range(outcome).map(|(low, high)| [low, high]);
    let marks = median.into_iter().chain(range.into_iter().flatten());
    let top = panels.upper.top - 62.0;
    for percentile in marks {
        let Some(value) = percentile.estimate.value.filter(|&value| value > 0.0 && value <= panels.x.high) else {
            continue;
        };
        let x = panels.x.at(value);
        let name = if percentile.percent == 50.0 { "Median".into() } else { ordinal(percentile.percent) };
        let amount = number::amount(outcome.unit, &percentile.estimate);
        let group = |anchor: Anchor, down: f64| {
            let x = if anchor == Anchor::Start { x + 8.0 } else { x - 8.0 };
            let key =
                Label::new(&amount, (x, top + 21.0 + down), anchor).size(18.0).face(Face::Bold).colour(style::INK);
            vec![Label::new(&name, (x, top + down), anchor), key]
        };
        let order = if percentile.percent < 50.0 { [Anchor::End, Anchor::Start] } else { [Anchor::Start, Anchor::End] };
        // The others may stand a step lower, but then the line begins there.
        if canvas.place(order.map(|anchor| group(anchor, 0.0)).to_vec()) {
            let width = if percentile.percent == 50.0 { 1.8 } else { 1.1 };
            let ends = vec![(x, top - 11.0), (x, panels.upper.bottom)];
            canvas.keep(Rect::new(x - 2.0, top - 11.0, x + 2.0, panels.upper.bottom));
            canvas.line(ends, style::INK, width);
        }
    }
}

/// `5th percentile`, `2.5th percentile`.
fn ordinal(percent: f64) -> String {
    let ending = match percent {
        percent if percent.fract() != 0.0 || (11.0..=13.0).contains(&percent) => "th",
        percent if percent % 10.0 == 1.0 => "st",
        percent if percent % 10.0 == 2.0 => "nd",
        percent if percent % 10.0 == 3.0 => "rd",
        _ => "th",
    };
    format!("{percent}{ending} percentile")
}

fn draw_exceedance(canvas: &mut Canvas, panels: &Panels<'_>) {
    let (plot, outcome) = (&panels.lower, panels.outcome);
    let curve = histogram::exceedance(outcome, panels.trials, panels.x.low);
    let highest = curve.first().map_or(0.0, |point| point.1);
    canvas.put(Label::new("Chance of more than \u{2026}", (style::MARGIN, plot.top - 16.0), Anchor::Start));
    let shown = shares::shares(canvas, &Rect { left: style::MARGIN, ..*plot }, highest);
    for (index, panel) in shown.iter().enumerate() {
        let mut points = curve_in(panel, &curve, &panels.x);
        points.push((plot.right, panel.y.at(histogram::exceeded(outcome, panels.trials, panels.x.high))));
        let mut area = points.clone();
        area.extend([(plot.right, panel.plot.bottom), (panels.x.at(panels.x.low), panel.plot.bottom)]);
        canvas.area(area, style::BANDS[0]);
        canvas.curve(points, style::MEDIAN, style::MEDIAN_WIDTH);
        if index + 1 == shown.len() {
            draw_marks(canvas, panels, panel);
        }
    }
}

/// The curve of what is exceeded, in a panel: thousands of cells are more points than can be seen.
pub fn curve_in(panel: &Shares, curve: &[(f64, f64)], x: &Axis) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for &(value, share) in curve.iter().filter(|(value, _)| *value <= x.high) {
        let point = (x.at(value), panel.y.at(share));
        if points.last().is_none_or(|last| (point.0 - last.0).abs().max((point.1 - last.1).abs()) > 0.4) {
            points.push(point);
        }
    }
    points
}

/// Dots where the median, the 90th and the 95th percentile are exceeded, with the interval of the value.
fn draw_marks(canvas: &mut Canvas, panels: &Panels<'_>, Shares { plot, y }: &Shares) {
    let outcome = panels.outcome;
    let marked = |percentile: &&Percentile| MARKS.contains(&percentile.percent);
    let mut texts = Vec::new();
    for percentile in outcome.percentiles.iter().filter(marked) {
        let estimate = &percentile.estimate;
        let Some(value) = estimate.value.filter(|&value| value > 0.0 && value <= panels.x.high) else { continue };
        let share = histogram::exceeded(outcome, panels.trials, value);
        if share <= 0.0 {
            continue;
        }
        let at = (panels.x.at(value), y.at(share));
        if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
            let (left, right) = (panels.x.at(low), panels.x.at(high));
            canvas.line(vec![(left, at.1), (right, at.1)], style::MEDIAN, 1.4);
            for x in [left, right] {
                canvas.line(vec![(x, at.1 - 5.0), (x, at.1 + 5.0)], style::MEDIAN, 1.4);
            }
        }
        canvas.dot(at, style::MEDIAN);
        let interval = match (estimate.low, estimate.high) {
            (Some(low), Some(high)) => {
                if low == high {
                    String::new()
                } else {
                    format!(" ({})", number::range(outcome.unit, low, high))
                }
            }
            (Some(low), None) => format!(" ({} or more)", number::quantity(outcome.unit, low)),
            _ => format!(" ({})", estimate.note.replace(">=", "\u{2265}")),
        };
        texts.push((
            at,
            format!("{} exceed {}{interval}", number::share(share), number::amount(outcome.unit, estimate)),
        ));
    }
    // From the right: where there is little room, labels rise towards the left, as the curve does.
    for (at, text) in texts.into_iter().rev() {
        let label = |x: f64, y: f64, anchor: Anchor| {
            vec![Label::new(&text, (at.0 + x, at.1 + y), anchor).face(Face::Bold).colour(style::MEDIAN).plate()]
        };
        let mut candidates = vec![label(14.0, -5.0, Anchor::Start), label(14.0, 5.0, Anchor::Start)];
        for row in 1..14 {
            candidates.push(label(14.0, -5.0 - 10.0 * f64::from(row), Anchor::Start));
            candidates.push(label(-14.0, -5.0 - 10.0 * f64::from(row), Anchor::End));
        }
        candidates.retain(|group| group[0].bounds().top >= plot.top - 8.0 && group[0].bounds().bottom <= plot.bottom);
        canvas.place(candidates);
    }
}
