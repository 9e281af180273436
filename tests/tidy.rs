//! Reads the sources and holds what must stay absent from them.

use std::fs;
use std::path::{Path, PathBuf};

/// Longest file and longest function, lines.
const LONGEST_FILE: usize = 450;
const LONGEST_FUNCTION: usize = 70;

fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join(folder), &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).expect("text"))).collect()
}

/// The part of a source before its tests, without comments.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Only the files whose name starts with one of `rooms` may say one of `words`.
fn only(rooms: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in sources("src") {
        if rooms.iter().any(|room| name.starts_with(room)) {
            continue;
        }
        let code = code(&text);
        found.extend(words.iter().filter(|word| code.contains(**word)).map(|word| format!("{name} says {word}")));
    }
    found
}

#[test]
fn each_room_keeps_its_own() {
    let mut found = Vec::new();
    found.extend(only(&["src/simulation.rs"], &["rayon"]));
    found.extend(only(&["src/random.rs"], &["Xoshiro", "SeedableRng"]));
    found.extend(only(&["src/output/chart/"], &["plotters", "resvg", "usvg"]));
    found.extend(only(
        &["src/commands/", "src/main.rs"],
        &["println!", "eprintln!", "print!(", "process::exit", "ExitCode"],
    ));
    found.extend(only(&["src/output/file.rs"], &["File::create", "fs::write", "OpenOptions"]));
    found.extend(only(&["src/commands/"], &["Instant::now", "SystemTime::now"]));
    found.extend(only(&[], &["unsafe ", "HashMap", "HashSet", "todo!", "unimplemented!", "dbg!"]));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_engine_knows_no_world_outside() {
    let words = ["std::fs", "std::io", "std::thread", "std::time", "serde", "crate::output", "crate::summary", "toml"];
    let mut found = Vec::new();
    for (name, text) in sources("src").into_iter().filter(|(name, _)| name.starts_with("src/engine")) {
        found
            .extend(words.iter().filter(|word| code(&text).contains(**word)).map(|word| format!("{name} says {word}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn files_and_functions_stay_short_and_say_what_they_are_for() {
    let mut found = Vec::new();
    for (name, text) in sources("src") {
        let lines = text.lines().count();
        // A table of types with their documentation is long without being difficult.
        if lines > LONGEST_FILE && name != "src/config/entries.rs" {
            found.push(format!("{name} has {lines} lines"));
        }
        if !text.starts_with("//!") {
            found.push(format!("{name} does not say what it is for"));
        }
        let mut begin = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let opens = line.trim_start().split("fn ").next().is_some_and(|before| {
                line.contains("fn ") && before.split_whitespace().all(|word| word.starts_with("pub") || word == "const")
            });
            match begin {
                None if opens && !line.trim_end().ends_with('}') => begin = Some((number, indent)),
                Some((first, at)) if line.trim_end() == format!("{}}}", " ".repeat(at)) => {
                    if number - first >= LONGEST_FUNCTION {
                        found.push(format!("{name}:{} is a function of {} lines", first + 1, number - first + 1));
                    }
                    begin = None;
                }
                _ => {}
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
