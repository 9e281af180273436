//! A tally file gives back what was counted, reads as its documentation says, and no damage to it goes unnoticed.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use shortfall::simulation::{self, Progress, Untilted};
use shortfall::study::Study;
use shortfall::tally::file::{self, Counted, HEADER_START, Header, Kind};
use shortfall::tally::{Drivers, Exceedance, NestedSampling, Pairs, Shards, Tally, Weighted, Weights};

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
    milestones.enough = { title = "Enough", series = "shortage.m.s", at_most = 1, for_months = 2 }
    claims.soon = { who = "Nobody", milestone = "enough", within_months = 3, probability_at_least = 0.5 }
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

fn run(tallies: Vec<Tally>) -> Counted {
    Counted::Run { tallies, nested: Vec::new() }
}

fn tallies(counted: &Counted) -> &[Tally] {
    match counted {
        Counted::Run { tallies, .. } => tallies,
        _ => &[],
    }
}

fn header(study: &Study, trials: u64, shards: Shards) -> Header {
    let scenarios = study.scenario_ids().map(String::from).collect();
    let study = "a study, écrite".into();
    Header { kind: Kind::Run, tool: "a tool".into(), seed: 77, round: 0..trials, draws: 0, shards, scenarios, study }
}

/// A small file of the third of four shards, what it holds, and nothing counted yet.
struct Small {
    study: Study,
    header: Header,
    counted: Counted,
    empty: Counted,
    bytes: Vec<u8>,
}

fn small(kind: Kind) -> Small {
    let (study, progress) = (study(SMALL), Progress::default());
    let shards = Shards::one(3, 4).expect("there is one");
    let mut header = Header { kind, ..header(&study, 100, shards) };
    let model = &study.scenarios[0].model;
    let (empty, counted) = match kind {
        Kind::Run => {
            header.draws = 200;
            let nested = vec![NestedSampling::new(model)];
            let found = simulation::nested(&[model], header.draw_range(), 2, &progress).expect("nobody stops it");
            let tallies = simulate(&study, header.range());
            (Counted::Run { tallies: empty(&study), nested }, Counted::Run { tallies, nested: found })
        }
        Kind::Compare => {
            header.scenarios = vec!["a".into(), "b".into()];
            let other = self::study(&SMALL.replace("= 120 }", "= 125 }"));
            let models = [model, &other.scenarios[0].model];
            let pairs = simulation::compare(models, header.range(), 2, &progress).expect("nobody stops it");
            (Counted::Compare(Pairs::new(models)), Counted::Compare(pairs))
        }
        Kind::Rare => {
            let [natural, tilted] = model.tilted(&[("disruptions.o.rate_per_year".into(), 2.0)]).expect("it is there");
            let outcome = model.outcomes.iter().position(|spec| spec.name == "episodes.o").expect("it is there");
            let (untilted, events) = (Untilted::new(0.5, 100), [Exceedance { outcome, limit: 0.0 }]);
            let found = simulation::rare([&natural, &tilted], &events, untilted, header.range(), 2, &progress);
            (Counted::Rare(vec![untilted.empty(&events)]), Counted::Rare(vec![found.expect("nobody stops it")]))
        }
    };
    let bytes = file::write(&header, &counted);
    Small { study, header, counted, empty, bytes }
}

const KINDS: [Kind; 3] = [Kind::Run, Kind::Compare, Kind::Rare];

fn begin(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes[20..28].try_into().expect("eight")) as usize
}

/// What was counted, unpacked.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    decompress_to_vec(&bytes[begin(bytes)..bytes.len() - 32]).expect("DEFLATE")
}

/// The file with another body, of the right length and with the right checksums.
fn with_body(bytes: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = [&bytes[..begin(bytes)], &compress_to_vec(body, 1), &[0; 32]].concat();
    let end = bytes.len() as u64;
    bytes[28..36].copy_from_slice(&end.to_le_bytes());
    seal(&mut bytes);
    bytes
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
            let mut sum = run(empty(&study));
            // In any order.
            for k in (1..=count).rev() {
                let header = header(&study, trials, Shards::one(k, count).expect("there is one"));
                let bytes = file::write(&header, &run(simulate(&study, header.range())));
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
            let sum = tallies(&sum);
            assert_eq!(without(sum), without(&whole), "{count} shards");
            assert_eq!(sum[0].drivers, whole[0].drivers, "{count} shards");
            assert!(whole[0].drivers.as_ref().is_some_and(|drivers| drivers.numbers().count() > 0));
        }
    }
}

#[test]
fn every_bit_and_every_byte_counts() {
    for kind in KINDS {
        let Small { header, counted, empty, bytes, .. } = small(kind);
        let mut sum = empty.clone();
        assert_eq!(file::add(&bytes, &mut sum), Ok(header));
        assert_eq!(sum, counted);
        let mut sum = empty.clone();
        for length in 0..bytes.len() {
            let fault = file::add(&bytes[..length], &mut sum).expect_err("it is cut short");
            assert!(fault.offset <= length as u64 && !fault.what.is_empty(), "{length}: {fault}");
        }
        // Of all bits of the header, and of some of each byte.
        for at in 0..bytes.len() {
            for bit in (0..8).filter(|bit| at < 600 || at % 8 == *bit) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                let fault = file::add(&flipped, &mut sum).expect_err("a bit is flipped");
                assert!(fault.offset <= bytes.len() as u64, "{at}: {fault}");
            }
        }
        assert_eq!(sum, empty, "nothing is added of a damaged file");
        assert!(file::add(&[&bytes[..], &[0]].concat(), &mut sum).is_err());
        for other in KINDS.into_iter().filter(|other| *other != kind) {
            let fault = file::add(&bytes, &mut small(other).empty).expect_err("another command");
            assert!(fault.offset == 88 && fault.what.contains(&format!("of `{}` is expected", other.command())));
        }
    }
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
    let Small { study, counted, bytes, .. } = small(Kind::Run);
    let Counted::Run { tallies, nested } = counted else { panic!("it is of a run") };
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
    assert_eq!(&bytes[..20], b"shortfall tally\n\x03\0\0\0");
    // Blocks of eight: 13 of them, of which the third of four shards has three.
    assert_eq!([36, 44, 52, 60, 68].map(long), [77, 0, 100, 48, 72]);
    assert_eq!(bytes[76..88], [4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!((bytes[88..92].to_vec(), long(92)), (vec![0; 4], 200));
    assert_eq!(bytes[100..132], Sha256::digest("a study, écrite")[..]);
    let (begin, end) = (long(20) as usize, long(28) as usize);
    assert_eq!(end, bytes.len());
    for at in [begin, end] {
        assert_eq!(bytes[at - 32..at], Sha256::digest(&bytes[..at - 32])[..]);
    }
    let mut head = Bytes(&bytes[132..begin - 32]);
    assert_eq!(
        (head.text(), head.number(), head.text(), head.text()),
        ("a tool".into(), 1, "base".into(), "a study, écrite".into())
    );
    assert!(head.0.is_empty());

    let (model, tally) = (&study.scenarios[0].model, &tallies[0]);
    let unpacked = unpacked(&bytes);
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
    // 25 blocks of eight draws, of which the third of four shards has six, numbers 96 to 143.
    let columns = model.outcomes.len() + model.claims.len();
    assert_eq!(
        [body.number(), body.number()],
        [columns, model.milestones.len() * (model.months + 1)].map(|n| n as u128)
    );
    for (_, groups) in nested[0].recorded() {
        for (remainder, group) in groups.expect("no value is too large").iter().enumerate() {
            assert_eq!(group.draws, if remainder < 16 { 2 } else { 1 });
            let read = (body.signed(), body.number() as i128, body.number() as i128);
            assert_eq!(read, (group.sum, group.squared_sums, group.squares));
        }
        let (low, high) = (body.float(), body.float());
        assert!(low <= high || (low, high) == (f64::INFINITY, f64::NEG_INFINITY));
    }
    for own in nested[0].by_month(0) {
        assert_eq!((body.number() as i128, body.number() as i128), (own.sum, own.squared_sums));
    }
    assert!(body.0.is_empty());
}

#[test]
fn a_reader_made_from_the_documentation_reads_comparisons() {
    let Small { counted, bytes, .. } = small(Kind::Compare);
    let Counted::Compare(pairs) = counted else { panic!("it is of a comparison") };
    assert_eq!(bytes[88..100], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let unpacked = unpacked(&bytes);
    let mut body = Bytes(&unpacked);
    let cells: usize = pairs.outcomes.iter().map(|pair| pair.side(0).counts.len()).sum();
    assert_eq!([body.number(), body.number()], [pairs.outcomes.len(), cells].map(|size| size as u128));
    for pair in &pairs.outcomes {
        let mut sums = [0, 1].map(|side| {
            let own = pair.side(side);
            assert_eq!(body.counts(own.counts.len(), 24), own.counts);
            let sums = (body.signed(), body.number());
            assert_eq!((body.float(), body.float()), own.range);
            sums.0
        });
        sums.swap(0, 1);
        let (difference, squares) = (body.signed(), body.number());
        assert!(difference == sums[0] - sums[1] && squares as i128 >= difference.abs() / 24);
        assert!(body.float() <= body.float());
        let [less, same, more] = pair.order();
        assert_eq!(body.number(), u128::from(less));
        let cells = pair.side(0).counts.len();
        let of_less = body.counts(cells, less);
        assert_eq!(of_less.iter().map(|count| u64::from(*count)).sum::<u64>(), less);
        let of_more = body.counts(cells, same + more);
        assert_eq!(u64::from(of_more[0]), same);
        assert_eq!(body.number(), u128::from(pair.never()[0]));
    }
    assert!(body.0.is_empty());
}

#[test]
fn a_reader_made_from_the_documentation_reads_rare_events() {
    let Small { counted, bytes, .. } = small(Kind::Rare);
    let Counted::Rare(cases) = counted else { panic!("it is of rare events") };
    assert_eq!(bytes[88..100], [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let unpacked = unpacked(&bytes);
    let mut body = Bytes(&unpacked);
    assert_eq!(body.number(), 1);
    let Weighted { all, sides, .. } = &cases[0];
    assert!(all.count() == 24 && sides[0][0].count() > 3 && sides[0][1].count() > 3);
    for weights in [all, &sides[0][0], &sides[0][1]] {
        let (mut count, mut sum, mut squares, mut largest) = (0, 0.0, 0.0, 0.0);
        for _ in 0..body.number() {
            let power = f64::from_bits((body.number() as u64) << 52);
            count += body.number() as u64;
            sum += body.number() as f64 * power / (1u64 << 52) as f64;
            let of_31_bits = power / (1u64 << 30) as f64;
            squares += body.number() as f64 * of_31_bits * of_31_bits;
            largest = body.float();
            assert!(power <= largest && largest < 2.0 * power);
        }
        assert_eq!((count, largest), (weights.count(), weights.largest()));
        assert!((sum - weights.sum()).abs() < 1e-12 && (squares - weights.squares()).abs() < 1e-12);
    }
    assert!(body.0.is_empty());
}

#[test]
fn a_range_that_is_none_is_refused_at_its_place() {
    let Small { counted, empty, bytes, .. } = small(Kind::Compare);
    let Counted::Compare(pairs) = counted else { panic!("it is of a comparison") };
    let unpacked = unpacked(&bytes);
    let mut body = Bytes(&unpacked);
    let _sizes = (body.number(), body.number());
    // Up to the range of the first side.
    body.counts(pairs.outcomes[0].side(0).counts.len(), 24);
    let _sums = (body.signed(), body.number());
    let at = unpacked.len() - body.0.len();
    for (range, says) in [
        ([f64::INFINITY, f64::NEG_INFINITY], "there are values, and no range of them"),
        ([2.0, 1.0], "the smallest value is 2, and the largest 1"),
        ([0.0, f64::INFINITY], "the largest inf"),
        ([f64::NAN, 1.0], "a smallest value is not a number"),
    ] {
        let mut forged = unpacked.clone();
        forged[at..at + 16].copy_from_slice(&range.map(f64::to_le_bytes).concat());
        let fault = file::add(&with_body(&bytes, &forged), &mut empty.clone()).expect_err("it is refused");
        assert!(fault.offset == at as u64 && fault.what.contains(says), "{range:?}: {fault}");
    }
}

#[test]
fn what_unpacks_to_more_than_can_be_counted_is_refused() {
    for kind in KINDS {
        let Small { empty, bytes, .. } = small(kind);
        let add = |body: &[u8]| file::add(&with_body(&bytes, body), &mut empty.clone());
        let sound = unpacked(&bytes);
        assert!(add(&sound).is_ok());
        let longer = add(&[&sound[..], &[0]].concat()).expect_err("too long");
        assert!(longer.what.contains("at an end"), "{longer}");
        let bomb = add(&[&sound[..], &vec![0; 1 << 24]].concat()).expect_err("far too long");
        assert!(bomb.offset == begin(&bytes) as u64 && bomb.what.contains("cannot be unpacked"), "{bomb}");
    }
}

/// What no trials can have given is refused at its place, though the checksums are right.
#[test]
fn counts_that_do_not_hold_together_are_refused() {
    let of = |sides: [Weights; 2], all: Weights| {
        let Small { header, empty, .. } = small(Kind::Rare);
        let Counted::Rare(mut cases) = empty.clone() else { panic!("it is of rare events") };
        (cases[0].sides[0], cases[0].all) = (sides, all);
        let bytes = file::write(&header, &Counted::Rare(cases));
        file::add(&bytes, &mut empty.clone()).map_err(|fault| fault.what)
    };
    let some = |count: u64| {
        let mut weights = Weights::default();
        (0..count).for_each(|_| weights.add(0.3));
        weights
    };
    assert!(of([some(10), some(14)], some(24)).is_ok());
    let refused = |found: Result<Header, String>| found.expect_err("it is refused");
    assert!(refused(of([some(10), some(13)], some(24))).contains("23 weights are there, of 24 trials"));
    assert!(refused(of([some(10), some(14)], some(23))).contains("23 weights are there, of 24 trials"));
    assert!(refused(of([some(10), some(15)], some(24))).contains("25 weights"));
}

#[test]
fn headers_that_do_not_hold_together_are_refused_at_their_place() {
    let Small { study, empty, bytes, .. } = small(Kind::Run);
    let patched = |at: usize, new: &[u8]| {
        let mut patched = bytes.clone();
        patched[at..at + new.len()].copy_from_slice(new);
        seal(&mut patched);
        file::add(&patched, &mut empty.clone()).expect_err("it is refused")
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
        (88, &[3], 88, "nothing that is counted"),
        (88, &[1], 92, "at most 0 draws"),
        (92, &[255; 8], 92, "draws of the inputs"),
        (100, &[0; 32], 100, "digest"),
        (132, &[255, 127], 132, "lies between"),
    ] {
        let fault = patched(at, new);
        assert!(fault.offset == offset && fault.what.contains(says), "{at} {new:?}: {fault}");
    }
    assert!(patched(92, &[0; 8]).what.contains("at an end"), "the draws are there all the same");
    let fault = file::add(&bytes, &mut run(self::empty(&study))).expect_err("draws are not expected");
    assert!(fault.offset == 92 && fault.what.contains("not expected"), "{fault}");
    // The largest run there may be, and one trial more.
    for (end, is_read) in [(1_000_000_000, true), (1_000_000_001, false)] {
        let Small { header, counted, .. } = small(Kind::Run);
        let bytes = file::write(&Header { round: 0..end, draws: 0, ..header }, &counted);
        assert_eq!(file::read_header(&bytes, bytes.len() as u64).is_ok(), is_read, "{end} trials");
    }
    // Later rounds are of runs alone, and have no draws.
    for (kind, draws, offset, says) in [(Kind::Run, 200, 92, "at most 0 draws"), (Kind::Compare, 0, 88, "one round")] {
        let Small { header, counted, .. } = small(kind);
        let bytes = file::write(&Header { round: 104..208, draws, ..header }, &counted);
        let fault = file::read_header(&bytes, bytes.len() as u64).expect_err("no such round");
        assert!(fault.offset == offset && fault.what.contains(says), "{fault}");
    }
    let other = self::study(LARGER);
    let bytes = file::write(&header(&study, 8, Shards::one(1, 1).expect("one")), &run(simulate(&study, 0..8)));
    let fault = file::add(&bytes, &mut run(self::empty(&other))).expect_err("another number of scenarios");
    assert!(fault.what.contains("are expected"), "{fault}");
    let mut one = run(self::empty(&other)[..1].to_vec());
    assert!(file::add(&bytes, &mut one).expect_err("another model").what.contains("by the model"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    /// Whatever stands in a file with the right checksums: it is read or refused at a place in it, and many such files are
    /// added up without overflow.
    #[test]
    fn no_file_makes_it_panic(patches in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), body in any::<bool>(), kind in 0..KINDS.len()) {
        thread_local!(static FILES: [Small; 3] = KINDS.map(small));
        FILES.with(|files| {
            let Small { bytes, empty, .. } = &files[kind];
            let (mut head, mut counts) = (bytes[..begin(bytes)].to_vec(), unpacked(bytes));
            for (at, new) in &patches {
                let (part, from) = if body { (&mut counts, 0) } else { (&mut head, 36) };
                let at = from + at.index(part.len() - from);
                part[at] = *new;
            }
            let bytes = with_body(&[&head[..], &[0; 32]].concat(), &counts);
            let mut sum = empty.clone();
            for _ in 0..3 {
                if let Err(fault) = file::add(&bytes, &mut sum) {
                    assert!(fault.offset <= (head.len() + counts.len()) as u64, "{fault}");
                }
            }
        });
        prop_assert!(HEADER_START == 132);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut with_magic = b"shortfall tally\n\x03\0\0\0".to_vec();
        with_magic.extend(&bytes);
        prop_assert!(file::read_header(&bytes, bytes.len() as u64).is_err());
        prop_assert!(file::read_header(&with_magic, with_magic.len() as u64).is_err());
    }
}
