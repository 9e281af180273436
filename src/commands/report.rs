//! From the estimates of a run to its folder, and to what is printed.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use shortfall::Study;
use shortfall::output::file::Folder;
use shortfall::output::terminal::Detail;
use shortfall::output::trials::TrialsFile;
use shortfall::output::{self, Drawing, Results, chart, file, finding, json, package, tables, terminal};
use shortfall::summary::Summary;

use super::interrupt::Held;
use super::place::{self, Clock};
use super::{Failure, Format, Terminal, note, print, show as show_text};

/// What to write and print, for every command that tells a whole run.
#[derive(Debug, clap::Args)]
pub struct Report {
    /// Output folder, new or empty. By default the first free one of shortfall-out/NAME, NAME-2, ...
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replace the result of an earlier run in the output folder.
    #[arg(long)]
    pub force: bool,
    /// Write neither charts nor report.html.
    #[arg(long)]
    no_charts: bool,
    /// Write charts as SVG as well as PNG.
    #[arg(long, conflicts_with = "no_charts")]
    svg: bool,
    /// Print every table.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Print results.json: short for `--format json`.
    #[arg(long)]
    json: bool,
}

/// What there is to tell.
pub struct Told<'a> {
    pub study: &'a Study,
    pub summary: &'a Summary,
    /// Name of the config file, without its folder.
    pub config_name: &'a str,
    /// Addresses of the sources that comments of the config name, by id.
    pub sources: &'a BTreeMap<String, String>,
    /// Files of trials, which are in the folder already.
    pub trials: &'a [TrialsFile],
    /// How to make the folder again.
    pub again: &'a [String],
    /// Time and threads that it took.
    pub clock: (&'a Clock, usize),
}

/// What to do with the results once they are there.
#[derive(Clone, Copy)]
pub enum Then {
    /// Write the folder, print them, and add them to the summary of a step of automatic checks.
    Tell(Format, bool, Terminal),
    /// Write the folder.
    Write,
}

/// Names the file to which GitHub Actions expects a job summary to be appended.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

impl Report {
    /// Takes the folder asked for, or the first free one with this name below `shortfall-out`; what is read must not lie in it.
    pub fn take_folder(&self, name: &Path, inputs: &[&Path]) -> Result<Folder, Failure> {
        place::take(self.output.as_deref(), &Path::new("shortfall-out").join(name), self.force, inputs)
    }

    /// Writes the folder and prints what was asked for; returns the exit code, which depends on the expectations. What `held`
    /// holds back may end the program once the files are written.
    pub fn finish(&self, told: &Told<'_>, folder: Folder, held: Option<Held>, then: Then) -> Result<u8, Failure> {
        let Told { study, summary, config_name, sources, trials, again, clock: (clock, threads) } = *told;
        let wall_clock = clock.read(threads);
        let config_as_run = output::config_as_run(study);
        let results = Results {
            study,
            summary,
            finding: &finding::finding(study, summary),
            config_name,
            config_digest: &file::digest(config_as_run.as_bytes()),
            sources,
        };
        let is_quiet = !matches!(then, Then::Tell(_, false, _));
        let (mut files, notes) = output::render(&results, self.drawing());
        files.extend(package::of(study, &files, trials));
        notes.iter().chain(&self.undrawn(study, &files, is_quiet)).for_each(|text| note(text));
        let manifest = json::manifest(&results, &folder.digests(&files), again, &wall_clock);
        let folder = place::write(folder, &files, &manifest, summary.partial.is_some())?;
        drop(held);
        let Then::Tell(format, is_quiet, terminal) = then else { return Ok(summary.exit_code()) };
        if let Some(path) = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) {
            file::append(Path::new(&path), terminal::markdown(&results).as_bytes())
                .map_err(|error| Failure::Io(path.to_string_lossy().into_owned(), error))?;
        }
        let printed = if is_quiet { Ok(()) } else { self.show(&results, &folder, format, terminal) };
        match printed {
            // A closed pipe is no error: the reader has what it wanted.
            Err(Failure::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            printed => printed?,
        }
        Ok(summary.exit_code())
    }

    /// The options that decide which files there are, as arguments of `run`.
    pub fn as_arguments(&self) -> Vec<String> {
        let given = [(self.no_charts, "--no-charts"), (self.svg, "--svg")];
        given.into_iter().filter(|(is_given, _)| *is_given).map(|(_, name)| name.into()).collect()
    }

    /// Prints what was asked for.
    fn show(&self, results: &Results<'_>, folder: &Path, format: Format, terminal: Terminal) -> Result<(), Failure> {
        match if self.json { Format::Json } else { format } {
            Format::Table => {
                let detail = if self.verbose { Detail::Full } else { Detail::Short };
                show_text(&terminal::report(results, folder, terminal.screen, detail), terminal.screen.colour)
            }
            Format::Md => show_text(&terminal::markdown(results), false),
            Format::Csv => print(&tables::percentiles(results)),
            Format::Json => print(&json::results(results)),
        }
    }

    fn drawing(&self) -> Drawing {
        match (self.no_charts, self.svg) {
            (true, _) => Drawing::Nothing,
            (false, true) => Drawing::PngAndSvg,
            (false, false) => Drawing::Png,
        }
    }

    /// Which charts are not drawn, and why. A quiet run tells only of those that the config asks for.
    fn undrawn(&self, study: &Study, files: &[output::Rendered], is_quiet: bool) -> Option<String> {
        let asked = &study.config.charts;
        let is_drawn = |name: &str| files.iter().any(|(file, _)| *file == format!("charts/{name}.png"));
        let lacking = chart::lacking(asked, is_drawn).filter(|_| !is_quiet || !asked.is_empty());
        let left_out = chart::left_out(asked).filter(|_| !is_quiet);
        let notes: Vec<String> = lacking.into_iter().chain(left_out).collect();
        (!self.no_charts && !notes.is_empty()).then(|| notes.join(" "))
    }
}
