//! `shortfall rare`: probabilities of rare things, by playing them more often and weighting back.

use shortfall::output::rare as written;
use shortfall::simulation;
use shortfall::summary;

use super::progress::{self, Mode};
use super::run::Format;
use super::{Failure, Input, Terminal, Threads, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Play this value in place of the config's, and weight every future back: the rate of a disruption, as in
    /// `disruptions.ban.rate_per_year=2`, or the chance of a project, as in `projects.plant.success_probability=0.5`. `*`
    /// stands for any name. Repeatable.
    #[arg(long, value_name = "PATH=VALUE", required = true)]
    tilt: Vec<String>,
    /// Ask how likely it is that an outcome lies above a value, as in `total_shortage.allies.magnets=50000`. Claims,
    /// milestones and the main outcome are asked anyway. Repeatable.
    #[arg(long, value_name = "OUTCOME=VALUE")]
    above: Vec<String>,
    /// Number of futures, in place of the config's `run.trials`.
    #[arg(short = 'n', long)]
    trials: Option<u64>,
    #[command(flatten)]
    threads: Threads,
    /// Confidence of every interval; in place of the config's `run.confidence`.
    #[arg(long)]
    confidence: Option<f64>,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// How to show progress, on standard error.
    #[arg(long, value_enum, default_value = "auto")]
    progress: Mode,
}

/// Exit code where the weights are too uneven for any figure.
const EXIT_UNEVEN: u8 = 6;

/// Simulates the tilted futures and tells the probabilities; returns the exit code.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let trials = arguments.trials.map(|trials| format!("run.trials={trials}"));
    let confidence = arguments.confidence.map(|confidence| format!("run.confidence={confidence:?}"));
    let changes: Vec<String> = [trials, confidence].into_iter().flatten().collect();
    let study = arguments.input.study(&changes)?;
    let mut faults = Vec::new();
    let tilts = pairs("--tilt", &arguments.tilt, &mut faults);
    let above = pairs("--above", &arguments.above, &mut faults);
    let mut cases = Vec::new();
    for case in &study.cases {
        let mut blame = |found: Vec<String>| {
            faults.extend(found.into_iter().map(|fault| format!("scenario {}: {fault}", case.id)));
        };
        let asked = summary::questions(&study, &case.model, &above).map_err(&mut blame);
        let models = case.model.tilted(&tilts).map_err(&mut blame);
        if let (Ok(asked), Ok(models)) = (asked, models) {
            cases.push((case.id.clone(), asked, models));
        }
    }
    if !faults.is_empty() {
        return Err(Failure::Usage(faults.join("\nerror: ")));
    }
    let run = &study.config.run;
    let threads = arguments.threads.count();
    let found = progress::watch(arguments.progress, run.trials * cases.len() as u64, |progress| {
        let one = |(id, asked, [natural, tilted]): (String, Vec<summary::Question>, [_; 2])| {
            let events: Vec<_> = asked.iter().map(|question| question.event).collect();
            let weighted = simulation::rare([&natural, &tilted], &events, run.trials, threads, progress)
                .map_err(|error| Failure::simulation(error, [id.as_str()].into_iter()))?;
            Ok((id, asked, weighted))
        };
        cases.into_iter().map(one).collect::<Result<Vec<_>, Failure>>()
    });
    let rare = summary::rare(&found?, arguments.tilt.clone(), run.confidence);
    match arguments.format {
        Format::Table => print(written::text(&study, &rare, terminal.colour).as_bytes())?,
        Format::Md => print(written::markdown(&study, &rare).as_bytes())?,
        Format::Csv => print(&written::csv(&rare))?,
        Format::Json => print(&written::json(run.seed, &rare))?,
    }
    Ok(if rare.trusted() { 0 } else { EXIT_UNEVEN })
}

/// Names and values of an option.
fn pairs(option: &str, given: &[String], faults: &mut Vec<String>) -> Vec<(String, f64)> {
    let mut one = |text: &String| {
        let parts = text.split_once('=').and_then(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
        match parts {
            Some((name, value)) if f64::is_finite(value) => Some((name.to_string(), value)),
            _ => {
                faults.push(format!("{option} takes NAME=NUMBER; `{text}` is not that"));
                None
            }
        }
    };
    given.iter().filter_map(&mut one).collect()
}
