//! The library as code outside sees it: configs built in code, runs and what they say by name, errors.

#[path = "../examples/compare.rs"]
mod compare;
#[path = "../examples/one_trial.rs"]
mod one_trial;
#[path = "../examples/percentiles.rs"]
mod percentiles;

use std::error::Error as _;

use shortfall::config::{
    Capacity, Claim, Config, Correlation, DatedPath, Demand, Disruption, DisruptionKind, DistributionSpec, Expectation,
    Investment, Market, Measure, Milestone, Phase, Price, Project, Quantity, Ramp, Response, Scenario,
    ScheduledEpisode, Stage, Stockpile,
};
use shortfall::{Beyond, Diagnostics, Error, Progress, Run, RunOptions, Study, UnknownName, Verdict};

fn path(config: &str) -> String {
    format!("{}/configs/{config}.toml", env!("CARGO_MANIFEST_DIR"))
}

fn smoke() -> Study {
    Study::from_file(path("smoke")).unwrap_or_else(|error| panic!("{error}"))
}

/// A capacity and a demand that it meets, and nothing else.
fn config() -> Config {
    Config {
        title: "t".into(),
        markets: [("m".into(), Market::new(["C"]))].into(),
        stages: [("s".into(), Stage::default())].into(),
        capacities: [("k".into(), Capacity::new("C", "s", 120.0))].into(),
        demands: [("d".into(), Demand::new("m", "s", 120.0))].into(),
        ..Config::default()
    }
}

fn faults(config: Config) -> Diagnostics {
    Study::from_config(config).expect_err("it has faults")
}

#[test]
fn the_examples_hold_what_they_assert() {
    percentiles::main().unwrap();
    compare::main().unwrap();
    one_trial::main().unwrap();
}

#[test]
fn a_config_taken_as_it_stands_compiles_to_the_same_models_as_its_file() {
    for name in ["smoke", "quickstart", "us-japan-2025"] {
        let read = Study::from_file(path(name)).unwrap_or_else(|error| panic!("{error}"));
        let built = Study::from_config(read.config().clone()).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(built.config(), read.config());
        assert_eq!(built.scenarios.len(), read.scenarios.len());
        for (built, read) in built.scenarios.iter().zip(&read.scenarios) {
            assert_eq!((&built.id, &built.model), (&read.id, &read.model), "{name}");
        }
    }
}

/// Of every kind of entry one.
const IN_A_FILE: &str = r#"
    title = "t"
    start = "2000-01"
    horizon_years = 10
    markets.m.countries = ["C"]
    stages.s.price = { demand_elasticity = 0.3, supply_elasticity = 0.2 }
    capacities.k = { country = "C", stage = "s", tonnes_per_year = { uniform = [100, 120] } }
    capacities.l = { country = "C", stage = "s", tonnes_per_year = { by_date = { "2001-01" = 5, "2003-01" = 10 } } }
    demands.d = { market = "m", stage = "s", tonnes_per_year = 120 }
    response.m = { thrift_per_year = 0.1, max = 0.3 }
    stockpiles.stock = { market = "m", stage = "s", target_days = 30 }
    correlations.both = { inputs = ["capacities.k.tonnes_per_year", "projects.p.slip_months"], rho = 0.5 }
    milestones.enough = { series = "shortage_fraction.m.s", at_most = 0.1 }
    claims.soon = { who = "A", milestone = "enough", within_months = 12 }
    expect.little = { statistic = "p95(total_shortage.m.s)", at_most = 50 }
    scenarios.base = {}
    scenarios.late.set = { "projects.*.slip_months" = 24 }
    measures.more = { cost = 2, set = { "capacities.k.tonnes_per_year" = 200 } }

    [projects.p]
    country = "C"
    stage = "s"
    tonnes_per_year = 20
    announced_start = "2001-01"
    slip_months = { uniform = [0, 12] }
    phases = [{ name = "permits", months = 6 }]
    ramp = { months = 12 }

    [investment.i]
    country = "C"
    stage = "s"
    tonnes_per_year = 10
    decisions_per_year = 0.5
    lead_months = 36

    [disruptions.o]
    kind = "outage"
    hits = ["k"]
    scheduled = [{ from = "2002-01", months = 3 }]
"#;

/// The same, built in code.
fn in_code() -> Config {
    let uniform = |ends: [f64; 2]| DistributionSpec { uniform: Some(ends), ..DistributionSpec::default() };
    let month = |text: &str| text.parse().unwrap();
    let price = Some(Price::new(0.3, 0.2));
    let path = DatedPath::new([("2001-01", 5.0), ("2003-01", 10.0)]);
    let project = Project {
        announced_start: Some(month("2001-01")),
        slip_months: uniform([0.0, 12.0]).into(),
        phases: vec![Phase::new("permits", 6.0)],
        ramp: Some(Ramp::new(12.0)),
        ..Project::new("C", "s", 20.0)
    };
    let invested = Investment { lead_months: Some(36.0.into()), ..Investment::new("C", "s", 10.0, 0.5) };
    let outage = Disruption {
        hits: vec!["k".into()],
        scheduled: Some(vec![ScheduledEpisode::new(month("2002-01"), 3.0)]),
        ..Disruption::outage()
    };
    let mut more = Measure::new(2.0);
    more.set.insert("capacities.k.tonnes_per_year".into(), 200.into());
    Config {
        stages: [("s".into(), Stage { price, ..Stage::default() })].into(),
        capacities: [
            ("k".into(), Capacity::new("C", "s", uniform([100.0, 120.0]))),
            ("l".into(), Capacity::new("C", "s", path)),
        ]
        .into(),
        projects: [("p".into(), project)].into(),
        investment: [("i".into(), invested)].into(),
        demands: [("d".into(), Demand::new("m", "s", Quantity::from(120.0)))].into(),
        response: [("m".into(), Response::new(0.1, 0.3))].into(),
        stockpiles: [("stock".into(), Stockpile::new("m", "s", 30.0))].into(),
        disruptions: [("o".into(), outage)].into(),
        correlations: [(
            "both".into(),
            Correlation::new(["capacities.k.tonnes_per_year", "projects.p.slip_months"], 0.5),
        )]
        .into(),
        milestones: [("enough".into(), Milestone { at_most: Some(0.1), ..Milestone::new("shortage_fraction.m.s") })]
            .into(),
        claims: [("soon".into(), Claim { within_months: Some(12), ..Claim::new("A", "enough") })].into(),
        expect: [("little".into(), Expectation { at_most: Some(50.0), ..Expectation::new("p95(total_shortage.m.s)") })]
            .into(),
        scenarios: [
            ("base".into(), Scenario::default()),
            ("late".into(), Scenario::default().change("projects.*.slip_months", 24)),
        ]
        .into(),
        measures: [("more".into(), more)].into(),
        ..config()
    }
}

#[test]
fn what_is_built_in_code_is_what_a_file_says() {
    let read = Study::from_text(IN_A_FILE).unwrap_or_else(|faults| panic!("{faults}"));
    let built = Study::from_config(in_code()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(built.config(), read.config());
    for (built, read) in built.scenarios.iter().zip(&read.scenarios) {
        assert_eq!((&built.id, &built.model), (&read.id, &read.model));
    }
}

#[test]
fn drivers_are_told_by_number_and_too_few_trials_are_refused() {
    let study = Study::from_config(in_code()).unwrap_or_else(|faults| panic!("{faults}"));
    let told = study.drivers("base", 2000).unwrap();
    assert_eq!((told.trials, told.numbers.is_empty()), (2000, false));
    let few = study.drivers("base", 1999).unwrap_err();
    assert!(matches!(few, Error::OutOfRange { asked: 1999, least: 2000, .. }), "{few}");
    assert!(matches!(study.drivers("bas", 2000), Err(Error::UnknownName(_))));
}

#[test]
fn a_run_says_by_name_what_the_summary_says() {
    let study = smoke();
    let run = study.run(500).unwrap();
    let models = study.models();
    let tallies = shortfall::simulation::run(&models, 500, 1, &Progress::default()).unwrap();
    let summary = shortfall::summary::summarise(&study, &tallies);
    assert_eq!((run.trials(), run.confidence()), (500, summary.confidence));
    assert_eq!(run.scenarios().count(), summary.scenarios.len());
    let mut compared = 0;
    for expected in &summary.scenarios {
        let scenario = run.scenario(&expected.id).unwrap();
        assert_eq!((scenario.id(), scenario.title()), (expected.id.as_str(), expected.title.as_str()));
        for outcome in &expected.outcomes {
            let found = scenario.outcome(&outcome.name).unwrap();
            assert_eq!((found.unit(), found.meaning()), (outcome.unit, outcome.meaning));
            assert_eq!(found.mean(), &outcome.mean);
            assert_eq!((found.probability_of_zero(), found.probability_of_never()), (&outcome.zero, &outcome.never));
            for percentile in &outcome.percentiles {
                assert_eq!(found.percentile(percentile.percent), percentile.estimate);
                compared += 1;
            }
        }
        for series in &expected.series {
            let found = scenario.series(&series.name).unwrap();
            assert_eq!((found.months(), found.unit()), (series.means.len(), series.unit));
            for month in [0, found.months() - 1] {
                assert_eq!(found.mean(month), series.means[month]);
                assert_eq!(found.percentile(month, 50.0), series.percentiles[month][3]);
                let any = series.any.as_ref().and_then(|any| any[month].value);
                let zero = found.probability_of_zero(month).value.unwrap();
                assert!(any.is_none_or(|any| (any + zero - 1.0).abs() < 1e-15));
            }
        }
        for milestone in &expected.milestones {
            assert_eq!(scenario.milestone(&milestone.id), Ok(milestone));
        }
        for claim in &expected.claims {
            assert_eq!(scenario.claim(&claim.id), Ok(claim));
        }
        assert_eq!((scenario.milestones(), scenario.claims()), (&expected.milestones[..], &expected.claims[..]));
    }
    assert!(compared > 50, "{compared} percentiles");
}

#[test]
fn any_percentile_can_be_asked_for_and_what_is_none_says_why() {
    let run = smoke().run(300).unwrap();
    let scenario = run.scenarios().next().unwrap();
    let shortage = scenario.outcome("total_shortage.west.magnets").unwrap();
    let values: Vec<f64> = (1..100).map(|percent| shortage.percentile(f64::from(percent)).value.unwrap()).collect();
    assert!(values.is_sorted() && values[98] > values[0], "{values:?}");
    for percent in [0.0, 100.0, -5.0, 101.0, f64::NAN] {
        let none = shortage.percentile(percent);
        assert_eq!((none.value, none.low, none.high, none.beyond), (None, None, None, Beyond::Unknown));
        assert!(none.note.contains("above 0 and below 100"), "{}", none.note);
    }
    let series = scenario.series("shortage_fraction.west.magnets").unwrap();
    assert_eq!(series.mean(series.months()), None);
    for beyond in [series.percentile(series.months(), 50.0), series.probability_of_zero(series.months())] {
        assert_eq!(beyond.value, None);
        assert!(beyond.note.contains("beyond the horizon"), "{}", beyond.note);
    }
}

#[test]
fn every_fault_of_a_config_built_in_code_names_its_path_and_the_remedy() {
    let mut wrong = config();
    wrong.capacities.insert("k2".into(), Capacity { growth_per_year: f64::NAN.into(), ..Capacity::new("D", "s", 1.0) });
    wrong.demands.insert("d2".into(), Demand::new("mm", "s", 5.0));
    wrong.expect.insert("none".into(), Expectation::new("mean(total_shortage.m.x)"));
    wrong.disruptions.insert("o".into(), Disruption::new(DisruptionKind::Outage));
    wrong.scenarios.insert("base".into(), Scenario::default().change("capacities.l.tonnes_per_year", 5));
    wrong.run.confidence = 2.0;
    let text = faults(wrong).to_string();
    for part in [
        "capacities.k2.growth_per_year = nan",
        "a number must be finite",
        "demands.d2.market = \"mm\"",
        "did you mean `m`?",
        "disruptions.o",
        "scenarios.base.set.\"capacities.l.tonnes_per_year\"",
        "did you mean `k`?",
        "run.confidence = 2.0",
        "config built in code",
    ] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    let mut wrong = config();
    (wrong.run.seed, wrong.run.max_trials) = (u64::MAX, Some(u64::MAX));
    let found = faults(wrong);
    let paths: Vec<String> = found.iter().map(|found| found.fault.path.join(".")).collect();
    assert_eq!(paths, ["run.seed", "run.max_trials"]);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_of_its_own() {
    let Err(Error::Io(path, error)) = Study::from_file("no/such.toml") else { panic!("there is no such file") };
    assert_eq!((path.to_str(), error.kind()), (Some("no/such.toml"), std::io::ErrorKind::NotFound));
    let error = Error::Io(path, error);
    assert!(error.to_string().starts_with("no/such.toml: ") && error.source().is_some());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "title = 'x'\nstart = 5").unwrap();
    let Err(Error::Config(faults)) = Study::from_file(file.path()) else { panic!("keys are missing") };
    assert!(faults.to_string().contains(&*file.path().to_string_lossy()) && faults.iter().count() == 2, "{faults}");
}

/// Whether the error names `nearest`, as a field and in words.
fn names<T: std::fmt::Debug>(found: Result<T, UnknownName>, nearest: &str) {
    let unknown = found.expect_err("nothing has this name");
    assert_eq!(unknown.nearest(), Some(nearest));
    assert!(unknown.to_string().contains(&format!("`{}`: did you mean `{nearest}`?", unknown.name())), "{unknown}");
}

#[test]
fn an_unknown_name_is_an_error_that_names_the_nearest() {
    let mut config = smoke().config().clone();
    config.expect.insert(
        "low".into(),
        Expectation { at_most: Some(1e9), ..Expectation::new("zero(total_shortage.west.magnets)") },
    );
    let study = Study::from_config(config).unwrap_or_else(|faults| panic!("{faults}"));
    let run = study.run(50).unwrap();
    let id = run.scenarios().next().unwrap().id().to_string();
    names(run.scenario(&format!("{id}x")), &id);
    let scenario = run.scenario(&id).unwrap();
    names(scenario.outcome("total_shortage.west.magnet"), "total_shortage.west.magnets");
    names(scenario.series("shortage_fraction.west.magnet"), "shortage_fraction.west.magnets");
    names(scenario.milestone("halv"), "half");
    names(scenario.claim("sooon"), "soon");
    names(run.expectation("lwo"), "low");
    assert_eq!(run.expectation("low").map(|low| low.verdict), Ok(Verdict::Supported));
    let trial = study.trial(&id, 7).unwrap();
    names(trial.outcome("total_shortage.west.magnet"), "total_shortage.west.magnets");
    names(trial.series("shortage_fraction.west.magnet"), "shortage_fraction.west.magnets");
    names(trial.input("projects.west-mine.slip_month"), "projects.west-mine.slip_months");
    let other = run.scenarios().last().unwrap().id();
    let comparison = study.compare(&id, other, 20).unwrap();
    names(comparison.outcome("total_shortage.west.magnet"), "total_shortage.west.magnets");
    for unknown in [study.trial("nowhere", 0).err(), study.compare(&id, "nowhere", 5).err()] {
        assert!(matches!(unknown, Some(Error::UnknownName(_))), "{unknown:?}");
    }
}

#[test]
fn numbers_of_trials_out_of_range_are_refused() {
    let study = Study::from_config(config()).unwrap();
    for trials in [0, 1_000_000_001, u64::MAX] {
        for found in [study.run(trials).err(), study.compare("base", "base", trials).err()] {
            let Some(error @ Error::OutOfRange { asked, .. }) = found else { panic!("{found:?}") };
            assert_eq!((asked, error.to_string().contains("between 1 and 1000000000")), (trials, true), "{error}");
        }
    }
    assert!(matches!(study.trial("base", 1_000_000_000), Err(Error::OutOfRange { .. })));
    assert!(study.trial("base", 999_999_999).is_ok());
}

#[test]
fn a_run_is_the_trials_asked_for_whatever_the_config_tells_the_command_line() {
    let mut config = smoke().config().clone();
    let plain = Study::from_config(config.clone()).unwrap().run(200).unwrap();
    (config.run.trials, config.run.until, config.run.max_trials) = (50, Some("verdict".into()), Some(400));
    config.run.input_uncertainty = Some(100);
    let asked = Study::from_config(config).unwrap().run(200).unwrap();
    let claims = |run: &Run| run.scenarios().flat_map(|one| one.claims().to_vec()).collect::<Vec<_>>();
    assert_eq!(asked.trials(), 200);
    assert!(!claims(&plain).is_empty());
    assert_eq!(claims(&asked), claims(&plain));
}

#[test]
fn progress_counts_trials_and_stops_a_run() {
    let study = smoke();
    let progress = Progress::default();
    let options = RunOptions { threads: 2, progress: Some(&progress) };
    let one = study.run_with(100, options).unwrap();
    assert_eq!(progress.done(), 100 * study.scenario_ids().count() as u64);
    let other = study.run_with(100, RunOptions { threads: 1, ..RunOptions::default() }).unwrap();
    let means = |run: &Run| {
        run.scenarios().flat_map(|one| one.outcomes().map(|o| o.mean().clone()).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    assert_eq!(means(&one), means(&other));
    progress.stop();
    assert!(matches!(study.run_with(100, options), Err(Error::Stopped)));
    assert!(matches!(study.compare_with("base", "base", 100, options), Err(Error::Stopped | Error::UnknownName(_))));
}
