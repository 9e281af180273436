//! Ranking and selection on shared random numbers: which of several systems may be the best, by the mean of a number of each trial.
//!
//! All systems see the same trials, so that their differences vary less than they do themselves. They are looked at in stages,
//! each with more trials than the one before, and whatever is clearly worse than another one drops out (screening; Nelson, Swann,
//! Goldsman & Song, "Simple procedures for selecting the best simulated system when the number of alternatives is large",
//! Operations Research 49, 2001; Kim & Nelson, "A fully sequential procedure for indifference-zone selection in simulation", ACM
//! TOMACS 11, 2001; Boesel, Nelson & Kim, "Using ranking and selection to clean up after simulation optimization", Operations
//! Research 51, 2003). Each comparison of a pair at a stage may err with what may be missed in all, over the number of ordered
//! pairs times that of stages (Bonferroni): so the best stays with at least the confidence asked for, whatever binds the systems,
//! and so does the best of those that cost no more than any sum.
//!
//! Differences may be skewed: Student's t is taken with the correction of Johnson, "Modified t tests and confidence intervals for
//! asymmetrical populations", Journal of the American Statistical Association 73 (1978), wherever that says less.

use super::{Interval, half_miss, student_t_quantile};

/// Paired differences of two systems, `a - b`, over the trials that both have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Number of trials.
    pub count: u64,
    /// Mean.
    pub mean: f64,
    /// Sample variance.
    pub variance: f64,
    /// Third central moment.
    third: f64,
}

impl Paired {
    /// Of the values of two systems, trial by trial.
    pub fn new(a: &[f64], b: &[f64]) -> Self {
        let differences = || a.iter().zip(b).map(|(a, b)| a - b);
        let count = a.len().min(b.len()) as f64;
        let mean = differences().sum::<f64>() / count.max(1.0);
        let (mut square, mut cube) = (0.0, 0.0);
        for difference in differences() {
            let deviation = difference - mean;
            square += deviation * deviation;
            cube += deviation * deviation * deviation;
        }
        Paired { count: count as u64, mean, variance: square / (count - 1.0).max(1.0), third: cube / count.max(1.0) }
    }

    /// Whether the mean of all trials there could be is above zero, but for a probability of `miss` where it is not.
    pub fn is_above(&self, miss: f64) -> bool {
        let count = self.count as f64;
        if self.count < 2 || !(self.mean > 0.0) {
            return false;
        }
        if self.variance == 0.0 {
            return true; // the same in every trial
        }
        let skewness = self.third / self.variance;
        let corrected = self.mean + skewness / (6.0 * count) + skewness / (3.0 * self.variance) * self.mean * self.mean;
        let t = self.mean.min(corrected) * (count / self.variance).sqrt();
        t > -student_t_quantile(miss, count - 1.0)
    }

    /// Two-sided interval of the mean, which misses with `1 - confidence`. `None` for a `confidence` outside (0, 1).
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        super::mean_interval(self.mean, self.variance, self.count, confidence)
    }
}

/// Numbers of trials after each stage: twice as many each time, up to `last`.
pub fn stages(first: u64, last: u64) -> Vec<u64> {
    let mut stages = vec![first.min(last)];
    while let Some(&trials) = stages.last().filter(|trials| **trials < last) {
        stages.push((2 * trials).min(last));
    }
    stages
}

/// What one comparison of a pair at one stage may miss.
pub fn miss_of_each(systems: usize, stages: usize, confidence: f64) -> f64 {
    let pairs = (systems as f64 * (systems as f64 - 1.0)).max(1.0);
    (1.0 - confidence) / (pairs * stages.max(1) as f64)
}

/// Which systems may still be the best, where small values are good: all but those clearly worse than one of the systems up to
/// their group's. `values` are in groups of rising cost, `last_of_group` being for each system the index after its group's end.
pub fn screen(values: &[&[f64]], last_of_group: &[usize], miss: f64) -> Vec<bool> {
    let means: Vec<f64> = values.iter().map(|values| mean(values)).collect();
    let mut best = 0;
    let mut looked_at = 0;
    let kept = |(index, &last): (usize, &usize)| {
        while looked_at < last {
            best = if means[looked_at] < means[best] { looked_at } else { best };
            looked_at += 1;
        }
        best == index || !Paired::new(values[index], values[best]).is_above(miss)
    };
    last_of_group.iter().enumerate().map(kept).collect()
}

/// Mean of values in their order.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / (values.len() as f64).max(1.0)
}

/// By how much each of a few systems is worse than the best of them, where small values are good, with intervals that all hold
/// together. What is above zero is lost by choosing it: the ends are those of the largest of the paired differences to the others.
pub fn distances(values: &[&[f64]], family: usize, confidence: f64) -> Vec<(f64, Interval)> {
    let pairs = (values.len() * values.len().saturating_sub(1) / 2 * family).max(1) as f64;
    let each = half_miss(confidence).map_or(confidence, |miss| 1.0 - 2.0 * miss / pairs);
    let one = |(index, own): (usize, &&[f64])| {
        let mut found = (0.0f64, Interval { low: 0.0, high: 0.0 });
        for (_, other) in values.iter().enumerate().filter(|(other, _)| *other != index) {
            let paired = Paired::new(own, other);
            let ends = paired.interval(each).unwrap_or(Interval { low: f64::NEG_INFINITY, high: f64::INFINITY });
            found.0 = found.0.max(paired.mean);
            found.1 = Interval { low: found.1.low.max(ends.low), high: found.1.high.max(ends.high) };
        }
        found
    };
    values.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::exp;
    use crate::random::Key;
    use crate::special::{Probability, normal_quantile};
    use crate::statistics::student_t_tail;

    fn normal(seed: u64, name: &str, trial: u64) -> f64 {
        normal_quantile(Probability::of(Key::new(seed, name).uniform(trial)))
    }

    /// Whether the first system, which is a best one, is still there after all stages.
    fn best_stays(systems: usize, value: &dyn Fn(usize, u64) -> f64, confidence: f64) -> bool {
        let stages = stages(250, 1000);
        let miss = miss_of_each(systems, stages.len(), confidence);
        let values: Vec<Vec<f64>> =
            (0..systems).map(|system| (0..1000).map(|trial| value(system, trial)).collect()).collect();
        stages.iter().all(|&trials| {
            let seen: Vec<&[f64]> = values.iter().map(|values| &values[..trials as usize]).collect();
            screen(&seen, &vec![systems; systems], miss)[0]
        })
    }

    /// Of equal systems each is a best one: with few, loosely held, the first drops out in fewer runs than it may.
    #[test]
    fn the_best_stays_as_often_as_it_should() {
        let runs = 150;
        type OfNormal = fn(f64) -> f64;
        let laws: [(&str, OfNormal); 3] =
            [("normal", |z| z), ("skewed to the right", |z| exp(z)), ("to the left", |z| -exp(z))];
        for (what, law) in laws {
            let lost = (0..runs).filter(|seed| {
                let value = |system: usize, trial: u64| law(normal(*seed, &format!("{system}"), trial));
                !best_stays(4, &value, 0.8)
            });
            let lost = lost.count();
            assert!(lost as f64 <= 0.2 * runs as f64, "{what}: lost in {lost} of {runs} runs");
        }
    }

    #[test]
    fn what_is_clearly_worse_drops_out() {
        let of = |system: usize, trial: u64| {
            normal(3, "common", trial) + 0.1 * normal(3, &format!("{system}"), trial) + 0.1 * system as f64
        };
        let values: Vec<Vec<f64>> = (0..5).map(|system| (0..1000).map(|trial| of(system, trial)).collect()).collect();
        let seen: Vec<&[f64]> = values.iter().map(|values| &values[..]).collect();
        assert_eq!(screen(&seen, &[5; 5], 1e-4), [true, false, false, false, false]);
        // Dearer ones are no reason to drop anything: the last is the best here, and the dearest.
        let turned: Vec<&[f64]> = seen.iter().rev().copied().collect();
        assert_eq!(screen(&turned, &[1, 2, 3, 4, 5], 1e-4), [true; 5]);
        assert_eq!(screen(&turned, &[2, 2, 3, 5, 5], 1e-4), [false, true, true, false, true]);
    }

    #[test]
    fn pairs_and_stages_are_those_by_hand() {
        let found = Paired::new(&[3.0, 5.0, 10.0], &[1.0, 1.0, 1.0]);
        assert_eq!((found.count, found.mean), (3, 5.0));
        assert_eq!(found.variance, (9.0 + 1.0 + 16.0) / 2.0);
        assert!((found.third - (-27.0 - 1.0 + 64.0) / 3.0).abs() < 1e-12);
        assert!(Paired::new(&[2.0; 9], &[1.0; 9]).is_above(1e-9) && !Paired::new(&[1.0; 9], &[1.0; 9]).is_above(0.4));
        assert_eq!(stages(250, 1800), [250, 500, 1000, 1800]);
        assert_eq!((stages(250, 100), stages(250, 250)), (vec![100], vec![250]));
        assert!((miss_of_each(3, 2, 0.94) - 0.005).abs() < 1e-12);
        assert!((miss_of_each(1, 1, 0.9) - 0.1).abs() < 1e-12);
    }

    /// Johnson's correction of a mean of 5.6667 whose differences reach far to the left: t is 1.40829 and not 2.86535; without
    /// skewness, or with some to the right, it is the plain one.
    #[test]
    fn skewness_to_the_left_is_held_against_a_mean() {
        let holds_from = |differences: &[f64], t: f64| {
            let paired = Paired::new(differences, &vec![0.0; differences.len()]);
            let miss = student_t_tail(t, differences.len() as f64 - 1.0);
            paired.is_above(miss * 1.000_1) && !paired.is_above(miss * 0.999_9)
        };
        assert!(holds_from(&[9.0, 8.0, 7.0, -4.0, 6.0, 8.0], 1.408_285_705_942_857_7));
        assert!(holds_from(&[-1.0, 3.0], 0.5));
        // Mean 2, variance 34 / 3, four of them.
        assert!(holds_from(&[0.0, 0.0, 1.0, 7.0], 2.0 * (4.0f64 / (34.0 / 3.0)).sqrt()));
        assert!(!Paired::new(&[1.0], &[0.0]).is_above(0.4));
    }

    #[test]
    fn distances_share_what_may_be_missed() {
        let (a, b) = ([3.0, 5.0, 10.0, 4.0], [1.0, 1.5, 1.0, 2.0]);
        // Two systems are one pair; twice over, each of the two may miss 5 %.
        let found = distances(&[&a, &b], 2, 0.9);
        let ends = Paired::new(&a, &b).interval(0.95).expect("four trials");
        assert_eq!(found[0], (4.125, Interval { low: ends.low.max(0.0), high: ends.high }));
        assert_eq!(found[1].0, 0.0);
    }

    /// The distance from the best is held by its interval, in all systems together, in as many runs as it should be.
    #[test]
    fn distances_hold_together() {
        let truths = [0.0, 0.05, 0.2];
        let held = (0..300u64).filter(|seed| {
            let of = |system: usize, trial: u64| {
                truths[system] + normal(*seed, "common", trial) + normal(*seed, &format!("{system}"), trial)
            };
            let values: Vec<Vec<f64>> =
                (0..3).map(|system| (0..500).map(|trial| of(system, trial)).collect()).collect();
            let seen: Vec<&[f64]> = values.iter().map(|values| &values[..]).collect();
            let found = distances(&seen, 1, 0.9);
            found.iter().zip(truths).all(|((value, ends), truth)| {
                (ends.low..=ends.high).contains(&truth) && (ends.low..=ends.high).contains(value)
            })
        });
        let held = held.count();
        assert!(held >= 270, "held in {held} of 300 runs");
    }
}
