//! `shortfall rare`: probabilities of rare events, by importance sampling.

use std::ops::Range;
use std::path::PathBuf;

use shortfall::Study;
use shortfall::model::Model;
use shortfall::output::rare as written;
use shortfall::output::shard::AsRare;
use shortfall::simulation::{self, Untilted};
use shortfall::summary::{self, Answers, Question};
use shortfall::tally::{Exceedance, Weighted};

use super::shard::{self, ShardArguments};
use super::split::Split;
use super::{Failure, Format, Input, Simulation, Terminal, print, progress, show};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Simulate with this value in place of the config's, and weight every trial by its likelihood ratio: the rate of a
    /// disruption, as in `disruptions.ban.rate_per_year=2`, or the success of a project, as in
    /// `projects.plant.success_probability=0.5`. `*` stands for any name. Repeatable.
    #[arg(long, value_name = "PATH=VALUE", required = true)]
    tilt: Vec<String>,
    /// Estimate the probability that an outcome exceeds a value, as in `total_shortage.allies.magnets=50000`. Those of claims,
    /// milestones and any shortage (without `output.outcome`: of each market and product) are estimated in any case. Repeatable.
    #[arg(long, value_name = "OUTCOME=VALUE")]
    above: Vec<String>,
    /// Share of the trials that are simulated without the tilt. The more there are, the lower the bound on ways to an event
    /// that the tilt does not make likelier.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    untilted: f64,
    #[command(flatten)]
    simulation: Simulation,
    /// With --shard: the folder of the shard, new or empty. By default shortfall-out/NAME-rare-shards/K-of-N.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// With --shard: replace the shard in that folder.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    shard: ShardArguments,
}

/// Exit code if the hits are too few for any estimate.
const EXIT_NO_ESTIMATE: u8 = 6;

/// Most tilts, and most outcomes that are asked about: a tally file that anybody may have written holds them too.
const MOST_ASKED: usize = 1000;

/// Simulates tilted trials and prints the probabilities, or leaves a shard of that; returns the exit code.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let options = &arguments.simulation;
    let study = arguments.input.study(&options.changes())?;
    let config = arguments.input.config.as_path();
    let name = config.file_name().unwrap_or_default().to_string_lossy();
    let (tilt, above) = (arguments.tilt.clone(), arguments.above.clone());
    let as_rare = AsRare::new(&study, &name, tilt, above, arguments.untilted);
    let asked = Asked::new(study, as_rare).map_err(Failure::Usage)?;
    if let Some(shards) = arguments.shard.shards()? {
        let place = (arguments.output.as_deref(), arguments.force);
        let split = Split::Rare(asked);
        return shard::run(&split, (&split.rounds()[0], &shards), place, &[config], (options, None));
    }
    if arguments.output.is_some() || arguments.force {
        let why = "`rare` writes files only with --shard or --shards: leave out --output and --force";
        return Err(Failure::Usage(vec![why.into()]));
    }
    let weighted = asked.simulate(0..asked.study.config.run.trials, options)?;
    asked.tell(weighted, (!options.quiet).then_some(options.format), terminal)
}

/// What is asked about rare events, of each scenario.
pub struct Asked {
    pub study: Study,
    /// What was given.
    pub as_rare: AsRare,
    untilted: Untilted,
    cases: Vec<Case>,
}

/// What is asked of a scenario.
struct Case {
    id: String,
    questions: Vec<Question>,
    events: Vec<Exceedance>,
    /// The model, and the tilted one.
    models: [Model; 2],
}

impl Asked {
    /// Of this study; an error is all that is wrong with what is asked.
    pub fn new(study: Study, as_rare: AsRare) -> Result<Asked, Vec<String>> {
        let mut faults = Vec::new();
        for (option, given) in [("--tilt", &as_rare.tilt), ("--above", &as_rare.above)] {
            let many = given.len();
            faults.extend(
                (many > MOST_ASKED).then(|| format!("{many} of {option} are given; at most {MOST_ASKED} are allowed")),
            );
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let tilts = pairs("--tilt", &as_rare.tilt, &mut faults);
        let above = pairs("--above", &as_rare.above, &mut faults);
        let untilted = share(&as_rare.untilted).unwrap_or_else(|fault| {
            faults.push(format!("--untilted: {fault}"));
            1.0
        });
        let mut cases = Vec::new();
        for case in &study.scenarios {
            let mut blame = |found: Vec<String>| {
                faults.extend(found.into_iter().map(|fault| format!("scenario {}: {fault}", case.id)));
            };
            let questions = summary::questions(&study, &case.model, &above).map_err(&mut blame);
            let models = case.model.tilted(&tilts).map_err(&mut blame);
            if let (Ok(questions), Ok(models)) = (questions, models) {
                let events = questions.iter().map(|question| question.event).collect();
                cases.push(Case { id: case.id.clone(), questions, events, models });
            }
        }
        let untilted = Untilted::new(untilted, study.config.run.trials);
        if faults.is_empty() { Ok(Asked { study, as_rare, untilted, cases }) } else { Err(faults) }
    }

    /// Nothing counted yet, by scenario.
    pub fn empty(&self) -> Vec<Weighted> {
        self.cases.iter().map(|case| self.untilted.empty(&case.events)).collect()
    }

    /// Simulates these trials of every scenario.
    pub fn simulate(&self, trials: Range<u64>, options: &Simulation) -> Result<Vec<Weighted>, Failure> {
        let total = (trials.end - trials.start) * self.cases.len() as u64;
        progress::watch(options.progress(), total, |progress| {
            let one = |case: &Case| {
                let models = case.models.each_ref();
                simulation::rare(models, &case.events, self.untilted, trials.clone(), options.threads(), progress)
                    .map_err(|error| error.named([case.id.as_str()].into_iter()).into())
            };
            self.cases.iter().map(one).collect()
        })
    }

    /// Prints the probabilities, if they are to be printed; returns the exit code.
    pub fn tell(&self, weighted: Vec<Weighted>, format: Option<Format>, terminal: Terminal) -> Result<u8, Failure> {
        let (study, run) = (&self.study, &self.study.config.run);
        let answers = self.cases.iter().zip(weighted).map(|(case, weighted)| {
            let Case { id, questions, models: [model, _], .. } = case;
            Answers { id, model, questions, weighted }
        });
        let rare = summary::rare(&answers.collect::<Vec<_>>(), self.as_rare.tilt.clone(), run.confidence);
        match format {
            None => {}
            Some(Format::Table) => show(&written::text(study, &rare, terminal.screen), terminal.screen.colour)?,
            Some(Format::Md) => show(&written::markdown(study, &rare), false)?,
            Some(Format::Csv) => print(&written::csv(&rare))?,
            Some(Format::Json) => print(&written::json(run.seed, &rare))?,
        }
        Ok(if rare.estimated() { 0 } else { EXIT_NO_ESTIMATE })
    }
}

/// A share of the trials.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.001..=0.999).contains(share));
    share.ok_or_else(|| "a share lies between 0.001 and 0.999".into())
}

/// Names and values of an option.
fn pairs(option: &str, given: &[String], faults: &mut Vec<String>) -> Vec<(String, f64)> {
    let mut one = |text: &String| {
        let parts = text.split_once('=').and_then(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
        match parts {
            Some((name, value)) if f64::is_finite(value) => Some((name.to_string(), value)),
            _ => {
                faults.push(format!("{option} takes NAME=NUMBER; `{text}` is not that"));
                None
            }
        }
    };
    given.iter().filter_map(&mut one).collect()
}
