//! `shortfall replay`: one trial of a run in detail, or many in a table.

use std::io::{self, IsTerminal};
use std::ops::Range;

use clap::ValueEnum;
use shortfall::Story;
use shortfall::model::LIMITS;
use shortfall::output::trials::{self, Asked, Sheets, Table, Writer};
use shortfall::output::{config_digest, trial};
use shortfall::simulation::{self, Recorder, TrialRows};
use shortfall::study::Study;
use shortfall::tally::Tally;

use super::progress::{self, Mode};
use super::{Failure, Input, print, show};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Number of the trial, counted from 0. It is the same in every run with this config and seed.
    #[arg(long, value_name = "N", required_unless_present = "trials")]
    trial: Option<u64>,
    /// Trials FROM up to TO, without TO, as a table: a row for each and each scenario, with outcomes, dates of milestones and
    /// claims, as in the file of `run --trials-file`.
    #[arg(long, value_name = "FROM..TO", conflicts_with = "trial", allow_hyphen_values = true)]
    trials: Option<String>,
    /// With --trials: in place of these, recorded series month by month: names with commas between them, `*` for any letters.
    #[arg(long, value_name = "LIST", requires = "trials")]
    series: Option<String>,
    /// With --trials: a column for every uncertain input too.
    #[arg(long, requires = "trials", conflicts_with = "series")]
    with_inputs: bool,
    /// What to print: text unless stated, csv with --trials.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Events and outcomes, for people.
    Text,
    /// The monthly series; with --trials, the table.
    Csv,
    /// Everything: inputs, events, outcomes, series.
    Json,
    /// With --trials, the table.
    Parquet,
}

/// Simulates what is asked for and prints it.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.trials {
        Some(range) => many(arguments, range),
        None => one(arguments, arguments.trial.unwrap_or_default()),
    }
}

fn one(arguments: &Arguments, number: u64) -> Result<(), Failure> {
    let usage = |message: String| Err(Failure::Usage(vec![message]));
    if number >= LIMITS.trials.most {
        let most = LIMITS.trials.most - 1;
        return usage(format!("--trial lies between 0 and {most}; {number} is asked for"));
    }
    let study = arguments.input.study(&[])?;
    let stories = study.scenario_ids().map(|id| study.trial(id, number)).collect::<Result<Vec<_>, _>>()?;
    match arguments.format.unwrap_or(Format::Text) {
        Format::Text => {
            let texts: Vec<String> = stories.iter().map(Story::to_string).collect();
            show(&texts.join("\n"), false)
        }
        Format::Csv => {
            let ([case], [story]) = (&study.scenarios[..], &stories[..]) else {
                return usage("name the scenario whose series you want: --scenario NAME".into());
            };
            print(&trial::csv(&case.model, story))
        }
        Format::Json => {
            let mut text = serde_json::to_string_pretty(&stories).expect("a story can be written as JSON");
            text.push('\n');
            print(text.as_bytes())
        }
        Format::Parquet => usage(format!("Parquet is for tables: --trials {number}..{}", number + 1)),
    }
}

fn many(arguments: &Arguments, range: &str) -> Result<(), Failure> {
    let usage = |message: String| Failure::Usage(vec![message]);
    let trials = parsed(range).map_err(usage)?;
    let format = match arguments.format.unwrap_or(Format::Csv) {
        Format::Csv => trials::Format::Csv,
        Format::Parquet => trials::Format::Parquet,
        Format::Text | Format::Json => return Err(usage("of one trial: --trial N; of many: csv or parquet".into())),
    };
    format.check().map_err(usage)?;
    if format == trials::Format::Parquet && io::stdout().is_terminal() {
        return Err(usage("Parquet is nothing for a terminal: put `> trials.parquet` behind the command".into()));
    }
    let study = arguments.input.study(&[])?;
    let series = arguments.series.as_ref().map(|list| Asked::find_series(&study, list));
    let series = series.transpose().map_err(Failure::Usage)?;
    let asked = Asked { inputs: arguments.with_inputs, series: series.unwrap_or_default() };
    let table = if asked.series.is_empty() { Table::of_trials } else { Table::of_months }(&study, &asked);
    let digest = config_digest(&study);
    let about = trials::about(&study, &digest, &table);
    let failed = |error| Failure::Io("standard output".into(), error);
    let writer = Writer::begin(format, io::stdout(), table.columns(), about, true).map_err(failed)?;
    let mut sheets = Sheets::new(vec![(table, writer)]);
    simulate(&study, &asked, trials, &mut sheets)?;
    let ended = sheets.finish().and_then(|outs| outs.into_iter().try_for_each(|mut out| io::Write::flush(&mut out)));
    ended.map_err(failed)
}

/// Simulates trials, each of which goes into the table; nothing is counted of them.
fn simulate(study: &Study, asked: &Asked, trials: Range<u64>, sheets: &mut Sheets<io::Stdout>) -> Result<(), Failure> {
    let (models, kept) = (study.models(), asked.kept(study));
    let tallies = models.iter().map(|model| Tally::new(model)).collect();
    let done = progress::watch(Mode::None, 0, |progress| {
        let mut take = |trials: Range<u64>, rows: &[&TrialRows]| sheets.take(trials, rows);
        let recorder = Recorder::new(trials.start, &kept, &mut take);
        simulation::extend_and_record(&models, tallies, trials.clone(), 0, progress, Some(&recorder))
    });
    if let Some(error) = sheets.fault() {
        return Err(Failure::Io("standard output".into(), error));
    }
    let tallies = done.map_err(|error| error.named(study.scenario_ids()))?;
    let is_whole = tallies.iter().all(|tally| tally.trials() == trials.end - trials.start);
    if is_whole { Ok(()) } else { Err(Failure::Interrupted) }
}

/// A range of trials such as `0..100`.
fn parsed(range: &str) -> Result<Range<u64>, String> {
    let ends = range.split_once("..").and_then(|(from, to)| Some((from.parse::<u64>().ok()?, to.parse::<u64>().ok()?)));
    match ends {
        Some((from, to)) if from < to && to <= LIMITS.trials.most => Ok(from..to),
        Some((_, to)) if to > LIMITS.trials.most => {
            Err(format!("--trials {range}: trials are numbered from 0 to {}", LIMITS.trials.most - 1))
        }
        _ => Err(format!("--trials {range}: write FROM..TO, as in 0..100 for the first hundred trials")),
    }
}
