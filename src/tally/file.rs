//! The tallies of some trials as a file, to be added to those of others.
//!
//! Since all that is counted is a whole number, or the smallest or largest of some values, adding up the files of a run that
//! was split gives the very tallies of the run that was not. A file says of which run and of which of its trials it is.
//!
//! # Layout
//!
//! Version 3. Numbers of a fixed size have their lowest byte first. A *number* has seven bits to a byte, the lowest first, and
//! the highest bit set in all of its bytes but the last (LEB128), in the shortest form. A *signed* number is the number `2 n`, or
//! `-2 n - 1` where `n` is negative. *Text* is the number of its bytes, and they, in UTF-8. A *float* is the eight bytes of
//! IEEE 754, and is never NaN. A *range* is two floats, the smallest and the largest of some finite values; infinity and its
//! opposite where there is none. *Counts* of trials by cell are, again and again, the number of empty cells before the next that
//! is not, and the count of that, until they add up to as many trials as there are.
//!
//! | byte | bytes | what |
//! |---:|---:|---|
//! | 0 | 16 | `shortfall tally` and a line feed |
//! | 16 | 4 | version of the layout: 3 |
//! | 20 | 8 | `b`, where the body begins |
//! | 28 | 8 | `e`, length of the file |
//! | 36 | 8 | seed |
//! | 44 | 8 | first trial of the round: 0, but of a run that looks at its results more than once |
//! | 52 | 8 | one more than its last |
//! | 60 | 8 | first of the trials that are counted here |
//! | 68 | 8 | one more than the last of them |
//! | 76 | 4 | shards of the round |
//! | 80 | 4 | first of those that are counted here, from 1 |
//! | 84 | 4 | last of them |
//! | 88 | 4 | what was counted: 0 of a run, 1 of a comparison, 2 of rare events |
//! | 92 | 8 | draws of the inputs that the whole run simulates again, of which the shards of its first round have their parts as of trials; 0 if none are counted here |
//! | 100 | 32 | SHA-256 of the study as run, as below |
//! | 132 | | text: name and version of the program |
//! | | | number of scenarios, and the id of each as text; of a comparison, both sides |
//! | | | text: the study as run, all that decides the results and what is written of them; see `output::shard` |
//! | `b - 32` | 32 | SHA-256 of all bytes before |
//! | `b` | | packed, DEFLATE (RFC 1951): of a run, a tally for each scenario and then, if there are draws, nested sums for each; of a comparison, pairs; of rare events, weighted counts for each scenario |
//! | `e - 32` | 32 | SHA-256 of all bytes before |
//!
//! Within the body, the place of a fault is that of the unpacked bytes.
//!
//! A *tally*, of the series and outcomes of its model, has a *row* for each month of each series and then one for each outcome:
//!
//! 1. three numbers: series and outcomes, rows, cells of all rows. They follow from the model, and must be the same;
//! 2. the counts of each row, as each trial is in one cell of each row;
//! 3. for each row, a signed number: sum of the whole numbers that its finite values are added up as;
//! 4. for each series and outcome, a signed number: sum of their squares, of outcomes alone;
//! 5. the range of each row;
//! 6. a number: 1 if drivers are counted too, as follows, or 0;
//! 7. two numbers: those of a trial that are looked at, and the uniform numbers behind the inputs;
//! 8. for each of the former, and each of the 20 sections of the trials: a number and two signed ones, the trials, the sum of
//!    their whole numbers, that of their squares; then the range of the values;
//! 9. for each uniform number, the counts by section and bin; then, for each cell of those that is not empty, a signed
//!    number for each of the numbers that are looked at: its sum there.
//!
//! *Nested sums*, of the outcomes and claims of the model:
//!
//! 1. two numbers: outcomes and claims, and the milestones' months, from 0 to the horizon of each;
//! 2. for each outcome and claim, and each remainder from 0 to 31 of the number of a draw: a signed number, the sum of the
//!    whole numbers that its values are added up as; a number, the sum over the draws of the square of each one's own sum; a
//!    number, the sum of the squares of all. After the last, the range of the values;
//! 3. for each milestone and month, two numbers: the samples that have reached it, and the sum over the draws of the square of
//!    how many of its own have.
//!
//! *Pairs*, of the outcomes that both sides have:
//!
//! 1. two numbers: outcomes, and the cells of one row of each. They follow from the models, and must be the same;
//! 2. for each outcome, first for each side: its counts; a signed number and a number, the sum of the whole numbers that its
//!    values are added up as, and that of their squares; the range of its finite values;
//! 3. then of the difference, b minus a: a signed number and a number, its sum and that of its squares; its range; a number, the
//!    trials in which it is negative; the counts of these by its size, and of the others; a number, the trials in which neither
//!    side has a value.
//!
//! *Weighted counts*, of the events that are asked about: a number, of them; the weights of all trials; then, for each event,
//! those of the trials in which its outcome exceeds its limit, and those of the others. *Weights* are:
//!
//! 1. a number: the powers of two `2^x` for which some weights lie from `2^x` to below `2^(x + 1)`;
//! 2. for each of them, from the lowest: a number, `x + 1023`, or 0 of the weights that count as 0; a number, the weights; two
//!    numbers, the sum of the 53 bits of their mantissas, and that of the squares of the first 31 of these; a float, the
//!    largest weight.

mod compare;
mod rare;
mod run;

use std::ops::Range;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use sha2::{Digest, Sha256};

use super::Tally;
use super::bytes::{ByteFault, Reader, Writer};
use super::nested::NestedSampling;
use super::pairs::Pairs;
use super::shards::Shards;
use super::weighted::Weighted;
use crate::model::LIMITS;

/// What every file begins with; the line feed tells one that was sent as text, with its ends of lines changed.
const MAGIC: &[u8; 16] = b"shortfall tally\n";

/// Version of the layout.
const VERSION: u32 = 3;

/// Bytes of the header that are there whatever it says.
pub const HEADER_START: usize = 132;

/// Most bytes of a header: it holds the config and what the report quotes beside it.
const MOST_HEADER: u64 = 64 << 20;

/// How hard to pack, of 10: beyond this, the time grows and the size does not.
const PACKING: u8 = 6;

/// Most bytes of a number, of a signed one, and of a float.
const MOST_NUMBER: usize = 19;

/// Bytes of a checksum.
const SUM: usize = 32;

/// What a file is about: the command that was split. As a number, its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `run`.
    Run,
    /// `compare`.
    Compare,
    /// `rare`.
    Rare,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Run, Kind::Compare, Kind::Rare];

    /// Name of the command.
    pub fn command(self) -> &'static str {
        match self {
            Kind::Run => "run",
            Kind::Compare => "compare",
            Kind::Rare => "rare",
        }
    }
}

/// What was counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Counted {
    /// Of a run.
    Run {
        /// By scenario.
        tallies: Vec<Tally>,
        /// By scenario, if inputs are simulated again and this is counted here; else none.
        nested: Vec<NestedSampling>,
    },
    /// Of both sides of a comparison.
    Compare(Pairs),
    /// Of rare events, by scenario.
    Rare(Vec<Weighted>),
}

impl Counted {
    fn kind(&self) -> Kind {
        match self {
            Counted::Run { .. } => Kind::Run,
            Counted::Compare(_) => Kind::Compare,
            Counted::Rare(_) => Kind::Rare,
        }
    }

    /// Scenarios, or sides.
    fn scenarios(&self) -> usize {
        match self {
            Counted::Run { tallies, .. } => tallies.len(),
            Counted::Compare(_) => 2,
            Counted::Rare(cases) => cases.len(),
        }
    }

    /// Most bytes that it takes unpacked.
    fn most_bytes(&self) -> usize {
        let numbers = match self {
            Counted::Run { tallies, nested } => {
                tallies.iter().map(run::most_of_tally).chain(nested.iter().map(run::most_of_nested)).sum()
            }
            Counted::Compare(pairs) => compare::most_numbers(pairs),
            Counted::Rare(cases) => cases.iter().map(rare::most_numbers).sum::<usize>(),
        };
        numbers * MOST_NUMBER
    }
}

/// Of which run and of which of its trials a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What was split.
    pub kind: Kind,
    /// Name and version of the program.
    pub tool: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// The trials that were dealt out to shards: all of the run, or those from one look at its results to the next.
    pub round: Range<u64>,
    /// Draws of the inputs that the whole run simulates again and that were dealt out too; 0 if none are counted here.
    pub draws: u64,
    /// The shards that are counted.
    pub shards: Shards,
    /// Ids of the scenarios, in the order of their tallies.
    pub scenarios: Vec<String>,
    /// The study as run: text that is the same in all files of a run.
    pub study: String,
}

impl Header {
    /// The trials that are counted.
    pub fn range(&self) -> Range<u64> {
        self.shards.trials(&self.round)
    }

    /// The draws of the inputs that are counted.
    pub fn draw_range(&self) -> Range<u64> {
        self.shards.trials(&(0..self.draws))
    }
}

/// The file of what was counted.
pub fn write(header: &Header, counted: &Counted) -> Vec<u8> {
    debug_assert_eq!(header.kind, counted.kind());
    let mut body = Writer::default();
    match counted {
        Counted::Run { tallies, nested } => return write_run(header, tallies, nested),
        Counted::Compare(pairs) => compare::write(&mut body, pairs),
        Counted::Rare(cases) => cases.iter().for_each(|weighted| rare::write(&mut body, weighted)),
    }
    sealed(header, &body)
}

/// The file of what was counted of a run.
pub fn write_run(header: &Header, tallies: &[Tally], nested: &[NestedSampling]) -> Vec<u8> {
    let mut body = Writer::default();
    tallies.iter().for_each(|tally| run::write_tally(&mut body, tally));
    nested.iter().for_each(|nested| run::write_nested(&mut body, nested));
    sealed(header, &body)
}

/// Header and packed body with their checksums.
fn sealed(header: &Header, body: &Writer) -> Vec<u8> {
    let body = compress_to_vec(&body.0, PACKING);
    let mut names = Writer::default();
    names.text(&header.tool);
    names.number(header.scenarios.len() as u64);
    header.scenarios.iter().for_each(|id| names.text(id));
    names.text(&header.study);
    let (round, range, shards) = (&header.round, header.range(), &header.shards);
    let begin = HEADER_START + names.0.len() + SUM;
    let end = begin + body.len() + SUM;
    let mut file = Writer::default();
    file.bytes(MAGIC);
    file.bytes(&VERSION.to_le_bytes());
    for number in [begin as u64, end as u64, header.seed, round.start, round.end, range.start, range.end] {
        file.bytes(&number.to_le_bytes());
    }
    for number in [shards.count, *shards.these.start(), *shards.these.end()] {
        file.bytes(&number.to_le_bytes());
    }
    file.bytes(&(header.kind as u32).to_le_bytes());
    file.bytes(&header.draws.to_le_bytes());
    file.bytes(&Sha256::digest(header.study.as_bytes()));
    for part in [&names.0, &body] {
        file.bytes(part);
        let sum = Sha256::digest(&file.0);
        file.bytes(&sum);
    }
    file.0
}

/// Where the body begins, from the first [`HEADER_START`] bytes of a file of so many.
///
/// # Errors
/// If this is no such file, or not the whole of one.
pub fn header_length(first: &[u8], length: u64) -> Result<u64, ByteFault> {
    let mut reader = Reader::new(first, 0);
    if reader.take(first.len().min(MAGIC.len()) as u64, "")? != &MAGIC[..first.len().min(MAGIC.len())] {
        return reader.fault(0, "this is no tally file of shortfall");
    }
    let mut reader = Reader::new(first, MAGIC.len());
    let version = u32::from_le_bytes(reader.array("the version of the layout")?);
    if version != VERSION {
        return reader
            .fault(MAGIC.len(), format!("layout {version} is not one that this program reads ({VERSION} is)"));
    }
    let at = reader.at();
    let begin = u64::from_le_bytes(reader.array("the beginning of the body")?);
    let end = u64::from_le_bytes(reader.array("the length of the file")?);
    if end != length {
        return reader.fault(at + 8, format!("the file has {end} bytes when whole; {length} are there"));
    }
    let least = (HEADER_START + SUM) as u64;
    if !(least..=MOST_HEADER.min(end.saturating_sub(SUM as u64))).contains(&begin) {
        return reader.fault(at, format!("the body cannot begin at byte {begin} of a file of {end}"));
    }
    Ok(begin)
}

/// Reads the header of a file of so many bytes from as many as [`header_length`] says, or more.
///
/// # Errors
/// What is wrong, and where.
pub fn read_header(bytes: &[u8], length: u64) -> Result<Header, ByteFault> {
    let begin = header_length(&bytes[..bytes.len().min(HEADER_START)], length)? as usize;
    let whole = bytes.get(..begin).unwrap_or(bytes);
    check_sum(whole, "the header")?;
    let mut reader = Reader::new(&whole[..begin - SUM], 36);
    let mut long = |what: &str| reader.array(what).map(u64::from_le_bytes);
    let seed = long("the seed")?;
    let round = long("the first trial of the round")?..long("the end of the round")?;
    let range = long("the first trial")?..long("the end of the trials")?;
    let mut short = |what: &str| reader.array(what).map(|bytes| u64::from(u32::from_le_bytes(bytes)));
    let (count, first, last) = (short("the number of shards")?, short("the first shard")?, short("the last shard")?);
    if round.is_empty() || round.end > LIMITS.trials.most {
        let most = LIMITS.trials.most;
        return reader.fault(44, format!("a run has 1 to {most} trials, and {round:?} is no round of them"));
    }
    let ends = Shards::one(first, count).and_then(|_| Shards::one(last, count));
    let shards = match ends {
        Ok(_) if first <= last => Shards { count: count as u32, these: first as u32..=last as u32 },
        Ok(_) => return reader.fault(80, format!("shard {first} comes after {last}")),
        Err(fault) => return reader.fault(76, fault),
    };
    if range != shards.trials(&round) {
        return reader.fault(60, format!("trials {range:?} are not those of shards {first} to {last} of {count}"));
    }
    let (kind, draws) = kind_and_draws(&mut reader, round.start == 0)?;
    let digest: [u8; 32] = reader.array("the digest of the study")?;
    let tool = reader.text(1000, "the name of the program")?.to_string();
    let scenarios = reader.within(1, LIMITS.scenarios.most, "the number of scenarios")?;
    let ids = (0..scenarios).map(|_| reader.text(MOST_HEADER, "the id of a scenario").map(String::from));
    let scenarios = ids.collect::<Result<Vec<String>, ByteFault>>()?;
    let study = reader.text(MOST_HEADER, "the study")?.to_string();
    if digest != *Sha256::digest(study.as_bytes()) {
        return reader.fault(100, "the digest is not that of the study");
    }
    if reader.at() != begin - SUM {
        return reader.fault(reader.at(), "the header goes on after its end");
    }
    Ok(Header { kind, tool, seed, round, draws, shards, scenarios, study })
}

/// What was counted, and how many draws of the inputs: only a run has any, in its first round.
fn kind_and_draws(reader: &mut Reader<'_>, is_first: bool) -> Result<(Kind, u64), ByteFault> {
    let number = u32::from_le_bytes(reader.array("what was counted")?);
    let Some(&kind) = Kind::ALL.get(number as usize) else {
        return reader.fault(88, format!("{number} is nothing that is counted"));
    };
    if kind != Kind::Run && !is_first {
        return reader.fault(88, format!("`{}` has one round of trials, from 0 on", kind.command()));
    }
    let draws = u64::from_le_bytes(reader.array("the number of draws")?);
    let most = if kind == Kind::Run && is_first { LIMITS.draws.most } else { 0 };
    if draws > most {
        return reader.fault(92, format!("at most {most} draws of the inputs are simulated again, not {draws}"));
    }
    Ok((kind, draws))
}

/// Whether what these bytes end with is the checksum of all before.
fn check_sum(bytes: &[u8], what: &str) -> Result<(), ByteFault> {
    let at = bytes.len().saturating_sub(SUM);
    if bytes[at..] == Sha256::digest(&bytes[..at])[..] {
        return Ok(());
    }
    Reader::new(bytes, at).fault(at, format!("the checksum of {what} is not that of its bytes: the file is damaged"))
}

/// Adds what a file holds to what was counted elsewhere, of the same models. Returns its header.
///
/// # Errors
/// What is wrong with the file, and where. What was counted is of no use then, unless the file's checksums are wrong.
pub fn add(bytes: &[u8], counted: &mut Counted) -> Result<Header, ByteFault> {
    let header = read_header(bytes, bytes.len() as u64)?;
    check_sum(bytes, "the file")?;
    let begin = header_length(bytes, bytes.len() as u64)? as usize;
    let packed = Reader::new(bytes, begin);
    if header.kind != counted.kind() {
        let [own, asked] = [header.kind, counted.kind()].map(Kind::command);
        return packed.fault(88, format!("this is of `{own}`; of `{asked}` is expected"));
    }
    if header.scenarios.len() != counted.scenarios() {
        let (there, expected) = (header.scenarios.len(), counted.scenarios());
        return packed.fault(begin, format!("{there} scenarios are there; {expected} are expected"));
    }
    let Ok(body) = decompress_to_vec_with_limit(&bytes[begin..bytes.len() - SUM], counted.most_bytes()) else {
        return packed.fault(begin, "what was counted cannot be unpacked, or is larger than the study lets it be");
    };
    let mut reader = Reader::new(&body, 0);
    let (trials, draws) = (header.range().end - header.range().start, header.draw_range());
    match counted {
        Counted::Run { tallies, nested } => {
            if nested.is_empty() && header.draws > 0 {
                return packed.fault(92, "inputs are simulated again, which is not expected");
            }
            tallies.iter_mut().try_for_each(|tally| run::add_tally(&mut reader, tally, trials))?;
            let mut nested = nested.iter_mut().filter(|_| header.draws > 0);
            nested.try_for_each(|nested| run::add_nested(&mut reader, nested, draws.clone()))?;
        }
        Counted::Compare(pairs) => compare::add(&mut reader, pairs, trials)?,
        Counted::Rare(cases) => cases.iter_mut().try_for_each(|case| rare::add(&mut reader, case, trials))?,
    }
    if reader.at() != body.len() {
        return reader.fault(reader.at(), "what was counted is at an end, and what is unpacked is not");
    }
    Ok(header)
}

/// What a file holds beside its header: what was counted, packed. None if the bytes are not those of such a file.
pub fn body(bytes: &[u8]) -> Option<&[u8]> {
    let begin = header_length(bytes.get(..HEADER_START)?, bytes.len() as u64).ok()? as usize;
    bytes.get(begin..bytes.len() - SUM)
}

/// Most that whole numbers of so many trials add up to, either way: each is one of 64 bits.
fn most_sum(trials: u64) -> i128 {
    i128::from(trials) << 63
}

/// The same of their squares: each is at most `2^92` (see `tally/fixed.rs`). No sum of `10^9` trials overflows.
fn most_square(trials: u64) -> i128 {
    i128::from(trials) << 92
}
