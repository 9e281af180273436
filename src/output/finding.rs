//! The finding in words: what a reader of the news wants to know, in a few sentences bound to the figures.

use super::words::{self, amount, count, month, probability, share};
use crate::config::Month;
use crate::model::Milestone;
use crate::study::Study;
use crate::summary::{ClaimResult, Outcome, ScenarioResult, Summary};

/// The finding: a sentence for each claim in the scenario that comes first, how far the other scenarios move it, and when
/// the main milestone is reached. Without claims and milestones: how large the main outcome is.
pub fn finding(study: &Study, summary: &Summary) -> String {
    let Some(first) = summary.scenarios.first() else { return String::new() };
    let mut sentences = Vec::new();
    // Of many claims those on the main milestone; the table has them all.
    let main = study.main_milestone().unwrap_or_default();
    for claim in first.claims.iter().filter(|claim| claim.milestone == main) {
        sentences.push(claim_sentence(claim, first, summary));
    }
    sentences.extend(study.main_milestone().and_then(|id| milestone_sentence(id, first, study.config.start)));
    sentences.extend(goods_included(study).and_then(|id| milestone_sentence(&id, first, study.config.start)));
    if sentences.is_empty() {
        let outcome =
            summary.main_outcome().and_then(|name| first.outcomes.iter().find(|outcome| outcome.name == name));
        sentences.extend(outcome.map(outcome_sentence));
    }
    sentences.join("\n")
}

/// Where the main milestone is independence of direct use: the same of all use, goods included, if it is a milestone too.
/// Who reads the one alone is told half of it.
fn goods_included(study: &Study) -> Option<String> {
    let model = &study.scenarios.first()?.model;
    let main = model.milestones.iter().find(|milestone| Some(milestone.id.as_str()) == study.main_milestone())?;
    let all_use =
        format!("coverage_in_use_without.{}", model.series[main.series].name.strip_prefix("coverage_without.")?);
    let is_it = |other: &&Milestone| model.series[other.series].name == all_use && other.at_least == main.at_least;
    model.milestones.iter().find(is_it).map(|milestone| milestone.id.clone())
}

fn claim_sentence(claim: &ClaimResult, first: &ScenarioResult, summary: &Summary) -> String {
    let who = if claim.who.is_empty() { String::new() } else { format!(" ({})", claim.who) };
    let mut text = format!(
        "\"{}\"{who} is {} in scenario {}: {} in {} of the futures.",
        claim.title,
        claim.verdict.word(),
        first.id,
        claim.says,
        probability(&claim.probability),
    );
    let others = summary.scenarios.iter().filter_map(|case| {
        let twin = case.claims.iter().find(|other| other.id == claim.id)?;
        Some((twin.probability.value?, case.id.as_str()))
    });
    let others: Vec<(f64, &str)> = others.collect();
    let lowest = others.iter().copied().reduce(|a, b| if b.0 < a.0 { b } else { a });
    let highest = others.iter().copied().reduce(|a, b| if b.0 > a.0 { b } else { a });
    if let (Some(low), Some(high)) = (lowest, highest)
        && low.0 < high.0
    {
        text += &format!(" Over all scenarios: from {} ({}) to {} ({}).", share(low.0), low.1, share(high.0), high.1);
    }
    text
}

fn milestone_sentence(id: &str, first: &ScenarioResult, start: Month) -> Option<String> {
    let title = &first.milestones.iter().find(|milestone| milestone.id == id)?.title;
    let outcome = first.outcomes.iter().find(|outcome| outcome.name == format!("milestone.{id}"))?;
    let never = probability(&outcome.never);
    let median = outcome.percentile(50.0);
    let at = |months: f64| month(start.plus(months as i32));
    let reached = match median.map(|median| (median.estimate.value, median.estimate.low, median.estimate.high)) {
        Some((Some(value), Some(low), Some(high))) => {
            format!("The median future reaches it in {} ({} to {})", at(value), at(low), at(high))
        }
        Some((Some(value), Some(low), None)) => {
            format!("The median future reaches it in {} ({} to beyond the horizon)", at(value), at(low))
        }
        Some((Some(value), _, _)) => format!("The median future reaches it in {}", at(value)),
        Some((None, _, _)) => "The median future does not reach it within the horizon".into(),
        None => "It is reached in the others".into(),
    };
    Some(format!("{title}: {} {reached}.", never_sentence(&never, outcome)))
}

fn never_sentence(never: &str, outcome: &Outcome) -> String {
    match outcome.never.value {
        Some(0.0) => "reached within the horizon in all futures.".into(),
        Some(1.0) => "not reached within the horizon in any future.".into(),
        _ => format!("not reached within the horizon in {never} of the futures."),
    }
}

fn outcome_sentence(outcome: &Outcome) -> String {
    let parts: Vec<String> = ([5.0, 50.0, 95.0].into_iter())
        .filter_map(|percent| outcome.percentile(percent))
        .map(|percentile| {
            let estimate = &percentile.estimate;
            let interval =
                words::ends(estimate, amount).map_or(String::new(), |[low, high]| format!(" ({low} to {high})"));
            format!("P{} {}{interval}", percentile.percent, words::value(estimate, amount))
        })
        .collect();
    format!("{}: {}; {}; zero in {}.", outcome.name, parts.join(", "), outcome.unit, probability(&outcome.zero))
}

/// What the figures rest on: trials, seed, confidence.
pub fn basis(study: &Study, summary: &Summary) -> String {
    let stopped = summary.stopped.as_ref().map(|stopped| {
        let came = if stopped.reached { "reached" } else { "NOT reached" };
        let looks = if stopped.looks == 1 { "look" } else { "looks" };
        let width = stopped.relative_half_width.map(|width| format!(", at +- {} %", amount(100.0 * width)));
        let spent = (summary.verdict_confidence > summary.confidence).then(|| {
            format!(
                "; verdicts at {} a look, so that all {} hold together",
                share(summary.verdict_confidence),
                stopped.most_looks
            )
        });
        let (width, spent) = (width.unwrap_or_default(), spent.unwrap_or_default());
        let why = stopped.unreachable.as_ref().map_or(String::new(), |why| format!(": {why}"));
        format!(
            " Stopped after {} {looks} of at most {}: {} {came}{width}{spent}{why}.",
            stopped.looks, stopped.most_looks, stopped.until
        )
    });
    format!(
        "{} trials a scenario on the same random numbers, seed {}; intervals at {} confidence.{}",
        count(summary.trials),
        study.config.run.seed,
        share(summary.confidence),
        stopped.unwrap_or_default(),
    )
}
