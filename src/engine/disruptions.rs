//! Episodes of disruptions in continuous time, and their effects averaged over months.

mod in_step;

use super::sharing::{BlockSlot, DrawSource};
use super::{Draws, Engine};
use crate::config::{DisruptionKind, Recovery};
use crate::math;
use crate::model::{Disruption, Input, Model};
use crate::random::{self, Stream};
use crate::simd::{LANES, Lanes};

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

impl Episode {
    /// One that came by chance.
    fn new(begin: f64, duration: f64, severity: f64) -> Self {
        Episode { begin, end: begin + duration, duration, severity, scheduled: false }
    }
}

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

/// The disruptions in groups that raise each other's rates; most are by themselves.
pub fn coupled_groups(model: &Model) -> Vec<Vec<usize>> {
    let mut coupled_groups: Vec<Vec<usize>> = Vec::new();
    for (index, disruption) in model.disruptions.iter().enumerate() {
        let relatives = disruption.raises.iter().chain(&disruption.raised_by);
        let is_related = |coupled: &Vec<usize>| relatives.clone().any(|(other, _)| coupled.contains(other));
        let (related, mut others): (Vec<_>, Vec<_>) = coupled_groups.into_iter().partition(is_related);
        let mut coupled: Vec<usize> = related.concat();
        coupled.push(index);
        coupled.sort_unstable();
        others.push(coupled);
        coupled_groups = others;
    }
    coupled_groups
}

/// Draws the episodes of all disruptions up to the horizon in the first `count` of these trials, or takes them from a model
/// that drew the same.
#[inline(always)]
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
                in_step::run(model, index, trials, &draws.inputs, &mut draws.episodes[index]);
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
        Some((disruption.remaining.sample(&mut stream), disruption.severity.sample(&mut stream)))
    } else {
        // The stream goes on as if there had been one.
        disruption.remaining.pass_over(&mut stream);
        disruption.severity.pass_over(&mut stream);
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
    for (row, disrupted) in draws.effects.chunks_exact_mut(model.months).zip(&mut draws.disrupted) {
        if std::mem::replace(disrupted, false) {
            row.fill(Lanes::ZERO);
        }
    }
}

/// Averages the effect of every disruption of a trial over each month, exactly: the integral over the overlap.
pub fn average_effects(model: &Model, lane: usize, draws: &mut Draws) {
    let months = model.months;
    for (index, disruption) in model.disruptions.iter().enumerate() {
        let row = &mut draws.effects[index * months..(index + 1) * months];
        let most = if disruption.kind == DisruptionKind::DemandSurge { f64::INFINITY } else { 1.0 };
        for episode in &draws.episodes[index][lane] {
            let (begin, end) = (episode.begin.max(0.0), episode.end.min(months as f64));
            if !(end > begin) || episode.severity == 0.0 {
                continue;
            }
            draws.disrupted[index] = true;
            let (first, last) = (begin as usize, end as usize);
            let touched = &mut row[first..(last + usize::from((last as f64) < end)).min(months)];
            // Episodes end to end may add up to a hair above one, and no capacity is below zero.
            let add = |effect: &mut Lanes, added: f64| effect.0[lane] = (effect.0[lane] + added).min(most);
            match disruption.recovery {
                Recovery::Step => {
                    let (whole, group) =
                        (episode.severity, |month: usize| end.min((month + 1) as f64) - begin.max(month as f64));
                    let [opening, inner @ ..] = touched else { continue };
                    add(opening, whole * group(first));
                    if let [inner @ .., closing] = inner {
                        inner.iter_mut().for_each(|effect| add(effect, whole));
                        add(closing, whole * group(first + inner.len() + 1));
                    }
                }
                Recovery::Linear => {
                    for (month, effect) in (first..).zip(touched) {
                        let (from, to) = (begin.max(month as f64), end.min((month + 1) as f64));
                        // The integral of 1 - a / d from one age to the other.
                        let ages = (from - episode.begin) + (to - episode.begin);
                        add(effect, episode.severity * ((to - from) * (1.0 - 0.5 * ages / episode.duration)));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, SharedDraws};
    use super::*;
    use crate::study::Study;

    /// A model of one product and the outages in `text`.
    fn model(years: f64, text: &str) -> Model {
        let text = format!(
            "title = \"t\"\nstart = \"2026-01\"\nhorizon_years = {years}\n[markets.m]\ncountries = [\"C\"]\n[stages.s]\n\
             [capacities.plant]\ncountry = \"C\"\nstage = \"s\"\ntonnes_per_year = 12\n{text}"
        );
        let mut study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
        study.cases.remove(0).model
    }

    const OUTAGE: &str = "[disruptions.a]\nkind = \"outage\"\nhits = [\"plant\"]\n";

    fn episode(begin: f64, end: f64, duration: f64, severity: f64) -> Episode {
        Episode { begin, end, duration, severity, scheduled: false }
    }

    /// Effects of made-up episodes in the first six months.
    fn effects(recovery: &str, episodes: &[Episode]) -> Vec<f64> {
        let model = model(0.5, &format!("{OUTAGE}scheduled = []\nrecovery = \"{recovery}\"\n"));
        let mut draws = Batch::new(&model).draws;
        draws.episodes[0][0] = episodes.to_vec();
        average_effects(&model, 0, &mut draws);
        let effects: Vec<f64> = draws.effects.iter().map(|effect| effect.0[0]).collect();
        assert_eq!(draws.disrupted[0], effects.iter().any(|effect| *effect > 0.0));
        effects
    }

    fn assert_near(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-12, "found {found}, wanted {wanted}");
        }
    }

    #[test]
    fn months_are_covered_exactly() {
        assert_near(&effects("step", &[episode(0.25, 2.5, 2.25, 0.8)]), &[0.6, 0.8, 0.4, 0.0, 0.0, 0.0]);
        // Within one month, two in one month, over both ends of the horizon.
        assert_near(&effects("step", &[episode(3.1, 3.4, 0.3, 1.0)]), &[0.0, 0.0, 0.0, 0.3, 0.0, 0.0]);
        let two = [episode(1.0, 1.5, 0.5, 0.4), episode(1.75, 2.25, 0.5, 1.0)];
        assert_near(&effects("step", &two), &[0.0, 0.45, 0.25, 0.0, 0.0, 0.0]);
        assert_near(&effects("step", &[episode(-3.0, 9.0, 12.0, 0.5)]), &[0.5; 6]);
        assert_near(&effects("step", &[episode(-3.0, 0.0, 3.0, 0.5), episode(6.5, 9.0, 2.5, 1.0)]), &[0.0; 6]);
    }

    /// From age 2 at the start of ten months' decay, the average of month `m` is that at its middle, age `m + 2.5`.
    #[test]
    fn a_linear_recovery_is_integrated() {
        let whole: Vec<f64> = (0..6).map(|month| 0.8 * (1.0 - (f64::from(month) + 2.5) / 10.0)).collect();
        assert_near(&effects("linear", &[episode(-2.0, 8.0, 10.0, 0.8)]), &whole);
        // Cut short half way through month 4, at age 6.5: the pace stays that of the drawn duration.
        let mut cut = whole;
        (cut[4], cut[5]) = (0.8 * 0.5 * (1.0 - 6.25 / 10.0), 0.0);
        assert_near(&effects("linear", &[episode(-2.0, 4.5, 10.0, 0.8)]), &cut);
    }

    #[test]
    fn end_to_end_is_no_more_than_everything() {
        let cuts: Vec<f64> = (0..=40).map(|cut| f64::from(cut) * 0.1 + 0.03).collect();
        let episodes: Vec<Episode> = cuts.windows(2).map(|c| episode(c[0], c[1], c[1] - c[0], 1.0)).collect();
        assert!(effects("step", &episodes).iter().all(|effect| *effect <= 1.0));
    }

    fn drawn(model: &Model, trial: u64) -> Vec<Vec<Episode>> {
        let mut draws = Batch::new(model).draws;
        let mut slot = BlockSlot { shared: &mut SharedDraws::default(), offset: 0 };
        draw_episodes(&Engine::new(model), &[trial; LANES], 1, &mut draws, &mut slot);
        draws.episodes.into_iter().map(|[first, ..]| first).collect()
    }

    /// A window ends what runs, the next one too where the length of the first is uncertain, and afterwards the idle clock
    /// starts afresh.
    #[test]
    fn windows_cut_running_episodes() {
        let model = model(
            1.0,
            &format!(
                "{OUTAGE}rate_per_year = 12000\nduration_months = 2\nseverity = 0.9\nactive_at_start = 1\n\
                 remaining_months = 100\nscheduled = [{{ from = \"2026-07\", months = 2 }}, \
                 {{ from = \"2026-05\", months = {{ uniform = [2, 9] }}, severity = 0.5 }}]\n"
            ),
        );
        for trial in 0..50 {
            let episodes = &drawn(&model, trial)[0];
            assert_eq!(episodes[0], Episode { begin: 0.0, end: 4.0, duration: 100.0, severity: 0.9, scheduled: false });
            let duration = episodes[1].duration;
            assert_eq!(episodes[1], Episode { begin: 4.0, end: 6.0, duration, severity: 0.5, scheduled: true });
            assert!((2.0..9.0).contains(&duration));
            assert_eq!(episodes[2], Episode { begin: 6.0, end: 8.0, duration: 2.0, severity: 0.9, scheduled: true });
            // A thousand onsets a month: the next one comes within days.
            assert!(episodes[3].begin > 8.0 && episodes[3].begin < 8.1 && !episodes[3].scheduled);
            assert!(episodes.windows(2).all(|pair| pair[0].end <= pair[1].begin));
        }
    }

    #[test]
    fn windows_around_the_start() {
        let text = |from: &str| {
            format!(
                "{OUTAGE}active_at_start = 1\nduration_months = 5\nscheduled = [{{ from = \"{from}\", months = 3 }}]\n"
            )
        };
        // Open at the start: it is the episode that runs.
        let open = drawn(&model(1.0, &text("2025-12")), 0).remove(0);
        assert_eq!(open, [Episode { begin: -1.0, end: 2.0, duration: 3.0, severity: 1.0, scheduled: true }]);
        // Over before the start: it is gone.
        let over = drawn(&model(1.0, &text("2025-10")), 0).remove(0);
        assert_eq!(over, [episode(0.0, 5.0, 5.0, 1.0)]);
    }

    #[test]
    fn no_onset_before_its_time() {
        let text = format!("{OUTAGE}rate_per_year = 12000\nduration_months = 1\nnot_before = \"2026-04\"\n");
        for trial in 0..50 {
            let first = drawn(&model(1.0, &text), trial)[0][0];
            assert!(first.begin > 3.0 && first.begin < 3.1);
        }
    }

    /// While `b` runs, from month 4 to 6, `a` has a thousandfold rate: the same hazard_left is used up by the integrated hazard.
    #[test]
    fn what_raises_a_rate_speeds_up_the_clock() {
        let a = format!("{OUTAGE}rate_per_year = 0.12\nduration_months = 2000\n");
        let b = "[disruptions.b]\nkind = \"outage\"\nhits = [\"plant\"]\nraises = { a = 1000 }\n\
                 scheduled = [{ from = \"2026-05\", months = 2 }]\n";
        let (alone, raised) = (model(100.0, &a), model(100.0, &(a + b)));
        let mut during = 0;
        for trial in 0..200 {
            let Some(onset) = drawn(&alone, trial)[0].first().map(|episode| episode.begin) else { continue };
            // In units of the unraised clock two months are worth two thousand.
            let wanted = if onset < 4.0 { onset } else { 4.0 + (onset - 4.0) / 1000.0 };
            let found = drawn(&raised, trial)[0][0].begin;
            assert!((found - wanted).abs() < 1e-9, "found {found}, wanted {wanted}");
            during += u32::from(onset > 4.0);
        }
        assert!(during > 100);
    }

    /// A disruption draws the same whether it runs in step or, since it raises another, one by one; whatever the laws.
    #[test]
    fn what_it_raises_does_not_change_its_own_draws() {
        let laws = [
            "2",
            "{ uniform = [0, 5] }",
            "{ triangular = [0, 1, 5] }",
            "{ pert = [0, 1, 5] }",
            "{ normal = { mean = 2, sd = 1 }, min = 0 }",
            "{ lognormal = { p50 = 2, p90 = 6 } }",
            "{ lognormal = { p50 = 2, p90 = 6 }, max = 9 }",
            "{ beta = { mean = 0.5, sd = 0.2 } }",
            "{ gamma = { mean = 2, sd = 1 } }",
            "{ exponential = { mean = 2 } }",
            "{ weibull = { scale = 2, shape = 1.5 } }",
            "{ discrete = { values = [0, 2], weights = [1, 3] } }",
            "{ empirical = [1, 2, 4] }",
            "{ quantiles = { p10 = 1, p50 = 2, p90 = 5 }, min = 0 }",
            "{ mixture = [{ weight = 1, of = { uniform = [0, 1] } }, { weight = 1, of = { exponential = { mean = 3 } } }] }",
        ];
        for law in laws {
            let a = format!(
                "{OUTAGE}rate_per_year = {{ uniform = [0.5, 3] }}\nduration_months = {law}\nactive_at_start = 0.5\n"
            );
            let b =
                "[disruptions.b]\nkind = \"outage\"\nhits = [\"plant\"]\nrate_per_year = 0.3\nduration_months = 1\n";
            let (alone, raising) = (model(10.0, &(a.clone() + b)), model(10.0, &(a + "raises = { b = 3 }\n" + b)));
            let (alone, raising) = (Engine::new(&alone), Engine::new(&raising));
            for trial in 0..200 {
                let (alone, raising) = (alone.trial(trial), raising.trial(trial));
                assert_eq!(alone.episodes[0], raising.episodes[0], "{law}, trial {trial}");
                assert!(alone.episodes[0].iter().all(|episode| episode.end > episode.begin), "{law}, trial {trial}");
            }
        }
    }
}
