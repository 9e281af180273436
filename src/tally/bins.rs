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
            Bins::Mixed { joint, highest, bits, .. } => {
                self.equal_cells() as usize + (((highest - joint) as usize) << bits)
            }
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

    /// Number of cells of equal width, from 0 on.
    #[inline(always)]
    fn equal_cells(self) -> u64 {
        match self {
            Bins::Whole(count) => u64::from(count),
            Bins::Linear { cells, .. } => u64::from(cells),
            Bins::Log { .. } => 0,
            Bins::Mixed { exponent, joint, .. } => 1 << (joint - exponent),
        }
    }

    /// Cells of equal width to a unit.
    #[inline(always)]
    fn scale(self) -> f64 {
        match self {
            Bins::Linear { exponent, .. } | Bins::Mixed { exponent, .. } => power_of_two(-exponent),
            _ => 1.0,
        }
    }

    /// Finds the cells of as many values. A plain loop for each kind, which compilers turn into wide instructions.
    #[inline(always)]
    pub fn find(self, values: &[f64], cells: &mut [u16]) {
        let last = self.len() as u64 - 4;
        let special = |value: f64, cell: u64| {
            let cell = if value == 0.0 { 0 } else { cell };
            (if value < f64::INFINITY { cell } else { last + 3 }) as u16
        };
        let (scale, equal) = (self.scale(), self.equal_cells());
        match self {
            Bins::Whole(_) | Bins::Linear { .. } => {
                for (cell, &value) in cells.iter_mut().zip(values) {
                    *cell = special(value, equal_cell(value * scale, equal as f64));
                }
            }
            Bins::Log { lowest, highest, bits } => {
                let octaves = Octaves::new(lowest, highest, bits);
                for (cell, &value) in cells.iter_mut().zip(values) {
                    *cell = special(value, 1 + octaves.cell(value));
                }
            }
            Bins::Mixed { joint, highest, bits, .. } => {
                let (octaves, from) = (Octaves::new(joint, highest, bits), power_of_two(joint));
                for (cell, &value) in cells.iter_mut().zip(values) {
                    let (below, above) = (equal_cell(value * scale, equal as f64), 1 + equal + octaves.cell(value));
                    *cell = special(value, if value < from { below } else { above });
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

    /// Lower and upper edge of a cell. A whole number is both edges of its own.
    pub fn edges(self, cell: usize) -> (f64, f64) {
        let last = self.len() - 4;
        match cell {
            0 => (0.0, 0.0),
            1 => (0.0, self.edge(0)),
            cell if cell == last + 2 => (self.edge(last), f64::INFINITY),
            cell if cell == last + 3 => (f64::INFINITY, f64::INFINITY),
            cell => {
                let (low, high) = (self.edge(cell - 2), self.edge(cell - 1));
                if self.is_whole() { (low, high - 1.0) } else { (low, high) }
            }
        }
    }

    /// Whether all values are whole numbers.
    fn is_whole(self) -> bool {
        matches!(self, Bins::Whole(_) | Bins::Mixed { exponent: 0, .. })
    }

    /// Lower edge of one of the cells proper, counted from 0.
    fn edge(self, index: usize) -> f64 {
        let (index, equal) = (index as u64, self.equal_cells());
        match self {
            Bins::Log { lowest, bits, .. } => octave_edge(lowest, bits, index),
            Bins::Mixed { joint, bits, .. } if index >= equal => octave_edge(joint, bits, index - equal),
            _ => index as f64 / self.scale(),
        }
    }
}

/// `value`, or the nearer end where it lies outside.
#[inline(always)]
fn within(value: f64, low: f64, high: f64) -> f64 {
    let value = if value < high { value } else { high };
    if value > low { value } else { low }
}

/// Which of `cells` equal cells holds a value, counted in cells; 1 is below the first, which is 2.
#[inline(always)]
fn equal_cell(value: f64, cells: f64) -> u64 {
    // The product with a power of two is exact, so that no value lands in the wrong cell.
    let near = within(value, -1.0, cells);
    let nearest = math::nearest(near);
    let below = if nearest > near { nearest - 1.0 } else { nearest };
    // Whole numbers beyond 2^52 hold themselves in their low bits.
    (below + (2.0 + TWO_52)).to_bits() & 0xffff
}

/// Cells of equal relative width: the exponent of a float and the first bits of its mantissa are the number of its cell.
#[derive(Clone, Copy)]
struct Octaves {
    before_first: u64,
    shift: u32,
    low: f64,
    high: f64,
}

impl Octaves {
    #[inline(always)]
    fn new(lowest: i32, highest: i32, bits: u32) -> Self {
        let before_first = (((lowest + 1023) as u64) << bits) - 1;
        Octaves { before_first, shift: 52 - bits, low: power_of_two(lowest).next_down(), high: power_of_two(highest) }
    }

    /// The cell of a value: 0 is below the first, which is 1.
    #[inline(always)]
    fn cell(self, value: f64) -> u64 {
        (within(value, self.low, self.high).to_bits() >> self.shift) - self.before_first
    }
}

/// Lower edge of one of the cells of equal relative width from `2^lowest` on.
fn octave_edge(lowest: i32, bits: u32, index: u64) -> f64 {
    f64::from_bits((index + (((lowest + 1023) as u64) << bits)) << (52 - bits))
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
            Bins::Log { lowest: -70, highest: -10, bits: 8 },
            Bins::Mixed { exponent: -9, joint: 1, highest: 9, bits: 7 },
            Bins::Mixed { exponent: -1, joint: 8, highest: 12, bits: 7 },
            Bins::Mixed { exponent: 0, joint: 3, highest: 20, bits: 3 },
        ];
        for bins in bins {
            let mut last = 0;
            for step in 0..5000 {
                let value = match bins {
                    Bins::Whole(_) | Bins::Mixed { exponent: 0, .. } => f64::from(step / 10),
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
            assert_eq!(bins.edges(bins.never()), (f64::INFINITY, f64::INFINITY));
        }
    }

    #[test]
    fn doubling_moves_a_logarithmic_cell_by_one_octave() {
        let bins = Bins::Log { lowest: -10, highest: 30, bits: 6 };
        let doubled = Bins::Log { lowest: -9, highest: 31, bits: 6 };
        for value in [0.013, 1.0, 77.7, 1e6] {
            assert_eq!(bins.cell(2.0 * value), bins.cell(value) + 64);
            assert_eq!(doubled.cell(2.0 * value), bins.cell(value));
        }
    }

    #[test]
    fn whole_numbers_that_share_a_cell_are_its_edges() {
        let bins = Bins::Mixed { exponent: 0, joint: 10, highest: 20, bits: 8 };
        for (value, edges) in [(7.0, (7.0, 7.0)), (1023.0, (1023.0, 1023.0)), (1030.0, (1028.0, 1031.0))] {
            assert_eq!(bins.edges(bins.cell(value)), edges);
        }
    }
}
