//! All series that a model could record.

use super::series::{self, SERIES, SeriesRow, SeriesSpec, Vocabulary};
use super::{Input, Model};
use crate::config::{Market, Named};

/// By market and stage: whether the market's final demand needs the product, directly or through later stages. `demands` are
/// the market and stage of each, and `feeds` those of each stage, in topological order.
pub fn needed(markets: usize, demands: impl Iterator<Item = (usize, usize)>, feeds: &[Vec<usize>]) -> Vec<Vec<bool>> {
    let mut needed = vec![vec![false; feeds.len()]; markets];
    for (market, stage) in demands {
        needed[market][stage] = true;
    }
    // One pass from the end reaches all feeds.
    for (stage, feeds) in feeds.iter().enumerate().rev() {
        for &feed in feeds {
            for row in &mut needed {
                row[feed] |= row[stage];
            }
        }
    }
    needed
}

impl Model {
    /// Every series that the model could record, in the order of the table; `markets` are those of the config, with all their
    /// countries.
    pub fn every_series(&self, markets: &Named<Market>) -> Vec<SeriesSpec> {
        let ids: Vec<String> = self.markets.iter().map(|market| market.id.clone()).collect();
        let stages: Vec<String> = self.stages.iter().map(|stage| stage.id.clone()).collect();
        let demands: Vec<String> = self.demands.iter().map(|demand| demand.id.clone()).collect();
        let countries: Vec<(String, usize)> = (ids.iter().enumerate())
            .flat_map(|(index, id)| {
                markets
                    .get(id)
                    .into_iter()
                    .flat_map(move |market| market.countries.iter().map(move |country| (country.clone(), index)))
            })
            .collect();
        let of_stage = |feeds: &[(usize, Input)]| feeds.iter().map(|(feed, _)| *feed).collect();
        let feeds: Vec<Vec<usize>> = self.stages.iter().map(|stage| of_stage(&stage.feeds)).collect();
        let needed = needed(ids.len(), self.demands.iter().map(|demand| (demand.market, demand.stage)), &feeds);
        let needed = |market: usize, stage: usize| needed[market][stage];
        let vocabulary =
            Vocabulary { markets: &ids, countries: &countries, stages: &stages, needed: &needed, demands: &demands };
        let all = |row: &SeriesRow| series::expand(row, &vec!["*"; row.arguments.len()], &vocabulary, &mut Vec::new());
        let mut found: Vec<SeriesSpec> = SERIES.iter().flat_map(all).collect();
        found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        found
    }
}
