//! The finding in words: what a reader of the news wants to know, in a few sentences bound to the figures.

use super::words::{self, Number, amount, chance, count, month, probability, share};
use crate::model::{Milestone, Unit};
use crate::study::Study;
use crate::summary::{ClaimResult, Estimate, Outcome, ScenarioResult, Summary};

/// The finding: a sentence for each claim in the scenario that comes first, how far the other scenarios move it, and when
/// the main milestone is reached. Without claims and milestones: how large the main outcome is.
pub fn finding(study: &Study, summary: &Summary) -> String {
    let Some(first) = summary.scenarios.first() else { return String::new() };
    let mut sentences = Vec::new();
    // Of many claims those on the main milestone; the table has them all.
    let main = study.main_milestone().unwrap_or_default();
    for claim in first.claims.iter().filter(|claim| claim.milestone == main) {
        sentences.push(claim_sentence(claim, summary));
    }
    sentences.extend(study.main_milestone().and_then(|id| milestone_sentence(id, first, study, summary)));
    sentences.extend(goods_included(study).and_then(|id| milestone_sentence(&id, first, study, summary)));
    if sentences.is_empty() {
        let outcome =
            summary.main_outcome().and_then(|name| first.outcomes.iter().find(|outcome| outcome.name == name));
        sentences.extend(outcome.map(outcome_sentence));
    }
    sentences.extend(stopped(summary));
    sentences.join("\n")
}

/// That the run was interrupted, and what its figures rest on.
pub fn stopped(summary: &Summary) -> Option<String> {
    let planned = summary.partial?.planned_trials;
    Some(if summary.trials < planned {
        let (done, planned) = (count(summary.trials), count(planned));
        format!("Interrupted: stopped after {done} of {planned} trials; every figure is of those.")
    } else {
        format!("Interrupted: stopped after all {} trials, before their inputs were simulated again.", count(planned))
    })
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

fn claim_sentence(claim: &ClaimResult, summary: &Summary) -> String {
    let who = if claim.who.is_empty() { String::new() } else { format!(" ({})", claim.who) };
    let mut text = format!(
        "The claim \"{}\"{who} is {}: it holds in {}.",
        claim.title,
        claim.verdict.word(),
        words::futures(&claim.probability, summary.trials),
    );
    let all = summary.scenarios.iter().filter_map(|case| {
        let twin = case.claims.iter().find(|other| other.id == claim.id)?;
        Some((twin.probability.value?, case.id.as_str(), &twin.probability))
    });
    let all: Vec<(f64, &str, &Estimate)> = all.collect();
    let lowest = all.iter().copied().reduce(|a, b| if b.0 < a.0 { b } else { a });
    let highest = all.iter().copied().reduce(|a, b| if b.0 > a.0 { b } else { a });
    if let (Some(low), Some(high)) = (lowest, highest)
        && high.0 - low.0 >= SPREAD
    {
        let [low, high] = [low, high].map(|(_, scenario, estimate)| format!("{} ({scenario})", chance(estimate)));
        text += &format!(" Over all scenarios: from {low} to {high}.");
    }
    text
}

fn milestone_sentence(id: &str, first: &ScenarioResult, study: &Study, summary: &Summary) -> Option<String> {
    let milestone = first.milestones.iter().find(|milestone| milestone.id == id)?;
    let outcome = first.outcomes.iter().find(|outcome| outcome.name == format!("milestone.{id}"))?;
    let reached = milestone.by_month.last()?;
    let start = study.config.start;
    let at = |months: f64| month(start.plus(months as i32));
    let horizon = month(start.last_of(milestone.by_month.len() - 1));
    let only = if reached.value.is_some_and(|share| share > 0.0 && share < FEW) { "only " } else { "" };
    let futures = words::futures(reached, summary.trials);
    let median = outcome.percentile(50.0).map(|median| &median.estimate);
    let median = match median.map(|median| (median.value, median.low, median.high)) {
        Some((Some(value), Some(low), Some(high))) => {
            format!("; the median is {} ({} to {})", at(value), at(low), at(high))
        }
        Some((Some(value), Some(low), None)) => {
            format!("; the median is {} ({} or later)", at(value), at(low))
        }
        Some((Some(value), ..)) => format!("; the median is {}", at(value)),
        _ => String::new(),
    };
    Some(format!("{}: reached by {horizon} in {only}{futures}{median}.", milestone.title))
}

/// How far the scenarios move a claim is told from this difference of probabilities on.
const SPREAD: f64 = 0.01;

/// Below this share of the futures, one says "only".
const FEW: f64 = 0.1;

fn outcome_sentence(outcome: &Outcome) -> String {
    let unit = if outcome.unit == Unit::Fraction { String::new() } else { format!(" {}", outcome.unit) };
    let named = |percent: f64| if percent == 50.0 { "the median is".into() } else { format!("P{percent}") };
    let parts: Vec<String> = [5.0, 50.0, 95.0]
        .into_iter()
        .filter_map(|percent| outcome.percentile(percent))
        .map(|one| {
            let value = words::figure(&one.estimate, Number::Amount);
            format!("{} {value}{unit}{}", named(one.percent), words::in_brackets(&one.estimate, Number::Amount))
        })
        .collect();
    format!("{}, {}: {}; none in {}.", outcome.name, outcome.meaning, parts.join(", "), probability(&outcome.zero))
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
        "{} trials a scenario on the same random numbers, seed {}; intervals at {} confidence.{}{}",
        count(summary.trials),
        study.config.run.seed,
        share(summary.confidence),
        stopped.unwrap_or_default(),
        self::stopped(summary).map_or(String::new(), |text| format!(" {text}")),
    )
}
