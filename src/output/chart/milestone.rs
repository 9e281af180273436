//! The probability that a milestone is reached by a date, in all scenarios, with the dates of the claims.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Plot, Point, Rect};
use super::dodge::dodge;
use super::font::{self, Face};
use super::frame::{self, Frame, claims_by_date};
use super::shares::{self, Shares};
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
    /// All, and what is enlarged, if anything is.
    panels: Vec<Shares>,
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
    let highest = highest(&lines, main, known);
    let title = title::milestone(main, &flat, start);
    let subtitle = subtitle(results, &cases, main, highest) + &with_known_inputs(known);
    let height = if shares::are_small(highest) { 790.0 } else { 675.0 };
    let Frame { mut canvas, top, bottom } = frame::frame(results, height, &title, &subtitle);
    let room = Rect::new(style::MARGIN, top + 26.0, style::WIDTH - style::MARGIN - labels - 26.0, bottom - 41.0);
    let panels = shares::shares(&mut canvas, &room, highest);
    let Shares { plot, y } = *panels.last()?;
    let x = Axis::new(0.0, months as f64, plot.left, plot.right);
    canvas.plots.push(Plot { rect: plot, months: months as f64, offset: 0.0, low: y.low, high: y.high });
    let curves = Curves { x, panels, main, start, trials: results.summary.trials, known };
    curves.panels.iter().for_each(|panel| draw_curves(&mut canvas, &curves, panel, &lines));
    frame::time_axis(&mut canvas, &plot, &curves.x, start, months);
    draw_ends(&mut canvas, &curves, &ends);
    draw_claims(&mut canvas, &curves, &claims);
    draw_odds(&mut canvas, &curves);
    for (rank, (month, group)) in claims.iter().enumerate() {
        place_claim(&mut canvas, &curves, curves.x.at(f64::from(*month)), group, style::claim(rank));
    }
    Some(canvas)
}

/// Largest probability to be seen: of a curve, or of a band about one that is not zero throughout.
fn highest(
    lines: &[(usize, &MilestoneResult)],
    main: &MilestoneResult,
    known: Option<&[ConditionalProbability]>,
) -> f64 {
    let curves = lines.iter().filter_map(|(_, line)| line.by_month.last()?.value).fold(0.0, f64::max);
    let band = main.by_month.last().and_then(|last| last.high).filter(|_| curves > 0.0);
    band.into_iter().chain(known.and_then(|known| Some(known.last()?.high))).fold(curves, f64::max)
}

fn subtitle(results: &View<'_>, cases: &[ScenarioView<'_>], main: &MilestoneResult, highest: f64) -> String {
    let confidence = number::significant(100.0 * results.summary.confidence, 4);
    let widths = main.by_month.iter().filter_map(|estimate| Some(estimate.high? - estimate.low?));
    let widest = widths.fold(0.0, f64::max);
    let (shaded, band) = if widest < 0.01 * if shares::are_small(highest) { highest } else { 1.0 } {
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

fn draw_curves(canvas: &mut Canvas, curves: &Curves<'_>, panel: &Shares, lines: &[(usize, &MilestoneResult)]) {
    let path = |line: &MilestoneResult, of: &dyn Fn(&Estimate) -> Option<f64>| -> Vec<Point> {
        let points = line.by_month.iter().enumerate();
        points.map(|(month, at)| (curves.x.at(month as f64), panel.y.at(of(at).unwrap_or(0.0)))).collect()
    };
    let ends = |of: &dyn Fn(&ConditionalProbability) -> f64| -> Vec<Point> {
        let months = curves.known.iter().flat_map(|known| known.iter()).enumerate();
        months.map(|(month, chance)| (curves.x.at(month as f64), panel.y.at(of(chance)))).collect()
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
    let Some((Shares { plot, y }, first)) = curves.panels.last().zip(curves.panels.first()) else { return };
    let wanted: Vec<f64> = ends.iter().map(|end| y.at(end.value)).collect();
    let heights: Vec<f64> = ends.iter().map(End::height).collect();
    // As far up as they need, beside all of the panels.
    let top = if heights.iter().sum::<f64>() > plot.height() { first.plot.top } else { plot.top };
    let places = dodge(&wanted, &heights, top - 12.0, plot.bottom + 10.0);
    let right = plot.right;
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
    for Shares { plot, y } in &curves.panels {
        for (rank, (month, _)) in claims.iter().enumerate() {
            let ends = vec![(x(*month), plot.top), (x(*month), plot.bottom)];
            canvas.curve(ends, style::claim(rank), style::CLAIM_WIDTH);
        }
        for (rank, (month, _)) in claims.iter().enumerate() {
            let value = curves.main.by_month.get(*month as usize).and_then(|estimate| estimate.value).unwrap_or(0.0);
            canvas.dot((x(*month), y.at(value)), style::claim(rank));
        }
    }
}

/// What stands below the figure of a dot: its interval, or that no trial or every trial has reached the milestone.
fn of_trials(reached: &Estimate, trials: u64) -> String {
    let all = number::grouped(trials);
    match reached.value {
        Some(0.0) if trials == 1 => "not in the single trial".into(),
        Some(1.0) if trials == 1 => "in the single trial".into(),
        Some(0.0) => format!("none of {all} trials"),
        Some(1.0) => format!("all of {all} trials"),
        _ => match number::interval(reached) {
            Some(interval) if interval != number::probability(reached) => {
                format!("of trials ({interval})")
            }
            _ => "of trials".into(),
        },
    }
}

/// Whether a claim is that the milestone is not reached: it holds in the trials that the curve leaves out.
fn is_negative(claim: &ClaimResult, reached: &Estimate) -> bool {
    claim.probability.value.zip(reached.value).is_some_and(|(holds, reached)| (holds - reached).abs() > 1e-12)
}

/// Name of a claim beside its line, with the figure of its dot; smaller if there is little room.
fn place_claim(canvas: &mut Canvas, curves: &Curves<'_>, x: f64, group: &[&ClaimResult], colour: style::Colour) {
    let (claim, Some(Shares { plot, .. })) = (group[0], curves.panels.first()) else { return };
    let Some(reached) = curves.main.by_month.get(claim.months as usize) else { return };
    let holds = |claim: &ClaimResult| format!("holds in {}", number::probability(&claim.probability));
    let of_trials = match is_negative(claim, reached) {
        true => format!("have reached it: the claim {}", holds(claim)),
        false => of_trials(reached, curves.trials),
    };
    let large = |below: &str, x: f64, top: f64, anchor: Anchor| -> Vec<Label> {
        let label = |text: String, down: f64| Label::new(text, (x, top + down), anchor).plate().within(320.0);
        vec![
            label(quoted_capital(&claim.title), 0.0).face(Face::Bold).colour(colour).within(320.0),
            label(number::probability(reached), 29.0).face(Face::Bold).size(style::KEY).colour(colour),
            label(below.into(), 49.0),
        ]
    };
    let small = |x: f64, top: f64, anchor: Anchor| -> Vec<Label> {
        let line = |(index, claim): (usize, &&ClaimResult)| {
            let share = holds(claim);
            let room = 320.0 - font::width(&format!("  {share}"), Face::Bold, style::LABEL);
            let name = font::shorten(&quoted_capital(&claim.title), Face::Bold, style::LABEL, room);
            let at = (x, top + 19.0 * index as f64);
            Label::new(format!("{name} {share}"), at, anchor).face(Face::Bold).colour(colour).plate()
        };
        group.iter().take(6).enumerate().map(line).collect()
    };
    let candidates = |form: &dyn Fn(f64, f64, Anchor) -> Vec<Label>, height: f64| -> Vec<Vec<Label>> {
        let lowest = plot.bottom - height;
        let tops = (0..60).map(|row| plot.top + 15.0 + 12.0 * f64::from(row)).filter(|&top| top <= lowest);
        tops.flat_map(|top| [form(x + 10.0, top, Anchor::Start), form(x - 10.0, top, Anchor::End)]).collect()
    };
    if group.len() == 1 {
        let some = reached.value.is_some_and(|value| value > 0.0 && value < 1.0);
        let short = match (is_negative(claim, reached), some) {
            (true, _) => "have reached it",
            (false, true) => "of trials",
            (false, false) => "probability",
        };
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
    let Some(Shares { plot, y }) = curves.panels.first() else { return };
    for (share, words) in [(0.5, "Even odds"), (0.9, "90\u{a0}%")] {
        // Nothing is said of a date whose interval leaves the horizon.
        let Some((month, early, Some(late))) = reached(curves.main, share) else { continue };
        let (x, y) = (curves.x.at(month as f64), y.at(share));
        let label = |x: f64, y: f64, anchor: Anchor| {
            let text = format!("{words} by {}", number::date_between(curves.start, early, Some(late)));
            vec![Label::new(text, (x, y), anchor).face(Face::Bold).colour(style::INK).plate()]
        };
        let columns = (0..30).map(|column| plot.left + 10.0 + 24.0 * f64::from(column));
        let above = columns.map(|left| label(left, y - 7.0, Anchor::Start));
        let inside: Vec<Vec<Label>> = above.filter(|group| group[0].bounds().right <= x - 10.0).collect();
        if canvas.place(inside) {
            canvas.dashed((plot.left, y), (x, y), style::MUTED, style::GRID_WIDTH);
            (plot.left as i32..x as i32).step_by(8).for_each(|x| canvas.avoid((f64::from(x), y)));
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
