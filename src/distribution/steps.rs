//! Values with probabilities of their own: discrete and empirical distributions.

use crate::special::Probability;

/// Different values in rising order, each with a positive probability.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub values: Vec<f64>,
    /// Sum of the weights up to and including each value.
    sums: Vec<f64>,
}

impl Steps {
    /// From checked pairs of value and weight, at least one weight above zero.
    pub fn new(mut pairs: Vec<(f64, f64)>) -> Steps {
        pairs.retain(|(_, weight)| *weight > 0.0);
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut values, mut sums) = (Vec::new(), Vec::new());
        let mut sum = 0.0;
        for (value, weight) in pairs {
            sum += weight;
            // Compared as numbers: zero and minus zero are one value, and it is drawn as zero.
            if values.last() == Some(&value) {
                sums.pop();
            } else {
                values.push(value + 0.0);
            }
            sums.push(sum);
        }
        Steps { values, sums }
    }

    fn total(&self) -> f64 {
        self.sums.last().copied().unwrap_or(1.0)
    }

    /// Weight of each value; they need not sum to one.
    pub fn weights(&self) -> Vec<f64> {
        (0..self.values.len()).map(|i| self.sums[i] - self.sum_before(i)).collect()
    }

    fn sum_before(&self, i: usize) -> f64 {
        if i == 0 { 0.0 } else { self.sums[i - 1] }
    }

    fn of_first(&self, count: usize) -> Probability {
        let (sum, total) = (self.sum_before(count), self.total());
        Probability { below: sum / total, above: (total - sum) / total }
    }

    pub fn up_to(&self, x: f64) -> Probability {
        self.of_first(self.values.partition_point(|value| *value <= x))
    }

    pub fn before(&self, x: f64) -> Probability {
        self.of_first(self.values.partition_point(|value| *value < x))
    }

    pub fn quantile(&self, p: Probability) -> f64 {
        let total = self.total();
        let i = if p.below <= p.above {
            let wanted = p.below * total;
            self.sums.partition_point(|sum| *sum < wanted)
        } else {
            let wanted = p.above * total;
            self.sums.partition_point(|sum| total - *sum > wanted)
        };
        self.values[i.min(self.values.len() - 1)]
    }

    pub fn support(&self) -> (f64, f64) {
        (self.values[0], self.values[self.values.len() - 1])
    }

    pub fn mean(&self) -> f64 {
        let total = self.total();
        let mean: f64 = self.values.iter().zip(self.weights()).map(|(value, weight)| value * (weight / total)).sum();
        let (low, high) = self.support();
        mean.clamp(low, high)
    }

    /// Only the values from `min` to `max`, and the probability they had. `None` if there are none.
    pub fn within(&self, min: f64, max: f64) -> Option<(Steps, f64)> {
        let kept: Vec<(f64, f64)> = self
            .values
            .iter()
            .copied()
            .zip(self.weights())
            .filter(|(value, weight)| *value >= min && *value <= max && *weight > 0.0)
            .collect();
        if kept.is_empty() {
            return None;
        }
        let share = kept.iter().map(|(_, weight)| weight).sum::<f64>() / self.total();
        Some((Steps::new(kept), share))
    }
}
