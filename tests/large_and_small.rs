//! Figures hold whatever the size of the numbers: means and percentiles against those of the single trials, and where a
//! number has none, that is said.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Run, one_product, run};
use shortfall::engine::Engine;
use shortfall::output::{self, Drawing, Results, expectations, finding, terminal};
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary::{self, Beyond, Estimate, Outcome, Side, Summary, Verdict, summarise};
use shortfall::tally::{Pairs, Tally};

const TRIALS: u64 = 1000;

/// The values of an outcome (without a month), or of a series in a month, trial by trial, in rising order.
fn sorted(run: &Run, name: &str, month: Option<usize>) -> Vec<f64> {
    let model = run.model();
    let engine = Engine::new(model);
    let outcome = model.outcomes.iter().position(|spec| spec.name == name);
    let series = model.series.iter().position(|spec| spec.name == name);
    let value = |trial: u64| {
        let simulated = engine.trial(trial);
        match month {
            None => simulated.outcomes[outcome.expect("an outcome")],
            Some(month) => simulated.series[series.expect("a series")][month],
        }
    };
    let mut values: Vec<f64> = (0..TRIALS).map(value).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn outcome<'a>(summary: &'a Summary, name: &str) -> &'a Outcome {
    summary.scenarios[0].outcomes.iter().find(|outcome| outcome.name == name).expect("an outcome")
}

/// The percentiles of an outcome are the order statistics of its trials, to within a cell of this relative width; so is the
/// mean, and both lie in their intervals.
fn holds(run: &Run, name: &str, width: f64) {
    let (values, summary) = (sorted(run, name, None), summarise(&run.study, &run.tallies));
    let found = outcome(&summary, name);
    let exact = mean(&values);
    let rounding = run.outcome(name).rounding() / exact;
    assert!(rounding < 1e-5, "{name}: {rounding}");
    near(found.mean.value, exact, rounding + 1e-12, name);
    assert!(found.mean.low <= Some(exact) && found.mean.high >= Some(exact), "{name}: {:?} {exact}", found.mean);
    for percentile in &found.percentiles {
        let rank = (TRIALS as f64 * percentile.percent / 100.0).ceil() as usize;
        let exact = values[rank - 1];
        let Estimate { value, low, high, .. } = percentile.estimate;
        assert!(low <= Some(exact) && high >= Some(exact), "{name}: {percentile:?} does not hold {exact}");
        near(value, exact, width, name);
    }
}

fn near(found: Option<f64>, exact: f64, width: f64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what} has no value; it is {exact}"));
    assert!((found - exact).abs() <= width * exact.abs(), "{what}: {found} against {exact}");
}

/// Half a cell of an outcome.
const TOTAL: f64 = 1.0 / 512.0;

/// Users who need 45 000 t a year, if not exactly, beside one who needs 10 t; nobody makes any.
const UNSURE: &str = r#"
    title = "allies without supply"
    start = "2026-01"
    horizon_years = 10
    markets.allies.countries = ["Japan"]
    stages.magnets = {}
    demands.defence = { market = "allies", stage = "magnets", tonnes_per_year = 10, priority = 1 }
    demands.civil = { market = "allies", stage = "magnets", tonnes_per_year = { triangular = [40000, 45000, 50000] }, priority = 2, loss_usd_per_tonne = 1e9 }
    scenarios.a.set = {}
    scenarios.b.set = { "demands.civil.tonnes_per_year" = { triangular = [60000, 65000, 70000] } }
    [expect]
    small = { statistic = "mean(total_shortage.allies.magnets)", at_most = 200000, scenario = "b" }
"#;

/// Ten years of 45 010 t; the loss, 4.5e14 USD, is above what used to be added up.
#[test]
fn an_uncertain_demand_beside_a_small_known_one_is_added_up() {
    let run = run(UNSURE, TRIALS);
    for name in
        ["total_shortage.allies.magnets", "total_unserved.civil", "total_unserved.defence", "total_loss.allies.magnets"]
    {
        holds(&run, name, TOTAL);
    }
    let summary = summarise(&run.study, &run.tallies);
    let shortage = &outcome(&summary, "total_shortage.allies.magnets").mean;
    assert!(shortage.low < Some(450_100.0) && shortage.high > Some(450_100.0), "{shortage:?}");
    assert!(shortage.high.expect("an end") - shortage.low.expect("an end") > 100.0, "{shortage:?}");
    let loss = &outcome(&summary, "total_loss.allies.magnets").mean;
    assert!(loss.low < Some(4.5e14) && loss.high > Some(4.5e14), "{loss:?}");
    assert_eq!((summary.expectations[0].verdict, summary.exit_code()), (Verdict::Refuted, 10));
}

#[test]
fn a_difference_of_large_numbers_is_the_right_one() {
    let study = Study::from_text(UNSURE).expect("it holds");
    let models = [&study.scenarios[0].model, &study.scenarios[1].model];
    let pairs = simulation::compare(models, 0..TRIALS, 2, &Progress::default()).expect("no fault");
    let side = |index: usize| Side { config: "test".into(), scenario: study.scenarios[index].id.clone() };
    let comparison = summary::compare(models, &pairs, [side(0), side(1)], 0.95);
    let shortage = comparison.differences.iter().find(|one| one.name == "total_shortage.allies.magnets");
    let shortage = shortage.expect("both have it");
    near(shortage.mean_difference.value, 200_000.0, 1e-9, "the difference");
    near(shortage.mean_b.value, 650_000.0, 0.01, "the mean of b");
    assert_eq!(shortage.b_more.value, Some(1.0));
    for percentile in &shortage.percentiles_of_difference {
        near(percentile.estimate.value, 200_000.0, TOTAL, "a percentile");
    }
}

/// Half the interval is what was found, and not nothing.
#[test]
fn a_precision_of_large_numbers_is_the_right_one() {
    let rule = "\n[run]\ntrials = 1000\nuntil = \"mean(total_shortage.allies.magnets) +- 1%\"\n";
    let run = run(&format!("{UNSURE}{rule}"), TRIALS);
    let stopped = summarise(&run.study, &run.tallies).stopped.expect("a rule");
    let width = stopped.relative_half_width.expect("a width");
    // The standard deviation of the demand is 5000 / sqrt(6).
    let truth = 1.96 * 5000.0 / 6f64.sqrt() / (TRIALS as f64).sqrt() / 45_010.0;
    assert!(stopped.reached && (width / truth - 1.0).abs() < 0.1, "{stopped:?} {truth}");
}

/// Twenty percent a year for sixty years: 56 000 times the demand of today.
#[test]
fn growth_over_sixty_years_is_added_up() {
    for growth in ["0.2", "{ uniform = [0.15, 0.25] }"] {
        let text = one_product(60.0, 1000.0).replacen(
            "tonnes_per_year = 1000\n",
            &format!("tonnes_per_year = 1000\ngrowth_per_year = {growth}\nvolatility_per_year = 0.3\n"),
            1,
        );
        let run = run(&text, TRIALS);
        holds(&run, "total_shortage.all.product", TOTAL);
        holds(&run, "worst_12_months.all.product", TOTAL);
    }
}

/// Kilograms in a model of tonnes, and a product of one tonne beside one of billions.
#[test]
fn small_amounts_keep_their_digits() {
    let text = one_product(5.0, 0.0)
        + r#"
        [stages.bulk]
        [demands.trace]
        market = "all"
        stage = "product"
        tonnes_per_year = { uniform = [0.02, 0.06] }
        [demands.bulk]
        market = "all"
        stage = "bulk"
        tonnes_per_year = { uniform = [2.4e9, 2.8e9] }
        "#;
    let run = run(&text, TRIALS);
    holds(&run, "total_shortage.all.product", TOTAL);
    holds(&run, "total_shortage.all.bulk", TOTAL);
    let shortage = run.outcome("total_shortage.all.product").mean().expect("a mean");
    assert!((shortage - 0.2).abs() < 0.01, "{shortage}");
}

/// Gas in cubic metres: the median and the 95th percentile are not the same.
#[test]
fn cubic_metres_are_counted() {
    let text = r#"
        title = "Gas imports"
        start = "2026-01"
        horizon_years = 5
        output.series = ["shortage.eu.gas", "capacity.eu.gas"]
        markets.pipe.countries = ["Pipe"]
        markets.eu.countries = ["EU"]
        stages.gas = {}
        capacities.pipe = { country = "Pipe", stage = "gas", tonnes_per_year = 100000000000.0 }
        capacities.own = { country = "EU", stage = "gas", tonnes_per_year = { uniform = [200000000000.0, 260000000000.0] } }
        demands.eu = { market = "eu", stage = "gas", tonnes_per_year = 330000000000.0 }
        [disruptions.cut]
        kind = "export-control"
        from = ["pipe"]
        to = ["eu"]
        rate_per_year = 0.3
        duration_months = { lognormal = { p50 = 6, p90 = 24 } }
        severity = { uniform = [0.2, 1] }
    "#;
    let run = run(text, TRIALS);
    holds(&run, "total_shortage.eu.gas", TOTAL);
    holds(&run, "worst_month.eu.gas", 0.01);
    for month in [0, 59] {
        series_holds(&run, "capacity.eu.gas", month, 1.0 / 128.0);
    }
    let summary = summarise(&run.study, &run.tallies);
    let found = &outcome(&summary, "total_shortage.eu.gas").percentiles;
    let at = |percent: f64| found.iter().find(|one| one.percent == percent).and_then(|one| one.estimate.value);
    assert!(at(50.0) < at(95.0) && at(95.0).is_some(), "{found:?}");
}

/// The same of a series in a month.
fn series_holds(run: &Run, name: &str, month: usize, width: f64) {
    let (values, summary) = (sorted(run, name, Some(month)), summarise(&run.study, &run.tallies));
    let series = summary.scenarios[0].series.iter().find(|series| series.name == name).expect("a series");
    near(series.means[month], mean(&values), 1e-6, name);
    for (percent, estimate) in summary::SERIES_PERCENTILES.iter().zip(&series.percentiles[month]) {
        let exact = values[(TRIALS as f64 * percent / 100.0).ceil() as usize - 1];
        assert!(estimate.low <= Some(exact) && estimate.high >= Some(exact), "{name}: {estimate:?} {exact}");
        near(estimate.value, exact, width, name);
    }
}

/// Three to ten times what is needed, and stocks of years.
#[test]
fn coverages_and_stocks_far_above_one_are_told_apart() {
    let text = r#"
        title = "plenty"
        start = "2026-01"
        horizon_years = 1
        markets.a.countries = ["A"]
        markets.b.countries = ["B"]
        stages.s = {}
        capacities.k = { country = "A", stage = "s", tonnes_per_year = { uniform = [300, 1000] } }
        demands.d = { market = "a", stage = "s", tonnes_per_year = 100 }
        output.series = ["coverage_without.b.s", "stock_days.a.s"]
        stockpiles.z = { market = "a", stage = "s", target_days = { uniform = [500, 3000] } }
    "#;
    let run = run(text, TRIALS);
    series_holds(&run, "coverage_without.b.s", 5, 1.0 / 256.0);
    series_holds(&run, "stock_days.a.s", 5, 1.0 / 256.0);
    // Near one a coverage is told to 1/512.
    let scarce = common::run(&text.replace("[300, 1000]", "[90, 120]"), TRIALS);
    let (values, summary) =
        (sorted(&scarce, "coverage_without.b.s", Some(3)), summarise(&scarce.study, &scarce.tallies));
    let series = summary.scenarios[0].series.iter().find(|series| series.name == "coverage_without.b.s");
    let median = series.expect("it is recorded").percentiles[3][3].value.expect("a median");
    assert!((median - values[TRIALS as usize / 2 - 1]).abs() <= 1.0 / 1024.0, "{median}");
}

/// Eighty thousand episodes in some trials.
#[test]
fn many_episodes_are_counted() {
    let text = one_product(10.0, 120.0)
        + r#"
        [capacities.plant]
        country = "Everywhere"
        stage = "product"
        tonnes_per_year = 130
        [disruptions.hiccup]
        kind = "outage"
        hits = ["plant"]
        rate_per_year = { discrete = { values = [10, 60, 200, 8000], weights = [0.3, 0.3, 0.3, 0.1] } }
        duration_months = 0.0001
        "#;
    let run = run(&text, TRIALS);
    holds(&run, "episodes.hiccup", TOTAL);
    let values = sorted(&run, "episodes.hiccup", None);
    assert!(values[TRIALS as usize - 1] > 70_000.0 && values[0] < 150.0, "{values:?}");
}

/// A plant of so many times the demand, whose output may be anything between.
fn abundant(times: f64) -> String {
    format!(
        r#"
        title = "abundant"
        start = "2026-01"
        horizon_years = 1
        markets.a.countries = ["A"]
        markets.b.countries = ["B"]
        stages.s = {{}}
        capacities.k = {{ country = "A", stage = "s", tonnes_per_year = {{ uniform = [1, {times}] }} }}
        demands.d = {{ market = "a", stage = "s", tonnes_per_year = 1 }}
        output.series = ["coverage_without.b.s"]
        milestones.free = {{ series = "coverage_without.b.s", at_least = 1.0 }}
        "#
    )
}

/// What a run writes and prints.
fn written(run: &Run, drawing: Drawing) -> (BTreeMap<String, String>, String) {
    let summary = summarise(&run.study, &run.tallies);
    let finding = finding::finding(&run.study, &summary);
    let sources = BTreeMap::new();
    let results = Results {
        study: &run.study,
        summary: &summary,
        finding: &finding,
        config_name: "test",
        config_digest: "",
        sources: &sources,
    };
    let files = output::render(&results, drawing).0.into_iter();
    let files = files.map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())).collect();
    let printed = terminal::report(&results, Path::new("out"), false);
    expectations::junit(&results);
    (files, printed + &terminal::markdown(&results))
}

/// A percentile above the last cell is said to be, and so is the end of an interval; in files both have no number.
#[test]
fn what_lies_above_the_last_cell_is_told_as_above() {
    let run = common::run(&abundant(5000.0), TRIALS);
    let summary = summarise(&run.study, &run.tallies);
    let series = &summary.scenarios[0].series[0];
    let [p5, .., p95] = &series.percentiles[0];
    near(p5.value, sorted(&run, &series.name, Some(0))[49], 1.0 / 256.0, "P5");
    assert_eq!((p95.value, p95.high, p95.low), (None, None, Some(512.0)));
    assert_eq!((p95.beyond, p95.note.as_str()), (Beyond::Above(512.0), "above 512"));
    near(series.means[0], 2500.0, 0.05, "the mean is right all the same");
    let (files, _) = written(&run, Drawing::Png);
    let mut rows = csv::Reader::from_reader(files["timeseries.csv"].as_bytes());
    let row: BTreeMap<String, String> = rows.deserialize().next().expect("a row").expect("a row");
    assert_eq!((row["p95"].as_str(), row["p95_ci_high"].as_str(), row["p95_ci_low"].as_str()), ("", "", "512"));
    assert!(row["note"].contains("p95: above 512"), "{row:?}");
    let page = &files["report.html"];
    assert!(page.contains("above 51200 %") && page.contains("[\"above\",512.0]"), "the page says where they lie");
}

/// Beyond what can be added up there is no mean, and the reason is told.
#[test]
fn a_mean_that_cannot_be_added_up_has_no_value() {
    let run = common::run(&abundant(1e9), TRIALS);
    let histogram = run.series("coverage_without.b.s", 0);
    assert_eq!((histogram.mean(), histogram.variance()), (None, None));
    assert!(histogram.saturated().is_some());
    let (files, _) = written(&run, Drawing::Nothing);
    let mut rows = csv::Reader::from_reader(files["timeseries.csv"].as_bytes());
    let row: BTreeMap<String, String> = rows.deserialize().next().expect("a row").expect("a row");
    assert!(row["mean"].is_empty() && row["note"].contains("too large to be added up"), "{row:?}");
}

/// A third of the demand is missing in every month of every trial.
#[test]
fn the_mean_of_what_never_varies_is_its_value() {
    let text = one_product(1.0, 3.0)
        + "[capacities.plant]\ncountry = \"Everywhere\"\nstage = \"product\"\ntonnes_per_year = 2\n";
    let run = run(&text, 50);
    let summary = summarise(&run.study, &run.tallies);
    let exact = sorted(&run, "worst_month.all.product", None)[0];
    let found = &outcome(&summary, "worst_month.all.product").mean;
    assert!((exact - 1.0 / 3.0).abs() < 1e-15);
    assert_eq!((found.value, found.low, found.high), (Some(exact), Some(exact), Some(exact)));
}

/// One trial says little, and says so.
#[test]
fn one_trial_has_no_bound_of_one_in_one() {
    let more = "[milestones.calm]\nseries = \"shortage_fraction.all.product\"\nat_most = 0.5\n\
                [claims.soon]\nwho = \"x\"\nmilestone = \"calm\"\nwithin_months = 6\n";
    let run = run(&format!("{}{more}", one_product(1.0, 3.0)), 1);
    let (files, printed) = written(&run, Drawing::Png);
    for text in [&printed, &files["report.html"]] {
        assert!(!text.contains("1 in 1 ") && !text.contains("1 in 1."), "{text}");
    }
    assert!(printed.contains("in at most 98 %"), "{printed}");
}

/// Without a trial there is nothing to say, which is no reason to fail.
#[test]
fn a_summary_of_no_trials_has_no_figures() {
    let study = Study::from_text(UNSURE).expect("it holds");
    let tallies: Vec<Tally> = study.models().iter().map(|model| Tally::new(model)).collect();
    let run = Run { study, tallies };
    let (files, printed) = written(&run, Drawing::Png);
    assert!(
        !printed.contains("NaN") && !files.iter().any(|(name, text)| name.ends_with(".csv") && text.contains("NaN"))
    );
    let summary = summarise(&run.study, &run.tallies);
    for outcome in &summary.scenarios[0].outcomes {
        let estimates = outcome.percentiles.iter().map(|percentile| &percentile.estimate);
        for estimate in estimates.chain([&outcome.mean, &outcome.zero, &outcome.never]) {
            assert_eq!((estimate.value, estimate.note.as_str()), (None, "no trials"), "{}", outcome.name);
        }
    }
    assert_eq!(summary.exit_code(), 11);
    let models = [&run.study.scenarios[0].model, &run.study.scenarios[1].model];
    let side = || Side { config: "test".into(), scenario: "a".into() };
    let comparison = summary::compare(models, &Pairs::new(models), [side(), side()], 0.95);
    assert!(comparison.differences.iter().all(|one| one.mean_difference.value.is_none() && one.same.value.is_none()));
}

/// A goal that is narrower than the cells is a fault, which names one that is not.
#[test]
fn a_precision_that_cannot_be_reached_is_refused() {
    let ask = |rule: &str| Study::from_text(&format!("{UNSURE}\n[run]\nuntil = \"{rule}\"\n"));
    for (rule, least) in [
        ("p95(total_shortage.allies.magnets) +- 0.1%", "+- 0.4%` or more"),
        ("p50(worst_month.allies.magnets) +- 0.01%", "+- 0.025%` or more"),
    ] {
        let faults = ask(rule).expect_err("it cannot be reached");
        assert!(faults.to_string().contains(least), "{faults}");
    }
    for rule in [
        "p95(total_shortage.allies.magnets) +- 0.4%",
        "mean(total_shortage.allies.magnets) +- 0.01%",
        "p50(longest_shortage.allies.magnets) +- 0.01%",
        "zero(total_shortage.allies.magnets) +- 0.01%",
    ] {
        ask(rule).unwrap_or_else(|faults| panic!("{rule}: {faults}"));
    }
}

/// A run ends where no number of trials would do, and does not call that reached.
#[test]
fn a_run_that_can_never_be_precise_ends_and_says_why() {
    let text = |rule: &str, capacity: f64| {
        one_product(1.0, 100.0)
            + &format!(
                "[capacities.plant]\ncountry = \"Everywhere\"\nstage = \"product\"\ntonnes_per_year = {capacity}\n"
            )
            + "[milestones.short]\nseries = \"shortage_fraction.all.product\"\nat_least = 0.001\n"
            + &format!("[run]\ntrials = 100\nuntil = \"{rule}\"\n")
    };
    for (rule, capacity, reason) in [
        ("p50(total_shortage.all.product) +- 2%", 200.0, Some("it is 0,")),
        ("p50(milestone.short) +- 2%", 200.0, Some("it is never,")),
        // Events that have not come yet may still come.
        ("mean(total_shortage.all.product) +- 2%", 200.0, None),
        ("zero(total_shortage.all.product) +- 2%", 50.0, None),
    ] {
        let run = run(&text(rule, capacity), 100);
        let summary = summarise(&run.study, &run.tallies);
        let stopped = summary.stopped.as_ref().expect("a rule");
        assert!(!stopped.reached && summary.exit_code() == 6, "{rule}: {stopped:?}");
        assert_eq!(stopped.is_final(), reason.is_some(), "{rule}: {stopped:?}");
        let told = stopped.unreachable.as_deref().unwrap_or_default();
        assert!(told.contains(reason.unwrap_or_default()), "{rule}: {told}");
    }
}
