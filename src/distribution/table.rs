//! A quantile function as cubic pieces, for laws whose quantiles must be solved for.
//!
//! Cells halve in width towards both ends, as `min(u, 1 - u)` does, and 16 or more share an octave: the bits of that float
//! are the number of the cell and the place in it. Each cell is the cubic of Hermite with the slopes `1 / density` at its
//! ends, bent to be monotone (Fritsch and Carlson 1980). Every cell is checked against the distribution function when
//! the table is made; one that fails, for a jump or a gap inside, is left to be solved for.

use super::law::{Law, Truncated};
use crate::special::Probability;

/// Octaves on either side: from 2^-16 to 1/2.
const OCTAVES: usize = 15;
/// Outermost knot.
const OUTERMOST: f64 = 1.0 / 65_536.0;
/// Allowed error of a cell as a share of the value or of the middle half of the distribution, whichever is smaller.
const TOLERANCE: f64 = 5e-7;
/// Or of the probability: what the exact solution could miss by if the distribution function is only so good.
const SLACK: f64 = 1e-10;

/// Cubic pieces on both halves of (0, 1).
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Cells per octave, as a power of two.
    bits: u32,
    /// `u` below one half, by rising `u`.
    lower: Vec<Cell>,
    /// `u` above one half, by rising `1 - u`.
    upper: Vec<Cell>,
}

/// Coefficients by rising powers of the place in the cell, 0 to 1. The last is not a number in a cell to be solved.
#[derive(Clone, Copy, Debug)]
struct Cell([f64; 4]);

/// What the table has for a `u`.
pub(super) enum Found {
    Value(f64),
    /// To be solved for between these.
    Between(f64, f64),
}

impl Table {
    /// As fine as it takes to leave less than one draw in a hundred to be solved for, up to 128 cells per octave.
    pub fn new(law: &Truncated) -> Table {
        let most = match &law.law {
            // Each look at a mixture is one at every part.
            Law::Mixture(mixture) if mixture.leaves() > 4 => 5,
            _ => 7,
        };
        let mut best = Table::with(law, 4);
        for bits in 5..=most {
            let left = best.left_to_solve();
            if left < 0.01 {
                break;
            }
            let finer = Table::with(law, bits);
            let better = finer.left_to_solve() < 0.9 * left;
            if better {
                best = finer;
            } else {
                break;
            }
        }
        best
    }

    fn with(law: &Truncated, bits: u32) -> Table {
        let fitter = Fitter::new(law);
        Table { bits, lower: fitter.half(bits, true), upper: fitter.half(bits, false) }
    }

    /// Probability of a cell that is to be solved.
    fn left_to_solve(&self) -> f64 {
        let half = |cells: &[Cell]| -> f64 {
            let marked = cells.iter().enumerate().filter(|(_, cell)| cell.0[3].is_nan());
            marked.map(|(i, _)| knot(self.bits, i + 1) - knot(self.bits, i)).sum()
        };
        half(&self.lower) + half(&self.upper)
    }

    /// Value at `u`, which is inside (0, 1).
    #[inline]
    pub fn look_up(&self, u: f64) -> Found {
        let below = u < 0.5;
        let (v, cells) = if below { (u, &self.lower) } else { (1.0 - u, &self.upper) };
        if v < OUTERMOST {
            let end = cells[0].0[0];
            return if below { Found::Between(f64::NEG_INFINITY, end) } else { Found::Between(end, f64::INFINITY) };
        }
        let shift = 52 - self.bits;
        let (bits, first) = (v.to_bits(), OUTERMOST.to_bits());
        // The last cell is a mere point: one half itself, and the end of the cell before.
        let i = (((bits >> shift) - (first >> shift)) as usize).min(cells.len() - 2);
        let scale = f64::from_bits(u64::from(1023 - shift) << 52);
        let place = (bits & ((1 << shift) - 1)) as f64 * scale;
        let place = if v == 0.5 { 1.0 } else { place };
        let [start, one, two, three] = cells[i].0;
        let end = cells[i + 1].0[0];
        let x = start + place * (one + place * (two + place * three));
        let (low, high) = if below { (start, end) } else { (end, start) };
        if x.is_nan() { Found::Between(low, high) } else { Found::Value(x.max(low).min(high)) }
    }
}

/// The `i`-th knot from outside.
fn knot(bits: u32, i: usize) -> f64 {
    let shift = 52 - bits;
    f64::from_bits(((OUTERMOST.to_bits() >> shift) + i as u64) << shift)
}

/// Makes and checks cells.
struct Fitter<'a> {
    law: &'a Truncated,
    /// Width of the middle half.
    spread: f64,
    /// Places in a cell at which it is checked. A smooth law differs most in the middle.
    checks: &'static [f64],
}

impl<'a> Fitter<'a> {
    fn new(law: &'a Truncated) -> Self {
        let quartile = |u| law.quantile(Probability::of(u));
        let smooth = !matches!(law.law, Law::Mixture(_));
        let checks: &'static [f64] = if smooth { &[0.5] } else { &[0.25, 0.5, 0.75] };
        Fitter { law, spread: quartile(0.75) - quartile(0.25), checks }
    }

    fn probability(v: f64, below: bool) -> Probability {
        if below { Probability::of(v) } else { Probability::of(v).swapped() }
    }

    /// The cells of one half, and the point at one half.
    fn half(&self, bits: u32, below: bool) -> Vec<Cell> {
        let count = OCTAVES << bits;
        let knots: Vec<(f64, f64, f64)> = (0..=count)
            .map(|i| {
                let v = knot(bits, i);
                let x = self.law.quantile(Self::probability(v, below));
                let slope = 1.0 / self.law.density(x);
                (v, x, if below { slope } else { -slope })
            })
            .collect();
        let mut cells: Vec<Cell> =
            knots.windows(2).map(|pair| self.checked(cubic(pair[0], pair[1]), pair[0].0, pair[1].0, below)).collect();
        cells.push(Cell([knots[count].1, 0.0, 0.0, 0.0]));
        cells
    }

    fn checked(&self, cell: Cell, start: f64, end: f64, below: bool) -> Cell {
        let [a, b, c, d] = cell.0;
        let good = self.checks.iter().all(|t| {
            let p = Self::probability(start + t * (end - start), below);
            self.holds(a + t * (b + t * (c + t * d)), p)
        });
        if good { cell } else { Cell([a, b, c, f64::NAN]) }
    }

    /// Is `x` the quantile of `p`, within the tolerance?
    fn holds(&self, x: f64, p: Probability) -> bool {
        let mut size = x.abs().min(self.spread);
        if self.law.low < 0.0 && self.law.high > 0.0 {
            // Zero is a value like any other there.
            size = size.max(1e-3 * self.spread);
        }
        let (left, right) = (self.law.up_to(x - TOLERANCE * size), self.law.up_to(x + TOLERANCE * size));
        if p.below < p.above {
            let slack = SLACK * p.below;
            left.below <= p.below + slack && right.below >= p.below - slack
        } else {
            let slack = SLACK * p.above;
            left.above >= p.above - slack && right.above <= p.above + slack
        }
    }
}

/// The monotone cubic between two knots of `(u, value, slope)`.
fn cubic((u, x, slope): (f64, f64, f64), (v, y, end_slope): (f64, f64, f64)) -> Cell {
    let (rise, width) = (y - x, v - u);
    // A slope of up to three times the rise keeps the cubic monotone. One that is infinite or unknown takes the limit.
    let bent = |slope: f64| {
        let wanted = slope * width;
        if wanted.is_nan() {
            rise
        } else if rise < 0.0 {
            wanted.clamp(3.0 * rise, 0.0)
        } else {
            wanted.clamp(0.0, 3.0 * rise)
        }
    };
    let (m, n) = (bent(slope), bent(end_slope));
    Cell([x, m, 3.0 * rise - 2.0 * m - n, m + n - 2.0 * rise])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::shape::Shape;

    fn law(shape: &Shape) -> Truncated {
        Truncated::new(Law::new(shape).expect("a law"), None, None).expect("all of it").0
    }

    fn value(cell: Cell, t: f64) -> f64 {
        let [a, b, c, d] = cell.0;
        a + t * (b + t * (c + t * d))
    }

    /// `u^3` from 1 to 2: 1, 27 / 8 and 8, with slopes of 3 and 12.
    #[test]
    fn a_cubic_is_met_exactly() {
        let cell = cubic((1.0, 1.0, 3.0), (2.0, 8.0, 12.0));
        assert_eq!([0.0, 0.5, 1.0].map(|t| value(cell, t)), [1.0, 3.375, 8.0]);
        let falling = cubic((1.0, -1.0, -3.0), (2.0, -8.0, -12.0));
        assert_eq!([0.0, 0.5, 1.0].map(|t| value(falling, t)), [-1.0, -3.375, -8.0]);
    }

    /// Too steep slopes count as three times the rise, those of the wrong sign as none, unknown ones as the rise.
    #[test]
    fn slopes_are_bent_to_be_monotone() {
        let slopes = |slope: f64, end: f64| cubic((0.0, 0.0, slope), (0.5, 2.0, end)).0;
        assert_eq!(slopes(f64::INFINITY, 1e9), slopes(12.0, 12.0));
        assert_eq!(slopes(-5.0, 12.0), slopes(0.0, 12.0));
        assert_eq!(slopes(f64::NAN, 4.0), slopes(4.0, 4.0));
        let cell = cubic((0.0, 0.0, 100.0), (0.5, 2.0, 0.0));
        let values: Vec<f64> = (0..=100).map(|part| value(cell, f64::from(part) / 100.0)).collect();
        assert!(values.is_sorted() && values[100] == 2.0);
    }

    /// Smooth laws are looked up nearly everywhere; a gap leaves the cell around it, and no more, to be solved.
    #[test]
    fn little_is_left_to_solve() {
        for shape in [
            Shape::Gamma { shape: 2.5, scale: 3.0 },
            Shape::Gamma { shape: 0.3, scale: 2.0 },
            Shape::Beta { alpha: 2.1, beta: 0.9 },
            Shape::Pert { min: 5.0, mode: 10.0, max: 20.0 },
        ] {
            let left = Table::new(&law(&shape)).left_to_solve();
            assert!((0.0..0.01).contains(&left), "{shape:?}: {left}");
        }
        let part =
            |min, max| (0.5, super::super::Distribution::new(Shape::Uniform { min, max }, None, None).expect("one"));
        let gap = Shape::Mixture { parts: vec![part(0.0, 1.0), part(2.0, 3.0)] };
        let table = Table::new(&law(&gap));
        let left = table.left_to_solve();
        assert!(left > 0.0 && left < 0.1, "{left}");
        assert!(matches!(table.look_up(0.25), Found::Value(x) if (x - 0.5).abs() < 1e-6));
        assert!(matches!(table.look_up(1e-6), Found::Between(low, _) if low == f64::NEG_INFINITY));
        assert!(matches!(table.look_up(1.0 - 1e-6), Found::Between(_, high) if high == f64::INFINITY));
    }
}
