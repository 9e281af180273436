//! The month loop: what is made, traded, allocated, released, filled and saved, stage after stage.
//!
//! It is written for [`Wide`], several trials at once, so that one line stands for one step of the model and for the
//! widest instruction the processor has. What differs between trials is chosen by masks; what is the same for all, such as
//! whether a market has a stockpile, by plain branches.

use pulp::{Simd, WithSimd};

use super::lanes::{Lanes, Rows};
use super::parameters::Parameters;
use super::places::Places;
use super::sum::{Sum, sum};
use super::trade::{ByMarket, Cut, Markets, Traded, trade};
use super::wide::{Mask, Part, Wide};
use super::{Workspace, series};
use crate::model::{MAX_MARKETS, Model};

/// Differences smaller than this fraction of what is compared are rounding, not shortage.
const DUST: f64 = 1e-12;

/// Users who lack more than this fraction of their demand learn to save.
const FELT: f64 = 0.01;

/// A place in a month, and what is carried from month to month; t/month.
#[derive(Clone, Copy, Debug)]
pub struct Place<S: Simd> {
    /// Capacity that outages leave.
    pub capacity: Wide<S>,
    /// Final demand before thrift.
    pub demand: Wide<S>,
    /// Final demand after thrift.
    pub wanted: Wide<S>,
    /// Feed that later stages could use.
    pub feed_wanted: Wide<S>,
    /// Output.
    pub production: Wide<S>,
    /// What is missing after stocks: of final demand, or of feed where nobody finally uses the product.
    pub shortage: Wide<S>,
    /// The same before stocks.
    pub before_stock: Wide<S>,
    /// What a stockpile that is never full could have filled.
    pub refill: Wide<S>,
    /// Stock at the end of the month, tonnes.
    pub stocks: Wide<S>,
    /// Share of demand that users have learnt to save.
    saved: Wide<S>,
}

/// A month as it stands, and what is carried from month to month.
#[derive(Clone, Debug)]
pub struct Now<S: Simd> {
    /// By place.
    pub places: Vec<Place<S>>,
    /// By demand: what it did not get.
    pub unserved: Vec<Wide<S>>,
    /// By stockpile: stock, tonnes.
    stock: Vec<Wide<S>>,
    /// By feed and market: feed received.
    received: Vec<Wide<S>>,
}

impl<S: Simd> Now<S> {
    /// For `model`.
    fn new(model: &Model, who: &Places, zero: Wide<S>) -> Self {
        let place = Place {
            capacity: zero,
            demand: zero,
            wanted: zero,
            feed_wanted: zero,
            production: zero,
            shortage: zero,
            before_stock: zero,
            refill: zero,
            stocks: zero,
            saved: zero,
        };
        Now {
            places: vec![place; who.demands.len()],
            unserved: vec![zero; model.demands.len()],
            stock: vec![zero; model.stockpiles.len()],
            received: vec![zero; who.feeds.last().map_or(0, |feeds| feeds.end) * model.markets.len()],
        }
    }
}

/// What a month is made of, for all trials in step: rows by month.
#[derive(Clone, Debug)]
pub struct Given {
    /// By place: capacity that outages leave.
    pub capacity: Rows,
    /// By stage and country asked for: the same.
    pub country_capacity: Rows,
    /// By demand: before thrift.
    pub demand: Rows,
    /// By row of the controls: flow factors.
    pub factors: Rows,
}

/// Runs all months of the trials in step, and notes what series and outcomes need.
///
/// Within a month, stage after stage from the mines on: (1) what is wanted, (2) what is made, (3) trade, (4) allocation
/// to final demand, then to later stages, with stocks released against what is missing, (5) filling of stocks from what
/// nobody bought, (6) thrift, which counts from the next month.
pub struct Months<'a> {
    pub model: &'a Model,
    pub space: &'a mut Workspace,
}

impl WithSimd for Months<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Months { model, space } = self;
        for part in Part::all_of(simd) {
            match model.markets.len() {
                2 => run::<S, 2>(model, space, part, 2),
                3 => run::<S, 3>(model, space, part, 3),
                4 => run::<S, 4>(model, space, part, 4),
                others => run::<S, MAX_MARKETS>(model, space, part, others),
            }
        }
    }
}

#[inline(always)]
fn run<S: Simd, const M: usize>(model: &Model, space: &mut Workspace, part: Part<S>, markets: usize) {
    let markets = Markets::<M>(markets);
    let Workspace { places, controls, given, parameters, left_out, series, noted, .. } = space;
    let mut pooled = series::Chains::new(model, left_out, part.zero());
    let mut step = Step::<S, M> { markets, part, places, parameters, now: Now::new(model, places, part.zero()) };
    // By stage. Only the factors of pairs that some control can cut ever change.
    let mut cuts = vec![Cut::<S, M>::none(part.all(1.0)); model.stages.len()];
    for month in 0..model.months {
        let demand = given.demand.month(month);
        step.begin(given.capacity.month(month), demand);
        for (stage, cut) in cuts.iter_mut().enumerate() {
            step.want(stage, month == 0);
            let made = step.make(stage);
            let wanted = step.requirement(stage);
            let cut = cut.set(part, &controls.pairs[stage], given.factors.month(month));
            let traded = trade(markets, &made, &wanted, cut);
            let fulfilled = step.allocate(stage, &traded);
            step.fill_stocks(stage, &wanted, &traded.unsold, cut, fulfilled);
            step.save(stage);
        }
        step.serve_by_priority(demand);
        pooled.fill(model, places, parameters, part, &step.now.places);
        let seen = series::Seen {
            model,
            places,
            parameters,
            part,
            now: &step.now,
            pooled: &pooled,
            country_capacity: given.country_capacity.month(month),
        };
        series::fill(&seen, series.month_mut(month));
        noted.take(places, part, &step.now, month);
    }
}

/// What a step of a month works on, with room for `M` markets.
struct Step<'a, S: Simd, const M: usize> {
    markets: Markets<M>,
    part: Part<S>,
    places: &'a Places,
    parameters: &'a Parameters,
    now: Now<S>,
}

impl<S: Simd, const M: usize> Step<'_, S, M> {
    /// The places of a stage.
    #[inline(always)]
    fn at(&mut self, stage: usize) -> &mut [Place<S>] {
        let markets = self.markets.count();
        &mut self.now.places[stage * markets..][..markets]
    }

    /// The month's capacity and final demand of each place, before thrift.
    #[inline(always)]
    fn begin(&mut self, capacity: &[Lanes], demand: &[Lanes]) {
        let part = self.part;
        for (place, capacity) in self.now.places.iter_mut().zip(capacity) {
            place.capacity = part.load(capacity);
        }
        for &place in &self.places.finals {
            let here = self.places.demands[place].iter().flatten();
            self.now.places[place].demand = sum(part.zero(), here.map(|&index| part.load(&demand[index])));
        }
    }

    /// What each market wants of the product: its final demand after thrift, and what its later stages could use.
    #[inline(always)]
    fn want(&mut self, stage: usize, first_month: bool) {
        let (part, markets) = (self.part, self.markets.count());
        let base = stage * markets;
        for market in 0..markets {
            let mut feed_wanted = Sum::new(part.zero());
            for &(later, feed) in &self.places.consumers[stage] {
                let capacity = self.now.places[later * markets + market].capacity;
                feed_wanted.add(capacity * part.load(&self.parameters.ratios[feed]));
            }
            let place = &mut self.now.places[base + market];
            place.wanted = place.demand * (part.all(1.0) - place.saved);
            place.feed_wanted = feed_wanted.value();
            if first_month {
                let requirement = place.wanted + place.feed_wanted;
                for index in self.places.stockpiles[base + market].clone() {
                    self.now.stock[index] = part.load(&self.parameters.initial_months[index]) * requirement;
                }
            }
        }
    }

    /// All that each market wants of the product.
    #[inline(always)]
    fn requirement(&mut self, stage: usize) -> ByMarket<S, M> {
        let mut all = [self.part.zero(); M];
        for (all, place) in all.iter_mut().zip(self.at(stage)) {
            *all = place.wanted + place.feed_wanted;
        }
        all
    }

    /// What each market makes: its capacity, or less where feed is missing.
    #[inline(always)]
    fn make(&mut self, stage: usize) -> ByMarket<S, M> {
        let (part, markets) = (self.part, self.markets.count());
        let mut made = [part.zero(); M];
        for (made, place) in made.iter_mut().zip(self.at(stage)) {
            *made = place.capacity;
        }
        for feed in self.places.feeds[stage].clone() {
            let ratio = part.load(&self.parameters.ratios[feed]);
            for (made, received) in made.iter_mut().zip(&self.now.received[feed * markets..][..markets]) {
                *made = made.min(*received / ratio);
            }
        }
        for (made, place) in made.iter().zip(self.at(stage)) {
            place.production = *made;
        }
        made
    }

    /// Shares out what each market got: final demand first, then later stages by what they could use. Stocks fill gaps.
    /// Tells where nothing was lacking before them.
    #[inline(always)]
    fn allocate(&mut self, stage: usize, traded: &Traded<S, M>) -> [Mask<S>; M] {
        let (part, markets) = (self.part, self.markets.count());
        let zero = part.zero();
        let mut fulfilled = [zero.equals(zero); M];
        for (market, fulfilled) in fulfilled.iter_mut().enumerate().take(markets) {
            let number = stage * markets + market;
            let place = &mut self.now.places[number];
            let (wanted, feed_wanted) = (place.wanted, place.feed_wanted);
            let met = traded.got[market].min(wanted);
            let mut feed = traded.got[market] - met;
            let mut short = clean(wanted - met, wanted);
            let mut feed_short = clean(feed_wanted - feed, feed_wanted);
            let is_final = place.demand.positive();
            place.before_stock = short.or(is_final, feed_short);
            *fulfilled = (short + feed_short).equals(zero);
            for index in self.places.stockpiles[number].clone() {
                let limit = part.load(&self.parameters.release[index]);
                let stock = &mut self.now.stock[index];
                // One after the other, so that no rounding takes a stock below zero.
                let to_users = stock.min(short).min(limit);
                *stock = *stock - to_users;
                let to_stages = stock.min(feed_short).min(limit - to_users);
                *stock = *stock - to_stages;
                short = short - to_users;
                feed_short = feed_short - to_stages;
                feed = feed + to_stages;
            }
            place.shortage = clean(short, wanted).or(is_final, clean(feed_short, feed_wanted));
            self.hand_on(stage, market, feed, feed_wanted);
        }
        fulfilled
    }

    /// Hands feed to the later stages, in proportion to what they could use.
    #[inline(always)]
    fn hand_on(&mut self, stage: usize, market: usize, feed: Wide<S>, feed_wanted: Wide<S>) {
        let markets = self.markets.count();
        let used = feed_wanted.positive();
        if let [(_, number)] = self.places.consumers[stage][..] {
            self.now.received[number * markets + market] = feed.only(used);
            return;
        }
        for &(later, number) in &self.places.consumers[stage] {
            let ratio = self.part.load(&self.parameters.ratios[number]);
            let wanted = self.now.places[later * markets + market].capacity * ratio;
            self.now.received[number * markets + market] = feed * (wanted / feed_wanted).only(used);
        }
    }

    /// Fills stocks from what nobody bought, where nothing is lacking; a control into the market cuts that too.
    #[inline(always)]
    fn fill_stocks(
        &mut self,
        stage: usize,
        requirement: &ByMarket<S, M>,
        left: &ByMarket<S, M>,
        cut: Option<&Cut<S, M>>,
        fulfilled: [Mask<S>; M],
    ) {
        let (part, markets) = (self.part, self.markets.count());
        let zero = part.zero();
        let base = stage * markets;
        if self.places.stockpiles[base].start == self.places.stockpiles[base + markets - 1].end {
            return;
        }
        let unsold = sum(zero, left.iter().copied().take(markets));
        let (mut fill, mut fill_if_never_full) = ([zero; M], [zero; M]);
        for market in 0..markets {
            for index in self.places.stockpiles[base + market].clone() {
                fill[market] = fill[market] + self.room(index, requirement[market]).only(fulfilled[market]);
                let most = part.load(&self.parameters.fill[index]).min(unsold);
                fill_if_never_full[market] = fill_if_never_full[market] + most.only(fulfilled[market]);
            }
        }
        let wanted = sum(zero, fill.into_iter().take(markets));
        let wanted_if_never_full = sum(zero, fill_if_never_full.into_iter().take(markets));
        for market in 0..markets {
            if self.places.stockpiles[base + market].is_empty() {
                continue;
            }
            let offered = cut.map_or(unsold, |cut| offered(self.markets, market, left, cut));
            let refill = share(offered, fill_if_never_full[market], wanted_if_never_full);
            self.now.places[base + market].refill = refill;
            let mut taken = share(offered, fill[market], wanted);
            let mut stocks = zero;
            for index in self.places.stockpiles[base + market].clone() {
                let filled = self.room(index, requirement[market]).min(taken);
                self.now.stock[index] = self.now.stock[index] + filled;
                taken = taken - filled;
                stocks = stocks + self.now.stock[index];
            }
            self.now.places[base + market].stocks = stocks;
        }
    }

    /// What a stockpile lacks to its target, as far as it can be filled in a month.
    #[inline(always)]
    fn room(&self, index: usize, requirement: Wide<S>) -> Wide<S> {
        let target = self.part.load(&self.parameters.target_months[index]) * requirement;
        let lacking = (target - self.now.stock[index]).max(self.part.zero());
        lacking.min(self.part.load(&self.parameters.fill[index]))
    }

    /// Users who lack more than one hundredth of their demand learn to save; others forget.
    #[inline(always)]
    fn save(&mut self, stage: usize) {
        let (part, markets) = (self.part, self.markets.count());
        for market in 0..markets {
            let number = stage * markets + market;
            let Some(response) = &self.parameters.responses[market] else { continue };
            if self.places.demands[number].is_empty() {
                continue;
            }
            let place = &mut self.now.places[number];
            let felt = place.shortage.above(part.all(FELT) * place.demand).and(place.demand.positive());
            let learnt = (place.saved + part.load(&response.learn)).min(part.load(&response.max));
            let forgot = (place.saved - part.load(&response.forget)).max(part.zero());
            place.saved = learnt.or(felt, forgot);
        }
    }

    /// Splits the shortage of every place among its demands: the last in the order of service go short first, those of
    /// the same priority in proportion to what they want.
    #[inline(always)]
    fn serve_by_priority(&mut self, demand: &[Lanes]) {
        if !self.places.unserved_wanted {
            return;
        }
        let part = self.part;
        for &number in &self.places.finals {
            let groups = &self.places.demands[number];
            let place = &self.now.places[number];
            let mut missing = place.shortage;
            if let [only] = &groups[..]
                && let [only] = only[..]
            {
                self.now.unserved[only] = missing;
                continue;
            }
            let kept = (place.wanted / place.demand).only(place.demand.positive());
            for group in groups.iter().rev() {
                let wanted = kept * sum(part.zero(), group.iter().map(|&index| part.load(&demand[index])));
                let short = missing.min(wanted);
                for &index in group {
                    let share = short * (kept * part.load(&demand[index])) / wanted;
                    self.now.unserved[index] = share.only(wanted.positive());
                }
                missing = missing - short;
            }
        }
    }
}

/// A market's share of what is offered: in proportion to what it wants of what all want, and no more than it wants.
#[inline(always)]
fn share<S: Simd>(offered: Wide<S>, wanted: Wide<S>, by_all: Wide<S>) -> Wide<S> {
    wanted.min(offered * wanted / by_all).only(by_all.positive())
}

/// What is left unsold that a market may buy.
#[inline(always)]
fn offered<S: Simd, const M: usize>(
    markets: Markets<M>,
    market: usize,
    left: &ByMarket<S, M>,
    cut: &Cut<S, M>,
) -> Wide<S> {
    let from = |from: usize| if from == market { left[from] } else { cut.factors[from][market] * left[from] };
    sum(left[0].all(0.0), (0..markets.count()).map(from))
}

/// Zero, where `difference` is no more than rounding of `of`.
#[inline(always)]
fn clean<S: Simd>(difference: Wide<S>, of: Wide<S>) -> Wide<S> {
    difference.only(difference.above(of.all(DUST) * of))
}
