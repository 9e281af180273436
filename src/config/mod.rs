//! What a file may say: types, units in the key, defaults. No behaviour beyond reading and writing.
//!
//! A config file goes through four steps: `source` parses the text and remembers where everything stands, `set` applies
//! the changes of a scenario or of the command line, `structure` holds the result against the JSON Schema of a config, and
//! serde turns it into a [`Config`]. A config can also be built
//! in code: what a file must say is an argument of an entry's `new`, or a field of [`Config`], and the rest has the defaults of
//! a file that leaves it out. What the names and numbers *mean* together is checked when the config is compiled to a model,
//! by [`Study::from_config`](crate::Study::from_config) as for a file.
//!
//! Every numeric input that the simulation uses is a [`Quantity`]: a number, or a distribution drawn once per trial.
//!
//! ```
//! use shortfall::config::{Capacity, Config, Market, Stage};
//!
//! let config = Config {
//!     title: "One smelter".into(),
//!     start: "2026-01".parse()?,
//!     markets: [("all".into(), Market::new(["Everywhere"]))].into(),
//!     stages: [("metal".into(), Stage::default())].into(),
//!     capacities: [(
//!         "smelter".into(),
//!         Capacity { growth_per_year: 0.02.into(), ..Capacity::new("Everywhere", "metal", 1200.0) },
//!     )]
//!     .into(),
//!     ..Config::default()
//! };
//! assert_eq!(config.run.trials, 20_000);
//! # Ok::<(), shortfall::config::InvalidMonth>(())
//! ```

#[doc(hidden)]
pub mod beside;
#[doc(hidden)]
pub mod cells;
mod charts;
mod construct;
mod date;
mod entries;
#[doc(hidden)]
pub mod fault;
mod history;
mod investment;
mod left_out;
#[doc(hidden)]
pub mod location;
mod measures;
#[doc(hidden)]
pub mod observed;
mod places;
mod quantity;
mod rows;
#[doc(hidden)]
pub mod schema;
#[doc(hidden)]
pub mod set;
#[doc(hidden)]
pub mod sheet;
#[doc(hidden)]
pub mod source;
mod structure;
#[doc(hidden)]
pub mod tables;
mod trend;

#[doc(hidden)]
pub use charts::file_names;
pub use charts::{Chart, ChartKind};
pub use date::{InvalidMonth, Month, duration};
pub use entries::{
    Capacity, Claim, CorrelatedInputs, Correlation, Demand, Disruption, DisruptionKind, Expectation, Market, Milestone,
    Output, Phase, Price, Project, Ramp, RampShape, RampShapeChoice, Recovery, Response, Run, Scenario,
    ScheduledEpisode, Stage, Starts, Stockpile,
};
pub use history::{Events, History, Observation};
pub use investment::Investment;
pub use measures::{Choose, Measure};
pub use observed::Fit;
pub(crate) use quantity::percentage;
pub use quantity::{
    Beta, Discrete, DistributionSpec, Exponential, Gamma, LogNormal, MixturePart, Normal, Quantity, Weibull,
};
pub use trend::{DatedPath, TonnesPerYear};

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Entries of one kind, by the name the file gives them.
///
/// Sorted by name, so that the order of the file reaches no result.
pub type Named<T> = BTreeMap<String, T>;

/// Entries of one kind that are reported one after the other, in the order of the file. A config that is built in code has
/// them in the order in which they are inserted.
///
/// Only what is judged or named after a trial is kept so: nothing is summed or drawn in this order.
pub type Ordered<T> = IndexMap<String, T>;

/// A stochastic model of a supply chain: what stands today, what may come, what may go wrong, and which statements about
/// the future are put to the test.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "shortfall config")]
pub struct Config {
    /// What this model is about, in one line. It heads the results.
    pub title: String,
    /// Longer text for whoever reads the results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// First simulated month, `YYYY-MM`.
    pub start: Month,
    /// Years simulated; a whole number of months, at most 100 years.
    pub horizon_years: f64,
    /// Steps into which each month is divided for trade, stocks and disruptions, 1 to 60. With one, the good half of a month
    /// makes up for the bad half, as where a chain holds some weeks of stock anyway; who holds none asks for more.
    #[serde(default = "Config::one_step", skip_serializing_if = "Config::is_one_step")]
    pub steps_per_month: u32,
    /// Currency in which losses are given and printed wherever a key or figure says USD: a name, as in `EUR`, at most 12
    /// letters; nothing is converted. Without it: `USD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Trials, seed and reporting.
    #[serde(default)]
    pub run: Run,
    /// What to record and what to put first.
    #[serde(default)]
    pub output: Output,
    /// Groups of countries that trade as one.
    pub markets: Named<Market>,
    /// Steps of the supply chain, each with one product.
    pub stages: Named<Stage>,
    /// Capacity that stands at the start.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capacities: Named<Capacity>,
    /// Capacity that may come.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub projects: Named<Project>,
    /// Plants that nobody has announced yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub investment: Named<Investment>,
    /// Named ramp-up curves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ramp_shapes: Named<RampShape>,
    /// Final demand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub demands: Named<Demand>,
    /// How the users of a market answer a shortage, by market.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response: Named<Response>,
    /// Stocks held against a shortage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stockpiles: Named<Stockpile>,
    /// What may go wrong.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disruptions: Named<Disruption>,
    /// Inputs that go wrong together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub correlations: Named<Correlation>,
    /// Conditions whose first date is an outcome.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub milestones: Ordered<Milestone>,
    /// Statements about milestones, put to the test.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub claims: Ordered<Claim>,
    /// What statistics are expected to be, for automatic checks: the exit code says whether they are.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub expect: Ordered<Expectation>,
    /// Named changes of the model, simulated on the same random numbers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub scenarios: Ordered<Scenario>,
    /// What may be done, at a cost: `shortfall choose` tells which of it to do within a budget. A run leaves all of it undone.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub measures: Ordered<Measure>,
    /// What measures are chosen by.
    #[serde(default, skip_serializing_if = "Choose::is_default")]
    pub choose: Choose,
    /// What was observed of a series before the start, for its fan chart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub history: Named<History>,
    /// Charts to draw, in this order. Without it: all that the results have something for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
}

impl Config {
    fn one_step() -> u32 {
        1
    }

    fn is_one_step(steps: &u32) -> bool {
        *steps == 1
    }
}
