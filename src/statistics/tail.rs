//! The mean of the worst trials: conditional value at risk, or expected shortfall.
//!
//! At level `a` it is the mean of the worst `1 - a` of the trials. Of `n` values it is the least, over all `t`, of
//! `t + sum of (x - t)+ / ((1 - a) n)`, and the `t` that gives it is the percentile `a` (Rockafellar & Uryasev, "Optimization of
//! conditional value-at-risk", Journal of Risk 2, 2000). As the least is flat, a `t` that is known to within a cell of a histogram
//! does nearly as well. Its standard error is that of the mean of `(x - t)+`, over `1 - a` (Trindade, Uryasev, Shapiro &
//! Zrazhevsky, "Financial prediction with constrained tail risk", Journal of Banking & Finance 31, 2007, theorem 2).

use super::{Interval, half_miss, squared_deviations, student_t_quantile};

/// Values of a cell of a histogram, as whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellSums {
    /// How many there are.
    pub count: u64,
    /// Their sum.
    pub sum: i128,
    /// The sum of their squares.
    pub squares: i128,
}

impl CellSums {
    /// Adds what is in another cell.
    pub fn merge(&mut self, other: CellSums) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

/// The mean of the worst trials, in the unit of the whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// The mean. Of the cell that the percentile lies in it takes the mean value, so that it may be too low by `resolution`.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// See `value`.
    pub resolution: f64,
    /// How many trials it is the mean of.
    worst: f64,
}

/// Fewer of the worst trials give no interval.
const LEAST_WORST: f64 = 20.0;

/// The smallest number of trials for which [`Tail::interval`] gives one.
pub fn smallest_n_for_tail(level: f64) -> u64 {
    (LEAST_WORST / (1.0 - level) - 1e-6).ceil() as u64
}

/// The mean of the worst `1 - level` of the values. Cells come from the highest values to the lowest, each with the largest value
/// that it may hold. `None` for less than two values, or for a `level` outside (0, 1).
pub fn mean_of_worst(mut cells: impl Iterator<Item = (CellSums, f64)> + Clone, level: f64) -> Option<Tail> {
    let n: u64 = cells.clone().map(|(cell, _)| cell.count).sum();
    if n < 2 || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let worst = n as f64 * (1.0 - level);
    let mut above = CellSums::default();
    // The cell in which the percentile lies. A little is taken off, as the product may be rounded up.
    let (cell, high) = cells.find(|(cell, _)| {
        let is_it = (above.count + cell.count) as f64 >= worst * (1.0 - 1e-12);
        if !is_it {
            above.merge(*cell);
        }
        is_it
    })?;
    let mean = cell.sum as f64 / cell.count as f64;
    let rest = (worst - above.count as f64).max(0.0);
    let at = mean.round() as i128;
    let count = i128::from(above.count);
    let excess = above.sum - at * count;
    let squares = above.squares - 2 * at * above.sum + at * at * count;
    let variance = squared_deviations(n, excess, squares) / (n - 1) as f64;
    Some(Tail {
        value: at as f64 + (excess as f64 + (mean - at as f64) * rest) / worst,
        error: (variance / n as f64).sqrt() / (1.0 - level),
        resolution: (high - mean).max(0.0) * rest / worst,
        worst,
    })
}

impl Tail {
    /// Two-sided interval by Student's t, with as many degrees of freedom as there are worst trials but one; its upper end is
    /// further out by the resolution. `None` where these are fewer than twenty, and for a `confidence` outside (0, 1).
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let miss = half_miss(confidence).filter(|_| self.worst >= LEAST_WORST * (1.0 - 1e-9))?;
        let half = -student_t_quantile(miss, self.worst - 1.0) * self.error;
        Some(Interval { low: self.value - half, high: self.value + half + self.resolution })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::ln;
    use crate::random::{Key, uniform};

    /// Values in cells of a width, from the highest to the lowest.
    fn cells(values: &[i64], width: i64) -> Vec<(CellSums, f64)> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by_key(|value| std::cmp::Reverse(*value));
        let mut cells: Vec<(CellSums, f64)> = Vec::new();
        for value in sorted {
            let high = ((value / width + 1) * width) as f64;
            if cells.last().is_none_or(|(_, last)| *last != high) {
                cells.push((CellSums::default(), high));
            }
            let whole = i128::from(value);
            let one = CellSums { count: 1, sum: whole, squares: whole * whole };
            cells.last_mut().expect("just put").0.merge(one);
        }
        cells
    }

    fn of(values: &[i64], width: i64, level: f64) -> Tail {
        mean_of_worst(cells(values, width).into_iter(), level).expect("values enough")
    }

    #[test]
    fn the_mean_of_the_worst_is_that_by_hand() {
        let values: Vec<i64> = (1..=100).collect();
        // The five worst: 96 to 100. Two and a half of them: 100, 99 and half of 98.
        let found = of(&values, 1, 0.95);
        assert!((found.value - 98.0).abs() < 1e-9, "{found:?}");
        assert!((of(&values, 1, 0.975).value - (100.0 + 99.0 + 49.0) / 2.5).abs() < 1e-9);
        // Excess over 96: 1, 2, 3, 4 of a hundred.
        let variance = (30.0 - 100.0 / 100.0) / 99.0;
        assert!((found.error - (variance / 100.0f64).sqrt() / 0.05).abs() < 1e-9);
        // A wide cell keeps its mean: never too high, and too low by no more than it says.
        for width in [3, 7, 20] {
            let wide = of(&values, width, 0.95);
            assert!(wide.value <= found.value + 1e-9 && found.value <= wide.value + wide.resolution + 1e-9, "{wide:?}");
        }
        // 100, and of 96 to 99 in one cell, which ends at 100, four, or two.
        for (level, value, resolution) in [(0.95, 98.0, 2.0), (0.97, 295.0 / 3.0, 5.0 / 3.0)] {
            let found = of(&values, 4, level);
            assert!((found.value - value).abs() < 1e-9 && (found.resolution - resolution).abs() < 1e-9, "{found:?}");
        }
        // All the same: that value, whatever the cell; as rare as it may be: its mean over the worst.
        assert_eq!((of(&[7; 50], 1000, 0.95).value, of(&[7; 50], 1000, 0.95).error), (7.0, 0.0));
        let rare: Vec<i64> = (0..1000).map(|index| if index < 10 { 500 } else { 0 }).collect();
        assert!((of(&rare, 1, 0.95).value - 100.0).abs() < 1e-9);
        assert!(mean_of_worst(cells(&[3], 1).into_iter(), 0.5).is_none());
        assert!(mean_of_worst(cells(&[3, 4], 1).into_iter(), 1.0).is_none());
    }

    #[test]
    fn too_few_worst_trials_have_no_interval() {
        assert_eq!((smallest_n_for_tail(0.95), smallest_n_for_tail(0.99)), (400, 2000));
        let values: Vec<i64> = (0..400).collect();
        assert!(of(&values, 1, 0.95).interval(0.95).is_some());
        assert!(of(&values[1..], 1, 0.95).interval(0.95).is_none());
    }

    /// Of an exponential the mean of the worst is `mean (1 - ln(1 - a))`. The interval holds it as often as it says, nearly: with
    /// fifty worst trials.
    #[test]
    fn the_interval_covers_the_mean_of_the_worst_of_an_exponential() {
        const RUNS: u64 = 2000;
        let (mean, level) = (1e6, 0.95);
        let exact = mean * (1.0 - ln(1.0 - level));
        let (mut held, mut sum) = (0, 0.0);
        for run in 0..RUNS {
            let mut stream = Key::new(11, "tail").stream(run);
            let values: Vec<i64> = (0..1000).map(|_| (-mean * ln(1.0 - uniform(&mut stream))) as i64).collect();
            let found = of(&values, 20_000, level);
            let interval = found.interval(0.95).expect("fifty worst trials");
            held += u64::from(interval.low <= exact && exact <= interval.high);
            sum += found.value;
        }
        let coverage = held as f64 / RUNS as f64;
        println!("coverage {coverage}, bias {}", sum / RUNS as f64 / exact - 1.0);
        assert!((0.925..0.965).contains(&coverage), "{coverage}");
        assert!((sum / RUNS as f64 / exact - 1.0).abs() < 0.006, "biased");
        // The wrong twin: the percentile itself is far below.
        assert!(sum / RUNS as f64 / (-mean * ln(1.0 - level)) > 1.2);
    }
}
