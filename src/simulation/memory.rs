//! How much memory a run takes, told before it starts, and how much there is.

use std::fs;

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

/// Bytes that this process may still take: what the machine has free, and what limits on the process or its group leave;
/// none if nothing is known.
pub fn free_memory() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).ok();
    let number = |text: &str| text.trim().parse::<u64>().ok();
    // A line such as `MemAvailable:   12345 kB`.
    let kilobytes = |path: &str, name: &str| {
        let text = read(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        number(line.trim_start_matches(':').trim().strip_suffix("kB")?).map(|kilobytes| 1024 * kilobytes)
    };
    let machine = kilobytes("/proc/meminfo", "MemAvailable");
    let group = || {
        let [most, now] = ["max", "current"].map(|name| read(&format!("/sys/fs/cgroup/memory.{name}")));
        Some(number(&most?)?.saturating_sub(number(&now?)?))
    };
    let process = || {
        let limits = read("/proc/self/limits")?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
        let most = number(line.split_whitespace().next()?)?;
        Some(most.saturating_sub(kilobytes("/proc/self/status", "VmSize").unwrap_or(0)))
    };
    [machine, group(), process()].into_iter().flatten().min()
}
