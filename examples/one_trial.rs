//! The story of one trial: `cargo run --example one_trial`.

use shortfall::{Error, Study};

pub fn main() -> Result<(), Error> {
    let study = Study::from_file(concat!(env!("CARGO_MANIFEST_DIR"), "/configs/smoke.toml"))?;
    let scenario = study.scenario_ids().next().expect("a study has a scenario");
    let mut number = 0;
    let trial = loop {
        let trial = study.trial(scenario, number)?;
        if trial.outcome("total_shortage.west.magnets")? > Some(0.0) {
            break trial;
        }
        number += 1;
    };
    println!("{trial}");
    // It is the same future whenever it is asked for, and its events stand in order of time.
    assert_eq!(study.trial(scenario, number)?, trial);
    assert!(trial.events.is_sorted_by(|a, b| a.months <= b.months));
    // Unless anything is missing in some month, nothing can be missing in all.
    let missing = trial.series("shortage_fraction.west.magnets")?;
    assert!(missing.iter().flatten().any(|fraction| *fraction > 0.0));
    Ok(())
}
