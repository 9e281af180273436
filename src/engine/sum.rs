//! Sums that do not depend on the order of their terms.

use crate::model::MAX_MARKETS;
use crate::simd::Number;

/// A sum, rounded once, so that its terms may come in any order: another name for a market, or another place in the file,
/// leaves every bit of the result as it was. Rounding errors are carried along (Knuth's two-sum).
#[derive(Clone, Copy, Debug)]
pub struct Sum<N: Number> {
    terms: usize,
    high: N,
    low: N,
}

impl<N: Number> Sum<N> {
    /// Nothing yet.
    #[inline(always)]
    pub fn new(zero: N) -> Self {
        Sum { terms: 0, high: zero, low: zero }
    }

    /// Adds a term.
    #[inline(always)]
    pub fn add(&mut self, term: N) {
        if self.terms == 0 {
            self.high = term;
        } else {
            let sum = self.high + term;
            let rounded = sum - self.high;
            self.low = self.low + ((self.high - (sum - rounded)) + (term - rounded));
            self.high = sum;
        }
        self.terms += 1;
    }

    /// The sum. Up to two terms it is as good as it can be without the errors.
    #[inline(always)]
    pub fn value(self) -> N {
        if self.terms > 2 { self.high + self.low } else { self.high }
    }
}

/// The sum of something of each market, none of it below zero: from the smallest to the largest, so that neither their order
/// nor a market that has nothing changes a bit. `zero` if there are none.
#[inline(always)]
pub fn sum<N: Number>(zero: N, terms: &[N]) -> N {
    // The same in fewer steps: which of the two smaller ones is the smallest does not matter.
    if let &[a, b, c] = terms {
        let (larger, smaller) = (a.max(b), a.min(b));
        return (smaller + larger.min(c)) + larger.max(c);
    }
    let mut sorted = [zero; MAX_MARKETS];
    for (count, &term) in terms.iter().enumerate() {
        let mut larger = term;
        for other in &mut sorted[..count] {
            (*other, larger) = (other.min(larger), other.max(larger));
        }
        sorted[count] = larger;
    }
    sorted[..terms.len()].iter().fold(zero, |sum, term| sum + *term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_terms_does_not_matter() {
        let add = |terms: &[f64]| {
            let mut sum = Sum::new(0.0);
            terms.iter().for_each(|term| sum.add(*term));
            sum.value()
        };
        let forward = add(&[0.1, 1e9, 0.3, 7.7e-5, 12345.678]);
        assert_eq!(forward, add(&[12345.678, 7.7e-5, 0.3, 1e9, 0.1]));
        assert_eq!(forward, add(&[1e9, 7.7e-5, 0.1, 12345.678, 0.3]));
        assert_eq!((add(&[]), add(&[0.5]), add(&[0.5, 1e9])), (0.0, 0.5, 1e9 + 0.5));
    }

    #[test]
    fn markets_are_added_from_the_smallest_on() {
        let add = |terms: &[f64]| sum(0.0, terms);
        let [a, b, c] = [1e9, 7.7e-8, 12345.678];
        for terms in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            let [x, y, z] = terms;
            assert_eq!(add(&terms), a + (b + c));
            // A market that has nothing.
            assert_eq!(add(&[x, 0.0, y, z]), a + (b + c));
            assert_eq!(add(&[x, y, z, 0.0, 0.0]), a + (b + c));
        }
        assert_eq!(add(&[0.3, 0.1, 0.4, 0.2, 0.1]), (((0.1 + 0.1) + 0.2) + 0.3) + 0.4);
        assert_eq!((add(&[]), add(&[0.5]), add(&[1e9, 0.5])), (0.0, 0.5, 1e9 + 0.5));
    }
}
