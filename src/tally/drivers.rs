//! What the uniform numbers behind the inputs explain of the numbers of a trial: sums by bin.
//!
//! The uniform numbers of a trial follow from its number, so that none is stored: those of a block of trials are computed once
//! more when the block is taken in. Everything is a whole number, so that adding up in any order, on any number of threads and
//! in any number of parts, gives the same.

use super::fixed::Fixed;
use crate::engine::Batch;
use crate::math::nearest;
use crate::model::{ClaimTest, Model};
use crate::random::Key;
use crate::simd::{InstructionSet, LANES, kernel};
use crate::statistics::{Cell, Jackknife, PairTotals, SECTIONS, Totals, first_order, section_of};

/// Bins of equal probability into which a uniform number is sorted. A tenth of it is four of them.
pub const BINS: usize = 40;

/// Bins of a tenth.
const TENTH: usize = BINS / 10;

/// Whole numbers are this much coarser than those of a mean, so that the sums of a bin stay below `2^63`: `2^40` at the most,
/// in a bin of one section about `10^9 / 800 < 2^21` times.
const COARSER: f64 = 64.0;

/// A number of each trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driven {
    /// Value of the outcome with this index, which is never "never".
    Value(usize),
    /// Whether the outcome with this index, a date, comes within the horizon.
    Comes(usize),
    /// Whether the claim with this index holds.
    Holds(usize),
    /// Value of the series with this index in this month.
    InMonth(usize, usize),
}

/// A [`Driven`] as it is read from a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    driven: Driven,
    /// Of a claim: the outcome that it is about, and what it says of it.
    claim: Option<(usize, ClaimTest)>,
    fixed: Fixed,
    /// Size of the whole numbers, in those of `fixed`.
    coarser: f64,
}

impl Reading {
    fn new(model: &Model, driven: Driven) -> Self {
        let (fixed, claim) = match driven {
            Driven::Value(outcome) => {
                let spec = &model.outcomes[outcome];
                (Fixed::new(spec.bins(model.months), spec.ceiling), None)
            }
            Driven::Comes(_) => (Fixed::WHOLE, None),
            Driven::Holds(claim) => {
                let claim = &model.claims[claim];
                (Fixed::WHOLE, Some((model.date_of(claim.milestone), claim.test)))
            }
            Driven::InMonth(series, _) => {
                let spec = &model.series[series];
                (Fixed::new(spec.bins(), spec.ceiling), None)
            }
        };
        Reading { driven, claim, fixed, coarser: if fixed.rounding() == 0.0 { 1.0 } else { COARSER } }
    }

    /// The number in one of the trials.
    fn value(&self, batch: &Batch, lane: usize) -> f64 {
        let yes = |is_so: bool| if is_so { 1.0 } else { 0.0 };
        match (self.driven, self.claim) {
            (Driven::Value(outcome), _) => batch.outcomes[outcome].0[lane],
            (Driven::Comes(outcome), _) => yes(batch.outcomes[outcome].0[lane].is_finite()),
            (Driven::InMonth(series, month), _) => batch.series.month(month)[series].0[lane],
            (Driven::Holds(_), Some((date, test))) => yes(test.holds(batch.outcomes[date].0[lane])),
            (Driven::Holds(_), None) => f64::NAN,
        }
    }

    fn whole(&self, value: f64) -> i64 {
        nearest(self.fixed.whole(value) / self.coarser) as i64
    }

    /// What a mean of whole numbers stands for.
    fn mean(&self, whole: f64) -> f64 {
        self.fixed.value(whole * self.coarser)
    }
}

/// A number over all trials.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    reading: Reading,
    pub sections: [Totals; SECTIONS],
    /// Range of the values, which tells whether all of them could be added up.
    pub range: (f64, f64),
}

impl Column {
    fn new(model: &Model, driven: Driven) -> Self {
        let reading = Reading::new(model, driven);
        Column { reading, sections: [Totals::default(); SECTIONS], range: (f64::INFINITY, f64::NEG_INFINITY) }
    }

    fn merge(&mut self, other: &Column) {
        self.sections.iter_mut().zip(&other.sections).for_each(|(own, other)| own.merge(other));
        self.range = (self.range.0.min(other.range.0), self.range.1.max(other.range.1));
    }
}

/// Sums by bin, for every stream of the inputs and every number of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Drivers {
    pub(super) columns: Vec<Column>,
    keys: Vec<Key>,
    /// By stream, section and bin: trials.
    counts: Vec<u32>,
    /// By stream, section, bin and number: sum of the whole numbers.
    sums: Vec<i64>,
}

/// The numbers of a block of trials, on their way into [`Drivers`].
#[derive(Clone, Debug)]
pub(super) struct DriverBlock {
    first: u64,
    readings: Vec<Reading>,
    /// By trial, then by number.
    values: Vec<f64>,
}

impl DriverBlock {
    /// Adds trials.
    pub fn record(&mut self, batch: &Batch) {
        for lane in 0..batch.count {
            self.values.extend(self.readings.iter().map(|reading| reading.value(batch, lane)));
        }
    }
}

impl Drivers {
    /// Number of sums that this takes.
    pub fn size(model: &Model, numbers: usize) -> u64 {
        (model.input_streams().streams.len() * SECTIONS * BINS * numbers) as u64
    }

    /// Empty, for these numbers of the trials of `model` and all streams of its inputs.
    pub fn new(model: &Model, numbers: &[Driven]) -> Self {
        let keys = model.input_streams().streams.iter().map(|stream| stream.key).collect();
        Drivers::of_streams(model, numbers, keys)
    }

    /// Empty, for the means of these numbers alone.
    pub fn means_only(model: &Model, numbers: &[Driven]) -> Self {
        Drivers::of_streams(model, numbers, Vec::new())
    }

    fn of_streams(model: &Model, numbers: &[Driven], keys: Vec<Key>) -> Self {
        let cells = keys.len() * SECTIONS * BINS;
        Drivers {
            columns: numbers.iter().map(|driven| Column::new(model, *driven)).collect(),
            keys,
            counts: vec![0; cells],
            sums: vec![0; cells * numbers.len()],
        }
    }

    /// Room for trials from `first` on.
    pub(super) fn block(&self, first: u64) -> DriverBlock {
        let readings = self.columns.iter().map(|column| column.reading).collect();
        DriverBlock { first, readings, values: Vec::new() }
    }

    /// Takes in a block.
    pub(super) fn absorb(&mut self, block: &DriverBlock) {
        let width = self.columns.len();
        if width == 0 {
            return;
        }
        let trials = block.first..block.first + (block.values.len() / width) as u64;
        let mut whole = vec![0i64; block.values.len()];
        for (index, column) in self.columns.iter_mut().enumerate() {
            let values = block.values[index..].iter().step_by(width);
            for ((trial, value), whole) in trials.clone().zip(values).zip(whole[index..].iter_mut().step_by(width)) {
                *whole = column.reading.whole(*value);
                let one = i128::from(*whole);
                column.sections[section_of(trial)].merge(&Totals { count: 1, sum: one, square: one * one });
                column.range = (column.range.0.min(*value), column.range.1.max(*value));
            }
        }
        let rows = SECTIONS * BINS;
        let own = self.counts.chunks_exact_mut(rows).zip(self.sums.chunks_exact_mut(rows * width));
        let mut bins = vec![[0u32; LANES]; (trials.end - trials.start).div_ceil(LANES as u64) as usize];
        for (key, (counts, sums)) in self.keys.iter().zip(own) {
            InstructionSet::Widest.dispatch(FindBins { key, first: trials.start, bins: &mut bins });
            let trials = trials.clone().zip(bins.as_flattened());
            for ((trial, bin), values) in trials.zip(whole.chunks_exact(width)) {
                let row = section_of(trial) * BINS + *bin as usize;
                counts[row] += 1;
                let sums = &mut sums[row * width..(row + 1) * width];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
    }

    /// Adds what was counted elsewhere, of other trials.
    pub fn merge(&mut self, other: &Drivers) {
        self.columns.iter_mut().zip(&other.columns).for_each(|(own, other)| own.merge(other));
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, other)| *own += other);
        self.sums.iter_mut().zip(&other.sums).for_each(|(own, other)| *own += other);
    }

    /// How many numbers, and how many streams of inputs.
    pub(super) fn shape(&self) -> [usize; 2] {
        [self.columns.len(), self.keys.len()]
    }

    /// By stream: counts by section and bin, and sums by section, bin and number.
    pub(super) fn streams(&self) -> impl Iterator<Item = (&[u32], &[i64])> {
        let cells = SECTIONS * BINS;
        self.counts.chunks_exact(cells).zip(self.sums.chunks_exact((cells * self.columns.len()).max(1)))
    }

    /// The same, to add to them.
    pub(super) fn streams_mut(&mut self) -> impl Iterator<Item = (&mut [u32], &mut [i64])> {
        let cells = SECTIONS * BINS;
        let sums = self.sums.chunks_exact_mut((cells * self.columns.len()).max(1));
        self.counts.chunks_exact_mut(cells).zip(sums)
    }

    /// The numbers, in their order.
    pub fn numbers(&self) -> impl Iterator<Item = Driven> {
        self.columns.iter().map(|column| column.reading.driven)
    }

    /// Whether all values of a number could be added up.
    pub fn holds(&self, number: usize) -> bool {
        let column = &self.columns[number];
        column.reading.fixed.holds(column.range)
    }

    fn cell(&self, stream: usize, number: usize, section: usize, bin: usize) -> Cell {
        let row = (stream * SECTIONS + section) * BINS + bin;
        (u64::from(self.counts[row]), i128::from(self.sums[row * self.columns.len() + number]))
    }

    /// Share of the variance of a number that a stream explains by itself; see [`first_order`].
    pub fn share(&self, stream: usize, number: usize) -> Option<Jackknife> {
        let cells = |section: usize| (0..BINS).map(move |bin| self.cell(stream, number, section, bin));
        first_order(&self.columns[number].sections, cells).filter(|_| self.holds(number))
    }

    /// Mean of a number over all trials.
    pub fn mean(&self, number: usize) -> Option<Jackknife> {
        let Column { reading, sections, .. } = &self.columns[number];
        let cell = |section: usize| (sections[section].count, sections[section].sum);
        mean(reading, cell).filter(|_| self.holds(number))
    }

    /// Means of a number over the trials in the lowest and in the highest tenth of a stream.
    pub fn tenths(&self, stream: usize, number: usize) -> Option<[Jackknife; 2]> {
        let of = |first: usize| {
            let cell = |section: usize| {
                let cells = (first..first + TENTH).map(|bin| self.cell(stream, number, section, bin));
                cells.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
            };
            mean(&self.columns[number].reading, cell)
        };
        Some([of(0)?, of(BINS - TENTH)?]).filter(|_| self.holds(number))
    }
}

/// Mean of what the sections hold.
fn mean(reading: &Reading, cell: impl Fn(usize) -> Cell) -> Option<Jackknife> {
    Jackknife::new(|left_out| {
        let kept = (0..SECTIONS).filter(|section| Some(*section) != left_out);
        let (count, sum) = kept.map(&cell).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        (count > 0).then(|| reading.mean(sum as f64 / count as f64))
    })
}

kernel! {
    FindBins<'a> { key: &'a Key, first: u64, bins: &'a mut [[u32; LANES]] } calls find_bins
}

#[inline(always)]
fn find_bins(key: &Key, first: u64, bins: &mut [[u32; LANES]]) {
    for (step, bins) in bins.iter_mut().enumerate() {
        let trials: [u64; LANES] = std::array::from_fn(|lane| first + (step * LANES + lane) as u64);
        let uniforms = key.uniforms(&trials);
        *bins = uniforms.map(|uniform| (uniform * BINS as f64) as u32);
    }
}

/// Pairs of trials that differ in some inputs alone: sums of their numbers and of the squares of their differences.
#[derive(Clone, Debug, PartialEq)]
pub struct Redrawn {
    columns: Vec<(Reading, [PairTotals; SECTIONS], (f64, f64))>,
}

impl Redrawn {
    /// Empty, for these numbers.
    pub fn new(model: &Model, numbers: &[Driven]) -> Self {
        let empty = |driven: &Driven| {
            let range = (f64::INFINITY, f64::NEG_INFINITY);
            (Reading::new(model, *driven), [PairTotals::default(); SECTIONS], range)
        };
        Redrawn { columns: numbers.iter().map(empty).collect() }
    }

    /// Records trials from `first` on, as they are and with some inputs drawn afresh.
    pub fn record(&mut self, first: u64, batches: [&Batch; 2]) {
        for lane in 0..batches[0].count {
            for (reading, sections, range) in &mut self.columns {
                let values = batches.map(|batch| reading.value(batch, lane));
                sections[section_of(first + lane as u64)].add(values.map(|value| reading.whole(value)));
                values.iter().for_each(|value| *range = (range.0.min(*value), range.1.max(*value)));
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Redrawn) {
        for ((_, sections, range), (_, others, other)) in self.columns.iter_mut().zip(&other.columns) {
            sections.iter_mut().zip(others).for_each(|(own, other)| own.merge(other));
            *range = (range.0.min(other.0), range.1.max(other.1));
        }
    }

    /// By number: the pairs of each section; none where some values are too large to be added up.
    pub fn sections(&self) -> impl Iterator<Item = Option<&[PairTotals; SECTIONS]>> {
        self.columns.iter().map(|(reading, sections, range)| reading.fixed.holds(*range).then_some(sections))
    }
}
