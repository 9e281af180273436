//! Ends of the bars of drivers other than means over a tenth: percentiles, and one input at a time.

use super::drivers::{Bar, DrivenNumber, Drivers, Ends, Moves};
use super::estimate::{Estimate, TOO_LARGE};
use super::{hits_of, percentile};
use crate::model::Model;
use crate::statistics::clopper_pearson;
use crate::tally::{Driven, Tally};

impl Drivers {
    /// The bars of all numbers, each with its group of inputs.
    fn bars(&self) -> impl Iterator<Item = (usize, &Bar)> {
        let drivers = self.numbers.iter().flat_map(|found| &found.drivers);
        drivers.filter_map(|driver| Some((driver.group, driver.bar.as_ref()?)))
    }

    /// Keeps the bars of the first `most` drivers of every number.
    #[doc(hidden)]
    pub fn keep_bars(&mut self, most: usize) {
        for found in &mut self.numbers {
            found.drivers.iter_mut().skip(most).for_each(|driver| driver.bar = None);
        }
    }

    /// Groups whose bars are told, each once.
    #[doc(hidden)]
    pub fn groups_with_bars(&self) -> Vec<usize> {
        distinct(self.bars().map(|(group, _)| group).collect())
    }

    /// Streams that bars move, each once.
    #[doc(hidden)]
    pub fn streams_with_bars(&self) -> Vec<usize> {
        distinct(self.bars().map(|(_, bar)| bar.stream).collect())
    }

    /// Percentiles in place of means, given the trials of each stream's lowest and highest tenth, and all trials.
    #[doc(hidden)]
    pub fn put_percentiles(
        &mut self,
        model: &Model,
        percent: f64,
        all: &Tally,
        tenths: &[(usize, [Tally; 2])],
        confidence: f64,
    ) {
        self.ends = Ends { percentile: Some(percent), one_at_a_time: false };
        for found in &mut self.numbers {
            let driven = found.driven;
            let end = |tally: &Tally| at(model, tally, driven, percent, confidence);
            found.middle = end(all);
            for bar in found.drivers.iter_mut().filter_map(|driver| driver.bar.as_mut()) {
                let Some((_, [low, high])) = tenths.iter().find(|(stream, _)| *stream == bar.stream) else { continue };
                (bar.low, bar.high) = (end(low), end(high));
            }
        }
    }

    /// One input at a time: given the trials with all inputs at their medians, and those with a group at its 10th and at its
    /// 90th percentile; their tallies hold the means of the numbers, in their order.
    #[doc(hidden)]
    pub fn put_one_at_a_time(
        &mut self,
        model: &Model,
        percent: Option<f64>,
        medians: &Tally,
        moved: &[(usize, [Tally; 2])],
        confidence: f64,
    ) {
        self.ends = Ends { percentile: percent, one_at_a_time: true };
        for (number, found) in self.numbers.iter_mut().enumerate() {
            let driven = found.driven;
            let end = |tally: &Tally| match percent {
                Some(percent) => at(model, tally, driven, percent, confidence),
                None => mean(tally, number, confidence),
            };
            put_moved(found, medians, moved, &end);
        }
    }
}

fn put_moved(
    found: &mut DrivenNumber,
    medians: &Tally,
    moved: &[(usize, [Tally; 2])],
    end: &dyn Fn(&Tally) -> Estimate,
) {
    found.middle = end(medians);
    for driver in &mut found.drivers {
        let (group, inputs) = (driver.group, driver.inputs);
        let Some(bar) = &mut driver.bar else { continue };
        let Some((_, [low, high])) = moved.iter().find(|(moved, _)| *moved == group) else { continue };
        if inputs > 1 {
            bar.moves = Moves::Together;
        }
        (bar.low, bar.high) = (end(low), end(high));
    }
}

fn distinct(mut all: Vec<usize>) -> Vec<usize> {
    all.sort();
    all.dedup();
    all
}

/// Mean of a number whose place is `number`.
fn mean(tally: &Tally, number: usize, confidence: f64) -> Estimate {
    let found = tally.drivers.as_ref().and_then(|counted| counted.mean(number));
    found.map_or(Estimate::unknown(TOO_LARGE), |found| super::drivers::mean(&found, confidence))
}

/// A percentile of a number; of a yes or no, its probability.
fn at(model: &Model, tally: &Tally, driven: Driven, percent: f64, confidence: f64) -> Estimate {
    let chance = |hits: u64| {
        let interval = clopper_pearson(hits, tally.trials(), confidence);
        let value = hits as f64 / tally.trials().max(1) as f64;
        Estimate { value: Some(value), low: Some(interval.low), high: Some(interval.high), ..Estimate::default() }
    };
    match driven {
        Driven::Value(outcome) => percentile(&tally.outcome(outcome), percent, confidence),
        Driven::InMonth(series, month) => percentile(&tally.series(series, month), percent, confidence),
        Driven::Comes(outcome) => chance(tally.trials() - tally.outcome(outcome).never()),
        Driven::Holds(claim) => chance(hits_of(model, &model.claims[claim], tally)),
    }
}
