//! Work on all cores whose results are wanted in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Error, Progress, cores, lock, on_threads, whole};

/// What `one` gives of `0..count`, in that order, computed on `threads` threads (0: all cores).
///
/// # Errors
/// That of the lowest number that has one, or [`Error::Stopped`].
pub fn in_order<T: Send>(
    count: usize,
    threads: usize,
    progress: &Progress,
    one: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let threads = if threads == 0 { cores() } else { threads };
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    on_threads(threads.min(count).max(1), || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count || progress.is_stopped() {
                break;
            }
            let result = one(number);
            lock(&done).push((number, result));
        }
    });
    if progress.is_stopped() {
        return Err(Error::Stopped);
    }
    let mut done = whole(done);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
