//! One trial as a story: what was drawn, what happened when, what came out.

use std::fmt;

use serde::Serialize;

use super::words::{amount, month};
use crate::engine::Trial;
use crate::error::{UnknownName, find_named};
use crate::model::{Model, OutcomeKind, Unit};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When, months from the start.
    pub months: f64,
    /// The month of the calendar it falls into.
    pub date: String,
    /// What happened.
    pub what: String,
}

/// A named number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Value {
    /// Path of the input, or name of the outcome or series.
    pub name: String,
    /// Its value; none for "never".
    pub value: Option<f64>,
    /// Unit, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
}

/// One trial of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Story {
    /// Number of the trial.
    pub trial: u64,
    /// Id of the scenario.
    pub scenario: String,
    /// What happened, in order of time.
    pub events: Vec<Event>,
    /// Projects that do not start within the horizon.
    pub never_started: Vec<String>,
    /// What was drawn once for the trial.
    pub inputs: Vec<Value>,
    /// What came out.
    pub outcomes: Vec<Value>,
    /// Monthly values of every recorded series, by name.
    pub series: Vec<(String, Vec<Option<f64>>)>,
}

impl Story {
    /// The value of an outcome; none for "never within the horizon".
    ///
    /// # Errors
    /// If there is none with this name.
    pub fn outcome(&self, name: &str) -> Result<Option<f64>, UnknownName> {
        named("outcome", name, &self.outcomes)
    }

    /// The value of an uncertain input, by its path in the config.
    ///
    /// # Errors
    /// If nothing uncertain has this path.
    pub fn input(&self, path: &str) -> Result<Option<f64>, UnknownName> {
        named("uncertain input", path, &self.inputs)
    }

    /// The values of a recorded series, month by month; none where it has no value.
    ///
    /// # Errors
    /// If none with this name was recorded.
    pub fn series(&self, name: &str) -> Result<&[Option<f64>], UnknownName> {
        let found = find_named("recorded series", name, self.series.iter(), |(name, _)| name);
        found.map(|(_, values)| &values[..])
    }
}

/// The value with this name.
fn named(kind: &'static str, name: &str, values: &[Value]) -> Result<Option<f64>, UnknownName> {
    find_named(kind, name, values.iter(), |value| &value.name).map(|value| value.value)
}

/// The story for people: events, then outcomes.
impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trial {} of scenario {}\n\n", self.trial, self.scenario)?;
        for event in &self.events {
            writeln!(f, "{}  {:>8.2}  {}", event.date, event.months, event.what)?;
        }
        if !self.never_started.is_empty() {
            writeln!(f, "\nnot started within the horizon: {}", self.never_started.join(", "))?;
        }
        f.write_str("\noutcomes\n")?;
        // A line for every year, market and product would bury the others.
        let yearly = |outcome: &&Value| OutcomeKind::is_yearly(&outcome.name);
        for outcome in self.outcomes.iter().filter(|outcome| !yearly(outcome)) {
            let value = outcome.value.map_or("never".into(), amount);
            let unit = outcome.unit.map_or(String::new(), |unit| unit.to_string());
            writeln!(f, "{:<48} {value:>12} {unit}", outcome.name)?;
        }
        if self.outcomes.iter().any(|outcome| yearly(&outcome)) {
            f.write_str("\nshortage by calendar year: --format json\n")?;
        }
        f.write_str(
            "\nmonths count from the start of the first month; inputs and series: --format json, --format csv\n",
        )
    }
}

/// Tells trial number `number`.
pub fn story(model: &Model, scenario: &str, number: u64, trial: &Trial) -> Story {
    let finite = |value: f64| value.is_finite().then_some(value);
    // What is drawn for decisions counts among the events.
    let inputs = model.inputs.drawn.iter().zip(&trial.inputs).take(model.inputs.of_decisions.start);
    let outcomes = model.outcomes.iter().zip(&trial.outcomes);
    let series = model.series.iter().enumerate().map(|(index, spec)| {
        let row = trial.series[index].iter().map(|value| finite(*value));
        (spec.name.clone(), row.collect())
    });
    let mut events = events(model, trial);
    events.sort_by(|a, b| a.months.total_cmp(&b.months)); // stable: what happens at once stays in order
    let late = model.projects.iter().zip(&trial.starts).filter(|(_, start)| !(**start < model.months as f64));
    Story {
        trial: number,
        scenario: scenario.into(),
        events,
        never_started: late.map(|(project, _)| project.id.clone()).collect(),
        inputs: inputs
            .map(|(input, value)| Value { name: input.name.clone(), value: finite(*value), unit: None })
            .collect(),
        outcomes: outcomes
            .map(|(spec, value)| Value {
                name: spec.name.clone(),
                value: finite(*value),
                unit: Some(model.outcome_unit(spec)),
            })
            .collect(),
        series: series.collect(),
    }
}

fn events(model: &Model, trial: &Trial) -> Vec<Event> {
    let mut events = Vec::new();
    let mut add = |months: f64, what: String| {
        if months < model.months as f64 {
            events.push(Event { months, date: month(model.start.plus(months.floor() as i32)), what });
        }
    };
    for (disruption, episodes) in model.disruptions.iter().zip(&trial.episodes) {
        for episode in episodes {
            let kind = if episode.scheduled { "as scheduled" } else { "begins" };
            let (severity, length) = (amount(episode.severity), amount(episode.end - episode.begin));
            add(episode.begin, format!("{} {kind}: severity {severity}, {length} months", disruption.id));
            add(episode.end, format!("{} ends", disruption.id));
        }
    }
    for (project, (&start, &closure)) in model.projects.iter().zip(trial.starts.iter().zip(&trial.closures)) {
        let late = project.announced.map_or(String::new(), |announced| {
            let late = (start - announced).round();
            format!(" ({} months {} than announced)", late.abs(), if late < 0.0 { "earlier" } else { "later" })
        });
        add(start, format!("{}: first product{late}", project.id));
        add(closure, format!("{} closes", project.id));
    }
    for made in &trial.decisions {
        let plant = &model.decisions[made.index].id;
        let fate = if made.start.is_finite() { "" } else { ", which comes to nothing" };
        add(made.at, format!("{plant}: decision{fate}"));
        add(made.start, format!("{plant}: first product"));
        add(made.closure, format!("{plant} closes"));
    }
    for (spec, value) in model.outcomes.iter().zip(&trial.outcomes) {
        match spec.kind {
            OutcomeKind::Milestone => add(*value, format!("milestone reached: {}", model.milestones[spec.index].title)),
            OutcomeKind::FirstShortage => {
                let place = spec.name.split_once('.').map_or("", |(_, place)| place);
                add(*value, format!("first month with a shortage: {place}"));
            }
            _ => {}
        }
    }
    events
}

/// The monthly series as CSV: a row a month, a column a series; empty for what is not defined.
pub fn csv(model: &Model, story: &Story) -> Vec<u8> {
    let header = ["month", "date"].into_iter().chain(story.series.iter().map(|(name, _)| name.as_str()));
    let mut table = super::tables::Table::new(&header.collect::<Vec<_>>());
    for month in 0..model.months {
        let mut row = vec![month.to_string(), model.start.plus(month as i32).to_string()];
        row.extend(story.series.iter().map(|(_, values)| super::tables::number(values[month])));
        table.row(row);
    }
    table.finish()
}
