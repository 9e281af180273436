//! The stockpile curve: the probability of any shortage against the size of a stock, in tonnes and in days of demand.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Figures, Label, Point, Rect};
use super::font::Face;
use super::frame::{self, Frame};
use super::histogram;
use super::shares::{self, Shares};
use super::subject::{self, ScenarioView, View, quoted};
use super::{number, style};
use crate::model::{OutcomeKind, OutcomeSpec, Unit};
use crate::statistics::clopper_pearson;
use crate::summary::{Beyond, Estimate, Outcome, Percentile};

/// Percentiles of the stock needed that are marked, if the run reports them: risks of 50, 25, 10 and 5 %.
const MARKS: [f64; 4] = [50.0, 75.0, 90.0, 95.0];

struct Curve<'a> {
    outcome: &'a Outcome,
    trials: u64,
    /// Tonnes of demand a day at the start; none if there is no demand.
    daily: Option<f64>,
    /// Held at the start; none if nothing is.
    held: Option<f64>,
    x: Axis,
    /// All risks, and what is enlarged, if anything is; the last has the labels.
    panels: Vec<Shares>,
}

/// Days above which a stock is told in years.
const YEARS_FROM: f64 = 1000.0;

/// The chart; none if nothing is demanded, or no stock is ever needed.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let cases = subject::cases(results);
    let case = cases.first()?;
    let (outcome, spec) = subject_of(results, case)?;
    let trials = results.summary.trials.max(1);
    let bars = histogram::bars(outcome, trials)?;
    let place = subject::place_name(case.model, spec.market, spec.stage);
    let daily = daily_demand(case, spec);
    let title = title(&place, outcome, daily, trials);
    let confidence = number::significant(100.0 * results.summary.confidence, 4);
    let horizon = number::duration(case.model.months as u64);
    let scenario = if cases.len() > 1 { format!(". Scenario: {}", quoted(&case.summary.title)) } else { String::new() };
    let refilled = if spec.has_stockpile(case.model) {
        "by the rule of the market\u{2019}s stockpile, whose place it takes: at 0 there is no stock at all"
    } else {
        "from whatever is unsold that the market may buy"
    };
    let subtitle = format!(
        "Probability of any shortage within {horizon} by the size of a stock that is full at the start and refilled \
         {refilled}. Shaded: {confidence}\u{a0}% interval{scenario}"
    );
    let highest = 1.0 - outcome.zero.value.unwrap_or(0.0);
    let height = if shares::are_small(highest) { 820.0 } else { 700.0 };
    let Frame { mut canvas, top, bottom } = frame::frame(results, height, &title, &subtitle);
    let above = if daily.is_some() { 62.0 } else { 26.0 };
    let room = Rect::new(style::MARGIN, top + above, style::WIDTH - style::MARGIN - 20.0, bottom - 66.0);
    let panels = shares::shares(&mut canvas, &room, highest);
    let plot = panels.last()?.plot;
    let held = held(case, spec, daily);
    let x = Axis::new(0.0, bars.high().max(1.1 * held.unwrap_or(0.0)), plot.left, plot.right);
    let curve = Curve { outcome, trials, daily, held, x, panels };
    curve.panels.iter().for_each(|panel| draw_curve(&mut canvas, &curve, panel, results.summary.confidence));
    let scale = number::scale(outcome.unit, x.high);
    frame::bottom_axis(&mut canvas, &plot, &x, &x.ticks(12, scale.one));
    let below = format!("Stock of {place}, {}", &scale.words);
    let below = Label::new(below, (plot.right, plot.bottom + 45.0), Anchor::End).size(style::AXIS);
    canvas.put(below.colour(style::MUTED).within(plot.right - plot.left));
    draw_days(&mut canvas, &curve);
    draw_start(&mut canvas, &curve);
    draw_marks(&mut canvas, &curve);
    draw_held(&mut canvas, &curve);
    canvas.figures = Some(figures(&curve));
    Some(canvas)
}

/// The stock that leaves one risk in ten, or as little as the highest percentile that the run reports.
fn title(place: &str, outcome: &Outcome, daily: Option<f64>, trials: u64) -> String {
    let at = |percent: f64| outcome.percentiles.iter().find(|percentile| percentile.percent == percent);
    let none = outcome.zero.value.unwrap_or(0.0);
    let Some(percentile) = at(90.0).or_else(|| outcome.percentiles.last()) else {
        return format!("Stock of {place}: none is needed in {} of trials", number::share(none));
    };
    let risk = number::share((100.0 - percentile.percent) / 100.0);
    let estimate = &percentile.estimate;
    match estimate.value {
        None if estimate.beyond != Beyond::Never => {
            let size = number::amount(outcome.unit, estimate);
            format!("The stock of {place} that leaves a {risk} risk of any shortage is {size}")
        }
        None => format!("No stock of {place}, however large, brings the risk of any shortage down to {risk}"),
        Some(0.0) => {
            let (low, high) = (outcome.zero.low.map(|low| 1.0 - low), outcome.zero.high.map(|high| 1.0 - high));
            let go_short = Estimate { value: Some(1.0 - none), low: high, high: low, ..Estimate::default() };
            format!("Without any stock of {place}, {} of trials go short", number::probability(&go_short))
        }
        Some(_) => {
            let days = daily.map_or(String::new(), |daily| format!(" ({} of demand)", days(estimate, daily)));
            let known = estimate.low.is_some() && estimate.high.is_some();
            let few = if known { String::new() } else { format!(" (too few trials to say how exactly: {trials})") };
            let size = number::amount(outcome.unit, estimate);
            format!("A stock of {size}{days} leaves a {risk} risk of any shortage of {place}{few}")
        }
    }
}

/// A stock in days of demand, with as many digits as its interval supports; in years where it lasts that long.
fn days(estimate: &Estimate, daily: f64) -> String {
    let scaled = |value: Option<f64>| value.map(|value| value / daily);
    let days = Estimate {
        value: scaled(estimate.value).map(f64::round),
        low: scaled(estimate.low),
        high: scaled(estimate.high),
        ..Estimate::default()
    };
    match days.value {
        Some(value) if value > YEARS_FROM => format!("{}\u{a0}years", number::significant(value / 365.0, 2)),
        Some(value) if value >= 1.0 => number::amount(Unit::Days, &days),
        _ => format!("less than 1{}day", '\u{a0}'),
    }
}

/// The stock needed where the main outcome is, else the first of all.
fn subject_of<'a>(results: &View<'_>, case: &ScenarioView<'a>) -> Option<(&'a Outcome, &'a OutcomeSpec)> {
    let main = subject::outcome(results, case).map(|(_, spec)| (spec.market, spec.stage));
    let is_stock = |spec: &&OutcomeSpec| spec.kind == OutcomeKind::StockNeeded;
    let mut stocks = case.model.outcomes.iter().filter(is_stock);
    let spec = stocks.clone().find(|spec| Some((spec.market, spec.stage)) == main).or_else(|| stocks.next())?;
    Some((subject::outcome_named(case, &spec.name)?, spec))
}

/// Mean demand of a day at the start, as stocks are counted: 365 days a year.
fn daily_demand(case: &ScenarioView<'_>, spec: &OutcomeSpec) -> Option<f64> {
    let model = case.model;
    let here = |demand: &&crate::model::Demand| demand.market == spec.market && demand.stage == spec.stage;
    let yearly: f64 = model.demands.iter().filter(here).map(|demand| demand.trend.mean_at_start(&model.inputs)).sum();
    (yearly > 0.0 && yearly.is_finite()).then_some(yearly / 365.0)
}

/// What is held of it at the start, on average. None if nothing is, or where it is counted in days of no demand.
fn held(case: &ScenarioView<'_>, spec: &OutcomeSpec, daily: Option<f64>) -> Option<f64> {
    let model = case.model;
    let here = model.stockpiles.iter().filter(|stock| stock.market == spec.market && stock.stage == spec.stage);
    let amount = |stock: &crate::model::Stockpile| {
        let (tonnes, days) = (model.inputs.mean(stock.initial.tonnes), model.inputs.mean(stock.initial.days));
        Some(tonnes + if days > 0.0 { days * daily? } else { 0.0 })
    };
    let held: f64 = here.map(amount).sum::<Option<f64>>()?;
    (held > 0.0 && held.is_finite()).then_some(held)
}

/// Stocks, and in how many trials more would have been needed.
fn counts(outcome: &Outcome) -> Vec<(f64, u64)> {
    let mut above: u64 = outcome.bars.iter().map(|bar| bar.2).sum();
    let mut counts = vec![(0.0, above)];
    for &(low, high, count) in &outcome.bars {
        counts.push((low, above));
        above -= count;
        counts.push((if high.is_finite() { high } else { low }, above));
    }
    counts
}

fn draw_curve(canvas: &mut Canvas, curve: &Curve<'_>, Shares { plot, y }: &Shares, confidence: f64) {
    let never = (curve.outcome.never.value.unwrap_or(0.0) * curve.trials as f64).round() as u64;
    let (mut middle, mut low, mut high): (Vec<Point>, Vec<Point>, Vec<Point>) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = f64::NEG_INFINITY;
    for (stock, above) in counts(curve.outcome).into_iter().filter(|(stock, _)| *stock <= curve.x.high) {
        let (hits, x) = ((above + never).min(curve.trials), curve.x.at(stock));
        let point = (x, y.at(hits as f64 / curve.trials as f64));
        // Thousands of cells are more points than can be seen; a step down is always drawn.
        if middle.last().is_some_and(|before: &Point| (point.1 - before.1).abs() < 0.4) && x - last < 2.0 {
            continue;
        }
        last = x;
        let interval = clopper_pearson(hits, curve.trials, confidence);
        middle.push(point);
        low.push((x, y.at(interval.low)));
        high.push((x, y.at(interval.high)));
    }
    for line in [&mut middle, &mut low, &mut high] {
        if let Some(&(_, y)) = line.last() {
            line.push((plot.right, y));
        }
    }
    low.reverse();
    high.extend(low);
    canvas.area(high, style::BANDS[1]);
    canvas.curve(middle, style::MEDIAN, style::MEDIAN_WIDTH);
}

/// The stock by the risk it leaves.
fn figures(curve: &Curve<'_>) -> Figures {
    let unit = curve.outcome.unit;
    let row = |percentile: &Percentile| {
        let estimate = &percentile.estimate;
        let interval = estimate.low.zip(estimate.high).map(|(low, high)| number::range(unit, low, high));
        let is_never = estimate.value.is_none() && estimate.beyond == Beyond::Never;
        let size = if is_never { "never enough".into() } else { number::amount(unit, estimate) };
        let in_days = |daily: f64| estimate.value.map_or(String::new(), |_| days(estimate, daily));
        vec![
            number::share((100.0 - percentile.percent) / 100.0),
            size,
            interval.unwrap_or_default(),
            curve.daily.map_or(String::new(), in_days),
        ]
    };
    let header = ["Risk of any shortage", "Stock needed", "Interval", "Days of demand"].map(String::from).into();
    Figures { header, rows: curve.outcome.percentiles.iter().map(row).collect() }
}

/// The axis of days, or of years, above the plot.
fn draw_days(canvas: &mut Canvas, curve: &Curve<'_>) {
    let Some((daily, Shares { plot, .. })) = curve.daily.zip(curve.panels.first()) else { return };
    let in_years = curve.x.high / daily > YEARS_FROM;
    let (one, name) = if in_years { (365.0, "Years") } else { (1.0, "Days") };
    let days = Axis::new(0.0, curve.x.high / daily, plot.left, plot.right);
    canvas.line(vec![(plot.left, plot.top), (plot.right, plot.top)], style::MUTED, style::GRID_WIDTH);
    let heading = Label::new(format!("{name} of demand at the start"), (plot.left, plot.top - 32.0), Anchor::Start);
    canvas.put(heading.size(style::AXIS).colour(style::MUTED));
    let mut free_from = 0.0;
    for (value, text) in days.ticks(12, one) {
        let x = days.at(value);
        canvas.line(vec![(x, plot.top - style::TICK), (x, plot.top)], style::MUTED, style::GRID_WIDTH);
        let label = Label::new(text, (x, plot.top - 10.0), Anchor::Middle).size(style::AXIS).colour(style::MUTED);
        let bounds = label.bounds();
        if bounds.left >= free_from && bounds.right <= style::WIDTH - 8.0 {
            free_from = bounds.right + 10.0;
            canvas.put(label);
        }
    }
}

/// What holds without any stock.
fn draw_start(canvas: &mut Canvas, curve: &Curve<'_>) {
    let zero = &curve.outcome.zero;
    let opposite = |value: Option<f64>| value.map(|value| 1.0 - value);
    let risk = Estimate {
        value: opposite(zero.value),
        low: opposite(zero.high),
        high: opposite(zero.low),
        ..Estimate::default()
    };
    let Some(Shares { plot, y }) = curve.panels.last() else { return };
    let at = (plot.left, y.at(risk.value.unwrap_or(0.0)));
    canvas.dot(at, style::MEDIAN);
    let some = risk.value.is_some_and(|value| value > 0.0 && value < 1.0);
    let interval = number::interval(&risk).filter(|_| some).map_or(String::new(), |interval| format!(" ({interval})"));
    let texts = [
        format!("Without any stock: {} of trials go short{interval}", number::probability(&risk)),
        format!("Without any stock: {}", number::probability(&risk)),
    ];
    let label = |text: &String, x: f64, y: f64| {
        vec![Label::new(text, (at.0 + x, at.1 + y), Anchor::Start).face(Face::Bold).colour(style::MEDIAN).plate()]
    };
    let rows = |text: &String| {
        let rows = (0..12).map(|row| label(text, 16.0 + 8.0 * f64::from(row), -9.0 - 3.0 * f64::from(row)));
        let rows = rows.chain((0..16).map(|column| label(text, 30.0 + 12.0 * f64::from(column), 20.0)));
        rows.chain((0..30).map(|row| label(text, 30.0 + 12.0 * f64::from(row), 5.0))).collect::<Vec<_>>()
    };
    let (top, bottom) = (plot.top + 2.0, plot.bottom - 2.0);
    let inside = |group: &Vec<Label>| group[0].bounds().top >= top && group[0].bounds().bottom <= bottom;
    canvas.place(texts.iter().flat_map(rows).filter(inside).collect());
}

/// Dots at round risks, with the stock that leaves no more.
fn draw_marks(canvas: &mut Canvas, curve: &Curve<'_>) {
    let (outcome, Some(Shares { plot, y })) = (curve.outcome, curve.panels.last()) else { return };
    let mut texts = Vec::new();
    for percentile in outcome.percentiles.iter().filter(|percentile| MARKS.contains(&percentile.percent)) {
        let estimate = &percentile.estimate;
        let Some(stock) = estimate.value.filter(|&stock| stock > 0.0 && stock <= curve.x.high) else { continue };
        let risk = histogram::exceeded(outcome, curve.trials, stock);
        let at = (curve.x.at(stock), y.at(risk));
        if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
            let (left, right) = (curve.x.at(low), curve.x.at(high));
            canvas.line(vec![(left, at.1), (right, at.1)], style::MEDIAN, 1.4);
            for x in [left, right] {
                canvas.line(vec![(x, at.1 - 5.0), (x, at.1 + 5.0)], style::MEDIAN, 1.4);
            }
        }
        canvas.dot(at, style::MEDIAN);
        let size = number::amount(outcome.unit, estimate);
        let days = curve.daily.map_or(String::new(), |daily| format!(", {}", days(estimate, daily)));
        let interval = match (estimate.low, estimate.high) {
            (Some(low), Some(high)) if low < high => format!(" ({})", number::range(outcome.unit, low, high)),
            (Some(low), None) => format!(" ({} or more)", number::quantity(outcome.unit, low)),
            _ => String::new(),
        };
        // The figure of the dot: where many trials need the same stock, it leaves less than the round risk.
        let risk = number::share(risk);
        texts.push((at, format!("Risk {risk}: {size}{days}"), interval));
    }
    for (at, text, interval) in texts.into_iter().rev() {
        let group = |text: &str, x: f64, y: f64, anchor: Anchor| {
            vec![Label::new(text, (at.0 + x, at.1 + y), anchor).face(Face::Bold).colour(style::MEDIAN).plate()]
        };
        let long = format!("{text}{interval}");
        let mut candidates = Vec::new();
        for text in [&long, &text] {
            for row in 0..16 {
                candidates.push(group(text, 14.0, -6.0 - 9.0 * f64::from(row), Anchor::Start));
            }
            for row in 0..16 {
                candidates.push(group(text, -14.0, 18.0 + 9.0 * f64::from(row), Anchor::End));
            }
        }
        let inside = |group: &Vec<Label>| {
            let bounds = group[0].bounds();
            bounds.top >= plot.top + 2.0 && bounds.bottom <= plot.bottom - 2.0 && bounds.left >= plot.left + 6.0
        };
        candidates.retain(inside);
        canvas.place(candidates);
    }
}

/// A line at what is held at the start.
fn draw_held(canvas: &mut Canvas, curve: &Curve<'_>) {
    let (Some(held), Some(last)) = (curve.held, curve.panels.last()) else { return };
    let x = curve.x.at(held);
    for Shares { plot, .. } in &curve.panels {
        canvas.dashed((x, plot.top), (x, plot.bottom), style::INK, style::THRESHOLD_WIDTH);
        (plot.top as i32..plot.bottom as i32).step_by(8).for_each(|y| canvas.avoid((x, f64::from(y))));
    }
    let estimate = Estimate { value: Some(held), ..Estimate::default() };
    let long = curve.daily.map_or(String::new(), |daily| format!(", {}", days(&estimate, daily)));
    let text = format!("Held at the start: {}{long}", number::quantity(curve.outcome.unit, held));
    let label = |row: i32, (anchor, shift): (Anchor, f64)| {
        let at = (x + shift, last.plot.top + 20.0 + 12.0 * f64::from(row));
        vec![Label::new(&text, at, anchor).face(Face::Italic).colour(style::INK).plate()]
    };
    let inside = |group: &Vec<Label>| {
        let bounds = group[0].bounds();
        bounds.left >= last.plot.left && bounds.bottom <= last.plot.bottom - 2.0
    };
    let sides = [(Anchor::Start, 9.0), (Anchor::End, -9.0)];
    canvas.place((0..40).flat_map(|row| sides.map(|side| label(row, side))).filter(inside).collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: Option<f64>, zero: f64, low: Option<f64>) -> String {
        let estimate = |value: Option<f64>, low: Option<f64>| Estimate {
            value,
            low,
            high: low.and(value.map(|value| 1.01 * value)),
            ..Estimate::default()
        };
        let outcome = Outcome {
            name: "stock_needed.a.b".into(),
            unit: Unit::Tonnes,
            meaning: "",
            mean: estimate(None, None),
            zero: Estimate {
                value: Some(zero),
                low: Some(zero - 0.01),
                high: Some(zero + 0.01),
                ..Estimate::default()
            },
            never: estimate(Some(0.0), None),
            percentiles: vec![crate::summary::Percentile { percent: 90.0, estimate: estimate(value, low) }],
            bars: Vec::new(),
            heavy: None,
        };
        title("magnets in Japan", &outcome, Some(100.0), 1000).replace('\u{a0}', " ")
    }

    #[test]
    fn the_title_says_what_stock_leaves_one_risk_in_ten() {
        for (value, zero, low, expected) in [
            (
                Some(12_345.0),
                0.2,
                Some(12_300.0),
                "A stock of 12.3 kt (123 days of demand) leaves a 10 % risk of any shortage of magnets in Japan",
            ),
            (Some(0.0), 0.95, Some(0.0), "Without any stock of magnets in Japan, 5 % of trials go short"),
            (
                None,
                0.0,
                None,
                "No stock of magnets in Japan, however large, brings the risk of any shortage down to 10 %",
            ),
            (
                Some(200_000.0),
                0.2,
                Some(199_000.0),
                "A stock of 200 kt (5.5 years of demand) leaves a 10 % risk of any shortage of magnets in Japan",
            ),
            (
                Some(30.0),
                0.2,
                None,
                "A stock of 30 t (less than 1 day of demand) leaves a 10 % risk of any shortage of magnets in Japan \
                 (too few trials to say how exactly: 1000)",
            ),
        ] {
            assert_eq!(told(value, zero, low), expected);
        }
    }
}
