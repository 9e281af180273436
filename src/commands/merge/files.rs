//! The files of a merge by round, each of its shards once; what does not fit together is told, all at once.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use shortfall::output::shard::TALLY;
use shortfall::tally::Shards;
use shortfall::tally::file::{Header, Kind};

use super::super::{Failure, tally};

/// So many faults are told one by one.
const MOST_TOLD: usize = 20;

/// The files of a run.
pub struct Files {
    /// Header of the first that was named.
    pub first: Header,
    /// In the order of their trials.
    pub rounds: Vec<RoundOfFiles>,
}

/// The files of a round.
pub struct RoundOfFiles {
    /// Its trials.
    pub trials: Range<u64>,
    /// Draws of the inputs that were dealt out with them.
    pub draws: u64,
    /// How many shards they were dealt out to.
    pub count: u32,
    /// The files, each with its shards, in the order of these.
    pub files: Vec<(PathBuf, Shards)>,
}

impl Files {
    /// Reads the headers of all files. Everything that is wrong with them, or keeps them from being of one run, is one error.
    pub fn read(paths: &[PathBuf]) -> Result<Files, Failure> {
        let mut faults = Vec::new();
        let mut first: Option<(PathBuf, Header)> = None;
        let mut rounds: Vec<RoundOfFiles> = Vec::new();
        for path in paths {
            let path = if path.is_dir() { path.join(TALLY) } else { path.clone() };
            let header = match tally::header(&path) {
                Ok(header) => header,
                Err(fault) => {
                    faults.push(format!("{}: {fault}", path.display()));
                    continue;
                }
            };
            let known = rounds.iter_mut().find(|round| round.trials == header.round);
            let fault = match &first {
                None => tally::other_version(&header),
                Some((known, first)) => differs(first, &header, known),
            };
            let fault = fault.or_else(|| known.as_ref().and_then(|round| other_round(round, &header)));
            faults.extend(fault.map(|fault| format!("{}: {fault}", path.display())));
            let file = (path.clone(), header.shards.clone());
            match known {
                Some(round) => round.files.push(file),
                None => {
                    let (trials, draws, count) = (header.round.clone(), header.draws, header.shards.count);
                    rounds.push(RoundOfFiles { trials, draws, count, files: vec![file] });
                }
            }
            first.get_or_insert((path, header));
        }
        rounds.sort_by_key(|round| (round.trials.start, round.trials.end));
        for round in &mut rounds {
            round.files.sort_by_key(|(_, shards)| (*shards.these.start(), *shards.these.end()));
            faults.extend(twice(round));
        }
        match first {
            Some((_, first)) if faults.is_empty() => Ok(Files { first, rounds }),
            _ => {
                let more = faults.len().saturating_sub(MOST_TOLD);
                faults.truncate(MOST_TOLD);
                faults.extend((more > 0).then(|| format!("and {more} more of the kind")));
                Err(Failure::Tally(faults))
            }
        }
    }
}

impl RoundOfFiles {
    /// Shards that are in no file; none of those without any trials or draws.
    pub fn missing(&self) -> Vec<u32> {
        let count = self.count;
        let mut is_there = vec![false; count as usize + 1];
        self.files.iter().for_each(|(_, shards)| shards.these.clone().for_each(|k| is_there[k as usize] = true));
        let has_some = |k: &u32| {
            let shard = Shards { count, these: *k..=*k };
            [&self.trials, &(0..self.draws)].iter().any(|dealt| !shard.trials(dealt).is_empty())
        };
        (1..=count).filter(|k| !is_there[*k as usize]).filter(has_some).collect()
    }

    /// From the first shard to the last.
    pub fn span(&self) -> RangeInclusive<u32> {
        let ends = |(_, shards): &(PathBuf, Shards)| (*shards.these.start(), *shards.these.end());
        let (starts, ends): (Vec<u32>, Vec<u32>) = self.files.iter().map(ends).unzip();
        starts.into_iter().min().unwrap_or(1)..=ends.into_iter().max().unwrap_or(1)
    }

    /// The first of the files, to name the round by.
    pub fn name(&self) -> String {
        self.files.first().map_or(String::new(), |(path, _)| path.display().to_string())
    }
}

/// Shards of a round that are in more than one file; the files are in order.
fn twice(round: &RoundOfFiles) -> Vec<String> {
    let mut faults = Vec::new();
    let mut furthest: Option<&(PathBuf, Shards)> = None;
    for one in &round.files {
        if let Some(before) = furthest.filter(|before| before.1.these.end() >= one.1.these.start()) {
            let both = (*one.1.these.start()..=*before.1.these.end().min(one.1.these.end())).collect::<Vec<u32>>();
            let [a, b] = [&before.0, &one.0].map(|path| path.display());
            faults.push(format!("shard {} is in {a} and in {b}", ranges(&both)));
        }
        if furthest.is_none_or(|before| before.1.these.end() < one.1.these.end()) {
            furthest = Some(one);
        }
    }
    faults
}

/// Why a file is not of the run that the first one is of.
fn differs(first: &Header, other: &Header, path: &Path) -> Option<String> {
    let path = path.display();
    let number =
        |what: &str, own: u64, first: u64| (own != first).then(|| format!("{what} {own}, and {path} has {first}"));
    // Rounds of one run have different trials, and the same config.
    let is_other = other.study != first.study;
    tally::other_version(other)
        .or_else(|| {
            let [own, first] = [other.kind, first.kind].map(Kind::command);
            (own != first).then(|| format!("it is of `{own}`, and {path} is of `{first}`"))
        })
        .or_else(|| number("it has the seed", other.seed, first.seed))
        .or_else(|| {
            let trials = number("it is of a run with the number of trials", other.round.end, first.round.end);
            trials.filter(|_| is_other)
        })
        .or_else(|| (other.scenarios != first.scenarios).then(|| format!("its scenarios are not those of {path}")))
        .or_else(|| is_other.then(|| format!("its config is not that of {path}")))
}

/// Why a file is not of the same shards as others of its round.
fn other_round(round: &RoundOfFiles, other: &Header) -> Option<String> {
    let name = round.name();
    let number = |what: &str, own: u64, first: u64| {
        (own != first).then(|| format!("it is of a run with the number of {what} {own}, and {name} has {first}"))
    };
    number("shards", other.shards.count.into(), round.count.into())
        .or_else(|| number("draws of its inputs", other.draws, round.draws))
}

/// Numbers in ascending order, as in `3,7-9`.
pub fn ranges(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    runs.iter().map(run).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[3, 7, 8, 9]), "3,7-9");
        assert_eq!(ranges(&[1, 2]), "1-2");
        assert_eq!(ranges(&[5]), "5");
    }
}
