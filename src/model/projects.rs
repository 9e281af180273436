//! Projects and ramp-up curves.

use std::collections::BTreeMap;

use super::context::Context;
use super::limits::LIMITS;
use super::names::{check_id, check_text, path};
use super::quantities::{ANY, Domain, FRACTION, NOT_NEGATIVE};
use super::{Curve, Gate, Input, Output, Project};
use crate::config::fault::Fault;
use crate::config::{self, Named, Quantity, RampShape, RampShapeChoice, Starts};

/// Utilisation may be a little above nameplate.
const UTILISATION: Domain = Domain::new(0.0, 2.0, "between 0 and 2");

/// The built-in curves.
fn built_in() -> Vec<(String, Curve)> {
    let linear = Curve::through(&[(0.0, 0.0), (1.0, 1.0)]);
    let curves = [("linear", linear), ("exponential", Curve::Exponential), ("s-curve", Curve::S)];
    curves.map(|(name, curve)| (name.to_owned(), curve)).into()
}

/// Curves: the built-in ones, then those of the config by name.
pub fn curves(context: &mut Context<'_>) -> (Vec<String>, Vec<Curve>) {
    let (mut names, mut curves): (Vec<String>, Vec<Curve>) = built_in().into_iter().unzip();
    for (id, shape) in &context.config.ramp_shapes {
        check_id(path(&["ramp_shapes", id]), &mut context.faults);
        let here = path(&["ramp_shapes", id, "points"]);
        if names.contains(id) {
            context
                .faults
                .push(Fault::new(path(&["ramp_shapes", id]), "this name belongs to a built-in shape").at_key());
        }
        let points: Vec<(f64, f64)> = shape.points.iter().map(|[x, y]| (*x, *y)).collect();
        let rising = points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let whole = points.len() >= 2 && points.len() <= 100 && points[0].0 == 0.0 && points[0].1 >= 0.0;
        if !(rising && whole && points.last() == Some(&(1.0, 1.0))) {
            let fault = Fault::new(
                here,
                "a ramp shape goes from `[0, y]` to `[1, 1]` in 2 to 100 points, x rising and y not falling",
            );
            context.faults.push(fault.help("as in `points = [[0, 0], [0.25, 0.4], [1, 1]]`"));
        }
        names.push(id.clone());
        curves.push(Curve::through(&points));
    }
    (names, curves)
}

/// Projects, copies spelt out, each after those it requires.
pub fn projects(context: &mut Context<'_>, curve_names: &[String]) -> Vec<Project> {
    let order = order(context);
    let mut projects: Vec<Project> = Vec::new();
    for id in order {
        let project = &context.config.projects[&id];
        check_id(path(&["projects", &id]), &mut context.faults);
        if u64::from(project.copies) > LIMITS.copies.most {
            let fault = Fault::new(
                path(&["projects", &id, "copies"]),
                format!("`copies` lies between 0 and {}", LIMITS.copies.most),
            );
            context.faults.push(fault);
            continue;
        }
        check_timing(context, &id, project);
        for copy in 1..=project.copies {
            let before = context.faults.len();
            let name = if copy == 1 { id.clone() } else { format!("{id}#{copy}") };
            let entry = Entry { table: "projects", id: &id, name: &name };
            let built = one(context, entry, project, curve_names, &projects);
            let clean = context.faults.len() == before;
            projects.extend(built);
            if !clean {
                break; // the other copies have the same faults
            }
        }
    }
    projects
}

/// Project ids such that each follows what it requires; loops and unknown names are faults.
fn order(context: &mut Context<'_>) -> Vec<String> {
    let mut order = Vec::new();
    let ids: Vec<String> = context.config.projects.keys().cloned().collect();
    for id in &ids {
        visit(context, id, &mut Vec::new(), &mut order);
    }
    order
}

fn visit(context: &mut Context<'_>, id: &str, open: &mut Vec<String>, order: &mut Vec<String>) {
    if order.iter().any(|done| done == id) {
        return;
    }
    open.push(id.into());
    let config = context.config;
    for (position, required) in config.projects[id].requires.iter().enumerate() {
        let here = path(&["projects", id, "requires", &position.to_string()]);
        let Some(other) = config.projects.get(required) else {
            let fault = Fault::new(here, format!("there is no project `{required}`"));
            context.faults.push(fault.unknown(required, config.projects.keys().map(String::as_str), &context.faults));
            continue;
        };
        if open.contains(required) {
            let label = format!("{} -> {required}", open.join(" -> "));
            context
                .faults
                .push(Fault::new(here, "a project cannot require itself, not even by way of others").label(label));
            continue;
        }
        if other.copies > 1 && other.copies != config.projects[id].copies {
            let fault = Fault::new(here, format!("`{required}` has {} copies: which is meant?", other.copies));
            context
                .faults
                .push(fault.help("require a single project, or one with as many copies (each then requires its twin)"));
        }
        visit(context, required, open, order);
    }
    open.pop();
    order.push(id.into());
}

fn check_timing(context: &mut Context<'_>, id: &str, project: &config::Project) {
    let given = project.announced_start.is_some() as u8 + project.begins.is_some() as u8;
    if given == 0 && project.lead_months.is_none() {
        let fault = Fault::new(path(&["projects", id]), "this project does not say when it starts").at_key();
        context.faults.push(fault.help("give `announced_start`, or `begins` with `phases`, or `lead_months`"));
    }
    if given == 2 {
        let fault =
            Fault::new(path(&["projects", id, "begins"]), "give `announced_start` or `begins`, not both").at_key();
        context.faults.push(fault);
    }
    check_phases(context, "projects", id, &project.phases);
}

/// Phases have names of their own, which are ids.
pub fn check_phases(context: &mut Context<'_>, table: &str, id: &str, phases: &[config::Phase]) {
    for (position, phase) in phases.iter().enumerate() {
        let here = path(&[table, id, "phases", &position.to_string(), "name"]);
        if phases[..position].iter().any(|other| other.name == phase.name) {
            context.faults.push(Fault::new(here.clone(), "two phases of a project need different names"));
        }
        let probe = path(&[&phase.name]);
        let before = context.faults.len();
        check_id(probe, &mut context.faults);
        for fault in &mut context.faults[before..] {
            fault.path = here.clone();
            fault.at_key = false;
        }
    }
}

/// Where a project stands in the config, and what its random streams are called.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// `projects` or `investment`.
    pub table: &'a str,
    /// Its id.
    pub id: &'a str,
    /// The same, with the number of a copy or a decision.
    pub name: &'a str,
}

impl Entry<'_> {
    fn path(self, keys: &[&str]) -> Vec<String> {
        [self.table, self.id].iter().chain(keys).map(|key| key.to_string()).collect()
    }

    fn stream(self, keys: &[&str]) -> String {
        format!("{}.{}.{}", self.table, self.name, keys.join("."))
    }

    fn input(self, context: &mut Context<'_>, keys: &[&str], quantity: &Quantity, domain: Domain) -> Input {
        context.input(&self.stream(keys), &self.path(keys), quantity, domain)
    }
}

/// One copy of a project, or what one decision of an investment brings.
pub fn one(
    context: &mut Context<'_>,
    entry: Entry<'_>,
    project: &config::Project,
    curve_names: &[String],
    earlier: &[Project],
) -> Option<Project> {
    let market = context.country(entry.table, entry.id, &project.country);
    let outputs = outputs(context, entry, project, market);
    let country = context.asked.iter().position(|(asked, _)| *asked == project.country);
    let title = project.title.clone().unwrap_or_else(|| entry.id.into());
    check_text(entry.path(&["title"]), &title, 80, &mut context.faults);
    let announced = project.announced_start.map(|month| f64::from(month.months_since(context.config.start)));
    let lead = lead(context, entry, project, announced);
    let gates = gates(context, entry, project);
    let (ramp_months, curves, curve_pick) = ramp(context, entry, project, curve_names);
    let rate = entry.input(context, &["closure_rate_per_year"], &project.closure_rate_per_year, NOT_NEGATIVE);
    let closure = (!rate.is(0.0)).then(|| (rate, context.quantities.chance(&entry.stream(&["closure"]))));
    let life = project.life_years.as_ref().map(|years| entry.input(context, &["life_years"], years, NOT_NEGATIVE));
    let utilisation = entry.input(context, &["utilisation"], &project.utilisation, UTILISATION);
    let suffix = entry.name.strip_prefix(entry.id).unwrap_or("");
    let find = |required: &String| {
        let twin = format!("{required}{suffix}");
        earlier
            .iter()
            .position(|other| other.id == twin)
            .or_else(|| earlier.iter().position(|other| other.id == *required))
    };
    Some(Project {
        id: entry.name.into(),
        title,
        announced,
        market: market?,
        country,
        outputs: outputs?,
        utilisation,
        lead,
        sooner: 0.0,
        gates,
        requires: project.requires.iter().filter_map(find).collect(),
        ramp_months,
        curves,
        curve_pick,
        closure,
        life,
    })
}

/// What a project makes: one product, or what it yields.
fn outputs(
    context: &mut Context<'_>,
    entry: Entry<'_>,
    project: &config::Project,
    market: Option<usize>,
) -> Option<Vec<Output>> {
    let mut products: Vec<(&String, &Quantity, Vec<&str>)> =
        project.yields.iter().map(|(stage, tonnes)| (stage, tonnes, vec!["yields", stage.as_str()])).collect();
    match (&project.stage, &project.tonnes_per_year) {
        (Some(stage), Some(tonnes)) if products.is_empty() => products.push((stage, tonnes, vec!["tonnes_per_year"])),
        (None, None) if !products.is_empty() => {}
        (stage, tonnes) => {
            let (missing, both) = (stage.is_none() || tonnes.is_none(), !products.is_empty());
            let what = match (both, missing) {
                (true, _) => "give `yields`, or `stage` and `tonnes_per_year`, not both",
                (false, _) if stage.is_some() => "`tonnes_per_year` is missing",
                (false, _) if tonnes.is_some() => "`stage` is missing",
                (false, _) => "nothing says what is made here",
            };
            let fault = Fault::new(entry.path(&[]), what).at_key();
            let help =
                "as in `stage = \"mining\"`, `tonnes_per_year = 1000`; or `yields = { light = 1000, heavy = 50 }`";
            context.faults.push(if both { fault } else { fault.help(help).of_absence() });
            return None;
        }
    }
    let mut outputs = Vec::new();
    for (stage, tonnes, keys) in products {
        let here = entry.path(if project.yields.is_empty() { &["stage"] } else { &keys });
        let index = super::names::find("stage", stage, &context.stage_ids, here, &mut context.faults);
        let tonnes_per_year = entry.input(context, &keys, tonnes, NOT_NEGATIVE);
        let outages = context.outages_on([entry.table, entry.id], &project.country, market, stage);
        outputs.extend(index.map(|stage| Output { stage, tonnes_per_year, outages }));
    }
    // Neither names nor the order of the file: what comes first in the chain.
    outputs.sort_by_key(|output| output.stage);
    Some(outputs)
}

/// The gates that it has to pass, but for those that are open for certain.
fn gates(context: &mut Context<'_>, entry: Entry<'_>, project: &config::Project) -> Vec<Gate> {
    let probability = entry.input(context, &["success_probability"], &project.success_probability, FRACTION);
    let chance = chance_unless_certain(context, &entry.stream(&["success"]), probability);
    let mut gates = vec![Gate { chance, probability }];
    for (position, phase) in project.phases.iter().enumerate() {
        let here = entry.path(&["phases", &position.to_string(), "success_probability"]);
        let stream = entry.stream(&["phases", &phase.name]);
        let probability =
            context.input(&format!("{stream}.success_probability"), &here, &phase.success_probability, FRACTION);
        let chance = chance_unless_certain(context, &format!("{stream}.success"), probability);
        gates.push(Gate { chance, probability });
    }
    gates.retain(|gate| !gate.probability.is(1.0));
    let is_off = |required: &String| context.config.projects.get(required).is_some_and(|other| other.copies == 0);
    if project.requires.iter().any(is_off) {
        // What it requires never comes.
        gates.push(Gate { chance: Input::Known(0.0), probability: Input::Known(0.0) });
    }
    gates
}

/// A uniform number, which nobody needs to draw where success is certain.
fn chance_unless_certain(context: &mut Context<'_>, name: &str, probability: Input) -> Input {
    if probability.is(1.0) { context.quantities.no_chance(name) } else { context.quantities.chance(name) }
}

/// The times that add up to first product.
fn lead(context: &mut Context<'_>, entry: Entry<'_>, project: &config::Project, announced: Option<f64>) -> Vec<Input> {
    if let Some(months) = &project.lead_months {
        // A decision does not bring what was there before it.
        let domain = if entry.table == "projects" { ANY } else { NOT_NEGATIVE };
        return vec![entry.input(context, &["lead_months"], months, domain)];
    }
    let base = match &project.begins {
        Some(Starts::At(month)) => Input::Known(f64::from(month.months_since(context.config.start))),
        Some(Starts::After(months)) => entry.input(context, &["begins"], months, ANY),
        None => Input::Known(announced.unwrap_or(0.0)),
    };
    let mut lead = vec![base, entry.input(context, &["slip_months"], &project.slip_months, ANY)];
    for (position, phase) in project.phases.iter().enumerate() {
        let here = entry.path(&["phases", &position.to_string(), "months"]);
        lead.push(context.input(&entry.stream(&["phases", &phase.name, "months"]), &here, &phase.months, NOT_NEGATIVE));
    }
    lead
}

/// Ramp months, the possible curves with cumulative probability, and what picks one.
fn ramp(
    context: &mut Context<'_>,
    entry: Entry<'_>,
    project: &config::Project,
    curve_names: &[String],
) -> (Input, Vec<(usize, f64)>, Input) {
    let Some(ramp) = &project.ramp else { return (Input::Known(0.0), vec![(0, 1.0)], Input::Known(0.0)) };
    let months = entry.input(context, &["ramp", "months"], &ramp.months, NOT_NEGATIVE);
    let mut find = |shape: &str, keys: &[&str]| {
        super::names::find("ramp shape", shape, curve_names, entry.path(keys), &mut context.faults).unwrap_or(0)
    };
    match &ramp.shape {
        RampShapeChoice::One(shape) => {
            let curve = find(shape, &["ramp", "shape"]);
            (months, vec![(curve, 1.0)], Input::Known(0.0))
        }
        RampShapeChoice::Weighted(weights) => {
            let total: f64 = weights.values().sum();
            if !(total > 0.0 && total.is_finite() && weights.values().all(|weight| *weight >= 0.0)) {
                let here = entry.path(&["ramp", "shape"]);
                context.faults.push(Fault::new(here, "weights are 0 or more, and one is above 0"));
                return (months, vec![(0, 1.0)], Input::Known(0.0));
            }
            let mut sum = 0.0;
            let mut curves = Vec::new();
            for (shape, weight) in fast_to_slow(weights, &context.config.ramp_shapes) {
                sum += weight / total;
                curves.push((find(shape, &["ramp", "shape", shape]), sum));
            }
            (months, curves, context.quantities.chance(&entry.stream(&["ramp", "shape"])))
        }
    }
}

/// Weighted shapes from the highest to the lowest curve: the larger the uniform number that picks one, the slower the ramp,
/// as with delays. By what they are and not by name, so that a new name changes no draw.
fn fast_to_slow<'a>(weights: &'a BTreeMap<String, f64>, shapes: &Named<RampShape>) -> Vec<(&'a str, f64)> {
    let mean_height = |points: &[[f64; 2]]| -> f64 {
        points.windows(2).map(|pair| 0.5 * (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1])).sum()
    };
    let mut order: Vec<(f64, Vec<f64>, f64, &str)> = (weights.iter())
        .map(|(shape, &weight)| match shapes.get(shape) {
            Some(RampShape { points }) => (mean_height(points), points.concat(), weight, shape.as_str()),
            // The built-in curves: 1 / (1 - e^-3) - 1/3 for the exponential one, else one half.
            None => (if shape == "exponential" { 0.719_062 } else { 0.5 }, Vec::new(), weight, shape.as_str()),
        })
        .collect();
    order.sort_by(|a, b| {
        let points = a.1.iter().zip(&b.1).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        let points = points.unwrap_or(a.1.len().cmp(&b.1.len()));
        b.0.total_cmp(&a.0).then(points).then(a.2.total_cmp(&b.2))
    });
    order.into_iter().map(|(_, _, weight, shape)| (shape, weight)).collect()
}
