//! `shortfall run`: simulate, print, and write the output folder.

use std::collections::BTreeMap;
use std::path::Path;

use shortfall::output::shard::AsRun;
use shortfall::output::{hints, report};
use shortfall::simulation;
use shortfall::study::file::read_at_most;
use shortfall::study::{LEAST_FOR_DRIVERS, Study, looks};
use shortfall::summary::{self, Partial, Stopped, Summary};
use shortfall::tally::{EVENT_SAMPLES, Tally};

use super::place::Clock;
use super::report::{Report, Then, Told};
use super::shard::{self, ShardArguments};
use super::trials::{self, Every, TrialsArguments};
use super::{Failure, Input, Simulation, Terminal, again, interrupt, memory, note, progress};

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
    shard: ShardArguments,
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
    shards.as_ref().map_or(Ok(()), |_| shard::check(&study))?;
    let plan = arguments.trials.plan(&study)?;
    let mut folder = match &shards {
        Some(shards) => shard::take_folder(&arguments.report, stem, shards, config)?,
        None => arguments.report.take_folder(stem, &[config])?,
    };
    if !options.quiet {
        hints::hints(&study).iter().for_each(|hint| note(hint));
    }
    let config_name = config.file_name().unwrap_or_default().to_string_lossy();
    if let Some(shards) = &shards {
        let as_run = AsRun::new(&study, &config_name, &arguments.sources(), again(None));
        return shard::run(&study, shards, folder, as_run, (options, plan.as_ref()));
    }
    let most = looks(&study.config).into_iter().max().unwrap_or_default();
    let begin = |plan: trials::Plan| plan.begin(&study, &mut folder, most, true);
    let mut every = plan.map(begin).transpose()?;
    // Until the files are written: a run that is interrupted writes what it has.
    let held = interrupt::hold();
    let clock = Clock::start();
    let mut summary = simulate(arguments, &study, every.as_mut())?;
    sample_inputs(arguments, &study, &mut summary)?;
    let files = every.map(|every| every.finish(&mut folder)).transpose()?;
    let told = Told {
        study: &study,
        summary: &summary,
        config_name: &config_name,
        sources: &arguments.sources(),
        trials: &files.unwrap_or_default(),
        again: &again(Some(&summary)),
        clock: (&clock, options.threads()),
    };
    arguments.report.finish(&told, folder, Some(held), then)
}

/// How to run again: what an interrupted run has, at the trial where it stopped; of a shard, the whole run.
fn again(summary: Option<&Summary>) -> Vec<String> {
    let mut line = again::of_this_process();
    let mut left_out = vec!["--trials", "--stop-after", "--shard", "--shards"];
    // Shards leave the rows of their trials; what is merged has none.
    left_out.extend(TrialsArguments::NAMES.iter().filter(|_| summary.is_none()));
    let is_left_out = |argument: &String| left_out.iter().any(|name| argument.split('=').next() == Some(name));
    line.retain(|argument| !is_left_out(argument));
    let partial = summary.filter(|summary| summary.partial.is_some());
    line.extend(partial.map(|summary| format!("--stop-after={}", summary.trials)));
    line
}

/// Simulates; with a stopping rule, doubles the trials until it is met. A run that is interrupted has fewer.
fn simulate(arguments: &Arguments, study: &Study, mut every: Option<&mut Every>) -> Result<Summary, Failure> {
    let (mode, models) = (arguments.simulation.progress(), study.models());
    let mut tallies = study.tallies();
    let mut done = 0;
    for look in looks(&study.config) {
        let end = arguments.stop_after.map_or(look, |end| end.clamp(done, look));
        let more = (end - done) * models.len() as u64;
        let extended = progress::watch(mode, more, |progress| {
            let threads = arguments.simulation.threads();
            trials::extend(every.as_deref_mut(), &models, tallies, done..end, threads, progress)
        });
        every.as_mut().map_or(Ok(()), |every| every.check())?;
        tallies = extended.map_err(|error| error.named(study.scenario_ids()))?;
        done = tallies.first().map_or(0, Tally::trials);
        if done < look {
            return partial(study, tallies, look);
        }
        let summary = summary::summarise(study, &tallies);
        if summary.stopped.as_ref().is_none_or(Stopped::is_final) {
            return Ok(summary);
        }
    }
    Ok(summary::summarise(study, &tallies))
}

/// What the trials say that were done before a run was interrupted.
fn partial(study: &Study, mut tallies: Vec<Tally>, planned: u64) -> Result<Summary, Failure> {
    match tallies.first().map_or(0, Tally::trials) {
        0 => return Err(shortfall::Error::Stopped.into()),
        done if done < LEAST_FOR_DRIVERS => tallies.iter_mut().for_each(|tally| tally.drivers = None),
        _ => {}
    }
    Ok(Summary { partial: Some(Partial::of(planned)), ..summary::summarise(study, &tallies) })
}

/// Simulates inputs of the trials again, if that was asked for, and adds how much of the spread comes from them.
fn sample_inputs(arguments: &Arguments, study: &Study, summary: &mut Summary) -> Result<(), Failure> {
    let Some(draws) = study.config.run.input_uncertainty.filter(|_| summary.partial.is_none()) else { return Ok(()) };
    let (mode, models) = (arguments.simulation.progress(), study.models());
    let found = match arguments.stop_after {
        Some(_) => Err(simulation::Error::Stopped),
        None => progress::watch(mode, draws * (EVENT_SAMPLES * models.len()) as u64, |progress| {
            simulation::nested(&models, draws, arguments.simulation.threads(), progress)
        }),
    };
    match found {
        Err(simulation::Error::Stopped) => summary.partial = Some(Partial::of(summary.trials)),
        found => summary.add_input_uncertainty(study, &found.map_err(|error| error.named(study.scenario_ids()))?),
    }
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
