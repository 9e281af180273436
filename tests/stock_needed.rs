//! The stock that a trial needed is the smallest that would have done: with it, full at the start and kept full, the same trial
//! has no shortage; with one percent less it has one.

use std::fmt::Write;

use shortfall::engine::Engine;
use shortfall::random::Key;
use shortfall::study::Study;

mod common;

use common::{between, outcome_of};

const MODELS: u64 = 60;
const TRIALS: u64 = 8;

/// Ore and metal in up to three markets, with outages, a ban and users who save. Nobody else holds a stock: that would fill less where
/// this one takes its share, and want more later, which the outcome leaves out of account.
fn config(number: u64) -> String {
    let stream = &mut Key::new(5, "stock needed").stream(number);
    let (markets, saves) = (1 + number as usize % 3, number.is_multiple_of(2));
    let mut text = String::from(
        "title = \"random\"\nstart = \"2026-01\"\nhorizon_years = 6\nstages.ore = {}\n\
         output.series = [\"shortage.m0.metal\"]\n",
    );
    for market in 0..markets {
        let (demand, ore, metal) =
            (between(stream, 50.0, 150.0), between(stream, 100.0, 500.0), between(stream, 50.0, 260.0));
        let _ = write!(
            text,
            "markets.m{market}.countries = [\"C{market}\"]\n\
             capacities.ore{market} = {{ country = \"C{market}\", stage = \"ore\", tonnes_per_year = {ore} }}\n\
             capacities.metal{market} = {{ country = \"C{market}\", stage = \"metal\", tonnes_per_year = {metal} }}\n\
             demands.d{market} = {{ market = \"m{market}\", stage = \"metal\", tonnes_per_year = {demand} }}\n\
             disruptions.stop{market} = {{ kind = \"outage\", hits = [\"*{market}\"], rate_per_year = 0.4, \
             duration_months = {{ exponential = {{ mean = 5 }} }} }}\n"
        );
    }
    if markets > 1 {
        text += "disruptions.ban = { kind = \"export-control\", from = [\"m1\"], to = [\"m0\"], rate_per_year = 0.3, \
                 duration_months = 9, severity = 0.8 }\n";
    }
    // Users who save want less of the feed too, and the outcome takes what was made as given; so they stand in a market of one
    // product.
    text += if saves { "stages.metal = {}\n" } else { "stages.metal.feeds.ore = 2\n" };
    if saves {
        text += "response.m0 = { thrift_per_year = 0.5, max = 0.3 }\n";
    }
    text
}

/// Of each trial the stock that was needed, and the shortage.
fn simulated(text: &str, trials: impl Iterator<Item = u64>) -> Vec<(f64, f64)> {
    let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let model = &study.scenarios[0].model;
    let engine = Engine::new(model);
    let said =
        |trial| ["stock_needed", "total_shortage"].map(|kind| outcome_of(model, &trial, &format!("{kind}.m0.metal")));
    trials.map(|trial| said(engine.trial(trial)).into()).collect()
}

#[test]
fn the_printed_stock_suffices_and_one_percent_less_does_not() {
    let mut looked_at = 0;
    for number in 0..MODELS {
        let text = config(number);
        for (trial, (needed, _)) in simulated(&text, 0..TRIALS).into_iter().enumerate() {
            if needed < 1e-6 {
                continue;
            }
            looked_at += 1;
            let short_with = |stock: f64| {
                let pile = format!(
                    "{text}stockpiles.own = {{ market = \"m0\", stage = \"metal\", target_tonnes = {stock}, initial_tonnes = {stock} }}\n"
                );
                simulated(&pile, std::iter::once(trial as u64))[0].1
            };
            let (enough, less) = (short_with(needed * (1.0 + 1e-9)), short_with(0.99 * needed));
            assert!(
                enough <= 1e-6 * needed,
                "model {number}, trial {trial}: {enough} short with a stock of {needed}\n{text}"
            );
            assert!(less > 0.0, "model {number}, trial {trial}: 1 % less than {needed} would do\n{text}");
        }
    }
    assert!(looked_at > 100, "only {looked_at} trials needed a stock");
}
