//! `shortfall merge`: the shards of a run put together again.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use shortfall::Study;
use shortfall::output::json;
use shortfall::output::shard::{AsRun, TALLY};
use shortfall::simulation;
use shortfall::study::file::{STDIN, read_at_most};
use shortfall::summary::summarise;
use shortfall::tally::file::{self, HEADER_START, Header};
use shortfall::tally::{Shards, Tally};

use super::place::{self, Clock};
use super::report::{Report, Then, Told};
use super::{Failure, Format, Terminal, memory, print, shard, show};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folders that `run --shard` left, or their tally files.
    #[arg(required = true, value_name = "DIR")]
    shards: Vec<PathBuf>,
    #[command(flatten)]
    report: Report,
    /// Print only which shards are missing, as in `--array=3,7-9`; the exit code is 7 if any is.
    #[arg(long)]
    missing: bool,
    /// Leave one tally file of them all, which is merged with others later; they must be shards in a row.
    #[arg(long, conflicts_with_all = ["missing", "svg", "no_charts"])]
    tally: bool,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Nothing on standard output.
    #[arg(short, long)]
    quiet: bool,
}

/// Exit code where shards are missing or do not fit together.
pub const EXIT_REFUSED: u8 = 7;

/// So many faults are told one by one.
const MOST_TOLD: usize = 20;

/// Merges and reports; returns the exit code of the run.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let (first, shards) = headers(&arguments.shards)?;
    let missing = missing(&first, &shards);
    if arguments.missing {
        let line = if missing.is_empty() { String::new() } else { format!("--array={}\n", ranges(&missing)) };
        print(line.as_bytes())?;
        return Ok(if missing.is_empty() { 0 } else { EXIT_REFUSED });
    }
    let these =
        shards[0].1.these.start().to_owned()..=shards.iter().map(|(_, one)| *one.these.end()).max().unwrap_or(1);
    let lacking: Vec<u32> = missing.into_iter().filter(|k| !arguments.tally || these.contains(k)).collect();
    if !lacking.is_empty() {
        let (many, count) = (lacking.len(), first.shards.count);
        return Err(Failure::Merge(vec![format!(
            "{many} of {count} shards are missing: --array={}",
            ranges(&lacking)
        )]));
    }
    let (as_run, study) =
        AsRun::read(&first).map_err(|fault| Failure::Merge(vec![format!("{}: {fault}", shards[0].0.display())]))?;
    memory::check(simulation::memory(&study.models(), 1), arguments.quiet)?;
    let clock = Clock::start();
    let tallies = add_up(&first, &shards, study.tallies())?;
    if arguments.tally {
        let merged = Shards { count: first.shards.count, these };
        let bytes = as_run.write(&study, &merged, &tallies);
        return leave(arguments, (&as_run, &study), &merged, bytes, &clock);
    }
    let folder = arguments.report.take_folder(&stem(&as_run), &inputs(&arguments.shards))?;
    let summary = summarise(&study, &tallies);
    let told = Told {
        study: &study,
        summary: &summary,
        config_name: &as_run.config_name,
        sources: &as_run.sources,
        trials: &[],
        again: &[&as_run.again[..], &arguments.report.as_arguments()].concat(),
        clock: (&clock, 1),
    };
    arguments.report.finish(&told, folder, None, Then::Tell(arguments.format, arguments.quiet, terminal))
}

/// What is read must not be replaced.
fn inputs(shards: &[PathBuf]) -> Vec<&Path> {
    shards.iter().map(PathBuf::as_path).collect()
}

/// What the output is called: after the config, whose name stands in a file that anybody may have written.
fn stem(as_run: &AsRun) -> PathBuf {
    let name = Path::new(&as_run.config_name);
    if name == Path::new(STDIN) { "stdin".into() } else { name.file_stem().unwrap_or("run".as_ref()).into() }
}

/// Reads the headers of all files: the first of them, and each file with its shards, in the order of these. Everything that is
/// wrong with them, or keeps them from being of one run, is one error.
fn headers(paths: &[PathBuf]) -> Result<(Header, Vec<(PathBuf, Shards)>), Failure> {
    let mut faults = Vec::new();
    let mut first: Option<(PathBuf, Header)> = None;
    let mut found: Vec<(PathBuf, Shards)> = Vec::new();
    for path in paths {
        let path = if path.is_dir() { path.join(TALLY) } else { path.clone() };
        match header(&path) {
            Err(fault) => faults.push(format!("{}: {fault}", path.display())),
            Ok(header) => {
                let fault = first
                    .as_ref()
                    .map_or_else(|| other_version(&header), |(known, first)| differs(first, &header, known));
                faults.extend(fault.map(|fault| format!("{}: {fault}", path.display())));
                found.push((path.clone(), header.shards.clone()));
                first.get_or_insert((path, header));
            }
        }
    }
    found.sort_by_key(|(_, shards)| (*shards.these.start(), *shards.these.end()));
    let mut furthest: Option<&(PathBuf, Shards)> = None;
    for one in &found {
        if let Some(before) = furthest.filter(|before| before.1.these.end() >= one.1.these.start()) {
            let both = (*one.1.these.start()..=*before.1.these.end().min(one.1.these.end())).collect::<Vec<u32>>();
            let [a, b] = [&before.0, &one.0].map(|path| path.display());
            faults.push(format!("shard {} is in {a} and in {b}", ranges(&both)));
        }
        if furthest.is_none_or(|before| before.1.these.end() < one.1.these.end()) {
            furthest = Some(one);
        }
    }
    match first {
        Some((_, first)) if faults.is_empty() => Ok((first, found)),
        _ => {
            let more = faults.len().saturating_sub(MOST_TOLD);
            faults.truncate(MOST_TOLD);
            faults.extend((more > 0).then(|| format!("and {more} more of the kind")));
            Err(Failure::Merge(faults))
        }
    }
}

/// Reads the header of a file, and no more of it.
fn header(path: &Path) -> Result<Header, String> {
    let data = fs::metadata(path).map_err(|error| error.to_string())?;
    if !data.is_file() {
        return Err("this is no file".into());
    }
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let mut read = |most: u64, bytes: &mut Vec<u8>| {
        file.by_ref().take(most).read_to_end(bytes).map(|_| ()).map_err(|error| error.to_string())
    };
    read(HEADER_START as u64, &mut bytes)?;
    let begin = file::header_length(&bytes, data.len()).map_err(|fault| fault.to_string())?;
    read(begin - bytes.len() as u64, &mut bytes)?;
    file::read_header(&bytes, data.len()).map_err(|fault| fault.to_string())
}

/// Other versions may simulate other trials.
fn other_version(header: &Header) -> Option<String> {
    let own = json::tool();
    let fault = format!("it was written by {}, this is {own}: merge with the version that ran the shards", header.tool);
    (header.tool != own).then_some(fault)
}

/// Why a file is not of the run that the first one is of.
fn differs(first: &Header, other: &Header, path: &Path) -> Option<String> {
    let path = path.display();
    let number =
        |what: &str, own: u64, first: u64| (own != first).then(|| format!("{what} {own}, and {path} has {first}"));
    other_version(other)
        .or_else(|| number("it has the seed", other.seed, first.seed))
        .or_else(|| number("it is of a run with the number of trials", other.trials, first.trials))
        .or_else(|| {
            number("it is of a run with the number of shards", other.shards.count.into(), first.shards.count.into())
        })
        .or_else(|| (other.scenarios != first.scenarios).then(|| format!("its scenarios are not those of {path}")))
        .or_else(|| (other.study != first.study).then(|| format!("its config is not that of {path}")))
}

/// Shards that are in no file; none of those without any trials.
fn missing(first: &Header, found: &[(PathBuf, Shards)]) -> Vec<u32> {
    let count = first.shards.count;
    let mut is_there = vec![false; count as usize + 1];
    found.iter().for_each(|(_, shards)| shards.these.clone().for_each(|k| is_there[k as usize] = true));
    let has_trials = |k: &u32| !Shards { count, these: *k..=*k }.trials(first.trials).is_empty();
    (1..=count).filter(|k| !is_there[*k as usize]).filter(has_trials).collect()
}

/// Numbers in ascending order, as in `3,7-9`.
fn ranges(numbers: &[u32]) -> String {
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

/// Adds up all files, one at a time. All that are damaged are told.
fn add_up(first: &Header, shards: &[(PathBuf, Shards)], mut tallies: Vec<Tally>) -> Result<Vec<Tally>, Failure> {
    let mut faults = Vec::new();
    for (path, own) in shards {
        let length = fs::metadata(path).map_err(|error| place::failed(path, error))?.len();
        let bytes = read_at_most(path, length).map_err(|error| place::failed(path, error))?;
        match file::add(&bytes, &mut tallies) {
            Err(fault) => faults.push(format!("{}: {fault}", path.display())),
            Ok(header) if header.shards != *own || header.study != first.study => {
                faults.push(format!("{}: it has become another file meanwhile", path.display()));
            }
            Ok(_) => {}
        }
    }
    if faults.is_empty() { Ok(tallies) } else { Err(Failure::Merge(faults)) }
}

/// Writes the folder of a tally file of several shards.
fn leave(
    arguments: &Arguments,
    (as_run, study): (&AsRun, &Study),
    merged: &Shards,
    bytes: Vec<u8>,
    clock: &Clock,
) -> Result<u8, Failure> {
    let mut name = stem(as_run).into_os_string();
    name.push(format!("-shards/{}-to-{}-of-{}", merged.these.start(), merged.these.end(), merged.count));
    let folder = arguments.report.take_folder(Path::new(&name), &inputs(&arguments.shards))?;
    let folder = shard::leave(folder, study, merged, (bytes, &[]), &clock.read(1))?;
    if !arguments.quiet {
        show(
            &format!(
                "The shards {} of {} are in {}\n",
                ranges(&merged.these.clone().collect::<Vec<_>>()),
                merged.count,
                folder.display()
            ),
            false,
        )?;
    }
    Ok(0)
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
