//! Running small configs through the ordinary engine.
#![allow(dead_code)] // every test file uses some of it

use shortfall::model::Model;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::tally::{Histogram, Tally};

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
        &self.study.cases[0].model
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

/// Head of a config with one market and one product, and its final demand if it is above zero.
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
