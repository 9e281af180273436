//! Monte Carlo simulator of supply disruptions and of the capacity that may replace a lost supplier.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod config;
pub mod distribution;
pub mod engine;
pub mod math;
pub mod model;
pub mod output;
pub mod random;
pub mod simulation;
pub mod special;
pub mod statistics;
pub mod study;
pub mod summary;
pub mod tally;
