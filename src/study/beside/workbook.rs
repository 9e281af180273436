//! A table in a workbook: a sheet of an XLSX or ODS file.
//!
//! A workbook is a compressed archive, and a small one can claim to be endless. What it becomes is measured before anything is read
//! from it: how large its parts are once they are unpacked, and how many cells its repeated rows and columns stand for.

use std::io::{Cursor, Read};

use calamine::{Data, DataRef, Ods, Reader, SheetType, SheetVisible, Xlsx};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{MAX_COLUMNS, MAX_LETTERS, MAX_ROWS, Refused, refuse, too_large};
use crate::config::sheet::{Row, Sheet};

/// Most bytes of all parts of a workbook once they are unpacked, and most parts.
const MAX_UNPACKED: u64 = 16 << 20;
const MAX_PARTS: usize = 1000;

/// Most cells that repeated rows and columns may stand for.
const MAX_SPREAD: u64 = 1_000_000;

/// Most spaces in a row that one element stands for.
const MAX_SPACES: u64 = 1000;

/// What stands between two cells where a row is shown.
const BETWEEN: &str = " | ";

/// Where the texts of an XLSX workbook and the sheets of an ODS workbook stand.
const STRINGS: &str = "xl/sharedStrings.xml";
const CONTENT: &str = "content.xml";

const FORMULA: &str = "this formula has no value: the program that wrote the file did not compute it";
const MERGED: &str = "this cell is merged with others, and only the first of them has a value";

type Position = (u32, u32);

/// Reads a sheet of a workbook; without its name, the only one.
pub fn read(file: &str, sheet: Option<&str>, bytes: Vec<u8>) -> Result<Sheet, Refused> {
    let unread = |why: String| {
        let help = "open it with a spreadsheet program and save it anew, without a password, or as CSV";
        Refused(format!("`{file}` cannot be read as a workbook: {why}"), help.into())
    };
    let parts = unpacked(&bytes).map_err(unread)?;
    let (name, cells) = if file.to_lowercase().ends_with(".ods") {
        let content = parts.iter().find(|(name, _)| name == CONTENT).map_or(&[][..], |(_, bytes)| bytes);
        measure(content).map_err(unread)?;
        let mut book = Ods::new(Cursor::new(bytes)).map_err(|error| unread(error.to_string()))?;
        let name = chosen(file, sheet, book.sheets_metadata())?;
        let cells = of_ods(&mut book, &name, merged(content, &name)).map_err(unread)?;
        (name, cells)
    } else {
        let strings = parts.iter().find(|(name, _)| name == STRINGS).map_or(&[][..], |(_, bytes)| bytes);
        count_strings(strings).map_err(unread)?;
        drop(parts);
        let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| unread(error.to_string()))?;
        let name = chosen(file, sheet, book.sheets_metadata())?;
        let cells = of_xlsx(&mut book, &name).map_err(unread)?;
        (name, cells)
    };
    let rows = rows(file, cells)?;
    Ok(Sheet::new(format!("{file} (sheet {name})"), BETWEEN, rows))
}

/// A cell at a row and a column, counted from 0: its text, or why there is none.
type Found = (Position, Result<String, &'static str>);

/// The rows of these cells.
fn rows(file: &str, cells: Vec<Found>) -> Result<Vec<Row>, Refused> {
    let mut rows: Vec<Row> = Vec::new();
    for ((row, column), value) in cells {
        let (number, column) = (row as usize + 1, column as usize);
        if number > MAX_ROWS {
            return too_large(file, &format!("it goes on to row {number}"));
        }
        if column >= MAX_COLUMNS {
            return too_large(file, &format!("row {number} goes on to column {}", column + 1));
        }
        if value.as_ref().is_ok_and(|text| text.chars().nth(MAX_LETTERS).is_some()) {
            return too_large(file, &format!("a cell of row {number} has more letters"));
        }
        if rows.last().is_none_or(|last| last.number < number) {
            rows.push(Row { number, ..Row::default() });
        }
        // A file may have its cells in any order, though none does.
        let at = rows.iter().rposition(|row| row.number == number);
        let Some(row) = at.map(|at| &mut rows[at]) else { continue };
        if row.cells.len() <= column {
            row.cells.resize(column + 1, String::new());
        }
        match value {
            Ok(text) => row.cells[column] = text,
            Err(why) => row.refused.push((column, why)),
        }
    }
    Ok(rows)
}

/// The sheet that is asked for, or the only one that shows.
fn chosen(file: &str, asked: Option<&str>, sheets: &[calamine::Sheet]) -> Result<String, Refused> {
    let sheets: Vec<&calamine::Sheet> = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).collect();
    let shown: Vec<&str> =
        sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| sheet.name.as_str()).collect();
    let help = format!("its sheets are: {}", shown.join(", "));
    match asked {
        Some(asked) if sheets.iter().any(|sheet| sheet.name == asked) => Ok(asked.into()),
        Some(asked) => refuse(format!("`{file}` has no sheet `{asked}`"), help),
        None if shown.len() == 1 => Ok(shown[0].into()),
        None => refuse(
            format!("`{file}` has {} sheets", shown.len()),
            format!("name one, as in `{{ file = \"{file}\", sheet = \"..\" }}`; {help}"),
        ),
    }
}

fn of_xlsx(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Result<Vec<Found>, String> {
    let merged = book.merge_cells_by_sheet_name(name).map_err(|error| error.to_string())?;
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| error.to_string())?;
    let mut found: Vec<Found> = Vec::new();
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| error.to_string())? {
        let value = match (&cell.value, &cell.formula) {
            (DataRef::Empty, Some(_)) => Err(FORMULA),
            (DataRef::Empty, None) => continue,
            (value, _) => text(&Data::from(value.clone())),
        };
        found.push((cell.pos, value));
        if found.len() as u64 > MAX_SPREAD {
            return Err("it has too many cells".into());
        }
    }
    // A merge of empty cells below the table says nothing.
    let last = found.iter().map(|((row, _), _)| *row).max().unwrap_or(0);
    let of_table = merged.into_iter().map(|range| range.start).filter(|(row, _)| *row <= last);
    found.extend(of_table.map(|start| (start, Err(MERGED))));
    found.sort_by_key(|(position, _)| *position);
    Ok(found)
}

fn of_ods(book: &mut Ods<Cursor<Vec<u8>>>, name: &str, merged: Vec<Position>) -> Result<Vec<Found>, String> {
    let values = book.worksheet_range(name).map_err(|error| error.to_string())?;
    let formulas = book.worksheet_formula(name).map_err(|error| error.to_string())?;
    let (rows, columns) = values.start().unwrap_or_default();
    let mut found: Vec<Found> = Vec::new();
    for (row, column, value) in values.used_cells() {
        found.push(((row as u32 + rows, column as u32 + columns), text(value)));
    }
    let (rows, columns) = formulas.start().unwrap_or_default();
    for (row, column, _) in formulas.used_cells() {
        let at = (row as u32 + rows, column as u32 + columns);
        if matches!(values.get_value(at), None | Some(Data::Empty)) {
            found.push((at, Err(FORMULA)));
        }
    }
    found.extend(merged.into_iter().map(|at| (at, Err(MERGED))));
    found.sort_by_key(|(position, _)| *position);
    Ok(found)
}

/// A value as a text file would have it: dates as `2027-06-01`.
fn text(value: &Data) -> Result<String, &'static str> {
    Ok(match value {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::String(text) => text.clone(),
        Data::Bool(flag) => flag.to_string(),
        // Days are counted from 1; what is less is a time of day.
        Data::DateTime(date) if date.is_datetime() && date.as_f64() >= 1.0 => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTimeIso(date) => date.split('T').next().unwrap_or_default().into(),
        Data::DateTime(_) | Data::DurationIso(_) => return Err("this is a time of day, which no key takes"),
        Data::Error(_) => return Err("this formula has an error in place of a value"),
        Data::Empty => String::new(),
    })
}

/// The parts of an archive that are needed unpacked, if all of it is as small as it may be.
fn unpacked(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    if archive.len() > MAX_PARTS {
        return Err(format!("it has {} parts, and at most {MAX_PARTS} are read", archive.len()));
    }
    let (mut left, mut kept) = (MAX_UNPACKED, Vec::new());
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| error.to_string())?;
        let name = part.name().map_err(|error| error.to_string())?.into_owned();
        let mut unpacked = Vec::new();
        part.take(left + 1).read_to_end(&mut unpacked).map_err(|error| error.to_string())?;
        left = left.checked_sub(unpacked.len() as u64).ok_or_else(|| {
            format!("unpacked it has more than {MAX_UNPACKED} bytes: leave pictures and other sheets out of it")
        })?;
        if [STRINGS, CONTENT].contains(&name.as_str()) {
            kept.push((name, unpacked));
        }
    }
    Ok(kept)
}

/// The number of texts that an XLSX workbook claims to have is one that its bytes can hold: room is made for so many.
fn count_strings(xml: &[u8]) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "sst" => {
                let count = number(&element, "uniqueCount").unwrap_or(0);
                return if count <= xml.len() as u64 {
                    Ok(())
                } else {
                    Err(format!("it claims to have {count} texts"))
                };
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// A whole number in an attribute; one that is too large counts as the largest.
fn number(element: &BytesStart<'_>, name: &str) -> Option<u64> {
    let attribute = element.try_get_attribute(name).ok().flatten()?;
    let text = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().unwrap_or(u64::MAX))
}

/// How many cells the sheets of an ODS workbook stand for is no more than may be: cells and rows can be repeated. Empty ones count
/// if others follow.
fn measure(xml: &[u8]) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    // Of a row: cells up to the last one that is not empty, and up to here. Of a sheet: the same of rows, and its width.
    let (mut width, mut column, mut repeats) = (0_u64, 0_u64, 1_u64);
    let (mut height, mut row, mut widest, mut pushed) = (0_u64, 0_u64, 0_u64, 0_u64);
    loop {
        let (element, is_whole) = match reader.read_event().map_err(|error| error.to_string())? {
            Event::Eof => return Ok(()),
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(end) if end.name().as_ref() == "table:table-row" => {
                row = row.saturating_add(repeats);
                if width > 0 {
                    (height, widest, pushed) = (row, widest.max(width), pushed.saturating_add(width));
                }
                let spread = height.saturating_mul(widest).max(pushed);
                if spread > MAX_SPREAD {
                    return Err(format!(
                        "its rows and columns stand for {spread} cells, and at most {MAX_SPREAD} are read"
                    ));
                }
                continue;
            }
            _ => continue,
        };
        match element.name().as_ref() {
            "table:table" => (height, row, widest) = (0, 0, 0),
            "table:table-row" => {
                (width, column, repeats) = (0, 0, number(&element, "table:number-rows-repeated").unwrap_or(1));
            }
            "table:table-cell" | "table:covered-table-cell" => {
                column = column.saturating_add(number(&element, "table:number-columns-repeated").unwrap_or(1));
                let is_empty = |name: &str| matches!(element.try_get_attribute(name), Ok(None));
                let has_text = !(is_empty("office:value-type") && is_empty("table:formula"));
                // What is not empty may have its text within, or may only claim to.
                width = if has_text || !is_whole { column } else { width };
            }
            "text:s" if number(&element, "text:c").is_some_and(|count| count > MAX_SPACES) => {
                return Err(format!("it has more than {MAX_SPACES} spaces in a row"));
            }
            _ => {}
        }
    }
}

/// Where cells of a sheet of an ODS workbook span several columns or rows.
fn merged(xml: &[u8], sheet: &str) -> Vec<Position> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let (mut is_here, mut row, mut column, mut repeats, mut found) = (false, 0_u64, 0_u64, 1_u64, Vec::new());
    while let Ok(event) = reader.read_event() {
        let element = match event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => element,
            Event::End(end) if end.name().as_ref() == "table:table-row" => {
                row = row.saturating_add(repeats);
                continue;
            }
            _ => continue,
        };
        match element.name().as_ref() {
            "table:table" => {
                let name = element.try_get_attribute("table:name").ok().flatten();
                let name = name
                    .and_then(|name| name.normalized_value(XmlVersion::Implicit1_0).ok().map(|name| name.into_owned()));
                (is_here, row) = (name.as_deref() == Some(sheet), 0);
            }
            "table:table-row" => {
                (column, repeats) = (0, number(&element, "table:number-rows-repeated").unwrap_or(1));
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let spans = ["table:number-columns-spanned", "table:number-rows-spanned"];
                if is_here && spans.iter().any(|name| number(&element, name).is_some_and(|count| count > 1)) {
                    found.push((row.min(u32::MAX.into()) as u32, column.min(u32::MAX.into()) as u32));
                }
                column = column.saturating_add(number(&element, "table:number-columns-repeated").unwrap_or(1));
            }
            _ => {}
        }
    }
    found
}
