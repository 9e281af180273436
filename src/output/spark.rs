//! A row of bars a letter wide: what a probability does over time, in a line of text.

/// Eighths of a letter's height.
const BARS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];

/// A bar for each share from 0 to 1; a dot for none, so that little is told from nothing.
pub fn sparkline(shares: impl Iterator<Item = f64>) -> String {
    let bar = |share: f64| {
        if share > 0.0 { BARS[((share * 8.0).ceil() as usize).clamp(1, 8) - 1] } else { '\u{b7}' }
    };
    shares.map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_with_the_share_and_nothing_is_a_dot() {
        assert_eq!(sparkline([0.0, 1e-9, 0.125, 0.126, 0.5, 0.99, 1.0].into_iter()), "·▁▁▂▄██");
    }
}
