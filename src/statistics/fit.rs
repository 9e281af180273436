//! A lognormal distribution through observed values, and whether it fits.

use crate::math::{exp, ln};
use crate::special::normal_cdf;
use crate::text::number;

/// Fewest values through which a distribution is drawn, and fewest of which a test of it says anything.
pub const FEWEST: usize = 3;
pub const FEWEST_TO_TEST: usize = 8;

/// A lognormal distribution fitted to values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal {
    /// Exponential of the mean of the logarithms.
    pub median: f64,
    /// Standard deviation of the logarithms, with n - 1 degrees of freedom.
    pub sigma: f64,
    /// Whether it fits; none of fewer than [`FEWEST_TO_TEST`] values.
    pub test: Option<Test>,
}

/// The test of Anderson and Darling for a normal distribution whose mean and variance are estimated from the same values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The statistic, modified for the number of values: A* = A^2 (1 + 0.75/n + 2.25/n^2).
    pub statistic: f64,
    /// How often a sample of a lognormal distribution fits its own fit no better.
    pub p: f64,
}

/// The lognormal distribution whose logarithms have the mean and the variance of those of the values. The test is that of
/// Stephens in D'Agostino & Stephens, Goodness-of-Fit Techniques (1986), section 4.8.5 (case 3) and table 4.9: critical values for
/// given parameters would accept nearly everything, since the parameters are fitted.
///
/// # Errors
/// If there are fewer than [`FEWEST`] values, one of them is not above zero, or all are the same.
pub fn lognormal(values: &[f64]) -> Result<Lognormal, String> {
    if values.len() < FEWEST {
        return Err(format!("a lognormal distribution takes at least {FEWEST} values, and there are {}", values.len()));
    }
    if let Some(value) = values.iter().find(|value| !(**value > 0.0 && value.is_finite())) {
        return Err(format!("a lognormal distribution takes values above zero, and {} is not", number(*value)));
    }
    let mut logs: Vec<f64> = values.iter().map(|value| ln(*value)).collect();
    logs.sort_by(f64::total_cmp);
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let sigma = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    if logs[0] == logs[logs.len() - 1] || !(sigma > 0.0) {
        return Err("a lognormal distribution takes values that differ".into());
    }
    let test = (values.len() >= FEWEST_TO_TEST).then(|| test(&logs, mean, sigma));
    Ok(Lognormal { median: exp(mean), sigma, test })
}

/// Of sorted values.
fn test(sorted: &[f64], mean: f64, sd: f64) -> Test {
    let n = sorted.len() as f64;
    let term = |(index, (low, high)): (usize, (&f64, &f64))| {
        let (below, above) = (normal_cdf((low - mean) / sd), normal_cdf((high - mean) / sd));
        (2 * index + 1) as f64 * (ln(below.below) + ln(above.above))
    };
    let sum: f64 = sorted.iter().zip(sorted.iter().rev()).enumerate().map(term).sum();
    let statistic = (-n - sum / n) * (1.0 + 0.75 / n + 2.25 / (n * n));
    Test { statistic, p: p_of(statistic) }
}

/// Table 4.9 of D'Agostino & Stephens.
fn p_of(a: f64) -> f64 {
    let p = match a {
        a if a >= 0.6 => exp(1.2937 - 5.709 * a + 0.0186 * a * a),
        a if a >= 0.34 => exp(0.9177 - 4.279 * a - 1.38 * a * a),
        a if a >= 0.2 => 1.0 - exp(-8.318 + 42.796 * a - 59.938 * a * a),
        a => 1.0 - exp(-13.436 + 101.14 * a - 223.73 * a * a),
    };
    // The formula turns up again far out, where nothing is left.
    if a > 13.0 { 0.0 } else { p.clamp(0.0, 1.0) }
}
