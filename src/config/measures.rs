//! What may be done about a shortage, and what to choose by.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that may be done, at a cost: a change of the model, as in a scenario. `choose` tells which measures to take together.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Name to print. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it costs over the whole horizon, in the unit of `choose.cost_unit`; 0 or more.
    pub cost: f64,
    /// New values by path, as in `"stockpiles.reserve.target_tonnes" = 500`. A path with
    /// fewer `*`, or with more letters beside as many, wins.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub set: BTreeMap<String, toml::Value>,
}

impl Measure {
    /// A measure at this cost that changes nothing yet.
    pub fn new(cost: f64) -> Self {
        Measure { title: None, description: None, cost, set: BTreeMap::new() }
    }
}

/// What measures are chosen by. The command line overrides it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Choose {
    /// The most that all measures together may cost. Without it: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<f64>,
    /// Unit of costs and budget: a name to print, as in `million USD`, at most 12 letters. Without it: the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_unit: Option<String>,
    /// The statistic that is to be small: `mean(..)`, `zero(..)` or `never(..)` of an outcome, as in
    /// `mean(total_shortage.allies.magnets)`; or `probability(claim.ID)`. Without it, and without `maximise`: the mean of the
    /// main outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimise: Option<String>,
    /// The statistic that is to be large, in place of `minimise`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximise: Option<String>,
    /// What one unit of the statistic is worth, in the unit of costs: the value of information is told in that unit too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worth_per_unit: Option<f64>,
}

impl Choose {
    pub(super) fn is_default(&self) -> bool {
        *self == Choose::default()
    }
}
