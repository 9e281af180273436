//! Charts draw what they say: figures beside dots, sizes, units, order of rows, letters.

use super::canvas::{Label, Point, Shape};
use super::tests::{config, results};
use super::*;
use crate::output::small::run;

/// The canvas of the first chart of a kind.
fn drawn(text: &str, trials: u64, kind: ChartKind) -> Canvas {
    let (study, summary) = run(text, trials);
    let mut all = pictures(&results(&study, &summary)).into_iter();
    all.find(|picture| picture.asked.kind == kind).expect("it has something to show").canvas
}

/// Centres of the dots of a colour.
fn dots(canvas: &Canvas, colour: style::Colour) -> Vec<Point> {
    let dot = |shape: &Shape| match shape {
        Shape::Dot { at, colour: own, .. } if *own == colour => Some(*at),
        _ => None,
    };
    canvas.shapes.iter().filter_map(dot).collect()
}

fn label<'a>(canvas: &'a Canvas, part: &str) -> &'a Label {
    let found = canvas.labels.iter().find(|label| label.text.contains(part));
    found.unwrap_or_else(|| panic!("no label with {part}: {:?}", texts(canvas)))
}

fn texts(canvas: &Canvas) -> Vec<&str> {
    canvas.labels.iter().map(|label| label.text.as_str()).collect()
}

/// The value at a height of the plot.
fn value_at(canvas: &Canvas, y: f64) -> f64 {
    let plot = canvas.plots.last().copied().expect("values by month");
    plot.low + (plot.rect.bottom - y) / plot.rect.height() * (plot.high - plot.low)
}

#[test]
fn the_figure_of_the_median_is_that_of_its_dot_on_any_slope() {
    // A plant that comes for certain in the month of the claim: the median climbs as steeply as can be.
    let text =
        config(3.0, 1, &[12], "Short").replace("{ uniform = [1, 100] }", "12").replace("copies = 3", "copies = 9");
    let text = text.replace("success_probability = 0.8", "success_probability = 1");
    let text = text.replace("\"projects.*.success_probability\" = 0", "\"projects.*.success_probability\" = 1");
    let canvas = drawn(&text, 50, ChartKind::Fan);
    let [(x, y)] = dots(&canvas, style::claim(0))[..] else { panic!("one claim, one dot") };
    let told = label(&canvas, " in Nov\u{a0}2026");
    let figure = number::quantity(crate::model::Unit::Fraction, value_at(&canvas, y));
    assert!(told.text.starts_with(&format!("Median {figure} in")), "{figure}: {}", told.text);
    let rect = canvas.plots.last().expect("by month").rect;
    let month = 36.0 * (x - rect.left) / (rect.right - rect.left);
    assert!((month - 12.5).abs() < 0.01, "where the line has that value: {month}");
    // The line ends with its value.
    let last = canvas.labels.iter().find(|label| label.text.starts_with("95th percentile ")).expect("an end");
    assert!(last.text.ends_with("\u{a0}%"), "{}", last.text);
}

#[test]
fn the_figure_beside_a_dot_of_a_probability_is_that_of_the_dot() {
    let text = config(10.0, 1, &[100], "Short").replace("within_months", "not_within_months");
    let text = text.replace("\"projects.*.success_probability\" = 0", "\"projects.*.success_probability\" = 0.4");
    let canvas = drawn(&text, 300, ChartKind::Milestone);
    let [(_, y)] = dots(&canvas, style::claim(0))[..] else { panic!("one claim, one dot: {:?}", texts(&canvas)) };
    let key = canvas
        .labels
        .iter()
        .find(|label| label.size == style::KEY && label.colour == style::claim(0))
        .expect("a key figure");
    let value = value_at(&canvas, y);
    let held = number::share(value);
    assert!(key.text == held || (value < 1e-9 && key.text.starts_with('<')), "{} beside a dot at {held}", key.text);
    label(&canvas, "have reached it");
}

#[test]
fn a_probability_of_a_few_in_ten_thousand_does_not_fill_a_chart() {
    let text =
        config(10.0, 1, &[60], "Short").replace("rate_per_year = { uniform = [0, 0.6] }", "rate_per_year = 0.0005");
    let text = text.replace("\"projects.*.success_probability\" = 0", "\"projects.*.success_probability\" = 0.002");
    for kind in [ChartKind::Milestone, ChartKind::Distribution, ChartKind::Dashboard] {
        let (study, summary) = run(&text, 1500);
        let all = pictures(&results(&study, &summary));
        let Some(picture) = all.iter().find(|picture| picture.asked.kind == kind) else { continue };
        let texts = texts(&picture.canvas);
        assert!(texts.contains(&"100\u{a0}%"), "{kind:?}: {texts:?}");
        let axes = |text: &&str| text.ends_with("\u{a0}%") && text.trim_end_matches("\u{a0}%").parse::<f64>().is_ok();
        let small = texts.iter().filter(|text| axes(text) && !text.starts_with("100")).count();
        assert!(small == 0 || texts.contains(&"The same, enlarged") || kind != ChartKind::Distribution, "{texts:?}");
    }
}

#[test]
fn what_was_observed_is_drawn_before_the_start_and_moves_nothing_else() {
    let text = config(10.0, 1, &[60], "Short");
    let points =
        "points = [{ month = \"2020-11\", value = 0.5, source = \"a b\" }, { month = \"2023-11\", value = 0.25 }]";
    let canvas = drawn(&format!("{text}\n[history.\"coverage_without.far.part\"]\n{points}\n"), 40, ChartKind::Fan);
    let plot = canvas.plots.last().copied().expect("by month");
    let seen = dots(&canvas, style::INK);
    assert_eq!(seen.len(), 2);
    let month = |x: f64| (x - plot.rect.left) * plot.months / (plot.rect.right - plot.rect.left);
    for ((x, y), (when, value)) in seen.into_iter().zip([(-59.5, 0.5), (-23.5, 0.25)]) {
        assert!((month(x) - when).abs() < 1e-6 && (value_at(&canvas, y) - value).abs() < 1e-9, "{} {y}", month(x));
    }
    assert!(canvas.subtitle.contains("Before Nov\u{a0}2025: observed (a b)"), "{}", canvas.subtitle);
    let plain = drawn(&text, 40, ChartKind::Fan);
    assert_eq!(plain.heading, canvas.heading);
}

#[test]
fn letters_that_cannot_be_drawn_are_named_and_formulas_are_drawn() {
    let words = |name: &str| {
        let (study, summary) = run(&config(10.0, 2, &[60], name), 20);
        let pictures = pictures(&results(&study, &summary));
        (undrawable(&pictures), undrawable_note(&pictures))
    };
    assert_eq!(words("Nd\u{2082}Fe\u{2081}\u{2084}B \u{2265} 10\u{207b}\u{b3}"), (Vec::new(), None));
    let (found, note) = words("(\u{4e2d}\u{6587}) Japan");
    assert!(
        found.contains(&"\u{4e2d}\u{6587}".to_string()) && !found.iter().any(|word| word.contains("Japan")),
        "{found:?}"
    );
    assert!(note.expect("a note").contains("`\u{4e2d}\u{6587}`"));
}

#[test]
fn no_figure_of_another_product_is_in_tonnes() {
    let text = config(10.0, 2, &[60], "Short").replace("[stages.part]\n", "[stages.part]\nunit = \"vials\"\n");
    let text = text.replace("at_least = 0.9", "at_most = 1").replace("coverage_without.far.part", "shortage.near.part");
    let (study, summary) = run(&text, 100);
    for picture in pictures(&results(&study, &summary)) {
        let labels = texts(&picture.canvas);
        let cells = picture.figures().into_iter().flat_map(|figures| figures.rows.iter().flatten()).map(String::as_str);
        for text in labels.into_iter().chain(cells).chain([picture.heading(), picture.subtitle()]) {
            let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '/');
            let wrong = |word: &str| ["t", "kt", "Mt", "Gt", "tonnes", "t/month", "vials/month"].contains(&word);
            assert!(!words.clone().any(wrong), "{:?}: {text}", picture.asked.kind);
        }
        if picture.asked.kind == ChartKind::Fan {
            assert!(picture.subtitle().contains("vials a month"), "{}", picture.subtitle());
        }
    }
}

#[test]
fn where_no_date_can_be_drawn_there_are_probabilities_and_no_part_of_a_sentence() {
    let about = "It is as it stands, and nothing changes. But only if not, in which case a great deal more would have to be \
                 said than there is room for, word after word after word, over more lines than there are for a scenario, so \
                 that it had better be left out altogether than be cut where it would say the opposite of what it means to, \
                 which is what has happened to it before.";
    let text = config(20.0, 3, &[60], "Goal").replace("at_least = 0.9", "at_least = 3.9");
    let text = text.replace("description = \"Goal\"", &format!("description = \"{about}\""));
    let canvas = drawn(&text, 100, ChartKind::Scenarios);
    for heading in ["within 1\u{a0}year", "within 10\u{a0}years", "within 20\u{a0}years"] {
        label(&canvas, heading);
    }
    let texts = texts(&canvas);
    assert!(!texts.iter().any(|text| text.contains("not reached") || text.contains('\u{2026}')), "{texts:?}");
    label(&canvas, "nothing changes.");
    assert!(!texts.iter().any(|text| text.contains("But only")), "{texts:?}");
    let dated = drawn(&config(20.0, 3, &[60], "Goal"), 100, ChartKind::Scenarios);
    label(&dated, "Not reached");
}

#[test]
fn trials_stand_by_how_bad_they_are_and_fill_their_scale() {
    let canvas = drawn(&config(20.0, 1, &[], "Short"), 100, ChartKind::Raster);
    let bars = canvas.shapes.iter().filter_map(|shape| match shape {
        Shape::Bar { rect, colour } if *colour == style::MEDIAN && rect.top > 60.0 => Some(rect),
        _ => None,
    });
    let mut rows: std::collections::BTreeMap<i64, f64> = std::collections::BTreeMap::new();
    let mut highest: f64 = 0.0;
    // The swatch of the key is wider than a month.
    for rect in bars.filter(|rect| rect.right - rect.left < 20.0) {
        *rows.entry((10.0 * rect.bottom).round() as i64).or_default() += rect.height();
        highest = highest.max(rect.height());
    }
    let totals: Vec<f64> = rows.into_values().collect();
    assert!(totals.len() > 3 && totals.windows(2).all(|pair| pair[0] >= pair[1] - 1e-6), "{totals:?}");
    assert!(highest > 10.0, "the worst month is seen: {highest}");
}

#[test]
fn the_stock_that_is_held_is_marked_and_long_stocks_are_in_years() {
    let stock = "[stockpiles.reserve]\nmarket = \"near\"\nstage = \"part\"\ntarget_days = 73\n";
    let canvas = drawn(&(config(20.0, 1, &[], "Short") + stock), 200, ChartKind::Stock);
    let held = label(&canvas, "Held at the start");
    assert!(held.text.contains("40\u{a0}t, 73\u{a0}days"), "{}", held.text);
    let long = config(20.0, 1, &[], "Short").replace("{ mean = 10 }", "{ mean = 200 }");
    let canvas = drawn(&long, 200, ChartKind::Stock);
    label(&canvas, "Years of demand at the start");
}

#[test]
fn the_pipeline_has_sizes_and_keeps_the_largest_rows() {
    let small: String = (0..40)
        .map(|index| {
            format!(
                "[projects.p{index}]\ncountry = \"Near\"\nstage = \"part\"\ntonnes_per_year = {}\nlead_months = {}\n",
                index + 1,
                40 - index
            )
        })
        .collect();
    let canvas = drawn(&(config(10.0, 1, &[], "Short") + &small), 20, ChartKind::Pipeline);
    let shown = texts(&canvas);
    assert!(shown.contains(&"p39") && shown.contains(&"40"), "the largest and its size: {shown:?}");
    assert!(!shown.contains(&"p3") && canvas.subtitle.contains("smaller ones are not shown"), "{shown:?}");
    assert!((0..4).all(|rank| style::claim(rank) != style::ANNOUNCED));
}

#[test]
fn panels_of_the_dashboard_tell_findings() {
    let canvas = drawn(&config(20.0, 2, &[60], "Short"), 200, ChartKind::Dashboard);
    // A finding is bold; what is shown below it is not.
    let bold = canvas.labels.iter().filter(|label| label.face == font::Face::Bold && label.size < style::TITLE);
    let bold: String = bold.map(|label| format!("{} ", label.text)).collect();
    for part in ["At the median, supply", "by Oct\u{a0}2045: in", "otal shortage of", "median "] {
        assert!(bold.contains(part), "{part}: {bold}");
    }
    label(&canvas, "median; 90\u{a0}% of futures");
}
