//! What it is worth to know more before choosing: expected value of perfect information, and of perfect information on some
//! inputs alone (Raiffa & Schlaifer, Applied Statistical Decision Theory, 1961).
//!
//! From trials that were run for something else, by the given-data estimators of Strong & Oakley, "An efficient method for computing
//! single-parameter partial expected value of perfect information", Medical Decision Making 33 (2013), who sort the trials by the
//! input into bins, and of Strong, Oakley & Brennan, "Estimating multiparameter partial expected value of perfect information from a
//! probabilistic sensitivity analysis sample: a nonparametric regression approach", Medical Decision Making 34 (2014), who regress
//! the value of each option on several inputs.
//!
//! The largest of several noisy means is too large on average, so that what says nothing would seem to be worth knowing. Here
//! the choice that knowledge leads to is learnt from nineteen of twenty sections of the trials and its worth is measured in the
//! twentieth, for each in turn (cross-fitting). That is what such a choice really gives: free of that bias, and below the truth by
//! what the choice misses within a bin or by its noise.

use super::sections::{SECTIONS, section_of};
use super::{Interval, mean_interval};

/// Bins of equal probability into which one uniform number is sorted. With 20 000 trials, there are a thousand in each.
const BINS: usize = 20;

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worth {
    /// The estimate; may be below zero by chance, which the truth is not.
    pub value: f64,
    /// Its interval; none of fewer than two trials.
    pub interval: Option<Interval>,
}

/// The options of a decision in the same trials, where large values are good.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    values: &'a [Vec<f64>],
    first: u64,
    /// By section: the option that is best in all others.
    usual: [usize; SECTIONS],
    confidence: f64,
}

impl<'a> Options<'a> {
    /// `values` by option and trial, of trials from `first` on: at least one option, all with the same trials.
    pub fn new(values: &'a [Vec<f64>], first: u64, confidence: f64) -> Self {
        let mut sums = vec![[0.0; SECTIONS]; values.len()];
        for (sums, values) in sums.iter_mut().zip(values) {
            values.iter().zip(first..).for_each(|(value, trial)| sums[section_of(trial)] += value);
        }
        let usual = std::array::from_fn(|section| best(sums.iter().map(|sums| without(sums, section))));
        Options { values, first, usual, confidence }
    }

    /// Number of trials.
    pub fn trials_count(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    fn trials(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.trials_count()).map(|place| (place, section_of(self.first + place as u64)))
    }

    /// What choosing by `policy` gives more than the option that is best without it.
    fn worth(&self, policy: impl Fn(usize, usize) -> usize) -> Worth {
        let gain = |(place, section): (usize, usize)| {
            self.values[policy(place, section)][place] - self.values[self.usual[section]][place]
        };
        let (mut count, mut sum) = (0u64, 0.0);
        self.trials().for_each(|trial| {
            count += 1;
            sum += gain(trial);
        });
        let mean = sum / (count as f64).max(1.0);
        let squares: f64 = self.trials().map(|trial| (gain(trial) - mean) * (gain(trial) - mean)).sum();
        let variance = squares / (count as f64 - 1.0).max(1.0);
        Worth { value: mean, interval: mean_interval(mean, variance, count, self.confidence) }
    }

    /// Of knowing everything: the mean of the best option of each trial, less the mean of the option that is best in all.
    pub fn perfect(&self) -> Worth {
        self.worth(|place, _| best(self.values.iter().map(|values| values[place])))
    }

    /// Of knowing one uniform number, given by trial: the best option of each of its bins.
    pub fn of_one(&self, uniforms: &[f64]) -> Worth {
        let bin = |place: usize| ((uniforms[place] * BINS as f64) as usize).min(BINS - 1);
        let mut sums = vec![[[0.0; SECTIONS]; BINS]; self.values.len()];
        for (sums, values) in sums.iter_mut().zip(self.values) {
            self.trials().for_each(|(place, section)| sums[bin(place)][section] += values[place]);
        }
        let choice: Vec<[usize; SECTIONS]> = (0..BINS)
            .map(|bin| std::array::from_fn(|section| best(sums.iter().map(|sums| without(&sums[bin], section)))))
            .collect();
        self.worth(|place, section| choice[bin(place)][section])
    }

    /// Of knowing several numbers, given by trial and each standard normal: the option of which a quadratic regression on them
    /// expects most.
    pub fn of_several(&self, normals: &[Vec<f64>]) -> Worth {
        let width = 2 * normals.len() + 1;
        let root = std::f64::consts::SQRT_2;
        let terms = |place: usize| -> Vec<f64> {
            let of = |row: &Vec<f64>| [row[place], (row[place] * row[place] - 1.0) / root];
            std::iter::once(1.0).chain(normals.iter().flat_map(of)).collect()
        };
        let options = self.values.len();
        let mut parts = vec![(vec![0.0; width * width], vec![0.0; width * options]); SECTIONS];
        for (place, section) in self.trials() {
            let (terms, (squares, products)) = (terms(place), &mut parts[section]);
            for (row, &term) in terms.iter().enumerate() {
                let rows = squares[row * width..].iter_mut().zip(&terms[..=row]);
                rows.for_each(|(sum, other)| *sum += term * other);
                let sums = products[row * options..].iter_mut().zip(self.values);
                sums.for_each(|(sum, values)| *sum += term * values[place]);
            }
        }
        let fits: Vec<Vec<f64>> = (0..SECTIONS).map(|left_out| fit(&parts, left_out, width)).collect();
        self.worth(|place, section| {
            let terms = terms(place);
            let of = |option: usize| -> f64 {
                terms.iter().enumerate().map(|(row, term)| term * fits[section][row * options + option]).sum()
            };
            best((0..options).map(of))
        })
    }
}

/// Index of the largest; of several the first.
fn best(values: impl Iterator<Item = f64>) -> usize {
    let mut found = (0, f64::NEG_INFINITY);
    values.enumerate().for_each(|(index, value)| found = if value > found.1 { (index, value) } else { found });
    found.0
}

fn without(sums: &[f64; SECTIONS], section: usize) -> f64 {
    sums.iter().enumerate().filter(|(other, _)| *other != section).map(|(_, sum)| sum).sum()
}

/// Squares of the terms (the lower half), and products with each option, of a section.
type Part = (Vec<f64>, Vec<f64>);

/// Coefficients by term and option, of least squares over all sections but one.
fn fit(parts: &[Part], left_out: usize, width: usize) -> Vec<f64> {
    let add = |all: &mut Vec<f64>, part: &Vec<f64>| all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
    let mut kept = parts.iter().enumerate().filter(|(section, _)| *section != left_out).map(|(_, part)| part);
    let (mut squares, mut products) = kept.next().cloned().unwrap_or_default();
    kept.for_each(|(more, others)| {
        add(&mut squares, more);
        add(&mut products, others);
    });
    solve(&mut squares, &mut products, width);
    products
}

/// Solves `A x = b` for several `b`, those of a row side by side, by the factors of Cholesky; of `A`, positive definite, the lower
/// half is given. A term that says no more than those before it gets 0.
fn solve(a: &mut [f64], b: &mut [f64], width: usize) {
    let columns = b.len() / width;
    for row in 0..width {
        let whole = a[row * width + row];
        for column in 0..=row {
            let mut sum = a[row * width + column];
            (0..column).for_each(|k| sum -= a[row * width + k] * a[column * width + k]);
            a[row * width + column] = match column == row {
                true if sum <= 1e-9 * whole => f64::INFINITY,
                true => sum.sqrt(),
                false => sum / a[column * width + column],
            };
        }
    }
    let step = |b: &mut [f64], row: usize, others: &mut dyn Iterator<Item = (usize, f64)>, by: f64| {
        for (other, factor) in others {
            (0..columns).for_each(|column| b[row * columns + column] -= factor * b[other * columns + column]);
        }
        b[row * columns..(row + 1) * columns].iter_mut().for_each(|value| *value /= by);
    };
    for row in 0..width {
        step(b, row, &mut (0..row).map(|k| (k, a[row * width + k])), a[row * width + row]);
    }
    for row in (0..width).rev() {
        let by = a[row * width + row];
        let below = |k: usize| (k, if by.is_finite() { a[k * width + row] } else { 0.0 });
        step(b, row, &mut (row + 1..width).map(below), by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;
    use crate::special::{Probability, normal_quantile};

    const TRIALS: u64 = 20_000;

    fn uniforms(seed: u64, name: &str) -> Vec<f64> {
        let key = Key::new(seed, name);
        (0..TRIALS).map(|trial| key.uniform(trial)).collect()
    }

    fn normals(uniforms: &[f64]) -> Vec<f64> {
        uniforms.iter().map(|uniform| normal_quantile(Probability::of(*uniform))).collect()
    }

    /// Two options worth 0 and `a + b`, with `a` normal(-0.5, 1) and `b` normal(0, 2): the uniform numbers of `a`, `b` and an idle
    /// input, and the values.
    fn case(seed: u64) -> ([Vec<f64>; 3], Vec<Vec<f64>>) {
        let inputs = ["a", "b", "idle"].map(|name| uniforms(seed, name));
        let [a, b] = [0, 1].map(|index: usize| normals(&inputs[index]));
        let sum = a.iter().zip(&b).map(|(a, b)| (a - 0.5) + 2.0 * b).collect();
        (inputs, vec![vec![0.0; TRIALS as usize], sum])
    }

    /// `E max(0, m + s Z) = m Phi(m / s) + s phi(m / s)`, less the 0 that is had without knowing: 0.19780, 0.57269, 0.66427.
    #[test]
    fn two_options_are_worth_what_the_closed_form_says() {
        let runs = 40u64;
        let mut held = [0; 4];
        for seed in 0..runs {
            let (inputs, values) = case(seed);
            let options = Options::new(&values, 0, 0.95);
            let both: Vec<Vec<f64>> = inputs[..2].iter().map(|uniforms| normals(uniforms)).collect();
            let found = [
                (options.of_one(&inputs[0]), 0.197_80),
                (options.of_one(&inputs[1]), 0.572_69),
                (options.perfect(), 0.664_27),
                (options.of_several(&both), 0.664_27),
            ];
            for ((worth, truth), held) in found.into_iter().zip(&mut held) {
                let Interval { low, high } = worth.interval.expect("enough trials");
                let error = (high - low) / 2.0 / 1.96;
                assert!((worth.value - truth).abs() < 4.0 * error, "seed {seed}: {worth:?}, not {truth}");
                *held += usize::from((low..=high).contains(&truth));
            }
            let idle = options.of_one(&inputs[2]);
            let high = idle.interval.expect("enough trials").high;
            assert!(idle.value.abs() < 0.01 && high > -0.01 && high < 0.02, "seed {seed}: {idle:?}");
        }
        // 95 % of 40 runs are 38; three standard deviations fewer are 33.
        assert!(held.iter().all(|held| *held >= 33), "{held:?} of {runs}");
    }

    /// What knows nothing is worth nothing on average, or less: never more.
    #[test]
    fn an_idle_input_is_not_worth_anything() {
        let worths: Vec<f64> = (0..40)
            .map(|seed| {
                let (inputs, values) = case(seed);
                Options::new(&values, 0, 0.95).of_one(&inputs[2]).value
            })
            .collect();
        let mean = worths.iter().sum::<f64>() / 40.0;
        assert!(mean <= 0.001 && mean > -0.004, "{mean}");
    }

    /// `E max(0, Z^2 - 1) = 2 phi(1)`, which no straight line in `Z` tells anything of.
    #[test]
    fn what_is_curved_is_seen() {
        let numbers = normals(&uniforms(7, "a"));
        let values = vec![vec![0.0; TRIALS as usize], numbers.iter().map(|z| z * z - 1.0).collect()];
        let options = Options::new(&values, 0, 0.95);
        let worth = options.of_several(&[numbers]);
        let Interval { low, high } = worth.interval.expect("enough trials");
        assert!((worth.value - 0.483_94).abs() < 2.0 * (high - low) / 1.96, "{worth:?}");
        assert!((worth.value - options.perfect().value).abs() < 1e-3, "{worth:?} of {:?}", options.perfect());
    }

    #[test]
    fn one_option_leaves_nothing_to_know() {
        let (inputs, values) = case(1);
        let options = Options::new(&values[1..], 0, 0.95);
        assert_eq!((options.perfect().value, options.of_one(&inputs[0]).value), (0.0, 0.0));
        assert_eq!(best([1.0, 2.0, 2.0].into_iter()), 1);
    }

    /// By hand: `4 x + 2 y = 10, 2 x + 3 y = 9` has `x = 1.5, y = 2`; and where the second term repeats the first, one is enough.
    #[test]
    fn equations_are_solved() {
        let (mut a, mut b) = ([4.0, 0.0, 2.0, 3.0], [10.0, 9.0]);
        solve(&mut a, &mut b, 2);
        assert!((b[0] - 1.5).abs() < 1e-12 && (b[1] - 2.0).abs() < 1e-12, "{b:?}");
        // Three by three, with two right-hand sides: (1, 2, 3) and (-1, 0, 2).
        let (mut a, mut b) = ([4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0], [11.0, -2.0, 21.0, 4.0, 25.0, 11.0]);
        solve(&mut a, &mut b, 3);
        let wanted = [1.0, -1.0, 2.0, 0.0, 3.0, 2.0];
        assert!(b.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{b:?}");
        let (mut a, mut b) = ([4.0, 0.0, 4.0, 4.0], [8.0, 8.0]);
        solve(&mut a, &mut b, 2);
        assert_eq!(b, [2.0, 0.0]);
        // What rounding leaves of the second term, 4e-16, is none.
        let (mut a, mut b) = ([2.0, 0.0, 2.0, 2.0], [4.0, 4.0]);
        solve(&mut a, &mut b, 2);
        assert!((b[0] - 2.0).abs() < 1e-12 && b[1] == 0.0, "{b:?}");
    }
}
