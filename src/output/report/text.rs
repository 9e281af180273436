//! Pieces of text that several parts of the page write.

/// A figure and its unit, and the thousands of a figure, on one line: spaces beside digits do not break before them.
pub fn held(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    let hold = |at: usize| {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let thousands = (1..=3).all(|ahead| digit(Some(at + ahead))) && !digit(Some(at + 4));
        digit(at.checked_sub(1)) && (next == '%' || thousands)
    };
    let letter = |(at, &letter): (usize, &char)| if letter == ' ' && hold(at) { '\u{a0}' } else { letter };
    letters.iter().enumerate().map(letter).collect()
}

/// Short names of scenarios: what stands before the colon of a title, where that tells them apart.
pub fn short_names<'a>(titles: &[&'a str]) -> Vec<&'a str> {
    let cut: Vec<&str> = titles.iter().map(|title| title.split(": ").next().unwrap_or(title).trim()).collect();
    let clear = (0..cut.len()).all(|index| !cut[index].is_empty() && !cut[..index].contains(&cut[index]));
    if clear { cut } else { titles.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_named_by_what_tells_them_apart() {
        assert_eq!(short_names(&["Plan: as announced", "Delay: two years late"]), ["Plan", "Delay"]);
        let alike = ["Delay: one year", "Delay: two years"];
        assert_eq!(short_names(&alike), alike);
        assert_eq!(short_names(&["evidence"]), ["evidence"]);
    }

    #[test]
    fn figures_are_not_torn_apart() {
        assert_eq!(held("12 % of 20 000 t in 2030"), "12\u{a0}% of 20\u{a0}000 t in 2030");
    }
}
