//! Whether the memory that a run takes is there.

use shortfall::output::words::gigabytes;
use shortfall::simulation::free_memory;

use super::{Failure, note};

/// More than this is told before it is taken, bytes.
const WORTH_TELLING: u64 = 1 << 30;

/// Refuses to begin what takes more memory than there is, where the system tells; tells if it is much.
pub fn check(needed: u64, is_quiet: bool) -> Result<(), Failure> {
    match free_memory() {
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
