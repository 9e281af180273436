//! Disruptions: what they hit, when, how hard.

use std::sync::Arc;

use super::context::Context;
use super::names::{check_id, check_text, find_all, path};
use super::quantities::{ANY, Domain, FRACTION, NOT_NEGATIVE, RATE};
use super::{Disruption, Input};
use crate::config::fault::{Fault, help_for_name};
use crate::config::set::matches;
use crate::config::{self, DisruptionKind, Quantity};
use crate::distribution::Distribution;
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
        check_shape(context, id, disruption);
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
    let (markets, stages) = (context.market_ids.clone(), context.stage_ids.clone());
    let title = disruption.title.clone().unwrap_or_else(|| id.into());
    check_text(here("title"), &title, 80, &mut context.faults);
    let of_stages = find_all("stage", &disruption.stages, &stages, &here("stages"), &mut context.faults);
    let mut cuts = Vec::new();
    if disruption.kind == DisruptionKind::ExportControl {
        let from = find_all("market", &disruption.from, &markets, &here("from"), &mut context.faults);
        let to = find_all("market", &disruption.to, &markets, &here("to"), &mut context.faults);
        for &stage in &of_stages {
            let pairs = from.iter().flat_map(|&from| to.iter().map(move |&to| (from, to)));
            cuts.extend(pairs.filter(|(from, to)| from != to).map(|(from, to)| (from, to, stage)));
        }
        if cuts.is_empty() && !from.is_empty() && !to.is_empty() && !of_stages.is_empty() {
            context.faults.push(Fault::new(here("to"), "a control from a market to itself cuts nothing"));
        }
    }
    let mut input = |name: &str, quantity, domain| {
        context.input(&format!("disruptions.{id}.{name}"), &here(name), quantity, domain)
    };
    let rate = input("rate_per_year", &disruption.rate_per_year, RATE);
    let leakage = input("leakage", &disruption.leakage, FRACTION);
    let active_at_start = input("active_at_start", &disruption.active_at_start, FRACTION);
    let raises = raises(context, id, disruption);
    let severity_domain = if disruption.kind == DisruptionKind::DemandSurge { SURGE } else { FRACTION };
    let severity = drawn_anew(context, here("severity"), &disruption.severity, severity_domain);
    let duration = match &disruption.duration_months {
        Some(duration) => drawn_anew(context, here("duration_months"), duration, NOT_NEGATIVE),
        None => constant(0.0),
    };
    let remaining = match &disruption.remaining_months {
        Some(remaining) => drawn_anew(context, here("remaining_months"), remaining, NOT_NEGATIVE),
        None => duration.clone(),
    };
    let start = context.config.start;
    let mut scheduled = Vec::new();
    for (position, episode) in disruption.scheduled.iter().enumerate() {
        let here = |key: &str| path(&["disruptions", id, "scheduled", &position.to_string(), key]);
        let months = drawn_anew(context, here("months"), &episode.months, NOT_NEGATIVE);
        let severity = match &episode.severity {
            Some(severity) => drawn_anew(context, here("severity"), severity, severity_domain),
            None => severity.clone(),
        };
        scheduled.push((f64::from(episode.from.months_since(start)), months, severity));
    }
    scheduled.sort_by(|a, b| a.0.total_cmp(&b.0));
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

/// A quantity drawn for every episode.
fn drawn_anew(context: &mut Context<'_>, here: Vec<String>, quantity: &Quantity, domain: Domain) -> Arc<Distribution> {
    if let Quantity::Number(_) = quantity {
        // Checked as an input is; it takes no slot.
        context.input("", &here, quantity, domain);
    }
    let domain = if let Quantity::Number(_) = quantity { ANY } else { domain };
    context.quantities.distribution(&here, quantity, domain, &mut context.faults).unwrap_or_else(|| constant(0.0))
}

fn constant(value: f64) -> Arc<Distribution> {
    Arc::new(
        Distribution::new(crate::distribution::Shape::Constant(value), None, None).expect("a number is a distribution"),
    )
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
            context.faults.push(fault.help(help_for_name(other, ids.iter().map(String::as_str))));
        }
    }
    raises
}

/// What a kind needs and what it has no use for.
fn check_shape(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) {
    let needs: &[&str] = match disruption.kind {
        DisruptionKind::Outage => &["hits"],
        DisruptionKind::ExportControl => &["from", "to"],
        DisruptionKind::DemandSurge => &[],
    };
    let allowed: &[&str] = if disruption.kind == DisruptionKind::DemandSurge { &["markets"] } else { needs };
    for (key, given) in [
        ("hits", !disruption.hits.is_empty()),
        ("from", !disruption.from.is_empty()),
        ("to", !disruption.to.is_empty()),
        ("markets", !disruption.markets.is_empty()),
    ] {
        if needs.contains(&key) && !given {
            let fault =
                Fault::new(path(&["disruptions", id]), format!("a disruption of this kind needs `{key}`")).at_key();
            context.faults.push(fault);
        }
        if !allowed.contains(&key) && given {
            let fault =
                Fault::new(path(&["disruptions", id, key]), format!("a disruption of this kind has no `{key}`"))
                    .at_key();
            context.faults.push(fault);
        }
    }
    let random = !matches!(disruption.rate_per_year, Quantity::Number(0.0))
        || !matches!(disruption.active_at_start, Quantity::Number(0.0));
    if random && disruption.duration_months.is_none() {
        let fault =
            Fault::new(path(&["disruptions", id]), "episodes that come at random need `duration_months`").at_key();
        context.faults.push(fault);
    }
    check_targets(context, id, disruption);
}

/// Every `hits` hits something.
fn check_targets(context: &mut Context<'_>, id: &str, disruption: &config::Disruption) {
    let config = context.config;
    let mut targets: Vec<&str> = Vec::new();
    targets.extend(config.capacities.keys().map(String::as_str));
    targets.extend(config.projects.keys().map(String::as_str));
    targets.extend(config.stages.keys().map(String::as_str));
    targets.extend(config.markets.keys().map(String::as_str));
    targets.extend(config.markets.values().flat_map(|market| market.countries.iter().map(String::as_str)));
    for (position, pattern) in disruption.hits.iter().enumerate() {
        if !targets.iter().any(|target| matches(pattern, target)) {
            let here = path(&["disruptions", id, "hits", &position.to_string()]);
            let fault = Fault::new(here, format!("`{pattern}` is no capacity, project, country, market or stage"));
            context.faults.push(fault.help(help_for_name(pattern, targets.iter().copied())));
        }
    }
    let markets = context.market_ids.clone();
    find_all("market", &disruption.markets, &markets, &path(&["disruptions", id, "markets"]), &mut context.faults);
}
