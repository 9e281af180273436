//! `shortfall stress`: what happens if a supplier is lost, one after the other, without any probability.

use serde_json::json;
use shortfall::output::{self, stress as written};
use shortfall::study::Study;
use shortfall::study::stress::Losses;
use shortfall::summary::stress::{self, SPANS};

use super::answer::Output;
use super::{Failure, Input, Simulation, Terminal, progress};

#[derive(Debug, clap::Args)]
#[command(mut_arg("trials", |trials| {
    trials.help("Also simulate each loss in so many trials; the table has percentiles of those")
}))]
#[command(
    after_long_help = "Every market, country, capacity and project is lost in turn from the start: for good, and for 6, \
    12 and 24 months. Figures are at medians: every quantity at its median, nothing left to chance. With -n, each loss is also \
    simulated in so many trials, with all that comes by chance, and the table has percentiles of those."
)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Also lose together whatever a pattern means: ids of capacities or projects, countries, markets or stages, as in
    /// `*lynas*`. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    lose: Vec<String>,
    #[command(flatten)]
    simulation: Simulation,
    #[command(flatten)]
    output: Output,
}

/// Loses every supplier in turn and prints what that does.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let study = arguments.input.study(&options.changes())?;
    let losses = arguments.losses(&study)?;
    let begun = arguments.output.begin(&arguments.input)?;
    let named = study.config.output.outcome.as_deref();
    let asked = (options.trials, study.config.run.confidence);
    let (trials, simulated) = (options.trials.unwrap_or(0), (1 + SPANS.len()) * losses.targets.len());
    let total = simulated as u64 * (1 + trials) + trials;
    let stress = progress::watch(options.progress(), total, |progress| {
        stress::stress(&losses, named, asked, options.threads(), progress)
    });
    let stress = stress.map_err(|error| error.named([losses.scenario.as_str()].into_iter()))?;
    let digest = output::config_digest(&study);
    let answer = written::answer(&study, &stress, &digest);
    let what = ("stressed", json!(stress.scenario));
    begun.finish(&study, &answer, (what, stress.trials), options, terminal)
}

impl Arguments {
    /// What the scenario asked for may lose; the one that comes first, if none is.
    fn losses(&self, study: &Study) -> Result<Losses, Failure> {
        if self.input.scenario.len() > 1 {
            return Err(Failure::Usage(vec!["one scenario at a time: give --scenario once".into()]));
        }
        let scenario = &study.scenarios[0].id;
        Losses::new(study, scenario, &self.lose).map_err(Failure::Usage)
    }
}
