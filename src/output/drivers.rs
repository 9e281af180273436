//! What drives the results: a sentence and a table for people, `drivers.csv`, JSON.

use serde::Serialize;

use super::answer::Answer;
use super::chart::{self, Drawn, driven_name, driven_value, ends_in_words, headline, low_and_high};
use super::section::Section;
use super::tables::{Table, number};
use super::words::{self, Number, count, share};
use super::{Results, json};
use crate::model::{Model, Unit};
use crate::study::{ScenarioModel, Study};
use crate::summary::{Bar, DrivenNumber, Driver, Drivers, Estimate, MISS, Moves, NOT_DISTINGUISHABLE, Together};

/// How intervals come about.
const JACKKNIFE: &str = "jackknife over 20 sections; Student t";

/// Most inputs in a table.
const MOST: usize = 8;
/// Most inputs in the short output.
const IN_SHORT: usize = 2;
/// Most inputs in a sentence.
const IN_WORDS: usize = 4;
/// Most kinds in a note.
const KINDS: usize = 5;

/// Drivers of scenarios, each with the scenario that it is about.
pub type Cases<'a> = [(&'a ScenarioModel, &'a Drivers)];

/// Those of a run: of the scenario that comes first, if they are told.
pub fn of_run<'a>(results: &Results<'a>) -> Vec<(&'a ScenarioModel, &'a Drivers)> {
    let cases = results.study.scenarios.iter().zip(&results.summary.scenarios);
    cases.filter_map(|(case, found)| Some((case, found.drivers.as_ref()?))).collect()
}

/// `demand (4 inputs)`.
fn named(name: &str, inputs: usize) -> String {
    if inputs > 1 { format!("{name} ({} inputs)", count(inputs as u64)) } else { name.into() }
}

/// A share with its interval: `34 % (31 % to 37 %)`.
fn with_interval(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(_), Some(_), Some(_)) => words::with_interval(estimate, Number::Share),
        (None, _, Some(high)) => format!("{NOT_DISTINGUISHABLE} (at most {})", share(high)),
        _ => estimate.value.map_or(NOT_DISTINGUISHABLE.into(), share),
    }
}

/// The largest drivers of a number, with their shares.
fn in_words(found: &DrivenNumber, most: usize) -> Vec<String> {
    let told = |driver: &Driver| format!("{} {}", named(&driver.name, driver.inputs), with_interval(&driver.share));
    found.drivers.iter().take(most).map(told).collect()
}

/// What a number depends on, in one sentence.
pub fn sentence(model: &Model, found: &DrivenNumber) -> String {
    let what = driven_name(model, found.driven);
    if !found.note.is_empty() {
        return format!("What drives {what}: nothing to tell, {}.", found.note);
    }
    let mut parts = in_words(found, IN_WORDS);
    match found.drivers.len().saturating_sub(IN_WORDS) {
        0 if parts.is_empty() => parts.push("no input by itself".into()),
        0 => {}
        more => parts.push(format!("{more} more, each with less")),
    }
    let parts = parts.join(", ");
    let rest = match found.rest.inputs {
        0 => String::new(),
        inputs => format!("; {} together {}", others(inputs), with_interval(&found.rest.share)),
    };
    format!("What drives {what}: {parts}{rest}; events and interactions {}.", with_interval(&found.events))
}

fn others(inputs: usize) -> String {
    if inputs == 1 { "1 other input".into() } else { format!("{} other inputs", count(inputs as u64)) }
}

/// The table of a number.
fn table(case: &ScenarioModel, drivers: &Drivers, found: &DrivenNumber, file: &str) -> Section {
    let unit = if found.unit == Unit::Fraction { String::new() } else { format!(", {}", found.unit) };
    let mut rows: Vec<Vec<String>> = found.drivers.iter().take(MOST).map(|driver| row(found, driver)).collect();
    let together = |name: String, estimate: &Estimate| vec![name, share_cell(estimate), String::new(), String::new()];
    if found.rest.inputs > 0 {
        rows.push(together(format!("{} together", others(found.rest.inputs)), &found.rest.share));
    }
    rows.push(together("events and interactions".into(), &found.events));
    let middle = words::value(&found.middle, |middle| driven_value(found.unit, middle));
    let unit_behind = if unit.is_empty() { String::new() } else { format!(" {}", found.unit) };
    let mut notes = vec![format!("Over all trials: {middle}{unit_behind}.")];
    let more = found.drivers.len().saturating_sub(MOST);
    notes.extend((more > 0).then(|| format!("{more} more that are named: {file}.")));
    let kinds: Vec<String> = found.kinds.iter().filter(|kind| is_told(kind)).take(KINDS).map(kind_in_words).collect();
    notes.extend((!kinds.is_empty()).then(|| format!("By kind: {}.", kinds.join(", "))));
    let header =
        ["input", "share of variance", &format!("where low{unit}"), &format!("where high{unit}")].map(String::from);
    let title = format!("{} Scenario {}, {} trials.", sentence(&case.model, found), case.id, count(drivers.trials));
    Section { title, header: header.into(), rows, notes }
}

/// What the figures of a table mean.
fn explained(drivers: &Drivers) -> String {
    let ends = ends_in_words(&drivers.ends);
    format!("{ends}. Named: inputs that certainly explain something (chance of any error at most 5 %, Holm).")
}

/// Whether inputs of a kind certainly explain something.
fn is_told(kind: &Together) -> bool {
    kind.p_holm.is_some_and(|p| p <= MISS)
}

fn kind_in_words(kind: &Together) -> String {
    format!("{} {}", named(&kind.name, kind.inputs), with_interval(&kind.share))
}

fn share_cell(estimate: &Estimate) -> String {
    if estimate.value.is_some() { words::with_interval(estimate, Number::Share) } else { NOT_DISTINGUISHABLE.into() }
}

fn row(found: &DrivenNumber, driver: &Driver) -> Vec<String> {
    let mut name = named(&driver.name, driver.inputs);
    if let Some([low, high]) = driver.bar.as_ref().map(|bar| low_and_high(&bar.moves)) {
        name += &match &driver.bar {
            Some(Bar { moves: Moves::Input(..), .. }) => format!("\n  low: {low}\n  high: {high}"),
            Some(Bar { moves: Moves::Success, .. }) => format!("\n  low: {low}"),
            _ => String::new(),
        };
    }
    let ends = driver.bar.as_ref().map(|bar| [&bar.low, &bar.high]);
    let end =
        |index: usize| ends.map_or(String::new(), |ends| words::with_interval(ends[index], Number::of(found.unit)));
    vec![name, share_cell(&driver.share), end(0), end(1)]
}

/// The headline of a run in a sentence, its largest drivers alone.
pub(super) fn in_short(results: &Results<'_>) -> Option<Section> {
    let (case, drivers) = of_run(results).first().copied()?;
    let found = headline(drivers)?;
    let title = format!(
        "What drives {}: {}; events and interactions {}. The others: drivers.csv.",
        driven_name(&case.model, found.driven),
        in_words(found, IN_SHORT).join(", "),
        with_interval(&found.events)
    );
    Some(Section::sentence(title))
}

/// The table of a run: its headline.
pub(super) fn section(results: &Results<'_>) -> Option<Section> {
    let (case, drivers) = of_run(results).first().copied()?;
    let found = headline(drivers).or(drivers.numbers.first())?;
    let mut table = table(case, drivers, found, "drivers.csv");
    table.notes.push(format!("{} Other results: drivers.csv.", explained(drivers)));
    Some(table)
}

/// Total effects, a row for each pattern and number.
fn totals(drivers: &Drivers) -> Option<Section> {
    let mut rows = Vec::new();
    for total in &drivers.totals {
        for (name, found) in &total.shares {
            let told = if found.value.is_some() { with_interval(found) } else { found.note.clone() };
            rows.push(vec![named(&total.pattern, total.inputs), name.clone(), told]);
        }
    }
    let correlated = drivers.totals.iter().filter(|total| total.correlated > 0);
    let mut notes: Vec<String> = correlated
        .map(|total| {
            format!(
                "{}: {} of the inputs are drawn along because they are correlated with it.",
                total.pattern, total.correlated
            )
        })
        .collect();
    let pairs = drivers.totals.first()?.pairs;
    notes.push(format!("From {} pairs of trials that differ in these inputs alone (Jansen 1999).", count(pairs)));
    let title = "Total effects: share of the variance that would be left if all else were known".to_string();
    Some(Section { title, header: ["inputs", "of", "total effect"].map(String::from).into(), rows, notes })
}

fn sections(cases: &Cases<'_>) -> Vec<Section> {
    let of_case = |(case, drivers): &(&ScenarioModel, &Drivers)| {
        let told = drivers.numbers.iter().filter(|number| number.note.is_empty());
        let tables = told.map(|number| table(case, drivers, number, "--format csv"));
        let mut tables: Vec<Section> = tables.collect();
        tables.extend(totals(drivers));
        tables.last_mut().iter_mut().for_each(|last| last.notes.push(explained(drivers)));
        tables
    };
    cases.iter().flat_map(of_case).collect()
}

/// Numbers of which there is nothing to tell, a sentence each.
fn silent(cases: &Cases<'_>) -> Vec<String> {
    let of_case = |(case, drivers): &(&ScenarioModel, &Drivers)| {
        let silent = drivers.numbers.iter().filter(|number| !number.note.is_empty());
        silent.map(|number| sentence(&case.model, number)).collect::<Vec<String>>()
    };
    cases.iter().flat_map(of_case).collect()
}

/// Everything that is said; `digest` is that of the config as run.
pub fn answer(study: &Study, cases: &Cases<'_>, digest: &str) -> Answer {
    let run = &study.config.run;
    Answer {
        head: "What drives the results: share of the variance of each that an uncertain input explains by itself"
            .into(),
        finding: Vec::new(),
        sections: sections(cases),
        foot: silent(cases),
        tables: vec![("drivers.csv".into(), csv(cases, run.confidence))],
        json: ("drivers.json".into(), json(study, cases)),
        charts: charts(study, cases, digest),
    }
}

/// A tornado of each number.
fn charts(study: &Study, cases: &Cases<'_>, digest: &str) -> Vec<Drawn> {
    let of_case = |(case, drivers): &(&ScenarioModel, &Drivers)| -> Vec<Drawn> {
        let scenario = if cases.len() > 1 { format!("{}.", case.id) } else { String::new() };
        let of_number = |found: &DrivenNumber| {
            // A country may have any letters in its name.
            let is_plain = |letter: char| letter.is_alphanumeric() || "._-".contains(letter);
            let name = format!("tornado.{scenario}{}", found.name.replace(|letter| !is_plain(letter), "-"));
            chart::tornado((study, digest), &case.model, drivers, found, name)
        };
        drivers.numbers.iter().filter_map(of_number).collect()
    };
    cases.iter().flat_map(of_case).collect()
}

/// `drivers.csv`: a row for every scenario, number and input, and for inputs together.
pub fn csv(cases: &Cases<'_>, confidence: f64) -> Vec<u8> {
    let mut table = Table::described("drivers.csv");
    for (case, drivers) in cases {
        for found in &drivers.numbers {
            let mut line =
                |of: &str, name: &str, inputs: usize, share: &Estimate, p: [Option<f64>; 2], bar: Option<&Bar>| {
                    let first = [&case.id, &found.name, found.what, &found.unit.name(), of, name].map(String::from);
                    let (moves, ends) = bar.map_or(Default::default(), |bar| moved(&bar.moves));
                    let end = |estimate: Option<&Estimate>| {
                        [
                            estimate.and_then(|one| one.value),
                            estimate.and_then(|one| one.low),
                            estimate.and_then(|one| one.high),
                        ]
                    };
                    let means = [end(bar.map(|bar| &bar.low)), end(bar.map(|bar| &bar.high))].concat();
                    let note = if found.note.is_empty() { &share.note } else { &found.note };
                    let cells = first.into_iter().chain([inputs.to_string()]);
                    let cells = cells.chain([share.value, share.low, share.high].map(number));
                    let cells =
                        cells.chain([confidence.to_string(), JACKKNIFE.into()]).chain(p.map(number)).chain([moves]);
                    let cells = cells.chain(ends.map(number)).chain(means.into_iter().map(number));
                    table.row(cells.chain([drivers.trials.to_string(), note.clone()]));
                };
            for driver in found.drivers.iter().chain(&found.others) {
                let p = [Some(driver.p_value), Some(driver.p_holm)];
                line("input", &driver.name, driver.inputs, &driver.share, p, driver.bar.as_ref());
            }
            for kind in &found.kinds {
                line("kind", &kind.name, kind.inputs, &kind.share, [None, kind.p_holm], None);
            }
            line("inputs not named", &found.rest.name, found.rest.inputs, &found.rest.share, [None; 2], None);
            line("events and interactions", "", 0, &found.events, [None; 2], None);
            for total in &drivers.totals {
                let share = total.shares.iter().find(|(name, _)| *name == found.name).map(|(_, share)| share);
                share
                    .iter()
                    .for_each(|share| line("total effect", &total.pattern, total.inputs, share, [None; 2], None));
            }
        }
    }
    table.finish()
}

/// What a bar moves, and the ends of the lowest and of the highest tenth of an input.
fn moved(moves: &Moves) -> (String, [Option<f64>; 2]) {
    match moves {
        Moves::Input(low, high) => ("input".into(), [Some(*low), Some(*high)]),
        Moves::Success => ("success".into(), [None; 2]),
        Moves::Chance => ("uniform number".into(), [None; 2]),
        Moves::Together => ("all of them".into(), [None; 2]),
        Moves::Common => ("what they have in common".into(), [None; 2]),
        Moves::OneOf(name) => (name.clone(), [None; 2]),
    }
}

#[derive(Serialize)]
struct File<'a> {
    confidence: f64,
    scenarios: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    #[serde(flatten)]
    drivers: &'a Drivers,
}

/// `drivers.json`: everything, for machines.
fn json(study: &Study, cases: &Cases<'_>) -> Vec<u8> {
    let run = &study.config.run;
    let scenarios = cases.iter().map(|(case, drivers)| Case { id: &case.id, drivers }).collect();
    json::found(run.seed, &File { confidence: run.confidence, scenarios })
}
