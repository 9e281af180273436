//! The inputs that are worth moving: those that explain most.

use serde::Serialize;

use super::question::{Problem, Question};
use crate::simulation::{self, Progress};
use crate::study::ScenarioModel;
use crate::study::require::{Lever, Required};
use crate::summary::drivers::{Driver, drivers_of};
use crate::summary::estimate::Estimate;
use crate::tally::{Driven, Drivers, Tally};

/// Most inputs, or correlations, that are moved unless more are asked for by name.
pub const MOST_INPUTS: usize = 10;

/// Most of them that are kept at all.
const MOST_KEPT: usize = 20;

/// What told which inputs matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RankedBy {
    /// What they explain of whether the claim holds.
    Claim,
    /// What they explain of the series that the claim's milestone looks at, at the date of the claim: too few trials differ in
    /// the claim itself.
    Series,
}

/// Inputs by what they explain, the largest share first.
pub struct Candidates {
    pub ranked: Vec<(Lever, Estimate)>,
    pub ranked_by: RankedBy,
}

/// Simulates, and ranks the inputs.
pub fn candidates(required: &Required, question: &Question, progress: &Progress) -> Result<Candidates, Problem> {
    let model = &required.model;
    let (_, months) = model.claims[0].test.words();
    let month = (months as usize).min(model.months - 1);
    let numbers = [Driven::Holds(0), Driven::InMonth(model.milestones[0].series, month)];
    let tally = Tally::new(model).with_drivers(Drivers::new(model, &numbers));
    let mut tallies = simulation::extend(&[model], vec![tally], 0..question.trials, question.threads, progress)?;
    let counted = tallies.remove(0).drivers.expect("they were asked for");
    let case = ScenarioModel {
        id: required.scenario.clone(),
        title: String::new(),
        description: String::new(),
        model: model.clone(),
    };
    let drivers = drivers_of(&case, &counted, question.trials, question.confidence);
    let streams = model.input_streams();
    let lever = |driver: &Driver| {
        let group = &streams.groups[driver.group];
        let stream = driver.bar.as_ref().map_or(group.streams.start, |bar| bar.stream);
        (required.lever_of_group(group, &streams.streams[stream]), driver.share.clone())
    };
    let [claim, series] = [0, 1].map(|number| &drivers.numbers[number].drivers);
    let (ranked_by, named) = if claim.is_empty() { (RankedBy::Series, series) } else { (RankedBy::Claim, claim) };
    Ok(Candidates { ranked: named.iter().take(MOST_KEPT).map(lever).collect(), ranked_by })
}
