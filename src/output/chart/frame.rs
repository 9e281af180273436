//! What all charts have in common: title, subtitle, source line, grid and axes.

use super::axis::{Axis, time_ticks};
use super::canvas::{Anchor, Canvas, Label, Rect};
use super::font::{self, Face};
use super::subject::View;
use super::{number, style};
use crate::config::Month;
use crate::study::Study;
use crate::summary::ClaimResult;

/// A canvas with title and source line, and the room left between them.
pub struct Frame {
    /// The canvas.
    pub canvas: Canvas,
    /// Lower edge of the subtitle.
    pub top: f64,
    /// Upper edge of the source line.
    pub bottom: f64,
}

/// Begins a chart. `height` is for a title and subtitle of one line each; further lines are added to it. A title that
/// was asked for takes the place of this one.
pub fn frame(results: &View<'_>, height: f64, title: &str, subtitle: &str) -> Frame {
    let trials = results.summary.trials;
    let trials = format!("{} trial{}", number::grouped(trials), if trials == 1 { "" } else { "s" });
    let source = provenance(results.study, &trials, results.config_digest);
    begin(height, results.asked.title.as_deref().unwrap_or(title), subtitle, source)
}

/// The same of what is not a run, with the two parts of its source line.
pub fn begin(height: f64, title: &str, subtitle: &str, source_line: [String; 2]) -> Frame {
    let room = style::WIDTH - 2.0 * style::MARGIN;
    let titles = font::wrap(title, Face::Bold, style::TITLE, room, 3);
    let subtitles = font::wrap(subtitle, Face::Regular, style::SUBTITLE, room, 3);
    let (title_step, subtitle_step) = (style::TITLE * style::TITLE_LINE, style::SUBTITLE * style::LINE);
    let extra =
        titles.len().saturating_sub(1) as f64 * title_step + subtitles.len().saturating_sub(1) as f64 * subtitle_step;
    let height = (height + extra).round();
    let mut canvas = Canvas::new(height, title, subtitle);
    let (tag_width, tag_height) = style::TAG;
    canvas.bar(Rect::new(style::MARGIN, 0.0, style::MARGIN + tag_width, tag_height), style::MEDIAN);
    let mut baseline = 46.0;
    for line in &titles {
        let label = Label::new(line, (style::MARGIN, baseline), Anchor::Start).face(Face::Bold).size(style::TITLE);
        canvas.put(label.colour(style::INK));
        baseline += title_step;
    }
    baseline += 28.0 - title_step;
    for line in &subtitles {
        canvas.put(Label::new(line, (style::MARGIN, baseline), Anchor::Start).size(style::SUBTITLE));
        baseline += subtitle_step;
    }
    source(&mut canvas, source_line);
    let top = baseline - subtitle_step + font::DESCENT * style::SUBTITLE;
    let bottom = height - style::FOOT - style::SOURCE;
    canvas.body = (top, bottom);
    Frame { canvas, top, bottom }
}

/// Where the figures come from, and what it takes to compute them again; `trials` says how many there are.
pub fn provenance(study: &Study, trials: &str, digest: &str) -> [String; 2] {
    let (config, digest): (_, String) = (&study.config, digest.chars().take(8).collect());
    let line = config.output.source_line.as_ref().unwrap_or(&config.title);
    let version = env!("CARGO_PKG_VERSION");
    let provenance =
        format!("{trials} \u{b7} seed {} \u{b7} shortfall {version} \u{b7} config {digest}", config.run.seed);
    [line.clone(), provenance]
}

/// Puts both at the foot.
fn source(canvas: &mut Canvas, [line, provenance]: [String; 2]) {
    let baseline = canvas.height - style::FOOT;
    let small = |text: &str, x: f64, anchor: Anchor| {
        Label::new(text, (x, baseline), anchor).size(style::SOURCE).colour(style::MUTED)
    };
    let right = small(&provenance, style::WIDTH - style::MARGIN, Anchor::End);
    let room = right.bounds().left - style::MARGIN - 24.0;
    canvas.put(right);
    canvas.put(small(&line, style::MARGIN, Anchor::Start).within(room));
}

/// Horizontal grid lines with their figures left of the plot. `last` is appended to the topmost figure.
pub fn value_axis(canvas: &mut Canvas, plot: &Rect, axis: &Axis, ticks: &[(f64, String)], last: &str) {
    for (index, (value, text)) in ticks.iter().enumerate() {
        let y = axis.at(*value);
        canvas.line(vec![(plot.left, y), (plot.right, y)], style::GRID, style::GRID_WIDTH);
        let text = if index + 1 == ticks.len() { format!("{text}{last}") } else { text.clone() };
        let label = Label::new(text, (plot.left - 9.0, y + 0.36 * style::AXIS), Anchor::End).size(style::AXIS);
        canvas.put(label.colour(style::MUTED));
    }
}

/// Width that the figures of a value axis take, with the space beside them.
pub fn value_axis_width(ticks: &[(f64, String)], last: &str) -> f64 {
    let widest = ticks.iter().enumerate().map(|(index, (_, text))| {
        let text = if index + 1 == ticks.len() { format!("{text}{last}") } else { text.clone() };
        font::width(&text, Face::Regular, style::AXIS)
    });
    widest.fold(0.0, f64::max) + 9.0
}

/// The axis line below a plot, with ticks and figures.
pub fn bottom_axis(canvas: &mut Canvas, plot: &Rect, axis: &Axis, ticks: &[(f64, String)]) {
    let y = plot.bottom;
    canvas.line(vec![(plot.left, y), (plot.right, y)], style::TEXT, style::AXIS_WIDTH);
    let mut free_from = 0.0;
    for (value, text) in ticks {
        let x = axis.at(*value);
        canvas.line(vec![(x, y), (x, y + style::TICK)], style::TEXT, style::AXIS_WIDTH);
        let at = (x, y + style::TICK + 1.2 * style::AXIS);
        let label = Label::new(text, at, Anchor::Middle).size(style::AXIS).colour(style::MUTED);
        let bounds = label.bounds();
        // Long figures: every other one, rather than one over the other.
        if bounds.left >= free_from && bounds.right <= canvas.width - 4.0 {
            free_from = bounds.right + 10.0;
            canvas.put(label);
        }
    }
}

/// Vertical grid lines, with an axis below the plot.
pub fn vertical_grid(canvas: &mut Canvas, plot: &Rect, x: &Axis, ticks: &[(f64, String)]) {
    for (value, _) in ticks {
        let x = x.at(*value);
        canvas.line(vec![(x, plot.top), (x, plot.bottom)], style::GRID, style::GRID_WIDTH);
    }
    bottom_axis(canvas, plot, x, ticks);
}

/// A time axis below a plot.
pub fn time_axis(canvas: &mut Canvas, plot: &Rect, axis: &Axis, start: Month, months: usize) {
    let most = ((plot.right - plot.left) / 72.0).clamp(2.0, 16.0) as usize;
    bottom_axis(canvas, plot, axis, &time_ticks(start, months, most));
}

/// Claims about a milestone that fall into the horizon, by date; those of one month together.
pub fn claims_by_date<'a>(
    claims: &'a [ClaimResult],
    milestone: &str,
    months: usize,
) -> Vec<(u32, Vec<&'a ClaimResult>)> {
    let mut dated: Vec<(u32, Vec<&ClaimResult>)> = Vec::new();
    let mut about: Vec<&ClaimResult> = claims.iter().filter(|claim| claim.milestone == milestone).collect();
    about.sort_by_key(|claim| claim.months); // stable: in the order of the file within a month
    for claim in about.into_iter().filter(|claim| claim.months as usize <= months) {
        match dated.last_mut() {
            Some((date, group)) if *date == claim.months => group.push(claim),
            _ => dated.push((claim.months, vec![claim])),
        }
    }
    dated
}
