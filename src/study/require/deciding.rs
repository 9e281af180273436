//! From a config with one claim to the smallest model that decides it.

use crate::config::Config;
use crate::config::fault::Fault;
use crate::model::{Distributions, Model, compile};

/// A fault in a line.
pub fn told(fault: &Fault) -> String {
    match &fault.help {
        Some(help) => format!("{}: {help}", fault.message),
        None => fault.message.clone(),
    }
}

/// The model of a config with one claim, cut to what decides it.
///
/// # Errors
/// The first fault.
pub fn deciding(config: &Config) -> Result<Model, String> {
    let compiled = compile(config, &mut Distributions::default());
    let fault = || compiled.faults.first().map_or("it cannot be simulated".into(), told);
    compiled.model.map(|model| model.deciding(0)).ok_or_else(fault)
}
