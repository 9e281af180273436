//! Comparisons, rare events and inputs that are simulated again, split into shards and merged: the same bytes in every file and on
//! standard output as of the command in one, and sums that would not give them.

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use program::{names, read, shortfall, whole, workshop};
use shortfall::model::Model;
use shortfall::simulation::{self, Progress, Untilted};
use shortfall::study::Study;
use shortfall::tally::{NestedSampling, Shards, Weighted};

const COMPARE: &str = "compare small.toml plain harder -n 1003";
const RARE: &str = "rare small.toml --scenario plain --tilt disruptions.acute.rate_per_year=3 \
                    --above episodes.acute=5 --above total_shortage.west.magnets=200 -n 2003 --untilted 0.0377";
const RUN: &str = "run small.toml --scenario harder -n 403 --input-uncertainty=333";

/// What came of a line: exit code, standard output, standard error.
fn tell(at: &Path, line: &str) -> (Option<i32>, String, String) {
    shortfall(at, &line.split_whitespace().collect::<Vec<_>>())
}

fn done(at: &Path, line: &str) -> String {
    let (code, printed, said) = tell(at, line);
    assert_eq!(code, Some(0), "{line}: {said}");
    printed
}

/// All files of a folder; of the manifest, all but the wall clock.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut manifest = whole(folder);
    manifest["wall_clock"].take();
    let files = names(folder).into_iter().filter(|name| name != "manifest.json");
    let mut found: BTreeMap<PathBuf, Vec<u8>> =
        files.map(|name| (PathBuf::from(&name), fs::read(folder.join(&name)).expect("readable"))).collect();
    found.insert("manifest.json".into(), manifest.to_string().into_bytes());
    found
}

/// Simulates all shards of a command, on one thread and on eight by turns, into `s`.
fn split(at: &Path, line: &str, count: u32) -> String {
    let _ = fs::remove_dir_all(at.join("s"));
    for k in 1..=count {
        let threads = if k % 2 == 0 { 8 } else { 1 };
        done(at, &format!("{line} --shard {k}/{count} -q -j {threads} -o s/{k}"));
    }
    // In any order.
    (1..=count).rev().map(|k| format!("s/{k}")).collect::<Vec<_>>().join(" ")
}

/// Holds merged shards against the command in one: what both print in these formats, with which exit code, and the folder where
/// both write one.
fn same(line: &str, counts: &[(u32, &[&str])], folder: Option<&str>) {
    let (shop, whole_shop) = (workshop(), workshop());
    let (at, whole_at) = (shop.path(), whole_shop.path());
    let place = folder.map_or(String::new(), |more| format!("-o out --force {more}"));
    for (count, formats) in counts {
        let shards = split(at, line, *count);
        for format in *formats {
            let expected = tell(whole_at, &format!("{line} --format {format} {place} --progress none"));
            let merged = tell(at, &format!("merge {shards} --format {format} {place}"));
            assert!(merged.0 == expected.0 && merged.1.len() > 100, "{count} {format}: {merged:?}");
            assert!(merged.1 == expected.1, "{line}, {count} shards, {format}: {}\n{}", merged.1, expected.1);
        }
        if folder.is_some() {
            let [merged, expected] = [at, whole_at].map(|at| contents(&at.join("out")));
            assert_eq!(merged.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (name, bytes) in &merged {
                assert!(*bytes == expected[name], "{line}, {count} shards: {} differs", name.display());
            }
        }
    }
}

const COUNTS: [(u32, &[&str]); 3] = [(1, &["table"]), (7, &["table", "md", "csv", "json"]), (40, &["json"])];

#[test]
fn a_comparison_of_scenarios_has_the_same_bytes() {
    same(COMPARE, &COUNTS, Some(""));
}

#[test]
fn a_comparison_of_configs_and_of_folders_has_the_same_bytes() {
    let (shop, other_shop) = (workshop(), workshop());
    for shop in [&shop, &other_shop] {
        let at = shop.path();
        let other =
            read(at, "small.toml").replace("tonnes_per_year = 300", "tonnes_per_year = { uniform = [250, 400] }");
        fs::write(at.join("other.toml"), other).expect("written");
        done(at, "run small.toml -n 90 -q -o a --no-charts");
        done(at, "run other.toml -n 90 -q -o b --no-charts");
    }
    for line in ["compare small.toml other.toml -n 203 --confidence 0.9", "compare a b --scenario harder"] {
        let [at, whole_at] = [shop.path(), other_shop.path()];
        let shards = split(at, line, 3);
        done(whole_at, &format!("{line} -q -o out --force"));
        done(at, &format!("merge {shards} -q -o out --force"));
        assert_eq!(contents(&at.join("out")), contents(&whole_at.join("out")), "{line}");
    }
    assert!(done(shop.path(), "verify out").contains("run again: the same files"));
    // In a folder of its own unless it is named, and replaced there.
    let usual = "compare small.toml plain harder -n 40 --shard 2/2";
    assert!(done(shop.path(), usual).contains("shortfall-out/small-compare-shards/2-of-2"));
    assert_eq!(tell(shop.path(), usual).0, Some(4));
    done(shop.path(), &format!("{usual} --force -q"));
}

#[test]
fn rare_events_have_the_same_bytes_and_exit_code() {
    same(RARE, &COUNTS, None);
    let (shop, few) = (workshop(), "rare small.toml --tilt disruptions.acute.rate_per_year=3 -n 20");
    assert_eq!(tell(shop.path(), few).0, Some(6), "too few trials");
    // Three of forty shards have a block each, the others nothing.
    same(few, &[(40, &["json"])], None);
}

#[test]
fn inputs_that_are_simulated_again_have_the_same_bytes() {
    same(RUN, &[(1, &["json"]), (7, &["json", "csv"]), (40, &["md"])], Some("--no-charts"));
    // More draws than trials: shards without trials are needed too.
    let shop = workshop();
    let at = shop.path();
    let line = "run small.toml -n 20 --input-uncertainty=100";
    split(at, line, 13);
    let (code, _, said) = tell(at, "merge s/1 s/2 s/3 s/4 s/6 s/7 s/8 s/9 s/10 s/11 s/12 s/13 -o out");
    assert!(code == Some(7) && said.contains("--array=5\n"), "{said}");
    let in_any_order = "s/9 s/8 s/1 s/2 s/3 s/4 s/6 s/7 s/5 s/10 s/11 s/12 s/13";
    done(at, &format!("merge {in_any_order} -q -o out --no-charts"));
    done(at, &format!("{line} -q -o whole --no-charts"));
    assert_eq!(contents(&at.join("out")), contents(&at.join("whole")));
}

#[test]
fn shards_are_merged_in_two_steps() {
    let shop = workshop();
    let at = shop.path();
    for line in [COMPARE, RARE, RUN] {
        let shards = split(at, line, 4);
        let own = if line == RUN { "-o out --force --no-charts" } else { "" };
        let once = done(at, &format!("merge {shards} --json {own}"));
        done(at, "merge s/2 s/3 --tally -o middle --force");
        assert_eq!(done(at, &format!("merge s/4 middle/tally.bin s/1 --json {own}")), once, "{line}");
        assert!(done(at, "verify middle --no-run").contains("nothing differs"));
    }
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    let shop = workshop();
    let at = shop.path();
    let rare = "rare small.toml --tilt disruptions.acute.rate_per_year=3 -n 40";
    for (line, folder) in [
        ("run small.toml -n 40", "run"),
        ("run small.toml -n 40 --input-uncertainty=100", "inputs"),
        ("compare small.toml plain harder -n 40", "compare"),
        ("compare small.toml harder plain -n 40", "turned"),
        (rare, "rare"),
        ("rare small.toml --tilt disruptions.acute.rate_per_year=4 -n 40", "other-tilt"),
        (&format!("{rare} --above episodes.acute=2"), "other-event"),
        (&format!("{rare} --untilted 0.2"), "other-share"),
    ] {
        for k in [1, 2] {
            done(at, &format!("{line} --shard {k}/2 -q -o {folder}/{k}"));
        }
    }
    for (line, code, says) in [
        // Gaps, doubles, kinds, questions.
        ("merge compare/2", 7, "1 of 2 shards are missing: --array=1\n"),
        ("merge rare/1 --missing", 7, ""),
        ("merge rare/1 rare/1", 7, "shard 1 is in rare/1/tally.bin and in rare/1/tally.bin"),
        ("merge compare/1 rare/2", 7, "it is of `rare`, and compare/1/tally.bin is of `compare`"),
        ("merge run/1 compare/2", 7, "it is of `compare`, and run/1/tally.bin is of `run`"),
        ("merge rare/1 other-tilt/2", 7, "its config is not that of"),
        ("merge rare/1 other-event/2", 7, "its config is not that of"),
        ("merge rare/1 other-share/2", 7, "its config is not that of"),
        ("merge run/1 inputs/2", 7, "its config is not that of"),
        ("merge compare/1 turned/2", 7, "its scenarios are not those of"),
        // Options that the command has not.
        ("merge compare/1 compare/2 --no-charts", 2, "these are shards of `compare`: leave out --no-charts"),
        ("merge compare/1 compare/2 -v", 2, "these are shards of `compare`: leave out --verbose"),
        ("merge compare/1 compare/2 --force", 2, "-o DIR"),
        ("merge rare/1 rare/2 --svg -o x", 2, "these are shards of `rare`: leave out --output"),
        ("compare small.toml plain harder --force", 2, "-o DIR"),
        (&format!("{rare} -o x"), 2, "only with --shard"),
        (&format!("{rare} --shard 3/2"), 2, "there is no shard 3"),
        ("compare small.toml plain harder --shard 0/2", 2, "there is no shard 0"),
        ("compare small.toml plain harder --shards 2 --shard 1/2", 2, "cannot be used with"),
        ("compare run/1 run/2", 2, "shortfall merge"),
    ] {
        let (found, _, said) = tell(at, line);
        assert!(found == Some(code) && said.contains(says), "{line}: {found:?} {said}");
    }
    assert!(!at.join("x").exists() && !at.join("shortfall-out").exists());
    // A stopping rule in the config is of `run` alone.
    let until = read(at, "small.toml") + "\n[run]\nuntil = \"verdict\"\n";
    fs::write(at.join("until.toml"), until).expect("written");
    done(at, "compare until.toml plain harder -n 16 --shard 1/2 -q");
}

/// The small model, compiled.
fn study() -> Study {
    let shop = workshop();
    Study::from_file(shop.path().join("small.toml")).unwrap_or_else(|fault| panic!("{fault}"))
}

/// Sums of weights, the whole and of seven shards; each shard with the untilted share of the trials of all, or of its own.
fn weights(own_share: bool) -> (Weighted, Vec<Weighted>) {
    let (study, trials) = (study(), 2003);
    let tilted = study.scenarios[0].model.tilted(&[("disruptions.acute.rate_per_year".into(), 3.0)]);
    let [natural, tilted]: [Model; 2] = tilted.unwrap_or_else(|faults| panic!("{faults:?}"));
    let of = |range: std::ops::Range<u64>| {
        let whole = if own_share { range.end - range.start } else { trials };
        let untilted = Untilted::new(0.0377, whole);
        simulation::rare([&natural, &tilted], &[], untilted, range, 2, &Progress::default()).expect("nobody stops it")
    };
    let shards = (1..=7).map(|k| of(Shards::one(k, 7).expect("there is one").trials(&(0..trials))));
    (of(0..trials), shards.collect())
}

/// Weights are sums of whole numbers: floats added up shard by shard would be off in their last digits, and a shard that knew
/// only its own trials would weight them otherwise.
#[test]
fn other_sums_would_differ() {
    let merged = |shards: &[Weighted]| {
        let mut sum = shards[0].clone();
        shards[1..].iter().for_each(|shard| sum.merge(shard));
        sum
    };
    let (whole, shards) = weights(false);
    assert_eq!(merged(&shards), whole);
    let floats = shards.iter().map(|shard| shard.all.sum()).fold(0.0, |sum: f64, own| sum + own);
    let squares = shards.iter().map(|shard| shard.all.squares()).fold(0.0, |sum: f64, own| sum + own);
    assert_ne!((floats, squares), (whole.all.sum(), whole.all.squares()), "the wrong twin passes");
    assert!((floats - whole.all.sum()).abs() < 1e-9 * floats);
    let (_, wrong) = weights(true);
    assert!((merged(&wrong).all.sum() - whole.all.sum()).abs() > 1e-6, "the wrong twin passes");

    let study = study();
    let model = &study.scenarios[0].model;
    let draws =
        |range| simulation::nested(&[model], range, 2, &Progress::default()).expect("nobody stops it").remove(0);
    let sum = |parts: [NestedSampling; 2]| {
        let [mut sum, other] = parts;
        sum.merge(&other);
        sum
    };
    let whole = draws(0..43);
    assert_eq!(sum([draws(16..43), draws(0..16)]), whole);
    assert_ne!(sum([draws(0..16), draws(0..27)]), whole, "the wrong twin passes");
}
