//! Every trial in files of their own, beside what is counted of all.

use std::ops::Range;
use std::path::PathBuf;

use shortfall::Progress;
use shortfall::model::Model;
use shortfall::output::file::{Folder, Stream};
use shortfall::output::trials::{Asked, Format, Sheets, Table, TrialsFile, Writer, about};
use shortfall::output::{config_digest, package};
use shortfall::simulation::{self, Kept, Recorder};
use shortfall::study::Study;
use shortfall::tally::Tally;

use super::{Failure, place};

#[derive(Debug, clap::Args)]
pub struct TrialsArguments {
    /// Write every trial too, into a file of this name in the output folder: a row for each trial and scenario with its outcomes,
    /// dates of milestones, and claims. The ending says the format: trials.parquet or trials.csv.
    #[arg(long, value_name = "NAME")]
    trials_file: Option<String>,
    /// With --trials-file: a column for every uncertain input too.
    #[arg(long, requires = "trials_file")]
    with_inputs: bool,
    /// With --trials-file: recorded series too, month by month in a second file (trials-series.parquet): names with commas between
    /// them, `*` for any letters.
    #[arg(long, value_name = "LIST", requires = "trials_file")]
    with_series: Option<String>,
}

/// What is asked for, and can be done.
pub struct Plan {
    asked: Asked,
    format: Format,
    /// The name of the file, without its ending.
    stem: String,
}

/// Files of trials on their way.
pub struct Every {
    kept: Vec<Kept>,
    sheets: Sheets<Stream>,
    files: Vec<TrialsFile>,
    folder: PathBuf,
}

/// Longest name of a file.
const LONGEST_NAME: usize = 100;

impl TrialsArguments {
    /// Names of all these options, in the order in which `run` has them.
    pub const NAMES: [&str; 3] = ["--trials-file", "--with-inputs", "--with-series"];

    /// The options that are given, as arguments of `run`.
    pub fn as_arguments(&self) -> Vec<String> {
        let [file, inputs, series] = Self::NAMES;
        let valued = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}={value}"));
        let given = [
            valued(file, &self.trials_file),
            self.with_inputs.then(|| inputs.into()),
            valued(series, &self.with_series),
        ];
        given.into_iter().flatten().collect()
    }

    /// The same, from such arguments.
    pub fn of(arguments: &[String]) -> Self {
        let [file, inputs, series] = Self::NAMES;
        let value = |name: &str| {
            let behind = |argument: &String| argument.strip_prefix(name)?.strip_prefix('=').map(String::from);
            arguments.iter().find_map(behind)
        };
        let with_inputs = arguments.iter().any(|argument| argument == inputs);
        TrialsArguments { trials_file: value(file), with_inputs, with_series: value(series) }
    }

    /// Name of the file, if there is to be one.
    pub fn file(&self) -> Option<&str> {
        self.trials_file.as_deref()
    }

    /// What is asked for, if anything is.
    pub fn plan(&self, study: &Study) -> Result<Option<Plan>, Failure> {
        let Some(name) = &self.trials_file else { return Ok(None) };
        let mut faults = Vec::new();
        let format = Format::of(name).and_then(|format| format.check().map(|()| format));
        let format = format.map_err(|fault| faults.push(format!("--trials-file: {fault}"))).ok();
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        faults.extend(name_fault(name, stem).map(|fault| format!("--trials-file: {fault}")));
        let mut asked = Asked { inputs: self.with_inputs, series: Vec::new() };
        match self.with_series.as_ref().map(|list| Asked::find_series(study, list)) {
            Some(Ok(series)) => asked.series = series,
            Some(Err(unknown)) => faults.extend(unknown.into_iter().map(|fault| format!("--with-series: {fault}"))),
            None => {}
        }
        match format.filter(|_| faults.is_empty()) {
            Some(format) => Ok(Some(Plan { asked, format, stem: stem.into() })),
            None => Err(Failure::Usage(faults)),
        }
    }
}

/// What is wrong with the name of the file.
fn name_fault(name: &str, stem: &str) -> Option<String> {
    if name.contains('/') {
        return Some(format!(
            "`{name}`: the file is written into the output folder, which -o names; give its name alone"
        ));
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if stem.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(is_plain) || name.len() > LONGEST_NAME {
        return Some(format!("`{name}`: a name of letters, digits, `-`, `_` and `.`"));
    }
    let [first, second] = [stem.to_string(), monthly(stem)];
    let is_taken = |stem: &String| package::TABLES.iter().any(|known| known.name == format!("{stem}.csv"));
    (is_taken(&first) || is_taken(&second))
        .then(|| format!("`{name}`: a run writes a table of this name; take another"))
}

/// The name of the file of series, without its ending.
fn monthly(stem: &str) -> String {
    format!("{stem}-series")
}

impl Plan {
    /// Begins the files, for at most so many trials. Without `header`, a CSV file is a part that is put behind others.
    pub fn begin(&self, study: &Study, folder: &mut Folder, trials: u64, has_header: bool) -> Result<Every, Failure> {
        let mut tables = vec![(self.stem.clone(), Table::of_trials(study, &self.asked))];
        if !self.asked.series.is_empty() {
            tables.push((monthly(&self.stem), Table::of_months(study, &self.asked)));
        }
        let config_digest = config_digest(study);
        let free = folder.free();
        let mut faults = Vec::new();
        for (_, table) in &tables {
            faults.extend(table.check(self.format, trials, free).err().map(|large| large.to_string()));
        }
        if !faults.is_empty() {
            return Err(Failure::Usage(faults));
        }
        let (mut sheets, mut files) = (Vec::new(), Vec::new());
        for (stem, table) in tables {
            let name = format!("{stem}.{}", self.format.ending());
            let about = about(study, &config_digest, &table);
            let path = folder.path().join(&name);
            let begun = folder.begin(&name);
            let writer =
                begun.and_then(|stream| Writer::begin(self.format, stream, table.columns(), about, has_header));
            let writer = writer.map_err(|error| place::failed(&path, error))?;
            files.push(TrialsFile { name, says: table.says(), columns: table.columns().to_vec(), has_header });
            sheets.push((table, writer));
        }
        let folder = folder.path().to_path_buf();
        Ok(Every { kept: self.asked.kept(study), sheets: Sheets::new(sheets), files, folder })
    }
}

impl Every {
    /// Ends the files; returns what is in them.
    pub fn finish(self, folder: &mut Folder) -> Result<Vec<TrialsFile>, Failure> {
        let streams = self.sheets.finish();
        let ended = streams.and_then(|streams| streams.into_iter().try_for_each(|stream| folder.end(stream)));
        ended.map_err(|error| place::failed(&self.folder, error))?;
        Ok(self.files)
    }

    /// Why nothing more could be written, if so.
    pub fn check(&mut self) -> Result<(), Failure> {
        self.sheets.fault().map_or(Ok(()), |error| Err(place::failed(&self.folder, error)))
    }
}

/// Simulates more trials; if they are asked for, each goes into its file.
pub fn extend(
    every: Option<&mut Every>,
    models: &[&Model],
    tallies: Vec<Tally>,
    trials: Range<u64>,
    threads: usize,
    progress: &Progress,
) -> Result<Vec<Tally>, simulation::Error> {
    let Some(Every { kept, sheets, .. }) = every else {
        return simulation::extend_until_stopped(models, tallies, trials, threads, progress);
    };
    let mut take = |trials: Range<u64>, rows: &[&simulation::TrialRows]| sheets.take(trials, rows);
    let recorder = Recorder::new(trials.start, kept, &mut take);
    simulation::extend_and_record(models, tallies, trials, threads, progress, Some(&recorder))
}
