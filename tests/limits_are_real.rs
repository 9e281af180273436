//! The largest that is allowed works: as many trials as there may be are counted without overflow, and the memory that a run
//! takes is told before it starts, near to what it is, and refused where it is not there.

use std::fs;
use std::path::Path;
use std::process::Command;

use shortfall::Study;
use shortfall::model::LIMITS;
use shortfall::simulation::{self, Progress};
use shortfall::summary::summarise;
use shortfall::tally::{self, Tally};

/// Most of what is wanted is missing, so that the sums are near their bounds.
const SHORT: &str = r#"
    title = "Next to nothing is made"
    start = "2026-01"
    horizon_years = 2
    markets.all.countries = ["Everywhere"]
    stages.metal = {}
    capacities.plant = { country = "Everywhere", stage = "metal", tonnes_per_year = { uniform = [1, 2] } }
    demands.users = { market = "all", stage = "metal", tonnes_per_year = { triangular = [900, 1000, 1023] } }
    output.series = ["shortage.all.metal", "shortage_fraction.all.metal"]
    run.confidence = 0.95
"#;

/// So many times the same.
fn times(tally: &Tally, count: u64) -> Tally {
    let mut doubled = tally.clone();
    let mut sum: Option<Tally> = None;
    for bit in 0..u64::BITS - count.leading_zeros() {
        if count >> bit & 1 == 1 {
            match &mut sum {
                Some(sum) => sum.merge(&doubled),
                none => *none = Some(doubled.clone()),
            }
        }
        let same = doubled.clone();
        doubled.merge(&same);
    }
    sum.expect("at least once")
}

#[test]
fn as_many_trials_as_there_may_be_are_counted_without_overflow() {
    let study = Study::from_text(SHORT).unwrap_or_else(|faults| panic!("{faults}"));
    let case = &study.scenarios[0];
    let counted = Tally::new(&case.model).with_drivers(tally::Drivers::new(&case.model, &study.headline_numbers(case)));
    let few =
        simulation::extend(&[&case.model], vec![counted], 0..1000, 2, &Progress::default()).expect("nobody stops it");
    let many = vec![times(&few[0], LIMITS.trials.most / 1000)];
    assert_eq!(many[0].trials(), LIMITS.trials.most);
    let [few, many] = [few, many].map(|tallies| summarise(&study, &tallies));
    for (few, many) in few.scenarios[0].outcomes.iter().zip(&many.scenarios[0].outcomes) {
        assert_eq!(few.mean.value, many.mean.value, "{}", few.name);
        // Ranks differ by rounding up alone.
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 0.005 * a.abs(),
            (a, b) => a == b,
        };
        for (few, many) in few.percentiles.iter().zip(&many.percentiles) {
            assert!(near(few.estimate.value, many.estimate.value), "{few:?} {many:?}");
        }
    }
    let shortage =
        &many.scenarios[0].outcomes.iter().find(|one| one.name == "total_shortage.all.metal").expect("it is there");
    assert!(shortage.mean.value.is_some_and(|mean| mean > 1900.0), "{:?}", shortage.mean);
    let [few, many] = [&few, &many].map(|summary| summary.scenarios[0].drivers.as_ref().expect("they were counted"));
    for (few, many) in few.numbers.iter().zip(&many.numbers) {
        let shares = |one: &shortfall::DrivenNumber| -> Vec<String> {
            one.drivers.iter().map(|driver| driver.name.clone()).collect()
        };
        assert!(shares(few).iter().all(|name| shares(many).contains(name)), "{}", few.name);
    }
}

/// A config with many series, months and scenarios.
fn large(scenarios: usize) -> String {
    let mut text = String::from(
        "title = \"Large\"\nstart = \"2026-01\"\nhorizon_years = 50\nstages.s0 = {}\noutput.series = [\"shortage.*.s4\", \"share.*.s4\"]\n",
    );
    for stage in 1..5 {
        text += &format!("stages.s{stage}.feeds.s{} = 1.0\n", stage - 1);
    }
    for market in 0..8 {
        text += &format!("markets.m{market}.countries = [\"C{market}\"]\n");
        text += &format!(
            "demands.d{market} = {{ market = \"m{market}\", stage = \"s4\", tonnes_per_year = {{ uniform = [50, 70] }} }}\n"
        );
        for stage in 0..5 {
            text += &format!(
                "capacities.k{market}-{stage} = {{ country = \"C{market}\", stage = \"s{stage}\", tonnes_per_year = 60 }}\n"
            );
        }
    }
    for index in 0..40 {
        text += &format!(
            "disruptions.x{index} = {{ kind = \"outage\", hits = [\"k{}-{}\"], rate_per_year = 0.3, duration_months = 3 }}\n",
            index % 8,
            index / 8
        );
    }
    for index in 0..scenarios {
        text += &format!("scenarios.c{index}.set = {{ \"capacities.k0-0.tonnes_per_year\" = {} }}\n", 40 + index);
    }
    text
}

/// A config as large as is allowed: 16 markets, 32 stages, 2000 projects, 300 disruptions, 100 years, and so many scenarios
/// that their histograms have nearly as many cells as there may be.
fn largest() -> String {
    let mut text = String::from("title = \"The largest\"\nstart = \"2026-01\"\nhorizon_years = 100\nstages.s0 = {}\n");
    text += "output.series = [\"shortage_fraction.m0.s31\"]\n";
    for stage in 1..32 {
        text += &format!("stages.s{stage}.feeds.s{} = 1.0\n", stage - 1);
    }
    for market in 0..16 {
        text += &format!("markets.m{market}.countries = [\"C{market}\"]\n");
        // Shortage is an outcome wherever there is demand.
        if market < 8 {
            text += &format!(
                "demands.d{market} = {{ market = \"m{market}\", stage = \"s31\", tonnes_per_year = {{ uniform = [50, 70] }} }}\n"
            );
        }
        for stage in 0..32 {
            text += &format!(
                "capacities.k{market}-{stage} = {{ country = \"C{market}\", stage = \"s{stage}\", tonnes_per_year = 60 }}\n"
            );
        }
    }
    for index in 0..2000 {
        text += &format!(
            "projects.p{index} = {{ country = \"C{}\", stage = \"s{}\", tonnes_per_year = 1, announced_start = \"{}-06\", \
             success_probability = 0.5, slip_months = {{ uniform = [0, 60] }} }}\n",
            index % 16,
            index / 16 % 32,
            2030 + index % 60
        );
    }
    for index in 0..300 {
        text += &format!(
            "disruptions.x{index} = {{ kind = \"outage\", hits = [\"k{}-{}\"], rate_per_year = 0.3, duration_months = 3 }}\n",
            index % 16,
            index / 16
        );
    }
    for index in 0..31 {
        text += &format!("scenarios.c{index}.set = {{ \"capacities.k0-0.tonnes_per_year\" = {} }}\n", 40 + index);
    }
    text
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes 2.5 GB of memory and a minute"]
fn the_largest_model_runs() {
    let text = largest();
    let study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
    let cells: u64 = study.models().iter().map(|model| tally::cells(model)).sum();
    assert!((0.9..=1.0).contains(&(cells as f64 / LIMITS.cells.most as f64)), "{cells} cells");
    let told = simulation::memory(&study.models(), 2);
    drop(study);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("large.toml"), &text).expect("written");
    let (code, errors, peak) = run(folder.path(), None, 16);
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.contains("of memory"), "nothing is told: {errors}");
    // Memory is told for cells that few trials never touch, and which the system therefore never hands out.
    assert!(peak < told, "told {told}, taken {peak}");
}

/// So many trials by the program in `folder`, with at most so many bytes of memory; its exit code, messages, and largest memory.
fn run(folder: &Path, most: Option<u64>, trials: u64) -> (Option<i32>, String, u64) {
    let limit = most.map_or("unlimited".into(), |bytes| (bytes / 1024).to_string());
    let line =
        format!("ulimit -v {limit}; exec \"$0\" run large.toml -n {trials} -j 2 --no-charts --progress none -o out");
    let mut command = Command::new("sh");
    command.args(["-c", &line, env!("CARGO_BIN_EXE_shortfall")]).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    let out = command.output().expect("the program starts");
    let manifest = fs::read(folder.join("out/manifest.json")).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let peak = manifest["wall_clock"]["peak_memory_bytes"].as_u64().unwrap_or(0);
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned(), peak)
}

#[test]
#[cfg(target_os = "linux")]
fn the_memory_of_a_run_is_told_and_refused_where_it_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = large(10);
    fs::write(folder.path().join("large.toml"), &text).expect("written");
    let told = Study::from_text(&text).map(|study| simulation::memory(&study.models(), 2));
    let told = told.unwrap_or_else(|faults| panic!("{faults}"));
    let (code, errors, _) = run(folder.path(), Some(told / 2), 512);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("of memory and") && errors.contains("name fewer series"), "{errors}");
    assert!(!folder.path().join("out").exists(), "a refused run leaves a folder");
    let (code, errors, peak) = run(folder.path(), None, 512);
    assert_eq!(code, Some(0), "{errors}");
    let near = told as f64 / peak as f64;
    assert!((0.7..2.0).contains(&near), "told {told}, taken {peak}");
}
