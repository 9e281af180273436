//! Files beside a config: which may be read, and the tables in them.

mod text;
#[cfg(feature = "workbooks")]
mod workbook;

use std::path::{Component, Path, PathBuf};

use super::file::{digest, read_at_most};
use crate::config::fault::Fault;
use crate::config::sheet::Sheet;
use crate::config::source::Document;
use crate::config::tables::TableFile;

/// Largest file that is read, bytes.
const MAX_BYTES: u64 = 4 << 20;

/// Most rows and columns of a table: more than any kind of entry may have.
const MAX_ROWS: usize = 4000;
const MAX_COLUMNS: usize = 200;

/// Longest cell, letters.
const MAX_LETTERS: usize = 5000;

/// Most files beside a config, and most cells of all their tables.
const MAX_FILES: usize = 100;
const MAX_CELLS: usize = 200_000;

/// The folder of a config, and whether files outside of it may be read too.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    may_leave: bool,
    /// Files and cells read so far.
    read: (usize, usize),
}

/// Why a file is refused, and the remedy.
pub struct Refused(pub String, pub String);

/// The same, of a file by its name.
pub fn refuse<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(message.into(), help.into()))
}

impl Refused {
    /// The fault of the key at `path`, which names the file.
    pub fn at(self, path: &[&str]) -> Fault {
        Fault::new(path.iter().map(|key| key.to_string()).collect(), self.0).help(self.1)
    }
}

impl Folder {
    /// That of the config file at `config`.
    pub fn of(config: &Path, may_leave: bool) -> Folder {
        let folder = config.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        Folder { path: folder.into(), may_leave, read: (0, 0) }
    }

    /// The bytes of a file; its digest is remembered by the document.
    pub fn read(&mut self, file: &str, document: &mut Document) -> Result<Vec<u8>, Refused> {
        let outside = || {
            refuse(
                format!("`{file}` does not lie in the folder of the config"),
                "give its path from there, as in `data/history.csv`, or allow it with `--allow-outside`",
            )
        };
        self.read.0 += 1;
        if self.read.0 > MAX_FILES {
            return refuse(
                format!("`{file}` is one file too many"),
                format!("a config reads at most {MAX_FILES} files"),
            );
        }
        let is_within = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        if file.is_empty() || !(is_within || self.may_leave) {
            return outside();
        }
        let path = self.path.join(file);
        let unread = |error: std::io::Error| {
            Refused(format!("`{file}` cannot be read: {error}"), "paths count from the folder of the config".into())
        };
        let real = path.canonicalize().map_err(unread)?;
        // A link may lead anywhere.
        if !self.may_leave && !real.starts_with(self.path.canonicalize().map_err(unread)?) {
            return outside();
        }
        let bytes = read_at_most(&real, MAX_BYTES).map_err(unread)?;
        if bytes.len() as u64 > MAX_BYTES {
            return refuse(format!("`{file}` is larger than {MAX_BYTES} bytes"), "keep in it what is used");
        }
        document.beside_mut().add_digest(file, digest(&bytes));
        Ok(bytes)
    }

    /// The table in a file.
    pub fn table(&mut self, TableFile { file, sheet }: &TableFile, document: &mut Document) -> Result<Sheet, Refused> {
        let ending = Path::new(file).extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let found = match (ending.as_deref(), sheet) {
            (Some("csv"), None) => text::read(file, &self.read(file, document)?)?,
            (Some("csv"), Some(_)) => return refuse(format!("`{file}` has no sheets"), "leave out `sheet`"),
            (Some("xlsx" | "ods"), _) => self.workbook(file, sheet.as_deref(), document)?,
            _ => {
                let help = "a table is a `.csv`, `.xlsx` or `.ods` file: save it as one of these";
                return refuse(format!("`{file}` is not a kind of table that can be read"), help);
            }
        };
        self.read.1 += found.rows().map(|(_, row)| row.cells.len()).sum::<usize>();
        if self.read.1 > MAX_CELLS {
            let message = format!("`{file}` is too large: tables may have at most {MAX_CELLS} cells in all");
            return refuse(message, "leave out columns and rows that are not used");
        }
        Ok(found)
    }

    #[cfg(feature = "workbooks")]
    fn workbook(&mut self, file: &str, sheet: Option<&str>, document: &mut Document) -> Result<Sheet, Refused> {
        workbook::read(file, sheet, self.read(file, document)?)
    }

    #[cfg(not(feature = "workbooks"))]
    fn workbook(&mut self, file: &str, _: Option<&str>, _: &mut Document) -> Result<Sheet, Refused> {
        let help = "save it as CSV, or build shortfall with the feature `workbooks`";
        refuse(format!("`{file}` is a workbook, which this build of shortfall does not read"), help)
    }
}

/// What a row or cell beyond the limits is told.
fn too_large<T>(file: &str, what: &str) -> Result<T, Refused> {
    let help = format!("at most {MAX_ROWS} rows, {MAX_COLUMNS} columns and {MAX_LETTERS} letters in a cell are read");
    refuse(format!("`{file}` is too large: {what}"), help)
}
