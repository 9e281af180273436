//! A run that looks at its results again and again, split into rounds of shards, stops where the run in one stops, with the same
//! bytes.

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use program::{names, shortfall, whole, workshop};

/// The number of trials is no multiple of the eight that are simulated side by side.
const RULE: &str = "--until mean(total_shortage.west.magnets)+-10% -n 101";
const SHARDS: &str = "shortfall-out/small-shards";

fn ended(at: &Path, line: &str) -> (Option<i32>, String, String) {
    shortfall(at, &line.split(' ').collect::<Vec<_>>())
}

/// All files of a folder, with the time that it took left out.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut manifest = whole(folder);
    manifest["wall_clock"].take();
    let read = |name: String| (name.clone(), fs::read(folder.join(name)).expect("readable"));
    let mut found: BTreeMap<_, _> = names(folder).into_iter().map(read).collect();
    found.insert("manifest.json".into(), manifest.to_string().into_bytes());
    assert!(found.contains_key("tally.bin"));
    found
}

/// Runs all shards of a round.
fn run_round(at: &Path, rule: &str, round: u32, count: u32) {
    for k in 1..=count {
        let (code, _, said) =
            ended(at, &format!("run small.toml {rule} --shard {k}/{count} --round {round} -q -j {}", 1 + k % 2));
        assert_eq!(code, Some(0), "{said}");
    }
}

/// Merges all shards that are there.
fn merge(at: &Path, options: &str) -> (Option<i32>, String, String) {
    let shards: Vec<String> = names(&at.join(SHARDS)).iter().rev().map(|name| format!("{SHARDS}/{name}")).collect();
    ended(at, &format!("merge {} {options}", shards.join(" ")))
}

/// Round after round, as the merge asks for them: its exit code, and how many there were.
fn in_rounds(at: &Path, rule: &str, out: &str, count: impl Fn(u32) -> u32) -> (Option<i32>, u32) {
    let _ = fs::remove_dir_all(at.join("shortfall-out"));
    for round in 1.. {
        run_round(at, rule, round, count(round));
        let (code, printed, said) = merge(at, &format!("-q --no-charts -o {out}"));
        if code != Some(8) {
            assert!(printed.is_empty(), "{printed}{said}");
            return (code, round);
        }
        assert_eq!(printed, format!("--round={}\n", round + 1));
        assert!(said.contains("is not reached: run round") && !at.join(out).exists(), "{said}");
    }
    unreachable!()
}

#[test]
fn rounds_of_any_number_of_shards_are_the_run_in_one() {
    let shop = workshop();
    let at = shop.path();
    assert_eq!(ended(at, &format!("run small.toml {RULE} --no-charts -q -o whole")).0, Some(0));
    let expected = contents(&at.join("whole"));
    let trials = whole(&at.join("whole"))["trials"].as_u64().expect("a number");
    let looks = u64::ilog2(trials / 101) + 1;
    assert!(looks >= 3 && trials == 101 << (looks - 1), "{trials}");
    let counts: [(&str, &dyn Fn(u32) -> u32); 4] =
        [("one", &|_| 1), ("three", &|_| 3), ("seven", &|_| 7), ("others", &|round| 1 + round % 3)];
    for (out, count) in counts {
        assert_eq!(in_rounds(at, RULE, out, count), (Some(0), looks));
        assert!(contents(&at.join(out)) == expected, "{out}");
    }
    // Rounds after the end change nothing.
    run_round(at, RULE, looks + 1, 2);
    let (code, _, said) = merge(at, "-q --no-charts -o more");
    assert!(code == Some(0) && said.contains("later rounds are left out"), "{said}");
    assert!(contents(&at.join("more")) == expected);
    // A run in one is all of its rounds.
    assert_eq!(ended(at, "merge whole -q --no-charts -o same").0, Some(0));
    assert!(contents(&at.join("same")) == expected);
}

#[test]
fn inputs_are_simulated_again_with_the_first_round() {
    let shop = workshop();
    let at = shop.path();
    let rule = format!("{RULE} --input-uncertainty=100");
    assert_eq!(ended(at, &format!("run small.toml {rule} --no-charts -q -o whole")).0, Some(0));
    let expected = contents(&at.join("whole"));
    assert!(expected.contains_key("input_uncertainty.csv"));
    let (code, looks) = in_rounds(at, &rule, "out", |round| 1 + round % 3);
    assert!(code == Some(0) && looks >= 3, "{looks}");
    assert!(contents(&at.join("out")) == expected);
    // The first two rounds in one file, in which the draws are all there.
    let folder = |name: &str| format!("{SHARDS}/{name}");
    let first = ["1-of-2", "2-of-2"].map(folder).join(" ");
    let second = ["round-2-1-of-3", "round-2-2-of-3", "round-2-3-of-3"].map(folder).join(" ");
    assert_eq!(ended(at, &format!("merge {first} {second} --tally -q")).0, Some(0));
    for name in ["1-of-2", "2-of-2", "round-2-1-of-3", "round-2-2-of-3", "round-2-3-of-3"] {
        fs::remove_dir_all(at.join(folder(name))).expect("it was there");
    }
    let (code, _, said) = merge(at, "-q --no-charts -o again");
    assert!(code == Some(0) && contents(&at.join("again")) == expected, "{said}");
}

#[test]
fn rounds_that_are_missing_are_told_and_some_may_be_put_together_first() {
    let shop = workshop();
    let at = shop.path();
    for (round, count) in [(1, 2), (2, 3), (3, 1)] {
        run_round(at, RULE, round, count);
    }
    let folder = |name: &str| format!("{SHARDS}/{name}");
    assert_eq!(names(&at.join(SHARDS)).len(), 6);
    let [first, second] = [["1-of-2", "2-of-2"].map(folder), ["round-2-1-of-3", "round-2-3-of-3"].map(folder)];
    let (code, _, said) = ended(at, &format!("merge {} {} -o out", first.join(" "), second.join(" ")));
    assert_eq!((code, said.as_str()), (Some(7), "error: 1 of 3 shards of round 2 are missing: --array=2\n"));
    let (code, _, said) = ended(at, &format!("merge {} {} -o out", first.join(" "), folder("round-3-1-of-1")));
    assert!(code == Some(7) && said.contains("round 2 is missing: "), "{said}");
    let (code, _, said) = ended(at, &format!("merge {} -o out", folder("round-3-1-of-1")));
    assert!(code == Some(7) && said.contains("round 1 is missing: "), "{said}");
    // In two steps: two shards of a round, then the first two rounds.
    let line = format!("merge {} {} --tally -q", folder("round-2-1-of-3"), folder("round-2-2-of-3"));
    assert_eq!(ended(at, &line).0, Some(0));
    let line = format!("merge {} {} {} --tally -q", first.join(" "), folder("round-2-1-to-2-of-3"), second[1]);
    assert_eq!(ended(at, &line).0, Some(0));
    let both = folder("rounds-1-to-2-1-to-1-of-1");
    let (code, printed, said) = ended(at, &format!("merge {both} -o out"));
    assert_eq!((code, printed.as_str()), (Some(8), "--round=3\n"), "{said}");
    let (code, _, said) = ended(at, &format!("merge {both} {} -o out", first[0]));
    assert!(code == Some(7) && said.contains("are in another file too"), "{said}");
    assert!(!at.join("out").exists());
    // Up to the last look, as the run in one.
    let capped = format!("{RULE} --max-trials 202");
    assert_eq!(ended(at, &format!("run small.toml {capped} --no-charts -q -o whole")).0, Some(6));
    assert_eq!(in_rounds(at, &capped, "capped", |_| 2), (Some(6), 2));
    assert!(contents(&at.join("capped")) == contents(&at.join("whole")));
    // Of a run that was interrupted, no look is complete.
    assert_eq!(ended(at, "run small.toml -n 101 --no-charts -q -o part --stop-after 40").0, Some(0));
    let (code, _, said) = ended(at, "merge part -o out");
    assert!(code == Some(7) && said.contains("`shortfall resume` goes on with it"), "{said}");
}
