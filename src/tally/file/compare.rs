//! What was counted of both sides of a comparison.

use super::super::bytes::{ByteFault, Reader, Writer};
use super::super::fixed::Sums;
use super::super::pairs::{Pairs, widen};
use super::{most_square, most_sum};

/// Outcomes, and cells of one row of each.
fn shape(pairs: &Pairs) -> [usize; 2] {
    [pairs.outcomes.len(), pairs.outcomes.iter().map(|pair| pair.less.len()).sum()]
}

/// Most numbers that they are written as.
pub fn most_numbers(pairs: &Pairs) -> usize {
    let [outcomes, cells] = shape(pairs);
    // Four rows of counts of each: two sides, less, more. Of each side, and of the difference, sums and a range.
    2 + 8 * cells + outcomes * (3 * 4 + 2)
}

fn write_sums(writer: &mut Writer, sums: Sums) {
    writer.signed(sums.sum);
    writer.number(sums.square.unsigned_abs());
}

pub fn write(writer: &mut Writer, pairs: &Pairs) {
    shape(pairs).iter().for_each(|size| writer.number(*size as u64));
    for pair in &pairs.outcomes {
        for side in &pair.sides {
            writer.counts(&side.counts);
            write_sums(writer, side.sums);
            writer.range(side.range);
        }
        write_sums(writer, pair.difference);
        writer.range(pair.range);
        writer.number(pair.less.iter().map(|count| u64::from(*count)).sum::<u64>());
        writer.counts(&pair.less);
        writer.counts(&pair.more);
        writer.number(pair.never_both);
    }
}

/// The sums of so many whole numbers, each at most so many times as large as that of a value.
fn sums(reader: &mut Reader<'_>, trials: u64, times: u64) -> Result<Sums, ByteFault> {
    let square = most_square(trials * times * times).unsigned_abs();
    Ok(Sums {
        sum: reader.signed(most_sum(trials * times), "a sum")?,
        square: reader.wide(0..=square, "a sum of squares")? as i128,
    })
}

pub fn add(reader: &mut Reader<'_>, pairs: &mut Pairs, trials: u64) -> Result<(), ByteFault> {
    for size in shape(pairs) {
        reader.within(size as u64, size as u64, "a size of the pairs, by the models,")?;
    }
    for pair in &mut pairs.outcomes {
        let never = pair.never_cell();
        let mut never_in_either = trials;
        for side in &mut pair.sides {
            let before = side.counts[never];
            reader.counts(&mut side.counts, trials, |_| ())?;
            let own = u64::from(side.counts[never] - before);
            never_in_either = never_in_either.min(own);
            side.sums.merge(sums(reader, trials, 1)?);
            widen(&mut side.range, reader.range_of(own < trials)?);
        }
        pair.difference.merge(sums(reader, trials, 2)?);
        widen(&mut pair.range, reader.range_of(trials > 0)?);
        let less = reader.within(0, trials, "the trials in which b is less")?;
        reader.counts(&mut pair.less, less, |_| ())?;
        reader.counts(&mut pair.more, trials - less, |_| ())?;
        pair.never_both += reader.within(0, never_in_either, "the trials without a value in both")?;
        pair.trials += trials;
    }
    pairs.trials += trials;
    Ok(())
}
