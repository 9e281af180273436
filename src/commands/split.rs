//! Commands that can be split into shards: what each of them counts, and how a tally file tells of it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use shortfall::Study;
use shortfall::output::shard::{AsCompared, AsRare, AsRun};
use shortfall::output::{self, Rendered};
use shortfall::tally::file::{Counted, Header, Kind};
use shortfall::tally::{Pairs, Shards};
use shortfall::{Progress, simulation};

use super::rare::Asked;
use super::shard::Round;
use super::trials::{self, Every};
use super::{Failure, Simulation, arguments, compare, progress, rest, tally};

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
            Kind::Run => AsRun::read(header, &[]).map(|(as_run, study)| Split::Run(as_run, study)),
            Kind::Compare => AsCompared::read(header).map(|sides| Split::Compare(Box::new(sides))),
            Kind::Rare => {
                let (as_rare, study) = AsRare::read(header)?;
                Asked::new(study, as_rare).map(Split::Rare).map_err(|faults| faults.join("; "))
            }
        }
    }

    /// The tally file of these shards of a round.
    pub fn write(&self, round: &Range<u64>, shards: &Shards, counted: &Counted) -> Vec<u8> {
        let part = (round, shards);
        match self {
            Split::Run(as_run, study) => as_run.write(study, part, counted),
            Split::Compare(sides) => AsCompared::write(sides, part, counted),
            Split::Rare(asked) => asked.as_rare.write(&asked.study, part, counted),
        }
    }

    /// The study, or those of both sides, of which the first has the seed and the trials of all.
    pub fn studies(&self) -> Vec<&Study> {
        match self {
            Split::Run(_, study) => vec![study],
            Split::Compare(sides) => sides.iter().map(|(_, study)| study).collect(),
            Split::Rare(asked) => vec![&asked.study],
        }
    }

    /// The rounds in which its trials are dealt out: only a run has more than one.
    pub fn rounds(&self) -> Vec<Round> {
        let one = |study: &Study| vec![Round { number: 1, trials: 0..study.config.run.trials }];
        match self {
            Split::Run(_, study) => Round::all(study),
            Split::Compare(sides) => one(&sides[0].1),
            Split::Rare(asked) => one(&asked.study),
        }
    }

    /// Draws of the inputs that are dealt out as well, with a round that begins with this trial: with the first one, as they are
    /// those of the whole run, wherever it stops.
    pub fn draws(&self, first: u64) -> u64 {
        match self {
            Split::Run(_, study) if first == 0 => study.config.run.input_uncertainty.unwrap_or(0),
            _ => 0,
        }
    }

    /// What folders are called: after the config, whose name stands in a file that anybody may have written, and what is done.
    pub fn stem(&self) -> PathBuf {
        let (name, suffix) = match self {
            Split::Run(as_run, _) => (&as_run.config_name, ""),
            Split::Compare(sides) => (&sides[0].0, "-compare"),
            Split::Rare(asked) => (&asked.as_rare.config_name, "-rare"),
        };
        let mut stem = arguments::stem(Path::new(name)).to_owned();
        stem.push(suffix);
        stem.into()
    }

    /// The configs as run, as files of a folder.
    pub fn configs(&self) -> Vec<Rendered> {
        match self {
            Split::Compare(sides) => compare::configs(sides.each_ref().map(|(_, study)| study)),
            Split::Run(_, study) | Split::Rare(Asked { study, .. }) => {
                vec![("config.toml".into(), output::config_as_run(study).into_bytes())]
            }
        }
    }

    /// Nothing counted yet, with draws of the inputs or without.
    pub fn empty(&self, has_draws: bool) -> Counted {
        match self {
            Split::Run(_, study) => tally::nothing(study, has_draws),
            Split::Compare(sides) => Counted::Compare(Pairs::new(compare::models(sides))),
            Split::Rare(asked) => Counted::Rare(asked.empty()),
        }
    }

    /// Simulates these shards of a round; of a run, every trial goes into its file if that is asked for.
    pub fn simulate(
        &self,
        round: &Range<u64>,
        shards: &Shards,
        simulation: &Simulation,
        mut every: Option<&mut Every>,
    ) -> Result<Counted, Failure> {
        let asked = shards.trials(round);
        let (mode, threads, count) = (simulation.progress(), simulation.threads(), asked.end - asked.start);
        match self {
            Split::Run(_, study) => {
                let models = study.models();
                let named = |error: simulation::Error| error.named(study.scenario_ids());
                let run = |progress: &Progress| {
                    let every = every.as_deref_mut();
                    trials::extend(every, &models, study.tallies(), asked.clone(), threads, progress)
                };
                let tallies = progress::watch(mode, count * models.len() as u64, run);
                every.map_or(Ok(()), |every| every.check())?;
                let tallies = tallies.map_err(named)?;
                if tallies.iter().any(|tally| tally.trials() != count) {
                    return Err(named(simulation::Error::Stopped).into());
                }
                let draws = self.draws(round.start);
                if draws == 0 {
                    return Ok(Counted::Run { tallies, nested: Vec::new() });
                }
                let draws = shards.trials(&(0..draws));
                let nested = rest::simulate_again(study, draws, threads, mode).map_err(named)?;
                Ok(Counted::Run { tallies, nested })
            }
            Split::Compare(sides) => compare::simulate(sides, asked, simulation).map(Counted::Compare),
            Split::Rare(rare) => rare.simulate(asked, simulation).map(Counted::Rare),
        }
    }
}
