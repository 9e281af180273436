//! `shortfall run`: simulate, print, and write the output folder.

use std::collections::BTreeMap;
use std::path::Path;

use shortfall::Study;
use shortfall::output::shard::AsRun;
use shortfall::output::{hints, report};
use shortfall::simulation;
use shortfall::study::file::read_at_most;

use super::arguments::stopping;
use super::report::{Files, Report, Then};
use super::rest::{Checkpoints, How, Run};
use super::shard::{self, Round, ShardArguments};
use super::split::Split;
use super::trials::TrialsArguments;
use super::{Failure, Input, Simulation, Terminal, again, memory, note};

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
    trials: TrialsArguments,
    #[command(flatten)]
    checkpoints: Checkpoints,
    #[command(flatten)]
    shard: ShardArguments,
    /// With --until: which round of shards this is, from 1, the usual one: `shortfall merge` tells whether another one is needed.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u64).range(1..))]
    round: Option<u64>,
    /// Stop after so many trials as if the run had been interrupted there, to make what an interrupted one left again.
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u64).range(1..))]
    stop_after: Option<u64>,
}

/// Largest list of sources that is read, bytes.
const MAX_SOURCES: u64 = 16 << 20;

/// Simulates, writes the folder and tells what is in it; returns the exit code, which depends on the expectations.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let options = &arguments.simulation;
    made(arguments, Then::Tell(options.format, options.quiet, terminal))
}

/// The same, and nothing is printed.
pub fn write(arguments: &Arguments) -> Result<u8, Failure> {
    made(arguments, Then::Write)
}

fn made(arguments: &Arguments, then: Then) -> Result<u8, Failure> {
    let (study, options) = (arguments.input.study(&arguments.changes())?, &arguments.simulation);
    memory::check(simulation::memory(&study.models(), options.threads()), options.quiet)?;
    let (stem, config) = (Path::new(arguments.input.stem()), arguments.input.config.as_path());
    let shards = arguments.shard.shards()?;
    if shards.is_none() && arguments.round.is_some() {
        return Err(Failure::Usage(vec!["--round is for a run that is split: with --shard or --shards".into()]));
    }
    let plan = arguments.trials.plan(&study)?;
    let hint = |study: &Study| {
        let hints = hints::hints(study);
        study.fitted.iter().chain(&hints).filter(|_| !options.quiet).for_each(|hint| note(hint));
    };
    let config_name = config.file_name().unwrap_or_default().to_string_lossy();
    let as_run = AsRun::new(&study, &config_name, arguments.sources(), again());
    if let Some(shards) = &shards {
        let round = Round::asked(arguments.round, &study)?;
        hint(&study);
        let place = (arguments.report.output.as_deref(), arguments.report.force);
        return shard::run(&Split::Run(as_run, study), (&round, shards), place, &[config], (options, plan.as_ref()));
    }
    let folder = arguments.report.take_folder(stem, &[config])?;
    hint(&study);
    let files = [arguments.report.files.as_arguments(), arguments.trials.as_arguments()].concat();
    let (tallies, as_run) = (study.tallies(), as_run.with_files(files));
    let how = How {
        threads: options.threads(),
        progress: options.progress(),
        checkpoints: arguments.checkpoints,
        stop_after: arguments.stop_after,
        trials: plan,
    };
    Run { as_run, study, tallies, nested: Vec::new() }.finish(&how, &arguments.report, folder, then)
}

/// How to make the whole run again, but for the files that it writes.
fn again() -> Vec<String> {
    let is_left_out = |argument: &String| {
        let name = argument.split('=').next().unwrap_or_default();
        let of_parts = ["--trials", "--stop-after", "--shard", "--shards", "--round"];
        of_parts.contains(&name) || Files::ALL.contains(&name) || TrialsArguments::NAMES.contains(&name)
    };
    let mut line = again::of_this_process();
    line.retain(|argument| !is_left_out(argument));
    line
}

impl Arguments {
    /// All options that override a key of the config, as changes to it.
    fn changes(&self) -> Vec<String> {
        let percentiles = self.percentiles.as_ref().map(|list| format!("run.percentiles=[{list}]"));
        let input_uncertainty = self.input_uncertainty.map(|draws| format!("run.input_uncertainty={draws}"));
        let drivers = self.drivers.map(|told| format!("run.drivers={told}"));
        let stopping = stopping(self.until.as_deref(), self.max_trials);
        let own = percentiles.into_iter().chain(stopping).chain(input_uncertainty).chain(drivers);
        self.simulation.changes().into_iter().chain(own).collect()
    }

    /// The addresses in `data/sources.csv` beside the config, if there is such a file.
    fn sources(&self) -> BTreeMap<String, String> {
        let path = self.input.config.parent().unwrap_or(Path::new("")).join("data/sources.csv");
        read_at_most(&path, MAX_SOURCES).map_or_else(|_| BTreeMap::new(), |bytes| report::sources(&bytes))
    }
}
