//! Cases by number: a target makes one of a stream of random numbers, and says what is wrong with what came of it.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use shortfall::random::{Key, Stream, uniform};

use crate::common::{Busy, words};

/// Seconds that each target takes; without it, so many cases as it names, always the same ones.
const SECONDS: &str = "SHORTFALL_FUZZ_SECONDS";
/// Seed of the cases. Where there is time to fill and no seed, the clock gives one.
const SEED: &str = "SHORTFALL_FUZZ_SEED";

/// Longest that a case may take, charts included. Without optimisation all takes longer.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });
/// A case that takes so long never ends.
const NEVER: Duration = Duration::from_secs(180);

/// So many finds are told; the search ends with them.
const MOST_FINDS: usize = 5;

/// Random choices of a case.
pub struct Chance {
    stream: Stream,
}

impl Chance {
    pub fn below(&mut self, count: usize) -> usize {
        (uniform(&mut self.stream) * count as f64) as usize
    }

    pub fn one_of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn is(&mut self, probability: f64) -> bool {
        uniform(&mut self.stream) < probability
    }

    pub fn number(&mut self) -> f64 {
        uniform(&mut self.stream)
    }
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a whole number")))
}

/// What the threads are at, so that one that never comes back is told.
struct Watched {
    cases: Mutex<Vec<Option<(Instant, String)>>>,
    is_over: AtomicBool,
}

impl Watched {
    fn watch(&self, target: &str) {
        while !self.is_over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
            let cases = self.cases.lock().expect("whole");
            for (begun, input) in cases.iter().flatten() {
                if begun.elapsed() > NEVER {
                    eprintln!("{target}: this case never ends:\n{input}");
                    std::process::abort();
                }
            }
        }
    }
}

/// Makes cases and tries them, on all cores.
///
/// # Panics
/// With every find: the number of its case, the input, made smaller if `shrink` can do that, and what is wrong.
pub fn fuzz<T: Debug>(
    target: &str,
    cases: u64,
    make: impl Fn(&mut Chance) -> T + Sync,
    check: impl Fn(&T) -> Result<(), String> + Sync,
    shrink: impl Fn(&T) -> Vec<T> + Sync,
) {
    let seconds = variable(SECONDS);
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let seed = variable(SEED).unwrap_or_else(|| if seconds.is_some() { clock() } else { 1 });
    let (begun, next, finds) = (Instant::now(), AtomicU64::new(0), Mutex::new(Vec::new()));
    let is_over = |number: u64| match seconds {
        Some(seconds) => begun.elapsed() >= Duration::from_secs(seconds),
        None => number >= cases,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let watched = Watched { cases: Mutex::new((0..threads).map(|_| None).collect()), is_over: AtomicBool::new(false) };
    let tried = |thread: usize, input: &T| -> Result<(), String> {
        let busy = Busy::begin();
        watched.cases.lock().expect("whole")[thread] = Some((Instant::now(), format!("{input:?}")));
        let held = catch_unwind(AssertUnwindSafe(|| check(input)));
        watched.cases.lock().expect("whole")[thread] = None;
        held.unwrap_or_else(|panic| Err(format!("panic: {}", words(&*panic))))?;
        let took = busy.so_far();
        if took > LONGEST { Err(format!("it took {took:?}")) } else { Ok(()) }
    };
    let work = |thread: usize| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if is_over(number) || finds.lock().expect("whole").len() >= MOST_FINDS {
                return;
            }
            let input = make(&mut Chance { stream: Key::new(seed, target).stream(number) });
            if let Err(first) = tried(thread, &input) {
                let (input, why) = smaller(input, first, &shrink, &|input| tried(thread, input));
                finds.lock().expect("whole").push(format!("case {number} of seed {seed}: {why}\n{input:?}"));
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| watched.watch(target));
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        workers.into_iter().for_each(|worker| worker.join().expect("what it does is caught"));
        watched.is_over.store(true, Ordering::Relaxed);
    });
    let count = next.into_inner().saturating_sub(threads as u64);
    println!("{target}: {count} cases of seed {seed} in {:.1} s", begun.elapsed().as_secs_f64());
    let finds = finds.into_inner().expect("whole");
    assert!(finds.is_empty(), "{target}: {} finds\n\n{}", finds.len(), finds.join("\n\n"));
}

/// The smallest input found that is still at fault, and what is wrong with it.
fn smaller<T>(
    input: T,
    why: String,
    shrink: &dyn Fn(&T) -> Vec<T>,
    tried: &dyn Fn(&T) -> Result<(), String>,
) -> (T, String) {
    let (mut input, mut why, begun) = (input, why, Instant::now());
    // Another fault than the first one is of no interest.
    let kind = |why: &str| why.chars().filter(|letter| !letter.is_ascii_digit()).take(40).collect::<String>();
    'again: while begun.elapsed() < Duration::from_secs(20) {
        for candidate in shrink(&input) {
            if let Err(other) = tried(&candidate)
                && kind(&other) == kind(&why)
            {
                (input, why) = (candidate, other);
                continue 'again;
            }
        }
        break;
    }
    (input, why)
}
