//! The shortage of calendar years, where `output.years` asks for it.

use super::estimate::{Estimate, Estimator};
use crate::model::{Model, OutcomeKind, Unit, years};
use crate::tally::Tally;

/// The percentiles that are told of a year, whatever `percentiles` asks for.
pub const YEAR_PERCENTILES: [f64; 2] = [50.0, 90.0];

/// The shortage of a product in a market in a calendar year, over all trials.
#[derive(Clone, Debug, PartialEq)]
pub struct YearResult {
    /// Id of the market.
    pub market: String,
    /// Id of the stage that makes the product.
    pub stage: String,
    /// Unit of the shortage: that of the product.
    pub unit: Unit,
    /// Year of the calendar.
    pub year: i32,
    /// How many of its months are simulated: fewer than twelve of the first and the last one, maybe.
    pub months: usize,
    /// Mean.
    pub mean: Estimate,
    /// Percentiles, in the order of [`YEAR_PERCENTILES`].
    pub percentiles: [Estimate; 2],
    /// Probability that there is any.
    pub any: Estimate,
}

impl YearResult {
    /// Whether it is about this market and product.
    pub fn is_at(&self, place: &str) -> bool {
        place.split_once('.') == Some((&self.market, &self.stage))
    }
}

/// All years of all markets and products, in the order of the outcomes. `estimator` has [`YEAR_PERCENTILES`].
pub(super) fn years_of(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<YearResult> {
    let yearly = model.outcomes.iter().enumerate().filter(|(_, spec)| spec.kind == OutcomeKind::ShortageIn);
    let one = |(index, spec): (usize, &crate::model::OutcomeSpec)| {
        let histogram = tally.outcome(index);
        let mut percentiles = estimator.percentiles(&histogram.ranked()).into_iter().map(|found| found.estimate);
        YearResult {
            market: model.markets[spec.market].id.clone(),
            stage: model.stages[spec.stage].id.clone(),
            unit: model.outcome_unit(spec),
            year: years::year(model, spec.year),
            months: years::months(model, spec.year).len(),
            mean: estimator.mean(&histogram),
            percentiles: std::array::from_fn(|_| percentiles.next().expect("both were asked for")),
            any: estimator.probability(tally.trials() - histogram.zero()),
        }
    };
    yearly.map(one).collect()
}
