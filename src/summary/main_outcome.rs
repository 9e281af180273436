//! The outcome that is shown first: the one that the config names, else the total shortage that is likeliest to come.

use serde::Serialize;

use crate::model::{Model, OutcomeKind, OutcomeSpec};
use crate::tally::Histogram;

/// The outcome that is shown first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MainOutcome {
    /// Its name, as in `total_shortage.allies.magnets`.
    pub name: String,
    /// The total shortages that it was chosen from, itself among them; empty where `output.outcome` names it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chosen_from: Vec<String>,
}

/// The outcome `named` by the config, else the total shortage that is above zero in most trials; of several, that with the
/// largest mean, then that with the largest demand at the start, then the first by name. Means of amounts in different units
/// cannot be compared: there the one of which the largest share is missing. `counted` has the counts of an outcome, by
/// index: several where several scenarios are looked at together, none where it does not count.
pub fn main_outcome<'a>(
    model: &Model,
    named: Option<&str>,
    counted: &dyn Fn(usize) -> Vec<Histogram<'a>>,
) -> Option<MainOutcome> {
    if let Some(name) = named {
        return Some(MainOutcome { name: name.into(), chosen_from: Vec::new() });
    }
    let specs = model.outcomes.iter().enumerate().filter(|(_, spec)| spec.kind == OutcomeKind::TotalShortage);
    let candidates: Vec<Candidate<'_>> =
        specs.filter_map(|(index, spec)| Candidate::new(model, spec, &counted(index), counted)).collect();
    let most = candidates.iter().map(|one| one.trials_short).max()?;
    let tied = || candidates.iter().filter(|one| one.trials_short == most);
    let unit = |one: &Candidate<'_>| model.outcome_unit(one.spec);
    let comparable = tied().all(|one| Some(unit(one)) == tied().next().map(unit));
    let rank = |one: &Candidate<'_>| if comparable { [one.mean, one.demand] } else { [one.share_missing, 0.0] };
    let first = tied().reduce(|best, one| if rank(one) > rank(best) { one } else { best })?;
    let names = candidates.iter().map(|one| one.spec.name.clone());
    Some(MainOutcome { name: first.spec.name.clone(), chosen_from: names.collect() })
}

/// A total shortage, and what speaks for showing it first.
struct Candidate<'a> {
    spec: &'a OutcomeSpec,
    trials_short: u64,
    mean: f64,
    share_missing: f64,
    demand: f64,
}

impl<'a> Candidate<'a> {
    fn new<'b>(
        model: &Model,
        spec: &'a OutcomeSpec,
        counts: &[Histogram<'b>],
        counted: &dyn Fn(usize) -> Vec<Histogram<'b>>,
    ) -> Option<Self> {
        let is_served = |other: &OutcomeSpec| {
            other.kind == OutcomeKind::FillRate && (other.market, other.stage) == (spec.market, spec.stage)
        };
        let served = model.outcomes.iter().position(is_served).map_or(Vec::new(), counted);
        let node = model.demands_by_node().remove(&(spec.stage, spec.market)).unwrap_or_default();
        let demand = |&index: &usize| model.demands[index].trend.mean_at_start(&model.inputs);
        (!counts.is_empty()).then(|| Candidate {
            spec,
            trials_short: counts.iter().map(|count| count.trials - count.zero()).sum(),
            // Where amounts are too large to be added up there is no larger mean.
            mean: counts.iter().map(|count| count.mean().unwrap_or(f64::INFINITY)).sum(),
            share_missing: served.iter().map(|count| 1.0 - count.mean().unwrap_or(1.0)).sum(),
            demand: node.iter().map(demand).sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::{self, Progress};
    use crate::study::Study;
    use crate::summary::{Summary, summarise};

    /// Places with as much capacity as demand but for `plants`, each under an outage in every trial or in none.
    fn study(places: &[(&str, &str, f64, f64)], more: &str) -> Study {
        let mut text = String::from("title = 't'\nstart = '2026-01'\nhorizon_years = 1\n");
        for (place, unit, demand, made) in places {
            text += &format!(
                "markets.{place}.countries = ['{place}']\nstages.of-{place}.unit = '{unit}'\n\
                 capacities.{place} = {{ country = '{place}', stage = 'of-{place}', tonnes_per_year = {made} }}\n\
                 demands.{place} = {{ market = '{place}', stage = 'of-{place}', tonnes_per_year = {demand} }}\n"
            );
        }
        Study::from_text(&(text + more)).unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn simulated(study: &Study) -> Summary {
        let tallies = simulation::run(&study.models(), 200, 1, &Progress::default()).expect("nobody stops it");
        summarise(study, &tallies)
    }

    fn shown_first(places: &[(&str, &str, f64, f64)], more: &str) -> String {
        simulated(&study(places, more)).main_outcome.map_or(String::new(), |main| main.name)
    }

    #[test]
    fn it_is_the_likeliest_shortage_not_the_largest_demand() {
        // The exporter uses most and never lacks anything; the small user lacks a little, in every trial.
        let places = [("a", "t", 5000.0, 6000.0), ("b", "t", 300.0, 301.0), ("c", "t", 12.0, 11.0)];
        let strike =
            "disruptions.strike = { kind = 'outage', hits = ['b'], rate_per_year = 0.5, duration_months = 3 }\n";
        assert_eq!(shown_first(&places, strike), "total_shortage.c.of-c");
        assert_eq!(shown_first(&places[..2], strike), "total_shortage.b.of-b");
        let found = simulated(&study(&places, strike)).main_outcome.expect("there are demands");
        assert_eq!(found.chosen_from, ["a.of-a", "b.of-b", "c.of-c"].map(|place| format!("total_shortage.{place}")));
        let named = simulated(&study(&places, "output.outcome = 'worst_month.a.of-a'")).main_outcome;
        assert_eq!(named, Some(MainOutcome { name: "worst_month.a.of-a".into(), chosen_from: Vec::new() }));
    }

    #[test]
    fn it_is_chosen_in_the_main_scenario() {
        let places = [("a", "t", 100.0, 90.0), ("b", "t", 100.0, 100.0)];
        let more = "scenarios.z.set = {}\nscenarios.y.set = { 'capacities.*.tonnes_per_year' = 100, \
                    'capacities.b.tonnes_per_year' = 99 }\n";
        assert_eq!(shown_first(&places, more), "total_shortage.a.of-a");
        assert_eq!(shown_first(&places, &format!("{more}output.scenario = 'y'")), "total_shortage.b.of-b");
    }

    #[test]
    fn of_equals_it_is_the_larger_and_units_are_not_mixed() {
        // Short in every trial: by 10 and by 20; in another unit by 500, which is less of the whole.
        let places = [("a", "t", 100.0, 90.0), ("b", "t", 400.0, 380.0), ("c", "kg", 50_000.0, 49_500.0)];
        assert_eq!(shown_first(&places[..2], ""), "total_shortage.b.of-b");
        assert_eq!(shown_first(&places, ""), "total_shortage.a.of-a");
        // Nobody is short: the larger demand, and by name where units differ.
        let none = [("a", "t", 100.0, 100.0), ("b", "t", 400.0, 400.0), ("c", "kg", 50_000.0, 50_000.0)];
        assert_eq!(shown_first(&none[..2], ""), "total_shortage.b.of-b");
        assert_eq!(shown_first(&none, ""), "total_shortage.a.of-a");
    }
}
