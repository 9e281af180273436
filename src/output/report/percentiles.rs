//! The tables of percentiles, one an outcome, those of the main ones open.

use maud::{Markup, html};

use crate::model::OutcomeKind;
use crate::output::words::{self, amount, share};
use crate::output::{Results, in_any, other_meanings};
use crate::summary::{Estimate, Outcome, ScenarioResult};

/// All tables.
pub fn section(results: &Results<'_>) -> Markup {
    let mut outcomes = in_any(&results.summary.scenarios, |case| &case.outcomes, |outcome| &outcome.name);
    // Years have a table of their own.
    outcomes.retain(|outcome| !OutcomeKind::is_yearly(&outcome.name));
    let milestone = results.study.main_milestone().map(|id| format!("milestone.{id}"));
    let main = [results.summary.main_outcome(), milestone.as_deref()];
    let is_main = |outcome: &Outcome| main.iter().flatten().any(|name| **name == outcome.name);
    html! {
        section id="percentiles" aria-labelledby="percentiles-head" {
            @if !outcomes.is_empty() {
                h2 id="percentiles-head" { "Percentiles" }
                p.sub { "The interval of each estimate stands below it. All digits: " a href="percentiles.csv" { "percentiles.csv" }
                    "; month by month: " a href="timeseries.csv" { "timeseries.csv" } ", " a href="milestones.csv" { "milestones.csv" } "." }
                @for outcome in outcomes.iter().filter(|outcome| is_main(outcome)) { (details(results, outcome, true)) }
                @for outcome in outcomes.iter().filter(|outcome| !is_main(outcome)) { (details(results, outcome, false)) }
            }
        }
    }
}

fn details(results: &Results<'_>, outcome: &Outcome, open: bool) -> Markup {
    html! {
        details open[open] {
            summary { code { (outcome.name) } " (" (outcome.unit) ") " span.sub { (outcome.meaning) } }
            @for other in other_meanings(&results.summary.scenarios, outcome) { p.sub { (other) } }
            (table(results, &outcome.name))
        }
    }
}

/// The table of an outcome, a row a scenario.
pub fn table(results: &Results<'_>, name: &str) -> Markup {
    let find = |case: &'_ ScenarioResult| case.outcomes.iter().position(|outcome| outcome.name == name);
    let rows: Vec<(&ScenarioResult, &Outcome)> =
        results.summary.scenarios.iter().filter_map(|case| Some((case, &case.outcomes[find(case)?]))).collect();
    let percents: Vec<f64> =
        rows.first().map_or(Vec::new(), |(_, outcome)| outcome.percentiles.iter().map(|one| one.percent).collect());
    let some = |share: &dyn Fn(&Outcome) -> &Estimate| rows.iter().any(|(_, outcome)| share(outcome).value > Some(0.0));
    let (zero, never) = (some(&|outcome| &outcome.zero), some(&|outcome| &outcome.never));
    let start = results.study.config.start;
    // Times from the start are told as dates.
    let dated = name.starts_with("milestone.") || name.starts_with("first_shortage.");
    let write = |value: f64| if dated { start.plus(value as i32).to_string() } else { amount(value) };
    html! {
        div.wide role="region" tabindex="0" aria-label={ "Percentiles of " (name) } {
            table {
                thead { tr {
                    th scope="col" { "Scenario" }
                    @for percent in &percents { th.number scope="col" { "P" (percent) } }
                    @if zero { th.number scope="col" { "Zero" } }
                    @if never { th.number scope="col" { "Never" } }
                } }
                tbody {
                    @for (case, outcome) in &rows {
                        tr {
                            th scope="row" { (case.title) }
                            @for percentile in &outcome.percentiles { (cell(&percentile.estimate, &write)) }
                            @if zero { (cell(&outcome.zero, &share)) }
                            @if never { (cell(&outcome.never, &share)) }
                        }
                    }
                }
            }
        }
    }
}

/// An estimate with its interval below.
pub fn cell(estimate: &Estimate, write: &dyn Fn(f64) -> String) -> Markup {
    let value = words::value(estimate, write);
    let remarks = words::remarks(estimate);
    html! {
        td.number {
            (value)
            @match words::ends(estimate, write) {
                Some([low, high]) if low != value || high != value => {
                    span.sub { (low.strip_suffix(" %").unwrap_or(&low)) "\u{2013}" (high) }
                }
                None if remarks.contains("n >=") => { span.sub { "needs " (remarks.trim_start_matches("interval needs ")) } }
                _ => {}
            }
        }
    }
}
