//! The rest of a run: from the trials that are counted already, none or many, to its folder. While it simulates, it leaves a
//! checkpoint from time to time, from which `resume` goes on.

use std::ops::Range;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use shortfall::output::file::Folder;
use shortfall::output::shard::AsRun;
use shortfall::simulation::{self, Progress};
use shortfall::study::{LEAST_FOR_DRIVERS, Study, looks};
use shortfall::summary::{Partial, Stopped, Summary, summarise};
use shortfall::tally::{EVENT_SAMPLES, NestedSampling, Tally};

use super::place::{self, Clock};
use super::progress::{self, Mode};
use super::report::{Files, Printed, Report, Then, Told};
use super::trials::{self, Every, Plan, TrialsArguments};
use super::{Failure, Format, Terminal, arguments, interrupt, memory, note};

/// How often a run leaves a checkpoint, for every command that simulates one.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Checkpoints {
    /// Leave what is counted beside the output folder every so many seconds, for `shortfall resume` should the run be killed; 0
    /// leaves nothing. A run with a file of every trial leaves none: its rows are not among what is counted.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    checkpoint: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "a number of seconds is expected, such as 60 or 0.5".into())
}

/// How to go on with a run that has been begun: no result depends on it.
#[derive(Debug, clap::Args)]
pub struct GoOn {
    /// Threads, at most 256; 0 takes all cores.
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=256))]
    threads: u16,
    #[command(flatten)]
    checkpoints: Checkpoints,
    #[command(flatten)]
    printed: Printed,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// How to show progress, on standard error.
    #[arg(long, value_enum, default_value = "auto")]
    progress: Mode,
    /// No progress, and nothing on standard output.
    #[arg(short, long)]
    quiet: bool,
}

impl GoOn {
    /// Simulates the rest of a run and tells it, with the files that it was to have.
    pub fn finish(&self, mut run: Run, folder: Folder, terminal: Terminal) -> Result<u8, Failure> {
        folder.may_be_replaced().map_err(|error| place::failed(folder.path(), error))?;
        let threads = arguments::threads(self.threads);
        memory::check(simulation::memory(&run.study.models(), threads), self.quiet)?;
        let progress = if self.quiet { Mode::None } else { self.progress };
        let trials = TrialsArguments::of(&run.as_run.files).plan(&run.study)?;
        if trials.is_some() && run.trials() > 0 {
            if !self.quiet {
                note("every trial goes into a file as it is simulated: all trials are simulated again");
            }
            run.tallies = run.study.tallies();
        }
        let how = How { threads, progress, checkpoints: self.checkpoints, stop_after: None, trials };
        let report = Report { output: None, force: true, files: Files::of(&run.as_run.files), printed: self.printed };
        run.finish(&how, &report, folder, Then::Tell(self.format, self.quiet, terminal))
    }

    /// Whether nothing is to be said.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// How to simulate.
pub struct How {
    pub threads: usize,
    pub progress: Mode,
    pub checkpoints: Checkpoints,
    /// After so many trials, as if it were interrupted there.
    pub stop_after: Option<u64>,
    /// The files of every trial, if they are asked for.
    pub trials: Option<Plan>,
}

/// A run, and what is counted of it so far: trials `0..n` of every scenario.
pub struct Run {
    pub as_run: AsRun,
    pub study: Study,
    pub tallies: Vec<Tally>,
    /// Of the inputs that it simulates again, once that is done.
    pub nested: Vec<NestedSampling>,
}

impl Run {
    /// Simulates what is left, writes the folder and tells what is in it; returns the exit code. A run that is interrupted does
    /// so with what it has.
    pub fn finish(mut self, how: &How, report: &Report, mut folder: Folder, then: Then) -> Result<u8, Failure> {
        let most = looks(&self.study.config).last().copied().unwrap_or_default();
        let begin = |plan: &Plan| plan.begin(&self.study, &mut folder, most, true);
        let mut every = how.trials.as_ref().map(begin).transpose()?;
        // Until the files are written.
        let held = interrupt::hold();
        let clock = Clock::start();
        let mut summary = self.simulate(how, &folder, every.as_mut())?;
        self.sample_inputs(how, &mut summary)?;
        let files = every.map(|every| every.finish(&mut folder)).transpose()?.unwrap_or_default();
        let told = Told {
            as_run: &self.as_run,
            study: &self.study,
            tallies: &self.tallies,
            nested: &self.nested,
            summary: &summary,
            trials: &files,
            clock: (&clock, how.threads),
        };
        report.finish(&told, folder, Some(held), then)
    }

    fn trials(&self) -> u64 {
        self.tallies.first().map_or(0, Tally::trials)
    }

    /// Simulates; with a stopping rule, doubles the trials until it is met. A run that is interrupted has fewer.
    fn simulate(&mut self, how: &How, folder: &Folder, mut every: Option<&mut Every>) -> Result<Summary, Failure> {
        let (looks, begun) = (looks(&self.study.config), self.trials());
        let last = looks.last().copied();
        // Where more trials are counted than at a look, it was no reason to stop.
        for look in looks.into_iter().filter(|look| *look >= begun) {
            let end = how.stop_after.map_or(look, |end| end.clamp(self.trials(), look));
            self.simulate_to(end, how, folder, every.as_deref_mut())?;
            if self.trials() < look {
                return partial(&self.study, &mut self.tallies, look);
            }
            let summary = summarise(&self.study, &self.tallies);
            if Some(look) == last || summary.stopped.as_ref().is_none_or(Stopped::is_final) {
                return Ok(summary);
            }
        }
        Err(Failure::Internal("a run has more trials than it was to have".into()))
    }

    /// Simulates up to trial `end`, and leaves checkpoints meanwhile; none where every trial goes into a file, whose rows a
    /// checkpoint does not hold.
    fn simulate_to(
        &mut self,
        end: u64,
        how: &How,
        folder: &Folder,
        mut every: Option<&mut Every>,
    ) -> Result<(), Failure> {
        let Run { as_run, study, tallies, nested } = self;
        let (models, mut done) = (study.models(), tallies.first().map_or(0, Tally::trials));
        let total = (end - done) * models.len() as u64;
        let mut is_told = false;
        let pause = if every.is_some() { Duration::ZERO } else { how.checkpoints.checkpoint };
        let simulated = progress::watch(how.progress, total, |progress| {
            pausing(progress, pause, || {
                while done < end {
                    let begun = std::mem::take(tallies);
                    let every = every.as_deref_mut();
                    *tallies = trials::extend(every, &models, begun, done..end, how.threads, progress)?;
                    done = tallies.first().map_or(0, Tally::trials);
                    if !progress.go_on() {
                        break;
                    }
                    if done < end
                        && let Err(error) = folder.write_checkpoint(&as_run.write_first(study, tallies, nested))
                        && !std::mem::replace(&mut is_told, true)
                    {
                        note(&format!("no checkpoint can be written ({error}); the run goes on without"));
                    }
                }
                Ok(())
            })
        });
        every.map_or(Ok(()), |every| every.check())?;
        simulated.map_err(|error: simulation::Error| error.named(study.scenario_ids()))?;
        Ok(())
    }

    /// Adds how much of the spread comes from the inputs, if that was asked for: simulates inputs of the trials again, unless
    /// that is done.
    fn sample_inputs(&mut self, how: &How, summary: &mut Summary) -> Result<(), Failure> {
        let study = &self.study;
        let Some(draws) = study.config.run.input_uncertainty.filter(|_| summary.partial.is_none()) else {
            return Ok(());
        };
        if self.nested.is_empty() {
            let found = match how.stop_after {
                Some(_) => Err(simulation::Error::Stopped),
                None => simulate_again(study, 0..draws, how.threads, how.progress),
            };
            if found == Err(simulation::Error::Stopped) {
                summary.partial = Some(Partial::of(summary.trials));
                return Ok(());
            }
            self.nested = found.map_err(|error| error.named(study.scenario_ids()))?;
        }
        summary.add_input_uncertainty(study, &self.nested);
        Ok(())
    }
}

/// Simulates the inputs of these trials again, each several times with other events.
pub fn simulate_again(
    study: &Study,
    draws: Range<u64>,
    threads: usize,
    mode: Mode,
) -> Result<Vec<NestedSampling>, simulation::Error> {
    let models = study.models();
    let samples = (draws.end - draws.start) * (EVENT_SAMPLES * models.len()) as u64;
    progress::watch(mode, samples, |progress| simulation::nested(&models, draws, threads, progress))
}

/// Does `work`, and pauses it every so often.
fn pausing<T>(progress: &Progress, every: Duration, work: impl FnOnce() -> T) -> T {
    if every.is_zero() {
        return work();
    }
    std::thread::scope(|scope| {
        let (finished, done) = mpsc::channel::<()>();
        scope.spawn(move || {
            while done.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                progress.pause();
            }
        });
        let result = work();
        drop(finished); // the other thread sees the closed channel at once
        result
    })
}

/// What the trials say that were done before a run was interrupted, which was to have so many.
pub fn partial(study: &Study, tallies: &mut [Tally], planned: u64) -> Result<Summary, Failure> {
    let done = tallies.first().map_or(0, Tally::trials);
    if done == 0 {
        return Err(shortfall::Error::Stopped.into());
    }
    // Fewer trials say nothing of drivers; the run may go on with what is counted.
    let is_left_out = done < LEAST_FOR_DRIVERS;
    let mut kept: Vec<_> = tallies.iter_mut().map(|tally| tally.drivers.take_if(|_| is_left_out)).collect();
    let summary = Summary { partial: Some(Partial::of(planned)), ..summarise(study, tallies) };
    for (tally, drivers) in tallies.iter_mut().zip(&mut kept).filter(|_| is_left_out) {
        tally.drivers = drivers.take();
    }
    Ok(summary)
}
