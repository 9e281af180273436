//! `shortfall list`: every series, outcome, path and input that a config can name.

use shortfall::output::listing;

use super::{Failure, Format, Input, Terminal, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Only names that match this, in which `*` stands for any letters, as in 'projects.*.slip_months'; without `*`, names that
    /// contain it.
    pattern: Option<String>,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Print JSON: short for `--format json`.
    #[arg(long)]
    json: bool,
}

/// Prints the names of the scenario that comes first.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let study = arguments.input.study(&[])?;
    let pattern = arguments.pattern.as_deref();
    let listed = study.scenarios.first().map_or(Vec::new(), |case| listing::list(&study, case, pattern));
    if let (Some(pattern), true) = (pattern, listed.is_empty()) {
        let config = arguments.input.config.display();
        return Err(Failure::Usage(vec![format!(
            "no series, outcome, path or input matches `{pattern}`: `shortfall list {config}` shows all"
        )]));
    }
    match if arguments.json { Format::Json } else { arguments.format } {
        Format::Table => print(listing::text(&listed, terminal.screen).as_bytes()),
        Format::Md => print(listing::markdown(&listed).as_bytes()),
        Format::Csv => print(&listing::csv(&listed)),
        Format::Json => print(&listing::json(&listed)),
    }
}
