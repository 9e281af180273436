//! Investment: plants that nobody has announced yet.

use super::context::Context;
use super::names::{check_id, check_text, path};
use super::projects::{self, Entry};
use super::quantities::NOT_NEGATIVE;
use super::{Investment, Model, Project, SignalResponse};
use crate::config;
use crate::config::fault::Fault;
use crate::random::Key;

/// Investors look at the mean of so many months, if nothing else is said.
const MEMORY: u32 = 12;

/// Signals beyond are slips of the pen, and would strain the arithmetic.
const LARGEST_SIGNAL: f64 = 1e12;

/// Most points of a response.
const POINTS: usize = 100;

/// Puts the investments by name into the model, each with the numbers of its decisions.
pub fn put(context: &mut Context<'_>, model: &mut Model) {
    let mut first = 0;
    for (id, investment) in &context.config.investment {
        check_id(path(&["investment", id]), &mut context.faults);
        let title = investment.title.clone().unwrap_or_else(|| id.clone());
        check_text(path(&["investment", id, "title"]), &title, 80, &mut context.faults);
        check_timing(context, id, investment);
        let here = path(&["investment", id, "decisions_per_year"]);
        let name = format!("investment.{id}.decisions_per_year");
        let rate = context.input(&name, &here, &investment.decisions_per_year, NOT_NEGATIVE);
        let decisions = first..first + investment.at_most as usize;
        first = decisions.end;
        let waiting = Key::new(context.seed(), &format!("investment.{id}"));
        let response = response(context, id, investment, model);
        model.investments.push(Investment { id: id.clone(), title, decisions, waiting, rate, response });
    }
}

/// Puts what they may decide on into the model: each decision is a project with draws of its own, named by its number, so that
/// a better market brings the same plants sooner.
pub fn put_decisions(context: &mut Context<'_>, curve_names: &[String], model: &mut Model) {
    for (id, investment) in &context.config.investment {
        let first = context.quantities.slots();
        let name = |number: u32| format!("{id}#{number}");
        let entry = Entry { table: "investment", id, name: &name(1) };
        let Some(plant) = projects::one(context, entry, &project(investment), curve_names, &[]) else { continue };
        let slots = first..context.quantities.slots();
        model.decisions.push(plant.clone());
        for number in 2..=investment.at_most {
            // The same but for the names of its draws: so there is no need to look at the config again.
            let later = context.quantities.slots() - first;
            context.quantities.repeat(slots.clone(), &name(1), &name(number));
            model.decisions.push(Project { id: name(number), ..plant.with_inputs_at(later) });
        }
    }
}

/// What a decision brings, as a project.
fn project(investment: &config::Investment) -> config::Project {
    config::Project {
        title: investment.title.clone(),
        stage: investment.stage.clone(),
        tonnes_per_year: investment.tonnes_per_year.clone(),
        phases: investment.phases.clone(),
        lead_months: investment.lead_months.clone(),
        success_probability: investment.success_probability.clone(),
        utilisation: investment.utilisation.clone(),
        ramp: investment.ramp.clone(),
        closure_rate_per_year: investment.closure_rate_per_year.clone(),
        life_years: investment.life_years.clone(),
        ..config::Project::yielding(investment.country.clone(), investment.yields.clone())
    }
}

fn check_timing(context: &mut Context<'_>, id: &str, investment: &config::Investment) {
    if investment.lead_months.is_none() && investment.phases.is_empty() {
        let message = "nothing says how long it takes from a decision to first product";
        let fault = Fault::new(path(&["investment", id]), message).at_key();
        context.faults.push(fault.help("give `lead_months`, or `phases`").of_absence());
    }
    projects::check_phases(context, "investment", id, &investment.phases);
    if investment.at_most == 0 {
        let fault = Fault::new(path(&["investment", id, "at_most"]), "`at_most` is 1 or more");
        context.faults.push(fault.help("`decisions_per_year = 0` switches an investment off"));
    }
}

/// How the rate answers the signal, where there is one.
fn response(
    context: &mut Context<'_>,
    id: &str,
    investment: &config::Investment,
    model: &Model,
) -> Option<SignalResponse> {
    let here = |key: &str| path(&["investment", id, key]);
    let Some(signal) = &investment.signal else {
        let idle =
            [("memory_months", investment.memory_months.is_some()), ("response", !investment.response.is_empty())];
        for (key, _) in idle.into_iter().filter(|(_, is_given)| *is_given) {
            let fault = Fault::new(here(key), format!("`{key}` has no effect here")).at_key();
            context.faults.push(fault.label("there is no `signal`").help("leave it out, or add a `signal`"));
        }
        return None;
    };
    if signal.contains('*') {
        context.faults.push(Fault::new(here("signal"), "investors look at one series: no `*` here"));
    }
    let memory = investment.memory_months.unwrap_or(MEMORY);
    if memory == 0 || memory as usize > context.months {
        let fault = Fault::new(here("memory_months"), "`memory_months` lies between 1 and the months simulated");
        context.faults.push(fault.label(format!("{} months are simulated", context.months)));
    }
    let points = &investment.response;
    let is_rising = points.windows(2).all(|pair| pair[0][0] < pair[1][0]);
    let is_sound = points.iter().all(|[x, factor]| x.abs() <= LARGEST_SIGNAL && (0.0..=1000.0).contains(factor));
    if points.is_empty() || points.len() > POINTS || !is_rising || !is_sound {
        let message = format!(
            "a `response` has 1 to {POINTS} points `[signal, factor]`, the signal rising, factors from 0 to 1000"
        );
        let place = if points.is_empty() { path(&["investment", id]) } else { here("response") };
        let fault = Fault::new(place, message).help("as in `response = [[1, 1], [2, 2.5], [4, 4]]`");
        context.faults.push(if points.is_empty() { fault.at_key().of_absence() } else { fault });
    }
    // An unknown series is told where series are looked up.
    let signal = model.series.iter().position(|spec| spec.name == *signal)?;
    let factors = points.iter().map(|[x, factor]| (*x, *factor)).collect();
    Some(SignalResponse { signal, memory: memory as usize, factors })
}
