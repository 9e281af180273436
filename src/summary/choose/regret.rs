//! What is lost by a set in scenarios other than the one it was chosen in.
//!
//! Regret is what a choice loses against the best that could have been chosen, had one known which scenario comes (Savage, "The
//! theory of statistical decision", Journal of the American Statistical Association 46, 1951). No scenario has a probability: the
//! set of the smallest largest regret is the one that is never far from the best.

use serde::Serialize;

use super::{Choice, Effort, Failure, Goal};
use crate::simulation::Progress;
use crate::statistics::selection::distances;
use crate::study::Study;
use crate::study::choose::{MeasureSet, Measures};
use crate::summary::Estimate;

/// Most trials of a set in a scenario: there are as many as scenarios times sets.
pub(super) const MOST_TRIALS: u64 = 500;

/// What is lost by a set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegretOf {
    /// Ids of its measures.
    pub measures: Vec<String>,
    /// What they cost together.
    pub cost: f64,
    /// By scenario: how much worse the statistic is than that of the best of these sets there.
    pub by_scenario: Vec<Estimate>,
    /// The largest of these.
    pub largest: Estimate,
}

/// What is lost by each of a few sets in every scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Regrets {
    /// Ids of the scenarios.
    pub scenarios: Vec<String>,
    /// Trials of each set in each scenario.
    pub trials: u64,
    /// The sets, by cost.
    pub sets: Vec<RegretOf>,
    /// The set with the smallest largest regret, of equal ones the cheapest.
    pub smallest: usize,
}

/// What is lost by the sets on the shortlist in every scenario; none where there is but one.
///
/// # Errors
/// See [`Failure`].
pub fn regrets(
    study: &Study,
    choice: &Choice,
    goal: &Goal,
    effort: &Effort,
    progress: &Progress,
) -> Result<Option<Regrets>, Failure> {
    let shortlist = choice.shortlist();
    let scenarios: Vec<String> = study.scenario_ids().map(String::from).collect();
    if scenarios.len() < 2 || shortlist.len() < 2 {
        return Ok(None);
    }
    let sets: Vec<MeasureSet> = shortlist.iter().map(|set| set.set).collect();
    let trials = effort.trials.min(MOST_TRIALS);
    let mut found: Vec<RegretOf> = Vec::new();
    found.extend(shortlist.iter().map(|set| RegretOf {
        measures: set.measures.clone(),
        cost: set.cost,
        by_scenario: Vec::new(),
        largest: Estimate::default(),
    }));
    for scenario in &scenarios {
        let refused = |faults: Vec<String>| Failure::Set(format!("scenario {scenario}: {}", faults.join("; ")));
        let measures = Measures::new(study, scenario, &goal.statistic).map_err(refused)?;
        let losses = goal.losses_of(&measures, &sets, 0..trials, effort.threads, progress)?;
        let losses: Vec<&[f64]> = losses.iter().map(|losses| &losses[..]).collect();
        let distances = distances(&losses, scenarios.len(), effort.confidence);
        for (one, (value, ends)) in found.iter_mut().zip(distances) {
            one.by_scenario.push(estimate(value, ends.low, ends.high));
        }
    }
    for one in &mut found {
        let largest = |end: fn(&Estimate) -> Option<f64>| one.by_scenario.iter().filter_map(end).fold(0.0, f64::max);
        one.largest = estimate(largest(|one| one.value), largest(|one| one.low), largest(|one| one.high));
    }
    let worst = |index: usize| found[index].largest.value.unwrap_or(f64::INFINITY);
    let smallest = (0..found.len()).reduce(|a, b| if worst(b) < worst(a) { b } else { a }).unwrap_or(0);
    Ok(Some(Regrets { scenarios, trials, sets: found, smallest }))
}

fn estimate(value: f64, low: f64, high: f64) -> Estimate {
    Estimate { value: Some(value), low: Some(low), high: Some(high), ..Estimate::default() }
}
