//! The ranges of a few inputs that together raise a claim's probability most, measured in fresh trials.

use serde::Serialize;

use super::question::{Example, Measure, Problem, Question, count, example, quantile};
use crate::model::{Gate, Input, Model};
use crate::random::Key;
use crate::simulation::{self, Progress};
use crate::statistics::prim::{self, Limit, Measured};
use crate::study::require::{Lever, Move, Required};
use crate::summary::estimate::{Estimate, Estimator};

/// Fewer trials than this in which it holds tell nothing of a box.
pub const FEWEST_HITS: u64 = 30;

/// Most inputs whose range is limited.
const MOST_LIMITED: usize = 4;

/// Most inputs that are looked at.
const MOST_COLUMNS: usize = 20;

/// The box, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoxOfInputs {
    /// What is in it: `holds`, or `fails` where the claim is as likely as asked already.
    pub what: &'static str,
    /// Inputs that were looked at.
    pub looked_at: usize,
    /// In how many of the trials in which the box was looked for that is so.
    pub hits: u64,
    /// Their ranges; none if nothing was found.
    pub ranges: Vec<Range>,
    /// What fresh trials say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh: Option<Held>,
}

/// The range of an input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Range {
    /// Path of the input, or of what correlated inputs have in common.
    pub name: String,
    /// What its values are.
    pub measure: Measure,
    /// How many inputs it stands for.
    pub inputs: usize,
    /// Above this, if there is a limit.
    pub low: Option<f64>,
    /// Below this, if there is a limit.
    pub high: Option<f64>,
    /// Of correlated inputs: what the one that hangs most on what they have in common is at these limits; none of chances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

/// A box, in trials other than those in which it was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Held {
    /// Trials.
    pub trials: u64,
    /// How likely it is in all of them.
    pub base: Estimate,
    /// How likely it is in the box.
    pub density: Estimate,
    /// Share of those in which it is so that lie in the box.
    pub coverage: Estimate,
    /// Share of all that lie in the box.
    pub mass: Estimate,
}

/// An input as the box sees it.
struct Column {
    name: String,
    inputs: usize,
    of: Of,
}

enum Of {
    /// The probability of which the input in this slot is the quantile.
    Input(usize),
    /// Whether the gate of this chance opens, which it does below a probability.
    Gate(usize, f64),
    /// The uniform number of a stream.
    Common(Key),
}

impl Column {
    fn value(&self, model: &Model, trial: u64) -> f64 {
        match self.of {
            Of::Input(slot) => model.probability_of(slot, trial),
            Of::Gate(slot, probability) => {
                if model.probability_of(slot, trial) < probability {
                    1.0
                } else {
                    0.0
                }
            }
            Of::Common(key) => key.uniform(trial),
        }
    }

    fn range(&self, model: &Model, limit: &Limit) -> Range {
        let (measure, of): (_, Box<dyn Fn(f64) -> f64>) = match self.of {
            Of::Input(slot) if model.inputs.drawn[slot].distribution.is_some() => {
                (Measure::Value, Box::new(move |at| quantile(model, slot, at)))
            }
            Of::Gate(..) => (Measure::Success, Box::new(|at| at)),
            _ => (Measure::Percentile, Box::new(|at| at)),
        };
        let end = |end: f64| end.is_finite().then(|| of(end));
        let ends = [limit.low, limit.high].into_iter().filter(|end| end.is_finite());
        let examples = match self.of {
            Of::Common(key) => ends.filter_map(|end| example(model, key, end)).collect(),
            _ => Vec::new(),
        };
        Range {
            examples,
            name: self.name.clone(),
            measure,
            inputs: self.inputs,
            low: end(limit.low),
            high: end(limit.high),
        }
    }
}

/// Looks for the box in the trials of which `holds` tells, and measures it in as many others.
/// If the claim is as likely as asked already, it is a box in which it fails.
pub(super) fn look(
    required: &Required,
    (question, reached): (&Question, bool),
    levers: &[Lever],
    holds: &[bool],
    progress: &Progress,
) -> Result<BoxOfInputs, Problem> {
    let model = &required.model;
    let columns = columns(model, levers);
    // Where it holds as often as asked, what is of interest is where it fails.
    let is_hit = |holds: &bool| *holds != reached;
    let hits: Vec<bool> = holds.iter().map(is_hit).collect();
    let what = if reached { "fails" } else { "holds" };
    let mut found = BoxOfInputs { what, looked_at: columns.len(), hits: count(&hits), ranges: Vec::new(), fresh: None };
    if found.hits < FEWEST_HITS {
        return Ok(found);
    }
    let values = |first: u64| -> Vec<Vec<f64>> {
        let of = |column: &Column| (first..first + question.trials).map(|trial| column.value(model, trial)).collect();
        columns.iter().map(of).collect()
    };
    let goal = if reached { 1.0 - question.at_least } else { question.at_least };
    let limits = prim::discover(&values(0), &hits, MOST_LIMITED, goal);
    if limits.is_empty() {
        return Ok(found);
    }
    let fresh: Vec<u64> = (question.trials..2 * question.trials).collect();
    let holds = simulation::holding(model, 0, &fresh, question.threads, progress)?;
    let hits: Vec<bool> = holds.iter().map(is_hit).collect();
    let measured = prim::measure(&limits, &values(question.trials), &hits);
    let held = held(&measured, question.confidence);
    // What is no likelier in the box than elsewhere is not worth telling.
    if held.density.low > held.base.value {
        found.ranges = limits.iter().map(|limit| columns[limit.column].range(model, limit)).collect();
    }
    found.fresh = Some(held);
    Ok(found)
}

fn held(measured: &Measured, confidence: f64) -> Held {
    let share = |hits: u64, of: u64| Estimator::new(of, confidence, &[]).probability(hits);
    Held {
        trials: measured.trials,
        base: share(measured.hits, measured.trials),
        density: share(measured.hits_inside, measured.inside),
        coverage: share(measured.hits_inside, measured.hits),
        mass: share(measured.inside, measured.trials),
    }
}

/// The inputs of these levers, each once.
fn columns(model: &Model, levers: &[Lever]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut seen: Vec<Key> = Vec::new();
    let mut add = |key: Key, column: Column| {
        if !seen.contains(&key) {
            seen.push(key);
            columns.push(column);
        }
    };
    let name = |slot: usize| model.inputs.drawn[slot].name.clone();
    for lever in levers {
        match &lever.moves {
            Move::Inputs(slots) => slots.iter().for_each(|&slot| {
                add(model.inputs.drawn[slot].key, Column { name: name(slot), inputs: 1, of: Of::Input(slot) });
            }),
            Move::Chances(slots) => slots.iter().for_each(|&slot| {
                let of = gate(model, slot).map_or(Of::Input(slot), |probability| Of::Gate(slot, probability));
                add(model.inputs.drawn[slot].key, Column { name: name(slot), inputs: 1, of });
            }),
            Move::Common(key) => {
                add(*key, Column { name: lever.name.clone(), inputs: lever.inputs, of: Of::Common(*key) })
            }
            Move::Setting(_) | Move::Changes(_) => {}
        }
    }
    columns.truncate(MOST_COLUMNS);
    columns
}

/// The probability with which the gate of a chance opens, if it is known.
fn gate(model: &Model, slot: usize) -> Option<f64> {
    let mut gates = model.projects.iter().flat_map(|project| &project.gates);
    let known = |gate: &Gate| if let Input::Known(probability) = gate.probability { Some(probability) } else { None };
    gates.find(|gate| gate.chance == Input::Drawn(slot)).and_then(known)
}
