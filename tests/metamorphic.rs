//! What must not change, or only in one direction, when the config changes: no closed form needed, and exact to the bit.

mod common;

use std::collections::BTreeMap;

use common::{outcome_of, series_row};
use shortfall::engine::{self, Workspace};
use shortfall::model::Model;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::tally::Tally;

const TRIALS: u64 = 200;

/// What a trial says: series and outcomes by name.
type Said = BTreeMap<String, Vec<f64>>;

fn model(text: &str) -> Model {
    let mut study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    study.cases.remove(0).model
}

fn said(model: &Model, trial: u64, space: &mut Workspace) -> Said {
    engine::trial(model, trial, space);
    let series = model.series.iter().enumerate();
    let series = series.map(|(index, spec)| (spec.name.clone(), space.series_row(model, index).to_vec()));
    let outcomes = model.outcomes.iter().zip(&space.outcomes);
    series.chain(outcomes.map(|(spec, value)| (spec.name.clone(), vec![*value]))).collect()
}

/// What the first trials of a config say.
fn all_said(text: &str) -> Vec<Said> {
    let model = model(text);
    let mut space = Workspace::new(&model);
    (0..TRIALS).map(|trial| said(&model, trial, &mut space)).collect()
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

/// A model with some of everything: three markets, four stages in a diamond, disruptions of all kinds, projects, stocks,
/// thrift. All tonnages are multiplied by `scale`.
fn rich(scale: f64) -> String {
    let t = |tonnes: f64| tonnes * scale;
    let mut text = String::from(HEAD);
    for (id, country, stage, tonnes) in [
        ("east-ore", "Cathay", "ore", 700.0),
        ("west-ore", "Hesperia", "ore", 210.0),
        // Several in a market that no outage tells apart: their sum must not depend on how it is grouped.
        ("west-ore-b", "Ruritania", "ore", 0.7),
        ("west-ore-c", "Hesperia", "ore", 33.3),
        ("west-ore-d", "Ruritania", "ore", 11.1),
        ("south-ore", "Austral", "ore", 150.0),
        ("east-light", "Cathay", "light", 610.0),
        ("west-light", "Hesperia", "light", 70.0),
        ("south-light", "Austral", "light", 30.0),
        ("east-heavy", "Cathay", "heavy", 130.0),
        ("west-heavy", "Austral", "heavy", 11.0),
        ("east-magnets", "Cathay", "magnets", 420.0),
        ("west-magnets", "Hesperia", "magnets", 90.0),
        ("small-magnets", "Ruritania", "magnets", 17.0),
    ] {
        text += &format!(
            "[capacities.{id}]\ncountry = \"{country}\"\nstage = \"{stage}\"\ntonnes_per_year = {}\n\
             growth_per_year = 0.02\n",
            t(tonnes)
        );
    }
    text += &format!(
        "[capacities.unsure]\ncountry = \"Ruritania\"\nstage = \"light\"\ntonnes_per_year = {{ triangular = [{}, {}, {}] }}\n\
         growth_per_year = {{ uniform = [-0.02, 0.05] }}\n",
        t(5.0),
        t(20.0),
        t(70.0)
    );
    for (id, market, stage, tonnes, more) in [
        ("cars", "west", "magnets", 160.0, "growth_per_year = { uniform = [0.0, 0.1] }\npriority = 2"),
        ("defence", "west", "magnets", 13.0, "loss_usd_per_tonne = 500"),
        ("wind", "east", "magnets", 230.0, "volatility_per_year = 0.15"),
        ("pumps", "south", "magnets", 31.0, "volatility_per_year = { uniform = [0.0, 0.3] }"),
        ("glass", "south", "light", 23.0, ""),
    ] {
        text += &format!(
            "[demands.{id}]\nmarket = \"{market}\"\nstage = \"{stage}\"\ntonnes_per_year = {}\n{more}\n",
            t(tonnes)
        );
    }
    text +=
        &format!("[projects.mine]\ntonnes_per_year = {{ triangular = [{}, {}, {}] }}{MINE}", t(40.0), t(80.0), t(90.0));
    text += &format!("[projects.plant]\ntonnes_per_year = {}{PLANT}", t(55.0));
    text += &format!("[projects.unnamed]\ntonnes_per_year = {}{UNNAMED}", t(9.0));
    text += &format!("[stockpiles.reserve]\nfill_tonnes_per_month = {}{RESERVE}", t(0.7));
    text += &format!("[stockpiles.buffer]\nrelease_tonnes_per_month = {}{BUFFER}", t(3.0));
    text + "[stockpiles.oxide]\nmarket = \"west\"\nstage = \"light\"\ntarget_days = 25\n" + DISRUPTIONS
}

const HEAD: &str = r#"title = "rich"
start = "2026-01"
horizon_years = 8
[run]
seed = 7
[output]
series = [
    "production.*.*", "capacity.*.*", "requirement.*.*", "demand.*.*", "shortage.*.*", "shortage_fraction.*.*",
    "share.east.*", "share.south.*", "share.west.*", "production_outside.*.*", "stock_days.*.*",
    "coverage_without.*.*", "price_multiple.*.*", "loss_usd.*.*", "unserved.*",
]
[markets.east]
countries = ["Cathay"]
[markets.south]
countries = ["Austral"]
[markets.west]
countries = ["Hesperia", "Ruritania"]
[stages.ore]
[stages.light]
feeds = { ore = 1.3 }
[stages.heavy]
feeds = { ore = 1.1 }
[stages.magnets]
feeds = { light = 1.2, heavy = 0.21 }
price = { demand_elasticity = 0.3, supply_elasticity = 0.2 }
"#;

const MINE: &str = r#"
country = "Hesperia"
stage = "ore"
announced_start = "2027-03"
slip_months = { lognormal = { p50 = 10, p90 = 30 } }
success_probability = { beta = { mean = 0.7, sd = 0.1 } }
closure_rate_per_year = 0.1
"#;

const PLANT: &str = r#"
country = "Ruritania"
stage = "light"
begins = "2026-02"
phases = [
    { name = "permits", months = { gamma = { mean = 9, sd = 5 } }, success_probability = 0.9 },
    { name = "works", months = { pert = [6, 9, 24] } },
]
requires = ["mine"]
utilisation = { triangular = [0.6, 0.85, 1.0] }
ramp = { months = { lognormal = { p50 = 12, p90 = 30 } }, shape = { linear = 1, slow = 2 } }
[ramp_shapes.slow]
points = [[0, 0.1], [0.5, 0.25], [1, 1]]
"#;

const UNNAMED: &str = r#"
country = "Austral"
stage = "heavy"
lead_months = { weibull = { shape = 1.5, scale = 40 } }
success_probability = 0.6
ramp = { months = 6, shape = "s-curve" }
copies = 3
"#;

const RESERVE: &str = r#"
market = "west"
stage = "magnets"
target_days = 40
initial_days = 12
"#;

const BUFFER: &str = r#"
market = "south"
stage = "magnets"
target_days = 20
"#;

const DISRUPTIONS: &str = r#"
[response.west]
thrift_per_year = 0.1
max = 0.3
relapse_per_year = 0.02
[response.south]
thrift_per_year = 0.05
max = 0.2
[disruptions.quake]
kind = "outage"
hits = ["Cathay"]
stages = ["ore", "heavy"]
rate_per_year = 0.3
duration_months = { exponential = { mean = 3 } }
severity = { beta = { mean = 0.5, sd = 0.2 } }
recovery = "linear"
[disruptions.fire]
kind = "outage"
hits = ["*-magnets", "plant", "mine"]
rate_per_year = 0.15
duration_months = { uniform = [1, 6] }
severity = 0.6
[disruptions.embargo]
kind = "export-control"
from = ["east"]
to = ["west"]
stages = ["light", "heavy", "magnets"]
rate_per_year = { gamma = { mean = 0.3, sd = 0.2 } }
duration_months = { lognormal = { p50 = 5, p90 = 14 } }
severity = { beta = { mean = 0.7, sd = 0.15 } }
leakage = { uniform = [0.0, 0.3] }
active_at_start = 0.5
remaining_months = { exponential = { mean = 4 } }
scheduled = [{ from = "2027-06", months = 4, severity = 0.9 }, { from = "2025-11", months = { uniform = [1, 5] } }]
raises = { embargo-south = 3.0, boom = 1.5 }
[disruptions.embargo-south]
kind = "export-control"
from = ["east"]
to = ["*"]
rate_per_year = 0.2
duration_months = 7
severity = 1
not_before = "2026-09"
[disruptions.boom]
kind = "demand-surge"
markets = ["west", "east"]
rate_per_year = 0.4
duration_months = { gamma = { shape = 2, scale = 3 } }
severity = { uniform = [0.1, 0.5] }
recovery = "linear"
[correlations.delays]
inputs = ["projects.*.slip_months", "projects.plant.phases.*.months"]
rho = 0.4
[correlations.luck]
inputs = ["projects.*.success"]
rho = 0.3
[milestones.independence]
series = "coverage_without.east.magnets"
at_least = 0.3
for_months = 6
[milestones.calm]
series = "shortage_fraction.west.magnets"
at_most = 0.02
for_months = 4
"#;

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
    let mut used = Workspace::new(&model);
    let backwards: Vec<Said> = (0..TRIALS).rev().map(|trial| said(&model, trial, &mut used)).collect();
    let fresh: Vec<Said> = (0..TRIALS).rev().map(|trial| said(&model, trial, &mut Workspace::new(&model))).collect();
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
    let shuffled = head + &tables.concat();
    assert_same(&before, &all_said(&shuffled), str::to_owned);
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
        ("magnets", "a-magnets"),
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
        "[disruptions.a-hype]\nkind = \"demand-surge\"\nrate_per_year = 2\nduration_months = 5\nseverity = 0\n",
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
    let is_amount = |unit: &str| matches!(unit, "t" | "t/month" | "USD" | "USD/month");
    let mut units: BTreeMap<String, bool> = BTreeMap::new();
    units.extend(once.series.iter().map(|spec| (spec.name.clone(), is_amount(spec.row().unit))));
    units.extend(once.outcomes.iter().map(|spec| (spec.name.clone(), is_amount(spec.row().unit))));
    let (mut a, mut b) = (Workspace::new(&once), Workspace::new(&twice));
    for trial in 0..TRIALS {
        let (before, after) = (said(&once, trial, &mut a), said(&twice, trial, &mut b));
        for (name, values) in before {
            let factor = if units[&name] { 2.0 } else { 1.0 };
            let expected: Vec<f64> = values.iter().map(|x| factor * x).collect();
            assert_eq!(bits(&expected), bits(&after[&name]), "trial {trial}: {name}");
        }
    }
    let (a, b) = (tally(&once, 500, 2), tally(&twice, 500, 2));
    for (index, spec) in once.outcomes.iter().enumerate() {
        let factor = if spec.row().unit == "t" { 2.0 } else { 1.0 };
        if spec.row().unit != "USD" {
            assert_eq!(a.outcome(index).mean().map(|mean| factor * mean), b.outcome(index).mean(), "{}", spec.name);
        }
    }
}

/// Without thrift, which answers a shortage, a larger stock leaves no month with a larger shortage.
#[test]
fn more_stock_never_hurts() {
    let text = |days: f64| {
        rich(1.0)
            .replace("thrift_per_year = 0.1\n", "thrift_per_year = 0\n")
            .replace("thrift_per_year = 0.05\n", "thrift_per_year = 0\n")
            .replace(
                "target_days = 40\ninitial_days = 12",
                &format!("target_days = {days}\ninitial_days = {}", 0.3 * days),
            )
    };
    let mut less = all_said(&text(0.0));
    let mut helped = 0;
    for days in [10.0, 40.0, 200.0] {
        let more = all_said(&text(days));
        for (less, more) in less.iter().zip(&more) {
            let name = "shortage.west.magnets";
            for (without, with) in less[name].iter().zip(&more[name]) {
                assert!(*with <= without * (1.0 + 1e-12), "{with} t with more stock, {without} t with less");
                helped += u32::from(with < without);
            }
            let needed = "stock_needed.west.magnets";
            assert_eq!(bits(&less[needed]), bits(&more[needed]), "the stock that is needed depends on the stock held");
        }
        less = more;
    }
    assert!(helped > 100, "the stock is never used");
}

#[test]
fn a_higher_rate_has_no_later_first_onset() {
    let text = |rate: &str| rich(1.0).replace("rate_per_year = 0.3\n", &format!("rate_per_year = {rate}\n"));
    let models = ["0.3", "0.36", "0.9"].map(|rate| model(&text(rate)));
    let quake = models[0].disruptions.iter().position(|disruption| disruption.id == "quake").expect("it is there");
    let mut spaces = models.each_ref().map(Workspace::new);
    let mut earlier = 0;
    for trial in 0..5 * TRIALS {
        let mut last = f64::INFINITY;
        for (model, space) in models.iter().zip(&mut spaces) {
            engine::trial(model, trial, space);
            let onset = space.episodes[quake].first().map_or(f64::INFINITY, |episode| episode.begin);
            assert!(onset <= last);
            earlier += u32::from(onset < last);
            last = onset;
        }
    }
    assert!(earlier > 1_000);
}

/// A supplier with plenty, one without, and demand only there. `more` may disturb it.
fn two_markets(more: &str) -> String {
    String::from(
        r#"title = "two"
start = "2026-01"
horizon_years = 3
[output]
series = ["shortage.*.*"]
[markets.seller]
countries = ["A"]
[markets.buyer]
countries = ["B"]
[stages.metal]
[capacities.works]
country = "A"
stage = "metal"
tonnes_per_year = 120
[demands.users]
market = "buyer"
stage = "metal"
tonnes_per_year = 110
volatility_per_year = 0.01
"#,
    ) + more
}

#[test]
fn without_disruptions_there_is_no_loss() {
    let outage = |rate: f64| {
        two_markets(&format!(
            "[disruptions.outage]\nkind = \"outage\"\nhits = [\"works\"]\nrate_per_year = {rate}\nduration_months = 3\n\
             [disruptions.control]\nkind = \"export-control\"\nfrom = [\"seller\"]\nto = [\"*\"]\nrate_per_year = {rate}\n\
             duration_months = 3\n"
        ))
    };
    let total = |said: &Said| said["total_shortage.buyer.metal"][0];
    assert!(
        all_said(&outage(0.0))
            .iter()
            .all(|said| total(said) == 0.0 && said["first_shortage.buyer.metal"][0].is_infinite())
    );
    assert!(all_said(&outage(0.5)).iter().any(|said| total(said) > 0.0));
}

/// The loss of the largest supplier for good, by an outage or by embargoes either way, leaves what `coverage_without` says:
/// over all others together, demand served is the smaller of coverage and one.
#[test]
fn the_loss_of_the_top_supplier_is_what_coverage_says() {
    let base = r#"title = "coverage"
start = "2026-01"
horizon_years = 10
[output]
series = ["shortage.*.magnets", "demand.*.magnets", "coverage_without.top.magnets"]
[markets.top]
countries = ["Top"]
[markets.north]
countries = ["N"]
[markets.south]
countries = ["S"]
[stages.ore]
[stages.oxide]
feeds = { ore = 1.7 }
[stages.magnets]
feeds = { oxide = 1.2 }
"#;
    let mut text = String::from(base);
    for (stage, top, north, south) in
        [("ore", 900.0, 100.0, 60.0), ("oxide", 500.0, 20.0, 45.0), ("magnets", 400.0, 50.0, 5.0)]
    {
        for (country, tonnes) in [("Top", top), ("N", north), ("S", south)] {
            text += &format!(
                "[capacities.{stage}-{country}]\ncountry = \"{country}\"\nstage = \"{stage}\"\ntonnes_per_year = {tonnes}\n"
            );
        }
        for (country, tonnes) in [("N", 0.5 * north), ("S", 2.0 * south)] {
            text += &format!(
                "[projects.{stage}-{country}]\ncountry = \"{country}\"\nstage = \"{stage}\"\ntonnes_per_year = {tonnes}\n\
                 lead_months = {{ exponential = {{ mean = 40 }} }}\nsuccess_probability = 0.8\nramp = {{ months = 20 }}\n"
            );
        }
    }
    text += "[demands.n]\nmarket = \"north\"\nstage = \"magnets\"\ntonnes_per_year = 20\n\
             [demands.s]\nmarket = \"south\"\nstage = \"magnets\"\ntonnes_per_year = 30\ngrowth_per_year = 0.03\n";
    let outage = "[disruptions.gone]\nkind = \"outage\"\nhits = [\"top\"]\nscheduled = [{ from = \"2025-12\", months = 9999 }]\n";
    let control = "[disruptions.out]\nkind = \"export-control\"\nfrom = [\"top\"]\nto = [\"*\"]\n\
                   scheduled = [{ from = \"2025-12\", months = 9999 }]\n\
                   [disruptions.in]\nkind = \"export-control\"\nfrom = [\"*\"]\nto = [\"top\"]\nactive_at_start = 1\n\
                   duration_months = 9999\n";
    for loss in [outage, control] {
        let model = model(&(text.clone() + loss));
        let mut space = Workspace::new(&model);
        let (mut short, mut covered) = (0, 0);
        for trial in 0..TRIALS {
            engine::trial(&model, trial, &mut space);
            let row = |name: &str| series_row(&model, &space, name);
            for month in 0..model.months {
                let both =
                    |kind: &str| ["north", "south"].map(|market| row(&format!("{kind}.{market}.magnets"))[month]);
                let served = 1.0 - both("shortage").iter().sum::<f64>() / both("demand").iter().sum::<f64>();
                let coverage = row("coverage_without.top.magnets")[month];
                assert!(
                    (served - coverage.min(1.0)).abs() < 1e-12,
                    "trial {trial}, month {month}: {served}, {coverage}"
                );
                short += u32::from(coverage < 1.0);
                covered += u32::from(coverage > 1.0);
            }
            assert!(outcome_of(&model, &space, "total_shortage.north.magnets").is_finite());
        }
        assert!(short > 1_000 && covered > 1_000, "{short} months short, {covered} covered");
    }
}
