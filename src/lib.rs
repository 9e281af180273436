//! Monte Carlo simulator of supply disruptions, and of the capacity that may replace a lost supplier.
//!
//! A config says what stands today, what may come, what may go wrong, and which statements about the future are to be put
//! to the test. The program simulates that future many times and counts.
//!
//! ```text
//! config.toml -parse-> Config -compile-> Model -run(seed, i)-> Workspace -record-> Tally -summarise-> Summary -render-> files
//!  untrusted   what the file   what it means:     one trial        whole numbers,     estimates with      bytes first,
//!  text        says            checked, indices   (pure function)  mergeable          intervals           then files
//! ```
//!
//! # The way of a run
//!
//! 1. [`config::source::Document`] parses the text and remembers where everything stands; [`config::set`] makes the changes
//!    of a scenario or of the command line.
//! 2. [`study::Study`] reads and compiles the config and each of its scenarios ([`model::compile`]), and finds all faults
//!    at once. From here on nothing is doubted any more.
//! 3. [`simulation::run`] simulates trials `0..n` of every scenario on all cores. A trial ([`engine::Engine::trial`]) is a pure
//!    function of model and trial number. [`simulation::nested`] simulates the same inputs with other events, to tell how
//!    much of the spread comes from which; [`simulation::rare`] estimates rare events by importance sampling.
//! 4. [`tally::Tally`] counts: histograms and fixed-point sums, all whole numbers, so that neither threads nor their order
//!    reach a result and memory does not grow with the number of trials.
//! 5. [`summary::summarise`] makes estimates of the counts, never one without its interval.
//! 6. [`output::render`] turns them into files in memory, and [`output::file`] writes them.
//!
//! # Where to look, where to add
//!
//! | for | look into |
//! |---|---|
//! | the month loop | [`engine`], file `engine/month.rs` |
//! | a new distribution | [`distribution::Shape`] with `distribution/law.rs`, its spelling in `config/quantity.rs` |
//! | a new monthly series | a row of [`model::SERIES`] and its bins there, its bound in `model/bounds.rs`, an arm in `engine/series.rs` |
//! | a new outcome of a trial | a row of [`model::OUTCOMES`] and its bins there, its bound in `model/bounds.rs`, an arm in `engine/outcomes.rs` |
//! | a new kind of disruption | [`config::DisruptionKind`], and where the engine asks for it |
//! | a new file or chart | [`output::render`] |
//! | a new command | `commands/mod.rs` of the program |
//!
//! # What holds throughout
//!
//! - Same config, seed and version: the same bytes in every file, on any number of threads and any 64-bit Linux machine.
//!   No function of the system's C library and no fused multiply-add is on the way of a result ([`math`]).
//! - Trial `i` is the same future in every run that contains it. Every decision has a random stream of its own, named by
//!   its path in the config ([`random`]): adding or removing one thing moves no draw of any other, and scenarios meet the
//!   same luck wherever they agree.
//! - What we do not know is drawn once per trial; what may happen is drawn as it happens. The first by the inverse
//!   distribution function of one uniform number ([`distribution`]).
//! - Sums over markets, capacities and demands do not depend on the order of their terms, so that a new name or another
//!   place in the file changes no bit of a result.
//! - Sizes are limited ([`model::LIMITS`]), and what is too large is refused before anything is simulated.
//!
//! # Example
//!
//! ```
//! use shortfall::simulation::{self, Progress};
//! use shortfall::study::Study;
//! use shortfall::summary::summarise;
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
//! let tallies = simulation::run(&study.models(), 2000, 0, &Progress::default()).expect("nobody stops it");
//! let summary = summarise(&study, &tallies);
//! let shortage = &summary.scenarios[0].outcomes[0];
//! assert_eq!(shortage.name, "total_shortage.all.metal");
//! // The chance of ten years without an outage is exp(-2), about 14 %.
//! let none = &shortage.zero;
//! assert!(none.low.unwrap() < 0.1353 && 0.1353 < none.high.unwrap());
//! # Ok::<(), shortfall::config::fault::Diagnostics>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod config;
pub mod distribution;
pub mod engine;
pub mod math;
pub mod model;
pub mod output;
pub mod random;
pub mod simd;
pub mod simulation;
pub mod special;
pub mod statistics;
pub mod study;
pub mod summary;
pub mod tally;
