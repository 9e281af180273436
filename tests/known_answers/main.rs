//! Closed forms that the program must meet, case by case from A to P.
//!
//! Each is a small config that runs through the ordinary engine with a fixed seed. An estimate may lie 6.11 standard errors
//! from the exact value, and beside every case stands a twin that is wrong on purpose and must be caught by the same rule:
//! a test that cannot fail says nothing. Deterministic cases hold to 1e-9.
//!
//! Series are averages over months, so a closed form for an instant is averaged over the month first; a ramp is taken at the
//! middle of its month, so there the closed form is asked at the middle.

#[path = "../common/mod.rs"]
mod common;

mod disruptions;
mod inputs;
mod investment;
mod projects;
mod second_edition;
mod spare_capacity;
mod stocks;

const TRIALS: u64 = 1_000_000;

/// The series of what plants and projects make.
const MADE: &str = "production.all.product";
