//! Ramp-up curves.

/// A ramp-up curve: fraction of full output by fraction of the ramp's months.
#[derive(Clone, Debug, PartialEq)]
pub enum Curve {
    /// Straight lines from `(0, ..)` to `(1, 1)`.
    Lines(Vec<Line>),
    /// `1 - exp(-3 x)`, scaled to reach 1.
    Exponential,
    /// `3 x^2 - 2 x^3`.
    S,
}

impl Curve {
    /// Straight lines through these points.
    pub fn through(points: &[(f64, f64)]) -> Self {
        let line = |pair: &[(f64, f64)]| {
            let [(x, y), (to, height)] = [pair[0], pair[1]];
            Line { x, y, to, slope: (height - y) / (to - x) }
        };
        Curve::Lines(points.windows(2).map(line).collect())
    }
}

/// A straight piece of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Where it begins.
    pub x: f64,
    /// Its height there.
    pub y: f64,
    /// Where it ends.
    pub to: f64,
    /// How fast it rises.
    pub slope: f64,
}
