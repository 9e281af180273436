//! Cases that nobody thought of: text and configs put together by chance, and what must hold whatever they are.
//!
//! `cargo test --test fuzz` tries some thousands of cases, always the same ones. To search for longer, by time, on other cases:
//!
//! ```text
//! SHORTFALL_FUZZ_SECONDS=3600 cargo test --release --test fuzz bytes -- --nocapture
//! ```
//!
//! for each target that the name means. The seed is printed, and `SHORTFALL_FUZZ_SEED` sets it: the same seed gives the same
//! cases. A find is printed, made smaller line by line; once it is mended, it becomes a file of `tests/bad_input`, from which later
//! searches begin, a manifest in `tests/fuzz/seeds`, or a test of its own.

#[path = "../common/mod.rs"]
mod common;

#[path = "../common/program.rs"]
mod program;

mod escapes;
mod folder;
mod harness;
mod structure;
mod tally;
mod text;

use shortfall::config::source::Document;
use shortfall::output::{Drawing, report};
use shortfall::study::read;

use common::{Draw, Verdict, of_document, trial_run};
use escapes::Texts;
use folder::Folders;
use harness::{Chance, fuzz};
use structure::Base;
use text::{Input, Seeds};

/// Trials of a config that has no faults.
const TRIALS: u64 = 3;

fn never_smaller<T>(_: &T) -> Vec<T> {
    Vec::new()
}

/// Faults or results, and of some results all that is written.
fn sound(text: &str, draws: bool) -> Result<(), String> {
    match trial_run(text, TRIALS)? {
        Verdict::Simulated(found) if draws => escapes::written(&found.0, &found.1, Drawing::PngAndSvg).is_well_formed(),
        _ => Ok(()),
    }
}

#[test]
fn bytes_are_refused_or_simulated() {
    let seeds = Seeds::new();
    let make = |chance: &mut Chance| Input(seeds.text(chance));
    fuzz("bytes", 3000, make, |input| sound(&input.0, false), Input::shrunk);
}

#[test]
fn configs_are_refused_or_simulated() {
    let bases = Base::all();
    let make = |chance: &mut Chance| {
        if chance.is(0.5) {
            return Input(chance.one_of(&bases).changed(chance));
        }
        let model = Draw::config(chance.below(1 << 40) as u64);
        let table = if chance.is(0.5) { model.parse().ok() } else { None };
        Input(table.map_or(model, |table| Base::new(table).changed(chance)))
    };
    fuzz("configs", 100, make, |input| sound(&input.0, false), Input::shrunk);
}

/// All files and charts: most of the time goes there.
#[test]
fn whatever_is_simulated_can_be_drawn() {
    let bases = Base::all();
    let make = |chance: &mut Chance| Input(chance.one_of(&bases).changed(chance));
    fuzz("charts", 3, make, |input| sound(&input.0, true), Input::shrunk);
}

/// A path and a value, of words and of what is none.
#[test]
fn changes_are_refused_or_made() {
    let seeds = Seeds::new();
    let document = Document::parse("every key", include_str!("../common/every_key.toml")).expect("sound");
    let make = |chance: &mut Chance| -> Vec<String> {
        let change = |chance: &mut Chance| {
            let mut keys: Vec<String> = (0..1 + chance.below(4)).map(|_| chance.one_of(&seeds.words).clone()).collect();
            if chance.is(0.7) {
                keys.insert(
                    0,
                    chance.one_of(&["demands", "projects", "capacities", "run", "disruptions", "*"]).to_string(),
                );
            }
            let equals = if chance.is(0.9) { "=" } else { "" };
            format!("{}{equals}{}", keys.join(if chance.is(0.9) { "." } else { "" }), chance.one_of(&seeds.words))
        };
        (0..1 + chance.below(3)).map(|_| change(chance)).collect()
    };
    let check = |changes: &Vec<String>| -> Result<(), String> {
        let mut changed = document.clone();
        let mut is_changed = false;
        for change in changes {
            match changed.edit(change) {
                Ok(()) => is_changed = true,
                Err(faults) if faults.is_empty() || faults.to_string().len() > 10_000 => return Err(faults.to_string()),
                Err(_) => {}
            }
        }
        if is_changed { of_document(&changed, TRIALS).map(|_| ()) } else { Ok(()) }
    };
    fuzz("changes", 800, make, check, never_smaller);
}

/// Bytes of a table of observed values or of entries beside the config, and of a list of sources.
#[test]
fn files_beside_a_config_are_read_or_refused() {
    const PIECES: [&[u8]; 32] = [
        b"id,market,stage,target_days\n",
        b"id;market;stage;target_tonnes;initial_tonnes source\n",
        b"north,west,metal,30\n",
        b"south;east;powder;triangular(1, 2, 3);x\n",
        b"sep=;\n",
        b"#",
        b"uniform(1,",
        b"{ uniform = [1, 2] }",
        b"observed(1, 2, 4, fit=lognormal)",
        b"1,200",
        b"month,value,source\n",
        b"month,value\n",
        b"2024-01",
        b"2024-13",
        b"2026-01",
        b",",
        b"\n",
        b"\r\n",
        b"\"",
        b"\"\"",
        b"0.5",
        b"nan",
        b"1e308",
        b"-1",
        b"text",
        b"id,url\n",
        b"https://x",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b" ",
        b"2024-01,0.2,made up\n",
    ];
    let points = "points = [{ month = \"2025-01\", value = 0.4, source = \"made up\" }]";
    let config = include_str!("../common/every_key.toml").replace(points, "file = \"seen.csv\"");
    let table =
        include_str!("../common/every_key.toml").replace("[stockpiles]\n", "[stockpiles]\ntable = \"seen.csv\"\n");
    let make = |chance: &mut Chance| -> Vec<u8> {
        (0..chance.below(30)).flat_map(|_| chance.one_of(&PIECES).to_vec()).collect()
    };
    let check = |bytes: &Vec<u8>| -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        std::fs::write(folder.path().join("seen.csv"), bytes).map_err(|error| error.to_string())?;
        report::sources(bytes);
        for config in [&config, &table] {
            let path = folder.path().join("every_key.toml");
            std::fs::write(&path, config).map_err(|error| error.to_string())?;
            let document = read::document(&path, &[], false).map_err(|error| error.to_string())?;
            of_document(&document, 1)?;
        }
        Ok(())
    };
    fuzz("files", 300, make, check, never_smaller);
}

#[test]
fn tally_files_are_refused_or_read() {
    let (files, seeds) = (tally::files(), Seeds::new());
    files.iter().for_each(|bytes| tally::read(bytes).unwrap_or_else(|why| panic!("unchanged: {why}")));
    let make = |chance: &mut Chance| tally::changed(&files, &seeds, chance);
    fuzz("tallies", 300, make, |bytes| tally::read(&bytes.0), never_smaller);
}

/// Manifests, results and configs of a folder; each case starts the program.
#[test]
fn folders_are_refused_or_read() {
    let (folders, seeds) = (Folders::new(), Seeds::new());
    let make = |chance: &mut Chance| folders.case(chance, &seeds);
    fuzz("folders", 40, make, |case| folders.ask(case), never_smaller);
}

#[test]
fn text_of_others_gives_no_orders_and_comes_back() {
    let make = |chance: &mut Chance| -> Vec<String> {
        (0..3 * (1 + chance.below(5))).map(|_| escapes::hostile(chance, true)).collect()
    };
    let check = |texts: &Vec<String>| {
        texts.iter().try_for_each(|text| escapes::stays_visible(text))?;
        escapes::comes_back_from_csv(texts)
    };
    fuzz("text", 2000, make, check, never_smaller);
}

#[test]
fn titles_change_no_structure() {
    fuzz("titles", 80, Texts::by_chance, escapes::stays_text, never_smaller);
}
