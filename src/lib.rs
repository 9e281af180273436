//! Monte Carlo simulator of supply disruptions and of the capacity that may replace a lost supplier.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod distribution;
pub mod math;
pub mod random;
pub mod special;
pub mod statistics;
