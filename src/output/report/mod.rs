//! `report.html`: all that a run says in one file that loads nothing and works without a network.
//!
//! Text is escaped by `maud` as it is put in; what is put in unescaped is ours: style, script, and the charts, which
//! escape by themselves. The content-security policy names script and style by digest, so that nothing else runs.

mod answer;
mod claims;
mod drivers;
mod figures;
mod head;
mod inputs;
mod lines;
mod notebook;
mod percentiles;
mod svg;
mod table;
mod text;
mod years;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::chart::Picture;
use super::words::{count, share};
use super::{Results, chart, hints, json};
use crate::config::ChartKind;
pub use answer::page as answer;
use figures::{Figure, Level};
pub use notebook::{of_answer, of_run};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = concat!(
    include_str!("script/base.js"),
    include_str!("script/hover.js"),
    include_str!("script/tables.js"),
    include_str!("script/save.js"),
);

/// The page.
pub fn page(results: &Results<'_>, pictures: &[Picture]) -> String {
    document(&results.study.config.title, &body(results, pictures))
}

/// A page with this body.
fn document(title: &str, body: &Markup) -> String {
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(json::tool());
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// Names, each with what it is.
fn facts(facts: &[(&str, String)]) -> Markup {
    html! { dl.facts { @for (name, value) in facts { dt { (name) } dd { (value) } } } }
}

/// All that is seen.
fn body(results: &Results<'_>, pictures: &[Picture]) -> Markup {
    let shown = pictures.iter().filter(|picture| is_shown(results, picture));
    let figures: Vec<Figure<'_>> = shown.map(|picture| Figure::new(results, picture)).collect();
    let (first, others) = (figures.first(), figures.get(1..).unwrap_or_default());
    html! {
        a.skip href="#claims" { "Skip to the figures" }
        (contents(results, &figures))
        main id="finding" {
            (head::head(results, first))
            (claims::section(results))
            (claims::expected(results))
            @if !others.is_empty() {
                section id="charts" aria-labelledby="charts-head" {
                    h2 id="charts-head" { "Charts" }
                    p.sub.hint { "Point at a chart, or reach it with Tab and move with the arrow keys, for its figures." }
                    ul.jumps {
                        @for figure in &figures { li { a href={ "#chart-" (figure.picture.name) } { (figure.name()) } } }
                    }
                    @for figure in others { (figure.markup(results, Level::Other)) }
                }
            }
            (drivers::section(results))
            (years::section(results))
            (percentiles::section(results))
            (inputs::section(results))
            (notes(results, pictures))
            (provenance(results))
        }
        @let drawn: Vec<_> = figures.iter().flat_map(|figure| figure.shown.iter()).collect();
        script type="application/json" id="data" { (PreEscaped(lines::Data::json(results, &drawn))) }
        script { (PreEscaped(SCRIPT)) }
    }
}

/// A dashboard repeats what stands on the page already: it is shown there only if the config asks for it.
fn is_shown(results: &Results<'_>, picture: &Picture) -> bool {
    picture.asked.kind != ChartKind::Dashboard || !results.study.config.charts.is_empty()
}

/// Where to go on the page, and whether its annex is printed.
fn contents(results: &Results<'_>, figures: &[Figure<'_>]) -> Markup {
    let summary = results.summary;
    let sections = [
        ("claims", "Claims", summary.scenarios.iter().any(|case| !case.claims.is_empty())),
        ("expectations", "Expectations", !summary.expectations.is_empty()),
        ("charts", "Charts", figures.len() > 1),
        ("years", "Years", summary.scenarios.iter().any(|case| !case.years.is_empty())),
        ("percentiles", "Percentiles", true),
        ("inputs", "Inputs", true),
        ("notes", "Notes", true),
        ("provenance", "Provenance", true),
    ];
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#finding" { "Finding" } }
                @for (id, name, _) in sections.into_iter().filter(|(.., there)| *there) { li { a href={ "#" (id) } { (name) } } }
            }
            label.paper-choice { input type="checkbox" id="annex"; " Print with annex" }
        }
    }
}

/// What to know before one quotes a figure.
fn notes(results: &Results<'_>, pictures: &[Picture]) -> Markup {
    let outcomes = results.summary.scenarios.iter().flat_map(|case| &case.outcomes);
    let estimates = outcomes.flat_map(|outcome| outcome.percentiles.iter().map(|percentile| &percentile.estimate));
    let lacking: BTreeSet<&str> =
        estimates.flat_map(|estimate| estimate.note.split("; ")).filter(|note| note.contains("n >=")).collect();
    html! {
        section id="notes" aria-labelledby="notes-head" {
            h2 id="notes-head" { "Notes" }
            ul {
                @let is_drawn = |name: &str| pictures.iter().any(|picture| picture.name == name);
                @let asked = &results.study.config.charts;
                @for note in chart::lacking(asked, is_drawn).iter().chain(&chart::left_out(asked)) { li { (note) } }
                @if let Some(warning) = chart::undrawable_note(pictures) { li.warning { (warning) } }
                @for warning in hints::held_back(results.summary) { li.warning { (warning) } }
                @if let Some(hint) = hints::shown_first(results.summary) { li { (hint) } }
                @for note in &lacking {
                    li.warning { "Too few trials for some percentiles: " (note) "; " (count(results.summary.trials)) " were run." }
                }
                li { "An interval is the sampling error: how far a figure would move with other random numbers. It does not say how good the assumptions are; those are listed under inputs, and scenarios change them." }
                li { "All scenarios use the same random numbers, so that differences between them come from their assumptions." }
                li { (json::PERCENTILE) ". \u{201c}Never\u{201d} counts as later than any date." }
                li { "Intervals: exact binomial (Clopper-Pearson) for probabilities, order statistics for percentiles, Student's t for means." }
            }
        }
    }
}

fn provenance(results: &Results<'_>) -> Markup {
    let config = &results.study.config;
    let narrowed = results.study.scenarios.len() < config.scenarios.len();
    let only: String = results.study.scenarios.iter().map(|case| format!(" --scenario '{}'", case.id)).collect();
    let line = format!("shortfall run config.toml -o again{}", if narrowed { only.as_str() } else { "" });
    let facts = [
        ("Program", json::tool()),
        ("Config", results.config_name.to_string()),
        ("SHA-256 of the config as run", results.config_digest.to_string()),
        ("Trials per scenario", count(results.summary.trials)),
        ("Seed", config.run.seed.to_string()),
        ("Confidence of intervals", share(results.summary.confidence)),
        ("Scenarios", results.study.scenarios.iter().map(|case| case.id.as_str()).collect::<Vec<_>>().join(", ")),
    ];
    html! {
        section id="provenance" aria-labelledby="provenance-head" {
            h2 id="provenance-head" { "Provenance" }
            (self::facts(&facts))
            p { "The config as run, with every change and default in it, is in " code { "config.toml" }
                " beside this file. In that folder, this line gives the same figures again, to the last digit:" }
            pre { code { (line) } }
            @if let Some(source) = &config.output.source_line { p.sub { (source) } }
        }
    }
}

/// The addresses of a table of sources (columns `id` and `url`), by id; what is no address is left out.
pub fn sources(csv: &[u8]) -> BTreeMap<String, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let Ok(header) = reader.headers().cloned() else { return BTreeMap::new() };
    let column = |name: &str| header.iter().position(|known| known == name);
    let (Some(id), Some(url)) = (column("id"), column("url")) else { return BTreeMap::new() };
    let pair = |row: csv::StringRecord| Some((row.get(id)?.to_string(), row.get(url)?.to_string()));
    let pairs = reader.into_records().filter_map(|row| pair(row.ok()?));
    pairs.filter(|(_, url)| url.starts_with("https://") || url.starts_with("http://")).collect()
}

#[cfg(test)]
mod tests;
