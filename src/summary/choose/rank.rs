//! All sets within a budget, screened in stages.

use std::collections::BTreeMap;

use super::{Effort, Failure, Goal, SetResult, StageOf};
use crate::simulation::Progress;
use crate::statistics::selection::{Paired, mean, miss_of_each, screen, stages};
use crate::study::choose::{MeasureSet, Measures};

/// So many sets are all simulated; of more, those on the way of the largest gain per cost.
pub const MOST_SETS: usize = 4096;

/// All stages together have at most as many trials as so many sets that go through to the end; the first takes half of them.
pub(super) const SETS_IN_FULL: u64 = 20;

/// The least and most trials of a set in the first stage: rare events must have come.
const LEAST_FIRST: u64 = 64;
const MOST_FIRST: u64 = 1024;

/// A further stage has at least a quarter more trials.
const MORE: f64 = 1.25;

/// Most values of trials that are held in memory: no more trials are added where there would be more.
const MOST_VALUES: u64 = 1 << 26;

/// What is known of the sets.
pub(super) struct Ranked {
    pub greedy: bool,
    pub considered: usize,
    pub stages: Vec<StageOf>,
    pub sets: Vec<SetResult>,
}

/// All sets within the budget by cost, and whether they are only those on the way of the largest gain per cost.
fn sets_within(
    measures: &Measures,
    goal: &Goal,
    budget: f64,
    effort: &Effort,
    progress: &Progress,
) -> Result<(Vec<MeasureSet>, bool), Failure> {
    let (mut sets, greedy) = match measures.sets(budget, MOST_SETS) {
        Some(sets) => (sets, false),
        None => (greedy(measures, goal, budget, effort, progress)?, true),
    };
    sets.sort_by(|a, b| measures.cost(*a).total_cmp(&measures.cost(*b)).then(a.cmp(b)));
    Ok((sets, greedy))
}

/// The sets that are met on the way from nothing, each step adding the measure with the largest gain per cost until none gains
/// anything or fits the budget.
fn greedy(
    measures: &Measures,
    goal: &Goal,
    budget: f64,
    effort: &Effort,
    progress: &Progress,
) -> Result<Vec<MeasureSet>, Failure> {
    let trials = 0..effort.trials.min(MOST_FIRST);
    let mut tried = vec![MeasureSet::NONE];
    let losses = |sets: &[MeasureSet]| goal.losses_of(measures, sets, trials.clone(), effort.threads, progress);
    let (mut here, mut lost) = (MeasureSet::NONE, mean(&losses(&tried)?[0]));
    loop {
        let joins: Vec<usize> = (0..measures.all.len()).filter(|&one| measures.may_join(here, one, budget)).collect();
        let next: Vec<MeasureSet> = joins.iter().map(|&one| here.with(one)).collect();
        let means: Vec<f64> = losses(&next)?.iter().map(|values| mean(values)).collect();
        tried.extend(&next);
        let gain = |place: usize| (lost - means[place]) / measures.all[joins[place]].cost;
        let better = (0..next.len()).filter(|&place| means[place] < lost);
        let Some(best) = better.reduce(|a, b| if gain(b) > gain(a) { b } else { a }) else { return Ok(tried) };
        (here, lost) = (next[best], means[best]);
    }
}

/// A set on its way through the stages.
struct Seen {
    set: MeasureSet,
    cost: f64,
    losses: Vec<f64>,
    best_in_trials: u64,
}

/// Ranks all sets.
pub(super) fn rank(
    measures: &Measures,
    goal: &Goal,
    budget: f64,
    effort: &Effort,
    progress: &Progress,
) -> Result<Ranked, Failure> {
    let (sets, greedy) = sets_within(measures, goal, budget, effort, progress)?;
    let considered = sets.len();
    let mut distinct = BTreeMap::new();
    sets.iter().enumerate().for_each(|(place, set)| {
        distinct.entry(measures.signature(*set)).or_insert(place);
    });
    let mut kept: Vec<usize> = distinct.into_values().collect();
    kept.sort_unstable();
    let mut seen: Vec<Seen> = kept
        .iter()
        .map(|&place| Seen {
            set: sets[place],
            cost: measures.cost(sets[place]),
            losses: Vec::new(),
            best_in_trials: 0,
        })
        .collect();
    let most = SETS_IN_FULL * effort.trials;
    let first = (most / 2 / seen.len() as u64).clamp(LEAST_FIRST, MOST_FIRST);
    let planned = stages(first, effort.trials);
    let miss = miss_of_each(seen.len(), planned.len(), effort.confidence);
    let (mut done, mut dropped, mut before, mut used) = (Vec::new(), Vec::new(), 0, 0);
    for &trials in &planned {
        let trials =
            trials.min(before + most.saturating_sub(used) / seen.len() as u64).min(MOST_VALUES / seen.len() as u64);
        let trials = if before == 0 { first.min(effort.trials) } else { trials };
        if before > 0 && (trials as f64) < MORE * before as f64 && trials < effort.trials {
            break;
        }
        used += (trials - before) * seen.len() as u64;
        let asked: Vec<MeasureSet> = seen.iter().map(|one| one.set).collect();
        let more = goal.losses_of(measures, &asked, before..trials, effort.threads, progress)?;
        seen.iter_mut().zip(more).for_each(|(one, more)| one.losses.extend(more));
        if before == 0 {
            count_wins(&mut seen);
        }
        done.push(StageOf { trials, sets: seen.len() });
        before = trials;
        let nothing = seen.iter().find(|one| one.set == MeasureSet::NONE).map_or(Vec::new(), |one| one.losses.clone());
        let stays = screened(&seen, miss, false);
        let (stay, out): (Vec<_>, Vec<_>) = seen.into_iter().zip(stays).partition(|(_, stays)| *stays);
        seen = stay.into_iter().map(|(one, _)| one).collect();
        let of_dropped = |(one, _): (Seen, bool)| {
            let change = goal.difference(&Paired::new(&one.losses, &nothing), effort.confidence);
            SetResult { change: Some(change), ..result(measures, goal, &one, effort.confidence) }
        };
        let mut out: Vec<SetResult> = out.into_iter().map(of_dropped).collect();
        by_statistic(&mut out, goal);
        dropped.splice(0..0, out);
    }
    let mut sets = finished(measures, goal, seen, miss, effort.confidence);
    sets.extend(dropped);
    Ok(Ranked { greedy, considered, stages: done, sets })
}

/// Counts for each set the trials in which it is the best.
fn count_wins(seen: &mut [Seen]) {
    let trials = seen.first().map_or(0, |one| one.losses.len());
    for trial in 0..trials {
        let better = |a: usize, b: usize| if seen[b].losses[trial] < seen[a].losses[trial] { b } else { a };
        let best = (0..seen.len()).reduce(better).unwrap_or(0);
        seen[best].best_in_trials += 1;
    }
}

/// Which sets stay: none that costs as much or less is clearly better; or none at all, if `whatever_the_cost`.
fn screened(seen: &[Seen], miss: f64, whatever_the_cost: bool) -> Vec<bool> {
    let losses: Vec<&[f64]> = seen.iter().map(|one| &one.losses[..]).collect();
    let end = |one: &Seen| match whatever_the_cost {
        true => seen.len(),
        false => seen.partition_point(|other| other.cost <= one.cost),
    };
    screen(&losses, &seen.iter().map(end).collect::<Vec<_>>(), miss)
}

fn result(measures: &Measures, goal: &Goal, seen: &Seen, confidence: f64) -> SetResult {
    SetResult {
        measures: measures.ids(seen.set),
        cost: seen.cost,
        trials: seen.losses.len() as u64,
        estimate: goal.estimate(&seen.losses, confidence),
        difference: None,
        change: None,
        may_be_best: false,
        is_efficient: false,
        best_in_trials: seen.best_in_trials,
        set: seen.set,
    }
}

/// The best first, of equal ones the cheapest.
fn by_statistic(sets: &mut [SetResult], goal: &Goal) {
    let lost =
        |set: &SetResult| set.estimate.value.map_or(f64::INFINITY, |value| if goal.maximise { -value } else { value });
    sets.sort_by(|a, b| lost(a).total_cmp(&lost(b)).then(a.cost.total_cmp(&b.cost)).then(a.set.cmp(&b.set)));
}

/// The sets that stayed, by cost as they come, with all that is said of them.
fn finished(measures: &Measures, goal: &Goal, seen: Vec<Seen>, miss: f64, confidence: f64) -> Vec<SetResult> {
    let may_be_best = screened(&seen, miss, true);
    let means: Vec<f64> = seen.iter().map(|one| mean(&one.losses)).collect();
    let best = (0..seen.len()).reduce(|a, b| if means[b] < means[a] { b } else { a }).unwrap_or(0);
    let pairs = (seen.len() * seen.len().saturating_sub(1) / 2).max(1) as f64;
    let together = 1.0 - (1.0 - confidence) / pairs;
    let nothing = seen.iter().find(|one| one.set == MeasureSet::NONE);
    let mut least = f64::INFINITY;
    let mut found: Vec<SetResult> = Vec::new();
    for (index, one) in seen.iter().enumerate() {
        let end = seen.partition_point(|other| other.cost <= one.cost);
        let is_efficient = means[index] < least && means[index..end].iter().all(|other| *other >= means[index]);
        least = least.min(means[index]);
        let paired = Paired::new(&one.losses, &seen[best].losses);
        found.push(SetResult {
            difference: Some(goal.difference(&paired, together)),
            change: nothing.map(|nothing| goal.difference(&Paired::new(&one.losses, &nothing.losses), together)),
            may_be_best: may_be_best[index],
            is_efficient,
            ..result(measures, goal, one, confidence)
        });
    }
    by_statistic(&mut found, goal);
    found
}
