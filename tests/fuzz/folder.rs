//! Folders that anybody may have put together, as the program reads them: `verify`, `compare A/ B/`, `merge`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use shortfall::text::is_hidden;
use tempfile::TempDir;

use crate::harness::Chance;
use crate::program::{shortfall, workshop};
use crate::text::Seeds;

/// A folder: the files of a run, of which some are changed, and what is asked of it.
#[derive(Debug)]
pub struct Case {
    /// Files and what they hold, in place of those of the run.
    files: Vec<(&'static str, Vec<u8>)>,
    /// Arguments of the program; `hostile` is the folder.
    line: &'static str,
}

/// What is asked of a folder. A run that is made again has the few trials that its config says.
const LINES: [&str; 10] = [
    "verify hostile",
    "verify hostile --no-run",
    "compare hostile sound",
    "compare sound hostile -n 8",
    "compare hostile hostile --allow-edited -n 8",
    "compare hostile sound --allow-edited --scenario harder",
    "merge hostile -o made",
    "report hostile -o made --no-charts",
    "extend hostile -n 24",
    "resume hostile",
];

/// Values that a manifest or a list of results may not be ready for.
fn value(chance: &mut Chance, seeds: &Seeds) -> Value {
    match chance.below(14) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e308),
        5 => json!([]),
        6 => json!({}),
        7 => json!("../../../etc/passwd"),
        8 => json!("\u{1b}]0;title\u{7}\u{202e}"),
        9 => json!("x".repeat(70_000)),
        10 => json!(["run", "config.toml", "--output=elsewhere", "--force"]),
        11 => json!(["verify", "hostile"]),
        12 => json!({ "manifest.json": "0", ".": "", "/": "", "charts/../../x": "0", "tally.bin": 0 }),
        _ => json!(chance.one_of(&seeds.words).clone()),
    }
}

/// Puts another value, or another key, in one place.
fn change(at: &mut Value, chance: &mut Chance, seeds: &Seeds) {
    let deeper = chance.is(0.7);
    match at {
        Value::Object(map) if deeper && !map.is_empty() => {
            let key = map.keys().nth(chance.below(map.len())).cloned().unwrap_or_default();
            if chance.is(0.15) {
                let taken = map.remove(&key).unwrap_or_default();
                map.insert(chance.one_of(&seeds.words).clone(), taken);
            } else if let Some(below) = map.get_mut(&key) {
                change(below, chance, seeds);
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let place = chance.below(items.len());
            change(&mut items[place], chance, seeds);
        }
        _ => *at = value(chance, seeds),
    }
}

/// What a search begins with.
pub struct Folders {
    shop: TempDir,
    /// Manifests that were written by hand.
    manifests: Vec<Vec<u8>>,
    results: Vec<u8>,
}

impl Folders {
    pub fn new() -> Self {
        let shop = workshop();
        let line = "run small.toml -n 16 --no-charts -q -o sound";
        let (code, _, said) = shortfall(shop.path(), &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{said}");
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
        let mut paths: Vec<_> =
            fs::read_dir(seeds).expect("a folder").map(|entry| entry.expect("one").path()).collect();
        paths.sort();
        let own = ["manifest.json", "results.json"].map(|name| shop.path().join("sound").join(name));
        let [manifest, results] = own.map(|path| fs::read(path).expect("it is there"));
        let by_hand = paths.iter().map(|path| fs::read(path).expect("readable"));
        Folders { manifests: by_hand.chain([manifest]).collect(), results, shop }
    }

    pub fn case(&self, chance: &mut Chance, seeds: &Seeds) -> Case {
        let mut files = Vec::new();
        // Mostly that of a whole run, of which more is read.
        let own = self.manifests.last().expect("there is one");
        let manifest = if chance.is(0.7) { own } else { chance.one_of(&self.manifests) };
        files.push(("manifest.json", changed(manifest, chance, seeds)));
        if chance.is(0.3) {
            files.push(("results.json", changed(&self.results, chance, seeds)));
        }
        if chance.is(0.1) {
            files.push(("config.toml", seeds.text(chance).into_bytes()));
        }
        if chance.is(0.1) {
            files.push(("tally.bin", changed(&self.results, chance, seeds)));
        }
        Case { files, line: chance.one_of::<&str>(&LINES) }
    }

    /// Asks it of the program, in a place of its own.
    pub fn ask(&self, case: &Case) -> Result<(), String> {
        let place = tempfile::tempdir_in(self.shop.path()).map_err(|error| error.to_string())?;
        for folder in ["sound", "hostile"] {
            copy(&self.shop.path().join("sound"), &place.path().join(folder)).map_err(|error| error.to_string())?;
        }
        for (name, bytes) in &case.files {
            fs::write(place.path().join("hostile").join(name), bytes).map_err(|error| error.to_string())?;
        }
        let (code, printed, said) = shortfall(place.path(), &case.line.split(' ').collect::<Vec<_>>());
        let names = crate::program::names(place.path());
        let is_expected = |name: &String| ["sound", "hostile", "made"].contains(&name.as_str());
        let hidden = |text: &str| text.chars().find(|letter| is_hidden(*letter) && *letter != '\n');
        match code {
            Some(0 | 2..=7) if hidden(&printed).or(hidden(&said)).is_some() => Err(format!("{printed:?} {said:?}")),
            Some(0 | 2..=7) if !names.iter().all(is_expected) => Err(format!("files are left: {names:?}")),
            Some(0 | 2..=7) if said.len() + printed.len() > 1 << 20 => Err("it says far too much".into()),
            Some(0) => Ok(()),
            Some(5) if !printed.is_empty() => Ok(()),
            Some(2..=7) if said.starts_with("error") => Ok(()),
            _ => Err(format!("exit code {code:?}: {printed}{said}")),
        }
    }
}

/// JSON that was changed in some places, as it is or as bytes.
fn changed(bytes: &[u8], chance: &mut Chance, seeds: &Seeds) -> Vec<u8> {
    if chance.is(0.1) {
        return bytes.to_vec();
    }
    let mut bytes = match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) if chance.is(0.8) => {
            (0..1 + chance.below(3)).for_each(|_| change(&mut value, chance, seeds));
            serde_json::to_vec(&value).expect("JSON")
        }
        _ => bytes.to_vec(),
    };
    for _ in 0..chance.below(3).saturating_sub(1) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(4)).min(bytes.len());
        let word = chance.one_of(&seeds.words).clone().into_bytes();
        drop(bytes.splice(at..end, word));
    }
    bytes
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
