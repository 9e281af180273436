//! Figures as charts print them: no more digits than one reads, the unit never on another line.

use crate::config::Month;
use crate::summary::Estimate;

/// Holds a figure and its unit together.
const GAP: char = '\u{a0}';

/// A whole number with separators: `20,000`.
pub fn grouped(number: u64) -> String {
    group(&number.to_string())
}

/// Puts separators between the thousands of a string of digits.
fn group(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with so many decimals, and separators.
pub fn decimals(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let minus = if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) { "\u{2212}" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{minus}{}{point}{part}", group(whole))
}

/// Decimal exponent of a number: 3 for 1234.
pub fn exponent(value: f64) -> i32 {
    let text = format!("{:e}", value.abs());
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
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
        return format!("{:.*e}", digits.max(1) - 1, rounded).replace(".0e", "e").replace("00e", "e");
    }
    let text = decimals(rounded, places.max(0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// A probability as a share: `<0.1 %`, one decimal below 1 % and above 99 %, none between.
pub fn share(value: f64) -> String {
    let percent = 100.0 * value;
    if value <= 0.0 {
        format!("0{GAP}%")
    } else if value >= 1.0 {
        format!("100{GAP}%")
    } else if percent < 0.1 {
        format!("<0.1{GAP}%")
    } else if percent > 99.9 {
        format!(">99.9{GAP}%")
    } else if percent < 0.95 || percent > 99.05 {
        format!("{percent:.1}{GAP}%")
    } else {
        format!("{percent:.0}{GAP}%")
    }
}

/// An estimated probability. Where no trial or every trial counts, the end of the interval: `<4 %`, never a bare 0.
pub fn probability(estimate: &Estimate) -> String {
    let value = estimate.value.unwrap_or(0.0);
    match (estimate.low, estimate.high) {
        (_, Some(high)) if value <= 0.0 => format!("<{}", bound(high)),
        (Some(low), _) if value >= 1.0 => format!(">{}", bound_below(low)),
        _ => share(value),
    }
}

/// The interval of a probability: `53 to 57 %`.
pub fn interval(estimate: &Estimate) -> Option<String> {
    let (low, high) = (share(estimate.low?), share(estimate.high?));
    let bare = low.trim_end_matches('%').trim_end_matches(GAP);
    Some(if low == high { high } else { format!("{bare} to {high}") })
}

/// An upper bound, rounded up: it must stay one.
fn bound(high: f64) -> String {
    let percent = 100.0 * high;
    if percent <= 0.1 {
        format!("0.1{GAP}%")
    } else if percent <= 0.95 {
        format!("{:.1}{GAP}%", (10.0 * percent).ceil() / 10.0)
    } else {
        format!("{:.0}{GAP}%", percent.ceil())
    }
}

/// A lower bound, rounded down.
fn bound_below(low: f64) -> String {
    let percent = 100.0 * low;
    if percent >= 99.9 {
        format!("99.9{GAP}%")
    } else if percent >= 99.05 {
        format!("{:.1}{GAP}%", (10.0 * percent).floor() / 10.0)
    } else {
        format!("{:.0}{GAP}%", percent.floor())
    }
}

/// A month: `Mar 2034`.
pub fn month(month: Month) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!("{}{GAP}{}", NAMES[(month.month() as usize - 1) % 12], month.year())
}

/// So many months, in years where they are whole: `18 months`, `10 years`.
pub fn duration(months: u64) -> String {
    match months {
        1 => format!("1{GAP}month"),
        12 => format!("1{GAP}year"),
        months if months.is_multiple_of(12) => format!("{}{GAP}years", grouped(months / 12)),
        months => format!("{}{GAP}months", grouped(months)),
    }
}

/// A unit for an axis or a figure: what to divide by, and what to print.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// One printed unit is so many of the series' own.
    pub one: f64,
    /// Printed before a figure.
    pub before: &'static str,
    /// Printed after it, with the space that belongs there.
    pub after: &'static str,
    /// In words, for a subtitle.
    pub words: &'static str,
}

/// The scale on which values of a unit up to `largest` are read best.
pub fn scale(unit: &str, largest: f64) -> Scale {
    let plain = |one, after, words| Scale { one, before: "", after, words };
    let dollars = |one, after, words| Scale { one, before: "USD\u{a0}", after, words };
    match (unit, largest.abs()) {
        ("fraction", _) => plain(0.01, "\u{a0}%", "%"),
        ("t" | "t/month", size) if size < 1e4 => plain(1.0, "\u{a0}t", "tonnes"),
        ("t" | "t/month", size) if size < 1e7 => plain(1e3, "\u{a0}kt", "thousand tonnes"),
        ("t" | "t/month", size) if size < 1e10 => plain(1e6, "\u{a0}Mt", "million tonnes"),
        ("t" | "t/month", _) => plain(1e9, "\u{a0}Gt", "billion tonnes"),
        ("USD" | "USD/month", size) if size < 1e6 => dollars(1.0, "", "USD"),
        ("USD" | "USD/month", size) if size < 1e9 => dollars(1e6, "\u{a0}m", "million USD"),
        ("USD" | "USD/month", size) if size < 1e12 => dollars(1e9, "\u{a0}bn", "billion USD"),
        ("USD" | "USD/month", _) => dollars(1e12, "\u{a0}trn", "trillion USD"),
        ("days", _) => plain(1.0, "\u{a0}days", "days"),
        ("months", _) => plain(1.0, "\u{a0}months", "months"),
        ("episodes", _) => plain(1.0, "\u{a0}episodes", "episodes"),
        ("multiple", _) => plain(1.0, "\u{d7}", "times"),
        _ => plain(1.0, "", ""),
    }
}

/// A value with its unit and three significant digits: `12.3 kt`, `45 %`, `1 month`.
pub fn quantity(unit: &str, value: f64) -> String {
    if unit == "fraction" && (0.0..=1.0).contains(&value) {
        return share(value);
    }
    let scale = scale(unit, value);
    let size = value / scale.one;
    let digits = if (1000.0..10_000.0).contains(&size.abs()) { 4 } else { 3 };
    let text = match unit {
        "fraction" => decimals(size, 0),
        "months" | "episodes" | "days" if size.abs() < 1e6 => decimals(size, usize::from(size.fract() != 0.0)),
        _ => significant(size, digits),
    };
    let after = if text == "1" { scale.after.trim_end_matches('s') } else { scale.after };
    format!("{}{text}{after}", scale.before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: String) -> String {
        text.replace(GAP, " ")
    }

    #[test]
    fn shares_have_the_digits_that_are_read() {
        for (value, expected) in [
            (0.0, "0 %"),
            (0.0004, "<0.1 %"),
            (0.0012, "0.1 %"),
            (0.0094, "0.9 %"),
            (0.0096, "1 %"),
            (0.0144, "1 %"),
            (0.555, "56 %"),
            (0.99, "99 %"),
            (0.994, "99.4 %"),
            (0.99999, ">99.9 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(plain(share(value)), expected, "{value}");
        }
    }

    #[test]
    fn no_trial_is_not_a_probability_of_nought() {
        let estimate = |value, low, high| Estimate { value: Some(value), low, high, note: String::new() };
        for (estimate, expected) in [
            (estimate(0.0, Some(0.0), Some(0.0362)), "<4 %"),
            (estimate(0.0, Some(0.0), Some(0.0036)), "<0.4 %"),
            (estimate(0.0, Some(0.0), Some(0.00018)), "<0.1 %"),
            (estimate(1.0, Some(0.9638), Some(1.0)), ">96 %"),
            (estimate(1.0, Some(0.99982), Some(1.0)), ">99.9 %"),
            (estimate(0.0, Some(0.0), Some(0.975)), "<98 %"),
            (estimate(0.44, Some(0.43), Some(0.45)), "44 %"),
        ] {
            assert_eq!(plain(probability(&estimate)), expected, "{estimate:?}");
        }
        assert_eq!(plain(interval(&estimate(0.44, Some(0.431), Some(0.449))).unwrap()), "43 to 45 %");
        assert_eq!(interval(&estimate(0.44, None, Some(0.449))), None);
    }

    #[test]
    fn quantities_carry_a_unit_that_suits_their_size() {
        for (unit, value, expected) in [
            ("t", 0.0, "0 t"),
            ("t", 1e-9, "1e-9 t"),
            ("t", 0.25, "0.25 t"),
            ("t", 1.0, "1 t"),
            ("t", 1234.4, "1,234 t"),
            ("t", 9999.9, "10,000 t"),
            ("t", 12_345.0, "12.3 kt"),
            ("t", 123_456.0, "123 kt"),
            ("t", 1_234_567.0, "1,235 kt"),
            ("t", 12_345_678.0, "12.3 Mt"),
            ("t", 1e12, "1,000 Gt"),
            ("months", 1.0, "1 month"),
            ("months", 57.0, "57 months"),
            ("days", 12.5, "12.5 days"),
            ("multiple", 2.345, "2.35\u{d7}"),
            ("USD", 1.5e9, "USD 1.5 bn"),
            ("USD", 123_456.0, "USD 123,000"),
            ("fraction", 0.456, "46 %"),
            ("fraction", 1.234, "123 %"),
            ("fraction", 0.0004, "<0.1 %"),
        ] {
            assert_eq!(plain(quantity(unit, value)), expected, "{value} {unit}");
        }
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
        assert_eq!(decimals(-1234.56, 1), "\u{2212}1,234.6");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
