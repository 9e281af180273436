//! A trial has the same bits in any lane, and with any instructions.

use super::*;
use crate::study::Study;

const TEXT: &str = r#"
    title = "test"
    start = "2026-01"
    horizon_years = 4
    markets.a.countries = ["A"]
    markets.b.countries = ["B"]
    markets.c.countries = ["C"]
    stages.ore = {}
    stages.metal.feeds.ore = 1.5
    capacities.mine = { country = "A", stage = "ore", tonnes_per_year = { uniform = [100, 200] } }
    capacities.works = { country = "A", stage = "metal", tonnes_per_year = 100 }
    projects.new = { country = "B", stage = "metal", tonnes_per_year = 60, lead_months = { uniform = [1, 60] } }
    demands.a = { market = "a", stage = "metal", tonnes_per_year = 30, volatility_per_year = 0.2 }
    demands.b = { market = "b", stage = "metal", tonnes_per_year = 40, volatility_per_year = 0.2 }
    demands.c = { market = "c", stage = "metal", tonnes_per_year = 20 }
    stockpiles.b = { market = "b", stage = "metal", target_days = 60 }
    response.b = { thrift_per_year = 0.1, max = 0.3, relapse_per_year = 0.1 }
    output.series = ["shortage.*.metal", "stock_days.b.metal", "coverage_without.a.*", "share.A.metal", "production.*.*"]
    [disruptions.ban]
    kind = "export-control"
    from = ["a"]
    to = ["b"]
    rate_per_year = 1.0
    duration_months = { exponential = { mean = 4 } }
    severity = { uniform = [0.2, 1] }
    [disruptions.fire]
    kind = "outage"
    hits = ["works", "new"]
    rate_per_year = 0.5
    duration_months = { exponential = { mean = 3 } }
"#;

fn bits<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    values.into_iter().map(|value| value.to_bits()).collect()
}

/// The bits of all series and outcomes of a trial.
fn all_bits(trial: &Trial) -> Vec<u64> {
    bits(trial.series.iter().flatten().chain(&trial.outcomes))
}

#[test]
fn the_lane_of_a_trial_does_not_matter() {
    let study = Study::from_text(TEXT).unwrap();
    same_in_any_lane(&study.scenarios[0].model, 0..40);
}

/// A trial has the same bits in any lane, whatever goes beside it.
pub fn same_in_any_lane(model: &Model, numbers: Range<u64>) {
    let engine = Engine::new(model);
    let mut scratch = engine.scratch();
    for number in numbers {
        let alone = all_bits(&engine.trial(number));
        for lane in 0..LANES {
            let Some(first) = number.checked_sub(lane as u64) else { continue };
            let together = engine.run(first..first + LANES as u64, &mut scratch);
            assert_eq!(all_bits(&together.trial(lane)), alone, "trial {number} in lane {lane}");
        }
    }
}

/// Whole batches, draws included, have the same bits with the instructions of any processor, in every scenario of rich
/// models too.
#[test]
fn instructions_change_no_bit() {
    for text in [TEXT, include_str!("../../configs/smoke.toml"), include_str!("../../configs/quickstart.toml")] {
        for case in Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}")).scenarios {
            same_with_any_instructions(&case.model, 80);
        }
    }
}

/// All instruction sets of this processor give the same bits in the first `count` trials.
pub fn same_with_any_instructions(model: &Model, count: u64) {
    let run = |instructions: InstructionSet| {
        let engine = Engine::new(model).with_instructions(instructions);
        let mut scratch = engine.scratch();
        let mut found = Vec::new();
        for first in (0..count).step_by(LANES) {
            let batch = engine.run(first..count, &mut scratch);
            for trial in (0..batch.count).map(|lane| batch.trial(lane)) {
                let episodes = trial.episodes.iter().flatten().flat_map(|e| [e.begin, e.end, e.duration, e.severity]);
                found.extend(all_bits(&trial));
                found.extend(bits(&episodes.collect::<Vec<_>>()));
                found.extend(bits(trial.starts.iter().chain(&trial.closures)));
                found.extend(bits(
                    &trial.decisions.iter().flat_map(|made| [made.at, made.start, made.closure]).collect::<Vec<_>>(),
                ));
            }
        }
        found
    };
    let plain = run(InstructionSet::Plain);
    for instructions in InstructionSet::available() {
        assert!(run(instructions) == plain, "{instructions:?}");
    }
}
