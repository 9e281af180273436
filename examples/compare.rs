//! Two scenarios on the same random numbers, and the difference trial by trial: `cargo run --example compare`.

use shortfall::{Error, Study};

const CONFIG: &str = r#"
    title = "What a larger stock is worth"
    start = "2026-01"
    horizon_years = 10
    markets.home.countries = ["Home"]
    markets.abroad.countries = ["Abroad"]
    stages.metal = {}
    capacities.mine = { country = "Abroad", stage = "metal", tonnes_per_year = 1500 }
    demands.users = { market = "home", stage = "metal", tonnes_per_year = 1000 }
    stockpiles.reserve = { market = "home", stage = "metal", target_days = 30 }

    [disruptions.ban]
    kind = "export-control"
    from = ["abroad"]
    to = ["home"]
    rate_per_year = 0.2
    duration_months = { exponential = { mean = 4 } }

    [scenarios.month]
    title = "A stock for a month"

    [scenarios.half-year]
    title = "A stock for half a year"
    set = { "stockpiles.reserve.target_days" = 182.5 }
"#;

pub fn main() -> Result<(), Error> {
    let study = Study::from_text(CONFIG)?;
    let comparison = study.compare("month", "half-year", 5_000)?;
    let shortage = comparison.outcome("total_shortage.home.metal")?;
    let difference = &shortage.mean_difference;
    if let (Some(value), Some(low), Some(high)) = (difference.value, difference.low, difference.high) {
        println!("the larger stock changes the mean shortage by {value:.0} {} ({low:.0} to {high:.0})", shortage.unit);
    }
    if let Some(gain) = shortage.variance_reduction {
        println!("independent runs would need {gain:.1} times as many trials for the same interval");
        assert!(gain > 1.0);
    }
    // In no trial is a larger stock worse, and whether it helps or makes no difference, both can be counted.
    assert!(difference.high < Some(0.0));
    assert_eq!(shortage.b_more.value, Some(0.0));
    assert!(shortage.b_less.value > Some(0.0) && shortage.same.value > Some(0.0));
    Ok(())
}
