//! The same inputs with other events: how much of the spread comes from which.

use std::ops::Range;

use super::{Error, Part, Progress, add_up};
use crate::engine::{Engine, StreamIndices};
use crate::model::Model;
use crate::simd::LANES;
use crate::tally::{EVENT_SAMPLES, NestedSampling};

/// Nested sampling: simulates the inputs of these trials of every model again, each with [`EVENT_SAMPLES`] samples of
/// other events. Results do not depend on the number of threads.
///
/// # Errors
/// See [`Error`]; the trial is the one whose inputs were simulated again.
pub fn nested(
    models: &[&Model],
    draws: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Vec<NestedSampling>, Error> {
    let one = |model: &&Model| {
        let worker = |mut work: Part<'_, NestedSampling>| {
            let engine = Engine::new(model);
            let mut scratch = engine.scratch();
            let mut outcomes = vec![[0.0; EVENT_SAMPLES]; model.outcomes.len()];
            while let Some(draw) = work.next(1) {
                let draw = draw.start;
                let indices: [StreamIndices; EVENT_SAMPLES] =
                    std::array::from_fn(|sample| StreamIndices::again(draw, sample as u64, EVENT_SAMPLES as u64));
                for (part, indices) in indices.chunks(LANES).enumerate() {
                    let batch = engine.simulate(indices, &mut scratch);
                    for (values, lanes) in outcomes.iter_mut().zip(&batch.outcomes) {
                        values[part * LANES..].iter_mut().zip(lanes.0).for_each(|(value, lane)| *value = lane);
                    }
                }
                if !work.own.record(draw, &outcomes) {
                    work.first_fault.record(draw, 0);
                }
                progress.add(EVENT_SAMPLES as u64);
            }
            work.own
        };
        add_up(NestedSampling::new(model), NestedSampling::merge, draws.clone(), threads, progress, worker)
    };
    let of_model = |(model, one): (usize, Result<NestedSampling, Error>)| {
        one.map_err(|error| match error {
            Error::NotANumber { trial, .. } => Error::NotANumber { trial, model },
            other => other,
        })
    };
    models.iter().map(one).enumerate().map(of_model).collect()
}
