//! Words for how likely something is, each bound to a range of probabilities: those of the Intergovernmental Panel on Climate
//! Change (Mastrandrea and others, "Guidance note on the consistent treatment of uncertainties", 2010), as far as they are used.

use crate::summary::Estimate;

/// How likely something is, in words bound to its probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likelihood {
    /// Below 1 %.
    ExceptionallyUnlikely,
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
        Likelihood::ExceptionallyUnlikely,
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
            Likelihood::ExceptionallyUnlikely => "exceptionally unlikely",
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
    fn words_never_claim_more_than_the_interval() {
        assert_eq!(Likelihood::of(0.44).word(), "about as likely as not");
        assert_eq!(Likelihood::of(0.06).word(), "unlikely");
        assert_eq!(Likelihood::of(0.004).word(), "exceptionally unlikely");
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
