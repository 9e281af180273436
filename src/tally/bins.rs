//! The cells of a histogram: found from a value without a logarithm, and with edges that hold it.

use crate::math;
use crate::model::Bins;

/// `2^52`.
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// 2 to the power of `exponent`, exactly.
pub fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent.clamp(-1000, 1000)) as u64) << 52)
}

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

    /// Finds the cells of as many values. A plain loop for each kind, which compilers turn into wide instructions.
    #[inline(always)]
    pub fn find(self, values: &[f64], cells: &mut [u16]) {
        let last = self.len() as u64 - 4;
        let special = |value: f64, cell: u64| {
            let cell = if value == 0.0 { 0 } else { cell };
            (if value < f64::INFINITY { cell } else { last + 3 }) as u16
        };
        let within = |value: f64, low: f64, high: f64| {
            let value = if value < high { value } else { high };
            if value > low { value } else { low }
        };
        match self {
            Bins::Whole(_) | Bins::Linear { .. } => {
                let (scale, most) = (self.scale(), last as f64);
                for (cell, &value) in cells.iter_mut().zip(values) {
                    // The product with a power of two is exact, so that no value lands in the wrong cell.
                    let near = within(value * scale, -1.0, most);
                    let nearest = math::nearest(near);
                    let below = if nearest > near { nearest - 1.0 } else { nearest };
                    // Whole numbers beyond 2^52 hold themselves in their low bits.
                    *cell = special(value, (below + (2.0 + TWO_52)).to_bits() & 0xffff);
                }
            }
            Bins::Log { lowest, highest, bits } => {
                let before_first = (((lowest + 1023) as u64) << bits) - 1;
                let (low, high) = (power_of_two(lowest).next_down(), power_of_two(highest));
                for (cell, &value) in cells.iter_mut().zip(values) {
                    let near = within(value, low, high);
                    *cell = special(value, (near.to_bits() >> (52 - bits)) - before_first + 1);
                }
            }
        }
    }

    /// Cell of a value.
    #[inline]
    pub fn cell(self, value: f64) -> usize {
        let mut cell = [0];
        self.find(&[value], &mut cell);
        usize::from(cell[0])
    }

    /// Cells to a unit.
    #[inline(always)]
    fn scale(self) -> f64 {
        match self {
            Bins::Linear { exponent, .. } => power_of_two(-exponent),
            _ => 1.0,
        }
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
            Bins::Whole(_) | Bins::Linear { .. } => index as f64 / self.scale(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_between_the_edges_of_its_cell() {
        let bins = [
            Bins::Whole(240),
            Bins::Linear { exponent: -10, cells: 1024 },
            Bins::Linear { exponent: -9, cells: 2048 },
            Bins::Linear { exponent: 0, cells: 1000 },
            Bins::Linear { exponent: -3, cells: 4000 },
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
            assert_eq!(bins.cell(1e300), bins.never() - 1);
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
