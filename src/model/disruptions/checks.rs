//! Disruptions that could have no effect, keys of theirs that have none, and episodes without number: all are refused.

use super::super::context::Context;
use super::super::limits::{LIMITS, Limit};
use super::super::names::path;
use super::super::{Disruption, Input, Model};
use crate::config::fault::Fault;
use crate::config::{self, DisruptionKind, Quantity};
use crate::distribution::Distribution;
use crate::text::number;

/// What can be said of the entry alone: the keys that are given, and those that are not.
pub fn check(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) {
    if disruption.events.is_some() {
        let fault =
            Fault::new(path(&["disruptions", id, "events"]), "only a config that is a file has files beside it");
        context.faults.push(fault.help("give `rate_per_year` and `duration_months`, as in a scenario"));
        return;
    }
    let needed: &[(&str, bool)] = match disruption.kind {
        DisruptionKind::Outage => &[("hits", disruption.hits.is_empty())],
        DisruptionKind::ExportControl => &[("from", disruption.from.is_empty()), ("to", disruption.to.is_empty())],
        DisruptionKind::DemandSurge => &[],
    };
    for (key, _) in needed.iter().filter(|(_, is_missing)| *is_missing) {
        let message = format!("{} needs `{key}`", name(disruption.kind));
        let example = if *key == "hits" { "hits = [\"a-plant\"]" } else { "from = [\"here\"]`, `to = [\"*\"]" };
        let fault = Fault::new(path(&["disruptions", id]), message).at_key();
        context.faults.push(fault.help(format!("as in `{example}`; `*` stands for any letters")));
    }
    for (key, why) in keys_of_other_kinds(disruption) {
        context.faults.push(idle(id, key, &why));
    }
    // A disruption that cannot begin is one that somebody forgot to finish. It is switched off by saying so: a scenario may
    // set a rate of 0, or an empty list.
    if !(has_rate(disruption) || has_start(disruption) || disruption.scheduled.is_some()) {
        let fault = Fault::new(path(&["disruptions", id]), "this disruption can never begin").at_key();
        let help = "give it `rate_per_year`, `active_at_start` or `scheduled`; 0 or an empty list switch it off";
        context.faults.push(fault.help(help));
        return;
    }
    for (key, why) in keys_without_episodes(disruption) {
        context.faults.push(idle(id, key, why));
    }
    check_length(context, id, disruption);
    for other in disruption.raises.keys() {
        let raised = context.config.disruptions.get(other).filter(|_| other != id);
        if raised.is_some_and(|raised| raised.rate_per_year.is_none()) {
            let here = path(&["disruptions", id, "raises", other]);
            let fault = Fault::new(here, format!("`{other}` has no rate to raise")).at_key();
            context.faults.push(fault.help(format!("give `disruptions.{other}` a `rate_per_year`")).of_absence());
        }
    }
}

/// Episodes that come at random need a length.
fn check_length(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) {
    let may_be_above_0 =
        |quantity: &Option<Quantity>| quantity.as_ref().is_some_and(|quantity| *quantity != Quantity::Number(0.0));
    let at_start = may_be_above_0(&disruption.active_at_start) && disruption.remaining_months.is_none();
    if disruption.duration_months.is_none() && (at_start || may_be_above_0(&disruption.rate_per_year)) {
        let message = "episodes that come at random need `duration_months`";
        let fault = Fault::new(path(&["disruptions", id]), message).at_key();
        context.faults.push(fault.help("as in `duration_months = { exponential = { mean = 6 } }`"));
    }
}

/// A key that is given and changes nothing.
fn idle(id: &str, key: &str, why: &str) -> Fault {
    let fault = Fault::new(path(&["disruptions", id, key]), format!("`{key}` has no effect here")).at_key();
    fault.label(why).help("leave it out")
}

fn has_rate(disruption: &config::Disruption) -> bool {
    disruption.rate_per_year.is_some()
}

fn has_start(disruption: &config::Disruption) -> bool {
    disruption.active_at_start.is_some()
}

fn name(kind: DisruptionKind) -> &'static str {
    match kind {
        DisruptionKind::Outage => "an outage",
        DisruptionKind::ExportControl => "an export control",
        DisruptionKind::DemandSurge => "a demand surge",
    }
}

/// Keys of another kind than the disruption's own, each with the reason why it has no effect.
fn keys_of_other_kinds(disruption: &config::Disruption) -> Vec<(&'static str, String)> {
    use DisruptionKind::{DemandSurge, ExportControl, Outage};
    let keys = [
        ("hits", !disruption.hits.is_empty(), Outage),
        ("from", !disruption.from.is_empty(), ExportControl),
        ("to", !disruption.to.is_empty(), ExportControl),
        ("leakage", disruption.leakage.is_some(), ExportControl),
        ("markets", !disruption.markets.is_empty(), DemandSurge),
    ];
    let own = name(disruption.kind);
    let others = keys.into_iter().filter(|(_, is_given, kind)| *is_given && *kind != disruption.kind);
    others.map(|(key, _, kind)| (key, format!("this is {own}; it is a key of {}", name(kind)))).collect()
}

/// Keys about episodes that do not come, each with the reason why it has no effect.
fn keys_without_episodes(disruption: &config::Disruption) -> Vec<(&'static str, &'static str)> {
    let (by_rate, at_start) = (has_rate(disruption), has_start(disruption));
    let mut windows = disruption.scheduled.iter().flatten().peekable();
    let each_has_its_own = windows.peek().is_some() && windows.all(|window| window.severity.is_some());
    let keys = [
        (
            "duration_months",
            disruption.duration_months.is_some() && !by_rate && (!at_start || disruption.remaining_months.is_some()),
            "no episode takes its length from it: there is no `rate_per_year`",
        ),
        (
            "remaining_months",
            disruption.remaining_months.is_some() && !at_start,
            "it is for an episode that runs at the start: there is no `active_at_start`",
        ),
        (
            "not_before",
            disruption.not_before.is_some() && !by_rate,
            "it is for onsets by chance: there is no `rate_per_year`",
        ),
        (
            "severity",
            disruption.severity != Quantity::Number(1.0) && !by_rate && !at_start && each_has_its_own,
            "every episode that is scheduled has its own, and no other comes",
        ),
    ];
    keys.into_iter().filter(|(_, is_idle, _)| *is_idle).map(|(key, _, why)| (key, why)).collect()
}

/// A correlation of severity and length needs both to be uncertain.
pub fn check_rho(
    context: &mut Context<'_>,
    id: &str,
    disruption: &config::Disruption,
    [duration, severity]: [&Distribution; 2],
) {
    let Some(rho) = disruption.severity_duration_rho else { return };
    let key = "severity_duration_rho";
    if !(-1.0..=1.0).contains(&rho) {
        let fault = Fault::new(path(&["disruptions", id, key]), format!("`{key}` lies between -1 and 1"));
        context.faults.push(fault.label(format!("it is {}", number(rho))));
    }
    let by_chance = has_rate(disruption) || has_start(disruption);
    let why = match (by_chance, duration.constant(), severity.constant()) {
        (false, ..) => "it is for episodes that come by chance: there is no `rate_per_year`",
        // What runs at the start may have an uncertain length of its own.
        (_, Some(_), _) if disruption.remaining_months.is_none() => "every episode has the same length",
        (_, _, Some(_)) => "every episode has the same severity",
        _ => return,
    };
    context.faults.push(idle(id, key, why));
}

/// How to say that a disruption is not meant.
pub const OFF: &str =
    "leave the disruption out, or switch it off: `rate_per_year = 0`, `active_at_start = 0`, `scheduled = []`";

/// Episodes that certainly last no time, or take nothing away.
pub fn check_effect(context: &mut Context<'_>, here: Vec<String>, drawn: &Distribution) {
    if drawn.bounds() != (0.0, 0.0) {
        return;
    }
    let is_severity = here.last().is_some_and(|key| key == "severity");
    let message =
        if is_severity { "an episode of no severity has no effect" } else { "an episode of no length is none" };
    context.faults.push(Fault::new(here, message).label("always 0").help(OFF));
}

/// Every expected episode costs time and memory in every trial.
pub fn check_episodes(model: &Model, faults: &mut Vec<Fault>) {
    let mean = |input: Input| model.inputs.mean(input);
    let highest = |input: Input| model.inputs.highest(input);
    for (limit, at) in [(LIMITS.episodes, &mean as &dyn Fn(Input) -> f64), (LIMITS.episodes_at_most, &highest)] {
        let Limit { what, most } = limit;
        let all = |length: &dyn Fn(&Distribution) -> f64| -> Vec<f64> {
            model.disruptions.iter().map(|one| episodes(one, model.months as f64, at, length)).collect()
        };
        // How long they last takes time to compute, and matters only where there would be too many otherwise.
        let mut expected = all(&|_| 0.0);
        if !(expected.iter().sum::<f64>() <= most as f64) {
            expected = all(&|duration| duration.mean_up_to(model.months as f64));
        }
        let total: f64 = expected.iter().sum();
        let largest = (0..expected.len()).max_by(|&a, &b| expected[a].total_cmp(&expected[b]));
        if let Some(largest) = largest.filter(|_| !(total <= most as f64)) {
            let here = path(&["disruptions", &model.disruptions[largest].id, "rate_per_year"]);
            let fault = Fault::new(here, format!("too many {what}: at most {most} are allowed"))
                .label(format!("about {:.1e} are asked for, {:.1e} of them here", total, expected[largest]));
            faults.push(fault.help("lower `rate_per_year` or what raises it, or give the episodes a length"));
            return;
        }
    }
}

/// Expected number of episodes of a disruption in a trial, where its inputs have the values `at` and its durations the
/// mean `length`: an upper bound.
///
/// An idle time and an episode follow each other, so that there are the months over the mean of their sum (Feller, "An
/// Introduction to Probability Theory and Its Applications" II, chapter XI); of an episode no more counts than there are
/// months. This is concave in the rate: at its mean it is no less than the mean over what may be drawn (Jensen).
fn episodes(
    disruption: &Disruption,
    months: f64,
    at: &dyn Fn(Input) -> f64,
    length: &dyn Fn(&Distribution) -> f64,
) -> f64 {
    let raised: f64 = disruption.raised_by.iter().map(|(_, factor)| at(*factor).max(1.0)).product();
    let rate = at(disruption.rate) / 12.0 * raised;
    let exposed = (months - disruption.not_before).max(0.0);
    let by_chance = if rate > 0.0 { exposed / (1.0 / rate + length(&disruption.duration)) } else { 0.0 };
    by_chance + at(disruption.active_at_start) + disruption.scheduled.len() as f64
}
