//! How much memory a run takes, told before it starts.

use crate::engine::Engine;
use crate::model::Model;
use crate::tally;

/// Most bytes that a thread keeps as room for the trials of all models.
const MOST_KEPT: u64 = 256 << 20;
/// For every estimate of a row of a series, and for what is made of it: tables, charts, JSON.
const OF_A_ROW: u64 = 3_000;
/// The same for every outcome.
const OF_AN_OUTCOME: u64 = 20_000;

/// Whether a thread keeps room for the trials of all these; where they take too much, it makes room for one at a time.
pub(super) fn keeps_all(engines: &[Engine<'_>]) -> bool {
    engines.iter().map(Engine::scratch_bytes).sum::<u64>() <= MOST_KEPT
}

/// Bytes that a run of these models on so many threads takes beside the models: what is counted, room for trials in every
/// thread, and the estimates with all that is written. It is no promise: the last part is from measurement.
pub fn memory(models: &[&Model], threads: usize) -> u64 {
    let engines: Vec<Engine<'_>> = models.iter().map(|model| Engine::new(model)).collect();
    let scratch = engines.iter().map(Engine::scratch_bytes);
    let scratch = if keeps_all(&engines) { scratch.sum() } else { scratch.max().unwrap_or(0) };
    let block = models.iter().map(|model| tally::block_bytes(model)).max().unwrap_or(0);
    let of_model = |model: &&Model| {
        let rows = (model.series.len() * model.months) as u64;
        tally::bytes(model) + rows * OF_A_ROW + model.outcomes.len() as u64 * OF_AN_OUTCOME
    };
    threads.max(1) as u64 * (scratch + block) + models.iter().map(of_model).sum::<u64>()
}
