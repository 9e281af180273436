//! Estimates of what was simulated side by side: what every size leaves and avoids, and what that costs.

use super::risk::Found;
use super::{AtRisk, Cost, Curve, Plan, Price, Run, Shortage, Size};
use crate::statistics::{Interval, mean_interval, smallest_n_for_tail};
use crate::summary::estimate::{self, Estimate, Estimator};
use crate::tally::{Histogram, SideBySide};

/// Estimates of what was simulated side by side.
pub struct Estimates<'a> {
    pub run: &'a Run<'a>,
    pub price: Option<Price>,
    /// The worst trials are those beyond this share.
    pub level: f64,
    pub simulated: &'a SideBySide,
}

impl Estimates<'_> {
    fn estimator(&self) -> Estimator {
        Estimator::new(self.run.trials, self.run.confidence, &[])
    }

    /// A plan and what became of it; `models` are the indices of its models.
    pub fn curve(&self, plan: Plan, models: &mut impl Iterator<Item = usize>) -> Curve {
        let mut size = |tonnes: f64, before: f64| {
            let model = models.next().expect("there is no end to them");
            self.size(model, tonnes, before)
        };
        let before = std::iter::once(&0.0).chain(&plan.sizes);
        let sizes = plan.sizes.iter().zip(before).map(|(tonnes, before)| size(*tonnes, *before)).collect();
        let [left, bought] = plan.others().map(|tonnes| tonnes.map(|tonnes| size(tonnes, 0.0)));
        let daily = self.run.daily;
        let at_risk = plan.found.map(|Found { tonnes, tried }| AtRisk {
            days: tonnes.as_ref().map(|tonnes| scaled(tonnes, 1.0 / daily)),
            tonnes,
            tried_days: tried / daily,
            left,
        });
        Curve { refill: plan.refill, sizes, at_risk, bought }
    }

    /// What is left in a model, by index.
    pub fn shortage(&self, model: usize) -> Shortage {
        let histogram = self.simulated.histogram(model);
        let short = self.run.trials - histogram.zero();
        let probability = self.estimator().probability(short);
        if short == 0 {
            let none = Estimate { value: Some(0.0), note: NONE.into(), ..Estimate::default() };
            return Shortage { probability, expected: none.clone(), expected_in_worst: none };
        }
        let expected_in_worst = self.worst(model, short, &histogram);
        Shortage { probability, expected: self.estimator().mean(&histogram), expected_in_worst }
    }

    /// The mean of the worst trials.
    fn worst(&self, model: usize, short: u64, histogram: &Histogram<'_>) -> Estimate {
        if let Some(most) = histogram.saturated() {
            return estimate::saturated(most);
        }
        let Some(tail) = self.simulated.worst(model, self.level) else { return Estimate::unknown("too few trials") };
        let value = Some(self.simulated.value(tail.value));
        let needed = smallest_n_for_tail(self.level);
        let note = if self.run.trials < needed {
            format!("interval needs n >= {needed}")
        } else if short < LEAST_SHORT {
            format!("no interval: {short} trials are short")
        } else {
            String::new()
        };
        let interval = tail.interval(self.run.confidence).filter(|_| note.is_empty());
        let end = |end: fn(Interval) -> f64| interval.map(|interval| self.simulated.value(end(interval)).max(0.0));
        let (low, high) = (end(|interval| interval.low), end(|interval| interval.high));
        Estimate { value, low, high, note, ..Estimate::default() }
    }

    /// A stock of a size, and the tonnes of the size before.
    fn size(&self, model: usize, tonnes: f64, before: f64) -> Size {
        let [avoided, avoided_by_last] = [0, 1].map(|place| self.avoided(model, place));
        let cost = self.price.map(|price| {
            let cost = |tonnes: f64| tonnes * price.of_unit(self.run.sizing.model.months);
            let (per_avoided, per_avoided_by_last) =
                (ratio(cost(tonnes), &avoided), ratio(cost(tonnes) - cost(before), &avoided_by_last));
            Cost { total: cost(tonnes), per_avoided, per_avoided_by_last }
        });
        let shortage = self.shortage(model);
        Size { days: tonnes / self.run.daily, tonnes, shortage, avoided, avoided_by_last, cost }
    }

    /// The mean of paired differences.
    fn avoided(&self, model: usize, place: usize) -> Estimate {
        let Some((mean, variance)) = self.simulated.below(model, place) else {
            return Estimate::unknown(estimate::TOO_LARGE);
        };
        if variance == Some(0.0) && mean == 0.0 {
            return Estimate { value: Some(0.0), note: "in no trial".into(), ..Estimate::default() };
        }
        let interval =
            variance.and_then(|variance| mean_interval(mean, variance, self.run.trials, self.run.confidence));
        let off = self.simulated.rounding();
        let (low, high) = (interval.map(|ends| ends.low - off), interval.map(|ends| ends.high + off));
        Estimate { value: Some(mean), low, high, ..Estimate::default() }
    }
}

/// What is said of a shortage that no trial has.
const NONE: &str = "in no trial";

/// With fewer trials that are short, the mean of the worst has no interval: those that matter were not met yet.
const LEAST_SHORT: u64 = 20;

/// A cost over what it avoids. Where nothing may be avoided, there is no end to it.
fn ratio(cost: f64, avoided: &Estimate) -> Estimate {
    let over = |avoided: Option<f64>| avoided.filter(|avoided| *avoided > 0.0).map(|avoided| cost / avoided);
    match (over(avoided.value), over(avoided.low), over(avoided.high)) {
        (None, ..) => Estimate::unknown("nothing is avoided"),
        (value, Some(high), Some(low)) => Estimate { value, low: Some(low), high: Some(high), ..Estimate::default() },
        (value, ..) => {
            let note = "interval has no end: it may avoid nothing";
            Estimate { value, note: note.into(), ..Estimate::default() }
        }
    }
}

fn scaled(estimate: &Estimate, by: f64) -> Estimate {
    let of = |value: Option<f64>| value.map(|value| value * by);
    Estimate { value: of(estimate.value), low: of(estimate.low), high: of(estimate.high), ..estimate.clone() }
}
