//! The config and the changes to it, read and checked.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use shortfall::output::{config_as_run, hints};
use shortfall::study::read;

use crate::failure::Failure;

/// Where the config is and how it is changed, as the options of the command line are: `changes` are `path=value`.
#[pyclass(frozen, module = "shortfall._native")]
#[derive(Clone)]
pub struct Input {
    config: PathBuf,
    changes: Vec<String>,
    scenarios: Vec<String>,
    allow_outside: bool,
}

#[pymethods]
impl Input {
    #[new]
    fn new(config: PathBuf, changes: Vec<String>, scenarios: Vec<String>, allow_outside: bool) -> Self {
        Input { config, changes, scenarios, allow_outside }
    }

    /// Reads and checks it, with all of its scenarios.
    fn check(&self, py: Python<'_>) -> Result<Study, Failure> {
        py.detach(|| self.study()).map(Study)
    }
}

impl Input {
    /// Checked and compiled, with the scenarios asked for.
    pub fn study(&self) -> Result<shortfall::Study, Failure> {
        let study = shortfall::Study::new(&read::document(&self.config, &self.changes, self.allow_outside)?)?;
        self.narrow(study)
    }

    /// Keeps only the scenarios that are asked for.
    fn narrow(&self, mut study: shortfall::Study) -> Result<shortfall::Study, Failure> {
        for name in &self.scenarios {
            study.scenario(name).map_err(shortfall::Error::from)?;
        }
        study.scenarios.retain(|case| self.scenarios.is_empty() || self.scenarios.contains(&case.id));
        Ok(study)
    }

    /// The same of another scenario, or of another config and with one more change.
    pub fn only(&self, scenario: &str) -> Input {
        Input { scenarios: vec![scenario.into()], ..self.clone() }
    }

    /// The same changes, and this one, to another config.
    pub fn other(&self, config: &Path, change: String) -> Input {
        Input { config: config.into(), changes: [&self.changes[..], &[change]].concat(), ..self.clone() }
    }

    /// Whether scenarios are asked for.
    pub fn names_scenarios(&self) -> bool {
        !self.scenarios.is_empty()
    }

    /// Name of the file, without its folder.
    pub fn name(&self) -> String {
        self.config.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A config without faults.
#[pyclass(frozen, module = "shortfall._native")]
pub struct Study(shortfall::Study);

#[pymethods]
impl Study {
    #[getter]
    fn title(&self) -> &str {
        &self.0.config.title
    }

    #[getter]
    fn scenarios(&self) -> Vec<&str> {
        self.0.scenario_ids().collect()
    }

    /// Names of the outcomes of any scenario, each once.
    #[getter]
    fn outcomes(&self) -> Vec<&str> {
        each_once(self.0.scenarios.iter().flat_map(|case| &case.model.outcomes).map(|spec| spec.name.as_str()))
    }

    /// The same of the series that are recorded.
    #[getter]
    fn series(&self) -> Vec<&str> {
        each_once(self.0.scenarios.iter().flat_map(|case| &case.model.series).map(|spec| spec.name.as_str()))
    }

    /// What `check` says beside: what was worked out of observations, and hints.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.0.fitted.iter().cloned().chain(hints::hints(&self.0)).collect()
    }

    /// The config as run, all defaults filled in.
    #[getter]
    fn config(&self) -> String {
        config_as_run(&self.0)
    }
}

fn each_once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known = Vec::new();
    names.for_each(|name| known.extend((!known.contains(&name)).then_some(name)));
    known
}
