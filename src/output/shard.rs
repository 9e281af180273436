//! What a tally file has to hold beside the tallies, so that the run that was split can be told as if it had not been.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json;
use crate::config::Config;
use crate::config::set::Path;
use crate::study::Study;
use crate::tally::file::Header;
use crate::tally::{Shards, Tally, file};

/// Name of the file in the folder of a shard.
pub const TALLY: &str = "tally.bin";

/// A study as run, and what files tell of it beside its config: as JSON, the text of [`Header::study`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsRun {
    /// The config as run, in TOML that keeps the order of everything.
    config: String,
    /// Name of the config file, without its folder.
    pub config_name: String,
    /// What the file said beside its values, by path: comments are no part of the config as run.
    notes: Vec<(Path, String)>,
    /// Addresses of the sources that comments name, by id.
    pub sources: BTreeMap<String, String>,
    /// How to make the whole run again.
    pub again: Vec<String>,
    /// SHA-256 of the files beside the config, by name.
    files: BTreeMap<String, String>,
}

impl AsRun {
    /// What there is to tell of a study.
    pub fn new(study: &Study, config_name: &str, sources: &BTreeMap<String, String>, again: Vec<String>) -> Self {
        AsRun {
            config: in_order(&study.config),
            config_name: config_name.into(),
            notes: study.notes.clone().into_iter().collect(),
            sources: sources.clone(),
            again,
            files: study.files.clone(),
        }
    }

    /// The file of these tallies.
    pub fn write(&self, study: &Study, shards: &Shards, tallies: &[Tally]) -> Vec<u8> {
        let run = &study.config.run;
        let header = Header {
            tool: json::tool(),
            seed: run.seed,
            trials: run.trials,
            shards: shards.clone(),
            scenarios: study.scenario_ids().map(String::from).collect(),
            study: serde_json::to_string(self).expect("text can be written as JSON"),
        };
        file::write(&header, tallies)
    }

    /// Reads what the header of a file holds: the study, with its scenarios in their order.
    ///
    /// # Errors
    /// Why there is no such study.
    pub fn read(header: &Header) -> Result<(AsRun, Study), String> {
        let told: AsRun = serde_json::from_str(&header.study).map_err(|error| format!("the study in it: {error}"))?;
        let mut study =
            Study::from_text(&told.config).map_err(|faults| format!("the config in it: {}", faults.render(false)))?;
        study.notes = told.notes.iter().cloned().collect();
        study.files = told.files.clone();
        let asked = |id: &String| study.scenarios.iter().find(|case| case.id == *id).cloned();
        let scenarios: Option<Vec<_>> = header.scenarios.iter().map(asked).collect();
        study.scenarios = scenarios.ok_or("its config lacks one of its scenarios")?;
        let run = &study.config.run;
        if (run.seed, run.trials) != (header.seed, header.trials) {
            return Err("its config has another seed, or another number of trials".into());
        }
        Ok((told, study))
    }
}

/// A config as TOML with a line to each of its tables. The usual form puts plain values before tables, and what a scenario
/// changes is told, and looked up, in its order.
fn in_order(config: &Config) -> String {
    let table = toml::Table::try_from(config).expect("a checked config can be written as TOML");
    table.iter().map(|(key, value)| format!("{} = {value}\n", toml::Value::String(key.clone()))).collect()
}
