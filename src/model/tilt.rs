//! Tilts: rates of disruptions and chances of success that are played otherwise than they are, to see rare things more often.

use super::{Input, Model};
use crate::config::fault::help_for_name;
use crate::config::set::matches;

/// Something that is played with another value than its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tilt {
    /// Onsets per year of a disruption, by index.
    Rate {
        /// Which disruption.
        disruption: usize,
        /// Its own rate.
        natural: Input,
        /// The one that is played.
        played: f64,
    },
    /// Whether a project, by index, succeeds.
    Success {
        /// Which project.
        project: usize,
        /// Place of the decision among its gates.
        gate: usize,
        /// Its own probability.
        natural: Input,
        /// The one that is played.
        played: f64,
    },
}

impl Model {
    /// This model and its tilted twin, which plays the values of `tilts`: each a path, `disruptions.ID.rate_per_year` or
    /// `projects.ID.success_probability` with `*` for any letters, and a value. Both know the tilts, so that each can tell
    /// how likely a future is in the other.
    ///
    /// # Errors
    /// What is wrong with the tilts, all at once.
    pub fn tilted(&self, tilts: &[(String, f64)]) -> Result<[Model; 2], Vec<String>> {
        let (mut natural, mut faults) = (self.clone(), Vec::new());
        for (path, value) in tilts {
            let before = natural.tilts.len();
            match path.split('.').collect::<Vec<_>>()[..] {
                ["disruptions", id, "rate_per_year"] => self.tilt_rates(id, *value, &mut natural.tilts, &mut faults),
                ["projects", id, "success_probability"] => {
                    self.tilt_success(id, *value, &mut natural.tilts, &mut faults);
                }
                _ => faults.push(format!(
                    "`{path}` cannot be tilted: name `disruptions.ID.rate_per_year` or `projects.ID.success_probability`"
                )),
            }
            let (old, new) = natural.tilts.split_at(before);
            if new.iter().any(|new| old.iter().any(|old| old.what() == new.what())) {
                faults.push(format!("`{path}` is tilted twice"));
            }
        }
        let mut tilted = natural.clone();
        for tilt in &natural.tilts {
            match *tilt {
                Tilt::Rate { disruption, played, .. } => tilted.disruptions[disruption].rate = Input::Known(played),
                Tilt::Success { project, gate, played, .. } => {
                    tilted.projects[project].gates[gate].probability = Input::Known(played);
                }
            }
        }
        let mut too_many = Vec::new();
        super::disruptions::check_episodes(&tilted, &mut too_many);
        faults.extend(too_many.into_iter().map(|fault| format!("{}; {}", fault.message, fault.label)));
        if faults.is_empty() { Ok([natural, tilted]) } else { Err(faults) }
    }

    fn tilt_rates(&self, id: &str, played: f64, tilts: &mut Vec<Tilt>, faults: &mut Vec<String>) {
        if !(played > 0.0 && played <= 1e6) {
            faults.push(format!("a rate that is played lies above 0 and at most 1e6 a year; {played} is asked for"));
        }
        let found = self.disruptions.iter().enumerate().filter(|(_, disruption)| matches(id, &disruption.id));
        let (mut none, before) = (true, tilts.len());
        for (index, disruption) in found {
            none = false;
            // What never strikes by itself cannot be weighted back.
            if !disruption.rate.is(0.0) {
                tilts.push(Tilt::Rate { disruption: index, natural: disruption.rate, played });
            }
        }
        if none {
            let names = self.disruptions.iter().map(|disruption| disruption.id.as_str());
            faults.push(format!("there is no disruption `{id}`: {}", help_for_name(id, names)));
        } else if tilts.len() == before {
            faults.push(format!("`disruptions.{id}` has a rate of 0: nothing to tilt"));
        }
    }

    fn tilt_success(&self, id: &str, played: f64, tilts: &mut Vec<Tilt>, faults: &mut Vec<String>) {
        if !(played > 0.0 && played < 1.0) {
            faults.push(format!(
                "a probability that is played lies between 0 and 1, both excluded; {played} is asked for"
            ));
        }
        let (mut none, before) = (true, tilts.len());
        for (index, project) in self.projects.iter().enumerate() {
            let own = project.id.split('#').next().unwrap_or_default(); // copies bear a number
            if !matches(id, own) {
                continue;
            }
            none = false;
            let stream = format!("projects.{}.success", project.id);
            let is_success =
                |chance: Input| matches!(chance, Input::Drawn(slot) if self.inputs.drawn[slot].name == stream);
            let gate = project.gates.iter().position(|gate| is_success(gate.chance));
            tilts.extend(gate.map(|gate| Tilt::Success {
                project: index,
                gate,
                natural: project.gates[gate].probability,
                played,
            }));
        }
        if none {
            let names = self.projects.iter().map(|project| project.id.as_str());
            faults.push(format!("there is no project `{id}`: {}", help_for_name(id, names)));
        } else if tilts.len() == before {
            faults.push(format!("whether `projects.{id}` succeeds is certain: nothing to tilt"));
        }
    }
}

impl Tilt {
    /// What is tilted.
    fn what(&self) -> (bool, usize) {
        match *self {
            Tilt::Rate { disruption, .. } => (false, disruption),
            Tilt::Success { project, .. } => (true, project),
        }
    }
}
