//! A disruption by itself in all trials of a batch: the same numbers in the same order as one by one.

use super::quantiles;
use crate::engine::batch::Episode;
use crate::math;
use crate::model::{Disruption, Model};
use crate::simd::{InstructionSet, LANES, LaneFlags, Lanes, NONE, kernel};

/// Whether nothing is scheduled, and each draw takes one number.
pub fn is_simple(disruption: &Disruption) -> bool {
    let laws = [&disruption.duration, &disruption.severity, &disruption.remaining];
    let takes_one = disruption.severity_duration_rho.is_some() || laws.iter().all(|law| law.takes_one());
    disruption.scheduled.is_empty() && disruption.raises.is_empty() && takes_one
}

/// Draws the episodes of disruption `index`, which is simple, into those of each trial.
pub fn run(
    set: InstructionSet,
    model: &Model,
    index: usize,
    trials: &[u64; LANES],
    inputs: &[Lanes],
    episodes: &mut [Vec<Episode>; LANES],
) {
    set.dispatch(Run { model, index, trials, inputs, episodes });
}

kernel! {
    Run<'a> {
        model: &'a Model,
        index: usize,
        trials: &'a [u64; LANES],
        inputs: &'a [Lanes],
        episodes: &'a mut [Vec<Episode>; LANES],
    }
    calls run_all
}

#[inline(always)]
fn run_all(model: &Model, index: usize, trials: &[u64; LANES], inputs: &[Lanes], episodes: &mut [Vec<Episode>; LANES]) {
    let (disruption, horizon) = (&model.disruptions[index], model.months as f64);
    let mut streams = disruption.key.streams(trials);
    let (chance, active) = (streams.uniforms(), disruption.active_at_start.of(inputs).0);
    let mut runs: LaneFlags = std::array::from_fn(|lane| chance[lane] < active[lane]);
    let (mut duration, mut severity) = (streams.uniforms(), streams.uniforms());
    let mut hazard_left = unit_exponentials(streams.uniforms());
    // The clock stands still before `not_before` and while an episode runs.
    let mut since = [disruption.not_before; LANES];
    if runs != NONE {
        quantiles(disruption, &disruption.remaining, &mut duration, &mut severity, &runs);
        for lane in 0..LANES {
            runs[lane] &= duration[lane] > 0.0;
            if runs[lane] {
                episodes[lane].push(Episode::new(0.0, duration[lane], severity[lane]));
                since[lane] = duration[lane].max(disruption.not_before);
            }
        }
        let again = unit_exponentials(streams.uniforms_of(&runs));
        for lane in 0..LANES {
            hazard_left[lane] = if runs[lane] { again[lane] } else { hazard_left[lane] };
        }
    }
    let rate = disruption.rate.of(inputs).0.map(|rate| rate / 12.0);
    loop {
        let mut onset = [0.0; LANES];
        for lane in 0..LANES {
            // None at a rate of nought: infinite.
            onset[lane] = since[lane] + hazard_left[lane] / rate[lane];
        }
        let begins: LaneFlags = onset.map(|onset| onset < horizon);
        if begins == NONE {
            break;
        }
        (duration, severity) = (streams.uniforms(), streams.uniforms());
        quantiles(disruption, &disruption.duration, &mut duration, &mut severity, &begins);
        hazard_left = unit_exponentials(streams.uniforms());
        for lane in 0..LANES {
            let end = onset[lane] + duration[lane];
            // An episode of no length is none.
            if begins[lane] && duration[lane] > 0.0 {
                episodes[lane].push(Episode::new(onset[lane], duration[lane], severity[lane]));
            }
            // Nothing more begins where nothing began.
            since[lane] = if begins[lane] { end.max(disruption.not_before) } else { f64::INFINITY };
        }
    }
}

/// Exponential numbers of mean one.
#[inline(always)]
fn unit_exponentials(mut uniform: [f64; LANES]) -> [f64; LANES] {
    for number in &mut uniform {
        *number = -math::ln_in_row(*number);
    }
    uniform
}
