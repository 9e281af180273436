//! Text that somebody else wrote, made safe to print: it can neither move the cursor nor hide, nor go on without end.
//!
//! Names, titles, arguments, paths and the lines of a config reach the terminal. Control characters could give it orders
//! (ANSI and OSC sequences), and some letters of Unicode reorder or hide what stands beside them ("Trojan Source", CVE-2021-42574).
//! They are spelt out instead, as in `\u{202e}`.

use std::borrow::Cow;

/// Longest name that is quoted whole, letters.
const LONGEST_NAME: usize = 80;

/// Longest sentence, letters.
const LONGEST: usize = 2000;

/// Whether a letter does something other than stand there to be seen: control characters, marks of direction, what joins or
/// has no width, and tags.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether XML may hold a letter, however it is written: not control characters, and two that are none.
pub fn is_xml(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}')
}

/// The text in one line, with every hidden letter spelt out.
pub fn visible(text: &str) -> Cow<'_, str> {
    spell_out(text, is_hidden)
}

/// The same, but line breaks stay: for whole texts. So do the colours that this program gives them, `ESC [ ... m`, if
/// `coloured`.
pub fn visible_lines(text: &str, coloured: bool) -> Cow<'_, str> {
    if !coloured {
        return spell_out(text, |letter| is_hidden(letter) && letter != '\n');
    }
    let mut parts = text.split("\x1b[");
    let mut shown = spell_out(parts.next().unwrap_or(""), |letter| is_hidden(letter) && letter != '\n').into_owned();
    for part in parts {
        let code = part.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
        let is_colour = code.is_some_and(|end| part[end..].starts_with('m'));
        shown.push_str(if is_colour { "\x1b[" } else { "\\u{1b}[" });
        shown.push_str(&visible_lines(part, false));
    }
    shown.into()
}

fn spell_out(text: &str, is_spelt: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_spelt) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_spelt(letter) { shown.extend(letter.escape_unicode()) } else { shown.push(letter) }
    }
    shown.into()
}

/// A number to put into a sentence: in full where that is short, else with an exponent.
pub fn number(value: f64) -> String {
    let is_short = value == 0.0 || !value.is_finite() || (1e-3..1e16).contains(&value.abs());
    if is_short { value.to_string() } else { format!("{value:e}") }
}

/// The beginning of a text, of at most `most` letters, and a mark where it goes on.
pub fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]).into(),
        None => text.into(),
    }
}

/// A sentence to print, in one line: hidden letters are spelt out, and names in backquotes that are too long cut.
pub fn sentence(text: &str) -> String {
    let is_long = text.len() > LONGEST_NAME;
    let cut = |(position, part): (usize, &str)| -> String {
        let is_name = position % 2 == 1;
        if is_name { beginning(part, LONGEST_NAME).into_owned() } else { part.into() }
    };
    let short =
        if is_long { text.split('`').enumerate().map(cut).collect::<Vec<_>>().join("`") } else { text.to_string() };
    visible(&beginning(&short, LONGEST)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelt_out() {
        for (text, shown) in [
            ("plain – ärger 磁石 ±", "plain – ärger 磁石 ±"),
            ("a\x1b[31mb", "a\\u{1b}[31mb"),
            ("a\x1b]0;title\x07b", "a\\u{1b}]0;title\\u{7}b"),
            ("a\0b\u{85}c\nd", "a\\u{0}b\\u{85}c\\u{a}d"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("\u{2066}isolate\u{2069}", "\\u{2066}isolate\\u{2069}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
        ] {
            assert_eq!(visible(text), shown);
            assert!(!visible(text).contains(is_hidden));
        }
    }

    #[test]
    fn lines_keep_their_breaks_and_only_colours_of_their_own() {
        let text = "\x1b[1;31mred\x1b[0m\n\x1b[2Jcleared\x1b]0;x\x07";
        assert_eq!(visible_lines(text, true), "\x1b[1;31mred\x1b[0m\n\\u{1b}[2Jcleared\\u{1b}]0;x\\u{7}");
        assert_eq!(visible_lines("a\nb\x1b[31m", false), "a\nb\\u{1b}[31m");
    }

    #[test]
    fn a_number_takes_no_more_room_than_it_has_digits() {
        for (value, shown) in [
            (0.0, "0"),
            (-0.25, "-0.25"),
            (1e15, "1000000000000000"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (1e16, "1e16"),
            (-1e308, "-1e308"),
            (5e-324, "5e-324"),
            (0.001, "0.001"),
            (0.000_12, "1.2e-4"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn names_are_cut_and_the_rest_of_the_sentence_stays() {
        let long = "x".repeat(1000);
        let shown = sentence(&format!("there is no market `{long}`: take another"));
        assert!(shown.ends_with("x...`: take another") && shown.len() < 130, "{shown}");
        assert!(sentence(&"y".repeat(5000)).len() < LONGEST + 10);
    }
}
