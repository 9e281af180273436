//! Text that is put together of what configs hold, by chance.

use std::fmt;
use std::fs;
use std::path::Path;

use shortfall::config::schema::schema;

use crate::harness::Chance;

/// A text, shown as it is.
pub struct Input(pub String);

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Input {
    /// The same without some of its lines: first many, then few.
    pub fn shrunk(&self) -> Vec<Input> {
        let lines: Vec<&str> = self.0.lines().collect();
        let mut found = Vec::new();
        let mut size = lines.len() / 2;
        while size > 0 {
            for start in (0..lines.len()).step_by(size) {
                let kept = lines.iter().enumerate().filter(|(at, _)| !(start..start + size).contains(at));
                found.push(Input(kept.map(|(_, line)| format!("{line}\n")).collect()));
            }
            size /= 2;
        }
        found
    }
}

/// What a search begins with: configs, files with faults, and words.
pub struct Seeds {
    pub texts: Vec<String>,
    pub words: Vec<String>,
}

/// What a TOML parser, a path and a number may stumble over.
const PIECES: [&str; 60] = [
    "=",
    ".",
    ",",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "#",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\\",
    "\\u",
    "\\U0010ffff",
    "\\x",
    "*",
    "*.*",
    "-",
    "+",
    "_",
    "e",
    "0x",
    "0b",
    "0o",
    "nan",
    "-inf",
    "5e-324",
    "-0.0",
    "1e308",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "true",
    "false",
    "1",
    "0",
    "1e6",
    "{}",
    "[]",
    "[[0, 0], [1, 1]]",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\0",
    "\u{1b}",
    "磁石",
    "a\u{301}",
    "\u{fffe}",
    "{ uniform = [0, 1] }",
    "{ mixture = [{ weight = 1, of = 1 }] }",
];

/// Every file of a folder and of those in it.
fn files(folder: &Path, found: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path()).collect();
    entries.sort();
    for path in entries {
        match path.extension().and_then(|kind| kind.to_str()) {
            _ if path.is_dir() => files(&path, found),
            Some("toml") => found.push(fs::read_to_string(path).expect("text")),
            _ => {}
        }
    }
}

impl Seeds {
    pub fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        ["configs", "tests/common", "tests/bad_input"].iter().for_each(|folder| files(&root.join(folder), &mut texts));
        // The largest one takes a hundred times as long as most.
        texts.retain(|text| text.len() < 30_000);
        let mut words: Vec<String> = PIECES.map(String::from).into();
        names(schema(), &mut words);
        Seeds { texts, words }
    }

    /// A text that was changed in some places.
    pub fn text(&self, chance: &mut Chance) -> String {
        let mut text = chance.one_of(&self.texts).clone();
        for _ in 0..1 + chance.below(6) {
            text = self.changed(text, chance);
        }
        text
    }

    fn word(&self, chance: &mut Chance) -> &str {
        chance.one_of::<String>(&self.words)
    }

    fn changed(&self, text: String, chance: &mut Chance) -> String {
        let place = |chance: &mut Chance, text: &str| boundary(text, chance.below(text.len() + 1));
        let start = place(chance, &text);
        let length = if chance.is(0.8) { chance.below(12) } else { chance.below(400) };
        let end = boundary(&text, (start + length).min(text.len())).max(start);
        let (head, cut, tail) = (&text[..start], &text[start..end], &text[end..]);
        match chance.below(8) {
            0 => format!("{head}{tail}"),
            1 => format!("{head}{cut}{cut}{tail}"),
            2 => format!("{head}{}{cut}{tail}", self.word(chance)),
            3 => format!("{head}{}{tail}", self.word(chance)),
            4 => {
                let other = chance.one_of(&self.texts);
                let from = place(chance, other);
                let to = boundary(other, (from + chance.below(300)).min(other.len())).max(from);
                format!("{head}{}{tail}", &other[from..to])
            }
            5 => with_other_number(&text, self.word(chance), chance),
            6 => with_other_line(&text, chance.one_of::<String>(&self.texts), chance),
            _ => {
                let letter = char::from_u32(chance.below(0x3000) as u32).unwrap_or('x');
                format!("{head}{letter}{tail}")
            }
        }
    }
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The text with one of its numbers replaced.
fn with_other_number(text: &str, word: &str, chance: &mut Chance) -> String {
    let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let bytes = text.as_bytes();
    let starts: Vec<usize> =
        (1..bytes.len()).filter(|&at| bytes[at].is_ascii_digit() && !is_part(bytes[at - 1])).collect();
    if starts.is_empty() {
        return text.into();
    }
    let start = *chance.one_of(&starts);
    let end = (start..bytes.len()).find(|at| !is_part(bytes[*at])).unwrap_or(bytes.len());
    format!("{}{word}{}", &text[..start], &text[end..])
}

/// The text with a line of another in it.
fn with_other_line(text: &str, other: &str, chance: &mut Chance) -> String {
    let others: Vec<&str> = other.lines().collect();
    let mut lines: Vec<&str> = text.lines().collect();
    if !others.is_empty() {
        lines.insert(chance.below(lines.len() + 1), chance.one_of::<&str>(&others));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// All names that a schema knows: keys, and words to choose.
fn names(schema: &serde_json::Value, found: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(keys) => {
            found.extend(
                keys.get("properties").and_then(|all| all.as_object()).into_iter().flat_map(|all| all.keys().cloned()),
            );
            found.extend(keys.get("const").and_then(|word| word.as_str()).map(|word| format!("\"{word}\"")));
            keys.values().for_each(|value| names(value, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}
