//! Bounded, mergeable results: counts and fixed-point sums, both whole numbers.
//!
//! Adding whole numbers gives the same total in any order, so no thread and no block reaches a result; and memory does not
//! grow with the number of trials. A histogram's cell is found without a logarithm, from the bits of the float.
//!
//! Trials come in blocks of [`LANES`]: a [`Block`] notes the cell of every value, and is emptied row by row, so that one
//! histogram at a time passes through the cache.

use crate::engine::Workspace;
use crate::model::{Bins, Model};

/// Trials of a block.
pub const LANES: usize = 64;

/// Fixed-point values are kept within this magnitude.
const LARGEST: f64 = (1u64 << 46) as f64;

impl Bins {
    /// Number of cells: zero, below the first, the cells proper, above the last, never.
    pub fn len(self) -> usize {
        4 + match self {
            Bins::Whole(count) => count as usize,
            Bins::Linear { cells, .. } => cells as usize,
            Bins::Log { lowest, highest, bits } => ((highest - lowest) as usize) << bits,
        }
    }

    /// Never true: there are always the four special cells.
    pub fn is_empty(self) -> bool {
        false
    }

    /// Cell of "never".
    pub fn never(self) -> usize {
        self.len() - 1
    }

    /// Cell of a value.
    #[inline]
    pub fn cell(self, value: f64) -> usize {
        if value == 0.0 {
            return 0;
        }
        let last = self.len() - 4;
        if !(value < f64::INFINITY) {
            return last + 3;
        }
        let index = match self {
            Bins::Whole(_) => value as i64,
            Bins::Linear { max, cells } => {
                let near = (value * (f64::from(cells) / max)).clamp(-1.0, f64::from(cells)) as i64;
                // The product is rounded, and so may land in the neighbour of the cell whose edges hold the value.
                near - i64::from(value < linear_edge(near, max, cells))
                    + i64::from(value >= linear_edge(near + 1, max, cells))
            }
            Bins::Log { lowest, bits, .. } => {
                (value.to_bits() >> (52 - bits)) as i64 - (i64::from(lowest + 1023) << bits)
            }
        };
        // Below the first cell is 1, above the last is `last + 2`.
        (index.clamp(-1, last as i64) + 2) as usize
    }

    /// Lower and upper edge of a cell. A whole number is both edges of its own.
    pub fn edges(self, cell: usize) -> (f64, f64) {
        let last = self.len() - 4;
        if cell == 0 {
            return (0.0, 0.0);
        }
        if cell == last + 3 {
            return (f64::INFINITY, f64::INFINITY);
        }
        let at = |index: usize| match self {
            Bins::Whole(_) => index as f64,
            Bins::Linear { max, cells } => linear_edge(index as i64, max, cells),
            Bins::Log { lowest, bits, .. } => {
                f64::from_bits((index as u64 + (((lowest + 1023) as u64) << bits)) << (52 - bits))
            }
        };
        match (cell, self) {
            (1, _) => (0.0, at(0)),
            (cell, _) if cell == last + 2 => (at(last), f64::INFINITY),
            (cell, Bins::Whole(_)) => (at(cell - 2), at(cell - 2)),
            (cell, _) => (at(cell - 2), at(cell - 1)),
        }
    }
}

/// Lower edge of an equal cell: the nearest float, so that 0.05 is an edge where it should be one.
#[inline]
fn linear_edge(index: i64, max: f64, cells: u32) -> f64 {
    index as f64 * max / f64::from(cells)
}

/// Power of two by which a value in this unit is scaled to a whole number.
fn scale(unit: &str, tonne_exponent: i32) -> f64 {
    let exponent = match unit {
        "t" | "t/month" => 32 - tonne_exponent,
        "USD" | "USD/month" => 0,
        _ => 30,
    };
    f64::from_bits(((1023 + exponent.clamp(-900, 900)) as u64) << 52)
}

/// Where the rows of histograms lie: a series has a row for every month, an outcome has one.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    /// Bins of each row's owner, first row, number of rows, scale.
    owners: Vec<Owner>,
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
        let mut layout = Layout { owners: Vec::new(), rows: 0, cells: 0 };
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

/// The cells of a block of trials, by row and lane, and what a histogram cannot give.
#[derive(Clone, Debug)]
pub struct Block {
    cells: Vec<u16>,
    sums: Vec<i64>,
    squares: Vec<i128>,
    lowest: Vec<f64>,
    highest: Vec<f64>,
    lanes: usize,
}

/// Counts and sums of all trials so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    layout: Layout,
    series: usize,
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

impl Block {
    /// Empty, for the tallies of `model`.
    pub fn new(tally: &Tally) -> Self {
        let rows = tally.layout.rows;
        Block {
            cells: vec![0; rows * LANES],
            sums: vec![0; rows],
            squares: vec![0; tally.layout.owners.len()],
            lowest: vec![f64::INFINITY; rows],
            highest: vec![f64::NEG_INFINITY; rows],
            lanes: 0,
        }
    }

    /// Notes a trial.
    pub fn record(&mut self, tally: &Tally, space: &Workspace) {
        let lane = self.lanes;
        debug_assert!(lane < LANES);
        for (index, owner) in tally.layout.owners.iter().enumerate() {
            if index < tally.series {
                let values = &space.series[owner.first_row..owner.first_row + owner.rows];
                self.note_row(owner, lane, values);
            } else {
                let value = space.outcomes[index - tally.series];
                self.note_row(owner, lane, &[value]);
                let fixed = i128::from(fixed(value, owner.scale));
                self.squares[index] += fixed * fixed;
            }
        }
        self.lanes += 1;
    }

    fn note_row(&mut self, owner: &Owner, lane: usize, values: &[f64]) {
        let rows = owner.first_row..owner.first_row + owner.rows;
        for (row, &value) in rows.clone().zip(values) {
            self.cells[row * LANES + lane] = owner.bins.cell(value) as u16;
        }
        for (sum, &value) in self.sums[rows.clone()].iter_mut().zip(values) {
            *sum += fixed(value, owner.scale);
        }
        for (row, &value) in rows.zip(values) {
            let finite = value < f64::INFINITY;
            self.lowest[row] = if value < self.lowest[row] { value } else { self.lowest[row] };
            self.highest[row] = if finite && value > self.highest[row] { value } else { self.highest[row] };
        }
    }
}

/// A value as a whole number of its scale; "never" counts nothing.
#[inline]
fn fixed(value: f64, scale: f64) -> i64 {
    let scaled = if value < f64::INFINITY { (value * scale).clamp(-LARGEST, LARGEST) } else { 0.0 };
    // Adding and taking away 1.5 * 2^52 rounds to the nearest whole number on every machine, without a call.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    ((scaled + ROUND) - ROUND) as i64
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
            series: model.series.len(),
            trials: 0,
            counts: vec![0; layout.cells],
            sums: vec![0; layout.rows],
            squares: vec![0; layout.owners.len()],
            lowest: vec![f64::INFINITY; layout.rows],
            highest: vec![f64::NEG_INFINITY; layout.rows],
            layout,
        }
    }

    /// The same layout without any counts: all that a [`Block`] needs.
    pub fn layout_only(&self) -> Tally {
        Tally {
            layout: self.layout.clone(),
            series: self.series,
            trials: 0,
            counts: Vec::new(),
            sums: Vec::new(),
            squares: Vec::new(),
            lowest: Vec::new(),
            highest: Vec::new(),
        }
    }

    /// Takes in a block, and empties it.
    pub fn absorb(&mut self, block: &mut Block) {
        for owner in &self.layout.owners {
            let size = owner.bins.len();
            for number in 0..owner.rows {
                let row = owner.first_row + number;
                let first = owner.first_cell + number * size;
                let counts = &mut self.counts[first..first + size];
                for &cell in &block.cells[row * LANES..row * LANES + block.lanes] {
                    counts[usize::from(cell)] += 1;
                }
            }
        }
        for (total, sum) in self.sums.iter_mut().zip(&mut block.sums) {
            *total += i128::from(std::mem::take(sum));
        }
        for (total, square) in self.squares.iter_mut().zip(&mut block.squares) {
            *total += std::mem::take(square);
        }
        for (total, low) in self.lowest.iter_mut().zip(&mut block.lowest) {
            *total = total.min(std::mem::replace(low, f64::INFINITY));
        }
        for (total, high) in self.highest.iter_mut().zip(&mut block.highest) {
            *total = total.max(std::mem::replace(high, f64::NEG_INFINITY));
        }
        self.trials += block.lanes as u64;
        block.lanes = 0;
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
        self.histogram(self.series + index, 0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_between_the_edges_of_its_cell() {
        let bins = [
            Bins::Whole(240),
            Bins::Linear { max: 1.0, cells: 1000 },
            Bins::Linear { max: 4.0, cells: 1600 },
            Bins::Linear { max: 7.0, cells: 4000 },
            Bins::Linear { max: 55.0, cells: 4000 },
            Bins::Log { lowest: -10, highest: 30, bits: 6 },
        ];
        for bins in bins {
            let mut last = 0;
            for step in 0..5000 {
                let value = match bins {
                    Bins::Whole(_) => f64::from(step / 10),
                    _ => f64::from(step) * f64::from(step) * 1e-6,
                };
                let cell = bins.cell(value);
                let (low, high) = bins.edges(cell);
                assert!(low <= value && value <= high, "{bins:?} {value} {cell} {low} {high}");
                assert!(cell >= last, "{bins:?} is not monotone at {value}");
                last = cell;
            }
            for cell in 2..bins.len() - 2 {
                let (low, high) = bins.edges(cell);
                // (The lower edge of the whole number 0 is the value zero, which has a cell of its own.)
                assert!(low == 0.0 || bins.cell(low) == cell, "{bins:?}: cell {cell} does not hold its lower edge");
                assert!(low == high || bins.cell(high.next_down()) == cell, "{bins:?}: cell {cell} ends early");
            }
            assert_eq!(bins.cell(f64::INFINITY), bins.never());
            assert!(bins.cell(1e300) == bins.never() - 1);
            assert_eq!(bins.edges(bins.cell(0.0)), (0.0, 0.0));
        }
    }

    #[test]
    fn doubling_moves_a_logarithmic_cell_by_one_octave() {
        let bins = Bins::Log { lowest: -10, highest: 30, bits: 6 };
        for value in [0.013, 1.0, 77.7, 1e6] {
            assert_eq!(bins.cell(2.0 * value), bins.cell(value) + 64);
        }
    }
}
