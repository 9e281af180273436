//! What would have to be true for a claim: crossings and pairs by hand, intervals, threads, faults, files.

use std::fs;
use std::process::{Command, Output};

use shortfall::Study;
use shortfall::output::require::answer;
use shortfall::simulation::{self, Progress};
use shortfall::statistics::{Passing, passing, percentile_ranks};
use shortfall::study::require::{Lever, Required};
use shortfall::summary::require::{Measure, Moved, Question, Requirement, require, trials_for};

/// A plant that is missing, built with probability 0.9 after two delays of 0 to 40 months: all is well by month 36 if their sum
/// is 36.5 at most, as what starts within the first half of a month counts for it.
const ONE_PLANT: &str = r#"
    title = "One plant"
    start = "2026-01"
    horizon_years = 10
    markets.all.countries = ["A"]
    stages.product = {}
    capacities.old = { country = "A", stage = "product", tonnes_per_year = 40 }
    demands.users = { market = "all", stage = "product", tonnes_per_year = 100 }
    milestones.enough = { title = "Enough", series = "shortage_fraction.all.product", at_most = 0.01, for_months = 3 }

    [projects.new]
    country = "A"
    stage = "product"
    tonnes_per_year = 100
    announced_start = "2026-01"
    slip_months = { uniform = [0, 40] }
    success_probability = 0.9
    phases = [{ name = "permits", months = { uniform = [0, 40] } }]

    [claims]
    soon = { who = "Someone", milestone = "enough", within_months = 36 }
    late = { who = "Another", milestone = "enough", not_within_months = 36 }
    ever = { who = "A third", milestone = "enough", not_within_months = 1 }
"#;

fn study(text: &str) -> Study {
    Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn asked(study: &Study, claim: &str, question: Question, levers: &[&str]) -> Requirement {
    let required = Required::new(study, &study.scenarios[0].id, claim).expect("there is such a claim");
    let levers = levers.iter().map(|text| match text.contains('=') {
        true => required.lever_of_setting(text),
        false => required.lever_of_pattern(text),
    });
    let levers: Vec<Lever> = levers.map(|lever| lever.expect("it is there")).collect();
    require(&required, question, levers, &Progress::default()).expect("nobody stops it")
}

fn question(at_least: f64, trials: u64) -> Question {
    Question { at_least, trials, confidence: 0.99, threads: 2 }
}

/// The crossing of what is called so holds the truth.
fn crosses(moved: &[Moved], name: &str, truth: f64) {
    let found = moved.iter().find(|moved| moved.name == name).unwrap_or_else(|| panic!("{name} is not there"));
    let crossing = found.crossing.as_ref().unwrap_or_else(|| panic!("{name} passes: {found:?}"));
    let (low, high) = (crossing.low.expect("a lower end"), crossing.high.expect("an upper end"));
    assert!(low <= truth && truth <= high, "{name}: {low} to {high}, not {truth}");
    let value = crossing.value.expect("a value");
    assert!(low <= value && value <= high && high > low, "{name}: {crossing:?}");
}

/// Probability that two delays of 0 to 40 months add up to at most `months`.
fn within(months: f64) -> f64 {
    let months = months.clamp(0.0, 80.0);
    if months <= 40.0 { months * months / 3200.0 } else { 1.0 - (80.0 - months) * (80.0 - months) / 3200.0 }
}

/// Where a rising function reaches `level`, between 0 and `end`.
fn reaches(level: f64, end: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, end);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if function(middle) < level { low = middle } else { high = middle }
    }
    high
}

/// With one delay known to be `v`, the claim holds with probability `0.9 (36.5 - v) / 40`: one half at 14.28. With all plants `s`
/// months sooner with `0.9 within(36.5 + s)`. A second plant that is there with probability `f` fails by itself.
#[test]
fn crossings_by_hand() {
    let study = study(ONE_PLANT);
    let (slip, permits) = ("projects.new.slip_months", "projects.new.phases.permits.months");
    let found = asked(
        &study,
        "soon",
        question(0.5, 6000),
        &[slip, permits, "projects.new.success", "demands.users.tonnes_per_year=20..140"],
    );
    let now = found.now.value.expect("a probability");
    assert!((now - 0.9 * within(36.5)).abs() < 0.025 && !found.reached, "{now}");
    for name in [slip, permits] {
        crosses(&found.moved, name, 36.5 - 0.5 / 0.9 * 40.0);
        assert!(!found.moved.iter().find(|moved| moved.name == name).expect("it is there").rises);
    }
    // The old plant is enough for 40, and a hundredth more.
    let demand =
        found.moved.iter().find(|moved| moved.name == "demands.users.tonnes_per_year").expect("it was asked for");
    let level = demand.crossing.as_ref().and_then(|crossing| crossing.value).expect("it passes");
    assert!((level - 40.0 / 0.99).abs() < 0.1, "{level}");
    let success = found.moved.iter().find(|moved| moved.name == "projects.new.success").expect("it was asked for");
    assert_eq!(
        (success.measure, success.low.probability.value, success.crossing.is_none()),
        (Measure::Success, Some(0.0), true)
    );
    let certain = success.high.probability.value.expect("a probability");
    assert!((certain - within(36.5)).abs() < 0.025, "{certain}");
    let [plants, sooner, less] = &found.changes[..] else { panic!("three changes") };
    assert_eq!(
        [plants, sooner, less].map(|moved| moved.name.as_str()),
        ["more plants", "plants sooner", "less demand"]
    );
    let months = reaches(0.5, 60.0, |months| 0.9 * within(36.5 + months));
    crosses(std::slice::from_ref(sooner), "plants sooner", months);
    let alone = 0.9 * within(36.5);
    let share = reaches(0.5, 2.0, |share| 1.0 - (1.0 - alone) * (1.0 - alone * share));
    crosses(std::slice::from_ref(plants), "more plants", share);
    assert_eq!(less.crossing, None, "half of the demand is still too much for the old plant");
    // Together, each by the same part of what it takes alone.
    let pair = &found.pairs[0];
    let measures = pair.amounts.each_ref().map(|(measure, _)| *measure);
    assert_eq!(measures, [Measure::Plants, Measure::Months], "{pair:?}");
    let [own_plants, own_months] =
        [plants, sooner].map(|moved| moved.crossing.as_ref().and_then(|crossing| crossing.value).expect("it passes"));
    let part = reaches(0.5, 1.0, |part| {
        let alone = 0.9 * within(36.5 + own_months * part);
        1.0 - (1.0 - alone) * (1.0 - alone * own_plants * part)
    });
    let told = pair.part.as_ref().expect("it passes");
    assert!(told.low.expect("an end") <= part && part <= told.high.expect("an end"), "{told:?}, not {part}");
    // Half of the demand helps nobody, but does not stand in the way.
    assert!(found.pairs.iter().all(|pair| pair.part.is_some()), "{:?}", found.pairs);
}

/// Progress is measured by a number that is not exceeded, nor far off: each lever takes at most four runs.
#[test]
fn progress_ends_near_what_is_told() {
    let study = study(ONE_PLANT);
    let required = Required::new(&study, &study.scenarios[0].id, "soon").expect("there is such a claim");
    let (question, progress) = (question(0.5, 500), Progress::default());
    let told = trials_for(&question, 0);
    require(&required, question, Vec::new(), &progress).expect("nobody stops it");
    let done = progress.done();
    assert!(done <= told && done > told / 2, "{done} of {told}");
}

/// Both delays are limited where the claim shall be likelier; what fresh trials say of the box is what is true of it.
#[test]
fn the_box_is_measured_in_fresh_trials() {
    let found = asked(&study(ONE_PLANT), "soon", question(0.8, 6000), &[]);
    let inside = &found.together;
    let names: Vec<&str> = inside.ranges.iter().map(|range| range.name.as_str()).collect();
    assert!(
        names.contains(&"projects.new.slip_months") || names.contains(&"projects.new.phases.permits.months"),
        "{inside:?}"
    );
    let limit = |name: &str| {
        let range = inside.ranges.iter().find(|range| range.name == name);
        range.map_or((0.0, 40.0), |range| (range.low.unwrap_or(0.0), range.high.unwrap_or(40.0)))
    };
    let (slip, permits) = (limit("projects.new.slip_months"), limit("projects.new.phases.permits.months"));
    let built = inside.ranges.iter().any(|range| range.name == "projects.new.success" && range.low.is_some());
    let cells =
        |(low, high): (f64, f64)| (0..400).map(move |cell| low + (high - low) * (f64::from(cell) + 0.5) / 400.0);
    let good = cells(slip).flat_map(|x| cells(permits).map(move |y| x + y)).filter(|sum| *sum <= 36.5).count();
    let density = good as f64 / 160_000.0 * if built { 1.0 } else { 0.9 };
    let fresh = inside.fresh.as_ref().expect("a box was found");
    let (low, high) = (fresh.density.low.expect("an end"), fresh.density.high.expect("an end"));
    assert!(low <= density + 0.003 && density - 0.003 <= high, "{low} to {high}, not {density}");
    assert!(fresh.density.low > fresh.base.value);
}

/// A claim that is likely enough: how far things may move before it is not.
#[test]
fn what_holds_already_and_what_always_or_never_does() {
    let study = study(ONE_PLANT);
    let slip = "projects.new.slip_months";
    let found = asked(&study, "late", question(0.5, 3000), &[slip]);
    assert!(found.reached);
    crosses(&found.moved, slip, 36.5 - 0.5 / 0.9 * 40.0);
    assert!(found.moved.iter().find(|moved| moved.name == slip).expect("it is there").rises);
    assert_eq!(found.together.what, "fails");
    let always = asked(&study, "ever", question(0.9, 2000), &[slip]);
    assert!(always.now.value.expect("a probability") > 0.98);
    let never = asked(&study, "ever", question(0.001, 2000), &[]);
    assert!(never.reached);
    let text = answer(&study, &always, "0123").text(&study, shortfall::output::terminal::Screen::USUAL);
    assert!(text.contains("already"), "{text}");
}

/// Over many seeds, the interval of a crossing holds it about as often as it says.
#[test]
fn intervals_of_crossings_cover() {
    let (trials, mut held) = (800, 0);
    for seed in 0..60 {
        let study = study(&ONE_PLANT.replace("[claims]", &format!("[run]\nseed = {seed}\n\n[claims]")));
        let required = Required::new(&study, "base", "soon").expect("there is such a claim");
        let lever = required.lever_of_pattern("projects.new.slip_months").expect("it is there");
        let ranks = percentile_ranks(trials, 0.5, 0.9);
        let asked = Passing { range: lever.range, whole: false, trials, goal: trials / 2, ranks, looked_at: 100 };
        let found = passing(&asked, &[], |at, some| {
            simulation::holding(&required.with(&lever, at).expect("it can be"), 0, some, 1, &Progress::default())
        });
        let crossing = found.expect("nobody stops it").crossing.expect("it passes");
        let [fewer, more] = [crossing.fewer, crossing.more].map(|end| 40.0 * end.expect("within the range"));
        held += u32::from(more <= 14.2778 && 14.2778 <= fewer);
    }
    // 54 are expected; 47 to 60 with a probability of more than 0.99.
    assert!((47..=60).contains(&held), "{held} of 60");
}

#[test]
fn threads_change_nothing() {
    let study = study(ONE_PLANT);
    let bytes = |threads: usize| {
        let found = asked(&study, "soon", Question { threads, ..question(0.5, 2000) }, &["projects.new.slip_months"]);
        let answer = answer(&study, &found, "0123");
        (answer.json.1.clone(), answer.csv().to_vec(), answer.charts[0].png().1)
    };
    assert!(bytes(1) == bytes(8));
}

fn shortfall(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shortfall")).args(arguments).output().expect("it runs")
}

#[test]
fn faults_files_and_scenarios() {
    let folder = std::env::temp_dir().join(format!("shortfall-require-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let config = folder.join("one.toml");
    let scenarios = "\n[scenarios.plain]\ntitle = \"Plain\"\n[scenarios.sure]\ntitle = \"Sure\"\n\
                     set.\"projects.new.success_probability\" = 1\n";
    fs::write(&config, ONE_PLANT.to_string() + scenarios).expect("written");
    let config = config.to_string_lossy();
    let faults = |arguments: &[&str]| {
        let output = shortfall(&[&["require", &config][..], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    let told = faults(&["--claim", "soom", "-n", "100", "--scenario", "plain", "--scenario", "sure"]);
    for part in ["there is no claim `soom`; did you mean `soon`?", "at least 2000 trials", "one scenario at a time"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let told = faults(&[
        "--claim",
        "soon",
        "--input",
        "nothing.*",
        "--lever",
        "demands.users.tonnes_per_year",
        "--lever",
        "demands.user.x=1..2",
    ]);
    for part in ["matches no uncertain input", "is not written PATH=FROM..TO", "demands.user.x"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let printed = |lever: &str| {
        let arguments = ["require", &config, "--claim", "soon", "--scenario", "plain", "-n", "2000", "--lever", lever];
        let output = shortfall(&[&arguments[..], &["--format", "csv", "--progress", "none"]].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let whole = printed("projects.new.copies=0..4");
    let row = whole.lines().find(|line| line.contains("projects.new.copies")).expect("it was asked for").to_string();
    // Two plants fail together with probability 0.625 squared: the crossing is at a whole number of them.
    assert!(row.contains(",2,1,2,true,"), "{row}");
    assert!(faults(&["--claim", "soon", "--at-least", "1"]).contains("above 0 and below 1"));
    let out = folder.join("out");
    let output = shortfall(&[
        "require",
        &config,
        "--claim",
        "soon",
        "-n",
        "2000",
        "--scenario",
        "sure",
        "-o",
        &out.to_string_lossy(),
        "--progress",
        "none",
    ]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("scenario sure") && text.contains("It would reach 50 % if"), "{text}");
    for file in
        ["require.csv", "pairs.csv", "box.csv", "require.json", "report.html", "charts/require.png", "manifest.json"]
    {
        assert!(out.join(file).exists(), "{file}");
    }
    fs::remove_dir_all(&folder).expect("removed");
}

/// Delays of 30 months with a deviation of 10, of which 0.8 in common: known to be at `z` of that, the plant comes in time with
/// the normal probability of `(0.65 - 0.8 z) / 0.6`, nine in ten at `z = -0.149`, the 44th percentile, where it takes 28.8 months.
#[test]
fn what_correlated_inputs_have_in_common() {
    let text = r#"
        title = "Two plants"
        start = "2026-01"
        horizon_years = 10
        markets.all.countries = ["A"]
        stages.product = {}
        capacities.old = { country = "A", stage = "product", tonnes_per_year = 40 }
        demands.users = { market = "all", stage = "product", tonnes_per_year = 100 }
        milestones.enough = { title = "Enough", series = "shortage_fraction.all.product", at_most = 0.01 }
        projects.large = { country = "A", stage = "product", tonnes_per_year = 100, announced_start = "2026-01", slip_months = { normal = { mean = 30, sd = 10 } } }
        projects.small = { country = "A", stage = "product", tonnes_per_year = 1, announced_start = "2026-01", slip_months = { normal = { mean = 40, sd = 10 } } }
        correlations.delays = { inputs = ["projects.*.slip_months"], rho = 0.64 }
        claims.soon = { who = "Someone", milestone = "enough", within_months = 36 }
    "#;
    let study = study(text);
    let found = asked(&study, "soon", question(0.9, 6000), &["projects.large.slip_months"]);
    crosses(&found.moved, "correlations.delays", 0.4409);
    let common = found.moved.iter().find(|moved| moved.name == "correlations.delays").expect("it is there");
    let example = common.example.as_ref().expect("they are no chances");
    assert!((example.value - 28.81).abs() < 1.0 && common.inputs == 2, "{example:?}");
    // By itself, whatever the other does, it is enough that it comes in time.
    crosses(&found.moved, "projects.large.slip_months", 36.5);
    let said = answer(&study, &found, "0123").finding.join(" ");
    assert!(said.contains("what the 2 inputs of correlations.delays have in common at most P4"), "{said}");
}
