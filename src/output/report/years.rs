//! The tables of the shortage by calendar year, that of the main market and product open.

use maud::{Markup, html};

use super::percentiles::cell;
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
                    (table(case, place, *place == main && number == 0))
                }
            }
        }
    }
}

fn table(case: &ScenarioResult, place: &str, open: bool) -> Markup {
    let rows: Vec<&YearResult> = case.years.iter().filter(|year| year.is_at(place)).collect();
    html! {
        details open[open] {
            summary { code { "shortage_in." (place) } @if let Some(year) = rows.first() { " (" (year.unit) ")" } " " span.sub { (case.title) } }
            div.wide role="region" tabindex="0" aria-label={ "Shortage of " (place) " by calendar year in " (case.title) } {
                table {
                    thead { tr {
                        th scope="col" { "Year" }
                        th.number scope="col" { "Mean" }
                        @for percent in YEAR_PERCENTILES { th.number scope="col" { "P" (percent) } }
                        th.number scope="col" { "Chance of any" }
                    } }
                    tbody {
                        @for year in &rows {
                            tr {
                                th scope="row" { (years::name(year)) }
                                (cell(&year.mean, &amount))
                                @for estimate in &year.percentiles { (cell(estimate, &amount)) }
                                (cell(&year.any, &share))
                            }
                        }
                    }
                }
            }
        }
    }
}
