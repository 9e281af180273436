//! The way from a command's [`Answer`] to its reader: standard output, and a folder if one is asked for.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use shortfall::output::answer::Answer;
use shortfall::output::{self, file, json};
use shortfall::study::Study;

use super::report::peak_memory;
use super::{Failure, Format, Simulation, Terminal, print, show};

/// Where the answer goes, for every command that makes one.
#[derive(Debug, clap::Args)]
pub struct Output {
    /// Folder for tables, charts, a page, the config and the manifest, new or empty. Without it, no files are written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Overwrite the files of an earlier run in the output folder.
    #[arg(long, requires = "output")]
    force: bool,
    /// Print JSON: short for `--format json`.
    #[arg(long)]
    json: bool,
}

/// A folder that was taken before anything is simulated, and since when.
pub struct Begun<'a> {
    options: &'a Output,
    folder: Option<PathBuf>,
    started: SystemTime,
    clock: Instant,
}

impl Output {
    /// Takes the folder, if one is asked for.
    pub fn begin(&self) -> Result<Begun<'_>, Failure> {
        let taken = |asked: &PathBuf| {
            file::take_folder(Some(asked), asked, self.force)
                .map_err(|error| Failure::Io(asked.to_string_lossy().into_owned(), error))
        };
        let folder = self.output.as_ref().map(taken).transpose()?;
        Ok(Begun { options: self, folder, started: SystemTime::now(), clock: Instant::now() })
    }
}

impl Begun<'_> {
    /// Writes the files and prints the answer. `what` was done to which scenario, and in how many trials, stands in the
    /// manifest.
    pub fn finish(
        self,
        study: &Study,
        answer: &Answer,
        (what, trials): ((&str, serde_json::Value), Option<u64>),
        simulation: &Simulation,
        terminal: Terminal,
    ) -> Result<(), Failure> {
        let since_1970 = self.started.duration_since(SystemTime::UNIX_EPOCH);
        let wall_clock = json::WallClock {
            started_unix_seconds: since_1970.map_or(0, |since| since.as_secs()),
            simulation_seconds: self.clock.elapsed().as_secs_f64(),
            threads: simulation.threads(),
            peak_memory_bytes: peak_memory(),
        };
        if let Some(folder) = &self.folder {
            let files = output::render_answer(study, answer);
            let manifest = json::other_manifest(what, study.config.run.seed, trials, &files, &wall_clock);
            file::write_all(folder, &files, &manifest)
                .map_err(|error| Failure::Io(folder.to_string_lossy().into_owned(), error))?;
        }
        match if self.options.json { Format::Json } else { simulation.format } {
            _ if simulation.quiet => Ok(()),
            Format::Table => show(&answer.text(study, terminal.screen), terminal.screen.colour),
            Format::Md => show(&answer.markdown(study), false),
            Format::Csv => print(answer.csv()),
            Format::Json => print(&answer.json.1),
        }
    }
}
