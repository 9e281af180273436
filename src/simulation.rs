//! Many trials on all cores. The only room that names rayon.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::engine::{Engine, Scratch, SharedDraws, StreamIndices};
use crate::model::Model;
use crate::simd::LANES;
use crate::statistics::mixture_weight;
use crate::tally::{BLOCK, Block, EVENTS, Exceedance, Knowledge, Pairs, Tally, Weighted};

/// How far a run is; shared between the threads that simulate and whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// Trials done, over all models.
    pub done: AtomicU64,
    /// Set to stop at the next block.
    pub stop: AtomicBool,
}

/// Fewest trials that a thread takes on at once (and at most a block of them): the more there are, the less it costs a trial
/// that all counts of a model pass through the cache.
const LEAST_AT_ONCE: u64 = 512;

/// Simulates trials `0..trials` of every model on `threads` threads (0: all cores), and tallies each model by itself.
///
/// Every model sees the same trial numbers, so that models which agree on an input draw the same value for it. Results
/// do not depend on the number of threads. Returns `None` if it was told to stop.
pub fn run(models: &[&Model], trials: u64, threads: usize, progress: &Progress) -> Option<Vec<Tally>> {
    let empty = models.iter().map(|model| Tally::new(model)).collect();
    extend(models, empty, 0..trials, threads, progress)
}

/// Simulates more trials of every model, and adds them to the tallies of earlier ones: `0..n` and then `n..m` give the same
/// as `0..m`.
pub fn extend(
    models: &[&Model],
    tallies: Vec<Tally>,
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Option<Vec<Tally>> {
    let threads = if threads == 0 { cores() } else { threads };
    let twins = twins(models);
    // Each model that is simulated, and how many it stands for.
    let alike = |index: usize| twins.iter().filter(|twin| **twin == index).count() as u64;
    let distinct: Vec<(usize, u64)> =
        (0..models.len()).map(|index| (index, alike(index))).filter(|(_, alike)| *alike > 0).collect();
    let tallies: Vec<Mutex<Tally>> = tallies.into_iter().map(Mutex::new).collect();
    let share = trials.end.saturating_sub(trials.start) / (4 * threads as u64);
    let at_once = share.clamp(LEAST_AT_ONCE, BLOCK as u64).next_multiple_of(LANES as u64);
    // A thread without a share of the trials would only take memory.
    let shares = (trials.end - trials.start).div_ceil(at_once).try_into().unwrap_or(usize::MAX);
    let threads = threads.min(shares).max(1);
    let next = AtomicU64::new(trials.start);
    let simulated: Vec<&Model> = distinct.iter().map(|(index, _)| models[*index]).collect();
    let engines = Engine::sharing(&simulated);
    let worker = || {
        // Counts are in the shared tallies, so that memory does not grow with threads.
        let mut scratches: Vec<Scratch> = engines.iter().map(Engine::scratch).collect();
        let mut shared = SharedDraws::default();
        let Some(mut block) = models.first().map(|model| Block::new(model)) else { return };
        loop {
            let first = next.fetch_add(at_once, Ordering::Relaxed);
            if first >= trials.end {
                break;
            }
            let last = (first + at_once).min(trials.end);
            for ((&(index, alike), engine), scratch) in distinct.iter().zip(&engines).zip(&mut scratches) {
                let tally = &tallies[index];
                if progress.stop.load(Ordering::Relaxed) {
                    return;
                }
                block.fit(&lock(tally));
                simulate(engine, first..last, scratch, &mut shared, &mut block);
                lock(tally).absorb(&mut block);
                progress.done.fetch_add(alike * (last - first), Ordering::Relaxed);
            }
        }
    };
    on_threads(threads, worker);
    let stopped = progress.stop.load(Ordering::Relaxed);
    (!stopped).then(|| hand_out(tallies, &twins))
}

/// Each model's tally; those of twins are copies.
fn hand_out(tallies: Vec<Mutex<Tally>>, twins: &[usize]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = tallies.into_iter().map(whole).collect();
    for (index, &twin) in twins.iter().enumerate().filter(|(index, twin)| index != *twin) {
        tallies[index] = tallies[twin].clone();
    }
    tallies
}

/// By model: the first one whose trials are the same, so that a scenario which changes only claims costs nothing.
fn twins(models: &[&Model]) -> Vec<usize> {
    let first = |index: usize| (0..index).find(|earlier| models[*earlier].simulates_like(models[index]));
    (0..models.len()).map(|index| first(index).unwrap_or(index)).collect()
}

/// Simulates these trials of two models and notes their differences trial by trial. Results do not depend on the
/// number of threads. Returns `None` if it was told to stop.
pub fn compare(models: [&Model; 2], trials: Range<u64>, threads: usize, progress: &Progress) -> Option<Pairs> {
    let worker = |mut part: Part<'_, Pairs>| {
        let engines = models.map(Engine::new);
        let [mut a, mut b] = engines.each_ref().map(Engine::scratch);
        while let Some(trials) = part.next(LANES as u64) {
            let count = (trials.end - trials.start) as usize;
            part.own.record([engines[0].run(trials.clone(), &mut a), engines[1].run(trials, &mut b)]);
            progress.done.fetch_add(2 * count as u64, Ordering::Relaxed);
        }
        part.own
    };
    add_up(Pairs::new(models), Pairs::merge, trials, threads, progress, worker)
}

/// Plays the inputs of trials `0..draws` of every model again, each with [`EVENTS`] other courses of events. Results do not
/// depend on the number of threads. Returns `None` if it was told to stop.
pub fn knowledge(models: &[&Model], draws: u64, threads: usize, progress: &Progress) -> Option<Vec<Knowledge>> {
    let one = |model: &&Model| {
        let worker = |mut work: Part<'_, Knowledge>| {
            let engine = Engine::new(model);
            let mut scratch = engine.scratch();
            let mut outcomes = vec![[0.0; EVENTS]; model.outcomes.len()];
            while let Some(draw) = work.next(1) {
                let draw = draw.start;
                let indices: [StreamIndices; EVENTS] =
                    std::array::from_fn(|course| StreamIndices::again(draw, course as u64, EVENTS as u64));
                for (part, indices) in indices.chunks(LANES).enumerate() {
                    let batch = engine.simulate(indices, &mut scratch);
                    for (values, lanes) in outcomes.iter_mut().zip(&batch.outcomes) {
                        values[part * LANES..].iter_mut().zip(lanes.0).for_each(|(value, lane)| *value = lane);
                    }
                }
                work.own.record(draw, &outcomes);
                progress.done.fetch_add(EVENTS as u64, Ordering::Relaxed);
            }
            work.own
        };
        add_up(Knowledge::new(model), Knowledge::merge, 0..draws, threads, progress, worker)
    };
    models.iter().map(one).collect()
}

/// Which of the blocks of [`LANES`] trials are not tilted: a share of them, spread evenly, the first one included.
#[derive(Clone, Copy, Debug)]
struct UntiltedBlocks {
    /// Blocks in a million, at least one.
    per_million: u64,
}

impl UntiltedBlocks {
    const MILLION: u64 = 1_000_000;

    fn new(share: f64) -> Self {
        UntiltedBlocks { per_million: ((share * 1e6).round() as u64).clamp(1, Self::MILLION) }
    }

    fn contains(self, block: u64) -> bool {
        block * self.per_million % Self::MILLION < self.per_million
    }

    /// How many of the first `blocks` there are.
    fn among(self, blocks: u64) -> u64 {
        blocks.checked_sub(1).map_or(0, |last| 1 + last * self.per_million / Self::MILLION)
    }

    /// Share of the first `trials`.
    fn share(self, trials: u64) -> f64 {
        let (blocks, rest) = (trials / LANES as u64, trials % LANES as u64);
        let partial = if self.contains(blocks) { rest } else { 0 };
        (self.among(blocks) * LANES as u64 + partial) as f64 / trials as f64
    }
}

/// Importance sampling: simulates trials `0..trials` of a model and of its tilted twin ([`Model::tilted`]), and counts
/// `events` with the weights that make up for the tilt. Results do not depend on the number of threads. Returns `None` if it
/// was told to stop.
///
/// A share of the trials, in blocks spread evenly, is not tilted: about `untilted`, and exactly the one that the result
/// holds. A trial weighs `1 / (a + (1 - a) / r)` with that share `a` and its likelihood ratio `r`: no weight is above `1 / a`,
/// however strong the tilt, and sums of weights have the right mean (defensive mixture: Hesterberg, "Weighted average
/// importance sampling and defensive mixture distributions", Technometrics 37, 1995; the blocks fixed in number: Owen & Zhou,
/// "Safe and effective importance sampling", JASA 95, 2000).
pub fn rare(
    models: [&Model; 2],
    events: &[Exceedance],
    untilted: f64,
    trials: u64,
    threads: usize,
    progress: &Progress,
) -> Option<Weighted> {
    let blocks = UntiltedBlocks::new(untilted);
    let share = blocks.share(trials);
    let worker = |mut part: Part<'_, Weighted>| {
        let engines = models.map(Engine::new);
        let mut scratches = engines.each_ref().map(Engine::scratch);
        while let Some(trials) = part.next(LANES as u64) {
            let count = (trials.end - trials.start) as usize;
            let simulated = usize::from(!blocks.contains(trials.start / LANES as u64));
            let batch = engines[simulated].run(trials, &mut scratches[simulated]);
            let weights = batch.log_ratios.map(|log_ratio| mixture_weight(log_ratio, share));
            part.own.record(batch, &weights[..count]);
            progress.done.fetch_add(count as u64, Ordering::Relaxed);
        }
        part.own
    };
    add_up(Weighted::new(events, share), Weighted::merge, 0..trials, threads, progress, worker)
}

/// A thread's part of the work: what is left to hand out, and what this thread has counted.
struct Part<'a, T> {
    own: T,
    next: &'a AtomicU64,
    end: u64,
    progress: &'a Progress,
}

impl<T> Part<'_, T> {
    /// The next few; none if there are no more, or if it was told to stop.
    fn next(&self, most: u64) -> Option<Range<u64>> {
        let start = self.next.fetch_add(most, Ordering::Relaxed);
        let stop = start >= self.end || self.progress.stop.load(Ordering::Relaxed);
        (!stop).then(|| start..(start + most).min(self.end))
    }
}

/// Hands out `range` to threads that count by themselves, each from `empty` on, and merges what they counted. Returns `None`
/// if it was told to stop.
fn add_up<T: Clone + Send + Sync>(
    empty: T,
    merge: fn(&mut T, &T),
    range: Range<u64>,
    threads: usize,
    progress: &Progress,
    worker: impl Fn(Part<'_, T>) -> T + Sync,
) -> Option<T> {
    let threads = if threads == 0 { cores() } else { threads };
    let next = AtomicU64::new(range.start);
    let total = Mutex::new(empty.clone());
    on_threads(threads, || {
        let own = worker(Part { own: empty.clone(), next: &next, end: range.end, progress });
        merge(&mut lock(&total), &own);
    });
    (!progress.stop.load(Ordering::Relaxed)).then(|| whole(total))
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

/// Simulates a block of trials, a few in step at a time.
fn simulate(
    engine: &Engine<'_>,
    trials: Range<u64>,
    scratch: &mut Scratch,
    shared: &mut SharedDraws,
    block: &mut Block,
) {
    for start in trials.clone().step_by(LANES) {
        let offset = (start - trials.start) as usize;
        block.record(engine.run_in_block(start..trials.end, scratch, shared, offset));
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

    #[test]
    fn untilted_blocks_are_spread_evenly_and_counted() {
        for (share, per_hundred) in [(0.1, 10), (0.5, 50), (0.999, 99), (0.33, 33), (1e-9, 0)] {
            let blocks = UntiltedBlocks::new(share);
            assert!(blocks.contains(0));
            let mut natural = 0;
            for trial in 0..3000 * LANES as u64 {
                natural += u64::from(blocks.contains(trial / LANES as u64));
                assert_eq!(blocks.share(trial + 1), natural as f64 / (trial + 1) as f64, "{share}");
            }
            for first in [100, 1_000_050, 123_456_700] {
                let found = (first..first + 100).filter(|block| blocks.contains(*block)).count();
                assert!(found.abs_diff(per_hundred) <= 1, "{share}: {found} blocks of the hundred from {first} on");
            }
        }
    }
}
