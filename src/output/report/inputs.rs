//! The inputs: every value of the config as run, with what the file says beside it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use toml::{Table, Value};

use crate::config::Config;
use crate::config::set::Path;
use crate::output::Results;

/// The tables of the config, in the order of reading, with what they are.
const SECTIONS: [(&str, &str); 14] = [
    ("markets", "Groups of countries that trade as one"),
    ("stages", "Steps of the supply chain"),
    ("capacities", "Capacity at the start"),
    ("projects", "Capacity that may come"),
    ("ramp_shapes", "Ramp-up curves"),
    ("demands", "Final demand"),
    ("response", "How users answer a shortage"),
    ("stockpiles", "Stocks"),
    ("disruptions", "What may go wrong"),
    ("correlations", "Inputs that are high or low together"),
    ("milestones", "Milestones"),
    ("claims", "Claims"),
    ("scenarios", "Scenarios, and what each changes"),
    ("run", "Trials, seed, confidence"),
];

/// Keys that make a table a distribution: one value, not several.
const DISTRIBUTIONS: [&str; 14] = [
    "constant",
    "uniform",
    "triangular",
    "pert",
    "normal",
    "lognormal",
    "beta",
    "gamma",
    "exponential",
    "weibull",
    "discrete",
    "empirical",
    "quantiles",
    "mixture",
];

/// One input.
struct Row {
    path: Path,
    value: String,
}

/// All inputs.
pub fn section(results: &Results<'_>) -> Markup {
    let table = Table::try_from(&results.study.config).expect("a checked config can be written as TOML");
    html! {
        section.annex id="inputs" aria-labelledby="inputs-head" {
            h2 id="inputs-head" { "Inputs" }
            p.sub { "Every value of the config as run: a number, or the distribution that is drawn from once per trial. Units stand in the names. Values that the file leaves out are marked as defaults." (own_units(&results.study.config)) }
            @for (name, meaning) in SECTIONS {
                @if let Some(entries) = table.get(name) {
                    @let rows = rows(name, entries);
                    @if !rows.is_empty() {
                        details { summary { (meaning) " " span.sub { code { (name) } ", " (rows.len()) " values" } } (section_table(results, meaning, &rows)) }
                    }
                }
            }
        }
    }
}

/// Which products are not counted in the tonnes of the names, and which currency is not their USD.
fn own_units(config: &Config) -> String {
    let stages =
        config.stages.iter().filter_map(|(id, stage)| Some((id, stage.unit.as_ref().filter(|unit| *unit != "t")?)));
    let stages = stages.map(|(id, unit)| format!(" For {id}, read {unit} for tonnes."));
    let money = config.currency.iter().filter(|currency| *currency != "USD");
    stages.chain(money.map(|currency| format!(" Read {currency} for USD."))).collect()
}

fn rows(name: &str, entries: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    gather(entries, &mut vec![name.to_string()], &mut rows);
    rows
}

fn gather(value: &Value, here: &mut Path, rows: &mut Vec<Row>) {
    match value {
        Value::Table(table) if !is_distribution(table) => {
            for (key, value) in table {
                here.push(key.clone());
                gather(value, here, rows);
                here.pop();
            }
        }
        _ => rows.push(Row { path: here.clone(), value: written(value) }),
    }
}

fn is_distribution(table: &Table) -> bool {
    table.keys().any(|key| DISTRIBUTIONS.contains(&key.as_str()))
}

/// A value in a line: `triangular 5, 10, 20`.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => number.to_string(),
        Value::Array(items) if items.iter().any(|item| matches!(item, Value::Table(_) | Value::Array(_))) => {
            items.iter().map(|item| format!("({})", written(item))).collect::<Vec<_>>().join(" ")
        }
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(", "),
        Value::Table(table) => {
            let pair = |(key, value): (&String, &Value)| format!("{key} {}", written(value));
            table.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn section_table(results: &Results<'_>, meaning: &str, rows: &[Row]) -> Markup {
    let notes = &results.study.notes;
    html! {
        div.wide role="region" tabindex="0" aria-label=(meaning) {
            table.inputs {
                thead { tr { th scope="col" { "Entry" } th scope="col" { "Input" } th scope="col" { "Value" } th scope="col" { "Where it comes from" } } }
                tbody {
                    @for (index, row) in rows.iter().enumerate() {
                        @let entry = row.path.get(1).filter(|_| row.path.len() > 2);
                        @let before = index.checked_sub(1).and_then(|before| rows[before].path.get(1));
                        @let first = row.path.get(1) != before;
                        tr.first[first] {
                            th scope="row" { @if first { (entry.map_or("", String::as_str)) } }
                            td { (row.path[if entry.is_some() { 2 } else { 1 }..].join(".")) }
                            td.value { (row.value) }
                            @match note(notes, &row.path) {
                                Some(note) => td.source { (linked(note, results.sources)) },
                                None => td.source { span.sub { "default" } },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the file says beside a value or beside the value it is a part of; none if the file does not have it.
fn note<'a>(notes: &'a BTreeMap<Path, String>, path: &[String]) -> Option<&'a str> {
    let (entry, within) = (path.len().min(3), path.len());
    (entry..=within).rev().find_map(|length| notes.get(&path[..length])).map(String::as_str)
}

/// A comment, with ids of sources as links.
fn linked(note: &str, sources: &BTreeMap<String, String>) -> Markup {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    let mut words: Vec<&str> = Vec::new();
    let mut rest = note;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| is_part(letter) != is_part(first)).unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    html! {
        @for word in words {
            @match sources.get(word) {
                Some(url) => a href=(url) rel="noreferrer" { (word) },
                None => (word),
            }
        }
    }
}
