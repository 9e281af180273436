//! Output folders: what is replaced and what never is, what `verify` and `compare` make of a folder that was changed, and
//! disks that are full.

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use program::{PROGRAM, command, names, read, shortfall, told, whole, workshop};

/// A short run of the config into `folder`, with more arguments.
fn run(at: &Path, folder: &str, more: &[&str]) -> (Option<i32>, String, String) {
    shortfall(at, &[&["run", "small.toml", "-n", "40", "--no-charts", "-q", "-o", folder], more].concat())
}

#[test]
fn force_replaces_the_result_of_a_run_and_nothing_else() {
    let shop = workshop();
    let at = shop.path();
    assert_eq!(run(at, "out", &["--scenario", "plain"]).0, Some(0));
    let first = whole(&at.join("out"));
    let (code, _, said) = run(at, "out", &[]);
    assert!(code == Some(4) && said.contains("--force"), "{said}");
    assert_eq!(run(at, "out", &["--force"]).0, Some(0));
    assert_ne!(whole(&at.join("out"))["files"], first["files"]);
    // A file of mine, a file that I have edited, a link to somewhere else.
    fs::create_dir(at.join("elsewhere")).expect("made");
    let spoilt: [(&str, &dyn Fn()); 3] = [
        ("notes.txt", &|| fs::write(at.join("out/notes.txt"), "mine").expect("written")),
        ("config.toml", &|| fs::write(at.join("out/config.toml"), "# my comments").expect("written")),
        ("charts", &|| symlink(at.join("elsewhere"), at.join("out/charts")).expect("linked")),
    ];
    for (name, spoil) in spoilt {
        fs::remove_dir_all(at.join("out")).expect("removed");
        assert_eq!(run(at, "out", &[]).0, Some(0));
        spoil();
        let (before, config) = (names(&at.join("out")), read(&at.join("out"), "config.toml"));
        let (code, _, said) = run(at, "out", &["--force"]);
        assert!(code == Some(4) && said.contains(name), "{name}: {said}");
        assert_eq!((names(&at.join("out")), read(&at.join("out"), "config.toml")), (before, config));
    }
    assert!(names(&at.join("elsewhere")).is_empty());
    assert_eq!(names(at), ["elsewhere", "out", "small.toml"], "nothing is left beside");
}

/// What is read is never written over: neither my config in the working folder nor the config as run that a run starts from.
#[test]
fn the_config_of_a_run_outlives_it() {
    let shop = workshop();
    let at = shop.path();
    let mine = format!("# my comment\n{}", read(at, "small.toml"));
    fs::write(at.join("config.toml"), &mine).expect("written");
    let (code, _, said) = shortfall(at, &["run", "config.toml", "-n", "20", "-o", ".", "--force", "--no-charts"]);
    assert!(code == Some(4) && said.contains("config.toml"), "{said}");
    assert_eq!((read(at, "config.toml"), names(at).len()), (mine, 2));
    assert_eq!(run(at, "out", &[]).0, Some(0));
    let again = ["run", "out/config.toml", "-o", "out", "--force", "-q", "--no-charts"];
    let (code, _, said) = shortfall(at, &again);
    assert!(code == Some(4) && said.contains("what is read lies in this folder"), "{said}");
    // The working folder cannot be exchanged: it is only filled while it is empty.
    let inside = at.join("inside");
    fs::create_dir(&inside).expect("made");
    let here = ["run", "../small.toml", "-n", "20", "-o", ".", "--no-charts", "-q"];
    assert_eq!(shortfall(&inside, &here).0, Some(0));
    whole(&inside);
    let (code, _, said) = shortfall(&inside, &[&here[..], &["--force"]].concat());
    assert!(code == Some(4) && said.contains("it is the working folder") && said.contains("another folder"), "{said}");
    whole(&inside);
}

#[test]
fn two_runs_never_write_to_one_folder() {
    let shop = workshop();
    let at = shop.path();
    let long = ["run", "small.toml", "-n", "50000000", "--no-charts", "-q", "-o", "out"];
    let mut first = command(PROGRAM, at, &long).spawn().expect("it starts");
    let taken = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        at.join(".out.shortfall-new").exists()
    });
    let second = run(at, "out", &["--force"]);
    first.kill().expect("killed");
    first.wait().expect("ended");
    assert!(taken && second.0 == Some(4) && second.2.contains("another run is writing to this folder"), "{second:?}");
    // What a killed run leaves behind is no bar to the next.
    assert!(at.join(".out.shortfall-new").exists());
    assert_eq!(run(at, "out", &[]).0, Some(0));
    assert_eq!(names(at), ["out", "small.toml"]);
    // Without -o each has its own.
    let own = ["run", "small.toml", "-n", "40", "--no-charts", "-q"];
    let runs: Vec<_> = (0..6).map(|_| command(PROGRAM, at, &own).spawn().expect("it starts")).collect();
    for mut run in runs {
        assert!(run.wait().expect("ended").success());
    }
    let folders = names(&at.join("shortfall-out"));
    assert_eq!(folders, ["small", "small-2", "small-3", "small-4", "small-5", "small-6"]);
    folders.iter().for_each(|name| drop(whole(&at.join("shortfall-out").join(name))));
}

#[test]
fn verify_finds_what_was_changed_and_runs_again() {
    let shop = workshop();
    let at = shop.path();
    let verify = |folder: &str, more: &[&str]| shortfall(at, &[&["verify", folder], more].concat());
    let made: [&[&str]; 5] = [
        &[
            "run",
            "small.toml",
            "-n",
            "600",
            "-s",
            "3",
            "--scenario",
            "harder",
            "--no-charts",
            "--set",
            "start=\"2027-01\"",
        ],
        &["run", "small.toml", "-n", "50", "--until", "verdict", "--max-trials", "200", "--no-charts"],
        &["stress", "small.toml", "-n", "20", "--lose", "*mine*", "--scenario", "plain"],
        &["compare", "small.toml", "plain", "harder", "-n", "90", "--confidence", "0.9"],
        &["run", "small.toml", "-n", "3000", "--stop-after", "1000", "--no-charts"],
    ];
    for (number, line) in made.iter().enumerate() {
        let folder = format!("out-{number}");
        let (code, _, said) = shortfall(at, &[line, &["-q", "-o", &folder][..]].concat());
        assert!(code == Some(0) || code == Some(6), "{line:?}: {said}");
        let (code, printed, said) = verify(&folder, &[]);
        assert_eq!(code, Some(0), "{line:?}: {printed}{said}");
        assert!(printed.ends_with("run again: the same files\nverdict: nothing differs\n"), "{line:?}: {printed}");
    }
    assert!(verify("out-4", &["--no-run"]).1.contains("interrupted after 1000 of 3000 trials"));
    // What compares two folders is made again from their configs.
    for (number, scenario) in ["plain", "harder"].iter().enumerate() {
        assert_eq!(run(at, &format!("side-{number}"), &["--scenario", scenario]).0, Some(0));
    }
    assert_eq!(shortfall(at, &["compare", "side-0", "side-1", "-q", "-o", "difference"]).0, Some(0));
    let (code, printed, _) = verify("difference", &[]);
    assert_eq!(code, Some(0), "{printed}");
    // Edited, missing, added.
    let out = at.join("out-1");
    fs::write(out.join("results.json"), "{}").expect("written");
    fs::remove_file(out.join("claims.csv")).expect("removed");
    fs::write(out.join("notes.txt"), "mine").expect("written");
    let (code, printed, _) = verify("out-1", &["--no-run"]);
    assert_eq!(code, Some(5), "{printed}");
    for line in
        ["edited: results.json\n", "missing: claims.csv\n", "added: notes.txt\n", "something differs (exit 5)\n"]
    {
        assert!(printed.contains(line), "{line} is missing from {printed}");
    }
    // A figure and its digest forged together: the run tells.
    let out = at.join("out-0");
    let csv = read(&out, "claims.csv").replace("harder", "hardly");
    let digest = shortfall::output::file::digest(csv.as_bytes());
    fs::write(out.join("claims.csv"), &csv).expect("written");
    let mut manifest: serde_json::Value = serde_json::from_str(&read(&out, "manifest.json")).expect("JSON");
    manifest["files"]["claims.csv"] = digest.into();
    fs::write(out.join("manifest.json"), manifest.to_string()).expect("written");
    let (code, printed, _) = verify("out-0", &[]);
    assert!(code == Some(5) && printed.contains("run again: claims.csv differs\n"), "{printed}");
    assert!(names(at).iter().all(|name| !name.contains("shortfall-verify")));
}

/// Nothing is run that this program has not written into a manifest.
#[test]
fn a_forged_manifest_has_nothing_run() {
    let shop = workshop();
    let at = shop.path();
    assert_eq!(run(at, "out", &[]).0, Some(0));
    let sound: serde_json::Value = serde_json::from_str(&read(&at.join("out"), "manifest.json")).expect("JSON");
    assert_eq!(sound["again"], serde_json::json!(["run", "config.toml", "--no-charts"]));
    let forged: [(&str, serde_json::Value, &str); 9] = [
        ("again", serde_json::json!(["run", "config.toml", "-o", "/tmp/elsewhere"]), "in words of this program"),
        (
            "again",
            serde_json::json!(["run", "config.toml", "--output=elsewhere", "--force"]),
            "in words of this program",
        ),
        ("again", serde_json::json!(["init", "elsewhere"]), "in words of this program"),
        ("again", serde_json::json!(["verify", "out"]), "in words of this program"),
        ("again", serde_json::json!(["sh", "-c", "touch elsewhere"]), "in words of this program"),
        ("again", serde_json::json!([]), "in words of this program"),
        ("again", serde_json::json!(["run", "../small.toml"]), "../small.toml is not the one that was written"),
        ("again", serde_json::json!(["run", "/dev/zero"]), "/dev/zero is not the one that was written"),
        ("tool", "shortfall 0.0.1".into(), "was written by shortfall 0.0.1"),
    ];
    for (key, value, part) in forged {
        let mut manifest = sound.clone();
        manifest[key] = value.clone();
        fs::write(at.join("out/manifest.json"), manifest.to_string()).expect("written");
        let (code, printed, said) = shortfall(at, &["verify", "out"]);
        assert!(code == Some(2) && said.contains(part), "{value}: {code:?} {printed}{said}");
        assert_eq!(names(at), ["out", "small.toml"], "{value}");
    }
    for text in ["", "[1", "{\"files\": {}}"] {
        fs::write(at.join("out/manifest.json"), text).expect("written");
        let (code, _, said) = shortfall(at, &["verify", "out"]);
        assert!(code == Some(2) && said.contains("manifest.json is not one of shortfall"), "{text}: {said}");
    }
}

#[test]
fn folders_that_were_edited_are_compared_only_if_that_is_allowed() {
    let shop = workshop();
    let at = shop.path();
    for name in ["a", "b"] {
        assert_eq!(run(at, name, &[]).0, Some(0));
    }
    let compare = |more: &[&str]| shortfall(at, &[&["compare", "a/", "b"], more].concat());
    assert_eq!(compare(&[]).0, Some(0));
    let whole = read(&at.join("b"), "results.json");
    let spoilt: [(&str, &dyn Fn()); 3] = [
        ("edited", &|| fs::write(at.join("b/results.json"), whole.replace('1', "2")).expect("written")),
        ("truncated", &|| fs::write(at.join("b/results.json"), &whole[..whole.len() / 2]).expect("written")),
        ("missing", &|| fs::remove_file(at.join("b/results.json")).expect("removed")),
    ];
    for (what, spoil) in spoilt {
        spoil();
        let (code, _, said) = compare(&[]);
        assert!(code == Some(2) && said.contains("b: results.json is not the one that was written"), "{what}: {said}");
        let (code, printed, said) = compare(&["--allow-edited"]);
        assert!(
            code == Some(0) && printed.replace('\n', " ").contains("b (edited: results.json)"),
            "{what}: {printed}{said}"
        );
        let json = compare(&["--allow-edited", "--format", "json"]).1;
        assert!(json.contains("\"b (edited: results.json)\""), "{what}: {json}");
    }
}

#[test]
fn init_makes_a_file_of_that_name_or_says_why_not() {
    let shop = workshop();
    let at = shop.path();
    let starter = shortfall(at, &["init"]).1;
    assert_eq!(shortfall(at, &["init", "-"]), (Some(0), starter.clone(), String::new()));
    for (name, part) in [("name/", "the name of a folder"), ("/dev/full", "not a regular file"), (".", "a folder")] {
        for force in [&[][..], &["--force"]] {
            let (code, printed, said) = shortfall(at, &[&["init", name], force].concat());
            assert!(code == Some(4) && printed.is_empty() && said.contains(part), "{name}: {printed}{said}");
        }
    }
    assert_eq!(shortfall(at, &["init", "my.toml"]).0, Some(0));
    assert_eq!((read(at, "my.toml"), names(at).len()), (starter, 2));
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    for arguments in [&["init"][..], &["init", "-"], &["run", "small.toml", "-n", "20", "--no-charts", "-o", "out"]] {
        let status = command(PROGRAM, at, arguments).stdout(full()).stderr(Stdio::null()).status();
        assert_eq!(status.expect("it starts").code(), Some(4), "{arguments:?}");
    }
    whole(&at.join("out"));
}

/// A file that may not grow beyond so many blocks, and a file system of 64 kB: an error, and the old result is there.
#[test]
fn a_disk_that_is_full_takes_nothing_away() {
    let shop = workshop();
    let at = shop.path();
    assert_eq!(run(at, "out", &[]).0, Some(0));
    let before = whole(&at.join("out"))["files"].clone();
    for blocks in [0, 1, 8, 64] {
        let line = format!("ulimit -f {blocks}; exec '{PROGRAM}' run small.toml -n 60 --no-charts -q -o out --force");
        let (code, _, said) = told(&command("sh", at, &["-c", &line]).output().expect("a shell is there"));
        assert!(code == Some(4) && said.contains("File too large"), "{blocks}: {code:?} {said}");
        assert_eq!((&whole(&at.join("out"))["files"], names(at).len()), (&before, 2));
    }
    // In a mount namespace of its own, which not every machine allows.
    let line = format!(
        "mkdir small && mount -t tmpfs -o size=64k none small || exit 77
         '{PROGRAM}' run small.toml -n 60 --no-charts -q -o small/out; echo $?; ls -A small; umount small"
    );
    let (code, printed, said) = told(&command("unshare", at, &["-m", "sh", "-c", &line]).output().expect("unshare"));
    if code == Some(0) {
        assert!(printed == "4\n" && said.contains("No space left on device"), "{printed}{said}");
    }
}
