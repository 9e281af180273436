//! The entries of a config, one type a table.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Events, Month, Named, Quantity, TonnesPerYear};

/// Trials, seed and reporting. The command line overrides them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// Number of possible futures, 1 to 1 000 000 000.
    pub trials: u64,
    /// Seed of all random numbers. TOML holds whole numbers up to 2^63 - 1.
    pub seed: u64,
    /// Confidence of every interval, between 0.5 and 0.9999.
    pub confidence: f64,
    /// Percentiles to report, each above 0 and below 100.
    pub percentiles: Vec<f64>,
    /// Go on after `trials`, with twice as many each time, until a statistic of the scenario that comes first is precise,
    /// as in `p95(total_shortage.allies.magnets) +- 2%`, or until every claim and expectation is decided: `verdict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// With `until`: no more trials than this. Without it: a million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_trials: Option<u64>,
    /// Tell how much of the spread comes from the inputs: simulate those of so many trials again, each with 8 samples of other
    /// events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_uncertainty: Option<u64>,
    /// Tell what share of the variance of the main results each uncertain input explains, in the scenario that comes first; it
    /// takes 2000 trials. Without it: where that costs less than about a tenth of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drivers: Option<bool>,
}

impl Default for Run {
    fn default() -> Self {
        Run {
            trials: 20_000,
            seed: 1,
            confidence: 0.95,
            percentiles: vec![5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0],
            until: None,
            max_trials: None,
            input_uncertainty: None,
            drivers: None,
        }
    }
}

/// What to record and what to put first.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    /// Monthly series to keep percentiles of, as in `coverage_without.china.magnets`; `*` stands for any name. Without
    /// it: what milestones look at, and the shortage of every final demand as a fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Vec<String>>,
    /// The scenario that charts and summary put first. Without it: the first of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The milestone that charts and summary put first. Without it: that of the first claim of the file, or the
    /// first milestone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
    /// The outcome whose distribution is drawn, as in `total_shortage.allies.magnets`. Without it: the total shortage
    /// that is likeliest to be above zero in the main scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What stands at the foot of every chart. Without it: the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_line: Option<String>,
    /// Tell the shortage of every calendar year too, as outcomes like `shortage_in.allies.magnets.2027`, in tonnes. Without
    /// it: the whole horizon alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub years: bool,
}

/// A group of countries that trade freely among themselves, and as one with other markets.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Market {
    /// Name to print. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its countries; a country belongs to one market.
    pub countries: Vec<String>,
}

/// A step of the supply chain. It makes one product, which bears its name.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stage {
    /// Name to print. Without it: the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Unit in which its product is counted wherever a key or figure of this stage says tonnes: a name to print, as in `kg`, at
    /// most 12 letters; nothing is converted. Without it: `t`, tonnes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Tonnes of another stage's product that one tonne of this product takes, by stage.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feeds: Named<Quantity>,
    /// How the price answers scarcity, for the series `price_multiple`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// How the price of a product answers scarcity: `(supply / requirement)^(-1 / (demand + supply elasticity))`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Price elasticity of demand, as a positive number.
    pub demand_elasticity: Quantity,
    /// Price elasticity of supply.
    pub supply_elasticity: Quantity,
    /// The multiple is never above this.
    #[serde(default = "Price::default_max")]
    pub max_multiple: f64,
}

impl Price {
    fn default_max() -> f64 {
        10.0
    }
}

/// Capacity that stands at the start.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Country where it stands; one of a market's.
    pub country: String,
    /// Stage it belongs to.
    pub stage: String,
    /// Tonnes of product per year at the start, or a path by date.
    pub tonnes_per_year: TonnesPerYear,
    /// Growth per year, as a fraction. Without it: none. A path by date has none.
    #[serde(default = "zero")]
    pub growth_per_year: Quantity,
}

/// Capacity that may come.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Name to print. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Country where it will stand; one of a market's.
    pub country: String,
    /// Stage it belongs to. Instead of it and `tonnes_per_year`: `yields`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Nameplate, tonnes of product per year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tonnes_per_year: Option<Quantity>,
    /// Several products of one project, by stage: nameplate of each, tonnes per year. They share whether and when it comes, its
    /// utilisation, its ramp-up and its end.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub yields: Named<Quantity>,
    /// First product as announced. Instead of it: `begins`, or `lead_months`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced_start: Option<Month>,
    /// When its phases begin: a month, or months after the start (may be uncertain, may be negative).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Starts>,
    /// Months that first product comes later than announced.
    #[serde(default = "zero")]
    pub slip_months: Quantity,
    /// Phases from `begins` to first product, one after another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<Phase>,
    /// Months from the start of the simulation to first product. It replaces announced date, slip and phases' times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_months: Option<Quantity>,
    /// Probability that it is built at all.
    #[serde(default = "one")]
    pub success_probability: Quantity,
    /// Projects that must have started before this one can.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Fraction of nameplate reached after ramp-up.
    #[serde(default = "one")]
    pub utilisation: Quantity,
    /// Ramp-up from first product to full output. Without it: full output at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp: Option<Ramp>,
    /// Closures per year of operation; a closed project stays closed.
    #[serde(default = "zero")]
    pub closure_rate_per_year: Quantity,
    /// Years from first product to the end of the mine or plant. Without it: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_years: Option<Quantity>,
    /// So many alike, each with draws of its own; 0 switches it off.
    #[serde(default = "Project::one_copy")]
    pub copies: u32,
}

impl Project {
    fn one_copy() -> u32 {
        1
    }
}

/// A month of the calendar, or months after the start of the simulation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Starts {
    /// A month of the calendar.
    At(Month),
    /// Months after the start.
    After(Quantity),
}

/// A phase of a project.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// What it is; unique within the project.
    pub name: String,
    /// How long it takes.
    pub months: Quantity,
    /// Probability that the project survives it.
    #[serde(default = "one")]
    pub success_probability: Quantity,
}

/// Ramp-up of a project.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// Months from first product to full output.
    pub months: Quantity,
    /// The curve: `linear`, `exponential`, `s-curve`, an id of `ramp_shapes`, or weights as in
    /// `{ "slow" = 0.6, "fast" = 0.4 }`, of which one is drawn per trial.
    #[serde(default)]
    pub shape: RampShapeChoice,
}

/// A ramp shape, or several with weights.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RampShapeChoice {
    /// One shape.
    One(String),
    /// One of several, by weight.
    Weighted(BTreeMap<String, f64>),
}

impl Default for RampShapeChoice {
    fn default() -> Self {
        RampShapeChoice::One("linear".into())
    }
}

/// A ramp-up curve.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RampShape {
    /// `[fraction of ramp months, fraction of design]` from `[0, ...]` to `[1, 1]`, joined by straight lines.
    pub points: Vec<[f64; 2]>,
}

/// Final demand.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Market whose users want it.
    pub market: String,
    /// Stage whose product they want.
    pub stage: String,
    /// Tonnes per year at the start, or a path by date.
    pub tonnes_per_year: TonnesPerYear,
    /// Growth per year, as a fraction. Without it: none. A path by date has none.
    #[serde(default = "zero")]
    pub growth_per_year: Quantity,
    /// Standard deviation of a year's unforeseen change, as a fraction; a random walk whose mean stays one.
    #[serde(default = "zero")]
    pub volatility_per_year: Quantity,
    /// Twelve factors on the demand of a month, each 0 or more, January first; their mean is 1. Without it: all months are
    /// alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seasonal: Option<Vec<f64>>,
    /// A market that meets this use today inside finished goods: it then counts in `coverage_in_use_without` of that market
    /// alone, and is not traded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded_from: Option<String>,
    /// 1 is served first.
    #[serde(default = "first")]
    pub priority: u32,
    /// What a missing tonne costs, for the series `loss_usd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_usd_per_tonne: Option<Quantity>,
}

/// How the users of a market answer a shortage: they learn to do with less, and forget again.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Share of demand saved per year of shortage.
    pub thrift_per_year: Quantity,
    /// Largest share that can be saved.
    pub max: Quantity,
    /// Share that comes back per year without shortage.
    #[serde(default = "zero")]
    pub relapse_per_year: Quantity,
}

/// A stock held against a shortage.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stockpile {
    /// Market that holds it.
    pub market: String,
    /// Stage whose product it holds. If that is a feed of a later stage, it is released to the market's own later stages.
    pub stage: String,
    /// Size aimed at, in days (365 to a year) of the market's normal wants: what it would want if nothing were disrupted, in
    /// the mean of the last twelve months. Instead of it: `target_tonnes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_days: Option<Quantity>,
    /// Size aimed at, tonnes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_tonnes: Option<Quantity>,
    /// Stock at the start, in days. Without it and `initial_tonnes`: the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_days: Option<Quantity>,
    /// Stock at the start, tonnes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_tonnes: Option<Quantity>,
    /// Fastest fill. Without it: as fast as there is unsold supply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill_tonnes_per_month: Option<Quantity>,
    /// Fastest release. Without it: as fast as wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_tonnes_per_month: Option<Quantity>,
    /// Of several stockpiles of a market and product, 1 is used first.
    #[serde(default = "first")]
    pub priority: u32,
}

/// A random process of episodes that cut capacity or trade, or lift demand.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disruption {
    /// Name to print. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What an episode does.
    pub kind: DisruptionKind,
    /// What an outage hits: ids of capacities or projects, countries, markets or stages; `*` stands for any letters. A name
    /// that several tables have is told apart by its table, as in `projects.nolans` or `countries.Chad`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<String>,
    /// Markets whose exports a control cuts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Markets to which a control cuts exports; `*` is every other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Markets whose demand a surge lifts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markets: Vec<String>,
    /// Stages concerned. Without it: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<String>,
    /// Episodes that were observed, in a file: they give `rate_per_year` and `duration_months`, where these are not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Events>,
    /// Onsets per year while no episode runs; 0 switches them off. A disruption has this, `scheduled` or
    /// `active_at_start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_year: Option<Quantity>,
    /// How long an episode lasts, drawn for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_months: Option<Quantity>,
    /// What it takes away (a surge: adds), as a fraction, drawn for each.
    #[serde(default = "one")]
    pub severity: Quantity,
    /// Ties the severity of an episode that comes by chance to its length: the correlation of their normal numbers (Gaussian
    /// copula), -1 to 1. Without it: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity_duration_rho: Option<f64>,
    /// Share of a control's cut that finds its way anyway. Without it: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leakage: Option<Quantity>,
    /// Course of an episode.
    #[serde(default)]
    pub recovery: Recovery,
    /// Probability that an episode runs at the start. Without it: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_at_start: Option<Quantity>,
    /// What is left of that episode. Without it: `duration_months`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_months: Option<Quantity>,
    /// No onset that `rate_per_year` brings is earlier than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Month>,
    /// Episodes that are known to come, or have come. They do not overlap; where the length of one is uncertain, it ends
    /// at the latest where the next begins. An empty list switches them off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Vec<ScheduledEpisode>>,
    /// Other disruptions whose rate is multiplied while an episode runs here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub raises: Named<Quantity>,
}

/// What an episode does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisruptionKind {
    /// Cuts capacity.
    Outage,
    /// Cuts exports from some markets to others.
    ExportControl,
    /// Lifts demand.
    DemandSurge,
}

/// Course of an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recovery {
    /// The full effect to the end.
    #[default]
    Step,
    /// The effect shrinks evenly to nothing at the end.
    Linear,
}

/// An episode at a given time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduledEpisode {
    /// Month at whose start it begins; may lie before the start.
    pub from: Month,
    /// It comes again every so many months, up to the horizon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_months: Option<u32>,
    /// How long it lasts.
    pub months: Quantity,
    /// What it takes away. Without it: the disruption's own `severity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Quantity>,
}

/// Inputs that are high or low together (Gaussian copula): a list of inputs with `rho` or with a `matrix`, or each input with
/// a loading of its own.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// Paths of uncertain inputs, as in `projects.*.slip_months`; `projects.*.success` is whether a project succeeds.
    pub inputs: CorrelatedInputs,
    /// Correlation of any two of them, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// Correlation of each of them with each, in the order of `inputs`, which are then single inputs without `*` or copies:
    /// symmetric, with ones on the diagonal, and positive definite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Vec<Vec<f64>>>,
}

/// The inputs of a correlation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CorrelatedInputs {
    /// Their paths.
    Alike(Vec<String>),
    /// Their paths, each with its loading on a common factor, -1 to 1. The correlation of two of them is the product of their
    /// loadings.
    Loadings(BTreeMap<String, f64>),
}

/// A condition on a series, and how long it must hold.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// Name to print. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The series, as in `coverage_without.china.magnets`.
    pub series: String,
    /// It must be at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// It must be at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// For so many months on end.
    #[serde(default = "first")]
    pub for_months: u32,
}

/// Somebody's statement about a milestone.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Short name to print, as in `within a year`. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who said it.
    pub who: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Where to find them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The milestone it is about.
    pub milestone: String,
    /// The claim holds if the milestone is reached no later than this many months after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_months: Option<u32>,
    /// The claim holds if the milestone is not reached within so many months after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_within_months: Option<u32>,
    /// The claim is supported if its probability is above this, refuted if below.
    #[serde(default = "half")]
    pub probability_at_least: f64,
}

/// What a statistic is expected to be: what an automatic check of the config passes or fails on.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The statistic: `mean(..)`, `p95(..)` (any percentile), `zero(..)` or `never(..)` of an outcome, as in
    /// `p95(total_shortage.allies.magnets)`; or `probability(claim.ID)`.
    pub statistic: String,
    /// It is expected to be at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// It is expected to be at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// In which scenario. Without it: the one that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
}

/// A named change of the model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name to print. Without it: the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it assumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// New values by path, as in `"projects.*.slip_months" = 0`. A path with
    /// fewer `*`, or with more letters beside as many, wins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub set: BTreeMap<String, toml::Value>,
}

pub(super) fn zero() -> Quantity {
    Quantity::Number(0.0)
}

pub(super) fn one() -> Quantity {
    Quantity::Number(1.0)
}

fn half() -> f64 {
    0.5
}

fn first() -> u32 {
    1
}
