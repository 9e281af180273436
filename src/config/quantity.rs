//! A number, or a distribution.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number, or a distribution from which it is drawn.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
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
    /// Observed values, each equally likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empirical: Option<Vec<f64>>,
    /// Elicited quantiles, as in `{ p10 = 12, p50 = 24, p90 = 60 }`: a metalog through them. `lower` and `upper` bound it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
pub struct LogNormal(pub BTreeMap<String, f64>);

/// Parameters of a beta distribution: `mean` and `sd`, or `alpha` and `beta`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Beta(pub BTreeMap<String, f64>);

/// Parameters of a gamma distribution: `mean` and `sd`, or `shape` and `scale`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
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

/// A table whose first key was read already: by its keys, it is a distribution or a path.
pub(super) struct Begun<A> {
    /// Until it is read again.
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> Begun<A> {
    /// Reads the first key.
    pub fn new(mut table: A) -> Result<Self, A::Error> {
        Ok(Begun { first: table.next_key()?, rest: table })
    }

    /// Whether it is a path by date.
    pub fn is_path(&self) -> bool {
        matches!(self.first.as_deref(), Some("by_date" | "times"))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Begun<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}

/// The distribution that a table spells.
pub(super) fn distribution<'de, A: MapAccess<'de>>(table: Begun<A>) -> Result<DistributionSpec, A::Error> {
    if table.is_path() {
        return Err(A::Error::custom(
            "only `tonnes_per_year` of a capacity or a demand can be a path by date: write a number or a distribution here",
        ));
    }
    DistributionSpec::deserialize(MapAccessDeserializer::new(table))
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrDistribution;

        impl<'de> Visitor<'de> for NumberOrDistribution {
            type Value = Quantity;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number or a distribution such as `{ triangular = [5, 10, 20] }`")
            }

            fn visit_f64<E>(self, value: f64) -> Result<Quantity, E> {
                Ok(Quantity::Number(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Quantity, E> {
                Ok(Quantity::Number(value as f64))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Quantity, E> {
                Ok(Quantity::Number(value as f64))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Quantity, A::Error> {
                distribution(Begun::new(map)?).map(Quantity::from)
            }
        }

        deserializer.deserialize_any(NumberOrDistribution)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Quantity::Number(value) => serializer.serialize_f64(*value),
            Quantity::Distribution(spec) => spec.serialize(serializer),
        }
    }
}
