//! `shortfall drivers`: which uncertain inputs explain how much of the results.

use serde_json::json;
use shortfall::output::{self, drivers as written};
use shortfall::simulation;
use shortfall::study::ScenarioModel;
use shortfall::summary::{Asked, Bars, Drivers};

use super::answer::Output;
use super::progress::Mode;
use super::{Failure, Input, Simulation, Terminal, progress};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    simulation: Simulation,
    /// Tell the drivers of this number: an outcome, as in `total_shortage.allies.magnets`; `claim.ID`; or a recorded series in
    /// a month, as in `coverage_without.china.magnets@2035-01`. Without it: what the main milestone looks at ten years ahead,
    /// the main outcome, the main milestone, and the claims. Repeatable.
    #[arg(long, value_name = "NAME")]
    of: Vec<String>,
    /// Estimate the total effect of these inputs too, alone and together with others, from pairs of trials that differ in them
    /// alone, as in 'projects.*.slip_months'; `*` stands for any name. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    total: Vec<String>,
    /// Pairs of trials for each --total.
    #[arg(long, value_name = "N", default_value_t = 2000, requires = "total", value_parser = clap::value_parser!(u64).range(500..=100_000_000))]
    pairs: u64,
    /// Bars end at this percentile, in place of the mean.
    #[arg(long, value_name = "P", value_parser = percentile)]
    percentile: Option<f64>,
    /// Bars end where the input stands at its 10th and 90th percentile and all others at their medians, in place of the lowest
    /// and highest tenth of the trials, in which the others vary as ever.
    #[arg(long)]
    one_at_a_time: bool,
    #[command(flatten)]
    output: Output,
}

/// Simulates, and prints what drives the results.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let (options, threads) = (&arguments.simulation, arguments.simulation.threads());
    let mut study = arguments.input.study(&options.changes())?;
    if arguments.input.scenario.is_empty() {
        study.scenarios.truncate(1);
    }
    let asked = Asked::of(&study, &arguments.of, &arguments.total).map_err(Failure::Usage)?;
    let begun = arguments.output.begin(&arguments.input)?;
    let (trials, pairs) = (study.config.run.trials, arguments.pairs);
    let total = asked.iter().map(|asked| asked.trials(trials, pairs)).sum();
    let counted = progress::watch(options.progress(), total, |progress| {
        let tell =
            |asked: &Asked<'_>| asked.tell(&study, pairs, threads, progress).map_err(|error| named(error, asked));
        asked.iter().map(tell).collect::<Result<Vec<_>, Failure>>()
    })?;
    let bars = Bars { percentile: arguments.percentile, one_at_a_time: arguments.one_at_a_time };
    let mut found = Vec::new();
    for (asked, (mut drivers, tally)) in asked.iter().zip(counted) {
        let total = asked.trials_of_bars(bars, &mut drivers, trials);
        let put = progress::watch(if total > 0 { options.progress() } else { Mode::None }, total, |progress| {
            asked.put_bars(bars, &study, (&mut drivers, &tally), threads, progress)
        });
        put.map_err(|error| named(error, asked))?;
        found.push(drivers);
    }
    let cases: Vec<(&ScenarioModel, &Drivers)> = study.scenarios.iter().zip(&found).collect();
    let digest = output::config_digest(&study);
    let answer = written::answer(&study, &cases, &digest);
    let scenarios: Vec<&str> = study.scenario_ids().collect();
    let what = ("driven", json!(scenarios));
    begun.finish(&study, &answer, (what, Some(trials)), options, terminal)
}

fn named(error: simulation::Error, asked: &Asked<'_>) -> Failure {
    error.named([asked.case.id.as_str()].into_iter()).into()
}

/// A percentile.
fn percentile(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok().filter(|percent| *percent > 0.0 && *percent < 100.0);
    percent.ok_or_else(|| "a percentile lies above 0 and below 100".into())
}
