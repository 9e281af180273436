//! The fan chart: percentiles of a series month by month, with the threshold and the dates of the claims.

use super::axis::{Axis, time_ticks};
use super::canvas::{Anchor, Canvas, Label, Plot, Point, Rect};
use super::course::{self, Threshold};
use super::dodge::dodge;
use super::font::Face;
use super::frame::{self, Frame, claims_by_date};
use super::subject::{self, View, quoted, quoted_capital};
use super::{number, style};
use crate::config::{Month, Observation};
use crate::model::Unit;
use crate::output::words;
use crate::summary::{ClaimResult, Estimate, Series};

/// Names of the percentiles at the end of their lines, in the order of the series' own.
const ORDINALS: [&str; 7] = ["5th", "10th", "25th", "Median", "75th", "90th", "95th"];
/// Place of the median among them.
const MEDIAN: usize = 3;
/// Room for the labels right of the plot.
const LABELS: f64 = 186.0;
/// Most observed points that have a dot each.
const DOTS: usize = 40;

/// What the drawing is made from.
struct Fan<'a> {
    series: &'a Series,
    x: Axis,
    y: Axis,
    plot: Rect,
    scale: number::Scale,
    thresholds: Vec<Threshold>,
    /// What was observed before the start, by month from the start.
    history: Vec<(i32, f64)>,
}

/// The chart; none if no series is recorded.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let cases = subject::cases(results);
    let case = cases.first()?;
    let (series, spec) = subject::series(results, case)?;
    if series.percentiles.is_empty() {
        return None;
    }
    let name = subject::series_name(case.model, spec);
    let start = results.study.config.start;
    let milestone = subject::milestone(results, case);
    let thresholds = milestone.map_or(Vec::new(), |index| course::thresholds(&case.model.milestones[index]));
    let observed = results.study.config.history.get(&series.name).map_or(&[][..], |history| &history.points);
    let mut history: Vec<(i32, f64)> =
        observed.iter().map(|point| (point.month.months_since(start), point.value)).collect();
    history.sort_by_key(|point| point.0);
    let past = history.iter().map(|point| point.1).fold(0.0, f64::max);
    let largest = largest(series, &thresholds).max(past);
    let scale = number::scale(series.unit, largest);
    let title = course::fan(&name, thresholds.first().copied(), series, start, results.summary.trials);
    let scenario = if cases.len() > 1 { format!(". Scenario: {}", quoted(&case.summary.title)) } else { String::new() };
    let subtitle = format!(
        "{}, {}{}. Line: median; shaded: ranges holding 50\u{a0}%, 80\u{a0}% and 90\u{a0}% of the trials{scenario}{}",
        name.long,
        scale.words,
        name.of,
        told_history(observed, start)
    );
    let Frame { mut canvas, top, bottom } = frame::frame(results, 675.0, &title, &subtitle);

    let months = series.percentiles.len();
    let (upper, lower) = (top + 26.0, bottom - 41.0);
    let y = Axis::rounded(0.0, 1.02 * largest, lower, upper, 7);
    let ticks = y.ticks(7, scale.one);
    let suffix = if series.unit == Unit::Fraction { "\u{a0}%" } else { "" };
    let left = style::MARGIN + frame::value_axis_width(&ticks, suffix);
    let plot = Rect::new(left, upper, style::WIDTH - style::MARGIN - LABELS, lower);
    let before = history.first().map_or(0, |point| -point.0).max(0);
    let x = Axis::new(-f64::from(before), months as f64, plot.left, plot.right);
    frame::value_axis(&mut canvas, &plot, &y, &ticks, suffix);
    let simulated = Rect { left: x.at(0.0), ..plot };
    canvas.plot = Some(Plot { rect: simulated, months: months as f64, offset: 0.5, low: y.low, high: y.high });
    let fan = Fan { series, x, y, plot, scale, thresholds, history };
    bands(&mut canvas, &fan);
    draw_history(&mut canvas, &fan);
    let most = ((plot.right - plot.left) / 72.0).clamp(2.0, 16.0) as usize;
    let dates = time_ticks(start.plus(-before), months + before as usize, most);
    let dates: Vec<(f64, String)> = dates.into_iter().map(|(month, text)| (month - f64::from(before), text)).collect();
    frame::bottom_axis(&mut canvas, &fan.plot, &fan.x, &dates);
    ends(&mut canvas, &fan);
    if let Some(index) = milestone {
        let milestone = &case.model.milestones[index];
        claims(&mut canvas, &fan, start, &claims_by_date(&case.summary.claims, &milestone.id, months));
        threshold_labels(&mut canvas, &fan, &milestone.title, milestone.for_months);
    }
    Some(canvas)
}

/// What the line before the start is, and where it comes from.
fn told_history(observed: &[Observation], start: Month) -> String {
    if observed.is_empty() {
        return String::new();
    }
    let mut sources: Vec<&str> = observed.iter().filter_map(|point| point.source.as_deref()).collect();
    sources.sort();
    sources.dedup();
    let sources = if sources.is_empty() { String::new() } else { format!(" ({})", sources.join(", ")) };
    format!(". Before {}: observed{sources}", number::month(start))
}

/// Largest value to be seen.
fn largest(series: &Series, thresholds: &[Threshold]) -> f64 {
    let values = series.percentiles.iter().flatten().map(Estimate::nearest).filter(|value| value.is_finite());
    values.chain(thresholds.iter().map(|threshold| threshold.value())).fold(0.0, f64::max)
}

impl Fan<'_> {
    /// Height of a percentile in a month; "never" is at the top, and what lies beyond an end at that end.
    fn height(&self, month: usize, percentile: usize) -> f64 {
        self.y.at(self.series.percentiles[month][percentile].nearest().min(self.y.high))
    }

    /// A percentile over time. A month's value stands in the middle of the month, and lasts to the ends of the plot.
    fn path(&self, percentile: usize) -> Vec<Point> {
        let months = self.series.percentiles.len();
        let middle = |month: usize| (self.x.at(month as f64 + 0.5), self.height(month, percentile));
        let mut path = vec![(self.x.at(0.0), self.height(0, percentile))];
        path.extend((0..months).map(middle));
        path.push((self.plot.right, self.height(months - 1, percentile)));
        path
    }
}

fn bands(canvas: &mut Canvas, fan: &Fan<'_>) {
    for (band, colour) in style::BANDS.into_iter().enumerate() {
        let (mut outline, mut back) = (fan.path(6 - band), fan.path(band));
        if band == 0 {
            // Labels had better stay off the bands.
            for (upper, lower) in outline.iter().zip(&back) {
                let steps = ((lower.1 - upper.1) / 6.0).clamp(0.0, 200.0) as u32;
                (0..=steps).for_each(|step| canvas.avoid((upper.0, upper.1 + 6.0 * f64::from(step))));
            }
        }
        back.reverse();
        outline.extend(back);
        canvas.area(outline, colour);
    }
    for threshold in &fan.thresholds {
        let y = fan.y.at(threshold.value());
        canvas.dashed((fan.plot.left, y), (fan.plot.right, y), style::INK, style::THRESHOLD_WIDTH);
        for x in (fan.plot.left as i32..fan.plot.right as i32).step_by(8) {
            canvas.avoid((f64::from(x), y));
        }
    }
    canvas.curve(fan.path(MEDIAN), style::MEDIAN, style::MEDIAN_WIDTH);
}

/// The points that were observed before the start, joined, and where the simulation begins.
fn draw_history(canvas: &mut Canvas, fan: &Fan<'_>) {
    if fan.history.is_empty() {
        return;
    }
    let start = fan.x.at(0.0);
    canvas.line(vec![(start, fan.plot.top), (start, fan.plot.bottom)], style::MUTED, style::GRID_WIDTH);
    let point = |&(month, value): &(i32, f64)| (fan.x.at(f64::from(month) + 0.5), fan.y.at(value));
    let points: Vec<Point> = fan.history.iter().map(point).collect();
    if points.len() <= DOTS {
        points.iter().for_each(|&at| canvas.dot(at, style::INK));
    }
    canvas.curve(points, style::INK, style::OTHER_WIDTH);
}

/// Names and values of the percentiles where their lines end; those that end together share a label.
fn ends(canvas: &mut Canvas, fan: &Fan<'_>) {
    let last = fan.series.percentiles.len() - 1;
    let mut groups: Vec<(f64, usize, usize)> = Vec::new();
    for percentile in (0..ORDINALS.len()).rev() {
        let y = fan.height(last, percentile);
        match groups.last_mut() {
            Some((at, _, to)) if (y - *at).abs() < 1.0 => *to = percentile,
            _ => groups.push((y, percentile, percentile)),
        }
    }
    let wanted: Vec<f64> = groups.iter().map(|group| group.0).collect();
    let step = 1.2 * style::LABEL;
    let places = dodge(&wanted, &vec![step; groups.len()], fan.plot.top - 12.0, fan.plot.bottom + 8.0);
    for (index, (&(y, high, low), centre)) in groups.iter().zip(places).enumerate() {
        let median = (low..=high).contains(&MEDIAN);
        let text = match (high == low, median) {
            (true, true) => "Median".into(),
            (true, false) if index == 0 => format!("{} percentile", ORDINALS[high]),
            (true, false) => ORDINALS[high].into(),
            (false, true) if low == MEDIAN => format!("Median\u{2013}{}", ORDINALS[high]),
            (false, true) if high == MEDIAN => format!("{}\u{2013}median", ORDINALS[low]),
            (false, true) if (low, high) == (0, 6) => "All percentiles".into(),
            (false, true) => format!("Median, {}\u{2013}{}", ORDINALS[low], ORDINALS[high]),
            (false, false) => format!("{}\u{2013}{}", ORDINALS[low], ORDINALS[high]),
        };
        let shown = &fan.series.percentiles[last][if median { MEDIAN } else { high }];
        let joint = if high == low { "" } else { ":" };
        let text = format!("{text}{joint} {}", words::value(shown, |value| fan.scale.figure(fan.series.unit, value)));
        let (face, colour) = if median { (Face::Bold, style::MEDIAN) } else { (Face::Regular, style::TEXT) };
        let right = fan.plot.right;
        let leader = vec![(right + 3.0, y), (right + 8.0, y), (right + 13.0, centre), (right + 18.0, centre)];
        canvas.line(leader, if median { style::MEDIAN } else { style::MUTED }, style::GRID_WIDTH);
        let label = Label::new(text, (right + 22.0, centre + 0.36 * style::LABEL), Anchor::Start);
        canvas.put(label.face(face).colour(colour).within(style::WIDTH - 6.0 - right - 22.0));
    }
}

/// A line at the date of every claim, with what the median is in the month that begins then: its dot stands in the middle
/// of that month, where the line has that value, not on the slope to it.
fn claims(canvas: &mut Canvas, fan: &Fan<'_>, start: Month, claims: &[(u32, Vec<&ClaimResult>)]) {
    let unit = fan.series.unit;
    for (rank, (month, _)) in claims.iter().enumerate() {
        let (x, colour) = (fan.x.at(f64::from(*month)), style::claim(rank));
        canvas.curve(vec![(x, fan.plot.top - 10.0), (x, fan.plot.bottom)], colour, style::CLAIM_WIDTH);
    }
    let shown = |month: u32| (month as usize).min(fan.series.percentiles.len() - 1);
    for (rank, (month, _)) in claims.iter().enumerate() {
        let at = shown(*month);
        canvas.dot((fan.x.at(at as f64 + 0.5), fan.height(at, MEDIAN)), style::claim(rank));
    }
    for (rank, (month, group)) in claims.iter().enumerate() {
        let at = shown(*month);
        let median = &fan.series.percentiles[at][MEDIAN];
        let median = words::value(median, |value| number::quantity(unit, value));
        let mut lines: Vec<(String, bool)> = group.iter().map(|claim| (quoted_capital(&claim.title), true)).collect();
        let holds = group.iter().map(|claim| number::probability(&claim.probability));
        let holds = holds.collect::<Vec<_>>().join(" and ");
        let date = number::month(start.plus(at as i32));
        lines.push((format!("Median {median} in {date}; probability {holds}"), false));
        place_beside(canvas, fan, *month, &lines, style::claim(rank));
    }
}

/// Puts lines of text beside the vertical line of a claim where they cover least.
fn place_beside(canvas: &mut Canvas, fan: &Fan<'_>, month: u32, lines: &[(String, bool)], colour: style::Colour) {
    let x = fan.x.at(f64::from(month));
    let step = style::LABEL * style::LINE;
    let group = |top: f64, anchor: Anchor, lines: &[(String, bool)]| -> Vec<Label> {
        let x = if anchor == Anchor::Start { x + 10.0 } else { x - 10.0 };
        let label = |(index, (text, bold)): (usize, &(String, bool))| {
            let label = Label::new(text, (x, top + index as f64 * step), anchor).plate();
            if *bold { label.face(Face::Bold).colour(colour).within(360.0) } else { label.within(360.0) }
        };
        lines.iter().enumerate().map(label).collect()
    };
    let heights = || (0..40).map(|row| fan.plot.top + 4.0 + 13.0 * f64::from(row));
    let candidates = |lines: &[(String, bool)]| -> Vec<Vec<Label>> {
        let lowest = fan.plot.bottom - 8.0 - (lines.len() - 1) as f64 * step;
        let inside = heights().filter(|&top| top <= lowest);
        inside.flat_map(|top| [Anchor::Start, Anchor::End].map(|anchor| group(top, anchor, lines))).collect()
    };
    // If there is no room for all, the names alone.
    if !canvas.place(candidates(lines)) {
        let names: Vec<(String, bool)> = lines.iter().filter(|(_, bold)| *bold).cloned().collect();
        canvas.place(candidates(&names[..names.len().min(1)]));
    }
}

/// Says what the dashed line is.
fn threshold_labels(canvas: &mut Canvas, fan: &Fan<'_>, milestone: &str, for_months: usize) {
    for threshold in &fan.thresholds {
        let word = if matches!(threshold, Threshold::Least(_)) { "at least" } else { "at most" };
        let bound = number::quantity(fan.series.unit, threshold.value());
        let lasting = if for_months > 1 { format!(" for {for_months} months") } else { String::new() };
        let y = fan.y.at(threshold.value());
        let full = format!("{}: {word} {bound}{lasting}", subject::capital(milestone));
        let texts = [
            full,
            format!("{}: {word} {bound}", subject::capital(milestone)),
            subject::capital(&format!("{word} {bound}{lasting}")),
            subject::capital(&format!("{word} {bound}")),
        ];
        let columns = || (0..80).map(|column| fan.plot.left + 10.0 + 12.0 * f64::from(column));
        let label = |text: &String, x: f64, y: f64| {
            vec![Label::new(text, (x, y), Anchor::Start).face(Face::Italic).colour(style::INK).plate().within(420.0)]
        };
        let inside = |group: &Vec<Label>| {
            let bounds = group[0].bounds();
            bounds.right <= fan.plot.right && bounds.top >= fan.plot.top - 14.0 && bounds.bottom <= fan.plot.bottom
        };
        let rows = texts.iter().flat_map(|text| [(text, y - 9.0), (text, y + 18.0)]);
        let candidates = rows.flat_map(|(text, y)| columns().map(move |x| (text, x, y)));
        canvas.place(candidates.map(|(text, x, y)| label(text, x, y)).filter(inside).collect());
    }
}
