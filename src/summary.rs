//! From tallies to estimates: never a figure without its interval.

mod asked;
mod bars;
pub mod choose;
mod comparison;
mod drivers;
mod estimate;
mod expectations;
mod input_uncertainty;
mod investments;
mod main_outcome;
pub mod plan;
mod rare;
pub mod require;
pub mod size;
mod stopping;
pub mod stress;
mod years;

pub use asked::{Asked, Bars};
pub use comparison::{Comparison, Difference, Side, compare};
pub use drivers::{
    Bar, DrivenNumber, Driver, Drivers, Ends, MISS, Moves, NOT_DISTINGUISHABLE, Together, TotalEffect, drivers_of,
    total_of,
};
pub use estimate::{Estimate, Percentile};
pub use expectations::{ExpectationResult, met};
pub use input_uncertainty::{BAND, ConditionalProbability, InputUncertainty, VarianceShare};
pub use investments::InvestmentResult;
pub use main_outcome::MainOutcome;
pub use rare::{Answers, Question, Rare, RareCase, RareEvent, RarePart, RareParts, questions, rare};
pub use stopping::{Partial, Stopped};
pub use years::{YEAR_PERCENTILES, YearResult};

use serde::Serialize;

use crate::config::duration;
use crate::model::{ClaimTest, Model, Unit};
use crate::statistics::{binomial_tails, holm, trials_to_decide};
use crate::study::Study;
use crate::tally::{Histogram, Tally};
use estimate::{Estimator, heavy, saturated};

pub use crate::tally::Beyond;

/// An outcome over all trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Name, as in `total_shortage.allies.magnets`.
    pub name: String,
    /// Unit.
    pub unit: Unit,
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
    /// Percentiles that are asked for, and the median: "never" counted as larger than anything.
    pub percentiles: Vec<Percentile>,
    /// What charts and sentences need beside them, of [`SERIES_PERCENTILES`].
    #[serde(skip)]
    pub standard: Vec<Percentile>,
    /// Histogram: lower edge, upper edge, trials; without zero and never.
    #[serde(skip)]
    pub bars: Vec<(f64, f64, u64)>,
}

impl Outcome {
    /// A percentile: one of those asked for or of [`SERIES_PERCENTILES`].
    pub fn percentile(&self, percent: f64) -> Option<&Percentile> {
        self.percentiles.iter().chain(&self.standard).find(|known| known.percent == percent)
    }
}

/// A series: estimates month by month.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name, as in `shortage_fraction.allies.magnets`.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Mean by month.
    pub means: Vec<Option<f64>>,
    /// Percentiles by month, in the order of [`SERIES_PERCENTILES`].
    pub percentiles: Vec<[Estimate; 7]>,
    /// By month: why there is no mean; mostly empty.
    pub notes: Vec<String>,
    /// By month: probability that there is any shortage; none if the series is no shortage.
    pub any: Option<Vec<Estimate>>,
}

/// The percentiles kept of a series.
pub const SERIES_PERCENTILES: [f64; 7] = [5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0];

/// A milestone over all trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MilestoneResult {
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
pub struct ClaimResult {
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
pub struct ScenarioResult {
    /// Id.
    pub id: String,
    /// Name to print.
    pub title: String,
    /// What it assumes.
    pub description: String,
    /// Claims.
    pub claims: Vec<ClaimResult>,
    /// Milestones.
    pub milestones: Vec<MilestoneResult>,
    /// Outcomes.
    pub outcomes: Vec<Outcome>,
    /// Investments, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub investments: Vec<InvestmentResult>,
    /// How much of the spread comes from the inputs, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_uncertainty: Option<InputUncertainty>,
    /// What drives the main results, in the scenario that comes first, if that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drivers: Option<Drivers>,
    /// Series.
    #[serde(skip)]
    pub series: Vec<Series>,
    /// The shortage by calendar year, if that was asked for.
    #[serde(skip)]
    pub years: Vec<YearResult>,
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
    /// Of a run that was interrupted.
    #[serde(flatten)]
    pub partial: Option<Partial>,
    /// Number of claims of all scenarios of the run: their verdicts are one family ([`holm`]). That any of them is wrong
    /// is no more likely than `1 - confidence`.
    pub claims_family: usize,
    /// The outcome that is shown first; none where nothing is demanded.
    pub main_outcome: Option<MainOutcome>,
    /// Expectations.
    pub expectations: Vec<ExpectationResult>,
    /// Scenarios.
    pub scenarios: Vec<ScenarioResult>,
}

impl Summary {
    /// Name of the outcome that is shown first.
    pub(crate) fn main_outcome(&self) -> Option<&str> {
        self.main_outcome.as_ref().map(|main| main.name.as_str())
    }

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

/// The summary of a study's tallies, one tally a case.
pub fn summarise(study: &Study, tallies: &[Tally]) -> Summary {
    let trials = tallies.first().map_or(0, Tally::trials);
    let confidence = study.config.run.confidence;
    let mut percents = [&study.config.run.percentiles[..], &SERIES_PERCENTILES].concat();
    percents.sort_by(f64::total_cmp);
    percents.dedup();
    let outcomes = Estimator::new(trials, confidence, &percents);
    let series = Estimator::new(trials, confidence, &SERIES_PERCENTILES);
    let years = Estimator::new(trials, confidence, &YEAR_PERCENTILES);
    let mut scenarios: Vec<ScenarioResult> = (study.scenarios.iter().zip(tallies))
        .map(|(case, tally)| ScenarioResult {
            id: case.id.clone(),
            title: case.title.clone(),
            description: case.description.clone(),
            claims: claims(&case.model, tally, &outcomes),
            milestones: milestones(&case.model, tally, &outcomes),
            outcomes: outcomes_of(&case.model, tally, &outcomes, &study.config.run.percentiles),
            investments: investments::investments_of(&case.model, tally, &outcomes),
            series: series_of(&case.model, tally, &series),
            years: years::years_of(&case.model, tally, &years),
            input_uncertainty: None,
            drivers: tally.drivers.as_ref().map(|counted| drivers_of(case, counted, trials, confidence)),
        })
        .collect();
    let verdict_confidence = stopping::of_verdicts(study, confidence);
    decide(&mut scenarios, trials, verdict_confidence);
    let claims_family = scenarios.iter().map(|case| case.claims.len()).sum();
    let of_verdicts = Estimator::new(trials, verdict_confidence, &[]);
    let expectations = expectations::expectations(study, tallies, &of_verdicts);
    let stopped = stopping::stopped(study, tallies, &outcomes, &scenarios, &expectations);
    let main_outcome = study.scenarios.first().zip(tallies.first()).and_then(|(case, tally)| {
        let named = study.config.output.outcome.as_deref();
        main_outcome::main_outcome(&case.model, named, &|outcome| vec![tally.outcome(outcome)])
    });
    Summary {
        trials,
        confidence,
        verdict_confidence,
        stopped,
        partial: None,
        claims_family,
        main_outcome,
        expectations,
        scenarios,
    }
}

fn outcomes_of(model: &Model, tally: &Tally, estimator: &Estimator, asked: &[f64]) -> Vec<Outcome> {
    let is_asked = |known: &Percentile| known.percent == 50.0 || asked.contains(&known.percent);
    let one = |(index, spec): (usize, &crate::model::OutcomeSpec)| {
        let histogram = tally.outcome(index);
        let all = estimator.percentiles(&histogram.ranked());
        let (percentiles, standard) = all.into_iter().partition(is_asked);
        Outcome {
            name: spec.name.clone(),
            unit: model.outcome_unit(spec),
            meaning: model.outcome_meaning(spec),
            mean: estimator.mean(&histogram),
            zero: estimator.probability(histogram.zero()),
            never: estimator.probability(histogram.never()),
            heavy: heavy(&histogram),
            percentiles,
            standard,
            bars: histogram.bars(),
        }
    };
    model.outcomes.iter().enumerate().map(one).collect()
}

fn series_of(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<Series> {
    let one = |(index, spec): (usize, &crate::model::SeriesSpec)| {
        let histograms: Vec<Histogram<'_>> = (0..model.months).map(|month| tally.series(index, month)).collect();
        let percentiles = |histogram: &Histogram<'_>| {
            let mut estimates =
                estimator.percentiles(&histogram.ranked()).into_iter().map(|percentile| percentile.estimate);
            std::array::from_fn(|_| estimates.next().expect("seven percentiles were asked for"))
        };
        let note = |histogram: &Histogram<'_>| match histogram.saturated() {
            Some(most) => saturated(most).note,
            None if histogram.finite() == 0 => "no value in any trial".into(),
            None => String::new(),
        };
        let any = |histogram: &Histogram<'_>| estimator.probability(histogram.trials - histogram.zero());
        Series {
            name: spec.name.clone(),
            unit: model.series_unit(spec),
            means: histograms.iter().map(Histogram::mean).collect(),
            percentiles: histograms.iter().map(percentiles).collect(),
            notes: histograms.iter().map(note).collect(),
            any: spec.is_shortage().then(|| histograms.iter().map(any).collect()),
        }
    };
    model.series.iter().enumerate().map(one).collect()
}

/// Any percentile of what a histogram counts.
pub(crate) fn percentile(histogram: &Histogram<'_>, percent: f64, confidence: f64) -> Estimate {
    if !(percent > 0.0 && percent < 100.0) {
        return Estimate::unknown(format!("a percentile lies above 0 and below 100; {percent} does not"));
    }
    let estimator = Estimator::new(histogram.trials, confidence, &[percent]);
    let mut found = estimator.percentiles(&histogram.ranked());
    found.remove(0).estimate
}

/// Probability that what a histogram counts is exactly zero.
pub(crate) fn probability_of_zero(histogram: &Histogram<'_>, confidence: f64) -> Estimate {
    Estimator::new(histogram.trials, confidence, &[]).probability(histogram.zero())
}

/// Histogram of a milestone's date.
fn date_of<'a>(model: &Model, tally: &'a Tally, milestone: usize) -> Histogram<'a> {
    tally.outcome(model.date_of(milestone))
}

fn milestones(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<MilestoneResult> {
    let one = |(index, milestone): (usize, &crate::model::Milestone)| {
        let histogram = date_of(model, tally, index);
        let by_month = (0..=model.months).map(|month| estimator.probability(histogram.at_most(month as f64)));
        MilestoneResult { id: milestone.id.clone(), title: milestone.title.clone(), by_month: by_month.collect() }
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

fn claims(model: &Model, tally: &Tally, estimator: &Estimator) -> Vec<ClaimResult> {
    let one = |claim: &crate::model::Claim| {
        let milestone = &model.milestones[claim.milestone];
        let hits = hits_of(model, claim, tally);
        let (says, months) = claim.test.words();
        let probability = estimator.probability(hits);
        let (at_most, at_least) = binomial_tails(hits, tally.trials(), claim.threshold);
        ClaimResult {
            id: claim.id.clone(),
            title: claim.stated.title.clone().unwrap_or_else(|| claim.id.clone()),
            who: claim.stated.who.clone(),
            milestone: milestone.id.clone(),
            says: format!("{} {says} {}", milestone.title, duration(months.into())),
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
fn decide(cases: &mut [ScenarioResult], trials: u64, confidence: f64) {
    let mut claims: Vec<&mut ClaimResult> = cases.iter_mut().flat_map(|case| &mut case.claims).collect();
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
