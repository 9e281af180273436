//! The CSV files of a run, with the columns that `described` has.

use super::{Results, described};
use crate::model::Unit;
use crate::summary::{Beyond, Estimate, SERIES_PERCENTILES};

/// Method of the interval of a percentile.
pub const RANKS: &str = "order statistics";
/// The same, of a probability.
pub const EXACT: &str = "Clopper-Pearson";
/// The same, of a mean.
pub const STUDENT: &str = "Student t";

/// Writes rows of text; quotes and escapes as needed.
pub struct Table {
    writer: csv::Writer<Vec<u8>>,
}

impl Table {
    /// With the header of a table that is described.
    pub fn described(name: &str) -> Self {
        let columns = described::columns(name).expect("every table is described");
        Table::new(&columns.iter().map(|column| &*column.name).collect::<Vec<_>>())
    }

    /// With this header.
    pub fn new(header: &[&str]) -> Self {
        let mut table = Table { writer: csv::Writer::from_writer(Vec::new()) };
        table.row(header.iter().map(|name| name.to_string()));
        table
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.writer.write_record(cells.into_iter().map(harmless)).expect("every row is as long as the header");
    }

    /// The bytes of the file.
    pub fn finish(self) -> Vec<u8> {
        self.writer.into_inner().expect("writing to memory does not fail")
    }
}

/// A spreadsheet takes text that starts like a formula for one; numbers are left as they are.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text
    }
}

/// A number in full precision; empty for none.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A table with a row for every statistic of every output, after columns that say of what.
pub struct Statistics {
    table: Table,
    confidence: f64,
    trials: u64,
}

impl Statistics {
    /// With the header of a table that is described.
    pub fn new(name: &str, confidence: f64, trials: u64) -> Self {
        Statistics { table: Table::described(name), confidence, trials }
    }

    /// Adds a row: the cells of the columns in front, the output and its unit, the statistic, its percentile if it has one,
    /// the estimate and the method of its interval.
    pub fn row(
        &mut self,
        first: &[&str],
        (output, unit): (&str, Unit),
        statistic: &str,
        percentile: Option<f64>,
        estimate: &Estimate,
        method: &str,
    ) {
        // Whatever the output: only probabilities have these intervals.
        let unit = if method == EXACT { Unit::Fraction } else { unit };
        let unit = unit.name();
        let cells = first.iter().copied().chain([output, &unit, statistic]).map(String::from);
        self.table.row(cells.chain([
            number(percentile),
            number(estimate.value),
            number(estimate.low),
            number(estimate.high),
            self.confidence.to_string(),
            method.into(),
            self.trials.to_string(),
            estimate.note.clone(),
        ]));
    }

    /// The bytes of the file.
    pub fn finish(self) -> Vec<u8> {
        self.table.finish()
    }
}

/// `percentiles.csv`: a row for every scenario, outcome and statistic.
pub fn percentiles(results: &Results<'_>) -> Vec<u8> {
    let mut table = Statistics::new("percentiles.csv", results.summary.confidence, results.summary.trials);
    for case in &results.summary.scenarios {
        for outcome in &case.outcomes {
            let mut row = |statistic: &str, percentile: Option<f64>, estimate: &Estimate, method: &str| {
                table.row(&[&case.id], (&outcome.name, outcome.unit), statistic, percentile, estimate, method);
            };
            row("mean", None, &outcome.mean, STUDENT);
            row("probability_zero", None, &outcome.zero, EXACT);
            row("probability_never", None, &outcome.never, EXACT);
            for percentile in &outcome.percentiles {
                row("percentile", Some(percentile.percent), &percentile.estimate, RANKS);
            }
        }
    }
    table.finish()
}

/// `timeseries.csv`: a row for every scenario, series and month.
pub fn timeseries(results: &Results<'_>) -> Vec<u8> {
    let mut table = Table::described("timeseries.csv");
    let start = results.study.config.start;
    for case in &results.summary.scenarios {
        for series in &case.series {
            for (month, (mean, percentiles)) in series.means.iter().zip(&series.percentiles).enumerate() {
                let mut row = vec![
                    case.id.clone(),
                    series.name.clone(),
                    series.unit.to_string(),
                    month.to_string(),
                    start.plus(month as i32).to_string(),
                    number(*mean),
                ];
                row.extend(percentiles.iter().map(|estimate| number(estimate.value)));
                row.extend(percentiles.iter().flat_map(|estimate| [number(estimate.low), number(estimate.high)]));
                row.push(results.summary.confidence.to_string());
                row.push(beyond(&series.notes[month], percentiles));
                let any = series.any.as_ref().map(|any| &any[month]);
                row.extend(
                    [any.and_then(|any| any.value), any.and_then(|any| any.low), any.and_then(|any| any.high)]
                        .map(number),
                );
                table.row(row);
            }
        }
    }
    table.finish()
}

/// What there is to know of a month: why it has no mean, and which percentiles lie beyond the ends of the histogram.
fn beyond(note: &str, percentiles: &[Estimate; 7]) -> String {
    let outside = SERIES_PERCENTILES.iter().zip(percentiles).filter(|(_, estimate)| estimate.beyond != Beyond::Never);
    let outside = outside.map(|(percent, estimate)| format!("p{percent}: {}", estimate.note));
    let notes = [note.to_string()].into_iter().filter(|note| !note.is_empty()).chain(outside);
    notes.collect::<Vec<_>>().join("; ")
}

/// `milestones.csv`: the probability that a milestone is reached by a date.
pub fn milestones(results: &Results<'_>) -> Vec<u8> {
    let mut table = Table::described("milestones.csv");
    for case in &results.summary.scenarios {
        for milestone in &case.milestones {
            for (month, estimate) in milestone.by_month.iter().enumerate() {
                table.row([
                    case.id.clone(),
                    milestone.id.clone(),
                    month.to_string(),
                    results.study.config.start.plus(month as i32).to_string(),
                    number(estimate.value),
                    number(estimate.low),
                    number(estimate.high),
                    results.summary.confidence.to_string(),
                    EXACT.into(),
                    results.summary.trials.to_string(),
                ]);
            }
        }
    }
    table.finish()
}

/// `claims.csv`: a row for every scenario and claim.
pub fn claims(results: &Results<'_>) -> Vec<u8> {
    let mut table = Table::described("claims.csv");
    for case in &results.summary.scenarios {
        for claim in &case.claims {
            table.row([
                case.id.clone(),
                claim.id.clone(),
                claim.who.clone(),
                number(claim.probability.value),
                number(claim.probability.low),
                number(claim.probability.high),
                claim.verdict.word().into(),
                claim.milestone.clone(),
                claim.says.clone(),
                claim.threshold.to_string(),
                claim.hits.to_string(),
                results.summary.trials.to_string(),
                results.summary.confidence.to_string(),
                EXACT.into(),
                claim.p_value.to_string(),
                claim.p_holm.to_string(),
                results.summary.claims_family.to_string(),
                claim.more_trials.map_or_else(String::new, |more| more.to_string()),
            ]);
        }
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_looks_like_a_formula_is_escaped_and_numbers_are_not() {
        for (text, expected) in
            [("=SUM(A1)", "'=SUM(A1)"), ("-1.5", "-1.5"), ("@x", "'@x"), ("plain", "plain"), ("-", "'-")]
        {
            assert_eq!(harmless(text.into()), expected);
        }
    }
}
