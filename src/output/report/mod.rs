//! `report.html`: all that a run says in one file that loads nothing and works without a network.
//!
//! Text is escaped by `maud` as it is put in; what is put in unescaped is ours: style, script, and the charts, which
//! escape by themselves. The content-security policy names script and style by digest, so that nothing else runs.

mod drivers;
mod figures;
mod inputs;
mod percentiles;
mod years;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::chart::Picture;
use super::words::{self, amount, count, month, probability, share};
use super::{Results, chart, expectations, finding, hints, in_any, json};
use crate::config::ChartKind;
use crate::summary::{ClaimResult, Estimate, ScenarioResult, met};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub fn page(results: &Results<'_>, pictures: &[Picture]) -> String {
    let title = &results.study.config.title;
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
            body {
                a.skip href="#claims" { "Skip to the figures" }
                main {
                    (head(results))
                    (claims(results))
                    (expected(results))
                    section id="charts" aria-labelledby="charts-head" {
                        h2 id="charts-head" { "Charts" }
                        p.sub.hint { "Point at a chart over time, or reach it with Tab and move with the arrow keys, for the figures of a month." }
                        @for picture in pictures.iter().filter(|picture| is_shown(results, picture)) { (figures::figure(results, picture)) }
                    }
                    (drivers::section(results))
                    (years::section(results))
                    (percentiles::section(results))
                    (inputs::section(results))
                    (notes(results, pictures))
                    (provenance(results))
                }
                script type="application/json" id="data" { (PreEscaped(figures::data(results, pictures))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// A dashboard repeats what stands on the page already: it is shown there only if the config asks for it.
fn is_shown(results: &Results<'_>, picture: &Picture) -> bool {
    picture.asked.kind != ChartKind::Dashboard || !results.study.config.charts.is_empty()
}

/// Title, finding and key figures.
fn head(results: &Results<'_>) -> Markup {
    let config = &results.study.config;
    let end = config.start.plus((12.0 * config.horizon_years).round() as i32);
    html! {
        header {
            p.eyebrow { "Simulation report \u{b7} " (month(config.start)) " to " (month(end)) }
            h1 { (config.title) }
            div.finding { @for sentence in results.finding.lines() { p { (held(sentence)) } } }
            @if let Some(case) = results.summary.scenarios.first() { (cards(results, case)) }
            @if let Some(description) = &config.description { p.sub { (description) } }
            p.sub { (finding::basis(results.study, results.summary)) }
        }
    }
}

/// A figure and its unit, and the thousands of a figure, on one line: spaces beside digits do not break before them.
fn held(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    let hold = |at: usize| {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let thousands = (1..=3).all(|ahead| digit(Some(at + ahead))) && !digit(Some(at + 4));
        digit(at.checked_sub(1)) && (next == '%' || thousands)
    };
    let letter = |(at, &letter): (usize, &char)| if letter == ' ' && hold(at) { '\u{a0}' } else { letter };
    letters.iter().enumerate().map(letter).collect()
}

/// Key figures of the main scenario: its claims, the date of the main milestone, the main outcome.
fn cards(results: &Results<'_>, case: &ScenarioResult) -> Markup {
    let main = results.study.main_milestone().unwrap_or_default();
    let mut claims: Vec<&ClaimResult> = case.claims.iter().filter(|claim| claim.milestone == main).collect();
    claims.sort_by_key(|claim| claim.months); // stable, and the order of the colours in the charts
    let outcome = |name: &str| case.outcomes.iter().find(|outcome| outcome.name == name);
    let date = outcome(&format!("milestone.{main}"));
    let milestone = case.milestones.iter().find(|milestone| milestone.id == main);
    let size = results.study.main_outcome().and_then(|name| outcome(&name));
    let card = |class: &str, what: &str, value: String, below: String| {
        html! { div.card.(class) { dt { (what) } dd { strong { (held(&value)) } span { (held(&below)) } } } }
    };
    let start = results.study.config.start;
    html! {
        dl.cards aria-label={ "Key figures, scenario " (case.title) } {
            @for (rank, claim) in claims.iter().take(4).enumerate() {
                @let class = format!("claim-{}", rank % 4);
                (card(&class, &format!("\u{201c}{}\u{201d} ({})", claim.title, claim.who), whole(&claim.probability),
                    format!("of futures{}; {}", interval(&claim.probability), claim.verdict.word())))
            }
            @if let (Some(date), Some(milestone)) = (date, milestone) {
                @let median = date.percentiles.iter().find(|percentile| percentile.percent == 50.0);
                @if let Some(median) = median {
                    (card("date", &format!("Median date: {}", milestone.title),
                        median.estimate.value.map_or("not reached".into(), |months| month(start.plus(months as i32))),
                        format!("never within the horizon in {}", probability(&date.never))))
                }
            }
            @if let Some(size) = size {
                @let at = |percent: f64| size.percentiles.iter().find(|percentile| percentile.percent == percent)
                    .map(|percentile| words::value(&percentile.estimate, amount));
                @if let (Some(median), Some(low), Some(high)) = (at(50.0), at(5.0), at(95.0)) {
                    (card("size", &format!("{}, median", chart::outcome_name(results, &size.name)), format!("{median} {}", size.unit),
                        format!("90 % of futures from {low} to {high} {}", size.unit)))
                }
            }
        }
    }
}

/// A probability in a few letters; where there is no hit, its bound.
fn whole(estimate: &Estimate) -> String {
    match estimate.value {
        Some(value) if value > 0.0 && value < 1.0 => share(value),
        Some(value) => {
            let bound = if value == 0.0 { estimate.high } else { estimate.low };
            bound.map_or("-".into(), |bound| {
                // Rounded so that it stays a bound: up if it is an upper one.
                let tenths = 1000.0 * bound;
                let tenths = if value == 0.0 { (tenths - 1e-9).ceil() } else { (tenths + 1e-9).floor() };
                format!("{}{:.1} %", if value == 0.0 { "<" } else { ">" }, tenths / 10.0)
            })
        }
        None => "-".into(),
    }
}

fn interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(" ({} to {})", share(low), share(high)),
        _ => String::new(),
    }
}

fn claims(results: &Results<'_>) -> Markup {
    let cases = &results.summary.scenarios;
    let claims = in_any(cases, |case| &case.claims, |claim| &claim.id);
    let confidence = share(results.summary.confidence);
    html! {
        section id="claims" aria-labelledby="claims-head" {
            @if !claims.is_empty() {
                h2 id="claims-head" { "Claims" }
                p.sub { "A claim is supported where its probability lies above its threshold, refuted where it lies below, and undecided where the trials do not tell. All verdicts together hold at this confidence (Holm), each interval by itself." }
                div.wide role="region" tabindex="0" aria-labelledby="claims-head" {
                    table.claims {
                        thead { tr {
                            th scope="col" { "Claim" } th scope="col" { "Scenario" }
                            th.number scope="col" { "Probability" } th.number scope="col" { (confidence) " interval" }
                            th.number scope="col" { "Threshold" } th scope="col" { "Verdict" }
                        } }
                        @for claim in claims {
                            tbody { (claim_rows(results, cases, claim)) }
                        }
                    }
                }
            }
        }
    }
}

/// A claim in every scenario that has it.
fn claim_rows(results: &Results<'_>, cases: &[ScenarioResult], claim: &ClaimResult) -> Markup {
    let twin = |case: &'_ ScenarioResult| case.claims.iter().position(|twin| twin.id == claim.id);
    let twins: Vec<(&ScenarioResult, &ClaimResult)> =
        cases.iter().filter_map(|case| Some((case, &case.claims[twin(case)?]))).collect();
    let mut stated = results.study.scenarios.iter().flat_map(|case| &case.model.claims);
    let said = stated.find(|stated| stated.id == claim.id).map(|claim| &claim.stated);
    let source = said.and_then(|said| said.source.as_deref());
    html! {
        @for (row, (case, twin)) in twins.iter().enumerate() {
            tr {
                @if row == 0 {
                    th.claim scope="rowgroup" rowspan=(twins.len()) {
                        (claim.title)
                        span.sub {
                            (claim.who)
                            @if let Some(when) = said.and_then(|said| said.said.as_ref()) { ", " (when) }
                            br; (claim.says)
                            @if let Some(quote) = said.and_then(|said| said.quote.as_ref()) { br; q { (quote) } }
                            @if let Some(source) = source { br; (link_or_text(source)) }
                        }
                    }
                }
                // A scenario may have changed what is claimed.
                td { (case.title) @if twin.says != claim.says { span.sub { (twin.says) } } }
                td.number { (whole(&twin.probability)) }
                td.number { (interval(&twin.probability).trim_start_matches(" (").trim_end_matches(')')) }
                td.number { (share(twin.threshold)) }
                td { span class={ "verdict " (twin.verdict.word()) } { (twin.verdict.word()) } }
            }
        }
    }
}

/// What the config expects of its statistics, and whether it is so.
fn expected(results: &Results<'_>) -> Markup {
    let all = &results.summary.expectations;
    html! {
        @if !all.is_empty() {
            section id="expectations" aria-labelledby="expectations-head" {
                h2 id="expectations-head" { "Expectations" }
                p.sub { "An expectation is met where the whole interval lies on the right side of its limit, refuted where it lies on the wrong side, undecided otherwise. The run ends with " (expectations::verdict(results.summary)) "." }
                div.wide role="region" tabindex="0" aria-labelledby="expectations-head" {
                    table {
                        thead { tr {
                            th scope="col" { "Expectation" } th scope="col" { "Scenario" } th scope="col" { "Expected" }
                            th.number scope="col" { "Found" } th.number scope="col" { (share(results.summary.verdict_confidence)) " interval" }
                            th scope="col" { "Result" }
                        } }
                        tbody {
                            @for expected in all {
                                @let (value, interval) = expectations::value_and_interval(expected);
                                tr {
                                    th scope="row" { (expected.id) }
                                    td { (expected.scenario) }
                                    td { code { (expected.statistic) } " " (expectations::limits(expected)) }
                                    td.number { (held(&value)) }
                                    td.number { (held(&interval)) }
                                    td { span class={ "verdict " (expected.verdict.word()) } { (met(expected.verdict)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A link if the text is an address.
fn link_or_text(text: &str) -> Markup {
    let address = text.starts_with("https://") || text.starts_with("http://");
    html! { @if address { a href=(text) rel="noreferrer" { (text) } } @else { (text) } }
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
                @for name in chart::missing(results, pictures) {
                    li.warning { "The chart " code { (name) } " is asked for, but the results have nothing to show in it." }
                }
                @for warning in hints::held_back(results.summary) { li.warning { (warning) } }
                @for note in &lacking {
                    li.warning { "Too few trials for some percentiles: " (note) "; " (count(results.summary.trials)) " were run." }
                }
                li { "An interval is the sampling error: how far a figure would move with other random numbers. It does not say how good the assumptions are; those are listed under inputs, and scenarios change them." }
                li { "All scenarios meet the same random numbers: differences between them are not luck." }
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
            dl.facts { @for (name, value) in &facts { dt { (name) } dd { (value) } } }
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
