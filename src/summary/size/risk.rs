//! The smallest stock that leaves no more than a given risk of a shortage, on shared random numbers.
//!
//! What each trial needs is a number: the smallest stock with which it has no shortage. So many trials are short with a given stock
//! as need more, so that the stock asked for is a percentile of what trials need, and its interval lies between two order statistics
//! (David & Nagaraja, Order Statistics, 3rd edition, 2003, section 7.1). What a trial needs is known in advance where a stock
//! changes nothing but the shortage it serves; in general the stock is found by halving, each size simulated in all trials.

use super::Asked;
use crate::simulation::Error;
use crate::statistics::{percentile_ranks, smallest_n_for_percentile};
use crate::summary::Estimate;
use crate::tally::Located;

/// A stock is found to within this part of itself.
const RESOLUTION: f64 = 0.005;

/// Beyond the largest stock that a trial is thought to need, stocks are tried up to so many times twice as large.
const DOUBLINGS: u32 = 3;

/// Next to nothing, as a part of the largest stock that a trial is thought to need.
const NOTHING: f64 = 1e-6;

/// How many trials are short, by size of the stock.
pub struct Short<'a> {
    /// Trials that are short with so many tonnes.
    pub count: &'a mut dyn FnMut(f64) -> Result<u64, Error>,
    /// Sizes that were simulated, smallest first.
    pub known: Vec<(f64, u64)>,
    /// The largest stock that a trial is thought to need.
    pub largest: f64,
}

/// A stock for a risk.
pub struct Found {
    /// Tonnes; none where no size that was tried does.
    pub tonnes: Option<Estimate>,
    /// The largest size that was tried.
    pub tried: f64,
}

impl Short<'_> {
    /// The smallest stock with which no more than the share `risk` of `trials` is short. `needed` tells what the trial of a
    /// rank is thought to need.
    pub fn smallest(
        &mut self,
        risk: f64,
        trials: u64,
        confidence: f64,
        needed: &dyn Fn(u64) -> Located,
    ) -> Result<Found, Error> {
        // A little is taken off, so that 95 % of 1000 is rank 950 whatever the last bit of the product.
        let rank = ((trials as f64 * (1.0 - risk) - 1e-9).ceil() as u64).clamp(1, trials.max(1));
        let at = self.bracket(trials - rank, needed(rank))?;
        let tried = self.known.last().map_or(0.0, |(size, _)| *size);
        let Some((_, value)) = at else { return Ok(Found { tonnes: None, tried }) };
        let Some((low, high)) = percentile_ranks(trials, 1.0 - risk, confidence) else {
            let note = format!("interval needs n >= {}", smallest_n_for_percentile(1.0 - risk, confidence));
            let tonnes = Estimate { value: Some(value), note, ..Estimate::default() };
            return Ok(Found { tonnes: Some(tonnes), tried });
        };
        let low = self.bracket(trials - low, needed(low))?.map_or(0.0, |(below, _)| below);
        let high = self.bracket(trials - high, needed(high))?.map(|(_, enough)| enough);
        let note = if high.is_none() { "interval has no upper end" } else { "" };
        let low = high.map(|_| low);
        Ok(Found {
            tonnes: Some(Estimate { value: Some(value), low, high, note: note.into(), ..Estimate::default() }),
            tried,
        })
    }

    /// A size with which more than so many trials are short, and a little larger one with which they are not; twice zero where
    /// that is enough. None where no size that is tried does. `guess` is where it is thought to lie.
    fn bracket(&mut self, most: u64, guess: Located) -> Result<Option<(f64, f64)>, Error> {
        if self.short(0.0)? <= most {
            return Ok(Some((0.0, 0.0)));
        }
        // A hair is added, as sums are rounded.
        let mut upper = guess.high.max(NOTHING * self.largest) * (1.0 + 1e-9);
        while self.short(upper)? > most {
            if upper >= self.largest * f64::from(1 << DOUBLINGS) {
                return Ok(None);
            }
            upper *= 2.0;
        }
        let mut next = guess.low;
        loop {
            let fails = self.known.iter().filter(|(size, count)| *size < upper && *count > most);
            let low = fails.map(|(size, _)| *size).fold(0.0, f64::max);
            if upper - low <= RESOLUTION * upper || upper <= NOTHING * self.largest {
                return Ok(Some((low, upper)));
            }
            let middle = if low < next && next < upper { next } else { 0.5 * (low + upper) };
            next = 0.0;
            if self.short(middle)? <= most {
                upper = middle;
            }
        }
    }

    fn short(&mut self, size: f64) -> Result<u64, Error> {
        let place = self.known.partition_point(|(known, _)| *known < size);
        if let Some((known, count)) = self.known.get(place)
            && *known == size
        {
            return Ok(*count);
        }
        let count = (self.count)(size)?;
        self.known.insert(place, (size, count));
        Ok(count)
    }
}

/// Sizes to show, in days, up to a largest one: closer where they are small, and round.
pub fn grid(asked: &Asked, largest: f64) -> Vec<f64> {
    if !asked.sizes.is_empty() {
        let mut sizes = asked.sizes.clone();
        sizes.retain(|days| *days > 0.0);
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        return sizes;
    }
    let top = asked.up_to.unwrap_or(largest);
    let steps = SIZES as f64;
    let mut sizes: Vec<f64> =
        (1..=SIZES).map(|step| round(top * (step as f64 / steps) * (step as f64 / steps))).collect();
    if let Some(last) = sizes.last_mut().filter(|_| asked.up_to.is_some()) {
        *last = top;
    }
    sizes.retain(|days| *days > 0.0 && *days <= top.max(round(top)));
    sizes.dedup();
    sizes
}

/// Sizes of a grid.
const SIZES: usize = 18;

/// Two significant digits.
fn round(value: f64) -> f64 {
    format!("{value:.1e}").parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: f64) -> Located {
        Located { low: value, high: value, beyond: None }
    }

    /// Trials that need 1, 2, ..., 1000 t, whatever is thought in advance.
    #[test]
    fn the_smallest_stock_is_a_percentile_of_what_trials_need() {
        let mut counted = 0;
        let mut count = |size: f64| {
            counted += 1;
            Ok(1000 - (size.floor() as u64).min(1000))
        };
        for needed in
            [|rank: u64| at(rank as f64), |rank: u64| at(0.3 * rank as f64), |rank: u64| at(5.0 * rank as f64)]
        {
            let mut short = Short { count: &mut count, known: Vec::new(), largest: 1000.0 };
            let found =
                short.smallest(0.05, 1000, 0.95, &needed).expect("nobody stops it").tonnes.expect("there is one");
            let (value, low, high) = (found.value.unwrap(), found.low.unwrap(), found.high.unwrap());
            // Ranks 936 and 964 by the tables of order statistics.
            assert!((950.0..950.0 * 1.006).contains(&value), "{value}");
            assert!((936.0 * 0.994..=936.0).contains(&low) && (964.0..964.0 * 1.006).contains(&high), "{low} {high}");
            let none =
                short.smallest(0.9999, 1000, 0.95, &needed).expect("nobody stops it").tonnes.expect("there is one");
            assert!(none.value.unwrap() <= 1.01);
        }
        assert!(counted < 120, "{counted} sizes simulated");
    }

    #[test]
    fn where_no_stock_does_there_is_none() {
        let mut count = |size: f64| Ok(if size > 0.0 { 300 } else { 400 });
        let mut short = Short { count: &mut count, known: Vec::new(), largest: 50.0 };
        let found = short.smallest(0.05, 1000, 0.95, &|_| at(50.0)).expect("nobody stops it");
        assert!(found.tonnes.is_none() && found.tried >= 400.0);
        let found = short.smallest(0.5, 1000, 0.95, &|_| at(50.0)).expect("nobody stops it");
        assert_eq!(found.tonnes.and_then(|tonnes| tonnes.value), Some(0.0));
    }

    #[test]
    fn sizes_are_round_and_closer_where_they_are_small() {
        let asked = Asked::default();
        let sizes = grid(&asked, 547.0);
        assert!((16..=18).contains(&sizes.len()), "{sizes:?}");
        assert!(sizes.windows(2).all(|pair| pair[0] < pair[1]) && sizes.last() == Some(&550.0), "{sizes:?}");
        assert_eq!(grid(&Asked { up_to: Some(365.0), ..Asked::default() }, 10.0).last(), Some(&365.0));
        assert_eq!(grid(&Asked { sizes: vec![60.0, 0.0, 30.0, 60.0], ..Asked::default() }, 10.0), [30.0, 60.0]);
    }
}
