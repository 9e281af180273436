//! Tonnes per year: at the start, or along a path by date.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Named;
use super::quantity::{DistributionSpec, Quantity};

/// Tonnes per year at the start, as a number or a distribution, or a path by date.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TonnesPerYear {
    /// At the start; it may grow.
    AtStart(Quantity),
    /// Along a path.
    Path(DatedPath),
}

/// Tonnes per year at some dates, and on a straight line between them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedPath {
    /// Tonnes per year at the start of a month, by month as in `{ "2025-01" = 100, "2030-01" = 140 }`: on a straight line
    /// between two dates, the first value before the first and the last after the last. Dates may lie before `start`, and
    /// values may be distributions.
    pub by_date: Named<Quantity>,
    /// Factor on the whole path, 0 or more; a distribution around 1 says how far the path may be off. Without it: 1.
    #[serde(default = "once")]
    pub times: Quantity,
}

fn once() -> Quantity {
    Quantity::Number(1.0)
}

impl DatedPath {
    /// The path through these values, by month as in `2030-01`.
    pub fn new<D: Into<String>, Q: Into<Quantity>>(by_date: impl IntoIterator<Item = (D, Q)>) -> Self {
        let by_date = by_date.into_iter().map(|(date, value)| (date.into(), value.into())).collect();
        DatedPath { by_date, times: once() }
    }
}

impl From<f64> for TonnesPerYear {
    fn from(value: f64) -> Self {
        TonnesPerYear::AtStart(value.into())
    }
}

impl From<Quantity> for TonnesPerYear {
    fn from(quantity: Quantity) -> Self {
        TonnesPerYear::AtStart(quantity)
    }
}

impl From<DistributionSpec> for TonnesPerYear {
    fn from(spec: DistributionSpec) -> Self {
        TonnesPerYear::AtStart(spec.into())
    }
}

impl From<DatedPath> for TonnesPerYear {
    fn from(path: DatedPath) -> Self {
        TonnesPerYear::Path(path)
    }
}
