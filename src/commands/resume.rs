//! `shortfall resume`: a run that was interrupted goes on to its end.

use std::path::{Path, PathBuf};

use shortfall::output::file::{Folder, checkpoint_of};

use super::rest::{GoOn, Run};
use super::tally::Counted;
use super::{Failure, Terminal, note, place};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The output folder of the run: as it was given, or as a run that was interrupted has left it.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    go_on: GoOn,
}

/// Goes on from the checkpoint or from the partial result; returns the exit code of the run.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let name = &arguments.folder;
    let Some(folder) = taken(name)? else {
        let nothing = format!("{}: there is no run to go on with: neither a folder nor a checkpoint", name.display());
        return Err(Failure::Usage(vec![nothing]));
    };
    let counted = match folder.checkpoint().map_err(|error| place::failed(name, error))? {
        Some((path, bytes)) => Counted::new(path, bytes)?,
        None => {
            let (counted, contents) = Counted::of_folder(folder.path())?;
            if contents.manifest["partial"] != true {
                if !arguments.go_on.is_quiet() {
                    let name = name.display();
                    note(&format!(
                        "{name} is finished: there is nothing to go on with (`shortfall extend` adds trials)"
                    ));
                }
                return Ok(0);
            }
            counted
        }
    };
    let (as_run, study) = counted.study(&[])?;
    let (tallies, nested) = counted.counted(&study)?;
    arguments.go_on.finish(Run { as_run, study, tallies, nested }, folder, terminal)
}

/// Takes the folder of a run, whether it has come to be or not; none if there is no trace of a run.
pub fn taken(name: &Path) -> Result<Option<Folder>, Failure> {
    let is_there = name.exists() || checkpoint_of(name).is_some_and(|path| path.exists());
    let take = || Folder::take_up(name).map_err(|error| place::failed(name, error));
    is_there.then(take).transpose()
}
