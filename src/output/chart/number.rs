//! Figures as charts print them: no more digits than one reads, the unit never on another line.

use crate::config::Month;
use crate::model::Unit;
use crate::output::words::{self, Number};

pub use crate::output::words::exponent;
use crate::summary::Estimate;

/// Holds a figure and its unit together.
const GAP: char = '\u{a0}';

/// Text of [`words`] with its spaces made unbreakable.
fn held(text: String) -> String {
    text.replace(' ', "\u{a0}")
}

/// A whole number with separators: `20 000`.
pub fn grouped(number: u64) -> String {
    held(words::count(number))
}

/// A share: `<0.1 %`, one decimal below 1 % and above 99 %, none between.
pub fn share(value: f64) -> String {
    held(words::share(value))
}

/// A month: `Mar 2034`.
pub fn month(month: Month) -> String {
    held(words::month(month))
}

/// A number with so many decimals, and separators.
pub fn decimals(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "\u{221e}".into();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let minus = if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) { "\u{2212}" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    // Numbers of seventeen digits and more are never printed so.
    let whole = whole.parse().map_or_else(|_| whole.into(), grouped);
    format!("{minus}{whole}{point}{part}")
}

/// A number with so many significant digits, without noughts at the end.
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { "\u{221e}".into() };
    }
    // Rounded first: 9.996 with three digits is 10.0, not 9.996 with the decimals of a 9.
    let rounded: f64 = format!("{:.*e}", digits.max(1) - 1, value).parse().unwrap_or(value);
    let places = digits as i32 - 1 - exponent(rounded);
    if exponent(rounded) < -4 {
        // The shortest form that is the same number.
        return format!("{rounded:e}");
    }
    let text = decimals(rounded, places.max(0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// An estimated probability. Where no trial or every trial counts, the end of the interval: `<4 %`, never a bare 0.
pub fn probability(estimate: &Estimate) -> String {
    held(words::chance(estimate))
}

/// The interval of a probability: `53 to 57 %`.
pub fn interval(estimate: &Estimate) -> Option<String> {
    estimate.low.zip(estimate.high)?;
    let [low, high] = words::interval(estimate, Number::Probability)?.map(held);
    let bare = low.trim_end_matches('%').trim_end_matches(GAP);
    Some(if low == high { high } else { format!("{bare} to {high}") })
}

/// So many months: `18 months`, `10 years`.
pub fn duration(months: u64) -> String {
    held(words::duration(months))
}

/// A unit for an axis or a figure: what to divide by, and what to print.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// One printed unit is so many of the series' own.
    pub one: f64,
    /// Printed before a figure.
    pub before: String,
    /// Printed after it, with the space that belongs there.
    pub after: String,
    /// In words, for a subtitle.
    pub words: String,
}

impl Scale {
    /// A figure as it stands on an axis of this scale, three digits of it: without the unit, but for a percent sign.
    pub fn figure(&self, unit: Unit, value: f64) -> String {
        if unit == Unit::Fraction { quantity(unit, value) } else { significant(value / self.one, 3) }
    }
}

/// The scale on which values of a unit up to `largest` are read best.
pub fn scale(unit: Unit, largest: f64) -> Scale {
    let plain =
        |one, after: &str, words: &str| Scale { one, before: String::new(), after: after.into(), words: words.into() };
    match unit {
        Unit::Fraction => plain(0.01, "\u{a0}%", "%"),
        Unit::Days => plain(1.0, "\u{a0}days", "days"),
        Unit::Months => plain(1.0, "\u{a0}months", "months"),
        Unit::Episodes => plain(1.0, "\u{a0}episodes", "episodes"),
        Unit::Decisions => plain(1.0, "\u{a0}decisions", "decisions"),
        Unit::Multiple => plain(1.0, "\u{d7}", "times"),
        Unit::Tonnes | Unit::TonnesPerMonth => {
            let (one, size, letter) = pick(largest, AMOUNTS);
            plain(one, &format!("{GAP}{letter}t"), &format!("{size}tonnes"))
        }
        Unit::Amount(name) | Unit::AmountPerMonth(name) => {
            let (one, size, _) = pick(largest, COUNTS);
            let words = format!("{size}{}", name.as_str());
            plain(one, &format!("{GAP}{}", held(words.clone())), &words)
        }
        Unit::Usd | Unit::UsdPerMonth => money("USD", largest),
        Unit::Money(name) | Unit::MoneyPerMonth(name) => money(name.as_str(), largest),
    }
}

/// Sizes: from where on, so many at once, in words, and for short.
type Sizes = [(f64, f64, &'static str, &'static str); 4];

const AMOUNTS: Sizes =
    [(1e10, 1e9, "billion ", "G"), (1e7, 1e6, "million ", "M"), (1e4, 1e3, "thousand ", "k"), (0.0, 1.0, "", "")];

/// Where the size is a word, it is taken sooner: nobody says 8360 thousand vials.
const COUNTS: Sizes =
    [(1e9, 1e9, "billion ", ""), (1e6, 1e6, "million ", ""), (1e4, 1e3, "thousand ", ""), (0.0, 1.0, "", "")];

const SUMS: Sizes = [
    (1e12, 1e12, "trillion ", "\u{a0}trn"),
    (1e9, 1e9, "billion ", "\u{a0}bn"),
    (1e6, 1e6, "million ", "\u{a0}m"),
    (0.0, 1.0, "", ""),
];

/// The size in which values up to `largest` are read best.
fn pick(largest: f64, sizes: Sizes) -> (f64, &'static str, &'static str) {
    let [most, ..] = sizes;
    let (_, one, words, short) = sizes.into_iter().find(|(from, ..)| largest.abs() >= *from).unwrap_or(most);
    (one, words, short)
}

/// The scale of money.
fn money(currency: &str, largest: f64) -> Scale {
    let (one, size, after) = pick(largest, SUMS);
    Scale {
        one,
        before: format!("{}{GAP}", held(currency.into())),
        after: after.into(),
        words: format!("{size}{currency}"),
    }
}

/// A value with its unit and three significant digits: `12.3 kt`, `45 %`, `1 month`.
pub fn quantity(unit: Unit, value: f64) -> String {
    on_scale(unit, &scale(unit, value), value)
}

/// The same on a given scale.
fn on_scale(unit: Unit, scale: &Scale, value: f64) -> String {
    if unit == Unit::Fraction && (0.0..=1.0).contains(&value) {
        return share(value);
    }
    let size = value / scale.one;
    let text = match unit {
        Unit::Fraction => decimals(size, 0),
        Unit::Months | Unit::Episodes | Unit::Decisions | Unit::Days if size.abs() < 1e6 => {
            decimals(size, usize::from(size.fract() != 0.0))
        }
        _ => significant(size, 3),
    };
    let is_counted = matches!(unit, Unit::Days | Unit::Months | Unit::Episodes);
    let after = if text == "1" && is_counted { scale.after.trim_end_matches('s') } else { &scale.after };
    format!("{}{text}{after}", scale.before)
}

/// From one value to another, the unit said once: `38.5 to 41.2 kt`.
pub fn range(unit: Unit, low: f64, high: f64) -> String {
    let (first, last) = (quantity(unit, low), quantity(unit, high));
    let after = scale(unit, high).after;
    match first.strip_suffix(&after) {
        _ if first == last => last,
        Some(bare) if last.ends_with(&after) => format!("{bare} to {last}"),
        _ => format!("{first} to {last}"),
    }
}

/// A quantity with as many digits as its interval supports, on the scale that suits values up to `largest`: three, as in
/// the tables, or two where the interval is wider than a tenth of it. Where there is no value, where it lies instead.
pub fn amount_among(unit: Unit, estimate: &Estimate, largest: f64) -> String {
    let Some(value) = estimate.value else { return held(words::value(estimate, |limit| quantity(unit, limit))) };
    // A value far below the others keeps a scale of its own: `71 t` beside `12 kt`.
    let scale = if value < 0.1 * scale(unit, largest).one { scale(unit, value) } else { scale(unit, largest) };
    let rounded: f64 = format!("{value:.1e}").parse().unwrap_or(value);
    // A value that rounding would put outside its own interval keeps its digits too.
    let known = estimate
        .low
        .zip(estimate.high)
        .is_some_and(|(low, high)| high - low <= 0.1 * value.abs() || !(low..=high).contains(&rounded));
    if known || matches!(unit, Unit::Months | Unit::Episodes | Unit::Decisions | Unit::Fraction) {
        return on_scale(unit, &scale, value);
    }
    on_scale(unit, &scale, rounded)
}

/// A quantity with as many digits as its interval supports.
pub fn amount(unit: Unit, estimate: &Estimate) -> String {
    amount_among(unit, estimate, estimate.value.unwrap_or(0.0))
}

/// A share in words where it has some: `half`, `one in ten`.
pub fn fraction(value: f64) -> String {
    if (value - 0.5).abs() < 0.005 {
        "half".into()
    } else if (value - 0.1).abs() < 0.005 {
        "one in ten".into()
    } else {
        share(value)
    }
}

/// A date that lies between two: the month if they agree, the year if that agrees, otherwise both years. Without a latest
/// one it may lie beyond the horizon.
pub fn date_between(start: Month, earliest: usize, latest: Option<usize>) -> String {
    let early = start.plus(earliest as i32);
    let Some(late) = latest.map(|latest| start.plus(latest as i32)) else {
        return format!("{} or later", early.year());
    };
    if early == late {
        month(early)
    } else if early.year() == late.year() {
        early.year().to_string()
    } else {
        format!("{}\u{2013}{}", early.year(), late.year())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnitName;

    #[test]
    fn dates_and_amounts_claim_no_more_than_is_known() {
        let start: Month = "2025-11".parse().unwrap();
        assert_eq!(date_between(start, 100, Some(100)), "Mar\u{a0}2034");
        assert_eq!(date_between(start, 100, Some(104)), "2034");
        assert_eq!(date_between(start, 97, Some(120)), "2033\u{2013}2035");
        assert_eq!(date_between(start, 97, None), "2033 or later");
        let estimate =
            |low, high| Estimate { value: Some(12_345.0), low: Some(low), high: Some(high), ..Estimate::default() };
        assert_eq!(plain(amount(Unit::Tonnes, &estimate(12_300.0, 12_400.0))), "12.3 kt");
        assert_eq!(plain(amount(Unit::Tonnes, &estimate(11_000.0, 13_000.0))), "12 kt");
        assert_eq!(plain(amount_among(Unit::Tonnes, &estimate(11_000.0, 13_000.0), 1e8)), "12 kt");
        assert_eq!(
            plain(amount_among(Unit::Tonnes, &Estimate { value: Some(6400.0), ..estimate(6000.0, 7000.0) }, 5e4)),
            "6.4 kt"
        );
        assert_eq!(
            (fraction(0.4951), fraction(0.0999), fraction(0.44)),
            ("half".into(), "one in ten".into(), share(0.44))
        );
    }

    fn plain(text: String) -> String {
        text.replace(GAP, " ")
    }

    #[test]
    fn no_trial_is_not_a_probability_of_nought() {
        let estimate = |value, low, high| Estimate { value: Some(value), low, high, ..Estimate::default() };
        for (estimate, expected) in [
            (estimate(0.0, Some(0.0), Some(0.0362)), "<4 %"),
            (estimate(0.0, Some(0.0), Some(0.0036)), "<0.4 %"),
            (estimate(0.0, Some(0.0), Some(0.00018)), "<0.02 %"),
            (estimate(1.0, Some(0.9638), Some(1.0)), ">96 %"),
            (estimate(1.0, Some(0.99982), Some(1.0)), ">99.98 %"),
            (estimate(0.0, Some(0.0), Some(0.975)), "<98 %"),
            (estimate(0.44, Some(0.43), Some(0.45)), "44 %"),
        ] {
            assert_eq!(plain(probability(&estimate)), expected, "{estimate:?}");
        }
        assert_eq!(plain(interval(&estimate(0.44, Some(0.431), Some(0.449))).unwrap()), "43.1 to 44.9 %");
        assert_eq!(interval(&estimate(0.44, None, Some(0.449))), None);
    }

    #[test]
    fn quantities_carry_a_unit_that_suits_their_size() {
        for (unit, value, expected) in [
            (Unit::Tonnes, 0.0, "0 t"),
            (Unit::Tonnes, 1e-9, "1e-9 t"),
            (Unit::Tonnes, 0.25, "0.25 t"),
            (Unit::Tonnes, 1.0, "1 t"),
            (Unit::Tonnes, 1234.4, "1230 t"),
            (Unit::Tonnes, 9999.9, "10 000 t"),
            (Unit::Tonnes, 12_345.0, "12.3 kt"),
            (Unit::Tonnes, 123_456.0, "123 kt"),
            (Unit::Tonnes, 1_234_567.0, "1230 kt"),
            (Unit::Tonnes, 12_345_678.0, "12.3 Mt"),
            (Unit::Tonnes, 1e12, "1000 Gt"),
            (Unit::Months, 1.0, "1 month"),
            (Unit::Months, 57.0, "57 months"),
            (Unit::Days, 12.5, "12.5 days"),
            (Unit::Multiple, 2.345, "2.35\u{d7}"),
            (Unit::Usd, 1.5e9, "USD 1.5 bn"),
            (Unit::Usd, 123_456.0, "USD 123 000"),
            (Unit::Amount(UnitName::new("vials").unwrap()), 1.0, "1 vials"),
            (Unit::Amount(UnitName::new("vials").unwrap()), 9999.0, "10 000 vials"),
            (Unit::AmountPerMonth(UnitName::new("kg").unwrap()), 12_345.0, "12.3 thousand kg"),
            (Unit::Amount(UnitName::new("vials").unwrap()), 8.36e6, "8.36 million vials"),
            (Unit::Amount(UnitName::new("kg").unwrap()), 2.5e8, "250 million kg"),
            (Unit::Money(UnitName::new("EUR").unwrap()), 1.5e9, "EUR 1.5 bn"),
            (Unit::Fraction, 0.456, "46 %"),
            (Unit::Fraction, 1.234, "123 %"),
            (Unit::Fraction, 0.0004, "<0.1 %"),
        ] {
            assert_eq!(plain(quantity(unit, value)), expected, "{value} {unit}");
        }
        assert_eq!(plain(range(Unit::Tonnes, 38_500.0, 41_200.0)), "38.5 to 41.2 kt");
        assert_eq!(plain(range(Unit::Tonnes, 8_500.0, 11_200.0)), "8500 t to 11.2 kt");
        let kg = Unit::Amount(UnitName::new("kg").unwrap());
        assert_eq!(plain(range(kg, 38_500.0, 41_200.0)), "38.5 to 41.2 thousand kg");
        assert_eq!(scale(kg, 5e4).words, "thousand kg");
        assert_eq!(scale(Unit::Money(UnitName::new("EUR").unwrap()), 5e6).words, "million EUR");
        assert_eq!(plain(range(Unit::Months, 12.0, 12.0)), "12 months");
    }

    #[test]
    fn dates_and_durations_are_read_at_once() {
        let start: Month = "2034-03".parse().unwrap();
        assert_eq!(plain(month(start)), "Mar 2034");
        for (months, expected) in
            [(1, "1 month"), (12, "1 year"), (18, "18 months"), (120, "10 years"), (1200, "100 years")]
        {
            assert_eq!(plain(duration(months)), expected);
        }
        assert_eq!(decimals(-0.04, 1), "0.0");
        assert_eq!(decimals(-1234.56, 1), "\u{2212}1234.6");
        assert_eq!(grouped(1_000_000), "1\u{a0}000\u{a0}000");
    }
}
