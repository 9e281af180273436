//! Which markets and stages there are, and what is where: the same in all trials.

use std::collections::BTreeMap;

use crate::model::{Curve, Demand, Model, OutcomeKind, Project, SeriesKind, SeriesSpec, Stockpile};

/// Stages, markets, and what is at each node.
#[derive(Clone, Debug)]
pub struct Network {
    /// Number of stages.
    pub stages: usize,
    /// Where there is final demand, in the order of nodes.
    pub finals: Vec<Final>,
    /// Uses that goods of another market meet.
    pub embedded: Vec<Embedded>,
    /// By stockpile: its stage and market.
    pub stockpiles: Vec<(usize, usize)>,
    /// Feeds, stage after stage.
    pub feeds: Vec<Flow>,
    /// By series: the row of its country's capacity, if it has one.
    pub country_rows: Vec<Option<usize>>,
    /// Whether any stage has several feeds.
    pub joins_feeds: bool,
    /// By stage: whether any stock of its product is counted in days.
    pub counts_days: Vec<bool>,
    /// By stage: whether that takes its normal wants, of it or of a feed that it takes, directly or through others; empty where
    /// none does.
    pub wants_normally: Vec<bool>,
    /// Whether that takes a plan without disruptions, since the stock is of a feed.
    pub plans_normal: bool,
    /// Whether the shortage of single demands is wanted.
    pub unserved_wanted: bool,
}

/// Use of a product inside finished goods of another market.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    /// The demand.
    pub demand: usize,
    /// The product.
    pub stage: usize,
    /// The market that makes the goods.
    pub from: usize,
}

/// A node with final demand.
#[derive(Clone, Debug)]
pub struct Final {
    /// The product.
    pub stage: usize,
    /// The market.
    pub market: usize,
    /// The demands there, in groups of equal priority in the order of service.
    pub demands: Vec<Vec<usize>>,
}

/// What goes from one stage to a later one.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// The stage it comes from.
    pub from: usize,
    /// The stage it goes to.
    pub to: usize,
}

impl Network {
    /// Of `model`.
    pub fn new(model: &Model) -> Self {
        let mut finals = Vec::new();
        for ((stage, market), served) in model.demands_by_node() {
            let groups = served.chunk_by(|a, b| model.demands[*a].priority == model.demands[*b].priority);
            finals.push(Final { stage, market, demands: groups.map(<[usize]>::to_vec).collect() });
        }
        let feeds = model.stages.iter().enumerate();
        let counts_days: Vec<bool> = (0..model.stages.len()).map(|stage| counts_days(model, stage)).collect();
        let is_feed = |stage: usize| model.stages.iter().flat_map(|other| &other.feeds).any(|(from, _)| *from == stage);
        let country_row = |spec: &SeriesSpec| country_row(model, spec.stage, spec.market, spec.country);
        Network {
            stages: model.stages.len(),
            finals,
            embedded: embedded(model),
            stockpiles: model.stockpiles.iter().map(|stockpile| (stockpile.stage, stockpile.market)).collect(),
            feeds: feeds.flat_map(|(to, stage)| stage.feeds.iter().map(move |&(from, _)| Flow { from, to })).collect(),
            country_rows: model.series.iter().map(country_row).collect(),
            joins_feeds: model.stages.iter().any(|stage| stage.feeds.len() > 1),
            wants_normally: wants_normally(model, &counts_days),
            plans_normal: (0..model.stages.len()).any(|stage| counts_days[stage] && is_feed(stage)),
            counts_days,
            unserved_wanted: asks_by_demand(model),
        }
    }

    /// The number of a node with final demand among those.
    pub fn final_at(&self, stage: usize, market: usize) -> Option<usize> {
        self.finals.iter().position(|node| (node.stage, node.market) == (stage, market))
    }
}

/// Whether anything asks what single demands do not get.
fn asks_by_demand(model: &Model) -> bool {
    let kinds = [SeriesKind::Unserved, SeriesKind::LossUsd];
    model.series.iter().any(|spec| kinds.contains(&spec.kind))
        || model.outcomes.iter().any(|spec| [OutcomeKind::TotalUnserved, OutcomeKind::TotalLoss].contains(&spec.kind))
}

/// Whether a stock of the product of a stage is counted in days.
fn counts_days(model: &Model, stage: usize) -> bool {
    let has_days = |stockpile: &Stockpile| [&stockpile.initial, &stockpile.target].iter().any(|of| !of.days.is(0.0));
    model.stockpiles.iter().any(|stockpile| stockpile.stage == stage && has_days(stockpile))
        || model.series.iter().any(|spec| spec.kind == SeriesKind::StockDays && spec.stage == stage)
}

/// By stage: whether its normal wants are asked for. What is wanted of a feed depends on all later stages.
fn wants_normally(model: &Model, counts_days: &[bool]) -> Vec<bool> {
    if !counts_days.contains(&true) {
        return Vec::new();
    }
    let mut wanted: Vec<bool> = Vec::new();
    for (number, stage) in model.stages.iter().enumerate() {
        let by_feed = stage.feeds.iter().any(|(feed, _)| wanted[*feed]);
        wanted.push(by_feed || counts_days[number]);
    }
    wanted
}

/// Uses that goods of another market meet.
fn embedded(model: &Model) -> Vec<Embedded> {
    let one =
        |(demand, spec): (usize, &Demand)| Some(Embedded { demand, stage: spec.stage, from: spec.embedded_from? });
    model.demands.iter().enumerate().filter_map(one).collect()
}

/// Capacities that the same outages hit at the same node: they are added up first.
#[derive(Clone, Debug)]
pub struct CapacityGroup {
    /// Stage and market, as a number.
    pub node: usize,
    /// Whether no group before it is at that node.
    pub is_first: bool,
    /// Its row of capacity by country: see [`country_row`].
    pub country: Option<usize>,
    /// Outages, by index of the disruption.
    pub outages: Vec<usize>,
    /// What stands: index into [`Model::capacities`].
    pub standing: Option<usize>,
    /// Products of projects: index of the project, and of the product among its outputs.
    pub projects: Vec<(usize, usize)>,
    /// The same of plants that investors may decide on.
    pub decisions: Vec<(usize, usize)>,
    /// Whether any of them may ramp up along a curve that is not made of lines.
    pub is_curved: bool,
}

/// Stage and country, as a number, if the share of that country is asked for and others share the market's capacity.
fn country_row(model: &Model, stage: usize, market: usize, country: Option<usize>) -> Option<usize> {
    let here = |other: (usize, usize)| other == (stage, market);
    let mut capacities = model.capacities.iter().filter(|group| here((group.stage, group.market)));
    let makes = |project: &&Project| project.outputs.iter().any(|output| here((output.stage, project.market)));
    let mut projects = model.projects.iter().chain(&model.decisions).filter(makes);
    let alone = capacities.all(|group| group.country == country) && projects.all(|project| project.country == country);
    country.filter(|_| !alone).map(|country| stage * model.countries.len() + country)
}

/// The groups of `model`.
pub fn capacity_groups(model: &Model) -> Vec<CapacityGroup> {
    let node = |stage: usize, market: usize| stage * model.markets.len() + market;
    let new = |node: usize, country: Option<usize>, outages: &[usize], standing: Option<usize>| CapacityGroup {
        node,
        is_first: true,
        country,
        outages: outages.to_vec(),
        standing,
        projects: Vec::new(),
        decisions: Vec::new(),
        is_curved: false,
    };
    let mut groups = Vec::new();
    let mut known = BTreeMap::new();
    for (index, group) in model.capacities.iter().enumerate() {
        let country = country_row(model, group.stage, group.market, group.country);
        let node = node(group.stage, group.market);
        known.insert((node, country, group.outages.clone()), groups.len());
        groups.push(new(node, country, &group.outages, Some(index)));
    }
    let count = model.projects.len();
    for (index, project) in model.projects.iter().chain(&model.decisions).enumerate() {
        let mut curves = project.curves.iter().map(|(curve, _)| &model.curves[*curve]);
        let is_curved = curves.any(|curve| matches!(curve, Curve::Exponential | Curve::S));
        for (position, output) in project.outputs.iter().enumerate() {
            let country = country_row(model, output.stage, project.market, project.country);
            let node = node(output.stage, project.market);
            let number = *known.entry((node, country, output.outages.clone())).or_insert_with(|| {
                groups.push(new(node, country, &output.outages, None));
                groups.len() - 1
            });
            match index.checked_sub(count) {
                None => groups[number].projects.push((index, position)),
                Some(decision) => groups[number].decisions.push((decision, position)),
            }
            groups[number].is_curved |= is_curved;
        }
    }
    for number in 1..groups.len() {
        groups[number].is_first = groups[..number].iter().all(|other| other.node != groups[number].node);
    }
    groups
}

/// By decision: the groups to which its products belong, by number among the groups that have any decisions, each with the index
/// of the product among its outputs.
pub fn groups_of_decisions(model: &Model, groups: &[CapacityGroup]) -> Vec<Vec<(usize, usize)>> {
    let mut found = vec![Vec::new(); model.decisions.len()];
    for (number, group) in groups.iter().filter(|group| !group.decisions.is_empty()).enumerate() {
        for &(decision, output) in &group.decisions {
            found[decision].push((number, output));
        }
    }
    found
}
