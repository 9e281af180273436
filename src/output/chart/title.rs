//! The finding of each chart in one sentence, computed from the results.

use super::number;
use super::subject::{Name, capital, capital_after_quote, quoted, quoted_capital};
use crate::config::Month;
use crate::model::Unit;
use crate::output::words::Likelihood;
use crate::summary::{ClaimResult, Estimate, MilestoneResult, Outcome, Series};

/// What a series must be to meet a milestone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// At least this.
    Least(f64),
    /// At most this.
    Most(f64),
}

impl Threshold {
    /// The bound.
    pub fn value(self) -> f64 {
        match self {
            Threshold::Least(value) | Threshold::Most(value) => value,
        }
    }

    fn missed(self, value: f64) -> bool {
        match self {
            Threshold::Least(bound) => value < bound,
            Threshold::Most(bound) => value > bound,
        }
    }
}

/// How a title begins: with the median, and how little it rests on where there is no interval.
fn opening(trials: u64, has_intervals: bool) -> String {
    match (trials, has_intervals) {
        (1, _) => "In a single trial".into(),
        (_, true) => "At the median".into(),
        (trials, false) => format!("At the median of only {} trials", number::grouped(trials)),
    }
}

/// Title of the fan chart.
pub fn fan(name: &Name, threshold: Option<Threshold>, series: &Series, start: Month, trials: u64) -> String {
    let medians: Vec<&Estimate> = series.percentiles.iter().map(|percentiles| &percentiles[3]).collect();
    let known = medians.iter().all(|median| median.low.is_some() && median.high.is_some());
    let opening = opening(trials, known);
    let short = &name.short;
    match threshold {
        Some(threshold) => {
            let course = course(threshold, &medians, start);
            let bound = format!("{}{}", number::quantity(series.unit, threshold.value()), name.of_short);
            format!("{opening}, {short} {}", course.replace("{}", &bound))
        }
        None => format!("{opening}, {short} {}", plain_course(series, &medians, start)),
    }
}

/// What a median does about a threshold (`{}` in the text); the dates are those that its interval allows.
fn course(threshold: Threshold, medians: &[&Estimate], start: Month) -> String {
    let (short_of, at) = match threshold {
        Threshold::Least(_) => ("below {}", "at {} or more"),
        Threshold::Most(_) => ("above {}", "at {} or less"),
    };
    let value = |median: &Estimate| median.nearest();
    let low = |median: &Estimate| median.low.unwrap_or(value(median));
    // A percentile whose interval reaches "never" has no upper end.
    let high =
        |median: &Estimate| if median.low.is_some() { median.high.unwrap_or(f64::INFINITY) } else { value(median) };
    let missed = |of: &dyn Fn(&Estimate) -> f64| -> Vec<bool> {
        medians.iter().map(|median| threshold.missed(of(median))).collect()
    };
    let (middle, one, other) = (missed(&value), missed(&low), missed(&high));
    // Month from which on it is met to the end; the length where it is missed in the last month.
    let met_from = |missed: &[bool]| missed.iter().rposition(|&missed| missed).map_or(0, |last| last + 1);
    let (early, late) = {
        let (a, b) = (met_from(&one), met_from(&other));
        (a.min(b), a.max(b))
    };
    let end = number::month(start.plus(medians.len().saturating_sub(1) as i32));
    let always = |missed: &[bool]| missed.iter().all(|&missed| missed);
    if late == 0 {
        format!("stays {at} throughout")
    } else if early == medians.len() {
        let throughout = always(&one) && always(&other);
        if throughout { format!("stays {short_of} through {end}") } else { format!("is still {short_of} in {end}") }
    } else if early == 0 {
        format!("stays close to {{}} or better, but may be {short_of} at times")
    } else if late == medians.len() {
        format!("is not {at} for good before {}", number::month(start.plus(early as i32)))
    } else if middle[..early].iter().all(|&missed| missed) {
        format!("stays {short_of} until {}", number::date_between(start, early, Some(late)))
    } else {
        format!("is back {at} from {} on", number::date_between(start, early, Some(late)))
    }
}

/// What a median does where there is no threshold.
fn plain_course(series: &Series, medians: &[&Estimate], start: Month) -> String {
    let unit = series.unit;
    let value = |estimate: &Estimate| estimate.value.unwrap_or(0.0);
    let peak = |of: usize| {
        let values = series.percentiles.iter().map(|percentiles| value(&percentiles[of])).enumerate();
        // The first of equals.
        values.fold((0, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best })
    };
    let (month, highest) = peak(3);
    let lowest = medians.iter().map(|median| value(median)).fold(f64::INFINITY, f64::min);
    let (outer_month, outer) = peak(6);
    if highest == 0.0 && outer == 0.0 {
        return "is zero, and so is its 95th percentile".into();
    }
    if highest == 0.0 {
        let at = number::month(start.plus(outer_month as i32));
        return format!("is zero; its 95th percentile peaks at {} in {at}", number::quantity(unit, outer));
    }
    if lowest == highest {
        return format!("is {} throughout", number::quantity(unit, highest));
    }
    let at = number::month(start.plus(month as i32));
    format!("peaks at {} in {at}", number::quantity(unit, highest))
}

/// Title of the chart of a milestone's probability: the claims about it, or how likely it is by the end.
pub fn milestone(milestone: &MilestoneResult, claims: &[&ClaimResult], start: Month) -> String {
    let likelihood = |claim: &ClaimResult| Likelihood::of_estimate(&claim.probability);
    let (open, judged): (Vec<&ClaimResult>, Vec<&ClaimResult>) =
        claims.iter().take(3).partition(|claim| likelihood(claim) == Likelihood::Open);
    let names = joined(open.iter().map(|claim| quoted(&claim.title)).collect());
    let open = names.map(|names| format!("too few trials to judge {names}"));
    let word = |claim: &&ClaimResult| {
        let share = number::probability(&claim.probability);
        format!("{} is {} ({share})", quoted(&claim.title), likelihood(claim).word())
    };
    let judged = joined(judged.iter().map(word).collect());
    let parts: Vec<String> = judged.into_iter().chain(open).collect();
    if !parts.is_empty() {
        return capital_after_quote(&parts.join("; "));
    }
    let (Some(last), months) = (milestone.by_month.last(), milestone.by_month.len()) else { return String::new() };
    let end = number::month(start.plus(months as i32 - 1));
    let likelihood = Likelihood::of_estimate(last);
    let name = quoted_capital(&milestone.title);
    format!("{name} by {end} is {} ({})", likelihood.word(), number::probability(last))
}

/// Parts of a sentence with commas, and the last after "and"; none if there are none.
fn joined(mut parts: Vec<String>) -> Option<String> {
    let last = parts.pop()?;
    Some(if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) })
}

/// Title of the chart of a distribution. `exceeded` gives the probability that a value is exceeded.
pub fn distribution(name: &str, outcome: &Outcome, exceeded: &dyn Fn(f64) -> f64, trials: u64) -> String {
    let name = capital(name);
    let value = |percent: f64| {
        let found = outcome.percentile(percent)?;
        found.estimate.value.map(|value| (value, number::amount(outcome.unit, &found.estimate)))
    };
    let share = |estimate: &Estimate| estimate.value.unwrap_or(0.0);
    if share(&outcome.zero) >= 1.0 {
        return match trials {
            1 => format!("{name}: none in a single trial"),
            _ => format!(
                "{name}: none in any of {} trials (probability {})",
                number::grouped(trials),
                number::probability(&Estimate {
                    value: Some(0.0),
                    low: Some(0.0),
                    high: outcome.zero.low.map(|low| 1.0 - low),
                    ..Estimate::default()
                })
            ),
        };
    }
    if share(&outcome.never) >= 0.5 {
        return format!("{name}: never within the horizon in {} of trials", number::probability(&outcome.never));
    }
    let above = |(value, amount): (f64, String)| (amount, number::fraction(exceeded(value)));
    let tail = value(90.0).filter(|(value, _)| exceeded(*value) > 0.0).map(above);
    if share(&outcome.zero) >= 0.5 {
        let tail = tail.map_or(String::new(), |(amount, share)| format!("; more than {amount} in {share}"));
        return format!("{name}: none in {} of trials{tail}", number::probability(&outcome.zero));
    }
    match (value(50.0).filter(|(value, _)| exceeded(*value) > 0.0).map(above), tail) {
        (Some((middle, half)), Some((amount, ten))) if middle != amount => {
            format!("{name} exceeds {middle} in {half} of the trials and {amount} in {ten}")
        }
        (Some((middle, half)), _) => format!("{name} exceeds {middle} in {half} of the trials"),
        (None, _) => match outcome.mean.value {
            Some(_) => format!("{name} is {} on average", number::amount(outcome.unit, &outcome.mean)),
            None => format!("{name} by trial"),
        },
    }
}

/// Median of a date: its month, and the first and last that its interval allows; no last one if that lies beyond the
/// horizon.
pub type Date = (usize, usize, Option<usize>);

/// Title of the comparison of scenarios by the date of a milestone: `(name, median, earliest, latest)`.
pub fn scenarios(milestone: &str, medians: &[(String, Option<Date>)], start: Month, months: usize) -> String {
    let end = number::month(start.plus(months as i32));
    let milestone = quoted_capital(milestone);
    let reached: Vec<(&str, Date)> =
        medians.iter().filter_map(|(name, median)| median.map(|median| (name.as_str(), median))).collect();
    let date = |(_, early, late): Date| number::date_between(start, early, late);
    let (Some(first), Some(last)) =
        (reached.iter().min_by_key(|(_, median)| median.0), reached.iter().max_by_key(|(_, median)| median.0))
    else {
        return match medians.len() {
            1 => format!("{milestone}: fewer than half of the trials reach it by {end}"),
            _ => format!("{milestone}: in no scenario do half of the trials reach it by {end}"),
        };
    };
    if medians.len() == 1 {
        return format!("{milestone}: half of the trials reach it by {}", date(first.1));
    }
    let missing = medians.len() - reached.len();
    let early = format!("{} under {}", date(first.1), quoted(first.0));
    if missing > 0 {
        let which = match missing {
            1 => {
                let name = medians.iter().find(|(_, median)| median.is_none()).map_or("", |(name, _)| name.as_str());
                format!("under {}", quoted(name))
            }
            missing => format!("in {missing} of {} scenarios", medians.len()),
        };
        return format!("{milestone}: median {early}, not by {end} {which}");
    }
    if date(first.1) == date(last.1) {
        return format!("{milestone}: median {} in every scenario", date(first.1));
    }
    format!("{milestone}: median between {early} and {} under {}", date(last.1), quoted(last.0))
}

/// Title of the comparison of scenarios where there is no milestone: `(name, median)` of an outcome.
pub fn outcomes(name: &str, unit: Unit, medians: &[(String, Estimate)]) -> String {
    let of = |estimate: &Estimate| estimate.nearest();
    let low = medians.iter().min_by(|a, b| of(&a.1).total_cmp(&of(&b.1)));
    let high = medians.iter().max_by(|a, b| of(&a.1).total_cmp(&of(&b.1)));
    let (Some(low), Some(high)) = (low, high) else { return capital(name) };
    let amount = |estimate: &Estimate| match estimate.value {
        Some(0.0) => "none".into(),
        _ => number::amount(unit, estimate),
    };
    if medians.len() == 1 || amount(&low.1) == amount(&high.1) {
        return format!("{}: median {}", capital(name), amount(&low.1));
    }
    format!(
        "{}: median between {} under {} and {} under {}",
        capital(name),
        amount(&low.1),
        quoted(&low.0),
        amount(&high.1),
        quoted(&high.0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value: Some(value), low: Some(low), high: Some(high), ..Estimate::default() }
    }

    fn plain(text: String) -> String {
        text.replace('\u{a0}', " ").replace(['\u{2018}', '\u{2019}'], "'")
    }

    /// Title of a fan whose median is given, with an interval of so much to either side.
    fn fan_of(medians: &[f64], half: f64, threshold: Option<Threshold>) -> String {
        let start: Month = "2025-11".parse().unwrap();
        let percentiles = |&median: &f64| {
            let mut all: [Estimate; 7] = std::array::from_fn(|_| estimate(median, median, median));
            all[3] = estimate(median, median - half, median + half);
            all[6] = estimate(median + 0.3, median, median + 0.4);
            all
        };
        let series = Series {
            name: "coverage".into(),
            unit: Unit::Fraction,
            means: Vec::new(),
            notes: Vec::new(),
            any: None,
            percentiles: medians.iter().map(percentiles).collect(),
        };
        let name = Name { short: "supply".into(), long: "Supply".into(), of: "", of_short: " of need" };
        plain(fan(&name, threshold, &series, start, 1000))
    }

    #[test]
    fn the_fan_says_what_the_interval_of_its_median_allows() {
        let least = Some(Threshold::Least(0.9));
        for (medians, half, threshold, expected) in [
            (&[0.5, 0.6, 0.95, 1.0][..], 0.01, least, "stays below 90 % of need until Jan 2026"),
            (&[0.5, 0.7, 0.89, 1.0], 0.02, least, "stays below 90 % of need until 2026"),
            (&[0.5, 0.6, 0.7, 0.8], 0.01, least, "stays below 90 % of need through Feb 2026"),
            (&[0.95, 0.6, 0.7, 0.8], 0.01, least, "is still below 90 % of need in Feb 2026"),
            (&[0.95, 0.6, 0.95, 1.0], 0.01, least, "is back at 90 % of need or more from Jan 2026 on"),
            (&[1.0, 1.1, 1.0, 1.1], 0.01, least, "stays at 90 % of need or more throughout"),
            (&[0.5, 0.6, 0.95, 0.95], 0.1, least, "is not at 90 % of need or more for good before Jan 2026"),
            (
                &[0.95, 0.95, 0.95],
                0.1,
                least,
                "stays close to 90 % of need or better, but may be below 90 % of need at times",
            ),
            (&[0.5, 0.2, 0.1], 0.01, Some(Threshold::Most(0.15)), "stays above 15 % of need until Jan 2026"),
            (&[0.0, 0.0], 0.0, None, "is zero; its 95th percentile peaks at 30 % in Nov 2025"),
            (&[0.1, 0.4, 0.2], 0.0, None, "peaks at 40 % in Dec 2025"),
            (&[0.4, 0.4], 0.0, None, "is 40 % throughout"),
        ] {
            assert_eq!(fan_of(medians, half, threshold), format!("At the median, supply {expected}"));
        }
    }

    fn outcome(zero: f64, never: f64, percentiles: &[(f64, f64)]) -> Outcome {
        let percentile = |&(percent, value): &(f64, f64)| crate::summary::Percentile {
            percent,
            estimate: estimate(value, 0.999 * value, 1.001 * value),
        };
        Outcome {
            name: "total".into(),
            unit: Unit::Tonnes,
            meaning: "",
            mean: estimate(70.0, 69.9, 70.1),
            zero: estimate(zero, zero - 0.001, zero + 0.001),
            never: estimate(never, never - 0.001, never + 0.001),
            heavy: None,
            percentiles: percentiles.iter().map(percentile).collect(),
            standard: Vec::new(),
            bars: Vec::new(),
        }
    }

    #[test]
    fn a_distribution_is_told_by_what_half_and_one_in_ten_exceed() {
        let middle = [(50.0, 57.0), (90.0, 92_000.0)];
        let exceeded = |value: f64| if value > 60.0 { 0.1 } else { 0.5 };
        let told = |outcome: &Outcome| plain(distribution("total shortage", outcome, &exceeded, 1000));
        for (outcome, expected) in [
            (outcome(0.0, 0.0, &middle), "Total shortage exceeds 57 t in half of the trials and 92 kt in one in ten"),
            (outcome(0.7, 0.0, &middle), "Total shortage: none in 70.0 % of trials; more than 92 kt in one in ten"),
            (outcome(0.0, 0.6, &middle), "Total shortage: never within the horizon in 60.0 % of trials"),
            (outcome(1.0, 0.0, &[]), "Total shortage: none in any of 1000 trials (probability <0.1 %)"),
            (outcome(0.0, 0.0, &[]), "Total shortage is 70 t on average"),
        ] {
            assert_eq!(told(&outcome), expected);
        }
    }

    #[test]
    fn scenarios_are_told_by_their_extremes() {
        let start: Month = "2025-11".parse().unwrap();
        let told = |medians: &[(&str, Option<Date>)]| {
            let medians: Vec<(String, Option<Date>)> =
                medians.iter().map(|(name, date)| (name.to_string(), *date)).collect();
            plain(scenarios("goal", &medians, start, 240))
        };
        let (early, late) = (Some((60, 60, Some(60))), Some((100, 97, Some(120))));
        assert_eq!(told(&[("A", early)]), "'Goal': half of the trials reach it by Nov 2030");
        assert_eq!(told(&[("A", None)]), "'Goal': fewer than half of the trials reach it by Nov 2045");
        assert_eq!(
            told(&[("A", None), ("B", None)]),
            "'Goal': in no scenario do half of the trials reach it by Nov 2045"
        );
        assert_eq!(
            told(&[("A", late), ("B", early)]),
            "'Goal': median between Nov 2030 under 'B' and 2033\u{2013}2035 under 'A'"
        );
        assert_eq!(told(&[("A", None), ("B", early)]), "'Goal': median Nov 2030 under 'B', not by Nov 2045 under 'A'");
        assert_eq!(told(&[("A", early), ("B", early)]), "'Goal': median Nov 2030 in every scenario");
        assert_eq!(
            told(&[("A", early), ("B", None), ("C", None)]),
            "'Goal': median Nov 2030 under 'A', not by Nov 2045 in 2 of 3 scenarios"
        );
    }
}
