//! Reads the sources and holds what must stay absent from them.

#[path = "tidy/additions.rs"]
mod additions;
#[path = "tidy/arrows.rs"]
mod arrows;

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

/// A source without comments, and without what is compiled for tests only.
fn code(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(indent) = line.strip_suffix("#[cfg(test)]") {
            // The item ends with its first line, or with the brace below its beginning.
            let end = format!("{indent}}}");
            let mut item = lines.by_ref().skip_while(|line| line.trim_start().starts_with("#["));
            let _ = item.next().is_some_and(|first| first.ends_with(';') || item.any(|line| line == end));
        } else if !line.trim_start().starts_with("//") {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[test]
fn only_tests_and_comments_are_left_out() {
    let text = "use a;\n#[cfg(test)]\nmod b;\n// c\npub mod d;\n    #[cfg(test)]\n    #[allow(e)]\n    fn f() {\n        {\n        }\n    }\n\
                g();\n#[cfg(test)]\nmod tests {\n    h();\n}\nfn i() {}";
    assert_eq!(code(text), "use a;\npub mod d;\ng();\nfn i() {}");
    assert_eq!(test_modules("src/k/mod.rs", text), ["src/k/b"]);
    assert_eq!(test_modules("src/k.rs", text), ["src/k/b"]);
    assert!(shipped().iter().any(|(name, code)| name == "src/engine/mod.rs" && code.contains("impl")));
    assert!(!shipped().iter().any(|(name, _)| name == "src/engine/by_hand.rs"));
}

/// The sources without what is compiled for tests only: by name, their code.
fn shipped() -> Vec<(String, String)> {
    let all = sources("src");
    let tests: Vec<String> = all.iter().flat_map(|(name, text)| test_modules(name, text)).collect();
    let is_shipped =
        |name: &str| !tests.iter().any(|path| name == format!("{path}.rs") || name.starts_with(&format!("{path}/")));
    all.into_iter().filter(|(name, _)| is_shipped(name)).map(|(name, text)| (name, code(&text))).collect()
}

/// Paths, without `.rs`, of the modules of a file that are compiled for tests only.
fn test_modules(name: &str, text: &str) -> Vec<String> {
    let stem = name.trim_end_matches(".rs");
    let folder =
        ["mod", "lib", "main"].iter().find_map(|root| stem.strip_suffix(root)?.strip_suffix('/')).unwrap_or(stem);
    let lines: Vec<&str> = text.lines().collect();
    let modules = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    modules.filter_map(|pair| Some(format!("{folder}/{}", pair[1].strip_prefix("mod ")?.strip_suffix(';')?))).collect()
}

/// Only the files whose name starts with one of `folders` may say one of `words`.
fn only(folders: &[&str], words: &[&str]) -> Vec<String> {
    let others = shipped().into_iter().filter(|(name, _)| !folders.iter().any(|folder| name.starts_with(folder)));
    others.flat_map(|(name, code)| said(&name, &code, words)).collect()
}

/// Which of `words` a file says.
fn said(name: &str, code: &str, words: &[&str]) -> Vec<String> {
    words.iter().filter(|word| code.contains(**word)).map(|word| format!("{name} says {word}")).collect()
}

#[test]
fn each_module_keeps_its_own() {
    let mut found = Vec::new();
    found.extend(only(&["src/simulation.rs"], &["rayon"]));
    found.extend(only(&["src/random.rs"], &["Xoshiro", "SeedableRng"]));
    found.extend(only(&["src/output/chart/"], &["plotters", "resvg", "usvg"]));
    found.extend(only(
        &["src/commands/", "src/main.rs"],
        &["println!", "eprintln!", "print!(", "process::exit", "ExitCode"],
    ));
    found.extend(only(
        &["src/output/file/disk.rs"],
        &["File::create", "fs::write", "OpenOptions", "fs::rename", "fs::remove", "fs::create"],
    ));
    found.extend(only(&["src/commands/"], &["Instant::now", "SystemTime::now"]));
    found.extend(only(&[], &["unsafe ", "HashMap", "HashSet", "todo!", "unimplemented!", "dbg!"]));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_engine_knows_no_world_outside() {
    let words = ["std::fs", "std::io", "std::thread", "std::time", "serde", "crate::output", "crate::summary", "toml"];
    let engine = shipped().into_iter().filter(|(name, _)| name.starts_with("src/engine"));
    let found: Vec<String> = engine.flat_map(|(name, code)| said(&name, &code, &words)).collect();
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
