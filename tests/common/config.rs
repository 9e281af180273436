//! Configs of tests, put together entry by entry.

use std::fmt::Display;

use shortfall::engine::{Engine, Trial};
use shortfall::model::Model;
use shortfall::simd::LANES;
use shortfall::study::Study;
use tempfile::TempDir;

use super::{Estimate, Run};

/// A config that starts in January 2026. Everything in it stands in the country `Everywhere` and makes `product` for the
/// market `all`, unless another place is named.
#[derive(Clone, Debug)]
pub struct ConfigBuilder {
    /// Entries with their whole path, a line each: they come before any table.
    entries: String,
    tables: String,
}

impl ConfigBuilder {
    /// One market and one product, and nothing else.
    pub fn new(years: f64) -> Self {
        let market = ConfigBuilder::empty(years).entry("markets.all.countries", "[\"Everywhere\"]");
        market.entry("stages.product", "{}")
    }

    /// Without markets and stages.
    pub fn empty(years: f64) -> Self {
        let start = ConfigBuilder { entries: String::new(), tables: String::new() };
        start.entry("title", "\"test\"").entry("start", "\"2026-01\"").entry("horizon_years", years)
    }

    /// With a value at a path.
    pub fn entry(mut self, path: &str, value: impl Display) -> Self {
        self.entries += &format!("{path} = {value}\n");
        self
    }

    /// With tables as they stand in a file.
    pub fn tables(mut self, text: &str) -> Self {
        self.tables += text;
        self
    }

    /// With these series recorded, and no others.
    pub fn series(self, names: &[&str]) -> Self {
        self.entry("output.series", format!("{names:?}"))
    }

    /// With final demand `users`.
    pub fn demand(self, tonnes_per_year: impl Display) -> Self {
        let value = format!("{{ market = \"all\", stage = \"product\", tonnes_per_year = {tonnes_per_year} }}");
        self.entry("demands.users", value)
    }

    /// With a standing plant.
    pub fn plant(self, id: &str, tonnes_per_year: impl Display) -> Self {
        self.producer(&format!("capacities.{id}"), ["Everywhere", "product"], tonnes_per_year, "")
    }

    /// With a project; `keys` as in an inline table.
    pub fn project(self, id: &str, tonnes_per_year: impl Display, keys: &str) -> Self {
        self.producer(&format!("projects.{id}"), ["Everywhere", "product"], tonnes_per_year, keys)
    }

    /// With a capacity or project at `path`, in a country and at a stage.
    pub fn producer(self, path: &str, [country, stage]: [&str; 2], tonnes_per_year: impl Display, keys: &str) -> Self {
        let more = if keys.is_empty() { String::new() } else { format!(", {keys}") };
        let place = format!("country = \"{country}\", stage = \"{stage}\"");
        self.entry(path, format!("{{ {place}, tonnes_per_year = {tonnes_per_year}{more} }}"))
    }

    /// With an outage of a plant; `keys` as in an inline table.
    pub fn outage(self, id: &str, plant: &str, keys: &str) -> Self {
        self.entry(&format!("disruptions.{id}"), format!("{{ kind = \"outage\", hits = [\"{plant}\"], {keys} }}"))
    }

    /// With a stockpile; `keys` as in an inline table.
    pub fn stockpile(self, id: &str, keys: &str) -> Self {
        self.entry(&format!("stockpiles.{id}"), format!("{{ market = \"all\", stage = \"product\", {keys} }}"))
    }

    /// With `from` replaced by `to` wherever it occurs, which it must.
    pub fn replace(self, from: &str, to: &str) -> Self {
        assert!(self.entries.contains(from) || self.tables.contains(from), "`{from}` is missing from\n{}", self.text());
        ConfigBuilder { entries: self.entries.replace(from, to), tables: self.tables.replace(from, to) }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        format!("{}{}", self.entries, self.tables)
    }

    /// Checked and compiled.
    pub fn study(&self) -> Study {
        Study::from_text(&self.text()).unwrap_or_else(|faults| panic!("{faults}\n{}", self.text()))
    }

    /// The model of the first scenario.
    pub fn model(&self) -> Model {
        self.study().scenarios.remove(0).model
    }

    /// Simulated on all cores.
    pub fn run(&self, trials: u64) -> Run {
        super::run(&self.text(), trials)
    }

    /// Averages over trials of what `look` sees of each.
    pub fn observe<const N: usize>(&self, trials: u64, look: impl Fn(&Model, &Trial) -> [f64; N]) -> [Estimate; N] {
        let model = &self.model();
        let engine = Engine::new(model);
        let mut scratch = engine.scratch();
        let (mut sums, mut squares) = ([0.0; N], [0.0; N]);
        for first in (0..trials).step_by(LANES) {
            let batch = engine.run(first..trials, &mut scratch);
            for trial in (0..batch.count).map(|lane| batch.trial(lane)) {
                for (number, value) in look(model, &trial).into_iter().enumerate() {
                    sums[number] += value;
                    squares[number] += value * value;
                }
            }
        }
        let n = trials as f64;
        std::array::from_fn(|number| {
            let mean = sums[number] / n;
            let variance = (squares[number] / n - mean * mean).max(0.0);
            Estimate { value: mean, error: (variance / (n - 1.0)).sqrt() }
        })
    }

    /// A folder with the file in it, as `test.toml`.
    pub fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("test.toml"), self.text()).expect("written");
        folder
    }
}
