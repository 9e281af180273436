//! Writing files: the only module that opens one for writing.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Rendered;
use crate::study::file::read_at_most;

/// Name of the file that is written last and removed first: where it is, the folder is whole.
pub const MANIFEST: &str = "manifest.json";

/// Largest size of a manifest, bytes; a larger file is not one.
pub const MAX_MANIFEST: u64 = 1 << 20;

/// Takes a folder for the output, before anything is simulated; nothing in it is touched yet.
///
/// With `asked`, that folder: it must be new or empty, unless `force` is given. Without it, the first free one of `stem`,
/// `stem-2`, `stem-3`, ...
///
/// # Errors
/// The folder is there and holds something, or cannot be made.
pub fn take_folder(asked: Option<&Path>, stem: &Path, force: bool) -> io::Result<PathBuf> {
    if let Some(folder) = asked {
        fs::create_dir_all(folder)?;
        if !force && fs::read_dir(folder)?.next().is_some() {
            let message = "the folder is not empty; --force writes over what an earlier run left there";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
        return Ok(folder.into());
    }
    if let Some(parent) = stem.parent() {
        fs::create_dir_all(parent)?;
    }
    for number in 1..10_000 {
        let name = stem.file_name().unwrap_or_default().to_string_lossy();
        let folder = if number == 1 { stem.to_path_buf() } else { stem.with_file_name(format!("{name}-{number}")) };
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    let message = "ten thousand output folders are enough: remove some, or give one with -o";
    Err(io::Error::new(io::ErrorKind::AlreadyExists, message))
}

/// Writes all files and then the manifest, so that a folder with a manifest is whole. Files that the manifest of an
/// earlier run lists and this one does not write are removed; others are left alone.
///
/// # Errors
/// Whatever the system says, a full disk included.
pub fn write_all(folder: &Path, files: &[Rendered], manifest: &[u8]) -> io::Result<()> {
    let earlier = read_at_most(&folder.join(MANIFEST), MAX_MANIFEST).unwrap_or_default();
    if !earlier.is_empty() {
        fs::remove_file(folder.join(MANIFEST))?;
    }
    for (name, bytes) in files {
        write(folder, name, bytes)?;
    }
    let listed: serde_json::Value = serde_json::from_slice(&earlier).unwrap_or_default();
    for (name, _) in listed["files"].as_object().into_iter().flatten() {
        // Only names that this program can have written: none that lead out of the folder.
        let plain = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if plain && !files.iter().any(|(written, _)| written == name) {
            let _ = fs::remove_file(folder.join(name));
        }
    }
    write(folder, MANIFEST, manifest)
}

/// Writes `bytes` to `folder/name` so that the file is there whole or not at all: temporary file, sync, rename.
///
/// # Errors
/// Whatever the system says, a full disk included.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = (|| {
        let mut file = fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    })();
    match written.and_then(|()| fs::rename(&temporary, &path)) {
        Ok(()) => Ok(()),
        Err(error) => {
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
    }
}

/// Adds `bytes` to the end of a file that others write to as well, such as the summary of a step of automatic checks.
///
/// # Errors
/// Whatever the system says, a full disk included.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(bytes)?;
    file.flush()
}

/// SHA-256 in hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let stem = root.path().join("out");
        assert_eq!(take_folder(None, &stem, false).unwrap(), stem);
        assert_eq!(take_folder(None, &stem, false).unwrap(), root.path().join("out-2"));
        assert!(take_folder(Some(&stem), &stem, false).is_ok(), "an empty folder is free");
        write(&stem, "charts/a.txt", b"a").unwrap();
        assert!(take_folder(Some(&stem), &stem, false).is_err());
        write(&stem, MANIFEST, br#"{"files":{"charts/a.txt":"", "../out-2":""}}"#).unwrap();
        write(&stem, "mine.txt", b"mine").unwrap();
        take_folder(Some(&stem), &stem, true).unwrap();
        assert!(stem.join("charts/a.txt").exists(), "nothing goes before the new files are there");
        write_all(&stem, &[("b.txt".into(), b"b".to_vec())], b"{}").unwrap();
        assert!(stem.join("b.txt").exists() && stem.join(MANIFEST).exists());
        assert!(
            !stem.join("charts/a.txt").exists() && stem.join("mine.txt").exists() && root.path().join("out-2").exists()
        );
    }
}
