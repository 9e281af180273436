//! Every key of a config with every kind of figure, and with what is none.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use shortfall::Diagnostics;
use shortfall::config::schema::schema;
use toml::{Table, Value};

use crate::common::{Busy, Place, Site, Verdict, at, in_parallel, sites, trial_run};
use crate::program::is_brief;

/// Trials of a config that is accepted.
const TRIALS: u64 = 3;

/// Numbers at and beyond all edges: of what can be counted, of probabilities, of shares, of what a number can hold.
const NUMBERS: [&str; 24] = [
    "nan",
    "-nan",
    "inf",
    "-inf",
    "-0.0",
    "0",
    "0.0",
    "5e-324",
    "1e-300",
    "-1e-17",
    "0.5",
    "1.0000000000000002",
    "1",
    "-1",
    "50",
    "1e12",
    "1e30",
    "1e308",
    "-1e308",
    "1000000000000000000",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
];

/// What is no number.
const OTHERS: [&str; 14] = [
    "\"\"",
    "\"*\"",
    "\"a.b\"",
    "\"7\"",
    "\"2025-13\"",
    "\"<script>\\\"'\\u007f\\n\"",
    "true",
    "[]",
    "{}",
    "[1.0, 1.0, 1.0]",
    "[[]]",
    "{ a = 1 }",
    "{ uniform = [1e308, -1e308] }",
    "2026-01-01",
];

/// Of the numbers, those that are tried where none may stand.
const SOME: [&str; 4] = ["nan", "-1", "1e308", "9223372036854775808"];

fn config() -> Table {
    include_str!("../common/every_key.toml").parse().expect("TOML")
}

/// The same without scenarios and what names them: of a key that is about none of these, they would only say the same again.
fn alone(mut config: Table) -> Table {
    config.retain(|key, _| !["scenarios", "expect", "charts"].contains(&key));
    config["output"].as_table_mut().expect("a table").remove("scenario");
    config
}

/// Of places that are instances of the same key, one.
fn distinct() -> Vec<Site> {
    let mut seen = BTreeSet::new();
    let mut all = sites(schema(), &config());
    all.retain(|site| seen.insert(site.key.clone()));
    all
}

/// The config with `literal` at a place, as text: not everything that can be written can be read.
fn changed(config: &Table, place: &Place, literal: &str) -> String {
    const HERE: &str = "the value in question";
    let mut whole = Value::Table(config.clone());
    *at(&mut whole, place) = Value::String(HERE.into());
    let text = toml::to_string(&whole).expect("TOML can be written");
    text.replace(&format!("\"{HERE}\""), literal)
}

/// Whether one of the faults is about this place or another key of the same entry, or names the key.
fn names(faults: &Diagnostics, place: &Place) -> bool {
    let key = place.iter().rev().find(|key| key.parse::<usize>().is_err()).expect("the top is a table");
    let entry = &place[..place.len() - 1];
    let is_here = |path: &[String]| !path.is_empty() && (path.starts_with(place) || place.starts_with(path));
    let is_beside = |path: &[String]| !entry.is_empty() && path.starts_with(entry);
    faults.iter().any(|one| {
        let said = [&one.fault.message, &one.fault.label, one.fault.help.as_deref().unwrap_or("")].concat();
        let is_named = said.contains(&format!("`{key}`")) || one.location.text.contains(key);
        is_here(&one.fault.path) || is_beside(&one.fault.path) || is_named
    })
}

/// Whether what stands at a place may be named elsewhere, and still may stand there: then a fault may lie with those who name it.
fn may_be_missed(config: &Table, place: &Place, literal: &str) -> bool {
    let mut whole = Value::Table(config.clone());
    let old = at(&mut whole, place);
    let new = format!("it = {literal}").parse::<Table>().ok().and_then(|mut table| table.remove("it"));
    matches!(old, Value::Table(_) | Value::Array(_) | Value::String(_)) && new.is_some_and(|new| new.same_type(old))
}

/// What is not in the config at hand: a file beside it is for configs that are files, and of two keys that exclude each other the
/// other one is there.
const LEFT_OUT: [&str; 13] = [
    "History.file",
    "Choose.maximise",
    "TableFile.file",
    "TableFile.sheet",
    "Disruption.events",
    "Events.file",
    "Events.sheet",
    "Events.only",
    "Events.from",
    "Events.to",
    "Events.units",
    "Events.exposure_years",
    "Events.fit",
];

#[test]
fn every_key_of_the_schema_is_tried() {
    let tried: BTreeSet<String> = sites(schema(), &config()).into_iter().map(|site| site.key).collect();
    let types = schema()["$defs"].as_object().expect("types").iter().map(|(name, one)| (name.as_str(), one));
    for (name, one) in types.chain([("", schema())]) {
        for key in one["properties"].as_object().into_iter().flat_map(|keys| keys.keys()) {
            let key = format!("{name}.{key}");
            assert!(tried.contains(&key) != LEFT_OUT.contains(&key.as_str()), "{key}");
        }
    }
    assert!(matches!(trial_run(include_str!("../common/every_key.toml"), 20), Ok(Verdict::Simulated(_))));
}

/// What is wrong with what comes of a figure in a place; whether it was simulated.
fn tried(config: &Table, site: &Site, literal: &str) -> Result<bool, String> {
    let busy = Busy::begin();
    let is_simulated = match trial_run(&changed(config, &site.place, literal), TRIALS)? {
        Verdict::Simulated(_) => true,
        Verdict::Refused(faults) if names(&faults, &site.place) || may_be_missed(config, &site.place, literal) => false,
        Verdict::Refused(faults) => return Err(faults.to_string()),
    };
    let took = busy.so_far();
    if is_brief(took) { Ok(is_simulated) } else { Err(format!("it took {took:?}")) }
}

#[test]
fn any_figure_in_any_key_is_refused_by_name_or_gives_results() {
    let (config, alone, sites) = (config(), alone(config()), distinct());
    let figures = |site: &Site| if site.takes_number { &NUMBERS[..] } else { &SOME };
    let cases: Vec<(&Site, &str)> = sites
        .iter()
        .flat_map(|site| figures(site).iter().chain(&OTHERS).map(move |literal| (site, *literal)))
        .collect();
    let simulated = AtomicUsize::new(0);
    let failed = in_parallel(cases.len(), |number| {
        let (site, literal) = cases[number];
        let is_alone = alone.contains_key(&site.place[0]) && site.place[0] != "output";
        let tried = tried(if is_alone { &alone } else { &config }, site, literal);
        simulated.fetch_add(usize::from(tried == Ok(true)), Ordering::Relaxed);
        tried.err().map(|why| format!("{} = {literal} ({}): {why}", site.place.join("."), site.key))
    });
    assert!(failed.is_empty(), "{} of {}\n{}", failed.len(), cases.len(), failed.join("\n"));
    let simulated = simulated.into_inner();
    println!("{} cases, {simulated} of them simulated", cases.len());
    assert!(simulated > 300 && cases.len() - simulated > 2000, "{simulated} of {}: both kinds are there", cases.len());
}
