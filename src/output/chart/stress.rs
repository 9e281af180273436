//! What the loss of a supplier does: how long all demand is still served, and what goes missing if it is back after some months.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Rect};
use super::font::{self, Face};
use super::frame::{self, Frame};
use super::{number, style};
use crate::study::Study;
use crate::summary::stress::{Loss, SINGLE_POINT, SPANS, SinglePoint, Stress};

/// Most rows.
const MOST: usize = 16;
/// Height of a row.
const ROW: f64 = 36.0;
/// Right end of the names.
const NAMES: f64 = 350.0;
/// Left and right end of the times to survive.
const TIMES: (f64, f64) = (374.0, 660.0);
/// The same of what goes missing.
const AMOUNTS: (f64, f64) = (730.0, 1040.0);

/// The chart; none if no loss leaves demand unmet.
pub fn canvas(study: &Study, stress: &Stress, digest: &str) -> Option<Canvas> {
    let losses = stress.shown(MOST);
    losses.first()?;
    let source = frame::provenance(study, "at medians", digest);
    let height = 250.0 + ROW * losses.len() as f64;
    let Frame { mut canvas, top, bottom } = frame::begin(height, &title(stress, &losses), &subtitle(stress), source);
    let (first, last) = (top + 66.0, bottom - 66.0);
    draw_names(&mut canvas, stress, &losses, first);
    draw_times(&mut canvas, stress, &losses, Rect::new(TIMES.0, first, TIMES.1, last));
    draw_amounts(&mut canvas, stress, &losses, Rect::new(AMOUNTS.0, first, AMOUNTS.1, last));
    draw_key(&mut canvas, stress, bottom - 10.0);
    Some(canvas)
}

/// How many single points of failure there are, and which loss is felt first.
fn title(stress: &Stress, losses: &[&Loss]) -> String {
    let place = &stress.places[stress.place].title;
    let survives = |loss: &&&Loss| stress.effect(loss, None).and_then(|effect| effect.survives_months);
    let soonest = losses.iter().filter(|loss| survives(loss).is_some()).min_by_key(survives);
    let first = soonest.map_or(String::new(), |loss| {
        let time = match survives(&loss) {
            Some(0) => "at once".into(),
            months => format!("after {}", number::duration(months.unwrap_or(0).into())),
        };
        format!("; the loss felt first leaves demand unmet {time}")
    });
    let all = number::grouped(stress.losses.len() as u64);
    match stress.number_of(SinglePoint::ForMonths) {
        0 => format!("None of {all} suppliers of {place} is a single point of failure{first}"),
        1 => format!("1 of {all} suppliers of {place} is a single point of failure{first}"),
        many => format!("{many} of {all} suppliers of {place} are single points of failure{first}"),
    }
}

fn subtitle(stress: &Stress) -> String {
    let more = stress.shown(usize::MAX).len().saturating_sub(MOST);
    let more = if more > 0 { format!(" {more} more in stress.csv.") } else { String::new() };
    format!(
        "Every supplier is lost in turn from {} on, without any probability: every quantity at its median, scenario {}.{more}",
        number::month(stress.start),
        stress.scenario
    )
}

fn middle(row: usize, first: f64) -> f64 {
    first + ROW * (row as f64 + 0.5)
}

/// Single points of failure are dark, what matters only if it is lost for longer is light.
fn colour(stress: &Stress, loss: &Loss) -> style::Colour {
    if loss.single_point[stress.place] == SinglePoint::ForMonths { style::MEDIAN } else { style::BANDS[2] }
}

fn draw_names(canvas: &mut Canvas, stress: &Stress, losses: &[&Loss], first: f64) {
    for (row, loss) in losses.iter().enumerate() {
        let lines = font::wrap(&loss.name(), Face::Bold, style::LABEL, NAMES - style::MARGIN, 2);
        let mut y = middle(row, first) + 0.36 * style::LABEL - 8.5 * (lines.len() as f64 - 1.0);
        for line in lines {
            canvas.put(Label::new(line, (style::MARGIN, y), Anchor::Start).face(Face::Bold).colour(style::INK));
            y += 17.0;
        }
        if row > 0 {
            let y = first + ROW * row as f64;
            canvas.line(vec![(style::MARGIN, y), (style::WIDTH - style::MARGIN, y)], style::GRID, style::GRID_WIDTH);
        }
        let for_good = stress.effect(loss, None).map_or(0.0, |effect| effect.total_shortage);
        let text = number::quantity(stress.places[stress.place].unit, for_good);
        let at = (style::WIDTH - style::MARGIN, middle(row, first) + 0.36 * style::LABEL);
        canvas.put(Label::new(text, at, Anchor::End).face(Face::Bold).colour(style::INK));
    }
    let at = (style::WIDTH - style::MARGIN, first - 14.0);
    canvas.put(Label::new("Lost for good", at, Anchor::End));
}

/// Bars up to the first month with a shortage.
fn draw_times(canvas: &mut Canvas, stress: &Stress, losses: &[&Loss], plot: Rect) {
    let most = f64::from(SPANS[SPANS.len() - 1]).min(stress.months as f64);
    let x = Axis::new(0.0, most, plot.left, plot.right);
    let ticks: Vec<(f64, String)> =
        (0..=most as u32).step_by(6).map(|month| (f64::from(month), month.to_string())).collect();
    frame::vertical_grid(canvas, &plot, &x, &ticks);
    canvas.put(Label::new("Months until demand is unmet", (plot.left, plot.top - 14.0), Anchor::Start));
    for (row, loss) in losses.iter().enumerate() {
        let y = middle(row, plot.top);
        let survives = stress.effect(loss, None).and_then(|effect| effect.survives_months);
        let end = x.at(survives.map_or(most, f64::from)).max(plot.left + 3.0);
        canvas.bar(Rect::new(plot.left, y - 8.0, end, y + 8.0), colour(stress, loss));
        // What goes on beyond the axis ends in an arrow.
        let is_longer = survives.is_none_or(|months| f64::from(months) > most);
        if is_longer {
            canvas.area(vec![(end, y - 8.0), (end + 10.0, y), (end, y + 8.0)], colour(stress, loss));
        }
        let text = survives.map_or("never".into(), |months| months.to_string());
        let label =
            Label::new(text, (end + if is_longer { 15.0 } else { 7.0 }, y + 0.36 * style::LABEL), Anchor::Start);
        canvas.put(label.face(Face::Bold).colour(style::MEDIAN).plate());
    }
}

/// A dot for each time after which the supplier is back, on a line.
fn draw_amounts(canvas: &mut Canvas, stress: &Stress, losses: &[&Loss], plot: Rect) {
    let unit = stress.places[stress.place].unit;
    let total = |loss: &Loss, span: u32| stress.effect(loss, Some(span)).map(|effect| effect.total_shortage);
    let of_all = losses.iter().flat_map(|loss| SPANS.into_iter().filter_map(|span| total(loss, span)));
    let largest = of_all.fold(0.0, f64::max);
    let scale = number::scale(unit, largest);
    let x = Axis::rounded(0.0, largest, plot.left, plot.right, 5);
    frame::vertical_grid(canvas, &plot, &x, &x.ticks(5, scale.one));
    let heading = format!("Total shortage, {}", scale.words);
    canvas.put(Label::new(heading, (plot.left, plot.top - 14.0), Anchor::Start));
    for (row, loss) in losses.iter().enumerate() {
        let y = middle(row, plot.top);
        let dots: Vec<(f64, usize)> =
            SPANS.into_iter().enumerate().filter_map(|(index, span)| Some((x.at(total(loss, span)?), index))).collect();
        let (Some((low, _)), Some((high, _))) = (dots.first(), dots.last()) else { continue };
        canvas.bar(Rect::new(*low, y - 2.0, *high, y + 2.0), style::BAR_LIGHT);
        for &(at, index) in dots.iter() {
            canvas.dot((at, y), DOTS[index]);
        }
    }
}

/// Colours of the spans, the longest the darkest.
const DOTS: [style::Colour; 3] = [style::BANDS[1], style::BAR, style::MEDIAN];

fn draw_key(canvas: &mut Canvas, stress: &Stress, baseline: f64) {
    let y = baseline - 5.0;
    let mut left = style::MARGIN;
    for (colour, text) in [
        (style::MEDIAN, format!("unmet if lost for {SINGLE_POINT} months: single point of failure")),
        (style::BANDS[2], "only if longer".to_string()),
    ] {
        canvas.bar(Rect::new(left, y - 8.0, left + 22.0, y + 8.0), colour);
        let label = Label::new(text, (left + 30.0, baseline), Anchor::Start);
        left = label.bounds().right + 24.0;
        canvas.put(label);
    }
    let mut left = AMOUNTS.0;
    let spans = SPANS.into_iter().enumerate().filter(|(_, span)| (*span as usize) < stress.months);
    for (index, span) in spans {
        canvas.dot((left, y), DOTS[index]);
        let text = if index == 0 { format!("back after {span} months") } else { format!("{span} months") };
        let label = Label::new(text, (left + 12.0, baseline), Anchor::Start);
        left = label.bounds().right + 22.0;
        canvas.put(label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::Progress;
    use crate::study::stress::Losses;

    #[test]
    fn all_labels_lie_within_the_canvas_and_apart() {
        let text = r#"
            title = "Two plants"
            start = "2026-01"
            horizon_years = 10
            markets.all.countries = ["A country with a name of some length", "B"]
            stages.product = {}
            capacities.small = { country = "B", stage = "product", tonnes_per_year = 120 }
            capacities.large = { country = "A country with a name of some length", stage = "product", tonnes_per_year = 900 }
            demands.users = { market = "all", stage = "product", tonnes_per_year = 960 }
            stockpiles.stock = { market = "all", stage = "product", target_tonnes = 300 }
        "#;
        let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"));
        let losses = Losses::new(&study, "base", &[]).expect("there is something to lose");
        let stress = crate::summary::stress::stress(&losses, None, (None, 0.95), 1, &Progress::default());
        let canvas = canvas(&study, &stress.expect("nobody stops it"), "0123456789").expect("demand goes unmet");
        for (index, label) in canvas.labels.iter().enumerate() {
            let bounds = label.bounds();
            assert!(bounds.left >= 0.0 && bounds.right <= style::WIDTH && bounds.bottom <= canvas.height, "{label:?}");
            let other = canvas.labels[..index].iter().find(|other| other.bounds().overlaps(&bounds));
            assert!(other.is_none(), "{label:?} lies over {other:?}");
        }
        assert!(canvas.labels.iter().any(|label| label.text == "60"), "longer than the axis");
    }
}
