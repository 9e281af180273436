//! What has a name in a config: series, outcomes, values that a change can reach, inputs that can be correlated.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::json;
use super::section::{Screen, Section, draw_markdown, wrap};
use super::tables;
use super::words::amount;
use crate::config::Quantity;
use crate::config::set::{self, matches};
use crate::model::{DrawnInput, Inputs};
use crate::study::{ScenarioModel, Study};

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A monthly series: for `output.series`, milestones, charts, and the signal of an investment.
    Series,
    /// An outcome of a trial: for `output.outcome`, statistics and charts.
    Outcome,
    /// A value of the config: for `--set` and the `set` of a scenario.
    Path,
    /// An uncertain input: for `correlations`.
    Input,
}

impl Kind {
    /// All of them, each with its word and what stands above its table.
    const ALL: [(Kind, &'static str, &'static str); 4] = [
        (Kind::Series, "series", "Series, by month; those that a run keeps percentiles of are marked \"recorded\""),
        (Kind::Outcome, "outcome", "Outcomes, one number a trial"),
        (Kind::Path, "path", "Paths for --set and scenarios, with the value before any scenario"),
        (Kind::Input, "input", "Uncertain inputs, for correlations"),
    ];
}

/// A name, and what there is to know of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// What it is for.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// Unit of its values; empty of a path, which names its own.
    pub unit: String,
    /// The current value of a path, as a config writes it; of an input its distribution in a few figures; of a series, whether
    /// it is recorded.
    pub value: String,
    /// What it says.
    pub meaning: String,
}

/// All names of a study in the scenario `case`; `pattern` keeps those that it matches, or without any `*` those that hold it.
pub fn list(study: &Study, case: &ScenarioModel, pattern: Option<&str>) -> Vec<Listed> {
    let model = &case.model;
    let series = model.every_series(&study.config.markets).into_iter().map(|spec| Listed {
        kind: Kind::Series,
        unit: model.series_unit(&spec).to_string(),
        value: if model.series.iter().any(|known| known.name == spec.name) { "recorded".into() } else { String::new() },
        meaning: spec.row().meaning.into(),
        name: spec.name,
    });
    let outcomes = model.outcomes.iter().map(|spec| Listed {
        kind: Kind::Outcome,
        name: spec.name.clone(),
        unit: model.outcome_unit(spec).to_string(),
        value: String::new(),
        meaning: model.outcome_meaning(spec).into(),
    });
    let mut paths = Vec::new();
    let config = Table::try_from(&study.config).expect("a checked config can be written as TOML");
    gather(&Value::Table(config), "", &mut paths);
    let all = series.chain(outcomes).chain(paths).chain(inputs(&model.inputs));
    let asked = pattern.map(|text| if text.contains('*') { text.into() } else { format!("*{text}*") });
    all.filter(|one| asked.as_ref().is_none_or(|pattern: &String| matches(pattern, &one.name))).collect()
}

/// The values below `here`, each with its path. A distribution is one value; what no path can name is told as a part of what
/// holds it.
fn gather(value: &Value, here: &str, found: &mut Vec<Listed>) {
    let below = |key: &str| if here.is_empty() { key.to_string() } else { format!("{here}.{key}") };
    match value {
        Value::Table(table) if !table.is_empty() && !is_one_value(table) => {
            table.iter().for_each(|(key, value)| gather(value, &below(key), found));
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_table) => {
            items.iter().enumerate().for_each(|(index, value)| gather(value, &below(&index.to_string()), found));
        }
        _ => found.push(Listed {
            kind: Kind::Path,
            name: here.into(),
            unit: String::new(),
            value: value.to_string(),
            meaning: String::new(),
        }),
    }
}

/// Whether a table is a distribution, or has keys that a path would take apart.
fn is_one_value(table: &Table) -> bool {
    table.keys().any(|key| set::split(key).len() > 1) || Quantity::deserialize(Value::Table(table.clone())).is_ok()
}

/// The inputs drawn once per trial, but for those of decisions, which cannot be correlated; copies of a project count once.
fn inputs(inputs: &Inputs) -> Vec<Listed> {
    let one = |input: &DrawnInput| {
        let name: Vec<&str> = input.name.split('.').map(|key| key.split('#').next().unwrap_or_default()).collect();
        let law = input.distribution.as_ref();
        let value = law.map(|law| [0.05, 0.5, 0.95].map(|share| amount(law.quantile(share))));
        Listed {
            kind: Kind::Input,
            name: name.join("."),
            unit: String::new(),
            value: value.map_or(String::new(), |[low, middle, high]| format!("P5 {low}, P50 {middle}, P95 {high}")),
            meaning: if law.is_none() { "whether it succeeds".into() } else { String::new() },
        }
    };
    let mut all: Vec<Listed> = inputs.drawn[..inputs.of_decisions.start].iter().map(one).collect();
    all.dedup_by(|later, before| later.name == before.name);
    all
}

/// For people: each name on a line of its own, what is the same for several said once above them.
pub fn text(listed: &[Listed], screen: Screen) -> String {
    let mut text = String::new();
    for (kind, _, heading) in Kind::ALL {
        let mut meaning = "";
        let names: Vec<&Listed> = listed.iter().filter(|one| one.kind == kind).collect();
        if !names.is_empty() {
            text += &format!("{}{}", if text.is_empty() { "" } else { "\n" }, wrap(heading, screen.width));
        }
        for one in names {
            if one.meaning != meaning && one.kind != Kind::Input {
                meaning = &one.meaning;
                text += &format!("\n{}", wrap(meaning, screen.width));
            }
            let line = match one.kind {
                Kind::Path => format!("{} = {}", one.name, one.value),
                Kind::Series if one.value.is_empty() => format!("{} ({})", one.name, one.unit),
                Kind::Series => format!("{} ({}), {}", one.name, one.unit, one.value),
                Kind::Outcome => format!("{} ({})", one.name, one.unit),
                Kind::Input => format!("{}: {}{}", one.name, one.value, one.meaning),
            };
            text += &format!("  {}\n", wrap(&line, screen.width.saturating_sub(4)).trim_end().replace('\n', "\n    "));
        }
    }
    text
}

/// In Markdown, a table a kind.
pub fn markdown(listed: &[Listed]) -> String {
    let table = |(kind, word, heading): (Kind, &str, &str)| {
        let names = listed.iter().filter(|one| one.kind == kind);
        let row = |one: &Listed| vec![one.name.clone(), one.unit.clone(), one.value.clone(), one.meaning.clone()];
        let rows: Vec<Vec<String>> = names.map(row).collect();
        let header = [word, "unit", "value", "meaning"].map(String::from).into();
        let section = Section { title: heading.into(), header, rows, notes: Vec::new() };
        if section.rows.is_empty() { String::new() } else { draw_markdown(&section) }
    };
    Kind::ALL.map(table).concat()
}

/// As CSV, a row a name.
pub fn csv(listed: &[Listed]) -> Vec<u8> {
    let mut table = tables::Table::new(&["kind", "name", "unit", "value", "meaning"]);
    for one in listed {
        let word = Kind::ALL.iter().find(|(kind, ..)| *kind == one.kind).map_or("", |(_, word, _)| *word);
        table.row([word.into(), one.name.clone(), one.unit.clone(), one.value.clone(), one.meaning.clone()]);
    }
    table.finish()
}

/// As a JSON list.
pub fn json(listed: &[Listed]) -> Vec<u8> {
    json::bytes_of(&listed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::Document;

    /// Every name can be used for what it is listed for.
    #[test]
    fn whatever_is_listed_is_known() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/configs/smoke.toml")).unwrap();
        let study = Study::from_text(&text).unwrap();
        let all = list(&study, &study.scenarios[0], None);
        let names = |kind: Kind| all.iter().filter(move |one| one.kind == kind);
        // The smoke config asks for nearly all series by pattern: those are found, and others that it does not record.
        for spec in &study.scenarios[0].model.series {
            let found = names(Kind::Series).find(|one| one.name == spec.name).expect(&spec.name);
            assert_eq!(found.value, "recorded", "{}", spec.name);
        }
        let asked: Vec<Value> = names(Kind::Series).map(|one| one.name.clone().into()).collect();
        assert!(asked.iter().any(|name| name.as_str() == Some("share.west.oxide")) && asked.len() > 100);
        let mut document = Document::parse("smoke", &text).unwrap();
        document.edit(&format!("output.series={}", Value::Array(asked))).unwrap();
        Study::new(&document).unwrap_or_else(|faults| panic!("{faults}"));
        // A value put where it is found changes nothing.
        for one in names(Kind::Path) {
            document.edit(&format!("{}={}", one.name, one.value)).unwrap_or_else(|fault| panic!("{fault}"));
        }
        document.edit("output.series=[]").unwrap();
        let config = Study::new(&document).unwrap_or_else(|faults| panic!("{faults}")).config;
        assert_eq!(Table::try_from(&config).unwrap()["projects"], Table::try_from(&study.config).unwrap()["projects"]);
        assert!(names(Kind::Path).any(|one| one.name == "projects.west-refinery.phases.1.months"));
        assert_eq!(config.disruptions, study.config.disruptions);
        // One correlation of all inputs.
        let inputs: Vec<Value> = names(Kind::Input).map(|one| one.name.clone().into()).collect();
        let mut document = Document::parse("smoke", &text).unwrap();
        document.edit(&format!("correlations={{ all = {{ rho = 0.1, inputs = {} }} }}", Value::Array(inputs))).unwrap();
        document.edit("scenarios={}").unwrap();
        document.edit("charts=[]").unwrap();
        document.edit("expect={}").unwrap();
        document.edit("output.scenario=\"base\"").unwrap_or_default();
        let faults = Study::new(&document).map_or_else(|faults| faults.to_string(), |_| String::new());
        assert!(!faults.contains("is no input"), "{faults}");
    }

    #[test]
    fn a_pattern_keeps_what_it_matches() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/configs/quickstart.toml")).unwrap();
        let study = Study::from_text(&text).unwrap();
        let names = |pattern: &str| -> Vec<String> {
            list(&study, &study.scenarios[0], Some(pattern)).into_iter().map(|one| one.name).collect()
        };
        assert_eq!(names("projects.*.slip_months"), ["projects.new-plant.slip_months"; 2]);
        assert_eq!(names("stock_needed"), ["exporter", "importer"].map(|id| format!("stock_needed.{id}.metal")));
        assert!(names("nonesuch").is_empty());
        let printed = super::text(&list(&study, &study.scenarios[0], None), Screen::USUAL);
        assert!(printed.lines().all(|line| line.chars().count() <= Screen::USUAL.width), "{printed}");
        assert!(printed.contains("projects.new-plant.slip_months = { triangular = [0.0, 12.0, 60.0] }"), "{printed}");
        assert!(printed.contains("shortage_fraction.importer.metal (fraction), recorded"), "{printed}");
        assert!(!printed.contains(".unit = "), "what is left out has no value: {printed}");
    }
}
