//! How the values of what is moved are written.

use crate::output::words::{Number, amount, interval, probability, share, with_interval};
use crate::summary::Estimate;
use crate::summary::require::{Measure, Moved};

/// Keys whose values are fractions.
const FRACTIONS: [&str; 9] = [
    "growth_per_year",
    "success_probability",
    "utilisation",
    "severity",
    "leakage",
    "volatility_per_year",
    "thrift_per_year",
    "active_at_start",
    "closure_rate_per_year",
];

/// Whether an input is a fraction, by its path.
fn is_fraction(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|key| FRACTIONS.contains(&key))
}

/// A share of a few percent, with one decimal more.
fn percent(value: f64) -> String {
    if value.abs() < 0.1 { format!("{:.1} %", 100.0 * value) } else { share(value) }
}

/// A value of what is called `name`.
pub fn value(name: &str, measure: Measure, value: f64) -> String {
    let signed = |more: &str, less: &str, text: String| format!("{text} {}", if value < 0.0 { less } else { more });
    match measure {
        Measure::Value if is_fraction(name) => percent(value),
        Measure::Value => amount(value),
        Measure::Percentile => format!("P{}", (100.0 * value).round()),
        Measure::Success => if value > 0.5 { "succeeds" } else { "fails" }.into(),
        Measure::Plants => signed("more", "fewer", amount(value.abs())),
        Measure::Months => signed("months sooner", "months later", amount(value.abs())),
        Measure::Less => signed("less", "more", share(value.abs())),
    }
}

/// The estimate of an amount without its sign, and whether it had one.
fn unsigned(estimate: &Estimate) -> (Estimate, bool) {
    let is_negative = estimate.value.is_some_and(|value| value < 0.0);
    let negated = |end: Option<f64>| end.map(|end| -end);
    let turned = Estimate {
        value: negated(estimate.value),
        low: negated(estimate.high),
        high: negated(estimate.low),
        ..estimate.clone()
    };
    (if is_negative { turned } else { estimate.clone() }, is_negative)
}

/// A number with its interval, as far as that lies within the range.
fn with_ends(estimate: &Estimate, number: Number, write: impl Fn(f64) -> String) -> String {
    let value = estimate.value.unwrap_or(f64::NAN);
    match (estimate.low, estimate.high) {
        (Some(_), Some(_)) if interval(estimate, number).is_some() => with_interval(estimate, number),
        (Some(low), None) => format!("{} ({} or more)", write(value), write(low)),
        (None, Some(high)) => format!("{} ({} or less)", write(value), write(high)),
        _ => write(value),
    }
}

/// An amount of a change, with its interval: `34 (30 to 38) more plants`.
pub fn amounts(measure: Measure, estimate: &Estimate) -> String {
    let (amount_of, is_negative) = unsigned(estimate);
    let (more, less, number) = match measure {
        Measure::Plants => ("more plants", "fewer plants", Number::Amount),
        Measure::Months => ("months sooner", "months later", Number::Amount),
        _ => ("less demand", "more demand", Number::Share),
    };
    let write = |value: f64| if measure == Measure::Less { share(value) } else { amount(value) };
    let amount_of = with_ends(&amount_of, number, write);
    format!("{amount_of} {}", if is_negative { less } else { more })
}

/// Where a claim passes the probability asked, in a table.
pub fn crossing(moved: &Moved) -> String {
    let Some(crossing) = &moved.crossing else {
        let best = &moved.best;
        let at = value(&moved.name, moved.measure, best.value);
        return format!("no value; nearest {} at {at}", probability(&best.probability));
    };
    match moved.measure {
        Measure::Success => value("", Measure::Success, if moved.rises { 1.0 } else { 0.0 }),
        Measure::Plants | Measure::Months | Measure::Less => amounts(moved.measure, crossing),
        _ => format!("{}{}", at(moved, crossing), if moved.rises { " or more" } else { " or less" }),
    }
}

/// The value of an input at which a claim passes, with its interval.
pub fn at(moved: &Moved, crossing: &Estimate) -> String {
    let name = &moved.name;
    match moved.measure {
        Measure::Percentile => {
            let percent = |end: Option<f64>| end.map(|end| 100.0 * end);
            let [value, low, high] = [crossing.value, crossing.low, crossing.high].map(percent);
            let scaled = Estimate { value, low, high, ..crossing.clone() };
            format!("P{}", with_ends(&scaled, Number::Amount, |value| format!("{}", value.round())))
        }
        _ if is_fraction(name) => with_ends(crossing, Number::Share, percent),
        _ => with_ends(crossing, Number::Amount, amount),
    }
}
