//! Estimates with their intervals, from counts and histograms.

use serde::Serialize;

use crate::statistics::{Interval, clopper_pearson, mean_interval, percentile_ranks, smallest_n_for_percentile};
use crate::tally::{Beyond, Histogram, Located};

/// An estimate and its interval at the confidence of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate; none if there is no number for it: see `beyond`.
    pub value: Option<f64>,
    /// Lower end of the interval; none if it cannot be given.
    pub low: Option<f64>,
    /// Upper end; none if it cannot be given, or there is no number for it: see `beyond`.
    pub high: Option<f64>,
    /// What stands in place of a value, or else of the upper end, that is none.
    #[serde(skip_serializing_if = "is_never")]
    pub beyond: Beyond,
    /// What to know: "never", "above 512", "interval reaches never", or how many trials an interval needs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

fn is_never(beyond: &Beyond) -> bool {
    *beyond == Beyond::Never
}

impl Estimate {
    /// The number nearest to the value: itself, or the end beyond which it lies; infinite for "never", and not a number where
    /// nothing is known.
    pub(crate) fn nearest(&self) -> f64 {
        self.value.unwrap_or(match self.beyond {
            Beyond::Never => f64::INFINITY,
            Beyond::Above(limit) | Beyond::Below(limit) => limit,
            Beyond::Unknown => f64::NAN,
        })
    }

    /// No value, and no number of trials would change that.
    pub(crate) fn unknown(note: impl Into<String>) -> Self {
        Estimate { beyond: Beyond::Unknown, note: note.into(), ..Estimate::default() }
    }

    fn with_interval(value: Option<f64>, interval: Option<Interval>) -> Self {
        let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
        Estimate { value, low, high, ..Estimate::default() }
    }
}

/// A percentile: the value that so many percent of the trials do not exceed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Percentile {
    /// Percent.
    pub percent: f64,
    /// Value `x_(ceil(n p))` of the ordered trials, to within the width of a cell.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// What is said where no trial was simulated.
const NO_TRIALS: &str = "no trials";

/// What is said where values are there that are too large to be added up.
pub(super) const TOO_LARGE: &str = "some values are too large to be added up";

/// The mean where there are values above `most`, too large to be added up.
pub(super) fn saturated(most: f64) -> Estimate {
    Estimate::unknown(format!("no mean: {TOO_LARGE}, those above {most}"))
}

/// How a value is told that no number stands for, in a note.
fn words(beyond: Beyond) -> String {
    match beyond {
        Beyond::Never => "never".into(),
        Beyond::Above(limit) => format!("above {limit}"),
        Beyond::Below(limit) => format!("below {limit}"),
        Beyond::Unknown => "not known".into(),
    }
}

/// Turns counts into estimates with a given confidence.
pub(super) struct Estimator {
    pub trials: u64,
    pub confidence: f64,
    /// Percentile in percent and the ranks of its interval: the same for all histograms.
    ranks: Vec<(f64, Option<(u64, u64)>)>,
}

impl Estimator {
    /// For histograms of so many trials, and these percentiles of them.
    pub fn new(trials: u64, confidence: f64, percents: &[f64]) -> Self {
        let ranks = percents.iter().map(|&p| (p, percentile_ranks(trials, p / 100.0, confidence))).collect();
        Estimator { trials, confidence, ranks }
    }

    /// Rank of a percentile. A little is taken off, so that 95 % of 1000 is rank 950 whatever the last bit of the product.
    fn rank(&self, percent: f64) -> u64 {
        ((self.trials as f64 * percent / 100.0 - 1e-9).ceil() as u64).clamp(1, self.trials.max(1))
    }

    /// Probability of what so many trials are.
    pub fn probability(&self, hits: u64) -> Estimate {
        if self.trials == 0 {
            return Estimate::unknown(NO_TRIALS);
        }
        let interval = clopper_pearson(hits, self.trials, self.confidence);
        Estimate::with_interval(Some(hits as f64 / self.trials as f64), Some(interval))
    }

    /// Mean of the finite values.
    pub fn mean(&self, histogram: &Histogram<'_>) -> Estimate {
        if self.trials == 0 {
            return Estimate::unknown(NO_TRIALS);
        }
        if let Some(most) = histogram.saturated() {
            return saturated(most);
        }
        let value = histogram.mean();
        let interval = value.zip(histogram.variance()).and_then(|(mean, variance)| {
            let Interval { low, high } = mean_interval(mean, variance, histogram.finite(), self.confidence)?;
            Some(Interval { low: low - histogram.rounding(), high: high + histogram.rounding() })
        });
        let mut notes = Vec::new();
        if value.is_none() {
            notes.push("never in any trial".to_string());
        } else if histogram.never() > 0 {
            notes.push("of the trials that reach it".to_string());
        }
        // A mean that a few trials carry has not met the rare ones yet, and neither has its interval.
        notes.extend(heavy(histogram).map(|share| {
            format!("the largest trial carries {:.0} % of this mean: go by the percentiles", 100.0 * share)
        }));
        Estimate { note: notes.join("; "), ..Estimate::with_interval(value, interval) }
    }

    /// The percentiles, given where the value of each rank lies.
    pub fn percentiles(&self, ranked: &dyn Fn(u64) -> Located) -> Vec<Percentile> {
        let one = |&(percent, ranks): &(f64, Option<(u64, u64)>)| {
            let estimate = if self.trials == 0 {
                Estimate::unknown(NO_TRIALS)
            } else {
                let ends = ranks.map(|(low, high)| (ranked(low), ranked(high)));
                let needed = smallest_n_for_percentile(percent / 100.0, self.confidence);
                percentile(ranked(self.rank(percent)), ends, needed)
            };
            Percentile { percent, estimate }
        };
        self.ranks.iter().map(one).collect()
    }
}

/// A percentile, given where it and the ends of its interval lie; without an interval, how many trials one needs.
fn percentile(at: Located, ends: Option<(Located, Located)>, needed: u64) -> Estimate {
    let middle = if at.low == at.high { at.low } else { 0.5 * (at.low + at.high) };
    let value = at.beyond.is_none().then_some(middle);
    let mut notes: Vec<String> = at.beyond.map(words).into_iter().collect();
    let Some((low, high)) = ends else {
        let enough = format!("interval needs n >= {needed}");
        // With so few trials "never" in the middle of them says little; that it lies above an end is a fact.
        notes.retain(|_| at.beyond != Some(Beyond::Never));
        notes.push(enough);
        return Estimate {
            value,
            beyond: at.beyond.unwrap_or_default(),
            note: notes.join("; "),
            ..Estimate::default()
        };
    };
    let above = high.beyond.filter(|beyond| !matches!(beyond, Beyond::Below(_)));
    if let Some(above) = above.filter(|_| high.beyond != at.beyond) {
        notes.push(format!("interval reaches {}", words(above)));
    }
    Estimate {
        value,
        low: (low.beyond != Some(Beyond::Never)).then_some(low.low),
        high: above.is_none().then_some(high.high),
        beyond: at.beyond.or(above).unwrap_or_default(),
        note: notes.join("; "),
    }
}

/// A mean of which the largest trial carries more than this share, and three times its even part, bears a warning.
const HEAVY: f64 = 0.05;

/// Share of a mean that its largest trial carries, if that is more than it should.
pub(super) fn heavy(histogram: &Histogram<'_>) -> Option<f64> {
    // Of ten trials, one carries a tenth at the least: that is no heavy tail.
    let even = 1.0 / histogram.finite() as f64;
    histogram.largest_share().filter(|share| *share > HEAVY && *share > 3.0 * even)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(low: f64, high: f64) -> Located {
        Located { low, high, beyond: None }
    }

    fn beyond(low: f64, high: f64, beyond: Beyond) -> Located {
        Located { low, high, beyond: Some(beyond) }
    }

    #[test]
    fn what_lies_outside_the_histogram_has_no_value_and_says_where_it_lies() {
        let never = beyond(f64::INFINITY, f64::INFINITY, Beyond::Never);
        let (above, below) = (beyond(512.0, 9000.0, Beyond::Above(512.0)), beyond(0.0, 0.25, Beyond::Below(0.25)));
        for (at, low, high, expected) in [
            (inside(3.0, 4.0), inside(2.0, 3.0), inside(5.0, 6.0), (Some(3.5), Some(2.0), Some(6.0), "")),
            (inside(3.0, 4.0), inside(2.0, 3.0), above, (Some(3.5), Some(2.0), None, "interval reaches above 512")),
            (inside(3.0, 4.0), inside(2.0, 3.0), never, (Some(3.5), Some(2.0), None, "interval reaches never")),
            (above, inside(5.0, 6.0), above, (None, Some(5.0), None, "above 512")),
            (above, above, never, (None, Some(512.0), None, "above 512; interval reaches never")),
            (never, above, never, (None, Some(512.0), None, "never")),
            (never, never, never, (None, None, None, "never")),
            (below, below, below, (None, Some(0.0), Some(0.25), "below 0.25")),
            (below, below, inside(1.0, 2.0), (None, Some(0.0), Some(2.0), "below 0.25")),
        ] {
            let found = percentile(at, Some((low, high)), 72);
            let told = (found.value, found.low, found.high, found.note.as_str());
            assert_eq!(told, expected, "{at:?} {low:?} {high:?}");
        }
        let few = percentile(above, None, 72);
        assert_eq!((few.value, few.low, few.note.as_str()), (None, None, "above 512; interval needs n >= 72"));
        assert_eq!(percentile(never, None, 72).note, "interval needs n >= 72");
    }

    /// Of the trials 1, 2, 3, and so on, a percentile is the first that so many of a hundred do not exceed, and its interval the
    /// ranks that hold it.
    #[test]
    fn percentiles_are_those_of_their_ranks() {
        let ranked = |rank: u64| inside(rank as f64, rank as f64);
        for (trials, percent, rank) in [
            (100, 5.0, 5.0),
            (100, 50.0, 50.0),
            (101, 50.0, 51.0),
            (1000, 95.0, 950.0),
            (1000, 99.95, 1000.0),
            (7, 0.1, 1.0),
        ] {
            let [found] = &Estimator::new(trials, 0.95, &[percent]).percentiles(&ranked)[..] else { panic!("one") };
            assert_eq!((found.percent, found.estimate.value), (percent, Some(rank)), "{trials}");
            let ends = percentile_ranks(trials, percent / 100.0, 0.95).map(|(low, high)| (low as f64, high as f64));
            assert_eq!(found.estimate.low.zip(found.estimate.high), ends, "{trials}: {percent}");
        }
    }

    /// In a file, what stands in place of a value is left out where that is "never".
    #[test]
    fn never_is_not_written() {
        let written = |estimate: Estimate| serde_json::to_string(&estimate).unwrap();
        assert_eq!(written(Estimate::default()), r#"{"value":null,"low":null,"high":null}"#);
        assert!(written(Estimate::unknown("why")).contains("beyond"));
    }
}
