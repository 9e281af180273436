//! The files of trials say what the run says: every row is a trial as it was simulated, in order, on any number of threads, in
//! whichever format.

#[path = "common/program.rs"]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{PROGRAM, command};
use serde_json::Value;
use shortfall::Study;
use tempfile::TempDir;

/// Some trials never reach the milestone; `plain` and `late` are the same but for what is claimed; `harder` has an input that the
/// others have not.
const CONFIG: &str = r#"
title = "Two plants, one of which may come"
start = "2026-03"
horizon_years = 4
markets.west.countries = ["Here"]
stages.metal = {}
capacities.mine = { country = "Here", stage = "metal", tonnes_per_year = { uniform = [700, 1300] } }
demands.users = { market = "west", stage = "metal", tonnes_per_year = 1200 }
milestones.enough = { title = "Enough", series = "shortage.west.metal", at_most = 1, for_months = 3 }
claims.soon = { who = "Nobody", milestone = "enough", within_months = 12, probability_at_least = 0.5 }
output.series = ["shortage.west.metal", "stock_days.west.metal"]
scenarios.plain = {}
scenarios.late.set = { "claims.soon.within_months" = 30 }
scenarios.harder.set = { "disruptions.acute.rate_per_year" = { uniform = [1, 3] } }

[projects.plant]
country = "Here"
stage = "metal"
tonnes_per_year = { uniform = [200, 900] }
announced_start = "2027-01"
slip_months = { triangular = [0, 6, 40] }
success_probability = 0.7

[disruptions.acute]
kind = "outage"
hits = ["mine"]
rate_per_year = 0.5
duration_months = { exponential = { mean = 4 } }
"#;

fn workshop() -> TempDir {
    let folder = common::workshop();
    fs::write(folder.path().join("small.toml"), CONFIG).expect("written");
    folder
}

/// Runs the program: exit code, standard output, standard error.
fn program(at: &Path, line: &str) -> (Option<i32>, Vec<u8>, String) {
    let out = command(PROGRAM, at, &line.split_whitespace().collect::<Vec<_>>()).output().expect("the program starts");
    (out.status.code(), out.stdout, String::from_utf8_lossy(&out.stderr).into_owned())
}

fn done(at: &Path, line: &str) -> Vec<u8> {
    let (code, out, said) = program(at, line);
    assert_eq!(code, Some(0), "{line}: {said}");
    out
}

/// A run without charts.
fn run(at: &Path, line: &str) {
    done(at, &format!("run small.toml --no-charts -q {line}"));
}

fn bytes(at: &Path, name: &str) -> Vec<u8> {
    fs::read(at.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A table of text: names of the columns, and the rows.
#[derive(Clone, Debug, PartialEq)]
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn of(bytes: &[u8]) -> Table {
        let mut reader = csv::Reader::from_reader(bytes);
        let names = reader.headers().expect("a header").iter().map(String::from).collect();
        let rows = reader.records().map(|row| row.expect("a row").iter().map(String::from).collect());
        Table { names, rows: rows.collect() }
    }

    fn place(&self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| panic!("no {name} in {:?}", self.names))
    }

    /// The cells of a column in a scenario.
    fn column(&self, scenario: &str, name: &str) -> Vec<&str> {
        let (at, place) = (self.place("scenario"), self.place(name));
        self.rows.iter().filter(|row| row[at] == scenario).map(|row| row[place].as_str()).collect()
    }
}

fn number(text: &str) -> f64 {
    if text.is_empty() { f64::INFINITY } else { text.parse().expect("a number") }
}

/// Where the results of a run are not what the rows of its trials say.
fn disagreements(trials: &Table, results: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for case in results["scenarios"].as_array().expect("scenarios") {
        let scenario = case["id"].as_str().expect("an id");
        for outcome in case["outcomes"].as_array().expect("outcomes") {
            let name = outcome["name"].as_str().expect("a name");
            let mut values: Vec<f64> = trials.column(scenario, name).into_iter().map(number).collect();
            values.sort_by(f64::total_cmp);
            let mut check = |what: &str, told: &Value, own: Option<f64>, (relative, absolute): (f64, f64)| {
                let is_same = match (told["value"].as_f64(), own) {
                    (Some(told), Some(own)) => (told - own).abs() <= relative * own.abs() + absolute,
                    (None, None) => true,
                    _ => false,
                };
                if !is_same {
                    found.push(format!("{scenario} {name} {what}: {own:?}, told is {told}"));
                }
            };
            let n = values.len() as f64;
            let share = |is: &dyn Fn(f64) -> bool| values.iter().filter(|value| is(**value)).count() as f64 / n;
            check("zero", &outcome["zero"], Some(share(&|value| value == 0.0)), (0.0, 0.0));
            check("never", &outcome["never"], Some(share(&|value| value == f64::INFINITY)), (0.0, 0.0));
            let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
            let mean = finite.iter().sum::<f64>() / finite.len() as f64;
            check("mean", &outcome["mean"], (!finite.is_empty()).then_some(mean), (1e-9, 0.0));
            for percentile in outcome["percentiles"].as_array().expect("percentiles") {
                let percent = percentile["percent"].as_f64().expect("a number");
                let own = values[(n * percent / 100.0).ceil() as usize - 1];
                // Dates and counts are exact; all else is known to a cell of its histogram.
                let (relative, absolute) = match outcome["unit"].as_str() {
                    Some("months") if name.starts_with("disrupted") => (0.0, 1.0 / 16.0),
                    Some("months" | "episodes") => (0.0, 0.0),
                    Some("fraction") => (0.0, 1.0 / 2048.0),
                    _ => (0.004, 0.0),
                };
                check(&format!("P{percent}"), percentile, own.is_finite().then_some(own), (relative, absolute));
            }
        }
    }
    found
}

#[test]
fn the_results_are_those_of_the_rows() {
    let shop = workshop();
    let at = shop.path();
    run(at, "-n 403 -o out --trials-file trials.csv");
    let trials = Table::of(&bytes(at, "out/trials.csv"));
    assert_eq!(trials.rows.len(), 3 * 403);
    let results: Value = serde_json::from_slice(&bytes(at, "out/results.json")).expect("JSON");
    assert_eq!(disagreements(&trials, &results), Vec::<String>::new());
    // A row that is not there any more, or another's value, is noticed.
    let mut fewer = trials.clone();
    fewer.rows.remove(600);
    assert!(!disagreements(&fewer, &results).is_empty());
    let mut other = trials.clone();
    let place = other.place("total_shortage.west.metal");
    other.rows[600][place] = "1234567.5".into();
    assert!(!disagreements(&other, &results).is_empty());
    // Claims and milestones are counted exactly.
    let claims = Table::of(&bytes(at, "out/claims.csv"));
    let milestones = Table::of(&bytes(at, "out/milestones.csv"));
    for scenario in ["plain", "late", "harder"] {
        let holds = trials.column(scenario, "claim.soon").into_iter().filter(|cell| *cell == "true").count();
        assert_eq!(claims.column(scenario, "hits"), [holds.to_string()], "{scenario}");
        let dates = trials.column(scenario, "milestone.enough");
        for (month, told) in milestones.column(scenario, "probability").into_iter().enumerate() {
            let reached = dates.iter().filter(|date| number(date) <= month as f64).count();
            assert_eq!(number(told), reached as f64 / 403.0, "{scenario}, month {month}");
        }
    }
    assert!(trials.column("plain", "milestone.enough").contains(&""), "some never get there");
    let [plain, late] = ["plain", "late"].map(|scenario| trials.column(scenario, "total_shortage.west.metal"));
    assert_eq!(plain, late, "only what is claimed differs");
    assert_ne!(trials.column("plain", "claim.soon"), trials.column("late", "claim.soon"));
}

#[test]
fn a_row_is_the_trial_that_replay_tells() {
    let shop = workshop();
    let at = shop.path();
    run(at, "-n 60 -o out --trials-file t.csv --with-inputs --with-series shortage.*,stock_days.west.metal");
    let (trials, months) = (Table::of(&bytes(at, "out/t.csv")), Table::of(&bytes(at, "out/t-series.csv")));
    // What `replay --trial 17` prints.
    let study = Study::from_text(CONFIG).expect("sound");
    let (mut numbers, infinite) = (0, f64::INFINITY);
    for scenario in ["plain", "late", "harder"] {
        let story = study.trial(scenario, 17).expect("a trial");
        let row = trials.rows.iter().find(|row| row[0] == "17" && row[1] == scenario).expect("a row");
        let outcomes = story.outcomes.iter().map(|value| (value.name.clone(), value));
        for (name, value) in outcomes.chain(story.inputs.iter().map(|value| (format!("input.{}", value.name), value))) {
            let own = number(&row[trials.place(&name)]);
            assert_eq!(own.to_bits(), value.value.unwrap_or(infinite).to_bits(), "{scenario} {name}");
            numbers += 1;
        }
        let date = story.outcome("milestone.enough").expect("it is there");
        let month = date.map(|date| 2 + date as u32); // from March on
        let expected = month.map(|month| format!("{}-{:02}-01", 2026 + month / 12, month % 12 + 1));
        assert_eq!(row[trials.place("milestone.enough.date")], expected.unwrap_or_default());
        for (name, values) in &story.series {
            let rows = months.rows.iter().filter(|row| row[0] == "17" && row[1] == scenario);
            let own: Vec<f64> = rows.map(|row| number(&row[months.place(name)])).collect();
            assert_eq!(
                own,
                values.iter().map(|value| value.unwrap_or(infinite)).collect::<Vec<_>>(),
                "{scenario} {name}"
            );
        }
    }
    assert_eq!(numbers, 3 * (11 + 4) + 1);
    // What is uncertain in one scenario alone has no value in the others.
    let rate = "input.disruptions.acute.rate_per_year";
    assert!(trials.column("plain", rate).iter().all(|cell| cell.is_empty()));
    assert!(trials.column("harder", rate).iter().all(|cell| (1.0..=3.0).contains(&number(cell))));
    let dates = months.column("plain", "date");
    assert_eq!((dates[0], dates[47], dates.len()), ("2026-03-01", "2030-02-01", 48 * 60));
    // The same in a table by `replay`, for some of the trials.
    let some = Table::of(&done(at, "replay small.toml --trials 10..20 --with-inputs"));
    assert_eq!(some, Table { names: trials.names.clone(), rows: trials.rows[30..60].to_vec() });
    let some = Table::of(&done(at, "replay small.toml --trials 10..11 --series shortage.*,stock_days.west.metal"));
    assert_eq!(some, Table { names: months.names.clone(), rows: months.rows[10 * 144..11 * 144].to_vec() });
}

#[test]
fn bytes_do_not_depend_on_threads_and_shards_are_parts_of_the_whole() {
    let shop = workshop();
    let at = shop.path();
    let asked = "-n 1300 --with-inputs --with-series shortage.*";
    run(at, &format!("{asked} -j 1 -o one --trials-file trials.csv"));
    run(at, &format!("{asked} -j 8 -o eight --trials-file trials.csv"));
    let names = ["trials.csv", "trials-series.csv"];
    for name in names {
        assert!(bytes(at, &format!("one/{name}")) == bytes(at, &format!("eight/{name}")), "{name}");
    }
    let manifest: Value = serde_json::from_slice(&bytes(at, "one/manifest.json")).expect("JSON");
    assert!(names.iter().all(|name| manifest["files"][name].is_string()), "{manifest}");
    for shard in 1..=3 {
        run_shard(at, &format!("{asked} --shard {shard}/3 -o {shard} --trials-file trials.csv"));
    }
    for name in names {
        let parts: Vec<u8> = (1..=3).flat_map(|shard| bytes(at, &format!("{shard}/{name}"))).collect();
        assert!(parts == bytes(at, &format!("one/{name}")), "{name}");
    }
    // What is put together of counts has no rows, and can be made again all the same.
    done(at, "merge 1 2 3 --no-charts -q -o merged");
    assert!(!at.join("merged/trials.csv").exists());
    let again: Value = serde_json::from_slice(&bytes(at, "merged/manifest.json")).expect("JSON");
    assert!(!again["again"].to_string().contains("trials-file"), "{again}");
    // Where there are more shards than blocks of trials, some have no row; the first names the columns all the same.
    for shard in 1..=5 {
        run_shard(at, &format!("-n 9 --shard {shard}/5 -o few/{shard} --trials-file t.csv"));
    }
    run(at, "-n 9 -o few/whole --trials-file t.csv");
    let parts: Vec<u8> = (1..=5).flat_map(|shard| bytes(at, &format!("few/{shard}/t.csv"))).collect();
    assert!(parts == bytes(at, "few/whole/t.csv"));
}

fn run_shard(at: &Path, line: &str) {
    done(at, &format!("run small.toml -q {line}"));
}

#[test]
fn a_run_that_stops_has_the_rows_of_the_trials_it_has() {
    let shop = workshop();
    let at = shop.path();
    run(at, "-n 300 -o whole --trials-file t.csv");
    run(at, "-n 300 --stop-after 100 -o part --trials-file t.csv");
    let [whole, part] = ["whole/t.csv", "part/t.csv"].map(|name| String::from_utf8(bytes(at, name)).expect("text"));
    assert_eq!(part.lines().count(), 1 + 3 * 100);
    assert!(whole.starts_with(&part));
    assert!(String::from_utf8_lossy(&done(at, "verify part")).contains("run again: the same files"));
    // A run that looks more than once goes on where it was.
    let line = "-n 100 --until p50(total_shortage.west.metal)+-1% --max-trials 200 -o looks --trials-file t.csv";
    assert_eq!(program(at, &format!("run small.toml --no-charts -q {line} --scenario plain")).0, Some(6));
    let looks = String::from_utf8(bytes(at, "looks/t.csv")).expect("text");
    let trials = looks.lines().skip(1).map(|line| line.split(',').next().expect("a cell").parse::<usize>());
    assert!(trials.eq((0..200).map(Ok)));
}

/// The files of a folder; of the manifest, all but the wall clock.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let read = |name: String| {
        let bytes = bytes(folder, &name);
        if name != "manifest.json" {
            return (name, bytes);
        }
        let mut manifest: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert!(manifest["wall_clock"].take().is_object());
        (name, manifest.to_string().into_bytes())
    };
    names.map(|name| read(name.into_string().expect("text"))).collect()
}

#[test]
fn a_run_that_goes_on_has_every_trial_from_the_first() {
    let shop = workshop();
    let at = shop.path();
    let asked = "--trials-file t.csv --with-inputs --with-series shortage.*";
    run(at, &format!("-n 300 -o whole {asked}"));
    let whole = files(&at.join("whole"));
    run(at, &format!("-n 300 --stop-after 100 -o part {asked}"));
    run(at, &format!("-n 120 -o more {asked}"));
    for (line, folder) in [("resume part", "part"), ("extend more -n 300", "more")] {
        let (code, _, said) = program(at, line);
        assert!(code == Some(0) && said.contains("all trials are simulated again"), "{line}: {code:?} {said}");
        let found = files(&at.join(folder));
        assert!(found.keys().eq(whole.keys()), "{line}: {:?}", found.keys());
        found.iter().for_each(|(name, bytes)| assert!(*bytes == whole[name], "{line}: {name} differs"));
    }
    // Of the rows nothing is counted.
    let (code, _, said) = program(at, "report part --no-charts");
    assert!(code == Some(2) && said.contains("t.csv holds every trial"), "{code:?} {said}");
    assert!(files(&at.join("part")) == whole);
    done(at, "report part --no-charts -q -o told");
    let told = files(&at.join("told"));
    let lacking: Vec<&String> = whole.keys().filter(|name| !told.contains_key(*name)).collect();
    assert_eq!(lacking, ["t-series.csv", "t.csv"]);
    assert!(["results.json", "percentiles.csv"].iter().all(|name| told[*name] == whole[*name]));
    assert!(String::from_utf8_lossy(&done(at, "verify told")).contains("run again: the same files"));
    assert!(String::from_utf8_lossy(&done(at, "verify part")).contains("run again: the same files"));
}

#[test]
fn a_run_that_is_killed_has_no_checkpoint_and_is_run_again() {
    let shop = workshop();
    let at = shop.path();
    let line = "run small.toml --no-charts -q -n 100000 --checkpoint 0.001 -o out --trials-file t.csv";
    let mut child = Command::new(PROGRAM).args(line.split(' ')).current_dir(at).spawn().expect("the program starts");
    // Long after the first checkpoint would have been written.
    let part = at.join(".out.shortfall-new/t.csv.shortfall-part");
    while fs::metadata(&part).map_or(0, |part| part.len()) < 500_000 {
        assert!(child.try_wait().expect("it is known").is_none(), "it is still at work");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(!at.join(".out.shortfall-checkpoint").exists());
    child.kill().and_then(|()| child.wait()).expect("it is killed");
    let (code, _, said) = program(at, "resume out");
    assert!(code == Some(2), "{code:?} {said}");
    run(at, "-n 20 -o out --trials-file t.csv");
    assert_eq!(Table::of(&bytes(at, "out/t.csv")).rows.len(), 3 * 20);
}

#[test]
fn shards_of_rounds_are_parts_of_the_whole_too() {
    let shop = workshop();
    let at = shop.path();
    let asked =
        "-n 100 --until p50(total_shortage.west.metal)+-1% --max-trials 200 --scenario plain --trials-file t.csv";
    assert_eq!(program(at, &format!("run small.toml --no-charts -q {asked} -o whole")).0, Some(6));
    for part in ["1/2", "2/2", "1/3 --round 2", "2/3 --round 2", "3/3 --round 2"] {
        run_shard(at, &format!("{asked} --shard {part}"));
    }
    let line = "cat $(ls -v shortfall-out/small-shards/*/t.csv)";
    let parts = Command::new("sh").args(["-c", line]).current_dir(at).output().expect("a shell is there").stdout;
    assert!(parts == bytes(at, "whole/t.csv"));
    let merged = program(
        at,
        "merge --no-charts -q -o merged shortfall-out/small-shards/1-of-2 shortfall-out/small-shards/2-of-2 \
        shortfall-out/small-shards/round-2-1-of-3 shortfall-out/small-shards/round-2-2-of-3 shortfall-out/small-shards/round-2-3-of-3",
    );
    assert_eq!(merged.0, Some(6), "{}", merged.2);
    assert!(bytes(at, "merged/results.json") == bytes(at, "whole/results.json"));
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let shop = workshop();
    let at = shop.path();
    run(at, "-n 20 -o out");
    let before = bytes(at, "out/manifest.json");
    let line = format!(
        "ulimit -f 40; exec '{}' run small.toml -n 2000 --no-charts -q -o out --force --trials-file t.csv",
        env!("CARGO_BIN_EXE_shortfall")
    );
    let out = Command::new("sh").args(["-c", &line]).current_dir(at).output().expect("a shell is there");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(4) && said.contains("out"), "{:?} {said}", out.status);
    assert_eq!(bytes(at, "out/manifest.json"), before);
    let names: Vec<_> = fs::read_dir(at).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    // The working folder itself is filled, and emptied again.
    fs::create_dir(at.join("here")).expect("made");
    let here = at.join("here");
    let line = line.replace("small.toml", "../small.toml").replace("-o out --force", "-o .");
    let out = Command::new("sh").args(["-c", &line]).current_dir(&here).output().expect("a shell is there");
    assert_eq!(out.status.code(), Some(4));
    assert_eq!(fs::read_dir(&here).expect("a folder").count(), 0);
    done(&here, "run ../small.toml -n 20 --no-charts -q -o . --trials-file t.csv");
    assert!(String::from_utf8_lossy(&done(&here, "verify . --no-run")).contains("nothing differs"));
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_done() {
    let shop = workshop();
    let at = shop.path();
    for (options, says) in [
        ("--trials-file a/t.csv", "give its name alone"),
        ("--trials-file t.xlsx", "the ending says the format"),
        ("--trials-file claims.csv", "take another"),
        ("--trials-file .csv", "a name of letters"),
        ("--trials-file t.csv --with-series nothing.at.all", "there is no recorded series `nothing.at.all`"),
        ("--trials-file t.csv -n 1000000000", "every trial would take about"),
        ("--trials-file t.csv -n 100000000 --with-series shortage.*", "rows of 5 columns"),
        ("--with-inputs", "--trials-file"),
    ] {
        let (code, _, said) = program(at, &format!("run small.toml -q --no-charts -o out {options}"));
        assert!(code == Some(2) && said.contains(says), "{options}: {code:?} {said}");
    }
    for (options, says) in [
        ("--trials 5..5", "write FROM..TO"),
        ("--trials 0..2000000000", "trials are numbered from 0 to"),
        ("--trials 0..5 --format json", "csv or parquet"),
        ("--trials 0..5 --series x", "there is no recorded series `x`"),
        ("--trials 0..5 --trial 3", "cannot be used with"),
        ("", "--trial"),
    ] {
        let (code, _, said) = program(at, &format!("replay small.toml {options}"));
        assert!(code == Some(2) && said.contains(says), "{options}: {code:?} {said}");
    }
    assert!(!at.join("out").exists());
}

/// `datapackage.json` has every table of the folder, and every column of it.
#[test]
fn every_column_is_described() {
    let shop = workshop();
    let at = shop.path();
    let line = "-n 2000 --drivers --input-uncertainty=100 --set output.years=true --scenario harder -o out";
    run(at, &format!("{line} --trials-file t.csv --with-inputs --with-series shortage.*"));
    let described = headers(&at.join("out"));
    let package: Value = serde_json::from_slice(&bytes(at, "out/datapackage.json")).expect("JSON");
    let mut listed = BTreeMap::new();
    for resource in package["resources"].as_array().expect("resources") {
        let fields = resource["schema"]["fields"].as_array().expect("fields");
        assert!(
            fields.iter().all(|field| field["description"].as_str().is_some_and(|text| text.len() > 3)),
            "{resource}"
        );
        let names = fields.iter().map(|field| field["name"].as_str().expect("a name").to_string());
        listed.insert(resource["path"].as_str().expect("a path").to_string(), names.collect::<Vec<_>>());
    }
    assert!(listed.len() == 9, "{:?}", listed.keys());
    assert_eq!(listed, described);
}

/// By CSV file of a folder: its columns.
fn headers(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("text")).filter(|name| name.ends_with(".csv"));
    names.map(|name| (name.clone(), Table::of(&bytes(folder, &name)).names)).collect()
}

#[cfg(feature = "parquet")]
mod in_parquet {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    /// The rows of a file, as CSV would have them, and its metadata. Doubles are held by their bits.
    fn table(bytes: Vec<u8>) -> (Table, BTreeMap<String, String>) {
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).expect("Parquet");
        let metadata = reader.metadata().file_metadata();
        let pairs = metadata.key_value_metadata().into_iter().flatten();
        let about = pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect();
        let names = metadata.schema().get_fields().iter().map(|field| field.name().to_string()).collect();
        let cell = |field: &Field| match field {
            Field::Null => String::new(),
            Field::Double(value) => format!("{:016x}", value.to_bits()),
            Field::Long(value) => value.to_string(),
            Field::Bool(value) => value.to_string(),
            Field::Str(value) => value.clone(),
            Field::Date(days) => format!("day {days}"),
            other => panic!("{other:?}"),
        };
        let rows = reader
            .get_row_iter(None)
            .expect("rows")
            .map(|row| row.expect("a row").get_column_iter().map(|(_, field)| cell(field)).collect::<Vec<String>>());
        (Table { names, rows: rows.collect() }, about)
    }

    /// A table of CSV, numbers of the columns that Parquet has as doubles as their bits.
    fn with_bits(table: &Table, schema: &Value) -> Table {
        let kinds: Vec<&str> = schema["fields"]
            .as_array()
            .expect("fields")
            .iter()
            .map(|field| field["type"].as_str().expect("a type"))
            .collect();
        let day = |text: &str| {
            let parts: Vec<u32> = text.split('-').map(|part| part.parse().expect("a number")).collect();
            let leaps = |year: u32| year / 4 - year / 100 + year / 400;
            let before: u32 =
                (1..parts[1]).map(|month| [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30][month as usize - 1]).sum();
            let leap = u32::from(parts[1] > 2 && leaps(parts[0]) > leaps(parts[0] - 1));
            let days = 365 * (parts[0] - 1970) + leaps(parts[0] - 1) - leaps(1969) + before + leap + parts[2] - 1;
            format!("day {days}")
        };
        let row = |row: &Vec<String>| {
            let cells = row.iter().zip(&kinds).map(|(cell, kind)| match *kind {
                _ if cell.is_empty() => String::new(),
                "number" => format!("{:016x}", number(cell).to_bits()),
                "date" => day(cell),
                _ => cell.clone(),
            });
            cells.collect()
        };
        Table { names: table.names.clone(), rows: table.rows.iter().map(row).collect() }
    }

    #[test]
    fn it_agrees_with_csv_to_the_last_bit_and_says_what_it_is() {
        let shop = workshop();
        let at = shop.path();
        let asked = "-n 1100 --with-inputs --with-series shortage.*";
        run(at, &format!("{asked} -j 2 -o text --trials-file t.csv"));
        run(at, &format!("{asked} -j 1 -o one --trials-file t.parquet"));
        run(at, &format!("{asked} -j 8 -o out --trials-file t.parquet"));
        for name in ["t", "t-series"] {
            let file = bytes(at, &format!("out/{name}.parquet"));
            assert!(file == bytes(at, &format!("one/{name}.parquet")), "{name}: on any number of threads");
            let (columns, about) = table(file);
            let schema: Value = serde_json::from_str(&about["shortfall.schema"]).expect("JSON");
            let text = Table::of(&bytes(at, &format!("text/{name}.csv")));
            assert!(columns == with_bits(&text, &schema), "{name}");
            let manifest: Value = serde_json::from_slice(&bytes(at, "out/manifest.json")).expect("JSON");
            assert_eq!(about["shortfall.config_sha256"], manifest["config_sha256"]);
            let told = ["seed", "trials", "first_trial"].map(|name| about[&format!("shortfall.{name}")].as_str());
            assert_eq!(told, ["1", "1100", "0"]);
            let package: Value = serde_json::from_slice(&bytes(at, "out/datapackage.json")).expect("JSON");
            let of_file = |one: &&Value| one["path"] == format!("{name}.parquet");
            let resource = package["resources"].as_array().expect("a list").iter().find(of_file).expect("described");
            assert_eq!(resource["schema"], schema);
        }
        assert!(String::from_utf8_lossy(&done(at, "verify out")).contains("run again: the same files"));
        let (replayed, _) = table(done(at, "replay small.toml --trials 40..50 --with-inputs --format parquet"));
        assert_eq!(replayed.rows[..], table(bytes(at, "out/t.parquet")).0.rows[120..150]);
    }

    /// More rows than a row group holds.
    #[test]
    fn row_groups_follow_one_another() {
        let shop = workshop();
        let at = shop.path();
        run(at, "-n 1000 -o out --trials-file t.parquet --with-series shortage.*");
        let file = bytes(at, "out/t-series.parquet");
        let reader = SerializedFileReader::new(bytes::Bytes::from(file.clone())).expect("Parquet");
        assert_eq!(reader.metadata().num_row_groups(), 2);
        let (columns, _) = table(file);
        let expected = (0..1000).flat_map(|trial| (0..144).map(move |_| trial.to_string()));
        assert!(columns.rows.iter().map(|row| row[0].clone()).eq(expected));
    }
}
