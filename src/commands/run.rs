//! `shortfall run`: simulate, print, and write the output folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Instant, SystemTime};

use shortfall::output::{hints, report};
use shortfall::simulation;
use shortfall::study::file::read_at_most;
use shortfall::study::{Study, looks};
use shortfall::summary::{self, Stopped, Summary};
use shortfall::tally::EVENT_SAMPLES;

use super::report::{Report, Told, wall_clock};
use super::shard::{self, ShardArguments};
use super::{Failure, Input, Simulation, Terminal, memory, note, progress};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    simulation: Simulation,
    /// Double the number of trials until a statistic is precise, as in 'p95(total_shortage.allies.magnets) +- 2%', or until
    /// `verdict`: every claim and expectation is decided.
    #[arg(long, value_name = "RULE")]
    until: Option<String>,
    /// With --until: the largest number of trials. If it is reached first, the exit code is 6.
    #[arg(long, value_name = "N")]
    max_trials: Option<u64>,
    /// Tell how much of the spread comes from the inputs, and how much from the events: simulate the inputs of so many trials
    /// again (1000 unless stated), each with 8 samples of other events. That is as much work as 8 times as many trials.
    #[arg(long, value_name = "DRAWS", num_args = 0..=1, require_equals = true, default_missing_value = "1000")]
    input_uncertainty: Option<u64>,
    /// Tell which uncertain inputs explain how much of the main results, or with `=false` do not; it takes 2000 trials. Told
    /// unasked where that costs less than about a tenth of the run.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    drivers: Option<bool>,
    /// Percentiles to report, as in 5,50,95, in place of the config's `run.percentiles`.
    #[arg(long, value_name = "LIST")]
    percentiles: Option<String>,
    #[command(flatten)]
    report: Report,
    #[command(flatten)]
    shard: ShardArguments,
}

/// Largest list of sources that is read, bytes.
const MAX_SOURCES: u64 = 16 << 20;

/// Simulates and reports; returns the exit code, which depends on the expectations.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let study = arguments.input.study(&arguments.changes())?;
    memory::check(simulation::memory(&study.models(), arguments.simulation.threads()), arguments.simulation.quiet)?;
    let shards = arguments.shard.shards()?;
    shards.as_ref().map_or(Ok(()), |_| shard::check(&study))?;
    let folder = match &shards {
        Some(shards) => shard::take_folder(&arguments.report, arguments.input.stem().as_ref(), shards)?,
        None => arguments.report.take_folder(arguments.input.stem().as_ref())?,
    };
    if !arguments.simulation.quiet {
        hints::hints(&study).iter().for_each(|hint| note(hint));
    }
    let config_name = arguments.input.config.file_name().unwrap_or_default().to_string_lossy();
    if let Some(shards) = &shards {
        return shard::run(&study, shards, &folder, (&config_name, &arguments.sources()), &arguments.simulation);
    }
    let (started, clock) = (SystemTime::now(), Instant::now());
    let mut summary = simulate(arguments, &study)?;
    sample_inputs(arguments, &study, &mut summary)?;
    let clock = wall_clock(started, clock.elapsed(), arguments.simulation.threads());
    let told = Told { study: &study, summary: &summary, config_name: &config_name, sources: &arguments.sources() };
    let manner = (arguments.simulation.format, arguments.simulation.quiet);
    arguments.report.finish(&told, &folder, &clock, manner, terminal)
}

/// Simulates; with a stopping rule, doubles the trials until it is met.
fn simulate(arguments: &Arguments, study: &Study) -> Result<Summary, Failure> {
    let (mode, models) = (arguments.simulation.progress(), study.models());
    let mut tallies = study.tallies();
    let mut done = 0;
    for look in looks(&study.config) {
        let more = (look - done) * models.len() as u64;
        let extended = progress::watch(mode, more, |progress| {
            simulation::extend(&models, tallies, done..look, arguments.simulation.threads(), progress)
        });
        tallies = extended.map_err(|error| error.named(study.scenario_ids()))?;
        done = look;
        let summary = summary::summarise(study, &tallies);
        if summary.stopped.as_ref().is_none_or(Stopped::is_final) {
            return Ok(summary);
        }
    }
    Ok(summary::summarise(study, &tallies))
}

/// Simulates inputs of the trials again, if that was asked for, and adds how much of the spread comes from them.
fn sample_inputs(arguments: &Arguments, study: &Study, summary: &mut Summary) -> Result<(), Failure> {
    let Some(draws) = study.config.run.input_uncertainty else { return Ok(()) };
    let (mode, models) = (arguments.simulation.progress(), study.models());
    let found = progress::watch(mode, draws * (EVENT_SAMPLES * models.len()) as u64, |progress| {
        simulation::nested(&models, draws, arguments.simulation.threads(), progress)
    });
    summary.add_input_uncertainty(study, &found.map_err(|error| error.named(study.scenario_ids()))?);
    Ok(())
}

impl Arguments {
    /// All options that override a key of the config, as changes to it.
    fn changes(&self) -> Vec<String> {
        let percentiles = self.percentiles.as_ref().map(|list| format!("run.percentiles=[{list}]"));
        let until = self.until.as_ref().map(|rule| format!("run.until={}", toml::Value::String(rule.clone())));
        let most = self.max_trials.map(|trials| format!("run.max_trials={trials}"));
        let input_uncertainty = self.input_uncertainty.map(|draws| format!("run.input_uncertainty={draws}"));
        let drivers = self.drivers.map(|told| format!("run.drivers={told}"));
        let own = [percentiles, until, most, input_uncertainty, drivers].into_iter().flatten();
        self.simulation.changes().into_iter().chain(own).collect()
    }

    /// The addresses in `data/sources.csv` beside the config, if there is such a file.
    fn sources(&self) -> BTreeMap<String, String> {
        let path = self.input.config.parent().unwrap_or(Path::new("")).join("data/sources.csv");
        read_at_most(&path, MAX_SOURCES).map_or_else(|_| BTreeMap::new(), |bytes| report::sources(&bytes))
    }
}
