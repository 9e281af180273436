//! `shortfall run`: the main story.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use clap::ValueEnum;
use shortfall::output::{self, Drawing, Results, file, finding, json, report, tables, terminal};
use shortfall::simulation;
use shortfall::summary;

use super::progress::{self, Mode};
use super::{Failure, Input, Terminal, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Number of trials, in place of the config's `run.trials`.
    #[arg(short = 'n', long)]
    trials: Option<u64>,
    /// Threads; 0 takes all cores. Results do not depend on it.
    #[arg(short = 'j', long, default_value_t = 0)]
    threads: usize,
    /// Output folder; new or empty. Without it: the first free one of shortfall-out/NAME, NAME-2, ...
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write over what an earlier run left in the output folder.
    #[arg(long)]
    force: bool,
    /// Percentiles to report, as in 5,50,95; in place of the config's `run.percentiles`.
    #[arg(long, value_name = "LIST")]
    percentiles: Option<String>,
    /// Confidence of every interval; in place of the config's `run.confidence`.
    #[arg(long)]
    confidence: Option<f64>,
    /// Write no charts and no report.html.
    #[arg(long)]
    no_charts: bool,
    /// Write charts as SVG too, beside the PNG files.
    #[arg(long, conflicts_with = "no_charts")]
    svg: bool,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Print results.json; short for `--format json`.
    #[arg(long)]
    json: bool,
    /// How to show progress, on standard error.
    #[arg(long, value_enum, default_value = "auto")]
    progress: Mode,
    /// No progress, and nothing on standard output.
    #[arg(short, long)]
    quiet: bool,
}

/// What goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The finding and tables, for people.
    Table,
    /// The same in Markdown.
    Md,
    /// percentiles.csv.
    Csv,
    /// results.json.
    Json,
}

/// Simulates and reports.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let study = arguments.input.study(&arguments.changes())?;
    let folder = arguments.take_folder()?;
    let (started, clock) = (SystemTime::now(), Instant::now());
    let mode = if arguments.quiet { Mode::None } else { arguments.progress };
    let trials = study.config.run.trials;
    let tallies = progress::watch(mode, trials * study.cases.len() as u64, |progress| {
        simulation::run(&study.models(), trials, arguments.threads, progress)
    });
    // Nothing in this command asks a run to stop.
    let tallies = tallies.unwrap_or_default();
    let simulated = clock.elapsed();
    let summary = summary::summarise(&study, &tallies);
    let config_as_run = output::config_as_run(&study);
    let config_name = arguments.input.config.file_name().unwrap_or_default().to_string_lossy();
    let results = Results {
        study: &study,
        summary: &summary,
        finding: &finding::finding(&study, &summary),
        config_name: &config_name,
        config_digest: &file::digest(config_as_run.as_bytes()),
        sources: &arguments.sources(),
    };
    let files = output::render(&results, arguments.drawing());
    let wall_clock = json::WallClock {
        started_unix_seconds: started.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        simulation_seconds: simulated.as_secs_f64(),
        threads: if arguments.threads == 0 { simulation::cores() } else { arguments.threads },
        peak_memory_bytes: peak_memory(),
    };
    let manifest = json::manifest(&results, &files, &wall_clock);
    file::write_all(&folder, &files, &manifest)
        .map_err(|error| Failure::Io(folder.to_string_lossy().into_owned(), error))?;
    if arguments.quiet {
        return Ok(());
    }
    let format = if arguments.json { Format::Json } else { arguments.format };
    match format {
        Format::Table => print(terminal::report(&results, &folder, terminal.colour).as_bytes()),
        Format::Md => print(terminal::markdown(&results).as_bytes()),
        Format::Csv => print(&tables::percentiles(&results)),
        Format::Json => print(&json::results(&results)),
    }
}

impl Arguments {
    /// The options that stand for a key of the config, as changes of it.
    fn changes(&self) -> Vec<String> {
        let trials = self.trials.map(|trials| format!("run.trials={trials}"));
        let percentiles = self.percentiles.as_ref().map(|list| format!("run.percentiles=[{list}]"));
        let confidence = self.confidence.map(|confidence| format!("run.confidence={confidence:?}"));
        [trials, percentiles, confidence].into_iter().flatten().collect()
    }

    /// The addresses in `data/sources.csv` beside the config, if there is such a file.
    fn sources(&self) -> BTreeMap<String, String> {
        let path = self.input.config.parent().unwrap_or(Path::new("")).join("data/sources.csv");
        std::fs::read(path).map_or_else(|_| BTreeMap::new(), |bytes| report::sources(&bytes))
    }

    fn drawing(&self) -> Drawing {
        match (self.no_charts, self.svg) {
            (true, _) => Drawing::Nothing,
            (false, true) => Drawing::PngAndSvg,
            (false, false) => Drawing::Png,
        }
    }

    fn take_folder(&self) -> Result<PathBuf, Failure> {
        let stem = Path::new("shortfall-out").join(self.input.config.file_stem().unwrap_or("run".as_ref()));
        let asked = self.output.as_deref();
        file::take_folder(asked, &stem, self.force)
            .map_err(|error| Failure::Io(asked.unwrap_or(&stem).to_string_lossy().into_owned(), error))
    }
}

/// Largest memory this process has taken, from what Linux says of it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kilobytes)
}
