//! Where a count of trials passes a level as one number is moved, on shared random numbers.
//!
//! With the same random numbers at every value each trial has a value of its own at which it begins to hold, if it is monotone.
//! The count at a value is then how many of these lie on one side of it, and the value at which it reaches so many is their order
//! statistic: the value at which a *probability* passes a goal is a quantile, and two ranks give its interval with no
//! assumption on the distribution ([`super::percentile_ranks`]). The same ranks hold without monotone trials, as long as the
//! probability itself passes the goal once: the count at the true crossing is binomial, whatever the trials do elsewhere.
//!
//! Only trials that differ between two values are simulated between them, so that a bisection costs little more than its ends.
//! Whether trials are monotone is looked at first; where some are not, that is trusted only between values that are near each
//! other.

use std::rc::Rc;

/// Steps of a bisection: the range is cut into `2^12` parts.
const FINEST: f64 = 1.0 / 4096.0;

/// Where some trials are not monotone, all are simulated between values that are further apart than this part of the range.
const NEAR: f64 = 1.0 / 16.0;

/// Where trials are looked at between the ends of the range.
const BETWEEN: [f64; 3] = [0.25, 0.5, 0.75];

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Passing {
    /// Ends of the range.
    pub range: (f64, f64),
    /// Whether only whole numbers are meant.
    pub whole: bool,
    /// Trials `0..trials`.
    pub trials: u64,
    /// Trials that must hold.
    pub goal: u64,
    /// Counts at the ends of the interval: see [`super::percentile_ranks`].
    pub ranks: Option<(u64, u64)>,
    /// How many trials are looked at to tell whether they are monotone.
    pub looked_at: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// Both ends of the range, with the trials that hold there.
    pub ends: [(f64, u64); 2],
    /// Of all values at which every trial was simulated: the one nearest to the goal, or beyond it.
    pub best: (f64, u64),
    /// Trials among those looked at that change their mind more than once.
    pub contrary: u64,
    /// Where the goal is passed, if it is.
    pub crossing: Option<Crossing>,
}

/// Where a count passes the goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The value at which the goal is reached.
    pub value: f64,
    /// The end of the interval at which fewer hold; none if it lies beyond the range, or cannot be given.
    pub fewer: Option<f64>,
    /// The end at which more hold, likewise.
    pub more: Option<f64>,
    /// Whether more hold at larger values.
    pub rises: bool,
}

/// The trials that hold at a value.
struct Point {
    at: f64,
    holds: Vec<bool>,
    count: u64,
}

impl Point {
    fn new(at: f64, holds: Vec<bool>) -> Rc<Point> {
        let count = holds.iter().filter(|holds| **holds).count() as u64;
        Rc::new(Point { at, holds, count })
    }
}

struct Search<'a, F> {
    asked: &'a Passing,
    /// Whether trials at a value hold, in the order asked.
    holds: F,
    points: Vec<Rc<Point>>,
    is_monotone: bool,
}

/// Looks for where the count of trials that hold passes the goal; of several such places, at the largest value. `holds` tells of
/// some trials whether they do at a value; at the values that are `known`, of all trials.
///
/// # Errors
/// Those of `holds`.
pub fn passing<E>(
    asked: &Passing,
    known: &[(f64, &[bool])],
    holds: impl FnMut(f64, &[u64]) -> Result<Vec<bool>, E>,
) -> Result<Passed, E> {
    let points = known.iter().map(|(at, holds)| Point::new(*at, holds.to_vec())).collect();
    let mut search = Search { asked, holds, points, is_monotone: true };
    let ends = [search.all_at(asked.range.0)?, search.all_at(asked.range.1)?];
    let contrary = search.look_between(&ends)?;
    search.is_monotone = contrary == 0;
    let crossing = search.crossing()?;
    let seeks_more = ends.iter().all(|end| end.count < asked.goal);
    let better = |a: &Rc<Point>, b: &Rc<Point>| if seeks_more { a.count > b.count } else { a.count < b.count };
    let best = search.points.iter().fold(&ends[1], |best, point| if better(point, best) { point } else { best });
    let best = (best.at, best.count);
    Ok(Passed { ends: ends.map(|end| (end.at, end.count)), best, contrary, crossing })
}

impl<E, F: FnMut(f64, &[u64]) -> Result<Vec<bool>, E>> Search<'_, F> {
    fn all_at(&mut self, at: f64) -> Result<Rc<Point>, E> {
        if let Some(known) = self.points.iter().find(|point| point.at == at) {
            return Ok(known.clone());
        }
        let trials: Vec<u64> = (0..self.asked.trials).collect();
        let point = Point::new(at, (self.holds)(at, &trials)?);
        self.put(&point);
        Ok(point)
    }

    fn put(&mut self, point: &Rc<Point>) {
        self.points.push(point.clone());
        self.points.sort_by(|a, b| a.at.total_cmp(&b.at));
    }

    fn place(&self, share: f64) -> f64 {
        let (from, to) = self.asked.range;
        let at = from + share * (to - from);
        if self.asked.whole { at.round() } else { at }
    }

    /// Counts trials that change their mind more than once on the way, and puts a value between among the points where it
    /// may do what neither end does.
    fn look_between(&mut self, ends: &[Rc<Point>; 2]) -> Result<u64, E> {
        let some: Vec<u64> = (0..self.asked.trials.min(self.asked.looked_at)).collect();
        let mut between: Vec<(f64, Vec<bool>)> = Vec::new();
        for at in BETWEEN.map(|share| self.place(share)) {
            let is_new = at != ends[0].at && at != ends[1].at && between.iter().all(|(known, _)| *known != at);
            if is_new {
                let known = self.points.iter().find(|point| point.at == at).map(|point| point.holds.clone());
                let holds = if let Some(holds) = known { holds } else { (self.holds)(at, &some)? };
                between.push((at, holds));
            }
        }
        let changes = |trial: &u64| {
            let trial = *trial as usize;
            let inner = between.iter().map(|(_, holds)| holds[trial]);
            let course: Vec<bool> =
                [ends[0].holds[trial]].into_iter().chain(inner).chain([ends[1].holds[trial]]).collect();
            course.windows(2).filter(|pair| pair[0] != pair[1]).count() > 1
        };
        let contrary = some.iter().filter(|trial| changes(trial)).count() as u64;
        let [first, last] = [0, 1].map(|end| ends[end].count >= self.asked.goal);
        if first == last && contrary > 0 {
            let of_some = |holds: &[bool]| holds[..some.len()].iter().filter(|holds| **holds).count();
            let counts = ends.each_ref().map(|end| of_some(&end.holds));
            let beyond = |count: usize| {
                if first { count < counts[0].min(counts[1]) } else { count > counts[0].max(counts[1]) }
            };
            for (at, holds) in &between {
                if beyond(of_some(holds)) {
                    self.all_at(*at)?;
                }
            }
        }
        Ok(contrary)
    }

    fn crossing(&mut self) -> Result<Option<Crossing>, E> {
        let (goal, ranks) = (self.asked.goal, self.asked.ranks);
        let is_passed = |pair: &&[Rc<Point>]| (pair[0].count >= goal) != (pair[1].count >= goal);
        let Some([left, right]) = self.points.windows(2).rfind(is_passed) else { return Ok(None) };
        let rises = right.count >= goal;
        let (fewer, more) = if rises { (left.clone(), right.clone()) } else { (right.clone(), left.clone()) };
        let (fewer, more) = self.narrow(goal, fewer, more)?;
        let mut crossing = Crossing { value: more.at, fewer: None, more: None, rises };
        if let Some((low, high)) = ranks {
            // From the crossing on towards fewer, the first value at which not even the lower rank is reached.
            let way: Vec<Rc<Point>> = self.way(fewer.at, !rises);
            if let Some(end) = way.iter().position(|point| point.count < low) {
                let before = if end == 0 { more.clone() } else { way[end - 1].clone() };
                crossing.fewer = Some(self.narrow(low, way[end].clone(), before)?.0.at);
            }
            let way: Vec<Rc<Point>> = self.way(more.at, rises);
            if let Some(end) = way.iter().position(|point| point.count >= high) {
                let before = if end == 0 { fewer } else { way[end - 1].clone() };
                crossing.more = Some(self.narrow(high, before, way[end].clone())?.1.at);
            }
        }
        Ok(Some(crossing))
    }

    /// The points from one on, upwards or downwards.
    fn way(&self, from: f64, upwards: bool) -> Vec<Rc<Point>> {
        let mut way: Vec<Rc<Point>> = self
            .points
            .iter()
            .filter(|point| if upwards { point.at >= from } else { point.at <= from })
            .cloned()
            .collect();
        if !upwards {
            way.reverse();
        }
        way
    }

    /// Bisects between a value at which fewer than `level` hold and one at which as many do.
    fn narrow(&mut self, level: u64, mut fewer: Rc<Point>, mut more: Rc<Point>) -> Result<(Rc<Point>, Rc<Point>), E> {
        let (from, to) = self.asked.range;
        let least = if self.asked.whole { 1.0 } else { FINEST * (to - from).abs() };
        // A little is added, which rounding may take from halves of halves.
        while (more.at - fewer.at).abs() > least * 1.000_001 {
            let middle = 0.5 * (fewer.at + more.at);
            let middle = self.between(if self.asked.whole { middle.floor() } else { middle }, &fewer, &more)?;
            if middle.count >= level { more = middle } else { fewer = middle }
        }
        Ok((fewer, more))
    }

    /// A point between two others: trials that agree there agree here too.
    fn between(&mut self, at: f64, one: &Point, other: &Point) -> Result<Rc<Point>, E> {
        let (from, to) = self.asked.range;
        if !self.is_monotone && (one.at - other.at).abs() > NEAR * (to - from).abs() {
            return self.all_at(at);
        }
        let differ: Vec<u64> =
            (0..self.asked.trials).filter(|trial| one.holds[*trial as usize] != other.holds[*trial as usize]).collect();
        let mut holds = one.holds.clone();
        for (trial, found) in differ.iter().zip((self.holds)(at, &differ)?) {
            holds[*trial as usize] = found;
        }
        let point = Point::new(at, holds);
        self.put(&point);
        Ok(point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;
    use crate::statistics::percentile_ranks;

    fn asked(trials: u64, goal: f64) -> Passing {
        let rank = (goal * trials as f64).ceil() as u64;
        let ranks = percentile_ranks(trials, goal, 0.95);
        Passing { range: (0.0, 1.0), whole: false, trials, goal: rank, ranks, looked_at: 500 }
    }

    /// Trials that hold from their own uniform number on, or up to it: the goal itself is where it is passed, as an order
    /// statistic. The interval holds it in about 95 of 100 runs.
    #[test]
    fn thresholds_are_order_statistics_and_their_intervals_cover() {
        let wide = Passing { range: (0.0, 0.25), ..asked(1000, 0.3) };
        let (low, high) = wide.ranks.expect("enough trials");
        for rises in [true, false] {
            let mut held = 0;
            for seed in 0..100 {
                let key = Key::new(seed, "threshold");
                let threshold = |trial: u64| 0.25 * key.uniform(trial);
                let mut simulated = 0u64;
                let found = passing(&wide, &[], |at, trials| {
                    simulated += trials.len() as u64;
                    Ok::<_, ()>(trials.iter().map(|trial| (threshold(*trial) <= at) == rises).collect())
                })
                .expect("nothing fails");
                let crossing = found.crossing.expect("from none to all");
                assert_eq!((crossing.rises, found.contrary), (rises, 0));
                let mut thresholds: Vec<f64> = (0..1000).map(threshold).collect();
                thresholds.sort_by(f64::total_cmp);
                // Where so many hold.
                let exact = |rank: u64| thresholds[if rises { rank - 1 } else { 1000 - rank } as usize];
                let (fewer, more) = (crossing.fewer.expect("an end"), crossing.more.expect("an end"));
                for (found, rank) in [(crossing.value, 300), (fewer, low), (more, high)] {
                    assert!((found - exact(rank)).abs() <= 0.25 * FINEST * 1.001, "{found} is not {}", exact(rank));
                }
                let truth = if rises { 0.075 } else { 0.175 };
                held += u32::from(fewer.min(more) <= truth && truth <= fewer.max(more));
                assert!(simulated < 8 * 1000, "{simulated} trials for a thousand");
            }
            assert!((89..=100).contains(&held), "{held} of 100");
        }
    }

    #[test]
    fn trials_that_change_their_mind_are_noticed_and_all_simulated() {
        // A third of the trials hold at the ends, and not between; the others from their own number on.
        let key = Key::new(1, "threshold");
        let holds = |at: f64, trial: u64| match trial % 3 {
            0 => !(0.2..0.8).contains(&at),
            _ => key.uniform(trial) <= at,
        };
        let mut simulated = 0;
        let wide = Passing { range: (0.0, 4.0), ..asked(3000, 0.5) };
        let found = passing(&wide, &[], |at, trials| {
            simulated += trials.len();
            Ok::<_, ()>(trials.iter().map(|trial| holds(at / 4.0, *trial)).collect())
        });
        let found = found.expect("nothing fails");
        assert!(found.contrary > 100, "{found:?}");
        // Both ends, and each of the halves until they are near.
        assert!((5 * 3000..10 * 3000).contains(&simulated), "{simulated}");
        let crossing = found.crossing.expect("from a third to all");
        let count = |at: f64| (0..3000).filter(|trial| holds(at, *trial)).count();
        let value = crossing.value / 4.0;
        assert!(count(value) >= 1500 && count(value - 2.0 * FINEST) < 1500, "{crossing:?}");
    }

    #[test]
    fn a_goal_that_only_values_between_reach_is_found() {
        let key = Key::new(2, "threshold");
        let found = passing(&asked(2000, 0.4), &[], |at, trials| {
            let near = 0.5 - (at - 0.5f64).abs();
            Ok::<_, ()>(trials.iter().map(|trial| key.uniform(*trial) <= near).collect())
        });
        let found = found.expect("nothing fails");
        assert_eq!(found.ends.map(|end| end.1), [0, 0]);
        let crossing = found.crossing.expect("half of them hold in the middle");
        assert!((crossing.value - 0.6).abs() < 0.05 && !crossing.rises, "the last of two: {crossing:?}");
    }

    /// What is known at a value is not simulated again, and tells the one side from the other.
    #[test]
    fn a_known_value_between_two_that_reach_the_goal() {
        let hold = |at: f64| -> Vec<bool> { (0..400).map(|trial| f64::from(trial) < 400.0 * at.abs()).collect() };
        let both = Passing { range: (-1.0, 1.0), ..asked(400, 0.5) };
        let found = passing(&both, &[(0.0, &hold(0.0))], |at, trials| {
            assert_ne!(at, 0.0);
            Ok::<_, ()>(trials.iter().map(|trial| hold(at)[*trial as usize]).collect())
        });
        let crossing = found.expect("nothing fails").crossing.expect("on both sides");
        assert!((crossing.value - 0.5).abs() < 0.01 && crossing.rises, "{crossing:?}");
    }

    #[test]
    fn whole_numbers_and_what_is_out_of_reach() {
        let whole = Passing { range: (0.0, 40.0), whole: true, ..asked(400, 0.5) };
        let found = passing(&whole, &[], |at, trials| {
            assert_eq!(at.fract(), 0.0);
            Ok::<_, ()>(trials.iter().map(|trial| trial % 20 < at as u64).collect())
        });
        assert_eq!(found.expect("nothing fails").crossing.expect("at ten").value, 10.0);
        let few = passing(&asked(400, 0.5), &[], |at, trials| {
            Ok::<_, ()>(trials.iter().map(|trial| (*trial as f64) < 100.0 * at).collect())
        });
        let few = few.expect("nothing fails");
        assert_eq!((few.best, few.crossing), ((1.0, 100), None));
        let stopped = passing(&asked(400, 0.5), &[], |_, _| Err("stopped"));
        assert_eq!(stopped, Err("stopped"));
    }

    #[test]
    fn an_interval_that_leaves_the_range_has_no_end_there() {
        let key = Key::new(3, "threshold");
        let found = passing(&asked(1000, 0.5), &[], |at, trials| {
            Ok::<_, ()>(trials.iter().map(|trial| key.uniform(*trial) <= 0.49 + 0.2 * at).collect())
        });
        let crossing = found.expect("nothing fails").crossing;
        if let Some(crossing) = crossing {
            assert_eq!(crossing.fewer, None, "0.49 is within the interval around one half");
        }
    }
}
