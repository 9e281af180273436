//! Charts: PNG files at 300 dots to the inch, and the same as SVG.
//!
//! A chart is a function from a `View` of the results to a canvas of shapes and labels; `draw.rs` turns that into SVG
//! and PNG. To add one: a file with such a function, a variant of [`ChartKind`], and an arm in `canvas`.
//!
//! The same results give the same bytes on every machine: fonts come with the program, colours are opaque, and the
//! arithmetic is that of IEEE 754.

mod axis;
mod canvas;
mod dashboard;
mod distribution;
mod dodge;
mod draw;
mod fan;
mod font;
mod frame;
mod histogram;
mod milestone;
mod multiples;
mod number;
mod pipeline;
mod raster;
mod scenarios;
mod stock;
mod stress;
mod style;
mod subject;
#[cfg(test)]
mod tests;
mod title;

use super::{Rendered, Results};
use crate::config::{Chart, ChartKind, file_names};
use crate::study::Study;
use crate::summary::stress::Stress;
use crate::summary::{ScenarioResult, Series};
use canvas::Canvas;
pub use canvas::{Figures, Plot, Rect};
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

    /// Where it shows values by month, if it does.
    pub fn plot(&self) -> Option<Plot> {
        self.canvas.plot
    }

    /// Its figures, where no other table has them.
    pub fn figures(&self) -> Option<&Figures> {
        self.canvas.figures.as_ref()
    }

    /// Where that plot lies in the drawing of [`Picture::inline_svg`].
    pub fn plot_in_body(&self, plot: Plot) -> Rect {
        let (top, rect) = (self.canvas.body.0, plot.rect);
        Rect::new(rect.left, rect.top - top, rect.right, rect.bottom - top)
    }

    /// Width and height of that drawing.
    pub fn body_size(&self) -> (f64, f64) {
        (style::WIDTH, self.canvas.body.1 - self.canvas.body.0)
    }

    /// The whole chart as SVG.
    pub fn svg(&self) -> String {
        draw::svg(&self.canvas)
    }

    /// The drawing without title and source line, to stand below a heading of its own.
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

/// The chart of a stress test, below `charts/`; none if there is nothing to lose. `digest` is that of the config as run.
pub fn stress(study: &Study, stress: &Stress, digest: &str) -> Option<Rendered> {
    let png = draw::png(&draw::svg(&stress::canvas(study, stress, digest)?));
    Some(("charts/stress.png".into(), png.expect("a chart is text that was escaped, of a size that is bounded")))
}

/// Names of charts that the config asks for and the results have nothing for.
pub fn missing(results: &Results<'_>, pictures: &[Picture]) -> Vec<String> {
    let names = file_names(&results.study.config.charts).into_iter();
    names.filter(|name| !pictures.iter().any(|picture| picture.name == *name)).collect()
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
