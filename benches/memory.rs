//! Peak memory by number of trials: `cargo bench --bench memory`. It must not grow.
//!
//! `TRIALS=10000000 cargo bench --bench memory` also runs that many (some minutes).

use std::path::Path;
use std::process::Command;

fn main() {
    let mut sizes = vec![10_000u64, 1_000_000];
    sizes.extend(std::env::var("TRIALS").ok().and_then(|trials| trials.parse::<u64>().ok()));
    let mut first = None;
    for trials in sizes {
        let peak = peak_memory(trials);
        let first = *first.get_or_insert(peak);
        println!("{trials:>11} trials: {:.1} MB, {:.3} of the first", peak as f64 / 1e6, peak as f64 / first as f64);
    }
}

/// Peak memory of a run, as its manifest says.
fn peak_memory(trials: u64) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    let status = Command::new(env!("CARGO_BIN_EXE_shortfall"))
        .args(["run", "quickstart.toml", "--no-charts", "-q", "--force", "-n", &trials.to_string(), "-o"])
        .arg(folder.path())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("configs"))
        .status()
        .expect("the program starts");
    assert!(status.success());
    let manifest = std::fs::read_to_string(folder.path().join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    manifest["wall_clock"]["peak_memory_bytes"].as_u64().expect("the system tells")
}
