//! Scenarios side by side: when each reaches the milestone, how often it never does, and what goes missing.

use super::axis::{Axis, time_ticks};
use super::canvas::{Anchor, Canvas, Label, Rect};
use super::font::{self, Face};
use super::frame::{self, Frame, claims_by_date};
use super::milestone::reached;
use super::subject::{self, ScenarioView, View, quoted, quoted_capital};
use super::{number, style, title};
use crate::summary::{Estimate, MilestoneResult, Outcome};

/// Most rows; a config has hardly ever so many scenarios.
const MOST: usize = 24;
/// Right end of the names.
const NAMES: f64 = 380.0;
/// Left end of the second panel, if there are two.
const SECOND: f64 = 930.0;
/// Dates by which a probability is given where half never arrive, in months: a year, ten and twenty.
const DATES: [usize; 3] = [12, 120, 240];
/// The percentiles drawn.
const PERCENTS: [f64; 3] = [10.0, 50.0, 90.0];

/// One scenario's values in a panel, by percentile: where it lies, and what to print at the median.
struct Row {
    values: [Option<f64>; 3],
    median: String,
}

/// A panel with a value axis and one range a scenario.
struct Panel {
    plot: Rect,
    x: Axis,
    rows: Vec<Option<Row>>,
}

/// The chart; none if there is neither a milestone nor an outcome whose percentiles are known.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let mut cases = subject::cases(results);
    let more = cases.len().saturating_sub(MOST);
    cases.truncate(MOST);
    let case = cases.first()?;
    // Asked for one of the two, the chart shows that alone.
    let asked = results.asked;
    let (wants_date, wants_size) = (asked.milestone.is_some(), asked.outcome.is_some());
    let milestone = subject::milestone(results, case).filter(|_| wants_date || !wants_size);
    let milestone = milestone.map(|index| &case.summary.milestones[index]);
    let outcome = subject::outcome(results, case).filter(|_| wants_size || !wants_date);
    let outcome = outcome.filter(|(outcome, _)| PERCENTS.iter().all(|&percent| at(outcome, percent).is_some()));
    // A date of the milestone is in the first panel already.
    let is_date = |outcome: &Outcome| milestone.is_some() && outcome.name.starts_with("milestone.");
    let outcome = outcome.filter(|(outcome, _)| !is_date(outcome));
    if milestone.is_none() && outcome.is_none() {
        return None;
    }
    let name = outcome.map(|(_, spec)| subject::outcome_name(case.model, spec));
    let title = title_of(results, &cases, milestone, outcome.map(|(outcome, _)| outcome), name.as_deref());
    let count = cases.len() as f64;
    let names = names(&cases);
    let row = names.iter().map(Name::height).fold((560.0 / count).clamp(40.0, 84.0), f64::max);
    let is_dated = milestone.is_some_and(|main| cases.iter().any(|case| has_date(case, main)));
    let subtitle = subtitle(milestone, name.as_deref(), more, is_dated || outcome.is_some());
    let Frame { mut canvas, top, bottom } = frame::frame(results, 280.0 + row * count, &title, &subtitle);
    let (first, last) = (top + 78.0, bottom - 76.0);
    let step = (last - first) / count;
    draw_names(&mut canvas, &names, first, step);
    let right = style::WIDTH - style::MARGIN;
    if let Some(milestone) = milestone {
        let end = if outcome.is_some() { SECOND - 40.0 } else { right };
        let room = Rect::new(NAMES + 24.0, first, end, last);
        if is_dated {
            let plot = Rect { right: end - 130.0, ..room };
            draw_dates(&mut canvas, results, &cases, milestone, plot);
        } else {
            draw_probabilities(&mut canvas, &cases, milestone, room);
        }
    }
    if let (Some((outcome, _)), Some(name)) = (outcome, &name) {
        let left = if milestone.is_some() { SECOND } else { NAMES + 24.0 };
        draw_outcome(&mut canvas, &cases, outcome, name, Rect::new(left, first, right - 10.0, last));
    }
    if is_dated || outcome.is_some() {
        draw_key(&mut canvas, bottom - 16.0);
    }
    Some(canvas)
}

fn at(outcome: &Outcome, percent: f64) -> Option<&Estimate> {
    outcome.percentile(percent).map(|known| &known.estimate)
}

fn title_of(
    results: &View<'_>,
    cases: &[ScenarioView<'_>],
    milestone: Option<&MilestoneResult>,
    outcome: Option<&Outcome>,
    name: Option<&str>,
) -> String {
    let start = results.study.config.start;
    if let Some(main) = milestone {
        let median = |case: &ScenarioView<'_>| same(case, main).and_then(|milestone| reached(milestone, 0.5));
        let medians: Vec<(String, Option<title::Date>)> =
            cases.iter().map(|case| (case.summary.title.clone(), median(case))).collect();
        return title::scenarios(&main.title, &medians, start, main.by_month.len().saturating_sub(1));
    }
    let Some(outcome) = outcome else { return String::new() };
    let median = |case: &ScenarioView<'_>| {
        subject::outcome_named(case, &outcome.name).and_then(|found| at(found, 50.0)).cloned()
    };
    let medians: Vec<(String, Estimate)> =
        cases.iter().filter_map(|case| Some((case.summary.title.clone(), median(case)?))).collect();
    title::outcomes(name.unwrap_or_default(), outcome.unit, &medians)
}

fn same<'a>(case: &ScenarioView<'a>, main: &MilestoneResult) -> Option<&'a MilestoneResult> {
    case.summary.milestones.iter().find(|milestone| milestone.id == main.id)
}

/// Whether a tenth of the trials reach the milestone: a date can be drawn.
fn has_date(case: &ScenarioView<'_>, main: &MilestoneResult) -> bool {
    same(case, main).is_some_and(|milestone| reached(milestone, 0.01 * PERCENTS[0]).is_some())
}

fn subtitle(milestone: Option<&MilestoneResult>, name: Option<&str>, more: usize, has_bars: bool) -> String {
    let of = if has_bars && name.is_none() { "Date" } else { "Probability" };
    let what = match (milestone, name) {
        (Some(milestone), Some(name)) => format!("{} and {name}, by scenario", quoted_capital(&milestone.title)),
        (Some(milestone), None) => format!("{of} of {}, by scenario", quoted(&milestone.title)),
        (None, name) => format!("{}, by scenario", subject::capital(name.unwrap_or_default())),
    };
    let more = if more > 0 { format!(" ({more} more in the tables)") } else { String::new() };
    let bars = if has_bars { ". Bars hold 80\u{a0}% of the trials, the dot is the median" } else { "" };
    format!("{what}{more}{bars}")
}

/// The name of a scenario and what it assumes, in lines.
struct Name {
    /// The title as a reader of the page is told it.
    whole: String,
    title: Vec<String>,
    about: Vec<String>,
}

impl Name {
    /// Height of its row.
    fn height(&self) -> f64 {
        18.0 * self.title.len() as f64 + 16.0 * self.about.len() as f64 + 18.0
    }
}

/// Names of the scenarios, and of what they assume as many whole sentences as there is room for.
fn names(cases: &[ScenarioView<'_>]) -> Vec<Name> {
    let room = NAMES - style::MARGIN;
    let (titles, most) = match cases.len() {
        0..=4 => (2, 6),
        5..=8 => (2, 4),
        9..=12 => (2, 2),
        _ => (1, 0),
    };
    let name = |case: &ScenarioView<'_>| Name {
        whole: case.summary.title.clone(),
        title: font::wrap(&case.summary.title, Face::Bold, style::LABEL, room, titles),
        about: sentences(&case.summary.description, room, most),
    };
    cases.iter().map(name).collect()
}

/// Names of the scenarios, what they assume, and lines between the rows.
fn draw_names(canvas: &mut Canvas, names: &[Name], first: f64, step: f64) {
    for (index, name) in names.iter().enumerate() {
        let middle = first + step * (index as f64 + 0.5);
        let whole = Rect::new(style::MARGIN, middle - 0.5 * step, style::WIDTH - style::MARGIN, middle + 0.5 * step);
        canvas.spots.push((whole, name.whole.clone()));
        if index > 0 {
            let y = first + step * index as f64;
            canvas.line(vec![(style::MARGIN, y), (style::WIDTH - style::MARGIN, y)], style::GRID, style::GRID_WIDTH);
        }
        let mut y = middle - 0.5 * (name.height() - 18.0) + 13.0;
        for line in &name.title {
            canvas.put(Label::new(line, (style::MARGIN, y), Anchor::Start).face(Face::Bold).colour(style::INK));
            y += 18.0;
        }
        for line in &name.about {
            canvas.put(Label::new(line, (style::MARGIN, y), Anchor::Start).size(style::SMALL));
            y += 16.0;
        }
    }
}

/// As many whole sentences as fit into so many lines; none of it where not even the first does: part of a sentence may say
/// the opposite.
fn sentences(text: &str, room: f64, most: usize) -> Vec<String> {
    if most == 0 || text.trim().is_empty() {
        return Vec::new();
    }
    // One line more than there is room for tells what does not fit.
    let wrap = |text: &str| font::wrap(text, Face::Regular, style::SMALL, room, most + 1);
    let ends = text.match_indices(". ").map(|(at, _)| at + 1).chain([text.len()]);
    ends.map(|end| wrap(&text[..end])).take_while(|lines| lines.len() <= most).last().unwrap_or_default()
}

/// The panel of probabilities by a year, ten and twenty, or by the end of a shorter horizon: where there is hardly a date
/// to draw.
fn draw_probabilities(canvas: &mut Canvas, cases: &[ScenarioView<'_>], main: &MilestoneResult, room: Rect) {
    let months = main.by_month.len().saturating_sub(1);
    let mut dates: Vec<usize> = DATES.into_iter().filter(|&date| date <= months).collect();
    if dates.len() < DATES.len() && dates.last() != Some(&months) {
        dates.push(months);
    }
    let heading = format!("Probability of {}", quoted(&main.title));
    let lines = font::wrap(&heading, Face::Regular, style::LABEL, room.right - room.left, 2);
    for (line, text) in lines.iter().rev().enumerate() {
        canvas.put(Label::new(text, (room.left, room.top - 32.0 - 18.0 * line as f64), Anchor::Start));
    }
    let (width, step) = ((room.right - room.left) / dates.len() as f64, room.height() / cases.len() as f64);
    for (column, &date) in dates.iter().enumerate() {
        let (left, right) = (room.left + width * column as f64, room.left + width * (column + 1) as f64 - 24.0);
        let x = Axis::new(0.0, 1.0, left, right);
        let name =
            Label::new(format!("within {}", number::duration(date as u64)), (left, room.top - 10.0), Anchor::Start);
        canvas.put(name.face(Face::Bold).within(right - left));
        for (row, case) in cases.iter().enumerate() {
            let Some(share) = same(case, main).and_then(|milestone| milestone.by_month.get(date)) else { continue };
            let y = room.top + step * (row as f64 + 0.5) + 6.0;
            canvas.bar(Rect::new(left, y - 3.5, right, y + 3.5), style::GRID);
            let value = share.value.unwrap_or(0.0);
            if value > 0.0 {
                canvas.bar(Rect::new(left, y - 3.5, x.at(value).max(left + 1.0), y + 3.5), style::MEDIAN);
            }
            let label = Label::new(number::probability(share), (left, y - 9.0), Anchor::Start);
            canvas.put(label.face(Face::Bold).colour(style::MEDIAN));
        }
    }
}

/// The panel of dates, with the claims and the share that never arrives.
fn draw_dates(canvas: &mut Canvas, results: &View<'_>, cases: &[ScenarioView<'_>], main: &MilestoneResult, plot: Rect) {
    let (start, months) = (results.study.config.start, main.by_month.len().saturating_sub(1));
    let x = Axis::new(0.0, months as f64, plot.left, plot.right);
    let most = ((plot.right - plot.left) / 58.0) as usize;
    frame::vertical_grid(canvas, &plot, &x, &time_ticks(start, months, most));
    let right = plot.right + 118.0;
    for (line, text) in
        ["Not reached".into(), format!("by {}", number::month(start.last_of(months)))].iter().enumerate()
    {
        canvas.put(Label::new(text, (right, plot.top - 32.0 + 18.0 * line as f64), Anchor::End));
    }
    for (rank, (month, group)) in claims_by_date(&cases[0].summary.claims, &main.id, months).iter().enumerate() {
        let (at, colour) = (x.at(f64::from(*month)), style::claim(rank));
        canvas.line(vec![(at, plot.top - 8.0), (at, plot.top)], colour, style::CLAIM_WIDTH);
        canvas.curve(vec![(at, plot.top), (at, plot.bottom)], colour, style::CLAIM_WIDTH);
        let names: Vec<String> = group.iter().map(|claim| quoted_capital(&claim.title)).collect();
        let lines = font::wrap(&names.join(", "), Face::Bold, style::LABEL, 190.0, 2);
        let label = |level: f64, anchor: Anchor, shift: f64| -> Vec<Label> {
            let line = |(index, text): (usize, &String)| {
                let above = 18.0 * (lines.len() - 1 - index) as f64;
                let at = (at + shift, plot.top - 15.0 - level - above);
                Label::new(text, at, anchor).face(Face::Bold).colour(colour)
            };
            lines.iter().enumerate().map(line).collect()
        };
        let level = |level: f64| {
            [(Anchor::Middle, 0.0), (Anchor::Start, -4.0), (Anchor::End, 4.0)]
                .map(|(anchor, shift)| label(level, anchor, shift))
        };
        canvas.place([0.0, 19.0, 38.0].into_iter().flat_map(level).collect());
    }
    let row = |case: &ScenarioView<'_>| {
        let milestone = same(case, main)?;
        let values = PERCENTS.map(|percent| reached(milestone, percent / 100.0).map(|(month, ..)| month as f64));
        let median = reached(milestone, 0.5).map(|(_, early, late)| number::date_between(start, early, late));
        Some(Row { values, median: median.unwrap_or_default() })
    };
    draw_rows(canvas, &Panel { plot, x, rows: cases.iter().map(row).collect() });
    let step = plot.height() / cases.len() as f64;
    for (index, case) in cases.iter().enumerate() {
        let last = same(case, main).and_then(|milestone| milestone.by_month.last());
        let Some(last) = last else { continue };
        let opposite = |value: Option<f64>| value.map(|value| 1.0 - value);
        let never = Estimate {
            value: opposite(last.value),
            low: opposite(last.high),
            high: opposite(last.low),
            ..Estimate::default()
        };
        let y = plot.top + step * (index as f64 + 0.5) + 0.36 * style::LABEL;
        let label = Label::new(number::probability(&never), (right, y), Anchor::End);
        canvas.put(label.face(Face::Bold).colour(style::INK));
    }
}

/// The panel of an outcome.
fn draw_outcome(canvas: &mut Canvas, cases: &[ScenarioView<'_>], main: &Outcome, name: &str, plot: Rect) {
    let values = |case: &ScenarioView<'_>| {
        let outcome = subject::outcome_named(case, &main.name)?;
        Some(PERCENTS.map(|percent| at(outcome, percent).map_or(f64::INFINITY, Estimate::nearest)))
    };
    let finite = cases.iter().filter_map(values).flatten().filter(|value| value.is_finite());
    let largest = finite.fold(0.0, f64::max);
    let scale = number::scale(main.unit, largest);
    let x = Axis::rounded(0.0, largest, plot.left, plot.right, 5);
    let most = ((plot.right - plot.left) / 60.0) as usize;
    frame::vertical_grid(canvas, &plot, &x, &x.ticks(most, scale.one));
    let text = format!("{}, {}", subject::capital(name), &scale.words);
    let heading = font::wrap(&text, Face::Regular, style::LABEL, plot.right - plot.left + 20.0, 3);
    for (line, text) in heading.iter().rev().enumerate() {
        canvas.put(Label::new(text, (plot.left, plot.top - 14.0 - 18.0 * line as f64), Anchor::Start));
    }
    let row = |case: &ScenarioView<'_>| {
        let median = subject::outcome_named(case, &main.name).and_then(|outcome| at(outcome, 50.0));
        let median = median.filter(|estimate| estimate.nearest().is_finite());
        Some(Row {
            values: values(case)?.map(|value| value.is_finite().then_some(value)),
            median: median.map_or(String::new(), |estimate| match estimate.value {
                Some(0.0) => "none".into(),
                _ => number::amount_among(main.unit, estimate, largest),
            }),
        })
    };
    draw_rows(canvas, &Panel { plot, x, rows: cases.iter().map(row).collect() });
}

/// A range from the 10th to the 90th percentile and a dot at the median, for every scenario.
fn draw_rows(canvas: &mut Canvas, panel: &Panel) {
    let plot = &panel.plot;
    let step = plot.height() / panel.rows.len() as f64;
    for (index, row) in panel.rows.iter().enumerate() {
        let Some(row) = row else { continue };
        let y = plot.top + step * (index as f64 + 0.5) + if step < 56.0 { 6.0 } else { 3.0 };
        let [low, median, high] = row.values;
        let Some(low) = low else {
            let text = Label::new("fewer than 10 % get there", (plot.right, y + 5.0), Anchor::End);
            canvas.put(text.face(Face::Italic).size(style::SMALL).plate().within(plot.right - plot.left));
            continue;
        };
        let (left, right) = (panel.x.at(low), high.map_or(plot.right, |high| panel.x.at(high)));
        canvas.bar(Rect::new(left - 1.0, y - 3.5, right + 1.0, y + 3.5), style::BAR_LIGHT);
        if high.is_none() {
            canvas.area(vec![(right, y - 7.0), (right + 10.0, y), (right, y + 7.0)], style::BAR_LIGHT);
        }
        let ends = [Some(left), high.map(|_| right)];
        for x in ends.into_iter().flatten() {
            canvas.bar(Rect::new(x - 1.5, y - 7.0, x + 1.5, y + 7.0), style::BANDS[2]);
        }
        let (at, text) = match median {
            Some(median) => {
                let x = panel.x.at(median);
                canvas.dot((x, y), style::MEDIAN);
                (x, row.median.clone())
            }
            None => (plot.right, "fewer than half get there".into()),
        };
        let label = |anchor: Anchor, x: f64| {
            let face = if median.is_some() { Face::Bold } else { Face::Italic };
            vec![Label::new(&text, (x, y - 11.0), anchor).face(face).colour(style::MEDIAN).plate()]
        };
        let mut order = [(Anchor::Middle, at), (Anchor::Start, at - 6.0), (Anchor::End, at + 6.0)];
        if median.is_none() {
            order.reverse();
        }
        canvas.place(order.map(|(anchor, x)| label(anchor, x)).to_vec());
    }
}

fn draw_key(canvas: &mut Canvas, baseline: f64) {
    let y = baseline - 5.0;
    canvas.bar(Rect::new(style::MARGIN, y - 3.5, style::MARGIN + 30.0, y + 3.5), style::BAR_LIGHT);
    for x in [style::MARGIN, style::MARGIN + 30.0] {
        canvas.bar(Rect::new(x - 1.5, y - 7.0, x + 1.5, y + 7.0), style::BANDS[2]);
    }
    let text = Label::new("10th\u{2013}90th percentile", (style::MARGIN + 40.0, baseline), Anchor::Start);
    let next = text.bounds().right + 26.0;
    canvas.put(text);
    canvas.dot((next, y), style::MEDIAN);
    canvas.put(Label::new("median", (next + 12.0, baseline), Anchor::Start));
}
