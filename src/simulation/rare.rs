//! Importance sampling: trials of a tilted model, weighted back.

use std::ops::Range;

use super::{Error, Part, Progress, add_up, first_faulty};
use crate::engine::Engine;
use crate::model::Model;
use crate::simd::LANES;
use crate::statistics::mixture_weight;
use crate::tally::{Exceedance, Weighted};

/// Which of the blocks of [`LANES`] trials of a run are not tilted: a share of them, spread evenly, the first one included.
#[derive(Clone, Copy, Debug)]
pub struct Untilted {
    /// Blocks in a million, at least one.
    per_million: u64,
    /// Trials of the whole run.
    trials: u64,
}

impl Untilted {
    const MILLION: u64 = 1_000_000;

    /// About this share of the first `trials`.
    pub fn new(share: f64, trials: u64) -> Self {
        Untilted { per_million: ((share * 1e6).round() as u64).clamp(1, Self::MILLION), trials }
    }

    /// Nothing counted yet of these events, in the run or in any part of it.
    pub fn empty(self, events: &[Exceedance]) -> Weighted {
        Weighted::new(events, self.share())
    }

    fn contains(self, block: u64) -> bool {
        block * self.per_million % Self::MILLION < self.per_million
    }

    /// How many of the first `blocks` there are.
    fn among(self, blocks: u64) -> u64 {
        blocks.checked_sub(1).map_or(0, |last| 1 + last * self.per_million / Self::MILLION)
    }

    /// Their exact share of the trials.
    fn share(self) -> f64 {
        let (blocks, rest) = (self.trials / LANES as u64, self.trials % LANES as u64);
        let partial = if self.contains(blocks) { rest } else { 0 };
        (self.among(blocks) * LANES as u64 + partial) as f64 / self.trials as f64
    }
}

/// Importance sampling: simulates these trials of a model and of its tilted twin ([`Model::tilted`]), and counts
/// `events` with the weights that make up for the tilt. Results do not depend on the number of threads.
///
/// A share of the trials of the whole run, in blocks spread evenly, is not tilted: exactly the one that the result holds.
/// `trials` may be a part of the run, which begins with a block. A trial weighs `1 / (a + (1 - a) / r)` with that share `a` and its likelihood ratio `r`: no weight is above `1 / a`,
/// however strong the tilt, and sums of weights have the right mean (defensive mixture: Hesterberg, "Weighted average
/// importance sampling and defensive mixture distributions", Technometrics 37, 1995; the blocks fixed in number: Owen & Zhou,
/// "Safe and effective importance sampling", JASA 95, 2000).
///
/// # Errors
/// See [`Error`].
pub fn rare(
    models: [&Model; 2],
    events: &[Exceedance],
    untilted: Untilted,
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Weighted, Error> {
    let share = untilted.share();
    let worker = |mut part: Part<'_, Weighted>| {
        let engines = models.map(Engine::new);
        let mut scratches = engines.each_ref().map(Engine::scratch);
        while let Some(trials) = part.next(LANES as u64) {
            let count = (trials.end - trials.start) as usize;
            let simulated = usize::from(!untilted.contains(trials.start / LANES as u64));
            let batch = engines[simulated].run(trials.clone(), &mut scratches[simulated]);
            let weights = batch.log_ratios.map(|log_ratio| mixture_weight(log_ratio, share));
            if let Some(lane) = first_faulty(models[0], batch) {
                part.first_fault.record(trials.start + lane as u64, 0);
            }
            part.own.record(batch, &weights[..count]);
            progress.add(count as u64);
        }
        part.own
    };
    add_up(untilted.empty(events), Weighted::merge, trials, threads, progress, worker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untilted_blocks_are_spread_evenly_and_counted() {
        for (share, per_hundred) in [(0.1, 10), (0.5, 50), (0.999, 99), (0.33, 33), (1e-9, 0)] {
            let blocks = Untilted::new(share, 1);
            assert!(blocks.contains(0));
            let mut natural = 0;
            for trial in 0..3000 * LANES as u64 {
                natural += u64::from(blocks.contains(trial / LANES as u64));
                let first = Untilted::new(share, trial + 1);
                assert_eq!(first.share(), natural as f64 / (trial + 1) as f64, "{share}");
            }
            for first in [100, 1_000_050, 123_456_700] {
                let found = (first..first + 100).filter(|block| blocks.contains(*block)).count();
                assert!(found.abs_diff(per_hundred) <= 1, "{share}: {found} blocks of the hundred from {first} on");
            }
        }
    }
}
