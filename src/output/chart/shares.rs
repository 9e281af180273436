//! Axes of probabilities: always from nought to all, so that what is nearly impossible looks so; and where everything is
//! below 5 %, a second plot that enlarges it and says so.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, Rect};
use super::font::Face;
use super::frame;
use super::style;

/// Below this, probabilities are enlarged in a plot of their own.
const SMALL: f64 = 0.05;
/// Room between the two, with what stands above the second.
const GAP: f64 = 44.0;
/// Part of the height that the plot of all keeps.
const PART: f64 = 0.36;

/// Whether probabilities up to this are enlarged.
pub fn are_small(highest: f64) -> bool {
    highest > 0.0 && highest < SMALL
}

/// A plot whose upright axis is a probability.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// Where.
    pub plot: Rect,
    /// Its axis.
    pub y: Axis,
}

/// Draws the axes of probabilities up to `highest` into a room: one plot, or two one below the other; the last is the one
/// to label. The plots begin right of their figures.
pub fn shares(canvas: &mut Canvas, room: &Rect, highest: f64) -> Vec<Shares> {
    let middle = if are_small(highest) { Some(room.top + PART * (room.height() - GAP)) } else { None };
    let (whole, enlarged) = match middle {
        None => (*room, None),
        Some(y) => {
            let below = Rect::new(room.left, y + GAP, room.right, room.bottom);
            (Rect::new(room.left, room.top, room.right, y), Some(below))
        }
    };
    let most = |plot: &Rect| ((plot.height() / 46.0) as usize).clamp(1, 5);
    let mut shown = vec![Shares { plot: whole, y: Axis::new(0.0, 1.0, whole.bottom, whole.top) }];
    shown.extend(enlarged.map(|plot| {
        // A tenth of room above; too small a share for figures is drawn at the bottom.
        let high = (1.1 * highest).max(1e-6);
        Shares { plot, y: Axis::rounded(0.0, high, plot.bottom, plot.top, most(&plot)) }
    }));
    let ticks = |panel: &Shares| panel.y.ticks(most(&panel.plot), 0.01);
    let widths = shown.iter().map(|panel| frame::value_axis_width(&ticks(panel), "\u{a0}%"));
    let left = room.left + widths.fold(0.0, f64::max);
    for (index, panel) in shown.iter_mut().enumerate() {
        panel.plot.left = left;
        frame::value_axis(canvas, &panel.plot, &panel.y, &ticks(panel), "\u{a0}%");
        if index > 0 {
            let note = Label::new("The same, enlarged", (left, panel.plot.top - 12.0), Anchor::Start);
            canvas.put(note.size(style::SMALL).colour(style::TEXT).face(Face::Italic));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_drawn_from_nought_to_all_and_small_ones_once_more() {
        for (highest, count) in [(0.0, 1), (0.0003, 2), (0.049, 2), (0.05, 1), (0.3, 1), (1.0, 1)] {
            let mut canvas = Canvas::new(600.0, "", "");
            let room = Rect::new(40.0, 50.0, 900.0, 550.0);
            let found = shares(&mut canvas, &room, highest);
            assert_eq!(found.len(), count, "{highest}");
            assert_eq!((found[0].y.low, found[0].y.high), (0.0, 1.0));
            assert!(canvas.labels.iter().any(|label| label.text == "100\u{a0}%"), "{highest}");
            let said = canvas.labels.iter().any(|label| label.text.contains("enlarged"));
            assert_eq!(said, count == 2, "what is enlarged says so");
            if let [_, enlarged] = &found[..] {
                let above = enlarged.plot.bottom - enlarged.y.at(highest);
                assert!(above > 0.4 * enlarged.plot.height(), "{highest} fills the plot that enlarges it");
            }
        }
    }
}
