//! A model in which nothing is left to chance: every quantity at its median, and what is likelier than not happens.

use std::sync::Arc;

use serde::Serialize;

use super::disruptions::constant;
use super::{Disruption, Gate, Input, Model, Project};
use crate::distribution::Distribution;

/// What a model at its medians is without, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Disruptions, some of whose episodes come by chance; those that are scheduled stay.
    pub disruptions: Vec<String>,
    /// Projects that are likelier than not to fail.
    pub projects: Vec<String>,
    /// Investments: their plants are decided on by chance. Without them, later supply is understated.
    pub investments: Vec<String>,
}

impl Model {
    /// The model at its medians, of which every trial is the same, and what was left out of it.
    ///
    /// - Every quantity is at its median: inputs, the lengths and severities of scheduled episodes, which ramp-up curve it is
    ///   and when plants close. Demand follows its trend.
    /// - A project is built if it passes all its gates with a probability of at least one half.
    /// - An episode runs at the start if that has a probability of at least one half. None comes at random later.
    /// - Investors decide on nothing.
    pub fn at_medians(&self) -> (Model, LeftOut) {
        let (mut model, mut left_out) = (self.clone(), LeftOut::default());
        for (slot, input) in model.inputs.drawn.iter_mut().enumerate() {
            input.distribution = Some(constant(self.inputs.median(Input::Drawn(slot))));
            input.factor = None;
        }
        model.inputs.factors.clear();
        for project in &mut model.projects {
            if !self.is_built(project) {
                left_out.projects.push(project.id.clone());
            }
            project.gates = self.gates_at_medians(project);
        }
        for disruption in &mut model.disruptions {
            let starts = self.inputs.median(disruption.active_at_start);
            let by_chance = !disruption.rate.is(0.0) || starts > 0.0 && starts < 1.0;
            left_out.disruptions.extend(by_chance.then(|| disruption.id.clone()));
            fix(disruption, starts >= 0.5);
        }
        for demand in &mut model.demands {
            demand.volatility = Input::Known(0.0);
        }
        for investment in &mut model.investments {
            if !investment.rate.is(0.0) {
                left_out.investments.push(investment.id.clone());
            }
            (investment.rate, investment.response) = (Input::Known(0.0), None);
        }
        (model, left_out)
    }

    /// Whether a project passes all its gates with a probability of at least one half.
    fn is_built(&self, project: &Project) -> bool {
        let all: f64 = project.gates.iter().map(|gate| self.inputs.median(gate.probability)).product();
        all >= 0.5
    }

    /// No gate at all, or one that never opens.
    fn gates_at_medians(&self, project: &Project) -> Vec<Gate> {
        let shut = Gate { chance: Input::Known(0.0), probability: Input::Known(0.0) };
        if self.is_built(project) { Vec::new() } else { vec![shut] }
    }
}

/// Takes chance out of a disruption.
fn fix(disruption: &mut Disruption, runs_at_start: bool) {
    let median = |law: &Arc<Distribution>| constant(law.quantile(0.5));
    disruption.rate = Input::Known(0.0);
    disruption.active_at_start = Input::Known(if runs_at_start { 1.0 } else { 0.0 });
    disruption.severity_duration_rho = None;
    for law in [&mut disruption.duration, &mut disruption.severity, &mut disruption.remaining] {
        *law = median(law);
    }
    for (_, months, severity) in &mut disruption.scheduled {
        (*months, *severity) = (median(months), median(severity));
    }
}
