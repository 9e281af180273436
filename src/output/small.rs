//! A small run for tests.

use crate::simulation::{self, Progress};
use crate::study::Study;
use crate::summary::{self, Summary};
use crate::tally::Drivers;

/// Simulates a config given as text, and counts what drives the results, however few trials there are.
pub fn run(text: &str, trials: u64) -> (Study, Summary) {
    let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"));
    let (mut tallies, case) = (study.tallies(), &study.scenarios[0]);
    tallies[0].drivers = Some(Drivers::new(&case.model, &study.headline_numbers(case)));
    let simulated = simulation::extend(&study.models(), tallies, 0..trials, 1, &Progress::default());
    let tallies = simulated.expect("nobody stops it");
    let summary = summary::summarise(&study, &tallies);
    (study, summary)
}
