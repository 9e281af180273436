//! What the median of a series does over time, in one sentence: checked against every month, not the last alone.

use super::number;
use super::subject::Name;
use crate::config::Month;
use crate::model::{Milestone, Unit};
use crate::summary::{Estimate, Series};

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

/// What a milestone holds its series against.
pub fn thresholds(milestone: &Milestone) -> Vec<Threshold> {
    let least = milestone.at_least.is_finite().then_some(Threshold::Least(milestone.at_least));
    let most = milestone.at_most.is_finite().then_some(Threshold::Most(milestone.at_most));
    least.into_iter().chain(most).collect()
}

/// Whether the median of a month meets a threshold, as far as its interval tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Met,
    Missed,
    Open,
}

impl State {
    fn of(threshold: Threshold, median: &Estimate) -> State {
        let low = median.low.unwrap_or(median.nearest());
        // A percentile whose interval reaches "never" has no upper end.
        let high = if median.low.is_some() { median.high.unwrap_or(f64::INFINITY) } else { median.nearest() };
        match [low, median.nearest(), high].map(|value| threshold.missed(value)) {
            [false, false, false] => State::Met,
            [true, true, true] => State::Missed,
            _ => State::Open,
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
            let bound = format!("{}{}", number::quantity(series.unit, threshold.value()), name.of_short);
            let course = Course { threshold, medians: &medians, unit: series.unit, start };
            format!("{opening}, {short} {}", course.told().replace("{}", &bound))
        }
        None => format!("{opening}, {short} {}", plain_course(series, &medians, start)),
    }
}

/// The medians of a series by month, held against a threshold.
struct Course<'a> {
    threshold: Threshold,
    medians: &'a [&'a Estimate],
    unit: Unit,
    start: Month,
}

impl Course<'_> {
    /// What the median does about the threshold (`{}` in the text); the dates are those that its interval allows.
    fn told(&self) -> String {
        let (short_of, at) = match self.threshold {
            Threshold::Least(_) => ("below {}", "at {} or more"),
            Threshold::Most(_) => ("above {}", "at {} or less"),
        };
        let states: Vec<State> = self.medians.iter().map(|median| State::of(self.threshold, median)).collect();
        let any = |state: State| states.contains(&state);
        let (last, end) = (states.last(), self.month(states.len().saturating_sub(1)));
        // Month after the last one of which this can be said.
        let after = |is: &dyn Fn(State) -> bool| states.iter().rposition(|&state| is(state)).map_or(0, |last| last + 1);
        let early = after(&|state| state == State::Missed);
        match last {
            _ if !any(State::Missed) && !any(State::Open) => {
                format!("stays {at} throughout{}", self.extreme(true))
            }
            _ if !any(State::Missed) => format!("stays close to {{}} or better, but may be {short_of} at times"),
            Some(State::Missed) if any(State::Met) => self.fallen(&states, at, &end),
            Some(State::Missed) if any(State::Open) => format!("stays {short_of}, or close to it, through {end}"),
            Some(State::Missed) => format!("stays {short_of} through {end}{}", self.extreme(false)),
            Some(State::Open) => format!("is not {at} for good before {}", self.month(early)),
            _ => {
                let date = number::date_between(self.start, early, Some(after(&|state| state != State::Met)));
                let missed = |median: &&Estimate| self.threshold.missed(median.nearest());
                if self.medians[..early].iter().all(missed) {
                    format!("stays {short_of} until {date}")
                } else {
                    format!("is back {at} from {date} on")
                }
            }
        }
    }

    /// Of a median that met the threshold for a time and misses it at the end: when, or in how many months.
    fn fallen(&self, states: &[State], at: &str, end: &str) -> String {
        let is_met = |month: &usize| !self.threshold.missed(self.medians[*month].nearest());
        let met: Vec<usize> = (0..states.len()).filter(is_met).collect();
        let (Some(&first), Some(&last)) = (met.first(), met.last()) else { return format!("is not {at} in {end}") };
        // From the month to which an open stretch reaches back, to the one to which it lasts.
        let between = |month: usize| {
            let open = |month: &&State| **month == State::Open;
            let back = states[..month].iter().rev().take_while(open).count();
            (month - back, month + states[month..].iter().take_while(open).count())
        };
        let ((begin_early, begin_late), (end_early, end_late)) = (between(first), between(last + 1));
        let is_one = states[..begin_early].iter().chain(&states[end_late..]).all(|&state| state == State::Missed)
            && begin_late < end_early
            && states[begin_late..end_early].iter().all(|&state| state == State::Met);
        let date = |early: usize, late: usize| number::date_between(self.start, early, Some(late));
        let when = if !is_one {
            format!("in {} of {} months only", number::grouped(met.len() as u64), number::grouped(states.len() as u64))
        } else if begin_late == 0 {
            format!("only until {}", date(end_early, end_late))
        } else {
            format!("only from {} until {}", date(begin_early, begin_late), date(end_early, end_late))
        };
        let last = self.medians.last().map_or(String::new(), |median| number::amount(self.unit, median));
        format!("is {at} {when}; in {end} it is {last}")
    }

    /// How near to the threshold the median comes, from the side on which it stays, unless that reads like the threshold.
    fn extreme(&self, is_met: bool) -> String {
        let highest = matches!(self.threshold, Threshold::Least(_)) != is_met;
        let order = |a: &&&Estimate, b: &&&Estimate| a.nearest().total_cmp(&b.nearest());
        let medians = self.medians.iter();
        let found = if highest { medians.max_by(order) } else { medians.min_by(order) };
        let Some(found) = found.filter(|median| median.value.is_some()) else { return String::new() };
        let amount = number::amount(self.unit, found);
        if amount == number::quantity(self.unit, self.threshold.value()) {
            return String::new();
        }
        format!(": {amount} at its {}", if highest { "peak" } else { "lowest" })
    }

    fn month(&self, month: usize) -> String {
        number::month(self.start.plus(month as i32))
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
            (&[0.5, 0.6, 0.7, 0.8], 0.01, least, "stays below 90 % of need through Feb 2026: 80 % at its peak"),
            (&[0.5, 0.6, 0.89, 0.8], 0.02, least, "stays below 90 % of need, or close to it, through Feb 2026"),
            (&[0.95, 0.6, 0.95, 1.0], 0.01, least, "is back at 90 % of need or more from Jan 2026 on"),
            (&[1.0, 1.1, 1.0, 1.1], 0.01, least, "stays at 90 % of need or more throughout: 100 % at its lowest"),
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

    #[test]
    fn a_median_that_was_there_and_fell_back_is_not_said_to_be_still_below() {
        let least = Some(Threshold::Least(0.9));
        let at = "is at 90 % of need or more";
        for (medians, half, expected) in [
            (&[0.95, 0.6, 0.7, 0.8][..], 0.01, "only until Dec 2025; in Feb 2026 it is 80 %"),
            (&[0.5, 1.0, 1.1, 0.8], 0.01, "only from Dec 2025 until Feb 2026; in Feb 2026 it is 80 %"),
            (&[0.5, 0.6, 0.89, 1.1, 1.1, 0.91, 0.8], 0.02, "only from 2026 until 2026; in May 2026 it is 80 %"),
            (&[0.5, 1.0, 0.5, 1.0, 0.8], 0.01, "in 2 of 5 months only; in Mar 2026 it is 80 %"),
        ] {
            assert_eq!(fan_of(medians, half, least), format!("At the median, supply {at} {expected}"));
        }
        let most = Some(Threshold::Most(0.1));
        let told = fan_of(&[0.2, 0.05, 0.05, 0.3], 0.01, most);
        assert_eq!(
            told,
            "At the median, supply is at 10 % of need or less only from Dec 2025 until Feb 2026; in Feb 2026 it is 30 %"
        );
    }

    /// Whatever a median does, the title does not deny a month of it.
    #[test]
    fn no_title_says_throughout_of_what_happens_in_a_part() {
        for code in 0..243_u32 {
            let medians: Vec<f64> =
                (0..5).map(|month| [0.5, 0.9, 1.3][(code / 3_u32.pow(month) % 3) as usize]).collect();
            let told = fan_of(&medians, 0.05, Some(Threshold::Least(0.9)));
            let (met, missed) = (medians.contains(&1.3), medians.contains(&0.5));
            assert!(!(met && told.contains("through Mar 2026")), "{medians:?}: {told}");
            assert!(!(missed && told.contains("or more throughout")), "{medians:?}: {told}");
            assert!(!(missed && told.contains("stays close")), "{medians:?}: {told}");
            let first_met = medians.iter().position(|&median| median == 1.3);
            let last_missed = medians.iter().rposition(|&median| median == 0.5);
            if first_met < last_missed && first_met.is_some() {
                assert!(!told.contains("stays below"), "{medians:?}: {told}");
            }
        }
    }
}
