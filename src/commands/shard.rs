//! One shard of a run, or of another command: some of its trials, left as a tally file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::json;
use shortfall::Study;
use shortfall::output::file::Folder;
use shortfall::output::shard::TALLY;
use shortfall::output::trials::TrialsFile;
use shortfall::output::words::count;
use shortfall::output::{json, package};
use shortfall::study::looks;
use shortfall::tally::Shards;
use shortfall::tally::file::Counted;

use super::place::{self, Clock};
use super::split::Split;
use super::trials::Plan;
use super::{Failure, Simulation, show};

#[derive(Debug, clap::Args)]
pub struct ShardArguments {
    /// Simulate only shard K of N, counted from 1, and leave tally.bin: `shortfall merge` makes of all N what the same command
    /// without this option prints and leaves.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// The same, with K from the scheduler: see docs/shards.md.
    #[arg(long, value_name = "N", conflicts_with = "shard")]
    shards: Option<u64>,
}

/// The trials that are dealt out to shards at once.
pub struct Round {
    /// From 1.
    pub number: usize,
    pub trials: Range<u64>,
}

impl Round {
    /// All rounds of a run: up to the first number of trials at which it looks, from there to the next, and so on.
    pub fn all(study: &Study) -> Vec<Round> {
        let mut start = 0;
        let round = |(index, end)| Round { number: index + 1, trials: std::mem::replace(&mut start, end)..end };
        looks(&study.config).into_iter().enumerate().map(round).collect()
    }

    /// The one of this number; the first if none is asked for.
    pub fn asked(number: Option<u64>, study: &Study) -> Result<Round, Failure> {
        let (asked, mut all) = (number.unwrap_or(1), Round::all(study));
        let index = usize::try_from(asked).unwrap_or(usize::MAX) - 1;
        if index >= all.len() {
            let most = if study.until.is_some() { "up to its largest number of trials" } else { "without --until" };
            let fault = format!("--round {asked}: the run has {} of them {most}", all.len());
            return Err(Failure::Usage(vec![fault]));
        }
        Ok(all.swap_remove(index))
    }
}

/// Where schedulers say which task of an array this is, and the number of its first task.
const INDICES: [(&str, u64); 9] = [
    (SLURM, 1), // or 0: see below
    ("SGE_TASK_ID", 1),
    ("PBS_ARRAY_INDEX", 1),
    ("LSB_JOBINDEX", 1),
    ("AWS_BATCH_JOB_ARRAY_INDEX", 0),
    ("JOB_COMPLETION_INDEX", 0),
    ("BATCH_TASK_INDEX", 0),
    ("CLOUD_RUN_TASK_INDEX", 0),
    ("PARALLEL_SEQ", 1),
];

const SLURM: &str = "SLURM_ARRAY_TASK_ID";

/// The lowest task of a Slurm array. An array from 0 counts from there. Any other may be some tasks of an array from 1 that
/// are run again, and so its numbers are taken as they are.
const SLURM_LOWEST: &str = "SLURM_ARRAY_TASK_MIN";

impl ShardArguments {
    /// The shard that is asked for, if one is.
    pub fn shards(&self) -> Result<Option<Shards>, Failure> {
        let usage = |fault: String| Failure::Usage(vec![fault]);
        if let Some(text) = &self.shard {
            let parsed = text.split_once('/').and_then(|(k, n)| Some((k.trim().parse().ok()?, n.trim().parse().ok()?)));
            let (number, count) =
                parsed.ok_or_else(|| usage(format!("--shard {text}: write K/N, as in 3/40 for the third of forty")))?;
            return Shards::one(number, count).map(Some).map_err(|fault| usage(format!("--shard {text}: {fault}")));
        }
        let Some(count) = self.shards else { return Ok(None) };
        let variable = |name: &str| std::env::var(name).ok();
        let (name, number) = number(variable).map_err(usage)?;
        Shards::one(number, count).map(Some).map_err(|fault| {
            let value = variable(name).unwrap_or_default();
            usage(format!("--shards {count}: {fault}, which {name}={value} asks for: let the array have {count} tasks"))
        })
    }
}

/// Which shard this is, counted from 1, and which variable says so.
fn number(variable: impl Fn(&str) -> Option<String>) -> Result<(&'static str, u64), String> {
    let mut found: Vec<(&str, u64)> = Vec::new();
    for (name, first) in INDICES {
        // What Grid Engine and LSF say outside of an array.
        let no_array =
            |value: &str| value.is_empty() || value == "undefined" || (name == "LSB_JOBINDEX" && value == "0");
        let Some(value) = variable(name).filter(|value| !no_array(value)) else { continue };
        let from_zero = first == 0 || (name == SLURM && variable(SLURM_LOWEST).as_deref() == Some("0"));
        let index: u64 = value.trim().parse().map_err(|_| format!("{name} is no number of a task: {value}"))?;
        found.push((name, index.saturating_add(u64::from(from_zero))));
    }
    let names = INDICES.map(|(name, _)| name).join(", ");
    let first = *found.first().ok_or_else(|| {
        format!("--shards takes the number of the shard from a scheduler, and none of {names} is set: use --shard K/N")
    })?;
    match found.iter().find(|(_, number)| *number != first.1) {
        Some(other) => Err(format!(
            "{} says that this is shard {}, {} says {}: use --shard K/N",
            first.0, first.1, other.0, other.1
        )),
        None => Ok(first),
    }
}

/// Simulates and writes the folder: the one asked for, or that of the shard, which is the same when it is run again. What is
/// read must not lie in it.
pub fn run(
    split: &Split,
    (round, shards): (&Round, &Shards),
    (asked, force): (Option<&Path>, bool),
    inputs: &[&Path],
    (simulation, plan): (&Simulation, Option<&Plan>),
) -> Result<u8, Failure> {
    let mut folder = split.stem().into_os_string();
    folder.push("-shards");
    let of = if round.number > 1 { format!("round-{}-", round.number) } else { String::new() };
    let name = format!("{of}{}-of-{}", shards.these.start(), shards.count);
    let usual = Path::new("shortfall-out").join(folder).join(name);
    let mut folder = place::take(Some(asked.unwrap_or(&usual)), &usual, force, inputs)?;
    let clock = Clock::start();
    let trials = shards.trials(&round.trials);
    // The first part names the columns, so that all parts put together are the file of the whole run.
    let has_header = trials.start == 0 && *shards.these.start() == 1;
    let begin = |plan: &Plan| plan.begin(split.studies()[0], &mut folder, trials.end - trials.start, has_header);
    let mut every = plan.map(begin).transpose()?;
    let counted = split.simulate(&round.trials, shards, simulation, every.as_mut())?;
    let files = every.map(|every| every.finish(&mut folder)).transpose()?.unwrap_or_default();
    let clock = clock.read(simulation.threads());
    let folder = leave(folder, split, (&round.trials, shards), (&counted, &files), &clock)?;
    if simulation.quiet {
        return Ok(0);
    }
    let these = match trials.end - trials.start {
        0 => "no trials are left for it".to_string(),
        some => format!("{} of {} trials", count(some), count(round.trials.end - round.trials.start)),
    };
    let of_round = if split.rounds().len() > 1 { format!(", round {}", round.number) } else { String::new() };
    show(
        &format!(
            "Shard {} of {}{of_round}: {these}. It is in {}\n",
            shards.these.start(),
            shards.count,
            folder.display()
        ),
        false,
    )?;
    Ok(0)
}

/// Writes the folder of a tally file; returns where it is.
pub fn leave(
    folder: Folder,
    split: &Split,
    (round, shards): (&Range<u64>, &Shards),
    (counted, trials): (&Counted, &[TrialsFile]),
    clock: &json::WallClock,
) -> Result<PathBuf, Failure> {
    let mut files = vec![(TALLY.to_string(), split.write(round, shards, counted))];
    files.extend(split.configs());
    files.extend(package::of(split.studies()[0], &files, trials));
    let what = json!({ "count": shards.count, "first": shards.these.start(), "last": shards.these.end() });
    // It is not told how to make it again: the tally file has the name of the config and its comments too, which the config as
    // run has no more, and what it was merged of need not be there any more.
    let digests = folder.digests(&files);
    let manifest = json::other_manifest(("shards", what), &split.studies(), Some(round.end), &digests, &[], clock);
    place::write(folder, &files, &manifest, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedulers_count_from_0_or_from_1() {
        let of = |set: &[(&str, &str)]| {
            let own = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
            number(own).map(|(_, number)| number)
        };
        assert_eq!(of(&[(SLURM, "3"), (SLURM_LOWEST, "1")]), Ok(3));
        assert_eq!(of(&[(SLURM, "3"), (SLURM_LOWEST, "0")]), Ok(4));
        assert_eq!(of(&[(SLURM, "7"), (SLURM_LOWEST, "3")]), Ok(7), "some tasks of an array from 1 again");
        assert_eq!(of(&[(SLURM, "7")]), Ok(7));
        for (name, first) in INDICES {
            assert_eq!(of(&[(name, "5")]), Ok(6 - first), "{name}");
        }
        assert_eq!(of(&[("SGE_TASK_ID", "undefined"), ("LSB_JOBINDEX", "0"), ("JOB_COMPLETION_INDEX", "0")]), Ok(1));
        assert_eq!(of(&[("AWS_BATCH_JOB_ARRAY_INDEX", "4"), ("PARALLEL_SEQ", "5")]), Ok(5), "they agree");
        assert!(of(&[(SLURM, "2"), ("PARALLEL_SEQ", "5")]).is_err_and(|fault| fault.contains("use --shard")));
        assert!(of(&[]).is_err_and(|fault| fault.contains(SLURM)));
        assert!(of(&[(SLURM, "x")]).is_err());
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "18446744073709551615")]), Ok(u64::MAX), "refused later on");
    }
}
