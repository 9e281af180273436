//! `shortfall drivers`: which uncertain inputs explain how much of the results.

use serde_json::json;
use shortfall::Progress;
use shortfall::model::InputGroup;
use shortfall::output::{self, drivers as written, file};
use shortfall::simulation;
use shortfall::study::{LEAST_FOR_DRIVERS, ScenarioModel, Study, number_named};
use shortfall::summary::{self, Drivers};
use shortfall::tally::{self, Driven, Tally};

use super::answer::Output;
use super::{Failure, Input, Simulation, Terminal, progress};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    simulation: Simulation,
    /// Tell the drivers of this number: an outcome, as in `total_shortage.allies.magnets`; `claim.ID`; or a recorded series in
    /// a month, as in `coverage_without.china.magnets@2035-01`. Without it: what the main milestone looks at ten years ahead,
    /// the main outcome, the main milestone, and the claims. Repeatable.
    #[arg(long, value_name = "NAME")]
    of: Vec<String>,
    /// Estimate the total effect of these inputs too, alone and together with others, from pairs of trials that differ in them
    /// alone, as in 'projects.*.slip_months'; `*` stands for any name. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    total: Vec<String>,
    /// Pairs of trials for each --total.
    #[arg(long, value_name = "N", default_value_t = 2000, requires = "total", value_parser = clap::value_parser!(u64).range(500..=100_000_000))]
    pairs: u64,
    /// Bars end at this percentile, in place of the mean.
    #[arg(long, value_name = "P", value_parser = percentile)]
    percentile: Option<f64>,
    /// Bars end where the input stands at its 10th and 90th percentile and all others at their medians, in place of the lowest
    /// and highest tenth of the trials, in which the others vary as ever.
    #[arg(long)]
    one_at_a_time: bool,
    #[command(flatten)]
    output: Output,
}

/// Simulates, and prints what drives the results.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let mut study = arguments.input.study(&options.changes())?;
    if arguments.input.scenario.is_empty() {
        study.scenarios.truncate(1);
    }
    if study.config.run.trials < LEAST_FOR_DRIVERS {
        let trials = study.config.run.trials;
        let fault = format!("drivers take at least {LEAST_FOR_DRIVERS} trials; {trials} are asked for: raise `-n`");
        return Err(Failure::Usage(vec![fault]));
    }
    let mut faults = Vec::new();
    let asked: Vec<Asked<'_>> =
        study.scenarios.iter().map(|case| asked(arguments, &study, case, &mut faults)).collect();
    if !faults.is_empty() {
        return Err(Failure::Usage(faults));
    }
    let begun = arguments.output.begin(&arguments.input)?;
    let pairs = 2 * arguments.pairs * arguments.total.len() as u64;
    let total = (study.config.run.trials + pairs) * asked.len() as u64;
    let counted = progress::watch(options.progress(), total, |progress| {
        asked.iter().map(|asked| tell(arguments, &study, asked, progress)).collect::<Result<Vec<_>, Failure>>()
    })?;
    let mut found = Vec::new();
    for (asked, (mut drivers, tally)) in asked.iter().zip(counted) {
        put_bars(arguments, &study, asked, &tally, &mut drivers)?;
        found.push(drivers);
    }
    let cases: Vec<(&ScenarioModel, &Drivers)> = study.scenarios.iter().zip(&found).collect();
    let digest = file::digest(output::config_as_run(&study).as_bytes());
    let answer = written::answer(&study, &cases, &digest);
    let scenarios: Vec<&str> = study.scenario_ids().collect();
    let what = ("driven", json!(scenarios));
    begun.finish(&study, &answer, (what, Some(study.config.run.trials)), options, terminal)
}

/// What is asked of a scenario.
struct Asked<'a> {
    case: &'a ScenarioModel,
    numbers: Vec<Driven>,
    /// By pattern: the groups of inputs that it matches.
    totals: Vec<(&'a str, Vec<InputGroup>)>,
}

fn asked<'a>(arguments: &'a Arguments, study: &Study, case: &'a ScenarioModel, faults: &mut Vec<String>) -> Asked<'a> {
    let model = &case.model;
    let mut blame = |fault: String| faults.push(format!("scenario {}: {fault}", case.id));
    let named = arguments.of.iter().filter_map(|name| number_named(model, name).map_err(&mut blame).ok());
    let mut numbers: Vec<Driven> = Vec::new();
    named.for_each(|number| numbers.extend((!numbers.contains(&number)).then_some(number)));
    if arguments.of.is_empty() {
        numbers = study.headline_numbers(case);
    }
    let streams = model.input_streams();
    let matched = |pattern: &'a String| {
        let groups: Vec<InputGroup> = model.groups_matching(&streams, pattern).into_iter().cloned().collect();
        if groups.is_empty() {
            blame(format!(
                "--total `{pattern}` matches no uncertain input; `shortfall replay --trial 0 --format json` lists them"
            ));
        }
        (pattern.as_str(), groups)
    };
    Asked { case, numbers, totals: arguments.total.iter().map(matched).collect() }
}

/// Simulates a scenario.
fn tell(
    arguments: &Arguments,
    study: &Study,
    asked: &Asked<'_>,
    progress: &Progress,
) -> Result<(Drivers, Tally), Failure> {
    let (run, threads, case) = (&study.config.run, arguments.simulation.threads(), asked.case);
    let named = |error: simulation::Error| Failure::from(error.named([case.id.as_str()].into_iter()));
    let tally = Tally::new(&case.model).with_drivers(tally::Drivers::new(&case.model, &asked.numbers));
    let mut tallies =
        simulation::extend(&[&case.model], vec![tally], 0..run.trials, threads, progress).map_err(named)?;
    let tally = tallies.remove(0);
    let counted = tally.drivers.as_ref().expect("they were asked for");
    let mut drivers = summary::drivers_of(case, counted, run.trials, run.confidence);
    for (pattern, groups) in &asked.totals {
        let slots: Vec<usize> = groups.iter().flat_map(|group| group.slots.clone()).collect();
        let pairs = 0..arguments.pairs;
        let found =
            simulation::total_effects(&case.model, &slots, &asked.numbers, pairs, threads, progress).map_err(named)?;
        let total = summary::total_of(case, pattern, groups, &asked.numbers, arguments.pairs, &found, run.confidence);
        drivers.totals.push(total);
    }
    Ok((drivers, tally))
}

/// Most bars of a number that take trials of their own.
const MOST_BARS: usize = 10;

/// A tally of trials where something is low, and of others where it is high; what it is, by its place.
type LowAndHigh = (usize, [Tally; 2]);

/// Percentiles, or one input at a time, where that is asked for.
fn put_bars(
    arguments: &Arguments,
    study: &Study,
    asked: &Asked<'_>,
    all: &Tally,
    drivers: &mut Drivers,
) -> Result<(), Failure> {
    let (model, mode) = (&asked.case.model, arguments.simulation.progress());
    let (trials, confidence) = (study.config.run.trials, study.config.run.confidence);
    let (threads, streams) = (arguments.simulation.threads(), model.input_streams());
    let named = |error: simulation::Error| error.named([asked.case.id.as_str()].into_iter());
    drivers.keep_bars(if arguments.one_at_a_time || arguments.percentile.is_some() { MOST_BARS } else { usize::MAX });
    if arguments.one_at_a_time {
        // As many trials as there are in a tenth.
        let (groups, trials) = (drivers.groups_with_bars(), trials.div_ceil(10));
        let total = trials * (2 * groups.len() as u64 + 1);
        let (medians, moved) = progress::watch(mode, total, |progress| {
            let simulated = |moved: Option<(&InputGroup, f64)>| {
                let model = model.one_at_a_time(moved);
                let means = tally::Drivers::means_only(&model, &asked.numbers);
                let tally = vec![Tally::new(&model).with_drivers(means)];
                simulation::extend(&[&model], tally, 0..trials, threads, progress).map(|mut found| found.remove(0))
            };
            let ends = |group: &usize| {
                let end = |quantile: f64| simulated(Some((&streams.groups[*group], quantile)));
                Ok((*group, [end(0.1)?, end(0.9)?]))
            };
            Ok((simulated(None)?, groups.iter().map(ends).collect::<Result<Vec<LowAndHigh>, _>>()?))
        })
        .map_err(named)?;
        drivers.put_one_at_a_time(model, arguments.percentile, &medians, &moved, confidence);
    } else if let Some(percent) = arguments.percentile {
        let moved = drivers.streams_with_bars();
        let total = 2 * trials * moved.len() as u64;
        let tenths = progress::watch(mode, total, |progress| {
            let ends = |stream: &usize| {
                let key = streams.streams[*stream].key;
                let end = |from, to| simulation::where_input(model, (key, from, to), 0..trials, threads, progress);
                Ok((*stream, [end(0.0, 0.1)?, end(0.9, 1.0)?]))
            };
            moved.iter().map(ends).collect::<Result<Vec<LowAndHigh>, _>>()
        })
        .map_err(named)?;
        drivers.put_percentiles(model, percent, all, &tenths, confidence);
    }
    Ok(())
}

/// A percentile.
fn percentile(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok().filter(|percent| *percent > 0.0 && *percent < 100.0);
    percent.ok_or_else(|| "a percentile lies above 0 and below 100".into())
}
