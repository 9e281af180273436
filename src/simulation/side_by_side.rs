//! Several models on the same trials, compared trial by trial.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Error, FirstFault, LEAST_AT_ONCE, Progress, cores, lock, on_threads, whole};
use crate::engine::{Engine, Scratch, SharedDraws};
use crate::model::Model;
use crate::simd::LANES;
use crate::tally::SideBySide;

/// Simulates these trials of every model, and records the first outcome of each side by side. Results do not depend on the number
/// of threads (0: all cores).
///
/// # Errors
/// See [`Error`].
pub fn side_by_side(
    models: &[&Model],
    others: &[Vec<usize>],
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<SideBySide, Error> {
    let threads = if threads == 0 { cores() } else { threads };
    let total = Mutex::new(SideBySide::new(models, others));
    let (next, first_fault) = (AtomicU64::new(trials.start), FirstFault::new(models.len()));
    let engines = Engine::sharing(models);
    on_threads(threads, || {
        let mut scratches: Vec<Scratch> = engines.iter().map(Engine::scratch).collect();
        let mut shared = SharedDraws::default();
        loop {
            let first = next.fetch_add(LEAST_AT_ONCE, Ordering::Relaxed);
            if first >= trials.end {
                break;
            }
            let last = (first + LEAST_AT_ONCE).min(trials.end);
            let mut values: Vec<Vec<f64>> = Vec::with_capacity(models.len());
            for (index, (engine, scratch)) in engines.iter().zip(&mut scratches).enumerate() {
                if progress.is_stopped() {
                    return;
                }
                let found = first_outcomes(engine, first..last, scratch, &mut shared);
                if let Some(faulty) = found.iter().position(|value| !value.is_finite()) {
                    first_fault.record(first + faulty as u64, index);
                }
                values.push(found);
                progress.add(last - first);
            }
            lock(&total).record(&values);
        }
    });
    first_fault.check(progress)?;
    Ok(whole(total))
}

/// The first outcome of each of these trials.
fn first_outcomes(
    engine: &Engine<'_>,
    trials: Range<u64>,
    scratch: &mut Scratch,
    shared: &mut SharedDraws,
) -> Vec<f64> {
    let mut values = Vec::with_capacity((trials.end - trials.start) as usize);
    for start in trials.clone().step_by(LANES) {
        let batch = engine.run_in_block(start..trials.end, scratch, shared, (start - trials.start) as usize);
        values.extend(&batch.outcomes[0].0[..batch.count]);
    }
    values
}
