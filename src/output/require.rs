//! What would have to be true for a claim: sentences, tables for people, CSV, JSON.

mod sentences;
pub mod values;

use serde::Serialize;

use super::answer::Answer;
use super::section::Section;
use super::tables::{Table, number};
use super::words::{probability, share};
use super::{chart, json};
use crate::study::Study;
use crate::summary::Estimate;
use crate::summary::require::{FEWEST_HITS, MOST_INPUTS, Measure, Moved, RankedBy, Requirement};
use values::{amounts, crossing, value};

/// What the answer is about, in a line.
fn head(found: &Requirement) -> String {
    format!("What would have to be true for claim {} in scenario {}", found.claim, found.scenario)
}

/// Everything that is said; `digest` is that of the config as run.
pub fn answer(study: &Study, found: &Requirement, digest: &str) -> Answer {
    let sections = [Some(changes(found)), pairs(found), moved(found), together(found)];
    Answer {
        head: head(found),
        finding: sentences::finding(found),
        sections: sections.into_iter().flatten().collect(),
        foot: foot(found),
        tables: vec![
            ("require.csv".into(), csv(found)),
            ("pairs.csv".into(), pairs_csv(found)),
            ("box.csv".into(), box_csv(found)),
        ],
        json: ("require.json".into(), json(study.config.run.seed, found)),
        charts: chart::require(study, found, digest).into_iter().collect(),
    }
}

fn row(moved: &Moved) -> Vec<String> {
    let end = |point: &crate::summary::require::Point| {
        [value(&moved.name, moved.measure, point.value), probability(&point.probability)]
    };
    let [[low, at_low], [high, at_high]] = [end(&moved.low), end(&moved.high)];
    let mut name = moved.name.clone();
    if moved.inputs > 1 {
        name += &format!(" ({} inputs)", moved.inputs);
    }
    if moved.contrary > 0 {
        name += " *";
    }
    vec![name, low, at_low, high, at_high, crossing(moved)]
}

fn header(found: &Requirement, what: &str) -> Vec<String> {
    let goal = share(found.at_least);
    let passes = if found.reached { format!("stays at {goal} up to") } else { format!("reaches {goal} at") };
    [what, "from", "it holds in", "to", "it holds in"].map(String::from).into_iter().chain([passes]).collect()
}

fn changes(found: &Requirement) -> Section {
    Section {
        title: "Plants and demand, each alone".into(),
        header: header(found, "change"),
        rows: found.changes.iter().map(row).collect(),
        notes: vec![
            "Plants: like those that are announced and do not stand yet, drawn anew, or some of these left out. Sooner: all of \
             these and all that investors decide on, none before the start or the decision. Demand: all final demand, \
             throughout."
                .into(),
        ],
    }
}

fn pairs(found: &Requirement) -> Option<Section> {
    let goal = share(found.at_least);
    let row = |pair: &crate::summary::require::Pair| {
        let [one, other] = pair.amounts.each_ref().map(|(measure, amount)| amounts(*measure, amount));
        let part = pair.part.as_ref().and_then(|part| part.value);
        let part = part.map_or_else(|| format!("not even all: {}", probability(&pair.full)), share);
        vec![one, other, part]
    };
    (!found.pairs.is_empty()).then(|| Section {
        title: format!("Two changes at once that {} {goal}", if found.reached { "just stay at" } else { "reach" }),
        header: ["one", "and the other", "part of what each takes alone"].map(String::from).into(),
        rows: found.pairs.iter().map(row).collect(),
        notes: vec![
            "Both by the same part of what each would take alone, or of its range where that is not enough. The pair with the \
             smallest part comes first."
                .into(),
        ],
    })
}

fn moved(found: &Requirement) -> Option<Section> {
    let ranked = match found.ranked_by {
        RankedBy::Claim => "whether the claim holds",
        RankedBy::Series => {
            "what its milestone looks at in the claim's month, as the claim is the same in nearly all trials"
        }
    };
    let mut notes = vec![format!(
        "Looked at: up to {MOST_INPUTS} inputs or correlations that certainly explain something of {ranked}, the largest share \
         first, and those asked for. Not looked at: {} of the uncertain inputs.",
        found.not_looked_at
    )];
    if found.moved.iter().any(|moved| moved.measure == Measure::Percentile) {
        notes.push(
            "P50 is the median. Of correlated inputs, what they have in common is moved; several that one pattern names stand at \
             the same percentile. Of chances a high percentile is a bad one: fewer succeed, and plants close sooner."
                .into(),
        );
    }
    let contrary = found.moved.iter().chain(&found.changes).filter(|moved| moved.contrary > 0);
    if let Some(most) = contrary.max_by_key(|moved| moved.contrary) {
        notes.push(format!(
            "* In up to {} of {} trials looked at the claim changes more than once on the way: beyond the value told it need not \
             stay as it is there.",
            most.contrary, most.looked_at
        ));
    }
    (!found.moved.is_empty() || !notes.is_empty()).then(|| Section {
        title: "Inputs, each put at a value, all else as ever".into(),
        header: if found.moved.is_empty() { Vec::new() } else { header(found, "input") },
        rows: found.moved.iter().map(row).collect(),
        notes,
    })
}

fn together(found: &Requirement) -> Option<Section> {
    let inside = &found.together;
    let end = |range: &crate::summary::require::Range, end: Option<f64>| {
        end.map_or(String::new(), |end| value(&range.name, range.measure, end))
    };
    let row = |range: &crate::summary::require::Range| {
        let name =
            if range.inputs > 1 { format!("{} ({} inputs)", range.name, range.inputs) } else { range.name.clone() };
        vec![name, end(range, range.low), end(range, range.high)]
    };
    let note = match &inside.fresh {
        _ if inside.hits < FEWEST_HITS => format!(
            "It {} in {} trials; fewer than {FEWEST_HITS} tell nothing of inputs together.",
            inside.what, inside.hits
        ),
        Some(fresh) if !inside.ranges.is_empty() => format!(
            "In {} fresh trials: density {}, the share of the box in which it {what}, in place of {}; coverage {}, the share of \
             those in which it {what} that the box has; mass {}, the share of all.",
            super::words::count(fresh.trials),
            probability(&fresh.density),
            probability(&fresh.base),
            probability(&fresh.coverage),
            probability(&fresh.mass),
            what = inside.what,
        ),
        _ => format!(
            "Of {} inputs, no ranges of at most four were found in which it certainly {} more often.",
            inside.looked_at, inside.what
        ),
    };
    Some(Section {
        title: format!("Inputs together: where it {} most often", inside.what),
        header: if inside.ranges.is_empty() {
            Vec::new()
        } else {
            ["input", "above", "below"].map(String::from).into()
        },
        rows: inside.ranges.iter().map(row).collect(),
        notes: vec![note],
    })
}

fn foot(found: &Requirement) -> Vec<String> {
    let mut foot = vec![format!(
        "Of {} trials, the same at every value. Intervals of a value are those of the probability that passes there.",
        super::words::count(found.trials)
    )];
    foot.extend(found.missing.iter().cloned());
    foot
}

/// `require.csv`: a row for each change, input and setting.
fn csv(found: &Requirement) -> Vec<u8> {
    let mut table = Table::described("require.csv");
    let ends = |estimate: &Estimate| [estimate.value, estimate.low, estimate.high].map(number);
    let changes = found.changes.iter().map(|moved| ("change", moved));
    for (kind, moved) in changes.chain(found.moved.iter().map(|moved| ("input", moved))) {
        let mut row = vec![found.scenario.clone(), found.claim.clone(), number(Some(found.at_least)), kind.into()];
        row.extend([moved.name.clone(), moved.inputs.to_string(), moved.measure.word().into()]);
        for point in [&moved.low, &moved.high] {
            row.push(number(Some(point.value)));
            row.extend(ends(&point.probability));
        }
        row.extend(moved.crossing.as_ref().map_or([const { String::new() }; 3], ends));
        row.push(if moved.crossing.is_some() { moved.rises.to_string() } else { String::new() });
        row.extend([moved.contrary.to_string(), moved.looked_at.to_string()]);
        row.extend([number(moved.share.as_ref().and_then(|share| share.value)), found.trials.to_string()]);
        table.row(row);
    }
    table.finish()
}

/// `pairs.csv`: a row for each pair of changes.
fn pairs_csv(found: &Requirement) -> Vec<u8> {
    let mut table = Table::described("pairs.csv");
    for pair in &found.pairs {
        let mut row = vec![found.scenario.clone(), found.claim.clone(), number(Some(found.at_least))];
        for (measure, amount) in &pair.amounts {
            row.push(measure.word().into());
            row.extend([amount.value, amount.low, amount.high].map(number));
        }
        row.push(number(pair.part.as_ref().and_then(|part| part.value)));
        row.push(number(pair.full.value));
        table.row(row);
    }
    table.finish()
}

/// `box.csv`: a row for each range, with what fresh trials say of the whole box.
fn box_csv(found: &Requirement) -> Vec<u8> {
    let mut table = Table::described("box.csv");
    let inside = &found.together;
    for (range, fresh) in inside.ranges.iter().filter_map(|range| Some((range, inside.fresh.as_ref()?))) {
        let mut row = vec![found.scenario.clone(), found.claim.clone(), inside.what.into(), range.name.clone()];
        row.push(range.measure.word().into());
        row.extend([range.low, range.high, fresh.density.value, fresh.density.low, fresh.density.high].map(number));
        row.extend([fresh.coverage.value, fresh.mass.value, fresh.base.value].map(number));
        row.push(fresh.trials.to_string());
        table.row(row);
    }
    table.finish()
}

#[derive(Serialize)]
struct File<'a> {
    finding: Vec<String>,
    #[serde(flatten)]
    requirement: &'a Requirement,
}

/// `require.json`: everything, for machines.
fn json(seed: u64, found: &Requirement) -> Vec<u8> {
    json::found(seed, &File { finding: sentences::finding(found), requirement: found })
}
