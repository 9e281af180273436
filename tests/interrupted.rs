//! A run that is interrupted writes what it has; one that is killed, at whatever moment, leaves what there was or what it wrote.

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use program::{PROGRAM, command, listening, names, read, shortfall, told, whole, workshop};

/// More trials than there is time for.
const ENDLESS: &str = "100000000";

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

fn wait(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// Starts, and waits until the run has taken its folder, and a while longer.
fn begin(at: &Path, arguments: &[&str], milliseconds: u64) -> Child {
    let child = listening(at, arguments).spawn().expect("it starts");
    let is_taken = || names(at).iter().any(|name| name.ends_with(".shortfall-new"));
    let since = Instant::now();
    while !is_taken() {
        assert!(since.elapsed() < Duration::from_secs(60), "it takes a folder");
        wait(10);
    }
    wait(milliseconds);
    child
}

/// Starts, interrupts after a while, and waits for the end.
fn interrupt(at: &Path, arguments: &[&str], name: &str) -> (Option<i32>, String, String) {
    let child = begin(at, arguments, 1500);
    signal(&child, name);
    let since = Instant::now();
    let out = child.wait_with_output().expect("it ends");
    let is_soon = since.elapsed() < Duration::from_secs(20);
    assert!(is_soon || !arguments.contains(&"--no-charts"), "it stops soon, but may draw charts");
    told(&out)
}

#[test]
fn an_interrupted_run_writes_the_first_trials_and_says_so() {
    let shop = workshop();
    let at = shop.path();
    for (name, code, threads) in [("INT", 130, "1"), ("TERM", 143, "2")] {
        // Charts take long to draw in a program that is not optimised.
        let charts = if name == "INT" || cfg!(debug_assertions) { "--no-charts" } else { "--svg" };
        let line = ["run", "small.toml", "-n", ENDLESS, "-o", name, "-j", threads, "--progress", "none", charts];
        let (found, printed, said) = interrupt(at, &line, name);
        assert_eq!(found, Some(code), "{printed}{said}");
        let out = at.join(name);
        let manifest = whole(&out);
        let trials = manifest["trials"].as_u64().expect("a number");
        assert!(manifest["partial"] == true && trials > 0 && trials < 100_000_000, "{manifest}");
        let results: serde_json::Value = serde_json::from_str(&read(&out, "results.json")).expect("JSON");
        assert_eq!((&results["partial"], results["trials"].as_u64()), (&true.into(), Some(trials)));
        assert_eq!(
            (&results["planned_trials"], &results["exit_code"]),
            (&100_000_000.into(), &serde_json::Value::Null)
        );
        let page = (charts == "--svg").then(|| read(&out, "report.html"));
        for text in [printed.replace('\n', " "), results["finding"].to_string()].into_iter().chain(page) {
            assert!(text.contains("Interrupted: stopped after "), "{text}");
        }
        // The figures are those of a run of so many trials.
        let whole_run = ["run", "small.toml", "-n", &trials.to_string(), "--no-charts", "-q", "-o", "whole", "--force"];
        assert_eq!(shortfall(at, &whole_run).0, Some(0));
        for file in ["percentiles.csv", "timeseries.csv", "milestones.csv", "claims.csv"] {
            assert_eq!(read(&out, file), read(&at.join("whole"), file), "{file}");
        }
        let (code, printed, said) = shortfall(at, &["verify", name]);
        assert_eq!(code, Some(0), "{printed}{said}");
    }
}

/// A part of a run does not take the place of a whole one, and a second signal ends the program at once.
#[test]
fn what_is_whole_stays_and_who_insists_is_obeyed() {
    let shop = workshop();
    let at = shop.path();
    assert_eq!(shortfall(at, &["run", "small.toml", "-n", "40", "--no-charts", "-q", "-o", "out"]).0, Some(0));
    let endless = ["run", "small.toml", "-n", ENDLESS, "--no-charts", "-q", "-o", "out", "--force"];
    let (code, _, said) = interrupt(at, &endless, "INT");
    assert!(code == Some(130) && said.contains("out-2"), "{said}");
    assert_eq!((&whole(&at.join("out"))["trials"], &whole(&at.join("out-2"))["partial"]), (&40.into(), &true.into()));
    assert_eq!(names(at), ["out", "out-2", "small.toml"]);
    // Sent twice at once, as `timeout` does, it is one.
    let line = format!("timeout -s TERM 1.5 '{PROGRAM}' run small.toml -n {ENDLESS} --no-charts -q -o timed; true");
    told(&command("sh", at, &["-c", &line]).output().expect("it runs"));
    assert_eq!(whole(&at.join("timed"))["partial"], true);
    // A second one ends what takes its time to stop: a block of trials in fifty scenarios.
    let slow = read(at, "small.toml").replace("horizon_years = 3", "horizon_years = 100");
    let scenario =
        |number: u32| format!("[scenarios.s{number}.set]\n\"disruptions.acute.rate_per_year\" = {number}.5\n");
    fs::write(at.join("slow.toml"), slow + &(0..48).map(scenario).collect::<String>()).expect("written");
    let slow = ["run", "slow.toml", "-n", ENDLESS, "-j", "1", "-q", "-o", "slow", "--force", "--no-charts"];
    let is_ended = || {
        let _ = fs::remove_dir_all(at.join(".slow.shortfall-new"));
        let mut child = begin(at, &slow, 300);
        signal(&child, "INT");
        wait(650);
        let is_there = child.try_wait().expect("it is known").is_none();
        if is_there {
            signal(&child, "INT");
        }
        assert_eq!(child.wait().expect("it ends").code(), Some(130));
        is_there && at.join(".slow.shortfall-new").exists()
    };
    assert!((0..8).any(|_| is_ended()), "nothing is written, and nothing cleaned up, by who is ended at once");
}

#[test]
fn other_commands_stop_and_write_nothing() {
    let shop = workshop();
    let at = shop.path();
    let lines: [&[&str]; 4] = [
        &["compare", "small.toml", "plain", "harder", "-n", ENDLESS, "-o", "a"],
        &["stress", "small.toml", "-n", "1000000", "-o", "b"],
        &["drivers", "small.toml", "-n", ENDLESS],
        &["rare", "small.toml", "--scenario", "plain", "--tilt", "disruptions.acute.rate_per_year=3", "-n", ENDLESS],
    ];
    let children = lines.map(|line| listening(at, line).spawn().expect("it starts"));
    wait(3000);
    for (child, line) in children.into_iter().zip(lines) {
        signal(&child, "TERM");
        let (code, printed, said) = told(&child.wait_with_output().expect("it ends"));
        assert!(code == Some(143) && printed.is_empty(), "{line:?}: {code:?} {printed}{said}");
    }
    assert_eq!(names(at), ["small.toml"]);
    // A signal that whoever started it wants ignored, as a shell does of background jobs, is ignored.
    let line = format!("trap '' INT; exec '{PROGRAM}' run small.toml -n 20000 --no-charts -q -o out");
    let child = command("sh", at, &["-c", &line]).spawn().expect("it starts");
    wait(300);
    signal(&child, "INT");
    assert_eq!(told(&child.wait_with_output().expect("it ends")).0, Some(0));
    assert_eq!(whole(&at.join("out"))["partial"], false);
}

/// A result with these trials is in `out`, whole, or one with those; what else is there the next run removes.
fn check(at: &Path, before: u64, after: u64, what: &str) {
    let trials = whole(&at.join("out"))["trials"].as_u64();
    assert!(trials == Some(before) || trials == Some(after), "{what}: {trials:?}");
}

const AGAIN: [&str; 9] = ["run", "small.toml", "-n", "30", "--no-charts", "-q", "-o", "out", "--force"];

#[test]
fn killed_at_any_moment_the_old_result_or_the_new_one_is_there() {
    let shop = workshop();
    let at = shop.path();
    let first = ["run", "small.toml", "-n", "20", "--no-charts", "-q", "-o", "out"];
    assert_eq!(shortfall(at, &first).0, Some(0));
    let since = Instant::now();
    assert_eq!(shortfall(at, &AGAIN).0, Some(0));
    let takes = since.elapsed();
    for number in 0..200 {
        // Spread over the time that a run takes, a golden ratio apart.
        let share = (f64::from(number) * 0.618_033_988_75).fract();
        let trials = if number % 2 == 0 { "20" } else { "30" };
        let mut line = AGAIN;
        line[3] = trials;
        let mut child = command(PROGRAM, at, &line).spawn().expect("it starts");
        std::thread::sleep(takes.mul_f64(1.1 * share));
        let _ = child.kill();
        child.wait().expect("it ends");
        check(at, 20, 30, &format!("kill {number}"));
    }
    assert_eq!(shortfall(at, &AGAIN).0, Some(0));
    assert_eq!(names(at), ["out", "small.toml"]);
}

/// At each call of the system by which the main thread changes the disk, where there is a tool to do that.
#[test]
fn killed_or_failing_at_any_call_of_the_system() {
    let has_tool = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    if !has_tool.is_ok_and(|out| out.status.success()) {
        return;
    }
    let shop = workshop();
    let at = shop.path();
    let traced = |trials: &str, more: &[&str]| {
        let mut line = AGAIN;
        line[3] = trials;
        told(&command("strace", at, &[&["-qq"], more, &[PROGRAM], &line].concat()).output().expect("it starts"))
    };
    assert_eq!(shortfall(at, &AGAIN[..8]).0, Some(0));
    let changes = ["mkdir", "write", "fsync", "rename", "renameat2", "unlink", "rmdir"];
    let all: Vec<(&str, &str)> = changes.iter().map(|call| (*call, "signal=KILL")).collect();
    let errors = ["ENOSPC", "EIO"].map(|error| changes.map(|call| (call, error)));
    let mut done = 0;
    for (call, fault) in all.into_iter().chain(errors.into_iter().flatten()) {
        let log = at.join("log");
        traced("20", &["-o", log.to_str().expect("text"), "-e", &format!("trace={call}")]);
        let calls = read(at, "log").lines().filter(|line| line.starts_with(call)).count();
        fs::remove_file(&log).expect("removed");
        let fault = if fault.contains('=') { fault.to_string() } else { format!("error={fault}") };
        for number in 1..=calls {
            let inject = format!("inject={call}:{fault}:when={number}");
            let (code, _, said) = traced(["20", "30"][number % 2], &["-o", "/dev/null", "-e", &inject]);
            check(at, 20, 30, &format!("{inject}: {said}"));
            assert!(fault == "signal=KILL" || code == Some(0) || code == Some(4), "{inject}: {code:?} {said}");
            done += 1;
        }
    }
    assert!(done > 60, "{done}");
    // Results that could not take the place stand beside; nothing hidden is left.
    assert_eq!(shortfall(at, &AGAIN).0, Some(0));
    assert!(names(at).iter().all(|name| !name.starts_with('.')), "{:?}", names(at));
}
