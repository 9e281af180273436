//! Five sets of parameters of every distribution, as a config spells them.

use std::collections::BTreeMap;

use shortfall::Study;
use shortfall::engine::{Engine, Scratch};
use shortfall::simd::{InstructionSet, LANES};

/// By distribution, its five sets.
pub const LAWS: [(&str, [&str; 5]); 16] = [
    (
        "uniform",
        [
            "{ uniform = [0, 1] }",
            "{ uniform = [-2, 5] }",
            "{ uniform = [1e-9, 1e9] }",
            "{ uniform = [100, 101] }",
            "{ uniform = [-50, -49.5] }",
        ],
    ),
    (
        "triangular",
        [
            "{ triangular = [5, 10, 20] }",
            "{ triangular = [0, 0, 1] }",
            "{ triangular = [0, 3, 3] }",
            "{ triangular = [-4, -1, 8] }",
            "{ triangular = [1, 1.001, 2] }",
        ],
    ),
    (
        "pert",
        [
            "{ pert = [5, 10, 20] }",
            "{ pert = [0, 0, 1] }",
            "{ pert = [0, 1, 1] }",
            "{ pert = [-4, -1, 8] }",
            "{ pert = [0, 50, 100] }",
        ],
    ),
    (
        "normal",
        [
            "{ normal = { mean = 0, sd = 1 } }",
            "{ normal = { mean = -30, sd = 4 } }",
            "{ normal = { mean = 12, sd = 0.001 } }",
            "{ normal = { mean = 1, sd = 50 } }",
            "{ normal = { mean = 1000, sd = 10 } }",
        ],
    ),
    (
        "lognormal",
        [
            "{ lognormal = { median = 12, sigma = 0.5 } }",
            "{ lognormal = { median = 1, sigma = 2 } }",
            "{ lognormal = { median = 30, sigma = 0.05 } }",
            "{ lognormal = { mean = 20, sd = 10 } }",
            "{ lognormal = { p10 = 7, p90 = 20 } }",
        ],
    ),
    (
        "beta",
        [
            "{ beta = { alpha = 2, beta = 5 } }",
            "{ beta = { alpha = 0.5, beta = 0.5 } }",
            "{ beta = { alpha = 1, beta = 3 } }",
            "{ beta = { alpha = 40, beta = 60 } }",
            "{ beta = { mean = 0.3, sd = 0.1 } }",
        ],
    ),
    (
        "gamma",
        [
            "{ gamma = { shape = 2.5, scale = 3 } }",
            "{ gamma = { shape = 0.4, scale = 2 } }",
            "{ gamma = { shape = 1, scale = 7 } }",
            "{ gamma = { shape = 90, scale = 0.2 } }",
            "{ gamma = { mean = 12, sd = 6 } }",
        ],
    ),
    (
        "exponential",
        [
            "{ exponential = { mean = 1 } }",
            "{ exponential = { mean = 0.001 } }",
            "{ exponential = { mean = 6 } }",
            "{ exponential = { mean = 48 } }",
            "{ exponential = { mean = 1e6 } }",
        ],
    ),
    (
        "weibull",
        [
            "{ weibull = { shape = 1, scale = 3 } }",
            "{ weibull = { shape = 0.5, scale = 2 } }",
            "{ weibull = { shape = 1.5, scale = 10 } }",
            "{ weibull = { shape = 5, scale = 20 } }",
            "{ weibull = { shape = 20, scale = 1 } }",
        ],
    ),
    (
        "discrete",
        [
            "{ discrete = { values = [0, 1], weights = [1, 3] } }",
            "{ discrete = { values = [5, -1, 2, 7], weights = [1, 2, 5, 0] } }",
            "{ discrete = { values = [3], weights = [2] } }",
            "{ discrete = { values = [1, 2, 3, 4, 5, 6], weights = [1, 1, 1, 1, 1, 1] } }",
            "{ discrete = { values = [10, 20, 10], weights = [0.1, 0.2, 0.3] } }",
        ],
    ),
    (
        "empirical",
        [
            "{ empirical = [3, 1, 3, 10] }",
            "{ empirical = [2] }",
            "{ empirical = [-1, 0, 1] }",
            "{ empirical = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }",
            "{ empirical = [0.5, 0.5, 0.5, 0.25] }",
        ],
    ),
    (
        "metalog",
        [
            "{ quantiles = { p10 = 12, p50 = 24, p90 = 60 } }",
            "{ quantiles = { p10 = 12, p50 = 24, p90 = 60, lower = 0 } }",
            "{ quantiles = { p10 = 12, p50 = 24, p90 = 60, upper = 200 } }",
            "{ quantiles = { p10 = 12, p50 = 24, p90 = 60, lower = 0, upper = 100 } }",
            "{ quantiles = { p25 = -3, p75 = 3 } }",
        ],
    ),
    (
        "mixture",
        [
            "{ mixture = [{ weight = 3, of = { normal = { mean = 3, sd = 2 } } }, { weight = 7, of = { exponential = { mean = 4 } } }] }",
            "{ mixture = [{ weight = 1, of = { uniform = [0, 1] } }, { weight = 1, of = { uniform = [2, 3] } }] }",
            "{ mixture = [{ weight = 1, of = { gamma = { shape = 2, scale = 2 } } }, { weight = 9, of = { weibull = { shape = 3, scale = 9 } } }] }",
            "{ mixture = [{ weight = 1, of = { normal = { mean = -9, sd = 1 } } }, { weight = 2, of = { normal = { mean = 9, sd = 3 } } }] }",
            "{ mixture = [{ weight = 5, of = { triangular = [0, 1, 2] } }, { weight = 5, of = { lognormal = { median = 2, sigma = 1 } } }] }",
        ],
    ),
    (
        "truncated normal",
        [
            "{ normal = { mean = 0, sd = 1 }, min = 0 }",
            "{ normal = { mean = 0, sd = 1 }, min = 3, max = 4 }",
            "{ normal = { mean = -30, sd = 4 }, max = -33 }",
            "{ normal = { mean = 1, sd = 50 }, min = -10, max = 10 }",
            "{ normal = { mean = 12, sd = 1 }, max = 100 }",
        ],
    ),
    (
        "truncated gamma",
        [
            "{ gamma = { shape = 2.5, scale = 3 }, min = 5 }",
            "{ gamma = { shape = 0.4, scale = 2 }, max = 1 }",
            "{ gamma = { shape = 1, scale = 7 }, min = 3, max = 9 }",
            "{ gamma = { shape = 90, scale = 0.2 }, min = 17 }",
            "{ gamma = { shape = 4, scale = 3 }, min = 1, max = 40 }",
        ],
    ),
    (
        "truncated Weibull",
        [
            "{ weibull = { shape = 1, scale = 3 }, max = 3 }",
            "{ weibull = { shape = 0.5, scale = 2 }, min = 1 }",
            "{ weibull = { shape = 1.5, scale = 10 }, min = 5, max = 12 }",
            "{ weibull = { shape = 5, scale = 20 }, min = 18 }",
            "{ weibull = { shape = 20, scale = 1 }, max = 1 }",
        ],
    ),
];

/// A config with an input for each of these.
pub fn config(spelled: &[&str]) -> String {
    let mut text = String::from(
        r#"
        title = "Draws"
        start = "2026-01"
        horizon_years = 1
        markets.all.countries = ["Everywhere"]
        stages.metal = {}
        output.series = []
        run.seed = 7
        "#,
    );
    for (index, law) in spelled.iter().enumerate() {
        text += &format!(
            "projects.p{index} = {{ country = \"Everywhere\", stage = \"metal\", tonnes_per_year = 1, begins = \"2026-01\", slip_months = {law} }}\n"
        );
    }
    text
}

/// Draws of each input in the trials of a run, by the engine itself.
pub fn draws(study: &Study, trials: u64, instructions: InstructionSet) -> Vec<Vec<f64>> {
    let model = &study.scenarios[0].model;
    let engine = Engine::new(model).with_instructions(instructions);
    let mut scratch: Scratch = engine.scratch();
    let slots: BTreeMap<&str, usize> =
        model.inputs.drawn.iter().enumerate().map(|(slot, input)| (input.name.as_str(), slot)).collect();
    let known = (0..model.projects.len()).map(|index| format!("projects.p{index}.slip_months"));
    let slots: Vec<Option<usize>> = known.map(|name| slots.get(name.as_str()).copied()).collect();
    let mut found = vec![Vec::with_capacity(trials as usize); slots.len()];
    for first in (0..trials).step_by(LANES) {
        let batch = engine.run(first..trials.min(first + LANES as u64), &mut scratch);
        for (draws, slot) in found.iter_mut().zip(&slots) {
            let Some(slot) = slot else { continue };
            draws.extend(&batch.draws.inputs[*slot].0[..batch.count]);
        }
    }
    found
}
