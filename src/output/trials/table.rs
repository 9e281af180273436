//! Which columns a table of trials has, and what stands in them.

use std::borrow::Cow;
use std::ops::Range;

use crate::config::Month;
use crate::config::set::matches;
use crate::error::find_named;
use crate::model::{ClaimTest, Model, OutcomeKind};
use crate::output::column::{Cell, Column, Kind};
use crate::simulation::{Kept, TrialRows};
use crate::study::{ScenarioModel, Study};

/// What is asked for of every trial, beside outcomes, dates and claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Every input.
    pub inputs: bool,
    /// Names of series.
    pub series: Vec<String>,
}

/// A table with a row for every trial and scenario; of monthly series, for every month of these too.
#[derive(Clone, Debug)]
pub struct Table {
    is_monthly: bool,
    columns: Vec<Column>,
    cases: Vec<Case>,
}

/// A scenario of a table.
#[derive(Clone, Debug)]
struct Case {
    id: String,
    start: Month,
    months: usize,
    outcomes: usize,
    inputs: usize,
    series: usize,
    /// By column.
    sources: Vec<Source>,
}

/// Where the cells of a column come from, in one scenario.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// The scenario has no such thing.
    Nothing,
    Trial,
    Scenario,
    Month,
    DateOfMonth,
    Outcome(usize),
    /// The date of an outcome in months.
    DateOf(usize),
    /// A claim on the date that this outcome tells.
    Claim(ClaimTest, usize),
    Input(usize),
    /// A series, by its place among those that are kept.
    Series(usize),
}

impl Asked {
    /// The series that a list of names asks for, with commas between them and `*` for any letters, out of those that are recorded.
    ///
    /// # Errors
    /// All names that no recorded series has, a sentence each.
    pub fn find_series(study: &Study, list: &str) -> Result<Vec<String>, Vec<String>> {
        let mut recorded: Vec<&str> = Vec::new();
        for spec in study.scenarios.iter().flat_map(|case| &case.model.series) {
            if !recorded.contains(&spec.name.as_str()) {
                recorded.push(&spec.name);
            }
        }
        let (mut found, mut faults): (Vec<String>, Vec<String>) = Default::default();
        for pattern in list.split(',').map(str::trim) {
            let matching = recorded.iter().filter(|name| matches(pattern, name));
            let fresh: Vec<String> = matching.map(|name| name.to_string()).collect();
            if fresh.is_empty() {
                let known = find_named("recorded series", pattern, recorded.iter(), |name| name);
                let why = known.err().map_or(String::new(), |unknown| unknown.to_string());
                faults.push(format!("{why}; `output.series` of the config names the series that are recorded"));
            }
            found.extend(fresh.into_iter().filter(|name| !found.contains(name)).collect::<Vec<_>>());
        }
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// What a simulation keeps for it, by scenario.
    pub fn kept(&self, study: &Study) -> Vec<Kept> {
        let of = |case: &ScenarioModel| Kept { inputs: self.inputs, series: self.indices(&case.model) };
        study.scenarios.iter().map(of).collect()
    }

    /// Indices of the series among those of a model.
    fn indices(&self, model: &Model) -> Vec<usize> {
        self.series.iter().filter_map(|name| model.series.iter().position(|spec| spec.name == *name)).collect()
    }
}

impl Table {
    /// Outcomes, dates of milestones, claims, and the inputs if they are asked for.
    pub fn of_trials(study: &Study, asked: &Asked) -> Table {
        let mut table = Table::begin(study, asked, false);
        for (number, case) in study.scenarios.iter().enumerate() {
            table.add_outcomes(number, &case.model);
        }
        for (number, case) in study.scenarios.iter().enumerate() {
            table.add_claims(number, &case.model);
        }
        for (number, case) in study.scenarios.iter().enumerate().filter(|_| asked.inputs) {
            table.add_inputs(number, &case.model);
        }
        table
    }

    /// The series asked for, month by month.
    pub fn of_months(study: &Study, asked: &Asked) -> Table {
        let mut table = Table::begin(study, asked, true);
        let month = Column::full("month", Kind::Integer, "months", "months since the start, from 0");
        let date = Column::full("date", Kind::Date, "", "first day of that month of the calendar");
        for number in 0..table.cases.len() {
            table.add(number, month.clone(), Source::Month);
            table.add(number, date.clone(), Source::DateOfMonth);
        }
        for (number, case) in study.scenarios.iter().enumerate() {
            for (place, index) in asked.indices(&case.model).into_iter().enumerate() {
                let spec = &case.model.series[index];
                let none = if spec.can_be_never() { "; empty where nothing is needed" } else { "" };
                let meaning = format!("{}{none}", spec.row().meaning);
                let unit = case.model.series_unit(spec).to_string();
                table.add(number, drawn(spec.name.clone(), Kind::Number, unit, meaning), Source::Series(place));
            }
        }
        table
    }

    /// Trial and scenario.
    fn begin(study: &Study, asked: &Asked, is_monthly: bool) -> Table {
        let case = |case: &ScenarioModel| Case {
            id: case.id.clone(),
            start: case.model.start,
            months: case.model.months,
            outcomes: case.model.outcomes.len(),
            inputs: case.model.inputs.drawn.len(),
            series: asked.indices(&case.model).len(),
            sources: Vec::new(),
        };
        let mut table = Table { is_monthly, columns: Vec::new(), cases: study.scenarios.iter().map(case).collect() };
        let trial = "number of the trial, from 0: the same future in every scenario, and in `replay --trial`";
        for number in 0..table.cases.len() {
            table.add(number, Column::full("trial", Kind::Integer, "", trial), Source::Trial);
            table.add(number, Column::full("scenario", Kind::Text, "", "id of the scenario"), Source::Scenario);
        }
        table
    }

    fn add_outcomes(&mut self, number: usize, model: &Model) {
        for (index, spec) in model.outcomes.iter().enumerate() {
            let unit = model.outcome_unit(spec).to_string();
            let never = if spec.can_be_never() { "; empty: not within the horizon (censored at its end)" } else { "" };
            let meaning = format!("{}{never}", model.outcome_meaning(spec));
            self.add(number, drawn(spec.name.clone(), Kind::Number, unit, meaning), Source::Outcome(index));
            if spec.kind == OutcomeKind::Milestone {
                let meaning =
                    format!("the first day of that month of the calendar: {}", model.milestones[spec.index].title);
                let date = drawn(format!("{}.date", spec.name), Kind::Date, String::new(), format!("{meaning}{never}"));
                self.add(number, date, Source::DateOf(index));
            }
        }
    }

    fn add_claims(&mut self, number: usize, model: &Model) {
        for claim in &model.claims {
            let (what, months) = claim.test.words();
            let milestone = &model.milestones[claim.milestone].id;
            let meaning = format!("whether the claim holds: `{milestone}` {what} {months} months");
            let column = drawn(format!("claim.{}", claim.id), Kind::Boolean, String::new(), meaning);
            self.add(number, column, Source::Claim(claim.test, model.date_of(claim.milestone)));
        }
    }

    fn add_inputs(&mut self, number: usize, model: &Model) {
        // What is drawn for decisions counts among the events.
        for (slot, input) in model.inputs.drawn.iter().enumerate().take(model.inputs.of_decisions.start) {
            let meaning = match input.distribution {
                Some(_) => format!("what was drawn for `{}`, in the unit that this key names", input.name),
                None => format!("uniform number that decides on `{}`", input.name),
            };
            let column = drawn(format!("input.{}", input.name), Kind::Number, String::new(), meaning);
            self.add(number, column, Source::Input(slot));
        }
    }

    /// A column in one scenario; if others have it already, it is the same one.
    fn add(&mut self, number: usize, column: Column, source: Source) {
        let place = self.columns.iter().position(|known| known.name == column.name).unwrap_or_else(|| {
            self.columns.push(column);
            self.cases.iter_mut().for_each(|case| case.sources.push(Source::Nothing));
            self.columns.len() - 1
        });
        self.cases[number].sources[place] = source;
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What a row is.
    pub fn says(&self) -> &'static str {
        match self.is_monthly {
            false => "a row for every trial and scenario; empty too where a scenario has no such column",
            true => "a row for every trial, scenario and month; empty too where a scenario has no such column",
        }
    }

    /// How many rows so many trials have.
    pub(super) fn rows(&self, trials: u64) -> u64 {
        let rows = |case: &Case| if self.is_monthly { case.months as u64 } else { 1 };
        trials.saturating_mul(self.cases.iter().map(rows).sum())
    }

    /// How many scenarios.
    pub(super) fn scenarios(&self) -> usize {
        self.cases.len()
    }

    /// Hands on the rows of trials, of which `rows` has what was kept, by scenario: to a file, or to whoever keeps them in memory.
    ///
    /// # Errors
    /// The first that `take` has.
    pub fn rows_of<E>(
        &self,
        trials: Range<u64>,
        rows: &[&TrialRows],
        mut take: impl FnMut(&[Cell<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (at, trial) in trials.enumerate() {
            for (case, rows) in self.cases.iter().zip(rows) {
                for month in 0..if self.is_monthly { case.months } else { 1 } {
                    cells.clear();
                    cells.extend(case.sources.iter().map(|source| case.cell(*source, rows, (at, trial), month)));
                    take(&cells)?;
                }
            }
        }
        Ok(())
    }
}

impl Case {
    fn cell(&self, source: Source, rows: &TrialRows, (at, trial): (usize, u64), month: usize) -> Cell<'_> {
        let outcome = |index: usize| rows.outcomes[at * self.outcomes + index];
        match source {
            Source::Nothing => Cell::Empty,
            Source::Trial => Cell::Integer(trial),
            Source::Scenario => Cell::Text(&self.id),
            Source::Month => Cell::Integer(month as u64),
            Source::DateOfMonth => Cell::Date(self.start.plus(month as i32)),
            Source::Outcome(index) => Cell::finite(outcome(index)),
            Source::DateOf(index) if outcome(index).is_finite() => {
                Cell::Date(self.start.plus(outcome(index).floor() as i32))
            }
            Source::DateOf(_) => Cell::Empty,
            Source::Claim(test, index) => Cell::Boolean(test.holds(outcome(index))),
            Source::Input(slot) => Cell::finite(rows.inputs[at * self.inputs + slot]),
            Source::Series(place) => Cell::finite(rows.series[(at * self.series + place) * self.months + month]),
        }
    }
}

fn drawn(name: String, kind: Kind, unit: String, meaning: String) -> Column {
    Column { name: Cow::Owned(name), kind, unit: Cow::Owned(unit), meaning: Cow::Owned(meaning), is_full: false }
}
