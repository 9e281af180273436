//! Time of a trial and of its parts: `cargo bench --bench simulation`. Items are trials of one scenario.

use std::path::Path;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use shortfall::config::source::Document;
use shortfall::engine::Engine;
use shortfall::simd::LANES;
use shortfall::simulation::{self, Progress};
use shortfall::study::{Study, read};
use shortfall::tally::{BLOCK, Block, Tally};

fn main() {
    divan::main();
}

const CONFIGS: [&str; 3] = ["quickstart", "smoke", "us-japan-2025"];

fn document(name: &str) -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("configs/{name}.toml"));
    read::document(&path, &[], false).expect("the config is there")
}

/// The study with the scenario that comes first.
fn study(name: &str) -> Study {
    let mut study = Study::new(&document(name)).expect("no faults");
    study.scenarios.truncate(1);
    study
}

/// From files to models, all scenarios.
#[divan::bench(args = CONFIGS, sample_count = 20)]
fn compile(bencher: Bencher<'_, '_>, name: &str) {
    bencher.bench(|| Study::new(&document(black_box(name))).expect("no faults"));
}

/// Trials in step, without counting.
#[divan::bench(args = CONFIGS)]
fn trials(bencher: Bencher<'_, '_>, name: &str) {
    let study = study(name);
    let model = &study.scenarios[0].model;
    let engine = Engine::new(model);
    let mut scratch = engine.scratch();
    let mut first = 0;
    bencher.counter(ItemsCount::new(LANES)).bench_local(|| {
        engine.run(first..first + LANES as u64, &mut scratch);
        first += LANES as u64;
    });
}

/// Counting of trials: the cells of their values, and the histograms.
#[divan::bench(args = CONFIGS)]
fn record(bencher: Bencher<'_, '_>, name: &str) {
    let study = study(name);
    let model = &study.scenarios[0].model;
    let (mut tally, mut block) = (Tally::new(model), Block::new(model));
    let engine = Engine::new(model);
    let mut scratch = engine.scratch();
    let batch = engine.run(0..LANES as u64, &mut scratch);
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| {
        for _ in 0..BLOCK / LANES {
            block.record(batch);
        }
        tally.absorb(&mut block);
    });
}

/// A whole run on one thread and on two.
#[divan::bench(args = [1, 2], sample_count = 10)]
fn flagship_run(bencher: Bencher<'_, '_>, threads: usize) {
    let study = study("us-japan-2025");
    bencher
        .counter(ItemsCount::new(2048usize))
        .bench_local(|| simulation::run(&study.models(), 2048, threads, &Progress::default()));
}
