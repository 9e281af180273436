//! Charts: PNG files at 300 dots to the inch, and the same as SVG.
//!
//! A chart is a function from [`Results`] to a canvas of shapes and labels; `draw.rs` turns that into SVG and PNG. To add
//! one: a file with such a function, a variant of [`Chart`], and an arm in `Chart::canvas`.
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
mod style;
mod subject;
#[cfg(test)]
mod tests;
mod title;

use super::{Rendered, Results};
use crate::summary::Series;
use canvas::Canvas;
pub use canvas::{Figures, Plot, Rect};

/// The charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    /// Percentiles of the series that the main milestone looks at, month by month.
    Fan,
    /// Probability of the main milestone by date.
    Milestone,
    /// The main series in every scenario.
    Multiples,
    /// Distribution and exceedance of the main outcome.
    Distribution,
    /// Probability of any shortage by the size of a stock.
    Stock,
    /// Scenarios side by side.
    Scenarios,
    /// Dates of the projects.
    Pipeline,
    /// A few trials: their episodes and their shortage.
    Raster,
    /// One page with the main ones.
    Dashboard,
}

impl Chart {
    /// All of them, in the order of reading.
    pub const ALL: [Chart; 9] = [
        Chart::Fan,
        Chart::Milestone,
        Chart::Multiples,
        Chart::Distribution,
        Chart::Stock,
        Chart::Scenarios,
        Chart::Pipeline,
        Chart::Raster,
        Chart::Dashboard,
    ];

    /// Name of its file, without folder and ending.
    pub fn name(self) -> &'static str {
        match self {
            Chart::Fan => "coverage-fan",
            Chart::Milestone => "milestone-probability",
            Chart::Multiples => "multiples",
            Chart::Distribution => "distribution",
            Chart::Stock => "stock",
            Chart::Scenarios => "scenarios",
            Chart::Pipeline => "pipeline",
            Chart::Raster => "raster",
            Chart::Dashboard => "dashboard",
        }
    }

    /// The series that it shows, if it shows one.
    pub fn series<'a>(self, results: &Results<'a>) -> Option<&'a Series> {
        let cases = subject::cases(results);
        match self {
            Chart::Fan => subject::series(results, cases.first()?).map(|(series, _)| series),
            _ => None,
        }
    }

    fn canvas(self, results: &Results<'_>) -> Option<Canvas> {
        match self {
            Chart::Fan => fan::canvas(results),
            Chart::Milestone => milestone::canvas(results),
            Chart::Multiples => multiples::canvas(results),
            Chart::Distribution => distribution::canvas(results),
            Chart::Stock => stock::canvas(results),
            Chart::Scenarios => scenarios::canvas(results),
            Chart::Pipeline => pipeline::canvas(results),
            Chart::Raster => raster::canvas(results),
            Chart::Dashboard => dashboard::canvas(results),
        }
    }
}

/// A chart that the results have something for.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Which.
    pub chart: Chart,
    canvas: Canvas,
}

impl Picture {
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
    let model = results.study.cases.first().map(|case| &case.model);
    let spec = model.and_then(|model| Some((model, model.outcomes.iter().find(|spec| spec.name == name)?)));
    spec.map_or(name.into(), |(model, spec)| subject::capital(&subject::outcome_name(model, spec)))
}

/// All charts that the results have something for, in the order of reading.
pub fn pictures(results: &Results<'_>) -> Vec<Picture> {
    let picture = |chart: Chart| Some(Picture { chart, canvas: chart.canvas(results)? });
    Chart::ALL.into_iter().filter_map(picture).collect()
}

/// The files below `charts/`: PNG, and SVG if it is asked for.
pub fn files(pictures: &[Picture], with_svg: bool) -> Vec<Rendered> {
    let draw = |picture: &Picture| {
        let (name, svg) = (picture.chart.name(), picture.svg());
        // A chart too large to be drawn cannot be: its size is bounded.
        let png = draw::png(&svg).ok().map(|bytes| (format!("charts/{name}.png"), bytes));
        let svg = with_svg.then(|| (format!("charts/{name}.svg"), svg.into_bytes()));
        png.into_iter().chain(svg).collect::<Vec<Rendered>>()
    };
    pictures.iter().flat_map(draw).collect()
}
