//! The shortage by calendar year: the table for the terminal and Markdown, and `years.csv`.

use super::Results;
use super::section::Section;
use super::tables::{Table, number};
use super::words::{Number, probability, with_interval};
use crate::summary::{Estimate, YEAR_PERCENTILES, YearResult};

/// Most years in the table.
const MOST_YEARS: usize = 30;

/// The market and product of the main outcome, as in `west.metal`, if years are told of it; else the first.
pub(super) fn main_place(results: &Results<'_>) -> Option<String> {
    let years = &results.summary.scenarios.first()?.years;
    let main = results.summary.main_outcome().unwrap_or_default();
    let main = main.split_once('.').map_or("", |(_, place)| place);
    years.iter().find(|year| year.is_at(main)).or(years.first()).map(place)
}

/// Market and product of a year, as in `west.metal`.
pub(super) fn place(year: &YearResult) -> String {
    format!("{}.{}", year.market, year.stage)
}

/// A year as printed: `2025 (2 months)` of one that is there in part.
pub(super) fn name(year: &YearResult) -> String {
    match year.months {
        12 => year.year.to_string(),
        1 => format!("{} (1 month)", year.year),
        months => format!("{} ({months} months)", year.year),
    }
}

/// The table of the main market and product in the scenario that comes first.
pub(super) fn section(results: &Results<'_>) -> Option<Section> {
    let case = results.summary.scenarios.first()?;
    let main = main_place(results)?;
    let years: Vec<&YearResult> = case.years.iter().filter(|year| year.is_at(&main)).collect();
    let unit = years.first()?.unit;
    let title = format!("shortage_in.{main} ({unit}) by calendar year, scenario {}", case.id);
    let mut header = vec!["year".to_string(), "mean".into()];
    header.extend(YEAR_PERCENTILES.map(|percent| format!("P{percent}")));
    header.push("chance of any".into());
    let row = |year: &&YearResult| {
        let mut row = vec![name(year), with_interval(&year.mean, Number::Amount)];
        row.extend(year.percentiles.iter().map(|estimate| with_interval(estimate, Number::Amount)));
        row.push(probability(&year.any));
        row
    };
    let rows: Vec<Vec<String>> = years.iter().take(MOST_YEARS).map(row).collect();
    let has_more = results.summary.scenarios.len() > 1 || case.years.len() > rows.len();
    let notes =
        if has_more { vec!["All years, markets, products and scenarios: years.csv.".into()] } else { Vec::new() };
    Some(Section { title, header, rows, notes })
}

/// `years.csv`: a row for every scenario, market and product with final demand, and calendar year.
pub fn csv(results: &Results<'_>) -> Vec<u8> {
    let names = ["mean".to_string()].into_iter().chain(YEAR_PERCENTILES.map(|percent| format!("p{percent}")));
    let names: Vec<String> = names.chain(["probability_any".into()]).collect();
    let mut table = Table::described("years.csv");
    for case in &results.summary.scenarios {
        for year in &case.years {
            let estimates: Vec<&Estimate> =
                [&year.mean].into_iter().chain(&year.percentiles).chain([&year.any]).collect();
            let mut row = vec![case.id.clone(), year.market.clone(), year.stage.clone(), year.year.to_string()];
            row.extend([year.months.to_string(), year.unit.to_string()]);
            row.extend(estimates.iter().flat_map(|one| [one.value, one.low, one.high]).map(number));
            row.extend([results.summary.confidence.to_string(), results.summary.trials.to_string()]);
            let notes = names.iter().zip(&estimates).filter(|(_, estimate)| !estimate.note.is_empty());
            let notes: Vec<String> = notes.map(|(name, estimate)| format!("{name}: {}", estimate.note)).collect();
            row.push(notes.join("; "));
            table.row(row);
        }
    }
    table.finish()
}
