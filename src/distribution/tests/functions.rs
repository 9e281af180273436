//! Density, atoms, equality, tails: what draws hardly ever tell.

use super::*;

/// The slope of the distribution function, whole and cut.
#[test]
fn density_is_the_slope_of_the_distribution_function() {
    for (name, shape) in continuous() {
        let whole = made(shape.clone());
        let cut = cut(shape, whole.quantile(0.2), whole.quantile(0.7));
        for distribution in [whole, cut] {
            for part in 0..=40 {
                let x = distribution.quantile(0.1 + 0.02 * f64::from(part));
                let h = 1e-5 * (distribution.quantile(0.9) - distribution.quantile(0.1));
                let slope = (distribution.cdf(x + h) - distribution.cdf(x - h)) / (2.0 * h);
                let density = distribution.law.density(x);
                // A triangle has a corner.
                assert!((density - slope).abs() < 1e-3 * slope.max(1e-3), "{name} at {x}: {density}, slope {slope}");
            }
            let (low, high) = distribution.bounds();
            assert_eq!(
                (distribution.law.density(low - 1.0), distribution.law.density(high + 1.0)),
                (0.0, 0.0),
                "{name}"
            );
        }
    }
}

#[test]
fn what_is_passed_over_is_what_a_draw_takes() {
    for (name, shape) in continuous().into_iter().chain(with_steps()) {
        let distribution = made(shape);
        let mut drawn = Key::new(3, name).stream(5);
        let mut passed = drawn.clone();
        for _ in 0..20 {
            distribution.sample(&mut drawn);
            distribution.pass_over(&mut passed);
        }
        assert_eq!(uniform(&mut drawn), uniform(&mut passed), "{name}");
        // A value or a part is picked directly.
        let picks = name.contains("mixture") || ["discrete", "empirical"].contains(&name);
        assert_eq!(distribution.takes_one(), !picks, "{name}");
    }
}

#[test]
fn equal_numbers_make_equal_distributions() {
    for (name, shape) in continuous().into_iter().chain(with_steps()) {
        let distribution = made(shape.clone());
        assert!(distribution == made(shape.clone()), "{name}");
        let (low, high) = (distribution.quantile(0.01), distribution.quantile(0.99));
        let bounded = |min, max| Distribution::new(shape.clone(), min, max).expect("a distribution");
        assert!(distribution != bounded(Some(low), None) && distribution != bounded(None, Some(high)), "{name}");
        assert_eq!(distribution.constant(), (name == "constant").then_some(3.5), "{name}");
    }
    assert!(made(Shape::Normal { mean: 3.0, sd: 2.0 }) != made(Shape::Normal { mean: 3.0, sd: 2.5 }));
}

/// The largest uniform number is one half of the last place below one.
#[test]
fn probabilities_outside_count_as_the_nearest_inside() {
    let normal = made(Shape::Normal { mean: 0.0, sd: 1.0 });
    for u in [1.0, 2.0, f64::INFINITY] {
        assert_near("above", normal.quantile(u), 8.209_536_151_601_387, 1e-12);
    }
    for u in [0.0, -1.0, f64::NAN] {
        assert_near("below", normal.quantile(u), -37.047_096_299_361_2, 1e-12);
    }
}

#[test]
fn atoms_are_the_values_with_a_probability_of_their_own() {
    for (name, shape) in continuous() {
        assert!(made(shape).law.atoms().is_empty(), "{name}");
    }
    let atoms: Vec<Vec<f64>> = with_steps().into_iter().map(|(_, shape)| made(shape).law.atoms()).collect();
    assert_eq!(atoms, [vec![3.5], vec![-1.0, 2.0, 5.0], vec![1.0, 3.0, 10.0], vec![2.0, 7.0, 9.0]]);
    let (_, steps) = with_steps().swap_remove(3);
    assert_eq!(cut(steps, 1.0, 8.0).law.atoms(), [2.0, 7.0]);
}

/// Next to nothing below, and next to nothing above: neither is the difference of two large numbers.
#[test]
fn tails_keep_their_digits() {
    let exponential = made(Shape::Exponential { mean: 4.0 });
    assert_near("below", exponential.quantile(1e-12), 4.000_000_000_002e-12, 1e-14);
    assert_near("above", exponential.quantile(1.0 - f64::EPSILON), 144.174_613_556_468_6, 1e-14);
}

/// Five terms between two bounds; and tails of a log metalog in which there is a mean only as long as they are cut.
#[test]
fn metalogs_meet_references() {
    let quantiles = vec![(0.05, 12.0), (0.25, 20.0), (0.5, 30.0), (0.75, 41.0), (0.95, 60.0)];
    let between = made(Shape::Elicited { quantiles, lower: Some(5.0), upper: Some(80.0) });
    for (p, x) in [
        (0.01, 9.385_963_985_394_266),
        (0.1, 14.136_241_622_226_366),
        (0.4, 25.978_429_626_650_076),
        (0.9, 52.370_483_674_528_3),
        (0.99, 72.104_507_871_920_1),
        (0.999, 78.301_026_399_721_8),
    ] {
        assert_near(&format!("at {p}"), between.quantile(p), x, 1e-12);
        assert!((between.cdf(x) - p).abs() < 1e-12);
    }
    // The logarithm has a scale of ln 10 / ln 9, above one; or of ln 8 / ln 9, below.
    let above = |last: f64| Shape::Elicited {
        quantiles: vec![(0.1, 100.0 / last), (0.5, 10.0), (0.9, last)],
        lower: Some(0.0),
        upper: None,
    };
    let below = |first: f64| Shape::Elicited {
        quantiles: vec![(0.1, -first), (0.5, -10.0), (0.9, -100.0 / first)],
        lower: None,
        upper: Some(0.0),
    };
    assert!(Distribution::new(above(100.0), None, None).is_err());
    assert!(Distribution::new(below(100.0), None, None).is_err());
    assert!(Distribution::new(above(100.0), None, Some(1e6)).is_ok());
    assert!(Distribution::new(below(100.0), Some(-1e6), None).is_ok());
    assert!(Distribution::new(above(80.0), None, None).is_ok());
    assert!(Distribution::new(below(80.0), None, None).is_ok());
}

/// Bounds move with the values.
#[test]
fn a_metalog_may_begin_anywhere() {
    let from_zero = made(elicited_through([4.0, 10.0, 40.0], Some(0.0), None));
    let from_ten = made(elicited_through([14.0, 20.0, 50.0], Some(10.0), None));
    for u in [0.001, 0.1, 0.3, 0.77, 0.999] {
        let x = from_zero.quantile(u);
        assert!((from_ten.quantile(u) - 10.0 - x).abs() < 1e-9 * x, "{u}");
        assert!((from_ten.cdf(x + 10.0) - u).abs() < 1e-9, "{u}");
    }
}

/// Near an upper bound of zero, values are as exact as near a lower one.
#[test]
fn a_metalog_between_bounds_is_exact_at_both_ends() {
    let below_zero = made(elicited_through([-0.9, -0.4, -0.2], Some(-1.0), Some(0.0)));
    let above_zero = made(elicited_through([0.2, 0.4, 0.9], Some(0.0), Some(1.0)));
    for small in [0.25, 1e-6, 1e-15, 1e-40] {
        let p = Probability { below: small, above: 1.0 - small };
        let (x, mirrored) = (above_zero.law.quantile(p), below_zero.law.quantile(p.swapped()));
        assert!((mirrored + x).abs() < 1e-9 * x && x > 0.0, "{small}: {x}, {mirrored}");
    }
}
