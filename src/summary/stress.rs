//! What breaks a supply chain, without any probability: every supplier is lost in turn, for good or for some months, in the
//! ordinary engine.
//!
//! The *time to survive* a loss is how long all demand is still served after it; a loss does no harm if the supplier is back
//! within that time, its *time to recover* (Simchi-Levi, Schmidt and Wei, "From superstorms to factory fires: managing
//! unpredictable supply-chain disruptions", Harvard Business Review 92, 2014; Simchi-Levi and others, "Identifying risks and
//! mitigating disruptions in the automotive supply chain", Interfaces 45, 2015, where every node of a chain is lost in turn, as
//! here, so that nobody needs to guess how likely a loss is). With *N-1* a region is said to hold if it does without its
//! largest single element, as the European Union asks of its gas supply (Regulation (EU) 2017/1938, Annex II).

mod look;
mod n_minus_one;

use serde::Serialize;

use super::estimate::Estimator;
use super::{Estimate, Percentile};
use crate::config::Month;
use crate::engine::DAYS_PER_MONTH;
use crate::model::{Distributions, LeftOut, Model, OutcomeKind, OutcomeSpec, Unit};
use crate::simulation::{self, Error, Progress};
use crate::study::stress::{Losses, TargetName};
use crate::tally::Tally;
use look::Look;
pub use n_minus_one::{NMinusOne, YearWithout};

/// Months that a supplier is lost for, beside for good.
pub const SPANS: [u32; 3] = [6, 12, 24];

/// A supplier whose loss for so many months is not bridged is a single point of failure.
pub const SINGLE_POINT: u32 = 12;

/// A shortage counts as due to a loss if it exceeds the one without it by more than this part of demand: less is rounding.
const ROUNDING: f64 = 1e-6;

/// Percentiles of trials: the better end, the middle, the worse end.
pub const PERCENTS: [f64; 3] = [5.0, 50.0, 95.0];

/// What every loss does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stress {
    /// Id of the scenario.
    pub scenario: String,
    /// First month.
    pub start: Month,
    /// Months simulated: a loss for good lasts as long.
    pub months: usize,
    /// What is not in the figures at medians.
    pub left_out: LeftOut,
    /// Where something is finally used.
    pub places: Vec<Place>,
    /// Index of the place that is shown.
    pub place: usize,
    /// Without any loss, by place.
    pub unharmed: Vec<Effect>,
    /// Every loss, the largest total shortage for good first.
    pub losses: Vec<Loss>,
    /// What is left of coverage without the largest plant.
    pub n_minus_one: Vec<NMinusOne>,
    /// Trials of each loss, if any were simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<u64>,
}

/// A market and a product that it finally uses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Id of the market.
    pub market: String,
    /// Id of the stage that makes the product.
    pub product: String,
    /// As in a sentence: `magnets in Japan`.
    pub title: String,
    /// Unit of its amounts.
    pub unit: Unit,
    /// Demand of a day, in the mean of the first year.
    pub daily_demand: f64,
}

/// A supplier that is lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    /// What it is called.
    pub names: Vec<TargetName>,
    /// Whether it is a single point of failure, by place.
    pub single_point: Vec<SinglePoint>,
    /// For good and for each span, and in each of these by place.
    pub effects: Vec<Effect>,
}

/// Whether a supplier is a single point of failure: whether its loss leaves final demand unmet, after stocks, that would otherwise
/// be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SinglePoint {
    /// No loss of it does.
    No,
    /// A loss for good does, but none for [`SINGLE_POINT`] months.
    ForGood,
    /// A loss for [`SINGLE_POINT`] months does.
    ForMonths,
}

/// What a loss does in a place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Months that the loss lasts; none if it is for good, or if nothing is lost.
    pub lost_for_months: Option<u32>,
    /// Whole months before the first one with a shortage that is due to the loss: without a loss, with any shortage.
    pub survives_months: Option<u32>,
    /// Largest shortage of a month, as a fraction of its demand.
    pub worst_month: f64,
    /// Shortage of all months, after stocks.
    pub total_shortage: f64,
    /// Capacity over need with all markets pooled, at the narrowest step of the chain, in the worst month of the loss.
    pub coverage_left: Option<f64>,
    /// The stock that would leave no shortage, in place of the market's own.
    pub stock_needed: f64,
    /// The same in days of demand of the first year.
    pub stock_needed_days: Option<f64>,
    /// The same of trials on shared random numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled: Option<Sampled>,
}

/// What trials say of a loss: the percentiles of [`PERCENTS`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sampled {
    /// Months before the first shortage, whatever it is due to.
    pub survives_months: Vec<Percentile>,
    /// See [`Effect`].
    pub worst_month: Vec<Percentile>,
    /// See [`Effect`].
    pub total_shortage: Vec<Percentile>,
    /// See [`Effect`].
    pub stock_needed: Vec<Percentile>,
}

impl Loss {
    /// What it is called: its first name, and those of the others that are lost with it.
    pub fn name(&self) -> String {
        let mut others: Vec<&str> = Vec::new();
        for other in &self.names[1..] {
            if other.id != self.names[0].id && !others.contains(&other.id.as_str()) {
                others.push(&other.id);
            }
        }
        let first = self.names[0].to_string();
        if others.is_empty() { first } else { format!("{first} = {}", others.join(" = ")) }
    }
}

impl Stress {
    /// The losses that are shown: the first that leave demand unmet, or of trials the first of all.
    pub fn shown(&self, most: usize) -> Vec<&Loss> {
        let does_harm = |loss: &&Loss| self.trials.is_some() || loss.single_point[self.place] != SinglePoint::No;
        self.losses.iter().filter(does_harm).take(most).collect()
    }

    /// What a loss does in the place that is shown: for good, or for so many months, if the horizon is longer than that.
    pub fn effect<'a>(&self, loss: &'a Loss, months: Option<u32>) -> Option<&'a Effect> {
        self.effect_in(loss, self.place, months)
    }

    /// The same in any place, by index.
    pub fn effect_in<'a>(&self, loss: &'a Loss, place: usize, months: Option<u32>) -> Option<&'a Effect> {
        let mut in_place = loss.effects.iter().skip(place).step_by(self.places.len());
        in_place.find(|effect| effect.lost_for_months == months)
    }

    /// How many losses are of this kind in the place that is shown.
    pub fn number_of(&self, kind: SinglePoint) -> u64 {
        self.losses.iter().filter(|loss| loss.single_point[self.place] == kind).count() as u64
    }
}

/// What may be lost is lost, on `threads` threads (0: all cores), at medians, and in so many trials if any are asked for.
/// `named` is the outcome that the config shows first.
///
/// # Errors
/// See [`Error`].
pub fn stress(
    losses: &Losses,
    named: Option<&str>,
    (trials, confidence): (Option<u64>, f64),
    threads: usize,
    progress: &Progress,
) -> Result<Stress, Error> {
    let mut kept = Distributions::default();
    let (model, left_out) = losses.at_medians(None, &[], &mut kept);
    let model = &model[0];
    let base = Look::new(model)?;
    let nodes: Vec<(usize, usize)> = model.demands_by_node().into_keys().collect();
    let places: Vec<Place> = nodes.iter().map(|&node| place(&base, node)).collect();
    let mut unharmed: Vec<Effect> =
        nodes.iter().zip(&places).map(|(&node, place)| effect(&base, None, node, place, None)).collect();
    let spans = spans(model.months);
    let found = simulation::in_order(losses.targets.len(), threads, progress, |target| {
        let lengths: Vec<f64> = spans.iter().map(|span| span.map_or(model.months as f64, f64::from)).collect();
        let (models, _) = losses.at_medians(Some(target), &lengths, &mut kept.clone());
        let looks = models.iter().map(Look::new).collect::<Result<Vec<_>, Error>>()?;
        let in_places = |(look, span): (&Look<'_>, &Option<u32>)| -> Vec<Effect> {
            let one = |(&node, place)| effect(look, Some(&base), node, place, *span);
            nodes.iter().zip(&places).map(one).collect()
        };
        let effects: Vec<Effect> = looks.iter().zip(&spans).flat_map(in_places).collect();
        let single_point = (0..places.len()).map(|place| single_point(&effects, place, places.len())).collect();
        progress.add(models.len() as u64);
        let loss = Loss { names: losses.targets[target].names.clone(), single_point, effects };
        Ok((loss, n_minus_one::missing(&base, &looks[0])))
    })?;
    let plants = found.iter().zip(&losses.targets).filter(|(_, target)| target.is_plant());
    let plants: Vec<_> = plants.map(|((loss, missing), _)| (&loss.names, missing)).collect();
    let n_minus_one = n_minus_one::n_minus_one(&base, &plants);
    let mut found: Vec<Loss> = found.into_iter().map(|(loss, _)| loss).collect();
    if let Some(trials) = trials {
        let estimator = Estimator::new(trials, confidence, &PERCENTS);
        sample(losses, &spans, &nodes, &estimator, threads, progress, (&mut unharmed, &mut found))?;
    }
    let mut stress = Stress {
        scenario: losses.scenario.clone(),
        start: model.start,
        months: model.months,
        left_out,
        place: 0,
        places,
        unharmed,
        losses: found,
        n_minus_one,
        trials,
    };
    stress.place = main_place(&stress, model, named, &nodes);
    // The largest total shortage for good first, then the shortest time to survive, then as they come.
    let place = stress.place;
    let survives = |loss: &Loss| loss.effects[place].survives_months.unwrap_or(u32::MAX);
    stress.losses.sort_by(|a, b| {
        let [first, second] = [a, b].map(|loss| loss.effects[place].total_shortage);
        second.total_cmp(&first).then(survives(a).cmp(&survives(b)))
    });
    Ok(stress)
}

/// For good, and the spans that are shorter.
fn spans(months: usize) -> Vec<Option<u32>> {
    let shorter = SPANS.into_iter().filter(|span| (*span as usize) < months);
    std::iter::once(None).chain(shorter.map(Some)).collect()
}

fn place(base: &Look<'_>, (stage, market): (usize, usize)) -> Place {
    let model = base.model;
    let year = base.demand(stage, market);
    let year = &year[..year.len().min(12)];
    let shortage = base.spec(OutcomeKind::TotalShortage, stage, market);
    Place {
        market: model.markets[market].id.clone(),
        product: model.stages[stage].id.clone(),
        title: format!("{} in {}", model.stages[stage].title, model.markets[market].title),
        unit: model.outcome_unit(shortage),
        daily_demand: year.iter().sum::<f64>() / year.len() as f64 / DAYS_PER_MONTH,
    }
}

/// What is seen in a place, compared with what would be seen without the loss.
fn effect(
    look: &Look<'_>,
    without: Option<&Look<'_>>,
    (stage, market): (usize, usize),
    place: &Place,
    lost_for_months: Option<u32>,
) -> Effect {
    let (short, demand) = (look.shortage(stage, market), look.demand(stage, market));
    let otherwise = |month: usize| without.map_or(0.0, |look| look.shortage(stage, market)[month]);
    let is_due = |month: &usize| short[*month] > otherwise(*month) + ROUNDING * demand[*month];
    let lost = lost_for_months.map_or(short.len(), |months| months as usize);
    let coverages = (0..lost).filter_map(|month| look.pooled_coverage(stage, month));
    let stock_needed = look.outcome(OutcomeKind::StockNeeded, stage, market);
    Effect {
        lost_for_months,
        survives_months: (0..short.len()).find(is_due).map(|month| month as u32),
        worst_month: look.outcome(OutcomeKind::WorstMonth, stage, market),
        total_shortage: look.outcome(OutcomeKind::TotalShortage, stage, market),
        coverage_left: coverages.reduce(f64::min),
        stock_needed,
        stock_needed_days: (place.daily_demand > 0.0).then(|| stock_needed / place.daily_demand),
        sampled: None,
    }
}

/// Whether what has these effects is a single point of failure in a place, of so many.
fn single_point(effects: &[Effect], place: usize, places: usize) -> SinglePoint {
    let lost_for = |months: Option<u32>| {
        effects.iter().skip(place).step_by(places).find(|effect| effect.lost_for_months == months)
    };
    let fails = |effect: Option<&Effect>| effect.is_some_and(|effect| effect.survives_months.is_some());
    let for_good = lost_for(None);
    // A horizon that ends sooner makes no difference between the two.
    match (fails(lost_for(Some(SINGLE_POINT)).or(for_good)), fails(for_good)) {
        (true, _) => SinglePoint::ForMonths,
        (false, true) => SinglePoint::ForGood,
        (false, false) => SinglePoint::No,
    }
}

/// Adds what trials say, to what happens without a loss and with each.
fn sample(
    losses: &Losses,
    spans: &[Option<u32>],
    nodes: &[(usize, usize)],
    estimator: &Estimator,
    threads: usize,
    progress: &Progress,
    (unharmed, found): (&mut [Effect], &mut [Loss]),
) -> Result<(), Error> {
    let mut kept = Distributions::default();
    let whole = losses.uncertain(None, &[], &mut kept);
    let months = whole[0].months as f64;
    let lengths: Vec<f64> = spans.iter().map(|span| span.map_or(months, f64::from)).collect();
    // The first is the one without a loss.
    let sampled = simulation::in_order(found.len() + 1, threads, progress, |number| {
        let target = number.checked_sub(1);
        let models = losses.uncertain(target, &lengths, &mut kept.clone());
        let models: Vec<Model> = models.into_iter().map(only_shortages).collect();
        let all: Vec<&Model> = models.iter().collect();
        let tallies = simulation::run(&all, estimator.trials, 1, progress)?;
        let of = |(model, tally)| nodes.iter().map(move |&node| percentiles(estimator, model, tally, node));
        Ok(models.iter().zip(&tallies).flat_map(of).collect::<Vec<Sampled>>())
    })?;
    let mut sampled = sampled.into_iter();
    let effects = std::iter::once(unharmed).chain(found.iter_mut().map(|loss| &mut loss.effects[..]));
    for effects in effects {
        for (effect, sampled) in effects.iter_mut().zip(sampled.next().unwrap_or_default()) {
            effect.sampled = Some(sampled);
        }
    }
    Ok(())
}

/// The outcomes that are looked at: a tally of all would take memory for nothing.
const OUTCOMES: [OutcomeKind; 4] =
    [OutcomeKind::FirstShortage, OutcomeKind::WorstMonth, OutcomeKind::TotalShortage, OutcomeKind::StockNeeded];

fn only_shortages(mut model: Model) -> Model {
    model.outcomes.retain(|spec| OUTCOMES.contains(&spec.kind));
    model
}

fn percentiles(estimator: &Estimator, model: &Model, tally: &Tally, (stage, market): (usize, usize)) -> Sampled {
    let of = |kind: OutcomeKind| {
        let is_it = |spec: &OutcomeSpec| (spec.kind, spec.stage, spec.market) == (kind, stage, market);
        let index = model.outcomes.iter().position(is_it).expect("every place has it");
        estimator.percentiles(&tally.outcome(index).ranked())
    };
    Sampled {
        survives_months: of(OutcomeKind::FirstShortage),
        worst_month: of(OutcomeKind::WorstMonth),
        total_shortage: of(OutcomeKind::TotalShortage),
        stock_needed: of(OutcomeKind::StockNeeded),
    }
}

/// The place of the outcome that the config names; else where most losses for good leave demand unmet, of several the one with
/// the larger shares missing.
fn main_place(stress: &Stress, model: &Model, named: Option<&str>, nodes: &[(usize, usize)]) -> usize {
    let spec = named.and_then(|name| model.outcomes.iter().find(|spec| spec.name == name));
    let named = spec.and_then(|spec| nodes.iter().position(|&node| node == (spec.stage, spec.market)));
    let rank = |place: usize| {
        let effects = stress.losses.iter().filter_map(|loss| stress.effect_in(loss, place, None));
        effects.fold((0, 0.0), |(count, sum), effect| {
            (count + u32::from(effect.survives_months.is_some()), sum + effect.worst_month)
        })
    };
    let likeliest = || {
        let places = 0..stress.places.len();
        places.reduce(|best, other| if rank(other) > rank(best) { other } else { best }).unwrap_or(0)
    };
    named.unwrap_or_else(likeliest)
}

/// A percentile of those that trials have.
pub fn at(percentiles: &[Percentile], percent: f64) -> Option<&Estimate> {
    percentiles.iter().find(|known| known.percent == percent).map(|known| &known.estimate)
}
