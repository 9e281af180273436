//! Files that grow while a run simulates: too large to be made in memory first. Until the result appears they bear the name of a
//! part, so that whatever ends the run, they are known for what they are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::contents::{self, PART};
use super::{Folder, disk, is_of_this_program};
use crate::output::Rendered;
use crate::study::file::hex;

/// A file of a result that is being written.
pub struct Stream {
    name: String,
    file: File,
    hash: Sha256,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        disk::put(&mut self.file, bytes)?;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Folder {
    /// Begins a file of the result.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn begin(&mut self, name: &str) -> io::Result<Stream> {
        debug_assert!(is_of_this_program(name), "`{name}` is not among the endings of `contents`");
        let file = disk::create_new(&part(self.making(), name))?;
        self.streamed.push((name.into(), String::new()));
        Ok(Stream { name: name.into(), file, hash: Sha256::new() })
    }

    /// Ends a file of the result: the disk has it.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn end(&mut self, stream: Stream) -> io::Result<()> {
        disk::sync_file(&stream.file)?;
        let digest = hex(&stream.hash.finalize());
        let known = self.streamed.iter_mut().find(|(name, _)| *name == stream.name);
        known.into_iter().for_each(|(_, known)| known.clone_from(&digest));
        Ok(())
    }

    /// Digests of these files and of those that were streamed, by name.
    pub fn digests(&self, files: &[Rendered]) -> BTreeMap<String, String> {
        let rendered = files.iter().map(|(name, bytes)| (name.clone(), contents::digest(bytes)));
        rendered.chain(self.streamed.iter().cloned()).collect()
    }

    /// Bytes that are free where the folder is; none if the system does not tell.
    pub fn free(&self) -> Option<u64> {
        let told = rustix::fs::statvfs(self.making()).ok()?;
        Some(told.f_bavail.saturating_mul(told.f_frsize))
    }

    /// Gives the files that were streamed their names.
    pub(super) fn name_streamed(&self) -> io::Result<()> {
        let folder = self.making();
        self.streamed.iter().try_for_each(|(name, _)| disk::rename_new(&part(folder, name), &folder.join(name)))
    }

    /// Whether the folder holds nothing but parts of files that were streamed into it.
    pub(super) fn holds_only_streamed(&self) -> io::Result<bool> {
        for entry in std::fs::read_dir(&self.target)? {
            let path = entry?.path();
            if self.new.is_some() || !self.streamed.iter().any(|(name, _)| part(&self.target, name) == path) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes what was streamed into a folder that nothing takes the place of.
    pub(super) fn remove_streamed(&self) {
        for (name, _) in self.streamed.iter().filter(|_| self.new.is_none()) {
            let _ = disk::remove_file(&part(&self.target, name));
            let _ = disk::remove_file(&self.target.join(name));
        }
    }

    /// Where files are written.
    fn making(&self) -> &Path {
        self.new.as_ref().unwrap_or(&self.target)
    }
}

fn part(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{PART}"))
}
