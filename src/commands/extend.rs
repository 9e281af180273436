//! `shortfall extend`: more trials for a run.

use std::path::PathBuf;

use shortfall::model::LIMITS;
use shortfall::output::words::count;

use super::rest::{GoOn, Run};
use super::tally::Counted;
use super::{Failure, Terminal, note, resume};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The output folder of the run.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Number of trials that it shall have in all.
    #[arg(short = 'n', long, value_name = "N")]
    trials: u64,
    #[command(flatten)]
    go_on: GoOn,
}

/// Simulates the trials that are lacking, and replaces the folder; returns the exit code of the run.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let (name, trials) = (arguments.folder.display(), arguments.trials);
    let usage = |fault: String| Failure::Usage(vec![format!("{name}: {fault}")]);
    let folder = resume::taken(&arguments.folder)?.ok_or_else(|| usage("there is no run to extend".into()))?;
    let (counted, _) = Counted::of_folder(folder.path())?;
    if trials <= counted.trials() {
        let has = count(counted.trials());
        return Err(usage(format!("the run has {has} trials: give a larger number than that; -n {trials} adds none")));
    }
    let most = LIMITS.trials.most;
    if trials > most {
        return Err(usage(format!("a run has at most {} trials", count(most))));
    }
    let (_, before) = counted.study(&[])?;
    if let Some(rule) = &before.config.run.until {
        return Err(usage(format!(
            "the run has as many trials as it took (`until` is `{rule}`): run again without that"
        )));
    }
    let (as_run, study) = counted.study(&[format!("run.trials={trials}")])?;
    // Drivers are told from a number of trials on.
    let (tallies, nested) = if before.tells_drivers() == study.tells_drivers() {
        counted.counted(&study)?
    } else {
        if !arguments.go_on.is_quiet() {
            note("with so many trials the run tells drivers, which were not counted: all trials are simulated again");
        }
        (study.tallies(), Vec::new())
    };
    arguments.go_on.finish(Run { as_run, study, tallies, nested }, folder, terminal)
}
