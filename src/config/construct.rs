//! Configs built in code: what a file must say is an argument here, and the rest is as in a file that leaves it out.

use serde::de::DeserializeOwned;

use super::{
    Capacity, Claim, Config, CorrelatedInputs, Correlation, Demand, Disruption, DisruptionKind, DistributionSpec,
    Expectation, Investment, Market, Milestone, Month, Named, Phase, Price, Project, Quantity, Ramp, Response,
    Scenario, ScheduledEpisode, Stockpile, TonnesPerYear,
};

/// An entry from a text with nothing but its required keys: so that defaults are stated once, for files and code.
fn from_required<T: DeserializeOwned>(required: &str) -> T {
    toml::from_str(required).expect("these are the required keys")
}

impl Default for Config {
    /// Ten years from January 2000, without any markets, stages or other entries; titled "untitled".
    fn default() -> Self {
        from_required("title = 'untitled'\nstart = '2000-01'\nhorizon_years = 10\nmarkets = {}\nstages = {}")
    }
}

impl Market {
    /// A market of these countries.
    pub fn new<T: Into<String>>(countries: impl IntoIterator<Item = T>) -> Self {
        Market { countries: countries.into_iter().map(T::into).collect(), ..from_required("countries = []") }
    }
}

impl Price {
    /// With these price elasticities, both positive.
    pub fn new(demand_elasticity: impl Into<Quantity>, supply_elasticity: impl Into<Quantity>) -> Self {
        Price {
            demand_elasticity: demand_elasticity.into(),
            supply_elasticity: supply_elasticity.into(),
            ..from_required("demand_elasticity = 0\nsupply_elasticity = 0")
        }
    }
}

/// What every plant must say.
const PLANT: &str = "country = ''\nstage = ''\ntonnes_per_year = 0";

/// What a market's demands and stockpiles must say, beside an amount.
const PLACE: &str = "market = ''\nstage = ''\n";

impl Capacity {
    /// So many tonnes per year of a stage's product, in a country.
    pub fn new(
        country: impl Into<String>,
        stage: impl Into<String>,
        tonnes_per_year: impl Into<TonnesPerYear>,
    ) -> Self {
        Capacity {
            country: country.into(),
            stage: stage.into(),
            tonnes_per_year: tonnes_per_year.into(),
            ..from_required(PLANT)
        }
    }
}

impl Project {
    /// So many tonnes per year of a stage's product, in a country. When it starts is for other fields to say.
    pub fn new(country: impl Into<String>, stage: impl Into<String>, tonnes_per_year: impl Into<Quantity>) -> Self {
        Project {
            stage: Some(stage.into()),
            tonnes_per_year: Some(tonnes_per_year.into()),
            ..Project::yielding(country, Named::new())
        }
    }

    /// Several products, so many tonnes per year of each stage's, in a country. When it starts is for other fields to say.
    pub fn yielding(country: impl Into<String>, yields: Named<Quantity>) -> Self {
        Project { country: country.into(), yields, ..from_required("country = ''") }
    }
}

impl Investment {
    /// So many decisions per year for plants of so many tonnes per year of a stage's product, in a country. How long they take
    /// is for other fields to say.
    pub fn new(
        country: impl Into<String>,
        stage: impl Into<String>,
        tonnes_per_year: impl Into<Quantity>,
        decisions_per_year: impl Into<Quantity>,
    ) -> Self {
        Investment {
            country: country.into(),
            stage: Some(stage.into()),
            tonnes_per_year: Some(tonnes_per_year.into()),
            decisions_per_year: decisions_per_year.into(),
            ..from_required("country = ''\ndecisions_per_year = 0")
        }
    }
}

impl Phase {
    /// A phase that takes so many months.
    pub fn new(name: impl Into<String>, months: impl Into<Quantity>) -> Self {
        Phase { name: name.into(), months: months.into(), ..from_required("name = ''\nmonths = 0") }
    }
}

impl Ramp {
    /// A linear ramp-up of so many months.
    pub fn new(months: impl Into<Quantity>) -> Self {
        Ramp { months: months.into(), ..from_required("months = 0") }
    }
}

impl Demand {
    /// So many tonnes per year of a stage's product, wanted in a market.
    pub fn new(market: impl Into<String>, stage: impl Into<String>, tonnes_per_year: impl Into<TonnesPerYear>) -> Self {
        Demand {
            market: market.into(),
            stage: stage.into(),
            tonnes_per_year: tonnes_per_year.into(),
            ..from_required(&format!("{PLACE}tonnes_per_year = 0"))
        }
    }
}

impl Response {
    /// Users who save such a share of their demand per year of shortage, at most `max` in all.
    pub fn new(thrift_per_year: impl Into<Quantity>, max: impl Into<Quantity>) -> Self {
        Response {
            thrift_per_year: thrift_per_year.into(),
            max: max.into(),
            ..from_required("thrift_per_year = 0\nmax = 0")
        }
    }
}

impl Stockpile {
    /// A market's stock of a stage's product, for so many days of its demand.
    pub fn new(market: impl Into<String>, stage: impl Into<String>, target_days: impl Into<Quantity>) -> Self {
        Stockpile {
            market: market.into(),
            stage: stage.into(),
            target_days: Some(target_days.into()),
            ..from_required(PLACE)
        }
    }
}

impl Disruption {
    /// A disruption that hits nothing yet and has no episodes yet.
    pub fn new(kind: DisruptionKind) -> Self {
        Disruption { kind, ..Self::outage() }
    }

    /// An outage that hits nothing yet and has no episodes yet.
    pub fn outage() -> Self {
        from_required("kind = 'outage'")
    }
}

impl ScheduledEpisode {
    /// An episode from the start of a month on, of so many months.
    pub fn new(from: Month, months: impl Into<Quantity>) -> Self {
        ScheduledEpisode { from, months: months.into(), ..from_required("from = '2000-01'\nmonths = 0") }
    }
}

impl Correlation {
    /// The inputs at these paths, any two of them with the correlation `rho`.
    pub fn new<T: Into<String>>(inputs: impl IntoIterator<Item = T>, rho: f64) -> Self {
        let inputs = CorrelatedInputs::Alike(inputs.into_iter().map(T::into).collect());
        Correlation { inputs, rho: Some(rho), matrix: None }
    }
}

impl Milestone {
    /// A condition on a series, as in `coverage_without.china.magnets`; its bounds are for other fields to say.
    pub fn new(series: impl Into<String>) -> Self {
        Milestone { series: series.into(), ..from_required("series = ''") }
    }
}

impl Claim {
    /// Somebody's claim about a milestone; the months are for other fields to say.
    pub fn new(who: impl Into<String>, milestone: impl Into<String>) -> Self {
        Claim { who: who.into(), milestone: milestone.into(), ..from_required("who = ''\nmilestone = ''") }
    }
}

impl Expectation {
    /// Of a statistic, as in `p95(total_shortage.allies.magnets)`; its bounds are for other fields to say.
    pub fn new(statistic: impl Into<String>) -> Self {
        Expectation { statistic: statistic.into(), ..from_required("statistic = ''") }
    }
}

impl Scenario {
    /// The scenario with one more change: the new value at a path, as in `projects.*.slip_months`.
    ///
    /// ```
    /// use shortfall::config::Scenario;
    ///
    /// let late = Scenario::default().change("projects.*.slip_months", 12).change("projects.*.requires.0", "mine");
    /// assert_eq!(late.set.len(), 2);
    /// ```
    pub fn change(mut self, path: impl Into<String>, value: impl Into<toml::Value>) -> Self {
        self.set.insert(path.into(), value.into());
        self
    }
}

impl From<DistributionSpec> for Quantity {
    fn from(spec: DistributionSpec) -> Self {
        Quantity::Distribution(Box::new(spec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DatedPath, Measure};

    /// An entry as a file would have it.
    fn read<T: DeserializeOwned>(text: &str) -> T {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_is_built_in_code_is_what_a_file_with_the_same_keys_says() {
        assert_eq!(Market::new(["A", "B"]), read("countries = ['A', 'B']"));
        assert_eq!(Price::new(0.5, 0.25), read("demand_elasticity = 0.5\nsupply_elasticity = 0.25"));
        assert_eq!(Capacity::new("A", "s", 5.0), read("country = 'A'\nstage = 's'\ntonnes_per_year = 5"));
        let project: Project = read("country = 'A'\nstage = 's'\ntonnes_per_year = 5");
        assert_eq!(Project::new("A", "s", 5.0), project);
        assert_eq!((project.copies, project.success_probability), (1, 1.0.into()));
        let both = [("a".into(), 5.0.into()), ("b".into(), 1.0.into())];
        assert_eq!(Project::yielding("A", both.into()), read("country = 'A'\nyields = { a = 5, b = 1 }"));
        assert_eq!(
            Investment::new("A", "s", 5.0, 2.0),
            read("country = 'A'\nstage = 's'\ntonnes_per_year = 5\ndecisions_per_year = 2\nat_most = 100")
        );
        assert_eq!(Phase::new("permit", 12.0), read("name = 'permit'\nmonths = 12"));
        assert_eq!(Ramp::new(12.0), read("months = 12\nshape = 'linear'"));
        assert_eq!(Demand::new("m", "s", 5.0), read("market = 'm'\nstage = 's'\ntonnes_per_year = 5\npriority = 1"));
        let path = DatedPath::new([("2025-01", 5.0), ("2030-01", 7.0)]);
        let written =
            "market = 'm'\nstage = 's'\ntonnes_per_year = { by_date = { 2025-01 = 5, 2030-01 = 7 }, times = 1 }";
        assert_eq!(Demand::new("m", "s", path), read(written));
        assert_eq!(Response::new(0.1, 0.3), read("thrift_per_year = 0.1\nmax = 0.3\nrelapse_per_year = 0"));
        assert_eq!(Stockpile::new("m", "s", 90.0), read("market = 'm'\nstage = 's'\ntarget_days = 90"));
        assert_eq!(Disruption::new(DisruptionKind::DemandSurge), read("kind = 'demand-surge'\nseverity = 1"));
        let spec = DistributionSpec { uniform: Some([1.0, 2.0]), ..Default::default() };
        let episode: ScheduledEpisode = read("from = '2026-07'\nmonths = { uniform = [1, 2] }");
        assert_eq!(ScheduledEpisode::new(episode.from, spec.clone()), episode);
        let drawn: Demand = read("market = 'm'\nstage = 's'\ntonnes_per_year = { uniform = [1, 2] }");
        assert_eq!(Demand::new("m", "s", spec.clone()), drawn);
        assert_eq!(Demand::new("m", "s", Quantity::from(spec)), drawn);
        assert_eq!(Measure::new(5.0), read("cost = 5\nset = {}"));
        assert_eq!(
            Correlation::new(["projects.*.slip_months"], 0.5),
            read("inputs = ['projects.*.slip_months']\nrho = 0.5")
        );
        assert_eq!(Milestone::new("demand.m.s"), read("series = 'demand.m.s'\nfor_months = 1"));
        assert_eq!(Claim::new("X", "free"), read("who = 'X'\nmilestone = 'free'\nprobability_at_least = 0.5"));
        assert_eq!(Expectation::new("mean(total_shortage.m.s)"), read("statistic = 'mean(total_shortage.m.s)'"));
        assert_eq!(Scenario::default().change("demands.d.priority", 2), read("set.'demands.d.priority' = 2"));
        let config = Config::default();
        assert_eq!((config.horizon_years, config.run.percentiles.len(), config.scenarios.len()), (10.0, 7, 0));
    }

    #[test]
    fn what_a_file_must_say_is_still_missed_there() {
        for (text, key) in [("title = 'x'", "start"), ("title = 'x'\nstart = '2026-01'", "horizon_years")] {
            let error = toml::from_str::<Config>(text).expect_err("keys are missing").to_string();
            assert!(error.contains(&format!("missing field `{key}`")), "{error}");
        }
        let error = toml::from_str::<Capacity>("country = 'A'\nstage = 's'").expect_err("a key is missing").to_string();
        assert!(error.contains("missing field `tonnes_per_year`"), "{error}");
    }
}
