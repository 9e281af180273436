//! Makes the drawings smaller by half, so that a page with many of them stays small: they look the same.
//!
//! Lines of one colour and width become one path, as do bars of one colour; points that lie on a straight line between
//! their neighbours are left out; a point is told by its distance from the one before.

use std::fmt::Write as _;

/// The same drawing in fewer bytes.
pub fn compact(svg: &str) -> String {
    let mut written = String::with_capacity(svg.len() / 2);
    // The attributes of the path under way, and its way.
    let mut under_way: Option<(String, String)> = None;
    for line in svg.lines() {
        let Some((style, way)) = path(line) else {
            finish(&mut written, &mut under_way);
            written += &line.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
            written.push('\n');
            continue;
        };
        match &mut under_way {
            // Polygons that overlap would undo each other.
            Some((known, ways)) if *known == style && !line.starts_with("<polygon") => *ways += &way,
            _ => {
                finish(&mut written, &mut under_way);
                under_way = Some((style, way));
            }
        }
    }
    finish(&mut written, &mut under_way);
    written
}

fn finish(written: &mut String, under_way: &mut Option<(String, String)>) {
    if let Some((style, way)) = under_way.take() {
        // Writing to a string does not fail.
        let _ = writeln!(written, "<path {style} d=\"{way}\"/>");
    }
}

/// The attributes and the way of a line, a polygon or a bar as plotters writes it; none of another element.
fn path(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.strip_prefix('<')?.strip_suffix("/>")?.split_once(' ')?;
    let value = |key: &str| {
        let (_, rest) = rest.split_once(&format!("{key}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let fill = value("fill")?;
    match name {
        "polyline" if fill == "none" => {
            let style =
                format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", value("stroke")?, value("stroke-width")?);
            Some((style, way(value(" points")?)?))
        }
        "polygon" => Some((format!("fill=\"{fill}\""), way(value(" points")?)? + "z")),
        "rect" => {
            let (x, y, width, height) = (value("x")?, value(" y")?, value("width")?, value("height")?);
            Some((format!("fill=\"{fill}\""), format!("M{x} {y}h{width}v{height}h-{width}z")))
        }
        _ => None,
    }
}

/// From point to point.
fn way(points: &str) -> Option<String> {
    let mut corners: Vec<(i64, i64)> = Vec::new();
    for point in points.split_whitespace() {
        let (x, y) = point.split_once(',')?;
        let next = (x.parse().ok()?, y.parse().ok()?);
        if let [.., before, last] = corners[..]
            && is_straight(before, last, next)
        {
            corners.pop();
        }
        corners.push(next);
    }
    let first = *corners.first()?;
    let mut way = format!("M{} {}l", first.0, first.1);
    for pair in corners.windows(2) {
        for step in [pair[1].0 - pair[0].0, pair[1].1 - pair[0].1] {
            if step >= 0 && !way.ends_with('l') {
                way.push(' ');
            }
            way += &step.to_string();
        }
    }
    Some(way)
}

/// Whether the way goes straight on at `last`.
fn is_straight(before: (i64, i64), last: (i64, i64), next: (i64, i64)) -> bool {
    let (one, other) = ((last.0 - before.0, last.1 - before.1), (next.0 - last.0, next.1 - last.1));
    one.0 * other.1 == one.1 * other.0 && one.0 * other.0 + one.1 * other.1 >= 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_told_in_fewer_bytes() {
        let line = |points: &str| {
            format!("<polyline fill=\"none\" opacity=\"1\" stroke=\"#111\" stroke-width=\"10\" points=\"{points}\"/>")
        };
        let text = "<text x=\"1\" opacity=\"1\" fill=\"#222\">\nA\n</text>";
        let bar = |x: u32| {
            format!("<rect x=\"{x}\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"#333\" stroke=\"none\"/>")
        };
        let svg = ["<svg>", &line("0,0 5,5 9,9 9,0 "), &line("1,1 2,1 "), &bar(1), &bar(7), text, "</svg>"].join("\n");
        assert_eq!(
            compact(&svg),
            "<svg>\n<path fill=\"none\" stroke=\"#111\" stroke-width=\"10\" d=\"M0 0l9 9 0-9M1 1l1 0\"/>\n\
             <path fill=\"#333\" d=\"M1 2h3v4h-3zM7 2h3v4h-3z\"/>\n<text x=\"1\" fill=\"#222\">\nA\n</text>\n</svg>\n"
        );
    }

    #[test]
    fn a_line_that_turns_back_keeps_its_end() {
        assert_eq!(way("0,0 9,0 4,0").as_deref(), Some("M0 0l9 0-5 0"));
    }
}
