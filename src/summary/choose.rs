//! Which measures to take within a budget: all sets of them on the same random numbers, those that may be the best, what each
//! sum buys, and what it is worth to know more before choosing.
//!
//! The set that looks best is in part the one that was lucky in these trials (the winner's curse; Smith & Winkler, "The
//! optimizer's curse: skepticism and postdecision surprise in decision analysis", Management Science 52, 2006): it is estimated
//! again on trials that had no part in choosing it.

mod information;
mod rank;
mod regret;

use std::fmt;

use serde::Serialize;

use super::Estimate;
use super::estimate::Estimator;
use super::main_outcome::main_outcome;
use crate::model::{Model, OutcomeKind, Statistic, Unit, statistic_of_trials};
use crate::simulation::{self, Progress};
use crate::statistics::mean_interval;
use crate::statistics::selection::{Paired, mean};
use crate::study::Study;
use crate::study::choose::{MeasureSet, Measures};

pub use information::{Information, Known, LEAST_TRIALS, among_scenarios, information};
pub use rank::MOST_SETS;
pub use regret::{RegretOf, Regrets, regrets};

/// What is chosen by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Goal {
    /// The statistic, as in `mean(total_shortage.allies.magnets)`.
    pub statistic: String,
    /// Whether it is to be large, and not small.
    pub maximise: bool,
    /// Its unit.
    pub unit: Unit,
    /// Whether it is a probability.
    pub is_probability: bool,
}

/// How the sets of measures are simulated.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Most trials of a set.
    pub trials: u64,
    /// Confidence of every interval, and that the best set is among those that are told to be.
    pub confidence: f64,
    /// Threads; 0 takes all cores.
    pub threads: usize,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The simulation has none.
    Simulation(simulation::Error),
    /// A set of measures, or the statistic, is at fault.
    Set(String),
}

impl From<simulation::Error> for Failure {
    fn from(error: simulation::Error) -> Self {
        Failure::Simulation(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Simulation(error) => error.fmt(f),
            Failure::Set(why) => f.write_str(why),
        }
    }
}

/// A set of measures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetResult {
    /// Ids of its measures; empty for doing nothing.
    pub measures: Vec<String>,
    /// What they cost together.
    pub cost: f64,
    /// Trials that it was simulated in: fewer if it dropped out.
    pub trials: u64,
    /// The statistic.
    pub estimate: Estimate,
    /// How far the statistic is from that of the set that comes first, in the same trials: intervals of all sets hold together. None
    /// of a set that dropped out.
    pub difference: Option<Estimate>,
    /// How far it is from that of doing nothing, in the same trials: the intervals of those that stayed hold together.
    pub change: Option<Estimate>,
    /// Whether it may be the best set within the budget.
    pub may_be_best: bool,
    /// Whether no set that costs as much or less looks better.
    pub is_efficient: bool,
    /// In so many trials of the first stage it is the best of all sets, of equal ones the cheapest.
    pub best_in_trials: u64,
    /// Its measures, as the study has them.
    #[serde(skip)]
    pub set: MeasureSet,
}

/// A look at sets with some number of trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StageOf {
    /// Trials of each set so far.
    pub trials: u64,
    /// Sets that had them.
    pub sets: usize,
}

/// A set on fresh trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fresh {
    /// Ids of its measures.
    pub measures: Vec<String>,
    /// What they cost together.
    pub cost: f64,
    /// The statistic.
    pub estimate: Estimate,
    /// How far it is from that of doing nothing, in the same trials.
    pub change: Estimate,
}

/// The sets of measures, ranked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// Id of the scenario.
    pub scenario: String,
    /// What is chosen by.
    pub goal: Goal,
    /// The most that a set may cost; none if there is no limit.
    pub budget: Option<f64>,
    /// Unit of costs.
    pub cost_unit: String,
    /// Pairs of measures that change the same value differently, and are never taken together.
    pub conflicts: Vec<[String; 2]>,
    /// Whether not all sets were looked at, but those on the way of the largest gain per cost.
    pub greedy: bool,
    /// Sets within the budget, or those on that way.
    pub considered: usize,
    /// Stages of the selection.
    pub stages: Vec<StageOf>,
    /// Confidence of every interval.
    pub confidence: f64,
    /// All sets that differ in what they do: first those that stayed to the end, then those that dropped out, each by the statistic.
    pub sets: Vec<SetResult>,
    /// The set that comes first, then the cheapest that may be the best if that is another, on fresh trials.
    pub fresh: Vec<Fresh>,
    /// Number of fresh trials.
    pub fresh_trials: u64,
    /// What is lost by each of the sets worth a look, in every scenario.
    pub regrets: Option<Regrets>,
    /// What it is worth to know more before choosing, where that was asked for.
    pub information: Option<Information>,
}

/// So many sets of a kind are compared over scenarios, and by what is worth knowing.
const PART: usize = 6;

impl Choice {
    /// Sets that no set which costs as much or less looks better than, by cost.
    pub fn frontier(&self) -> Vec<&SetResult> {
        let mut found: Vec<&SetResult> = self.sets.iter().filter(|set| set.is_efficient).collect();
        found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        found
    }

    /// Sets that may be the best within the budget, in their order.
    pub fn candidates(&self) -> impl Iterator<Item = &SetResult> {
        self.sets.iter().filter(|set| set.may_be_best)
    }

    /// The cheapest set that may be the best.
    pub fn cheapest_candidate(&self) -> Option<&SetResult> {
        self.candidates().min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// Sets worth a closer look, by cost: some that may be the best, some that are efficient, and some that are the best of all in
    /// many trials, though not on average: they may be worth choosing where more is known, or in another scenario.
    pub fn shortlist(&self) -> Vec<&SetResult> {
        let mut found: Vec<&SetResult> = self.cheapest_candidate().into_iter().collect();
        found.extend(self.candidates().take(PART));
        let efficient = self.frontier();
        let spaced = efficient.len().div_ceil(PART).max(1);
        found.extend(efficient.iter().rev().step_by(spaced).chain(efficient.first()));
        let mut often: Vec<&SetResult> = self.sets.iter().filter(|set| set.best_in_trials > 0).collect();
        often.sort_by(|a, b| b.best_in_trials.cmp(&a.best_in_trials).then(a.set.cmp(&b.set)));
        found.extend(often.into_iter().take(PART));
        found.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.set.cmp(&b.set)));
        found.dedup_by_key(|set| set.set);
        found
    }
}

/// Measures of a set, as printed.
pub fn set_name(measures: &[String]) -> String {
    if measures.is_empty() { "(nothing)".into() } else { measures.join(" + ") }
}

impl Goal {
    /// Of a statistic; `model` is any of those that are compared.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(statistic: &str, maximise: bool, model: &Model) -> Result<Goal, String> {
        let parsed = parsed(statistic, model)?;
        let is_probability = matches!(parsed, Statistic::Zero(_) | Statistic::Never(_) | Statistic::Claim(_));
        Ok(Goal { statistic: statistic.into(), maximise, unit: parsed.unit(model), is_probability })
    }

    /// The model with the outcomes that the statistic needs, and the statistic in it.
    fn prepared(&self, mut model: Model) -> Result<(Model, Statistic), String> {
        let needs = |name: &str| self.statistic.contains(name);
        model.outcomes.retain(|spec| spec.kind == OutcomeKind::Milestone || needs(&spec.name));
        let statistic = parsed(&self.statistic, &model)?;
        Ok((model, statistic))
    }

    /// What is lost by each of `count` models in every trial: the statistic's number of the trial, turned around if large ones are
    /// good.
    fn losses(
        &self,
        count: usize,
        model: &(dyn Fn(usize) -> Result<Model, String> + Sync),
        trials: std::ops::Range<u64>,
        threads: usize,
        progress: &Progress,
    ) -> Result<Vec<Vec<f64>>, Failure> {
        let prepared = |index: usize| self.prepared(model(index)?);
        let mut values = simulation::values(count, prepared, trials, threads, progress)?.map_err(Failure::Set)?;
        if self.maximise {
            values.iter_mut().flatten().for_each(|value| *value = -*value);
        }
        Ok(values)
    }

    /// The same of sets of measures.
    fn losses_of(
        &self,
        measures: &Measures,
        sets: &[MeasureSet],
        trials: std::ops::Range<u64>,
        threads: usize,
        progress: &Progress,
    ) -> Result<Vec<Vec<f64>>, Failure> {
        let model = |index: usize| measures.model(sets[index]);
        self.losses(sets.len(), &model, trials, threads, progress)
    }

    /// The statistic, from what was lost in trials.
    fn estimate(&self, losses: &[f64], confidence: f64) -> Estimate {
        let (count, sign) = (losses.len() as u64, if self.maximise { -1.0 } else { 1.0 });
        if self.is_probability {
            let hits = losses.iter().filter(|loss| **loss != 0.0).count();
            return Estimator::new(count, confidence, &[]).probability(hits as u64);
        }
        let value = mean(losses);
        let variance =
            losses.iter().map(|loss| (loss - value) * (loss - value)).sum::<f64>() / (count as f64 - 1.0).max(1.0);
        let interval = mean_interval(sign * value, variance, count, confidence);
        let (low, high) = (interval.map(|ends| ends.low), interval.map(|ends| ends.high));
        Estimate { value: Some(sign * value), low, high, ..Estimate::default() }
    }

    /// How far one statistic is from another, from the paired differences of what was lost.
    fn difference(&self, paired: &Paired, confidence: f64) -> Estimate {
        let value = if self.maximise { 0.0 - paired.mean } else { paired.mean };
        if paired.variance == 0.0 {
            return Estimate { value: Some(value), note: "the same in every trial".into(), ..Estimate::default() };
        }
        let interval = mean_interval(value, paired.variance, paired.count, confidence);
        let (low, high) = (interval.map(|ends| ends.low), interval.map(|ends| ends.high));
        Estimate { value: Some(value), low, high, ..Estimate::default() }
    }
}

fn parsed(statistic: &str, model: &Model) -> Result<Statistic, String> {
    statistic_of_trials(statistic, model).map_err(|fault| match &fault.help {
        Some(help) => format!("{}: {help}", fault.message),
        None => fault.message.clone(),
    })
}

/// About how many trials it takes to choose in a study, if many sets stay to the end.
pub fn most_trials(study: &Study) -> u64 {
    (rank::SETS_IN_FULL + 3) * study.config.run.trials + regret::MOST_TRIALS * (3 * PART * study.scenarios.len()) as u64
}

/// Trials that tell which outcome is the main one, where the config does not.
const LOOK: u64 = 1000;

/// What is chosen by where nothing else is asked for: the mean of the main outcome, `named` by the config or that which a run
/// shows first. None if there is no shortage to look at.
///
/// # Errors
/// See [`simulation::Error`].
pub fn mean_of_main_outcome(
    model: &Model,
    named: Option<&str>,
    threads: usize,
) -> Result<Option<String>, simulation::Error> {
    let tallies = match named {
        Some(_) => Vec::new(),
        None => simulation::run(&[model], LOOK, threads, &Progress::default())?,
    };
    let found = main_outcome(model, named, &|outcome| tallies.iter().map(|tally| tally.outcome(outcome)).collect());
    Ok(found.map(|main| format!("mean({})", main.name)))
}

/// Ranks the sets of measures within a budget, and estimates the first again. `budget` is what they may cost, if that is limited.
///
/// # Errors
/// See [`Failure`].
pub fn choose(
    measures: &Measures,
    goal: &Goal,
    (budget, cost_unit): (Option<f64>, &str),
    effort: &Effort,
    progress: &Progress,
) -> Result<Choice, Failure> {
    let limit = budget.unwrap_or(f64::INFINITY);
    let ranked = rank::rank(measures, goal, limit, effort, progress)?;
    let id = |index: usize| measures.all[index].id.clone();
    let mut choice = Choice {
        scenario: measures.scenario.clone(),
        goal: goal.clone(),
        budget,
        cost_unit: cost_unit.into(),
        conflicts: measures.conflicts.iter().map(|pair| pair.map(id)).collect(),
        greedy: ranked.greedy,
        considered: ranked.considered,
        stages: ranked.stages,
        confidence: effort.confidence,
        sets: ranked.sets,
        fresh: Vec::new(),
        fresh_trials: effort.trials,
        regrets: None,
        information: None,
    };
    let mut again: Vec<MeasureSet> =
        choice.sets.first().into_iter().chain(choice.cheapest_candidate()).map(|set| set.set).collect();
    again.dedup();
    again.push(MeasureSet::NONE);
    let fresh = effort.trials..2 * effort.trials;
    let losses = goal.losses_of(measures, &again, fresh, effort.threads, progress)?;
    let nothing = &losses[again.len() - 1];
    let estimated = again.iter().zip(&losses).take(again.len() - 1).map(|(&set, own)| Fresh {
        measures: measures.ids(set),
        cost: measures.cost(set),
        estimate: goal.estimate(own, effort.confidence),
        change: goal.difference(&Paired::new(own, nothing), effort.confidence),
    });
    choice.fresh = estimated.collect();
    Ok(choice)
}
