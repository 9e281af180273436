//! Probabilities of rare events from weighted trials.

use super::{Interval, half_miss};
use crate::math::exp;
use crate::special::{Probability, gamma_quantile};

/// Weight of a trial that was drawn from a mixture of a model, with the share `untilted`, and its tilted twin: its density in
/// the model over its density in the mixture. `log_ratio` is the logarithm of its density in the model over that in the twin.
pub fn mixture_weight(log_ratio: f64, untilted: f64) -> f64 {
    1.0 / (untilted + (1.0 - untilted) * exp(-log_ratio))
}

/// Two-sided interval for the probability of an event that is estimated by the sum of the weights of its hits over the
/// number of all trials: `sum` and `squares` of the hits' weights, the `largest` weight that a hit can have, `n` trials.
///
/// The gamma interval of Fay & Feuer ("Confidence intervals for directly standardized rates: a method based on the gamma
/// distribution", Statistics in Medicine 16, 1997): hits of a rare event are nearly Poisson, and a weighted sum of Poisson
/// counts is given a gamma distribution with its mean and variance; the upper end is that of the sum with one more hit of
/// the largest weight. Where all weights are the same it is the exact one of Poisson counts; else it has never been seen to
/// cover less than it says, and for frequent events it is too wide.
///
/// That holds for the largest weight that is *possible*. With the largest one that was *met* in its place, the upper end does
/// not allow for hits of a kind that no trial happened to meet, and the interval may miss nearly always. 0 to 1 where nothing
/// is known.
pub fn weighted_interval(sum: f64, squares: f64, largest: f64, n: u64, confidence: f64) -> Interval {
    let Some(miss) = half_miss(confidence).filter(|_| n > 0) else { return Interval { low: 0.0, high: 1.0 } };
    let n = n as f64;
    let (mean, variance, most) = (sum / n, squares / n / n, largest / n);
    let quantile =
        |mean: f64, variance: f64, p: Probability| variance / mean * gamma_quantile(mean * mean / variance, p);
    let tail = Probability::of(miss);
    let low = if sum > 0.0 { quantile(mean, variance, tail) } else { 0.0 };
    let high = if most > 0.0 { quantile(mean + most, variance + most * most, tail.swapped()) } else { 1.0 };
    Interval { low: low.clamp(0.0, 1.0), high: high.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::ln;
    use crate::random::{Key, uniform};

    /// By hand: densities of the model and its twin as 1 to 1, 2 to 1 and 1 to 2, a quarter untilted.
    #[test]
    fn weights_are_those_by_hand() {
        for (log_ratio, weight) in [(0.0, 1.0), (ln(2.0), 1.0 / (0.25 + 0.375)), (-ln(2.0), 1.0 / (0.25 + 1.5))] {
            assert!((mixture_weight(log_ratio, 0.25) - weight).abs() < 1e-12);
        }
    }

    /// The exact interval of a Poisson count: Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936).
    #[test]
    fn equal_weights_give_the_interval_of_a_count() {
        for (count, low, high) in [(0.0, 0.0, 3.688_879), (1.0, 0.025_318, 5.571_643), (10.0, 4.795_389, 18.390_36)] {
            let found = weighted_interval(count * 0.01, count * 0.0001, 0.01, 1000, 0.95);
            assert!((found.low * 1e5 - low).abs() < 1e-5 && (found.high * 1e5 - high).abs() < 1e-5, "{found:?}");
        }
        assert_eq!(weighted_interval(0.0, 0.0, 0.0, 0, 0.95), Interval { low: 0.0, high: 1.0 });
    }

    /// Hits of a weight that is anything between e^-3 and 1, about twenty of them in a run.
    #[test]
    fn unequal_weights_cover() {
        let key = Key::new(5, "weights");
        let (runs, n) = (2000, 1000u64);
        // Mean of exp(-3 u).
        let truth = 0.02 * (1.0 - exp(-3.0)) / 3.0;
        let mut held = 0;
        for run in 0..runs {
            let mut stream = key.stream(run);
            let (mut sum, mut squares, mut largest) = (0.0, 0.0, 0.0f64);
            for _ in 0..n {
                if uniform(&mut stream) < 0.02 {
                    let weight = exp(-3.0 * uniform(&mut stream));
                    (sum, squares, largest) = (sum + weight, squares + weight * weight, largest.max(weight));
                }
            }
            let found = weighted_interval(sum, squares, largest, n, 0.95);
            held += u64::from(found.low <= truth && truth <= found.high);
        }
        let covered = held as f64 / runs as f64;
        assert!((0.94..0.985).contains(&covered), "{covered}");
    }
}
