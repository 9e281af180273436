//! Every change to the disk, a function each: all that is written, renamed and removed goes through here, so that a test can
//! let any of these steps fail, or the program end at it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Makes a folder; there must be nothing of its name.
pub fn make_folder(path: &Path) -> io::Result<()> {
    step()?;
    fs::create_dir(path)
}

/// Makes a folder and those above it, where they are not there yet.
pub fn make_folders(path: &Path) -> io::Result<()> {
    step()?;
    fs::create_dir_all(path)
}

/// Begins a file of which there is nothing yet.
pub fn create_new(path: &Path) -> io::Result<File> {
    step()?;
    // Exclusive: no file is written over, and no symbolic link is followed.
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Waits until the disk has a file.
pub fn sync_file(file: &File) -> io::Result<()> {
    step()?;
    file.sync_all()
}

/// Writes a file of which there is nothing yet, and waits until the disk has it.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_new(path)?;
    put(&mut file, bytes)?;
    sync_file(&file)
}

/// Adds to the end of a file, which is made if it is not there.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    step()?;
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    put(&mut file, bytes)
}

/// Writes at the end of a file that is open.
pub fn put(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let ready = step();
    #[cfg(test)]
    if ready.is_err() {
        file.write_all(&bytes[..bytes.len() / 2])?; // a disk is full in the midst of a file
    }
    ready?;
    file.write_all(bytes)
}

/// Renames; what had the new name is gone, if it is a file or an empty folder and `from` is of the same kind.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    fs::rename(from, to)
}

/// Renames to a name that nothing has.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(error) if is_unknown(error) && fs::symlink_metadata(to).is_err() => fs::rename(from, to),
        other => Ok(other?),
    }
}

/// Exchanges what has these names, in one step; false where the file system has none for that.
pub fn exchange(a: &Path, b: &Path) -> io::Result<bool> {
    step()?;
    #[cfg(test)]
    if fault::has_no_exchange() {
        return Ok(false);
    }
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(error) if is_unknown(error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The file system, or the system, does not know this kind of renaming.
fn is_unknown(error: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error)
}

/// Lets those read and write a folder who can another one.
pub fn copy_permissions(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())
}

/// Removes a file or a symbolic link.
pub fn remove_file(path: &Path) -> io::Result<()> {
    step()?;
    fs::remove_file(path)
}

/// Removes an empty folder.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    step()?;
    fs::remove_dir(path)
}

/// Waits until the disk has the names in a folder as they are now.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    step()?;
    match File::open(path)?.sync_all() {
        // Not every file system can do that for a folder.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

/// Before each step: where a test lets it fail.
fn step() -> io::Result<()> {
    #[cfg(test)]
    fault::step()?;
    Ok(())
}

/// Lets a step of this thread fail.
#[cfg(test)]
pub mod fault {
    use std::cell::Cell;
    use std::io;

    /// What happens to which step, counted from 0.
    #[derive(Clone, Copy, Debug)]
    pub enum Plan {
        /// It fails with this error of the system; those after it do not.
        Fails(usize, i32),
        /// The program ends there: neither it nor any other is done.
        Ends(usize),
    }

    thread_local! {
        static PLAN: Cell<Option<Plan>> = const { Cell::new(None) };
        static STEPS: Cell<usize> = const { Cell::new(0) };
        static NO_EXCHANGE: Cell<bool> = const { Cell::new(false) };
    }

    /// For this thread, no file system can exchange two folders from now on.
    pub fn forbid_exchange() {
        NO_EXCHANGE.set(true);
    }

    pub fn has_no_exchange() -> bool {
        NO_EXCHANGE.get()
    }

    /// Does `work` under a plan; also says whether it came to the step that fails.
    pub fn with<T>(plan: Plan, work: impl FnOnce() -> T) -> (T, bool) {
        PLAN.set(Some(plan));
        STEPS.set(0);
        let done = work();
        PLAN.set(None);
        let (Plan::Fails(at, _) | Plan::Ends(at)) = plan;
        (done, STEPS.get() > at)
    }

    pub fn step() -> io::Result<()> {
        let Some(plan) = PLAN.get() else { return Ok(()) };
        let now = STEPS.replace(STEPS.get() + 1);
        match plan {
            Plan::Fails(at, code) if at == now => Err(io::Error::from_raw_os_error(code)),
            Plan::Ends(at) if at <= now => Err(io::Error::other("the program has ended")),
            _ => Ok(()),
        }
    }
}
