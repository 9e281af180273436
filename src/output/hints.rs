//! What is no fault of a config, and yet may not be what was meant.

use super::words::{amount, probability};
use crate::config::DisruptionKind;
use crate::model::{Disruption, MOST_STEPS, Model};
use crate::study::{LEAST_FOR_DRIVERS, Study};
use crate::summary::{MainOutcome, Summary};

/// All hints of a study, each with the scenarios that it is about unless that is all of them.
pub fn hints(study: &Study) -> Vec<String> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for case in &study.scenarios {
        for hint in hints_of(&case.model) {
            match found.iter_mut().find(|(known, _)| *known == hint) {
                Some((_, scenarios)) => scenarios.push(&case.id),
                None => found.push((hint, vec![&case.id])),
            }
        }
    }
    let told = |(hint, scenarios): (String, Vec<&str>)| match scenarios.len() {
        all if all == study.scenarios.len() => hint,
        _ => format!("in {}: {hint}", scenarios.join(", ")),
    };
    found.into_iter().map(told).chain(no_drivers(study)).collect()
}

/// Drivers that are asked for and cannot be told.
fn no_drivers(study: &Study) -> Option<String> {
    let asked = study.config.run.drivers == Some(true) && !study.tells_drivers();
    asked.then(|| match study.config.run.trials {
        trials if trials < LEAST_FOR_DRIVERS => {
            format!(
                "run.drivers: drivers take at least {LEAST_FOR_DRIVERS} trials, there are {trials}: they are left out"
            )
        }
        _ => "run.drivers: no input is uncertain: there are no drivers to tell".into(),
    })
}

/// Investments whose decisions reach the most there may be so often that this number moves the results, a sentence each.
pub fn held_back(summary: &Summary) -> Vec<String> {
    let mut told = Vec::new();
    for case in &summary.scenarios {
        for investment in case.investments.iter().filter(|investment| investment.is_held_back()) {
            told.push(format!(
                "In {} of trials of {} the investment {} makes all the {} decisions that `at_most` allows: more might have come. \
                 Raise it.",
                probability(&investment.reaches_at_most),
                case.id,
                investment.id,
                investment.at_most
            ));
        }
    }
    told
}

/// Which outcome is shown first and how to choose another, unless the config has chosen or there is no other.
pub fn shown_first(summary: &Summary) -> Option<String> {
    let (main, case) = (summary.main_outcome.as_ref()?, summary.scenarios.first()?);
    chosen_outcome(main, &format!("scenario {}", case.id))
}

/// The same of any choice; `place` says where nothing has a larger chance.
pub fn chosen_outcome(main: &MainOutcome, place: &str) -> Option<String> {
    let another = main.chosen_from.iter().find(|name| **name != main.name)?;
    Some(format!(
        "Of {} total shortages, {} is shown first: none has a larger chance to be above zero in {place}. To choose another, set          `output.outcome`, as in `--set 'output.outcome=\"{another}\"'`; `shortfall list CONFIG` shows all.",
        main.chosen_from.len(),
        main.name
    ))
}

fn hints_of(model: &Model) -> Vec<String> {
    model.disruptions.iter().filter_map(|disruption| short_outage(disruption, model.steps_per_month)).collect()
}

/// An outage that is mostly over within a step: averaged over the step, its good part makes up for the bad part.
fn short_outage(disruption: &Disruption, steps: usize) -> Option<String> {
    if disruption.kind != DisruptionKind::Outage {
        return None;
    }
    let by_chance = [(disruption.rate, &disruption.duration), (disruption.active_at_start, &disruption.remaining)];
    let by_chance = by_chance.into_iter().filter(|(chance, _)| !chance.is(0.0)).map(|(_, months)| months);
    let months = by_chance.chain(disruption.scheduled.iter().map(|(_, months, _)| months));
    let shortest = months.map(|months| months.mean()).reduce(f64::min)?;
    let fills = |steps: usize| shortest * steps as f64 >= 1.0;
    if fills(steps) {
        return None;
    }
    let most = MOST_STEPS as usize;
    let remedy = match (steps..=most).find(|steps| fills(*steps)) {
        Some(enough) => format!("`steps_per_month = {enough}` or more shows it"),
        None if steps < most => format!("`steps_per_month = {most}`, the most there is, shows more of it"),
        None => "there are no smaller steps".into(),
    };
    let step = if steps == 1 { "a month".into() } else { format!("1/{steps} of a month") };
    Some(format!(
        "disruptions.{}: the mean duration, {} months, is less than a step of {step}; what is made in the rest of a step may make \
         up for an outage, and a shortage go unseen: {remedy}",
        disruption.id,
        amount(shortest)
    ))
}
