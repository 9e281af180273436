//! Every trial as a row, kept in memory.

use std::ops::Range;

use shortfall::Study;
use shortfall::output::config_digest;
use shortfall::output::trials::{Asked, Format, Table as Layout, about};
use shortfall::simulation::{Kept, Recorder, TrialRows};

use crate::failure::Failure;
use crate::table::{Gathered, Table};

/// What is kept of every trial.
pub struct Asking {
    /// Whether anything is.
    pub keep: bool,
    /// A column for each uncertain input.
    pub inputs: bool,
    /// Names of series with commas between them, `*` for any letters; each month of every trial is then a row of its own table.
    pub series: Option<String>,
}

/// Rows on their way into tables.
pub struct Every {
    /// What the simulation keeps, by scenario.
    kept: Vec<Kept>,
    tables: Vec<(Layout, Gathered)>,
    fault: Option<Failure>,
}

impl Every {
    /// None if no trial is to be kept.
    pub fn begin(study: &Study, asking: &Asking) -> Result<Option<Every>, Failure> {
        if !asking.keep {
            return Ok(None);
        }
        let series = match &asking.series {
            Some(list) => Asked::find_series(study, list).map_err(Failure::Usage)?,
            None => Vec::new(),
        };
        let asked = Asked { inputs: asking.inputs, series };
        let mut layouts = vec![Layout::of_trials(study, &asked)];
        if !asked.series.is_empty() {
            layouts.push(Layout::of_months(study, &asked));
        }
        let digest = config_digest(study);
        let table = |layout: Layout| {
            let gathered = Gathered::new(layout.columns().to_vec(), about(study, &digest, &layout));
            (layout, gathered)
        };
        Ok(Some(Every { kept: asked.kept(study), tables: layouts.into_iter().map(table).collect(), fault: None }))
    }

    /// About how many bytes so many trials take: as in Parquet, eight to a number.
    pub fn bytes(&self, trials: u64) -> u64 {
        self.tables.iter().map(|(layout, _)| layout.bytes(Format::Parquet, trials)).sum()
    }

    /// Simulates trials from `first` on, each of which goes into the tables.
    pub fn recording<T>(&mut self, first: u64, simulate: impl FnOnce(&Recorder<'_>) -> T) -> T {
        let Every { kept, tables, fault } = self;
        let mut take = |trials: Range<u64>, rows: &[&TrialRows]| {
            let put = |(layout, gathered): &mut (Layout, Gathered)| {
                layout.rows_of(trials.clone(), rows, |cells| gathered.row(cells))
            };
            *fault = tables.iter_mut().try_for_each(put).err();
            fault.is_none()
        };
        simulate(&Recorder::new(first, kept, &mut take))
    }

    /// The tables.
    pub fn finish(self) -> Result<Vec<Table>, Failure> {
        self.fault.map_or(Ok(()), Err)?;
        self.tables.into_iter().map(|(_, gathered)| gathered.finish()).collect()
    }
}
