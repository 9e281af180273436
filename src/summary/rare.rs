//! Probabilities of rare events by importance sampling.
//!
//! # What an interval covers
//!
//! A sum of weights is unbiased, but its variance, estimated from the same hits, misleads where an event can also come about
//! in a way that the tilt does not make likelier. Trials of that kind are sampled seldom and have large weights. As long as
//! none is sampled, the sum is too low by all that they stand for, its estimated variance is small, and its effective sample
//! size looks good (Owen, Monte Carlo theory, methods and examples, 2013, chapter 9; Chatterjee & Diaconis, "The sample size
//! required in importance sampling", Annals of Applied Probability 28, 2018). In 102 of 300 runs of such an event, an interval
//! made from the weights of the hits was given, and missed the probability every time.
//!
//! Hits do not show what was not sampled, but the weight of any trial is bounded. So every interval allows for one more hit
//! of the largest *possible* weight ([`weighted_interval`]):
//!
//! - For the event as a whole, that is the largest weight of any trial: at most one over the untilted share, and less if the
//!   tilt is gentle, or if the event needs some onsets of what is tilted ([`Model::largest_log_ratio`]). If the hits weigh at
//!   least [`LEAST_SUM`] times as much, there is one estimate of the whole.
//! - Otherwise the event is split by weight, at a power of two `1 / k`. *Through the tilt* are its trials of a lower weight,
//!   which are sampled at least `k` times as often as without the tilt. Their interval allows for one more hit of weight
//!   `1 / k`, and is narrow. *Other ways* are the rest, with an interval for the largest weight of any trial; without any hit
//!   it says "fewer than 1 in ...", much as the untilted trials alone would. The interval of the whole gives the upper limit
//!   of both together.
//!
//! The split is at the largest power of two, up to the one above the heaviest hit, below which the hits suffice for an
//! estimate. Weights are exact, so that both parts are well-defined events whatever brings them about. Because the hits
//! decide where the split is, the interval through the tilt may miss half as often as the stated confidence allows.
//!
//! Measured at 95 % over 300 seeds of 20 000 trials, for seventeen pairs of a tilt and an event (a second way that is not
//! tilted; two identical outages of which one is tilted; the quickstart example; tilts from gentle to far too strong): the
//! interval of the whole held the probability in 94 to 100 % of the runs (that of 94 % in 96.2 % of 1500 more), the one
//! through the tilt in 97.7 to 99.5 %, the one of other ways in 95.4 to 100 %. `tests/rare.rs` repeats some of it, and closed
//! forms, with fewer seeds.

use serde::Serialize;

use super::Estimate;
use crate::config::fault::help_for_listed;
use crate::model::{ClaimTest, Model, OutcomeKind};
use crate::statistics::{Interval, mean_interval, mixture_weight, weighted_interval};
use crate::study::Study;
use crate::tally::{Exceedance, Weighted, Weights};

/// With fewer effective hits an estimate is not given: its standard error would be above 14 %.
const LEAST_EFFECTIVE: f64 = 50.0;

/// An estimate needs hits of at least this many times the largest possible weight; with less, its interval is wide however
/// many hits there are.
const LEAST_SUM: f64 = 10.0;

/// A part through the tilt has at least this share of the hits' weight. With less, the tilt does not lead to the event as it
/// usually comes about, mostly because it is far too strong.
const LEAST_SHARE: f64 = 0.01;

/// The mean weight is 1. If it lies more standard errors off, nothing is given.
const FARTHEST: f64 = 5.0;

/// What is asked of every trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Name of the outcome, or `claim.ID`.
    pub name: String,
    /// What it says.
    pub says: String,
    /// An outcome and a limit.
    pub event: Exceedance,
    /// Whether it is asked that the outcome exceeds the limit, or else that it does not.
    pub above: bool,
}

/// The questions put to a scenario, and what its trials say.
#[derive(Debug)]
pub struct Answers<'a> {
    /// Id of the scenario.
    pub id: &'a str,
    /// Its model, which knows the tilts ([`Model::tilted`]).
    pub model: &'a Model,
    /// The questions.
    pub questions: &'a [Question],
    /// The counts of their events, in the same order.
    pub weighted: Weighted,
}

/// Probabilities by importance sampling.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rare {
    /// Number of trials of each scenario.
    pub trials: u64,
    /// Share of them that are not tilted.
    pub untilted: f64,
    /// Confidence of every interval.
    pub confidence: f64,
    /// The rates and probabilities that were simulated in place of the config's.
    pub tilts: Vec<String>,
    /// Scenarios.
    pub scenarios: Vec<RareCase>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RareCase {
    /// Id.
    pub id: String,
    /// Mean weight of a trial; 1 but for chance.
    pub mean_weight: Estimate,
    /// Effective sample size (Kish).
    pub effective: f64,
    /// What was asked.
    pub events: Vec<RareEvent>,
}

/// An event and its probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RareEvent {
    /// Name of the outcome, or `claim.ID`.
    pub name: String,
    /// What it says.
    pub says: String,
    /// Whether the event is likelier than not: then hits and parts are those of its complement, that it does not happen.
    pub complement: bool,
    /// Trials in which it happens.
    pub hits: u64,
    /// Their effective sample size.
    pub effective_hits: f64,
    /// Share of the hits' weight that the heaviest carries; 0 without any.
    pub largest_share: f64,
    /// Its probability (of the event, never of its complement). There is no value where the hits do not suffice, and the note
    /// says why.
    pub probability: Estimate,
    /// Its two parts, where only the one through the tilt can be estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<RareParts>,
}

/// Parts of an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RareParts {
    /// Trials through the tilt come at least so many times as often as without it.
    pub times_likelier: f64,
    /// Share of the hits' weight that is through the tilt.
    pub share: f64,
    /// The hits through the tilt.
    pub through_tilt: RarePart,
    /// The others.
    pub other_ways: RarePart,
}

/// Some of the hits of an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RarePart {
    /// Number of trials.
    pub hits: u64,
    /// Their effective sample size.
    pub effective_hits: f64,
    /// Probability of the event in such trials.
    pub probability: Estimate,
}

impl Rare {
    /// Whether any event has an estimate, be it of one part, that is more than a bound.
    pub fn estimated(&self) -> bool {
        self.scenarios.iter().flat_map(|case| &case.events).any(RareEvent::estimated)
    }
}

impl RareEvent {
    /// Whether there is an estimate, be it of one part, that is more than a bound.
    pub fn estimated(&self) -> bool {
        self.hits > 0 && (self.probability.value.is_some() || self.parts.is_some())
    }
}

/// What is asked of a model: whether the outcomes of `asked` exceed their limits, each claim, whether each milestone is
/// reached, whether the outcome that the config names is above zero; without a name, each total shortage.
///
/// # Errors
/// The names that are no outcome's.
pub fn questions(study: &Study, model: &Model, asked: &[(String, f64)]) -> Result<Vec<Question>, Vec<String>> {
    let (mut questions, mut faults) = (Vec::new(), Vec::new());
    let find = |name: &str| model.outcomes.iter().position(|spec| spec.name == name);
    let mut ask = |name: String, says: String, outcome: usize, limit: f64, above: bool| {
        questions.push(Question { name, says, event: Exceedance { outcome, limit }, above });
    };
    for (name, limit) in asked {
        match find(name) {
            Some(outcome) => ask(
                name.clone(),
                if limit.abs() < 1e12 { format!("above {limit}") } else { format!("above {limit:e}") },
                outcome,
                *limit,
                true,
            ),
            None => {
                let names = model.outcomes.iter().map(|spec| spec.name.as_str());
                faults.push(format!("there is no outcome `{name}`: {}", help_for_listed(name, names)));
            }
        }
    }
    for claim in &model.claims {
        let (words, months) = claim.test.words();
        let above = matches!(claim.test, ClaimTest::NotWithin(_));
        let says = format!("{} {words} {months} months", model.milestones[claim.milestone].title);
        ask(format!("claim.{}", claim.id), says, model.date_of(claim.milestone), f64::from(months), above);
    }
    for (index, milestone) in model.milestones.iter().enumerate() {
        let says = format!("{} reached within the horizon", milestone.title);
        ask(format!("milestone.{}", milestone.id), says, model.date_of(index), model.months as f64, false);
    }
    let named = study.config.output.outcome.as_deref();
    for (outcome, spec) in model.outcomes.iter().enumerate() {
        if named.map_or(spec.kind == OutcomeKind::TotalShortage, |name| spec.name == name) {
            ask(spec.name.clone(), "above 0".into(), outcome, 0.0, true);
        }
    }
    if faults.is_empty() { Ok(questions) } else { Err(faults) }
}

/// The estimates of every scenario.
pub fn rare(answers: &[Answers<'_>], tilts: Vec<String>, confidence: f64) -> Rare {
    let scenarios = answers.iter().map(|answers| {
        let all = &answers.weighted.all;
        let pairs = answers.questions.iter().zip(&answers.weighted.sides);
        RareCase {
            id: answers.id.into(),
            mean_weight: mean_weight(all, confidence),
            effective: all.effective(),
            events: pairs.map(|(question, sides)| event(answers, question, sides, confidence)).collect(),
        }
    });
    let (trials, untilted) = answers.first().map_or((0, 1.0), |one| (one.weighted.all.count(), one.weighted.untilted));
    Rare { trials, untilted, confidence, tilts, scenarios: scenarios.collect() }
}

fn variance(all: &Weights) -> f64 {
    let n = all.count() as f64;
    let mean = all.sum() / n;
    (all.squares() / n - mean * mean).max(0.0) * n / (n - 1.0)
}

fn mean_weight(all: &Weights, confidence: f64) -> Estimate {
    let mean = all.sum() / all.count() as f64;
    let interval = mean_interval(mean, variance(all), all.count(), confidence);
    let (low, high) = (interval.map(|interval| interval.low), interval.map(|interval| interval.high));
    Estimate { value: Some(mean), low, high, ..Estimate::default() }
}

/// Whether the mean weight is 1 but for chance, and a little for rounding.
fn is_sound(all: &Weights) -> bool {
    let n = all.count() as f64;
    let error = if all.count() > 1 { (variance(all) / n).sqrt() } else { f64::INFINITY };
    (all.sum() / n - 1.0).abs() <= FARTHEST * error + 1e-9
}

/// Estimates an event, from the trials in which it happens or does not, whichever is rarer, so that no digit is lost.
fn event(answers: &Answers<'_>, question: &Question, [above, below]: &[Weights; 2], confidence: f64) -> RareEvent {
    let Weighted { all, untilted, .. } = &answers.weighted;
    let complement = (above.sum() > below.sum()) == question.above;
    let (hits, exceeds) = match question.above != complement {
        true => (above, Some((question.event.outcome, question.event.limit))),
        false => (below, None),
    };
    let heaviest = mixture_weight(answers.model.largest_log_ratio(exceeds), *untilted);
    let estimator = Estimator { trials: all.count(), confidence, heaviest };
    let (note, parts) = match is_sound(all) {
        false => ("the mean weight is not 1".into(), None),
        true if hits.count() == 0 || estimator.suffice(hits, heaviest) => (String::new(), None),
        true => match estimator.parts(hits) {
            Some(parts) => ("only the part through the tilt can be estimated".into(), Some(parts)),
            None => (estimator.too_few(hits), None),
        },
    };
    let mut probability = estimator.estimate(hits, heaviest, confidence);
    probability.value = probability.value.filter(|_| note.is_empty());
    if !is_sound(all) {
        (probability.low, probability.high) = (None, None);
    }
    probability.note = note;
    let sum = hits.sum();
    RareEvent {
        name: question.name.clone(),
        says: question.says.clone(),
        complement,
        hits: hits.count(),
        effective_hits: hits.effective(),
        largest_share: if sum > 0.0 { hits.largest() / sum } else { 0.0 },
        probability: if complement { contrary(probability) } else { probability },
        parts,
    }
}

/// What turns the hits of an event into probabilities.
struct Estimator {
    trials: u64,
    confidence: f64,
    /// The largest weight that a hit can have.
    heaviest: f64,
}

impl Estimator {
    /// The probability of hits that can weigh no more than `heaviest`.
    fn estimate(&self, hits: &Weights, heaviest: f64, confidence: f64) -> Estimate {
        let sum = hits.sum();
        let Interval { low, high } = weighted_interval(sum, hits.squares(), heaviest, self.trials, confidence);
        let value = (sum / self.trials as f64).min(1.0);
        Estimate { value: Some(value), low: Some(low), high: Some(high), ..Estimate::default() }
    }

    /// Whether hits that can weigh no more than `heaviest` suffice for an estimate.
    fn suffice(&self, hits: &Weights, heaviest: f64) -> bool {
        hits.effective() >= LEAST_EFFECTIVE && hits.sum() >= LEAST_SUM * heaviest
    }

    /// The hits below the largest power of two, at most 1, below which they suffice for an estimate; and the others.
    fn parts(&self, hits: &Weights) -> Option<RareParts> {
        // The hits decide where the split stands: half of what the interval may miss is for that.
        let stricter = 1.0 - 0.5 * (1.0 - self.confidence);
        for ceiling in hits.ceilings().filter(|ceiling| *ceiling <= 1.0) {
            let [through, others] = hits.clone().split(ceiling);
            let share = through.sum() / hits.sum();
            if share >= LEAST_SHARE && self.suffice(&through, ceiling) {
                let mut other = self.estimate(&others, self.heaviest, self.confidence);
                let is_told = others.count() == 0 || self.suffice(&others, self.heaviest);
                other.value = other.value.filter(|_| is_told);
                return Some(RareParts {
                    times_likelier: 1.0 / ceiling,
                    share,
                    other_ways: part(&others, other),
                    through_tilt: part(&through, self.estimate(&through, ceiling, stricter)),
                });
            }
        }
        None
    }

    /// Says what would help where hits are too few.
    fn too_few(&self, hits: &Weights) -> String {
        let (effective, weight) = (hits.effective(), hits.sum() / self.heaviest);
        let times = (LEAST_EFFECTIVE / effective).max(LEAST_SUM / weight);
        if !times.is_finite() {
            return "the hits weigh next to nothing: another tilt".into();
        }
        let trials = self.trials as f64 * times;
        let step = if trials < 1e6 { 1e3 } else { 1e5 };
        let trials = (trials / step).ceil() * step;
        let lack = if effective < LEAST_EFFECTIVE {
            format!("{effective:.1} effective, {LEAST_EFFECTIVE} needed")
        } else {
            format!("together {weight:.1} times the largest possible weight, {LEAST_SUM} needed")
        };
        format!("too few hits for an estimate ({lack}): about {trials} trials, or another tilt")
    }
}

fn part(hits: &Weights, probability: Estimate) -> RarePart {
    RarePart { hits: hits.count(), effective_hits: hits.effective(), probability }
}

/// The probability that it does not happen.
fn contrary(estimate: Estimate) -> Estimate {
    let less = |end: Option<f64>| end.map(|end| 1.0 - end);
    Estimate { value: less(estimate.value), low: less(estimate.high), high: less(estimate.low), ..estimate }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(all: &[(u32, f64)]) -> Weights {
        let mut weights = Weights::default();
        all.iter().for_each(|&(times, weight)| (0..times).for_each(|_| weights.add(weight)));
        weights
    }

    /// A hundred hits of weight 1/64 through the tilt and one of weight 1 otherwise, which may be sampled again at 2.
    #[test]
    fn parts_are_split_where_the_hits_suffice() {
        let estimator = Estimator { trials: 2000, confidence: 0.95, heaviest: 2.0 };
        let hits = weights(&[(100, 1.0 / 64.0), (1, 1.0)]);
        let parts = estimator.parts(&hits).unwrap();
        assert_eq!((parts.times_likelier, parts.share), (32.0, 1.5625 / 2.5625));
        let ends = |part: &RarePart| (part.hits, part.probability.low, part.probability.high);
        let interval = |hits, sum, squares, heaviest, confidence| {
            let Interval { low, high } = weighted_interval(sum, squares, heaviest, 2000, confidence);
            (hits, Some(low), Some(high))
        };
        // Where the split stands is taken from the hits: half of what the interval may miss is for that.
        assert_eq!(ends(&parts.through_tilt), interval(100, 1.5625, 100.0 / 4096.0, 1.0 / 32.0, 0.975));
        assert_eq!(parts.through_tilt.probability.value, Some(1.5625 / 2000.0));
        assert_eq!(ends(&parts.other_ways), interval(1, 1.0, 1.0, 2.0, 0.95));
        assert_eq!(parts.other_ways.probability.value, None);
        // Without others, there are none.
        let alone = estimator.parts(&weights(&[(100, 1.0 / 64.0)])).unwrap();
        assert_eq!((alone.share, alone.other_ways.probability.value), (1.0, Some(0.0)));
        // 49 are too few; a hundredth of the weight is too little.
        assert!(estimator.parts(&weights(&[(49, 1.0 / 64.0), (1, 1.0)])).is_none());
        assert!(estimator.parts(&weights(&[(100, 1.0 / 64.0), (160, 1.0)])).is_none());
    }

    #[test]
    fn what_would_suffice_is_said() {
        let said = |heaviest, hits: &[(u32, f64)]| {
            Estimator { trials: 1000, confidence: 0.95, heaviest }.too_few(&weights(hits))
        };
        let few = said(2.0, &[(3, 0.5)]);
        assert!(few.contains("(3.0 effective, 50 needed): about 17000 trials"), "{few}");
        let light = said(4.0, &[(60, 0.5)]);
        assert!(
            light.contains("(together 7.5 times the largest possible weight, 10 needed): about 2000 trials"),
            "{light}"
        );
        for (weight, about) in [(1.0 / 1024.0, "about 683000 trials"), (1.0 / 4096.0, "about 2800000 trials")] {
            let many = said(4.0, &[(60, weight)]);
            assert!(many.contains(about), "{many}");
        }
        let nothing = said(4.0, &[(60, 0.0)]);
        assert!(nothing.contains("next to nothing"), "{nothing}");
    }
}
