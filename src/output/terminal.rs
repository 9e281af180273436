//! What a run prints: the finding first, then the tables, then where the files are.

use std::path::Path;

pub use super::section::Screen;

use super::section::{Section, draw, draw_markdown, escape, main_outcomes, paint, wrap};
use super::spark::sparkline;
use super::words::{self, Number, probability, share};
use super::{
    Results, claims, drivers, expectations, finding, hints, in_any, input_uncertainty, json, matrix, other_meanings,
    years,
};
use crate::config::Run;
use crate::summary::{Beyond, Estimate, ExpectationResult, MilestoneResult, Outcome, Percentile, ScenarioResult, met};
use crate::text::visible;

/// Most bars in a row.
const MOST_BARS: usize = 25;

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The claims, the main milestone and the main outcome.
    Short,
    /// Every table.
    Full,
}

/// The report for people.
pub fn report(results: &Results<'_>, folder: &Path, screen: Screen, detail: Detail) -> String {
    let mut text = wrap(&results.study.config.title, screen.width);
    text.push('\n');
    for sentence in results.finding.lines() {
        text += &wrap(sentence, screen.width);
    }
    if let Some(claims) = claims::matrix(results).filter(|_| detail == Detail::Short) {
        text += &matrix::draw(&claims, screen);
    }
    let sections = if detail == Detail::Short { short(results) } else { full(results) };
    for section in sections {
        text += &draw(&section, screen);
    }
    let expectations = &results.summary.expectations;
    if !expectations.is_empty() {
        let title = "Expectations: met where the whole interval lies on the right side";
        text += &format!("\n{}", wrap(title, screen.width));
    }
    for expected in expectations {
        text += &expectation(expected, screen);
    }
    text += &format!("\n{}", wrap(&footer(results, detail), screen.width));
    let more = if detail == Detail::Short { "; `-v` prints all tables" } else { "" };
    text += &format!("Files are in {}{more}\n", visible(&folder.to_string_lossy()));
    if !expectations.is_empty() {
        text += &format!("{}\n", expectations::verdict(results.summary));
    }
    text
}

/// An expectation in one line where it fits, the verdict last.
fn expectation(expected: &ExpectationResult, screen: Screen) -> String {
    let line = format!(
        "{} in {}: {}, found {}: {}",
        expected.id,
        expected.scenario,
        expectations::statement(expected),
        expectations::found(expected),
        met(expected.verdict),
    );
    let lines = wrap(&line, screen.width.saturating_sub(2));
    paint(&lines.trim_end().replace('\n', "\n  "), screen) + "\n"
}

/// The same in Markdown, to paste into a pull request.
pub fn markdown(results: &Results<'_>) -> String {
    let mut text = format!("## {}\n\n", escape(&results.study.config.title));
    for sentence in results.finding.lines() {
        text += &format!("- {}\n", escape(sentence));
    }
    for section in full(results) {
        text += &draw_markdown(&section);
    }
    let expectations = &results.summary.expectations;
    if !expectations.is_empty() {
        text += "\n**Expectations**\n\n| expectation | scenario | statement | found | verdict |\n";
        text += "| --- | --- | --- | --- | --- |\n";
    }
    for expected in expectations {
        let (statement, found) = (expectations::statement(expected), expectations::found(expected));
        let cells = [&*expected.id, &expected.scenario, &statement, &found, met(expected.verdict)];
        text += &format!("| {} |\n", cells.map(escape).join(" | "));
    }
    text += &format!("\n{}\n", footer(results, Detail::Full));
    if !expectations.is_empty() {
        text += &format!("\n{}\n", expectations::verdict(results.summary));
    }
    text
}

fn footer(results: &Results<'_>, detail: Detail) -> String {
    let mut text = finding::basis(results.study, results.summary);
    if detail == Detail::Full {
        text += &format!(" {}.", json::PERCENTILE);
    }
    let hints = hints::held_back(results.summary).into_iter().chain(hints::shown_first(results.summary));
    hints.for_each(|hint| text += &format!(" {hint}"));
    text
}

/// The tables that are printed unless all are asked for, with the claims as a table like the others.
pub(super) fn in_short(results: &Results<'_>) -> Vec<Section> {
    claims::section(results).into_iter().chain(short(results)).collect()
}

/// Beside the claims, the main milestone and the main outcome, the medians with their interval.
fn short(results: &Results<'_>) -> Vec<Section> {
    let milestone = results.study.main_milestone().and_then(|id| dates(results, id).map(|table| (id, table)));
    let milestone = milestone.map(|(id, table)| match seldom(results, id, &table) {
        Some(said) => said,
        None => table.section(Detail::Short),
    });
    let outcome = results.summary.main_outcome().and_then(|name| outcome(results, name));
    let tables = [milestone, outcome.map(|table| table.section(Detail::Short))];
    let tables = tables.into_iter().flatten().chain(drivers::in_short(results));
    tables.chain(input_uncertainty::section(results)).collect()
}

/// The milestone of this id in a scenario that has it.
fn milestone<'a>(case: &'a ScenarioResult, id: &str) -> Option<&'a MilestoneResult> {
    case.milestones.iter().find(|milestone| milestone.id == id)
}

/// A sentence in place of dates that are all "never".
fn seldom(results: &Results<'_>, id: &str, table: &OutcomeTable<'_>) -> Option<Section> {
    let percents = table.percents();
    let outcomes = || table.cases.iter().map(|(_, outcome)| outcome);
    let is_never = |one: &Percentile| one.estimate.value.is_none() && one.estimate.beyond == Beyond::Never;
    let mut shown = outcomes().flat_map(|outcome| percents.iter().filter_map(|percent| outcome.percentile(*percent)));
    if !shown.all(is_never) {
        return None;
    }
    let ends = table.cases.iter().filter_map(|(case, _)| Some((case, milestone(case, id)?.by_month.last()?)));
    let (case, most) = ends.reduce(|a, b| if b.1.value > a.1.value { b } else { a })?;
    let months = milestone(case, id)?.by_month.len() - 1;
    let horizon = words::month(results.study.config.start.last_of(months));
    let few = percents.first()?;
    let every = if table.cases.len() > 1 { "In every scenario fewer" } else { "Fewer" };
    let most = match most.value {
        Some(0.0) => String::new(),
        _ => format!("; the most is {} ({})", words::chance(most), case.id),
    };
    let said = format!("{every} than {few} % of the simulated futures get there by {horizon}{most}.");
    Some(Section::sentence(format!("{}. {said}", table.title)))
}

/// Everything.
fn full(results: &Results<'_>) -> Vec<Section> {
    let mut sections: Vec<Section> = claims::section(results).into_iter().collect();
    let first = results.study.main_milestone().unwrap_or_default();
    let dates = |id: &str| dates(results, id).map(|table| table.section(Detail::Full));
    sections.extend(dates(first));
    sections.extend(by_year(results, first));
    let main = results.summary.main_outcome().unwrap_or_default();
    let outcomes = main_outcomes(main).into_iter().filter_map(|name| outcome(results, &name));
    sections.extend(outcomes.map(|table| table.section(Detail::Full)));
    sections.extend(years::section(results));
    sections.extend(drivers::section(results));
    sections.extend(input_uncertainty::section(results));
    let others = in_any(&results.summary.scenarios, |case| &case.milestones, |milestone| &milestone.id);
    sections.extend(others.iter().filter(|other| other.id != first).filter_map(|other| dates(&other.id)));
    sections
}

/// The probability of a milestone year by year, as a row of bars.
fn by_year(results: &Results<'_>, id: &str) -> Option<Section> {
    let cases = &results.summary.scenarios;
    let first = cases.iter().find_map(|case| milestone(case, id))?;
    let months = first.by_month.len().checked_sub(1)?;
    // A bar a year, fewer over a long horizon.
    let step = 12 * (months / 12).div_ceil(MOST_BARS).max(1);
    if months < 2 * step {
        return None;
    }
    let start = results.study.config.start;
    let ends = cases.iter().filter_map(|case| milestone(case, id)?.by_month.last()?.value);
    let top = ends.fold(0.0, f64::max);
    if top == 0.0 {
        return None; // nothing to be seen
    }
    let row = |case: &ScenarioResult| {
        let by_month = &milestone(case, id)?.by_month;
        let shares = (step..=months).step_by(step).map(|month| by_month[month].value.unwrap_or(0.0) / top);
        Some(vec![case.id.clone(), sparkline(shares), probability(by_month.last()?)])
    };
    let years = if step == 12 { "year".into() } else { format!("{} years", step / 12) };
    let title = format!("Chance by date: {} (a bar each {years}; full height: {})", first.title, share(top));
    let from_to = format!("{} to {}", start.last_of(step), start.last_of(months / step * step));
    let header = vec!["scenario".into(), from_to, format!("by {}", start.last_of(months))];
    Some(Section { title, header, rows: cases.iter().filter_map(row).collect(), notes: Vec::new() })
}

/// Percentiles of an outcome by scenario.
struct OutcomeTable<'a> {
    title: String,
    cases: Vec<(&'a ScenarioResult, &'a Outcome)>,
    figure: Number,
    /// Name of the trials that have no value to speak of, and their share.
    without: (&'static str, fn(&Outcome) -> &Estimate),
    notes: Vec<String>,
}

/// The table of an outcome, if any scenario has it.
fn outcome<'a>(results: &Results<'a>, name: &str) -> Option<OutcomeTable<'a>> {
    let cases = &results.summary.scenarios;
    let has = |case: &'a ScenarioResult| Some((case, case.outcomes.iter().find(|outcome| outcome.name == name)?));
    let found: Vec<_> = cases.iter().filter_map(has).collect();
    let (_, first) = found.first()?;
    let title = format!("{} ({}): {}", first.name, first.unit, first.meaning);
    let notes = other_meanings(cases, first);
    Some(OutcomeTable {
        title,
        cases: found,
        figure: Number::Amount,
        without: ("none", |outcome| &outcome.zero),
        notes,
    })
}

/// The table of a milestone's date.
fn dates<'a>(results: &Results<'a>, id: &str) -> Option<OutcomeTable<'a>> {
    let table = outcome(results, &format!("milestone.{id}"))?;
    let mut milestones = results.summary.scenarios.iter().flat_map(|case| &case.milestones);
    let title = format!("When: {}", milestones.find(|milestone| milestone.id == id)?.title);
    let (figure, without) = (Number::Date(results.study.config.start), ("never", never as fn(&Outcome) -> &Estimate));
    Some(OutcomeTable { title, figure, without, ..table })
}

fn never(outcome: &Outcome) -> &Estimate {
    &outcome.never
}

impl OutcomeTable<'_> {
    /// In short, the median alone has its interval.
    fn section(self, detail: Detail) -> Section {
        let percents = self.percents();
        let (name, share_without) = self.without;
        let mut header = vec!["scenario".to_string()];
        header.extend(percents.iter().map(|percent| format!("P{percent}")));
        header.push(name.into());
        let has_interval = |percent: f64| detail == Detail::Full || percent == 50.0;
        let cell = |found: &Percentile| match has_interval(found.percent) {
            // "Interval" is what the column is about.
            true => words::with_interval(&found.estimate, self.figure).replace("(interval needs", "(needs"),
            false => words::figure(&found.estimate, self.figure),
        };
        let row = |(case, outcome): &(&ScenarioResult, &Outcome)| {
            let mut row = vec![case.id.clone()];
            row.extend(percents.iter().map(|percent| outcome.percentile(*percent).map_or("-".into(), cell)));
            let without = share_without(outcome);
            row.push(if detail == Detail::Full { probability(without) } else { words::chance(without) });
            row
        };
        let rows = self.cases.iter().map(row).collect();
        let heavy = self.cases.iter().filter_map(|(case, outcome)| heavy(case, outcome));
        Section { title: self.title, header, rows, notes: self.notes.into_iter().chain(heavy).collect() }
    }

    /// Percentiles to print: all that are reported; three of those that are reported unless others are asked for.
    fn percents(&self) -> Vec<f64> {
        let asked = self.cases.first().map_or(&[][..], |(_, outcome)| &outcome.percentiles);
        let asked: Vec<f64> = asked.iter().map(|percentile| percentile.percent).collect();
        if asked == Run::default().percentiles { vec![5.0, 50.0, 95.0] } else { asked }
    }
}

/// Where few trials carry the mean of an outcome.
fn heavy(case: &ScenarioResult, outcome: &Outcome) -> Option<String> {
    let carried = share(outcome.heavy?);
    Some(format!("Mean of {} in {}: one trial carries {carried} of it; go by the percentiles.", outcome.name, case.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_no_word_and_tear_no_figure() {
        assert_eq!(wrap("in 20 000 of (1 200 300).", 8), "in\n20 000\nof\n(1 200 300).\n");
        assert_eq!(wrap("about 12 %, 13 of", 8), "about\n12 %, 13\nof\n");
        let text = "one two three four";
        assert_eq!(wrap(text, 9), "one two\nthree\nfour\n");
        assert_eq!(wrap(text, 80), "one two three four\n");
        assert_eq!(wrap("", 80), "\n");
    }

    #[test]
    fn names_cannot_format_markdown() {
        assert_eq!(escape("<b>|*_x_*"), "&lt;b&gt;\\|\\*\\_x\\_\\*");
    }
}
