//! What a config means: names turned into indices, everything cross-checked, immutable afterwards.
//!
//! Left of a [`Model`] everything is doubted; right of it everything may assume. [`compile()`] finds all faults at once.
//!
//! Time is in months from the start of the first simulated month, quantities in tonnes and tonnes per month.
//! Whatever is listed here stands in an order that neither the order of the file nor a mere change of names can alter in
//! a way that reaches a result: by name where the name is the key of a random stream, by content otherwise. Milestones and
//! claims, of which nothing is drawn, stand in the order of the file.

mod bins;
mod bounds;
mod chain;
mod changed;
mod charts;
mod claims;
mod compile;
mod context;
mod correlations;
mod curve;
mod disruptions;
mod distributions;
mod history;
mod investments;
mod limits;
mod measures;
mod medians;
mod names;
mod outcomes;
mod plants;
mod projects;
mod quantities;
mod series;
mod statistic;
mod streams;
mod tilt;
mod trend;
mod unit;
mod vocabulary;
pub mod years;

pub use bins::Bins;
pub use compile::{Compiled, MOST_STEPS, compile};
pub use context::called;
pub use curve::{Curve, Line};
pub use disruptions::constant;
pub use limits::{LIMITS, Limit};
pub use measures::statistic_of_trials;
pub use medians::LeftOut;
pub(crate) use names::{check_id, check_limits};
pub use outcomes::{OUTCOMES, OutcomeKind, OutcomeSpec};
pub use plants::{CapacityGroup, Gate, Investment, Output, Project, SignalResponse};
pub use quantities::Distributions;
pub use series::{SERIES, SeriesKind, SeriesSpec};
pub use statistic::Statistic;
pub use streams::{InputGroup, InputStream, Streams, pattern};
pub use tilt::Tilt;
pub use trend::{DatedPath, Trend};
pub use unit::{Unit, UnitName};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{self, DisruptionKind, Month, Recovery};
use crate::distribution::Distribution;
use crate::random::Key;

/// Most markets that a model may have.
pub const MAX_MARKETS: usize = 16;

/// A checked model, ready to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Seed of all random numbers.
    pub seed: u64,
    /// First month.
    pub start: Month,
    /// Number of months simulated.
    pub months: usize,
    /// Into so many steps each month is divided.
    pub steps_per_month: usize,
    /// Markets, by index everywhere else.
    pub markets: Vec<Market>,
    /// Stages in topological order: feeds before what they feed.
    pub stages: Vec<Stage>,
    /// Uncertain inputs, drawn once per trial.
    pub inputs: Inputs,
    /// Standing capacity.
    pub capacities: Vec<CapacityGroup>,
    /// Capacity that may come.
    pub projects: Vec<Project>,
    /// Sources of plants that nobody has announced yet, by name.
    pub investments: Vec<Investment>,
    /// What they may decide on, those of one after those of another; times count from the decision.
    pub decisions: Vec<Project>,
    /// Ramp-up curves that projects refer to.
    pub curves: Vec<Curve>,
    /// Final demand.
    pub demands: Vec<Demand>,
    /// Answer of a market's users to a shortage, by market.
    pub responses: Vec<Option<Response>>,
    /// Stockpiles, those of a market and stage in the order of use.
    pub stockpiles: Vec<Stockpile>,
    /// Disruptions, by name.
    pub disruptions: Vec<Disruption>,
    /// Monthly series whose percentiles are kept, those that milestones look at among them.
    pub series: Vec<SeriesSpec>,
    /// Outcomes of a trial.
    pub outcomes: Vec<OutcomeSpec>,
    /// Milestones, in the order of the file.
    pub milestones: Vec<Milestone>,
    /// Claims, in the order of the file.
    pub claims: Vec<Claim>,
    /// Currency of losses, if it is not USD.
    pub currency: Option<UnitName>,
    /// Countries whose share is asked for: country name, market.
    pub countries: Vec<(String, usize)>,
    /// What is simulated with another rate or probability than its own, if anything.
    pub tilts: Vec<Tilt>,
}

/// A market.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
}

/// A stage and its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Unit of its product, if it is not the tonne.
    pub unit: Option<UnitName>,
    /// Stages whose product it takes, with tonnes per tonne.
    pub feeds: Vec<(usize, Input)>,
    /// Price response: demand elasticity, supply elasticity, largest multiple.
    pub price: Option<(Input, Input, f64)>,
}

/// A number, known or drawn once per trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// A known number.
    Known(f64),
    /// The value in this slot of the trial's inputs.
    Drawn(usize),
}

impl Input {
    /// Whether it is the known number `value`.
    pub fn is(self, value: f64) -> bool {
        self == Input::Known(value)
    }
}

/// The inputs drawn once per trial, and what makes them correlated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// One for each slot.
    pub drawn: Vec<DrawnInput>,
    /// Slots that only projects use.
    pub of_projects: std::ops::Range<usize>,
    /// Slots that only plants use on which investors decide. They count among the events of a trial, not among its inputs.
    pub of_decisions: std::ops::Range<usize>,
    /// What correlated inputs have in common: one for each share of a correlation.
    pub factors: Vec<Factor>,
}

impl Inputs {
    /// Mean of an input, whether or not others are correlated with it.
    pub fn mean(&self, input: Input) -> f64 {
        match input {
            Input::Known(value) => value,
            Input::Drawn(slot) => self.drawn[slot].distribution.as_ref().map_or(0.5, |law| law.mean()),
        }
    }

    /// Median of an input; of a uniform number that decides something, one half.
    pub fn median(&self, input: Input) -> f64 {
        match input {
            Input::Known(value) => value,
            Input::Drawn(slot) => self.drawn[slot].distribution.as_ref().map_or(0.5, |law| law.quantile(0.5)),
        }
    }

    /// The highest value of an input that any trial can draw.
    pub fn highest(&self, input: Input) -> f64 {
        match input {
            Input::Known(value) => value,
            Input::Drawn(slot) => self.drawn[slot].distribution.as_ref().map_or(1.0, |law| law.quantile(1.0)),
        }
    }

    /// Smallest and largest possible value of an input; infinite for a tail that never ends.
    pub fn bounds(&self, input: Input) -> (f64, f64) {
        match input {
            Input::Known(value) => (value, value),
            Input::Drawn(slot) => self.drawn[slot].distribution.as_ref().map_or((0.0, 1.0), |law| law.bounds()),
        }
    }
}

/// An uncertain input.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnInput {
    /// Path in the config; the name of its random stream.
    pub name: String,
    /// Key of that stream.
    pub key: Key,
    /// Its distribution; `None` where the uniform number itself is wanted (whether a project succeeds).
    pub distribution: Option<Arc<Distribution>>,
    /// Index of what it has in common with others, if it is correlated.
    pub factor: Option<usize>,
}

/// What an input has in common with others: its normal number is the weighted sum of these, plus `own` times its own
/// (Gaussian copula). The squares of all weights add up to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// Id of the correlation.
    pub correlation: String,
    /// Keys of streams, each with the weight of its normal number.
    pub terms: Vec<(Key, f64)>,
    /// Weight of the input's own normal number.
    pub own: f64,
    /// What is added besides: what is known of the sum, where something of it is fixed.
    pub known: f64,
}

/// A final demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// Id.
    pub id: String,
    /// Market.
    pub market: usize,
    /// Stage whose product is wanted.
    pub stage: usize,
    /// Tonnes per year.
    pub trend: Trend,
    /// Factors on the months of a year, of which the first simulated month comes first; empty if there are none.
    pub seasonal: Vec<f64>,
    /// Standard deviation per year of the logarithm.
    pub volatility: Input,
    /// Stream of the random walk.
    pub walk: Key,
    /// 1 is served first.
    pub priority: u32,
    /// Loss per tonne short, USD.
    pub loss: Option<Input>,
    /// Surges that lift it, by index of the disruption.
    pub surges: Vec<usize>,
    /// The market that meets it inside finished goods: it is then no demand for the product itself.
    pub embedded_from: Option<usize>,
}

/// How users answer a shortage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response {
    /// Share of demand saved per year of shortage.
    pub thrift: Input,
    /// Largest share.
    pub max: Input,
    /// Share that comes back per year.
    pub relapse: Input,
}

/// A stockpile.
#[derive(Clone, Debug, PartialEq)]
pub struct Stockpile {
    /// Id.
    pub id: String,
    /// Market that holds it.
    pub market: usize,
    /// Stage whose product it holds.
    pub stage: usize,
    /// Target.
    pub target: Level,
    /// Stock at the start.
    pub initial: Level,
    /// Fastest fill, t/month; infinite if not limited.
    pub fill: Input,
    /// Fastest release, t/month; infinite if not limited.
    pub release: Input,
}

/// An amount in stock: the sum of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Tonnes.
    pub tonnes: Input,
    /// Days of normal wants.
    pub days: Input,
}

/// A disruption.
#[derive(Clone, Debug, PartialEq)]
pub struct Disruption {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// What an episode does.
    pub kind: DisruptionKind,
    /// Export controls: the (from, to, stage) it cuts.
    pub cuts: Vec<(usize, usize, usize)>,
    /// Stream of its episodes.
    pub key: Key,
    /// Stream of its scheduled episodes.
    pub scheduled_key: Key,
    /// Onsets per year.
    pub rate: Input,
    /// Duration of an episode, months.
    pub duration: Arc<Distribution>,
    /// Severity of an episode.
    pub severity: Arc<Distribution>,
    /// Correlation of the normal numbers behind both, if there is any; each then takes one uniform number.
    pub severity_duration_rho: Option<f64>,
    /// Share of a control's cut that leaks.
    pub leakage: Input,
    /// Course of an episode.
    pub recovery: Recovery,
    /// Probability of an episode at the start.
    pub active_at_start: Input,
    /// What is left of it.
    pub remaining: Arc<Distribution>,
    /// No onset before this, months.
    pub not_before: f64,
    /// Known episodes: begin, length, severity; by begin.
    pub scheduled: Vec<(f64, Arc<Distribution>, Arc<Distribution>)>,
    /// Disruptions whose rate is multiplied meanwhile.
    pub raises: Vec<(usize, Input)>,
    /// Disruptions that multiply this one's rate, with the factor.
    pub raised_by: Vec<(usize, Input)>,
}

/// A milestone.
#[derive(Clone, Debug, PartialEq)]
pub struct Milestone {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Index into [`Model::series`].
    pub series: usize,
    /// The series must be within these.
    pub at_least: f64,
    /// Upper bound.
    pub at_most: f64,
    /// For so many months.
    pub for_months: usize,
}

/// A claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Id.
    pub id: String,
    /// Index into [`Model::milestones`].
    pub milestone: usize,
    /// Holds if the milestone's date is at most this (`Within`), or above (`NotWithin`).
    pub test: ClaimTest,
    /// The probability above which it is supported.
    pub threshold: f64,
    /// Who said what and where, as the config of the scenario has it.
    pub stated: config::Claim,
}

/// What a claim says of a milestone's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimTest {
    /// Reached within so many months.
    Within(u32),
    /// Not reached within so many months.
    NotWithin(u32),
}

impl Model {
    /// Whether trials of the other give the same: all but the claims is equal, which are judged afterwards.
    pub fn simulates_like(&self, other: &Model) -> bool {
        Model { claims: other.claims.clone(), ..self.clone() } == *other
    }

    /// Index of a stage.
    pub fn stage(&self, id: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.id == id)
    }

    /// Index of a milestone's date among the outcomes.
    pub fn date_of(&self, milestone: usize) -> usize {
        let is_it = |spec: &OutcomeSpec| spec.kind == OutcomeKind::Milestone && spec.index == milestone;
        self.outcomes.iter().position(is_it).expect("every milestone has its date as an outcome")
    }

    /// Demands of each (stage, market), in the order in which they are served; without those that goods meet.
    pub fn demands_by_node(&self) -> BTreeMap<(usize, usize), Vec<usize>> {
        let mut nodes: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        let direct = |(_, demand): &(usize, &Demand)| demand.embedded_from.is_none();
        for (index, demand) in self.demands.iter().enumerate().filter(direct) {
            nodes.entry((demand.stage, demand.market)).or_default().push(index);
        }
        for demands in nodes.values_mut() {
            demands.sort_by_key(|&index| self.demands[index].priority);
        }
        nodes
    }
}
