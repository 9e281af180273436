//! Small multiples: the fan of the main series in every scenario, on the same scale.

use super::axis::{Axis, time_ticks};
use super::canvas::{Anchor, Canvas, Figures, Label, Point, Rect};
use super::dodge::dodge;
use super::font::{self, Face};
use super::frame::{self, Frame, claims_by_date};
use super::milestone::reached;
use super::subject::{self, ScenarioView, View, quoted};
use super::{number, style, title};
use crate::config::Month;
use crate::model::Unit;
use crate::output::words;
use crate::summary::{Beyond, ClaimResult, Estimate, Series};

/// Most panels; more scenarios are in the tables.
const MOST: usize = 12;
/// Panels side by side.
const COLUMNS: usize = 3;
/// From the left edge of one panel to that of the next, and the width of its plot.
const GAP: f64 = 74.0;
/// Height of a panel's plot, and of what stands above and below it.
const PLOT: f64 = 190.0;
const ABOVE: f64 = 62.0;
const BELOW: f64 = 40.0;

struct Panel<'a> {
    case: ScenarioView<'a>,
    series: &'a Series,
    /// The milestone that looks at the series, in this scenario.
    milestone: Option<usize>,
    /// The claims of the scenario that comes first, by date: where their names stand, and whose colours they have.
    claims: &'a [(u32, Vec<&'a ClaimResult>)],
    plot: Rect,
    x: Axis,
    y: Axis,
}

/// The chart; none if there is a single scenario or no series.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let all = subject::cases(results);
    let first = all.first()?;
    let (main, spec) = subject::series(results, first)?;
    let shown: Vec<(ScenarioView<'_>, &Series)> =
        all.iter().take(MOST).filter_map(|case| Some((*case, same(case, main)?))).collect();
    if shown.len() < 2 || main.percentiles.is_empty() {
        return None;
    }
    let name = subject::series_name(first.model, spec);
    let id = subject::milestone(results, first).map(|index| first.model.milestones[index].id.as_str());
    let milestone = |case: &ScenarioView<'_>| looking_at(case, id?, &main.name);
    let bounds = shown.iter().flat_map(|(case, _)| bounds(case, milestone(case)));
    let (start, months) = (results.study.config.start, main.percentiles.len());
    let ends: Vec<(String, Estimate)> = shown
        .iter()
        .filter_map(|(case, series)| Some((case.summary.title.clone(), series.percentiles.last()?[3].clone())))
        .collect();
    let title = title_of(&name, main.unit, &ends, start, months);
    let values = shown.iter().flat_map(|(_, series)| series.percentiles.iter().flatten());
    let values = values.map(Estimate::nearest).filter(|value| value.is_finite());
    let largest = values.chain(bounds).fold(0.0, f64::max);
    let scale = number::scale(main.unit, largest);
    let more = all.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" ({more} more scenarios in the tables)") } else { String::new() };
    let is_reached = |case: &ScenarioView<'_>| reached(&case.summary.milestones[milestone(case)?], 0.5);
    let dot = if shown.iter().any(|(case, _)| is_reached(case).is_some()) {
        ". Dot: when half of the trials have reached the milestone"
    } else {
        ""
    };
    let subtitle = format!(
        "{}, {}{}, by scenario{more}. Line: median; shaded: ranges holding 50\u{a0}% and 90\u{a0}% of the trials; \
         at the right: 5th percentile, median and 95th percentile in {}{dot}",
        name.long,
        scale.words,
        name.of,
        number::month(start.plus(months as i32 - 1))
    );
    let columns = if shown.len() == 2 || shown.len() == 4 { 2 } else { COLUMNS };
    let rows = shown.len().div_ceil(columns);
    let height = 118.0 + rows as f64 * (ABOVE + PLOT + BELOW) + 20.0;
    let Frame { mut canvas, top, .. } = frame::frame(results, height, &title, &subtitle);
    let ticks = Axis::rounded(0.0, 1.02 * largest, 0.0, 1.0, 4).ticks(4, scale.one);
    let suffix = if main.unit == Unit::Fraction { "\u{a0}%" } else { "" };
    let left = style::MARGIN + frame::value_axis_width(&ticks, suffix);
    let width = (style::WIDTH - 14.0 - left - GAP * columns as f64) / columns as f64;
    canvas.figures = Some(figures(results, &shown));
    let claims = id.map_or(Vec::new(), |id| claims_by_date(&first.summary.claims, id, months));
    for (index, (case, series)) in shown.into_iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let (x, y) = (left + column as f64 * (width + GAP), top + row as f64 * (ABOVE + PLOT + BELOW) + ABOVE);
        let plot = Rect::new(x, y, x + width, y + PLOT);
        let x = Axis::new(0.0, months as f64, plot.left, plot.right);
        let y = Axis::rounded(0.0, 1.02 * largest, plot.bottom, plot.top, 4);
        let panel = Panel { case, series, milestone: milestone(&case), claims: &claims, plot, x, y };
        if column == 0 {
            frame::value_axis(&mut canvas, &plot, &y, &ticks, suffix);
        }
        draw_heading(&mut canvas, &panel);
        draw_panel(&mut canvas, results, &panel, &ticks);
        draw_ends(&mut canvas, &panel, &scale);
        if index == 0 {
            name_claims(&mut canvas, &panel);
        }
    }
    Some(canvas)
}

/// Where the median ends, in the scenarios at both extremes.
fn title_of(name: &subject::Name, unit: Unit, ends: &[(String, Estimate)], start: Month, months: usize) -> String {
    let of = |estimate: &Estimate| estimate.nearest();
    let low = ends.iter().min_by(|a, b| of(&a.1).total_cmp(&of(&b.1)));
    let high = ends.iter().max_by(|a, b| of(&a.1).total_cmp(&of(&b.1)));
    let when = number::month(start.plus(months as i32 - 1));
    let (Some(low), Some(high)) = (low, high) else { return subject::capital(&name.short) };
    let amount = |estimate: &Estimate| match estimate.value {
        None if estimate.beyond == Beyond::Never => "undefined".into(),
        _ => number::amount(unit, estimate),
    };
    let (from, to) = (amount(&low.1), amount(&high.1));
    if from == to {
        return format!("In {when}, median {} is {from}{} in every scenario", name.short, name.of_short);
    }
    format!(
        "In {when}, median {} is {from}{} under {} and {to} under {}",
        name.short,
        name.of_short,
        quoted(&low.0),
        quoted(&high.0)
    )
}

/// The fan of one scenario in a plot of another chart, with the milestone's bounds and the claims.
pub fn draw_alone(canvas: &mut Canvas, results: &View<'_>, case: ScenarioView<'_>, series: &Series, room: Rect) {
    let milestone = subject::milestone(results, &case);
    let id = milestone.map_or("", |index| case.summary.milestones[index].id.as_str());
    let claims = claims_by_date(&case.summary.claims, id, series.percentiles.len());
    let values = series.percentiles.iter().flatten().map(Estimate::nearest).filter(|value| value.is_finite());
    let largest = 1.02 * values.chain(bounds(&case, milestone)).fold(0.0, f64::max);
    let suffix = if series.unit == Unit::Fraction { "\u{a0}%" } else { "" };
    let y = Axis::rounded(0.0, largest, room.bottom, room.top, 4);
    let scale = number::scale(series.unit, largest);
    let ticks = y.ticks(4, scale.one);
    let left = room.left + frame::value_axis_width(&ticks, suffix);
    let plot = Rect::new(left, room.top, room.right - GAP, room.bottom);
    let x = Axis::new(0.0, series.percentiles.len() as f64, plot.left, plot.right);
    frame::value_axis(canvas, &plot, &y, &ticks, suffix);
    let panel = Panel { case, series, milestone, claims: &claims, plot, x, y };
    draw_panel(canvas, results, &panel, &ticks);
    draw_ends(canvas, &panel, &scale);
    name_claims(canvas, &panel);
}

/// Where the outermost percentiles and the median end, in figures of the axis; those that end together once.
fn draw_ends(canvas: &mut Canvas, panel: &Panel<'_>, scale: &number::Scale) {
    let Some(last) = panel.series.percentiles.last() else { return };
    let text = |percentile: usize| words::value(&last[percentile], |value| scale.figure(panel.series.unit, value));
    let mut ends: Vec<(usize, String)> = [3, 6, 0].map(|percentile| (percentile, text(percentile))).to_vec();
    let median = ends[0].1.clone();
    ends.retain(|(percentile, text)| *percentile == 3 || *text != median);
    let at = panel.series.percentiles.len() - 1;
    let wanted: Vec<f64> = ends.iter().map(|(percentile, _)| height(panel, at, *percentile)).collect();
    let places = dodge(&wanted, &vec![16.0; ends.len()], panel.plot.top - 9.0, panel.plot.bottom + 9.0);
    for ((percentile, text), centre) in ends.iter().zip(places) {
        let (face, colour) = if *percentile == 3 { (Face::Bold, style::MEDIAN) } else { (Face::Regular, style::TEXT) };
        let label = Label::new(text, (panel.plot.right + 6.0, centre + 0.36 * style::SMALL), Anchor::Start);
        canvas.put(label.size(style::SMALL).face(face).colour(colour).within(GAP - 12.0));
    }
}

/// The milestone of this id in a scenario, if it looks at this series there too.
fn looking_at(case: &ScenarioView<'_>, id: &str, series: &str) -> Option<usize> {
    let mut milestones = case.model.milestones.iter();
    milestones.position(|one| one.id == id && case.model.series[one.series].name == series)
}

/// What a milestone is measured by.
fn bounds(case: &ScenarioView<'_>, milestone: Option<usize>) -> impl Iterator<Item = f64> + use<> {
    let milestone = milestone.map(|index| &case.model.milestones[index]);
    let bounds = milestone.map(|one| [one.at_least, one.at_most]);
    bounds.into_iter().flatten().filter(|bound| bound.is_finite())
}

/// Dates of the claims that a scenario shares with the one that comes first, each with the place of its colour there.
fn dates(panel: &Panel<'_>) -> Vec<(u32, usize)> {
    let Some(milestone) = panel.milestone.map(|index| &panel.case.summary.milestones[index]) else { return Vec::new() };
    let rank = |id: &str| panel.claims.iter().position(|(_, group)| group.iter().any(|claim| claim.id == id));
    let own = claims_by_date(&panel.case.summary.claims, &milestone.id, panel.series.percentiles.len());
    own.iter().filter_map(|(month, group)| Some((*month, group.iter().find_map(|claim| rank(&claim.id))?))).collect()
}

fn same<'a>(case: &ScenarioView<'a>, main: &Series) -> Option<&'a Series> {
    case.summary.series.iter().find(|series| series.name == main.name && !series.percentiles.is_empty())
}

/// Medians of every twelfth month.
fn figures(results: &View<'_>, shown: &[(ScenarioView<'_>, &Series)]) -> Figures {
    let names = shown.iter().map(|(case, _)| case.summary.title.clone());
    let header = std::iter::once("Median in".to_string()).chain(names).collect();
    let row = |month: usize| {
        let amount = |(_, series): &(ScenarioView<'_>, &Series)| {
            let median = series.percentiles.get(month).map(|estimates| &estimates[3]);
            median.map_or("never".into(), |median| number::amount(series.unit, median))
        };
        let date = number::month(results.study.config.start.plus(month as i32));
        std::iter::once(date).chain(shown.iter().map(amount)).collect()
    };
    let months = shown.first().map_or(0, |(_, series)| series.percentiles.len());
    Figures { header, rows: (0..months).step_by(12).map(row).collect() }
}

/// The name of the scenario above its panel.
fn draw_heading(canvas: &mut Canvas, panel: &Panel<'_>) {
    let plot = &panel.plot;
    let lines = font::wrap(&panel.case.summary.title, Face::Bold, 16.0, plot.right - plot.left, 2);
    for (line, text) in lines.iter().enumerate() {
        let at = (plot.left, plot.top - 14.0 - 20.0 * (lines.len() - 1 - line) as f64);
        canvas.put(Label::new(text, at, Anchor::Start).face(Face::Bold).size(16.0).colour(style::INK));
    }
}

fn draw_panel(canvas: &mut Canvas, results: &View<'_>, panel: &Panel<'_>, ticks: &[(f64, String)]) {
    let (plot, months) = (&panel.plot, panel.series.percentiles.len());
    for (value, _) in ticks {
        let y = panel.y.at(*value);
        canvas.line(vec![(plot.left, y), (plot.right, y)], style::GRID, style::GRID_WIDTH);
    }
    for (low, high, colour) in [(0, 6, style::BANDS[0]), (2, 4, style::BANDS[2])] {
        let (mut outline, mut back) = (path(panel, high), path(panel, low));
        if low == 0 {
            // Labels had better stay off the band.
            for (upper, lower) in outline.iter().zip(&back) {
                let steps = ((lower.1 - upper.1) / 6.0).clamp(0.0, 60.0) as u32;
                (0..=steps).for_each(|step| canvas.avoid((upper.0, upper.1 + 6.0 * f64::from(step))));
            }
        }
        back.reverse();
        outline.extend(back);
        canvas.area(outline, colour);
    }
    for bound in bounds(&panel.case, panel.milestone) {
        let y = panel.y.at(bound);
        canvas.dashed((plot.left, y), (plot.right, y), style::INK, style::THRESHOLD_WIDTH);
    }
    for (month, rank) in dates(panel) {
        let x = panel.x.at(f64::from(month));
        canvas.curve(vec![(x, plot.top), (x, plot.bottom)], style::claim(rank), style::CLAIM_WIDTH);
    }
    canvas.curve(path(panel, 3), style::MEDIAN, style::MEDIAN_WIDTH);
    let start = results.study.config.start;
    let most = ((plot.right - plot.left) / 74.0).clamp(2.0, 8.0) as usize;
    // The figures of neighbours must not meet, so that none stands at the very edge.
    let within = |tick: &(f64, String)| {
        let half = 0.5 * font::width(&tick.1, Face::Regular, style::AXIS);
        let x = panel.x.at(tick.0);
        x - half >= plot.left - 13.0 && x + half <= plot.right + 13.0
    };
    let dates: Vec<(f64, String)> = time_ticks(start, months, most).into_iter().filter(within).collect();
    frame::bottom_axis(canvas, plot, &panel.x, &dates);
    let date = panel.milestone.and_then(|index| reached(&panel.case.summary.milestones[index], 0.5));
    label(canvas, results, panel, date);
}

/// The claims' names at their lines, in one panel for all.
fn name_claims(canvas: &mut Canvas, panel: &Panel<'_>) {
    let plot = &panel.plot;
    for (rank, (month, group)) in panel.claims.iter().enumerate() {
        let x = panel.x.at(f64::from(*month));
        let lines = font::wrap(&quoted(&group[0].title), Face::Bold, style::SMALL, 130.0, 2);
        let labels = |top: f64, anchor: Anchor| -> Vec<Label> {
            let x = if anchor == Anchor::Start { x + 7.0 } else { x - 7.0 };
            let line = |(index, text): (usize, &String)| {
                let label = Label::new(text, (x, top + 16.0 * index as f64), anchor).size(style::SMALL);
                label.face(Face::Bold).colour(style::claim(rank)).plate()
            };
            lines.iter().enumerate().map(line).collect()
        };
        let tops = (0..16).map(|row| plot.top + 14.0 + 9.0 * f64::from(row));
        let inside = |group: &Vec<Label>| {
            let fits = |label: &Label| {
                let bounds = label.bounds();
                bounds.left >= plot.left && bounds.right <= plot.right && bounds.bottom <= plot.bottom
            };
            group.iter().all(fits)
        };
        let candidates = tops.flat_map(|top| [labels(top, Anchor::Start), labels(top, Anchor::End)]);
        canvas.place(candidates.filter(inside).collect());
    }
}

/// When half of the trials have reached the milestone.
fn label(canvas: &mut Canvas, results: &View<'_>, panel: &Panel<'_>, date: Option<title::Date>) {
    let (plot, start) = (&panel.plot, results.study.config.start);
    let (at, text) = match date {
        Some((month, early, late)) => {
            let at = (panel.x.at(month as f64), median_at(panel, month));
            canvas.dot(at, style::MEDIAN);
            (at, format!("Half by {}", number::date_between(start, early, late)))
        }
        // The figure at the end of the line says enough.
        None => return,
    };
    let group = |x: f64, y: f64, anchor: Anchor| {
        vec![Label::new(&text, (x, y), anchor).face(Face::Bold).colour(style::MEDIAN).plate()]
    };
    let mut candidates = Vec::new();
    for row in 0..20 {
        let y = plot.top + 14.0 + 9.0 * f64::from(row);
        candidates
            .extend([(at.0 - 12.0, Anchor::End), (at.0 + 12.0, Anchor::Start)].map(|(x, anchor)| group(x, y, anchor)));
    }
    let inside = |group: &Vec<Label>| {
        let bounds = group[0].bounds();
        bounds.left >= plot.left + 2.0 && bounds.right <= plot.right && bounds.bottom <= plot.bottom - 2.0
    };
    candidates.retain(inside);
    // Near where the line is, above it first.
    candidates.sort_by(|a, b| {
        let far = |group: &Vec<Label>| (group[0].at.1 - (at.1 - 14.0)).abs();
        far(a).total_cmp(&far(b))
    });
    canvas.place(candidates);
}

/// Height of the median's line where a month begins: half-way between the middles of two months.
fn median_at(panel: &Panel<'_>, month: usize) -> f64 {
    let last = panel.series.percentiles.len() - 1;
    0.5 * (height(panel, month.saturating_sub(1).min(last), 3) + height(panel, month.min(last), 3))
}

fn height(panel: &Panel<'_>, month: usize, percentile: usize) -> f64 {
    panel.y.at(panel.series.percentiles[month][percentile].nearest().min(panel.y.high))
}

/// A percentile over time, as in the fan chart.
fn path(panel: &Panel<'_>, percentile: usize) -> Vec<Point> {
    let months = panel.series.percentiles.len();
    let mut path = vec![(panel.plot.left, height(panel, 0, percentile))];
    path.extend((0..months).map(|month| (panel.x.at(month as f64 + 0.5), height(panel, month, percentile))));
    path.push((panel.plot.right, height(panel, months - 1, percentile)));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_names_both_extremes() {
        let start: Month = "2025-11".parse().unwrap();
        let name = subject::Name { short: "supply".into(), long: "Supply".into(), of: "", of_short: " of need" };
        let ends = |values: &[(&str, f64)]| -> Vec<(String, Estimate)> {
            let end = |&(name, value): &(&str, f64)| {
                let estimate =
                    Estimate { value: Some(value), low: Some(value), high: Some(value), ..Estimate::default() };
                (name.to_string(), estimate)
            };
            values.iter().map(end).collect()
        };
        let told = |values: &[(&str, f64)]| {
            let title = title_of(&name, Unit::Fraction, &ends(values), start, 240);
            title.replace('\u{a0}', " ").replace(['\u{2018}', '\u{2019}'], "'")
        };
        assert_eq!(
            told(&[("A", 0.4), ("B", 0.2), ("C", 0.7)]),
            "In Oct 2045, median supply is 20 % of need under 'B' and 70 % under 'C'"
        );
        assert_eq!(told(&[("A", 0.4), ("B", 0.4)]), "In Oct 2045, median supply is 40 % of need in every scenario");
    }
}
