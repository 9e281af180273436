//! The checkpoint of a run: what it has counted so far, in a file beside the folder that it has taken, there until the folder is
//! written. It outlives a run that is killed, or whose results find no room on the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Folder, beside, contents, disk, refusal, replaceable};
use crate::study::file::read_at_most;

/// End of the name, beside a folder, of its checkpoint.
const CHECKPOINT: &str = ".shortfall-checkpoint";

/// Where the checkpoint of a folder is, or would be; of a folder that does not exist, beside its name.
pub fn checkpoint_of(folder: &Path) -> Option<PathBuf> {
    let found = fs::canonicalize(folder).ok();
    beside(found.as_deref().unwrap_or(folder), CHECKPOINT)
}

impl Folder {
    /// Takes the folder of a run that was interrupted or is finished, to replace what it holds. Its checkpoint stays. Whether the
    /// rest of it [may be replaced](Folder::may_be_replaced) is for later.
    ///
    /// # Errors
    /// As [`Folder::take`].
    pub fn take_up(folder: &Path) -> io::Result<Folder> {
        Folder::claim(folder, true, |_| Ok(()))
    }

    /// Whether the folder holds nothing that would be lost.
    ///
    /// # Errors
    /// What it holds beside the files of a result as they were written.
    pub fn may_be_replaced(&self) -> io::Result<()> {
        replaceable(&self.target).map(drop)
    }

    /// The checkpoint that is there, with its name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn checkpoint(&self) -> io::Result<Option<(PathBuf, Vec<u8>)>> {
        let Some(path) = checkpoint_of(&self.target).filter(|path| path.exists()) else { return Ok(None) };
        let length = fs::metadata(&path)?.len();
        let bytes = read_at_most(&path, length)?;
        Ok(Some((path, bytes)))
    }

    /// Writes the checkpoint in place of the one before: the one or the other is there at any moment.
    ///
    /// # Errors
    /// Whatever the system says, a full disk included; the one before then stays.
    pub fn write_checkpoint(&self, bytes: &[u8]) -> io::Result<()> {
        let Some(path) = checkpoint_of(&self.target) else { return Err(io::Error::other("the folder has no name")) };
        let part = part_of(&path);
        if fs::symlink_metadata(&part).is_ok() {
            disk::remove_file(&part)?; // of a run that was killed
        }
        let written = disk::write_new(&part, bytes).and_then(|()| disk::rename(&part, &path));
        written.inspect_err(|_| drop(disk::remove_file(&part)))?;
        disk::sync_folder(path.parent().unwrap_or(&path))
    }

    /// Removes the checkpoint, and what a run that was killed has left of one.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(super) fn remove_checkpoint(&self) -> io::Result<()> {
        let Some(path) = checkpoint_of(&self.target) else { return Ok(()) };
        for file in [part_of(&path), path] {
            if fs::symlink_metadata(&file).is_ok() {
                disk::remove_file(&file)?;
            }
        }
        Ok(())
    }

    /// Whether a new run may begin in the folder: not where one was interrupted that can go on, unless it is to be replaced.
    pub(super) fn begin_anew(&self, force: bool) -> io::Result<()> {
        let is_there = checkpoint_of(&self.target).is_some_and(|path| path.exists());
        if is_there && !force {
            let folder = self.shown.display();
            return Err(refusal(&format!(
                "a run into it was interrupted: `shortfall resume {folder}` goes on with it; --force begins anew"
            )));
        }
        self.remove_checkpoint()
    }
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_os_string();
    part.push(contents::PART);
    part.into()
}
