//! Commands that can be split into shards: what each of them counts, and how a tally file tells of it.

use std::path::{Path, PathBuf};

use shortfall::Study;
use shortfall::config::Run;
use shortfall::output::shard::{AsCompared, AsRare, AsRun};
use shortfall::output::{self, Rendered};
use shortfall::study::file::STDIN;
use shortfall::tally::file::{Counted, Header, Kind};
use shortfall::tally::{EVENT_SAMPLES, NestedSampling, Pairs, Shards};
use shortfall::{Progress, simulation};

use super::rare::Asked;
use super::{Failure, Simulation, compare, progress};

/// What is split.
pub enum Split {
    /// A run, and what files tell of it beside its config.
    Run(AsRun, Study),
    /// A comparison of these sides.
    Compare(Box<compare::Sides>),
    /// What is asked about rare events.
    Rare(Asked),
}

impl Split {
    /// What the header of a tally file holds.
    pub fn read(header: &Header) -> Result<Split, String> {
        match header.kind {
            Kind::Run => AsRun::read(header).map(|(as_run, study)| Split::Run(as_run, study)),
            Kind::Compare => AsCompared::read(header).map(|sides| Split::Compare(Box::new(sides))),
            Kind::Rare => {
                let (as_rare, study) = AsRare::read(header)?;
                Asked::new(study, as_rare).map(Split::Rare).map_err(|faults| faults.join("; "))
            }
        }
    }

    /// The tally file of these shards.
    pub fn write(&self, shards: &Shards, counted: &Counted) -> Vec<u8> {
        match self {
            Split::Run(as_run, study) => as_run.write(study, shards, counted),
            Split::Compare(sides) => AsCompared::write(sides, shards, counted),
            Split::Rare(asked) => asked.as_rare.write(&asked.study, shards, counted),
        }
    }

    /// The study, or that of the first side, whose seed and trials are those of all.
    fn study(&self) -> &Study {
        match self {
            Split::Run(_, study) => study,
            Split::Compare(sides) => &sides[0].1,
            Split::Rare(asked) => &asked.study,
        }
    }

    /// How the whole is run.
    pub fn settings(&self) -> &Run {
        &self.study().config.run
    }

    /// What folders are called: after the config, whose name stands in a file that anybody may have written, and what is done.
    pub fn stem(&self) -> PathBuf {
        let (name, suffix) = match self {
            Split::Run(as_run, _) => (&as_run.config_name, ""),
            Split::Compare(sides) => (&sides[0].0, "-compare"),
            Split::Rare(asked) => (&asked.as_rare.config_name, "-rare"),
        };
        let name = Path::new(name);
        let mut stem = if name == Path::new(STDIN) {
            "stdin".into()
        } else {
            name.file_stem().unwrap_or("run".as_ref()).to_owned()
        };
        stem.push(suffix);
        stem.into()
    }

    /// The configs as run, as files of a folder.
    pub fn configs(&self) -> Vec<Rendered> {
        match self {
            Split::Compare(sides) => compare::configs(sides.each_ref().map(|(_, study)| study)),
            _ => vec![("config.toml".into(), output::config_as_run(self.study()).into_bytes())],
        }
    }

    /// Nothing counted yet.
    pub fn empty(&self) -> Counted {
        match self {
            Split::Run(_, study) => {
                let sampled = study.models().into_iter().filter(|_| self.settings().input_uncertainty.is_some());
                Counted::Run { tallies: study.tallies(), nested: sampled.map(NestedSampling::new).collect() }
            }
            Split::Compare(sides) => Counted::Compare(Pairs::new(compare::models(sides))),
            Split::Rare(asked) => Counted::Rare(asked.empty()),
        }
    }

    /// Simulates these shards.
    pub fn simulate(&self, shards: &Shards, simulation: &Simulation) -> Result<Counted, Failure> {
        let trials = shards.trials(self.settings().trials);
        let (mode, threads, count) = (simulation.progress(), simulation.threads(), trials.end - trials.start);
        match self {
            Split::Run(_, study) => {
                let models = study.models();
                let named = |error: simulation::Error| error.named(study.scenario_ids());
                let run = |progress: &Progress| {
                    simulation::extend(&models, study.tallies(), trials.clone(), threads, progress)
                };
                let tallies = progress::watch(mode, count * models.len() as u64, run).map_err(named)?;
                let Some(draws) = self.settings().input_uncertainty else {
                    return Ok(Counted::Run { tallies, nested: Vec::new() });
                };
                let draws = shards.trials(draws);
                let samples = (draws.end - draws.start) * (EVENT_SAMPLES * models.len()) as u64;
                let sample = |progress: &Progress| simulation::nested(&models, draws, threads, progress);
                let nested = progress::watch(mode, samples, sample).map_err(named)?;
                Ok(Counted::Run { tallies, nested })
            }
            Split::Compare(sides) => compare::simulate(sides, trials, simulation).map(Counted::Compare),
            Split::Rare(asked) => asked.simulate(trials, simulation).map(Counted::Rare),
        }
    }
}
