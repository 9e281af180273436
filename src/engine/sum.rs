//! Sums that do not depend on the order of their terms.

/// A sum whose rounding errors are carried along (Knuth's two-sum), so that the terms may come in any order: another name
/// for a market, or another place in the file, leaves every bit of the result as it was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    /// Adds a term.
    #[inline]
    pub fn add(&mut self, term: f64) {
        let sum = self.high + term;
        let part = sum - self.high;
        self.low += (self.high - (sum - part)) + (term - part);
        self.high = sum;
    }

    /// The sum, rounded once.
    #[inline]
    pub fn value(self) -> f64 {
        self.high + self.low
    }
}

/// The sum of `terms`, whatever their order.
#[inline]
pub fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    for term in terms {
        sum.add(term);
    }
    sum.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_terms_does_not_matter() {
        let terms = [0.1, 1e9, 0.3, 7.7e-5, 12345.678];
        let forward = sum(terms);
        assert_eq!(forward.to_bits(), sum(terms.into_iter().rev()).to_bits());
        assert_eq!(forward.to_bits(), sum([1e9, 7.7e-5, 0.1, 12345.678, 0.3]).to_bits());
    }
}
