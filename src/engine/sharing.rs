//! What several models draw alike: episodes and random walks whose inputs agree.
//!
//! As random numbers depend on nothing but seed, name and trial, scenarios that agree on a disruption and on all that decides
//! its episodes have the same ones, and likewise the walk of a demand. Models that are simulated one after the other, on the
//! same trials, then draw them once. No result depends on whether they do.

use super::disruptions::{Episode, families};
use super::lanes::{LANES, Lanes};
use crate::distribution::Distribution;
use crate::model::{Factor, Input, Model};
use crate::random::Key;

/// How a model comes by something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It draws it for itself.
    #[default]
    Own,
    /// It draws it, and leaves it in this place for others.
    Gives(usize),
    /// It takes it from there.
    Takes(usize),
}

/// What a model shares with others.
#[derive(Clone, Debug, Default)]
pub struct Sharing {
    /// By family of disruptions.
    pub families: Vec<Role>,
    /// By demand.
    pub walks: Vec<Role>,
}

/// Where models leave what others take, for a block of trials.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// By place.
    episodes: Vec<Episodes>,
    /// By place, eight trials and month: factors of demand from month to month.
    walks: Vec<Vec<Vec<Lanes>>>,
}

/// The episodes of a family, trial after trial and member after member: in one piece, so that memory does not grow with the
/// most that any trial ever had.
#[derive(Clone, Debug, Default)]
struct Episodes {
    all: Vec<Episode>,
    /// By trial and member: where they end.
    ends: Vec<usize>,
}

impl Shared {
    /// Leaves the episodes of a family in a trial of the block; trials come in order.
    pub fn leave<'a>(&mut self, place: usize, trial: usize, family: impl Iterator<Item = &'a [Episode]>) {
        let Episodes { all, ends } = at(&mut self.episodes, place);
        if trial == 0 {
            all.clear();
            ends.clear();
        }
        for episodes in family {
            all.extend_from_slice(episodes);
            ends.push(all.len());
        }
    }

    /// The episodes of a family of so many members in a trial, by member.
    pub fn episodes(&self, place: usize, trial: usize, members: usize) -> impl Iterator<Item = &[Episode]> {
        let Episodes { all, ends } = &self.episodes[place];
        (trial * members..(trial + 1) * members).map(|number| {
            let begin = number.checked_sub(1).map_or(0, |before| ends[before]);
            &all[begin..ends[number]]
        })
    }

    /// Room for the walk of a demand in the trials in step, the first of which is `trial`.
    pub fn walk(&mut self, place: usize, trial: usize) -> &mut Vec<Lanes> {
        at(at(&mut self.walks, place), trial / LANES)
    }
}

/// A place that is made when it is first asked for.
fn at<T: Clone + Default>(all: &mut Vec<T>, place: usize) -> &mut T {
    if all.len() <= place {
        all.resize(place + 1, T::default());
    }
    &mut all[place]
}

/// What models share that are simulated in this order.
pub fn sharing(models: &[&Model]) -> Vec<Sharing> {
    let mut all: Vec<Sharing> = Vec::new();
    let families: Vec<Vec<Vec<usize>>> = models.iter().map(|model| families(model)).collect();
    let mut places = [0, 0];
    for (index, model) in models.iter().enumerate() {
        let mut own =
            Sharing { families: vec![Role::Own; families[index].len()], walks: vec![Role::Own; model.demands.len()] };
        let earlier = || (0..index).filter(|&earlier| models[earlier].months == model.months);
        for (role, family) in own.families.iter_mut().zip(&families[index]) {
            let same = earlier().find_map(|earlier| {
                let alike = |other: &Vec<usize>| same_episodes(model, family, models[earlier], other);
                Some((earlier, families[earlier].iter().position(alike)?))
            });
            if let Some((earlier, position)) = same {
                *role = take(&mut all[earlier].families[position], &mut places[0]);
            }
        }
        for (demand, role) in own.walks.iter_mut().enumerate() {
            let same = earlier().find_map(|earlier| {
                let others = 0..models[earlier].demands.len();
                Some((earlier, others.into_iter().find(|other| same_walk(model, demand, models[earlier], *other))?))
            });
            if let Some((earlier, position)) = same {
                *role = take(&mut all[earlier].walks[position], &mut places[1]);
            }
        }
        all.push(own);
    }
    all
}

/// Makes the other one give, and this one take.
fn take(giver: &mut Role, places: &mut usize) -> Role {
    if let Role::Gives(place) | Role::Takes(place) = *giver {
        return Role::Takes(place);
    }
    *giver = Role::Gives(*places);
    *places += 1;
    Role::Takes(*places - 1)
}

/// What decides an input: two that agree are the same in every trial.
#[derive(PartialEq)]
enum Source<'a> {
    Known(f64),
    Drawn(Key, Option<&'a Distribution>, Option<Factor>),
}

fn source(model: &Model, input: Input) -> Source<'_> {
    match input {
        Input::Known(value) => Source::Known(value),
        Input::Drawn(slot) => {
            let drawn = &model.inputs.drawn[slot];
            let factor = drawn.factor.map(|index| model.inputs.factors[index]);
            Source::Drawn(drawn.key, drawn.distribution.as_deref(), factor)
        }
    }
}

fn same_episodes(a: &Model, family: &[usize], b: &Model, other: &[usize]) -> bool {
    let same = |(&one, &two): (&usize, &usize)| {
        let (x, y) = (&a.disruptions[one], &b.disruptions[two]);
        let raised_by = |model: &Model, index: usize| {
            let raisers = model.disruptions[index].raised_by.clone();
            raisers.into_iter().map(|(raiser, factor)| (model.disruptions[raiser].key, factor)).collect::<Vec<_>>()
        };
        let (raisers, others) = (raised_by(a, one), raised_by(b, two));
        (x.key, x.scheduled_key, x.not_before, &x.scheduled) == (y.key, y.scheduled_key, y.not_before, &y.scheduled)
            && (&x.duration, &x.severity, &x.remaining) == (&y.duration, &y.severity, &y.remaining)
            && source(a, x.rate) == source(b, y.rate)
            && source(a, x.active_at_start) == source(b, y.active_at_start)
            && raisers.len() == others.len()
            && raisers.iter().zip(&others).all(|(x, y)| x.0 == y.0 && source(a, x.1) == source(b, y.1))
    };
    family.len() == other.len() && family.iter().zip(other).all(same)
}

fn same_walk(a: &Model, demand: usize, b: &Model, other: usize) -> bool {
    let (x, y) = (&a.demands[demand], &b.demands[other]);
    x.walk == y.walk
        && !x.volatility.is(0.0)
        && source(a, x.volatility) == source(b, y.volatility)
        && source(a, x.growth) == source(b, y.growth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::{Progress, run};
    use crate::study::Study;

    /// Three scenarios: the second changes a capacity, the third a volatility and the rate of what raises another.
    const TEXT: &str = r#"
        title = "test"
        start = "2026-01"
        horizon_years = 5
        markets.a.countries = ["A"]
        markets.b.countries = ["B"]
        stages.ore = {}
        capacities.mine = { country = "A", stage = "ore", tonnes_per_year = 100 }
        demands.a = { market = "a", stage = "ore", tonnes_per_year = 30, volatility_per_year = 0.2 }
        demands.b = { market = "b", stage = "ore", tonnes_per_year = 40, volatility_per_year = { uniform = [0.1, 0.2] } }
        [disruptions.fire]
        kind = "outage"
        hits = ["mine"]
        rate_per_year = 0.5
        duration_months = { exponential = { mean = 3 } }
        [disruptions.ban]
        kind = "export-control"
        from = ["a"]
        to = ["b"]
        rate_per_year = { uniform = [0.5, 1.0] }
        duration_months = { lognormal = { p50 = 3, p90 = 9 } }
        raises = { strike = 3 }
        [disruptions.strike]
        kind = "outage"
        hits = ["mine"]
        rate_per_year = 0.5
        duration_months = 2
        [scenarios.plain]
        [scenarios.small]
        set = { "capacities.mine.tonnes_per_year" = 80 }
        [scenarios.wild]
        set = { "disruptions.ban.rate_per_year" = 2, "demands.a.volatility_per_year" = 0.3 }
    "#;

    #[test]
    fn what_agrees_is_shared_and_nothing_else() {
        let study = Study::from_text(TEXT).unwrap_or_else(|faults| panic!("{faults}"));
        let models: Vec<&Model> = study.cases.iter().map(|case| &case.model).collect();
        let all = sharing(&models);
        // Families: ban with strike, and fire.
        use Role::{Gives, Own, Takes};
        assert_eq!(families(models[0]).len(), 2);
        let of_family = |family: usize| all.iter().map(|own| own.families[family]).collect::<Vec<_>>();
        let pair = usize::from(families(models[0])[0].len() == 1);
        assert!(matches!(of_family(pair)[..], [Gives(a), Takes(b), Own] if a == b));
        assert!(matches!(of_family(1 - pair)[..], [Gives(a), Takes(b), Takes(c)] if a == b && b == c));
        let of_walk = |demand: usize| all.iter().map(|own| own.walks[demand]).collect::<Vec<_>>();
        assert!(matches!(of_walk(0)[..], [Gives(a), Takes(b), Own] if a == b));
        assert!(matches!(of_walk(1)[..], [Gives(a), Takes(b), Takes(c)] if a == b && b == c));
    }

    /// A scenario gives the same whatever runs beside it, over several blocks and with a few trials more.
    #[test]
    fn sharing_changes_no_result() {
        for text in [TEXT, include_str!("../../configs/smoke.toml"), include_str!("../../configs/quickstart.toml")] {
            let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"));
            let models: Vec<&Model> = study.cases.iter().map(|case| &case.model).collect();
            let together = run(&models, 2500, 2, &Progress::default()).expect("nobody stops it");
            for (case, together) in study.cases.iter().zip(together) {
                let alone = run(&[&case.model], 2500, 1, &Progress::default()).expect("nobody stops it");
                assert!(alone == [together], "{}", case.id);
            }
        }
    }
}
