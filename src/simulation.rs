//! Many trials on all cores. The only module that names rayon.

mod compare;
mod drivers;
mod holding;
mod in_order;
mod memory;
mod nested;
mod rare;
mod recorder;
mod side_by_side;
mod values;

pub use compare::compare;
pub use drivers::{total_effects, where_input};
pub use holding::holding;
pub use in_order::in_order;
pub use memory::{free_memory, memory};
pub use nested::nested;
pub use rare::{Untilted, rare};
pub use recorder::{Kept, Recorder, Take, TrialRows};
pub use side_by_side::side_by_side;
pub use values::values;

use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::engine::{Batch, Engine, Scratch, SharedDraws};
use crate::model::Model;
use crate::simd::LANES;
use crate::tally::{BLOCK, Block, Tally};
use recorder::Waited;

/// How far a run is; shared between the threads that simulate and whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    stopped: AtomicBool,
    paused: AtomicBool,
}

impl Progress {
    /// Trials done so far, over all scenarios.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Tells the simulation to stop soon: no more trials are begun.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Tells [`extend_until_stopped`] to return soon, as if it had been stopped, but not before it has done some trials.
    #[doc(hidden)]
    pub fn pause(&self) {
        self.paused.store(true, Ordering::Relaxed);
    }

    /// Ends a pause: whether the simulation may go on, which it may not once it was told to stop.
    #[doc(hidden)]
    pub fn go_on(&self) -> bool {
        self.paused.store(false, Ordering::Relaxed);
        !self.is_stopped()
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, trials: u64) {
        self.done.fetch_add(trials, Ordering::Relaxed);
    }
}

/// Why a simulation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It was told to stop.
    Stopped,
    /// A trial gave a value that is not a number, or an infinite one where that does not stand for "never": a fault of the
    /// program, and no figure can be trusted.
    NotANumber {
        /// Number of the first such trial.
        trial: u64,
        /// Index of the first model in which it does.
        model: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Stopped => f.write_str("the simulation was stopped"),
            Error::NotANumber { trial, .. } => write!(f, "trial {trial} gave a value that is not a number"),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// The same, naming the scenario; `scenarios` are the ids of the models, in their order.
    pub fn named<'a>(self, mut scenarios: impl Iterator<Item = &'a str>) -> crate::error::Error {
        match self {
            Error::Stopped => crate::error::Error::Stopped,
            Error::NotANumber { trial, model } => {
                crate::error::Error::NotANumber { scenario: scenarios.nth(model).unwrap_or_default().into(), trial }
            }
        }
    }
}

/// The first trial that gave a value which is not a number, as threads find it. All trials are simulated all the same, so
/// that which one is named does not depend on the threads.
struct FirstFault {
    key: AtomicU64,
    models: u64,
}

impl FirstFault {
    fn new(models: usize) -> Self {
        FirstFault { key: AtomicU64::new(u64::MAX), models: models as u64 }
    }

    fn record(&self, trial: u64, model: usize) {
        self.key.fetch_min(trial * self.models + model as u64, Ordering::Relaxed);
    }

    /// `Ok`, unless there was one or the simulation was told to stop.
    fn check(&self, progress: &Progress) -> Result<(), Error> {
        self.none()?;
        if progress.is_stopped() { Err(Error::Stopped) } else { Ok(()) }
    }

    /// `Ok`, unless there was one.
    fn none(&self) -> Result<(), Error> {
        match self.key.load(Ordering::Relaxed) {
            u64::MAX => Ok(()),
            key => Err(Error::NotANumber { trial: key / self.models, model: (key % self.models) as usize }),
        }
    }
}

/// Fewest trials that a thread takes on at once (and at most a block of them): the more there are, the less it costs a trial
/// that all counts of a model pass through the cache.
const LEAST_AT_ONCE: u64 = 512;

/// Simulates trials `0..trials` of every model on `threads` threads (0: all cores), and tallies each model by itself.
///
/// Every model sees the same trial numbers, so that models which agree on an input draw the same value for it. Results
/// do not depend on the number of threads.
///
/// # Errors
/// See [`Error`].
pub fn run(models: &[&Model], trials: u64, threads: usize, progress: &Progress) -> Result<Vec<Tally>, Error> {
    let empty = models.iter().map(|model| Tally::new(model)).collect();
    extend(models, empty, 0..trials, threads, progress)
}

/// Simulates more trials of every model, and adds them to the tallies of earlier ones: `0..n` and then `n..m` give the same
/// as `0..m`.
///
/// # Errors
/// See [`Error`].
pub fn extend(
    models: &[&Model],
    tallies: Vec<Tally>,
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Vec<Tally>, Error> {
    let asked: Vec<u64> = tallies.iter().map(|tally| tally.trials() + (trials.end - trials.start)).collect();
    let tallies = extend_until_stopped(models, tallies, trials, threads, progress)?;
    if tallies.iter().map(Tally::trials).eq(asked) { Ok(tallies) } else { Err(Error::Stopped) }
}

/// The same, but to be told to stop, or to pause, is no error. What has begun is then finished, so that all tallies are of the same trials:
/// `0..k`, for a `k` up to the end asked for. As many are in [`Tally::trials`], and they are the same as if `k` had been asked for.
///
/// # Errors
/// [`Error::NotANumber`].
pub fn extend_until_stopped(
    models: &[&Model],
    tallies: Vec<Tally>,
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Vec<Tally>, Error> {
    extend_and_record(models, tallies, trials, threads, progress, None)
}

/// The same, and every trial is handed on in the order of their numbers. If the recorder takes no more, the simulation is told to
/// stop.
///
/// # Errors
/// [`Error::NotANumber`].
pub fn extend_and_record(
    models: &[&Model],
    tallies: Vec<Tally>,
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
    recorder: Option<&Recorder<'_>>,
) -> Result<Vec<Tally>, Error> {
    let threads = if threads == 0 { cores() } else { threads };
    let twins = twins(models);
    // Each model that is simulated, and how many it stands for.
    let alike = |index: usize| twins.iter().filter(|twin| **twin == index).count() as u64;
    let distinct: Vec<(usize, u64)> =
        (0..models.len()).map(|index| (index, alike(index))).filter(|(_, alike)| *alike > 0).collect();
    let tallies: Vec<Mutex<Tally>> = tallies.into_iter().map(Mutex::new).collect();
    let simulated: Vec<&Model> = distinct.iter().map(|(index, _)| models[*index]).collect();
    let engines = Engine::sharing(&simulated);
    let share = trials.end.saturating_sub(trials.start) / (4 * threads as u64);
    let at_once = share.clamp(LEAST_AT_ONCE, BLOCK as u64).next_multiple_of(LANES as u64);
    let at_once = recorder.map_or(at_once, |recorder| recorder.at_once(models).min(at_once));
    // A thread without a share of the trials would only take memory.
    let shares = (trials.end - trials.start).div_ceil(at_once).try_into().unwrap_or(usize::MAX);
    let threads = threads.min(shares).max(1);
    let next = AtomicU64::new(trials.start);
    let keeps_scratches = memory::keeps_all(&engines);
    let first_fault = FirstFault::new(models.len());
    let worker = || {
        // Counts are in the shared tallies, so that memory does not grow with threads.
        let mut scratches: Vec<Option<Scratch>> = vec![None; engines.len()];
        let mut shared = SharedDraws::default();
        let Some(mut block) = models.first().map(|model| Block::new(model)) else { return };
        let _waited = Waited(recorder);
        while !progress.is_stopped() {
            let first = next.fetch_add(at_once, Ordering::Relaxed);
            if first >= trials.end {
                break;
            }
            let last = (first + at_once).min(trials.end);
            let mut rows: Vec<Option<TrialRows>> = vec![None; models.len()];
            for ((&(index, alike), engine), scratch) in distinct.iter().zip(&engines).zip(&mut scratches) {
                let tally = &tallies[index];
                block.fit(&lock(tally), first);
                rows[index] = recorder.map(|recorder| recorder.rows(index));
                let room = scratch.get_or_insert_with(|| engine.scratch());
                simulate(engine, first..last, room, &mut shared, &mut block, &mut rows[index]);
                if !keeps_scratches {
                    *scratch = None;
                }
                if let Some(lane) = block.faulty() {
                    first_fault.record(first + lane as u64, index);
                }
                lock(tally).absorb(&mut block);
                progress.add(alike * (last - first));
            }
            if let Some(recorder) = recorder {
                let rows: Vec<&TrialRows> = twins.iter().filter_map(|twin| rows[*twin].as_ref()).collect();
                if !recorder.hand_on(first..last, &rows) {
                    progress.stop();
                }
            }
            if progress.is_paused() {
                break;
            }
        }
    };
    on_threads(threads, worker);
    first_fault.none()?;
    Ok(hand_out(tallies, &twins))
}

/// Each model's tally; those of twins are copies.
fn hand_out(tallies: Vec<Mutex<Tally>>, twins: &[usize]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = tallies.into_iter().map(whole).collect();
    for (index, &twin) in twins.iter().enumerate().filter(|(index, twin)| index != *twin) {
        tallies[index] = tallies[twin].clone();
        tallies[index].drivers = None; // they may be about claims, in which twins differ
    }
    tallies
}

/// By model: the first one whose trials are the same, so that a scenario which changes only claims costs nothing.
fn twins(models: &[&Model]) -> Vec<usize> {
    let first = |index: usize| (0..index).find(|earlier| models[*earlier].simulates_like(models[index]));
    (0..models.len()).map(|index| first(index).unwrap_or(index)).collect()
}

/// The first of these trials that has an outcome which is not a number, nor "never" where that may be.
fn first_faulty(model: &Model, batch: &Batch) -> Option<usize> {
    let is_faulty = |lane: usize| {
        let mut outcomes = model.outcomes.iter().zip(&batch.outcomes);
        outcomes.any(|(spec, values)| {
            let value = values.0[lane];
            !(value.is_finite() || (spec.can_be_never() && value == f64::INFINITY))
        })
    };
    (0..batch.count).find(|&lane| is_faulty(lane))
}

/// A thread's part of the work: what is left to hand out, and what this thread has counted.
struct Part<'a, T> {
    own: T,
    next: &'a AtomicU64,
    end: u64,
    first_fault: &'a FirstFault,
    progress: &'a Progress,
}

impl<T> Part<'_, T> {
    /// The next few; none if there are no more, or if it was told to stop.
    fn next(&self, most: u64) -> Option<Range<u64>> {
        let start = self.next.fetch_add(most, Ordering::Relaxed);
        let stop = start >= self.end || self.progress.is_stopped();
        (!stop).then(|| start..(start + most).min(self.end))
    }
}

/// Hands out `range` to threads that count by themselves, each from `empty` on, and merges what they counted.
fn add_up<T: Clone + Send + Sync>(
    empty: T,
    merge: fn(&mut T, &T),
    range: Range<u64>,
    threads: usize,
    progress: &Progress,
    worker: impl Fn(Part<'_, T>) -> T + Sync,
) -> Result<T, Error> {
    let threads = if threads == 0 { cores() } else { threads };
    let next = AtomicU64::new(range.start);
    let (total, first_fault) = (Mutex::new(empty.clone()), FirstFault::new(1));
    on_threads(threads, || {
        let part = Part { own: empty.clone(), next: &next, end: range.end, first_fault: &first_fault, progress };
        let own = worker(part);
        merge(&mut lock(&total), &own);
    });
    first_fault.check(progress)?;
    Ok(whole(total))
}

/// Runs `worker` once on each of so many threads.
fn on_threads(threads: usize, worker: impl Fn() + Sync) {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => {
            pool.broadcast(|_| worker());
        }
        // No thread to be had: the calling one does it all.
        Err(_) => worker(),
    }
}

/// Simulates a block of trials, a few in step at a time; `rows` take what is kept of each.
fn simulate(
    engine: &Engine<'_>,
    trials: Range<u64>,
    scratch: &mut Scratch,
    shared: &mut SharedDraws,
    block: &mut Block,
    rows: &mut Option<TrialRows>,
) {
    for start in trials.clone().step_by(LANES) {
        let offset = (start - trials.start) as usize;
        block.record(engine.run_in_block(start..trials.end, scratch, shared, offset));
        if let Some(rows) = rows {
            rows.take(engine, start, scratch);
        }
    }
}

/// Threads that a run takes if it may take all.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn whole<T>(total: Mutex<T>) -> T {
    total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn lock<T>(tally: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A worker that panicked ends the run anyway: `broadcast` passes the panic on.
    tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Input;
    use crate::study::Study;

    /// Trials of which some have a shortage, with this loss per tonne of it.
    fn model(loss: f64) -> Model {
        let text = r#"
            title = "t"
            start = "2026-01"
            horizon_years = 2
            markets.m.countries = ["C"]
            stages.s = {}
            capacities.k = { country = "C", stage = "s", tonnes_per_year = 120 }
            demands.d = { market = "m", stage = "s", tonnes_per_year = 120, loss_usd_per_tonne = 1 }
            disruptions.o = { kind = "outage", hits = ["k"], rate_per_year = 0.003, duration_months = 2 }
        "#;
        let mut model = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}")).scenarios.remove(0).model;
        model.demands[0].loss = Some(Input::Known(loss));
        model
    }

    /// The first trial whose loss is more than a float can hold.
    fn first_infinite(model: &Model) -> u64 {
        let loss = model.outcomes.iter().position(|spec| spec.name == "total_loss.m.s").expect("it is there");
        let engine = Engine::new(model);
        let is_infinite = |trial: &u64| engine.trial(*trial).outcomes[loss] == f64::INFINITY;
        (0..3000).find(is_infinite).expect("there is a shortage sometimes")
    }

    #[test]
    fn a_value_that_is_not_finite_is_a_fault_that_names_its_trial() {
        let (sound, faulty, progress) = (model(1e3), model(1e308), Progress::default());
        let trial = first_infinite(&faulty);
        assert!(trial > 2, "{trial}");
        let fault = |model: usize| Error::NotANumber { trial, model };
        for threads in [1, 2, 5] {
            for trials in [trial + 1, trial + 9, 4000] {
                assert_eq!(run(&[&sound, &faulty], trials, threads, &progress), Err(fault(1)));
                assert_eq!(compare([&sound, &faulty], 0..trials, threads, &progress), Err(fault(0)));
                assert_eq!(
                    rare([&faulty, &faulty], &[], Untilted::new(0.1, trials), 0..trials, threads, &progress),
                    Err(fault(0))
                );
            }
        }
        assert!(run(&[&sound, &faulty], trial, 2, &progress).is_ok(), "no trial before it is at fault");
        assert!(nested(&[&sound], 0..200, 2, &progress).is_ok());
        assert!(matches!(nested(&[&sound, &faulty], 0..500, 2, &progress), Err(Error::NotANumber { model: 1, .. })));
        let tallies = run(&[&faulty], trial, 1, &progress).expect("no fault so far");
        assert_eq!(extend(&[&faulty], tallies, trial..4000, 2, &progress), Err(fault(0)));
    }

    #[test]
    fn what_is_not_a_number_is_never_counted() {
        let (faulty, progress) = (model(f64::NAN), Progress::default());
        let fault = Error::NotANumber { trial: 0, model: 0 };
        for trials in [1, 8, 13, 600] {
            assert_eq!(run(&[&faulty], trials, 2, &progress), Err(fault));
            assert_eq!(compare([&faulty, &faulty], 0..trials, 2, &progress), Err(fault));
            assert_eq!(rare([&faulty, &faulty], &[], Untilted::new(0.1, trials), 0..trials, 2, &progress), Err(fault));
            assert_eq!(nested(&[&faulty], 0..trials, 2, &progress), Err(fault));
        }
        assert_eq!(fault.to_string(), "trial 0 gave a value that is not a number");
    }
}
