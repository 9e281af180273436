//! All charts from small runs and from results bent to extremes: nothing panics, no label lies over another or outside.

use std::collections::BTreeMap;

use super::canvas::{Rect, Shape};
use super::*;
use crate::output::small::run;
use crate::study::Study;
use crate::summary::{Estimate, Summary};

/// A config with so many scenarios; `name` is part of every name.
pub(super) fn config(years: f64, scenarios: usize, claims: &[u32], name: &str) -> String {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let source = cut(&format!("{name} {name}"), 140);
    let mut text = format!(
        r#"
title = "{name}"
start = "2025-11"
horizon_years = {years}
[output]
source_line = "{source}"
[markets.far]
title = "{name}"
countries = ["Far"]
[markets.near]
title = "Near"
countries = ["Near"]
[stages.part]
title = "{name}"
[capacities.far]
country = "Far"
stage = "part"
tonnes_per_year = 1000
[projects.new]
country = "Near"
stage = "part"
tonnes_per_year = {{ triangular = [50, 100, 150] }}
lead_months = {{ uniform = [1, 100] }}
success_probability = 0.8
copies = 3
[demands.near]
market = "near"
stage = "part"
tonnes_per_year = 200
[disruptions.cut]
kind = "export-control"
from = ["far"]
to = ["near"]
rate_per_year = {{ uniform = [0, 0.6] }}
duration_months = {{ exponential = {{ mean = 10 }} }}
[milestones.free]
title = "{name}"
series = "coverage_without.far.part"
at_least = 0.9
"#
    );
    for (index, months) in claims.iter().enumerate() {
        text += &format!(
            "[claims.c{index}]\ntitle = \"{index} {}\"\nwho = \"x\"\nmilestone = \"free\"\nwithin_months = {months}\n",
            cut(name, 38)
        );
    }
    for index in 0..scenarios {
        text += &format!(
            "[scenarios.s{index}]\ntitle = \"{} {index}\"\ndescription = \"{name}\"\nset = {{ \"projects.*.success_probability\" = {} }}\n",
            cut(name, 77),
            index as f64 / scenarios as f64
        );
    }
    text
}

pub(super) fn results<'a>(study: &'a Study, summary: &'a Summary) -> Results<'a> {
    static SOURCES: BTreeMap<String, String> = BTreeMap::new();
    let config_digest = "0123456789abcdef";
    Results { study, summary, finding: "", config_name: "test.toml", config_digest, sources: &SOURCES }
}

/// Draws every chart and looks at its labels; the charts that there were.
fn check(study: &Study, summary: &Summary, what: &str) -> Vec<ChartKind> {
    let mut drawn = Vec::new();
    let results = results(study, summary);
    for picture in pictures(&results) {
        let (chart, canvas) = (picture.asked.kind, &picture.canvas);
        drawn.push(chart);
        assert!(canvas.height < 2000.0, "{what}: {chart:?} {}", canvas.height);
        check_canvas(canvas, 4.0, &format!("{what}: {chart:?}"));
        if let Some(narrow) = picture.narrow(&results) {
            check_canvas(&narrow.canvas, 0.0, &format!("{what}: narrow {chart:?}"));
        }
    }
    drawn
}

/// No label outside or over another, nothing drawn outside, and every number one that can be drawn. `edge` is left free.
fn check_canvas(canvas: &Canvas, edge: f64, what: &str) {
    assert!(canvas.labels.len() > 3, "{what}");
    let inside = Rect::new(4.0, edge, canvas.width - 4.0, canvas.height - edge);
    for (index, label) in canvas.labels.iter().enumerate() {
        let bounds = label.bounds();
        let within = inside.holds((bounds.left, bounds.top)) && inside.holds((bounds.right, bounds.bottom));
        assert!(within, "{what} has a label outside: {label:?} {bounds:?}");
        for other in &canvas.labels[index + 1..] {
            let apart = !bounds.grown(-0.3).overlaps(&other.bounds().grown(-0.3));
            assert!(apart, "{what} has one label over another:\n{label:?}\n{other:?}");
        }
    }
    let sheet = Rect::new(-0.1, -0.1, canvas.width + 0.1, canvas.height + 0.1);
    for point in canvas.shapes.iter().flat_map(points) {
        assert!(sheet.holds(point), "{what} draws outside: {point:?}");
    }
    for (rect, _) in &canvas.spots {
        assert!(sheet.holds((rect.left, rect.top)) && sheet.holds((rect.right, rect.bottom)), "{what}: {rect:?}");
    }
    let svg = draw::svg(canvas);
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{what}");
}

/// Points that a shape reaches.
fn points(shape: &Shape) -> Vec<canvas::Point> {
    match shape {
        Shape::Line { points, .. } | Shape::Area { points, .. } => points.clone(),
        Shape::Bar { rect, .. } => vec![(rect.left, rect.top), (rect.right, rect.bottom)],
        Shape::Dot { at, .. } => vec![*at],
    }
}

/// Every figure replaced; probabilities stay probabilities.
fn bend(summary: &Summary, change: &dyn Fn(f64) -> f64) -> Summary {
    let mut bent = summary.clone();
    let one = |estimate: &mut Estimate| {
        for value in [&mut estimate.value, &mut estimate.low, &mut estimate.high].into_iter().flatten() {
            *value = change(*value);
        }
    };
    for case in &mut bent.scenarios {
        for series in &mut case.series {
            series.percentiles.iter_mut().flatten().for_each(one);
        }
        let share = |estimate: &mut Estimate| {
            for value in [&mut estimate.value, &mut estimate.low, &mut estimate.high].into_iter().flatten() {
                *value = change(*value).clamp(0.0, 1.0);
            }
        };
        case.milestones.iter_mut().flat_map(|milestone| &mut milestone.by_month).for_each(share);
        case.claims.iter_mut().map(|claim| &mut claim.probability).for_each(share);
        for number in case.drivers.iter_mut().flat_map(|drivers| &mut drivers.numbers) {
            one(&mut number.middle);
            for bar in number.drivers.iter_mut().filter_map(|driver| driver.bar.as_mut()) {
                one(&mut bar.low);
                one(&mut bar.high);
            }
        }
        for outcome in &mut case.outcomes {
            one(&mut outcome.mean);
            outcome
                .percentiles
                .iter_mut()
                .chain(&mut outcome.standard)
                .for_each(|percentile| one(&mut percentile.estimate));
            for bar in &mut outcome.bars {
                (bar.0, bar.1) = (change(bar.0), change(bar.1));
            }
        }
    }
    bent
}

const LONG: &str = "An exceedingly long name, of eighty letters, such as nobody should ever give W";
/// Forty letters: what a scenario is called at most, if its name is to be read everywhere.
const FORTY: &str = "Without the deal: money as after 2010 WW";

/// What becomes of a figure.
type Bend = fn(f64) -> f64;
/// What figures are bent to.
const BENDS: [(&str, Bend); 8] = [
    ("as they are", |value| value),
    ("all zero", |_| 0.0),
    ("constant", |_| 0.5),
    ("constant and large", |_| 1e12),
    ("small", |value| 1e-9 * value),
    ("large", |value| 1e12 * value),
    ("beyond all numbers", |value| 1e308 * value),
    ("narrow", |value| 1e6 + value),
];

#[test]
fn labels_never_overlap_whatever_is_drawn() {
    let mut count = std::collections::BTreeMap::new();
    for (years, scenarios, claims, trials, name) in [
        (20.0, 1, &[12, 120][..], 1500, "Short"),
        (20.0, 4, &[12, 120], 1500, LONG),
        (20.0, 12, &[12, 13, 14, 15, 120, 120], 100, LONG),
        (20.0, 30, &[6, 60, 239], 20, "<script>&'"),
        (1.0 / 12.0, 2, &[], 50, LONG),
        (0.5, 3, &[1, 5], 1, "x"),
        (2.5, 5, &[], 3, "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"),
        (100.0, 2, &[12, 1199], 20, LONG),
        (7.0, 0, &[12], 1500, "\u{4e2d}\u{6587} \u{1f600} e\u{301}"),
    ] {
        let (study, summary) = run(&config(years, scenarios, claims, name), trials);
        for (what, change) in BENDS {
            let bent = bend(&summary, &change);
            let drawn = check(&study, &bent, &format!("{what}, {years} years, {scenarios} scenarios, {name}"));
            // Several scenarios, some shortage: not every run has them.
            let always = |chart: &ChartKind| {
                !matches!(chart, ChartKind::Multiples | ChartKind::Stock | ChartKind::Tornado | ChartKind::Dashboard)
            };
            let expected: Vec<ChartKind> = ChartKind::ALL.into_iter().filter(always).collect();
            assert_eq!(drawn.iter().copied().filter(always).collect::<Vec<_>>(), expected);
            assert_eq!(drawn.contains(&ChartKind::Multiples), scenarios > 1);
            drawn.iter().for_each(|kind| *count.entry(kind.word()).or_insert(0) += 1);
        }
    }
    // None was left out for want of anything to draw.
    assert!(count.len() == ChartKind::ALL.len() && count.values().all(|&times| times >= 20), "{count:?}");
}

#[test]
fn one_to_twelve_scenarios_of_forty_letters_fit_over_any_horizon() {
    for scenarios in 1..=12 {
        let years = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0][scenarios % 6];
        let claims: Vec<u32> = [6, 24, 120].into_iter().filter(|&months| f64::from(months) < 12.0 * years).collect();
        let (study, summary) = run(&config(years, scenarios, &claims, FORTY), 60);
        for (what, change) in [BENDS[0], BENDS[1], BENDS[4], BENDS[5]] {
            check(&study, &bend(&summary, &change), &format!("{what}, {years} years, {scenarios} scenarios"));
        }
        // Their names are told in full where scenarios are told apart by them.
        let kinds = [ChartKind::Milestone, ChartKind::Multiples, ChartKind::Scenarios, ChartKind::Dashboard];
        for picture in pictures(&results(&study, &summary)).iter().filter(|picture| kinds.contains(&picture.asked.kind))
        {
            let shown: String = picture.canvas.labels.iter().map(|label| format!("{} ", label.text)).collect();
            let most = if picture.asked.kind == ChartKind::Dashboard { 6 } else { 12 };
            for case in study.scenarios.iter().take(most).filter(|_| scenarios > 1) {
                assert!(shown.contains(&case.title), "{:?} lacks {}: {shown}", picture.asked.kind, case.title);
            }
        }
    }
}

#[test]
fn every_series_and_outcome_can_be_asked_for_under_any_title() {
    let wide = "W".repeat(200);
    let title = "A title of 200 letters at most goes on and on, over three lines, whatever it says. ".repeat(2);
    let text =
        config(10.0, 3, &[12], FORTY) + "\n[demands.far]\nmarket = \"far\"\nstage = \"part\"\ntonnes_per_year = 70\n";
    let (plain, _) = run(&text, 1);
    let chart =
        |kind: &str, rest: String, title: &str| format!("[[charts]]\nkind = \"{kind}\"\n{rest}\ntitle = \"{title}\"\n");
    let mut charts = Vec::new();
    for row in crate::model::SERIES {
        for series in [format!("{}.far.part", row.name), format!("{}.near", row.name)] {
            // Not every series is about a market and a stage.
            if series.matches('.').count() == row.arguments.len() {
                charts.push(chart("fan", format!("series = \"{series}\""), &wide));
                charts.push(chart("multiples", format!("series = \"{series}\""), &title));
            }
        }
    }
    for spec in &plain.scenarios[0].model.outcomes {
        charts.push(chart("distribution", format!("outcome = \"{}\"", spec.name), &title));
        charts.push(chart("scenarios", format!("outcome = \"{}\"", spec.name), &wide));
    }
    let mut drawn = 0;
    for part in charts.chunks(40) {
        let (study, summary) = run(&format!("{text}{}", part.concat()), 60);
        drawn += check(&study, &summary, "asked for").len();
    }
    assert!(drawn >= charts.len() - 4 && drawn > 50, "{drawn} of {}", charts.len());
}

#[test]
fn a_milestone_that_is_never_reached_is_drawn_and_not_called_impossible() {
    let text = config(10.0, 3, &[12, 119], "Goal").replace("at_least = 0.9", "at_least = 3.9");
    for (trials, word) in [(1, "oo few trials"), (60, "unlikely"), (2000, "exceptionally unlikely")] {
        let (study, summary) = run(&text, trials);
        check(&study, &summary, "never");
        let drawn = pictures(&results(&study, &summary));
        let canvas = &drawn.iter().find(|picture| picture.asked.kind == ChartKind::Milestone).unwrap().canvas;
        assert!(canvas.title.contains(word), "{trials}: {}", canvas.title);
        assert!(!canvas.title.contains("(0\u{a0}%)"), "{}", canvas.title);
    }
}

#[test]
fn what_there_is_is_drawn_and_what_is_missing_left_out() {
    let bare =
        "title = \"bare\"\nstart = \"2025-11\"\nhorizon_years = 1\n[markets.all]\ncountries = [\"A\"]\n[stages.p]\n";
    let demand = "[demands.d]\nmarket = \"all\"\nstage = \"p\"\ntonnes_per_year = 0\n";
    let series = "[output]\nseries = [\"production.all.p\"]\n";
    let outage = "[capacities.c]\ncountry = \"A\"\nstage = \"p\"\ntonnes_per_year = 5\n[disruptions.o]\nkind = \"outage\"\nhits = [\"c\"]\nrate_per_year = 1\nduration_months = 2\n";
    use ChartKind::{Distribution, Fan, Scenarios};
    for (parts, expected) in [
        (vec![], vec![]),
        (vec![series], vec![Fan]),
        (vec![demand], vec![Fan, Distribution, Scenarios]),
        (vec![outage], vec![Distribution, Scenarios]),
        (vec![outage, series], vec![Fan, Distribution, Scenarios]),
    ] {
        let text = format!("{bare}{}", parts.concat());
        for trials in [1, 40] {
            let (study, summary) = run(&text, trials);
            assert_eq!(check(&study, &summary, &text), expected, "{text}");
        }
    }
}

#[test]
fn the_same_results_give_the_same_pictures() {
    let (study, summary) = run(&config(20.0, 2, &[12, 120], "Short"), 1500);
    let drawn = files(&pictures(&results(&study, &summary)), true);
    assert_eq!(drawn.len(), 2 * ChartKind::ALL.len());
    assert_eq!(drawn, files(&pictures(&results(&study, &summary)), true));
    for (name, svg) in drawn.iter().filter(|(name, _)| name.ends_with(".svg")) {
        assert!(svg.starts_with(b"<svg") && svg.ends_with(b"</svg>\n"), "{name}");
    }
    for (name, bytes) in drawn.iter().filter(|(name, _)| !name.ends_with(".svg")) {
        assert!(name.starts_with("charts/") && name.ends_with(".png"));
        let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let info = reader.info();
        assert_eq!((info.width, info.color_type, info.bit_depth), (2400, png::ColorType::Rgb, png::BitDepth::Eight));
        assert_eq!(info.pixel_dims.map(|size| size.xppu), Some(style::PIXELS_PER_METRE));
    }
}

/// A scenario with an earlier claim of its own: in its panel the claim of both keeps its colour, which stands for its name.
#[test]
fn the_colour_of_a_claim_is_that_of_its_name() {
    let own = "\"claims.a\" = { who = \"x\", milestone = \"free\", within_months = 6 }, ";
    let text = config(20.0, 2, &[60], "Short");
    let (before, after) = text.split_once("[scenarios.s1]").expect("two scenarios");
    let text = format!("{before}[scenarios.s1]{}", after.replacen("set = { ", &format!("set = {{ {own}"), 1));
    let (study, summary) = run(&text, 40);
    assert_eq!(summary.scenarios.iter().map(|case| case.claims.len()).collect::<Vec<_>>(), [1, 2]);
    let pictures = pictures(&results(&study, &summary));
    let multiples = pictures.iter().find(|picture| picture.asked.kind == ChartKind::Multiples).expect("two scenarios");
    let drawn = |colour: style::Colour| {
        let lines = multiples.canvas.shapes.iter();
        lines.filter(|shape| matches!(shape, Shape::Line { colour: own, .. } if *own == colour)).count()
    };
    assert_eq!([0, 1].map(|rank| drawn(style::claim(rank))), [2, 0]);
}
