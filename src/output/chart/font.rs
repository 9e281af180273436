//! Text: how wide it is, how it is broken into lines, how it is shortened, and which letters no face has.

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::Database;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider, charmap::Charmap};

/// Family name, as the SVG asks for it.
pub const FAMILY: &str = "Noto Sans, sans-serif";

/// Part of the size by which letters rise above the baseline, accents on capitals apart.
pub const ASCENT: f64 = 0.78;
/// Part of the size by which they reach below it.
pub const DESCENT: f64 = 0.24;

/// The faces in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Upright.
    Regular,
    /// Bold.
    Bold,
    /// Italic: for notes about the drawing.
    Italic,
}

/// Widths of the letters of a face.
struct Widths {
    glyphs: Charmap<'static>,
    advances: GlyphMetrics<'static>,
    units_per_em: f64,
}

struct Fonts {
    database: Arc<Database>,
    widths: Option<[Widths; 3]>,
}

/// Read once; no font of the system is ever looked at.
static FONTS: OnceLock<Fonts> = OnceLock::new();

fn fonts() -> &'static Fonts {
    FONTS.get_or_init(|| {
        let files = [notosans::REGULAR_TTF, notosans::BOLD_TTF, notosans::ITALIC_TTF];
        let mut database = Database::new();
        for file in files {
            database.load_font_data(file.to_vec());
        }
        database.set_sans_serif_family("Noto Sans");
        let [regular, bold, italic] = files.map(widths);
        let widths = regular.zip(bold).zip(italic).map(|((regular, bold), italic)| [regular, bold, italic]);
        Fonts { database: Arc::new(database), widths }
    })
}

fn widths(file: &'static [u8]) -> Option<Widths> {
    let font = FontRef::new(file).ok()?;
    let units_per_em = f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    let advances = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    Some(Widths { glyphs: font.charmap(), advances, units_per_em })
}

/// The fonts for drawing.
pub fn database() -> Arc<Database> {
    fonts().database.clone()
}

/// What is drawn for a letter that the faces lack: other letters, and by how much of the size they are raised if they are
/// small. None if there is nothing like it.
pub fn stand_in(letter: char) -> Option<(&'static str, f64)> {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let (below, above, level) = (-0.14, 0.36, 0.0);
    Some(match letter {
        '\u{2080}'..='\u{2089}' => (DIGITS[letter as usize - 0x2080], below),
        '\u{208a}' => ("+", below),
        '\u{208b}' => ("\u{2212}", below),
        '\u{208d}' => ("(", below),
        '\u{208e}' => (")", below),
        '\u{207a}' => ("+", above),
        '\u{207b}' => ("\u{2212}", above),
        '\u{207d}' => ("(", above),
        '\u{207e}' => (")", above),
        '\u{2010}' | '\u{2011}' => ("-", level),
        '\u{2103}' => ("\u{b0}C", level),
        '\u{2192}' | '\u{21d2}' | '\u{27f6}' => ("\u{2192}", level),
        '\u{2205}' => ("\u{d8}", level),
        '\u{2217}' => ("*", level),
        '\u{223c}' => ("~", level),
        '\u{2243}' | '\u{2245}' => ("\u{2248}", level),
        '\u{22c5}' => ("\u{b7}", level),
        '\u{2713}' | '\u{2714}' => ("\u{221a}", level),
        _ => return None,
    })
}

/// Size of letters that are raised or lowered, as a part of that of the others.
pub const SMALL: f64 = 0.65;

/// Whether neither the faces nor [`stand_in`] have a letter: it is drawn as a box. Accents that follow a letter are joined
/// to it.
pub fn is_missing(letter: char) -> bool {
    let Some([widths, ..]) = &fonts().widths else { return false };
    let is_accent = ('\u{300}'..='\u{36f}').contains(&letter);
    !is_accent && !letter.is_control() && stand_in(letter).is_none() && widths.glyphs.map(letter).is_none()
}

/// Width of a line of text, from the advance widths of its letters (kerning makes it a little narrower).
pub fn width(text: &str, face: Face, size: f64) -> f64 {
    // The faces are part of the program and can be read; half an em a letter is for the compiler's peace.
    let Some(widths) = &fonts().widths else { return 0.5 * size * text.chars().count() as f64 };
    let widths = &widths[face as usize];
    let own = |letter: char| {
        let glyph = widths.glyphs.map(letter).unwrap_or_default();
        f64::from(widths.advances.advance_width(glyph).unwrap_or_default())
    };
    let advance = |letter: char| match stand_in(letter) {
        _ if widths.glyphs.map(letter).is_some() => own(letter),
        Some((letters, raised)) => letters.chars().map(own).sum::<f64>() * if raised == 0.0 { 1.0 } else { SMALL },
        // What a browser draws in its own face: as wide as high in East Asia, and for small pictures.
        None if letter >= '\u{1100}' => widths.units_per_em,
        None => own(letter),
    };
    size * text.chars().map(advance).sum::<f64>() / widths.units_per_em
}

/// The text, or as much of its beginning as fits with an ellipsis.
pub fn shorten(text: &str, face: Face, size: f64, room: f64) -> String {
    if width(text, face, size) <= room {
        return text.into();
    }
    let letters: Vec<char> = text.chars().collect();
    for kept in (0..letters.len()).rev() {
        let start: String = letters[..kept].iter().collect();
        let short = format!("{}\u{2026}", start.trim_end());
        if width(&short, face, size) <= room {
            return short;
        }
    }
    String::new()
}

/// Breaks text into at most `most` lines no wider than `room`, as even as can be; what does not fit ends in an ellipsis.
pub fn wrap(text: &str, face: Face, size: f64, room: f64, most: usize) -> Vec<String> {
    let lines = fill(text, face, size, room);
    if lines.len() > most {
        let rest = lines[most.max(1) - 1..].join(" ");
        let mut kept: Vec<String> = lines.into_iter().take(most.max(1) - 1).collect();
        kept.push(cut(&rest, face, size, room));
        return kept;
    }
    // Narrow the room while the number of lines stays the same: lines of a like length.
    let (mut narrow, mut wide) = (0.0, room);
    for _ in 0..12 {
        let middle = 0.5 * (narrow + wide);
        if fill(text, face, size, middle).len() <= lines.len() { wide = middle } else { narrow = middle }
    }
    let even = fill(text, face, size, wide);
    let fits = even.iter().all(|line| width(line, face, size) <= room);
    if even.len() == lines.len() && fits { even } else { lines }
}

/// As many words of the text as fit with an ellipsis; as many letters, if there would be few words.
fn cut(text: &str, face: Face, size: f64, room: f64) -> String {
    let spaces = text.char_indices().filter(|(_, letter)| *letter == ' ').map(|(at, _)| at);
    let starts: Vec<String> =
        spaces.map(|at| format!("{} \u{2026}", text[..at].trim_end_matches([',', ' ']))).collect();
    let fitting = starts.into_iter().rfind(|start| width(start, face, size) <= room);
    // The ellipsis stands even where the last line would just fit.
    let letters = || shorten(&format!("{text} \u{2026}"), face, size, room);
    fitting.filter(|start| width(start, face, size) > 0.5 * room).unwrap_or_else(letters)
}

/// Greedy lines. A word wider than the room is broken.
fn fill(text: &str, face: Face, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    // No-break spaces hold a figure and its unit together.
    for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
        if width(&longer, face, size) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if width(&line, face, size) > room && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(letter);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_no_face_has_are_known() {
        let missing = |text: &str| text.chars().filter(|&letter| is_missing(letter)).collect::<String>();
        for text in [
            "Nd\u{2082}Fe\u{2081}\u{2084}B, 10\u{207b}\u{00b3} \u{2192} \u{2265}",
            "\u{d6}sterreich",
            "\u{41f}\u{43e}",
            "e\u{301}",
        ] {
            assert_eq!(missing(text), "", "{text}");
        }
        assert_eq!(missing("a \u{4e2d}\u{6587}, \u{639}, \u{1f600}"), "\u{4e2d}\u{6587}\u{639}\u{1f600}");
        let wide = |text: &str| width(text, Face::Regular, 100.0);
        assert!(wide("\u{2082}") < 0.7 * wide("2") && wide("\u{2082}") > 0.6 * wide("2"));
    }

    #[test]
    fn shortened_text_fits_and_says_so() {
        assert_eq!(shorten("short", Face::Regular, 14.0, 100.0), "short");
        let long = "A scenario whose name goes on and on for eighty letters";
        let short = shorten(long, Face::Bold, 14.0, 120.0);
        assert!(short.ends_with('\u{2026}') && width(&short, Face::Bold, 14.0) <= 120.0, "{short}");
        assert_eq!(shorten(long, Face::Bold, 14.0, 3.0), "");
    }

    #[test]
    fn lines_are_even_and_none_is_too_wide() {
        let text = "At the median, supply without China stays below 90\u{a0}% of need until Mar\u{a0}2034 and beyond";
        let lines = wrap(text, Face::Bold, 27.0, 800.0, 3);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines.join(" "), text);
        let widths: Vec<f64> = lines.iter().map(|line| width(line, Face::Bold, 27.0)).collect();
        assert!(widths.iter().all(|&width| width <= 800.0) && (widths[0] - widths[1]).abs() < 250.0, "{widths:?}");
    }

    #[test]
    fn words_without_spaces_are_broken_and_what_is_left_out_is_marked() {
        let word = "x".repeat(200);
        for most in 1..4 {
            let lines = wrap(&word, Face::Regular, 16.0, 300.0, most);
            assert!(lines.len() <= most && lines.iter().all(|line| width(line, Face::Regular, 16.0) <= 300.0));
            assert!(lines.last().unwrap().ends_with('\u{2026}'));
        }
        assert_eq!(wrap("", Face::Regular, 16.0, 300.0, 2), Vec::<String>::new());
        assert_eq!(wrap("a b", Face::Regular, 16.0, 300.0, 2), ["a b"]);
    }
}
