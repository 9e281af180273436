//! The page from small runs: nothing from a config becomes markup, and the figures are those of the tables.

use std::collections::BTreeMap;

use super::*;
use crate::output::{finding, small, tables, words};
use crate::summary::Estimate;

const CONFIG: &str = r#"
title = "NAME"
start = "2025-11"
horizon_years = 3
[markets.far]
title = "NAME"
countries = ["NAME"]
[stages.part]
title = "NAME"
[projects.new]
country = "NAME"
stage = "part"
tonnes_per_year = { triangular = [50, 100, 150] } # NAME made-up
lead_months = { uniform = [1, 30] }
[demands.near]
market = "far"
stage = "part"
tonnes_per_year = 100
[milestones.free]
title = "NAME"
series = "shortage_fraction.far.part"
at_most = 0.1
[claims.soon]
title = "NAME"
who = "NAME"
source = "javascript:alert(1)"
milestone = "free"
within_months = 12
[expect.small]
statistic = "p95(total_shortage.far.part)"
at_most = 5000
[expect.soon]
statistic = "probability(claim.soon)"
at_least = 0.999
[scenarios.a]
title = "NAME"
description = "NAME"
[scenarios.other]
set = { "projects.*.lead_months" = 2 }
"#;

/// The page of that config with a name in it, and its two tables by month.
fn written(name: &str) -> (String, String, String) {
    let (page, _, timeseries, milestones) = all_written(name);
    (page, timeseries, milestones)
}

/// The same, with what a notebook shows behind the page.
fn all_written(name: &str) -> (String, String, String, String) {
    let (study, summary) = small::run(&CONFIG.replace("NAME", name), 80);
    let finding = finding::finding(&study, &summary);
    let sources = sources(b"id,title,url\nmade-up,x,https://example.org/a?b=1&c=2\nbad,x,javascript:alert(1)\n");
    let (config_name, config_digest) = ("<script>", "0123");
    let results =
        Results { study: &study, summary: &summary, finding: &finding, config_name, config_digest, sources: &sources };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let pictures = chart::pictures(&results);
    let (page, notebook) = (page(&results, &pictures), of_run(&results, &pictures));
    (page, notebook, text(tables::timeseries(&results)), text(tables::milestones(&results)))
}

#[test]
fn nothing_from_a_config_becomes_markup() {
    let (page, ..) = written("</script><script>x</script><img>'&");
    assert_eq!(page.matches("<script").count(), 2, "the data and the script of the page");
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && page.contains("&lt;script&gt;x&lt;/script&gt;&lt;img&gt;"));
    assert!(!page.contains("href=\"javascript:"));
    assert!(page.contains("href=\"https://example.org/a?b=1&amp;c=2\""), "ids of sources are links");
}

#[test]
fn a_notebook_shows_finding_chart_and_tables_and_nothing_of_a_config_is_markup() {
    let (_, notebook, ..) = all_written("</script><script>x</script><img>'&");
    assert!(!notebook.contains("<script") && notebook.matches("<img").count() == 1, "{notebook}");
    assert!(notebook.contains("&lt;/script&gt;&lt;script&gt;x&lt;/script&gt;&lt;img&gt;'&amp;"));
    let (_, notebook, ..) = all_written("plain");
    let (before, rest) = notebook.split_once("data:image/svg+xml;base64,").expect("a chart");
    let (chart, after) = rest.split_once('"').expect("its end");
    let chart = String::from_utf8(STANDARD.decode(chart).expect("base64")).expect("text");
    assert!(chart.starts_with("<svg") && before.contains("The claim"));
    assert!(after.matches("<table").count() >= 3 && after.contains("trials a scenario"), "{after}");
}

#[test]
fn nothing_is_loaded() {
    let (page, ..) = written("plain");
    for word in ["<img", "<link rel=\"stylesheet", "src=", "@import", "url(", "fetch(", "XMLHttpRequest", "<iframe"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
    let addresses = page.matches("http").count() - page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(addresses, 2, "the policy's `http-equiv` and the link of the source");
}

#[test]
fn the_figures_below_the_pointer_are_those_of_the_tables() {
    let (page, timeseries, milestones) = written("plain");
    let json = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
    let data: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let rows = |text: &str| -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
    };
    let number = |row: &BTreeMap<String, String>, key: &str| row[key].parse::<f64>().ok();
    let estimate = |row: &BTreeMap<String, String>, keys: [&str; 3]| {
        let [value, low, high] = keys.map(|key| number(row, key));
        Estimate { value, low, high, ..Estimate::default() }
    };
    let shown = |line: &serde_json::Value, month: usize| {
        let place = line["texts"][month].as_u64().expect("a place among the texts") as usize;
        data["texts"][place].as_str().expect("text").to_string()
    };
    let lines = |chart: &str| {
        let charts = data["charts"].as_array().expect("charts");
        let chart = charts.iter().find(|one| one["name"] == chart).expect(chart);
        chart["panels"][0]["lines"].as_array().expect("lines").clone()
    };
    let month = |row: &BTreeMap<String, String>| row["month"].parse::<usize>().expect("a number");
    let mut compared = 0;
    // The fan of each scenario.
    for row in rows(&timeseries).iter().filter(|row| row["series"] == "shortage_fraction.far.part") {
        let lines = lines(&format!("coverage-fan.{}", row["scenario"]));
        for (line, percent) in lines.iter().zip([95, 90, 75, 50, 25, 10, 5]) {
            let [value, low, high] =
                [format!("p{percent}"), format!("p{percent}_ci_low"), format!("p{percent}_ci_high")];
            let expected = words::with_interval(&estimate(row, [&value, &low, &high]), words::Number::Share);
            assert_eq!(shown(line, month(row)), expected, "{row:?}");
            compared += 1;
        }
    }
    for row in rows(&milestones) {
        let lines = lines("milestone-probability");
        // The scenario that comes first is the main one.
        let line = lines.iter().find(|line| line["main"] == (row["scenario"] == "a")).expect("a line a scenario");
        let expected = words::probability(&estimate(&row, ["probability", "ci_low", "ci_high"]));
        assert_eq!(shown(line, month(&row)), expected, "{row:?}");
        compared += 1;
    }
    assert_eq!(compared, 2 * 7 * 36 + 2 * 37);
}

/// The finding is the headline: its first two sentences, and the chart that comes first stands below it.
#[test]
fn the_finding_is_the_headline() {
    let (study, summary) = small::run(&CONFIG.replace("NAME", "plain"), 20);
    let (sources, config_name, config_digest) = (BTreeMap::new(), "a", "b");
    let finding = "First.\nSecond.\nThird.";
    let results = Results { study: &study, summary: &summary, finding, config_name, config_digest, sources: &sources };
    let page = page(&results, &chart::pictures(&results));
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(at(">First. Second.</h1>") < at("<figure id=\"chart-coverage-fan\""));
    assert!(at("<figure id=\"chart-coverage-fan\"") < at("<p>Third.</p>"));
    assert!(at("<p>Third.</p>") < at("id=\"claims\""));
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(page.matches("<figure id=\"chart-coverage-fan\"").count(), 1, "it is shown once");
}

/// A row a claim, a column a scenario; every cell has its verdict, and its interval for whoever asks.
#[test]
fn claims_are_a_matrix() {
    let (study, summary) = small::run(&CONFIG.replace("NAME", "plain"), 80);
    let (sources, config_name, config_digest) = (BTreeMap::new(), "a", "b");
    let results =
        Results { study: &study, summary: &summary, finding: "", config_name, config_digest, sources: &sources };
    let section = claims::section(&results).into_string();
    assert_eq!(section.matches("<td").count(), 2, "one claim in two scenarios: {section}");
    for case in &summary.scenarios {
        let claim = &case.claims[0];
        let told = text::held(&format!("{} in {} of 80 futures", claim.says, words::probability(&claim.probability)));
        assert!(section.contains(&told), "{told} is missing from {section}");
        assert!(section.contains(&format!("<span class=\"verdict {0}\">{0}</span>", claim.verdict.word())));
    }
}

/// Whatever is drawn can be read as a table, and pointed at.
#[test]
fn every_chart_has_its_figures() {
    let (page, ..) = written("plain");
    let figures: Vec<&str> = page.split("<div class=\"drawing\"").skip(1).collect();
    assert!(figures.len() >= 6, "{}", figures.len());
    for figure in figures {
        let figure = figure.split("<div class=\"drawing\"").next().unwrap_or_default();
        assert!(figure.contains("<table class=\"figures\""), "{figure}");
    }
    let json = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
    let data: serde_json::Value = serde_json::from_str(json).expect("JSON");
    for chart in data["charts"].as_array().expect("charts") {
        let of = |key: &str| chart["wide"][key].as_array().map_or(0, Vec::len);
        assert!(of("plots") + of("spots") > 0, "{}", chart["name"]);
        assert_eq!(of("plots"), chart["panels"].as_array().map_or(0, Vec::len), "{}", chart["name"]);
    }
}

#[test]
fn comments_and_defaults_stand_beside_the_inputs() {
    let (page, ..) = written("plain");
    for text in ["triangular 50, 100, 150", "plain <a href", "success_probability", "default"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn expectations_are_told_with_their_result() {
    let (page, ..) = written("plain");
    let section = page.split("id=\"expectations\"").nth(1).and_then(|rest| rest.split("</section>").next());
    let section = section.expect("the section is there");
    for text in [
        "<code>p95(total_shortage.far.part)</code> at most 5000",
        "verdict supported\">met",
        "<code>probability(claim.soon)</code> at least 0.999",
        "verdict refuted\">refuted",
        "verdict: refuted (exit 10)",
    ] {
        assert!(section.contains(text), "{text} is missing from {section}");
    }
    assert_eq!(section.matches(" to ").count(), 2, "an interval each: {section}");
}

/// Each date of a path stands in a row of its own, with what the file says beside it.
#[test]
fn the_dates_of_a_path_are_inputs_of_their_own() {
    let path = "[demands.more]\nmarket = \"far\"\nstage = \"part\"\n\
                tonnes_per_year.by_date.2025-01 = 40 # census\ntonnes_per_year.by_date.2030-01 = { uniform = [50, 60] } # outlook\n";
    let (study, summary) = small::run(&format!("{}{path}", CONFIG.replace("NAME", "plain")), 20);
    let (finding, sources) = (finding::finding(&study, &summary), BTreeMap::new());
    let (config_name, config_digest) = ("a", "b");
    let results =
        Results { study: &study, summary: &summary, finding: &finding, config_name, config_digest, sources: &sources };
    let page = inputs::section(&results).into_string();
    for cells in [
        ["tonnes_per_year.by_date.2025-01", "40", "census"],
        ["tonnes_per_year.by_date.2030-01", "uniform 50, 60", "outlook"],
    ] {
        let [key, value, note] = cells;
        let row = format!("<td>{key}</td><td class=\"value\">{value}</td><td class=\"source\">{note}</td>");
        assert!(page.contains(&row), "{row}\n{page}");
    }
    assert!(page.contains("tonnes_per_year.times"));
}
