//! Tables in memory: made of rows of cells, handed on as Arrow, and as plain bytes for NumPy.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Metadata, Schema, SchemaRef};
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use shortfall::output::column::{Cell, Column, Kind, days_since_1970};
use shortfall::output::described::{self, TABLES};
use shortfall::output::trials::About;

use crate::failure::Failure;

/// Rows of a batch: text of more may not fit where Arrow keeps it.
const ROWS: usize = 1 << 16;

/// A table: Arrow hands it on without a copy.
#[pyclass(frozen, module = "shortfall._native")]
pub struct Table {
    columns: Vec<Column>,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

#[pymethods]
impl Table {
    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The first rows.
    fn head(&self, rows: usize) -> Table {
        let first = self.batches.first().map(|batch| batch.slice(0, rows.min(batch.num_rows())));
        Table { columns: self.columns.clone(), schema: Arc::clone(&self.schema), batches: first.into_iter().collect() }
    }

    /// Name, kind, unit and meaning of each column.
    #[getter]
    fn columns(&self) -> Vec<(&str, &str, &str, &str)> {
        let mut told = Vec::with_capacity(self.columns.len());
        for Column { name, kind, unit, meaning, .. } in &self.columns {
            told.push((&**name, word(*kind), &**unit, &**meaning));
        }
        told
    }

    /// What is known of the table: names and values.
    #[getter]
    fn about(&self) -> Vec<(&str, &str)> {
        self.schema.metadata().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The values of a column of texts, none where the cell is empty.
    fn texts(&self, name: &str) -> PyResult<Vec<Option<&str>>> {
        let arrays = self.arrays(name)?;
        Ok(arrays.iter().flat_map(|array| array.as_string::<i32>().iter()).collect())
    }

    /// The values of any other column in the bytes of the machine, and a byte for each cell that tells whether it is empty:
    /// floats and whole numbers of 8 bytes, days since 1970 in 8 bytes, true and false in one. Empty cells are zero; of floats not a number.
    fn raw<'py>(&self, py: Python<'py>, name: &str) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let arrays = self.arrays(name)?;
        let (mut bytes, mut empty): (Vec<u8>, Vec<u8>) = Default::default();
        for array in arrays {
            empty.extend((0..array.len()).map(|row| u8::from(array.is_null(row))));
            match array.data_type() {
                DataType::Float64 => {
                    let cells = array.as_primitive::<Float64Type>().iter();
                    bytes.extend(cells.flat_map(|cell| cell.unwrap_or(f64::NAN).to_ne_bytes()));
                }
                DataType::Int64 => {
                    let cells = array.as_primitive::<Int64Type>().iter();
                    bytes.extend(cells.flat_map(|cell| cell.unwrap_or(0).to_ne_bytes()));
                }
                DataType::Date32 => {
                    let cells = array.as_primitive::<Date32Type>().iter();
                    bytes.extend(cells.flat_map(|cell| i64::from(cell.unwrap_or(0)).to_ne_bytes()));
                }
                DataType::Boolean => {
                    bytes.extend(array.as_boolean().iter().map(|cell| u8::from(cell.unwrap_or(false))))
                }
                other => return Err(PyKeyError::new_err(format!("column {name} holds {other}"))),
            }
        }
        Ok((PyBytes::new(py, &bytes), PyBytes::new(py, &empty)))
    }

    /// The Arrow PyCapsule interface.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // It is a wish, and the reader casts what it gets.
        drop(requested_schema);
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        let reader = RecordBatchIterator::new(batches, Arc::clone(&self.schema));
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// The same of the schema alone.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&*self.schema);
        let schema = schema.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }
}

impl Table {
    /// The arrays of a column, batch after batch.
    fn arrays(&self, name: &str) -> PyResult<Vec<&ArrayRef>> {
        let place = self.columns.iter().position(|column| column.name == name);
        let place = place.ok_or_else(|| PyKeyError::new_err(name.to_string()))?;
        Ok(self.batches.iter().map(|batch| batch.column(place)).collect())
    }

    /// Of a CSV file that this program wrote; none if no table of this name is described.
    pub fn of_csv(name: &str, csv: &[u8], about: &About) -> Result<Option<Table>, Failure> {
        let Some(described) = TABLES.iter().find(|table| table.name == name) else { return Ok(None) };
        let columns = described::columns(name).unwrap_or_default();
        let rows = ("shortfall.rows".to_string(), format!("a row for {}", described.rows));
        let about = about.iter().cloned().chain([rows]).collect();
        let mut gathered = Gathered::new(columns, about);
        for record in csv::Reader::from_reader(csv).records() {
            let record = record.map_err(|error| Failure::Internal(format!("{name}: {error}")))?;
            let cells: Option<Vec<Cell<'_>>> =
                gathered.columns.iter().zip(&record).map(|(column, text)| cell(column, text)).collect();
            let cells = cells.ok_or_else(|| Failure::Internal(format!("{name}: a cell is not of its kind")))?;
            gathered.row(&cells)?;
        }
        gathered.finish().map(Some)
    }
}

/// Rows on their way into a table.
pub struct Gathered {
    columns: Vec<Column>,
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
    batches: Vec<RecordBatch>,
}

enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
}

impl Gathered {
    /// No row yet.
    pub fn new(columns: Vec<Column>, about: About) -> Gathered {
        let field = |column: &Column| {
            let told = [("meaning", &column.meaning), ("unit", &column.unit)];
            let told = told.into_iter().filter(|(_, text)| !text.is_empty());
            let told = told.map(|(name, text)| (name.to_string(), text.to_string()));
            let field = Field::new(&*column.name, Builder::new(column).data_type(), !column.is_full);
            field.with_metadata(told.collect::<Metadata>())
        };
        let fields: Vec<Field> = columns.iter().map(field).collect();
        let schema = Schema::new(fields).with_metadata(about.into_iter().collect::<Metadata>());
        let builders = columns.iter().map(Builder::new).collect();
        Gathered { columns, schema: schema.into(), builders, rows: 0, batches: Vec::new() }
    }

    /// Adds a row: a cell for each column.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Failure> {
        self.builders.iter_mut().zip(cells).for_each(|(builder, cell)| builder.push(*cell));
        self.rows += 1;
        if self.rows == ROWS { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), Failure> {
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        self.batches.push(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?);
        self.rows = 0;
        Ok(())
    }

    /// The table.
    pub fn finish(mut self) -> Result<Table, Failure> {
        if self.rows > 0 {
            self.close()?;
        }
        Ok(Table { columns: self.columns, schema: self.schema, batches: self.batches })
    }
}

impl Builder {
    fn new(column: &Column) -> Builder {
        match column.kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Integer => Builder::Integer(Int64Builder::new()),
            Kind::Number => Builder::Number(Float64Builder::new()),
            Kind::Boolean => Builder::Boolean(BooleanBuilder::new()),
            // A month is told by its first day, so that it is a date to whoever draws it.
            Kind::Date | Kind::Month => Builder::Date(Date32Builder::new()),
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Builder::Text(_) => DataType::Utf8,
            Builder::Integer(_) => DataType::Int64,
            Builder::Number(_) => DataType::Float64,
            Builder::Boolean(_) => DataType::Boolean,
            Builder::Date(_) => DataType::Date32,
        }
    }

    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Builder::Text(texts), Cell::Text(text)) => texts.append_value(text),
            (Builder::Text(texts), _) => texts.append_null(),
            (Builder::Integer(values), Cell::Integer(value)) => values.append_value(value as i64),
            (Builder::Integer(values), _) => values.append_null(),
            (Builder::Number(values), Cell::Number(value)) => values.append_value(value),
            (Builder::Number(values), _) => values.append_null(),
            (Builder::Boolean(values), Cell::Boolean(value)) => values.append_value(value),
            (Builder::Boolean(values), _) => values.append_null(),
            (Builder::Date(days), Cell::Date(month)) => days.append_value(days_since_1970(month)),
            (Builder::Date(days), _) => days.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Text(builder) => Arc::new(builder.finish()),
            Builder::Integer(builder) => Arc::new(builder.finish()),
            Builder::Number(builder) => Arc::new(builder.finish()),
            Builder::Boolean(builder) => Arc::new(builder.finish()),
            Builder::Date(builder) => Arc::new(builder.finish()),
        }
    }
}

/// What Python calls the values of a column.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "str",
        Kind::Integer => "int",
        Kind::Number => "float",
        Kind::Boolean => "bool",
        Kind::Date | Kind::Month => "date",
    }
}

/// A cell of a CSV file; none if it is not of the kind of its column.
fn cell<'a>(column: &Column, text: &'a str) -> Option<Cell<'a>> {
    if text.is_empty() && !column.is_full {
        return Some(Cell::Empty);
    }
    match column.kind {
        Kind::Text => Some(Cell::Text(unquoted(text))),
        Kind::Integer => text.parse().ok().map(Cell::Integer),
        Kind::Number => text.parse().ok().map(Cell::Number),
        Kind::Boolean => text.parse().ok().map(Cell::Boolean),
        Kind::Date => text.strip_suffix("-01")?.parse().ok().map(Cell::Date),
        Kind::Month => text.parse().ok().map(Cell::Date),
    }
}

/// Without the quote that keeps a spreadsheet from taking text for a formula.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r'])).unwrap_or(text)
}
