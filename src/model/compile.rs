//! From a config to a model, with all faults at once.

use super::context::Context;
use super::limits::{LIMITS, check_sizes};
use super::names::{check_text, check_unit, find, path};
use super::quantities::Distributions;
use super::{Model, bounds, chain, charts, claims, disruptions, history, investments, measures, outcomes, projects};
use crate::config::Config;
use crate::config::fault::Fault;
use crate::text::number;

/// Most steps of a month: a half-day each.
pub const MOST_STEPS: u32 = 60;

/// Fewer draws of the inputs tell nothing of how they spread.
const LEAST_DRAWS: u64 = 100;

/// A model, or why there is none.
#[derive(Debug)]
pub struct Compiled {
    /// The model, if there are no faults.
    pub model: Option<Model>,
    /// All faults.
    pub faults: Vec<Fault>,
    /// Whether it was not looked at any further, because it is too large.
    pub is_too_large: bool,
}

/// Compiles `config`, finding all faults. `kept` are the distributions of models compiled before; those of this one join.
pub fn compile(config: &Config, kept: &mut Distributions) -> Compiled {
    // Compiling what is too large could take all memory.
    let too_large = check_sizes(config);
    if !too_large.is_empty() {
        return Compiled { model: None, faults: too_large, is_too_large: true };
    }
    let mut context = Context::new(config, std::mem::take(kept), months(config));
    check_run(&mut context);
    let markets = chain::markets(&mut context);
    context.stage_ids = chain::stage_order(&mut context);
    let stages = chain::stages(&mut context);
    chain::check_feeds(&mut context);
    let series = claims::series(&mut context);
    let milestones = claims::milestones(&mut context, &series);
    let claims = claims::claims(&mut context, &milestones);
    let (curve_names, curves) = projects::curves(&mut context);
    let first = context.quantities.slots();
    let projects = projects::projects(&mut context, &curve_names);
    let of_projects = first..context.quantities.slots();
    let mut model = Model {
        seed: config.run.seed,
        start: config.start,
        months: context.months,
        steps_per_month: (config.steps_per_month as usize).clamp(1, MOST_STEPS as usize),
        markets,
        stages,
        inputs: super::Inputs::default(),
        capacities: chain::capacities(&mut context),
        projects,
        investments: Vec::new(),
        decisions: Vec::new(),
        curves,
        demands: chain::demands(&mut context),
        responses: chain::responses(&mut context),
        stockpiles: chain::stockpiles(&mut context),
        disruptions: disruptions::disruptions(&mut context),
        series,
        outcomes: Vec::new(),
        milestones,
        claims,
        currency: check_unit(path(&["currency"]), &config.currency, "USD", &mut context.faults),
        countries: context.asked.clone(),
        tilts: Vec::new(),
    };
    investments::put(&mut context, &mut model);
    let decisions_from = context.quantities.slots();
    investments::put_decisions(&mut context, &curve_names, &mut model);
    model.outcomes = outcomes::list(&model, config.output.years);
    check_output(&mut context, &model);
    charts::check(&mut context, &model);
    history::check(&mut context);
    measures::check(&mut context, &model);
    *kept = context.quantities.take_kept();
    model.inputs = context.quantities.finish(of_projects, decisions_from, &config.correlations, &mut context.faults);
    disruptions::check_episodes(&model, &mut context.faults);
    let faults = context.faults;
    let model = faults.is_empty().then(|| {
        chain::order_feeds(&mut model);
        bounds::put(&mut model);
        model
    });
    Compiled { model, faults, is_too_large: false }
}

fn months(config: &Config) -> usize {
    let months = 12.0 * config.horizon_years;
    if months >= 1.0 && months <= LIMITS.months.most as f64 { months.round() as usize } else { 1 }
}

fn check_run(context: &mut Context<'_>) {
    let config = context.config;
    let run = &config.run;
    check_text(path(&["title"]), &config.title, 200, &mut context.faults);
    check_text(path(&["description"]), config.description.as_deref().unwrap_or(""), 5000, &mut context.faults);
    for (id, scenario) in &config.scenarios {
        super::names::check_id(path(&["scenarios", id]), &mut context.faults);
        for (key, text, longest) in [("title", &scenario.title, 80), ("description", &scenario.description, 2000)] {
            check_text(path(&["scenarios", id, key]), text.as_deref().unwrap_or(""), longest, &mut context.faults);
        }
    }
    let mut require = |good: bool, here: &[&str], message: String, found: String| {
        if !good {
            context.faults.push(Fault::new(path(here), message).label(found));
        }
    };
    let months = 12.0 * config.horizon_years;
    let whole = (months - months.round()).abs() < 1e-6;
    let most = LIMITS.months.most as f64 / 12.0;
    let good = whole && months >= 1.0 && months <= LIMITS.months.most as f64;
    require(
        good,
        &["horizon_years"],
        format!("the horizon is a whole number of months, at most {most} years"),
        format!("{} years", number(config.horizon_years)),
    );
    require(
        (1..=MOST_STEPS).contains(&config.steps_per_month),
        &["steps_per_month"],
        format!("`steps_per_month` lies between 1 and {MOST_STEPS}"),
        format!("{} are asked for", config.steps_per_month),
    );
    let most = LIMITS.trials.most;
    require(
        run.trials >= 1 && run.trials <= most,
        &["run", "trials"],
        format!("`trials` lies between 1 and {most}"),
        format!("{} are asked for", run.trials),
    );
    require(
        run.max_trials.is_none_or(|trials| trials <= most),
        &["run", "max_trials"],
        format!("`max_trials` is at most {most}"),
        String::new(),
    );
    let most = LIMITS.draws.most;
    require(
        run.input_uncertainty.is_none_or(|draws| (LEAST_DRAWS..=most).contains(&draws)),
        &["run", "input_uncertainty"],
        format!("`input_uncertainty` lies between {LEAST_DRAWS} and {most}"),
        format!("{} draws of the inputs are asked for", run.input_uncertainty.unwrap_or(0)),
    );
    require(
        run.seed <= i64::MAX as u64,
        &["run", "seed"],
        format!("`seed` lies between 0 and {}", i64::MAX),
        String::new(),
    );
    let good = run.confidence >= 0.5 && run.confidence <= 0.9999;
    require(good, &["run", "confidence"], "`confidence` lies between 0.5 and 0.9999".into(), number(run.confidence));
    let good = !run.percentiles.is_empty()
        && run.percentiles.len() <= 50
        && run.percentiles.iter().all(|p| *p > 0.0 && *p < 100.0);
    require(good, &["run", "percentiles"], "1 to 50 `percentiles`, each above 0 and below 100".into(), String::new());
}

/// The names in `output`.
fn check_output(context: &mut Context<'_>, model: &Model) {
    let output = &context.config.output;
    let scenarios: Vec<String> = context.config.scenarios.keys().cloned().collect();
    let milestones: Vec<String> = model.milestones.iter().map(|milestone| milestone.id.clone()).collect();
    let outcomes: Vec<String> = model.outcomes.iter().map(|outcome| outcome.name.clone()).collect();
    for (kind, name, names) in [
        ("scenario", &output.scenario, scenarios),
        ("milestone", &output.milestone, milestones),
        ("outcome", &output.outcome, outcomes),
    ] {
        if let Some(name) = name {
            find(kind, name, &names, path(&["output", kind]), &mut context.faults);
        }
    }
    check_text(path(&["output", "source_line"]), output.source_line.as_deref().unwrap_or(""), 140, &mut context.faults);
}
