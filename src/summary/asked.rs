//! What is asked about drivers, and the trials that tell.

use super::{Drivers, drivers_of, total_of};
use crate::model::{InputGroup, Model};
use crate::simulation::{self, Error, Progress};
use crate::study::{LEAST_FOR_DRIVERS, ScenarioModel, Study, number_named};
use crate::tally::{self, Driven, Tally};

/// Where the bars of a number end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bars {
    /// At this percentile; at the mean, if there is none.
    pub percentile: Option<f64>,
    /// Where an input stands at its 10th and 90th percentile and all others at their medians; else in the lowest and highest tenth
    /// of the trials.
    pub one_at_a_time: bool,
}

/// Most bars of a number that take trials of their own.
const MOST_BARS: usize = 10;

/// What is asked of a scenario.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The scenario.
    pub case: &'a ScenarioModel,
    /// Which numbers of a trial.
    numbers: Vec<Driven>,
    /// By pattern of inputs whose total effect is asked for: the groups that it matches.
    totals: Vec<(&'a str, Vec<InputGroup>)>,
}

/// A tally of trials where something is low, and of others where it is high; what it is, by its place.
type LowAndHigh = (usize, [Tally; 2]);

impl<'a> Asked<'a> {
    /// Of every scenario of a study: the numbers of these names, or the main ones if there are none, and the total effects of
    /// inputs that match a pattern.
    ///
    /// # Errors
    /// Too few trials; or all names that no number has, and patterns that match nothing, a sentence each.
    pub fn of(study: &'a Study, names: &[String], totals: &'a [String]) -> Result<Vec<Asked<'a>>, Vec<String>> {
        let trials = study.config.run.trials;
        if trials < LEAST_FOR_DRIVERS {
            return Err(vec![format!(
                "drivers take at least {LEAST_FOR_DRIVERS} trials; {trials} are asked for: raise `run.trials`"
            )]);
        }
        let mut faults = Vec::new();
        let of = |case| Asked::new(study, case, names, totals, &mut faults);
        let asked = study.scenarios.iter().map(of).collect();
        if faults.is_empty() { Ok(asked) } else { Err(faults) }
    }

    fn new(
        study: &Study,
        case: &'a ScenarioModel,
        names: &[String],
        totals: &'a [String],
        faults: &mut Vec<String>,
    ) -> Self {
        let model = &case.model;
        let mut blame = |fault: String| faults.push(format!("scenario {}: {fault}", case.id));
        let named = names.iter().filter_map(|name| number_named(model, name).map_err(&mut blame).ok());
        let mut numbers: Vec<Driven> = Vec::new();
        named.for_each(|number| numbers.extend((!numbers.contains(&number)).then_some(number)));
        if names.is_empty() {
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
        Asked { case, numbers, totals: totals.iter().map(matched).collect() }
    }

    /// How many trials [`Asked::tell`] simulates.
    pub fn trials(&self, trials: u64, pairs: u64) -> u64 {
        trials + 2 * pairs * self.totals.len() as u64
    }

    /// Simulates the trials of the study, and so many pairs for each total effect; what they say, and what was counted.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn tell(
        &self,
        study: &Study,
        pairs: u64,
        threads: usize,
        progress: &Progress,
    ) -> Result<(Drivers, Tally), Error> {
        let (run, case) = (&study.config.run, self.case);
        let tally = Tally::new(&case.model).with_drivers(tally::Drivers::new(&case.model, &self.numbers));
        let mut tallies = simulation::extend(&[&case.model], vec![tally], 0..run.trials, threads, progress)?;
        let tally = tallies.remove(0);
        let counted = tally.drivers.as_ref().expect("they were asked for");
        let mut drivers = drivers_of(case, counted, run.trials, run.confidence);
        for (pattern, groups) in &self.totals {
            let slots: Vec<usize> = groups.iter().flat_map(|group| group.slots.clone()).collect();
            let found = simulation::total_effects(&case.model, &slots, &self.numbers, 0..pairs, threads, progress)?;
            drivers.totals.push(total_of(case, pattern, groups, &self.numbers, pairs, &found, run.confidence));
        }
        Ok((drivers, tally))
    }

    /// How many trials [`Asked::put_bars`] simulates.
    pub fn trials_of_bars(&self, bars: Bars, drivers: &mut Drivers, trials: u64) -> u64 {
        let Bars { percentile, one_at_a_time } = bars;
        drivers.keep_bars(if one_at_a_time || percentile.is_some() { MOST_BARS } else { usize::MAX });
        match (one_at_a_time, percentile) {
            (true, _) => trials.div_ceil(10) * (2 * drivers.groups_with_bars().len() as u64 + 1),
            (false, Some(_)) => 2 * trials * drivers.streams_with_bars().len() as u64,
            (false, None) => 0,
        }
    }

    /// Puts in percentiles, or one input at a time, where that is asked for; `all` is what [`Asked::tell`] has counted.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn put_bars(
        &self,
        bars: Bars,
        study: &Study,
        (drivers, all): (&mut Drivers, &Tally),
        threads: usize,
        progress: &Progress,
    ) -> Result<(), Error> {
        let (trials, confidence) = (study.config.run.trials, study.config.run.confidence);
        let model = &self.case.model;
        if bars.one_at_a_time {
            // As many trials as there are in a tenth.
            let (medians, moved) = self.one_at_a_time(drivers, trials.div_ceil(10), threads, progress)?;
            drivers.put_one_at_a_time(model, bars.percentile, &medians, &moved, confidence);
        } else if let Some(percent) = bars.percentile {
            let streams = model.input_streams();
            let ends = |stream: usize| {
                let key = streams.streams[stream].key;
                let end = |from, to| simulation::where_input(model, (key, from, to), 0..trials, threads, progress);
                Ok((stream, [end(0.0, 0.1)?, end(0.9, 1.0)?]))
            };
            let tenths =
                drivers.streams_with_bars().into_iter().map(ends).collect::<Result<Vec<LowAndHigh>, Error>>()?;
            drivers.put_percentiles(model, percent, all, &tenths, confidence);
        }
        Ok(())
    }

    /// Trials at medians, and those of each group of inputs that is moved from there.
    fn one_at_a_time(
        &self,
        drivers: &Drivers,
        trials: u64,
        threads: usize,
        progress: &Progress,
    ) -> Result<(Tally, Vec<LowAndHigh>), Error> {
        let model = &self.case.model;
        let streams = model.input_streams();
        let simulated = |moved: Option<(&InputGroup, f64)>| {
            let model: Model = model.one_at_a_time(moved);
            let means = tally::Drivers::means_only(&model, &self.numbers);
            let tally = vec![Tally::new(&model).with_drivers(means)];
            simulation::extend(&[&model], tally, 0..trials, threads, progress).map(|mut found| found.remove(0))
        };
        let ends = |group: usize| {
            let end = |quantile: f64| simulated(Some((&streams.groups[group], quantile)));
            Ok((group, [end(0.1)?, end(0.9)?]))
        };
        let medians = simulated(None)?;
        let moved = drivers.groups_with_bars().into_iter().map(ends).collect::<Result<Vec<LowAndHigh>, Error>>()?;
        Ok((medians, moved))
    }
}
