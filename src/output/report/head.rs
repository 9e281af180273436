//! The first screen: the finding as the headline, the first chart, and the key figures.

use maud::{Markup, html};

use super::figures::{Figure, Level};
use super::text::{held, short_probability};
use crate::output::words::{self, amount, month, probability, share};
use crate::output::{Results, chart, finding};
use crate::summary::{ClaimResult, Estimate, ScenarioResult};

/// Sentences of the finding that make the headline.
const HEADLINE: usize = 2;
/// A headline of more bytes is set smaller, so that the first chart stays on the first screen.
const LONG: usize = 210;

/// Title, finding, first chart, key figures.
pub fn head(results: &Results<'_>, first: Option<&Figure<'_>>) -> Markup {
    let config = &results.study.config;
    let end = config.start.plus((12.0 * config.horizon_years).round() as i32);
    let sentences: Vec<&str> = results.finding.lines().collect();
    let (headline, rest) = sentences.split_at(sentences.len().min(HEADLINE));
    let headline = if headline.is_empty() { config.title.clone() } else { headline.join(" ") };
    html! {
        header {
            p.eyebrow { (config.title) " \u{b7} simulation, " (month(config.start)) " to " (month(end)) }
            h1 .long[headline.len() > LONG] { (held(&headline)) }
            @if let Some(first) = first { (first.markup(results, Level::First)) }
            @if let Some(case) = results.summary.scenarios.first() { (cards(results, case)) }
            @if !rest.is_empty() { div.finding { @for sentence in rest { p { (held(sentence)) } } } }
            @if let Some(description) = &config.description { p.sub { (description) } }
            p.sub { (finding::basis(results.study, results.summary)) }
        }
    }
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
                (card(&class, &format!("\u{201c}{}\u{201d} ({})", claim.title, claim.who), short_probability(&claim.probability),
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

fn interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(" ({} to {})", share(low), share(high)),
        _ => String::new(),
    }
}
