//! How likely a claim is as one thing after the other is moved: from one end of its range to the other, with the goal.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Rect};
use super::font::{self, Face};
use super::frame::{self, Frame};
use super::{number, style};
use crate::output::require::values::{crossing, value};
use crate::study::Study;
use crate::summary::require::{Moved, Point, Requirement};

/// Most rows.
const MOST: usize = 14;
/// Height of a row.
const ROW: f64 = 46.0;
/// Right end of the names.
const NAMES: f64 = 380.0;
/// Left and right end of the probabilities.
const PLOT: (f64, f64) = (404.0, 900.0);
/// Left end of what it takes.
const CROSSINGS: f64 = 924.0;

/// The chart; none if nothing was moved.
pub fn canvas(study: &Study, found: &Requirement, digest: &str) -> Option<Canvas> {
    let rows: Vec<&Moved> = found.changes.iter().chain(&found.moved).take(MOST).collect();
    rows.first()?;
    let trials = format!("{} trials", number::grouped(found.trials));
    let source = frame::provenance(study, &trials, digest);
    let height = 236.0 + ROW * rows.len() as f64;
    let Frame { mut canvas, top, bottom } = frame::begin(height, &title(found), &subtitle(found, rows.len()), source);
    let plot = Rect::new(PLOT.0, top + 52.0, PLOT.1, bottom - 62.0);
    // All from 0: how far a bar is from the goal is what counts.
    let x = Axis::new(0.0, 1.0, plot.left, plot.right);
    frame::vertical_grid(&mut canvas, &plot, &x, &x.ticks(5, 0.01));
    for (index, moved) in rows.iter().enumerate() {
        draw_row(&mut canvas, moved, plot.top + ROW * (index as f64 + 0.5), &x);
        if index > 0 {
            let y = plot.top + ROW * index as f64;
            canvas.line(vec![(style::MARGIN, y), (style::WIDTH - style::MARGIN, y)], style::GRID, style::GRID_WIDTH);
        }
    }
    draw_goal(&mut canvas, found, &plot, &x);
    draw_key(&mut canvas, found, bottom - 8.0);
    Some(canvas)
}

/// What would be enough, or that nothing is.
fn title(found: &Requirement) -> String {
    let goal = number::share(found.at_least);
    let all = found.changes.len() + found.moved.len();
    let enough = found.changes.iter().chain(&found.moved).filter(|moved| moved.crossing.is_some()).count();
    let what =
        if found.reached { format!("would bring it below {goal}") } else { format!("would make it {goal} likely") };
    match enough {
        0 => format!(
            "Claim {} is {} likely: none of {all} changes alone {what}",
            found.claim,
            number::probability(&found.now)
        ),
        1 => format!(
            "Claim {} is {} likely: 1 of {all} changes alone {what}",
            found.claim,
            number::probability(&found.now)
        ),
        some => {
            format!(
                "Claim {} is {} likely: {some} of {all} changes alone {what}",
                found.claim,
                number::probability(&found.now)
            )
        }
    }
}

fn subtitle(found: &Requirement, shown: usize) -> String {
    let more = (found.changes.len() + found.moved.len()).saturating_sub(shown);
    let more = if more > 0 { format!(" {more} more in require.csv.") } else { String::new() };
    format!(
        "{}, in scenario {}: how likely that is with one thing at either end of its range, all else as ever.{more}",
        found.says, found.scenario
    )
}

fn draw_row(canvas: &mut Canvas, moved: &Moved, y: f64, x: &Axis) {
    let name = match moved.inputs {
        0 | 1 => moved.name.clone(),
        inputs => format!("{} ({inputs} inputs)", moved.name),
    };
    let name = Label::new(name, (style::MARGIN, y - 3.0), Anchor::Start).face(Face::Bold).colour(style::INK);
    canvas.put(name.within(NAMES - style::MARGIN));
    let end = |point: &Point| value(&moved.name, moved.measure, point.value);
    let range =
        Label::new(format!("{} to {}", end(&moved.low), end(&moved.high)), (style::MARGIN, y + 14.0), Anchor::Start);
    canvas.put(range.size(style::SMALL).within(NAMES - style::MARGIN));
    let at = |point: &Point| x.at(point.probability.nearest());
    let (low, high) = (at(&moved.low), at(&moved.high));
    canvas.bar(Rect::new(low.min(high), y - 2.5, low.max(high), y + 2.5), style::BAR_LIGHT);
    canvas.dot((low, y), style::LOW);
    canvas.dot((high, y), style::HIGH);
    let (text, colour) = match &moved.crossing {
        Some(_) => (crossing(moved), style::INK),
        None => ("no value does".into(), style::MUTED),
    };
    let room = style::WIDTH - style::MARGIN - CROSSINGS;
    let lines = font::wrap(&text, Face::Bold, style::SMALL, room, 2);
    let first = y + 0.36 * style::SMALL - 8.0 * (lines.len() as f64 - 1.0);
    for (index, line) in lines.iter().enumerate() {
        let label = Label::new(line, (CROSSINGS, first + 16.0 * index as f64), Anchor::Start).size(style::SMALL);
        canvas.put(label.face(Face::Bold).colour(colour));
    }
}

/// The goal, and how likely it is now.
fn draw_goal(canvas: &mut Canvas, found: &Requirement, plot: &Rect, x: &Axis) {
    let goal = x.at(found.at_least);
    canvas.dashed((goal, plot.top - 6.0), (goal, plot.bottom), style::INK, style::THRESHOLD_WIDTH);
    let now = x.at(found.now.nearest());
    canvas.line(vec![(now, plot.top - 6.0), (now, plot.bottom)], style::MEDIAN, style::CLAIM_WIDTH);
    let label = |text: String, at: f64, y: f64, anchor: Anchor| {
        vec![Label::new(text, (at, y), anchor).face(Face::Bold).colour(style::INK)]
    };
    for (text, at) in [
        (format!("asked {}", number::share(found.at_least)), goal),
        (format!("now {}", number::probability(&found.now)), now),
    ] {
        let places = [(0.0, plot.top - 12.0), (0.0, plot.top - 30.0)].into_iter().flat_map(|(shift, y)| {
            [Anchor::Middle, Anchor::Start, Anchor::End].map(|anchor| label(text.clone(), at + shift, y, anchor))
        });
        canvas.place(places.collect());
    }
    let heading = if found.reached { "is that up to" } else { "is that at" };
    let heading = format!("{} {heading}", number::share(found.at_least));
    canvas.put(Label::new(heading, (CROSSINGS, plot.top - 12.0), Anchor::Start).size(style::SMALL));
}

fn draw_key(canvas: &mut Canvas, found: &Requirement, baseline: f64) {
    let mut left = style::MARGIN;
    for (colour, text) in [(style::LOW, "at the first value"), (style::HIGH, "at the second")] {
        canvas.dot((left + 6.0, baseline - 5.0), colour);
        let label = Label::new(text, (left + 18.0, baseline), Anchor::Start);
        left = label.bounds().right + 24.0;
        canvas.put(label);
    }
    let text = format!("Probability that claim {} holds, %", found.claim);
    let axis = Label::new(text, (PLOT.1, baseline), Anchor::End).colour(style::MUTED);
    canvas.put(axis.within(PLOT.1 - left));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::Progress;
    use crate::study::require::Required;
    use crate::summary::require::{Question, require};

    #[test]
    fn all_labels_lie_within_the_canvas_and_apart() {
        let text = r#"
            title = "One plant"
            start = "2026-01"
            horizon_years = 10
            markets.all.countries = ["A"]
            stages.product = {}
            capacities.old = { country = "A", stage = "product", tonnes_per_year = 40 }
            demands.users = { market = "all", stage = "product", tonnes_per_year = 100 }
            milestones.enough = { title = "Enough", series = "shortage_fraction.all.product", at_most = 0.01 }
            projects.a-plant-with-a-name-of-some-length = { country = "A", stage = "product", tonnes_per_year = 100,
                announced_start = "2026-01", slip_months = { uniform = [0, 80] }, success_probability = 0.9 }
            claims.soon = { who = "Someone", milestone = "enough", within_months = 36 }
        "#;
        let text = text.replace(",\n                ", ", ");
        let study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
        let required = Required::new(&study, "base", "soon").expect("there is such a claim");
        for at_least in [0.42, 0.9] {
            let question = Question { at_least, trials: 2000, confidence: 0.95, threads: 2 };
            let found = require(&required, question, Vec::new(), &Progress::default()).expect("nobody stops it");
            let canvas = canvas(&study, &found, "0123456789").expect("something was moved");
            for (index, label) in canvas.labels.iter().enumerate() {
                let bounds = label.bounds();
                let is_within = bounds.left >= 0.0 && bounds.right <= style::WIDTH && bounds.bottom <= canvas.height;
                assert!(is_within, "{label:?}");
                let other = canvas.labels[..index].iter().find(|other| other.bounds().overlaps(&bounds));
                assert!(other.is_none(), "{label:?} lies over {other:?}");
            }
        }
    }
}
