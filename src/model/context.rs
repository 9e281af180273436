//! What is known while a config is compiled, and what all tables of it ask for.

use super::Input;
use super::names::{find, path};
use super::quantities::{Domain, Quantities};
use crate::config::fault::Fault;
use crate::config::set::{Path, matches};
use crate::config::{Config, DisruptionKind, Quantity};

/// What is known while a config is compiled.
pub struct Context<'a> {
    pub config: &'a Config,
    pub faults: Vec<Fault>,
    pub quantities: Quantities,
    pub months: usize,
    pub market_ids: Vec<String>,
    pub stage_ids: Vec<String>,
    /// Every country and its market.
    pub countries: Vec<(String, usize)>,
    /// Countries whose share is asked for.
    pub asked: Vec<(String, usize)>,
}

impl Context<'_> {
    /// Seed of the run.
    pub fn seed(&self) -> u64 {
        self.quantities.seed()
    }

    /// An input drawn once per trial.
    pub fn input(&mut self, name: &str, here: &Path, quantity: &Quantity, domain: Domain) -> Input {
        self.quantities.input(name, here, quantity, domain, &mut self.faults)
    }

    /// Market of the `country` of an entry.
    pub fn country(&mut self, table: &str, id: &str, country: &str) -> Option<usize> {
        let names: Vec<String> = self.countries.iter().map(|(name, _)| name.clone()).collect();
        let index = find("country in any market", country, &names, path(&[table, id, "country"]), &mut self.faults)?;
        Some(self.countries[index].1)
    }

    /// The `market` of an entry.
    pub fn market(&mut self, table: &str, id: &str, market: &str) -> Option<usize> {
        find("market", market, &self.market_ids, path(&[table, id, "market"]), &mut self.faults)
    }

    /// The `stage` of an entry.
    pub fn stage(&mut self, table: &str, id: &str, stage: &str) -> Option<usize> {
        find("stage", stage, &self.stage_ids, path(&[table, id, "stage"]), &mut self.faults)
    }

    /// Outages that hit a capacity or project, by index.
    pub fn outages_on(&self, id: &str, country: &str, stage: &str) -> Vec<usize> {
        let market = self
            .countries
            .iter()
            .find(|(name, _)| name == country)
            .map_or("", |(_, market)| self.market_ids[*market].as_str());
        let hit = |disruption: &crate::config::Disruption| {
            disruption.kind == DisruptionKind::Outage
                && applies(&disruption.stages, stage)
                && disruption
                    .hits
                    .iter()
                    .any(|pattern| [id, country, market, stage].iter().any(|name| matches(pattern, name)))
        };
        indices(self.config.disruptions.values().map(hit))
    }

    /// Surges that lift a demand, by index.
    pub fn surges_on(&self, market: &str, stage: &str) -> Vec<usize> {
        let hit = |disruption: &crate::config::Disruption| {
            disruption.kind == DisruptionKind::DemandSurge
                && applies(&disruption.stages, stage)
                && applies(&disruption.markets, market)
        };
        indices(self.config.disruptions.values().map(hit))
    }
}

fn applies(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, name))
}

fn indices(hits: impl Iterator<Item = bool>) -> Vec<usize> {
    hits.enumerate().filter(|(_, hit)| *hit).map(|(index, _)| index).collect()
}
