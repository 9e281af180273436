//! The same bytes on any number of threads, with and without the processor's fused multiply-add, and as recorded.
//!
//! The recorded digests are in `tests/golden.json`. They change only on purpose: run this test with `UPDATE_GOLDEN=1`, and
//! say in the commit why the bytes are new.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use rayon::prelude::*;

type Digests = BTreeMap<String, String>;

/// Digests of all files of a run.
fn digests(config: &str, trials: &str, threads: &str, tunables: &str) -> Digests {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let status = Command::new(env!("CARGO_BIN_EXE_shortfall"))
        .args(["run", config, "-n", trials, "-j", threads, "-q", "-o"])
        .arg(folder.path())
        .current_dir(root.join("configs"))
        .env("GLIBC_TUNABLES", tunables)
        .env_remove("GITHUB_STEP_SUMMARY")
        .status()
        .expect("the program starts");
    assert!(status.success());
    let manifest = fs::read_to_string(folder.path().join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    serde_json::from_value(manifest["files"].clone()).expect("names and digests")
}

const CONFIGS: [(&str, &str); 2] = [("smoke.toml", "1500"), ("quickstart.toml", "5000")];

/// Threads, and what the C library is told of the processor.
const MACHINES: [(&str, &str); 5] =
    [("1", ""), ("2", ""), ("3", ""), ("8", ""), ("2", "glibc.cpu.hwcaps=-FMA,-AVX2_Usable,-AVX2")];

#[test]
fn bytes_are_the_same_on_any_threads_and_processor_and_as_recorded() {
    let golden_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.json");
    let mut found: BTreeMap<String, Digests> = BTreeMap::new();
    for (config, trials) in CONFIGS {
        let all: Vec<Digests> =
            MACHINES.par_iter().map(|(threads, tunables)| digests(config, trials, threads, tunables)).collect();
        assert!(all[0].len() >= 10, "{:?}", all[0]);
        for (machine, of_machine) in MACHINES.iter().zip(&all) {
            assert_eq!(of_machine, &all[0], "{machine:?}");
        }
        found.extend(all.into_iter().next().map(|plain| (format!("{config} -n {trials}"), plain)));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
        fs::write(&golden_path, text).expect("written");
    }
    let golden = fs::read_to_string(golden_path).expect("the recorded digests");
    let golden: BTreeMap<String, Digests> = serde_json::from_str(&golden).expect("JSON");
    assert_eq!(found, golden);
}
