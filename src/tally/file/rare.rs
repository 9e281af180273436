//! What was counted of rare events: sums of weights.

use std::collections::BTreeMap;

use super::super::bytes::{ByteFault, Reader, Writer};
use super::super::weighted::{Band, EXPONENTS, Weighted, Weights, exponent_of};

pub fn write(writer: &mut Writer, weighted: &Weighted) {
    writer.number(weighted.sides.len() as u64);
    write_weights(writer, &weighted.all);
    weighted.sides.iter().flatten().for_each(|weights| write_weights(writer, weights));
}

/// Most numbers that they are written as.
pub fn most_numbers(weighted: &Weighted) -> usize {
    1 + (1 + 2 * weighted.sides.len()) * (1 + 5 * EXPONENTS.count())
}

fn write_weights(writer: &mut Writer, weights: &Weights) {
    writer.number(weights.bands.len() as u64);
    for (exponent, band) in &weights.bands {
        writer.number((exponent - EXPONENTS.start()).unsigned_abs());
        writer.number(band.count);
        writer.number(band.sum);
        writer.number(band.squares);
        writer.float(band.largest);
    }
}

pub fn add(reader: &mut Reader<'_>, weighted: &mut Weighted, trials: u64) -> Result<(), ByteFault> {
    let events = weighted.sides.len() as u64;
    reader.within(events, events, "the number of events, by the study,")?;
    let start = reader.at();
    let all = weights(reader, trials)?;
    if all.count() != trials {
        return reader.fault(start, format!("{} weights are there, of {trials} trials", all.count()));
    }
    weighted.all.merge(&all);
    for sides in &mut weighted.sides {
        let start = reader.at();
        let own = [weights(reader, trials)?, weights(reader, trials)?];
        let count = own[0].count() + own[1].count();
        if count != trials {
            return reader.fault(start, format!("{count} weights are there, of {trials} trials"));
        }
        sides.iter_mut().zip(&own).for_each(|(side, own)| side.merge(own));
    }
    Ok(())
}

/// Weights of at most so many trials.
fn weights(reader: &mut Reader<'_>, trials: u64) -> Result<Weights, ByteFault> {
    let (first, last) = (*EXPONENTS.start(), *EXPONENTS.end());
    let bands = reader.within(0, (last - first + 1).unsigned_abs().into(), "a number of powers of two")?;
    let mut found = BTreeMap::new();
    let (mut least, mut left) = (0, trials);
    for _ in 0..bands {
        let place = reader.within(least, (last - first).unsigned_abs().into(), "a power of two above the last one")?;
        least = place + 1;
        let exponent = first + place as i32;
        let count = reader.within(1, left, "a number of weights")?;
        left -= count;
        // A mantissa has its 53rd bit, and its first 31 bits have the first of these; that of what counts as 0 has none.
        let full = if exponent == first { 0 } else { u128::from(count) };
        let sum = reader.wide(full << 52..=(full << 53) - full, "a sum of mantissas")?;
        let squares = reader.wide(full << 60..=full << 62, "a sum of squares")?;
        let start = reader.at();
        let largest = reader.float("a largest weight")?;
        if !(largest >= 0.0 && exponent_of(largest) == exponent) {
            return reader.fault(start, format!("{largest:e} is no weight from 2^{exponent} to below twice that"));
        }
        found.insert(exponent, Band { count, sum, squares, largest });
    }
    Ok(Weights { bands: found })
}
