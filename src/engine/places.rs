//! Who is where: what the month loop looks up, the same in all trials.

use std::ops::Range;

use crate::model::Model;

/// Stages, markets, and what is at each place.
#[derive(Clone, Debug)]
pub struct Places {
    /// By place: the demands there, in groups of equal priority in the order of service.
    pub demands: Vec<Vec<Vec<usize>>>,
    /// Places with final demand.
    pub finals: Vec<usize>,
    /// By place: its stockpiles, a range of the model's.
    pub stockpiles: Vec<Range<usize>>,
    /// By stage: its feeds, numbered through all stages.
    pub feeds: Vec<Range<usize>>,
    /// By stage: (later stage, number of the feed that goes there).
    pub consumers: Vec<Vec<(usize, usize)>>,
    /// Whether the shortage of single demands is wanted.
    pub unserved_wanted: bool,
}

impl Places {
    /// Of `model`.
    pub fn new(model: &Model) -> Self {
        let markets = model.markets.len();
        let places = model.stages.len() * markets;
        let mut demands = vec![Vec::new(); places];
        for ((stage, market), served) in model.demands_by_place() {
            let groups = served.chunk_by(|a, b| model.demands[*a].priority == model.demands[*b].priority);
            demands[stage * markets + market] = groups.map(<[usize]>::to_vec).collect();
        }
        let mut consumers = vec![Vec::new(); model.stages.len()];
        let mut feeds = Vec::with_capacity(model.stages.len());
        let mut number = 0;
        for (stage, later) in model.stages.iter().enumerate() {
            feeds.push(number..number + later.feeds.len());
            for (feed, _) in &later.feeds {
                consumers[*feed].push((stage, number));
                number += 1;
            }
        }
        let before = |place: usize| {
            model.stockpiles.partition_point(|stockpile| stockpile.stage * markets + stockpile.market < place)
        };
        Places {
            finals: (0..places).filter(|place| !demands[*place].is_empty()).collect(),
            demands,
            feeds,
            stockpiles: (0..places).map(|place| before(place)..before(place + 1)).collect(),
            consumers,
            unserved_wanted: model.demands.len() > 1 || model.demands.iter().any(|demand| demand.loss.is_some()),
        }
    }
}
