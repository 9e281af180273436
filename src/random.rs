//! (seed, name, trial) to numbers. The only room that names a generator.
//!
//! Every decision of a trial has a *name*, the path of what it decides in the config (`projects.nolans.slip_months`).
//! Its numbers depend on the seed, that name and the number of the trial, and on nothing else: not on the thread, the
//! order of the file, or what else the model contains. So trial `i` is the same future in every run that contains it,
//! and two scenarios draw the same numbers wherever they agree.
//!
//! A name is hashed once with SHA-256 to a 256-bit key. Per trial the key and the trial number go through four
//! finalisers of SplitMix64 (Steele, Lea, Flood 2014) to the full state of a xoshiro256++ generator, one of the
//! generators that `rand` promises never to change. With 256 bits of state, streams that overlap are out of question.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Open01};
use sha2::{Digest, Sha256};

/// The random numbers of one decision in one trial.
pub type Stream = Xoshiro256PlusPlus;

/// The odd number nearest to 2^64 / golden ratio: successive trials land far apart.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Key of a named decision under a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u64; 4]);

impl Key {
    /// Key of `name` under `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name.as_bytes()).finalize();
        let word = |i: usize| u64::from_le_bytes(digest[8 * i..8 * i + 8].try_into().expect("a digest has 32 bytes"));
        Key([word(0), word(1), word(2), word(3)])
    }

    /// The stream of this decision in `trial`, for decisions that take many numbers.
    #[inline]
    pub fn stream(&self, trial: u64) -> Stream {
        let Streams(words) = self.streams(&[trial]);
        let mut seed = [0u8; 32];
        for (bytes, [word]) in seed.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Stream::from_seed(seed)
    }

    /// The one uniform number of this decision in `trial`, in the open interval (0, 1).
    #[inline(always)]
    pub fn uniform(&self, trial: u64) -> f64 {
        let bits = mix(mix(self.0[0].wrapping_add(trial.wrapping_mul(GOLDEN))) ^ self.0[1]);
        centre(bits)
    }

    /// The same in several trials.
    #[inline(always)]
    pub fn uniforms<const N: usize>(&self, trials: &[u64; N]) -> [f64; N] {
        let mut numbers = [0.0; N];
        for (number, trial) in numbers.iter_mut().zip(trials) {
            *number = self.uniform(*trial);
        }
        numbers
    }

    /// The streams of this decision in several trials.
    #[inline(always)]
    pub fn streams<const N: usize>(&self, trials: &[u64; N]) -> Streams<N> {
        let mut state = [[0; N]; 4];
        for (words, key) in state.iter_mut().zip(self.0) {
            for (word, trial) in words.iter_mut().zip(trials) {
                *word = mix(key.wrapping_add(trial.wrapping_mul(GOLDEN)));
            }
        }
        Streams(state)
    }
}

/// Streams that are drawn from in step: the same numbers as [`Key::stream`] gives, several at once.
#[derive(Clone, Copy, Debug)]
pub struct Streams<const N: usize>([[u64; N]; 4]);

impl<const N: usize> Streams<N> {
    /// The next uniform number of each, in the open interval (0, 1): xoshiro256++ of Blackman and Vigna (2021).
    #[inline(always)]
    pub fn uniforms(&mut self) -> [f64; N] {
        let [a, b, c, d] = &mut self.0;
        let mut numbers = [0.0; N];
        for lane in 0..N {
            numbers[lane] = centre(a[lane].wrapping_add(d[lane]).rotate_left(23).wrapping_add(a[lane]));
            let shifted = b[lane] << 17;
            c[lane] ^= a[lane];
            d[lane] ^= b[lane];
            b[lane] ^= c[lane];
            a[lane] ^= d[lane];
            c[lane] ^= shifted;
            d[lane] = d[lane].rotate_left(45);
        }
        numbers
    }

    /// The same of those that are `wanted`; the others stay where they are, and give anything.
    #[inline(always)]
    pub fn uniforms_of(&mut self, wanted: &[bool; N]) -> [f64; N] {
        let before = *self;
        let numbers = self.uniforms();
        for (after, before) in self.0.iter_mut().zip(before.0) {
            for lane in 0..N {
                after[lane] = if wanted[lane] { after[lane] } else { before[lane] };
            }
        }
        numbers
    }
}

/// The centre of one of 2^52 equal cells of (0, 1): never 0, never 1, symmetric about one half. Made from the bits of a number
/// between 1 and 2, as processors convert long integers less readily; every step is exact.
#[inline(always)]
fn centre(bits: u64) -> f64 {
    (f64::from_bits((bits >> 12) | 0x3ff0_0000_0000_0000) - 1.0) + 0.5 * f64::EPSILON
}

/// A uniform number in the open interval (0, 1).
#[inline]
pub fn uniform(stream: &mut Stream) -> f64 {
    Open01.sample(stream)
}

/// Finaliser of SplitMix64: a bijection of 64-bit words that leaves no pattern of its input.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_seed_name_and_trial_alone() {
        let key = Key::new(7, "projects.nolans.slip_months");
        assert_eq!(key, Key::new(7, "projects.nolans.slip_months"));
        assert_ne!(key, Key::new(8, "projects.nolans.slip_months"));
        assert_ne!(key, Key::new(7, "projects.nolans.success"));
        assert_ne!(key.uniform(0), key.uniform(1));
        assert_ne!(uniform(&mut key.stream(0)), uniform(&mut key.stream(1)));
    }

    /// Computed in Python from the definitions: SHA-256, SplitMix64's finaliser, xoshiro256++.
    #[test]
    fn numbers_are_those_of_another_program() {
        let key = Key::new(7, "projects.nolans.slip_months");
        let words = [0xe6f6_5cf5_5075_c928, 0xb58b_1a58_4d0c_0e95, 0x9957_3f56_17da_3fe5, 0x1a3a_674e_cd6b_232a];
        assert_eq!(key, Key(words));
        let (trials, numbers) =
            ([0, 1, 2, 1 << 40], [0.32896935253470605, 0.27206646967300296, 0.4507082544932658, 0.1651728175720638]);
        assert_eq!(trials.map(|trial| key.uniform(trial)), numbers);
        assert_eq!(key.uniforms(&trials), numbers);
        let mut stream = key.stream(3);
        let drawn = [(); 3].map(|()| uniform(&mut stream));
        assert_eq!(drawn, [0.1379154135117412, 0.5178360114823478, 0.362313558471396]);
    }

    #[test]
    fn streams_in_step_are_the_single_ones() {
        let (key, trials) = (Key::new(7, "disruptions.fire"), [0, 1, 2, 3, 1 << 40, 99, 100, u64::MAX]);
        let mut streams = key.streams(&trials);
        let mut single = trials.map(|trial| key.stream(trial));
        for round in 0..50 {
            let wanted: [bool; 8] = std::array::from_fn(|lane| (round + lane) % 3 != 0);
            let found = if round % 2 == 0 { streams.uniforms_of(&wanted) } else { streams.uniforms() };
            for lane in (0..8).filter(|lane| round % 2 == 1 || wanted[*lane]) {
                assert_eq!(found[lane], uniform(&mut single[lane]));
            }
        }
    }

    /// Mean 1/2, variance 1/12, and no correlation between neighbouring trials or between names, each within five
    /// standard errors of 10^5 draws.
    #[test]
    fn uniforms_look_independent() {
        let n = 100_000u64;
        let (a, b) = (Key::new(1, "a"), Key::new(1, "b"));
        let centred = |key: &Key, trial| key.uniform(trial) - 0.5;
        let mean = (0..n).map(|i| centred(&a, i)).sum::<f64>() / n as f64;
        let variance = (0..n).map(|i| centred(&a, i) * centred(&a, i)).sum::<f64>() / n as f64;
        let neighbours = (0..n).map(|i| centred(&a, i) * centred(&a, i + 1)).sum::<f64>() / n as f64;
        let names = (0..n).map(|i| centred(&a, i) * centred(&b, i)).sum::<f64>() / n as f64;
        let error = (1.0 / 12.0 / n as f64).sqrt();
        assert!(mean.abs() < 5.0 * error);
        assert!((variance - 1.0 / 12.0).abs() < 5.0 * 0.0745 / (n as f64).sqrt());
        assert!(neighbours.abs() < 5.0 / 12.0 / (n as f64).sqrt());
        assert!(names.abs() < 5.0 / 12.0 / (n as f64).sqrt());
    }
}
