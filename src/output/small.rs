//! A small run for tests.

use crate::simulation::{self, Progress};
use crate::study::Study;
use crate::summary::{self, Summary};

/// Simulates a config given as text.
pub fn run(text: &str, trials: u64) -> (Study, Summary) {
    let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"));
    let tallies = simulation::run(&study.models(), trials, 1, &Progress::default()).expect("nobody stops it");
    let summary = summary::summarise(&study, &tallies);
    (study, summary)
}
