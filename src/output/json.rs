//! `results.json` and `manifest.json`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::Results;
use crate::study::Study;
use crate::summary::{Comparison, Summary};

/// Version of the layout of both files; raised when a name changes its meaning.
pub const LAYOUT: u32 = 1;

#[derive(Serialize)]
struct ResultsFile<'a> {
    layout: u32,
    tool: String,
    title: &'a str,
    finding: &'a str,
    seed: u64,
    exit_code: Option<u8>,
    percentile_definition: &'static str,
    #[serde(flatten)]
    summary: &'a Summary,
}

/// Name and version of the program.
pub fn tool() -> String {
    format!("shortfall {}", env!("CARGO_PKG_VERSION"))
}

/// What the terminal prints, for machines.
pub fn results(results: &Results<'_>) -> Vec<u8> {
    let file = ResultsFile {
        layout: LAYOUT,
        tool: tool(),
        title: &results.study.config.title,
        finding: results.finding,
        seed: results.study.config.run.seed,
        // No check that reads it takes a part for the whole.
        exit_code: results.summary.partial.is_none().then(|| results.summary.exit_code()),
        percentile_definition: PERCENTILE,
        summary: results.summary,
    };
    bytes_of(&file)
}

/// How percentiles are defined, to be said wherever they stand.
pub const PERCENTILE: &str =
    "p-th percentile: the value not exceeded in p % of the trials, x_(ceil(n p)) of the ordered trials";

/// The wall clock: the only part of an output that is not the same for the same config, seed and version.
#[derive(Clone, Debug, Serialize)]
pub struct WallClock {
    /// Seconds since 1970 at the start.
    pub started_unix_seconds: u64,
    /// Seconds of simulation.
    pub simulation_seconds: f64,
    /// Threads used.
    pub threads: usize,
    /// Largest memory the program has taken so far, bytes; where the system tells.
    pub peak_memory_bytes: Option<u64>,
}

/// SHA-256 of files, by name.
pub type Digests = BTreeMap<String, String>;

/// The manifest: what was run, how to run it `again`, and the digest of every file.
pub fn manifest(results: &Results<'_>, digests: &Digests, again: &[String], clock: &WallClock) -> Vec<u8> {
    let run = &results.study.config.run;
    let scenarios: Vec<&str> = results.study.scenarios.iter().map(|case| case.id.as_str()).collect();
    bytes_of(&json!({
        "layout": LAYOUT,
        "tool": tool(),
        "target": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        "config": results.config_name,
        "config_sha256": results.config_digest,
        "input_files": results.study.files,
        "seed": run.seed,
        "trials": results.summary.trials,
        "partial": results.summary.partial.is_some(),
        "planned_trials": results.summary.partial.map(|partial| partial.planned_trials),
        "again": again,
        "stopped": results.summary.stopped,
        "scenarios": scenarios,
        "files": digests,
        "wall_clock": clock,
    }))
}

/// The manifest of a comparison of these studies.
pub fn comparison_manifest(
    studies: [&Study; 2],
    comparison: &Comparison,
    digests: &Digests,
    again: &[String],
    clock: &WallClock,
) -> Vec<u8> {
    let compared = json!([comparison.a, comparison.b]);
    other_manifest(("compared", compared), &studies, Some(comparison.trials), digests, again, clock)
}

/// The manifest of what is not a run of the studies: what it is, in a key of its own, how to do it `again`, and the digest of every
/// file.
pub fn other_manifest(
    (key, what): (&str, serde_json::Value),
    studies: &[&Study],
    trials: Option<u64>,
    digests: &Digests,
    again: &[String],
    clock: &WallClock,
) -> Vec<u8> {
    let input_files: BTreeMap<&String, &String> = studies.iter().flat_map(|study| &study.files).collect();
    bytes_of(&json!({
        "layout": LAYOUT,
        "tool": tool(),
        "target": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        key: what,
        "input_files": input_files,
        "seed": studies.first().map(|study| study.config.run.seed),
        "trials": trials,
        "again": again,
        "files": digests,
        "wall_clock": clock,
    }))
}

#[derive(Serialize)]
struct FoundFile<'a, T> {
    layout: u32,
    tool: String,
    seed: u64,
    #[serde(flatten)]
    found: &'a T,
}

/// What a command other than `run` found, as a file: its fields behind those that all such files have.
pub(super) fn found(seed: u64, found: &impl Serialize) -> Vec<u8> {
    bytes_of(&FoundFile { layout: LAYOUT, tool: tool(), seed, found })
}

/// As a file, with a line to each value.
pub(super) fn bytes_of(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("results can be written as JSON");
    bytes.push(b'\n');
    bytes
}
