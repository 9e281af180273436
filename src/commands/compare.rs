//! `shortfall compare`: two scenarios, two configs, or the output folders of two runs, trial by trial.

use std::path::{Path, PathBuf};

use shortfall::output::file::Folder;
use shortfall::output::{self, comparison as written, json, package};
use shortfall::simulation;
use shortfall::study::Study;
use shortfall::summary::{self, Comparison, Side};

use super::place::{self, Clock};
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
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace the result of an earlier run in the output folder.
    #[arg(long, requires = "output")]
    force: bool,
    /// Compare output folders even if files in them were edited, or are missing; the output says so.
    #[arg(long)]
    allow_edited: bool,
    /// What to call both sides, and the scenario of each, to make the files of an earlier comparison again.
    #[arg(long = "as", num_args = 4, value_names = ["A", "SCENARIO", "B", "SCENARIO"], hide = true)]
    sides: Vec<String>,
}

/// Names of both configs as run, in the folder.
const CONFIGS: [&str; 2] = ["config-a.toml", "config-b.toml"];

/// Simulates both on the same random numbers and prints the differences.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let [a, b] = arguments.sides()?;
    let inputs = [arguments.input.config.as_path(), Path::new(&arguments.with[0])];
    let taken = |asked: &PathBuf| place::take(Some(asked), asked, arguments.force, &inputs);
    let folder = arguments.output.as_ref().map(taken).transpose()?;
    let clock = Clock::start();
    let run = &a.1.config.run;
    let models = [&a.1.scenarios[0].model, &b.1.scenarios[0].model];
    let options = &arguments.simulation;
    let pairs = progress::watch(options.progress(), 2 * run.trials, |progress| {
        simulation::compare(models, 0..run.trials, options.threads(), progress)
    });
    let ids = [&a, &b].map(|(_, study)| study.scenarios[0].id.as_str());
    let pairs = pairs.map_err(|error| error.named(ids.into_iter()))?;
    let wall_clock = clock.read(options.threads());
    let sides =
        [&a, &b].map(|(config, study)| Side { config: config.clone(), scenario: study.scenarios[0].id.clone() });
    let comparison = summary::compare(models, &pairs, sides, a.1.config.output.outcome.as_deref(), run.confidence);
    if let Some(folder) = folder {
        write(folder, [&a.1, &b.1], &comparison, &wall_clock)?;
    }
    match options.format {
        _ if options.quiet => Ok(()),
        Format::Table => show(&written::text(&a.1, &comparison), false),
        Format::Md => show(&written::markdown(&a.1, &comparison), false),
        Format::Csv => print(&written::csv(&comparison)),
        Format::Json => print(&written::json(run.seed, &comparison)),
    }
}

/// Writes the files of a comparison.
fn write(
    folder: Folder,
    studies: [&Study; 2],
    comparison: &Comparison,
    clock: &json::WallClock,
) -> Result<(), Failure> {
    let seed = studies[0].config.run.seed;
    let [config_a, config_b] = studies.map(|study| output::config_as_run(study).into_bytes());
    let mut files = vec![
        ("difference.csv".to_string(), written::csv(comparison)),
        ("results.json".to_string(), written::json(seed, comparison)),
        (CONFIGS[0].to_string(), config_a),
        (CONFIGS[1].to_string(), config_b),
    ];
    files.extend(package::of(studies[0], &files, &[]));
    let [a, b] = [&comparison.a, &comparison.b];
    let again = ["compare", CONFIGS[0], CONFIGS[1], "--as", &a.config, &a.scenario, &b.config, &b.scenario];
    let manifest =
        json::comparison_manifest(seed, comparison, &folder.digests(&files), &again.map(String::from), clock);
    place::write(folder, &files, &manifest, false).map(drop)
}

impl Arguments {
    /// Both sides: name of the config, and a study whose first case is the one to compare.
    fn sides(&self) -> Result<[(String, Study); 2], Failure> {
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
    fn runs(&self, changes: &[String]) -> Result<[(String, Study); 2], Failure> {
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
