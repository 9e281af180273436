//! Running small configs through the ordinary engine.
#![allow(dead_code, unused_imports)] // every test file uses some of it

mod busy;
mod config;
pub mod json_schema;
pub mod laws;
mod places;
mod random_model;
mod trial_run;

pub use busy::Busy;
pub use config::ConfigBuilder;
pub use places::{Place, Site, at, places, sites, value};
pub use random_model::Draw;
use shortfall::engine::Trial;
use shortfall::model::Model;
use shortfall::random::{self, Stream};
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::tally::{Histogram, Tally};
pub use trial_run::{Verdict, in_parallel, of_document, trial_run, words};

/// A uniform number from `low` to `high`, for random models.
pub fn between(stream: &mut Stream, low: f64, high: f64) -> f64 {
    low + (high - low) * random::uniform(stream)
}

/// A simulated config.
pub struct Run {
    pub study: Study,
    pub tallies: Vec<Tally>,
}

/// Simulates a config given as text on both cores.
pub fn run(text: &str, trials: u64) -> Run {
    let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let tallies = simulation::run(&study.models(), trials, 0, &Progress::default()).expect("nobody stopped it");
    Run { study, tallies }
}

impl Run {
    pub fn model(&self) -> &Model {
        &self.study.scenarios[0].model
    }

    /// Histogram of an outcome of the first case.
    pub fn outcome(&self, name: &str) -> Histogram<'_> {
        let index = self.model().outcomes.iter().position(|spec| spec.name == name);
        self.tallies[0].outcome(index.unwrap_or_else(|| panic!("no outcome {name}")))
    }

    /// Histogram of a series of the first case in a month.
    pub fn series(&self, name: &str, month: usize) -> Histogram<'_> {
        let index = self.model().series.iter().position(|spec| spec.name == name);
        self.tallies[0].series(index.unwrap_or_else(|| panic!("no series {name}")), month)
    }

    /// Mean of a series of the first case in a month.
    pub fn mean(&self, name: &str, month: usize) -> f64 {
        self.series(name, month).mean().expect("finite values")
    }

    /// Mean of a series over the months before `months`.
    pub fn mean_over(&self, name: &str, months: usize) -> f64 {
        (0..months).map(|month| self.mean(name, month)).sum::<f64>() / months as f64
    }

    /// Probability that an outcome is at most `limit`.
    pub fn at_most(&self, outcome: &str, limit: f64) -> f64 {
        let histogram = self.outcome(outcome);
        histogram.at_most(limit) as f64 / histogram.trials as f64
    }
}

/// Head of a config with one market and one product, and its final demand if it is above zero: as text, to which tables are
/// appended. For other configs see [`ConfigBuilder`].
pub fn one_product(years: f64, demand: f64) -> String {
    let demand = if demand > 0.0 {
        format!("[demands.users]\nmarket = \"all\"\nstage = \"product\"\ntonnes_per_year = {demand}\n")
    } else {
        String::new()
    };
    format!(
        "title = \"test\"\nstart = \"2026-01\"\nhorizon_years = {years}\n[markets.all]\ncountries = [\"Everywhere\"]\n[stages.product]\n{demand}"
    )
}

/// A mean over trials and its standard error.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    pub value: f64,
    pub error: f64,
}

/// The allowed distance from the exact value: a chance of 1e-9 for a normal error, so that no fixed seed ever meets it.
pub const STANDARD_ERRORS: f64 = 6.11;

/// 1 if it is so, else 0: its mean is a probability.
pub fn indicator(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

/// Row of the series `name` in a trial.
pub fn series_row<'a>(model: &Model, trial: &'a Trial, name: &str) -> &'a [f64] {
    let index = model.series.iter().position(|spec| spec.name == name);
    &trial.series[index.unwrap_or_else(|| panic!("no series {name}"))]
}

/// The outcome `name` of a trial.
pub fn outcome_of(model: &Model, trial: &Trial, name: &str) -> f64 {
    let index = model.outcomes.iter().position(|spec| spec.name == name);
    trial.outcomes[index.unwrap_or_else(|| panic!("no outcome {name}"))]
}

/// Whether every estimate lies within [`STANDARD_ERRORS`] of its exact value, or within 1e-9 where nothing is random.
pub fn check(what: &str, found: &[Estimate], exact: &[f64]) -> Result<(), String> {
    assert_eq!(found.len(), exact.len());
    let mut faults = Vec::new();
    for (number, (found, exact)) in found.iter().zip(exact).enumerate() {
        let distance = found.value - exact;
        let deviation = if found.error > 0.0 { distance / found.error } else { 0.0 };
        let line = format!("{what} [{number}]: {} against {exact}, {deviation:+.2} standard errors", found.value);
        println!("{line}");
        let allowed = (STANDARD_ERRORS * found.error).max(1e-9 * exact.abs());
        if !(distance.abs() <= allowed) {
            faults.push(line);
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// Asserts that a config meets the exact values, and that its wrong twin does not pass for it.
pub fn tell_apart(what: &str, right: &[Estimate], wrong: &[Estimate], exact: &[f64]) {
    check(what, right, exact).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(check(&format!("{what}, wrong twin"), wrong, exact).is_err(), "{what}: the wrong twin passes");
}

/// Asserts that a listed constant is what its closed form gives, to the last digit listed.
pub fn listed(formula: f64, constant: f64, digits: u32) {
    let half = 0.5 / f64::from(10u32.pow(digits));
    assert!((formula - constant).abs() <= 1.0001 * half, "the formula gives {formula}, listed is {constant}");
}
