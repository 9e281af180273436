//! Whether the memory that a run takes is there.

use std::fs;

use shortfall::output::words::amount;

use super::{Failure, note};

/// More than this is told before it is taken, bytes.
const WORTH_TELLING: u64 = 1 << 30;

/// Refuses to begin what takes more memory than there is, where the system tells; tells if it is much.
pub fn check(needed: u64, is_quiet: bool) -> Result<(), Failure> {
    let gigabytes = |bytes: u64| format!("{} GB", amount((bytes as f64 / 1e8).ceil() / 10.0));
    match free() {
        Some(free) if needed > free => Err(Failure::Usage(vec![format!(
            "the run takes about {} of memory and {} are free: name fewer series in `output.series`, shorten the horizon, run \
             fewer scenarios at once (`--scenario`), or use fewer threads (`-j`)",
            gigabytes(needed),
            gigabytes(free)
        )])),
        _ => {
            if needed > WORTH_TELLING && !is_quiet {
                note(&format!("the run takes about {} of memory", gigabytes(needed)));
            }
            Ok(())
        }
    }
}

/// Bytes that this process may still take: what the machine has free, and what limits on the process or its group leave;
/// none if nothing is known.
fn free() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).ok();
    let number = |text: &str| text.trim().parse::<u64>().ok();
    // A line such as `MemAvailable:   12345 kB`.
    let kilobytes = |path: &str, name: &str| {
        let text = read(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        number(line.trim_start_matches(':').trim().strip_suffix("kB")?).map(|kilobytes| 1024 * kilobytes)
    };
    let machine = kilobytes("/proc/meminfo", "MemAvailable");
    let group = || {
        let [most, now] = ["max", "current"].map(|name| read(&format!("/sys/fs/cgroup/memory.{name}")));
        Some(number(&most?)?.saturating_sub(number(&now?)?))
    };
    let process = || {
        let limits = read("/proc/self/limits")?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
        let most = number(line.split_whitespace().next()?)?;
        Some(most.saturating_sub(kilobytes("/proc/self/status", "VmSize").unwrap_or(0)))
    };
    [machine, group(), process()].into_iter().flatten().min()
}
