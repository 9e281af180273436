//! `[history]`: what was observed of a series before the start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Month;

/// What was observed of a series before the first simulated month. The fan chart of the series draws it; no result depends
/// on it. Of a file and points given here, both count.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// A CSV file with the columns `month`, `value` and, if need be, `source`, by its path from the folder of the config,
    /// which it does not leave. The config as run holds its points in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The points, at most one a month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Observation>,
}

/// An observed value.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The month it is of, `YYYY-MM`, before the start.
    pub month: Month,
    /// The value, in the unit of the series: 0.25 of a fraction is 25 %.
    pub value: f64,
    /// Where it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
