//! Ignorance and chance apart: the table for the terminal, and `knowledge.csv`.

use super::Results;
use super::tables::{STUDENT, Table, number};
use super::terminal::{CLAIM, Section, broken, main_outcomes, two_lines, wrap};
use super::words::{count, probability, share};
use crate::summary::{BAND, Case, Chance, Knowable, Knowledge};

/// How the interval of a share comes about.
const JACKKNIFE: &str = "jackknife of the log ratio of mean squares";

/// The table, for the scenario that comes first.
pub(super) fn section(results: &Results<'_>) -> Option<Section> {
    let case = results.summary.scenarios.first()?;
    let knowledge = case.knowledge.as_ref()?;
    let title = format!(
        "Ignorance and chance in scenario {}: {} draws of the inputs, each with {} courses of events",
        case.id,
        count(knowledge.draws),
        knowledge.courses
    );
    let rows = headlines(results, case, knowledge).into_iter().map(|(name, asked)| row(name, asked)).collect();
    let header = ["what", "ignorance", "probability", "with known inputs"];
    let mut notes = vec![format!(
        "Ignorance: share of the variance that better knowledge of the inputs could remove; the rest is chance. With known \
         inputs: where the probability would then lie, the middle {} of a beta distribution with the mean and standard \
         deviation found.",
        share(BAND)
    )];
    if results.summary.scenarios.len() > 1 {
        notes.push("Other scenarios and dates: knowledge.csv.".into());
    }
    Some(Section { title, header: header.map(String::from).into(), rows, notes })
}

/// What the terminal shows of other outcomes too: the claims, whether the milestones come, the main outcomes.
fn headlines<'a>(results: &Results<'_>, case: &Case, knowledge: &'a Knowledge) -> Vec<(String, &'a Knowable)> {
    let find = |name: &str| knowledge.asked.iter().find(|asked| asked.name == name);
    let lines = |text: &str| wrap(text, CLAIM).trim_end().to_string();
    let claims = case.claims.iter().map(|claim| (lines(&claim.title), format!("claim.{}", claim.id)));
    let milestones = case.milestones.iter();
    let milestones =
        milestones.map(|one| (lines(&format!("{} within the horizon", one.title)), format!("milestone.{}", one.id)));
    let main = results.study.main_outcome().unwrap_or_default();
    let outcomes = main_outcomes(&main).into_iter().map(|name| (broken(&name, CLAIM), name));
    let all = claims.chain(milestones).chain(outcomes);
    all.filter_map(|(title, name)| Some((title, find(&name)?))).collect()
}

fn row(name: String, asked: &Knowable) -> Vec<String> {
    let ignorance = match asked.share.value {
        None => "all alike".into(),
        Some(_) => two_lines(&asked.share, &share),
    };
    let [chance, band] =
        asked.chance.as_ref().map_or(["", ""].map(String::from), |chance| [probability_of(chance), band(chance)]);
    vec![name, ignorance, chance, band]
}

/// The probability with its interval, in two lines.
fn probability_of(chance: &Chance) -> String {
    // A bound of as many independent futures would claim more than draws with the same inputs tell.
    match chance.probability.value {
        Some(0.0) => "in none".into(),
        Some(1.0) => "in all".into(),
        _ => probability(&chance.probability).replacen(" (", "\n(", 1),
    }
}

/// Where the probability lies once the inputs are known.
fn band(chance: &Chance) -> String {
    match chance.probability.value {
        Some(0.0 | 1.0) => String::new(),
        _ if chance.spreads => format!("{} to {}", share(chance.low), share(chance.high)),
        _ => "cannot be told".into(),
    }
}

/// `knowledge.csv`: a row for every scenario and number, and one for every milestone and month.
pub fn csv(results: &Results<'_>) -> Vec<u8> {
    let mut table = Table::new(&[
        "scenario",
        "output",
        "what",
        "month",
        "share",
        "share_ci_low",
        "share_ci_high",
        "share_ci_method",
        "probability",
        "ci_low",
        "ci_high",
        "ci_method",
        "sd_over_inputs",
        "band_low",
        "band_high",
        "band",
        "ci_level",
        "draws",
        "courses",
        "note",
    ]);
    for case in &results.summary.scenarios {
        let Some(knowledge) = &case.knowledge else { continue };
        let mut row = |name: &str, what: &str, month: String, asked: Option<&Knowable>, chance: Option<&Chance>| {
            let estimate = chance.map(|chance| &chance.probability);
            let share = asked.map(|asked| &asked.share);
            table.row([
                case.id.clone(),
                name.into(),
                what.into(),
                month,
                number(share.and_then(|share| share.value)),
                number(share.and_then(|share| share.low)),
                number(share.and_then(|share| share.high)),
                asked.map_or("", |_| JACKKNIFE).into(),
                number(estimate.and_then(|estimate| estimate.value)),
                number(estimate.and_then(|estimate| estimate.low)),
                number(estimate.and_then(|estimate| estimate.high)),
                estimate.map_or("", |_| STUDENT).into(),
                number(chance.map(|chance| chance.spread)),
                number(chance.map(|chance| chance.low)),
                number(chance.map(|chance| chance.high)),
                chance.map_or(String::new(), |_| format!("middle {BAND} of a beta distribution")),
                results.summary.confidence.to_string(),
                knowledge.draws.to_string(),
                knowledge.courses.to_string(),
                share.map_or(String::new(), |share| share.note.clone()),
            ]);
        };
        for asked in &knowledge.asked {
            row(&asked.name, asked.what, String::new(), Some(asked), asked.chance.as_ref());
        }
        for (milestone, months) in case.milestones.iter().zip(&knowledge.by_month) {
            for (month, chance) in months.iter().enumerate() {
                let name = format!("milestone.{}", milestone.id);
                row(&name, "reached by the month", month.to_string(), None, Some(chance));
            }
        }
    }
    table.finish()
}
