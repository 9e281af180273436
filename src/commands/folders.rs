//! How the runs of two output folders were made, from their manifests, to compare them.

use std::path::{Path, PathBuf};

use shortfall::output::{file, json};
use shortfall::study::file::read_at_most;

use super::{Failure, read};

/// The config as run.
const CONFIG: &str = "config.toml";

/// A run, as its manifest describes it.
pub struct Run {
    /// The config as run.
    pub config: PathBuf,
    /// Its scenarios, in the order of the run.
    pub scenarios: Vec<String>,
    /// Its trials.
    pub trials: u64,
    tool: String,
    seed: u64,
}

/// Reads both folders. Everything that is wrong with them, or makes their trials not comparable, is one error. If `trials` is
/// given, their numbers of trials may differ.
pub fn both(folders: [&Path; 2], trials: Option<u64>) -> Result<[Run; 2], Failure> {
    let mut faults = Vec::new();
    let [a, b] = folders.map(|folder| run(folder).map_err(|fault| faults.push(fault)).ok());
    let (Some(a), Some(b)) = (a, b) else { return Err(Failure::Usage(faults)) };
    let names = folders.map(|folder| folder.display());
    for (run, name) in [(&a, &names[0]), (&b, &names[1])] {
        if run.tool != json::tool() {
            faults.push(format!(
                "{name} was written by {}, this is {}: run its {CONFIG} again with this version",
                run.tool,
                json::tool()
            ));
        }
    }
    if a.seed != b.seed {
        faults.push(format!(
            "the seeds differ: {} in {}, {} in {}: their trials are not comparable; run one again with `--seed {}`",
            a.seed, names[0], b.seed, names[1], a.seed
        ));
    }
    if a.trials != b.trials && trials.is_none() {
        let least = a.trials.min(b.trials);
        faults.push(format!(
            "the trials differ: {} in {}, {} in {}: compare the first ones of both with `-n {least}`",
            a.trials, names[0], b.trials, names[1]
        ));
    }
    if faults.is_empty() { Ok([a, b]) } else { Err(Failure::Usage(faults)) }
}

/// Reads one folder; an error says why it is not that of a complete run.
fn run(folder: &Path) -> Result<Run, String> {
    let name = folder.display();
    let path = folder.join(file::MANIFEST);
    let bytes = read_at_most(&path, file::MAX_MANIFEST).map_err(|error| {
        format!(
            "{name} is not the folder of a whole run: {}: {error}; write one with `shortfall run -o DIR`",
            file::MANIFEST
        )
    })?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if !manifest["compared"].is_null() {
        return Err(format!("{name} is the folder of a comparison: name those of two runs"));
    }
    if !manifest["shards"].is_null() {
        return Err(format!("{name} is the folder of a shard: `shortfall merge` puts a run together"));
    }
    let scenarios = manifest["scenarios"].as_array().into_iter().flatten();
    let scenarios: Vec<String> = scenarios.filter_map(|id| id.as_str().map(String::from)).collect();
    let told = (manifest["tool"].as_str(), manifest["seed"].as_u64(), manifest["trials"].as_u64());
    let (Some(tool), Some(seed), Some(trials), false) = (told.0, told.1, told.2, scenarios.is_empty()) else {
        return Err(format!("{name}: {} is not one of shortfall: name the folders of two runs", file::MANIFEST));
    };
    let config = folder.join(CONFIG);
    // The config decides what is simulated: it must be the one that was.
    let text = read(&config).map_err(|_| format!("{name} is not whole: {CONFIG} cannot be read; run again"))?;
    if manifest["files"][CONFIG].as_str() != Some(&file::digest(text.as_bytes())) {
        let wrong = format!("{name}: {CONFIG} is not the one that was run (its digest differs from the manifest's)");
        return Err(format!("{wrong}: run again, or compare the two config files"));
    }
    Ok(Run { config, scenarios, trials, tool: tool.into(), seed })
}
