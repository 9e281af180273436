//! Final demand before thrift.

use super::parameters::Walk;
use super::sharing::{BlockSlot, DrawSource};
use super::state::MonthlyInputs;
use super::{Draws, Engine};
use crate::math;
use crate::random::Streams;
use crate::simd::{Kernel, LANES, LaneGroups, Lanes, Number, Rows, kernel};
use crate::special::normal_quantiles;

/// Fills the demand of the trials: growth, random walk, surges. `trials` select the streams of the walk.
///
/// Geometric Brownian motion in monthly steps, with mean one at all times: the step has mean `-sigma^2 / 2`.
pub fn fill(
    engine: &Engine<'_>,
    trials: &[u64; LANES],
    draws: &Draws,
    walks: &[Walk],
    slot: &mut BlockSlot<'_>,
    monthly: &mut MonthlyInputs,
) {
    let MonthlyInputs { demand: rows, walk: own, .. } = monthly;
    let (set, months) = (engine.instructions, rows.months());
    for (index, (demand, walk)) in engine.model.demands.iter().zip(walks).enumerate() {
        let source = engine.sources.walks.get(index).copied().unwrap_or_default();
        let factors = match source {
            DrawSource::Own => &mut *own,
            DrawSource::Publish(at) | DrawSource::Reuse(at) => slot.walk(at),
        };
        let mut walked = None;
        if !demand.volatility.is(0.0) {
            if !matches!(source, DrawSource::Reuse(_)) {
                factors.resize(months, Lanes::ZERO);
                set.dispatch(DrawFactors { months: factors, walk, streams: demand.walk.streams(trials) });
            }
            walked = Some(&factors[..]);
        }
        let surging = demand.surges.iter().filter(|&&surge| draws.disrupted[surge]);
        let surging = surging.map(|&surge| &draws.effects[surge * months..][..months]).collect();
        set.dispatch(Multiply { walk, walked, surging, rows, index });
    }
}

/// Months that are computed together, so that one need not wait for the other.
const TOGETHER: usize = 4;

kernel! {
    DrawFactors<'a> { months: &'a mut [Lanes], walk: &'a Walk, streams: Streams<LANES> }
    calls draw_factors
}

/// Draws the factors by which demand changes from month to month.
#[inline(always)]
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

/// Multiplies the factors of one demand, month by month, and adds surges.
struct Multiply<'a> {
    walk: &'a Walk,
    /// Factors from month to month, unless they are the same in all months.
    walked: Option<&'a [Lanes]>,
    /// Effects of surges by month.
    surging: Vec<&'a [Lanes]>,
    rows: &'a mut Rows,
    index: usize,
}

impl Kernel for Multiply<'_> {
    #[inline(always)]
    fn run<N: Number>(self, groups: LaneGroups<N>) {
        let Multiply { walk, walked, surging, rows, index } = self;
        for lanes in groups.iter() {
            let (mut value, growth) = (lanes.load(&walk.first), lanes.load(&walk.growth));
            for month in 0..rows.months() {
                let mut now = value;
                for effect in &surging {
                    now = now * (lanes.splat(1.0) + lanes.load(&effect[month]));
                }
                lanes.store(rows.cell_mut(month, index), now);
                // What was drawn for a month moves the next.
                value = value * walked.map_or(growth, |factors| lanes.load(&factors[month]));
            }
        }
    }
}
