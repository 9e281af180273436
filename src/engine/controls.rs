//! Export controls: by how much they cut the flow from one market to another.

use super::Draws;
use crate::model::Model;

/// Which flows can be cut. Pairs of markets that the same controls cut share a row of flow factors.
#[derive(Clone, Debug)]
pub struct Controls {
    /// By row: the disruptions that cut it.
    pub rows: Vec<Vec<usize>>,
    /// By stage: the (from, to, row) that some control can cut.
    pub pairs: Vec<Vec<(usize, usize, usize)>>,
}

impl Controls {
    /// The controls of `model`.
    pub fn new(model: &Model) -> Self {
        let mut cutting = std::collections::BTreeMap::<(usize, usize, usize), Vec<usize>>::new();
        for (index, disruption) in model.disruptions.iter().enumerate() {
            for &(from, to, stage) in &disruption.cuts {
                cutting.entry((stage, from, to)).or_default().push(index);
            }
        }
        let mut controls = Controls { rows: Vec::new(), pairs: vec![Vec::new(); model.stages.len()] };
        for ((stage, from, to), by) in cutting {
            let row = controls.rows.iter().position(|other| *other == by).unwrap_or_else(|| {
                controls.rows.push(by);
                controls.rows.len() - 1
            });
            controls.pairs[stage].push((from, to, row));
        }
        controls
    }
}

/// Fills the flow factors: 1 where trade is free, else the product of `1 - effect (1 - leakage)` over the controls in force.
pub fn fill(model: &Model, controls: &Controls, draws: &mut Draws) {
    let months = model.months;
    for (row, by) in controls.rows.iter().enumerate() {
        let factors = &mut draws.factors[row * months..(row + 1) * months];
        factors.fill(1.0);
        for &index in by.iter().filter(|&&index| draws.disrupted[index]) {
            let passed = 1.0 - model.disruptions[index].leakage.of(&draws.inputs);
            for (factor, effect) in factors.iter_mut().zip(&draws.effects[index * months..(index + 1) * months]) {
                *factor *= 1.0 - effect * passed;
            }
        }
    }
}
