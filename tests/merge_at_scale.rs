//! Many small tally files: merged one after the other and as a tree they are the same bytes, and those that adding up the counts
//! in another way gives.

mod common;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use common::{Busy, ConfigBuilder};
use shortfall::output::shard::AsRun;
use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::tally::file::{self, Counted};
use shortfall::tally::{Shards, Tally};

/// So many shards are really simulated; those of a larger number have the counts of these, in turn.
const DIFFERENT: u64 = 60;

/// Trials of a shard: a block.
const TRIALS: u64 = 8;

struct Many {
    count: u32,
    study: Study,
    as_run: AsRun,
    tallies: Vec<Tally>,
    /// Time of a processor.
    adding: Duration,
    bytes: usize,
}

fn counted(tallies: Vec<Tally>) -> Counted {
    Counted::Run { tallies, nested: Vec::new() }
}

impl Many {
    fn new(count: u32) -> Many {
        let config = ConfigBuilder::new(1.0).plant("one", "{ uniform = [0, 2000] }").demand(1000);
        let config = config.series(&["shortage.all.product"]).entry("run.drivers", false);
        let study = config.entry("run.trials", TRIALS * u64::from(count)).study();
        let tallies = (0..DIFFERENT).map(|k| {
            let trials = k * TRIALS..(k + 1) * TRIALS;
            let found = simulation::extend(&study.models(), study.tallies(), trials, 1, &Progress::default());
            found.expect("nobody stops it").remove(0)
        });
        let tallies = tallies.collect();
        let as_run = AsRun::new(&study, "many.toml", BTreeMap::new(), Vec::new());
        Many { count, study, as_run, tallies, adding: Duration::ZERO, bytes: 0 }
    }

    fn file(&self, these: RangeInclusive<u32>, counted: &Counted) -> Vec<u8> {
        let (trials, shards) = (0..self.study.config.run.trials, Shards { count: self.count, these });
        self.as_run.write(&self.study, (&trials, &shards), counted)
    }

    fn shard(&mut self, k: u32) -> Vec<u8> {
        let tally = self.tallies[(u64::from(k - 1) % DIFFERENT) as usize].clone();
        let bytes = self.file(k..=k, &counted(vec![tally]));
        self.bytes += bytes.len();
        bytes
    }

    fn add(&mut self, bytes: &[u8], sum: &mut Counted) {
        let busy = Busy::begin();
        file::add(bytes, sum).unwrap_or_else(|fault| panic!("{fault}"));
        self.adding += busy.so_far();
    }

    /// Shards in a row, one after the other.
    fn flat(&mut self, these: RangeInclusive<u32>) -> Vec<u8> {
        let mut sum = counted(self.study.tallies());
        for k in these.clone() {
            let bytes = self.shard(k);
            self.add(&bytes, &mut sum);
        }
        self.file(these, &sum)
    }

    /// Groups of `width` shards first, and then their files, each group taken with its neighbours until one is left.
    fn tree(&mut self, width: u32) -> Vec<u8> {
        let begin = (1..=self.count).step_by(width as usize);
        let mut level: Vec<(RangeInclusive<u32>, Vec<u8>)> = begin
            .map(|first| {
                let these = first..=(first + width - 1).min(self.count);
                (these.clone(), self.flat(these))
            })
            .collect();
        while level.len() > 1 {
            let groups = level.chunks(width as usize).map(<[_]>::to_vec).collect::<Vec<_>>();
            level = groups.iter().map(|group| self.joined(group)).collect();
        }
        level.remove(0).1
    }

    fn joined(&mut self, group: &[(RangeInclusive<u32>, Vec<u8>)]) -> (RangeInclusive<u32>, Vec<u8>) {
        let mut sum = counted(self.study.tallies());
        group.iter().for_each(|(_, bytes)| self.add(bytes, &mut sum));
        let these = *group[0].0.start()..=*group[group.len() - 1].0.end();
        (these.clone(), self.file(these, &sum))
    }

    /// Counts added up without any file: each of the different ones as often as it comes.
    fn expected(&self) -> Vec<u8> {
        let mut all = self.tallies[0].clone();
        self.tallies[1..].iter().for_each(|one| all.merge(one));
        let mut sum: Option<Tally> = None;
        let mut times = u64::from(self.count) / DIFFERENT;
        assert!(times > 0 && u64::from(self.count).is_multiple_of(DIFFERENT), "whole rounds");
        while times > 0 {
            if times & 1 == 1 {
                match &mut sum {
                    Some(sum) => sum.merge(&all),
                    none => *none = Some(all.clone()),
                }
            }
            let same = all.clone();
            all.merge(&same);
            times >>= 1;
        }
        self.file(1..=self.count, &counted(vec![sum.expect("at least one round")]))
    }
}

fn merged_in_both_ways(count: u32, width: u32) {
    let mut many = Many::new(count);
    let expected = many.expected();
    let flat = many.flat(1..=count);
    let (files, flat_adding) = (many.bytes as f64 / f64::from(count), many.adding);
    println!(
        "{count} files of {files:.0} bytes: adding takes {:.1} microseconds each, {:.2} s in all; the sum has {} bytes",
        flat_adding.as_secs_f64() * 1e6 / f64::from(count),
        flat_adding.as_secs_f64(),
        flat.len()
    );
    many.adding = Duration::ZERO;
    let tree = many.tree(width);
    println!("as a tree of {width} each: {:.2} s in all", many.adding.as_secs_f64());
    assert!(flat == tree, "as a tree they are other bytes");
    assert!(flat == expected, "added up without files they are other bytes");
    // A wrong twin: with one shard of another in its place, the bytes are others.
    many.tallies.swap(0, 1);
    many.tallies[1] = many.tallies[0].clone();
    assert!(many.flat(1..=count) != expected, "this test does not see another shard");
}

#[test]
fn hundreds_of_files_are_the_same_bytes_flat_and_as_a_tree() {
    merged_in_both_ways(600, 7);
}

/// `cargo test --release --test merge_at_scale -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes in a development build"]
fn a_hundred_thousand_files_are_the_same_bytes_flat_and_as_a_tree() {
    merged_in_both_ways(99_960, 316);
}
