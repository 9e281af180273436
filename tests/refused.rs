//! Arguments that do not fit together, or ask for what is not there: refused with what to do instead, all at once, and nothing
//! is written.

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::Path;

use program::{names, shortfall, workshop};

/// A line, its exit code, and what standard error says.
type Case<'a> = (&'a str, i32, &'a [&'a str]);

fn held(at: &Path, cases: &[Case<'_>]) {
    let before = names(at);
    for (line, code, parts) in cases {
        let (found, out, said) = shortfall(at, &line.split_whitespace().collect::<Vec<_>>());
        assert_eq!((found, out.as_str()), (Some(*code), ""), "{line}\n{said}");
        for part in *parts {
            assert!(said.contains(part), "{line}: {part} is missing from\n{said}");
        }
    }
    assert_eq!(names(at), before, "something is written");
}

#[test]
fn numbers_that_a_command_cannot_do_with() {
    held(
        workshop().path(),
        &[
            (
                "drivers small.toml -n 10",
                2,
                &["drivers take at least 2000 trials; 10 are asked for: raise `run.trials`"],
            ),
            (
                "choose small.toml --value-of-information -n 10 --budget=-1",
                2,
                &["takes at least 20000 trials; 10 are asked for: raise `-n`", "`--budget` is 0 or more"],
            ),
            ("choose small.toml --budget=inf", 2, &["`--budget` is 0 or more"]),
            (
                "require small.toml --claim later -n 10 --scenario plain --scenario harder",
                2,
                &[
                    "one scenario at a time",
                    "at least 2000 trials; 10 are asked for: raise `-n`",
                    "--claim: there is no claim `later`",
                ],
            ),
            (
                "require small.toml --claim soon -n 1000001",
                2,
                &["at most 1000000 trials; 1000001 are asked for: lower `-n`"],
            ),
            ("require small.toml --claim soon --at-least 1", 2, &["a probability lies above 0 and below 1"]),
            ("require small.toml --claim soon --at-least x", 2, &["a probability lies above 0 and below 1"]),
            ("rare small.toml --tilt a=1 --untilted 2", 2, &["a share lies between 0.001 and 0.999"]),
            (
                "rare small.toml --tilt disruptions.acute.rate_per_year --tilt a=x --above y",
                2,
                &[
                    "--tilt takes NAME=NUMBER; `disruptions.acute.rate_per_year` is not that",
                    "--tilt takes NAME=NUMBER; `a=x` is not that",
                    "--above takes NAME=NUMBER; `y` is not that",
                ],
            ),
            ("run small.toml --checkpoint=-1", 2, &["a number of seconds is expected, such as 60 or 0.5"]),
            ("run small.toml --shard 1", 2, &["--shard 1: write K/N, as in 3/40 for the third of forty"]),
            ("run small.toml --shard x/2", 2, &["--shard x/2: write K/N"]),
            ("run small.toml --round 2 --shard 1/2", 2, &["--round 2: the run has 1 of them without --until"]),
            ("replay small.toml --trials 3..3", 2, &["--trials 3..3: write FROM..TO, as in 0..100"]),
            ("replay small.toml --trials 7", 2, &["--trials 7: write FROM..TO"]),
            ("replay small.toml --trials 0..1000000001", 2, &["trials are numbered from 0 to 999999999"]),
            ("drivers small.toml --total nonesuch.x", 2, &["--total `nonesuch.x` matches no uncertain input"]),
        ],
    );
}

#[test]
fn more_than_is_looked_at_at_once() {
    let shop = workshop();
    let tilts = "--tilt disruptions.acute.rate_per_year=2 ".repeat(1001);
    held(
        shop.path(),
        &[
            ("choose small.toml --scenario plain --scenario harder", 2, &["one scenario at a time"]),
            ("stress small.toml --scenario plain --scenario harder", 2, &["one scenario at a time"]),
            (
                "size small.toml --stock x --scenario plain --scenario harder",
                2,
                &[
                    "one scenario at a time",
                    "`--stock x`: a stock is sized of what a market finally uses: `west.magnets`",
                ],
            ),
            (&format!("rare small.toml {tilts}"), 2, &["1001 of --tilt are given; at most 1000 are allowed"]),
            (
                "choose small.toml --among scenarios --value-of-information -n 20000 --scenario plain",
                2,
                &["there is one scenario: nothing to choose among"],
            ),
        ],
    );
}

#[test]
fn formats_that_do_not_hold_what_is_asked_for() {
    held(
        workshop().path(),
        &[
            ("replay small.toml --trial 1 --format parquet", 2, &["Parquet is for tables: --trials 1..2"]),
            ("replay small.toml --trials 0..3 --format json", 2, &["of many: csv or parquet"]),
            ("replay small.toml --trials 0..3 --format text", 2, &["of one trial: --trial N"]),
            (
                "replay small.toml --trial 1 --format csv",
                2,
                &["name the scenario whose series you want: --scenario NAME"],
            ),
            ("table small.toml --projects", 2, &["small.toml has no projects: there is no table to write"]),
            ("table small.toml --stockpiles", 2, &["small.toml has no stockpiles: there is no table to write"]),
            ("list small.toml nothing", 2, &["matches `nothing`: `shortfall list small.toml` shows all"]),
        ],
    );
}

#[test]
fn folders_that_are_not_of_the_command() {
    let shop = workshop();
    let at = shop.path();
    for line in ["run small.toml -n 40 --no-charts -q -o out", "run small.toml -n 40 --no-charts -q -o bare --no-tally"]
    {
        let (code, _, said) = shortfall(at, &line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{said}");
    }
    fs::create_dir_all(at.join("odd/tally.bin")).expect("made");
    let no_tally = "holds no tally.bin: it is not of a run, or of one with `--no-tally`; run again without that";
    held(
        at,
        &[
            ("report bare", 2, &[no_tally]),
            ("extend bare -n 50", 2, &[no_tally]),
            ("resume bare", 2, &[no_tally]),
            ("report nowhere", 2, &["nowhere: there is no run to report"]),
            ("extend nowhere -n 3", 2, &["nowhere: there is no run to extend"]),
            ("extend out -n 40", 2, &["the run has 40 trials: give a larger number than that; -n 40 adds none"]),
            ("extend out -n 1000000001", 2, &["a run has at most 1 000 000 000 trials"]),
            ("merge odd", 7, &["odd/tally.bin: this is no file"]),
            ("merge nowhere", 7, &["nowhere: No such file"]),
            ("verify odd", 2, &["odd is not the folder of a whole run: manifest.json"]),
            (
                "compare small.toml out",
                2,
                &["compare two configs or the output folders of two runs", "the second a folder"],
            ),
            ("compare out small.toml", 2, &["the first is a folder"]),
            ("compare out odd", 2, &["odd is not the folder of a whole run: manifest.json"]),
            ("compare out bare --set run.trials=3", 2, &["output folders are compared as they were run"]),
            ("compare out bare --seed 3", 2, &["leave out --set and --seed, or compare configs"]),
            ("compare out bare --scenario mild", 2, &["scenario `mild` was not run in out; there are: plain, harder"]),
            ("compare small.toml plain harder --scenario plain", 2, &["leave out --scenario"]),
        ],
    );
}

#[test]
fn files_that_are_not_of_one_run() {
    let shop = workshop();
    let at = shop.path();
    for seed in ["1", "2"] {
        let line = format!("run small.toml -n 40 -s {seed} --shard {seed}/2 -q -o {seed}");
        let (code, _, said) = shortfall(at, &line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{said}");
    }
    let many: Vec<String> = (1..=25).map(|number| format!("gone-{number}")).collect();
    held(
        at,
        &[
            ("merge 1 2", 7, &["2/tally.bin: it has the seed 2, and 1/tally.bin has 1"]),
            (&format!("merge {}", many.join(" ")), 7, &["gone-20: No such file", "and 5 more of the kind"]),
        ],
    );
    // So many are told one by one.
    let (_, _, said) = shortfall(at, &[&["merge"][..], &many.iter().map(String::as_str).collect::<Vec<_>>()].concat());
    assert_eq!(said.lines().count(), 21, "{said}");
}
