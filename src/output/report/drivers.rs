//! What drives each of the main results, a sentence each.

use maud::{Markup, html};

use crate::output::Results;
use crate::output::drivers::{of_run, sentence};

/// The section; nothing where drivers are not told.
pub fn section(results: &Results<'_>) -> Markup {
    let told = of_run(results);
    html! {
        @for (case, drivers) in &told {
            section id="drivers" aria-labelledby="drivers-head" {
                h2 id="drivers-head" { "What drives the results" }
                p.sub { "Share of the variance of each result that an uncertain input explains by itself, in scenario " (case.title)
                    ". Only inputs that certainly explain something are named (Holm, 5 %). All digits: " a href="drivers.csv" { "drivers.csv" } "." }
                ul { @for number in &drivers.numbers { li { (sentence(&case.model, number)) } } }
            }
        }
    }
}
