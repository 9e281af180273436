//! M: spare capacity must not hurt. Deterministic, in steps of a month.

use shortfall::engine::Engine;
use shortfall::study::Study;

use crate::common::{outcome_of, series_row};

/// A mine of 1200 t a year that stands still for two months in the third year, a smelter, users of 1200 t a year, and a
/// reserve of three months of ore. Shortage over three years, and the reserve by month, tonnes.
fn reserve(smelter: f64) -> (f64, Vec<f64>) {
    let text = format!(
        "title = \"reserve\"\nstart = \"2026-01\"\nhorizon_years = 3\nmarkets.home.countries = [\"Home\"]\n\
         stages.ore = {{}}\nstages.metal.feeds.ore = 1\noutput.series = [\"stock_days.home.ore\", \"requirement.home.ore\"]\n\
         capacities.mine = {{ country = \"Home\", stage = \"ore\", tonnes_per_year = 1200 }}\n\
         capacities.smelter = {{ country = \"Home\", stage = \"metal\", tonnes_per_year = {smelter} }}\n\
         demands.users = {{ market = \"home\", stage = \"metal\", tonnes_per_year = 1200 }}\n\
         stockpiles.ore = {{ market = \"home\", stage = \"ore\", target_days = 91.25 }}\n\
         disruptions.strike = {{ kind = \"outage\", hits = [\"mine\"], scheduled = [{{ from = \"2028-05\", months = 2 }}] }}\n"
    );
    let study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
    let model = &study.scenarios[0].model;
    let trial = Engine::new(model).trial(0);
    assert!(series_row(model, &trial, "requirement.home.ore").iter().all(|wants| (wants - 100.0).abs() < 1e-9));
    let tonnes = series_row(model, &trial, "stock_days.home.ore").iter().map(|days| days * 1200.0 / 365.0).collect();
    (outcome_of(model, &trial, "total_shortage.home.metal"), tonnes)
}

/// With nameplate in place of planned output, the smelter of 1800 t would burn the reserve within six months into metal that
/// nobody buys, and 200 t would be missing in the strike; the smelter of 1200 t would not.
#[test]
fn a_reserve_of_ore_is_not_burnt_by_a_smelter_without_customers() {
    for smelter in [1200.0, 1800.0, 12_000.0] {
        let (shortage, stock) = reserve(smelter);
        assert_eq!(shortage, 0.0, "smelter {smelter}");
        for (month, stock) in stock.iter().enumerate() {
            let wanted = if month < 28 { 300.0 } else { f64::max(100.0, 400.0 - 100.0 * (month - 27) as f64) };
            let wanted = if month > 28 {
                100.0
            } else if month == 28 {
                200.0
            } else {
                wanted
            };
            assert!((stock - wanted).abs() < 1e-9, "smelter {smelter}, month {month}: {stock}, not {wanted}");
        }
    }
}

/// A seller of 600 t of ore a year; smelters in `a` and `b`, users of 400 and 200 t, and a ban of a's metal to b.
fn two_smelters(smelter: f64) -> [f64; 2] {
    let text = format!(
        "title = \"smelters\"\nstart = \"2026-01\"\nhorizon_years = 3\n\
         markets.a.countries = [\"A\"]\nmarkets.b.countries = [\"B\"]\nmarkets.c.countries = [\"C\"]\n\
         stages.ore = {{}}\nstages.metal.feeds.ore = 1\n\
         capacities.mine = {{ country = \"C\", stage = \"ore\", tonnes_per_year = 600 }}\n\
         capacities.a = {{ country = \"A\", stage = \"metal\", tonnes_per_year = {smelter} }}\n\
         capacities.b = {{ country = \"B\", stage = \"metal\", tonnes_per_year = 200 }}\n\
         demands.a = {{ market = \"a\", stage = \"metal\", tonnes_per_year = 400 }}\n\
         demands.b = {{ market = \"b\", stage = \"metal\", tonnes_per_year = 200 }}\n\
         [disruptions.ban]\nkind = \"export-control\"\nfrom = [\"a\"]\nto = [\"b\"]\nstages = [\"metal\"]\n\
         scheduled = [{{ from = \"2026-01\", months = 36 }}]\n"
    );
    let study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
    let model = &study.scenarios[0].model;
    let trial = Engine::new(model).trial(0);
    ["total_shortage.a.metal", "total_shortage.b.metal"].map(|name| outcome_of(model, &trial, name))
}

/// With nameplate, a's idle smelters would take b's ore, and b would be 487.5 t short in three years.
#[test]
fn idle_smelters_take_no_ore_from_busy_ones() {
    for smelter in [400.0, 3000.0, 30_000.0] {
        for shortage in two_smelters(smelter) {
            assert!(shortage.abs() < 1e-9, "smelter {smelter}: {shortage}");
        }
    }
}
