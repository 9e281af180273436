//! Final demand before thrift.

use super::parameters::Walk;
use super::sharing::{BlockSlot, DrawSource};
use super::state::MonthlyInputs;
use super::{Draws, Engine};
use crate::math;
use crate::model::{DatedPath, Trend};
use crate::random::Streams;
use crate::simd::{Kernel, LANES, LaneGroups, Lanes, Number, Rows, kernel};
use crate::special::normal_quantiles;

/// Fills the demand of the trials: growth or path, season, random walk, surges. `trials` select the streams of the walk.
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
    let MonthlyInputs { demand: rows, normal_demand: normal, walk: own, .. } = monthly;
    let (set, months, steps_per_month) = (engine.instructions, engine.model.months, engine.model.steps_per_month);
    let steps = months * steps_per_month;
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
        let surging = surging.map(|&surge| &draws.effects[surge * steps..][..steps]).collect();
        let path = if let Trend::Path(path) = &demand.trend { Some(path) } else { None };
        let seasonal = &demand.seasonal;
        let inputs = &draws.inputs;
        set.dispatch(Multiply { walk, path, inputs, seasonal, walked, surging, rows, normal, index, steps_per_month });
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

/// Multiplies the factors of one demand, month by month, and adds surges, step by step.
struct Multiply<'a> {
    walk: &'a Walk,
    /// What the walk is a factor on, if it is one.
    path: Option<&'a DatedPath>,
    inputs: &'a [Lanes],
    /// Factors on the months of a year, the first month's first, if there are any.
    seasonal: &'a [f64],
    /// Factors from month to month, unless they are the same in all months.
    walked: Option<&'a [Lanes]>,
    /// Effects of surges by step.
    surging: Vec<&'a [Lanes]>,
    rows: &'a mut Rows,
    /// Without surges, by month, where that is asked for.
    normal: &'a mut Rows,
    index: usize,
    steps_per_month: usize,
}

impl Kernel for Multiply<'_> {
    #[inline(always)]
    fn run<N: Number>(self, groups: LaneGroups<N>) {
        let Multiply { walk, path, inputs, seasonal, walked, surging, rows, normal, index, steps_per_month: steps } =
            self;
        for lanes in groups.iter() {
            let (mut value, growth) = (lanes.load(&walk.first), lanes.load(&walk.growth));
            for month in 0..rows.months() / steps {
                let mut now = value;
                if let Some(path) = path {
                    now = now * path.in_month(lanes, month, inputs);
                }
                if let Some(factor) = seasonal.get(month % 12) {
                    now = now * lanes.splat(*factor);
                }
                if normal.months() > 0 {
                    lanes.store(normal.cell_mut(month, index), now);
                }
                let by_step = if steps > 1 { now / lanes.splat(steps as f64) } else { now };
                for row in month * steps..(month + 1) * steps {
                    let mut now = by_step;
                    for effect in &surging {
                        now = now * (lanes.splat(1.0) + lanes.load(&effect[row]));
                    }
                    lanes.store(rows.cell_mut(row, index), now);
                }
                // What was drawn for a month moves the next.
                value = value * walked.map_or(growth, |factors| lanes.load(&factors[month]));
            }
        }
    }
}
