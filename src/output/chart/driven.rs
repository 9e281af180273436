//! What to call what is driven, and what the bars of a driver mean.

use super::subject;
use crate::model::{Model, Unit};
use crate::output::words::{amount, month, share};
use crate::summary::{DrivenNumber, Drivers, Ends, Moves};
use crate::tally::Driven;

/// The number that is shown first: the first with an input that certainly explains something.
pub fn headline(drivers: &Drivers) -> Option<&DrivenNumber> {
    drivers.numbers.iter().find(|number| !number.drivers.is_empty())
}

/// What to call a number within a sentence: `supply of magnets without China in Nov 2035`.
pub fn driven_name(model: &Model, driven: Driven) -> String {
    match driven {
        Driven::Value(outcome) => subject::outcome_name(model, &model.outcomes[outcome]),
        Driven::Comes(outcome) => {
            let spec = &model.outcomes[outcome];
            let milestone = model.milestones.get(spec.index).filter(|one| spec.name == format!("milestone.{}", one.id));
            match milestone {
                Some(milestone) => format!("the chance of {} within the horizon", subject::quoted(&milestone.title)),
                None => format!("the chance of a shortage of {}", subject::place_name(model, spec.market, spec.stage)),
            }
        }
        Driven::Holds(claim) => {
            let claim = &model.claims[claim];
            let title = claim.stated.title.as_deref().unwrap_or(&claim.id);
            format!("the probability of the claim {}", subject::quoted(title))
        }
        Driven::InMonth(series, at) => {
            let name = subject::series_name(model, &model.series[series]).short;
            format!("{} in {}", name.trim_end_matches(','), month(model.start.plus(at as i32)))
        }
    }
}

/// A value of a number, without its unit but for percent.
pub fn driven_value(unit: Unit, value: f64) -> String {
    if unit == Unit::Fraction { share(value) } else { amount(value) }
}

/// What the ends of the bars are, in words.
pub fn ends_in_words(ends: &Ends) -> String {
    let statistic = ends.percentile.map_or("mean".into(), |percent| format!("P{percent}"));
    match ends.one_at_a_time {
        false => format!(
            "Low and high: {statistic} over the trials in which the input lies in its lowest or highest tenth; the other inputs \
             are not held fixed"
        ),
        true => format!(
            "Low and high: {statistic} with the input at its 10th or 90th percentile and all others at their medians; whether \
             projects succeed and when events strike is drawn as ever"
        ),
    }
}

/// What is low where a bar is low, and high where it is high.
pub fn low_and_high(moves: &Moves) -> [String; 2] {
    match moves {
        Moves::Input(low, high) => [format!("up to {}", amount(*low)), format!("from {}", amount(*high))],
        Moves::Success => ["it succeeds".into(), "it fails".into()],
        Moves::Chance | Moves::Common | Moves::Together | Moves::OneOf(_) => ["low".into(), "high".into()],
    }
}
