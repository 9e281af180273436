//! The shortage by calendar year: partial years, steps, sums, and where it is told.

mod common;

use std::path::Path;
use std::process::Command;

use common::{ConfigBuilder, Estimate, outcome_of, series_row, tell_apart};
use shortfall::engine::Engine;
use shortfall::math::exp;
use shortfall::model::{Model, OutcomeKind};
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary;

/// Eighteen months from November 2025 on, 10 t of demand in each.
fn from_november(plant: f64) -> ConfigBuilder {
    let config = ConfigBuilder::new(1.5).replace("2026-01", "2025-11").entry("output.years", true);
    config.demand(120).plant("plant", plant)
}

/// The shortage of each year by name, and the total, in the first trial.
fn years_of(config: &ConfigBuilder) -> (Vec<(String, f64)>, f64) {
    let model = config.model();
    let trial = Engine::new(&model).trial(0);
    let yearly = model.outcomes.iter().zip(&trial.outcomes).filter(|(spec, _)| spec.kind == OutcomeKind::ShortageIn);
    let years = yearly.map(|(spec, value)| (spec.name.clone(), *value)).collect();
    (years, outcome_of(&model, &trial, "total_shortage.all.product"))
}

fn named(years: &[(i32, f64)]) -> Vec<(String, f64)> {
    years.iter().map(|(year, value)| (format!("shortage_in.all.product.{year}"), *value)).collect()
}

/// December and January bring nothing, March 2027 half. Years of twelve months from the start would say 20 and 5.
#[test]
fn years_are_those_of_the_calendar_and_the_first_and_last_are_partial() {
    let stops = "scheduled = [{ from = \"2025-12\", months = 2, severity = 1 }, { from = \"2027-03\", months = 1, severity = 0.5 }]";
    let found = years_of(&from_november(120.0).outage("stop", "plant", stops));
    assert_eq!(found, (named(&[(2025, 10.0), (2026, 10.0), (2027, 5.0)]), 25.0));
    // From January on, years are whole; a horizon within a year has one.
    let whole = ConfigBuilder::new(2.0).entry("output.years", true).demand(120).plant("plant", 60);
    assert_eq!(years_of(&whole), (named(&[(2026, 60.0), (2027, 60.0)]), 120.0));
    let short = ConfigBuilder::new(0.5).replace("2026-01", "2026-07").entry("output.years", true).demand(120);
    assert_eq!(years_of(&short.plant("plant", 60)), (named(&[(2026, 30.0)]), 30.0));
}

/// A plant of twice the demand stops for December and half of January. In one step the other half makes up for that; in two
/// the first one loses its 5 t.
#[test]
fn the_steps_of_a_month_count_in_its_year() {
    let stop = "scheduled = [{ from = \"2025-12\", months = 1.5, severity = 1 }]";
    let config = from_november(240.0).outage("stop", "plant", stop);
    assert_eq!(years_of(&config), (named(&[(2025, 10.0), (2026, 0.0), (2027, 0.0)]), 10.0));
    let in_two = config.entry("steps_per_month", 2);
    assert_eq!(years_of(&in_two), (named(&[(2025, 10.0), (2026, 5.0), (2027, 0.0)]), 15.0));
}

/// Two, twelve and four months of 10 t: 20, 120 and 40 t.
#[test]
fn a_year_is_bounded_by_its_own_months() {
    let model = from_november(120.0).model();
    let ceilings = model.outcomes.iter().filter(|spec| spec.kind == OutcomeKind::ShortageIn).map(|spec| spec.ceiling);
    assert_eq!(ceilings.collect::<Vec<_>>(), [5, 7, 6]);
}

fn smoke(years: bool) -> Study {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/smoke.toml")).expect("text");
    let text = if years { text } else { text.replace("years = true\n", "") };
    Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Sums of the same months in another order: equal but for the rounding of a few additions. Nothing else of a trial changes.
#[test]
fn years_add_up_to_the_total_and_change_nothing_else() {
    let (with, without) = (smoke(true), smoke(false));
    let mut compared = 0;
    for (with, without) in with.scenarios.iter().zip(&without.scenarios) {
        let (with, without) = (&with.model, &without.model);
        assert!(without.outcomes.iter().all(|spec| spec.kind != OutcomeKind::ShortageIn));
        for number in 0..50 {
            let (trial, plain) = (Engine::new(with).trial(number), Engine::new(without).trial(number));
            let others = with.outcomes.iter().zip(&trial.outcomes);
            let others = others.filter(|(spec, _)| spec.kind != OutcomeKind::ShortageIn).map(|(_, value)| *value);
            assert_eq!(others.collect::<Vec<_>>(), plain.outcomes);
            assert_eq!(trial.series, plain.series);
            for total in with.outcomes.iter().filter(|spec| spec.kind == OutcomeKind::TotalShortage) {
                let is_part = |name: &str| {
                    name.replacen("shortage_in", "total_shortage", 1).starts_with(&format!("{}.", total.name))
                };
                let parts = with.outcomes.iter().zip(&trial.outcomes).filter(|(spec, _)| is_part(&spec.name));
                let (sum, whole) = (parts.map(|(_, value)| value).sum::<f64>(), outcome_of(with, &trial, &total.name));
                assert!((sum - whole).abs() <= 1e-14 * whole, "{}: {sum} is not {whole}", total.name);
                compared += usize::from(whole > 0.0);
            }
        }
    }
    assert!(compared > 50, "{compared} totals above zero");
}

/// The plant stops once in two years on average, for good.
fn stops_for_good(start: &str) -> ConfigBuilder {
    let config = ConfigBuilder::new(3.0).entry("output.years", true).demand(120).plant("plant", 120);
    config.replace("2026-01", start).outage("stop", "plant", "rate_per_year = 0.5, duration_months = 1000")
}

/// There is a shortage by the end of a year unless the plant still runs: `1 - exp(-t / 2)`, `t` years from the start. Whole
/// years from the start, as in the wrong twin, would be one or more too late.
#[test]
fn the_chance_of_a_shortage_in_a_year_is_that_of_its_months() {
    let any = |model: &Model, trial: &shortfall::engine::Trial| {
        [2025, 2026, 2027, 2028].map(|year| {
            let name = format!("shortage_in.all.product.{year}");
            let value = model.outcomes.iter().position(|spec| spec.name == name).map(|index| trial.outcomes[index]);
            common::indicator(value.unwrap_or(0.0) > 0.0)
        })
    };
    let exact = [2.0, 14.0, 26.0, 36.0].map(|months: f64| 1.0 - exp(-months / 24.0));
    let right: [Estimate; 4] = stops_for_good("2025-11").observe(20_000, any);
    let wrong: [Estimate; 4] = stops_for_good("2025-01").observe(20_000, any);
    tell_apart("any shortage by calendar year", &right, &wrong, &exact);
    // What the summary says of it is the share of the trials, and an interval that holds the exact value.
    let study = stops_for_good("2025-11").study();
    let tallies = simulation::run(&study.models(), 4000, 1, &Progress::default()).expect("nobody stopped it");
    let summary = summary::summarise(&study, &tallies);
    for (year, exact) in summary.scenarios[0].years.iter().zip(exact) {
        assert_eq!((&*year.market, &*year.stage), ("all", "product"));
        assert!(
            year.any.low < Some(exact) && Some(exact) < year.any.high,
            "{}: {:?}, not {exact}",
            year.year,
            year.any
        );
    }
    assert_eq!(summary.scenarios[0].years.iter().map(|year| year.months).collect::<Vec<_>>(), [2, 12, 12, 10]);
}

/// The shortage of a year is the sum of the series over its months.
#[test]
fn a_year_is_the_sum_of_its_series() {
    let config = stops_for_good("2025-11").series(&["shortage.all.product"]);
    let model = config.model();
    let engine = Engine::new(&model);
    for number in 0..40 {
        let trial = engine.trial(number);
        let row = series_row(&model, &trial, "shortage.all.product");
        for (year, months) in [(2025, 0..2), (2026, 2..14), (2027, 14..26), (2028, 26..36)] {
            let sum: f64 = row[months].iter().sum();
            assert_eq!(outcome_of(&model, &trial, &format!("shortage_in.all.product.{year}")), sum);
        }
    }
}

fn shortfall(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    let out = command.args(arguments).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY").output();
    let out = out.expect("the program starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text")
}

#[test]
fn years_are_told_in_a_table_a_file_and_the_report_where_they_are_asked_for() {
    let stop = "rate_per_year = 0.5, duration_months = { exponential = { mean = 4 } }";
    let config = from_november(120.0).outage("stop", "plant", stop);
    let folder = config.folder();
    let printed = shortfall(folder.path(), &["run", "test.toml", "-n", "200", "-o", "with"]);
    assert!(printed.contains("shortage_in.all.product (t) by calendar year, scenario base"), "{printed}");
    assert!(printed.contains("2025 (2 months)") && printed.contains("2027 (4 months)"), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).expect("text");
    let lines: Vec<String> = read("with/years.csv").lines().map(String::from).collect();
    assert_eq!(
        lines[0],
        "scenario,market,stage,year,months,unit,mean,mean_ci_low,mean_ci_high,p50,p50_ci_low,p50_ci_high,p90,p90_ci_low,\
         p90_ci_high,probability_any,probability_any_ci_low,probability_any_ci_high,ci_level,n,note"
    );
    let starts: Vec<String> =
        lines[1..].iter().map(|line| line.splitn(7, ',').take(6).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(starts, ["base,all,product,2025,2,t", "base,all,product,2026,12,t", "base,all,product,2027,4,t"]);
    assert!(read("with/percentiles.csv").contains("base,shortage_in.all.product.2026,t,mean"));
    assert!(read("with/results.json").contains("\"shortage_in.all.product.2026\""));
    let report = read("with/report.html");
    assert!(report.contains("Shortage by calendar year") && report.contains("2025 (2 months)"));
    assert!(!report.contains("shortage_in.all.product.2026"), "a table of percentiles for every year");
    let told = shortfall(folder.path(), &["replay", "test.toml", "--trial", "3"]);
    assert!(told.contains("shortage by calendar year: --format json") && !told.contains("shortage_in"), "{told}");

    let plain =
        shortfall(folder.path(), &["run", "test.toml", "-n", "200", "-o", "without", "--set", "output.years=false"]);
    assert!(!plain.contains("calendar year") && !folder.path().join("without/years.csv").exists());
    for file in ["percentiles.csv", "results.json", "report.html", "config.toml"] {
        assert!(!read(&format!("without/{file}")).contains("shortage_in"), "{file}");
    }
    assert_eq!(read("with/timeseries.csv"), read("without/timeseries.csv"));
}

/// Percentiles that the config does not ask for are told of years all the same, and expectations may name a year.
#[test]
fn a_year_can_be_expected_something_of() {
    let config = from_november(60.0)
        .entry("run.percentiles", "[5]")
        .tables("[expect.low]\nstatistic = \"p95(shortage_in.all.product.2026)\"\nat_most = 61\n");
    let folder = config.folder();
    let printed = shortfall(folder.path(), &["run", "test.toml", "-n", "200", "-o", "out", "--no-charts"]);
    assert!(printed.contains("met: low") && printed.contains("P90"), "{printed}");
}

/// Three products in two scenarios, one of them counted in a unit of its own: a table each in the report, under that unit.
#[test]
fn every_place_has_one_table_a_scenario_in_its_own_unit() {
    let mut config = from_november(60.0).entry("scenarios.a", "{}").entry("scenarios.b", "{}");
    for id in ["x", "y"] {
        config = config.entry(&format!("stages.{id}"), if id == "y" { "{ unit = \"kg\" }" } else { "{}" });
        let demand = format!("{{ market = \"all\", stage = \"{id}\", tonnes_per_year = 12 }}");
        config = config.entry(&format!("demands.{id}"), demand);
    }
    let folder = config.entry("output.outcome", "\"total_shortage.all.y\"").folder();
    let printed = shortfall(folder.path(), &["run", "test.toml", "-n", "20", "-o", "out"]);
    assert!(printed.contains("shortage_in.all.y (kg) by calendar year, scenario a"), "{printed}");
    let read = |file: &str| std::fs::read_to_string(folder.path().join("out").join(file)).expect("text");
    let (report, years) = (read("report.html"), read("years.csv"));
    for (place, unit) in [("all.product", "t"), ("all.x", "t"), ("all.y", "kg")] {
        let heading = format!("<code>shortage_in.{place}</code> ({unit})");
        assert_eq!(report.matches(&heading).count(), 2, "{place}");
        let rows =
            years.lines().filter(|row| row.contains(&format!(",{},", place.replace('.', ",")))).collect::<Vec<_>>();
        assert_eq!(rows.len(), 6, "{years}");
        assert!(rows.iter().all(|row| row.split(',').nth(5) == Some(unit)), "{years}");
    }
}

/// The first in the order of service gets all it wants in every month, to the last bit: what rounding leaves is no shortage.
#[test]
fn whoever_is_served_first_lacks_nothing() {
    let demand = |priority: u32, tonnes: f64| {
        format!(
            "{{ market = \"all\", stage = \"product\", tonnes_per_year = {tonnes}, growth_per_year = 0.013, priority = {priority} }}"
        )
    };
    let config = ConfigBuilder::new(20.0).series(&["unserved.*"]).entry("demands.a", demand(1, 100.0));
    let config = config.entry("demands.b", demand(2, 37.3)).entry("demands.c", demand(3, 11.1));
    let config = config.producer("capacities.plant", ["Everywhere", "product"], 100, "growth_per_year = 0.013");
    let model = config.model();
    let trial = Engine::new(&model).trial(0);
    let row = |name: &str| series_row(&model, &trial, name);
    assert!(row("unserved.a").iter().all(|tonnes| *tonnes == 0.0), "{:?}", row("unserved.a"));
    assert!(row("unserved.b").iter().all(|tonnes| *tonnes > 3.1));
}
