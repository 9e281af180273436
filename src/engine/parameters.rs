//! Inputs that the month loop needs, one of each trial in step.

use super::DAYS_PER_MONTH;
use super::lanes::Lanes;
use crate::math;
use crate::model::{Input, Model};

/// Numbers that hold for all months of a trial.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// By feed, numbered through all stages: tonnes per tonne.
    pub ratios: Vec<Lanes>,
    /// By stockpile: stock at the start and target, months of requirement.
    pub initial_months: Vec<Lanes>,
    /// Target, months of requirement.
    pub target_months: Vec<Lanes>,
    /// Fastest fill and release, t/month.
    pub fill: Vec<Lanes>,
    /// Fastest release, t/month.
    pub release: Vec<Lanes>,
    /// By market: how users answer a shortage.
    pub responses: Vec<Option<Response>>,
    /// By stage: sum of the elasticities of demand and supply.
    pub elasticity: Vec<Lanes>,
    /// By demand: loss per tonne short, USD.
    pub loss: Vec<Lanes>,
    /// By demand: how it changes.
    pub walks: Vec<Walk>,
    /// By group of standing capacities: those that are uncertain, t/month at first, and the factor from month to month.
    pub standing: Vec<Vec<(Lanes, Lanes)>>,
    /// By disruption: what a control lets through of its cut, taken from one.
    pub passed: Vec<Lanes>,
}

/// How a demand changes from month to month.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// In the first month, t/month.
    pub first: Lanes,
    /// Factor from month to month without volatility.
    pub growth: Lanes,
    /// Mean of the logarithm of that factor with volatility.
    pub drift: Lanes,
    /// Its standard deviation.
    pub step: Lanes,
}

/// How users answer a shortage, a month.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// Share of demand saved after a month with a shortage.
    pub learn: Lanes,
    /// Largest share.
    pub max: Lanes,
    /// Share that comes back after a month without.
    pub forget: Lanes,
}

impl Parameters {
    /// Zeros, for `model`.
    pub fn new(model: &Model) -> Self {
        let zeros = |count: usize| vec![Lanes::ZERO; count];
        let response = Response { learn: Lanes::ZERO, max: Lanes::ZERO, forget: Lanes::ZERO };
        Parameters {
            ratios: zeros(model.stages.iter().map(|stage| stage.feeds.len()).sum()),
            initial_months: zeros(model.stockpiles.len()),
            target_months: zeros(model.stockpiles.len()),
            fill: zeros(model.stockpiles.len()),
            release: zeros(model.stockpiles.len()),
            responses: model.responses.iter().map(|given| given.map(|_| response)).collect(),
            elasticity: zeros(model.stages.len()),
            loss: zeros(model.demands.len()),
            walks: vec![
                Walk { first: Lanes::ZERO, growth: Lanes::ZERO, drift: Lanes::ZERO, step: Lanes::ZERO };
                model.demands.len()
            ],
            standing: (model.capacities.iter())
                .map(|group| vec![(Lanes::ZERO, Lanes::ZERO); group.uncertain.len()])
                .collect(),
            passed: zeros(model.disruptions.len()),
        }
    }

    /// Takes over the inputs of a trial.
    pub fn put(&mut self, model: &Model, lane: usize, inputs: &[f64]) {
        let of = |input: Input| input.of(inputs);
        let feeds = model.stages.iter().flat_map(|stage| &stage.feeds);
        for ((_, ratio), lanes) in feeds.zip(&mut self.ratios) {
            lanes.0[lane] = of(*ratio);
        }
        for (index, stage) in model.stages.iter().enumerate() {
            let elasticity = stage.price.map_or(0.0, |(demand, supply, _)| of(demand) + of(supply));
            self.elasticity[index].0[lane] = elasticity;
        }
        for (index, stockpile) in model.stockpiles.iter().enumerate() {
            self.initial_months[index].0[lane] = of(stockpile.initial_days) / DAYS_PER_MONTH;
            self.target_months[index].0[lane] = of(stockpile.target_days) / DAYS_PER_MONTH;
            self.fill[index].0[lane] = of(stockpile.fill);
            self.release[index].0[lane] = of(stockpile.release);
        }
        for (response, lanes) in model.responses.iter().zip(&mut self.responses) {
            if let (Some(response), Some(lanes)) = (response, lanes) {
                lanes.learn.0[lane] = of(response.thrift) / 12.0;
                lanes.max.0[lane] = of(response.max);
                lanes.forget.0[lane] = of(response.relapse) / 12.0;
            }
        }
        for (demand, lanes) in model.demands.iter().zip(&mut self.loss) {
            lanes.0[lane] = demand.loss.map_or(0.0, of);
        }
        self.put_growth(model, lane, inputs);
    }

    /// What decides capacity and demand before the months begin.
    fn put_growth(&mut self, model: &Model, lane: usize, inputs: &[f64]) {
        let of = |input: Input| input.of(inputs);
        let monthly = |growth: f64| math::ln_1p(growth) / 12.0;
        for (demand, walk) in model.demands.iter().zip(&mut self.walks) {
            walk.first.0[lane] = of(demand.tonnes_per_year) / 12.0;
            let (growth, step) = (monthly(of(demand.growth)), of(demand.volatility) / 12f64.sqrt());
            walk.growth.0[lane] = math::exp_in_row(growth);
            walk.drift.0[lane] = growth - 0.5 * step * step;
            walk.step.0[lane] = step;
        }
        for (group, lanes) in model.capacities.iter().zip(&mut self.standing) {
            for ((tonnes, growth), (first, factor)) in group.uncertain.iter().zip(lanes) {
                first.0[lane] = of(*tonnes) / 12.0;
                factor.0[lane] = math::exp_in_row(monthly(of(*growth)));
            }
        }
        for (disruption, passed) in model.disruptions.iter().zip(&mut self.passed) {
            passed.0[lane] = 1.0 - of(disruption.leakage);
        }
    }
}
