//! A run: simulated as the command line does, and told in the same tables, charts and JSON.

use std::collections::BTreeMap;
use std::ops::Range;

use pyo3::prelude::*;
use shortfall::output::trials::{About, about_study};
use shortfall::output::words::gigabytes;
use shortfall::output::{self, Drawing, Results, chart, finding, json, report, terminal};
use shortfall::simulation::{self, free_memory};
use shortfall::study::looks;
use shortfall::summary::{Stopped, Summary, summarise};
use shortfall::tally::{EVENT_SAMPLES, Tally};
use shortfall::{Error, Study};

use crate::failure::Failure;
use crate::input::Input;
use crate::table::Table;
use crate::trials::{Asking, Every};
use crate::watch::{Way, watched};

/// What the trials of a config say.
#[pyclass(frozen, module = "shortfall._native")]
pub struct Run {
    study: Study,
    summary: Summary,
    finding: String,
    config_name: String,
    config_digest: String,
    trials: Option<Py<Table>>,
    trial_series: Option<Py<Table>>,
}

/// Simulates. `callback(done, total)` is told of the progress. `keep` says what is kept of every trial: rows at all, inputs, series.
#[pyfunction]
pub fn run(
    py: Python<'_>,
    input: &Input,
    threads: u16,
    callback: Option<Py<PyAny>>,
    keep: (bool, bool, Option<String>),
) -> Result<Run, Failure> {
    let (keep, inputs, series) = keep;
    let asking = Asking { keep, inputs, series };
    let (study, summary, tables) = watched(py, callback.as_ref(), |way| {
        let study = input.study()?;
        let most = looks(&study.config).last().copied().unwrap_or_default();
        let mut every = Every::begin(&study, &asking)?;
        let rows = every.as_ref().map_or(0, |every| every.bytes(most));
        check_memory(simulation::memory(&study.models(), threads.into()), rows)?;
        let mut summary = simulate(&study, threads.into(), way, every.as_mut())?;
        sample_inputs(&study, threads.into(), way, &mut summary)?;
        let tables = every.map_or(Ok(Vec::new()), Every::finish)?;
        Ok((study, summary, tables))
    })?;
    let mut tables = tables.into_iter().map(|table| Py::new(py, table));
    Ok(Run {
        finding: finding::finding(&study, &summary),
        config_name: input.name(),
        config_digest: output::config_digest(&study),
        trials: tables.next().transpose()?,
        trial_series: tables.next().transpose()?,
        study,
        summary,
    })
}

/// Refuses to begin what takes more memory than there is, where the system tells: a run without its rows, and these.
fn check_memory(run: u64, rows: u64) -> Result<(), Failure> {
    match free_memory() {
        Some(free) if run + rows > free => Err(Failure::Usage(vec![format!(
            "the run takes about {} of memory and its rows of every trial {}; {} are free: run with `keep_trials=False`, which keeps no \
             rows (`shortfall run --trials-file` writes them into a file), or with fewer trials, scenarios, series or threads",
            gigabytes(run),
            gigabytes(rows),
            gigabytes(free)
        )])),
        _ => Ok(()),
    }
}

/// Simulates; with a stopping rule, doubles the trials until it is met.
fn simulate(study: &Study, threads: usize, way: &Way, mut every: Option<&mut Every>) -> Result<Summary, Failure> {
    let (models, looks) = (study.models(), looks(&study.config));
    let (mut tallies, mut done) = (study.tallies(), 0);
    for look in &looks {
        way.expect(look * models.len() as u64);
        tallies = extend(study, tallies, done..*look, threads, way, every.as_deref_mut())?;
        done = *look;
        let summary = summarise(study, &tallies);
        if Some(look) == looks.last() || summary.stopped.as_ref().is_none_or(Stopped::is_final) {
            return Ok(summary);
        }
    }
    Err(Failure::Internal("a run has no trials".into()))
}

/// Simulates these trials too; each goes into its table, if they are kept.
fn extend(
    study: &Study,
    tallies: Vec<Tally>,
    trials: Range<u64>,
    threads: usize,
    way: &Way,
    every: Option<&mut Every>,
) -> Result<Vec<Tally>, Failure> {
    let (models, end) = (study.models(), trials.end);
    let named = |error: simulation::Error| Failure::from(error.named(study.scenario_ids()));
    let simulated = match every {
        None => simulation::extend_until_stopped(&models, tallies, trials, threads, &way.progress),
        Some(every) => every.recording(trials.start, |recorder| {
            simulation::extend_and_record(&models, tallies, trials, threads, &way.progress, Some(recorder))
        }),
    };
    let tallies = simulated.map_err(named)?;
    let is_whole = tallies.iter().all(|tally| tally.trials() == end);
    if is_whole { Ok(tallies) } else { Err(Error::Stopped.into()) }
}

/// Adds how much of the spread comes from the inputs, if that is asked for.
fn sample_inputs(study: &Study, threads: usize, way: &Way, summary: &mut Summary) -> Result<(), Failure> {
    let Some(draws) = study.config.run.input_uncertainty else { return Ok(()) };
    let models = study.models();
    way.expect(way.progress.done() + draws * (EVENT_SAMPLES * models.len()) as u64);
    let nested = simulation::nested(&models, 0..draws, threads, &way.progress);
    summary.add_input_uncertainty(study, &nested.map_err(|error| error.named(study.scenario_ids()))?);
    Ok(())
}

#[pymethods]
impl Run {
    #[getter]
    fn title(&self) -> &str {
        &self.study.config.title
    }

    #[getter]
    fn finding(&self) -> &str {
        &self.finding
    }

    /// Trials of each scenario.
    #[getter]
    fn n(&self) -> u64 {
        self.summary.trials
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.study.config.run.seed
    }

    #[getter]
    fn confidence(&self) -> f64 {
        self.summary.confidence
    }

    #[getter]
    fn exit_code(&self) -> u8 {
        self.summary.exit_code()
    }

    #[getter]
    fn scenarios(&self) -> Vec<&str> {
        self.study.scenario_ids().collect()
    }

    #[getter]
    fn trials(&self, py: Python<'_>) -> Option<Py<Table>> {
        self.trials.as_ref().map(|table| table.clone_ref(py))
    }

    #[getter]
    fn trial_series(&self, py: Python<'_>) -> Option<Py<Table>> {
        self.trial_series.as_ref().map(|table| table.clone_ref(py))
    }

    /// results.json, to the byte.
    fn json(&self) -> Result<String, Failure> {
        text(json::results(&self.results()))
    }

    /// Markdown, as `--format md` prints it.
    fn markdown(&self) -> String {
        terminal::markdown(&self.results())
    }

    /// The config as run, all defaults filled in.
    fn config(&self) -> String {
        output::config_as_run(&self.study)
    }

    /// Every table that the command line writes, by the name of its file.
    fn tables(&self, py: Python<'_>) -> Result<BTreeMap<String, Table>, Failure> {
        py.detach(|| {
            let (files, _) = output::render(&self.results(), Drawing::Nothing);
            tables(&files, &about_study(&self.study, &self.config_digest))
        })
    }

    /// Every chart as SVG, by name, in the order of reading.
    fn charts(&self, py: Python<'_>) -> Vec<(String, String)> {
        py.detach(|| {
            let pictures = chart::pictures(&self.results());
            pictures.iter().map(|picture| (picture.name.clone(), picture.svg())).collect()
        })
    }

    /// For a notebook.
    fn html(&self, py: Python<'_>) -> String {
        py.detach(|| {
            let results = self.results();
            report::of_run(&results, &chart::pictures(&results))
        })
    }
}

impl Run {
    fn results(&self) -> Results<'_> {
        const NO_SOURCES: &BTreeMap<String, String> = &BTreeMap::new();
        Results {
            study: &self.study,
            summary: &self.summary,
            finding: &self.finding,
            config_name: &self.config_name,
            config_digest: &self.config_digest,
            sources: NO_SOURCES,
        }
    }
}

/// The tables among files, by name.
pub fn tables(files: &[output::Rendered], about: &About) -> Result<BTreeMap<String, Table>, Failure> {
    let table = |(name, bytes): &output::Rendered| {
        Table::of_csv(name, bytes, about).map(|table| table.map(|table| (name.clone(), table))).transpose()
    };
    files.iter().filter_map(table).collect()
}

/// What is written is UTF-8.
pub fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| Failure::Internal(error.to_string()))
}
