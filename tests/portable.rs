//! The same bits on other processors and in other builds: digests of draws and of whole trials, as recorded in
//! `tests/portable.json`, whatever instructions compute them; and no arithmetic of the system's C library on their way.
//!
//! `.ci/run` runs this test in a debug build, and on an emulated processor of 2008 that has neither AVX nor fused
//! multiply-add. The recorded digests change only on purpose: run this test with `UPDATE_GOLDEN=1`.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::laws::{LAWS, config, draws};
use object::{Object, ObjectSymbol};
use sha2::{Digest, Sha256};
use shortfall::Study;
use shortfall::engine::{Engine, Trial};
use shortfall::model::Model;
use shortfall::random::{self, Key};
use shortfall::simd::{InstructionSet, LANES};

/// Draws of each distribution, over its five sets of parameters together.
const DRAWS: u64 = 1_000_000;
/// Trials of each scenario.
const TRIALS: u64 = 160;
/// Configs with all their scenarios: ten models and more.
const CONFIGS: [&str; 3] = ["smoke", "quickstart", "us-japan-2025"];

/// SHA-256 of the bits of some numbers.
fn digest<'a>(values: impl IntoIterator<Item = &'a f64>) -> String {
    let mut hash = Sha256::new();
    values.into_iter().for_each(|value| hash.update(value.to_le_bytes()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Digests of single draws: uniform numbers, and the draws of each distribution one after another.
fn single_draws() -> BTreeMap<String, String> {
    let mut stream = Key::new(7, "portable").stream(1);
    let uniforms: Vec<f64> = (0..DRAWS).map(|_| random::uniform(&mut stream)).collect();
    let mut found = BTreeMap::from([("uniform numbers".to_string(), digest(&uniforms))]);
    for (name, spelled) in LAWS {
        let study = Study::from_text(&config(&spelled)).expect("a sound config");
        let inputs = &study.scenarios[0].model.inputs.drawn;
        let mut values = Vec::new();
        for law in inputs.iter().filter_map(|input| input.distribution.as_ref()) {
            let mut stream = Key::new(7, name).stream(2);
            values.extend((0..DRAWS / 5).map(|_| law.sample(&mut stream)));
        }
        found.insert(format!("single {name}"), digest(&values));
    }
    found
}

/// Digests of what the engine draws and simulates with these instructions.
fn batches(instructions: InstructionSet) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, spelled) in LAWS {
        let study = Study::from_text(&config(&spelled)).expect("a sound config");
        found.insert(format!("batch {name}"), digest(draws(&study, DRAWS / 50, instructions).iter().flatten()));
    }
    for config in CONFIGS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("configs/{config}.toml"));
        let study = Study::from_file(path).unwrap_or_else(|error| panic!("{config}: {error}"));
        for case in &study.scenarios {
            found.insert(format!("trials {config} {}", case.id), trials(&case.model, instructions));
        }
    }
    found
}

/// Digest of all that the first trials of a model hold.
fn trials(model: &Model, instructions: InstructionSet) -> String {
    let engine = Engine::new(model).with_instructions(instructions);
    let mut scratch = engine.scratch();
    let mut values = Vec::new();
    for first in (0..TRIALS).step_by(LANES) {
        let batch = engine.run(first..TRIALS, &mut scratch);
        for lane in 0..batch.count {
            let Trial { episodes, starts, closures, decisions, series, outcomes, .. } = batch.trial(lane);
            values.extend(episodes.iter().flatten().flat_map(|one| [one.begin, one.end, one.duration, one.severity]));
            values.extend(starts.iter().chain(&closures).chain(series.iter().flatten()).chain(&outcomes));
            values.extend(decisions.iter().flat_map(|one| [one.at, one.start, one.closure]));
        }
    }
    digest(&values)
}

#[test]
fn bits_are_as_recorded_with_any_instructions() {
    let mut found = batches(InstructionSet::Plain);
    assert!(found.keys().filter(|name| name.starts_with("trials")).count() >= 10, "{:?}", found.keys());
    for instructions in InstructionSet::available() {
        assert_eq!(batches(instructions), found, "{instructions:?}");
    }
    found.extend(single_draws());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/portable.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&found).expect("JSON") + "\n").expect("written");
    }
    let recorded: BTreeMap<String, String> =
        serde_json::from_str(&fs::read_to_string(path).expect("the recorded digests")).expect("JSON");
    let differ: Vec<&String> =
        found.keys().chain(recorded.keys()).filter(|name| found.get(*name) != recorded.get(*name)).collect();
    assert!(differ.is_empty(), "other bits than recorded: {differ:?}");
}

/// What the drawing of charts takes from the C library's mathematics to turn SVG into PNG: how these round is far below a pixel,
/// and `tests/reproducible.rs` holds the bytes of charts with and without fused multiply-add.
const OF_CHARTS: [&str; 16] = [
    "acos", "acosf", "atan2", "atan2f", "cos", "cosf", "hypotf", "log2", "pow", "powf", "sin", "sincos", "sincosf",
    "sinf", "tan", "tanf",
];

/// What the crate for Parquet takes of it, for decimals and Bloom filters: neither is written.
const OF_PARQUET: [&str; 2] = ["log", "log10"];

/// All that the C library has of mathematics whose last bit is its own choice; each also in single precision.
const OF_C: [&str; 34] = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "erf", "erfc", "exp", "exp10",
    "exp2", "expm1", "fma", "hypot", "j0", "lgamma", "lgamma_r", "log", "log10", "log1p", "log2", "pow", "sin",
    "sincos", "sinh", "tan", "tanh", "tgamma", "y0", "y1",
];

/// What an executable takes of these.
#[cfg(target_os = "linux")]
fn mathematics(executable: &Path) -> Vec<String> {
    let bytes = fs::read(executable).expect("an executable");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let undefined = file.dynamic_symbols().filter(|symbol| symbol.is_undefined());
    let taken: BTreeSet<String> = undefined.filter_map(|symbol| symbol.name().ok()).map(String::from).collect();
    assert!(taken.contains("malloc"), "no symbols are found: {taken:?}");
    let known = OF_C.iter().flat_map(|name| [name.to_string(), format!("{name}f")]);
    known.filter(|name| taken.contains(name)).collect()
}

/// This test reads configs, simulates and makes estimates, and draws no charts.
#[test]
#[cfg(target_os = "linux")]
fn no_figure_takes_its_mathematics_from_the_system() {
    let study = Study::from_text(include_str!("../configs/quickstart.toml")).expect("a sound config");
    assert_eq!(study.run(64).expect("nobody stops it").trials(), 64);
    let found = mathematics(&std::env::current_exe().expect("its path"));
    assert!(found.is_empty(), "taken from the system: {found:?}");
    let program = mathematics(Path::new(env!("CARGO_BIN_EXE_shortfall")));
    let known = |name: &String| OF_CHARTS.iter().chain(&OF_PARQUET).any(|known| known == name);
    let new: Vec<&String> = program.iter().filter(|name| !known(name)).collect();
    assert!(new.is_empty(), "the program takes more from the system than drawing charts and Parquet did: {new:?}");
}
