//! What Ctrl-C and the polite request to end, SIGTERM, do: while something is held, the first one is only noted, so that what
//! is whole can be written; a later one, or any while nothing is held, ends the program at once with the usual exit code.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

/// What the handlers of the signals read and write.
struct Signals {
    /// Whether the next one ends the program.
    ends: Arc<AtomicBool>,
    /// The last one that was noted; 0 if none was.
    noted: Arc<AtomicUsize>,
}

static SIGNALS: OnceLock<Signals> = OnceLock::new();

/// How many hold them back.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// Signals within this time of the first are one with it: `timeout` and some terminals send a program two at once.
const AS_ONE: Duration = Duration::from_millis(500);

/// Listens from now on. Signals that are ignored, as those of a shell's background jobs are, stay so.
pub fn listen() {
    let signals = Signals { ends: Arc::new(AtomicBool::new(true)), noted: Arc::default() };
    // Where they cannot be heard, they do what they always do.
    let _ = signals.register();
    let _ = SIGNALS.set(signals);
}

impl Signals {
    fn register(&self) -> io::Result<()> {
        // A file that may not grow any further is an error like others, not the end.
        flag::register(SIGXFSZ, Arc::default())?;
        for signal in [SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)) {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&self.ends))?;
            flag::register_usize(signal, Arc::clone(&self.noted), signal as usize)?;
        }
        Ok(())
    }
}

/// Whether whoever started the program has it ignore a signal; where Linux tells.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Exit code for the signal that was noted, if one was.
pub fn noted() -> Option<u8> {
    let noted = SIGNALS.get()?.noted.load(Ordering::SeqCst);
    (noted > 0).then(|| 128 + noted as u8)
}

/// As long as it lives, the first signal is only noted.
pub struct Held;

/// Holds signals back.
pub fn hold() -> Held {
    static WATCHER: Once = Once::new();
    WATCHER.call_once(|| drop(std::thread::Builder::new().spawn(end_at_the_next)));
    HELD.fetch_add(1, Ordering::SeqCst);
    if let Some(signals) = SIGNALS.get()
        && noted().is_none()
    {
        signals.ends.store(false, Ordering::SeqCst);
    }
    Held
}

/// Once a signal is noted, has the next one end the program.
fn end_at_the_next() {
    while noted().is_none() {
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(AS_ONE);
    if let Some(signals) = SIGNALS.get() {
        signals.ends.store(true, Ordering::SeqCst);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let is_last = HELD.fetch_sub(1, Ordering::SeqCst) == 1;
        if let Some(signals) = SIGNALS.get().filter(|_| is_last) {
            signals.ends.store(true, Ordering::SeqCst);
        }
    }
}
