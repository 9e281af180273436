//! Rows of numbers give what single ones do.

use super::*;
use crate::special::{normal_cdf, normal_quantile};

/// Every shape, whole and cut, from a uniform number and from a normal one, in every place of a row; the error of what is
/// wanted is that of rounding.
#[test]
fn rows_meet_single_values() {
    let whole = continuous().into_iter().chain(with_steps()).map(|(name, shape)| (name, made(shape)));
    let parts = continuous().into_iter().map(|(name, shape)| {
        let middle = made(shape.clone());
        (name, cut(shape, middle.quantile(0.2), middle.quantile(0.9)))
    });
    let wanted = [true, false, true, true, false, true, true, true];
    for (name, distribution) in whole.chain(parts) {
        let near = |found: f64, single: f64, u: f64| {
            let close = (found - single).abs() <= 1e-12 * single.abs().max(1e-3);
            // A step may fall to either side of a rounding.
            let beside = [u * (1.0 - 1e-14), u * (1.0 + 1e-14)].map(|u| distribution.quantile(u));
            let between = beside[0] <= found && found <= beside[1];
            assert!(close || between, "{name}: {found} instead of {single} at {u}");
        };
        for step in 1..400 {
            let uniform: [f64; 8] = std::array::from_fn(|lane| (f64::from(step) + 0.1 * lane as f64) / 401.0);
            let (mut row, mut normals) = (uniform, uniform.map(|u| normal_quantile(Probability::of(u))));
            let probabilities = normals.map(|z| normal_cdf(z).below);
            distribution.quantiles(&mut row, &wanted);
            distribution.quantiles_at_normals(&mut normals, &wanted);
            for lane in (0..8).filter(|lane| wanted[*lane]) {
                near(row[lane], distribution.quantile(uniform[lane]), uniform[lane]);
                near(normals[lane], distribution.quantile(probabilities[lane]), probabilities[lane]);
            }
        }
    }
}
