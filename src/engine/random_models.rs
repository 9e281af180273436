//! Models made at random: what must hold of any model is held against many that nobody thought of.

#[path = "../../tests/common/random_model/mod.rs"]
mod random_model;

use random_model::{Draw, SIZES};

use super::same_bits::{same_in_any_lane, same_with_any_instructions};
use crate::random;
use crate::study::Study;

/// How many models: every number of markets with every number of stages, twice or more.
const MODELS: u64 = 60;

/// The instructions of this processor and those of any give the same bits, and so does every lane.
#[test]
fn neither_instructions_nor_lanes_change_a_bit_of_random_models() {
    for number in 0..MODELS {
        let (text, study) = sound(number);
        let model = &study.scenarios[0].model;
        let held = std::panic::catch_unwind(|| {
            same_with_any_instructions(model, 24);
            same_in_any_lane(model, 7..10);
        });
        assert!(held.is_ok(), "model {number}:\n{text}");
    }
}

/// The first config of this size that has no faults: some draws have a disruption that reaches nothing, and the like.
fn sound(number: u64) -> (String, Study) {
    let mut texts = (0..100).map(|attempt| Draw::config(number + attempt * SIZES));
    let study = |text: String| Study::from_text(&text).ok().map(|study| (text, study));
    texts.find_map(study).unwrap_or_else(|| panic!("model {number}: {:?}", Study::from_text(&Draw::config(number))))
}
