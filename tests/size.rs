//! How large a stock: closed forms, what must hold whatever the model, costs by hand, files and messages.

mod common;

use std::fs;
use std::process::{Command, Output};

use common::{ConfigBuilder, listed};
use shortfall::engine::Engine;
use shortfall::math::{exp, ln};
use shortfall::simulation::Progress;
use shortfall::study::size::{Refill, Sizing};
use shortfall::summary::size::{Asked, Price, StockSizes, estimated_models, sizes};
use shortfall::{Estimate, Study};

/// Sizes a stock of `all.product`.
fn sized(config: &ConfigBuilder, asked: &Asked, trials: u64, threads: usize) -> StockSizes {
    let study = config.study();
    let sizing = Sizing::new(&study, &study.scenarios[0].id, "all.product").expect("it is demanded there");
    sizes(&sizing, asked, (trials, 0.95), threads, &Progress::default()).expect("nobody stops it")
}

fn asked(sizes: &[f64]) -> Asked {
    Asked { sizes: sizes.to_vec(), ..Asked::default() }
}

/// Whether an estimate lies within 6.11 standard errors of the exact value, and how many they are.
fn agrees(what: &str, found: &Estimate, exact: f64) -> bool {
    let (value, low, high) = (found.value.unwrap(), found.low.unwrap(), found.high.unwrap());
    let error = (high - low) / (2.0 * 1.959_964);
    println!("{what}: {value} against {exact}, {:+.2} standard errors", (value - exact) / error);
    (value - exact).abs() <= 6.11 * error
}

/// A tonne a day is demanded and made; an outage of everything from the start on, with an exponential length.
fn one_outage(mean_months: f64) -> ConfigBuilder {
    outage_at_start(1.0, mean_months)
}

/// The same where the outage comes with some probability.
fn outage_at_start(chance: f64, mean_months: f64) -> ConfigBuilder {
    let length = format!("duration_months = {{ exponential = {{ mean = {mean_months} }} }}");
    let outage = format!("active_at_start = {chance}, {length}");
    ConfigBuilder::new(10.0).demand(365).plant("plant", 365).outage("outage", "plant", &outage)
}

/// The outage outlasts `B` days with probability `exp(-B / m)`, and then by `m` more on average; its worst twentieth lasts `ln 20 + 1`
/// means. As no more is made than is used, a stock is never refilled, whatever its rule.
#[test]
fn one_outage_meets_its_closed_form() {
    const MEAN: f64 = 182.5;
    const TRIALS: u64 = 60_000;
    let question = Asked { risk: Some(0.05), ..asked(&[60.0, 180.0]) };
    let right = sized(&one_outage(6.0), &question, TRIALS, 0);
    let longer = sized(&one_outage(6.6), &question, TRIALS, 0);
    assert!((right.daily_demand - 1.0).abs() < 1e-12);
    let listings = [(60.0, 0.7198106, 131.3654), (180.0, 0.3729536, 68.0640)];
    for (index, (stock, stock_out, shortage)) in listings.into_iter().enumerate() {
        let exact = [exp(-stock / MEAN), MEAN * exp(-stock / MEAN), MEAN * (1.0 + ln(20.0)) - stock];
        listed(exact[0], stock_out, 7);
        listed(exact[1], shortage, 4);
        let figures = |sizes: &StockSizes, curve: usize| {
            let left = &sizes.curves[curve].sizes[index].shortage;
            [left.probability.clone(), left.expected.clone(), left.expected_in_worst.clone()]
        };
        assert_eq!(figures(&right, 0), figures(&right, 1), "nothing is left to refill it");
        for (place, (found, wrong)) in figures(&right, 0).iter().zip(figures(&longer, 0)).enumerate() {
            assert!(agrees(&format!("{stock} days [{place}]"), found, exact[place]));
            assert!(!agrees(&format!("{stock} days [{place}], wrong twin"), &wrong, exact[place]));
        }
        // What is avoided is the rest, paired: with less of an error than the difference of both means.
        let avoided = &right.curves[0].sizes[index].avoided;
        assert!(agrees("avoided", avoided, MEAN - exact[1]));
        let width = |of: &Estimate| of.high.unwrap() - of.low.unwrap();
        assert!(width(avoided) < 0.7 * width(&right.none.expected));
    }
    let cover = -MEAN * ln(0.05);
    listed(cover, 546.7211, 4);
    for curve in &right.curves {
        let at = curve.at_risk.as_ref().expect("a risk was asked for");
        assert!(agrees("cover", at.days.as_ref().expect("there is one"), cover));
        let left = at.left.as_ref().expect("it was simulated").shortage.probability.value.unwrap();
        assert!(left <= 0.05 && left > 0.048, "{left}");
    }
    let wrong = longer.curves[0].at_risk.as_ref().and_then(|at| at.days.clone()).expect("there is one");
    assert!(!agrees("cover, wrong twin", &wrong, cover));
}

/// Months 361 to 720 of a stock of 300 t that is drained by 100 t a month in outages of six months and filled by 10 between them,
/// 48 months apart: the fluid buffer of `known_answers/stocks.rs`, which loses 7.558515 t a month in the long run. By then it does
/// not matter that it was full at first. What is lost without a stock is known, 100 t a month of outage, and takes most of the chance
/// away (a control variate, with the slope of that test).
#[test]
fn a_refilled_stock_loses_what_the_fluid_buffer_does() {
    const TRIALS: u64 = 6000;
    let totals = |years: f64, rate: f64| {
        let outage =
            format!("rate_per_year = {}, duration_months = {{ exponential = {{ mean = 6 }} }}", rate * 12.0 / 48.0);
        let config = ConfigBuilder::new(years).demand(1200).plant("plant", 1320).outage("outage", "plant", &outage);
        let config = config.stockpile("stock", "target_tonnes = 10, fill_tonnes_per_month = 10");
        let found = sized(&config, &asked(&[300.0 * 365.0 / 1200.0]), TRIALS, 0);
        let size = &found.curves[0].sizes[0];
        assert_eq!((found.curves[0].refill, size.tonnes.round()), (Refill::Refilled, 300.0));
        assert!(found.curves[1].sizes[0].shortage.expected.value > size.shortage.expected.value, "used once is worse");
        [&size.shortage, &found.none].map(|shortage| shortage.expected.value.unwrap())
    };
    let deviation = |rate: f64| {
        let (long, short) = (totals(60.0, rate), totals(30.0, rate));
        let [stock, none] = [0, 1].map(|place| (long[place] - short[place]) / 360.0);
        let expected = 100.0 * 6.0 / (48.0 / rate + 6.0);
        (stock + 0.83 * (expected - none)) / 7.558515 - 1.0
    };
    let (right, wrong) = (deviation(1.0), deviation(1.04));
    println!("{right:+.4}, wrong twin {wrong:+.4}");
    assert!(right.abs() <= 0.015, "{right}");
    assert!(wrong.abs() > 0.015, "the wrong twin passes");
}

/// Two markets, two stages, outages, a ban.
fn rich(scale: f64, stock: &str) -> String {
    let [demand, other, ore, metal] = [120.0, 90.0, 340.0, 150.0].map(|tonnes| tonnes * scale);
    format!(
        r#"
        title = "Two markets"
        start = "2026-01"
        horizon_years = 8
        stages.ore = {{}}
        stages.metal.feeds.ore = 2
        markets.all.countries = ["A"]
        markets.other.countries = ["B"]
        capacities.ore = {{ country = "A", stage = "ore", tonnes_per_year = {ore} }}
        capacities.far = {{ country = "B", stage = "ore", tonnes_per_year = {ore} }}
        capacities.here = {{ country = "A", stage = "metal", tonnes_per_year = {metal} }}
        capacities.there = {{ country = "B", stage = "metal", tonnes_per_year = {metal} }}
        demands.users = {{ market = "all", stage = "metal", tonnes_per_year = {demand}, volatility_per_year = 0.1 }}
        demands.others = {{ market = "other", stage = "metal", tonnes_per_year = {other} }}
        disruptions.stop = {{ kind = "outage", hits = ["here"], rate_per_year = 0.5, duration_months = {{ exponential = {{ mean = 5 }} }} }}
        disruptions.dry = {{ kind = "outage", hits = ["far"], rate_per_year = 0.3, duration_months = 4, severity = 0.7 }}
        disruptions.ban = {{ kind = "export-control", from = ["other"], to = ["all"], rate_per_year = 0.3, duration_months = 9 }}
        {stock}
        "#
    )
}

fn sized_rich(text: &str, asked: &Asked, threads: usize) -> StockSizes {
    let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"));
    let sizing = Sizing::new(&study, "base", "all.metal").expect("it is demanded there");
    sizes(&sizing, asked, (1000, 0.95), threads, &Progress::default()).expect("nobody stops it")
}

/// Trial by trial: a larger stock leaves no more of a shortage, and one that is refilled no more than one that is not.
#[test]
fn more_stock_never_hurts() {
    let study = Study::from_text(&rich(1.0, "")).unwrap_or_else(|faults| panic!("{faults}"));
    let sizing = Sizing::new(&study, "base", "all.metal").expect("it is demanded there");
    let (mut helped, mut refilled_helped) = (0, 0);
    let steps = [0.0, 2.0, 10.0, 25.0, 60.0, 150.0];
    let models = |refill: Refill| steps.map(|tonnes| sizing.sized(tonnes, refill));
    let (refilled, once) = (models(Refill::Refilled), models(Refill::UsedOnce));
    for trial in 0..200 {
        let left = |models: &[shortfall::model::Model; 6]| -> Vec<f64> {
            models.iter().map(|model| Engine::new(model).trial(trial).outcomes[0]).collect()
        };
        let (refilled, once) = (left(&refilled), left(&once));
        for curve in [&refilled, &once] {
            let rounding = 1e-9 * curve[0];
            assert!(curve.windows(2).all(|pair| pair[1] <= pair[0] + rounding), "trial {trial}: {curve:?}");
            helped += u32::from(curve[5] < curve[0]);
        }
        assert!(refilled.iter().zip(&once).all(|(filled, not)| *filled <= not + 1e-9 * once[0]), "trial {trial}");
        refilled_helped += u32::from(refilled[1] < once[1]);
    }
    assert!(helped > 200 && refilled_helped > 50, "{helped}, {refilled_helped}");
}

/// Nothing is what a config without the stock gives, and the size of the config what the config gives, bit for bit.
#[test]
fn no_stock_and_the_stock_of_the_config_are_ordinary_runs() {
    let stock = "stockpiles.own = { market = \"all\", stage = \"metal\", target_tonnes = 40, fill_tonnes_per_month = 3, \
                 release_tonnes_per_month = 8 }\nstockpiles.other = { market = \"other\", stage = \"metal\", target_days = 30 }";
    let without = "stockpiles.other = { market = \"other\", stage = \"metal\", target_days = 30 }";
    let found = sized_rich(&rich(1.0, stock), &asked(&[10.0, 365.0 * 40.0 / 120.0]), 0);
    assert_eq!(found.replaces, ["own"]);
    let ordinary = |text: &str| {
        let run =
            Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}")).run(1000).expect("nobody stops it");
        let scenario = run.scenario("base").expect("it is there");
        let outcome = scenario.outcome("total_shortage.all.metal").expect("it is there");
        (outcome.mean().clone(), outcome.probability_of_zero().value.map(|none| 1.0 - none))
    };
    let told = |shortage: &shortfall::summary::size::Shortage| (shortage.expected.clone(), shortage.probability.value);
    let same = |a: (Estimate, Option<f64>), b: (Estimate, Option<f64>)| {
        a.0 == b.0 && (a.1.unwrap() - b.1.unwrap()).abs() < 1e-12
    };
    assert!(same(told(&found.none), ordinary(&rich(1.0, without))));
    let own = found.as_configured.as_ref().expect("it has one");
    assert!(same(told(own), ordinary(&rich(1.0, stock))));
    assert!(!same(told(own), told(&found.none)));
    let of_config = &found.curves[0].sizes[1];
    assert_eq!(of_config.tonnes, 40.0);
    assert_eq!(of_config.shortage, *own);
}

/// Whatever is counted in tonnes doubles with all tonnes, and nothing else changes; nor does anything on other threads.
#[test]
fn twice_the_tonnes_are_twice_the_stock_on_any_threads() {
    let question = Asked { risk: Some(0.1), ..Asked::default() };
    let once = sized_rich(&rich(1.0, ""), &question, 1);
    let twice = sized_rich(&rich(2.0, ""), &question, 3);
    assert_eq!(once, sized_rich(&rich(1.0, ""), &question, 3));
    let double = |of: &Estimate| [of.value, of.low, of.high].map(|end| end.map(|end| 2.0 * end));
    let all = |of: &Estimate| [of.value, of.low, of.high];
    assert!((16..=18).contains(&once.curves[0].sizes.len()), "{}", once.curves[0].sizes.len());
    for (one, two) in once.curves.iter().zip(&twice.curves) {
        for (one, two) in one.sizes.iter().zip(&two.sizes) {
            assert_eq!((one.days, 2.0 * one.tonnes), (two.days, two.tonnes));
            assert_eq!(one.shortage.probability, two.shortage.probability);
            assert_eq!(double(&one.shortage.expected), all(&two.shortage.expected));
            assert_eq!(double(&one.avoided), all(&two.avoided));
            assert_eq!(double(&one.shortage.expected_in_worst), all(&two.shortage.expected_in_worst));
        }
        let [one, two] = [one, two].map(|curve| curve.at_risk.as_ref().expect("it was asked for"));
        assert_eq!(double(one.tonnes.as_ref().unwrap()), all(two.tonnes.as_ref().unwrap()));
        assert!(one.left.as_ref().unwrap().shortage.probability.value.unwrap() <= 0.1);
    }
    // The curves fall, and so does what a further step avoids in the end.
    for curve in &once.curves {
        let falls = |of: &dyn Fn(usize) -> f64| (1..curve.sizes.len()).all(|index| of(index) <= of(index - 1));
        assert!(falls(&|index| curve.sizes[index].shortage.probability.value.unwrap()));
        assert!(falls(&|index| curve.sizes[index].shortage.expected.value.unwrap()));
        assert!(falls(&|index| curve.sizes[index].shortage.expected_in_worst.value.unwrap()));
        let steps: f64 = curve.sizes.iter().map(|size| size.avoided_by_last.value.unwrap()).sum();
        let all = curve.sizes.last().unwrap().avoided.value.unwrap();
        assert!((steps / all - 1.0).abs() < 1e-9, "{steps} {all}");
    }
}

/// At 10 a tonne and 2 a year for ten years a tonne costs 30: a budget of 3000 buys a hundred.
#[test]
fn costs_are_those_by_hand() {
    let price = Price { per_unit: 10.0, holding_per_unit_year: 2.0 };
    let question = Asked { budget: Some(3000.0), price: Some(price), ..asked(&[60.0, 180.0]) };
    let found = sized(&one_outage(6.0), &question, 4000, 0);
    let curve = &found.curves[1];
    let bought = curve.bought.as_ref().expect("a budget was given");
    assert_eq!(bought.tonnes, 100.0);
    assert_eq!(bought.cost.as_ref().map(|cost| cost.total), Some(3000.0));
    let [first, last] = [0, 1].map(|index| &curve.sizes[index]);
    let cost = last.cost.as_ref().expect("a price was given");
    assert!((cost.total / 5400.0 - 1.0).abs() < 1e-12);
    let avoided = |of: &Estimate| of.value.unwrap();
    assert_eq!(cost.per_avoided.value, Some(cost.total / avoided(&last.avoided)));
    assert_eq!(cost.per_avoided.high, Some(cost.total / last.avoided.low.unwrap()));
    let by_last = cost.per_avoided_by_last.value.expect("something is avoided") * avoided(&last.avoided_by_last);
    assert!((by_last / 3600.0 - 1.0).abs() < 1e-12);
    assert!((avoided(&last.avoided) - avoided(&first.avoided) - avoided(&last.avoided_by_last)).abs() < 1e-9);
}

/// Where the stock is released too slowly, no size of it does.
#[test]
fn a_stock_that_is_released_too_slowly_does_not_do() {
    let slow = one_outage(6.0).stockpile("slow", "target_tonnes = 1, release_tonnes_per_month = 3");
    let found = sized(&slow, &Asked { risk: Some(0.05), ..asked(&[60.0]) }, 2000, 0);
    for curve in &found.curves {
        let at = curve.at_risk.as_ref().expect("a risk was asked for");
        assert!(at.tonnes.is_none() && at.left.is_none() && at.tried_days > 1000.0, "{at:?}");
    }
}

fn shortfall(config: &ConfigBuilder, arguments: &[&str]) -> (tempfile::TempDir, Output) {
    let folder = config.folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command.args(["size", "test.toml", "--stock"]).args(arguments).current_dir(folder.path());
    let output = command.output().expect("the program starts");
    (folder, output)
}

#[test]
fn the_command_tells_the_answer_and_leaves_its_files() {
    let arguments = [
        "all.product",
        "-n",
        "600",
        "--risk",
        "0.05",
        "--price",
        "1000",
        "--budget",
        "2e5",
        "-o",
        "out",
        "--progress",
        "none",
    ];
    let (folder, output) = shortfall(&one_outage(6.0), &arguments);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in [
        "For a risk of 5 % it takes a stock of",
        "200 000 USD buy a stock of 200 days, 200 t (refilled)",
        "Without any stock: any shortage in all 600 simulated futures",
        "worst 5 %",
    ] {
        assert!(words.contains(says), "`{says}` is missing from\n{text}");
    }
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).expect(name);
    let csv = read("size.csv");
    let json: serde_json::Value = serde_json::from_str(&read("size.json")).expect("JSON");
    let curves = json["stocks"][0]["curves"].as_array().expect("a list");
    let rows = curves.iter().map(|curve| curve["sizes"].as_array().expect("a list").len() + 2).sum::<usize>();
    assert_eq!(csv.lines().count(), 1 + 1 + rows, "{csv}");
    for name in ["charts/size.png", "report.html", "config.toml", "manifest.json"] {
        assert!(folder.path().join("out").join(name).is_file(), "{name}");
    }
    let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).expect("JSON");
    assert_eq!(manifest["stocks_sized"], serde_json::json!(["all.product"]));
    let (_folder, on_three) =
        shortfall(&one_outage(6.0), &["all.product", "-n", "600", "--risk", "0.05", "-j", "3", "--json"]);
    let (_folder, on_one) =
        shortfall(&one_outage(6.0), &["all.product", "-n", "600", "--risk", "0.05", "-j", "1", "--json"]);
    assert!(on_one.stdout == on_three.stdout && on_one.stdout.len() > 1000);
}

#[test]
fn what_cannot_be_sized_is_said_with_what_can() {
    for (arguments, says) in [
        (
            &["all.ore", "--stock", "all.tin"][..],
            "error: `--stock all.ore`: a stock is sized of what a market finally uses: `all.product`",
        ),
        (&["all.ore", "--stock", "all.tin"], "`--stock all.tin`"),
        (&["all.product", "--budget", "5"], "--price"),
        (&["all.product", "--risk", "1"], "a probability lies above 0 and below 1"),
        (&["all.product", "--sizes", "30,-1"], "a number of 0 or more"),
        (&["all.product", "--up-to", "0"], "a number above 0"),
    ] {
        let (folder, output) = shortfall(&one_outage(6.0), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "`{says}` is missing from\n{said}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is written");
    }
}

/// Where no trial is short, that is said, and no figure is made up.
#[test]
fn where_nothing_is_short_no_stock_is_needed() {
    let safe = ConfigBuilder::new(2.0).demand(100).plant("plant", 120);
    let (_folder, output) = shortfall(&safe, &["all.product", "-n", "500", "--risk", "0.05"]);
    let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(output.status.success() && text.contains("none of 500 simulated futures"), "{text}");
    assert!(text.contains("no stock is needed"), "{text}");
}

/// The mean of the worst twentieth has an interval where enough trials are short, and says how many were where not.
#[test]
fn the_worst_of_few_short_trials_have_no_interval() {
    for (chance, enough) in [(0.002, false), (0.3, true)] {
        let none = sized(&outage_at_start(chance, 6.0), &asked(&[60.0]), 2000, 0).none;
        let short = 2000.0 * none.probability.value.expect("trials");
        let Estimate { value, low, note, .. } = &none.expected_in_worst;
        assert!(value.expect("of two or more trials") > 0.0 && low.is_some() == enough, "{note}");
        let says = if enough { String::new() } else { format!("no interval: {short:.0} trials are short") };
        assert!((short >= 20.0) == enough && short > 0.0 && *note == says, "{short}: {note}");
    }
}

/// Progress is measured by about as many models as are simulated.
#[test]
fn progress_ends_near_what_is_told() {
    let config = one_outage(6.0);
    let study = config.study();
    let sizing = Sizing::new(&study, &study.scenarios[0].id, "all.product").expect("it is demanded there");
    let price = Price { per_unit: 1.0, holding_per_unit_year: 0.0 };
    let of_days = asked(&[60.0, 180.0]);
    let with_risk = Asked { risk: Some(0.05), ..of_days.clone() };
    let with_budget = Asked { price: Some(price), budget: Some(100.0), ..of_days.clone() };
    for question in [Asked::default(), of_days, with_risk, with_budget] {
        let progress = Progress::default();
        sizes(&sizing, &question, (200, 0.95), 2, &progress).expect("nobody stops it");
        let (done, told) = (progress.done(), 200 * estimated_models(&question));
        // Rounded sizes may coincide, and a search may end sooner or later.
        assert!(5 * done >= 4 * told && 2 * done <= 3 * told, "{question:?}: {done} of {told}");
    }
}
