//! What one future looks like: a few trials one below the other, with their episodes and their shortage by month.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Figures, Label, Rect};
use super::font::Face;
use super::frame::{self, Frame};
use super::subject::{self, ScenarioView, View, quoted};
use super::{number, style};
use crate::config::DisruptionKind;
use crate::engine::Engine;
use crate::model::{Model, SeriesKind};

/// Trials shown: the first ones, not chosen ones.
const TRIALS: u64 = 12;
/// Height of a trial's row.
const ROW: f64 = 53.0;

/// One trial.
struct Future {
    /// Its number.
    trial: u64,
    /// Shortage by month, as a fraction of demand.
    shortage: Vec<f64>,
    /// Episodes within the horizon: kind, beginning and end in months.
    episodes: Vec<(Kind, f64, f64)>,
}

impl Future {
    /// Shortage of all months together, in months of demand.
    fn total(&self) -> f64 {
        self.shortage.iter().sum()
    }

    fn months_short(&self) -> String {
        match self.shortage.iter().filter(|value| **value > 0.0).count() {
            0 => "none".into(),
            months => number::duration(months as u64),
        }
    }
}

/// What an episode does, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Control,
    Outage,
    Surge,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Control, Kind::Outage, Kind::Surge];

    fn name(self) -> &'static str {
        match self {
            Kind::Control => "export control",
            Kind::Outage => "outage",
            Kind::Surge => "demand surge",
        }
    }

    fn colour(self) -> style::Colour {
        style::EPISODES[self as usize]
    }
}

/// The chart; none if nothing can happen, or no shortage is recorded as a fraction.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let cases = subject::cases(results);
    let case = cases.first()?;
    let model = case.model;
    let series = shortage(results, case)?;
    if model.disruptions.is_empty() || model.months == 0 {
        return None;
    }
    let trials = TRIALS.min(results.summary.trials.max(1));
    let mut futures = replay(model, series, trials);
    // The worst first; of those that are alike, the first.
    futures.sort_by(|a, b| b.total().total_cmp(&a.total()).then(a.trial.cmp(&b.trial)));
    let spec = &model.series[series];
    let place = subject::place_name(model, spec.market, spec.stage);
    let short = futures.iter().filter(|future| future.shortage.iter().any(|&value| value > 0.0)).count();
    let worst = futures.iter().flat_map(|future| &future.shortage).copied().fold(0.0, f64::max);
    let title = title(&place, short, futures.len(), worst);
    let full = Axis::rounded(0.0, worst, 0.0, 1.0, 2).high;
    let scenario = if cases.len() > 1 { format!(". Scenario: {}", quoted(&case.summary.title)) } else { String::new() };
    let which =
        if trials == 1 { "Trial 0".into() } else { format!("Trials 0 to {} as drawn, none picked", trials - 1) };
    let subtitle = format!(
        "{which}, the worst first: episodes of disruption (bars) and the shortage of {place} by month (area, from 0 to {} \
         of demand). A few trials show what happens, not how often{scenario}",
        number::share(full)
    );
    let height = 212.0 + ROW * trials as f64;
    let Frame { mut canvas, top, .. } = frame::frame(results, height, &title, &subtitle);
    let plot = Rect::new(
        style::MARGIN + 62.0,
        top + 46.0,
        style::WIDTH - style::MARGIN - 148.0,
        top + 46.0 + ROW * trials as f64,
    );
    let x = Axis::new(0.0, model.months as f64, plot.left, plot.right);
    draw_key(&mut canvas, &futures, top + 24.0);
    let heading = Label::new("Months short", (style::WIDTH - style::MARGIN, plot.top - 8.0), Anchor::End);
    canvas.put(heading.size(style::SMALL).colour(style::MUTED));
    for (index, future) in futures.iter().enumerate() {
        let full = (full, index == 0);
        let row = Rect::new(plot.left, plot.top + ROW * index as f64, plot.right, plot.top + ROW * (index + 1) as f64);
        draw_future(&mut canvas, &x, &row, full, future);
    }
    frame::time_axis(&mut canvas, &plot, &x, model.start, model.months);
    let figure = |future: &Future| {
        let worst = future.shortage.iter().copied().fold(0.0, f64::max);
        vec![future.trial.to_string(), future.episodes.len().to_string(), future.months_short(), number::share(worst)]
    };
    let header = ["Trial", "Episodes", "Months short", "Worst month lacks"].map(String::from).into();
    canvas.figures = Some(Figures { header, rows: futures.iter().map(figure).collect() });
    Some(canvas)
}

/// The shortage asked for; else that where the main outcome is, else the first that is recorded.
fn shortage(results: &View<'_>, case: &ScenarioView<'_>) -> Option<usize> {
    if let Some(name) = &results.asked.series {
        return case.model.series.iter().position(|spec| spec.name == *name);
    }
    let main = subject::outcome(results, case).map(|(_, spec)| (spec.market, spec.stage));
    let is_shortage = |index: &usize| case.model.series[*index].kind == SeriesKind::ShortageFraction;
    let mut all = (0..case.model.series.len()).filter(is_shortage);
    let node = |index: usize| Some((case.model.series[index].market, case.model.series[index].stage));
    all.clone().find(|&index| node(index) == main).or_else(|| all.next())
}

fn replay(model: &Model, series: usize, trials: u64) -> Vec<Future> {
    let engine = Engine::new(model);
    let future = |number: u64| {
        let trial = engine.trial(number);
        let mut episodes = Vec::new();
        for (disruption, drawn) in model.disruptions.iter().zip(&trial.episodes) {
            let kind = match disruption.kind {
                DisruptionKind::ExportControl => Kind::Control,
                DisruptionKind::Outage => Kind::Outage,
                DisruptionKind::DemandSurge => Kind::Surge,
            };
            let within = drawn.iter().filter(|episode| episode.begin < model.months as f64 && episode.end > 0.0);
            episodes.extend(within.map(|episode| (kind, episode.begin.max(0.0), episode.end)));
        }
        Future { trial: number, shortage: trial.series[series].clone(), episodes }
    };
    (0..trials).map(future).collect()
}

fn title(place: &str, short: usize, trials: usize, worst: f64) -> String {
    let which = match (short, trials) {
        (0, 1) => format!("The one future shown sees no shortage of {place}"),
        (_, 1) => format!("The one future shown sees a shortage of {place}"),
        (0, _) => format!("None of {trials} futures sees a shortage of {place}"),
        (1, _) => format!("One of {trials} futures sees a shortage of {place}"),
        _ if short == trials => format!("Each of {trials} futures sees a shortage of {place}"),
        _ => format!("{short} of {trials} futures see a shortage of {place}"),
    };
    if short == 0 { which } else { format!("{which}; the worst month lacks {} of demand", number::share(worst)) }
}

/// Which colour is what.
fn draw_key(canvas: &mut Canvas, futures: &[Future], baseline: f64) {
    let mut x = style::MARGIN + 62.0;
    let mut entry = |canvas: &mut Canvas, colour: style::Colour, thickness: f64, name: &str| {
        canvas.bar(Rect::new(x, baseline - 5.0 - 0.5 * thickness, x + 26.0, baseline - 5.0 + 0.5 * thickness), colour);
        let label = Label::new(name, (x + 34.0, baseline), Anchor::Start);
        x = label.bounds().right + 28.0;
        canvas.put(label);
    };
    for kind in Kind::ALL {
        if futures.iter().any(|future| future.episodes.iter().any(|episode| episode.0 == kind)) {
            entry(canvas, kind.colour(), 6.0, kind.name());
        }
    }
    entry(canvas, style::MEDIAN, 12.0, "shortage");
}

/// A row: episodes in three lanes above, the shortage below, on a scale up to `full`, whose figures stand beside the row if
/// they are to be told.
fn draw_future(canvas: &mut Canvas, x: &Axis, row: &Rect, (full, is_told): (f64, bool), future: &Future) {
    canvas.line(vec![(row.left, row.bottom), (row.right, row.bottom)], style::GRID, style::GRID_WIDTH);
    let middle = 0.5 * (row.top + row.bottom) + 0.36 * style::LABEL;
    let name = Label::new(format!("Trial {}", future.trial), (style::MARGIN, middle), Anchor::Start);
    canvas.put(name.size(style::SMALL));
    for &(kind, begin, end) in &future.episodes {
        let (left, top) = (x.at(begin), row.top + 9.0 + 5.0 * kind as usize as f64);
        // At least a hair, so that a short one is seen.
        canvas.bar(Rect::new(left, top, x.at(end).max(left + 1.5), top + 4.0), kind.colour());
    }
    let (base, top) = (row.bottom, row.bottom - 25.0);
    let y = Axis::new(0.0, full, base, top);
    if is_told {
        for (at, text) in [(top, number::share(full)), (base, "0".into())] {
            canvas.line(vec![(row.right, at), (row.right + style::TICK, at)], style::MUTED, style::GRID_WIDTH);
            let label = Label::new(text, (row.right + 8.0, at + 0.36 * style::SOURCE), Anchor::Start);
            canvas.put(label.size(style::SOURCE).colour(style::MUTED));
        }
    }
    for (month, &value) in future.shortage.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let (left, right) = (x.at(month as f64), x.at(month as f64 + 1.0));
        canvas.bar(Rect::new(left, y.at(value).min(base - 1.0), right, base), style::MEDIAN);
    }
    let text = future.months_short();
    let colour = if text == "none" { style::MUTED } else { style::INK };
    let label = Label::new(text, (style::WIDTH - style::MARGIN, middle), Anchor::End);
    canvas.put(label.face(Face::Bold).colour(colour));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_counts_the_futures_shown() {
        let told = |short, trials, worst| title("magnets in Japan", short, trials, worst).replace('\u{a0}', " ");
        assert_eq!(told(0, 12, 0.0), "None of 12 futures sees a shortage of magnets in Japan");
        assert_eq!(
            told(5, 12, 0.314),
            "5 of 12 futures see a shortage of magnets in Japan; the worst month lacks 31 % of demand"
        );
        assert_eq!(
            told(1, 1, 1.0),
            "The one future shown sees a shortage of magnets in Japan; the worst month lacks 100 % of demand"
        );
    }
}
