//! What a chart consists of, before anything is drawn: shapes in their order, and labels above them.
//!
//! A chart collects its labels here, each with its true box, so that no label is put where another one stands or where
//! the canvas ends; and a test can look at them all.

use super::font::{self, Face};
use super::style::{self, Colour};

/// A point, in logical pixels from the top left corner.
pub type Point = (f64, f64);

/// An upright rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Rect {
    /// From its edges.
    pub fn new(left: f64, top: f64, right: f64, bottom: f64) -> Rect {
        Rect { left, top, right, bottom }
    }

    /// Whether they have an area in common.
    pub fn overlaps(&self, other: &Rect) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether a point lies in it.
    pub fn holds(&self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// Larger by `by` on every side.
    pub fn grown(&self, by: f64) -> Rect {
        Rect::new(self.left - by, self.top - by, self.right + by, self.bottom + by)
    }

    /// Height.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// Something drawn that is not text.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Joined straight lines.
    Line {
        /// From point to point.
        points: Vec<Point>,
        /// Colour.
        colour: Colour,
        /// Width.
        width: f64,
    },
    /// A filled polygon.
    Area {
        /// Its corners.
        points: Vec<Point>,
        /// Colour.
        colour: Colour,
    },
    /// A filled rectangle.
    Bar {
        /// Where.
        rect: Rect,
        /// Colour.
        colour: Colour,
    },
    /// A dot.
    Dot {
        /// Centre.
        at: Point,
        /// Radius.
        radius: f64,
        /// Colour.
        colour: Colour,
    },
}

/// Which end of a label stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The beginning.
    Start,
    /// The middle.
    Middle,
    /// The end.
    End,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// What it says.
    pub text: String,
    /// Point on the baseline.
    pub at: Point,
    /// Which end stands there.
    pub anchor: Anchor,
    /// Size.
    pub size: f64,
    /// Face.
    pub face: Face,
    /// Colour.
    pub colour: Colour,
    /// Whether it has a white ground of its own, for labels over lines.
    pub plate: bool,
}

impl Label {
    /// Text at a point, in the ordinary size and colour.
    pub fn new(text: impl Into<String>, at: Point, anchor: Anchor) -> Label {
        let text: String = text.into();
        // XML knows no control characters, and a label is one line.
        let text = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        Label { text, at, anchor, size: style::LABEL, face: Face::Regular, colour: style::TEXT, plate: false }
    }

    /// In another size.
    pub fn size(self, size: f64) -> Label {
        Label { size, ..self }
    }

    /// In another face.
    pub fn face(self, face: Face) -> Label {
        Label { face, ..self }
    }

    /// In another colour.
    pub fn colour(self, colour: Colour) -> Label {
        Label { colour, ..self }
    }

    /// On a white ground.
    pub fn plate(self) -> Label {
        Label { plate: true, ..self }
    }

    /// No wider than `room`.
    pub fn within(self, room: f64) -> Label {
        Label { text: font::shorten(&self.text, self.face, self.size, room), ..self }
    }

    /// The box that its letters fill.
    pub fn bounds(&self) -> Rect {
        let width = font::width(&self.text, self.face, self.size);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - 0.5 * width,
            Anchor::End => self.at.0 - width,
        };
        let (top, bottom) = (self.at.1 - font::ASCENT * self.size, self.at.1 + font::DESCENT * self.size);
        Rect::new(left, top, left + width, bottom)
    }
}

/// Where a chart shows values by month, so that a page can tell the figures below a pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plot {
    /// The plot.
    pub rect: Rect,
    /// Months from its left to its right edge.
    pub months: f64,
    /// Where in its month a value stands: 0 at the start, 0.5 in the middle.
    pub offset: f64,
    /// Value at the lower edge.
    pub low: f64,
    /// Value at the upper edge.
    pub high: f64,
}

/// The figures of a chart, for those who cannot see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Names of the columns; the first is what the rows are.
    pub header: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// A chart before it is drawn.
#[derive(Clone, Debug)]
pub struct Canvas {
    /// Width; that of the files is [`style::WIDTH`].
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Name for those who cannot see it.
    pub title: String,
    /// The finding.
    pub heading: String,
    /// What is shown, and how.
    pub subtitle: String,
    /// From where to where the drawing reaches, between subtitle and source line.
    pub body: (f64, f64),
    /// Where values stand by month, if they do: one plot, or one for each scenario.
    pub plots: Vec<Plot>,
    /// Places to point at, each with the name of the row of the chart's table that tells its figures.
    pub spots: Vec<(Rect, String)>,
    /// The same as a table, where the tables of results do not have it.
    pub figures: Option<Figures>,
    /// Shapes, the first at the bottom.
    pub shapes: Vec<Shape>,
    /// Labels, above all shapes.
    pub labels: Vec<Label>,
    /// Points of curves that labels had better not cover.
    busy: Vec<Point>,
    /// Places where no label may be put by [`Canvas::place`]: dots, and marks that must be seen.
    kept: Vec<Rect>,
}

impl Canvas {
    /// Empty.
    pub fn new(height: f64, heading: &str, subtitle: &str) -> Canvas {
        Canvas {
            width: style::WIDTH,
            height,
            title: if subtitle.is_empty() { heading.into() } else { format!("{heading}. {subtitle}") },
            heading: heading.into(),
            subtitle: subtitle.into(),
            body: (0.0, height),
            plots: Vec::new(),
            spots: Vec::new(),
            figures: None,
            shapes: Vec::new(),
            labels: Vec::new(),
            busy: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Draws joined lines.
    pub fn line(&mut self, points: Vec<Point>, colour: Colour, width: f64) {
        self.shapes.push(Shape::Line { points, colour, width });
    }

    /// Draws the curve of a scenario, by its place: in its colour, and in its dashes.
    pub fn scenario(&mut self, points: Vec<Point>, index: usize) {
        let width = if index == 0 { style::MEDIAN_WIDTH } else { style::OTHER_WIDTH };
        self.busy(&points);
        match style::scenario_dash(index) {
            None => self.line(points, style::scenario(index), width),
            Some(pattern) => {
                for dash in dashes(&points, pattern) {
                    self.line(dash, style::scenario(index), width);
                }
            }
        }
    }

    /// Draws a curve that labels had better not cover.
    pub fn curve(&mut self, points: Vec<Point>, colour: Colour, width: f64) {
        self.busy(&points);
        self.line(points, colour, width);
    }

    /// Tells labels placed later that these lines are better left uncovered.
    fn busy(&mut self, points: &[Point]) {
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            // A point every few pixels, or a label would fit between two of them.
            let length = (to.0 - from.0).abs() + (to.1 - from.1).abs();
            let steps = (length / 4.0).ceil().clamp(1.0, 1000.0) as u32;
            for step in 0..=steps {
                let share = f64::from(step) / f64::from(steps);
                self.busy.push((from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1)));
            }
        }
    }

    /// Draws a dashed line.
    pub fn dashed(&mut self, from: Point, to: Point, colour: Colour, width: f64) {
        for dash in dashes(&[from, to], style::DASH) {
            self.line(dash, colour, width);
        }
    }

    /// Fills a polygon.
    pub fn area(&mut self, points: Vec<Point>, colour: Colour) {
        self.shapes.push(Shape::Area { points, colour });
    }

    /// Fills a rectangle.
    pub fn bar(&mut self, rect: Rect, colour: Colour) {
        self.shapes.push(Shape::Bar { rect, colour });
    }

    /// Draws a dot with a white ring, which no label placed later covers.
    pub fn dot(&mut self, at: Point, colour: Colour) {
        let (radius, ring) = style::DOT;
        self.shapes.push(Shape::Dot { at, radius: radius + ring, colour: style::WHITE });
        self.shapes.push(Shape::Dot { at, radius, colour });
        self.keep(Rect::new(at.0, at.1, at.0, at.1).grown(radius + ring));
    }

    /// Tells labels placed later that this point is better left uncovered.
    pub fn avoid(&mut self, point: Point) {
        self.busy.push(point);
    }

    /// Keeps labels placed later out of a rectangle.
    pub fn keep(&mut self, rect: Rect) {
        self.kept.push(rect);
    }

    /// Puts a label where it was decided to be.
    pub fn put(&mut self, label: Label) {
        if !label.text.trim().is_empty() {
            self.labels.push(label);
        }
    }

    /// Whether these labels would lie within the canvas and apart from all others.
    pub fn is_free(&self, group: &[Label]) -> bool {
        let inside = Rect::new(style::MARGIN / 4.0, 0.0, self.width - style::MARGIN / 4.0, self.height);
        group.iter().all(|label| {
            let bounds = label.bounds();
            let within = bounds.left >= inside.left && bounds.right <= inside.right;
            let within = within && bounds.top >= inside.top && bounds.bottom <= inside.bottom;
            // Air between labels, more of it sideways, where letters stand close anyway.
            let wider = Rect::new(bounds.left - 5.0, bounds.top - 1.0, bounds.right + 5.0, bounds.bottom + 1.0);
            within
                && !self.labels.iter().any(|other| other.bounds().overlaps(&wider))
                && !self.kept.iter().any(|kept| kept.overlaps(&bounds))
        })
    }

    /// Puts the group of labels that covers least of the curves among those that are free; false if none is.
    pub fn place(&mut self, candidates: Vec<Vec<Label>>) -> bool {
        let covered = |group: &Vec<Label>| {
            let bounds: Vec<Rect> = group.iter().map(|label| label.bounds().grown(4.0)).collect();
            self.busy.iter().filter(|&&point| bounds.iter().any(|rect| rect.holds(point))).count()
        };
        let free = candidates.into_iter().filter(|group| self.is_free(group));
        // The first of equals is taken: candidates come in the order of liking.
        let Some(best) = free.min_by_key(covered) else { return false };
        self.labels.extend(best.into_iter().filter(|label| !label.text.trim().is_empty()));
        true
    }
}

/// Joined lines cut into dashes of a length, with gaps between them.
fn dashes(points: &[Point], (dash, gap): (f64, f64)) -> Vec<Vec<Point>> {
    let mut dashes: Vec<Vec<Point>> = Vec::new();
    // What is left of the dash or the gap that is under way.
    let (mut drawn, mut left) = (true, dash);
    let mut current: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = ((to.0 - from.0) * (to.0 - from.0) + (to.1 - from.1) * (to.1 - from.1)).sqrt();
        let at = |distance: f64| {
            (from.0 + distance / length * (to.0 - from.0), from.1 + distance / length * (to.1 - from.1))
        };
        let mut done = 0.0;
        while length - done > left {
            done += left;
            if drawn {
                current.push(at(done));
                dashes.push(std::mem::take(&mut current));
            } else {
                current = vec![at(done)];
            }
            drawn = !drawn;
            left = if drawn { dash } else { gap };
        }
        left -= length - done;
        if drawn {
            current.push(to);
        }
    }
    if current.len() > 1 {
        dashes.push(current);
    }
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_follow_the_line_around_corners() {
        let line = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)];
        let expected = vec![
            vec![(0.0, 0.0), (6.0, 0.0)],
            vec![(8.0, 0.0), (10.0, 0.0), (10.0, 4.0)],
            vec![(10.0, 6.0), (10.0, 10.0)],
        ];
        assert_eq!(dashes(&line, (6.0, 2.0)), expected);
        assert_eq!(dashes(&[(3.0, 3.0)], (6.0, 2.0)), Vec::<Vec<Point>>::new());
        assert_eq!(dashes(&[(3.0, 3.0), (3.0, 3.0)], (6.0, 2.0)).len(), 1);
    }

    #[test]
    fn a_label_is_placed_only_where_there_is_room() {
        let mut canvas = Canvas::new(400.0, "", "");
        canvas.put(Label::new("taken", (100.0, 100.0), Anchor::Start));
        let at = |x, y| vec![Label::new("label", (x, y), Anchor::Start)];
        assert!(!canvas.place(vec![at(110.0, 104.0), at(1190.0, 50.0), at(300.0, 2.0), at(300.0, 399.0)]));
        assert!(canvas.place(vec![at(110.0, 104.0), at(110.0, 130.0)]));
        assert_eq!(canvas.labels[1].at, (110.0, 130.0));
        canvas.curve(vec![(200.0, 200.0), (600.0, 200.0)], style::INK, 1.0);
        assert!(canvas.place(vec![at(300.0, 203.0), at(300.0, 240.0)]));
        assert_eq!(canvas.labels[2].at, (300.0, 240.0), "off the curve");
        canvas.dot((700.0, 300.0), style::INK);
        assert!(!canvas.place(vec![at(690.0, 304.0)]));
    }

    #[test]
    fn a_label_holds_no_control_characters() {
        assert_eq!(Label::new("a\u{0}b\nc", (0.0, 0.0), Anchor::End).text, "a b c");
    }
}
