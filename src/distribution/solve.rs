//! The root of a rising function within a bracket.

/// What a function says at a point: its value less the one wanted, and its slope (zero or less if unknown).
pub(super) struct Height {
    pub excess: f64,
    pub slope: f64,
}

/// The smallest `x` from `low` to `high` at which `height` reaches zero, or `high` if it does nowhere before. Newton's steps
/// inside a shrinking bracket, and halving where these leave it, as at jumps and on flats. Ends when two neighbouring
/// numbers are told apart or the excess is below `enough`.
pub(super) fn rise_to(low: f64, high: f64, start: f64, enough: f64, height: impl Fn(f64) -> Height) -> f64 {
    let (mut low, mut high) = (low, high);
    let mut x = start.clamp(low.min(high), high);
    for round in 0..200 {
        let here = height(x);
        if here.excess.abs() <= enough && here.slope > 0.0 {
            return x;
        }
        if here.excess >= 0.0 {
            high = x
        } else {
            low = x
        }
        let newton = x - here.excess / here.slope;
        // Newton settles in a few rounds or not at all.
        let inside = here.slope > 0.0 && newton > low && newton < high && round < 30;
        let next = if inside { newton } else { low + 0.5 * (high - low) };
        if !(next > low && next < high) || high - low <= 2e-16 * low.abs().max(high.abs()) {
            return high;
        }
        if inside && (next - x).abs() <= 2e-16 * x.abs() {
            return next;
        }
        x = next;
    }
    high
}
