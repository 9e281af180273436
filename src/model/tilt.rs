//! Tilts: rates of disruptions and probabilities of success that importance sampling replaces, so that rare events come often.

use super::{Input, Model, OutcomeKind};
use crate::config::fault::help_for_name;
use crate::config::set::matches;
use crate::math::ln;

/// A rate or probability that is simulated with another value than its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tilt {
    /// Onsets per year of a disruption, by index.
    Rate {
        /// Which disruption.
        disruption: usize,
        /// Its own rate.
        natural: Input,
        /// The one that is simulated in its place.
        tilted: f64,
    },
    /// Whether a project, by index, succeeds.
    Success {
        /// Which project.
        project: usize,
        /// Place of the decision among its gates.
        gate: usize,
        /// Its own probability.
        natural: Input,
        /// The one that is simulated in its place.
        tilted: f64,
    },
}

impl Model {
    /// This model and its tilted twin, which is simulated with the values of `tilts`: each a path,
    /// `disruptions.ID.rate_per_year` or `projects.ID.success_probability` with `*` for any letters, and a value. Both know
    /// the tilts, so that either can say how likely a trial is in the other.
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
        let mut twin = natural.clone();
        for tilt in &natural.tilts {
            match *tilt {
                Tilt::Rate { disruption, tilted, .. } => twin.disruptions[disruption].rate = Input::Known(tilted),
                Tilt::Success { project, gate, tilted, .. } => {
                    twin.projects[project].gates[gate].probability = Input::Known(tilted);
                }
            }
        }
        let mut too_many = Vec::new();
        super::disruptions::check_episodes(&twin, &mut too_many);
        faults.extend(too_many.into_iter().map(|fault| format!("{}; {}", fault.message, fault.label)));
        if faults.is_empty() { Ok([natural, twin]) } else { Err(faults) }
    }

    fn tilt_rates(&self, id: &str, tilted: f64, tilts: &mut Vec<Tilt>, faults: &mut Vec<String>) {
        if !(tilted > 0.0 && tilted <= 1e6) {
            faults.push(format!("a tilted rate lies above 0 and at most 1e6 a year, not {tilted}"));
        }
        let found = self.disruptions.iter().enumerate().filter(|(_, disruption)| matches(id, &disruption.id));
        let (mut none, before) = (true, tilts.len());
        for (index, disruption) in found {
            none = false;
            // Without a rate of its own, trials with onsets would have weight 0.
            if !disruption.rate.is(0.0) {
                tilts.push(Tilt::Rate { disruption: index, natural: disruption.rate, tilted });
            }
        }
        if none {
            let names = self.disruptions.iter().map(|disruption| disruption.id.as_str());
            faults.push(format!("there is no disruption `{id}`: {}", help_for_name(id, names)));
        } else if tilts.len() == before {
            faults.push(format!("`disruptions.{id}` has a rate of 0: nothing to tilt"));
        }
    }

    fn tilt_success(&self, id: &str, tilted: f64, tilts: &mut Vec<Tilt>, faults: &mut Vec<String>) {
        if !(tilted > 0.0 && tilted < 1.0) {
            faults.push(format!("a tilted probability lies between 0 and 1, both excluded, not {tilted}"));
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
                tilted,
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

impl Model {
    /// Logarithm of the largest likelihood ratio, by itself over tilted, that any trial can have; or, with an outcome and a
    /// limit, any trial in which the outcome exceeds the limit. Infinite where no bound is known.
    ///
    /// For a rate `r`, known to lie between two bounds, and `p` in its place, `n` onsets in `t` years at risk have the ratio
    /// `(r / p)^n exp((p - r) t)`. Where `p` is not below the upper bound, that is largest for the fewest possible onsets and
    /// the most possible years. (An event on the number of a disruption's own episodes needs some onsets; of other events
    /// nothing is assumed.)
    pub fn largest_log_ratio(&self, exceeds: Option<(usize, f64)>) -> f64 {
        let one = |tilt: &Tilt| match *tilt {
            Tilt::Rate { disruption, natural, tilted } => {
                let (low, high) = self.inputs.bounds(natural);
                let (years, onsets) = (self.years_at_risk(disruption), self.least_onsets(disruption, exceeds));
                if !(high <= tilted && years.is_finite()) {
                    return f64::INFINITY;
                }
                // Of all rates, the ratio is largest at `onsets / years`.
                let rate = if years > 0.0 { (onsets / years).clamp(low, high) } else { high };
                let rate = rate.max(f64::MIN_POSITIVE);
                let power = if onsets > 0.0 { onsets * ln(rate / tilted) } else { 0.0 };
                power + (tilted - rate) * years
            }
            Tilt::Success { project, gate, natural, tilted } => {
                let chance = self.projects[project].gates[gate].chance;
                if matches!(chance, Input::Drawn(slot) if self.inputs.drawn[slot].factor.is_some()) {
                    return f64::INFINITY;
                }
                let (low, high) = self.inputs.bounds(natural);
                ln(high / tilted).max(ln((1.0 - low) / (1.0 - tilted)))
            }
        };
        self.tilts.iter().map(one).sum()
    }

    /// Most years in which a disruption may strike, each as long as its rate can be raised.
    fn years_at_risk(&self, disruption: usize) -> f64 {
        let disruption = &self.disruptions[disruption];
        let raised = disruption.raised_by.iter().map(|(_, factor)| self.inputs.bounds(*factor).1.max(1.0));
        (self.months as f64 - disruption.not_before).max(0.0) / 12.0 * raised.product::<f64>()
    }

    /// Fewest onsets of a disruption in trials in which an outcome exceeds a limit.
    fn least_onsets(&self, disruption: usize, exceeds: Option<(usize, f64)>) -> f64 {
        let Some((outcome, limit)) = exceeds else { return 0.0 };
        let spec = &self.outcomes[outcome];
        if spec.kind != OutcomeKind::Episodes || spec.index != disruption {
            return 0.0;
        }
        let disruption = &self.disruptions[disruption];
        let others = disruption.scheduled.len() + usize::from(!disruption.active_at_start.is(0.0));
        (limit.floor() + 1.0 - others as f64).max(0.0)
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
