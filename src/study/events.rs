//! The rate and the length of a disruption's episodes from events that were observed.

use serde::Deserialize;
use toml::{Table, Value};

use super::beside::{Folder, Refused, refuse};
use crate::config::fault::{Fault, help_for_name};
use crate::config::observed::Fitted;
use crate::config::sheet::{INSTEAD, Sheet};
use crate::config::source::Document;
use crate::config::tables::TableFile;
use crate::config::{Events, Month};
use crate::special::{Probability, gamma_quantile};
use crate::text::number;

const KIND: &str = "disruptions";
const RATE: &str = "rate_per_year";
const LENGTH: &str = "duration_months";

/// Events of a file, as far as they count.
#[derive(Debug, Default)]
struct Found {
    count: usize,
    /// Of those that have ended, months.
    lengths: Vec<f64>,
    /// Months in which one ran, within the time that was watched.
    running: f64,
    /// Events outside of that time.
    outside: usize,
}

/// A fault in a cell.
struct AtCell(usize, usize, String, String);

/// Puts distributions in the place of the `events` of every disruption, so that the config says all by itself. What is wrong with a
/// file or a cell is a fault of the document.
pub fn inline(document: &mut Document, folder: &mut Folder) {
    let named =
        |(id, entry): (&String, &Value)| Some((id.clone(), Events::deserialize(entry.get("events")?.clone()).ok()?));
    // What is not spelt as it should be is told where the config is read.
    let all: Vec<(String, Events)> =
        document.entries(KIND).into_iter().flat_map(|all| all.iter()).filter_map(named).collect();
    for (id, events) in all {
        if let Err(refused) = of_one(document, folder, &id, &events) {
            document.refuse(refused.at(&[KIND, &id, "events"]));
        }
        entry(document, &id).map(|entry| entry.remove("events"));
    }
}

fn entry<'a>(document: &'a mut Document, id: &str) -> Option<&'a mut Table> {
    document.entries(KIND)?.get_mut(id)?.as_table_mut()
}

fn of_one(document: &mut Document, folder: &mut Folder, id: &str, events: &Events) -> Result<(), Refused> {
    let is_given =
        |document: &mut Document, key: &str| entry(document, id).is_some_and(|entry| entry.contains_key(key));
    let (has_rate, has_length) = (is_given(document, RATE), is_given(document, LENGTH));
    if has_rate && has_length {
        let message = format!("`events` have no effect beside `{RATE}` and `{LENGTH}`");
        return refuse(message, "leave out what they are to give");
    }
    let months = watched(document, events)?;
    let file = TableFile { file: events.file.clone(), sheet: events.sheet.clone() };
    let sheet = folder.table(&file, document)?;
    let found = match read(&sheet, events, months) {
        Ok(found) => found,
        Err(faults) => {
            for AtCell(row, column, message, help) in faults {
                let path = vec![KIND.into(), id.into(), "events".into()];
                let location = sheet.locate(row, column);
                document.beside_mut().refuse(Fault::new(path, message).help(help), location);
            }
            return Ok(());
        }
    };
    if !has_rate {
        let (law, words) = rate(events, &found, months, sheet.name())?;
        put(document, id, RATE, law);
        let path = vec![KIND.into(), id.into(), RATE.into()];
        document.beside_mut().add_fitted(Fitted { path, words });
    }
    if !has_length {
        if found.lengths.is_empty() {
            let message = format!("`{}` has no event that has ended", events.file);
            return refuse(message, format!("give `{LENGTH}` beside `events`"));
        }
        let mut law = Table::new();
        law.insert("observed".into(), Value::Array(found.lengths.iter().map(|length| Value::Float(*length)).collect()));
        if let Some(fit) = events.fit.and_then(|fit| Value::try_from(fit).ok()) {
            law.insert("fit".into(), fit);
        }
        put(document, id, LENGTH, law);
    } else if events.fit.is_some() {
        return refuse(format!("`fit` has no effect beside `{LENGTH}`"), "leave out one of them");
    }
    Ok(())
}

fn put(document: &mut Document, id: &str, key: &str, law: Table) {
    entry(document, id).map(|entry| entry.insert(key.into(), law.into()));
}

/// The months from and to which events were watched, counted from year 0; none if the exposure is given instead.
fn watched(document: &mut Document, events: &Events) -> Result<Option<(f64, f64)>, Refused> {
    let help = "give `from`, the first month in which an event would have been seen, or `exposure_years`";
    if events.exposure_years.is_some_and(|years| !(years > 0.0 && years <= 1e9)) {
        return refuse("`exposure_years` must be above 0 and at most 1e9", help);
    }
    if events.units.is_some_and(|units| units == 0) {
        return refuse("`units` must be 1 or more", "the number of those alike that were watched");
    }
    let from = match (events.from, events.exposure_years) {
        (Some(from), None) => from,
        (None, Some(_)) if events.to.is_none() && events.units.is_none() => return Ok(None),
        (None, None) => return refuse("`events` need the time in which they would have been seen", help),
        _ => {
            return refuse(
                "`exposure_years` stands in place of `from`, `to` and `units`",
                "leave out one or the others",
            );
        }
    };
    let start = document.table().get("start").and_then(Value::as_str).and_then(|start| start.parse::<Month>().ok());
    let to = events.to.or(start).unwrap_or(from);
    if to <= from {
        return refuse(format!("events were watched from {from} to {to}: that is no time"), "`to` is after `from`");
    }
    Ok(Some((months(from), months(to))))
}

fn months(month: Month) -> f64 {
    f64::from(12 * month.year() + month.month() as i32 - 1)
}

/// A month, `2024-06`, or a day, `2024-06-15`, in months from year 0.
fn point(text: &str) -> Option<f64> {
    let (month, day) = match text.len() {
        10 if text.is_char_boundary(7) => (text[..7].parse::<Month>().ok()?, text[7..].strip_prefix('-')?),
        _ => (text.parse::<Month>().ok()?, "01"),
    };
    let days = match month.month() {
        2 if month.year() % 4 == 0 && (month.year() % 100 != 0 || month.year() % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day: u32 = day.bytes().all(|byte| byte.is_ascii_digit()).then(|| day.parse().ok())??;
    (1..=days).contains(&day).then(|| months(month) + f64::from(day - 1) / f64::from(days))
}

/// The events of a table.
fn read(sheet: &Sheet, events: &Events, watched: Option<(f64, f64)>) -> Result<Found, Vec<AtCell>> {
    let column = |name: &str| sheet.header().iter().position(|known| known.trim() == name);
    let missing = |name: &str| {
        let help = help_for_name(name, sheet.header().iter().map(|name| name.trim()));
        vec![AtCell(0, 0, format!("this table has no column `{name}`"), help)]
    };
    let start = column("start").ok_or_else(|| missing("start"))?;
    let ends = (column("end"), column("months"));
    if ends == (None, None) {
        return Err(missing("end"));
    }
    let only: Vec<(usize, &String)> = events
        .only
        .iter()
        .map(|(name, text)| Ok((column(name).ok_or_else(|| missing(name))?, text)))
        .collect::<Result<_, Vec<AtCell>>>()?;
    let (mut found, mut faults) = (Found::default(), Vec::new());
    for (row, _) in sheet.rows() {
        if only.iter().any(|(column, text)| sheet.cell(row, *column) != text.as_str()) {
            continue;
        }
        match event(sheet, row, start, ends) {
            Ok((from, length)) => found.add(from, length, watched),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// When the event of a row began, in months from year 0, and how long it lasted; no length if it still ran.
fn event(
    sheet: &Sheet,
    row: usize,
    start: usize,
    (end, months): (Option<usize>, Option<usize>),
) -> Result<(f64, Option<f64>), AtCell> {
    for column in [Some(start), end, months].into_iter().flatten() {
        if let Some(why) = sheet.refusal(row, column) {
            return Err(AtCell(row, column, why.into(), INSTEAD.into()));
        }
    }
    let date = |column: usize| {
        let text = sheet.cell(row, column);
        let wrong = || format!("`{text}` is neither a month nor a day");
        point(text).ok_or_else(|| AtCell(row, column, wrong(), "as in `2024-06` or `2024-06-15`".into()))
    };
    let from = date(start)?;
    let given = |column: Option<usize>| column.filter(|column| !sheet.cell(row, *column).is_empty());
    let (column, length) = match (given(end), given(months)) {
        (None, None) => return Ok((from, None)),
        (Some(_), Some(column)) => {
            return Err(AtCell(
                row,
                column,
                "this event has both `end` and `months`".into(),
                "keep one of them".into(),
            ));
        }
        (Some(column), None) => (column, date(column)? - from),
        (None, Some(column)) => {
            let text = sheet.cell(row, column);
            let wrong = || AtCell(row, column, format!("`{text}` is not a number of months"), "as in `4.5`".into());
            (column, text.parse().ok().filter(|months: &f64| months.is_finite()).ok_or_else(wrong)?)
        }
    };
    if !(length > 0.0 && length <= 12_000.0) {
        let message = "an event lasts longer than 0 and at most 12000 months";
        return Err(AtCell(
            row,
            column,
            message.into(),
            "a day at the end of an event is the first one after it".into(),
        ));
    }
    Ok((from, Some(length)))
}

impl Found {
    fn add(&mut self, from: f64, length: Option<f64>, watched: Option<(f64, f64)>) {
        if watched.is_some_and(|(first, last)| !(first..last).contains(&from)) {
            self.outside += 1;
            return;
        }
        self.count += 1;
        self.lengths.extend(length);
        let last = watched.map_or(f64::INFINITY, |(_, last)| last);
        self.running += length.map_or(last, |length| (from + length).min(last)) - from;
    }
}

/// The posterior of the rate of a Poisson process after so many events in so much time, with the prior of Jeffreys: gamma with
/// shape n + 1/2 and scale 1/T (Jeffreys, Theory of Probability, 1961, section 3.1; Box & Tiao 1973, section 1.3.4).
fn rate(events: &Events, found: &Found, watched: Option<(f64, f64)>, name: &str) -> Result<(Table, String), Refused> {
    let units = f64::from(events.units.unwrap_or(1));
    let years = match watched {
        // While an episode runs, no other can begin: the rate counts the time without one.
        Some((from, to)) => (units * (to - from) - found.running) / 12.0,
        None => events.exposure_years.unwrap_or(0.0),
    };
    if !(years > 0.0) {
        let message = "events ran all the time that was watched: there is no time in which one could have begun";
        return refuse(message, "give more `units`, or `exposure_years`");
    }
    let (shape, scale) = (found.count as f64 + 0.5, 1.0 / years);
    let mut law = Table::new();
    law.insert("shape".into(), shape.into());
    law.insert("scale".into(), scale.into());
    let end = |p: f64| format!("{:.3}", scale * gamma_quantile(shape, Probability::of(p)));
    let plural = if found.count == 1 { "" } else { "s" };
    let outside = match found.outside {
        0 => String::new(),
        some => format!(", {some} outside of the time watched left out"),
    };
    let words = format!(
        "gamma with mean {:.3} a year, 90 % of it between {} and {}: {} event{plural} in {} years at risk ({name}), prior of Jeffreys{outside}",
        shape * scale,
        end(0.05),
        end(0.95),
        found.count,
        number((years * 1000.0).round() / 1000.0),
    );
    Ok((Table::from_iter([("gamma".to_string(), Value::Table(law))]), words))
}
