//! What was observed: `[history]` of a series before the start, `events` of a disruption.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Month;
use super::observed::Fit;

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

/// Episodes of a disruption that were observed. The rate is drawn from what is known of it after as many events in as much time
/// (Jeffreys prior), the length of an episode from theirs. The config as run holds both distributions in their place.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// A table with a row for each event and the columns `start` (a month or a day) and, unless it still ran, `end` or `months`;
    /// `.csv`, `.xlsx` or `.ods`, by its path from the folder of the config.
    pub file: String,
    /// The sheet of a workbook, by its name. Without it: the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Only rows that say this, by column, as in `{ class = "fire" }`. Without it: all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub only: BTreeMap<String, String>,
    /// First month in which an event would have been seen; earlier ones do not count. Instead of it: `exposure_years`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Month>,
    /// The month at whose start the watch ended; later ones do not count. Without it: the start of the simulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Month>,
    /// So many alike were watched, and the rate is that of one. Without it: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u32>,
    /// Years in which an event could have begun, of all that were watched together, without the time in which one ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_years: Option<f64>,
    /// What stands for the lengths: `lognormal`, or without it the lengths themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
}
