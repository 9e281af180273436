//! What a tally file has to hold beside the counts, so that what was split can be told as if it had not been, and a run that was
//! interrupted, or is finished, can go on from nothing else.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::json;
use crate::config::Config;
use crate::config::fault::Diagnostics;
use crate::config::set::Path;
use crate::config::source::Document;
use crate::study::Study;
use crate::tally::file::{Counted, Header, Kind};
use crate::tally::{NestedSampling, Shards, Tally, file};

/// Name of the file in the folder of a run, or of a shard.
pub const TALLY: &str = "tally.bin";

/// A config as run, and the files that it was read with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AsRead {
    /// In TOML that keeps the order of everything.
    config: String,
    /// SHA-256 of the files beside the config, by name.
    digests: BTreeMap<String, String>,
}

impl AsRead {
    fn new(study: &Study) -> Self {
        AsRead { config: in_order(&study.config), digests: study.files.clone() }
    }

    /// The study, checked and compiled, with these changes to its config and these of its scenarios.
    fn study(&self, changes: &[String], scenarios: &[String]) -> Result<Study, String> {
        let faulty = |faults: Diagnostics| format!("the config in it: {}", faults.render(false));
        let mut document = Document::parse("config", &self.config).map_err(faulty)?;
        changes.iter().try_for_each(|change| document.edit(change)).map_err(faulty)?;
        let mut study = Study::new(&document).map_err(faulty)?;
        study.files = self.digests.clone();
        let asked = |id: &String| study.scenarios.iter().find(|case| case.id == *id).cloned();
        let scenarios: Option<Vec<_>> = scenarios.iter().map(asked).collect();
        study.scenarios = scenarios.ok_or("its config lacks one of its scenarios")?;
        Ok(study)
    }
}

/// A study as run, and what files tell of it beside its config: as JSON, the text of [`Header::study`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsRun {
    #[serde(flatten)]
    read: AsRead,
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
}

impl AsRun {
    /// What there is to tell of a study.
    pub fn new(study: &Study, config_name: &str, sources: BTreeMap<String, String>, again: Vec<String>) -> Self {
        AsRun {
            read: AsRead::new(study),
            config_name: config_name.into(),
            notes: study.notes.clone().into_iter().collect(),
            sources,
            again,
            files: Vec::new(),
        }
    }

    /// The same, of a run with these options.
    pub fn with_files(self, files: Vec<String>) -> Self {
        AsRun { files, ..self }
    }

    /// The file of what was counted of some shards of a round.
    pub fn write(&self, study: &Study, part: (&Range<u64>, &Shards), counted: &Counted) -> Vec<u8> {
        let has_draws = matches!(counted, Counted::Run { nested, .. } if !nested.is_empty());
        file::write(&self.header(study, part, has_draws), counted)
    }

    /// The file of trials `0..n`, with `n` as the tallies have it, and of the nested sums if there are any.
    pub fn write_first(&self, study: &Study, tallies: &[Tally], nested: &[NestedSampling]) -> Vec<u8> {
        let trials = 0..tallies.first().map_or(0, Tally::trials);
        file::write_run(&self.header(study, (&trials, &Shards::whole()), !nested.is_empty()), tallies, nested)
    }

    fn header(&self, study: &Study, part: (&Range<u64>, &Shards), has_draws: bool) -> Header {
        let draws = study.config.run.input_uncertainty.filter(|_| has_draws).unwrap_or(0);
        Header { draws, ..header(Kind::Run, study, part, study.scenario_ids().map(String::from).collect(), self) }
    }

    /// Reads what the header of a file holds: the study, with its scenarios in their order, and with these changes to its
    /// config, as on the command line.
    ///
    /// # Errors
    /// Why there is no such study.
    pub fn read(header: &Header, changes: &[String]) -> Result<(AsRun, Study), String> {
        let mut told: AsRun = parsed(header)?;
        let mut study = told.read.study(changes, &header.scenarios)?;
        study.notes = told.notes.iter().cloned().collect();
        let run = &study.config.run;
        if run.seed != header.seed || (header.draws > 0 && run.input_uncertainty != Some(header.draws)) {
            return Err("its config has another seed, or another number of draws".into());
        }
        if !changes.is_empty() {
            told.read.config = in_order(&study.config);
        }
        Ok((told, study))
    }
}

/// A side of a comparison.
#[derive(Debug, Serialize, Deserialize)]
struct AsSide {
    #[serde(flatten)]
    read: AsRead,
    /// Name of the config file, or as the side was given.
    name: String,
}

/// Both sides of a comparison.
#[derive(Debug, Serialize, Deserialize)]
pub struct AsCompared([AsSide; 2]);

impl AsCompared {
    /// The file of what was counted; of each side the name of its config, and a study whose first scenario is compared.
    pub fn write(sides: &[(String, Study); 2], part: (&Range<u64>, &Shards), counted: &Counted) -> Vec<u8> {
        let scenarios = sides.each_ref().map(|(_, study)| study.scenarios[0].id.clone()).into();
        let told =
            AsCompared(sides.each_ref().map(|(name, study)| AsSide { read: AsRead::new(study), name: name.clone() }));
        file::write(&header(Kind::Compare, &sides[0].1, part, scenarios, &told), counted)
    }

    /// Reads what the header of a file holds: both sides, as they were written.
    ///
    /// # Errors
    /// Why there are none.
    pub fn read(header: &Header) -> Result<[(String, Study); 2], String> {
        let AsCompared([a, b]) = parsed(header)?;
        let [of_a, of_b] = &header.scenarios[..] else { return Err("a comparison has two sides".into()) };
        let side = |AsSide { read, name }: AsSide, scenario: &String| {
            Ok::<_, String>((name, read.study(&[], std::slice::from_ref(scenario))?))
        };
        let sides = [side(a, of_a)?, side(b, of_b)?];
        check(header, &sides[0].1)?;
        Ok(sides)
    }
}

/// What was asked about rare events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AsRare {
    #[serde(flatten)]
    read: AsRead,
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
        let (read, config_name) = (AsRead::new(study), config_name.into());
        AsRare { read, config_name, tilt, above, untilted: untilted.to_string() }
    }

    /// The file of what was counted.
    pub fn write(&self, study: &Study, part: (&Range<u64>, &Shards), counted: &Counted) -> Vec<u8> {
        let scenarios = study.scenario_ids().map(String::from).collect();
        file::write(&header(Kind::Rare, study, part, scenarios, self), counted)
    }

    /// Reads what the header of a file holds: the study, with its scenarios in their order.
    ///
    /// # Errors
    /// Why there is no such study.
    pub fn read(header: &Header) -> Result<(AsRare, Study), String> {
        let told: AsRare = parsed(header)?;
        let study = told.read.study(&[], &header.scenarios)?;
        check(header, &study)?;
        Ok((told, study))
    }
}

/// The header of a file of this study, without draws of its inputs.
fn header(
    kind: Kind,
    study: &Study,
    (round, shards): (&Range<u64>, &Shards),
    scenarios: Vec<String>,
    told: &impl Serialize,
) -> Header {
    Header {
        kind,
        tool: json::tool(),
        seed: study.config.run.seed,
        round: round.clone(),
        draws: 0,
        shards: shards.clone(),
        scenarios,
        study: serde_json::to_string(told).expect("text can be written as JSON"),
    }
}

fn parsed<T: DeserializeOwned>(header: &Header) -> Result<T, String> {
    serde_json::from_str(&header.study).map_err(|error| format!("the study in it: {error}"))
}

/// Whether header and config are of the same comparison, or of the same rare events.
fn check(header: &Header, study: &Study) -> Result<(), String> {
    let run = &study.config.run;
    if (run.seed, 0..run.trials) == (header.seed, header.round.clone()) {
        return Ok(());
    }
    Err("its config has another seed, or another number of trials".into())
}

/// A config as TOML with a line to each of its tables. The usual form puts plain values before tables, and what a scenario
/// changes is told, and looked up, in its order.
fn in_order(config: &Config) -> String {
    let table = toml::Table::try_from(config).expect("a checked config can be written as TOML");
    table.iter().map(|(key, value)| format!("{} = {value}\n", toml::Value::String(key.clone()))).collect()
}
