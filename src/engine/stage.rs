//! A product in the month loop: what holds for all months of a trial, and how the month stands, market by market.

use pulp::Simd;

use super::parameters::{self, Parameters};
use super::places::Places;
use super::trade::ByMarket;
use super::wide::{Part, Wide};

/// A product, with room for `M` markets.
#[derive(Clone, Debug)]
pub struct Stage<S: Simd, const M: usize> {
    /// Feeds it is made of.
    pub feeds: Vec<Feed<S>>,
    /// Feeds it serves as.
    pub uses: Vec<Feed<S>>,
    /// Whether any market has final demand for it.
    pub is_final: bool,
    /// Whether any market has a stockpile of it.
    pub is_stocked: bool,
    /// How final users answer a shortage.
    pub responses: [Option<Response<S>>; M],
    /// Stockpiles.
    pub stockpiles: [Vec<Stockpile<S>>; M],
    /// How the month stands.
    pub now: Now<S, M>,
}

/// How a month stands for a product, and what is carried from month to month; t/month.
#[derive(Clone, Debug)]
pub struct Now<S: Simd, const M: usize> {
    /// Final demand before thrift.
    pub demand: ByMarket<S, M>,
    /// Final demand after thrift.
    pub wanted: ByMarket<S, M>,
    /// Feed that later stages could use.
    pub feed_wanted: ByMarket<S, M>,
    /// All that is wanted: the sum of both.
    pub requirement: ByMarket<S, M>,
    /// Output.
    pub production: ByMarket<S, M>,
    /// What is missing after stocks: of final demand, or of feed where nobody finally uses the product.
    pub shortage: ByMarket<S, M>,
    /// The same before stocks, where there is final demand.
    pub before_stock: ByMarket<S, M>,
    /// Shortage as a fraction of what is wanted, where there is final demand.
    pub missing: ByMarket<S, M>,
    /// What a stockpile that is never full could have filled, where there is final demand.
    pub refill: ByMarket<S, M>,
    /// Stock at the end of the month, tonnes.
    pub stocks: ByMarket<S, M>,
    /// Share of demand that users have learnt to save.
    pub saved: ByMarket<S, M>,
}

/// A product that another is made of.
#[derive(Clone, Copy, Debug)]
pub struct Feed<S: Simd> {
    /// Its number through all stages.
    pub number: usize,
    /// The stage it comes from.
    pub from: usize,
    /// The stage it goes to.
    pub to: usize,
    /// Tonnes of it per tonne.
    pub ratio: Wide<S>,
    /// Whether that is one in all trials: nothing need be divided then.
    pub is_one: bool,
}

impl<S: Simd> Feed<S> {
    /// What can be made of so much of it.
    #[inline(always)]
    pub fn makes(&self, tonnes: Wide<S>) -> Wide<S> {
        if self.is_one { tonnes } else { tonnes / self.ratio }
    }
}

/// A stockpile; tonnes, t/month.
#[derive(Clone, Copy, Debug)]
pub struct Stockpile<S: Simd> {
    /// What is in it.
    pub stock: Wide<S>,
    /// What it lacks to its target, as far as it can be filled in a month.
    pub room: Wide<S>,
    /// Stock at the start, months of requirement.
    pub initial_months: Wide<S>,
    /// Target, months of requirement.
    pub target_months: Wide<S>,
    /// Fastest fill.
    pub fill: Wide<S>,
    /// Fastest release.
    pub release: Wide<S>,
}

/// How users answer a shortage, a month: see [`parameters::Response`].
#[derive(Clone, Copy, Debug)]
pub struct Response<S: Simd> {
    /// Share of demand saved after a month with a shortage.
    pub learn: Wide<S>,
    /// Largest share.
    pub max: Wide<S>,
    /// Share that comes back after a month without.
    pub forget: Wide<S>,
}

impl<S: Simd> Response<S> {
    #[inline(always)]
    fn load(part: Part<S>, given: &parameters::Response) -> Self {
        Response { learn: part.load(&given.learn), max: part.load(&given.max), forget: part.load(&given.forget) }
    }
}

impl<S: Simd> Stockpile<S> {
    #[inline(always)]
    fn load(part: Part<S>, given: &Parameters, index: usize) -> Self {
        Stockpile {
            stock: part.zero(),
            room: part.zero(),
            initial_months: part.load(&given.initial_months[index]),
            target_months: part.load(&given.target_months[index]),
            fill: part.load(&given.fill[index]),
            release: part.load(&given.release[index]),
        }
    }
}

impl<S: Simd, const M: usize> Now<S, M> {
    #[inline(always)]
    fn new(zero: Wide<S>) -> Self {
        let zeros = [zero; M];
        Now {
            demand: zeros,
            wanted: zeros,
            feed_wanted: zeros,
            requirement: zeros,
            production: zeros,
            shortage: zeros,
            missing: zeros,
            before_stock: zeros,
            refill: zeros,
            stocks: zeros,
            saved: zeros,
        }
    }
}

/// All stages before the first month.
#[inline(always)]
pub fn all<S: Simd, const M: usize>(part: Part<S>, places: &Places, parameters: &Parameters) -> Vec<Stage<S, M>> {
    let mut feeds = Vec::with_capacity(places.feeds.len());
    for (number, feed) in places.feeds.iter().enumerate() {
        let ratio = part.load(&parameters.ratios[number]);
        let is_one = !ratio.equals(part.all(1.0)).not().any();
        feeds.push(Feed { number, from: feed.from, to: feed.to, ratio, is_one });
    }
    let mut stages = Vec::with_capacity(places.stages);
    for stage in 0..places.stages {
        let mut responses = [None; M];
        for place in places.finals.iter().filter(|place| place.stage == stage) {
            if let Some(response) = &parameters.responses[place.market] {
                responses[place.market] = Some(Response::load(part, response));
            }
        }
        let mut stockpiles = [const { Vec::new() }; M];
        for (index, &(_, market)) in places.stockpiles.iter().enumerate().filter(|(_, place)| place.0 == stage) {
            stockpiles[market].push(Stockpile::load(part, parameters, index));
        }
        stages.push(Stage {
            feeds: feeds.iter().filter(|feed| feed.to == stage).copied().collect(),
            uses: feeds.iter().filter(|feed| feed.from == stage).copied().collect(),
            is_final: places.finals.iter().any(|place| place.stage == stage),
            is_stocked: places.stockpiles.iter().any(|place| place.0 == stage),
            responses,
            stockpiles,
            now: Now::new(part.zero()),
        });
    }
    stages
}
