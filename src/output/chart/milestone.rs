//! The probability that a milestone is reached by a date, in all scenarios, with the dates of the claims.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Plot, Point, Rect};
use super::dodge::dodge;
use super::font::{self, Face};
use super::frame::{self, Frame, claims_by_date};
use super::subject::{self, ScenarioView, View, quoted, quoted_capital};
use super::{number, style, title};
use crate::config::Month;
use crate::summary::{BAND, ClaimResult, ConditionalProbability, Estimate, MilestoneResult};

/// Most scenarios that are drawn; a config has hardly ever so many.
pub const MOST: usize = 24;
/// Widest labels right of the plot.
const WIDEST: f64 = 250.0;

struct Curves<'a> {
    x: Axis,
    y: Axis,
    plot: Rect,
    main: &'a MilestoneResult,
    start: Month,
    trials: u64,
    /// By month: where the probability would lie if the inputs were known; if that was asked for.
    known: Option<&'a [ConditionalProbability]>,
}

/// The chart; none if the config has no milestone.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let cases = subject::cases(results);
    let case = cases.first()?;
    let number = subject::milestone(results, case)?;
    let main = &case.summary.milestones[number];
    let known = case.summary.input_uncertainty.as_ref().and_then(|found| found.by_month.get(number)).map(Vec::as_slice);
    let start = results.study.config.start;
    let months = main.by_month.len().checked_sub(1)?;
    let claims = claims_by_date(&case.summary.claims, &main.id, months);
    let flat: Vec<&ClaimResult> = claims.iter().flat_map(|(_, group)| group.iter().copied()).collect();
    let lines: Vec<(usize, &MilestoneResult)> = cases
        .iter()
        .take(MOST)
        .enumerate()
        .filter_map(|(index, case)| {
            case.summary.milestones.iter().find(|milestone| milestone.id == main.id).map(|milestone| (index, milestone))
        })
        .collect();
    let ends: Vec<End> = lines.iter().map(|&(index, line)| End::new(index, &cases[index], line, lines.len())).collect();
    let labels = ends.iter().map(End::width).fold(0.0, f64::max);
    let highest = lines.iter().filter_map(|(_, line)| line.by_month.last()?.value);
    let highest = highest.chain(main.by_month.last().and_then(|last| last.high));
    let highest = highest.chain(known.and_then(|known| Some(known.last()?.high))).fold(0.0, f64::max);
    let title = title::milestone(main, &flat, start);
    let subtitle = subtitle(results, &cases, main, highest) + &with_known_inputs(known);
    let Frame { mut canvas, top, bottom } = frame::frame(results, 675.0, &title, &subtitle);
    let (upper, lower) = (top + 26.0, bottom - 41.0);
    let y = y_axis(highest, lower, upper);
    let ticks = y.ticks(5, 0.01);
    let left = style::MARGIN + frame::value_axis_width(&ticks, "\u{a0}%");
    let plot = Rect::new(left, upper, style::WIDTH - style::MARGIN - labels - 26.0, lower);
    let x = Axis::new(0.0, months as f64, plot.left, plot.right);
    frame::value_axis(&mut canvas, &plot, &y, &ticks, "\u{a0}%");
    canvas.plots.push(Plot { rect: plot, months: months as f64, offset: 0.0, low: y.low, high: y.high });
    let curves = Curves { x, y, plot, main, start, trials: results.summary.trials, known };
    draw_curves(&mut canvas, &curves, &lines);
    frame::time_axis(&mut canvas, &plot, &curves.x, start, months);
    draw_ends(&mut canvas, &curves, &ends);
    draw_claims(&mut canvas, &curves, &claims);
    draw_odds(&mut canvas, &curves);
    for (rank, (month, group)) in claims.iter().enumerate() {
        place_claim(&mut canvas, &curves, curves.x.at(f64::from(*month)), group, style::claim(rank));
    }
    Some(canvas)
}

/// Shares start at nought; the axis ends at all unless that would leave the curves at the bottom.
fn y_axis(highest: f64, lower: f64, upper: f64) -> Axis {
    if highest > 0.4 {
        Axis::new(0.0, 1.0, lower, upper)
    } else {
        Axis::rounded(0.0, (1.1 * highest).max(0.001), lower, upper, 5)
    }
}

fn subtitle(results: &View<'_>, cases: &[ScenarioView<'_>], main: &MilestoneResult, highest: f64) -> String {
    let confidence = number::significant(100.0 * results.summary.confidence, 4);
    let widths = main.by_month.iter().filter_map(|estimate| Some(estimate.high? - estimate.low?));
    let widest = widths.fold(0.0, f64::max);
    let (shaded, band) = if widest < 0.01 * y_axis(highest, 1.0, 0.0).high {
        ("The", " is hardly wider than its line")
    } else {
        ("Shaded: the", "")
    };
    let scenario = if results.study.scenarios.len() > 1 {
        format!(" of {}", quoted(&cases[0].summary.title))
    } else {
        String::new()
    };
    let more = cases.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" ({more} more scenarios in the tables)") } else { String::new() };
    format!(
        "Probability of {} by date, % of trials{more}. {shaded} {confidence}\u{a0}% interval{scenario}{band}",
        quoted(&main.title)
    )
}

/// What the wide band is, if there is one.
fn with_known_inputs(known: Option<&[ConditionalProbability]>) -> String {
    let band = crate::output::words::share(BAND).replace(' ', "\u{a0}");
    known.map_or(String::new(), |_| {
        format!(
            ". Pale: where it would lie, in {band} of the cases, if the inputs were known \u{2013} what better knowledge could \
             change; the rest comes from the events"
        )
    })
}

fn draw_curves(canvas: &mut Canvas, curves: &Curves<'_>, lines: &[(usize, &MilestoneResult)]) {
    let path = |line: &MilestoneResult, of: &dyn Fn(&Estimate) -> Option<f64>| -> Vec<Point> {
        let points = line.by_month.iter().enumerate();
        points.map(|(month, at)| (curves.x.at(month as f64), curves.y.at(of(at).unwrap_or(0.0)))).collect()
    };
    let ends = |of: &dyn Fn(&ConditionalProbability) -> f64| -> Vec<Point> {
        let months = curves.known.iter().flat_map(|known| known.iter()).enumerate();
        months.map(|(month, chance)| (curves.x.at(month as f64), curves.y.at(of(chance)))).collect()
    };
    let mut known = ends(&|chance| chance.high);
    known.extend(ends(&|chance| chance.low).into_iter().rev());
    if !known.is_empty() {
        canvas.area(known, style::BANDS[0]);
    }
    let mut band = path(curves.main, &|estimate| estimate.high.or(estimate.value));
    let mut lower = path(curves.main, &|estimate| estimate.low.or(estimate.value));
    lower.reverse();
    band.extend(lower);
    canvas.area(band, style::BANDS[usize::from(curves.known.is_some())]);
    // The main scenario comes last and lies above.
    for &(index, line) in lines.iter().rev() {
        canvas.scenario(path(line, &|estimate| estimate.value), index);
    }
}

/// The label at the end of a scenario's line.
struct End {
    /// Place of the scenario.
    index: usize,
    share: String,
    /// Lines of its name; none if it is the only one.
    name: Vec<String>,
    value: f64,
}

impl End {
    fn new(index: usize, case: &ScenarioView<'_>, line: &MilestoneResult, count: usize) -> End {
        let last = line.by_month.last();
        let share = last.map_or(String::new(), number::probability);
        let most = if count <= 12 { 2 } else { 1 };
        let room = WIDEST - font::width(&format!("{share}  "), Face::Bold, style::LABEL);
        let face = if index == 0 { Face::Bold } else { Face::Regular };
        let name = if count > 1 { font::wrap(&case.summary.title, face, style::LABEL, room, most) } else { Vec::new() };
        End { index, share, name, value: last.and_then(|estimate| estimate.value).unwrap_or(0.0) }
    }

    fn face(&self) -> Face {
        if self.index == 0 { Face::Bold } else { Face::Regular }
    }

    /// Where the name begins, right of the share.
    fn indent(&self) -> f64 {
        font::width(&self.share, Face::Bold, style::LABEL) + 8.0
    }

    fn width(&self) -> f64 {
        let widest = self.name.iter().map(|line| font::width(line, self.face(), style::LABEL)).fold(0.0, f64::max);
        self.indent() + widest
    }

    fn height(&self) -> f64 {
        1.2 * style::LABEL * self.name.len().max(1) as f64 + if self.name.len() > 1 { 5.0 } else { 1.0 }
    }
}

fn draw_ends(canvas: &mut Canvas, curves: &Curves<'_>, ends: &[End]) {
    let wanted: Vec<f64> = ends.iter().map(|end| curves.y.at(end.value)).collect();
    let heights: Vec<f64> = ends.iter().map(End::height).collect();
    let places = dodge(&wanted, &heights, curves.plot.top - 12.0, curves.plot.bottom + 10.0);
    let right = curves.plot.right;
    for ((end, y), centre) in ends.iter().zip(wanted).zip(places) {
        let colour = style::scenario(end.index);
        let leader = vec![(right + 3.0, y), (right + 7.0, y), (right + 15.0, centre), (right + 20.0, centre)];
        canvas.line(leader, colour, style::GRID_WIDTH);
        let step = 1.2 * style::LABEL;
        let first = centre + 0.36 * style::LABEL - 0.5 * step * (end.name.len().max(1) - 1) as f64;
        let share = Label::new(&end.share, (right + 24.0, first), Anchor::Start);
        canvas.put(share.face(Face::Bold).colour(colour));
        for (index, line) in end.name.iter().enumerate() {
            let at = (right + 24.0 + end.indent(), first + step * index as f64);
            canvas.put(Label::new(line, at, Anchor::Start).face(end.face()).colour(colour));
        }
    }
}

fn draw_claims(canvas: &mut Canvas, curves: &Curves<'_>, claims: &[(u32, Vec<&ClaimResult>)]) {
    let x = |month: u32| curves.x.at(f64::from(month));
    for (rank, (month, _)) in claims.iter().enumerate() {
        let ends = vec![(x(*month), curves.plot.top), (x(*month), curves.plot.bottom)];
        canvas.curve(ends, style::claim(rank), style::CLAIM_WIDTH);
    }
    for (rank, (month, _)) in claims.iter().enumerate() {
        let value = curves.main.by_month.get(*month as usize).and_then(|estimate| estimate.value).unwrap_or(0.0);
        canvas.dot((x(*month), curves.y.at(value)), style::claim(rank));
    }
}

/// What stands below the probability of a claim: its interval, or that no trial or every trial fulfils it.
fn of_trials(claim: &ClaimResult, trials: u64) -> String {
    let all = number::grouped(trials);
    match claim.probability.value {
        Some(0.0) if trials == 1 => "not in the single trial".into(),
        Some(1.0) if trials == 1 => "in the single trial".into(),
        Some(0.0) => format!("none of {all} trials"),
        Some(1.0) => format!("all of {all} trials"),
        _ => match number::interval(&claim.probability) {
            Some(interval) if interval != number::probability(&claim.probability) => {
                format!("of trials ({interval})")
            }
            _ => "of trials".into(),
        },
    }
}

/// Name and probability of a claim beside its line; smaller if there is little room.
fn place_claim(canvas: &mut Canvas, curves: &Curves<'_>, x: f64, group: &[&ClaimResult], colour: style::Colour) {
    let claim = group[0];
    let of_trials = of_trials(claim, curves.trials);
    let large = |below: &str, x: f64, top: f64, anchor: Anchor| -> Vec<Label> {
        let label = |text: String, down: f64| Label::new(text, (x, top + down), anchor).plate().within(280.0);
        vec![
            label(quoted_capital(&claim.title), 0.0).face(Face::Bold).colour(colour).within(280.0),
            label(number::probability(&claim.probability), 29.0).face(Face::Bold).size(style::KEY).colour(colour),
            label(below.into(), 49.0),
        ]
    };
    let small = |x: f64, top: f64, anchor: Anchor| -> Vec<Label> {
        let line = |(index, claim): (usize, &&ClaimResult)| {
            let share = number::probability(&claim.probability);
            let room = 280.0 - font::width(&format!("  {share}"), Face::Bold, style::LABEL);
            let name = font::shorten(&quoted_capital(&claim.title), Face::Bold, style::LABEL, room);
            let at = (x, top + 19.0 * index as f64);
            Label::new(format!("{name} {share}"), at, anchor).face(Face::Bold).colour(colour).plate()
        };
        group.iter().take(6).enumerate().map(line).collect()
    };
    let candidates = |form: &dyn Fn(f64, f64, Anchor) -> Vec<Label>, height: f64| -> Vec<Vec<Label>> {
        let lowest = curves.plot.bottom - height;
        let tops = (0..60).map(|row| curves.plot.top + 15.0 + 12.0 * f64::from(row)).filter(|&top| top <= lowest);
        tops.flat_map(|top| [form(x + 10.0, top, Anchor::Start), form(x - 10.0, top, Anchor::End)]).collect()
    };
    if group.len() == 1 {
        let some = claim.probability.value.is_some_and(|value| value > 0.0 && value < 1.0);
        let short = if some { "of trials" } else { "probability" };
        // Without the interval rather than over a curve.
        let mut all = candidates(&|x, top, anchor| large(&of_trials, x, top, anchor), 58.0);
        all.extend(candidates(&|x, top, anchor| large(short, x, top, anchor), 58.0));
        if canvas.place(all) {
            return;
        }
    }
    canvas.place(candidates(&small, 10.0 + 19.0 * (group.len().min(6) - 1) as f64));
}

/// By when the odds are even, and nine in ten.
fn draw_odds(canvas: &mut Canvas, curves: &Curves<'_>) {
    for (share, words) in [(0.5, "Even odds"), (0.9, "90\u{a0}%")] {
        // Nothing is said of a date whose interval leaves the horizon.
        let Some((month, early, Some(late))) = reached(curves.main, share) else { continue };
        let (x, y) = (curves.x.at(month as f64), curves.y.at(share));
        let label = |x: f64, y: f64, anchor: Anchor| {
            let text = format!("{words} by {}", number::date_between(curves.start, early, Some(late)));
            vec![Label::new(text, (x, y), anchor).face(Face::Bold).colour(style::INK).plate()]
        };
        let columns = (0..30).map(|column| curves.plot.left + 10.0 + 24.0 * f64::from(column));
        let above = columns.map(|left| label(left, y - 7.0, Anchor::Start));
        let inside: Vec<Vec<Label>> = above.filter(|group| group[0].bounds().right <= x - 10.0).collect();
        if canvas.place(inside) {
            canvas.dashed((curves.plot.left, y), (x, y), style::MUTED, style::GRID_WIDTH);
            (curves.plot.left as i32..x as i32).step_by(8).for_each(|x| canvas.avoid((f64::from(x), y)));
            canvas.dot((x, y), style::MEDIAN);
        }
    }
}

/// First month by which a milestone is reached with this probability, and the first and last that the interval allows.
/// None if that lies beyond the horizon.
pub fn reached(milestone: &MilestoneResult, share: f64) -> Option<title::Date> {
    // A hair is taken off, so that half of the trials are half whatever the last bit says.
    let by = |of: &dyn Fn(&Estimate) -> Option<f64>| {
        milestone.by_month.iter().position(|estimate| of(estimate).is_some_and(|value| value >= share - 1e-12))
    };
    let month = by(&|estimate| estimate.value)?;
    let early = by(&|estimate| estimate.high).unwrap_or(month).min(month);
    Some((month, early, by(&|estimate| estimate.low)))
}
