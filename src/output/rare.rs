//! Rare things: text, Markdown, CSV, JSON.

use serde::Serialize;

use super::json;
use super::tables::{Table, number};
use super::terminal::{CLAIM, Section, broken, draw, draw_markdown, escape, wrap};
use super::words::{amount, count, probability, share};
use crate::study::Study;
use crate::summary::{Estimate, Rare, RareCase, RareEvent};

/// How intervals come about.
const GAMMA: &str = "gamma, Fay and Feuer";

/// Below this, or as near to 1, a share in percent has too few digits.
const SMALL: f64 = 1e-3;

fn section(rare: &Rare, case: &RareCase) -> Section {
    let weight = &case.mean_weight;
    let end = |end: Option<f64>| end.map_or("?".into(), |end| format!("{end:.3}"));
    let title = format!(
        "Scenario {}: mean weight {} ({} to {}), to be 1; {} futures count as {}",
        case.id,
        end(weight.value),
        end(weight.low),
        end(weight.high),
        count(rare.trials),
        count(case.effective as u64)
    );
    let row = |event: &RareEvent| {
        let name = match event.says.strip_prefix("above ") {
            Some(limit) => broken(&format!("{} above {limit}", event.name), CLAIM + 7),
            None => wrap(&event.says, CLAIM + 7).trim_end().into(),
        };
        vec![name, chance(&event.probability), count(event.hits), amount((10.0 * event.effective_hits).round() / 10.0)]
    };
    let header = ["event", "probability", "hits", "count as"].map(String::from).into();
    let notes = case.events.iter().filter(|event| !event.trusted());
    let notes = notes.map(|event| format!("{}: {}.", event.name, event.probability.note)).collect();
    Section { title, header, rows: case.events.iter().map(row).collect(), notes }
}

/// A probability to three digits however small it or what it lacks is, and once in so many.
fn chance(estimate: &Estimate) -> String {
    let (Some(value), Some(low), Some(high)) = (estimate.value, estimate.low, estimate.high) else {
        return "not to be trusted".into();
    };
    let small = |value: f64, low: f64, high: f64, but: &str| {
        format!("{but}{} ({} to {})\n{but}about 1 in {}", amount(value), amount(low), amount(high), amount(1.0 / value))
    };
    match value {
        value if value > 0.0 && value < SMALL => small(value, low, high, ""),
        value if value < 1.0 && value > 1.0 - SMALL => small(1.0 - value, 1.0 - high, 1.0 - low, "all but "),
        _ => probability(estimate),
    }
}

fn head(rare: &Rare) -> String {
    format!("Played with {}; every future is weighted back to what it is by itself", rare.tilts.join(", "))
}

fn foot(study: &Study, rare: &Rare) -> String {
    format!(
        "{} futures a scenario, one in ten of them untilted, seed {}; intervals at {} confidence ({GAMMA}). Hits count as so \
         many of equal weight; with fewer than 50 there is no figure. A way to an event that no tilt makes likelier, and that \
         no future took, is not in its figure.",
        count(rare.trials),
        study.config.run.seed,
        share(rare.confidence)
    )
}

/// For people.
pub fn text(study: &Study, rare: &Rare, colour: bool) -> String {
    let sections = rare.scenarios.iter().map(|case| draw(&section(rare, case), colour));
    let sections: String = sections.collect();
    format!("{}\n\n{}{sections}\n{}", study.config.title, wrap(&head(rare), 80), wrap(&foot(study, rare), 80))
}

/// The same in Markdown.
pub fn markdown(study: &Study, rare: &Rare) -> String {
    let sections: String = rare.scenarios.iter().map(|case| draw_markdown(&section(rare, case))).collect();
    let title = escape(&study.config.title);
    format!("## {title}\n\n{}\n{sections}\n{}\n", escape(&head(rare)), escape(&foot(study, rare)))
}

/// A row for every scenario and event.
pub fn csv(rare: &Rare) -> Vec<u8> {
    let mut table = Table::new(&[
        "scenario",
        "output",
        "says",
        "probability",
        "ci_low",
        "ci_high",
        "ci_level",
        "ci_method",
        "hits",
        "effective_hits",
        "largest_share",
        "n",
        "mean_weight",
        "effective_n",
        "note",
    ]);
    for case in &rare.scenarios {
        for event in &case.events {
            table.row([
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
            ]);
        }
    }
    table.finish()
}

#[derive(Serialize)]
struct File<'a> {
    layout: u32,
    tool: String,
    seed: u64,
    #[serde(flatten)]
    rare: &'a Rare,
}

/// Everything, for machines.
pub fn json(seed: u64, rare: &Rare) -> Vec<u8> {
    let file = File { layout: json::LAYOUT, tool: json::tool(), seed, rare };
    json::bytes_of(&file)
}
