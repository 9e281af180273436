//! A model built in code, its percentiles, and a known answer: `cargo run --example percentiles`.

use shortfall::config::{Capacity, Config, Demand, Disruption, DisruptionKind, DistributionSpec, Exponential};
use shortfall::config::{Market, Stage};
use shortfall::{Error, Study};

/// One smelter makes what its users want, unless it breaks down: once in five years on average, for half a year on average.
fn config() -> Config {
    let half_a_year = DistributionSpec { exponential: Some(Exponential { mean: 6.0 }), ..DistributionSpec::default() };
    let breakdown = Disruption {
        hits: vec!["smelter".into()],
        rate_per_year: Some(0.2.into()),
        duration_months: Some(half_a_year.into()),
        ..Disruption::new(DisruptionKind::Outage)
    };
    Config {
        title: "One smelter and its breakdowns".into(),
        horizon_years: 10.0,
        markets: [("all".into(), Market::new(["Everywhere"]))].into(),
        stages: [("metal".into(), Stage::default())].into(),
        capacities: [("smelter".into(), Capacity::new("Everywhere", "metal", 1000.0))].into(),
        demands: [("users".into(), Demand::new("all", "metal", 1000.0))].into(),
        disruptions: [("breakdown".into(), breakdown)].into(),
        ..Config::default()
    }
}

/// Breakdowns begin at a constant rate while the smelter works: the chance of none in ten years is exp(-2).
const NONE: f64 = 0.135_335;

pub fn main() -> Result<(), Error> {
    let run = Study::from_config(config())?.run(20_000)?;
    let shortage = run.scenario("base")?.outcome("total_shortage.all.metal")?;
    println!("{} in {} trials: {}", shortage.name(), run.trials(), shortage.meaning());
    for percent in [5.0, 25.0, 50.0, 75.0, 95.0] {
        let estimate = shortage.percentile(percent);
        if let (Some(value), Some(low), Some(high)) = (estimate.value, estimate.low, estimate.high) {
            println!("P{percent:<3} {value:>7.0} {} ({low:.0} to {high:.0})", shortage.unit());
        }
    }
    let none = shortage.probability_of_zero();
    println!("no shortage at all: {:.3} (right: {NONE:.3})", none.value.unwrap_or(f64::NAN));
    assert!(none.low < Some(NONE) && none.high > Some(NONE));
    assert!(shortage.percentile(50.0).value > shortage.percentile(25.0).value);
    Ok(())
}
