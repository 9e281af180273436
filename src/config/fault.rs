//! What is wrong with an input, where, and what would be right: a [`Fault`] of a config, by its path; located in a text, a
//! [`Diagnostic`]; all of them together, the error [`Diagnostics`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::location::Location;
use super::set::Path;
use crate::text::{beginning, sentence, visible};

/// So many faults of a kind are printed one by one; the others are counted.
const PRINTED_OF_A_KIND: usize = 10;

/// So many faults are printed one by one.
const PRINTED: usize = 100;

/// So many faults of a config are told the nearest name of one that does not exist.
const SUGGESTIONS: usize = 30;

/// Longest name for which the nearest one is looked for, letters: ids have no more.
const LONGEST_NAME: usize = 100;

/// Work of looking for the nearest name that is still worth it: pairs of letters compared.
const MOST_PAIRS: usize = 3_000_000;

/// What makes a fault one that may only be there because another value at fault was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing but the value itself.
    Itself,
    /// The name of something that is in another place.
    Name,
    /// All of the model: it says that something is missing.
    Everything,
}

/// One fault of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as keys from the top of the config.
    pub path: Path,
    /// Whether the key is at fault rather than its value.
    pub(crate) at_key: bool,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What was found, to print below the line.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
    /// What must be sound for it to be worth telling.
    pub(crate) needs: Needs,
}

impl Fault {
    /// A fault of the value at `path`.
    pub(crate) fn new(path: Path, message: impl AsRef<str>) -> Self {
        let message = sentence(message.as_ref());
        Fault { path, at_key: false, message, label: String::new(), help: None, needs: Needs::Itself }
    }

    /// The fault lies with the key.
    pub(crate) fn at_key(mut self) -> Self {
        self.at_key = true;
        self
    }

    /// It says that something is missing.
    pub(crate) fn of_absence(mut self) -> Self {
        self.needs = Needs::Everything;
        self
    }

    /// What was found.
    pub(crate) fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = sentence(label.as_ref());
        self
    }

    /// What would be right.
    pub(crate) fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(sentence(help.as_ref()));
        self
    }

    /// It is about `name`, which is none of `candidates`. Looking for the one that was meant takes time: after some `faults` it
    /// is not done any more.
    pub(crate) fn unknown<'a>(
        mut self,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
        faults: &[Fault],
    ) -> Self {
        self.needs = Needs::Name;
        if faults.len() < SUGGESTIONS { self.help(help_for_name(name, candidates)) } else { self }
    }

    /// It is about a series, an outcome, a path or an input, all of which a command lists.
    pub(crate) fn listed(mut self) -> Self {
        let help = self.help.take().map_or(String::new(), |help| format!("{help}; "));
        self.help(help + LIST)
    }

    /// What faults that differ in names and numbers alone have in common.
    fn kind(&self) -> String {
        let outside = self.message.split('`').step_by(2).collect::<Vec<_>>().join("`");
        outside.chars().filter(|letter| !letter.is_ascii_digit()).collect()
    }
}

/// A fault and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub fault: Fault,
    /// Where.
    pub location: Location,
}

/// All that is wrong with an input. Its `Display` is what compilers print: each fault with its line and a caret. Of many faults
/// of a kind the first ones are kept, and the others counted.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    /// What was said of which place.
    known: BTreeSet<(String, Location)>,
    /// Number of faults by kind.
    kinds: BTreeMap<String, usize>,
    /// By kind: the message of the first fault that is merely counted, and how many there are. In order of appearance.
    counted: Vec<(String, String, usize)>,
}

impl Diagnostics {
    /// Adds one, unless the same has been said of the same location: scenarios repeat the faults of what they leave alone.
    pub(crate) fn push(&mut self, fault: Fault, location: Location) {
        if !self.known.insert((fault.message.clone(), location.clone())) {
            return;
        }
        let kind = fault.kind();
        let number = self.kinds.entry(kind.clone()).or_default();
        *number += 1;
        if *number <= PRINTED_OF_A_KIND && self.list.len() < PRINTED {
            self.list.push(Diagnostic { fault, location });
        } else if let Some((.., count)) = self.counted.iter_mut().find(|(counted, ..)| *counted == kind) {
            *count += 1;
        } else {
            self.counted.push((kind, fault.message, 1));
        }
    }

    /// Adds those of another.
    #[doc(hidden)]
    pub fn extend(&mut self, others: Diagnostics) {
        others.list.into_iter().for_each(|Diagnostic { fault, location }| self.push(fault, location));
        for (kind, message, count) in others.counted {
            *self.kinds.entry(kind.clone()).or_default() += count;
            self.counted.push((kind, message, count));
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Number of all faults, those included that are merely counted.
    pub fn count(&self) -> usize {
        self.kinds.values().sum()
    }

    /// Whether there are so many that looking for more helps nobody.
    pub(crate) fn is_enough(&self) -> bool {
        self.count() >= PRINTED
    }

    /// In the order in which they were found: the first ones of each kind.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Nothing, or all that is wrong as an error.
    ///
    /// # Errors
    /// If there is any fault.
    #[doc(hidden)]
    pub fn into_result(self) -> Result<(), Diagnostics> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Each fault with its location, the line and a caret, then their number.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for Diagnostic { fault, location } in &self.list {
            let annotation = AnnotationKind::Primary.span(location.start..location.end);
            let annotation = if fault.label.is_empty() { annotation } else { annotation.label(fault.label.as_str()) };
            let snippet = Snippet::source(&location.text).line_start(location.line).annotation(annotation);
            let group = Group::with_title(Level::ERROR.primary_title(fault.message.as_str()));
            // Where not all of the line is shown, letters counted in it would not be those of the file.
            let words = location.words();
            let mut groups = vec![if location.cell.is_some() {
                group.element(Origin::path(&words)).element(snippet)
            } else if location.text[..location.start].chars().count() + 1 == location.column {
                group.element(snippet.path(&location.source))
            } else {
                let origin = Origin::path(&location.source).line(location.line).char_column(location.column);
                group.element(origin).element(snippet)
            }];
            if let Some(help) = &fault.help {
                groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
            }
            text.push_str(&renderer.render(&groups));
            text.push_str("\n\n");
        }
        for (_, message, count) in &self.counted {
            text.push_str(&format!("and {count} more like this: {message}\n\n"));
        }
        let plural = if self.count() == 1 { "fault" } else { "faults" };
        text + &format!("{} {plural}\n", self.count())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        let mut all = Diagnostics::default();
        all.push(one.fault, one.location);
        all
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

/// As `Display`: what `unwrap` prints should be readable.
impl fmt::Debug for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Diagnostics {}

/// The candidate nearest to `name`, if it is near enough to be meant. None is looked for where that would take long.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let most = |other: usize| 1 + length.max(other) / 4;
    let mut near = Vec::new();
    let mut pairs = 0;
    for candidate in candidates {
        let other = candidate.chars().count();
        if length.abs_diff(other) <= most(other) {
            pairs += length * other;
            near.push((candidate, most(other)));
        }
        if length > LONGEST_NAME || pairs > MOST_PAIRS {
            return None;
        }
    }
    let name = name.to_lowercase();
    near.into_iter()
        .map(|(candidate, most)| (strsim::osa_distance(&name, &candidate.to_lowercase()), most, candidate))
        .filter(|(distance, most, _)| distance <= most)
        .map(|(distance, _, candidate)| (distance, candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Where all names are.
const LIST: &str = "`shortfall list CONFIG` shows all";

/// The same for a series, an outcome, a path or an input, all of which a command lists.
pub fn help_for_listed<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    format!("{}; {LIST}", help_for_name(name, candidates))
}

/// Help for a name that does not exist: the nearest one, or the list of all.
pub fn help_for_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(name, names.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    let list = |names: &[&str]| -> String {
        names.iter().map(|name| beginning(&visible(name), LONGEST_NAME).into_owned()).collect::<Vec<_>>().join(", ")
    };
    match names.len() {
        0 => "there are none in this config".into(),
        1..=20 => format!("there are: {}", list(&names)),
        more => format!("there are {more}, such as: {}", list(&names[..10])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_many_faults_nobody_looks_for_what_was_meant() {
        let unknown = |faults: &[Fault]| Fault::new(Vec::new(), "there is no `a`").unknown("a", ["ab"], faults).help;
        let before = vec![Fault::new(Vec::new(), "another"); SUGGESTIONS];
        assert_eq!(unknown(&before[1..]).as_deref(), Some("did you mean `ab`?"));
        assert_eq!(unknown(&before), None);
    }

    #[test]
    fn faults_are_of_a_kind_if_names_and_numbers_alone_differ() {
        let kind = |message: &str| Fault::new(Vec::new(), message).kind();
        assert_eq!(kind("there is no market `a`"), kind("there is no market `b7`"));
        assert_eq!(kind("min is 5 and max is 3"), kind("min is 17 and max is 1"));
        assert_ne!(kind("there is no market `a`"), kind("there is no stage `a`"));
    }
}
