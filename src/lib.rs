//! Monte Carlo simulator of supply disruptions, and of the capacity that may replace a lost supplier.
//!
//! A [`Config`] says what stands today, what may come, what may go wrong, and which statements about the future are to be put
//! to the test. A [`Study`] is a config that was checked and compiled with its scenarios. Running it simulates that future
//! many times, and the [`Run`] has an estimate, with its interval, of everything that was counted.
//!
//! ```
//! use shortfall::Study;
//!
//! let study = Study::from_text(r#"
//!     title = "One plant and its outages"
//!     start = "2026-01"
//!     horizon_years = 10
//!     markets.all.countries = ["Everywhere"]
//!     stages.metal = {}
//!     capacities.plant = { country = "Everywhere", stage = "metal", tonnes_per_year = 1200 }
//!     demands.users = { market = "all", stage = "metal", tonnes_per_year = 1000 }
//!
//!     [disruptions.breakdown]
//!     kind = "outage"
//!     hits = ["plant"]
//!     rate_per_year = 0.2
//!     duration_months = { exponential = { mean = 6 } }
//! "#)?;
//! let run = study.run(2000)?;
//! let shortage = run.scenario("base")?.outcome("total_shortage.all.metal")?;
//! let median = shortage.percentile(50.0);
//! assert!(median.low < median.value && median.value < median.high);
//! // The chance of ten years without an outage is exp(-2), about 14 %.
//! let none = shortage.probability_of_zero();
//! assert!(none.low < Some(0.1353) && Some(0.1353) < none.high);
//! // One trial in detail, the same in every run of this config.
//! println!("{}", study.trial("base", 17)?);
//! # Ok::<(), shortfall::Error>(())
//! ```
//!
//! | for | see |
//! |---|---|
//! | a config as text, as a file, or built in code | [`Study::from_text`], [`Study::from_file`], [`Study::from_config`] and [`config`] |
//! | many trials: percentiles, means, probabilities, verdicts | [`Study::run`], [`Run`] |
//! | two scenarios on the same random numbers | [`Study::compare`], [`Comparison`] |
//! | one trial: what was drawn, what happened when | [`Study::trial`], [`Story`] |
//! | which uncertain inputs explain how much of the results | [`Study::drivers`], [`Drivers`] |
//! | threads, progress, stopping | [`Study::run_with`], [`RunOptions`], [`Progress`] |
//! | what is wrong with a config, or a name that does not exist | [`Error`], [`Diagnostics`], [`UnknownName`] |
//!
//! The folder `examples` holds a program for each of the first four. Everything else is for the program of the same name and
//! for whoever works on it; it is not part of the interface and may change at any time.
//!
//! # The way of a run
//!
//! ```text
//! config.toml -parse-> Config -compile-> Model -run(seed, i)-> Batch -record-> Tally -summarise-> Summary -render-> files
//!  untrusted   what the file   what it means:    a few trials    whole numbers,     estimates with      bytes first,
//!  text        says            checked, indices  (pure function) mergeable          intervals           then files
//! ```
//!
//! 1. `config::source::Document` parses the text and remembers where everything stands; `study::read` puts in the place of files
//!    beside it what they say: `study::beside` reads tables, `config::rows` makes entries of them; `config::set` makes the
//!    changes of a scenario or of the command line; `config::structure` holds the result against the JSON Schema (`config::schema`), so that
//!    what an editor marks is what is refused.
//! 2. [`Study`] reads and compiles the config and each of its scenarios (`model::compile`), and finds all faults at once. From
//!    here on nothing is doubted any more.
//! 3. `simulation::run` simulates trials `0..n` of every scenario on all cores. A trial (`engine::Engine::trial`) is a pure
//!    function of model and trial number. `simulation::nested` simulates the same inputs with other events, to tell how much
//!    of the spread comes from which; `simulation::rare` estimates rare events by importance sampling;
//!    `simulation::total_effects` simulates trials in pairs that differ in some inputs alone; `simulation::holding` tells in
//!    which trials a claim holds, for `summary::require`, which asks what would have to be true; `summary::stress` loses every
//!    supplier in turn, with nothing left to chance; `simulation::side_by_side` simulates several models on the same trials, as
//!    `summary::size` does with stocks of every size; `summary::choose` ranks sets of measures on shared random numbers.
//! 4. `tally::Tally` counts: histograms and fixed-point sums, all whole numbers, so that neither threads nor their order reach
//!    a result and memory does not grow with the number of trials.
//!    `tally::Drivers` sums up what each uncertain input explains, from the same trials.
//!    `tally::file` is what a shard of a run, of a comparison or of rare events leaves, to be added to the others, and what a run
//!    that is interrupted or finished leaves, to go on from.
//!    `simulation::Recorder` hands each trial on in order, where `output::trials` writes every one of them.
//! 5. `summary::summarise` makes estimates of the counts, never one without its interval.
//!    `summary::plan` tells of a few trials how many it takes to make one precise enough.
//! 6. `output::render` turns them into files in memory, and `output::file` writes them.
//!
//! # Where to look, where to add
//!
//! | for | look into |
//! |---|---|
//! | the month loop | `engine/month.rs` |
//! | a new distribution | its spelling in `config/quantity.rs`, read in `model/distributions.rs`, checked in `distribution/shape.rs`, its functions in `distribution/law.rs` and `distribution/rows.rs`, its mean in `distribution/mean.rs` |
//! | a new monthly series | a row of the table and its bins in `model/series.rs`, its bound in `model/bounds.rs`, its value in `engine/series.rs`, its words in `output/chart/subject.rs` |
//! | a new outcome of a trial | a row of the table and its bins in `model/outcomes.rs`, its bound in `model/bounds.rs`, its value in `engine/outcomes.rs`, its words in `output/chart/subject.rs` |
//! | a new kind of disruption | `config/entries.rs`, `model/context.rs`, `model/disruptions/checks.rs`, `model/disruptions/reach.rs`, `output/chart/raster.rs`, `output/hints.rs` |
//! | a new file or chart | `output::render`; what the columns of a table are, in `output/described.rs` |
//! | a new kind of file with tables | `study/beside.rs`; what a cell may say is in `config/cells.rs` |
//! | lines for another scheduler | the table in `output/plan/lines.rs`; where it says which task this is, `commands/shard.rs` |
//! | a command from Python | `python/src`, and `python/shortfall/_api.py` with its arguments |
//! | a command that is split into shards | what it counts, exactly: a variant of `tally::file::Counted` with its layout; how it is told: `output/shard.rs` and `commands/split.rs` |
//! | a new command | `commands/mod.rs` of the program; what it says is an `output::answer::Answer`, delivered by `commands/answer.rs` |
//!
//! # One word for each thing
//!
//! What is printed in a sentence, a table, a chart and the report comes from one function each, mostly of `output::words`:
//!
//! | what | as printed | written by |
//! |---|---|---|
//! | a probability | `72.8 % (72.1 % to 73.4 %)`, with as many digits as its interval has meaning | `words::probability`, alone `words::chance` |
//! | the same where no trial counts, or every one | `<0.02 %`, `>99.98 %`: the end of the interval | the same |
//! | the same in a sentence | `none of 20 000 simulated futures (fewer than 1 in 5400)` | `words::futures` |
//! | an amount | `47 000 (46 000 to 49 000)`, digits as above | `words::with_interval`, alone `words::figure` |
//! | a number without an interval: of a config, at an axis | `12 300`, `0.5 %` | `words::amount`, `words::share` |
//! | a date | `Mar 2034` in sentences and charts, `2034-03` in tables and files | `words::month`, [`config::Month`] |
//! | the end of the horizon | `by Oct 2045`: its last month | [`config::Month::last_of`] |
//! | a time span | `18 months`, `10 years`, `16.8 years` | `words::duration` |
//! | no date within the horizon, a value outside the histogram | `never`, `above 512` | `words::value` |
//! | the test of a claim | `supported`, `refuted`, `undecided`; `met` of an expectation | [`Verdict`] |
//! | how likely something is, in the title of a chart | `exceptionally unlikely` to `very likely` | `words::Likelihood` |
//!
//! # What holds throughout
//!
//! - Same config, seed and version: the same bytes in every file, on any number of threads and any 64-bit Linux machine.
//!   No function of the system's C library and no fused multiply-add is on the way of a result (`math`).
//! - Trial `i` is the same future in every run that contains it. Every decision has a random stream of its own, named by
//!   its path in the config (`random`): adding or removing one thing moves no draw of any other, and scenarios draw the
//!   same numbers wherever they agree.
//! - What we do not know is drawn once per trial; what may happen is drawn as it happens. The first by the inverse
//!   distribution function of one uniform number (`distribution`).
//! - Sums over markets, capacities and demands do not depend on the order of their terms, so that a new name or another
//!   place in the file changes no bit of a result.
//! - Sizes are limited (`model::LIMITS`), every list among them: what is too large is refused before any work is done that grows
//!   with it. Only regular files and standard input are read, of files beside a config those in its folder.
//! - Text of others stays text: what is printed for people goes through `text`, which spells out what would give a terminal
//!   orders or hide something.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod config;
#[doc(hidden)]
pub mod distribution;
#[doc(hidden)]
pub mod engine;
mod error;
#[doc(hidden)]
pub mod math;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod output;
#[doc(hidden)]
pub mod random;
mod run;
#[doc(hidden)]
pub mod simd;
#[doc(hidden)]
pub mod simulation;
#[doc(hidden)]
pub mod special;
#[doc(hidden)]
pub mod statistics;
#[doc(hidden)]
pub mod study;
#[doc(hidden)]
pub mod summary;
#[doc(hidden)]
pub mod tally;
#[doc(hidden)]
pub mod text;

pub use config::Config;
pub use config::fault::{Diagnostic, Diagnostics, Fault};
pub use config::location::Location;
pub use error::{Error, UnknownName};
pub use model::{Unit, UnitName};
pub use output::trial::{Event, Story, Value};
pub use run::{Run, RunOptions, RunOutcome, RunScenario, RunSeries};
pub use simulation::Progress;
pub use study::Study;
pub use summary::{
    Bar, Beyond, ClaimResult, Comparison, Difference, DrivenNumber, Driver, Drivers, Ends, Estimate, ExpectationResult,
    MilestoneResult, Moves, Percentile, Side, Together, TotalEffect, Verdict,
};
