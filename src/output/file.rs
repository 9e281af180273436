//! Writing files: the only module that changes the disk, step by step in `file::disk`.
//!
//! A folder of results appears in one step. All files are written into a new folder beside it, `.NAME.shortfall-new`, which
//! then takes its name or, if an earlier result is there, is exchanged for it. So at every instant the folder is what it was or
//! what it shall be, whether a disk is full or the program is killed; what that leaves beside it the next run cleans up. Only
//! files that the manifest of a run lists with their digest are ever replaced or removed. While a run simulates, its checkpoint
//! lies beside the folder too: `file::checkpoint`.

mod checkpoint;
mod contents;
mod disk;
mod single;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

use super::Rendered;

pub use checkpoint::checkpoint_of;
pub use contents::{Contents, MANIFEST, MAX_MANIFEST, digest, is_of_this_program};
pub use single::{append, write_one};
pub use stream::Stream;

/// Ends of the names, beside a folder, of what shall take its place and of what it held; the latter only where the file system
/// cannot exchange two folders in one step.
const NEW: &str = ".shortfall-new";
const OLD: &str = ".shortfall-old";

/// Most folders with the same name and a number.
const MOST_FOLDERS: usize = 10_000;

/// Most names in a message.
const MOST_NAMED: usize = 5;

/// A folder that a run has taken for its output. If nothing is written to it, it is left as it was.
#[derive(Debug)]
pub struct Folder {
    /// As it was asked for.
    shown: PathBuf,
    /// Where it is.
    target: PathBuf,
    /// What shall take its place; none if files are written into the folder itself.
    new: Option<PathBuf>,
    may_replace: bool,
    /// Whether it was made for this run.
    is_made: bool,
    is_written: bool,
    /// Files that were begun while the run simulates: name and, once they are whole, digest.
    streamed: Vec<(String, String)>,
    /// As long as they are open, no other run can take the folder.
    _locks: Vec<Option<File>>,
}

/// Where the files of a run are.
#[derive(Debug)]
pub struct Written {
    /// The folder.
    pub folder: PathBuf,
    /// Why it is not the one that was taken.
    pub instead: Option<io::Error>,
}

impl Folder {
    /// Takes a folder, before anything is simulated; nothing in it is touched yet.
    ///
    /// With `asked`, that folder: it must be new or empty or, if `force` is given, hold nothing but an earlier result. Without
    /// it, the first free one of `stem`, `stem-2`, `stem-3`, ... No result that is one of the `inputs`, or holds one, is replaced.
    ///
    /// # Errors
    /// The folder holds something else, another run has taken it, or it cannot be made or replaced.
    pub fn take(asked: Option<&Path>, stem: &Path, force: bool, inputs: &[&Path]) -> io::Result<Folder> {
        let claim = |folder: &Path, force: bool| Folder::claim(folder, force, |folder| folder.may_begin(force, inputs));
        if let Some(folder) = asked {
            return claim(folder, force);
        }
        for number in 1..MOST_FOLDERS {
            match claim(&numbered(stem, number), false) {
                Err(error) if is_taken(error.kind()) => {}
                done => return done,
            }
        }
        Err(refusal("ten thousand output folders are enough: remove some, or give one with -o"))
    }

    /// Takes a folder, if `may_begin` has nothing against it.
    fn claim(shown: &Path, may_replace: bool, may_begin: impl FnOnce(&Folder) -> io::Result<()>) -> io::Result<Folder> {
        let is_made = fs::symlink_metadata(shown).is_err();
        disk::make_folders(shown)?;
        let target = fs::canonicalize(shown)?;
        let lock = lock(&target)?;
        // From here on it is removed again if nothing comes of it: not before, since another run may hold it.
        let mut folder = Folder {
            shown: shown.into(),
            target,
            new: None,
            may_replace,
            is_made,
            is_written: false,
            streamed: Vec::new(),
            _locks: vec![lock],
        };
        folder.recover()?;
        may_begin(&folder)?;
        folder.new = match folder.make_new() {
            Ok(new) => Some(new),
            Err(_) if is_empty(&folder.target)? => None,
            Err(error) => {
                let message = format!(
                    "the earlier result in it cannot be exchanged for another one in one step ({error}): give another folder"
                );
                return Err(io::Error::new(error.kind(), message));
            }
        };
        Ok(folder)
    }

    /// Whether a new run may begin in the folder, so that nothing is lost. A checkpoint is removed if it is to be replaced.
    fn may_begin(&self, force: bool, inputs: &[&Path]) -> io::Result<()> {
        if !is_empty(&self.target)? {
            if !force {
                return Err(refusal("the folder is not empty; --force replaces the result of an earlier run"));
            }
            replaceable(&self.target)?;
            let is_within = |input: &&Path| fs::canonicalize(input).is_ok_and(|input| input.starts_with(&self.target));
            if inputs.iter().any(is_within) {
                return Err(refusal("what is read lies in this folder, which would be replaced: give another folder"));
            }
        }
        self.begin_anew(force)
    }

    /// Cleans up what a run left that was killed: what it held is put back if nothing stands in its place, all else goes.
    fn recover(&mut self) -> io::Result<()> {
        let (Some(new), Some(old)) = (beside(&self.target, NEW), beside(&self.target, OLD)) else { return Ok(()) };
        if old.is_dir() && is_empty(&self.target)? && !Contents::of(&old)?.manifest.is_null() {
            let held = lock(&old)?;
            disk::rename(&old, &self.target)?;
            (self.is_made, self._locks) = (false, vec![held]);
        }
        for leftover in [new, old] {
            remove_result(&leftover)?;
        }
        Ok(())
    }

    /// Makes the folder that shall take the place of this one.
    fn make_new(&mut self) -> io::Result<PathBuf> {
        let Some(new) = beside(&self.target, NEW) else { return Err(io::Error::other("it has no name")) };
        if std::env::current_dir().and_then(fs::canonicalize).is_ok_and(|here| here.starts_with(&self.target)) {
            return Err(io::Error::other("it is the working folder, or holds that"));
        }
        if is_mounted(&self.target) {
            return Err(io::Error::other("a file system is mounted there"));
        }
        disk::make_folder(&new)?;
        let ready = disk::copy_permissions(&self.target, &new).and_then(|()| lock(&new));
        match ready {
            Ok(held) => self._locks.push(held),
            Err(error) => {
                let _ = disk::remove_folder(&new);
                return Err(error);
            }
        }
        Ok(new)
    }

    /// Where it is, as it was asked for.
    pub fn path(&self) -> &Path {
        &self.shown
    }

    /// Writes all files; returns where they are. That is this folder unless, since it was taken, it has come to hold what must
    /// not be lost; nor does a `partial` result replace a whole one. Then the files are in the first free folder with its name
    /// and a number.
    ///
    /// # Errors
    /// Whatever the system says, a full disk included; the folder is then as it was.
    pub fn write(mut self, files: &[Rendered], manifest: &[u8], partial: bool) -> io::Result<Written> {
        let mut written = Written { folder: self.shown.clone(), instead: None };
        let Some(new) = self.new.clone() else {
            self.write_into(files, manifest)?;
            self.is_written = true;
            let _ = self.remove_checkpoint();
            return Ok(written);
        };
        // The manifest first: should the program be killed, what it leaves is known by it.
        put(&new, MANIFEST, manifest)?;
        self.name_streamed()?;
        put_all(&new, files)?;
        if let Err(why) = self.place(&new, partial) {
            let Some(aside) = self.set_aside(&new) else { return Err(why) };
            written = Written { folder: aside, instead: Some(why) };
        }
        self.is_written = true;
        // Should it stay, going on from it gives the same again.
        let _ = self.remove_checkpoint();
        Ok(written)
    }

    /// Writes into the folder itself, which is empty and cannot be exchanged. The manifest comes last; what is written goes again
    /// if not all of it can be.
    fn write_into(&self, files: &[Rendered], manifest: &[u8]) -> io::Result<()> {
        let folder = &self.target;
        if !self.holds_only_streamed()? {
            return Err(refusal("the folder is not empty any more"));
        }
        let written = self.name_streamed().and_then(|()| put_all(folder, files));
        let written = written.and_then(|()| put(folder, MANIFEST, manifest));
        let synced = written.and_then(|()| disk::sync_folder(folder));
        if synced.is_err() {
            for (name, _) in files.iter().chain([&(MANIFEST.to_string(), Vec::new())]) {
                let _ = disk::remove_file(&folder.join(name));
            }
            folders_of(files).iter().for_each(|name| drop(disk::remove_folder(&folder.join(name))));
        }
        synced
    }

    /// Gives `new`, which is whole, the name of this folder.
    fn place(&self, new: &Path, partial: bool) -> io::Result<()> {
        let parent = self.target.parent().unwrap_or(&self.target);
        if is_empty(&self.target)? {
            disk::rename(new, &self.target)?;
            // The name may not outlive a loss of power; the files are whole all the same.
            let _ = disk::sync_folder(parent);
            return Ok(());
        }
        if !self.may_replace {
            return Err(refusal("the folder is not empty any more"));
        }
        let earlier = replaceable(&self.target)?;
        if partial && earlier.manifest["partial"] != true {
            return Err(refusal("a partial result does not replace a whole one"));
        }
        let Some(old) = beside(&self.target, OLD) else { return Err(io::ErrorKind::InvalidInput.into()) };
        let replaced = if disk::exchange(new, &self.target)? {
            new
        } else {
            disk::rename(&self.target, &old)?;
            if let Err(error) = disk::rename(new, &self.target) {
                disk::rename(&old, &self.target)?;
                return Err(error);
            }
            &old
        };
        // Until the disk has the new names, the old result stays.
        if disk::sync_folder(parent).is_ok() {
            let _ = remove_result(replaced);
        }
        Ok(())
    }

    /// Keeps a whole result under the first free name; none if the disk has no place for it.
    fn set_aside(&self, new: &Path) -> Option<PathBuf> {
        for number in 2..MOST_FOLDERS {
            match disk::rename_new(new, &numbered(&self.target, number)) {
                Ok(()) => return Some(numbered(&self.shown, number)),
                Err(error) if is_taken(error.kind()) => {}
                Err(_) => return None,
            }
        }
        None
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_written {
            return;
        }
        // What cannot be removed now, the next run removes.
        if let Some(new) = &self.new {
            let _ = remove_result(new);
        }
        self.remove_streamed();
        if self.is_made {
            let _ = disk::remove_folder(&self.target); // only if it is empty
        }
    }
}

fn put_all(folder: &Path, files: &[Rendered]) -> io::Result<()> {
    let below = folders_of(files);
    for name in &below {
        disk::make_folder(&folder.join(name))?;
    }
    for (name, bytes) in files {
        debug_assert!(is_of_this_program(name), "`{name}` is not among the endings of `contents`");
        put(folder, name, bytes)?;
    }
    for name in below {
        disk::sync_folder(&folder.join(name))?;
    }
    disk::sync_folder(folder)
}

/// The folders below the output folder that these files need.
fn folders_of(files: &[Rendered]) -> BTreeSet<&Path> {
    files.iter().filter_map(|(name, _)| Path::new(name).parent()).filter(|name| *name != Path::new("")).collect()
}

/// Writes a file so that it is there whole or not at all.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let (path, part) = (folder.join(name), folder.join(format!("{name}{}", contents::PART)));
    let written = disk::write_new(&part, bytes).and_then(|()| disk::rename_new(&part, &path));
    written.inspect_err(|_| drop(disk::remove_file(&part)))
}

/// What a folder holds, if that is nothing but the files of an earlier result, as they were written.
fn replaceable(folder: &Path) -> io::Result<Contents> {
    let contents = Contents::of(folder)?;
    let others = contents.of_others();
    if others.is_empty() {
        return Ok(contents);
    }
    let named: Vec<String> = others.iter().take(MOST_NAMED).map(|name| name.display().to_string()).collect();
    let more = others.len() - named.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Err(refusal(&format!(
        "only files as a run left them are replaced; the folder also holds, or has edited since: {}{more}; move that away, \
         or give another folder",
        named.join(", ")
    )))
}

/// Removes a result or what is left of one: the files that its manifest lists with their digest, and parts of files.
///
/// # Errors
/// The folder holds anything else, or whatever the system says.
pub fn remove_result(folder: &Path) -> io::Result<()> {
    match fs::symlink_metadata(folder) {
        Err(_) => return Ok(()),
        Ok(found) if !found.is_dir() => return Err(in_the_way(folder)),
        Ok(_) => {}
    }
    let contents = Contents::of(folder)?;
    if !contents.of_others().is_empty() {
        return Err(in_the_way(folder));
    }
    for name in contents.same.iter().map(Path::new).chain(contents.parts.iter().map(PathBuf::as_path)) {
        disk::remove_file(&folder.join(name))?;
    }
    for name in &contents.folders {
        disk::remove_folder(&folder.join(name))?;
    }
    // The manifest last: as long as anything is left, it is known by it.
    if !contents.manifest.is_null() {
        disk::remove_file(&folder.join(MANIFEST))?;
    }
    disk::remove_folder(folder)
}

fn in_the_way(path: &Path) -> io::Error {
    let path = path.display();
    refusal(&format!("{path} is in the way, and holds what no run wrote: move it away"))
}

/// Locks a folder as long as the result is open; nothing where the file system has no locks.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    loop {
        let file = File::open(folder)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = "another run is writing to this folder: wait for it, or give another folder";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, message));
            }
            Err(TryLockError::Error(_)) => return Ok(None),
        }
        // Another run may have exchanged it since it was opened.
        let (locked, now) = (file.metadata()?, fs::metadata(folder)?);
        if (locked.dev(), locked.ino()) == (now.dev(), now.ino()) {
            return Ok(Some(file));
        }
    }
}

/// The hidden name with this end beside a folder.
fn beside(folder: &Path, end: &str) -> Option<PathBuf> {
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(folder.file_name()?);
    hidden.push(end);
    Some(folder.with_file_name(hidden))
}

/// `path`, `path-2`, `path-3`, ...
fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.into();
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!("-{number}"));
    path.with_file_name(name)
}

/// Whether a file system is mounted at a folder, which no other can take the place of.
fn is_mounted(folder: &Path) -> bool {
    let told = statx(CWD, folder, AtFlags::empty(), StatxFlags::empty());
    told.is_ok_and(|told| told.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}

/// Something is there, or another run has it.
fn is_taken(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory, ResourceBusy};
    [AlreadyExists, DirectoryNotEmpty, NotADirectory, ResourceBusy].contains(&kind)
}

fn refusal(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, message)
}
