//! How the runs of output folders were made, from their manifests.

use std::path::{Path, PathBuf};

use shortfall::output::file::{Contents, MANIFEST};
use shortfall::output::json;

use super::Failure;
use super::again::CONFIG;

/// A run, as its manifest describes it.
pub struct Run {
    /// The config as run.
    pub config: PathBuf,
    /// Its scenarios, in the order of the run.
    pub scenarios: Vec<String>,
    /// Its trials.
    pub trials: u64,
    /// Files that were edited since, or are missing.
    pub edited: Vec<String>,
    tool: String,
    seed: u64,
}

/// Reads both folders. Everything that is wrong with them, or makes their trials not comparable, is one error. If `trials` is
/// given, their numbers of trials may differ; files may be edited only if that is allowed.
pub fn both(folders: [&Path; 2], trials: Option<u64>, allow_edited: bool) -> Result<[Run; 2], Failure> {
    let mut faults = Vec::new();
    let [a, b] = folders.map(|folder| run(folder).map_err(|fault| faults.push(fault)).ok());
    let (Some(a), Some(b)) = (a, b) else { return Err(Failure::Usage(faults)) };
    let names = folders.map(|folder| folder.display());
    for (run, folder) in [&a, &b].into_iter().zip(folders) {
        let name = folder.display();
        faults.extend(run.edited.iter().filter(|_| !allow_edited).map(|file| {
            format!(
                "{name}: {file} is not the one that was written (its digest differs from the manifest's, or it is missing): \
                 run again, or compare the folder as it is with `--allow-edited`"
            )
        }));
        faults.extend(other_version(&run.tool, folder));
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

/// What a folder holds; an error says why it is not that of a whole result.
pub fn contents(folder: &Path) -> Result<Contents, String> {
    let name = folder.display();
    let whole =
        |error| format!("{name} is not the folder of a whole run: {error}; write one with `shortfall run -o DIR`");
    let found =
        std::fs::symlink_metadata(folder.join(MANIFEST)).map_err(|error| whole(format!("{MANIFEST}: {error}")))?;
    if !found.is_file() {
        return Err(whole(format!("{MANIFEST} is not a file")));
    }
    let contents = Contents::of(folder).map_err(|error| whole(error.to_string()))?;
    if contents.manifest.is_null() {
        return Err(format!("{name}: {MANIFEST} is not one of shortfall: name the folder of a run"));
    }
    Ok(contents)
}

/// That another version wrote a folder, if so: its trials may be others.
pub fn other_version(tool: &str, folder: &Path) -> Option<String> {
    let own = json::tool();
    (tool != own).then(|| {
        format!("{} was written by {tool}, this is {own}: run its {CONFIG} again with this version", folder.display())
    })
}

/// Reads one folder; an error says why it is not that of a complete run.
fn run(folder: &Path) -> Result<Run, String> {
    let name = folder.display();
    let contents = contents(folder)?;
    let manifest = &contents.manifest;
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
        return Err(format!("{name}: {MANIFEST} is not one of a run: name the folders of two runs"));
    };
    // The config decides what is simulated.
    let config = folder.join(CONFIG);
    if !contents.same.iter().chain(&contents.edited).any(|name| name == CONFIG) {
        return Err(format!("{name} is not whole: {CONFIG} cannot be read; run again"));
    }
    let (tool, edited) = (tool.into(), [&contents.edited[..], &contents.missing].concat());
    Ok(Run { config, scenarios, trials, edited, tool, seed })
}
