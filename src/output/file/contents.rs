//! What a folder holds, held against its manifest: what is as it was written, edited, missing, or not of this program.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use crate::study::file::digest;
use crate::study::file::hex;

/// Name of the file that lists all others: where it is, the folder is whole.
pub const MANIFEST: &str = "manifest.json";

/// Largest size of a manifest, bytes; a larger file is not one.
pub const MAX_MANIFEST: u64 = 4 << 20;

/// What a file is called until all of it is written: its name and this.
pub const PART: &str = ".shortfall-part";

/// Largest file whose digest is taken, bytes: more than the largest that this program writes, of trials.
const MAX_FILE: u64 = 1 << 37;

/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Endings of the files that this program writes, and of those it writes in `charts`.
const ENDINGS: [&str; 7] = ["bin", "csv", "html", "json", "parquet", "toml", "xml"];
const ENDINGS_OF_CHARTS: [&str; 3] = ["csv", "png", "svg"];

/// What a folder holds. Names are paths below it, in order.
#[derive(Debug, Default)]
pub struct Contents {
    /// The manifest; null where there is none of this program.
    pub manifest: Value,
    /// Files with the digest that the manifest lists.
    pub same: Vec<String>,
    /// Files with another one, or that cannot be read.
    pub edited: Vec<String>,
    /// Files that the manifest lists and that are not there.
    pub missing: Vec<String>,
    /// Everything else: files that the manifest does not list, symbolic links, folders that hold none of its files.
    pub added: Vec<PathBuf>,
    /// Files of which a run that ended had written a part.
    pub parts: Vec<PathBuf>,
    /// Folders that hold files of the manifest.
    pub folders: Vec<PathBuf>,
}

impl Contents {
    /// Looks at a folder; no symbolic link in it is followed, and of pipes and devices nothing is read.
    ///
    /// # Errors
    /// If it cannot be read, or holds far more than this program writes.
    pub fn of(folder: &Path) -> io::Result<Contents> {
        let mut found = Contents { manifest: manifest(folder), ..Contents::default() };
        let listed = found.listed();
        found.walk(folder, Path::new(""), &listed, &mut 0)?;
        let is_there = |name: &String| found.same.contains(name) || found.edited.contains(name);
        found.missing = listed.into_iter().map(|(name, _)| name).filter(|name| !is_there(name)).collect();
        for list in [&mut found.same, &mut found.edited, &mut found.missing] {
            list.sort();
        }
        found.added.sort();
        Ok(found)
    }

    /// What is not as this program wrote it: whoever removed or replaced the folder would lose that.
    pub fn of_others(&self) -> Vec<PathBuf> {
        self.added.iter().cloned().chain(self.edited.iter().map(PathBuf::from)).collect()
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        let lists = [self.added.len(), self.same.len(), self.edited.len(), self.parts.len()];
        self.manifest.is_null() && lists == [0; 4]
    }

    /// Names and digests of the manifest that this program can have written.
    fn listed(&self) -> Vec<(String, String)> {
        let files = self.manifest["files"].as_object().into_iter().flatten();
        let listed = files.map(|(name, digest)| (name.clone(), digest.as_str().unwrap_or_default().into()));
        listed.filter(|(name, _)| is_of_this_program(name)).collect()
    }

    fn walk(&mut self, root: &Path, below: &Path, listed: &[(String, String)], seen: &mut usize) -> io::Result<()> {
        for entry in fs::read_dir(root.join(below))? {
            let entry = entry?;
            *seen += 1;
            if *seen > MAX_ENTRIES {
                let message = format!("the folder holds more than {MAX_ENTRIES} files, which no run writes");
                return Err(io::Error::other(message));
            }
            let (name, kind) = (below.join(entry.file_name()), entry.file_type()?);
            let text = name.to_str().unwrap_or_default();
            let holds = |(file, _): &(String, String)| Path::new(file).parent() == Some(&name);
            if kind.is_dir() && listed.iter().any(holds) {
                self.folders.push(name.clone());
                self.walk(root, &name, listed, seen)?;
            } else if !kind.is_file() {
                self.added.push(name);
            } else if text == MANIFEST && !self.manifest.is_null() {
            } else if let Some((_, digest)) = listed.iter().find(|(file, _)| file == text) {
                let is_same = digest_of(&root.join(&name)).is_ok_and(|found| found == *digest);
                if is_same { &mut self.same } else { &mut self.edited }.push(text.into());
            } else if text.strip_suffix(PART).is_some_and(is_of_this_program) {
                self.parts.push(name);
            } else {
                self.added.push(name);
            }
        }
        Ok(())
    }
}

/// Whether this program writes files of such a name: no other is ever touched, whatever a manifest says.
pub fn is_of_this_program(name: &str) -> bool {
    let path = Path::new(name);
    let parts: Vec<Component<'_>> = path.components().collect();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match &parts[..] {
        [Component::Normal(_)] => ENDINGS.contains(&ending),
        [Component::Normal(folder), Component::Normal(_)] => *folder == "charts" && ENDINGS_OF_CHARTS.contains(&ending),
        _ => false,
    }
}

/// The manifest of a folder; null unless it is one of this program, of any version.
fn manifest(folder: &Path) -> Value {
    let read = || -> io::Result<Vec<u8>> {
        let (mut bytes, file) = (Vec::new(), open(&folder.join(MANIFEST))?);
        file.take(MAX_MANIFEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let value: Value = serde_json::from_slice(&read().unwrap_or_default()).unwrap_or_default();
    let tool = value["tool"].as_str().is_some_and(|tool| tool.starts_with("shortfall "));
    if tool && value["files"].is_object() { value } else { Value::Null }
}

/// SHA-256 of a file, in hex.
fn digest_of(path: &Path) -> io::Result<String> {
    let (mut hash, mut file) = (Sha256::new(), open(path)?.take(MAX_FILE + 1));
    let mut some = vec![0; 1 << 16];
    loop {
        match file.read(&mut some)? {
            0 if file.limit() == 0 => return Err(io::Error::other("the file is too large")),
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&some[..read]),
        }
    }
}

/// Opens a regular file, and no symbolic link to one.
fn open(path: &Path) -> io::Result<fs::File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}
