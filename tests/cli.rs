//! The program as its users meet it: arguments, exit codes, files, messages.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::ConfigBuilder;

use tempfile::TempDir;

fn shortfall(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("GITHUB_STEP_SUMMARY")
        .stdin(Stdio::null());
    command.output().expect("the program starts")
}

fn config(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name);
    fs::read_to_string(path).expect("the config is there")
}

/// A folder with the smoke config in it.
fn workshop() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("smoke.toml"), config("smoke.toml")).expect("written");
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_run_prints_the_finding_and_leaves_its_files() {
    let folder = workshop();
    let out = shortfall(folder.path(), &["run", "smoke.toml", "-n", "500", "--svg"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let printed = text(&out.stdout);
    assert!(printed.contains("Claims") && printed.contains("verdict") && printed.contains("Files are in"), "{printed}");
    let widest = printed.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(widest <= 80, "{printed}");
    let out = folder.path().join("shortfall-out/smoke");
    let files_of_all =
        ["manifest.json", "results.json", "percentiles.csv", "timeseries.csv", "claims.csv", "config.toml"];
    for name in files_of_all.iter().chain(&["report.html"]) {
        assert!(out.join(name).is_file(), "{name} is missing");
    }
    let (svg, png): (Vec<PathBuf>, Vec<PathBuf>) =
        files(&out.join("charts")).into_iter().partition(|path| path.extension().is_some_and(|kind| kind == "svg"));
    assert!(png.len() >= 4 && svg.len() == png.len(), "{png:?} {svg:?}");
    for chart in svg {
        assert!(fs::read(&chart).expect("readable").starts_with(b"<svg "), "{chart:?}");
    }
    for chart in png {
        assert!(fs::read(&chart).expect("readable").starts_with(b"\x89PNG\r\n\x1a\n"), "{chart:?}");
    }
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("manifest.json")).expect("text")).expect("JSON");
    for (name, digest) in manifest["files"].as_object().expect("an object") {
        let bytes = fs::read(out.join(name)).expect("every listed file is there");
        assert_eq!(digest, &shortfall::output::file::digest(&bytes), "{name}");
    }
}

#[test]
fn the_config_as_run_gives_the_same_results() {
    let folder = workshop();
    let first =
        ["run", "smoke.toml", "-n", "300", "-s", "9", "-o", "a", "--no-charts", "-q", "--set", "start=\"2027-01\""];
    assert!(shortfall(folder.path(), &first).status.success());
    let out = shortfall(folder.path(), &["run", "a/config.toml", "-o", "b", "--no-charts", "-q"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    for name in ["percentiles.csv", "timeseries.csv", "claims.csv", "milestones.csv", "results.json", "config.toml"] {
        let read = |run: &str| fs::read(folder.path().join(run).join(name)).expect("readable");
        assert_eq!(text(&read("a")), text(&read("b")), "{name}");
    }
}

#[test]
fn formats_print_what_the_files_hold() {
    let folder = workshop();
    let run = |format: &str| {
        let out = shortfall(folder.path(), &["run", "smoke.toml", "-n", "200", "--no-charts", "--format", format]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        text(&out.stdout)
    };
    let json: serde_json::Value = serde_json::from_str(&run("json")).expect("JSON");
    assert_eq!(json["exit_code"], 0);
    let csv = run("csv");
    assert_eq!(csv, fs::read_to_string(folder.path().join("shortfall-out/smoke-2/percentiles.csv")).expect("text"));
    assert!(
        csv.starts_with("scenario,output,unit,statistic,percentile,value,ci_low,ci_high,ci_level,ci_method,n,note\n")
    );
    assert!(run("md").contains("| --- |"));
}

/// Met, refuted and undecided, as a gate of automatic checks sees them.
#[test]
fn expectations_decide_the_exit_code() {
    let folder = workshop();
    let more = "\n[expect.more]\nstatistic = \"p95(total_shortage.west.magnets)\"\n";
    let run = |name: &str, limit: &str, extra: &[&str]| {
        fs::write(folder.path().join("gate.toml"), config("smoke.toml") + more + limit + "\n").expect("written");
        let arguments = ["run", "gate.toml", "-n", "200", "--no-charts", "-o", name];
        let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
        command.args(arguments).args(extra).current_dir(folder.path()).env("GITHUB_STEP_SUMMARY", "step.md");
        let out = command.output().expect("the program starts");
        let json = fs::read_to_string(folder.path().join(name).join("results.json")).expect("text");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["exit_code"].as_i64(), out.status.code().map(i64::from));
        let junit = fs::read_to_string(folder.path().join(name).join("claims.junit.xml")).expect("text");
        (out.status.code(), text(&out.stdout), junit)
    };
    let (code, printed, junit) = run("met", "at_least = 0", &[]);
    assert!(code == Some(0) && printed.ends_with("verdict: met (exit 0)\n"), "{printed}");
    assert!(junit.contains("tests=\"3\" failures=\"0\" errors=\"0\""), "{junit}");
    let (code, printed, junit) = run("refuted", "at_most = 0", &[]);
    assert!(code == Some(10) && printed.ends_with("verdict: refuted (exit 10)\n"), "{printed}");
    assert!(junit.contains("<failure type=\"refuted\" message=\"found "), "{junit}");
    let (code, printed, junit) = run("open", "at_most = 1e300", &["--scenario", "harder"]);
    assert!(code == Some(11) && printed.ends_with("verdict: undecided (exit 11)\n"), "{printed}");
    assert!(
        printed.replace("\n ", "").contains("scenario plain is not part of this") && junit.contains("<error "),
        "{printed}"
    );
    let step = fs::read_to_string(folder.path().join("step.md")).expect("text");
    assert!(step.contains("| more | plain | p95(total\\_shortage.west.magnets) at most 0 |"), "{step}");
    assert_eq!(step.matches("**Expectations**").count(), 3);
}

#[test]
fn a_run_looks_again_until_it_is_precise() {
    let folder = workshop();
    let rule = "zero(total_shortage.west.magnets) +- 9%";
    let run = |name: &str, more: &[&str]| {
        let fixed = ["run", "smoke.toml", "-n", "50", "--no-charts", "-o", name];
        shortfall(folder.path(), &[&fixed, more].concat())
    };
    for (threads, name) in [("1", "a"), ("3", "b")] {
        let out = run(name, &["--until", rule, "-j", threads]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        assert!(text(&out.stdout).replace('\n', " ").contains("looks of at most 15: zero("), "{}", text(&out.stdout));
    }
    let read = |run: &str, name: &str| fs::read_to_string(folder.path().join(run).join(name)).expect("text");
    assert_eq!(read("a", "results.json"), read("b", "results.json"));
    let manifest: serde_json::Value = serde_json::from_str(&read("a", "manifest.json")).expect("JSON");
    let looks = manifest["stopped"]["looks"].as_u64().expect("a number");
    assert!(looks > 1 && manifest["trials"].as_u64() == Some(50 << (looks - 1)), "{manifest}");
    let out = run("c", &["--until", rule, "--max-trials", "60"]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stdout));
    assert!(text(&out.stdout).replace('\n', " ").contains("NOT reached"), "{}", text(&out.stdout));
    for (rule, part) in [
        ("zero(total_shortage.west.magnet) +- 5%", "did you mean `total_shortage.west.magnets`?"),
        ("zero(total_shortage.west.magnets)", "stops at a precision or at `verdict`"),
        ("zero(total_shortage.west.magnets) +- -5%", "between 0 and 100"),
        ("", "stops at a precision or at `verdict`"),
    ] {
        let out = run("d", &["--until", rule]);
        assert_eq!(out.status.code(), Some(3), "{rule}");
        assert!(text(&out.stderr).contains(part), "{part} is missing from\n{}", text(&out.stderr));
    }
    assert_eq!(run("d", &["--until", rule, "--max-trials", "9"]).status.code(), Some(3));
}

#[test]
fn input_uncertainty_is_told_where_that_is_asked_for() {
    let folder = workshop();
    let run = |name: &str, more: &[&str]| {
        let fixed = ["run", "smoke.toml", "-n", "200", "--svg", "-o", name];
        shortfall(folder.path(), &[&fixed, more].concat())
    };
    for (threads, name) in [("1", "a"), ("8", "b")] {
        let out = run(name, &["--input-uncertainty=150", "-j", threads]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        assert!(text(&out.stdout).contains("Input uncertainty in scenario plain: 150 draws"), "{}", text(&out.stdout));
    }
    let read = |run: &str, name: &str| fs::read_to_string(folder.path().join(run).join(name)).expect("text");
    for name in ["input_uncertainty.csv", "results.json", "config.toml", "charts/milestone.svg"] {
        assert_eq!(read("a", name), read("b", name), "{name}");
    }
    assert!(read("a", "config.toml").contains("input_uncertainty = 150"));
    assert!(read("a", "charts/milestone.svg").contains("if the inputs were known"));
    assert!(read("a", "input_uncertainty.csv").contains("plain,claim."));
    for (value, code) in [
        ("--input-uncertainty=99", 3),
        ("--input-uncertainty=1000000001", 3),
        ("--input-uncertainty=-5", 2),
        ("--input-uncertainty=", 2),
    ] {
        assert_eq!(run("c", &[value]).status.code(), Some(code), "{value}");
    }
}

#[test]
fn rare_things_are_weighted_back_or_refused() {
    let folder = workshop();
    let run = |more: &[&str]| {
        let trials = if more.contains(&"-n") { &[][..] } else { &["-n", "2000"] };
        let fixed = ["rare", "smoke.toml", "--scenario", "plain", "--progress", "none"];
        shortfall(folder.path(), &[&fixed, trials, more].concat())
    };
    let tilt = "disruptions.acute.rate_per_year=3";
    let out = run(&["--tilt", tilt, "--above", "episodes.acute=4", "-j", "1"]);
    let printed = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(printed.contains("mean weight") && printed.contains("episodes.acute above 4"), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    assert_eq!(printed, text(&run(&["--tilt", tilt, "--above", "episodes.acute=4", "-j", "8"]).stdout));
    let json: serde_json::Value =
        serde_json::from_slice(&run(&["--tilt", tilt, "--format", "json"]).stdout).expect("JSON");
    assert!(json["scenarios"][0]["events"].as_array().is_some_and(|events| events.len() > 2), "{json}");
    assert!(text(&run(&["--tilt", tilt, "--format", "csv"]).stdout).starts_with("scenario,output,says,probability,"));
    assert!(printed.contains("10 % of them untilted"), "{printed}");
    let more = text(&run(&["--tilt", tilt, "--untilted", "0.4"]).stdout);
    assert!(more.contains("40 % of them untilted") && more != printed, "{more}");
    for share in ["0", "1", "-1", "x", "nan"] {
        let out = run(&["--tilt", tilt, &format!("--untilted={share}")]);
        assert!(out.status.code() == Some(2) && text(&out.stderr).contains("a share lies between"), "{share}");
    }
    assert!(run(&["--tilt", tilt, "-q"]).stdout.is_empty());
    assert!(text(&run(&["--tilt", tilt, "--format", "md"]).stdout).contains("| --- |"));
    // Nothing was seen often enough for a figure.
    let out = run(&["--tilt", tilt, "-n", "20"]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stdout));
    // All faults at once.
    let out = run(&["--tilt", "disruptions.nonesuch.rate_per_year=1", "--above", "nothing=1", "--above", "x"]);
    let message = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{message}");
    for part in ["no disruption `nonesuch`", "no outcome `nothing`", "`x` is not that"] {
        assert!(message.contains(part), "{part} is missing from\n{message}");
    }
    assert_eq!(run(&[]).status.code(), Some(2));
}

/// What the tilt leads to is told apart from other ways, and neither is taken for the other.
#[test]
fn a_rare_event_is_told_in_parts_where_the_tilt_leads_to_one_only() {
    let config = ConfigBuilder::new(10.0).series(&[]).demand(1200).plant("plant", 1200);
    let config = config.outage("a", "plant", "rate_per_year = 0.0001, duration_months = 14");
    let folder = config.outage("b", "plant", "rate_per_year = 0.0000001, duration_months = 14").folder();
    let run = |format: &str, more: &[&str]| {
        let fixed = ["rare", "test.toml", "--tilt", "disruptions.a.rate_per_year=0.2", "--progress", "none"];
        let asked = ["--above", "worst_12_months.all.product=1199", "--format", format];
        let out = shortfall(folder.path(), &[&fixed[..], &asked, more].concat());
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        text(&out.stdout)
    };
    let table = run("table", &[]);
    for part in ["through the tilt, x256", "other ways", "fewer than 1 in 1200", "Through the tilt, x8: in futures"] {
        assert!(table.replace('\n', " ").contains(part), "{part} is missing from\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(run("md", &[]).contains("through the tilt, x256"));
    let csv = run("csv", &[]);
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let row: Vec<&str> = lines.next().expect("an event").split(',').collect();
    // The method of the intervals holds a comma of its own.
    let cell = |name: &str| {
        let place = header.iter().position(|column| *column == name).expect(name);
        row[place + usize::from(place > 7)]
    };
    let number = |name: &str| cell(name).parse::<f64>().expect(name);
    assert!(cell("probability").is_empty() && cell("parts_of") == "event", "{csv}");
    let (low, high) = (number("through_tilt_low"), number("through_tilt_high"));
    assert!(low < 9.0e-4 && 9.0e-4 < high && high < 9.6e-4, "{csv}");
    assert!(number("ci_low") < 9.0e-4 && number("ci_high") > high + 5e-4, "{csv}");
    assert!(number("other_ways_high") > 5e-4 && number("other_ways_hits") == 0.0, "{csv}");
    // More untilted trials tell more of the other ways.
    let more = serde_json::from_str::<serde_json::Value>(&run("json", &["--untilted", "0.3"])).expect("JSON");
    let high = more["scenarios"][0]["events"][0]["parts"]["other_ways"]["probability"]["high"].as_f64();
    assert!(high.expect("a bound") < 0.6 * number("other_ways_high"), "{more}");
}

#[test]
fn an_expectation_on_nothing_is_a_fault() {
    let folder = workshop();
    for (entry, part) in [
        ("statistic = \"p95(total_shortage.west.magnet)\"\nat_most = 1", "did you mean `total_shortage.west.magnets`?"),
        ("statistic = \"mean(episodes.acute)\"\nat_most = 1\nscenario = \"plane\"", "did you mean `plain`?"),
        ("statistic = \"mean(episodes.acute)\"", "needs `at_most` or `at_least`"),
        ("statistic = \"mean(episodes.acute)\"\nat_most = 1\nat_least = 2", "nothing can fulfil this"),
        ("statistic = \"mean(episodes.acute)\"\nat_mots = 1", "did you mean `at_most`?"),
    ] {
        let broken = format!("{}\n[expect.more]\n{entry}\n", config("smoke.toml"));
        fs::write(folder.path().join("gate.toml"), broken).expect("written");
        let out = shortfall(folder.path(), &["check", "gate.toml"]);
        let message = text(&out.stderr);
        assert_eq!(out.status.code(), Some(3), "{entry}: {message}");
        assert!(message.contains("gate.toml:") && message.contains(part), "{part} is missing from\n{message}");
    }
}

/// What the outage of a plant of twice the demand is said to be too short for.
fn hint_of(disruption: &str, steps: u32) -> Option<String> {
    let config = ConfigBuilder::new(1.0).entry("steps_per_month", steps).demand(100).plant("plant", 200);
    let folder = config.entry("disruptions.stop", format!("{{ {disruption} }}")).folder();
    let out = shortfall(folder.path(), &["check", "test.toml"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let told = text(&out.stdout);
    let mut hints = told.lines().filter_map(|line| line.strip_prefix("hint: "));
    let first = hints.next().map(String::from);
    assert_eq!(hints.next(), None, "{told}");
    first
}

#[test]
fn an_outage_shorter_than_a_step_is_a_hint_with_the_steps_that_show_it() {
    let outage = |keys: &str| format!("kind = \"outage\", hits = [\"plant\"], {keys}");
    let by_chance = |months: &str| outage(&format!("rate_per_year = 1, duration_months = {months}"));
    for (disruption, steps, step, remedy) in [
        (
            by_chance("{ uniform = [0.1, 0.5] }"),
            1,
            "0.300 months, is less than a step of a month",
            "`steps_per_month = 4` or more",
        ),
        (by_chance("0.3"), 3, "0.300 months, is less than a step of 1/3 of a month", "`steps_per_month = 4` or more"),
        (
            by_chance("{ exponential = { mean = 0.01 } }"),
            1,
            "0.0100 months",
            "`steps_per_month = 60`, the most there is",
        ),
        (by_chance("0.01"), 60, "a step of 1/60 of a month", "there are no smaller steps"),
        (
            outage("scheduled = [{ from = \"2026-03\", months = 0.5 }]"),
            1,
            "0.500 months",
            "`steps_per_month = 2` or more",
        ),
        (outage("active_at_start = 0.5, remaining_months = 0.5"), 1, "0.500 months", "`steps_per_month = 2` or more"),
    ] {
        let hint = hint_of(&disruption, steps).unwrap_or_else(|| panic!("no hint of {disruption}"));
        assert!(hint.starts_with("disruptions.stop: the mean duration, "), "{hint}");
        assert!(hint.contains(step) && hint.contains(remedy), "{hint}");
    }
    for (disruption, steps) in [
        (by_chance("0.3"), 4),
        (by_chance("{ uniform = [0, 2] }"), 1),
        (outage("rate_per_year = 0, duration_months = 0.3"), 1),
        ("kind = \"demand-surge\", rate_per_year = 1, duration_months = 0.3".into(), 1),
    ] {
        assert_eq!(hint_of(&disruption, steps), None, "{disruption}");
    }
}

/// A run says it too, among its notes, and names the scenarios where not all have such an outage.
#[test]
fn a_run_notes_hints_unless_it_is_to_be_quiet() {
    let config = ConfigBuilder::new(1.0).demand(100).plant("plant", 200);
    let config = config.outage("stop", "plant", "rate_per_year = 1, duration_months = 2");
    let config = config.entry("scenarios.as-it-is", "{}");
    let config = config.entry("scenarios.brief.set.\"disruptions.stop.duration_months\"", 0.5);
    let folder = config.folder();
    let run = ["run", "test.toml", "-n", "20", "--no-charts"];
    let said = text(&shortfall(folder.path(), &run).stderr);
    assert!(said.contains("note: in brief: disruptions.stop: the mean duration, 0.500 months"), "{said}");
    let quiet = shortfall(folder.path(), &[&run[..], &["-q"]].concat());
    assert_eq!((quiet.status.code(), text(&quiet.stderr)), (Some(0), String::new()));
}

/// `--set` comes before the changes of scenarios, as its help says.
#[test]
fn a_scenario_wins_over_set() {
    let config = ConfigBuilder::new(1.0).demand(100).plant("plant", 60).entry("scenarios.as-it-is", "{}");
    let folder = config.entry("scenarios.none.set.\"capacities.plant.tonnes_per_year\"", 0).folder();
    let set = ["--set", "capacities.plant.tonnes_per_year=90"];
    let out = shortfall(
        folder.path(),
        &[&["run", "test.toml", "-n", "5", "--no-charts", "--format", "csv"][..], &set].concat(),
    );
    for (scenario, short) in [("as-it-is", 10.0), ("none", 100.0)] {
        let start = format!("{scenario},total_shortage.all.product,t,mean,,");
        let told = text(&out.stdout);
        let row =
            told.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("no {start} in\n{told}"));
        let mean: f64 = row.split(',').next().and_then(|cell| cell.parse().ok()).expect("a number");
        assert!((mean - short).abs() < 1e-9, "{scenario}: {mean}");
    }
    for command in ["run", "check", "compare", "replay", "rare"] {
        let help = text(&shortfall(folder.path(), &[command, "--help"]).stdout);
        let words: Vec<&str> = help.split_whitespace().collect();
        assert!(words.join(" ").contains("Where a scenario sets the same value, the scenario wins"), "{help}");
    }
}

#[test]
fn two_scenarios_or_configs_are_compared_on_any_number_of_threads() {
    let folder = workshop();
    let other =
        config("smoke.toml").replace("within_months = 12", "within_months = 13").replace("seed = 7", "seed = 8")
            + "\n[milestones.own]\nseries = \"shortage.west.magnets\"\nat_most = 1\n";
    fs::write(folder.path().join("other.toml"), other).expect("written");
    let run = |more: &[&str]| shortfall(folder.path(), &[&["compare", "smoke.toml"], more].concat());
    for (threads, name) in [("1", "a"), ("3", "b")] {
        let out = run(&["plain", "harder", "-n", "300", "-j", threads, "-o", name]);
        let printed = text(&out.stdout);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        assert!(printed.contains("total_shortage.west.magnets") && printed.contains("b less in"), "{printed}");
        assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    }
    for name in ["difference.csv", "results.json", "config-a.toml"] {
        let read = |run: &str| text(&fs::read(folder.path().join(run).join(name)).expect("readable"));
        assert_eq!(read("a"), read("b"), "{name}");
        assert!(!read("a").contains(",-0,"), "{name}");
    }
    let out = run(&["other.toml", "-n", "100", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!((&json["b"]["config"], &json["seed"]), (&"other.toml".into(), &7.into()));
    assert_eq!(json["only_in_b"], serde_json::json!(["milestone.own"]));
    // Same seed, same model: nothing differs.
    let all = json["differences"].as_array().expect("a list");
    assert!(all.len() > 10 && all.iter().all(|one| one["same"]["value"] == 1.0));
    assert_eq!(run(&["plain", "hardr"]).status.code(), Some(2));
    assert_eq!(run(&["plain", "harder", "--scenario", "plain"]).status.code(), Some(2));
    assert_eq!(run(&["nowhere.toml"]).status.code(), Some(4));
    assert_eq!(run(&[]).status.code(), Some(2));
}

/// What two runs left behind, compared: the same as comparing their configs, and no comparison of what does not fit.
#[test]
fn two_finished_runs_are_compared() {
    let folder = workshop();
    let fixed = ["run", "smoke.toml", "--no-charts", "-q"];
    let run = |name: &str, more: &[&str]| {
        let out = shortfall(folder.path(), &[&fixed[..], &["-o", name], more].concat());
        assert!(out.status.success(), "{}", text(&out.stderr));
    };
    let change = "--set=disruptions.acute.rate_per_year=2";
    run("a", &["-n", "300"]);
    run("b", &["-n", "300", change, "--scenario", "harder", "--scenario", "plain"]);
    run("more", &["-n", "310"]);
    run("seed", &["-n", "300", "-s", "8"]);
    let compare = |arguments: &[&str]| shortfall(folder.path(), &[&["compare"], arguments].concat());
    let of = |arguments: &[&str]| -> serde_json::Value {
        let out = compare(&[arguments, &["--format", "json"]].concat());
        assert_eq!(out.status.code(), Some(0), "{arguments:?}: {}", text(&out.stderr));
        serde_json::from_slice(&out.stdout).expect("JSON")
    };
    let found = of(&["a", "b"]);
    assert_eq!((&found["a"]["config"], &found["b"]["config"]), (&"a".into(), &"b".into()));
    assert_eq!((&found["a"]["scenario"], &found["trials"], &found["seed"]), (&"plain".into(), &300.into(), &7.into()));
    fs::write(folder.path().join("other.toml"), fs::read(folder.path().join("b/config.toml")).expect("bytes"))
        .expect("written");
    let configs = of(&["smoke.toml", "other.toml", "-n", "300"]);
    assert_eq!(found["differences"], configs["differences"]);
    let all = |found: &serde_json::Value| found["differences"].as_array().expect("a list").clone();
    assert!(all(&found).iter().any(|one| one["same"]["value"] != 1.0), "the rate makes a difference");
    assert!(all(&of(&["a", "a"])).iter().all(|one| one["same"]["value"] == 1.0));
    assert_eq!(of(&["a/", "b", "--scenario", "harder"])["b"]["scenario"], "harder");
    assert_eq!(of(&["a", "more", "-n", "200"])["trials"], 200);
    assert!(compare(&["a", "b", "-o", "difference", "-q"]).status.success());
    // An outcome that only one has is said.
    run("own", &["-n", "300", "--set", "milestones.own={ series = \"shortage.west.magnets\", at_most = 1 }"]);
    assert_eq!(of(&["a", "own"])["only_in_b"], serde_json::json!(["milestone.own"]));
    run("edited", &["-n", "300"]);
    fs::write(folder.path().join("edited/config.toml"), config("smoke.toml")).expect("written");
    run("old", &["-n", "300"]);
    let manifest = fs::read_to_string(folder.path().join("old/manifest.json")).expect("text");
    let manifest = manifest.replace(&format!("shortfall {}", env!("CARGO_PKG_VERSION")), "shortfall 0.0.1");
    fs::write(folder.path().join("old/manifest.json"), manifest).expect("written");
    fs::create_dir(folder.path().join("empty")).expect("made");
    fs::create_dir(folder.path().join("alien")).expect("made");
    fs::write(folder.path().join("alien/manifest.json"), "[1").expect("written");
    for (arguments, part) in [
        (&["a", "more"][..], "compare the first ones of both with `-n 300`"),
        (&["a", "seed"], "the seeds differ: 7 in a, 8 in seed"),
        (&["a", "old"], "old was written by shortfall 0.0.1"),
        (&["a", "edited"], "edited: config.toml is not the one that was written"),
        (&["a", "empty"], "empty is not the folder of a whole run"),
        (&["alien", "empty"], "alien: manifest.json is not one of shortfall"),
        (&["alien", "empty"], "empty is not the folder of a whole run"),
        (&["difference", "a"], "is the folder of a comparison"),
        (&["a", "smoke.toml"], "the first is a folder, the second none"),
        (&["smoke.toml", "a"], "the first is none, the second a folder"),
        (&["a", "b", "--scenario", "nonesuch"], "scenario `nonesuch` was not run in a"),
        (&["a", "b", "-s", "9"], "leave out --set and --seed"),
        (&["a", "b", change], "leave out --set and --seed"),
    ] {
        let out = compare(arguments);
        let message = text(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(part), "{arguments:?}: {part} is missing from\n{message}");
    }
}

#[test]
fn an_output_folder_is_never_written_over_unless_forced() {
    let folder = workshop();
    let out = folder.path().join("out");
    fs::create_dir(&out).expect("made");
    fs::write(out.join("precious.txt"), "mine").expect("written");
    let run = |more: &[&str]| {
        let arguments = [&["run", "smoke.toml", "-n", "10", "-o", "out", "--no-charts", "-q"], more].concat();
        shortfall(folder.path(), &arguments)
    };
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(text(&refused.stderr).contains("--force"));
    assert_eq!(files(&out).len(), 1);
    // Not even then is anything touched that no run wrote.
    let refused = run(&["--force"]);
    assert!(refused.status.code() == Some(4) && text(&refused.stderr).contains("precious.txt"));
    assert_eq!(fs::read_to_string(out.join("precious.txt")).expect("text"), "mine");
    fs::remove_file(out.join("precious.txt")).expect("removed");
    assert!(run(&[]).status.success());
    assert_eq!(run(&[]).status.code(), Some(4));
    assert!(run(&["--force"]).status.success());
}

#[test]
fn faults_come_all_at_once_with_their_place_and_nothing_is_written() {
    let folder = workshop();
    let broken = config("smoke.toml")
        + "\n[claims.typo]\nwho = \"Nobody\"\nmilestone = \"no-such\"\nwithin_months = 3\nwihtin_months = 2\n";
    fs::write(folder.path().join("broken.toml"), broken).expect("written");
    let arguments = ["run", "broken.toml", "--set", "horizon_years=1000", "--set", "run.trials=0"];
    let out = shortfall(folder.path(), &arguments);
    let message = text(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{message}");
    for part in ["broken.toml:", "did you mean `within_months`?", "horizon_years", "`trials` lies between", "faults"] {
        assert!(message.contains(part), "{part} is missing from\n{message}");
    }
    assert!(!folder.path().join("shortfall-out").exists());
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    let folder = workshop();
    fs::write(folder.path().join("binary.toml"), [0u8, 159, 146, 150]).expect("written");
    fs::write(folder.path().join("empty.toml"), "").expect("written");
    fs::write(folder.path().join("huge.toml"), "# ".repeat(600_000)).expect("written");
    let cases: [(&[&str], i32, &str); 11] = [
        (&["run", "smoke.toml", "-j", "999999"], 2, "256"),
        (&["run"], 2, "required"),
        (&["walk", "smoke.toml"], 2, "unrecognized"),
        (&["run", "smoke.toml", "--scenario", "nonesuch"], 2, "there is no scenario"),
        (&["run", "nowhere.toml"], 4, "nowhere.toml"),
        (&["run", "."], 4, "this is a folder, not a file"),
        (&["check", "binary.toml"], 3, "UTF-8"),
        (&["check", "empty.toml"], 3, "`markets` and `stages` are missing here"),
        (&["check", "huge.toml"], 3, "at most 1048576 bytes; this one has 1200000"),
        (&["check", "smoke.toml", "--set", "nonsense"], 3, "path=value"),
        (&["replay", "smoke.toml", "--trial", "18446744073709551615"], 2, "--trial lies between"),
    ];
    for (arguments, code, part) in cases {
        let out = shortfall(folder.path(), arguments);
        let message = text(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{arguments:?}\n{message}");
        assert!(message.contains(part), "{arguments:?}: {part} is missing from\n{message}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    let folder = workshop();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    let status = command.arg("schema").stdout(full).stderr(Stdio::null()).status().expect("started");
    assert_eq!(status.code(), Some(4));
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    let mut child = command
        .args(["run", "smoke.toml", "-n", "2000", "--no-charts"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

#[test]
fn the_starter_runs_and_the_schema_is_json() {
    let folder = workshop();
    assert!(shortfall(folder.path(), &["init", "my.toml"]).status.success());
    assert_eq!(shortfall(folder.path(), &["init", "my.toml"]).status.code(), Some(4));
    let out = shortfall(folder.path(), &["run", "my.toml", "-n", "100", "--no-charts", "-q"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let schema: serde_json::Value =
        serde_json::from_slice(&shortfall(folder.path(), &["schema"]).stdout).expect("JSON");
    assert!(schema["properties"]["projects"].is_object());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let out = shortfall(folder.path(), &["completions", shell]);
        assert!(text(&out.stdout).contains("replay"), "{shell}");
    }
}

/// A trial told alone is the trial of the run: with one trial, every percentile is its value.
#[test]
fn a_replayed_trial_is_the_trial_of_the_run() {
    let folder = workshop();
    let replay = shortfall(folder.path(), &["replay", "smoke.toml", "--trial", "0", "--format", "json"]);
    let stories: serde_json::Value = serde_json::from_slice(&replay.stdout).expect("JSON");
    let run = shortfall(folder.path(), &["run", "smoke.toml", "-n", "1", "--no-charts", "--json"]);
    let results: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let mut compared = 0;
    for (story, scenario) in
        stories.as_array().expect("a list").iter().zip(results["scenarios"].as_array().expect("a list"))
    {
        for (told, counted) in
            story["outcomes"].as_array().expect("a list").iter().zip(scenario["outcomes"].as_array().expect("a list"))
        {
            assert_eq!(told["name"], counted["name"]);
            assert_eq!(told["value"].is_null(), counted["never"]["value"] == 1.0, "{told}");
            if let (Some(value), Some(mean)) = (told["value"].as_f64(), counted["mean"]["value"].as_f64()) {
                // Sums of dollars are kept to the dollar.
                let unit = if told["unit"] == "USD" { 1.0 } else { 1e-6 * value.abs().max(1.0) };
                assert!((value - mean).abs() <= unit, "{told} {counted}");
                compared += 1;
            }
        }
    }
    assert!(compared > 10, "{compared} outcomes compared");
    let text_form = shortfall(folder.path(), &["replay", "smoke.toml", "--trial", "7"]);
    assert!(text(&text_form.stdout).contains("outcomes"));
    // Of one scenario, month by month.
    let scenario = stories[0]["scenario"].as_str().expect("a name");
    let asked = ["replay", "smoke.toml", "--trial", "0", "--scenario", scenario, "--format", "csv"];
    let table = text(&shortfall(folder.path(), &asked).stdout);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let series = stories[0]["series"].as_array().expect("a list");
    assert_eq!(rows[0].len(), 2 + series.len(), "{:?}", rows[0]);
    for (column, series) in series.iter().enumerate() {
        let values = series[1].as_array().expect("one by month");
        assert_eq!((series[0].as_str(), values.len()), (Some(rows[0][2 + column]), rows.len() - 1));
        for (row, value) in rows[1..].iter().zip(values) {
            // JSON is read to the last digit but one. What is infinite is an empty cell, and null.
            let told = row[2 + column].parse::<f64>().ok();
            let near = |(told, value): (f64, f64)| (told - value).abs() <= 1e-12 * value.abs();
            assert_eq!((told.is_none(), told.is_none()), (value.is_null(), row[2 + column].is_empty()), "{row:?}");
            assert!(told.zip(value.as_f64()).is_none_or(near), "{series}: {row:?}");
        }
    }
}

#[test]
fn names_are_listed_and_faults_point_to_the_list() {
    let folder = workshop();
    let list = |more: &[&str]| shortfall(folder.path(), &[&["list", "smoke.toml"], more].concat());
    let printed = text(&list(&[]).stdout);
    for part in [
        "unserved.west-civil (t/month), recorded",
        "total_shortage.west.magnets (t)",
        "disruptions.strike.rate_per_year = 0.4",
        "projects.west-mine.success: whether it succeeds",
    ] {
        assert!(printed.contains(part), "{part} is missing from\n{printed}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&list(&["projects.*.slip_months", "--json"]).stdout).expect("JSON");
    assert_eq!((json[0]["kind"].as_str(), json[6]["kind"].as_str()), (Some("path"), Some("input")), "{json}");
    let csv = text(&list(&["seed", "--format", "csv", "-s", "11"]).stdout);
    assert_eq!(csv, "kind,name,unit,value,meaning\npath,run.seed,,11,\n");
    assert!(text(&list(&["seed", "--format", "md"]).stdout).contains("| run.seed |  | 7 |  |"));
    assert_eq!(list(&["nonesuch"]).status.code(), Some(2));
    for change in [
        "output.series=[\"shortfall.west.magnets\"]",
        "output.series=[\"shortage.north.magnets\"]",
        "output.outcome=\"shortage\"",
        "expect.half-way.statistic=\"mean(shortage)\"",
        "projects.east-mine.slip_months=1",
        "correlations.chances.inputs=[\"projects.*.luck\"]",
    ] {
        let out = shortfall(folder.path(), &["check", "smoke.toml", "--set", change]);
        let said = text(&out.stderr);
        assert!(out.status.code() == Some(3) && said.contains("`shortfall list CONFIG` shows all"), "{change}\n{said}");
    }
}

/// Of the standard charts some lack what they show, and some are not asked for.
#[test]
fn charts_that_are_not_drawn_are_told_once() {
    let folder = workshop();
    assert!(shortfall(folder.path(), &["init", "my.toml"]).status.success());
    let run = |more: &[&str]| {
        let out = shortfall(folder.path(), &[&["run", "my.toml", "-n", "20", "--force", "-o", "out"], more].concat());
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        let page = fs::read_to_string(folder.path().join("out/report.html")).expect("text");
        (text(&out.stderr), page)
    };
    let (said, page) = run(&["--scenario", "evidence"]);
    for text in [&said, &page] {
        assert_eq!(text.matches("`multiples` (needs two scenarios").count(), 1, "{text}");
        assert!(!text.contains("does not ask for them"), "{text}");
    }
    let (said, page) = run(&["--set", "charts=[{ kind = \"fan\" }]"]);
    for text in [&said, &page] {
        let left_out = "milestone, multiples, distribution, stock, scenarios, pipeline, tornado, raster, dashboard";
        assert!(text.contains(&format!("does not ask for them: {left_out}")), "{text}");
    }
}
