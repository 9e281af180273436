//! What is wrong with an input, where, and what would be right.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::set::Path;

/// One fault of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as keys from the top of the config.
    pub path: Path,
    /// Whether the key is at fault rather than its value.
    pub at_key: bool,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What was found, to print below the place.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Fault {
    /// A fault of the value at `path`.
    pub fn new(path: Path, message: impl Into<String>) -> Self {
        Fault { path, at_key: false, message: message.into(), label: String::new(), help: None }
    }

    /// The fault lies with the key.
    pub fn at_key(mut self) -> Self {
        self.at_key = true;
        self
    }

    /// What was found.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What would be right.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A piece of text with a name: a file, or an argument of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the text.
    pub source: String,
    /// The text.
    pub text: String,
    /// Bytes of the text that are meant.
    pub span: std::ops::Range<usize>,
}

/// Writes faults the way compilers do: each with its place, the line and a caret, then the count.
pub fn render(faults: &[(Fault, Place)], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for (fault, place) in faults {
        let end = place.span.end.min(place.text.len());
        let start = place.span.start.min(end);
        let annotation = AnnotationKind::Primary.span(first_line(&place.text, start..end));
        let annotation = if fault.label.is_empty() { annotation } else { annotation.label(fault.label.as_str()) };
        let snippet = Snippet::source(place.text.as_str()).path(place.source.as_str()).annotation(annotation);
        let mut groups = vec![Group::with_title(Level::ERROR.primary_title(fault.message.as_str())).element(snippet)];
        if let Some(help) = &fault.help {
            groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
        }
        text.push_str(&renderer.render(&groups));
        text.push_str("\n\n");
    }
    let plural = if faults.len() == 1 { "fault" } else { "faults" };
    text.push_str(&format!("{} {plural}\n", faults.len()));
    text
}

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
