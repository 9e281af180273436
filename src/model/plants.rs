//! What plants there are and may be, in a model.

use super::{DatedPath, Input};
use crate::random::Key;

/// Capacities of one stage and country that suffer the same outages.
#[derive(Clone, Debug, PartialEq)]
pub struct CapacityGroup {
    /// Market and stage.
    pub market: usize,
    /// Stage.
    pub stage: usize,
    /// Index into [`Model::countries`](super::Model::countries), if the share of its country is asked for.
    pub country: Option<usize>,
    /// Outages that hit it, by index of the disruption.
    pub outages: Vec<usize>,
    /// Known capacities added up, t/month, by month; empty if there are none.
    pub known: Vec<f64>,
    /// Uncertain capacities: tonnes per year and growth per year.
    pub uncertain: Vec<(Input, Input)>,
    /// Uncertain capacities along a path.
    pub paths: Vec<DatedPath>,
}

/// One project (one of its copies).
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Id; copies after the first bear `#2`, `#3`, ..., and decisions of an investment `#1`, `#2`, ...
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Announced first product, months from the start.
    pub announced: Option<f64>,
    /// Market.
    pub market: usize,
    /// Index into [`Model::countries`](super::Model::countries), if the share of its country is asked for.
    pub country: Option<usize>,
    /// What it makes; one product or more.
    pub outputs: Vec<Output>,
    /// Fraction of nameplate after ramp-up.
    pub utilisation: Input,
    /// Months from the start to first product are the sum of these.
    pub lead: Vec<Input>,
    /// It comes so many months sooner than that, though not before the start (of a decision: not before it is made), unless
    /// it stands by then anyway. Below zero, it comes later.
    pub sooner: f64,
    /// Gates it has to pass.
    pub gates: Vec<Gate>,
    /// Projects that must have started, by index; all of them stand earlier in the list of starts.
    pub requires: Vec<usize>,
    /// Months of ramp-up.
    pub ramp_months: Input,
    /// Curves (index into [`Model::curves`](super::Model::curves)) with cumulative probability, and the uniform number that picks one.
    pub curves: Vec<(usize, f64)>,
    /// Picks the curve.
    pub curve_pick: Input,
    /// Closures per year, and the uniform number that decides.
    pub closure: Option<(Input, Input)>,
    /// Years from first product to the end.
    pub life: Option<Input>,
}

impl Project {
    /// The same with inputs that are drawn so many slots later.
    pub(super) fn with_inputs_at(&self, later: usize) -> Self {
        let of = |input: Input| match input {
            Input::Drawn(slot) => Input::Drawn(slot + later),
            known => known,
        };
        let output = |output: &Output| Output {
            tonnes_per_year: of(output.tonnes_per_year),
            outages: output.outages.clone(),
            ..*output
        };
        let gate = |gate: &Gate| Gate { chance: of(gate.chance), probability: of(gate.probability) };
        Project {
            outputs: self.outputs.iter().map(output).collect(),
            utilisation: of(self.utilisation),
            lead: self.lead.iter().map(|months| of(*months)).collect(),
            gates: self.gates.iter().map(gate).collect(),
            ramp_months: of(self.ramp_months),
            curve_pick: of(self.curve_pick),
            closure: self.closure.map(|(rate, chance)| (of(rate), of(chance))),
            life: self.life.map(of),
            ..self.clone()
        }
    }
}

/// A source of plants that nobody has announced yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Investment {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Its decisions, by index into [`Model::decisions`](super::Model::decisions); as many as there may be in one trial.
    pub decisions: std::ops::Range<usize>,
    /// Stream of the times between them.
    pub waiting: Key,
    /// Decisions per year at a factor of one.
    pub rate: Input,
    /// What multiplies the rate.
    pub response: Option<SignalResponse>,
}

/// How the rate of decisions answers a series.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalResponse {
    /// Index into [`Model::series`](super::Model::series).
    pub signal: usize,
    /// Mean of so many months before the present one.
    pub memory: usize,
    /// Signal and factor, by signal; straight lines between, flat outside.
    pub factors: Vec<(f64, f64)>,
}

impl Investment {
    /// The largest factor on its rate.
    pub fn largest_factor(&self) -> f64 {
        // In the first month it is one.
        let factors = self.response.iter().flat_map(|response| &response.factors);
        factors.map(|(_, factor)| *factor).fold(1.0, f64::max)
    }
}

/// What a project makes of one product.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Stage.
    pub stage: usize,
    /// Nameplate, tonnes per year.
    pub tonnes_per_year: Input,
    /// Outages that hit it, by index of the disruption.
    pub outages: Vec<usize>,
}

/// What may end a project before it starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    /// The uniform number that decides.
    pub chance: Input,
    /// It opens if that number is below this.
    pub probability: Input,
}
