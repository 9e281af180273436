//! Amounts along a path by date, in the rich model.

use shortfall::config::source::Document;
use shortfall::model::Model;
use shortfall::study::Study;

use crate::rich::rich;
use crate::{Said, assert_same, bits, first_said, model};

/// A few trials: what is known moves all of them, and all draw.
fn all_said(text: &str) -> Vec<Said> {
    first_said(text, 24)
}

/// The rich model with what `cars` want and what `east-magnets` and `unsure` make written so.
fn with(cars: &str, magnets: &str, unsure: &str) -> String {
    let mut text = rich(1.0);
    for (entry, from, to) in [
        ("demands.cars", "tonnes_per_year = 60\ngrowth_per_year = { uniform = [0.0, 0.1] }\n", cars),
        ("capacities.east-magnets", "tonnes_per_year = 420\ngrowth_per_year = 0.02\n", magnets),
        (
            "capacities.unsure",
            "tonnes_per_year = { triangular = [5, 20, 70] }\ngrowth_per_year = { uniform = [-0.02, 0.05] }\n",
            unsure,
        ),
    ] {
        let at = text.find(&format!("[{entry}]")).expect("an entry");
        let (before, after) = text.split_at(at);
        assert!(after.contains(from), "{entry} is not written so");
        text = before.to_string() + &after.replacen(from, &format!("{to}\n"), 1);
    }
    text
}

/// The same way of writing for all three.
fn all(quantity: [&str; 3]) -> String {
    let [cars, magnets, unsure] = quantity.map(|value| format!("tonnes_per_year = {value}"));
    with(&cars, &magnets, &unsure)
}

const UNSURE: &str = "{ triangular = [5, 20, 70] }";

#[test]
fn a_path_that_never_moves_is_a_number() {
    let number = all(["60", "420", "77"]);
    for path in [
        ["60", "420", "77"].map(|value| format!("{{ by_date = {{ 2026-01 = {value} }} }}")),
        ["60", "420", "77"]
            .map(|value| format!("{{ by_date = {{ 2031-07 = {value}, 2019-03 = {value} }}, times = 1 }}")),
        ["240", "1680", "308"].map(|value| format!("{{ by_date = {{ 2027-01 = {value} }}, times = 0.25 }}")),
    ] {
        assert_same(&all_said(&number), &all_said(&all(path.each_ref().map(String::as_str))), str::to_owned);
    }
}

const PATH: [&str; 3] = [
    "{ by_date = { 2025-07 = 50, 2027-01 = { uniform = [60, 70] }, 2035-01 = 96 }, times = { uniform = [0.9, 1.1] } }",
    "{ by_date = { 2026-03 = 300, 2029-03 = 480 } }",
    "{ by_date = { 2026-03 = { triangular = [5, 20, 70] }, 2029-03 = 64 } }",
];

#[test]
fn the_order_of_dates_changes_nothing() {
    let turned = [
        "{ times = { uniform = [0.9, 1.1] }, by_date = { 2035-01 = 96, 2027-01 = { uniform = [60, 70] }, 2025-07 = 50 } }",
        "{ by_date = { 2029-03 = 480, 2026-03 = 300 } }",
        "{ by_date = { 2029-03 = 64, 2026-03 = { triangular = [5, 20, 70] } } }",
    ];
    assert_same(&all_said(&all(PATH)), &all_said(&all(turned)), str::to_owned);
}

/// Three years of 5 t a month more: exact at every month, and so is a date half-way.
#[test]
fn a_date_on_the_line_changes_nothing() {
    let path = "{ by_date = { 2026-03 = 300, 2027-09 = 390, 2029-03 = 480 } }";
    assert_same(&all_said(&all(PATH)), &all_said(&all([PATH[0], path, PATH[2]])), str::to_owned);
    let beside = "{ by_date = { 2026-03 = 300, 2027-09 = 391, 2029-03 = 480 } }";
    let (before, after) = (all_said(&all(PATH)), all_said(&all([PATH[0], beside, PATH[2]])));
    assert_ne!(before[0]["capacity.east.magnets"], after[0]["capacity.east.magnets"]);
}

/// A date beyond the horizon of a flat stretch, with a draw of its own, moves nothing else.
#[test]
fn draws_of_one_date_leave_the_others() {
    let more = "{ by_date = { 2025-07 = 50, 2027-01 = { uniform = [60, 70] }, 2035-01 = 96, 2036-01 = { uniform = [1, 9] } }, \
                times = { uniform = [0.9, 1.1] } }";
    assert_same(&all_said(&all(PATH)), &all_said(&all([more, PATH[1], PATH[2]])), str::to_owned);
}

/// The model as a scenario or the command line changes it.
fn changed(text: &str, arguments: &[&str], scenario: Option<&str>) -> Result<Model, String> {
    let scenario = scenario.map_or(String::new(), |set| format!("[scenarios.changed.set]\n{set}\n"));
    let mut document = Document::parse("config", &format!("{text}{scenario}")).map_err(|faults| faults.to_string())?;
    for argument in arguments {
        document.edit(argument).map_err(|faults| faults.to_string())?;
    }
    Ok(Study::new(&document).map_err(|faults| faults.to_string())?.scenarios.remove(0).model)
}

#[test]
fn changes_reach_into_a_path() {
    let text = all(PATH);
    let wanted = model(&all([PATH[0], "{ by_date = { 2026-03 = 300, 2029-03 = 500 } }", PATH[2]]));
    let path = "capacities.east-magnets.tonnes_per_year.by_date.2029-03";
    assert!(changed(&text, &[&format!("{path}=500")], None) == Ok(wanted.clone()));
    assert!(changed(&text, &[], Some(&format!("\"{path}\" = 500"))) == Ok(wanted.clone()));
    assert!(changed(&text, &["capacities.e*-magnets.tonnes_per_year.by_date.2029*=500"], None) == Ok(wanted));
    // A date more, a factor, a path in place of a number.
    let more =
        model(&all([PATH[0], "{ by_date = { 2026-03 = 300, 2029-03 = 480, 2030-01 = 7 }, times = 2 }", PATH[2]]));
    let arguments = ["2030-01=7", "x"].map(|end| format!("capacities.east-magnets.tonnes_per_year.by_date.{end}"));
    let times = "capacities.east-magnets.tonnes_per_year.times=2";
    assert!(changed(&text, &[&arguments[0], times], None) == Ok(more));
    let whole = format!("demands.wind.tonnes_per_year={}", PATH[1]);
    assert!(changed(&text, &[&whole], None).is_ok());
    let grown = format!("capacities.west-magnets.tonnes_per_year={}", PATH[1]);
    let fault = changed(&text, &[&grown], None).expect_err("it grows");
    assert!(fault.contains("`growth_per_year` has no meaning beside a path by date"), "{fault}");
    assert!(changed(&text, &[&grown, "capacities.west-magnets.growth_per_year=0"], None).is_ok());
    let fault = changed(&text, &["demands.cars.tonnes_per_year.by_date.2030-00=7"], None).expect_err("no month");
    assert!(fault.contains("command line") && fault.contains("2030-00"), "{fault}");
}

/// Correlations name the draws of a path: with all in common, both are high or low together.
#[test]
fn correlations_reach_into_a_path() {
    let uncertain = "{ by_date = { 2026-03 = { uniform = [1, 2] }, 2029-03 = { uniform = [30, 50] } }, times = { uniform = [0, 1] } }";
    let text = all([uncertain, PATH[1], UNSURE])
        + "[correlations.path]\ninputs = [\"demands.cars.tonnes_per_year.by_date.*\", \"demands.*.tonnes_per_year.times\"]\nrho = 1\n";
    let model = model(&text);
    let engine = shortfall::engine::Engine::new(&model);
    let slot = |end: &str| model.inputs.drawn.iter().position(|input| input.name.ends_with(end)).expect("drawn");
    for number in 0..50 {
        let drawn = engine.trial(number).inputs;
        let [first, second, times] = ["2026-03", "2029-03", "cars.tonnes_per_year.times"].map(|end| drawn[slot(end)]);
        assert!((first - 1.0 - times).abs() < 1e-9 && ((second - 30.0) / 20.0 - times).abs() < 1e-9, "{drawn:?}");
    }
    assert_ne!(bits(&engine.trial(0).inputs), bits(&engine.trial(1).inputs));
}

/// Factors of one change nothing; those of a demand that is half as large in one month, and half as large again in another,
/// change these months alone.
#[test]
fn seasons_of_one_change_nothing() {
    let text = |factors: &str| {
        rich(1.0).replace("volatility_per_year = 0.15", &format!("volatility_per_year = 0.15\n{factors}"))
    };
    let before = all_said(&rich(1.0));
    assert_same(&before, &all_said(&text("seasonal = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]")), str::to_owned);
    let after = all_said(&text("seasonal = [1, 1, 0.5, 1, 1, 1, 1, 1, 1.5, 1, 1, 1]"));
    let name = "demand.east.magnets";
    for (before, after) in before.iter().zip(&after) {
        let factor = |month: usize| [1.0, 0.5, 1.5][usize::from(month % 12 == 2) + 2 * usize::from(month % 12 == 8)];
        let wanted: Vec<f64> = before[name].iter().enumerate().map(|(month, value)| factor(month) * value).collect();
        for (wanted, found) in wanted.iter().zip(&after[name]) {
            assert!((wanted - found).abs() <= 1e-12 * wanted, "{wanted} {found}");
        }
    }
}
