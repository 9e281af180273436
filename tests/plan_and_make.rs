//! The plan serves all that can be served: on random models with one final product and no controls, demand met is what a
//! linear programme gives, and no spare capacity lowers it.
//!
//! Each product is made by one stage from fixed amounts of feeds, and trade is free; so the programme has a closed form. With
//! `r` tonnes of a stage's product to a tonne of the final one, what can be served is the least of demand and capacity over
//! `r`, of all stages, all markets pooled.

use shortfall::engine::{Engine, Trial};
use shortfall::math::pow;
use shortfall::model::Model;
use shortfall::random::{self, Key};
use shortfall::study::Study;

mod common;

use common::between;

/// Random models, and months of each: capacities grow at different rates, so that the bottleneck moves.
const MODELS: u64 = 400;
const MONTHS: usize = 6;

struct Case {
    markets: usize,
    /// By stage: feeds with tonnes per tonne, all of them earlier stages.
    feeds: Vec<Vec<(usize, f64)>>,
    /// By stage and market: t/year, and growth per year.
    capacities: Vec<Vec<(f64, f64)>>,
    /// By market.
    demands: Vec<f64>,
}

/// Tonnes of each stage's product to a tonne of the last one's.
fn needed(feeds: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let mut needed = vec![0.0; feeds.len()];
    needed[feeds.len() - 1] = 1.0;
    for stage in (0..feeds.len()).rev() {
        for &(feed, ratio) in &feeds[stage] {
            needed[feed] += needed[stage] * ratio;
        }
    }
    needed
}

impl Case {
    /// A chain, or a tree in which every product goes to one later stage, and some stages join several.
    fn random(number: u64) -> Case {
        let stream = &mut Key::new(3, "plan and make").stream(number);
        let (markets, stages) = (1 + number as usize % 5, 2 + number as usize / 5 % 4);
        let is_chain = number.is_multiple_of(2);
        let mut feeds: Vec<Vec<(usize, f64)>> = vec![Vec::new(); stages];
        for feed in 0..stages - 1 {
            let later = (stages - 1 - feed) as f64;
            let to = if is_chain { feed + 1 } else { feed + 1 + between(stream, 0.0, later) as usize };
            feeds[to].push((feed, between(stream, 0.3, 3.0)));
        }
        let needed = needed(&feeds);
        // Some markets have none of a stage, others far more than they need.
        let mut capacity = |stage: usize| match (random::uniform(stream), between(stream, 0.2, 3.0)) {
            (none, _) if none < 0.25 => (0.0, 0.0),
            (_, size) => (100.0 * size * needed[stage], between(stream, -0.5, 1.0)),
        };
        let capacities = (0..stages).map(|stage| (0..markets).map(|_| capacity(stage)).collect()).collect();
        let stream = &mut Key::new(3, "demands").stream(number);
        let mut demands: Vec<f64> = (0..markets).map(|_| between(stream, 0.0, 200.0)).collect();
        demands[0] += 50.0;
        Case { markets, feeds, capacities, demands }
    }

    fn text(&self) -> String {
        let mut text = "title = \"random\"\nstart = \"2026-01\"\nhorizon_years = 0.5\n".to_string();
        for market in 0..self.markets {
            text += &format!("markets.m{market}.countries = [\"C{market}\"]\n");
        }
        for (stage, feeds) in self.feeds.iter().enumerate() {
            let feeds: Vec<String> = feeds.iter().map(|(feed, ratio)| format!("s{feed} = {ratio}")).collect();
            text += &format!("stages.s{stage} = {{ feeds = {{ {} }} }}\n", feeds.join(", "));
            for (market, (tonnes, growth)) in self.capacities[stage].iter().enumerate() {
                text += &format!(
                    "capacities.k{stage}-{market} = {{ country = \"C{market}\", stage = \"s{stage}\", \
                     tonnes_per_year = {tonnes}, growth_per_year = {growth} }}\n"
                );
            }
        }
        let last = self.feeds.len() - 1;
        for (market, tonnes) in self.demands.iter().enumerate() {
            text += &format!(
                "demands.d{market} = {{ market = \"m{market}\", stage = \"s{last}\", tonnes_per_year = {tonnes} }}\n"
            );
        }
        text + &format!("output.series = [\"demand.*.s{last}\", \"shortage.*.s{last}\"]\n")
    }

    /// What the linear programme serves in each month.
    fn optimum(&self) -> Vec<f64> {
        let needed = needed(&self.feeds);
        let served = |month: usize| {
            let limit = |stage: usize| {
                let grown = |(tonnes, growth): &(f64, f64)| tonnes / 12.0 * pow(1.0 + growth, month as f64 / 12.0);
                self.capacities[stage].iter().map(grown).sum::<f64>() / needed[stage]
            };
            (0..needed.len()).map(limit).fold(self.demands.iter().sum::<f64>() / 12.0, f64::min)
        };
        (0..MONTHS).map(served).collect()
    }
}

fn simulated(text: &str) -> (Model, Trial) {
    let mut study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let model = study.scenarios.remove(0).model;
    let trial = Engine::new(&model).trial(0);
    (model, trial)
}

/// Final demand that is met in each month, over all markets.
fn served(text: &str) -> Vec<f64> {
    let (model, trial) = simulated(text);
    let sum = |kind: &str, month: usize| -> f64 {
        let rows = model.series.iter().zip(&trial.series).filter(|(spec, _)| spec.name.starts_with(kind));
        rows.map(|(_, row)| row[month]).sum()
    };
    (0..MONTHS).map(|month| sum("demand.", month) - sum("shortage.", month)).collect()
}

#[test]
fn demand_met_is_that_of_the_linear_programme() {
    for number in 0..MODELS {
        let case = Case::random(number);
        let (found, wanted) = (served(&case.text()), case.optimum());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!(
                (found - wanted).abs() <= 1e-12 * wanted.max(1.0),
                "model {number}: {found}, not {wanted}\n{}",
                case.text()
            );
        }
    }
}

#[test]
fn twice_a_capacity_never_lowers_what_is_served() {
    for number in 0..MODELS / 4 {
        let mut case = Case::random(number);
        let before = served(&case.text());
        for stage in 0..case.feeds.len() {
            for market in 0..case.markets {
                case.capacities[stage][market].0 *= 2.0;
                let after = served(&case.text());
                case.capacities[stage][market].0 /= 2.0;
                let hurts = |(before, after): (&f64, &f64)| *after < before - 1e-9 * before.max(1.0);
                assert!(!before.iter().zip(&after).any(hurts), "model {number}, stage {stage}, market {market}");
            }
        }
    }
}
