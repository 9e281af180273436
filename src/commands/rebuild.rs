//! `shortfall report`: all files of a run again, from what was counted.

use std::path::PathBuf;

use shortfall::summary::summarise;

use super::place::{self, Clock};
use super::report::{Report, Then, Told};
use super::tally::Counted;
use super::trials::TrialsArguments;
use super::{Failure, Format, Terminal, note, rest, resume};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The output folder of the run. It is replaced, unless -o names another.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    report: Report,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Nothing on standard output.
    #[arg(short, long)]
    quiet: bool,
}

/// Reads what was counted, writes all files and tells them; returns the exit code of the run.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let name = &arguments.folder;
    let usage = |fault: &str| Failure::Usage(vec![format!("{}: {fault}", name.display())]);
    let folder = match &arguments.report.output {
        None => resume::taken(name)?.ok_or_else(|| usage("there is no run to report"))?,
        Some(output) => place::take(Some(output), output, arguments.report.force, &[name])?,
    };
    let (counted, contents) = Counted::of_folder(name)?;
    if arguments.report.output.is_none() {
        folder.may_be_replaced().map_err(|error| place::failed(name, error))?;
    }
    let (as_run, study) = counted.study(&[])?;
    match TrialsArguments::of(&as_run.files).file() {
        Some(file) if arguments.report.output.is_none() => {
            return Err(usage(&format!(
                "{file} holds every trial and its tally does not: it would be lost; name another folder with -o"
            )));
        }
        Some(file) if !arguments.quiet => {
            note(&format!("{file} holds every trial and is not made again: run again for it"))
        }
        _ => {}
    }
    let as_run = as_run.with_files(arguments.report.files.as_arguments());
    let (clock, (mut tallies, nested)) = (Clock::start(), counted.counted(&study)?);
    let mut summary = match contents.manifest["planned_trials"].as_u64() {
        Some(planned) => rest::partial(&study, &mut tallies, planned)?,
        None => summarise(&study, &tallies),
    };
    if study.config.run.input_uncertainty.is_some() && summary.partial.is_none() {
        if nested.is_empty() {
            return Err(usage("its tally lacks the inputs that were simulated again: run again"));
        }
        summary.add_input_uncertainty(&study, &nested);
    }
    let told = Told {
        as_run: &as_run,
        study: &study,
        tallies: &tallies,
        nested: &nested,
        summary: &summary,
        trials: &[],
        clock: (&clock, 1),
    };
    arguments.report.finish(&told, folder, None, Then::Tell(arguments.format, arguments.quiet, terminal))
}
