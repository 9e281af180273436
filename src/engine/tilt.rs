//! How much likelier a future is by itself than in the tilted model.

use super::inputs::given_common;
use super::{Draws, Episode};
use crate::math::ln;
use crate::model::{Gate, Input, Model, Tilt};

/// Logarithm of the likelihood ratio of what was drawn: its density by itself over that in the tilted model; below all
/// numbers where it cannot happen by itself.
///
/// The onsets of a disruption are a Poisson process while it is idle. At `r` a year, `n` onsets have the density `r^n
/// exp(-r t)` times what does not depend on `r`, where `t` is the idle time up to the horizon, each moment as long as the
/// rate is raised; so the ratio is `(r / p)^n exp((p - r) t)` for `p` in place of `r` (Brémaud, Point Processes and Queues, 1981,
/// chapter 6). An episode that runs at the start, and those that are scheduled, are the same in both. For the success of a
/// project it is the ratio of the probabilities of what came.
pub fn log_ratio(model: &Model, lane: usize, trial: u64, draws: &Draws) -> f64 {
    let one = |tilt: &Tilt| match *tilt {
        Tilt::Rate { disruption, natural, tilted } => {
            let years = idle(model, disruption, lane, draws) / 12.0;
            let onsets = draws.episodes[disruption][lane].iter().filter(|episode| is_onset(episode)).count() as f64;
            let own = natural.at(&draws.inputs, lane);
            let power = if onsets > 0.0 { onsets * ln(own / tilted) } else { 0.0 };
            power + (tilted - own) * years
        }
        Tilt::Success { project, gate, natural, tilted } => {
            let Gate { chance, probability } = model.projects[project].gates[gate];
            let given = |probability: f64| given_common(model, draws, lane, chance, probability);
            let limit = given(probability.at(&draws.inputs, lane)).below;
            let success = match chance {
                Input::Known(_) => limit > 0.0,
                Input::Drawn(slot) => model.inputs.drawn[slot].key.uniform(trial) < limit,
            };
            let (own, tilted) = (given(natural.at(&draws.inputs, lane)), given(tilted));
            if success { ln(own.below / tilted.below) } else { ln(own.above / tilted.above) }
        }
    };
    model.tilts.iter().map(one).sum()
}

/// Whether an episode began by chance within the horizon.
fn is_onset(episode: &Episode) -> bool {
    !episode.scheduled && episode.begin > 0.0
}

/// Months in which a disruption may strike, each as long as its rate is raised then.
fn idle(model: &Model, index: usize, lane: usize, draws: &Draws) -> f64 {
    let (mut total, mut from) = (0.0, model.disruptions[index].not_before);
    for episode in &draws.episodes[index][lane] {
        total += raised(model, index, lane, draws, from, episode.begin);
        from = from.max(episode.end);
    }
    total + raised(model, index, lane, draws, from, model.months as f64)
}

/// Integral over time of the product of the factors that raise a disruption's rate.
fn raised(model: &Model, index: usize, lane: usize, draws: &Draws, from: f64, to: f64) -> f64 {
    if !(to > from) {
        return 0.0;
    }
    let raisers = &model.disruptions[index].raised_by;
    let episodes = raisers.iter().flat_map(|&(raiser, _)| &draws.episodes[raiser][lane]);
    let mut edges: Vec<f64> = episodes.flat_map(|episode| [episode.begin, episode.end]).collect();
    edges.retain(|edge| *edge > from && *edge < to);
    edges.extend([from, to]);
    edges.sort_by(f64::total_cmp);
    let piece = |ends: &[f64]| {
        let middle = 0.5 * (ends[0] + ends[1]);
        let runs =
            |raiser: usize| draws.episodes[raiser][lane].iter().any(|one| one.begin <= middle && middle < one.end);
        let factors =
            raisers.iter().filter(|(raiser, _)| runs(*raiser)).map(|(_, factor)| factor.at(&draws.inputs, lane));
        (ends[1] - ends[0]) * factors.product::<f64>()
    };
    edges.windows(2).map(piece).sum()
}
