//! Axes: ranges that can be drawn whatever the values are, and ticks at round numbers.

use super::number;
use crate::config::Month;

/// Largest magnitude that an axis shows.
const LARGEST: f64 = 1e15;

/// A map from values to pixels. Its range is finite and not empty, whatever it was made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Value at `from`.
    pub low: f64,
    /// Value at `to`.
    pub high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// From `low` at the pixel `from` to `high` at `to`. What cannot be drawn is made so: a range that is not finite, is
    /// empty, or is so narrow that its ends differ by rounding only.
    pub fn new(low: f64, high: f64, from: f64, to: f64) -> Axis {
        let tame = |value: f64| if value.is_nan() { 0.0 } else { value.clamp(-LARGEST, LARGEST) };
        let (low, mut high) = (tame(low), tame(high));
        let least = 1e-9 * low.abs();
        if !(high - low > least) {
            high = low + if low == 0.0 { 1.0 } else { low.abs().max(least) };
        }
        // Below this, numbers lose digits.
        if high - low < 1e-200 {
            high = low + 1.0;
        }
        Axis { low, high, from, to }
    }

    /// From `low` to a round number at or above `high`.
    pub fn rounded(low: f64, high: f64, from: f64, to: f64, most_ticks: usize) -> Axis {
        let axis = Axis::new(low, high, from, to);
        let step = nice_step(axis.high - axis.low, most_ticks);
        // A hair is taken off, so that a high that is a tick stays one.
        let steps = ((axis.high - axis.low) / step - 1e-9).ceil().max(1.0);
        Axis { high: axis.low + steps * step, ..axis }
    }

    /// Pixel of a value; values outside stand at the ends.
    pub fn at(&self, value: f64) -> f64 {
        let share = if value.is_nan() { 0.0 } else { (value - self.low) / (self.high - self.low) };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// At most about `most` round numbers within the range, with the digits that tell them apart.
    pub fn ticks(&self, most: usize, one: f64) -> Vec<(f64, String)> {
        let (low, high) = (self.low / one, self.high / one);
        let step = nice_step(high - low, most);
        let places = decimals_of(step);
        let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
        let tick = |index: i64| {
            let value = index as f64 * step;
            (value * one, if places > 6 { number::significant(value, 3) } else { number::decimals(value, places) })
        };
        (first..=last.min(first + 50)).map(tick).collect()
    }
}

/// The smallest of 1, 2, 5 times a power of ten (2.5 is read worse) that cuts the range into at most `most` parts.
pub fn nice_step(range: f64, most: usize) -> f64 {
    let least = range / most.max(1) as f64;
    let exponent = number::exponent(least);
    // Powers of ten are parsed: the nearest float, where multiplying would gather errors.
    let candidate = |factor: u32, exponent: i32| format!("{factor}e{exponent}").parse::<f64>().unwrap_or(1.0);
    [candidate(1, exponent), candidate(2, exponent), candidate(5, exponent)]
        .into_iter()
        .find(|&step| step >= least * (1.0 - 1e-9))
        .unwrap_or_else(|| candidate(1, exponent + 1))
}

fn decimals_of(step: f64) -> usize {
    (-number::exponent(step)).max(0) as usize
}

/// Ticks of a time axis: months from the start, and what to print.
pub fn time_ticks(start: Month, months: usize, most: usize) -> Vec<(f64, String)> {
    let most = most.max(2) as i32;
    let months = months as i32;
    if months <= 3 * most {
        // Months, at steps that divide a year, counted from January.
        let step = [1, 2, 3, 6, 12].into_iter().find(|step| months / step < most / 2 + 1).unwrap_or(12);
        let offset = (step - (start.month() as i32 - 1) % step) % step;
        let ticks = (0..).map(|index| offset + index * step).take_while(|&month| month <= months);
        return ticks.map(|month| (f64::from(month), number::month(start.plus(month)))).collect();
    }
    let step = [1, 2, 5, 10, 20, 50, 100].into_iter().find(|step| months / 12 / step < most).unwrap_or(100);
    let first = (1 - start.month() as i32).rem_euclid(12);
    let years = (0..).map(|index| first + 12 * index).take_while(|&month| month <= months);
    years
        .filter(|&month| start.plus(month).year() % step == 0)
        .map(|month| (f64::from(month), start.plus(month).year().to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_range_becomes_one_that_can_be_drawn() {
        let ends = [0.0, 1e-9, 1e-300, 1.0, 1.0 + f64::EPSILON, 1e12, 1e308, f64::INFINITY, f64::NAN, -3.0];
        for low in ends {
            for high in ends {
                for axis in [Axis::new(low, high, 100.0, 500.0), Axis::rounded(low, high, 100.0, 500.0, 6)] {
                    assert!(axis.low.is_finite() && axis.high > axis.low, "{low} {high} {axis:?}");
                    let ticks = axis.ticks(6, 1.0);
                    assert!((1..12).contains(&ticks.len()), "{low} {high} {ticks:?}");
                    for (value, _) in &ticks {
                        assert!((100.0..=500.0).contains(&axis.at(*value)));
                    }
                    assert!((100.0..=500.0).contains(&axis.at(f64::NAN)));
                }
            }
        }
    }

    #[test]
    fn ticks_are_round_and_have_equal_digits() {
        let labels = |low, high, most, one| {
            let ticks = Axis::new(low, high, 0.0, 1.0).ticks(most, one);
            ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(0.0, 1.2, 7, 0.01), ["0", "20", "40", "60", "80", "100", "120"]);
        assert_eq!(labels(0.0, 1.0, 5, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(0.0, 2500.0, 5, 1.0), ["0", "500", "1000", "1500", "2000", "2500"]);
        assert_eq!(labels(0.0, 1e-9, 2, 1.0), ["0", "5e-10", "1e-9"]);
        assert_eq!(Axis::rounded(0.0, 113.0, 0.0, 1.0, 6).high, 120.0);
        assert_eq!(Axis::rounded(0.0, 0.3, 0.0, 1.0, 6).high, 0.30000000000000004);
    }

    #[test]
    fn time_is_told_in_months_or_whole_years() {
        let start: Month = "2025-11".parse().unwrap();
        let labels = |months, most| {
            let ticks = time_ticks(start, months, most);
            ticks.into_iter().map(|(at, label)| format!("{at} {}", label.replace('\u{a0}', " "))).collect::<Vec<_>>()
        };
        assert_eq!(labels(1, 11), ["0 Nov 2025", "1 Dec 2025"]);
        assert_eq!(labels(12, 11), ["2 Jan 2026", "5 Apr 2026", "8 Jul 2026", "11 Oct 2026"]);
        assert_eq!(labels(300, 11)[..2], ["50 2030", "110 2035"][..]);
        for months in 1..=1200 {
            let ticks = time_ticks(start, months, 11);
            assert!((1..=13).contains(&ticks.len()), "{months} {ticks:?}");
        }
    }
}
