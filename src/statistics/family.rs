//! Verdicts on several probabilities at once: exact tails, a family's error, and how many more trials would decide.

use crate::math::ln;
use crate::special::{Probability, beta_with_power, normal_quantile};

/// `(P(B <= k), P(B >= k))` for a binomial `B` of `n` trials with probability `p`; `(1, 1)` where that is not defined.
///
/// These are the exact one-sided p-values of `k` hits: the interval of Clopper and Pearson lies above `p` just where the
/// second is below half of what it may miss.
pub fn binomial_tails(k: u64, n: u64, p: f64) -> (f64, f64) {
    if n == 0 || k > n || !(p > 0.0 && p < 1.0) {
        return (1.0, 1.0);
    }
    // P(B <= k) = 1 - I_p(k + 1, n - k).
    let up_to = |k: u64| beta_with_power(k as f64 + 1.0, (n - k) as f64, p, 1.0 - p).0;
    let at_most = if k == n { 1.0 } else { up_to(k).above };
    let at_least = if k == 0 { 1.0 } else { up_to(k - 1).below };
    (at_most, at_least)
}

/// Adjusted p-values of two-sided decisions with a direction, by S. Holm, "A simple sequentially rejective multiple test
/// procedure", Scandinavian Journal of Statistics 6 (1979): decide whatever is at most `a`, and the probability that any
/// decision is wrong, in either direction, is at most `a`, however the evidence of one depends on that of another.
///
/// `tails` holds the smaller one-sided p-value of each. Each decision is taken as two one-sided hypotheses, "not above" and
/// "not below", so that a family of `m` has `2 m` and the one that comes `j`-th (from 0) is multiplied by `2 m - j`. That
/// makes the direction safe too, which two-sided p-values in Holm's procedure are known to do only where the evidence is
/// independent (Shaffer, Annals of Statistics 8, 1980). Alone, a decision is that of the two-sided interval.
pub fn holm(tails: &[f64]) -> Vec<f64> {
    step_down(tails, 2 * tails.len())
}

/// The same of hypotheses that are one-sided by themselves, such as "explains nothing": a family of `m` has `m`.
pub fn holm_one_sided(tails: &[f64]) -> Vec<f64> {
    step_down(tails, tails.len())
}

/// From the smallest p-value up, each times the hypotheses that are left, and never below the one before.
fn step_down(tails: &[f64], hypotheses: usize) -> Vec<f64> {
    let mut order: Vec<usize> = (0..tails.len()).collect();
    order.sort_by(|&a, &b| tails[a].total_cmp(&tails[b]));
    let mut adjusted = vec![1.0; tails.len()];
    let mut largest = 0.0f64;
    for (position, &index) in order.iter().enumerate() {
        largest = largest.max((hypotheses - position) as f64 * tails[index]).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}

/// About how many more trials would decide on which side of `threshold` a probability lies, if it is as the `k` hits of `n`
/// trials say and a tail of `miss` decides. By the normal approximation; with no misses or no hits so far, as many as make
/// that decide by itself. `None` if it lies at the threshold, where no number decides.
pub fn trials_to_decide(k: u64, n: u64, threshold: f64, miss: f64) -> Option<u64> {
    if n == 0 || k > n || !(miss > 0.0 && miss < 0.5 && threshold > 0.0 && threshold < 1.0) {
        return None;
    }
    let share = k as f64 / n as f64;
    let needed = if k == 0 || k == n {
        ln(miss) / ln(if k == 0 { 1.0 - threshold } else { threshold })
    } else {
        let z = normal_quantile(Probability::of(miss));
        let variance = (share * (1.0 - share)).max(threshold * (1.0 - threshold));
        z * z * variance / ((share - threshold) * (share - threshold))
    };
    needed.is_finite().then(|| (needed.min(1e18).ceil() as u64).saturating_sub(n).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::clopper_pearson;

    #[test]
    fn tails_are_the_sums_of_the_terms() {
        for (n, p) in [(1u64, 0.3), (10, 0.5), (37, 0.07)] {
            let mut terms = vec![(0..n).fold(1.0, |product, _| product * (1.0 - p))];
            for k in 0..n {
                terms.push(terms[k as usize] * (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p));
            }
            for k in 0..=n as usize {
                let (at_most, at_least) = binomial_tails(k as u64, n, p);
                assert!((at_most - terms[..=k].iter().sum::<f64>()).abs() < 1e-12, "{k} of {n}");
                assert!((at_least - terms[k..].iter().sum::<f64>()).abs() < 1e-12, "{k} of {n}");
            }
        }
        assert_eq!(binomial_tails(3, 2, 0.5), (1.0, 1.0));
        assert_eq!(binomial_tails(0, 0, f64::NAN), (1.0, 1.0));
    }

    #[test]
    fn one_decision_is_that_of_the_interval() {
        for k in 0..=200 {
            let interval = clopper_pearson(k, 200, 0.95);
            let (at_most, at_least) = binomial_tails(k, 200, 0.4);
            let decided = holm(&[at_most.min(at_least)])[0] < 0.05;
            assert_eq!(decided, !(interval.low..=interval.high).contains(&0.4), "{k}");
        }
    }

    #[test]
    fn a_family_is_stepped_down() {
        let adjusted = holm(&[0.01, 0.001, 0.4, 0.0101]);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(adjusted[1], 0.008);
        close(adjusted[0], 0.07);
        close(adjusted[3], 0.07); // 6 x 0.0101 would be less: never below the one before
        close(adjusted[2], 1.0);
        assert!(holm(&[]).is_empty());
        let one_sided = holm_one_sided(&[0.01, 0.001, 0.4]);
        close(one_sided[1], 0.003);
        close(one_sided[0], 0.02);
        close(one_sided[2], 0.4);
    }

    /// With as many trials as are asked for, at the same share, it is decided; with a tenth less it is not.
    #[test]
    fn as_many_more_trials_decide() {
        for (k, n, threshold) in [(520u64, 1000u64, 0.5), (55, 1000, 0.05), (990, 1000, 0.991), (3, 10, 0.5)] {
            let total = n + trials_to_decide(k, n, threshold, 0.025).unwrap();
            let tail = |n_now: f64| {
                let hits = (k as f64 / n as f64 * n_now).round() as u64;
                let (at_most, at_least) = binomial_tails(hits, n_now as u64, threshold);
                at_most.min(at_least)
            };
            assert!(tail(1.1 * total as f64 + 10.0) < 0.025 && tail(0.9 * total as f64 - 3.0) > 0.025, "{k} of {n}");
        }
        assert_eq!(trials_to_decide(500, 1000, 0.5, 0.025), None);
        assert_eq!(trials_to_decide(0, 1, 0.5, 0.025), Some(5)); // 2^-6 < 0.025
        assert_eq!(trials_to_decide(2, 2, 0.9, 0.025), Some(34)); // 0.9^36 < 0.025 < 0.9^35
    }
}
