//! References were computed apart from this program, with 34 digits.

mod functions;
mod refused;
mod rows;

use super::*;
use crate::random::Key;

fn made(shape: Shape) -> Distribution {
    Distribution::new(shape, None, None).expect("a distribution")
}

fn cut(shape: Shape, min: f64, max: f64) -> Distribution {
    Distribution::new(shape, Some(min), Some(max)).expect("a distribution")
}

fn elicited(lower: Option<f64>, upper: Option<f64>) -> Shape {
    elicited_through([12.0, 24.0, 60.0], lower, upper)
}

/// Through these values at 10, 50 and 90 %.
fn elicited_through(values: [f64; 3], lower: Option<f64>, upper: Option<f64>) -> Shape {
    Shape::Elicited { quantiles: [0.1, 0.5, 0.9].into_iter().zip(values).collect(), lower, upper }
}

fn mixture() -> Shape {
    let parts = [(0.3, Shape::Normal { mean: 3.0, sd: 2.0 }), (0.7, Shape::Exponential { mean: 4.0 })];
    Shape::Mixture { parts: parts.map(|(weight, shape)| (weight, made(shape))).into() }
}

/// Continuous shapes, by name: all there are, in more than one form where the formula differs.
fn continuous() -> Vec<(&'static str, Shape)> {
    vec![
        ("uniform", Shape::Uniform { min: -2.0, max: 5.0 }),
        ("triangular", Shape::Triangular { min: 5.0, mode: 10.0, max: 20.0 }),
        ("triangular, mode at the end", Shape::Triangular { min: 0.0, mode: 3.0, max: 3.0 }),
        ("PERT", Shape::Pert { min: 5.0, mode: 10.0, max: 20.0 }),
        ("normal", Shape::Normal { mean: 3.0, sd: 2.0 }),
        ("lognormal", Shape::LogNormal { mu: 1.0, sigma: 0.5 }),
        ("beta", Shape::Beta { alpha: 2.1, beta: 0.9 }),
        ("beta, two peaks", Shape::Beta { alpha: 0.4, beta: 0.6 }),
        ("gamma", Shape::Gamma { shape: 2.5, scale: 3.0 }),
        ("gamma, peak at zero", Shape::Gamma { shape: 0.3, scale: 2.0 }),
        ("exponential", Shape::Exponential { mean: 4.0 }),
        ("Weibull", Shape::Weibull { shape: 1.5, scale: 10.0 }),
        ("metalog", elicited(None, None)),
        ("metalog above", elicited(Some(0.0), None)),
        ("metalog below", elicited(None, Some(200.0))),
        ("metalog between", elicited(Some(0.0), Some(100.0))),
        ("mixture", mixture()),
    ]
}

/// Shapes with values that have a probability of their own.
fn with_steps() -> Vec<(&'static str, Shape)> {
    let parts = vec![
        (1.0, made(Shape::Constant(2.0))),
        (2.0, made(Shape::Uniform { min: 0.0, max: 5.0 })),
        (1.0, made(Shape::Empirical { values: vec![7.0, 9.0] })),
    ];
    vec![
        ("constant", Shape::Constant(3.5)),
        ("discrete", Shape::Discrete { values: vec![5.0, -1.0, 2.0, 7.0], weights: vec![1.0, 2.0, 5.0, 0.0] }),
        ("empirical", Shape::Empirical { values: vec![3.0, 1.0, 3.0, 10.0] }),
        ("mixture with steps and a gap", Shape::Mixture { parts }),
    ]
}

/// Probabilities from the deepest tail to the other.
fn probabilities() -> Vec<f64> {
    let mut grid: Vec<f64> = vec![0.0, 1e-300, 1e-100, 1e-16, 1e-9, 1e-6, 1e-5, 1.0 / 65_536.0];
    grid.extend((1..1000).map(|step| f64::from(step) / 1000.0));
    grid.extend([1e-5, 1e-6, 1e-9, 1e-13, 1e-16].map(|miss| 1.0 - miss));
    grid.extend([1.0 - f64::EPSILON / 2.0, 1.0]);
    grid.sort_by(f64::total_cmp);
    grid
}

fn assert_near(name: &str, found: f64, wanted: f64, relative: f64) {
    assert!((found - wanted).abs() <= relative * wanted.abs(), "{name}: found {found:e}, wanted {wanted:e}");
}

#[test]
fn quantiles_meet_references() {
    let at = [0.001, 0.1, 0.5, 0.9, 0.999];
    // The closed forms to the last digits; what is looked up in a table to its stated error.
    for (shape, wanted, relative) in [
        (
            Shape::Normal { mean: 3.0, sd: 2.0 },
            [-3.1804646123356273, 0.4368968689107991, 3.0, 5.563103131089201, 9.180464612335626],
            1e-14,
        ),
        (
            Shape::LogNormal { mu: 1.0, sigma: 0.5 },
            [0.579774436839861, 1.432217893498685, std::f64::consts::E, 5.159170355622592, 12.744708337272854],
            1e-14,
        ),
        (
            Shape::Exponential { mean: 4.0 },
            [0.004002001334334134, 0.4214420626313052, 2.772588722239781, 9.210340371976182, 27.631021115928547],
            1e-13,
        ),
        (
            Shape::Weibull { shape: 1.5, scale: 10.0 },
            [0.10003335279136841, 2.2307552563691706, 7.832197687746514, 17.437215135964117, 36.27086912339477],
            1e-13,
        ),
        (
            Shape::Gamma { shape: 2.5, scale: 3.0 },
            [0.3153189039438288, 2.4154619804434847, 6.527190286643291, 13.854535349671679, 30.772508478649318],
            1e-6,
        ),
        (
            Shape::Beta { alpha: 2.1, beta: 0.9 },
            [0.0401856317053492, 0.3557880327581818, 0.7479693314073769, 0.9631125403542035, 0.9997835500778955],
            1e-6,
        ),
    ] {
        let distribution = made(shape.clone());
        for (p, wanted) in at.into_iter().zip(wanted) {
            assert_near(&format!("{shape:?} at {p}"), distribution.quantile(p), wanted, relative);
            assert!((distribution.cdf(wanted) - p).abs() < 1e-13, "{shape:?}: cdf({wanted}) is not {p}");
        }
    }
    for (shape, at, wanted) in [
        (elicited(None, None), 0.01, 4.550638725304758),
        (elicited(None, None), 0.75, 39.75),
        (elicited(Some(0.0), None), 0.25, 16.61923122153744),
        (elicited(Some(0.0), None), 0.99, 171.88391909647746),
        (elicited(Some(0.0), Some(100.0)), 0.01, 6.066217969171916),
        (elicited(Some(0.0), Some(100.0)), 0.75, 39.151304591097244),
        (mixture(), 0.01, -0.6678292716318286),
        (mixture(), 0.5, 2.865545126828661),
        (mixture(), 0.99, 16.993980968354347),
    ] {
        let relative = if matches!(shape, Shape::Mixture { .. }) { 1e-6 } else { 1e-12 };
        assert_near(&format!("{shape:?}"), made(shape.clone()).quantile(at), wanted, relative);
    }
}

#[test]
fn means_meet_references() {
    for (distribution, wanted) in [
        (made(Shape::Uniform { min: -2.0, max: 5.0 }), 1.5),
        (made(Shape::Triangular { min: 5.0, mode: 10.0, max: 20.0 }), 35.0 / 3.0),
        (made(Shape::Pert { min: 5.0, mode: 10.0, max: 20.0 }), 65.0 / 6.0),
        (made(Shape::Normal { mean: 3.0, sd: 2.0 }), 3.0),
        (made(Shape::LogNormal { mu: 1.0, sigma: 0.5 }), crate::math::exp(1.125)),
        (made(Shape::Beta { alpha: 2.1, beta: 0.9 }), 0.7),
        (made(Shape::Gamma { shape: 2.5, scale: 3.0 }), 7.5),
        (made(Shape::Exponential { mean: 4.0 }), 4.0),
        (made(Shape::Weibull { shape: 1.5, scale: 10.0 }), 9.027452929509336),
        (made(elicited(None, None)), 30.82679419970128),
        (made(elicited(Some(0.0), None)), 33.45490740330171),
        (made(elicited(Some(0.0), Some(100.0))), 30.35566940087973),
        (made(mixture()), 0.3 * 3.0 + 0.7 * 4.0),
        (made(Shape::Discrete { values: vec![5.0, -1.0, 2.0], weights: vec![1.0, 2.0, 5.0] }), 13.0 / 8.0),
        (made(Shape::Empirical { values: vec![3.0, 1.0, 3.0, 10.0] }), 4.25),
        (cut(Shape::Normal { mean: 3.0, sd: 2.0 }, 2.0, 6.0), 3.7125457683541194),
        (cut(Shape::Normal { mean: 0.0, sd: 1.0 }, 5.0, 1e14), 5.186503967125842),
        (cut(Shape::Gamma { shape: 2.5, scale: 3.0 }, 4.0, 12.0), 7.329359502697851),
        (cut(Shape::LogNormal { mu: 1.0, sigma: 0.5 }, -1.0, 4.0), 2.398320577858363),
        (cut(Shape::Exponential { mean: 4.0 }, 2.0, 10.0), 4.747858858002675),
        (cut(Shape::Triangular { min: 5.0, mode: 10.0, max: 20.0 }, 8.0, 15.0), 11.28348909657321),
    ] {
        assert_near(&format!("{:?}", distribution.shape()), distribution.mean(), wanted, 1e-9);
    }
}

/// Against the integral of the quantile function up to where it reaches the bound.
#[test]
fn a_mean_may_be_counted_up_to_a_bound() {
    for (name, shape) in continuous().into_iter().chain(with_steps()) {
        let whole = made(shape);
        for most in [0.02, 0.4, 0.95].map(|u| whole.quantile(u)).into_iter().chain([-1e6, 1e6]) {
            let steps = 20_000;
            let middle = |step: i32| (f64::from(step) + 0.5) / f64::from(steps);
            let wanted = (0..steps).map(|step| whole.quantile(middle(step)).min(most)).sum::<f64>() / f64::from(steps);
            let found = whole.mean_up_to(most);
            assert!(
                (found - wanted).abs() <= 2e-3 * (1.0 + wanted.abs()),
                "{name} to {most}: {found}, wanted {wanted}"
            );
        }
    }
    assert_near(
        "exponential",
        made(Shape::Exponential { mean: 4.0 }).mean_up_to(4.0),
        4.0 - 4.0 * crate::math::exp(-1.0),
        1e-9,
    );
    let rare =
        Shape::Mixture { parts: vec![(0.999_999, made(Shape::Constant(0.0))), (1e-6, made(Shape::Constant(1e12)))] };
    assert_near("rare", made(rare).mean_up_to(120.0), 120e-6, 1e-9);
}

#[test]
fn truncation_meets_references() {
    for (distribution, at, wanted, relative) in [
        (cut(Shape::Normal { mean: 3.0, sd: 2.0 }, 2.0, 6.0), 0.05, 2.1738198027282567, 1e-13),
        (cut(Shape::Normal { mean: 3.0, sd: 2.0 }, 2.0, 6.0), 0.95, 5.58560180300932, 1e-13),
        // Far out, where the two probabilities differ in their seventh digit only.
        (cut(Shape::Normal { mean: 0.0, sd: 1.0 }, 5.0, 1e14), 0.5, 5.132018332044298, 1e-12),
        (cut(Shape::Gamma { shape: 2.5, scale: 3.0 }, 4.0, 12.0), 0.1, 4.580480980354588, 1e-6),
        (cut(Shape::Gamma { shape: 2.5, scale: 3.0 }, 4.0, 12.0), 0.9, 10.599918164931633, 1e-6),
        (cut(Shape::LogNormal { mu: 1.0, sigma: 0.5 }, -1.0, 4.0), 0.5, 2.3641458052954296, 1e-13),
        (cut(Shape::Exponential { mean: 4.0 }, 2.0, 10.0), 0.5, 4.264876678067892, 1e-13),
        (cut(Shape::Triangular { min: 5.0, mode: 10.0, max: 20.0 }, 8.0, 15.0), 0.5, 11.139977426665325, 1e-13),
    ] {
        assert_near(&format!("{:?}", distribution.shape()), distribution.quantile(at), wanted, relative);
    }
}

/// What is left is scaled up, nothing is moved to a bound: `F(x)` becomes `(F(x) - F(min)) / (F(max) - F(min))`.
#[test]
fn truncation_renormalises_every_shape() {
    for (name, shape) in continuous() {
        let whole = made(shape.clone());
        for (from, to) in [(0.0, 0.7), (0.2, 0.7), (0.35, 1.0), (0.98, 0.999)] {
            let min = (from > 0.0).then(|| whole.quantile(from));
            let max = (to < 1.0).then(|| whole.quantile(to));
            let part = Distribution::new(shape.clone(), min, max).expect("plenty is kept");
            let start = min.map_or(0.0, |min| whole.cdf(min));
            let kept = max.map_or(1.0, |max| whole.cdf(max)) - start;
            let (low, high) = part.bounds();
            assert!(min.is_none_or(|min| low == min) && max.is_none_or(|max| high == max), "{name}");
            for u in probabilities() {
                let x = part.quantile(u);
                assert!(x >= low && x <= high && x.is_finite(), "{name} from {from} to {to}: {x} at {u}");
                assert!((part.cdf(x) - (whole.cdf(x) - start) / kept).abs() < 1e-11, "{name}: cdf({x})");
            }
            for u in [0.01, 0.3, 0.5, 0.8, 0.99] {
                assert_near(name, part.quantile(u), whole.quantile(start + u * kept), 4e-6);
            }
            assert_eq!(
                (part.cdf(low - 1.0), part.cdf(high + 1.0)),
                (0.0, if high.is_finite() { 1.0 } else { part.cdf(high) })
            );
        }
    }
}

#[test]
fn cdf_undoes_quantile() {
    for (name, shape) in continuous() {
        let distribution = made(shape);
        // A relative error of 1e-6 of the value moves the probability by less than that here.
        let allowed = if distribution.table.is_some() { 2e-6 } else { 1e-11 };
        for u in probabilities().into_iter().filter(|u| *u > 0.0 && *u < 1.0) {
            let found = distribution.cdf(distribution.quantile(u));
            assert!((found - u).abs() <= allowed, "{name}: cdf(quantile({u})) is {found}");
        }
    }
    // With steps the quantile is the smallest value whose probability reaches u.
    for (name, shape) in with_steps() {
        let distribution = made(shape);
        for u in probabilities().into_iter().filter(|u| *u > 0.0 && *u < 1.0) {
            let x = distribution.quantile(u);
            let below = distribution.cdf(x - 1e-5 * x.abs().max(1.0));
            assert!(distribution.cdf(x) >= u - 2e-6 && below <= u + 2e-6, "{name}: {x} at {u}");
        }
    }
}

#[test]
fn a_larger_uniform_is_no_smaller_value() {
    let shapes: Vec<(&str, Shape)> = continuous().into_iter().chain(with_steps()).collect();
    for (name, shape) in shapes {
        let distribution = made(shape);
        let (low, high) = distribution.bounds();
        let mut last = f64::NEG_INFINITY;
        let fine = (0..200_000).map(|step| (f64::from(step) + 0.5) / 200_000.0);
        let mut grid: Vec<f64> = probabilities().into_iter().chain(fine).collect();
        grid.sort_by(f64::total_cmp);
        for u in grid {
            let x = distribution.quantile(u);
            assert!(x >= last, "{name}: {x} at {u} after {last}");
            assert!(x >= low && x <= high && x.is_finite(), "{name}: {x} at {u}");
            last = x;
        }
        for outside in [-1.0, 2.0, f64::NAN, f64::INFINITY] {
            assert!(distribution.quantile(outside).is_finite(), "{name} at {outside}");
        }
        assert!(distribution.cdf(f64::NAN).is_nan());
    }
}

/// The stated bound of the table: a relative error below 1e-6, against the exact solution.
#[test]
fn tables_keep_their_stated_error() {
    let mut shapes = continuous();
    shapes.extend(
        [(0.05, 20.0), (40.0, 2.0), (300.0, 5000.0)].map(|(alpha, beta)| ("beta", Shape::Beta { alpha, beta })),
    );
    shapes.extend([0.05, 1.0, 30.0, 1e5].map(|shape| ("gamma", Shape::Gamma { shape, scale: 1.0 })));
    let mut tables = 0;
    for (name, shape) in shapes {
        let distribution = made(shape.clone());
        if distribution.table.is_none() {
            continue;
        }
        tables += 1;
        for step in 0..20_000 {
            let u = (f64::from(step) + 0.37) / 20_000.0;
            let exact = distribution.law.quantile(Probability::of(u));
            let found = distribution.quantile(u);
            // Where a value passes through zero the error is measured against the spread, a thousandth of it at least.
            let spread = distribution.quantile(0.75) - distribution.quantile(0.25);
            let size = if name == "mixture" { exact.abs().max(1e-3 * spread) } else { exact.abs() };
            assert!((found - exact).abs() <= 1e-6 * size, "{name} {shape:?}: {found} at {u}, exactly {exact}");
        }
    }
    assert!(tables >= 10);
}

#[test]
fn other_parameters_give_the_same_shapes() {
    let moments = |distribution: &Distribution| {
        let n = 100_000;
        let draws = (0..n).map(|step| distribution.quantile((f64::from(step) + 0.5) / f64::from(n)));
        let (sum, square) = draws.fold((0.0, 0.0), |(sum, square), x| (sum + x, square + x * x));
        let mean = sum / f64::from(n);
        (mean, (square / f64::from(n) - mean * mean).sqrt())
    };
    for (shape, mean, sd) in [
        (Shape::lognormal_from_mean(6.0, 3.0), 6.0, 3.0),
        (Shape::beta_from_mean(0.7, 0.15), 0.7, 0.15),
        (Shape::gamma_from_mean(0.19, 0.1), 0.19, 0.1),
    ] {
        let distribution = made(shape.expect("good parameters"));
        assert_near("mean", distribution.mean(), mean, 1e-12);
        let found = moments(&distribution);
        assert_near("mean of draws", found.0, mean, 1e-3);
        assert_near("sd of draws", found.1, sd, 1e-2);
    }
    let median = made(Shape::lognormal_from_median(5.0, 0.4).expect("good parameters"));
    assert_near("median", median.quantile(0.5), 5.0, 1e-14);
    let quantiles = made(Shape::lognormal_from_quantiles(0.25, 3.0, 0.95, 40.0).expect("good parameters"));
    assert_near("p25", quantiles.quantile(0.25), 3.0, 1e-13);
    assert_near("p95", quantiles.quantile(0.95), 40.0, 1e-13);
}

#[test]
fn metalogs_meet_their_quantiles() {
    let four = [(0.05, 2.0), (0.3, 5.0), (0.6, 8.0), (0.95, 20.0)];
    let five = [(0.1, 10.0), (0.25, 14.0), (0.5, 20.0), (0.75, 28.0), (0.9, 38.0)];
    for quantiles in [&[(0.2, 1.0), (0.8, 2.0)][..], &four, &five] {
        for (lower, upper) in [(None, None), (Some(0.0), None), (None, Some(50.0)), (Some(0.0), Some(50.0))] {
            let shape = Shape::Elicited { quantiles: quantiles.to_vec(), lower, upper };
            let distribution = made(shape);
            for &(p, x) in quantiles {
                assert_near("a quantile", distribution.quantile(p), x, 1e-9);
                assert!((distribution.cdf(x) - p).abs() < 1e-9);
            }
            let (low, high) = distribution.bounds();
            assert_eq!((low, high), (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY)));
        }
    }
}

#[test]
fn steps_are_counted() {
    let discrete =
        made(Shape::Discrete { values: vec![5.0, -1.0, 2.0, 7.0, 2.0], weights: vec![1.0, 2.0, 3.0, 0.0, 2.0] });
    assert_eq!(
        [0.1, 0.2499, 0.2501, 0.5, 0.8749, 0.8751, 0.999].map(|u| discrete.quantile(u)),
        [-1.0, -1.0, 2.0, 2.0, 2.0, 5.0, 5.0]
    );
    assert_eq!([-1.1, -1.0, 1.9, 2.0, 5.0, 7.0].map(|x| discrete.cdf(x)), [0.0, 0.25, 0.25, 0.875, 1.0, 1.0]);
    assert_eq!(discrete.bounds(), (-1.0, 5.0)); // what weighs nothing is not possible
    let part = Distribution::new(discrete.shape().clone(), Some(0.0), Some(6.0)).expect("two values are left");
    assert_near("mean", part.mean(), 15.0 / 6.0, 1e-14);
    assert_near("probability", part.cdf(2.0), 5.0 / 6.0, 1e-14);
    // Direct picks are as frequent as they weigh: 8 000 draws, five standard deviations.
    let mut stream = Key::new(1, "test").stream(0);
    let twos = (0..8_000).filter(|_| discrete.sample(&mut stream) == 2.0).count();
    assert!((4_758..=5_242).contains(&twos), "{twos} of 8000, 5000 expected");
}

/// The mean of fresh draws lies within five standard errors.
#[test]
fn draws_have_the_mean() {
    let shapes: Vec<(&str, Shape)> = continuous().into_iter().chain(with_steps()).collect();
    for (name, shape) in shapes {
        let distribution = made(shape);
        let mut stream = Key::new(1, name).stream(7);
        let n = 20_000;
        let draws: Vec<f64> = (0..n).map(|_| distribution.sample(&mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n);
        let error = (variance / f64::from(n)).sqrt();
        assert!((mean - distribution.mean()).abs() <= 5.0 * error + 1e-12, "{name}: {mean}, {}", distribution.mean());
    }
}
