//! `shortfall stress`: what happens if a supplier is lost, one after the other, without any probability.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use serde_json::json;
use shortfall::output::{self, file, json, stress as written};
use shortfall::study::Study;
use shortfall::study::stress::Losses;
use shortfall::summary::stress::{self, SPANS, Stress};

use super::run::peak_memory;
use super::{Failure, Format, Input, Simulation, Terminal, print, progress};

#[derive(Debug, clap::Args)]
#[command(mut_arg("trials", |trials| {
    trials.help("Also simulate each loss in so many trials; the table has percentiles of those")
}))]
#[command(
    after_long_help = "Every market, country, capacity and project is lost in turn from the start: for good, and for 6, \
    12 and 24 months. Figures are at medians: every quantity at its median, nothing left to chance. With -n, each loss is also \
    simulated in so many trials, with all that comes by chance, and the table has percentiles of those."
)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Also lose together whatever a pattern means: ids of capacities or projects, countries, markets or stages, as in
    /// `*lynas*`. Repeatable.
    #[arg(long, value_name = "PATTERN")]
    lose: Vec<String>,
    #[command(flatten)]
    simulation: Simulation,
    /// Folder for stress.csv, n-minus-one.csv, stress.json, the chart, the config and the manifest, new or empty. Without it,
    /// no files are written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Overwrite the files of an earlier run in the output folder.
    #[arg(long, requires = "output")]
    force: bool,
    /// Print stress.json: short for `--format json`.
    #[arg(long)]
    json: bool,
}

/// Loses every supplier in turn and prints what that does.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let study = arguments.input.study(&options.changes())?;
    let losses = arguments.losses(&study)?;
    let folder = match &arguments.output {
        None => None,
        Some(asked) => Some(
            file::take_folder(Some(asked), asked, arguments.force)
                .map_err(|error| Failure::Io(asked.to_string_lossy().into_owned(), error))?,
        ),
    };
    let (started, clock) = (SystemTime::now(), Instant::now());
    let named = study.config.output.outcome.as_deref();
    let asked = (options.trials, study.config.run.confidence);
    let (trials, simulated) = (options.trials.unwrap_or(0), (1 + SPANS.len()) * losses.targets.len());
    let total = simulated as u64 * (1 + trials) + trials;
    let stress = progress::watch(options.progress(), total, |progress| {
        stress::stress(&losses, named, asked, options.threads(), progress)
    });
    let stress = stress.map_err(|error| error.named([losses.scenario.as_str()].into_iter()))?;
    if let Some(folder) = &folder {
        let wall_clock = json::WallClock {
            started_unix_seconds: started.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            simulation_seconds: clock.elapsed().as_secs_f64(),
            threads: options.threads(),
            peak_memory_bytes: peak_memory(),
        };
        let digest = file::digest(output::config_as_run(&study).as_bytes());
        let files = written::files(&study, &stress, &digest);
        let what = ("stressed", json!(stress.scenario));
        let manifest = json::other_manifest(what, study.config.run.seed, stress.trials, &files, &wall_clock);
        file::write_all(folder, &files, &manifest)
            .map_err(|error| Failure::Io(folder.to_string_lossy().into_owned(), error))?;
    }
    if options.quiet { Ok(()) } else { arguments.show(&study, &stress, terminal) }
}

impl Arguments {
    /// What the scenario asked for may lose; the one that comes first, if none is.
    fn losses(&self, study: &Study) -> Result<Losses, Failure> {
        if self.input.scenario.len() > 1 {
            return Err(Failure::Usage(vec!["one scenario at a time: give --scenario once".into()]));
        }
        let scenario = &study.scenarios[0].id;
        Losses::new(study, scenario, &self.lose).map_err(Failure::Usage)
    }

    fn show(&self, study: &Study, stress: &Stress, terminal: Terminal) -> Result<(), Failure> {
        match if self.json { Format::Json } else { self.simulation.format } {
            Format::Table => print(written::text(study, stress, terminal.screen).as_bytes()),
            Format::Md => print(written::markdown(study, stress).as_bytes()),
            Format::Csv => print(&written::csv(stress)),
            Format::Json => print(&written::json(study.config.run.seed, stress)),
        }
    }
}
