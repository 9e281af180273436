//! Inputs that the month loop needs, one of each trial in step.

use super::DAYS_PER_MONTH;
use crate::math;
use crate::model::{Input, Level, Model, Trend};
use crate::simd::Lanes;

/// Numbers that hold for all months of a trial.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// By feed, numbered through all stages: tonnes per tonne.
    pub ratios: Vec<Lanes>,
    /// By stockpile.
    pub stockpiles: Vec<Stockpile>,
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

/// A stockpile.
#[derive(Clone, Copy, Debug)]
pub struct Stockpile {
    /// Stock at the start: tonnes, and months of normal wants besides.
    pub initial: [Lanes; 2],
    /// Target, likewise.
    pub target: [Lanes; 2],
    /// Fastest fill, t per step.
    pub fill: Lanes,
    /// Fastest release, t per step.
    pub release: Lanes,
}

/// How a demand changes from month to month.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// In the first month, t/month; along a path: a factor on it.
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
            stockpiles: vec![
                Stockpile {
                    initial: [Lanes::ZERO; 2],
                    target: [Lanes::ZERO; 2],
                    fill: Lanes::ZERO,
                    release: Lanes::ZERO
                };
                model.stockpiles.len()
            ],
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

    /// Takes over the inputs of the trials in step.
    pub fn put(&mut self, model: &Model, inputs: &[Lanes]) {
        let of = |input: Input| input.of(inputs);
        let over = |input: Input, by: f64| Lanes(of(input).0.map(|value| value / by));
        let feeds = model.stages.iter().flat_map(|stage| &stage.feeds);
        for ((_, ratio), lanes) in feeds.zip(&mut self.ratios) {
            *lanes = of(*ratio);
        }
        for (stage, elasticity) in model.stages.iter().zip(&mut self.elasticity) {
            let Some((demand, supply, _)) = stage.price else { continue };
            let (demand, supply) = (of(demand), of(supply));
            *elasticity = Lanes(std::array::from_fn(|lane| demand.0[lane] + supply.0[lane]));
        }
        let level = |level: &Level| [of(level.tonnes), over(level.days, DAYS_PER_MONTH)];
        let steps = model.steps_per_month as f64;
        for (stockpile, lanes) in model.stockpiles.iter().zip(&mut self.stockpiles) {
            *lanes = Stockpile {
                initial: level(&stockpile.initial),
                target: level(&stockpile.target),
                fill: over(stockpile.fill, steps),
                release: over(stockpile.release, steps),
            };
        }
        for (response, lanes) in model.responses.iter().zip(&mut self.responses) {
            if let (Some(response), Some(lanes)) = (response, lanes) {
                lanes.learn = over(response.thrift, 12.0);
                lanes.max = of(response.max);
                lanes.forget = over(response.relapse, 12.0);
            }
        }
        for (demand, lanes) in model.demands.iter().zip(&mut self.loss) {
            *lanes = demand.loss.map_or(Lanes::ZERO, of);
        }
        self.put_growth(model, inputs);
    }

    /// What decides capacity and demand before the months begin.
    fn put_growth(&mut self, model: &Model, inputs: &[Lanes]) {
        let of = |input: Input| input.of(inputs).0;
        let monthly = |growth: f64| math::ln_1p(growth) / 12.0;
        for (demand, walk) in model.demands.iter().zip(&mut self.walks) {
            walk.first = match demand.trend {
                Trend::Growing { tonnes_per_year, .. } => Lanes(of(tonnes_per_year).map(|tonnes| tonnes / 12.0)),
                Trend::Path(_) => Lanes::all(1.0),
            };
            let growth = of(demand.trend.growth()).map(monthly);
            let step = of(demand.volatility).map(|volatility| volatility / 12f64.sqrt());
            walk.growth = Lanes(growth.map(math::exp_in_row));
            walk.drift = Lanes(std::array::from_fn(|lane| growth[lane] - 0.5 * step[lane] * step[lane]));
            walk.step = Lanes(step);
        }
        for (group, lanes) in model.capacities.iter().zip(&mut self.standing) {
            for ((tonnes, growth), (first, factor)) in group.uncertain.iter().zip(lanes) {
                *first = Lanes(of(*tonnes).map(|tonnes| tonnes / 12.0));
                *factor = Lanes(of(*growth).map(|growth| math::exp_in_row(monthly(growth))));
            }
        }
        for (disruption, passed) in model.disruptions.iter().zip(&mut self.passed) {
            *passed = Lanes(of(disruption.leakage).map(|leakage| 1.0 - leakage));
        }
    }
}
