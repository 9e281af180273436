//! Figures are honest: warnings where they are due, verdicts of a family, intervals that cover.

mod common;

use std::collections::BTreeMap;

use common::{ConfigBuilder, series_row};
use shortfall::engine::{Engine, Trial};
use shortfall::math::exp;
use shortfall::output::{Results, tables};
use shortfall::simulation::{self, Progress};
use shortfall::statistics::clopper_pearson;
use shortfall::study::{Study, looks};
use shortfall::summary::{self, Comparison, Estimate, Side, Summary, Verdict, summarise};
use shortfall::tally::Tally;

/// A plant that falls out now and then; of its users, none has a stock.
fn plant(rate: &str, duration: &str) -> ConfigBuilder {
    let outage = format!("rate_per_year = {rate}, duration_months = {duration}");
    ConfigBuilder::new(10.0).plant("plant", 1000).demand(1000).outage("breakdown", "plant", &outage)
}

fn summary(config: &ConfigBuilder, trials: u64) -> Summary {
    let run = config.run(trials);
    summarise(&run.study, &run.tallies)
}

#[test]
fn a_mean_that_few_trials_carry_says_so() {
    for (rate, duration, heavy) in [("0.001", "100", true), ("0.5", "{ exponential = { mean = 6 } }", false)] {
        let summary = summary(&plant(rate, duration), 500);
        let shortage = &summary.scenarios[0].outcomes[0];
        assert_eq!(shortage.name, "total_shortage.all.product");
        assert_eq!(shortage.heavy.is_some(), heavy, "{shortage:?}");
        assert_eq!(shortage.mean.note.contains("go by the percentiles"), heavy, "{}", shortage.mean.note);
    }
}

/// The chance of no outage within a year is exp(-0.5), 61 %: near it nothing is decided, and the number of trials that is
/// said to decide does.
#[test]
fn an_undecided_claim_says_what_would_decide_it() {
    let config = plant("0.5", "1")
        .entry("milestones.short", r#"{ series = "shortage_fraction.all.product", at_least = 0.001 }"#)
        .entry(
            "claims.near",
            r#"{ who = "A", milestone = "short", not_within_months = 12, probability_at_least = 0.59 }"#,
        )
        .entry("claims.far", r#"{ who = "B", milestone = "short", within_months = 12, probability_at_least = 0.9 }"#);
    let summary = summary(&config, 300);
    let claims = &summary.scenarios[0].claims;
    assert_eq!(summary.claims_family, 2);
    assert_eq!((claims[1].id.as_str(), claims[1].verdict), ("far", Verdict::Refuted));
    assert_eq!(claims[0].verdict, Verdict::Undecided);
    assert!(claims[0].p_holm >= claims[0].p_value && claims[1].p_holm <= 0.05);
    let more = claims[0].more_trials.expect("it does not lie at the threshold");
    assert!(more > 300, "{more}");
}

/// The config as it is, and with another value at a path.
fn two_scenarios(config: ConfigBuilder, path: &str, value: f64) -> Study {
    config.entry("scenarios.a", "{}").entry(&format!("scenarios.b.set.\"{path}\""), value).study()
}

fn compare(study: &Study, trials: std::ops::Range<u64>, threads: usize) -> Comparison {
    let models = [&study.scenarios[0].model, &study.scenarios[1].model];
    let pairs = simulation::compare(models, trials, threads, &Progress::default()).expect("nobody stops it");
    let side = |index: usize| Side { config: "test".into(), scenario: study.scenarios[index].id.clone() };
    summary::compare(models, &pairs, [side(0), side(1)], None, 0.95)
}

/// Demand is uncertain and always above capacity: 50 t a year more are 500 t less shortage in ten years, in every future.
#[test]
fn a_shift_is_found_exactly() {
    let config = ConfigBuilder::new(10.0).plant("plant", 800).demand("{ uniform = [900, 1100] }");
    let study = two_scenarios(config, "capacities.plant.tonnes_per_year", 850.0);
    let comparison = compare(&study, 0..1000, 2);
    let shortage = &comparison.differences[0];
    assert_eq!(shortage.name, "total_shortage.all.product");
    let near = |value: Option<f64>| assert!((value.expect("known") + 500.0).abs() < 1e-5, "{shortage:?}");
    [shortage.mean_difference.value, shortage.mean_difference.low, shortage.mean_difference.high]
        .into_iter()
        .for_each(near);
    shortage.percentiles_of_difference.iter().for_each(|percentile| near(percentile.estimate.value));
    assert_eq!((shortage.b_less.value, shortage.same.value, shortage.b_more.value), (Some(1.0), Some(0.0), Some(0.0)));
    assert!(shortage.variance_reduction.is_none_or(|factor| factor > 1e9), "{:?}", shortage.variance_reduction);
    for percentile in &shortage.difference_of_percentiles {
        let estimate = &percentile.estimate;
        assert!(estimate.low < Some(-500.0) && estimate.high > Some(-500.0), "{percentile:?}");
    }
}

/// Without outages there is no shortage; with them there is one unless none comes, which has the chance exp(-2).
#[test]
fn differences_meet_closed_forms() {
    let config = plant("0.2", "{ exponential = { mean = 6 } }");
    let study = two_scenarios(config, "disruptions.breakdown.rate_per_year", 0.0);
    let comparison = compare(&study, 0..4000, 2);
    assert_eq!(comparison, compare(&study, 0..4000, 3));
    let shortage = &comparison.differences[0];
    let holds = |estimate: &Estimate, value: f64| estimate.low <= Some(value) && estimate.high >= Some(value);
    assert!(holds(&shortage.same, exp(-2.0)) && holds(&shortage.b_more, 0.0), "{shortage:?}");
    assert!((shortage.variance_reduction.expect("it varies") - 1.0).abs() < 1e-9);
    let first =
        comparison.differences.iter().find(|one| one.name == "first_shortage.all.product").expect("it is there");
    assert!(holds(&first.never_both, exp(-2.0)) && holds(&first.never_b, 1.0 - exp(-2.0)), "{first:?}");
    assert_eq!(first.b_less.value, Some(0.0));
}

/// How often each interval holds the true value, over many runs of few trials; each run takes trial numbers of its own,
/// which are as independent as those of another seed. In one month demand is uniform on 500 to
/// 2000 t a year against a capacity of 1000 (in b: 1200), so that every truth is known.
fn coverage(runs: u64) -> Vec<(&'static str, f64)> {
    let study = two_scenarios(one_month(), "capacities.plant.tonnes_per_year", 1200.0);
    let names = ["mean", "P50", "P95", "zero", "mean difference", "P50 of difference", "same", "P50s' difference"];
    let mut held = [0u64; 8];
    let models = study.models();
    for number in 0..runs {
        let trials = 150 * number..150 * (number + 1);
        let empty = models.iter().map(|model| Tally::new(model)).collect();
        let tallies = simulation::extend(&models, empty, trials.clone(), 1, &Progress::default()).expect("not stopped");
        let summary = summarise(&study, &tallies);
        let shortage = &summary.scenarios[0].outcomes[0];
        let at = |percent: f64| {
            let found = shortage.percentiles.iter().find(|percentile| percentile.percent == percent);
            &found.expect("it is reported").estimate
        };
        let comparison = compare(&study, trials, 1);
        let difference = &comparison.differences[0];
        let month = |tonnes_per_year: f64| tonnes_per_year / 12.0;
        // E max(D - c, 0) = (2000 - c)^2 / 3000.
        let mean = |capacity: f64| month((2000.0 - capacity) * (2000.0 - capacity) / 3000.0);
        let truths = [
            (&shortage.mean, mean(1000.0)),
            (at(50.0), month(250.0)),
            (at(95.0), month(925.0)),
            (&shortage.zero, 1.0 / 3.0),
            (&difference.mean_difference, mean(1200.0) - mean(1000.0)),
            (&difference.percentiles_of_difference[1].estimate, month(-200.0)),
            (&difference.same, 1.0 / 3.0),
            (&difference.difference_of_percentiles[1].estimate, month(-200.0)),
        ];
        for (held, (estimate, truth)) in held.iter_mut().zip(truths) {
            let (low, high) = (estimate.low.expect("an end"), estimate.high.expect("an end"));
            // The sums are kept to 2^-22 t.
            *held += u64::from(low <= truth + 1e-6 && truth - 1e-6 <= high);
        }
    }
    names.into_iter().zip(held.map(|held| held as f64 / runs as f64)).collect()
}

/// Intervals at 95 % hold the truth in 95 % of the runs, or more where outcomes are discrete.
#[test]
fn intervals_cover() {
    for (name, share) in coverage(1000) {
        assert!(share > 0.93, "{name}: {share}");
        assert!(share < 0.97 || name.contains("P50") || name.contains("P95"), "{name}: {share}");
    }
}

/// The same over 10 000 runs; run with `--ignored`.
#[test]
#[ignore = "half a minute"]
fn intervals_cover_over_ten_thousand_runs() {
    for (name, share) in coverage(10_000) {
        eprintln!("{name}: {share}");
        assert!(share >= 0.937, "{name}: {share}");
    }
}

/// Trials `first..` looked at as the rule of the study says, with the summary at the stop.
fn look_until(study: &Study, first: u64) -> Summary {
    let models = study.models();
    let mut tallies: Vec<Tally> = models.iter().map(|model| Tally::new(model)).collect();
    let mut done = 0;
    for look in looks(&study.config) {
        let more = first + done..first + look;
        tallies = simulation::extend(&models, tallies, more, 1, &Progress::default()).expect("nobody stops it");
        done = look;
        let summary = summarise(study, &tallies);
        if summary.stopped.as_ref().is_none_or(|stopped| stopped.reached) {
            return summary;
        }
    }
    summarise(study, &tallies)
}

/// One month, demand that is uniform on 500 to 2000 t a year, and a plant of 1000.
fn one_month() -> ConfigBuilder {
    ConfigBuilder::new(1.0 / 12.0).plant("plant", 1000).demand("{ uniform = [500, 2000] }")
}

#[test]
fn a_run_stops_at_the_first_look_that_is_precise() {
    let rule = r#"{ trials = 100, until = "mean(total_shortage.all.product) +- 4%", max_trials = 7000 }"#;
    let study = one_month().entry("run", rule).study();
    assert_eq!(looks(&study.config), [100, 200, 400, 800, 1600, 3200, 6400]);
    let summary = look_until(&study, 0);
    let stopped = summary.stopped.clone().expect("a rule");
    assert!(stopped.reached && stopped.looks > 1 && summary.trials == 100 << (stopped.looks - 1), "{stopped:?}");
    assert!(stopped.relative_half_width.is_some_and(|width| width <= 0.04) && summary.exit_code() == 0);
    // All trials at once give the same figures as one look after another.
    let models = study.models();
    let whole = simulation::run(&models, summary.trials, 3, &Progress::default()).expect("nobody stops it");
    assert_eq!(summarise(&study, &whole), summary);
    let never = look_until(&one_month().entry("run", rule.replace("4%", "0.01%").replace("7000", "500")).study(), 0);
    assert_eq!((never.trials, never.exit_code()), (400, 6));
}

#[test]
fn a_run_stops_when_all_is_decided() {
    let config = one_month().entry("run", r#"{ trials = 50, until = "verdict", max_trials = 100000 }"#);
    let third = r#"{ statistic = "zero(total_shortage.all.product)", at_most = 0.4 }"#;
    let study = config.entry("expect.third", third).study();
    let summary = look_until(&study, 0);
    let stopped = summary.stopped.as_ref().expect("a rule");
    assert!(stopped.reached && stopped.looks > 1 && stopped.most_looks == 11, "{stopped:?}");
    assert_eq!(summary.expectations[0].verdict, Verdict::Supported);
    assert!((summary.verdict_confidence - (1.0 - 0.05 / 11.0)).abs() < 1e-12);
}

/// What looking again and again does to the error, over 2000 runs each; run with `--ignored`.
#[test]
#[ignore = "half a minute"]
fn looking_again_and_again_is_paid_for() {
    let first = |run: u64| run * 20_000;
    let share = |held: usize| held as f64 / 2000.0;
    let mean = 1000.0 / 3.0 / 12.0;
    for (statistic, truth) in [("mean", mean), ("p95", 925.0 / 12.0)] {
        let rule = format!("{statistic}(total_shortage.all.product) +- 5%");
        let run = format!("{{ trials = 100, until = \"{rule}\", max_trials = 12800 }}");
        let study = one_month().entry("run", run).study();
        let covers = (0..2000).filter(|run| {
            let summary = look_until(&study, first(*run));
            let shortage = &summary.scenarios[0].outcomes[0];
            let p95 = shortage.percentiles.iter().find(|percentile| percentile.percent == 95.0).expect("reported");
            let estimate = if statistic == "mean" { &shortage.mean } else { &p95.estimate };
            estimate.low <= Some(truth + 1e-6) && estimate.high >= Some(truth - 1e-6)
        });
        let covered = share(covers.count());
        eprintln!("{rule}: the interval at the stop holds the truth in {covered}");
        assert!(covered > 0.92, "{rule}: {covered}");
    }
    // At the threshold itself any verdict is one too many.
    let third = r#"{ statistic = "zero(total_shortage.all.product)", at_most = 0.33333333333333333 }"#;
    let config = one_month().entry("run", r#"{ trials = 100, until = "verdict", max_trials = 12800 }"#);
    let study = config.entry("expect.third", third).study();
    let decided =
        (0..2000).filter(|run| look_until(&study, first(*run)).stopped.is_some_and(|stopped| stopped.reached));
    let decided = share(decided.count());
    eprintln!("verdict at the threshold: {decided}");
    assert!(decided <= 0.05, "{decided}");
}

/// A column of `timeseries.csv` counts the trials in which a month is short, and leaves series alone that are no shortage.
#[test]
fn the_probability_of_any_shortage_by_month_is_a_count_with_an_exact_interval() {
    let config =
        plant("0.5", "{ exponential = { mean = 3 } }").series(&["shortage.all.product", "production.all.product"]);
    let run = config.run(400);
    let summary = summarise(&run.study, &run.tallies);
    let (sources, study, summary) = (BTreeMap::new(), &run.study, &summary);
    let (finding, config_name, config_digest) = ("", "test.toml", "0123");
    let results = Results { study, summary, finding, config_name, config_digest, sources: &sources };
    let notes = results.summary.scenarios[0].series.iter().flat_map(|series| &series.notes);
    assert!(notes.clone().all(String::is_empty) && notes.count() == 2 * 120, "every month has a value");
    let bytes = tables::timeseries(&results);
    let mut rows = csv::Reader::from_reader(&bytes[..]);
    let rows: Vec<BTreeMap<String, String>> = rows.deserialize().map(|row| row.expect("a row")).collect();
    let engine = Engine::new(run.model());
    let trials: Vec<_> = (0..400).map(|number| engine.trial(number)).collect();
    let mut some = 0;
    for row in rows {
        let cells =
            ["probability_any", "probability_any_ci_low", "probability_any_ci_high"].map(|name| row[name].as_str());
        if row["series"] == "production.all.product" {
            assert_eq!(cells, [""; 3]);
            continue;
        }
        let month: usize = row["month"].parse().expect("a month");
        let is_short = |trial: &&Trial| series_row(run.model(), trial, "shortage.all.product")[month] > 0.0;
        let short = trials.iter().filter(is_short).count() as u64;
        let exact = clopper_pearson(short, 400, 0.95);
        let wanted = [short as f64 / 400.0, exact.low, exact.high];
        assert_eq!(cells.map(|cell| cell.parse::<f64>().expect("a number")), wanted, "month {month}");
        some += short;
    }
    assert!(some > 400, "{some} months short");
}
