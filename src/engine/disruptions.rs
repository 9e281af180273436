//! Episodes of disruptions in continuous time, and their effects averaged over months.

use super::Draws;
use crate::config::{DisruptionKind, Recovery};
use crate::math;
use crate::model::{Disruption, Model};
use crate::random::{self, Stream};

/// One episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// Begin, months from the start (a scheduled one may begin before it).
    pub begin: f64,
    /// End: begin plus duration, unless a scheduled episode cuts it short.
    pub end: f64,
    /// Drawn duration, months; the pace of a linear recovery.
    pub duration: f64,
    /// What it takes away at first.
    pub severity: f64,
    /// Whether it was scheduled.
    pub scheduled: bool,
}

/// Where a disruption stands on its way through time.
///
/// While idle it uses up `budget`, an exponential number of mean one, at the current rate: the first onset of a Poisson
/// process with a rate that changes, by inversion of the integrated hazard (Çinlar 1975).
struct Clock {
    stream: Stream,
    /// Hazard left until the next onset, counted from `since`.
    budget: f64,
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
        if rate > 0.0 { self.since + self.budget / rate } else { f64::INFINITY }
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
        self.budget = -math::ln(random::uniform(&mut self.stream));
    }
}

/// Draws the episodes of all disruptions up to the horizon.
pub fn draw_episodes(model: &Model, trial: u64, draws: &mut Draws) {
    let horizon = model.months as f64;
    let mut clocks: Vec<Clock> = Vec::with_capacity(model.disruptions.len());
    for (disruption, episodes) in model.disruptions.iter().zip(&mut draws.episodes) {
        episodes.clear();
        clocks.push(begin(disruption, trial, &draws.inputs, episodes));
    }
    // Episodes that run from the start raise others from the start.
    for index in 0..clocks.len() {
        let raised = raised(model, index, &clocks, &draws.inputs);
        clocks[index].raised = raised;
    }
    loop {
        let mut first = (f64::INFINITY, 0);
        for (index, clock) in clocks.iter().enumerate() {
            let next = clock.next();
            if next < first.0 {
                first = (next, index);
            }
        }
        let (now, index) = first;
        if now >= horizon {
            break;
        }
        step(&model.disruptions[index], now, &mut clocks[index], &mut draws.episodes[index]);
        for &(other, _) in &model.disruptions[index].raises {
            let factor = raised(model, other, &clocks, &draws.inputs);
            let clock = &mut clocks[other];
            if clock.running_until.is_none() && now > clock.since {
                clock.budget = (clock.budget - (now - clock.since) * clock.rate * clock.raised).max(0.0);
                clock.since = now;
            }
            clock.raised = factor;
        }
    }
}

/// The clock of a disruption at its first moment, with the episode that runs at the start, if any.
fn begin(disruption: &Disruption, trial: u64, inputs: &[f64], episodes: &mut Vec<Episode>) -> Clock {
    let mut stream = disruption.key.stream(trial);
    let active = random::uniform(&mut stream) < disruption.active_at_start.of(inputs);
    let duration = disruption.remaining.sample(&mut stream);
    let severity = disruption.severity.sample(&mut stream);
    let mut windows = windows(disruption, trial);
    let in_window = windows.iter().any(|window| window.begin <= 0.0 && window.end > 0.0);
    let mut clock = Clock {
        stream,
        budget: 0.0,
        since: 0.0,
        rate: disruption.rate.of(inputs) / 12.0,
        raised: 1.0,
        running_until: None,
        windows: Vec::new(),
    };
    clock.rest(disruption.not_before);
    if active && duration > 0.0 && !in_window {
        episodes.push(Episode { begin: 0.0, end: duration, duration, severity, scheduled: false });
        clock.running_until = Some(duration);
    }
    windows.reverse(); // the next one last, to be popped
    clock.windows = windows;
    clock
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
        let duration = disruption.duration.sample(&mut clock.stream);
        let severity = disruption.severity.sample(&mut clock.stream);
        episodes.push(Episode { begin: now, end: now + duration, duration, severity, scheduled: false });
        clock.running_until = Some(now + duration);
    }
}

/// Product of the factors of all running disruptions that raise this one.
fn raised(model: &Model, index: usize, clocks: &[Clock], inputs: &[f64]) -> f64 {
    let mut product = 1.0;
    for &(raiser, factor) in &model.disruptions[index].raised_by {
        if clocks[raiser].running_until.is_some() {
            product *= factor.of(inputs);
        }
    }
    product
}

/// Averages the effect of every disruption over each month, exactly: the integral over the overlap.
pub fn average_effects(model: &Model, draws: &mut Draws) {
    let months = model.months;
    for (index, disruption) in model.disruptions.iter().enumerate() {
        let row = &mut draws.effects[index * months..(index + 1) * months];
        if std::mem::replace(&mut draws.disrupted[index], false) {
            row.fill(0.0);
        }
        let most = if disruption.kind == DisruptionKind::DemandSurge { f64::INFINITY } else { 1.0 };
        for episode in &draws.episodes[index] {
            let (begin, end) = (episode.begin.max(0.0), episode.end.min(months as f64));
            if !(end > begin) || episode.severity == 0.0 {
                continue;
            }
            draws.disrupted[index] = true;
            let touched = begin as usize..(end.ceil() as usize).min(months);
            for (month, effect) in touched.clone().zip(&mut row[touched]) {
                let (from, to) = (begin.max(month as f64) - episode.begin, end.min((month + 1) as f64) - episode.begin);
                let added = episode.severity
                    * match disruption.recovery {
                        Recovery::Step => to - from,
                        // The integral of 1 - a / d from one age to the other.
                        Recovery::Linear => (to - from) * (1.0 - 0.5 * (from + to) / episode.duration),
                    };
                // Episodes end to end may add up to a hair above one, and no capacity is below zero.
                *effect = (*effect + added).min(most);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    /// A step episode from 0.25 to 2.5 takes 0.75, 1 and 0.5 of the months; a linear one decays by the integral.
    #[test]
    fn months_are_covered_exactly() {
        let linear = |from: f64, to: f64, duration: f64| (to - from) * (1.0 - 0.5 * (from + to) / duration);
        let total: f64 = (0..10).map(|month| linear(f64::from(month), f64::from(month + 1), 10.0)).sum();
        assert!((total - 5.0).abs() < 1e-12);
    }
}
