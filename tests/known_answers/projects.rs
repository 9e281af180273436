//! F: the lead time of a project in four phases. G: a pipeline of such projects. H: ramp-up. I: bottlenecks.

use shortfall::engine::Trial;
use shortfall::math::exp;
use shortfall::model::Model;

use crate::common::{ConfigBuilder, Estimate, check, indicator, listed, series_row, tell_apart};
use crate::{MADE, TRIALS};

/// Mean years of the phases of cases F and G.
const PHASES: [f64; 4] = [3.0, 2.0, 2.5, 1.5];

/// Distribution function of a sum of exponential times with different means (hypoexponential; Ross, Introduction to
/// Probability Models, section 5.2.4).
fn lead_time(years: f64) -> f64 {
    let part = |&mean: &f64| {
        let others = PHASES.iter().filter(|other| **other != mean);
        others.fold(exp(-years / mean), |product, other| product * mean / (mean - other))
    };
    1.0 - PHASES.iter().map(part).sum::<f64>()
}

/// Keys of a project with these phases, the first of them `first` times as long on average.
fn phases(success: f64, first: f64) -> String {
    let phase = |(number, mean): (usize, &f64)| {
        let mean = 12.0 * mean * if number == 0 { first } else { 1.0 };
        format!("{{ name = \"phase-{number}\", months = {{ exponential = {{ mean = {mean} }} }} }}")
    };
    let phases: Vec<String> = PHASES.iter().enumerate().map(phase).collect();
    format!("begins = 0, success_probability = {success}, phases = [{}]", phases.join(", "))
}

/// One such project of ten tonnes a month.
fn one_project(years: f64, first: f64) -> ConfigBuilder {
    ConfigBuilder::new(years).series(&[MADE]).project("one", 120, &phases(1.0, first))
}

#[test]
fn f_lead_time() {
    let at = [1.0, 2.0, 5.0, 10.0, 15.0];
    let exact = at.map(lead_time);
    for (exact, constant) in exact.into_iter().zip([0.0012716, 0.0140890, 0.1927465, 0.6505762, 0.8948615]) {
        listed(exact, constant, 7);
    }
    let percentiles = [(3.84538, 0.1), (8.19594, 0.5), (15.19040, 0.9)];
    for (years, p) in percentiles {
        assert!((lead_time(years) - p).abs() < 1e-6);
    }
    let look = |_: &Model, trial: &Trial| {
        let start = trial.starts[0] / 12.0;
        let [a, b, c, d, e] = at.map(|years| indicator(start <= years));
        let [f, g, h] = percentiles.map(|(years, _)| indicator(start <= years));
        [a, b, c, d, e, f, g, h]
    };
    let mut exact = exact.to_vec();
    exact.extend(percentiles.map(|(_, p)| p));
    // The start is the same whatever the horizon.
    let right = one_project(1.0 / 12.0, 1.0).observe(TRIALS, look);
    let wrong = one_project(1.0 / 12.0, 1.02).observe(TRIALS, look);
    tell_apart("F lead time", &right, &wrong, &exact);
}

/// A project is on line in a month if it has started by the middle of it.
#[test]
fn f_months_on_line() {
    let months = [11, 59, 119];
    let look = |model: &Model, trial: &Trial| {
        let row = series_row(model, trial, MADE);
        months.map(|month| row[month] / 10.0)
    };
    let exact = months.map(|month| lead_time((month as f64 + 0.5) / 12.0));
    let right = one_project(10.0, 1.0).observe(TRIALS, look);
    let wrong = one_project(10.0, 1.02).observe(TRIALS, look);
    tell_apart("F months on line", &right, &wrong, &exact);
}

/// The date of a milestone is the first month whose middle lies after the start; a claim is a count of such dates.
#[test]
fn f_milestone() {
    let trials = TRIALS / 4;
    let config = |within: u32| {
        let claim = format!("{{ who = \"nobody\", milestone = \"on-line\", within_months = {within} }}");
        let config = one_project(16.0, 1.0).entry("claims.soon", claim);
        config.entry("milestones.on-line", format!("{{ series = \"{MADE}\", at_least = 10, for_months = 3 }}"))
    };
    let claimed = |within: u32| {
        let run = config(within).run(trials);
        let summary = shortfall::summary::summarise(&run.study, &run.tallies);
        let claim = &summary.scenarios[0].claims[0];
        let p = claim.hits as f64 / trials as f64;
        assert_eq!(claim.probability.value, Some(p));
        Estimate { value: p, error: (p * (1.0 - p) / trials as f64).sqrt() }
    };
    let exact = [lead_time(60.5 / 12.0)];
    tell_apart("F claim", &[claimed(60)], &[claimed(61)], &exact);
    let never = config(60).run(trials).outcome("milestone.on-line").never() as f64 / trials as f64;
    // Three months on end must fit in: the last chance is to be on line in month 189 of 192.
    let exact = 1.0 - lead_time(189.5 / 12.0);
    let error = (exact * (1.0 - exact) / trials as f64).sqrt();
    check("F never", &[Estimate { value: never, error }], &[exact]).expect("never within the horizon");
}

/// Success probability and capacity of the projects of case G.
const PIPELINE: [(f64, f64); 5] = [(0.9, 20.0), (0.7, 10.0), (0.45, 8.0), (0.45, 5.0), (0.2, 15.0)];

/// Probability of at least so much capacity on line: the sum over all sets of projects.
fn pipeline_at_least(years: f64, wanted: f64) -> f64 {
    let on_line = lead_time(years);
    let mut sum = 0.0;
    for set in 0..32u32 {
        let (mut probability, mut capacity) = (1.0, 0.0);
        for (number, (success, tonnes)) in PIPELINE.into_iter().enumerate() {
            let inside = set & (1 << number) != 0;
            probability *= if inside { success * on_line } else { 1.0 - success * on_line };
            capacity += if inside { tonnes } else { 0.0 };
        }
        if capacity >= wanted {
            sum += probability;
        }
    }
    sum
}

fn pipeline_mean(years: f64) -> f64 {
    PIPELINE.into_iter().map(|(success, tonnes)| success * tonnes).sum::<f64>() * lead_time(years)
}

#[test]
fn g_pipeline() {
    let at = [1.0, 5.0, 10.0, 15.0];
    listed(pipeline_at_least(1.0, 1.0), 0.0034289, 7);
    listed(pipeline_at_least(10.0, 1.0), 0.9017854, 7);
    for (number, years) in at.into_iter().enumerate() {
        listed(pipeline_mean(years), [0.0430444, 6.5244695, 22.0220050, 30.2910624][number], 7);
        listed(pipeline_at_least(years, 20.0), [0.0011450, 0.1831515, 0.6388312, 0.8517959][number], 7);
    }
    let median = 8.2804694;
    assert!((pipeline_at_least(median, 20.0) - 0.5).abs() < 1e-7);
    let look = |_: &Model, trial: &Trial| {
        let capacity = |years: f64| -> f64 {
            let started = trial.starts.iter().zip(PIPELINE).filter(|(start, _)| **start <= 12.0 * years);
            started.map(|(_, (_, tonnes))| tonnes).sum()
        };
        let [a, b, c, d] = at.map(capacity);
        let [e, f, g, h] = at.map(|years| indicator(capacity(years) >= 20.0));
        let [i, j] = [1.0, 10.0].map(|years| indicator(capacity(years) > 0.0));
        [a, b, c, d, e, f, g, h, i, j, indicator(capacity(median) >= 20.0)]
    };
    let mut exact: Vec<f64> = at.map(pipeline_mean).into();
    exact.extend(at.map(|years| pipeline_at_least(years, 20.0)));
    exact.extend([1.0, 10.0].map(|years| pipeline_at_least(years, 1.0)));
    exact.push(0.5);
    let right = pipeline(1.0 / 12.0, 1.0).observe(TRIALS, look);
    let wrong = pipeline(1.0 / 12.0, 1.02).observe(TRIALS, look);
    tell_apart("G pipeline", &right, &wrong, &exact);
}

/// The projects of case G; the first of them succeeds `more` times as often.
fn pipeline(years: f64, more: f64) -> ConfigBuilder {
    let config = ConfigBuilder::new(years).series(&[MADE]);
    PIPELINE.into_iter().enumerate().fold(config, |config, (number, (success, tonnes))| {
        let success = if number == 0 { success * more } else { success };
        config.project(&format!("p{number}"), 12.0 * tonnes, &phases(success, 1.0))
    })
}

/// The last month of the tenth year, as the month loop sees it.
#[test]
fn g_month_of_the_pipeline() {
    let look = |model: &Model, trial: &Trial| {
        let made = series_row(model, trial, MADE)[119];
        [made, indicator(made > 19.9)]
    };
    let middle = 119.5 / 12.0;
    let exact = [pipeline_mean(middle), pipeline_at_least(middle, 20.0)];
    let right = pipeline(10.0, 1.0).observe(TRIALS / 2, look);
    let wrong = pipeline(10.0, 1.02).observe(TRIALS / 2, look);
    tell_apart("G month", &right, &wrong, &exact);
}

/// Expected output share `years` from now, of a project that starts after an exponential time of mean 9 years and ramps up
/// evenly over 3: the average of the distribution function of the start over the last three years.
fn ramped(years: f64) -> f64 {
    let (mean, ramp) = (9.0, 3.0);
    if years < ramp {
        (years - mean * (1.0 - exp(-years / mean))) / ramp
    } else {
        1.0 - mean / ramp * (exp(-(years - ramp) / mean) - exp(-years / mean))
    }
}

#[test]
fn h_ramp() {
    for (years, constant) in [(1.0, 0.017851), (5.0, 0.319048), (10.0, 0.609301)] {
        listed(ramped(years), constant, 6);
    }
    let months = [0, 11, 12, 59, 60, 119];
    let look = |model: &Model, trial: &Trial| {
        let row = series_row(model, trial, MADE);
        months.map(|month| row[month])
    };
    let exact = months.map(|month| ramped((month as f64 + 0.5) / 12.0));
    let config = |slip: f64, ramp: f64| {
        let keys = format!(
            "begins = {{ exponential = {{ mean = 108 }} }}, slip_months = {slip}, ramp = {{ months = {ramp} }}"
        );
        ConfigBuilder::new(10.0).series(&[MADE]).project("one", 12, &keys)
    };
    let right = config(0.0, 36.0).observe(TRIALS, look);
    let later = config(1.0, 36.0).observe(TRIALS, look);
    tell_apart("H ramp, a month late", &right, &later, &exact);
    let slower = config(0.0, 37.0).observe(TRIALS, look);
    assert!(check("H ramp, slower twin", &slower, &exact).is_err());
}

/// Plants that work all the time or not at all: tonnes a month and probability, stage by stage.
fn chain(stages: &[&[(f64, f64)]]) -> ConfigBuilder {
    let last = format!("production.all.s{}", stages.len() - 1);
    let mut config =
        ConfigBuilder::empty(1.0 / 12.0).entry("markets.all.countries", "[\"Everywhere\"]").series(&[&last]);
    for (stage, plants) in stages.iter().enumerate() {
        let feeds = if stage > 0 { format!("feeds.s{} = 1", stage - 1) } else { String::new() };
        config = config.entry(&format!("stages.s{stage}"), format!("{{ {feeds} }}"));
        for (number, (tonnes, probability)) in plants.iter().enumerate() {
            let (path, place) = (format!("projects.s{stage}-{number}"), ["Everywhere", &format!("s{stage}")]);
            let keys = format!("begins = 0, success_probability = {probability}");
            config = config.producer(&path, place, 12.0 * tonnes, &keys);
        }
    }
    config
}

#[test]
fn i_bottleneck() {
    let (mines, refineries) = ([(70.0, 0.9), (30.0, 0.98)], [(90.0, 0.9), (10.0, 0.98)]);
    let states = |plants: [(f64, f64); 2]| {
        (0..4u32).map(move |set| {
            plants.iter().enumerate().fold((0.0, 1.0), |(tonnes, probability), (number, (plant, up))| {
                let works = set & (1 << number) != 0;
                (tonnes + if works { *plant } else { 0.0 }, probability * if works { *up } else { 1.0 - up })
            })
        })
    };
    let (mut mean, mut low) = (0.0, 0.0);
    for (ore, p) in states(mines) {
        for (metal, q) in states(refineries) {
            mean += p * q * ore.min(metal);
            low += if ore.min(metal) <= 30.0 { p * q } else { 0.0 };
        }
    }
    listed(mean, 83.97928, 5);
    listed(low, 0.19, 2);
    let look = |model: &Model, trial: &Trial| {
        let made = series_row(model, trial, "production.all.s1")[0];
        [made, indicator(made <= 30.000001)]
    };
    let right = chain(&[&mines, &refineries]).observe(TRIALS, look);
    let likelier = chain(&[&[(70.0, 0.918), (30.0, 0.98)], &refineries]).observe(TRIALS, look);
    tell_apart("I bottleneck", &right, &likelier, &[mean, low]);
    // The smaller of the mean capacities is what a bottleneck is not.
    check("I minimum of the means", &right, &[90.8, low]).expect_err("the trap");
}

#[test]
fn i_series_system() {
    let exact = (10.0f64 / 11.0) * (10.0 / 11.0) * (10.0 / 11.0);
    listed(exact, 0.7513148, 7);
    let look = |model: &Model, trial: &Trial| [series_row(model, trial, "production.all.s2")[0]];
    let config = |up: f64| {
        let plant = [(1.0, 10.0 / 11.0)];
        chain(&[&plant, &[(1.0, up)], &plant])
    };
    let right = config(10.0 / 11.0).observe(TRIALS, look);
    let wrong = config(1.0 - 1.05 / 11.0).observe(TRIALS, look);
    tell_apart("I three stages", &right, &wrong, &[exact]);
}
