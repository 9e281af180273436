//! What each sum buys: every set of measures by its cost and its statistic, and the steps of the efficient ones.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Rect};
use super::font::{self, Face};
use super::frame::{self, Frame};
use super::{number, style, subject};
use crate::model::Unit;
use crate::output::words;
use crate::study::Study;
use crate::study::choose::MeasureSet;
use crate::summary::choose::{Choice, SetResult, set_name};

/// Height of the chart.
const HEIGHT: f64 = 720.0;

/// Most dots of sets that dropped out.
const MOST_DOTS: usize = 1500;

/// A set is named if it buys at least one part of the whole gain in so many.
const NAMED: f64 = 9.0;

/// Widest line of a name beside its point.
const NAME: f64 = 250.0;

/// The chart; none if all sets cost the same.
pub fn canvas(study: &Study, choice: &Choice, digest: &str) -> Option<Canvas> {
    let shown: Vec<&SetResult> = choice.sets.iter().take(MOST_DOTS).collect();
    let dearest = shown.iter().map(|set| set.cost).fold(0.0, f64::max);
    if dearest == 0.0 {
        return None;
    }
    let trials = choice.stages.last().map_or(0, |stage| stage.trials);
    let source = frame::provenance(study, &format!("up to {} trials", number::grouped(trials)), digest);
    let Frame { mut canvas, top, bottom } = frame::begin(HEIGHT, &title(study, choice), &subtitle(choice), source);
    // What dropped out had fewer trials, other ones than the rest: it stands where its change from doing nothing puts it.
    let nothing = choice.sets.iter().find(|set| set.measures.is_empty()).and_then(|set| set.estimate.value);
    let value = |set: &SetResult| {
        let changed = nothing.zip(set.change.as_ref().and_then(|change| change.value));
        changed.map(|(nothing, change)| nothing + change).or(set.estimate.value)
    };
    let values = || shown.iter().filter_map(|set| value(set));
    let (least, largest) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let unit = if choice.goal.is_probability { Unit::Fraction } else { choice.goal.unit };
    let scale = number::scale(unit, largest.abs().max(least.abs()));
    // Amounts from zero on, unless what differs would be lost.
    let low = if least >= 0.0 && least < 0.5 * largest { 0.0 } else { least - 0.2 * (largest - least) };
    let plot_top = top + 60.0;
    let y = Axis::rounded(low, largest, bottom - 96.0, plot_top, 6);
    let ticks = y.ticks(6, scale.one);
    let left = style::MARGIN + frame::value_axis_width(&ticks, "");
    let plot = Rect::new(left, plot_top, style::WIDTH - style::MARGIN - 12.0, bottom - 96.0);
    let x = Axis::rounded(0.0, dearest, plot.left, plot.right, 8);
    frame::value_axis(&mut canvas, &plot, &y, &ticks, "");
    frame::bottom_axis(&mut canvas, &plot, &x, &x.ticks(8, 1.0));
    let heading = format!("{}, {}", choice.goal.statistic, scale.words);
    canvas.put(Label::new(heading, (style::MARGIN, plot.top - 18.0), Anchor::Start));
    let below = format!("Cost, {}", choice.cost_unit);
    canvas.put(Label::new(below, (plot.right, plot.bottom + 40.0), Anchor::End).size(style::AXIS).colour(style::MUTED));
    let at = |set: &SetResult| value(set).map(|value| (x.at(set.cost), y.at(value)));
    let others = shown.iter().rev().filter(|set| !set.may_be_best && !set.is_efficient);
    let points: Vec<(f64, f64)> = others.filter_map(|set| at(set)).collect();
    for (left, up) in points {
        canvas.bar(Rect::new(left - 2.0, up - 2.0, left + 2.0, up + 2.0), style::BANDS[1]);
    }
    draw_frontier(&mut canvas, choice, &plot, &at);
    draw_key(&mut canvas, bottom - 16.0);
    Some(canvas)
}

/// What is chosen by, in words where it has some.
fn subject(study: &Study, choice: &Choice) -> String {
    let model = &study.scenarios[0].model;
    let name = choice.goal.statistic.strip_prefix("mean(").and_then(|rest| rest.strip_suffix(')'));
    let spec = name.and_then(|name| model.outcomes.iter().find(|spec| spec.name == name.trim()));
    spec.map_or_else(
        || choice.goal.statistic.clone(),
        |spec| format!("the mean {}", subject::outcome_name(model, spec)),
    )
}

fn title(study: &Study, choice: &Choice) -> String {
    let subject = subject(study, choice);
    let Some(first) = choice.sets.first() else { return String::new() };
    let sum = format!("{} {}", words::amount(first.cost), choice.cost_unit);
    let nothing = choice.sets.iter().find(|set| set.measures.is_empty());
    let unit = if choice.goal.is_probability { Unit::Fraction } else { choice.goal.unit };
    let text = |set: &SetResult| number::amount(unit, &set.estimate);
    match nothing {
        Some(nothing) if nothing.set != first.set => {
            format!("For {sum}, {subject} goes from {} to {}", text(nothing), text(first))
        }
        _ => format!("No measure makes {subject} any better"),
    }
}

fn subtitle(choice: &Choice) -> String {
    format!(
        "Every set of measures by cost, on the same random numbers, scenario {}. The steps are the sets that no other of the same \
         cost or less looks better than.",
        choice.scenario
    )
}

/// The steps, their points, and the names of the efficient sets.
fn draw_frontier(canvas: &mut Canvas, choice: &Choice, plot: &Rect, at: &dyn Fn(&SetResult) -> Option<(f64, f64)>) {
    let efficient = choice.frontier();
    let points: Vec<(f64, f64)> = efficient.iter().filter_map(|set| at(set)).collect();
    let named = named(&efficient);
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for &(x, y) in &points {
        steps.extend(steps.last().map(|last| (x, last.1)));
        steps.push((x, y));
    }
    steps.extend(steps.last().map(|last| (plot.right, last.1)));
    canvas.curve(steps, style::MEDIAN, style::OTHER_WIDTH);
    for set in choice.candidates() {
        at(set).into_iter().for_each(|point| canvas.dot(point, style::HIGH));
    }
    for (set, point) in efficient.iter().zip(&points) {
        let colour = if set.may_be_best { style::HIGH } else { style::MEDIAN };
        canvas.dot(*point, colour);
    }
    for (set, &(x, y)) in efficient.iter().zip(&points).filter(|(set, _)| named.contains(&set.set)) {
        let lines = font::wrap(&set_name(&set.measures), Face::Regular, style::SMALL, NAME, 3);
        let height = style::SMALL * style::LINE;
        let block = |x: f64, first: f64, anchor: Anchor| -> Vec<Label> {
            let line = |(row, text): (usize, &String)| {
                Label::new(text, (x, first + row as f64 * height), anchor).size(style::SMALL).plate()
            };
            lines.iter().enumerate().map(line).collect()
        };
        let all = height * (lines.len() as f64 - 1.0);
        let above = |gap: f64| y - gap - all;
        let candidates = vec![
            block(x + 10.0, above(8.0), Anchor::Start),
            block(x - 10.0, y + 20.0, Anchor::End),
            block(x + 10.0, above(24.0), Anchor::Start),
            block(x, above(40.0), Anchor::Middle),
            block(x - 10.0, y + 36.0, Anchor::End),
            block(x, y + 56.0, Anchor::Middle),
        ];
        canvas.place(candidates);
    }
}

/// Efficient sets whose names are told: the first, the last, and those that buy a good part of the whole gain more than the one
/// named before.
fn named(efficient: &[&SetResult]) -> Vec<MeasureSet> {
    let value = |set: &SetResult| set.estimate.value.unwrap_or(0.0);
    let (Some(first), Some(last)) = (efficient.first(), efficient.last()) else { return Vec::new() };
    let least = (value(last) - value(first)).abs() / NAMED;
    let mut found = vec![*first];
    for set in &efficient[1..] {
        let before = found[found.len() - 1];
        found.extend(((value(set) - value(before)).abs() >= least).then_some(*set));
    }
    found.push(last);
    found.iter().map(|set| set.set).collect()
}

fn draw_key(canvas: &mut Canvas, baseline: f64) {
    let y = baseline - 5.0;
    let mut left = style::MARGIN + 6.0;
    let entries =
        [(style::HIGH, "may be the best set"), (style::MEDIAN, "efficient"), (style::BANDS[1], "another set")];
    for (index, (colour, text)) in entries.into_iter().enumerate() {
        match index {
            2 => canvas.bar(Rect::new(left - 3.0, y - 3.0, left + 3.0, y + 3.0), colour),
            _ => canvas.dot((left, y), colour),
        }
        let label = Label::new(text, (left + 14.0, baseline), Anchor::Start);
        left = label.bounds().right + 28.0;
        canvas.put(label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::Progress;
    use crate::study::choose::Measures;
    use crate::summary::choose::{Effort, Goal, choose};

    #[test]
    fn all_labels_lie_within_the_canvas_and_apart() {
        let mut text = String::from(
            r#"
            title = "A stock and plants"
            start = "2026-01"
            horizon_years = 1
            markets.all.countries = ["A"]
            stages.product = {}
            capacities.plant = { country = "A", stage = "product", tonnes_per_year = 900 }
            demands.users = { market = "all", stage = "product", tonnes_per_year = { uniform = [900, 2000] } }
            "#,
        );
        for (number, cost) in [3, 5, 9, 16, 30, 50].into_iter().enumerate() {
            let name = format!("a-plant-with-quite-a-long-name-{number}");
            let capacity = "country = 'A', stage = 'product', tonnes_per_year";
            text += &format!("capacities.{name} = {{ {capacity} = 0 }}\n");
            let set = format!("'capacities.{name}.tonnes_per_year' = {}", 40 * (number + 1));
            text += &format!("measures.{name} = {{ cost = {cost}, set = {{ {set} }} }}\n");
        }
        let study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
        let goal =
            Goal::new("mean(total_shortage.all.product)", false, &study.scenarios[0].model).expect("it is there");
        let measures = Measures::new(&study, "base", &goal.statistic).expect("there are some");
        let effort = Effort { trials: 200, confidence: 0.95, threads: 1 };
        let choice = choose(&measures, &goal, (None, "USD"), &effort, &Progress::default()).expect("it has an answer");
        let canvas = canvas(&study, &choice, "0123456789").expect("costs differ");
        for (index, label) in canvas.labels.iter().enumerate() {
            let bounds = label.bounds();
            assert!(bounds.left >= 0.0 && bounds.right <= style::WIDTH && bounds.bottom <= canvas.height, "{label:?}");
            let other = canvas.labels[..index].iter().find(|other| other.bounds().overlaps(&bounds));
            assert!(other.is_none(), "{label:?} lies over {other:?}");
        }
        assert!(canvas.labels.iter().any(|label| label.text == "(nothing)"));
    }
}
