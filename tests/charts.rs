//! `[[charts]]` as its users meet it: which charts come, what they are called, what is wrong with them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program on the quickstart example with these charts.
fn shortfall(folder: &Path, charts: &str, arguments: &[&str]) -> Output {
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/quickstart.toml");
    let text = fs::read_to_string(quickstart).expect("the config is there");
    fs::write(folder.join("my.toml"), format!("{text}\n{charts}")).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command.args(arguments).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    command.output().expect("the program starts")
}

const CHOSEN: &str = r#"
[[charts]]
kind = "fan"
series = "share.Importland.metal"
scenario = "as-planned"
title = "<b>Home & \"away\"</b>: a title of our own that goes on and on, so that it takes more than the one line it has"
file = "home"

[[charts]]
kind = "milestone"
scenarios = ["as-planned"]

[[charts]]
kind = "fan"

[[charts]]
kind = "fan"
series = "production.importer.metal"

[[charts]]
kind = "scenarios"
outcome = "worst_month.importer.metal"

[[charts]]
kind = "dashboard"
"#;

fn read(path: &Path) -> String {
    String::from_utf8(fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"))).expect("text")
}

#[test]
fn a_config_chooses_and_titles_its_charts() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = ["run", "my.toml", "-n", "200", "--svg", "-q", "-o"];
    let out = shortfall(folder.path(), CHOSEN, &[&run[..], &["chosen"]].concat());
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    let at = |name: &str| folder.path().join(name);
    let mut names: Vec<String> = fs::read_dir(at("chosen/charts"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".png"))
        .collect();
    names.sort();
    assert_eq!(names, ["dashboard.png", "fan-2.png", "fan.png", "home.png", "milestone.png", "scenarios.png"]);
    let (home, report) = (read(&at("chosen/charts/home.svg")), read(&at("chosen/report.html")));
    for text in [&home, &report] {
        assert!(text.contains("&lt;b&gt;Home &amp;") && !text.contains("<b>Home"), "escaped");
    }
    let order = ["home", "milestone", "fan", "fan-2", "scenarios", "dashboard"];
    let places: Vec<usize> =
        order.iter().map(|name| report.find(&format!("id=\"chart-{name}\"")).expect("on the page")).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(home.contains("\u{2018}as-planned\u{2019}"), "the scenario of a chart is told");
    let milestone = read(&at("chosen/charts/milestone.svg"));
    assert!(milestone.contains("as-planned") && !milestone.contains("evidence"));
    assert!(read(&at("chosen/charts/scenarios.svg")).contains("worst month"));
    // The config as run draws the same again.
    fs::copy(at("chosen/config.toml"), at("again.toml")).expect("copied");
    let again = ["run", "again.toml", "-n", "200", "--svg", "-q", "-o", "again"];
    assert!(shortfall(folder.path(), "", &again).status.success());
    for name in names.iter().map(|name| name.replace(".png", ".svg")) {
        assert_eq!(read(&at("chosen/charts").join(&name)), read(&at("again/charts").join(&name)), "{name}");
    }
}

#[test]
fn charts_change_no_number() {
    let folder = tempfile::tempdir().expect("a folder");
    for (charts, name) in [("", "plain"), (CHOSEN, "chosen")] {
        let out = shortfall(folder.path(), charts, &["run", "my.toml", "-n", "300", "-q", "--no-charts", "-o", name]);
        assert!(out.status.success());
    }
    let both = |name: &str| ["plain", "chosen"].map(|run| read(&folder.path().join(run).join(name)));
    for name in ["percentiles.csv", "milestones.csv", "claims.csv"] {
        let [plain, chosen] = both(name);
        assert_eq!(plain, chosen, "{name}");
    }
    let [plain, chosen] = both("timeseries.csv");
    let added = ["share.Importland.metal", "production.importer.metal"];
    let is_added = |line: &&str| added.iter().any(|series| line.contains(series));
    let kept: Vec<&str> = chosen.lines().filter(|line| !is_added(line)).collect();
    assert_eq!(kept, plain.lines().collect::<Vec<_>>());
    // Two series in two scenarios over ten years.
    assert_eq!(chosen.lines().filter(is_added).count(), 2 * 2 * 120);
}

#[test]
fn faults_of_charts_come_all_at_once_with_place_and_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let entries = [
        ("kind = \"fna\"", "did you mean `fan`?"),
        ("title = \"no kind\"", "the key `kind` is missing here"),
        ("kind = \"fan\"\ntitel = \"x\"", "did you mean `title`?"),
        ("kind = \"fan\"\ntitle = 5", "invalid type: integer `5`, expected a string"),
        ("kind = \"fan\"\nseries = \"production.importer.metall\"", "did you mean `metal`?"),
        ("kind = \"fan\"\nseries = \"production.*.metal\"", "no `*` here"),
        ("kind = \"fan\"\nseries = \"prodution.importer.metal\"", "did you mean `production`?"),
        ("kind = \"fan\"\noutcome = \"worst_month.importer.metal\"", "a `fan` chart has no `outcome`"),
        ("kind = \"fan\"\nscenarios = [\"evidence\"]", "did you mean `scenario`?"),
        ("kind = \"fan\"\nscenario = \"evidense\"", "did you mean `evidence`?"),
        ("kind = \"fan\"\nfile = \"../up\"", "the name of a file is a letter followed by"),
        ("kind = \"fan\"\nfile = \"same\"", ""),
        ("kind = \"fan\"\nfile = \"same\"", "another chart is written to the file `same`"),
        ("kind = \"raster\"\nseries = \"shortage.importer.metal\"", "shows a `shortage_fraction`"),
        ("kind = \"milestone\"\nmilestone = \"independend\"", "did you mean `independent`?"),
        ("kind = \"milestone\"\nscenarios = [\"as-planned\", \"as-planed\"]", "there is no scenario `as-planed`"),
        ("kind = \"milestone\"\nscenarios = [\"evidence\", \"evidence\"]", "is named twice"),
        ("kind = \"multiples\"\nscenarios = [\"evidence\"]", "shows two or more scenarios"),
        (
            "kind = \"distribution\"\noutcome = \"worst_mont.importer.metal\"",
            "did you mean `worst_month.importer.metal`?",
        ),
        ("kind = \"stock\"\noutcome = \"worst_month.importer.metal\"", "there is no outcome `stock_needed`"),
        ("kind = \"pipeline\"\nstage = \"metall\"", "there is no stage `metall`"),
        ("kind = \"pipeline\"\nseries = \"x.y.z\"", "it takes: stage, scenario, title, file"),
    ];
    let charts: String = entries.iter().map(|(entry, _)| format!("[[charts]]\n{entry}\n")).collect();
    let charts = format!("{charts}title = \"{}\"\n", "x".repeat(201));
    let out = shortfall(folder.path(), &charts, &["check", "my.toml"]);
    let message = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(3), "{message}");
    for part in entries.iter().map(|(_, part)| *part).chain(["at most 200 characters", "my.toml:"]) {
        assert!(message.contains(part), "{part} is missing from\n{message}");
    }
    // Each fault once, each with a place of its own in the file.
    let places: Vec<&str> = message.lines().filter(|line| line.trim_start().starts_with("--> ")).collect();
    let mut distinct = places.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), places.len(), "{message}");
    let changed = "[[charts]]\nkind = \"fan\"\n[scenarios.more.set]\n\"charts.0.title\" = \"x\"";
    let out = shortfall(folder.path(), changed, &["check", "my.toml"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("a scenario cannot change `charts`"));
}

#[test]
fn a_chart_without_anything_to_show_is_told_and_check_names_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let charts = "[[charts]]\nkind = \"multiples\"\n[[charts]]\nkind = \"fan\"\n[[charts]]\nkind = \"fan\"\n";
    let narrow = ["run", "my.toml", "-n", "20", "-q", "--scenario", "evidence", "-o", "out"];
    let out = shortfall(folder.path(), charts, &narrow);
    let message = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && message.contains("note: the chart `multiples` is not drawn"), "{message}");
    assert!(read(&folder.path().join("out/report.html")).contains("<code>multiples</code> is asked for"));
    let out = shortfall(folder.path(), charts, &["check", "my.toml"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("charts: multiples, fan, fan-2"));
    let out = shortfall(folder.path(), "", &["schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(schema["properties"]["charts"]["type"], "array");
    assert!(schema["$defs"]["ChartKind"].to_string().contains("\"raster\""));
}

const HISTORY: &str = "[history.\"share.Importland.metal\"]\nfile = \"data/seen.csv\"\n\
                       [[charts]]\nkind = \"fan\"\nseries = \"share.Importland.metal\"\n";

/// Observed points come from a file beside the config; the config as run has them in it, and draws the same without the file.
#[test]
fn a_history_is_read_from_a_file_and_frozen_into_the_config() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("a folder");
    let table = "month,value,source\n2024-01,0.09,a survey\n2025-01,0.1,\n";
    fs::write(folder.path().join("data/seen.csv"), table).expect("written");
    let run = ["run", "my.toml", "-n", "60", "--svg", "-q", "-o", "first"];
    let out = shortfall(folder.path(), HISTORY, &run);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let first = folder.path().join("first");
    assert!(read(&first.join("charts/fan.svg")).contains("observed (a survey)"));
    let frozen = read(&first.join("config.toml"));
    assert!(frozen.contains("2024-01") && !frozen.contains("seen.csv"), "{frozen}");
    let again = ["run", "config.toml", "-n", "60", "--svg", "-q", "-o", "again"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    assert!(command.args(again).current_dir(&first).status().expect("it starts").success());
    for name in ["charts/fan.svg", "timeseries.csv", "config.toml"] {
        let (one, other) = (read(&first.join(name)), read(&first.join("again").join(name)));
        assert_eq!(one, other, "{name}");
    }
}

#[test]
fn faults_of_a_history_name_place_and_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("bad.csv"), "month,value\n2024-13,0.2\n").expect("written");
    fs::write(folder.path().join("none.csv"), "when,what\n2024-12,0.2\n").expect("written");
    let point = |month: &str| format!("points = [{{ month = \"{month}\", value = 1 }}]");
    for (entry, part) in [
        ("file = \"../up.csv\"".to_string(), "does not lie in the folder of the config"),
        ("file = \"/etc/passwd\"".to_string(), "does not lie in the folder of the config"),
        ("file = \"missing.csv\"".to_string(), "cannot be read"),
        ("file = \"bad.csv\"".to_string(), "line 2 of `bad.csv`"),
        ("file = \"none.csv\"".to_string(), "lacks the columns `month` and `value`"),
        (point("2026-01"), "is not before the start"),
        (String::new(), "has no points"),
        (point("2024-01").replace(']', ", { month = \"2024-01\", value = 2 }]"), "is given twice"),
    ] {
        let text = format!("[history.\"share.Importland.metal\"]\n{entry}\n");
        let out = shortfall(folder.path(), &text, &["check", "my.toml"]);
        let message = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(3), "{entry}: {message}");
        assert!(message.contains(part) && message.contains("my.toml:"), "{part} is missing from\n{message}");
    }
    let unknown = format!("[history.\"share.Importland.metall\"]\n{}\n", point("2024-01"));
    let out = shortfall(folder.path(), &unknown, &["check", "my.toml"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("did you mean `metal`?"));
}

/// A text that the font of the charts cannot show is named once on standard error and in the report, which keeps it.
#[test]
fn letters_that_charts_cannot_show_are_told_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let chart = "[[charts]]\nkind = \"fan\"\ntitle = \"\u{7a00}\u{571f} Nd\u{2082}\"\n";
    let out = shortfall(folder.path(), chart, &["run", "my.toml", "-n", "20", "-q", "-o", "out"]);
    let message = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success());
    assert_eq!(message.matches("\u{7a00}\u{571f}").count(), 1, "{message}");
    assert!(message.starts_with("note: ") && !message.contains("Nd"), "{message}");
    let report = read(&folder.path().join("out/report.html"));
    assert!(report.contains("lacks letters of `\u{7a00}\u{571f}`") && report.contains("\u{7a00}\u{571f} Nd\u{2082}"));
}
