//! Disruptions: what they hit, when, how hard.

mod checks;
mod reach;

pub use checks::check_episodes;

use std::sync::Arc;

use super::context::Context;
use super::names::{check_id, check_text, path};
use super::quantities::{Domain, FRACTION, NOT_NEGATIVE};
use super::{Disruption, Input};
use crate::config::fault::Fault;
use crate::config::{self, DisruptionKind, Quantity, ScheduledEpisode};
use crate::distribution::{Distribution, Shape};
use crate::random::Key;

/// A surge may more than double demand.
const SURGE: Domain = Domain::new(0.0, 100.0, "between 0 and 100");

/// Factor on a rate.
const FACTOR: Domain = Domain::new(0.0, 1000.0, "between 0 and 1000");

/// Disruptions by name.
pub fn disruptions(context: &mut Context<'_>) -> Vec<Disruption> {
    let config = context.config;
    let mut disruptions: Vec<Disruption> = Vec::new();
    for (id, disruption) in &config.disruptions {
        check_id(path(&["disruptions", id]), &mut context.faults);
        checks::check(context, id, disruption);
        disruptions.push(one(context, id, disruption));
    }
    let raises: Vec<(usize, usize, Input)> = (disruptions.iter().enumerate())
        .flat_map(|(raiser, disruption)| {
            disruption.raises.iter().map(move |(raised, factor)| (raiser, *raised, *factor))
        })
        .collect();
    for (raiser, raised, factor) in raises {
        disruptions[raised].raised_by.push((raiser, factor));
    }
    disruptions
}

fn one(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) -> Disruption {
    let here = |key: &str| path(&["disruptions", id, key]);
    let title = disruption.title.clone().unwrap_or_else(|| id.into());
    check_text(here("title"), &title, 80, &mut context.faults);
    let cuts = reach::reach(context, id, disruption);
    // What is left out: no onsets by chance, the whole effect, no leak.
    let mut input = |name: &str, quantity: &Option<Quantity>, domain| {
        let quantity = quantity.as_ref().unwrap_or(&Quantity::Number(0.0));
        context.input(&format!("disruptions.{id}.{name}"), &here(name), quantity, domain)
    };
    let rate = input("rate_per_year", &disruption.rate_per_year, NOT_NEGATIVE);
    let leakage = input("leakage", &disruption.leakage, FRACTION);
    let active_at_start = input("active_at_start", &disruption.active_at_start, FRACTION);
    // A leakage at fault is taken for 1, which is not what it says.
    if leakage.is(1.0) && !context.faults.iter().any(|fault| fault.path == here("leakage")) {
        let fault = Fault::new(here("leakage"), "a control of which everything leaks has no effect");
        context.faults.push(fault.help(checks::OFF));
    }
    let raises = raises(context, id, disruption);
    let severity_domain = if disruption.kind == DisruptionKind::DemandSurge { SURGE } else { FRACTION };
    let mut drawn = |key: &str, quantity: &Option<Quantity>, domain| {
        quantity.as_ref().map(|quantity| drawn_anew(context, here(key), quantity, domain))
    };
    // Without any duration there are no episodes by chance: `checks` sees to that.
    let duration = drawn("duration_months", &disruption.duration_months, NOT_NEGATIVE).unwrap_or_else(|| constant(1.0));
    let remaining =
        drawn("remaining_months", &disruption.remaining_months, NOT_NEGATIVE).unwrap_or_else(|| duration.clone());
    let severity = drawn_anew(context, here("severity"), &disruption.severity, severity_domain);
    checks::check_rho(context, id, disruption, [&duration, &severity]);
    let scheduled = scheduled(context, id, disruption, &severity, severity_domain);
    let start = context.config.start;
    Disruption {
        id: id.into(),
        title,
        kind: disruption.kind,
        cuts,
        key: Key::new(context.seed(), &format!("disruptions.{id}")),
        scheduled_key: Key::new(context.seed(), &format!("disruptions.{id}.scheduled")),
        rate,
        duration,
        severity,
        severity_duration_rho: disruption.severity_duration_rho,
        leakage,
        recovery: disruption.recovery,
        active_at_start,
        remaining,
        not_before: disruption.not_before.map_or(0.0, |month| f64::from(month.months_since(start))).max(0.0),
        scheduled,
        raises,
        raised_by: Vec::new(),
    }
}

/// The scheduled episodes by begin. That two overlap is a fault where it is certain; where it is merely possible, the
/// later one ends the earlier.
fn scheduled(
    context: &mut Context<'_>,
    id: &str,
    disruption: &config::Disruption,
    severity: &Arc<Distribution>,
    domain: Domain,
) -> Vec<(f64, Arc<Distribution>, Arc<Distribution>)> {
    let mut episodes: Vec<(f64, usize, &ScheduledEpisode)> = Vec::new();
    let mut laws: Vec<[Arc<Distribution>; 2]> = Vec::new();
    for (position, episode) in disruption.scheduled.iter().flatten().enumerate() {
        let first = f64::from(episode.from.months_since(context.config.start));
        if episode.every_months == Some(0) {
            let here = path(&["disruptions", id, "scheduled", &position.to_string(), "every_months"]);
            context.faults.push(Fault::new(here, "`every_months` is 1 or more").help("12 is once a year"));
        }
        let here = |key: &str| path(&["disruptions", id, "scheduled", &position.to_string(), key]);
        let months = drawn_anew(context, here("months"), &episode.months, NOT_NEGATIVE);
        laws.push(match &episode.severity {
            Some(severity) => [months, drawn_anew(context, here("severity"), severity, domain)],
            None => [months, severity.clone()],
        });
        episodes.push((first, position, episode));
        if let Some(every @ 1..) = episode.every_months {
            let again = (1..).map(|time| first + f64::from(every) * f64::from(time));
            let again = again.take_while(|begin| *begin < context.months as f64);
            episodes.extend(again.map(|begin| (begin, position, episode)));
        }
    }
    episodes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut compiled: Vec<(f64, Arc<Distribution>, Arc<Distribution>)> = Vec::new();
    let mut earlier: Option<&ScheduledEpisode> = None;
    for (begin, position, episode) in episodes {
        let here = |key: &str| path(&["disruptions", id, "scheduled", &position.to_string(), key]);
        let [months, severity] = laws[position].clone();
        if let (Some(earlier), Some((before, length, _))) = (earlier, compiled.last()) {
            let shortest = length.bounds().0;
            if begin < before + shortest || begin == *before {
                let fault = Fault::new(here("from"), "scheduled episodes of a disruption cannot overlap")
                    .label(format!("the one from {} lasts {shortest} months or more", earlier.from));
                context.faults.push(fault.help("shorten the earlier one, or give the later one to another disruption"));
            }
        }
        compiled.push((begin, months, severity));
        earlier = Some(episode);
    }
    compiled
}

/// A quantity drawn for every episode.
fn drawn_anew(context: &mut Context<'_>, here: Vec<String>, quantity: &Quantity, domain: Domain) -> Arc<Distribution> {
    match context.quantities.distribution(&here, quantity, domain, &mut context.faults) {
        Some(distribution) => {
            checks::check_effect(context, here, &distribution);
            distribution
        }
        None => constant(1.0), // never simulated
    }
}

/// A number that every draw gives.
pub fn constant(value: f64) -> Arc<Distribution> {
    Arc::new(Distribution::new(Shape::Constant(value), None, None).expect("a number is a distribution"))
}

fn raises(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) -> Vec<(usize, Input)> {
    let ids: Vec<String> = context.config.disruptions.keys().cloned().collect();
    let mut raises = Vec::new();
    for (other, factor) in &disruption.raises {
        let here = path(&["disruptions", id, "raises", other]);
        let factor = context.input(&format!("disruptions.{id}.raises.{other}"), &here, factor, FACTOR);
        if other == id {
            let fault = Fault::new(here, "a disruption cannot raise its own rate").at_key();
            context.faults.push(fault.help("its rate counts only while no episode of it runs"));
        } else if let Some(index) = ids.iter().position(|known| known == other) {
            raises.push((index, factor));
        } else {
            let fault = Fault::new(here, format!("there is no disruption `{other}`")).at_key();
            context.faults.push(fault.unknown(other, ids.iter().map(String::as_str), &context.faults));
        }
    }
    raises
}
