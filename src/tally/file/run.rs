//! What was counted of a run: a tally with its drivers, and sums of inputs that were simulated again.

use std::ops::Range;

use super::super::bytes::{ByteFault, Reader, Writer};
use super::super::drivers::Drivers;
use super::super::nested::{EVENT_SAMPLES, GROUPS, NestedSampling};
use super::super::pairs::widen;
use super::super::{Owner, Tally};
use super::{most_square, most_sum};
use crate::model::Bins;
use crate::statistics::{Nested, SECTIONS};

impl Tally {
    /// Series and outcomes, rows, cells.
    fn shape(&self) -> [usize; 3] {
        [self.layout.owners.len(), self.layout.rows, self.layout.cells]
    }
}

/// Most numbers that a tally is written as.
pub fn most_of_tally(tally: &Tally) -> usize {
    let [owners, rows, cells] = tally.shape();
    let drivers = tally.drivers.iter().flat_map(Drivers::streams).map(|(counts, sums)| 2 * counts.len() + sums.len());
    let columns = tally.drivers.as_ref().map_or(0, |drivers| drivers.columns.len() * (3 * SECTIONS + 2));
    owners + 3 * rows + 2 * cells + drivers.sum::<usize>() + columns + 6
}

/// Cells by row.
fn rows(owners: &[Owner]) -> impl Iterator<Item = Bins> {
    owners.iter().flat_map(|owner| std::iter::repeat_n(owner.bins, owner.rows))
}

pub fn write_tally(writer: &mut Writer, tally: &Tally) {
    tally.shape().iter().for_each(|size| writer.number(*size as u64));
    let mut rest = &tally.counts[..];
    for bins in rows(&tally.layout.owners) {
        let (row, others) = rest.split_at(bins.len());
        writer.counts(row);
        rest = others;
    }
    tally.sums.iter().chain(&tally.squares).for_each(|sum| writer.signed(*sum));
    for (low, high) in tally.lowest.iter().zip(&tally.highest) {
        writer.range((*low, *high));
    }
    writer.number(u64::from(tally.drivers.is_some()));
    tally.drivers.iter().for_each(|drivers| write_drivers(writer, drivers));
}

pub fn add_tally(reader: &mut Reader<'_>, tally: &mut Tally, trials: u64) -> Result<(), ByteFault> {
    for size in tally.shape() {
        reader.within(size as u64, size as u64, "a size of the tally, by the model,")?;
    }
    let mut rest = &mut tally.counts[..];
    let mut have_values = Vec::new();
    for bins in rows(&tally.layout.owners) {
        let (row, others) = rest.split_at_mut(bins.len());
        let before = row[bins.never()];
        reader.counts(row, trials, |_| ())?;
        have_values.push(u64::from(row[bins.never()] - before) < trials);
        rest = others;
    }
    for sum in &mut tally.sums {
        *sum += reader.signed(most_sum(trials), "a sum")?;
    }
    for square in &mut tally.squares {
        *square += reader.signed(most_square(trials), "a sum of squares")?;
    }
    for ((low, high), has_values) in tally.lowest.iter_mut().zip(&mut tally.highest).zip(have_values) {
        let range = reader.range_of(has_values)?;
        (*low, *high) = (low.min(range.0), high.max(range.1));
    }
    let told = u64::from(tally.drivers.is_some());
    reader.within(told, told, "whether drivers are counted, by the study,")?;
    tally.trials += trials;
    tally.drivers.as_mut().map_or(Ok(()), |drivers| add_drivers(reader, drivers, trials))
}

fn write_drivers(writer: &mut Writer, drivers: &Drivers) {
    drivers.shape().iter().for_each(|size| writer.number(*size as u64));
    for column in &drivers.columns {
        for totals in &column.sections {
            writer.number(totals.count);
            writer.signed(totals.sum);
            writer.signed(totals.square);
        }
        writer.range(column.range);
    }
    for (counts, sums) in drivers.streams() {
        writer.counts(counts);
        let width = sums.len() / counts.len();
        let cells = counts.iter().zip(sums.chunks_exact(width)).filter(|(count, _)| **count > 0);
        cells.flat_map(|(_, sums)| sums).for_each(|sum| writer.signed(*sum));
    }
}

fn add_drivers(reader: &mut Reader<'_>, drivers: &mut Drivers, trials: u64) -> Result<(), ByteFault> {
    for size in drivers.shape() {
        reader.within(size as u64, size as u64, "a size of the drivers, by the model,")?;
    }
    for column in &mut drivers.columns {
        for totals in &mut column.sections {
            totals.count += reader.within(0, trials, "the trials of a section")?;
            totals.sum += reader.signed(most_sum(trials), "a sum")?;
            totals.square += reader.signed(most_square(trials), "a sum of squares")?;
        }
        widen(&mut column.range, reader.range()?);
    }
    let mut counted = Vec::new();
    for (counts, sums) in drivers.streams_mut() {
        counted.clear();
        reader.counts(counts, trials, |cell| counted.push(cell))?;
        let width = sums.len() / counts.len();
        for cell in &counted {
            for sum in &mut sums[cell * width..(cell + 1) * width] {
                // Of trials that were simulated it never overflows (see `tally/drivers.rs`).
                *sum = sum.saturating_add(reader.signed(i64::MAX.into(), "a sum")? as i64);
            }
        }
    }
    Ok(())
}

impl NestedSampling {
    /// Outcomes and claims, months of all milestones.
    fn shape(&self) -> [usize; 2] {
        [self.columns.len(), self.by_month.len()]
    }
}

/// Most numbers that nested sums are written as.
pub fn most_of_nested(nested: &NestedSampling) -> usize {
    let [columns, months] = nested.shape();
    2 + columns * (3 * GROUPS + 2) + 2 * months
}

pub fn write_nested(writer: &mut Writer, nested: &NestedSampling) {
    nested.shape().iter().for_each(|size| writer.number(*size as u64));
    for column in &nested.columns {
        for group in &column.groups {
            writer.signed(group.sum);
            writer.number(group.squared_sums.unsigned_abs());
            writer.number(group.squares.unsigned_abs());
        }
        writer.range(column.range);
    }
    for (reached, squares) in &nested.by_month {
        writer.number(*reached);
        writer.number(*squares);
    }
}

pub fn add_nested(reader: &mut Reader<'_>, nested: &mut NestedSampling, draws: Range<u64>) -> Result<(), ByteFault> {
    for size in nested.shape() {
        reader.within(size as u64, size as u64, "a size of the nested sums, by the model,")?;
    }
    let each = EVENT_SAMPLES as u64;
    for column in &mut nested.columns {
        for (remainder, group) in column.groups.iter_mut().enumerate() {
            let own = of_remainder(&draws, remainder as u64);
            // Samples as whole numbers are at most `2^46` (see `tally/fixed.rs`), and no sum of `10^8` draws overflows.
            let square = most_square(own * each).unsigned_abs();
            group.merge(&Nested {
                draws: own,
                each: if own > 0 { each } else { 0 },
                sum: reader.signed(most_sum(own * each), "a sum")?,
                squared_sums: reader.wide(0..=square * u128::from(each), "a sum of squared sums")? as i128,
                squares: reader.wide(0..=square, "a sum of squares")? as i128,
            });
        }
        widen(&mut column.range, reader.range()?);
    }
    let own = draws.end - draws.start;
    for (reached, squares) in &mut nested.by_month {
        *reached += reader.within(0, own * each, "samples that reach a milestone")?;
        *squares += reader.within(0, own * each * each, "a sum of squares")?;
    }
    nested.draws += own;
    Ok(())
}

/// How many of some draws have a number with this remainder.
fn of_remainder(draws: &Range<u64>, remainder: u64) -> u64 {
    let below = |end: u64| (end + GROUPS as u64 - 1 - remainder) / GROUPS as u64;
    below(draws.end) - below(draws.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_counted_by_their_remainder() {
        for draws in [0..0, 0..1, 0..32, 5..69, 1000..1008, 31..33] {
            for remainder in 0..GROUPS as u64 {
                let counted = draws.clone().filter(|draw| draw % GROUPS as u64 == remainder).count() as u64;
                assert_eq!(of_remainder(&draws, remainder), counted, "{draws:?} {remainder}");
            }
        }
    }
}
