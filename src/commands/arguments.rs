//! Arguments that several commands share.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use shortfall::Study;
use shortfall::config::source::Document;
use shortfall::simulation;
use shortfall::study::file::{self, STDIN};
use shortfall::study::read;

use super::Failure;
use super::progress::Mode;

/// The config and changes to it, for every command that works on a model.
#[derive(Clone, Debug, Args)]
pub struct Input {
    /// The config file; `-` reads standard input.
    pub config: PathBuf,
    /// Change a value of the config, as in `projects.nolans.slip_months=24`; `*` stands for any name. Where a scenario sets the
    /// same value, the scenario wins. Repeatable.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Seed of all random numbers, in place of the config's `run.seed`.
    #[arg(short, long)]
    pub seed: Option<u64>,
    /// Use only this scenario. Repeatable.
    #[arg(long, value_name = "NAME")]
    pub scenario: Vec<String>,
    /// Read tables and other files that the config names outside of its folder too.
    #[arg(long)]
    pub allow_outside: bool,
}

/// How to simulate and report, for every command that simulates many trials.
#[derive(Debug, Args)]
pub struct Simulation {
    /// Number of trials, in place of the config's `run.trials`.
    #[arg(short = 'n', long)]
    pub trials: Option<u64>,
    /// Threads, at most 256; 0 takes all cores. Results do not depend on it.
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=256))]
    threads: u16,
    /// Confidence of every interval, in place of the config's `run.confidence`.
    #[arg(long)]
    confidence: Option<f64>,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// How to show progress, on standard error.
    #[arg(long, value_enum, default_value = "auto")]
    progress: Mode,
    /// No progress, and nothing on standard output.
    #[arg(short, long)]
    pub quiet: bool,
}

/// What goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables, for people.
    Table,
    /// The same in Markdown.
    Md,
    /// Comma-separated values.
    Csv,
    /// Everything, as JSON.
    Json,
}

impl Input {
    /// Reads the config, applies the changes, checks and compiles it with its scenarios.
    pub fn study(&self, changes: &[String]) -> Result<Study, Failure> {
        self.narrow(Study::new(&self.document(changes)?).map_err(Failure::Config)?)
    }

    /// Reads the config with what stands in files beside it, and applies the changes.
    pub fn document(&self, changes: &[String]) -> Result<Document, Failure> {
        let seed = self.seed.map(|seed| format!("run.seed={seed}"));
        let changes: Vec<String> = self.set.iter().chain(&seed).chain(changes).cloned().collect();
        Ok(read::document(&self.config, &changes, self.allow_outside)?)
    }

    /// What messages call the config.
    pub fn name(&self) -> Cow<'_, str> {
        file::name(&self.config)
    }

    /// What the output of the config is called, unless another name is asked for.
    pub fn stem(&self) -> &OsStr {
        stem(&self.config)
    }

    /// Keeps only the scenarios that were asked for.
    pub fn narrow(&self, mut study: Study) -> Result<Study, Failure> {
        for name in &self.scenario {
            study.scenario(name).map_err(shortfall::Error::from)?;
        }
        study.scenarios.retain(|case| self.scenario.is_empty() || self.scenario.contains(&case.id));
        Ok(study)
    }
}

impl Simulation {
    /// The options that override a key of the config, as changes to it.
    pub fn changes(&self) -> Vec<String> {
        let trials = self.trials.map(|trials| format!("run.trials={trials}"));
        let confidence = self.confidence.map(|confidence| format!("run.confidence={confidence:?}"));
        [trials, confidence].into_iter().flatten().collect()
    }

    /// How many threads simulate.
    pub fn threads(&self) -> usize {
        threads(self.threads)
    }

    /// How to show progress.
    pub fn progress(&self) -> Mode {
        if self.quiet { Mode::None } else { self.progress }
    }
}

/// How many threads simulate where so many are asked for.
pub fn threads(asked: u16) -> usize {
    if asked == 0 { simulation::cores() } else { usize::from(asked) }
}

/// What the output of a config of this name is called.
pub fn stem(config: &Path) -> &OsStr {
    if config == Path::new(STDIN) { "stdin".as_ref() } else { config.file_stem().unwrap_or("run".as_ref()) }
}

/// A stopping rule and its largest number of trials, as changes to the config.
pub fn stopping(until: Option<&str>, most: Option<u64>) -> impl Iterator<Item = String> {
    let until = until.map(|rule| format!("run.until={}", toml::Value::String(rule.into())));
    until.into_iter().chain(most.map(|trials| format!("run.max_trials={trials}")))
}
