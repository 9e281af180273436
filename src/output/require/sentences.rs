//! The answer in sentences.

use super::values::{amounts, at, value};
use crate::output::words::{chance, count, futures, probability, share};
use crate::summary::Estimate;
use crate::summary::require::{Measure, Moved, Pair, Range, Requirement};

/// The whole answer: how likely the claim is, what would make it as likely as asked, and where it is so already.
pub fn finding(found: &Requirement) -> Vec<String> {
    let goal = share(found.at_least);
    let who = if found.who.is_empty() { String::new() } else { format!(" ({})", found.who) };
    let mut first = format!("{}{who}: this holds in {}.", found.says, futures(&found.now, found.trials));
    first += &match found.reached {
        true => format!(" That is {goal} or more already; what follows would bring it below."),
        false => format!(" Asked is {goal}."),
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
    if found.changes.is_empty() {
        return "Plants and demand are not looked at: there is nothing to change.".into();
    }
    let passing = |moved: &Moved| Some(change(found, moved.measure, &amounts(moved.measure, moved.crossing.as_ref()?)));
    let alone: Vec<String> = found.changes.iter().filter_map(passing).collect();
    let mut text = match &alone[..] {
        [] => not_enough(found),
        alone => format!("{} if {}.", would(found), alone.join(", or if ")),
    };
    match found.pairs.iter().find(|pair| pair.part.is_some()) {
        Some(pair) => text += &format!(" The smallest two changes together: if {}.", both(found, pair)),
        None => text += &no_pair(found),
    }
    text
}

fn both(found: &Requirement, pair: &Pair) -> String {
    let one = |(measure, amount): &(Measure, Estimate)| change(found, *measure, &amounts(*measure, amount));
    pair.amounts.each_ref().map(one).join(" and ")
}

/// A change as it stands after "if".
fn change(found: &Requirement, measure: Measure, amount: &str) -> String {
    match measure {
        Measure::Plants => format!("there were {amount} than the {} to come", count(found.announced)),
        Measure::Months => format!("all plants came {amount}"),
        _ => format!("there were {amount}"),
    }
}

/// How near the largest changes come, each alone.
fn not_enough(found: &Requirement) -> String {
    let one = |moved: &Moved| {
        let best = Estimate { value: Some(moved.best.value), ..Estimate::default() };
        format!("{} ({})", amounts(moved.measure, &best), chance(&moved.best.probability))
    };
    let all: Vec<String> = found.changes.iter().map(one).collect();
    format!("Of plants and demand no change tried is enough alone; nearest come {}.", all.join(", "))
}

/// How near two of them together come.
fn no_pair(found: &Requirement) -> String {
    let nearness = |pair: &Pair| pair.full.value.map(|value| if found.reached { -value } else { value });
    let best = found.pairs.iter().reduce(|a, b| if nearness(b) > nearness(a) { b } else { a });
    best.map_or(String::new(), |pair| format!(" Nor are two together ({} at the nearest).", chance(&pair.full)))
}

/// The inputs that do it alone.
fn inputs(found: &Requirement) -> Option<String> {
    if found.moved.is_empty() {
        return None;
    }
    let passing: Vec<String> = found.moved.iter().filter_map(|moved| input(moved, found.reached)).collect();
    if passing.is_empty() {
        let which = match found.moved.len() {
            1 => "The one input looked at does not do it alone".into(),
            many => format!("None of the {many} inputs looked at does it alone"),
        };
        return Some(format!("{which}, at any value in its range."));
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
    let example = moved.example.as_ref().map(|example| {
        format!(" (where {} is {} at its median)", example.name, value(&example.name, Measure::Value, example.value))
    });
    let name = if moved.inputs > 1 { common(&moved.name, moved.inputs) } else { moved.name.clone() };
    Some(format!("{name} {side} {}{}", at(moved, crossing), example.unwrap_or_default()))
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
        count(fresh.trials),
        probability(&fresh.base),
        probability(&fresh.mass),
    ))
}

fn range(range: &Range) -> String {
    let end = |end: f64| value(&range.name, range.measure, end);
    let bare = range.name.trim_end_matches(".success");
    let name = if range.inputs > 1 { common(&range.name, range.inputs) } else { range.name.clone() };
    let text = match (range.measure, range.low, range.high) {
        (Measure::Success, Some(_), _) => format!("{bare} is built"),
        (Measure::Success, ..) => format!("{bare} is not built"),
        (_, Some(low), Some(high)) => format!("{name} is between {} and {}", end(low), end(high)),
        (_, Some(low), None) => format!("{name} is above {}", end(low)),
        (_, None, Some(high)) => format!("{name} is below {}", end(high)),
        _ => name,
    };
    let examples = range.examples.iter().map(|example| value(&example.name, Measure::Value, example.value));
    let examples: Vec<String> = examples.collect();
    match range.examples.first() {
        Some(example) => format!("{text} ({} at {})", example.name, examples.join(" and ")),
        None => text,
    }
}

/// What moves several inputs.
fn common(name: &str, inputs: usize) -> String {
    match name.starts_with("correlations.") {
        true => format!("what the {} inputs of {name} have in common", count(inputs as u64)),
        false => format!("all {} of {name}", count(inputs as u64)),
    }
}
