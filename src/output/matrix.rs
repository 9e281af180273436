//! Claims by scenario for a terminal: a column for each scenario, and below the title of each claim a line of verdicts.

use unicode_width::UnicodeWidthStr;

use super::section::{Screen, paint, wrap};

/// Columns between two columns of figures.
const BETWEEN: usize = 2;

/// Rows of short cells below long titles, between a title and notes.
pub(super) struct Matrix {
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<(String, Vec<String>)>,
    pub notes: Vec<String>,
}

/// Never wider than the screen: columns that do not fit go below the others, titles stand beside their cells where all fit.
pub(super) fn draw(matrix: &Matrix, screen: Screen) -> String {
    let widths: Vec<usize> = (0..matrix.columns.len()).map(|index| width(matrix, index)).collect();
    let all: usize = widths.iter().map(|width| BETWEEN + width).sum();
    let longest = matrix.rows.iter().map(|(title, _)| title.width()).max().unwrap_or(0);
    let beside = if longest + all <= screen.width { longest } else { 0 };
    let mut text = format!("\n{}", wrap(&matrix.title, screen.width));
    let mut from = 0;
    while from < widths.len() {
        let room = screen.width.saturating_sub(beside);
        let fit = |to: &usize| widths[from..*to].iter().map(|width| BETWEEN + width).sum::<usize>() <= room;
        let to = (from + 1..=widths.len()).take_while(fit).last().unwrap_or(from + 1);
        text += &block(matrix, &widths, from..to, beside, screen);
        from = to;
    }
    matrix.notes.iter().for_each(|note| text += &wrap(note, screen.width));
    text
}

/// Parts of a column's name, a line each.
fn parts(name: &str) -> Vec<&str> {
    name.split_inclusive(['-', '_', ' ']).map(str::trim).collect()
}

fn width(matrix: &Matrix, index: usize) -> usize {
    let cells = matrix.rows.iter().filter_map(|(_, cells)| cells.get(index)).map(|cell| cell.width());
    cells.chain(parts(&matrix.columns[index]).into_iter().map(UnicodeWidthStr::width)).max().unwrap_or(0)
}

/// Some of the columns, with titles of `beside` letters on the same line, or without any above it.
fn block(matrix: &Matrix, widths: &[usize], columns: std::ops::Range<usize>, beside: usize, screen: Screen) -> String {
    let line = |title: &str, cells: Vec<&str>| {
        let mut line = format!("{title}{:1$}", "", beside.saturating_sub(title.width()));
        for (cell, width) in cells.iter().zip(&widths[columns.clone()]) {
            line += &format!("{:1$}{cell}", "", BETWEEN + width - cell.width());
        }
        paint(line.trim_end(), screen) + "\n"
    };
    let headers: Vec<Vec<&str>> = matrix.columns[columns.clone()].iter().map(|name| parts(name)).collect();
    let lines = headers.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for row in 0..lines {
        // Names of few parts stand on the last lines, above their figures.
        let part = |header: &Vec<&'_ str>| (row + header.len()).checked_sub(lines).map(|at| header[at].to_string());
        let cells: Vec<String> = headers.iter().map(|header| part(header).unwrap_or_default()).collect();
        text += &line("", cells.iter().map(String::as_str).collect());
    }
    let all: usize = widths[columns.clone()].iter().map(|width| BETWEEN + width).sum();
    text += &format!("{}\n", "─".repeat((beside + all).min(screen.width)));
    for (title, cells) in &matrix.rows {
        let cells = cells[columns.clone()].iter().map(String::as_str).collect();
        if beside == 0 {
            text += &wrap(title, screen.width);
        }
        text += &line(if beside == 0 { "" } else { title }, cells);
    }
    text
}
