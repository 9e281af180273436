//! What a run prints: short, no wider than the terminal, and in Markdown a table that can be read back.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use shortfall::output::terminal::{self, Detail, Screen};
use shortfall::output::{Results, finding};
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary::{self, Summary};
use unicode_width::UnicodeWidthStr;

fn simulated(name: &str, trials: u64) -> (Study, Summary) {
    let study = Study::from_file(Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name)).expect("valid");
    let tallies = simulation::run(&study.models(), trials, 0, &Progress::default()).expect("nobody stops it");
    let summary = summary::summarise(&study, &tallies);
    (study, summary)
}

fn written<T>((study, summary): &(Study, Summary), write: impl Fn(&Results<'_>) -> T) -> T {
    let (sources, finding) = (BTreeMap::new(), finding::finding(study, summary));
    let (config_name, config_digest) = ("test.toml", "0123");
    write(&Results { study, summary, finding: &finding, config_name, config_digest, sources: &sources })
}

fn printed(run: &(Study, Summary), width: usize, detail: Detail) -> String {
    let screen = Screen { width, colour: false };
    written(run, |results| terminal::report(results, Path::new("out"), screen, detail))
}

#[test]
fn the_flagship_fits_on_a_page() {
    let run = simulated("us-japan-2025.toml", 200);
    let text = printed(&run, 80, Detail::Short);
    assert!(text.lines().count() <= 60, "{} lines\n{text}", text.lines().count());
    assert!(printed(&run, 80, Detail::Full).lines().count() > 120);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, trials) in [("us-japan-2025.toml", 20), ("smoke.toml", 300), ("quickstart.toml", 300)] {
        let run = simulated(name, trials);
        for width in [40, 60, 80, 120, 200] {
            for detail in [Detail::Short, Detail::Full] {
                let text = printed(&run, width, detail);
                // A name or a command that is longer than a line stays whole, to be copied.
                let lines = text.lines().filter(|line| line.trim().contains(' '));
                let widest = lines.max_by_key(|line| line.width()).unwrap_or("");
                assert!(widest.width() <= width, "{name} at {width}:\n{widest}\n{text}");
            }
        }
    }
}

/// Thousands, percent signs and intervals stay whole however narrow the terminal is.
#[test]
fn figures_are_not_torn() {
    let run = simulated("us-japan-2025.toml", 300);
    for width in [48, 66, 80] {
        for line in printed(&run, width, Detail::Full).lines().filter(|line| line.contains(" to ")) {
            let open = line.matches('(').count();
            let is_table = !line.contains(". ") && line.starts_with(' ');
            assert!(!is_table || open == line.matches(')').count(), "at {width}: {line}");
        }
    }
}

#[test]
fn markdown_is_read_back_as_it_was_meant() {
    let run = simulated("us-japan-2025.toml", 100);
    let text = written(&run, terminal::markdown);
    let mut tables = 0;
    let mut claims = Vec::new();
    for table in text.split("\n\n").filter(|part| part.starts_with("| ")) {
        let rows: Vec<Vec<&str>> =
            table.lines().map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{table}");
        assert!(rows[1].iter().all(|cell| *cell == "---"), "{table}");
        tables += 1;
        if rows[0][0] == "claim" {
            claims = rows[2..].iter().map(|row| row.iter().map(|cell| cell.replace('\\', "")).collect()).collect();
        }
    }
    assert!(tables > 5 && !text.contains("<br>"), "{text}");
    let (_, summary) = &run;
    let mut expected: Vec<Vec<String>> = Vec::new();
    for case in &summary.scenarios {
        for claim in &case.claims {
            let title = format!("{} ({})", claim.title, claim.who);
            expected.push(vec![title, case.id.clone(), claim.verdict.word().into()]);
        }
    }
    let mut found: Vec<Vec<String>> =
        claims.iter().map(|row: &Vec<String>| vec![row[0].clone(), row[1].clone(), row[3].clone()]).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// Colours are for terminals and for those who ask for them, and change no letter; neither does a bar.
#[test]
fn colours_and_bars_change_no_letter() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/quickstart.toml");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
        command.arg("run").arg(&config).args(["-n", "60", "--no-charts", "-o", "out", "--force"]).args(more);
        let out = command.current_dir(folder.path()).env_remove("GITHUB_STEP_SUMMARY").output().expect("it starts");
        assert!(out.status.success(), "{more:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let plain = run(&["--color", "never"]);
    let coloured = run(&["--color", "always"]);
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}["), "{coloured}");
    let parts: Vec<&str> = coloured.split('\u{1b}').collect();
    let letters: String = parts
        .iter()
        .map(|part| part.strip_prefix('[').map_or(*part, |rest| &rest[rest.find('m').unwrap() + 1..]))
        .collect();
    assert_eq!(letters, plain);
    assert_eq!((run(&[]), run(&["--progress", "bar"])), (plain.clone(), plain));
}
