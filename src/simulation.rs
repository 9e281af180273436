//! Many trials on all cores. The only room that names rayon.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::engine::{self, LANES, Workspace};
use crate::model::Model;
use crate::tally::{BLOCK, Block, Tally};

/// How far a run is; shared between the threads that simulate and whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// Trials done, over all models.
    pub done: AtomicU64,
    /// Set to stop at the next block.
    pub stop: AtomicBool,
}

/// Simulates trials `0..trials` of every model on `threads` threads (0: all cores), and tallies each model by itself.
///
/// Every model sees the same trial numbers, so that models which agree on an input draw the same value for it. Results
/// do not depend on the number of threads. Returns `None` if it was told to stop.
pub fn run(models: &[&Model], trials: u64, threads: usize, progress: &Progress) -> Option<Vec<Tally>> {
    let tallies: Vec<Mutex<Tally>> = models.iter().map(|model| Mutex::new(Tally::new(model))).collect();
    let next = AtomicU64::new(0);
    let worker = || {
        // Counts are in the shared tallies, so that memory does not grow with threads.
        let mut spaces: Vec<(Workspace, Block)> =
            models.iter().map(|model| (Workspace::new(model), Block::new(model))).collect();
        loop {
            let first = next.fetch_add(BLOCK as u64, Ordering::Relaxed);
            if first >= trials || progress.stop.load(Ordering::Relaxed) {
                break;
            }
            let last = (first + BLOCK as u64).min(trials);
            for (index, model) in models.iter().enumerate() {
                let (space, block) = &mut spaces[index];
                for start in (first..last).step_by(LANES) {
                    let count = (last - start).min(LANES as u64) as usize;
                    engine::trials(model, start, count, space);
                    block.record(space, count);
                }
                lock(&tallies[index]).absorb(block);
                progress.done.fetch_add(last - first, Ordering::Relaxed);
            }
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    match pool {
        Ok(pool) => {
            pool.broadcast(|_| worker());
        }
        // No thread to be had: the calling one does it all.
        Err(_) => worker(),
    }
    let stopped = progress.stop.load(Ordering::Relaxed);
    (!stopped).then(|| {
        tallies.into_iter().map(|tally| tally.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())).collect()
    })
}

/// Threads that a run takes if it may take all.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn lock(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    // A worker that panicked ends the run anyway: `broadcast` passes the panic on.
    tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
