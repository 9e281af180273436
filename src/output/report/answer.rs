//! The page of a command other than `run`: what it answers, its charts and its tables.

use maud::{Markup, PreEscaped, html};

use super::lines::Data;
use super::table::{column, row, table};
use super::text::held;
use super::{SCRIPT, document, facts, svg};
use crate::output::answer::Answer;
use crate::output::chart::Drawn;
use crate::output::section::Section;
use crate::output::words::month;
use crate::study::Study;

/// The page.
pub fn page(study: &Study, answer: &Answer) -> String {
    document(&study.config.title, &body(study, answer))
}

fn body(study: &Study, answer: &Answer) -> Markup {
    let config = &study.config;
    let end = config.start.last_of((12.0 * config.horizon_years).round() as usize);
    let (headline, rest) = match answer.finding.split_first() {
        Some((first, rest)) => (first, rest),
        None => (&answer.head, &[][..]),
    };
    html! {
        a.skip href="#figures" { "Skip to the figures" }
        main id="finding" {
            header {
                p.eyebrow { (config.title) " \u{b7} simulation, " (month(config.start)) " to " (month(end)) }
                h1.long { (held(headline)) }
                @if !answer.finding.is_empty() { p.sub { (answer.head) } }
                @for text in rest { p { (held(text)) } }
            }
            @if !answer.charts.is_empty() {
                section id="charts" aria-label="Charts" { @for chart in &answer.charts { (drawing(chart)) } }
            }
            section id="figures" aria-labelledby="figures-head" {
                h2 id="figures-head" { "Figures" }
                @for section in &answer.sections { (figures(section)) }
                @for text in &answer.foot { p.sub { (text) } }
                p.sub { "For machines, with all digits: " (files(answer)) }
            }
            section id="provenance" aria-labelledby="provenance-head" {
                h2 id="provenance-head" { "Provenance" }
                (facts(&[("Program", crate::output::json::tool()), ("Seed", config.run.seed.to_string())]))
                p { "The config as run, with every change and default in it, is in " code { "config.toml" } " beside this file." }
                @if let Some(source) = &config.output.source_line { p.sub { (source) } }
            }
        }
        script type="application/json" id="data" { (PreEscaped(Data::none(config.start))) }
        script { (PreEscaped(SCRIPT)) }
    }
}

fn drawing(chart: &Drawn) -> Markup {
    let name = &chart.name;
    html! {
        figure id={ "chart-" (name) } aria-labelledby={ "head-" (name) } {
            div.drawing data-chart=(name) {
                div.shown {
                    h2.heading id={ "head-" (name) } { (chart.heading()) }
                    p.sub { (chart.subtitle()) }
                    div.paper.wide-screen { div.plot { (PreEscaped(svg::compact(&chart.inline_svg()))) } }
                }
            }
        }
    }
}

/// A table with what stands above and below it.
pub fn figures(section: &Section) -> Markup {
    let line = |cells: &Vec<String>| {
        html! { tr { @for (index, text) in cells.iter().enumerate() { @if index == 0 { (row(lines(text))) } @else { td { (lines(text)) } } } } }
    };
    html! {
        @if section.header.is_empty() { p { (held(&section.title)) } } @else {
            h3 { (held(&section.title)) }
            (table(
                &section.title,
                &html! { @for name in &section.header { (column(name)) } },
                &html! { @for cells in &section.rows { (line(cells)) } },
            ))
        }
        @for note in &section.notes { p.sub { (note) } }
    }
}

/// A cell of several lines.
fn lines(text: &str) -> Markup {
    html! { @for (index, line) in text.split('\n').enumerate() { @if index > 0 { br; } (held(line)) } }
}

/// The files for machines, as links.
fn files(answer: &Answer) -> Markup {
    let names: Vec<&String> = answer.tables.iter().chain([&answer.json]).map(|(name, _)| name).collect();
    html! { @for (index, name) in names.iter().enumerate() { @if index > 0 { ", " } a href=(name) { (name) } } "." }
}
