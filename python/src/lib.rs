//! The native part of the Python package `shortfall`: simulates with the library, and hands results on as Arrow tables and text.
//!
//! What users see is in `shortfall/*.py`, which calls this with arguments that are as plain as those of the command line. Figures
//! are made by the same functions as its files, so that they are the same bytes.
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod answer;
mod failure;
mod input;
mod run;
mod table;
mod trials;
mod watch;

use pyo3::prelude::*;

/// What `shortfall/*.py` imports.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::answer::{Answer, compare, drivers, stress};
    #[pymodule_export]
    use super::input::{Input, Study};
    #[pymodule_export]
    use super::run::{Run, run};
    #[pymodule_export]
    use super::table::Table;
    #[pymodule_export]
    use super::version;
}

/// Version of the simulator, which decides on every figure: results of different versions may differ.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
