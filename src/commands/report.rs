//! From the estimates of a run to its folder, and to what is printed.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use shortfall::Study;
use shortfall::output::terminal::Detail;
use shortfall::output::{self, Drawing, Results, chart, file, finding, json, tables, terminal};
use shortfall::summary::Summary;

use super::{Failure, Format, Terminal, note, print, show as show_text};

/// What to write and print, for every command that tells a whole run.
#[derive(Debug, clap::Args)]
pub struct Report {
    /// Output folder, new or empty. By default the first free one of shortfall-out/NAME, NAME-2, ...
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Overwrite the files of an earlier run in the output folder.
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
}

/// Names the file to which GitHub Actions expects a job summary to be appended.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

impl Report {
    /// Takes the folder asked for, or the first free one with this name below `shortfall-out`.
    pub fn take_folder(&self, name: &Path) -> Result<PathBuf, Failure> {
        take(self.output.as_deref(), &Path::new("shortfall-out").join(name), self.force)
    }

    /// Writes the folder and prints what was asked for; returns the exit code, which depends on the expectations.
    pub fn finish(
        &self,
        told: &Told<'_>,
        folder: &Path,
        clock: &json::WallClock,
        (format, is_quiet): (Format, bool),
        terminal: Terminal,
    ) -> Result<u8, Failure> {
        let Told { study, summary, config_name, sources } = *told;
        let config_as_run = output::config_as_run(study);
        let results = Results {
            study,
            summary,
            finding: &finding::finding(study, summary),
            config_name,
            config_digest: &file::digest(config_as_run.as_bytes()),
            sources,
        };
        let (files, notes) = output::render(&results, self.drawing());
        notes.iter().chain(&self.undrawn(study, &files, is_quiet)).for_each(|text| note(text));
        let manifest = json::manifest(&results, &files, clock);
        file::write_all(folder, &files, &manifest).map_err(|error| failed(folder, error))?;
        if let Some(path) = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) {
            file::append(Path::new(&path), terminal::markdown(&results).as_bytes())
                .map_err(|error| failed(Path::new(&path), error))?;
        }
        let printed = if is_quiet { Ok(()) } else { self.show(&results, folder, format, terminal) };
        match printed {
            // A closed pipe is no error: the reader has what it wanted.
            Err(Failure::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            printed => printed?,
        }
        Ok(summary.exit_code())
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

/// Takes a folder: the one asked for, or the first free one with this name.
pub fn take(asked: Option<&Path>, stem: &Path, force: bool) -> Result<PathBuf, Failure> {
    file::take_folder(asked, stem, force).map_err(|error| failed(asked.unwrap_or(stem), error))
}

/// A file or folder that cannot be written.
pub fn failed(path: &Path, error: io::Error) -> Failure {
    Failure::Io(path.to_string_lossy().into_owned(), error)
}

/// What the manifest says of the time it took.
pub fn wall_clock(started: SystemTime, simulated: Duration, threads: usize) -> json::WallClock {
    json::WallClock {
        started_unix_seconds: started.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        simulation_seconds: simulated.as_secs_f64(),
        threads,
        peak_memory_bytes: peak_memory(),
    }
}

/// Peak memory of this process, where Linux reports it.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kilobytes)
}
