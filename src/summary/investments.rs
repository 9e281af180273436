//! Investment that is held back by the number of decisions that a trial may have.

use serde::Serialize;

use super::estimate::{Estimate, Estimator};
use crate::model::{Model, OutcomeKind, OutcomeSpec};
use crate::tally::Tally;

/// Above this probability of reaching `at_most`, results depend on that number.
const WORTH_A_WARNING: f64 = 0.01;

/// An investment over all trials. How many decisions there are, and in which year, tell the outcomes `decisions` and
/// `decisions_in`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InvestmentResult {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Most decisions that a trial may have.
    pub at_most: usize,
    /// Probability that a trial has that many.
    pub reaches_at_most: Estimate,
}

impl InvestmentResult {
    /// Whether that is so often the case that it moves results.
    pub fn is_held_back(&self) -> bool {
        self.reaches_at_most.value.is_some_and(|share| share > WORTH_A_WARNING)
    }
}

/// All investments, by name.
pub(super) fn investments_of(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<InvestmentResult> {
    let counts = model.outcomes.iter().enumerate().filter(|(_, spec)| spec.kind == OutcomeKind::Decisions);
    let one = |(index, spec): (usize, &OutcomeSpec)| {
        let investment = &model.investments[spec.index];
        let at_most = investment.decisions.len();
        InvestmentResult {
            id: investment.id.clone(),
            title: investment.title.clone(),
            at_most,
            // All but those with fewer.
            reaches_at_most: estimator.probability(tally.trials() - tally.outcome(index).at_most(at_most as f64 - 1.0)),
        }
    };
    counts.map(one).collect()
}
