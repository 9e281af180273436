//! Final demand before thrift.

use pulp::{Simd, WithSimd};

use super::lanes::{LANES, Lanes, Rows};
use super::parameters::Walk;
use super::wide::Part;
use super::{Draws, Workspace};
use crate::math;
use crate::model::Model;
use crate::random;
use crate::special::normal_quantiles;

/// Fills the demand of the trials in step: growth, random walk, surges. `trials` decide the walk.
///
/// Geometric Brownian motion in monthly steps, with mean one at all times: the step has mean `-sigma^2 / 2`.
pub fn fill(model: &Model, trials: &[u64], space: &mut Workspace) {
    let Workspace { draws, parameters, walk, given, .. } = space;
    for (index, demand) in model.demands.iter().enumerate() {
        let steps = (!demand.volatility.is(0.0)).then(|| {
            for (lane, trial) in trials.iter().enumerate() {
                let mut stream = demand.walk.stream(*trial);
                walk.iter_mut().for_each(|month| month.0[lane] = random::uniform(&mut stream));
            }
            factors(walk, &parameters.walks[index]);
            &walk[..]
        });
        let walk = &parameters.walks[index];
        let surges = &demand.surges;
        pulp::Arch::new().dispatch(AddUp { index, walk, steps, surges, draws, demand: &mut given.demand });
    }
}

/// Turns uniform numbers into the factors by which demand changes from month to month.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn factors(months: &mut [Lanes], walk: &Walk) {
    for month in months {
        normal_quantiles(&mut month.0);
        for lane in 0..LANES {
            month.0[lane] = math::exp_in_row(walk.drift.0[lane] + walk.step.0[lane] * month.0[lane]);
        }
    }
}

/// Multiplies the steps of one demand, and adds surges.
struct AddUp<'a> {
    index: usize,
    walk: &'a Walk,
    /// Factors from month to month, unless they are the same in all months.
    steps: Option<&'a [Lanes]>,
    surges: &'a [usize],
    draws: &'a Draws,
    demand: &'a mut Rows,
}

impl WithSimd for AddUp<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let AddUp { index, walk, steps, surges, draws, demand } = self;
        let months = demand.months();
        let surging = surges.iter().filter(|&&surge| draws.disrupted[surge]);
        let surging: Vec<&[Lanes]> = surging.map(|&surge| &draws.effects[surge * months..][..months]).collect();
        for part in Part::all_of(simd) {
            let (mut value, growth) = (part.load(&walk.first), part.load(&walk.growth));
            for month in 0..months {
                let mut now = value;
                for effect in &surging {
                    now = now * (part.all(1.0) + part.load(&effect[month]));
                }
                part.store(demand.cell_mut(month, index), now);
                // What was drawn for a month moves the next.
                value = value * steps.map_or(growth, |steps| part.load(&steps[month]));
            }
        }
    }
}
