//! Tables of trials as Apache Parquet.
//!
//! Rows are gathered by column until there are enough for a row group, as many as the number of columns says: so the bytes depend
//! neither on threads nor on how many trials come at once.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::About;
use crate::output::column::{Cell, Column, Kind, days_since_1970};
use crate::output::json::tool;

/// Bytes of a row group, at eight to a cell; and the most rows it has, however few columns.
const GROUP_BYTES: usize = 32 << 20;
const MOST_ROWS: usize = 1 << 17;

/// Writes rows.
pub struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Gathered>,
    rows: usize,
    most_rows: usize,
}

/// The cells of a column that wait for their row group.
struct Gathered {
    values: Values,
    /// By row, of a column that may have empty cells: 1 if there is a value, 0 if not.
    levels: Option<Vec<i16>>,
}

/// The values that are there.
enum Values {
    Texts(Vec<ByteArray>),
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Booleans(Vec<bool>),
    Dates(Vec<i32>),
}

impl<W: Write + Send> Parquet<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn begin(out: W, columns: &[Column], about: About) -> io::Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<Vec<TypePtr>, ParquetError>>().map_err(failed)?;
        let schema = Type::group_type_builder("trials").with_fields(fields).build().map_err(failed)?;
        let mut properties = WriterProperties::builder()
            .set_created_by(tool())
            .set_key_value_metadata(Some(about.into_iter().map(pair).collect()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_dictionary_enabled(false);
        for column in columns.iter().filter(|column| repeats(column)) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![column.name.to_string()]), true);
        }
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build())).map_err(failed)?;
        let most_rows = (GROUP_BYTES / 8 / columns.len().max(1)).clamp(1, MOST_ROWS);
        Ok(Parquet { writer, columns: columns.iter().map(Gathered::new).collect(), rows: 0, most_rows })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Whatever the system says, a full disk included.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.columns.iter_mut().zip(cells).for_each(|(column, cell)| column.push(*cell));
        self.rows += 1;
        if self.rows == self.most_rows { self.write_group().map_err(failed) } else { Ok(()) }
    }

    /// Ends the file, and adds what is known of it by now to its metadata.
    ///
    /// # Errors
    /// Whatever the system says, a full disk included.
    pub fn finish(mut self, about: About) -> io::Result<W> {
        if self.rows > 0 {
            self.write_group().map_err(failed)?;
        }
        about.into_iter().for_each(|known| self.writer.append_key_value_metadata(pair(known)));
        self.writer.into_inner().map_err(failed)
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        self.columns.iter_mut().try_for_each(|column| column.write(&mut group))?;
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Gathered {
    fn new(column: &Column) -> Self {
        let values = match column.kind {
            Kind::Text | Kind::Month => Values::Texts(Vec::new()),
            Kind::Integer => Values::Integers(Vec::new()),
            Kind::Number => Values::Numbers(Vec::new()),
            Kind::Boolean => Values::Booleans(Vec::new()),
            Kind::Date => Values::Dates(Vec::new()),
        };
        Gathered { values, levels: (!column.is_full).then(Vec::new) }
    }

    fn push(&mut self, cell: Cell<'_>) {
        let mut level = 1;
        match (&mut self.values, cell) {
            (Values::Integers(values), Cell::Integer(value)) => values.push(value as i64),
            (Values::Numbers(values), Cell::Number(value)) => values.push(value),
            (Values::Booleans(values), Cell::Boolean(value)) => values.push(value),
            (Values::Dates(values), Cell::Date(month)) => values.push(days_since_1970(month)),
            // The same few texts over and over: they share their bytes.
            (Values::Texts(values), Cell::Text(value)) => {
                let known = values.iter().rev().take(16).find(|known| known.data() == value.as_bytes()).cloned();
                values.push(known.unwrap_or_else(|| value.into()));
            }
            (_, cell) => {
                debug_assert_eq!(cell, Cell::Empty, "a cell is of the kind of its column");
                level = 0;
            }
        }
        self.levels.iter_mut().for_each(|levels| levels.push(level));
    }

    /// Writes what was gathered, and gathers anew.
    fn write<W: Write + Send>(&mut self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        let levels = self.levels.as_deref();
        match &mut self.values {
            Values::Texts(values) => {
                column.typed::<ByteArrayType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Integers(values) => {
                column.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Numbers(values) => {
                column.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Booleans(values) => {
                column.typed::<BoolType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Dates(values) => {
                column.typed::<Int32Type>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.iter_mut().for_each(Vec::clear);
        column.close()
    }
}

/// How a column is stored.
fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text | Kind::Month => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Boolean => (Physical::BOOLEAN, None),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
    };
    let repetition = if column.is_full { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let built = Type::primitive_type_builder(&column.name, physical).with_logical_type(logical);
    built.with_repetition(repetition).build().map(Arc::new)
}

/// Whether few values come again and again: counts, times in whole months, texts. A dictionary of drawn numbers would only cost.
fn repeats(column: &Column) -> bool {
    match column.kind {
        Kind::Text | Kind::Month | Kind::Date => true,
        Kind::Number => ["months", "episodes", "decisions"].contains(&&*column.unit),
        Kind::Integer | Kind::Boolean => false,
    }
}

fn pair((name, value): (String, String)) -> KeyValue {
    KeyValue::new(name, value)
}

/// What the system said, if it was that.
fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
