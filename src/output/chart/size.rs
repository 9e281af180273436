//! What a stock of every size leaves: the probability of any shortage, and the expected shortage.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Point, Rect};
use super::font::Face;
use super::frame::{self, Frame};
use super::{number, style};
use crate::output::words;
use crate::study::Study;
use crate::study::size::Refill;
use crate::summary::Estimate;
use crate::summary::size::{Curve, Shortage, StockSizes};

/// Left and right end of the probabilities.
const RISKS: (f64, f64) = (92.0, 575.0);
/// The same of the expected shortage.
const AMOUNTS: (f64, f64) = (690.0, 1160.0);
/// Days above which a stock is told in years.
const YEARS_FROM: f64 = 1000.0;

/// The chart; none if no trial goes short, or there are no sizes.
pub fn canvas(study: &Study, sizes: &StockSizes, digest: &str) -> Option<Canvas> {
    let highest = sizes.none.probability.value.filter(|value| *value > 0.0)?;
    let longest = sizes.curves.iter().flat_map(|curve| curve.sizes.last()).map(|size| size.days).reduce(f64::max)?;
    let source = frame::provenance(study, &format!("{} trials", number::grouped(sizes.trials)), digest);
    let Frame { mut canvas, top, bottom } = frame::begin(640.0, &title(sizes), &subtitle(sizes), source);
    let (first, last) = (top + 44.0, bottom - 96.0);
    let marked = sizes.curves.iter().filter_map(|curve| curve.at_risk.as_ref()?.days.as_ref()?.value);
    let longest = marked.filter(|days| *days < 1.6 * longest).fold(longest, |most, days| most.max(1.04 * days));

    let plot = Rect::new(RISKS.0, first, RISKS.1, last);
    let x = Axis::new(0.0, longest, plot.left, plot.right);
    let y = Axis::rounded(0.0, highest.max(sizes.risk.unwrap_or(0.0)), plot.bottom, plot.top, 6);
    frame::value_axis(&mut canvas, &plot, &y, &y.ticks(6, 0.01), "\u{a0}%");
    days_axis(&mut canvas, &plot, &x);
    heading(&mut canvas, &plot, "Probability of any shortage".into());
    draw(&mut canvas, sizes, (&x, &y), |shortage| &shortage.probability);
    draw_risk(&mut canvas, sizes, &plot, (&x, &y));

    let plot = Rect::new(AMOUNTS.0, first, AMOUNTS.1, last);
    let x = Axis::new(0.0, longest, plot.left, plot.right);
    let expected = &sizes.none.expected;
    let largest = expected.high.or(expected.value).unwrap_or(0.0);
    let scale = number::scale(sizes.unit, largest);
    let y = Axis::rounded(0.0, largest, plot.bottom, plot.top, 6);
    frame::value_axis(&mut canvas, &plot, &y, &y.ticks(6, scale.one), "");
    days_axis(&mut canvas, &plot, &x);
    heading(&mut canvas, &plot, format!("Expected shortage, {}", scale.words));
    draw(&mut canvas, sizes, (&x, &y), |shortage| &shortage.expected);
    draw_key(&mut canvas, sizes, bottom - 14.0);
    Some(canvas)
}

/// The stock for the risk asked for; else what the largest stock shown does.
fn title(sizes: &StockSizes) -> String {
    let place = &sizes.title;
    let curve = &sizes.curves[0];
    let filled = filled(curve.refill);
    if let (Some(risk), Some(at)) = (sizes.risk, &curve.at_risk) {
        let risk = number::share(risk);
        return match &at.days {
            Some(days) if days.value == Some(0.0) => format!("No stock of {place} is needed for a risk of {risk}"),
            Some(days) => {
                format!("A stock of {} of {place}, {filled}, leaves a {risk} risk of any shortage", in_days(days))
            }
            None => format!("No stock of {place} that was tried leaves a {risk} risk of any shortage"),
        };
    }
    let risk = |shortage: &Shortage| number::probability(&shortage.probability);
    match curve.sizes.last() {
        Some(size) => {
            let days = Estimate { value: Some(size.days), ..Estimate::default() };
            format!(
                "Without a stock {} of futures are short of {place}; with {}, {filled}, {} are",
                risk(&sizes.none),
                in_days(&days),
                risk(&size.shortage)
            )
        }
        None => format!("Without a stock {} of futures are short of {place}", risk(&sizes.none)),
    }
}

fn subtitle(sizes: &StockSizes) -> String {
    let confidence = number::significant(100.0 * sizes.confidence, 4);
    format!(
        "Within {}, by the size of a stock that is full at the start, in days of the first year\u{2019}s demand; scenario {}. Shaded: \
         {confidence}\u{a0}% interval",
        number::duration(sizes.months as u64),
        sizes.scenario
    )
}

fn filled(refill: Refill) -> &'static str {
    match refill {
        Refill::Refilled => "refilled",
        Refill::UsedOnce => "used once",
    }
}

/// A stock in days, or in years where it lasts that long, with as many digits as its interval has meaning.
fn in_days(days: &Estimate) -> String {
    let (one, name) = if days.value.is_some_and(|value| value > YEARS_FROM) { (365.0, "years") } else { (1.0, "days") };
    let of = |value: Option<f64>| value.map(|value| value / one);
    let scaled = Estimate { value: of(days.value), low: of(days.low), high: of(days.high), ..Estimate::default() };
    format!("{}\u{a0}{name}", words::figure(&scaled, words::Number::Amount).replace(' ', "\u{a0}"))
}

fn heading(canvas: &mut Canvas, plot: &Rect, text: String) {
    canvas.put(Label::new(text, (plot.left, plot.top - 16.0), Anchor::Start).face(Face::Bold).colour(style::INK));
}

fn days_axis(canvas: &mut Canvas, plot: &Rect, x: &Axis) {
    let (one, name) = if x.high > YEARS_FROM { (365.0, "years") } else { (1.0, "days") };
    frame::bottom_axis(canvas, plot, x, &x.ticks(6, one));
    let label = Label::new(format!("Stock, {name} of demand"), (plot.right, plot.bottom + 46.0), Anchor::End);
    canvas.put(label.size(style::AXIS).colour(style::MUTED));
}

/// Colour of a curve, and of its interval.
fn colours(refill: Refill) -> (style::Colour, style::Colour) {
    match refill {
        Refill::Refilled => (style::MEDIAN, style::BANDS[1]),
        Refill::UsedOnce => (style::HIGH, style::Colour(0xFB, 0xE3, 0xC0)),
    }
}

/// The curves with their intervals, the one that is refilled over the other; and what the config has.
fn draw(canvas: &mut Canvas, sizes: &StockSizes, (x, y): (&Axis, &Axis), of: fn(&Shortage) -> &Estimate) {
    for curve in sizes.curves.iter().rev() {
        let points = points(sizes, curve, of);
        let band = |end: fn(&Estimate) -> Option<f64>| -> Vec<Point> {
            let at = |(days, estimate): &(f64, &Estimate)| Some((x.at(*days), y.at(end(estimate).or(estimate.value)?)));
            points.iter().filter_map(at).collect()
        };
        let (mut outline, mut low) = (band(|estimate| estimate.high), band(|estimate| estimate.low));
        low.reverse();
        outline.extend(low);
        let (colour, light) = colours(curve.refill);
        canvas.area(outline, light);
        canvas.curve(band(|estimate| estimate.value), colour, style::MEDIAN_WIDTH);
    }
    if let Some(value) = sizes.as_configured.as_ref().and_then(|own| of(own).value) {
        let y = y.at(value);
        canvas.dashed((x.at(x.low), y), (x.at(x.high), y), style::MUTED, style::THRESHOLD_WIDTH);
    }
}

/// What is left by days.
fn points<'a>(sizes: &'a StockSizes, curve: &'a Curve, of: fn(&Shortage) -> &Estimate) -> Vec<(f64, &'a Estimate)> {
    let without = std::iter::once((0.0, of(&sizes.none)));
    without.chain(curve.sizes.iter().map(|size| (size.days, of(&size.shortage)))).collect()
}

/// The risk that was asked for, and the stock that leaves it.
fn draw_risk(canvas: &mut Canvas, sizes: &StockSizes, plot: &Rect, (x, y): (&Axis, &Axis)) {
    let Some(risk) = sizes.risk else { return };
    let level = y.at(risk);
    canvas.dashed((plot.left, level), (plot.right, level), style::INK, style::THRESHOLD_WIDTH);
    let mut groups: Vec<(f64, String)> = Vec::new();
    for curve in &sizes.curves {
        let Some(days) = curve.at_risk.as_ref().and_then(|at| at.days.as_ref()) else { continue };
        let Some(value) = days.value.filter(|value| *value <= x.high) else { continue };
        let (colour, _) = colours(curve.refill);
        if let (Some(low), Some(high)) = (days.low, days.high) {
            canvas.line(vec![(x.at(low), level), (x.at(high), level)], colour, 4.0);
        }
        canvas.dot((x.at(value), level), colour);
        let text = in_days(days);
        // Twice the same would say nothing.
        if !groups.iter().any(|(_, known)| *known == text) {
            groups.push((x.at(value), text));
        }
    }
    for (at, text) in groups {
        let rows = (0..14).flat_map(|row| {
            let up = 14.0 + 9.0 * f64::from(row);
            [(0.0, Anchor::Middle), (10.0, Anchor::Start), (-10.0, Anchor::End)].map(|(aside, anchor)| {
                let label = Label::new(&text, (at + aside, level - up), anchor).face(Face::Bold).colour(style::INK);
                vec![label.plate()]
            })
        });
        let inside =
            |group: &Vec<Label>| group[0].bounds().left >= plot.left && group[0].bounds().right <= plot.right + 30.0;
        canvas.place(rows.filter(inside).collect());
    }
}

fn draw_key(canvas: &mut Canvas, sizes: &StockSizes, baseline: f64) {
    let y = baseline - 5.0;
    let mut left = RISKS.0;
    let mut put = |canvas: &mut Canvas, text: String| {
        let label = Label::new(text, (left + 38.0, baseline), Anchor::Start);
        let at = left;
        left = label.bounds().right + 26.0;
        canvas.put(label);
        at
    };
    for curve in &sizes.curves {
        let (colour, light) = colours(curve.refill);
        let at = put(canvas, filled(curve.refill).into());
        canvas.bar(Rect::new(at, y - 8.0, at + 30.0, y + 8.0), light);
        canvas.line(vec![(at, y), (at + 30.0, y)], colour, style::MEDIAN_WIDTH);
    }
    if sizes.as_configured.is_some() {
        let at = put(canvas, format!("as configured ({})", sizes.replaces.join(", ")));
        canvas.dashed((at, y), (at + 30.0, y), style::MUTED, style::THRESHOLD_WIDTH);
    }
    if sizes.risk.is_some() {
        let at = put(canvas, "risk asked for".into());
        canvas.dashed((at, y), (at + 30.0, y), style::INK, style::THRESHOLD_WIDTH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::Progress;
    use crate::study::size::Sizing;
    use crate::summary::size::{Asked, sizes};

    /// With a stock that is filled slowly, so that both rules differ, and with one that is never filled.
    #[test]
    fn all_labels_lie_within_the_canvas_and_apart() {
        for (fill, risk) in [(3.0, 0.05), (0.0, 0.2), (50.0, 0.9)] {
            let text = format!(
                r#"
                title = "One plant"
                start = "2026-01"
                horizon_years = 10
                markets.all.countries = ["A"]
                stages.product = {{}}
                capacities.plant = {{ country = "A", stage = "product", tonnes_per_year = 1200 }}
                demands.users = {{ market = "all", stage = "product", tonnes_per_year = 1000 }}
                disruptions.stop = {{ kind = "outage", hits = ["plant"], rate_per_year = 0.3, duration_months = {{ exponential = {{ mean = 5 }} }} }}
                stockpiles.reserve = {{ market = "all", stage = "product", target_tonnes = 80, fill_tonnes_per_month = {fill} }}
                "#
            );
            let study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
            let sizing = Sizing::new(&study, "base", "all.product").expect("it is demanded");
            let asked = Asked { risk: Some(risk), ..Asked::default() };
            let sizes = sizes(&sizing, &asked, (200, 0.95), 0, &Progress::default()).expect("nobody stops it");
            assert_eq!(sizes.curves.len(), if fill > 0.0 { 2 } else { 1 });
            let canvas = canvas(&study, &sizes, "0123456789").expect("some are short");
            for (index, label) in canvas.labels.iter().enumerate() {
                let bounds = label.bounds();
                let inside = bounds.left >= 0.0 && bounds.right <= style::WIDTH && bounds.bottom <= canvas.height;
                assert!(inside, "{label:?}");
                let other = canvas.labels[..index].iter().find(|other| other.bounds().overlaps(&bounds));
                assert!(other.is_none(), "{label:?} lies over {other:?}");
            }
        }
    }
}
