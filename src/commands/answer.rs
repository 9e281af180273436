//! The way from a command's [`Answer`] to its reader: standard output, and a folder if one is asked for.

use std::path::PathBuf;

use shortfall::output::answer::Answer;
use shortfall::output::file::Folder;
use shortfall::output::{self, json};
use shortfall::study::Study;

use super::place::{self, Clock};
use super::{Failure, Format, Input, Simulation, Terminal, again, print, show};

/// Where the answer goes, for every command that makes one.
#[derive(Debug, clap::Args)]
pub struct Output {
    /// Folder for tables, charts, a page, the config and the manifest, new or empty. Without it, no files are written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace the result of an earlier run in the output folder.
    #[arg(long, requires = "output")]
    force: bool,
    /// Print JSON: short for `--format json`.
    #[arg(long)]
    json: bool,
}

/// A folder that was taken before anything is simulated, and since when.
pub struct Begun<'a> {
    options: &'a Output,
    folder: Option<Folder>,
    clock: Clock,
}

impl Output {
    /// Takes the folder, if one is asked for.
    pub fn begin(&self, input: &Input) -> Result<Begun<'_>, Failure> {
        let taken = |asked: &PathBuf| place::take(Some(asked), asked, self.force, &[&input.config]);
        let folder = self.output.as_ref().map(taken).transpose()?;
        Ok(Begun { options: self, folder, clock: Clock::start() })
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
        let wall_clock = self.clock.read(simulation.threads());
        if let Some(folder) = self.folder {
            let files = output::render_answer(study, answer);
            let again = again::of_this_process();
            let digests = folder.digests(&files);
            let manifest = json::other_manifest(what, &[study], trials, &digests, &again, &wall_clock);
            place::write(folder, &files, &manifest, false)?;
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
