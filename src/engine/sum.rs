//! Sums that do not depend on the order of their terms.

use super::lanes::Lanes;

/// A sum whose rounding errors are carried along (Knuth's two-sum), so that the terms may come in any order: another name
/// for a market, or another place in the file, leaves every bit of the result as it was.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    high: Lanes,
    low: Lanes,
}

impl Sum {
    /// Nothing yet.
    pub const ZERO: Sum = Sum { high: Lanes::ZERO, low: Lanes::ZERO };

    /// Adds a term.
    #[inline(always)]
    pub fn add(&mut self, term: Lanes) {
        let sum = self.high + term;
        let part = sum - self.high;
        self.low = self.low + ((self.high - (sum - part)) + (term - part));
        self.high = sum;
    }

    /// The sum, rounded once.
    #[inline(always)]
    pub fn value(self) -> Lanes {
        self.high + self.low
    }
}

/// The sum of `terms`, whatever their order.
#[inline(always)]
pub fn sum(terms: impl IntoIterator<Item = Lanes>) -> Lanes {
    let mut terms = terms.into_iter();
    let Some(first) = terms.next() else { return Lanes::ZERO };
    let mut sum = Sum { high: first, low: Lanes::ZERO };
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
        let terms = [0.1, 1e9, 0.3, 7.7e-5, 12345.678].map(Lanes::all);
        let forward = sum(terms);
        assert_eq!(forward, sum(terms.into_iter().rev()));
        assert_eq!(forward, sum([1e9, 7.7e-5, 0.1, 12345.678, 0.3].map(Lanes::all)));
        assert_eq!(sum([]), Lanes::ZERO);
    }
}
