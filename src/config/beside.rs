//! What of a config stands in files beside it: where each value stands there, where it comes from, and what could not be read.

use std::collections::BTreeMap;

use super::fault::{Diagnostic, Diagnostics, Fault};
use super::left_out::LeftOut;
use super::location::Location;
use super::observed::Fitted;
use super::set::Path;
use super::sheet::Sheet;

/// What was read from files beside a config.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    sheets: Vec<Sheet>,
    /// By the path of a value: its sheet, the position of its row, its column.
    cells: BTreeMap<Path, (usize, usize, usize)>,
    /// What stands beside values, by path.
    notes: BTreeMap<Path, String>,
    /// SHA-256 of the files, by name as the config has it.
    digests: BTreeMap<String, String>,
    fitted: Vec<Fitted>,
    faults: Diagnostics,
    left_out: LeftOut,
}

impl Beside {
    /// Keeps a sheet; returns its number.
    pub fn add_sheet(&mut self, sheet: Sheet) -> usize {
        self.sheets.push(sheet);
        self.sheets.len() - 1
    }

    /// A sheet, by its number.
    pub fn sheet(&self, number: usize) -> &Sheet {
        &self.sheets[number]
    }

    /// Remembers in which cell a value stands.
    pub fn place(&mut self, path: Path, sheet: usize, row: usize, column: usize) {
        self.cells.insert(path, (sheet, row, column));
    }

    /// Remembers what stands beside a value: of a part of an entry also beside what it is a part of, unless that says something.
    pub fn note(&mut self, path: &[String], note: &str) {
        for length in 3.min(path.len())..path.len() {
            let known = self.notes.entry(path[..length].to_vec()).or_default();
            if known.is_empty() {
                *known = note.into();
            }
        }
        self.notes.insert(path.to_vec(), note.into());
    }

    /// What stands beside values, by path.
    pub fn notes(&self) -> &BTreeMap<Path, String> {
        &self.notes
    }

    /// Remembers that a file was read.
    pub fn add_digest(&mut self, file: &str, digest: String) {
        self.digests.insert(file.into(), digest);
    }

    /// SHA-256 of the files, by name.
    pub fn digests(&self) -> &BTreeMap<String, String> {
        &self.digests
    }

    /// Remembers what was worked out of a file.
    pub fn add_fitted(&mut self, fitted: Fitted) {
        self.fitted.push(fitted);
    }

    /// What was worked out of files.
    pub fn fitted(&self) -> &[Fitted] {
        &self.fitted
    }

    /// Where the value at `path` stands, or the entry it is missing in; none if that is in no table.
    pub fn locate(&self, path: &[String]) -> Option<Location> {
        let found = (1..=path.len()).rev().find_map(|length| self.cells.get(&path[..length]));
        found.map(|(sheet, row, column)| self.sheets[*sheet].locate(*row, *column))
    }

    /// Adds a fault, and that what stands at its path is missing because of it.
    pub fn refuse(&mut self, fault: Fault, location: Location) {
        if !fault.path.is_empty() {
            self.leave_out(&fault.path);
        }
        self.faults.extend(Diagnostic { fault, location }.into());
    }

    /// What should stand at this path is missing because of a fault that is told elsewhere.
    pub fn leave_out(&mut self, path: &[String]) {
        self.left_out.add(path, None);
    }

    /// What is wrong with the files.
    pub fn faults(&self) -> &Diagnostics {
        &self.faults
    }

    /// What the config lacks because of that.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }
}
