//! The independent random streams behind the uncertain inputs, and which inputs belong together.

use std::ops::Range;
use std::sync::Arc;

use super::{Input, Model};
use crate::config::set;
use crate::distribution::{Distribution, Shape};
use crate::random::Key;

/// A stream of one uniform number a trial, independent of all others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputStream {
    /// Key.
    pub key: Key,
    /// The input that it decides by itself, or to whose own part of a correlation it belongs; none for what correlated inputs
    /// have in common.
    pub slot: Option<usize>,
}

/// An input by itself, or those of a correlation: they are known together or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct InputGroup {
    /// Path of the input; of several, `correlations.ID`.
    pub name: String,
    /// Slots of the inputs.
    pub slots: Vec<usize>,
    /// Its streams among those of [`Streams`].
    pub streams: Range<usize>,
}

/// All uncertain inputs of a model: groups that are independent of each other, and their streams.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streams {
    /// By stream.
    pub streams: Vec<InputStream>,
    /// By group, in the order of their first inputs.
    pub groups: Vec<InputGroup>,
}

impl Model {
    /// The inputs that are drawn once a trial, but for what decides on investments: that counts among the events.
    pub fn input_streams(&self) -> Streams {
        let inputs = &self.inputs;
        let mut found = Streams::default();
        let mut done = vec![false; inputs.of_decisions.start];
        for slot in 0..done.len() {
            if done[slot] {
                continue;
            }
            let correlation = |slot: usize| inputs.drawn[slot].factor.map(|factor| &inputs.factors[factor].correlation);
            let slots: Vec<usize> = match correlation(slot) {
                None => vec![slot],
                Some(id) => (slot..done.len()).filter(|other| correlation(*other) == Some(id)).collect(),
            };
            let name = match (correlation(slot), slots.len()) {
                (Some(id), 2..) => format!("correlations.{id}"),
                _ => inputs.drawn[slot].name.clone(),
            };
            let first = found.streams.len();
            for &slot in &slots {
                done[slot] = true;
                let own = inputs.drawn[slot].factor.is_none_or(|factor| inputs.factors[factor].own != 0.0);
                found.streams.extend(own.then_some(InputStream { key: inputs.drawn[slot].key, slot: Some(slot) }));
            }
            let factors = slots.iter().filter_map(|slot| inputs.drawn[*slot].factor);
            for (key, _) in
                factors.flat_map(|factor| &inputs.factors[factor].terms).filter(|(_, weight)| *weight != 0.0)
            {
                if !found.streams[first..].iter().any(|stream| stream.key == *key) {
                    found.streams.push(InputStream { key: *key, slot: None });
                }
            }
            found.groups.push(InputGroup { name, slots, streams: first..found.streams.len() });
        }
        found
    }

    /// The same model, but that these inputs are drawn afresh: from streams of their own, all others staying as they are.
    /// `slots` must hold all inputs of a correlation, or none.
    pub fn redrawn(&self, slots: &[usize]) -> Model {
        let mut model = self.clone();
        let again = |name: &str| Key::new(self.seed, &format!("{name} drawn afresh"));
        let mut renewed: Vec<(Key, Key)> = Vec::new();
        for &slot in slots {
            let input = &mut model.inputs.drawn[slot];
            renewed.push((input.key, again(&input.name)));
            input.key = again(&input.name);
        }
        let factors: Vec<usize> = slots.iter().filter_map(|slot| self.inputs.drawn[*slot].factor).collect();
        for (index, factor) in model.inputs.factors.iter_mut().enumerate().filter(|(index, _)| factors.contains(index))
        {
            let id = &self.inputs.factors[index].correlation;
            for (key, _) in &mut factor.terms {
                // Of a matrix, terms are the streams of other inputs; else the one that belongs to the correlation.
                let own = renewed.iter().find(|(old, _)| old == key).map(|(_, new)| *new);
                *key = own.unwrap_or_else(|| again(&format!("correlations.{id}")));
            }
        }
        model
    }

    /// The same model with every input that has a distribution at its median, but for those of a group at this quantile (those
    /// with a negative loading at the opposite one). Chances stay drawn: that one of a group of its own comes about is certain
    /// below one half, and impossible above.
    pub fn one_at_a_time(&self, moved: Option<(&InputGroup, f64)>) -> Model {
        let mut model = self.clone();
        for (slot, input) in model.inputs.drawn.iter_mut().enumerate().take(self.inputs.of_decisions.start) {
            let Some(law) = &input.distribution else { continue };
            let quantile = match moved {
                Some((group, quantile)) if group.slots.contains(&slot) => {
                    let terms = input.factor.map(|factor| &self.inputs.factors[factor].terms[..]);
                    let falls = terms.is_some_and(|terms| terms.first().is_some_and(|(_, weight)| *weight < 0.0));
                    if falls { 1.0 - quantile } else { quantile }
                }
                _ => 0.5,
            };
            let known = Distribution::new(Shape::Constant(law.quantile(quantile)), None, None);
            input.distribution = Some(Arc::new(known.expect("a value of a distribution is a number")));
            input.factor = None;
        }
        if let Some((group, quantile)) = moved {
            let of_group = |chance: Input| matches!(chance, Input::Drawn(slot) if group.slots == [slot]);
            let gates = model.projects.iter_mut().flat_map(|project| &mut project.gates);
            for gate in gates.filter(|gate| of_group(gate.chance)) {
                gate.probability = Input::Known(if quantile < 0.5 { 1.0 } else { 0.0 });
            }
        }
        model
    }

    /// The groups with an input that `pattern` matches, as in `projects.*.slip_months`; `*` stands for any part of a path.
    /// The whole group is meant where its own name is given, `correlations.ID`.
    pub fn groups_matching<'a>(&self, streams: &'a Streams, pattern: &str) -> Vec<&'a InputGroup> {
        let of_group = |group: &&InputGroup| {
            matches(pattern, &group.name) || group.slots.iter().any(|slot| self.input_matches(*slot, pattern))
        };
        streams.groups.iter().filter(of_group).collect()
    }

    /// Whether a pattern matches the path of the input in a slot.
    pub fn input_matches(&self, slot: usize, pattern: &str) -> bool {
        matches(pattern, &self.inputs.drawn[slot].name)
    }
}

/// Whether a pattern matches a path, part by part; the copies of a project (`id#2`) follow its id.
fn matches(pattern: &str, path: &str) -> bool {
    let (keys, parts) = (set::split(pattern), set::split(path));
    let own = |part: &str| part.split('#').next().unwrap_or_default().to_string();
    keys.len() == parts.len()
        && keys.iter().zip(&parts).all(|(key, part)| set::matches(key, part) || set::matches(key, &own(part)))
}

/// The pattern to which an input belongs with its like: the id in its path becomes `*`, as in `projects.*.slip_months`.
pub fn pattern(name: &str) -> String {
    let mut parts = set::split(name);
    if let Some(id) = parts.get_mut(1) {
        *id = "*".into();
    }
    parts.join(".")
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

    #[test]
    fn every_input_belongs_to_one_group_and_every_stream_to_one() {
        let model = smoke();
        let found = model.input_streams();
        let mut slots: Vec<usize> = found.groups.iter().flat_map(|group| group.slots.clone()).collect();
        slots.sort();
        assert_eq!(slots, (0..model.inputs.of_decisions.start).collect::<Vec<_>>());
        let ends: Vec<usize> = found.groups.iter().map(|group| group.streams.end).collect();
        assert!(ends.is_sorted() && ends.last() == Some(&found.streams.len()));
        for (index, stream) in found.streams.iter().enumerate() {
            assert!(!found.streams[..index].iter().any(|other| other.key == stream.key), "{stream:?} twice");
        }
        let named = |name: &str| found.groups.iter().find(|group| group.name == name).expect(name);
        let common =
            |name: &str| found.streams[named(name).streams.clone()].iter().filter(|one| one.slot.is_none()).count();
        assert_eq!((common("correlations.delays"), common("correlations.growth")), (1, 1));
        // Of a matrix, the inputs' own streams are all there are.
        let sizes = named("correlations.sizes");
        assert_eq!((common("correlations.sizes"), sizes.slots.len(), sizes.streams.len()), (0, 2, 2));
        assert_eq!(pattern("projects.plant.phases.permits.months"), "projects.*.phases.permits.months");
        assert_eq!(model.groups_matching(&found, "correlations.sizes"), [sizes]);
        assert_eq!(model.groups_matching(&found, "stockpiles.west-users.*"), [sizes], "with all that are correlated");
        assert!(model.groups_matching(&found, "stockpiles.*").is_empty());
    }

    #[test]
    fn one_input_moves_and_all_others_stand_at_their_medians() {
        let model = smoke();
        let found = model.input_streams();
        let [first, second] = [3u64, 8].map(|trial| Engine::new(&model.one_at_a_time(None)).trial(trial));
        for group in &found.groups {
            let moved = model.one_at_a_time(Some((group, 0.9)));
            let trial = Engine::new(&moved).trial(3);
            for (slot, input) in model.inputs.drawn.iter().enumerate().take(model.inputs.of_decisions.start) {
                let Some(law) = &input.distribution else { continue };
                assert_eq!(first.inputs[slot], second.inputs[slot], "{} does not vary", input.name);
                let ends = [law.quantile(0.1), law.quantile(0.9)];
                match group.slots.contains(&slot) {
                    true => {
                        let near = |end: f64| (trial.inputs[slot] - end).abs() <= 1e-9 * end.abs();
                        assert!(ends.iter().any(|end| near(*end)), "{}", input.name);
                    }
                    false => assert_eq!(trial.inputs[slot], law.quantile(0.5), "{}", input.name),
                }
            }
        }
    }

    #[test]
    fn only_what_is_drawn_afresh_changes() {
        let model = smoke();
        let found = model.input_streams();
        for group in &found.groups {
            let redrawn = model.redrawn(&group.slots);
            let [one, other] = [&model, &redrawn].map(|model| Engine::new(model).trial(17));
            for slot in 0..model.inputs.drawn.len() {
                let same = one.inputs[slot] == other.inputs[slot];
                assert!(group.slots.contains(&slot) || same, "{}: {}", group.name, model.inputs.drawn[slot].name);
            }
            let changed = (0..40).any(|trial| {
                let [one, other] = [&model, &redrawn].map(|model| Engine::new(model).trial(trial));
                group.slots.iter().all(|slot| one.inputs[*slot] != other.inputs[*slot])
            });
            assert!(changed, "{} is drawn afresh", group.name);
        }
    }
}
