//! `shortfall run`: simulate, print, and write the output folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use shortfall::output::file::Folder;
use shortfall::output::terminal::Detail;
use shortfall::output::{self, Drawing, Results, chart, file, finding, hints, json, report, tables, terminal};
use shortfall::simulation;
use shortfall::study::file::read_at_most;
use shortfall::study::{LEAST_FOR_DRIVERS, Study, looks};
use shortfall::summary::{self, Partial, Stopped, Summary};
use shortfall::tally::{EVENT_SAMPLES, Tally};

use super::place::{self, Clock};
use super::{Failure, Format, Input, Simulation, Terminal, again, interrupt, memory};
use super::{note, print, progress, show as show_text};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    simulation: Simulation,
    /// Double the number of trials until a statistic is precise, as in 'p95(total_shortage.allies.magnets) +- 2%', or until
    /// `verdict`: every claim and expectation is decided.
    #[arg(long, value_name = "RULE")]
    until: Option<String>,
    /// With --until: the largest number of trials. If it is reached first, the exit code is 6.
    #[arg(long, value_name = "N")]
    max_trials: Option<u64>,
    /// Tell how much of the spread comes from the inputs, and how much from the events: simulate the inputs of so many trials
    /// again (1000 unless stated), each with 8 samples of other events. That is as much work as 8 times as many trials.
    #[arg(long, value_name = "DRAWS", num_args = 0..=1, require_equals = true, default_missing_value = "1000")]
    input_uncertainty: Option<u64>,
    /// Tell which uncertain inputs explain how much of the main results, or with `=false` do not; it takes 2000 trials. Told
    /// unasked where that costs less than about a tenth of the run.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    drivers: Option<bool>,
    /// Output folder, new or empty. By default the first free one of shortfall-out/NAME, NAME-2, ...
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace the result of an earlier run in the output folder.
    #[arg(long)]
    force: bool,
    /// Percentiles to report, as in 5,50,95, in place of the config's `run.percentiles`.
    #[arg(long, value_name = "LIST")]
    percentiles: Option<String>,
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
    /// Stop after so many trials as if the run had been interrupted there, to make what an interrupted one left again.
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u64).range(1..))]
    stop_after: Option<u64>,
}

/// Largest list of sources that is read, bytes.
const MAX_SOURCES: u64 = 16 << 20;

/// Names the file to which GitHub Actions expects a job summary to be appended.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What to do with the results once they are there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Write the folder, print them, and add them to the summary of a step of automatic checks.
    Tell,
    /// Write the folder.
    Write,
}

/// Simulates and reports; returns the exit code, which depends on the expectations.
pub fn run(arguments: &Arguments, terminal: Terminal, then: Then) -> Result<u8, Failure> {
    let study = arguments.input.study(&arguments.changes())?;
    memory::check(simulation::memory(&study.models(), arguments.simulation.threads()), arguments.simulation.quiet)?;
    let folder = arguments.take_folder()?;
    if !arguments.simulation.quiet {
        hints::hints(&study).iter().for_each(|hint| note(hint));
    }
    // Until the files are written: a run that is interrupted writes what it has.
    let held = interrupt::hold();
    let clock = Clock::start();
    let mut summary = simulate(arguments, &study)?;
    sample_inputs(arguments, &study, &mut summary)?;
    let wall_clock = clock.read(arguments.simulation.threads());
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
    let (files, notes) = output::render(&results, arguments.drawing());
    notes.iter().chain(&arguments.undrawn(&study, &files)).for_each(|text| note(text));
    let manifest = json::manifest(&results, &files, &again(&summary), &wall_clock);
    let folder = place::write(folder, &files, &manifest, summary.partial.is_some())?;
    drop(held);
    if then == Then::Write {
        return Ok(summary.exit_code());
    }
    if let Some(path) = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) {
        file::append(Path::new(&path), terminal::markdown(&results).as_bytes())
            .map_err(|error| Failure::Io(path.to_string_lossy().into_owned(), error))?;
    }
    let printed = if arguments.simulation.quiet { Ok(()) } else { show(arguments, &results, &folder, terminal) };
    match printed {
        // A closed pipe is no error: the reader has what it wanted.
        Err(Failure::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        printed => printed?,
    }
    Ok(summary.exit_code())
}

/// How to run again: what an interrupted run has, at the trial where it stopped.
fn again(summary: &Summary) -> Vec<String> {
    let mut line = again::of_this_process();
    line.retain(|argument| !argument.starts_with("--stop-after"));
    line.extend(summary.partial.map(|_| format!("--stop-after={}", summary.trials)));
    line
}

/// Simulates; with a stopping rule, doubles the trials until it is met. A run that is interrupted has fewer.
fn simulate(arguments: &Arguments, study: &Study) -> Result<Summary, Failure> {
    let (mode, models) = (arguments.simulation.progress(), study.models());
    let mut tallies = study.tallies();
    let mut done = 0;
    for look in looks(&study.config) {
        let end = arguments.stop_after.map_or(look, |end| end.clamp(done, look));
        let more = (end - done) * models.len() as u64;
        let extended = progress::watch(mode, more, |progress| {
            simulation::extend_until_stopped(&models, tallies, done..end, arguments.simulation.threads(), progress)
        });
        tallies = extended.map_err(|error| error.named(study.scenario_ids()))?;
        done = tallies.first().map_or(0, Tally::trials);
        if done < look {
            return partial(study, tallies, look);
        }
        let summary = summary::summarise(study, &tallies);
        if summary.stopped.as_ref().is_none_or(Stopped::is_final) {
            return Ok(summary);
        }
    }
    Ok(summary::summarise(study, &tallies))
}

/// What the trials say that were done before a run was interrupted.
fn partial(study: &Study, mut tallies: Vec<Tally>, planned: u64) -> Result<Summary, Failure> {
    match tallies.first().map_or(0, Tally::trials) {
        0 => return Err(shortfall::Error::Stopped.into()),
        done if done < LEAST_FOR_DRIVERS => tallies.iter_mut().for_each(|tally| tally.drivers = None),
        _ => {}
    }
    Ok(Summary { partial: Some(Partial::of(planned)), ..summary::summarise(study, &tallies) })
}

/// Simulates inputs of the trials again, if that was asked for, and adds how much of the spread comes from them.
fn sample_inputs(arguments: &Arguments, study: &Study, summary: &mut Summary) -> Result<(), Failure> {
    let Some(draws) = study.config.run.input_uncertainty.filter(|_| summary.partial.is_none()) else { return Ok(()) };
    let (mode, models) = (arguments.simulation.progress(), study.models());
    let found = match arguments.stop_after {
        Some(_) => Err(simulation::Error::Stopped),
        None => progress::watch(mode, draws * (EVENT_SAMPLES * models.len()) as u64, |progress| {
            simulation::nested(&models, draws, arguments.simulation.threads(), progress)
        }),
    };
    match found {
        Err(simulation::Error::Stopped) => summary.partial = Some(Partial::of(summary.trials)),
        found => summary.add_input_uncertainty(study, &found.map_err(|error| error.named(study.scenario_ids()))?),
    }
    Ok(())
}

/// Prints what was asked for.
fn show(arguments: &Arguments, results: &Results<'_>, folder: &Path, terminal: Terminal) -> Result<(), Failure> {
    match if arguments.json { Format::Json } else { arguments.simulation.format } {
        Format::Table => {
            let detail = if arguments.verbose { Detail::Full } else { Detail::Short };
            show_text(&terminal::report(results, folder, terminal.screen, detail), terminal.screen.colour)
        }
        Format::Md => show_text(&terminal::markdown(results), false),
        Format::Csv => print(&tables::percentiles(results)),
        Format::Json => print(&json::results(results)),
    }
}

impl Arguments {
    /// All options that override a key of the config, as changes to it.
    fn changes(&self) -> Vec<String> {
        let percentiles = self.percentiles.as_ref().map(|list| format!("run.percentiles=[{list}]"));
        let until = self.until.as_ref().map(|rule| format!("run.until={}", toml::Value::String(rule.clone())));
        let most = self.max_trials.map(|trials| format!("run.max_trials={trials}"));
        let input_uncertainty = self.input_uncertainty.map(|draws| format!("run.input_uncertainty={draws}"));
        let drivers = self.drivers.map(|told| format!("run.drivers={told}"));
        let own = [percentiles, until, most, input_uncertainty, drivers].into_iter().flatten();
        self.simulation.changes().into_iter().chain(own).collect()
    }

    /// The addresses in `data/sources.csv` beside the config, if there is such a file.
    fn sources(&self) -> BTreeMap<String, String> {
        let path = self.input.config.parent().unwrap_or(Path::new("")).join("data/sources.csv");
        read_at_most(&path, MAX_SOURCES).map_or_else(|_| BTreeMap::new(), |bytes| report::sources(&bytes))
    }

    fn drawing(&self) -> Drawing {
        match (self.no_charts, self.svg) {
            (true, _) => Drawing::Nothing,
            (false, true) => Drawing::PngAndSvg,
            (false, false) => Drawing::Png,
        }
    }

    /// Which charts are not drawn, and why. A quiet run tells only of those that the config asks for.
    fn undrawn(&self, study: &Study, files: &[output::Rendered]) -> Option<String> {
        let (asked, is_quiet) = (&study.config.charts, self.simulation.quiet);
        let is_drawn = |name: &str| files.iter().any(|(file, _)| *file == format!("charts/{name}.png"));
        let lacking = chart::lacking(asked, is_drawn).filter(|_| !is_quiet || !asked.is_empty());
        let left_out = chart::left_out(asked).filter(|_| !is_quiet);
        let notes: Vec<String> = lacking.into_iter().chain(left_out).collect();
        (!self.no_charts && !notes.is_empty()).then(|| notes.join(" "))
    }

    fn take_folder(&self) -> Result<Folder, Failure> {
        let stem = Path::new("shortfall-out").join(self.input.stem());
        place::take(self.output.as_deref(), &stem, self.force, &[&self.input.config])
    }
}
