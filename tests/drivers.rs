//! Which inputs explain how much: closed forms, coverage of the intervals, idle inputs, the same bits on any threads.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::ConfigBuilder;
use shortfall::engine::Engine;
use shortfall::random::Key;
use shortfall::simulation::{self, Progress};
use shortfall::statistics::{Jackknife, SECTIONS, Totals, first_order, section_of};
use shortfall::study::{Study, number_named};
use shortfall::summary::{self, Asked, Bars, DrivenNumber, Drivers};
use shortfall::tally::{self, Tally};

/// A function of the uniform numbers of its inputs.
type Function = fn(&[f64]) -> f64;

/// Ishigami and Homma (1990), with 7 and 0.1.
fn ishigami(u: &[f64]) -> f64 {
    let x = |index: usize| std::f64::consts::PI * (2.0 * u[index] - 1.0);
    let (a, b, c) = (libm::sin(x(0)), libm::sin(x(1)), x(2));
    a + 7.0 * b * b + 0.1 * c * c * c * c * a
}

/// A product of three uniform numbers.
fn product(u: &[f64]) -> f64 {
    (0.05 + 0.30 * u[0]) * (0.25 + 0.75 * u[1]) * (0.5 + 0.4 * u[2])
}

/// First-order shares of four uniform numbers, the last of which does nothing.
fn shares(f: Function, keys: &[Key; 4], trials: std::ops::Range<u64>, bins: usize) -> [Jackknife; 4] {
    let mut totals = [Totals::default(); SECTIONS];
    let mut cells = vec![[(0u64, 0i128); 4]; SECTIONS * bins];
    for trial in trials {
        let u = keys.map(|key| key.uniform(trial));
        let (section, whole) = (section_of(trial), (f(&u) * 1e9) as i128);
        totals[section].merge(&Totals { count: 1, sum: whole, square: whole * whole });
        for (index, u) in u.iter().enumerate() {
            let cell = &mut cells[section * bins + (u * bins as f64) as usize][index];
            *cell = (cell.0 + 1, cell.1 + whole);
        }
    }
    let of = |index: usize| {
        let cells = &cells;
        first_order(&totals, move |section| (0..bins).map(move |bin| cells[section * bins + bin][index]))
    };
    [0, 1, 2, 3].map(|index| of(index).expect("it varies"))
}

/// Over 400 runs of 20 000 trials: the mean is the truth but for what bins miss (`missed`), the standard deviation is small, the
/// interval holds the truth, and each run is near it.
fn meets(f: Function, bins: usize, truth: [f64; 4], missed: f64) {
    let keys = ["a", "b", "c", "idle"].map(|name| Key::new(11, name));
    let all: Vec<[Jackknife; 4]> =
        (0..400u64).map(|run| shares(f, &keys, run * 20_000..(run + 1) * 20_000, bins)).collect();
    for (index, truth) in truth.into_iter().enumerate() {
        let found: Vec<&Jackknife> = all.iter().map(|shares| &shares[index]).collect();
        let count = found.len() as f64;
        let mean = found.iter().map(|share| share.value).sum::<f64>() / count;
        let squares: f64 = found.iter().map(|share| (share.value - mean) * (share.value - mean)).sum();
        let deviation = (squares / (count - 1.0)).sqrt();
        let holds = |share: &&&Jackknife| {
            share.interval(0.95).is_some_and(|interval| interval.low <= truth && truth <= interval.high)
        };
        let held = found.iter().filter(holds).count() as f64 / count;
        let near =
            found.iter().filter(|share| (share.value - truth).abs() <= 4.0 * share.error()).count() as f64 / count;
        eprintln!("input {index}: mean {mean:.5} for {truth:.5}, deviation {deviation:.5}, held {held}, near {near}");
        assert!((mean - truth).abs() <= 4.0 * deviation / count.sqrt() + missed, "input {index}: {mean}, {truth}");
        assert!(deviation <= 0.006, "input {index}: {deviation}");
        assert!(held >= 0.93 && near >= 0.99, "input {index}: {held} {near}");
    }
}

#[test]
fn the_shares_of_ishigami_are_the_closed_form_and_intervals_hold_it() {
    // The slope of 7 sin^2 misses 24.5 (2 pi / 64)^2 / 12 / 13.84 = 0.0014 of the variance within bins.
    meets(ishigami, 64, [0.313_905_191, 0.442_411_145, 0.0, 0.0], 0.0015);
}

#[test]
fn the_shares_of_a_product_are_the_closed_form_and_intervals_hold_it() {
    meets(product, 40, [0.512_028_6, 0.327_698_3, 0.074_308_0, 0.0], 0.0005);
}

/// What is missing costs its price: the loss is the product of both. No plant makes anything.
const PRICE_TIMES_DEMAND: &str = r#"
    title = "t"
    start = "2026-01"
    horizon_years = 1
    markets.m.countries = ["C"]
    stages.s = {}
    capacities.none = { country = "C", stage = "s", tonnes_per_year = 0 }

    [demands.d]
    market = "m"
    stage = "s"
    tonnes_per_year = { uniform = [0.25, 1] }
    loss_usd_per_tonne = { uniform = [0.05, 0.35] }
"#;

/// An input that does nothing: of a stock of another market.
const IDLE: &str = r#"
    [markets.other]
    countries = ["D"]
    [stockpiles.idle]
    market = "other"
    stage = "s"
    target_tonnes = { uniform = [0, 1] }
"#;

fn study(text: &str) -> Study {
    Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

/// Counts the drivers of some numbers of the first scenario, from each of these trials up to the next.
fn count(study: &Study, names: &[&str], ends: &[u64], threads: usize) -> tally::Drivers {
    let model = &study.scenarios[0].model;
    let numbers: Vec<_> = names.iter().map(|name| number_named(model, name).expect("it is there")).collect();
    let mut tallies = vec![Tally::new(model).with_drivers(tally::Drivers::new(model, &numbers))];
    for ends in ends.windows(2) {
        let more = simulation::extend(&[model], tallies, ends[0]..ends[1], threads, &Progress::default());
        tallies = more.expect("nobody stopped it");
    }
    tallies.remove(0).drivers.expect("they were asked for")
}

fn drivers(text: &str, names: &[&str], trials: u64) -> Drivers {
    let study = study(text);
    let counted = count(&study, names, &[0, trials], 2);
    summary::drivers_of(&study.scenarios[0], &counted, trials, 0.95)
}

/// The share of a driver, which must be named, and that its interval holds the truth.
fn holds(found: &DrivenNumber, name: &str, truth: f64) {
    let driver = found.drivers.iter().find(|driver| driver.name == name);
    let driver = driver.unwrap_or_else(|| panic!("{name} is not named: {:#?}", found.drivers));
    let (low, high) = (driver.share.low.expect("an end"), driver.share.high.expect("an end"));
    assert!(low <= truth && truth <= high, "{name}: {truth} is not from {low} to {high}");
    assert!(high - low < 0.05, "{name}: from {low} to {high} says nothing");
}

/// Mean and variance of a uniform number.
fn uniform(low: f64, high: f64) -> (f64, f64) {
    (0.5 * (low + high), (high - low) * (high - low) / 12.0)
}

#[test]
fn price_times_demand_has_its_closed_form_and_what_is_idle_is_not_named() {
    let found = drivers(&format!("{PRICE_TIMES_DEMAND}{IDLE}"), &["total_loss.m.s"], 20_000);
    let number = &found.numbers[0];
    let ((demand, of_demand), (price, of_price)) = (uniform(0.25, 1.0), uniform(0.05, 0.35));
    let both = of_demand * of_price;
    let all = of_demand * price * price + of_price * demand * demand + both;
    holds(number, "demands.d.tonnes_per_year", of_demand * price * price / all);
    holds(number, "demands.d.loss_usd_per_tonne", of_price * demand * demand / all);
    assert_eq!(number.drivers.len(), 2, "{:?}", number.drivers);
    // What both do only together is left to "events and interactions".
    let (low, high) = (number.events.low.expect("an end"), number.events.high.expect("an end"));
    assert!(low <= both / all && both / all <= high, "{:?}, {}", number.events, both / all);
    assert_eq!((number.rest.inputs, number.others[0].name.as_str()), (1, "stockpiles.idle.target_tonnes"));
    assert!(number.rest.share.low == Some(0.0) && number.rest.share.value.is_none_or(|share| share < 0.003));
    // The mean in the lowest tenth of demand: 0.25 + 0.05 x 0.75 tonnes at the mean price.
    let bar =
        number.drivers.iter().find(|driver| driver.name.ends_with("tonnes_per_year")).and_then(|one| one.bar.clone());
    let bar = bar.expect("a bar");
    for (end, tonnes) in [(&bar.low, 0.25 + 0.05 * 0.75), (&bar.high, 1.0 - 0.05 * 0.75)] {
        let (low, high) = (end.low.expect("an end"), end.high.expect("an end"));
        let half = 0.5 * (high - low);
        assert!(
            (end.value.expect("a value") - tonnes * price).abs() < 2.0 * half && half < 0.01,
            "{end:?} {}",
            tonnes * price
        );
    }
}

#[test]
fn total_effects_hold_the_closed_form_and_what_is_idle_is_exactly_zero() {
    let study = study(&format!("{PRICE_TIMES_DEMAND}{IDLE}"));
    let case = &study.scenarios[0];
    let numbers = [number_named(&case.model, "total_loss.m.s").expect("it is there")];
    let streams = case.model.input_streams();
    let ((demand, of_demand), (price, of_price)) = (uniform(0.25, 1.0), uniform(0.05, 0.35));
    let both = of_demand * of_price;
    let all = of_demand * price * price + of_price * demand * demand + both;
    let total = |pattern: &str, threads: usize| {
        let groups: Vec<_> = case.model.groups_matching(&streams, pattern).into_iter().cloned().collect();
        let slots: Vec<usize> = groups.iter().flat_map(|group| group.slots.clone()).collect();
        let found = simulation::total_effects(&case.model, &slots, &numbers, 0..4000, threads, &Progress::default());
        summary::total_of(case, pattern, &groups, &numbers, 4000, &found.expect("nobody stopped it"), 0.95)
    };
    for (pattern, truth) in [
        ("demands.d.tonnes_per_year", (of_demand * price * price + both) / all),
        ("demands.*.loss_usd_per_tonne", (of_price * demand * demand + both) / all),
        ("demands.*.*", 1.0),
    ] {
        let found = total(pattern, 1);
        assert_eq!(found, total(pattern, 3));
        let share = &found.shares[0].1;
        let (low, high) = (share.low.expect("an end"), share.high.expect("an end"));
        assert!(low - 0.005 <= truth && truth <= high + 0.005 && high - low < 0.12, "{pattern}: {share:?}, {truth}");
    }
    let idle = total("stockpiles.*.*", 2);
    assert_eq!((idle.inputs, idle.shares[0].1.value), (1, None));
    assert_eq!(idle.shares[0].1.note, "not distinguishable from 0");
}

/// Two normal demands that move together: their sum is all that is short, and the group explains all of it.
#[test]
fn correlated_inputs_are_one_group_that_explains_what_they_do_together() {
    let text = r#"
        title = "t"
        start = "2026-01"
        horizon_years = 1
        markets.m.countries = ["C"]
        stages.s = {}
        capacities.none = { country = "C", stage = "s", tonnes_per_year = 0 }
        demands.a = { market = "m", stage = "s", tonnes_per_year = { normal = { mean = 100, sd = 10 }, min = 0 } }
        demands.b = { market = "m", stage = "s", tonnes_per_year = { normal = { mean = 100, sd = 10 }, min = 0 } }
        demands.c = { market = "m", stage = "s", tonnes_per_year = { normal = { mean = 100, sd = 10 }, min = 0 } }
    "#;
    // The sum has the variance 2 + 2 rho for the pair, and 1 for the third.
    for (correlation, rho) in [
        ("inputs = [\"demands.a.*\", \"demands.b.*\"]\nrho = 0.6", 0.6),
        ("inputs = { \"demands.a.*\" = 0.8, \"demands.b.*\" = -0.5 }", -0.4),
        ("inputs = [\"demands.a.tonnes_per_year\", \"demands.b.tonnes_per_year\"]\nmatrix = [[1, 0.3], [0.3, 1]]", 0.3),
    ] {
        let found = drivers(&format!("{text}\n[correlations.pair]\n{correlation}\n"), &["total_shortage.m.s"], 20_000);
        let number = &found.numbers[0];
        holds(number, "correlations.pair", (2.0 + 2.0 * rho) / (3.0 + 2.0 * rho));
        holds(number, "demands.c.tonnes_per_year", 1.0 / (3.0 + 2.0 * rho));
        assert_eq!(number.drivers.len(), 2, "{:?}", number.drivers);
        assert!(number.events.low == Some(0.0) && number.events.high < Some(0.03), "{:?}", number.events);
    }
}

/// Three quarters of the variance of the number of episodes comes from the events, one quarter from their rate (see
/// `an_unknown_rate_is_part_of_the_spread`).
#[test]
fn what_events_do_is_left_to_events() {
    let text = ConfigBuilder::new(1.0)
        .demand(1200)
        .plant("plant", 1200)
        .outage("outage", "plant", "rate_per_year = { uniform = [0, 2] }, duration_months = 0.01")
        .text();
    let found = drivers(&text, &["episodes.outage", "first_shortage.all.product"], 20_000);
    holds(&found.numbers[0], "disruptions.outage.rate_per_year", 0.25);
    let events = &found.numbers[0].events;
    assert!(events.low < Some(0.75) && events.high > Some(0.75), "{events:?}");
    assert_eq!(found.numbers[1].what, "comes within the horizon");
}

/// Forty inputs that do nothing beside one that does, in forty runs: none is ever named, not for a rare event either.
#[test]
fn an_idle_input_is_never_named() {
    let mut text = PRICE_TIMES_DEMAND.to_string() + "[markets.other]\ncountries = [\"D\"]\n";
    for index in 0..40 {
        text += &format!(
            "[stockpiles.idle{index}]\nmarket = \"other\"\nstage = \"s\"\ntarget_tonnes = {{ uniform = [0, 1] }}\npriority = {index}\n"
        );
    }
    text += "[disruptions.rare]\nkind = \"demand-surge\"\nmarkets = [\"m\"]\nstages = [\"s\"]\nrate_per_year = 0.01\n\
             duration_months = 3\nseverity = 5\n";
    for seed in 0..40 {
        let text = text.replacen("horizon_years", &format!("run.seed = {seed}\nhorizon_years"), 1);
        let found = drivers(&text, &["total_loss.m.s", "episodes.rare", "worst_month.m.s"], 2000);
        for number in &found.numbers {
            let idle = number.drivers.iter().find(|driver| driver.name.contains("idle"));
            assert!(idle.is_none(), "seed {seed}, {}: {idle:?}", number.name);
            assert!(number.kinds.iter().all(|kind| kind.p_holm.is_some_and(|p| p > 0.05)), "{:?}", number.kinds);
        }
        assert_eq!(found.numbers[0].drivers.len(), 2, "seed {seed}");
    }
}

#[test]
fn neither_threads_nor_parts_nor_their_order_matter() {
    let text = include_str!("../configs/smoke.toml");
    let study = study(text);
    let names = ["total_shortage.west.magnets", "claim.soon", "milestone.half"];
    let whole = count(&study, &names, &[0, 601], 1);
    for threads in [2, 3, 8] {
        assert!(count(&study, &names, &[0, 601], threads) == whole, "{threads} threads");
    }
    assert!(count(&study, &names, &[0, 203, 601], 2) == whole, "in two parts");
    let mut merged = count(&study, &names, &[203, 601], 2);
    merged.merge(&count(&study, &names, &[0, 203], 1));
    assert!(merged == whole, "counted apart and put together");
}

#[test]
fn names_of_numbers_are_read_and_unknown_ones_say_what_is_near() {
    let study = study(include_str!("../configs/smoke.toml"));
    let model = &study.scenarios[0].model;
    let series = &model.series[0].name;
    for good in ["claim.soon", "milestone.half", "total_shortage.west.magnets", &format!("{series}@{}", model.start)] {
        assert!(number_named(model, good).is_ok(), "{good}");
    }
    for (bad, part) in [
        ("claim.sooon", "did you mean `soon`?"),
        ("total_shortage.west.magnet", "did you mean `total_shortage.west.magnets`?"),
        (&format!("{series}@1999-01"), "is no month from"),
        (&format!("{series}@soon"), "is no month from"),
        ("nothing@2030-01", "there is no recorded series `nothing`"),
    ] {
        let found = number_named(model, bad).expect_err(bad);
        assert!(found.contains(part), "{bad}: {found}");
    }
}

/// Runs the program on the quickstart example.
fn shortfall(folder: &Path, arguments: &[&str]) -> Output {
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/quickstart.toml");
    fs::copy(quickstart, folder.join("my.toml")).expect("copied");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command.args(arguments).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_run_tells_drivers_in_every_form_unless_it_is_told_not_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |name: &str, more: &[&str]| {
        let out = shortfall(folder.path(), &[&["run", "my.toml", "--svg", "-o", name], more].concat());
        assert!(out.status.success(), "{}", text(&out.stderr));
        out
    };
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap_or_default();
    let out = run("a", &["-n", "2000", "-j", "1"]);
    assert!(text(&out.stdout).contains("What drives"), "{}", text(&out.stdout));
    assert!(text(&out.stdout).lines().all(|line| line.chars().count() <= 80), "{}", text(&out.stdout));
    let results: serde_json::Value = serde_json::from_str(&read("a/results.json")).expect("JSON");
    let numbers = results["scenarios"][0]["drivers"]["numbers"].as_array().expect("a list");
    assert!(numbers.iter().any(|number| number["drivers"].as_array().is_some_and(|named| !named.is_empty())));
    assert!(results["scenarios"][1]["drivers"].is_null());
    assert!(read("a/drivers.csv").starts_with("scenario,output,what,unit,of,name,inputs,share,"));
    assert!(
        !read("a/drivers.csv").lines().any(|line| line.split(',').nth(7).is_some_and(|share| share.starts_with('-')))
    );
    let (chart, report) = (read("a/charts/tornado.svg"), read("a/report.html"));
    assert!(chart.contains("not held fixed") && chart.contains("succeeds") && chart.contains("fails"), "{chart}");
    assert!(report.contains("What drives the results") && report.contains("id=\"chart-tornado\""));
    run("b", &["-n", "2000", "-j", "3"]);
    for name in ["drivers.csv", "results.json", "charts/tornado.svg", "report.html"] {
        assert_eq!(read(&format!("a/{name}")), read(&format!("b/{name}")), "{name}");
    }
    // What the drivers take part in counting changes no other figure.
    run("c", &["-n", "2000", "--drivers=false"]);
    assert_eq!(read("a/percentiles.csv"), read("c/percentiles.csv"));
    assert!(read("c/drivers.csv").is_empty() && !read("c/report.html").contains("What drives"));
    let out = run("d", &["-n", "500", "--drivers"]);
    assert!(text(&out.stderr).contains("at least 2000 trials, there are 500"), "{}", text(&out.stderr));
    assert!(read("d/drivers.csv").is_empty() && read("d/config.toml").contains("drivers = true"));
}

#[test]
fn the_command_prints_what_is_asked_for_and_refuses_what_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |more: &[&str]| shortfall(folder.path(), &[&["drivers", "my.toml", "-n", "2000"], more].concat());
    let of = ["--of", "total_shortage.importer.metal"];
    let told = |more: &[&str]| {
        let out = run(&[&of[..], &["--json"], more].concat());
        assert!(out.status.success(), "{}", text(&out.stderr));
        serde_json::from_slice::<serde_json::Value>(&out.stdout).expect("JSON")["scenarios"][0].clone()
    };
    let out = run(&["--total", "projects.*.*"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(text(&out.stdout).lines().all(|line| line.chars().count() <= 80), "{}", text(&out.stdout));
    assert!(text(&out.stdout).contains("Total effects"), "{}", text(&out.stdout));
    let plain = told(&[]);
    let bar = |case: &serde_json::Value| case["numbers"][0]["drivers"][0]["bar"].clone();
    let end = |case: &serde_json::Value, end: &str| bar(case)[end]["value"].as_f64().expect("a number");
    assert_eq!(plain["numbers"].as_array().map(Vec::len), Some(1));
    // Shortages are skewed: the median lies below the mean.
    let median = told(&["--percentile", "50"]);
    assert_eq!(median["ends"]["percentile"], 50.0);
    assert!(end(&median, "high") < end(&plain, "high"), "{median} {plain}");
    assert_eq!(median, told(&["--percentile", "50", "-j", "3"]));
    // The folder has what was printed, and a chart of it.
    let alone = told(&["--one-at-a-time", "-o", "alone", "-j", "1"]);
    let read =
        |path: &str| fs::read(folder.path().join("alone").join(path)).unwrap_or_else(|_| panic!("{path} is missing"));
    let written: serde_json::Value = serde_json::from_slice(&read("drivers.json")).expect("JSON");
    assert_eq!(written["scenarios"][0], alone);
    assert!(text(&read("report.html")).contains("all others at their medians"));
    assert!(read("charts/tornado.total_shortage.importer.metal.png").starts_with(b"\x89PNG"));
    assert!(text(&read("manifest.json")).contains("\"driven\""));
    assert_eq!((alone["ends"]["one_at_a_time"].as_bool(), alone["ends"]["percentile"].is_null()), (Some(true), true));
    assert_ne!(bar(&alone), bar(&plain));
    assert_eq!(alone["numbers"][0]["drivers"][0]["share"], plain["numbers"][0]["drivers"][0]["share"]);
    for (arguments, part) in [
        (&["--of", "total_shortage.importer.metl"][..], "did you mean `total_shortage.importer.metal`?"),
        (&["--total", "projects.*.slip"], "matches no uncertain input"),
        (&["-n", "1999"], "at least 2000 trials"),
        (&["--percentile", "100"], "above 0 and below 100"),
    ] {
        let arguments = if arguments[0] == "-n" {
            [&["drivers", "my.toml"], arguments].concat()
        } else {
            [&["drivers", "my.toml", "-n", "2000"], arguments].concat()
        };
        let out = shortfall(folder.path(), &arguments);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        assert!(text(&out.stderr).contains(part), "{part} is missing from\n{}", text(&out.stderr));
    }
}

/// With all others at their medians nothing is left to chance; and the trials of a tenth are those of the run.
#[test]
fn one_input_at_a_time_and_the_trials_of_a_tenth_have_their_closed_forms() {
    let study = study(PRICE_TIMES_DEMAND);
    let model = &study.scenarios[0].model;
    let streams = model.input_streams();
    let group = |name: &str| streams.groups.iter().find(|group| group.name == name).expect(name);
    let loss = model.outcomes.iter().position(|spec| spec.name == "total_loss.m.s").expect("it is there");
    let demand = group("demands.d.tonnes_per_year");
    for (quantile, tonnes) in [(0.1, 0.325), (0.9, 0.925)] {
        let moved = model.one_at_a_time(Some((demand, quantile)));
        let found = Engine::new(&moved).trial(5).outcomes[loss];
        assert!((found - 0.2 * tonnes).abs() < 1e-9, "{quantile}: {found}");
    }
    let key = streams.streams[demand.streams.start].key;
    let tally = |threads: usize| {
        let found = simulation::where_input(model, (key, 0.9, 1.0), 0..5000, threads, &Progress::default());
        found.expect("nobody stopped it")
    };
    let (found, trials) = (tally(1), (0..5000).filter(|trial| key.uniform(*trial) >= 0.9));
    assert!(found == tally(3));
    let values: Vec<f64> = trials.map(|trial| Engine::new(model).trial(trial).outcomes[loss]).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert_eq!(found.trials(), values.len() as u64);
    assert!((found.outcome(loss).mean().expect("a mean") - mean).abs() < 1e-9);
}

/// A chance that is moved comes about for certain, or not at all.
#[test]
fn one_success_at_a_time_is_certain_or_impossible() {
    let study = study(include_str!("../configs/quickstart.toml"));
    let model = &study.scenarios[0].model;
    let streams = model.input_streams();
    let success = streams.groups.iter().find(|group| group.name == "projects.new-plant.success").expect("it is there");
    for (quantile, starts) in [(0.1, true), (0.9, false)] {
        let moved = model.one_at_a_time(Some((success, quantile)));
        let engine = Engine::new(&moved);
        assert!((0..30).all(|trial| engine.trial(trial).starts[0].is_finite() == starts), "{quantile}");
    }
}

/// How far it is, is told as a share of trials that are counted beforehand. Two inputs have bars, the idle one has none.
#[test]
fn as_many_trials_are_simulated_as_are_told() {
    let mut study = study(&(PRICE_TIMES_DEMAND.to_owned() + IDLE));
    study.config.run.trials = 2000;
    let totals = ["demands.d.*".to_owned(), "stockpiles.idle.*".to_owned()];
    let asked = Asked::of(&study, &["total_loss.m.s".into()], &totals).expect("they are there").remove(0);
    let progress = Progress::default();
    let (drivers, all) = asked.tell(&study, 50, 2, &progress).expect("nobody stops it");
    assert_eq!((progress.done(), asked.trials(2000, 50)), (2200, 2200));
    for (bars, told) in [
        (Bars::default(), 0),
        (Bars { percentile: Some(50.0), ..Bars::default() }, 8000),
        (Bars { one_at_a_time: true, ..Bars::default() }, 1000),
    ] {
        let (progress, mut drivers) = (Progress::default(), drivers.clone());
        assert_eq!(asked.trials_of_bars(bars, &mut drivers, 2000), told, "{bars:?}");
        asked.put_bars(bars, &study, (&mut drivers, &all), 2, &progress).expect("nobody stops it");
        assert_eq!(progress.done(), told, "{bars:?}");
    }
}
