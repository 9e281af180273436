//! What a run prints: the finding first, then the tables, then where the files are.

use std::path::Path;

use super::section::{CLAIM, SHADES, Section, WIDTH, draw, draw_markdown, escape, main_outcomes, two_lines, wrap};
use super::spark::sparkline;
use super::words::{amount, count, probability, share};
use super::{Results, drivers, expectations, finding, hints, in_any, input_uncertainty, json, other_meanings, years};
use crate::config::Month;
use crate::model::LIMITS;
use crate::summary::{ClaimResult, Estimate, ExpectationResult, Outcome, ScenarioResult, Summary, Verdict, met};

/// Most bars in a row.
const MOST_BARS: usize = 25;

/// The report for people.
pub fn report(results: &Results<'_>, folder: &Path, colour: bool) -> String {
    let mut text = format!("{}\n\n", results.study.config.title);
    for sentence in results.finding.lines() {
        text += &wrap(sentence, WIDTH);
    }
    for section in sections(results) {
        text += &draw(&section, colour);
    }
    let expectations = &results.summary.expectations;
    if !expectations.is_empty() {
        text += "\nExpectations: met where the whole interval lies on the right side\n";
    }
    for expected in expectations {
        text += &expectation(expected, colour);
    }
    text += &format!("\n{}", wrap(&footer(results), WIDTH));
    text += &format!("Files are in {}\n", folder.display());
    if !expectations.is_empty() {
        text += &format!("{}\n", expectations::verdict(results.summary));
    }
    text
}

/// An expectation in one line where it fits, the verdict first.
fn expectation(expected: &ExpectationResult, colour: bool) -> String {
    let line = format!(
        "{}: {} in {}: {}, found {}",
        met(expected.verdict),
        expected.id,
        expected.scenario,
        expectations::statement(expected),
        expectations::found(expected)
    );
    let line = wrap(&line, WIDTH).trim_end().replace('\n', "\n  ");
    let word = met(expected.verdict);
    let shade = SHADES.iter().find(|(verdict, _)| *verdict == expected.verdict).map_or(0, |(_, shade)| *shade);
    match line.strip_prefix(word) {
        Some(rest) if colour => format!("\x1b[{shade}m{word}\x1b[0m{rest}\n"),
        _ => line + "\n",
    }
}

/// The same in Markdown, to paste into a pull request.
pub fn markdown(results: &Results<'_>) -> String {
    let mut text = format!("## {}\n\n", escape(&results.study.config.title));
    for sentence in results.finding.lines() {
        text += &format!("- {}\n", escape(sentence));
    }
    for section in sections(results) {
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
    text += &format!("\n{}\n", footer(results));
    if !expectations.is_empty() {
        text += &format!("\n{}\n", expectations::verdict(results.summary));
    }
    text
}

fn footer(results: &Results<'_>) -> String {
    let basis = finding::basis(results.study, results.summary);
    let text = format!("{basis} Intervals stand below or behind the estimate. {}.", json::PERCENTILE);
    [text].into_iter().chain(hints::held_back(results.summary)).collect::<Vec<_>>().join(" ")
}

fn sections(results: &Results<'_>) -> Vec<Section> {
    let mut sections = Vec::new();
    let cases = &results.summary.scenarios;
    if cases.iter().any(|case| !case.claims.is_empty()) {
        sections.push(claims(cases, results.summary));
    }
    let start = results.study.config.start;
    let first = results.study.main_milestone().unwrap_or_default();
    let dates = |id: &str, title: &str| {
        let (name, title) = (format!("milestone.{id}"), format!("When: {title}"));
        section(title, &name, cases, "never", |outcome| &outcome.never, &|months| at(start, months))
    };
    let milestones = in_any(cases, |case| &case.milestones, |milestone| &milestone.id);
    let main_first = milestones.iter().filter(|milestone| milestone.id == first);
    sections.extend(main_first.filter_map(|milestone| dates(&milestone.id, &milestone.title)));
    sections.extend(by_year(results, first));
    let main = results.study.main_outcome().unwrap_or_default();
    for name in main_outcomes(&main) {
        let Some(outcome) = cases.iter().flat_map(|case| &case.outcomes).find(|outcome| outcome.name == name) else {
            continue;
        };
        let title = format!("{} ({}): {}", outcome.name, outcome.unit, outcome.meaning);
        let mut table = section(title, &name, cases, "none", |outcome| &outcome.zero, &amount);
        table.iter_mut().for_each(|table| table.notes.extend(other_meanings(cases, outcome)));
        sections.extend(table);
    }
    sections.extend(years::section(results));
    sections.extend(drivers::section(results));
    sections.extend(input_uncertainty::section(results));
    let others = milestones.iter().filter(|milestone| milestone.id != first);
    sections.extend(others.filter_map(|milestone| dates(&milestone.id, &milestone.title)));
    sections
}

/// The probability of a milestone year by year, as a row of bars.
fn by_year(results: &Results<'_>, id: &str) -> Option<Section> {
    let cases = &results.summary.scenarios;
    let found = |case: &'_ ScenarioResult| case.milestones.iter().position(|milestone| milestone.id == id);
    let milestone = cases.iter().flat_map(|case| &case.milestones).find(|milestone| milestone.id == id)?;
    let months = milestone.by_month.len().checked_sub(1)?;
    // A bar a year, fewer over a long horizon.
    let step = 12 * (months / 12).div_ceil(MOST_BARS).max(1);
    if months < 2 * step {
        return None;
    }
    let start = results.study.config.start;
    let ends = cases.iter().filter_map(|case| case.milestones[found(case)?].by_month.last()?.value);
    let top = ends.fold(0.0, f64::max);
    if top == 0.0 {
        return None; // nothing to be seen
    }
    let row = |case: &ScenarioResult| {
        let by_month = &case.milestones[found(case)?].by_month;
        let shares = (step..=months).step_by(step).map(|month| by_month[month].value.unwrap_or(0.0) / top);
        Some(vec![case.id.clone(), sparkline(shares), probability(by_month.last()?)])
    };
    let years = if step == 12 { "year".into() } else { format!("{} years", step / 12) };
    let title = format!("Chance by date: {} (a bar each {years}; full height: {})", milestone.title, share(top));
    let from_to = format!("{} to {}", start.plus(step as i32), start.plus((months / step * step) as i32));
    let header = vec!["scenario".into(), from_to, format!("by {}", start.plus(months as i32))];
    Some(Section { title, header, rows: cases.iter().filter_map(row).collect(), notes: Vec::new() })
}

fn claims(cases: &[ScenarioResult], summary: &Summary) -> Section {
    let header = ["claim", "scenario", "probability", "verdict"];
    let mut rows = Vec::new();
    for claim in in_any(cases, |case| &case.claims, |claim| &claim.id) {
        // The claim's name runs down beside its scenarios, a line each.
        let mut name: Vec<String> = wrap(&claim.title, CLAIM).lines().map(String::from).collect();
        name.extend(wrap(&claim.who, CLAIM).lines().filter(|line| !line.is_empty()).map(String::from));
        let twin = |case: &'_ ScenarioResult| case.claims.iter().position(|twin| twin.id == claim.id);
        let twins = cases.iter().filter_map(|case| Some((case, &case.claims[twin(case)?])));
        let count = twins.clone().count();
        for (position, (case, twin)) in twins.enumerate() {
            let lines = if position + 1 == count {
                &name[position.min(name.len())..]
            } else {
                name.get(position..=position).unwrap_or(&[])
            };
            let lines = lines.join("\n");
            // A scenario may have changed what is claimed.
            let own = if twin.says == claim.says { String::new() } else { format!("\n{}", wrap(&twin.says, CLAIM)) };
            let scenario = format!("{}{}", case.id, own.trim_end());
            rows.push(vec![lines, scenario, probability(&twin.probability), twin.verdict.word().into()]);
        }
    }
    let thresholds: Vec<f64> = cases.iter().flat_map(|case| &case.claims).map(|claim| claim.threshold).collect();
    let same = thresholds.windows(2).all(|pair| pair[0] == pair[1]);
    let threshold = thresholds.first().filter(|_| same).map_or("its threshold".into(), |threshold| share(*threshold));
    let title = match summary.claims_family {
        1 => format!("Claims: supported where the interval of the probability lies above {threshold}"),
        family => format!(
            "Claims: supported where the probability lies above {threshold}; all {family} verdicts together hold at {} \
             confidence (Holm), each interval at its own",
            share(summary.verdict_confidence)
        ),
    };
    let notes = cases.iter().flat_map(undecided).collect();
    Section { title, header: header.map(String::from).into(), rows, notes }
}

/// What would decide the undecided claims of a scenario.
fn undecided(case: &ScenarioResult) -> Vec<String> {
    let open = case.claims.iter().filter(|claim| claim.verdict == Verdict::Undecided);
    let say = |claim: &ClaimResult| {
        let what = match claim.more_trials {
            Some(more) if more <= LIMITS.trials.most => {
                format!("about {} more trials would decide, if the estimate is right", count(more))
            }
            _ => "the estimate lies so near the threshold that no number of trials is likely to decide".into(),
        };
        format!("Undecided: {} in {}: {what}.", claim.title, case.id)
    };
    open.map(say).collect()
}

/// Where few trials carry the mean of an outcome.
fn heavy(case: &ScenarioResult, outcome: &Outcome) -> Option<String> {
    let carried = share(outcome.heavy?);
    Some(format!("Mean of {} in {}: one trial carries {carried} of it; go by the percentiles.", outcome.name, case.id))
}

/// A table of an outcome's percentiles by scenario, with the share of trials that have no value to speak of.
fn section(
    title: String,
    name: &str,
    cases: &[ScenarioResult],
    without: &str,
    share_without: impl Fn(&Outcome) -> &Estimate,
    write: &dyn Fn(f64) -> String,
) -> Option<Section> {
    let outcome = |case: &'_ ScenarioResult| case.outcomes.iter().position(|outcome| outcome.name == name);
    let percents = chosen(cases.iter().flat_map(|case| &case.outcomes).find(|outcome| outcome.name == name)?);
    let mut header = vec!["scenario".to_string()];
    header.extend(percents.iter().map(|percent| format!("P{percent}")));
    header.push(without.into());
    let rows = cases.iter().filter_map(|case| {
        let outcome = &case.outcomes[outcome(case)?];
        let mut row = vec![case.id.clone()];
        for percent in &percents {
            let found = outcome.percentiles.iter().find(|percentile| percentile.percent == *percent)?;
            row.push(two_lines(&found.estimate, write));
        }
        row.push(two_lines(share_without(outcome), &share));
        Some(row)
    });
    let notes = cases.iter().filter_map(|case| heavy(case, &case.outcomes[outcome(case)?])).collect();
    Some(Section { title, rows: rows.collect(), header, notes })
}

/// At most three of the percentiles: what fits beside a scenario's name.
fn chosen(outcome: &Outcome) -> Vec<f64> {
    let all: Vec<f64> = outcome.percentiles.iter().map(|percentile| percentile.percent).collect();
    if [5.0, 50.0, 95.0].iter().all(|percent| all.contains(percent)) {
        return vec![5.0, 50.0, 95.0];
    }
    let mut some = vec![all[0], all[all.len() / 2], all[all.len() - 1]];
    some.dedup();
    some
}

fn at(start: Month, months: f64) -> String {
    start.plus(months as i32).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_no_word() {
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
