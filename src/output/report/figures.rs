//! The charts: the drawing, that for a narrow screen, and the same figures as a table.

use maud::{Markup, PreEscaped, html};

use super::table::{cell, column, row, table};
use super::text::short_names;
use super::{percentiles, svg};
use crate::config::ChartKind;
use crate::output::Results;
use crate::output::chart::{self, Figures, Picture};
use crate::output::words::{Number, month};
use crate::summary::{SERIES_PERCENTILES, Series};

/// A chart of the page: as the config asks for it, and in each scenario if the reader may choose one.
pub struct Figure<'a> {
    /// As it is asked for.
    pub picture: &'a Picture,
    /// What is shown, with its drawing for a narrow screen: one, or one for each scenario.
    pub shown: Vec<(Picture, Option<Picture>)>,
}

impl<'a> Figure<'a> {
    /// From a chart.
    pub fn new(results: &Results<'_>, picture: &'a Picture) -> Self {
        let each = picture.in_each_scenario(results);
        let each = if each.len() > 1 { each } else { vec![picture.clone()] };
        let narrow = |one: Picture| (one.clone(), one.narrow(results));
        Figure { picture, shown: each.into_iter().map(narrow).collect() }
    }

    /// What to call it in a list.
    pub fn name(&self) -> String {
        self.picture.name.replace(['-', '_'], " ")
    }

    /// The chart with its heading, its choice of scenarios and its figures.
    pub fn markup(&self, results: &Results<'_>, level: Level) -> Markup {
        let name = &self.picture.name;
        let cases = self.picture.scenarios(results);
        let titles: Vec<&str> = cases.iter().map(|case| case.title.as_str()).collect();
        html! {
            figure id={ "chart-" (name) } aria-label=(self.name()) {
                @if let [(one, narrow)] = &self.shown[..] {
                    (drawing(results, (one, narrow.as_ref()), level))
                } @else {
                    fieldset.switch {
                        legend.hidden { "Scenario" }
                        @for (index, ((one, narrow), title)) in self.shown.iter().zip(short_names(&titles)).enumerate() {
                            input type="radio" name={ "case-" (name) } id={ "case-" (one.name) } checked[index == 0];
                            label for={ "case-" (one.name) } { (title) }
                            div.case { (drawing(results, (one, narrow.as_ref()), level)) }
                        }
                    }
                }
            }
        }
    }
}

/// Where a chart stands: below the headline, or in a section of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Below the headline.
    First,
    /// Among the other charts.
    Other,
}

/// One drawing, and that for a narrow screen, with what belongs to it.
fn drawing(results: &Results<'_>, (picture, narrow): (&Picture, Option<&Picture>), level: Level) -> Markup {
    let name = &picture.name;
    let id = format!("head-{name}");
    html! {
        div.drawing data-chart=(name) {
            div.shown {
                @if level == Level::First { h2.heading id=(id) { (picture.heading()) } }
                @else { h3.heading id=(id) { (picture.heading()) } }
                p.sub { (picture.subtitle()) }
                div.paper.wide-screen { div.plot { (PreEscaped(svg::compact(&picture.inline_svg()))) } }
                @if let Some(narrow) = narrow {
                    div.paper.narrow-screen { div.plot { (PreEscaped(svg::compact(&narrow.inline_svg()))) } }
                }
            }
            @let tables = tables(results, picture);
            @if !tables.is_empty() {
                details.annex.in-place[narrow.is_none()] { summary { "These figures as a table" } @for table in &tables { (table) } }
            }
        }
    }
}

/// The figures of a chart.
fn tables(results: &Results<'_>, picture: &Picture) -> Vec<Markup> {
    let own = picture.figures().map(|figures| plain(picture, figures));
    let others = match picture.asked.kind {
        ChartKind::Fan => picture.series(results).map(|series| by_year(results, series)),
        ChartKind::Milestone => Some(by_date(results, picture)),
        ChartKind::Distribution => picture.outcome(results).map(|name| percentiles::table_of(results, name)),
        ChartKind::Scenarios => {
            let milestone = picture.milestone(results).filter(|_| picture.asked.outcome.is_none());
            let milestone = milestone.map(|id| format!("milestone.{id}"));
            let outcome = picture.outcome(results).filter(|_| picture.asked.milestone.is_none()).map(String::from);
            let tables = [milestone, outcome];
            return tables.iter().flatten().map(|name| percentiles::table_of(results, name)).collect();
        }
        ChartKind::Dashboard => Some(key_figures(results, picture)),
        ChartKind::Multiples | ChartKind::Stock | ChartKind::Pipeline | ChartKind::Tornado | ChartKind::Raster => None,
    };
    own.into_iter().chain(others).collect()
}

/// Figures that a chart gives itself.
fn plain(picture: &Picture, figures: &Figures) -> Markup {
    let line = |cells: &Vec<String>| {
        html! { tr { @for (index, text) in cells.iter().enumerate() { @if index == 0 { (row(text)) } @else { td { (text) } } } } }
    };
    table(
        picture.heading(),
        &html! { @for name in &figures.header { (column(name)) } },
        &html! { @for cells in &figures.rows { (line(cells)) } },
    )
}

/// What a page of several charts is about: the dates and the sizes of every scenario.
fn key_figures(results: &Results<'_>, picture: &Picture) -> Markup {
    let milestone = picture.milestone(results).map(|id| format!("milestone.{id}"));
    let names = [milestone, picture.outcome(results).map(String::from)];
    html! { @for name in names.iter().flatten() { (percentiles::table_of(results, name)) } }
}

/// A series in every twelfth month.
fn by_year(results: &Results<'_>, series: &Series) -> Markup {
    let start = results.study.config.start;
    let number = Number::of(series.unit);
    let rows = series.percentiles.iter().enumerate().step_by(12);
    html! {
        p.sub { "Every twelfth month; all months stand in " a href="timeseries.csv" { "timeseries.csv" } " (" code { (series.name) } ", " (series.unit) ")." }
        (table(
            &format!("{} ({})", chart::series_name(results, &series.name), series.unit),
            &html! { (column("Month")) @for percent in SERIES_PERCENTILES { (column(format!("P{percent}"))) } },
            &html! { @for (at, estimates) in rows {
                tr { (row(month(start.plus(at as i32)))) @for estimate in estimates { (cell(estimate, number)) } }
            } },
        ))
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
    let title = milestones.first().map_or(id, |(_, milestone)| &milestone.title);
    html! {
        p.sub { "By every twelfth month; all months stand in " a href="milestones.csv" { "milestones.csv" } " (" code { (id) } ")." }
        (table(
            &format!("Probability of {title}"),
            &html! { (column("By")) @for (title, _) in &milestones { (column(title)) } },
            &html! { @for at in (0..months).step_by(12) {
                tr {
                    (row(month(start.plus(at as i32))))
                    @for (_, milestone) in &milestones {
                        @if let Some(estimate) = milestone.by_month.get(at) { (cell(estimate, Number::Probability)) } @else { td {} }
                    }
                }
            } },
        ))
    }
}
