//! Trials in pairs that differ in some inputs alone, and trials in which an input is low or high.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Error, FirstFault, Part, Progress, add_up, cores, first_faulty, lock, on_threads, whole};
use crate::engine::{Engine, StreamIndices};
use crate::model::Model;
use crate::random::Key;
use crate::simd::LANES;
use crate::tally::{BLOCK, Block, Driven, Redrawn, Tally};

/// Simulates these trials of a model, and once more with the inputs in `slots` drawn afresh and all else the same. Results do
/// not depend on the number of threads.
///
/// # Errors
/// See [`Error`].
pub fn total_effects(
    model: &Model,
    slots: &[usize],
    numbers: &[Driven],
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Redrawn, Error> {
    let redrawn = model.redrawn(slots);
    let worker = |mut part: Part<'_, Redrawn>| {
        let engines = [model, &redrawn].map(Engine::new);
        let [mut a, mut b] = engines.each_ref().map(Engine::scratch);
        while let Some(trials) = part.next(LANES as u64) {
            let batches = [engines[0].run(trials.clone(), &mut a), engines[1].run(trials.clone(), &mut b)];
            for (engine, batch) in engines.iter().zip(batches) {
                if let Some(lane) = first_faulty(engine.model(), batch) {
                    part.first_fault.record(trials.start + lane as u64, 0);
                }
            }
            part.own.record(trials.start, batches);
            progress.add(2 * (trials.end - trials.start));
        }
        part.own
    };
    add_up(Redrawn::new(model, numbers), Redrawn::merge, trials, threads, progress, worker)
}

/// Simulates those of these trials in which the uniform number of a stream lies from `from` on and below `to`. Results do not
/// depend on the number of threads.
///
/// # Errors
/// See [`Error`].
pub fn where_input(
    model: &Model,
    (key, from, to): (Key, f64, f64),
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Tally, Error> {
    let threads = if threads == 0 { cores() } else { threads };
    let next = AtomicU64::new(trials.start);
    let (total, first_fault) = (Mutex::new(Tally::new(model)), FirstFault::new(1));
    let engine = Engine::new(model);
    on_threads(threads, || {
        let (mut scratch, mut block) = (engine.scratch(), Block::new(model));
        loop {
            let first = next.fetch_add(BLOCK as u64, Ordering::Relaxed);
            if first >= trials.end || progress.is_stopped() {
                break;
            }
            let last = (first + BLOCK as u64).min(trials.end);
            let chosen: Vec<u64> = (first..last).filter(|trial| (from..to).contains(&key.uniform(*trial))).collect();
            block.fit(&lock(&total), first);
            for trials in chosen.chunks(LANES) {
                let indices: Vec<StreamIndices> = trials.iter().map(|trial| StreamIndices::of(*trial)).collect();
                let batch = engine.simulate(&indices, &mut scratch);
                if let Some(lane) = first_faulty(model, batch) {
                    first_fault.record(trials[lane], 0);
                }
                block.record(batch);
            }
            lock(&total).absorb(&mut block);
            progress.add(last - first); // all of them were looked at
        }
    });
    first_fault.check(progress)?;
    Ok(whole(total))
}
