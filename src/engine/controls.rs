//! Export controls: by how much they cut the flow from one market to another.

use super::{Draws, Engine};
use crate::model::Model;
use crate::simd::{LaneGroups, Lanes, Number, Rows};

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

/// Fills the flow factors, a row a month: 1 where trade is free, else the product of `1 - effect (1 - leakage)` over the
/// controls in force. `passed` holds `1 - leakage` by disruption.
#[inline(always)]
pub fn fill<N: Number>(lanes: LaneGroups<N>, engine: &Engine<'_>, draws: &Draws, passed: &[Lanes], factors: &mut Rows) {
    let months = engine.model.months;
    for lanes in lanes.iter() {
        for (row, by) in engine.controls.rows.iter().enumerate() {
            let in_force = by.iter().filter(|&&index| draws.disrupted[index]);
            let effect = |&index: &usize| (&draws.effects[index * months..][..months], lanes.load(&passed[index]));
            let in_force: Vec<_> = in_force.map(effect).collect();
            for month in 0..months {
                let mut factor = lanes.splat(1.0);
                for (effects, passed) in &in_force {
                    factor = factor * (lanes.splat(1.0) - lanes.load(&effects[month]) * *passed);
                }
                lanes.store(factors.cell_mut(month, row), factor);
            }
        }
    }
}
