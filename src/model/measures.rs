//! `[measures]` and `[choose]`: what is wrong with costs, budget and statistic. What a measure changes is checked by compiling it.

use super::context::Context;
use super::names::{check_id, check_text, check_unit, path};
use super::{Model, Statistic};
use crate::config::fault::Fault;
use crate::text::number;

/// Largest cost, as the largest known amount of anything.
const LARGEST: f64 = 1e12;

/// All faults but those of the changes that measures make.
pub fn check(context: &mut Context<'_>, model: &Model) {
    let (measures, choose) = (&context.config.measures, &context.config.choose);
    let faults = &mut context.faults;
    let mut amount = |value: f64, keys: &[&str]| {
        if !(0.0..=LARGEST).contains(&value) {
            let key = keys.last().unwrap_or(&"");
            let fault = Fault::new(path(keys), format!("`{key}` lies between 0 and {LARGEST:e}"));
            faults.push(fault.label(format!("{} is asked for", number(value))));
        }
    };
    measures.iter().for_each(|(id, measure)| amount(measure.cost, &["measures", id, "cost"]));
    choose.budget.into_iter().for_each(|budget| amount(budget, &["choose", "budget"]));
    choose.worth_per_unit.into_iter().for_each(|worth| amount(worth, &["choose", "worth_per_unit"]));
    for (id, measure) in measures {
        check_id(path(&["measures", id]), faults);
        for (key, text, longest) in [("title", &measure.title, 80), ("description", &measure.description, 2000)] {
            check_text(path(&["measures", id, key]), text.as_deref().unwrap_or(""), longest, faults);
        }
        if measure.set.is_empty() {
            let fault = Fault::new(path(&["measures", id, "set"]), "this measure changes nothing").at_key();
            faults.push(fault.help("say what it does, as in `set = { \"stockpiles.reserve.target_tonnes\" = 500 }`"));
        }
    }
    check_unit(path(&["choose", "cost_unit"]), &choose.cost_unit, "USD", faults);
    if choose.minimise.is_some() && choose.maximise.is_some() {
        let fault =
            Fault::new(path(&["choose", "maximise"]), "either `minimise` or `maximise`: both are given").at_key();
        faults.push(fault.help("leave one of them out"));
    }
    for (key, statistic) in [("minimise", &choose.minimise), ("maximise", &choose.maximise)] {
        if let Some(text) = statistic {
            let here = path(&["choose", key]);
            if let Some(Statistic::Percentile(..)) = Statistic::parse(text, model, &here, faults) {
                faults.push(no_percentile(here, text));
            }
        }
    }
}

/// Sets of measures are compared trial by trial, and a percentile belongs to no trial.
fn no_percentile(here: crate::config::set::Path, text: &str) -> Fault {
    Fault::new(here, format!("`{text}` has no value in a trial, by which sets of measures could be compared"))
        .help("choose by a mean or a probability: `mean(..)`, `zero(..)`, `never(..)`, `probability(claim.ID)`")
}

/// The statistic that `text` names, of those that have a value in every trial.
///
/// # Errors
/// What is wrong with it.
pub fn statistic_of_trials(text: &str, model: &Model) -> Result<Statistic, Fault> {
    let mut faults = Vec::new();
    match Statistic::parse(text, model, &Vec::new(), &mut faults) {
        Some(Statistic::Percentile(..)) => Err(no_percentile(Vec::new(), text)),
        Some(statistic) => Ok(statistic),
        None => Err(faults.pop().unwrap_or_else(|| no_percentile(Vec::new(), text))),
    }
}
