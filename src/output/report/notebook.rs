//! What a notebook shows of a run or an answer below the cell that made it: finding, tables, the first chart.
//!
//! It stands among the outputs of others: no script, no style but that of single elements, and a chart as a picture, so that
//! nothing in it is mixed up with what is there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::answer::figures;
use super::text::held;
use crate::output::answer::Answer;
use crate::output::chart::{Drawn, Picture};
use crate::output::section::Section;
use crate::output::{Results, finding, terminal};
use crate::study::Study;

/// Of a run.
pub fn of_run(results: &Results<'_>, pictures: &[Picture]) -> String {
    let finding: Vec<&str> = results.finding.lines().collect();
    let foot = [finding::basis(results.study, results.summary)];
    let chart = pictures.first().map(|picture| (picture.svg(), picture.heading()));
    part(&results.study.config.title, &finding, chart, &terminal::in_short(results), &foot)
}

/// Of what another command says.
pub fn of_answer(study: &Study, answer: &Answer) -> String {
    let finding: Vec<&str> = std::iter::once(&answer.head).chain(&answer.finding).map(String::as_str).collect();
    let chart = answer.charts.first().map(|chart: &Drawn| (chart.svg(), chart.heading()));
    part(&study.config.title, &finding, chart, &answer.sections, &answer.foot)
}

fn part(title: &str, finding: &[&str], chart: Option<(String, &str)>, sections: &[Section], foot: &[String]) -> String {
    let body: Markup = html! {
        div.shortfall {
            p { strong { (title) } }
            @for sentence in finding { p { (held(sentence)) } }
            @if let Some((svg, heading)) = chart {
                img alt=(heading) src={ "data:image/svg+xml;base64," (STANDARD.encode(svg)) } style="width: 100%; max-width: 50em";
            }
            @for section in sections { (figures(section)) }
            @for text in foot { p { small { (held(text)) } } }
        }
    };
    body.into_string()
}
