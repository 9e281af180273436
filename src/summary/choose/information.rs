//! What it is worth to know more before choosing among the sets on the shortlist, or among scenarios.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Choice, Effort, Failure, Goal};
use crate::model::{InputGroup, Model, Streams, pattern};
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
    let model = measures.model(MeasureSet::NONE, &mut Default::default()).map_err(Failure::Set)?;
    let trials = effort.trials..2 * effort.trials;
    let losses = choice.goal.losses_of(measures, &sets, trials, effort.threads, progress)?;
    let found = of_options(&model, losses, asked, effort, progress)?;
    Ok(Information { options: names, worth_per_unit, ..found })
}

/// The same of a choice among scenarios, by their ids and models; the inputs are those of the first.
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
    let found = of_options(scenarios[0].1, losses, asked, effort, progress)?;
    Ok(Information { options: scenarios.iter().map(|(id, _)| vec![id.to_string()]).collect(), worth_per_unit, ..found })
}

fn of_options(
    model: &Model,
    mut losses: Vec<Vec<f64>>,
    asked: &[String],
    effort: &Effort,
    progress: &Progress,
) -> Result<Information, Failure> {
    losses.iter_mut().flatten().for_each(|loss| *loss = 0.0 - *loss);
    let options = Options::new(&losses, effort.trials, effort.confidence);
    let streams = model.input_streams();
    let together = together(model, &streams, asked)?;
    let single = streams.groups.iter().map(|group| (group.name.clone(), vec![group]));
    let all: Vec<(String, Vec<&InputGroup>)> = single.chain(together).collect();
    let mut known = simulation::in_order(all.len(), effort.threads, progress, |number| {
        let (name, groups) = &all[number];
        let numbers: Vec<usize> = groups.iter().flat_map(|group| group.streams.clone()).collect();
        let worth = worth(&options, &streams, &numbers, effort.trials);
        let inputs = groups.iter().map(|group| group.slots.len()).sum();
        Ok(Known { name: name.clone(), inputs, worth: estimate(worth) })
    })?;
    let mut groups = known.split_off(streams.groups.len());
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

/// Inputs to know together: those that are alike, where that is more than one group, and those that were asked for.
fn together<'a>(
    model: &Model,
    streams: &'a Streams,
    asked: &[String],
) -> Result<Vec<(String, Vec<&'a InputGroup>)>, Failure> {
    let mut alike: BTreeMap<String, Vec<&InputGroup>> = BTreeMap::new();
    for group in &streams.groups {
        // Those of a correlation are known together anyway.
        if !group.name.starts_with("correlations.") {
            alike.entry(pattern(&group.name)).or_default().push(group);
        }
    }
    let size = |groups: &Vec<&InputGroup>| groups.iter().map(|group| group.streams.len()).sum::<usize>();
    alike.retain(|_, groups| groups.len() > 1 && size(groups) <= MOST_TOGETHER);
    let mut found: Vec<(String, Vec<&InputGroup>)> = Vec::new();
    for pattern in asked {
        let groups = model.groups_matching(streams, pattern);
        if groups.is_empty() {
            let list = "`shortfall list` has them";
            return Err(Failure::Set(format!("--know `{pattern}` matches no uncertain input; {list}")));
        }
        alike.remove(pattern);
        found.push((pattern.clone(), groups));
    }
    found.extend(alike);
    Ok(found)
}

/// Of knowing these streams, in trials from `first` on.
fn worth(options: &Options<'_>, streams: &Streams, numbers: &[usize], first: u64) -> Worth {
    let count = options.trials_count() as u64;
    let uniforms = |number: &usize| -> Vec<f64> {
        let key = &streams.streams[*number].key;
        (first..first + count).map(|trial| key.uniform(trial)).collect()
    };
    if let [one] = numbers {
        return options.of_one(&uniforms(one));
    }
    let normal = |uniform: f64| normal_quantile(Probability::of(uniform));
    let normals: Vec<Vec<f64>> =
        numbers.iter().map(|number| uniforms(number).into_iter().map(normal).collect()).collect();
    options.of_several(&normals)
}

/// Knowledge is never worth less than nothing: an estimate below is taken for zero, with as wide an interval.
fn estimate(worth: Worth) -> Estimate {
    let value = worth.value.max(0.0);
    let ends = worth.interval.map(|ends| ((ends.low + value - worth.value).max(0.0), ends.high + value - worth.value));
    Estimate { value: Some(value), low: ends.map(|ends| ends.0), high: ends.map(|ends| ends.1), ..Estimate::default() }
}
