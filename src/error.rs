//! Why the library has no answer.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::config::fault::{Diagnostics, help_for_name, nearest};
use crate::text::{sentence, visible};

/// Why there is no study, no run, or no such name in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The config holds faults.
    Config(Diagnostics),
    /// A file cannot be read.
    Io(PathBuf, io::Error),
    /// Nothing has this name.
    UnknownName(UnknownName),
    /// A number of trials, or the number of a trial, is not one that a run may have.
    OutOfRange {
        /// What the number is of.
        what: &'static str,
        /// The number.
        asked: u64,
        /// The smallest one allowed.
        least: u64,
        /// The largest one allowed.
        most: u64,
    },
    /// The simulation was told to stop ([`Progress::stop`](crate::Progress::stop)).
    Stopped,
    /// A trial gave a value that is not a number: a fault of this library, and no figure of the run can be trusted.
    NotANumber {
        /// Id of the scenario.
        scenario: String,
        /// Number of the trial.
        trial: u64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Config(faults) => faults.fmt(f),
            Error::Io(path, error) => write!(f, "{}: {error}", visible(&path.to_string_lossy())),
            Error::UnknownName(unknown) => unknown.fmt(f),
            Error::OutOfRange { what, asked, least, most } => {
                write!(f, "{what} lies between {least} and {most}; {asked} is asked for")
            }
            Error::Stopped => f.write_str("the simulation was stopped"),
            Error::NotANumber { scenario, trial } => {
                write!(f, "scenario {scenario}: trial {trial} gave a value that is not a number")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // What it says is said by this one already.
            Error::Config(_) | Error::UnknownName(_) => None,
            Error::Io(_, error) => Some(error),
            Error::OutOfRange { .. } | Error::Stopped | Error::NotANumber { .. } => None,
        }
    }
}

impl From<Diagnostics> for Error {
    fn from(faults: Diagnostics) -> Self {
        Error::Config(faults)
    }
}

impl From<UnknownName> for Error {
    fn from(unknown: UnknownName) -> Self {
        Error::UnknownName(unknown)
    }
}

/// A name that nothing has, and what may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    kind: &'static str,
    name: String,
    nearest: Option<String>,
    help: String,
}

impl UnknownName {
    /// No `kind` of thing has this name; `known` are those that one has.
    pub(crate) fn new<'a>(kind: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        UnknownName {
            kind,
            name: name.into(),
            nearest: nearest(name, known.iter().copied()).map(String::from),
            help: help_for_name(name, known),
        }
    }

    /// The name that was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The nearest name that there is, if one is near enough to be meant.
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }
}

/// The one of `all` with this name, or else the error that says which names there are.
pub(crate) fn find_named<'a, T>(
    kind: &'static str,
    name: &str,
    all: impl Iterator<Item = T> + Clone,
    name_of: impl Fn(&T) -> &'a str,
) -> Result<T, UnknownName> {
    let found = all.clone().find(|one| name_of(one) == name);
    found.ok_or_else(|| UnknownName::new(kind, name, all.map(|one| name_of(&one))))
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sentence(&format!("there is no {} `{}`: {}", self.kind, self.name, self.help)))
    }
}

impl std::error::Error for UnknownName {}
