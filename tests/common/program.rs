//! The program, started in a folder of its own.
#![allow(dead_code)] // every test file uses some of it

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use shortfall::output::file::Contents;
use tempfile::TempDir;

/// A small model that takes no time, with two scenarios.
const CONFIG: &str = r#"
title = "Two plants and their outages"
start = "2026-01"
horizon_years = 3
markets.west.countries = ["Here"]
stages.magnets = {}
capacities.mine-1 = { country = "Here", stage = "magnets", tonnes_per_year = { uniform = [800, 1300] } }
capacities.mine-2 = { country = "Here", stage = "magnets", tonnes_per_year = 300 }
demands.users = { market = "west", stage = "magnets", tonnes_per_year = 1200 } # what they buy
milestones.enough = { title = "Enough", series = "shortage.west.magnets", at_most = 1, for_months = 3 }
claims.soon = { who = "Nobody", milestone = "enough", within_months = 12, probability_at_least = 0.5 }
scenarios.plain = {}
scenarios.harder.set = { "disruptions.acute.rate_per_year" = 2 }

[disruptions.acute]
kind = "outage"
hits = ["mine-1"]
rate_per_year = 0.5
duration_months = { exponential = { mean = 4 } }
"#;

/// A folder with the config `small.toml` in it; in memory where there is such a place, since many files are synced to it.
pub fn workshop() -> TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    fs::write(folder.path().join("small.toml"), CONFIG).expect("written");
    folder
}

/// `program` with these arguments, in a folder, its output kept.
pub fn command(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").env_remove("GITHUB_STEP_SUMMARY");
    command.env("TMPDIR", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program, which listens to signals even if whoever runs the tests has them ignored, as a shell does of background jobs.
pub fn listening(folder: &Path, arguments: &[&str]) -> Command {
    command("env", folder, &[&["--default-signal=INT,TERM", PROGRAM], arguments].concat())
}

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_shortfall");

/// Runs the program to its end: exit code, standard output, standard error.
pub fn shortfall(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    told(&command(PROGRAM, folder, arguments).output().expect("the program starts"))
}

pub fn told(out: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

/// Names of all entries of a folder, hidden ones too.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The manifest of a folder, every file of which is as that says, and nothing else.
pub fn whole(folder: &Path) -> serde_json::Value {
    let contents = Contents::of(folder).expect("readable");
    let is_whole = contents.of_others().is_empty() && contents.missing.is_empty() && contents.parts.is_empty();
    assert!(is_whole && contents.same.len() >= 4, "{folder:?}: {contents:?}");
    contents.manifest
}

/// A file below a folder.
pub fn read(folder: &Path, name: &str) -> String {
    let path: PathBuf = folder.join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}
