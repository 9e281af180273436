//! Sums that do not depend on the order of their terms.

use pulp::Simd;

use super::wide::Wide;

/// A sum, rounded once, so that its terms may come in any order: another name for a market, or another place in the file,
/// leaves every bit of the result as it was. Rounding errors are carried along (Knuth's two-sum).
#[derive(Clone, Copy, Debug)]
pub struct Sum<S: Simd> {
    terms: usize,
    high: Wide<S>,
    low: Wide<S>,
}

impl<S: Simd> Sum<S> {
    /// Nothing yet.
    #[inline(always)]
    pub fn new(zero: Wide<S>) -> Self {
        Sum { terms: 0, high: zero, low: zero }
    }

    /// Adds a term.
    #[inline(always)]
    pub fn add(&mut self, term: Wide<S>) {
        if self.terms == 0 {
            self.high = term;
        } else {
            let sum = self.high + term;
            let part = sum - self.high;
            self.low = self.low + ((self.high - (sum - part)) + (term - part));
            self.high = sum;
        }
        self.terms += 1;
    }

    /// The sum. Up to two terms it is as good as it can be without the errors.
    #[inline(always)]
    pub fn value(self) -> Wide<S> {
        if self.terms > 2 { self.high + self.low } else { self.high }
    }
}

/// The sum of `terms`, whatever their order; `zero` if there are none.
#[inline(always)]
pub fn sum<S: Simd>(zero: Wide<S>, terms: impl IntoIterator<Item = Wide<S>>) -> Wide<S> {
    let mut sum = Sum::new(zero);
    for term in terms {
        sum.add(term);
    }
    sum.value()
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Lanes;
    use super::super::wide::Part;
    use super::*;

    #[test]
    fn the_order_of_the_terms_does_not_matter() {
        let part = Part::all_of(pulp::Scalar).next().unwrap();
        let add = |terms: &[f64]| {
            let mut found = Lanes::ZERO;
            part.store(&mut found, sum(part.zero(), terms.iter().map(|term| part.all(*term))));
            found.0[0]
        };
        let forward = add(&[0.1, 1e9, 0.3, 7.7e-5, 12345.678]);
        assert_eq!(forward, add(&[12345.678, 7.7e-5, 0.3, 1e9, 0.1]));
        assert_eq!(forward, add(&[1e9, 7.7e-5, 0.1, 12345.678, 0.3]));
        assert_eq!((add(&[]), add(&[0.5]), add(&[0.5, 1e9])), (0.0, 0.5, 1e9 + 0.5));
    }
}
