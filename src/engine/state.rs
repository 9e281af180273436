//! The state of the month loop: what the months of a batch begin with, and what is carried from month to month.

use super::network::Network;
use super::stage::Stage;
use super::trade::Markets;
use crate::model::Model;
use crate::simd::{LaneGroup, Lanes, Number, Rows};

/// What the months of a batch begin with: rows by month.
#[derive(Clone, Debug)]
pub struct MonthlyInputs {
    /// By node: capacity that outages leave.
    pub capacity: Rows,
    /// By stage and country asked for: the same.
    pub country_capacity: Rows,
    /// By demand: before thrift.
    pub demand: Rows,
    /// By row of the controls: flow factors.
    pub factors: Rows,
    /// Factors by which one demand changes from month to month, for passing use.
    pub walk: Vec<Lanes>,
}

impl MonthlyInputs {
    /// Zeros, for `model`.
    pub fn new(model: &Model, control_rows: usize) -> Self {
        let (months, stages) = (model.months, model.stages.len());
        MonthlyInputs {
            capacity: Rows::new(months, stages * model.markets.len()),
            country_capacity: Rows::new(months, stages * model.countries.len()),
            demand: Rows::new(months, model.demands.len()),
            factors: Rows::new(months, control_rows),
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
    /// By demand: what it did not get.
    pub unserved: Vec<N>,
    /// By feed: what each market received.
    pub received: Vec<[N; M]>,
    /// By node: capacity that outages leave.
    pub capacity: &'a [Lanes],
    /// By demand: before thrift.
    pub demand: &'a [Lanes],
}

impl<N: Number, const M: usize> MonthState<'_, N, M> {
    /// The capacity of a stage that outages leave.
    #[inline(always)]
    pub fn capacity(&self, stage: usize) -> [N; M] {
        let markets = self.markets.count();
        let mut capacity = [self.group.zero(); M];
        for (capacity, lanes) in capacity.iter_mut().zip(&self.capacity[stage * markets..][..markets]) {
            *capacity = self.group.load(lanes);
        }
        capacity
    }

    /// The capacity of a node that outages leave.
    #[inline(always)]
    pub fn capacity_at(&self, stage: usize, market: usize) -> N {
        self.group.load(&self.capacity[stage * self.markets.count() + market])
    }
}
