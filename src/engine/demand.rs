//! Final demand before thrift.

use pulp::{Simd, WithSimd};

use super::lanes::{LANES, Lanes, Rows};
use super::parameters::Walk;
use super::sharing::{Role, Shared};
use super::wide::Part;
use super::{Draws, Workspace};
use crate::math;
use crate::model::Model;
use crate::random::Streams;
use crate::special::normal_quantiles;

/// Fills the demand of the trials in step: growth, random walk, surges. `trials` decide the walk.
///
/// Geometric Brownian motion in monthly steps, with mean one at all times: the step has mean `-sigma^2 / 2`.
pub fn fill(model: &Model, trials: &[u64; LANES], space: &mut Workspace, shared: &mut Shared, place: usize) {
    let Workspace { draws, parameters, walk: own, given, sharing, .. } = space;
    for (index, demand) in model.demands.iter().enumerate() {
        let walk = &parameters.walks[index];
        let steps = (!demand.volatility.is(0.0)).then(|| {
            let role = sharing.walks.get(index).copied().unwrap_or_default();
            let steps = match role {
                Role::Own => &mut *own,
                Role::Gives(at) | Role::Takes(at) => shared.walk(at, place),
            };
            if !matches!(role, Role::Takes(_)) {
                steps.resize(model.months, Lanes::ZERO);
                draw_factors(steps, walk, demand.walk.streams(trials));
            }
            &steps[..]
        });
        let surges = &demand.surges;
        pulp::Arch::new().dispatch(AddUp { index, walk, steps, surges, draws, demand: &mut given.demand });
    }
}

/// Months that are computed together, so that one need not wait for the other.
const TOGETHER: usize = 4;

/// Draws the factors by which demand changes from month to month.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn draw_factors(months: &mut [Lanes], walk: &Walk, mut streams: Streams<LANES>) {
    for months in months.chunks_mut(TOGETHER) {
        let mut numbers = [0.5; TOGETHER * LANES];
        for (numbers, _) in numbers.chunks_exact_mut(LANES).zip(&*months) {
            numbers.copy_from_slice(&streams.uniforms());
        }
        normal_quantiles(&mut numbers);
        for (month, numbers) in months.iter_mut().zip(numbers.chunks_exact(LANES)) {
            for (lane, number) in numbers.iter().enumerate() {
                month.0[lane] = math::exp_in_row(walk.drift.0[lane] + walk.step.0[lane] * number);
            }
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
