//! J: percentiles and proportions without assumptions. K: elicited inputs.

use shortfall::distribution::{Distribution, Shape};
use shortfall::engine::Trial;
use shortfall::math::{exp, ln, pow};
use shortfall::model::Model;
use shortfall::special::{Probability, normal_quantile};
use shortfall::statistics::{clopper_pearson, percentile_ranks, smallest_n_for_percentile};
use shortfall::summary::summarise;

use crate::common::{ConfigBuilder, indicator, listed, series_row, tell_apart};
use crate::{MADE, TRIALS};

/// Ranks of order statistics around a percentile (David & Nagaraja, Order Statistics, section 7.1); proportions by Clopper &
/// Pearson (1934).
#[test]
fn j_ranks_and_proportions() {
    let ranks = |n: u64, p: f64| percentile_ranks(n, p, 0.95);
    assert_eq!(ranks(1_000, 0.95), Some((936, 964)));
    assert_eq!(ranks(10_000, 0.5), Some((4_902, 5_099)));
    assert_eq!(ranks(10_000, 0.95), Some((9_457, 9_543)));
    assert_eq!(ranks(10_000, 0.99), Some((9_880, 9_920)));
    assert_eq!(ranks(100_000, 0.95), Some((94_864, 95_136)));
    for (p, n) in [(0.95, 72), (0.99, 368), (0.999, 3_688)] {
        assert_eq!(smallest_n_for_percentile(p, 0.95), n);
        assert!(ranks(n, p).is_some() && ranks(n - 1, p).is_none());
        // Below n even all draws together are below the percentile too often.
        assert!(pow(p, n as f64) <= 0.025 && pow(p, n as f64 - 1.0) > 0.025);
    }
    // One-sided at 95 %.
    listed(clopper_pearson(0, 10_000, 0.90).high, 0.00029953, 8);
    listed(1.0 - pow(0.05, 1e-4), 0.00029953, 8);
    let found = clopper_pearson(34, 10_000, 0.95);
    listed(found.low, 0.0023557, 7);
    listed(found.high, 0.0047479, 7);
    // The twins: a hit more, another confidence, another percentile.
    assert!((clopper_pearson(35, 10_000, 0.95).low - 0.0023557).abs() > 1e-6);
    assert!((clopper_pearson(34, 10_000, 0.951).high - 0.0047479).abs() > 1e-6);
    assert_ne!(ranks(10_000, 0.9501), Some((9_457, 9_543)));
}

/// What a summary says of a percentile is the order statistics at those ranks, to the width of a histogram's cell, and the
/// interval holds the exact percentile as often as it says: here 200 runs of 1000 trials with a confidence of 0.8.
#[test]
fn j_coverage() {
    let exact = 12.0 * -ln(0.1);
    let outage = "active_at_start = 1, duration_months = { exponential = { mean = 12 } }";
    let config = ConfigBuilder::new(10.0).demand(12).plant("plant", 12).outage("outage", "plant", outage).series(&[]);
    let mut held = 0;
    for seed in 0..200 {
        let settings = format!("{{ seed = {seed}, confidence = 0.8, percentiles = [90] }}");
        let run = config.clone().entry("run", settings).run(1_000);
        let summary = summarise(&run.study, &run.tallies);
        let outcomes = &summary.scenarios[0].outcomes;
        let total = outcomes.iter().find(|outcome| outcome.name == "total_shortage.all.product").expect("recorded");
        let estimate = &total.percentile(90.0).expect("asked for").estimate;
        let (low, high) = (estimate.low.expect("enough trials"), estimate.high.expect("enough trials"));
        assert!(low <= high && estimate.value.is_some_and(|value| low <= value && value <= high));
        held += u32::from(low <= exact && exact <= high);
    }
    println!("J: {held} of 200 intervals hold the percentile");
    // 160 or a little more are expected; five standard deviations of sqrt(200 * 0.8 * 0.2) on either side.
    assert!((132..=197).contains(&held), "{held} of 200");
}

/// The quantity as the yearly capacity of a plant, seen through its production.
fn as_capacity(quantity: &str) -> ConfigBuilder {
    ConfigBuilder::new(1.0 / 12.0).series(&[MADE]).plant("plant", quantity)
}

/// The quantity as the lead time of a project.
fn as_lead(quantity: &str) -> ConfigBuilder {
    ConfigBuilder::new(1.0 / 12.0).project("one", 12, &format!("lead_months = {quantity}"))
}

/// Holds a distribution to its mean and quantiles, by its functions, as a capacity and as a lead time; the twin's quantity
/// must fail at both.
fn elicited(what: &str, shape: Shape, quantity: &str, twin: &str, mean: f64, quantiles: &[(f64, f64)]) {
    let distribution = Distribution::new(shape, None, None).expect("a distribution");
    listed(distribution.mean(), mean, 7);
    for &(p, x) in quantiles {
        // Solved quantiles come from a table whose relative error is below 1e-6.
        assert!((distribution.quantile(p) / x - 1.0).abs() < 1e-6, "{what}: quantile({p}) is not {x}");
        assert!((distribution.cdf(x) - p).abs() < 1e-7, "{what}: cdf({x}) is not {p}");
    }
    let mut exact = vec![distribution.mean()];
    let mut at = [(0.0, f64::INFINITY); 3];
    at[..quantiles.len()].copy_from_slice(quantiles);
    exact.extend(quantiles.iter().map(|(p, _)| p));
    let below = |x: f64| at.map(|(_, quantile)| indicator(x <= quantile));
    let capacity = |model: &Model, trial: &Trial| {
        let x = 12.0 * series_row(model, trial, MADE)[0];
        let [a, b, c] = below(x);
        [x, a, b, c]
    };
    let lead = |_: &Model, trial: &Trial| {
        let [a, b, c] = below(trial.starts[0]);
        [trial.starts[0], a, b, c]
    };
    let used = ..exact.len();
    let (right, wrong) = (as_capacity(quantity).observe(TRIALS, capacity), as_capacity(twin).observe(TRIALS, capacity));
    tell_apart(&format!("K {what}, capacity"), &right[used], &wrong[used], &exact);
    let (right, wrong) = (as_lead(quantity).observe(TRIALS, lead), as_lead(twin).observe(TRIALS, lead));
    tell_apart(&format!("K {what}, lead"), &right[used], &wrong[used], &exact);
}

#[test]
fn k_lognormal() {
    let z = normal_quantile(Probability::of(0.9));
    let (mu, sigma) = (0.5 * (ln(7.0) + ln(20.0)), 0.5 * (ln(20.0) - ln(7.0)) / z);
    listed(sigma, 0.4095903, 7);
    listed(exp(mu), 11.8321596, 7);
    listed(exp(mu + 0.5 * sigma * sigma), 12.8674814, 7);
    let shape = Shape::lognormal_from_quantiles(0.1, 7.0, 0.9, 20.0).expect("two quantiles");
    elicited(
        "lognormal",
        shape,
        "{ lognormal = { p10 = 7, p90 = 20 } }",
        "{ lognormal = { p10 = 7, p90 = 20.4 } }",
        12.8674814,
        &[(0.1, 7.0), (0.5, 11.8321596), (0.9, 20.0)],
    );
}

#[test]
fn k_triangular() {
    listed(35.0 / 3.0, 11.6666667, 7);
    listed(20.0 - 75.0f64.sqrt(), 11.3397460, 7);
    listed(5.0 + 7.5f64.sqrt(), 7.7386128, 7);
    elicited(
        "triangular",
        Shape::Triangular { min: 5.0, mode: 10.0, max: 20.0 },
        "{ triangular = [5, 10, 20] }",
        "{ triangular = [5, 10, 20.4] }",
        11.6666667,
        &[(0.1, 7.7386128), (0.5, 11.3397460)],
    );
}

/// Quantiles of 5 + 15 B(7/3, 11/3), computed with 30 digits.
#[test]
fn k_pert() {
    listed((5.0 + 40.0 + 20.0) / 6.0, 10.8333333, 7);
    elicited(
        "PERT",
        Shape::Pert { min: 5.0, mode: 10.0, max: 20.0 },
        "{ pert = [5, 10, 20] }",
        "{ pert = [5, 10.2, 20] }",
        10.8333333,
        &[(0.1, 7.2954154), (0.5, 10.6371876), (0.9, 14.6668505)],
    );
}

/// Half-way through 2026, three quarters of the way between two uniform values have been gone, times a uniform factor: means and
/// second moments of independent draws multiply.
#[test]
fn a_path_by_date_has_the_moments_of_its_draws() {
    let path = |date: &str| {
        let by_date = format!("{{ 2025-01 = {{ uniform = [80, 120] }}, {date} = {{ uniform = [100, 180] }} }}");
        format!("{{ by_date = {by_date}, times = {{ uniform = [0.8, 1.2] }} }}")
    };
    let observed = |date: &str| {
        let config = ConfigBuilder::new(1.0).series(&[MADE]).plant("plant", path(date));
        config.observe(TRIALS / 10, |model, trial| {
            let yearly = 12.0 * series_row(model, trial, MADE)[6];
            [yearly, yearly * yearly]
        })
    };
    let mean = 0.25 * 100.0 + 0.75 * 140.0;
    let variance = 0.25 * 0.25 * 40.0 * 40.0 / 12.0 + 0.75 * 0.75 * 80.0 * 80.0 / 12.0;
    let exact = [mean, (mean * mean + variance) * (1.0 + 0.4 * 0.4 / 12.0)];
    // The second value comes a month later than it should.
    tell_apart("path", &observed("2027-01"), &observed("2027-02"), &exact);
}
