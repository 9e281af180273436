//! From the estimates of a run to its folder, and to what is printed.

use std::io;
use std::path::{Path, PathBuf};

use shortfall::Study;
use shortfall::output::file::Folder;
use shortfall::output::shard::{AsRun, TALLY};
use shortfall::output::terminal::Detail;
use shortfall::output::trials::TrialsFile;
use shortfall::output::{self, Drawing, Results, chart, file, finding, json, package, tables, terminal};
use shortfall::summary::Summary;
use shortfall::tally::file::Kind;
use shortfall::tally::{NestedSampling, Tally};

use super::interrupt::Held;
use super::place::{self, Clock};
use super::{Failure, Format, Terminal, note, print, show as show_text};

/// What to write and print, for every command that tells a whole run.
#[derive(Debug, clap::Args)]
pub struct Report {
    /// Output folder, new or empty. By default the first free one of shortfall-out/NAME, NAME-2, ...
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replace the result of an earlier run in the output folder, or one that was interrupted.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub files: Files,
    #[command(flatten)]
    pub printed: Printed,
}

/// Which files there are.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Files {
    /// Write neither charts nor report.html.
    #[arg(long)]
    no_charts: bool,
    /// Write charts as SVG as well as PNG.
    #[arg(long, conflicts_with = "no_charts")]
    svg: bool,
    /// Write no tally.bin, which `extend` and `report` need later. A run that is interrupted writes it all the same.
    #[arg(long)]
    no_tally: bool,
}

/// What is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Printed {
    /// Print every table.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Print results.json: short for `--format json`.
    #[arg(long)]
    json: bool,
}

/// What there is to tell.
pub struct Told<'a> {
    /// With the options that decide which files there are.
    pub as_run: &'a AsRun,
    pub study: &'a Study,
    /// What was counted.
    pub tallies: &'a [Tally],
    /// The same of inputs that were simulated again; else none.
    pub nested: &'a [NestedSampling],
    pub summary: &'a Summary,
    /// Files of trials, which are in the folder already.
    pub trials: &'a [TrialsFile],
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

/// The options of [`Files`].
const NO_CHARTS: &str = "--no-charts";
const SVG: &str = "--svg";
const NO_TALLY: &str = "--no-tally";

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
        let Told { as_run, study, tallies, nested, summary, trials, clock: (clock, threads) } = *told;
        let wall_clock = clock.read(threads);
        let config_as_run = output::config_as_run(study);
        let results = Results {
            study,
            summary,
            finding: &finding::finding(study, summary),
            config_name: &as_run.config_name,
            config_digest: &file::digest(config_as_run.as_bytes()),
            sources: &as_run.sources,
        };
        let is_quiet = !matches!(then, Then::Tell(_, false, _));
        let (mut files, notes) = output::render(&results, self.files.drawing());
        files.extend(package::of(study, &files, trials));
        notes.iter().chain(&self.undrawn(study, &files, is_quiet)).for_each(|text| note(text));
        let is_partial = summary.partial.is_some();
        if is_partial || !self.files.no_tally {
            // What is interrupted tells nothing of the inputs.
            let nested = if is_partial { &[] } else { nested };
            files.push((TALLY.into(), as_run.write_first(study, tallies, nested)));
        }
        let stop = is_partial.then(|| format!("--stop-after={}", summary.trials));
        let again: Vec<String> = as_run.again.iter().chain(&as_run.files).cloned().chain(stop).collect();
        let manifest = json::manifest(&results, &folder.digests(&files), &again, &wall_clock);
        let folder = place::write(folder, &files, &manifest, is_partial)?;
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

    /// Refuses options that the command has not whose shards are merged.
    pub fn check(&self, kind: Kind) -> Result<(), Failure> {
        let files =
            Files::ALL.into_iter().zip(self.files.given()).map(|(name, is_given)| (is_given, name, &[Kind::Run][..]));
        let others = [
            (self.printed.verbose, "--verbose", &[Kind::Run][..]),
            (self.output.is_some(), "--output", &[Kind::Run, Kind::Compare]),
            (self.force, "--force", &[Kind::Run, Kind::Compare]),
        ];
        let wrong = files.chain(others).filter(|(is_given, _, of)| *is_given && !of.contains(&kind));
        let mut faults: Vec<String> =
            wrong.map(|(_, name, _)| format!("these are shards of `{}`: leave out {name}", kind.command())).collect();
        if kind == Kind::Compare && self.force && self.output.is_none() {
            faults.push("--force replaces the folder that `-o DIR` names: give it, or leave out --force".into());
        }
        if faults.is_empty() { Ok(()) } else { Err(Failure::Usage(faults)) }
    }

    /// What to print, where `--json` may be given too.
    pub fn format(&self, format: Format) -> Format {
        if self.printed.json { Format::Json } else { format }
    }

    /// Prints what was asked for.
    fn show(&self, results: &Results<'_>, folder: &Path, format: Format, terminal: Terminal) -> Result<(), Failure> {
        match self.format(format) {
            Format::Table => {
                let detail = if self.printed.verbose { Detail::Full } else { Detail::Short };
                show_text(&terminal::report(results, folder, terminal.screen, detail), terminal.screen.colour)
            }
            Format::Md => show_text(&terminal::markdown(results), false),
            Format::Csv => print(&tables::percentiles(results)),
            Format::Json => print(&json::results(results)),
        }
    }

    /// Which charts are not drawn, and why. A quiet run tells only of those that the config asks for.
    fn undrawn(&self, study: &Study, files: &[output::Rendered], is_quiet: bool) -> Option<String> {
        let asked = &study.config.charts;
        let is_drawn = |name: &str| files.iter().any(|(file, _)| *file == format!("charts/{name}.png"));
        let lacking = chart::lacking(asked, is_drawn).filter(|_| !is_quiet || !asked.is_empty());
        let left_out = chart::left_out(asked).filter(|_| !is_quiet);
        let notes: Vec<String> = lacking.into_iter().chain(left_out).collect();
        (!self.files.no_charts && !notes.is_empty()).then(|| notes.join(" "))
    }
}

impl Files {
    /// The names of all of them, in the order in which `run` has them.
    pub const ALL: [&str; 3] = [NO_CHARTS, SVG, NO_TALLY];

    /// The options that are given, as arguments of `run`.
    pub fn as_arguments(&self) -> Vec<String> {
        Self::ALL.into_iter().zip(self.given()).filter(|(_, is_given)| *is_given).map(|(name, _)| name.into()).collect()
    }

    /// The same, from such arguments.
    pub fn of(arguments: &[String]) -> Self {
        let given = |name| arguments.iter().any(|argument| argument == name);
        Files { no_charts: given(NO_CHARTS), svg: given(SVG), no_tally: given(NO_TALLY) }
    }

    /// Which of all are given.
    fn given(&self) -> [bool; 3] {
        [self.no_charts, self.svg, self.no_tally]
    }

    fn drawing(&self) -> Drawing {
        match (self.no_charts, self.svg) {
            (true, _) => Drawing::Nothing,
            (false, true) => Drawing::PngAndSvg,
            (false, false) => Drawing::Png,
        }
    }
}
