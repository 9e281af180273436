//! The sessions that the documentation shows run as they are written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rayon::prelude::*;

/// The pages with commands.
const PAGES: [&str; 12] = [
    "README.md",
    "docs/config.md",
    "docs/tables.md",
    "docs/model.md",
    "docs/statistics.md",
    "docs/shards.md",
    "docs/output.md",
    "docs/trials.md",
    "docs/require.md",
    "docs/stress.md",
    "docs/size.md",
    "docs/choose.md",
];

/// Lines that build, install, or run a script that does: all others are run.
const EXCEPTIONS: [&str; 2] = ["cargo test --release", "cargo install --path ."];

/// The shell lines of a page, without their comments.
fn lines(page: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("the page is there");
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let lines = blocks.flat_map(str::lines).map(|line| line.split(" #").next().unwrap_or_default().trim().to_string());
    lines.filter(|line| !line.is_empty()).collect()
}

/// The line as a shell runs it here: the program that was built for the tests, and fewer trials.
fn here(line: &str) -> String {
    let program = format!("'{}'", env!("CARGO_BIN_EXE_shortfall"));
    let rest = line.strip_prefix("shortfall ").or_else(|| line.strip_prefix("cargo run --release -- "));
    let rest = rest.unwrap_or_else(|| panic!("`{line}` is neither run nor among the exceptions: {EXCEPTIONS:?}"));
    let flagship = rest.contains("us-japan-2025");
    let fewer = match rest.split(' ').next().unwrap_or_default() {
        // A finished run has its own number of trials.
        "compare" if rest.contains("shortfall-out/") => "",
        "run" if rest.contains("--shard") && rest.contains(" -n ") => "",
        "run" if flagship => " -n 4 --no-charts",
        "run" if rest.contains("--until") && !rest.contains("--max-trials") => " --max-trials 200 --no-charts",
        "run" if rest.contains("--until") || rest.contains("--input-uncertainty") => " --no-charts",
        // Which needs so many.
        "choose" if rest.contains("--value-of-information") => "",
        "run" | "compare" | "size" | "choose" => " -n 100",
        "rare" => " -n 1000",
        "plan" => " --pilot 200",
        "require" => " -n 2000 --progress none",
        _ => "",
    };
    let smaller = [(" -n 1000", " -n 100"), (" -n 50000", " -n 200"), (" --max-trials 500000", " --max-trials 200")];
    let rest = smaller.iter().fold(rest.to_string(), |rest, (from, to)| rest.replace(from, to));
    let rest = rest.replace("--input-uncertainty", "--input-uncertainty=100 -n 100");
    format!("{program} {rest}{fewer}")
}

fn run(folder: &Path, line: &str) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY").output().expect("a shell is there")
}

/// Runs the lines of a page one after the other in a folder of their own; how many they are.
fn follow(page: &str) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    fs::create_dir_all(folder.path().join("configs/us-japan-2025")).expect("made");
    for name in ["quickstart.toml", "smoke.toml", "us-japan-2025.toml", "us-japan-2025/projects.csv"] {
        fs::copy(configs.join(name), folder.path().join("configs").join(name)).expect("copied");
    }
    let lines: Vec<String> = lines(page).into_iter().filter(|line| !EXCEPTIONS.contains(&line.as_str())).collect();
    // All pages but the first go on with what it has begun.
    let begun = (page != PAGES[0]).then(|| "shortfall init my.toml".to_string());
    for line in begun.iter().chain(&lines) {
        let out = run(folder.path(), &here(line));
        let said = String::from_utf8_lossy(&out.stderr);
        // With fewer trials than the page has, a precision may not be reached.
        let may_stop_short = line.contains("--until") && out.status.code() == Some(6);
        assert!(out.status.success() || may_stop_short, "{page}: {line}\n{:?}\n{said}", out.status);
    }
    if page == PAGES[0] {
        assert!(folder.path().join("shortfall-out/my-2/report.html").is_file());
    }
    lines.len()
}

#[test]
fn every_shell_line_runs_as_written() {
    let first = lines(PAGES[0]);
    for exception in EXCEPTIONS {
        assert!(first.iter().any(|line| line == exception), "`{exception}` is an exception that is there no more");
    }
    let ran: usize = PAGES.par_iter().with_max_len(1).map(|page| follow(page)).sum();
    assert!(ran >= 60, "{ran}");
}
