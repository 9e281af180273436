//! What a run leaves behind: every file is rendered to memory first, then written whole.
//!
//! To add a format: one file with a function from [`Results`] to bytes, and one line in [`render`].

pub mod answer;
pub mod chart;
pub mod choose;
mod claims;
pub mod column;
pub mod comparison;
pub mod described;
pub mod drivers;
pub mod entries;
pub mod expectations;
pub mod file;
pub mod finding;
pub mod hints;
pub mod input_uncertainty;
pub mod json;
pub mod listing;
mod matrix;
pub mod package;
pub mod plan;
pub mod rare;
pub mod report;
pub mod require;
mod section;
pub mod shard;
pub mod size;
#[cfg(test)]
mod small;
pub mod spark;
pub mod stress;
pub mod tables;
pub mod terminal;
pub mod trial;
pub mod trials;
pub mod words;
pub mod years;

use std::collections::BTreeMap;

use answer::Answer;
use chart::Drawn;

use crate::study::Study;
use crate::summary::{Outcome, ScenarioResult, Summary};

/// What there is to write about.
#[derive(Clone, Copy, Debug)]
pub struct Results<'a> {
    /// The config and its scenarios.
    pub study: &'a Study,
    /// The estimates.
    pub summary: &'a Summary,
    /// The finding in words.
    pub finding: &'a str,
    /// Name of the config file, without its folder.
    pub config_name: &'a str,
    /// SHA-256 of the config as run, in hex.
    pub config_digest: &'a str,
    /// Addresses of the sources that comments of the config name, by id.
    pub sources: &'a BTreeMap<String, String>,
}

/// What any scenario has of something, each name once: a scenario may have claims, milestones and outcomes that others
/// lack. First those of the scenario that comes first, then what only others have.
fn in_any<'a, T>(
    cases: &'a [ScenarioResult],
    list: impl Fn(&'a ScenarioResult) -> &'a [T],
    name: impl Fn(&T) -> &str,
) -> Vec<&'a T> {
    let mut found: Vec<&T> = Vec::new();
    for one in cases.iter().flat_map(list) {
        if !found.iter().any(|known| name(known) == name(one)) {
            found.push(one);
        }
    }
    found
}

/// What an outcome says in scenarios in which it says something else: a market has a stockpile there, or has none.
fn other_meanings(cases: &[ScenarioResult], outcome: &Outcome) -> Vec<String> {
    let all = cases.iter().flat_map(|case| case.outcomes.iter().map(move |twin| (case, twin)));
    let others = all.filter(|(_, twin)| twin.name == outcome.name && twin.meaning != outcome.meaning);
    others.map(|(case, twin)| format!("In {}: {}.", case.id, twin.meaning)).collect()
}

/// A file to be written: its path below the output folder, and its bytes.
pub type Rendered = (String, Vec<u8>);

/// What to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// No charts, and no report.
    Nothing,
    /// Charts as PNG, and the report.
    Png,
    /// Charts as SVG too.
    PngAndSvg,
}

/// All files but the manifest, and notes on them for whoever started the run.
pub fn render(results: &Results<'_>, drawing: Drawing) -> (Vec<Rendered>, Vec<String>) {
    let mut files: Vec<Rendered> = vec![
        ("results.json".into(), json::results(results)),
        ("percentiles.csv".into(), tables::percentiles(results)),
        ("timeseries.csv".into(), tables::timeseries(results)),
        ("milestones.csv".into(), tables::milestones(results)),
        ("claims.csv".into(), tables::claims(results)),
        ("config.toml".into(), config_as_run(results.study).into_bytes()),
    ];
    if !results.summary.expectations.is_empty() {
        files.push(("claims.junit.xml".into(), expectations::junit(results)));
    }
    if results.summary.scenarios.iter().any(|case| case.input_uncertainty.is_some()) {
        files.push(("input_uncertainty.csv".into(), input_uncertainty::csv(results)));
    }
    let told = drivers::of_run(results);
    if !told.is_empty() {
        files.push(("drivers.csv".into(), drivers::csv(&told, results.summary.confidence)));
    }
    if results.study.config.output.years {
        files.push(("years.csv".into(), years::csv(results)));
    }
    let mut notes = Vec::new();
    if drawing != Drawing::Nothing {
        let pictures = chart::pictures(results);
        files.extend(chart::files(&pictures, drawing == Drawing::PngAndSvg));
        files.push(("report.html".into(), report::page(results, &pictures).into_bytes()));
        notes.extend(chart::undrawable_note(&pictures));
    }
    (files, notes)
}

/// All files of an answer but the manifest.
pub fn render_answer(study: &Study, answer: &Answer) -> Vec<Rendered> {
    let mut files = answer.tables.clone();
    files.push(answer.json.clone());
    files.push(("config.toml".into(), config_as_run(study).into_bytes()));
    files.extend(package::of(study, &files, &[]));
    files.extend(answer.charts.iter().map(Drawn::png));
    files.push(("report.html".into(), report::answer(study, answer).into_bytes()));
    files
}

/// The config as run, all defaults filled in.
pub fn config_as_run(study: &Study) -> String {
    let body = toml::to_string(&study.config).expect("a checked config can be written as TOML");
    format!("# Config as run by shortfall {}, with all defaults filled in.\n{body}", env!("CARGO_PKG_VERSION"))
}

/// SHA-256 of the config as run, in hex.
pub fn config_digest(study: &Study) -> String {
    file::digest(config_as_run(study).as_bytes())
}
