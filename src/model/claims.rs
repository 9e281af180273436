//! Series that are asked for, milestones, claims.

use super::context::Context;
use super::limits::LIMITS;
use super::names::{check_id, check_limits, check_text, find, path};
use super::series::{self, SeriesSpec, Vocabulary};
use super::{Claim, ClaimTest, Milestone, vocabulary};
use crate::config::Config;
use crate::config::fault::Fault;
use crate::config::set::Path;

/// The series to compute: recorded ones and those that only a milestone, an investor or a chart looks at, each once. Fills `context.asked`.
pub fn series(context: &mut Context<'_>) -> Vec<SeriesSpec> {
    let config = context.config;
    let needed = needed(context);
    let demands: Vec<String> = config.demands.keys().cloned().collect();
    let countries = context.countries.clone();
    let (markets, stages) = (context.market_ids.clone(), context.stage_ids.clone());
    let is_needed = |market: usize, stage: usize| needed[market][stage];
    let vocabulary =
        Vocabulary { markets: &markets, countries: &countries, stages: &stages, needed: &is_needed, demands: &demands };
    let mut found: Vec<SeriesSpec> = Vec::new();
    let mut asked = Vec::new();
    for (pattern, here) in wanted(config, &markets, &stages) {
        if series::check_pattern(&here, &pattern, &mut context.faults) {
            found.extend(series::find(&pattern, &vocabulary, &mut asked, here.clone(), &mut context.faults));
        }
        if let Some(fault) = LIMITS.series.check(here, found.len()) {
            context.faults.push(fault.help("name fewer, or leave out `*`"));
            break;
        }
    }
    asked.sort();
    for spec in &mut found {
        // Indices into the sorted list: the order of the file must not matter.
        if spec.country.is_some() {
            let name = spec.name.split('.').nth(1).unwrap_or_default();
            spec.country = asked.iter().position(|(country, _)| country == name);
        }
    }
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    found.dedup_by(|a, b| a.name == b.name);
    context.asked = asked;
    found
}

/// The series that are asked for, with what asks for each.
fn wanted(config: &Config, markets: &[String], stages: &[String]) -> Vec<(String, Path)> {
    let mut wanted: Vec<(String, Path)> = Vec::new();
    match &config.output.series {
        Some(patterns) => {
            let numbered = patterns.iter().enumerate();
            wanted.extend(
                numbered
                    .map(|(position, pattern)| (pattern.clone(), path(&["output", "series", &position.to_string()]))),
            );
        }
        None => {
            let final_demands: Vec<(String, String)> =
                config.demands.values().map(|demand| (demand.market.clone(), demand.stage.clone())).collect();
            let patterns = series::default_patterns(&final_demands);
            // Unknown markets and stages are a fault of the demand, told there.
            let known = config
                .demands
                .values()
                .map(|demand| markets.contains(&demand.market) && stages.contains(&demand.stage));
            wanted.extend(
                patterns
                    .into_iter()
                    .zip(known)
                    .filter(|(_, known)| *known)
                    .map(|(pattern, _)| (pattern, path(&["demands"]))),
            );
        }
    }
    for (id, milestone) in &config.milestones {
        wanted.push((milestone.series.clone(), path(&["milestones", id, "series"])));
    }
    for (id, investment) in &config.investment {
        wanted.extend(investment.signal.clone().map(|signal| (signal, path(&["investment", id, "signal"]))));
    }
    // What is to be drawn must be recorded.
    for (position, chart) in config.charts.iter().enumerate() {
        if let Some(series) = chart.series.as_ref().filter(|series| !series.contains('*')) {
            wanted.push((series.clone(), path(&["charts", &position.to_string(), "series"])));
        }
    }
    wanted.extend(config.history.keys().map(|series| (series.clone(), path(&["history", series]))));
    wanted
}

/// By market and stage: whether the market's final demand needs the product, directly or through later stages.
fn needed(context: &Context<'_>) -> Vec<Vec<bool>> {
    let config = context.config;
    let place = |ids: &[String], id: &str| ids.iter().position(|known| known == id);
    let demands = config.demands.values().filter_map(|demand| {
        Some((place(&context.market_ids, &demand.market)?, place(&context.stage_ids, &demand.stage)?))
    });
    let feeds = context
        .stage_ids
        .iter()
        .map(|id| config.stages[id].feeds.keys().filter_map(|feed| place(&context.stage_ids, feed)).collect());
    vocabulary::needed(context.market_ids.len(), demands, &feeds.collect::<Vec<_>>())
}

/// Milestones in the order of the file.
pub fn milestones(context: &mut Context<'_>, series: &[SeriesSpec]) -> Vec<Milestone> {
    let config = context.config;
    let mut milestones = Vec::new();
    for (id, milestone) in &config.milestones {
        check_id(path(&["milestones", id]), &mut context.faults);
        let title = milestone.title.clone().unwrap_or_else(|| id.clone());
        check_text(path(&["milestones", id, "title"]), &title, 80, &mut context.faults);
        let limits = [milestone.at_least, milestone.at_most];
        check_limits(path(&["milestones", id]), "a milestone", limits, &mut context.faults);
        if milestone.for_months == 0 || milestone.for_months as usize > context.months {
            let fault = Fault::new(
                path(&["milestones", id, "for_months"]),
                "`for_months` lies between 1 and the months simulated",
            );
            context.faults.push(fault.label(format!("{} months are simulated", context.months)));
        }
        let index = series.iter().position(|spec| spec.name == milestone.series);
        if index.is_none() && milestone.series.contains('*') {
            context
                .faults
                .push(Fault::new(path(&["milestones", id, "series"]), "a milestone looks at one series: no `*` here"));
        }
        milestones.push(Milestone {
            id: id.clone(),
            title,
            series: index.unwrap_or(0),
            at_least: milestone.at_least.unwrap_or(f64::NEG_INFINITY),
            at_most: milestone.at_most.unwrap_or(f64::INFINITY),
            for_months: milestone.for_months as usize,
        });
    }
    milestones
}

/// Claims in the order of the file.
pub fn claims(context: &mut Context<'_>, milestones: &[Milestone]) -> Vec<Claim> {
    let config = context.config;
    let ids: Vec<String> = milestones.iter().map(|milestone| milestone.id.clone()).collect();
    let mut claims = Vec::new();
    for (id, claim) in &config.claims {
        check_id(path(&["claims", id]), &mut context.faults);
        for (key, text, longest) in [
            ("title", claim.title.as_deref(), 40),
            ("who", Some(claim.who.as_str()), 80),
            ("said", claim.said.as_deref(), 80),
            ("quote", claim.quote.as_deref(), 500),
            ("source", claim.source.as_deref(), 500),
        ] {
            check_text(path(&["claims", id, key]), text.unwrap_or(""), longest, &mut context.faults);
        }
        let milestone =
            find("milestone", &claim.milestone, &ids, path(&["claims", id, "milestone"]), &mut context.faults);
        let test = match (claim.within_months, claim.not_within_months) {
            (Some(months), None) => ClaimTest::Within(months),
            (None, Some(months)) => ClaimTest::NotWithin(months),
            _ => {
                let fault =
                    Fault::new(path(&["claims", id]), "a claim says either `within_months` or `not_within_months`")
                        .at_key();
                context.faults.push(fault);
                continue;
            }
        };
        check_reach(context, id, test, milestone.map(|index| milestones[index].for_months));
        if !(claim.probability_at_least > 0.0 && claim.probability_at_least < 1.0) {
            let here = path(&["claims", id, "probability_at_least"]);
            context.faults.push(Fault::new(here, "`probability_at_least` lies between 0 and 1, both excluded"));
        }
        if let Some(milestone) = milestone {
            let (threshold, stated) = (claim.probability_at_least, claim.clone());
            claims.push(Claim { id: id.clone(), milestone, test, threshold, stated });
        }
    }
    claims
}

impl ClaimTest {
    /// What it says, before the months.
    pub fn words(self) -> (&'static str, u32) {
        match self {
            ClaimTest::Within(months) => ("reached within", months),
            ClaimTest::NotWithin(months) => ("not reached within", months),
        }
    }

    /// Whether it holds where the milestone is reached at this date, in months.
    pub fn holds(self, date: f64) -> bool {
        match self {
            ClaimTest::Within(months) => date <= f64::from(months),
            ClaimTest::NotWithin(months) => !(date <= f64::from(months)),
        }
    }
}

/// A milestone is granted only if its spell completes within the horizon: the horizon must let the claim be decided.
fn check_reach(context: &mut Context<'_>, id: &str, test: ClaimTest, for_months: Option<usize>) {
    let (key, months) = match test {
        ClaimTest::Within(months) => ("within_months", months),
        ClaimTest::NotWithin(months) => ("not_within_months", months),
    };
    let needed = months as usize + for_months.unwrap_or(1);
    if needed > context.months {
        let fault = Fault::new(
            path(&["claims", id, key]),
            format!("the simulation is too short to decide this: {needed} months are needed"),
        );
        context
            .faults
            .push(fault.label(format!("{} months are simulated", context.months)).help("raise `horizon_years`"));
    }
}
