//! How large a file of trials becomes, told before it is begun.

use std::fmt;

use super::{Format, Table};
use crate::output::column::{Column, Kind};
use crate::output::words::{count, gigabytes};

/// Largest file, bytes.
pub const MOST_BYTES: u64 = 100_000_000_000;

/// Why a file is not begun.
#[derive(Clone, Debug, PartialEq)]
pub struct TooLarge {
    bytes: u64,
    trials: u64,
    scenarios: usize,
    rows: u64,
    columns: usize,
    /// What there is room for, if that is the reason.
    free: Option<u64>,
}

impl Table {
    /// About how many bytes so many trials take.
    pub fn bytes(&self, format: Format, trials: u64) -> u64 {
        let of_a_row: u64 = self.columns().iter().map(|column| width(format, column)).sum();
        self.rows(trials).saturating_mul(of_a_row)
    }

    /// Whether a file of so many trials may be written where so many bytes are free.
    ///
    /// # Errors
    /// It may not: why.
    pub fn check(&self, format: Format, trials: u64, free: Option<u64>) -> Result<(), TooLarge> {
        let bytes = self.bytes(format, trials);
        let free = free.filter(|free| *free < bytes);
        if bytes <= MOST_BYTES && free.is_none() {
            return Ok(());
        }
        let (scenarios, rows, columns) = (self.scenarios(), self.rows(trials), self.columns().len());
        Err(TooLarge { bytes, trials, scenarios, rows, columns, free })
    }
}

/// About how many bytes a cell takes; a number in CSV has up to 17 digits, a sign and a point.
fn width(format: Format, column: &Column) -> u64 {
    match (format, column.kind) {
        (Format::Csv, Kind::Number) => 19,
        (Format::Csv, Kind::Integer) => 8,
        (Format::Csv, Kind::Boolean) => 6,
        (Format::Csv, Kind::Text | Kind::Date | Kind::Month) => 11,
        (Format::Parquet, Kind::Number | Kind::Integer) => 8,
        (Format::Parquet, Kind::Text | Kind::Boolean) => 1,
        (Format::Parquet, Kind::Date | Kind::Month) => 2,
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = match self.free {
            Some(free) => format!("{} are free there", gigabytes(free)),
            None => format!("a file has at most {}", gigabytes(MOST_BYTES)),
        };
        write!(
            f,
            "every trial would take about {} ({} trials, {} scenarios: {} rows of {} columns), and {room}: ask for fewer trials, \
             scenarios (`--scenario`) or series, or split the run (`--shard`)",
            gigabytes(self.bytes),
            count(self.trials),
            self.scenarios,
            count(self.rows),
            self.columns
        )
    }
}
