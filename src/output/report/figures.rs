//! The charts: the drawing, the same figures as a table, and what the script tells below a pointer.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::percentiles;
use crate::config::ChartKind;
use crate::model::Unit;
use crate::output::Results;
use crate::output::chart::{Figures, Picture};
use crate::output::words::{amount, share};
use crate::summary::{Beyond, Estimate, SERIES_PERCENTILES, Series};

/// Names of the percentiles of a series, in their order.
const ORDINALS: [&str; 7] = ["5th percentile", "10th", "25th", "Median", "75th", "90th", "95th percentile"];

/// What the script is given.
#[derive(Serialize)]
struct Data<'a> {
    year: i32,
    month: u32,
    charts: Vec<Lines<'a>>,
}

/// A chart over time.
#[derive(Serialize)]
struct Lines<'a> {
    name: &'a str,
    unit: Unit,
    /// Left, top, right, bottom of the plot, in units of the drawing's width and height.
    plot: [f64; 4],
    months: f64,
    offset: f64,
    range: [f64; 2],
    by: bool,
    lines: Vec<Line<'a>>,
}

/// A line of it: estimates by month.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    main: bool,
    value: Vec<Shown>,
    low: Vec<Shown>,
    high: Vec<Shown>,
}

/// A figure: a number, none for "never", or the end beyond which it lies.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Number(Option<f64>),
    Beyond(&'static str, f64),
}

impl Shown {
    fn new(value: Option<f64>, beyond: Beyond) -> Self {
        match (value, beyond) {
            (None, Beyond::Above(limit)) => Shown::Beyond("above", limit),
            (None, Beyond::Below(limit)) => Shown::Beyond("below", limit),
            _ => Shown::Number(value),
        }
    }
}

impl<'a> Line<'a> {
    fn new<'b>(name: &'a str, main: bool, estimates: impl Iterator<Item = &'b Estimate> + Clone) -> Self {
        Line {
            name,
            main,
            value: estimates.clone().map(|estimate| Shown::new(estimate.value, estimate.beyond)).collect(),
            low: estimates.clone().map(|estimate| Shown::Number(estimate.low)).collect(),
            high: estimates.map(|estimate| Shown::new(estimate.high, estimate.beyond)).collect(),
        }
    }
}

/// What the script needs, as JSON that cannot end its element.
pub fn data(results: &Results<'_>, pictures: &[Picture]) -> String {
    let start = results.study.config.start;
    let charts = pictures.iter().filter_map(|picture| lines(results, picture)).collect();
    let data = Data { year: start.year(), month: start.month(), charts };
    serde_json::to_string(&data).expect("figures can be written as JSON").replace('<', "\\u003c")
}

fn lines<'a>(results: &Results<'a>, picture: &'a Picture) -> Option<Lines<'a>> {
    let plot = picture.plot()?;
    let (by, unit, lines) = match picture.asked.kind {
        ChartKind::Fan => {
            let series = picture.series(results)?;
            let line = |percentile: usize| {
                let estimates = series.percentiles.iter().map(move |estimates| &estimates[percentile]);
                Line::new(ORDINALS[percentile], percentile == 3, estimates)
            };
            (false, series.unit, (0..ORDINALS.len()).rev().map(line).collect())
        }
        ChartKind::Milestone => {
            let id = picture.milestone(results)?;
            let line = |(index, case): (usize, &'a crate::summary::ScenarioResult)| {
                let milestone = case.milestones.iter().find(|milestone| milestone.id == id)?;
                Some(Line::new(&case.title, index == 0, milestone.by_month.iter()))
            };
            (true, Unit::Fraction, picture.scenarios(results).into_iter().enumerate().filter_map(line).collect())
        }
        _ => return None,
    };
    let (rect, (width, height)) = (picture.plot_in_body(plot), picture.body_size());
    Some(Lines {
        name: &picture.name,
        unit,
        plot: [rect.left / width, rect.top / height, rect.right / width, rect.bottom / height],
        months: plot.months,
        offset: plot.offset,
        range: [plot.low, plot.high],
        by,
        lines,
    })
}

/// A chart with its heading and its figures.
pub fn figure(results: &Results<'_>, picture: &Picture) -> Markup {
    let name = &picture.name;
    html! {
        figure id={ "chart-" (name) } aria-labelledby={ "head-" (name) } {
            div.shown {
                h3 id={ "head-" (name) } { (picture.heading()) }
                p.sub { (picture.subtitle()) }
                div.paper { div.plot data-chart=(name) { (PreEscaped(picture.inline_svg())) } }
            }
            @if let Some(table) = picture.figures().map(plain).or_else(|| table(results, picture)) {
                details { summary { "These figures as a table" } (table) }
            }
        }
    }
}

fn table(results: &Results<'_>, picture: &Picture) -> Option<Markup> {
    match picture.asked.kind {
        ChartKind::Fan => Some(by_year(results, picture.series(results)?)),
        ChartKind::Milestone => Some(by_date(results, picture)),
        ChartKind::Distribution => Some(percentiles::table(results, picture.outcome(results)?)),
        ChartKind::Scenarios => {
            let milestone = picture.milestone(results).filter(|_| picture.asked.outcome.is_none());
            let milestone = milestone.map(|id| format!("milestone.{id}"));
            Some(percentiles::table(results, &milestone.or_else(|| picture.outcome(results).map(String::from))?))
        }
        ChartKind::Multiples
        | ChartKind::Stock
        | ChartKind::Pipeline
        | ChartKind::Tornado
        | ChartKind::Raster
        | ChartKind::Dashboard => None,
    }
}

/// Figures that a chart gives itself.
fn plain(figures: &Figures) -> Markup {
    html! {
        div.wide role="region" tabindex="0" aria-label="Figures of the chart" {
            table {
                thead { tr { @for (index, name) in figures.header.iter().enumerate() { th.number[index > 0] scope="col" { (name) } } } }
                tbody {
                    @for row in &figures.rows {
                        tr { @for (index, cell) in row.iter().enumerate() {
                            @if index == 0 { th scope="row" { (cell) } } @else { td.number { (cell) } }
                        } }
                    }
                }
            }
        }
    }
}

/// A series in every twelfth month.
fn by_year(results: &Results<'_>, series: &Series) -> Markup {
    let start = results.study.config.start;
    let write = |value: f64| if series.unit == Unit::Fraction { share(value) } else { amount(value) };
    html! {
        p.sub { "Every twelfth month; all months stand in " a href="timeseries.csv" { "timeseries.csv" } " (" code { (series.name) } ", " (series.unit) ")." }
        div.wide role="region" tabindex="0" aria-label={ "Percentiles of " (series.name) " by month" } {
            table {
                thead { tr { th scope="col" { "Month" } @for percent in SERIES_PERCENTILES { th.number scope="col" { "P" (percent) } } } }
                tbody {
                    @for (month, estimates) in series.percentiles.iter().enumerate().step_by(12) {
                        tr {
                            th scope="row" { (start.plus(month as i32)) }
                            @for estimate in estimates { (percentiles::cell(estimate, &write)) }
                        }
                    }
                }
            }
        }
    }
}

/// The probability of a milestone by every twelfth month.
fn by_date(results: &Results<'_>, picture: &Picture) -> Markup {
    let start = results.study.config.start;
    let id = picture.milestone(results).unwrap_or_default();
    let milestones = picture
        .scenarios(results)
        .into_iter()
        .filter_map(|case| Some((&case.title, case.milestones.iter().find(|milestone| milestone.id == id)?)));
    let milestones: Vec<_> = milestones.collect();
    let months = milestones.iter().map(|(_, milestone)| milestone.by_month.len()).max().unwrap_or(0);
    html! {
        p.sub { "By every twelfth month; all months stand in " a href="milestones.csv" { "milestones.csv" } " (" code { (id) } ")." }
        div.wide role="region" tabindex="0" aria-label={ "Probability of " (id) " by date" } {
            table {
                thead { tr { th scope="col" { "By" } @for (title, _) in &milestones { th.number scope="col" { (title) } } } }
                tbody {
                    @for month in (0..months).step_by(12) {
                        tr {
                            th scope="row" { (start.plus(month as i32)) }
                            @for (_, milestone) in &milestones {
                                @if let Some(estimate) = milestone.by_month.get(month) { (percentiles::cell(estimate, &share)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
