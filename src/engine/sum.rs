//! Sums that do not depend on the order of their terms.

use pulp::Simd;

use super::wide::Wide;

/// The sum of `terms`, rounded once, so that the terms may come in any order: another name for a market, or another place
/// in the file, leaves every bit of the result as it was. Rounding errors are carried along (Knuth's two-sum); two terms
/// have none that would count. `zero` if there are none.
#[inline(always)]
pub fn sum<S: Simd>(zero: Wide<S>, terms: impl IntoIterator<Item = Wide<S>>) -> Wide<S> {
    let mut terms = terms.into_iter();
    let Some(first) = terms.next() else { return zero };
    let Some(second) = terms.next() else { return first };
    let Some(third) = terms.next() else { return first + second };
    let (mut high, mut low) = two_sum(first, second);
    for term in std::iter::once(third).chain(terms) {
        let (sum, error) = two_sum(high, term);
        high = sum;
        low = low + error;
    }
    high + low
}

/// Sum and its rounding error.
#[inline(always)]
fn two_sum<S: Simd>(a: Wide<S>, b: Wide<S>) -> (Wide<S>, Wide<S>) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
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
