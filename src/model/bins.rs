//! How values are counted: the cells of a histogram, and which of them suit a quantity of a model.

/// The cells of a histogram. Zero has a cell of its own, and so have values below the first cell, values above the last
/// and "never".
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bins {
    /// Whole numbers from 0 to below the number.
    Whole(u32),
    /// Equal cells of width `2^exponent` from 0 on: a power of two, so that the cell of a value is found exactly.
    Linear {
        /// Binary logarithm of the width of a cell.
        exponent: i32,
        /// Number of cells.
        cells: u32,
    },
    /// Cells of equal relative width from `2^lowest` to `2^highest`: `2^bits` of them to every doubling.
    Log {
        /// Exponent of the lower end.
        lowest: i32,
        /// Exponent of the upper end.
        highest: i32,
        /// Binary logarithm of the number of cells to a doubling.
        bits: u32,
    },
    /// Equal cells of width `2^exponent` from 0 to `2^joint`, and cells of equal relative width from there to `2^highest`.
    Mixed {
        /// Binary logarithm of the width of the equal cells; 0 means that all values are whole numbers.
        exponent: i32,
        /// Exponent of the value where the equal cells end.
        joint: i32,
        /// Exponent of the upper end.
        highest: i32,
        /// Binary logarithm of the number of cells to a doubling above `2^joint`.
        bits: u32,
    },
}

/// Doublings between the smallest and the largest amount that are told apart: a factor of 10^12.
const SERIES_DOUBLINGS: i32 = 40;

/// The same of outcomes, which add up over the horizon: a factor of 10^13.
const OUTCOME_DOUBLINGS: i32 = 44;

/// A stock is counted in days of a requirement that may fall to a millionth: binary logarithm of that.
pub(super) const DAYS_SLACK: i32 = 20;

/// Of this, histograms of days show the lower end: up to four times the days that are planned.
const DAYS_SHOWN: i32 = DAYS_SLACK - 2;

impl Bins {
    /// Shares from 0 to 1, in steps of a thousandth.
    pub(super) const SHARE: Bins = Bins::Linear { exponent: -10, cells: 1 << 10 };

    /// The same in steps of a four-thousandth.
    pub(super) const FINE_SHARE: Bins = Bins::Linear { exponent: -12, cells: 1 << 12 };

    /// Ratios that are mostly near one: steps of 1/512 up to 2, of at most 0.8 % up to 512.
    pub(super) const RATIO: Bins = Bins::Mixed { exponent: -9, joint: 1, highest: 9, bits: 7 };

    /// Multiples of a usual price, which are capped at 1000: cells of at most 0.8 %.
    pub(super) const MULTIPLE: Bins = Bins::Log { lowest: -4, highest: 10, bits: 7 };

    /// Monthly amounts below `2^highest`: cells of 0.8 to 1.6 %.
    pub(super) fn monthly(highest: i32) -> Bins {
        Bins::Log { lowest: highest - SERIES_DOUBLINGS, highest, bits: 6 }
    }

    /// Amounts of a whole trial below `2^highest`: cells of 0.2 to 0.4 %.
    pub(super) fn total(highest: i32) -> Bins {
        Bins::Log { lowest: highest - OUTCOME_DOUBLINGS, highest, bits: 8 }
    }

    /// Days of a stock whose days are added up below `2^ceiling`: steps of half a day up to 256, cells of 0.4 to 0.8 % from
    /// there.
    pub(super) fn days(ceiling: i32) -> Bins {
        Bins::Mixed { exponent: -1, joint: 8, highest: (ceiling - DAYS_SHOWN).clamp(12, 53), bits: 7 }
    }

    /// Counts below `2^highest`: single ones up to 1024, cells of 0.2 to 0.4 % from there.
    pub(super) fn counts(highest: i32) -> Bins {
        Bins::Mixed { exponent: 0, joint: 10, highest: highest.clamp(10, 53), bits: 8 }
    }

    /// What a percentile can be told apart from at the best, as a share of itself: the relative width of a cell, in the
    /// widest part of cells of equal relative width, and at the upper end of equal ones. 0 where values are whole numbers,
    /// each of which has a cell of its own.
    pub fn resolution(self) -> f64 {
        match self {
            Bins::Whole(_) => 0.0,
            Bins::Linear { cells, .. } => 1.0 / f64::from(cells),
            Bins::Log { bits, .. } => 1.0 / f64::from(1u32 << bits),
            Bins::Mixed { exponent: 0, joint, highest, .. } if joint == highest => 0.0,
            Bins::Mixed { bits, .. } => 1.0 / f64::from(1u32 << bits),
        }
    }
}
