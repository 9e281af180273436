//! What drives the results: how much of their variance each uncertain input explains.
//!
//! First order: what would go if the input were known, on average, whatever the others are. The shares of independent inputs
//! add up to one less what only several inputs do together, and less the part of the events: when disruptions strike, how long
//! and how hard, which plants investors decide on, and the monthly noise of demand. Correlated inputs are one group, as knowing
//! one tells of the others; its share is the sum of those of the independent numbers behind it.
//!
//! Only inputs that certainly explain something are named: those whose p-value clears Holm's procedure (1979) over all inputs
//! and all numbers of a scenario ([`holm_one_sided`]).

use serde::Serialize;

use super::estimate::{Estimate, TOO_LARGE};
use crate::model::{InputGroup, Model, Streams, Unit, pattern};
use crate::statistics::{Jackknife, holm_one_sided, total_effect};
use crate::study::{ScenarioModel, number_name};
use crate::tally::{Driven, Drivers as Counted, Redrawn};

/// The chance that any input is named that explains nothing is at most this.
pub const MISS: f64 = 0.05;

/// What is said of a share that may as well be zero.
pub const NOT_DISTINGUISHABLE: &str = "not distinguishable from 0";

/// What drives the results of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drivers {
    /// Trials.
    pub trials: u64,
    /// Uncertain inputs.
    pub inputs: usize,
    /// Hypotheses "explains nothing" that were tested together.
    pub family: usize,
    /// What the ends of the bars are.
    pub ends: Ends,
    /// The numbers asked for, in their order.
    pub numbers: Vec<DrivenNumber>,
    /// Total effects that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<TotalEffect>,
}

/// What the ends of a driver's bar are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ends {
    /// Percentile, in percent; none for the mean, which of a yes or no is its probability.
    pub percentile: Option<f64>,
    /// Whether all other inputs stand at their medians, and this one at its 10th and 90th percentile; else it lies in its
    /// lowest and highest tenth, and the others are drawn as ever.
    pub one_at_a_time: bool,
}

/// A number that each trial gives, and what it depends on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DrivenNumber {
    /// Name of the outcome, `claim.ID`, or `SERIES@YYYY-MM`.
    pub name: String,
    /// Which number of the trial it is.
    pub what: &'static str,
    /// Unit.
    pub unit: Unit,
    /// Which.
    #[serde(skip)]
    #[doc(hidden)]
    pub driven: Driven,
    /// Its mean over all trials, or the percentile of which the bars show the ends.
    pub middle: Estimate,
    /// Inputs that certainly explain something, the largest share first.
    pub drivers: Vec<Driver>,
    /// All other inputs together.
    pub rest: Together,
    /// What no input explains by itself: events, and what inputs do only together.
    pub events: Estimate,
    /// Inputs of one kind together, by the path that they share, as in `projects.*.slip_months`; without those that are
    /// correlated. The largest share first.
    pub kinds: Vec<Together>,
    /// Why there is nothing to tell, if so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// All inputs that are not named, in the order of the model.
    #[serde(skip)]
    pub others: Vec<Driver>,
}

/// Several inputs together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Together {
    /// What they have in common.
    pub name: String,
    /// How many there are.
    pub inputs: usize,
    /// Sum of what each explains by itself.
    pub share: Estimate,
    /// One-sided p-value against explaining nothing, adjusted by Holm's procedure for the whole family; none of those that are
    /// left over from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_holm: Option<f64>,
}

/// An input, or inputs that are correlated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Driver {
    /// Path of the input, or `correlations.ID`.
    pub name: String,
    /// Number of inputs.
    pub inputs: usize,
    /// Share of the variance.
    pub share: Estimate,
    /// One-sided p-value against explaining nothing.
    pub p_value: f64,
    /// The same after Holm's adjustment for the family.
    pub p_holm: f64,
    /// Place of the input, or of the inputs, among the groups of the model.
    #[serde(skip)]
    #[doc(hidden)]
    pub group: usize,
    /// Its bar, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar: Option<Bar>,
}

/// How far an input moves a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What is moved: the input, or of correlated ones what explains most.
    pub moves: Moves,
    /// Its stream among those of the model.
    #[serde(skip)]
    #[doc(hidden)]
    pub stream: usize,
    /// The number where the input is low.
    pub low: Estimate,
    /// The same where it is high.
    pub high: Estimate,
}

/// What a bar moves.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moves {
    /// An input with a distribution: its 10th and its 90th percentile.
    Input(f64, f64),
    /// Whether something succeeds: low is that it does.
    Success,
    /// The uniform number of another chance, as of a closure.
    Chance,
    /// Correlated inputs, all at once.
    Together,
    /// What correlated inputs have in common.
    Common,
    /// One of several correlated inputs, by its path, with all that follows from it.
    OneOf(String),
}

/// The part of some inputs in a number, alone or together with others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TotalEffect {
    /// The pattern asked for.
    pub pattern: String,
    /// Inputs that were drawn afresh: those that match, and those that are correlated with them.
    pub inputs: usize,
    /// How many of these do not match, and are correlated with one that does.
    pub correlated: usize,
    /// Pairs of trials.
    pub pairs: u64,
    /// By number: its name, and the share.
    pub shares: Vec<(String, Estimate)>,
}

/// A share with its interval, within zero and one; none where the estimate is not above zero.
fn told(found: &Jackknife, confidence: f64) -> Estimate {
    let interval = found.interval(confidence);
    let cut = |end: f64| end.clamp(0.0, 1.0);
    let (low, high) = (interval.map(|interval| cut(interval.low)), interval.map(|interval| cut(interval.high)));
    if !(found.value > 0.0) {
        return Estimate { low, high, ..Estimate::unknown(NOT_DISTINGUISHABLE) };
    }
    Estimate { value: Some(cut(found.value)), low, high, ..Estimate::default() }
}

/// A mean with its interval.
pub(super) fn mean(found: &Jackknife, confidence: f64) -> Estimate {
    let interval = found.interval(confidence);
    let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
    Estimate { value: Some(found.value), low, high, ..Estimate::default() }
}

/// The shares of all groups and kinds in one number; none where it has no variance to speak of.
struct Shares {
    groups: Vec<Jackknife>,
    /// By kind: its groups.
    kinds: Vec<Jackknife>,
}

/// The drivers of a scenario, from what was counted of its trials.
pub fn drivers_of(case: &ScenarioModel, counted: &Counted, trials: u64, confidence: f64) -> Drivers {
    let model = &case.model;
    let streams = model.input_streams();
    let kinds = kinds(model, &streams);
    let numbers: Vec<Driven> = counted.numbers().collect();
    let shares: Vec<Option<Shares>> =
        (0..numbers.len()).map(|number| shares(counted, &streams, &kinds, number)).collect();
    let tests: Vec<f64> = shares
        .iter()
        .flatten()
        .flat_map(|found| found.groups.iter().chain(&found.kinds))
        .map(Jackknife::p_above_zero)
        .collect();
    let mut adjusted = holm_one_sided(&tests).into_iter();
    let told = Telling { model, streams: &streams, kinds: &kinds, counted, confidence };
    let one = |(number, shares): (usize, &Option<Shares>)| told.number(number, numbers[number], shares, &mut adjusted);
    let numbers: Vec<DrivenNumber> = shares.iter().enumerate().map(one).collect();
    let ends = Ends { percentile: None, one_at_a_time: false };
    let inputs = model.inputs.of_decisions.start;
    Drivers { trials, inputs, family: tests.len(), ends, numbers, totals: Vec::new() }
}

/// Kinds of several inputs that are not correlated: the path that they share, and their groups.
fn kinds(model: &Model, streams: &Streams) -> Vec<(String, Vec<usize>)> {
    let mut kinds: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, group) in streams.groups.iter().enumerate() {
        let [slot] = group.slots[..] else { continue };
        let path = pattern(&model.inputs.drawn[slot].name);
        match kinds.iter_mut().find(|(known, _)| *known == path) {
            Some((_, groups)) => groups.push(index),
            None => kinds.push((path, vec![index])),
        }
    }
    kinds.retain(|(_, groups)| groups.len() > 1);
    kinds
}

fn shares(counted: &Counted, streams: &Streams, kinds: &[(String, Vec<usize>)], number: usize) -> Option<Shares> {
    let of_group = |group: &InputGroup| {
        group.streams.clone().try_fold(Jackknife::ZERO, |sum, stream| Some(sum.plus(&counted.share(stream, number)?)))
    };
    let groups = streams.groups.iter().map(of_group).collect::<Option<Vec<Jackknife>>>()?;
    let of_kind = |(_, members): &(String, Vec<usize>)| {
        members.iter().fold(Jackknife::ZERO, |sum, member| sum.plus(&groups[*member]))
    };
    let kinds = kinds.iter().map(of_kind).collect();
    Some(Shares { groups, kinds })
}

/// What it takes to tell of a number.
struct Telling<'a> {
    model: &'a Model,
    streams: &'a Streams,
    kinds: &'a [(String, Vec<usize>)],
    counted: &'a Counted,
    confidence: f64,
}

impl Telling<'_> {
    /// `adjusted` gives the p-values in the order of the tests.
    fn number(
        &self,
        number: usize,
        driven: Driven,
        shares: &Option<Shares>,
        adjusted: &mut impl Iterator<Item = f64>,
    ) -> DrivenNumber {
        let (name, what, unit) = number_name(self.model, driven);
        let middle =
            self.counted.mean(number).map_or(Estimate::unknown(TOO_LARGE), |found| mean(&found, self.confidence));
        let mut told = DrivenNumber {
            name,
            what,
            unit,
            driven,
            middle,
            drivers: Vec::new(),
            rest: Together { name: "others".into(), inputs: 0, share: Estimate::unknown(""), p_holm: None },
            events: Estimate::unknown(""),
            kinds: Vec::new(),
            note: String::new(),
            others: Vec::new(),
        };
        let Some(shares) = shares else {
            told.note = match () {
                () if !self.counted.holds(number) => "no value, or one too large to be added up, in some trials",
                () if self.streams.groups.is_empty() => "no input is uncertain",
                () => "the same in all trials, or in all but a few",
            }
            .into();
            return told;
        };
        let mut all = Jackknife::ZERO;
        let mut rest = Jackknife::ZERO;
        for (group, share) in shares.groups.iter().enumerate() {
            all = all.plus(share);
            let p_holm = adjusted.next().unwrap_or(1.0);
            let driver = self.driver(group, number, share, p_holm);
            if p_holm <= MISS {
                told.drivers.push(driver);
            } else {
                rest = rest.plus(share);
                told.rest.inputs += driver.inputs;
                told.others.push(driver);
            }
        }
        let by_share = |a: &Estimate, b: &Estimate| b.value.unwrap_or(0.0).total_cmp(&a.value.unwrap_or(0.0));
        told.drivers.sort_by(|a, b| by_share(&a.share, &b.share));
        told.rest.share = self::told(&rest, self.confidence);
        told.events = self::told(&all.complement(), self.confidence);
        for ((name, groups), share) in self.kinds.iter().zip(&shares.kinds) {
            let (share, p_holm) = (self::told(share, self.confidence), adjusted.next());
            told.kinds.push(Together { name: name.clone(), inputs: groups.len(), share, p_holm });
        }
        told.kinds.sort_by(|a, b| by_share(&a.share, &b.share));
        told
    }

    fn driver(&self, group: usize, number: usize, share: &Jackknife, p_holm: f64) -> Driver {
        let InputGroup { name, slots, .. } = &self.streams.groups[group];
        Driver {
            name: name.clone(),
            inputs: slots.len(),
            share: told(share, self.confidence),
            p_value: share.p_above_zero(),
            p_holm,
            group,
            bar: if p_holm <= MISS { self.bar(group, number) } else { None },
        }
    }

    /// The means in the lowest and highest tenth of the group's stream that explains most.
    fn bar(&self, group: usize, number: usize) -> Option<Bar> {
        let stream = main_stream(self.counted, &self.streams.groups[group], number)?;
        let [low, high] = self.counted.tenths(stream, number)?.map(|found| mean(&found, self.confidence));
        Some(Bar { moves: moves(self.model, self.streams, group, stream), stream, low, high })
    }
}

/// The stream of a group that explains most of a number.
fn main_stream(counted: &Counted, group: &InputGroup, number: usize) -> Option<usize> {
    let share = |stream: usize| counted.share(stream, number).map_or(f64::NEG_INFINITY, |share| share.value);
    group
        .streams
        .clone()
        .map(|stream| (stream, share(stream)))
        .reduce(|a, b| if b.1 > a.1 { b } else { a })
        .map(|(stream, _)| stream)
}

fn moves(model: &Model, streams: &Streams, group: usize, stream: usize) -> Moves {
    let InputGroup { slots, .. } = &streams.groups[group];
    let Some(slot) = streams.streams[stream].slot else { return Moves::Common };
    match &model.inputs.drawn[slot].distribution {
        _ if slots.len() > 1 => Moves::OneOf(model.inputs.drawn[slot].name.clone()),
        Some(law) => Moves::Input(law.quantile(0.1), law.quantile(0.9)),
        None if model.inputs.drawn[slot].name.ends_with(".success") => Moves::Success,
        None => Moves::Chance,
    }
}

/// Total effects of the inputs that a pattern matches, from pairs of trials.
pub fn total_of(
    case: &ScenarioModel,
    pattern: &str,
    groups: &[InputGroup],
    numbers: &[Driven],
    pairs: u64,
    found: &Redrawn,
    confidence: f64,
) -> TotalEffect {
    let model = &case.model;
    let share = |(driven, sections): (&Driven, Option<&_>)| {
        let share = match sections.map(total_effect) {
            None => Estimate::unknown(TOO_LARGE),
            Some(None) => Estimate::unknown("the same in all trials"),
            Some(Some(found)) => told(&found, confidence),
        };
        (number_name(model, *driven).0, share)
    };
    let slots = || groups.iter().flat_map(|group| &group.slots);
    let matching = slots().filter(|slot| model.input_matches(**slot, pattern)).count();
    let named = groups.iter().any(|group| group.name == pattern);
    let inputs = slots().count();
    TotalEffect {
        pattern: pattern.into(),
        inputs,
        correlated: if named { 0 } else { inputs - matching },
        pairs,
        shares: numbers.iter().zip(found.sections()).map(share).collect(),
    }
}
