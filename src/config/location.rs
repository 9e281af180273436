//! Where in a text something stands: its line, as far as it is worth printing.

use std::ops::Range;

use crate::text::{is_hidden, visible};

/// Of a long line, so many letters before the place are printed, and so many from it on.
const BEFORE: usize = 60;
const AFTER: usize = 200;

/// A stretch of a line of a named text: of a file, or of an argument of the command line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Name of the text.
    pub source: String,
    /// Line of the text, from 1.
    pub line: usize,
    /// Letter of the line at which it begins, from 1.
    pub column: usize,
    /// Which cell of a table it is, if it is one, as in `column slip_months (cell E7)`; `line` is then its row.
    pub cell: Option<String>,
    /// The line, or what stands around the place if it is long; what cannot be seen is spelt out.
    pub text: String,
    /// First byte of `text` that is meant.
    pub start: usize,
    /// The byte after the last one that is meant.
    pub end: usize,
}

impl Location {
    /// The stretch of `text` that is meant.
    pub fn meant(&self) -> &str {
        &self.text[self.start..self.end]
    }

    /// Where it is, in words: `my.toml, line 12`, `projects.csv, row 7, column slip_months (cell E7)`.
    pub fn words(&self) -> String {
        match &self.cell {
            Some(cell) => format!("{}, row {}, {cell}", self.source, self.line),
            None => format!("{}, line {}", self.source, self.line),
        }
    }
}

/// A named text whose lines are known.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// Where each line begins, bytes.
    lines: Vec<usize>,
    /// Letters before every [`BLOCK`] of bytes: a place far down a long line is found as fast as any other.
    letters: Vec<usize>,
}

/// Bytes between two places up to which letters are counted beforehand.
const BLOCK: usize = 1024;

impl Source {
    /// Looks through the text once, so that many places can be found in it.
    pub fn new(name: &str, text: &str) -> Source {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        let mut letters = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            letters.push(letters[letters.len() - 1] + count(block));
        }
        Source { name: visible(name).into_owned(), text: text.into(), lines, letters }
    }

    /// Letters before a byte.
    fn letters_before(&self, place: usize) -> usize {
        let block = place / BLOCK;
        self.letters[block] + count(&self.text.as_bytes()[block * BLOCK..place])
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the bytes `span` stand; of several lines the first one, since a caret below a whole table helps nobody.
    pub fn locate(&self, span: Range<usize>) -> Location {
        let [place, until] = [span.start, span.end.max(span.start)].map(|at| boundary(&self.text, at));
        let number = self.lines.partition_point(|start| *start <= place);
        let begin = self.lines[number - 1];
        let end = self.lines.get(number).map_or(self.text.len(), |next| next - 1);
        let line = &self.text[begin..end];
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (before, rest) = line.split_at((place - begin).min(line.len()));
        let (meant, after) = rest.split_at((until - place).min(rest.len()));
        let column = self.letters_before(begin + before.len()) - self.letters_before(begin) + 1;
        let (meant, meant_goes_on) = beginning(meant, AFTER);
        let (after, after_goes_on) = beginning(after, if meant_goes_on { 0 } else { AFTER });
        let from = before.char_indices().rev().nth(BEFORE).map(|(at, letter)| at + letter.len_utf8());
        let mut text = String::from(if from.is_some() { "..." } else { "" });
        text.push_str(&shown(&before[from.unwrap_or(0)..]));
        let start = text.len();
        text.push_str(&shown(meant));
        let end = text.len();
        text.push_str(&shown(after));
        if meant_goes_on || after_goes_on {
            text.push_str("...");
        }
        Location { source: self.name.clone(), line: number, column, cell: None, text, start, end }
    }
}

/// Letters that begin in these bytes of UTF-8.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// The last place up to `at` at which a letter begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// At most `most` letters, and whether there are more.
fn beginning(text: &str, most: usize) -> (&str, bool) {
    text.char_indices().nth(most).map_or((text, false), |(end, _)| (&text[..end], true))
}

/// Tabs are what indents a line; they stay as wide as the caret below them expects.
fn shown(text: &str) -> String {
    let text = text.replace('\t', " ");
    if text.contains(is_hidden) { visible(&text).into_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_line_and_letter() {
        let source = Source::new("name", "one\ntwö = 3\n\tlast");
        let two = source.locate(11..12);
        assert_eq!((two.line, two.column, two.text.as_str(), two.meant()), (2, 7, "twö = 3", "3"));
        let both = source.locate(0..8);
        assert_eq!((both.line, both.meant()), (1, "one"));
        let last = source.locate(14..200);
        assert_eq!((last.line, last.column, last.meant()), (3, 2, "last"));
        assert_eq!(source.locate(900..901).line, 3);
        assert_eq!(Source::new("empty", "").locate(0..0).line, 1);
    }

    #[test]
    fn of_a_long_line_only_what_stands_around_is_kept() {
        let text = format!("{}HERE{}", "ä".repeat(5000), "z".repeat(100_000));
        let found = Source::new("name", &text).locate(10_000..10_004);
        assert_eq!((found.meant(), found.column), ("HERE", 5001));
        assert!(found.text.starts_with("...ä") && found.text.ends_with("z...") && found.text.len() < 400);
        let whole = Source::new("name", &text).locate(0..text.len());
        assert!(whole.text.len() < 500);
    }

    #[test]
    fn a_line_gives_the_terminal_no_orders() {
        let found = Source::new("a\x1b[2J", "x = '\x1b[31m' # \u{202e}").locate(4..11);
        assert_eq!((found.source.as_str(), found.meant()), ("a\\u{1b}[2J", "'\\u{1b}[31m'"));
        assert!(!found.text.contains(is_hidden));
    }
}
