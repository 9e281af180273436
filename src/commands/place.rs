//! The folder that a command writes to, and the clock that runs meanwhile.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use shortfall::output::Rendered;
use shortfall::output::file::{Folder, Written};
use shortfall::output::json::WallClock;

use super::{Failure, note};

/// Takes the folder asked for, or else the first free one with this name; what is read must not lie in it.
pub fn take(asked: Option<&Path>, stem: &Path, force: bool, inputs: &[&Path]) -> Result<Folder, Failure> {
    Folder::take(asked, stem, force, inputs).map_err(|error| failed(asked.unwrap_or(stem), error))
}

/// Writes the files, and tells if they could not take the place that was meant for them; returns where they are.
pub fn write(folder: Folder, files: &[Rendered], manifest: &[u8], partial: bool) -> Result<PathBuf, Failure> {
    let asked = folder.path().to_path_buf();
    let Written { folder, instead } = folder.write(files, manifest, partial).map_err(|error| failed(&asked, error))?;
    if let Some(why) = instead {
        note(&format!("{} is as it was ({why}): the files are in {}", asked.display(), folder.display()));
    }
    Ok(folder)
}

/// A file or folder that cannot be read or written.
pub fn failed(path: &Path, error: std::io::Error) -> Failure {
    Failure::Io(path.to_string_lossy().into_owned(), error)
}

/// When a command began.
pub struct Clock {
    started: SystemTime,
    since: Instant,
}

impl Clock {
    /// Now.
    pub fn start() -> Self {
        Clock { started: SystemTime::now(), since: Instant::now() }
    }

    /// What the manifest says of the time it took to simulate, which is now over.
    pub fn read(&self, threads: usize) -> WallClock {
        let since_1970 = self.started.duration_since(SystemTime::UNIX_EPOCH);
        WallClock {
            started_unix_seconds: since_1970.map_or(0, |since| since.as_secs()),
            simulation_seconds: self.since.elapsed().as_secs_f64(),
            threads,
            peak_memory_bytes: peak_memory(),
        }
    }
}

/// Peak memory of this process, where Linux reports it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kilobytes)
}
