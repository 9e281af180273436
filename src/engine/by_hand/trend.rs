//! Amounts along a path by date.

use super::{assert_starts, model, product, simulated, stockpile};
use crate::engine::Engine;

const SERIES: [&str; 2] = ["production.a.product", "demand.a.product"];

/// The model whose plant makes, and whose users want, `tonnes` per year; `more` keys stand with the demand.
fn text(tonnes: &str, more: &str) -> String {
    let plant = format!("[capacities.plant]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = {tonnes}\n");
    let users = format!("[demands.users]\nmarket = \"a\"\nstage = \"product\"\ntonnes_per_year = {tonnes}\n{more}\n");
    product(&SERIES) + &plant + &users
}

/// A year from 2026-01: from 120 t/year six months before the start to 210 in its April, then down to 90 in October.
const PATH: &str = "{ by_date = { 2026-04 = 210, 2025-07 = 120, 2026-10 = 90 } }";
const YEARLY: [f64; 12] = [180.0, 190.0, 200.0, 210.0, 190.0, 170.0, 150.0, 130.0, 110.0, 90.0, 90.0, 90.0];

fn monthly(factor: f64) -> Vec<f64> {
    YEARLY.iter().map(|yearly| factor * yearly / 12.0).collect()
}

#[test]
fn a_path_is_linear_between_its_dates_and_flat_outside() {
    let of = simulated(&text(PATH, ""));
    for name in ["production.a.product", "demand.a.product"] {
        assert_starts(&of(name), &monthly(1.0));
    }
    // Before its only date too, and after it.
    for date in ["2026-06", "2020-01", "2040-01"] {
        let of = simulated(&text(&format!("{{ by_date = {{ {date} = 24 }}, times = 0.5 }}"), ""));
        assert_starts(&of("production.a.product"), &[1.0; 12]);
        assert_starts(&of("demand.a.product"), &[1.0; 12]);
    }
}

/// Surges and steps see the path as they see a growing demand: half as much again in the last month, in thirds of a month too.
#[test]
fn surges_lift_a_path() {
    let boom = "[disruptions.boom]\nkind = \"demand-surge\"\nmarkets = [\"a\"]\n\
                scheduled = [{ from = \"2026-12\", months = 5, severity = 0.5 }]\n";
    for steps in ["", "steps_per_month = 3\n"] {
        let of = simulated(&format!("{steps}{}{boom}", text(PATH, "")));
        let mut wanted = monthly(1.0);
        wanted[11] *= 1.5;
        assert_starts(&of("demand.a.product"), &wanted);
    }
}

/// What is known and what is drawn make one sum; each date and the factor has a draw of its own, by its path.
#[test]
fn values_and_factor_are_drawn_by_name() {
    let uncertain = "{ by_date = { 2026-04 = { uniform = [200, 220] }, 2025-07 = 120, 2026-10 = 90 }, \
                     times = { uniform = [0.5, 1.5] } }";
    let other = "[capacities.other]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = 24\n";
    let model = model(&(text(uncertain, "") + other));
    let names: Vec<&str> = model.inputs.drawn.iter().map(|input| input.name.as_str()).collect();
    let wanted = ["capacities.plant", "demands.users"]
        .map(|entry| ["by_date.2026-04", "times"].map(|key| format!("{entry}.tonnes_per_year.{key}")));
    assert_eq!(names, wanted.concat());
    let engine = Engine::new(&model);
    for number in 0..50 {
        let trial = engine.trial(number);
        for (name, inputs, more) in [(SERIES[0], &trial.inputs[..2], 2.0), (SERIES[1], &trial.inputs[2..], 0.0)] {
            let index = model.series.iter().position(|spec| spec.name == name).expect("recorded");
            let row = &trial.series[index];
            let (april, times) = (inputs[0], inputs[1]);
            let yearly = |month: usize| match month {
                0..=3 => 120.0 + (april - 120.0) * (month + 6) as f64 / 9.0,
                4..=9 => april + (90.0 - april) * (month - 3) as f64 / 6.0,
                _ => 90.0,
            };
            let wanted: Vec<f64> = (0..12).map(|month| times * yearly(month) / 12.0 + more).collect();
            assert_starts(row, &wanted);
        }
    }
}

/// The walk of a demand that moves along a path is that of one that stands still, times the path.
#[test]
fn a_walk_multiplies_a_path() {
    let demand = |tonnes: &str, more: &str| simulated(&text(tonnes, more))("demand.a.product");
    for volatility in ["0.3", "{ uniform = [0.2, 0.4] }"] {
        let more = format!("volatility_per_year = {volatility}");
        let wanted: Vec<f64> = demand("12", &more).iter().zip(monthly(1.0)).map(|(walk, path)| walk * path).collect();
        assert!((wanted[11] - monthly(1.0)[11]).abs() > 1e-3, "it does not walk");
        assert_starts(&demand(PATH, &more), &wanted);
    }
}

/// Twelve factors from January on, 12 in all.
const SEASONS: &str = "seasonal = [0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 1.0]";

#[test]
fn seasons_multiply_growth_path_and_surges() {
    let factors = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 1.0];
    let of = simulated(&text(PATH, SEASONS));
    let wanted: Vec<f64> = monthly(1.0).iter().zip(factors).map(|(path, factor)| path * factor).collect();
    assert_starts(&of("demand.a.product"), &wanted);
    assert_starts(&of("production.a.product"), &monthly(1.0)); // plants know no season
    let boom = "[disruptions.boom]\nkind = \"demand-surge\"\nmarkets = [\"a\"]\n\
                scheduled = [{ from = \"2026-03\", months = 1, severity = 0.5 }]\n";
    for steps in ["", "steps_per_month = 2\n"] {
        let of = simulated(&format!("{steps}{}{boom}", text("120", &format!("growth_per_year = 0.21\n{SEASONS}"))));
        let grown = |month: usize| 10.0 * crate::math::pow(1.21, month as f64 / 12.0) * factors[month];
        let surged = |month: usize| if month == 2 { 1.5 * grown(month) } else { grown(month) };
        assert_starts(&of("demand.a.product"), &(0..12).map(surged).collect::<Vec<_>>());
    }
}

/// A model that starts in November begins with its factor, and goes on with January's after December's.
#[test]
fn seasons_go_by_the_calendar() {
    let year = "start = \"2026-01\"\nhorizon_years = 1\n";
    let text = text("120", SEASONS);
    let (keys, tables) = text.split_at(text.find('[').expect("tables"));
    let text = format!(
        "title = \"x\"\n{}{keys}\n[markets.a]\ncountries = [\"A\"]\n[markets.b]\ncountries = [\"B\"]\n{tables}",
        year.replace("2026-01", "2026-11").replace("= 1\n", "= 2\n")
    );
    let study = crate::study::Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let model = &study.scenarios[0].model;
    let index = model.series.iter().position(|spec| spec.name == SERIES[1]).expect("recorded");
    let row = &Engine::new(model).trial(0).series[index];
    let year = [20.0, 10.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0];
    assert_starts(row, &[year, year].concat());
}

/// A month's normal wants move with the season, and so does a stock that is counted in days of them: the mean of twelve months,
/// of which those before the start count as the first.
#[test]
fn days_of_stock_are_counted_in_seasonal_wants() {
    let seasons = "seasonal = [0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5]";
    let stock = stockpile("a", "product", "target_days = 365");
    let boom = "[disruptions.boom]\nkind = \"demand-surge\"\nmarkets = [\"a\"]\n\
                scheduled = [{ from = \"2026-01\", months = 12, severity = 1 }]\n";
    let stage = product(&["stock.a.product"]);
    let users = format!("[demands.users]\nmarket = \"a\"\nstage = \"product\"\ntonnes_per_year = 120\n{seasons}\n");
    let plant = "[capacities.plant]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = 1200\n";
    let of = simulated(&(stage + plant + &users + &stock + boom));
    // Twelve months of 5 t; from the second month on, one of them at a time becomes one of 15 or stays one of 5.
    let mean = |month: usize| 5.0 + 10.0 * (month / 2) as f64 / 12.0;
    let wanted: Vec<f64> = (0..12).map(|month| 12.0 * mean(month)).collect();
    assert_starts(&of("stock.a.product"), &wanted);
}
