//! The state of the month loop: what the months of a batch begin with, and what is carried from month to month.

use super::network::Network;
use super::stage::{Flows, Stage};
use super::trade::Markets;
use crate::model::Model;
use crate::simd::{LaneGroup, Lanes, Number, Rows};

/// What the months of a batch begin with: rows by step, of which a month has one or more; t per step.
#[derive(Clone, Debug)]
pub struct MonthlyInputs {
    /// Capacity.
    pub capacity: CapacityRows,
    /// By demand: before thrift.
    pub demand: Rows,
    /// By row of the controls: flow factors.
    pub factors: Rows,
    /// By month and demand, where any [`Network::counts_days`]: demand without surges, t/month.
    pub normal_demand: Rows,
    /// Factors by which one demand changes from month to month, for passing use.
    pub walk: Vec<Lanes>,
}

/// Capacity, t per step; what investors decide on joins as the months go.
#[derive(Clone, Debug)]
pub struct CapacityRows {
    /// By node: what outages leave.
    pub by_node: Rows,
    /// By stage and country asked for: the same.
    pub by_country: Rows,
    /// By month and node, where [`Network::plans_normal`] says so: without outages, t/month.
    pub normal: Rows,
}

impl MonthlyInputs {
    /// Zeros, for `model`.
    pub fn new(model: &Model, network: &Network, control_rows: usize) -> Self {
        let (steps, stages) = (model.months * model.steps_per_month, model.stages.len());
        let normal_months = |wanted: bool| if wanted { model.months } else { 0 };
        MonthlyInputs {
            capacity: CapacityRows {
                by_node: Rows::new(steps, stages * model.markets.len()),
                by_country: Rows::new(steps, stages * model.countries.len()),
                normal: Rows::new(normal_months(network.plans_normal), stages * model.markets.len()),
            },
            demand: Rows::new(steps, model.demands.len()),
            factors: Rows::new(steps, control_rows),
            normal_demand: Rows::new(normal_months(network.counts_days.contains(&true)), model.demands.len()),
            walk: Vec::new(),
        }
    }
}

/// The state of a month, and what is carried from month to month, with room for `M` markets.
pub struct MonthState<'a, N: Number, const M: usize> {
    pub markets: Markets<M>,
    pub group: LaneGroup<N>,
    /// What is where.
    pub network: &'a Network,
    pub stages: Vec<Stage<N, M>>,
    /// By stage: the flows of the month so far, where it has several steps.
    pub month_sums: Vec<Flows<N, M>>,
    /// By stage: what would be wanted without disruptions; none where nobody asks.
    pub normal: Vec<NormalWants<N, M>>,
    /// By demand: what it did not get.
    pub unserved: Vec<N>,
    /// By use inside goods: how much in this month.
    pub embedded: Vec<N>,
    /// By feed: what each market received.
    pub received: Vec<[N; M]>,
    /// By demand: before thrift, in this step.
    pub demand: &'a [Lanes],
}

/// What each market would want of a product if nothing were disrupted, where that is asked for; t/month.
#[derive(Clone, Debug)]
pub struct NormalWants<N: Number, const M: usize> {
    /// In this month.
    pub wants: [N; M],
    /// What its plants would plan to make.
    pub planned: [N; M],
    /// Wants of the last twelve months.
    pub last_wants: [[N; M]; 12],
}

impl<N: Number, const M: usize> NormalWants<N, M> {
    #[inline(always)]
    pub fn new(zero: N) -> Self {
        NormalWants { wants: [zero; M], planned: [zero; M], last_wants: [[zero; M]; 12] }
    }
}
