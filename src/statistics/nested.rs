//! Draws with several samples each: how much of the spread lies between the draws, and how much within them.
//!
//! One-way analysis of variance with random effects (Searle, Casella & McCulloch, Variance Components, 1992, chapter 3). In
//! a simulation the draws are those of the inputs, and the samples are of events that meet the same inputs: `Var Y = Var E(Y | inputs) + E Var(Y | inputs)`. The first part is what better knowledge of the inputs could remove, and
//! its share of the whole is the closed Sobol index of all inputs together, `Cov(Y(x, e), Y(x, e')) / Var Y` (Sobol,
//! "Sensitivity estimates for nonlinear mathematical models", 1993).

use super::{Interval, half_miss, squared_deviations, student_t_quantile};
use crate::math::{exp, ln};
use crate::special::{Probability, beta_quantile};

/// Sums over draws with `each` samples; whole numbers, so that they add up to the same in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nested {
    /// Number of draws.
    pub draws: u64,
    /// Samples of each of them.
    pub each: u64,
    /// Sum of all values.
    pub sum: i128,
    /// Sum of the squares of the draws' own sums.
    pub squared_sums: i128,
    /// Sum of the squares of all values.
    pub squares: i128,
}

impl Nested {
    /// Adds a draw, given the values of its samples.
    pub fn add(&mut self, values: &[i64]) {
        let sum: i128 = values.iter().map(|value| i128::from(*value)).sum();
        self.merge(&Nested {
            draws: 1,
            each: values.len() as u64,
            sum,
            squared_sums: sum * sum,
            squares: values.iter().map(|value| i128::from(*value) * i128::from(*value)).sum(),
        });
    }

    /// Adds draws that were counted elsewhere, with as many samples each.
    pub fn merge(&mut self, other: &Nested) {
        self.draws += other.draws;
        self.each = self.each.max(other.each);
        self.sum += other.sum;
        self.squared_sums += other.squared_sums;
        self.squares += other.squares;
    }

    fn without(&self, part: &Nested) -> Nested {
        Nested {
            draws: self.draws - part.draws,
            each: self.each,
            sum: self.sum - part.sum,
            squared_sums: self.squared_sums - part.squared_sums,
            squares: self.squares - part.squares,
        }
    }

    /// Mean of all values.
    pub fn mean(&self) -> f64 {
        self.sum as f64 / (self.draws * self.each) as f64
    }

    /// Mean squares between and within the draws; none below two draws of two samples.
    fn mean_squares(&self) -> Option<(f64, f64)> {
        if self.draws < 2 || self.each < 2 {
            return None;
        }
        let (draws, each) = (self.draws as f64, self.each as f64);
        let between = squared_deviations(self.draws, self.sum, self.squared_sums);
        let within = (i128::from(self.each) * self.squares - self.squared_sums) as f64;
        Some((between / each / (draws - 1.0), within / each / (draws * (each - 1.0))))
    }

    /// Sample variance of the draws' own means.
    pub fn variance_of_means(&self) -> Option<f64> {
        self.mean_squares().map(|(between, _)| between / self.each as f64)
    }

    /// Unbiased estimate of the variance of what a draw leads one to expect, `Var E(Y | draw)`.
    ///
    /// The means of a few samples spread even if all draws are alike, by the variance within over the number of samples; that
    /// is taken away. Where nothing is left it may come out below zero.
    pub fn variance_between(&self) -> Option<f64> {
        self.mean_squares().map(|(between, within)| (between - within) / self.each as f64)
    }

    /// Share of the variance that lies between the draws, cut to 0 and 1 (it may come out below 0 where the truth is near
    /// it). `None` where all values are the same.
    pub fn share(&self) -> Option<f64> {
        let (between, within) = self.mean_squares()?;
        let own = (between - within) / self.each as f64;
        (own + within > 0.0).then(|| (own / (own + within)).clamp(0.0, 1.0))
    }

    /// Logarithm of the ratio of the mean squares; none where either is zero.
    fn log_ratio(&self) -> Option<f64> {
        let (between, within) = self.mean_squares()?;
        (between > 0.0 && within > 0.0).then(|| ln(between / within))
    }
}

/// Interval around the [`Nested::share`] of draws that are counted in `groups` of about the same size.
///
/// The jackknife over groups on the logarithm of the ratio of mean squares, with Student's t: it asks for no normal
/// distribution, and on that scale the ratio is nearly symmetric (Arvesen & Schmitz, "Robust procedures for variance
/// component problems using the jackknife", Biometrics 26, 1970). Both ends are cut to 0 and 1. `None` where the share is
/// none, or where some group holds all that differs between draws, or within them.
pub fn share_interval(groups: &[Nested], confidence: f64) -> Option<Interval> {
    let miss = half_miss(confidence)?;
    let mut all = Nested::default();
    groups.iter().for_each(|group| all.merge(group));
    let (whole, count) = (all.log_ratio()?, groups.len() as f64);
    let pseudo = |group: &Nested| Some(count * whole - (count - 1.0) * all.without(group).log_ratio()?);
    let values = groups.iter().map(pseudo).collect::<Option<Vec<f64>>>().filter(|values| values.len() > 1)?;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
    let half = -student_t_quantile(miss, count - 1.0) * (variance / count).sqrt();
    let share = |log_ratio: f64| {
        let ratio = exp(log_ratio);
        let share = if ratio.is_finite() { (ratio - 1.0) / (ratio - 1.0 + all.each as f64) } else { 1.0 };
        share.clamp(0.0, 1.0)
    };
    Some(Interval { low: share(mean - half), high: share(mean + half) })
}

/// Below this sum of its parameters a beta distribution is as good as all at its ends.
const ALL_AT_THE_ENDS: f64 = 0.02;

/// The middle `coverage` of a beta distribution with this `mean` whose variance is `share` of the largest possible one,
/// `mean (1 - mean)`. For a yes or no, that share is the one that lies between the draws (Ridout, Demétrio & Firth,
/// "Estimating intraclass correlation for binary data", Biometrics 55, 1999).
///
/// A probability that varies with the draw may be distributed otherwise; mean and variance say no more than this. How far
/// off that may be: of `1 - exp(-u)` with `u` uniform from 0 to 2, a law with a step at its end, the true middle 90 % is
/// 0.10 to 0.85, and this gives 0.15 to 0.93 (`tests/input_uncertainty.rs`).
pub fn beta_band(mean: f64, share: f64, coverage: f64) -> Interval {
    let tail = 0.5 * (1.0 - coverage);
    // The same where it does not vary at all.
    if !(mean > 0.0 && mean < 1.0 && share > 1e-9) {
        return Interval { low: mean, high: mean };
    }
    let sum = 1.0 / share - 1.0;
    if sum < ALL_AT_THE_ENDS {
        let at = |below: f64| if below <= 1.0 - mean { 0.0 } else { 1.0 };
        return Interval { low: at(tail), high: at(1.0 - tail) };
    }
    let (a, b) = (mean * sum, (1.0 - mean) * sum);
    let at = |p: Probability| beta_quantile(a, b, p).0;
    Interval { low: at(Probability::of(tail)), high: at(Probability::of(tail).swapped()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::pow;
    use crate::random::{Key, uniform};
    use crate::special::normal_quantile;

    fn near(found: f64, wanted: f64, by: f64) {
        assert!((found - wanted).abs() <= by, "found {found}, wanted {wanted}");
    }

    /// By hand: draws (1, 3), (5, 7), (6, 8): means 2, 6, 7, variance of means 7, within 2.
    #[test]
    fn variances_are_those_by_hand() {
        let mut nested = Nested::default();
        [[1, 3], [5, 7], [6, 8]].iter().for_each(|values| nested.add(values));
        assert_eq!((nested.draws, nested.mean()), (3, 5.0));
        near(nested.variance_of_means().unwrap(), 7.0, 1e-12);
        near(nested.variance_between().unwrap(), 7.0 - 2.0 / 2.0, 1e-12);
        near(nested.share().unwrap(), 6.0 / 8.0, 1e-12);
        // Two draws of two samples are enough.
        let mut two = Nested::default();
        two.add(&[1, 3]);
        assert_eq!(two.variance_of_means(), None);
        two.add(&[5, 7]);
        near(two.variance_of_means().unwrap(), 8.0, 1e-12);
    }

    #[test]
    fn nothing_is_said_of_what_does_not_vary() {
        let mut groups = [Nested::default(); 4];
        (0..40).for_each(|draw| groups[draw % 4].add(&[7; 8]));
        let mut all = Nested::default();
        groups.iter().for_each(|group| all.merge(group));
        assert_eq!((all.share(), share_interval(&groups, 0.95)), (None, None));
        // All between: a share of one, and no interval.
        groups.iter_mut().enumerate().for_each(|(index, group)| group.add(&[index as i64; 8]));
        let mut all = Nested::default();
        groups.iter().for_each(|group| all.merge(group));
        assert_eq!((all.share(), share_interval(&groups, 0.95)), (Some(1.0), None));
        assert_eq!(Nested::default().share(), None);
        assert_eq!(share_interval(&[], 0.95), None);
        // One group has nothing to be compared with.
        let mut one = Nested::default();
        [[1, 3], [5, 7], [6, 8]].iter().for_each(|values| one.add(values));
        assert_eq!(share_interval(&[one], 0.95), None);
    }

    /// How often the interval holds the truth, over so many runs of 320 draws: of a yes or no whose probability is uniform
    /// (the share is 1/3), of one that all draws share (0), and of a skewed sum (1/2).
    fn coverage(runs: u64) -> [f64; 3] {
        let key = Key::new(3, "coverage");
        let mut held = [0u64; 3];
        for run in 0..runs {
            let mut groups = [[Nested::default(); 32]; 3];
            for draw in 0..320 {
                let mut stream = key.stream(run * 320 + draw);
                let p = uniform(&mut stream);
                let own = -ln(uniform(&mut stream));
                let samples: [[f64; 3]; 8] = std::array::from_fn(|_| std::array::from_fn(|_| uniform(&mut stream)));
                let group = draw as usize % 32;
                groups[0][group].add(&samples.map(|[u, ..]| i64::from(u < p)));
                groups[1][group].add(&samples.map(|[_, u, _]| i64::from(u < 0.3)));
                let normal = |u: f64| normal_quantile(Probability::of(u));
                groups[2][group].add(&samples.map(|[.., u]| ((own + normal(u)) * 1e6) as i64));
            }
            for (case, truth) in [1.0 / 3.0, 0.0, 0.5].into_iter().enumerate() {
                let found = share_interval(&groups[case], 0.95).expect("it varies");
                held[case] += u64::from(found.low <= truth && truth <= found.high);
            }
        }
        held.map(|held| held as f64 / runs as f64)
    }

    #[test]
    fn the_interval_of_a_share_holds_it() {
        for share in coverage(1000) {
            assert!((0.93..0.985).contains(&share), "{share}");
        }
    }

    #[test]
    fn the_band_of_a_uniform_probability_is_its_own() {
        let band = beta_band(0.5, 1.0 / 3.0, 0.9);
        near(band.low, 0.05, 1e-9);
        near(band.high, 0.95, 1e-9);
        // Beta(1, 3): mean 1/4, x = 1 - (1 - p)^(1/3).
        let band = beta_band(0.25, 0.2, 0.9);
        near(band.low, 1.0 - pow(0.95, 1.0 / 3.0), 1e-9);
        near(band.high, 1.0 - pow(0.05, 1.0 / 3.0), 1e-9);
        for (mean, share, low, high) in [
            (0.3, 0.0, 0.3, 0.3),
            (0.3, 1.0, 0.0, 1.0),
            (0.02, 1.0, 0.0, 0.0),
            (0.0, 0.5, 0.0, 0.0),
            (1.0, 1.0, 1.0, 1.0),
        ] {
            assert_eq!(beta_band(mean, share, 0.9), Interval { low, high });
        }
        // Wherever it may be asked, it is between zero and one and in order.
        for mean in [1e-9, 1e-4, 0.03, 0.5, 0.999, 1.0 - 1e-9] {
            for share in [2e-9, 1e-6, 0.01, 0.5, 0.9, 0.97, 0.99, 1.0] {
                let band = beta_band(mean, share, 0.9);
                assert!(0.0 <= band.low && band.low <= band.high && band.high <= 1.0, "{mean} {share} {band:?}");
            }
        }
    }
}
