//! Bounded, mergeable results: counts and fixed-point sums, both whole numbers.
//!
//! Adding whole numbers gives the same total in any order, so no thread and no block reaches a result; and memory does not
//! grow with the number of trials. A histogram's cell is found without a logarithm, from the bits of the float.
//!
//! Trials come in blocks of up to [`BLOCK`]: a [`Block`] notes the cell of every value, and is emptied a few rows at a time,
//! so that few histograms at a time pass through the cache.

mod bins;
mod block;
mod knowledge;
mod pairs;
mod weighted;

pub use block::{BLOCK, Block};
pub use knowledge::{Asked, EVENTS, Knowledge};
pub use pairs::{Pair, Pairs};
pub use weighted::{Exceedance, Weighted, Weights};

use std::array::from_fn;

use crate::model::{Bins, Model};
use crate::simd::LANES;
use block::Cells;

/// Power of two by which a value in this unit is scaled to a whole number.
fn scale(unit: &str, tonne_exponent: i32) -> f64 {
    let exponent = match unit {
        "t" | "t/month" => 32 - tonne_exponent,
        "USD" | "USD/month" => 0,
        _ => 30,
    };
    bins::power_of_two(exponent)
}

/// Where the rows of histograms lie: a series has a row for every month, an outcome has one.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    /// Bins of each row's owner, first row, number of rows, scale.
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
    scale: f64,
}

impl Layout {
    fn new(model: &Model) -> Self {
        let mut layout = Layout { owners: Vec::new(), series: model.series.len(), rows: 0, cells: 0 };
        for spec in &model.series {
            layout.add(spec.row().bins, model.months, scale(spec.row().unit, model.tonne_exponent));
        }
        for spec in &model.outcomes {
            layout.add(spec.bins(model.months), 1, scale(spec.row().unit, model.tonne_exponent));
        }
        layout
    }

    fn add(&mut self, bins: Bins, rows: usize, scale: f64) {
        self.owners.push(Owner { bins, first_row: self.rows, rows, first_cell: self.cells, scale });
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
}

/// One histogram of a tally, with its sums.
#[derive(Clone, Copy, Debug)]
pub struct Histogram<'a> {
    /// Its cells.
    pub bins: Bins,
    /// Counts by cell.
    pub counts: &'a [u32],
    /// Number of trials.
    pub trials: u64,
    /// Smallest and largest finite value.
    pub range: (f64, f64),
    sum: i128,
    square: i128,
    scale: f64,
}

/// Number of histogram cells that a tally of `model` keeps.
pub fn cells(model: &Model) -> u64 {
    Layout::new(model).cells as u64
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
        }
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
            sum: self.sums[row],
            square: self.squares[owner_index],
            scale: owner.scale,
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

impl Histogram<'_> {
    /// Trials in which the value is "never".
    pub fn never(&self) -> u64 {
        u64::from(self.counts[self.bins.never()])
    }

    /// Trials in which the value is exactly zero.
    pub fn zero(&self) -> u64 {
        u64::from(self.counts[0])
    }

    /// Mean of the finite values; `None` if there are none.
    pub fn mean(&self) -> Option<f64> {
        let finite = self.trials - self.never();
        (finite > 0).then(|| self.sum as f64 / finite as f64 / self.scale)
    }

    /// Share of the sum of the finite values that the largest of them makes up; none if the sum is not positive.
    pub fn largest_share(&self) -> Option<f64> {
        let sum = self.sum as f64 / self.scale;
        (sum > 0.0 && self.range.1 > 0.0).then(|| (self.range.1 / sum).min(1.0))
    }

    /// Variance of the finite values of an outcome (not kept for series); `None` below two of them.
    pub fn variance(&self) -> Option<f64> {
        let finite = self.trials - self.never();
        if finite < 2 {
            return None;
        }
        let n = finite as f64;
        let mean = self.sum as f64 / n;
        let deviation = (self.square as f64 / n - mean * mean).max(0.0);
        Some(deviation * n / (n - 1.0) / self.scale / self.scale)
    }

    /// The edges between which the values of a cell lie, no wider than what was seen.
    pub fn edges_of(&self, cell: usize) -> (f64, f64) {
        let (low, high) = self.bins.edges(cell.min(self.counts.len() - 1));
        if low == f64::INFINITY { (low, high) } else { (low.max(self.range.0), high.min(self.range.1)) }
    }

    /// Lower edge, upper edge and count of all cells with a count; without zero and never.
    pub fn bars(&self) -> Vec<(f64, f64, u64)> {
        let cells = self.counts.iter().enumerate().skip(1).take(self.counts.len() - 2);
        let filled = cells.filter(|(_, count)| **count > 0);
        filled.map(|(cell, count)| (self.edges_of(cell).0, self.edges_of(cell).1, u64::from(*count))).collect()
    }

    /// Trials whose value is at most `limit`; exact for whole numbers. Other cells hold their lower edge and not their
    /// upper: where `limit` is an edge, these are the trials below it.
    pub fn at_most(&self, limit: f64) -> u64 {
        let cells = self.counts.iter().enumerate();
        cells.take_while(|(cell, _)| self.bins.edges(*cell).1 <= limit).map(|(_, &count)| u64::from(count)).sum()
    }
}
