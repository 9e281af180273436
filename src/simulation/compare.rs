//! Two models on the same random numbers.

use std::ops::Range;

use super::{Error, Part, Progress, add_up};
use crate::engine::Engine;
use crate::model::Model;
use crate::simd::LANES;
use crate::tally::Pairs;

/// Simulates these trials of two models and records their differences trial by trial. Results do not depend on the number of
/// threads.
///
/// # Errors
/// See [`Error`].
pub fn compare(models: [&Model; 2], trials: Range<u64>, threads: usize, progress: &Progress) -> Result<Pairs, Error> {
    let worker = |mut part: Part<'_, Pairs>| {
        let engines = models.map(Engine::new);
        let [mut a, mut b] = engines.each_ref().map(Engine::scratch);
        while let Some(trials) = part.next(LANES as u64) {
            let count = (trials.end - trials.start) as usize;
            let batches = [engines[0].run(trials.clone(), &mut a), engines[1].run(trials.clone(), &mut b)];
            if let Some(lane) = part.own.record(batches) {
                part.first_fault.record(trials.start + lane as u64, 0);
            }
            progress.add(2 * count as u64);
        }
        part.own
    };
    add_up(Pairs::new(models), Pairs::merge, trials, threads, progress, worker)
}
