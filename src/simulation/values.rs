//! The value of a statistic in every trial, of many models.

use std::ops::Range;

use super::{Error, Progress, first_faulty, in_order};
use crate::engine::{Engine, Scratch, SharedDraws};
use crate::model::{Model, Statistic};
use crate::simd::LANES;
use crate::tally::{BLOCK, in_trial};

/// So many models share their draws. More would take memory.
const TOGETHER: usize = 8;

/// Values of the statistic of each of `count` models in these trials, in their order: by model and trial. `model` makes a model when
/// it is needed, and may say why it cannot; it is made again for every thousand trials, so that memory does not grow with
/// the number of models. Results do not depend on the number of threads.
///
/// # Errors
/// See [`Error`], the model being that of the lowest index; or, inside, what `model` says.
pub fn values<E: Send>(
    count: usize,
    model: impl Fn(usize) -> Result<(Model, Statistic), E> + Sync,
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Result<Vec<Vec<f64>>, E>, Error> {
    let starts: Vec<u64> = trials.clone().step_by(BLOCK).collect();
    let groups = count.div_ceil(TOGETHER);
    let parts = in_order(groups * starts.len(), threads, progress, |number| {
        let (group, first) = (number / starts.len(), starts[number % starts.len()]);
        let members = group * TOGETHER..((group + 1) * TOGETHER).min(count);
        let made: Result<Vec<(Model, Statistic)>, E> = members.clone().map(&model).collect();
        let made = match made {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        let part = first..(first + BLOCK as u64).min(trials.end);
        let found = simulate(&made, part, progress);
        found.map(Ok).map_err(|(trial, model)| Error::NotANumber { trial, model: members.start + model })
    })?;
    let mut all = vec![Vec::with_capacity((trials.end - trials.start) as usize); count];
    for (number, part) in parts.into_iter().enumerate() {
        let group = number / starts.len().max(1) * TOGETHER;
        match part {
            Ok(part) => part.into_iter().zip(&mut all[group..]).for_each(|(part, values)| values.extend(part)),
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Ok(all))
}

/// A block of trials of a few models; or the first trial that is at fault, and the model in which it is.
fn simulate(
    made: &[(Model, Statistic)],
    trials: Range<u64>,
    progress: &Progress,
) -> Result<Vec<Vec<f64>>, (u64, usize)> {
    let models: Vec<&Model> = made.iter().map(|(model, _)| model).collect();
    let engines = Engine::sharing(&models);
    let mut scratches: Vec<Scratch> = engines.iter().map(Engine::scratch).collect();
    let mut shared = SharedDraws::default();
    let mut all = Vec::new();
    for (index, (engine, scratch)) in engines.iter().zip(&mut scratches).enumerate() {
        let mut values = Vec::with_capacity((trials.end - trials.start) as usize);
        for start in trials.clone().step_by(LANES) {
            let offset = (start - trials.start) as usize;
            let batch = engine.run_in_block(start..trials.end, scratch, &mut shared, offset);
            if let Some(lane) = first_faulty(engine.model(), batch) {
                return Err((start + lane as u64, index));
            }
            values.extend((0..batch.count).map(|lane| in_trial(made[index].1, engine.model(), batch, lane)));
        }
        progress.add(values.len() as u64);
        all.push(values);
    }
    Ok(all)
}
