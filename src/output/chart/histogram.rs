//! From the fine cells of a tally to bars one can see, and to the probability that a value is exceeded.

use super::axis::nice_step;
use crate::summary::Outcome;

/// Most bars.
const MOST: usize = 40;

/// Bars of equal width. Zero and "never" are not among them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// Lower edge of the first.
    pub low: f64,
    /// Width of each.
    pub width: f64,
    /// Share of all trials in each.
    pub shares: Vec<f64>,
    /// Whether the last one collects all that lies above its lower edge.
    pub collects: bool,
}

impl Bars {
    /// Upper edge of the last.
    pub fn high(&self) -> f64 {
        self.low + self.width * self.shares.len() as f64
    }
}

/// Bars for an outcome over so many trials; none if it is zero or "never" in all.
pub fn bars(outcome: &Outcome, trials: u64) -> Option<Bars> {
    let cells = &outcome.bars;
    let (first, last) = (cells.first()?, cells.last()?);
    let counted: u64 = cells.iter().map(|cell| cell.2).sum();
    let whole = cells.iter().all(|cell| cell.0 == cell.1 && cell.0.fract() == 0.0) && last.1 < 1e6;
    let above = |cell: f64| cell * counted as f64;
    // What lies above 99.5 % is collected in the last bar, if it would stretch the axis.
    let mut cumulative = 0;
    let body = cells.iter().find(|cell| {
        cumulative += cell.2;
        cumulative as f64 >= above(0.995)
    });
    let body = body.map_or(last.1, |cell| cell.1);
    let collects = last.1 > 1.25 * body;
    let top = if collects { body } else { last.1 };
    let from = if first.0 > 0.5 * top && outcome.zero.value == Some(0.0) && top > first.0 { first.0 } else { 0.0 };
    let mut width = nice_step(top - from, MOST);
    if top - from <= 0.5 * width * (MOST as f64 + 10.0) {
        width *= 0.5;
    }
    let low = if whole {
        width = width.max(1.0).floor();
        // Whole numbers stand in the middle of a bar of width one.
        (from / width).floor() * width + 0.5 - if from > 0.0 { 1.0 } else { 0.0 }
    } else {
        (from / width).floor() * width
    };
    let count = (((top - low) / width - 1e-9).ceil().max(1.0) as usize).min(2 * MOST);
    let mut shares = vec![0.0; count + usize::from(collects)];
    for cell in cells {
        spread(cell, low, width, trials, &mut shares);
    }
    Some(Bars { low, width, shares, collects })
}

/// Adds a cell to the bars it lies in, evenly over its width.
fn spread(&(from, to, count): &(f64, f64, u64), low: f64, width: f64, trials: u64, shares: &mut [f64]) {
    let share = count as f64 / trials as f64;
    let place = |value: f64| (value - low) / width;
    let bar = |place: f64| (place.max(0.0) as usize).min(shares.len() - 1);
    let (first, last) = (bar(place(from)), bar(place(to)));
    if first == last || !(to > from) || !to.is_finite() {
        shares[first] += share;
        return;
    }
    for (index, sum) in shares.iter_mut().enumerate().take(last + 1).skip(first) {
        let left = if index == first { from } else { low + width * index as f64 };
        let right = if index == last { to } else { low + width * (index + 1) as f64 };
        *sum += share * ((right - left) / (to - from)).max(0.0);
    }
}

/// Probability that an outcome is above `value`, "never" counted as above everything.
pub fn exceeded(outcome: &Outcome, trials: u64, value: f64) -> f64 {
    let part = |&(from, to, count): &(f64, f64, u64)| {
        let share = if from > value {
            1.0
        } else if to > value && to.is_finite() {
            (to - value) / (to - from)
        } else if to > value {
            1.0
        } else {
            0.0
        };
        share * count as f64
    };
    let above: f64 = outcome.bars.iter().map(part).sum();
    above / trials as f64 + outcome.never.value.unwrap_or(0.0)
}

/// The curve of [`exceeded`]: values and probabilities, from the value `from` on.
pub fn exceedance(outcome: &Outcome, trials: u64, from: f64) -> Vec<(f64, f64)> {
    let never = outcome.never.value.unwrap_or(0.0);
    let mut above: u64 = outcome.bars.iter().map(|bar| bar.2).sum();
    let share = |above: u64| above as f64 / trials as f64 + never;
    let mut curve = vec![(from, share(above))];
    for &(low, high, count) in &outcome.bars {
        curve.push((low, share(above)));
        above -= count;
        curve.push((if high.is_finite() { high } else { low }, share(above)));
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;
    use crate::summary::Estimate;

    fn outcome(bars: Vec<(f64, f64, u64)>, trials: u64, never: u64) -> Outcome {
        let finite: u64 = bars.iter().map(|bar| bar.2).sum();
        let estimate = |count: u64| Estimate {
            value: Some(count as f64 / trials as f64),
            low: None,
            high: None,
            ..Estimate::default()
        };
        Outcome {
            name: "x".into(),
            unit: Unit::Tonnes,
            meaning: "",
            mean: estimate(0),
            zero: estimate(trials - finite - never),
            never: estimate(never),
            heavy: None,
            percentiles: Vec::new(),
            standard: Vec::new(),
            bars,
        }
    }

    #[test]
    fn bars_hold_all_trials_that_are_neither_zero_nor_never() {
        let skewed: Vec<(f64, f64, u64)> =
            (0u32..200).map(|cell| (f64::from(cell), f64::from(cell + 1), u64::from(2000 / (cell + 1)))).collect();
        let constant = vec![(5e11, 5e11, 900)];
        let tiny = vec![(1e-9, 2e-9, 10), (3e-9, 3.01e-9, 800)];
        let whole: Vec<(f64, f64, u64)> = (1..50).map(|value| (f64::from(value), f64::from(value), 10)).collect();
        let narrow = vec![(1e6, 1e6 + 1.0, 500), (1e6 + 1.0, 1e6 + 2.0, 400)];
        for cells in [skewed, constant, tiny, whole, narrow] {
            let sum: u64 = cells.iter().map(|cell| cell.2).sum();
            let outcome = outcome(cells.clone(), sum + 50, 20);
            let bars = bars(&outcome, sum + 50).unwrap();
            let held: f64 = bars.shares.iter().sum();
            assert!((held - sum as f64 / (sum + 50) as f64).abs() < 1e-9, "{bars:?}");
            assert!(bars.shares.len() <= 2 * MOST + 1 && bars.width > 0.0, "{bars:?}");
            assert!(bars.shares.iter().all(|&share| share >= 0.0));
        }
        assert_eq!(bars(&outcome(Vec::new(), 10, 4), 10), None);
    }

    #[test]
    fn whole_numbers_have_a_bar_each() {
        let cells = vec![(1.0, 1.0, 10), (2.0, 2.0, 20), (5.0, 5.0, 70)];
        let bars = bars(&outcome(cells, 100, 0), 100).unwrap();
        assert_eq!((bars.low, bars.width), (0.5, 1.0));
        assert_eq!(bars.shares, [0.1, 0.2, 0.0, 0.0, 0.7]);
    }

    #[test]
    fn what_is_exceeded_falls_from_all_to_never() {
        let outcome = outcome(vec![(1.0, 3.0, 40), (5.0, 5.0, 20)], 100, 10);
        for (value, expected) in [(0.0, 0.7), (2.0, 0.5), (3.0, 0.3), (4.0, 0.3), (5.0, 0.1), (9.0, 0.1)] {
            assert!((exceeded(&outcome, 100, value) - expected).abs() < 1e-12, "{value}");
        }
        let curve = exceedance(&outcome, 100, 0.0);
        assert!(curve.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 >= pair[1].1), "{curve:?}");
        assert!((curve.last().unwrap().1 - 0.1).abs() < 1e-12);
    }
}
