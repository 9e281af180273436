//! Running a study from code: many trials, two scenarios compared, one trial told; and what a run says, by name.

use crate::engine::Engine;
use crate::error::{Error, UnknownName, find_named};
use crate::model::{LIMITS, Unit};
use crate::output::trial::{self, Story};
use crate::simulation::{self, Progress};
use crate::study::{LEAST_FOR_DRIVERS, Study};
use crate::summary::{
    self, ClaimResult, Comparison, Drivers, Estimate, ExpectationResult, MilestoneResult, Outcome, ScenarioResult,
    Series, Side, Summary, summarise,
};
use crate::tally::{self, Histogram, Tally};

/// How to simulate. No result depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions<'a> {
    /// Threads; 0 takes all cores.
    pub threads: usize,
    /// Where to count the trials that are done, and from where to stop.
    pub progress: Option<&'a Progress>,
}

impl Study {
    /// Simulates trials `0..trials` of every scenario on all cores. Trial `i` of a scenario is the same in every run with this
    /// config and seed.
    ///
    /// `run.trials`, `run.until`, `run.input_uncertainty` and `run.drivers` of the config are for the command line: here the
    /// number of trials is given, and is all that is simulated.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if there is no such number of trials, or [`Error::NotANumber`].
    pub fn run(&self, trials: u64) -> Result<Run, Error> {
        self.run_with(trials, RunOptions::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As [`Study::run`], and [`Error::Stopped`].
    pub fn run_with(&self, trials: u64, options: RunOptions<'_>) -> Result<Run, Error> {
        check_trials(trials)?;
        let mut study = self.clone();
        study.until = None;
        let run = &mut study.config.run;
        (run.trials, run.until, run.max_trials, run.input_uncertainty) = (trials, None, None, None);
        let own = Progress::default();
        let progress = options.progress.unwrap_or(&own);
        let tallies = simulation::run(&study.models(), trials, options.threads, progress)
            .map_err(|error| error.named(self.scenario_ids()))?;
        let summary = summarise(&study, &tallies);
        Ok(Run { tallies, summary })
    }

    /// Simulates trials `0..trials` of two scenarios on the same random numbers and compares them trial by trial: `b` minus
    /// `a`.
    ///
    /// # Errors
    /// As [`Study::run`], and [`Error::UnknownName`].
    pub fn compare(&self, a: &str, b: &str, trials: u64) -> Result<Comparison, Error> {
        self.compare_with(a, b, trials, RunOptions::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As [`Study::compare`], and [`Error::Stopped`].
    pub fn compare_with(&self, a: &str, b: &str, trials: u64, options: RunOptions<'_>) -> Result<Comparison, Error> {
        let models = [&self.scenario(a)?.model, &self.scenario(b)?.model];
        check_trials(trials)?;
        let own = Progress::default();
        let progress = options.progress.unwrap_or(&own);
        let pairs = simulation::compare(models, 0..trials, options.threads, progress)
            .map_err(|error| error.named([a].into_iter()))?;
        let sides = [a, b].map(|id| Side { config: self.config.title.clone(), scenario: id.into() });
        Ok(summary::compare(models, &pairs, sides, self.config.output.outcome.as_deref(), self.config.run.confidence))
    }

    /// Simulates trials `0..trials` of a scenario and tells which uncertain inputs explain how much of the variance of its main
    /// numbers: what the main milestone looks at ten years ahead, the main outcome, whether the milestone comes, the claims.
    ///
    /// # Errors
    /// As [`Study::run`], with at least 2000 trials, and [`Error::UnknownName`].
    pub fn drivers(&self, scenario: &str, trials: u64) -> Result<Drivers, Error> {
        let case = self.scenario(scenario)?;
        let most = LIMITS.trials.most;
        if !(LEAST_FOR_DRIVERS..=most).contains(&trials) {
            return Err(Error::OutOfRange {
                what: "the number of trials",
                asked: trials,
                least: LEAST_FOR_DRIVERS,
                most,
            });
        }
        let counted = tally::Drivers::new(&case.model, &self.headline_numbers(case));
        let tally = Tally::new(&case.model).with_drivers(counted);
        let tallies = simulation::extend(&[&case.model], vec![tally], 0..trials, 0, &Progress::default())
            .map_err(|error| error.named([scenario].into_iter()))?;
        let counted = tallies.iter().find_map(|tally| tally.drivers.as_ref()).expect("they were asked for");
        Ok(summary::drivers_of(case, counted, trials, self.config.run.confidence))
    }

    /// Simulates one trial of a scenario, counted from 0, and tells what happens in it.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::OutOfRange`] if there is no trial with this number, or [`Error::NotANumber`].
    pub fn trial(&self, scenario: &str, number: u64) -> Result<Story, Error> {
        let case = self.scenario(scenario)?;
        let most = LIMITS.trials.most - 1;
        if number > most {
            return Err(Error::OutOfRange { what: "the number of a trial", asked: number, least: 0, most });
        }
        let simulated = Engine::new(&case.model).trial(number);
        if simulated.outcomes.iter().any(|value| value.is_nan()) {
            return Err(Error::NotANumber { scenario: case.id.clone(), trial: number });
        }
        Ok(trial::story(&case.model, &case.id, number, &simulated))
    }
}

fn check_trials(trials: u64) -> Result<(), Error> {
    let most = LIMITS.trials.most;
    if (1..=most).contains(&trials) {
        return Ok(());
    }
    Err(Error::OutOfRange { what: "the number of trials", asked: trials, least: 1, most })
}

/// What the trials of a study say.
#[derive(Clone, Debug)]
pub struct Run {
    tallies: Vec<Tally>,
    summary: Summary,
}

impl Run {
    /// Number of trials of each scenario.
    pub fn trials(&self) -> u64 {
        self.summary.trials
    }

    /// Confidence of every interval: `run.confidence` of the config.
    pub fn confidence(&self) -> f64 {
        self.summary.confidence
    }

    /// All scenarios, the one that comes first put first.
    pub fn scenarios(&self) -> impl Iterator<Item = RunScenario<'_>> + Clone {
        let all = self.summary.scenarios.iter().zip(&self.tallies);
        all.map(|(result, tally)| RunScenario { run: self, result, tally })
    }

    /// A scenario: `base`, if the config declares none.
    ///
    /// # Errors
    /// If there is none with this id.
    pub fn scenario(&self, id: &str) -> Result<RunScenario<'_>, UnknownName> {
        find_named("scenario", id, self.scenarios(), |scenario| scenario.id())
    }

    /// An expectation of the config, and whether it is met.
    ///
    /// # Errors
    /// If there is none with this id.
    pub fn expectation(&self, id: &str) -> Result<&ExpectationResult, UnknownName> {
        find_named("expectation", id, self.summary.expectations.iter(), |expected| &expected.id)
    }
}

/// A scenario of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunScenario<'a> {
    run: &'a Run,
    result: &'a ScenarioResult,
    tally: &'a Tally,
}

impl<'a> RunScenario<'a> {
    /// Id.
    pub fn id(&self) -> &'a str {
        &self.result.id
    }

    /// Name to print.
    pub fn title(&self) -> &'a str {
        &self.result.title
    }

    /// All outcomes.
    pub fn outcomes(&self) -> impl Iterator<Item = RunOutcome<'a>> + Clone {
        let RunScenario { run, tally, .. } = *self;
        let all = self.result.outcomes.iter().enumerate();
        all.map(move |(index, result)| RunOutcome { run, result, histogram: tally.outcome(index) })
    }

    /// An outcome, as in `total_shortage.allies.magnets`.
    ///
    /// # Errors
    /// If there is none with this name.
    pub fn outcome(&self, name: &str) -> Result<RunOutcome<'a>, UnknownName> {
        find_named("outcome", name, self.outcomes(), |outcome| outcome.name())
    }

    /// All monthly series that were recorded: what `output.series` asks for, and what milestones look at.
    pub fn series_list(&self) -> impl Iterator<Item = RunSeries<'a>> + Clone {
        let RunScenario { run, tally, .. } = *self;
        let all = self.result.series.iter().enumerate();
        all.map(move |(index, result)| RunSeries { run, result, tally, index })
    }

    /// A monthly series, as in `shortage_fraction.allies.magnets`.
    ///
    /// # Errors
    /// If none with this name was recorded.
    pub fn series(&self, name: &str) -> Result<RunSeries<'a>, UnknownName> {
        find_named("recorded series", name, self.series_list(), |series| series.name())
    }

    /// All milestones.
    pub fn milestones(&self) -> &'a [MilestoneResult] {
        &self.result.milestones
    }

    /// A milestone.
    ///
    /// # Errors
    /// If there is none with this id.
    pub fn milestone(&self, id: &str) -> Result<&'a MilestoneResult, UnknownName> {
        find_named("milestone", id, self.result.milestones.iter(), |milestone| &milestone.id)
    }

    /// All claims.
    pub fn claims(&self) -> &'a [ClaimResult] {
        &self.result.claims
    }

    /// A claim, and the verdict on it. The claims of all scenarios are judged as one family.
    ///
    /// # Errors
    /// If there is none with this id.
    pub fn claim(&self, id: &str) -> Result<&'a ClaimResult, UnknownName> {
        find_named("claim", id, self.result.claims.iter(), |claim| &claim.id)
    }
}

/// An outcome over the trials of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct RunOutcome<'a> {
    run: &'a Run,
    result: &'a Outcome,
    histogram: Histogram<'a>,
}

impl<'a> RunOutcome<'a> {
    /// Name.
    pub fn name(&self) -> &'a str {
        &self.result.name
    }

    /// Unit of its values.
    pub fn unit(&self) -> Unit {
        self.result.unit
    }

    /// What it says.
    pub fn meaning(&self) -> &'static str {
        self.result.meaning
    }

    /// Mean over the trials in which it is not "never". Its note warns where few trials carry it.
    pub fn mean(&self) -> &'a Estimate {
        &self.result.mean
    }

    /// The value that `percent` of the trials do not exceed, "never" counted as larger than anything. There is none unless
    /// `percent` lies above 0 and below 100.
    pub fn percentile(&self, percent: f64) -> Estimate {
        summary::percentile(&self.histogram, percent, self.run.confidence())
    }

    /// Probability that it is exactly zero.
    pub fn probability_of_zero(&self) -> &'a Estimate {
        &self.result.zero
    }

    /// Probability that it is "never within the horizon".
    pub fn probability_of_never(&self) -> &'a Estimate {
        &self.result.never
    }
}

/// A monthly series over the trials of a scenario. Months count from 0.
#[derive(Clone, Copy, Debug)]
pub struct RunSeries<'a> {
    run: &'a Run,
    result: &'a Series,
    tally: &'a Tally,
    index: usize,
}

impl<'a> RunSeries<'a> {
    /// Name.
    pub fn name(&self) -> &'a str {
        &self.result.name
    }

    /// Unit of its values.
    pub fn unit(&self) -> Unit {
        self.result.unit
    }

    /// Number of months.
    pub fn months(&self) -> usize {
        self.result.means.len()
    }

    /// Mean in a month over the trials that have a value; none if there is no such trial or no such month, or if values are
    /// too large to be added up. It has no interval: squares are not kept for months.
    pub fn mean(&self, month: usize) -> Option<f64> {
        self.result.means.get(month).copied().flatten()
    }

    /// The value that `percent` of the trials do not exceed in a month. There is none unless `percent` lies above 0 and below
    /// 100 and the month is one of the run.
    pub fn percentile(&self, month: usize, percent: f64) -> Estimate {
        if month >= self.months() {
            return Estimate::unknown(format!("month {month} lies beyond the horizon"));
        }
        summary::percentile(&self.tally.series(self.index, month), percent, self.run.confidence())
    }

    /// Probability that it is exactly zero in a month: of a shortage, that there is none.
    pub fn probability_of_zero(&self, month: usize) -> Estimate {
        if month >= self.months() {
            return Estimate::unknown(format!("month {month} lies beyond the horizon"));
        }
        summary::probability_of_zero(&self.tally.series(self.index, month), self.run.confidence())
    }
}
