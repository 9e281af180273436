//! What goes wrong, as exceptions of Python.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};
use shortfall::{Diagnostic, Diagnostics, Error};

/// Why there is no result.
pub enum Failure {
    /// The library has none.
    Library(Error),
    /// The arguments name what is not there: each fault in a sentence.
    Usage(Vec<String>),
    /// Python says so: an exception of whoever was told of the progress, or Ctrl-C.
    Python(PyErr),
    /// Something that cannot be.
    Internal(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Library(error)
    }
}

impl From<Diagnostics> for Failure {
    fn from(faults: Diagnostics) -> Self {
        Failure::Library(faults.into())
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Failure::Python(error)
    }
}

impl From<arrow_schema::ArrowError> for Failure {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Failure::Internal(error.to_string())
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> PyErr {
        match failure {
            Failure::Library(Error::Config(faults)) => {
                Python::attach(|py| config_error(py, &faults)).unwrap_or_else(|error| error)
            }
            Failure::Library(Error::Io(path, error)) => {
                // With the kind, so that Python makes `FileNotFoundError` and the like of it.
                std::io::Error::new(error.kind(), format!("{}: {error}", path.display())).into()
            }
            Failure::Library(error @ (Error::UnknownName(_) | Error::OutOfRange { .. })) => {
                PyValueError::new_err(error.to_string())
            }
            Failure::Library(error) => PyRuntimeError::new_err(error.to_string()),
            Failure::Usage(faults) => PyValueError::new_err(faults.join("\n")),
            Failure::Python(error) => error,
            Failure::Internal(message) => {
                PyRuntimeError::new_err(format!("{message}: a fault of the program; there is no result"))
            }
        }
    }
}

/// `shortfall.ConfigError` with all faults.
fn config_error(py: Python<'_>, faults: &Diagnostics) -> PyResult<PyErr> {
    let module = py.import("shortfall._faults")?;
    let list: Vec<Bound<'_, PyDict>> = faults.iter().map(|fault| fault_of(py, fault)).collect::<PyResult<_>>()?;
    let error = module.getattr("ConfigError")?.call_method1("of", (faults.to_string(), list, faults.count()))?;
    Ok(PyErr::from_value(error))
}

/// A fault and its place, by name.
fn fault_of<'py>(py: Python<'py>, diagnostic: &Diagnostic) -> PyResult<Bound<'py, PyDict>> {
    let Diagnostic { fault, location } = diagnostic;
    let texts = [
        ("message", Some(fault.message.clone())),
        ("found", Some(fault.label.clone()).filter(|label| !label.is_empty())),
        ("help", fault.help.clone()),
        ("key", Some(fault.path.join("."))),
        ("file", Some(location.source.clone())),
        ("cell", location.cell.clone()),
        ("text", Some(location.text.clone())),
    ];
    let dict = texts.into_py_dict(py)?;
    dict.set_item("line", location.line)?;
    dict.set_item("column", location.column)?;
    Ok(dict)
}
