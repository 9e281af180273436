//! From a canvas to SVG and from SVG to PNG. The only module that names plotters and resvg.
//!
//! plotters knows whole pixels only, so that it draws ten times as large; the view box makes it small again.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle};
use resvg::{tiny_skia, usvg};

use super::canvas::{Anchor, Canvas, Label, Point, Shape};
use super::font::{self, Face};
use super::style::{self, Colour};
use crate::text::is_xml;

/// Units of the drawing to a logical pixel.
const FINE: f64 = 10.0;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// What plotters draws, without the opening tag.
fn drawn(canvas: &Canvas) -> String {
    let mut body = String::new();
    let size = (unit(canvas.width) as u32, unit(canvas.height) as u32);
    // Writing to a string does not fail.
    let _ = draw(&SVGBackend::with_string(&mut body, size).into_drawing_area(), canvas);
    body.split_once('\n').map_or(String::new(), |(_, body)| body.into())
}

/// The chart as SVG.
pub fn svg(canvas: &Canvas) -> String {
    let body = drawn(canvas);
    let size = (unit(style::WIDTH) as u32, unit(canvas.height) as u32);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" \
         stroke-linejoin=\"round\">\n<title>{}</title>\n{body}",
        style::WIDTH,
        canvas.height,
        size.0,
        size.1,
        escaped(&canvas.title)
    )
}

/// The chart as a part of a page that has a heading of its own: title, subtitle and source line lie outside what is
/// seen, for whoever saves the drawing, whose whole height is an attribute. The reader's machine may have other fonts:
/// every label is told how wide it is to be, so that none runs into another.
pub fn inline_svg(canvas: &Canvas) -> String {
    let (top, bottom) = canvas.body;
    let body = drawn(canvas);
    let mut parts = body.split("<text ");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {} {} {}\" data-height=\"{}\" role=\"img\" \
         aria-label=\"{}\" stroke-linejoin=\"round\">\n{}",
        unit(top),
        unit(canvas.width),
        unit(bottom - top),
        unit(canvas.height),
        escaped(&canvas.title).replace('"', "&quot;"),
        parts.next().unwrap_or_default(),
    );
    for (label, part) in canvas.labels.iter().zip(parts) {
        let width = unit(font::width(&label.text, label.face, label.size)).max(1);
        svg += &format!("<text textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" {part}");
    }
    svg
}

/// A coordinate in units of the drawing.
fn unit(pixels: f64) -> i32 {
    (pixels * FINE).round().clamp(-1e6, 1e6) as i32
}

fn units((x, y): Point) -> (i32, i32) {
    (unit(x), unit(y))
}

fn colour(Colour(red, green, blue): Colour) -> RGBColor {
    RGBColor(red, green, blue)
}

fn draw(area: &Area<'_>, canvas: &Canvas) -> Drawn {
    area.fill(&colour(style::WHITE))?;
    for shape in &canvas.shapes {
        draw_shape(area, shape)?;
    }
    for label in &canvas.labels {
        draw_label(area, label)?;
    }
    area.present()
}

fn draw_shape(area: &Area<'_>, shape: &Shape) -> Drawn {
    let filled = |of: Colour| ShapeStyle { color: colour(of).into(), filled: true, stroke_width: 0 };
    match shape {
        Shape::Line { points, colour: of, width } => {
            let style = ShapeStyle { color: colour(*of).into(), filled: false, stroke_width: unit(*width) as u32 };
            let points: Vec<(i32, i32)> = points.iter().copied().map(units).collect();
            area.draw(&PathElement::new(points, style))
        }
        Shape::Area { points, colour: of } => {
            let points: Vec<(i32, i32)> = points.iter().copied().map(units).collect();
            area.draw(&Polygon::new(points, filled(*of)))
        }
        Shape::Bar { rect, colour: of } => {
            let corners = [units((rect.left, rect.top)), units((rect.right, rect.bottom))];
            area.draw(&Rectangle::new(corners, filled(*of)))
        }
        Shape::Dot { at, radius, colour: of } => area.draw(&Circle::new(units(*at), unit(*radius), filled(*of))),
    }
}

fn draw_label(area: &Area<'_>, label: &Label) -> Drawn {
    if label.plate {
        draw_shape(area, &Shape::Bar { rect: label.bounds().grown(2.0), colour: style::WHITE })?;
    }
    let size = label.size * FINE;
    let (h_pos, (x, y)) = (
        match label.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        },
        label.at,
    );
    let face = match label.face {
        Face::Regular => FontStyle::Normal,
        Face::Bold => FontStyle::Bold,
        Face::Italic => FontStyle::Italic,
    };
    // plotters writes a size smaller by 1.24, and puts the baseline 0.76 of it below the point.
    let font = FontDesc::new(FontFamily::Name(font::FAMILY), size * 1.24, face);
    let style = font.color(&colour(label.colour)).pos(Pos::new(h_pos, VPos::Top));
    let text = label.text.replace(|letter| !is_xml(letter), " ");
    area.draw(&Text::new(text, (unit(x), (y * FINE - 0.76 * size).round() as i32), style))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            letter if !is_xml(letter) => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The SVG with what the faces have in the place of letters that they lack; a browser has faces of its own.
fn with_stand_ins(svg: &str) -> String {
    let mut text = String::with_capacity(svg.len());
    for letter in svg.chars() {
        match font::stand_in(letter) {
            Some((letters, 0.0)) => text.push_str(letters),
            Some((letters, raised)) => {
                let (shift, size) = (100.0 * raised, 100.0 * font::SMALL);
                text += &format!("<tspan baseline-shift=\"{shift:.0}%\" font-size=\"{size:.0}%\">{letters}</tspan>");
            }
            None => text.push(letter),
        }
    }
    text
}

/// An SVG of this module as PNG: RGB without alpha, with its physical size.
pub fn png(svg: &str) -> Result<Vec<u8>, String> {
    let options = usvg::Options { fontdb: font::database(), ..usvg::Options::default() };
    // Its name is not drawn, and holds nothing but text.
    let svg = match (svg.split_once("<title>"), svg.split_once("</title>")) {
        (Some((before, _)), Some((_, after))) => format!("{before}{}", with_stand_ins(after)),
        _ => with_stand_ins(svg),
    };
    let tree = usvg::Tree::from_str(&svg, &options).map_err(|error| error.to_string())?;
    let scale = style::PIXELS as f32;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).round() as u32, (size.height() * scale).round() as u32);
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or("the chart is too large")?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let rgb: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    encode(width, height, &rgb).map_err(|error| error.to_string())
}

fn encode(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let density = style::PIXELS_PER_METRE;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: density, yppu: density, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header()?;
    // Flat areas compress best as they are: before each row stands that it has no filter.
    let rows = rgb.chunks_exact(3 * width as usize).flat_map(|row| std::iter::once(0).chain(row.iter().copied()));
    let rows: Vec<u8> = rows.collect();
    writer.write_chunk(png::chunk::IDAT, &miniz_oxide::deflate::compress_to_vec_zlib(&rows, 9))?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
        let name = "<script>&\"'";
        let mut canvas = Canvas::new(100.0, name, "");
        canvas.put(Label::new(name, (50.0, 50.0), Anchor::Start));
        let svg = svg(&canvas);
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;&amp;&quot;&apos;"), "{svg}");
        assert!(usvg::Tree::from_str(&svg, &usvg::Options::default()).is_ok());
    }

    #[test]
    fn a_png_states_its_size_and_has_no_alpha() {
        let bytes = png(&svg(&Canvas::new(100.0, "empty", ""))).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let info = reader.info();
        assert_eq!((info.width, info.height), (2400, 200));
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        let physical = info.pixel_dims.unwrap();
        assert_eq!((physical.xppu, physical.unit), (11_811, png::Unit::Meter));
    }

    #[test]
    fn labels_are_as_wide_as_they_are_measured() {
        let options = usvg::Options { fontdb: font::database(), ..usvg::Options::default() };
        for text in [
            "Supply without China, 90\u{a0}% of need",
            "WAVE Toyota AV",
            "1,234 kt \u{2018}within a year\u{2019}",
            "Nd\u{2082}Fe\u{2081}\u{2084}B",
        ] {
            for face in [Face::Regular, Face::Bold, Face::Italic] {
                let mut canvas = Canvas::new(100.0, "", "");
                canvas.put(Label::new(text, (50.0, 50.0), Anchor::Start).face(face).size(27.0));
                let tree = usvg::Tree::from_str(&with_stand_ins(&svg(&canvas)), &options).unwrap();
                let mut drawn = Vec::new();
                texts(tree.root(), &mut drawn);
                let (drawn, measured) = (drawn[0], canvas.labels[0].bounds());
                let off = (f64::from(drawn.width()) - (measured.right - measured.left)).abs();
                assert!(off < 0.03 * f64::from(drawn.width()), "{text} {face:?} {drawn:?} {measured:?}");
            }
        }
    }

    fn texts(group: &usvg::Group, found: &mut Vec<usvg::Rect>) {
        for node in group.children() {
            match node {
                usvg::Node::Group(group) => texts(group, found),
                usvg::Node::Text(text) => found.push(text.abs_bounding_box()),
                _ => {}
            }
        }
    }
}
