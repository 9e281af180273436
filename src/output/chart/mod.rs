//! Charts: PNG files at 300 dots to the inch, and the same as SVG.
//!
//! A chart is a function from [`Results`] to a canvas of shapes and labels; `draw.rs` turns that into SVG and PNG. To add
//! one: a file with such a function, a variant of [`Chart`], and an arm in `Chart::canvas`.
//!
//! The same results give the same bytes on every machine: fonts come with the program, colours are opaque, and the
//! arithmetic is that of IEEE 754.

mod axis;
mod canvas;
mod distribution;
mod dodge;
mod draw;
mod fan;
mod font;
mod frame;
mod histogram;
mod milestone;
mod number;
mod scenarios;
mod style;
mod subject;
#[cfg(test)]
mod tests;
mod title;

use super::{Rendered, Results};
use canvas::Canvas;

/// The charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    /// Percentiles of the series that the main milestone looks at, month by month.
    Fan,
    /// Probability of the main milestone by date.
    Milestone,
    /// Distribution and exceedance of the main outcome.
    Distribution,
    /// Scenarios side by side.
    Scenarios,
}

impl Chart {
    /// All of them, in the order of reading.
    pub const ALL: [Chart; 4] = [Chart::Fan, Chart::Milestone, Chart::Distribution, Chart::Scenarios];

    /// Name of its file, without folder and ending.
    pub fn name(self) -> &'static str {
        match self {
            Chart::Fan => "coverage-fan",
            Chart::Milestone => "milestone-probability",
            Chart::Distribution => "distribution",
            Chart::Scenarios => "scenarios",
        }
    }

    fn canvas(self, results: &Results<'_>) -> Option<Canvas> {
        match self {
            Chart::Fan => fan::canvas(results),
            Chart::Milestone => milestone::canvas(results),
            Chart::Distribution => distribution::canvas(results),
            Chart::Scenarios => scenarios::canvas(results),
        }
    }
}

/// A chart as SVG; none if the results have nothing for it to show.
pub fn svg(chart: Chart, results: &Results<'_>) -> Option<String> {
    chart.canvas(results).map(|canvas| draw::svg(&canvas))
}

/// All charts that the results have something for, as PNG files below `charts/`.
pub fn render(results: &Results<'_>) -> Vec<Rendered> {
    let draw = |chart: Chart| {
        // A chart too large to be drawn cannot be: its size is bounded.
        let bytes = draw::png(&svg(chart, results)?).ok()?;
        Some((format!("charts/{}.png", chart.name()), bytes))
    };
    Chart::ALL.into_iter().filter_map(draw).collect()
}
