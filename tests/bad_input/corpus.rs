//! One file for each fault that anybody thought of, with the message that it must get.

use std::fs;
use std::path::{Path, PathBuf};

use shortfall::config::fault::Diagnostics;
use shortfall::{Error, Study};

use crate::common::{Busy, in_parallel};
use crate::program::{Program, is_brief};

/// Fewest files: nobody loses some unnoticed.
const FEWEST: usize = 400;

/// `(line, part of the message)` of every fault, from the lines `# expect line 7: ...` with which a file begins.
fn expected(text: &str) -> Vec<(usize, &str)> {
    let told = text.lines().map_while(|line| line.strip_prefix("# expect line "));
    let told = told.map(|told| told.split_once(": ").expect("a line and a message"));
    told.map(|(line, message)| (line.parse().expect("a line"), message)).collect()
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_input");
    let below = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    };
    let folders = below(&root).into_iter().filter(|path| path.is_dir());
    let mut files: Vec<PathBuf> = folders.flat_map(|folder| below(&folder)).collect();
    files.sort();
    files
}

/// The faults of a file are these, and no others.
fn compare(found: &Diagnostics, expected: &[(usize, &str)]) -> Result<(), String> {
    let are_told = |(one, (line, part)): (&shortfall::Diagnostic, &(usize, &str))| {
        one.location.line == *line && one.fault.message.contains(part)
    };
    let is_same = !expected.is_empty() && found.iter().count() == expected.len();
    let is_same = is_same && found.iter().zip(expected).all(are_told);
    if is_same { Ok(()) } else { Err(format!("{expected:?} is expected, but\n{found}")) }
}

/// In the library all faults are the ones expected; the program says them, soon, in little memory, and writes nothing.
fn try_file(path: &Path, program: &Program) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let busy = Busy::begin();
    let study = Study::from_file(path);
    let took = busy.so_far();
    if !is_brief(took) {
        return Err(format!("it took {took:?}"));
    }
    match study {
        Err(Error::Config(faults)) => compare(&faults, &expected(&text))?,
        Err(other) => return Err(other.to_string()),
        Ok(_) => return Err("it has no faults".into()),
    }
    let parts: Vec<&str> = expected(&text).into_iter().map(|(_, part)| part).collect();
    let file = path.to_str().expect("plain letters");
    program.refuses(&["run", file, "-o", "out"], None, &[3], &[&parts[..], &[file]].concat())
}

#[test]
fn every_file_is_refused_as_it_says() {
    let (files, program) = (files(), Program::new());
    assert!(files.len() >= FEWEST, "{} files", files.len());
    let failed = in_parallel(files.len(), |number| {
        let path = &files[number];
        try_file(path, &program).err().map(|why| format!("{}: {why}", path.display()))
    });
    assert!(failed.is_empty(), "{} of {}\n{}", failed.len(), files.len(), failed.join("\n"));
}

/// Files that expect something else would pass for right ones, if nobody looked.
#[test]
fn another_message_or_line_is_noticed() {
    let faults = Study::from_text("title = 5\nstart = \"2026-01\"\nhorizon_years = 1\nmarkets = {}\nstages = {}\n");
    let faults = faults.expect_err("a title is text");
    assert_eq!(compare(&faults, &[(1, "text in quotes")]), Ok(()));
    for wrong in [&[(2, "text in quotes")][..], &[(1, "a number")], &[(1, "text"), (2, "text")], &[]] {
        assert!(compare(&faults, wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(expected("# expect line 7: a: b\n# other\n# expect line 8: c"), [(7, "a: b")]);
}
