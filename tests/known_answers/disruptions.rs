//! A: one source that fails and is repaired. B: several at once. C: several with a common cause.

use shortfall::engine::Trial;
use shortfall::math::{exp, pow};
use shortfall::model::Model;
use shortfall::special::{Probability, normal_cdf, normal_density, normal_quantile};

use crate::common::{ConfigBuilder, Estimate, check, indicator, listed, outcome_of, series_row, tell_apart};
use crate::{MADE, TRIALS};

/// Failures and repairs per year of the source of case A.
const FAILURE: f64 = 0.2;
const REPAIR: f64 = 2.0;

/// One plant that makes a tonne a month unless an outage takes it away.
fn plant(years: f64, rate: f64, duration: &str) -> ConfigBuilder {
    let outage = format!("rate_per_year = {rate}, duration_months = {duration}");
    ConfigBuilder::new(years).series(&[MADE]).plant("plant", 12).outage("outage", "plant", &outage)
}

const EXPONENTIAL: &str = "{ exponential = { mean = 6 } }";

/// Availability of an alternating renewal process that starts up, at `years` (Barlow & Proschan 1965, chapter 3).
fn availability(years: f64) -> f64 {
    let sum = FAILURE + REPAIR;
    REPAIR / sum + FAILURE / sum * exp(-sum * years)
}

/// Its average over an interval of years.
fn mean_availability(from: f64, to: f64) -> f64 {
    let sum = FAILURE + REPAIR;
    REPAIR / sum + FAILURE / (sum * sum) * (exp(-sum * from) - exp(-sum * to)) / (to - from)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn a_availability() {
    listed(availability(0.5), 0.9393519, 7);
    listed(availability(1.0), 0.9191639, 7);
    listed(mean_availability(0.0, 1.0), 0.9458346, 7);
    listed(mean_availability(0.0, 5.0), 0.9173552, 7);
    listed(mean_availability(0.0, 10.0), 0.9132231, 7);
    listed(availability(1e3), 0.9090909, 7);
    let look = |model: &Model, trial: &Trial| {
        let row = series_row(model, trial, MADE);
        [row[5], row[6], row[11], mean(&row[..12]), mean(&row[..60]), mean(row), mean(&row[60..])]
    };
    let month = |number: f64| mean_availability(number / 12.0, (number + 1.0) / 12.0);
    let exact = [
        // The months on either side of half a year, and the last of the first year.
        month(5.0),
        month(6.0),
        month(11.0),
        mean_availability(0.0, 1.0),
        mean_availability(0.0, 5.0),
        mean_availability(0.0, 10.0),
        mean_availability(5.0, 10.0),
    ];
    let right = plant(10.0, FAILURE, EXPONENTIAL).observe(TRIALS, look);
    let wrong = plant(10.0, 1.02 * FAILURE, EXPONENTIAL).observe(TRIALS, look);
    tell_apart("A availability", &right, &wrong, &exact);
    // Not only somewhere: the twin is caught by the mean over ten years.
    assert!(check("A ten years, wrong twin", &wrong[5..6], &exact[5..6]).is_err());
}

#[test]
fn a_first_outage() {
    listed(exp(-FAILURE), 0.8187308, 7);
    let look = |model: &Model, trial: &Trial| [indicator(outcome_of(model, trial, "episodes.outage") == 0.0)];
    let right = plant(1.0, FAILURE, EXPONENTIAL).observe(TRIALS, look);
    let wrong = plant(1.0, 1.02 * FAILURE, EXPONENTIAL).observe(TRIALS, look);
    tell_apart("A no outage in a year", &right, &wrong, &[exp(-FAILURE)]);
}

/// The demand of case A goes short in a month unless the source runs at its beginning and no outage begins in it: the
/// availability at that time, times `exp(-rate / 12)`. The probability that the run tells is counted, and its interval exact.
#[test]
fn a_any_shortage_by_month() {
    let (months, trials) = ([0, 5, 11, 23], TRIALS / 10);
    let exact = months.map(|month| 1.0 - availability(f64::from(month) / 12.0) * exp(-FAILURE / 12.0));
    listed(exact[0], 0.0165285, 7);
    let found = |rate: f64| {
        let config = plant(2.0, rate, EXPONENTIAL).replace(MADE, "shortage_fraction.all.product").demand(12);
        let run = config.study().run(trials).expect("it runs");
        let scenario = run.scenario("base").expect("there is no other");
        let series = scenario.series("shortage_fraction.all.product").expect("it is recorded");
        months.map(|month| {
            let none = series.probability_of_zero(month as usize).value.expect("a share");
            Estimate { value: 1.0 - none, error: (none * (1.0 - none) / trials as f64).sqrt() }
        })
    };
    tell_apart("A any shortage by month", &found(FAILURE), &found(1.1 * FAILURE), &exact);
}

/// The tallies of an ordinary run say the same as the trials one by one.
#[test]
fn a_tallies() {
    let config = plant(10.0, FAILURE, EXPONENTIAL);
    let trials = 20_000;
    let tallied = config.run(trials);
    let one_by_one = config.observe(trials, |model, trial| {
        let row = series_row(model, trial, MADE);
        [
            row[0],
            row[119],
            outcome_of(model, trial, "episodes.outage"),
            outcome_of(model, trial, "disrupted_months.outage"),
        ]
    });
    let episodes = tallied.outcome("episodes.outage").mean().expect("finite");
    let months = tallied.outcome("disrupted_months.outage");
    for (found, wanted) in [
        (tallied.mean(MADE, 0), one_by_one[0].value),
        (tallied.mean(MADE, 119), one_by_one[1].value),
        (episodes, one_by_one[2].value),
        (months.mean().expect("finite"), one_by_one[3].value),
        ((months.variance().expect("finite") / trials as f64).sqrt(), one_by_one[3].error),
    ] {
        assert!((found - wanted).abs() < 1e-7, "{found} is not {wanted}");
    }
}

/// The long-run availability depends on the mean duration alone (here a lognormal as wide as its mean). Looked at from the
/// fifteenth to the thirtieth year, with fewer trials as the horizon is long.
#[test]
fn a_insensitivity() {
    let look = |model: &Model, trial: &Trial| [mean(&series_row(model, trial, MADE)[180..])];
    let config = |rate: f64| plant(30.0, rate, "{ lognormal = { mean = 6, sd = 6 } }");
    let right = config(FAILURE).observe(TRIALS / 5, look);
    let wrong = config(1.02 * FAILURE).observe(TRIALS / 5, look);
    tell_apart("A insensitivity", &right, &wrong, &[10.0 / 11.0]);
}

/// Probability of `k` of five, each with probability `p`.
fn binomial(k: i32, p: f64) -> f64 {
    [1.0, 5.0, 10.0, 10.0, 5.0, 1.0][k as usize] * pow(p, f64::from(k)) * pow(1.0 - p, f64::from(5 - k))
}

fn shares_of_count(count: usize) -> [f64; 4] {
    [indicator(count == 0), indicator(count == 1), indicator(count == 2), indicator(count >= 2)]
}

fn shares_exact() -> [f64; 4] {
    let p = 1.0 / 11.0;
    let exact = [binomial(0, p), binomial(1, p), binomial(2, p), 1.0 - binomial(0, p) - binomial(1, p)];
    for (exact, constant) in exact.into_iter().zip([0.6209213, 0.3104607, 0.0620921, 0.0686180]) {
        listed(exact, constant, 7);
    }
    exact
}

/// Five outages in their steady state from the start: one in eleven runs then, and exponential durations have no memory.
#[test]
fn b_overlap_of_outages() {
    let config = |rate: f64, active: f64| {
        let keys = format!("rate_per_year = {rate}, duration_months = {EXPONENTIAL}, active_at_start = {active}");
        let config = ConfigBuilder::new(1.0).plant("plant", 12);
        (0..5).fold(config, |config, number| config.outage(&format!("outage-{number}"), "plant", &keys))
    };
    let look = |_: &Model, trial: &Trial| {
        let down = |time: f64| {
            let running = |episodes: &&Vec<shortfall::engine::Episode>| {
                episodes.iter().any(|episode| episode.begin <= time && time < episode.end)
            };
            trial.episodes.iter().filter(running).count()
        };
        let ([a, b, c, d], [e, f, g, h]) = (shares_of_count(down(0.0)), shares_of_count(down(10.3)));
        [a, b, c, d, e, f, g, h]
    };
    let exact: Vec<f64> = shares_exact().into_iter().chain(shares_exact()).collect();
    let right = config(FAILURE, 1.0 / 11.0).observe(TRIALS, look);
    let wrong = config(1.02 * FAILURE, 1.02 / 11.0).observe(TRIALS, look);
    tell_apart("B outages", &right, &wrong, &exact);
}

/// Five projects with a success probability each, a tonne a month each, for one month.
fn five_projects(success: f64) -> ConfigBuilder {
    let keys = format!("begins = 0, success_probability = {success}");
    let config = ConfigBuilder::new(1.0 / 12.0).series(&[MADE]);
    (0..5).fold(config, |config, number| config.project(&format!("p{number}"), 12, &keys))
}

fn working(model: &Model, trial: &Trial) -> usize {
    series_row(model, trial, MADE)[0].round() as usize
}

#[test]
fn b_overlap_of_failed_projects() {
    let look = |model: &Model, trial: &Trial| shares_of_count(5 - working(model, trial));
    let right = five_projects(10.0 / 11.0).observe(TRIALS, look);
    let wrong = five_projects(1.0 - 1.02 / 11.0).observe(TRIALS, look);
    tell_apart("B projects", &right, &wrong, &shares_exact());
}

/// Probability under the one-factor Gaussian copula (Vasicek 1987) that `yes` given members succeed and `no` given ones fail:
/// the integral over the common factor, by the trapezoid rule, which for a smooth integrand on the whole line is exact.
fn joint(p: f64, rho: f64, yes: i32, no: i32) -> f64 {
    let threshold = normal_quantile(Probability::of(p));
    let step = 1.0 / 64.0;
    (-640..=640)
        .map(|number| {
            let z = f64::from(number) * step;
            let given = normal_cdf((threshold - rho.sqrt() * z) / (1.0 - rho).sqrt());
            normal_density(z) * step * pow(given.below, f64::from(yes)) * pow(given.above, f64::from(no))
        })
        .sum()
}

#[test]
fn c_common_cause() {
    let exact = [joint(0.1, 0.3, 5, 0), joint(0.1, 0.3, 0, 5), joint(0.1, 0.3, 2, 0)];
    listed(exact[0], 0.00135257, 8);
    listed(exact[1], 0.6595346, 7);
    listed(exact[2], 0.0216165, 7);
    listed(joint(0.1, 0.0, 0, 5), 0.59049, 5);
    let look = |model: &Model, trial: &Trial| {
        let pair = trial.starts[1].is_finite() && trial.starts[3].is_finite();
        [indicator(working(model, trial) == 5), indicator(working(model, trial) == 0), indicator(pair)]
    };
    let config = |p: f64, rho: f64| {
        five_projects(p).entry("correlations.luck", format!("{{ inputs = [\"projects.*.success\"], rho = {rho} }}"))
    };
    let right = config(0.1, 0.3).observe(TRIALS, look);
    let likelier = config(0.102, 0.3).observe(TRIALS, look);
    tell_apart("C common cause", &right, &likelier, &exact);
    let closer: [Estimate; 3] = config(0.1, 0.32).observe(TRIALS, look);
    assert!(check("C common cause, closer twin", &closer, &exact).is_err());
    // Without a correlation the members are independent.
    let independent = five_projects(0.1).observe(TRIALS, look);
    check("C independent", &independent, &[pow(0.1, 5.0), pow(0.9, 5.0), 0.01]).expect("independent");
}
