//! Every trial handed on in the order of their numbers, whichever thread simulated it.

use std::ops::Range;
use std::sync::{Condvar, Mutex};

use super::lock;
use crate::engine::{Engine, Scratch};
use crate::model::Model;
use crate::simd::LANES;

/// Most bytes that a thread keeps of trials before it hands them on.
const MOST_KEPT: u64 = 8 << 20;

/// What is kept of every trial of a model, beside its outcomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// All inputs that are drawn once a trial, those too that the trial had no need of.
    pub inputs: bool,
    /// These series, by index.
    pub series: Vec<usize>,
}

impl Kept {
    /// How many numbers that are for every trial of `model`.
    fn numbers(&self, model: &Model) -> u64 {
        let inputs = if self.inputs { model.inputs.drawn.len() } else { 0 };
        (model.outcomes.len() + inputs + self.series.len() * model.months) as u64
    }
}

/// What was kept of some trials in a row of one model, trial after trial.
#[derive(Clone, Debug, Default)]
pub struct TrialRows {
    kept: Kept,
    /// By trial and outcome, in the order of the model; infinite for "never".
    pub outcomes: Vec<f64>,
    /// By trial and slot.
    pub inputs: Vec<f64>,
    /// By trial, series that is kept, and month; infinite where it has no value.
    pub series: Vec<f64>,
}

impl TrialRows {
    /// Takes in the trials from `first` on that were simulated last.
    pub(super) fn take(&mut self, engine: &Engine<'_>, first: u64, scratch: &mut Scratch) {
        let batch = if self.kept.inputs { engine.with_all_inputs(first, scratch) } else { scratch.batch() };
        for lane in 0..batch.count {
            self.outcomes.extend(batch.outcomes.iter().map(|lanes| lanes.0[lane]));
            if self.kept.inputs {
                self.inputs.extend(batch.draws.inputs.iter().map(|lanes| lanes.0[lane]));
            }
            for index in &self.kept.series {
                self.series.extend(batch.series.column(*index).map(|lanes| lanes.0[lane]));
            }
        }
    }
}

/// Takes trials in a row, and what was kept of them by model; false if it can take no more, which ends the simulation.
pub type Take<'a> = dyn FnMut(Range<u64>, &[&TrialRows]) -> bool + Send + 'a;

/// Hands trials on in order: a thread that has simulated some waits until those before them are handed on. So no more is kept
/// than what the threads have at hand.
pub struct Recorder<'a> {
    /// By model.
    kept: &'a [Kept],
    turn: Mutex<Turn<'a>>,
    turned: Condvar,
}

struct Turn<'a> {
    /// The trial that comes next.
    next: u64,
    is_over: bool,
    take: &'a mut Take<'a>,
}

impl<'a> Recorder<'a> {
    /// Of trials from `first` on.
    pub fn new(first: u64, kept: &'a [Kept], take: &'a mut Take<'a>) -> Self {
        Recorder { kept, turn: Mutex::new(Turn { next: first, is_over: false, take }), turned: Condvar::new() }
    }

    /// Room for trials of a model.
    pub(super) fn rows(&self, model: usize) -> TrialRows {
        TrialRows { kept: self.kept[model].clone(), ..TrialRows::default() }
    }

    /// At most so many trials at once, of these models.
    pub(super) fn at_once(&self, models: &[&Model]) -> u64 {
        let of_a_trial: u64 = models.iter().zip(self.kept).map(|(model, kept)| kept.numbers(model)).sum();
        let most = MOST_KEPT / (8 * of_a_trial).max(1);
        (most / LANES as u64 * LANES as u64).max(LANES as u64)
    }

    /// Waits for the turn of these trials and hands them on; false if no more are taken.
    pub(super) fn hand_on(&self, trials: Range<u64>, rows: &[&TrialRows]) -> bool {
        let mut turn = lock(&self.turn);
        while turn.next != trials.start && !turn.is_over {
            turn = self.turned.wait(turn).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        turn.next = trials.end;
        turn.is_over = turn.is_over || !(turn.take)(trials, rows);
        self.turned.notify_all();
        !turn.is_over
    }
}

/// Held by a thread that hands trials on: should it panic, no other waits for it.
pub(super) struct Waited<'r, 'a>(pub Option<&'r Recorder<'a>>);

impl Drop for Waited<'_, '_> {
    fn drop(&mut self) {
        if let Some(recorder) = self.0.filter(|_| std::thread::panicking()) {
            lock(&recorder.turn).is_over = true;
            recorder.turned.notify_all();
        }
    }
}
