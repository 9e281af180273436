//! Every trial as a row: outcomes, dates, claims, inputs, and monthly series in a table of their own.
//!
//! What the columns are follows from the models ([`Table`]); a [`Writer`] puts them into a file as trials come, so that memory does
//! not grow with their number. Rows are in the order of trials, then scenarios, then months: those of trials `0..n` and then
//! `n..m` are those of `0..m`.

#[cfg(feature = "parquet")]
mod parquet;
mod size;
mod table;
mod writer;

pub use size::{MOST_BYTES, TooLarge};
pub use table::{Asked, Table};
pub use writer::{Format, Writer};

use std::io::{self, Write};
use std::ops::Range;

use serde_json::Value;

use super::column::{Column, schema};
use super::json::tool;
use crate::simulation::TrialRows;
use crate::study::Study;

/// A file of trials, for the description of what is written.
#[derive(Clone, Debug)]
pub struct TrialsFile {
    /// Its name in the output folder.
    pub name: String,
    /// What a row is.
    pub says: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Whether the first line names the columns, which only the first of several parts does.
    pub has_header: bool,
}

/// What is to be known of a file of trials by itself, in its metadata: names and values.
pub type About = Vec<(String, String)>;

/// Of a table of trials of a study whose config as run has this digest.
pub fn about(study: &Study, config_digest: &str, table: &Table) -> About {
    let own = [("rows", table.says().to_string()), ("schema", schema(table.columns()).to_string())];
    about_study(study, config_digest).into_iter().chain(own.map(named)).collect()
}

/// The same of any table of such a study.
pub fn about_study(study: &Study, config_digest: &str) -> About {
    let pairs = [
        ("tool", tool()),
        ("title", study.config.title.clone()),
        ("config_sha256", config_digest.into()),
        ("seed", study.config.run.seed.to_string()),
    ];
    pairs.map(named).into()
}

fn named((name, value): (&str, String)) -> (String, String) {
    (format!("shortfall.{name}"), value)
}

/// Tables of the same trials, on their way into files.
pub struct Sheets<W: Write + Send> {
    sheets: Vec<(Table, Writer<W>)>,
    /// Trials so far: the first, and how many.
    trials: Option<Range<u64>>,
    fault: Option<io::Error>,
}

impl<W: Write + Send> Sheets<W> {
    /// Of these tables.
    pub fn new(sheets: Vec<(Table, Writer<W>)>) -> Self {
        Sheets { sheets, trials: None, fault: None }
    }

    /// Writes what was kept of trials in a row, by scenario; false if that failed.
    pub fn take(&mut self, trials: Range<u64>, rows: &[&TrialRows]) -> bool {
        let first = self.trials.as_ref().map_or(trials.start, |known| known.start);
        self.trials = Some(first..trials.end);
        let write =
            |(table, writer): &mut (Table, Writer<W>)| table.rows_of(trials.clone(), rows, |cells| writer.row(cells));
        let written = self.sheets.iter_mut().try_for_each(write);
        self.fault = written.err();
        self.fault.is_none()
    }

    /// Why nothing more is taken, if so.
    pub fn fault(&mut self) -> Option<io::Error> {
        self.fault.take()
    }

    /// Ends all files.
    ///
    /// # Errors
    /// Whatever the system says, a full disk included.
    pub fn finish(self) -> io::Result<Vec<W>> {
        let trials = self.trials.unwrap_or(0..0);
        let known = [("first_trial", trials.start), ("trials", trials.end - trials.start)];
        let about: About =
            known.map(|(name, value)| (format!("shortfall.{name}"), Value::from(value).to_string())).into();
        self.sheets.into_iter().map(|(_, writer)| writer.finish(about.clone())).collect()
    }
}
