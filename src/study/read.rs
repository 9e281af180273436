//! A config file with the changes of the command line and with what stands in files beside it.

use std::path::Path;

use super::beside::Folder;
use super::{events, file, history, tables};
use crate::config::fault::Diagnostics;
use crate::config::set;
use crate::config::source::Document;
use crate::config::tables::{TABLE, TABLED};
use crate::error::Error;

/// Reads a config file, makes `changes` (`path=value`), and puts in the place of files beside it what they say; a file outside of
/// the folder only if the config `may_leave` it.
///
/// # Errors
/// If the file cannot be read or is not TOML, or a change cannot be made. What is wrong with the files beside it is told with
/// everything else that is wrong with the document.
pub fn document(config: &Path, changes: &[String], may_leave: bool) -> Result<Document, Error> {
    let mut document = Document::parse(&file::name(config), &file::read(config)?)?;
    let mut folder = Folder::of(config, may_leave);
    let mut faults = Diagnostics::default();
    // Which file a table is goes before what is changed in its entries.
    let (of_tables, others): (Vec<&String>, Vec<&String>) = changes.iter().partition(|change| names_a_table(change));
    for changes in [of_tables, others] {
        for change in changes {
            document.edit(change).unwrap_or_else(|found| faults.extend(found));
        }
        tables::inline(&mut document, &mut folder);
    }
    events::inline(&mut document, &mut folder);
    history::inline(&mut document, &mut folder);
    if !faults.is_empty() {
        faults.extend(document.beside().faults().clone());
    }
    faults.into_result()?;
    Ok(document)
}

/// Whether a change is one of the files of a table.
fn names_a_table(change: &str) -> bool {
    let path = set::split(change.split('=').next().unwrap_or_default());
    path.len() >= 2 && TABLED.contains(&path[0].as_str()) && path[1] == TABLE
}
