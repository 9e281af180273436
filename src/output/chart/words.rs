//! Which words an estimate allows. Titles use these and no others.

use super::number;
use crate::config::Month;
use crate::summary::Estimate;

/// How likely something is, as far as the interval of its probability tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likelihood {
    /// Below 1 %.
    NotSupported,
    /// 1 to 33 %.
    Unlikely,
    /// 33 to 66 %.
    EvenOdds,
    /// 66 to 90 %.
    Likely,
    /// Above 90 %.
    VeryLikely,
    /// The interval is too wide for a word.
    Open,
}

use Likelihood::{EvenOdds, Likely, NotSupported, Open, Unlikely, VeryLikely};

/// All words by rising probability.
const SCALE: [Likelihood; 5] = [NotSupported, Unlikely, EvenOdds, Likely, VeryLikely];

impl Likelihood {
    /// As printed after "is".
    pub fn word(self) -> &'static str {
        match self {
            NotSupported => "not supported",
            Unlikely => "unlikely",
            EvenOdds => "about as likely as not",
            Likely => "likely",
            VeryLikely => "very likely",
            Open => "open: too few trials",
        }
    }
}

/// Place of a probability on the scale.
fn rank(probability: f64) -> usize {
    if probability < 0.01 {
        0
    } else if probability < 0.33 {
        1
    } else if probability <= 0.66 {
        2
    } else if probability <= 0.90 {
        3
    } else {
        4
    }
}

/// The word that the whole interval allows: if it holds a threshold, the weaker of the two beside it, the one nearer to
/// even odds; if it holds more than one threshold, none.
pub fn likelihood(estimate: &Estimate) -> Likelihood {
    let (Some(low), Some(high)) = (estimate.low, estimate.high) else { return Open };
    let (low, high) = (rank(low), rank(high));
    match high.saturating_sub(low) {
        0 => SCALE[low],
        1 => SCALE[if low.abs_diff(2) < high.abs_diff(2) { low } else { high }],
        _ => Open,
    }
}

/// A share in words where it has some: `half`, `one in ten`.
pub fn fraction(share: f64) -> String {
    if (share - 0.5).abs() < 0.005 {
        "half".into()
    } else if (share - 0.1).abs() < 0.005 {
        "one in ten".into()
    } else {
        number::share(share)
    }
}

/// A date that lies between two: the month if they agree, the year if that agrees, otherwise both years.
pub fn date(start: Month, earliest: usize, latest: usize) -> String {
    let (early, late) = (start.plus(earliest as i32), start.plus(latest as i32));
    if early == late {
        number::month(early)
    } else if early.year() == late.year() {
        early.year().to_string()
    } else {
        format!("{}\u{2013}{}", early.year(), late.year())
    }
}

/// A quantity with as many digits as its interval supports.
pub fn amount(unit: &str, estimate: &Estimate) -> String {
    let value = estimate.value.unwrap_or(0.0);
    let known = estimate.low.zip(estimate.high).is_some_and(|(low, high)| high - low <= 0.02 * value.abs());
    if known || matches!(unit, "months" | "episodes" | "fraction") {
        return number::quantity(unit, value);
    }
    // Two digits; adding a nought changes no value.
    let rounded: f64 = format!("{value:.1e}").parse().unwrap_or(value);
    number::quantity(unit, rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(low: f64, high: f64) -> Likelihood {
        likelihood(&Estimate { value: Some(0.5 * (low + high)), low: Some(low), high: Some(high), note: String::new() })
    }

    #[test]
    fn words_are_bound_to_thresholds() {
        for (probability, word) in [
            (0.0, NotSupported),
            (0.0099, NotSupported),
            (0.01, Unlikely),
            (0.3299, Unlikely),
            (0.33, EvenOdds),
            (0.66, EvenOdds),
            (0.6601, Likely),
            (0.9, Likely),
            (0.9001, VeryLikely),
            (1.0, VeryLikely),
        ] {
            assert_eq!(between(probability, probability), word, "{probability}");
        }
    }

    #[test]
    fn an_interval_over_a_threshold_takes_the_weaker_word() {
        assert_eq!(between(0.008, 0.012), Unlikely);
        assert_eq!(between(0.32, 0.34), EvenOdds);
        assert_eq!(between(0.65, 0.67), EvenOdds);
        assert_eq!(between(0.89, 0.91), Likely);
        assert_eq!(between(0.30, 0.70), Open);
        assert_eq!(between(0.0, 0.975), Open);
        assert_eq!(likelihood(&Estimate { value: Some(0.5), low: None, high: None, note: String::new() }), Open);
    }

    #[test]
    fn no_word_is_stronger_than_either_end_of_the_interval() {
        for low in 0..=100 {
            for high in low..=100 {
                let word = between(f64::from(low) / 100.0, f64::from(high) / 100.0);
                let Some(place) = SCALE.iter().position(|&known| known == word) else { continue };
                let ends = [rank(f64::from(low) / 100.0), rank(f64::from(high) / 100.0)];
                assert!(ends.iter().all(|end| end.abs_diff(2) >= place.abs_diff(2)), "{low} {high} {word:?}");
            }
        }
    }

    #[test]
    fn dates_and_amounts_claim_no_more_than_is_known() {
        let start: Month = "2025-11".parse().unwrap();
        assert_eq!(date(start, 100, 100), "Mar\u{a0}2034");
        assert_eq!(date(start, 100, 104), "2034");
        assert_eq!(date(start, 97, 120), "2033\u{2013}2035");
        let estimate =
            |low, high| Estimate { value: Some(12_345.0), low: Some(low), high: Some(high), note: String::new() };
        assert_eq!(amount("t", &estimate(12_300.0, 12_400.0)), "12.3\u{a0}kt");
        assert_eq!(amount("t", &estimate(11_000.0, 13_000.0)), "12\u{a0}kt");
    }
}
