//! In which trials a claim holds.

use super::{Error, Progress, first_faulty, in_order};
use crate::engine::{Engine, StreamIndices};
use crate::model::Model;
use crate::simd::LANES;

/// Trials that a thread takes on at once.
const AT_ONCE: usize = 512;

/// Whether the claim with this index holds in each of these trials, in their order. Results do not depend on the number of
/// threads.
///
/// # Errors
/// See [`Error`].
pub fn holding(
    model: &Model,
    claim: usize,
    trials: &[u64],
    threads: usize,
    progress: &Progress,
) -> Result<Vec<bool>, Error> {
    let (date, test) = (model.date_of(model.claims[claim].milestone), model.claims[claim].test);
    let engine = Engine::new(model);
    let parts: Vec<&[u64]> = trials.chunks(AT_ONCE).collect();
    let found = in_order(parts.len(), threads, progress, |part| {
        let mut scratch = engine.scratch();
        let mut holds = Vec::with_capacity(parts[part].len());
        for some in parts[part].chunks(LANES) {
            let indices: Vec<StreamIndices> = some.iter().map(|trial| StreamIndices::of(*trial)).collect();
            let batch = engine.simulate(&indices, &mut scratch);
            if let Some(lane) = first_faulty(model, batch) {
                return Err(Error::NotANumber { trial: some[lane], model: 0 });
            }
            holds.extend(batch.outcomes[date].0[..some.len()].iter().map(|date| test.holds(*date)));
        }
        progress.add(parts[part].len() as u64);
        Ok(holds)
    })?;
    Ok(found.concat())
}
