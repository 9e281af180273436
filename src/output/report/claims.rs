//! The claims as a matrix, a row a claim and a column a scenario, and what the config expects.

use maud::{Markup, html};

use super::table::{column, numbers};
use super::text::{held, short_names, short_probability};
use crate::config::Claim;
use crate::output::words::{amount, count, probability, share};
use crate::output::{Results, expectations, in_any};
use crate::summary::{ClaimResult, ScenarioResult, met};

/// The matrix, and below it what was said.
pub fn section(results: &Results<'_>) -> Markup {
    let cases = &results.summary.scenarios;
    let claims = in_any(cases, |case| &case.claims, |claim| &claim.id);
    let titles: Vec<&str> = cases.iter().map(|case| case.title.as_str()).collect();
    let names = short_names(&titles);
    html! {
        section id="claims" aria-labelledby="claims-head" {
            @if !claims.is_empty() {
                h2 id="claims-head" { "Claims" }
                p.sub { (thresholds(&claims)) " Point at a cell for its interval. All verdicts together hold at "
                    (held(&share(results.summary.verdict_confidence))) " confidence (Holm)." }
                div.wide role="region" tabindex="0" aria-label="Claims by scenario" {
                    table.figures.matrix data-name="Probability of the claim" {
                        thead { tr {
                            (column("Claim"))
                            @for (case, name) in cases.iter().zip(&names) { th scope="col" title=(case.title) { (name) } }
                        } }
                        tbody {
                            @for claim in &claims { tr {
                                th scope="row" { (claim.title) (said_by(results, claim)) }
                                @for (case, name) in cases.iter().zip(&names) { (cell(results, case, name, claim)) }
                            } }
                        }
                    }
                }
                (sayings(results, &claims))
            }
        }
    }
}

/// When a claim is supported.
fn thresholds(claims: &[&ClaimResult]) -> String {
    let first = claims.first().map_or(0.5, |claim| claim.threshold);
    if claims.iter().all(|claim| claim.threshold == first) {
        let threshold = held(&share(first));
        format!(
            "Supported: its probability lies above {threshold}. Refuted: below {threshold}. Undecided: the trials do not tell."
        )
    } else {
        "Supported: its probability lies above the threshold of the claim. Refuted: below it. Undecided: the trials do not tell."
            .into()
    }
}

/// What the config says of a claim beside what it claims.
fn stated<'a>(results: &Results<'a>, claim: &ClaimResult) -> Option<&'a Claim> {
    let mut all = results.study.scenarios.iter().flat_map(|case| &case.model.claims);
    all.find(|stated| stated.id == claim.id).map(|claim| &claim.stated)
}

fn said_by(results: &Results<'_>, claim: &ClaimResult) -> Markup {
    let when = stated(results, claim).and_then(|said| said.said.as_ref());
    html! { span.sub { (claim.who) @if let Some(when) = when { ", " (when) } } }
}

/// A claim in one scenario: what is seen, and what is told to whoever points at it or has it read out.
fn cell(results: &Results<'_>, case: &ScenarioResult, name: &str, claim: &ClaimResult) -> Markup {
    let Some(twin) = case.claims.iter().find(|twin| twin.id == claim.id) else {
        return html! { td.none data-case=(name) { "\u{2013}" span.hidden { " not part of this scenario" } } };
    };
    let word = twin.verdict.word();
    html! {
        td.(word) data-case=(name) data-v=(numbers(&twin.probability)) {
            b { (held(&short_probability(&twin.probability))) }
            span.verdict.(word) { (word) }
            span.hidden { (details(results, case, twin)) }
        }
    }
}

/// The whole of it in words.
fn details(results: &Results<'_>, case: &ScenarioResult, claim: &ClaimResult) -> String {
    let summary = results.summary;
    let more =
        claim.more_trials.map_or(String::new(), |more| format!(" About {} more trials would decide.", count(more)));
    // Below this it is the same to every reader.
    let p = if claim.p_holm < 0.001 { "below 0.001".into() } else { amount(claim.p_holm) };
    let text = format!(
        "{}: {} in {} of {} futures ({} confidence), {} at a threshold of {} (Holm-adjusted p {p}).{more}",
        case.title,
        claim.says,
        probability(&claim.probability),
        count(summary.trials),
        share(summary.confidence),
        claim.verdict.word(),
        share(claim.threshold),
    );
    held(&text)
}

/// What each claim says exactly, in whose words, and where.
fn sayings(results: &Results<'_>, claims: &[&ClaimResult]) -> Markup {
    html! {
        details {
            summary { "What was said, and where" }
            dl.sayings {
                @for claim in claims {
                    @let said = stated(results, claim);
                    dt { (claim.title) (said_by(results, claim)) }
                    dd {
                        (claim.says) "."
                        @if let Some(quote) = said.and_then(|said| said.quote.as_ref()) { " " q { (quote) } }
                        @if let Some(source) = said.and_then(|said| said.source.as_deref()) { " " (link_or_text(source)) }
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

/// What the config expects of its statistics, and whether it is so.
pub fn expected(results: &Results<'_>) -> Markup {
    let all = &results.summary.expectations;
    html! {
        @if !all.is_empty() {
            section id="expectations" aria-labelledby="expectations-head" {
                h2 id="expectations-head" { "Expectations" }
                p.sub { "An expectation is met where the whole interval lies on the right side of its limit, refuted where it lies on the wrong side, undecided otherwise. The run ends with " (expectations::verdict(results.summary)) "." }
                div.wide role="region" tabindex="0" aria-label="Expectations and what was found" {
                    table {
                        thead { tr {
                            (column("Expectation")) (column("Scenario")) (column("Expected")) th.number scope="col" { "Found" }
                            th.number scope="col" { (held(&share(results.summary.verdict_confidence))) " interval" } (column("Result"))
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
