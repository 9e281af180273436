//! A number, or a distribution.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::observed::Fit;

/// A number, or a distribution from which it is drawn.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Quantity {
    /// A known number.
    Number(f64),
    /// A distribution.
    Distribution(Box<DistributionSpec>),
}

impl From<f64> for Quantity {
    fn from(value: f64) -> Self {
        Quantity::Number(value)
    }
}

/// A distribution: exactly one of the kinds, and optional bounds.
///
/// Bounds truncate: the probability outside is taken away and the rest scaled up, nothing is clipped to the bound.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistributionSpec {
    /// Always this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<f64>,
    /// `[min, max]`, all values equally likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uniform: Option<[f64; 2]>,
    /// `[min, mode, max]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triangular: Option<[f64; 3]>,
    /// `[min, mode, max]`; smoother than triangular, mean `(min + 4 mode + max) / 6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pert: Option<[f64; 3]>,
    /// Normal distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normal: Option<Normal>,
    /// Lognormal distribution, by median and sigma, mean and sd, or any two quantiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lognormal: Option<LogNormal>,
    /// Beta distribution on 0 to 1, by mean and sd, or alpha and beta.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta: Option<Beta>,
    /// Gamma distribution, by mean and sd, or shape and scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gamma: Option<Gamma>,
    /// Exponential distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponential: Option<Exponential>,
    /// Weibull distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weibull: Option<Weibull>,
    /// Listed values with weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discrete: Option<Discrete>,
    /// Values that are each equally likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empirical: Option<Vec<f64>>,
    /// Observed values, and what stands for them: `fit = "lognormal"`, or without it the values themselves. The config as run holds
    /// that in their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Vec<f64>>,
    /// What stands for `observed` values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Elicited quantiles, as in `{ p10 = 12, p50 = 24, p90 = 60 }`: a metalog through them. `lower` and `upper` bound it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = names(&["lower", "upper"], true)))]
    pub quantiles: Option<BTreeMap<String, f64>>,
    /// One of several distributions, picked by weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixture: Option<Vec<MixturePart>>,
    /// Smallest possible value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest possible value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// Parameters of a normal distribution.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normal {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, above 0.
    pub sd: f64,
}

/// Parameters of a lognormal distribution: `median` and `sigma`, or `mean` and `sd`, or two quantiles `p10`, `p90`, ...
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("propertyNames" = names(&["median", "sigma", "mean", "sd"], true), "minProperties" = 2, "maxProperties" = 2))]
pub struct LogNormal(pub BTreeMap<String, f64>);

/// Parameters of a beta distribution: `mean` and `sd`, or `alpha` and `beta`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("propertyNames" = names(&["mean", "sd", "alpha", "beta"], false), "minProperties" = 2, "maxProperties" = 2))]
pub struct Beta(pub BTreeMap<String, f64>);

/// Parameters of a gamma distribution: `mean` and `sd`, or `shape` and `scale`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("propertyNames" = names(&["mean", "sd", "shape", "scale"], false), "minProperties" = 2, "maxProperties" = 2))]
pub struct Gamma(pub BTreeMap<String, f64>);

/// Parameter of an exponential distribution.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// Mean, above 0.
    pub mean: f64,
}

/// Parameters of a Weibull distribution.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weibull {
    /// Shape, above 0; 1 is the exponential distribution.
    pub shape: f64,
    /// Scale, above 0: the value that 63.2 % do not exceed.
    pub scale: f64,
}

/// Values and their weights; weights need not add up to one.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discrete {
    /// The possible values.
    pub values: Vec<f64>,
    /// As many weights.
    pub weights: Vec<f64>,
}

/// One part of a mixture.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixturePart {
    /// Weight; the weights of a mixture need not add up to one.
    pub weight: f64,
    /// The part.
    pub of: Quantity,
}

/// The key of a quantile, as in `p90` or `p99.5`: a regular expression of JSON Schema.
const QUANTILE: &str = "^p[0-9]+([.][0-9]+)?$";

/// The percentage that a key such as `p90` or `p99.5` names.
pub fn percentage(key: &str) -> Option<f64> {
    let number = key.strip_prefix('p')?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits(whole) && are_digits(part) { number.parse().ok() } else { None }
}

/// Schema of the keys that a table may have.
fn names(listed: &[&str], quantiles: bool) -> Value {
    let listed = json!({ "enum": listed });
    if quantiles { json!({ "anyOf": [listed, { "pattern": QUANTILE }] }) } else { listed }
}
