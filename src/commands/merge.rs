//! `shortfall merge`: the shards of a run, or of another command, put together again.

mod files;

use std::path::{Path, PathBuf};

use shortfall::Study;
use shortfall::output::words::count;
use shortfall::simulation;
use shortfall::summary::{Stopped, Summary, summarise};
use shortfall::tally::file::{self, Counted, Header};
use shortfall::tally::{NestedSampling, Shards, Tally};

use super::place::{self, Clock};
use super::report::{Report, Then, Told};
use super::shard::Round;
use super::split::Split;
use super::{Failure, Format, Terminal, compare, memory, note, print, shard, show, tally};
use files::{Files, RoundOfFiles, ranges};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folders that `--shard` left, of `run`, `compare` or `rare`, or their tally files; of a run with --until those of all rounds.
    #[arg(required = true, value_name = "DIR")]
    shards: Vec<PathBuf>,
    #[command(flatten)]
    report: Report,
    /// Print only which shards are missing, as in `--array=3,7-9`; the exit code is 7 if any is.
    #[arg(long)]
    missing: bool,
    /// Leave one tally file of them all, which is merged with others later; they must be shards in a row, or whole rounds.
    #[arg(long, conflicts_with_all = ["missing", "svg", "no_charts", "no_tally"])]
    tally: bool,
    /// What to print.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Nothing on standard output, unless another round is needed: then `--round=R`.
    #[arg(short, long)]
    quiet: bool,
}

/// Exit code where shards are missing, or tally files are damaged or do not fit together.
pub const EXIT_REFUSED: u8 = 7;

/// Exit code where another round of shards is to be run.
const EXIT_NEXT_ROUND: u8 = 8;

/// Merges and reports; returns the exit code of the command that was split.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<u8, Failure> {
    let Files { first, rounds } = Files::read(&arguments.shards)?;
    if arguments.missing {
        let lacking = rounds.iter().map(RoundOfFiles::missing).find(|missing| !missing.is_empty());
        let line = lacking.as_ref().map_or(String::new(), |missing| format!("--array={}\n", ranges(missing)));
        print(line.as_bytes())?;
        return Ok(if lacking.is_none() { 0 } else { EXIT_REFUSED });
    }
    if !arguments.tally {
        arguments.report.check(first.kind)?;
    }
    let split = Split::read(&first).map_err(|fault| Failure::Tally(vec![format!("{}: {fault}", rounds[0].name())]))?;
    let some_of_one = arguments.tally && rounds.len() == 1;
    check(&rounds, &split, some_of_one)?;
    if let Split::Run(_, study) = &split {
        memory::check(simulation::memory(&study.models(), 1), arguments.quiet)?;
    }
    let clock = Clock::start();
    if arguments.tally {
        return leave(arguments, &first, &split, &rounds, &clock);
    }
    tell(arguments, &first, &split, &rounds, &clock, terminal)
}

/// Writes and prints what the command would have that was split; returns its exit code.
fn tell(
    arguments: &Arguments,
    first: &Header,
    split: &Split,
    rounds: &[RoundOfFiles],
    clock: &Clock,
    terminal: Terminal,
) -> Result<u8, Failure> {
    let (report, quiet, inputs) = (&arguments.report, arguments.quiet, inputs(&arguments.shards));
    let format = (!quiet).then_some(report.format(arguments.format));
    if let Split::Run(as_run, study) = split {
        let (summary, tallies, nested) = look(first, split, study, rounds)?;
        if let (Some(stopped), Some(next)) = (&summary.stopped, next_round(study, &summary)) {
            tell_next(stopped, &next, summary.trials)?;
            return Ok(EXIT_NEXT_ROUND);
        }
        let folder = report.take_folder(&split.stem(), &inputs)?;
        let told = Told {
            as_run: &as_run.clone().with_files(report.files.as_arguments()),
            study,
            tallies: &tallies,
            nested: &nested,
            summary: &summary,
            trials: &[],
            clock: (clock, 1),
        };
        return report.finish(&told, folder, None, Then::Tell(arguments.format, quiet, terminal));
    }
    let counted = rounds.iter().try_fold(split.empty(false), |counted, round| add_up(first, round, counted))?;
    match (split, counted) {
        (Split::Compare(sides), Counted::Compare(pairs)) => {
            let taken = |asked: &PathBuf| place::take(Some(asked), asked, report.force, &inputs);
            let folder = report.output.as_ref().map(taken).transpose()?;
            compare::tell(sides, &pairs, folder, &clock.read(1), format).map(|()| 0)
        }
        (Split::Rare(asked), Counted::Rare(weighted)) => asked.tell(weighted, format, terminal),
        _ => Err(other_counts()),
    }
}

fn other_counts() -> Failure {
    Failure::Internal("what was counted is not of the command that was split".into())
}

/// Whether all shards of all rounds are there, and the rounds are those of the run, from the first on. Some shards of a single
/// round may be merged, if they are in a row.
fn check(rounds: &[RoundOfFiles], split: &Split, some_of_one: bool) -> Result<(), Failure> {
    let all = split.rounds();
    let number_of = |end: u64| all.iter().find(|round| round.trials.end == end).map(|round| round.number);
    let mut faults = Vec::new();
    let mut known = 0;
    for round in rounds {
        let (trials, name) = (&round.trials, round.name());
        let Some(number) = number_of(trials.end) else {
            faults.push(format!(
                "{name}: it holds the first {} trials of a run that was interrupted: `shortfall resume` goes on with it",
                count(trials.end)
            ));
            continue;
        };
        if trials.start > known && !some_of_one {
            let next = number_of(known).unwrap_or(0) + 1;
            faults.push(format!("round {next} is missing: {name} is of round {number}"));
        } else if trials.start < known {
            faults.push(format!("{name}: its trials, {} to {}, are in another file too", trials.start, trials.end - 1));
        }
        if round.draws != split.draws(trials.start) {
            faults.push(format!(
                "{name}: it lacks the inputs that the run simulates again: `shortfall resume` goes on with it"
            ));
        }
        known = trials.end;
        let span = round.span();
        let lacking: Vec<u32> = round.missing().into_iter().filter(|k| !some_of_one || span.contains(k)).collect();
        if !lacking.is_empty() {
            let of_round = if all.len() > 1 { format!("of round {number} ") } else { String::new() };
            let (many, listed) = (lacking.len(), ranges(&lacking));
            faults.push(format!("{many} of {} shards {of_round}are missing: --array={listed}", round.count));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Tally(faults)) }
}

/// What is read must not be replaced.
fn inputs(shards: &[PathBuf]) -> Vec<&Path> {
    shards.iter().map(PathBuf::as_path).collect()
}

/// What the run says, and has counted, at the look at which it stops, or at the last one that the rounds come to.
fn look(
    first: &Header,
    split: &Split,
    study: &Study,
    rounds: &[RoundOfFiles],
) -> Result<(Summary, Vec<Tally>, Vec<NestedSampling>), Failure> {
    let mut counted = split.empty(has_draws(rounds));
    for (index, round) in rounds.iter().enumerate() {
        counted = add_up(first, round, counted)?;
        let Counted::Run { tallies, nested } = counted else { return Err(other_counts()) };
        let mut summary = summarise(study, &tallies);
        if index + 1 == rounds.len() || summary.stopped.as_ref().is_some_and(Stopped::is_final) {
            if index + 1 < rounds.len() {
                note(&format!("the run stops after {} trials: later rounds are left out", count(summary.trials)));
            }
            if !nested.is_empty() {
                summary.add_input_uncertainty(study, &nested);
            }
            return Ok((summary, tallies, nested));
        }
        counted = Counted::Run { tallies, nested };
    }
    Err(Failure::Internal("a merge has no files".into()))
}

fn has_draws(rounds: &[RoundOfFiles]) -> bool {
    rounds.iter().any(|round| round.draws > 0)
}

/// The round that is to be run next, if the run is not at its end.
fn next_round(study: &Study, summary: &Summary) -> Option<Round> {
    let is_final = summary.stopped.as_ref().is_none_or(Stopped::is_final);
    Round::all(study).into_iter().find(|round| !is_final && round.trials.start == summary.trials)
}

/// Prints which round is to be run next: for scripts on standard output.
fn tell_next(stopped: &Stopped, next: &Round, trials: u64) -> Result<(), Failure> {
    note(&format!(
        "after {} trials `{}` is not reached: run round {} (up to {} trials) with the same options and `--round={}`, in any \
         number of shards, and merge all rounds",
        count(trials),
        stopped.until,
        next.number,
        count(next.trials.end),
        next.number
    ));
    print(format!("--round={}\n", next.number).as_bytes())
}

/// Adds up all files of a round, one at a time. All that are damaged are told.
fn add_up(first: &Header, round: &RoundOfFiles, mut counted: Counted) -> Result<Counted, Failure> {
    let mut faults = Vec::new();
    for (path, own) in &round.files {
        match file::add(&tally::whole(path)?, &mut counted) {
            Err(fault) => faults.push(format!("{}: {fault}", path.display())),
            Ok(header)
                if header.shards != *own
                    || header.round != round.trials
                    || header.draws != round.draws
                    || header.study != first.study =>
            {
                faults.push(format!("{}: it has become another file meanwhile", path.display()));
            }
            Ok(_) => {}
        }
    }
    if faults.is_empty() { Ok(counted) } else { Err(Failure::Tally(faults)) }
}

/// Writes the folder of a tally file: of some shards of a round, or of whole rounds.
fn leave(
    arguments: &Arguments,
    first: &Header,
    split: &Split,
    rounds: &[RoundOfFiles],
    clock: &Clock,
) -> Result<u8, Failure> {
    let empty = split.empty(has_draws(rounds));
    let counted = rounds.iter().try_fold(empty, |counted, round| add_up(first, round, counted))?;
    let (trials, merged) = match rounds {
        [round] => (round.trials.clone(), Shards { count: round.count, these: round.span() }),
        _ => (0..rounds.last().map_or(0, |round| round.trials.end), Shards::whole()),
    };
    let mut name = split.stem().into_os_string();
    let number = split.rounds().iter().find(|round| round.trials == trials).map_or(1, |round| round.number);
    let of = match rounds.len() {
        1 if number == 1 => String::new(),
        1 => format!("round-{number}-"),
        many => format!("rounds-1-to-{many}-"),
    };
    name.push(format!("-shards/{of}{}-to-{}-of-{}", merged.these.start(), merged.these.end(), merged.count));
    let folder = arguments.report.take_folder(Path::new(&name), &inputs(&arguments.shards))?;
    let folder = shard::leave(folder, split, (&trials, &merged), (&counted, &[]), &clock.read(1))?;
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
