//! Every distribution, in five sets of parameters, against distribution functions that others wrote: 10^6 draws by the engine
//! itself, within the band of Dvoretzky, Kiefer and Wolfowitz (with the constant of Massart 1990) that a right program leaves
//! once in 10^9. A wrong twin of each, whose probabilities are raised to the power 1.02, must leave it.
// What the program's own functions are held against must not come from them.
#![allow(clippy::disallowed_methods)]

mod common;

use common::laws::{LAWS, config, draws};
use shortfall::Study;
use shortfall::simd::InstructionSet;
use statrs::distribution as others;
use statrs::distribution::ContinuousCDF;

/// Draws of each.
const DRAWS: u64 = 1_000_000;
/// Chance that a right program leaves the band.
const MISS: f64 = 1e-9;

/// A distribution function.
type Cdf = Box<dyn Fn(f64) -> f64>;

fn of(law: Result<impl ContinuousCDF<f64, f64> + 'static, impl std::fmt::Debug>) -> Cdf {
    let law = law.expect("parameters that make sense");
    Box::new(move |x| law.cdf(x))
}

fn uniform(min: f64, max: f64) -> Cdf {
    of(others::Uniform::new(min, max))
}

fn triangular(min: f64, mode: f64, max: f64) -> Cdf {
    of(others::Triangular::new(min, max, mode))
}

fn normal(mean: f64, sd: f64) -> Cdf {
    of(others::Normal::new(mean, sd))
}

fn lognormal(mu: f64, sigma: f64) -> Cdf {
    of(others::LogNormal::new(mu, sigma))
}

fn beta(alpha: f64, beta: f64) -> Cdf {
    of(others::Beta::new(alpha, beta))
}

/// Beta between `min` and `max` with `alpha = 1 + 4 (mode - min) / (max - min)`, and `alpha + beta = 6`.
fn pert(min: f64, mode: f64, max: f64) -> Cdf {
    let alpha = 1.0 + 4.0 * (mode - min) / (max - min);
    let inner = beta(alpha, 6.0 - alpha);
    Box::new(move |x| inner((x - min) / (max - min)))
}

fn gamma(shape: f64, scale: f64) -> Cdf {
    of(others::Gamma::new(shape, 1.0 / scale))
}

fn exponential(mean: f64) -> Cdf {
    of(others::Exp::new(1.0 / mean))
}

fn weibull(shape: f64, scale: f64) -> Cdf {
    of(others::Weibull::new(shape, scale))
}

/// Values with weights.
fn steps(pairs: &[(f64, f64)]) -> Cdf {
    let pairs = pairs.to_vec();
    let all: f64 = pairs.iter().map(|(_, weight)| weight).sum();
    Box::new(move |x| pairs.iter().filter(|(value, _)| *value <= x).map(|(_, weight)| weight).sum::<f64>() / all)
}

fn equal(values: &[f64]) -> Cdf {
    steps(&values.iter().map(|value| (*value, 1.0)).collect::<Vec<_>>())
}

fn mixture(a: f64, one: Cdf, b: f64, other: Cdf) -> Cdf {
    Box::new(move |x| (a * one(x) + b * other(x)) / (a + b))
}

/// What is left between two values.
fn cut(law: Cdf, min: f64, max: f64) -> Cdf {
    let (below, up_to) = (law(min), law(max));
    Box::new(move |x| ((law(x.clamp(min, max)) - below) / (up_to - below)).clamp(0.0, 1.0))
}

fn logit(u: f64) -> f64 {
    (u / (1.0 - u)).ln()
}

/// The metalog of three terms through P10, P50 and P90 of a transformed value (Keelin 2016, equations 6 to 8).
fn metalog([low, middle, high]: [f64; 3], transformed: impl Fn(f64) -> f64 + 'static) -> Cdf {
    let [low, middle, high] = [low, middle, high].map(&transformed);
    let spread = logit(0.9);
    let (second, third) = ((high - low) / (2.0 * spread), (low + high - 2.0 * middle) / (0.8 * spread));
    let quantile = move |u: f64| middle + (second + third * (u - 0.5)) * logit(u);
    Box::new(move |x| {
        let at = transformed(x);
        let (mut below, mut above) = (0.0, 1.0);
        for _ in 0..60 {
            let u = 0.5 * (below + above);
            if quantile(u) < at { below = u } else { above = u }
        }
        0.5 * (below + above)
    })
}

/// The distribution functions of `LAWS`, in the same order.
fn references(name: &str) -> [Cdf; 5] {
    let ln = f64::ln;
    let elicited = [12.0, 24.0, 60.0];
    match name {
        "uniform" => {
            [uniform(0.0, 1.0), uniform(-2.0, 5.0), uniform(1e-9, 1e9), uniform(100.0, 101.0), uniform(-50.0, -49.5)]
        }
        "triangular" => [
            triangular(5.0, 10.0, 20.0),
            triangular(0.0, 0.0, 1.0),
            triangular(0.0, 3.0, 3.0),
            triangular(-4.0, -1.0, 8.0),
            triangular(1.0, 1.001, 2.0),
        ],
        "pert" => [
            pert(5.0, 10.0, 20.0),
            pert(0.0, 0.0, 1.0),
            pert(0.0, 1.0, 1.0),
            pert(-4.0, -1.0, 8.0),
            pert(0.0, 50.0, 100.0),
        ],
        "normal" => {
            [normal(0.0, 1.0), normal(-30.0, 4.0), normal(12.0, 0.001), normal(1.0, 50.0), normal(1000.0, 10.0)]
        }
        "lognormal" => {
            // Of mean m and deviation s: sigma^2 = ln(1 + (s/m)^2), mu = ln m - sigma^2 / 2.
            let square = ln(1.25);
            let sigma = (ln(20.0) - ln(7.0)) / (2.0 * 1.281_551_565_544_600_4);
            [
                lognormal(ln(12.0), 0.5),
                lognormal(0.0, 2.0),
                lognormal(ln(30.0), 0.05),
                lognormal(ln(20.0) - 0.5 * square, square.sqrt()),
                lognormal(0.5 * (ln(7.0) + ln(20.0)), sigma),
            ]
        }
        // Of mean 0.3 and deviation 0.1: alpha + beta = 0.3 x 0.7 / 0.01 - 1 = 20.
        "beta" => [beta(2.0, 5.0), beta(0.5, 0.5), beta(1.0, 3.0), beta(40.0, 60.0), beta(6.0, 14.0)],
        "gamma" => [gamma(2.5, 3.0), gamma(0.4, 2.0), gamma(1.0, 7.0), gamma(90.0, 0.2), gamma(4.0, 3.0)],
        "exponential" => [exponential(1.0), exponential(0.001), exponential(6.0), exponential(48.0), exponential(1e6)],
        "weibull" => [weibull(1.0, 3.0), weibull(0.5, 2.0), weibull(1.5, 10.0), weibull(5.0, 20.0), weibull(20.0, 1.0)],
        "discrete" => [
            steps(&[(0.0, 1.0), (1.0, 3.0)]),
            steps(&[(5.0, 1.0), (-1.0, 2.0), (2.0, 5.0)]),
            equal(&[3.0]),
            equal(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            steps(&[(10.0, 0.4), (20.0, 0.2)]),
        ],
        "empirical" => [
            equal(&[3.0, 1.0, 3.0, 10.0]),
            equal(&[2.0]),
            equal(&[-1.0, 0.0, 1.0]),
            equal(&(1..=11).map(f64::from).collect::<Vec<_>>()),
            equal(&[0.5, 0.5, 0.5, 0.25]),
        ],
        "metalog" => {
            let slope = 3.0 / logit(0.75);
            [
                metalog(elicited, |x| x),
                metalog(elicited, |x| x.ln()),
                metalog(elicited, |x| -(200.0 - x).ln()),
                metalog(elicited, |x| (x / (100.0 - x)).ln()),
                Box::new(move |x| 1.0 / (1.0 + (-x / slope).exp())),
            ]
        }
        "mixture" => [
            mixture(3.0, normal(3.0, 2.0), 7.0, exponential(4.0)),
            mixture(1.0, uniform(0.0, 1.0), 1.0, uniform(2.0, 3.0)),
            mixture(1.0, gamma(2.0, 2.0), 9.0, weibull(3.0, 9.0)),
            mixture(1.0, normal(-9.0, 1.0), 2.0, normal(9.0, 3.0)),
            mixture(5.0, triangular(0.0, 1.0, 2.0), 5.0, lognormal(ln(2.0), 1.0)),
        ],
        "truncated normal" => [
            cut(normal(0.0, 1.0), 0.0, 1e9),
            cut(normal(0.0, 1.0), 3.0, 4.0),
            cut(normal(-30.0, 4.0), -1e9, -33.0),
            cut(normal(1.0, 50.0), -10.0, 10.0),
            cut(normal(12.0, 1.0), -1e9, 100.0),
        ],
        "truncated gamma" => [
            cut(gamma(2.5, 3.0), 5.0, 1e9),
            cut(gamma(0.4, 2.0), 0.0, 1.0),
            cut(gamma(1.0, 7.0), 3.0, 9.0),
            cut(gamma(90.0, 0.2), 17.0, 1e9),
            cut(gamma(4.0, 3.0), 1.0, 40.0),
        ],
        "truncated Weibull" => [
            cut(weibull(1.0, 3.0), 0.0, 3.0),
            cut(weibull(0.5, 2.0), 1.0, 1e9),
            cut(weibull(1.5, 10.0), 5.0, 12.0),
            cut(weibull(5.0, 20.0), 18.0, 1e9),
            cut(weibull(20.0, 1.0), 0.0, 1.0),
        ],
        other => panic!("{other} has no reference"),
    }
}

/// The largest distances between the distribution of the draws, in order, and two others on either side of every step: the law,
/// and its wrong twin. A value that was drawn once is no step of the law.
fn distances(ordered: &[f64], cdf: impl Fn(f64) -> f64) -> [f64; 2] {
    let n = ordered.len() as f64;
    let (mut first, mut largest) = (0, [0.0f64; 2]);
    while first < ordered.len() {
        let value = ordered[first];
        let next = first + ordered[first..].iter().take_while(|other| **other == value).count();
        let up_to = cdf(value);
        let below = if next - first > 1 { cdf(value.next_down()) } else { up_to };
        for (largest, power) in largest.iter_mut().zip([1.0, 1.02]) {
            let left = (first as f64 / n - below.powf(power)).abs();
            let right = (next as f64 / n - up_to.powf(power)).abs();
            *largest = largest.max(left).max(right);
        }
        first = next;
    }
    largest
}

#[test]
fn draws_keep_to_their_law_and_a_wrong_twin_does_not() {
    let band = ((2.0 / MISS).ln() / (2.0 * DRAWS as f64)).sqrt();
    let held = |(name, spelled): &(&str, [&str; 5])| {
        let study = Study::from_text(&config(spelled)).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        let drawn = draws(&study, DRAWS, InstructionSet::Widest);
        for ((mut values, law), spelled) in drawn.into_iter().zip(references(name)).zip(spelled) {
            if values.is_empty() {
                let input = study.scenarios[0].model.inputs.drawn.len();
                assert!(input < 5 && ["[3]", "[2]"].iter().any(|one| spelled.contains(one)), "{spelled} is not drawn");
                continue;
            }
            values.sort_unstable_by(f64::total_cmp);
            let [found, twin] = distances(&values, &law);
            assert!(found <= band, "{name} {spelled}: {found:.5}, allowed {band:.5}");
            assert!(
                twin > band || values[0] == values[values.len() - 1],
                "{name} {spelled}: the twin passes, {twin:.5}"
            );
        }
    };
    // Two at a time.
    let (some, others) = LAWS.split_at(LAWS.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| some.iter().for_each(held));
        scope.spawn(|| others.iter().for_each(held));
    });
}
