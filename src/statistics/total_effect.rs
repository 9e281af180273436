//! Share of a variance in which inputs have any part, alone or together with others, from pairs of trials.
//!
//! Both trials of a pair are the same but for these inputs, which the second draws afresh: half the mean squared difference is
//! `E Var(Y | all others)`, the variance that would be left if all else were known (M. J. W. Jansen, "Analysis of variance
//! designs for model output", Computer Physics Communications 117, 1999; Saltelli et al., "Variance based sensitivity analysis
//! of model output. Design and estimator for the total sensitivity index", Computer Physics Communications 181, 2010). It is
//! zero just where the inputs do nothing at all.

use super::first_order::Totals;
use super::sections::{Jackknife, SECTIONS};
use super::squared_deviations;

/// Pairs of a section: whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairTotals {
    /// The values of both trials of every pair.
    pub values: Totals,
    /// Sum of the squared differences.
    pub squared_difference: i128,
}

impl PairTotals {
    /// Adds a pair.
    pub fn add(&mut self, [a, b]: [i64; 2]) {
        let [a, b] = [a, b].map(i128::from);
        self.merge(&PairTotals {
            values: Totals { count: 2, sum: a + b, square: a * a + b * b },
            squared_difference: (a - b) * (a - b),
        });
    }

    /// Adds pairs that were counted elsewhere.
    pub fn merge(&mut self, other: &PairTotals) {
        self.values.merge(&other.values);
        self.squared_difference += other.squared_difference;
    }

    /// Jansen's estimator; none where all values are the same.
    fn share(&self) -> Option<f64> {
        let Totals { count, sum, square } = self.values;
        let all = squared_deviations(count, sum, square);
        let variance = all / (count.max(2) - 1) as f64;
        (all > 0.0).then(|| self.squared_difference as f64 / count as f64 / variance)
    }
}

/// Total effect with its sections; none where all values are the same.
pub fn total_effect(sections: &[PairTotals; SECTIONS]) -> Option<Jackknife> {
    Jackknife::new(|left_out| {
        let mut all = PairTotals::default();
        let kept = sections.iter().enumerate().filter(|(section, _)| Some(*section) != left_out);
        kept.for_each(|(_, section)| all.merge(section));
        all.share()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;
    use crate::statistics::section_of;

    /// Total effects of `p d s` (KEYS 0 to 2) and of what does nothing, from 2000 pairs each.
    fn totals(run: u64, redrawn: usize) -> Jackknife {
        let keys = ["a", "b", "c", "idle"].map(|name| Key::new(5, name));
        let again = Key::new(5, "again");
        let f = |u: [f64; 4]| (0.05 + 0.30 * u[0]) * (0.25 + 0.75 * u[1]) * (0.5 + 0.4 * u[2]);
        let mut sections = [PairTotals::default(); SECTIONS];
        for trial in run * 2000..(run + 1) * 2000 {
            let u = keys.map(|key| key.uniform(trial));
            let mut other = u;
            other[redrawn] = again.uniform(trial);
            sections[section_of(trial)].add([u, other].map(|u| (f(u) * 1e12) as i64));
        }
        total_effect(&sections).expect("it varies")
    }

    #[test]
    fn of_a_product_it_is_the_closed_form_and_intervals_hold_it() {
        for (redrawn, truth) in [0.589_076_7, 0.399_730_6, 0.098_829_6].into_iter().enumerate() {
            let runs: Vec<Jackknife> = (0..400).map(|run| totals(run, redrawn)).collect();
            let count = runs.len() as f64;
            let mean = runs.iter().map(|run| run.value).sum::<f64>() / count;
            let squares: f64 = runs.iter().map(|run| (run.value - mean) * (run.value - mean)).sum();
            let deviation = (squares / (count - 1.0)).sqrt();
            assert!((mean - truth).abs() <= 4.0 * deviation / count.sqrt(), "{redrawn}: {mean} against {truth}");
            assert!(deviation <= 0.03, "{redrawn}: {deviation}");
            assert!((runs[0].value - truth).abs() <= 4.0 * runs[0].error(), "{redrawn}: {:?}", runs[0].value);
            let holds = |run: &&Jackknife| {
                run.interval(0.95).is_some_and(|interval| interval.low <= truth && truth <= interval.high)
            };
            let held = runs.iter().filter(holds).count();
            assert!(held as f64 >= 0.93 * count, "{redrawn}: {held}");
        }
    }

    #[test]
    fn what_does_nothing_is_exactly_zero_and_what_does_all_is_one() {
        let idle = totals(0, 3);
        assert_eq!((idle.value, idle.p_above_zero()), (0.0, 1.0));
        let mut sections = [PairTotals::default(); SECTIONS];
        let (a, b) = (Key::new(5, "a"), Key::new(5, "b"));
        for trial in 0..2000u64 {
            sections[section_of(trial)].add([a, b].map(|key| (key.uniform(trial) * 1e12) as i64));
        }
        let all = total_effect(&sections).expect("it varies");
        assert!((all.value - 1.0).abs() < 4.0 * all.error() && all.error() < 0.03, "{all:?}");
        assert_eq!(total_effect(&[PairTotals::default(); SECTIONS]), None);
    }
}
