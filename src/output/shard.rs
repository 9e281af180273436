//! What a tally file has to hold beside the counts, so that what was split can be told as if it had not been.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::json;
use crate::config::Config;
use crate::config::set::Path;
use crate::study::Study;
use crate::tally::file::{Counted, Header, Kind};
use crate::tally::{Shards, file};

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
        }
    }

    /// The file of what was counted.
    pub fn write(&self, study: &Study, shards: &Shards, counted: &Counted) -> Vec<u8> {
        let scenarios = study.scenario_ids().map(String::from).collect();
        file::write(&header(Kind::Run, study, shards, scenarios, self), counted)
    }

    /// Reads what the header of a file holds: the study, with its scenarios in their order.
    ///
    /// # Errors
    /// Why there is no such study.
    pub fn read(header: &Header) -> Result<(AsRun, Study), String> {
        let told: AsRun = parsed(header)?;
        let mut study = study_of(&told.config, &header.scenarios)?;
        study.notes = told.notes.iter().cloned().collect();
        check(header, &study, study.config.run.input_uncertainty)?;
        Ok((told, study))
    }
}

/// Both sides of a comparison: name and config of each.
#[derive(Debug, Serialize, Deserialize)]
pub struct AsCompared([(String, String); 2]);

impl AsCompared {
    /// The file of what was counted; of each side the name of its config, and a study whose first scenario is compared.
    pub fn write(sides: &[(String, Study); 2], shards: &Shards, counted: &Counted) -> Vec<u8> {
        let scenarios = sides.each_ref().map(|(_, study)| study.scenarios[0].id.clone()).into();
        let told = AsCompared(sides.each_ref().map(|(name, study)| (name.clone(), in_order(&study.config))));
        file::write(&header(Kind::Compare, &sides[0].1, shards, scenarios, &told), counted)
    }

    /// Reads what the header of a file holds: both sides, as they were written.
    ///
    /// # Errors
    /// Why there are none.
    pub fn read(header: &Header) -> Result<[(String, Study); 2], String> {
        let AsCompared([a, b]) = parsed(header)?;
        let [of_a, of_b] = &header.scenarios[..] else { return Err("a comparison has two sides".into()) };
        let side = |(name, config): (String, String), scenario: &String| {
            Ok::<_, String>((name, study_of(&config, std::slice::from_ref(scenario))?))
        };
        let sides = [side(a, of_a)?, side(b, of_b)?];
        check(header, &sides[0].1, None)?;
        Ok(sides)
    }
}

/// What was asked about rare events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AsRare {
    /// The config as run.
    config: String,
    /// Name of the config file, without its folder.
    pub config_name: String,
    /// Each `--tilt`, as given.
    pub tilt: Vec<String>,
    /// Each `--above`, as given.
    pub above: Vec<String>,
    /// Share of the trials that are not tilted: as text, which gives the very number again.
    pub untilted: String,
}

impl AsRare {
    /// What there is to tell.
    pub fn new(study: &Study, config_name: &str, tilt: Vec<String>, above: Vec<String>, untilted: f64) -> Self {
        let (config, config_name) = (in_order(&study.config), config_name.into());
        AsRare { config, config_name, tilt, above, untilted: untilted.to_string() }
    }

    /// The file of what was counted.
    pub fn write(&self, study: &Study, shards: &Shards, counted: &Counted) -> Vec<u8> {
        let scenarios = study.scenario_ids().map(String::from).collect();
        file::write(&header(Kind::Rare, study, shards, scenarios, self), counted)
    }

    /// Reads what the header of a file holds: the study, with its scenarios in their order.
    ///
    /// # Errors
    /// Why there is no such study.
    pub fn read(header: &Header) -> Result<(AsRare, Study), String> {
        let told: AsRare = parsed(header)?;
        let study = study_of(&told.config, &header.scenarios)?;
        check(header, &study, None)?;
        Ok((told, study))
    }
}

/// The header of a file of this study.
fn header(kind: Kind, study: &Study, shards: &Shards, scenarios: Vec<String>, told: &impl Serialize) -> Header {
    let run = &study.config.run;
    Header {
        kind,
        tool: json::tool(),
        seed: run.seed,
        trials: run.trials,
        draws: run.input_uncertainty.filter(|_| kind == Kind::Run).unwrap_or(0),
        shards: shards.clone(),
        scenarios,
        study: serde_json::to_string(told).expect("text can be written as JSON"),
    }
}

fn parsed<T: DeserializeOwned>(header: &Header) -> Result<T, String> {
    serde_json::from_str(&header.study).map_err(|error| format!("the study in it: {error}"))
}

/// A config, checked and compiled, with these of its scenarios.
fn study_of(config: &str, scenarios: &[String]) -> Result<Study, String> {
    let mut study = Study::from_text(config).map_err(|faults| format!("the config in it: {}", faults.render(false)))?;
    let asked = |id: &String| study.scenarios.iter().find(|case| case.id == *id).cloned();
    let scenarios: Option<Vec<_>> = scenarios.iter().map(asked).collect();
    study.scenarios = scenarios.ok_or("its config lacks one of its scenarios")?;
    Ok(study)
}

/// Whether header and config are of the same run.
fn check(header: &Header, study: &Study, draws: Option<u64>) -> Result<(), String> {
    let run = &study.config.run;
    if (run.seed, run.trials, draws.unwrap_or(0)) == (header.seed, header.trials, header.draws) {
        return Ok(());
    }
    Err("its config has another seed, or another number of trials or draws".into())
}

/// A config as TOML with a line to each of its tables. The usual form puts plain values before tables, and what a scenario
/// changes is told, and looked up, in its order.
fn in_order(config: &Config) -> String {
    let table = toml::Table::try_from(config).expect("a checked config can be written as TOML");
    table.iter().map(|(key, value)| format!("{} = {value}\n", toml::Value::String(key.clone()))).collect()
}
