//! A table between its title and its notes, for a terminal and in Markdown.

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};

use super::words;
use crate::summary::{Estimate, Verdict};

/// Columns of a terminal that everything fits.
pub(super) const WIDTH: usize = 80;

/// Colours of verdicts: green, red, yellow.
pub(super) const SHADES: [(Verdict, u8); 3] =
    [(Verdict::Supported, 32), (Verdict::Refuted, 31), (Verdict::Undecided, 33)];

/// Columns for the name of a claim.
pub(super) const CLAIM: usize = 21;

/// A rule below the header and one at the end.
const RULED: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// A table with what stands above it.
pub(super) struct Section {
    pub title: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub notes: Vec<String>,
}

/// A table with what stands above and below it.
pub(super) fn draw(section: &Section, colour: bool) -> String {
    let mut table = Table::new();
    table.load_style(RULED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(&section.header).add_rows(&section.rows);
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    let mut text = format!("\n{}", wrap(&section.title, WIDTH));
    for line in table.lines() {
        // A rule would reach as far as the space behind the last column.
        let line = line.strip_suffix("──").unwrap_or(&line).trim_end();
        text += &if colour { paint(line) } else { line.into() };
        text.push('\n');
    }
    section.notes.iter().for_each(|note| text += &wrap(note, WIDTH));
    text
}

/// A table in Markdown.
pub(super) fn draw_markdown(section: &Section) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell).replace('\n', "<br>")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = format!("\n**{}**\n\n", escape(&section.title));
    text += &line(&section.header);
    text += &line(&vec!["---".into(); section.header.len()]);
    section.rows.iter().for_each(|row| text += &line(row));
    section.notes.iter().for_each(|note| text += &format!("\n{}\n", escape(note)));
    text
}

/// What Markdown would take for its own.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' | '#' => escaped.extend(['\\', letter]),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Colours the verdict at the end of a line, if there is one.
fn paint(line: &str) -> String {
    for (verdict, shade) in SHADES {
        if let Some(head) = line.strip_suffix(verdict.word()) {
            return format!("{head}\x1b[{shade}m{}\x1b[0m", verdict.word());
        }
    }
    line.into()
}

/// The outcomes to print beside the main one: what else is said of the same place.
pub(super) fn main_outcomes(main: &str) -> Vec<String> {
    let mut names = vec![main.to_string()];
    if let Some(place) = main.strip_prefix("total_shortage.") {
        names.extend(["worst_month", "longest_shortage", "stock_needed"].map(|kind| format!("{kind}.{place}")));
    }
    names
}

/// The estimate, and its interval below it.
pub(super) fn two_lines(estimate: &Estimate, write: &dyn Fn(f64) -> String) -> String {
    let value = words::value(estimate, write);
    let Some([low, high]) = words::ends(estimate, write) else {
        // Too few trials for an interval, or both of its ends lie beyond the horizon.
        let remarks = words::remarks(estimate);
        let note = remarks.strip_prefix("interval ").unwrap_or("");
        return if note.is_empty() { value } else { format!("{value}\n{note}") };
    };
    if low == value && high == value {
        return value; // no wider than the rounding
    }
    // Said once is enough: `57..58 %`.
    let low = low.strip_suffix(" %").filter(|_| high.ends_with('%')).unwrap_or(&low);
    format!("{value}\n{low}..{high}")
}

/// The name of an outcome, and what follows it, in two lines if it is longer than `width`.
pub(super) fn broken(name: &str, width: usize) -> String {
    if name.chars().count() > width { name.replacen('.', "\n  .", 1) } else { name.into() }
}

/// Breaks a text into lines of at most `width` letters.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > width {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines += word;
        length += letters;
    }
    lines + "\n"
}
