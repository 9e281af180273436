//! Any config at all, read and simulated: what may come of it is a list of faults, or figures; never a panic, a value that is not a
//! number, or a gap that nobody explains.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use shortfall::Diagnostics;
use shortfall::config::source::Document;
use shortfall::engine::Engine;
use shortfall::model::Model;
use shortfall::simd::LANES;
use shortfall::study::Study;
use shortfall::summary::{self, Estimate, Summary};
use shortfall::tally::{Block, Tally};
use shortfall::text::is_hidden;

/// What came of a config.
pub enum Verdict {
    /// It has faults, as they are told.
    Refused(Diagnostics),
    /// It was simulated.
    Simulated(Box<(Study, Summary)>),
}

/// Reads, compiles and simulates a config.
///
/// # Errors
/// What must not come of any config.
pub fn trial_run(text: &str, trials: u64) -> Result<Verdict, String> {
    let tried = catch_unwind(AssertUnwindSafe(|| match Document::parse("test.toml", text) {
        Ok(document) => of_document(&document, trials),
        Err(faults) => Ok(Verdict::Refused(told(faults)?)),
    }));
    tried.unwrap_or_else(|panic| Err(format!("panic: {}", words(&*panic))))
}

/// The same of a document.
pub fn of_document(document: &Document, trials: u64) -> Result<Verdict, String> {
    match Study::new(document) {
        Ok(study) => {
            let summary = simulated(&study, trials)?;
            Ok(Verdict::Simulated(Box::new((study, summary))))
        }
        Err(faults) => Ok(Verdict::Refused(told(faults)?)),
    }
}

/// Faults that can be told.
fn told(faults: Diagnostics) -> Result<Diagnostics, String> {
    let said = faults.to_string();
    if faults.is_empty() || said.is_empty() {
        return Err("refused without a fault".into());
    }
    if said.len() > 300_000 {
        return Err(format!("{} bytes of faults", said.len()));
    }
    if let Some(long) =
        faults.iter().find(|one| longest_number(&one.fault.message).max(longest_number(&one.fault.label)) > 20)
    {
        return Err(format!("a number that nobody can read: {} ({})", long.fault.message, long.fault.label));
    }
    match said.chars().find(|letter| is_hidden(*letter) && *letter != '\n') {
        Some(hidden) => Err(format!("{hidden:?} in {said:?}")),
        None => Ok(faults),
    }
}

/// Digits of the longest number in a sentence, what it quotes left out.
fn longest_number(sentence: &str) -> usize {
    let outside = sentence.split('`').step_by(2);
    outside.flat_map(|part| part.split(|letter: char| !letter.is_ascii_digit())).map(str::len).max().unwrap_or(0)
}

/// Simulated on this thread, whose time is measured.
fn tally(model: &Model, trials: u64) -> Result<Tally, String> {
    let (engine, mut tally, mut block) = (Engine::new(model), Tally::new(model), Block::new(model));
    let mut scratch = engine.scratch();
    block.fit(&tally, 0);
    (0..trials).step_by(LANES).for_each(|first| block.record(engine.run(first..trials, &mut scratch)));
    if let Some(trial) = block.faulty() {
        return Err(format!("trial {trial} gave a value that is not a number"));
    }
    tally.absorb(&mut block);
    Ok(tally)
}

/// Simulated; every figure is a number, or has a note in its place.
fn simulated(study: &Study, trials: u64) -> Result<Summary, String> {
    let tallies = study.models().into_iter().map(|model| tally(model, trials)).collect::<Result<Vec<Tally>, _>>()?;
    let summary = summary::summarise(study, &tallies);
    for case in &summary.scenarios {
        for outcome in &case.outcomes {
            let percentiles = outcome.percentiles.iter().map(|percentile| ("percentile", &percentile.estimate));
            let others = [("mean", &outcome.mean), ("zero", &outcome.zero), ("never", &outcome.never)];
            for (what, estimate) in percentiles.chain(others) {
                explained(estimate).map_err(|why| format!("{what} of {}: {why}", outcome.name))?;
            }
        }
        for milestone in &case.milestones {
            milestone.by_month.iter().try_for_each(explained)?;
        }
        for series in &case.series {
            for (month, mean) in series.means.iter().enumerate() {
                let estimate = Estimate { value: *mean, note: series.notes[month].clone(), ..Estimate::default() };
                explained(&estimate).map_err(|why| format!("mean of {} in month {month}: {why}", series.name))?;
                let finite = |estimate: &Estimate| numbers(estimate).all(f64::is_finite);
                if !series.percentiles[month].iter().all(finite) {
                    return Err(format!(
                        "percentiles of {} in month {month}: {:?}",
                        series.name, series.percentiles[month]
                    ));
                }
            }
        }
    }
    Ok(summary)
}

fn numbers(estimate: &Estimate) -> impl Iterator<Item = f64> {
    [estimate.value, estimate.low, estimate.high].into_iter().flatten()
}

/// A number, or a note in its place.
fn explained(estimate: &Estimate) -> Result<(), String> {
    let has_numbers = numbers(estimate).all(f64::is_finite);
    let is_ordered = estimate.low.zip(estimate.high).is_none_or(|(low, high)| low <= high);
    let is_explained = estimate.value.is_some() || !estimate.note.is_empty();
    if has_numbers && is_ordered && is_explained { Ok(()) } else { Err(format!("{estimate:?}")) }
}

/// What a panic said.
pub fn words(panic: &dyn std::any::Any) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default()
}

/// `of(number)` for every number below `count`, on all cores; what fails, in order.
pub fn in_parallel(count: usize, of: impl Fn(usize) -> Option<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut failed = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return failed;
            }
            failed.extend(of(number).map(|why| (number, why)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut failed: Vec<(usize, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("what it does is caught")).collect()
    });
    failed.sort();
    failed.into_iter().map(|(_, why)| why).collect()
}
