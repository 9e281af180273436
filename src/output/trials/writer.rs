//! A table on its way into a file, in one format or the other.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use super::About;
use crate::output::column::{Cell, Column};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with commas: numbers in the shortest form that gives the same float again.
    Csv,
    /// Apache Parquet, uncompressed: columns, and what they mean in the metadata of the file.
    Parquet,
}

/// All formats.
const FORMATS: [Format; 2] = [Format::Csv, Format::Parquet];

/// Bytes that are put together before they go to a file.
const BUFFER: usize = 1 << 16;

/// Writes rows.
pub enum Writer<W: Write + Send> {
    /// As CSV, with room for the text of a cell.
    Csv(csv::Writer<W>, String),
    /// As Parquet.
    #[cfg(feature = "parquet")]
    Parquet(super::parquet::Parquet<W>),
}

impl Format {
    /// By the ending of the name of a file.
    ///
    /// # Errors
    /// It has another ending, in a sentence.
    pub fn of(name: &str) -> Result<Format, String> {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let known = FORMATS.into_iter().find(|format| format.ending() == ending);
        known.ok_or_else(|| format!("`{name}`: the ending says the format, .csv or .parquet"))
    }

    /// What the names of its files end in.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
        }
    }

    /// Whether this program can write it.
    ///
    /// # Errors
    /// It was built without, in a sentence.
    pub fn check(self) -> Result<(), String> {
        if self == Format::Parquet && !cfg!(feature = "parquet") {
            return Err(
                "this program was built without Parquet (cargo feature `parquet`): write .csv, or build it with".into(),
            );
        }
        Ok(())
    }
}

impl<W: Write + Send> Writer<W> {
    /// Begins a file; what is `about` it goes into its metadata, where the format has such. Without `header`, a part of a CSV
    /// file begins with its first row.
    ///
    /// # Errors
    /// Whatever the system says, or that this program cannot write the format.
    pub fn begin(format: Format, out: W, columns: &[Column], about: About, header: bool) -> io::Result<Self> {
        match format {
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(out);
                if header {
                    let names = columns.iter().map(|column| column.name.as_bytes());
                    writer.write_record(names).map_err(failed)?;
                }
                Ok(Writer::Csv(writer, String::new()))
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => super::parquet::Parquet::begin(out, columns, about).map(Writer::Parquet),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => {
                let _ = about;
                Err(io::Error::other(Format::Parquet.check().err().unwrap_or_default()))
            }
        }
    }

    /// Adds a row: a cell for each column.
    ///
    /// # Errors
    /// Whatever the system says, a full disk included.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        match self {
            Writer::Csv(writer, text) => {
                for cell in cells {
                    text.clear();
                    let put = match *cell {
                        Cell::Empty => Ok(()),
                        Cell::Text(value) => text.write_str(value),
                        Cell::Integer(value) => write!(text, "{value}"),
                        Cell::Number(value) => write!(text, "{value}"),
                        Cell::Boolean(value) => write!(text, "{value}"),
                        Cell::Date(month) => write!(text, "{month}-01"),
                    };
                    put.map_err(io::Error::other)?;
                    writer.write_field(text.as_bytes()).map_err(failed)?;
                }
                writer.write_record(None::<&[u8]>).map_err(failed)
            }
            #[cfg(feature = "parquet")]
            Writer::Parquet(writer) => writer.row(cells),
        }
    }

    /// Ends the file, with what is known of it by now.
    ///
    /// # Errors
    /// Whatever the system says, a full disk included.
    pub fn finish(self, about: About) -> io::Result<W> {
        match self {
            Writer::Csv(writer, _) => {
                drop(about); // there is no place for it
                writer.into_inner().map_err(csv::IntoInnerError::into_error)
            }
            #[cfg(feature = "parquet")]
            Writer::Parquet(writer) => writer.finish(about),
        }
    }
}

/// What the system said, if it was that.
fn failed(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
