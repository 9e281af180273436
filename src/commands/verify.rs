//! `shortfall verify`: whether a folder is as it was written, and whether the same run gives the same again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use shortfall::output::file::{Contents, Folder, remove_result};
use shortfall::output::shard::TALLY;
use shortfall::study::file::read_at_most;
use shortfall::tally::file::body;
use shortfall::text::visible;

use super::{Command, Failure, Terminal, again, dispatch, folders, run, show};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The output folder of a run, or of another command that writes one.
    folder: PathBuf,
    /// Only hold the files against the digests in the manifest; run nothing again.
    #[arg(long)]
    no_run: bool,
    /// Threads, at most 256; 0 takes all cores.
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=256))]
    threads: u16,
}

/// Exit code where something differs.
const EXIT_DIFFERS: u8 = 5;

/// The page of a run. Like the head of the tally file, it also has what the config says in comments, which the config as run does
/// not keep.
const PAGE: &str = "report.html";

/// Checks every digest, runs again, and prints what differs; returns the exit code.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let contents = folders::contents(&arguments.folder).map_err(|fault| Failure::Usage(vec![fault]))?;
    let mut text = told(&arguments.folder, &contents);
    let mut differs = !(contents.of_others().is_empty() && contents.missing.is_empty() && contents.parts.is_empty());
    let mut fault = None;
    if !arguments.no_run {
        match run_again(arguments, &contents, terminal) {
            Ok(changed) if changed.is_empty() => text += "run again: the same files\n",
            Ok(changed) => {
                differs = true;
                changed.iter().for_each(|line| text += &format!("run again: {}\n", visible(line)));
            }
            Err(failure) => fault = Some(failure),
        }
    }
    text += match (differs, &fault) {
        (true, _) => "verdict: something differs (exit 5)\n",
        (false, None) => "verdict: nothing differs\n",
        (false, Some(_)) => "",
    };
    show(&text, false)?;
    match fault {
        Some(failure) => Err(failure),
        None => Ok(if differs { EXIT_DIFFERS } else { 0 }),
    }
}

/// What is as it was written, and what is not.
fn told(folder: &Path, contents: &Contents) -> String {
    let manifest = &contents.manifest;
    let tool = manifest["tool"].as_str().unwrap_or_default();
    let mut text = format!("{}: written by {}", visible(&folder.to_string_lossy()), visible(tool));
    if manifest["partial"] == true {
        let [done, planned] = ["trials", "planned_trials"].map(|key| manifest[key].as_u64().unwrap_or_default());
        let _ = write!(text, "; interrupted after {done} of {planned} trials");
    }
    let _ = writeln!(text, "\n{} files as they were written", contents.same.len());
    let lists: [(&str, Vec<PathBuf>); 4] = [
        ("edited", contents.edited.iter().map(PathBuf::from).collect()),
        ("missing", contents.missing.iter().map(PathBuf::from).collect()),
        ("added", contents.added.clone()),
        ("unfinished", contents.parts.clone()),
    ];
    for (what, names) in lists {
        names.iter().for_each(|name| text += &format!("{what}: {}\n", visible(&name.to_string_lossy())));
    }
    text
}

/// Does what made the folder again, in a folder that is gone afterwards; what the manifest lists otherwise, a line each.
fn run_again(arguments: &Arguments, contents: &Contents, terminal: Terminal) -> Result<Vec<String>, Failure> {
    let refused = |why: String| Failure::Usage(vec![format!("{}: not run again: {why}", arguments.folder.display())]);
    let manifest = &contents.manifest;
    if let Some(other) = folders::other_version(manifest["tool"].as_str().unwrap_or_default(), &arguments.folder) {
        return Err(refused(other));
    }
    let words = manifest["again"].as_array().into_iter().flatten();
    let mut line: Vec<String> = words.filter_map(|word| word.as_str().map(String::from)).collect();
    if !again::is_of_this_program(&line) {
        return Err(refused("the manifest does not say how in words of this program".into()));
    }
    // Its config, and of a comparison the other one.
    for (number, word) in line.iter_mut().enumerate().skip(1).take_while(|(_, word)| !word.starts_with('-')) {
        if contents.same.contains(word) {
            *word = arguments.folder.join(&*word).to_string_lossy().into_owned();
        } else if number == 1 || word.ends_with(".toml") {
            return Err(refused(format!("{word} is not the one that was written")));
        }
    }
    let stem = std::env::temp_dir().join(format!("shortfall-verify-{}", std::process::id()));
    let place =
        Folder::take(None, &stem, false, &[]).map_err(|error| Failure::Io(stem.display().to_string(), error))?;
    let made = place.path().to_path_buf();
    drop(place); // the command takes it
    line.extend(
        ["--output", &made.to_string_lossy(), "--quiet", "--threads", &arguments.threads.to_string()].map(String::from),
    );
    let done = match again::parse(&line) {
        Some(Command::Run(again)) => run::write(&again).map(drop),
        Some(other) => dispatch(other, terminal).map(drop),
        None => Err(Failure::Internal(format!("`{}` cannot be run again", line.join(" ")))),
    };
    let found = done.and_then(|()| Contents::of(&made).map_err(|error| Failure::Io(made.display().to_string(), error)));
    let counts_same = counted(&arguments.folder).is_some_and(|own| counted(&made) == Some(own));
    let _ = remove_result(&made);
    Ok(differences(manifest, &found?.manifest, counts_same))
}

/// What the tally file of a folder says was counted; none if there is none.
fn counted(folder: &Path) -> Option<Vec<u8>> {
    let path = folder.join(TALLY);
    let bytes = read_at_most(&path, fs::metadata(&path).ok()?.len()).ok()?;
    body(&bytes).map(<[u8]>::to_vec)
}

/// Which files of two manifests differ; the page may, and the tally file may if it counts the same.
fn differences(written: &serde_json::Value, again: &serde_json::Value, counts_same: bool) -> Vec<String> {
    let files = |manifest: &serde_json::Value| -> BTreeMap<String, String> {
        let files = manifest["files"].as_object().into_iter().flatten();
        files.map(|(name, digest)| (name.clone(), digest.as_str().unwrap_or_default().into())).collect()
    };
    let (written, mut again) = (files(written), files(again));
    let mut found = Vec::new();
    for (name, digest) in &written {
        match again.remove(name) {
            None => found.push(format!("{name} is not written")),
            Some(now) if now != *digest && name != PAGE && !(name == TALLY && counts_same) => {
                found.push(format!("{name} differs"))
            }
            Some(_) => {}
        }
    }
    found.extend(again.keys().map(|name| format!("{name} is written too")));
    found
}
