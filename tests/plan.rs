//! What a plan says is what the run needs, and the lines that it prints start that run.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use common::ConfigBuilder;
use serde_json::Value;
use shortfall::math::{exp, ln};
use shortfall::output::file::Contents;
use shortfall::simulation::{self, Progress};
use shortfall::summary::plan::{Needed, trials};

const PROGRAM: &str = env!("CARGO_BIN_EXE_shortfall");

fn command(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn done(folder: &Path, line: &str) -> String {
    let out = command(folder, &line.split(' ').collect::<Vec<_>>());
    assert_eq!(out.status.code(), Some(0), "{line}: {}", text(&out.stderr));
    text(&out.stdout)
}

/// The shortage of a year is uniform from 0 to 1000 tonnes with one half, else 0: as capacity is uniform up to twice the
/// demand.
fn half() -> ConfigBuilder {
    ConfigBuilder::new(1.0).plant("one", "{ uniform = [0, 2000] }").demand(1000).series(&["shortage.all.product"])
}

/// The same without the half that is 0: uniform from 0 to 1000.
fn whole() -> ConfigBuilder {
    half().replace("[0, 2000]", "[0, 1000]")
}

/// A model, what it is to run for, the standard deviation of one trial, what the statistic may be off by, and how near the
/// plan and the run must come to the closed form.
struct Case {
    config: fn() -> ConfigBuilder,
    rule: &'static str,
    deviation: f64,
    goal: f64,
    near: f64,
}

/// Of a percentile the deviation is sqrt(p (1 - p)) over the density 1/1000, and half a cell is left out of the goal: cells have
/// a width of 2 from 512 on, and of 1 below. Of half a uniform one, the mean is 250, the mean of its square 1000^2 / 6.
const CASES: [Case; 5] = [
    Case { config: whole, rule: "p95(total_shortage.all.product) +- 2%", deviation: 217.945, goal: 18.0, near: 0.25 },
    Case { config: whole, rule: "p50(total_shortage.all.product) +- 2%", deviation: 500.0, goal: 9.5, near: 0.25 },
    Case { config: whole, rule: "mean(total_shortage.all.product) +- 1%", deviation: 288.675, goal: 5.0, near: 0.1 },
    Case { config: half, rule: "mean(total_shortage.all.product) +- 2%", deviation: 322.749, goal: 5.0, near: 0.1 },
    Case { config: half, rule: "zero(total_shortage.all.product) +- 2%", deviation: 0.5, goal: 0.01, near: 0.1 },
];

impl Case {
    /// As many trials as the normal interval takes.
    fn exact(&self) -> f64 {
        let ratio = 1.959_964 * self.deviation / self.goal;
        ratio * ratio
    }
}

fn needed(config: &ConfigBuilder, rule: &str, seed: u64, pilot: u64) -> Needed {
    let study = config.clone().entry("run.until", format!("\"{rule}\"")).entry("run.seed", seed).study();
    let tallies = simulation::run(&study.models(), pilot, 0, &Progress::default()).expect("nobody stops it");
    trials(&study, &tallies).needed.expect("there is a rule")
}

/// Over 25 pilots, the number that is told is that of the closed form, and its interval holds that. If the width shrank with
/// the number of trials and not with its root, the number would be another.
#[test]
fn the_trials_that_are_told_are_those_of_the_closed_form() {
    const PILOT: u64 = 1000;
    for case in &CASES {
        let exact = case.exact();
        let found: Vec<Needed> = (1..=25).map(|seed| needed(&(case.config)(), case.rule, seed, PILOT)).collect();
        let logs = found.iter().map(|one| ln(one.value.expect("it is told") as f64 / exact));
        let off = exp(logs.sum::<f64>() / found.len() as f64);
        let holds =
            |one: &&Needed| (one.low as f64) < 1.02 * exact && one.high.is_some_and(|high| high as f64 > 0.98 * exact);
        let held = found.iter().filter(holds).count();
        println!("{}: exactly {exact:.0}, told are {off:.3} of it; {held} of 25 intervals hold it", case.rule);
        let is_near = |off: f64| (1.0 / (1.0 + case.near)..=1.0 + case.near).contains(&off);
        assert!(is_near(off), "{}: {off}", case.rule);
        // Of 25 at 95 %, fewer than 20 come once in 6000 times.
        assert!(held >= 20, "{}: {held} of 25", case.rule);
        let pilot = PILOT as f64 / exact;
        assert!(!is_near((pilot * off).sqrt()), "{}: this test does not tell them apart", case.rule);
    }
}

/// With more trials than were planned a run reaches what it waits for, with fewer it does not: by a sixth of a mean or a
/// probability, by six tenths of a percentile, the width of whose interval depends on few trials.
#[test]
fn a_run_needs_what_was_planned() {
    for Case { config, rule, near, .. } in &CASES[1..] {
        let folder = config().folder();
        let plan = command(folder.path(), &["plan", "test.toml", "--until", rule, "--json", "--shards", "3"]);
        assert!(plan.status.success(), "{}", text(&plan.stderr));
        let plan: Value = serde_json::from_slice(&plan.stdout).expect("JSON");
        let value = plan["needed"]["value"].as_u64().expect("it is told") as f64;
        let off = if *near > 0.2 { 1.6 } else { 1.17 };
        for (n, code) in [(value * off, 0), (value / off, 6)] {
            let n = (n as u64).to_string();
            let run = ["run", "test.toml", "-q", "--no-charts", "-o", "out", "--force", "--until", rule, "-n", &n];
            let out = command(folder.path(), &[&run[..], &["--max-trials", &n]].concat());
            assert_eq!(out.status.code(), Some(code), "{rule} with {n}, {value} planned: {}", text(&out.stderr));
        }
    }
}

#[test]
fn verdicts_and_what_a_pilot_does_not_tell() {
    // The probability that is asked for is 0.5: far from 0.2, at 0.5 no number decides.
    let expect = |limit: f64| {
        half().tables(&format!("[expect.e]\nstatistic = \"zero(total_shortage.all.product)\"\nat_least = {limit}\n"))
    };
    let of = |config: &ConfigBuilder, rule: &str| needed(config, rule, 1, 2000);
    assert!(of(&expect(0.2), "verdict").note.contains("decides all"));
    let near = of(&expect(0.5), "verdict");
    assert!(near.high.is_none() && near.low > 2000, "{near:?}");
    // A percentile is decided as the share of the trials up to its limit.
    let percentile = |limit: f64| {
        whole().tables(&format!("[expect.e]\nstatistic = \"p50(total_shortage.all.product)\"\nat_least = {limit}\n"))
    };
    let near = of(&percentile(490.0), "verdict");
    assert!(near.value.is_some_and(|value| (2000..200_000).contains(&value)), "{near:?}");
    let few = needed(&whole(), "p99.9(total_shortage.all.product) +- 5%", 1, 1000);
    assert!(few.value.is_none() && few.note.contains("3688"), "{few:?}");
    let none = of(&whole().replace("[0, 1000]", "[2000, 3000]"), "mean(total_shortage.all.product) +- 5%");
    assert!(none.value.is_none() && none.note.contains("no share"), "{none:?}");
}

/// A folder with the quickstart as `my.toml`, the program, and schedulers that do at once what they are told.
fn cluster() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/quickstart.toml");
    fs::copy(config, folder.path().join("my.toml")).expect("copied");
    fs::create_dir(folder.path().join("bin")).expect("made");
    symlink(PROGRAM, folder.path().join("bin/shortfall")).expect("linked");
    for (name, script) in [
        (
            "sbatch",
            "tasks=; while [ $# -gt 0 ]; do case $1 in --array=1-*) tasks=$(seq ${1#--array=1-});; --wrap) wrap=$2; shift;; esac; shift; done\n\
             for k in $tasks; do SLURM_ARRAY_TASK_ID=$k sh -c \"$wrap\" || exit; done\n[ \"$tasks\" ] || sh -c \"$wrap\" >/dev/null; echo 42\n",
        ),
        (
            "parallel",
            "[ \"$1 $2 $3\" = '--retries 3 -q' ] || exit 9; shift 3; while read -r k; do \"${@//\\{\\}/$k}\" || exit; done\n",
        ),
        (
            "aws",
            "printf '%s\\n' \"${@: -1}\" >> commands; for one in \"$@\"; do case $one in '{\"command\"'*) echo \"$one\" >> commands;; esac; done; echo 7\n",
        ),
    ] {
        let path = folder.path().join("bin").join(name);
        fs::write(&path, format!("#!/usr/bin/env bash\n{script}")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("allowed");
    }
    folder
}

/// Runs lines as a shell would, in a folder with [`cluster`]'s programs.
fn shell(folder: &Path, lines: &str) {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-ec", lines]).current_dir(folder).env("PATH", path).env("QUEUE", "q").env("DEFINITION", "d");
    shell.env_remove("GITHUB_STEP_SUMMARY").env_remove("PARALLEL_SEQ").env_remove("SLURM_ARRAY_TASK_ID");
    let out = shell.output().expect("a shell is there");
    assert!(out.status.success(), "{lines}\n{}{}", text(&out.stdout), text(&out.stderr));
}

/// The commands of an Indexed Job and of the merge, which are words in JSON on a line of the manifest.
fn commands(lines: &str) -> Vec<Vec<String>> {
    let found = lines.lines().filter_map(|line| {
        let line = line.trim();
        let list = line.strip_prefix("command: ").map(String::from);
        list.or_else(|| {
            line.starts_with("{\"command\"")
                .then(|| serde_json::from_str::<Value>(line).expect("JSON")["command"].to_string())
        })
    });
    found.map(|list| serde_json::from_str(&list).expect("a list of words")).collect()
}

/// Runs both commands, the first once for each shard with its number in a variable.
fn one_by_one(folder: &Path, lines: &str, variable: &str) {
    let found = commands(lines);
    assert_eq!(found.len(), 2, "{lines}");
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    for (words, index) in [(&found[0], "0"), (&found[0], "1"), (&found[1], "")] {
        let mut command = Command::new("env");
        command.arg(format!("{variable}={index}")).args(words).env("PATH", &path).current_dir(folder);
        let out = command.env_remove("GITHUB_STEP_SUMMARY").output().expect("it starts");
        assert!(out.status.success(), "{words:?}: {}", text(&out.stderr));
    }
}

#[test]
fn the_lines_start_the_run_that_was_planned() {
    let folder = cluster();
    let folder = folder.path();
    let options = [
        "my.toml",
        "-n",
        "100",
        "--set",
        "projects.*.slip_months={ uniform = [1, 24] }",
        "--seed",
        "9",
        "--scenario",
        "evidence",
    ];
    let run = [&["run"], &options[..], &["-q", "--no-charts", "-o", "whole"]].concat();
    assert!(command(folder, &run).status.success());
    let digests = |folder: &Path| Contents::of(folder).expect("readable").manifest["files"].clone();
    for name in ["slurm", "parallel", "kubernetes", "aws-batch"] {
        let plan = [&["plan"], &options[..], &["--pilot", "100", "--shards", "2", "--for", name]].concat();
        let lines = text(&command(folder, &plan).stdout).replace("shortfall merge ", "shortfall merge --no-charts ");
        match name {
            "kubernetes" => one_by_one(folder, &lines, "JOB_COMPLETION_INDEX"),
            "aws-batch" => {
                shell(folder, &lines);
                let told = fs::read_to_string(folder.join("commands")).expect("aws was called");
                let told: Vec<&str> = told.lines().filter(|line| line.starts_with("{\"command\"")).collect();
                one_by_one(folder, &[told[0], told[told.len() - 1]].join("\n"), "AWS_BATCH_JOB_ARRAY_INDEX");
            }
            _ => shell(folder, &lines),
        }
        let merged = folder.join("shortfall-out/my");
        assert_eq!(digests(&merged), digests(&folder.join("whole")), "{name}\n{lines}");
        fs::remove_dir_all(folder.join("shortfall-out")).expect("removed");
    }
}

/// The lines for Slurm are those of README.md, which are tried on a real one.
#[test]
fn slurm_is_told_what_the_readme_says() {
    let folder = cluster();
    let lines = done(folder.path(), "plan my.toml -n 5000 --pilot 100 --shards 8 --for slurm");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("text");
    let own = readme.split("```text\n").find(|block| block.starts_with("id=$(sbatch")).expect("it is there");
    let own = own.split("```").next().expect("a block");
    assert_eq!(lines, own.replace("run my.toml", "run my.toml -n 5000"));
}

#[test]
fn a_plan_is_the_same_again_but_for_the_clock() {
    let folder = cluster();
    let folder = folder.path();
    let rule = "mean(total_shortage.importer.metal) +- 5%";
    let plan = |threads: &str| {
        let arguments =
            ["plan", "my.toml", "--until", rule, "--shards", "40", "--pilot", "500", "-j", threads, "--json"];
        let out = command(folder, &arguments);
        assert!(out.status.success(), "{}", text(&out.stderr));
        let mut plan: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        for clock in ["measured", "seconds_per_shard", "core_hours", "seconds_to_merge", "memory_bytes"] {
            assert!(!plan[clock].take().is_null(), "{clock}");
        }
        plan
    };
    let [one, two] = ["1", "2"].map(plan);
    assert_eq!(one, two);
    let planned = one["planned"].as_u64().expect("told");
    assert!(one["lines"]["parallel"].as_str().expect("lines").contains(&format!("-n {planned} --shard {{}}/40")));
    assert_eq!(one["needed"]["high"].as_u64().map(|high| high <= planned), Some(true));

    // A shard leaves about what was told.
    let told = done(folder, "plan my.toml -n 4000 --shards 2 --pilot 1000 --json");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    done(folder, "run my.toml -n 4000 --shard 1/2 -q -o shard");
    let size = fs::metadata(folder.join("shard/tally.bin")).expect("it is there").len() as f64;
    let told = told["disk_bytes_per_shard"].as_u64().expect("told") as f64;
    assert!((told / size - 1.0).abs() < 0.3, "{told} bytes told, {size} are there");

    let printed = done(folder, "plan my.toml -n 4000 --pilot 100 --shards 2");
    for says in [
        "4000 trials, as asked for",
        "each of 2 shards",
        "core-hours",
        "Measured on this machine",
        "sbatch",
        "kind: Job",
    ] {
        assert!(printed.contains(says), "{says}: {printed}");
    }
    assert!(
        done(folder, "plan my.toml -n 4000 --pilot 100 --format csv").starts_with("quantity,value,low,high,measured\n")
    );
    for (line, says) in [
        ("plan - -n 100", "standard input"),
        ("plan my.toml --max-trials 5000", "is for runs with `until`"),
        ("plan my.toml --until nonsense", "a run stops at a precision"),
    ] {
        let out = command(folder, &line.split(' ').collect::<Vec<_>>());
        assert!(
            matches!(out.status.code(), Some(2 | 3)) && text(&out.stderr).contains(says),
            "{line}: {}",
            text(&out.stderr)
        );
    }
}
