//! Tally files, read: of shards, of interrupted runs, of finished ones.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use shortfall::Study;
use shortfall::output::file::{Contents, MANIFEST, checkpoint_of};
use shortfall::output::json;
use shortfall::output::shard::{AsRun, TALLY};
use shortfall::study::file::read_at_most;
use shortfall::tally::file::{self, HEADER_START, Header, Kind};
use shortfall::tally::{NestedSampling, Shards, Tally};

use super::{Failure, folders, place};

/// Reads the header of a file, and no more of it.
pub fn header(path: &Path) -> Result<Header, String> {
    let data = fs::metadata(path).map_err(|error| error.to_string())?;
    if !data.is_file() {
        return Err("this is no file".into());
    }
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let mut read = |most: u64, bytes: &mut Vec<u8>| {
        file.by_ref().take(most).read_to_end(bytes).map(|_| ()).map_err(|error| error.to_string())
    };
    read(HEADER_START as u64, &mut bytes)?;
    let begin = file::header_length(&bytes, data.len()).map_err(|fault| fault.to_string())?;
    read(begin - bytes.len() as u64, &mut bytes)?;
    file::read_header(&bytes, data.len()).map_err(|fault| fault.to_string())
}

/// Reads a file to its end.
pub fn whole(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || read_at_most(path, fs::metadata(path)?.len());
    read().map_err(|error| place::failed(path, error))
}

/// Nothing counted yet of a run, with draws of its inputs or without.
pub fn nothing(study: &Study, has_draws: bool) -> file::Counted {
    let nested = if has_draws { study.nested() } else { Vec::new() };
    file::Counted::Run { tallies: study.tallies(), nested }
}

/// Other versions may simulate other trials.
pub fn other_version(header: &Header) -> Option<String> {
    let own = json::tool();
    let fault = format!("it was written by {}, this is {own}: use the version that wrote it", header.tool);
    (header.tool != own).then_some(fault)
}

/// A tally file of trials `0..n` of a run, read from one that was interrupted or is finished.
pub struct Counted {
    path: PathBuf,
    bytes: Vec<u8>,
    header: Header,
}

impl Counted {
    /// Of bytes that were read from there.
    pub fn new(path: PathBuf, bytes: Vec<u8>) -> Result<Counted, Failure> {
        let refused = |fault: String| Failure::Tally(vec![format!("{}: {fault}", path.display())]);
        let header = file::read_header(&bytes, bytes.len() as u64).map_err(|fault| refused(fault.to_string()))?;
        if let Some(fault) = other_version(&header) {
            return Err(refused(fault));
        }
        if header.kind != Kind::Run || header.round.start > 0 || header.shards != Shards::whole() {
            return Err(refused("it is of a shard: `shortfall merge` puts a run together".into()));
        }
        Ok(Counted { path, bytes, header })
    }

    /// Of the folder of a run, which no checkpoint may lie beside; and what else is in the folder. The file must be as it was
    /// written.
    pub fn of_folder(folder: &Path) -> Result<(Counted, Contents), Failure> {
        let name = folder.display();
        let usage = |fault: String| Failure::Usage(vec![fault]);
        if checkpoint_of(folder).is_some_and(|path| path.exists()) {
            return Err(usage(format!(
                "a run into {name} was interrupted: go on with it first, with `shortfall resume {name}`"
            )));
        }
        let contents = folders::contents(folder).map_err(usage)?;
        if !contents.manifest["shards"].is_null() {
            return Err(usage(format!("{name} is the folder of a shard: `shortfall merge` puts a run together")));
        }
        if !contents.same.iter().any(|file| file == TALLY) {
            let edited = contents.edited.iter().chain(&contents.missing).any(|file| file == TALLY);
            return Err(usage(if edited {
                format!(
                    "{name}: {TALLY} is not the one that was written (its digest is not that in {MANIFEST}): run again"
                )
            } else {
                format!(
                    "{name} holds no {TALLY}: it is not of a run, or of one with `--no-tally`; run again without that"
                )
            }));
        }
        let path = folder.join(TALLY);
        let bytes = whole(&path)?;
        Ok((Counted::new(path, bytes)?, contents))
    }

    /// How many trials are counted.
    pub fn trials(&self) -> u64 {
        self.header.round.end
    }

    /// The study as run, with these changes to its config.
    pub fn study(&self, changes: &[String]) -> Result<(AsRun, Study), Failure> {
        AsRun::read(&self.header, changes).map_err(|fault| self.refused(&fault))
    }

    /// What was counted, of such a study, and of the inputs that it simulates again, once that is done.
    pub fn counted(&self, study: &Study) -> Result<(Vec<Tally>, Vec<NestedSampling>), Failure> {
        let mut counted = nothing(study, self.header.draws > 0);
        file::add(&self.bytes, &mut counted).map_err(|fault| self.refused(&fault.to_string()))?;
        let file::Counted::Run { tallies, nested } = counted else {
            return Err(Failure::Internal("a run has counted something else".into()));
        };
        Ok((tallies, nested))
    }

    fn refused(&self, fault: &str) -> Failure {
        Failure::Tally(vec![format!("{}: {fault}", self.path.display())])
    }
}
