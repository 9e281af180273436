//! The loss of every supplier in turn: times to survive by hand, medians, trials, names, files.

mod common;

use std::fs;
use std::process::Command;

use common::outcome_of;
use shortfall::Study;
use shortfall::engine::Engine;
use shortfall::simulation::Progress;
use shortfall::study::stress::Losses;
use shortfall::summary::stress::{Effect, Loss, SinglePoint, Stress, at, stress};

/// Capacities of 30, 45 and 60 a month, a demand of 125, a stock.
fn three_plants(stock: f64) -> String {
    format!(
        r#"
        title = "Three plants"
        start = "2026-01"
        horizon_years = 3
        markets.all.countries = ["A", "B", "C"]
        stages.product = {{}}
        capacities.small = {{ country = "A", stage = "product", tonnes_per_year = 360 }}
        capacities.middle = {{ country = "B", stage = "product", tonnes_per_year = 540 }}
        capacities.large = {{ country = "C", stage = "product", tonnes_per_year = 720 }}
        demands.users = {{ market = "all", stage = "product", tonnes_per_year = 1500 }}
        stockpiles.stock = {{ market = "all", stage = "product", target_tonnes = {stock} }}
        "#
    )
}

fn study(text: &str) -> Study {
    Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn stressed(study: &Study, patterns: &[&str], trials: Option<u64>, threads: usize) -> Stress {
    let patterns: Vec<String> = patterns.iter().map(|pattern| pattern.to_string()).collect();
    let losses = Losses::new(study, &study.scenarios[0].id, &patterns).unwrap_or_else(|faults| panic!("{faults:?}"));
    let named = study.config.output.outcome.as_deref();
    stress(&losses, named, (trials, 0.95), threads, &Progress::default()).expect("nobody stops it")
}

fn loss<'a>(stress: &'a Stress, name: &str) -> &'a Loss {
    let is_it = |loss: &&Loss| loss.names.iter().any(|known| known.to_string() == name);
    stress.losses.iter().find(is_it).unwrap_or_else(|| panic!("{name} is not lost"))
}

/// Survival, worst month, total shortage, coverage, stock, days of stock.
fn figures(effect: &Effect) -> [f64; 6] {
    [
        effect.survives_months.map_or(f64::INFINITY, f64::from),
        effect.worst_month,
        effect.total_shortage,
        effect.coverage_left.expect("there is a need"),
        effect.stock_needed,
        effect.stock_needed_days.expect("there is a demand"),
    ]
}

fn near(found: [f64; 6], expected: [f64; 6]) -> bool {
    found
        .iter()
        .zip(expected)
        .all(|(found, expected)| *found == expected || (found - expected).abs() <= 1e-9 * expected.abs().max(1.0))
}

/// Without a plant of `k` a month, `k - 10` is missing every month, and the stock of 45 lasts `45 / (k - 10)` months: 2.25, 1.29
/// and 0.9, so that demand is met in 2, 1 and 0 whole months. What is missing in all is what was lost less the stock; a stock of
/// all that was lost would have bridged it.
#[test]
fn times_to_survive_by_hand() {
    let stress_45 = stressed(&study(&three_plants(45.0)), &[], None, 2);
    let stress_44 = stressed(&study(&three_plants(44.0)), &[], None, 2);
    let daily = 1500.0 / 365.0;
    for (name, capacity, survives) in
        [("capacity small", 30.0, 2.0), ("capacity middle", 45.0, 1.0), ("capacity large", 60.0, 0.0)]
    {
        for (span, months) in [(None, 36.0), (Some(6), 6.0), (Some(12), 12.0), (Some(24), 24.0)] {
            let gap = (capacity - 10.0) * months;
            // The first short month of the largest plant misses less than the others, which miss all of the gap.
            let worst = (capacity - 10.0) / 125.0;
            let expected = [survives, worst, gap - 45.0, (135.0 - capacity) / 125.0, gap, gap / daily];
            let effect = stress_45.effect(loss(&stress_45, name), span).expect("the horizon is longer");
            assert!(near(figures(effect), expected), "{name} {span:?}: {:?}, not {expected:?}", figures(effect));
            let wrong = stress_44.effect(loss(&stress_44, name), span).expect("the horizon is longer");
            assert!(!near(figures(wrong), expected), "{name} {span:?}: a smaller stock is noticed");
        }
        assert_eq!(loss(&stress_45, name).single_point, [SinglePoint::ForMonths], "{name}");
    }
    let unharmed = &stress_45.unharmed[0];
    assert!(near(figures(unharmed), [f64::INFINITY, 0.0, 0.0, 135.0 / 125.0, 0.0, 0.0]), "{unharmed:?}");
    let [n_minus_one] = &stress_45.n_minus_one[..] else { panic!("one product in one market") };
    for year in &n_minus_one.years {
        let [all, left] = [year.coverage, year.without_largest].map(|part| part.expect("there is a need"));
        assert!((all - 135.0 / 125.0).abs() < 1e-12 && (left - 75.0 / 125.0).abs() < 1e-12, "{year:?}");
        assert_eq!(year.largest.as_deref(), Some("capacity large"));
    }
    let order: Vec<String> = stress_45.losses.iter().map(|loss| loss.names[0].to_string()).collect();
    assert_eq!(order, ["market all", "country C", "country B", "country A"], "the worst first");
}

/// Of places that are hit alike, the first is shown; another one if the config names it, or if it is hit more often.
#[test]
fn the_place_that_is_hit_most_is_shown() {
    let two = |stock: [f64; 2], more: &str| {
        let market = |id: &str, country: &str, stock: f64| {
            format!(
                "markets.{id}.countries = ['{country}']\n\
                 capacities.{id} = {{ country = '{country}', stage = 'product', tonnes_per_year = 120 }}\n\
                 demands.{id} = {{ market = '{id}', stage = 'product', tonnes_per_year = 120 }}\n\
                 stockpiles.{id} = {{ market = '{id}', stage = 'product', target_tonnes = {stock} }}\n"
            )
        };
        let head = "title = 'Two markets'\nstart = '2026-01'\nhorizon_years = 1\nstages.product = {}\n";
        let markets = market("a", "A", stock[0]) + &market("b", "B", stock[1]);
        stressed(&study(&format!("{head}{markets}{more}")), &[], None, 2).place
    };
    assert_eq!(two([10.0, 10.0], ""), 0);
    assert_eq!(two([10.0, 10.0], "output.outcome = 'total_shortage.b.product'"), 1);
    assert_eq!((two([1000.0, 0.0], ""), two([0.0, 1000.0], "")), (1, 0));
}

/// What a stock bridges is no single point of failure, and what it bridges for a year only one that is so for longer.
#[test]
fn a_stock_that_bridges_a_loss() {
    for (stock, expected) in [
        (239.0, SinglePoint::ForMonths),
        (240.0, SinglePoint::ForGood),
        (719.0, SinglePoint::ForGood),
        (720.0, SinglePoint::No),
    ] {
        let stress = stressed(&study(&three_plants(stock)), &[], None, 1);
        assert_eq!(loss(&stress, "country A").single_point, [expected], "{stock}");
    }
}

/// A chain, two markets, and a plant that comes: everything by which a model at its medians differs from others.
const UNCERTAIN: &str = r#"
    title = "All that chance decides"
    start = "2026-01"
    horizon_years = 6
    markets.west.countries = ["W"]
    markets.east.countries = ["E", "F"]
    stages.ore = {}
    stages.metal.feeds.ore = { triangular = [1, 2, 3] }
    capacities.west = { country = "W", stage = "metal", tonnes_per_year = { uniform = [300, 500] } }
    capacities.east = { country = "E", stage = "metal", tonnes_per_year = 900, growth_per_year = { uniform = [-0.01, 0.01] } }
    capacities.mine = { country = "F", stage = "ore", tonnes_per_year = { lognormal = { p50 = 3000, p90 = 3500 } } }
    projects.likely = { country = "W", stage = "metal", tonnes_per_year = 240, lead_months = { uniform = [12, 36] }, success_probability = { uniform = [0.5, 0.8] } }
    projects.gated = { country = "W", stage = "metal", tonnes_per_year = 240, begins = 0, phases = [{ name = "a", months = 1, success_probability = 0.7 }, { name = "b", months = 1, success_probability = 0.7 }] }
    projects.follows = { country = "W", stage = "metal", tonnes_per_year = 240, lead_months = 1, requires = ["gated"] }
    demands.west = { market = "west", stage = "metal", tonnes_per_year = 1000, volatility_per_year = 0.2 }
    stockpiles.stock = { market = "west", stage = "metal", initial_days = { uniform = [20, 40] }, target_days = 30 }
    disruptions.often = { kind = "outage", hits = ["east"], rate_per_year = 2, duration_months = { exponential = { mean = 2 } } }
    disruptions.running = { kind = "outage", hits = ["west"], active_at_start = 0.6, remaining_months = { uniform = [2, 6] }, duration_months = 1, severity = { uniform = [0, 1] }, rate_per_year = 0.1 }
    disruptions.unlikely = { kind = "outage", hits = ["west"], active_at_start = 0.4, duration_months = 3 }
    correlations.sizes = { inputs = ["capacities.west.tonnes_per_year", "capacities.mine.tonnes_per_year"], rho = 0.5 }
    [investment.more]
    country = "W"
    stage = "metal"
    tonnes_per_year = 100
    decisions_per_year = { uniform = [1, 2] }
    lead_months = 6
"#;

#[test]
fn at_its_medians_a_model_leaves_nothing_to_chance() {
    let study = study(&format!("output.series = [\"capacity.*.*\", \"demand.*.*\"]\n{UNCERTAIN}"));
    let (model, left_out) = study.scenarios[0].model.at_medians();
    let engine = Engine::new(&model);
    let [first, other] = [0, 7].map(|trial| engine.trial(trial));
    assert_eq!((&first.outcomes, &first.series), (&other.outcomes, &other.series));
    let series = |name: &str| common::series_row(&model, &first, name);
    // Half of the capacity for the four months that the episode at the start lasts at its median; the plant from the third year.
    let expected: Vec<f64> = (0..72)
        .map(|month| (if month < 4 { 0.5 } else { 1.0 }) * 400.0 / 12.0 + if month < 24 { 0.0 } else { 20.0 })
        .collect();
    for (month, (found, expected)) in series("capacity.west.metal").iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() < 1e-9, "{month}: {found}, not {expected}");
    }
    assert!(series("demand.west.metal").iter().all(|demand| (demand - 1000.0 / 12.0).abs() < 1e-9));
    assert!((series("capacity.east.ore")[0] - 250.0).abs() < 1e-6);
    assert_eq!(left_out.projects, ["gated"], "seven tenths of seven tenths are less than a half");
    assert_eq!(left_out.disruptions, ["often", "running", "unlikely"]);
    assert_eq!(left_out.investments, ["more"]);
}

/// Where nothing is uncertain, every trial is the one at medians; else the percentiles have all that comes by chance, of the same
/// futures with and without the loss.
#[test]
fn trials_of_a_loss() {
    let certain = stressed(&study(&three_plants(45.0)), &[], Some(200), 2);
    for loss in &certain.losses {
        for effect in &loss.effects {
            let sampled = effect.sampled.as_ref().expect("trials were asked for");
            let median = at(&sampled.total_shortage, 50.0).and_then(|estimate| estimate.value).expect("a number");
            assert!((median - effect.total_shortage).abs() <= 1e-9 * median, "{effect:?}");
            let survives = at(&sampled.survives_months, 5.0).and_then(|estimate| estimate.value);
            assert_eq!(survives, effect.survives_months.map(f64::from));
        }
    }
    let chance = study(UNCERTAIN);
    let stress = stressed(&chance, &[], Some(400), 2);
    let p95 = |effect: &Effect| {
        let sampled = effect.sampled.as_ref().expect("trials were asked for");
        at(&sampled.total_shortage, 95.0).and_then(|estimate| estimate.value).expect("a number")
    };
    let unharmed = &stress.unharmed[0];
    assert!(p95(unharmed) > unharmed.total_shortage, "chance adds to it");
    // The same trials as those of a run, to the last bit.
    let run = common::run(UNCERTAIN, 400);
    let histogram = run.outcome("total_shortage.west.metal");
    let located = histogram.ranked()(380);
    assert_eq!(p95(unharmed), 0.5 * (located.low + located.high));
    for loss in &stress.losses {
        let effects: Vec<&Effect> = [Some(6), Some(12), Some(24), None]
            .iter()
            .map(|span| stress.effect(loss, *span).expect("the horizon is longer"))
            .collect();
        assert!(effects.windows(2).all(|pair| p95(pair[0]) <= p95(pair[1])), "{:?}", loss.names);
    }
}

#[test]
fn threads_and_names_change_nothing() {
    let chance = study(UNCERTAIN);
    assert_eq!(stressed(&chance, &["*st"], Some(100), 1), stressed(&chance, &["*st"], Some(100), 3));
    let stress = stressed(&chance, &["*st"], None, 2);
    // The country has a project and an investment besides; the pattern is two capacities and the markets they give their names.
    let lost = |name: &str| loss(&stress, name).names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(lost("capacity mine"), ["country F", "capacity mine"]);
    assert_eq!(lost("capacity west"), ["capacity west"], "not the market of the same name");
    assert_eq!(lost("pattern *st"), ["pattern *st"]);
    let total = |name: &str| stress.effect(loss(&stress, name), None).expect("for good").total_shortage;
    assert!(total("capacity west") < total("market west") && total("market west") < total("pattern *st"));
    let named = study(&format!("output.outcome = \"worst_month.west.metal\"\n{UNCERTAIN}"));
    assert_eq!(stressed(&named, &[], None, 2).places[0].market, "west");
}

#[test]
fn what_cannot_be_lost_is_told() {
    let three = study(&three_plants(45.0));
    let faults =
        |pattern: &str| Losses::new(&three, "base", &[pattern.to_string()]).expect_err("no such plant").concat();
    assert!(
        faults("smal").contains("`smal` is no capacity") && faults("smal").contains("`small`"),
        "{}",
        faults("smal")
    );
    assert!(faults("projects.small").contains("is no capacity"), "{}", faults("projects.small"));
    assert!(faults("capacities.smal").contains("`capacities.small`"), "{}", faults("capacities.smal"));
    let text = three_plants(45.0);
    let unused: String =
        text.lines().filter(|line| !line.contains("demands.users")).map(|line| format!("{line}\n")).collect();
    let unused = unused.replace("target_tonnes", "initial_tonnes = 1, target_tonnes");
    let faults = Losses::new(&study(&unused), "base", &[]).expect_err("nobody uses anything").concat();
    assert!(faults.contains("no final demand"), "{faults}");
}

/// An outage by table and name hits that entry alone; by the bare name all that are called so.
#[test]
fn hits_by_table_and_name() {
    let total = |hits: &str| {
        let text = UNCERTAIN.replace(
            "hits = [\"east\"], rate_per_year = 2",
            &format!("hits = [\"{hits}\"], scheduled = [{{ from = \"2026-01\", months = 72 }}]"),
        );
        let text = text.replace(", duration_months = { exponential = { mean = 2 } }", "");
        let (model, _) = study(&text).scenarios[0].model.at_medians();
        outcome_of(&model, &Engine::new(&model).trial(0), "total_shortage.west.metal")
    };
    assert_eq!(total("capacities.east"), total("countries.E"));
    assert_eq!(total("east"), total("markets.east"));
    assert!(total("capacities.east") < total("markets.east"), "the market has the mine as well");
    let wrong = UNCERTAIN.replace("hits = [\"east\"]", "hits = [\"markets.E\"]");
    let faults = Study::from_text(&wrong).expect_err("no such market").to_string();
    assert!(faults.contains("`markets.E` is no capacity, project, country, market or stage"), "{faults}");
}

#[test]
fn the_command_prints_tables_and_leaves_files() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("three.toml"), three_plants(45.0)).expect("written");
    let shortfall = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
        command.args(["stress", "three.toml"]).args(arguments).current_dir(folder.path());
        let out = command.output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (code, printed, errors) = shortfall(&["-o", "out"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    for part in ["country A = small", "A supplier is a single point of failure if", "4 of 4 are", "108 % (60 %)"] {
        assert!(printed.replace('\n', " ").contains(part), "{part}: {printed}");
    }
    let manifest = fs::read_to_string(folder.path().join("out/manifest.json")).expect("text");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    for name in ["stress.csv", "n-minus-one.csv", "stress.json", "charts/stress.png", "config.toml"] {
        let bytes = fs::read(folder.path().join("out").join(name)).expect("it is there");
        assert_eq!(manifest["files"][name], shortfall::output::file::digest(&bytes), "{name}");
    }
    let rows = fs::read_to_string(folder.path().join("out/stress.csv")).expect("text");
    // Four losses with seven names, four spans each; nothing lost; the header.
    assert_eq!(rows.lines().count(), 7 * 4 + 2, "{rows}");
    assert!(rows.contains("base,capacity,small,for good,all,product,t,2,0.16,675,0.84,720,"), "{rows}");
    assert_eq!(shortfall(&["--format", "csv"]).1, rows);
    let json: serde_json::Value = serde_json::from_str(&shortfall(&["--json"]).1).expect("JSON");
    assert_eq!(json["losses"][3]["single_point"][0], "for-months");
    let markdown = shortfall(&["--format", "md", "-n", "100"]).1;
    assert!(markdown.contains("| country A = small | 2 (2) | 16 % (16 %) |"), "{markdown}");
    assert_eq!(shortfall(&["--lose", "nobody"]).0, Some(2));
    assert_eq!(shortfall(&["-o", "out"]).0, Some(4), "the folder is not empty");
    let (_, printed, _) = shortfall(&["--lose", "m*"]);
    assert!(printed.contains("middle = m*"), "{printed}");
}
