//! What the script tells below a pointer: the estimates of charts over time, and where the rows of other charts stand.

use serde::Serialize;

use super::text::short_names;
use crate::config::{ChartKind, Month};
use crate::model::Unit;
use crate::output::Results;
use crate::output::chart::{Picture, Plot, Rect};
use crate::output::words::{self, Number, probability};
use crate::summary::{Estimate, ScenarioResult, Series};

/// Names of the percentiles of a series, in their order.
const ORDINALS: [&str; 7] = ["5th percentile", "10th", "25th", "Median", "75th", "90th", "95th percentile"];
/// Place of the median among them, and of the outermost.
const MEDIAN: usize = 3;
const OUTER: [usize; 2] = [0, 6];

/// What the script is given.
#[derive(Default, Serialize)]
pub struct Data {
    year: i32,
    month: u32,
    /// Every text once.
    texts: Vec<String>,
    charts: Vec<Chart>,
}

/// A chart.
#[derive(Serialize)]
struct Chart {
    name: String,
    wide: Drawing,
    narrow: Option<Drawing>,
    /// A panel for each plot of either drawing.
    panels: Vec<Panel>,
}

/// Where things are in a drawing: left, top, right, bottom in shares of its width and height.
#[derive(Serialize)]
struct Drawing {
    plots: Vec<[f64; 4]>,
    /// With the name of the row of the table that tells the figures.
    spots: Vec<([f64; 4], String)>,
}

/// Values over time.
#[derive(Serialize)]
struct Panel {
    title: String,
    unit: String,
    months: f64,
    offset: f64,
    by: bool,
    lines: Vec<Line>,
}

/// A line of it by month.
#[derive(Serialize)]
struct Line {
    name: String,
    main: bool,
    /// Places among the texts.
    texts: Vec<usize>,
    /// Heights in thousandths of the plot, of lines that the box keeps away from.
    heights: Vec<u16>,
}

impl Data {
    /// All that the page shows, as JSON that cannot end its element.
    pub fn json(results: &Results<'_>, pictures: &[&(Picture, Option<Picture>)]) -> String {
        let start = results.study.config.start;
        let mut data = Data { year: start.year(), month: start.month(), ..Data::default() };
        let mut known = std::collections::BTreeMap::new();
        let mut place = |text: String| -> usize {
            *known.entry(text.clone()).or_insert_with(|| {
                data.texts.push(text);
                data.texts.len() - 1
            })
        };
        let charts = pictures.iter().map(|(wide, narrow)| Chart {
            name: wide.name.clone(),
            panels: panels(results, wide, &mut place),
            wide: drawing(wide),
            narrow: narrow.as_ref().map(drawing),
        });
        let charts: Vec<Chart> = charts.collect();
        data.charts = charts;
        data.written()
    }

    /// The same of a page whose charts have nothing below a pointer.
    pub fn none(start: Month) -> String {
        Data { year: start.year(), month: start.month(), ..Data::default() }.written()
    }

    fn written(&self) -> String {
        serde_json::to_string(self).expect("figures can be written as JSON").replace('<', "\\u003c")
    }
}

fn drawing(picture: &Picture) -> Drawing {
    let shares =
        |rect: Rect| [rect.left, rect.top, rect.right, rect.bottom].map(|share| (10_000.0 * share).round() / 10_000.0);
    Drawing {
        plots: picture.plots().iter().map(|plot| shares(picture.in_body(plot.rect))).collect(),
        spots: picture.spots().map(|(rect, name)| (shares(rect), name.into())).collect(),
    }
}

fn panels(results: &Results<'_>, picture: &Picture, place: &mut dyn FnMut(String) -> usize) -> Vec<Panel> {
    let mut cases = picture.scenarios(results);
    let several = picture.asked.kind == ChartKind::Multiples;
    if several && let Some(main) = picture.series(results) {
        cases.retain(|case| case.series.iter().any(|series| series.name == main.name));
    }
    let panel = |(plot, case): (&Plot, &&ScenarioResult)| match picture.asked.kind {
        ChartKind::Fan | ChartKind::Multiples => {
            let main = picture.series(results)?;
            let series = case.series.iter().find(|series| series.name == main.name)?;
            let all: &[usize] = if several { &[6, MEDIAN, 0] } else { &[6, 5, 4, MEDIAN, 2, 1, 0] };
            let lines = all.iter().map(|&percentile| of_series(series, percentile, plot, place)).collect();
            let title = if several { case.title.clone() } else { String::new() };
            Some(self::panel(plot, title, series.unit, false, lines))
        }
        ChartKind::Milestone => {
            let id = picture.milestone(results)?;
            let titles: Vec<&str> = cases.iter().map(|case| case.title.as_str()).collect();
            let names = short_names(&titles);
            let line = |(index, case): (usize, &&ScenarioResult)| {
                let milestone = case.milestones.iter().find(|milestone| milestone.id == id)?;
                let texts = milestone.by_month.iter().map(|estimate| place(probability(estimate))).collect();
                let heights = heights(milestone.by_month.iter(), plot);
                Some(Line { name: names[index].into(), main: index == 0, texts, heights })
            };
            let lines = cases.iter().enumerate().filter_map(line).collect();
            Some(self::panel(plot, String::new(), Unit::Fraction, true, lines))
        }
        _ => None,
    };
    picture.plots().iter().zip(&cases).filter_map(panel).collect()
}

fn panel(plot: &Plot, title: String, unit: Unit, by: bool, lines: Vec<Line>) -> Panel {
    let unit = if unit == Unit::Fraction { String::new() } else { unit.name().into_owned() };
    Panel { title, unit, months: plot.months, offset: plot.offset, by, lines }
}

fn of_series(series: &Series, percentile: usize, plot: &Plot, place: &mut dyn FnMut(String) -> usize) -> Line {
    let estimates = series.percentiles.iter().map(|estimates| &estimates[percentile]);
    let number = Number::of(series.unit);
    let seen = percentile == MEDIAN || OUTER.contains(&percentile);
    Line {
        name: ORDINALS[percentile].into(),
        main: percentile == MEDIAN,
        texts: estimates.clone().map(|estimate| place(words::with_interval(estimate, number))).collect(),
        heights: if seen { heights(estimates, plot) } else { Vec::new() },
    }
}

/// Heights in a plot, in thousandths; "never" is at the top.
fn heights<'a>(estimates: impl Iterator<Item = &'a Estimate>, plot: &Plot) -> Vec<u16> {
    let height = |estimate: &Estimate| {
        let share = (estimate.nearest() - plot.low) / (plot.high - plot.low);
        (1000.0 * if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }).round() as u16
    };
    estimates.map(height).collect()
}
