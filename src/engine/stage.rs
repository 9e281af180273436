//! A product in the month loop: what holds for all months of a trial, and the state of the month, market by market.

use super::network::Network;
use super::parameters::{self, Parameters};
use crate::simd::{LaneGroup, Mask, Number};

/// A product, with room for `M` markets.
#[derive(Clone, Debug)]
pub struct Stage<N: Number, const M: usize> {
    /// Feeds it is made of.
    pub feeds: Vec<Feed<N>>,
    /// Feeds it serves as.
    pub uses: Vec<Feed<N>>,
    /// Whether any market has final demand for it.
    pub is_final: bool,
    /// Whether any market has a stockpile of it.
    pub is_stocked: bool,
    /// How final users answer a shortage.
    pub responses: [Option<Response<N>>; M],
    /// Stockpiles.
    pub stockpiles: [Vec<Stockpile<N>>; M],
    /// The state of the month.
    pub now: StageState<N, M>,
}

/// The state of a month for a product, and what is carried from month to month; t/month.
#[derive(Clone, Debug)]
pub struct StageState<N: Number, const M: usize> {
    /// Final demand before thrift.
    pub demand: [N; M],
    /// Final demand after thrift.
    pub wanted: [N; M],
    /// Feed that later stages could use.
    pub feed_wanted: [N; M],
    /// All that is wanted: the sum of both.
    pub requirement: [N; M],
    /// Output.
    pub production: [N; M],
    /// What is missing after stocks: of final demand, or of feed where nobody finally uses the product.
    pub shortage: [N; M],
    /// Shortage as a fraction of what is wanted, where there is final demand.
    pub missing: [N; M],
    /// What a stock that was full at the start would lack by now, where there is final demand; tonnes.
    pub deficit: [N; M],
    /// The largest deficit so far: the smallest stock that would have left no shortage.
    pub stock_needed: [N; M],
    /// Stock at the end of the month, tonnes.
    pub stocks: [N; M],
    /// Share of demand that users have learnt to save.
    pub saved: [N; M],
}

/// A product that another is made of.
#[derive(Clone, Copy, Debug)]
pub struct Feed<N: Number> {
    /// Its number through all stages.
    pub number: usize,
    /// The stage it comes from.
    pub from: usize,
    /// The stage it goes to.
    pub to: usize,
    /// Tonnes of it per tonne.
    pub ratio: N,
    /// Whether that is one in all trials: nothing need be divided then.
    pub is_one: bool,
}

impl<N: Number> Feed<N> {
    /// What can be made of so much of it.
    #[inline(always)]
    pub fn makes(&self, tonnes: N) -> N {
        if self.is_one { tonnes } else { tonnes / self.ratio }
    }
}

/// A stockpile; tonnes, t/month.
#[derive(Clone, Copy, Debug)]
pub struct Stockpile<N: Number> {
    /// What is in it.
    pub stock: N,
    /// What it lacks to its target, as far as it can be filled in a month.
    pub room: N,
    /// Stock at the start, months of requirement.
    pub initial_months: N,
    /// Target, months of requirement.
    pub target_months: N,
    /// Fastest fill.
    pub fill: N,
    /// Fastest release.
    pub release: N,
}

/// How users answer a shortage, a month: see [`parameters::Response`].
#[derive(Clone, Copy, Debug)]
pub struct Response<N: Number> {
    /// Share of demand saved after a month with a shortage.
    pub learn: N,
    /// Largest share.
    pub max: N,
    /// Share that comes back after a month without.
    pub forget: N,
}

impl<N: Number> Response<N> {
    #[inline(always)]
    fn load(group: LaneGroup<N>, given: &parameters::Response) -> Self {
        Response { learn: group.load(&given.learn), max: group.load(&given.max), forget: group.load(&given.forget) }
    }
}

impl<N: Number> Stockpile<N> {
    #[inline(always)]
    fn load(group: LaneGroup<N>, given: &Parameters, index: usize) -> Self {
        Stockpile {
            stock: group.zero(),
            room: group.zero(),
            initial_months: group.load(&given.initial_months[index]),
            target_months: group.load(&given.target_months[index]),
            fill: group.load(&given.fill[index]),
            release: group.load(&given.release[index]),
        }
    }
}

impl<N: Number, const M: usize> StageState<N, M> {
    #[inline(always)]
    fn new(zero: N) -> Self {
        let zeros = [zero; M];
        StageState {
            demand: zeros,
            wanted: zeros,
            feed_wanted: zeros,
            requirement: zeros,
            production: zeros,
            shortage: zeros,
            missing: zeros,
            deficit: zeros,
            stock_needed: zeros,
            stocks: zeros,
            saved: zeros,
        }
    }
}

/// All stages before the first month.
#[inline(always)]
pub fn all<N: Number, const M: usize>(
    group: LaneGroup<N>,
    network: &Network,
    parameters: &Parameters,
) -> Vec<Stage<N, M>> {
    let mut feeds = Vec::with_capacity(network.feeds.len());
    for (number, feed) in network.feeds.iter().enumerate() {
        let ratio = group.load(&parameters.ratios[number]);
        let is_one = !(!ratio.equals(group.splat(1.0))).any();
        feeds.push(Feed { number, from: feed.from, to: feed.to, ratio, is_one });
    }
    let mut stages = Vec::with_capacity(network.stages);
    for stage in 0..network.stages {
        let mut responses = [None; M];
        for node in network.finals.iter().filter(|node| node.stage == stage) {
            if let Some(response) = &parameters.responses[node.market] {
                responses[node.market] = Some(Response::load(group, response));
            }
        }
        let mut stockpiles = [const { Vec::new() }; M];
        for (index, &(_, market)) in network.stockpiles.iter().enumerate().filter(|(_, node)| node.0 == stage) {
            stockpiles[market].push(Stockpile::load(group, parameters, index));
        }
        stages.push(Stage {
            feeds: feeds.iter().filter(|feed| feed.to == stage).copied().collect(),
            uses: feeds.iter().filter(|feed| feed.from == stage).copied().collect(),
            is_final: network.finals.iter().any(|node| node.stage == stage),
            is_stocked: network.stockpiles.iter().any(|node| node.0 == stage),
            responses,
            stockpiles,
            now: StageState::new(group.zero()),
        });
    }
    stages
}
