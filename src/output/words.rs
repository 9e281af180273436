//! Numbers as people read them: the same rounding on the terminal, in charts and in sentences. The table of words is in the
//! documentation of the crate.

mod likelihood;

pub use likelihood::Likelihood;

pub use crate::config::duration;

use crate::config::Month;
use crate::model::Unit;
use crate::summary::{Beyond, Estimate};

/// A share in percent: `<0.1 %`, one decimal below 1 % and above 99 %, none between. Never 0 or 100 unless exactly so. A
/// ratio above one has no decimals.
pub fn share(value: f64) -> String {
    let percent = 100.0 * value;
    match percent {
        0.0 => "0 %".into(),
        100.0 => "100 %".into(),
        p if p < 0.1 => "<0.1 %".into(),
        p if p > 99.9 && p < 100.0 => ">99.9 %".into(),
        p if p < 0.95 || (99.05..100.0).contains(&p) => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// A number in three significant digits, thousands apart by a gap: `0.0123`, `4.57`, `68.1`, `12 300`; `7` if it is whole.
pub fn amount(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { "-".into() };
    }
    let magnitude = value.abs();
    if value.fract() == 0.0 && magnitude < 1000.0 {
        return format!("{value}");
    }
    if !(1e-3..1e9).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = [(99.95, 0), (9.995, 1), (0.9995, 2), (0.09995, 3), (0.009995, 4)];
    let decimals = decimals.iter().find(|(limit, _)| magnitude >= *limit).map_or(5, |(_, decimals)| *decimals);
    let rounded = if magnitude >= 999.5 {
        // Three digits of a large number, the rest zeros.
        let step = [(1e8, 1e6), (1e7, 1e5), (1e6, 1e4), (1e5, 1e3), (1e4, 1e2), (0.0, 1e1)];
        let step = step.iter().find(|(limit, _)| magnitude >= 0.9995 * limit).map_or(1.0, |(_, step)| *step);
        (value / step).round() * step
    } else {
        value
    };
    group(&format!("{rounded:.decimals$}"))
}

/// Puts a space between thousands.
fn group(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) && digits.len() > 4 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    fraction.map_or(grouped.clone(), |fraction| format!("{grouped}.{fraction}"))
}

/// A whole count: `20 000`.
pub fn count(number: u64) -> String {
    group(&number.to_string())
}

/// Bytes as gigabytes, rounded up to a tenth of one.
pub fn gigabytes(bytes: u64) -> String {
    format!("{} GB", amount((bytes as f64 / 1e8).ceil() / 10.0))
}

/// A month as in `Mar 2034`.
pub fn month(month: Month) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!("{} {}", NAMES[month.month() as usize - 1], month.year())
}

/// The value of an estimate, or where it lies if there is no number for it: `never`, `above 512`.
pub fn value(estimate: &Estimate, write: impl Fn(f64) -> String) -> String {
    estimate.value.map_or_else(|| instead(estimate.beyond, &write), &write)
}

/// Both ends of an interval, if it has any: the lower one is "never" only if the upper one is too.
pub fn ends(estimate: &Estimate, write: impl Fn(f64) -> String) -> Option<[String; 2]> {
    match (estimate.low, estimate.high, estimate.beyond) {
        (None, None, _) => None,
        // The same end once more would say nothing.
        (Some(low), None, Beyond::Above(limit)) if estimate.value.is_none() && low >= limit => None,
        (low, high, beyond) => {
            Some([low.map_or("never".into(), &write), high.map_or_else(|| instead(beyond, &write), &write)])
        }
    }
}

/// What else there is to know of an estimate, beside where it lies.
pub fn remarks(estimate: &Estimate) -> String {
    let is_place = |part: &&str| *part == "never" || part.starts_with("above ") || part.starts_with("below ");
    estimate.note.split("; ").filter(|part| !is_place(part)).collect::<Vec<_>>().join("; ")
}

/// What stands in place of a number.
fn instead(beyond: Beyond, write: &impl Fn(f64) -> String) -> String {
    match beyond {
        Beyond::Never => "never".into(),
        Beyond::Above(limit) => format!("above {}", write(limit)),
        Beyond::Below(limit) => format!("below {}", write(limit)),
        Beyond::Unknown => "not known".into(),
    }
}

/// What a number is, for writing it.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A share, in percent.
    Share,
    /// A probability, counted in trials: of none or all of them, the end of the interval.
    Probability,
    /// An amount, in the unit that is said elsewhere.
    Amount,
    /// Months after this one, as a date.
    Date(Month),
}

impl Number {
    /// What values of a unit are.
    pub fn of(unit: Unit) -> Self {
        if unit == Unit::Fraction { Number::Share } else { Number::Amount }
    }
}

/// The value of an estimate, with as many digits as its interval has meaning: `71.9 %`, `50 000`, `2034-03`, `never`.
pub fn figure(estimate: &Estimate, number: Number) -> String {
    bound(estimate, number).unwrap_or_else(|| value(estimate, writer(estimate, number)))
}

/// The value with its interval, or with the reason why there is none: `71.9 % (71.3 % to 72.5 %)`, `50 000 (46 000 to 54 000)`,
/// `420 (interval needs n >= 72)`. The value alone where both ends are the same number as it.
pub fn with_interval(estimate: &Estimate, number: Number) -> String {
    figure(estimate, number) + &in_brackets(estimate, number)
}

/// What follows the value there, where something stands between: ` (71.3 % to 72.5 %)`, or nothing.
pub fn in_brackets(estimate: &Estimate, number: Number) -> String {
    let value = figure(estimate, number);
    match interval(estimate, number) {
        None if estimate.low.is_some() || estimate.high.is_some() => String::new(),
        Some([low, high]) if low == value && high == value => String::new(),
        Some([low, high]) => format!(" ({low} to {high})"),
        None => match remarks(estimate) {
            note if note.is_empty() => note,
            note => format!(" ({note})"),
        },
    }
}

/// Both ends of the interval, with the digits of [`figure`]; none where the figure is one of them.
pub fn interval(estimate: &Estimate, number: Number) -> Option<[String; 2]> {
    if bound(estimate, number).is_some() { None } else { ends(estimate, writer(estimate, number)) }
}

/// Of a probability that no trial counts for, or every one: the end of its interval.
fn bound(estimate: &Estimate, number: Number) -> Option<String> {
    match (number, estimate.value?, estimate.low, estimate.high) {
        (Number::Probability, 0.0, _, Some(high)) if high > 0.0 => Some(format!("<{} %", above(100.0 * high))),
        (Number::Probability, 1.0, Some(low), _) if low < 1.0 => {
            Some(format!(">{} %", below_hundred(100.0 * (1.0 - low))))
        }
        _ => None,
    }
}

/// How the numbers of an estimate are written.
fn writer(estimate: &Estimate, number: Number) -> impl Fn(f64) -> String + use<> {
    let step = match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => last_digit(value, low, high),
        _ => None,
    };
    move |value| match (number, step) {
        (Number::Share | Number::Probability, Some(step)) => percent(value, -(step + 2)),
        (Number::Amount, Some(step)) => rounded(value, step),
        (Number::Share | Number::Probability, None) => share(value),
        (Number::Amount, None) => amount(value),
        (Number::Date(start), _) => start.plus(value as i32).to_string(),
    }
}

/// Decimal place of the last digit that has meaning: the highest in which both ends of the interval differ from the value.
/// None if the interval has no width.
fn last_digit(value: f64, low: f64, high: f64) -> Option<i32> {
    let (below, above) = (value - low, high - value);
    // An end that is the value itself, as at 0, says nothing of the width.
    let nearer = if below.min(above) > 0.0 { below.min(above) } else { below.max(above) };
    // A little is added, which the subtraction may have taken away: 0.3 - 0.2 is less than 0.1.
    let step = exponent(nearer * (1.0 + 1e-9));
    (nearer > 0.0 && nearer.is_finite()).then(|| if value == 0.0 { step } else { step.min(exponent(value)) })
}

/// Decimal exponent of a number other than 0: 3 of 1234. From its digits, since a logarithm may be off by one.
pub fn exponent(value: f64) -> i32 {
    let text = format!("{value:e}");
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// A share in percent with so many decimals: never 0 or 100 unless exactly so. A ratio above one has none.
fn percent(share: f64, decimals: i32) -> String {
    let decimals = decimals.clamp(0, MOST_DECIMALS) as usize;
    let percent = 100.0 * share;
    let text = format!("{percent:.decimals$}");
    let reads = text.parse::<f64>().unwrap_or(f64::NAN);
    match share {
        0.0 | 1.0 => format!("{percent} %"),
        share if share > 0.0 && reads == 0.0 => format!("<{:.decimals$} %", power_of_ten(-(decimals as i32))),
        share if share < 1.0 && reads == 100.0 => {
            format!(">{:.decimals$} %", 100.0 - power_of_ten(-(decimals as i32)))
        }
        _ => format!("{text} %"),
    }
}

/// Decimals of a percentage, at most.
const MOST_DECIMALS: i32 = 10;

/// A number rounded to the decimal place `step`: to thousands if it is 3, to hundredths if it is -2.
fn rounded(value: f64, step: i32) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !(1e-3..1e9).contains(&value.abs()) {
        let digits = (exponent(value) - step).clamp(0, 15) as usize;
        return if step > exponent(value) { amount(value) } else { format!("{value:.digits$e}") };
    }
    if step < 0 {
        return group(&format!("{value:.*}", step.unsigned_abs().min(15) as usize));
    }
    let step = power_of_ten(step);
    group(&format!("{:.0}", (value / step).round() * step))
}

/// The double nearest to a power of ten.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().expect("a number")
}

/// A probability alone: `12 %`; where no trial counts, or every one, the end of the interval, rounded so that it stays one:
/// `<0.02 %`, `>99.98 %`.
pub fn chance(estimate: &Estimate) -> String {
    figure(estimate, Number::Probability)
}

/// A probability with its interval: `12.3 % (11.9 % to 12.7 %)`; where no trial counts, or every one, the end of the interval
/// alone: `<0.02 %`, `>99.98 %`.
pub fn probability(estimate: &Estimate) -> String {
    with_interval(estimate, Number::Probability)
}

/// In how many of the simulated futures something holds, after "in": `12.3 % of the simulated futures (11.9 % to 12.7 %)`,
/// `none of 20 000 simulated futures (fewer than 1 in 5400)`.
pub fn futures(estimate: &Estimate, trials: u64) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(0.0), _, Some(high)) => format!("none of {} simulated futures ({})", count(trials), at_most(high)),
        (Some(1.0), Some(low), _) => {
            format!("all {} simulated futures (it fails in {})", count(trials), at_most(1.0 - low))
        }
        _ => format!("{} of the simulated futures{}", chance(estimate), in_brackets(estimate, Number::Probability)),
    }
}

/// An upper bound of a probability: `fewer than 1 in 5400`, or where few trials leave a wide one, `up to 53 %`.
pub fn at_most(bound: f64) -> String {
    match rounded_down(1.0 / bound) {
        few if few < FEW => format!("up to {} %", above(100.0 * bound)),
        many => format!("fewer than 1 in {}", count(many)),
    }
}

/// A bound of one in fewer than this is told in percent: `fewer than 1 in 1` says nothing.
const FEW: u64 = 10;

/// A percentage with one significant digit, or none after the point, rounded up: a bound must stay one.
fn above(percent: f64) -> String {
    // A little is taken off, which rounding errors may have added.
    let percent = percent * (1.0 - 1e-9);
    let decimals = (-exponent(percent)).clamp(0, BOUND_DECIMALS);
    let step = power_of_ten(-decimals);
    let text = format!("{:.1$}", (percent / step).ceil() * step, decimals as usize);
    // 0.0995 is at most 0.1, not 0.10.
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// Decimals of a bound in percent, at most: it stays one where more trials would tell more.
const BOUND_DECIMALS: i32 = 4;

/// A hundred less such a percentage.
fn below_hundred(percent: f64) -> String {
    let percent = above(percent);
    let decimals = percent.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{:.decimals$}", 100.0 - percent.parse::<f64>().unwrap_or(0.0))
}

/// A whole number cut to two significant digits: a bound must not be rounded to claim more than is known.
fn rounded_down(value: f64) -> u64 {
    let value = if value < 1e18 { value as u64 } else { u64::MAX };
    let mut step = 1;
    while value / step >= 100 {
        step *= 10;
    }
    value / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value: Some(value), low: Some(low), high: Some(high), ..Estimate::default() }
    }

    #[test]
    fn numbers_are_rounded_as_people_read_them() {
        for (value, text) in [
            (0.0, "0"),
            (0.01234, "0.0123"),
            (0.5, "0.500"),
            (4.567, "4.57"),
            (9.999, "10.0"),
            (68.12, "68.1"),
            (99.97, "100"),
            (1234.5, "1230"),
            (12_345.6, "12 300"),
            (-12_345.6, "-12 300"),
            (1e12, "1.00e12"),
            (1e-9, "1.00e-9"),
            (f64::INFINITY, "-"),
        ] {
            assert_eq!(amount(value), text);
        }
        for (value, text) in [
            (0.0, "0 %"),
            (1e-5, "<0.1 %"),
            (0.0042, "0.4 %"),
            (0.012, "1 %"),
            (0.444, "44 %"),
            (0.992, "99.2 %"),
            (0.99999, ">99.9 %"),
            (1.0, "100 %"),
            (1.004, "100 %"),
            (1.2, "120 %"),
            (512.0, "51200 %"),
        ] {
            assert_eq!(share(value), text);
        }
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(month("2034-03".parse().unwrap()), "Mar 2034");
    }

    #[test]
    fn figures_have_as_many_digits_as_their_interval_has_meaning() {
        for (value, low, high, text) in [
            (0.12, 0.11, 0.13, "12 % (11 % to 13 %)"),
            (0.9412, 0.9381, 0.9442, "94.1 % (93.8 % to 94.4 %)"),
            (0.99956, 0.99916, 0.99979, "99.96 % (99.92 % to 99.98 %)"),
            (5e-5, 1.3e-6, 2.8e-4, "0.005 % (<0.001 % to 0.028 %)"),
            (0.99995, 0.99972, 0.999_998_7, "99.995 % (99.972 % to >99.999 %)"),
            (0.004, 0.0, 0.02, "0.4 % (0.0 % to 2.0 %)"),
            (0.5, 0.05, 0.95, "50 % (5 % to 95 %)"),
        ] {
            let text = text.replace("(0.0 %", "(0 %");
            assert_eq!(probability(&estimate(value, low, high)), text);
        }
        let amounts = |value, low, high| with_interval(&estimate(value, low, high), Number::Amount);
        assert_eq!(amounts(49_674.0, 46_021.0, 53_560.0), "50 000 (46 000 to 54 000)");
        assert_eq!(amounts(1234.4, 1233.1, 1236.2), "1234 (1233 to 1236)");
        assert_eq!(amounts(0.3761, 0.3602, 0.3853), "0.376 (0.360 to 0.385)");
        assert_eq!(amounts(629.0, 0.0, 2220.0), "600 (0 to 2200)");
        assert_eq!(amounts(7.0, 7.0, 7.0), "7");
        assert_eq!(amounts(222.0, 221.0, 222.0), "222 (221 to 222)");
        assert_eq!(amounts(-18_512.0, -18_730.0, -18_290.0), "-18 500 (-18 700 to -18 300)");
        assert_eq!(amounts(3.51e9, 3.49e9, 3.53e9), "3.51e9 (3.49e9 to 3.53e9)");
        assert_eq!(amounts(0.0, 0.0, 2220.0), "0 (0 to 2000)");
        assert_eq!(amounts(0.3, 0.2, 0.4), "0.3 (0.2 to 0.4)");
        let few = Estimate { value: Some(420.0), note: "interval needs n >= 72".into(), ..Estimate::default() };
        assert_eq!(with_interval(&few, Number::Amount), "420 (interval needs n >= 72)");
        let start = Number::Date("2025-11".parse().unwrap());
        assert_eq!(with_interval(&estimate(12.0, 11.0, 14.0), start), "2026-11 (2026-10 to 2027-01)");
    }

    /// No interval is printed as a point, and none that does not hold its value.
    #[test]
    fn an_interval_of_some_width_is_never_printed_without() {
        for digits in 0..400 {
            let value = f64::from(digits) / 397.0;
            for width in [1e-9, 3.3e-7, 4.9e-5, 1e-3, 0.0302, 0.21] {
                let (low, high) = ((value - width).max(0.0), (value + 0.7 * width).min(1.0));
                let text = probability(&estimate(value, low, high));
                let inside = text.split_once(" (").map(|(_, ends)| ends.trim_end_matches(')'));
                if let Some((low, high)) = inside.and_then(|ends| ends.split_once(" to ")) {
                    assert_ne!(low, high, "{text}");
                } else {
                    assert!(text.starts_with(['<', '>']), "{text}");
                }
            }
        }
    }

    #[test]
    fn none_and_all_come_with_their_bound() {
        // Of one trial, five, twelve, 20 000 trials.
        for (bound, none, all, few, many) in [
            (1.0, "<100 %", ">0 %", "up to 100 %", "up to 100 %"),
            (0.975, "<98 %", ">2 %", "up to 98 %", "up to 98 %"),
            (0.5218, "<53 %", ">47 %", "up to 53 %", "up to 53 %"),
            (0.0974, "<10 %", ">90 %", "fewer than 1 in 10", "fewer than 1 in 10"),
            (0.000_998, "<0.1 %", ">99.9 %", "fewer than 1 in 1000", "fewer than 1 in 1000"),
            (0.009_99, "<1 %", ">99 %", "fewer than 1 in 100", "fewer than 1 in 100"),
            (0.0018, "<0.2 %", ">99.8 %", "fewer than 1 in 550", "fewer than 1 in 550"),
            (1.0 / 5412.0, "<0.02 %", ">99.98 %", "fewer than 1 in 5400", "fewer than 1 in 5400"),
        ] {
            let (least, most) = (estimate(0.0, 0.0, bound), estimate(1.0, 1.0 - bound, 1.0));
            assert_eq!((&*probability(&least), &*chance(&least)), (none, none));
            assert_eq!((&*probability(&most), &*chance(&most)), (all, all));
            assert_eq!(futures(&least, 20_000), format!("none of 20 000 simulated futures ({few})"));
            assert_eq!(futures(&most, 20_000), format!("all 20 000 simulated futures (it fails in {many})"));
        }
        let some = estimate(0.12, 0.11, 0.13);
        assert_eq!(futures(&some, 20_000), "12 % of the simulated futures (11 % to 13 %)");
    }
}
