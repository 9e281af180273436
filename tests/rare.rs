//! Rare things against closed forms near one in a million, where as many plain trials see nothing.

#[path = "common/mod.rs"]
mod common;

use common::ConfigBuilder;
use shortfall::math::{exp, exp_m1};
use shortfall::simulation::{self, Progress};
use shortfall::statistics::mixture_weight;
use shortfall::summary::{self, Answers, Estimate, Rare, RareEvent, questions};

/// An estimate may lie so many standard errors off.
const ERRORS: f64 = 4.0;

/// Importance sampling of the first scenario.
fn rare(config: &ConfigBuilder, tilts: &[(&str, f64)], above: &[(&str, f64)], trials: u64, threads: usize) -> Rare {
    let study = config.study();
    let own = |pairs: &[(&str, f64)]| pairs.iter().map(|(name, value)| (name.to_string(), *value)).collect::<Vec<_>>();
    let case = &study.scenarios[0];
    let asked = questions(&study, &case.model, &own(above)).expect("known names");
    let [natural, tilted] = case.model.tilted(&own(tilts)).unwrap_or_else(|faults| panic!("{faults:?}"));
    let events: Vec<_> = asked.iter().map(|question| question.event).collect();
    let untilted = simulation::Untilted::new(0.1, trials);
    let weighted = simulation::rare([&natural, &tilted], &events, untilted, 0..trials, threads, &Progress::default());
    let weighted = weighted.expect("nobody stops it");
    for (question, [hits, others]) in asked.iter().zip(&weighted.sides) {
        let exceeds = Some((question.event.outcome, question.event.limit));
        for (weights, exceeds) in [(hits, exceeds), (others, None)] {
            let most = mixture_weight(natural.largest_log_ratio(exceeds), weighted.untilted);
            assert!(weights.largest() <= most * (1.0 + 1e-9), "{question:?}: {} above {most}", weights.largest());
        }
    }
    summary::rare(&[Answers { id: "base", model: &natural, questions: &asked, weighted }], Vec::new(), 0.95)
}

fn event<'a>(rare: &'a Rare, name: &str) -> &'a RareEvent {
    let events = &rare.scenarios[0].events;
    events.iter().find(|event| event.name == name).unwrap_or_else(|| panic!("{name} is not asked"))
}

/// The estimate lies by the truth, is precise, and the weights add up. Returns the event.
fn meets<'a>(rare: &'a Rare, name: &str, truth: f64) -> &'a RareEvent {
    let found = event(rare, name);
    // Without the tilted thing there is no such event, so that the part through it is all of it.
    let (part, effective) = match &found.parts {
        None => (&found.probability, found.effective_hits),
        Some(parts) => (&parts.through_tilt.probability, parts.through_tilt.effective_hits),
    };
    let value = part.value.unwrap_or_else(|| panic!("{found:?}"));
    // Of a sum of weights: the root of the sum of their squares.
    let error = value / effective.sqrt();
    println!(
        "{name}: {value:e} against {truth:e}, {:+.2} errors of {:.1} %",
        (value - truth) / error,
        100.0 * error / value
    );
    assert!((value - truth).abs() < ERRORS * error && error < 0.05 * truth, "{found:?}, truth {truth:e}");
    adds_up(rare);
    found
}

/// The mean weight is one, and that is well known.
fn adds_up(rare: &Rare) {
    let weight = &rare.scenarios[0].mean_weight;
    let (value, low) = (weight.value.expect("a mean"), weight.low.expect("an end"));
    let error = (value - low) / 1.96;
    println!("mean weight {value} +- {error}, {:+.2} errors", (value - 1.0) / error);
    assert!((value - 1.0).abs() < ERRORS * error && error < 0.05, "{weight:?}");
}

/// Two plants that make just what is needed.
fn plants(years: f64) -> ConfigBuilder {
    ConfigBuilder::new(years).demand(1200).plant("a", 600).plant("b", 600)
}

/// One of them fails once in fifty years, for no time.
fn short_outages() -> ConfigBuilder {
    plants(1.0).outage("a", "a", "rate_per_year = 0.02, duration_months = 0.000001")
}

const TRIALS: u64 = 20_000;

/// Three outages within a year of a plant that has one in fifty years: `1 - exp(-r) (1 + r + r^2 / 2)`, 1.3 in a million.
fn three_onsets() -> f64 {
    let r = 0.02;
    // The sum of r^k / k! from 3 on.
    exp(-r) * r * r * r / 6.0 * (1.0 + r / 4.0 * (1.0 + r / 5.0 * (1.0 + r / 6.0)))
}

#[test]
fn many_onsets_of_a_rare_outage() {
    let (config, truth) = (short_outages(), three_onsets());
    let found = rare(&config, &[("disruptions.a.rate_per_year", 3.0)], &[("episodes.a", 2.0)], TRIALS, 0);
    meets(&found, "episodes.a", truth);
    let plain = config.run(TRIALS);
    assert_eq!(plain.outcome("episodes.a").at_most(2.0), TRIALS, "plain trials see nothing");
    // Three onsets need the disruption that is tilted: the largest weight is known, and there are no other ways.
    assert!(event(&found, "episodes.a").parts.is_none());
    // A tilt that changes little says little.
    let vain = rare(&config, &[("disruptions.a.rate_per_year", 0.021)], &[("episodes.a", 2.0)], TRIALS, 0);
    let vain = event(&vain, "episodes.a");
    assert_eq!((vain.hits, vain.largest_share), (0, 0.0), "{vain:?}");
    assert!(vain.probability.high.expect("a bound") > truth, "{vain:?}");
}

/// Two plants fail for good within ten years, each once in ten thousand: `(1 - exp(-0.001))^2`, one in a million. (That both
/// fail in the last month and the shortage stays below one half: a hundredth of a percent of it.)
fn both_failed() -> f64 {
    exp_m1(-0.001) * exp_m1(-0.001)
}

fn both_fail() -> ConfigBuilder {
    let forever = "rate_per_year = 0.0001, duration_months = 100000";
    let both = "{ series = \"shortage_fraction.all.product\", at_least = 0.500001 }";
    plants(10.0).outage("a", "a", forever).outage("b", "b", forever).entry("milestones.both", both)
}

#[test]
fn two_rare_outages_at_once() {
    let (config, truth) = (both_fail(), both_failed());
    let found = rare(&config, &[("disruptions.*.rate_per_year", 0.2)], &[], TRIALS, 0);
    let found = meets(&found, "milestone.both", truth);
    // Nothing is known of the ways that a shortage may come about: that there are no others is not claimed.
    let parts = found.parts.as_ref().expect("parts");
    assert!(parts.other_ways.hits == 0 && parts.other_ways.probability.high.expect("a bound") > 1e-4, "{found:?}");
    assert_eq!(config.run(TRIALS).outcome("milestone.both").never(), TRIALS, "plain trials see nothing");
}

/// So many projects, and the milestone that all of them succeed.
fn projects(count: usize, success: &str) -> ConfigBuilder {
    let (keys, most) = (format!("begins = 0, success_probability = {success}"), count as f64 - 0.5);
    let all = format!("{{ series = \"production.all.product\", at_least = {most} }}");
    let config = ConfigBuilder::new(1.0 / 12.0).entry("milestones.all", all);
    (0..count).fold(config, |config, number| config.project(&format!("p{number}"), 12, &keys))
}

/// Three projects succeed, each with probability 0.01: one in a million.
#[test]
fn rare_successes() {
    let config = projects(3, "0.01");
    let found = rare(&config, &[("projects.*.success_probability", 0.6)], &[], TRIALS, 0);
    meets(&found, "milestone.all", 1e-6);
    assert_eq!(config.run(TRIALS).outcome("milestone.all").never(), TRIALS, "plain trials see nothing");
    // With an unknown probability, uniform from 0 to 0.02: of one project alone the mean, of all three its cube.
    let found =
        rare(&projects(3, "{ uniform = [0, 0.02] }"), &[("projects.*.success_probability", 0.6)], &[], TRIALS, 0);
    meets(&found, "milestone.all", 1e-6);
}

/// Five projects with a common cause (case C of the known answers: 0.1 each, rho 0.3): the probability that all succeed.
const FIVE_OF_FIVE: f64 = 0.00135257;

fn lucky() -> ConfigBuilder {
    projects(5, "0.1").entry("correlations.luck", "{ inputs = [\"projects.*.success\"], rho = 0.3 }")
}

#[test]
fn successes_with_a_common_cause() {
    let config = lucky();
    let found = rare(&config, &[("projects.*.success_probability", 0.4)], &[], 100_000, 0);
    meets(&found, "milestone.all", FIVE_OF_FIVE);
}

/// Everything the clock of a disruption knows: an unknown rate, a time before which nothing comes, an episode at the start, a
/// window, and others that raise the rate. Plain trials are the truth here.
#[test]
fn the_whole_clock_is_weighted() {
    let a = "rate_per_year = { uniform = [0.1, 0.3] }, duration_months = { exponential = { mean = 3 } }, \
             active_at_start = 0.5, not_before = \"2026-03\", scheduled = [{ from = \"2027-01\", months = 2 }]";
    let b = "rate_per_year = 0.5, duration_months = { exponential = { mean = 6 } }, raises = { a = 3, c = 0.2 }";
    let c = "{ kind = \"demand-surge\", severity = 0.1, rate_per_year = 0.4, duration_months = 5, raises = { a = 2 } }";
    let config = plants(3.0).outage("a", "a", a).outage("b", "b", b).entry("disruptions.c", c);
    let tilts = [("disruptions.a.rate_per_year", 0.6), ("disruptions.c.rate_per_year", 0.6)];
    let found = rare(&config, &tilts, &[("episodes.a", 3.0), ("episodes.c", 2.0)], 200_000, 0);
    adds_up(&found);
    let plain = config.run(400_000);
    for (name, limit) in [("episodes.a", 3.0), ("episodes.c", 2.0)] {
        let (event, truth) = (event(&found, name), 1.0 - plain.at_most(name, limit));
        let value = event.probability.value.expect("enough hits");
        let error = (value * value / event.effective_hits + truth / 400_000.0).sqrt();
        println!(
            "{name}: {value} against {truth}, {:+.2} errors of {:.1} %",
            (value - truth) / error,
            100.0 * error / truth
        );
        assert!((value - truth).abs() < ERRORS * error && error < 0.05 * truth, "{event:?} {truth}");
    }
}

#[test]
fn threads_do_not_matter_and_uneven_weights_give_no_figure() {
    let config = short_outages();
    let tilts = [("disruptions.a.rate_per_year", 3.0)];
    let one = rare(&config, &tilts, &[("episodes.a", 2.0)], 1001, 1);
    for threads in [2, 3, 8] {
        assert_eq!(rare(&config, &tilts, &[("episodes.a", 2.0)], 1001, threads), one);
    }
    // Far too strong: of the futures with three onsets, hardly any is left.
    let strong = rare(&config, &[("disruptions.a.rate_per_year", 30.0)], &[("episodes.a", 2.0)], 2000, 1);
    let found = event(&strong, "episodes.a");
    assert!(found.hits > 1000 && found.effective_hits < 50.0, "{found:?}");
    assert!(!found.estimated() && found.probability.value.is_none(), "{found:?}");
    assert!(found.probability.note.contains("too few hits for an estimate"), "{found:?}");
    assert!(found.probability.high.expect("a bound") > 1.3e-6, "{found:?}");
    // However strong, no weight is above ten, and the mean is one.
    adds_up(&rare(&config, &[("disruptions.a.rate_per_year", 1000.0)], &[], 20_000, 1));
    for trials in [1, 7, 8, 9, 81] {
        let few = rare(&config, &tilts, &[], trials, 2);
        assert!(few.trials == trials && few.scenarios[0].mean_weight.value.is_some(), "{few:?}");
    }
}

#[test]
fn tilts_that_make_no_sense_are_refused() {
    let config = plants(1.0).outage("a", "a", "active_at_start = 0.5, duration_months = 1");
    let model = config.project("p0", 12, "begins = 0, success_probability = 1").model();
    for (path, value, part) in [
        ("disruptions.a.rate_per_year", 1.0, "rate of 0"),
        ("disruptions.a.rate_per_year", -1.0, "above 0"),
        ("disruptions.a.severity", 1.0, "cannot be tilted"),
        ("disruptions.b.rate_per_year", 1.0, "there is no disruption `b`"),
        ("projects.p0.success_probability", 0.5, "certain"),
        ("projects.p0.success_probability", 1.0, "both excluded"),
        ("projects.q.success_probability", 0.5, "there is no project `q`"),
        ("", 0.5, "cannot be tilted"),
    ] {
        let faults = model.tilted(&[(path.into(), value)]).expect_err(path);
        assert!(faults.iter().any(|fault| fault.contains(part)), "{path}: {faults:?}");
    }
    let twice = [("disruptions.a.rate_per_year".to_string(), 1.0), ("disruptions.*.rate_per_year".to_string(), 2.0)];
    let model = plants(1.0).outage("a", "a", "rate_per_year = 0.1, duration_months = 1").model();
    assert!(model.tilted(&twice).expect_err("twice")[0].contains("tilted twice"));
}

/// Two ways to a full year without supply: an outage of 14 months that is tilted, and one that is not, mostly mild and hardly
/// ever as hard as the other.
fn two_ways() -> ConfigBuilder {
    let config = ConfigBuilder::new(10.0).series(&[]).demand(1200).plant("plant", 1200);
    let config = config.outage("a", "plant", "rate_per_year = 0.0001, duration_months = 14");
    let severity = "severity = { discrete = { values = [0.1, 1], weights = [499, 1] } }";
    config.outage("b", "plant", &format!("rate_per_year = 0.02, duration_months = 14, {severity}"))
}

fn holds(estimate: &Estimate, truth: f64) -> bool {
    let (low, high) = (estimate.low.expect("an interval"), estimate.high.expect("an interval"));
    low <= truth && truth <= high
}

/// In how many of 40 runs with other seeds the interval of an event, or of its part through the tilt if there are parts and
/// `through`, holds the truth.
fn held(
    config: &ConfigBuilder,
    tilt: (&str, f64),
    above: &[(&str, f64)],
    name: &str,
    truth: f64,
    through: bool,
) -> u64 {
    let run = |seed: u64| {
        let found = rare(&config.clone().entry("run.seed", seed), &[tilt], above, 5_000, 0);
        let found = event(&found, name);
        let part = found.parts.as_ref().filter(|_| through).map(|parts| &parts.through_tilt.probability);
        u64::from(holds(part.unwrap_or(&found.probability), truth))
    };
    (0..40).map(run).sum()
}

/// Intervals at 95 % hold known probabilities in 95 % of 40 runs, or as many as chance allows: fewer than 33 are one in a
/// thousand.
#[test]
fn intervals_cover_over_many_seeds() {
    let (rate, rates, success) =
        ("disruptions.a.rate_per_year", "disruptions.*.rate_per_year", "projects.*.success_probability");
    // Two alike, of which one is tilted: the other is a way of its own, and so are both together.
    let alike = "rate_per_year = 0.02, duration_months = { exponential = { mean = 6 } }";
    let config = ConfigBuilder::new(10.0).series(&[]).demand(1200).plant("plant", 1200);
    let alike = config.outage("a", "plant", alike).outage("b", "plant", alike);
    let (total, plain) = ("total_shortage.all.product", alike.run(400_000));
    let above = |limit: f64| 1.0 - plain.at_most(total, limit);
    for (config, tilt, asked, name, truth, through) in [
        (&short_outages(), (rate, 3.0), &[("episodes.a", 2.0)][..], "episodes.a", three_onsets(), false),
        (&both_fail(), (rates, 0.2), &[], "milestone.both", both_failed(), true),
        (&lucky(), (success, 0.4), &[], "milestone.all", FIVE_OF_FIVE, false),
        (&alike, (rate, 0.2), &[(total, 1200.0)], total, above(1200.0), false),
        (&alike, (rate, 0.2), &[(total, 3000.0)], total, above(3000.0), false),
    ] {
        let held = held(config, tilt, asked, name, truth, through);
        println!("{held} of 40 intervals of {name} hold {truth}");
        assert!(held >= 33, "{held} of 40 intervals of {name} hold {truth}");
    }
}

/// An event with a way of its own that is not tilted. Its weights are large and few: most runs meet none of them, and an
/// interval from the weights that were met would miss.
#[test]
fn intervals_cover_whatever_the_way() {
    let (outcome, limit) = ("worst_12_months.all.product", 1199.0);
    // An onset with 12 months to go, but for a thousandth of the year's demand.
    let years = 9.0 + 0.001;
    let a = -exp_m1(-0.0001 * years);
    // The k-th onset of the other has 14 (k - 1) months less. Of these times rate `x`: P(at least k onsets).
    let x = |k: f64| 0.02 * (years - 14.0 / 12.0 * (k - 1.0));
    let onsets = -exp_m1(-x(1.0))
        + (1.0 - exp(-x(2.0)) * (1.0 + x(2.0)))
        + x(3.0) * x(3.0) * x(3.0) / 6.0 * (1.0 - 0.75 * x(3.0));
    let b = 0.002 * onsets;
    let (seeds, mut held, mut in_parts) = (60, [0; 3], 0);
    for seed in 0..seeds {
        let config = two_ways().entry("run.seed", seed);
        let found = rare(&config, &[("disruptions.a.rate_per_year", 0.2)], &[(outcome, limit)], 10_000, 0);
        let found = event(&found, outcome);
        let parts = found.parts.as_ref().expect("the hits of `a` suffice, those of `b` do not");
        held[0] += u32::from(holds(&parts.through_tilt.probability, a));
        held[1] += u32::from(holds(&parts.other_ways.probability, (1.0 - a) * b));
        held[2] += u32::from(holds(&found.probability, a + (1.0 - a) * b));
        in_parts += u32::from(parts.other_ways.hits == 0);
    }
    println!("of {seeds} runs {held:?} hold; {in_parts} met no trial of the other way");
    assert!(in_parts > 10, "{in_parts}");
    // Of 60 runs at 95 %, fewer than 52 hold once in a thousand.
    assert!(held.iter().all(|held| *held >= 52), "{held:?}");
    // With a gentle tilt no weight can be large, and one figure says it all.
    let found = rare(&two_ways(), &[("disruptions.a.rate_per_year", 0.02)], &[(outcome, limit)], 100_000, 0);
    let found = event(&found, outcome);
    assert!(found.parts.is_none() && found.probability.value.is_some(), "{found:?}");
    assert!(holds(&found.probability, a + (1.0 - a) * b), "{found:?}");
}
