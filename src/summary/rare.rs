//! Rare things, seen more often than they are and weighted back.

use serde::Serialize;

use super::Estimate;
use crate::config::fault::help_for_name;
use crate::model::{ClaimTest, Model};
use crate::statistics::{Interval, mean_interval, weighted_interval};
use crate::study::Study;
use crate::tally::{Above, Weighted, Weights};

/// With fewer effective hits an estimate is not trusted: its standard error would be above 14 %, or one future may carry so
/// much of it.
const LEAST_EFFECTIVE: f64 = 50.0;

/// The mean weight is 1. If it lies so many standard errors off, nothing is trusted.
const FARTHEST: f64 = 5.0;

/// What is asked of every future.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Name of the outcome, or `claim.ID`.
    pub name: String,
    /// What it says.
    pub says: String,
    /// An outcome and a limit.
    pub event: Above,
    /// Whether it is asked that the outcome lies above it, or else that it does not.
    pub above: bool,
}

/// Probabilities from weighted futures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rare {
    /// Number of futures of each scenario.
    pub trials: u64,
    /// Confidence of every interval.
    pub confidence: f64,
    /// What was played otherwise than it is.
    pub tilts: Vec<String>,
    /// Scenarios.
    pub scenarios: Vec<RareCase>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RareCase {
    /// Id.
    pub id: String,
    /// Mean weight of a future; 1 but for chance.
    pub mean_weight: Estimate,
    /// So many futures of equal weight would tell as much (Kish).
    pub effective: f64,
    /// What was asked.
    pub events: Vec<RareEvent>,
}

/// An event and its probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RareEvent {
    /// Name of the outcome, or `claim.ID`.
    pub name: String,
    /// What it says.
    pub says: String,
    /// Futures that decide: those in which it happens, or where that is likelier than not, in which it does not.
    pub hits: u64,
    /// So many hits of equal weight would tell as much.
    pub effective_hits: f64,
    /// Share of the hits' weight that the heaviest carries; 0 without any.
    pub largest_share: f64,
    /// Its probability; no value where the weights are too uneven, and the note says what would help.
    pub probability: Estimate,
}

impl RareEvent {
    /// Whether there is a figure.
    pub fn trusted(&self) -> bool {
        self.probability.value.is_some()
    }
}

impl Rare {
    /// Whether there is any figure to be trusted that is more than a bound.
    pub fn trusted(&self) -> bool {
        self.scenarios.iter().flat_map(|case| &case.events).any(|event| event.trusted() && event.hits > 0)
    }
}

/// What is asked of a model: `asked` (outcomes and limits), each claim, whether each milestone comes, whether the main
/// outcome is above zero.
///
/// # Errors
/// The names that no outcome has.
pub fn questions(study: &Study, model: &Model, asked: &[(String, f64)]) -> Result<Vec<Question>, Vec<String>> {
    let (mut questions, mut faults) = (Vec::new(), Vec::new());
    let find = |name: &str| model.outcomes.iter().position(|spec| spec.name == name);
    let mut ask = |name: String, says: String, outcome: usize, limit: f64, above: bool| {
        questions.push(Question { name, says, event: Above { outcome, limit }, above });
    };
    for (name, limit) in asked {
        match find(name) {
            Some(outcome) => ask(
                name.clone(),
                if limit.abs() < 1e12 { format!("above {limit}") } else { format!("above {limit:e}") },
                outcome,
                *limit,
                true,
            ),
            None => {
                let names = model.outcomes.iter().map(|spec| spec.name.as_str());
                faults.push(format!("there is no outcome `{name}`: {}", help_for_name(name, names)));
            }
        }
    }
    for claim in &model.claims {
        let (words, months) = claim.test.words();
        let above = matches!(claim.test, ClaimTest::NotWithin(_));
        let says = format!("{} {words} {months} months", model.milestones[claim.milestone].title);
        ask(format!("claim.{}", claim.id), says, model.date_of(claim.milestone), f64::from(months), above);
    }
    for (index, milestone) in model.milestones.iter().enumerate() {
        let says = format!("{} reached within the horizon", milestone.title);
        ask(format!("milestone.{}", milestone.id), says, model.date_of(index), model.months as f64, false);
    }
    let main = study.main_outcome().unwrap_or_default();
    if let Some(outcome) = find(&main) {
        ask(main, "above 0".into(), outcome, 0.0, true);
    }
    if faults.is_empty() { Ok(questions) } else { Err(faults) }
}

/// The estimates, by scenario: id, what was asked, what was counted.
pub fn rare(found: &[(String, Vec<Question>, Weighted)], tilts: Vec<String>, confidence: f64) -> Rare {
    let scenarios = found.iter().map(|(id, questions, weighted)| {
        let mean_weight = mean_weight(&weighted.all, confidence);
        let sound = sound(&weighted.all);
        let pairs = questions.iter().zip(&weighted.weights);
        let events = pairs.map(|(question, sides)| event(question, sides, &weighted.all, sound, confidence)).collect();
        RareCase { id: id.clone(), mean_weight, effective: weighted.all.effective(), events }
    });
    let trials = found.first().map_or(0, |(_, _, weighted)| weighted.all.count);
    Rare { trials, confidence, tilts, scenarios: scenarios.collect() }
}

fn variance(all: &Weights) -> f64 {
    let n = all.count as f64;
    let mean = all.sum.value() / n;
    (all.squares.value() / n - mean * mean).max(0.0) * n / (n - 1.0)
}

fn mean_weight(all: &Weights, confidence: f64) -> Estimate {
    let mean = all.sum.value() / all.count as f64;
    let interval = mean_interval(mean, variance(all), all.count, confidence);
    let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
    Estimate { value: Some(mean), low, high, ..Estimate::default() }
}

/// Whether the weights add up to what they must. (A hair is granted to roundings.)
fn sound(all: &Weights) -> bool {
    let n = all.count as f64;
    let error = if all.count > 1 { (variance(all) / n).sqrt() } else { f64::INFINITY };
    (all.sum.value() / n - 1.0).abs() <= FARTHEST * error + 1e-9
}

/// Estimates an event, or that it does not happen where that is rarer, so that no digit is lost.
fn event(question: &Question, sides: &[Weights; 2], all: &Weights, sound: bool, confidence: f64) -> RareEvent {
    let [hits, misses] = if question.above { [&sides[0], &sides[1]] } else { [&sides[1], &sides[0]] };
    let turned = hits.sum.value() > misses.sum.value();
    let rarer = if turned { misses } else { hits };
    let (n, sum, effective) = (all.count as f64, rarer.sum.value(), rarer.effective());
    // Where nothing was seen, what was not seen may have any weight.
    let largest = if rarer.count == 0 { all.largest } else { rarer.largest };
    let Interval { low, high } = weighted_interval(sum, rarer.squares.value(), largest, all.count, confidence);
    let value = (sum / n).min(1.0);
    let note = if !sound {
        "the weights do not add up to what they must".into()
    } else if rarer.count > 0 && effective < LEAST_EFFECTIVE {
        let trials = n * LEAST_EFFECTIVE / effective;
        let step = if trials < 1e6 { 1e3 } else { 1e5 };
        let trials = (trials / step).ceil() * step;
        format!("hits count as {effective:.1} of the {LEAST_EFFECTIVE} needed: about {trials} trials, or another tilt")
    } else {
        String::new()
    };
    let known = |p: f64| note.is_empty().then_some(if turned { 1.0 - p } else { p });
    let (low, high) = if turned { (known(high), known(low)) } else { (known(low), known(high)) };
    RareEvent {
        name: question.name.clone(),
        says: question.says.clone(),
        hits: rarer.count,
        effective_hits: effective,
        largest_share: if sum > 0.0 { rarer.largest / sum } else { 0.0 },
        probability: Estimate { value: known(value), low, high, note, ..Estimate::default() },
    }
}
