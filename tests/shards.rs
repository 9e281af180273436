//! A run that was split and put together again is the run that was not, to the last byte; what does not fit together is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rayon::prelude::*;
use shortfall::output::shard::AsRun;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::tally::Shards;
use shortfall::tally::file::{self, Counted};

/// The program, without what a scheduler may have set around the tests.
fn shortfall(folder: &Path, line: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command.args(line.split(' ')).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY").env_remove("PARALLEL_SEQ");
    command.env_remove("SLURM_ARRAY_TASK_ID").envs(variables.iter().copied()).output().expect("the program starts")
}

fn done(folder: &Path, line: &str) -> String {
    let out = shortfall(folder, line, &[]);
    assert_eq!(out.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// What is refused: the exit code and the message.
fn refused(folder: &Path, line: &str) -> (Option<i32>, String) {
    let out = shortfall(folder, line, &[]);
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

/// Changes of a scenario, as TOML would not write them.
const MIXED: &str = r#""disruptions.export-ban.duration_months" = { lognormal = { p50 = 6, p90 = 12 }, min = 1 }, "demands.*.growth_per_year" = { uniform = [0.01, 0.02] }, "demands.importer.growth_per_year" = 0.03"#;

/// A folder with both small configs, and the addresses of sources beside them.
fn workshop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    for name in ["quickstart.toml", "smoke.toml"] {
        let mut text = fs::read_to_string(configs.join(name)).expect("it is there");
        if name == "quickstart.toml" {
            // Tables before plain values, which the config as run has the other way round.
            text = text.replace("scenarios.as-planned.set = {", &format!("scenarios.as-planned.set = {{ {MIXED},"));
            assert!(text.contains(MIXED));
        }
        fs::write(folder.path().join(name), text).expect("written");
    }
    fs::create_dir(folder.path().join("data")).expect("made");
    fs::write(folder.path().join("data/sources.csv"), "id,url\nassumption,https://example.org/a\n").expect("written");
    folder
}

/// All files below a folder; of the manifest, all but the wall clock.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = PathBuf::from(path.file_name().expect("a name"));
        if path.is_dir() {
            found.extend(contents(&path).into_iter().map(|(below, bytes)| (name.join(below), bytes)));
            continue;
        }
        let mut bytes = fs::read(&path).expect("readable");
        if name == Path::new("manifest.json") {
            let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            assert!(manifest["wall_clock"].take().is_object());
            bytes = manifest.to_string().into_bytes();
        }
        found.insert(name, bytes);
    }
    found
}

/// Runs a config split into so many shards, and merges them into `merged-COUNT`.
fn split(folder: &Path, config: &str, count: u32, merge: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    for k in 1..=count {
        done(folder, &format!("run {config} --shard {k}/{count} -q -j {} -o s{count}/{k}", 1 + k % 3));
    }
    // In any order.
    let folders: Vec<String> = (1..=count).rev().map(|k| format!("s{count}/{k}")).collect();
    done(folder, &format!("merge {} -o merged-{count} {merge}", folders.join(" ")));
    contents(&folder.join(format!("merged-{count}")))
}

#[test]
fn a_merged_run_has_the_same_bytes() {
    for (config, charted) in [("quickstart.toml -n 2500 --drivers", Some(7)), ("smoke.toml -n 600", None)] {
        let folder = workshop();
        let folder = folder.path();
        let whole = charted.map(|_| {
            done(folder, &format!("run {config} -q -o whole --svg"));
            let whole = contents(&folder.join("whole"));
            assert!(whole.contains_key(Path::new("report.html")) && whole.len() > 15, "{:?}", whole.keys());
            whole
        });
        done(folder, &format!("run {config} -q -o plain --no-charts"));
        let plain = contents(&folder.join("plain"));
        let has = |name: &str| plain.contains_key(Path::new(name));
        assert!(has("drivers.csv") || !config.contains("--drivers"));
        assert!(has("input_uncertainty.csv") || !config.contains("smoke"));
        [1, 7, 40].into_par_iter().for_each(|count| {
            let (merge, expected) = match &whole {
                Some(whole) if charted == Some(count) => ("--svg -q", whole),
                _ => ("--no-charts -q", &plain),
            };
            let merged = split(folder, config, count, merge);
            assert_eq!(merged.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (name, bytes) in &merged {
                assert!(*bytes == expected[name], "{config}, {count} shards: {} differs", name.display());
            }
        });
    }
}

#[test]
fn scenarios_changes_and_what_is_printed_are_those_of_the_run() {
    let folder = workshop();
    let folder = folder.path();
    let config = "quickstart.toml -n 100 --scenario as-planned --set demands.importer.growth_per_year=0.05 -s 9";
    let printed = done(folder, &format!("run {config} -o whole --json --no-charts"));
    split(folder, config, 2, "--no-charts -q");
    assert_eq!(contents(&folder.join("merged-2")), contents(&folder.join("whole")));
    // In two steps, and by files.
    done(folder, "merge s2/1 --tally -o part");
    let merged = done(folder, "merge s2/2/tally.bin part --json --no-charts");
    assert_eq!(merged, printed);
    assert_eq!(contents(&folder.join("shortfall-out/quickstart")), contents(&folder.join("whole")));
    assert!(done(folder, "verify shortfall-out/quickstart").contains("run again: the same files"));
    assert!(done(folder, "verify s2/1 --no-run").contains("2 files as they were written"));
}

#[test]
fn shards_merged_in_two_steps_are_the_same() {
    let folder = workshop();
    let folder = folder.path();
    let config = "quickstart.toml -n 2500 --drivers";
    let whole = split(folder, config, 7, "--no-charts -q");
    done(folder, "merge s7/4 s7/1 s7/3 s7/2 --tally -o low");
    done(folder, "merge s7/5 s7/6 --tally");
    let told = done(folder, "merge low shortfall-out/quickstart-shards/5-to-6-of-7 s7/7 --tally -o all");
    assert!(told.contains("1-7 of 7"), "{told}");
    done(folder, "merge all --no-charts -q -o again");
    assert_eq!(contents(&folder.join("again")), whole);
    let (code, said) = refused(folder, "merge s7/1 s7/3 --tally -o gap");
    assert!(code == Some(7) && said.contains("--array=2\n"), "{said}");
    let (code, said) = refused(folder, "merge low s7/3 s7/5 -o twice");
    assert!(code == Some(7) && said.contains("shard 3 is in"), "{said}");
    assert!(!folder.join("gap").exists() && !folder.join("twice").exists());
}

#[test]
fn what_does_not_fit_together_is_refused_and_nothing_written() {
    let folder = workshop();
    let folder = folder.path();
    for k in [1, 2, 4, 5, 6, 10] {
        done(folder, &format!("run quickstart.toml -n 200 --shard {k}/10 -q"));
    }
    let all = "shortfall-out/quickstart-shards";
    let these = [1, 2, 4, 5, 6, 10].map(|k| format!("{all}/{k}-of-10")).join(" ");
    let (code, said) = refused(folder, &format!("merge {these} -o out"));
    assert_eq!((code, said.as_str()), (Some(7), "error: 4 of 10 shards are missing: --array=3,7-9\n"));
    let out = shortfall(folder, &format!("merge {these} --missing"), &[]);
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stdout).as_ref()), (Some(7), "--array=3,7-9\n"));
    assert!(out.stderr.is_empty());

    // Others, all told at once.
    let others = [
        ("-n 200 -s 5", "seed 5"),
        ("-n 201", "number of trials 201"),
        ("-n 200 --set demands.importer.growth_per_year=0.01", "its config is not that"),
        ("-n 200 --scenario evidence", "its scenarios are not those"),
    ];
    let mut line = format!("merge {these}");
    for (number, (options, _)) in others.iter().enumerate() {
        done(folder, &format!("run quickstart.toml {options} --shard 3/10 -q -o other{number}"));
        line += &format!(" other{number}");
    }
    done(folder, "run quickstart.toml -n 200 --shard 3/11 -q -o other-count");
    fs::create_dir(folder.join("nothing")).expect("made");
    let bytes = fs::read(folder.join(all).join("1-of-10/tally.bin")).expect("it is there");
    let mut damaged = bytes.clone();
    damaged[3] ^= 1;
    fs::write(folder.join("damaged.bin"), damaged).expect("written");
    fs::write(folder.join("short.bin"), &bytes[..bytes.len() - 1]).expect("written");
    let (code, said) = refused(folder, &format!("{line} other-count nothing damaged.bin short.bin -o out"));
    assert_eq!(code, Some(7), "{said}");
    for says in others.map(|(_, says)| says).iter().chain(&[
        "number of shards 11",
        "nothing/tally.bin: ",
        "damaged.bin: byte 0: ",
        "short.bin: byte 28: ",
        "shard 3 is in other0/tally.bin and in other2/tally.bin",
    ]) {
        assert!(said.contains(says), "{says}: {said}");
    }
    assert!(!folder.join("out").exists());
    let (code, said) = refused(folder, &format!("compare {all}/1-of-10 {all}/2-of-10"));
    assert!(code == Some(2) && said.contains("shortfall merge"), "{said}");
}

#[test]
fn damage_to_what_was_counted_and_other_versions_are_refused() {
    let folder = workshop();
    let folder = folder.path();
    for k in [1, 2] {
        done(folder, &format!("run quickstart.toml -n 100 --shard {k}/2 -q -o {k}"));
    }
    let path = folder.join("2/tally.bin");
    let bytes = fs::read(&path).expect("it is there");
    let mut damaged = bytes.clone();
    *damaged.last_mut().expect("not empty") ^= 1;
    fs::write(&path, &damaged).expect("written");
    let (code, said) = refused(folder, "merge 1 2 -o out");
    let place = format!("2/tally.bin: byte {}: ", bytes.len() - 32);
    assert!(code == Some(7) && said.contains(&place) && said.contains("damaged"), "{said}");
    let header = file::read_header(&bytes, bytes.len() as u64).expect("sound");
    let (as_run, study) = AsRun::read(&header, &[]).expect("sound");
    let mut counted = Counted::Run { tallies: study.tallies(), nested: Vec::new() };
    file::add(&bytes, &mut counted).expect("sound");
    assert_eq!(as_run.write(&study, (&header.round, &header.shards), &counted), bytes, "written again, it is the same");
    let other = file::Header { tool: "shortfall 0.0.9".into(), ..header };
    fs::write(&path, file::write(&other, &counted)).expect("written");
    for order in ["1 2", "2 1", "2"] {
        let (code, said) = refused(folder, &format!("merge {order} -o out"));
        assert!(code == Some(7) && said.contains("2/tally.bin: it was written by shortfall 0.0.9"), "{said}");
    }
    assert!(!folder.join("out").exists());
}

#[test]
fn the_number_of_the_shard_comes_from_a_scheduler() {
    let folder = workshop();
    let folder = folder.path();
    done(folder, "run quickstart.toml -n 100 --shard 4/5 -q -o named");
    let expected = contents(&folder.join("named"));
    for (number, variables) in [
        &[("SLURM_ARRAY_TASK_ID", "4"), ("SLURM_ARRAY_TASK_MIN", "1")][..],
        &[("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_MIN", "0")],
        &[("SLURM_ARRAY_TASK_ID", "4"), ("SLURM_ARRAY_TASK_MIN", "4"), ("SLURM_ARRAY_TASK_COUNT", "1")],
        &[("JOB_COMPLETION_INDEX", "3")],
    ]
    .iter()
    .enumerate()
    {
        let out = shortfall(folder, &format!("run quickstart.toml -n 100 --shards 5 -q -o out{number}"), variables);
        assert_eq!(out.status.code(), Some(0), "{variables:?}: {}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(contents(&folder.join(format!("out{number}"))), expected, "{variables:?}");
    }
    for (options, variables, says) in [
        ("--shards 5", &[][..], "SLURM_ARRAY_TASK_ID"),
        ("--shards 5", &[("SLURM_ARRAY_TASK_ID", "6")], "there is no shard 6"),
        ("--shards 5", &[("SLURM_ARRAY_TASK_ID", "2"), ("JOB_COMPLETION_INDEX", "2")], "use --shard K/N"),
        ("--shard 0/5", &[], "there is no shard 0"),
        ("--shard 3", &[], "write K/N"),
        ("--shard 1/2 --round 2", &[], "--round 2: the run has 1 of them without --until"),
        ("--shard 1/2 --until verdict --max-trials 90000 --round 9", &[], "the run has 3 of them"),
        ("--round 1", &[], "--round is for a run that is split"),
    ] {
        let out = shortfall(folder, &format!("run quickstart.toml {options} -o refused"), variables);
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(2) && said.contains(says), "{options} {variables:?}: {said}");
        assert!(!folder.join("refused").exists(), "{options}");
    }
    let out = shortfall(folder, "run quickstart.toml -n 100 --shard 4/5 -q -o named", &[]);
    assert_eq!(out.status.code(), Some(4), "a shard is not written over unasked");
    done(folder, "run quickstart.toml -n 100 --shard 4/5 -q -o named --force");
}

#[test]
#[cfg(target_os = "linux")]
fn a_thousand_shards_are_merged() {
    let folder = workshop();
    let folder = folder.path();
    let text = fs::read_to_string(folder.join("quickstart.toml")).expect("it is there");
    let text = format!("{text}\n[run]\ntrials = 9000\ndrivers = true\n");
    fs::write(folder.join("own.toml"), &text).expect("written");
    let study = Study::from_file(folder.join("own.toml")).unwrap_or_else(|fault| panic!("{fault}"));
    let as_run = AsRun::new(
        &study,
        "own.toml",
        BTreeMap::from([("assumption".into(), "https://example.org/a".into())]),
        ["run", "config.toml"].map(String::from).into(),
    );
    let mut line = String::from("merge --no-charts -q -o merged");
    for k in 1..=1000 {
        let shard = Shards::one(k, 1000).expect("there is one");
        let round = 0..study.config.run.trials;
        let trials = shard.trials(&round);
        let tallies = simulation::extend(&study.models(), study.tallies(), trials, 1, &Progress::default());
        let counted = Counted::Run { tallies: tallies.expect("nobody stops it"), nested: Vec::new() };
        let bytes = as_run.write(&study, (&round, &shard), &counted);
        fs::write(folder.join(format!("{k}.bin")), bytes).expect("written");
        line += &format!(" {k}.bin");
    }
    let clock = std::time::Instant::now();
    done(folder, &line);
    println!("merged in {:.2} s", clock.elapsed().as_secs_f64());
    done(folder, "run own.toml --no-charts -q -o whole");
    assert_eq!(contents(&folder.join("merged")), contents(&folder.join("whole")));
    let peak = |run: &str| {
        let manifest = fs::read(folder.join(run).join("manifest.json")).expect("it is there");
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        manifest["wall_clock"]["peak_memory_bytes"].as_u64()
    };
    let [merged, whole] = ["merged", "whole"].map(|run| peak(run).expect("the system tells"));
    assert!(2 * merged < 3 * whole, "{merged} bytes of memory to merge what took {whole}");
}
