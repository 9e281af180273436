//! What a command other than `run` says, in every form that it can be had: on a terminal, in Markdown, as tables for machines,
//! and as the files of a folder.
//!
//! A command makes one [`Answer`] of its results; how that is laid out is the same for all.

use super::Rendered;
use super::chart::Drawn;
use super::section::{Screen, Section, draw, draw_markdown, escape, wrap};
use crate::study::Study;

/// What a command says.
pub struct Answer {
    /// What it answers, in a line: the heading of its page, below the title of the study.
    pub head: String,
    /// The answer itself in sentences, each a paragraph; none where the tables are the answer.
    pub finding: Vec<String>,
    /// Its tables for people.
    pub(super) sections: Vec<Section>,
    /// What to know of all tables, each a paragraph.
    pub foot: Vec<String>,
    /// Tables for machines, as CSV files; the first is what `--format csv` prints.
    pub tables: Vec<Rendered>,
    /// Everything for machines, as a JSON file.
    pub json: Rendered,
    /// Its charts.
    pub charts: Vec<Drawn>,
}

impl Answer {
    /// For people at a terminal.
    pub fn text(&self, study: &Study, screen: Screen) -> String {
        let wrapped = |text: &String| wrap(text, screen.width);
        let finding: String = self.finding.iter().map(wrapped).collect();
        let sections: String = self.sections.iter().map(|section| draw(section, screen)).collect();
        let foot: String = self.foot.iter().map(|text| format!("\n{}", wrapped(text))).collect();
        let gap = if finding.is_empty() { "" } else { "\n" };
        format!("{}{}{gap}{finding}{sections}{foot}", wrapped(&study.config.title), wrapped(&self.head))
    }

    /// The same in Markdown.
    pub fn markdown(&self, study: &Study) -> String {
        let paragraphs =
            |texts: &[String]| -> String { texts.iter().map(|text| format!("\n{}\n", escape(text))).collect() };
        let sections: String = self.sections.iter().map(draw_markdown).collect();
        let [title, head] = [&study.config.title, &self.head].map(|line| escape(line));
        format!("## {title}\n\n{head}\n{}{sections}{}", paragraphs(&self.finding), paragraphs(&self.foot))
    }

    /// What `--format csv` prints.
    pub fn csv(&self) -> &[u8] {
        self.tables.first().map_or(&[], |(_, bytes)| bytes)
    }
}
