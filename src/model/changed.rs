//! Models that differ from another in one respect, with all other draws as they are.

use std::sync::Arc;

use super::{DrawnInput, Factor, Gate, Input, Model, OutcomeKind};
use crate::distribution::{Distribution, Shape};
use crate::random::Key;
use crate::special::{Probability, normal_cdf, normal_quantile};

impl Model {
    /// The same model with no outcome but the date of the milestone of its claim with this index, and no longer than decides
    /// the claim: the horizon ends with the last spell that counts. Months do not look ahead, so that the claim holds in the
    /// same trials.
    pub fn deciding(mut self, claim: usize) -> Model {
        let milestone = self.claims[claim].milestone;
        let (_, months) = self.claims[claim].test.words();
        self.months = self.months.min(months as usize + self.milestones[milestone].for_months);
        self.outcomes.retain(|spec| spec.kind == OutcomeKind::Milestone && spec.index == milestone);
        self
    }

    /// The same model with these inputs at their quantile of a probability, whatever they are correlated with; a uniform number
    /// that decides something is that probability itself.
    pub fn with_inputs_at(&self, slots: &[usize], probability: f64) -> Model {
        let mut model = self.clone();
        for &slot in slots {
            let input = &mut model.inputs.drawn[slot];
            let value = input.distribution.as_ref().map_or(probability, |law| law.quantile(probability));
            let known = Distribution::new(Shape::Constant(value), None, None);
            input.distribution = Some(Arc::new(known.expect("a value of a distribution is a number")));
            input.factor = None;
        }
        model
    }

    /// The same model in which the chance in this slot turns out well or badly: a gate opens for certain, or never.
    pub fn with_chance(&self, slot: usize, succeeds: bool) -> Model {
        let mut model = self.clone();
        let gates = model.projects.iter_mut().flat_map(|project| &mut project.gates);
        for gate in gates.filter(|gate| gate.chance == Input::Drawn(slot)) {
            gate.probability = Input::Known(if succeeds { 1.0 } else { 0.0 });
        }
        model
    }

    /// The same model with what correlated inputs have in common, or one of a matrix its own, at a quantile: the stream with
    /// this key gives the same number in every trial.
    pub fn with_common_at(&self, key: Key, probability: f64) -> Model {
        let mut model = self.clone();
        let number = normal_quantile(Probability::of(probability));
        for factor in &mut model.inputs.factors {
            let fixed = factor.terms.iter().filter(|(term, _)| *term == key).map(|(_, weight)| weight * number);
            factor.known += fixed.sum::<f64>();
            factor.terms.retain(|(term, _)| *term != key);
        }
        for slot in 0..model.inputs.drawn.len() {
            let DrawnInput { key: own, factor: Some(index), .. } = &model.inputs.drawn[slot] else { continue };
            if *own == key {
                let factor = model.inputs.factors[*index].clone();
                let known = factor.known + factor.own * number;
                model.inputs.drawn[slot].factor = Some(model.inputs.factors.len());
                model.inputs.factors.push(Factor { known, own: 0.0, ..factor });
            }
        }
        model
    }

    /// Of the inputs that a stream moves, the one that hangs on it most: its slot, and its median if the stream is at a
    /// quantile. None where all that it moves are chances.
    pub fn median_with_common_at(&self, key: Key, probability: f64) -> Option<(usize, f64)> {
        let number = normal_quantile(Probability::of(probability));
        let weight = |slot: usize| {
            let input = &self.inputs.drawn[slot];
            let factor = &self.inputs.factors[input.factor?];
            let own = if input.key == key { factor.own } else { 0.0 };
            let common = factor.terms.iter().find(|(term, _)| *term == key).map_or(0.0, |(_, weight)| *weight);
            input.distribution.as_ref().map(|law| (own + common, law))
        };
        let weighed = (0..self.inputs.of_decisions.start).filter_map(|slot| Some((slot, weight(slot)?)));
        let most = weighed.reduce(|a, b| if b.1.0.abs() > a.1.0.abs() { b } else { a });
        let (slot, (weight, law)) = most.filter(|(_, (weight, _))| *weight != 0.0)?;
        Some((slot, law.quantile(normal_cdf(weight * number).below)))
    }

    /// The probability of which an input is the quantile in a trial.
    pub fn probability_of(&self, slot: usize, trial: u64) -> f64 {
        let input = &self.inputs.drawn[slot];
        let Some(factor) = input.factor.map(|index| &self.inputs.factors[index]) else {
            return input.key.uniform(trial);
        };
        let normal = |key: &Key| normal_quantile(Probability::of(key.uniform(trial)));
        let common = factor.terms.iter().fold(factor.known, |sum, (key, weight)| sum + weight * normal(key));
        normal_cdf(common + factor.own * normal(&input.key)).below
    }

    /// Whether a project makes its first product at the start or before, in every trial.
    pub fn stands(&self, project: usize) -> bool {
        let latest = self.projects[project].lead.iter().map(|months| self.inputs.bounds(*months).1);
        latest.sum::<f64>() <= 0.0
    }

    /// The same model with all projects that do not stand yet, and all plants that investors may decide on, so many months
    /// sooner: see [`super::Project::sooner`].
    pub fn sooner(mut self, months: f64) -> Model {
        let plants = self.projects.iter_mut().chain(&mut self.decisions);
        plants.for_each(|project| project.sooner = months);
        self
    }

    /// The same model with so many times the final demand, from the start on.
    pub fn with_demand_times(mut self, factor: f64) -> Model {
        for demand in &mut self.demands {
            if demand.seasonal.is_empty() {
                demand.seasonal = vec![1.0; 12];
            }
            demand.seasonal.iter_mut().for_each(|season| *season *= factor);
        }
        self
    }

    /// The same model in which each of these projects is there with a probability, by index, and else does not exist: decided by
    /// a uniform number of its own in every trial, or by that of another of the same `fate`.
    pub fn with_projects_by_chance(mut self, some: &[(usize, String, f64)]) -> Model {
        for (project, fate, probability) in some {
            if *probability >= 1.0 {
                continue;
            }
            let name = format!("projects.{fate}.there");
            let key = Key::new(self.seed, &name);
            let known = self.inputs.drawn.iter().position(|input| input.key == key);
            let slot = known.unwrap_or_else(|| {
                self.inputs.drawn.push(DrawnInput { name, key, distribution: None, factor: None });
                self.inputs.drawn.len() - 1
            });
            let probability = Input::Known(*probability);
            self.projects[*project].gates.push(Gate { chance: Input::Drawn(slot), probability });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::study::Study;

    fn smoke() -> Model {
        let text = include_str!("../../configs/smoke.toml");
        Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}")).scenarios.remove(0).model
    }

    fn trial(model: &Model, number: u64) -> crate::engine::Trial {
        Engine::new(model).trial(number)
    }

    #[test]
    fn a_claim_holds_in_the_same_trials_of_what_decides_it() {
        let model = smoke();
        assert!(!model.claims.is_empty());
        for claim in 0..model.claims.len() {
            let shorter = model.clone().deciding(claim);
            let dates = [&model, &shorter].map(|model| model.date_of(model.claims[claim].milestone));
            let engines = [&model, &shorter].map(Engine::new);
            for number in 0..60 {
                let [whole, short] = [0, 1].map(|index| engines[index].trial(number).outcomes[dates[index]]);
                let test = model.claims[claim].test;
                assert_eq!(test.holds(whole), test.holds(short), "trial {number}: {whole}, {short}");
            }
        }
    }

    #[test]
    fn inputs_stand_where_they_are_put_and_others_stay() {
        let model = smoke();
        let streams = model.input_streams();
        for group in &streams.groups {
            let moved = model.with_inputs_at(&group.slots, 0.8);
            let [before, after] = [&model, &moved].map(|model| trial(model, 5));
            for slot in 0..model.inputs.of_decisions.start {
                let expected = match &model.inputs.drawn[slot].distribution {
                    _ if !group.slots.contains(&slot) => before.inputs[slot],
                    Some(law) => law.quantile(0.8),
                    None => 0.8,
                };
                assert_eq!(after.inputs[slot], expected, "{}", model.inputs.drawn[slot].name);
            }
        }
    }

    /// What is in common stands still, and what is an input's own goes on as before.
    #[test]
    fn what_inputs_have_in_common_can_be_fixed() {
        let model = smoke();
        let streams = model.input_streams();
        let fixed = streams.streams.iter().filter(|stream| stream.slot.is_none());
        for stream in fixed {
            let at = |probability: f64| model.with_common_at(stream.key, probability);
            for slot in 0..model.inputs.of_decisions.start {
                let Some(factor) = model.inputs.drawn[slot].factor.map(|index| &model.inputs.factors[index]) else {
                    continue;
                };
                let Some((_, weight)) = factor.terms.iter().find(|(key, _)| *key == stream.key) else { continue };
                let normal = |model: &Model| normal_quantile(Probability::of(model.probability_of(slot, 11)));
                let [low, high] = [0.3, 0.9].map(|probability| normal(&at(probability)));
                let apart = normal_quantile(Probability::of(0.9)) - normal_quantile(Probability::of(0.3));
                assert!((high - low - weight * apart).abs() < 1e-9, "{}", model.inputs.drawn[slot].name);
            }
        }
    }

    #[test]
    fn the_probability_of_an_input_gives_its_value() {
        let model = smoke();
        let drawn = trial(&model, 23);
        for slot in 0..model.inputs.of_decisions.start {
            let probability = model.probability_of(slot, 23);
            let value =
                model.inputs.drawn[slot].distribution.as_ref().map_or(probability, |law| law.quantile(probability));
            let near = (value - drawn.inputs[slot]).abs() <= 1e-6 * value.abs().max(1e-6);
            assert!(near, "{}: {value} is not {}", model.inputs.drawn[slot].name, drawn.inputs[slot]);
        }
    }

    #[test]
    fn plants_come_sooner_but_not_before_the_start() {
        let model = smoke();
        for months in [7.0, 500.0, -30.0] {
            let moved = model.clone().sooner(months);
            let engines = [&model, &moved].map(Engine::new);
            for number in 0..12 {
                let [before, after] = [0, 1].map(|index| engines[index].trial(number));
                for (index, project) in
                    model.projects.iter().enumerate().filter(|(_, project)| project.requires.is_empty())
                {
                    let (then, now) = (before.starts[index], after.starts[index]);
                    let expected = if then > 0.0 { (then - months).max(0.0) } else { then };
                    assert!(now == expected || (now - expected).abs() < 1e-9, "{}: {then}, {now}", project.id);
                }
            }
        }
    }

    #[test]
    fn projects_are_there_by_chance_and_more_of_them_at_a_higher_one() {
        let model = smoke();
        let built = |probability: f64| {
            let some: Vec<(usize, String, f64)> =
                (0..model.projects.len()).map(|index| (index, model.projects[index].id.clone(), probability)).collect();
            let model = model.clone().with_projects_by_chance(&some);
            let engine = Engine::new(&model);
            let trials = (0..100).map(|number| engine.trial(number).starts);
            trials.flatten().map(f64::is_finite).collect::<Vec<bool>>()
        };
        let [none, some, more, all] = [0.0, 0.4, 0.7, 1.0].map(built);
        assert!(none.iter().all(|built| !built));
        assert!(some.iter().zip(&more).all(|(some, more)| !some || *more), "nested");
        let count = |built: &[bool]| built.iter().filter(|built| **built).count() as f64;
        assert!((count(&some) / count(&all) - 0.4).abs() < 0.12 && (count(&more) / count(&all) - 0.7).abs() < 0.12);
    }

    #[test]
    fn demand_is_multiplied_in_every_month() {
        let model = smoke();
        let less = model.clone().with_demand_times(0.0);
        let shortages = |spec: &super::super::OutcomeSpec| spec.kind == OutcomeKind::TotalShortage;
        let drawn = trial(&less, 3);
        for (spec, value) in less.outcomes.iter().zip(&drawn.outcomes).filter(|(spec, _)| shortages(spec)) {
            assert_eq!(*value, 0.0, "{}", spec.name);
        }
        assert_eq!(trial(&model.clone().with_demand_times(1.0), 3), trial(&model, 3));
    }
}
