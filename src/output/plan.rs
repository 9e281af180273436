//! What a run that is split will take, and the lines that start it: for people and for machines.

mod lines;

pub use lines::{SCHEDULERS, Scheduler, Split};

use serde::Serialize;

use super::json;
use super::section::{Screen, Section, draw, draw_markdown, escape, wrap};
use super::tables::Table;
use super::words::{amount, count};
use crate::study::Study;
use crate::summary::plan::{DECIDED, Needed, Trials};

/// What was measured with the pilot, on this machine: no two runs measure the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Threads.
    pub threads: usize,
    /// Seconds of a trial of all scenarios, on so many threads.
    pub seconds_per_trial: f64,
    /// Seconds to add the counts of a shard to those of others.
    pub seconds_per_merge: f64,
}

/// A run that is planned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// How many trials, and why.
    #[serde(flatten)]
    pub trials: Trials,
    /// How many shards.
    pub shards: u32,
    /// Most trials of a shard.
    pub trials_per_shard: u64,
    /// Memory of a shard, bytes, on as many threads as were measured with.
    pub memory_bytes: u64,
    /// Memory of the merge, bytes.
    pub merge_memory_bytes: u64,
    /// What a shard leaves, bytes: about as much as the pilot's counts take, with larger numbers.
    pub disk_bytes_per_shard: u64,
    /// What was measured.
    pub measured: Measured,
}

impl Plan {
    /// Seconds that a shard takes, on as many threads as were measured with.
    pub fn seconds_per_shard(&self) -> f64 {
        self.trials_per_shard as f64 * self.measured.seconds_per_trial
    }

    fn core_hours(&self) -> f64 {
        self.trials.planned as f64 * self.measured.seconds_per_trial * self.measured.threads as f64 / 3600.0
    }

    fn merge_seconds(&self) -> f64 {
        f64::from(self.shards) * self.measured.seconds_per_merge
    }
}

/// A time as people say it.
fn time(seconds: f64) -> String {
    let (unit, size) = match seconds {
        s if s < 1.0 => return "less than a second".into(),
        s if s < 100.0 => ("s", 1.0),
        s if s < 6000.0 => ("min", 60.0),
        s if s < 360_000.0 => ("hours", 3600.0),
        _ => ("days", 86_400.0),
    };
    format!("{} {unit}", (10.0 * seconds / size).round() / 10.0)
}

/// A size, rounded up.
fn bytes(number: u64) -> String {
    let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6)];
    let (unit, size) = units.into_iter().find(|one| number as f64 >= one.1).unwrap_or(("kB", 1e3));
    format!("{} {unit}", (10.0 * number as f64 / size).ceil() / 10.0)
}

/// An interval is wide where its upper end is more than so many times its lower one.
const WIDE: u64 = 2;

/// How many trials, in sentences.
fn told(trials: &Trials) -> Vec<String> {
    let planned = count(trials.planned);
    let (Some(until), Some(needed)) = (&trials.until, &trials.needed) else {
        return vec![format!("The run has {planned} trials, as asked for.")];
    };
    let Needed { value, low, high, note } = needed;
    let rounded = |number: u64| amount(number as f64);
    let ends = match high {
        Some(high) => format!("{} to {}", rounded(*low), rounded(*high)),
        None => format!("at least {}; there may be no number that does", rounded(*low)),
    };
    let pilot = count(trials.pilot);
    let mut text = match value {
        _ if note == DECIDED => format!("{until}: {pilot} trials, those of the pilot, decide all."),
        Some(value) => format!("{until}: it takes about {} trials ({ends}), by a pilot of {pilot}.", rounded(*value)),
        None => {
            format!("{until}: a pilot of {pilot} does not tell how many trials it takes (at least {}).", rounded(*low))
        }
    };
    if high.is_some_and(|high| high > WIDE * low) && note != DECIDED {
        text += " A larger pilot (`--pilot`) tells more exactly.";
    }
    if !note.is_empty() && note != DECIDED {
        text += &format!(" Note: {note}.");
    }
    let mut texts = vec![text];
    if note == DECIDED {
        return texts;
    }
    texts.push(match (trials.capped, high) {
        (Some(most), _) => format!("Planned are {}, the largest number that the run may have.", count(most)),
        (None, Some(_)) => format!("Planned are {planned}: the upper end, so that they will most likely do."),
        (None, None) => format!("Planned are {planned}: they may not do."),
    });
    texts.extend(trials.stops_at.map(|look| {
        format!("A run in one, with `--until`, looks at fixed numbers of trials, and would stop at {}.", count(look))
    }));
    texts
}

fn sections(plan: &Plan) -> Vec<Section> {
    let row = |what: &str, one: String, all: String| vec![what.to_string(), one, all];
    let threads = plan.measured.threads;
    vec![Section {
        title: "What it takes".into(),
        header: vec![String::new(), format!("each of {} shards", count(plan.shards.into())), "all".into()],
        rows: vec![
            row("trials", count(plan.trials_per_shard), count(plan.trials.planned)),
            row("time *", time(plan.seconds_per_shard()), format!("{} core-hours", amount(plan.core_hours()))),
            row("memory", bytes(plan.memory_bytes), format!("{} to merge", bytes(plan.merge_memory_bytes))),
            row("disk", bytes(plan.disk_bytes_per_shard), bytes(plan.disk_bytes_per_shard * u64::from(plan.shards))),
            row("merge *", String::new(), time(plan.merge_seconds())),
        ],
        notes: vec![format!(
            "* Measured on this machine with {threads} thread{}: other machines, and this one at another time, take other times.",
            if threads == 1 { "" } else { "s" }
        )],
    }]
}

/// For people at a terminal. Lines to copy are not broken.
pub fn text(study: &Study, plan: &Plan, split: &Split, screen: Screen) -> String {
    let told: String = told(&plan.trials).iter().map(|text| format!("\n{}", wrap(text, screen.width))).collect();
    let sections: String = sections(plan).iter().map(|section| draw(section, screen)).collect();
    let lines = SCHEDULERS.iter().map(|one| format!("\n{}\n\n{}", one.title, (one.lines)(split)));
    format!("{}{told}{sections}{}", wrap(&study.config.title, screen.width), lines.collect::<String>())
}

/// The same in Markdown.
pub fn markdown(study: &Study, plan: &Plan, split: &Split) -> String {
    let told: String = told(&plan.trials).iter().map(|text| format!("\n{}\n", escape(text))).collect();
    let sections: String = sections(plan).iter().map(draw_markdown).collect();
    let lines = SCHEDULERS.iter().map(|one| format!("\n**{}**\n\n```sh\n{}```\n", one.title, (one.lines)(split)));
    format!("## {}\n{told}{sections}{}", escape(&study.config.title), lines.collect::<String>())
}

/// One quantity a row; what was measured says so.
pub fn csv(plan: &Plan) -> Vec<u8> {
    let mut table = Table::new(&["quantity", "value", "low", "high", "measured"]);
    let needed = plan.trials.needed.as_ref();
    let number = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
    let [value, low, high] = [
        needed.and_then(|needed| needed.value),
        needed.map(|needed| needed.low),
        needed.and_then(|needed| needed.high),
    ];
    let measured = plan.measured;
    let mut row = |cells: [&str; 5]| table.row(cells.map(String::from));
    row(["trials_needed", &number(value), &number(low), &number(high), "false"]);
    for (name, value) in [
        ("trials", plan.trials.planned),
        ("shards", plan.shards.into()),
        ("trials_per_shard", plan.trials_per_shard),
        ("memory_bytes", plan.memory_bytes),
        ("merge_memory_bytes", plan.merge_memory_bytes),
        ("disk_bytes_per_shard", plan.disk_bytes_per_shard),
    ] {
        row([name, &value.to_string(), "", "", "false"]);
    }
    for (name, value) in [
        ("threads", measured.threads as f64),
        ("seconds_per_shard", plan.seconds_per_shard()),
        ("core_hours", plan.core_hours()),
        ("seconds_to_merge", plan.merge_seconds()),
    ] {
        row([name, &format!("{value:.3}"), "", "", "true"]);
    }
    table.finish()
}

#[derive(Serialize)]
struct Found<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    seconds_per_shard: f64,
    core_hours: f64,
    seconds_to_merge: f64,
    /// By scheduler.
    lines: std::collections::BTreeMap<&'static str, String>,
}

/// Everything for machines, as JSON.
pub fn json(study: &Study, plan: &Plan, split: &Split) -> Vec<u8> {
    let found = Found {
        plan,
        seconds_per_shard: plan.seconds_per_shard(),
        core_hours: plan.core_hours(),
        seconds_to_merge: plan.merge_seconds(),
        lines: SCHEDULERS.iter().map(|one| (one.name, (one.lines)(split))).collect(),
    };
    json::found(study.config.run.seed, &found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_told_in_units_that_fit() {
        let told: Vec<String> = [0.3, 12.34, 95.0, 600.0, 7000.0, 400_000.0].map(time).into();
        assert_eq!(told, ["less than a second", "12.3 s", "95 s", "10 min", "1.9 hours", "4.6 days"]);
        assert_eq!([1, 12_345, 3_000_000, 7_100_000_000].map(bytes), ["0.1 kB", "12.4 kB", "3 MB", "7.1 GB"]);
    }
}
