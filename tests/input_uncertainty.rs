//! How much of the spread comes from the inputs: models of which it is known.

#[path = "common/mod.rs"]
mod common;

use common::one_product;
use shortfall::math::exp;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary::{InputUncertainty, VarianceShare, summarise};
use shortfall::tally::NestedSampling;

/// At this confidence an interval reaches 3.9 standard errors: no fixed seed meets it by chance.
const SURE: &str = "run = { confidence = 0.9999 }\n";

/// A year of one plant that makes just what its users take.
fn plant(years: f64, more: &str) -> String {
    format!("{SURE}{}", one_product(years, 1200.0))
        + "[capacities.plant]\ncountry = \"Everywhere\"\nstage = \"product\"\ntonnes_per_year = 1200\n"
        + more
}

fn outage(rate: &str, duration: &str) -> String {
    format!(
        "[disruptions.outage]\nkind = \"outage\"\nhits = [\"plant\"]\nrate_per_year = {rate}\nduration_months = {duration}\n"
    )
}

/// Shortage in any month.
const SHORT: &str = "[milestones.short]\nseries = \"shortage_fraction.all.product\"\nat_least = 0.000001\n";

fn simulate(text: &str, draws: u64, threads: usize) -> (Study, NestedSampling) {
    let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let models = study.models();
    let found = simulation::nested(&models, 0..draws, threads, &Progress::default()).expect("nobody stops it");
    (study.clone(), found.into_iter().next().expect("one case"))
}

fn uncertainty(text: &str, draws: u64) -> InputUncertainty {
    let (study, found) = simulate(text, draws, 0);
    let tallies = simulation::run(&study.models(), 10, 1, &Progress::default()).expect("nobody stops it");
    let mut summary = summarise(&study, &tallies);
    summary.add_input_uncertainty(&study, &[found]);
    summary.scenarios.remove(0).input_uncertainty.expect("it was asked for")
}

fn share_of<'a>(found: &'a InputUncertainty, name: &str) -> &'a VarianceShare {
    found.shares.iter().find(|share| share.name == name).unwrap_or_else(|| panic!("{name} is not there"))
}

fn holds(found: &VarianceShare, truth: f64) {
    let share = &found.share;
    let (low, high) = (share.low.expect("an end"), share.high.expect("an end"));
    println!("{}: {share:?} against {truth}", found.name);
    assert!(low <= truth && truth <= high, "{}: {share:?} does not hold {truth}", found.name);
    assert!(high - low < 0.1, "{}: {share:?} says nothing", found.name);
}

/// Uncertain demand, an uncertain project, its delay and its closure: better knowledge could remove everything.
#[test]
fn inputs_alone_make_all_of_the_spread() {
    let text = plant(
        4.0,
        "[projects.new]\ncountry = \"Everywhere\"\nstage = \"product\"\ntonnes_per_year = 300\nsuccess_probability = 0.5\n\
         lead_months = { uniform = [0, 60] }\nclosure_rate_per_year = 0.3\n",
    ) + SHORT
        + "[claims.soon]\nwho = \"x\"\nmilestone = \"short\"\nwithin_months = 12\n";
    let text = text.replacen("tonnes_per_year = 1200", "tonnes_per_year = { uniform = [900, 1500] }", 1);
    let found = uncertainty(&text, 400);
    for name in ["total_shortage.all.product", "first_shortage.all.product", "milestone.short", "claim.soon"] {
        let share = share_of(&found, name);
        assert_eq!(share.share.value, Some(1.0), "{name}");
        if let Some(chance) = &share.probability {
            let mean = chance.overall.value.expect("a value");
            assert!(
                chance.spreads && (chance.spread * chance.spread / mean / (1.0 - mean) - 1.0).abs() < 0.01,
                "{chance:?}"
            );
            assert_eq!((chance.low, chance.high), (0.0, 1.0));
        }
    }
}

/// Known rates and known demand with noise: nothing comes from the inputs. The raw spread of the frequencies among eight trials is not
/// zero.
#[test]
fn events_alone_make_all_of_the_spread() {
    let text = plant(1.0, &(outage("0.5", "{ exponential = { mean = 2 } }") + SHORT));
    let text = text.replacen("stage = \"product\"\n", "stage = \"product\"\nvolatility_per_year = 0.3\n", 1)
        + "[claims.soon]\nwho = \"x\"\nmilestone = \"short\"\nwithin_months = 2\n";
    let text = text.replacen("tonnes_per_year = 1200\n[dis", "tonnes_per_year = 1500\n[dis", 1);
    let found = uncertainty(&text, 4000);
    for name in ["total_shortage.all.product", "episodes.outage", "first_shortage.all.product", "claim.soon"] {
        let share = share_of(&found, name);
        holds(share, 0.0);
        assert!(share.probability.as_ref().is_none_or(|chance| !chance.spreads), "{share:?}");
    }
    let chance = share_of(&found, "claim.soon").probability.as_ref().expect("a yes or no");
    let mean = chance.overall.value.expect("a value");
    let (_, sampled) = simulate(&text, 4000, 0);
    let mut all = shortfall::statistics::Nested::default();
    let groups = sampled.recorded().last().expect("the claim comes last").1.expect("nothing is too large");
    groups.iter().for_each(|group| all.merge(group));
    let naive = all.variance_of_means().expect("many draws").sqrt();
    // The binomial spread of eight trials, and nothing else.
    assert!((naive / (mean * (1.0 - mean) / 8.0).sqrt() - 1.0).abs() < 0.05 && naive > 0.1, "{naive}");
    assert!(chance.spread < 0.03, "{chance:?}");
}

/// An outage of unknown rate, uniform from 0 to 2 a year. Given the rate, one comes within `t` years with probability
/// `1 - exp(-rate t)`, whose mean and variance over the rate are integrals of exponentials.
#[test]
fn an_unknown_rate_is_part_of_the_spread() {
    let text = plant(1.0, &(outage("{ uniform = [0, 2] }", "0.01") + SHORT));
    let found = uncertainty(&text, 20_000);
    // Mean and variance of 1 - exp(-u), u uniform from 0 to b.
    let truth = |b: f64| {
        let (one, two) = ((1.0 - exp(-b)) / b, (1.0 - exp(-2.0 * b)) / (2.0 * b));
        (1.0 - one, two - one * one)
    };
    let (mean, variance) = truth(2.0);
    let share = share_of(&found, "first_shortage.all.product");
    holds(share, variance / (mean * (1.0 - mean)));
    let chance = share.probability.as_ref().expect("a yes or no");
    let of = &chance.overall;
    assert!(of.low < Some(mean) && of.high > Some(mean) && chance.spreads, "{chance:?}");
    assert!((chance.spread / variance.sqrt() - 1.0).abs() < 0.03, "{chance:?}, truth {}", variance.sqrt());
    // What takes the raw spread of the frequencies for it is far off.
    let naive = (variance + (mean * (1.0 - mean) - variance) / 8.0).sqrt();
    assert!(naive / variance.sqrt() > 1.15);
    // The true 5th and 95th percentile, where the density ends with a step; a beta distribution comes as near as this.
    for (end, truth) in [(chance.low, 1.0 - exp(-0.1)), (chance.high, 1.0 - exp(-1.9))] {
        assert!((end - truth).abs() < 0.09, "{end} {truth}");
    }
    // A shortage in month m dates from its start: by then m + 1 months have gone by.
    for month in [2usize, 5, 11] {
        let (mean, variance) = truth(2.0 * (month + 1) as f64 / 12.0);
        let chance = &found.by_month[0][month];
        let of = &chance.overall;
        assert!(of.low < Some(mean) && of.high > Some(mean), "{month}: {chance:?}");
        assert!((chance.spread / variance.sqrt() - 1.0).abs() < 0.05, "{month}: {chance:?} {}", variance.sqrt());
        assert!(chance.low < mean && mean < chance.high);
    }
    // Their number is Poisson given the rate: variance 1/3 between the rates and 1 within.
    holds(share_of(&found, "episodes.outage"), 0.25);
}

#[test]
fn threads_do_not_matter_and_no_sample_is_an_ordinary_trial() {
    let text = plant(2.0, &(outage("{ uniform = [0, 2] }", "{ exponential = { mean = 1 } }") + SHORT));
    let one = simulate(&text, 333, 1).1;
    for threads in [2, 3, 8] {
        assert_eq!(simulate(&text, 333, threads).1, one);
    }
    use shortfall::engine::StreamIndices;
    let most = shortfall::model::LIMITS.draws.most;
    let (first, last) = (StreamIndices::again(0, 0, 8), StreamIndices::again(most - 1, 7, 8));
    assert!(first.events > shortfall::model::LIMITS.trials.most && first.inputs == 0);
    assert_eq!((last.events - first.events, last.inputs), (8 * most - 1, most - 1));
}
