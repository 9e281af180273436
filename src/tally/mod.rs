//! Bounded, mergeable results: counts and fixed-point sums, both whole numbers.
//!
//! Adding whole numbers gives the same total in any order, so no thread and no block reaches a result; and memory does not
//! grow with the number of trials. A histogram's cell is found without a logarithm, from the bits of the float.
//!
//! Trials come in blocks of up to [`BLOCK`]: a [`Block`] records the cell of every value, and is emptied a few rows at a time,
//! so that few histograms at a time pass through the cache.
//!
//! # Resolution
//!
//! Means are kept to `2^-47` of an upper bound of what the quantity can be in its model; where all values are the same, the
//! mean is that value. Percentiles are known to within a cell: 0.2 to 0.4 % of an amount of a whole trial, 0.8 to 1.6 % of a
//! monthly one, a thousandth for shares (a four-thousandth for the worst month), 1/512 of a coverage up to 2 and at most 0.8 %
//! from there, half a day of stock up to 256 days and at most 0.8 % from there, 1/16 of a month of disruption. Dates and counts
//! are exact (counts above 1024 to at most 0.4 %). The interval of a percentile always holds its whole cell; a percentile
//! outside the first and last cell has no value, and is told as "above" or "below" the end. Probabilities are exact counts.

mod bins;
mod block;
mod bytes;
mod drivers;
pub mod file;
mod fixed;
pub(crate) mod histogram;
mod in_trial;
mod nested;
mod pairs;
mod shards;
mod side_by_side;
mod weighted;

pub use block::{BLOCK, Block};
pub use bytes::ByteFault;
pub use drivers::{BINS, Driven, Drivers, Redrawn};
pub use histogram::{Beyond, Histogram, Located};
pub use in_trial::in_trial;
pub use nested::{EVENT_SAMPLES, NestedSampling, Recorded};
pub use pairs::{Pair, Pairs};
pub use shards::{MOST_SHARDS, Shards};
pub use side_by_side::SideBySide;
pub use weighted::{Exceedance, Weighted, Weights};

use std::array::from_fn;

use crate::model::{Bins, Model};
use crate::simd::LANES;
use block::Cells;
use fixed::{Fixed, Sums};

/// Where the rows of histograms lie: a series has a row for every month, an outcome has one.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    owners: Vec<Owner>,
    /// How many of the owners are series; the others are outcomes.
    series: usize,
    rows: usize,
    cells: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Owner {
    bins: Bins,
    first_row: usize,
    rows: usize,
    first_cell: usize,
    fixed: Fixed,
    can_be_never: bool,
}

impl Layout {
    fn new(model: &Model) -> Self {
        let mut layout = Layout { owners: Vec::new(), series: model.series.len(), rows: 0, cells: 0 };
        for spec in &model.series {
            layout.add(spec.bins(), spec.ceiling, model.months, spec.can_be_never());
        }
        for spec in &model.outcomes {
            layout.add(spec.bins(model.months), spec.ceiling, 1, spec.can_be_never());
        }
        layout
    }

    fn add(&mut self, bins: Bins, ceiling: i32, rows: usize, can_be_never: bool) {
        let fixed = Fixed::new(bins, ceiling);
        self.owners.push(Owner { bins, first_row: self.rows, rows, first_cell: self.cells, fixed, can_be_never });
        self.rows += rows;
        self.cells += rows * bins.len();
    }
}

/// Counts and sums of all trials so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    layout: Layout,
    trials: u64,
    counts: Vec<u32>,
    sums: Vec<i128>,
    squares: Vec<i128>,
    lowest: Vec<f64>,
    highest: Vec<f64>,
    /// What the inputs explain of some numbers, if that is asked for.
    pub drivers: Option<Drivers>,
}

/// Number of histogram cells that a tally of `model` keeps.
pub fn cells(model: &Model) -> u64 {
    Layout::new(model).cells as u64
}

/// Bytes of a tally of `model`, without drivers.
pub fn bytes(model: &Model) -> u64 {
    let Layout { owners, rows, cells, .. } = Layout::new(model);
    let of_a_row = size_of::<i128>() + 2 * size_of::<f64>();
    (cells * size_of::<u32>() + rows * of_a_row + owners.len() * size_of::<i128>()) as u64
}

/// Bytes of a block of trials of `model`, without drivers.
pub fn block_bytes(model: &Model) -> u64 {
    (BLOCK / LANES * (Layout::new(model).rows + 8) * size_of::<Cells>()) as u64
}

impl Tally {
    /// Empty, for the series and outcomes of `model`.
    pub fn new(model: &Model) -> Self {
        let layout = Layout::new(model);
        debug_assert!(layout.owners.iter().all(|owner| owner.bins.len() <= usize::from(u16::MAX)));
        Tally {
            trials: 0,
            counts: vec![0; layout.cells],
            sums: vec![0; layout.rows],
            squares: vec![0; layout.owners.len()],
            lowest: vec![f64::INFINITY; layout.rows],
            highest: vec![f64::NEG_INFINITY; layout.rows],
            layout,
            drivers: None,
        }
    }

    /// The same, counting drivers too.
    pub fn with_drivers(self, drivers: Drivers) -> Self {
        Tally { drivers: Some(drivers), ..self }
    }

    /// Takes in a block, and empties it.
    pub fn absorb(&mut self, block: &mut Block) {
        block.add_up();
        for owner in &self.layout.owners {
            let size = owner.bins.len();
            let counts = &mut self.counts[owner.first_cell..owner.first_cell + owner.rows * size];
            // Four rows at a time: they share lines of the cache, and where many trials fall into one cell, each addition
            // waits for the one before.
            let mut fours = counts.chunks_exact_mut(4 * size);
            let mut row = owner.first_row;
            for counts in &mut fours {
                count::<4>(block, row, counts);
                row += 4;
            }
            for counts in fours.into_remainder().chunks_exact_mut(size) {
                count::<1>(block, row, counts);
                row += 1;
            }
        }
        for (total, sum) in self.sums.iter_mut().zip(&mut block.sums) {
            *total += i128::from(std::mem::take(sum));
        }
        for (total, square) in self.squares.iter_mut().zip(&mut block.squares) {
            *total += std::mem::take(square);
        }
        for (total, low) in self.lowest.iter_mut().zip(&block.lowest) {
            *total = total.min(*low);
        }
        for (total, high) in self.highest.iter_mut().zip(&block.highest) {
            *total = total.max(*high);
        }
        self.trials += block.trials as u64;
        block.trials = 0;
        if let (Some(drivers), Some(block)) = (&mut self.drivers, &block.drivers) {
            drivers.absorb(block);
        }
    }

    /// Adds what was counted elsewhere, of other trials of the same model.
    pub fn merge(&mut self, other: &Tally) {
        debug_assert_eq!(self.layout, other.layout);
        fn add<T: Copy + std::ops::AddAssign>(own: &mut [T], other: &[T]) {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += *other);
        }
        self.trials += other.trials;
        add(&mut self.counts, &other.counts);
        add(&mut self.sums, &other.sums);
        add(&mut self.squares, &other.squares);
        self.lowest.iter_mut().zip(&other.lowest).for_each(|(own, other)| *own = own.min(*other));
        self.highest.iter_mut().zip(&other.highest).for_each(|(own, other)| *own = own.max(*other));
        if let (Some(own), Some(other)) = (&mut self.drivers, &other.drivers) {
            own.merge(other);
        }
    }

    /// Number of trials.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// Histogram of a series (by index) in a month.
    pub fn series(&self, index: usize, month: usize) -> Histogram<'_> {
        self.histogram(index, month)
    }

    /// Histogram of an outcome (by index).
    pub fn outcome(&self, index: usize) -> Histogram<'_> {
        self.histogram(self.layout.series + index, 0)
    }

    fn histogram(&self, owner_index: usize, number: usize) -> Histogram<'_> {
        let owner = &self.layout.owners[owner_index];
        let (size, row) = (owner.bins.len(), owner.first_row + number);
        let first = owner.first_cell + number * size;
        Histogram {
            bins: owner.bins,
            counts: &self.counts[first..first + size],
            trials: self.trials,
            range: (self.lowest[row], self.highest[row]),
            sums: Sums { sum: self.sums[row], square: self.squares[owner_index] },
            fixed: owner.fixed,
        }
    }
}

/// Counts the cells of as many rows, from `row` on, into their histograms.
fn count<const ROWS: usize>(block: &Block, row: usize, counts: &mut [u32]) {
    let size = counts.len() / ROWS;
    let mut histograms = counts.chunks_exact_mut(size);
    let mut histograms: [&mut [u32]; ROWS] = from_fn(|_| histograms.next().unwrap_or_default());
    let mut add = |cells: &[Cells; ROWS], lane: usize| {
        for (histogram, cells) in histograms.iter_mut().zip(cells) {
            histogram[usize::from(cells[lane])] += 1;
        }
    };
    for (cells, trials) in block.rows(row) {
        if trials == LANES {
            (0..LANES).for_each(|lane| add(cells, lane));
        } else {
            (0..trials).for_each(|lane| add(cells, lane));
        }
    }
}
