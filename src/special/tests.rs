//! References computed with 60 digits.

use super::*;

/// Relative, and beside it the last bit of one: where a parameter is far below one, the smaller side is a difference.
fn close(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance * wanted.abs() + 5e-16, "found {found:e}, wanted {wanted:e}");
}

#[test]
fn incomplete_gamma_meets_references() {
    for (a, x, below, above) in [
        (0.5, 0.1, 0.345279153981423, 0.654720846018577),
        (0.001, 0.5, 0.9994399333435292, 0.0005600666564707498),
        (2.5, 1.5, 0.3000141641213725, 0.6999858358786275),
        (2.5, 20.0, 0.99999985066321, 1.4933679000503952e-07),
        (9.5, 9.0, 0.4775617260137371, 0.522438273986263),
        (10.0, 10.5, 0.6028674006491893, 0.39713259935081063),
        (100.0, 90.0, 0.15822098918643018, 0.8417790108135699),
        (100.0, 150.0, 0.9999940754596646, 5.924540335483916e-06),
        (1000.0, 1010.0, 0.6276789447369947, 0.3723210552630053),
        (10000.0, 9800.0, 0.022207543813969693, 0.9777924561860303),
        (1000000.0, 1000500.0, 0.6915504757714972, 0.3084495242285028),
        (1000000.0, 996000.0, 3.100711821108297e-05, 0.9999689928817889),
    ] {
        let found = gamma_cdf(a, x);
        close(found.below, below, 3e-13);
        close(found.above, above, 3e-13);
    }
}

#[test]
fn incomplete_beta_meets_references() {
    for (a, b, x, below, above) in [
        (0.5, 0.5, 0.25, 0.3333333333333333, 0.6666666666666666),
        (0.001, 2.0, 0.25, 0.9993636271006047, 0.0006363728993953045),
        (3.0, 4.0, 0.1, 0.015850000000000003, 0.98415),
        (3.0, 4.0, 0.75, 0.96240234375, 0.03759765625),
        (2.0, 30.0, 0.125, 0.9135161130723332, 0.0864838869276668),
        (0.5, 5000.0, 0.0009765625, 0.998226086712317, 0.0017739132876829489),
        (50.0, 60.0, 0.375, 0.04516555871400236, 0.9548344412859976),
        (50.0, 60.0, 0.5625, 0.9884351172800214, 0.011564882719978622),
        (1000.0, 2000.0, 0.328125, 0.27345443591870916, 0.7265455640812909),
        (5001.0, 95000.0, 0.048828125, 0.042482544540697, 0.957517455459303),
        (0.5, 5000000000.0, 4.656612873077393e-10, 0.9690658423191589, 0.030934157680841068),
        (300000.0, 700000.0, 0.2998046875, 0.33506535308735635, 0.6649346469126437),
    ] {
        let found = beta_cdf(a, b, x, 1.0 - x);
        close(found.below, below, 3e-13);
        close(found.above, above, 3e-13);
        assert_eq!(beta_cdf(b, a, 1.0 - x, x), found.swapped());
    }
}

#[test]
fn normal_quantile_meets_references() {
    for (p, z) in [
        (1e-300, -37.0470962993612),
        (1e-30, -11.464024688443615),
        (1e-10, -6.361340902404057),
        (0.001, -3.0902323061678136),
        (0.02425, -1.972961051311885),
        (0.07, -1.4757910281791706),
        (0.08, -1.4050715603096327),
        (0.25, -0.6744897501960817),
        (0.4, -0.2533471031357997),
        (0.75, 0.6744897501960817),
        (0.975, 1.9599639845400538),
    ] {
        close(normal_quantile(Probability::of(p)), z, 5e-16);
        close(normal_quantile(Probability::of(p).swapped()), -z, 5e-16);
        close(normal_cdf(z).below, p, 1e-12);
    }
    assert_eq!(normal_quantile(Probability::of(0.5)), 0.0);
}

/// The distribution function of the quantile is the probability, on the smaller side, over the whole range of shapes.
#[test]
fn quantiles_invert() {
    let shapes = [1e-3, 0.1, 0.9, 1.0, 1.5, 9.0, 11.0, 300.0, 1e6];
    for p in [1e-12, 1e-5, 0.01, 0.3, 0.5, 0.7, 0.99, 1.0 - 1e-5, 1.0 - 1e-12] {
        let p = Probability::of(p);
        for a in shapes {
            let x = gamma_quantile(a, p);
            if x > 1e-280 {
                let at = gamma_cdf(a, x);
                if p.below < p.above { close(at.below, p.below, 1e-10) } else { close(at.above, p.above, 1e-10) }
            }
            for b in shapes {
                let (x, y) = beta_quantile(a, b, p);
                if x > 1e-280 && y > 1e-280 {
                    let at = beta_cdf(a, b, x, y);
                    if p.below < p.above { close(at.below, p.below, 1e-10) } else { close(at.above, p.above, 1e-10) }
                }
            }
        }
    }
}

/// Nonsense gives a number or not-a-number, but always comes back.
#[test]
fn nonsense_returns() {
    for a in [f64::NAN, -1.0, 0.0, 1e300, f64::INFINITY] {
        for p in [f64::NAN, -1.0, 0.0, 0.3, 2.0] {
            gamma_cdf(a, p);
            beta_cdf(a, a, p, 1.0 - p);
            normal_quantile(Probability::of(p));
        }
    }
}

/// A row of them is a row of the single ones, in the middle, at the seam and far out.
#[test]
fn normal_quantiles_in_a_row() {
    let mut uniform: Vec<f64> = (1..20_000).map(|i| f64::from(i) / 20_000.0).collect();
    uniform.extend([1e-16, 1e-12, 1e-9, 4.8e-4, 4.83e-4, 4.85e-4, 0.5 - 1e-9, 0.5 + 1e-9, 1.0 - 1e-12, 1.0 - 4.83e-4]);
    for chunk in uniform.as_chunks::<8>().0 {
        let mut row = *chunk;
        normal_quantiles(&mut row);
        for (found, uniform) in row.into_iter().zip(*chunk) {
            close(found, normal_quantile(Probability::of(uniform)), 2e-15);
        }
    }
}

/// So is a row of probabilities, to 1e-15.
#[test]
fn normal_probabilities_in_a_row() {
    for step in -1000..=1000 {
        let mut row: [f64; 8] = std::array::from_fn(|lane| 0.009 * f64::from(step) + 0.001 * lane as f64);
        let wanted = row.map(|x| normal_cdf(x).below);
        normal_probabilities(&mut row);
        for (found, wanted) in row.into_iter().zip(wanted) {
            close(found, wanted, 5e-16);
        }
    }
    let mut ends = [-1e9, -40.0, 40.0, 1e9];
    normal_probabilities(&mut ends);
    assert!(ends[0] > 0.0 && ends[1] < 1e-300 && ends[2..] == [1.0, 1.0]);
}
