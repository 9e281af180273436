//! Inputs that move a result most: a bar each, from the result where the input is low to that where it is high.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Figures, Label, Rect};
use super::driven::{driven_name, driven_value, ends_in_words, headline, low_and_high};
use super::font::{self, Face};
use super::frame::{self, Frame};
use super::subject::{self, View, capital};
use super::{number, style};
use crate::config::set;
use crate::model::{Model, Unit};
use crate::output::words;
use crate::summary::{Bar, DrivenNumber, Driver, Drivers, Estimate, Moves};

/// Most bars.
const MOST: usize = 10;
/// Right end of the names.
const NAMES: f64 = 380.0;
/// Height of a row.
const ROW: f64 = 58.0;
/// Room for the figure at the end of a bar.
const FIGURE: f64 = 110.0;
/// Both ends at least this far from the middle, in logical pixels, and the bar is seen.
const VISIBLE: f64 = 2.0;

/// The chart; none if nothing is told of drivers, or no input certainly moves the number.
pub fn canvas(results: &View<'_>) -> Option<Canvas> {
    let case = *subject::cases(results).first()?;
    let drivers = case.summary.drivers.as_ref()?;
    let found = match &results.asked.outcome {
        Some(name) => drivers.numbers.iter().find(|number| number.name == *name)?,
        None => headline(drivers)?,
    };
    let begin = |height: f64, title: &str, subtitle: &str| frame::frame(results, height, title, subtitle);
    of(case.model, drivers, found, begin)
}

/// The same of a number by itself; `begin` begins a chart of a height, a title and a subtitle.
pub fn of(
    model: &Model,
    drivers: &Drivers,
    found: &DrivenNumber,
    begin: impl Fn(f64, &str, &str) -> Frame,
) -> Option<Canvas> {
    found.middle.value?;
    let rows = rows(found, MOST);
    let what = driven_name(model, found.driven);
    let (title, subtitle) = (title(&what, found, rows.first()?), subtitle(&what, drivers, found, rows.len()));
    let Frame { mut canvas, top, bottom } = begin(214.0 + ROW * rows.len() as f64, &title, &subtitle);
    let room = Rect::new(style::MARGIN, top + 34.0, style::WIDTH - style::MARGIN, bottom - 56.0);
    draw(&mut canvas, found, &rows, room, NAMES - style::MARGIN);
    let axis = Label::new(axis_title(model, found), (style::WIDTH - style::MARGIN, bottom - 10.0), Anchor::End);
    canvas.put(axis.colour(style::MUTED).within(style::WIDTH - 2.0 * style::MARGIN));
    canvas.figures = Some(figures(found, &rows));
    Some(canvas)
}

/// The same as a panel in `room`, with names so wide; false if there is nothing to show.
pub fn panel(canvas: &mut Canvas, found: &DrivenNumber, room: Rect, names: f64) -> bool {
    let most = ((room.height() - 20.0) / 30.0).max(1.0) as usize;
    let rows = rows(found, most.min(MOST));
    draw(canvas, found, &rows, room, names);
    !rows.is_empty()
}

/// The drivers with their bars, the largest share first.
fn rows(found: &DrivenNumber, most: usize) -> Vec<(&Driver, &Bar)> {
    found.drivers.iter().filter_map(|driver| Some((driver, driver.bar.as_ref()?))).take(most).collect()
}

fn title(what: &str, found: &DrivenNumber, (driver, bar): &(&Driver, &Bar)) -> String {
    let largest = bar.low.nearest().abs().max(bar.high.nearest().abs());
    let end = |estimate: &Estimate| number::amount_among(found.unit, estimate, largest);
    let moves = if driver.inputs > 1 { "move" } else { "moves" };
    format!("{} {moves} {what} most: {} to {}", capital(&readable(driver)), end(&bar.low), end(&bar.high))
}

fn subtitle(what: &str, drivers: &Drivers, found: &DrivenNumber, shown: usize) -> String {
    let more = found.drivers.len() - shown;
    let more = if more > 0 { format!(" {more} more inputs move it certainly.") } else { String::new() };
    format!("{}, by input. {}.{more}", capital(what), ends_in_words(&drivers.ends))
}

fn axis_title(model: &Model, found: &DrivenNumber) -> String {
    let unit = if found.unit == Unit::Fraction { "%".into() } else { found.unit.name() };
    format!("{}, {unit}", capital(&driven_name(model, found.driven)))
}

/// What to call a driver: `growth per year of allies`.
pub fn readable(driver: &Driver) -> String {
    let parts = set::split(&driver.name);
    let text = |parts: &[String]| parts.join(" ").replace('_', " ");
    match &parts[..] {
        [kind, id] if kind == "correlations" => {
            format!("correlated inputs {} ({})", subject::quoted(id), driver.inputs)
        }
        [_, id, rest @ ..] if !rest.is_empty() => format!("{} of {id}", text(rest)),
        parts => text(parts),
    }
}

/// What a bar moves, and what part of the variance that makes.
fn detail(driver: &Driver, bar: &Bar) -> String {
    let share = driver.share.value.map_or(String::new(), |share| format!("; {} of the variance", number::share(share)));
    match &bar.moves {
        Moves::Input(low, high) => format!("{} to {}{share}", words::amount(*low), words::amount(*high)),
        Moves::Success => format!("succeeds or fails{share}"),
        Moves::Chance => format!("its uniform number{share}"),
        Moves::Together => format!("all of them{share}"),
        Moves::Common => format!("what they have in common{share}"),
        Moves::OneOf(name) => format!("{name}, low to high{share}"),
    }
}

fn draw(canvas: &mut Canvas, found: &DrivenNumber, rows: &[(&Driver, &Bar)], room: Rect, names: f64) {
    let Some(middle) = found.middle.value else { return };
    let ends = rows.iter().flat_map(|(_, bar)| [bar.low.nearest(), bar.high.nearest()]);
    let (least, most) = ends.fold((middle, middle), |(low, high), end| (low.min(end), high.max(end)));
    let plot = Rect::new(room.left + names + 12.0 + FIGURE, room.top + 20.0, room.right - FIGURE, room.bottom);
    let x = Axis::new(least, most, plot.left, plot.right);
    let largest = least.abs().max(most.abs());
    let ticks = x.ticks(6, number::scale(found.unit, largest).one);
    for (value, _) in &ticks {
        canvas.line(vec![(x.at(*value), plot.top), (x.at(*value), plot.bottom)], style::GRID, style::GRID_WIDTH);
    }
    frame::bottom_axis(canvas, &plot, &x, &ticks);
    let step = plot.height() / rows.len().max(1) as f64;
    let amount = |estimate: &Estimate| number::amount_among(found.unit, estimate, largest);
    for (index, (driver, bar)) in rows.iter().enumerate() {
        let row =
            Rect::new(room.left, plot.top + step * index as f64, room.right, plot.top + step * (index + 1) as f64);
        if index > 0 {
            canvas.line(vec![(room.left, row.top), (room.right, row.top)], style::GRID, style::GRID_WIDTH);
        }
        draw_name(canvas, driver, bar, &row, names);
        canvas.spots.push((row, driver.name.clone()));
        let ends = [&bar.low, &bar.high].map(|end| (x.at(end.nearest()), amount(end)));
        draw_bar(canvas, &row, x.at(middle), ends, words_of(&bar.moves));
    }
    let at = x.at(middle);
    canvas.line(vec![(at, plot.top - 8.0), (at, plot.bottom)], style::INK, style::CLAIM_WIDTH);
    let what = found.middle.value.map_or(String::new(), |_| format!("over all trials {}", amount(&found.middle)));
    let label =
        |anchor: Anchor| vec![Label::new(&what, (at, plot.top - 13.0), anchor).face(Face::Bold).colour(style::INK)];
    canvas.place(vec![label(Anchor::Middle), label(Anchor::Start), label(Anchor::End)]);
}

fn draw_name(canvas: &mut Canvas, driver: &Driver, bar: &Bar, row: &Rect, names: f64) {
    let middle = 0.5 * (row.top + row.bottom);
    let has_detail = row.height() >= 44.0;
    let size = if has_detail { style::LABEL } else { style::SMALL };
    let down = if has_detail { -4.0 } else { 0.36 * size };
    let name = Label::new(readable(driver), (row.left, middle + down), Anchor::Start).face(Face::Bold).size(size);
    canvas.put(name.colour(style::INK).within(names));
    if has_detail {
        let label = Label::new(detail(driver, bar), (row.left, middle + 15.0), Anchor::Start).size(style::SMALL);
        canvas.put(label.within(names));
    }
}

/// What stands in the parts of a bar.
fn words_of(moves: &Moves) -> [&'static str; 2] {
    if *moves == Moves::Success { ["succeeds", "fails"] } else { ["low", "high"] }
}

/// Both parts of a bar, from the middle to the ends, with the figures of these; `ends` are places and figures where the input
/// is low, and where it is high, and `words` say so.
fn draw_bar(canvas: &mut Canvas, row: &Rect, middle: f64, ends: [(f64, String); 2], words: [&str; 2]) {
    let centre = 0.5 * (row.top + row.bottom);
    let half = (0.32 * row.height()).min(18.0);
    let [low, high] = [ends[0].0 - middle, ends[1].0 - middle];
    // On the same side they would cover each other.
    let same_side = low * high > 0.0;
    let parts = [(0, words[0], style::LOW, style::WHITE), (1, words[1], style::HIGH, style::INK)];
    for (index, word, colour, ink) in parts {
        let (end, figure) = &ends[index];
        let (top, bottom) = match (same_side, index) {
            (false, _) => (centre - half, centre + half),
            (true, 0) => (centre - half, centre),
            (true, _) => (centre, centre + half),
        };
        let is_left = if (end - middle).abs() < VISIBLE { (index == 0) != (low > high) } else { *end < middle };
        canvas.bar(Rect::new(end.min(middle), top, end.max(middle), bottom), colour);
        let size = if bottom - top >= 18.0 { style::SMALL } else { 0.8 * style::SMALL };
        let y = 0.5 * (top + bottom) + 0.36 * size;
        let (at, anchor) =
            if is_left { (end.min(middle) + 7.0, Anchor::Start) } else { (end.max(middle) - 7.0, Anchor::End) };
        let inside = Label::new(word, (at, y), anchor).face(Face::Bold).size(size).colour(ink);
        let fits = (end - middle).abs() > font::width(word, Face::Bold, size) + 14.0;
        // Where the word has no room in the bar, it stands beside the figure.
        let text = if fits && canvas.place(vec![vec![inside]]) { figure.clone() } else { format!("{word} {figure}") };
        let (at, anchor) =
            if is_left { (end.min(middle) - 8.0, Anchor::End) } else { (end.max(middle) + 8.0, Anchor::Start) };
        let label = Label::new(text, (at, y), anchor).face(Face::Bold).size(size).colour(style::INK);
        canvas.place(vec![vec![label]]);
    }
}

fn figures(found: &DrivenNumber, rows: &[(&Driver, &Bar)]) -> Figures {
    let unit = if found.unit == Unit::Fraction { String::new() } else { format!(", {}", found.unit) };
    let header = ["Input", "Share of variance", "Low input", "High input", "Where low", "Where high"];
    let header =
        header.iter().enumerate().map(|(at, text)| if at > 3 { format!("{text}{unit}") } else { text.to_string() });
    let value = |estimate: &Estimate| driven_value(found.unit, estimate.nearest());
    let row = |(driver, bar): &(&Driver, &Bar)| {
        let [low, high] = low_and_high(&bar.moves);
        let share = driver.share.value.map_or(String::new(), words::share);
        vec![driver.name.clone(), share, low, high, value(&bar.low), value(&bar.high)]
    };
    Figures { header: header.collect(), rows: rows.iter().map(row).collect() }
}
