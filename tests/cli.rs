//! The program as its users meet it: arguments, exit codes, files, messages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn shortfall(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").stdin(Stdio::null());
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
    assert!(run(&["--force"]).status.success());
    assert_eq!(fs::read_to_string(out.join("precious.txt")).expect("text"), "mine");
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
    let cases: [(&[&str], i32, &str); 10] = [
        (&["run"], 2, "required"),
        (&["walk", "smoke.toml"], 2, "unrecognized"),
        (&["run", "smoke.toml", "--scenario", "nonesuch"], 2, "there is no scenario"),
        (&["run", "nowhere.toml"], 4, "nowhere.toml"),
        (&["run", "."], 4, "directory"),
        (&["check", "binary.toml"], 3, "UTF-8"),
        (&["check", "empty.toml"], 3, "`markets` is missing"),
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
}
