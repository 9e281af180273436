//! Claims in text: by scenario with their verdicts, in short and in full.

use super::Results;
use super::in_any;
use super::matrix::Matrix;
use super::section::{Section, mark};
use super::words::{chance, count, probability, share};
use crate::model::LIMITS;
use crate::summary::{ClaimResult, ScenarioResult, Summary, Verdict};

/// What the verdicts rest on.
fn rule(summary: &Summary) -> String {
    let claims = || summary.scenarios.iter().flat_map(|case| &case.claims);
    let threshold = claims().next().map_or(0.0, |claim| claim.threshold);
    let is_shared = claims().all(|claim| claim.threshold == threshold);
    let threshold = if is_shared { share(threshold) } else { "its threshold".into() };
    let family = match summary.claims_family {
        1 => String::new(),
        2 => format!("; both verdicts hold together at {}", share(summary.verdict_confidence)),
        family => format!("; all {family} verdicts hold together at {}, Holm", share(summary.verdict_confidence)),
    };
    format!("supported: above {threshold}{family}")
}

/// A claim's title and who made it, on one line.
fn title(claim: &ClaimResult) -> String {
    if claim.who.is_empty() { claim.title.clone() } else { format!("{} ({})", claim.title, claim.who) }
}

fn in_scenario<'a>(case: &'a ScenarioResult, claim: &ClaimResult) -> Option<&'a ClaimResult> {
    case.claims.iter().find(|twin| twin.id == claim.id)
}

/// Verdict and probability of each claim in each scenario; none without claims.
pub(super) fn matrix(results: &Results<'_>) -> Option<Matrix> {
    let cases = &results.summary.scenarios;
    let claims = in_any(cases, |case| &case.claims, |claim| &claim.id);
    let cell = |case: &ScenarioResult, claim: &ClaimResult| {
        let Some(twin) = in_scenario(case, claim) else { return "-".into() };
        format!("{} {}", mark(twin.verdict), chance(&twin.probability).trim_end_matches(" %"))
    };
    let row = |claim: &&ClaimResult| (title(claim), cases.iter().map(|case| cell(case, claim)).collect());
    let rows: Vec<(String, Vec<String>)> = claims.iter().map(row).collect();
    let marks = [Verdict::Supported, Verdict::Refuted, Verdict::Undecided];
    let marks = marks.map(|verdict| format!("{} {}", mark(verdict), verdict.word())).join(", ");
    (!rows.is_empty()).then(|| Matrix {
        title: format!("Claims, by scenario: probability in %, {marks} ({})", rule(results.summary)),
        columns: cases.iter().map(|case| case.id.clone()).collect(),
        rows,
        notes: cases.iter().flat_map(undecided).collect(),
    })
}

/// A row for each claim and scenario, with interval; none without claims.
pub(super) fn section(results: &Results<'_>) -> Option<Section> {
    let cases = &results.summary.scenarios;
    let claims = in_any(cases, |case| &case.claims, |claim| &claim.id);
    let row = |case: &ScenarioResult, claim: &ClaimResult| {
        let twin = in_scenario(case, claim)?;
        let says = if twin.says == claim.says { String::new() } else { format!(": {}", twin.says) };
        let scenario = format!("{}{says}", case.id);
        Some(vec![title(claim), scenario, probability(&twin.probability), twin.verdict.word().into()])
    };
    let rows: Vec<Vec<String>> =
        claims.iter().flat_map(|claim| cases.iter().filter_map(move |case| row(case, claim))).collect();
    let header = ["claim", "scenario", "probability", "verdict"].map(String::from).into();
    let notes = cases.iter().flat_map(undecided).collect();
    let title = format!("Claims: {}; each interval at its own confidence", rule(results.summary));
    (!rows.is_empty()).then_some(Section { title, header, rows, notes })
}

/// What would decide the undecided claims of a scenario.
fn undecided(case: &ScenarioResult) -> Vec<String> {
    let open = case.claims.iter().filter(|claim| claim.verdict == Verdict::Undecided);
    let say = |claim: &ClaimResult| {
        let what = match claim.more_trials {
            Some(more) if more <= LIMITS.trials.most => {
                format!("about {} more trials would decide, if the estimate is right", count(more))
            }
            _ => "the estimate lies so near the threshold that no number of trials is likely to decide".into(),
        };
        format!("Undecided: {} in {}: {what}.", claim.title, case.id)
    };
    open.map(say).collect()
}
