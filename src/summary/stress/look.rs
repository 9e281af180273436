//! A trial in which nothing is left to chance, and what is read from it.

use crate::engine::{Engine, Trial};
use crate::model::{Model, OutcomeKind, OutcomeSpec, SeriesKind, SeriesSpec};
use crate::simulation::Error;

/// The only trial of a model at its medians.
pub struct Look<'a> {
    pub model: &'a Model,
    trial: Trial,
    /// By node, number `stage * markets + market`: indices of the series of capacity and of demand, if there are any.
    capacity: Vec<Option<usize>>,
    demand: Vec<Option<usize>>,
}

impl<'a> Look<'a> {
    /// Simulates it.
    ///
    /// # Errors
    /// [`Error::NotANumber`].
    pub fn new(model: &'a Model) -> Result<Self, Error> {
        let trial = Engine::new(model).trial(0);
        if trial.outcomes.iter().any(|value| value.is_nan()) {
            return Err(Error::NotANumber { trial: 0, model: 0 });
        }
        let [capacity, demand] = [SeriesKind::Capacity, SeriesKind::Demand].map(|kind| {
            let markets = model.markets.len();
            let mut at = vec![None; model.stages.len() * markets];
            for (index, spec) in model.series.iter().enumerate().filter(|(_, spec)| spec.kind == kind) {
                at[spec.stage * markets + spec.market] = Some(index);
            }
            at
        });
        Ok(Look { model, trial, capacity, demand })
    }

    /// An outcome of a place.
    pub fn spec(&self, kind: OutcomeKind, stage: usize, market: usize) -> &'a OutcomeSpec {
        &self.model.outcomes[self.index(kind, stage, market)]
    }

    /// Its value.
    pub fn outcome(&self, kind: OutcomeKind, stage: usize, market: usize) -> f64 {
        self.trial.outcomes[self.index(kind, stage, market)]
    }

    fn index(&self, kind: OutcomeKind, stage: usize, market: usize) -> usize {
        let is_it = |spec: &OutcomeSpec| (spec.kind, spec.stage, spec.market) == (kind, stage, market);
        self.model.outcomes.iter().position(is_it).expect("every place with final demand has it")
    }

    /// Shortage in a place by month.
    pub fn shortage(&self, stage: usize, market: usize) -> &[f64] {
        let is_it = |spec: &SeriesSpec| (spec.kind, spec.stage, spec.market) == (SeriesKind::Shortage, stage, market);
        &self.trial.series[self.model.series.iter().position(is_it).expect("it was asked for")]
    }

    /// Final demand in a place by month, before thrift.
    pub fn demand(&self, stage: usize, market: usize) -> &[f64] {
        let index = self.demand[stage * self.model.markets.len() + market];
        &self.trial.series[index.expect("it was asked for")]
    }

    /// Capacity for a product in a market, or in all of them together.
    pub fn capacity(&self, stage: usize, market: Option<usize>, month: usize) -> f64 {
        self.sum(&self.capacity, stage, market, month)
    }

    fn sum(&self, rows: &[Option<usize>], stage: usize, market: Option<usize>, month: usize) -> f64 {
        let markets = self.model.markets.len();
        let wanted = market.map_or(0..markets, |market| market..market + 1);
        wanted.filter_map(|market| Some(self.trial.series[rows[stage * markets + market]?][month])).sum()
    }

    /// By stage: what final demand in a market, or in all of them together, takes of it, through the feed ratios.
    pub fn needs(&self, market: Option<usize>, month: usize) -> Vec<f64> {
        let stages = &self.model.stages;
        let mut needs: Vec<f64> = (0..stages.len()).map(|stage| self.sum(&self.demand, stage, market, month)).collect();
        // Feeds stand before what they feed.
        for (stage, spec) in stages.iter().enumerate().rev() {
            for (feed, ratio) in &spec.feeds {
                needs[*feed] += needs[stage] * self.model.inputs.median(*ratio);
            }
        }
        needs
    }

    /// The smallest ratio of capacity to need over a product and all that it is made from, all markets pooled; none where
    /// nothing is needed.
    pub fn pooled_coverage(&self, stage: usize, month: usize) -> Option<f64> {
        let needs = self.needs(None, month);
        let mut coverages: Vec<Option<f64>> = Vec::new();
        for (number, spec) in self.model.stages.iter().enumerate() {
            let own = (needs[number] > 0.0).then(|| self.capacity(number, None, month) / needs[number]);
            let feeds = spec.feeds.iter().filter_map(|(feed, _)| coverages[*feed]);
            coverages.push(feeds.chain(own).reduce(f64::min));
        }
        coverages[stage]
    }
}
