//! `shortfall rare`: probabilities of rare events, by importance sampling.

use shortfall::model::Model;
use shortfall::output::rare as written;
use shortfall::simulation;
use shortfall::summary::{self, Answers};

use super::{Failure, Format, Input, Simulation, Terminal, print, progress, show};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Simulate with this value in place of the config's, and weight every trial by its likelihood ratio: the rate of a
    /// disruption, as in `disruptions.ban.rate_per_year=2`, or the success of a project, as in
    /// `projects.plant.success_probability=0.5`. `*` stands for any name. Repeatable.
    #[arg(long, value_name = "PATH=VALUE", required = true)]
    tilt: Vec<String>,
    /// Estimate the probability that an outcome exceeds a value, as in `total_shortage.allies.magnets=50000`. Those of claims,
    /// milestones and any shortage (without `output.outcome`: of each market and product) are estimated in any case. Repeatable.
    #[arg(long, value_name = "OUTCOME=VALUE")]
    above: Vec<String>,
    /// Share of the trials that are simulated without the tilt. The more there are, the lower the bound on ways to an event
    /// that the tilt does not make likelier.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    untilted: f64,
    #[command(flatten)]
    simulation: Simulation,
}

/// Exit code if the hits are too few for any estimate.
const EXIT_NO_ESTIMATE: u8 = 6;

/// Simulates tilted trials and prints the probabilities; returns the exit code.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let options = &arguments.simulation;
    let study = arguments.input.study(&options.changes())?;
    let mut faults = Vec::new();
    let tilts = pairs("--tilt", &arguments.tilt, &mut faults);
    let above = pairs("--above", &arguments.above, &mut faults);
    let mut cases = Vec::new();
    for case in &study.scenarios {
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
        return Err(Failure::Usage(faults));
    }
    let run = &study.config.run;
    let threads = options.threads();
    let total = run.trials * cases.len() as u64;
    let weighted = progress::watch(options.progress(), total, |progress| {
        let one = |(id, asked, [natural, tilted]): &(String, Vec<summary::Question>, [Model; 2])| {
            let events: Vec<_> = asked.iter().map(|question| question.event).collect();
            simulation::rare([natural, tilted], &events, arguments.untilted, run.trials, threads, progress)
                .map_err(|error| error.named([id.as_str()].into_iter()).into())
        };
        cases.iter().map(one).collect::<Result<Vec<_>, Failure>>()
    })?;
    let counted = cases.iter().zip(weighted);
    let answers = counted.map(|((id, questions, [model, _]), weighted)| Answers { id, model, questions, weighted });
    let rare = summary::rare(&answers.collect::<Vec<_>>(), arguments.tilt.clone(), run.confidence);
    match options.format {
        _ if options.quiet => {}
        Format::Table => show(&written::text(&study, &rare, terminal.screen), terminal.screen.colour)?,
        Format::Md => show(&written::markdown(&study, &rare), false)?,
        Format::Csv => print(&written::csv(&rare))?,
        Format::Json => print(&written::json(run.seed, &rare))?,
    }
    Ok(if rare.estimated() { 0 } else { EXIT_NO_ESTIMATE })
}

/// A share of the trials.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.001..=0.999).contains(share));
    share.ok_or_else(|| "a share lies between 0.001 and 0.999".into())
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
