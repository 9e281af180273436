//! The look of the charts: colours, sizes and distances, in logical pixels of a canvas 1200 wide.
//!
//! A colour means one thing in every chart, and is never the only thing that says it. Bands are opaque, so that what lies
//! over what does not change a colour, and bytes do not depend on blending.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Ground.
pub const WHITE: Colour = Colour(0xFF, 0xFF, 0xFF);
/// Titles and thresholds.
pub const INK: Colour = Colour(0x14, 0x1B, 0x2A);
/// Text.
pub const TEXT: Colour = Colour(0x3C, 0x46, 0x57);
/// Ticks, source line, leaders.
pub const MUTED: Colour = Colour(0x6B, 0x76, 0x88);
/// Grid lines.
pub const GRID: Colour = Colour(0xE2, 0xE6, 0xEC);
/// Medians, the main scenario, key numbers.
pub const MEDIAN: Colour = Colour(0x0B, 0x2E, 0x59);
/// Bands from the outermost: 5-95, 10-90, 25-75.
pub const BANDS: [Colour; 3] = [Colour(0xD6, 0xE4, 0xF2), Colour(0xA9, 0xC8, 0xE4), Colour(0x6F, 0xA3, 0xD0)];
/// Bars that hold the middle of a distribution.
pub const BAR: Colour = Colour(0x4A, 0x87, 0xBF);
/// Bars of its tails, and ranges behind a median.
pub const BAR_LIGHT: Colour = BANDS[1];
/// Trials without any shortage, or that never arrive: not a part of the scale.
pub const APART: Colour = Colour(0x8C, 0x96, 0xA6);

/// Ground of a key figure.
pub const PANEL: Colour = Colour(0xF4, 0xF6, 0xF9);
/// Episodes: export controls, outages, demand surges.
pub const EPISODES: [Colour; 3] = [Colour(0xE0, 0x8A, 0x1E), Colour(0x8C, 0x96, 0xA6), Colour(0x1B, 0x7F, 0x79)];
/// A result where an input is low, and where it is high: far apart in lightness.
pub const LOW: Colour = Colour(0x1F, 0x5F, 0xA8);
/// The second of them.
pub const HIGH: Colour = Colour(0xF0, 0xA0, 0x30);
/// Announced dates: the colour of no claim and no scenario.
pub const ANNOUNCED: Colour = INK;

/// Claims in the order of their dates.
const CLAIMS: [Colour; 4] =
    [Colour(0xC2, 0x43, 0x00), Colour(0x7A, 0x2E, 0x8E), Colour(0x9A, 0x1B, 0x52), Colour(0x5F, 0x4A, 0x12)];

/// Scenarios other than the main one, which is drawn in [`MEDIAN`]. Whoever cannot tell red from green takes the fourth
/// for the first, the fifth for the second, the sixth for the third: those differ in their dashes.
const SCENARIOS: [Colour; 6] = [
    Colour(0x2F, 0x74, 0xB5),
    Colour(0x1B, 0x7F, 0x79),
    Colour(0x4F, 0x7A, 0x28),
    Colour(0x5B, 0x5E, 0xA6),
    Colour(0x6B, 0x76, 0x88),
    Colour(0x8A, 0x62, 0x3A),
];

/// Colour of the claim with this rank by date.
pub fn claim(rank: usize) -> Colour {
    CLAIMS[rank % CLAIMS.len()]
}

/// Colour of a scenario by its place; the first is the main one.
pub fn scenario(index: usize) -> Colour {
    if index == 0 { MEDIAN } else { SCENARIOS[(index - 1) % SCENARIOS.len()] }
}

/// Dashes and gaps of a scenario's line by its place; none for a full line. No two of the first twelve that look alike in
/// colour have the same.
pub fn scenario_dash(index: usize) -> Option<(f64, f64)> {
    match index.saturating_sub(1) / 3 {
        0 => None,
        1 => Some((9.0, 4.0)),
        2 => Some((2.5, 3.5)),
        _ => Some((18.0, 5.0)),
    }
}

/// Width of every canvas.
pub const WIDTH: f64 = 1200.0;
/// Pixels of the PNG to a logical one.
pub const PIXELS: u32 = 2;
/// Pixels to a metre: 300 to the inch, so that a chart is 8 inches wide.
pub const PIXELS_PER_METRE: u32 = 11_811;
/// Margin left and right.
pub const MARGIN: f64 = 40.0;
/// The bar at the top edge that marks a chart of this program: width and height.
pub const TAG: (f64, f64) = (44.0, 7.0);
/// Height of the source line's baseline above the bottom.
pub const FOOT: f64 = 22.0;

/// Size of the title.
pub const TITLE: f64 = 27.0;
/// Size of the subtitle.
pub const SUBTITLE: f64 = 16.5;
/// Size of the axes' figures.
pub const AXIS: f64 = 14.0;
/// Size of labels.
pub const LABEL: f64 = 14.5;
/// Size of small labels.
pub const SMALL: f64 = 13.0;
/// Size of a key number.
pub const KEY: f64 = 27.0;
/// Size of the source line.
pub const SOURCE: f64 = 12.0;
/// Distance of lines of a title, as a multiple of its size.
pub const TITLE_LINE: f64 = 1.24;
/// Distance of lines of other text.
pub const LINE: f64 = 1.3;

/// Width of a median line.
pub const MEDIAN_WIDTH: f64 = 2.6;
/// Width of other scenarios' lines.
pub const OTHER_WIDTH: f64 = 1.8;
/// Width of a claim's line.
pub const CLAIM_WIDTH: f64 = 1.6;
/// Width of a threshold.
pub const THRESHOLD_WIDTH: f64 = 1.3;
/// Width of a grid line.
pub const GRID_WIDTH: f64 = 1.0;
/// Width of an axis.
pub const AXIS_WIDTH: f64 = 1.3;
/// Length of a tick.
pub const TICK: f64 = 5.0;
/// Dash and gap of a threshold.
pub const DASH: (f64, f64) = (7.0, 5.0);
/// Radius of a dot, and the white ring around it.
pub const DOT: (f64, f64) = (5.0, 2.0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::pow;

    /// Contrast of two colours, 1 to 21, as the guidelines for readable pages define it.
    fn contrast(one: Colour, other: Colour) -> f64 {
        let light = |Colour(red, green, blue): Colour| {
            let part = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { pow((value + 0.055) / 1.055, 2.4) }
            };
            0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue) + 0.05
        };
        light(one).max(light(other)) / light(one).min(light(other))
    }

    #[test]
    fn text_is_readable_on_its_ground() {
        let scenarios = (0..12).map(scenario);
        for colour in [INK, TEXT, MUTED, MEDIAN].into_iter().chain(CLAIMS).chain(scenarios) {
            assert!(contrast(colour, WHITE) >= 4.5, "{colour:?} {}", contrast(colour, WHITE));
        }
        for colour in [TEXT, MEDIAN, CLAIMS[0], CLAIMS[1]] {
            assert!(contrast(colour, PANEL) >= 4.5, "{colour:?} {}", contrast(colour, PANEL));
        }
        assert!((contrast(WHITE, Colour(0, 0, 0)) - 21.0).abs() < 1e-9);
    }

    /// Parts of light, roughly as evenly spaced as they are seen; the second as seen by whoever cannot tell red from
    /// green (the full deficiency of Machado and others, 2009).
    fn seen(Colour(red, green, blue): Colour) -> [[f64; 3]; 2] {
        let light = [red, green, blue].map(|value| pow(f64::from(value) / 255.0, 2.2));
        let rows = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]];
        let mixed = rows.map(|row| row.iter().zip(light).map(|(part, light)| part * light).sum::<f64>().max(0.0));
        [light, mixed].map(|parts| parts.map(|part| 255.0 * part.sqrt()))
    }

    #[test]
    fn no_two_of_twelve_scenarios_look_alike_even_without_red_and_green() {
        let apart = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        for one in 0..12 {
            for other in (0..one).filter(|&other| scenario_dash(other) == scenario_dash(one)) {
                let (a, b) = (seen(scenario(one)), seen(scenario(other)));
                let least = apart(a[0], b[0]).min(apart(a[1], b[1]));
                assert!(least > 35.0, "{one} and {other}: {least}");
            }
        }
    }
}
