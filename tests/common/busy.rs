//! How long something takes, whatever else the machine does meanwhile.

use std::fs;
use std::time::{Duration, Instant};

/// Time that this thread has a processor for; where the system does not tell, time of the clock.
pub struct Busy {
    begun: Instant,
    before: Option<Duration>,
}

fn of_this_thread() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(told.split_whitespace().next()?.parse().ok()?))
}

impl Busy {
    pub fn begin() -> Self {
        Busy { begun: Instant::now(), before: of_this_thread() }
    }

    pub fn so_far(&self) -> Duration {
        let told = of_this_thread().zip(self.before).map(|(now, before)| now - before);
        told.unwrap_or_else(|| self.begun.elapsed())
    }
}
