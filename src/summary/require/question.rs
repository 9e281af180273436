//! What is asked, and what the values are of what is moved.

use std::fmt;

use serde::Serialize;

use crate::model::{Input, Model};
use crate::random::Key;
use crate::simulation;
use crate::study::require::{Change, Lever, Move, Required};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// How likely the claim is to be.
    pub at_least: f64,
    /// Trials.
    pub trials: u64,
    /// Confidence of every interval.
    pub confidence: f64,
    /// Threads; 0 takes all cores.
    pub threads: usize,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The simulation.
    Simulation(simulation::Error),
    /// The config does not take a number that a setting would have.
    Setting(String),
}

impl From<simulation::Error> for Problem {
    fn from(error: simulation::Error) -> Self {
        Problem::Simulation(error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Simulation(error) => error.fmt(f),
            Problem::Setting(fault) => f.write_str(fault),
        }
    }
}

/// What the values of something that is moved are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Values of an input or a setting.
    Value,
    /// Fractions of one: a percentile, as several inputs are moved together.
    Percentile,
    /// 1 if it succeeds, 0 if it fails.
    Success,
    /// Plants more than announced.
    Plants,
    /// Months sooner.
    Months,
    /// Fraction of demand less.
    Less,
}

impl Measure {
    /// As in files.
    pub fn word(self) -> &'static str {
        match self {
            Measure::Value => "value",
            Measure::Percentile => "percentile",
            Measure::Success => "success",
            Measure::Plants => "plants",
            Measure::Months => "months",
            Measure::Less => "less",
        }
    }
}

/// The number of trials that make the probability asked. A little is taken off, so that 30 % of 1000 is 300.
pub fn goal(question: &Question) -> u64 {
    ((question.at_least * question.trials as f64 - 1e-9).ceil() as u64).max(1)
}

/// How many of them hold.
pub fn count(holds: &[bool]) -> u64 {
    holds.iter().filter(|holds| **holds).count() as u64
}

/// An input that is moved with others: what it is then, where all that is its own is at the median.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Example {
    /// Path of the input.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// What the input that hangs most on a stream is then.
pub fn example(model: &Model, key: Key, at: f64) -> Option<Example> {
    let (slot, value) = model.median_with_common_at(key, at)?;
    Some(Example { name: model.inputs.drawn[slot].name.clone(), value })
}

/// What a lever moves, where it has no name of its own.
pub fn name(lever: &Lever) -> String {
    match &lever.moves {
        Move::Changes(changes) => match changes[..] {
            [(Change::Plants, _)] => "more plants".into(),
            [(Change::Sooner, _)] => "plants sooner".into(),
            [(Change::Demand, _)] => "less demand".into(),
            _ => "two changes".into(),
        },
        _ => lever.name.clone(),
    }
}

/// What its values are.
pub fn measure(model: &Model, lever: &Lever) -> Measure {
    match &lever.moves {
        Move::Inputs(slots) => match slots[..] {
            [slot] if model.inputs.drawn[slot].distribution.is_some() => Measure::Value,
            _ => Measure::Percentile,
        },
        Move::Chances(_) => Measure::Success,
        Move::Common(_) => Measure::Percentile,
        Move::Setting(_) => Measure::Value,
        Move::Changes(changes) => match changes[..] {
            [(Change::Plants, _)] => Measure::Plants,
            [(Change::Sooner, _)] => Measure::Months,
            [(Change::Demand, _)] => Measure::Less,
            _ => Measure::Percentile,
        },
    }
}

/// What is told of a lever at `at`.
pub fn value(required: &Required, lever: &Lever, at: f64) -> f64 {
    match &lever.moves {
        Move::Inputs(slots) => match slots[..] {
            [slot] => quantile(&required.model, slot, at),
            _ => at,
        },
        Move::Changes(changes) => match changes[..] {
            [(Change::Plants, scale)] => required.plants(scale * at),
            [(_, scale)] => scale * at,
            _ => at,
        },
        _ => at,
    }
}

/// The value of an input at a probability; of a uniform number, that itself.
pub fn quantile(model: &Model, slot: usize, at: f64) -> f64 {
    match (&model.inputs.drawn[slot].distribution, model.inputs.bounds(Input::Drawn(slot))) {
        (Some(_), (low, _)) if at <= 0.0 => low,
        (Some(_), (_, high)) if at >= 1.0 => high,
        (Some(law), _) => law.quantile(at),
        (None, _) => at,
    }
}
