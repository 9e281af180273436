//! From what a config says of a distribution to the distribution.

use std::collections::BTreeMap;

use crate::config::{DistributionSpec, Quantity, percentage};
use crate::distribution::{Distribution, InvalidDistribution, Shape, refuse};

/// The distribution that a quantity describes.
pub fn build(quantity: &Quantity) -> Result<Distribution, InvalidDistribution> {
    match quantity {
        Quantity::Number(value) => Distribution::new(Shape::Constant(*value), None, None),
        Quantity::Distribution(spec) => Distribution::new(shape(spec)?, spec.min, spec.max),
    }
}

/// How many tables it may take: one for each distribution without a closed form, parts of mixtures included.
pub fn tables(quantity: &Quantity) -> usize {
    let Quantity::Distribution(spec) = quantity else { return 0 };
    let own = [spec.pert.is_some(), spec.beta.is_some(), spec.gamma.is_some(), spec.quantiles.is_some()];
    let parts = spec.mixture.as_ref().map_or(0, |parts| 1 + parts.iter().map(|part| tables(&part.of)).sum::<usize>());
    own.into_iter().filter(|is_asked| *is_asked).count() + parts
}

fn shape(spec: &DistributionSpec) -> Result<Shape, InvalidDistribution> {
    let mut shapes: Vec<Result<Shape, InvalidDistribution>> = Vec::new();
    shapes.extend(spec.constant.map(|value| Ok(Shape::Constant(value))));
    shapes.extend(spec.uniform.map(|[min, max]| Ok(Shape::Uniform { min, max })));
    shapes.extend(spec.triangular.map(|[min, mode, max]| Ok(Shape::Triangular { min, mode, max })));
    shapes.extend(spec.pert.map(|[min, mode, max]| Ok(Shape::Pert { min, mode, max })));
    shapes.extend(spec.normal.as_ref().map(|law| Ok(Shape::Normal { mean: law.mean, sd: law.sd })));
    shapes.extend(spec.lognormal.as_ref().map(|law| lognormal(&law.0)));
    shapes.extend(spec.beta.as_ref().map(|law| match pair(&law.0, ["mean", "sd"]) {
        Some((mean, sd)) => Shape::beta_from_mean(mean, sd),
        None => match pair(&law.0, ["alpha", "beta"]) {
            Some((alpha, beta)) => Ok(Shape::Beta { alpha, beta }),
            None => refuse("a beta distribution takes `mean` and `sd`, or `alpha` and `beta`"),
        },
    }));
    shapes.extend(spec.gamma.as_ref().map(|law| match pair(&law.0, ["mean", "sd"]) {
        Some((mean, sd)) => Shape::gamma_from_mean(mean, sd),
        None => match pair(&law.0, ["shape", "scale"]) {
            Some((shape, scale)) => Ok(Shape::Gamma { shape, scale }),
            None => refuse("a gamma distribution takes `mean` and `sd`, or `shape` and `scale`"),
        },
    }));
    shapes.extend(spec.exponential.as_ref().map(|law| Ok(Shape::Exponential { mean: law.mean })));
    shapes.extend(spec.weibull.as_ref().map(|law| Ok(Shape::Weibull { shape: law.shape, scale: law.scale })));
    shapes.extend(
        spec.discrete
            .as_ref()
            .map(|law| Ok(Shape::Discrete { values: law.values.clone(), weights: law.weights.clone() })),
    );
    shapes.extend(spec.empirical.as_ref().map(|values| Ok(Shape::Empirical { values: values.clone() })));
    shapes.extend(spec.quantiles.as_ref().map(elicited));
    shapes.extend(spec.mixture.as_ref().map(|parts| {
        let parts = parts.iter().map(|part| Ok((part.weight, build(&part.of)?)));
        Ok(Shape::Mixture { parts: parts.collect::<Result<_, InvalidDistribution>>()? })
    }));
    // That there is one, and only one, was seen to when the config was read.
    shapes.pop().unwrap_or_else(|| refuse("this names no distribution"))
}

/// The two values of a table that has exactly these keys.
fn pair(table: &BTreeMap<String, f64>, keys: [&str; 2]) -> Option<(f64, f64)> {
    (table.len() == 2).then_some(())?;
    Some((*table.get(keys[0])?, *table.get(keys[1])?))
}

fn lognormal(table: &BTreeMap<String, f64>) -> Result<Shape, InvalidDistribution> {
    if let Some((median, sigma)) = pair(table, ["median", "sigma"]) {
        return Shape::lognormal_from_median(median, sigma);
    }
    if let Some((mean, sd)) = pair(table, ["mean", "sd"]) {
        return Shape::lognormal_from_mean(mean, sd);
    }
    let quantiles: Option<Vec<(f64, f64)>> =
        table.iter().map(|(key, value)| Some((percentile(key)?, *value))).collect();
    match quantiles.as_deref() {
        Some(&[(p, x), (q, y)]) if p < q => Shape::lognormal_from_quantiles(p, x, q, y),
        Some(&[(p, x), (q, y)]) => Shape::lognormal_from_quantiles(q, y, p, x),
        _ => refuse(
            "a lognormal takes `median` and `sigma`, or `mean` and `sd`, or two quantiles such as `p50` and `p90`",
        ),
    }
}

fn elicited(table: &BTreeMap<String, f64>) -> Result<Shape, InvalidDistribution> {
    let mut quantiles = Vec::new();
    let (mut lower, mut upper) = (None, None);
    for (key, value) in table {
        match (key.as_str(), percentile(key)) {
            ("lower", _) => lower = Some(*value),
            ("upper", _) => upper = Some(*value),
            (_, Some(p)) => quantiles.push((p, *value)),
            _ => {
                return refuse(format!(
                    "`{key}` is no quantile: write `p10`, `p50`, `p99.5`, or the bounds `lower`, `upper`"
                ));
            }
        }
    }
    quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Shape::Elicited { quantiles, lower, upper })
}

/// The probability that a key such as `p90` names.
fn percentile(key: &str) -> Option<f64> {
    percentage(key).filter(|p| *p > 0.0 && *p < 100.0).map(|p| p / 100.0)
}
