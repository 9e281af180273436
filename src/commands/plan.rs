//! `shortfall plan`: what a run that is split will take, and the lines that start it.

use std::collections::BTreeMap;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use shortfall::output::plan::{self as written, Measured, Plan, SCHEDULERS, Split};
use shortfall::output::shard::AsRun;
use shortfall::simulation;
use shortfall::study::Study;
use shortfall::study::file::STDIN;
use shortfall::summary::plan::{self, Trials};
use shortfall::tally::file::{self, Counted};
use shortfall::tally::{MOST_SHARDS, Shards, Tally};

use super::arguments::stopping;
use super::place::Clock;
use super::{Failure, Format, Input, Simulation, Terminal, memory, note, print, progress, show};

#[derive(Debug, clap::Args)]
#[command(mut_arg("trials", |trials| {
    trials.help("Plan so many trials, in place of the config's `run.trials` or of as many as `--until` takes")
}))]
#[command(
    after_long_help = "A pilot, the first trials of the run, tells how many trials it takes, with an interval, and what each costs \
    here. The number of trials is the same whenever it is asked for; times are measured. Lines are printed for Slurm, Snakemake, \
    Kubernetes, AWS Batch and GNU parallel: see docs/shards.md."
)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Plan as many trials as make a statistic precise, as in 'p95(total_shortage.allies.magnets) +- 2%', or decide every claim
    /// and expectation: `verdict`.
    #[arg(long, value_name = "RULE", conflicts_with = "trials")]
    until: Option<String>,
    /// With --until: the largest number of trials.
    #[arg(long, value_name = "N", conflicts_with = "trials")]
    max_trials: Option<u64>,
    /// How many shards. Without it: as many as take ten minutes each on a machine like this one, at most 1000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SHARDS)))]
    shards: Option<u32>,
    /// Trials of the pilot.
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pilot: u64,
    /// Print only the lines for this scheduler.
    #[arg(long = "for", value_name = "SCHEDULER", value_parser = PossibleValuesParser::new(SCHEDULERS.map(|one| one.name)))]
    scheduler: Option<String>,
    /// Print JSON: short for `--format json`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    simulation: Simulation,
}

/// What a shard should take unless a number of shards is asked for, seconds.
const USUAL_SECONDS: f64 = 600.0;

/// Most shards unless more are asked for: as many as an array of Slurm has, unless it is told otherwise.
const USUAL_SHARDS: f64 = 1000.0;

/// Simulates a pilot and prints the plan.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let mut study = arguments.input.study(&arguments.changes())?;
    if arguments.input.config == Path::new(STDIN) {
        let fault = "a plan is of a config file, which every shard reads; standard input is no file";
        return Err(Failure::Usage(vec![fault.into()]));
    }
    let is_in_config = study.config.run.until.is_some() && arguments.until.is_none();
    if options.trials.is_some() {
        (study.until, study.config.run.until) = (None, None);
    }
    memory::check(simulation::memory(&study.models(), options.threads()), options.quiet)?;
    let (empty, clock) = (study.tallies(), Clock::start());
    let tallies = progress::watch(options.progress(), arguments.pilot * study.scenarios.len() as u64, |progress| {
        simulation::extend(&study.models(), empty.clone(), 0..arguments.pilot, options.threads(), progress)
    });
    let tallies = tallies.map_err(|error| error.named(study.scenario_ids()))?;
    let seconds = clock.read(options.threads()).simulation_seconds;
    let trials = plan::trials(&study, &tallies);
    // A run that is split has this number of trials, and no rule.
    (study.config.run.trials, study.config.run.until, study.config.run.max_trials) = (trials.planned, None, None);
    let per_trial = seconds / arguments.pilot as f64;
    let usual = (trials.planned as f64 * per_trial / USUAL_SECONDS).ceil().clamp(1.0, USUAL_SHARDS) as u32;
    let shards = arguments.shards.unwrap_or(usual);
    let plan = measured(&study, (tallies, empty), trials, shards, (options.threads(), per_trial));
    let split = arguments.split(plan.trials.planned, shards);
    if is_in_config && !options.quiet {
        note("with `run.until` in the config, shards go in rounds: take it out to simulate the planned number in one");
    }
    if study.config.run.input_uncertainty.is_some() && !options.quiet {
        note(
            "times, memory and disk are told without the draws of `run.input_uncertainty`, which are dealt out to shards too",
        );
    }
    if let Some(name) = &arguments.scheduler {
        let lines = SCHEDULERS.iter().find(|one| one.name == name).map(|one| (one.lines)(&split));
        return print(lines.unwrap_or_default().as_bytes());
    }
    match if arguments.json { Format::Json } else { options.format } {
        _ if options.quiet => Ok(()),
        Format::Table => show(&written::text(&study, &plan, &split, terminal.screen), terminal.screen.colour),
        Format::Md => show(&written::markdown(&study, &plan, &split), false),
        Format::Csv => print(&written::csv(&plan)),
        Format::Json => print(&written::json(&study, &plan, &split)),
    }
}

/// What the shards and their merge take, by the counts of the pilot and by empty ones of the same kind.
fn measured(
    study: &Study,
    (pilot, empty): (Vec<Tally>, Vec<Tally>),
    trials: Trials,
    count: u32,
    (threads, per_trial): (usize, f64),
) -> Plan {
    let one = |number: u32| Shards { count, these: number..=number };
    // They differ by a block.
    let most = [1, count].map(|number| one(number).trials(&(0..trials.planned))).map(|range| range.end - range.start);
    let trials_per_shard = most.into_iter().max().unwrap_or(0);
    let mut tallies = pilot;
    while tallies.first().is_some_and(|tally| 2 * tally.trials() <= trials_per_shard) {
        for tally in &mut tallies {
            let same = tally.clone();
            tally.merge(&same);
        }
    }
    let as_run = AsRun::new(study, "", BTreeMap::new(), Vec::new());
    let bytes = as_run.write_first(study, &tallies, &[]);
    let mut empty = Counted::Run { tallies: empty, nested: Vec::new() };
    let clock = Clock::start();
    // They come of this very study, so that they can be added.
    file::add(&bytes, &mut empty).unwrap_or_else(|fault| panic!("{fault}"));
    let models = study.models();
    Plan {
        shards: count,
        trials_per_shard,
        memory_bytes: simulation::memory(&models, threads),
        merge_memory_bytes: simulation::memory(&models, 1),
        disk_bytes_per_shard: bytes.len() as u64,
        measured: Measured {
            threads,
            seconds_per_trial: per_trial,
            seconds_per_merge: clock.read(1).simulation_seconds,
        },
        trials,
    }
}

impl Arguments {
    fn changes(&self) -> Vec<String> {
        self.simulation.changes().into_iter().chain(stopping(self.until.as_deref(), self.max_trials)).collect()
    }

    /// The config and the options of the run, as every shard takes them.
    fn split(&self, trials: u64, shards: u32) -> Split {
        let Input { config, set, seed, scenario, allow_outside } = &self.input;
        let mut words = vec![config.to_string_lossy().into_owned(), "-n".into(), trials.to_string()];
        words.extend(set.iter().map(|change| format!("--set={change}")));
        words.extend(seed.map(|seed| format!("--seed={seed}")));
        words.extend(scenario.iter().map(|name| format!("--scenario={name}")));
        words.extend(allow_outside.then(|| "--allow-outside".into()));
        words.extend(self.simulation.changes().into_iter().filter_map(|change| {
            change.strip_prefix("run.confidence=").map(|confidence| format!("--confidence={confidence}"))
        }));
        Split { words, stem: self.input.stem().to_string_lossy().into_owned(), shards }
    }
}
