//! Projects of several products, and plants that investors decide on: what they make, what is told of them, what is refused.

mod common;

use common::{ConfigBuilder, outcome_of, series_row};
use shortfall::engine::{Engine, Trial};
use shortfall::model::Model;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary;

/// Light and heavy ore, mined in one country.
fn two_ores(years: f64) -> ConfigBuilder {
    let config = ConfigBuilder::empty(years).entry("markets.all.countries", "[\"Everywhere\"]");
    let config = config.entry("stages.light", "{}").entry("stages.heavy", "{}");
    config.series(&["capacity.all.light", "capacity.all.heavy"])
}

/// The first trial.
fn trial(config: &ConfigBuilder) -> (Model, Trial) {
    let model = config.model();
    let trial = Engine::new(&model).trial(0);
    (model, trial)
}

fn rows(config: &ConfigBuilder) -> [Vec<f64>; 2] {
    let (model, trial) = trial(config);
    ["capacity.all.light", "capacity.all.heavy"].map(|name| series_row(&model, &trial, name).to_vec())
}

/// A mine of 120 t/y of light and 12 t/y of heavy ore from the third month on, at half of which it runs.
const MINE: &str = "{ country = \"Everywhere\", yields = { light = 120, heavy = 12 }, lead_months = 2, utilisation = 0.5, \
                    ramp = { months = 2 }, life_years = 0.5 }";

#[test]
fn the_products_of_a_project_share_its_fate() {
    let [light, heavy] = rows(&two_ores(1.0).entry("projects.mine", MINE));
    // A quarter, three quarters, and full from there to the end of the half year.
    let expected = [0.0, 0.0, 1.25, 3.75, 5.0, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(light, expected);
    assert_eq!(heavy, expected.map(|tonnes| tonnes / 10.0));
}

/// An outage of a stage cuts that product alone, one of the project both.
#[test]
fn outages_hit_a_product_or_the_whole_project() {
    let stop = |keys: &str| {
        let stop = format!("{{ kind = \"outage\", {keys}, scheduled = [{{ from = \"2026-06\", months = 1 }}] }}");
        let [light, heavy] = rows(&two_ores(1.0).entry("projects.mine", MINE).entry("disruptions.stop", stop));
        [light[5], heavy[5]]
    };
    assert_eq!(stop("hits = [\"mine\"]"), [0.0, 0.0]);
    assert_eq!(stop("hits = [\"heavy\"]"), [5.0, 0.0]);
    assert_eq!(stop("hits = [\"mine\"], stages = [\"light\"]"), [0.0, 0.5]);
}

/// One product by `yields` is the project that `stage` says, to the last bit.
#[test]
fn a_yield_of_one_product_is_an_ordinary_project() {
    let keys =
        "success_probability = 0.6, lead_months = { uniform = [0, 30] }, ramp = { months = { uniform = [0, 30] } }";
    let one = |makes: &str| {
        let project = format!("{{ country = \"Everywhere\", {makes}, {keys} }}");
        let model = two_ores(3.0).entry("projects.mine", project).model();
        let engine = Engine::new(&model);
        (0..50).map(|number| engine.trial(number)).map(|trial| (trial.series, trial.starts)).collect::<Vec<_>>()
    };
    assert_eq!(one("yields = { light = 120 }"), one("stage = \"light\", tonnes_per_year = 120"));
}

/// An investment in both ores.
fn investment(years: f64, keys: &str) -> ConfigBuilder {
    let value =
        format!("{{ country = \"Everywhere\", yields = {{ light = 120, heavy = 12 }}, lead_months = 0, {keys} }}");
    two_ores(years).entry("investment.mines", value)
}

/// What the plants of a trial make by themselves, added up by hand from the dates of its decisions.
#[test]
fn capacity_is_the_sum_of_what_was_decided() {
    let keys = "decisions_per_year = 3, success_probability = 0.7, closure_rate_per_year = 0.2, ramp = { months = 10 }";
    let outage = "{ kind = \"outage\", hits = [\"mines\"], stages = [\"heavy\"], \
                  scheduled = [{ from = \"2028-01\", months = 2, severity = 0.5 }] }";
    for steps in [1, 4] {
        let config = investment(10.0, keys).entry("disruptions.stop", outage).entry("steps_per_month", steps);
        let model = config.model();
        let engine = Engine::new(&model);
        let mut plants = 0;
        for number in 0..100 {
            let trial = engine.trial(number);
            plants += trial.decisions.len();
            let makes = |month: usize| -> f64 {
                let middle = month as f64 + 0.5;
                let runs = trial.decisions.iter().filter(|made| made.start <= middle && middle <= made.closure);
                runs.map(|made| 10.0 * ((middle - made.start) / 10.0).min(1.0)).sum()
            };
            let [light, heavy] =
                ["light", "heavy"].map(|stage| series_row(&model, &trial, &format!("capacity.all.{stage}")));
            for month in 0..120 {
                let cut = if (24..26).contains(&month) { 0.5 } else { 1.0 };
                assert!(
                    (light[month] - makes(month)).abs() < 1e-9,
                    "{number} {month}: {} {}",
                    light[month],
                    makes(month)
                );
                assert!((heavy[month] - 0.1 * cut * makes(month)).abs() < 1e-9, "{number} {month}");
            }
        }
        assert!(plants > 2500, "{plants}");
    }
}

/// Decisions by calendar year add up to all of them; the first year has two months, and the rate is what was asked for.
#[test]
fn decisions_are_counted_by_calendar_year() {
    let config = investment(2.5, "decisions_per_year = 6").replace("2026-01", "2025-11");
    let by_year = |model: &Model, trial: &Trial| {
        let years =
            [2025, 2026, 2027, 2028].map(|year| outcome_of(model, trial, &format!("decisions_in.mines.{year}")));
        assert_eq!(years.iter().sum::<f64>(), outcome_of(model, trial, "decisions.mines"));
        years
    };
    let found = config.observe(20_000, by_year);
    let exact = [1.0, 6.0, 6.0, 2.0];
    common::check("decisions by year", &found, &exact).unwrap_or_else(|faults| panic!("{faults}"));
}

/// A limit that is reached in more than a hundredth of the trials is told, and one that is reached less often is not.
#[test]
fn a_limit_that_holds_investment_back_is_told() {
    let told = |most: u32| {
        let config = investment(1.0, &format!("decisions_per_year = 3, at_most = {most}"));
        let study: Study = config.study();
        let tallies = simulation::run(&study.models(), 4000, 0, &Progress::default()).expect("nobody stopped it");
        let summary = summary::summarise(&study, &tallies);
        let reached = summary.scenarios[0].investments[0].reaches_at_most.value.expect("a share");
        (reached, shortfall::output::hints::held_back(&summary))
    };
    // Poisson of mean 3: at least 4 with probability 0.3528, at least 10 with 0.0011.
    let (reached, sentences) = told(4);
    assert!((reached - 0.3528).abs() < 0.05, "{reached}");
    assert!(sentences[0].contains("the investment mines makes all the 4 decisions"), "{sentences:?}");
    let (reached, sentences) = told(10);
    assert!(reached < 0.01 && sentences.is_empty(), "{reached} {sentences:?}");
}

/// The plants of a trial are told with their numbers.
#[test]
fn a_replay_tells_decisions() {
    let study = investment(5.0, "decisions_per_year = 2, success_probability = 0.5").study();
    let text = study.trial("base", 3).expect("there is such a trial").to_string();
    let (made, nothing) =
        (text.matches(": decision\n").count(), text.matches(": decision, which comes to nothing").count());
    let (_, trial) = trial(&investment(5.0, "decisions_per_year = 2, success_probability = 0.5"));
    assert!(made + nothing > 3 && text.contains("mines#1: decision"), "{text}");
    assert!(!trial.decisions.is_empty());
    assert!(!text.contains("investment.mines#1"), "what is drawn for a decision is no input");
}

/// Entries with one thing wrong each, and what the fault says.
#[test]
fn what_cannot_be_meant_is_refused() {
    let project = |keys: &str| format!("projects.mine = {{ country = \"Everywhere\", lead_months = 1, {keys} }}");
    let investment = |keys: &str| format!("investment.mines = {{ country = \"Everywhere\", {keys} }}");
    let light = "stage = \"light\", tonnes_per_year = 1";
    for (entry, message) in [
        (project("stage = \"light\""), "`tonnes_per_year` is missing"),
        (project("tonnes_per_year = 5"), "`stage` is missing"),
        ("projects.mine = { country = \"Everywhere\", lead_months = 1 }".into(), "nothing says what is made here"),
        (project(&format!("{light}, yields = {{ heavy = 1 }}")), "give `yields`, or `stage` and `tonnes_per_year`, not both"),
        (project("yields = { hevy = 1 }"), "there is no stage `hevy`"),
        (project("yields = { heavy = -1 }"), "`heavy` must be 0 or more"),
        (investment(&format!("{light}, decisions_per_year = 1")), "nothing says how long it takes"),
        (investment(&format!("{light}, decisions_per_year = -1, lead_months = 1")), "`decisions_per_year` must be 0 or more"),
        (investment(&format!("{light}, decisions_per_year = 1, lead_months = -1")), "`lead_months` must be 0 or more"),
        (investment(&format!("{light}, decisions_per_year = 1, lead_months = 1, at_most = 0")), "`at_most` is 1 or more"),
        (investment(&format!("{light}, decisions_per_year = 1, lead_months = 1, at_most = 2001")), "too many decisions"),
        (
            investment(&format!("{light}, decisions_per_year = 1, lead_months = 1, memory_months = 3")),
            "`memory_months` has no effect here",
        ),
        (
            investment(&format!("{light}, decisions_per_year = 1, lead_months = 1, signal = \"capacity.all.lihgt\", response = [[1, 1]]")),
            "`capacity.all.lihgt` is no series of this model",
        ),
        (
            investment(&format!("{light}, decisions_per_year = 1, lead_months = 1, signal = \"capacity.all.light\"")),
            "a `response` has 1 to 100 points",
        ),
        (
            investment(&format!(
                "{light}, decisions_per_year = 1, lead_months = 1, signal = \"capacity.all.light\", response = [[1, 1], [1, 2]]"
            )),
            "a `response` has 1 to 100 points",
        ),
        (
            "correlations.k = { inputs = [\"investment.*.tonnes_per_year\"], rho = 0.5 }".into(),
            "`investment.*.tonnes_per_year`",
        ),
        (
            "disruptions.stop = { kind = \"outage\", hits = [\"light\"], rate_per_year = 1, duration_months = 1, \
             severity = 0.5, severity_duration_rho = 0.5 }\ncapacities.c = { country = \"Everywhere\", stage = \"light\", tonnes_per_year = 1 }"
                .into(),
            "`severity_duration_rho` has no effect here",
        ),
        (
            "disruptions.stop = { kind = \"outage\", hits = [\"light\"], rate_per_year = 1, duration_months = { uniform = [1, 2] }, \
             severity = { uniform = [0, 1] }, severity_duration_rho = 1.5 }\n\
             capacities.c = { country = \"Everywhere\", stage = \"light\", tonnes_per_year = 1 }"
                .into(),
            "`severity_duration_rho` lies between -1 and 1",
        ),
    ] {
        let text = format!("{}{entry}\n", two_ores(2.0).text());
        let faults = Study::from_text(&text).err().unwrap_or_else(|| panic!("{entry}: no fault")).to_string();
        assert!(faults.contains(message), "{entry}\n{faults}");
        assert_eq!(faults.matches("error").count(), 1, "one fault is told once: {faults}");
    }
}
