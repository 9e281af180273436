//! The JSON Schema and the parser agree: what an editor marks is refused, and what it does not mark is read.
//!
//! Of what a schema can say: keys, types, choices, lengths. What takes the whole model (names of other entries, ranges between
//! keys) is found when the config is compiled, and not looked at here; neither is what JSON cannot write, dates and infinity.

mod common;

use common::{Place, at, json_schema, value};
use proptest::prelude::*;
use shortfall::config::schema::schema;
use shortfall::config::source::Document;
use toml::{Table, Value};

fn config(name: &str) -> Table {
    let path = format!("{}/configs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the config is there").parse().expect("TOML")
}

/// What both say, which must be the same: whether it is a config.
fn verdict(table: &Table) -> bool {
    let reading = Document::of_table(table.clone()).read();
    let json = serde_json::to_value(table).expect("JSON");
    match json_schema::validate(schema(), &json) {
        Ok(()) => {
            assert!(reading.faults.is_empty(), "the schema has nothing against it\n{:#?}\n{table}", reading.faults);
            assert!(reading.config.is_some(), "{table}");
            true
        }
        Err(why) => {
            assert!(!reading.faults.is_empty(), "the parser has nothing against it, the schema this: {why}\n{table}");
            for fault in &reading.faults {
                speaks_plainly(&fault.message);
                speaks_plainly(&fault.label);
            }
            false
        }
    }
}

/// No word of Rust and of its libraries reaches a user.
fn speaks_plainly(message: &str) {
    let rust = [
        "struct",
        "enum",
        "tuple",
        "variant",
        "untagged",
        "i64",
        "u64",
        "u32",
        "f64",
        "sequence",
        "map",
        "invalid type",
        "field",
    ];
    let words: Vec<&str> = message.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    let found =
        rust.iter().find(|word| if word.contains(' ') { message.contains(*word) } else { words.contains(word) });
    assert!(found.is_none(), "{message}");
}

/// Every place of a config, but for what a scenario sets: that may be anything.
fn all_places(config: &Table) -> Vec<Place> {
    let mut all = common::places(&Value::Table(config.clone()));
    all.retain(|place| place.len() < 4 || place[2] != "set");
    all
}

/// The config with one change at `path`.
fn changed(config: &Table, path: &[String], change: &Change) -> Table {
    let mut whole = Value::Table(config.clone());
    let (last, parent) = path.split_last().expect("no path is empty");
    let inner = at(&mut whole, parent);
    match (inner, change) {
        (Value::Table(table), Change::Replace(value)) => drop(table.insert(last.clone(), value.clone())),
        (Value::Table(table), Change::Remove) => drop(table.remove(last)),
        (Value::Table(table), Change::Misspell) => {
            let value = table.remove(last).expect("the path is there");
            table.insert(format!("{last}x"), value);
        }
        (Value::Array(items), Change::Replace(value)) => {
            items[last.parse::<usize>().expect("a position")] = value.clone()
        }
        (Value::Array(items), _) => drop(items.remove(last.parse().expect("a position"))),
        _ => unreachable!("a path leads through tables and lists"),
    }
    let Value::Table(table) = whole else { unreachable!("it was one") };
    table
}

#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Remove,
    Misspell,
}

/// Values of every kind, and distributions spelt in all ways, right and wrong ones.
const VALUES: [&str; 52] = [
    "1",
    "-1",
    "0.5",
    "1e6",
    "-3.0",
    "1e300",
    "5000000000",
    "9223372036854775807",
    "true",
    "\"text\"",
    "\"\"",
    "\"7\"",
    "\"2026-07\"",
    "\"2026-13\"",
    "\"1799-12\"",
    "\"2500-12\"",
    "\"outage\"",
    "\"fan\"",
    "\"linear\"",
    "[]",
    "[1]",
    "[1, 2]",
    "[1, 2, 3]",
    "[\"a\", \"b\"]",
    "[[0, 0], [1, 1]]",
    "[{}]",
    "{}",
    "{ a = 1 }",
    "{ a = \"b\" }",
    "{ constant = 1 }",
    "{ uniform = [1, 2] }",
    "{ uniform = [1, 2, 3] }",
    "{ uniform = { min = 1, max = 2 } }",
    "{ triangular = [1, 2, 3], min = 1 }",
    "{ normal = { mean = 1, sd = 2 } }",
    "{ normal = [1, 2] }",
    "{ lognormal = { p50 = 1, p99.9 = 2 } }",
    "{ lognormal = [1, 2] }",
    "{ lognormal = { median = 1 } }",
    "{ beta = { mean = 0.1, size = 2 } }",
    "{ gamma = { shape = 1, scale = 2 } }",
    "{ gamma = { shape = 1, scale = \"2\" } }",
    "{ exponential = 3 }",
    "{ exponential = { mean = 3 } }",
    "{ weibull = { shape = 1, scale = 2 } }",
    "{ discrete = { values = [1], weights = [1] } }",
    "{ discrete = [[1], [1]] }",
    "{ empirical = [1, 2] }",
    "{ quantiles = { p10 = 1, lower = 0, q = 2 } }",
    "{ mixture = [{ weight = 1, of = { uniform = [1, 2], pert = [1, 2, 3] } }] }",
    "{ by_date = { 2030-01 = 5 } }",
    "{ months = 6, shape = { slow = 1 } }",
];

fn changes() -> Vec<Change> {
    let quoted = |text: &&str| Change::Replace(value(&text.replace("p99.9 =", "\"p99.9\" =")));
    VALUES.iter().map(quoted).chain([Change::Remove, Change::Misspell]).collect()
}

#[test]
fn the_configs_are_valid() {
    for name in ["quickstart", "smoke", "us-japan-2025"] {
        assert!(verdict(&config(name)), "{name}");
    }
}

/// Each of the places that differ, not every one of several alike.
fn places(config: &Table) -> Vec<Place> {
    let all = all_places(config);
    let named: Vec<&String> = all.iter().filter(|path| path.len() == 2).map(|path| &path[1]).collect();
    let mut seen = std::collections::BTreeSet::new();
    let alike = |path: &Place| -> Vec<String> {
        let is_name = |key: &String| named.contains(&key) || key.parse::<usize>().is_ok();
        path.iter()
            .enumerate()
            .map(|(depth, key)| if depth > 0 && is_name(key) { "*".into() } else { key.clone() })
            .collect()
    };
    all.clone().into_iter().filter(|path| seen.insert(alike(path))).collect()
}

#[test]
fn schema_and_parser_agree_on_any_value_in_any_place() {
    let smoke = config("smoke");
    let (mut valid, mut refused) = (0, 0);
    // A part of the values in each place, and all of them in places that are much alike.
    for (number, path) in places(&smoke).iter().enumerate() {
        for change in changes().iter().skip(number % 5).step_by(5) {
            if verdict(&changed(&smoke, path, change)) { valid += 1 } else { refused += 1 }
        }
    }
    assert!(valid > 200 && refused > 1000, "{valid} valid, {refused} refused: both kinds are there");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_and_parser_agree_on_several_changes(picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..5)) {
        let mut table = config("smoke");
        let changes = changes();
        for (place, change) in picks {
            let all = all_places(&table);
            table = changed(&table, &all[place.index(all.len())], change.get(&changes));
        }
        verdict(&table);
    }
}

/// A schema and a parser that agree on everything would pass all of this.
#[test]
fn a_difference_is_found() {
    let json = |text: &str| serde_json::to_value(text.parse::<Table>().expect("TOML")).expect("JSON");
    let start = "title = \"t\"\nstart = \"2026-01\"\nhorizon_years = 1\nmarkets = {}\nstages.metal = {}\n";
    assert!(json_schema::validate(schema(), &json(start)).is_ok());
    for wrong in [
        "run.trials = 1.5",
        "run.trials = -1",
        "run.trials = \"5\"",
        "run = 5",
        "runs = {}",
        "charts = [{ kind = \"pie\" }]",
        "charts = [{}]",
        "demands.d = { market = \"a\" }",
        "stages.a.feeds.b = { normal = [1, 2] }",
        "stages.a.feeds.b = { uniform = [1, 2, 3] }",
        "stages.a.feeds.b = {}",
        "output.years = 1",
        "stages.a.feeds.b = { gamma = { mean = 1, scale = 2, sd = 3 } }",
        "stages.a.feeds.b = { gamma = { mean = 1, p50 = 2 } }",
    ] {
        assert!(json_schema::validate(schema(), &json(&format!("{start}{wrong}"))).is_err(), "{wrong}");
    }
}
