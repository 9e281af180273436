//! Statistics by name, as expectations and stopping rules ask for them: `p95(total_shortage.allies.magnets)`.

use super::names::find;
use super::{Model, OutcomeKind, OutcomeSpec, Unit};
use crate::config::fault::{Fault, nearest};
use crate::config::set::Path;

/// What can be said of an outcome, or of a claim, over all trials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Mean of an outcome (by index) over the trials in which it is not "never".
    Mean(usize),
    /// Percentile of an outcome, in percent; "never" is larger than anything.
    Percentile(usize, f64),
    /// Probability that an outcome is exactly zero.
    Zero(usize),
    /// Probability that an outcome is "never within the horizon".
    Never(usize),
    /// Probability that a claim (by index) holds.
    Claim(usize),
}

/// How each is written.
const SPELLINGS: &str = "`mean(..)`, `p95(..)` (any percentile), `zero(..)` and `never(..)` of an outcome, as in \
                         `p95(total_shortage.allies.magnets)`; `probability(claim.ID)`";

impl Statistic {
    /// Reads one. A name that does not exist is a fault at `path`, with the nearest that does.
    pub fn parse(text: &str, model: &Model, path: &Path, faults: &mut Vec<Fault>) -> Option<Statistic> {
        let fault = |message: String, help: String| Fault::new(path.clone(), message).help(help);
        let inner = text.trim().strip_suffix(')').and_then(|text| text.split_once('('));
        let Some((function, name)) = inner.map(|(function, name)| (function.trim(), name.trim())) else {
            faults.push(fault(format!("`{text}` is no statistic"), format!("there are: {SPELLINGS}")));
            return None;
        };
        if function == "probability" {
            let claims: Vec<String> = model.claims.iter().map(|claim| format!("claim.{}", claim.id)).collect();
            return find("claim", name, &claims, path.clone(), faults).map(Statistic::Claim);
        }
        let statistic: fn(usize, f64) -> Statistic = match function {
            "mean" => |outcome, _| Statistic::Mean(outcome),
            "zero" => |outcome, _| Statistic::Zero(outcome),
            "never" => |outcome, _| Statistic::Never(outcome),
            _ => Statistic::Percentile,
        };
        let percent = function.strip_prefix('p').and_then(|percent| percent.parse::<f64>().ok()).unwrap_or(f64::NAN);
        if statistic(0, 50.0) == Statistic::Percentile(0, 50.0) && !(percent > 0.0 && percent < 100.0) {
            let near = nearest(function, ["mean", "zero", "never", "probability"]);
            let help = near.map_or(format!("there are: {SPELLINGS}"), |near| format!("did you mean `{near}`?"));
            faults.push(fault(format!("there is no statistic `{function}`"), help));
            return None;
        }
        let outcomes: Vec<String> = model.outcomes.iter().map(|outcome| outcome.name.clone()).collect();
        let outcome = find("outcome", name, &outcomes, path.clone(), faults)?;
        if function == "never" && !model.outcomes[outcome].can_be_never() {
            let help = "`never(..)` is for `milestone.ID` and `first_shortage.MARKET.STAGE`".to_string();
            faults.push(fault(format!("`{name}` has a value in every trial: it is never \"never\""), help));
            return None;
        }
        Some(statistic(outcome, percent))
    }

    /// Unit of its values.
    pub fn unit(self, model: &Model) -> Unit {
        match self {
            Statistic::Mean(outcome) | Statistic::Percentile(outcome, _) => {
                model.outcome_unit(&model.outcomes[outcome])
            }
            Statistic::Zero(_) | Statistic::Never(_) | Statistic::Claim(_) => Unit::Fraction,
        }
    }
}

impl OutcomeSpec {
    /// Whether there are trials in which it has no value within the horizon.
    pub fn can_be_never(&self) -> bool {
        matches!(self.kind, OutcomeKind::Milestone | OutcomeKind::FirstShortage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Study;

    #[test]
    fn statistics_are_read_and_unknown_ones_are_faults() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/configs/smoke.toml")).unwrap();
        let study = Study::from_text(&text).unwrap();
        let model = &study.scenarios[0].model;
        let outcome = model.outcomes.iter().position(|spec| spec.name == "total_shortage.west.magnets").unwrap();
        let read = |text: &str| {
            let mut faults = Vec::new();
            let found = Statistic::parse(text, model, &vec!["here".into()], &mut faults);
            assert_eq!(found.is_none(), faults.len() == 1, "{text}: {faults:?}");
            found.ok_or_else(|| format!("{} {}", faults[0].message, faults[0].help.clone().unwrap_or_default()))
        };
        assert_eq!(read("p99.5( total_shortage.west.magnets )"), Ok(Statistic::Percentile(outcome, 99.5)));
        assert_eq!(read("mean(total_shortage.west.magnets)"), Ok(Statistic::Mean(outcome)));
        assert_eq!(read("zero(total_shortage.west.magnets)"), Ok(Statistic::Zero(outcome)));
        assert!(matches!(read("never(milestone.half)"), Ok(Statistic::Never(_))));
        assert_eq!(read("probability(claim.soon)"), Ok(Statistic::Claim(0)));
        for (text, part) in [
            ("", "no statistic"),
            ("p95", "no statistic"),
            ("p0(total_shortage.west.magnets)", "no statistic `p0`"),
            ("p100(total_shortage.west.magnets)", "no statistic `p100`"),
            ("pNaN(total_shortage.west.magnets)", "no statistic `pNaN`"),
            ("maen(total_shortage.west.magnets)", "did you mean `mean`?"),
            ("mean(total_shortage.west.magnet)", "did you mean `total_shortage.west.magnets`?"),
            ("probability(claim.sooon)", "did you mean `claim.soon`?"),
            ("never(total_shortage.west.magnets)", "has a value in every trial"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.contains(part), "{text}: {found}");
        }
    }
}
