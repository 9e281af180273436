//! From tallies to estimates: never a figure without its interval.

mod comparison;
mod expectations;
mod knowledge;
mod rare;
mod stopping;

pub use comparison::{Comparison, Difference, Side, compare};
pub use expectations::{Expectation, met};
pub use knowledge::{BAND, Chance, Knowable, Knowledge};
pub use rare::{Answers, Question, Rare, RareCase, RareEvent, RarePart, RareParts, questions, rare};
pub use stopping::Stopped;

use serde::Serialize;

use crate::config;
use crate::model::{ClaimTest, Model};
use crate::statistics::{
    Interval, binomial_tails, clopper_pearson, holm, mean_interval, percentile_ranks, smallest_n_for_percentile,
    trials_to_decide,
};
use crate::study::Study;
use crate::tally::{Histogram, Tally};

/// An estimate and its interval at the confidence of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate; none if it is "never within the horizon", or nothing was counted.
    pub value: Option<f64>,
    /// Lower end of the interval; none if it cannot be given.
    pub low: Option<f64>,
    /// Upper end; none if it cannot be given, or reaches "never".
    pub high: Option<f64>,
    /// What to know: "never", "reaches never", or how many trials an interval needs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A percentile: the value that so many percent of the trials do not exceed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Percentile {
    /// Percent.
    pub percent: f64,
    /// Value `x_(ceil(n p))` of the ordered trials, to within the width of a cell.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// An outcome over all trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Name, as in `total_shortage.allies.magnets`.
    pub name: String,
    /// Unit.
    pub unit: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// Mean over the trials in which it is not "never". Its note warns where few trials carry it.
    pub mean: Estimate,
    /// Probability that it is exactly zero.
    pub zero: Estimate,
    /// Probability that it is "never within the horizon".
    pub never: Estimate,
    /// Share of the mean that the largest trial carries, where that is above 5 %.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heavy: Option<f64>,
    /// Percentiles, "never" counted as larger than anything.
    pub percentiles: Vec<Percentile>,
    /// Histogram: lower edge, upper edge, trials; without zero and never.
    #[serde(skip)]
    pub bars: Vec<(f64, f64, u64)>,
}

/// A series: estimates month by month.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name, as in `shortage_fraction.allies.magnets`.
    pub name: String,
    /// Unit.
    pub unit: &'static str,
    /// Mean by month.
    pub means: Vec<Option<f64>>,
    /// Percentiles by month, in the order of [`SERIES_PERCENTILES`].
    pub percentiles: Vec<[Estimate; 7]>,
}

/// The percentiles kept of a series.
pub const SERIES_PERCENTILES: [f64; 7] = [5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0];

/// A milestone over all trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Milestone {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Probability that it is reached by the start of month `m`, for `m` from 0 to the horizon.
    pub by_month: Vec<Estimate>,
}

/// Whether the evidence of the run is for a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The value lies on the stated side of its limit.
    Supported,
    /// It lies on the other side.
    Refuted,
    /// It may lie on either side.
    Undecided,
}

impl Verdict {
    /// As printed.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Refuted => "refuted",
            Verdict::Undecided => "undecided",
        }
    }
}

/// A claim in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// Who said it.
    pub who: String,
    /// The milestone it is about.
    pub milestone: String,
    /// What the claim says of it.
    pub says: String,
    /// Months it names.
    pub months: u32,
    /// Trials in which it holds.
    pub hits: u64,
    /// Probability that it holds.
    pub probability: Estimate,
    /// Above this it is supported.
    pub threshold: f64,
    /// The verdict, one of a family: see [`Summary::claims_family`].
    pub verdict: Verdict,
    /// Exact probability of as many hits, or as few, if its probability were the threshold.
    pub p_value: f64,
    /// The same after Holm's adjustment for the family; at most `1 - confidence` decides.
    pub p_holm: f64,
    /// About how many more trials would decide, if it is undecided and the estimate is right; none if it is decided, or
    /// lies at its threshold.
    pub more_trials: Option<u64>,
}

/// A scenario over all trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// What it assumes.
    pub description: String,
    /// Claims.
    pub claims: Vec<Claim>,
    /// Milestones.
    pub milestones: Vec<Milestone>,
    /// Outcomes.
    pub outcomes: Vec<Outcome>,
    /// What better knowledge could change, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knowledge: Option<Knowledge>,
    /// Series.
    #[serde(skip)]
    pub series: Vec<Series>,
}

/// All that a run says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Number of trials.
    pub trials: u64,
    /// Confidence of every interval.
    pub confidence: f64,
    /// Confidence of the verdicts, each look's part of the error taken into account; the same unless the run looks again
    /// and again until all is decided.
    pub verdict_confidence: f64,
    /// The looks, where the run looks more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Number of claims of all scenarios of the run: their verdicts are one family ([`holm`]). That any of them is wrong
    /// is no more likely than `1 - confidence`.
    pub claims_family: usize,
    /// Expectations.
    pub expectations: Vec<Expectation>,
    /// Scenarios.
    pub scenarios: Vec<Case>,
}

/// A mean of which the largest trial carries more than this share, and three times its even part, bears a warning.
const HEAVY: f64 = 0.05;

impl Summary {
    /// Exit code of a run: 10 if an expectation is refuted, else 6 if what the run waited for has not come, else 11 if an
    /// expectation is undecided, else 0.
    pub fn exit_code(&self) -> u8 {
        match expectations::exit_code(&self.expectations) {
            10 => 10,
            _ if self.stopped.as_ref().is_some_and(|stopped| !stopped.reached) => 6,
            code => code,
        }
    }
}

/// Turns counts into estimates with a given confidence.
struct Estimator {
    trials: u64,
    confidence: f64,
    /// Percentile in percent and the ranks of its interval: the same for all histograms.
    ranks: Vec<(f64, Option<(u64, u64)>)>,
}

/// The summary of a study's tallies, one tally a case.
pub fn summarise(study: &Study, tallies: &[Tally]) -> Summary {
    let trials = tallies.first().map_or(0, Tally::trials);
    let confidence = study.config.run.confidence;
    let mut percents = study.config.run.percentiles.clone();
    percents.sort_by(f64::total_cmp);
    percents.dedup();
    let ranks =
        |percents: &[f64]| percents.iter().map(|&p| (p, percentile_ranks(trials, p / 100.0, confidence))).collect();
    let outcomes = Estimator { trials, confidence, ranks: ranks(&percents) };
    let series = Estimator { trials, confidence, ranks: ranks(&SERIES_PERCENTILES) };
    let mut scenarios: Vec<Case> = (study.cases.iter().zip(tallies))
        .map(|(case, tally)| Case {
            id: case.id.clone(),
            title: case.title.clone(),
            description: case.description.clone(),
            claims: claims(&case.model, &study.config, tally, &outcomes),
            milestones: milestones(&case.model, tally, &outcomes),
            outcomes: outcomes_of(&case.model, tally, &outcomes),
            series: series_of(&case.model, tally, &series),
            knowledge: None,
        })
        .collect();
    let verdict_confidence = stopping::of_verdicts(study, confidence);
    decide(&mut scenarios, trials, verdict_confidence);
    let claims_family = scenarios.iter().map(|case| case.claims.len()).sum();
    let of_verdicts = Estimator { trials, confidence: verdict_confidence, ranks: Vec::new() };
    let expectations = expectations::expectations(study, tallies, &of_verdicts);
    let stopped = stopping::stopped(study, tallies, &outcomes, &scenarios, &expectations);
    Summary { trials, confidence, verdict_confidence, stopped, claims_family, expectations, scenarios }
}

impl Estimator {
    /// Rank of a percentile. A hair is taken off, so that 95 % of 1000 is rank 950 whatever the last bit of the product.
    fn rank(&self, percent: f64) -> u64 {
        ((self.trials as f64 * percent / 100.0 - 1e-9).ceil() as u64).clamp(1, self.trials)
    }

    fn probability(&self, hits: u64) -> Estimate {
        let Interval { low, high } = clopper_pearson(hits, self.trials, self.confidence);
        Estimate {
            value: Some(hits as f64 / self.trials as f64),
            low: Some(low),
            high: Some(high),
            note: String::new(),
        }
    }

    fn mean(&self, histogram: &Histogram<'_>) -> Estimate {
        let (value, finite) = (histogram.mean(), histogram.trials - histogram.never());
        let interval = value
            .zip(histogram.variance())
            .and_then(|(mean, variance)| mean_interval(mean, variance, finite, self.confidence));
        let mut notes = Vec::new();
        if value.is_none() {
            notes.push("never in any trial".to_string());
        } else if histogram.never() > 0 {
            notes.push("of the trials that reach it".to_string());
        }
        // A mean that a few trials carry has not met the rare ones yet, and neither has its interval.
        notes.extend(heavy(histogram).map(|share| {
            format!("the largest trial carries {:.0} % of this mean: go by the percentiles", 100.0 * share)
        }));
        Estimate {
            value,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            note: notes.join("; "),
        }
    }

    fn percentiles(&self, histogram: &Histogram<'_>) -> Vec<Percentile> {
        let mut cumulative = 0;
        let cumulative: Vec<u64> = (histogram.counts.iter())
            .map(|&count| {
                cumulative += u64::from(count);
                cumulative
            })
            .collect();
        let edges = |rank: u64| histogram.edges_of(cumulative.partition_point(|&below| below < rank));
        let one = |&(percent, ranks): &(f64, Option<(u64, u64)>)| {
            let value = middle(edges(self.rank(percent)));
            let mut estimate = Estimate { value: finite(value), low: None, high: None, note: String::new() };
            if !value.is_finite() {
                estimate.note = "never".into();
            }
            match ranks {
                Some((low, high)) => {
                    estimate.low = finite(edges(low).0);
                    estimate.high = finite(edges(high).1);
                    if estimate.high.is_none() && value.is_finite() {
                        estimate.note = "interval reaches never".into();
                    }
                }
                None => {
                    estimate.note =
                        format!("interval needs n >= {}", smallest_n_for_percentile(percent / 100.0, self.confidence))
                }
            }
            Percentile { percent, estimate }
        };
        self.ranks.iter().map(one).collect()
    }
}

/// Share of a mean that its largest trial carries, if that is more than it should.
fn heavy(histogram: &Histogram<'_>) -> Option<f64> {
    // Of ten trials, one carries a tenth at the least: that is no heavy tail.
    let even = 1.0 / (histogram.trials - histogram.never()) as f64;
    histogram.largest_share().filter(|share| *share > HEAVY && *share > 3.0 * even)
}

fn middle((low, high): (f64, f64)) -> f64 {
    if low == high { low } else { 0.5 * (low + high) }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn outcomes_of(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<Outcome> {
    let one = |(index, spec): (usize, &crate::model::OutcomeSpec)| {
        let histogram = tally.outcome(index);
        Outcome {
            name: spec.name.clone(),
            unit: spec.row().unit,
            meaning: spec.row().meaning,
            mean: estimator.mean(&histogram),
            zero: estimator.probability(histogram.zero()),
            never: estimator.probability(histogram.never()),
            heavy: heavy(&histogram),
            percentiles: estimator.percentiles(&histogram),
            bars: histogram.bars(),
        }
    };
    model.outcomes.iter().enumerate().map(one).collect()
}

fn series_of(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<Series> {
    let one = |(index, spec): (usize, &crate::model::SeriesSpec)| {
        let histograms: Vec<Histogram<'_>> = (0..model.months).map(|month| tally.series(index, month)).collect();
        let percentiles = |histogram: &Histogram<'_>| {
            let mut estimates = estimator.percentiles(histogram).into_iter().map(|percentile| percentile.estimate);
            std::array::from_fn(|_| estimates.next().expect("seven percentiles were asked for"))
        };
        Series {
            name: spec.name.clone(),
            unit: spec.row().unit,
            means: histograms.iter().map(Histogram::mean).collect(),
            percentiles: histograms.iter().map(percentiles).collect(),
        }
    };
    model.series.iter().enumerate().map(one).collect()
}

/// Histogram of a milestone's date.
fn date_of<'a>(model: &Model, tally: &'a Tally, milestone: usize) -> Histogram<'a> {
    tally.outcome(model.date_of(milestone))
}

fn milestones(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<Milestone> {
    let one = |(index, milestone): (usize, &crate::model::Milestone)| {
        let histogram = date_of(model, tally, index);
        let by_month = (0..=model.months).map(|month| estimator.probability(histogram.at_most(month as f64)));
        Milestone { id: milestone.id.clone(), title: milestone.title.clone(), by_month: by_month.collect() }
    };
    model.milestones.iter().enumerate().map(one).collect()
}

/// In how many trials a claim holds.
fn hits_of(model: &Model, claim: &crate::model::Claim, tally: &Tally) -> u64 {
    let within = |months: u32| date_of(model, tally, claim.milestone).at_most(f64::from(months));
    match claim.test {
        ClaimTest::Within(months) => within(months),
        ClaimTest::NotWithin(months) => tally.trials() - within(months),
    }
}

fn claims(model: &Model, config: &config::Config, tally: &Tally, estimator: &Estimator) -> Vec<Claim> {
    let one = |claim: &crate::model::Claim| {
        let milestone = &model.milestones[claim.milestone];
        let hits = hits_of(model, claim, tally);
        let (says, months) = claim.test.words();
        let probability = estimator.probability(hits);
        let (at_most, at_least) = binomial_tails(hits, tally.trials(), claim.threshold);
        let said = &config.claims.get(&claim.id);
        Claim {
            id: claim.id.clone(),
            title: said.and_then(|said| said.title.clone()).unwrap_or_else(|| claim.id.clone()),
            who: said.map_or_else(String::new, |said| said.who.clone()),
            milestone: milestone.id.clone(),
            says: format!("{} {says} {months} months", milestone.title),
            months,
            hits,
            probability,
            threshold: claim.threshold,
            // As if it were alone; the family decides.
            verdict: if at_most < at_least { Verdict::Refuted } else { Verdict::Supported },
            p_value: at_most.min(at_least),
            p_holm: 1.0,
            more_trials: None,
        }
    };
    model.claims.iter().map(one).collect()
}

/// Decides the claims of all scenarios as one family, with the exact binomial p-values and Holm's procedure ([`holm`]).
fn decide(cases: &mut [Case], trials: u64, confidence: f64) {
    let mut claims: Vec<&mut Claim> = cases.iter_mut().flat_map(|case| &mut case.claims).collect();
    let adjusted = holm(&claims.iter().map(|claim| claim.p_value).collect::<Vec<_>>());
    let miss = (1.0 - confidence) / (2 * claims.len().max(1)) as f64;
    for (claim, p_holm) in claims.iter_mut().zip(adjusted) {
        claim.p_holm = p_holm;
        if p_holm > 1.0 - confidence {
            claim.verdict = Verdict::Undecided;
            claim.more_trials = trials_to_decide(claim.hits, trials, claim.threshold, miss);
        }
    }
}
