//! `shortfall compare`: two scenarios, two configs, or the output folders of two runs, trial by trial.

use std::ops::Range;
use std::path::{Path, PathBuf};

use shortfall::model::Model;
use shortfall::output::file::Folder;
use shortfall::output::{self, Rendered, comparison as written, json, package};
use shortfall::simulation;
use shortfall::study::Study;
use shortfall::summary::{self, Comparison, Side};
use shortfall::tally::Pairs;

use super::place::{self, Clock};
use super::shard::{self, ShardArguments};
use super::split::Split;
use super::{Failure, Format, Input, Simulation, folders, print, progress, show};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Two scenarios of the config; or a second config, which is simulated with the seed of the first; or, if CONFIG is the
    /// output folder of a run, that of another run with the same seed, version and number of trials.
    #[arg(required = true, num_args = 1..=2, value_name = "A B | CONFIG | FOLDER")]
    with: Vec<String>,
    #[command(flatten)]
    simulation: Simulation,
    /// Folder for difference.csv, results.json, both configs and the manifest, new or empty. Without it, no files are written.
    /// With --shard: the folder of the shard.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace the result of an earlier run in the output folder.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    shard: ShardArguments,
    /// Compare output folders even if files in them were edited, or are missing; the output says so.
    #[arg(long)]
    allow_edited: bool,
    /// What to call both sides, and the scenario of each, to make the files of an earlier comparison again.
    #[arg(long = "as", num_args = 4, value_names = ["A", "SCENARIO", "B", "SCENARIO"], hide = true)]
    sides: Vec<String>,
}

/// Names of both configs as run, in the folder.
const CONFIGS: [&str; 2] = ["config-a.toml", "config-b.toml"];

/// Both sides: name of the config, and a study whose first case is the one to compare.
pub type Sides = [(String, Study); 2];

/// Simulates both on the same random numbers and prints the differences, or leaves a shard of that.
pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let (sides, options) = (arguments.sides()?, &arguments.simulation);
    let inputs = [arguments.input.config.as_path(), Path::new(&arguments.with[0])];
    if let Some(shards) = arguments.shard.shards()? {
        let place = (arguments.output.as_deref(), arguments.force);
        let split = Split::Compare(Box::new(sides));
        return shard::run(&split, (&split.rounds()[0], &shards), place, &inputs, (options, None));
    }
    if arguments.force && arguments.output.is_none() {
        let why = "--force replaces the folder that `-o DIR` names: give it, or leave out --force";
        return Err(Failure::Usage(vec![why.into()]));
    }
    let taken = |asked: &PathBuf| place::take(Some(asked), asked, arguments.force, &inputs);
    let folder = arguments.output.as_ref().map(taken).transpose()?;
    let clock = Clock::start();
    let pairs = simulate(&sides, 0..sides[0].1.config.run.trials, options)?;
    let format = (!options.quiet).then_some(options.format);
    tell(&sides, &pairs, folder, &clock.read(options.threads()), format).map(|()| 0)
}

/// The models of both sides.
pub fn models(sides: &Sides) -> [&Model; 2] {
    sides.each_ref().map(|(_, study)| &study.scenarios[0].model)
}

/// Simulates these trials of both sides.
pub fn simulate(sides: &Sides, trials: Range<u64>, options: &Simulation) -> Result<Pairs, Failure> {
    let pairs = progress::watch(options.progress(), 2 * (trials.end - trials.start), |progress| {
        simulation::compare(models(sides), trials, options.threads(), progress)
    });
    let ids = sides.each_ref().map(|(_, study)| study.scenarios[0].id.as_str());
    pairs.map_err(|error| error.named(ids.into_iter()).into())
}

/// Writes the folder, if there is to be one, and prints the differences, if they are to be printed.
pub fn tell(
    sides: &Sides,
    pairs: &Pairs,
    folder: Option<Folder>,
    clock: &json::WallClock,
    format: Option<Format>,
) -> Result<(), Failure> {
    let [a, b] = sides.each_ref().map(|(_, study)| study);
    let run = &a.config.run;
    let named = sides
        .each_ref()
        .map(|(config, study)| Side { config: config.clone(), scenario: study.scenarios[0].id.clone() });
    let outcome = a.config.output.outcome.as_deref();
    let comparison = summary::compare(models(sides), pairs, named, outcome, run.confidence);
    if let Some(folder) = folder {
        write(folder, [a, b], &comparison, clock)?;
    }
    match format {
        None => Ok(()),
        Some(Format::Table) => show(&written::text(a, &comparison), false),
        Some(Format::Md) => show(&written::markdown(a, &comparison), false),
        Some(Format::Csv) => print(&written::csv(&comparison)),
        Some(Format::Json) => print(&written::json(run.seed, &comparison)),
    }
}

/// Both configs as run, as files.
pub fn configs(studies: [&Study; 2]) -> Vec<Rendered> {
    let config = |(name, study): (&str, &Study)| (name.to_string(), output::config_as_run(study).into_bytes());
    CONFIGS.into_iter().zip(studies).map(config).collect()
}

/// Writes the files of a comparison.
fn write(
    folder: Folder,
    studies: [&Study; 2],
    comparison: &Comparison,
    clock: &json::WallClock,
) -> Result<(), Failure> {
    let seed = studies[0].config.run.seed;
    let mut files = vec![
        ("difference.csv".to_string(), written::csv(comparison)),
        ("results.json".to_string(), written::json(seed, comparison)),
    ];
    files.extend(configs(studies));
    files.extend(package::of(studies[0], &files, &[]));
    let [a, b] = [&comparison.a, &comparison.b];
    let again = ["compare", CONFIGS[0], CONFIGS[1], "--as", &a.config, &a.scenario, &b.config, &b.scenario];
    let manifest =
        json::comparison_manifest(studies, comparison, &folder.digests(&files), &again.map(String::from), clock);
    place::write(folder, &files, &manifest, false).map(drop)
}

impl Arguments {
    fn sides(&self) -> Result<Sides, Failure> {
        let changes = self.simulation.changes();
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let first = name(&self.input.config);
        let folders = [&self.input.config, Path::new(&self.with[0])].map(|path| path.is_dir());
        if self.with.len() == 1 && folders.contains(&true) {
            return if folders == [true; 2] { self.runs(&changes) } else { Err(mixed(folders)) };
        }
        if let ([name_a, a, name_b, b], [other]) = (&self.sides[..], &self.with[..]) {
            let named = |config: &Path, scenario: &String| {
                let scenario = vec![scenario.clone()];
                Input { config: config.into(), scenario, ..self.input.clone() }.study(&changes)
            };
            let first_side = (name_a.clone(), named(&self.input.config, a)?);
            return Ok([first_side, (name_b.clone(), named(Path::new(other), b)?)]);
        }
        if let [a, b] = &self.with[..] {
            if !self.input.scenario.is_empty() {
                return Err(Failure::Usage(vec!["two scenarios are already given: leave out --scenario".into()]));
            }
            let study = self.input.study(&changes)?;
            let only = |id: &String| Input { scenario: vec![id.clone()], ..self.input.clone() }.narrow(study.clone());
            return Ok([(first.clone(), only(a)?), (first, only(b)?)]);
        }
        let study = self.input.study(&changes)?;
        let other = Input { config: PathBuf::from(&self.with[0]), ..self.input.clone() };
        let same_seed = format!("run.seed={}", study.config.run.seed);
        let second = other.study(&[&changes[..], &[same_seed]].concat())?;
        Ok([(first, study), (name(&other.config), second)])
    }

    /// The two runs whose output folders are given, each with its first scenario, or the one asked for.
    fn runs(&self, changes: &[String]) -> Result<Sides, Failure> {
        if !self.input.set.is_empty() || self.input.seed.is_some() {
            let why = "output folders are compared as they were run: leave out --set and --seed, or compare configs";
            return Err(Failure::Usage(vec![why.into()]));
        }
        let paths = [&self.input.config, Path::new(&self.with[0])];
        let [a, b] = folders::both(paths, self.simulation.trials, self.allow_edited)?;
        let side = |run: folders::Run, folder: &Path| {
            let asked = self.input.scenario.first().unwrap_or(&run.scenarios[0]).clone();
            if !run.scenarios.contains(&asked) {
                let (name, all) = (folder.display(), run.scenarios.join(", "));
                return Err(Failure::Usage(vec![format!(
                    "scenario `{asked}` was not run in {name}; there are: {all}"
                )]));
            }
            // With a stopping rule, a run has more trials than its config says.
            let changes = [&[format!("run.trials={}", run.trials)], changes].concat();
            let input = Input { config: run.config, scenario: vec![asked], ..self.input.clone() };
            let edited =
                if run.edited.is_empty() { String::new() } else { format!(" (edited: {})", run.edited.join(", ")) };
            Ok((format!("{}{edited}", folder.display()), input.study(&changes)?))
        };
        Ok([side(a, paths[0])?, side(b, paths[1])?])
    }
}

/// Exactly one of the two is a folder.
fn mixed(folders: [bool; 2]) -> Failure {
    let [a, b] = folders.map(|folder| if folder { "a folder" } else { "none" });
    let what = "compare two configs or the output folders of two runs";
    Failure::Usage(vec![format!("{what}: the first is {a}, the second {b}")])
}
