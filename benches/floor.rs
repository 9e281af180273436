//! The least work a trial of the flagship (`configs/us-japan-2025.toml`, scenario `pipeline`) needs, part by part.
//!
//! ```text
//! cargo bench --bench floor
//! ```
//!
//! Three parts are timed alone: as many random numbers, as much arithmetic, and as many histogram updates as a trial of
//! that model has, each in the quickest way known to us, without anything that would connect them. No program that
//! computes the same can be much quicker than their sum; how near `shortfall` comes tells how much is left to gain.
//! The counts are those of the model, not of our engine: where a better way is known than ours, it is counted.

use std::hint::black_box;
use std::time::Instant;

use multiversion::multiversion;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Exp1, StandardNormal};

/// Trials in step; one register of the widest kind.
const LANES: usize = 8;
const MONTHS: usize = 240;
/// Recorded series of the flagship: 5 coverages, 5 fractions of shortage, 5 shares, 5 capacities, 2 stocks, 1 price.
const SERIES: usize = 23;
/// Outcomes: 6 for each of 3 markets, 2 demands that share a market, 9 milestones, 2 for each of 16 disruptions.
const OUTCOMES: usize = 6 * 3 + 2 + 9 + 2 * 16;
/// Cells of a histogram: between 1024 and 2560; most have about a thousand.
const CELLS: usize = 1024;

// Random numbers. The means over trials (96 of the 270 projects start within the horizon; 50 episodes) were counted in
// the NumPy peer. A project that fails a gate needs no more numbers.

/// 3 common factors, 274 gates of projects, 96 lead times, 35 lognormal ramps, 50 lognormal durations, 239 steps of each
/// of 3 demands, 8 rates of growth.
const NORMALS: usize = 3 + 274 + 96 + 35 + 50 + 3 * 239 + 8;
/// 96 closures, 50 onsets, and 16 onsets beyond the horizon.
const EXPONENTIALS: usize = 96 + 50 + 16;
/// 96 utilisations, 61 triangular ramps, 55 tonnages of later projects, 35 choices of a ramp; 50 severities and 16 rates
/// (beta and gamma: two at least); 8 stocks, 6 responses, 2 elasticities, 2 leakages, 1 feed ratio.
const UNIFORMS: usize = 96 + 61 + 55 + 35 + 2 * (50 + 16) + 8 + 6 + 2 + 2 + 1;
/// Exponential functions: every step of the demands, and every lognormal number.
const EXPS: usize = 3 * 239 + 35 + 37 + 50;

// Arithmetic of a month, for 5 products and 3 markets: 15 places. Comparisons and choices count as one operation.

/// Capacity: 26 groups of two running sums, what stands, an outage; 16 effects of a running sum and two bounds; 6 flow
/// factors of 2 controls; 4 demands of growth, walk, surge, sum; the sums to places.
const BEFORE: usize = 26 * 4 + 16 * 3 + 6 * 4 + 4 * 4 + 26;
/// Output: 4 feeds in 3 markets. Requirement: 12 feeds and 3 final demands after thrift. Own use, supply, need.
const MAKE: usize = 4 * 3 * 2 + 12 + 3 * 2 + 15 * 3;
/// Trade, 5 products: sums; the 6 flows of the first round and their sums; what each market then has.
const FIRST_ROUND: usize = 5 * (6 + 6 * 3 + 12 + 3 * 6);
/// The second round: what each may buy and sell, 6 flows, their sums, what each market then has.
const SECOND_ROUND: usize = 5 * (12 + 6 * 3 + 12 + 3 * 4);
/// Shortage without rounding; 7 stockpiles; what 4 places with stocks are offered and take; thrift; the order of service.
const AFTER: usize = 15 * 4 + 7 * 13 + 4 * 9 + 3 * 6 + 2 * 4;
/// Chain without China: sums, 4 feeds down and up. Shares. A price (a power, only where there is a shortage).
const RECORD: usize = 10 + 4 * 4 + 5 * 3 + 30 + 2;
/// 3 markets: total, maximum, first, longest, twelve months, stock needed. 9 milestones: a comparison and a run.
const LOOK_BACK: usize = 3 * 13 + 9 * 4;
const OPERATIONS: usize = BEFORE + MAKE + FIRST_ROUND + SECOND_ROUND + AFTER + RECORD + LOOK_BACK;
/// Divisions: 5 first rounds, 5 times 6 flows of the second (less the pairs that are cut: 5), 8 shares of what is unsold,
/// 5 fractions, 5 shares of two, 5 coverages, 2 stocks in days.
const DIVISIONS: usize = 5 + 5 * 5 + 8 + 5 + 10 + 5 + 2;
/// Numbers read and written a month: 26 groups, 16 effects, 4 demands, 10 flow factors; 23 series and 12 others.
const READ: usize = 26 + 16 + 4 + 10;
const WRITTEN: usize = SERIES + 12;

/// Trials whose values are at hand at once.
const PART: usize = 64;
/// Trials that are counted together: a row of the histograms then stays in the cache.
const BLOCK: usize = 8 * PART;
/// Room for the cells of a block: no power of two, which would put all rows into the same few sets of the cache.
const ROOM: usize = BLOCK + 32;

fn main() {
    let draws = [
        ("normal numbers", NORMALS, time(normals, 200)),
        ("exponential numbers", EXPONENTIALS, time(exponentials, 200)),
        ("uniform numbers", UNIFORMS, time(uniforms, 200)),
        ("exponential functions", EXPS, time(exps, 200)),
    ];
    let mut months = Months::new();
    let arithmetic = time(|| months.run(), 20);
    let mut histograms = Histograms::new();
    let counting = time(|| histograms.count(), 10) * LANES as f64 / BLOCK as f64;
    let mut sum = 0.0;
    println!("microseconds per trial, one thread");
    for (what, count, time) in draws.into_iter().chain([
        ("operations of the months", MONTHS * (OPERATIONS + DIVISIONS), arithmetic),
        ("histogram updates", MONTHS * SERIES + OUTCOMES, counting),
    ]) {
        println!("{time:8.2}  {count:7} {what}");
        sum += time;
    }
    println!("{sum:8.2}  in sum");
}

/// Microseconds per trial of something that does the work of [`LANES`] trials: the least of many times.
fn time<T>(mut work: impl FnMut() -> T, times: usize) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..times {
        let begin = Instant::now();
        black_box(work());
        least = least.min(begin.elapsed().as_secs_f64());
    }
    1e6 * least / LANES as f64
}

/// By ziggurat: quicker than any vectorised inverse distribution function.
fn normals() -> f64 {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    (0..LANES * NORMALS).map(|_| -> f64 { StandardNormal.sample(&mut rng) }).sum()
}

fn exponentials() -> f64 {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    (0..LANES * EXPONENTIALS).map(|_| -> f64 { Exp1.sample(&mut rng) }).sum()
}

/// One xoshiro256++ per lane, in step.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn uniforms() -> [f64; LANES] {
    let mut state = [[1u64, 2, 3, 4, 5, 6, 7, 8], [9; LANES], [11; LANES], [13; LANES]];
    let mut sum = [0.0; LANES];
    for _ in 0..UNIFORMS {
        for lane in 0..LANES {
            let [a, b, c, d] = [0, 1, 2, 3].map(|word| state[word][lane]);
            let bits = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
            let (c, d) = (c ^ a, d ^ b);
            state[0][lane] = a ^ d;
            state[1][lane] = b ^ c;
            state[2][lane] = c ^ (b << 17);
            state[3][lane] = d.rotate_left(45);
            // The bits of a number between 1 and 2.
            sum[lane] += f64::from_bits((bits >> 12) | 0x3ff0_0000_0000_0000) - 1.0;
        }
    }
    sum
}

/// `2^n e^r` by a polynomial in `r`, as short as full precision allows.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn exps() -> [f64; LANES] {
    // The last coefficient is 1/12!.
    const COEFFICIENTS: [f64; 12] = {
        let mut all = [1.0; 12];
        let mut n = 1;
        while n < 12 {
            all[n] = all[n - 1] / (n + 1) as f64;
            n += 1;
        }
        all
    };
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let mut sum = [0.0; LANES];
    let mut x = black_box([-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4]);
    for _ in 0..EXPS {
        for lane in 0..LANES {
            let shifted = x[lane] * std::f64::consts::LOG2_E + ROUND;
            let r = x[lane] - (shifted - ROUND) * std::f64::consts::LN_2;
            let mut height = COEFFICIENTS[11];
            for n in (0..11).rev() {
                height = height * r + COEFFICIENTS[n];
            }
            let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(0x3ff0_0000_0000_0000));
            sum[lane] += (height * r + 1.0) * power;
            x[lane] += 1e-4;
        }
    }
    sum
}

type Lane = [f64; LANES];

/// The arithmetic of all months of trials in step, on rows of the size the model has.
struct Months {
    read: Vec<Lane>,
    written: Vec<Lane>,
}

/// Chains of operations that do not wait for each other, as a compiler finds them among markets and products.
const CHAINS: usize = 8;

impl Months {
    fn new() -> Self {
        let row = |index: usize| std::array::from_fn(|lane| 1.0 + 1e-3 * (index % 97 + lane) as f64);
        Months { read: (0..MONTHS * READ).map(row).collect(), written: vec![[0.0; LANES]; MONTHS * WRITTEN] }
    }

    fn run(&mut self) -> f64 {
        months(&self.read, &mut self.written);
        self.written[MONTHS][3]
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn months(read: &[Lane], written: &mut [Lane]) {
    let mut carried = [[1.0; LANES]; CHAINS];
    for (read, written) in read.chunks_exact(READ).zip(written.chunks_exact_mut(WRITTEN)) {
        let mut now = carried;
        let mut next = 0;
        let mut take = || {
            next = (next + 1) % READ;
            read[next]
        };
        // Six operations to a number taken: three sums or differences, a product, a minimum, a maximum.
        for _ in 0..OPERATIONS / (6 * CHAINS) {
            for chain in &mut now {
                let other = take();
                for lane in 0..LANES {
                    let x = chain[lane];
                    let y = (x + other[lane]) * 0.5;
                    let y = if y < other[lane] { y } else { other[lane] };
                    let z = y - x + 1.5;
                    chain[lane] = if z > 0.5 { z } else { 0.5 };
                }
            }
        }
        for round in 0..DIVISIONS / CHAINS {
            for (index, chain) in now.iter_mut().enumerate() {
                let by = read[(round * CHAINS + index) % READ];
                for lane in 0..LANES {
                    chain[lane] = by[lane] / chain[lane];
                }
            }
        }
        for (index, row) in written.iter_mut().enumerate() {
            *row = now[index % CHAINS];
        }
        carried = now;
    }
}

/// Histograms of all recorded numbers.
struct Histograms {
    values: Vec<[f64; PART]>,
    cells: Vec<[u16; ROOM]>,
    counts: Vec<u32>,
}

impl Histograms {
    fn new() -> Self {
        let rows = MONTHS * SERIES + OUTCOMES;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        // Spread over a tenth of the range, as such a series is.
        let mut near = |row: usize| {
            let middle = 0.2 + 0.6 * ((row / 7) % 100) as f64 / 100.0;
            std::array::from_fn(|_| {
                let z: f64 = StandardNormal.sample(&mut rng);
                middle + 0.03 * z
            })
        };
        Histograms {
            values: (0..rows).map(&mut near).collect(),
            cells: vec![[0; ROOM]; rows],
            counts: vec![0; rows * CELLS],
        }
    }

    /// Counts a block: the cells of all values, then two rows of the histograms at a time, so that one addition need not
    /// wait for the other where many values share a cell.
    fn count(&mut self) {
        for part in 0..BLOCK / PART {
            cells(&self.values, part, &mut self.cells);
        }
        for (cells, counts) in self.cells.chunks(2).zip(self.counts.chunks_mut(2 * CELLS)) {
            let [one, other] = cells else { continue };
            let (counts, beside) = counts.split_at_mut(CELLS);
            for (cell, other) in one[..BLOCK].iter().zip(other) {
                counts[usize::from(*cell) % CELLS] += 1;
                beside[usize::from(*other) % CELLS] += 1;
            }
        }
    }
}

/// Cells of a part of a block. The same values serve for all parts, a few cells farther each time.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn cells(values: &[[f64; PART]], part: usize, cells: &mut [[u16; ROOM]]) {
    let shift = 3.0 * part as f64;
    for (values, cells) in values.iter().zip(cells) {
        for (value, cell) in values.iter().zip(&mut cells[part * PART..(part + 1) * PART]) {
            let near = value * CELLS as f64 + shift;
            let near = if near < (CELLS - 1) as f64 { near } else { (CELLS - 1) as f64 };
            let near = if near > 0.0 { near } else { 0.0 };
            // Sure to be in range: the plain cast would test that again.
            *cell = (near + 4_503_599_627_370_496.0).to_bits() as u16;
        }
    }
}
