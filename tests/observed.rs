//! Observations as inputs: rates and lengths of episodes from events, distributions from values; held against closed forms.

use std::fs;

use shortfall::config::{DistributionSpec, Gamma, LogNormal, Quantity};
use shortfall::math::{exp, ln};
use shortfall::random::{self, Key};
use shortfall::special::{Probability, gamma_quantile, normal_quantile};
use shortfall::statistics::fit;
use shortfall::{Error, Study};
use statrs::distribution::ContinuousCDF;
use tempfile::TempDir;

const HEAD: &str = r#"
title = "A mill and its fires"
start = "2026-01"
horizon_years = 2
markets.home.countries = ["Home"]
stages.metal = {}
capacities.mill = { country = "Home", stage = "metal", tonnes_per_year = 300 }
demands.users = { market = "home", stage = "metal", tonnes_per_year = 300 }
[disruptions.fire]
kind = "outage"
hits = ["mill"]
"#;

const FIRES: &str = "\
start,end,months,class
2017-05,2017-07,,fire
2018-02-01,2018-02-15,,flood
2019-11,,0.5,fire
2024-12,,,fire
2009-01,,4,fire
";

fn folder(entry: &str, events: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("c.toml"), format!("{HEAD}{entry}")).expect("written");
    fs::write(folder.path().join("e.csv"), events).expect("written");
    folder
}

fn study(entry: &str, events: &str) -> Study {
    Study::from_file(folder(entry, events).path().join("c.toml")).unwrap_or_else(|error| panic!("{error}"))
}

/// Shape and scale of the rate, and the lengths.
fn frozen(study: &Study) -> (f64, f64, DistributionSpec) {
    let fire = &study.config.disruptions["fire"];
    assert_eq!(fire.events, None);
    let spec = |quantity: &Option<Quantity>| match quantity {
        Some(Quantity::Distribution(spec)) => (**spec).clone(),
        other => panic!("{other:?}"),
    };
    let Some(Gamma(rate)) = spec(&fire.rate_per_year).gamma else { panic!("a gamma distribution is expected") };
    (rate["shape"], rate["scale"], spec(&fire.duration_months))
}

/// Counted by hand: three fires from 2016 to 2025, ten years, less 2 + 0.5 + 13 months in which one ran.
#[test]
fn events_give_the_posterior_of_the_rate_and_their_lengths() {
    let entry = "events = { file = \"e.csv\", from = \"2016-01\", only = { class = \"fire\" } }";
    let found = study(entry, FIRES);
    let (shape, scale, lengths) = frozen(&found);
    let years = 10.0 - 15.5 / 12.0;
    assert_eq!((shape, (scale * years - 1.0).abs() < 1e-14), (3.5, true), "{scale}");
    assert_eq!(lengths.empirical, Some(vec![2.0, 0.5]));
    assert_eq!(found.fitted.len(), 2);
    assert!(found.fitted[0].contains("3 events in 8.708 years at risk (e.csv)"), "{}", found.fitted[0]);
    assert!(found.fitted[0].contains("1 outside of the time watched left out"), "{}", found.fitted[0]);
    assert_eq!(
        found.notes[&["disruptions", "fire", "rate_per_year"].map(String::from)[..]],
        found.fitted[0].split_once(": ").expect("a path").1
    );
    // Two mills watched as long, or so many years by themselves.
    let two = frozen(&study(&entry.replace("from", "units = 2, from"), FIRES));
    assert!((two.1 * (20.0 - 15.5 / 12.0) - 1.0).abs() < 1e-14);
    let given = frozen(&study("events = { file = \"e.csv\", exposure_years = 40 }", FIRES));
    assert_eq!((given.0, given.1, given.2.empirical.map(|lengths| lengths.len())), (5.5, 0.025, Some(4)));
    // Days: the first half of a February of 28 days.
    let flood =
        frozen(&study("events = { file = \"e.csv\", from = \"2016-01\", only = { class = \"flood\" } }", FIRES));
    assert_eq!(flood.2.empirical, Some(vec![0.5]));
    // What is given itself stays.
    let own = study(&format!("{entry}\nduration_months = 7"), FIRES);
    assert_eq!(own.config.disruptions["fire"].duration_months, Some(7.0.into()));
    // No event tells something too.
    let none = study(
        "events = { file = \"e.csv\", exposure_years = 5, only = { class = \"war\" } }\nduration_months = 7",
        FIRES,
    );
    assert!(
        matches!(&none.config.disruptions["fire"].rate_per_year, Some(Quantity::Distribution(spec)) if spec.gamma.as_ref().is_some_and(|law| law.0["shape"] == 0.5))
    );
}

/// The posterior has mean (n + 1/2) / T, and its quantiles are those of another library; what the program tells are these.
#[test]
fn the_posterior_is_that_of_jeffreys() {
    let events: String = (0..6).map(|year| format!("201{year}-03,,1,fire\n")).collect();
    let found =
        study("events = { file = \"e.csv\", exposure_years = 12 }", &format!("start,end,months,class\n{events}"));
    let (shape, scale, _) = frozen(&found);
    assert!((shape * scale - 6.5 / 12.0).abs() < 1e-15);
    let theirs = statrs::distribution::Gamma::new(6.5, 12.0).expect("a distribution");
    for p in [0.05, 0.5, 0.95] {
        let ours = scale * gamma_quantile(shape, Probability::of(p));
        assert!((ours / theirs.inverse_cdf(p) - 1.0).abs() < 1e-6, "{p}: {ours}");
    }
    let told = format!(
        "mean {:.3} a year, 90 % of it between {:.3} and {:.3}",
        6.5 / 12.0,
        theirs.inverse_cdf(0.05),
        theirs.inverse_cdf(0.95)
    );
    assert!(found.fitted[0].contains(&told), "{told}\n{}", found.fitted[0]);
    // The engine draws from it: the mean of the rate over many trials.
    let law = Study::from_text(&format!(
        "{HEAD}rate_per_year = {{ gamma = {{ shape = {shape}, scale = {scale} }} }}\nduration_months = 1"
    ));
    assert_eq!(
        law.expect("sound").config.disruptions["fire"].rate_per_year,
        found.config.disruptions["fire"].rate_per_year
    );
}

/// An interval of 90 % holds the true rate in about 90 % of the histories; one without the half that Jeffreys adds does not.
#[test]
fn intervals_of_the_rate_cover_it() {
    let (rate, years, histories) = (0.35, 10.0, 20_000);
    let mut stream = Key::new(1, "histories").stream(0);
    let mut covered = [0; 2];
    for _ in 0..histories {
        let (mut time, mut count) = (0.0_f64, 0_u32);
        loop {
            time -= ln(1.0 - random::uniform(&mut stream)) / rate;
            if time > years {
                break;
            }
            count += 1;
        }
        for (covered, prior) in covered.iter_mut().zip([0.5, 2.5]) {
            let end = |p: f64| gamma_quantile(f64::from(count) + prior, Probability::of(p)) / years;
            *covered += u32::from(end(0.05) <= rate && rate <= end(0.95));
        }
    }
    let [jeffreys, wrong] = covered.map(|covered| f64::from(covered) / f64::from(histories));
    assert!((0.88..=0.93).contains(&jeffreys), "{jeffreys}");
    assert!(wrong < 0.88, "a prior that knows too much is noticed: {wrong}");
}

/// Lognormal values with median 4 and sigma 0.7, by the quantiles of the normal distribution at chance.
fn lognormal(count: usize, name: &str) -> Vec<f64> {
    let mut stream = Key::new(3, name).stream(0);
    let one = |_| 4.0 * exp(0.7 * normal_quantile(Probability::of(random::uniform(&mut stream))));
    (0..count).map(one).collect()
}

#[test]
fn a_fit_finds_the_parameters() {
    let found = fit::lognormal(&lognormal(20_000, "many")).expect("a fit");
    assert!((found.median / 4.0 - 1.0).abs() < 0.02 && (found.sigma / 0.7 - 1.0).abs() < 0.02, "{found:?}");
    // Through the config, for any input.
    let values = lognormal(12, "few");
    let text = format!(
        "{HEAD}rate_per_year = 1\nduration_months = {{ observed = {values:?}, fit = \"lognormal\", max = 60 }}\nseverity = {{ observed = [0.25, 0.75] }} # seen"
    );
    let found = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
    let fire = &found.config.disruptions["fire"];
    let by_hand = fit::lognormal(&values).expect("a fit");
    let Some(Quantity::Distribution(length)) = &fire.duration_months else { panic!("a distribution") };
    let law = LogNormal([("median".to_string(), by_hand.median), ("sigma".to_string(), by_hand.sigma)].into());
    assert_eq!(**length, DistributionSpec { lognormal: Some(law), max: Some(60.0), ..DistributionSpec::default() });
    assert!(
        found.fitted[0].contains("Anderson-Darling A* = ") && found.fitted[0].contains("nothing speaks against it")
    );
    let note = &found.notes[&["disruptions", "fire", "severity"].map(String::from)[..]];
    assert_eq!(note, "seen; 2 observed values, 0.25 to 0.75, each equally likely");
    let scenario =
        format!("{text}\n[scenarios.long.set]\n\"disruptions.fire.duration_months\" = {{ observed = [1, 2, 3] }}\n");
    let found = Study::from_text(&scenario).unwrap_or_else(|faults| panic!("{faults}"));
    let set = &found.config.scenarios["long"].set["disruptions.fire.duration_months"];
    assert_eq!(set.to_string(), "{ empirical = [1, 2, 3] }");
}

/// Against `statsmodels.stats.diagnostic.normal_ad` 0.15 of the logarithms, whose statistic is the one before it is modified.
#[test]
fn the_test_of_the_fit_is_that_of_another_program() {
    let modified = |raw: f64, n: f64| raw * (1.0 + 0.75 / n + 2.25 / (n * n));
    for (values, raw, p) in [
        (&[0.5, 1.2, 3.3, 2.2, 0.9, 7.1, 4.4, 1.8, 2.6, 12.5][..], 0.09164584663777298, 0.996020475072434),
        (&[1.0, 1.1, 1.2, 1.3, 1.1, 1.2, 9.0, 10.0, 11.0, 9.5, 10.5, 10.2], 1.621450540208265, 0.00017875170846733468),
        (&[3.1, 4.5, 5.2, 6.6, 2.4, 4.9, 8.8, 3.9], 0.12716367571658438, 0.9706203083458517),
    ] {
        let test = fit::lognormal(values).expect("a fit").test.expect("enough values");
        assert!((test.statistic - modified(raw, values.len() as f64)).abs() < 1e-9, "{test:?}");
        assert!((test.p - p).abs() < 1e-4, "{test:?}, {p}");
    }
}

/// Of samples that are lognormal, one in twenty has P below 0.05; of exponential ones of the same size, far more.
#[test]
fn the_test_of_the_fit_errs_as_often_as_it_says() {
    let mut stream = Key::new(5, "exponential").stream(0);
    let mut rejected = [0; 2];
    for sample in 0..4000 {
        let exponential: Vec<f64> = (0..40).map(|_| -ln(1.0 - random::uniform(&mut stream))).collect();
        for (rejected, values) in rejected.iter_mut().zip([lognormal(40, &format!("sample {sample}")), exponential]) {
            *rejected += u32::from(fit::lognormal(&values).expect("a fit").test.expect("enough").p < 0.05);
        }
    }
    let [right, wrong] = rejected.map(|count| f64::from(count) / 4000.0);
    assert!((0.04..=0.06).contains(&right), "{right}");
    assert!(wrong > 0.4, "{wrong}");
}

#[test]
fn what_is_wrong_with_events_is_told() {
    let good = "events = { file = \"e.csv\", from = \"2016-01\" }";
    let csv = |row: &str| format!("start,end,months,class\n2017-05,2017-07,,fire\n{row}\n");
    for (entry, events, part) in [
        (good, csv("2017-13,,1,x"), "e.csv, row 3, column start (cell A3)"),
        (good, csv("2018-02-30,,1,x"), "neither a month nor a day"),
        (good, csv("2018-02,2018-01,,x"), "column end (cell B3)"),
        (good, csv("2018-02,,-1,x"), "longer than 0"),
        (good, csv("2018-02,,some,x"), "not a number of months"),
        (good, csv("2018-02,2018-03,1,x"), "both `end` and `months`"),
        (good, "begin,end\n2017-05,2017-07\n".into(), "no column `start`"),
        (good, "start,class\n2017-05,a\n".into(), "no column `end`"),
        ("events = { file = \"e.csv\" }", csv(""), "need the time"),
        ("events = { file = \"e.csv\", from = \"2027-01\" }", csv(""), "that is no time"),
        ("events = { file = \"e.csv\", from = \"2016-01\", exposure_years = 3 }", csv(""), "stands in place of"),
        ("events = { file = \"e.csv\", exposure_years = 0 }", csv(""), "above 0"),
        ("events = { file = \"e.csv\", from = \"2016-01\", units = 0 }", csv(""), "`units`"),
        ("events = { file = \"e.csv\", from = \"2017-05\", to = \"2017-06\" }", csv(""), "all the time"),
        ("events = { file = \"e.csv\", from = \"2016-01\", only = { kind = \"x\" } }", csv(""), "no column `kind`"),
        ("events = { file = \"gone.csv\", from = \"2016-01\" }", csv(""), "cannot be read"),
        ("events = \"e.csv\"", csv(""), "is expected here"),
        ("events = { file = \"e.csv\", form = \"2016-01\" }", csv(""), "did you mean `from`"),
        ("events = { file = \"e.csv\", from = \"2018-01\" }", csv(""), "no event that has ended"),
        ("events = { file = \"e.csv\", from = \"2016-01\", fit = \"lognormal\" }", csv(""), "at least 3 values"),
        (
            "events = { file = \"e.csv\", from = \"2016-01\" }\nrate_per_year = 1\nduration_months = 1",
            csv(""),
            "no effect",
        ),
    ] {
        match Study::from_file(folder(entry, &events).path().join("c.toml")) {
            Err(Error::Config(faults)) => {
                assert!(faults.to_string().contains(part) && faults.count() == 1, "{entry}: {part}\n{faults}")
            }
            other => panic!("{entry}: {:?}", other.map(|_| ())),
        }
    }
    let faults = Study::from_text(&format!("{HEAD}{good}")).expect_err("there is no folder");
    assert!(faults.to_string().contains("only a config that is a file"), "{faults}");
}
