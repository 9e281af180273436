//! Files that do not belong to a result.

use std::fs;
use std::io;
use std::path::Path;

use super::{contents, disk, refusal};

/// Writes one file that does not belong to a result, so that it is there whole or not at all. What is there already is only
/// replaced with `force`, and only if it is a regular file.
///
/// # Errors
/// Whatever the system says, a full disk included.
pub fn write_one(path: &Path, bytes: &[u8], force: bool) -> io::Result<()> {
    let name = path.file_name().filter(|_| !path.to_string_lossy().ends_with('/'));
    let Some(name) = name else { return Err(refusal("this is the name of a folder, not of a file")) };
    let earlier = fs::symlink_metadata(path).ok();
    if earlier.as_ref().is_some_and(|found| !found.is_file()) {
        return Err(refusal("this is not a regular file; `-` writes to standard output"));
    }
    if earlier.is_some() && !force {
        return Err(refusal("the file exists; --force overwrites it"));
    }
    let mut part = name.to_os_string();
    part.push(format!(".{}{}", std::process::id(), contents::PART));
    let part = path.with_file_name(part);
    let renamed = |()| if force { disk::rename(&part, path) } else { disk::rename_new(&part, path) };
    let written = disk::write_new(&part, bytes).and_then(renamed);
    written.inspect_err(|_| drop(disk::remove_file(&part)))
}

/// Adds `bytes` to the end of a file that others write to as well, such as the summary of a step of automatic checks.
///
/// # Errors
/// Whatever the system says, a full disk included.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    disk::append(path, bytes)
}
