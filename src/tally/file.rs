//! The tallies of some trials as a file, to be added to those of others.
//!
//! Since all that is counted is a whole number, or the smallest or largest of some values, adding up the files of a run that
//! was split gives the very tallies of the run that was not. A file says of which run and of which of its trials it is: of a
//! shard, of a whole run, or of the trials that are done of one. The latter two are the only shard of trials `0..n`.
//!
//! # Layout
//!
//! Version 2. Numbers of a fixed size have their lowest byte first. A *number* has seven bits to a byte, the lowest first, and
//! the highest bit set in all of its bytes but the last (LEB128), in the shortest form. A *signed* number is the number `2 n`, or
//! `-2 n - 1` where `n` is negative. *Text* is the number of its bytes, and they, in UTF-8. A *float* is the eight bytes of
//! IEEE 754, and is never NaN.
//!
//! | byte | bytes | what |
//! |---:|---:|---|
//! | 0 | 16 | `shortfall tally` and a line feed |
//! | 16 | 4 | version of the layout: 2 |
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
//! | 88 | 32 | SHA-256 of the study as run, as below |
//! | 120 | | text: name and version of the program |
//! | | | number of scenarios, and the id of each as text |
//! | | | text: the study as run, all that decides the results and what is written of them; see `output::shard` |
//! | `b - 32` | 32 | SHA-256 of all bytes before |
//! | `b` | | a tally for each scenario, in that order, packed together: DEFLATE (RFC 1951) |
//! | `e - 32` | 32 | SHA-256 of all bytes before |
//!
//! Within the body, the place of a fault is that of the unpacked bytes. A tally, of the series and outcomes of its model, has a *row* for each month of each series and then one for each outcome:
//!
//! 1. three numbers: series and outcomes, rows, cells of all rows. They follow from the model, and must be the same;
//! 2. the counts of each row: the number of empty cells before the next that is not, and the count of that, until the counts
//!    add up to the trials of the file, as each trial is in one cell of each row;
//! 3. for each row, a signed number: sum of the whole numbers that its finite values are added up as;
//! 4. for each series and outcome, a signed number: sum of their squares, of outcomes alone;
//! 5. for each row, two floats: its smallest and largest finite value; infinity and its opposite where there is none;
//! 6. a number: 1 if drivers are counted too, as follows, or 0;
//! 7. two numbers: those of a trial that are looked at, and the uniform numbers behind the inputs;
//! 8. for each of the former, and each of the 20 sections of the trials: a number and two signed ones, the trials, the sum of
//!    their whole numbers, that of their squares; then two floats, the range of the values;
//! 9. for each uniform number, the counts by section and bin, as in 2; then, for each of those that are not empty, a signed
//!    number for each of the numbers that are looked at: its sum there.

use std::ops::Range;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use sha2::{Digest, Sha256};

use super::bytes::{ByteFault, Reader, Writer};
use super::drivers::Drivers;
use super::shards::Shards;
use super::{Owner, Tally};
use crate::model::LIMITS;
use crate::statistics::SECTIONS;

/// What every file begins with; the line feed tells one that was sent as text, with its ends of lines changed.
const MAGIC: &[u8; 16] = b"shortfall tally\n";

/// Version of the layout.
const VERSION: u32 = 2;

/// Bytes of the header that are there whatever it says.
pub const HEADER_START: usize = 120;

/// Most bytes of a header: it holds the config and what the report quotes beside it.
const MOST_HEADER: u64 = 64 << 20;

/// How hard to pack, of 10: beyond this, the time grows and the size does not.
const PACKING: u8 = 6;

/// Most bytes of a number, of a signed one, and of a float.
const MOST_NUMBER: usize = 19;

/// Bytes of a checksum.
const SUM: usize = 32;

/// Of which run and of which of its trials a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Name and version of the program.
    pub tool: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// The trials that were dealt out to shards: all of the run, or those from one look at its results to the next.
    pub round: Range<u64>,
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
}

/// The file of these tallies.
pub fn write(header: &Header, tallies: &[Tally]) -> Vec<u8> {
    let mut body = Writer::default();
    tallies.iter().for_each(|tally| write_tally(&mut body, tally));
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
    let digest: [u8; 32] = reader.array("the digest of the study")?;
    let tool = reader.text(1000, "the name of the program")?.to_string();
    let scenarios = reader.within(1, LIMITS.scenarios.most, "the number of scenarios")?;
    let ids = (0..scenarios).map(|_| reader.text(MOST_HEADER, "the id of a scenario").map(String::from));
    let scenarios = ids.collect::<Result<Vec<String>, ByteFault>>()?;
    let study = reader.text(MOST_HEADER, "the study")?.to_string();
    if digest != *Sha256::digest(study.as_bytes()) {
        return reader.fault(88, "the digest is not that of the study");
    }
    if reader.at() != begin - SUM {
        return reader.fault(reader.at(), "the header goes on after its end");
    }
    Ok(Header { tool, seed, round, shards, scenarios, study })
}

/// Whether what these bytes end with is the checksum of all before.
fn check_sum(bytes: &[u8], what: &str) -> Result<(), ByteFault> {
    let at = bytes.len().saturating_sub(SUM);
    if bytes[at..] == Sha256::digest(&bytes[..at])[..] {
        return Ok(());
    }
    Reader::new(bytes, at).fault(at, format!("the checksum of {what} is not that of its bytes: the file is damaged"))
}

/// Adds what a file holds to the tallies of its scenarios, which are of the same models. Returns its header.
///
/// # Errors
/// What is wrong with the file, and where. The tallies are of no use then, unless its checksums are wrong.
pub fn add(bytes: &[u8], tallies: &mut [Tally]) -> Result<Header, ByteFault> {
    let header = read_header(bytes, bytes.len() as u64)?;
    check_sum(bytes, "the file")?;
    let begin = header_length(bytes, bytes.len() as u64)? as usize;
    let packed = Reader::new(bytes, begin);
    if header.scenarios.len() != tallies.len() {
        return packed
            .fault(begin, format!("{} tallies are there; {} are expected", header.scenarios.len(), tallies.len()));
    }
    let most = tallies.iter().map(most_bytes).sum();
    let Ok(body) = decompress_to_vec_with_limit(&bytes[begin..bytes.len() - SUM], most) else {
        return packed.fault(begin, "the tallies cannot be unpacked, or are larger than those of the study can be");
    };
    let (mut reader, range) = (Reader::new(&body, 0), header.range());
    for tally in tallies {
        add_tally(&mut reader, tally, range.end - range.start)?;
    }
    if reader.at() != body.len() {
        return reader.fault(reader.at(), "the tallies are at an end, and what is unpacked is not");
    }
    Ok(header)
}

/// What a file holds beside its header: the tallies, packed. None if the bytes are not those of such a file.
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

impl Tally {
    /// Series and outcomes, rows, cells.
    fn shape(&self) -> [usize; 3] {
        [self.layout.owners.len(), self.layout.rows, self.layout.cells]
    }
}

/// Most bytes that a tally of such a shape takes unpacked.
fn most_bytes(tally: &Tally) -> usize {
    let [owners, rows, cells] = tally.shape();
    let drivers = tally.drivers.iter().flat_map(Drivers::streams).map(|(counts, sums)| 2 * counts.len() + sums.len());
    let columns = tally.drivers.as_ref().map_or(0, |drivers| drivers.columns.len() * (3 * SECTIONS + 2));
    let numbers = owners + 3 * rows + 2 * cells + drivers.sum::<usize>() + columns + 6;
    numbers * MOST_NUMBER
}

/// Cells by row.
fn rows(owners: &[Owner]) -> impl Iterator<Item = usize> {
    owners.iter().flat_map(|owner| std::iter::repeat_n(owner.bins.len(), owner.rows))
}

fn write_tally(writer: &mut Writer, tally: &Tally) {
    tally.shape().iter().for_each(|size| writer.number(*size as u64));
    let mut rest = &tally.counts[..];
    for cells in rows(&tally.layout.owners) {
        let (row, others) = rest.split_at(cells);
        writer.counts(row);
        rest = others;
    }
    tally.sums.iter().chain(&tally.squares).for_each(|sum| writer.signed(*sum));
    for (low, high) in tally.lowest.iter().zip(&tally.highest) {
        writer.float(*low);
        writer.float(*high);
    }
    writer.number(u64::from(tally.drivers.is_some()));
    tally.drivers.iter().for_each(|drivers| write_drivers(writer, drivers));
}

fn add_tally(reader: &mut Reader<'_>, tally: &mut Tally, trials: u64) -> Result<(), ByteFault> {
    for size in tally.shape() {
        reader.within(size as u64, size as u64, "a size of the tally, by the model,")?;
    }
    let mut rest = &mut tally.counts[..];
    for cells in rows(&tally.layout.owners) {
        let (row, others) = rest.split_at_mut(cells);
        reader.counts(row, trials, |_| ())?;
        rest = others;
    }
    for sum in &mut tally.sums {
        *sum += reader.signed(most_sum(trials), "a sum")?;
    }
    for square in &mut tally.squares {
        *square += reader.signed(most_square(trials), "a sum of squares")?;
    }
    for (low, high) in tally.lowest.iter_mut().zip(&mut tally.highest) {
        *low = low.min(reader.float("a smallest value")?);
        *high = high.max(reader.float("a largest value")?);
    }
    let told = u64::from(tally.drivers.is_some());
    reader.within(told, told, "whether drivers are counted, by the study,")?;
    tally.trials += trials;
    tally.drivers.as_mut().map_or(Ok(()), |drivers| add_drivers(reader, drivers, trials))
}

fn write_drivers(writer: &mut Writer, drivers: &Drivers) {
    drivers.shape().iter().for_each(|size| writer.number(*size as u64));
    for column in &drivers.columns {
        for totals in &column.sections {
            writer.number(totals.count);
            writer.signed(totals.sum);
            writer.signed(totals.square);
        }
        writer.float(column.range.0);
        writer.float(column.range.1);
    }
    for (counts, sums) in drivers.streams() {
        writer.counts(counts);
        let width = sums.len() / counts.len();
        let cells = counts.iter().zip(sums.chunks_exact(width)).filter(|(count, _)| **count > 0);
        cells.flat_map(|(_, sums)| sums).for_each(|sum| writer.signed(*sum));
    }
}

fn add_drivers(reader: &mut Reader<'_>, drivers: &mut Drivers, trials: u64) -> Result<(), ByteFault> {
    for size in drivers.shape() {
        reader.within(size as u64, size as u64, "a size of the drivers, by the model,")?;
    }
    for column in &mut drivers.columns {
        for totals in &mut column.sections {
            totals.count += reader.within(0, trials, "the trials of a section")?;
            totals.sum += reader.signed(most_sum(trials), "a sum")?;
            totals.square += reader.signed(most_square(trials), "a sum of squares")?;
        }
        column.range.0 = column.range.0.min(reader.float("a smallest value")?);
        column.range.1 = column.range.1.max(reader.float("a largest value")?);
    }
    let mut counted = Vec::new();
    for (counts, sums) in drivers.streams_mut() {
        counted.clear();
        reader.counts(counts, trials, |cell| counted.push(cell))?;
        let width = sums.len() / counts.len();
        for cell in &counted {
            for sum in &mut sums[cell * width..(cell + 1) * width] {
                // Of trials that were simulated it never overflows (see `tally/drivers.rs`).
                *sum = sum.saturating_add(reader.signed(i64::MAX.into(), "a sum")? as i64);
            }
        }
    }
    Ok(())
}
