//! A block of trials on its way into a tally.

use std::array::from_fn;

use super::drivers::DriverBlock;
use super::fixed::EXACT;
use super::{Layout, Owner, Tally};
use crate::engine::Batch;
use crate::model::Model;
use crate::simd::{InstructionSet, Kernel, LANES, LaneGroups, Lanes, Number};

/// Most trials of a block.
pub const BLOCK: usize = 1024;

/// The cells of a row, one for each of the trials in step.
pub(super) type Cells = [u16; LANES];

/// The cells of a block of trials, and what a histogram cannot give.
///
/// Cells lie by trials in step, then by row: what is recorded at once lies in one piece, and a few rows of it share a line of
/// the cache, to be counted together.
#[derive(Clone, Debug)]
pub struct Block {
    pub(super) layout: Layout,
    cells: Vec<Cells>,
    /// By row: sums of whole numbers.
    pub(super) sums: Vec<i64>,
    /// By row: sums of the whole numbers since then.
    latest: Vec<f64>,
    pub(super) squares: Vec<i128>,
    /// By row, of the tally too: few trials lie beyond, so that looking whether one does is nearly all the work.
    pub(super) lowest: Vec<f64>,
    pub(super) highest: Vec<f64>,
    pub(super) trials: usize,
    /// First trial of the block with a value that is not a number, or infinite where that does not stand for "never".
    faulty: Option<usize>,
    /// What goes into the tally of drivers, if there is one.
    pub(super) drivers: Option<DriverBlock>,
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
            lowest: vec![f64::INFINITY; layout.rows],
            highest: vec![f64::NEG_INFINITY; layout.rows],
            trials: 0,
            faulty: None,
            drivers: None,
            layout,
        };
        block.make_room();
        block
    }

    /// Gets an empty block ready for trials from `first` on, which `tally` will take in.
    pub fn fit(&mut self, tally: &Tally, first: u64) {
        debug_assert_eq!(self.trials, 0);
        self.faulty = None;
        self.drivers = tally.drivers.as_ref().map(|drivers| drivers.block(first));
        self.layout.clone_from(&tally.layout);
        self.lowest.clone_from(&tally.lowest);
        self.highest.clone_from(&tally.highest);
        self.make_room();
    }

    fn make_room(&mut self) {
        let rows = self.layout.rows;
        self.cells.resize(BLOCK / LANES * self.stride(), [0; LANES]);
        self.sums.resize(rows, 0);
        self.latest.resize(rows, 0.0);
        self.squares.resize(self.layout.owners.len(), 0);
    }

    /// From the first row of some trials in step to that of the next ones: an odd number of lines of the cache, of four rows
    /// each. A multiple of a power of two would put a row of all of them into the same few sets of the cache.
    fn stride(&self) -> usize {
        4 * (self.layout.rows.div_ceil(4) | 1)
    }

    /// The first trial of the block that gave a value which is not a number: a fault of the program.
    pub fn faulty(&self) -> Option<usize> {
        self.faulty
    }

    /// Records trials; only the last ones of a block may be fewer than [`LANES`].
    pub fn record(&mut self, batch: &Batch) {
        let count = batch.count;
        debug_assert!(self.trials + LANES <= BLOCK && self.trials.is_multiple_of(LANES));
        let mut faulty = LANES;
        InstructionSet::Widest.dispatch(RecordRows { block: self, batch, faulty: &mut faulty });
        if faulty < count {
            self.faulty = self.faulty.or(Some(self.trials + faulty));
        }
        for index in self.layout.series..self.layout.owners.len() {
            let values = batch.outcomes[index - self.layout.series];
            for value in &values.0[..count] {
                let whole = self.layout.owners[index].fixed.whole(*value) as i128;
                self.squares[index] += whole * whole;
            }
        }
        if let Some(drivers) = &mut self.drivers {
            drivers.record(batch);
        }
        self.trials += count;
        if self.trials.is_multiple_of(EXACT) {
            self.add_up();
        }
    }

    /// The cells of rows from `row` on, trials in step after trials in step, and how many of these there are.
    pub(super) fn rows<const ROWS: usize>(&self, row: usize) -> impl Iterator<Item = (&[Cells; ROWS], usize)> {
        let starts = self.cells.chunks_exact(self.stride()).zip((0..self.trials).step_by(LANES));
        starts.filter_map(move |(cells, start)| {
            let rows = cells[row..].first_chunk()?;
            Some((rows, (self.trials - start).min(LANES)))
        })
    }

    /// Adds what was summed up lately to the sums.
    pub(super) fn add_up(&mut self) {
        for (sum, latest) in self.sums.iter_mut().zip(&mut self.latest) {
            *sum += std::mem::take(latest) as i64;
        }
    }
}

/// Records all rows; `faulty` becomes the first of the trials in step that has a value which is not a number, if one has.
struct RecordRows<'a> {
    block: &'a mut Block,
    batch: &'a Batch,
    faulty: &'a mut usize,
}

impl Kernel for RecordRows<'_> {
    #[inline(always)]
    fn run<N: Number>(self, _: LaneGroups<N>) {
        *self.faulty = record_rows(self.block, self.batch);
    }
}

#[inline(always)]
fn record_rows(block: &mut Block, batch: &Batch) -> usize {
    let start = block.trials / LANES * block.stride();
    let mut faulty = LANES;
    for (index, owner) in block.layout.owners.iter().enumerate() {
        let rows = owner.first_row..owner.first_row + owner.rows;
        let rows = OwnRows {
            owner,
            cells: &mut block.cells[start + rows.start..start + rows.end],
            latest: &mut block.latest[rows.clone()],
            lowest: &mut block.lowest[rows.clone()],
            highest: &mut block.highest[rows],
        };
        let found = match index.checked_sub(block.layout.series) {
            None => rows.record(batch.series.column(index), batch.count),
            Some(outcome) => rows.record([&batch.outcomes[outcome]].into_iter(), batch.count),
        };
        faulty = faulty.min(found);
    }
    faulty
}

/// Rows that are recorded at once: few enough to stay in the first cache.
const AT_ONCE: usize = 32;

/// Numbers of trials in step, row by row.
#[repr(align(64))]
struct Values([[f64; LANES]; AT_ONCE]);

impl Values {
    const ZERO: Values = Values([[0.0; LANES]; AT_ONCE]);
}

/// The rows of an owner, as trials in step change them.
struct OwnRows<'a> {
    owner: &'a Owner,
    cells: &'a mut [Cells],
    latest: &'a mut [f64],
    lowest: &'a mut [f64],
    highest: &'a mut [f64],
}

impl OwnRows<'_> {
    /// Records the values of all rows. Everything is a plain loop over numbers that lie side by side, which compilers turn into
    /// wide instructions.
    #[inline(always)]
    fn record<'a>(self, mut all: impl Iterator<Item = &'a Lanes>, count: usize) -> usize {
        let OwnRows { owner: &Owner { bins, fixed, can_be_never, .. }, cells, latest, lowest, highest } = self;
        // The value that is beyond no range: none, where no value is "never".
        let never = if can_be_never { f64::INFINITY } else { f64::NEG_INFINITY };
        let mut faulty = LANES;
        let (mut values, mut whole) = (Values::ZERO, Values::ZERO);
        let totals = cells.chunks_mut(AT_ONCE).zip(latest.chunks_mut(AT_ONCE));
        let ranges = lowest.chunks_mut(AT_ONCE).zip(highest.chunks_mut(AT_ONCE));
        for ((cells, latest), (lowest, highest)) in totals.zip(ranges) {
            let values = &mut values.0[..cells.len()];
            for (row, lanes) in values.iter_mut().zip(&mut all) {
                *row = lanes.0;
                // What is not counted is "never", which adds nothing and is beyond no range.
                row[count..].fill(f64::INFINITY);
            }
            bins.find(values.as_flattened(), cells.as_flattened_mut());
            let whole = &mut whole.0[..cells.len()];
            for (whole, value) in whole.as_flattened_mut().iter_mut().zip(values.as_flattened()) {
                *whole = fixed.whole(*value);
            }
            let rows = values.iter().zip(&*whole).zip(latest);
            for (((values, whole), latest), (lowest, highest)) in rows.zip(lowest.iter_mut().zip(highest)) {
                let four: [f64; 4] = from_fn(|lane| whole[lane] + whole[lane + 4]);
                *latest += (four[0] + four[2]) + (four[1] + four[3]);
                // Written so that what is not a number is beyond any range: looking for it costs nothing more.
                let beyond = |value: f64| !(value >= *lowest) | (!(value <= *highest) & (value != never));
                if values.iter().fold(false, |any, value| any | beyond(*value)) {
                    faulty = faulty.min(widen(lowest, highest, &values[..count], can_be_never));
                }
            }
        }
        faulty
    }
}

/// Widens a range to take in values; "never" may be the lowest, but is not the highest. Returns the place of the first that
/// is not a number; [`LANES`] if there is none.
#[cold]
fn widen(lowest: &mut f64, highest: &mut f64, values: &[f64], can_be_never: bool) -> usize {
    for &value in values {
        *lowest = lowest.min(value);
        *highest = if value < f64::INFINITY { highest.max(value) } else { *highest };
    }
    let is_faulty = |value: &f64| !(value.is_finite() || (can_be_never && *value == f64::INFINITY));
    values.iter().position(is_faulty).unwrap_or(LANES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::study::Study;

    /// Blocks give what counting value by value gives, whatever the number of trials in the last step.
    #[test]
    fn every_value_of_every_trial_counts() {
        let study =
            Study::from_text(include_str!("../../configs/smoke.toml")).unwrap_or_else(|faults| panic!("{faults}"));
        let model = &study.scenarios[0].model;
        let layout = Layout::new(model);
        let engine = Engine::new(model);
        let (mut tally, mut block, mut scratch) = (Tally::new(model), Block::new(model), engine.scratch());
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); layout.rows];
        for (begin, end) in [(0, 77), (77, 80), (80, 240)] {
            block.fit(&tally, begin as u64);
            for first in (begin..end).step_by(LANES) {
                let count = LANES.min(end - first);
                let batch = engine.run(first as u64..end as u64, &mut scratch);
                block.record(batch);
                let series = (0..layout.series).flat_map(|index| batch.series.column(index));
                for (values, lanes) in values.iter_mut().zip(series.chain(&batch.outcomes)) {
                    values.extend(&lanes.0[..count]);
                }
            }
            tally.absorb(&mut block);
        }
        for (index, owner) in layout.owners.iter().enumerate() {
            for number in 0..owner.rows {
                let (values, found) = (&values[owner.first_row + number], tally.histogram(index, number));
                let mut counts = vec![0; owner.bins.len()];
                values.iter().for_each(|value| counts[owner.bins.cell(*value)] += 1);
                assert_eq!(found.counts, counts);
                let finite = values.iter().copied().filter(|value| value.is_finite());
                assert_eq!(found.range.0, values.iter().copied().fold(f64::INFINITY, f64::min));
                assert_eq!(found.range.1, finite.clone().fold(f64::NEG_INFINITY, f64::max));
                let whole = finite.map(|value| owner.fixed.whole(value) as i128);
                assert_eq!(found.sums.sum, whole.clone().sum::<i128>());
                let square = whole.map(|whole| whole * whole).sum();
                assert_eq!(found.sums.square, if index < layout.series { 0 } else { square });
            }
        }
    }

    #[test]
    fn only_never_may_be_infinite_and_only_where_it_can_be() {
        let fault = |value: f64, can_be_never: bool| {
            let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
            (widen(&mut lowest, &mut highest, &[1.0, value], can_be_never), lowest, highest)
        };
        assert_eq!(fault(2.0, false), (LANES, 1.0, 2.0));
        assert_eq!(fault(f64::INFINITY, true), (LANES, 1.0, 1.0));
        assert_eq!(fault(f64::INFINITY, false).0, 1);
        for value in [f64::NAN, f64::NEG_INFINITY] {
            assert_eq!((fault(value, true).0, fault(value, false).0), (1, 1), "{value}");
        }
    }
}
