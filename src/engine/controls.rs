//! Export controls: by how much they cut the flow from one market to another.

use pulp::{Simd, WithSimd};

use super::Workspace;
use super::wide::Part;
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
pub fn fill(model: &Model, space: &mut Workspace) {
    pulp::Arch::new().dispatch(Fill { model, space });
}

struct Fill<'a> {
    model: &'a Model,
    space: &'a mut Workspace,
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Workspace { controls, draws, parameters, given, .. } = self.space;
        let months = self.model.months;
        for part in Part::all_of(simd) {
            for (row, by) in controls.rows.iter().enumerate() {
                let in_force = by.iter().filter(|&&index| draws.disrupted[index]);
                let effect =
                    |&index: &usize| (&draws.effects[index * months..][..months], part.load(&parameters.passed[index]));
                let in_force: Vec<_> = in_force.map(effect).collect();
                for month in 0..months {
                    let mut factor = part.all(1.0);
                    for (effects, passed) in &in_force {
                        factor = factor * (part.all(1.0) - part.load(&effects[month]) * *passed);
                    }
                    part.store(given.factors.cell_mut(month, row), factor);
                }
            }
        }
    }
}
