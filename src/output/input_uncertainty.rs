//! How much of the spread comes from the inputs: the table for the terminal, and `input_uncertainty.csv`.

use super::Results;
use super::section::{Section, main_outcomes};
use super::tables::{STUDENT, Table, number};
use super::words::{self, Number, count, probability, share};
use crate::summary::{BAND, ConditionalProbability, Estimate, InputUncertainty, ScenarioResult, VarianceShare};

/// How the interval of a share comes about.
const JACKKNIFE: &str = "jackknife of the log ratio of mean squares";

/// The table, for the scenario that comes first.
pub(super) fn section(results: &Results<'_>) -> Option<Section> {
    let case = results.summary.scenarios.first()?;
    let found = case.input_uncertainty.as_ref()?;
    let title = format!(
        "Input uncertainty in scenario {}: {} draws of the inputs, each with {} samples of events",
        case.id,
        count(found.draws),
        found.samples
    );
    let rows = headlines(results, case, found).into_iter().map(|(name, share)| row(name, share)).collect();
    let header = ["what", "from inputs", "probability", "with known inputs"];
    let mut notes = vec![format!(
        "From inputs: share of the variance that better knowledge of the inputs could remove; the rest comes from the events. \
         With known inputs: where the probability would then lie, the middle {} of a beta distribution with the mean and standard \
         deviation found.",
        share(BAND)
    )];
    if results.summary.scenarios.len() > 1 {
        notes.push("Other scenarios and dates: input_uncertainty.csv.".into());
    }
    Some(Section { title, header: header.map(String::from).into(), rows, notes })
}

/// What the terminal shows of other outcomes too: the claims, whether the milestones come, the main outcomes.
fn headlines<'a>(
    results: &Results<'_>,
    case: &ScenarioResult,
    found: &'a InputUncertainty,
) -> Vec<(String, &'a VarianceShare)> {
    let find = |name: &str| found.shares.iter().find(|share| share.name == name);
    let claims = case.claims.iter().map(|claim| (claim.title.clone(), format!("claim.{}", claim.id)));
    let milestones = case.milestones.iter();
    let milestones =
        milestones.map(|one| (format!("{} within the horizon", one.title), format!("milestone.{}", one.id)));
    let main = results.summary.main_outcome().unwrap_or_default();
    let outcomes = main_outcomes(main).into_iter().map(|name| (name.clone(), name));
    let all = claims.chain(milestones).chain(outcomes);
    all.filter_map(|(title, name)| Some((title, find(&name)?))).collect()
}

fn row(name: String, found: &VarianceShare) -> Vec<String> {
    let from_inputs = match found.share.value {
        None => found.share.note.clone(),
        Some(_) => words::with_interval(&found.share, Number::Share),
    };
    let [overall, band] = match &found.probability {
        None => ["", ""].map(String::from),
        Some(probability) => [overall(probability), band(probability)],
    };
    vec![name, from_inputs, overall, band]
}

/// The probability with its interval.
fn overall(found: &ConditionalProbability) -> String {
    // A bound of as many independent trials would claim more than draws with the same inputs tell.
    match found.overall.value {
        Some(0.0) => "in none".into(),
        Some(1.0) => "in all".into(),
        _ => probability(&found.overall),
    }
}

/// Where the probability lies once the inputs are known.
fn band(found: &ConditionalProbability) -> String {
    match found.overall.value {
        Some(0.0 | 1.0) => String::new(),
        _ if found.spreads => format!("{} to {}", share(found.low), share(found.high)),
        _ => "cannot be told".into(),
    }
}

/// `input_uncertainty.csv`: a row for every scenario and number, and one for every milestone and month.
pub fn csv(results: &Results<'_>) -> Vec<u8> {
    let mut table = Table::described("input_uncertainty.csv");
    for case in &results.summary.scenarios {
        let Some(found) = &case.input_uncertainty else { continue };
        let mut row =
            |[name, what, month]: [&str; 3], share: Option<&Estimate>, probability: Option<&ConditionalProbability>| {
                let estimate = probability.map(|probability| &probability.overall);
                table.row([
                    case.id.clone(),
                    name.into(),
                    what.into(),
                    month.into(),
                    number(share.and_then(|share| share.value)),
                    number(share.and_then(|share| share.low)),
                    number(share.and_then(|share| share.high)),
                    share.map_or("", |_| JACKKNIFE).into(),
                    number(estimate.and_then(|estimate| estimate.value)),
                    number(estimate.and_then(|estimate| estimate.low)),
                    number(estimate.and_then(|estimate| estimate.high)),
                    estimate.map_or("", |_| STUDENT).into(),
                    number(probability.map(|probability| probability.spread)),
                    number(probability.map(|probability| probability.low)),
                    number(probability.map(|probability| probability.high)),
                    probability.map_or(String::new(), |_| format!("middle {BAND} of a beta distribution")),
                    results.summary.confidence.to_string(),
                    found.draws.to_string(),
                    found.samples.to_string(),
                    share.map_or(String::new(), |share| share.note.clone()),
                ]);
            };
        for share in &found.shares {
            row([&share.name, share.what, ""], Some(&share.share), share.probability.as_ref());
        }
        for (milestone, months) in case.milestones.iter().zip(&found.by_month) {
            for (month, probability) in months.iter().enumerate() {
                let name = format!("milestone.{}", milestone.id);
                row([&name, "reached by the month", &month.to_string()], None, Some(probability));
            }
        }
    }
    table.finish()
}
