//! The tables of percentiles, one an outcome, those of the main ones open.

use maud::{Markup, html};

use super::table::{cell, column, row, table};
use crate::model::OutcomeKind;
use crate::output::chart::outcome_name;
use crate::output::words::{amount, month, share};
use crate::output::{Results, in_any, other_meanings};
use crate::summary::{Estimate, Outcome, ScenarioResult};

/// All tables.
pub fn section(results: &Results<'_>) -> Markup {
    let mut outcomes = in_any(&results.summary.scenarios, |case| &case.outcomes, |outcome| &outcome.name);
    // Years have a table of their own.
    outcomes.retain(|outcome| !OutcomeKind::is_yearly(&outcome.name));
    let milestone = results.study.main_milestone().map(|id| format!("milestone.{id}"));
    let main = [results.study.main_outcome(), milestone];
    let is_main = |outcome: &Outcome| main.iter().flatten().any(|name| *name == outcome.name);
    html! {
        section id="percentiles" aria-labelledby="percentiles-head" {
            @if !outcomes.is_empty() {
                h2 id="percentiles-head" { "Percentiles" }
                p.sub { "The interval of each estimate stands below it. All digits: " a href="percentiles.csv" { "percentiles.csv" }
                    "; month by month: " a href="timeseries.csv" { "timeseries.csv" } ", " a href="milestones.csv" { "milestones.csv" } "." }
                div.filtered data-filter="Find an outcome" {
                    @for outcome in outcomes.iter().filter(|outcome| is_main(outcome)) { (details(results, outcome, true)) }
                    @for outcome in outcomes.iter().filter(|outcome| !is_main(outcome)) { (details(results, outcome, false)) }
                }
            }
        }
    }
}

fn details(results: &Results<'_>, outcome: &Outcome, main: bool) -> Markup {
    html! {
        details open[main] .annex[!main] {
            summary {
                (outcome_name(results, &outcome.name)) " (" (unit(outcome)) ") "
                span.sub { code { (outcome.name) } ": " (outcome.meaning) }
            }
            @for other in other_meanings(&results.summary.scenarios, outcome) { p.sub { (other) } }
            (table_of(results, &outcome.name))
        }
    }
}

/// What the figures of an outcome are in its table: times from the start are told as dates.
fn unit(outcome: &Outcome) -> String {
    if is_dated(&outcome.name) { "date".into() } else { outcome.unit.to_string() }
}

fn is_dated(name: &str) -> bool {
    name.starts_with("milestone.") || name.starts_with("first_shortage.")
}

/// The table of an outcome, a row a scenario.
pub fn table_of(results: &Results<'_>, name: &str) -> Markup {
    let find = |case: &'_ ScenarioResult| case.outcomes.iter().position(|outcome| outcome.name == name);
    let rows: Vec<(&ScenarioResult, &Outcome)> =
        results.summary.scenarios.iter().filter_map(|case| Some((case, &case.outcomes[find(case)?]))).collect();
    let percents: Vec<f64> =
        rows.first().map_or(Vec::new(), |(_, outcome)| outcome.percentiles.iter().map(|one| one.percent).collect());
    let some = |share: &dyn Fn(&Outcome) -> &Estimate| rows.iter().any(|(_, outcome)| share(outcome).value > Some(0.0));
    let (zero, never) = (some(&|outcome| &outcome.zero), some(&|outcome| &outcome.never));
    let start = results.study.config.start;
    let write = |value: f64| if is_dated(name) { month(start.plus(value as i32)) } else { amount(value) };
    let unit = rows.first().map_or(String::new(), |(_, outcome)| unit(outcome));
    table(
        &format!("{} ({unit})", outcome_name(results, name)),
        &html! {
            (column("Scenario"))
            @for percent in &percents { (column(format!("P{percent}"))) }
            @if zero { (column("Zero")) }
            @if never { (column("Never")) }
        },
        &html! {
            @for (case, outcome) in &rows {
                tr {
                    (row(&case.title))
                    @for percentile in &outcome.percentiles { (cell(&percentile.estimate, &write)) }
                    @if zero { (cell(&outcome.zero, &share)) }
                    @if never { (cell(&outcome.never, &share)) }
                }
            }
        },
    )
}
