//! Numbers as people read them: the same rounding on the terminal, in charts and in sentences.

use crate::config::Month;
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

/// A bound of one in fewer than this is told in percent: `fewer than 1 in 1` says nothing.
const FEW: u64 = 10;

/// A probability with its interval: `12 % (11 % to 13 %)`; without any hit its bound: `fewer than 1 in 5400`, or where few
/// trials leave a wide one, `at most 53 %`.
pub fn probability(estimate: &Estimate) -> String {
    let (Some(value), Some(low), Some(high)) = (estimate.value, estimate.low, estimate.high) else { return "-".into() };
    // Rounded so that it stays a bound; a little is taken off, which rounding errors may have added.
    let percent = |bound: f64| (100.0 * bound - 1e-9).ceil();
    if value == 0.0 {
        return match rounded_down(1.0 / high) {
            few if few < FEW => format!("at most {} %", percent(high)),
            many => format!("fewer than 1 in {}", count(many)),
        };
    }
    if value == 1.0 {
        return match rounded_down(1.0 / (1.0 - low)) {
            few if few < FEW => format!("at least {} %", 100.0 - percent(1.0 - low)),
            many => format!("all but fewer than 1 in {}", count(many)),
        };
    }
    format!("{} ({} to {})", share(value), share(low), share(high))
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

/// How likely something is, in words bound to its probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likelihood {
    /// Below 1 %.
    NotSupported,
    /// Below 33 %.
    Unlikely,
    /// From 33 % to 66 %.
    AboutAsLikelyAsNot,
    /// Above 66 %.
    Likely,
    /// Above 90 %.
    VeryLikely,
    /// The interval allows no word.
    Open,
}

impl Likelihood {
    /// The words by rising probability.
    const RISING: [Likelihood; 5] = [
        Likelihood::NotSupported,
        Likelihood::Unlikely,
        Likelihood::AboutAsLikelyAsNot,
        Likelihood::Likely,
        Likelihood::VeryLikely,
    ];

    /// Place of a probability among the words.
    fn rank(probability: f64) -> usize {
        match probability {
            p if p < 0.01 => 0,
            p if p < 0.33 => 1,
            p if p <= 0.66 => 2,
            p if p <= 0.90 => 3,
            _ => 4,
        }
    }

    /// Of a probability.
    pub fn of(probability: f64) -> Self {
        Self::RISING[Self::rank(probability)]
    }

    /// Of an estimate: the word that its whole interval allows. If it holds a threshold, the one beside it that claims
    /// less, nearer to even odds; if it holds more than one, or there is no interval, none.
    pub fn of_estimate(estimate: &Estimate) -> Self {
        let (Some(low), Some(high)) = (estimate.low, estimate.high) else { return Likelihood::Open };
        let (low, high) = (Self::rank(low), Self::rank(high));
        let boldness = |rank: usize| rank.abs_diff(2);
        match high.saturating_sub(low) {
            0 => Self::RISING[low],
            1 => Self::RISING[if boldness(low) < boldness(high) { low } else { high }],
            _ => Likelihood::Open,
        }
    }

    /// As written after "is".
    pub fn word(self) -> &'static str {
        match self {
            Likelihood::NotSupported => "not supported",
            Likelihood::Unlikely => "unlikely",
            Likelihood::AboutAsLikelyAsNot => "about as likely as not",
            Likelihood::Likely => "likely",
            Likelihood::VeryLikely => "very likely",
            Likelihood::Open => "open: too few trials",
        }
    }
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
    fn a_probability_comes_with_its_interval_and_none_with_its_bound() {
        assert_eq!(probability(&estimate(0.12, 0.11, 0.13)), "12 % (11 % to 13 %)");
        assert_eq!(probability(&estimate(0.0, 0.0, 1.0 / 5412.0)), "fewer than 1 in 5400");
        assert_eq!(probability(&estimate(1.0, 1.0 - 1.0 / 5412.0, 1.0)), "all but fewer than 1 in 5400");
        // One trial, five, twelve.
        for (bound, none, all) in [
            (0.975, "at most 98 %", "at least 2 %"),
            (0.5218, "at most 53 %", "at least 47 %"),
            (0.2646, "at most 27 %", "at least 73 %"),
            (0.0974, "fewer than 1 in 10", "all but fewer than 1 in 10"),
            (1.0, "at most 100 %", "at least 0 %"),
        ] {
            assert_eq!(probability(&estimate(0.0, 0.0, bound)), none);
            assert_eq!(probability(&estimate(1.0, 1.0 - bound, 1.0)), all);
        }
    }

    #[test]
    fn words_never_claim_more_than_the_interval() {
        assert_eq!(Likelihood::of(0.44).word(), "about as likely as not");
        assert_eq!(Likelihood::of(0.06).word(), "unlikely");
        assert_eq!(Likelihood::of(0.004).word(), "not supported");
        assert_eq!(Likelihood::of(0.95).word(), "very likely");
        assert_eq!(Likelihood::of_estimate(&estimate(0.91, 0.89, 0.93)).word(), "likely");
        assert_eq!(Likelihood::of_estimate(&estimate(0.008, 0.005, 0.012)).word(), "unlikely");
        assert_eq!(Likelihood::of_estimate(&estimate(0.30, 0.25, 0.35)).word(), "about as likely as not");
        assert_eq!(Likelihood::of_estimate(&estimate(0.0, 0.0, 0.975)), Likelihood::Open, "one trial says nothing");
        assert_eq!(Likelihood::of_estimate(&estimate(0.5, 0.3, 0.7)), Likelihood::Open);
        for low in 0..=100 {
            for high in low..=100 {
                let (low, high) = (f64::from(low) / 100.0, f64::from(high) / 100.0);
                let word = Likelihood::of_estimate(&estimate(0.5 * (low + high), low, high));
                let Some(rank) = Likelihood::RISING.iter().position(|&known| known == word) else { continue };
                let ends = [Likelihood::rank(low), Likelihood::rank(high)];
                assert!(ends.iter().all(|end| end.abs_diff(2) >= rank.abs_diff(2)), "{low} {high} {word:?}");
            }
        }
    }
}
