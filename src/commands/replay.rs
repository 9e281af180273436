//! `shortfall replay`: one trial of a run in detail.

use clap::ValueEnum;
use shortfall::Story;
use shortfall::model::LIMITS;
use shortfall::output::trial;

use super::{Failure, Input, print, show};

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
        let message = format!("--trial lies between 0 and {most}; {} is asked for", arguments.trial);
        return Err(Failure::Usage(vec![message]));
    }
    let study = arguments.input.study(&[])?;
    let stories = study.scenario_ids().map(|id| study.trial(id, arguments.trial)).collect::<Result<Vec<_>, _>>()?;
    match arguments.format {
        Format::Text => {
            let texts: Vec<String> = stories.iter().map(Story::to_string).collect();
            show(&texts.join("\n"), false)
        }
        Format::Csv => {
            let ([case], [story]) = (&study.scenarios[..], &stories[..]) else {
                return Err(Failure::Usage(vec!["name the scenario whose series you want: --scenario NAME".into()]));
            };
            print(&trial::csv(&case.model, story))
        }
        Format::Json => {
            let mut text = serde_json::to_string_pretty(&stories).expect("a story can be written as JSON");
            text.push('\n');
            print(text.as_bytes())
        }
    }
}
