//! What must not change, or only in one direction, when the config changes: no closed form needed, and exact to the bit.

#[path = "../common/mod.rs"]
mod common;
mod monotone;
mod rich;
mod trend;

use std::collections::BTreeMap;

use rich::rich;
use shortfall::engine::{Engine, Trial};
use shortfall::model::Model;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::tally::Tally;

const TRIALS: u64 = 200;

/// What a trial says: series and outcomes by name.
type Said = BTreeMap<String, Vec<f64>>;

fn model(text: &str) -> Model {
    let mut study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    study.scenarios.remove(0).model
}

fn said(model: &Model, trial: &Trial) -> Said {
    let series = model.series.iter().zip(&trial.series).map(|(spec, row)| (spec.name.clone(), row.clone()));
    let outcomes = model.outcomes.iter().zip(&trial.outcomes);
    series.chain(outcomes.map(|(spec, value)| (spec.name.clone(), vec![*value]))).collect()
}

/// What the first trials of a config say.
fn all_said(text: &str) -> Vec<Said> {
    first_said(text, TRIALS)
}

/// What so many trials say.
fn first_said(text: &str, trials: u64) -> Vec<Said> {
    let model = model(text);
    let engine = Engine::new(&model);
    (0..trials).map(|trial| said(&model, &engine.trial(trial))).collect()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Asserts that whatever `before` says is said by `after` with the same bits, under the name that `rename` gives it.
fn assert_same(before: &[Said], after: &[Said], rename: impl Fn(&str) -> String) {
    for (trial, (before, after)) in before.iter().zip(after).enumerate() {
        for (name, values) in before {
            let renamed = rename(name);
            let found = after.get(&renamed).unwrap_or_else(|| panic!("`{renamed}` is gone"));
            assert_eq!(bits(values), bits(found), "trial {trial}: `{name}` differs\n{values:?}\n{found:?}");
        }
    }
}

fn tally(model: &Model, trials: u64, threads: usize) -> Tally {
    simulation::run(&[model], trials, threads, &Progress::default()).expect("nobody stopped it").remove(0)
}

/// The rich model is rich: everything happens in it.
#[test]
fn the_model_is_worth_its_name() {
    let all = all_said(&rich(1.0));
    let ever = |name: &str, is_so: &dyn Fn(f64) -> bool| all.iter().any(|said| said[name].iter().any(|x| is_so(*x)));
    for name in ["shortage.west.magnets", "shortage.south.magnets", "shortage.west.light", "stock_days.west.light"] {
        assert!(ever(name, &|x| x > 0.0), "{name} is always zero");
    }
    for name in ["episodes.quake", "episodes.fire", "episodes.embargo-south", "episodes.boom", "unserved.defence"] {
        assert!(ever(name, &|x| x > 0.0) && ever(name, &|x| x == 0.0), "{name}");
    }
    for name in ["milestone.calm", "milestone.independence"] {
        assert!(ever(name, &|x| x.is_finite()), "{name} is never reached");
    }
    assert!(ever("milestone.independence", &f64::is_infinite));
    assert!(all.iter().any(|said| said["stock_days.west.magnets"].windows(2).any(|pair| pair[1] > pair[0])));
    let nan = |(name, values): (&String, &Vec<f64>)| values.iter().any(|x| x.is_nan()).then(|| name.clone());
    assert_eq!(all.iter().flatten().find_map(nan), None);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let model = model(&rich(1.0));
    let one = tally(&model, 1_000, 1);
    for threads in [2, 3, 8] {
        assert!(tally(&model, 1_000, threads) == one, "{threads} threads");
    }
}

/// Trial `i` is the same whatever was simulated before it, and in a run twice as long.
#[test]
fn a_run_is_a_prefix_of_a_longer_one() {
    let model = model(&rich(1.0));
    let engine = Engine::new(&model);
    let mut used = engine.scratch();
    let backwards = (0..TRIALS).rev().map(|trial| said(&model, &engine.run(trial..trial + 1, &mut used).trial(0)));
    let backwards: Vec<Said> = backwards.collect();
    let fresh: Vec<Said> = (0..TRIALS).rev().map(|trial| said(&model, &engine.trial(trial))).collect();
    assert_same(&fresh, &backwards, str::to_owned);
    // Counted by hand, trial by trial: a run of n trials, and one of 2n.
    for trials in [TRIALS / 2, TRIALS] {
        let tally = tally(&model, trials, 2);
        assert_eq!(tally.trials(), trials);
        let counted = &fresh[(TRIALS - trials) as usize..];
        for (index, spec) in model.outcomes.iter().enumerate() {
            let histogram = tally.outcome(index);
            let mut counts = vec![0; histogram.bins.len()];
            counted.iter().for_each(|said| counts[histogram.bins.cell(said[&spec.name][0])] += 1);
            assert_eq!(counts, histogram.counts, "{}", spec.name);
        }
        for (index, spec) in model.series.iter().enumerate() {
            let histogram = tally.series(index, 40);
            let mut counts = vec![0; histogram.bins.len()];
            counted.iter().for_each(|said| counts[histogram.bins.cell(said[&spec.name][40])] += 1);
            assert_eq!(counts, histogram.counts, "{}", spec.name);
        }
    }
}

/// The tables of a config, the head apart.
fn tables(text: &str) -> (String, Vec<String>) {
    let mut parts = text.split("\n[").map(|part| format!("[{part}\n"));
    let head = parts.next().expect("a head").trim_start_matches('[').to_owned();
    (head, parts.collect())
}

#[test]
fn the_order_of_entries_changes_nothing() {
    let text = rich(1.0);
    let before = all_said(&text);
    let (head, mut tables) = tables(&text);
    tables.reverse();
    let reversed = head.clone() + &tables.concat();
    assert_ne!(reversed, text);
    assert_same(&before, &all_said(&reversed), str::to_owned);
    tables.rotate_left(17);
    tables.swap(3, 20);
    let shuffled = head.clone() + &tables.concat();
    assert_same(&before, &all_said(&shuffled), str::to_owned);
    // What is reported in the order of the file stands in it again.
    let reported = |table: &String| ["[milestones", "[claims", "[expect"].iter().any(|kind| table.starts_with(kind));
    let (_, original) = self::tables(&text);
    let shuffled = head
        + &tables.iter().filter(|table| !reported(table)).cloned().collect::<String>()
        + &original.iter().filter(|table| reported(table)).cloned().collect::<String>();
    assert!(tally(&model(&shuffled), 300, 2) == tally(&model(&text), 300, 2));
}

/// `text` with the name `from` replaced by `to`, where it is a whole name.
fn renamed(text: &str, from: &str, to: &str) -> String {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '-');
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let whole = !is_part(before.chars().next_back().or(out.chars().next_back())) && !is_part(after.chars().next());
        out += before;
        out += if whole { to } else { from };
        rest = after;
    }
    out + rest
}

#[test]
fn names_that_key_no_draw_change_nothing() {
    let text = rich(1.0);
    let before = all_said(&text);
    for (from, to) in [
        // Markets: the first becomes the last, the last the first.
        ("east", "zenith"),
        ("west", "abend"),
        ("south", "zz"),
        // Stages, so that the order among equals turns round.
        ("light", "alpha"),
        ("heavy", "yttrium"),
        ("magnets", "a_magnets"),
        ("ore", "zinc"),
        // A constant capacity, stockpiles, a milestone, countries.
        ("south-ore", "aa-ore"),
        ("east-light", "zz-light"),
        ("west-heavy", "e-heavy"),
        ("reserve", "zz-reserve"),
        ("oxide", "b-oxide"),
        ("calm", "zz-calm"),
        ("independence", "a1"),
        ("Hesperia", "Zembla"),
        ("Cathay", "Yonder"),
        // A ramp shape, among weighted ones.
        ("slow", "a-slow"),
    ] {
        let after = renamed(&text, from, to);
        assert_ne!(after, text, "{from} occurs nowhere");
        println!("{from} -> {to}");
        assert_same(&before, &all_said(&after), |name| renamed(name, from, to));
    }
}

/// The counterpart: a name that keys draws does change them, of its own entry alone.
#[test]
fn a_name_that_keys_draws_changes_these_alone() {
    let text = rich(1.0);
    let (before, after) = (all_said(&text), all_said(&renamed(&text, "fire", "blaze")));
    assert!(before.iter().zip(&after).any(|(a, b)| a["episodes.fire"] != b["episodes.blaze"]));
    for (a, b) in before.iter().zip(&after) {
        for name in ["episodes.quake", "disrupted_months.embargo", "disrupted_months.boom", "demand.west.magnets"] {
            assert_eq!(bits(&a[name]), bits(&b[name]), "{name}");
        }
    }
}

#[test]
fn unused_entries_change_nothing() {
    let text = rich(1.0);
    let before = all_said(&text);
    for more in [
        "[projects.a-dream]\ncountry = \"Cathay\"\nstage = \"magnets\"\ntonnes_per_year = 0\n\
         lead_months = { exponential = { mean = 5 } }\nsuccess_probability = 0.5\n",
        "[stages.aside]\n[capacities.aside]\ncountry = \"Cathay\"\nstage = \"aside\"\ntonnes_per_year = 50\n",
        "[disruptions.a-rumour]\nkind = \"outage\"\nhits = [\"*\"]\nrate_per_year = 0\nduration_months = 5\n",
        "[disruptions.zz-rumour]\nkind = \"export-control\"\nfrom = [\"south\"]\nto = [\"*\"]\nrate_per_year = 0\n\
         duration_months = { exponential = { mean = 3 } }\nraises = { quake = 1.0 }\n",
        "[disruptions.a-hype]\nkind = \"demand-surge\"\nrate_per_year = 2\nduration_months = 5\nseverity = 1e-300\n",
        "[demands.a-hobby]\nmarket = \"east\"\nstage = \"heavy\"\ntonnes_per_year = 0\nvolatility_per_year = 0.2\n",
        "[demands.zz-hobby]\nmarket = \"west\"\nstage = \"magnets\"\ntonnes_per_year = 0\npriority = 1\n",
        "[markets.nowhere]\ncountries = [\"Atlantis\"]\n",
        "[markets.a]\ncountries = [\"Lemuria\"]\n[stockpiles.empty]\nmarket = \"a\"\nstage = \"light\"\ntarget_days = 90\n",
        "[stockpiles.a-none]\nmarket = \"west\"\nstage = \"magnets\"\ntarget_days = 0\nfill_tonnes_per_month = 0\npriority = 2\n",
        "[response.east]\nthrift_per_year = 0\nmax = 0.5\n",
        "[milestones.a-day]\nseries = \"share.Cathay.ore\"\nat_most = 0.5\n",
    ] {
        println!("{more}");
        assert_same(&before, &all_said(&(text.clone() + more)), str::to_owned);
    }
}

/// Capacities that suffer the same outages are added up before the trials. An entry that tells them apart (the share of one
/// country, an outage of one plant) changes the order of that sum, and so its last bits, but no more.
#[test]
fn unused_entries_that_split_a_sum_change_roundings_alone() {
    let text = rich(1.0);
    let before = all_said(&text);
    for more in [
        "[milestones.a-day]\nseries = \"share.Ruritania.ore\"\nat_most = 0.5\n",
        "[disruptions.a-strike]\nkind = \"outage\"\nhits = [\"small-magnets\", \"west-ore-c\"]\nrate_per_year = 0\n",
    ] {
        for (before, after) in before.iter().zip(&all_said(&(text.clone() + more))) {
            for (name, values) in before {
                for (a, b) in values.iter().zip(&after[name]) {
                    assert!(a == b || (a - b).abs() <= 1e-9 * a.abs().max(1.0), "{name}: {a} became {b}");
                }
            }
        }
    }
}

/// Twice the tonnes everywhere: a power of two passes through every product and quotient without a rounding.
#[test]
fn all_tonnages_times_two() {
    let (once, twice) = (model(&rich(1.0)), model(&rich(2.0)));
    let mut units: BTreeMap<String, bool> = BTreeMap::new();
    units.extend(once.series.iter().map(|spec| (spec.name.clone(), spec.row().unit.is_amount())));
    units.extend(once.outcomes.iter().map(|spec| (spec.name.clone(), spec.row().unit.is_amount())));
    let (a, b) = (Engine::new(&once), Engine::new(&twice));
    for trial in 0..TRIALS {
        let (before, after) = (said(&once, &a.trial(trial)), said(&twice, &b.trial(trial)));
        for (name, values) in before {
            let factor = if units[&name] { 2.0 } else { 1.0 };
            let expected: Vec<f64> = values.iter().map(|x| factor * x).collect();
            assert_eq!(bits(&expected), bits(&after[&name]), "trial {trial}: {name}");
        }
    }
    let (a, b) = (tally(&once, 500, 2), tally(&twice, 500, 2));
    for (index, spec) in once.outcomes.iter().enumerate() {
        let factor = if spec.row().unit.is_amount() { 2.0 } else { 1.0 };
        let (before, after) = (a.outcome(index), b.outcome(index));
        assert_eq!(before.mean().map(|mean| factor * mean), after.mean(), "{}", spec.name);
        assert_eq!(before.variance().map(|variance| factor * factor * variance), after.variance(), "{}", spec.name);
        // Amounts move by one octave, and so do the cells: each holds the same trials.
        assert_eq!(before.counts, after.counts, "{}", spec.name);
    }
    for (index, spec) in once.series.iter().enumerate() {
        for month in 0..once.months {
            let (before, after) = (a.series(index, month), b.series(index, month));
            let factor = if spec.row().unit.is_amount() { 2.0 } else { 1.0 };
            assert_eq!(before.mean().map(|mean| factor * mean), after.mean(), "{} {month}", spec.name);
            assert_eq!(before.counts, after.counts, "{} {month}", spec.name);
        }
    }
}

/// A scenario that changes only claims is not simulated again, and says the same.
#[test]
fn scenarios_that_simulate_alike_share_a_tally() {
    let text = format!("{}\n[claims.again]\nwho = \"somebody\"\nmilestone = \"calm\"\nwithin_months = 12\n", rich(1.0));
    let (plain, claimed, other) = (model(&rich(1.0)), model(&text), model(&rich(1.1)));
    assert!(claimed.claims.len() == plain.claims.len() + 1 && plain.simulates_like(&claimed));
    assert!(!plain.simulates_like(&other));
    let progress = Progress::default();
    let together = simulation::run(&[&plain, &claimed, &other], 500, 2, &progress).expect("nobody stopped it");
    assert_eq!(progress.done(), 1_500);
    assert!(together[0] == together[1] && together[0] == tally(&plain, 500, 1) && together[2] == tally(&other, 500, 1));
}
