//! What several models draw alike: episodes and random walks whose inputs agree.
//!
//! As random numbers depend on nothing but seed, name and trial, scenarios that agree on a disruption and on all that decides
//! its episodes have the same ones, and likewise the walk of a demand. Models that are simulated one after the other, on the
//! same trials, then draw them once. No result depends on whether they do.

use super::batch::Episode;
use crate::distribution::Distribution;
use crate::model::{Factor, Input, Model};
use crate::random::Key;
use crate::simd::{LANES, Lanes};

/// Where a model has its draws of something from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DrawSource {
    /// It draws it for itself.
    #[default]
    Own,
    /// It draws it, and leaves it in this slot for others.
    Publish(usize),
    /// It takes it from there.
    Reuse(usize),
}

/// What a model shares with others.
#[derive(Clone, Debug, Default)]
pub struct DrawSources {
    /// By group of coupled disruptions.
    pub coupled_groups: Vec<DrawSource>,
    /// By demand.
    pub walks: Vec<DrawSource>,
}

/// The disruptions in groups that raise each other's rates; most are by themselves.
pub fn coupled_groups(model: &Model) -> Vec<Vec<usize>> {
    let mut coupled_groups: Vec<Vec<usize>> = Vec::new();
    for (index, disruption) in model.disruptions.iter().enumerate() {
        let relatives = disruption.raises.iter().chain(&disruption.raised_by);
        let is_related = |coupled: &Vec<usize>| relatives.clone().any(|(other, _)| coupled.contains(other));
        let (related, mut others): (Vec<_>, Vec<_>) = coupled_groups.into_iter().partition(is_related);
        let mut coupled: Vec<usize> = related.concat();
        coupled.push(index);
        coupled.sort_unstable();
        others.push(coupled);
        coupled_groups = others;
    }
    coupled_groups
}

/// Where models leave what others take, for a block of trials.
#[derive(Clone, Debug, Default)]
pub struct SharedDraws {
    /// By slot.
    episodes: Vec<Episodes>,
    /// By slot, eight trials and month: factors of demand from month to month.
    walks: Vec<Vec<Vec<Lanes>>>,
}

/// What a batch leaves and finds: `offset` is the number of its first trial in the block.
#[derive(Debug)]
pub struct BlockSlot<'a> {
    pub shared: &'a mut SharedDraws,
    pub offset: usize,
}

impl BlockSlot<'_> {
    /// Room for the walk of a demand.
    pub fn walk(&mut self, slot: usize) -> &mut Vec<Lanes> {
        self.shared.walk(slot, self.offset)
    }
}

/// The episodes of a coupled group, trial after trial and member after member: in one piece, so that memory does not grow with the
/// most that any trial ever had.
#[derive(Clone, Debug, Default)]
struct Episodes {
    all: Vec<Episode>,
    /// By trial and member: where they end.
    ends: Vec<usize>,
}

impl SharedDraws {
    /// Leaves the episodes of a coupled group in a trial of the block; trials come in order.
    pub fn leave<'a>(&mut self, slot: usize, trial: usize, coupled: impl Iterator<Item = &'a [Episode]>) {
        let Episodes { all, ends } = at(&mut self.episodes, slot);
        if trial == 0 {
            all.clear();
            ends.clear();
        }
        for episodes in coupled {
            all.extend_from_slice(episodes);
            ends.push(all.len());
        }
    }

    /// The episodes of a coupled group of so many members in a trial, by member.
    pub fn episodes(&self, slot: usize, trial: usize, members: usize) -> impl Iterator<Item = &[Episode]> {
        let Episodes { all, ends } = &self.episodes[slot];
        (trial * members..(trial + 1) * members).map(|number| {
            let begin = number.checked_sub(1).map_or(0, |before| ends[before]);
            &all[begin..ends[number]]
        })
    }

    /// Room for the walk of a demand in the trials in step, the first of which is `trial`.
    pub fn walk(&mut self, slot: usize, trial: usize) -> &mut Vec<Lanes> {
        at(at(&mut self.walks, slot), trial / LANES)
    }
}

/// A slot that is made when it is first asked for.
fn at<T: Clone + Default>(all: &mut Vec<T>, slot: usize) -> &mut T {
    if all.len() <= slot {
        all.resize(slot + 1, T::default());
    }
    &mut all[slot]
}

/// What models share that are simulated in this order.
pub fn draw_sources(models: &[&Model]) -> Vec<DrawSources> {
    let mut all: Vec<DrawSources> = Vec::new();
    let coupled_groups: Vec<Vec<Vec<usize>>> = models.iter().map(|model| coupled_groups(model)).collect();
    let mut slots = [0, 0];
    for (index, model) in models.iter().enumerate() {
        let mut own = DrawSources {
            coupled_groups: vec![DrawSource::Own; coupled_groups[index].len()],
            walks: vec![DrawSource::Own; model.demands.len()],
        };
        let earlier = || (0..index).filter(|&earlier| models[earlier].months == model.months);
        for (source, coupled) in own.coupled_groups.iter_mut().zip(&coupled_groups[index]) {
            let same = earlier().find_map(|earlier| {
                let alike = |other: &Vec<usize>| same_episodes(model, coupled, models[earlier], other);
                Some((earlier, coupled_groups[earlier].iter().position(alike)?))
            });
            if let Some((earlier, position)) = same {
                *source = take(&mut all[earlier].coupled_groups[position], &mut slots[0]);
            }
        }
        for (demand, source) in own.walks.iter_mut().enumerate() {
            let same = earlier().find_map(|earlier| {
                let others = 0..models[earlier].demands.len();
                Some((earlier, others.into_iter().find(|other| same_walk(model, demand, models[earlier], *other))?))
            });
            if let Some((earlier, position)) = same {
                *source = take(&mut all[earlier].walks[position], &mut slots[1]);
            }
        }
        all.push(own);
    }
    all
}

/// Makes the other one give, and this one take.
fn take(giver: &mut DrawSource, slots: &mut usize) -> DrawSource {
    if let DrawSource::Publish(slot) | DrawSource::Reuse(slot) = *giver {
        return DrawSource::Reuse(slot);
    }
    *giver = DrawSource::Publish(*slots);
    *slots += 1;
    DrawSource::Reuse(*slots - 1)
}

/// What decides an input: two that agree are the same in every trial.
#[derive(PartialEq)]
enum Source<'a> {
    Known(f64),
    Drawn(Key, Option<&'a Distribution>, Option<&'a Factor>),
}

fn source(model: &Model, input: Input) -> Source<'_> {
    match input {
        Input::Known(value) => Source::Known(value),
        Input::Drawn(slot) => {
            let drawn = &model.inputs.drawn[slot];
            let factor = drawn.factor.map(|index| &model.inputs.factors[index]);
            Source::Drawn(drawn.key, drawn.distribution.as_deref(), factor)
        }
    }
}

fn same_episodes(a: &Model, coupled: &[usize], b: &Model, other: &[usize]) -> bool {
    let same = |(&one, &two): (&usize, &usize)| {
        let (x, y) = (&a.disruptions[one], &b.disruptions[two]);
        let raised_by = |model: &Model, index: usize| {
            let raisers = model.disruptions[index].raised_by.clone();
            raisers.into_iter().map(|(raiser, factor)| (model.disruptions[raiser].key, factor)).collect::<Vec<_>>()
        };
        let (raisers, others) = (raised_by(a, one), raised_by(b, two));
        (x.key, x.scheduled_key, x.not_before, &x.scheduled) == (y.key, y.scheduled_key, y.not_before, &y.scheduled)
            && (&x.duration, &x.severity, &x.remaining) == (&y.duration, &y.severity, &y.remaining)
            && x.severity_duration_rho == y.severity_duration_rho
            && source(a, x.rate) == source(b, y.rate)
            && source(a, x.active_at_start) == source(b, y.active_at_start)
            && raisers.len() == others.len()
            && raisers.iter().zip(&others).all(|(x, y)| x.0 == y.0 && source(a, x.1) == source(b, y.1))
    };
    coupled.len() == other.len() && coupled.iter().zip(other).all(same)
}

fn same_walk(a: &Model, demand: usize, b: &Model, other: usize) -> bool {
    let (x, y) = (&a.demands[demand], &b.demands[other]);
    x.walk == y.walk
        && !x.volatility.is(0.0)
        && source(a, x.volatility) == source(b, y.volatility)
        && source(a, x.trend.growth()) == source(b, y.trend.growth())
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
        let models: Vec<&Model> = study.scenarios.iter().map(|case| &case.model).collect();
        let all = draw_sources(&models);
        // Families: ban with strike, and fire.
        use DrawSource::{Own, Publish, Reuse};
        assert_eq!(coupled_groups(models[0]).len(), 2);
        let of_family = |coupled: usize| all.iter().map(|own| own.coupled_groups[coupled]).collect::<Vec<_>>();
        let pair = usize::from(coupled_groups(models[0])[0].len() == 1);
        assert!(matches!(of_family(pair)[..], [Publish(a), Reuse(b), Own] if a == b));
        assert!(matches!(of_family(1 - pair)[..], [Publish(a), Reuse(b), Reuse(c)] if a == b && b == c));
        let of_walk = |demand: usize| all.iter().map(|own| own.walks[demand]).collect::<Vec<_>>();
        assert!(matches!(of_walk(0)[..], [Publish(a), Reuse(b), Own] if a == b));
        assert!(matches!(of_walk(1)[..], [Publish(a), Reuse(b), Reuse(c)] if a == b && b == c));
    }

    /// A scenario gives the same whatever runs beside it, over several blocks and with a few trials more.
    #[test]
    fn sharing_changes_no_result() {
        for text in [TEXT, include_str!("../../configs/smoke.toml"), include_str!("../../configs/quickstart.toml")] {
            let study = Study::from_text(text).unwrap_or_else(|faults| panic!("{faults}"));
            let models: Vec<&Model> = study.scenarios.iter().map(|case| &case.model).collect();
            let together = run(&models, 2500, 2, &Progress::default()).expect("nobody stops it");
            for (case, together) in study.scenarios.iter().zip(together) {
                let alone = run(&[&case.model], 2500, 1, &Progress::default()).expect("nobody stops it");
                assert!(alone == [together], "{}", case.id);
            }
        }
    }
}
