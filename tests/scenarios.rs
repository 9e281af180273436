//! Scenarios that have what others lack: figures stand under the name that they belong to, wherever they are printed.

use std::collections::BTreeMap;
use std::path::Path;

use shortfall::output::{Results, chart, json, report, terminal};
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary::{self, Summary};

/// What is easy is reached at once in every trial, what is hard in none. `first` has two claims, one of each; `more` has
/// another, whose name comes before theirs, a milestone, a product and its users; `fewer` has only the last.
const CONFIG: &str = r#"
title = "test"
start = "2026-01"
horizon_years = 2
markets.all.countries = ["Everywhere"]
stages.metal = {}
capacities.plant = { country = "Everywhere", stage = "metal", tonnes_per_year = 1200 }
demands.users = { market = "all", stage = "metal", tonnes_per_year = 1000 }

[milestones]
easy = { series = "shortage_fraction.all.metal", at_most = 0 }
hard = { series = "shortage_fraction.all.metal", at_least = 0.5 }

[claims]
c-easy = { who = "Ms C", milestone = "easy", within_months = 12 }
d-hard = { who = "Mr D", milestone = "hard", within_months = 12 }

[scenarios.first]
[scenarios.more.set]
"claims.a-hard" = { title = "soon", who = "Mr A", source = "https://example.org/a", milestone = "hard", within_months = 6 }
"milestones.another" = { title = "Another", series = "production.all.metal", at_least = 1 }
"demands.others" = { market = "all", stage = "oxide", tonnes_per_year = 12 }
"stages.oxide" = {}
[scenarios.fewer.set]
claims = { d-hard = { who = "Mr D", milestone = "hard", within_months = 18 } }

[output]
scenario = "first"
milestone = "easy"
"#;

fn simulated(text: &str) -> (Study, Summary) {
    let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"));
    let tallies = simulation::run(&study.models(), 64, 1, &Progress::default()).expect("nobody stops it");
    let summary = summary::summarise(&study, &tallies);
    (study, summary)
}

fn written<T>((study, summary): &(Study, Summary), write: impl Fn(&Results<'_>) -> T) -> T {
    let sources = BTreeMap::new();
    let (finding, config_name, config_digest) = ("", "test.toml", "0123");
    write(&Results { study, summary, finding, config_name, config_digest, sources: &sources })
}

/// Claim, scenario and verdict of every row of the table, in its order.
fn rows(markdown: &str) -> Vec<(String, String, String)> {
    let table = markdown.split("\n**").find(|table| table.starts_with("Claims")).expect("there are claims");
    let mut claim = String::new();
    let mut found = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ")).skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, scenario, _, verdict] = cells[..] else { panic!("{line}") };
        let name = name.split("<br>").next().unwrap_or_default();
        // Who said it stands below the claim.
        if !name.is_empty() && !name.starts_with('M') {
            claim = name.replace('\\', "");
        }
        found.push((claim.clone(), scenario.into(), verdict.into()));
    }
    found
}

#[test]
fn a_claim_stands_beside_its_own_probability() {
    let run = simulated(CONFIG);
    let found = rows(&written(&run, terminal::markdown));
    let expected = [
        ("c-easy", "first", "supported"),
        ("c-easy", "more", "supported"),
        ("d-hard", "first", "refuted"),
        // What is claimed there is another date.
        ("d-hard", "fewer<br>hard reached within<br>18 months", "refuted"),
        ("d-hard", "more", "refuted"),
        ("soon", "more", "refuted"),
    ];
    assert_eq!(found, expected.map(|(claim, scenario, verdict)| (claim.into(), scenario.into(), verdict.into())));
    let text = written(&run, |results| terminal::report(results, Path::new("out"), false));
    let line = |scenario: &str, claim: &str| {
        let from = text.lines().skip_while(|line| !line.starts_with(claim));
        from.take(3)
            .find(|line| line.contains(scenario))
            .map_or("", |line| line.split_whitespace().last().unwrap_or(""))
    };
    assert_eq!(
        [line("first", "c-easy"), line("more", "c-easy"), line("more", "soon")],
        ["supported", "supported", "refuted"]
    );

    let page = written(&run, |results| report::page(results, &chart::pictures(results)));
    let part =
        |begin: &str, end: &str| page.split(begin).nth(1).and_then(|rest| rest.split(end).next()).expect("there");
    let table = part("<table class=\"figures matrix\"", "</table>");
    // A row a claim, after that of the names; what was said stands below.
    let rows: Vec<&str> = table.split("<tr>").skip(2).collect();
    let said: Vec<&str> = part("<dl class=\"sayings\">", "</dl>").split("<dt>").skip(1).collect();
    assert_eq!((rows.len(), said.len()), (3, 3), "{table}");
    for ((body, said), (claim, who, scenarios, verdict)) in rows.iter().zip(said).zip([
        ("c-easy", "Ms C", 2, "supported"),
        ("d-hard", "Mr D", 3, "refuted"),
        ("soon", "Mr A", 1, "refuted"),
    ]) {
        assert!(body.contains(claim) && body.contains(who) && said.contains(who), "{body}");
        assert_eq!(body.matches("class=\"none\"").count(), 3 - scenarios, "{body}");
        assert_eq!(body.matches(&format!("verdict {verdict}")).count(), scenarios, "{body}");
        assert_eq!(said.contains("https://example.org/a"), claim == "soon", "{said}");
    }

    let file: serde_json::Value = serde_json::from_slice(&written(&run, json::results)).expect("JSON");
    let of = |scenario: usize, key: &str| -> Vec<String> {
        let claims = file["scenarios"][scenario]["claims"].as_array().expect("a list");
        claims.iter().map(|claim| claim[key].as_str().expect("text").into()).collect()
    };
    assert_eq!(of(2, "id"), ["a-hard", "c-easy", "d-hard"]);
    assert_eq!(of(2, "who"), ["Mr A", "Ms C", "Mr D"]);
    assert_eq!(of(2, "verdict"), ["refuted", "supported", "refuted"]);
    assert_eq!((of(0, "id"), of(1, "id")), (vec!["c-easy".into(), "d-hard".into()], vec!["d-hard".to_string()]));
}

/// Milestones and outcomes that the scenario which comes first has not.
#[test]
fn what_only_another_scenario_has_is_shown_too() {
    let run = simulated(CONFIG);
    let text = written(&run, |results| terminal::report(results, Path::new("out"), false));
    let after = text.split("When: Another").nth(1).unwrap_or_else(|| panic!("{text}"));
    let table: Vec<&str> = after.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    assert!(table.iter().any(|line| line.starts_with("more ")), "{text}");
    assert!(!table.iter().any(|line| line.starts_with("first ")), "{text}");
    let page = written(&run, |results| report::page(results, &chart::pictures(results)));
    for name in ["milestone.another", "total_shortage.all.oxide"] {
        assert_eq!(page.matches(&format!("<code>{name}</code>")).count(), 1, "{name}");
    }
}

#[test]
fn a_run_may_wait_for_the_claims_of_a_scenario() {
    let (base, scenarios) = CONFIG.split_once("[claims]").expect("there are claims");
    let scenarios = scenarios.split_once("[scenarios.first]").expect("there are scenarios").1;
    let text = format!("{base}[claims]\n[scenarios.first]{scenarios}")
        .replace("title = \"test\"", "title = \"test\"\nrun.until = \"verdict\"");
    assert!(simulated(&text).1.stopped.is_some_and(|stopped| stopped.reached));
}

/// A stock is refilled by another rule in scenarios in which the market has a stockpile: every table says by which.
#[test]
fn tables_say_how_the_needed_stock_is_refilled_in_which_scenario() {
    let stockpile = r#"{ market = "all", stage = "metal", target_days = 10, initial_days = 10 }"#;
    let here = "smallest stock, full at the start and refilled by the rule of the market's stockpile, that would have left no shortage";
    let elsewhere = "smallest stock, full at the start and refilled from whatever is unsold that the market may buy, that would have \
                     left no shortage";
    let plain = CONFIG.to_string();
    let in_all = format!("{CONFIG}[stockpiles]\nown = {stockpile}\n");
    let in_one = CONFIG
        .replace("[scenarios.more.set]", &format!("[scenarios.more.set]\n\"stockpiles\" = {{ own = {stockpile} }}"));
    for (text, first, more) in [(plain, elsewhere, None), (in_all, here, None), (in_one, elsewhere, Some(here))] {
        let found = simulated(&text);
        let table = written(&found, |results| terminal::markdown(results).replace('\\', ""));
        let report = written(&found, |results| report::page(results, &[]).replace("&#39;", "'"));
        let file = written(&found, |results| String::from_utf8(json::results(results)).expect("text"));
        for told in [&table, &report] {
            assert!(told.contains(&format!("stock_needed.all.metal (t): {first}")) || told.contains(first), "{told}");
            let others: Vec<&str> = told.split("In more: ").skip(1).collect();
            assert_eq!(others.len(), usize::from(more.is_some()), "{told}");
            assert!(others.iter().zip(more).all(|(other, more)| other.starts_with(more)), "{told}");
        }
        assert!(file.contains(first) && more.is_none_or(|more| file.contains(more)), "{file}");
    }
}

/// The caption of the stock chart too, which shows the main scenario.
#[test]
fn the_stock_chart_says_how_its_stock_is_refilled() {
    let chart = "[[charts]]\nkind = \"stock\"\n[disruptions.stop]\nkind = \"outage\"\nhits = [\"plant\"]\nrate_per_year = 1\n\
                 duration_months = 2\n";
    let stock = "[stockpiles.own]\nmarket = \"all\"\nstage = \"metal\"\ntarget_days = 10\ninitial_days = 10\n";
    for (text, says) in [
        (
            format!("{CONFIG}{chart}"),
            "full at the start and refilled from whatever is unsold that the market may buy. Shaded",
        ),
        (
            format!("{CONFIG}{chart}{stock}"),
            "full at the start and refilled by the rule of the market\u{2019}s stockpile, whose place it takes: at 0 there is no \
             stock at all. Shaded",
        ),
    ] {
        let pictures = written(&simulated(&text), chart::pictures);
        assert_eq!(pictures.len(), 1);
        assert!(pictures[0].subtitle().contains(says), "{}", pictures[0].subtitle());
    }
}
