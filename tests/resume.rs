//! A run that was killed or interrupted goes on to the bytes of one that was not; a finished one takes more trials, and tells
//! what it counted again, as if it had been run so from the start.

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use program::{PROGRAM, command, listening, names, shortfall, told, whole, workshop};
use shortfall::tally::file::Counted;

/// All files of a run's folder, which is whole; of the manifest, all but the wall clock.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut manifest = whole(folder);
    assert!(manifest["wall_clock"].take().is_object());
    let read = |name: String| {
        let bytes = fs::read(folder.join(&name)).expect("readable");
        let is_manifest = name == "manifest.json";
        (name, if is_manifest { manifest.to_string().into_bytes() } else { bytes })
    };
    let is_file = |name: &String| folder.join(name).is_file();
    names(folder).into_iter().filter(is_file).map(read).collect()
}

fn assert_same(a: &Path, b: &Path, what: &str) {
    let [a, b] = [a, b].map(contents);
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{what}");
    assert!(a.contains_key("tally.bin") && a.len() >= 7, "{what}: {:?}", a.keys());
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{what}: {name} differs");
    }
}

/// Runs the program to its end, which is without fault; what it said.
fn done(at: &Path, line: &str) -> String {
    let (code, printed, said) = shortfall(at, &line.split(' ').collect::<Vec<_>>());
    assert_eq!(code, Some(0), "{line}: {printed}{said}");
    printed + &said
}

fn refused(at: &Path, line: &str, expected: i32, says: &str) {
    let (code, _, said) = shortfall(at, &line.split(' ').collect::<Vec<_>>());
    assert!(code == Some(expected) && said.contains(says), "{line}: {code:?} {said}");
}

/// Starts a run, waits until it leaves a checkpoint of its own, and `more`, and sends a signal; whether it was still running.
fn signalled(at: &Path, line: &str, checkpoint: &str, more: Duration, signal: &str) -> bool {
    // A new one is another file.
    let file = || fs::metadata(at.join(checkpoint)).ok().map(|data| (data.ino(), data.mtime(), data.mtime_nsec()));
    let before = file();
    let mut child = listening(at, &line.split(' ').collect::<Vec<_>>()).spawn().expect("it starts");
    let since = Instant::now();
    while (file().is_none() || file() == before) && child.try_wait().expect("it is known").is_none() {
        assert!(since.elapsed() < Duration::from_secs(60), "it leaves a checkpoint");
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(more);
    let runs = child.try_wait().expect("it is known").is_none();
    if runs {
        let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }
    told(&child.wait_with_output().expect("it ends"));
    runs
}

/// Trials of the runs that are killed: more in a program that is optimised.
const TRIALS: u64 = if cfg!(debug_assertions) { 5000 } else { 60_000 };

const CHECKPOINT: &str = ".out.shortfall-checkpoint";

#[test]
fn killed_again_and_again_a_run_ends_with_the_same_bytes() {
    let shop = workshop();
    let at = shop.path();
    done(at, &format!("run small.toml -n {TRIALS} --no-charts -q -o whole --checkpoint 0"));
    let mut kills = 0;
    for (round, threads) in [1, 2, 3].into_iter().enumerate() {
        let mut line =
            format!("run small.toml -n {TRIALS} --no-charts -q -o out --force -j {threads} --checkpoint 0.002");
        for number in 0..4 {
            // Spread over the writing of some checkpoints.
            let more = Duration::from_millis(7 * (number * 5 % 7));
            if !signalled(at, &line, CHECKPOINT, more, "KILL") {
                break;
            }
            kills += 1;
            assert!(at.join(CHECKPOINT).is_file(), "{:?}", names(at));
            line = format!("resume out -q -j {} --checkpoint 0.002", 1 + (threads + number) % 3);
        }
        if at.join(CHECKPOINT).exists() {
            done(at, "resume out -q");
        }
        assert_same(&at.join("out"), &at.join("whole"), &format!("round {round}"));
        assert_eq!(names(at), ["out", "small.toml", "whole"]);
    }
    assert!(kills >= 9, "{kills}");
    assert!(done(at, "resume out").contains("is finished"));
    assert!(done(at, "verify out").contains("run again: the same files"));
}

#[test]
fn an_interrupted_run_goes_on_from_its_folder() {
    let shop = workshop();
    let at = shop.path();
    // Drivers are told of the whole, and not of so few.
    for m in [8, 1500, 2600] {
        done(at, &format!("run small.toml -n 3000 --no-charts -q -o out --force --stop-after {m}"));
        assert_eq!((&whole(&at.join("out"))["partial"], names(at).len()), (&true.into(), 2 + usize::from(m > 8)));
        assert!(done(at, "verify out").contains("run again: the same files"));
        done(at, "resume out -q -j 2");
        done(at, "run small.toml -n 3000 --no-charts -q -o whole --force");
        assert!(at.join("whole/drivers.csv").exists());
        assert_same(&at.join("out"), &at.join("whole"), &format!("from {m}"));
        // What is whole gives no place to a part.
        fs::remove_dir_all(at.join("out")).expect("removed");
    }
    // By a signal, a run that also looks more than once.
    let until = format!("--until mean(total_shortage.west.magnets)+-0.5% -n {TRIALS} --max-trials {}", 2 * TRIALS);
    let line = format!("run small.toml {until} --no-charts -q --no-tally -o twice --checkpoint 0.002");
    if signalled(at, &line, ".twice.shortfall-checkpoint", Duration::ZERO, "INT") {
        assert_eq!(whole(&at.join("twice"))["partial"], true);
        assert!(at.join("twice/tally.bin").exists(), "for resume");
        shortfall(at, &["resume", "twice", "-q"]);
    }
    let uninterrupted = format!("run small.toml {until} --no-charts -q --no-tally -o once");
    let code = shortfall(at, &uninterrupted.split(' ').collect::<Vec<_>>()).0;
    assert!(code == Some(0) || code == Some(6), "{code:?}");
    assert_eq!(contents(&at.join("twice")), contents(&at.join("once")));
    assert!(!at.join("twice/tally.bin").exists());
    refused(at, "report once", 2, "holds no tally.bin");
}

#[test]
fn a_run_is_extended_and_reported_as_if_it_had_been_run_so() {
    let shop = workshop();
    let at = shop.path();
    let options = "--no-charts -q --scenario harder --set demands.users.tonnes_per_year=1100";
    // Drivers are told from 2000 trials on: those before are counted again, and from there on they are not.
    for (from, to, again) in [(100, 1000, false), (1000, 2000, true), (2000, 2600, false)] {
        done(at, &format!("run small.toml {options} -n {from} -o out --force"));
        done(at, &format!("run small.toml {options} -n {to} -o whole --force"));
        let said = done(at, &format!("extend out -n {to} --checkpoint 0"));
        assert_eq!(said.contains("all trials are simulated again"), again, "{from} to {to}: {said}");
        assert_same(&at.join("out"), &at.join("whole"), &format!("{from} to {to}"));
    }
    refused(at, "extend out -n 2600", 2, "the run has 2600 trials");
    refused(at, "extend out -n 100", 2, "the run has 2600 trials");
    refused(at, "extend out -n 2000000000", 2, "a run has at most");
    refused(at, "extend nowhere -n 100", 2, "there is no run to extend");
    assert_same(&at.join("out"), &at.join("whole"), "refused");
    done(at, "report out -o told --no-charts -q");
    assert_same(&at.join("told"), &at.join("whole"), "told");
    // In its own place, from nothing but what was counted.
    fs::remove_file(at.join("told/results.json")).expect("removed");
    done(at, "report told --no-charts -q");
    assert_same(&at.join("told"), &at.join("whole"), "told in place");
    let printed = |line: &str| shortfall(at, &line.split(' ').collect::<Vec<_>>()).1;
    let line = format!("run small.toml {options} -n 2600 -o printed --format csv").replace("-q ", "");
    assert_eq!(printed("report told --no-charts --format csv"), printed(&line));
    refused(at, "report told -o out", 4, "not empty");
    refused(at, "report told -o told --force", 4, "what is read lies in this folder");
}

#[test]
fn inputs_that_were_simulated_again_are_kept() {
    let shop = workshop();
    let at = shop.path();
    let run = "run small.toml --input-uncertainty=100 --no-charts -q";
    for (trials, out) in [(200, "whole"), (300, "more")] {
        done(at, &format!("{run} -n {trials} -o {out}"));
    }
    assert!(names(&at.join("whole")).contains(&"input_uncertainty.csv".into()));
    // Interrupted before the inputs, and while they are simulated again.
    for stop in [120, 200] {
        let _ = fs::remove_dir_all(at.join("part")); // a whole result stays where it is
        done(at, &format!("{run} -n 200 -o part --stop-after {stop}"));
        assert!(!names(&at.join("part")).contains(&"input_uncertainty.csv".into()));
        refused(at, "merge part -o merged", 7, "`shortfall resume` goes on with it");
        done(at, "report part --no-charts -q -o again --force");
        assert_same(&at.join("again"), &at.join("part"), &format!("reported after {stop}"));
        done(at, "resume part -q");
        assert_same(&at.join("part"), &at.join("whole"), &format!("resumed after {stop}"));
    }
    done(at, "report part --no-charts -q -o again --force");
    assert_same(&at.join("again"), &at.join("whole"), "reported");
    done(at, "merge part --no-charts -q -o merged");
    assert_same(&at.join("merged"), &at.join("whole"), "a run in one is all of its shards");
    done(at, "extend part -n 300 -q");
    assert_same(&at.join("part"), &at.join("more"), "extended");
}

#[test]
fn what_does_not_fit_is_refused_and_everything_stays() {
    let shop = workshop();
    let at = shop.path();
    done(at, "run small.toml -n 200 --no-charts -q -o out");
    let before = contents(&at.join("out"));
    let path = at.join("out/tally.bin");
    let bytes = fs::read(&path).expect("it is there");
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 1;
    for (changed, says) in [(&damaged[..], "checksum"), (&bytes[..bytes.len() - 1], "when whole")] {
        // In a folder, the manifest tells; of a checkpoint, the file itself.
        fs::write(&path, changed).expect("written");
        for line in ["resume out", "report out", "report out -o told", "extend out -n 300"] {
            refused(at, line, 2, "tally.bin is not the one that was written");
        }
        fs::write(at.join(".gone.shortfall-checkpoint"), changed).expect("written");
        refused(at, "resume gone", 7, "gone.shortfall-checkpoint: byte ");
        refused(at, "resume gone", 7, says);
    }
    assert_eq!(names(at), [".gone.shortfall-checkpoint", "out", "small.toml"]);
    // Of another version, with every checksum right.
    let header = shortfall::tally::file::read_header(&bytes, bytes.len() as u64).expect("sound");
    let (_, study) = shortfall::output::shard::AsRun::read(&header, &[]).expect("sound");
    let mut counted = Counted::Run { tallies: study.tallies(), nested: Vec::new() };
    shortfall::tally::file::add(&bytes, &mut counted).expect("sound");
    let other = shortfall::tally::file::Header { tool: "shortfall 0.0.9".into(), ..header };
    let other = shortfall::tally::file::write(&other, &counted);
    fs::write(at.join(".gone.shortfall-checkpoint"), other).expect("written");
    refused(at, "resume gone", 7, "it was written by shortfall 0.0.9");
    fs::write(&path, &bytes).expect("written");
    assert!(contents(&at.join("out")) == before);

    // Nor is a file lost that no run wrote.
    fs::write(at.join("out/notes.txt"), "mine").expect("written");
    for line in ["report out", "extend out -n 300"] {
        refused(at, line, 4, "has edited since: notes.txt");
    }
    fs::remove_file(at.join("out/notes.txt")).expect("removed");
    assert!(contents(&at.join("out")) == before);

    // A checkpoint is neither lost nor mixed up.
    fs::rename(at.join(".gone.shortfall-checkpoint"), at.join(".out.shortfall-checkpoint")).expect("renamed");
    for line in ["report out", "extend out -n 300"] {
        refused(at, line, 2, "go on with it first, with `shortfall resume out`");
    }
    fs::rename(at.join("out"), at.join("away")).expect("renamed");
    refused(at, "run small.toml -n 10 --no-charts -q -o out", 4, "`shortfall resume out` goes on with it");
    done(at, "run small.toml -n 10 --no-charts -q -o out --force");
    assert_eq!(names(at), ["away", "out", "small.toml"]);
    refused(at, "resume nothing", 2, "there is no run to go on with");
    done(at, "run small.toml -n 20 --shard 1/2 -q -o shard");
    refused(at, "resume shard", 2, "is the folder of a shard");
    refused(at, "report shard", 2, "is the folder of a shard");
    done(at, "run small.toml -n 20 --until verdict --max-trials 90000 --no-charts -q -o until");
    refused(at, "extend until -n 90000", 2, "as many trials as it took");
}

/// Of two who would go on with a run, one does.
#[test]
fn two_do_not_go_on_at_once() {
    let shop = workshop();
    let at = shop.path();
    let endless = "run small.toml -n 100000000 --no-charts -q -o out --checkpoint 0.05";
    assert!(signalled(at, endless, CHECKPOINT, Duration::ZERO, "KILL"));
    let mut first = command(PROGRAM, at, &["resume", "out", "-q"]).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(if cfg!(debug_assertions) { 3000 } else { 500 }));
    refused(at, "resume out -q", 4, "another run is writing to this folder");
    first.kill().expect("killed");
    first.wait().expect("ended");
    assert!(at.join(CHECKPOINT).exists());
}
