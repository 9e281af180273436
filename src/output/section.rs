//! A table between its title and its notes, for a terminal and in Markdown.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};

use unicode_width::UnicodeWidthStr;

use crate::summary::Verdict;

/// What text is laid out for.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns of letters.
    pub width: usize,
    /// Whether verdicts have colours.
    pub colour: bool,
}

impl Screen {
    /// Where the width is not known, and for files.
    pub const USUAL: Screen = Screen { width: 80, colour: false };
}

/// A verdict's mark in a narrow table, and its colour: green, red, yellow.
pub(super) const MARKS: [(Verdict, char, u8); 3] =
    [(Verdict::Supported, '\u{2713}', 32), (Verdict::Refuted, '\u{2717}', 31), (Verdict::Undecided, '?', 33)];

/// The mark of a verdict.
pub(super) fn mark(verdict: Verdict) -> char {
    MARKS.iter().find(|(known, ..)| *known == verdict).map_or(' ', |(_, mark, _)| *mark)
}

/// A rule below the header and one at the end.
const RULED: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// Columns between two columns of a table: padding, and where a vertical line would be.
const BETWEEN: usize = PADDING + 1;

const PADDING: usize = 1;

/// The longest name that is not broken.
const LONG_NAME: usize = 24;

/// The longest text in brackets that is not broken: `(1 575 000 to 1 670 000)`.
const HELD: usize = 30;

/// Holds together what is printed on one line.
const GLUE: char = '\u{a0}';

/// A table with what stands above and below it. Cells are single lines; `12 (11 to 13)` goes on two where there is no room.
pub(super) struct Section {
    pub title: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub notes: Vec<String>,
}

impl Section {
    /// A sentence without any table.
    pub fn sentence(title: String) -> Self {
        Section { title, header: Vec::new(), rows: Vec::new(), notes: Vec::new() }
    }
}

/// For a terminal, never wider than it: what does not fit goes on several lines, or its columns below the others.
pub(super) fn draw(section: &Section, screen: Screen) -> String {
    let mut text = format!("\n{}", wrap(&section.title, screen.width));
    let columns: Vec<Column> = (0..section.header.len()).map(|index| Column::new(section, index)).collect();
    for block in blocks(&columns, screen.width) {
        text += &table(&columns, &block, screen);
    }
    section.notes.iter().for_each(|note| text += &wrap(note, screen.width));
    text
}

/// A column as it is to be printed.
struct Column {
    header: String,
    cells: Vec<String>,
    /// Numbers stand on the right.
    is_figures: bool,
    /// Letters of the longest part that is never broken.
    narrowest: usize,
}

impl Column {
    fn new(section: &Section, index: usize) -> Column {
        let header = glue(&section.header[index]);
        let cells: Vec<String> =
            section.rows.iter().map(|row| row.get(index).map_or(String::new(), |cell| glue(cell))).collect();
        let all = cells.iter().chain([&header]);
        let narrowest = all.flat_map(|cell| cell.split([' ', '\n'])).map(UnicodeWidthStr::width).max();
        let is_figures = index > 0 && cells.iter().all(|cell| is_figure(cell));
        Column { is_figures, narrowest: narrowest.unwrap_or(0), header, cells }
    }
}

/// Whether a cell is a number, or stands in place of one.
fn is_figure(cell: &str) -> bool {
    let cell = cell.trim_start_matches(['<', '>', '-']);
    cell.is_empty()
        || cell.starts_with(|first: char| first.is_ascii_digit())
        || ["never", "above", "below", "not known"].iter().any(|word| cell.starts_with(word))
}

/// Keeps figures together: thousands, a number and its unit, an interval in brackets. Breaks long names at points.
fn glue(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let mut is_held = false;
    let mut glued = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        match letter {
            '(' => is_held = letters[at..].iter().position(|one| *one == ')').is_some_and(|end| end <= HELD),
            ')' => is_held = false,
            _ => {}
        }
        let in_number = at > 0 && is_digit(at - 1) && (is_digit(at + 1) || letters.get(at + 1) == Some(&'%'));
        glued.push(if letter == ' ' && (in_number || is_held) { GLUE } else { letter });
    }
    glued.split('\n').map(broken_at_points).collect::<Vec<_>>().join("\n")
}

/// A long path in several lines, broken before a point; any other text as it is.
fn broken_at_points(name: &str) -> String {
    if name.chars().count() <= LONG_NAME || name.contains([' ', GLUE]) {
        return name.into();
    }
    let mut lines = vec![String::new()];
    for (index, part) in name.split('.').enumerate() {
        let part = if index == 0 { part.to_string() } else { format!(".{part}") };
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() || line.chars().count() + part.chars().count() <= LONG_NAME {
            *line += &part;
        } else {
            lines.push(format!("  {part}"));
        }
    }
    lines.join("\n")
}

/// Which columns stand side by side: all, or the first with as many others as fit.
fn blocks(columns: &[Column], width: usize) -> Vec<Vec<usize>> {
    let Some(first) = columns.first() else { return Vec::new() };
    let mut blocks = vec![vec![0]];
    let mut used = first.narrowest;
    for (index, column) in columns.iter().enumerate().skip(1) {
        let more = BETWEEN + column.narrowest;
        if used + more > width && blocks.last().is_some_and(|block| block.len() > 1) {
            blocks.push(vec![0]);
            used = first.narrowest;
        }
        used += more;
        blocks.last_mut().expect("there is one").push(index);
    }
    blocks
}

fn table(columns: &[Column], block: &[usize], screen: Screen) -> String {
    let mut table = Table::new();
    table.load_style(RULED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width((screen.width + PADDING).try_into().unwrap_or(u16::MAX));
    table.set_header(block.iter().map(|&index| &columns[index].header));
    for row in 0..columns[0].cells.len() {
        table.add_row(block.iter().map(|&index| &columns[index].cells[row]));
    }
    for (&index, drawn) in block.iter().zip(table.column_iter_mut()) {
        let column = &columns[index];
        drawn.set_padding((0, PADDING as u16));
        if column.is_figures {
            drawn.set_cell_alignment(CellAlignment::Right);
        }
        // With its padding; a name in the first column may be torn if nothing else helps.
        let least = if index == 0 { column.narrowest.min(screen.width / 2) } else { column.narrowest };
        let least = (least + PADDING).try_into().unwrap_or(u16::MAX);
        drawn.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
    let mut text = String::new();
    for line in table.lines() {
        // A rule would reach as far as the space behind the last column.
        let line = line.strip_suffix('─').unwrap_or(&line).replace(GLUE, " ");
        text += &paint(line.trim_end(), screen);
        text.push('\n');
    }
    text
}

/// A table in Markdown.
pub(super) fn draw_markdown(section: &Section) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = format!("\n**{}**\n\n", escape(&section.title));
    text += &line(&section.header);
    text += &line(&vec!["---".into(); section.header.len()]);
    section.rows.iter().for_each(|row| text += &line(row));
    section.notes.iter().for_each(|note| text += &format!("\n{}\n", escape(note)));
    text
}

/// What Markdown would take for its own; a line break would end a row.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            // Else `&lt;` would be shown as what it stands for.
            '&' => escaped += "&amp;",
            '\n' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '~' | '|' | '[' | ']' | '#' => escaped.extend(['\\', letter]),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Colours the verdict at the end of a line, and all marks.
pub(super) fn paint(line: &str, screen: Screen) -> String {
    if !screen.colour {
        return line.into();
    }
    let mut painted = line.to_string();
    for (verdict, mark, shade) in MARKS {
        let coloured = |text: &str| format!("\x1b[{shade}m{text}\x1b[0m");
        if let Some(head) = painted.strip_suffix(verdict.word()) {
            painted = format!("{head}{}", coloured(verdict.word()));
        }
        if mark != '?' {
            painted = painted.replace(mark, &coloured(&mark.to_string()));
        }
    }
    painted
}

/// The outcomes to print beside the main one: what else is said of the same place.
pub(super) fn main_outcomes(main: &str) -> Vec<String> {
    let mut names = vec![main.to_string()];
    if let Some(place) = main.strip_prefix("total_shortage.") {
        names.extend(["worst_month", "longest_shortage", "stock_needed"].map(|kind| format!("{kind}.{place}")));
    }
    names
}

/// Breaks a text into lines of at most `width` letters, but within no figure: neither between its thousands nor before its
/// percent sign.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    // `000`, `000).`, `%`
    let goes_on = |word: &str| word.starts_with('%') || (word.len() >= 3 && word.get(..3).is_some_and(is_digits));
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut() {
            Some(last) if last.ends_with(|one: char| one.is_ascii_digit()) && goes_on(word) => {
                *last += &format!(" {word}")
            }
            _ => words.push(word.into()),
        }
    }
    let mut lines = String::new();
    let mut length = 0;
    for word in words {
        let letters = word.width();
        if length > 0 && length + 1 + letters > width {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines += &word;
        length += letters;
    }
    lines + "\n"
}
