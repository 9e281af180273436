//! What a config asks for is bounded by its limits: too much is refused before any of it is done, and however much is wrong, the
//! answer is short.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::ConfigBuilder;
use shortfall::config::fault::{Diagnostics, help_for_name, nearest};
use shortfall::model::{LIMITS, Limit};
use shortfall::study::Study;

/// A sound model to which lists are added.
fn sound() -> ConfigBuilder {
    ConfigBuilder::new(10.0).demand(400).plant("mill", 300).project("mine", 100, "lead_months = { uniform = [5, 6] }")
}

fn faults(text: &str) -> Diagnostics {
    Study::from_text(text).err().unwrap_or_default()
}

/// `of(number)` for every number below `count`, as a list of TOML.
fn list(count: usize, of: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(of).collect::<Vec<_>>().join(", "))
}

fn table(count: usize, of: impl Fn(usize) -> String) -> String {
    format!("{{ {} }}", (0..count).map(of).collect::<Vec<_>>().join(", "))
}

fn name(number: usize) -> String {
    format!("\"unknown{number}\"")
}

/// What is added to the sound model to have so many entries.
type Config = fn(usize) -> String;

fn project(keys: &str) -> String {
    let place = "country = \"Everywhere\", stage = \"product\", tonnes_per_year = 1, lead_months = 1";
    format!("projects.other = {{ {place}, {keys} }}\n")
}

/// Every list and table with its limit: the config with so many entries. None of the names in them exists.
fn lists() -> Vec<(&'static str, Limit, Config)> {
    const OUTAGE: &str = "kind = \"outage\", rate_per_year = 1, duration_months = 1";
    vec![
        ("countries", LIMITS.countries, |n| format!("markets.other.countries = {}\n", list(n - 1, name))),
        ("feeds", LIMITS.stages, |n| format!("stages.other.feeds = {}\n", table(n, |i| format!("u{i} = 1")))),
        ("yields", LIMITS.stages, |n| {
            let yields = table(n, |i| format!("u{i} = 1"));
            format!("projects.other = {{ country = \"Everywhere\", lead_months = 1, yields = {yields} }}\n")
        }),
        ("requires", LIMITS.requires, |n| project(&format!("requires = {}", list(n, name)))),
        ("phases", LIMITS.phases, |n| {
            project(&format!("phases = {}", list(n, |i| format!("{{ name = \"1{i}\", months = 1 }}"))))
        }),
        ("weights", LIMITS.weights, |n| {
            project(&format!("ramp = {{ months = 1, shape = {} }}", table(n, |i| format!("u{i} = 1"))))
        }),
        ("ramp shapes", LIMITS.ramp_shapes, |n| {
            (0..n).map(|i| format!("ramp_shapes.s{i}.points = [[0, 1]]\n")).collect()
        }),
        ("investments", LIMITS.investments, |n| {
            let one = "country = \"Nowhere\", decisions_per_year = 1, at_most = 0";
            (0..n).map(|i| format!("investment.i{i} = {{ {one} }}\n")).collect()
        }),
        ("response", LIMITS.response, |n| {
            let points = list(n, |_| "[1, 1]".into());
            format!("investment.i = {{ country = \"Nowhere\", decisions_per_year = 1, response = {points} }}\n")
        }),
        ("responses of markets", LIMITS.markets, |n| {
            (0..n).map(|i| format!("response.u{i} = {{ thrift_per_year = 0, max = 0 }}\n")).collect()
        }),
        ("hits", LIMITS.names, |n| format!("disruptions.d = {{ {OUTAGE}, hits = {} }}\n", list(n, name))),
        ("from and to", LIMITS.names, |n| {
            let (from, to) = (list(n / 2, name), list(n - n / 2, name));
            format!(
                "disruptions.d = {{ kind = \"export-control\", rate_per_year = 1, duration_months = 1, from = {from}, to = {to} }}\n"
            )
        }),
        ("raises", LIMITS.disruptions, |n| {
            let raises = table(n, |i| format!("u{i} = 1"));
            format!("disruptions.d = {{ {OUTAGE}, hits = [\"mill\"], raises = {raises} }}\n")
        }),
        ("scheduled", LIMITS.scheduled, |n| {
            let each = "{ from = \"2026-01\", every_months = 1, months = 1 }";
            // Each comes again in all of 120 months.
            format!(
                "disruptions.d = {{ kind = \"outage\", hits = [\"nothing\"], scheduled = {} }}\n",
                list(n / 121 + 1, |_| each.into())
            )
        }),
        ("correlations", LIMITS.correlations, |n| {
            (0..n).map(|i| format!("correlations.c{i} = {{ inputs = [], rho = 0.5 }}\n")).collect()
        }),
        ("correlated inputs", LIMITS.correlated, |n| {
            format!("correlations.c = {{ inputs = {}, rho = 0.5 }}\n", list(n, name))
        }),
        ("loadings", LIMITS.correlated, |n| {
            format!("correlations.c.inputs = {}\n", table(n, |i| format!("u{i} = 0.5")))
        }),
        ("series to record", LIMITS.patterns, |n| format!("output.series = {}\n", list(n, name))),
        ("changes of a scenario", LIMITS.changes, |n| {
            (0..n).map(|i| format!("scenarios.s.set.\"nothing.u{i}\" = 1\n")).collect()
        }),
        ("measures", LIMITS.measures, |n| {
            let one = |i: usize| format!("measures.m{i} = {{ cost = 1, set = {{ \"nothing.u{i}\" = 1 }} }}\n");
            (0..n).map(one).collect()
        }),
        ("changes of a measure", LIMITS.changes, |n| {
            let one = |i: usize| format!("measures.m.set.\"nothing.u{i}\" = 1\n");
            String::from("measures.m.cost = 1\n") + &(0..n).map(one).collect::<String>()
        }),
        ("scenarios of a chart", LIMITS.scenarios, |n| {
            format!("scenarios.s = {{}}\ncharts = [{{ kind = \"multiples\", scenarios = {} }}]\n", list(n, name))
        }),
    ]
}

/// That nothing is said of the names, none of which exists, shows that none was looked up.
#[test]
fn every_list_has_a_limit_that_is_checked_before_its_entries_are() {
    for (what, limit, config) in lists() {
        let asked = limit.most as usize + 1;
        let text = sound().text() + &config(asked);
        let found = faults(&text);
        let said = found.to_string();
        assert_eq!(found.count(), 1, "{what}: {said}");
        assert!(
            said.contains(&format!("too many {}: at most {} are allowed", limit.what, limit.most)),
            "{what}: {said}"
        );
        assert!(said.contains("are asked for"), "{what}: {said}");
    }
}

/// What the limit itself allows is looked at, entry by entry.
#[test]
fn as_much_as_is_allowed_is_looked_at() {
    for (what, limit, config) in lists().into_iter().filter(|(what, ..)| !["countries", "correlations"].contains(what))
    {
        let asked = if what == "scheduled" { 121 } else { limit.most as usize };
        let said = faults(&(sound().text() + &config(asked))).to_string();
        assert!(!said.is_empty() && !said.contains("too many"), "{what}: {said}");
    }
}

#[test]
fn long_names_in_lists_are_refused() {
    let long = "*a".repeat(100);
    let said = faults(&sound().outage("d", &long, "rate_per_year = 1, duration_months = 1").text());
    assert!(said.to_string().contains("too many letters of a name: at most 100 are allowed"), "{said}");
}

/// Each table takes milliseconds: they are counted before the first one is made.
#[test]
fn distributions_that_take_tables_have_a_limit() {
    let plant = |i: usize, tonnes: &str| -> String {
        let place = "country = \"Everywhere\", stage = \"product\"";
        format!("capacities.c{i} = {{ {place}, tonnes_per_year = {tonnes} }}\n")
    };
    let part = |of: String| format!("{{ weight = 1, of = {of} }}");
    let pair = |i: usize| {
        let beta = |by: usize| part(format!("{{ beta = {{ alpha = {}, beta = {by} }} }}", i + 1));
        part(format!("{{ mixture = [{}, {}] }}", beta(2), beta(3)))
    };
    let nested = plant(0, &format!("{{ mixture = {} }}", list(LIMITS.tables.most as usize / 3 + 1, pair)));
    let said = faults(&(sound().text() + &nested)).to_string();
    assert!(said.contains("too many different distributions without a closed form"), "{said}");
    assert!(said.contains("let several inputs have the same distribution"), "{said}");
    // Equal ones are one.
    let equal: String = (0..300).map(|i| plant(i, "{ pert = [1, 2, 3] }")).collect();
    assert!(faults(&(sound().text() + &equal)).is_empty());
}

#[test]
fn a_matrix_of_correlations_has_a_limit() {
    let text = |rows: usize| {
        let uncertain = "lead_months = { uniform = [5, 6] }";
        let config = (0..rows).fold(sound(), |config, row| config.project(&format!("p{row}"), 1, uncertain));
        let inputs = list(rows, |row| format!("\"projects.p{row}.lead_months\""));
        let matrix = list(rows, |row| list(rows, |column| if row == column { "1.0" } else { "0.1" }.into()));
        config.entry("correlations.many", format!("{{ inputs = {inputs}, matrix = {matrix} }}")).text()
    };
    assert!(faults(&text(100)).is_empty(), "{}", faults(&text(100)));
    let found = faults(&text(101)).to_string();
    assert!(found.contains("a matrix has at most 100 rows") && found.contains("101 inputs"), "{found}");
}

/// What is counted by month has to fit into memory, and is refused before any of it is asked for.
#[test]
fn cells_have_a_limit() {
    let text = |series: &[&str], years: f64| {
        let config = ConfigBuilder::empty(years).series(series);
        let one = |config: ConfigBuilder, i: usize| {
            let demand = format!("{{ market = \"m{i}\", stage = \"s{i}\", tonnes_per_year = 5 }}");
            config
                .entry(&format!("markets.m{i}.countries"), format!("[\"A{i}\"]"))
                .entry(&format!("stages.s{i}"), "{}")
                .entry(&format!("demands.d{i}"), demand)
                .producer(&format!("capacities.c{i}"), [&format!("A{i}"), &format!("s{i}")], 4, "")
        };
        (0..16).fold(config, one).text()
    };
    let many = ["production.*.*", "capacity.*.*", "requirement.*.*", "stock.*.*"];
    assert!(faults(&text(&many[..1], 1.0)).is_empty());
    let found = faults(&text(&many, 100.0)).to_string();
    for part in ["too many", "are asked for", "name fewer series, or shorten the horizon"] {
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn faults_of_a_kind_are_counted_after_the_first_ones() {
    let one = |i: usize| {
        format!(
            "capacities.c{i} = {{ country = \"{}{i}\", stage = \"product\", tonnes_per_year = 1 }}\n",
            "x".repeat(300)
        )
    };
    let found = faults(&(sound().text() + &(0..1900).map(one).collect::<String>()));
    let said = found.to_string();
    assert_eq!((found.count(), found.iter().count()), (1900, 10));
    assert!(said.contains("and 1890 more like this: there is no country in any market `xxx"), "{said}");
    assert!(said.ends_with("1900 faults\n") && said.len() < 10_000, "{} bytes", said.len());
    let unknown = (0..50_000).map(|i| format!("k{i} = 1\n")).collect::<String>();
    let said = faults(&(unknown + &sound().text())).to_string();
    assert!(said.contains("and 49990 more like this: there is no key `k") && said.len() < 10_000, "{said}");
}

/// Fifty scenarios, each with the same fault in each of many entries: one a scenario, at the value that it sets. Where the config
/// itself has many, no scenario is looked at.
#[test]
fn faults_do_not_multiply_with_scenarios() {
    let plants = |stage: &str| -> String {
        let plant = format!("country = \"Everywhere\", stage = \"{stage}\", tonnes_per_year = 1");
        (0..120).map(|i| format!("capacities.c{i} = {{ {plant} }}\n")).collect()
    };
    let scenarios: String =
        (0..50).map(|i| format!("scenarios.s{i}.set.\"capacities.*.stage\" = \"nothing\"\n")).collect();
    let found = faults(&(sound().text() + &plants("product") + &scenarios));
    assert_eq!((found.count(), found.iter().count()), (50, 10), "{found}");
    let found = faults(&(sound().text() + &plants("unknown") + &scenarios));
    let said = found.to_string();
    assert!(found.count() == 120 && said.contains("`unknown`") && !said.contains("`nothing`"), "{said}");
}

#[test]
fn scenarios_change_a_bounded_number_of_values() {
    let plant = "country = \"Everywhere\", stage = \"product\", tonnes_per_year = 1";
    let plants: String = (0..1200).map(|i| format!("capacities.c{i} = {{ {plant} }}\n")).collect();
    let scenarios: String = (0..50)
        .flat_map(|i| {
            let numbers = ["tonnes_per_year = 1", "growth_per_year = 0"];
            let texts = ["stage = \"unknown\"", "country = \"Everywhere\""];
            numbers.into_iter().chain(texts).map(move |change| {
                let (key, value) = change.split_once(" = ").expect("a key and a value");
                format!("scenarios.s{i}.set.\"capacities.c*.{key}\" = {value}\n")
            })
        })
        .collect();
    let found = faults(&(sound().text() + &plants + &scenarios));
    let said = found.to_string();
    assert!(said.contains("too many changed values") && said.contains("240000 are asked for"), "{said}");
    assert_eq!(found.count(), 1, "no scenario was compiled: the stage is not looked for");
}

#[test]
fn the_nearest_name_is_looked_for_among_a_bounded_number() {
    let many: Vec<String> = (0..100_000).map(|i| format!("candidate-number-{i}")).collect();
    let names = || many.iter().map(String::as_str);
    assert_eq!(nearest("candidate-number-5", names().take(1700)), Some("candidate-number-5"));
    assert_eq!(nearest("candidate-number-x", names()), None, "too many");
    assert_eq!(nearest(&"x".repeat(2000), ["x"]), None, "too long");
    let help = help_for_name("candidate-number-x", names());
    assert!(help.starts_with("there are 100000, such as: candidate-number-0,") && help.len() < 300, "{help}");
}

fn check(folder: &Path, arguments: &[&str], input: Option<&str>) -> Output {
    let mut command = Command::new("timeout");
    command.arg("60").arg(env!("CARGO_BIN_EXE_shortfall")).args(arguments).current_dir(folder);
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    if let Some(text) = input {
        use std::io::Write;
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    }
    child.wait_with_output().expect("it ends")
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is there").success());
}

/// Nobody writes to these pipes: whoever opens one waits for ever.
#[test]
fn of_pipes_and_devices_nothing_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fifo(&at("pipe.toml"));
    for (config, what) in [("pipe.toml", "a pipe or a device"), ("/dev/zero", "a pipe or a device"), (".", "a folder")]
    {
        let out = check(folder.path(), &["check", config], None);
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(4), "{said}");
        assert!(said.contains(&format!("this is {what}, not a file; `-` reads standard input")), "{said}");
    }
    // The list of sources beside a config, and the manifest of a run.
    fs::write(at("sound.toml"), sound().text()).expect("written");
    fs::create_dir(at("data")).expect("made");
    fifo(&at("data/sources.csv"));
    let run =
        |more: &[&str]| check(folder.path(), &[&["run", "sound.toml", "-n", "20", "--no-charts"], more].concat(), None);
    assert_eq!(run(&["-o", "out"]).status.code(), Some(0));
    fs::remove_file(at("out/manifest.json")).expect("removed");
    fifo(&at("out/manifest.json"));
    let out = check(folder.path(), &["compare", "out", "out"], None);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(2) && said.contains("is not the folder of a whole run"), "{said}");
}

#[test]
fn standard_input_is_read_as_a_config() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = check(folder.path(), &["check", "-"], Some(&sound().text()));
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("standard input: no faults\n"));
    let out = check(folder.path(), &["check", "-"], Some("title = 1"));
    assert!(String::from_utf8_lossy(&out.stderr).contains("--> standard input:1:9"), "{out:?}");
    let out = check(folder.path(), &["run", "-", "-n", "20", "--no-charts", "-q"], Some(&sound().text()));
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(folder.path().join("shortfall-out/stdin/manifest.json").is_file());
}
