//! The finding of each chart in one sentence, computed from the results.

use super::number;
use super::subject::{capital, capital_after_quote, quoted, quoted_capital};
use crate::config::Month;
use crate::model::Unit;
use crate::output::words::Likelihood;
use crate::summary::{ClaimResult, Estimate, MilestoneResult, Outcome};

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

/// Finding of a milestone in several scenarios: by when, in the least and in the most likely of them; the probability by the
/// end of each.
pub fn milestone_ends(milestone: &str, ends: &[(String, Estimate)], end: Month) -> String {
    let order = |a: &&(String, Estimate), b: &&(String, Estimate)| a.1.nearest().total_cmp(&b.1.nearest());
    let (name, end) = (quoted_capital(milestone), number::month(end));
    let (Some(low), Some(high)) = (ends.iter().min_by(order), ends.iter().max_by(order)) else { return name };
    let [least, most] = [&low.1, &high.1].map(number::probability);
    if least == most {
        let every = if ends.len() > 1 { " in every scenario" } else { "" };
        return format!("{name} by {end}: in {least} of trials{every}");
    }
    format!("{name} by {end}: in {least} of trials under {} and {most} under {}", quoted(&low.0), quoted(&high.0))
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
        let found = outcome.percentiles.iter().find(|percentile| percentile.percent == percent)?;
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
    let tail = value(90.0).filter(|(value, _)| *value > 0.0 && exceeded(*value) > 0.0).map(above);
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
            (outcome(0.7, 0.0, &middle), "Total shortage: none in 70 % of trials; more than 92 kt in one in ten"),
            (outcome(0.0, 0.6, &middle), "Total shortage: never within the horizon in 60 % of trials"),
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
