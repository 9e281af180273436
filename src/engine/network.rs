//! Which markets and stages there are, and what is where: the same in all trials.

use super::capacity;
use crate::model::{Model, OutcomeKind, SeriesKind, SeriesSpec};

/// Stages, markets, and what is at each node.
#[derive(Clone, Debug)]
pub struct Network {
    /// Number of stages.
    pub stages: usize,
    /// Where there is final demand, in the order of nodes.
    pub finals: Vec<Final>,
    /// By stockpile: its stage and market.
    pub stockpiles: Vec<(usize, usize)>,
    /// Feeds, stage after stage.
    pub feeds: Vec<Flow>,
    /// By series: the row of its country's capacity, if it has one.
    pub country_rows: Vec<Option<usize>>,
    /// Whether the shortage of single demands is wanted.
    pub unserved_wanted: bool,
}

/// A node with final demand.
#[derive(Clone, Debug)]
pub struct Final {
    /// The product.
    pub stage: usize,
    /// The market.
    pub market: usize,
    /// The demands there, in groups of equal priority in the order of service.
    pub demands: Vec<Vec<usize>>,
}

/// What goes from one stage to a later one.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// The stage it comes from.
    pub from: usize,
    /// The stage it goes to.
    pub to: usize,
}

impl Network {
    /// Of `model`.
    pub fn new(model: &Model) -> Self {
        let mut finals = Vec::new();
        for ((stage, market), served) in model.demands_by_node() {
            let groups = served.chunk_by(|a, b| model.demands[*a].priority == model.demands[*b].priority);
            finals.push(Final { stage, market, demands: groups.map(<[usize]>::to_vec).collect() });
        }
        let feeds = model.stages.iter().enumerate();
        let country_row = |spec: &SeriesSpec| capacity::country_row(model, spec.stage, spec.market, spec.country);
        Network {
            stages: model.stages.len(),
            finals,
            stockpiles: model.stockpiles.iter().map(|stockpile| (stockpile.stage, stockpile.market)).collect(),
            feeds: feeds.flat_map(|(to, stage)| stage.feeds.iter().map(move |&(from, _)| Flow { from, to })).collect(),
            country_rows: model.series.iter().map(country_row).collect(),
            unserved_wanted: asks_by_demand(model),
        }
    }

    /// The number of a node with final demand among those.
    pub fn final_at(&self, stage: usize, market: usize) -> Option<usize> {
        self.finals.iter().position(|node| (node.stage, node.market) == (stage, market))
    }
}

/// Whether anything asks what single demands do not get.
fn asks_by_demand(model: &Model) -> bool {
    let kinds = [SeriesKind::Unserved, SeriesKind::LossUsd];
    model.series.iter().any(|spec| kinds.contains(&spec.kind))
        || model.outcomes.iter().any(|spec| [OutcomeKind::TotalUnserved, OutcomeKind::TotalLoss].contains(&spec.kind))
}
