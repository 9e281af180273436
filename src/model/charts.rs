//! `[[charts]]`: whether each can be drawn of this model.

use super::context::Context;
use super::names::{check_text, find, is_id, path};
use super::{Model, OutcomeKind};
use crate::config::fault::Fault;
use crate::config::set::Path;
use crate::config::{Chart, ChartKind};

/// Longest title of a chart: three lines of it, wide letters apart.
const LONGEST_TITLE: usize = 200;

/// All faults of the charts, but for series that do not exist: those are told where series are looked up.
pub fn check(context: &mut Context<'_>, model: &Model) {
    let config = context.config;
    for (position, chart) in config.charts.iter().enumerate() {
        let here = |key: &str| path(&["charts", &position.to_string(), key]);
        check_text(here("title"), chart.title.as_deref().unwrap_or(""), LONGEST_TITLE, &mut context.faults);
        if let Some(file) = &chart.file {
            check_file(here("file"), file, &config.charts[..position], &mut context.faults);
        }
        check_keys(chart, &here, &mut context.faults);
        check_series(chart, &here, &mut context.faults);
        let milestones: Vec<String> = model.milestones.iter().map(|milestone| milestone.id.clone()).collect();
        let outcomes = outcomes(chart.kind, model);
        let what = if chart.kind == ChartKind::Stock { "outcome `stock_needed`" } else { "outcome" };
        for (what, key, name, names) in [
            ("milestone", "milestone", &chart.milestone, &milestones),
            (what, "outcome", &chart.outcome, &outcomes),
            ("stage", "stage", &chart.stage, &context.stage_ids),
        ] {
            if let Some(name) = name.as_ref().filter(|_| chart.kind.keys().contains(&key)) {
                find(what, name, names, here(key), &mut context.faults);
            }
        }
        check_scenarios(context, chart, &here);
    }
}

/// Outcomes that a chart of this kind can be about.
fn outcomes(kind: ChartKind, model: &Model) -> Vec<String> {
    let fits = |spec: &&super::OutcomeSpec| kind != ChartKind::Stock || spec.kind == OutcomeKind::StockNeeded;
    model.outcomes.iter().filter(fits).map(|spec| spec.name.clone()).collect()
}

/// A file has a name of its own.
fn check_file(here: Path, file: &str, before: &[Chart], faults: &mut Vec<Fault>) {
    if !is_id(file) {
        let message = "the name of a file is a letter followed by letters, digits, `-` or `_`, at most 64 in all";
        faults.push(
            Fault::new(here, message).help("folder and ending are added: `magnets` becomes `charts/magnets.png`"),
        );
    } else if before.iter().any(|other| other.file.as_deref() == Some(file)) {
        let fault = Fault::new(here, format!("another chart is written to the file `{file}` already"));
        faults.push(fault.help("give each chart a `file` of its own, or leave it out"));
    }
}

/// Only keys that say something of this kind of chart.
fn check_keys(chart: &Chart, here: &dyn Fn(&str) -> Path, faults: &mut Vec<Fault>) {
    let given = [
        ("series", chart.series.is_some()),
        ("milestone", chart.milestone.is_some()),
        ("outcome", chart.outcome.is_some()),
        ("stage", chart.stage.is_some()),
        ("scenario", chart.scenario.is_some()),
        ("scenarios", !chart.scenarios.is_empty()),
    ];
    let (kind, keys) = (chart.kind.word(), chart.kind.keys());
    for (key, _) in given.into_iter().filter(|(key, given)| *given && !keys.contains(key)) {
        let fault = Fault::new(here(key), format!("a `{kind}` chart has no `{key}`")).at_key();
        let near = keys.iter().find(|other| key.trim_end_matches('s') == other.trim_end_matches('s'));
        faults.push(fault.help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it takes: {}, title, file", keys.join(", ")),
        }));
    }
}

/// One series, and for a raster a shortage as a share of demand.
fn check_series(chart: &Chart, here: &dyn Fn(&str) -> Path, faults: &mut Vec<Fault>) {
    let Some(series) = &chart.series else { return };
    if series.contains('*') {
        faults.push(Fault::new(here("series"), "a chart looks at one series: no `*` here"));
    } else if chart.kind == ChartKind::Raster && !series.starts_with("shortage_fraction.") {
        let fault = Fault::new(here("series"), "a `raster` chart shows a `shortage_fraction`");
        faults.push(fault.label("this is another series").help("as in `shortage_fraction.west.magnets`"));
    }
}

/// Scenarios that there are, each once, and as many as it takes to compare.
fn check_scenarios(context: &mut Context<'_>, chart: &Chart, here: &dyn Fn(&str) -> Path) {
    let names: Vec<String> = context.config.scenarios.keys().cloned().collect();
    let keys = chart.kind.keys();
    if let Some(name) = chart.scenario.as_ref().filter(|_| keys.contains(&"scenario")) {
        find("scenario", name, &names, here("scenario"), &mut context.faults);
    }
    if !keys.contains(&"scenarios") {
        return;
    }
    for (index, name) in chart.scenarios.iter().enumerate() {
        let path = [here("scenarios"), vec![index.to_string()]].concat();
        if !names.contains(name) {
            let fault = Fault::new(path, format!("there is no scenario `{name}`"));
            context.faults.push(fault.unknown(name, names.iter().map(String::as_str), &context.faults));
        } else if chart.scenarios[..index].contains(name) {
            context.faults.push(Fault::new(path, format!("the scenario `{name}` is named twice")));
        }
    }
    if chart.kind == ChartKind::Multiples && chart.scenarios.len() == 1 {
        let fault = Fault::new(here("scenarios"), "a `multiples` chart shows two or more scenarios");
        context.faults.push(fault.help("name another, or draw a `fan` of this one"));
    }
}
