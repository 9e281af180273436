//! A table in a text file: comma-separated values, or such with semicolons or tabs.

use super::{MAX_COLUMNS, MAX_LETTERS, MAX_ROWS, Refused, refuse, too_large};
use crate::config::sheet::{Row, Sheet};

/// What may stand between cells, and how it is shown.
const SEPARATORS: [(u8, &str); 3] = [(b',', ","), (b';', ";"), (b'\t', " ")];

/// What some spreadsheets write before the first byte of a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the text of a file with this name.
pub fn read(file: &str, bytes: &[u8]) -> Result<Sheet, Refused> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let message = format!("`{file}` is not UTF-8 text: line {line} is not");
            return refuse(message, "save it as `CSV UTF-8`");
        }
    };
    if text.contains('\0') {
        return refuse(format!("`{file}` is not a text file"), "save it as `CSV UTF-8`");
    }
    // With one kind of line break, the reader counts each line when it has read it.
    let text = text.replace("\r\n", "\n").replace('\r', "\n") + "\n";
    let (text, named) = named_separator(&text);
    // Of an open quote all that follows is one cell, to the end of the file; the line break that ends a row is in it.
    let is_open = text.matches('"').count() % 2 == 1;
    let (separator, between) = named.unwrap_or_else(|| separator(text));
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let (mut rows, mut breaks, mut record) = (Vec::new(), 0, csv::StringRecord::new());
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => return refuse(format!("`{file}` is not a table"), "save it as `CSV UTF-8`"),
        }
        let cells: Vec<String> = record.iter().map(String::from).collect();
        // A line break within a cell does not end its row; the line that names the separator is a row too.
        breaks += record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        let number = reader.position().line() as usize - 1 - breaks + usize::from(named.is_some());
        if rows.len() == MAX_ROWS {
            return too_large(file, "it has more rows");
        }
        if cells.len() > MAX_COLUMNS {
            return too_large(file, &format!("row {number} has {} columns", cells.len()));
        }
        if let Some(cell) = cells.iter().find(|cell| cell.chars().nth(MAX_LETTERS).is_some()) {
            if is_open && cell.contains('\n') {
                return open_quote(file, number + 1);
            }
            return too_large(file, &format!("a cell of row {number} has more letters"));
        }
        rows.push(Row { number, cells, refused: Vec::new() });
    }
    let last = rows.last().filter(|row| row.cells.last().is_some_and(|cell| cell.contains('\n')));
    match last.filter(|_| is_open) {
        Some(row) => open_quote(file, row.number + 1),
        None => Ok(Sheet::new(file.into(), between, rows)),
    }
}

fn open_quote<T>(file: &str, row: usize) -> Result<T, Refused> {
    let help = "close it, or write two quotes for one that belongs to the text";
    refuse(format!("row {row} of `{file}` has a quote that is never closed"), help)
}

/// The text behind a first line such as `sep=;`, which tells spreadsheets the separator.
fn named_separator(text: &str) -> (&str, Option<(u8, &'static str)>) {
    let Some((first, rest)) = text.split_once('\n') else { return (text, None) };
    let named = first.trim_end().strip_prefix("sep=").and_then(|name| name.bytes().next());
    match SEPARATORS.into_iter().find(|(separator, _)| Some(*separator) == named) {
        Some(found) => (rest, Some(found)),
        None => (text, None),
    }
}

/// The separator that stands most often outside of quotes in the first line that is neither empty nor a comment.
fn separator(text: &str) -> (u8, &'static str) {
    let line = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let outside: String = line.split('"').step_by(2).collect();
    let count = |(separator, _): &(u8, &str)| outside.bytes().filter(|byte| byte == separator).count();
    // Of equal ones the first.
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(SEPARATORS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
        let sheet = read("t.csv", text.as_bytes()).unwrap_or_else(|why| panic!("{}", why.0));
        let header = (0, sheet.header().to_vec());
        std::iter::once(header).chain(sheet.rows().map(|(_, row)| (row.number, row.cells.clone()))).collect()
    }

    fn cells(cells: [&str; 2]) -> Vec<String> {
        cells.map(String::from).to_vec()
    }

    #[test]
    fn commas_semicolons_tabs_quotes_and_marks_are_read() {
        let same = [(0, cells(["id", "title"])), (2, cells(["a", "b"]))];
        for text in [
            "id,title\na,b\n",
            "\u{feff}id;title\r\na;b\r\n",
            "id\ttitle\na\tb",
            "\"id\",\"title\"\n\"a\",\"b\"\n",
            "id;\"title\"\na;b",
        ] {
            assert_eq!(rows(text), same, "{text:?}");
        }
        assert_eq!(rows("sep=;\nid;title\na;b,c")[1], (3, cells(["a", "b,c"])));
        assert_eq!(
            rows("id,title\n\n# note, with \"quotes\"\na,\"b\n\"\"c\"\"\"\nd,e\n")[1..],
            [(4, cells(["a", "b\n\"c\""])), (5, cells(["d", "e"]))]
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let wide = format!("id{}\n", ",a".repeat(MAX_COLUMNS));
        let long = format!("id,title\na,{}\n", "x".repeat(MAX_LETTERS + 1));
        let many = format!("id\n{}", "a\n".repeat(MAX_ROWS));
        for (bytes, part) in [
            (&b"id,title\na,\xe4\n"[..], "line 2"),
            (b"\xff\xfei\0d\0", "UTF-8"),
            (b"id,title\0\n", "text file"),
            (b"id,title\na,\"b\nc,d\ne,f\n", "row 2 of `t.csv` has a quote"),
            (wide.as_bytes(), "columns"),
            (long.as_bytes(), "letters"),
            (many.as_bytes(), "more rows"),
        ] {
            let refused = read("t.csv", bytes).err().map(|why| why.0).unwrap_or_default();
            assert!(refused.contains(part), "{part}: {refused}");
        }
    }
}
