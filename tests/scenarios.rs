//! Scenarios that have what others lack: figures stand under the name that they belong to, wherever they are printed.

use std::collections::BTreeMap;
use std::path::Path;

use shortfall::output::terminal::{Detail, Screen};
use shortfall::output::{Results, chart, config_as_run, json, report, tables, terminal};
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
    let mut found = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ")).skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, scenario, _, verdict] = cells[..] else { panic!("{line}") };
        found.push((name.replace('\\', ""), scenario.into(), verdict.into()));
    }
    found
}

#[test]
fn a_claim_stands_beside_its_own_probability() {
    let run = simulated(CONFIG);
    let found = rows(&written(&run, terminal::markdown));
    let expected = [
        ("c-easy (Ms C)", "first", "supported"),
        ("c-easy (Ms C)", "more", "supported"),
        ("d-hard (Mr D)", "first", "refuted"),
        ("d-hard (Mr D)", "more", "refuted"),
        // What is claimed there is another date.
        ("d-hard (Mr D)", "fewer: hard reached within 18 months", "refuted"),
        ("soon (Mr A)", "more", "refuted"),
    ];
    assert_eq!(found, expected.map(|(claim, scenario, verdict)| (claim.into(), scenario.into(), verdict.into())));
    let text = written(&run, |results| terminal::report(results, Path::new("out"), Screen::USUAL, Detail::Full));
    let line = |scenario: &str, claim: &str| {
        let row = text.lines().find(|line| line.starts_with(claim) && line.contains(scenario));
        row.map_or("", |line| line.split_whitespace().last().unwrap_or(""))
    };
    assert_eq!(
        [line("first", "c-easy"), line("more", "c-easy"), line("more", "soon")],
        ["supported", "supported", "refuted"]
    );

    let page = written(&run, |results| report::page(results, &chart::pictures(results)));
    let matrix = page.split("data-name=\"Probability of the claim\"").nth(1);
    let matrix = matrix.and_then(|rest| rest.split("</table>").next()).expect("there");
    let rows: Vec<&str> = matrix.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), 3, "{matrix}");
    // Which scenario has which claim, in the order of the file.
    for (row, (claim, who, verdicts)) in rows.iter().zip([
        ("c-easy", "Ms C", ["supported", "supported", "none"]),
        ("d-hard", "Mr D", ["refuted", "refuted", "refuted"]),
        ("soon", "Mr A", ["none", "refuted", "none"]),
    ]) {
        assert!(row.contains(claim) && row.contains(who), "{row}");
        let found: Vec<&str> =
            row.split("<td class=\"").skip(1).map(|cell| cell.split('"').next().unwrap_or("")).collect();
        assert_eq!(found, verdicts, "{row}");
    }
    assert!(page.contains("https://example.org/a"));

    let file: serde_json::Value = serde_json::from_slice(&written(&run, json::results)).expect("JSON");
    let of = |scenario: usize, key: &str| -> Vec<String> {
        let claims = file["scenarios"][scenario]["claims"].as_array().expect("a list");
        claims.iter().map(|claim| claim[key].as_str().expect("text").into()).collect()
    };
    assert_eq!(of(1, "id"), ["c-easy", "d-hard", "a-hard"]);
    assert_eq!(of(1, "who"), ["Ms C", "Mr D", "Mr A"]);
    assert_eq!(of(1, "verdict"), ["supported", "refuted", "refuted"]);
    assert_eq!((of(0, "id"), of(2, "id")), (vec!["c-easy".into(), "d-hard".into()], vec!["d-hard".to_string()]));
}

/// Milestones and outcomes that the scenario which comes first has not.
#[test]
fn what_only_another_scenario_has_is_shown_too() {
    let run = simulated(CONFIG);
    let text = written(&run, |results| terminal::report(results, Path::new("out"), Screen::USUAL, Detail::Full));
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

/// What stands in a column, each name once where it follows itself.
fn column(csv: &[u8], name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv);
    let place = reader.headers().expect("a header").iter().position(|column| column == name).expect("the column");
    let mut found: Vec<String> = reader.records().map(|row| row.expect("a row")[place].to_string()).collect();
    found.dedup();
    found
}

/// Names that the alphabet would put in another order.
#[test]
fn everything_stands_in_the_order_of_the_file_the_main_scenario_first() {
    let renamed = |text: &str| {
        let names =
            [("c-easy", "zebra"), ("d-hard", "ant"), ("easy", "lion"), ("hard", "bear"), ("\"first\"", "\"more\"")];
        names.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
    };
    let text = renamed(CONFIG)
        + "[expect]\nz = { statistic = \"never(milestone.bear)\", at_least = 0 }\n\
                                  b = { statistic = \"never(milestone.lion)\", at_least = 0 }\n";
    let read = simulated(&text);
    let built = Study::from_config(read.0.config().clone()).unwrap_or_else(|faults| panic!("{faults}"));
    let again = simulated(&config_as_run(&read.0));
    assert_eq!(built.scenario_ids().collect::<Vec<_>>(), ["more", "first", "fewer"]);
    assert_eq!(config_as_run(&again.0), config_as_run(&read.0));
    for run in [&read, &again] {
        let claims = written(run, tables::claims);
        assert_eq!(column(&claims, "claim"), ["zebra", "ant", "a-bear", "zebra", "ant"]);
        assert_eq!(column(&claims, "scenario"), ["more", "first", "fewer"]);
        let dates = column(&written(run, tables::percentiles), "output").into_iter();
        let dates: Vec<String> = dates.filter(|name| name.starts_with("milestone.")).take(3).collect();
        assert_eq!(dates, ["milestone.lion", "milestone.bear", "milestone.another"]);
        let expected: Vec<&str> = run.1.expectations.iter().map(|expected| expected.id.as_str()).collect();
        assert_eq!(expected, ["z", "b"]);
        assert_eq!(written(run, json::results), written(&read, json::results));
    }
}

/// Users of most lack nothing; those of little do.
#[test]
fn it_is_told_which_outcome_was_chosen_to_be_shown_first() {
    let more = "markets.far.countries = ['Nowhere']\ndemands.far = { market = 'far', stage = 'metal', tonnes_per_year = 500 }\n";
    let text = format!("{more}{}", CONFIG.split("[milestones]").next().unwrap_or_default());
    for (named, chosen, notes) in
        [("", "total_shortage.far.metal", 1), ("output.outcome = 'worst_month.all.metal'", "worst_month.all.metal", 0)]
    {
        let run = simulated(&format!("{named}\n{text}"));
        let file: serde_json::Value = serde_json::from_slice(&written(&run, json::results)).expect("JSON");
        assert_eq!(file["main_outcome"]["name"], chosen);
        let printed = written(&run, |results| terminal::report(results, Path::new("out"), Screen::USUAL, Detail::Full))
            .replace('\n', " ");
        let page = written(&run, |results| report::page(results, &chart::pictures(results)));
        let note = format!("Of 2 total shortages, {chosen} is shown first");
        for text in [&printed, &written(&run, terminal::markdown).replace('\\', ""), &page] {
            assert_eq!(text.matches(&note).count(), notes, "{text}");
            assert_eq!(text.contains("--set 'output.outcome="), notes > 0, "{text}");
        }
    }
}

#[test]
fn every_percentile_asked_for_is_shown_and_the_median_always() {
    let asked = |list: &str| {
        let run = simulated(&format!("run.percentiles = {list}\n{CONFIG}"));
        let csv = written(&run, tables::percentiles);
        let file: serde_json::Value = serde_json::from_slice(&written(&run, json::results)).expect("JSON");
        let outcome = file["scenarios"][0]["outcomes"][0]["percentiles"].as_array().expect("a list").clone();
        let outcome: Vec<String> =
            outcome.iter().map(|one| one["percent"].as_f64().expect("a number").to_string()).collect();
        let printed = written(&run, |results| terminal::report(results, Path::new("out"), Screen::USUAL, Detail::Full));
        let widest = printed.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= 80, "{printed}");
        let table = printed.split("\ntotal_shortage.all.metal").skip(1).flat_map(str::split_whitespace);
        let shown = table.take_while(|word| !word.starts_with("worst_month"));
        let mut shown: Vec<String> =
            shown.filter_map(|word| Some(word.strip_prefix('P')?.parse::<f64>().ok()?.to_string())).collect();
        shown.dedup();
        let mut listed: Vec<String> = column(&csv, "percentile").into_iter().filter(|cell| !cell.is_empty()).collect();
        listed.truncate(outcome.len());
        assert_eq!(listed, outcome);
        let page = written(&run, |results| report::page(results, &chart::pictures(results)));
        assert!(page.contains("Median date: easy") && page.contains("of futures from"), "{list}");
        (outcome, shown)
    };
    let (reported, shown) = asked("[99, 1, 37.5, 2, 3]");
    assert_eq!(reported, ["1", "2", "3", "37.5", "50", "99"]);
    assert_eq!(shown, reported);
    let (reported, shown) = asked("[90]");
    assert_eq!((reported.join(" "), shown.join(" ")), ("50 90".into(), "50 90".into()));
    // The seven that nobody asked for are in the files.
    let (reported, shown) = asked("[5, 10, 25, 50, 75, 90, 95]");
    assert_eq!((reported.len(), shown.join(" ")), (7, "5 50 95".into()));
}
