//! A tally file gives back what was counted, reads as its documentation says, and no damage to it goes unnoticed.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::tally::file::{self, HEADER_START, Header};
use shortfall::tally::{Drivers, Shards, Tally};

/// A model with few cells.
const SMALL: &str = r#"
    title = "t"
    start = "2026-01"
    horizon_years = 1
    markets.m.countries = ["C"]
    stages.s = {}
    capacities.k = { country = "C", stage = "s", tonnes_per_year = { uniform = [100, 130] } }
    demands.d = { market = "m", stage = "s", tonnes_per_year = 120 }
    disruptions.o = { kind = "outage", hits = ["k"], rate_per_year = 0.5, duration_months = 2 }
"#;

/// More of everything: series, milestones, claims.
const LARGER: &str = include_str!("../configs/quickstart.toml");

fn study(text: &str) -> Study {
    Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Empty tallies, all of them with drivers.
fn empty(study: &Study) -> Vec<Tally> {
    let with_drivers = |case: &shortfall::study::ScenarioModel| {
        Tally::new(&case.model).with_drivers(Drivers::new(&case.model, &study.headline_numbers(case)))
    };
    study.scenarios.iter().map(with_drivers).collect()
}

fn simulate(study: &Study, trials: std::ops::Range<u64>) -> Vec<Tally> {
    simulation::extend(&study.models(), empty(study), trials, 2, &Progress::default()).expect("nobody stops it")
}

fn header(study: &Study, trials: u64, shards: Shards) -> Header {
    let scenarios = study.scenario_ids().map(String::from).collect();
    Header { tool: "a tool".into(), seed: 77, round: 0..trials, shards, scenarios, study: "a study, écrite".into() }
}

/// A small file of the third of four shards, and what it holds.
fn small() -> (Study, Header, Vec<Tally>, Vec<u8>) {
    let study = study(SMALL);
    let header = header(&study, 100, Shards::one(3, 4).expect("there is one"));
    let tallies = simulate(&study, header.range());
    let bytes = file::write(&header, &tallies);
    (study, header, tallies, bytes)
}

/// Puts the right checksums on what may be wrong.
fn seal(bytes: &mut [u8]) {
    let begin = usize::try_from(u64::from_le_bytes(bytes[20..28].try_into().expect("eight"))).unwrap_or(usize::MAX);
    for end in [begin, bytes.len()] {
        if (32..=bytes.len()).contains(&end) {
            let sum = Sha256::digest(&bytes[..end - 32]);
            bytes[end - 32..end].copy_from_slice(&sum);
        }
    }
}

#[test]
fn the_sum_of_the_files_is_the_tally_of_all_trials() {
    for text in [SMALL, LARGER] {
        let study = study(text);
        for (trials, count) in [(500, 1), (500, 7), (123, 40)] {
            let mut sum = empty(&study);
            // In any order.
            for k in (1..=count).rev() {
                let header = header(&study, trials, Shards::one(k, count).expect("there is one"));
                let bytes = file::write(&header, &simulate(&study, header.range()));
                assert_eq!(file::read_header(&bytes, bytes.len() as u64).as_ref(), Ok(&header));
                assert_eq!(file::add(&bytes, &mut sum), Ok(header));
            }
            // Those of scenarios whose trials are the same have their drivers counted once.
            let whole = simulate(&study, 0..trials);
            let without = |tallies: &[Tally]| -> Vec<Tally> {
                let bare = |mut tally: Tally| {
                    tally.drivers = None;
                    tally
                };
                tallies.iter().cloned().map(bare).collect()
            };
            assert_eq!(without(&sum), without(&whole), "{count} shards");
            assert_eq!(sum[0].drivers, whole[0].drivers, "{count} shards");
            assert!(whole[0].drivers.as_ref().is_some_and(|drivers| drivers.numbers().count() > 0));
        }
    }
}

#[test]
fn every_bit_and_every_byte_counts() {
    let (study, header, tallies, bytes) = small();
    let mut sum = empty(&study);
    assert_eq!(file::add(&bytes, &mut sum), Ok(header));
    assert_eq!(sum, tallies);
    for length in 0..bytes.len() {
        let fault = file::add(&bytes[..length], &mut empty(&study)).expect_err("it is cut short");
        assert!(fault.offset <= length as u64 && !fault.what.is_empty(), "{length}: {fault}");
    }
    let mut sum = empty(&study);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let fault = file::add(&flipped, &mut sum).expect_err("a bit is flipped");
            assert!(fault.offset <= bytes.len() as u64, "{at}: {fault}");
        }
    }
    assert_eq!(sum, empty(&study), "nothing is added of a damaged file");
    let longer = [&bytes[..], &[0]].concat();
    assert!(file::add(&longer, &mut empty(&study)).is_err());
}

/// A reader of its own, made from the documentation of the layout.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn number(&mut self) -> u128 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.0[0];
            self.0 = &self.0[1..];
            value += u128::from(byte % 128) << shift;
            shift += 7;
            if byte < 128 {
                return value;
            }
        }
    }

    fn signed(&mut self) -> i128 {
        let number = self.number() as i128;
        if number % 2 == 0 { number / 2 } else { -(number + 1) / 2 }
    }

    fn float(&mut self) -> f64 {
        let value = f64::from_le_bytes(self.0[..8].try_into().expect("eight"));
        self.0 = &self.0[8..];
        value
    }

    fn counts(&mut self, cells: usize, trials: u64) -> Vec<u32> {
        let mut counts = Vec::new();
        while counts.iter().map(|count| u64::from(*count)).sum::<u64>() < trials {
            let empty = self.number() as usize;
            counts.extend(vec![0; empty]);
            counts.push(self.number() as u32);
        }
        assert!(counts.len() <= cells);
        counts.resize(cells, 0);
        counts
    }

    fn text(&mut self) -> String {
        let length = self.number() as usize;
        let text = String::from_utf8(self.0[..length].to_vec()).expect("UTF-8");
        self.0 = &self.0[length..];
        text
    }
}

#[test]
fn a_reader_made_from_the_documentation_reads_it() {
    let (study, _, tallies, bytes) = small();
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
    assert_eq!(&bytes[..20], b"shortfall tally\n\x02\0\0\0");
    // Blocks of eight: 13 of them, of which the third of four shards has three.
    assert_eq!([36, 44, 52, 60, 68].map(long), [77, 0, 100, 48, 72]);
    assert_eq!(bytes[76..88], [4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(bytes[88..120], Sha256::digest("a study, écrite")[..]);
    let (begin, end) = (long(20) as usize, long(28) as usize);
    assert_eq!(end, bytes.len());
    for at in [begin, end] {
        assert_eq!(bytes[at - 32..at], Sha256::digest(&bytes[..at - 32])[..]);
    }
    let mut head = Bytes(&bytes[120..begin - 32]);
    assert_eq!(
        (head.text(), head.number(), head.text(), head.text()),
        ("a tool".into(), 1, "base".into(), "a study, écrite".into())
    );
    assert!(head.0.is_empty());

    let (model, tally) = (&study.scenarios[0].model, &tallies[0]);
    let unpacked = decompress_to_vec(&bytes[begin..end - 32]).expect("DEFLATE");
    let mut body = Bytes(&unpacked);
    let owners = model.series.len() + model.outcomes.len();
    let rows: Vec<_> = (0..model.series.len())
        .flat_map(|series| (0..model.months).map(move |month| (series, month)))
        .map(|(series, month)| tally.series(series, month))
        .chain((0..model.outcomes.len()).map(|outcome| tally.outcome(outcome)))
        .collect();
    let cells: usize = rows.iter().map(|row| row.counts.len()).sum();
    assert_eq!([body.number(), body.number(), body.number()], [owners, rows.len(), cells].map(|size| size as u128));
    for row in &rows {
        assert_eq!(body.counts(row.counts.len(), 24), row.counts);
    }
    let sums: Vec<i128> = rows.iter().map(|_| body.signed()).collect();
    let squares: Vec<i128> = (0..owners).map(|_| body.signed()).collect();
    for row in &rows {
        assert_eq!((body.float(), body.float()), row.range);
    }
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.finite() > 0 && row.range.1 > 0.0) {
        // Whole numbers have a size that is a power of two.
        let mean = sums[index] as f64 / row.finite() as f64;
        let found = row.mean().expect("there are values") / mean;
        let size = f64::from_bits((found * (1.0 + 1e-9)).to_bits() >> 52 << 52);
        assert!((found / size - 1.0).abs() < 1e-8, "{found}");
        // Those of series are not kept.
        let of_series = model.series.len() * model.months;
        let Some(outcome) = index.checked_sub(of_series) else { continue };
        let square = squares[model.series.len() + outcome] as f64 * size * size / row.finite() as f64;
        let variance = square - (mean * size) * (mean * size);
        let own = row.variance().expect("there are some values") * (row.finite() - 1) as f64 / row.finite() as f64;
        assert!((variance - own).abs() <= 1e-8 * square, "{variance} {own}");
    }
    let drivers = tally.drivers.as_ref().expect("they were counted");
    let (numbers, streams) = (drivers.numbers().count(), model.input_streams().streams.len());
    assert_eq!([body.number(), body.number(), body.number()], [1, numbers as u128, streams as u128]);
    for _ in 0..numbers {
        let trials: u128 = (0..20).map(|_| (body.number(), body.signed(), body.signed()).0).sum();
        assert_eq!(trials, 24);
        assert!(body.float() <= body.float());
    }
    for _ in 0..streams {
        let counts = body.counts(20 * 40, 24);
        for _ in 0..numbers * counts.iter().filter(|count| **count > 0).count() {
            body.signed();
        }
    }
    assert!(body.0.is_empty());
}

#[test]
fn what_unpacks_to_more_than_can_be_counted_is_refused() {
    let (study, _, _, bytes) = small();
    let begin = u64::from_le_bytes(bytes[20..28].try_into().expect("eight")) as usize;
    let with_body = |body: &[u8]| {
        let mut bytes = [&bytes[..begin], &compress_to_vec(body, 6), &[0; 32]].concat();
        let end = bytes.len() as u64;
        bytes[28..36].copy_from_slice(&end.to_le_bytes());
        seal(&mut bytes);
        file::add(&bytes, &mut empty(&study))
    };
    let sound = decompress_to_vec(&bytes[begin..bytes.len() - 32]).expect("DEFLATE");
    assert!(with_body(&sound).is_ok());
    let longer = with_body(&[&sound[..], &[0]].concat()).expect_err("too long");
    assert!(longer.what.contains("at an end"), "{longer}");
    let bomb = with_body(&[&sound[..], &vec![0; 1 << 28]].concat()).expect_err("far too long");
    assert!(bomb.offset == begin as u64 && bomb.what.contains("cannot be unpacked"), "{bomb}");
}

#[test]
fn headers_that_do_not_hold_together_are_refused_at_their_place() {
    let (study, _, _, bytes) = small();
    let patched = |at: usize, new: &[u8]| {
        let mut patched = bytes.clone();
        patched[at..at + new.len()].copy_from_slice(new);
        seal(&mut patched);
        file::add(&patched, &mut empty(&study)).expect_err("it is refused")
    };
    for (at, new, offset, says) in [
        (0, &b"S"[..], 0, "no tally file"),
        (16, &[1], 16, "layout 1"),
        (20, &[255; 8], 20, "cannot begin"),
        (20, &[0; 8], 20, "cannot begin"),
        (28, &[255; 8], 28, "when whole"),
        (44, &[100], 44, "no round"),
        (44, &[255; 8], 44, "a run has"),
        (44, &[8], 60, "not those of"),
        (52, &[0; 8], 44, "no round"),
        (52, &[255; 8], 44, "a run has"),
        (60, &[0; 8], 60, "not those of"),
        (68, &[255; 8], 60, "not those of"),
        (76, &[0; 4], 76, "not 0"),
        (76, &[255; 4], 76, "shards"),
        (80, &[0; 4], 76, "no shard 0"),
        (80, &[4], 80, "comes after"),
        (84, &[5], 76, "no shard 5"),
        (88, &[0; 32], 88, "digest"),
        (120, &[255, 127], 120, "lies between"),
    ] {
        let fault = patched(at, new);
        assert!(fault.offset == offset && fault.what.contains(says), "{at} {new:?}: {fault}");
    }
    let other = self::study(LARGER);
    let fault = file::add(&bytes, &mut empty(&other)).expect_err("another number of scenarios");
    assert!(fault.what.contains("are expected"), "{fault}");
    let one = &mut empty(&other)[..1];
    assert!(file::add(&bytes, one).expect_err("another model").what.contains("by the model"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    /// Whatever stands in a file with the right checksums: it is read or refused at a place in it, and many such files are
    /// added up without overflow.
    #[test]
    fn no_file_makes_it_panic(patches in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), body in any::<bool>()) {
        thread_local!(static SMALL_FILE: (Study, Vec<u8>) = { let (study, _, _, bytes) = small(); (study, bytes) });
        SMALL_FILE.with(|(study, bytes)| {
            let begin = u64::from_le_bytes(bytes[20..28].try_into().expect("eight")) as usize;
            let mut head = bytes[..begin].to_vec();
            let mut tallies = decompress_to_vec(&bytes[begin..bytes.len() - 32]).expect("DEFLATE");
            for (at, new) in &patches {
                let (part, from) = if body { (&mut tallies, 0) } else { (&mut head, 36) };
                let at = from + at.index(part.len() - from);
                part[at] = *new;
            }
            let mut bytes = [&head[..], &compress_to_vec(&tallies, 1), &[0; 32]].concat();
            let end = bytes.len() as u64;
            bytes[28..36].copy_from_slice(&end.to_le_bytes());
            seal(&mut bytes);
            let mut sum = empty(study);
            for _ in 0..3 {
                if let Err(fault) = file::add(&bytes, &mut sum) {
                    assert!(fault.offset <= (head.len() + tallies.len()) as u64, "{fault}");
                }
            }
        });
        prop_assert!(HEADER_START == 120);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut with_magic = b"shortfall tally\n\x02\0\0\0".to_vec();
        with_magic.extend(&bytes);
        prop_assert!(file::read_header(&bytes, bytes.len() as u64).is_err());
        prop_assert!(file::read_header(&with_magic, with_magic.len() as u64).is_err());
    }
}
