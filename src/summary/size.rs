//! How large a stock: the shortage that is left with every size of it, on the same trials, refilled and used once.

mod estimates;
mod risk;

use serde::Serialize;

use super::estimate::Estimate;
use crate::config::Month;
use crate::engine::{DAYS_PER_MONTH, Engine};
use crate::model::{Model, Unit};
use crate::simulation::{self, Error, Progress};
use crate::study::size::{Pace, Refill, Sizing};
use crate::tally::{SideBySide, Tally};
use estimates::Estimates;
use risk::{Found, Short, grid};

/// What is asked of a stock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The mean of the worst trials leaves out this share of them; 0 stands for 0.95.
    pub level: f64,
    /// Largest size to show, days.
    pub up_to: Option<f64>,
    /// Sizes to show, days; empty for those that are round.
    pub sizes: Vec<f64>,
    /// The probability of a shortage that is to be left.
    pub risk: Option<f64>,
    /// What may be spent.
    pub budget: Option<f64>,
    /// What a tonne costs.
    pub price: Option<Price>,
}

/// What a stock costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Price {
    /// Of a tonne.
    pub per_unit: f64,
    /// Of keeping a tonne for a year.
    pub holding_per_unit_year: f64,
}

/// How a stock of every size does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StockSizes {
    /// Id of the scenario.
    pub scenario: String,
    /// Id of the market.
    pub market: String,
    /// Id of the stage that makes the product.
    pub product: String,
    /// As in a sentence: `magnets in Japan`.
    pub title: String,
    /// Unit of its amounts.
    pub unit: Unit,
    /// Unit of money.
    pub currency: Unit,
    /// Demand of a day, in the mean of the first year, at its median.
    pub daily_demand: f64,
    /// First month.
    pub start: Month,
    /// Months simulated.
    pub months: usize,
    /// Number of trials.
    pub trials: u64,
    /// Confidence of every interval.
    pub confidence: f64,
    /// The worst trials are those beyond this share.
    pub level: f64,
    /// The probability of a shortage that was asked for.
    pub risk: Option<f64>,
    /// What may be spent.
    pub budget: Option<f64>,
    /// What a stock costs.
    pub price: Option<Price>,
    /// Ids of the stockpiles whose place it takes.
    pub replaces: Vec<String>,
    /// How fast it is filled again.
    pub fill: Pace,
    /// How fast it is used.
    pub release: Pace,
    /// Whether users or investors answer a shortage.
    pub is_answered: bool,
    /// Without any stock there.
    pub none: Shortage,
    /// With the stockpiles of the config, if the market has any of the product.
    pub as_configured: Option<Shortage>,
    /// With a stock that is refilled, if it ever is, and with one that is not.
    pub curves: Vec<Curve>,
}

/// A stock of every size under one rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Whether it is filled again.
    pub refill: Refill,
    /// Sizes, smallest first.
    pub sizes: Vec<Size>,
    /// The smallest that leaves the risk asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_risk: Option<AtRisk>,
    /// What the budget buys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bought: Option<Size>,
}

/// A stock of a size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Size {
    /// In days of the first year's demand.
    pub days: f64,
    /// In tonnes.
    pub tonnes: f64,
    /// What is left.
    pub shortage: Shortage,
    /// Expected shortage that is avoided, against no stock: the mean of paired differences.
    pub avoided: Estimate,
    /// The same against the size before.
    pub avoided_by_last: Estimate,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// The shortage of all months.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shortage {
    /// Probability of any.
    pub probability: Estimate,
    /// Its mean.
    pub expected: Estimate,
    /// Its mean in the worst trials.
    pub expected_in_worst: Estimate,
}

/// What a stock costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// In all.
    pub total: f64,
    /// Over the expected shortage that is avoided.
    pub per_avoided: Estimate,
    /// What the last step costs, over what it avoids.
    pub per_avoided_by_last: Estimate,
}

/// The smallest stock that leaves a risk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtRisk {
    /// In tonnes; none where no size that was tried does.
    pub tonnes: Option<Estimate>,
    /// In days of the first year's demand.
    pub days: Option<Estimate>,
    /// The largest size that was tried, in days.
    pub tried_days: f64,
    /// What it leaves.
    pub left: Option<Size>,
}

/// Stocks that are to be simulated under one rule; tonnes.
struct Plan {
    refill: Refill,
    sizes: Vec<f64>,
    /// What was found for the risk, if one is asked for.
    found: Option<Found>,
    /// What the budget buys.
    bought: Option<f64>,
}

impl Plan {
    /// What stands beside the sizes: for the risk, and for the budget.
    fn others(&self) -> [Option<f64>; 2] {
        [self.found.as_ref().and_then(|found| found.tonnes.as_ref()?.value), self.bought]
    }
}

/// Simulates stocks of every size in so many trials, on `threads` threads (0: all cores).
///
/// # Errors
/// See [`Error`]; the model is 0.
pub fn sizes(
    sizing: &Sizing,
    asked: &Asked,
    (trials, confidence): (u64, f64),
    threads: usize,
    progress: &Progress,
) -> Result<StockSizes, Error> {
    let daily = daily_demand(&sizing.demand);
    let run = Run { sizing, trials, confidence, threads, progress, daily };
    let rules: &[Refill] =
        if sizing.is_refilled() { &[Refill::Refilled, Refill::UsedOnce] } else { &[Refill::UsedOnce] };
    let empty: Vec<Model> = rules.iter().map(|refill| sizing.sized(0.0, *refill)).collect();
    let needed = simulation::run(&empty.iter().collect::<Vec<_>>(), trials, threads, progress).map_err(first)?;
    let days = grid(asked, run.nearly_always_enough(&needed[0]) / daily);
    let bought = asked.budget.zip(asked.price).map(|(budget, price)| budget / price.of_unit(sizing.model.months));
    let mut plans = Vec::new();
    for (refill, needed) in rules.iter().zip(&needed) {
        let found = asked.risk.map(|risk| run.at_risk(risk, *refill, needed)).transpose()?;
        let sizes = days.iter().map(|days| days * daily).collect();
        plans.push(Plan { refill: *refill, sizes, found, bought });
    }
    let simulated = run.simulate(&plans)?;
    let level = if asked.level > 0.0 { asked.level } else { USUAL_LEVEL };
    let estimates = Estimates { run: &run, price: asked.price, level, simulated: &simulated };
    let is_held = !sizing.replaces.is_empty();
    let mut models = 1 + usize::from(is_held)..;
    let curves = plans.into_iter().map(|plan| estimates.curve(plan, &mut models)).collect();
    let (risk, budget, price) = (asked.risk, asked.budget, asked.price);
    Ok(StockSizes {
        scenario: sizing.scenario.clone(),
        market: sizing.market.clone(),
        product: sizing.product.clone(),
        title: sizing.title.clone(),
        unit: sizing.unit,
        currency: sizing.model.currency.map_or(Unit::Usd, Unit::Money),
        daily_demand: daily,
        start: sizing.model.start,
        months: sizing.model.months,
        trials,
        confidence,
        level,
        risk,
        budget,
        price,
        replaces: sizing.replaces.clone(),
        fill: sizing.fill,
        release: sizing.release,
        is_answered: sizing.is_answered,
        none: estimates.shortage(0),
        as_configured: is_held.then(|| estimates.shortage(1)),
        curves,
    })
}

/// The worst trials are the worst twentieth, unless another share is asked for.
const USUAL_LEVEL: f64 = 0.95;

/// About how many models are simulated: for progress.
pub fn estimated_models(asked: &Asked) -> u64 {
    let sizes = if asked.sizes.is_empty() { 18 } else { asked.sizes.len() as u64 };
    let extra = u64::from(asked.risk.is_some()) * 8 + u64::from(asked.budget.is_some());
    4 + 2 * (sizes + extra)
}

/// Demand of a day in the mean of the first year, at its median.
pub fn daily_demand(demand: &Model) -> f64 {
    let trial = Engine::new(demand).trial(0);
    let year: Vec<f64> = trial.series.iter().take(1).flatten().take(12).copied().collect();
    year.iter().sum::<f64>() / year.len().max(1) as f64 / DAYS_PER_MONTH
}

impl Price {
    /// What a tonne costs that is held for so many months.
    fn of_unit(self, months: usize) -> f64 {
        self.per_unit + self.holding_per_unit_year * months as f64 / 12.0
    }
}

/// Whatever a model is, it is the scenario.
fn first(error: Error) -> Error {
    match error {
        Error::NotANumber { trial, .. } => Error::NotANumber { trial, model: 0 },
        other => other,
    }
}

/// How a stock is simulated.
struct Run<'a> {
    sizing: &'a Sizing,
    trials: u64,
    confidence: f64,
    threads: usize,
    progress: &'a Progress,
    daily: f64,
}

impl Run<'_> {
    /// The smallest stock that leaves a risk; `needed` is the tally without any.
    fn at_risk(&self, risk: f64, refill: Refill, needed: &Tally) -> Result<Found, Error> {
        let (without, needed) = (needed.outcome(0), needed.outcome(1));
        let mut count = |tonnes: f64| {
            let model = self.sizing.sized(tonnes, refill);
            let tallies = simulation::run(&[&model], self.trials, self.threads, self.progress).map_err(first)?;
            Ok(self.trials - tallies[0].outcome(0).zero())
        };
        let known = vec![(0.0, self.trials - without.zero())];
        let mut short = Short { count: &mut count, known, largest: needed.range.1.max(1e-9 * self.daily) };
        short.smallest(risk, self.trials, self.confidence, &needed.ranked())
    }

    /// What is enough in 99 of 100 trials, or in all if that is nothing; tonnes.
    fn nearly_always_enough(&self, needed: &Tally) -> f64 {
        let needed = needed.outcome(1);
        let most = needed.ranked()((0.99 * self.trials as f64).ceil() as u64).high;
        if most > 0.0 { most } else { needed.range.1.max(0.0) }
    }

    /// All stocks side by side: without any, as the config has it, and by rule all sizes, that for the risk, and what is bought.
    fn simulate(&self, plans: &[Plan]) -> Result<SideBySide, Error> {
        let mut models = vec![self.sizing.sized(0.0, Refill::UsedOnce)];
        let mut others = vec![vec![0, 0]];
        if !self.sizing.replaces.is_empty() {
            models.push(self.sizing.model.clone());
            others.push(vec![0, 0]);
        }
        for plan in plans {
            let mut before = 0;
            for tonnes in &plan.sizes {
                others.push(vec![0, before]);
                before = models.len();
                models.push(self.sizing.sized(*tonnes, plan.refill));
            }
            for tonnes in plan.others().into_iter().flatten() {
                others.push(vec![0, 0]);
                models.push(self.sizing.sized(tonnes, plan.refill));
            }
        }
        for model in &mut models {
            model.outcomes.truncate(1);
        }
        let models: Vec<&Model> = models.iter().collect();
        simulation::side_by_side(&models, &others, 0..self.trials, self.threads, self.progress).map_err(first)
    }
}
