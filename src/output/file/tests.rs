//! A folder is what it was or what it shall be, at whichever step the disk fails or the program ends.

use std::collections::BTreeMap;

use super::disk::fault::{Plan, forbid_exchange, with};
use super::*;

/// Errors of the system: a full disk, a broken one, no file to be had, and one file system where there were two.
const CODES: [i32; 4] = [28, 5, 24, 18];

/// An empty folder, in memory where there is such a place: these tests sync thousands of files.
fn root() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// A result of several files whose texts tell it from others.
fn result(text: &str, names: &[&str]) -> (Vec<Rendered>, Vec<u8>) {
    let file = |name: &&str| (name.to_string(), format!("{text} in {name}").into_bytes());
    let files: Vec<Rendered> = names.iter().map(file).collect();
    let digests: BTreeMap<&str, String> = files.iter().map(|(name, bytes)| (&**name, digest(bytes))).collect();
    let manifest = serde_json::json!({ "tool": "shortfall 9.9.9", "text": text, "files": digests });
    (files, manifest.to_string().into_bytes())
}

const FIRST: [&str; 3] = ["config.toml", "results.json", "charts/old.png"];
const SECOND: [&str; 4] = ["config.toml", "results.json", "charts/new.png", "report.html"];

fn write(path: &Path, text: &str, names: &[&str], partial: bool) -> io::Result<Written> {
    let (files, manifest) = result(text, names);
    Folder::take(Some(path), path, true, &[])?.write(&files, &manifest, partial)
}

/// Writes into a folder that cannot be exchanged.
fn write_into(path: &Path, files: &[Rendered], manifest: &[u8]) -> io::Result<()> {
    let folder = Folder {
        shown: path.into(),
        target: path.into(),
        new: None,
        may_replace: false,
        is_made: false,
        is_written: true,
        streamed: Vec::new(),
        _locks: Vec::new(),
    };
    folder.write_into(files, manifest)
}

/// What a folder holds, which must be whole: the text of its manifest; none of an empty one.
fn held(path: &Path) -> Option<String> {
    if !path.exists() {
        return None;
    }
    let contents = Contents::of(path).expect("readable");
    if contents.is_empty() && contents.folders.is_empty() {
        return None;
    }
    assert!(
        contents.of_others().is_empty() && contents.missing.is_empty() && contents.parts.is_empty(),
        "{contents:?}"
    );
    contents.manifest["text"].as_str().map(String::from)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("readable");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

/// Every plan from the first step on, until one is not come to.
fn every_plan(of: impl Fn(usize) -> Plan, mut test: impl FnMut(Plan) -> bool) -> usize {
    (0..).take_while(|step| test(of(*step))).count()
}

#[test]
fn an_error_at_any_step_leaves_the_old_result_or_the_new_one() {
    for code in CODES {
        for is_new in [true, false] {
            let steps = every_plan(
                |step| Plan::Fails(step, code),
                |plan| {
                    let root = root();
                    let out = root.path().join("out");
                    if !is_new {
                        write(&out, "old", &FIRST, false).expect("written");
                    }
                    let (written, came) = with(plan, || write(&out, "new", &SECOND, false));
                    let before = (!is_new).then(|| "old".to_string());
                    match written {
                        Ok(Written { instead: None, .. }) => assert_eq!(held(&out).as_deref(), Some("new"), "{plan:?}"),
                        // It could not take the place: it stands beside.
                        Ok(Written { folder, .. }) => {
                            assert_eq!((held(&out), held(&folder).as_deref()), (before, Some("new")), "{plan:?}");
                        }
                        Err(error) => {
                            assert_eq!(held(&out), before, "{plan:?}");
                            assert!(error.raw_os_error() == Some(code) || error.to_string().contains("os error"));
                            let left = if is_new && !out.exists() { vec![] } else { vec!["out"] };
                            assert_eq!(names(root.path()), left, "{plan:?}: what was begun is cleaned up");
                        }
                    }
                    // What is left does not stand in the way of the next run.
                    write(&out, "next", &FIRST, false).expect("written");
                    assert_eq!(held(&out).as_deref(), Some("next"));
                    assert!(names(root.path()).iter().all(|name| !name.starts_with('.')), "{plan:?}");
                    came
                },
            );
            assert!(steps > 25, "{steps}");
        }
    }
}

#[test]
fn a_program_that_ends_at_any_step_leaves_the_old_result_or_the_new_one() {
    for is_new in [true, false] {
        let steps = every_plan(Plan::Ends, |plan| {
            let root = root();
            let out = root.path().join("out");
            if !is_new {
                write(&out, "old", &FIRST, false).expect("written");
            }
            let (_, came) = with(plan, || write(&out, "new", &SECOND, false));
            let now = held(&out);
            let before = (!is_new).then(|| "old".to_string());
            assert!(now == before || now.as_deref() == Some("new"), "{plan:?}: {now:?}");
            // The next run without an order to replace it cleans up beside it, and leaves it as it is.
            let again = Folder::take(Some(&out), &out, false, &[]).map(drop);
            assert_eq!(again.is_ok(), now.is_none(), "{plan:?}");
            assert_eq!(held(&out), now);
            assert!(names(root.path()).iter().all(|name| name == "out"), "{plan:?}: {:?}", names(root.path()));
            came
        });
        assert!(steps > 25, "{steps}");
    }
}

/// Where two folders cannot be exchanged in one step, the old one stands aside for a moment: the next run puts it back.
#[test]
fn without_an_exchange_either_is_there_for_the_next_run() {
    forbid_exchange();
    let after = |plan: Plan| {
        let root = root();
        let out = root.path().join("out");
        write(&out, "old", &FIRST, false).expect("written");
        let (written, came) = with(plan, || write(&out, "new", &SECOND, false));
        assert!(matches!(plan, Plan::Ends(_)) || held(&out).is_some(), "{plan:?}");
        assert!(Folder::take(Some(&out), &out, false, &[]).is_err(), "{plan:?}: there is a result");
        let now = held(&out);
        assert!(now.as_deref() == Some("new") || now.as_deref() == Some("old"), "{plan:?}: {now:?}");
        let is_placed = written.is_ok_and(|written| written.instead.is_none());
        assert!(!is_placed || now.as_deref() == Some("new"), "{plan:?}");
        assert!(names(root.path()).iter().all(|name| !name.starts_with('.')), "{plan:?}");
        came
    };
    for code in CODES {
        assert!(every_plan(|step| Plan::Fails(step, code), after) > 25);
    }
    assert!(every_plan(Plan::Ends, after) > 25);
}

#[test]
fn what_stood_aside_is_put_back() {
    let root = root();
    let out = root.path().join("out");
    write(&out, "old", &FIRST, false).expect("written");
    let aside = beside(&out, OLD).expect("it has a name");
    for is_there in [false, true] {
        fs::rename(&out, &aside).expect("renamed");
        if is_there {
            fs::create_dir(&out).expect("made");
        }
        let refused = Folder::take(Some(&out), &out, false, &[]).expect_err("it is not empty");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((held(&out).as_deref(), names(root.path())), (Some("old"), vec!["out".to_string()]));
    }
    // A result in its place: what stood aside is of the past.
    write(&root.path().join("more"), "older", &FIRST, false).expect("written");
    fs::rename(root.path().join("more"), &aside).expect("renamed");
    write(&out, "new", &SECOND, false).expect("written");
    assert_eq!((held(&out).as_deref(), names(root.path())), (Some("new"), vec!["out".to_string()]));
}

#[test]
fn what_no_run_wrote_is_never_touched() {
    let root = root();
    let out = root.path().join("out");
    let elsewhere = root.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("made");
    let cases: [(&str, &dyn Fn()); 7] = [
        ("notes.txt", &|| fs::write(out.join("notes.txt"), "mine").expect("written")),
        ("config.toml", &|| fs::write(out.join("config.toml"), "# with my comments").expect("written")),
        ("charts/mine.png", &|| fs::write(out.join("charts/mine.png"), "mine").expect("written")),
        ("mine", &|| fs::create_dir(out.join("mine")).expect("made")),
        ("link.csv", &|| std::os::unix::fs::symlink("config.toml", out.join("link.csv")).expect("linked")),
        ("charts", &|| {
            fs::rename(out.join("charts"), elsewhere.join("charts")).expect("renamed");
            std::os::unix::fs::symlink(elsewhere.join("charts"), out.join("charts")).expect("linked");
        }),
        ("mine.txt", &|| {
            fs::write(out.join("mine.txt"), "mine").expect("written");
            let forged = serde_json::json!({ "tool": "shortfall 0.1.0", "files": { "mine.txt": digest(b"mine") } });
            fs::write(out.join(MANIFEST), forged.to_string()).expect("written");
        }),
    ];
    for (name, spoil) in cases {
        let _ = fs::remove_dir_all(&out);
        write(&out, "old", &FIRST, false).expect("written");
        spoil();
        let before = names(&out);
        let error = write(&out, "new", &SECOND, false).expect_err(name);
        assert!(error.to_string().contains(name), "{name}: {error}");
        assert_eq!(names(&out), before);
        // The same if it comes while the run simulates: then its files are put beside.
        if name != "charts" {
            fs::remove_dir_all(&out).expect("removed");
            write(&out, "old", &FIRST, false).expect("written");
            let folder = Folder::take(Some(&out), &out, true, &[]).expect("taken");
            spoil();
            let (files, manifest) = result("new", &SECOND);
            let written = folder.write(&files, &manifest, false).expect("written beside");
            assert!(written.instead.is_some_and(|why| why.to_string().contains(name)));
            assert_eq!((held(&written.folder).as_deref(), names(&out)), (Some("new"), before));
        }
    }
    assert!(elsewhere.join("charts/old.png").exists());
}

#[test]
fn a_folder_beside_that_is_not_of_a_run_is_left_alone() {
    let root = root();
    let out = root.path().join("out");
    let new = beside(&out, NEW).expect("it has a name");
    fs::create_dir(&new).expect("made");
    fs::write(new.join("mine.csv"), "mine").expect("written");
    let error = write(&out, "new", &FIRST, false).expect_err("it is in the way");
    assert!(error.to_string().contains("move it away"), "{error}");
    assert!(new.join("mine.csv").exists());
}

#[test]
fn a_partial_result_does_not_replace_a_whole_one() {
    let root = root();
    let out = root.path().join("out");
    write(&out, "old", &FIRST, false).expect("written");
    let written = write(&out, "part", &SECOND, true).expect("written");
    assert_eq!(written.folder, root.path().join("out-2"));
    assert_eq!((held(&out).as_deref(), held(&written.folder).as_deref()), (Some("old"), Some("part")));
}

#[test]
fn one_run_at_a_time_takes_a_folder() {
    let root = root();
    let stem = root.path().join("out");
    let first = Folder::take(None, &stem, false, &[]).expect("taken");
    let second = Folder::take(None, &stem, false, &[]).expect("taken");
    assert_eq!((first.path(), second.path()), (stem.as_path(), root.path().join("out-2").as_path()));
    let error = Folder::take(Some(&stem), &stem, true, &[]).expect_err("another run has it");
    assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
    let (files, manifest) = result("first", &FIRST);
    first.write(&files, &manifest, false).expect("written");
    drop(second);
    assert_eq!(names(root.path()), ["out"], "what nothing was written to is gone");
    assert!(Folder::take(Some(&stem), &stem, false, &[]).is_err(), "it is not empty");
    assert!(Folder::take(Some(&stem), &stem, true, &[&stem.join("config.toml")]).is_err(), "it holds what is read");
    assert!(Folder::take(Some(&stem), &stem, true, &[]).is_ok());
    assert_eq!(held(&stem).as_deref(), Some("first"), "nothing goes before the new files are there");
}

/// Into a folder that cannot be exchanged, files are written one by one, and go again if not all of them can be.
#[test]
fn a_folder_that_cannot_be_exchanged_is_only_filled() {
    let (files, manifest) = result("new", &SECOND);
    for code in CODES {
        let steps = every_plan(
            |step| Plan::Fails(step, code),
            |plan| {
                let root = root();
                let (written, came) = with(plan, || write_into(root.path(), &files, &manifest));
                assert_eq!(held(root.path()).as_deref(), written.is_ok().then_some("new"), "{plan:?}");
                came
            },
        );
        assert!(steps > 20, "{steps}");
    }
    let root = root();
    every_plan(Plan::Ends, |plan| {
        let out = root.path().join("out");
        let _ = fs::remove_dir_all(&out);
        fs::create_dir(&out).expect("made");
        let (_, came) = with(plan, || write_into(&out, &files, &manifest));
        let contents = Contents::of(&out).expect("readable");
        assert!(contents.manifest.is_null() || contents.missing.is_empty() && contents.edited.is_empty(), "{plan:?}");
        came
    });
}

#[test]
fn one_file_is_written_whole_or_not_at_all() {
    let root = root();
    let path = root.path().join("my.toml");
    for (force, before) in [(false, None), (true, Some("mine"))] {
        every_plan(
            |step| Plan::Fails(step, 28),
            |plan| {
                let _ = fs::remove_file(&path);
                before.iter().for_each(|text| fs::write(&path, text).expect("written"));
                let (written, came) = with(plan, || write_one(&path, b"new", force));
                let now = fs::read_to_string(&path).ok();
                assert_eq!(now.as_deref(), if written.is_ok() { Some("new") } else { before }, "{plan:?}");
                assert!(names(root.path()).len() <= 1, "{plan:?}");
                came
            },
        );
    }
    let refused = |path: &str, force| write_one(Path::new(path), b"new", force).expect_err(path).to_string();
    assert!(refused(path.to_str().expect("text"), false).contains("--force"));
    assert!(refused(&format!("{}/", path.display()), true).contains("the name of a folder"));
    assert!(refused("/dev/full", true).contains("not a regular file"));
    assert!(refused(root.path().to_str().expect("text"), true).contains("not a regular file"));
}

#[test]
fn a_checkpoint_is_the_one_before_or_the_new_one_whatever_fails() {
    let fails = |code| move |step| Plan::Fails(step, code);
    let plans: Vec<Box<dyn Fn(usize) -> Plan>> = vec![Box::new(Plan::Ends), Box::new(fails(28)), Box::new(fails(5))];
    for plan in plans {
        let steps = every_plan(plan, |plan| {
            let root = root();
            let out = root.path().join("out");
            let folder = Folder::take(Some(&out), &out, false, &[]).expect("new");
            folder.write_checkpoint(b"before").expect("written");
            let (written, came) = with(plan, || folder.write_checkpoint(b"after, and longer"));
            let kept = folder.checkpoint().expect("readable").expect("there").1;
            assert!(kept == b"after, and longer" || (kept == b"before" && written.is_err()), "{plan:?}");
            // What is left of it does not stand in the way of the next.
            folder.write_checkpoint(b"next").expect("written");
            drop(folder);
            let refused = Folder::take(Some(&out), &out, false, &[]).expect_err("it would be lost");
            assert!(refused.to_string().contains("shortfall resume"), "{refused}");
            let second = Folder::take(None, &out, false, &[]).expect("the next name is free");
            assert!(second.path().ends_with("out-2"));
            drop(second);
            let folder = Folder::take_up(&out).expect("it goes on");
            assert_eq!(folder.checkpoint().expect("readable").expect("there").1, b"next");
            let (files, manifest) = result("done", &FIRST);
            folder.write(&files, &manifest, false).expect("written");
            assert_eq!(held(&out).as_deref(), Some("done"));
            assert_eq!(names(root.path()), ["out"], "{plan:?}");
            came
        });
        assert!(steps >= 4, "{steps}");
    }
}

/// A result with a file that is streamed into it.
fn stream(path: &Path, text: &str) -> io::Result<Written> {
    let mut folder = Folder::take(Some(path), path, true, &[])?;
    let mut stream = folder.begin("trials.csv")?;
    io::Write::write_all(&mut stream, text.as_bytes())?;
    folder.end(stream)?;
    let (files, _) = result(text, &FIRST);
    let manifest = serde_json::json!({ "tool": "shortfall 9.9.9", "text": text, "files": folder.digests(&files) });
    folder.write(&files, manifest.to_string().as_bytes(), false)
}

#[test]
fn a_file_that_is_streamed_is_there_with_the_result_or_not_at_all() {
    for earlier in [true, false] {
        for ends in [true, false] {
            let plan = |step| if ends { Plan::Ends(step) } else { Plan::Fails(step, CODES[0]) };
            let steps = every_plan(plan, |plan| {
                let root = root();
                let out = root.path().join("out");
                if earlier {
                    write(&out, "first", &SECOND, false).expect("written");
                }
                let (done, came) = with(plan, || stream(&out, "second"));
                let found = held(&out);
                let before = earlier.then(|| "first".to_string());
                assert!(found == before || found.as_deref() == Some("second"), "{plan:?}: {found:?}");
                // What could not take its place is beside it.
                let is_aside = done.as_ref().is_ok_and(|written| written.instead.is_some());
                assert!(done.is_err() || is_aside || found.as_deref() == Some("second"), "{plan:?}");
                // The next one finds its way.
                stream(&out, "third").unwrap_or_else(|error| panic!("{plan:?}: {error}"));
                assert_eq!(held(&out).as_deref(), Some("third"));
                assert_eq!(fs::read_to_string(out.join("trials.csv")).expect("there"), "third");
                assert!(is_aside || names(root.path()) == ["out"], "{plan:?}");
                came
            });
            assert!(steps > 20, "{steps}");
        }
    }
}
