//! Tally files that anybody may have written: of each command that can be split, changed by chance, with the right checksums or not.

use std::fmt;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;
use shortfall::output::shard::{AsCompared, AsRare, AsRun};
use shortfall::simulation::Untilted;
use shortfall::study::Study;
use shortfall::summary::{self, Answers, Question, Side};
use shortfall::tally::file::{self, Counted, Header, Kind};
use shortfall::tally::{ByteFault, NestedSampling, Pairs};
use shortfall::text::is_hidden;

use crate::harness::Chance;
use crate::program::{shortfall, workshop};
use crate::text::Seeds;

/// Bytes of a file, which are shown as what they are made of.
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes: {}", self.0.len(), self.0.escape_ascii())
    }
}

/// What a search begins with: files that this program writes, since those of another version would be refused at once.
pub fn files() -> Vec<Vec<u8>> {
    let shop = workshop();
    let lines = [
        "run small.toml -n 80 --input-uncertainty=100 --drivers=false",
        "run small.toml -n 2000 --scenario harder --drivers",
        "compare small.toml plain harder -n 100",
        "rare small.toml --tilt disruptions.acute.rate_per_year=2 --above episodes.acute=1 -n 100",
    ];
    let file = |(number, line): (usize, &str)| {
        let line = format!("{line} --shard 2/3 -q -o {number}");
        let (code, _, said) = shortfall(shop.path(), &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{line}: {said}");
        std::fs::read(shop.path().join(format!("{number}/tally.bin"))).expect("it is there")
    };
    lines.into_iter().enumerate().map(file).collect()
}

/// Bytes that a reader of numbers may stumble over; the last two are the floats 1 and infinity.
const NUMBERS: [&[u8]; 10] = [
    &[0],
    &[1],
    &[0x7f],
    &[0xff, 1],
    &[0x80],
    &[0xff; 8],
    &[0xff; 19],
    &[0; 8],
    &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
    &[0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
];

/// A file with some changes.
pub fn changed(files: &[Vec<u8>], seeds: &Seeds, chance: &mut Chance) -> Bytes {
    let mut bytes = chance.one_of(files).clone();
    if chance.is(0.2) {
        bytes = with_other_header(&bytes, seeds, chance);
    }
    // Of what was counted mostly as it is before it is packed: a change afterwards does not get past the unpacking.
    let in_body = chance.is(0.6);
    let body = in_body.then(|| unpacked(&bytes)).flatten();
    let mut part = body.clone().unwrap_or_else(|| bytes.clone());
    for _ in 0..chance.below(5) {
        let at = chance.below(part.len() + 1);
        let number = *chance.one_of::<&[u8]>(&NUMBERS);
        // Mostly in place, so that what follows can still be read.
        match chance.below(8) {
            0..5 => drop(part.splice(at..(at + number.len()).min(part.len()), number.iter().copied())),
            5 => drop(part.splice(at..at, number.iter().copied())),
            6 => drop(part.drain(at..(at + chance.below(9)).min(part.len()))),
            _ => part.iter_mut().skip(at).take(1).for_each(|byte| *byte = byte.wrapping_add(chance.below(256) as u8)),
        }
    }
    bytes = match body {
        Some(_) => [&bytes[..begin(&bytes)], &compress_to_vec(&part, 1), &[0; 32]].concat(),
        None => part,
    };
    if chance.is(0.9) {
        seal(&mut bytes);
    }
    Bytes(bytes)
}

/// What was counted, unpacked.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    decompress_to_vec(bytes.get(begin(bytes)..bytes.len().checked_sub(32)?)?).ok()
}

fn begin(bytes: &[u8]) -> usize {
    let told = bytes.get(20..28).and_then(|told| told.try_into().ok());
    told.map_or(0, |told| usize::try_from(u64::from_le_bytes(told)).unwrap_or(usize::MAX))
}

/// The length and the checksums that a file must have which is as it is.
fn seal(bytes: &mut [u8]) {
    let length = (bytes.len() as u64).to_le_bytes();
    bytes.iter_mut().skip(28).zip(length).for_each(|(byte, own)| *byte = own);
    for end in [begin(bytes), bytes.len()] {
        if (32..=bytes.len()).contains(&end) {
            let sum = hex(&shortfall::output::file::digest(&bytes[..end - 32]));
            bytes[end - 32..end].copy_from_slice(&sum);
        }
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}

/// The same counts behind another header, all digests right.
fn with_other_header(bytes: &[u8], seeds: &Seeds, chance: &mut Chance) -> Vec<u8> {
    let header = file::read_header(bytes, bytes.len() as u64).expect("sound");
    let mut other = header.clone();
    let word = chance.one_of(&seeds.words).clone();
    match chance.below(5) {
        0 => other.seed = chance.below(1 << 40) as u64,
        1 => {
            let start = if chance.is(0.5) { 0 } else { chance.below(1000) as u64 };
            other.round = start..start + 1 + chance.below(1_000_000_000) as u64;
        }
        2 => other.scenarios = vec![word; chance.below(4)],
        3 if other.kind == Kind::Run => other.draws = chance.below(100_000_000) as u64,
        _ => {
            let mut study: Vec<char> = other.study.chars().collect();
            for _ in 0..1 + chance.below(3) {
                let at = chance.below(study.len());
                let end = (at + chance.below(8)).min(study.len());
                drop(study.splice(at..end, chance.one_of(&seeds.words).chars()));
            }
            other.study = study.into_iter().collect();
        }
    }
    let body = &bytes[begin(bytes)..];
    // Written with nothing counted, whose body is replaced.
    let (empty, kind) = (
        match header.kind {
            Kind::Run => Counted::Run { tallies: Vec::new(), nested: Vec::new() },
            Kind::Compare => Counted::Compare(Pairs { trials: 0, outcomes: Vec::new() }),
            Kind::Rare => Counted::Rare(Vec::new()),
        },
        header.kind,
    );
    let mut written = file::write(&Header { kind, ..other }, &empty);
    written.truncate(begin(&written));
    written.extend_from_slice(body);
    seal(&mut written);
    written
}

/// Reads a file as `merge` does, and sums up what it holds. Whatever it is, it is refused at a place in it, or told.
pub fn read(bytes: &[u8]) -> Result<(), String> {
    let header = match file::read_header(bytes, bytes.len() as u64) {
        Ok(header) => header,
        Err(fault) => return refused(&fault, bytes),
    };
    let Ok(mut split) = Split::of(&header) else { return Ok(()) };
    for _ in 0..2 {
        match file::add(bytes, &mut split.counted) {
            // Twice the trials of a run are more than it has, and no merge comes to that.
            Ok(_) if header.round.end < 1000 => {}
            Ok(_) => break,
            Err(fault) => return refused(&fault, bytes),
        }
    }
    if !header.range().is_empty() {
        split.sum_up();
    }
    Ok(())
}

fn refused(fault: &ByteFault, bytes: &[u8]) -> Result<(), String> {
    let said = fault.to_string();
    match said.chars().find(|letter| is_hidden(*letter)) {
        Some(hidden) => Err(format!("{hidden:?} in {said:?}")),
        None if fault.offset > (bytes.len() + unpacked(bytes).map_or(0, |body| body.len())) as u64
            || fault.what.is_empty() =>
        {
            Err(format!("no such place: {said}"))
        }
        None => Ok(()),
    }
}

/// What was split, and what was counted of it.
struct Split {
    asked: Asked,
    counted: Counted,
}

enum Asked {
    Run(Study),
    Compare(Box<[(String, Study); 2]>),
    Rare(Study, Vec<Question>),
}

impl Split {
    fn of(header: &Header) -> Result<Split, String> {
        let (asked, counted) = match header.kind {
            Kind::Run => {
                let (_, study) = AsRun::read(header, &[])?;
                let sampled = study.models().into_iter().filter(|_| header.draws > 0);
                let counted =
                    Counted::Run { tallies: study.tallies(), nested: sampled.map(NestedSampling::new).collect() };
                (Asked::Run(study), counted)
            }
            Kind::Compare => {
                let sides = AsCompared::read(header)?;
                let pairs = Pairs::new(sides.each_ref().map(|(_, study)| &study.scenarios[0].model));
                (Asked::Compare(Box::new(sides)), Counted::Compare(pairs))
            }
            Kind::Rare => {
                let (_, study) = AsRare::read(header)?;
                let case = study.scenarios.first().ok_or("no scenario")?;
                let questions = summary::questions(&study, &case.model, &[("episodes.acute".into(), 1.0)]);
                let questions = questions.map_err(|faults| faults.join("; "))?;
                let events: Vec<_> = questions.iter().map(|question| question.event).collect();
                let counted = Untilted::new(0.1, header.round.end).empty(&events);
                (Asked::Rare(study, questions), Counted::Rare(vec![counted; header.scenarios.len()]))
            }
        };
        Ok(Split { asked, counted })
    }

    /// Makes all estimates, as a merge does before it tells them.
    fn sum_up(&self) {
        match (&self.asked, &self.counted) {
            (Asked::Run(study), Counted::Run { tallies, nested }) => {
                let mut summary = summary::summarise(study, tallies);
                if !nested.is_empty() {
                    summary.add_input_uncertainty(study, nested);
                }
            }
            (Asked::Compare(sides), Counted::Compare(pairs)) => {
                let named = sides
                    .each_ref()
                    .map(|(config, study)| Side { config: config.clone(), scenario: study.scenarios[0].id.clone() });
                let models = sides.each_ref().map(|(_, study)| &study.scenarios[0].model);
                summary::compare(models, pairs, named, None, 0.95);
            }
            (Asked::Rare(study, questions), Counted::Rare(cases)) => {
                let models = study.scenarios.iter().zip(cases);
                let answers = models.map(|(case, weighted)| Answers {
                    id: &case.id,
                    model: &case.model,
                    questions,
                    weighted: weighted.clone(),
                });
                summary::rare(&answers.collect::<Vec<_>>(), Vec::new(), 0.95);
            }
            _ => {}
        }
    }
}
