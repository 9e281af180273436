//! What a tally file has to hold beside the tallies, so that a run can be told, or go on, from nothing else: one that was split,
//! one that was interrupted, one that is finished.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::json;
use crate::config::Config;
use crate::config::fault::Diagnostics;
use crate::config::set::Path;
use crate::config::source::Document;
use crate::study::Study;
use crate::tally::file::Header;
use crate::tally::{Shards, Tally, file};

/// Name of the file in the folder of a run, or of a shard.
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
    /// How to make the whole run again, but for what decides which files it writes.
    pub again: Vec<String>,
    /// The options that decide that; none of a shard, which writes none of these files.
    pub files: Vec<String>,
    /// SHA-256 of the files beside the config, by name.
    digests: BTreeMap<String, String>,
}

impl AsRun {
    /// What there is to tell of a study.
    pub fn new(study: &Study, config_name: &str, sources: BTreeMap<String, String>, again: Vec<String>) -> Self {
        AsRun {
            config: in_order(&study.config),
            config_name: config_name.into(),
            notes: study.notes.clone().into_iter().collect(),
            sources,
            again,
            files: Vec::new(),
            digests: study.files.clone(),
        }
    }

    /// The same, of a run with these options.
    pub fn with_files(self, files: Vec<String>) -> Self {
        AsRun { files, ..self }
    }

    /// The file of these tallies, which are of some shards of a round.
    pub fn write(&self, study: &Study, round: Range<u64>, shards: &Shards, tallies: &[Tally]) -> Vec<u8> {
        let header = Header {
            tool: json::tool(),
            seed: study.config.run.seed,
            round,
            shards: shards.clone(),
            scenarios: study.scenario_ids().map(String::from).collect(),
            study: serde_json::to_string(self).expect("text can be written as JSON"),
        };
        file::write(&header, tallies)
    }

    /// The file of trials `0..n`, with `n` as the tallies have it.
    pub fn write_first(&self, study: &Study, tallies: &[Tally]) -> Vec<u8> {
        self.write(study, 0..tallies.first().map_or(0, Tally::trials), &Shards::whole(), tallies)
    }

    /// Reads what the header of a file holds: the study, with its scenarios in their order, and with these changes to its
    /// config, as on the command line.
    ///
    /// # Errors
    /// Why there is no such study.
    pub fn read(header: &Header, changes: &[String]) -> Result<(AsRun, Study), String> {
        let mut told: AsRun =
            serde_json::from_str(&header.study).map_err(|error| format!("the study in it: {error}"))?;
        let faulty = |faults: Diagnostics| format!("the config in it: {}", faults.render(false));
        let mut document = Document::parse("config", &told.config).map_err(faulty)?;
        changes.iter().try_for_each(|change| document.edit(change)).map_err(faulty)?;
        let mut study = Study::new(&document).map_err(faulty)?;
        study.notes = told.notes.iter().cloned().collect();
        study.files = told.digests.clone();
        let asked = |id: &String| study.scenarios.iter().find(|case| case.id == *id).cloned();
        let scenarios: Option<Vec<_>> = header.scenarios.iter().map(asked).collect();
        study.scenarios = scenarios.ok_or("its config lacks one of its scenarios")?;
        if study.config.run.seed != header.seed {
            return Err("its config has another seed".into());
        }
        if !changes.is_empty() {
            told.config = in_order(&study.config);
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
