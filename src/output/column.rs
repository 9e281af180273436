//! Columns of tables: what each is called, what it holds, in which unit, and what it means. Headers, schemas and the pages of the
//! documentation are made of these.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::config::Month;

/// What the cells of a column hold, where they are not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number, in a float of 64 bits.
    Number,
    /// True or false.
    Boolean,
    /// A day of the calendar, `YYYY-MM-DD`.
    Date,
    /// A month of the calendar, `YYYY-MM`.
    Month,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What its header says.
    pub name: Cow<'static, str>,
    /// What its cells hold.
    pub kind: Kind,
    /// Unit of its numbers; empty where there is none, or where another column has it.
    pub unit: Cow<'static, str>,
    /// What it says, in words.
    pub meaning: Cow<'static, str>,
    /// Whether no cell is empty.
    pub is_full: bool,
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(u64),
    /// A finite number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// The first day of a month.
    Date(Month),
}

impl Cell<'_> {
    /// A number, or nothing where it is infinite, which stands for "never", or for no value.
    pub fn finite(value: f64) -> Self {
        if value.is_finite() { Cell::Number(value) } else { Cell::Empty }
    }
}

impl Column {
    /// One that is known when the program is written.
    pub const fn known(name: &'static str, kind: Kind, unit: &'static str, meaning: &'static str) -> Self {
        let (name, unit, meaning) = (Cow::Borrowed(name), Cow::Borrowed(unit), Cow::Borrowed(meaning));
        Column { name, kind, unit, meaning, is_full: false }
    }

    /// The same, without an empty cell.
    pub const fn full(name: &'static str, kind: Kind, unit: &'static str, meaning: &'static str) -> Self {
        let (name, unit, meaning) = (Cow::Borrowed(name), Cow::Borrowed(unit), Cow::Borrowed(meaning));
        Column { name, kind, unit, meaning, is_full: true }
    }
}

impl Kind {
    /// Its type in a Frictionless Table Schema.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Date => "date",
            Kind::Month => "yearmonth",
        }
    }
}

/// The Frictionless Table Schema of these columns, with a `unit` for each that has one.
pub fn schema(columns: &[Column]) -> Value {
    let field = |column: &Column| {
        let mut field = json!({ "name": column.name, "type": column.kind.word(), "description": column.meaning });
        if !column.unit.is_empty() {
            field["unit"] = json!(column.unit);
        }
        if column.is_full {
            field["constraints"] = json!({ "required": true });
        }
        field
    };
    json!({ "fields": columns.iter().map(field).collect::<Vec<_>>(), "missingValues": [""] })
}

/// The first day of a month, counted in days from the first of 1970.
pub fn days_since_1970(month: Month) -> i32 {
    // Years from March on, so that the day of a leap year comes last (Hinnant, "chrono-compatible low-level date algorithms").
    let (year, number) = (month.year(), month.month() as i32);
    let (year, since_march) = if number > 2 { (year, number - 3) } else { (year - 1, number + 9) };
    let days_before = (153 * since_march + 2) / 5;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + days_before - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let days = |text: &str| days_since_1970(text.parse().expect("a month"));
        // As `date -d 2028-03-01 +%s` tells, over 86 400.
        let known = [
            ("1970-01", 0),
            ("1970-02", 31),
            ("1900-03", -25_508),
            ("2000-03", 11_017),
            ("2028-03", 21_244),
            ("2100-03", 47_541),
        ];
        for (text, number) in known {
            assert_eq!(days(text), number, "{text}");
        }
        // 146 097 days in 400 years, and no month but of 28 to 31 days.
        assert_eq!(days("2400-02") - days("2000-02"), 146_097);
        let first: Month = "1899-01".parse().expect("a month");
        let lengths =
            (0..7200).map(|number| days_since_1970(first.plus(number + 1)) - days_since_1970(first.plus(number)));
        assert!(lengths.into_iter().all(|days| (28..=31).contains(&days)));
    }
}
