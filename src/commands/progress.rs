//! Progress on standard error: a bar for people, plain lines for logs.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use shortfall::Progress;
use shortfall::output::words::count;

use super::interrupt;

/// How to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// A bar if standard error is a terminal, else plain lines.
    Auto,
    /// A bar.
    Bar,
    /// A line at most every tenth of the way.
    Plain,
    /// Nothing.
    None,
}

/// Runs `work` and shows how far it is, of `total`, until it is done. Ctrl-C tells it to stop.
pub fn watch<T: Send>(mode: Mode, total: u64, work: impl FnOnce(&Progress) -> T + Send) -> T {
    let progress = Progress::default();
    let _held = interrupt::hold();
    let show = match mode {
        Mode::None => |progress: &Progress, _, done: &mpsc::Receiver<()>| while waits(progress, done) {},
        Mode::Auto if std::io::stderr().is_terminal() => draw_bar,
        Mode::Bar => draw_bar,
        Mode::Auto | Mode::Plain => write_lines,
    };
    std::thread::scope(|scope| {
        let (finished, done) = mpsc::channel::<()>();
        let progress = &progress;
        scope.spawn(move || show(progress, total, &done));
        let result = work(progress);
        drop(finished); // the watcher sees the closed channel at once
        result
    })
}

/// Waits a moment; whether the work goes on.
fn waits(progress: &Progress, done: &mpsc::Receiver<()>) -> bool {
    if interrupt::noted().is_some() {
        progress.stop();
    }
    done.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout)
}

fn draw_bar(progress: &Progress, total: u64, done: &mpsc::Receiver<()>) {
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template("{bar:30} {msg}  {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    let start = Instant::now();
    while waits(progress, done) {
        let done = progress.done();
        let rate = (done as f64 / start.elapsed().as_secs_f64()) as u64;
        bar.set_position(done);
        bar.set_message(format!("{} of {} trials  {} a second", count(done), count(total), count(rate)));
    }
    bar.finish_and_clear();
}

fn write_lines(progress: &Progress, total: u64, done: &mpsc::Receiver<()>) {
    let start = Instant::now();
    let mut told = 0;
    while waits(progress, done) {
        let done_now = progress.done();
        let tenth = 10 * done_now / total.max(1);
        if tenth > told && tenth < 10 {
            told = tenth;
            let rate = done_now as f64 / start.elapsed().as_secs_f64();
            let left = HumanDuration(Duration::from_secs_f64((total - done_now) as f64 / rate));
            // A failure to write progress does not stop the run.
            let _ = writeln!(
                std::io::stderr(),
                "{} % of {} trials, {} a second, {left} left",
                100 * done_now / total,
                count(total),
                count(rate as u64)
            );
        }
    }
}
