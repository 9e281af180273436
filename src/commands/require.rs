//! `shortfall require`: what would have to be true for a claim to be as likely as asked.

use serde_json::json;
use shortfall::output::{self, require as written};
use shortfall::study::require::{Lever, Required};
use shortfall::study::{LEAST_FOR_DRIVERS, Study};
use shortfall::summary::require::{self, MOST_TRIALS, Problem, Question};

use super::answer::Output;
use super::{Failure, Input, Simulation, Terminal, progress};

/// Trials, unless the config has fewer or others are asked for.
const TRIALS: u64 = 10_000;

#[derive(Debug, clap::Args)]
#[command(mut_arg("trials", |trials| {
    trials.help("Number of trials; without it, those of the config, but at most 10 000")
}))]
#[command(
    after_long_help = "Three questions, all on the same trials. Which value of a single input or setting makes the claim as likely \
    as asked? How many more plants, how much sooner, how much less demand, each alone and two together? Which ranges of at most \
    four inputs together make it likeliest, measured in fresh trials? Where the claim is as likely as asked already, the same \
    tells how far things may move before it is not."
)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The claim, by its id.
    #[arg(long, value_name = "ID")]
    claim: String,
    /// How likely it is to be, above 0 and below 1.
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = between_0_and_1)]
    at_least: f64,
    /// Also look at these inputs, beside the ten that explain most, as in `demands.*.growth_per_year`; those that one pattern
    /// matches are moved together. Repeatable.
    #[arg(long = "input", value_name = "PATTERN")]
    inputs: Vec<String>,
    /// Also move this number of the config, as in `stockpiles.*.target_days=0..180`. Repeatable.
    #[arg(long = "lever", value_name = "PATH=FROM..TO", allow_hyphen_values = true)]
    levers: Vec<String>,
    #[command(flatten)]
    simulation: Simulation,
    #[command(flatten)]
    output: Output,
}

/// Looks for what would have to be true, and prints it.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let study = arguments.input.study(&options.changes())?;
    let (required, levers) = arguments.required(&study)?;
    let begun = arguments.output.begin(&arguments.input)?;
    let run = &study.config.run;
    let trials = options.trials.unwrap_or(run.trials.min(TRIALS));
    let question =
        Question { at_least: arguments.at_least, trials, confidence: run.confidence, threads: options.threads() };
    let total = require::trials_for(&question, levers.len());
    let found =
        progress::watch(options.progress(), total, |progress| require::require(&required, question, levers, progress));
    let found = found.map_err(|problem| match problem {
        Problem::Simulation(error) => error.named([required.scenario.as_str()].into_iter()).into(),
        Problem::Setting(fault) => Failure::Usage(vec![fault]),
    })?;
    let digest = output::config_digest(&study);
    let answer = written::answer(&study, &found, &digest);
    let what = ("required", json!({ "scenario": found.scenario, "claim": found.claim, "at_least": found.at_least }));
    begun.finish(&study, &answer, (what, Some(trials)), options, terminal)
}

impl Arguments {
    /// What decides the claim, and what is moved beside the inputs that explain most.
    fn required(&self, study: &Study) -> Result<(Required, Vec<Lever>), Failure> {
        let mut faults = Vec::new();
        if self.input.scenario.len() > 1 {
            faults.push("one scenario at a time: give --scenario once".into());
        }
        let trials = self.simulation.trials.unwrap_or(study.config.run.trials);
        if trials < LEAST_FOR_DRIVERS {
            faults.push(format!("this takes at least {LEAST_FOR_DRIVERS} trials; {trials} are asked for: raise `-n`"));
        } else if self.simulation.trials.is_some_and(|trials| trials > MOST_TRIALS) {
            faults.push(format!("this takes at most {MOST_TRIALS} trials; {trials} are asked for: lower `-n`"));
        }
        let required = Required::new(study, &study.scenarios[0].id, &self.claim);
        let required = required.map_err(|fault| faults.push(format!("--claim: {fault}"))).ok();
        let mut levers = Vec::new();
        if let Some(required) = &required {
            let inputs = self.inputs.iter().map(|pattern| required.lever_of_pattern(pattern));
            for lever in inputs.chain(self.levers.iter().map(|text| required.lever_of_setting(text))) {
                lever.map_or_else(|fault| faults.push(fault), |lever| levers.push(lever));
            }
        }
        match required {
            Some(required) if faults.is_empty() => Ok((required, levers)),
            _ => Err(Failure::Usage(faults)),
        }
    }
}

/// A probability that is neither nought nor one.
fn between_0_and_1(text: &str) -> Result<f64, String> {
    let probability = text.parse().ok().filter(|probability| *probability > 0.0 && *probability < 1.0);
    probability.ok_or_else(|| "a probability lies above 0 and below 1".into())
}
