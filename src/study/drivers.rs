//! Which numbers of a trial a run tells the drivers of, and whether it does.

use super::{ScenarioModel, Study};
use crate::config::fault::nearest;
use crate::config::{ChartKind, Month};
use crate::model::{Model, Unit};
use crate::tally::{Driven, Drivers, NestedSampling, Tally};

/// Fewer trials than this tell nothing reliable of drivers.
pub const LEAST_FOR_DRIVERS: u64 = 2000;

/// A series is told this many months after the start, or in the last month of a shorter run.
const MONTHS_AHEAD: usize = 120;

/// Sums that a run keeps for drivers unless it is asked for them, eight bytes each: 128 MB.
const MOST_SUMS: u64 = 16 << 20;

/// What taking in a uniform number costs beside its numbers, in numbers: see [`Study::tells_drivers`].
const PER_INPUT: u64 = 2;

/// Name of a number, which number of a trial it is, and its unit.
pub(crate) fn number_name(model: &Model, driven: Driven) -> (String, &'static str, Unit) {
    match driven {
        Driven::Value(outcome) => {
            let spec = &model.outcomes[outcome];
            (spec.name.clone(), "value", model.outcome_unit(spec))
        }
        Driven::Comes(outcome) => (model.outcomes[outcome].name.clone(), "comes within the horizon", Unit::Fraction),
        Driven::Holds(claim) => (format!("claim.{}", model.claims[claim].id), "holds", Unit::Fraction),
        Driven::InMonth(series, month) => {
            let spec = &model.series[series];
            (format!("{}@{}", spec.name, model.start.plus(month as i32)), "value in the month", model.series_unit(spec))
        }
    }
}

impl Study {
    /// The numbers of a scenario whose drivers are told: what the main milestone looks at ten years ahead, the main outcome,
    /// whether the main milestone comes, the claims, and what charts ask for.
    #[doc(hidden)]
    pub fn headline_numbers(&self, case: &ScenarioModel) -> Vec<Driven> {
        let model = &case.model;
        let mut found = Vec::new();
        let main =
            self.main_milestone().and_then(|id| model.milestones.iter().position(|milestone| milestone.id == id));
        let month = MONTHS_AHEAD.min(model.months - 1);
        found.extend(main.map(|milestone| Driven::InMonth(model.milestones[milestone].series, month)));
        // Without a named one, the main outcome is chosen of these once the trials are counted.
        let outcomes = model.outcomes.iter().map(|spec| spec.name.as_str());
        let main_outcome = |name: &&str| match &self.config.output.outcome {
            Some(named) => named == name,
            None => name.starts_with("total_shortage."),
        };
        found.extend(outcomes.filter(main_outcome).filter_map(|name| outcome_named(model, name)));
        found.extend(main.map(|milestone| Driven::Comes(model.date_of(milestone))));
        found.extend((0..model.claims.len()).map(Driven::Holds));
        let tornados = self.config.charts.iter().filter(|chart| chart.kind == ChartKind::Tornado);
        found.extend(tornados.filter_map(|chart| outcome_named(model, chart.outcome.as_deref()?)));
        let mut distinct: Vec<Driven> = Vec::new();
        found.into_iter().for_each(|number| distinct.extend((!distinct.contains(&number)).then_some(number)));
        distinct
    }

    /// Whether a run tells the drivers of the scenario that comes first: if the config asks for it, or says nothing and it costs
    /// less than about a tenth of the run. That is told from the sizes of the models, so that it does not depend on the machine:
    /// the uniform number of each input is computed and sorted once more and each number added to its bin, some 2.3 ns each
    /// (measured; sums of many inputs do not stay in the cache), while the month loop of every scenario goes through every
    /// market and product in every step, 20 to 45 ns each.
    #[doc(hidden)]
    pub fn tells_drivers(&self) -> bool {
        let run = &self.config.run;
        let Some(case) = self.scenarios.first() else { return false };
        let model = &case.model;
        let (inputs, numbers) = (model.input_streams().streams.len() as u64, self.headline_numbers(case).len() as u64);
        let steps = |model: &Model| model.months * model.steps_per_month * model.markets.len() * model.stages.len();
        let steps = self.scenarios.iter().map(|case| steps(&case.model) as u64).sum::<u64>();
        let is_cheap = inputs * (PER_INPUT + numbers) <= steps;
        let is_small = Drivers::size(model, numbers as usize) <= MOST_SUMS;
        let asked = run.drivers.unwrap_or(is_cheap && is_small);
        asked && inputs * numbers > 0 && run.trials >= LEAST_FOR_DRIVERS
    }

    /// An empty tally for each scenario; that of the first counts drivers too, if the run tells them.
    #[doc(hidden)]
    pub fn tallies(&self) -> Vec<Tally> {
        let mut tallies: Vec<Tally> = self.scenarios.iter().map(|case| Tally::new(&case.model)).collect();
        if let (Some(tally), Some(case), true) = (tallies.first_mut(), self.scenarios.first(), self.tells_drivers()) {
            tally.drivers = Some(Drivers::new(&case.model, &self.headline_numbers(case)));
        }
        tallies
    }

    /// Empty nested sums for each scenario, if inputs are simulated again; else none.
    #[doc(hidden)]
    pub fn nested(&self) -> Vec<NestedSampling> {
        let sampled = self.scenarios.iter().filter(|_| self.config.run.input_uncertainty.is_some());
        sampled.map(|case| NestedSampling::new(&case.model)).collect()
    }
}

fn outcome_named(model: &Model, name: &str) -> Option<Driven> {
    let index = model.outcomes.iter().position(|spec| spec.name == name)?;
    Some(if model.outcomes[index].can_be_never() { Driven::Comes(index) } else { Driven::Value(index) })
}

/// The number of this name: an outcome, of a date whether it comes, `claim.ID`, or a recorded series in a month,
/// `SERIES@YYYY-MM`.
///
/// # Errors
/// What is wrong with the name, with the nearest that there is.
pub fn number_named(model: &Model, name: &str) -> Result<Driven, String> {
    let unknown = |what: &str, name: &str, known: &[String]| {
        let near = nearest(name, known.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("there is no {what} `{name}`{near}")
    };
    if let Some((series, month)) = name.split_once('@') {
        let known: Vec<String> = model.series.iter().map(|spec| spec.name.clone()).collect();
        let index = known.iter().position(|known| known == series);
        let index = index.ok_or_else(|| unknown("recorded series", series, &known))?;
        let last = model.start.plus(model.months as i32 - 1);
        let place = month.parse::<Month>().ok().map(|month| month.months_since(model.start));
        let place = place.and_then(|place| usize::try_from(place).ok()).filter(|place| *place < model.months);
        let place = place.ok_or_else(|| format!("`{month}` is no month from {} to {last}", model.start))?;
        return Ok(Driven::InMonth(index, place));
    }
    if let Some(id) = name.strip_prefix("claim.") {
        let known: Vec<String> = model.claims.iter().map(|claim| claim.id.clone()).collect();
        let index = known.iter().position(|known| known == id);
        return index.map(Driven::Holds).ok_or_else(|| unknown("claim", id, &known));
    }
    let known: Vec<String> = model.outcomes.iter().map(|spec| spec.name.clone()).collect();
    outcome_named(model, name).ok_or_else(|| unknown("outcome", name, &known))
}
