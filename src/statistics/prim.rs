//! The box of a few inputs in which something happens most often: the patient rule induction method of Friedman and Fisher,
//! "Bump hunting in high-dimensional data" (Statistics and Computing 9, 1999), as Bryant and Lempert use it to discover
//! scenarios ("Thinking inside the box", Technological Forecasting and Social Change 77, 2010), whose measures these are:
//! density, coverage, and mass.
//!
//! A box is found by looking for it, so that the trials in which it was found flatter it: what is said of it must come from
//! others ([`measure`]).

use super::clopper_pearson;
use super::family::binomial_tails;

/// Share of what is left that is peeled off at a time, or pasted on again.
const PEEL: f64 = 0.05;

/// A box holds at least this share of the trials, and at least so many.
const LEAST_MASS: f64 = 0.01;
const LEAST_TRIALS: usize = 50;

/// A limit is kept if what it adds would come by chance with at most this probability (the quasi-p-value of Bryant and Lempert).
const CHANCE: f64 = 0.01;

/// Confidence with which a box is judged among others.
const JUDGED: f64 = 0.95;

/// The range of one input: above `low` and below `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Which.
    pub column: usize,
    /// Lower end, itself outside; infinite if there is none.
    pub low: f64,
    /// Upper end, likewise.
    pub high: f64,
}

impl Limit {
    fn holds(&self, value: f64) -> bool {
        self.low < value && value < self.high
    }

    fn is_open(&self) -> bool {
        self.low == f64::NEG_INFINITY && self.high == f64::INFINITY
    }
}

/// What is counted of a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Trials.
    pub trials: u64,
    /// Those that count.
    pub hits: u64,
    /// Trials in the box.
    pub inside: u64,
    /// Those of them that count: density is their share of `inside`, coverage that of `hits`, mass that of `inside` in all.
    pub hits_inside: u64,
}

impl Measured {
    fn density(&self) -> f64 {
        if self.inside == 0 { 0.0 } else { self.hits_inside as f64 / self.inside as f64 }
    }
}

/// Counts trials, by column and trial, in the box that all `limits` together make.
pub fn measure(limits: &[Limit], columns: &[Vec<f64>], hits: &[bool]) -> Measured {
    let mut found = Measured { trials: hits.len() as u64, ..Measured::default() };
    for (trial, &hit) in hits.iter().enumerate() {
        let inside = limits.iter().all(|limit| limit.holds(columns[limit.column][trial]));
        found.hits += u64::from(hit);
        found.inside += u64::from(inside);
        found.hits_inside += u64::from(hit && inside);
    }
    found
}

/// The box, of at most `most` columns, in which hits are densest: the largest of those in which their share certainly reaches
/// `goal`, else the one in which it is certainly highest. Boxes are made in every other trial and judged in those between, so
/// that no limit is kept which only chance has drawn. None is left if nothing is found.
pub fn discover(columns: &[Vec<f64>], hits: &[bool], most: usize, goal: f64) -> Vec<Limit> {
    let half = |first: usize| {
        let columns: Vec<Vec<f64>> =
            columns.iter().map(|column| column.iter().skip(first).step_by(2).copied().collect()).collect();
        (columns, hits.iter().skip(first).step_by(2).copied().collect::<Vec<bool>>())
    };
    let (made, judged) = (half(0), half(1));
    let open = |column| Limit { column, low: f64::NEG_INFINITY, high: f64::INFINITY };
    let mut found: Vec<Limit> = (0..columns.len()).map(open).collect();
    let least = ((LEAST_MASS * made.1.len() as f64).ceil() as usize).max(LEAST_TRIALS);
    let mut trail = vec![found.clone()];
    while let Some(next) = peeled(&found, &made.0, &made.1, (most, least)) {
        found = next;
        trail.push(found.clone());
    }
    let mut chosen = choose(&trail, &judged.0, &judged.1, goal);
    while let Some(wider) = pasted(&chosen, &made.0, &made.1) {
        chosen = wider;
    }
    without_chance(chosen, &judged.0, &judged.1)
}

/// Of the trail of boxes the best.
fn choose(trail: &[Vec<Limit>], columns: &[Vec<f64>], hits: &[bool], goal: f64) -> Vec<Limit> {
    let certain = |found: &Measured| clopper_pearson(found.hits_inside, found.inside, JUDGED).low;
    let judged: Vec<f64> = trail.iter().map(|limits| certain(&measure(limits, columns, hits))).collect();
    // Boxes become smaller along the trail.
    let reaches = judged.iter().position(|low| *low >= goal);
    let highest = || (0..judged.len()).fold(0, |best, next| if judged[next] > judged[best] { next } else { best });
    trail[reaches.unwrap_or_else(highest)].clone()
}

/// The trials in a box.
fn inside(limits: &[Limit], columns: &[Vec<f64>], trials: usize) -> Vec<usize> {
    (0..trials).filter(|trial| limits.iter().all(|limit| limit.holds(columns[limit.column][*trial]))).collect()
}

/// The box after the peel that leaves the highest density; none if it would become too small.
fn peeled(limits: &[Limit], columns: &[Vec<f64>], hits: &[bool], (most, least): (usize, usize)) -> Option<Vec<Limit>> {
    let members = inside(limits, columns, hits.len());
    let all = members.iter().filter(|trial| hits[**trial]).count();
    let restricted = limits.iter().filter(|limit| !limit.is_open()).count();
    let count = ((PEEL * members.len() as f64).ceil() as usize).max(1);
    let mut best: Option<(f64, usize, Limit)> = None;
    for (index, limit) in limits.iter().enumerate().filter(|(_, limit)| restricted < most || !limit.is_open()) {
        let column = &columns[limit.column];
        let mut values: Vec<f64> = members.iter().map(|trial| column[*trial]).collect();
        if values.len() <= count {
            continue;
        }
        let low = *values.select_nth_unstable_by(count - 1, f64::total_cmp).1;
        let last = values.len() - count;
        let high = *values.select_nth_unstable_by(last, f64::total_cmp).1;
        for peel in [Limit { low, ..*limit }, Limit { high, ..*limit }] {
            let kept = members.iter().filter(|trial| peel.holds(column[**trial]));
            let (kept, held) = kept.fold((0, 0), |(kept, held), trial| (kept + 1, held + usize::from(hits[*trial])));
            let density = held as f64 / kept.max(1) as f64;
            // Ties go to the larger box, then to the earlier column.
            let is_better = best.is_none_or(|(other, size, _)| density > other || density == other && kept > size);
            if kept >= least && is_better {
                best = Some((density, kept, Limit { column: index, ..peel }));
            }
        }
    }
    let (density, _, peel) = best?;
    // What holds everywhere cannot become denser.
    if all == members.len() || density == 0.0 {
        return None;
    }
    let mut peeled = limits.to_vec();
    (peeled[peel.column].low, peeled[peel.column].high) = (peel.low, peel.high);
    Some(peeled)
}

/// The box after the paste that makes it denser still; none if none does.
fn pasted(limits: &[Limit], columns: &[Vec<f64>], hits: &[bool]) -> Option<Vec<Limit>> {
    let now = measure(limits, columns, hits);
    let count = ((PEEL * now.inside as f64).ceil() as usize).max(1);
    let mut best: Option<(f64, Vec<Limit>)> = None;
    for (index, limit) in limits.iter().enumerate().filter(|(_, limit)| !limit.is_open()) {
        let mut without = limits.to_vec();
        (without[index].low, without[index].high) = (f64::NEG_INFINITY, f64::INFINITY);
        let column = &columns[limit.column];
        let mut values: Vec<f64> =
            inside(&without, columns, hits.len()).into_iter().map(|trial| column[trial]).collect();
        values.sort_by(f64::total_cmp);
        let below = values.partition_point(|value| *value <= limit.low);
        let above = values.partition_point(|value| *value < limit.high);
        let low = below.checked_sub(count + 1).map_or(f64::NEG_INFINITY, |next| values[next]);
        let high = values.get(above + count).copied().unwrap_or(f64::INFINITY);
        for wider in [Limit { low, ..*limit }, Limit { high, ..*limit }].into_iter().filter(|wider| wider != limit) {
            let mut pasted = limits.to_vec();
            pasted[index] = wider;
            let density = measure(&pasted, columns, hits).density();
            if density > now.density() && best.as_ref().is_none_or(|(other, _)| density > *other) {
                best = Some((density, pasted));
            }
        }
    }
    best.map(|(_, pasted)| pasted)
}

/// Opens the end of a range that adds least, as long as what it adds may as well be chance; ranges that are open at both ends
/// are left out.
fn without_chance(mut limits: Vec<Limit>, columns: &[Vec<f64>], hits: &[bool]) -> Vec<Limit> {
    loop {
        limits.retain(|limit| !limit.is_open());
        let now = measure(&limits, columns, hits);
        let mut best: Option<(f64, Vec<Limit>)> = None;
        for (index, limit) in limits.iter().enumerate() {
            let (lower, upper) = (Limit { low: f64::NEG_INFINITY, ..*limit }, Limit { high: f64::INFINITY, ..*limit });
            for opened in [lower, upper].into_iter().filter(|opened| opened != limit) {
                let mut wider = limits.clone();
                wider[index] = opened;
                let chance = binomial_tails(now.hits_inside, now.inside, measure(&wider, columns, hits).density()).1;
                if best.as_ref().is_none_or(|(other, _)| chance > *other) {
                    best = Some((chance, wider));
                }
            }
        }
        match best {
            Some((chance, wider)) if chance > CHANCE => limits = wider,
            _ => return limits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;

    const TRIALS: u64 = 4000;

    fn uniforms(seed: u64, columns: usize, trials: std::ops::Range<u64>) -> Vec<Vec<f64>> {
        let column = |column: usize| {
            let key = Key::new(seed, &format!("column {column}"));
            trials.clone().map(|trial| key.uniform(trial)).collect()
        };
        (0..columns).map(column).collect()
    }

    /// Hits with probability 0.8 where the second of five numbers is below 0.4 and the fourth above 0.5, else 0.1.
    #[test]
    fn a_known_box_is_found() {
        let chance = Key::new(7, "chance");
        let hit = |columns: &[Vec<f64>], first: u64| -> Vec<bool> {
            (0..TRIALS as usize)
                .map(|trial| {
                    let inside = columns[1][trial] < 0.4 && columns[3][trial] > 0.5;
                    chance.uniform(first + trial as u64) < if inside { 0.8 } else { 0.1 }
                })
                .collect()
        };
        let [found_in, fresh] = [0..TRIALS, TRIALS..2 * TRIALS].map(|trials| uniforms(3, 5, trials));
        let limits = discover(&found_in, &hit(&found_in, 0), 4, 0.9);
        let named: Vec<usize> = limits.iter().map(|limit| limit.column).collect();
        assert_eq!(named, [1, 3], "{limits:?}");
        assert!(limits[0].low == f64::NEG_INFINITY && (limits[0].high - 0.4).abs() < 0.08, "{limits:?}");
        assert!(limits[1].high == f64::INFINITY && (limits[1].low - 0.5).abs() < 0.08, "{limits:?}");
        let found = measure(&limits, &fresh, &hit(&fresh, TRIALS));
        let density = clopper_pearson(found.hits_inside, found.inside, 0.95);
        assert!(density.low < 0.82 && 0.75 < density.high, "{found:?}");
        assert!((found.inside as f64 / TRIALS as f64 - 0.2).abs() < 0.04, "{found:?}");
        // A goal below what the box reaches gives a larger one.
        let larger = discover(&found_in, &hit(&found_in, 0), 4, 0.4);
        assert!(measure(&larger, &fresh, &hit(&fresh, TRIALS)).inside > found.inside);
    }

    /// Where nothing matters, the box that looks best in its own trials is no better in others.
    #[test]
    fn noise_flatters_only_the_trials_it_was_found_in() {
        let (mut flattered, mut covered) = (0.0, 0);
        for seed in 0..10 {
            let chance = Key::new(seed, "chance");
            let [own, fresh] = [0..1000, 1000..2000].map(|trials: std::ops::Range<u64>| {
                let hits: Vec<bool> = trials.clone().map(|trial| chance.uniform(trial) < 0.2).collect();
                (uniforms(seed, 6, trials), hits)
            });
            let open = |column| Limit { column, low: f64::NEG_INFINITY, high: f64::INFINITY };
            let mut limits: Vec<Limit> = (0..6).map(open).collect();
            while let Some(next) = peeled(&limits, &own.0, &own.1, (4, 60)) {
                limits = next;
            }
            let [found, measured] = [&own, &fresh].map(|(columns, hits)| measure(&limits, columns, hits));
            let interval = clopper_pearson(measured.hits_inside, measured.inside, 0.95);
            flattered += found.density() / 10.0;
            covered += u32::from(interval.low <= 0.2 && 0.2 <= interval.high);
        }
        assert!(flattered > 0.25, "in sample the density is {flattered} in the mean, above the base rate");
        assert!(covered >= 8, "in fresh trials it is the base rate in {covered} of 10");
    }

    #[test]
    fn what_is_yes_or_no_is_peeled_as_a_whole() {
        let mut columns = uniforms(5, 2, 0..2000);
        columns[0] = columns[0].iter().map(|uniform| if *uniform < 0.7 { 0.0 } else { 1.0 }).collect();
        let hits: Vec<bool> = (0..2000).map(|trial| columns[0][trial] == 1.0).collect();
        let limits = discover(&columns, &hits, 4, 0.9);
        assert_eq!(limits, [Limit { column: 0, low: 0.0, high: f64::INFINITY }]);
        let found = measure(&limits, &columns, &hits);
        assert_eq!(found.inside, found.hits);
    }

    /// Of 29 values between 30 and 60 every third is a hit; the two below are hits, of the two above one is.
    #[test]
    fn the_denser_of_two_pastes_is_made() {
        let column: Vec<f64> = (0..100).map(f64::from).collect();
        let hits = |below: [bool; 2], above: [bool; 2]| -> Vec<bool> {
            let mut hits: Vec<bool> = (0..100).map(|at| (31..60).contains(&at) && at % 3 == 0).collect();
            (hits[29], hits[30], hits[60], hits[61]) = (below[0], below[1], above[0], above[1]);
            hits
        };
        let limit = Limit { column: 0, low: 30.0, high: 60.0 };
        let paste = |below, above| pasted(&[limit], std::slice::from_ref(&column), &hits(below, above));
        assert_eq!(paste([true; 2], [true, false]), Some(vec![Limit { low: 28.0, ..limit }]));
        assert_eq!(paste([true, false], [true; 2]), Some(vec![Limit { high: 62.0, ..limit }]));
        assert_eq!(paste([false; 2], [false; 2]), None);
    }

    #[test]
    fn nothing_to_look_at_gives_nothing() {
        assert!(discover(&[], &[true, false], 4, 0.5).is_empty());
        assert!(discover(&uniforms(1, 2, 0..100), &[false; 100], 4, 0.5).is_empty());
        assert!(discover(&uniforms(1, 2, 0..100), &[true; 100], 4, 0.5).is_empty());
    }
}
