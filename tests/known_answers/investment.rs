//! N: investment at a constant rate, by a signal, and up to a number of decisions.

use shortfall::engine::Trial;
use shortfall::math::exp;
use shortfall::model::Model;

use crate::TRIALS;
use crate::common::{ConfigBuilder, Run, listed, outcome_of, series_row, tell_apart};

/// Capacity of the product.
const CAPACITY: &str = "capacity.all.product";

/// What somebody wants of another product, two tonnes a month at all times: a signal.
const SIGNAL: &str = "requirement.all.other";

/// Years after the start at the middle of which months the closed forms are asked.
const MONTHS: [usize; 4] = [11, 59, 119, 179];

/// Expected capacity after so many years, t/y, with two decisions of 100 t/y a year and an exponential lead of 4 years.
fn expected(years: f64) -> f64 {
    if years > 0.0 { 200.0 * (years - 4.0 * (1.0 - exp(-years / 4.0))) } else { 0.0 }
}

/// An investment in the product; `keys` as in an inline table, each after a comma.
fn investment(years: f64, rate: f64, keys: &str) -> ConfigBuilder {
    let config = ConfigBuilder::new(years).entry("stages.other", "{}").series(&[CAPACITY, SIGNAL]);
    let config = config.entry("demands.signal", "{ market = \"all\", stage = \"other\", tonnes_per_year = 24 }");
    let keys = format!("decisions_per_year = {rate}{keys}");
    config.producer("investment.new", ["Everywhere", "product"], 100, &keys)
}

/// The same with an exponential lead, mean in years.
fn after(lead: f64, keys: &str) -> ConfigBuilder {
    let lead = format!(", lead_months = {{ exponential = {{ mean = {} }} }}", 12.0 * lead);
    investment(181.0 / 12.0, 2.0, &format!("{lead}{keys}"))
}

/// Capacity in these months, t/y.
fn capacities(model: &Model, trial: &Trial) -> [f64; 4] {
    MONTHS.map(|month| 12.0 * series_row(model, trial, CAPACITY)[month])
}

/// A plant counts in a month if its first product lies before the middle.
fn middle(month: usize) -> f64 {
    (month as f64 + 0.5) / 12.0
}

#[test]
fn n_constant_rate() {
    for (years, constant) in [(1.0, 23.041), (5.0, 429.204), (10.0, 1265.668), (15.0, 2218.814)] {
        listed(expected(years), constant, 3);
    }
    let exact = MONTHS.map(|month| expected(middle(month)));
    let right = after(4.0, "").observe(TRIALS / 20, capacities);
    let wrong = after(4.1, "").observe(TRIALS / 20, capacities);
    tell_apart("N constant rate", &right, &wrong, &exact);
}

/// The signal triples the rate from the second month on: no month lies before the first.
#[test]
fn n_signal() {
    let tripled = |years: f64| expected(years) + 2.0 * expected(years - 1.0 / 12.0);
    for (years, constant) in [(1.0, 62.021), (5.0, 1263.929), (10.0, 3766.436), (15.0, 6623.901)] {
        listed(tripled(years), constant, 3);
    }
    let exact = MONTHS.map(|month| tripled(middle(month)));
    let keys = format!(", signal = \"{SIGNAL}\", memory_months = 24, response = [[1, 1], [2, 3]], at_most = 200");
    let right = after(4.0, &keys).observe(TRIALS / 20, capacities);
    // Three times the rate from the start.
    let wrong = after(4.0, ", at_most = 200")
        .replace("decisions_per_year = 2", "decisions_per_year = 6")
        .observe(TRIALS / 20, capacities);
    tell_apart("N signal", &right, &wrong, &exact);
}

/// The number within a year is a Poisson number of mean two, cut off at three.
#[test]
fn n_at_most() {
    let exact = 3.0 - 9.0 * exp(-2.0);
    listed(exact, 1.7819825, 7);
    let count = |model: &Model, trial: &Trial| [outcome_of(model, trial, "decisions.new")];
    let config = |most: u32| investment(1.0, 2.0, &format!(", lead_months = 0, at_most = {most}"));
    let right = config(3).observe(TRIALS, count);
    let wrong = config(4).observe(TRIALS, count);
    tell_apart("N at most three", &right, &wrong, &[exact]);
    let ten_years = investment(10.0, 2.0, ", lead_months = 0, at_most = 20").observe(TRIALS / 10, count);
    tell_apart("N at most twenty", &ten_years, &right, &[18.2232937]);
}

/// With gates, utilisation, a lifetime and closures by chance, each of which multiplies what is expected at the end.
#[test]
fn n_a_plant_is_like_a_project() {
    let keys = ", lead_months = 0, success_probability = 0.5, utilisation = 0.8, closure_rate_per_year = 0.1";
    let capacity = |model: &Model, trial: &Trial| [12.0 * series_row(model, trial, CAPACITY)[MONTHS[3]]];
    // Decisions at two a year, each there with a probability that falls exponentially; none is older than ten years.
    let exact = 2.0 * 100.0 * 0.5 * 0.8 * (1.0 - exp(-1.0)) / 0.1;
    let config = |life: f64| investment(181.0 / 12.0, 2.0, &format!("{keys}, life_years = {life}"));
    let right = config(10.0).observe(TRIALS / 10, capacity);
    let wrong = config(10.3).observe(TRIALS / 10, capacity);
    tell_apart("N as a project", &right, &wrong, &[exact]);
}

/// The series of a random market: what demand is met depends on what was built, and what is built on the price.
fn market(signal: bool) -> ConfigBuilder {
    let keys = ", lead_months = { uniform = [0, 30] }, success_probability = 0.7, closure_rate_per_year = 0.05";
    let answers =
        ", signal = \"price_multiple.all.product\", memory_months = 6, response = [[1, 0.5], [1.5, 2], [4, 5]]";
    let config = investment(20.0, 1.5, &format!("{keys}{}", if signal { answers } else { "" }));
    let config = config.replace("\"capacity", "\"price_multiple.all.product\", \"capacity").plant("old", 1000);
    let config = config
        .replace("stages.product = {}", "stages.product.price = { demand_elasticity = 0.3, supply_elasticity = 0.2 }");
    let demand = "{ market = \"all\", stage = \"product\", tonnes_per_year = 1000, growth_per_year = 0.08, volatility_per_year = 0.1 }";
    config.entry("demands.users", demand)
}

/// With and without a signal the k-th decision brings the same plant, and comes where the integrated rate passes the same sum.
#[test]
fn n_a_signal_moves_when_plants_come_and_nothing_else() {
    let [with, without] = [true, false].map(|signal| market(signal).study());
    let (answering, constant) = (&with.scenarios[0].model, &without.scenarios[0].model);
    let [first, second] = [answering, constant].map(shortfall::engine::Engine::new);
    let mut compared = 0;
    for number in 0..200 {
        let (answers, steady) = (first.trial(number), second.trial(number));
        let price = series_row(answering, &answers, "price_multiple.all.product");
        let factor = |month: usize| {
            let earlier = &price[month.saturating_sub(6)..month];
            let mean = earlier.iter().sum::<f64>() / earlier.len().max(1) as f64;
            match mean {
                _ if month == 0 => 1.0,
                mean if mean < 1.5 => 0.5 + 1.5 * (mean - 1.0) / 0.5,
                mean if mean < 4.0 => 2.0 + 3.0 * (mean - 1.5) / 2.5,
                _ => 5.0,
            }
        };
        // In months of the constant rate.
        let integral = |to: f64| (0..240).map(|month| factor(month) * (to - month as f64).clamp(0.0, 1.0)).sum::<f64>();
        for (made, usual) in answers.decisions.iter().zip(&steady.decisions) {
            assert_eq!(made.index, usual.index);
            assert!((integral(made.at) - usual.at).abs() < 1e-9 * (1.0 + usual.at), "{number}: {made:?} {usual:?}");
            if made.start < 240.0 && usual.start < 240.0 {
                assert!((made.start - made.at - (usual.start - usual.at)).abs() < 1e-9);
                assert!((made.closure - made.start - (usual.closure - usual.start)).abs() < 1e-9);
                compared += 1;
            }
        }
    }
    assert!(compared > 2000, "{compared}");
}

/// Answering investors lower the shortage that the price reports; decisions on plants beyond the horizon are counted.
#[test]
fn n_supply_answers_shortage() {
    let short = |run: &Run| run.outcome("total_shortage.all.product").mean().expect("a mean");
    let (answering, constant) = (market(true).run(4000), market(false).run(4000));
    assert!(short(&answering) < 0.7 * short(&constant), "{} {}", short(&answering), short(&constant));
    let made = |run: &Run| run.outcome("decisions.new").mean().expect("a mean");
    assert!((made(&constant) - 30.0).abs() < 0.6, "{}", made(&constant));
    assert!(made(&answering) > 30.0);
}
