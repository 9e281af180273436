//! Measures chosen by what they do and cost: closed forms, selection over many seeds, conflicts, information, faults.

mod common;

use std::fs;
use std::process::{Command, Output};

use shortfall::Study;
use shortfall::model::Model;
use shortfall::simulation::Progress;
use shortfall::study::choose::Measures;
use shortfall::summary::Estimate;
use shortfall::summary::choose::{self, Choice, Effort, Goal, Information, SetResult};

const GOAL: &str = "mean(total_shortage.all.product)";

/// A year in which 900 to 1100 are wanted and 900 are made; what is added may be measures.
fn one_year(more: &str) -> String {
    format!(
        r#"
        title = "One year"
        start = "2026-01"
        horizon_years = 1
        markets.all.countries = ["A"]
        stages.product = {{}}
        capacities.plant = {{ country = "A", stage = "product", tonnes_per_year = 900 }}
        demands.users = {{ market = "all", stage = "product", tonnes_per_year = {{ uniform = [900, 1100] }} }}
        stockpiles.stock = {{ market = "all", stage = "product", target_tonnes = 0 }}
        {more}
        "#
    )
}

/// A larger plant for 4, a stock for 2.
const TWO: &str = r#"
    measures.plant = { cost = 4, set = { "capacities.plant.tonnes_per_year" = 1000 } }
    measures.stock = { cost = 2, set = { "stockpiles.stock.target_tonnes" = 50 } }
"#;

fn study(text: &str) -> Study {
    Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn effort(study: &Study, threads: usize) -> Effort {
    Effort { trials: study.config().run.trials, confidence: study.config().run.confidence, threads }
}

fn chosen(study: &Study, budget: Option<f64>, threads: usize) -> Choice {
    let case = &study.scenarios[0];
    let goal = Goal::new(GOAL, false, &case.model).expect("a statistic");
    let measures = Measures::new(study, &case.id, GOAL).unwrap_or_else(|faults| panic!("{faults:?}"));
    let (effort, progress) = (effort(study, threads), Progress::default());
    let mut choice = choose::choose(&measures, &goal, (budget, "USD"), &effort, &progress).expect("it has an answer");
    choice.regrets = choose::regrets(study, &choice, &goal, &effort, &progress).expect("it has an answer");
    choice
}

fn set<'a>(choice: &'a Choice, measures: &[&str]) -> &'a SetResult {
    choice.sets.iter().find(|set| set.measures == measures).unwrap_or_else(|| panic!("{measures:?}"))
}

fn holds(estimate: &Estimate, truth: f64) -> bool {
    let ends = estimate.low.zip(estimate.high);
    let [value, truth] = [estimate.value, Some(truth)].map(|at| at.zip(ends));
    [value, truth].iter().all(|at| at.is_some_and(|(at, (low, high))| low <= at && at <= high))
}

/// What is short without measures is uniform from 0 to 200, with a standard deviation of `200 / sqrt(12)`; 3.29 standard errors
/// of 4000 trials lie to either side.
fn is_as_wide(estimate: &Estimate) -> bool {
    let width = estimate.low.zip(estimate.high).map_or(f64::NAN, |(low, high)| high - low);
    (width / (2.0 * 3.290_527 * 200.0 / 12.0_f64.sqrt() / 4000.0_f64.sqrt()) - 1.0).abs() < 0.05
}

/// What is short is what demand exceeds 900, 950, 1000 or 1050 by: `200^2 / 400`, `150^2 / 400`, `100^2 / 400`, `50^2 / 400` on
/// average.
#[test]
fn two_measures_do_what_the_closed_form_says() {
    let study = study(&one_year(&format!("run.trials = 4000\nrun.confidence = 0.999\n{TWO}")));
    let choice = chosen(&study, None, 1);
    let truths: [(&[&str], f64, f64); 4] =
        [(&[], 0.0, 100.0), (&["stock"], 2.0, 56.25), (&["plant"], 4.0, 25.0), (&["plant", "stock"], 6.0, 6.25)];
    for (measures, cost, truth) in truths {
        let set = set(&choice, measures);
        assert!(holds(&set.estimate, truth) && set.cost == cost && set.is_efficient, "{set:?}");
        assert!(!measures.is_empty() || is_as_wide(&set.estimate), "{set:?}");
        let apart = set.difference.as_ref().expect("none drops out that buys something");
        assert!(measures.len() == 2 || holds(apart, truth - 6.25), "{set:?}");
        assert_eq!(set.may_be_best, measures.len() == 2);
    }
    assert_eq!(choice.frontier().iter().map(|set| set.cost).collect::<Vec<_>>(), [0.0, 2.0, 4.0, 6.0]);
    let [fresh] = &choice.fresh[..] else { panic!("{:?}", choice.fresh) };
    assert!(holds(&fresh.estimate, 6.25) && holds(&fresh.change, 6.25 - 100.0), "{fresh:?}");
    assert_ne!(fresh.estimate.value, choice.sets[0].estimate.value, "on other trials");
    assert_eq!((choice.greedy, choice.considered, choice.regrets.is_none()), (false, 4, true));
    let stages = choice.stages.iter().map(|stage| (stage.trials, stage.sets)).collect::<Vec<_>>();
    assert_eq!(stages, [(1024, 4), (2048, 4), (4000, 4)], "no set costs less than another and does as much");
    for (budget, first) in [(5.0, &["plant"][..]), (2.0, &["stock"]), (0.0, &[])] {
        assert_eq!(chosen(&study, Some(budget), 1).sets[0].measures, first, "{budget}");
    }
}

/// What is large in place of what is small: the same sets, turned around.
#[test]
fn what_is_to_be_large_is_what_is_least_to_be_small() {
    let study = study(&one_year(&format!("run.trials = 1000\n{TWO}")));
    let case = &study.scenarios[0];
    let measures = Measures::new(&study, &case.id, "").expect("there are some");
    let goal = Goal::new("zero(total_shortage.all.product)", true, &case.model).expect("a statistic");
    let choice = choose::choose(&measures, &goal, (None, "USD"), &effort(&study, 1), &Progress::default());
    let choice = choice.expect("it has an answer");
    // Nothing is short in no trial, a quarter, half, three quarters of them.
    let shares = choice.sets.iter().map(|set| set.estimate.value.expect("a share")).collect::<Vec<_>>();
    assert!(shares.iter().zip([0.75, 0.5, 0.25, 0.0]).all(|(found, truth)| (found - truth).abs() < 0.06), "{shares:?}");
    assert!(choice.fresh[0].change.low.is_some_and(|low| low > 0.6));
}

/// Three outages alike, each of which a measure prevents: each of the three is a best one, and which looks best is luck.
fn alike(seed: u64, more: &str) -> Study {
    let mut text = one_year(&format!("run.trials = 600\nrun.seed = {seed}\nrun.confidence = 0.8\n{more}"));
    for name in ["a", "b", "c"] {
        text += &format!(
            "disruptions.{name} = {{ kind = 'outage', hits = ['plant'], rate_per_year = 1, duration_months = {{ exponential = {{ \
             mean = 2 }} }} }}\nmeasures.{name} = {{ cost = 1, set = {{ 'disruptions.{name}.rate_per_year' = 0 }} }}\n"
        );
    }
    study(&text)
}

#[test]
fn a_best_set_is_among_those_that_may_be_it_as_often_as_it_should() {
    let runs = 30;
    let mut kept = [0; 3];
    for seed in 0..runs {
        let choice = chosen(&alike(seed, ""), Some(1.0), 1);
        for (kept, name) in kept.iter_mut().zip(["a", "b", "c"]) {
            *kept += usize::from(set(&choice, &[name]).may_be_best);
        }
        assert!(!set(&choice, &[]).may_be_best, "seed {seed}: doing nothing is clearly worse");
    }
    assert!(kept.iter().all(|kept| *kept as f64 >= 0.8 * runs as f64), "{kept:?} of {runs}");
    let larger = "measures.larger = { cost = 1, set = { 'capacities.plant.tonnes_per_year' = 1500 } }\n";
    for seed in 0..3 {
        let choice = chosen(&alike(seed, larger), Some(1.0), 1);
        let best: Vec<_> = choice.candidates().map(|set| set.measures.clone()).collect();
        assert_eq!(best, [["larger"]], "seed {seed}");
    }
}

#[test]
fn threads_do_not_matter() {
    let scenarios = "scenarios.plain = {}\nscenarios.scarce.set = { 'capacities.plant.tonnes_per_year' = 800 }\n";
    let study = alike(3, &format!("{scenarios}{TWO}"));
    let [one, many] = [1, 7].map(|threads| chosen(&study, Some(6.0), threads));
    assert_eq!(one, many);
    assert!(one.regrets.is_some());
}

/// By hand, without chance: 100 are short, or 200 where only 800 are made; each measure helps by its own in one of the two.
#[test]
fn regret_is_what_the_best_set_does_better() {
    let text = one_year(
        r#"
        run.trials = 16
        choose.budget = 1
        scenarios.plain = {}
        scenarios.scarce.set = { "demands.users.tonnes_per_year" = 1300 }
        measures.stock = { cost = 1, set = { "stockpiles.stock.target_tonnes" = 90 } }
        measures.thrift = { cost = 1, set = { "capacities.plant.tonnes_per_year" = 960 } }
        "#,
    );
    let study = study(&text.replace("{ uniform = [900, 1100] }", "1000"));
    let choice = chosen(&study, Some(1.0), 1);
    let regrets = choice.regrets.as_ref().expect("two scenarios");
    assert_eq!(regrets.scenarios, ["plain", "scarce"]);
    // Short: 100, 10, 40; 400, 310, 340.
    let found = |name: &[&str]| {
        let one = regrets.sets.iter().find(|one| one.measures == name).expect("on the shortlist");
        one.by_scenario.iter().chain([&one.largest]).map(|one| one.value.map(f64::round)).collect::<Vec<_>>()
    };
    assert_eq!(found(&["stock"]), [Some(0.0); 3]);
    assert_eq!(found(&[]), [Some(90.0); 3]);
    assert_eq!(regrets.sets[regrets.smallest].measures, ["stock"]);
}

#[test]
fn measures_that_set_the_same_value_differently_are_never_taken_together() {
    let more = "measures.larger = { cost = 3, set = { 'stockpiles.*.target_tonnes' = 90 } }\n\
                measures.again = { cost = 1, set = { 'capacities.plant.tonnes_per_year' = 1000 } }\n\
                measures.idle = { cost = 1, set = { 'capacities.plant.tonnes_per_year' = 900 } }\n";
    let choice = chosen(&study(&one_year(&format!("run.trials = 300\n{TWO}{more}"))), None, 1);
    let pairs = [["plant", "idle"], ["stock", "larger"], ["again", "idle"]].map(|pair| pair.map(String::from));
    assert_eq!(choice.conflicts, pairs);
    let both = |set: &SetResult| pairs.iter().any(|pair| pair.iter().all(|id| set.measures.contains(id)));
    assert!(!choice.sets.iter().any(both));
    // `plant` does the same as `again` at a higher cost; the other sets are of 2 plants and 3 stocks.
    assert_eq!((choice.considered, choice.sets.len()), (15, 6));
    assert!(choice.sets.iter().all(|set| !set.measures.contains(&"plant".to_string())));
}

/// So many measures without chance: what each adds in tonnes a year, and its cost, by number.
fn many_measures(count: usize, of: impl Fn(usize) -> (usize, u32)) -> Study {
    let mut text = one_year("run.trials = 16\n").replace("{ uniform = [900, 1100] }", "2000");
    for number in 1..=count {
        let (size, cost) = of(number);
        text += &format!(
            "capacities.k{number} = {{ country = 'A', stage = 'product', tonnes_per_year = 0 }}\n\
             measures.m{number} = {{ cost = {cost}, set = {{ 'capacities.k{number}.tonnes_per_year' = {size} }} }}\n"
        );
    }
    study(&text)
}

/// Thirteen measures are too many for all sets: without chance, the way of the largest gain per cost is known.
#[test]
fn of_too_many_sets_those_on_the_way_of_the_largest_gain_are_looked_at() {
    let study = many_measures(13, |number| (10 * number, 2));
    let choice = chosen(&study, None, 2);
    assert!(choice.greedy && choice.considered <= 1 + 13 * 14 / 2, "{}", choice.considered);
    assert_eq!(choice.sets[0].measures.len(), 13);
    let choice = chosen(&study, Some(12.0), 2);
    assert_eq!((choice.greedy, choice.sets[0].measures.len()), (false, 6), "1+13+78+..+1716 are 4096");
    assert_eq!(choice.sets[0].measures, ["m8", "m9", "m10", "m11", "m12", "m13"]);
}

/// Two large measures buy 250 for each unit of cost, twenty small ones 10: the way leads by the large ones, though there are
/// smaller and cheaper steps.
#[test]
fn the_way_goes_by_what_is_gained_for_the_cost() {
    let study = many_measures(22, |number| if number > 20 { (500, 2) } else { (10, 1) });
    let choice = chosen(&study, Some(4.0), 2);
    assert!(choice.greedy);
    assert_eq!(choice.sets[0].measures, ["m21", "m22"]);
}

/// Options worth 0 and `a + b` times ten: `a` normal(-0.5, 1), `b` normal(0, 2), as capacities of 250 each that become uncertain.
/// The second one is a measure, or a scenario.
fn two_options(seed: u64, venture: &str, more: &str) -> Study {
    let text = one_year(&format!(
        r#"
        run.seed = {seed}
        stages.other = {{}}
        capacities.a = {{ country = "A", stage = "product", tonnes_per_year = 250 }}
        capacities.b = {{ country = "A", stage = "product", tonnes_per_year = 250 }}
        capacities.idle = {{ country = "A", stage = "other", tonnes_per_year = {{ uniform = [1, 2] }} }}
        {more}
        {venture}.set."capacities.a.tonnes_per_year" = {{ normal = {{ mean = 245, sd = 10 }}, min = 1 }}
        {venture}.set."capacities.b.tonnes_per_year" = {{ normal = {{ mean = 250, sd = 20 }}, min = 1 }}
        "#
    ));
    study(&text.replace("{ uniform = [900, 1100] }", "2000"))
}

fn asked() -> [String; 1] {
    ["capacities.*.tonnes_per_year".into()]
}

fn measured(seed: u64) -> (Choice, Information) {
    let study = two_options(seed, "measures.venture", "measures.venture.cost = 1");
    let choice = chosen(&study, None, 2);
    let measures = Measures::new(&study, "base", GOAL).expect("there is one");
    let known = choose::information(&measures, &choice, (&asked(), None), &effort(&study, 2), &Progress::default());
    (choice, known.expect("it has an answer"))
}

/// EVPI 0.66427, EVPPI of `a` 0.19780, of `b` 0.57269, of both what everything is worth, of what is idle nothing.
#[test]
fn knowing_more_is_worth_what_the_closed_form_says() {
    let (choice, known) = measured(5);
    assert_eq!((choice.sets[0].measures.len(), known.options.len(), known.trials), (0, 2, 20_000));
    let input = |name: &str| &known.inputs.iter().find(|one| one.name == name).expect(name).worth;
    for (what, worth, truth) in [
        ("everything", &known.perfect, 6.6427),
        ("a", input("capacities.a.tonnes_per_year"), 1.9780),
        ("b", input("capacities.b.tonnes_per_year"), 5.7269),
        ("both", &known.groups[0].worth, 6.6427),
    ] {
        let (low, high) = (worth.low.expect("a low end"), worth.high.expect("a high end"));
        let error = (high - low) / 2.0 / 1.96;
        assert!((worth.value.expect("a value") - truth).abs() < 4.0 * error && error < 0.1, "{what}: {worth:?}");
    }
    let idle = input("capacities.idle.tonnes_per_year");
    assert!(idle.low == Some(0.0) && idle.value < Some(0.1), "{idle:?}");
    assert_eq!(known.groups[0].inputs, 3);
}

/// What is a measure may as well be a scenario: the same is worth as much.
#[test]
fn among_scenarios_knowing_more_is_worth_as_much_as_among_measures() {
    let study = two_options(5, "scenarios.venture", "scenarios.base = {}");
    let cases: Vec<(&str, &Model)> = study.scenarios.iter().map(|case| (case.id.as_str(), &case.model)).collect();
    let goal = Goal::new(GOAL, false, cases[0].1).expect("a statistic");
    let effort = effort(&study, 2);
    let known = choose::among_scenarios(&cases, &goal, (&asked(), None), &effort, &Progress::default());
    let known = known.expect("it has an answer");
    assert_eq!(known.options, [["base"], ["venture"]]);
    let (_, measured) = measured(5);
    assert_eq!((&known.perfect, &known.inputs, &known.groups), (&measured.perfect, &measured.inputs, &measured.groups));

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    let text = one_year("scenarios.base = {}\nscenarios.more.set = { 'stockpiles.stock.target_tonnes' = 50 }");
    fs::write(&path, text).expect("it is written");
    let path = path.to_str().expect("a path");
    let among = ["choose", path, "--among", "scenarios", "--minimise", GOAL, "-n", "20000"];
    let out = shortfall(&[&among[..], &["--value-of-information"]].concat());
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success() && said.contains("among 2 scenarios"),
        "{said}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let one = shortfall(&[&among[..], &["--value-of-information", "--scenario", "base"]].concat());
    let said = String::from_utf8_lossy(&one.stderr);
    assert!(one.status.code() == Some(2) && said.contains("nothing to choose among"), "{said}");
}

fn shortfall(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shortfall")).args(arguments).output().expect("the program runs")
}

/// The message of a run that fails.
fn refused(text: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    fs::write(&path, text).expect("it is written");
    let out = shortfall(&[&["choose", path.to_str().expect("a path"), "-q"], arguments].concat());
    assert!(out.stdout.is_empty());
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn what_cannot_be_asked_is_refused_with_a_remedy() {
    let sound = one_year(TWO);
    for (arguments, parts) in [
        (&["--minimise", "p95(total_shortage.all.product)"][..], &["has no value in a trial", "mean(..)"][..]),
        (&["--maximise", "mean(total_shortage.all.produkt)"], &["did you mean `total_shortage.all.product`"]),
        (&["--budget=-1"], &["`--budget` is 0 or more"]),
        (&["--value-of-information", "-n", "19999"], &["at least 20000 trials", "raise `-n`"]),
        (&["--value-of-information", "--know", "projects.*.x"], &["matches no uncertain input"]),
        (&["--value-of-information", "--among", "scenarios"], &["there is one scenario"]),
    ] {
        let (code, told) = refused(&sound, arguments);
        assert_eq!(code, Some(2), "{told}");
        parts.iter().for_each(|part| assert!(told.contains(part), "{arguments:?}: {told}"));
    }
    let (code, told) = refused(&one_year(""), &[]);
    assert!(code == Some(2) && told.contains("[measures.reserve]") && told.contains("cost = 120"), "{told}");
}

#[test]
fn faults_of_measures_are_told_all_at_once() {
    let text = one_year(
        r#"
        choose = { budget = -1, minimise = "p95(total_shortage.all.product)", cost_unit = "million of dollars" }
        measures.none = { cost = 1, set = {} }
        measures.cheap = { cost = -2, set = { "stockpiles.stock.target_tonnes" = -5 } }
        measures.absent = { cost = 1, set = { "stockpiles.stok.target_tonnes" = 5 } }
        measures.yardstick = { cost = 1, set = { "claims.x.milestone" = "y" } }
        measures.free = { set = { "stockpiles.stock.target_tonnes" = 5 } }
        "#,
    );
    let faults = Study::from_text(&text).expect_err("it has faults").to_string();
    for part in [
        "`budget` lies between 0",
        "has no value in a trial",
        "1 to 12 letters",
        "this measure changes nothing",
        "`cost` lies between 0",
        "did you mean `stock`",
        "a measure cannot change `claims`",
        "the key `cost` is missing",
    ] {
        assert!(faults.contains(part), "{part}: {faults}");
    }
}
