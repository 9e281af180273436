//! The trials of a run, dealt out to several runs that know nothing of each other.

use std::ops::{Range, RangeInclusive};

use crate::simd::LANES;

/// The most shards that a run can be split into.
pub const MOST_SHARDS: u32 = 100_000;

/// Some of the shards of a run, in a row, counted from 1.
///
/// The trials of a round, which are all of the run unless it looks more than once, are cut where its blocks of [`LANES`] trials
/// meet, which are simulated side by side. Which trials a shard has follows from its number and from how many shards and trials
/// there are. No random number depends on any of it: trial `i` is the same future in whatever shard it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shards {
    /// How many there are in all.
    pub count: u32,
    /// These of them.
    pub these: RangeInclusive<u32>,
}

impl Shards {
    /// One of `count`.
    ///
    /// # Errors
    /// If there is no such shard: what there is.
    pub fn one(number: u64, count: u64) -> Result<Shards, String> {
        if !(1..=u64::from(MOST_SHARDS)).contains(&count) {
            return Err(format!("a run is split into 1 to {MOST_SHARDS} shards, not {count}"));
        }
        if !(1..=count).contains(&number) {
            return Err(format!("the shards are numbered from 1 to {count}; there is no shard {number}"));
        }
        Ok(Shards { count: count as u32, these: number as u32..=number as u32 })
    }

    /// The only one: all trials in one.
    pub fn whole() -> Self {
        Shards { count: 1, these: 1..=1 }
    }

    /// Their trials, of those of a round; none for some where there are more shards than blocks of trials.
    pub fn trials(&self, round: &Range<u64>) -> Range<u64> {
        let trials = round.end - round.start;
        let blocks = trials.div_ceil(LANES as u64);
        // Rounded down, so that the shards differ by one block at most.
        let end = |shard: u32| {
            let blocks = u128::from(blocks) * u128::from(shard) / u128::from(self.count);
            round.start + (blocks as u64 * LANES as u64).min(trials)
        };
        end(self.these.start() - 1)..end(*self.these.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_the_whole_sequence_and_nearly_the_same_in_size() {
        for (start, trials) in
            [1, 7, 8, 9, 100, 1000, 20_000, 999_999_999, 1_000_000_000].map(|n| [(0, n), (n, n)]).concat()
        {
            for count in [1, 2, 7, 40, 1000] {
                let round = start..start + trials;
                let shards: Vec<Range<u64>> =
                    (1..=count).map(|shard| Shards::one(shard, count).unwrap().trials(&round)).collect();
                assert_eq!(shards[0].start..shards[count as usize - 1].end, round);
                assert!(shards.windows(2).all(|pair| pair[0].end == pair[1].start));
                let is_cut = |shard: &Range<u64>| shard.start == round.end || (shard.start - start).is_multiple_of(8);
                assert!(shards.iter().all(is_cut));
                let sizes = shards.iter().map(|shard| shard.end - shard.start);
                assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 16, "{trials} in {count}");
            }
        }
        assert_eq!(Shards { count: 7, these: 2..=5 }.trials(&(0..1000)), {
            Shards::one(2, 7).unwrap().trials(&(0..1000)).start..Shards::one(5, 7).unwrap().trials(&(0..1000)).end
        });
    }

    #[test]
    fn there_is_no_other_shard() {
        for (number, count) in [(0, 4), (5, 4), (1, 0), (1, 100_001), (u64::MAX, u64::MAX)] {
            assert!(Shards::one(number, count).is_err(), "{number} of {count}");
        }
    }
}
