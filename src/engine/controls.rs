//! Export controls: by how much they cut the flow from one market to another.

use super::{Draws, Engine};
use crate::model::Model;
use crate::simd::{Kernel, LaneGroups, Lanes, Number, Rows};

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

/// Fills the flow factors, a row a step: 1 where trade is free, else the product of `1 - effect (1 - leakage)` over the
/// controls in force.
pub struct FillFactors<'a, 'm> {
    pub engine: &'a Engine<'m>,
    pub draws: &'a Draws,
    /// By disruption: `1 - leakage`.
    pub passed: &'a [Lanes],
    pub factors: &'a mut Rows,
}

impl Kernel for FillFactors<'_, '_> {
    #[inline(always)]
    fn run<N: Number>(self, groups: LaneGroups<N>) {
        let FillFactors { engine, draws, passed, factors } = self;
        let steps = factors.months();
        for lanes in groups.iter() {
            for (row, by) in engine.controls.rows.iter().enumerate() {
                let mut in_force: Vec<(&[Lanes], N)> = Vec::new();
                for &index in by.iter().filter(|&&index| draws.disrupted[index]) {
                    in_force.push((&draws.effects[index * steps..][..steps], lanes.load(&passed[index])));
                }
                for step in 0..steps {
                    let mut factor = lanes.splat(1.0);
                    for (effects, passed) in &in_force {
                        factor = factor * (lanes.splat(1.0) - lanes.load(&effects[step]) * *passed);
                    }
                    lanes.store(factors.cell_mut(step, row), factor);
                }
            }
        }
    }
}
