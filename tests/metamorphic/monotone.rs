//! What may change only in one direction, trial by trial on the same random numbers.

use shortfall::engine::Engine;

use crate::common::{ConfigBuilder, series_row};
use crate::rich::rich;
use crate::{Said, TRIALS, all_said, bits, model};

/// Without thrift, which answers a shortage, a larger stock leaves no month with a larger shortage.
/// With investors who look at nothing: where they look at a price, more stock brings fewer plants.
fn constant_investment(text: String) -> String {
    let signal =
        "signal = \"price_multiple.west.magnets\"\nmemory_months = 7\nresponse = [[1, 0.5], [1.5, 2], [3, 5]]\n";
    assert!(text.contains(signal));
    text.replace(signal, "")
}

#[test]
fn more_stock_never_hurts() {
    let text = |days: f64| {
        constant_investment(rich(1.0))
            .replace("thrift_per_year = 0.1\n", "thrift_per_year = 0\n")
            .replace("thrift_per_year = 0.05\n", "thrift_per_year = 0\n")
            .replace(
                "target_days = 40\ninitial_days = 12",
                &format!("target_days = {days}\ninitial_days = {}", 0.3 * days),
            )
    };
    let mut less = all_said(&text(0.0));
    let mut helped = 0;
    for days in [10.0, 40.0, 200.0] {
        let more = all_said(&text(days));
        for (less, more) in less.iter().zip(&more) {
            let name = "shortage.west.magnets";
            for (without, with) in less[name].iter().zip(&more[name]) {
                assert!(*with <= without * (1.0 + 1e-12), "{with} t with more stock, {without} t with less");
                helped += u32::from(with < without);
            }
        }
        less = more;
    }
    assert!(helped > 100, "the stock is never used");
}

/// Without thrift, and where no other market holds a stock, which would be filled from what this one leaves, the stock that is
/// needed does not depend on the stock held.
#[test]
fn the_stock_needed_does_not_depend_on_the_stock_held() {
    let text = |days: f64| {
        constant_investment(rich(1.0))
            .replace("thrift_per_year = 0.1\n", "thrift_per_year = 0\n")
            .replace("thrift_per_year = 0.05\n", "thrift_per_year = 0\n")
            .replace("target_days = 20\n", "target_days = 0\n")
            .replace("target_days = 40\ninitial_days = 12", &format!("target_days = {days}\ninitial_days = {days}"))
    };
    let needed = |days: f64| -> Vec<u64> {
        all_said(&text(days)).iter().flat_map(|trial| bits(&trial["stock_needed.west.magnets"])).collect()
    };
    let none = needed(0.0);
    assert!(none.iter().any(|bits| f64::from_bits(*bits) > 0.0));
    assert!(needed(10.0) == none && needed(200.0) == none);
}

#[test]
fn a_higher_rate_has_no_later_first_onset() {
    let text = |rate: &str| rich(1.0).replace("rate_per_year = 0.3\n", &format!("rate_per_year = {rate}\n"));
    let models = ["0.3", "0.36", "0.9"].map(|rate| model(&text(rate)));
    let quake = models[0].disruptions.iter().position(|disruption| disruption.id == "quake").expect("it is there");
    let engines = models.each_ref().map(Engine::new);
    let mut earlier = 0;
    for trial in 0..5 * TRIALS {
        let mut last = f64::INFINITY;
        for engine in &engines {
            let simulated = engine.trial(trial);
            let onset = simulated.episodes[quake].first().map_or(f64::INFINITY, |episode| episode.begin);
            assert!(onset <= last);
            earlier += u32::from(onset < last);
            last = onset;
        }
    }
    assert!(earlier > 1_000);
}

/// A supplier with plenty, one without, and demand only there; the supplier's plant may fail, and its exports be stopped.
fn two_markets(rate: f64) -> String {
    let often = format!("rate_per_year = {rate}, duration_months = 3");
    let config = ConfigBuilder::empty(3.0).series(&["shortage.*.*"]).entry("stages.metal", "{}");
    let config = config.entry("markets.seller.countries", "[\"A\"]").entry("markets.buyer.countries", "[\"B\"]");
    let users = "{ market = \"buyer\", stage = \"metal\", tonnes_per_year = 110, volatility_per_year = 0.01 }";
    let control = format!("{{ kind = \"export-control\", from = [\"seller\"], to = [\"*\"], {often} }}");
    let config = config.producer("capacities.works", ["A", "metal"], 120, "").entry("demands.users", users);
    config.outage("outage", "works", &often).entry("disruptions.control", control).text()
}

#[test]
fn without_disruptions_there_is_no_loss() {
    let total = |said: &Said| said["total_shortage.buyer.metal"][0];
    assert!(
        all_said(&two_markets(0.0))
            .iter()
            .all(|said| total(said) == 0.0 && said["first_shortage.buyer.metal"][0].is_infinite())
    );
    assert!(all_said(&two_markets(0.5)).iter().any(|said| total(said) > 0.0));
}

/// The loss of the largest supplier for good, by an outage or by embargoes either way, leaves what `coverage_without` says:
/// over all others together, demand served is the smaller of coverage and one.
#[test]
fn the_loss_of_the_top_supplier_is_what_coverage_says() {
    let mut config = ConfigBuilder::empty(10.0);
    for (path, value) in [
        ("output.series", r#"["shortage.*.magnets", "demand.*.magnets", "coverage_without.top.magnets"]"#),
        ("markets.top.countries", r#"["Top"]"#),
        ("markets.north.countries", r#"["N"]"#),
        ("markets.south.countries", r#"["S"]"#),
        ("stages.ore", "{}"),
        ("stages.oxide.feeds.ore", "1.7"),
        ("stages.magnets.feeds.oxide", "1.2"),
        ("demands.n", r#"{ market = "north", stage = "magnets", tonnes_per_year = 20 }"#),
        ("demands.s", r#"{ market = "south", stage = "magnets", tonnes_per_year = 30, growth_per_year = 0.03 }"#),
    ] {
        config = config.entry(path, value);
    }
    let project = "lead_months = { exponential = { mean = 40 } }, success_probability = 0.8, ramp = { months = 20 }";
    for (stage, top, north, south) in
        [("ore", 900.0, 100.0, 60.0), ("oxide", 500.0, 20.0, 45.0), ("magnets", 400.0, 50.0, 5.0)]
    {
        for (country, tonnes) in [("Top", top), ("N", north), ("S", south)] {
            config = config.producer(&format!("capacities.{stage}-{country}"), [country, stage], tonnes, "");
        }
        for (country, tonnes) in [("N", 0.5 * north), ("S", 2.0 * south)] {
            config = config.producer(&format!("projects.{stage}-{country}"), [country, stage], tonnes, project);
        }
    }
    let always = r#"scheduled = [{ from = "2025-12", months = 9999 }]"#;
    let outage = config.clone().outage("gone", "top", always);
    let out = format!(r#"{{ kind = "export-control", from = ["top"], to = ["*"], {always} }}"#);
    let into =
        r#"{ kind = "export-control", from = ["*"], to = ["top"], active_at_start = 1, duration_months = 9999 }"#;
    let control = config.entry("disruptions.out", out).entry("disruptions.in", into);
    for config in [outage, control] {
        let model = config.model();
        let engine = Engine::new(&model);
        let (mut short, mut covered) = (0, 0);
        for trial in 0..TRIALS {
            let simulated = engine.trial(trial);
            let row = |name: &str| series_row(&model, &simulated, name);
            for month in 0..model.months {
                let both =
                    |kind: &str| ["north", "south"].map(|market| row(&format!("{kind}.{market}.magnets"))[month]);
                let served = 1.0 - both("shortage").iter().sum::<f64>() / both("demand").iter().sum::<f64>();
                let coverage = row("coverage_without.top.magnets")[month];
                assert!(
                    (served - coverage.min(1.0)).abs() < 1e-12,
                    "trial {trial}, month {month}: {served}, {coverage}"
                );
                short += u32::from(coverage < 1.0);
                covered += u32::from(coverage > 1.0);
            }
        }
        assert!(short > 1_000 && covered > 1_000, "{short} months short, {covered} covered");
    }
}
