//! What is known while a config is compiled, and what all tables of it ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::Input;
use super::names::{find, path};
use super::quantities::{Distributions, Domain, Quantities};
use crate::config::fault::Fault;
use crate::config::set::{Path, matches};
use crate::config::{Capacity, Config, DisruptionKind, Quantity};

/// A capacity, project or investment, by all the names that an outage may call it.
#[derive(Clone, Copy, Debug)]
pub struct Plant<'a> {
    /// `capacities`, `projects` or `investment`.
    pub table: &'a str,
    pub id: &'a str,
    pub country: &'a str,
    pub market: &'a str,
    pub stage: &'a str,
}

impl Plant<'_> {
    /// Whether `pattern` means it.
    pub fn is_called(&self, pattern: &str) -> bool {
        let names =
            [(self.table, self.id), ("countries", self.country), ("markets", self.market), ("stages", self.stage)];
        names.iter().any(|(table, name)| means(pattern, table, name))
    }
}

/// Whether `pattern` means the entry `name` of a table: by its name, or by its table and name, as in `projects.nolans`.
pub fn means(pattern: &str, table: &str, name: &str) -> bool {
    match pattern.split_once('.') {
        Some((of, pattern)) => of == table && matches(pattern, name),
        None => matches(pattern, name),
    }
}

/// What a pattern of `hits` means in a config: table, id and stage of every product of a plant.
pub fn called<'a>(config: &'a Config, pattern: &str) -> BTreeSet<[&'a str; 3]> {
    let called = plants(config).into_iter().filter(|plant| plant.is_called(pattern));
    called.map(|plant| [plant.table, plant.id, plant.stage]).collect()
}

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
    /// All capacities, projects and investments.
    pub plants: Vec<Plant<'a>>,
    /// Market and stage whose product may be sold: it is made there, or held as feed.
    pub sold: BTreeSet<(&'a str, &'a str)>,
    /// Market and stage whose product may be bought: for a demand, a stockpile, or as feed.
    pub bought: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Context<'a> {
    /// Before anything is compiled.
    pub fn new(config: &'a Config, kept: Distributions, months: usize) -> Self {
        let mut context = Context {
            config,
            faults: Vec::new(),
            quantities: Quantities::new(config.run.seed, kept),
            months,
            market_ids: config.markets.keys().cloned().collect(),
            stage_ids: Vec::new(),
            countries: Vec::new(),
            asked: Vec::new(),
            plants: plants(config),
            sold: BTreeSet::new(),
            bought: BTreeSet::new(),
        };
        for plant in &context.plants {
            context.sold.insert((plant.market, plant.stage));
            for feed in config.stages.get(plant.stage).into_iter().flat_map(|stage| stage.feeds.keys()) {
                context.sold.insert((plant.market, feed.as_str()));
                context.bought.insert((plant.market, feed.as_str()));
            }
        }
        context.bought.extend(config.demands.values().map(|one| (one.market.as_str(), one.stage.as_str())));
        context.bought.extend(config.stockpiles.values().map(|one| (one.market.as_str(), one.stage.as_str())));
        context
    }

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
    pub fn outages_on(&self, [table, id]: [&str; 2], country: &str, market: Option<usize>, stage: &str) -> Vec<usize> {
        let market = market.map_or("", |index| self.market_ids[index].as_str());
        let plant = Plant { table, id, country, market, stage };
        let hit = |disruption: &crate::config::Disruption| {
            disruption.kind == DisruptionKind::Outage
                && applies(&disruption.stages, plant.stage)
                && disruption.hits.iter().any(|pattern| plant.is_called(pattern))
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

/// All capacities, projects and investments. The market is empty where no market has the country, which is a fault told elsewhere.
fn plants(config: &Config) -> Vec<Plant<'_>> {
    let mut markets: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, market) in &config.markets {
        for country in &market.countries {
            markets.entry(country).or_insert(id);
        }
    }
    let market = |country: &str| markets.get(country).copied().unwrap_or("");
    let capacities = config.capacities.iter();
    let capacities = capacities.map(|(id, Capacity { country, stage, .. })| ("capacities", id, country, stage));
    let projects = config.projects.iter().map(|(id, one)| ("projects", id, &one.country, &one.stage, &one.yields));
    let investments = config.investment.iter();
    let investments = investments.map(|(id, one)| ("investment", id, &one.country, &one.stage, &one.yields));
    let products = projects.chain(investments).flat_map(|(table, id, country, stage, yields)| {
        stage.iter().chain(yields.keys()).map(move |stage| (table, id, country, stage))
    });
    let all = capacities.chain(products);
    all.map(|(table, id, country, stage)| Plant { table, id, country, market: market(country), stage }).collect()
}

/// Whether any of the patterns matches, or there is none, which means all.
pub fn applies(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, name))
}

fn indices(hits: impl Iterator<Item = bool>) -> Vec<usize> {
    hits.enumerate().filter(|(_, hit)| *hit).map(|(index, _)| index).collect()
}
