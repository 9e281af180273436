//! `[[charts]]`: which charts to draw, of what, and what to call them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A chart to draw. What is left out is chosen as for the charts that are drawn without any `[[charts]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// What to draw.
    pub kind: ChartKind,
    /// Its title. Without it: the finding, written from the figures by rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Name of its file in `charts/`, without ending. Without it: the kind, numbered where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// `fan`, `multiples`, `raster`: the series, as in `coverage_without.china.magnets`; it is recorded for the chart's
    /// sake. A raster shows a `shortage_fraction`. Without it: what the main milestone looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// `milestone`, `scenarios`, `dashboard`: the milestone. Without it: `output.milestone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
    /// `distribution`, `stock`, `scenarios`, `tornado`, `dashboard`: the outcome, as in `total_shortage.allies.magnets`; of a
    /// stock chart a `stock_needed`. Without it: `output.outcome`; a tornado shows what the main milestone looks at. Scenarios
    /// with one of milestone and outcome show that alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// `pipeline`: only the projects of this stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// `fan`, `distribution`, `stock`, `pipeline`, `raster`: the scenario. Without it: the one that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// `milestone`, `multiples`, `scenarios`, `dashboard`: the scenarios, the main one first. Without it: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<String>,
}

/// What a chart draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChartKind {
    /// Percentiles of a series, month by month.
    Fan,
    /// Probability of a milestone by date, scenario by scenario.
    Milestone,
    /// A series in every scenario, side by side.
    Multiples,
    /// Distribution of an outcome, and the chance that a value is exceeded.
    Distribution,
    /// Probability of any shortage by the size of a stock.
    Stock,
    /// Scenarios side by side: dates of a milestone, sizes of an outcome.
    Scenarios,
    /// Dates of the projects, against those announced.
    Pipeline,
    /// Inputs that move a result most: what it is where each is low, and where it is high.
    Tornado,
    /// A few trials: their episodes and their shortage.
    Raster,
    /// One page with the main ones.
    Dashboard,
}

impl ChartKind {
    /// All of them, in the order of reading.
    pub(crate) const ALL: [ChartKind; 10] = [
        ChartKind::Fan,
        ChartKind::Milestone,
        ChartKind::Multiples,
        ChartKind::Distribution,
        ChartKind::Stock,
        ChartKind::Scenarios,
        ChartKind::Pipeline,
        ChartKind::Tornado,
        ChartKind::Raster,
        ChartKind::Dashboard,
    ];

    /// As a config writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            ChartKind::Fan => "fan",
            ChartKind::Milestone => "milestone",
            ChartKind::Multiples => "multiples",
            ChartKind::Distribution => "distribution",
            ChartKind::Stock => "stock",
            ChartKind::Scenarios => "scenarios",
            ChartKind::Pipeline => "pipeline",
            ChartKind::Tornado => "tornado",
            ChartKind::Raster => "raster",
            ChartKind::Dashboard => "dashboard",
        }
    }

    /// What the results must have for it.
    pub(crate) fn needs(self) -> &'static str {
        match self {
            ChartKind::Fan => "a recorded series",
            ChartKind::Milestone => "a milestone",
            ChartKind::Multiples => "two scenarios or more that record the series",
            ChartKind::Distribution => "an outcome",
            ChartKind::Stock => "final demand that lacks something in some trial",
            ChartKind::Scenarios => "a milestone or an outcome",
            ChartKind::Pipeline => "projects or investments",
            ChartKind::Tornado => "drivers, and an input that certainly moves the result",
            ChartKind::Raster => "disruptions, and a recorded `shortage_fraction`",
            ChartKind::Dashboard => "a milestone, a recorded series, and an outcome above 0 in some trial",
        }
    }

    /// The keys of its subject: those that say what it is about.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            ChartKind::Fan | ChartKind::Raster => &["series", "scenario"],
            ChartKind::Milestone => &["milestone", "scenarios"],
            ChartKind::Multiples => &["series", "scenarios"],
            ChartKind::Distribution | ChartKind::Stock => &["outcome", "scenario"],
            ChartKind::Scenarios | ChartKind::Dashboard => &["milestone", "outcome", "scenarios"],
            ChartKind::Pipeline => &["stage", "scenario"],
            ChartKind::Tornado => &["outcome"],
        }
    }
}

impl Chart {
    /// A chart with everything as it is chosen by default.
    pub fn new(kind: ChartKind) -> Chart {
        Chart {
            kind,
            title: None,
            file: None,
            series: None,
            milestone: None,
            outcome: None,
            stage: None,
            scenario: None,
            scenarios: Vec::new(),
        }
    }
}

/// Names of the charts' files, without ending: no two the same, unless the config says so.
pub fn file_names(charts: &[Chart]) -> Vec<String> {
    let mut taken: BTreeSet<String> = charts.iter().filter_map(|chart| chart.file.clone()).collect();
    let mut name = |chart: &Chart| {
        let word = chart.kind.word();
        let numbered = (1..).map(|number| if number == 1 { word.into() } else { format!("{word}-{number}") });
        chart.file.clone().or_else(|| {
            let free = numbered.into_iter().find(|name| !taken.contains(name))?;
            taken.insert(free.clone());
            Some(free)
        })
    };
    charts.iter().filter_map(&mut name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_as_it_is_read() {
        for kind in ChartKind::ALL {
            assert_eq!(toml::Value::try_from(kind).unwrap().as_str(), Some(kind.word()));
        }
    }

    #[test]
    fn files_are_named_by_kind_and_numbered() {
        let named = |file: Option<&str>| Chart { file: file.map(String::from), ..Chart::new(ChartKind::Fan) };
        let charts = [named(None), named(Some("fan-2")), named(None), named(Some("magnets"))];
        assert_eq!(file_names(&charts), ["fan", "fan-2", "fan-3", "magnets"]);
    }
}
