//! Work in a thread of its own, while the one that called watches it: it tells how far the work is, and looks for Ctrl-C.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use shortfall::Progress;

use crate::failure::Failure;

/// Time between two looks. Other threads of Python run meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// How far the work is.
#[derive(Default)]
pub struct Way {
    /// Trials done, and whether to stop.
    pub progress: Progress,
    total: AtomicU64,
}

impl Way {
    /// So many trials will be done when all is done, as far as is known.
    pub fn expect(&self, trials: u64) {
        self.total.store(trials, Ordering::Relaxed);
    }

    /// Tells `callback(done, total)`, and looks for signals.
    fn look(&self, py: Python<'_>, callback: Option<&Py<PyAny>>) -> PyResult<()> {
        py.check_signals()?;
        let (done, total) = (self.progress.done(), self.total.load(Ordering::Relaxed));
        callback.map_or(Ok(()), |callback| callback.call1(py, (done, total)).map(drop))
    }
}

/// Does `work` without holding back other threads of Python. An exception, which Ctrl-C is, stops it.
pub fn watched<T: Send>(
    py: Python<'_>,
    callback: Option<&Py<PyAny>>,
    work: impl FnOnce(&Way) -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let way = &Way::default();
    let (result, raised) = py.detach(|| {
        thread::scope(|scope| {
            let (finished, done) = mpsc::channel::<()>();
            let worker = scope.spawn(move || {
                let result = work(way);
                drop(finished); // who watches sees the closed channel at once
                result
            });
            let mut raised = None;
            while done.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                if raised.is_none()
                    && let Err(error) = Python::attach(|py| way.look(py, callback))
                {
                    way.progress.stop();
                    raised = Some(error);
                }
            }
            (worker.join(), raised)
        })
    });
    let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    if let Some(error) = raised {
        return Err(error.into());
    }
    let result = result?;
    // The end of the way; and a signal that came just now.
    way.look(py, callback)?;
    Ok(result)
}
