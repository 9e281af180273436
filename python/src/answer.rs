//! What `compare`, `drivers` and `stress` say.

use std::collections::BTreeMap;
use std::path::Path;

use pyo3::prelude::*;
use shortfall::output::terminal::Screen;
use shortfall::output::trials::about_study;
use shortfall::output::{answer, comparison, config_digest, drivers as driven, report, stress as stressed};
use shortfall::study::ScenarioModel;
use shortfall::study::stress::Losses;
use shortfall::summary::stress::{SPANS, stress as lose_in_turn};
use shortfall::summary::{self, Asked, Bars, Drivers, Side};
use shortfall::{Study, simulation};

use crate::failure::Failure;
use crate::input::Input;
use crate::run::{tables, text};
use crate::table::Table;
use crate::watch::watched;

/// An answer in every form.
#[pyclass(frozen, module = "shortfall._native", get_all)]
pub struct Answer {
    title: String,
    /// What it answers, and the answer in sentences where there is one.
    finding: String,
    /// As a terminal shows it.
    text: String,
    /// For a notebook; none of a comparison.
    html: Option<String>,
    /// Its JSON file, to the byte.
    json: String,
    /// By name of the file.
    tables: BTreeMap<String, Py<Table>>,
    /// Charts as SVG, by name.
    charts: Vec<(String, String)>,
}

impl Answer {
    /// Of an answer as the command line makes it.
    fn of(py: Python<'_>, study: &Study, answer: &answer::Answer) -> Result<Answer, Failure> {
        let finding: Vec<&str> = std::iter::once(&answer.head).chain(&answer.finding).map(String::as_str).collect();
        Ok(Answer {
            title: study.config.title.clone(),
            finding: finding.join("\n"),
            text: answer.text(study, Screen::USUAL),
            html: Some(report::of_answer(study, answer)),
            json: text(answer.json.1.clone())?,
            tables: held(py, tables(&answer.tables, &about_study(study, &config_digest(study)))?)?,
            charts: answer.charts.iter().map(|chart| (chart.name.clone(), chart.svg())).collect(),
        })
    }
}

fn held(py: Python<'_>, tables: BTreeMap<String, Table>) -> PyResult<BTreeMap<String, Py<Table>>> {
    tables.into_iter().map(|(name, table)| Ok((name, Py::new(py, table)?))).collect()
}

/// Two scenarios of the config, or two configs, trial by trial.
#[pyfunction]
pub fn compare(
    py: Python<'_>,
    input: &Input,
    with_: Vec<String>,
    threads: u16,
    callback: Option<Py<PyAny>>,
) -> Result<Answer, Failure> {
    let (sides, found) = watched(py, callback.as_ref(), |way| {
        let sides = sides(input, &with_)?;
        let [a, b] = sides.each_ref().map(|(_, study)| &study.scenarios[0]);
        let run = &sides[0].1.config.run;
        way.expect(2 * run.trials);
        let models = [&a.model, &b.model];
        let pairs = simulation::compare(models, 0..run.trials, threads.into(), &way.progress);
        let pairs = pairs.map_err(|error| error.named([a.id.as_str(), &b.id].into_iter()))?;
        let named = sides
            .each_ref()
            .map(|(config, study)| Side { config: config.clone(), scenario: study.scenarios[0].id.clone() });
        let outcome = sides[0].1.config.output.outcome.as_deref();
        let found = summary::compare(models, &pairs, named, outcome, run.confidence);
        Ok((sides, found))
    })?;
    let study = &sides[0].1;
    let files = [("difference.csv".to_string(), comparison::csv(&found))];
    Ok(Answer {
        title: study.config.title.clone(),
        finding: String::new(),
        text: comparison::text(study, &found),
        html: None,
        json: text(comparison::json(study.config.run.seed, &found))?,
        tables: held(py, tables(&files, &about_study(study, &config_digest(study)))?)?,
        charts: Vec::new(),
    })
}

/// Both sides: name of the config, and a study whose first case is the one to compare.
fn sides(input: &Input, with: &[String]) -> Result<[(String, Study); 2], Failure> {
    match with {
        [a, b] => {
            if input.names_scenarios() {
                return Err(Failure::Usage(vec!["two scenarios are already given: leave out `scenarios`".into()]));
            }
            let side = |id: &String| Ok::<_, Failure>((input.name(), input.only(id).study()?));
            Ok([side(a)?, side(b)?])
        }
        [config] => {
            let study = input.study()?;
            let other = input.other(Path::new(config), format!("run.seed={}", study.config.run.seed));
            let other_study = other.study()?;
            Ok([(input.name(), study), (other.name(), other_study)])
        }
        _ => Err(Failure::Usage(vec!["two scenarios are compared, or another config".into()])),
    }
}

/// Which uncertain inputs explain how much of the results: numbers, inputs whose total effect is estimated too, and pairs of trials
/// for these; then where bars end.
#[pyfunction]
pub fn drivers(
    py: Python<'_>,
    input: &Input,
    asked: (Vec<String>, Vec<String>, u64),
    bars: (Option<f64>, bool),
    threads: u16,
    callback: Option<Py<PyAny>>,
) -> Result<Answer, Failure> {
    let ((of, total, pairs), (percentile, one_at_a_time)) = (asked, bars);
    let (bars, threads) = (Bars { percentile, one_at_a_time }, threads.into());
    let (study, found) = watched(py, callback.as_ref(), |way| {
        let mut study = input.study()?;
        if !input.names_scenarios() {
            study.scenarios.truncate(1);
        }
        let trials = study.config.run.trials;
        let asked = Asked::of(&study, &of, &total).map_err(Failure::Usage)?;
        let mut all: u64 = asked.iter().map(|asked| asked.trials(trials, pairs)).sum();
        let mut found = Vec::new();
        for asked in &asked {
            let named = |error: simulation::Error| error.named([asked.case.id.as_str()].into_iter());
            way.expect(all);
            let (mut drivers, tally) = asked.tell(&study, pairs, threads, &way.progress).map_err(named)?;
            all += asked.trials_of_bars(bars, &mut drivers, trials);
            way.expect(all);
            asked.put_bars(bars, &study, (&mut drivers, &tally), threads, &way.progress).map_err(named)?;
            found.push(drivers);
        }
        Ok((study, found))
    })?;
    let cases: Vec<(&ScenarioModel, &Drivers)> = study.scenarios.iter().zip(&found).collect();
    Answer::of(py, &study, &driven::answer(&study, &cases, &config_digest(&study)))
}

/// What happens if a supplier is lost, one after the other; with trials, each loss is simulated in so many.
#[pyfunction]
pub fn stress(
    py: Python<'_>,
    input: &Input,
    asked: (Vec<String>, Option<u64>),
    threads: u16,
    callback: Option<Py<PyAny>>,
) -> Result<Answer, Failure> {
    let (lose, trials) = asked;
    let (study, found) = watched(py, callback.as_ref(), |way| {
        let study = input.study()?;
        if study.scenarios.len() > 1 && input.names_scenarios() {
            return Err(Failure::Usage(vec!["one scenario at a time: give `scenarios` one name".into()]));
        }
        let losses = Losses::new(&study, &study.scenarios[0].id, &lose).map_err(Failure::Usage)?;
        let (named, each) = (study.config.output.outcome.as_deref(), trials.unwrap_or(0));
        way.expect(((1 + SPANS.len()) * losses.targets.len()) as u64 * (1 + each) + each);
        let asked = (trials, study.config.run.confidence);
        let found = lose_in_turn(&losses, named, asked, threads.into(), &way.progress);
        let found = found.map_err(|error| error.named([losses.scenario.as_str()].into_iter()))?;
        Ok((study, found))
    })?;
    Answer::of(py, &study, &stressed::answer(&study, &found, &config_digest(&study)))
}
