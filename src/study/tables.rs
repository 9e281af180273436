//! Entries that stand in tables beside the config.

use super::beside::Folder;
use crate::config::source::Document;
use crate::config::tables::TABLE;

/// Puts the entries of every `table` in the place of the names of the files, so that the config says all by itself. What is wrong
/// with a file or a cell is a fault of the document.
pub fn inline(document: &mut Document, folder: &mut Folder) {
    let taken = document.take_tables();
    for (kind, file) in taken.iter().flat_map(|(kind, files)| files.iter().map(move |file| (*kind, file))) {
        match folder.table(file, document) {
            Ok(sheet) => document.enter(kind, sheet),
            Err(refused) => {
                document.beside_mut().leave_out(&[kind.into()]);
                document.refuse(refused.at(&[kind, TABLE]));
            }
        }
    }
}
