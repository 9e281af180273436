//! Estimates whose intervals come from fixed sections of the trials: the jackknife, a section left out at a time.
//!
//! Every trial belongs to one of [`SECTIONS`] sections by its number alone, so that neither threads nor the number of trials
//! move one from section to section. An estimate is computed from all sections, and again without each of them; how far these
//! differ tells its error (Tukey 1958; Shao & Tu, The Jackknife and Bootstrap, 1995, chapter 2).

use super::{Interval, half_miss, student_t_quantile, student_t_tail};

/// Number of sections.
pub const SECTIONS: usize = 20;

/// The section of a trial: eight trials in a row belong together, as they are simulated side by side.
pub fn section_of(trial: u64) -> usize {
    (trial / 8 % SECTIONS as u64) as usize
}

/// An estimate, and what it would be without each section, as pseudo-values: their mean is the estimate but for its bias, and
/// their spread over the root of their number its standard error. Those of a sum of estimates are the sums.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jackknife {
    /// The estimate from all sections.
    pub value: f64,
    pseudo: [f64; SECTIONS],
}

impl Jackknife {
    /// Of a statistic, which gets the section that it must leave out. `None` where it has no value.
    pub fn new(statistic: impl Fn(Option<usize>) -> Option<f64>) -> Option<Self> {
        let value = statistic(None).filter(|value| value.is_finite())?;
        let mut pseudo = [0.0; SECTIONS];
        for (section, pseudo) in pseudo.iter_mut().enumerate() {
            let without = statistic(Some(section)).filter(|value| value.is_finite())?;
            *pseudo = SECTIONS as f64 * value - (SECTIONS - 1) as f64 * without;
        }
        Some(Jackknife { value, pseudo })
    }

    /// Nothing, known exactly.
    pub const ZERO: Jackknife = Jackknife { value: 0.0, pseudo: [0.0; SECTIONS] };

    /// The sum of both.
    pub fn plus(mut self, other: &Jackknife) -> Self {
        self.value += other.value;
        self.pseudo.iter_mut().zip(other.pseudo).for_each(|(own, other)| *own += other);
        self
    }

    /// What it lacks to one.
    pub fn complement(self) -> Self {
        Jackknife { value: 1.0 - self.value, pseudo: self.pseudo.map(|pseudo| 1.0 - pseudo) }
    }

    /// Standard error.
    pub fn error(&self) -> f64 {
        let count = SECTIONS as f64;
        let mean = self.pseudo.iter().sum::<f64>() / count;
        let squares: f64 = self.pseudo.iter().map(|value| (value - mean) * (value - mean)).sum();
        (squares / (count * (count - 1.0))).sqrt()
    }

    /// Two-sided interval by Student's t. `None` for a `confidence` outside (0, 1).
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let half = -student_t_quantile(half_miss(confidence)?, (SECTIONS - 1) as f64) * self.error();
        Some(Interval { low: self.value - half, high: self.value + half })
    }

    /// One-sided p-value against the truth being zero or less: of Student's t. 1 for an estimate that is not above zero.
    pub fn p_above_zero(&self) -> f64 {
        match self.error() {
            _ if !(self.value > 0.0) => 1.0,
            0.0 => 0.0,
            error => student_t_tail(self.value / error, (SECTIONS - 1) as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a mean of one number a section, all is known: the pseudo-values are the numbers.
    #[test]
    fn a_mean_is_its_own_pseudo_values() {
        let numbers: [f64; SECTIONS] = std::array::from_fn(|index| (index * index % 7) as f64);
        let mean = |left_out: Option<usize>| {
            let kept =
                numbers.iter().enumerate().filter(|(index, _)| Some(*index) != left_out).map(|(_, number)| number);
            Some(kept.clone().sum::<f64>() / kept.count() as f64)
        };
        let found = Jackknife::new(mean).expect("it has a value");
        found.pseudo.iter().zip(numbers).for_each(|(pseudo, number)| assert!((pseudo - number).abs() < 1e-12));
        let variance = numbers.iter().map(|number| (number - found.value) * (number - found.value)).sum::<f64>() / 19.0;
        assert!((found.error() - (variance / 20.0).sqrt()).abs() < 1e-12);
        let interval = found.interval(0.95).expect("a confidence");
        assert!((interval.high - found.value - 2.093_024_054_408_263 * found.error()).abs() < 1e-12);
        // The interval just touches zero at the confidence that the p-value says.
        let p = found.p_above_zero();
        assert!(found.interval(1.0 - 2.0 * p).is_some_and(|interval| interval.low.abs() < 1e-9));
        let twice = found.plus(&found);
        assert!((twice.value - 2.0 * found.value).abs() < 1e-12 && (twice.error() - 2.0 * found.error()).abs() < 1e-12);
        assert_eq!((twice.complement().value, Jackknife::ZERO.p_above_zero()), (1.0 - twice.value, 1.0));
        assert!(Jackknife::new(|left_out| left_out.is_none().then_some(1.0)).is_none());
        assert_eq!(
            (Jackknife::new(|_| Some(0.5)).map(|known| known.p_above_zero()), found.interval(1.0)),
            (Some(0.0), None)
        );
    }
}
