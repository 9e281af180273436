//! Charts: PNG files at 300 dots to the inch, and the same as SVG.
//!
//! A chart is a function from a `View` of the results to a canvas of shapes and labels; `draw.rs` turns that into SVG
//! and PNG. To add one: a file with such a function, a variant of [`ChartKind`], and an arm in `canvas`.
//!
//! The same results give the same bytes on every machine: fonts come with the program, colours are opaque, and the
//! arithmetic is that of IEEE 754.

mod axis;
mod canvas;
mod course;
mod dashboard;
mod distribution;
mod dodge;
mod draw;
mod driven;
mod fan;
mod font;
mod frame;
mod frontier;
mod histogram;
mod milestone;
mod multiples;
mod number;
mod phone;
mod pipeline;
mod plants;
mod raster;
mod require;
mod scenarios;
mod shares;
mod size;
mod stock;
mod stress;
mod style;
mod subject;
#[cfg(test)]
mod tests;
mod title;
mod tornado;
#[cfg(test)]
mod truth;

use super::{Rendered, Results};
use crate::config::{Chart, ChartKind, file_names};
use crate::model::Model;
use crate::study::Study;
use crate::summary::choose::Choice;
use crate::summary::require::Requirement;
use crate::summary::size::StockSizes;
use crate::summary::stress::Stress;
use crate::summary::{DrivenNumber, Drivers, ScenarioResult, Series};
use canvas::Canvas;
pub use canvas::{Figures, Plot, Rect};
pub use driven::{driven_name, driven_value, ends_in_words, headline, low_and_high};
use subject::View;

/// The charts that are drawn unless the config says otherwise, in the order of reading.
fn defaults() -> Vec<Chart> {
    let name = |kind: ChartKind| match kind {
        ChartKind::Fan => "coverage-fan",
        ChartKind::Milestone => "milestone-probability",
        kind => kind.word(),
    };
    ChartKind::ALL.into_iter().map(|kind| Chart { file: Some(name(kind).into()), ..Chart::new(kind) }).collect()
}

fn canvas(view: &View<'_>) -> Option<Canvas> {
    match view.asked.kind {
        ChartKind::Fan => fan::canvas(view),
        ChartKind::Milestone => milestone::canvas(view),
        ChartKind::Multiples => multiples::canvas(view),
        ChartKind::Distribution => distribution::canvas(view),
        ChartKind::Stock => stock::canvas(view),
        ChartKind::Scenarios => scenarios::canvas(view),
        ChartKind::Pipeline => pipeline::canvas(view),
        ChartKind::Tornado => tornado::canvas(view),
        ChartKind::Raster => raster::canvas(view),
        ChartKind::Dashboard => dashboard::canvas(view),
    }
}

/// A chart that the results have something for.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What was asked for.
    pub asked: Chart,
    /// Name of its file, without folder and ending.
    pub name: String,
    canvas: Canvas,
}

impl Picture {
    fn view<'b>(&'b self, results: &Results<'b>) -> View<'b> {
        View { results: *results, asked: &self.asked }
    }

    /// The scenarios it shows, the main one first.
    pub fn scenarios<'b>(&'b self, results: &Results<'b>) -> Vec<&'b ScenarioResult> {
        subject::cases(&self.view(results)).into_iter().map(|case| case.summary).collect()
    }

    /// The series it shows.
    pub fn series<'b>(&'b self, results: &Results<'b>) -> Option<&'b Series> {
        let view = self.view(results);
        subject::series(&view, subject::cases(&view).first()?).map(|(series, _)| series)
    }

    /// Id of the milestone it shows.
    pub fn milestone<'b>(&'b self, results: &Results<'b>) -> Option<&'b str> {
        let view = self.view(results);
        let case = subject::cases(&view).first().copied()?;
        subject::milestone(&view, &case).map(|index| case.summary.milestones[index].id.as_str())
    }

    /// Name of the outcome it shows.
    pub fn outcome<'b>(&'b self, results: &Results<'b>) -> Option<&'b str> {
        let view = self.view(results);
        subject::outcome(&view, subject::cases(&view).first()?).map(|(outcome, _)| outcome.name.as_str())
    }

    /// The finding, in a sentence.
    pub fn heading(&self) -> &str {
        &self.canvas.heading
    }

    /// What is shown, and how.
    pub fn subtitle(&self) -> &str {
        &self.canvas.subtitle
    }

    /// Where it shows values by month, if it does: one plot, or one for each of its scenarios.
    pub fn plots(&self) -> &[Plot] {
        &self.canvas.plots
    }

    /// Places to point at, in shares of the drawing's width and height, each with the name of its row of the figures.
    pub fn spots(&self) -> impl Iterator<Item = (Rect, &str)> {
        self.canvas.spots.iter().map(|(rect, name)| (self.in_body(*rect), name.as_str()))
    }

    /// The same fan in each of its scenarios, its own first; none of another chart, or where there is one scenario.
    pub fn in_each_scenario(&self, results: &Results<'_>) -> Vec<Picture> {
        let scenarios = self.scenarios(results);
        if self.asked.kind != ChartKind::Fan || scenarios.len() < 2 {
            return Vec::new();
        }
        let picture = |case: &ScenarioResult| {
            let asked = Chart { scenario: Some(case.id.clone()), ..self.asked.clone() };
            let canvas = canvas(&View { results: *results, asked: &asked })?;
            // Names of files have no dot: no other chart is called so.
            Some(Picture { asked, name: format!("{}.{}", self.name, case.id), canvas })
        };
        scenarios.into_iter().filter_map(picture).collect()
    }

    /// The same for a narrow screen, if it can be drawn there.
    pub fn narrow(&self, results: &Results<'_>) -> Option<Picture> {
        let canvas = phone::canvas(&self.view(results), &self.canvas)?;
        Some(Picture { asked: self.asked.clone(), name: self.name.clone(), canvas })
    }

    /// Its figures, where no other table has them.
    pub fn figures(&self) -> Option<&Figures> {
        self.canvas.figures.as_ref()
    }

    /// Where a part of the canvas lies in the drawing of [`Picture::inline_svg`], in shares of its width and height.
    pub fn in_body(&self, rect: Rect) -> Rect {
        let (width, (top, bottom)) = (self.canvas.width, self.canvas.body);
        let y = |at: f64| (at - top) / (bottom - top);
        Rect::new(rect.left / width, y(rect.top), rect.right / width, y(rect.bottom))
    }

    /// The whole chart as SVG.
    pub fn svg(&self) -> String {
        draw::svg(&self.canvas)
    }

    /// The drawing, title and source line outside of what is seen, to stand below a heading of its own.
    pub fn inline_svg(&self) -> String {
        draw::inline_svg(&self.canvas)
    }
}

/// What to call an outcome, as a label begins: `Total shortage of magnets in Japan`.
pub fn outcome_name(results: &Results<'_>, name: &str) -> String {
    let mut models = results.study.scenarios.iter().map(|case| &case.model);
    let spec = models.find_map(|model| Some((model, model.outcomes.iter().find(|spec| spec.name == name)?)));
    spec.map_or(name.into(), |(model, spec)| subject::capital(&subject::outcome_name(model, spec)))
}

/// What to call a series, as a label begins, with what its figures are shares of.
pub fn series_name(results: &Results<'_>, name: &str) -> String {
    let mut models = results.study.scenarios.iter().map(|case| &case.model);
    let spec = models.find_map(|model| Some((model, model.series.iter().find(|spec| spec.name == name)?)));
    let name_of = |(model, spec)| {
        let name = subject::series_name(model, spec);
        name.long + name.of
    };
    spec.map_or(name.into(), name_of)
}

/// The charts that the config asks for, or all, as far as the results have something for them.
pub fn pictures(results: &Results<'_>) -> Vec<Picture> {
    let asked = &results.study.config.charts;
    let asked = if asked.is_empty() { defaults() } else { asked.clone() };
    let names = file_names(&asked);
    let picture = |(asked, name): (Chart, String)| {
        let canvas = canvas(&View { results: *results, asked: &asked })?;
        Some(Picture { asked, name, canvas })
    };
    asked.into_iter().zip(names).filter_map(picture).collect()
}

/// Which of the charts that are asked for, or of the standard ones without `[[charts]]`, the results have nothing for.
pub fn lacking(asked: &[Chart], is_drawn: impl Fn(&str) -> bool) -> Option<String> {
    let standard = defaults();
    let charts = if asked.is_empty() { &standard } else { asked };
    let lacking = charts.iter().zip(file_names(charts)).filter(|(_, name)| !is_drawn(name));
    let lacking: Vec<String> =
        lacking.map(|(chart, name)| format!("`{name}` (needs {})", chart.kind.needs())).collect();
    let names = lacking.join(", ");
    (!lacking.is_empty()).then(|| format!("Charts not drawn, since the results have nothing to show in them: {names}."))
}

/// Which kinds of charts `[[charts]]` leaves out, and how to get them.
pub fn left_out(asked: &[Chart]) -> Option<String> {
    let others = ChartKind::ALL.into_iter().filter(|kind| !asked.iter().any(|chart| chart.kind == *kind));
    let others: Vec<&str> = others.filter(|_| !asked.is_empty()).map(ChartKind::word).collect();
    let (first, names) = (*others.first()?, others.join(", "));
    Some(format!(
        "Charts not drawn, since `[[charts]]` does not ask for them: {names}; an entry with `kind = \"{first}\"` adds one."
    ))
}

/// Words with letters that no face of the charts has, in the order of reading, each once: PNG files show boxes there.
pub fn undrawable(pictures: &[Picture]) -> Vec<String> {
    let texts = pictures.iter().map(|picture| &picture.canvas).flat_map(|canvas| {
        std::iter::once(canvas.title.as_str()).chain(canvas.labels.iter().map(|label| label.text.as_str()))
    });
    let is_edge = |letter: char| !letter.is_alphanumeric() && !font::is_missing(letter);
    let words = texts.flat_map(str::split_whitespace).map(|word| word.trim_matches(is_edge));
    let mut found: Vec<String> = Vec::new();
    for word in words.filter(|word| word.chars().any(font::is_missing)) {
        // A label may hold a part of a word only.
        if !found.iter().any(|known| known.contains(word)) {
            found.push(word.into());
        }
    }
    found
}

/// What to tell of [`undrawable`] words; none if there are none.
pub fn undrawable_note(pictures: &[Picture]) -> Option<String> {
    const SHOWN: usize = 5;
    let words = undrawable(pictures);
    let shown: Vec<String> = words.iter().take(SHOWN).map(|word| format!("`{word}`")).collect();
    let more = if words.len() > SHOWN { format!(" and {} more", words.len() - SHOWN) } else { String::new() };
    (!words.is_empty()).then(|| {
        format!(
            "the font of the charts lacks letters of {}{more}: PNG files show boxes there; report.html and SVG files keep the \
             text",
            shown.join(", ")
        )
    })
}

/// The chart of a command other than `run`.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Name of its file, without folder and ending.
    pub name: String,
    canvas: Canvas,
}

impl Drawn {
    /// The finding, in a sentence.
    pub fn heading(&self) -> &str {
        &self.canvas.heading
    }

    /// What is shown, and how.
    pub fn subtitle(&self) -> &str {
        &self.canvas.subtitle
    }

    /// The drawing, to stand below a heading of its own.
    pub fn inline_svg(&self) -> String {
        draw::inline_svg(&self.canvas)
    }

    /// The whole chart as SVG.
    pub fn svg(&self) -> String {
        draw::svg(&self.canvas)
    }

    /// Its file below `charts/`.
    pub fn png(&self) -> Rendered {
        let png = draw::png(&self.svg());
        let png = png.expect("a chart is text that was escaped, of a size that is bounded");
        (format!("charts/{}.png", self.name), png)
    }
}

/// The chart of a stress test; none if there is nothing to lose. `digest` is that of the config as run.
pub fn stress(study: &Study, stress: &Stress, digest: &str) -> Option<Drawn> {
    stress::canvas(study, stress, digest).map(|canvas| Drawn { name: "stress".into(), canvas })
}

/// The chart of the sizes of a stock; none if no trial goes short. `name` is that of its file.
pub fn size(study: &Study, sizes: &StockSizes, name: String, digest: &str) -> Option<Drawn> {
    size::canvas(study, sizes, digest).map(|canvas| Drawn { name, canvas })
}

/// What drives a number of a scenario; none if no input certainly does. `digest` is that of the config as run.
pub fn tornado(
    (study, digest): (&Study, &str),
    model: &Model,
    drivers: &Drivers,
    found: &DrivenNumber,
    name: String,
) -> Option<Drawn> {
    let trials = format!("{} trials", number::grouped(drivers.trials));
    let source = frame::provenance(study, &trials, digest);
    let begin = |height: f64, title: &str, subtitle: &str| frame::begin(height, title, subtitle, source.clone());
    tornado::of(model, drivers, found, begin).map(|canvas| Drawn { name, canvas })
}

/// The chart of what would have to be true; none if nothing was moved. `digest` is that of the config as run.
pub fn require(study: &Study, found: &Requirement, digest: &str) -> Option<Drawn> {
    require::canvas(study, found, digest).map(|canvas| Drawn { name: "require".into(), canvas })
}

/// The chart of sets of measures; none if they all cost the same. `digest` is that of the config as run.
pub fn frontier(study: &Study, choice: &Choice, digest: &str) -> Option<Drawn> {
    frontier::canvas(study, choice, digest).map(|canvas| Drawn { name: "frontier".into(), canvas })
}

/// The files below `charts/`: PNG, and SVG if it is asked for.
pub fn files(pictures: &[Picture], with_svg: bool) -> Vec<Rendered> {
    let draw = |picture: &Picture| {
        let (name, svg) = (&picture.name, picture.svg());
        let png = draw::png(&svg).expect("a chart is text that was escaped, of a size that is bounded");
        let svg = with_svg.then(|| (format!("charts/{name}.svg"), svg.into_bytes()));
        std::iter::once((format!("charts/{name}.png"), png)).chain(svg).collect::<Vec<Rendered>>()
    };
    pictures.iter().flat_map(draw).collect()
}
