//! `shortfall replay`: one trial of a run in detail.

use clap::ValueEnum;
use shortfall::engine::Engine;
use shortfall::model::LIMITS;
use shortfall::output::trial;
use shortfall::simulation;

use super::{Failure, Input, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Number of the trial, counted from 0. It is the same in every run with this config and seed.
    #[arg(long, value_name = "N")]
    trial: u64,
    /// What to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Events and outcomes, for people.
    Text,
    /// The monthly series.
    Csv,
    /// Everything: inputs, events, outcomes, series.
    Json,
}

/// Simulates one trial and prints it.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.trial >= LIMITS.trials.most {
        let most = LIMITS.trials.most - 1;
        return Err(Failure::Usage(format!("--trial lies between 0 and {most}; {} is asked for", arguments.trial)));
    }
    let study = arguments.input.study(&[])?;
    let mut stories = Vec::new();
    for (model, case) in study.scenarios.iter().enumerate() {
        let simulated = Engine::new(&case.model).trial(arguments.trial);
        if simulated.outcomes.iter().any(|value| value.is_nan()) {
            let error = simulation::Error::NotANumber { trial: arguments.trial, model };
            return Err(Failure::simulation(error, study.scenarios.iter().map(|case| case.id.as_str())));
        }
        stories.push((case, trial::story(&case.model, &case.id, arguments.trial, &simulated)));
    }
    let stories = stories.into_iter();
    match arguments.format {
        Format::Text => {
            let texts: Vec<String> = stories.map(|(_, story)| trial::text(&story)).collect();
            print(texts.join("\n").as_bytes())
        }
        Format::Csv => {
            let [case] = &study.scenarios[..] else {
                return Err(Failure::Usage("name the scenario whose series you want: --scenario NAME".into()));
            };
            let csv: Vec<Vec<u8>> = stories.map(|(_, story)| trial::csv(&case.model, &story)).collect();
            print(&csv.concat())
        }
        Format::Json => {
            let stories: Vec<trial::Story> = stories.map(|(_, story)| story).collect();
            let mut text = serde_json::to_string_pretty(&stories).expect("a story can be written as JSON");
            text.push('\n');
            print(text.as_bytes())
        }
    }
}
