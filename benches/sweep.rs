//! How the time of a run grows with the model: each of five sizes over a factor of sixteen, with the fitted exponent.
//!
//! ```text
//! cargo bench --bench sweep
//! ```
//!
//! The exponent is the slope of the logarithm of time over the logarithm of size (least squares): 1 is linear. Time is the
//! least of several runs on one thread, without reading and writing.

use std::fmt::Write;
use std::time::Instant;

use shortfall::math;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;

/// How large a model is.
#[derive(Clone, Copy)]
struct Size {
    trials: u64,
    months: usize,
    steps: usize,
    projects: usize,
    markets: usize,
}

const USUAL: Size = Size { trials: 2_000, months: 120, steps: 1, projects: 32, markets: 3 };
const FACTORS: [usize; 5] = [1, 2, 4, 8, 16];

fn main() {
    println!("{:10}{:>60}{:>10}", "", "milliseconds at 1, 2, 4, 8 and 16 times the first size", "exponent");
    sweep("trials", 1_000, |size, to| size.trials = to as u64);
    sweep("months", 36, |size, to| size.months = to);
    sweep("steps", 1, |size, to| size.steps = to);
    sweep("projects", 32, |size, to| size.projects = to);
    sweep("markets", 1, |size, to| size.markets = to);
}

/// Times one size, all else being usual.
fn sweep(name: &str, first: usize, set: impl Fn(&mut Size, usize)) {
    let points: Vec<(f64, f64)> = (FACTORS.iter())
        .map(|factor| {
            let mut size = USUAL;
            set(&mut size, first * factor);
            ((first * factor) as f64, milliseconds(size))
        })
        .collect();
    let times: String = points.iter().fold(String::new(), |mut text, (_, time)| {
        let _ = write!(text, "{time:10.1}");
        text
    });
    println!("{name:10}{:>10}{times}{:10.2}", format!("{first}.."), exponent(&points));
}

/// Slope of the logarithms.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (math::ln(*x), math::ln(*y))).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let slope = |point: &(f64, f64)| (point.0 - x) * (point.1 - y);
    logs.iter().map(slope).sum::<f64>() / logs.iter().map(|point| (point.0 - x) * (point.0 - x)).sum::<f64>()
}

/// Least time of five runs.
fn milliseconds(size: Size) -> f64 {
    let study = Study::from_text(&config(size)).unwrap_or_else(|faults| panic!("{faults}"));
    let models = [&study.scenarios[0].model];
    let time = |_| {
        let begin = Instant::now();
        simulation::run(&models, size.trials, 1, &Progress::default()).expect("nobody stops it");
        begin.elapsed().as_secs_f64()
    };
    1e3 * (0..5).map(time).fold(f64::INFINITY, f64::min)
}

/// Two stages in a ring of markets, each of which bans exports to the next now and then; projects go round the markets.
fn config(size: Size) -> String {
    let Size { months, steps, projects, markets, .. } = size;
    let years = months as f64 / 12.0;
    let mut text = format!(
        "title = \"sweep\"\nstart = \"2026-01\"\nhorizon_years = {years}\nsteps_per_month = {steps}\n\
         stages.ore = {{}}\nstages.metal.feeds.ore = 1.5\n\
         output.series = [\"shortage.m0.metal\", \"production.m0.metal\"]\n"
    );
    for market in 0..markets {
        let next = (market + 1) % markets;
        let _ = write!(
            text,
            "markets.m{market}.countries = [\"C{market}\"]\n\
             capacities.ore{market} = {{ country = \"C{market}\", stage = \"ore\", tonnes_per_year = 150 }}\n\
             capacities.metal{market} = {{ country = \"C{market}\", stage = \"metal\", tonnes_per_year = 100 }}\n\
             demands.d{market} = {{ market = \"m{market}\", stage = \"metal\", tonnes_per_year = 120 }}\n"
        );
        if next != market {
            let _ = writeln!(
                text,
                "disruptions.ban{market} = {{ kind = \"export-control\", from = [\"m{market}\"], to = [\"m{next}\"], \
                 rate_per_year = 0.5, duration_months = {{ uniform = [1, 12] }}, severity = 0.8 }}"
            );
        }
    }
    for project in 0..projects {
        let market = project % markets;
        let _ = writeln!(
            text,
            "projects.p{project} = {{ country = \"C{market}\", stage = \"metal\", tonnes_per_year = 3, \
             lead_months = {{ uniform = [1, 60] }}, ramp = {{ months = {{ uniform = [6, 36] }} }} }}"
        );
    }
    text
}
