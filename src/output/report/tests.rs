//! The page from small runs: nothing from a config becomes markup, and the figures are those of the tables.

use std::collections::BTreeMap;

use super::*;
use crate::output::{chart, small, tables};

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
    let (study, summary) = small::run(&CONFIG.replace("NAME", name), 80);
    let finding = finding::finding(&study, &summary);
    let sources = sources(b"id,title,url\nmade-up,x,https://example.org/a?b=1&c=2\nbad,x,javascript:alert(1)\n");
    let (config_name, config_digest) = ("<script>", "0123");
    let results =
        Results { study: &study, summary: &summary, finding: &finding, config_name, config_digest, sources: &sources };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let page = page(&results, &chart::pictures(&results));
    (page, text(tables::timeseries(&results)), text(tables::milestones(&results)))
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
    let same = |shown: &serde_json::Value, cell: &str| match shown.as_f64() {
        // serde_json reads the last digit as it likes; browsers do not.
        Some(number) => cell.parse::<f64>().is_ok_and(|cell| (cell - number).abs() <= 1e-14 * cell.abs()),
        None => cell.is_empty(),
    };
    let (fan, by_date) = (&data["charts"][0], &data["charts"][1]);
    let series = "shortage_fraction.far.part";
    let mut compared = 0;
    // The first scenario of the file is the one that charts show.
    let main: Vec<_> = rows(&timeseries).into_iter().filter(|row| row["scenario"] == "a").collect();
    for row in main.iter().filter(|row| row["series"] == series) {
        let month: usize = row["month"].parse().expect("a number");
        for (line, percent) in [95, 90, 75, 50, 25, 10, 5].into_iter().enumerate() {
            let line = &fan["lines"][line];
            assert!(same(&line["value"][month], &row[&format!("p{percent}")]), "{row:?}");
            assert!(same(&line["low"][month], &row[&format!("p{percent}_ci_low")]), "{row:?}");
            assert!(same(&line["high"][month], &row[&format!("p{percent}_ci_high")]), "{row:?}");
            compared += 1;
        }
    }
    for row in rows(&milestones) {
        let month: usize = row["month"].parse().expect("a number");
        let lines = by_date["lines"].as_array().expect("lines");
        let line = lines.iter().find(|line| line["main"] == (row["scenario"] == "a")).expect("a line a scenario");
        assert!(same(&line["value"][month], &row["probability"]), "{row:?}");
        assert!(same(&line["low"][month], &row["ci_low"]) && same(&line["high"][month], &row["ci_high"]), "{row:?}");
        compared += 1;
    }
    assert_eq!(compared, 7 * 36 + 2 * 37);
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
