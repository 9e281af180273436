//! What is wrong with an input, where, and what would be right: a [`Fault`] of a config, by its path; located in a text, a
//! [`Diagnostic`]; all of them together, the error [`Diagnostics`].

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::set::Path;

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
    /// Whether it says that something is missing, which may only be so because another value at fault was left out.
    pub(crate) is_of_absence: bool,
}

impl Fault {
    /// A fault of the value at `path`.
    pub(crate) fn new(path: Path, message: impl Into<String>) -> Self {
        Fault { path, at_key: false, message: message.into(), label: String::new(), help: None, is_of_absence: false }
    }

    /// The fault lies with the key.
    pub(crate) fn at_key(mut self) -> Self {
        self.at_key = true;
        self
    }

    /// It says that something is missing.
    pub(crate) fn of_absence(mut self) -> Self {
        self.is_of_absence = true;
        self
    }

    /// What was found.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What would be right.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A stretch of a named text: of a file, or of an argument of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Name of the text.
    pub source: String,
    /// The text.
    pub text: String,
    /// Bytes of the text that are meant.
    pub span: std::ops::Range<usize>,
}

/// A fault and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub fault: Fault,
    /// Where.
    pub location: Location,
}

/// All that is wrong with an input. Its `Display` is what compilers print: each fault with its line and a caret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one, unless the same has been said of the same location: scenarios repeat the faults of what they leave alone.
    pub(crate) fn push(&mut self, fault: Fault, location: Location) {
        let is_same = |known: &Diagnostic| known.fault.message == fault.message && known.location == location;
        if !self.list.iter().any(is_same) {
            self.list.push(Diagnostic { fault, location });
        }
    }

    /// Adds those of another.
    #[doc(hidden)]
    pub fn extend(&mut self, others: Diagnostics) {
        others.list.into_iter().for_each(|Diagnostic { fault, location }| self.push(fault, location));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// In the order in which they were found.
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
            let end = location.span.end.min(location.text.len());
            let start = location.span.start.min(end);
            let annotation = AnnotationKind::Primary.span(first_line(&location.text, start..end));
            let annotation = if fault.label.is_empty() { annotation } else { annotation.label(fault.label.as_str()) };
            let snippet = Snippet::source(location.text.as_str()).path(location.source.as_str()).annotation(annotation);
            let title = Level::ERROR.primary_title(fault.message.as_str());
            let mut groups = vec![Group::with_title(title).element(snippet)];
            if let Some(help) = &fault.help {
                groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
            }
            text.push_str(&renderer.render(&groups));
            text.push_str("\n\n");
        }
        let plural = if self.list.len() == 1 { "fault" } else { "faults" };
        text + &format!("{} {plural}\n", self.list.len())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Diagnostics { list: vec![one] }
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

/// The part of `span` on its first line: a caret below a whole table helps nobody.
fn first_line(text: &str, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let end = text[span.clone()].find('\n').map_or(span.end, |length| span.start + length);
    span.start..end.max(span.start)
}

/// The candidate nearest to `name`, if it is near enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + name.chars().count().max(candidate.chars().count()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Help for a name that does not exist: the nearest one, or the list of all.
pub fn help_for_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(name, names.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    match names.len() {
        0 => "there are none in this config".into(),
        1..=20 => format!("there are: {}", names.join(", ")),
        more => format!("there are {more}, such as: {}", names[..10].join(", ")),
    }
}

/// The same for a series, an outcome, a path or an input, all of which a command lists.
pub fn help_for_listed<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    format!("{}; `shortfall list CONFIG` shows all", help_for_name(name, candidates))
}
