//! Months of the calendar.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A month of the calendar, written `YYYY-MM`; as a date it is the start of that month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String", extend("pattern" = "^(1[89][0-9]{2}|2[0-4][0-9]{2}|2500)-(0[1-9]|1[0-2])$"))]
pub struct Month {
    /// Months since January of year 0.
    ordinal: i32,
}

impl Month {
    /// Years from 1800 to 2500 are accepted.
    const YEARS: std::ops::RangeInclusive<i32> = 1800..=2500;

    /// Year of the calendar.
    pub fn year(self) -> i32 {
        self.ordinal.div_euclid(12)
    }

    /// Month of the year, 1 to 12.
    pub fn month(self) -> u32 {
        self.ordinal.rem_euclid(12) as u32 + 1
    }

    /// Whole months from `origin` to this month; negative before it.
    pub fn months_since(self, origin: Month) -> i32 {
        self.ordinal - origin.ordinal
    }

    /// The last of so many months from this one on: by its end, they have passed.
    pub fn last_of(self, months: usize) -> Month {
        self.plus(months as i32 - 1)
    }

    /// The month `months` later.
    pub fn plus(self, months: i32) -> Month {
        Month { ordinal: self.ordinal + months }
    }
}

/// Why a text is not a month, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMonth(String);

impl fmt::Display for InvalidMonth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidMonth {}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            let text: String = text.chars().take(40).collect();
            InvalidMonth(format!("`{text}` is not a month: write `YYYY-MM`, as in `2025-11`"))
        };
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(wrong());
        }
        let (year, month): (i32, i32) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        if !Self::YEARS.contains(&year) || !(1..=12).contains(&month) {
            return Err(InvalidMonth(format!("`{text}` is not a month between 1800-01 and 2500-12")));
        }
        Ok(Month { ordinal: 12 * year + month - 1 })
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year(), self.month())
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// So many months, as one says it: `18 months`, `10 years`, `16.8 years`.
pub fn duration(months: u64) -> String {
    match months {
        1 => "1 month".into(),
        12 => "1 year".into(),
        months if months.is_multiple_of(12) => format!("{} years", months / 12),
        months if months < 36 => format!("{months} months"),
        months => format!("{:.1} years", months as f64 / 12.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_counted_and_written() {
        let start: Month = "2025-11".parse().unwrap();
        assert_eq!((start.year(), start.month()), (2025, 11));
        assert_eq!(start.plus(14).to_string(), "2027-01");
        assert_eq!(start.last_of(12).to_string(), "2026-10");
        assert_eq!("2025-04".parse::<Month>().unwrap().months_since(start), -7);
        for wrong in ["2025", "2025-13", "2025-00", "25-11", "2025-1", "2025-011", "20x5-11", "9999-01", "", "-"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_said_in_months_or_years() {
        let said = [1, 11, 12, 18, 24, 35, 37, 120, 202].map(duration);
        let expected = [
            "1 month",
            "11 months",
            "1 year",
            "18 months",
            "2 years",
            "35 months",
            "3.1 years",
            "10 years",
            "16.8 years",
        ];
        assert_eq!(said, expected);
    }
}
