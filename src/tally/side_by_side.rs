//! One outcome of several models on the same trials: how it is spread in each, its worst trials, and how far it lies below that of
//! others, trial by trial.
//!
//! Everything is a whole number, so that adding up in any order, on any number of threads, gives the same.

use super::Histogram;
use super::fixed::{Fixed, Sums};
use crate::model::{Bins, Model};
use crate::statistics::{CellSums, Tail, mean_of_worst};

/// An outcome of several models on the same trials. All take the same bounds, those of the first.
#[derive(Clone, Debug, PartialEq)]
pub struct SideBySide {
    trials: u64,
    bins: Bins,
    fixed: Fixed,
    models: Vec<OfModel>,
}

/// What is counted of a model.
#[derive(Clone, Debug, PartialEq)]
struct OfModel {
    counts: Vec<u32>,
    /// By cell: sums of the values, and of their squares.
    cells: Vec<[i128; 2]>,
    range: (f64, f64),
    sums: Sums,
    /// Models that it is compared with, by index, and by how much they exceed it.
    others: Vec<(usize, Sums)>,
}

impl SideBySide {
    /// Of the first outcome of all models; `others` are those that each is compared with, by index.
    pub fn new(models: &[&Model], others: &[Vec<usize>]) -> Self {
        let model = models[0];
        let spec = &model.outcomes[0];
        let bins = spec.bins(model.months);
        let of_model = |others: &Vec<usize>| OfModel {
            counts: vec![0; bins.len()],
            cells: vec![[0; 2]; bins.len()],
            range: (f64::INFINITY, f64::NEG_INFINITY),
            sums: Sums::default(),
            others: others.iter().map(|other| (*other, Sums::default())).collect(),
        };
        SideBySide {
            trials: 0,
            bins,
            fixed: Fixed::new(bins, spec.ceiling),
            models: others.iter().map(of_model).collect(),
        }
    }

    /// Records trials: by model, the values of each.
    pub fn record(&mut self, values: &[Vec<f64>]) {
        let whole: Vec<Vec<i64>> =
            values.iter().map(|row| row.iter().map(|value| self.fixed.whole(*value) as i64).collect()).collect();
        for (index, model) in self.models.iter_mut().enumerate() {
            for (&value, &own) in values[index].iter().zip(&whole[index]) {
                let cell = self.bins.cell(value);
                model.counts[cell] += 1;
                let [sum, squares] = &mut model.cells[cell];
                *sum += i128::from(own);
                *squares += i128::from(own) * i128::from(own);
                model.range = (model.range.0.min(value), model.range.1.max(value));
                model.sums.add(own);
            }
            for (other, sums) in &mut model.others {
                whole[*other].iter().zip(&whole[index]).for_each(|(other, own)| sums.add(other - own));
            }
        }
        self.trials += values[0].len() as u64;
    }

    /// Number of trials.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// The values of a model, by index.
    pub fn histogram(&self, model: usize) -> Histogram<'_> {
        let OfModel { counts, range, sums, .. } = &self.models[model];
        Histogram { bins: self.bins, counts, trials: self.trials, range: *range, sums: *sums, fixed: self.fixed }
    }

    /// Mean and sample variance of the amount by which a model lies below one that it is compared with, given by its place in that
    /// list. `None` where there are no trials, or values too large to be added up.
    pub fn below(&self, model: usize, place: usize) -> Option<(f64, Option<f64>)> {
        let (other, sums) = self.models[model].others[place];
        let is_known = [model, other].iter().all(|index| self.histogram(*index).saturated().is_none());
        let mean = sums.mean(self.trials, self.fixed).filter(|_| is_known)?;
        Some((mean, sums.variance(self.trials, self.fixed)))
    }

    /// How far a mean of differences may be off at the most.
    pub fn rounding(&self) -> f64 {
        2.0 * self.fixed.rounding()
    }

    /// The mean of the worst `1 - level` of the trials of a model, in whole numbers of [`SideBySide::value`]. `None` where values
    /// are too large to be added up, or there are fewer than two.
    pub fn worst(&self, model: usize, level: f64) -> Option<Tail> {
        let OfModel { counts, cells, range, .. } = &self.models[model];
        let sums = |cell: usize| {
            let [sum, squares] = cells[cell];
            let high = self.bins.edges(cell).1.min(range.1);
            (CellSums { count: u64::from(counts[cell]), sum, squares }, self.fixed.whole(high))
        };
        let cells = (0..cells.len()).rev().filter(|&cell| counts[cell] > 0).map(sums);
        mean_of_worst(cells, level).filter(|_| self.histogram(model).saturated().is_none())
    }

    /// What so many whole numbers stand for.
    pub fn value(&self, whole: f64) -> f64 {
        self.fixed.value(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Study;

    /// An amount in two models, in two blocks of trials.
    fn recorded(blocks: [[&[f64]; 2]; 2]) -> SideBySide {
        let study =
            Study::from_text(include_str!("../../configs/smoke.toml")).unwrap_or_else(|faults| panic!("{faults}"));
        let model = &study.scenarios[0].model;
        let mut all = SideBySide::new(&[model, model], &[vec![1], vec![]]);
        blocks.iter().for_each(|block| all.record(&block.map(<[f64]>::to_vec)));
        all
    }

    /// The first lies 0, 5, 4 and 3 below the second: mean 3, variance (9 + 4 + 1 + 0) / 3.
    #[test]
    fn differences_and_the_worst_are_those_by_hand() {
        let all = recorded([[&[0.0, 3.0], &[0.0, 8.0]], [&[6.0, 7.0], &[10.0, 10.0]]]);
        assert_eq!((all.trials(), all.histogram(0).zero(), all.histogram(1).mean()), (4, 1, Some(7.0)));
        let (mean, variance) = all.below(0, 0).expect("there are trials");
        assert!((mean - 3.0).abs() < 1e-9 && (variance.expect("of four") - 14.0 / 3.0).abs() < 1e-9);
        // The worst half of the first are 6 and 7.
        let tail = all.worst(0, 0.5).expect("there are two");
        assert!((all.value(tail.value) - 6.5).abs() < 1e-9, "{tail:?}");
    }

    /// Values are rounded to be added up, and what that does to a mean of differences is told.
    #[test]
    fn means_are_off_by_no_more_than_is_told() {
        let all = recorded([[&[0.1, 1.0 / 3.0], &[0.7, 1.0]], [&[0.3], &[2.0 / 3.0]]]);
        let (mean, _) = all.below(0, 0).expect("there are trials");
        let exact = (0.6 + 2.0 / 3.0 + (2.0 / 3.0 - 0.3)) / 3.0;
        assert!((mean - exact).abs() <= all.rounding(), "{mean}, {exact}");
        assert!(all.rounding() > 0.0 && all.rounding() < 1e-6, "{}", all.rounding());
    }

    #[test]
    fn nothing_is_said_of_what_is_too_large_to_be_added_up() {
        let all = recorded([[&[0.0], &[1.0]], [&[1e300], &[1e300]]]);
        assert_eq!((all.below(0, 0), all.worst(0, 0.5)), (None, None));
    }
}
