//! Charts for a narrow screen: the same figures on a canvas a third as wide, with labels that are read at that size.
//!
//! Names do not fit beside what they name there; they stand above it, or in a key.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Plot, Point, Rect};
use super::font::Face;
use super::subject::{self, ScenarioView, View};
use super::{frame, histogram, milestone, number, style};
use crate::config::ChartKind;
use crate::model::Unit;
use crate::summary::{Estimate, Outcome, Series};

/// Width of the canvas: about as many pixels as a phone is wide.
const WIDTH: f64 = 390.0;
/// Margin on either side.
const EDGE: f64 = 10.0;
/// Height of a plot, and of one of several.
const PLOT: f64 = 250.0;
const SMALL_PLOT: f64 = 130.0;
/// What stands above and below a plot.
const ABOVE: f64 = 16.0;
const BELOW: f64 = 34.0;
/// Height of a line of text.
const LINE: f64 = 20.0;

/// The chart that `wide` shows, for a narrow screen; none of a kind that is read as a table there.
pub fn canvas(results: &View<'_>, wide: &Canvas) -> Option<Canvas> {
    let cases = subject::cases(results);
    let drawn = match results.asked.kind {
        ChartKind::Fan | ChartKind::Multiples => fans(results, &cases, wide),
        ChartKind::Milestone => by_date(results, &cases, wide),
        ChartKind::Distribution => distribution(results, cases.first()?, wide),
        ChartKind::Scenarios => ranges(results, &cases, wide),
        ChartKind::Stock | ChartKind::Pipeline | ChartKind::Tornado | ChartKind::Raster | ChartKind::Dashboard => None,
    };
    drawn.map(without_collisions)
}

/// Leaves out what has no room: the figure of an axis that would touch another, a name that nothing is left of.
fn without_collisions(mut canvas: Canvas) -> Canvas {
    let inside = Rect::new(4.0, 0.0, canvas.width - 4.0, canvas.height);
    let mut kept: Vec<Label> = Vec::new();
    for label in std::mem::take(&mut canvas.labels) {
        let bounds = label.bounds();
        let within = inside.holds((bounds.left, bounds.top)) && inside.holds((bounds.right, bounds.bottom));
        if within && !kept.iter().any(|other| other.bounds().overlaps(&bounds)) {
            kept.push(label);
        }
    }
    canvas.labels = kept;
    canvas
}

/// An empty canvas of a height, named as the wide one.
fn paper(wide: &Canvas, height: f64) -> Canvas {
    let mut canvas = Canvas::new(height, &wide.heading, &wide.subtitle);
    canvas.width = WIDTH;
    canvas
}

/// A plot with its axes, the values of the wide one.
fn plot(canvas: &mut Canvas, results: &View<'_>, wide: &Plot, unit: Unit, rect: Rect) -> (Rect, Axis, Axis) {
    let scale = number::scale(unit, wide.high);
    let suffix = if unit == Unit::Fraction { "\u{a0}%" } else { "" };
    let y = Axis::new(wide.low, wide.high, rect.bottom, rect.top);
    let ticks = y.ticks(if rect.height() > SMALL_PLOT { 5 } else { 3 }, scale.one);
    let left = rect.left + frame::value_axis_width(&ticks, suffix);
    let rect = Rect::new(left, rect.top, rect.right, rect.bottom);
    frame::value_axis(canvas, &rect, &y, &ticks, suffix);
    let x = Axis::new(0.0, wide.months, rect.left, rect.right);
    frame::time_axis(canvas, &rect, &x, results.study.config.start, wide.months as usize);
    canvas.plots.push(Plot { rect, ..*wide });
    (rect, x, y)
}

/// A fan for each plot of the wide chart: that of its scenario, or of all, one below the other.
fn fans(results: &View<'_>, cases: &[ScenarioView<'_>], wide: &Canvas) -> Option<Canvas> {
    let (main, _) = subject::series(results, cases.first()?)?;
    let of = |case: &ScenarioView<'_>| case.summary.series.iter().position(|series| series.name == main.name);
    let shown = cases.iter().filter_map(|case| Some((case, &case.summary.series[of(case)?])));
    let shown: Vec<_> = shown.zip(&wide.plots).collect();
    let (name, height) = if shown.len() > 1 { (LINE, SMALL_PLOT) } else { (0.0, PLOT) };
    let step = name + ABOVE + height + BELOW;
    let mut canvas = paper(wide, step * shown.len() as f64);
    for (index, ((case, series), wide)) in shown.into_iter().enumerate() {
        let top = step * index as f64;
        if name > 0.0 {
            let label =
                Label::new(&case.summary.title, (EDGE, top + LINE), Anchor::Start).face(Face::Bold).colour(style::INK);
            canvas.put(label.within(WIDTH - 2.0 * EDGE));
        }
        let rect = Rect::new(EDGE, top + name + ABOVE, WIDTH - EDGE, top + name + ABOVE + height);
        let (rect, x, y) = plot(&mut canvas, results, wide, series.unit, rect);
        bands(&mut canvas, series, wide, &rect, (&x, &y));
        let milestone = subject::milestone(results, case).map(|index| &case.model.milestones[index]);
        let bounds = milestone.filter(|one| case.model.series[one.series].name == series.name);
        for bound in bounds.into_iter().flat_map(|one| [one.at_least, one.at_most]).filter(|bound| bound.is_finite()) {
            canvas.dashed((rect.left, y.at(bound)), (rect.right, y.at(bound)), style::INK, style::THRESHOLD_WIDTH);
        }
    }
    Some(canvas)
}

/// The bands of a fan and its median.
fn bands(canvas: &mut Canvas, series: &Series, wide: &Plot, rect: &Rect, (x, y): (&Axis, &Axis)) {
    let path = |percentile: usize| -> Vec<Point> {
        let height = |estimates: &[Estimate; 7]| y.at(estimates[percentile].nearest().min(wide.high));
        let points = series.percentiles.iter().enumerate();
        let mut path: Vec<Point> =
            points.map(|(month, estimates)| (x.at(month as f64 + wide.offset), height(estimates))).collect();
        path.extend(series.percentiles.last().map(|estimates| (rect.right, height(estimates))));
        path
    };
    for (band, colour) in style::BANDS.into_iter().enumerate() {
        let (mut outline, back) = (path(6 - band), path(band));
        outline.extend(back.into_iter().rev());
        canvas.area(outline, colour);
    }
    canvas.curve(path(3), style::MEDIAN, style::MEDIAN_WIDTH);
}

/// The probability of a milestone by date, with a key below.
fn by_date(results: &View<'_>, cases: &[ScenarioView<'_>], wide: &Canvas) -> Option<Canvas> {
    let main = &cases.first()?.summary.milestones[subject::milestone(results, cases.first()?)?];
    let of = |case: &ScenarioView<'_>| case.summary.milestones.iter().position(|milestone| milestone.id == main.id);
    let lines = cases
        .iter()
        .enumerate()
        .filter_map(|(index, case)| Some((index, case.summary.title.as_str(), &case.summary.milestones[of(case)?])));
    let lines: Vec<_> = lines.take(milestone::MOST).collect();
    let key = ABOVE + PLOT + BELOW;
    let mut canvas = paper(wide, key + LINE * lines.len() as f64 + 8.0);
    let rect = Rect::new(EDGE, ABOVE, WIDTH - EDGE, ABOVE + PLOT);
    let (_, x, y) = plot(&mut canvas, results, wide.plots.first()?, Unit::Fraction, rect);
    for (row, (index, title, line)) in lines.into_iter().enumerate().rev() {
        let points = line.by_month.iter().enumerate();
        let points = points.map(|(month, at)| (x.at(month as f64), y.at(at.value.unwrap_or(0.0)))).collect();
        canvas.scenario(points, index);
        let baseline = key + LINE * (row as f64 + 0.7);
        canvas.scenario(vec![(EDGE, baseline - 5.0), (EDGE + 28.0, baseline - 5.0)], index);
        let last = line.by_month.last().map_or(String::new(), number::probability);
        let label = Label::new(format!("{last}  {title}"), (EDGE + 36.0, baseline), Anchor::Start);
        canvas.put(label.colour(style::scenario(index)).within(WIDTH - 2.0 * EDGE - 36.0));
    }
    Some(canvas)
}

/// The histogram of an outcome.
fn distribution(results: &View<'_>, case: &ScenarioView<'_>, wide: &Canvas) -> Option<Canvas> {
    let (outcome, _) = subject::outcome(results, case)?;
    let bars = histogram::bars(outcome, results.summary.trials.max(1))?;
    let mut canvas = paper(wide, LINE + ABOVE + PLOT + BELOW);
    let heading = |text: &str| Label::new(text, (EDGE, LINE), Anchor::Start);
    let zero = outcome.zero.value.filter(|zero| *zero > 0.0);
    let zero = zero.map_or(String::new(), |zero| format!("; none in {}", number::share(zero)));
    canvas.put(heading(&format!("Share of trials{zero}")).within(WIDTH - 2.0 * EDGE));
    let highest = bars.shares.iter().copied().fold(0.0, f64::max);
    let y = Axis::rounded(0.0, highest, LINE + ABOVE + PLOT, LINE + ABOVE, 4);
    let ticks = y.ticks(4, 0.01);
    let left = EDGE + frame::value_axis_width(&ticks, "\u{a0}%");
    let rect = Rect::new(left, LINE + ABOVE, WIDTH - EDGE, LINE + ABOVE + PLOT);
    frame::value_axis(&mut canvas, &rect, &y, &ticks, "\u{a0}%");
    let x = Axis::new(bars.low, bars.high(), rect.left, rect.right);
    for (index, &share) in bars.shares.iter().enumerate() {
        let (from, to) = (bars.low + bars.width * index as f64, bars.low + bars.width * (index + 1) as f64);
        canvas.bar(Rect::new(x.at(from), y.at(share), x.at(to) - 0.5, rect.bottom), style::BAR);
        let name = wide.spots.get(index).map_or(String::new(), |(_, name)| name.clone());
        canvas.spots.push((Rect::new(x.at(from), rect.top, x.at(to), rect.bottom), name));
    }
    let scale = number::scale(outcome.unit, bars.high());
    frame::bottom_axis(&mut canvas, &rect, &x, &x.ticks(4, scale.one));
    canvas.put(Label::new(scale.words, (WIDTH - EDGE, LINE), Anchor::End).colour(style::MUTED));
    Some(canvas)
}

/// The 10th to the 90th percentile of the outcome in each scenario, its name above.
fn ranges(results: &View<'_>, cases: &[ScenarioView<'_>], wide: &Canvas) -> Option<Canvas> {
    // Asked for dates alone, it is read as a table too.
    let (main, spec) = subject::outcome(results, cases.first()?).filter(|_| results.asked.milestone.is_none())?;
    let at = |outcome: &Outcome, percent: f64| {
        let found = outcome.percentiles.iter().find(|known| known.percent == percent);
        found.map(|found| found.estimate.clone())
    };
    let rows = cases.iter().filter_map(|case| {
        let outcome = subject::outcome_named(case, &main.name)?;
        Some((case.summary.title.as_str(), [at(outcome, 10.0)?, at(outcome, 50.0)?, at(outcome, 90.0)?]))
    });
    let rows: Vec<_> = rows.take(wide.spots.len()).collect();
    let values = rows.iter().flat_map(|(_, values)| values).map(Estimate::nearest).filter(|value| value.is_finite());
    let largest = values.fold(0.0, f64::max);
    let step = LINE * 2.4;
    let bottom = ABOVE + step * rows.len() as f64;
    let mut canvas = paper(wide, bottom + BELOW + LINE);
    let rect = Rect::new(EDGE + 8.0, ABOVE, WIDTH - EDGE - 20.0, bottom);
    let x = Axis::rounded(0.0, largest, rect.left, rect.right, 4);
    let scale = number::scale(main.unit, largest);
    frame::bottom_axis(&mut canvas, &rect, &x, &x.ticks(4, scale.one));
    for (index, (title, [low, median, high])) in rows.into_iter().enumerate() {
        let (top, y) = (ABOVE + step * index as f64, ABOVE + step * (index as f64 + 0.72));
        let value =
            Label::new(number::amount_among(main.unit, &median, largest), (WIDTH - EDGE, top + 14.0), Anchor::End)
                .face(Face::Bold)
                .colour(style::MEDIAN);
        let room = value.bounds().left - EDGE - 12.0;
        canvas.put(value);
        canvas.put(Label::new(title, (EDGE, top + 14.0), Anchor::Start).colour(style::INK).within(room));
        let end = |estimate: &Estimate| x.at(estimate.nearest());
        canvas.bar(Rect::new(end(&low), y - 4.0, end(&high), y + 4.0), style::BAR_LIGHT);
        canvas.dot((end(&median), y), style::MEDIAN);
        canvas.spots.push((Rect::new(0.0, top, WIDTH, top + step), title.into()));
    }
    let name = subject::capital(&subject::outcome_name(cases.first()?.model, spec));
    canvas.put(
        Label::new(format!("{name}, {}", scale.words), (EDGE, bottom + BELOW + 12.0), Anchor::Start)
            .within(WIDTH - 2.0 * EDGE),
    );
    Some(canvas)
}
