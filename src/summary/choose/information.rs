//! What it is worth to know more before choosing among the sets on the shortlist, or among scenarios.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Choice, Effort, Failure, Goal};
use crate::model::{Model, pattern};
use crate::random::Key;
use crate::simulation::{self, Progress};
use crate::special::{Probability, normal_quantile};
use crate::statistics::{Options, Worth};
use crate::study::choose::{MeasureSet, Measures};
use crate::summary::Estimate;

/// With fewer trials the bins of an input hold too few to choose by.
pub const LEAST_TRIALS: u64 = 20_000;

/// Inputs that are alike are taken together if they have no more independent numbers than this.
const MOST_TOGETHER: usize = 100;

/// Something that might be known before choosing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Known {
    /// Path of an input, `correlations.ID` for those that are known together, or a pattern for several, as in
    /// `projects.*.slip_months`.
    pub name: String,
    /// How many inputs that is.
    pub inputs: usize,
    /// By how much the choice is better on average if it is known.
    pub worth: Estimate,
}

/// What it is worth to know more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Information {
    /// What is chosen among: ids of measures, or of a scenario.
    pub options: Vec<Vec<String>>,
    /// Trials, none of which had a part in the ranking.
    pub trials: u64,
    /// Of knowing everything.
    pub perfect: Estimate,
    /// Of knowing an input, or those of a correlation: the largest first.
    pub inputs: Vec<Known>,
    /// Of knowing all inputs that are alike, and those that were asked for.
    pub groups: Vec<Known>,
    /// What one unit of the statistic is worth in the unit of costs, if the config says so.
    pub worth_per_unit: Option<f64>,
}

/// What it is worth to know more before choosing among the sets on the shortlist. `asked` are patterns of inputs to know together.
///
/// # Errors
/// See [`Failure`]; [`Failure::Set`] too if a pattern matches no input.
pub fn information(
    measures: &Measures,
    choice: &Choice,
    (asked, worth_per_unit): (&[String], Option<f64>),
    effort: &Effort,
    progress: &Progress,
) -> Result<Information, Failure> {
    let shortlist = choice.shortlist();
    let sets: Vec<MeasureSet> = shortlist.iter().map(|set| set.set).collect();
    let names = shortlist.iter().map(|set| set.measures.clone()).collect();
    let models = sets.iter().map(|&set| measures.model(set)).collect::<Result<Vec<Model>, String>>();
    let models = models.map_err(Failure::Set)?;
    let trials = effort.trials..2 * effort.trials;
    let losses = choice.goal.losses_of(measures, &sets, trials, effort.threads, progress)?;
    let found = of_options(&models, losses, asked, effort, progress)?;
    Ok(Information { options: names, worth_per_unit, ..found })
}

/// The same of a choice among scenarios, by their ids and models.
///
/// # Errors
/// As [`information`].
pub fn among_scenarios(
    scenarios: &[(&str, &Model)],
    goal: &Goal,
    (asked, worth_per_unit): (&[String], Option<f64>),
    effort: &Effort,
    progress: &Progress,
) -> Result<Information, Failure> {
    let model = |index: usize| Ok(scenarios[index].1.clone());
    let trials = effort.trials..2 * effort.trials;
    let losses = goal.losses(scenarios.len(), &model, trials, effort.threads, progress)?;
    let models: Vec<Model> = scenarios.iter().map(|(_, model)| (*model).clone()).collect();
    let found = of_options(&models, losses, asked, effort, progress)?;
    Ok(Information { options: scenarios.iter().map(|(id, _)| vec![id.to_string()]).collect(), worth_per_unit, ..found })
}

fn of_options(
    models: &[Model],
    mut losses: Vec<Vec<f64>>,
    asked: &[String],
    effort: &Effort,
    progress: &Progress,
) -> Result<Information, Failure> {
    losses.iter_mut().flatten().for_each(|loss| *loss = 0.0 - *loss);
    let options = Options::new(&losses, effort.trials, effort.confidence);
    let single = sources(models);
    let together = together(models, &single, asked)?;
    let all: Vec<&Source> = single.iter().chain(&together).collect();
    let mut known = simulation::in_order(all.len(), effort.threads, progress, |number| {
        let source = all[number];
        let worth = worth(&options, &source.keys, effort.trials);
        Ok(Known { name: source.name.clone(), inputs: source.inputs.len(), worth: estimate(worth) })
    })?;
    let mut groups = known.split_off(single.len());
    for list in [&mut known, &mut groups] {
        let value = |one: &Known| one.worth.value.unwrap_or(0.0);
        list.sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.name.cmp(&b.name)));
    }
    Ok(Information {
        options: Vec::new(),
        trials: effort.trials,
        perfect: estimate(options.perfect()),
        inputs: known,
        groups,
        worth_per_unit: None,
    })
}

/// Inputs that are known together, and their independent uniform numbers.
#[derive(Clone, Debug, Default)]
struct Source {
    name: String,
    inputs: BTreeSet<String>,
    keys: Vec<Key>,
}

impl Source {
    fn add(&mut self, inputs: impl IntoIterator<Item = String>, keys: impl IntoIterator<Item = Key>) {
        self.inputs.extend(inputs);
        keys.into_iter().for_each(|key| self.keys.extend((!self.keys.contains(&key)).then_some(key)));
    }
}

/// The inputs of any of the models by themselves, those of a correlation together. A measure may bring inputs of its own.
fn sources(models: &[Model]) -> Vec<Source> {
    let mut found: Vec<Source> = Vec::new();
    for model in models {
        let streams = model.input_streams();
        for group in &streams.groups {
            let place = found.iter().position(|source| source.name == group.name).unwrap_or_else(|| {
                found.push(Source { name: group.name.clone(), ..Source::default() });
                found.len() - 1
            });
            let inputs = group.slots.iter().map(|slot| model.inputs.drawn[*slot].name.clone());
            found[place].add(inputs, streams.streams[group.streams.clone()].iter().map(|stream| stream.key));
        }
    }
    found
}

/// Inputs to know together: those that were asked for, and those that are alike, where that is more than one.
fn together(models: &[Model], single: &[Source], asked: &[String]) -> Result<Vec<Source>, Failure> {
    let mut alike: BTreeMap<String, Vec<&Source>> = BTreeMap::new();
    // Those of a correlation are known together anyway.
    let free = single.iter().filter(|source| !source.name.starts_with("correlations."));
    free.for_each(|source| alike.entry(pattern(&source.name)).or_default().push(source));
    alike.retain(|_, sources| sources.len() > 1);
    let mut found = Vec::new();
    let joined = |name: &str, sources: &[&Source]| {
        let mut all = Source { name: name.into(), ..Source::default() };
        sources.iter().for_each(|source| all.add(source.inputs.iter().cloned(), source.keys.iter().copied()));
        all
    };
    for pattern in asked {
        let mut names = BTreeSet::new();
        for model in models {
            let streams = model.input_streams();
            names.extend(model.groups_matching(&streams, pattern).into_iter().map(|group| group.name.clone()));
        }
        let sources: Vec<&Source> = single.iter().filter(|source| names.contains(&source.name)).collect();
        if sources.is_empty() {
            return Err(Failure::Set(format!(
                "--know `{pattern}` matches no uncertain input; `shortfall list` has them"
            )));
        }
        alike.remove(pattern);
        found.push(joined(pattern, &sources));
    }
    let alike = alike.iter().map(|(name, sources)| joined(name, sources));
    found.extend(alike.filter(|source| source.keys.len() <= MOST_TOGETHER));
    Ok(found)
}

/// Of knowing the uniform numbers of these keys, in trials from `first` on.
fn worth(options: &Options<'_>, keys: &[Key], first: u64) -> Worth {
    let count = options.trials_count() as u64;
    let uniforms = |key: &Key| -> Vec<f64> { (first..first + count).map(|trial| key.uniform(trial)).collect() };
    if let [one] = keys {
        return options.of_one(&uniforms(one));
    }
    let normal = |uniform: f64| normal_quantile(Probability::of(uniform));
    let normals: Vec<Vec<f64>> = keys.iter().map(|key| uniforms(key).into_iter().map(normal).collect()).collect();
    options.of_several(&normals)
}

/// Knowledge is never worth less than nothing: an estimate below is taken for zero, with as wide an interval.
fn estimate(worth: Worth) -> Estimate {
    let value = worth.value.max(0.0);
    let ends = worth.interval.map(|ends| ((ends.low + value - worth.value).max(0.0), ends.high + value - worth.value));
    Estimate { value: Some(value), low: ends.map(|ends| ends.0), high: ends.map(|ends| ends.1), ..Estimate::default() }
}
