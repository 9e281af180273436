//! What stands in the tables that this program writes: the one source of their headers, of `datapackage.json`, and of
//! docs/output.md. Columns and their names never change once released; new ones are added at the end.

mod answers;
mod run;

use std::borrow::Cow;

use super::column::{Column, Kind};

/// A table that commands write.
#[derive(Debug)]
pub struct Described {
    /// Name of its file.
    pub name: &'static str,
    /// What a row is.
    pub rows: &'static str,
    /// Its columns.
    pub columns: fn() -> Vec<Column>,
}

/// All of them: first those of a run.
pub const TABLES: [Described; 18] = [
    run::PERCENTILES,
    run::TIMESERIES,
    run::MILESTONES,
    run::CLAIMS,
    run::INPUT_UNCERTAINTY,
    run::DRIVERS,
    run::YEARS,
    answers::DIFFERENCE,
    answers::RARE,
    answers::STRESS,
    answers::N_MINUS_ONE,
    answers::SIZE,
    answers::REQUIRE,
    answers::PAIRS,
    answers::BOX,
    answers::CHOOSE,
    answers::REGRET,
    answers::VALUE_OF_INFORMATION,
];

/// The columns of a table.
pub fn columns(name: &str) -> Option<Vec<Column>> {
    TABLES.iter().find(|known| known.name == name).map(|known| (known.columns)())
}

/// The columns of a table in Markdown, as docs/output.md has them.
pub fn markdown(table: &Described) -> String {
    let row = |column: &Column| format!("| `{}` | {} | {} |\n", column.name, column.unit, column.meaning);
    let rows: String = (table.columns)().iter().map(row).collect();
    format!("A row for {}.\n\n| column | unit | meaning |\n|---|---|---|\n{rows}", table.rows)
}

fn text(name: &'static str, meaning: &'static str) -> Column {
    Column::known(name, Kind::Text, "", meaning)
}

fn number(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column::known(name, Kind::Number, unit, meaning)
}

fn count(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column::known(name, Kind::Integer, unit, meaning)
}

fn flag(name: &'static str, meaning: &'static str) -> Column {
    Column::known(name, Kind::Boolean, "", meaning)
}

/// A number whose name is made of others.
fn made(name: String, unit: &'static str, meaning: String) -> Column {
    Column { name: Cow::Owned(name), meaning: Cow::Owned(meaning), ..number("", unit, "") }
}

/// The ends of an interval: `NAMElow` and `NAMEhigh`.
fn ends(name: &str, unit: &'static str, of: &str) -> [Column; 2] {
    [("low", "lower"), ("high", "upper")]
        .map(|(end, word)| made(format!("{name}{end}"), unit, format!("{word} end of the interval of {of}")))
}

/// An estimate and the ends of its interval, `NAME_ci_low` and `NAME_ci_high`.
fn estimate(name: &'static str, unit: &'static str, meaning: &'static str) -> [Column; 3] {
    let [low, high] = ends(&format!("{name}_ci_"), unit, &format!("`{name}`"));
    [number(name, unit, meaning), low, high]
}

/// Unit of numbers that stands in a column of its own.
const AS_TOLD: &str = "see `unit`";

const FRACTION: &str = "fraction";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_and_column_is_described_once() {
        for (number, table) in TABLES.iter().enumerate() {
            assert!(!TABLES[..number].iter().any(|other| other.name == table.name), "{} twice", table.name);
            let columns = (table.columns)();
            for (place, column) in columns.iter().enumerate() {
                let is_new = !columns[..place].iter().any(|other| other.name == column.name);
                assert!(is_new && !column.name.is_empty() && !column.meaning.is_empty(), "{}: {column:?}", table.name);
            }
        }
    }
}
