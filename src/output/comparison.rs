//! A comparison of two scenarios: text, Markdown, CSV, JSON.

use serde::Serialize;

use super::hints::chosen_outcome;
use super::json;
use super::section::{escape, wrap};
use super::tables::{EXACT, RANKS, STUDENT, Statistics};
use super::words::{self, Number, amount, count, probability, share};
use crate::study::Study;
use crate::summary::{Comparison, Difference, Estimate, Percentile};

/// Columns of the text.
const WIDTH: usize = 78;

fn amounts(estimate: &Estimate) -> String {
    words::with_interval(estimate, Number::Amount)
}

/// An outcome's differences, a line each.
fn lines(difference: &Difference) -> Vec<String> {
    let percentiles = |list: &[Percentile]| {
        let one = |percentile: &Percentile| format!("P{} {}", percentile.percent, amounts(&percentile.estimate));
        list.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![
        format!(
            "mean: a {}, b {}; difference {}",
            amounts(&difference.mean_a),
            amounts(&difference.mean_b),
            amounts(&difference.mean_difference)
        ),
        format!("percentiles of the difference: {}", percentiles(&difference.percentiles_of_difference)),
        format!("difference of the percentiles: {}", percentiles(&difference.difference_of_percentiles)),
        format!(
            "b less in {}, the same in {}, more in {}",
            probability(&difference.b_less),
            probability(&difference.same),
            probability(&difference.b_more)
        ),
    ];
    if difference.can_be_never {
        lines.push(format!(
            "never in both {}, in a only {}, in b only {}; in the means and differences \"never\" counts as the horizon",
            probability(&difference.never_both),
            probability(&difference.never_a),
            probability(&difference.never_b)
        ));
    }
    let is_known = difference.mean_difference.value.is_some();
    lines.extend(match difference.variance_reduction {
        Some(factor) => {
            Some(format!("independent runs would need {} times as many trials for this mean", amount(factor)))
        }
        None => is_known.then(|| "the difference is the same in every trial".into()),
    });
    lines
}

/// The outcomes to print: all of a small model; of a large one those of milestones and of the main outcome's place.
fn chosen(comparison: &Comparison) -> Vec<&Difference> {
    let all = &comparison.differences;
    if all.len() <= 8 {
        return all.iter().collect();
    }
    let main = comparison.main_outcome.as_ref().map_or("", |main| main.name.as_str());
    let main = super::section::main_outcomes(main);
    all.iter().filter(|one| one.name.starts_with("milestone.") || main.contains(&one.name)).collect()
}

fn head(comparison: &Comparison) -> String {
    let (a, b) = (&comparison.a, &comparison.b);
    let files =
        if a.config == b.config { [""; 2].map(String::from) } else { [a, b].map(|s| format!(" of {}", s.config)) };
    format!("a: {}{}; b: {}{}; every difference is b minus a", a.scenario, files[0], b.scenario, files[1])
}

/// What follows the outcomes: what only one side has, what was left out, what the figures rest on.
fn foot(study: &Study, comparison: &Comparison) -> Vec<String> {
    let mut foot = Vec::new();
    for (side, names) in [("a", &comparison.only_in_a), ("b", &comparison.only_in_b)] {
        if !names.is_empty() {
            foot.push(format!("Only {side} has: {}", names.join(", ")));
        }
    }
    let hidden = comparison.differences.len() - chosen(comparison).len();
    if hidden > 0 {
        foot.push(format!("{hidden} more outcomes: --format csv, --format json"));
        foot.extend(comparison.main_outcome.as_ref().and_then(|main| chosen_outcome(main, "a and b together")));
    }
    foot.push(format!(
        "{} trials of each on the same random numbers, seed {}; intervals at {} confidence. A percentile of the difference \
         ranks the differences trial by trial; a difference of percentiles compares the two distributions.",
        count(comparison.trials),
        study.config.run.seed,
        share(comparison.confidence)
    ));
    foot
}

/// For people.
pub fn text(study: &Study, comparison: &Comparison) -> String {
    let mut text = wrap(&head(comparison), WIDTH);
    for difference in chosen(comparison) {
        text += &format!("\n{}", wrap(&format!("{} ({})", difference.name, difference.unit), WIDTH));
        for line in lines(difference) {
            text += &format!("  {}\n", wrap(&line, WIDTH - 4).trim_end().replace('\n', "\n    "));
        }
    }
    text.push('\n');
    foot(study, comparison).iter().for_each(|line| text += &wrap(line, WIDTH));
    text
}

/// The same in Markdown.
pub fn markdown(study: &Study, comparison: &Comparison) -> String {
    let mut text = format!("## {}\n\n{}\n", escape(&study.config.title), escape(&head(comparison)));
    for difference in chosen(comparison) {
        text += &format!("\n**{}** ({})\n\n", escape(&difference.name), difference.unit);
        lines(difference).iter().for_each(|line| text += &format!("- {}\n", escape(line)));
    }
    foot(study, comparison).iter().for_each(|line| text += &format!("\n{}\n", escape(line)));
    text
}

/// `difference.csv`: a row for every outcome and statistic.
pub fn csv(comparison: &Comparison) -> Vec<u8> {
    let mut table = Statistics::new("difference.csv", comparison.confidence, comparison.trials);
    let sides = [comparison.a.scenario.as_str(), &comparison.b.scenario];
    for one in &comparison.differences {
        let mut row = |statistic: &str, percent: Option<f64>, estimate: &Estimate, method: &str| {
            table.row(&sides, (&one.name, one.unit), statistic, percent, estimate, method);
        };
        row("mean_a", None, &one.mean_a, STUDENT);
        row("mean_b", None, &one.mean_b, STUDENT);
        row("mean_difference", None, &one.mean_difference, "Student t, paired");
        for percentile in &one.percentiles_of_difference {
            row("percentile_of_difference", Some(percentile.percent), &percentile.estimate, RANKS);
        }
        for percentile in &one.difference_of_percentiles {
            let method = "order statistics, Bonferroni";
            row("difference_of_percentiles", Some(percentile.percent), &percentile.estimate, method);
        }
        for (statistic, estimate) in [
            ("probability_b_less", &one.b_less),
            ("probability_same", &one.same),
            ("probability_b_more", &one.b_more),
            ("probability_never_in_both", &one.never_both),
            ("probability_never_in_a_only", &one.never_a),
            ("probability_never_in_b_only", &one.never_b),
        ] {
            row(statistic, None, estimate, EXACT);
        }
    }
    table.finish()
}

#[derive(Serialize)]
struct File<'a> {
    percentile_definition: &'static str,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// `results.json` of a comparison.
pub fn json(seed: u64, comparison: &Comparison) -> Vec<u8> {
    json::found(seed, &File { percentile_definition: json::PERCENTILE, comparison })
}
