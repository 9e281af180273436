//! More or fewer plants like those that are announced.

use std::collections::BTreeMap;

use super::deciding::deciding;
use crate::config::Config;
use crate::model::Model;

/// Times as many plants, at most.
const TIMES: u32 = 3;

/// A model with room for more plants: each project that does not stand yet has twins, with draws of their own, which are there
/// with a probability that decides how many there are.
#[derive(Clone, Debug)]
pub struct More {
    /// Plants announced that do not stand yet.
    pub plants: u64,
    model: Model,
    /// By project of the model: its fate, and in which round of twins it comes; 0 of those announced. None of those that stand.
    rounds: Vec<Option<(String, u32)>>,
}

impl More {
    /// Of a config, and its model.
    ///
    /// # Errors
    /// Why there can be none.
    pub fn new(config: &Config, model: &Model) -> Result<More, String> {
        let stands = |id: &str| {
            let place = model.projects.iter().position(|project| project.id == id);
            place.is_none_or(|place| model.stands(place))
        };
        let mut larger = config.clone();
        let coming: BTreeMap<String, u32> = config
            .projects
            .iter()
            .filter(|(id, project)| project.copies > 0 && !stands(id))
            .map(|(id, project)| (id.clone(), project.copies))
            .collect();
        if coming.is_empty() {
            return Err("no project is to come".into());
        }
        for id in coming.keys() {
            larger.projects.entry(id.clone()).and_modify(|project| project.copies *= TIMES);
        }
        let model = deciding(&larger).map_err(|fault| format!("with {TIMES} times as many projects, {fault}"))?;
        let fates = fates(config);
        let round = |id: &str| {
            let (own, copy) = id.split_once('#').map_or((id, 1), |(own, copy)| (own, copy.parse().unwrap_or(1)));
            let copies = coming.get(own)?;
            let fate = fates.get(own).map_or(own, String::as_str);
            Some((format!("{fate}#{copy}"), (copy - 1) / copies))
        };
        let rounds = model.projects.iter().map(|project| round(&project.id)).collect();
        Ok(More { plants: coming.values().map(|copies| u64::from(*copies)).sum(), model, rounds })
    }

    /// The model with a share of the plants more, of -1 to 2: fewer, if it is below zero. `announced` is the model without.
    pub fn with(&self, announced: &Model, share: f64) -> Model {
        let probability = |round: u32| match round {
            0 => (1.0 + share).min(1.0),
            round => (share - f64::from(round - 1)).clamp(0.0, 1.0),
        };
        let of = |model: &Model| {
            let places = self.model.projects.iter().zip(&self.rounds).filter_map(|(project, round)| {
                let (fate, round) = round.as_ref()?;
                let place = model.projects.iter().position(|other| other.id == project.id)?;
                Some((place, fate.clone(), probability(*round)))
            });
            let places: Vec<(usize, String, f64)> = places.collect();
            model.clone().with_projects_by_chance(&places)
        };
        of(if share > 0.0 { &self.model } else { announced })
    }
}

/// Projects that require each other have one fate: the first of them by name gives it its name.
fn fates(config: &Config) -> BTreeMap<String, String> {
    let mut fates: BTreeMap<String, String> = config.projects.keys().map(|id| (id.clone(), id.clone())).collect();
    for (id, project) in &config.projects {
        for required in &project.requires {
            let (Some(one), Some(other)) = (fates.get(id).cloned(), fates.get(required).cloned()) else { continue };
            let (first, last) = if one < other { (one, other) } else { (other, one) };
            fates.values_mut().filter(|fate| **fate == last).for_each(|fate| *fate = first.clone());
        }
    }
    fates
}
