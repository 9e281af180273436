//! Plants that nobody has announced yet.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Named, Phase, Quantity, Ramp};

/// A source of plants that nobody has announced yet. Investors decide on one after another, sooner where the market calls for
/// more. What is said of a plant is drawn for each of them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Investment {
    /// Name to print. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Country where the plants stand; one of a market's.
    pub country: String,
    /// Stage they belong to. Instead of it and `tonnes_per_year`: `yields`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Nameplate of a plant, tonnes of product per year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tonnes_per_year: Option<Quantity>,
    /// Several products of each plant, by stage: nameplate of each, tonnes per year.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub yields: Named<Quantity>,
    /// Decisions per year where `signal` calls for no more than usual; drawn once for the whole trial, where it is uncertain.
    pub decisions_per_year: Quantity,
    /// The monthly series that investors look at, as in `price_multiple.allies.magnets`. Without it the rate is constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// They look at the mean of so many months before the present one; fewer at the start. Without it: 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_months: Option<u32>,
    /// `[signal, factor]`: what multiplies the rate at this value of the signal; straight lines between, flat outside. In the first
    /// month the factor is 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response: Vec<[f64; 2]>,
    /// Most decisions in one trial. Reaching it in more than 1 % of trials is worth a warning.
    #[serde(default = "Investment::most")]
    pub at_most: u32,
    /// Phases from the decision to first product, one after another. Instead of them: `lead_months`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<Phase>,
    /// Months from the decision to first product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_months: Option<Quantity>,
    /// Probability that the plant is built at all.
    #[serde(default = "super::entries::one")]
    pub success_probability: Quantity,
    /// Fraction of nameplate reached after ramp-up.
    #[serde(default = "super::entries::one")]
    pub utilisation: Quantity,
    /// Ramp-up from first product to full output. Without it: full output at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp: Option<Ramp>,
    /// Closures per year of operation; a closed plant stays closed.
    #[serde(default = "super::entries::zero")]
    pub closure_rate_per_year: Quantity,
    /// Years from first product to the end. Without it: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_years: Option<Quantity>,
}

impl Investment {
    fn most() -> u32 {
        100
    }
}
