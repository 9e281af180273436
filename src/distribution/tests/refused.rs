//! What makes no distribution.

use super::*;

/// Whatever the parameters: an error in words, or a distribution whose numbers are numbers.
#[test]
fn nonsense_is_refused_and_never_panics() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e-320, 1e-3, 0.5, 1.0, 1e6, 1e300];
    let mut tried = 0;
    let mut try_out = |shape: Result<Shape, InvalidDistribution>, numbers: &[f64]| {
        tried += 1;
        let made = shape.and_then(|shape| Distribution::new(shape, None, None));
        match made {
            Err(refused) => assert!(!refused.to_string().is_empty()),
            Ok(distribution) => {
                assert!(numbers.iter().all(|x| x.is_finite()), "{:?} was accepted", distribution.shape());
                assert!(distribution.mean().is_finite());
                for u in [0.0, 1e-9, 0.3, 0.5, 0.999, 1.0] {
                    let x = distribution.quantile(u);
                    assert!(x.is_finite() && (0.0..=1.0).contains(&distribution.cdf(x)), "{:?}", distribution.shape());
                }
            }
        }
    };
    for a in odd {
        try_out(Ok(Shape::Constant(a)), &[a]);
        try_out(Ok(Shape::Exponential { mean: a }), &[a]);
        try_out(Ok(Shape::Empirical { values: vec![1.0, a] }), &[a]);
        for b in odd {
            try_out(Ok(Shape::Uniform { min: a, max: b }), &[a, b]);
            try_out(Ok(Shape::Normal { mean: a, sd: b }), &[a, b]);
            try_out(Ok(Shape::LogNormal { mu: a, sigma: b }), &[a, b]);
            try_out(Ok(Shape::Beta { alpha: a, beta: b }), &[a, b]);
            try_out(Ok(Shape::Gamma { shape: a, scale: b }), &[a, b]);
            try_out(Ok(Shape::Weibull { shape: a, scale: b }), &[a, b]);
            try_out(Ok(Shape::Discrete { values: vec![a, 1.0], weights: vec![b, 1.0] }), &[a, b]);
            try_out(Shape::lognormal_from_median(a, b), &[a, b]);
            try_out(Shape::lognormal_from_mean(a, b), &[a, b]);
            try_out(Shape::beta_from_mean(a, b), &[a, b]);
            try_out(Shape::gamma_from_mean(a, b), &[a, b]);
            try_out(
                Ok(Shape::Mixture { parts: vec![(a, made(Shape::Constant(1.0))), (b, made(Shape::Constant(2.0)))] }),
                &[a, b],
            );
            for c in odd {
                try_out(Ok(Shape::Triangular { min: a, mode: b, max: c }), &[a, b, c]);
                try_out(Ok(Shape::Pert { min: a, mode: b, max: c }), &[a, b, c]);
                try_out(Shape::lognormal_from_quantiles(a, b, 0.9, c), &[a, b, c]);
                let quantiles = vec![(0.1, a), (0.5, b), (0.9, c)];
                try_out(Ok(Shape::Elicited { quantiles, lower: None, upper: None }), &[a, b, c]);
                let quantiles = vec![(a, 1.0), (0.7, 2.0)];
                try_out(Ok(Shape::Elicited { quantiles, lower: Some(b), upper: Some(c) }), &[a, b, c]);
            }
        }
    }
    assert!(tried > 7_000);
}

#[test]
fn what_is_wrong_is_an_error() {
    let refused = |shape: Shape, min: Option<f64>, max: Option<f64>| {
        let message = Distribution::new(shape.clone(), min, max).err();
        assert!(
            message.is_some_and(|refused| !refused.to_string().is_empty()),
            "{shape:?} from {min:?} to {max:?} was accepted"
        );
    };
    let uniform = || Shape::Uniform { min: 0.0, max: 1.0 };
    for (min, max) in [
        (Some(0.7), Some(0.3)),
        (Some(2.0), None),
        (None, Some(-1.0)),
        (Some(f64::NAN), None),
        (None, Some(f64::NAN)),
        (None, Some(f64::INFINITY)),
        (Some(f64::NEG_INFINITY), None),
    ] {
        refused(uniform(), min, max);
    }
    refused(Shape::Normal { mean: 0.0, sd: 1.0 }, Some(20.0), None); // keeps 1e-89
    refused(Shape::Uniform { min: 1.0, max: 0.0 }, None, None);
    refused(Shape::Triangular { min: 0.0, mode: 2.0, max: 1.0 }, None, None);
    refused(Shape::Pert { min: 0.0, mode: -1.0, max: 1.0 }, None, None);
    refused(Shape::Empirical { values: vec![] }, None, None);
    refused(Shape::Discrete { values: vec![1.0], weights: vec![1.0, 2.0] }, None, None);
    refused(Shape::Discrete { values: vec![1.0, 2.0], weights: vec![0.0, 0.0] }, None, None);
    refused(Shape::Discrete { values: vec![1.0, 2.0], weights: vec![2.0, -1.0] }, None, None);
    refused(Shape::Discrete { values: vec![1.0, 2.0], weights: vec![1.0, 1.0] }, Some(1.2), Some(1.8));
    refused(Shape::Mixture { parts: vec![] }, None, None);
    refused(Shape::Elicited { quantiles: vec![(0.5, 1.0)], lower: None, upper: None }, None, None);
    refused(Shape::Elicited { quantiles: vec![(0.1, 2.0), (0.9, 1.0)], lower: None, upper: None }, None, None);
    refused(elicited(Some(13.0), None), None, None);
    refused(elicited(None, Some(59.0)), None, None);
    // So lopsided that the metalog falls somewhere.
    let quantiles = vec![(0.1, 1.0), (0.5, 1.1), (0.9, 100.0)];
    refused(Shape::Elicited { quantiles, lower: None, upper: None }, None, None);
    // No mean of a beta distribution, and none of a probability: told as such, and not as too wide or too near an end.
    for x in [0.0, 1.0, -1.0, 2.0, f64::NAN] {
        let quantiles = vec![(x, 1.0), (0.7, 2.0)];
        let quantile = Distribution::new(Shape::Elicited { quantiles, lower: None, upper: None }, None, None).err();
        for refused in [Shape::beta_from_mean(x, 0.1).err(), quantile] {
            let told = refused.map(|refused| refused.to_string()).unwrap_or_default();
            assert!(told.contains("it must be above 0 and below 1"), "{x}: {told}");
        }
    }
    assert!(Shape::beta_from_mean(0.5, 0.5).is_err() && Shape::lognormal_from_quantiles(0.9, 1.0, 0.1, 2.0).is_err());
}
