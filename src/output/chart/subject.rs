//! What the charts are about: the main scenario, milestone, series and outcome, and what to call them.

use std::ops::Deref;

use crate::config::Chart;
use crate::model::{Model, OutcomeKind, OutcomeSpec, SeriesKind, SeriesSpec, years};
use crate::output::Results;
use crate::summary::{self, Outcome, Series};

/// The results, and what a chart was asked to show of them.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// All there is.
    pub results: Results<'a>,
    /// What is asked for; the rest is chosen here.
    pub asked: &'a Chart,
}

impl<'a> Deref for View<'a> {
    type Target = Results<'a>;

    fn deref(&self) -> &Results<'a> {
        &self.results
    }
}

/// A scenario with its model.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioView<'a> {
    /// Estimates.
    pub summary: &'a summary::ScenarioResult,
    /// Model.
    pub model: &'a Model,
}

/// The scenarios asked for, else all, the main one first. None if the one asked for is not part of the run.
pub fn cases<'a>(results: &View<'a>) -> Vec<ScenarioView<'a>> {
    let models = results.study.scenarios.iter().map(|case| &case.model);
    let mut all: Vec<ScenarioView<'a>> =
        models.zip(&results.summary.scenarios).map(|(model, summary)| ScenarioView { summary, model }).collect();
    let asked = results.asked;
    if let Some(id) = &asked.scenario {
        all.sort_by_key(|case| case.summary.id != *id); // stable: the others stay in order
        all.truncate(if all.first().is_some_and(|case| case.summary.id == *id) { all.len() } else { 0 });
    } else if !asked.scenarios.is_empty() {
        let one = |id: &String| all.iter().copied().find(|case| case.summary.id == *id);
        return asked.scenarios.iter().filter_map(one).collect();
    }
    all
}

/// The milestone by its place: the one asked for; with a series, one that looks at it; else the one put first.
pub fn milestone(results: &View<'_>, case: &ScenarioView<'_>) -> Option<usize> {
    let asked = results.asked;
    let main = asked.milestone.as_deref().or(results.study.main_milestone());
    let main = main.and_then(|id| case.summary.milestones.iter().position(|milestone| milestone.id == id));
    let Some(name) = &asked.series else { return main };
    let looks_at = |index: &usize| case.model.series[case.model.milestones[*index].series].name == *name;
    main.filter(looks_at).or_else(|| (0..case.model.milestones.len()).find(looks_at))
}

/// The series: the one asked for, else what the milestone looks at, else the first that is recorded.
pub fn series<'a>(results: &View<'_>, case: &ScenarioView<'a>) -> Option<(&'a Series, &'a SeriesSpec)> {
    let index = match &results.asked.series {
        Some(name) => case.model.series.iter().position(|spec| spec.name == *name)?,
        None => milestone(results, case).map_or(0, |index| case.model.milestones[index].series),
    };
    case.summary.series.get(index).zip(case.model.series.get(index))
}

/// The outcome asked for, else the one put first; the first of all where nothing is demanded.
pub fn outcome<'a>(results: &View<'_>, case: &ScenarioView<'a>) -> Option<(&'a Outcome, &'a OutcomeSpec)> {
    let main = results.asked.outcome.as_deref().or(results.summary.main_outcome());
    let index = main.and_then(|name| case.model.outcomes.iter().position(|spec| spec.name == name)).unwrap_or(0);
    case.summary.outcomes.get(index).zip(case.model.outcomes.get(index))
}

/// The outcome of this name in a scenario.
pub fn outcome_named<'a>(case: &ScenarioView<'a>, name: &str) -> Option<&'a Outcome> {
    case.summary.outcomes.iter().find(|outcome| outcome.name == name)
}

/// What to call a series: within a sentence, and with what its figures are shares or multiples of.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// As in `supply without China`.
    pub short: String,
    /// As in `Supply of magnets without China, % of what all others need`, without the unit.
    pub long: String,
    /// What follows the unit: ` of what all others need`.
    pub of: &'static str,
    /// The same in a title: ` of need`.
    pub of_short: &'static str,
}

/// What to call a series.
pub fn series_name(model: &Model, spec: &SeriesSpec) -> Name {
    let market = model.markets.get(spec.market).map_or("", |market| market.title.as_str());
    let stage = model.stages.get(spec.stage).map_or(String::new(), |stage| inner(&stage.title));
    let place = spec.country.and_then(|index| model.countries.get(index)).map_or(market, |(name, _)| name);
    let demand = model.demands.get(spec.demand).map_or("", |demand| demand.id.as_str());
    let (short, long, of) = match spec.kind {
        SeriesKind::Production => ("output", format!("output of {stage} in {market}"), " a month"),
        SeriesKind::Capacity => {
            ("capacity", format!("capacity for {stage} in {market}, outages taken off"), " a month")
        }
        SeriesKind::Requirement => ("requirement", format!("requirement of {stage} in {market}"), " a month"),
        SeriesKind::Demand => ("demand", format!("demand for {stage} in {market}"), " a month"),
        SeriesKind::Thrift => ("thrift", format!("saving of {stage} in {market}"), " of demand"),
        SeriesKind::Shortage => ("shortage", format!("shortage of {stage} in {market}"), " a month"),
        SeriesKind::ShortageFraction => ("shortage", format!("shortage of {stage} in {market}"), " of demand"),
        SeriesKind::Share => ("share", format!("share of {place} in world output of {stage}"), ""),
        SeriesKind::ProductionOutside => ("output", format!("world output of {stage} outside {market}"), " a month"),
        SeriesKind::UnmetFeed => ("missing feed", format!("missing {stage} for plants in {market}"), " a month"),
        SeriesKind::Unsold => ("unsold output", format!("unsold {stage} of {market}"), " a month"),
        SeriesKind::Unused => ("unused feed", format!("unused {stage} at plants in {market}"), " a month"),
        SeriesKind::Stock => ("stock", format!("stock of {stage} in {market}"), ""),
        SeriesKind::StockDays => ("stock", format!("stock of {stage} in {market}"), " of demand"),
        SeriesKind::CoverageWithout => {
            ("supply", format!("supply of {stage} without {market}"), " of what all others need")
        }
        SeriesKind::CoverageInUseWithout => {
            ("supply", format!("supply of {stage} without {market}"), " of what all others use, also inside its goods")
        }
        SeriesKind::PriceMultiple => ("price", format!("price of {stage} in {market}"), " the price at balance"),
        SeriesKind::LossUsd => ("loss", format!("loss from missing {stage} in {market}"), " a month"),
        SeriesKind::Unserved => ("unserved demand", format!("unserved demand `{demand}`"), " a month"),
    };
    // The short name is the long one unless that is too long for a title.
    let short = if long.chars().count() <= 75 { long.clone() } else { format!("the {short}") };
    // A name with a comma is closed by another.
    let short = if short.contains(',') { format!("{short},") } else { short };
    let of_short = match spec.kind {
        SeriesKind::CoverageWithout => " of need",
        SeriesKind::CoverageInUseWithout => " of use",
        _ => of,
    };
    Name { short, long: capital(&long), of, of_short }
}

/// What to call a product in a market: `magnets in Japan`.
pub fn place_name(model: &Model, market: usize, stage: usize) -> String {
    let market = model.markets.get(market).map_or("", |market| market.title.as_str());
    let stage = model.stages.get(stage).map_or(String::new(), |stage| inner(&stage.title));
    format!("{stage} in {market}")
}

/// What to call an outcome within a sentence.
pub fn outcome_name(model: &Model, spec: &OutcomeSpec) -> String {
    let market = model.markets.get(spec.market).map_or("", |market| market.title.as_str());
    let stage = model.stages.get(spec.stage).map_or(String::new(), |stage| inner(&stage.title));
    let disruption = || model.disruptions.get(spec.index).map_or("", |disruption| disruption.title.as_str());
    let investment = || model.investments.get(spec.index).map_or("", |investment| investment.title.as_str());
    match spec.kind {
        OutcomeKind::TotalShortage => format!("total shortage of {stage} in {market}"),
        OutcomeKind::WorstMonth => format!("shortage of {stage} in {market} in the worst month"),
        OutcomeKind::FirstShortage => format!("time to the first shortage of {stage} in {market}"),
        OutcomeKind::LongestShortage => format!("longest shortage of {stage} in {market}"),
        OutcomeKind::MonthsShort => format!("months with a shortage of {stage} in {market}"),
        OutcomeKind::FillRate => format!("share of demand for {stage} in {market} that is served"),
        OutcomeKind::WorstYear => format!("shortage of {stage} in {market} in the worst 12 months"),
        OutcomeKind::ShortageIn => format!("shortage of {stage} in {market} in {}", years::year(model, spec.year)),
        OutcomeKind::StockNeeded => format!("stock of {stage} in {market} that would have been enough"),
        OutcomeKind::TotalLoss => format!("total loss from missing {stage} in {market}"),
        OutcomeKind::TotalUnserved => {
            format!("total unserved demand `{}`", model.demands.get(spec.index).map_or("", |demand| demand.id.as_str()))
        }
        OutcomeKind::Milestone => {
            let title = model.milestones.get(spec.index).map_or("", |milestone| milestone.title.as_str());
            format!("time to {}", quoted(title))
        }
        OutcomeKind::Episodes => format!("number of episodes of {}", quoted(disruption())),
        OutcomeKind::DisruptedMonths => format!("time in episodes of {}", quoted(disruption())),
        OutcomeKind::Decisions => format!("number of decisions of {}", quoted(investment())),
        OutcomeKind::DecisionsIn => {
            format!("number of decisions of {} in {}", quoted(investment()), years::year(model, spec.year))
        }
    }
}

/// A name as part of a sentence; a name that brings quotation marks along keeps its own.
pub fn quoted(name: &str) -> String {
    let name = name.trim();
    if name.starts_with(['\u{2018}', '\u{201c}', '"', '\'']) { name.into() } else { format!("\u{2018}{name}\u{2019}") }
}

/// The same where it begins a sentence or a label.
pub fn quoted_capital(name: &str) -> String {
    capital_after_quote(&quoted(name))
}

/// First letter large, after a quotation mark if there is one.
pub fn capital_after_quote(text: &str) -> String {
    match text.strip_prefix('\u{2018}') {
        Some(rest) => format!("\u{2018}{}", capital(rest)),
        None => capital(text),
    }
}

/// First letter small, unless the word is an abbreviation or a formula.
fn inner(name: &str) -> String {
    let mut letters = name.chars();
    let word = name.split_whitespace().next().unwrap_or("");
    let plain = word.chars().skip(1).all(|letter| letter.is_lowercase() || !letter.is_alphanumeric());
    match letters.next() {
        Some(first) if plain && word.chars().count() > 1 => first.to_lowercase().chain(letters).collect(),
        _ => name.into(),
    }
}

/// First letter large.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_sentences() {
        for (name, expected) in
            [("Sintered magnets", "sintered magnets"), ("NdFeB magnets", "NdFeB magnets"), ("U3O8", "U3O8"), ("", "")]
        {
            assert_eq!(inner(name), expected);
        }
        assert_eq!(capital("supply"), "Supply");
        assert_eq!(quoted("within a year"), "\u{2018}within a year\u{2019}");
        assert_eq!(quoted("\u{2018}soon\u{2019}"), "\u{2018}soon\u{2019}");
    }
}
