//! `shortfall check`: validate a config.

use std::fmt::Write as _;

use shortfall::config::file_names;
use shortfall::output::hints::hints;
use shortfall::text::visible;

use super::{Failure, Input, show};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
}

/// Compiles the config, summarises what it contains, and gives hints.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let study = arguments.input.study(&[])?;
    let mut text = format!("{}: no faults\n", visible(&arguments.input.name()));
    for case in &study.scenarios {
        let model = &case.model;
        let _ = writeln!(
            text,
            "  {}: {} months, {} markets, {} stages, {} projects, {} disruptions, {} uncertain inputs, {} series, {} outcomes",
            case.id,
            model.months,
            model.markets.len(),
            model.stages.len(),
            model.projects.len(),
            model.disruptions.len(),
            model.inputs.of_decisions.start,
            model.series.len(),
            model.outcomes.len(),
        );
    }
    if !study.config.charts.is_empty() {
        let _ = writeln!(text, "  charts: {}", file_names(&study.config.charts).join(", "));
    }
    for fitted in &study.fitted {
        let _ = writeln!(text, "fitted: {fitted}");
    }
    for hint in hints(&study) {
        let _ = writeln!(text, "hint: {hint}");
    }
    show(&text, false)
}
