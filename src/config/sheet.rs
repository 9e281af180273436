//! A table as it was read from a file: rows of text, and where each cell stands.

use super::location::{Location, Source};

/// A row that is not empty, and where it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Counted from 1, empty rows included.
    pub number: usize,
    /// Its cells from the first column on, as text.
    pub cells: Vec<String>,
    /// Columns of cells that hold what a table cannot say, and why.
    pub refused: Vec<(usize, &'static str)>,
}

/// A table: its first row has the names of the columns.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Name of the file as the config has it; of a workbook that of the sheet too.
    name: String,
    /// What stands between two cells where a row is shown.
    between: &'static str,
    rows: Vec<Row>,
}

/// What to do about a cell that is refused.
pub const INSTEAD: &str = "put the value itself there, as text or a number";

/// Begins the first cell of a row that is a comment.
const COMMENT: char = '#';

impl Sheet {
    /// Of the rows of a file. Those without any text, and comments, are left out.
    pub fn new(name: String, between: &'static str, mut rows: Vec<Row>) -> Sheet {
        rows.retain(|row| {
            let first = row.cells.iter().find(|cell| !cell.trim().is_empty());
            first.is_some_and(|first| !first.starts_with(COMMENT)) || !row.refused.is_empty()
        });
        Sheet { name, between, rows }
    }

    /// Name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the columns; none if the file is empty.
    pub fn header(&self) -> &[String] {
        self.rows.first().map_or(&[], |row| &row.cells)
    }

    /// The rows below the header, by position.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.rows.iter().enumerate().skip(1)
    }

    /// What a cell says, without spaces around it.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|row| row.cells.get(column)).map_or("", |cell| cell.trim())
    }

    /// Why a table cannot say what a cell holds.
    pub fn refusal(&self, row: usize, column: usize) -> Option<&'static str> {
        self.rows.get(row)?.refused.iter().find(|(at, _)| *at == column).map(|(_, why)| *why)
    }

    /// Where a cell stands; by the position of its row.
    pub fn locate(&self, row: usize, column: usize) -> Location {
        let empty = Row::default();
        let row = self.rows.get(row).unwrap_or(&empty);
        let (mut text, mut meant) = (String::new(), 0..0);
        for (index, cell) in row.cells.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { self.between });
            let start = text.len();
            // A line break within a cell would end the line, and a separator look like the end of the cell.
            let quote = if cell.contains(self.between) { "\"" } else { "" };
            text.push_str(&format!("{quote}{}{quote}", cell.replace(['\n', '\r'], " ")));
            if index == column {
                meant = start..text.len();
            }
        }
        if column >= row.cells.len() {
            meant = text.len()..text.len();
        }
        let letters = letters(column);
        let cell = match self.header().get(column).map(|name| name.trim()).filter(|name| !name.is_empty()) {
            Some(name) => format!("column {} (cell {letters}{})", crate::text::sentence(name), row.number),
            None => format!("cell {letters}{}", row.number),
        };
        let found = Source::new(&self.name, &text).locate(meant);
        Location { line: row.number, cell: Some(cell), ..found }
    }
}

/// The name that a spreadsheet gives a column: A, B, ..., Z, AA, ...
pub fn letters(column: usize) -> String {
    let (before, last) = (column / 26, (b'A' + (column % 26) as u8) as char);
    if before == 0 { last.into() } else { letters(before - 1) + &last.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_a_spreadsheet() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), name);
        }
    }

    #[test]
    fn a_cell_is_found_by_row_and_column() {
        let row = |number, cells: &[&str]| Row {
            number,
            cells: cells.iter().map(|cell| cell.to_string()).collect(),
            ..Row::default()
        };
        let rows =
            vec![row(1, &["", ""]), row(2, &["# a comment"]), row(3, &["id", "slip"]), row(5, &["a", "1\n2", "x"])];
        let sheet = Sheet::new("t.csv".into(), ",", rows);
        assert_eq!(
            (sheet.header(), sheet.cell(1, 0), sheet.cell(1, 7)),
            (&["id".to_string(), "slip".into()][..], "a", "")
        );
        let found = sheet.locate(1, 1);
        assert_eq!((found.text.as_str(), found.meant()), ("a,1 2,x", "1 2"));
        assert_eq!(found.words(), "t.csv, row 5, column slip (cell B5)");
        assert_eq!(sheet.locate(1, 2).words(), "t.csv, row 5, cell C5");
    }
}
