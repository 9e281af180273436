//! Products counted in a unit of their own, and losses in another currency: the same numbers under other names.

mod common;

use std::collections::BTreeMap;

use common::run;
use shortfall::Unit;
use shortfall::config::source::Document;
use shortfall::engine::Engine;
use shortfall::output::{Results, chart, comparison, expectations, finding, json, report, tables, terminal, trial};
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary::{Side, compare, summarise};

/// Vials made of an agent, with a loss; `UNITS` stands for keys at the top.
const CONFIG: &str = r#"
title = "test"
start = "2026-01"
horizon_years = 3
UNITS
markets.home.countries = ["Home"]
markets.away.countries = ["Away"]
stages.vials.feeds.agent = 0.25
stages.agent.title = "Agent"
capacities.works = { country = "Away", stage = "agent", tonnes_per_year = { uniform = [20000, 40000] } }
capacities.filling = { country = "Home", stage = "vials", tonnes_per_year = 120000 }
demands.hospitals = { market = "home", stage = "vials", tonnes_per_year = 90000, loss_usd_per_tonne = 2500, priority = 1 }
demands.clinics = { market = "home", stage = "vials", tonnes_per_year = 10000, loss_usd_per_tonne = 40, priority = 2 }
demands.research = { market = "away", stage = "agent", tonnes_per_year = 500 }
stockpiles.store = { market = "home", stage = "vials", target_days = 30 }
disruptions.fire = { kind = "outage", hits = ["works"], rate_per_year = 0.7, duration_months = { exponential = { mean = 4 } } }
milestones.calm = { series = "shortage.home.vials", at_most = 10 }
claims.soon = { who = "N", milestone = "calm", within_months = 12 }
expect.loss = { statistic = "mean(total_loss.home.vials)", at_most = 1 }
expect.size = { statistic = "p95(total_shortage.home.vials)", at_most = 1 }
scenarios.as-is.title = "As it is"
scenarios.more.set."capacities.works.tonnes_per_year" = 60000
[output]
series = ["production.*.*", "stock.home.vials", "unserved.*", "loss_usd.home.vials", "shortage.*.*", "stock_days.home.vials"]
[[charts]]
kind = "fan"
series = "shortage.home.vials"
[[charts]]
kind = "fan"
series = "loss_usd.home.vials"
[[charts]]
kind = "multiples"
series = "production.away.agent"
[[charts]]
kind = "distribution"
outcome = "total_loss.home.vials"
[[charts]]
kind = "scenarios"
outcome = "total_shortage.home.vials"
[[charts]]
kind = "stock"
outcome = "stock_needed.home.vials"
[[charts]]
kind = "dashboard"
"#;

const OWN: &str = "currency = \"EUR\"\nstages.vials.unit = \"vials\"\nstages.agent.unit = \"kg\"";

fn text(units: &str) -> String {
    CONFIG.replace("UNITS", units)
}

/// What users meet of a run, by name.
fn written(units: &str) -> BTreeMap<&'static str, String> {
    let run = run(&text(units), 300);
    let (study, summary) = (&run.study, &summarise(&run.study, &run.tallies));
    let sources = BTreeMap::new();
    let finding = finding::finding(study, summary);
    let (config_name, config_digest) = ("test.toml", "0123");
    let results = Results { study, summary, finding: &finding, config_name, config_digest, sources: &sources };
    let models = [&study.scenarios[0].model, &study.scenarios[1].model];
    let pairs = simulation::compare(models, 0..300, 1, &Progress::default()).expect("nobody stops it");
    let sides = ["as-is", "more"].map(|id| Side { config: "test".into(), scenario: id.into() });
    let compared = compare(models, &pairs, sides, None, 0.95);
    let model = models[0];
    let story = trial::story(model, "as-is", 3, &Engine::new(model).trial(3));
    let utf8 = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    [
        ("results.json", utf8(json::results(&results))),
        ("percentiles.csv", utf8(tables::percentiles(&results))),
        ("timeseries.csv", utf8(tables::timeseries(&results))),
        ("junit", utf8(expectations::junit(&results))),
        ("report", report::page(&results, &chart::pictures(&results))),
        ("markdown", terminal::markdown(&results)),
        ("finding", finding.clone()),
        ("compared", comparison::text(study, &compared)),
        ("compared.md", comparison::markdown(study, &compared)),
        ("difference.csv", utf8(comparison::csv(&compared))),
        ("replay", story.to_string()),
        ("replay.json", serde_json::to_string(&story).expect("JSON")),
    ]
    .into()
}

/// The words of a text; the names of keys are words of their own, digits part them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphabetic() && letter != '_').filter(|word| !word.is_empty())
}

#[test]
fn nothing_is_printed_in_tonnes_or_dollars_that_is_counted_otherwise() {
    let (usual, own) = (written(""), written(OWN));
    let foreign = |text: &str| -> Vec<String> {
        // A distribution has that name, the page spells out which unit takes the place of which, and its script has one-letter
        // names.
        let mut shown = text.split("<script").next().unwrap_or_default().to_string();
        for known in [
            "Student t",
            "Student&#39;s t",
            "Student's t",
            "Student\u{2019}s t",
            " read kg for tonnes",
            " read vials for tonnes",
            " Read EUR for USD",
        ] {
            shown = shown.replace(known, "");
        }
        let all: Vec<&str> = words(&shown).collect();
        let is_foreign = |word: &str| ["t", "kt", "Mt", "tonne", "tonnes", "USD"].contains(&word);
        let at = (0..all.len()).filter(|&at| is_foreign(all[at]));
        at.map(|at| all[at.saturating_sub(5)..(at + 3).min(all.len())].join(" ")).collect()
    };
    for (name, text) in &own {
        assert_eq!(foreign(text), Vec::<String>::new(), "{name}");
    }
    // The titles and axes of charts are among it.
    for words in ["thousand tonnes", "million USD", "a month"] {
        assert!(usual["report"].contains(words), "{words}");
    }
    for words in ["thousand vials", "kg a month", "million EUR"] {
        assert!(own["report"].contains(words), "{words}");
    }
    // They were there, and others are in their place.
    for name in [
        "results.json",
        "percentiles.csv",
        "timeseries.csv",
        "report",
        "markdown",
        "compared",
        "difference.csv",
        "replay",
    ] {
        assert!(!foreign(&usual[name]).is_empty(), "{name} has no unit to begin with");
        assert!(words(&own[name]).any(|word| word == "vials"), "{name}");
    }
    for name in ["results.json", "percentiles.csv", "report", "difference.csv", "replay"] {
        assert!(words(&own[name]).any(|word| word == "EUR"), "{name}");
    }
    assert!(own["timeseries.csv"].contains("kg/month") && own["timeseries.csv"].contains("EUR/month"));
    assert!(own["timeseries.csv"].contains("vials/month"));
    let sentence = "For agent, read kg for tonnes. For vials, read vials for tonnes. Read EUR for USD.";
    assert!(own["report"].contains(sentence));
    assert!(!usual["report"].contains("read vials"));
}

/// The tables of numbers differ in their units alone.
#[test]
fn the_numbers_are_the_same() {
    let (usual, own) = (written(""), written(OWN));
    for name in ["percentiles.csv", "timeseries.csv", "difference.csv"] {
        let rows = |text: &str| -> Vec<Vec<String>> {
            let rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).into_deserialize();
            rows.map(|row| row.expect("a row")).collect()
        };
        let (before, after) = (rows(&usual[name]), rows(&own[name]));
        assert_eq!(before.len(), after.len(), "{name}");
        let column = before[0].iter().position(|head| head == "unit").expect("a column");
        for (before, after) in before.iter().zip(&after) {
            let mut expected = before.clone();
            if expected[column] != after[column] {
                let product = if before.iter().any(|cell| cell.contains("agent") || cell.contains("research")) {
                    "kg"
                } else {
                    "vials"
                };
                expected[column] = match before[column].as_str() {
                    "t" => product.into(),
                    "t/month" => format!("{product}/month"),
                    "USD" => "EUR".into(),
                    "USD/month" => "EUR/month".into(),
                    unit => unit.into(),
                };
            }
            assert_eq!(expected, *after, "{name}");
        }
    }
    // Saying what is so anyway changes not a byte.
    let said = written("currency = \"USD\"\nstages.vials.unit = \"t\"\nstages.agent.unit = \"t\"");
    for name in ["results.json", "percentiles.csv", "timeseries.csv", "markdown", "finding", "compared", "replay"] {
        assert_eq!(said[name], usual[name], "{name}");
    }
}

#[test]
fn the_units_of_two_stages_are_told_apart() {
    let study = Study::from_text(&text(OWN)).expect("sound");
    let model = &study.scenarios[0].model;
    for (name, unit) in [
        ("production.home.agent", "kg/month"),
        ("production.home.vials", "vials/month"),
        ("unserved.research", "kg/month"),
        ("unserved.clinics", "vials/month"),
        ("stock.home.vials", "vials"),
        ("stock_days.home.vials", "days"),
        ("loss_usd.home.vials", "EUR/month"),
    ] {
        let spec = model.series.iter().find(|spec| spec.name == name).expect(name);
        assert_eq!(model.series_unit(spec).to_string(), unit, "{name}");
        assert_eq!(model.series_unit(spec).is_amount(), unit != "days");
    }
    for (name, unit) in [
        ("total_shortage.away.agent", "kg"),
        ("total_unserved.clinics", "vials"),
        ("total_loss.home.vials", "EUR"),
        ("worst_month.home.vials", "fraction"),
        ("milestone.calm", "months"),
    ] {
        let spec = model.outcomes.iter().find(|spec| spec.name == name).expect(name);
        assert_eq!(model.outcome_unit(spec).to_string(), unit, "{name}");
    }
    assert_ne!(model.series_unit(&model.series[0]), Unit::TonnesPerMonth);
}

/// Amounts in different units have no difference.
#[test]
fn amounts_in_different_units_are_not_compared() {
    let studies =
        [text(OWN), text("stages.vials.unit = \"vials\"")].map(|text| Study::from_text(&text).expect("sound"));
    let models = [&studies[0].scenarios[0].model, &studies[1].scenarios[0].model];
    let pairs = simulation::compare(models, 0..16, 1, &Progress::default()).expect("nobody stops it");
    let sides = ["a", "b"].map(|id| Side { config: id.into(), scenario: "as-is".into() });
    let compared = compare(models, &pairs, sides, None, 0.95);
    let has = |name: &str| compared.differences.iter().any(|difference| difference.name == name);
    assert!(has("total_shortage.home.vials") && has("worst_month.away.agent"));
    assert!(!has("total_shortage.away.agent") && !has("total_loss.home.vials"));
    assert!(compared.only_in_a.contains(&"total_shortage.away.agent in kg".to_string()), "{:?}", compared.only_in_a);
    assert!(compared.only_in_b.contains(&"total_shortage.away.agent in t".to_string()));
    assert!(compared.only_in_b.contains(&"total_loss.home.vials in USD".to_string()));
}

#[test]
fn names_of_units_are_checked() {
    let faults =
        |units: &str| Study::from_text(&text(units)).map_or_else(|faults| faults.to_string(), |_| String::new());
    for good in ["kg", "m³", "1000 pieces", "TWh", "EUR/2020", "€", "twelve chars"] {
        assert_eq!(faults(&format!("stages.vials.unit = \"{good}\"\ncurrency = \"{good}\"")), "");
    }
    for bad in ["", " kg", "kg ", "thirteen char", "a|b", "*", "a_b", "<b>", "a\\nb", "a\\tb", "a\\u0007"] {
        let found = faults(&format!("stages.vials.unit = \"{bad}\"\ncurrency = \"{bad}\""));
        assert_eq!(found.matches("the name of a unit has 1 to 12 letters").count(), 2, "{bad}: {found}");
        assert!(found.contains("as in `t`") && found.contains("as in `USD`"), "{found}");
    }
}

#[test]
fn units_are_the_same_in_all_scenarios() {
    let with = |set: &str| {
        text(OWN).replace("scenarios.as-is.title", &format!("scenarios.other.set = {{ {set} }}\nscenarios.as-is.title"))
    };
    let found = |set: &str| Study::from_text(&with(set)).map_or_else(|faults| faults.to_string(), |_| String::new());
    let why = "a scenario cannot change the unit of `agent`";
    for set in ["\"stages.agent.unit\" = \"g\"", "\"stages.agent\" = { title = \"Agent\" }"] {
        let found = found(set);
        assert!(found.contains(why) && found.contains("change it with `--set`"), "{found}");
        assert!(found.contains("1 fault\n"), "{found}");
    }
    assert_eq!(found("\"stages.agent.unit\" = \"kg\""), "");
    assert!(found("currency = \"GBP\"").contains("a scenario cannot change `currency`"));
    let mut document = Document::parse("config", &text(OWN)).expect("TOML");
    document.edit("stages.agent.unit=\"g\"").expect("it is there");
    document.edit("currency=\"GBP\"").expect("it is there");
    let model = &Study::new(&document).expect("sound").scenarios[0].model;
    assert_eq!(model.series_unit(&model.series[0]).to_string().len(), "g/month".len());
    assert_eq!(model.currency.map(|name| name.as_str().to_string()), Some("GBP".into()));
}
