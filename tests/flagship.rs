//! The configs that come along: that they run, that `us-japan-2025.toml` starts from the published shares, and that every
//! number in it says where it comes from.

use std::collections::BTreeSet;
use std::path::Path;

use shortfall::config::source::Document;
use shortfall::simulation;
use shortfall::study::Study;
use shortfall::tally::Tally;

const FLAGSHIP: &str = "us-japan-2025.toml";

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A config with changes as on the command line, limited to some scenarios (none: all).
fn study(name: &str, changes: &[&str], scenarios: &[&str]) -> Study {
    let mut document = Document::parse(name, &text(name)).unwrap_or_else(|faults| panic!("{faults}"));
    for change in changes {
        document.edit(change).unwrap_or_else(|faults| panic!("{faults}"));
    }
    let mut study = Study::new(&document).unwrap_or_else(|faults| panic!("{faults}"));
    study.scenarios.retain(|case| scenarios.is_empty() || scenarios.contains(&case.id.as_str()));
    study
}

fn run(study: &Study, trials: u64) -> Vec<Tally> {
    simulation::run(&study.models(), trials, 0, &simulation::Progress::default()).expect("nobody stops it")
}

/// Mean of a series of the first case in the first month.
fn at_start(study: &Study, tallies: &[Tally], name: &str) -> f64 {
    let index = study.scenarios[0].model.series.iter().position(|spec| spec.name == name);
    tallies[0].series(index.unwrap_or_else(|| panic!("no series {name}")), 0).mean().expect("finite values")
}

/// Number of trials in which an outcome of a scenario is at most `limit`.
fn at_most(study: &Study, tallies: &[Tally], scenario: &str, outcome: &str, limit: f64) -> u64 {
    let case = study.scenarios.iter().position(|case| case.id == scenario).expect("a scenario of this name");
    let index = study.scenarios[case].model.outcomes.iter().position(|spec| spec.name == outcome);
    tallies[case].outcome(index.unwrap_or_else(|| panic!("no outcome {outcome}"))).at_most(limit)
}

const CALM: [&str; 2] = ["disruptions.*.rate_per_year=0", "disruptions.*.active_at_start=0"];

#[test]
fn all_configs_run() {
    for name in ["quickstart.toml", "smoke.toml", FLAGSHIP] {
        let study = study(name, &[], &[]);
        assert!(run(&study, 20).iter().all(|tally| tally.trials() == 20), "{name}");
    }
}

#[test]
fn china_has_its_published_shares_at_the_start() {
    let series = r#"output.series=["share.China.*", "production.*.*"]"#;
    let study = study(FLAGSHIP, &[CALM[0], CALM[1], series], &["pipeline"]);
    let tallies = run(&study, 100);
    let share = |stage: &str| at_start(&study, &tallies, &format!("share.China.{stage}"));
    let world = |stage: &str| -> f64 {
        let of = |market: &str| at_start(&study, &tallies, &format!("production.{market}.{stage}"));
        ["china", "allies", "rest"].into_iter().map(of).sum()
    };
    let both = |light: &str, heavy: &str| {
        (share(light) * world(light) + share(heavy) * world(heavy)) / (world(light) + world(heavy))
    };
    for (what, published, simulated) in [
        ("mining of magnet rare earths", 0.60, both("light-mining", "heavy-mining")),
        ("mining, light", 0.60, share("light-mining")),
        ("separation", 0.91, both("light-separation", "heavy-separation")),
        ("separation, light", 0.91, share("light-separation")),
        ("magnets", 0.94, share("magnets")),
    ] {
        println!("{what}: {simulated:.4}, published {published}");
        assert!((simulated - published).abs() <= 0.03, "{what}: {simulated:.3}, published {published}");
    }
}

#[test]
fn nobody_goes_short_in_the_first_year_without_disruptions() {
    let study = study(FLAGSHIP, &CALM, &["pipeline"]);
    let trials = 1000;
    let tallies = run(&study, trials);
    for market in ["china", "allies", "rest"] {
        let outcome = format!("first_shortage.{market}.magnets");
        assert_eq!(at_most(&study, &tallies, "pipeline", &outcome, 11.0), 0, "{market}");
    }
}

#[test]
fn scenarios_differ_in_the_direction_of_their_assumptions() {
    let study = study(FLAGSHIP, &[], &[]);
    let tallies = run(&study, 1000);
    let reached = |scenario: &str, milestone: &str, by: f64| {
        at_most(&study, &tallies, scenario, &format!("milestone.{milestone}"), by)
    };
    for milestone in ["light-half", "heavy-half", "magnets-half"] {
        for by in [60.0, 120.0] {
            assert!(reached("as-claimed", milestone, by) > reached("pipeline", milestone, by), "{milestone} {by}");
            assert!(reached("decade", milestone, by) <= reached("pipeline", milestone, by), "{milestone} {by}");
        }
        assert!(reached("decade", milestone, 120.0) < reached("pipeline", milestone, 120.0), "{milestone}");
        let ordered = ["without-deal", "pipeline", "with-deal"].map(|scenario| reached(scenario, milestone, 228.0));
        assert!(ordered.is_sorted(), "{milestone}: {ordered:?}");
    }
    assert_eq!(reached("pipeline", "magnets-independence", 12.0), 0);
}

/// Ids of `data/sources.csv`.
fn sources() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/data/sources.csv");
    let mut reader = csv::Reader::from_path(path).expect("the list of sources");
    reader.records().map(|record| record.expect("a row")[0].to_string()).collect()
}

/// A line without its comment, and the comment.
fn split_comment(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, letter) in line.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '#' if !quoted => return (&line[..at], &line[at + 1..]),
            _ => {}
        }
    }
    (line, "")
}

/// Whether a line states a number or a month: a digit behind the key, outside quotes, or a quoted text that is a month.
fn states_a_number(code: &str) -> bool {
    let value = match code.trim_start().starts_with('"') {
        // A path in quotes is the key.
        true => code.rsplit_once("\" =").map_or("", |(_, value)| value),
        false => code.split_once('=').map_or(code, |(_, value)| value),
    };
    value.split('"').enumerate().any(|(position, part)| {
        let month =
            part.len() == 7 && part.as_bytes()[4] == b'-' && part.bytes().filter(u8::is_ascii_digit).count() == 6;
        let bare = position % 2 == 0
            && part
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        month || bare
    })
}

#[test]
fn every_number_says_where_it_comes_from() {
    let (text, sources) = (text(FLAGSHIP), sources());
    let mut in_text = false;
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let marks = line.matches("\"\"\"").count();
        let was_in_text = in_text;
        in_text ^= marks % 2 == 1;
        if was_in_text || marks > 0 || line.trim_start().starts_with('[') {
            continue;
        }
        let (code, comment) = split_comment(line);
        if states_a_number(code)
            && !(comment.contains("assumption") || words(comment).any(|word| sources.contains(word)))
        {
            faults.push(format!("{}: {line}", number + 1));
        }
    }
    assert!(faults.is_empty(), "numbers without a source:\n{}", faults.join("\n"));
}

fn words(comment: &str) -> impl Iterator<Item = &str> {
    comment.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '-')
}

/// Whether a word of a comment looks like the id of a source: `iea_oct25`, `adamas24`, `derived-rates`.
fn looks_like_a_source(word: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let stem = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    word.starts_with("derived-")
        || plain && word.contains('_')
        || plain
            && word.len() - stem.len() >= 2
            && stem.len() >= 2
            && stem.starts_with(|c: char| c.is_ascii_lowercase())
}

#[test]
fn every_source_that_is_named_is_listed() {
    let (text, sources) = (text(FLAGSHIP), sources());
    let keys: BTreeSet<&str> = text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.trim())).collect();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/data");
    let mut named = 0;
    for line in text.lines() {
        for word in words(split_comment(line).1).filter(|word| looks_like_a_source(word)) {
            let known = sources.contains(word) || keys.contains(word) || data.join(format!("{word}.csv")).exists();
            assert!(known, "`{word}` is no source: {line}");
            named += 1;
        }
    }
    assert!(named > 100, "only {named} sources are named");
}

#[test]
fn the_pipeline_is_whole() {
    let study = study(FLAGSHIP, &[], &["pipeline"]);
    let announced = study.config.projects.keys().filter(|id| !id.starts_with("follow-on-")).count();
    assert!(announced >= 40, "{announced} projects");
    assert_eq!((study.config.start.to_string().as_str(), study.config.horizon_years), ("2025-11", 20.0));
}
