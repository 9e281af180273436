//! Expectations, each checked against the scenario that it is about.

use super::ScenarioModel;
use crate::config::fault::Fault;
use crate::config::{Config, set::Path};
use crate::model::{Statistic, Unit};

/// What a statistic of one scenario is expected to be.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectationRule {
    /// Id.
    pub id: String,
    /// The statistic, as written.
    pub text: String,
    /// The statistic.
    pub statistic: Statistic,
    /// Unit of its values.
    pub unit: Unit,
    /// Id of the scenario.
    pub scenario: String,
    /// It is expected to be at least this.
    pub at_least: Option<f64>,
    /// It is expected to be at most this.
    pub at_most: Option<f64>,
}

/// The expectations of a config. Whatever they name and is not there is a fault: nothing passes because it is not known.
pub(super) fn expectations(config: &Config, cases: &[ScenarioModel], faults: &mut Vec<Fault>) -> Vec<ExpectationRule> {
    let first = config.output.scenario.as_deref().or(cases.first().map(|case| case.id.as_str()));
    let ids: Vec<&str> = if config.scenarios.is_empty() {
        cases.iter().map(|case| case.id.as_str()).collect()
    } else {
        config.scenarios.keys().map(String::as_str).collect()
    };
    let mut found = Vec::new();
    for (id, expected) in &config.expect {
        let here = |key: &str| -> Path { ["expect", id, key].map(String::from).into() };
        crate::model::check_id(here(id)[..2].to_vec(), faults);
        let limits = [expected.at_least, expected.at_most];
        crate::model::check_limits(here(id)[..2].to_vec(), "an expectation", limits, faults);
        let Some(scenario) = expected.scenario.as_deref().or(first) else { continue };
        if !ids.contains(&scenario) {
            // A faulty `output.scenario` is told by itself.
            if expected.scenario.is_some() {
                let fault = Fault::new(here("scenario"), format!("there is no scenario `{scenario}`"));
                faults.push(fault.unknown(scenario, ids.iter().copied(), faults));
            }
            continue;
        }
        // A scenario with faults has no model; they are told by themselves.
        let Some(case) = cases.iter().find(|case| case.id == scenario) else { continue };
        if let Some(statistic) = Statistic::parse(&expected.statistic, &case.model, &here("statistic"), faults) {
            found.push(ExpectationRule {
                id: id.clone(),
                text: expected.statistic.trim().into(),
                unit: statistic.unit(&case.model),
                statistic,
                scenario: scenario.into(),
                at_least: expected.at_least,
                at_most: expected.at_most,
            });
        }
    }
    found
}
