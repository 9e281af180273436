//! No input makes the program panic: every value of a rich config is replaced by nonsense, one after another.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use shortfall::config::source::Document;
use shortfall::engine::Engine;
use shortfall::study::Study;
use toml::{Table, Value};

fn smoke() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/smoke.toml");
    fs::read_to_string(path).expect("the config is there")
}

/// Reads, compiles and simulates; faults are rendered. Returns whether it held.
fn try_out(text: &str) -> bool {
    let study = Document::parse("test.toml", text).and_then(|document| Study::new(&document));
    match study {
        Ok(study) => {
            for case in &study.scenarios {
                let engine = Engine::new(&case.model);
                for number in 0..2 {
                    let trial = engine.trial(number);
                    assert!(
                        trial.series.iter().flatten().chain(&trial.outcomes).all(|value| !value.is_nan()),
                        "{text}"
                    );
                }
            }
            true
        }
        Err(faults) => {
            assert!(!faults.is_empty() && !faults.to_string().is_empty());
            false
        }
    }
}

/// Paths of all values, tables and lists among them.
fn paths(value: &Value, here: &[String], found: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let path = [here, &[key]].concat();
        found.push(path.clone());
        paths(child, &path, found);
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, key| match value {
        Value::Table(table) => table.get_mut(key).expect("the path is there"),
        Value::Array(items) => &mut items[key.parse::<usize>().expect("a position")],
        _ => unreachable!("a path leads through tables and lists"),
    })
}

fn nonsense() -> Vec<Value> {
    let numbers = [f64::NAN, f64::INFINITY, -1.0, 0.0, -0.0, 1e-300, 0.5, 1e12, 1e308];
    let mut values: Vec<Value> = numbers.into_iter().map(Value::Float).collect();
    values.extend([-1, 0, i64::MAX].map(Value::Integer));
    values.extend(["", "*", "a.b", "2025-13", "<script>\"'\u{7f}\n"].map(|text| Value::String(text.into())));
    values.extend([Value::Boolean(true), Value::Array(Vec::new()), Value::Table(Table::new())]);
    values.push(Value::Array(vec![Value::Float(1.0); 3]));
    values
}

#[test]
fn nonsense_in_any_place_is_a_fault_or_a_model_never_a_panic() {
    let whole = Value::Table(smoke().parse().expect("TOML"));
    let mut all = Vec::new();
    paths(&whole, &[], &mut all);
    let (mut held, mut refused) = (0, 0);
    for path in &all {
        for value in nonsense() {
            // Sizes that hold would take long to simulate here, and are limited elsewhere.
            let large = path.first().is_some_and(|key| key == "horizon_years")
                || path.last().is_some_and(|key| key == "copies");
            if large && value.as_float().is_some_and(|number| number > 1.0) {
                continue;
            }
            let mut changed = whole.clone();
            *at(&mut changed, path) = value;
            if !["scenarios", "output", "expect", "charts"].contains(&path[0].as_str()) {
                // The scenarios would only say the same again; expectations and charts name some of them.
                let table = changed.as_table_mut().expect("a config is a table");
                table.remove("scenarios");
                table.remove("expect");
                table.remove("charts");
                table["output"].as_table_mut().expect("a table").remove("scenario");
            }
            let text = toml::to_string(&changed).expect("TOML can be written");
            if try_out(&text) { held += 1 } else { refused += 1 }
        }
    }
    assert!(held > 100 && refused > 1000, "{held} held, {refused} were refused");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Text that is cut, doubled or garbled somewhere.
    #[test]
    fn garbled_text_never_panics(from in 0usize..20_000, length in 0usize..400, insert in "\\PC{0,12}") {
        let text = smoke();
        let cut = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (start, end) = (cut(from % text.len()), cut(from % text.len() + length));
        try_out(&format!("{}{insert}{}", &text[..start], &text[end..]));
    }
}
