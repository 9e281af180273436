//! Probabilities of rare events: text, Markdown, CSV, JSON.

use super::json;
use super::section::{Screen, Section, draw, draw_markdown, escape, wrap};
use super::tables::{Table, number};
use super::words::{self, amount, count, probability, share};
use crate::study::Study;
use crate::summary::{Estimate, Rare, RareCase, RareEvent, RarePart, RareParts};

/// How intervals come about.
const GAMMA: &str = "gamma, Fay and Feuer";

/// Below this, or as near to 1, a share in percent has too few digits.
const SMALL: f64 = 1e-2;

fn section(rare: &Rare, case: &RareCase) -> Section {
    let weight = &case.mean_weight;
    let end = |end: Option<f64>| end.map_or("?".into(), |end| format!("{end:.3}"));
    let title = format!(
        "Scenario {}: mean weight {} ({} to {}), expected 1; effective sample size {} of {} trials",
        case.id,
        end(weight.value),
        end(weight.low),
        end(weight.high),
        count(case.effective as u64),
        count(rare.trials)
    );
    let header = ["event", "probability", "hits", "effective"].map(String::from).into();
    let notes = case.events.iter().filter(|event| event.probability.value.is_none() && event.parts.is_none());
    let notes = notes.map(|event| format!("{}: {}.", event.name, event.probability.note)).collect();
    Section { title, header, rows: case.events.iter().flat_map(rows).collect(), notes }
}

/// The row of an event, and a row for each part if it has parts.
fn rows(event: &RareEvent) -> Vec<Vec<String>> {
    let name = match event.says.strip_prefix("above ") {
        Some(limit) => format!("{} above {limit}", event.name),
        None => event.says.clone(),
    };
    let row = |name: String, probability: String, hits: u64, effective: f64| {
        vec![name, probability, count(hits), amount((10.0 * effective).round() / 10.0)]
    };
    let all = if event.probability.value.is_some() { chance(&event.probability) } else { bound(event) };
    let mut rows = vec![row(name, all, event.hits, event.effective_hits)];
    if let Some(RareParts { times_likelier, through_tilt, other_ways, .. }) = &event.parts {
        let not = if event.complement { "not so, " } else { "" };
        let mut part = |name: String, part: &RarePart| {
            let text =
                if part.probability.value.is_some() { chance(&part.probability) } else { at_most(&part.probability) };
            rows.push(row(format!("  {not}{name}"), text, part.hits, part.effective_hits));
        };
        let times = if *times_likelier < 1e6 { count(*times_likelier as u64) } else { format!("{times_likelier:.0e}") };
        part(format!("through the tilt, x{times}"), through_tilt);
        part("other ways".into(), other_ways);
    }
    rows
}

/// The bound on a probability without an estimate.
fn bound(event: &RareEvent) -> String {
    if !event.complement {
        return at_most(&event.probability);
    }
    event.probability.low.map_or("not known".into(), |low| format!("all but {}", words::at_most(1.0 - low)))
}

/// The upper limit of a probability.
fn at_most(estimate: &Estimate) -> String {
    estimate.high.map_or("not known".into(), words::at_most)
}

/// A probability to three digits however small it or what it lacks is, and once in so many.
fn chance(estimate: &Estimate) -> String {
    let (Some(value), Some(low), Some(high)) = (estimate.value, estimate.low, estimate.high) else {
        return "not known".into();
    };
    let small = |value: f64, low: f64, high: f64, but: &str| {
        let interval = format!("{but}{} ({} to {})", amount(value), amount(low), amount(high));
        format!("{interval}, about 1 in {}", amount(1.0 / value))
    };
    match value {
        0.0 => at_most(estimate),
        value if value > 0.0 && value < SMALL => small(value, low, high, ""),
        value if value < 1.0 && value > 1.0 - SMALL => small(1.0 - value, 1.0 - high, 1.0 - low, "all but "),
        _ => probability(estimate),
    }
}

fn head(rare: &Rare) -> String {
    format!("Importance sampling with {}; every trial is weighted by its likelihood ratio", rare.tilts.join(", "))
}

fn foot(study: &Study, rare: &Rare) -> String {
    let mut text = format!(
        "{} trials of each scenario, {} of them untilted, seed {}; intervals at {} confidence ({GAMMA}). Effective hits are \
         the hits of equal weight that would be as precise; with fewer than 50 no estimate is given.",
        count(rare.trials),
        share(rare.untilted),
        study.config.run.seed,
        share(rare.confidence)
    );
    if rare.scenarios.iter().flat_map(|case| &case.events).any(|event| event.parts.is_some()) {
        text += " Through the tilt, x8: in futures that are sampled at least 8 times as often as without it. Other ways: in \
                 all other futures; more trials or a larger --untilted SHARE lower that bound.";
    }
    text
}

/// For people.
pub fn text(study: &Study, rare: &Rare, screen: Screen) -> String {
    let sections: String = rare.scenarios.iter().map(|case| draw(&section(rare, case), screen)).collect();
    let (head, foot) = (wrap(&head(rare), screen.width), wrap(&foot(study, rare), screen.width));
    format!("{}\n{head}{sections}\n{foot}", wrap(&study.config.title, screen.width))
}

/// The same in Markdown.
pub fn markdown(study: &Study, rare: &Rare) -> String {
    let sections: String = rare.scenarios.iter().map(|case| draw_markdown(&section(rare, case))).collect();
    let title = escape(&study.config.title);
    format!("## {title}\n\n{}\n{sections}\n{}\n", escape(&head(rare)), escape(&foot(study, rare)))
}

/// A row for every scenario and event. The parts are those of the event, or where it is likelier than not, of its complement.
pub fn csv(rare: &Rare) -> Vec<u8> {
    let mut table = Table::described("rare.csv");
    for case in &rare.scenarios {
        for event in &case.events {
            let mut row = vec![
                case.id.clone(),
                event.name.clone(),
                event.says.clone(),
                number(event.probability.value),
                number(event.probability.low),
                number(event.probability.high),
                rare.confidence.to_string(),
                GAMMA.into(),
                event.hits.to_string(),
                event.effective_hits.to_string(),
                event.largest_share.to_string(),
                rare.trials.to_string(),
                number(case.mean_weight.value),
                case.effective.to_string(),
                event.probability.note.clone(),
                rare.untilted.to_string(),
                if event.complement { "complement".into() } else { "event".into() },
            ];
            let of_parts = |one: fn(&RareParts) -> f64| number(event.parts.as_ref().map(one));
            row.extend([of_parts(|parts| parts.times_likelier), of_parts(|parts| parts.share)]);
            let parts = event.parts.as_ref().map(|parts| [&parts.through_tilt, &parts.other_ways]);
            for index in 0..2 {
                let part = parts.map(|parts| parts[index]);
                let of = |end: fn(&Estimate) -> Option<f64>| number(part.and_then(|part| end(&part.probability)));
                row.extend([of(|one| one.value), of(|one| one.low), of(|one| one.high)]);
                row.push(part.map_or(String::new(), |part| part.hits.to_string()));
            }
            table.row(row);
        }
    }
    table.finish()
}

/// Everything, for machines.
pub fn json(seed: u64, rare: &Rare) -> Vec<u8> {
    json::found(seed, rare)
}
