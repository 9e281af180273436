//! A product in the month loop: what holds for all months of a trial, and its state, market by market.

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
    /// The step as it stands; at the end of a month, its sums over the steps of the month.
    pub now: Flows<N, M>,
    /// What is carried from step to step.
    pub carried: Carried<N, M>,
}

/// What flows in a step or a month, tonnes.
#[derive(Clone, Copy, Debug)]
pub struct Flows<N: Number, const M: usize> {
    /// Capacity that outages leave.
    pub capacity: [N; M],
    /// Final demand before thrift.
    pub demand: [N; M],
    /// Final demand after thrift.
    pub wanted: [N; M],
    /// Feed for what later stages plan to make.
    pub feed_wanted: [N; M],
    /// All that is wanted: the sum of both.
    pub requirement: [N; M],
    /// Planned output.
    pub planned: [N; M],
    /// Output.
    pub production: [N; M],
    /// What is missing after stocks: of final demand, or of planned feed where nobody finally uses the product.
    pub shortage: [N; M],
    /// Planned feed that is missing after stocks.
    pub unmet_feed: [N; M],
    /// Output that nobody took.
    pub unsold: [N; M],
    /// Feed that was received and could not be used, since another feed was missing.
    pub unused: [N; M],
}

/// What is carried from step to step.
#[derive(Clone, Copy, Debug)]
pub struct Carried<N: Number, const M: usize> {
    /// Stock, tonnes.
    pub stocks: [N; M],
    /// Normal wants, t/month: what days of stock are counted by.
    pub normal: [N; M],
    /// What a stock that was full at the start would lack by now, where there is final demand; tonnes.
    pub deficit: [N; M],
    /// The largest deficit so far: the smallest stock that would have left no shortage.
    pub stock_needed: [N; M],
    /// Share of demand that users have learnt to save.
    pub saved: [N; M],
}

impl<N: Number, const M: usize> Flows<N, M> {
    #[inline(always)]
    pub fn new(zero: N) -> Self {
        let zeros = [zero; M];
        Flows {
            capacity: zeros,
            demand: zeros,
            wanted: zeros,
            feed_wanted: zeros,
            requirement: zeros,
            planned: zeros,
            production: zeros,
            shortage: zeros,
            unmet_feed: zeros,
            unsold: zeros,
            unused: zeros,
        }
    }

    /// Adds the flows of a step.
    #[inline(always)]
    pub fn add(&mut self, step: &Self, markets: usize) {
        let pairs = [
            (&mut self.capacity, &step.capacity),
            (&mut self.demand, &step.demand),
            (&mut self.wanted, &step.wanted),
            (&mut self.feed_wanted, &step.feed_wanted),
            (&mut self.requirement, &step.requirement),
            (&mut self.planned, &step.planned),
            (&mut self.production, &step.production),
            (&mut self.shortage, &step.shortage),
            (&mut self.unmet_feed, &step.unmet_feed),
            (&mut self.unsold, &step.unsold),
            (&mut self.unused, &step.unused),
        ];
        for (sums, step) in pairs {
            for (sum, step) in sums.iter_mut().zip(step).take(markets) {
                *sum = *sum + *step;
            }
        }
    }

    /// Shortage as a fraction of what is wanted: of final demand, or of planned feed where there is none.
    #[inline(always)]
    pub fn missing(&self, market: usize) -> N {
        let wanted = self.wanted[market];
        self.shortage[market].over(wanted.select(wanted.positive(), self.feed_wanted[market]))
    }
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
    /// One over that: divisions take long.
    by_ratio: N,
    /// Whether that is one in all trials: nothing need be divided then.
    pub is_one: bool,
}

impl<N: Number> Feed<N> {
    /// What can be made of so much of it.
    #[inline(always)]
    pub fn makes(&self, tonnes: N) -> N {
        if self.is_one { tonnes } else { tonnes * self.by_ratio }
    }
}

/// A stockpile; tonnes, t per step.
#[derive(Clone, Copy, Debug)]
pub struct Stockpile<N: Number> {
    /// What is in it.
    pub stock: N,
    /// What it lacks to its target, as far as it can be filled in a step.
    pub room: N,
    /// What later stages got from it in this step.
    pub released_as_feed: N,
    /// Stock at the start: tonnes, and months of normal wants besides.
    pub initial: [N; 2],
    /// Target, likewise.
    pub target: [N; 2],
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
    fn load(group: LaneGroup<N>, given: &parameters::Stockpile) -> Self {
        let pair = |of: &[crate::simd::Lanes; 2]| [group.load(&of[0]), group.load(&of[1])];
        Stockpile {
            stock: group.zero(),
            room: group.zero(),
            released_as_feed: group.zero(),
            initial: pair(&given.initial),
            target: pair(&given.target),
            fill: group.load(&given.fill),
            release: group.load(&given.release),
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
        // Of a ratio near zero finite all the same, so that no feed makes nothing.
        let by_ratio = (group.splat(1.0) / ratio).min(group.splat(f64::MAX));
        feeds.push(Feed { number, from: feed.from, to: feed.to, ratio, by_ratio, is_one });
    }
    let zeros = [group.zero(); M];
    let carried = Carried { stocks: zeros, normal: zeros, deficit: zeros, stock_needed: zeros, saved: zeros };
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
            stockpiles[market].push(Stockpile::load(group, &parameters.stockpiles[index]));
        }
        stages.push(Stage {
            feeds: feeds.iter().filter(|feed| feed.to == stage).copied().collect(),
            uses: feeds.iter().filter(|feed| feed.from == stage).copied().collect(),
            is_final: network.finals.iter().any(|node| node.stage == stage),
            is_stocked: network.stockpiles.iter().any(|node| node.0 == stage),
            responses,
            stockpiles,
            now: Flows::new(group.zero()),
            carried,
        });
    }
    stages
}
