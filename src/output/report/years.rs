//! The tables of the shortage by calendar year, that of the main market and product open.

use maud::{Markup, html};

use super::table::{cell, column, row, table};
use crate::output::chart::outcome_name;
use crate::output::words::{amount, share};
use crate::output::{Results, years};
use crate::summary::{ScenarioResult, YEAR_PERCENTILES, YearResult};

/// All tables; nothing where `output.years` does not ask for them.
pub fn section(results: &Results<'_>) -> Markup {
    let Some(main) = years::main_place(results) else { return html! {} };
    let mut places = vec![main.clone()];
    for place in results.summary.scenarios.iter().flat_map(|case| &case.years).map(years::place) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let cases = &results.summary.scenarios;
    html! {
        section id="years" aria-labelledby="years-head" {
            h2 id="years-head" { "Shortage by calendar year" }
            p.sub { "The first and the last year may be simulated in part only. All digits: " a href="years.csv" { "years.csv" } "." }
            @for place in &places {
                @for (number, case) in cases.iter().enumerate().filter(|(_, case)| case.years.iter().any(|year| year.is_at(place))) {
                    (table_of(results, case, place, *place == main && number == 0))
                }
            }
        }
    }
}

fn table_of(results: &Results<'_>, case: &ScenarioResult, place: &str, main: bool) -> Markup {
    let rows: Vec<&YearResult> = case.years.iter().filter(|year| year.is_at(place)).collect();
    let unit = rows.first().map_or(String::new(), |year| year.unit.to_string());
    let name = outcome_name(results, &format!("total_shortage.{place}"));
    html! {
        details open[main] .annex[!main] {
            summary { (name) ", " (case.title) " " span.sub { code { "shortage_in." (place) } " (" (unit) ")" } }
            (table(
                &format!("{name} ({unit}), {}", case.title),
                &html! {
                    (column("Year")) (column("Mean"))
                    @for percent in YEAR_PERCENTILES { (column(format!("P{percent}"))) }
                    (column("Chance of any"))
                },
                &html! { @for year in &rows {
                    tr {
                        (row(years::name(year)))
                        (cell(&year.mean, &amount))
                        @for estimate in &year.percentiles { (cell(estimate, &amount)) }
                        (cell(&year.any, &share))
                    }
                } },
            ))
        }
    }
}
