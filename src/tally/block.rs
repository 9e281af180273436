//! A block of trials on its way into a tally.

use std::array::from_fn;

use super::{Layout, Owner};
use crate::engine::{LANES, Lanes, Workspace};
use crate::model::Model;

/// Trials of a block.
pub const BLOCK: usize = 512;

/// Cells from one row to the next: not a power of two, which would put all rows into the same few sets of the cache.
const STRIDE: usize = BLOCK + 32;

/// Fixed-point values are kept within this magnitude, ...
const LARGEST: f64 = (1u64 << 46) as f64;

/// ... so that as many of them still add up exactly in a float.
const EXACT: usize = 64;

/// The cells of a block of trials, by row and trial, and what a histogram cannot give.
#[derive(Clone, Debug)]
pub struct Block {
    pub(super) layout: Layout,
    cells: Vec<u16>,
    /// By row: sums of whole numbers.
    pub(super) sums: Vec<i64>,
    /// By row: sums of the whole numbers since then.
    latest: Vec<f64>,
    pub(super) squares: Vec<i128>,
    pub(super) lowest: Vec<f64>,
    pub(super) highest: Vec<f64>,
    pub(super) trials: usize,
}

impl Block {
    /// Empty, for trials of `model`.
    pub fn new(model: &Model) -> Self {
        let layout = Layout::new(model);
        let mut block = Block {
            cells: Vec::new(),
            sums: Vec::new(),
            latest: Vec::new(),
            squares: Vec::new(),
            lowest: Vec::new(),
            highest: Vec::new(),
            trials: 0,
            layout,
        };
        block.make_room();
        block
    }

    /// Gets an empty block ready for trials of another model.
    pub fn fit(&mut self, model: &Model) {
        debug_assert_eq!(self.trials, 0);
        self.layout = Layout::new(model);
        self.make_room();
    }

    fn make_room(&mut self) {
        let rows = self.layout.rows;
        self.cells.resize(rows * STRIDE, 0);
        self.sums.resize(rows, 0);
        self.latest.resize(rows, 0.0);
        self.squares.resize(self.layout.owners.len(), 0);
        self.lowest.resize(rows, f64::INFINITY);
        self.highest.resize(rows, f64::NEG_INFINITY);
    }

    /// Notes the first `count` trials of those that went in step.
    pub fn record(&mut self, space: &Workspace, count: usize) {
        debug_assert!(self.trials + LANES <= BLOCK);
        note(self, space, count);
        for index in self.layout.series..self.layout.owners.len() {
            let values = space.outcome_lanes()[index - self.layout.series];
            for value in fixed(values, self.layout.owners[index].scale).0.iter().take(count) {
                self.squares[index] += (*value as i128) * (*value as i128);
            }
        }
        let before = self.trials / EXACT;
        self.trials += count;
        if self.trials / EXACT > before {
            self.add_up();
        }
    }

    /// The cells of a row, trial by trial.
    pub(super) fn row(&self, row: usize) -> &[u16] {
        &self.cells[row * STRIDE..row * STRIDE + self.trials]
    }

    /// Adds what was summed up lately to the sums.
    pub(super) fn add_up(&mut self) {
        for (sum, latest) in self.sums.iter_mut().zip(&mut self.latest) {
            *sum += std::mem::take(latest) as i64;
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn note(block: &mut Block, space: &Workspace, count: usize) {
    for index in 0..block.layout.owners.len() {
        let owner = block.layout.owners[index];
        if index < block.layout.series {
            for (month, values) in space.series().column(index).enumerate() {
                note_row(block, owner, owner.first_row + month, *values, count);
            }
        } else {
            let values = space.outcome_lanes()[index - block.layout.series];
            note_row(block, owner, owner.first_row, values, count);
        }
    }
}

#[inline(always)]
fn note_row(block: &mut Block, owner: Owner, row: usize, values: Lanes, count: usize) {
    let at = row * STRIDE + block.trials;
    block.cells[at..at + LANES].copy_from_slice(&owner.bins.cells(values));
    let fixed = fixed(values, owner.scale);
    if count == LANES {
        let pairwise = |values: [f64; LANES], merge: fn(f64, f64) -> f64| {
            let four: [f64; 4] = from_fn(|lane| merge(values[lane], values[lane + 4]));
            merge(merge(four[0], four[2]), merge(four[1], four[3]))
        };
        block.latest[row] += pairwise(fixed.0, |a, b| a + b);
        let low = pairwise(values.0, |a, b| if b < a { b } else { a });
        block.lowest[row] = if low < block.lowest[row] { low } else { block.lowest[row] };
        let finite = from_fn(|lane| if values.0[lane] < f64::INFINITY { values.0[lane] } else { f64::NEG_INFINITY });
        let high = pairwise(finite, |a, b| if b > a { b } else { a });
        block.highest[row] = if high > block.highest[row] { high } else { block.highest[row] };
        return;
    }
    for lane in 0..count {
        let value = values.0[lane];
        block.latest[row] += fixed.0[lane];
        block.lowest[row] = block.lowest[row].min(value);
        block.highest[row] = if value < f64::INFINITY { block.highest[row].max(value) } else { block.highest[row] };
    }
}

/// Values as whole numbers of their scale; "never" counts nothing.
#[inline(always)]
fn fixed(values: Lanes, scale: f64) -> Lanes {
    // Adding and taking away 1.5 * 2^52 rounds to the nearest whole number on every machine, without a call.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    Lanes(from_fn(|lane| {
        let value = values.0[lane];
        let scaled = value * scale;
        let scaled = if scaled < LARGEST { scaled } else { LARGEST };
        let scaled = if scaled > -LARGEST { scaled } else { -LARGEST };
        let rounded = (scaled + ROUND) - ROUND;
        if value < f64::INFINITY { rounded } else { 0.0 }
    }))
}
