//! The answer in sentences.

use super::values::{amounts, at, value};
use crate::output::words::{futures, probability, share};
use crate::summary::require::{Measure, Moved, Pair, Range, Requirement};

/// The whole answer: how likely the claim is, what would make it as likely as asked, and where it is so already.
pub fn finding(found: &Requirement) -> Vec<String> {
    let goal = share(found.at_least);
    let who = if found.who.is_empty() { String::new() } else { format!(" ({})", found.who) };
    let mut first = format!("{}{who}: this holds in {}.", found.says, futures(&found.now, found.trials));
    first += &match found.reached {
        true => format!(" That is {goal} or more already; what follows would bring it below."),
        false => format!(" Asked are {goal}."),
    };
    let mut paragraphs = vec![first, changes(found)];
    paragraphs.extend(inputs(found));
    paragraphs.extend(together(found));
    paragraphs
}

/// What it would be, if.
fn would(found: &Requirement) -> String {
    let goal = share(found.at_least);
    if found.reached { format!("It would fall below {goal}") } else { format!("It would reach {goal}") }
}

/// The three changes, and the smallest pair of them.
fn changes(found: &Requirement) -> String {
    let alone: Vec<String> = found
        .changes
        .iter()
        .filter_map(|moved| Some(change(moved.measure, &amounts(moved.measure, moved.crossing.as_ref()?))))
        .collect();
    let pair = found.pairs.iter().find(|pair| pair.part.is_some());
    let mut text = match (&alone[..], pair) {
        ([], None) if found.changes.is_empty() => {
            return "Plants and demand are not looked at: there is nothing to change.".into();
        }
        ([], None) => return not_even(found),
        ([], Some(_)) => {
            "Neither more plants, nor sooner ones, nor less demand is enough alone within the ranges tried.".into()
        }
        (alone, _) => format!("{} if {}.", would(found), alone.join(", or if ")),
    };
    if let Some(pair) = pair {
        text += &format!(" The smallest two changes together: if {}.", both(pair));
    }
    text
}

fn both(pair: &Pair) -> String {
    pair.amounts.each_ref().map(|(measure, amount)| change(*measure, &amounts(*measure, amount))).join(" and ")
}

/// A change as it stands after "if".
fn change(measure: Measure, amount: &str) -> String {
    match measure {
        Measure::Plants => format!("there were {amount}"),
        Measure::Months => format!("all plants came {amount}"),
        _ => format!("there were {amount}"),
    }
}

/// That not even the largest changes are enough.
fn not_even(found: &Requirement) -> String {
    let ends = found.changes.iter().map(|moved| {
        let best = &moved.best;
        let amount =
            amounts(moved.measure, &crate::summary::Estimate { value: Some(best.value), ..Default::default() });
        format!("{} at {amount}", probability(&best.probability))
    });
    let ends: Vec<String> = ends.collect();
    let pairs = match found.pairs.first() {
        None => String::new(),
        Some(_) => {
            let best = found.pairs.iter().reduce(|a, b| {
                let nearer = |pair: &Pair| pair.full.value.map(|value| if found.reached { -value } else { value });
                if nearer(b) > nearer(a) { b } else { a }
            });
            best.map_or(String::new(), |pair| format!(", nor two of them together ({})", probability(&pair.full)))
        }
    };
    let what = if found.reached { "brings it below that" } else { "is enough" };
    format!(
        "Neither more plants, nor sooner ones, nor less demand {what} within the ranges tried ({}){pairs}.",
        ends.join("; ")
    )
}

/// The inputs that do it alone.
fn inputs(found: &Requirement) -> Option<String> {
    if found.moved.is_empty() {
        return None;
    }
    let passing: Vec<String> = found.moved.iter().filter_map(|moved| input(moved, found.reached)).collect();
    if passing.is_empty() {
        return Some(format!(
            "None of the {} inputs looked at does it alone, at any value in its range.",
            found.moved.len()
        ));
    }
    let shown: Vec<String> = passing.iter().take(3).cloned().collect();
    let more = passing.len() - shown.len();
    let more = if more > 0 { format!("; {more} more in the table") } else { String::new() };
    Some(format!("{}, all else as ever, with {}{more}.", would(found), shown.join(", or with ")))
}

fn input(moved: &Moved, reached: bool) -> Option<String> {
    let crossing = moved.crossing.as_ref()?;
    if moved.measure == Measure::Success {
        let succeeds = moved.rises != reached;
        return Some(format!(
            "{} {}",
            moved.name.trim_end_matches(".success"),
            if succeeds { "built for certain" } else { "never built" }
        ));
    }
    // Where it holds often enough already, it is beyond the value that it does not.
    let (low, high) = if reached { ("above", "below") } else { ("at most", "at least") };
    let side = if moved.rises { high } else { low };
    Some(format!("{} {side} {}", moved.name, at(moved, crossing)))
}

/// The box.
fn together(found: &Requirement) -> Option<String> {
    let inside = &found.together;
    let fresh = inside.fresh.as_ref().filter(|_| !inside.ranges.is_empty())?;
    let ranges: Vec<String> = inside.ranges.iter().map(range).collect();
    Some(format!(
        "Where {}, it {} in {} of {} fresh futures, in place of {}; that is so in {} of all.",
        ranges.join(" and "),
        inside.what,
        probability(&fresh.density),
        crate::output::words::count(fresh.trials),
        probability(&fresh.base),
        probability(&fresh.mass),
    ))
}

fn range(range: &Range) -> String {
    let end = |end: f64| value(&range.name, range.measure, end);
    let name = if range.inputs > 1 { format!("what {} have in common", range.name) } else { range.name.clone() };
    match (range.measure, range.low, range.high) {
        (Measure::Success, Some(_), _) => format!("{} is built", name.trim_end_matches(".success")),
        (Measure::Success, ..) => format!("{} is not built", name.trim_end_matches(".success")),
        (_, Some(low), Some(high)) => format!("{name} is between {} and {}", end(low), end(high)),
        (_, Some(low), None) => format!("{name} is above {}", end(low)),
        (_, None, Some(high)) => format!("{name} is below {}", end(high)),
        _ => name,
    }
}
