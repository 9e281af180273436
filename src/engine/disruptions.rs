//! Episodes of disruptions in continuous time, and their effects averaged over months.

mod in_step;

use super::batch::Episode;
use super::sharing::{BlockSlot, DrawSource};
use super::{Draws, Engine};
use crate::config::{DisruptionKind, Recovery};
use crate::distribution::Distribution;
use crate::math;
use crate::model::{Disruption, Input, Model};
use crate::random::{self, Stream};
use crate::simd::{LANES, Lanes};
use crate::special::normal_quantiles;

/// Where a disruption stands on its way through time.
///
/// While idle it uses up `hazard_left`, an exponential number of mean one, at the current rate: the first onset of a Poisson
/// process with a rate that changes, by inversion of the integrated hazard (Çinlar 1975).
struct Clock {
    stream: Stream,
    /// Hazard left until the next onset, counted from `since`.
    hazard_left: f64,
    since: f64,
    /// Onsets per month, without what raises it.
    rate: f64,
    /// Product of the factors that raise it now.
    raised: f64,
    /// End of the running episode.
    running_until: Option<f64>,
    /// Scheduled episodes, still to come.
    windows: Vec<Episode>,
}

impl Clock {
    /// Time of the next onset if nothing changes.
    fn onset(&self) -> f64 {
        let rate = self.rate * self.raised;
        if rate > 0.0 { self.since + self.hazard_left / rate } else { f64::INFINITY }
    }

    /// Time of the next thing that happens here.
    fn next(&self) -> f64 {
        let own = self.running_until.unwrap_or_else(|| self.onset());
        self.windows.last().map_or(own, |window| own.min(window.begin))
    }

    /// A new idle time, from `now` on.
    fn rest(&mut self, now: f64) {
        self.running_until = None;
        self.since = now;
        self.hazard_left = -math::ln_in_row(random::uniform(&mut self.stream));
    }
}

/// Draws the episodes of all disruptions up to the horizon in the first `count` of these trials, or takes them from a model
/// that drew the same.
pub fn draw_episodes(
    engine: &Engine<'_>,
    trials: &[u64; LANES],
    count: usize,
    draws: &mut Draws,
    slot: &mut BlockSlot<'_>,
) {
    let (model, offset) = (engine.model, slot.offset);
    for (number, coupled) in engine.coupled_groups.iter().enumerate() {
        let source = engine.sources.coupled_groups.get(number).copied().unwrap_or_default();
        if let DrawSource::Reuse(from) = source {
            for lane in 0..count {
                for (&index, episodes) in coupled.iter().zip(slot.shared.episodes(from, offset + lane, coupled.len())) {
                    let own = &mut draws.episodes[index][lane];
                    own.clear();
                    own.extend_from_slice(episodes);
                }
            }
            continue;
        }
        for &index in coupled {
            draws.episodes[index].iter_mut().for_each(Vec::clear);
        }
        match coupled[..] {
            [index] if in_step::is_simple(&model.disruptions[index]) => {
                let episodes = &mut draws.episodes[index];
                in_step::run(engine.instructions, model, index, trials, &draws.inputs, episodes);
            }
            _ => (0..count).for_each(|lane| one_by_one(model, coupled, trials[lane], lane, draws)),
        }
        if let DrawSource::Publish(to) = source {
            for lane in 0..count {
                slot.shared.leave(to, offset + lane, coupled.iter().map(|&index| &draws.episodes[index][lane][..]));
            }
        }
    }
}

/// Runs a coupled group in one trial.
fn one_by_one(model: &Model, coupled: &[usize], trial: u64, lane: usize, draws: &mut Draws) {
    let mut clocks = Vec::with_capacity(coupled.len());
    for &index in coupled {
        let of = |input: Input| input.at(&draws.inputs, lane);
        clocks.push(begin(&model.disruptions[index], trial, of, &mut draws.episodes[index][lane]));
    }
    together(model, coupled, &mut clocks, lane, draws);
}

/// Runs the disruptions of a coupled group, in order of time.
fn together(model: &Model, coupled: &[usize], clocks: &mut [Clock], lane: usize, draws: &mut Draws) {
    // Episodes that run from the start raise others from the start.
    for member in 0..coupled.len() {
        clocks[member].raised = raised(model, coupled, member, clocks, lane, draws);
    }
    loop {
        let mut first = (f64::INFINITY, 0);
        for (member, clock) in clocks.iter().enumerate() {
            let next = clock.next();
            if next < first.0 {
                first = (next, member);
            }
        }
        let (now, member) = first;
        if now >= model.months as f64 {
            break;
        }
        let disruption = &model.disruptions[coupled[member]];
        step(disruption, now, &mut clocks[member], &mut draws.episodes[coupled[member]][lane]);
        for (other, _) in &disruption.raises {
            let Some(other) = coupled.iter().position(|member| member == other) else { continue };
            let factor = raised(model, coupled, other, clocks, lane, draws);
            let clock = &mut clocks[other];
            if clock.running_until.is_none() && now > clock.since {
                clock.hazard_left = (clock.hazard_left - (now - clock.since) * clock.rate * clock.raised).max(0.0);
                clock.since = now;
            }
            clock.raised = factor;
        }
    }
}

/// The clock of a disruption at its first moment, with the episode that runs at the start, if any.
fn begin(disruption: &Disruption, trial: u64, of: impl Fn(Input) -> f64, episodes: &mut Vec<Episode>) -> Clock {
    let mut stream = disruption.key.stream(trial);
    let active = random::uniform(&mut stream) < of(disruption.active_at_start);
    let running = if active {
        Some(length_and_severity(disruption, &disruption.remaining, &mut stream))
    } else {
        // The stream goes on as if there had been one.
        pass_over(disruption, &mut stream);
        None
    };
    let mut windows = windows(disruption, trial);
    let in_window = windows.iter().any(|window| window.begin <= 0.0 && window.end > 0.0);
    let mut clock = Clock {
        stream,
        hazard_left: 0.0,
        since: 0.0,
        rate: of(disruption.rate) / 12.0,
        raised: 1.0,
        running_until: None,
        windows: Vec::new(),
    };
    clock.rest(disruption.not_before);
    if let Some((duration, severity)) = running
        && duration > 0.0
        && !in_window
    {
        episodes.push(Episode::new(0.0, duration, severity));
        clock.running_until = Some(duration);
    }
    windows.reverse(); // the next one last, to be popped
    clock.windows = windows;
    clock
}

/// Draws the length of an episode by this distribution, and its severity.
fn length_and_severity(disruption: &Disruption, length: &Distribution, stream: &mut Stream) -> (f64, f64) {
    if disruption.severity_duration_rho.is_none() {
        return (length.sample(stream), disruption.severity.sample(stream));
    }
    let (mut months, mut severity) = ([random::uniform(stream)], [random::uniform(stream)]);
    quantiles(disruption, length, &mut months, &mut severity, &[true]);
    (months[0], severity[0])
}

/// Makes lengths by this distribution and severities of uniform numbers.
#[inline(always)]
fn quantiles<const N: usize>(
    disruption: &Disruption,
    length: &Distribution,
    months: &mut [f64; N],
    severity: &mut [f64; N],
    wanted: &[bool; N],
) {
    match disruption.severity_duration_rho {
        None => disruption.severity.quantiles(severity, wanted),
        Some(rho) => {
            tie(rho, months, severity);
            disruption.severity.quantiles_at_normals(severity, wanted);
        }
    }
    length.quantiles(months, wanted);
}

/// Passes over the numbers that an episode at the start would take.
fn pass_over(disruption: &Disruption, stream: &mut Stream) {
    if disruption.severity_duration_rho.is_some() {
        random::uniform(stream);
        random::uniform(stream);
    } else {
        disruption.remaining.pass_over(stream);
        disruption.severity.pass_over(stream);
    }
}

/// Makes standard normal numbers of the second uniform numbers that have the correlation `rho` with those of the first (Gaussian
/// copula).
#[inline(always)]
fn tie<const N: usize>(rho: f64, first: &[f64; N], second: &mut [f64; N]) {
    let mut common = *first;
    normal_quantiles(&mut common);
    normal_quantiles(second);
    let own = (1.0 - rho * rho).sqrt();
    for (second, common) in second.iter_mut().zip(common) {
        *second = rho * common + own * *second;
    }
}

/// The scheduled episodes by begin; each ends where the next begins.
fn windows(disruption: &Disruption, trial: u64) -> Vec<Episode> {
    if disruption.scheduled.is_empty() {
        return Vec::new();
    }
    let mut stream = disruption.scheduled_key.stream(trial);
    let mut windows: Vec<Episode> = Vec::new();
    for (begin, months, severity) in &disruption.scheduled {
        let (duration, severity) = (months.sample(&mut stream), severity.sample(&mut stream));
        if !(duration > 0.0) {
            continue; // an episode of no length is none
        }
        if let Some(last) = windows.last_mut() {
            last.end = last.end.min(*begin);
        }
        windows.push(Episode { begin: *begin, end: begin + duration, duration, severity, scheduled: true });
    }
    // What is over before the start must not cut short what runs at the start.
    windows.retain(|window| window.end > 0.0);
    windows
}

/// What happens at `now`: a window opens, an episode ends, or one begins.
fn step(disruption: &Disruption, now: f64, clock: &mut Clock, episodes: &mut Vec<Episode>) {
    if clock.windows.last().is_some_and(|window| window.begin <= now) {
        if let (Some(_), Some(running)) = (clock.running_until, episodes.last_mut()) {
            running.end = running.end.min(now);
        }
        let window = clock.windows.pop().expect("there is one");
        clock.running_until = Some(window.end);
        episodes.push(window);
    } else if clock.running_until.is_some() {
        clock.rest(now.max(disruption.not_before));
    } else {
        let (duration, severity) = length_and_severity(disruption, &disruption.duration, &mut clock.stream);
        if duration > 0.0 {
            episodes.push(Episode::new(now, duration, severity));
            clock.running_until = Some(now + duration);
        } else {
            clock.rest(now); // an episode of no length is none
        }
    }
}

/// Product of the factors of all running disruptions that raise this member of a coupled group.
fn raised(model: &Model, coupled: &[usize], member: usize, clocks: &[Clock], lane: usize, draws: &Draws) -> f64 {
    let mut product = 1.0;
    for (raiser, factor) in &model.disruptions[coupled[member]].raised_by {
        let clock = coupled.iter().position(|member| member == raiser).map(|member| &clocks[member]);
        if clock.is_some_and(|clock| clock.running_until.is_some()) {
            product *= factor.at(&draws.inputs, lane);
        }
    }
    product
}

/// Forgets the effects of the trials before.
pub fn clear_effects(model: &Model, draws: &mut Draws) {
    let steps = model.months * model.steps_per_month;
    for (row, disrupted) in draws.effects.chunks_exact_mut(steps).zip(&mut draws.disrupted) {
        if std::mem::replace(disrupted, false) {
            row.fill(Lanes::ZERO);
        }
    }
}

/// Averages the effect of every disruption of a trial over each step, exactly: the integral over the overlap.
pub fn average_effects(model: &Model, lane: usize, draws: &mut Draws) {
    let steps = model.months * model.steps_per_month;
    for (index, disruption) in model.disruptions.iter().enumerate() {
        let row = &mut draws.effects[index * steps..(index + 1) * steps];
        let most = if disruption.kind == DisruptionKind::DemandSurge { f64::INFINITY } else { 1.0 };
        for episode in &draws.episodes[index][lane] {
            // In steps.
            let [begin, end, duration] =
                [episode.begin, episode.end, episode.duration].map(|months| months * model.steps_per_month as f64);
            let (opening, end) = (begin.max(0.0), end.min(steps as f64));
            if !(end > opening) || episode.severity == 0.0 {
                continue;
            }
            draws.disrupted[index] = true;
            let (first, last) = (opening as usize, end as usize);
            let touched = &mut row[first..(last + usize::from((last as f64) < end)).min(steps)];
            // Episodes end to end may add up to a rounding above one, and no capacity is below zero.
            let add = |effect: &mut Lanes, added: f64| effect.0[lane] = (effect.0[lane] + added).min(most);
            match disruption.recovery {
                Recovery::Step => {
                    let (whole, covered) =
                        (episode.severity, |step: usize| end.min((step + 1) as f64) - opening.max(step as f64));
                    let [first_touched, inner @ ..] = touched else { continue };
                    add(first_touched, whole * covered(first));
                    if let [inner @ .., closing] = inner {
                        inner.iter_mut().for_each(|effect| add(effect, whole));
                        add(closing, whole * covered(first + inner.len() + 1));
                    }
                }
                Recovery::Linear => {
                    for (step, effect) in (first..).zip(touched) {
                        let (from, to) = (opening.max(step as f64), end.min((step + 1) as f64));
                        // The integral of 1 - a / d from one age to the other.
                        let ages = (from - begin) + (to - begin);
                        add(effect, episode.severity * ((to - from) * (1.0 - 0.5 * ages / duration)));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
